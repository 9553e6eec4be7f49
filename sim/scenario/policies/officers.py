"""Levers on officers: how many, where, when, in which order they take steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.scenario.offices import offices_of, staff_in_office, staff_of
from sim.scenario.policies.levers import MakePool, Move, StaffChange, UnfitError
from sim.scenario.references import addresses
from sim.scenario.schema import Level, Office, Pool, Scenario, Staff, StaffGroup
from sim.scenario.text import KeyPath
from sim.scenario.values import ALWAYS
from sim.scenario.words import did_you_mean


@dataclass(frozen=True)
class _Home:
    """A station or pool of a level, in every office or in one."""

    level: str
    name: str
    office: str | None


def _home(scenario: Scenario, path: KeyPath, address: str) -> _Home:
    """Find what an address names, such as ``city.land`` or ``city.land@Uông Bí``."""
    place, at, office = address.partition("@")
    level_name, _, name = place.partition(".")
    level = scenario.levels.get(level_name)
    if level is None or (name not in level.stations and name not in level.pools):
        pools = [f"{at}.{pool}" for at, other in scenario.levels.items() for pool in other.pools]
        known = [*addresses(scenario), *pools]
        raise UnfitError(path, f"there is no station or pool `{place}`{did_you_mean(place, known)}")
    offices = offices_of(scenario, level_name)
    if at and office not in offices:
        hint = did_you_mean(office, offices)
        raise UnfitError(path, f"`{level_name}` has no office `{office}`{hint}")
    return _Home(level_name, name, office if at else None)


def with_staff(scenario: Scenario, changes: Mapping[str, StaffChange]) -> Scenario:
    """Change numbers of officers, of the first group if there are several."""
    for address, change in changes.items():
        path = "staff", address
        scenario = _recounted(scenario, path, _home(scenario, path, address), change.of)
    return scenario


def _recounted(
    scenario: Scenario, path: KeyPath, home: _Home, change: Callable[[int], int]
) -> Scenario:
    """Change the first group's number, everywhere or in one office.

    An office with a number of its own keeps it apart from the level's.
    """

    def recounted(groups: tuple[StaffGroup, ...]) -> tuple[StaffGroup, ...]:
        first, *others = groups
        count = change(first.count)
        if count < 0:
            raise UnfitError(path, f"{first.count} officers cannot become {count}")
        return (first.model_copy(update={"count": count}), *others)

    return _regrouped(scenario, home, recounted)


def _regrouped(
    scenario: Scenario,
    home: _Home,
    change: Callable[[tuple[StaffGroup, ...]], tuple[StaffGroup, ...]],
) -> Scenario:
    """Change the groups of a station or pool, everywhere or in one office."""
    level = scenario.levels[home.level]
    offices = offices_of(scenario, home.level)
    own = [
        name for name, office in offices.items()
        if name == home.office or (home.office is None and home.name in office.staff)
    ]  # fmt: skip
    shared = staff_of(level, home.name)
    if home.office is None and len(own) < len(offices):
        shared = change(shared)
    for name in own:
        groups = change(staff_in_office(level, offices[name], home.name))
        staff = {**offices[name].staff, home.name: _as_own(groups, shared)}
        offices[name] = offices[name].model_copy(update={"staff": staff})
    if own:
        level = level.model_copy(update={"offices": offices})
    return with_level(scenario, home.level, _with_shared(level, home.name, shared))


def _as_own(groups: Staff, shared: Staff) -> int | Staff:
    """Write an office's groups as a number, if but the number of the first is its own."""
    first, *others = groups
    alike = (first.model_copy(update={"count": shared[0].count}), *others) == shared
    return first.count if alike else groups


def _with_shared(level: Level, name: str, groups: Staff) -> Level:
    if name in level.pools:
        pool = level.pools[name].model_copy(update={"staff": groups})
        return level.model_copy(update={"pools": {**level.pools, name: pool}})
    station = level.stations[name].model_copy(update={"staff": groups})
    return level.model_copy(update={"stations": {**level.stations, name: station}})


def with_level(scenario: Scenario, name: str, level: Level) -> Scenario:
    """Put a level in place of the one of that name."""
    return scenario.model_copy(update={"levels": {**scenario.levels, name: level}})


def move(scenario: Scenario, given: Move) -> Scenario:
    """Let officers change their station."""
    source = _one_home(scenario, ("move", "from"), given.source)
    target = _one_home(scenario, ("move", "to"), given.target)
    if (source.level, source.name) == (target.level, target.name) and (
        source.office == target.office or None in (source.office, target.office)
    ):
        raise UnfitError(("move", "to"), "is the station that they leave")
    left = _recounted(scenario, ("move", "count"), source, lambda count: count - given.count)
    return _recounted(left, ("move", "count"), target, lambda count: count + given.count)


def _one_home(scenario: Scenario, path: KeyPath, address: str) -> _Home:
    """Find what an address names, which must be in one office."""
    home = _home(scenario, path, address)
    if home.office is None and len(offices_of(scenario, home.level)) > 1:
        message = f"`{home.level}` has several offices; say which: `{address}@OFFICE`"
        raise UnfitError(path, message)
    return home


def shift(scenario: Scenario, calendars: Mapping[str, str]) -> Scenario:
    """Let the officers of stations or pools work on another calendar."""
    for address, calendar in calendars.items():
        path = "shift", address
        known = [ALWAYS, *scenario.calendars]
        if calendar not in known:
            hint = did_you_mean(calendar, known)
            raise UnfitError(path, f"there is no calendar `{calendar}`{hint}")

        def on(groups: tuple[StaffGroup, ...], calendar: str = calendar) -> tuple[StaffGroup, ...]:
            return tuple(group.model_copy(update={"calendar": calendar}) for group in groups)

        scenario = _regrouped(scenario, _home(scenario, path, address), on)
    return scenario


def discipline(scenario: Scenario, disciplines: Mapping[str, str]) -> Scenario:
    """Order the queues of stations another way."""
    for address, order in disciplines.items():
        if address not in addresses(scenario):
            hint = did_you_mean(address, addresses(scenario))
            raise UnfitError(("discipline", address), f"there is no station `{address}`{hint}")
        level_name, _, name = address.partition(".")
        level = scenario.levels[level_name]
        station = level.stations[name].model_copy(update={"discipline": order})
        changed = level.model_copy(update={"stations": {**level.stations, name: station}})
        scenario = with_level(scenario, level_name, changed)
    return scenario


def pool(scenario: Scenario, given: MakePool) -> Scenario:
    """Let the officers of several stations become one pool that serves them all."""
    level = scenario.levels.get(given.at)
    if level is None:
        hint = did_you_mean(given.at, scenario.levels)
        raise UnfitError(("pool", "at"), f"there is no level `{given.at}`{hint}")
    for number, name in enumerate(given.stations):
        if name not in level.stations:
            hint = did_you_mean(name, level.stations)
            message = f"`{given.at}` has no station `{name}`{hint}"
            raise UnfitError(("pool", "stations", number), message)
    if given.name in level.pools or given.name in level.stations:
        message = f"`{given.at}` has a station or pool `{given.name}`; choose another name"
        raise UnfitError(("pool", "name"), message)
    offices = offices_of(scenario, given.at)
    pooled = {name: _pooled(level, office, given) for name, office in offices.items()}
    absences = {
        level.stations[name].absence
        for name in given.stations
        for office in offices.values()
        if any(group.count for group in staff_in_office(level, office, name))
    }
    if len(absences) > 1:
        message = "their officers have several absences; `set` one for all before"
        raise UnfitError(("pool", "stations"), message)
    shared = next(iter(pooled.values()))
    for name, office in offices.items():
        staff = {own: n for own, n in office.staff.items() if own not in given.stations}
        if pooled[name] != shared:
            staff[given.name] = _as_own((pooled[name],), (shared,))
        offices[name] = office.model_copy(update={"staff": staff})
    none = (shared.model_copy(update={"count": 0}),)
    stations = {
        name: station.model_copy(update={"staff": none}) if name in given.stations else station
        for name, station in level.stations.items()
    }
    made = Pool(staff=(shared,), serves=given.stations, absence=max(absences, default=0.0))
    changed = level.model_copy(
        update={"stations": stations, "pools": {**level.pools, given.name: made}}
    )
    if any(office.staff for office in offices.values()) or isinstance(level.offices, dict):
        changed = changed.model_copy(update={"offices": offices})
    return with_level(scenario, given.at, changed)


def _pooled(level: Level, office: Office, given: MakePool) -> StaffGroup:
    """Put the officers of an office's stations together as one group."""
    groups = [group for name in given.stations for group in staff_in_office(level, office, name)]
    own = office.calendar or level.calendar
    if len({(group.calendar or own, group.first) for group in groups if group.count}) > 1:
        message = (
            "their officers work on several calendars, or from several dates on; "
            "`shift` them to one before"
        )
        raise UnfitError(("pool", "stations"), message)
    count = sum(group.count for group in groups) if given.staff is None else given.staff
    like = next((group for group in groups if group.count), groups[0])
    return like.model_copy(update={"count": count})
