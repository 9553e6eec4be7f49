"""Tables of where the time of late dossiers was lost (rule 21)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.cli.tables import number, rows_of, titled_table, with_interval
from sim.scenario.measure_names import LATE_HOURS, LOST_TO
from sim.statistics.intervals import Floats

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

_MOST_ROWS = 10
_LEAST = 0.0005
"""Share that is not written as nothing."""


def lateness_table(summary: pd.DataFrame, policy: str) -> Table | None:
    """Show where the time of late dossiers was lost: of 100 hours, by station and kind."""
    own = summary[(summary["policy"] == policy) & summary["measure"].isin(LATE_HOURS)]
    (everywhere,) = _hours(own[own["scope"] == "all"]).values()
    total = everywhere.sum()
    if not total > 0:
        return None
    at_stations = _hours(own[own["scope"] == "station"])
    most_first = sorted(at_stations, key=lambda place: -float(at_stations[place].sum()))
    rows = {place: at_stations[place] for place in most_first[:_MOST_ROWS]}
    rows["elsewhere"] = everywhere - np.sum(list(rows.values()), axis=0)
    kinds = [kind for kind, hours in zip(LOST_TO, everywhere, strict=True) if hours > 0]
    table = titled_table(f"Of 100 hours of late dossiers, {policy}", "lost at", (*kinds, "all"))
    for place, hours in (*rows.items(), ("all", everywhere)):
        if hours.sum() / total >= _LEAST:
            shares = (*(hours[LOST_TO.index(kind)] for kind in kinds), hours.sum())
            table.add_row(place, *(_of_100(share / total) for share in shares))
    table.caption = (
        f"{number(float(total), 'hours')} hours a replication, from acceptance to resolution"
    )
    return table


def _hours(rows: pd.DataFrame) -> dict[str, Floats]:
    """Give late hours by place, those lost to each kind."""
    return {
        str(name): own.set_index("measure")["estimate"].loc[list(LATE_HOURS)].to_numpy(np.float64)
        for name, own in rows.groupby("name", sort=False)
    }


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
