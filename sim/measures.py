"""Measures: one number about one scope, and series, from a trace (rules 18 to 21).

Rows are tidy: scope, name, measure, value; and scope, name, series, at, value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.attribution import attribute
from sim.calendars import Calendar
from sim.deadlines import LimitKind
from sim.docket import NodeKind
from sim.docket.records import Numbers
from sim.durations import DAY, HOUR, MINUTE, MISSING, NEVER, date_of
from sim.engine.trace import OUTCOMES, Trace
from sim.network import Network
from sim.scenario.measure_names import LOST_TO
from sim.scenario.schema import Visit, steps_of
from sim.scenario.values import WEEKDAYS

if TYPE_CHECKING:
    import pandas as pd

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Row = tuple[str, str, str, float]
SeriesRow = tuple[str, str, str, str, float]

COUNTS = (
    "received", "carried_over", "to_resolve", "resolved", "resolved_early", "resolved_on_time",
    "resolved_late", "resolved_late_by_law", "resolved_without_limit", "withdrawn",
    "open_within_limit", "open_overdue", "open_without_limit",
)  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """A rate of rule 19: a sum of counts over a sum of counts, times a factor."""

    above: tuple[str, ...]
    below: tuple[str, ...]
    factor: float = 1.0


_KEPT = ("resolved_early", "resolved_on_time")
_IN_TIME = (*_KEPT, "open_within_limit")
_WITH_LIMIT = (*_KEPT, "resolved_late", "open_overdue", "open_within_limit")
RATES = {
    "on_time_rate": Rate(_KEPT, (*_KEPT, "resolved_late", "open_overdue")),
    "on_time_rate_of_resolved": Rate(_KEPT, (*_KEPT, "resolved_late")),
    "early_rate": Rate(("resolved_early",), (*_KEPT, "resolved_late")),
    "resolution_rate": Rate(("resolved",), ("to_resolve",)),
    "progress_766": Rate(_IN_TIME, _WITH_LIMIT, 20.0),
    "in_time_rate": Rate(_IN_TIME, _WITH_LIMIT),
}


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

    facts = _Facts(network, trace)
    rows = [*_dossier_rows(facts), *_station_rows(facts), *_pool_rows(facts)]
    series = [*_open_by_day(facts), *_waits_by_hour(facts), *_turnarounds(facts)]
    return Measures(
        pd.DataFrame(rows, columns=["scope", "name", "measure", "value"]),
        pd.DataFrame(series, columns=["scope", "name", "series", "at", "value"]),
    )


@dataclass(frozen=True)
class _Scope:
    """A way to tell dossiers apart: for each dossier the place of its name, -1 for none."""

    scope: str
    names: list[str]
    codes: Numbers

    def sums(self, values: Any) -> Floats:
        """Sum values over the dossiers of each name, shape (names,)."""
        inside = self.codes >= 0
        weights = np.asarray(values, np.float64)[inside]
        return np.bincount(self.codes[inside], weights, len(self.names)).astype(np.float64)


class _Facts:
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
    def resolved(self) -> Flags:
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
        carried_over = accepted & (trace.accepted < start) & (_ends(trace) >= start)
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
    def scopes(self) -> list[_Scope]:
        """The scopes of dossier measures; level and office are those of the home office."""
        network, docket = self.network, self.docket
        offices = [network.office_address(number) for number in range(len(network.offices))]
        levels = [level.name for level in network.levels]
        level_of = np.array([office.level for office in network.offices], np.int64)
        fields = list(dict.fromkeys(p.field for p in network.procedures if p.field))
        field_of = np.array(
            [fields.index(p.field) if p.field else -1 for p in network.procedures], np.int64
        )
        received = {level for p in network.procedures for level, _ in p.received_at}
        scopes = [
            _Scope("all", ["all"], np.zeros(docket.home.size, np.int64)),
            _Scope("level", levels, level_of[docket.home]),
            _Scope("office", offices, docket.home),
            _Scope("procedure", [p.name for p in network.procedures], docket.procedure),
            _Scope("field", fields, field_of[docket.procedure]),
            _Scope("channel", list(network.channel_names), docket.channel),
        ]
        kept = {
            "level": {levels[number] for number in received},
            "office": {offices[o] for number in received for o in network.levels[number].offices},
        }
        return [_only(scope, kept[scope.scope]) if scope.scope in kept else scope
                for scope in scopes]  # fmt: skip

    @cached_property
    def visits(self) -> Integers:
        """Nodes of the visits that joined a queue."""
        visits = self.docket.kind == NodeKind.VISIT
        return np.flatnonzero(visits & (self.trace.joined != MISSING))

    @cached_property
    def queued_until(self) -> Integers:
        """When each of `visits` started or left its queue, or the run's end."""
        started = self.trace.started[self.visits]
        left = self.trace.left[self.docket.dossier[self.visits]]
        return np.where(started != MISSING, started, np.where(left != MISSING, left, self.end))

    @cached_property
    def wait(self) -> Integers:
        """Open time of its office for which each of `visits` queued, in microseconds."""
        joined = self.trace.joined[self.visits]
        return self._open_times_at(self.docket.station[self.visits], joined, self.queued_until)

    def _open_times_at(self, stations: Numbers, start: Integers, end: Integers) -> Integers:
        passed = np.zeros(stations.size, np.int64)
        office_of = np.array([s.office for s in self.network.stations], np.int64)[stations]
        for office in np.unique(office_of):
            these = office_of == office
            calendar = self.network.offices[int(office)].calendar
            passed[these] = calendar.open_times(start[these], end[these])
        return passed

    @cached_property
    def allotments(self) -> Integers:
        """Allotment of each of the docket's steps, never for none."""
        allotted = {
            (procedure.name, step.id): step.allotment.us
            for procedure in self.network.procedures
            for step in steps_of(procedure.route)
            if isinstance(step, Visit) and step.allotment is not None
        }
        steps = self.docket.procedure_steps or (("", ""),)
        return np.array([allotted.get(step, NEVER) for step in steps], np.int64)

    @cached_property
    def visits_at(self) -> list[Integers]:
        """For each station, places in `visits` of those that queued there."""
        station = self.docket.station[self.visits]
        order = np.argsort(station, kind="stable")
        bounds = np.searchsorted(station[order], np.arange(len(self.network.stations) + 1))
        return [order[first:last] for first, last in pairwise(bounds)]

    @cached_property
    def losses_at(self) -> dict[int, dict[str, float]]:
        """Hours that late dossiers lost, by station and kind."""
        lost: dict[int, dict[str, float]] = {}
        for (_, station, kind), hours in self.losses.items():
            here = lost.setdefault(station, dict.fromkeys(LOST_TO, 0.0))
            here[kind] += hours
        return lost

    def open_times_of_acceptor(self, which: Flags, start: Integers, end: Integers) -> Integers:
        """Give open time of the accepting office between instants of some dossiers."""
        passed = np.zeros(int(which.sum()), np.int64)
        office_of = self.docket.accepting_office[which]
        for office in np.unique(office_of):
            these = office_of == office
            calendar = self.network.offices[int(office)].calendar
            passed[these] = calendar.open_times(start[which][these], end[which][these])
        return passed

    @cached_property
    def losses(self) -> dict[tuple[int, int, str], float]:
        """Hours that late dossiers lost, by (dossier, station, kind)."""
        lost: dict[tuple[int, int, str], float] = {}
        late = self.counts["resolved_late"] | self.counts["open_overdue"]
        for dossier in np.flatnonzero(late):
            for loss in attribute(self.trace, int(dossier)):
                key = int(dossier), loss.station, loss.kind
                lost[key] = lost.get(key, 0.0) + loss.us / HOUR
        return lost

    @cached_property
    def hours_at_work(self) -> dict[int, tuple[float, float]]:
        """For each group, hours of its officers on shift at work, and overtime, in the period."""
        started, ended = self.trace.started, self.trace.ended
        begun = self.visits[started[self.visits] != MISSING]
        low = np.clip(started[begun], self.start, self.end)
        high = np.clip(np.where(ended[begun] == MISSING, self.end, ended[begun]), low, self.end)
        officer = self.trace.officer[begun]
        suspends = np.array([s.at_close == "suspend" for s in self.network.stations])
        suspended = suspends[self.docket.station[begun]]
        order = np.argsort(officer, kind="stable")
        bounds = np.searchsorted(officer[order], np.arange(self.network.officers + 1))
        totals: dict[int, tuple[float, float]] = {}
        for number, group in enumerate(self.network.groups):
            busy = overtime = 0
            for place in range(group.first_officer, group.first_officer + group.officers):
                own = order[bounds[place] : bounds[place + 1]]
                on_shift = self.docket.shifts[place].open_times(low[own], high[own])
                busy += int(on_shift.sum())
                outside = (high[own] - low[own] - on_shift)[~suspended[own]]
                overtime += int(outside.sum())
            totals[number] = busy / HOUR, overtime / HOUR
        return totals

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


def _only(scope: _Scope, names: set[str]) -> _Scope:
    """Leave out the names at which nobody is received."""
    kept = [name for name in scope.names if name in names]
    places = np.array([kept.index(n) if n in names else -1 for n in scope.names], np.int64)
    return _Scope(scope.scope, kept, places[scope.codes])


def p90(values: Any) -> float:
    """Give the 90th percentile, the inverse of the empirical distribution; NaN of nothing."""
    ordered = np.sort(np.asarray(values, np.float64))
    return float(ordered[math.ceil(0.9 * ordered.size) - 1]) if ordered.size else math.nan


def mean(values: Any) -> float:
    """Give the mean; NaN of nothing."""
    array = np.asarray(values, np.float64)
    return float(array.mean()) if array.size else math.nan


def rates_of(counts: dict[str, float]) -> dict[str, float]:
    """Give the rates of rule 19 of some counts; NaN where the denominator is 0."""
    rates = {}
    for name, rate in RATES.items():
        below = sum(counts[count] for count in rate.below)
        above = sum(counts[count] for count in rate.above)
        rates[name] = rate.factor * above / below if below else math.nan
    return rates


def _dossier_rows(facts: _Facts) -> Iterator[Row]:
    durations = _durations_of_resolved(facts)
    hours = _losses_by_kind(facts)
    for scope in facts.scopes:
        sums = {name: scope.sums(facts.counts[name]) for name in COUNTS}
        lost = {kind: scope.sums(by_dossier) for kind, by_dossier in hours.items()}
        for place, name in enumerate(scope.names):
            counts = {measure: float(values[place]) for measure, values in sums.items()}
            for measure_, value in (counts | rates_of(counts)).items():
                yield scope.scope, name, measure_, value
            here = scope.codes == place
            for measure_, (which, values, statistic) in durations.items():
                yield scope.scope, name, measure_, statistic(values[here[which]])
            for kind, by_name in lost.items():
                yield scope.scope, name, f"late_{kind}_hours", float(by_name[place])


def _durations_of_resolved(facts: _Facts) -> dict[str, tuple[Flags, Floats, Any]]:
    """Give, by measure, which dossiers it is over, their values and the statistic."""
    trace, which, late = facts.trace, facts.resolved, facts.counts["resolved_late"]
    days = (trace.resolved - trace.accepted)[which] / DAY
    hours = facts.open_times_of_acceptor(which, trace.accepted, trace.resolved) / HOUR
    past_due = facts.open_times_of_acceptor(late, trace.due, trace.resolved) / HOUR
    visits, waits = _visits_and_waits(facts)
    return {
        "turnaround_working_hours_mean": (which, hours, mean),
        "turnaround_days_mean": (which, days, mean),
        "turnaround_days_p90": (which, days, p90),
        "lateness_working_hours_mean": (late, past_due, mean),
        "visits_mean": (which, visits[which], mean),
        "wait_minutes_mean": (which, waits[which], mean),
        "wait_minutes_p90": (which, waits[which], p90),
    }


def _visits_and_waits(facts: _Facts) -> tuple[Floats, Floats]:
    """Count each dossier's visits in person, and its wait at counters in minutes, shape (D,)."""
    network, docket, trace = facts.network, facts.docket, facts.trace
    counter = np.array([station.counter for station in network.stations])
    begun = (trace.started[facts.visits] != MISSING) & counter[docket.station[facts.visits]]
    nodes, dossier = facts.visits[begun], docket.dossier[facts.visits[begun]]
    waits = np.bincount(dossier, facts.wait[begun] / MINUTE, docket.arrived.size).astype(float)
    trips = np.ones(nodes.size)
    office_of = np.array([s.office for s in network.stations], np.int64)[docket.station[nodes]]
    for office in np.unique(office_of):
        these = office_of == office
        closings = np.array(network.offices[int(office)].calendar.last_closings, np.int64)
        joined, started = trace.joined[nodes[these]], trace.started[nodes[these]]
        before, after = (
            np.searchsorted(closings, joined, side="right"),
            np.searchsorted(closings, started),
        )
        trips[these] += np.maximum(after - before, 0)
    present = np.array([network.is_present(n) for n in range(len(network.channels))])
    trips[~present[docket.channel[dossier]]] = 0
    return np.bincount(dossier, trips, docket.arrived.size).astype(np.float64), waits


def _losses_by_kind(facts: _Facts) -> dict[str, Floats]:
    hours: dict[str, Floats] = {kind: np.zeros(facts.docket.arrived.size) for kind in LOST_TO}
    for (dossier, _, kind), lost in facts.losses.items():
        hours[kind][dossier] += lost
    return hours


@dataclass(frozen=True)
class _StationFacts:
    """What is measured at some stations: sums, and values to put together."""

    counts: dict[str, float]
    waits: Floats
    queue: tuple[float, float]
    queue_max: float
    on_shift: float
    busy: float


def _station_rows(facts: _Facts) -> Iterator[Row]:
    network = facts.network
    by_station = [_station_facts(facts, number) for number in range(len(network.stations))]
    addresses = list(dict.fromkeys(station.address for station in network.stations))
    for address in addresses:
        own = [n for n, station in enumerate(network.stations) if station.address == address]
        yield from _rows_of("station", address, [by_station[number] for number in own])
        for number in own:
            office = network.offices[network.stations[number].office].name
            yield from _rows_of("office_station", f"{address}@{office}", [by_station[number]])


def _rows_of(scope: str, name: str, parts: list[_StationFacts]) -> Iterator[Row]:
    waits = np.concatenate([part.waits for part in parts])
    on_shift, busy = sum(part.on_shift for part in parts), sum(part.busy for part in parts)
    values = {key: sum(part.counts[key] for part in parts) for key in parts[0].counts}
    values["wait_minutes_mean"] = mean(waits)
    values["wait_minutes_p90"] = p90(waits)
    means = [queued / open_time for queued, open_time in (p.queue for p in parts) if open_time]
    values["queue_mean"] = sum(means) if means else math.nan
    values["queue_max"] = max(part.queue_max for part in parts)
    values["utilisation"] = busy / on_shift if on_shift else math.nan
    for measure_, value in values.items():
        yield scope, name, measure_, float(value)


def _station_facts(facts: _Facts, number: int) -> _StationFacts:
    network, trace = facts.network, facts.trace
    here = facts.visits_at[number]
    nodes, until, wait = facts.visits[here], facts.queued_until[here], facts.wait[here]
    joined, started, ended = trace.joined[nodes], trace.started[nodes], trace.ended[nodes]
    calendar = network.offices[network.stations[number].office].calendar
    low, high = np.clip(joined, facts.start, facts.end), np.clip(until, facts.start, facts.end)
    impatient = _impatient(facts, nodes, calendar)
    own = [g for g in network.groups_of_station[number] if not network.groups[g].pool]
    lost = facts.losses_at.get(number, dict.fromkeys(LOST_TO, 0.0))
    return _StationFacts(
        counts={
            "served": float(facts.in_period(ended).sum()),
            "left": float(impatient.sum()),
            "overtime_hours": sum(facts.hours_at_work[group][1] for group in own),
            "over_allotment": _over_allotment(facts, nodes, calendar),
            **{f"late_{kind}_hours": hours for kind, hours in lost.items()},
        },
        waits=wait[facts.in_period(started)] / MINUTE,
        queue=(
            float(calendar.open_times(low, high).sum()),
            float(calendar.open_time(facts.start, facts.end)),
        ),
        queue_max=_longest(joined, until, facts.start, facts.end),
        on_shift=sum(facts.on_shift(group) for group in own),
        busy=sum(facts.hours_at_work[group][0] for group in own),
    )


def _impatient(facts: _Facts, nodes: Integers, calendar: Calendar) -> Flags:
    """Tell which queued visits left in the period because their own patience was over."""
    trace, docket = facts.trace, facts.docket
    left = trace.left[docket.dossier[nodes]]
    gone: Flags = (docket.patience[nodes] >= 0) & (trace.started[nodes] == MISSING)
    gone &= facts.in_period(left)
    for place in np.flatnonzero(gone):
        node = int(nodes[place])
        ends = calendar.advance(int(trace.joined[node]), int(docket.patience[node]))
        gone[place] = ends == left[place]
    return gone


def _over_allotment(facts: _Facts, nodes: Integers, calendar: Calendar) -> float:
    """Count the visits ended in the period that took more open time than their allotment."""
    allotted = facts.allotments[facts.docket.step[nodes]]
    ended = facts.trace.ended[nodes]
    measured = facts.in_period(ended) & (allotted < NEVER)
    taken = calendar.open_times(facts.trace.joined[nodes][measured], ended[measured])
    return float((taken > allotted[measured]).sum())


def _longest(joined: Integers, until: Integers, start: int, end: int) -> float:
    """Give the longest queue at the end of any instant of the period."""
    stayed = (until > start) & (joined < end)
    instants = np.concatenate([np.maximum(joined[stayed], start), until[stayed]])
    changes = np.concatenate([np.ones(int(stayed.sum())), -np.ones(int(stayed.sum()))])
    if not instants.size:
        return 0.0
    distinct, places = np.unique(instants, return_inverse=True)
    lengths = np.cumsum(np.bincount(places, changes, distinct.size))
    return float(lengths[distinct < end].max(initial=0.0))


def _pool_rows(facts: _Facts) -> Iterator[Row]:
    network = facts.network
    served = np.bincount(
        np.searchsorted(
            [group.first_officer + group.officers for group in network.groups],
            facts.trace.officer[facts.visits[facts.in_period(facts.trace.ended[facts.visits])]],
            side="right",
        ),
        minlength=len(network.groups),
    )
    pools = dict.fromkeys(group.home for group in network.groups if group.pool)
    for name in pools:
        own = [number for number, group in enumerate(network.groups) if group.home == name]
        on_shift = sum(facts.on_shift(number) for number in own)
        busy = sum(facts.hours_at_work[number][0] for number in own)
        yield "pool", name, "served", float(sum(served[number] for number in own))
        yield "pool", name, "utilisation", busy / on_shift if on_shift else math.nan
        yield "pool", name, "overtime_hours", sum(facts.hours_at_work[number][1] for number in own)


def _open_by_day(facts: _Facts) -> Iterator[SeriesRow]:
    """Count the open and the overdue dossiers at the end of each day."""
    trace = facts.trace
    accepted = trace.accepted[trace.accepted != MISSING]
    ends = _ends(trace)[trace.accepted != MISSING]
    overdue_from = np.where(trace.stopped, NEVER, trace.due)[trace.accepted != MISSING]
    overdue_from = np.minimum(np.maximum(overdue_from, accepted), ends)
    for day in range(facts.start // DAY, facts.end // DAY):
        midnight = (day + 1) * DAY
        still = (accepted < midnight) & (ends >= midnight)
        at = str(date_of(day))
        yield "all", "all", "open", at, float(still.sum())
        yield "all", "all", "overdue", at, float((still & (overdue_from < midnight)).sum())


def _ends(trace: Trace) -> Integers:
    """Give when each dossier was resolved or left, or never."""
    left = np.where(trace.left == MISSING, NEVER, trace.left)
    return np.where(trace.resolved == MISSING, left, trace.resolved)


def _waits_by_hour(facts: _Facts) -> Iterator[SeriesRow]:
    """Give the mean wait and the number of visits of those present at counters, by joining."""
    network, docket, trace = facts.network, facts.docket, facts.trace
    counter = np.array([station.counter for station in network.stations])
    present = np.array([network.is_present(n) for n in range(len(network.channels))])
    chosen = (
        facts.in_period(trace.started[facts.visits])
        & counter[docket.station[facts.visits]]
        & present[docket.channel[docket.dossier[facts.visits]]]
    )
    joined, minutes = trace.joined[facts.visits[chosen]], facts.wait[chosen] / MINUTE
    stations = docket.station[facts.visits[chosen]]
    addresses = list(dict.fromkeys(s.address for s in network.stations if s.counter))
    codes = np.array([
        addresses.index(s.address) if s.counter else -1 for s in network.stations
    ])[stations]  # fmt: skip
    # 1970-01-01 was a Thursday.
    slot = (joined // DAY + 3) % 7 * 24 + joined % DAY // HOUR
    for name, here in [("all", codes >= 0), *((a, codes == n) for n, a in enumerate(addresses))]:
        scope = "all" if name == "all" else "station"
        number = np.bincount(slot[here], minlength=168)
        total = np.bincount(slot[here], minutes[here], 168)
        for place in np.flatnonzero(number):
            at = f"{WEEKDAYS[place // 24]} {place % 24:02d}"
            yield scope, name, "wait_minutes", at, float(total[place] / number[place])
            yield scope, name, "visits", at, float(number[place])


def _turnarounds(facts: _Facts) -> Iterator[SeriesRow]:
    """Give histograms by procedure: turnaround, and the share of the limit that it used."""
    trace, docket = facts.trace, facts.docket
    resolved = facts.resolved
    open_time = facts.open_times_of_acceptor(resolved, trace.accepted, trace.resolved)
    limited = resolved & (trace.due < NEVER)
    used = facts.open_times_of_acceptor(limited, trace.accepted, trace.resolved)
    given = facts.open_times_of_acceptor(limited, trace.accepted, trace.due)
    bins = np.where(given > 0, np.minimum(used * 20 // np.maximum(given, 1), 40), 20)
    for number, procedure in enumerate(facts.network.procedures):
        own = open_time[docket.procedure[resolved] == number] // HOUR
        for bin_, count in zip(*np.unique(own, return_counts=True), strict=True):
            yield "procedure", procedure.name, "turnaround_working_hours", str(bin_), float(count)
        own = bins[docket.procedure[limited] == number]
        for bin_, count in zip(*np.unique(own, return_counts=True), strict=True):
            yield "procedure", procedure.name, "limit_used", f"{bin_ / 20:.2f}", float(count)
