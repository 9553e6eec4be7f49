"""The compiled engine: a network and a docket laid out flat, given to the kernel, and repacked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.calendars import Calendar, told_apart
from sim.deadlines import LimitKind
from sim.departures import NO_CUTOFF
from sim.docket import Docket
from sim.durations import MISSING, NEVER
from sim.engine import kernel
from sim.engine.trace import Trace
from sim.network import Network

Integers = NDArray[np.int64]
Numbers = NDArray[np.uint32]

_DISCIPLINES = {"fcfs": kernel.FCFS, "edd": kernel.EDD, "spt": kernel.SPT}
_AT_CLOSE = {"suspend": kernel.SUSPEND, "finish": kernel.FINISH, "clear": kernel.CLEAR}


def run(network: Network, docket: Docket) -> Trace:
    """Run one replication with the compiled kernel; see `sim.engine.simulate`."""
    numbered = _Numbered()
    of_office = _integers(numbered.number(office.calendar) for office in network.offices)
    stations, station_groups = _stations(network, of_office)
    groups, group_stations = _groups(network)
    transfers, departs = _transfers(network, numbered)
    dated = len(numbered.numbers)
    officers, rosters, roster_officers = _officers(network, docket, numbered)
    dossiers = _dossiers(docket, of_office)
    nodes = docket.station.size
    longest = max(nodes, dossiers.size, groups.size)
    instants = np.full((nodes, 3), MISSING, np.int64)
    happened = instants.view(kernel.HAPPENED).view(np.recarray)[:, 0]
    taken_by = np.full(nodes, kernel.NOBODY, np.uint32)
    kernel.run(
        network.run_start, network.end, network.same_day_cutoff, *numbered.flat(dated),
        stations, station_groups, groups, group_stations, officers, rosters, roster_officers,
        transfers, departs, _limits(network), _plan(docket), dossiers,
        docket.dossier.view(np.uint32), docket.station.view(np.uint32),
        docket.duration, docket.patience_if_any, happened, taken_by, np.zeros(nodes, np.uint32),
        _own_queues(network),
        _empty(kernel.QUEUED, nodes), _empty(kernel.EVENT, nodes), _empty(kernel.EVENT, nodes),
        _empty(kernel.EVENT, rosters.size), _empty(kernel.TOUCHED, longest),
        np.empty(nodes + 1, np.uint32),
    )  # fmt: skip
    apologised = dossiers["apologised"]
    return Trace(
        network=network,
        docket=docket,
        instants=instants,
        officer=taken_by.view(np.int32),
        accepted=dossiers["accepted"].copy(),
        resolved=dossiers["resolved"].copy(),
        due=dossiers["due"][:, 0].copy(),
        due_by_law=dossiers["due"][:, 1].copy(),
        stopped=dossiers["stopped"][:, 0].astype(bool),
        apologised=np.where(apologised < network.end, apologised, MISSING),
        left=dossiers["left"].copy(),
        finished=dossiers["finished"].copy(),
    )


def _zeros(kind: np.dtype[Any], count: int) -> Any:
    """Give records of zeros as the kernel was compiled for them."""
    return np.zeros(count, kind).view(np.recarray)


def _empty(kind: np.dtype[Any], most: int) -> Any:
    """Give a heap or lists with room for so many records after the first, which counts them."""
    room = np.empty(most + 1, kind).view(np.recarray)
    room[:1] = np.zeros(1, kind)
    return room


class _Numbered:
    """Calendars, each with a number."""

    def __init__(self) -> None:
        self.numbers: dict[Calendar, int] = {}

    def number(self, calendar: Calendar) -> int:
        """Give the number of a calendar, a new one if it has none."""
        return self.numbers.setdefault(calendar, len(self.numbers))

    def flat(self, dated: int) -> tuple[Any, Integers, Integers]:
        """Put all one after another: where each stands, intervals, open days of the first few."""
        places = _zeros(kernel.CALENDAR, len(self.numbers))
        intervals = [calendar.intervals for calendar in self.numbers]
        places["first"], places["last"] = _bounds([own[0] for own in intervals])
        days = [
            np.array([own.open_days, own.first_openings, own.last_closings], np.int64)
            for own in islice(self.numbers, dated)
        ]
        places["first_day"][:dated], places["last_day"][:dated] = _bounds([own[0] for own in days])
        return places, np.concatenate(intervals, axis=1), np.concatenate(days, axis=1)


def _stations(network: Network, of_office: Integers) -> tuple[Any, Numbers]:
    stations = _zeros(kernel.STATION, len(network.stations))
    for number, station in enumerate(network.stations):
        stations[number].calendar = of_office[station.office]
        stations[number].discipline = _DISCIPLINES[station.discipline]
        stations[number].at_close = _AT_CLOSE[station.at_close]
        stations[number].has_owner = station.owner
        stations[number].has_patience = station.patience is not None
    stations["first_group"], stations["last_group"] = _bounds(network.groups_of_station)
    return stations, _numbers(network.groups_of_station)


def _groups(network: Network) -> tuple[Any, Numbers]:
    served = [group.stations for group in network.groups]
    groups = _zeros(kernel.GROUP, len(served))
    groups["first_station"], groups["last_station"] = _bounds(served)
    officers = [range(group.officers) for group in network.groups]
    groups["first_idle"], groups["last_officer"] = _bounds(officers)
    groups["has_owner"] = [any(network.stations[at].owner for at in group) for group in served]
    return groups, _numbers(served)


def _officers(network: Network, docket: Docket, numbered: _Numbered) -> tuple[Any, Any, Numbers]:
    officers = _zeros(kernel.OFFICER, len(docket.shifts))
    counts = [group.officers for group in network.groups]
    officers["group"] = np.repeat(np.arange(len(counts)), counts)
    served = np.repeat([len(group.stations) for group in network.groups], counts)
    officers["first_own"] = np.cumsum(served) - served
    officers["idle"] = True
    officers["shift_ended"] = MISSING
    calendars, officers["roster"] = told_apart(docket.shifts)
    on_roster: list[list[int]] = [[] for _ in calendars]
    for officer, roster in enumerate(officers["roster"].tolist()):
        on_roster[roster].append(officer)
    rosters = _zeros(kernel.ROSTER, len(calendars))
    rosters["first"], rosters["last"] = _bounds(on_roster)
    rosters["calendar"] = [numbered.number(calendar) for calendar in calendars]
    return officers, rosters, _numbers(on_roster)


def _own_queues(network: Network) -> Numbers:
    """Give each officer an empty queue of its own at each station that it serves."""
    served = sum(group.officers * len(group.stations) for group in network.groups)
    return np.zeros(served, np.uint32)


def _transfers(network: Network, numbered: _Numbered) -> tuple[Any, Integers]:
    rules = network.transfers
    transfers = _zeros(kernel.TRANSFER, len(rules))
    departs = [rule.departs for rule in rules]
    transfers["first_departs"], transfers["last_departs"] = _bounds(departs)
    for number, rule in enumerate(rules):
        calendar, cutoff = rule.calendar, rule.cutoff
        transfers[number].cutoff = NO_CUTOFF if cutoff is None else cutoff
        transfers[number].calendar = -1 if calendar is None else numbered.number(calendar)
    return transfers, _joined(departs)


def _limits(network: Network) -> Integers:
    return np.array(
        [
            [
                *([limit.kind, limit.amount] for limit in (given.limit, given.statutory_limit)),
                [LimitKind.WORKING_DAYS, given.apology_before],
            ]
            for given in network.procedures
        ],
        np.int64,
    ).reshape(-1, 3, 2)


def _plan(docket: Docket) -> Any:
    templates = docket.templates
    plan = _zeros(kernel.PLAN, templates.kind.size)
    for column in ("kind", "clock", "working", "until_due", "appears", "rule", "arrivals"):
        plan[column] = getattr(templates, column)
    begins, ends = templates.first_node[:-1], templates.first_node[1:]
    place = np.arange(plan.size) - np.repeat(begins, ends - begins)
    for column in ("first_here", "following", "sibling"):
        other = getattr(templates, column)
        plan[column] = np.where(other >= 0, other - place, 0)
    for column in ("accepts", "resolves"):
        at = getattr(templates, column)
        plan[column][(begins + at)[at >= 0]] = True
    plan["withdraws"] = np.repeat(templates.withdraws, ends - begins)
    return plan


def _dossiers(docket: Docket, of_office: Integers) -> Any:
    blank = np.zeros(1, kernel.DOSSIER)
    for column in ("resolved", "left", "finished", "apologised"):
        blank[column] = MISSING
    blank["due"] = NEVER
    dossiers = np.repeat(blank, docket.arrived.size).view(np.recarray)
    for column in ("arrived", "priority", "accepted"):
        dossiers[column] = getattr(docket, column)
    given = np.flatnonzero(docket.due != MISSING)
    dossiers["due"][given, 0] = docket.due[given]
    templates, first_node = docket.templates, docket.first_node[:-1]
    dossiers["first_node"] = first_node
    dossiers["plan"] = templates.first_node[docket.template] - first_node
    dossiers["on_arrival"] = (templates.accepts < 0)[docket.template]
    dossiers["procedure"] = templates.procedure[docket.template]
    dossiers["home_calendar"] = of_office[docket.home]
    dossiers["accepting_calendar"] = of_office[docket.accepting_office]
    return dossiers


def _integers(values: Iterable[int]) -> Integers:
    return np.fromiter(values, np.int64)


def _joined(parts: Iterable[Iterable[int]]) -> Integers:
    """Put sequences of integers one after another."""
    return _integers(value for part in parts for value in part)


def _numbers(parts: Iterable[Iterable[int]]) -> Numbers:
    """Put one after another what numbers something, and is never negative."""
    return _joined(parts).astype(np.uint32)


def _bounds(parts: Iterable[Sequence[int]]) -> tuple[Integers, Integers]:
    """Give where each of several sequences begins when they are joined, and where it ends."""
    sums = _integers(accumulate((len(part) for part in parts), initial=0))
    return sums[:-1], sums[1:]
