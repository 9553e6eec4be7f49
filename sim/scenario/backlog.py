"""Open dossiers with which a run starts: where they stand, and what of them does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Set

from sim.durations import DAY, midnight
from sim.scenario.offices import members_of
from sim.scenario.references import Finding
from sim.scenario.schema import (
    Choose,
    OpenDossier,
    Procedure,
    Scenario,
    Step,
    Together,
    Visit,
    holds_for,
)
from sim.scenario.text import KeyPath
from sim.scenario.values import parse_moment
from sim.scenario.words import did_you_mean

Route = tuple[Step, ...]


def rest_of(route: Route, step_id: str) -> Route | None:
    """Give what is left of a route for a dossier that has reached a step; None if it cannot.

    A branch of `choose` in which the step stands is taken. What stands in a branch of `together`
    cannot be reached alone, since nobody knows where the other branches are.
    """
    for place, step in enumerate(route):
        if step.id == step_id:
            return route[place:]
        if isinstance(step, Choose):
            for branch in step.choose:
                rest = rest_of(branch.route, step_id)
                if rest is not None:
                    taken = branch.model_copy(update={"share": 1.0, "route": rest})
                    return (step.model_copy(update={"choose": (taken,)}), *route[place + 1 :])
    return None


def steps_to_reach(route: Route) -> list[str]:
    """List the ids of the steps that a dossier can have reached."""
    ids: list[str] = []
    for step in route:
        ids.append(step.id)
        if isinstance(step, Choose):
            for branch in step.choose:
                ids.extend(steps_to_reach(branch.route))
    return ids


def instant_of(moment: str) -> int:
    """Give the instant of a date, its first, or of a date and an hour."""
    day, hour = parse_moment(moment)
    return midnight(day) + (hour or 0)


def _last_instant(moment: str) -> int:
    day, hour = parse_moment(moment)
    return midnight(day) + (DAY if hour is None else hour)


def route_of(procedure: Procedure, dossier: OpenDossier) -> Route:
    """Give what is left of the route of a dossier that fits its procedure."""
    rest = procedure.route if dossier.step is None else rest_of(procedure.route, dossier.step)
    assert rest is not None
    return rest


def home_of(scenario: Scenario, dossier: OpenDossier) -> tuple[str, str] | None:
    """Find the level and office that received a dossier; None if there is not exactly one.

    The office is one of the base, whatever it became when offices were merged.
    """
    level_name, at, office = dossier.office.rpartition("@")
    found = [
        (level, office)
        for level in scenario.procedures[dossier.procedure].received_at
        if (not at or level == level_name) and office in _received_by(scenario, level)
    ]
    return found[0] if len(found) == 1 else None


def _received_by(scenario: Scenario, level: str) -> list[str]:
    return [member.name for member in members_of(scenario, level)]


def channels_through(scenario: Scenario, dossier: OpenDossier) -> dict[str, float]:
    """Give the channels through which a dossier can have come to where it is, with shares.

    It came before any policy let dossiers come online.
    """
    procedure = scenario.procedures[dossier.procedure]
    now = scenario.channels_of(dossier.procedure)
    shares = dict(scenario.moved.channels.get(dossier.procedure, now))
    if dossier.channel is not None:
        shares = {dossier.channel: 1.0}
    home = home_of(scenario, dossier)
    level = home[0] if home is not None else ""
    rest = route_of(procedure, dossier)
    return {
        channel: share
        for channel, share in shares.items()
        if share > 0 and holds_for(rest[0], {channel, level})
        and _surely_visits(rest, {channel, level})
    }  # fmt: skip


def _surely_visits(route: Route, words: Set[str]) -> bool:
    """Tell whether every way through a route has a visit."""
    return not any(_goes_on_and_ends_unvisited(route, words))


def _goes_on_and_ends_unvisited(route: Route, words: Set[str]) -> tuple[bool, bool]:
    """Tell whether some way without a visit goes on after a route, and whether one ends in it."""
    ends = False
    for step in route:
        if not holds_for(step, words):
            continue
        match step:
            case Visit():
                return False, ends
            case Together():
                if any(_surely_visits(branch, words) for branch in step.together):
                    return False, ends
            case Choose():
                goes_on = False
                for branch, share in zip(step.choose, step.shares, strict=True):
                    if share > 0:
                        on, ended = _goes_on_and_ends_unvisited(branch.route, words)
                        ends = ends or ended or (on and branch.end is not None)
                        goes_on = goes_on or (on and branch.end is None)
                if not goes_on:
                    return False, ends
            case _:
                pass
    return True, ends


def unfit_backlog(scenario: Scenario) -> list[Finding]:
    """List what of the backlog does not fit a scenario whose names are all known."""
    findings: list[Finding] = []
    if scenario.backlog and scenario.warm_up.us:
        message = (
            "a backlog starts the run as things are; leave `warm_up` out (`warm_up: null` takes "
            "away that of a scenario that is extended)"
        )
        findings.append((("warm_up",), message))
    for number, dossier in enumerate(scenario.backlog):
        path: KeyPath = ("backlog", number)
        if dossier.procedure not in scenario.procedures:
            hint = did_you_mean(dossier.procedure, scenario.procedures)
            message = f"there is no procedure `{dossier.procedure}`{hint}"
            findings.append(((*path, "procedure"), message))
        else:
            findings.extend(_unfit(scenario, path, dossier))
    return findings


def _unfit(scenario: Scenario, path: KeyPath, dossier: OpenDossier) -> Iterator[Finding]:
    name = dossier.procedure
    procedure = scenario.procedures[name]
    accepted = instant_of(dossier.accepted)
    if accepted >= midnight(scenario.period.first):
        message = f"accepted {dossier.accepted}, but the run starts on {scenario.period.first}"
        yield (*path, "accepted"), message
    if dossier.due is not None:
        if procedure.time_limit is None:
            yield (*path, "due"), f"`{name}` has no `time_limit`, so a dossier of it is not due"
        elif _last_instant(dossier.due) < accepted:
            yield (*path, "due"), f"due before it was accepted, {dossier.accepted}"
    if home_of(scenario, dossier) is None:
        levels = list(procedure.received_at)
        known = [office for level in levels for office in _received_by(scenario, level)]
        if known.count(dossier.office) > 1:
            message = f"`{dossier.office}` is on several levels; write `LEVEL@{dossier.office}`"
        else:
            hint = did_you_mean(dossier.office, known)
            message = f"`{name}` is received at no office `{dossier.office}`{hint}"
        yield (*path, "office"), message
    if dossier.channel is not None and dossier.channel not in scenario.channels:
        hint = did_you_mean(dossier.channel, scenario.channels)
        yield (*path, "channel"), f"there is no channel `{dossier.channel}`{hint}"
    elif dossier.step is not None and rest_of(procedure.route, dossier.step) is None:
        steps = steps_to_reach(procedure.route)
        hint = did_you_mean(dossier.step, steps)
        yield (*path, "step"), f"no dossier of `{name}` can stand at `{dossier.step}`{hint}"
    elif not channels_through(scenario, dossier):
        step = dossier.step or procedure.route[0].id
        yield (
            (*path, "step"),
            (
                f"an open dossier of `{name}` cannot stand at `{step}`: it may have no visit left "
                "by which it is resolved, or the step is not on its route"
            ),
        )
