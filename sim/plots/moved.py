"""What the policies moved: the hours of late dossiers before and after."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim.comparison import compare
from sim.experiment.lost_hours import lost_hours
from sim.experiment.study import Study
from sim.plots.differences import ALONE, are_sure, held_against, legend_of, mark, notes_of
from sim.plots.lateness import LOST_TO, NOTES, stack
from sim.plots.page import COLOURS, INK, WIDTH, colour_of, in_style, marker_of, nothing, page, shown
from sim.plots.rows import AXIS, Rows, lay_rows
from sim.plots.text import grouped, grouped_axis, signed
from sim.scenario.measure_names import LATE_HOURS

MOST_STATIONS = 8
LEAST = 0.01
"""Of the largest change at a station, what another's must be to be shown."""
_TITLE = "Hours of late dossiers, before and after"
_LABELS = 1.6
_STEP = 0.1
_KEY = -0.017
"""Where a policy's marker stands, as a part of the axis."""


@in_style
def moved(study: Study) -> Figure:
    """Draw what late dossiers lost under each policy, and the stations where that changed most."""
    policies = list(study.plan.policies)
    if len(policies) == 1:
        return nothing(study, _TITLE, ALONE)
    summary = study.summary()
    lost = pd.DataFrame({policy: lost_hours(summary, policy).sum() for policy in policies}).T
    if not lost.to_numpy().sum() > 0:
        return nothing(study, _TITLE, "No dossier was late.")
    against = held_against(policies)
    others, notes = shown([policy for policy in policies if policy != against], COLOURS - 1)
    changes = _changes(study, against)
    changes = changes[changes["policy"].isin(others)]
    of_all, at_stations = (changes[changes["scope"] == scope] for scope in ("all", "station"))
    at_stations = _largest(at_stations)
    bars = lay_rows([against, *others], _LABELS, 0.24)
    stations = lay_rows(list(at_stations["name"].unique()), _LABELS, len(others) * _STEP + 0.12)
    heights = [part.total + AXIS for part in (bars, stations) if part.labels]
    legend = _legend(against, at_stations)
    notes = [*NOTES, "Markers: policies, as beside their names.", *notes, *notes_of(changes)]
    figure = page(study, _TITLE, sum(heights), legend=legend, notes=notes)
    numbers = {policy: policies.index(policy) for policy in others}
    above, *below = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False).flat
    _draw_totals(above, bars, lost.loc[[against, *others]], of_all)
    _draw_keys(above, bars, numbers)
    for axes in below:
        _draw_stations(axes, stations, at_stations, numbers)
    return figure


def _changes(study: Study, against: str) -> pd.DataFrame:
    """Give what the policies change in the hours of all kinds together, and what was before."""
    table = study.measures
    late = table[table["measure"].isin(LATE_HOURS) & table["scope"].isin(["all", "station"])]
    key = ["policy", "replication", "scope", "name"]
    summed = late.groupby(key, sort=False, observed=True, as_index=False)["value"].sum()
    together = replace(study, measures=summed.assign(measure="late_hours"))
    found = compare(together, against).differences
    summary = together.summary()
    before = summary[summary["policy"] == against].set_index("name")["estimate"]
    return found.assign(before=found["name"].map(before))


def _largest(changes: pd.DataFrame) -> pd.DataFrame:
    """Give the changes at the stations where any policy changes most, the largest first."""
    largest = changes["estimate"].abs().groupby(changes["name"]).max()
    kept = largest[(largest > 0) & (largest >= LEAST * largest.max())].nlargest(MOST_STATIONS)
    places = changes["name"].map({name: place for place, name in enumerate(kept.index)})
    return changes.assign(place=places).dropna(subset="place").sort_values("place", kind="stable")


def _legend(against: str, changes: pd.DataFrame) -> list[tuple[Artist, str]]:
    return [
        *((Patch(color=colour), name) for name, colour in LOST_TO.values()),
        (Line2D([], [], color=INK, ls="", marker="|", ms=9), against),
        *legend_of(are_sure(changes)),
    ]


def _draw_totals(axes: Axes, rows: Rows, lost: pd.DataFrame, changes: pd.DataFrame) -> None:
    """Draw the hours lost in all as bars by kind, with what the policies change beside them."""
    before, *after = (grouped(total) for total in lost.sum(axis=1))
    halves = (changes["high"] - changes["low"]) / 2
    written = map(signed, changes["estimate"], halves)
    texts = [f"{total} ({change})" for total, change in zip(after, written, strict=True)]
    stack(axes, rows, lost, [before, *texts], WIDTH - _LABELS - 0.3)
    axes.set_xlabel("Hours in all")


def _draw_keys(axes: Axes, rows: Rows, numbers: dict[str, int]) -> None:
    """Draw each policy's marker beside its name."""
    for y, number in zip(rows.centres[1:], numbers.values(), strict=True):
        axes.plot(
            _KEY, y, marker_of(number), color=colour_of(number), ms=4, clip_on=False,
            transform=axes.get_yaxis_transform(),
        )  # fmt: skip
    axes.tick_params(axis="y", pad=12)


def _draw_stations(axes: Axes, rows: Rows, changes: pd.DataFrame, numbers: dict[str, int]) -> None:
    """Draw each change as a line from what was before to what is after."""
    rows.give(axes)
    rows.part(axes)
    for place, (_, at_one) in enumerate(changes.groupby("place")):
        half = rows.heights[place] / 2 - 0.03
        centre, before = rows.centres[place], at_one["before"].iloc[0]
        axes.vlines(before, centre - half, centre + half, color=INK, lw=1.2)
    for turn, (policy, number) in enumerate(numbers.items()):
        y = rows.dodged(turn, len(numbers), _STEP)
        own = changes[changes["policy"] == policy]
        heights, before = y[own["place"].astype(int)], own["before"].to_numpy()
        after, colour = before + own["estimate"].to_numpy(), colour_of(number)
        axes.hlines(heights, before, after, color=colour, lw=1.2)
        mark(axes, after, heights, are_sure(own), marker_of(number), colour)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(grouped_axis())
    axes.set_xlabel("Hours at a station")
