"""Keys that are written and change nothing: pauses, patience, owners, limits that are not cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sim.deadlines import LimitKind
from sim.lint.subject import Subject
from sim.network import Procedure
from sim.routes import NodeKind, Template
from sim.scenario.offices import offices_of
from sim.scenario.policies import stages
from sim.scenario.policies.levers import Which
from sim.scenario.references import Finding
from sim.scenario.schema import Scenario, Visit, Wait
from sim.scenario.text import KeyPath
from sim.scenario.values import Limit

OF_THE_STUDY = ("period", "warm_up", "seed", "replications", "policies")
"""What all policies of a study have in common."""
_TOO_SHORT = (
    "changes nothing: no limit is longer than the days before it ends at which an apology is sent, "
    "and no pause moves its end"
)
_WHICH = frozenset(Which.model_fields)


def clocks_without_effect(subject: Subject) -> Iterator[Finding]:
    """Find pauses and restarts before acceptance, after resolution or without a limit (rule 15)."""
    for procedure, ways in zip(subject.network.procedures, subject.ways, strict=True):
        kinds = {procedure.limit.kind, procedure.statutory_limit.kind}
        has_limit = kinds != {LimitKind.NONE}
        reasons: dict[tuple[str, ...], set[str]] = {}
        for way in ways.ways if ways.complete else ():
            for path, reason in _clocks(way.template):
                reasons.setdefault(path, set()).add(reason)
        for path, why in reasons.items():
            if not has_limit:
                message = "changes nothing: the procedure has no time limit"
            elif "" in why:
                continue
            else:
                message = f"changes nothing: the dossier is {' or '.join(sorted(why))} then"
            yield ("procedures", procedure.name, "route", *path), message


def patience_without_effect(subject: Subject) -> Iterator[Finding]:
    """Find patience at stations to which no present citizen's dossier comes (rule 7)."""
    network, load = subject.network, subject.load
    stations: dict[str, list[int]] = {}
    for place, station in enumerate(network.stations):
        if station.patience is not None:
            stations.setdefault(station.address, []).append(place)
    for address, places in stations.items():
        visits = sum(load.visits[place] for place in places)
        if visits > 0 and not any(load.present[place] for place in places):
            level, _, name = address.partition(".")
            yield (
                ("levels", level, "stations", name, "patience"),
                "changes nothing: none who come here come through a channel whose citizen is "
                "present; write `present: true` for the channel, or leave the patience out",
            )


def owners_without_effect(subject: Subject) -> Iterator[Finding]:
    """Find stations with owners at which no dossier has a second step (rule 23)."""
    ways = [way for of_one in subject.ways for way in of_one.ways]
    if not all(of_one.complete for of_one in subject.ways):
        return
    again = {address for way in ways for address in _visited_again(way.template)}
    owned = dict.fromkeys(s.address for s in subject.network.stations if s.owner)
    for address in owned:
        if address not in again:
            level, _, name = address.partition(".")
            yield (
                ("levels", level, "stations", name, "owner"),
                "changes nothing: no dossier has a second step or round here",
            )


def _visited_again(template: Template) -> Iterator[str]:
    """Give the stations to which a dossier comes twice, or may be sent back."""
    seen = set[str]()
    for node in template.nodes:
        if isinstance(node.step, Visit) and node.kind == NodeKind.VISIT:
            if node.step.at in seen or node.step.incomplete is not None:
                yield node.step.at
            seen.add(node.step.at)


def apologies_without_effect(subject: Subject) -> Iterator[Finding]:
    """Find apologies for which no limit is long enough (rule 25)."""
    given = subject.scenario.procedures
    can = {
        procedure.name: not ways.complete
        or _may_apologise(procedure, [way.template for way in ways.ways])
        for procedure, ways in zip(subject.network.procedures, subject.ways, strict=True)
    }
    for name, possible in can.items():
        if given[name].apology is not None and not possible:
            yield ("procedures", name, "apology"), _TOO_SHORT
    if subject.scenario.apology is not None and not any(
        possible for name, possible in can.items() if given[name].apology is None
    ):
        yield ("apology",), _TOO_SHORT


def _may_apologise(procedure: Procedure, templates: Sequence[Template]) -> bool:
    """Tell whether there can be a closing, after the day of acceptance, at which one is sent."""
    limit = procedure.limit
    if limit.kind == LimitKind.NONE:
        return False
    if limit.kind == LimitKind.WORKING_DAYS and limit.amount > procedure.apology_before:
        return True
    if limit.kind not in (LimitKind.SAME_DAY, LimitKind.WORKING_DAYS):
        return True
    return any(not why for template in templates for _, why in _clocks(template))


def changes_without_effect(subject: Subject) -> Iterator[Finding]:
    """Find changes of policies that leave all as it was, or all limits that they were to cut."""
    base = subject.loaded.scenario
    for name, policy in base.policies.items():
        reached = pairwise(stages(base, name))
        for number, (change, (before, after)) in enumerate(
            zip(policy.changes, reached, strict=True)
        ):
            path: KeyPath = ("policies", name, "changes", number)
            cut = change.get("cut")
            if isinstance(cut, dict) and "time_limit" in cut and _limits(before) == _limits(after):
                yield (
                    (*path, "cut", "time_limit"),
                    "changes no limit: days round up to whole days, and `same day` stays; cut "
                    "by more, or `set` the limits",
                )
            elif "set" in change:
                yield from _set_for_all((*path, "set"), change["set"])
            elif _is_alike(before, after):
                (lever,) = change
                yield (*path, lever), "changes nothing: all stays as it was before"


def _set_for_all(path: KeyPath, values: Mapping[str, object]) -> Iterator[Finding]:
    for key in values:
        first = key.partition(".")[0]
        if first in OF_THE_STUDY and _WHICH.isdisjoint(values):
            yield (
                (*path, key),
                f"`{first}` is one for all policies, which are compared under it; change it in the "
                "scenario, or by --set",
            )


def statutory_limits_below_limits(subject: Subject) -> Iterator[Finding]:
    """Find statutory limits that are shorter than the limit that is promised."""
    for name, procedure in subject.scenario.procedures.items():
        limit, statutory = procedure.time_limit, procedure.statutory_limit
        if limit and statutory and limit.kind == statutory.kind and statutory.amount < limit.amount:
            yield (
                ("procedures", name, "statutory_limit"),
                "is shorter than the time limit; what is promised is at most what the law allows",
            )


def _clocks(template: Template) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give each step of a way that may stop the clock, and why it does not, or ""."""
    for place, node in enumerate(template.nodes):
        match node.kind, node.step:
            case NodeKind.WAIT, Wait() as wait if wait.clock != "runs":
                yield (wait.id, "clock"), _why_idle(template, place)
            case NodeKind.VISIT, Visit(incomplete=incomplete) as visit if incomplete is not None:
                if incomplete.clock != "runs":
                    yield (visit.id, "incomplete", "clock"), _why_idle(template, place)


def _why_idle(template: Template, place: int) -> str:
    """Say why no clock runs in a wait, or in an absence from a visit, which ends after it."""
    if place <= template.accepts:
        return "not yet accepted"
    return "already resolved" if 0 <= template.resolves < place else ""


def _is_alike(before: Scenario, after: Scenario) -> bool:
    """Tell whether two scenarios are one, in whatever form their offices are given."""
    if any(offices_of(before, level) != offices_of(after, level) for level in before.levels):
        return False
    return _in_one_form(before) == _in_one_form(after)


def _in_one_form(scenario: Scenario) -> Scenario:
    levels = {
        name: level.model_copy(update={"offices": None}) for name, level in scenario.levels.items()
    }
    return scenario.model_copy(update={"levels": levels})


def _limits(scenario: Scenario) -> list[Limit | None]:
    return [procedure.time_limit for procedure in scenario.procedures.values()]
