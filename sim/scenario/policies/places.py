"""Levers on places: dossiers that go at once, offices that become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sim.scenario.backlog import home_of
from sim.scenario.offices import offices_of, staff_in_office
from sim.scenario.policies.levers import Merge, UnfitError
from sim.scenario.schema import (
    Level,
    Member,
    Office,
    OpenDossier,
    Scenario,
    Staff,
    StaffGroup,
    TransferRule,
)
from sim.scenario.words import did_you_mean

Offices = dict[str, Office]


def on_the_spot(scenario: Scenario, levels: Sequence[str]) -> Scenario:
    """Let dossiers go at once within and between these levels.

    Rules that begin with the new ones match first, so that what they match goes at once.
    """
    for number, name in enumerate(levels):
        _check_level(scenario, ("on_the_spot", number), name)
    at_once = [
        TransferRule.model_validate({"from": source, "to": target})
        for source in levels
        for target in levels
    ]
    return scenario.model_copy(update={"transfers": (*at_once, *scenario.transfers)})


def _check_level(scenario: Scenario, path: tuple[str | int, ...], name: str) -> None:
    if name not in scenario.levels:
        hint = did_you_mean(name, scenario.levels)
        raise UnfitError(path, f"there is no level `{name}`{hint}")


def merge(scenario: Scenario, given: Merge) -> Scenario:
    """Let the offices of some levels become fewer, in each office of an ancestor level.

    The j-th of m becomes the ⌊(j − 1) · N / m⌋ + 1-st of N, which keeps the name, the calendar
    and the parent of its first, and has the sum of the shares and officers. What the offices
    were is kept, so that a dossier's office is mapped, not drawn anew.
    """
    for number, name in enumerate(given.levels):
        _check_level(scenario, ("merge", "levels", number), name)
    _check_level(scenario, ("merge", "by"), given.by)
    before = {name: offices_of(scenario, name) for name in scenario.levels}
    became = {name: {office: office for office in offices} for name, offices in before.items()}
    for number, name in enumerate(given.levels):
        if given.by not in _line(scenario, name)[1:]:
            message = f"`{name}` is not within `{given.by}`"
            raise UnfitError(("merge", "levels", number), message)
        for together in _by_ancestor(scenario, before, name, given.by):
            for place, office in enumerate(together):
                joined = place * given.into // len(together)
                first = -(-joined * len(together) // given.into)
                became[name][office] = together[first]
    levels = dict(scenario.levels)
    members = dict(scenario.moved.members)
    for name, level in scenario.levels.items():
        line = _line(scenario, name)
        if not any(merged in line for merged in given.levels):
            continue
        parents = became[level.within] if level.within is not None else {}
        offices = _merged(level, before[name], became[name], parents)
        levels[name] = level.model_copy(update={"offices": offices})
        if name in given.levels:
            members[name] = _members(scenario, name, before[name], became[name], offices)
    backlog = tuple(_at_merged(scenario, dossier, became) for dossier in scenario.backlog)
    changed = scenario.model_copy(update={"levels": levels, "backlog": backlog})
    return changed.with_moved(replace(scenario.moved, members=members))


def _at_merged(
    scenario: Scenario, dossier: OpenDossier, became: dict[str, dict[str, str]]
) -> OpenDossier:
    home = home_of(scenario, dossier)
    if home is None:
        return dossier
    level, office = home
    return dossier.model_copy(update={"office": f"{level}@{became[level][office]}"})


def _line(scenario: Scenario, name: str) -> list[str]:
    """List a level and those that it lies within."""
    line = [name]
    while (above := scenario.levels[line[-1]].within) is not None:
        line.append(above)
    return line


def _by_ancestor(
    scenario: Scenario, offices: dict[str, Offices], name: str, ancestor: str
) -> list[list[str]]:
    """Put the offices of a level that lie within one office of an ancestor together."""
    together: dict[str | None, list[str]] = {}
    for office in offices[name]:
        above: str | None = office
        for level in _line(scenario, name):
            if level == ancestor or above is None:
                break
            above = offices[level][above].within
        together.setdefault(above, []).append(office)
    return list(together.values())


def _merged(
    level: Level, before: Offices, became: dict[str, str], parents: dict[str, str]
) -> Offices:
    """Put the offices of a level that became one together."""
    offices: Offices = {}
    for name in dict.fromkeys(became.values()):
        joined = [office for old, office in before.items() if became[old] == name]
        first = before[name]
        update: dict[str, object] = {
            "share": sum(office.share for office in joined),
            "within": parents.get(first.within or "", first.within),
        }
        if len(joined) > 1:
            homes = [*level.stations, *level.pools]
            update["staff"] = {home: _staff_together(level, joined, home) for home in homes}
        offices[name] = first.model_copy(update=update)
    return offices


def _staff_together(level: Level, offices: Sequence[Office], home: str) -> int | Staff:
    """Add up the officers of a station or pool by calendar and first date."""
    counts: dict[tuple[object, object], StaffGroup] = {}
    for office in offices:
        for group in staff_in_office(level, office, home):
            key = group.calendar, group.first
            count = group.count + (counts[key].count if key in counts else 0)
            counts[key] = group.model_copy(update={"count": count})
    return tuple(counts.values())


def _members(
    scenario: Scenario, name: str, before: Offices, became: dict[str, str], after: Offices
) -> tuple[Member, ...]:
    """Say what each office of the base became, with its part of that one's share."""
    earlier = scenario.moved.members.get(name) or tuple(
        Member(office, 1.0, given.calendar or scenario.levels[name].calendar)
        for office, given in before.items()
    )
    members = []
    for member in earlier:
        now = became[member.became]
        whole = after[now].share
        part = member.part * before[member.became].share / whole if whole else 0.0
        members.append(Member(now, part, member.calendar))
    return tuple(members)
