"""Policies: named patches on one scenario, made of levers.

A lever changes keys; it gives no step another id and redraws nothing (docs/language.md,
"Policies").
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from sim.deadlines import COUNTED_IN_DAYS, LimitKind
from sim.distributions import Distribution
from sim.durations import Duration
from sim.errors import InputError
from sim.scenario.messages import findings_of
from sim.scenario.offices import offices_of, staff_of_station
from sim.scenario.references import (
    BASE,
    Finding,
    addresses,
    broken_parents,
    broken_references,
)
from sim.scenario.schema import (
    Choose,
    Level,
    Office,
    Part,
    Scenario,
    Staff,
    StaffGroup,
    Step,
    Together,
    TransferRule,
    Visit,
    steps_of,
)
from sim.scenario.text import KeyPath
from sim.scenario.values import Limit, Share
from sim.scenario.words import did_you_mean


class Which(Part):
    """Which procedures a lever acts on."""

    procedures: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    all: Literal[True] | None = None

    @model_validator(mode="after")
    def _says_which(self) -> Which:
        if sum([bool(self.procedures), bool(self.fields), self.all is True]) != 1:
            raise ValueError("say which: one of procedures: [..], fields: [..], all: true")
        return self


class StaffChange(Part):
    """A change of the number of officers."""

    add: int | None = Field(default=None, strict=True)
    set: int | None = Field(default=None, ge=0, le=100_000, strict=True)
    times: float | None = Field(default=None, ge=0, le=1000)

    @model_validator(mode="after")
    def _one_of(self) -> StaffChange:
        if sum(change is not None for change in (self.add, self.set, self.times)) != 1:
            raise ValueError("write one of {add: N}, {set: N}, {times: X}")
        return self

    def of(self, count: int) -> int:
        """Give the new number of officers; `times` rounds half up."""
        if self.add is not None:
            return count + self.add
        if self.set is not None:
            return self.set
        return math.floor(count * (self.times or 0.0) + 0.5)


class Cut(Which):
    """Shorter limits, less work, fewer incomplete dossiers, steps left out."""

    time_limit: Share | None = None
    work: Share | None = None
    incomplete: Share | None = None
    drop: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _cuts_something(self) -> Cut:
        if self.time_limit is self.work is self.incomplete is None and not self.drop:
            raise ValueError("says nothing to cut: time_limit, work, incomplete or drop")
        if self.time_limit == 1:
            raise ValueError("a limit cannot be cut by 100%")
        return self


def _levels(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Levers(Part):
    """One change: exactly one lever."""

    staff: dict[str, StaffChange] | None = None
    cut: Cut | None = None
    on_the_spot: Annotated[tuple[str, ...], BeforeValidator(_levels)] | None = None
    set: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_lever(self) -> Levers:
        if len(self.model_fields_set) != 1:
            known = ", ".join(Levers.model_fields)
            raise ValueError(f"a change has one lever, one of: {known}")
        return self


class _UnfitError(Exception):
    """A change of a policy that does not fit the scenario."""

    def __init__(self, path: KeyPath, message: str) -> None:
        super().__init__(f"{'.'.join(str(part) for part in path)}: {message}")
        self.finding: Finding = path, message


def apply(scenario: Scenario, name: str) -> Scenario:
    """Apply a policy.

    Parameters
    ----------
    scenario
        The base scenario.
    name
        One of its policies, or ``base``: no change.

    Raises
    ------
    InputError
        If there is no such policy, or a change does not fit the scenario.
    """
    known = [BASE, *scenario.policies]
    if name not in known:
        raise InputError(f"there is no policy `{name}`{did_you_mean(name, known)}")
    try:
        return _applied(scenario, name)
    except _UnfitError as error:
        raise InputError(str(error)) from None


def _applied(scenario: Scenario, name: str) -> Scenario:
    changed = scenario
    for owner, number, change in _changes(scenario, name, ()):
        where: KeyPath = ("policies", owner, "changes", number)
        try:
            changed = _apply_change(changed, change)
        except ValidationError as error:
            path, message = next(findings_of(error))
            place = ".".join(str(part) for part in path)
            raise _UnfitError(where, f"{place}: {message}" if place else message) from None
        except ValueError as error:
            raise _UnfitError(where, str(error)) from None
    for path, message in broken_references(changed)[:1]:
        place = ".".join(str(part) for part in path)
        raise _UnfitError(("policies", name), f"after its changes, {place}: {message}")
    return changed


def check_policies(scenario: Scenario) -> list[Finding]:
    """List the policies that cannot be applied, with why.

    Where names of the base are broken, each change is tried alone; without levels, none is.
    """
    if broken_parents(scenario):
        return []
    if broken_references(scenario):
        return _unfit_changes(scenario)
    findings: list[Finding] = []
    for name in scenario.policies:
        try:
            _applied(scenario, name)
        except _UnfitError as error:
            findings.append(error.finding)
    return findings


def _unfit_changes(scenario: Scenario) -> list[Finding]:
    findings: list[Finding] = []
    for name, policy in scenario.policies.items():
        for number, change in enumerate(policy.changes):
            path: KeyPath = ("policies", name, "changes", number)
            try:
                _apply_change(scenario, change)
            except ValidationError as error:
                findings.extend((path, message) for _, message in findings_of(error))
            except ValueError as error:
                findings.append((path, str(error)))
    return findings


def _changes(
    scenario: Scenario, name: str, above: tuple[str, ...]
) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    if name == BASE:
        return
    if name in above:
        way = " → ".join((*above, name))
        raise _UnfitError(("policies", above[0], "combine"), f"combines itself: {way}")
    policy = scenario.policies[name]
    for number, change in enumerate(policy.changes):
        yield name, number, change
    for other in policy.combine:
        yield from _changes(scenario, other, (*above, name))


def _apply_change(scenario: Scenario, change: Mapping[str, Any]) -> Scenario:
    for key in change:
        if key not in Levers.model_fields:
            raise ValueError(f"there is no lever `{key}`{did_you_mean(key, Levers.model_fields)}")
    levers = Levers.model_validate(change)
    if levers.staff is not None:
        for address, staff in levers.staff.items():
            scenario = _with_staff(scenario, address, staff)
        return scenario
    if levers.cut is not None:
        return _cut(scenario, levers.cut)
    if levers.on_the_spot is not None:
        return _on_the_spot(scenario, levers.on_the_spot)
    assert levers.set is not None
    return _set(scenario, levers.set)


def _with_staff(scenario: Scenario, address: str, change: StaffChange) -> Scenario:
    """Change the officers of a station or pool, everywhere or ``@`` one office.

    An office with a number of its own for the first group keeps it apart from the level's.
    """
    place, _, only = address.partition("@")
    level_name, _, name = place.partition(".")
    level = scenario.levels.get(level_name)
    if level is None or (name not in level.stations and name not in level.pools):
        pools = [f"{at}.{p}" for at, other in scenario.levels.items() for p in other.pools]
        known = [*addresses(scenario), *pools]
        raise ValueError(f"there is no station or pool `{place}`{did_you_mean(place, known)}")
    first, *others = _staff_of(level, name)
    offices = offices_of(scenario, level_name)
    if only and only not in offices:
        raise ValueError(f"`{level_name}` has no office `{only}`{did_you_mean(only, offices)}")
    for office_name, office in offices.items():
        if only and office_name != only:
            continue
        if only or name in office.staff:
            count = _counted(address, change, office.staff.get(name, first.count))
            staffed = office.model_copy(update={"staff": {**office.staff, name: count}})
            offices[office_name] = staffed
    groups = (first, *others)
    if not only:
        count = first.count
        if any(name not in office.staff for office in offices.values()):
            count = _counted(address, change, first.count)
        groups = (first.model_copy(update={"count": count}), *others)
    return _with_level(scenario, level_name, _with_groups(level, name, groups, offices))


def _counted(address: str, change: StaffChange, count: int) -> int:
    changed = change.of(count)
    if changed < 0:
        raise ValueError(f"staff.{address}: {count} officers cannot become {changed}")
    return changed


def _staff_of(level: Level, name: str) -> tuple[StaffGroup, ...]:
    if name in level.pools:
        return level.pools[name].staff
    return staff_of_station(level, name)


def _with_groups(level: Level, name: str, groups: Staff, offices: Mapping[str, Office]) -> Level:
    update: dict[str, object] = {}
    if name in level.pools:
        pool = level.pools[name].model_copy(update={"staff": groups})
        update["pools"] = {**level.pools, name: pool}
    else:
        station = level.stations[name].model_copy(update={"staff": groups})
        update["stations"] = {**level.stations, name: station}
    if any(office.staff for office in offices.values()):
        update["offices"] = dict(offices)
    return level.model_copy(update=update)


def _with_level(scenario: Scenario, name: str, level: Level) -> Scenario:
    return scenario.model_copy(update={"levels": {**scenario.levels, name: level}})


def _chosen(scenario: Scenario, which: Which) -> list[str]:
    """List the procedures that a lever acts on."""
    for name in which.procedures:
        if name not in scenario.procedures:
            hint = did_you_mean(name, scenario.procedures)
            raise ValueError(f"there is no procedure `{name}`{hint}")
    fields = {procedure.field for procedure in scenario.procedures.values() if procedure.field}
    for name in which.fields:
        if name not in fields:
            raise ValueError(f"no procedure is of the field `{name}`{did_you_mean(name, fields)}")
    return [
        name
        for name, procedure in scenario.procedures.items()
        if which.all or name in which.procedures or procedure.field in which.fields
    ]


def _cut(scenario: Scenario, cut: Cut) -> Scenario:
    procedures = dict(scenario.procedures)
    dropped: set[str] = set()
    for name in _chosen(scenario, cut):
        procedure = procedures[name]
        update: dict[str, object] = {}
        if cut.time_limit is not None and procedure.time_limit is not None:
            update["time_limit"] = _shorter(procedure.time_limit, cut.time_limit)
        route = procedure.route
        if cut.drop:
            dropped |= {word for step in steps_of(route) for word in _names_of(step)}
            route = _without(route, set(cut.drop))
        update["route"] = _map_visits(route, lambda visit: _lighter(visit, cut))
        procedures[name] = procedure.model_copy(update=update)
    unknown = sorted(set(cut.drop) - dropped)
    if unknown:
        hint = did_you_mean(unknown[0], sorted(dropped))
        raise ValueError(f"cut.drop: no step or station `{unknown[0]}` in these procedures{hint}")
    return scenario.model_copy(update={"procedures": procedures})


def _shorter(limit: Limit, cut: float) -> Limit:
    """Shorten a limit; limits in days round up to whole days, at least 1."""
    if limit.kind == LimitKind.SAME_DAY:
        return limit
    amount = limit.amount * (1 - cut)
    if limit.kind in COUNTED_IN_DAYS:
        return replace(limit, amount=max(1, math.ceil(amount - 1e-9)))
    return replace(limit, amount=max(1, round(amount)))


def _scaled(distribution: Distribution, factor: float) -> Distribution:
    durations = tuple(
        Duration(round(duration.us * factor), duration.working, duration.calendar_unit)
        for duration in distribution.durations
    )
    return replace(distribution, durations=durations)


def _lighter(visit: Visit, cut: Cut) -> Visit:
    update: dict[str, object] = {}
    incomplete = visit.incomplete
    if incomplete is not None and cut.incomplete is not None:
        kept = 1 - cut.incomplete
        shares = {channel: share * kept for channel, share in incomplete.share.items()}
        incomplete = incomplete.model_copy(update={"share": shares})
    if cut.work is not None:
        update["work"] = _scaled(visit.work, 1 - cut.work)
        if incomplete is not None and incomplete.again is not None:
            again = _scaled(incomplete.again, 1 - cut.work)
            incomplete = incomplete.model_copy(update={"again": again})
    return visit.model_copy(update={**update, "incomplete": incomplete})


def _names_of(step: Step) -> tuple[str, ...]:
    return (step.id, step.at) if isinstance(step, Visit) else (step.id,)


def _without(route: tuple[Step, ...], names: set[str]) -> tuple[Step, ...]:
    kept = tuple(step for step in route if names.isdisjoint(_names_of(step)))
    return _map_branches(kept, lambda inner: _without(inner, names))


def _map_visits(route: tuple[Step, ...], change: Callable[[Visit], Visit]) -> tuple[Step, ...]:
    changed = tuple(change(step) if isinstance(step, Visit) else step for step in route)
    return _map_branches(changed, lambda inner: _map_visits(inner, change))


def _map_branches(
    route: tuple[Step, ...], change: Callable[[tuple[Step, ...]], tuple[Step, ...]]
) -> tuple[Step, ...]:
    mapped: list[Step] = []
    for step in route:
        match step:
            case Choose():
                branches = tuple(
                    branch.model_copy(update={"route": change(branch.route)})
                    for branch in step.choose
                )
                mapped.append(step.model_copy(update={"choose": branches}))
            case Together():
                inner = tuple(change(branch) for branch in step.together)
                mapped.append(step.model_copy(update={"together": inner}))
            case _:
                mapped.append(step)
    return tuple(mapped)


def _on_the_spot(scenario: Scenario, levels: tuple[str, ...]) -> Scenario:
    """Let dossiers go at once within and between these levels.

    Rules that begin with the new ones match first, so that what they match goes at once.
    """
    for name in levels:
        if name not in scenario.levels:
            hint = did_you_mean(name, scenario.levels)
            raise ValueError(f"on_the_spot: there is no level `{name}`{hint}")
    at_once = [
        TransferRule.model_validate({"from": source, "to": target})
        for source in levels
        for target in levels
    ]
    return scenario.model_copy(update={"transfers": (*at_once, *scenario.transfers)})


def _set(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Put values at dotted paths; with WHICH among the keys, within each such procedure."""
    which = {key: values[key] for key in ("procedures", "fields", "all") if key in values}
    paths = {path: value for path, value in values.items() if path not in which}
    if not paths:
        raise ValueError("set: says no path to set")
    tree = scenario.model_dump(exclude_none=True)
    if which:
        for name in _chosen(scenario, Which.model_validate(which)):
            for path, value in paths.items():
                _put(tree["procedures"][name], path.split("."), value, path)
    else:
        for path, value in paths.items():
            _put(tree, path.split("."), value, path)
    return Scenario.model_validate(tree)


def _put(tree: dict[str, Any], parts: list[str], value: object, path: str) -> None:
    *above, last = parts
    node: Any = tree
    for part in above:
        node = _below(node, part, path)
    if last == "id":
        raise ValueError(f"set: `{path}`: a step keeps its id")
    if isinstance(node, list | tuple):
        raise ValueError(f"set: `{path}` must end in a key of a step, not in a step")
    if not isinstance(node, dict):
        raise ValueError(f"set: `{path}`: there is no key `{last}` to set")
    node[last] = copy.deepcopy(value)


def _below(node: object, part: str, path: str) -> object:
    if isinstance(node, dict):
        if part in node:
            return node[part]
        hint = did_you_mean(part, [str(key) for key in node])
        raise ValueError(f"set: `{path}`: there is no `{part}`{hint}")
    if isinstance(node, list | tuple) and part.isdecimal():
        if int(part) < len(node):
            return node[int(part)]
        raise ValueError(f"set: `{path}`: there is no place {part}; the first is 0")
    if isinstance(node, list | tuple):
        steps = {step["id"]: step for step in _steps_in(node)}
        if part in steps:
            return steps[part]
        raise ValueError(f"set: `{path}`: there is no step `{part}`{did_you_mean(part, steps)}")
    raise ValueError(f"set: `{path}`: nothing lies below `{part}`")


def _steps_in(route: Any) -> Iterator[dict[str, Any]]:
    for step in route:
        if isinstance(step, dict) and "id" in step:
            yield step
            for branch in step.get("choose") or ():
                yield from _steps_in(branch["route"])
            for inner in step.get("together") or ():
                yield from _steps_in(inner)
