"""Tables and sentences of a comparison."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.tables import number, rows_of, titled_table, with_interval
from sim.comparison import HEADLINE, Comparison, flipped
from sim.experiment.folder import recorded_plan
from sim.experiment.replay import replay

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from sim.engine import Trace

_NAMED = 3
"""Dossiers that a table names."""


def difference_table(
    differences: pd.DataFrame, measures: Iterable[str], policies: Iterable[str], against: str
) -> Table:
    """Put differences of some measures in rows and the policies in columns."""
    table = titled_table(f"Differences from {against}", "measure", policies)
    overall = differences[differences["scope"] == "all"]
    for measure in measures:
        rows = {row.policy: row for row in rows_of(overall[overall["measure"] == measure])}
        cells = []
        for policy in policies:
            row = rows[policy]
            is_sure = row.low > 0 or row.high < 0 or row.estimate == 0 or math.isnan(row.estimate)
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


def flips_of(places: Mapping[str, tuple[Path, str]], replications: Iterable[int]) -> pd.DataFrame:
    """Find the dossiers that are late under one policy and not under the other.

    Parameters
    ----------
    places
        The folder and the policy's name there of each policy, of the base first.
    replications
        Those that are run again.
    """
    import pandas as pd

    recorded = {folder: recorded_plan(folder) for folder, _ in places.values()}

    def trace(name: str, replication: int) -> Trace:
        folder, policy = places[name]
        return replay(*recorded[folder], policy, replication)

    base, *others = places
    parts = []
    for replication in replications:
        before = trace(base, replication)
        for policy in others:
            part = flipped(before, trace(policy, replication))
            part.insert(0, "policy", policy)
            part.insert(1, "against", base)
            part.insert(2, "replication", replication)
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def flipped_table(flips: pd.DataFrame, policies: Sequence[str], against: str) -> Table:
    """Count who flipped under each policy, and name some."""
    table = titled_table(
        f"Dossiers that flipped against {against}", "policy",
        ("became", "dossiers", "such as"),
    )  # fmt: skip
    for policy in policies:
        for became in ("late", "not late"):
            own = flips[(flips["policy"] == policy) & (flips["flipped"] == became)]
            named = ", ".join(own["citizen"].head(_NAMED))
            table.add_row(policy, became, number(len(own), "dossiers").partition(".")[0], named)
    table.columns[-1].justify = "left"
    table.caption = "late under one and not under the other; all by name in flipped.csv"
    return table
