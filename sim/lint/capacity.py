"""Work against staff: stations with too few officers, with none, or with nothing to do."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sim.lint.subject import Subject
from sim.lint.wording import counted, hours, listed, number, percent
from sim.network import Group, Network
from sim.scenario.references import Finding, addresses
from sim.scenario.schema import Visit, steps_of
from sim.scenario.text import KeyPath

_ROUNDING = 1e-9


def stations_overloaded(subject: Subject) -> Iterator[Finding]:
    """Find stations to which more work comes in the period than their officers have time for.

    A station is held against all who serve it; stations that pools tie to each other are also
    held together against all who serve one of them.
    """
    network = subject.network
    overloads: defaultdict[tuple[str, ...], list[_Overload]] = defaultdict(list)
    for tied in _tied_by_pools(network):
        duties = {(station,) for station in tied} | {tied}
        found = [over for duty in duties if (over := _overload(subject, duty)) is not None]
        told: set[int] = set()
        for worst in sorted(found, key=lambda over: (-over.load, over.stations)):
            if told.isdisjoint(worst.stations):
                told.update(worst.stations)
                names = tuple(network.stations[place].address for place in worst.stations)
                overloads[names].append(worst)
    for names, of_offices in overloads.items():
        yield _path_of(network, names), _overloaded(network, names, of_offices)


def stations_unstaffed(subject: Subject) -> Iterator[Finding]:
    """Find stations to which dossiers come and at which no officer ever is."""
    network = subject.network
    empty: defaultdict[tuple[str, bool], list[int]] = defaultdict(list)
    for place, station in enumerate(network.stations):
        if subject.load.visits[place] == 0 or _staff_time(network, subject.serving[place]) > 0:
            continue
        has_officers = any(group.officers for group in subject.serving[place])
        empty[station.address, has_officers].append(place)
    for (address, has_officers), places in empty.items():
        visits = number(sum(subject.load.visits[place] for place in places))
        at = _at_offices(network, places)
        if has_officers:
            message = (
                f"no officer{at} has a shift in the period, and about {visits} visits come; "
                "look at the `calendar`, `from` and `absence` of its staff"
            )
        else:
            message = (
                f"nobody works here{at}, and about {visits} visits come in the period; "
                "give it `staff`, or let a pool serve it"
            )
        yield _path_of(network, (address,)), message


def stations_unvisited(subject: Subject) -> Iterator[Finding]:
    """Find stations that no route visits and no policy names."""
    visited = {
        step.at
        for procedure in subject.loaded.scenario.procedures.values()
        for step in steps_of(procedure.route)
        if isinstance(step, Visit)
    }
    for address in addresses(subject.loaded.scenario):
        if address not in visited | subject.words_of_policies:
            path = _path_of(subject.network, (address,))
            yield path, "no route visits this station; visit it `at:` a step, or leave it out"


@dataclass(frozen=True)
class _Overload:
    """Stations of one office with more work than staff, in microseconds of the period."""

    stations: tuple[int, ...]
    work: float
    staff: float
    of_one: float
    """The time of one officer more."""

    @property
    def load(self) -> float:
        """Work for each unit of staff."""
        return self.work / self.staff


def _overload(subject: Subject, stations: tuple[int, ...]) -> _Overload | None:
    groups = list(dict.fromkeys(group for place in stations for group in subject.serving[place]))
    staff = _staff_time(subject.network, groups)
    work = sum(subject.load.work[place] for place in stations)
    if staff == 0 or work <= staff * (1 + _ROUNDING):
        return None
    of_one = max(_time_of_one(subject.network, group) for group in groups)
    return _Overload(stations, work, staff, of_one)


def _staff_time(network: Network, groups: Iterable[Group]) -> float:
    """Give the time on shift of some groups in the period, absences taken off."""
    return sum(group.officers * _time_of_one(network, group) for group in groups)


def _time_of_one(network: Network, group: Group) -> float:
    return group.calendar.open_time(network.period_start, network.end) * (1 - group.absence)


def _tied_by_pools(network: Network) -> Iterator[tuple[int, ...]]:
    """Give the stations that pools tie to each other; one alone where none does."""
    tied = {place: {place} for place in range(len(network.stations))}
    for group in network.groups:
        together = {other for place in group.stations for other in tied[place]}
        tied.update(dict.fromkeys(together, together))
    for place, together in tied.items():
        if place == min(together):
            yield tuple(sorted(together))


def _path_of(network: Network, names: Sequence[str]) -> KeyPath:
    """Give the path of a station, or of the pool that ties several."""
    level, _, station = names[0].partition(".")
    if len(names) == 1:
        return "levels", level, "stations", station
    tying = (
        group.home for group in network.groups
        if group.pool and network.stations[group.stations[0]].address in names
    )  # fmt: skip
    return "levels", level, "pools", next(tying).partition(".")[2]


def _overloaded(network: Network, names: Sequence[str], overloads: Sequence[_Overload]) -> str:
    worst = max(overloads, key=lambda overload: overload.load)
    one_office = len(network.levels[_level_of(network, worst.stations[0])].offices) == 1
    at = "" if one_office else f" at {_office_of(network, worst.stations[0])}"
    together = f" of {listed(names, 'station')} together" if len(names) > 1 else ""
    more = math.ceil((worst.work - worst.staff) / worst.of_one - _ROUNDING)
    eased = worst.work / (worst.staff + more * worst.of_one)
    others = ""
    if len(overloads) > 1:
        others = f"; over 100 % in {counted(len(overloads) - 1, 'more office')}"
    return (
        f"offered load {percent(worst.load)}{together}{at}: {hours(worst.work)} of work in the "
        f"period for {hours(worst.staff)} of staff; {counted(more, 'more officer')} would bring "
        f"it to {percent(eased)}{others}"
    )


def _level_of(network: Network, station: int) -> int:
    return network.offices[network.stations[station].office].level


def _office_of(network: Network, station: int) -> str:
    return network.offices[network.stations[station].office].name


def _at_offices(network: Network, places: Sequence[int]) -> str:
    """Name the offices of some stations of one address, unless they are all of the level."""
    if len(places) == len(network.levels[_level_of(network, places[0])].offices):
        return ""
    return f" at {listed([_office_of(network, place) for place in places], 'office')}"
