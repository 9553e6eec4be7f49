"""What is measured of visits, in one pass, station by station, so that few are held at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.calendars import Calendar, open_times_by, told_apart
from sim.docket import NodeKind
from sim.durations import DAY, HOUR, MINUTE, MISSING, NEVER
from sim.grouping import Places, by_number
from sim.measures.facts import Facts, Floats, Integers
from sim.network.records import Station
from sim.scenario.schema import Visit, steps_of

SLOTS = 7 * 24
"""Hours of a week, from Monday's first."""


@dataclass(frozen=True)
class AtStation:
    """The visits to one station.

    Parameters
    ----------
    served, left, over_allotment
        How many ended in the period; left in it because their own patience was over; ended in it
        after more open time than their allotment.
    waits
        Minutes of open time for which those who started in the period queued, shape (W,).
    queue_mean, queue_max
        Mean length of the queue in open time, NaN without any; the longest.
    present, present_minutes
        Of those among `waits` whose citizens are present, by the slot of joining, how many and
        how long they queued, shape (`SLOTS`,).
    """

    served: int
    left: int
    over_allotment: int
    waits: Floats
    queue_mean: float
    queue_max: int
    present: Integers
    present_minutes: Floats


@dataclass(frozen=True)
class VisitFacts:
    """What is measured of all visits.

    Parameters
    ----------
    at
        Of each station.
    trips, minutes
        Of each dossier, its visits in person, and its wait at counters, shape (D,).
    served, busy, overtime
        Of each group, visits that ended in the period; microseconds at work on shift, and off
        shift where closing does not suspend work, in the period. Shape (groups,).
    """

    at: list[AtStation]
    trips: Floats
    minutes: Floats
    served: Integers
    busy: Integers
    overtime: Integers


@dataclass(frozen=True)
class _Visits:
    """Visits that joined the queue of a station; columns of shape (V,).

    `until` is when each started or left the queue, or the run's end; `open_joined` and
    `open_until` are open time of the office until then.
    """

    node: Places
    dossier: Places
    joined: Integers
    started: Integers
    ended: Integers
    until: Integers
    open_joined: Integers
    open_until: Integers

    @cached_property
    def minutes(self) -> Floats:
        """Open time for which each queued."""
        return (self.open_until - self.open_joined) / MINUTE


def visit_facts(facts: Facts) -> VisitFacts:
    """Measure all visits."""
    network, docket = facts.network, facts.docket
    shifts, shift_of = told_apart(docket.shifts)
    sizes = [group.officers for group in network.groups]
    group_of = np.repeat(np.arange(len(sizes)), sizes)
    allotment_of = _allotments(facts)
    trips, minutes = np.zeros((2, docket.arrived.size))
    served, busy, overtime = np.zeros((3, len(sizes)), np.int64)
    at = []
    for station, visits in zip(network.stations, _by_station(facts), strict=True):
        calendar = network.offices[station.office].calendar
        at.append(_at_station(facts, station, calendar, visits, allotment_of))
        began = np.flatnonzero(visits.started != MISSING)
        joined, started, ended = (
            column.take(began) for column in (visits.joined, visits.started, visits.ended)
        )
        if station.counter:
            dossier = visits.dossier.take(began)
            np.add.at(minutes, dossier, visits.minutes.take(began))
            trip = 1.0 + _closings_between(calendar, joined, started)
            np.add.at(trips, dossier, trip * facts.in_person.take(dossier))
        low = started.clip(facts.start, facts.end)
        high = np.where(ended == MISSING, facts.end, ended).clip(low, facts.end)
        officer = facts.trace.officer.take(visits.node.take(began)).astype(np.intp)
        group = group_of.take(officer)
        on_shift = open_times_by(shifts, shift_of.take(officer), low, high)
        np.add.at(served, group, facts.in_period(ended).astype(np.int64))
        np.add.at(busy, group, on_shift)
        if station.at_close != "suspend":
            np.add.at(overtime, group, high - low - on_shift)
    return VisitFacts(at, trips, minutes, served, busy, overtime)


def _by_station(facts: Facts) -> Iterator[_Visits]:
    """Give the visits to each station, in the order of nodes."""
    network, trace, docket = facts.network, facts.trace, facts.docket
    is_visit = (docket.templates.kind == NodeKind.VISIT).take(docket.place)
    queued = np.flatnonzero(is_visit & (trace.joined != MISSING)).astype(np.int32)
    order, first = by_number(docket.station[queued], len(network.stations))
    node = queued[order]
    del is_visit, queued, order
    for station, low, high in zip(network.stations, first, first[1:], strict=False):
        # Numbers as wide as addresses, and `take`: numpy is several times as fast with them.
        own = node[low:high].astype(np.intp)
        dossier = docket.dossier.take(own).astype(np.intp)
        joined, started, ended = np.ascontiguousarray(trace.instants.take(own, axis=0).T)
        until = started.copy()
        waiting = np.flatnonzero(started == MISSING)
        left = trace.left.take(dossier[waiting])
        until[waiting] = np.where(left == MISSING, facts.end, left)
        calendar = network.offices[station.office].calendar
        open_joined = calendar.open_times_until(joined)
        open_until = calendar.open_times_until(until)
        yield _Visits(own, dossier, joined, started, ended, until, open_joined, open_until)


def _at_station(
    facts: Facts, station: Station, calendar: Calendar, visits: _Visits, allotment_of: Integers
) -> AtStation:
    begun, ended = facts.in_period(visits.started), facts.in_period(visits.ended)
    allotment = allotment_of.take(facts.docket.place.take(visits.node))
    limited = np.flatnonzero(ended & (allotment < NEVER))
    taken = calendar.open_times_until(visits.ended[limited]) - visits.open_joined[limited]
    first, last = calendar.open_time(-NEVER, facts.start), calendar.open_time(-NEVER, facts.end)
    queued = visits.open_until.clip(first, last) - visits.open_joined.clip(first, last)
    here = begun & facts.in_person.take(visits.dossier) if station.counter else np.zeros(0, np.intp)
    joined, present_minutes = visits.joined[here], visits.minutes[here]
    # 1970-01-01 was a Thursday.
    slot = (joined // DAY + 3) % 7 * 24 + joined % DAY // HOUR
    return AtStation(
        served=int(ended.sum()),
        left=_impatient(facts, calendar, visits),
        over_allotment=int((taken > allotment[limited]).sum()),
        waits=visits.minutes[begun],
        queue_mean=float(queued.sum()) / (last - first) if last > first else math.nan,
        queue_max=_longest(visits.joined, visits.until, facts),
        present=np.bincount(slot, minlength=SLOTS),
        present_minutes=np.bincount(slot, present_minutes, SLOTS).astype(np.float64),
    )


def _impatient(facts: Facts, calendar: Calendar, visits: _Visits) -> int:
    """Count the queued visits that left in the period because their own patience was over."""
    gone = np.flatnonzero((visits.started == MISSING) & facts.in_period(visits.until))
    columns = (visits.joined[gone], facts.docket.patience[visits.node[gone]], visits.until[gone])
    return sum(
        patience >= 0 and calendar.advance(joined, patience) == left
        for joined, patience, left in zip(*(column.tolist() for column in columns), strict=True)
    )


def _allotments(facts: Facts) -> Integers:
    """Give the allotment of each node of the docket's templates, never for none."""
    allotted = {
        (procedure.name, step.id): step.allotment.us
        for procedure in facts.network.procedures
        for step in steps_of(procedure.route)
        if isinstance(step, Visit) and step.allotment is not None
    }
    docket = facts.docket
    of_step = [allotted.get(step, NEVER) for step in docket.procedure_steps]
    return np.array([*of_step, NEVER], np.int64)[docket.templates.step]


def _closings_between(calendar: Calendar, joined: Integers, started: Integers) -> Integers:
    """Count the days' last closings while visits queued, each of which sends the citizen home."""
    closings = np.array(calendar.last_closings, np.int64)
    passed = np.zeros(joined.size, np.int64)
    own = np.flatnonzero(started > joined)
    before = np.searchsorted(closings, joined[own], side="right")
    passed[own] = np.maximum(np.searchsorted(closings, started[own]) - before, 0)
    return passed


def _longest(joined: Integers, until: Integers, facts: Facts) -> int:
    """Give the longest queue at the end of any instant of the period.

    It is longest at an instant at which someone joined and stayed.
    """
    stayed = (until > facts.start) & (joined < facts.end) & (until > joined)
    joins = np.sort(np.maximum(joined[stayed], facts.start))
    gone = np.searchsorted(np.sort(until[stayed]), joins, side="right")
    return int((np.arange(1, joins.size + 1) - gone).max(initial=0))
