"""Tables of where the time of late dossiers was lost (rule 21)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.cli.tables import number, rows_of, titled_table, with_interval
from sim.experiment.lost_hours import REST, lost_hours
from sim.scenario.measure_names import LATE_HOURS, LOST_TO

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

_MOST_ROWS = 10
_LEAST = 0.0005
"""Share that is not written as nothing."""


def lateness_table(summary: pd.DataFrame, policy: str) -> Table | None:
    """Show where the time of late dossiers was lost: of 100 hours, by station and kind."""
    hours = lost_hours(summary, policy)
    everywhere = hours.sum()
    total = float(everywhere.sum())
    if not total > 0:
        return None
    at_stations = hours.drop(REST)
    most_first = at_stations.sum(axis=1).sort_values(ascending=False, kind="stable").index
    rows = at_stations.loc[most_first[:_MOST_ROWS]]
    shown = {str(place): row for place, row in rows.iterrows()}
    shown |= {REST: everywhere - rows.sum(), "all": everywhere}
    kinds = [kind for kind in LOST_TO if everywhere[kind] > 0]
    table = titled_table(f"Of 100 hours of late dossiers, {policy}", "lost at", (*kinds, "all"))
    for place, own in shown.items():
        shares = [*(own[kind] / total for kind in kinds), own.sum() / total]
        if shares[-1] >= _LEAST:
            table.add_row(place, *map(_of_100, shares))
    table.caption = f"{number(total, 'hours')} hours a replication, from acceptance to resolution"
    return table


def _of_100(share: float) -> str:
    return f"{100 * share:.1f}" if share >= _LEAST else ""


def moved_lateness_table(
    summary: pd.DataFrame, differences: pd.DataFrame, policies: Sequence[str], against: str
) -> Table | None:
    """Show which hours of late dossiers the policies moved most, by station and kind."""
    late = differences[
        (differences["scope"] == "station") & differences["measure"].isin(LATE_HOURS)
        & differences["policy"].isin(policies)
    ]  # fmt: skip
    largest = late["estimate"].abs().groupby([late["name"], late["measure"]]).max()
    largest = largest[largest > 0].sort_values(ascending=False, kind="stable")
    if largest.empty:
        return None
    title = f"Hours of late dossiers, {against}, and what the policies change"
    table = titled_table(title, "lost at", ("lost to", against, *policies))
    before = summary[(summary["policy"] == against) & (summary["scope"] == "station")]
    for place, measure in largest.index[:_MOST_ROWS]:
        (was,) = rows_of(before[(before["name"] == place) & (before["measure"] == measure)])
        own = late[(late["name"] == place) & (late["measure"] == measure)]
        rows = {row.policy: row for row in rows_of(own)}
        cells = [with_interval(rows[policy], "+") if policy in rows else "" for policy in policies]
        kind = LOST_TO[LATE_HOURS.index(measure)]
        table.add_row(place, kind, number(was.estimate, measure), *cells)
    table.caption = f"the {len(table.rows)} that change most, mean hours a replication"
    return table
