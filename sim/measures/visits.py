"""What is measured of visits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.docket import NodeKind
from sim.durations import NEVER
from sim.engine.loops import fastest
from sim.measures import tally
from sim.measures.facts import Facts, Floats, Integers
from sim.measures.tally import (
    BUSY,
    LEFT,
    OVER_ALLOTMENT,
    OVERTIME,
    QUEUED,
    SERVED,
    SERVED_BY,
    SLOTS,
    STARTED,
    WAITED,
)
from sim.scenario.schema import Visit, steps_of


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
    """

    served: int
    left: int
    over_allotment: int
    waits: Floats
    queue_mean: float
    queue_max: int


@dataclass(frozen=True)
class VisitFacts:
    """What is measured of all visits.

    Parameters
    ----------
    at
        Of each station.
    joined, waited
        By the address of a counter and the hour of the week: how many joined its queue whose
        citizens are present and who started in the period, and the minutes for which they queued,
        shape (`SLOTS`,) each.
    trips, minutes
        Of each dossier, its visits in person, and its wait at counters, shape (D,).
    served, busy, overtime
        Of each group, visits that ended in the period; microseconds at work on shift, and off
        shift where closing does not suspend work, in the period. Shape (groups,).
    """

    at: list[AtStation]
    joined: dict[str, Floats]
    waited: dict[str, Floats]
    trips: Floats
    minutes: Floats
    served: Integers
    busy: Integers
    overtime: Integers


def visit_facts(facts: Facts) -> VisitFacts:
    """Measure all visits."""
    network, trace, docket = facts.network, facts.trace, facts.docket
    stations, templates = network.stations, docket.templates
    calendars = [network.offices[station.office].calendar for station in stations]
    tables, calendar_of, shift_of = trace.timetables
    counters = list(dict.fromkeys(station.address for station in stations if station.counter))
    counter_of = {address: number for number, address in enumerate(counters)}
    officers = [group.officers for group in network.groups]
    is_visit = templates.kind == NodeKind.VISIT
    routes = docket.first_node, docket.template, docket.station, templates.first_node, is_visit
    visits = np.zeros(len(stations), np.int64)
    fastest(tally.count)(*routes, visits)
    first = np.cumsum(visits) - visits
    of_station = np.zeros((len(stations), 6), np.int64)
    of_group = np.zeros((len(officers), 3), np.int64)
    trips, minutes = np.zeros((2, docket.arrived.size))
    waits, changes = np.empty(visits.sum()), np.empty(2 * visits.sum(), np.int64)
    joined, waited = np.zeros((2, len(counters), SLOTS))
    fastest(tally.go_through, *tally.PARTS)(
        facts.start, facts.end, *routes, _allotments(facts),
        np.array([network.is_present(n) for n in range(len(network.channels))], bool)
        .take(templates.channel),
        trace.left, docket.patience_if_any, trace.instants, trace.officer,
        calendar_of,
        np.array([counter_of.get(station.address, -1) for station in stations], np.int64),
        np.array([station.at_close == "suspend" for station in stations], bool),
        first, np.repeat(np.arange(len(officers)), officers), shift_of,
        tables.places, tables.opens, tables.closes, tables.before, tables.opened,
        tables.closings,
        of_station, of_group, trips, minutes, waits, changes, joined, waited,
    )  # fmt: skip
    at = []
    longest = fastest(tally.longest)
    for calendar, begin, counts in zip(calendars, first.tolist(), of_station.tolist(), strict=True):
        open_time = calendar.open_time(facts.start, facts.end)
        queued = changes[2 * begin : 2 * (begin + counts[WAITED])]
        queued.sort()
        at.append(
            AtStation(
                served=counts[SERVED],
                left=counts[LEFT],
                over_allotment=counts[OVER_ALLOTMENT],
                waits=waits[begin : begin + counts[STARTED]],
                queue_mean=counts[QUEUED] / open_time if open_time else math.nan,
                queue_max=longest(queued),
            )
        )
    return VisitFacts(
        at,
        dict(zip(counters, joined, strict=True)),
        dict(zip(counters, waited, strict=True)),
        trips,
        minutes,
        served=of_group[:, SERVED_BY],
        busy=of_group[:, BUSY],
        overtime=of_group[:, OVERTIME],
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
