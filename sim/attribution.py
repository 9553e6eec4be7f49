"""Where a late dossier's time went: its span divided along the critical path (rule 21)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.docket import NodeKind
from sim.durations import MISSING
from sim.engine import Trace

# Looked up for each step of each late dossier, where a member of an enumeration costs as much as
# the rest.
_WAIT, _TRANSFER = int(NodeKind.WAIT), int(NodeKind.TRANSFER)


@dataclass(frozen=True)
class Loss:
    """A part of a dossier's span.

    Parameters
    ----------
    node
        The visit, wait or transfer in which it passed.
    station
        The visit's station; for others that of the visit before, or -1.
    kind
        What it was lost to, one of `LOST_TO`.
    us
        Its length, in microseconds.
    """

    node: int
    station: int
    kind: str
    us: int


def attribute(trace: Trace, dossier: int) -> list[Loss]:
    """Divide the span of a dossier from acceptance to resolution, leaving or the run's end.

    Parameters
    ----------
    trace
        A replication.
    dossier
        The number of an accepted dossier.

    Returns
    -------
    list of Loss
        In the order of the route; together they are the span, without remainder.
    """
    losses: list[Loss] = []
    docket, end = trace.docket, span_end(trace, dossier)
    open_since = int(docket.accepted[dossier])
    to_place = docket.to_place(dossier)
    for place, node in enumerate(critical_path(trace, dossier)):
        # A dossier that is open when the run starts has stood where it is since its acceptance.
        begun = open_since if place == 0 and open_since != MISSING else int(trace.joined[node])
        kind = docket.templates.kind[node + to_place]
        losses.extend(parts_of(trace, node, kind, begun, end))
    return losses


def critical_path(trace: Trace, dossier: int) -> list[int]:
    """List the nodes that follow each other without a gap from acceptance to the span's end.

    At each join the branch that ended last is followed, ties to the first in file order; of an
    open dossier, the first step in file order that has not ended.
    """
    docket, templates = trace.docket, trace.docket.templates
    first, last = int(docket.first_node[dossier]), int(docket.first_node[dossier + 1])
    to_place = docket.to_place(dossier)
    node = int(templates.resolves[docket.template[dossier]]) + first
    if trace.resolved[dossier] == MISSING:
        begun = [number for number in range(first, last) if trace.joined[number] != MISSING]
        under_way = [number for number in begun if trace.ended[number] == MISSING]
        node = under_way[0] if under_way else begun[-1]
    path = []
    accepted = int(trace.accepted[dossier])
    while True:
        if templates.kind[node + to_place] <= _TRANSFER:
            path.append(node)
        before = [first + place for place in templates.before[node + to_place]]
        if trace.instants[node, 0] <= accepted or not before:
            break
        node = max(before, key=lambda number: (int(trace.instants[number, 2]), -number))
    end = span_end(trace, dossier)
    return [node for node in reversed(path) if _end(trace, node, end) > accepted]


def span_end(trace: Trace, dossier: int) -> int:
    """Give when a dossier was resolved or left, or else the end of the run."""
    for end in (int(trace.resolved[dossier]), int(trace.left[dossier])):
        if end != MISSING:
            return end
    return trace.network.end


def _end(trace: Trace, node: int, until: int) -> int:
    ended = int(trace.instants[node, 2])
    return until if ended == MISSING else min(ended, until)


def parts_of(trace: Trace, node: int, kind: int, begun: int, until: int) -> list[Loss]:
    """Divide the time of a node from `begun` to its end, but to `until` at the latest.

    Parameters
    ----------
    trace
        A replication.
    node, kind
        A visit, wait or transfer that began, and which of these it is.
    begun, until
        Instants, in microseconds.

    Returns
    -------
    list of Loss
        Parts that are not empty; together they are that time, without remainder.
    """
    end = _end(trace, node, until)
    return [loss for loss in _parts(trace, node, kind, begun, end) if loss.us]


def _parts(trace: Trace, node: int, kind: int, joined: int, end: int) -> Iterator[Loss]:
    docket, network = trace.docket, trace.network
    station = int(docket.station[node])
    if kind == _WAIT:
        yield Loss(node, station, "citizen", end - joined)
        return
    if kind == _TRANSFER:
        yield Loss(node, station, "transfer", end - joined)
        return
    started = int(trace.instants[node, 1])
    begun = end if started == MISSING else started
    calendar = network.offices[network.stations[station].office].calendar
    waiting = calendar.open_time(joined, begun)
    yield Loss(node, station, "waiting", waiting)
    yield Loss(node, station, "closed", begun - joined - waiting)
    work = end - begun
    if network.stations[station].at_close == "suspend" and begun < end:
        work = docket.shifts[int(trace.officer[node])].open_time(begun, end)
    yield Loss(node, station, "work", work)
    yield Loss(node, station, "suspended", end - begun - work)
