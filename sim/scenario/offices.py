"""The offices of each level and the officers of each station, defaults worked out."""

from __future__ import annotations

from sim.scenario.schema import EachParent, Level, Member, Office, Scenario, StaffGroup


def offices_of(scenario: Scenario, level_name: str) -> dict[str, Office]:
    """List a level's offices in file order, each with its parent's name.

    A level without `offices` has one, called as the level, or one in each parent; numbered
    offices are called ``LEVEL-1`` … and dealt to the parents in turn.
    """
    level = scenario.levels[level_name]
    parents = list(offices_of(scenario, level.within)) if level.within is not None else [None]
    if isinstance(level.offices, dict):
        only = parents[0] if parents else None
        return {
            name: office if office.within else office.model_copy(update={"within": only})
            for name, office in level.offices.items()
        }
    if level.offices is None and level.within is None:
        return {level_name: Office()}
    if level.offices is None and len(parents) == 1:
        return {level_name: Office(within=parents[0])}
    match level.offices:
        case None:
            count = len(parents)
        case EachParent(each=each):
            count = each * len(parents)
        case count:
            pass
    return {
        f"{level_name}-{number + 1}": Office(within=parents[number % len(parents)])
        for number in range(count)
    }


def members_of(scenario: Scenario, level_name: str) -> tuple[Member, ...]:
    """List a level's offices as they were before any were merged, and what each became."""
    return scenario.moved.members.get(level_name) or tuple(
        Member(name, office.within, name, 1.0, office.calendar)
        for name, office in offices_of(scenario, level_name).items()
    )


def staff_of(level: Level, name: str) -> tuple[StaffGroup, ...]:
    """Give the groups of officers of a station or pool, as the level has them.

    A station has one officer by default, or none if a pool serves it.
    """
    if name in level.pools:
        return level.pools[name].staff
    staff = level.stations[name].staff
    if staff is not None:
        return staff
    pooled = any(name in pool.serves for pool in level.pools.values())
    return (StaffGroup(count=0 if pooled else 1),)


def staff_in_office(level: Level, office: Office, name: str) -> tuple[StaffGroup, ...]:
    """Give the groups of officers of a station or pool in one office.

    An office's own number is that of the first group.
    """
    first, *others = staff_of(level, name)
    own = office.staff.get(name)
    if own is None:
        return (first, *others)
    if isinstance(own, int):
        return (first.model_copy(update={"count": own}), *others)
    return own
