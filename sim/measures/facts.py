"""What several measures need of a trace, worked out once for all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.attribution import attribute
from sim.calendars import Calendar, open_times_by
from sim.deadlines import LimitKind
from sim.docket import NodeKind
from sim.docket.records import Numbers
from sim.durations import HOUR, MISSING, NEVER
from sim.engine.trace import OUTCOMES, Trace
from sim.network import Network
from sim.scenario.measure_names import LOST_TO

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Row = tuple[str, str, str, float]
SeriesRow = tuple[str, str, str, str, float]


@dataclass(frozen=True)
class Visits:
    """The V visits that joined a queue, those of one station together; columns of shape (V,).

    Parameters
    ----------
    first
        Where those of each station begin, shape (stations + 1,).
    node, station, dossier
        Numbers of each.
    joined, started, ended
        Instants, `MISSING` for what did not happen.
    until
        When each started or left its queue, or the run's end.
    open_joined, open_until
        Open time of its office until it joined, and until `until`, in microseconds.
    """

    first: Places
    node: Places
    station: Numbers
    dossier: Numbers
    joined: Integers
    started: Integers
    ended: Integers
    until: Integers
    open_joined: Integers
    open_until: Integers

    @cached_property
    def wait(self) -> Integers:
        """Open time of its office for which each queued, in microseconds."""
        return self.open_until - self.open_joined

    def at(self, station: int) -> slice:
        """Tell where the visits of one station are."""
        return slice(int(self.first[station]), int(self.first[station + 1]))


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
        """For each count of rule 18, which dossiers it counts, shape (D,)."""
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
        }

    def _has_limit(self, kinds: list[LimitKind]) -> Flags:
        has = np.array([kind != LimitKind.NONE for kind in kinds])
        return np.asarray(has[self.docket.procedure])

    @cached_property
    def visits(self) -> Visits:
        """The visits that joined a queue."""
        trace, docket = self.trace, self.docket
        node = np.flatnonzero((docket.kind == NodeKind.VISIT) & (trace.joined != MISSING))
        order, first = grouped(docket.station[node], len(self.network.stations))
        # Gathered in the order of nodes first, which is quicker where a column has gaps.
        joined, started, ended = (
            column[node][order] for column in (trace.joined, trace.started, trace.ended)
        )
        node = node[order]
        station, dossier = docket.station[node], docket.dossier[node]
        left = trace.left[dossier]
        until = np.where(started != MISSING, started, np.where(left != MISSING, left, self.end))
        open_joined, open_until = np.empty_like(joined), np.empty_like(until)
        for calendar, low, high in zip(self.calendars, first, first[1:], strict=False):
            open_joined[low:high] = calendar.open_times_until(joined[low:high])
            open_until[low:high] = calendar.open_times_until(until[low:high])
        return Visits(
            first, node, station, dossier, joined, started, ended, until, open_joined, open_until
        )  # fmt: skip

    @cached_property
    def calendars(self) -> list[Calendar]:
        """Of each station, the calendar of its office."""
        network = self.network
        return [network.offices[station.office].calendar for station in network.stations]

    @cached_property
    def at_counter(self) -> Flags:
        """Which of the visits are to counters, shape (V,)."""
        counter = np.array([station.counter for station in self.network.stations])
        return np.asarray(counter[self.visits.station])

    @cached_property
    def in_person(self) -> Flags:
        """Which dossiers came through a channel whose citizens are present, shape (D,)."""
        network = self.network
        present = np.array([network.is_present(n) for n in range(len(network.channels))])
        return np.asarray(present[self.docket.channel])

    def open_times_of_acceptor(self, which: Flags, start: Integers, end: Integers) -> Integers:
        """Give open time of the accepting office between instants of some dossiers."""
        calendars = [office.calendar for office in self.network.offices]
        office = self.docket.accepting_office[which]
        until_start, until_end = open_times_by(calendars, office, start[which], end[which])
        return until_end - until_start

    @cached_property
    def losses(self) -> Losses:
        """What the late dossiers lost."""
        late = self.counts["resolved_late"] | self.counts["open_overdue"]
        found = [
            (dossier, loss.station, LOST_TO.index(loss.kind), loss.us / HOUR)
            for dossier in np.flatnonzero(late).tolist()
            for loss in attribute(self.trace, dossier)
        ]
        dossier, station, kind, hours = np.array(found, np.float64).reshape(-1, 4).T
        return Losses(dossier.astype(np.intp), station.astype(np.intp), kind.astype(np.intp), hours)

    @cached_property
    def hours_at_work(self) -> list[tuple[float, float]]:
        """Of each group, hours of its officers on shift at work, and overtime, in the period."""
        network, visits = self.network, self.visits
        begun = np.flatnonzero(visits.started != MISSING)
        officer = self.trace.officer[visits.node[begun]]
        ended = visits.ended[begun]
        low = visits.started[begun].clip(self.start, self.end)
        high = np.where(ended == MISSING, self.end, ended).clip(low, self.end)
        until_low, until_high = open_times_by(self.docket.shifts, officer, low, high)
        on_shift = until_high - until_low
        suspends = np.array([station.at_close == "suspend" for station in network.stations])
        outside = np.where(suspends[visits.station[begun]], 0, high - low - on_shift)
        group_of = np.repeat(
            np.arange(len(network.groups)), [group.officers for group in network.groups]
        )
        busy, overtime = (
            (np.bincount(group_of[officer], passed, len(network.groups)) / HOUR).tolist()
            for passed in (on_shift, outside)
        )
        return list(zip(busy, overtime, strict=True))

    def on_shift(self, group: int) -> float:
        """Hours that a group's officers were on shift in the period."""
        first, count = self.network.groups[group].first_officer, self.network.groups[group].officers
        shifts = self.docket.shifts[first : first + count]
        by_calendar: dict[Calendar, int] = {}
        for calendar in shifts:
            by_calendar[calendar] = by_calendar.get(calendar, 0) + 1
        return sum(
            times * calendar.open_time(self.start, self.end) for calendar, times in
            by_calendar.items()
        ) / HOUR  # fmt: skip


def grouped(codes: NDArray[np.integer[Any]], count: int) -> tuple[Places, Places]:
    """Bring together the places where each number below `count` stands; negative ones are none.

    Returns
    -------
    order
        Places in `codes`, by number, then by place, shape (n,).
    first
        Where in `order` those of each number begin, shape (count + 1,).
    """
    narrow = codes.astype(np.min_scalar_type(-1 - count))  # numpy sorts short integers in one pass
    order = np.argsort(narrow, kind="stable")
    return order, np.searchsorted(narrow[order], np.arange(count + 1))


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
