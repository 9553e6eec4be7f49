"""Tables and sentences of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sim.cli.tables import HEADLINES, number, rows_of, titled_table, with_interval
from sim.comparison import HEADLINE, Comparison

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table


def difference_table(differences: pd.DataFrame, policies: Iterable[str], against: str) -> Table:
    """Put differences of the headline measures in rows and the policies in columns."""
    table = titled_table(f"Differences from {against}", "measure", policies)
    overall = differences[differences["scope"] == "all"]
    for measure in HEADLINES:
        rows = {row.policy: row for row in rows_of(overall[overall["measure"] == measure])}
        cells = []
        for policy in policies:
            row = rows[policy]
            is_sure = row.low > 0 or row.high < 0 or row.estimate == 0
            cells.append(with_interval(row, "+") + ("" if is_sure else " n.d."))
        table.add_row(measure, *cells)
    table.caption = (
        "± half a 95 % interval, paired by replication, right for all policies at once\n"
        "pp: percentage points; n.d.: not distinguishable from 0"
    )
    return table


def ranking(comparison: Comparison) -> str:
    """Say which policy has the highest on-time rate, if that is sure."""
    leaders = comparison.leaders
    if not leaders:
        return f"No policy has an {HEADLINE}."
    if len(leaders) == 1:
        return f"Best {HEADLINE}: `{leaders[0]}`, distinguishable from every other policy."
    return f"Highest {HEADLINE}: {_listed(leaders)}, not distinguishable from each other."


def _listed(policies: Sequence[str]) -> str:
    *first, last = (f"`{policy}`" for policy in policies)
    return f"{', '.join(first)} and {last}"


def target_table(chances: pd.DataFrame, target: float) -> Table:
    """Put the policies in rows, and beside them the chance that a replication reaches a target."""
    title = f"Chance of {number(target, HEADLINE)} or more in a replication"
    table = titled_table(title, "policy", ("chance",))
    for row in rows_of(chances.assign(measure=HEADLINE)):
        table.add_row(row.policy, with_interval(row))
    table.caption = f"of {HEADLINE}, with an exact 95 % interval"
    return table
