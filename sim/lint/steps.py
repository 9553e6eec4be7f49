"""Steps of routes: what they are called, who reaches them, and citizens who come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sim.deadlines import LimitKind
from sim.distributions import Distribution
from sim.durations import HOUR
from sim.lint.subject import Subject
from sim.network import Network, Procedure
from sim.routes import NodeKind
from sim.scenario.references import Finding
from sim.scenario.schema import Choose, Step, Together, UntilDue, Visit, Wait, holds_for, steps_of

SHORT = HOUR
"""Who is away for less is still about; that some of them find the counter closed is as it is."""
_DUE_AT_A_CLOSING = (LimitKind.SAME_DAY, LimitKind.WORKING_DAYS, LimitKind.DAYS)


def steps_called_by_their_place(subject: Subject) -> Iterator[Finding]:
    """Find steps without `id` that are called by a number, such as ``land-2``."""
    for name, procedure in subject.loaded.scenario.procedures.items():
        for step in steps_of(procedure.route):
            written = subject.is_written(*subject.step_paths[name, step.id], "id")
            if not written and step.id != _kind_of(step):
                yield (
                    ("procedures", name, "route", step.id),
                    f"has no `id`, and is `{step.id}` by its place alone: one more step before it "
                    "would take this name, and with it what policies say of it; give it an `id`",
                )


def steps_unreached(subject: Subject) -> Iterator[Finding]:
    """Find steps that are on nobody's route: by `only`, or behind a `choose` that always ends."""
    network = subject.network
    for procedure in network.procedures:
        reached: set[str] = set()
        for level, _ in procedure.received_at:
            for channel, _ in procedure.channels:
                words = {network.channel_names[channel], network.levels[level].name}
                _reach(procedure.route, words, reached)
        for step in steps_of(procedure.route):
            if step.id not in reached:
                yield (
                    ("procedures", procedure.name, "route", step.id),
                    "nobody reaches this step: its `only` names nobody who comes this way, or a "
                    "`choose` before it ends every dossier",
                )


def citizens_at_closed_counters(subject: Subject) -> Iterator[Finding]:
    """Find clock time after which present citizens come to a counter that closes (rule 12)."""
    network = subject.network
    for procedure, ways in zip(network.procedures, subject.ways, strict=True):
        found: dict[tuple[str, ...], str] = {}
        for way in ways.ways:
            if not network.is_present(way.channel):
                continue
            for node in way.template.nodes:
                following = way.template.nodes[node.following]
                match node.kind, node.step:
                    case NodeKind.VISIT, Visit(incomplete=incomplete) as visit if incomplete:
                        again = incomplete.share_through(network.channel_names[way.channel])
                        if again and _closes(network, visit.at) and _is_long(incomplete.away):
                            found[visit.id, "incomplete", "away"] = _AT_THE_OPENING
                    case NodeKind.WAIT, Wait() as wait if following.kind == NodeKind.VISIT:
                        if node.following >= 0 and _closes(network, following.place or ""):
                            message = _after(wait, procedure)
                            if message:
                                found[wait.id, "wait"] = message
        for path, message in found.items():
            yield ("procedures", procedure.name, "route", *path), message


_AT_THE_OPENING = (
    "clock time before a counter that closes: all who find it closed come at its next opening; "
    "write working time, such as `2 working days`"
)
_AT_THE_OPENING_AFTER_DUE = (
    "the due instant is a closing: without `then` in working time all come at the next opening; "
    "write such as `then: {uniform: [0 working h, 16 working h]}`"
)


def _after(wait: Wait, procedure: Procedure) -> str:
    """Say what is odd about the length of a wait before a counter that closes, or nothing."""
    if not isinstance(wait.wait, UntilDue):
        return _AT_THE_OPENING if _is_long(wait.wait) else ""
    if procedure.limit.kind in _DUE_AT_A_CLOSING:
        return "" if wait.wait.then.working else _AT_THE_OPENING_AFTER_DUE
    return _AT_THE_OPENING if _is_long(wait.wait.then) else ""


def _is_long(length: Distribution) -> bool:
    return not length.working and length.mean >= SHORT


def _closes(network: Network, address: str) -> bool:
    """Tell whether a station is a counter of an office that closes in the period."""
    if address not in network.counters:
        return False
    offices = network.levels[network.level_numbers[address.partition(".")[0]]].offices
    calendars = {network.offices[office].calendar for office in offices}
    start, end = network.period_start, network.end
    return any(calendar.open_time(start, end) < end - start for calendar in calendars)


def _kind_of(step: Step) -> str:
    """Give what a step without `id` is called if nothing else on its route is."""
    match step:
        case Visit():
            return step.at.rpartition(".")[2]
        case Wait():
            return "wait"
        case Choose():
            return "choose"
        case Together():
            return "together"


def _reach(route: Iterable[Step], words: set[str], reached: set[str]) -> bool:
    """Add the steps that are reached along a route; tell whether anybody goes on after it."""
    for step in route:
        if not holds_for(step, words):
            continue
        reached.add(step.id)
        if isinstance(step, Together):
            for branch in step.together:
                _reach(branch, words, reached)
        elif isinstance(step, Choose):
            going_on = [
                _reach(branch.route, words, reached) and branch.end is None
                for branch in step.choose
            ]
            if not any(going_on):
                return False
    return True
