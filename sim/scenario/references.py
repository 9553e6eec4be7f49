"""Names that a scenario uses and must have: levels, stations, calendars, channels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from sim.calendars import public_holidays
from sim.errors import MOST_FOUND, quoted
from sim.scenario.measure_names import DOSSIER_MEASURES, POOL_MEASURES, STATION_MEASURES
from sim.scenario.offices import offices_of
from sim.scenario.schema import (
    EachParent,
    Level,
    Office,
    Procedure,
    Scenario,
    Step,
    TransferRule,
    Visit,
    placed_steps,
)
from sim.scenario.text import KeyPath
from sim.scenario.values import ALWAYS
from sim.scenario.words import did_you_mean

Finding = tuple[KeyPath, str]
BASE = "base"


def broken_references(scenario: Scenario) -> list[Finding]:
    """List every name that the scenario uses and does not have, with the path of the key."""
    findings = chain(
        broken_parents(scenario),
        _levels(scenario),
        _calendars(scenario),
        _channels(scenario),
        _transfers(scenario),
        _volumes(scenario),
        _procedures(scenario),
        _published(scenario),
        _policies(scenario),
    )
    return list(islice(findings, MOST_FOUND))


def _known(path: KeyPath, what: str, name: str | None, known: Iterable[str]) -> Iterator[Finding]:
    names = list(known)
    if name is not None and name not in names:
        yield path, f"there is no {what} {quoted(name)}{did_you_mean(name, names)}"


def _calendar(scenario: Scenario, path: KeyPath, name: str | None) -> Iterator[Finding]:
    yield from _known(path, "calendar", name, [ALWAYS, *scenario.calendars])


def broken_parents(scenario: Scenario) -> list[Finding]:
    """List the levels that do not lie within a level that stands before them."""
    return list(_parents(scenario))


def _has_parents(scenario: Scenario, name: str) -> bool:
    """Tell whether the line of levels above a level is unbroken."""
    broken = {path[1] for path, _ in broken_parents(scenario)}
    above: str | None = name
    while above is not None and above not in broken:
        above = scenario.levels[above].within
    return above is None


def _parents(scenario: Scenario) -> Iterator[Finding]:
    seen: list[str] = []
    for name, level in scenario.levels.items():
        path: KeyPath = ("levels", name, "within")
        if level.within == name:
            yield path, "a level does not lie within itself; name the one above it"
        elif level.within in scenario.levels and level.within not in seen:
            yield path, f"`{level.within}` stands after `{name}`; put a parent level first"
        else:
            yield from _known(path, "level", level.within, scenario.levels)
        seen.append(name)


def _calendars(scenario: Scenario) -> Iterator[Finding]:
    if ALWAYS in scenario.calendars:
        yield ("calendars", ALWAYS), f"`{ALWAYS}` is always there, open throughout; choose a name"
    year = scenario.period.first.year
    for name, rule in scenario.calendars.items():
        if rule.holidays is not None:
            try:
                public_holidays(rule.holidays, year, year)
            except ValueError as error:
                yield ("calendars", name, "holidays"), str(error)


def _levels(scenario: Scenario) -> Iterator[Finding]:
    for name, level in scenario.levels.items():
        path: KeyPath = ("levels", name)
        yield from _calendar(scenario, (*path, "calendar"), level.calendar)
        yield from _offices(scenario, name, level)
        yield from _stations(scenario, path, level)


def _office_names(scenario: Scenario, name: str | None) -> list[str]:
    """Name the offices of a level, as far as they can be known."""
    if name not in scenario.levels:
        return []
    offices = scenario.levels[name].offices
    if isinstance(offices, dict):
        return list(offices)
    return list(offices_of(scenario, name)) if _has_parents(scenario, name) else []


def _offices(scenario: Scenario, level_name: str, level: Level) -> Iterator[Finding]:
    path: KeyPath = ("levels", level_name)
    if isinstance(level.offices, EachParent) and level.within is None:
        yield (*path, "offices", "each"), "the level is not `within` another; write a number"
    if not isinstance(level.offices, dict):
        return
    parents = [] if level.within == level_name else _office_names(scenario, level.within)
    lone = False
    if len(parents) > 1:
        yield from _homeless(path, level, level.offices)
    for name, office in level.offices.items():
        at: KeyPath = (*path, "offices", name)
        yield from _calendar(scenario, (*at, "calendar"), office.calendar)
        for staffed, own in office.staff.items():
            known = [*level.stations, *level.pools]
            yield from _known((*at, "staff", staffed), "station or pool", staffed, known)
            for number, group in enumerate(() if isinstance(own, int) else own):
                place = (*at, "staff", staffed, number, "calendar")
                yield from _calendar(scenario, place, group.calendar)
        if office.within is not None and level.within is None and not lone:
            lone = True
            yield (*at, "within"), f"`{level_name}` is not `within` a level; add it there"
        elif parents:
            yield from _known((*at, "within"), "office", office.within, parents)


def _homeless(path: KeyPath, level: Level, offices: Mapping[str, Office]) -> Iterator[Finding]:
    """Tell once of the offices that do not say in which office of the parent level they lie."""
    names = [name for name, office in offices.items() if office.within is None]
    several = f"`{level.within}` has several offices"
    if len(names) == 1:
        yield (*path, "offices", names[0]), f"{several}; say which: {{within: OFFICE}}"
    elif names:
        yield (
            (*path, "offices"),
            f"{several}; say for each of {len(names)} offices here, such as {quoted(names[0])}, "
            "in which it lies: `within: OFFICE`, or of a table `within: COLUMN`",
        )


def _stations(scenario: Scenario, path: KeyPath, level: Level) -> Iterator[Finding]:
    for name, station in level.stations.items():
        for number, group in enumerate(station.staff or ()):
            at: KeyPath = (*path, "stations", name, "staff", number, "calendar")
            yield from _calendar(scenario, at, group.calendar)
    for name, pool in level.pools.items():
        here: KeyPath = (*path, "pools", name)
        for number, group in enumerate(pool.staff):
            yield from _calendar(scenario, (*here, "staff", number, "calendar"), group.calendar)
        if name in level.stations:
            yield here, f"`{name}` is a station's name too; give the pool another"
        for number, served in enumerate(pool.serves):
            yield from _known((*here, "serves", number), "station", served, level.stations)
        served_by = [s for s in pool.serves if s in level.stations]
        disciplines = {level.stations[s].discipline for s in served_by}
        if len(disciplines) > 1:
            of_each = ", ".join(f"{s} {level.stations[s].discipline}" for s in served_by)
            yield here, f"its stations have several disciplines, and need one: {of_each}"


def _channels(scenario: Scenario) -> Iterator[Finding]:
    for name, channel in scenario.channels.items():
        path: KeyPath = ("channels", name)
        yield from _calendar(scenario, (*path, "calendar"), channel.calendar)
        yield from _known((*path, "profile"), "profile", channel.profile, scenario.profiles)


def _transfers(scenario: Scenario) -> Iterator[Finding]:
    places = [*scenario.levels, *addresses(scenario)]
    for number, rule in enumerate(scenario.transfers):
        path: KeyPath = ("transfers", number)
        yield from _calendar(scenario, (*path, "calendar"), rule.calendar)
        yield from _known((*path, "within"), "level", rule.within, scenario.levels)
        yield from _known((*path, "from"), "level or station", rule.source, places)
        yield from _known((*path, "to"), "level or station", rule.target, places)
        if rule.cutoff is not None and ALWAYS in _calendars_left(scenario, rule):
            yield path, "a `cutoff` needs a calendar that closes: give the rule a `calendar`"


def _calendars_left(scenario: Scenario, rule: TransferRule) -> set[str]:
    """Name the calendars by which a rule's dossiers depart."""
    if rule.calendar is not None:
        return {rule.calendar}
    name = (rule.within or rule.source or "").partition(".")[0]
    if name not in scenario.levels or not _has_parents(scenario, name):
        return set()
    level = scenario.levels[name]
    return {office.calendar or level.calendar for office in offices_of(scenario, name).values()}


def _volumes(scenario: Scenario) -> Iterator[Finding]:
    for name, volume in scenario.volumes.items():
        if volume.of is not None:
            yield ("volumes", name), "a named volume is a rate, not a share of another"
    shares: dict[str, dict[str, float]] = {}
    for name, procedure in scenario.procedures.items():
        path: KeyPath = ("procedures", name, "volume", "of")
        volume = procedure.volume
        yield from _known(path, "volume", volume.of, scenario.volumes)
        if volume.of is not None and volume.share is not None:
            shares.setdefault(volume.of, {})[name] = volume.share
    for of, parts in shares.items():
        total = sum(parts.values())
        if total > 1 + 1e-9:
            last = next(name for name in reversed(parts) if parts[name] > 0)
            some = ", ".join(f"{quoted(name)} {part:.4g}" for name, part in list(parts.items())[:6])
            more = f", … {len(parts) - 6} more" if len(parts) > 6 else ""
            yield (
                ("procedures", last, "volume", "share"),
                f"the shares of {quoted(of)} add to {total:.6g}, more than 1: {some}{more}",
            )


def _procedures(scenario: Scenario) -> Iterator[Finding]:
    for name, procedure in scenario.procedures.items():
        path: KeyPath = ("procedures", name)
        for level in procedure.received_at:
            yield from _known((*path, "received_at", level), "level", level, scenario.levels)
        for channel in procedure.channels:
            yield from _known((*path, "channels", channel), "channel", channel, scenario.channels)
        yield from broken_steps(scenario, procedure, (*path, "route"), procedure.route)


def broken_steps(
    scenario: Scenario, procedure: Procedure, path: KeyPath, route: Iterable[Step]
) -> Iterator[Finding]:
    """List the names that steps of a procedure use and the scenario does not have."""
    stations = addresses(scenario)
    pools = [f"{name}.{pool}" for name, level in scenario.levels.items() for pool in level.pools]
    choices = [*scenario.channels, *procedure.received_at]
    if any(level not in scenario.levels for level in procedure.received_at):
        choices += scenario.levels  # it may be that which is misspelt
    for here, step in placed_steps(path, route):
        for at, word in enumerate(step.only):
            yield from _known((*here, "only", at), "channel or receiving level", word, choices)
        if not isinstance(step, Visit):
            continue
        if step.at in pools and step.at not in stations:
            why = "it is a pool: name a station that it serves"
            yield (*here, "at"), f"there is no station {quoted(step.at)}; {why}"
        else:
            yield from _known((*here, "at"), "station", step.at, stations)
        for channel in step.incomplete.share if step.incomplete is not None else ():
            if channel:
                at_share = (*here, "incomplete", "share", channel)
                yield from _known(at_share, "channel", channel, scenario.channels)


def unknown_figures(scenario: Scenario) -> set[int]:
    """List the places of published figures whose name the scenario does not have."""
    names = _names_by_scope(scenario)
    return {
        number
        for number, figure in enumerate(scenario.published)
        if figure.name not in names[figure.scope]
    }


def _published(scenario: Scenario) -> Iterator[Finding]:
    names = _names_by_scope(scenario)
    for number, figure in enumerate(scenario.published):
        measures = {
            "station": STATION_MEASURES,
            "office_station": STATION_MEASURES,
            "pool": POOL_MEASURES,
        }.get(figure.scope, DOSSIER_MEASURES)
        path: KeyPath = ("published", number)
        yield from _known((*path, "measure"), "measure", figure.measure, measures)
        if figure.scope == "all" and figure.name != "all":
            yield (
                (*path, "name"),
                f"the scope `all` has no name {quoted(figure.name)}; add a `scope`",
            )
        else:
            yield from _known((*path, "name"), figure.scope, figure.name, names[figure.scope])


def _names_by_scope(scenario: Scenario) -> dict[str, list[str]]:
    levels = scenario.levels.items()
    offices = {name: _office_names(scenario, name) for name in scenario.levels}
    return {
        "all": ["all"],
        "level": list(scenario.levels),
        "office": [f"{level}@{office}" for level, own in offices.items() for office in own],
        "station": addresses(scenario),
        "office_station": [
            f"{name}.{station}@{office}"
            for name, level in levels
            for station in level.stations
            for office in offices[name]
        ],
        "pool": [f"{name}.{pool}" for name, level in levels for pool in level.pools],
        "procedure": list(scenario.procedures),
        "field": [p.field for p in scenario.procedures.values() if p.field],
        "channel": list(scenario.channels),
    }


def _policies(scenario: Scenario) -> Iterator[Finding]:
    for name, policy in scenario.policies.items():
        if name == BASE:
            yield ("policies", name), "`base` is always there, without any change; choose a name"
        for number, other in enumerate(policy.combine):
            path: KeyPath = ("policies", name, "combine", number)
            yield from _known(path, "policy", other, [BASE, *scenario.policies])


def addresses(scenario: Scenario) -> list[str]:
    """List the addresses of all stations, ``LEVEL.STATION``, in file order."""
    return [
        f"{name}.{station}" for name, level in scenario.levels.items() for station in level.stations
    ]
