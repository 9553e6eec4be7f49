"""Where late dossiers lost their time, by station and policy."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim.experiment.lost_hours import REST, lost_hours
from sim.experiment.study import Study
from sim.plots.page import LABEL, LINE, SMALL, WIDTH, in_style, nothing, page, panels, shown
from sim.plots.rows import AXIS, Rows, lay_rows
from sim.plots.text import counted, grouped, grouped_axis, lines, width, wrapped

_TITLE = "Where late dossiers lost their time"
LOST_TO = {
    "waiting": ("waiting", "#882255"),
    "closed": ("closed hours", "#D0D0D0"),
    "work": ("work", "#44AA99"),
    "suspended": ("work suspended", "#999933"),
    "transfer": ("transfer", "#332288"),
    "citizen": ("waits and absences", "#DDCC77"),
}
"""Parts of a late dossier's span (rule 21), what they are called, and their colours."""
MOST_STATIONS = 12
_MOST = 6
_LABELS = 1.5
NOTES = (
    "Late dossiers: resolved late, or open and overdue.",
    "Clock hours from acceptance to the result or the end of the period, mean over the "
    "replications.",
)


@in_style
def lateness(study: Study) -> Figure:
    """Draw the hours that late dossiers lost at each station, a panel each policy."""
    summary = study.summary()
    lost = {policy: lost_hours(summary, policy) for policy in study.plan.policies}
    lost = {policy: hours for policy, hours in lost.items() if hours.to_numpy().sum() > 0}
    if not lost:
        return nothing(study, _TITLE, "No dossier was late.")
    policies, notes = shown(list(lost), _MOST)
    if len(lost) < len(study.plan.policies):
        notes = ["Policies without a late dossier are left out.", *notes]
    stations = _stations([lost[policy] for policy in policies])
    rows = lay_rows(stations, _LABELS, 0.22)
    across = min(len(policies), 2)
    room = (WIDTH - _LABELS - 0.4) / across - 0.1
    titles = [_heading(summary, policy, lost[policy], room) for policy in policies]
    down = -(-len(policies) // across)
    body = down * (rows.total + AXIS - 0.15 + lines(titles) * LABEL * LINE) + 0.15
    legend = [(Patch(color=colour), name) for name, colour in LOST_TO.values()]
    notes = [*NOTES, *notes]
    if across > 1:
        notes.append("Each panel has its own scale.")
    figure = page(study, _TITLE, body, legend=legend, notes=notes)
    drawn = panels(figure, len(policies), sharey=True)
    for number, (axes, policy) in enumerate(zip(drawn, policies, strict=True)):
        hours = _gathered(lost[policy], stations)
        totals = [grouped(total) if total > 0 else "" for total in hours.sum(axis=1)]
        stack(axes, rows, hours, totals, room)
        axes.set_title(titles[number])
        if number + across >= len(policies):
            axes.set_xlabel("Hours")
    return figure


def _stations(tables: list[pd.DataFrame]) -> list[str]:
    """List the stations of the largest shares in what was lost, then the rest if there is any."""
    shares = [t.drop(REST).sum(axis=1) / t.to_numpy().sum() for t in tables]
    most = pd.concat(shares, axis=1).sum(axis=1)
    most = most[most > 0].sort_values(ascending=False, kind="stable")
    kept = list(most.index[:MOST_STATIONS])
    more = len(most) > MOST_STATIONS or any(t.loc[REST].sum() > 0 for t in tables)
    return [*kept, REST] if more else kept


def _gathered(hours: pd.DataFrame, stations: list[str]) -> pd.DataFrame:
    """Give the rows to be drawn, all that has none of its own summed in the rest."""
    own = hours.reindex(stations, fill_value=0.0)
    if REST in stations:
        own.loc[REST] = hours.drop([s for s in stations if s != REST], errors="ignore").sum()
    return own


def _heading(summary: pd.DataFrame, policy: str, hours: pd.DataFrame, room: float) -> str:
    counts = summary[(summary["policy"] == policy) & (summary["scope"] == "all")]
    late = counts[counts["measure"].isin(["resolved_late", "open_overdue"])]["estimate"].sum()
    lost = grouped(hours.to_numpy().sum())
    few = 0 < late < 10 and late != round(late)
    number = f"{late:.1f} late dossiers" if few else counted(late, "late dossier", "late dossiers")
    text = f"{number}, {lost} hours"
    return f"{wrapped(policy, room, LABEL)}\n{wrapped(text, room, LABEL)}"


def stack(axes: Axes, rows: Rows, hours: pd.DataFrame, texts: Sequence[str], room: float) -> None:
    """Draw hours as bars by kind, with a text at the end of each.

    Parameters
    ----------
    axes
        Where they are drawn.
    rows
        The rows.
    hours
        A row each, a column each kind of `LOST_TO`.
    texts
        What is written at the end of each.
    room
        About how wide the axes are, in inches.
    """
    left = pd.Series(0.0, hours.index)
    for kind, (name, colour) in LOST_TO.items():
        axes.barh(rows.centres, hours[kind], 0.14, left, color=colour, label=name)
        left += hours[kind]
    for y, total, text in zip(rows.centres, left, texts, strict=True):
        axes.annotate(text, (total, y), (3, 0), textcoords="offset points", va="center", size=SMALL)
    written = max(width(text, SMALL) for text in texts)
    rows.give(axes)
    axes.set_xlim(0, left.max() / max(1 - (written + 0.15) / room, 0.3))
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.xaxis.set_major_formatter(grouped_axis())
