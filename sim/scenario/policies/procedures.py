"""Levers on procedures: limits, work, steps, where they are done, who comes and how."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sim.deadlines import COUNTED_IN_DAYS, LimitKind
from sim.distributions import Distribution
from sim.durations import Duration
from sim.scenario.backlog import rest_of, steps_to_reach
from sim.scenario.policies.levers import Cut, Delegate, Demand, Insert, Online, UnfitError, Which
from sim.scenario.references import addresses, broken_steps
from sim.scenario.schema import (
    RATES,
    Choose,
    OpenDossier,
    Procedure,
    Scenario,
    Step,
    Together,
    Visit,
    Volume,
    steps_of,
)
from sim.scenario.values import ONLINE, Limit
from sim.scenario.words import did_you_mean

Route = tuple[Step, ...]


def chosen(scenario: Scenario, lever: str, which: Which) -> list[str]:
    """List the procedures that a lever acts on, in file order."""
    for number, name in enumerate(which.procedures):
        if name not in scenario.procedures:
            hint = did_you_mean(name, scenario.procedures)
            message = f"there is no procedure `{name}`{hint}"
            raise UnfitError((lever, "procedures", number), message)
    fields = {procedure.field for procedure in scenario.procedures.values() if procedure.field}
    for number, name in enumerate(which.fields):
        if name not in fields:
            message = f"no procedure is of the field `{name}`{did_you_mean(name, sorted(fields))}"
            raise UnfitError((lever, "fields", number), message)
    return [
        name
        for name, procedure in scenario.procedures.items()
        if which.all or name in which.procedures or procedure.field in which.fields
    ]


def _with_procedures(
    scenario: Scenario, names: Sequence[str], change: Callable[[str, Procedure], Procedure]
) -> Scenario:
    changed = {name: change(name, scenario.procedures[name]) for name in names}
    return scenario.model_copy(update={"procedures": {**scenario.procedures, **changed}})


def cut(scenario: Scenario, given: Cut) -> Scenario:
    """Shorten limits and work, make fewer dossiers incomplete, leave steps out."""
    names = chosen(scenario, "cut", given)
    known = {
        word
        for name in names
        for step in steps_of(scenario.procedures[name].route)
        for word in _names_of(step)
    }
    for number, word in enumerate(given.drop):
        if word not in known:
            hint = did_you_mean(word, sorted(known))
            message = f"there is no step or station `{word}` in these procedures{hint}"
            raise UnfitError(("cut", "drop", number), message)

    def shortened(_: str, procedure: Procedure) -> Procedure:
        update: dict[str, object] = {}
        if given.time_limit is not None and procedure.time_limit is not None:
            update["time_limit"] = _shorter(procedure.time_limit, given.time_limit)
        route = _without(procedure.route, set(given.drop)) if given.drop else procedure.route
        update["route"] = _map_visits(route, lambda visit: _lighter(visit, given))
        return procedure.model_copy(update=update)

    changed = _with_procedures(scenario, names, shortened)
    return changed.model_copy(update={"backlog": _moved_on(scenario, changed)})


def _moved_on(before: Scenario, after: Scenario) -> tuple[OpenDossier, ...]:
    """Let open dossiers at steps that are dropped stand at the next that is left."""
    return tuple(_at_next_step(before, after, dossier) for dossier in before.backlog)


def _at_next_step(before: Scenario, after: Scenario, dossier: OpenDossier) -> OpenDossier:
    name = dossier.procedure
    if name not in before.procedures or dossier.step is None:
        return dossier
    left = steps_to_reach(after.procedures[name].route)
    rest = rest_of(before.procedures[name].route, dossier.step)
    if dossier.step in left or rest is None:
        return dossier
    for step_id in steps_to_reach(rest):
        if step_id in left:
            return dossier.model_copy(update={"step": step_id})
    message = f"`{name}` has no step after `{dossier.step}`, where open dossiers of the backlog are"
    raise UnfitError(("cut", "drop"), message)


def _shorter(limit: Limit, share: float) -> Limit:
    """Shorten a limit; limits in days round up to whole days, at least 1."""
    if limit.kind == LimitKind.SAME_DAY:
        return limit
    amount = limit.amount * (1 - share)
    if limit.kind in COUNTED_IN_DAYS:
        return replace(limit, amount=max(1, math.ceil(amount - 1e-9)))
    return replace(limit, amount=max(1, round(amount)))


def _scaled(distribution: Distribution, factor: float) -> Distribution:
    durations = tuple(
        Duration(round(duration.us * factor), duration.working, duration.calendar_unit)
        for duration in distribution.durations
    )
    return replace(distribution, durations=durations)


def _lighter(visit: Visit, given: Cut) -> Visit:
    update: dict[str, object] = {}
    incomplete = visit.incomplete
    if incomplete is not None and given.incomplete is not None:
        kept = 1 - given.incomplete
        shares = {channel: share * kept for channel, share in incomplete.share.items()}
        incomplete = incomplete.model_copy(update={"share": shares})
    if given.work is not None:
        update["work"] = _scaled(visit.work, 1 - given.work)
        if incomplete is not None and incomplete.again is not None:
            again = _scaled(incomplete.again, 1 - given.work)
            incomplete = incomplete.model_copy(update={"again": again})
    return visit.model_copy(update={**update, "incomplete": incomplete})


def _names_of(step: Step) -> tuple[str, ...]:
    return (step.id, step.at) if isinstance(step, Visit) else (step.id,)


def _without(route: Route, names: set[str]) -> Route:
    kept = tuple(step for step in route if names.isdisjoint(_names_of(step)))
    return _map_branches(kept, lambda inner: _without(inner, names))


def _map_visits(route: Route, change: Callable[[Visit], Visit]) -> Route:
    changed = tuple(change(step) if isinstance(step, Visit) else step for step in route)
    return _map_branches(changed, lambda inner: _map_visits(inner, change))


def _map_branches(route: Route, change: Callable[[Route], Route]) -> Route:
    """Change the routes inside the branches of a route's steps."""
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


def insert(scenario: Scenario, given: Insert) -> Scenario:
    """Add steps after one that is on the route of each of the procedures."""
    names = chosen(scenario, "insert", given)
    new = [step.id for step in steps_of(given.steps)]
    for number, step_id in enumerate(new):
        if step_id in new[:number]:
            raise UnfitError(("insert", "steps"), f"a second step with the id `{step_id}`")

    def lengthened(name: str, procedure: Procedure) -> Procedure:
        broken = next(broken_steps(scenario, procedure, ("insert", "steps"), given.steps), None)
        if broken is not None:
            raise UnfitError(*broken)
        ids = [step.id for step in steps_of(procedure.route)]
        if given.after not in ids:
            hint = did_you_mean(given.after, ids)
            message = f"`{name}` has no step `{given.after}`{hint}"
            raise UnfitError(("insert", "after"), message)
        for step_id in new:
            if step_id in ids:
                message = f"`{name}` has a step `{step_id}` already; give this one another id"
                raise UnfitError(("insert", "steps"), message)
        return procedure.model_copy(update={"route": inserted(procedure.route)})

    def inserted(route: Route) -> Route:
        longer = tuple(
            later
            for step in route
            for later in ((step, *given.steps) if step.id == given.after else (step,))
        )
        return _map_branches(longer, inserted)

    return _with_procedures(scenario, names, lengthened)


def abolish(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """Remove procedures: nobody comes for them."""
    for number, name in enumerate(names):
        if name not in scenario.procedures:
            hint = did_you_mean(name, scenario.procedures)
            message = f"there is no procedure `{name}`{hint}"
            raise UnfitError(("abolish", number), message)
    kept = {name: given for name, given in scenario.procedures.items() if name not in names}
    if not kept:
        raise UnfitError(("abolish",), "leaves no procedure")
    backlog = tuple(dossier for dossier in scenario.backlog if dossier.procedure in kept)
    return scenario.model_copy(update={"procedures": kept, "backlog": backlog})


def delegate(scenario: Scenario, given: Delegate) -> Scenario:
    """Let visits be made at other stations."""
    names = chosen(scenario, "delegate", given)
    visited = {
        step.at
        for name in names
        for step in steps_of(scenario.procedures[name].route)
        if isinstance(step, Visit)
    }
    for source, target in given.moves.items():
        path = "delegate", "moves", source
        if source not in visited:
            hint = did_you_mean(source, sorted(visited))
            raise UnfitError(path, f"none of these procedures has a step at `{source}`{hint}")
        if target not in addresses(scenario):
            hint = did_you_mean(target, addresses(scenario))
            raise UnfitError(path, f"there is no station `{target}`{hint}")
        if target == source:
            raise UnfitError(path, "is the station at which they are done already")

    def moved(visit: Visit) -> Visit:
        return visit.model_copy(update={"at": given.moves.get(visit.at, visit.at)})

    return _with_procedures(
        scenario,
        names,
        lambda _, procedure: procedure.model_copy(
            update={"route": _map_visits(procedure.route, moved)}
        ),
    )


def online(scenario: Scenario, given: Online) -> Scenario:
    """Let dossiers of other channels come online, until that is their share.

    What the channels were is kept: each dossier's own mark decides, so that who came online
    still does, and of the others those whose mark is lowest (docs/language.md, "Identity").
    """
    if ONLINE not in scenario.channels:
        raise UnfitError(("online",), f"there is no channel `{ONLINE}`; declare it in `channels`")
    channels = dict(scenario.moved.channels)
    moved = []
    for name in chosen(scenario, "online", given):
        now = scenario.channels_of(name)
        if now.get(ONLINE, 0.0) < given.share:
            channels.setdefault(name, now)
            moved.append(name)
    if not moved:
        message = f"{given.share * 100:.6g}% of these procedures' dossiers come online already"
        raise UnfitError(("online", "share"), message)

    def through(name: str, procedure: Procedure) -> Procedure:
        before = channels[name]
        stay = (1 - given.share) / (1 - before.get(ONLINE, 0.0))
        shares = {channel: share * stay for channel, share in before.items() if channel != ONLINE}
        return procedure.model_copy(update={"channels": {**shares, ONLINE: given.share}})

    changed = _with_procedures(scenario, moved, through)
    return changed.with_moved(replace(scenario.moved, channels=channels))


def demand(scenario: Scenario, given: Demand) -> Scenario:
    """Let more or fewer citizens come."""

    def grown(_: str, procedure: Procedure) -> Procedure:
        return procedure.model_copy(update={"volume": _times(scenario, procedure.volume, given)})

    return _with_procedures(scenario, chosen(scenario, "demand", given), grown)


def _times(scenario: Scenario, volume: Volume, given: Demand) -> Volume:
    """Multiply a volume; a share of a named one becomes a rate of its own."""
    factor = given.volume.times
    if volume.of is not None:
        if volume.of not in scenario.volumes:
            return volume
        volume, factor = scenario.volumes[volume.of], factor * (volume.share or 0.0)
    rates = {unit: rate * factor for unit, rate in _rates(volume)}
    return Volume(**rates)


def _rates(volume: Volume) -> Iterator[tuple[str, float]]:
    for unit in RATES:
        rate = getattr(volume, unit)
        if rate is not None:
            yield unit, rate
