"""Where late dossiers lost their time, by station and kind (rule 21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.scenario.measure_names import LATE_HOURS, LOST_TO

if TYPE_CHECKING:
    import pandas as pd

REST = "elsewhere"
"""What was lost before the first station."""


def lost_hours(summary: pd.DataFrame, policy: str) -> pd.DataFrame:
    """Give hours lost, means over the replications: a row each station, a column each kind.

    What was lost before the first station is in the row of the rest.
    """
    measures = dict(zip(LATE_HOURS, LOST_TO, strict=True))
    own = summary[(summary["policy"] == policy) & summary["measure"].isin(list(measures))]
    own = own.assign(kind=own["measure"].map(measures))
    hours = own[own["scope"] == "station"].pivot_table(
        index="name", columns="kind", values="estimate", sort=False
    )
    hours = hours.reindex(columns=list(LOST_TO), fill_value=0.0)
    total = own[own["scope"] == "all"].set_index("kind")["estimate"]
    rest = (total.reindex(list(LOST_TO)) - hours.sum()).clip(lower=0)
    hours.loc[REST] = rest.where(rest > 1e-6 * total.sum(), 0.0)
    return hours
