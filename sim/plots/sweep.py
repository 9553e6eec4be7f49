"""A measure by what a sweep varies: one path as a line or as rows, two as a heat map."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.experiment.study import Study
from sim.plots.page import (
    INK,
    LABEL,
    LINE,
    MUTED,
    SHADES,
    SMALL,
    WIDTH,
    in_style,
    ink_on,
    nothing,
    page,
    shown,
)
from sim.plots.rows import AXIS, lay_rows
from sim.plots.text import lines, measured, percent_axis, width, wrapped
from sim.scenario.measure_names import SHARES
from sim.scenario.references import BASE
from sim.sweep import (
    Point,
    are_numbers,
    is_grid,
    measure_of,
    of_measure,
    paths_of,
    points_of,
    written,
)

MOST_PATHS = 2
_TITLE = "Sweep"
_MOST = 40
"""Rows of values that are no numbers."""
_TALLEST = 8.0
"""Inches of a heat map."""
_BAR = 0.8
"""Inches for what the colours of a heat map mean."""
_DASHES = (0, (4, 3))


@in_style
def sweep(study: Study) -> Figure:
    """Draw a measure at each point of a grid of values."""
    points = points_of(study.plan)
    if not is_grid(points):
        return nothing(study, _TITLE, "This study varies no grid of values.")
    paths = paths_of(point.values for point in points)
    if len(paths) > MOST_PATHS:
        return nothing(study, _TITLE, f"{len(paths)} paths were varied; one or two are drawn.")
    measure = measure_of(study)
    found = of_measure(study.summary(), measure)[["estimate", "low", "high"]]
    if found["estimate"].isna().all():
        return nothing(study, _TITLE, f"{measure} has no value.")
    if measure in SHARES:
        found = found.clip(0, 1)
    if len(paths) == 2:
        return _heat_map(study, points, paths, measure, found)
    (path,) = paths
    draw = _line if are_numbers(point.values[path] for point in points) else _rows
    return draw(study, points, path, measure, found)


def _line(
    study: Study, points: list[Point], path: str, measure: str, found: pd.DataFrame
) -> Figure:
    """Draw numbers on an axis of numbers."""
    points = sorted(points, key=lambda point: point.values[path])
    label = wrapped(path, WIDTH - 1, LABEL)
    body = 2.4 + lines([label]) * LABEL * LINE
    figure = _page(study, f"{measure} by {path}", body, found)
    axes = figure.add_subplot()
    own = found.loc[[point.policy for point in points]]
    values = [point.values[path] for point in points]
    axes.vlines(values, own["low"], own["high"], color=INK, lw=1, clip_on=False)
    axes.plot(values, own["estimate"], "o-", color=INK, ms=4, lw=1, clip_on=False)
    _draw_base(found, axes.axhline)
    whole = all(float(value).is_integer() for value in values)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=whole, steps=[1, 2, 5, 10]))
    axes.grid(axis="y")
    axes.set_xlabel(label)
    axes.set_ylabel(measure)
    if measure in SHARES:
        bottom, top = axes.get_ylim()
        axes.set_ylim(max(bottom, 0), min(top, 1))
    _write_values(axes.yaxis, measure)
    return figure


def _rows(
    study: Study, points: list[Point], path: str, measure: str, found: pd.DataFrame
) -> Figure:
    """Draw values that are no numbers as rows, in the order given."""
    policies, notes = shown([point.policy for point in points], _MOST)
    labels = [written(point.values[path]) for point in points[: len(policies)]]
    rows = lay_rows(labels, 2.4, 0.24)
    figure = _page(study, f"{measure} by {path}", rows.total + AXIS, found, notes)
    axes = figure.add_subplot()
    own = found.loc[policies]
    axes.hlines(rows.centres, own["low"], own["high"], color=INK, lw=1, clip_on=False)
    axes.plot(own["estimate"], rows.centres, "o", color=INK, ms=4, clip_on=False)
    _draw_base(found, axes.axvline)
    rows.give(axes)
    axes.set_xlabel(measure)
    if measure in SHARES:
        left, right = axes.get_xlim()
        axes.set_xlim(max(left, 0), min(right, 1))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    _write_values(axes.xaxis, measure)
    return figure


def _page(
    study: Study, what: str, body: float, found: pd.DataFrame, notes: list[str] | None = None
) -> Figure:
    several = study.plan.replications > 1
    legend: list[tuple[Artist, str]] = [
        (Line2D([], [], color=INK, marker="o", ms=4, lw=1),
         "estimate and 95 % interval" if several else "estimate"),
    ]  # fmt: skip
    if BASE in found.index:
        legend.append((Line2D([], [], color=MUTED, lw=1, ls=_DASHES), BASE))
    return page(study, what, body, legend=legend, notes=notes or [])


def _draw_base(found: pd.DataFrame, line: Any) -> None:
    if BASE in found.index:
        line(found.loc[BASE, "estimate"], color=MUTED, lw=1, ls=_DASHES, zorder=0.9)


def _write_values(axis: Axis, measure: str) -> None:
    if measure in SHARES:
        axis.set_major_formatter(percent_axis())
    else:
        axis.get_major_formatter().set_useOffset(False)  # type: ignore[attr-defined]


def _heat_map(
    study: Study, points: list[Point], paths: list[str], measure: str, found: pd.DataFrame
) -> Figure:
    """Draw two paths: the one whose values take less room in the columns."""
    values = {path: _in_order([point.values[path] for point in points]) for path in paths}
    across, down = sorted(paths, key=lambda path: _room(values[path]))
    table = np.full((len(values[down]), len(values[across])), np.nan)
    for point in points:
        place = tuple(values[path].index(written(point.values[path])) for path in (down, across))
        table[place] = found["estimate"].get(point.policy, np.nan)
    names = [wrapped(value, 1.6, SMALL) for value in values[down]]
    tallest = lines(names) * SMALL * LINE
    high = min(max(0.24, tallest + 0.05), _TALLEST / table.shape[0])
    texts = _texts(table, measure)
    room = WIDTH - 0.4 - max(map(_width_of, names))
    widest = max(width(text, SMALL) for text in texts.values()) + 0.05
    is_written = high > SMALL * LINE and widest * table.shape[1] <= room
    wide = (room if is_written else room - _BAR) / table.shape[1]
    headings = [wrapped(value, max(wide - 0.08, 0.35), SMALL) for value in values[across]]
    title = wrapped(f"rows: {down}", WIDTH - 2, LABEL)
    label = wrapped(f"columns: {across}", WIDTH - 2, LABEL)
    above_and_below = lines([title]) + lines([label])
    body = table.shape[0] * high + above_and_below * LABEL * LINE + lines(headings) * SMALL * LINE
    notes = [] if study.plan.replications == 1 else ["Estimates; their intervals are in sweep.csv."]
    figure = page(study, measure, body + 0.3, notes=notes)
    axes = figure.add_subplot()
    _draw_cells(axes, table, measure, texts if is_written else {})
    axes.set_title(title)
    axes.set_xlabel(label)
    _name(axes.xaxis, headings, ceil((max(map(_width_of, headings)) + 0.05) / wide))
    _name(axes.yaxis, names, ceil(tallest / high))
    return figure


def _in_order(values: list[Any]) -> list[str]:
    """Write values once each: numbers ascending, others as they were given."""
    return list(dict.fromkeys(map(written, sorted(values) if are_numbers(values) else values)))


def _room(values: list[str]) -> float:
    return len(values) * max(width(value, SMALL) for value in values)


def _width_of(text: str) -> float:
    return max(width(line, SMALL) for line in text.split("\n"))


def _texts(table: NDArray[np.float64], measure: str) -> dict[tuple[int, int], str]:
    """Write the values of the cells that have one."""
    return {
        (int(row), int(column)): measured(table[row, column], measure)
        for row, column in np.argwhere(~np.isnan(table))
    }


def _draw_cells(
    axes: Axes, table: NDArray[np.float64], measure: str, texts: Mapping[tuple[int, int], str]
) -> None:
    """Draw the cells with their texts, or beside them what their colours mean."""
    low, top = float(np.nanmin(table)), float(np.nanmax(table))
    norm = Normalize(low, top if top > low else low + 1)
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(table), cmap=SHADES, norm=norm, edgecolors="white", linewidth=0.4
    )
    axes.set_ylim(table.shape[0], 0)
    axes.spines[:].set_visible(False)
    for (row, column), text in texts.items():
        axes.text(
            column + 0.5, row + 0.5, text, ha="center", va="center_baseline", size=SMALL,
            color=ink_on(norm(table[row, column])),
        )  # fmt: skip
    if not texts:
        bar = axes.figure.colorbar(mesh, ax=axes, label=measure, fraction=0.05, pad=0.02)
        _write_values(bar.ax.yaxis, measure)


def _name(axis: Axis, names: list[str], every: int) -> None:
    """Write at the cells what they are, or at every so many of them."""
    axis.set_ticks(np.arange(len(names))[::every] + 0.5, names[::every])
    axis.set_tick_params(length=0, labelsize=SMALL)
