"""What several measures need of a trace, worked out once for all of them."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.attribution import attribute
from sim.deadlines import LimitKind
from sim.durations import HOUR, MISSING, NEVER
from sim.engine.trace import OUTCOMES, Trace
from sim.grouping import Places
from sim.network import Network
from sim.scenario.measure_names import LOST_TO

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Row = tuple[str, str, str, float]
SeriesRow = tuple[str, str, str, str, float]


@dataclass(frozen=True)
class Losses:
    """What late dossiers lost: of each loss dossier, station or -1, place in `LOST_TO`, hours."""

    dossier: Places
    station: Places
    kind: Places
    hours: Floats

    def by(self, codes: NDArray[np.integer[Any]], count: int) -> Floats:
        """Sum hours by a number below `count` given to each loss, -1 for none, and kind."""
        inside = codes >= 0
        cells = codes[inside] * len(LOST_TO) + self.kind[inside]
        sums = np.bincount(cells, self.hours[inside], count * len(LOST_TO))
        return sums.reshape(count, len(LOST_TO)).astype(np.float64)


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
        late = self.counts["resolved_late"] | self.counts["open_overdue"]
        found = array("d")  # of many late dossiers, tuples would take ten times the memory
        for number in np.flatnonzero(late).tolist():
            for loss in attribute(self.trace, number):
                found.extend((number, loss.station, LOST_TO.index(loss.kind), loss.us / HOUR))
        dossier, station, kind, hours = np.array(found, np.float64).reshape(-1, 4).T
        return Losses(dossier.astype(np.intp), station.astype(np.intp), kind.astype(np.intp), hours)


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
