"""Measures: one number about one scope, and series, from a trace (rules 18 to 21).

Rows are tidy: scope, name, measure, value; and scope, name, series, at, value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.engine.trace import Trace
from sim.measures.dossiers import dossier_rows
from sim.measures.facts import Facts
from sim.measures.rates import RATES
from sim.measures.series import open_by_day, turnarounds, waits_by_hour
from sim.measures.stations import pool_rows, station_rows
from sim.measures.visits import visit_facts
from sim.network import Network

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RATES", "Measures", "measure"]


@dataclass(frozen=True, eq=False)
class Measures:
    """The measures and series of one replication.

    Parameters
    ----------
    table
        Columns scope, name, measure, value.
    series
        Columns scope, name, series, at, value.
    """

    table: pd.DataFrame
    series: pd.DataFrame


def measure(network: Network, trace: Trace) -> Measures:
    """Take the measures of one replication.

    Parameters
    ----------
    network
        The network that the trace ran on.
    trace
        The replication.

    Returns
    -------
    Measures
        What is missing, such as a rate whose denominator is 0, is NaN.
    """
    import pandas as pd

    facts = Facts(network, trace)
    visits = visit_facts(facts)
    rows = [
        *dossier_rows(facts, visits),
        *station_rows(facts, visits),
        *pool_rows(facts, visits),
    ]
    series = [*open_by_day(facts), *waits_by_hour(visits), *turnarounds(facts)]
    return Measures(
        pd.DataFrame(rows, columns=["scope", "name", "measure", "value"]),
        pd.DataFrame(series, columns=["scope", "name", "series", "at", "value"]),
    )
