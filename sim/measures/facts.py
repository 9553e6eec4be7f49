"""What several measures need of a trace, worked out once for all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.attribution import lost_by
from sim.deadlines import LimitKind
from sim.durations import HOUR, MISSING, NEVER
from sim.engine.trace import OUTCOMES, Trace
from sim.grouping import Places
from sim.network import Network

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Row = tuple[str, str, str, float]
SeriesRow = tuple[str, str, str, str, float]


@dataclass(frozen=True)
class Losses:
    """What late dossiers lost to each of `LOST_TO`, in hours.

    Parameters
    ----------
    dossier
        Their numbers, shape (L,).
    of_dossier, of_station
        Shape (L, 6) and (stations, 6).
    """

    dossier: Places
    of_dossier: Floats
    of_station: Floats

    def by(self, codes: NDArray[np.integer[Any]], count: int) -> Floats:
        """Sum them by a number below `count` given to each dossier, -1 for none, shape (count, 6).

        Parameters
        ----------
        codes
            Of all dossiers, shape (D,).
        """
        own = codes[self.dossier].astype(np.intp)
        sums = [np.bincount(own + 1, hours, count + 1)[1:] for hours in self.of_dossier.T]
        return np.stack(sums, axis=1)


class Facts:
    """A trace with what several measures need of it."""

    def __init__(self, network: Network, trace: Trace) -> None:
        self.network = network
        self.trace = trace
        self.docket = trace.docket
        self.start, self.end = network.period_start, network.end

    def in_period(self, instants: Integers) -> Flags:
        """Tell which instants lie in the period; what is missing does not."""
        return (instants >= self.start) & (instants < self.end)

    @cached_property
    def closed(self) -> Integers:
        """When each dossier was resolved or left, or never, shape (D,)."""
        left = np.where(self.trace.left == MISSING, NEVER, self.trace.left)
        return np.where(self.trace.resolved == MISSING, left, self.trace.resolved)

    @cached_property
    def resolved(self) -> Flags:
        """Which dossiers were resolved in the period, shape (D,)."""
        return self.in_period(self.trace.resolved)

    @cached_property
    def counts(self) -> dict[str, Flags]:
        """For each count of rules 18 and 25, which dossiers it counts, shape (D,)."""
        trace, start = self.trace, self.start
        accepted = trace.accepted != MISSING
        left = (trace.left != MISSING) & (trace.resolved == MISSING)
        still_open = accepted & (trace.resolved == MISSING) & ~left
        overdue = trace.overdue_at(self.end)
        limited = self._has_limit([p.limit.kind for p in self.network.procedures])
        by_law = self._has_limit([p.statutory_limit.kind for p in self.network.procedures])
        outcome = {
            word: self.resolved & (trace.outcome == OUTCOMES.index(word))
            for word in ("early", "on_time", "late", "without_limit")
        }
        announced = outcome["late"] & (trace.apologised != MISSING)
        carried_over = accepted & (trace.accepted < start) & (self.closed >= start)
        received = self.in_period(trace.accepted)
        return {
            "received": received,
            "carried_over": carried_over,
            "to_resolve": carried_over | received,
            "resolved": self.resolved,
            **{f"resolved_{word}": flags for word, flags in outcome.items()},
            "resolved_late_by_law": self.resolved & by_law & (trace.resolved > trace.due_by_law),
            "withdrawn": left & accepted & self.in_period(trace.left),
            "open_within_limit": still_open & limited & ~overdue,
            "open_overdue": still_open & overdue,
            "open_without_limit": still_open & ~limited,
            "apologies": self.in_period(trace.apologised),
            "resolved_late_announced": announced,
            "resolved_late_again": announced & (trace.resolved > trace.new_due),
        }

    def _has_limit(self, kinds: list[LimitKind]) -> Flags:
        has = np.array([kind != LimitKind.NONE for kind in kinds])
        return np.asarray(has[self.docket.procedure])

    @cached_property
    def turnaround(self) -> Integers:
        """Open time of the accepting office from acceptance to resolution, of those `resolved`."""
        trace = self.trace
        return trace.open_times_of_acceptor(self.resolved, trace.accepted, trace.resolved)

    @cached_property
    def losses(self) -> Losses:
        """What the late dossiers lost."""
        late = np.flatnonzero(self.counts["resolved_late"] | self.counts["open_overdue"])
        of_dossier, of_station = lost_by(self.trace, late)
        return Losses(late, of_dossier / HOUR, of_station / HOUR)


def p90(values: Any) -> float:
    """Give the 90th percentile, the inverse of the empirical distribution; NaN of nothing."""
    array = np.asarray(values, np.float64)
    if not array.size:
        return math.nan
    place = math.ceil(0.9 * array.size) - 1
    return float(np.partition(array, place)[place])


def mean(values: Any) -> float:
    """Give the mean; NaN of nothing."""
    array = np.asarray(values, np.float64)
    return float(array.mean()) if array.size else math.nan
