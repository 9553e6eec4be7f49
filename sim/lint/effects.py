"""Keys that are written and change nothing: pauses, patience, and limits that are not cut."""

from __future__ import annotations

from collections.abc import Iterator

from sim.deadlines import LimitKind
from sim.lint.subject import Subject
from sim.routes import NodeKind, Template
from sim.scenario.references import Finding
from sim.scenario.schema import Policy, Scenario, Visit, Wait
from sim.scenario.text import KeyPath
from sim.scenario.values import Limit


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


def cuts_without_effect(subject: Subject) -> Iterator[Finding]:
    """Find cuts of limits that change no limit: `same day` and the shortest stay as they are."""
    base = subject.loaded.scenario
    for name, policy in base.policies.items():
        for number, change in enumerate(policy.changes):
            cut = change.get("cut")
            if not isinstance(cut, dict) or "time_limit" not in cut:
                continue
            before, after = (
                _limits(_with_changes(base, policy, count)) for count in (number, number + 1)
            )
            if before == after:
                path: KeyPath = ("policies", name, "changes", number, "cut", "time_limit")
                yield (
                    path,
                    "changes no limit: days round up to whole days, and `same day` stays; cut "
                    "by more, or `set` the limits",
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


def _with_changes(base: Scenario, policy: Policy, count: int) -> Scenario:
    """Apply the first changes of a policy."""
    some = policy.model_copy(update={"changes": policy.changes[:count]})
    return base.model_copy(update={"policies": {"some": some}}).with_policy("some")


def _limits(scenario: Scenario) -> list[Limit | None]:
    return [procedure.time_limit for procedure in scenario.procedures.values()]
