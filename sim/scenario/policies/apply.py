"""Policies applied to a scenario, and what of them does not fit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from sim.errors import InputError, quoted
from sim.scenario.backlog import unfit_backlog
from sim.scenario.marks import unfit_routes
from sim.scenario.messages import findings_of
from sim.scenario.policies.levers import Levers, UnfitError
from sim.scenario.policies.officers import discipline, move, pool, shift, with_staff
from sim.scenario.policies.paths import set_values
from sim.scenario.policies.places import merge, on_the_spot
from sim.scenario.policies.procedures import abolish, cut, delegate, demand, insert, online
from sim.scenario.references import (
    BASE,
    Finding,
    broken_parents,
    broken_references,
    unknown_figures,
)
from sim.scenario.schema import Scenario
from sim.scenario.text import KeyPath
from sim.scenario.words import did_you_mean


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
    changed, findings = _applied(scenario, name)
    if findings:
        raise InputError(*(_as_text(finding) for finding in findings))
    return changed


def stages(scenario: Scenario, name: str) -> list[Scenario]:
    """Give a scenario as it is before the own changes of a policy and after each of them.

    A stage need not hold together: what one change leaves unfit, a later one may mend.
    """
    reached = [scenario]
    for number, change in enumerate(scenario.policies[name].changes):
        changed, _ = _tried(reached[-1], ("policies", name, "changes", number), change)
        reached.append(changed)
    return reached


def with_values(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Put values at dotted paths of a scenario, as the lever `set` does.

    Raises
    ------
    InputError
        If there is no such path, or the scenario does not hold together with the value.
    """
    try:
        changed = set_values(scenario, values)
    except UnfitError as error:
        raise InputError(_as_text((error.path[1:], str(error)))) from None
    findings = _unfit(changed)
    findings += check_policies(changed)
    if findings:
        raise InputError(*(_as_text(finding) for finding in findings))
    return changed


def _as_text(finding: Finding) -> str:
    path, message = finding
    place = ".".join(str(part) for part in path)
    return f"{place}: {message}" if place else message


def check_policies(scenario: Scenario) -> list[Finding]:
    """List what of the policies cannot be applied, with why.

    Where names or routes of the base are broken, each change is tried alone; without levels,
    none is.
    """
    if broken_parents(scenario):
        return []
    unfit_base = _unfit(scenario)
    found = {
        name: list(_unfit_changes(scenario, name)) if unfit_base else _applied(scenario, name)[1]
        for name in scenario.policies
    }
    findings: list[Finding] = []
    for name, policy in scenario.policies.items():
        parts = [part for part in policy.combine if part != name]
        told = {message for part in parts for _, message in found.get(part, ())}
        findings += (finding for finding in found[name] if finding[1] not in told)
    return list(dict.fromkeys(findings))


def _unfit(scenario: Scenario) -> list[Finding]:
    """List the names that are broken or, without any, what of routes and backlog is unfit."""
    return broken_references(scenario) or unfit_routes(scenario) or unfit_backlog(scenario)


def _unfit_changes(scenario: Scenario, name: str) -> Iterator[Finding]:
    for number, change in enumerate(scenario.policies[name].changes):
        _, unfit = _tried(scenario, ("policies", name, "changes", number), change)
        yield from unfit


def _applied(scenario: Scenario, name: str) -> tuple[Scenario, list[Finding]]:
    """Apply the changes of a policy that fit, and list what does not."""
    changed = scenario
    findings: list[Finding] = []
    try:
        changes = list(_changes(scenario, name, ()))
    except UnfitError as error:
        return scenario, [(error.path, str(error))]
    for owner, number, change in changes:
        where: KeyPath = ("policies", owner, "changes", number)
        changed, unfit = _tried(changed, where, change)
        findings += unfit
        lost = broken_parents(changed)
        if lost:
            return changed, [*findings, (where, _as_text(lost[0]))]
    if findings:
        return changed, findings
    changed = _with_known_figures(changed)
    for finding in _unfit(changed)[:1]:
        findings.append((("policies", name), f"after its changes, {_as_text(finding)}"))
    return changed, findings


def _changes(
    scenario: Scenario, name: str, above: tuple[str, ...]
) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    if name == BASE or name not in scenario.policies:
        return
    if name in above:
        way = " → ".join((*above, name))
        raise UnfitError(("policies", above[0], "combine"), f"combines itself: {way}")
    policy = scenario.policies[name]
    for number, change in enumerate(policy.changes):
        yield name, number, change
    for other in policy.combine:
        yield from _changes(scenario, other, (*above, name))


def _tried(
    scenario: Scenario, where: KeyPath, change: Mapping[str, Any]
) -> tuple[Scenario, list[Finding]]:
    """Apply one change, or say why not."""
    unknown: list[Finding] = [
        ((*where, key), f"there is no lever {quoted(key)}{_meant_or_listed(key)}")
        for key in change
        if key not in Levers.model_fields
    ]
    if unknown:
        return scenario, unknown
    try:
        return _changed(scenario, Levers.model_validate(change)), []
    except ValidationError as error:
        found = dict(reversed(list(findings_of(error))))
        return scenario, [((*where, *path), message) for path, message in found.items()]
    except UnfitError as error:
        return scenario, [((*where, *error.path), str(error))]


def _meant_or_listed(lever: str) -> str:
    known = Levers.model_fields
    return did_you_mean(lever, known) or f"; there is: {', '.join(known)}"


def _changed(scenario: Scenario, change: Levers) -> Scenario:
    (lever,) = change.model_fields_set
    given = getattr(change, lever)
    if given is None:
        raise UnfitError((lever,), "has no value; say what it changes")
    return _DOING[lever](scenario, given)


_DOING: Mapping[str, Callable[[Scenario, Any], Scenario]] = {
    "staff": with_staff,
    "move": move,
    "shift": shift,
    "pool": pool,
    "discipline": discipline,
    "cut": cut,
    "insert": insert,
    "abolish": abolish,
    "delegate": delegate,
    "online": online,
    "on_the_spot": on_the_spot,
    "merge": merge,
    "demand": demand,
    "set": set_values,
}


def _with_known_figures(scenario: Scenario) -> Scenario:
    """Leave out published figures of what a policy took away: they speak of the base."""
    gone = unknown_figures(scenario)
    kept = tuple(figure for n, figure in enumerate(scenario.published) if n not in gone)
    return scenario.model_copy(update={"published": kept})
