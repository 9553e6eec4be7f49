"""What each path changes by itself, from its lowest to its highest value."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim.comparison import compare
from sim.experiment.study import Study
from sim.plots.page import INK, in_style, nothing, page, shown
from sim.plots.rows import AXIS, Rows, lay_rows
from sim.plots.text import measured, signed_axis
from sim.scenario.measure_names import SHARES
from sim.scenario.references import BASE
from sim.sweep import Point, by_effect, is_one_at_a_time, measure_of, of_measure, points_of, written

_TITLE = "Tornado"
_COLOURS = ("#56B4E9", "#E69F00")
_ENDS = ("lowest value (or first)", "highest value (or last)")
_MOST = 40
_BAR = 0.11


@in_style
def tornado(study: Study) -> Figure:
    """Draw how far each path alone moves a measure from the base, the largest effect first."""
    points = points_of(study.plan)
    if not is_one_at_a_time(points):
        return nothing(study, _TITLE, "This study does not vary one path at a time.")
    measure = measure_of(study)
    found = of_measure(compare(study, BASE).differences, measure)
    if found["estimate"].isna().all():
        return nothing(study, _TITLE, f"{measure} has no value to compare.")
    groups = by_effect(points, found)
    labels, notes = shown([_label(group) for group in groups], _MOST)
    rows = lay_rows(labels, 2.4, 2 * _BAR + 0.14)
    base = of_measure(study.summary(), measure)["estimate"][BASE]
    notes = [f"Base: {measure} {measured(base, measure)}.", *notes]
    if study.plan.replications > 1:
        notes.append("Whiskers: 95 % interval, paired, right for all at once.")
    legend = [(Patch(color=colour), end) for colour, end in zip(_COLOURS, _ENDS, strict=True)]
    figure = page(
        study, f"{measure}, by what is varied alone", rows.total + AXIS, legend=legend, notes=notes
    )  # fmt: skip
    axes = figure.add_subplot()
    _draw(axes, rows, groups[: len(labels)], found)
    _finish(axes, measure)
    return figure


def _label(group: list[Point]) -> str:
    (path,) = group[0].values
    return f"{path}: {' / '.join(written(point.values[path]) for point in group)}"


def _draw(axes: Axes, rows: Rows, groups: list[list[Point]], found: pd.DataFrame) -> None:
    rows.give(axes)
    rows.part(axes)
    for number, colour in enumerate(_COLOURS):
        drawn = [(row, group[number]) for row, group in enumerate(groups) if number < len(group)]
        own = found.loc[[point.policy for _, point in drawn], ["estimate", "low", "high"]]
        y = rows.dodged(number, 2, _BAR)[[row for row, _ in drawn]]
        axes.barh(y, own["estimate"].fillna(0.0), _BAR, color=colour)
        axes.hlines(y, own["low"], own["high"], color=INK, lw=1)
    axes.axvline(0, color=INK, lw=1)


def _finish(axes: Axes, measure: str) -> None:
    factor, unit = (100, ", percentage points") if measure in SHARES else (1, "")
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(signed_axis(factor))
    axes.set_xlabel(f"Difference of {measure} from base{unit}")
