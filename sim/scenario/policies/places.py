"""Levers on places: dossiers that go at once, offices that become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sim.scenario.offices import members_of, offices_of, staff_in_office
from sim.scenario.policies.levers import Merge, UnfitError
from sim.scenario.schema import (
    Level,
    Member,
    Office,
    Scenario,
    Staff,
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
        above = _line(scenario, name)[1:]
        if given.by not in above:
            around = f"; it is within: {', '.join(above)}" if above else ""
            message = f"`{name}` is not within `{given.by}`{around}"
            raise UnfitError(("merge", "levels", number), message)
        for together in _by_ancestor(scenario, before, name, given.by):
            for place, office in enumerate(together):
                joined = place * given.into // len(together)
                first = -(-joined * len(together) // given.into)
                became[name][office] = together[first]
    after = {
        name: _merged(level, before[name], became[name], became.get(level.within or "", {}))
        for name, level in scenario.levels.items()
    }
    levels = {
        name: level.model_copy(update={"offices": after[name]}) if after[name] != before[name]
        else level
        for name, level in scenario.levels.items()
    }  # fmt: skip
    members = {
        name: tuple(
            _joined(member, before[name], became[name], after[name])
            for member in members_of(scenario, name)
        )
        for name in scenario.levels
    }
    changed = scenario.model_copy(update={"levels": levels})
    return changed.with_moved(replace(scenario.moved, members=members))


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
    below = _line(scenario, name)[: _line(scenario, name).index(ancestor)]
    for office in offices[name]:
        above: str | None = office
        for level in below:
            lies = offices[level].get(above or "")
            above = lies.within if lies is not None else None
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
        update: dict[str, object] = {"within": parents.get(first.within or "", first.within)}
        if len(joined) > 1:
            homes = [*level.stations, *level.pools]
            update["share"] = sum(office.share for office in joined)
            update["staff"] = {home: _staff_together(level, joined, home) for home in homes}
        offices[name] = first.model_copy(update=update)
    return offices


def _staff_together(level: Level, offices: Sequence[Office], home: str) -> Staff:
    """Add the officers of a station or pool to the first office's, by calendar and first date.

    An entry of the first office keeps its place, and so its officers' absences.
    """
    first, *others = offices
    together = list(staff_in_office(level, first, home))
    for office in others:
        for group in staff_in_office(level, office, home):
            alike = [(own.calendar, own.first) for own in together]
            key = group.calendar, group.first
            if key in alike:
                own = together[alike.index(key)]
                added = own.model_copy(update={"count": own.count + group.count})
                together[alike.index(key)] = added
            else:
                together.append(group)
    return tuple(together)


def _joined(member: Member, before: Offices, became: dict[str, str], after: Offices) -> Member:
    """Say what an office of the base became now, with its part of that one's share."""
    now = became[member.became]
    joined = [old for old in before if became[old] == now]
    if len(joined) == 1:
        return replace(member, became=now)
    whole = after[now].share
    part = before[member.became].share / whole if whole else 1 / len(joined)
    return replace(member, became=now, part=member.part * part)
