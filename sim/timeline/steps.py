"""The steps of one dossier in order of time."""

from __future__ import annotations

from dataclasses import dataclass

from sim.attribution import Loss, critical_path, parts_of
from sim.docket import CLOCKS, NodeKind
from sim.durations import MISSING
from sim.engine.trace import Trace
from sim.network import Network


@dataclass(frozen=True)
class Step:
    """A step of the dossier's route that began.

    Parameters
    ----------
    node
        Its number in the docket.
    name
        The step's id; of an absence and of a transfer, that of the visit before.
    kind
        ``visit``, ``wait``, ``absence`` or ``transfer``.
    place
        The station at which it is counted, ``LEVEL.STATION@OFFICE``; empty before any visit.
    round
        Of a visit and the absence after it, from 0.
    branch
        For each `together` around it the number of the branch, from 1; outermost first.
    joined, started, ended
        Instants as in the trace; `MISSING` for what did not happen.
    parts
        What its time was spent on. On the critical path, only what lies in the dossier's span.
    is_critical
        Whether it is on the critical path from acceptance to the span's end (rule 21).
    clock
        What it does to the limit: ``runs``, ``pauses`` or ``restarts``.
    """

    node: int
    name: str
    kind: str
    place: str
    round: int
    branch: tuple[int, ...]
    joined: int
    started: int
    ended: int
    parts: tuple[Loss, ...]
    is_critical: bool
    clock: str


def steps_of(trace: Trace, dossier: int, losses: list[Loss]) -> tuple[Step, ...]:
    """Give the steps that began, in the order in which they did.

    Parameters
    ----------
    trace, dossier
        A replication and the number of a dossier in it.
    losses
        What `attribute` finds of it, none if it was not accepted.
    """
    docket, left = trace.docket, int(trace.left[dossier])
    until = trace.network.end if left == MISSING else left
    critical = critical_path(trace, dossier) if losses else []
    nodes = [n for n in _real(trace, dossier) if trace.joined[n] != MISSING]
    visited = {int(docket.step[n]) for n in nodes if docket.kind[n] == NodeKind.VISIT}
    branches = _branches(trace, dossier)
    steps = []
    for node in sorted(nodes, key=lambda node: (int(trace.joined[node]), node)):
        joined, started, ended = (int(instant) for instant in trace.instants[node])
        kind = NodeKind(int(docket.kind[node]))
        is_absence = kind == NodeKind.WAIT and int(docket.step[node]) in visited
        is_critical = node in critical
        parts = (
            [loss for loss in losses if loss.node == node]
            if is_critical
            else parts_of(trace, node, kind, joined, until)
        )
        steps.append(
            Step(
                node=node,
                name=_name(trace, node),
                kind="absence" if is_absence else kind.name.lower(),
                place=place_of(trace.network, int(docket.station[node])),
                round=int(docket.templates.round[docket.place[node]]),
                branch=branches[node],
                joined=joined,
                started=started,
                ended=ended,
                parts=tuple(parts),
                is_critical=is_critical,
                clock=clock_of(trace, node),
            )
        )
    return tuple(steps)


def not_reached(trace: Trace, dossier: int) -> tuple[str, ...]:
    """Give the ids of the visits and waits on a dossier's route that did not begin."""
    nodes = (
        node for node in _real(trace, dossier)
        if trace.joined[node] == MISSING and trace.docket.kind[node] != NodeKind.TRANSFER
    )  # fmt: skip
    return tuple(dict.fromkeys(_name(trace, node) for node in nodes))


def _branches(trace: Trace, dossier: int) -> dict[int, tuple[int, ...]]:
    """Give for each node the numbers of the branches in which it stands, outermost first."""
    docket, templates = trace.docket, trace.docket.templates
    first = int(docket.first_node[dossier])
    heads: list[list[int]] = []
    within: list[int] = []
    found = {}
    for node in nodes_of(trace, dossier):
        own = int(docket.place[node])
        if heads and node in heads[-1]:
            within[-1] = heads[-1].index(node) + 1
        if templates.kind[own] == NodeKind.JOIN:
            heads.pop()
            within.pop()
        found[node] = tuple(within)
        if templates.kind[own] == NodeKind.FORK:
            branches = [first + int(templates.following[own])]
            while (after := int(templates.sibling[docket.place[branches[-1]]])) >= 0:
                branches.append(first + after)
            heads.append(branches)
            within.append(0)
    return found


def nodes_of(trace: Trace, dossier: int) -> range:
    """Give the numbers of a dossier's nodes, in the order of its route."""
    begin, end = trace.docket.first_node[dossier : dossier + 2].tolist()
    return range(begin, end)


def _real(trace: Trace, dossier: int) -> list[int]:
    """List the visits, waits and transfers of a dossier's route."""
    kind = trace.docket.kind
    return [node for node in nodes_of(trace, dossier) if kind[node] <= NodeKind.TRANSFER]


def _name(trace: Trace, node: int) -> str:
    return trace.docket.procedure_steps[int(trace.docket.step[node])][1]


def clock_of(trace: Trace, node: int) -> str:
    """Give what a wait does to the limit, one of `CLOCKS`."""
    return CLOCKS[int(trace.docket.templates.clock[trace.docket.place[node]])]


def place_of(network: Network, station: int) -> str:
    """Write a station with its office, ``LEVEL.STATION@OFFICE``; empty for none."""
    if station < 0:
        return ""
    found = network.stations[station]
    return f"{found.address}@{network.offices[found.office].name}"
