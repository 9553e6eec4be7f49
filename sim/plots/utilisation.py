"""Utilisation of the stations' officers, by policy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.experiment.study import Study
from sim.plots.page import (
    COLOURS,
    LABEL,
    MUTED,
    SMALL,
    colour_of,
    in_style,
    marker_of,
    nothing,
    page,
    shown,
)
from sim.plots.rows import AXIS, Rows, lay_rows
from sim.plots.text import percent, percent_axis

_TITLE = "Utilisation of officers by station"
BUSY = 0.85
"""A load above which queues grow quickly."""
_STEP = 0.075


@in_style
def utilisation(study: Study) -> Figure:
    """Draw each station's utilisation with its interval, a colour each policy."""
    found = _utilisation(study)
    if found.empty:
        return nothing(study, _TITLE, "No station has officers of its own.")
    policies, fewer = shown(study.plan.policies, COLOURS)
    found = found[found["policy"].isin(policies)]
    names = list(dict.fromkeys(zip(found["scope"], found["name"], strict=True)))
    labels, places = _rows(study, names)
    headings = set(range(len(labels))) - set(places.values())
    least = [0.17 if n in headings else len(policies) * _STEP + 0.1 for n in range(len(labels))]
    rows = lay_rows(labels, 1.8, least)
    legend: list[tuple[Artist, str]] = [
        (_handle(number), policy) for number, policy in enumerate(policies)
    ]
    notes = [*fewer, "Busy time over time on shift."]
    if study.plan.replications > 1:
        notes.append("Whiskers: 95 % interval.")
    figure = page(study, _TITLE, rows.total + AXIS + 0.1, legend=legend, notes=notes)
    axes = figure.add_subplot()
    for number, policy in enumerate(policies):
        own = found[found["policy"] == policy].set_index(["scope", "name"])
        _draw_policy(axes, own, rows.dodged(number, len(policies), _STEP), places, number)
    _finish(axes, rows, headings)
    return figure


def _handle(number: int) -> Artist:
    return Line2D([], [], color=colour_of(number), lw=1, marker=marker_of(number), ms=3.5)


def _utilisation(study: Study) -> pd.DataFrame:
    summary = study.summary()
    chosen = summary["scope"].isin(["station", "pool"]) & (summary["measure"] == "utilisation")
    return summary[chosen & summary["estimate"].notna()]


def _rows(
    study: Study, names: list[tuple[str, str]]
) -> tuple[list[str], dict[tuple[str, str], int]]:
    """Label the rows, a level's name above its stations and pools, and say where each is."""
    known = list(study.plan.scenario.levels)
    levels = dict.fromkeys([*known, *(name.partition(".")[0] for _, name in names)])
    labels: list[str] = []
    places = {}
    for level in levels:
        own = [key for key in names if key[1].partition(".")[0] == level]
        if own:
            labels.append(level)
        for scope, name in own:
            places[scope, name] = len(labels)
            short = name.partition(".")[2] or name
            labels.append(f"{short} (pool)" if scope == "pool" else short)
    return labels, places


def _draw_policy(
    axes: Axes,
    own: pd.DataFrame,
    heights: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    places: dict[tuple[str, str], int],
    number: int,
) -> None:
    y = heights[[places[scope, name] for scope, name in own.index]]
    colour = colour_of(number)
    low, high = np.clip(own["low"], 0, 1), np.clip(own["high"], 0, 1)
    axes.hlines(y, low, high, color=colour, linewidth=1, clip_on=False)
    axes.plot(own["estimate"], y, marker_of(number), color=colour, ms=3.5, mew=0, clip_on=False)


def _finish(axes: Axes, rows: Rows, headings: set[int]) -> None:
    rows.give(axes)
    rows.part(axes)
    for number, label in enumerate(axes.get_yticklabels()):
        if number in headings:
            label.set_fontweight("bold")
    axes.set_xlim(0, 1)
    axes.axvline(BUSY, color=MUTED, lw=0.8, ls=(0, (4, 3)), zorder=0.9)
    axes.text(BUSY, 1.01, percent(BUSY, 0), size=SMALL, color=MUTED, ha="center",
              va="bottom", transform=axes.get_xaxis_transform())  # fmt: skip
    axes.xaxis.set_major_formatter(percent_axis())
    axes.set_xlabel("Utilisation", size=LABEL)
