"""Waiting at counters by weekday and hour, by policy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from sim.experiment.study import Study
from sim.plots.page import (
    LABEL,
    LINE,
    SHADES,
    SMALL,
    WIDTH,
    in_style,
    ink_on,
    nothing,
    page,
    panels,
    shown,
)
from sim.plots.text import grouped, lines, wrapped
from sim.scenario.values import WEEKDAYS

_TITLE = "Minutes of waiting at counters, by weekday and hour of joining"
_MOST = 4
_ROW = 0.155


@in_style
def waiting(study: Study) -> Figure:
    """Draw the mean wait of each weekday and hour as a heat map, a panel each policy."""
    policies, notes = shown(study.plan.policies, _MOST)
    tables = {policy: _mean_waits(study, policy) for policy in policies}
    tables = {policy: table for policy, table in tables.items() if table.size}
    if not tables:
        return nothing(study, _TITLE, "No visit at a counter began in the period.")
    days = [day for day in WEEKDAYS if any(day in table for table in tables.values())]
    hours = sorted({hour for table in tables.values() for hour in table.index})
    tables = {policy: table.reindex(index=hours, columns=days) for policy, table in tables.items()}
    titles = [wrapped(policy, WIDTH / 2 - 0.9, LABEL) for policy in tables]
    down = -(-len(tables) // 2)
    body = down * (len(hours) * _ROW + 0.3 + lines(titles) * LABEL * LINE)
    notes = [
        "Mean over the visits of citizens who are present; only opening hours count as waiting.",
        *notes,
    ]
    figure = page(study, _TITLE, body, notes=notes)
    highest = max(float(np.nanmax(table.to_numpy())) for table in tables.values())
    norm = Normalize(0, max(highest, 1.0))
    drawn = panels(figure, len(tables), sharex=True, sharey=True)
    for axes, title, table in zip(drawn, titles, tables.values(), strict=True):
        _draw(axes, table, norm)
        axes.set_title(title)
    for axes in drawn[::2]:
        axes.set_ylabel("Hour")
    return figure


def _mean_waits(study: Study, policy: str) -> pd.DataFrame:
    """Give mean waits over the visits of all replications: hours in rows, weekdays in columns."""
    series = study.series
    own = series[(series["policy"] == policy) & (series["scope"] == "all")]
    waits, visits = (
        own[own["series"] == name].set_index(["replication", "at"])["value"]
        for name in ("wait_minutes", "visits")
    )
    total, number = (values.groupby(level="at").sum() for values in (waits * visits, visits))
    means = total / number
    at = [str(slot).split(" ") for slot in means.index]
    means.index = pd.MultiIndex.from_arrays(
        [[day for day, _ in at], [hour for _, hour in at]], names=["day", "hour"]
    )
    return means.unstack("day")


def _draw(axes: Axes, table: pd.DataFrame, norm: Normalize) -> None:
    values = table.to_numpy(np.float64)
    axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=SHADES, norm=norm, edgecolors="white", linewidth=0.6
    )
    for row, column in np.argwhere(~np.isnan(values)):
        minutes = values[row, column]
        axes.text(
            column + 0.5, row + 0.5, _written(minutes), ha="center", va="center_baseline",
            size=SMALL, color=ink_on(norm(minutes)),
        )  # fmt: skip
    axes.set_xlim(0, values.shape[1])
    axes.set_ylim(values.shape[0], 0)
    axes.set_xticks(np.arange(values.shape[1]) + 0.5, [day.capitalize() for day in table.columns])
    axes.set_yticks(np.arange(values.shape[0]) + 0.5, [f"{hour}:00" for hour in table.index])
    axes.tick_params(length=0, labelbottom=False, labeltop=True)
    axes.spines[:].set_visible(False)


def _written(minutes: float) -> str:
    """Write minutes with a decimal below ten."""
    return f"{minutes:.1f}" if minutes < 9.95 else grouped(minutes)
