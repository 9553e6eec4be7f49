"""Where a late dossier's time went: its span divided along the critical path (rule 21)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from sim.calendars import open_time_by
from sim.docket import NodeKind
from sim.durations import MISSING
from sim.engine import Trace
from sim.engine.loops import as_python, fastest
from sim.scenario.measure_names import LOST_TO

Array = Any
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


def lost_by(
    trace: Trace, dossiers: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Add up what `attribute` finds of some accepted dossiers.

    Parameters
    ----------
    trace
        A replication.
    dossiers
        Their numbers, shape (n,).

    Returns
    -------
    of_dossier, of_station
        Microseconds lost to each of `LOST_TO`, shape (n, 6) and (stations, 6).
    """
    of_dossier = np.zeros((dossiers.size, len(LOST_TO)), np.int64)
    of_station = np.zeros((len(trace.network.stations), len(LOST_TO)), np.int64)
    if not dossiers.size:
        return of_dossier, of_station
    laid, docket = _laid_out(trace), trace.docket
    fastest(add_up, *PARTS)(
        dossiers, trace.network.end, trace.left, np.ascontiguousarray(docket.accepted),
        *laid.of_path, *laid.of_steps, np.empty(laid.longest, np.int64), of_dossier, of_station,
    )  # fmt: skip
    return of_dossier, of_station


def critical_path(trace: Trace, dossier: int) -> list[int]:
    """List the nodes that follow each other without a gap from acceptance to the span's end.

    At each join the branch that ended last is followed, ties to the first in file order; of an
    open dossier, the first step in file order that has not ended.
    """
    laid = _laid_out(trace)
    path = np.empty(laid.longest, np.int64)
    length = as_python(walk_back)(dossier, span_end(trace, dossier), *laid.of_path, path)
    return [int(node) for node in path[:length][::-1]]


def span_end(trace: Trace, dossier: int) -> int:
    """Give when a dossier was resolved or left, or else the end of the run."""
    return _end_of(dossier, trace.network.end, trace.resolved, trace.left)


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
    laid, station = _laid_out(trace), int(trace.docket.station[node])
    parts = as_python(divided)(node, kind, begun, until, trace.instants, *laid.of_steps)
    return [Loss(node, station, to, us) for to, us in zip(LOST_TO, parts, strict=True) if us]


@dataclass(frozen=True)
class _Laid:
    """A replication laid out flat: what `walk_back` and `divided` look at; the longest route."""

    of_path: tuple[Array, ...]
    of_steps: tuple[Array, ...]
    longest: int


_LAID: WeakKeyDictionary[Trace, _Laid] = WeakKeyDictionary()


def _laid_out(trace: Trace) -> _Laid:
    if trace not in _LAID:
        network, docket, templates = trace.network, trace.docket, trace.docket.templates
        tables, calendar_of, shift_of = trace.timetables
        suspends = [station.at_close == "suspend" for station in network.stations]
        counts = [len(places) for places in templates.before]
        _LAID[trace] = _Laid(
            of_path=(
                trace.accepted, trace.resolved, docket.first_node, docket.template,
                trace.instants, templates.first_node, templates.kind, templates.resolves,
                np.cumsum([0, *counts]),
                np.array([place for places in templates.before for place in places], np.int64),
            ),
            of_steps=(
                docket.station, trace.officer, calendar_of, np.array(suspends, bool), shift_of,
                tables.places, tables.opens, tables.closes, tables.before, tables.opened,
            ),
            longest=int(np.diff(templates.first_node).max(initial=0)),
        )  # fmt: skip
    return _LAID[trace]


# Loops over arrays: of dossiers (D,), of nodes (S,), `instants` (S, 3), of nodes of templates (N,)


def add_up(
    dossiers: Array, end: int, left: Array, open_since: Array, accepted: Array, resolved: Array,
    first_node: Array, template: Array, instants: Array, plan_first: Array, kind: Array,
    resolves: Array, first_before: Array, before: Array, station: Array, officer: Array,
    calendar_of: Array, suspends: Array, shift_of: Array, places: Array, opens: Array,
    closes: Array, open_before: Array, opened: Array, path: Array, of_dossier: Array,
    of_station: Array,
) -> None:  # fmt: skip
    """Divide the spans of some dossiers, and add the parts to `of_dossier` and `of_station`."""
    for row in range(len(dossiers)):
        dossier = dossiers[row]
        until = _end_of(dossier, end, resolved, left)
        length = walk_back(
            dossier, until, accepted, resolved, first_node, template, instants, plan_first, kind,
            resolves, first_before, before, path,
        )  # fmt: skip
        moved = plan_first[template[dossier]] - first_node[dossier]
        for place in range(length):
            node = path[place]
            begun = instants[node, 0]
            if place == length - 1 and open_since[dossier] != MISSING:
                begun = open_since[dossier]
            parts = divided(
                node, kind[node + moved], begun, until, instants, station, officer, calendar_of,
                suspends, shift_of, places, opens, closes, open_before, opened,
            )  # fmt: skip
            for lost_to in range(6):
                of_dossier[row, lost_to] += parts[lost_to]
                if station[node] >= 0:
                    of_station[station[node], lost_to] += parts[lost_to]


def walk_back(
    dossier: int, until: int, accepted: Array, resolved: Array, first_node: Array,
    template: Array, instants: Array, plan_first: Array, kind: Array, resolves: Array,
    first_before: Array, before: Array, path: Array,
) -> int:  # fmt: skip
    """Write the critical path to `path`, its last node first; give its length."""
    first = first_node[dossier]
    moved = plan_first[template[dossier]] - first
    node = first + resolves[template[dossier]]
    if resolved[dossier] == MISSING:
        for begun in range(first, first_node[dossier + 1]):
            if instants[begun, 0] != MISSING:
                node = begun
                if instants[begun, 2] == MISSING:
                    break
    length = 0
    while True:
        ended = until if instants[node, 2] == MISSING else min(instants[node, 2], until)
        if kind[node + moved] <= _TRANSFER and ended > accepted[dossier]:
            path[length] = node
            length += 1
        low, high = first_before[node + moved], first_before[node + moved + 1]
        if instants[node, 0] <= accepted[dossier] or low == high:
            return length
        node = first + before[low]
        for place in range(low + 1, high):
            if instants[first + before[place], 2] > instants[node, 2]:
                node = first + before[place]


def divided(
    node: int, kind: int, begun: int, until: int, instants: Array, station: Array,
    officer: Array, calendar_of: Array, suspends: Array, shift_of: Array, places: Array,
    opens: Array, closes: Array, open_before: Array, opened: Array,
) -> tuple[int, int, int, int, int, int]:  # fmt: skip
    """Divide the time of a node from `begun` to its end, or `until`, among `LOST_TO`."""
    started, ended = instants[node, 1], instants[node, 2]
    end = until if ended == MISSING else min(ended, until)
    if kind == _TRANSFER:
        return 0, 0, 0, 0, end - begun, 0
    if kind == _WAIT:
        return 0, 0, 0, 0, 0, end - begun
    served = end if started == MISSING else started
    calendar = calendar_of[station[node]]
    waiting = open_time_by(calendar, begun, served, places, opens, closes, open_before, opened)
    work = end - served
    if suspends[station[node]] and served < end:
        shift = shift_of[officer[node]]
        work = open_time_by(shift, served, end, places, opens, closes, open_before, opened)
    return waiting, served - begun - waiting, work, end - served - work, 0, 0


def _end_of(dossier: int, end: int, resolved: Array, left: Array) -> int:
    if resolved[dossier] != MISSING:
        return int(resolved[dossier])
    return int(end if left[dossier] == MISSING else left[dossier])


PARTS = (walk_back, divided, _end_of)
"""What `add_up` calls."""
