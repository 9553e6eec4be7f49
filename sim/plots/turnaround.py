"""Turnaround against the time limit, by procedure and policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MultipleLocator

from sim.experiment.study import Study
from sim.plots.outcomes import OUTCOMES
from sim.plots.page import COLOURS, INK, SMALL, colour_of, in_style, nothing, page, shown
from sim.plots.rows import AXIS, Rows, lay_rows
from sim.plots.text import THIN

_TITLE = "Turnaround against the time limit"
BIN = 0.05
"""Width of a bin, as a share of the limit."""
OPEN_FROM = 2.0
"""Lower edge of the last bin, which holds all that took longer."""
PERCENTILES = (5, 25, 50, 75, 95)
_MOST = 40
_STEP = 0.085
_NOTES = (
    "Thick line: the middle half of the resolved dossiers; thin line: 5 % to 95 % of them; white "
    "dot: median.",
    "Opening hours used, as a share of those from acceptance to the due instant.",
)


@dataclass(frozen=True)
class _Strip:
    policy: str
    procedure: str
    percentiles: tuple[float, ...]


@in_style
def turnaround(study: Study) -> Figure:
    """Draw how much of their limit the resolved dossiers used: a strip each procedure, policy."""
    series = study.series
    used = series[series["series"] == "limit_used"]
    if used.empty:
        return nothing(study, _TITLE, "No dossier with a time limit was resolved.")
    policies, fewer = shown([p for p in study.plan.policies if p in set(used["policy"])], COLOURS)
    used = used[used["policy"].isin(policies)]
    names, notes = _procedures(study, used)
    procedures = study.plan.scenario.procedures
    titles = [procedures[n].name or n if n in procedures else n for n in names]
    rows = lay_rows(titles, 2.1, len(policies) * _STEP + 0.1)
    figure = page(
        study, _TITLE, rows.total + AXIS + 0.1, legend=_legend(study, policies),
        notes=[*notes, *fewer, *_NOTES],
    )  # fmt: skip
    axes = figure.add_subplot()
    _draw(axes, rows, _strips(used, names), study, names)
    return figure


def _procedures(study: Study, used: pd.DataFrame) -> tuple[list[str], list[str]]:
    """List the procedures in file order, those with most dossiers if they are many."""
    totals = used.groupby("name")["value"].sum()
    order = [*study.plan.scenario.procedures, *totals.index]
    names = [name for name in dict.fromkeys(order) if name in totals.index]
    if len(names) <= _MOST:
        return names, []
    kept = set(totals.nlargest(_MOST).index)
    note = f"The {_MOST} procedures with most dossiers, of {len(names)}."
    return [name for name in names if name in kept], [note]


def _strips(used: pd.DataFrame, names: list[str]) -> list[_Strip]:
    strips = []
    for (policy, name), own in used.groupby(["policy", "name"], sort=False):
        if name in names:
            counts = own.groupby(own["at"].astype(float))["value"].sum()
            strips.append(_Strip(str(policy), str(name), percentiles_of(counts)))
    return strips


def percentiles_of(counts: pd.Series[float]) -> tuple[float, ...]:
    """Give the percentiles of binned shares, dossiers spread evenly over each bin.

    Parameters
    ----------
    counts
        Dossiers by the lower edge of their bin; those of the last bin count as at its edge.
    """
    counts = counts.sort_index()
    edges, numbers = counts.index.to_numpy(np.float64), counts.to_numpy(np.float64)
    reached = np.cumsum(numbers)
    wanted = np.array(PERCENTILES) / 100 * reached[-1]
    places = np.searchsorted(reached, wanted)
    within = (wanted - (reached - numbers)[places]) / numbers[places]
    found = edges[places] + BIN * within
    return tuple(float(value) for value in np.minimum(found, OPEN_FROM))


def _legend(study: Study, policies: list[str]) -> list[tuple[Artist, str]]:
    numbers = {policy: number for number, policy in enumerate(study.plan.policies)}
    return [
        (Line2D([], [], color=colour_of(numbers[policy]), lw=4, solid_capstyle="butt"), policy)
        for policy in policies
    ]


def _draw(axes: Axes, rows: Rows, strips: list[_Strip], study: Study, names: list[str]) -> None:
    policies = list(study.plan.policies)
    present = [p for p in policies if any(strip.policy == p for strip in strips)]
    for strip in strips:
        colour = colour_of(policies.index(strip.policy))
        place = present.index(strip.policy)
        y = rows.dodged(place, len(present), _STEP)[names.index(strip.procedure)]
        p5, p25, p50, p75, p95 = strip.percentiles
        axes.plot([p5, p95], [y, y], color=colour, lw=1, solid_capstyle="butt")
        axes.plot([p25, p75], [y, y], color=colour, lw=4, solid_capstyle="butt")
        if p95 >= OPEN_FROM:
            axes.plot(p95, y, ">", ms=6, color=colour, mew=0, clip_on=False)
        if p50 < OPEN_FROM:
            axes.plot(p50, y, "o", ms=3, mfc="white", mec=colour, mew=0.8, clip_on=False)
    rows.give(axes)
    rows.part(axes)
    right = min(max(1.1, 1.05 * max(strip.percentiles[-1] for strip in strips)), OPEN_FROM)
    axes.set_xlim(0, right)
    axes.axvline(1, color=INK, lw=1)
    axes.axvspan(1, right, color=OUTCOMES["open_overdue"][1], alpha=0.06, lw=0)
    axes.text(1, 1.01, "due", size=SMALL, ha="center", va="bottom",
              transform=axes.get_xaxis_transform())  # fmt: skip
    axes.xaxis.set_major_locator(MultipleLocator(0.25))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: _tick(share)))
    axes.set_xlabel("Share of the time limit used")


def _tick(share: float) -> str:
    at_least = "≥ " if share >= OPEN_FROM else ""
    return f"{at_least}{100 * share:.0f}{THIN}%"
