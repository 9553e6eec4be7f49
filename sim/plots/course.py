"""Open and overdue dossiers through the period, by policy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, Formatter, Locator, MaxNLocator
from numpy.typing import NDArray

from sim.experiment.study import Study
from sim.plots.outcomes import OUTCOMES
from sim.plots.page import LABEL, LINE, MUTED, WIDTH, in_style, page, panels, shown
from sim.plots.text import grouped, grouped_axis, lines, wrapped

_TITLE = "Open and overdue dossiers at the end of each day"
_COLOURS = {"open": MUTED, "overdue": OUTCOMES["open_overdue"][1]}
_MANY = 20
"""Replications from which the band leaves the extremes out."""
_MOST = 8
_WEEK = 7
_DATES = ["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S"]
_STARTS = ["", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"]
"""How ticks at years, months, days, … are written, and those that start a longer unit."""


@in_style
def open_dossiers(study: Study) -> Figure:
    """Draw the open and the overdue dossiers of each day: mean and band, a panel each policy."""
    policies, notes = shown(study.plan.policies, _MOST)
    room = WIDTH - 0.7 if len(policies) == 1 else WIDTH / 2 - 0.5
    courses = {policy: _courses(study, policy) for policy in policies}
    titles = [_title(policy, courses[policy], room) for policy in policies]
    across = min(len(policies), 2)
    down = -(-len(policies) // across)
    body = down * (1.55 + lines(titles) * LABEL * LINE) + 0.25
    figure = page(study, _TITLE, body, legend=_legend(study), notes=notes)
    drawn = panels(figure, len(policies), sharex=True, sharey=True)
    for number, (policy, axes) in enumerate(zip(policies, drawn, strict=True)):
        _draw(axes, courses[policy])
        axes.set_title(titles[number])
        axes.tick_params(labelbottom=number + across >= len(policies))
        if number % across == 0:
            axes.set_ylabel("Dossiers")
    drawn[0].set_ylim(bottom=0, top=max(drawn[0].get_ylim()[1], 1))
    return figure


def _courses(study: Study, policy: str) -> dict[str, pd.DataFrame]:
    """For each series, a row each day and a column each replication."""
    series = study.series
    own = series[(series["policy"] == policy) & (series["scope"] == "all")]
    return {
        name: own[own["series"] == name]
        .pivot_table(index="at", columns="replication", values="value")
        .sort_index()
        for name in _COLOURS
    }


def _title(policy: str, courses: dict[str, pd.DataFrame], room: float) -> str:
    last = {name: float(course.iloc[-1].mean()) for name, course in courses.items()}
    ends = f"last day: {grouped(last['open'])} open, {grouped(last['overdue'])} overdue"
    return f"{wrapped(policy, room, LABEL)}\n{wrapped(ends, room, LABEL)}"


def _legend(study: Study) -> list[tuple[Artist, str]]:
    entries: list[tuple[Artist, str]] = [
        (Line2D([], [], color=colour, linewidth=1.4), name) for name, colour in _COLOURS.items()
    ]
    if study.plan.replications >= _MANY:
        entries.append((Patch(color=MUTED, alpha=0.25, lw=0), "5 % to 95 % of the replications"))
    elif study.plan.replications > 1:
        entries.append((Patch(color=MUTED, alpha=0.25, lw=0), "lowest to highest replication"))
    return entries


def _draw(axes: Axes, courses: dict[str, pd.DataFrame]) -> None:
    days = courses["open"].index.to_numpy("datetime64[D]")
    for name, colour in _COLOURS.items():
        values = courses[name].to_numpy(np.float64)
        (line,) = axes.plot(days, values.mean(axis=1), color=colour, lw=1.1, label=name)
        line.set(marker="o" if days.size == 1 else "", clip_on=False, zorder=3)
        if values.shape[1] > 1:
            ends = (5, 95) if values.shape[1] >= _MANY else (0, 100)
            low, high = np.percentile(values, ends, axis=1)
            axes.fill_between(days, low, high, color=colour, alpha=0.25, linewidth=0)
    _write_dates(axes, days)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(grouped_axis())
    axes.grid(axis="y")
    axes.margins(x=0 if days.size > 1 else 0.05)


def _write_dates(axes: Axes, days: NDArray[np.datetime64]) -> None:
    """Put ticks at days, months or years: never within a day."""
    locator: Locator = AutoDateLocator(minticks=2, maxticks=6)  # type: ignore[no-untyped-call]
    formatter: Formatter = ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator, formats=_DATES, zero_formats=_STARTS, show_offset=False
    )
    if days.size < _WEEK:
        locator = FixedLocator(date2num(days))  # type: ignore[no-untyped-call]
        formatter = DateFormatter(_DATES[2])  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
