"""The compiled engine: a network and a docket laid out flat, given to the kernel, and repacked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numba.core import event
from numpy.typing import NDArray

from sim.calendars import Calendar
from sim.departures import NO_CUTOFF
from sim.docket import Docket, draw
from sim.durations import MISSING, NEVER
from sim.engine import kernel
from sim.engine.trace import Trace
from sim.network import Network, build
from sim.scenario.load import load_text

Integers = NDArray[np.int64]

_SMALLEST = """
period: {from: 2021-03-01, to: 2021-03-01}
levels: {ward: {calendar: always, stations: {desk: {}}}}
procedures: {one: {received_at: ward, volume: {per_day: 1}, route: [{at: ward.desk, work: 1 h}]}}
"""
_DISCIPLINES = {"fcfs": kernel.FCFS, "edd": kernel.EDD, "spt": kernel.SPT}
_AT_CLOSE = {"suspend": kernel.SUSPEND, "finish": kernel.FINISH, "clear": kernel.CLEAR}


def run(network: Network, docket: Docket) -> Trace:
    """Run one replication with the compiled kernel; see `sim.engine.simulate`."""
    numbered = _Numbered()
    of_office = _integers(numbered.number(office.calendar) for office in network.offices)
    stations, station_groups = _stations(network, of_office)
    groups, group_stations = _groups(network)
    officers, rosters, roster_officers = _officers(network, docket, numbered)
    transfers, departs = _transfers(network, numbered)
    dossiers = _dossiers(docket, of_office)
    nodes = docket.station.size
    longest = max(nodes, dossiers.size, groups.size)
    happened = np.full((3, nodes), MISSING, np.int64)
    taken_by = np.full(nodes, kernel.NOBODY, np.int32)
    kernel.run(
        network.run_start, network.end, network.same_day_cutoff, *numbered.flat(),
        stations, station_groups, groups, group_stations, officers, rosters, roster_officers,
        transfers, departs, _limits(network), _plan(docket), dossiers,
        _column(docket.dossier, np.int32), _column(docket.station, np.int32),
        _column(docket.duration, np.int64), _column(docket.patience, np.int64), happened, taken_by,
        np.zeros((4, nodes), np.int32), np.zeros((2, nodes), np.int64),
        np.zeros((nodes + 1, 2), np.int64), np.zeros((nodes + 1, 2), np.int64),
        np.zeros((rosters.size + 1, 2), np.int64), np.zeros((5, longest + 1), np.int32),
        np.empty(nodes + 1, np.int32),
    )  # fmt: skip
    joined, started, ended = happened
    return Trace(
        network=network,
        docket=docket,
        joined=joined,
        started=started,
        ended=ended,
        officer=taken_by,
        accepted=dossiers["accepted"],
        resolved=dossiers["resolved"],
        due=dossiers["due"][:, 0],
        due_by_law=dossiers["due"][:, 1],
        stopped=dossiers["stopped"][:, 0].astype(bool),
        left=dossiers["left"],
        finished=dossiers["finished"],
    )


def prepare(announce: Callable[[], None]) -> None:
    """Make the kernel ready: load what was compiled before, or compile it.

    Parameters
    ----------
    announce
        Called once if it has to be compiled, which takes some ten seconds.
    """

    class Listener(event.Listener):
        def __init__(self) -> None:
            self.announced = False

        def on_start(self, event: event.Event) -> None:  # noqa: ARG002
            if not self.announced:
                self.announced = True
                announce()

        def on_end(self, event: event.Event) -> None:
            pass

    network = build(load_text(_SMALLEST))
    with event.install_listener("numba:compile", Listener()):
        run(network, draw(network, 1, 1))


def _column(values: NDArray[Any], kind: type[np.integer[Any]]) -> NDArray[Any]:
    """Give a column as the kernel was compiled for it."""
    return np.ascontiguousarray(values, kind)


class _Numbered:
    """Calendars, each with a number."""

    def __init__(self) -> None:
        self.calendars: list[Calendar] = []
        self.numbers: dict[int, int] = {}

    def number(self, calendar: Calendar) -> int:
        """Give the number of a calendar, a new one if it has none."""
        if id(calendar) not in self.numbers:
            self.numbers[id(calendar)] = len(self.calendars)
            self.calendars.append(calendar)
        return self.numbers[id(calendar)]

    def flat(self) -> tuple[Any, Integers, Integers]:
        """Put all of them one after another: where each stands, intervals and open days."""
        calendars = self.calendars
        places = np.zeros(len(calendars), kernel.CALENDAR).view(np.recarray)
        places["first"], places["last"] = _bounds(calendar.opens for calendar in calendars)
        days = _bounds(calendar.open_days for calendar in calendars)
        places["first_day"], places["last_day"] = days
        hours = ("opens", "closes", "before")
        edges = ("open_days", "first_openings", "last_closings")
        return places, _rows(calendars, hours), _rows(calendars, edges)


def _rows(calendars: Sequence[Calendar], columns: Iterable[str]) -> Integers:
    return np.stack([
        _joined(getattr(calendar, column) for calendar in calendars) for column in columns
    ])  # fmt: skip


def _stations(network: Network, of_office: Integers) -> tuple[Any, Integers]:
    stations = np.zeros(len(network.stations), kernel.STATION).view(np.recarray)
    for number, station in enumerate(network.stations):
        stations[number].calendar = of_office[station.office]
        stations[number].discipline = _DISCIPLINES[station.discipline]
        stations[number].at_close = _AT_CLOSE[station.at_close]
    for link in ("root", "oldest", "youngest"):
        stations[link] = -1
    stations["first_group"], stations["last_group"] = _bounds(network.groups_of_station)
    return stations, _joined(network.groups_of_station)


def _groups(network: Network) -> tuple[Any, Integers]:
    served = [group.stations for group in network.groups]
    groups = np.zeros(len(served), kernel.GROUP).view(np.recarray)
    groups["first_station"], groups["last_station"] = _bounds(served)
    officers = [range(group.officers) for group in network.groups]
    groups["first_officer"], groups["last_officer"] = _bounds(officers)
    return groups, _joined(served)


def _officers(network: Network, docket: Docket, numbered: _Numbered) -> tuple[Any, Any, Integers]:
    officers = np.zeros(len(docket.shifts), kernel.OFFICER).view(np.recarray)
    counts = [group.officers for group in network.groups]
    officers["group"] = np.repeat(np.arange(len(counts)), counts)
    officers["calendar"] = [numbered.number(shifts) for shifts in docket.shifts]
    officers["idle"] = True
    officers["shift_ended"] = MISSING
    by_calendar: dict[int, list[int]] = {}
    for officer, calendar in enumerate(officers["calendar"].tolist()):
        by_calendar.setdefault(calendar, []).append(officer)
    rosters = np.zeros(len(by_calendar), kernel.ROSTER).view(np.recarray)
    rosters["first"], rosters["last"] = _bounds(by_calendar.values())
    rosters["calendar"] = list(by_calendar)
    return officers, rosters, _joined(by_calendar.values())


def _transfers(network: Network, numbered: _Numbered) -> tuple[Any, Integers]:
    rules = network.transfers
    transfers = np.zeros(len(rules), kernel.TRANSFER).view(np.recarray)
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
            [[limit.kind, limit.amount] for limit in (given.limit, given.statutory_limit)]
            for given in network.procedures
        ],
        np.int64,
    ).reshape(-1, 2, 2)


def _plan(docket: Docket) -> Any:
    templates = docket.templates
    plan = np.zeros(templates.kind.size, kernel.PLAN).view(np.recarray)
    for column in ("kind", "clock", "working", "until_due", "appears", "rule", "arrivals"):
        plan[column] = getattr(templates, column)
    begins = np.repeat(templates.first_node[:-1], np.diff(templates.first_node))
    place = np.arange(plan.size) - begins
    for column in ("following", "sibling"):
        other = getattr(templates, column)
        plan[column] = np.where(other >= 0, other - place, 0)
    return plan


def _dossiers(docket: Docket, of_office: Integers) -> Any:
    dossiers = np.zeros(docket.arrived.size, kernel.DOSSIER).view(np.recarray)
    for column in ("arrived", "accepts", "resolves", "priority", "procedure", "withdraws"):
        dossiers[column] = getattr(docket, column)
    dossiers["accepted_before"], dossiers["due_before"] = docket.accepted, docket.due
    dossiers["first_node"] = docket.first_node[:-1]
    dossiers["plan"] = docket.templates.first_node[docket.template] - docket.first_node[:-1]
    dossiers["home_calendar"] = of_office[docket.home]
    dossiers["accepting_calendar"] = of_office[docket.accepting_office]
    for column in ("accepted", "resolved", "left", "finished"):
        dossiers[column] = MISSING
    dossiers["due"] = NEVER
    return dossiers


def _integers(values: Iterable[int]) -> Integers:
    return np.fromiter(values, np.int64)


def _joined(parts: Iterable[Iterable[int]]) -> Integers:
    """Put sequences of integers one after another."""
    return _integers(value for part in parts for value in part)


def _bounds(parts: Iterable[Sequence[int]]) -> tuple[Integers, Integers]:
    """Give where each of several sequences begins when they are joined, and where it ends."""
    sums = _integers(accumulate((len(part) for part in parts), initial=0))
    return sums[:-1], sums[1:]
