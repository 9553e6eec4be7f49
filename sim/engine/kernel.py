"""The rules of docs/rules.md as one compiled loop over flat arrays.

`run` goes from instant to instant. At each, phase (a) takes what happens from three heaps (ends
of works, waits and transfers; shifts; patience) and from the sorted arrivals, and collects what
it touches; phase (b) settles that in its declared order; both repeat as long as anything happens;
then (c) lets the impatient leave. Nothing at or past the end is ever put on a heap.

Whatever is numbered is an array of records, but for what the docket has of nodes, which are its
columns. A step has a place in a queue only while it queues, and places are used again, so that
those in use lie close together. Numbers are unsigned wherever they may be, as an index with a sign
might be negative and is looked at for that.
Calendar and deadline arithmetic is that of `sim.calendars`, `sim.deadlines` and
`sim.departures`, compiled here as it stands there.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

from sim import calendars as _calendars
from sim import deadlines as _deadlines
from sim import departures as _departures
from sim import durations as _durations
from sim.calendars import advance, advance_within, next_open
from sim.compiling import kept, part, prefetch, shared
from sim.deadlines import (
    LimitKind,
    apology_instant,
    due_instant,
    remaining_limit,
    resumed_due,
)
from sim.departures import departure
from sim.docket import CLOCKS, NodeKind
from sim.durations import MISSING, NEVER

Array = Any
"""An array; numba works out of what."""

FCFS, EDD, SPT = 0, 1, 2
SUSPEND, FINISH, CLEAR = 0, 1, 2
NOBODY = np.uint32(2**32 - 1)
NO_PLACE: Any = np.uint32(0)
"""None of the places in a queue; typed, as numbers of both signs make floats."""
AHEAD = 8
"""Dossiers ahead of the one that arrives."""
_RUNS, _RESTARTS = CLOCKS.index("runs"), CLOCKS.index("restarts")
_NO_LIMIT = int(LimitKind.NONE)
_VISIT, _WAIT, _TRANSFER = int(NodeKind.VISIT), int(NodeKind.WAIT), int(NodeKind.TRANSFER)
_FORK = int(NodeKind.FORK)


def _record(**columns: Any) -> np.dtype[Any]:
    return np.dtype(list(columns.items()), align=True)


CALENDAR = _record(first="u4", last="u4", first_day="u4", last_day="u4")
"""Where a calendar's intervals and open days stand among those of all calendars."""
STATION = _record(
    calendar="u4", discipline="i4", at_close="i4", first_group="u4", last_group="u4",
    root="u4", oldest="u4", youngest="u4", has_owner="?", has_patience="?",
)  # fmt: skip
"""A queue: the place of its smallest step, and of those that clear the first and last to join."""
GROUP = _record(
    first_station="u4", last_station="u4", last_officer="u4", first_idle="u4", has_owner="?",
    touched="?",
)  # fmt: skip
"""What serves some stations; none of its officers before `first_idle` is idle."""
OFFICER = _record(group="u4", roster="u4", first_own="u4", on_shift="?", idle="?", shift_ended="i8")
"""`first_own` is the first of its own queues, one for each station that its group serves."""
ROSTER = _record(first="u4", last="u4", calendar="u4", boundary="u4")
"""Officers who share a calendar, and its next boundary: openings are even, closings odd."""
TRANSFER = _record(first_departs="u4", last_departs="u4", calendar="i4", cutoff="i8")
"""A rule; its calendar is -1 for that of the office left."""
PLAN = _record(
    following="i4", sibling="i4", first_here="i4", rule="u4", arrivals="u4", kind="i1", clock="i1",
    working="?", until_due="?", appears="?", accepts="?", resolves="?", withdraws="?",
)  # fmt: skip
"""A template's node; what follows it, the next branch, and the first visit at the station of a
visit, are told by their distance, 0 for none.
At its end a dossier is accepted, resolved or, if it is none of that till then, withdrawn.
"""
DOSSIER = _record(
    arrived="i8", priority="i8", accepted="i8", resolved="i8", left="i8", finished="i8",
    apologised="i8", due=("i8", 2), remaining=("i8", 2), first_node="u4", plan="i4", procedure="u4",
    home_calendar="u4", accepting_calendar="u4", pauses="i4", stopped=("i1", 2), restarts="?",
    on_arrival="?", touched="?",
)  # fmt: skip
"""A dossier of the docket, and what happens to it. `plan` and a node add to the place in PLAN; of
pairs the first is of the time limit, the second of the statutory one. Before its arrival one that
is open when the run starts has the instant of its acceptance, and its due instant if that is given;
others may be accepted on arrival. Where `apologised` lies ahead, an apology is sent then, unless it
is withheld before.
"""
HAPPENED = _record(joined="i8", started="i8", ended="i8")
"""What the trace has of a node."""
QUEUED = _record(
    key="i8", joined="i8", priority="i8", node="u4", dossier="u4",
    child="u4", beside="u4", older="u4", younger="u4",
)  # fmt: skip
"""A place in a queue: what its step is compared by, its neighbours in the heap and in the order of
joining, 0 for none. In the first row `node` counts the places ever used, and `beside` is the first
of those that are free again.
"""
EVENT = _record(instant="i8", number="u4", officer="u4")
"""What is awaited; of a visit with its officer."""
TOUCHED = _record(steps="u4", waits="u4", clocks="u4", groups="u4")
"""What (a) touches and (b) works through: lists of numbers, in the first row their lengths."""


shared(
    _calendars.open_until, _calendars._open_until, advance, advance_within, next_open,
    due_instant, remaining_limit, resumed_due, apology_instant, _deadlines.due_day,
    _deadlines._closing, departure,
)  # fmt: skip


# Memory: most of it is used once, long after it was used last


@part
def _prefetch_node(
    node: int, dossier_of: Array, station_of: Array, duration: Array, happened: Array
) -> None:
    """Ask for what is soon looked at of a node."""
    prefetch(happened, node)
    prefetch(dossier_of, node)
    prefetch(station_of, node)
    prefetch(duration, node)


@part
def _prefetch_arrival(
    arriving: int, dossiers: Array, dossier_of: Array, station_of: Array, duration: Array,
    happened: Array, taken_by: Array,
) -> None:  # fmt: skip
    """Ask for the dossiers that arrive soon, and for the nodes of those that arrive sooner."""
    if arriving + 2 * AHEAD < dossiers.size:
        prefetch(dossiers, arriving + 2 * AHEAD)
        first = dossiers[arriving + AHEAD].first_node
        _prefetch_node(first, dossier_of, station_of, duration, happened)
        prefetch(happened, first + 2)
        prefetch(happened, first + 5)
        prefetch(taken_by, first)


# Heaps of numbers by instant, after a row with the size; four lie below each


@part
def _push(heap: Array, instant: int, number: int, officer: int) -> None:
    heap[0].number += 1
    at = heap[0].number
    while at > 1:
        above = (at + 2) >> 2
        if heap[above].instant <= instant:
            break
        heap[at].instant = heap[above].instant
        heap[at].number = heap[above].number
        heap[at].officer = heap[above].officer
        at = above
    heap[at].instant = instant
    heap[at].number = number
    heap[at].officer = officer


@part
def _pop(heap: Array) -> tuple[int, int]:
    top, officer_of_top = heap[1].number, heap[1].officer
    last = heap[0].number
    heap[0].number = last - 1
    instant, number, officer = heap[last].instant, heap[last].number, heap[last].officer
    at = 1
    while True:
        least = 4 * at - 2
        if least >= last:
            break
        earliest = heap[least].instant
        other, beyond = least + 1, min(least + 4, last)
        while other < beyond:
            if heap[other].instant < earliest:
                least, earliest = other, heap[other].instant
            other += 1
        if earliest >= instant:
            break
        heap[at].instant = earliest
        heap[at].number = heap[least].number
        heap[at].officer = heap[least].officer
        at = least
    heap[at].instant = instant
    heap[at].number = number
    heap[at].officer = officer
    return top, officer_of_top


@part
def _first(heap: Array) -> int:
    return heap[1].instant if heap[0].number > 0 else NEVER


@part
def _sort_groups(touched: Array) -> None:
    """Sort the groups that are touched, of which there are few."""
    for last in range(2, touched[0].groups + 1):
        number, at = touched[last].groups, last
        while at > 1 and touched[at - 1].groups > number:
            touched[at].groups = touched[at - 1].groups
            at -= 1
        touched[at].groups = number


# Queues: of each station a pairing heap


@part
def _goes_before(one: int, other: int, queued: Array) -> bool:
    """Compare two queued steps (rule 6); nodes are numbered by dossier and place on its route."""
    first, second = queued[one], queued[other]
    if first.priority != second.priority:
        return first.priority < second.priority
    if first.key != second.key:
        return first.key < second.key
    if first.joined != second.joined:
        return first.joined < second.joined
    return first.node < second.node


@part
def _meld(one: int, other: int, queued: Array) -> int:
    """Join two heaps of steps, of which the first may be empty; give the root."""
    if one == 0:
        return other
    if _goes_before(other, one, queued):
        queued[one].beside = queued[other].child
        queued[other].child = one
        return other
    queued[other].beside = queued[one].child
    queued[one].child = other
    return one


@part
def _without_root(root: int, queued: Array) -> int:
    """Take the root of a heap of steps away; give the new one. Children are melded in pairs."""
    paired = NO_PLACE
    place = queued[root].child
    while place != 0:
        second = queued[place].beside
        following = NO_PLACE
        if second != 0:
            following = queued[second].beside
            place = _meld(place, second, queued)
        queued[place].beside = paired
        paired = place
        place = following
    whole = NO_PLACE
    while paired != 0:
        following = queued[paired].beside
        whole = _meld(whole, paired, queued)
        paired = following
    return whole


@part
def _free_place(queued: Array) -> int:
    place = queued[0].beside
    if place != 0:
        queued[0].beside = queued[place].beside
        return place
    queued[0].node += 1
    return queued[0].node


@part
def _out_of_line(place: int, station: Array, queued: Array) -> None:
    """Take a step out of the order of joining, if it is there."""
    older, younger = queued[place].older, queued[place].younger
    if older != 0:
        queued[older].younger = younger
    elif station.oldest == place:
        station.oldest = younger
    if younger != 0:
        queued[younger].older = older
    elif station.youngest == place:
        station.youngest = older
    queued[place].older = queued[place].younger = 0


@part
def _let_go(place: int, station: Array, queued: Array) -> None:
    """Free the place of a step that has left its heap."""
    _out_of_line(place, station, queued)
    queued[place].beside = queued[0].beside
    queued[0].beside = place


@part
def _owner(place: int, plan: Array, dossiers: Array, queued: Array, tallies: Array) -> int:
    """Give 1 more than the officer who had a queued step's dossier here, or 0 (rule 23)."""
    step = queued[place]
    return tallies[step.node + plan[step.node + dossiers[step.dossier].plan].first_here]


@part
def _own_queue(
    officer: int, number: int, groups: Array, group_stations: Array, officers: Array
) -> int:
    """Give the number of an officer's own queue at a station."""
    group = groups[officers[officer].group]
    at = group.first_station
    while group_stations[at] != number:
        at += 1
    return officers[officer].first_own + at - group.first_station


@part
def _smallest(
    number: int, stations: Array, groups: Array, group_stations: Array, officers: Array,
    plan: Array, dossiers: Array, queued: Array, tallies: Array, own_queues: Array,
) -> int:  # fmt: skip
    """Give the place of a station's smallest step that is nobody's own, or 0.

    What has left is taken away; what became an officer's own since it joined goes to that queue.
    """
    station = stations[number]
    while station.root != 0:
        place = station.root
        if dossiers[queued[place].dossier].left != MISSING:
            station.root = _without_root(place, queued)
            _let_go(place, station, queued)
            continue
        owner = NO_PLACE
        if station.has_owner:
            owner = _owner(place, plan, dossiers, queued, tallies)
        if owner == 0:
            break
        station.root = _without_root(place, queued)
        queued[place].child = queued[place].beside = 0
        own = _own_queue(owner - 1, number, groups, group_stations, officers)
        own_queues[own] = _meld(own_queues[own], place, queued)
    return station.root


@part
def _smallest_own(
    own: int, station: Array, dossiers: Array, queued: Array, own_queues: Array
) -> int:
    """Give the place of the smallest step of an officer's own queue, or 0."""
    while own_queues[own] != 0:
        place = own_queues[own]
        if dossiers[queued[place].dossier].left == MISSING:
            break
        own_queues[own] = _without_root(place, queued)
        _let_go(place, station, queued)
    return own_queues[own]


@part
def _first_joined(
    officer: int, station: Array, plan: Array, dossiers: Array, queued: Array, tallies: Array
) -> int:
    """Give when an officer's step that has queued longest at a station joined; never if none."""
    while station.oldest != 0 and dossiers[queued[station.oldest].dossier].left != MISSING:
        _out_of_line(station.oldest, station, queued)
    place = station.oldest
    while place != 0 and station.has_owner:
        owner = _owner(place, plan, dossiers, queued, tallies)
        is_open = dossiers[queued[place].dossier].left == MISSING
        if is_open and (owner == 0 or owner == officer + 1):
            break
        place = queued[place].younger
    return queued[place].joined if place != 0 else NEVER


# Calendars: rows of openings, closings and open time before; of days, first and last instants


@part
def _advance(number: int, start: int, open_time: int, calendars: Array, hours: Array) -> int:
    low, high = calendars[number].first, calendars[number].last
    return advance(start, open_time, hours[0, low:high], hours[1, low:high], hours[2, low:high])


@part
def _next_open(number: int, instant: int, calendars: Array, hours: Array) -> int:
    low, high = calendars[number].first, calendars[number].last
    return next_open(instant, hours[0, low:high], hours[1, low:high])


@part
def _due_from(
    which: int, number: int, accepted: int, cutoff: int, calendars: Array, hours: Array,
    days: Array, limits: Array, dossiers: Array,
) -> int:  # fmt: skip
    """Give the due instant by one of a dossier's limits, from an instant on."""
    calendar = calendars[dossiers[number].accepting_calendar]
    low, high = calendar.first, calendar.last
    first, last = calendar.first_day, calendar.last_day
    procedure = dossiers[number].procedure
    return due_instant(
        limits[procedure, which, 0], limits[procedure, which, 1], accepted, cutoff,
        hours[0, low:high], hours[1, low:high], hours[2, low:high],
        days[0, first:last], days[2, first:last],
    )  # fmt: skip


# Phase (a)


@part
def _touch_group(number: int, groups: Array, touched: Array) -> None:
    if not groups[number].touched:
        groups[number].touched = True
        touched[0].groups += 1
        touched[touched[0].groups].groups = number


@part
def _shift_boundary(
    number: int, now: int, end: int, calendars: Array, hours: Array, groups: Array,
    officers: Array, rosters: Array, roster_officers: Array, shifts: Array, touched: Array,
) -> None:  # fmt: skip
    """Let the officers of a roster come or go, and await the next boundary of their calendar."""
    roster = rosters[number]
    starts = roster.boundary % 2 == 0
    for place in range(roster.first, roster.last):
        officer = officers[roster_officers[place]]
        officer.on_shift = starts
        if not starts:
            officer.shift_ended = now
        if officer.idle:
            _touch_group(officer.group, groups, touched)
    roster.boundary += 1
    _await_boundary(number, end, calendars, hours, rosters, shifts)


@part
def _await_boundary(
    number: int, end: int, calendars: Array, hours: Array, rosters: Array, shifts: Array
) -> None:
    boundary, calendar = rosters[number].boundary, calendars[rosters[number].calendar]
    interval = calendar.first + boundary // 2
    if interval < calendar.last:
        at = hours[boundary % 2, interval]
        if at < end:
            _push(shifts, at, number, 0)


@part
def _accept(
    number: int, now: int, cutoff: int, calendars: Array, hours: Array, days: Array,
    limits: Array, dossiers: Array,
) -> None:  # fmt: skip
    dossiers[number].accepted = now
    for which in range(2):
        dossiers[number].due[which] = _due_from(
            which, number, now, cutoff, calendars, hours, days, limits, dossiers
        )


@part
def _plan_apology(
    number: int, now: int, calendars: Array, days: Array, limits: Array, dossiers: Array
) -> None:
    """Plan an apology for a dossier whose due instant was set now, if it had none (rule 25)."""
    dossier = dossiers[number]
    days_before = limits[dossier.procedure, 2, 1]
    is_open = dossier.resolved == MISSING and dossier.left == MISSING
    if days_before > 0 and is_open and dossier.apologised == MISSING:
        calendar = calendars[dossier.accepting_calendar]
        first, last = calendar.first_day, calendar.last_day
        dossier.apologised = apology_instant(
            dossier.due[0], days_before, dossier.accepted, now, days[0, first:last],
            days[2, first:last],
        )  # fmt: skip


@part
def _withhold_apology(number: int, now: int, dossiers: Array) -> None:
    """Withhold an apology that was to be sent at the end of this instant, or later."""
    if dossiers[number].apologised >= now:
        dossiers[number].apologised = MISSING


@part
def _pause(
    node: int, change: int, settled: int, plan: Array, dossiers: Array, dossier_of: Array,
    tallies: Array, touched: Array,
) -> None:  # fmt: skip
    """Count a pause that starts or ends, if it lies between acceptance and resolution."""
    dossier = dossiers[dossier_of[node]]
    clock = plan[node + dossier.plan].clock
    if clock == _RUNS or dossier.accepted == MISSING or dossier.resolved != MISSING:
        return
    dossier.pauses += change
    if clock == _RESTARTS:
        if change > 0:
            tallies[node] = settled
        elif tallies[node] < settled:
            dossier.restarts = True
    if not dossier.touched:
        dossier.touched = True
        touched[0].clocks += 1
        touched[touched[0].clocks].clocks = dossier_of[node]


@part
def _await_wait(
    node: int, begins: int, end: int, calendars: Array, hours: Array, stations: Array, plan: Array,
    dossiers: Array, dossier_of: Array, station_of: Array, duration: Array, pending: Array,
) -> None:  # fmt: skip
    """Await the end of a wait of the node's length from `begins` on (rule 12)."""
    dossier = dossiers[dossier_of[node]]
    own = plan[node + dossier.plan]
    ends = begins + duration[node]
    if own.working:
        ends = _advance(dossier.home_calendar, begins, duration[node], calendars, hours)
    if own.appears:
        counter = stations[station_of[node + own.following]]
        ends = _next_open(counter.calendar, ends, calendars, hours)
    if ends < end:
        _push(pending, ends, node, 0)


@part
def _departure(
    node: int, number: int, now: int, calendars: Array, days: Array, stations: Array,
    transfers: Array, departs: Array, station_of: Array,
) -> int:  # fmt: skip
    """Give when a node departs by a rule."""
    rule = transfers[number]
    calendar = calendars[
        stations[station_of[node]].calendar if rule.calendar < 0 else rule.calendar
    ]
    first, last = calendar.first_day, calendar.last_day
    return departure(
        now, departs[rule.first_departs : rule.last_departs], rule.cutoff,
        days[0, first:last], days[1, first:last],
    )  # fmt: skip


@part
def _depart(
    node: int, now: int, end: int, duration: Array, happened: Array, pending: Array
) -> bool:
    """Let a transfer depart; tell whether it arrives at once."""
    happened[node].started = now
    if duration[node] == 0:
        return True
    if now + duration[node] < end:
        _push(pending, now + duration[node], node, 0)
    return False


@part
def _end(
    node: int, now: int, cutoff: int, calendars: Array, hours: Array, days: Array, limits: Array,
    plan: Array, dossiers: Array, dossier_of: Array, happened: Array,
) -> int:  # fmt: skip
    """Let a node end now; give the node that follows, or -1 (rule 13)."""
    number = dossier_of[node]
    dossier = dossiers[number]
    happened[node].ended = now
    own = plan[node + dossier.plan]
    if own.accepts:
        _accept(number, now, cutoff, calendars, hours, days, limits, dossiers)
        _plan_apology(number, now, calendars, days, limits, dossiers)
    if own.resolves:
        _withhold_apology(number, now, dossiers)
        dossier.resolved = now
    if own.following != 0:
        return node + own.following
    dossier.finished = now
    if own.withdraws and dossier.resolved == MISSING:
        _withhold_apology(number, now, dossiers)
        dossier.left = now
    return -1


@part
def _start(
    node: int, now: int, settled: int, end: int, cutoff: int, calendars: Array, hours: Array,
    days: Array, stations: Array, transfers: Array, departs: Array, limits: Array, plan: Array,
    dossiers: Array, dossier_of: Array, station_of: Array, duration: Array, happened: Array,
    tallies: Array, pending: Array, touched: Array, to_start: Array,
) -> None:  # fmt: skip
    """Let a node begin now, and what follows from that at once (rules 10 to 13)."""
    waiting = 1
    to_start[0] = node
    while waiting > 0:
        waiting -= 1
        node = to_start[waiting]
        own = plan[node + dossiers[dossier_of[node]].plan]
        happened[node].joined = now
        ends = False
        if own.kind == _VISIT:
            touched[0].steps += 1
            touched[touched[0].steps].steps = node
        elif own.kind == _WAIT:
            happened[node].started = now
            _pause(node, 1, settled, plan, dossiers, dossier_of, tallies, touched)
            if own.until_due:
                touched[0].waits += 1
                touched[touched[0].waits].waits = node
            else:
                _await_wait(
                    node, now, end, calendars, hours, stations, plan, dossiers, dossier_of,
                    station_of, duration, pending,
                )  # fmt: skip
        elif own.kind == _TRANSFER:
            leaves = _departure(
                node, own.rule, now, calendars, days, stations, transfers, departs, station_of
            )
            if leaves == now:
                ends = _depart(node, now, end, duration, happened, pending)
            elif leaves < end:
                _push(pending, leaves, node, 0)
        elif own.kind == _FORK:
            happened[node].started = happened[node].ended = now
            branch, further = node, own.following
            while further != 0:
                branch += further
                to_start[waiting] = branch
                waiting += 1
                further = plan[branch + dossiers[dossier_of[node]].plan].sibling
        else:
            tallies[node] += 1
            ends = tallies[node] == own.arrivals
            happened[node].joined = happened[node].started = now if ends else MISSING
        if ends:
            following = _end(
                node, now, cutoff, calendars, hours, days, limits, plan, dossiers, dossier_of,
                happened,
            )  # fmt: skip
            if following >= 0:
                to_start[waiting] = following
                waiting += 1


@part
def _happens(
    node: int, by: int, now: int, settled: int, end: int, cutoff: int, calendars: Array,
    hours: Array, days: Array, stations: Array, groups: Array, officers: Array, transfers: Array,
    departs: Array, limits: Array, plan: Array, dossiers: Array, dossier_of: Array,
    station_of: Array, duration: Array, happened: Array, tallies: Array, pending: Array,
    touched: Array, to_start: Array,
) -> None:  # fmt: skip
    """Let what was pending of a node happen: its work or wait ends, it departs or arrives."""
    dossier = dossiers[dossier_of[node]]
    kind = plan[node + dossier.plan].kind
    gone = dossier.left != MISSING
    if kind == _VISIT:
        officer = officers[by]
        officer.idle = True
        group = groups[officer.group]
        group.first_idle = min(group.first_idle, by)
        _touch_group(officer.group, groups, touched)
        if gone:
            happened[node].ended = now
    if gone:
        return
    if kind == _WAIT:
        _pause(node, -1, settled, plan, dossiers, dossier_of, tallies, touched)
    elif kind == _TRANSFER:
        is_leaving = happened[node].started == MISSING
        if is_leaving and not _depart(node, now, end, duration, happened, pending):
            return
    following = _end(
        node, now, cutoff, calendars, hours, days, limits, plan, dossiers, dossier_of, happened
    )
    if following >= 0:
        _start(
            following, now, settled, end, cutoff, calendars, hours, days, stations, transfers,
            departs, limits, plan, dossiers, dossier_of, station_of, duration, happened, tallies,
            pending, touched, to_start,
        )  # fmt: skip


@part
def _arrive(
    number: int, now: int, cutoff: int, calendars: Array, hours: Array, days: Array,
    limits: Array, dossiers: Array,
) -> None:  # fmt: skip
    """Let a dossier arrive; one that is open when the run starts was accepted before (rule 22)."""
    dossier = dossiers[number]
    if dossier.accepted != MISSING:
        given = dossier.due[0]
        _accept(number, dossier.accepted, cutoff, calendars, hours, days, limits, dossiers)
        if given != NEVER:
            dossier.due[0] = given
    elif dossier.on_arrival:
        _accept(number, now, cutoff, calendars, hours, days, limits, dossiers)
    if dossier.accepted != MISSING:
        _plan_apology(number, now, calendars, days, limits, dossiers)


# Phase (b)


@part
def _turn_clocks(
    number: int, now: int, cutoff: int, calendars: Array, hours: Array, days: Array,
    limits: Array, dossiers: Array,
) -> None:  # fmt: skip
    """Stop running clocks while pauses run, let stopped ones go on when none does (rule 15)."""
    dossier = dossiers[number]
    dossier.touched = False
    calendar = calendars[dossier.accepting_calendar]
    low, high = calendar.first, calendar.last
    first, last = calendar.first_day, calendar.last_day
    for which in range(2):
        kind = limits[dossier.procedure, which, 0]
        if kind == _NO_LIMIT:
            continue
        due, stopped = dossier.due[which], dossier.stopped[which] != 0
        if dossier.pauses > 0 and not stopped and now <= due:
            dossier.stopped[which] = 1
            if which == 0:
                _withhold_apology(number, now, dossiers)
            dossier.remaining[which] = remaining_limit(
                kind, due, now, hours[0, low:high], hours[1, low:high], hours[2, low:high],
                days[0, first:last],
            )  # fmt: skip
        elif dossier.pauses == 0 and stopped:
            dossier.stopped[which] = 0
            if dossier.restarts:
                due = _due_from(
                    which, number, now, cutoff, calendars, hours, days, limits, dossiers
                )
            else:
                due = resumed_due(
                    kind, dossier.remaining[which], now, hours[0, low:high], hours[1, low:high],
                    hours[2, low:high], days[0, first:last], days[2, first:last],
                )  # fmt: skip
            dossier.due[which] = due
            if which == 0:
                _plan_apology(number, now, calendars, days, limits, dossiers)
    if dossier.pauses == 0:
        dossier.restarts = False


@part
def _join(
    node: int, now: int, end: int, cutoff: int, calendars: Array, hours: Array, days: Array,
    stations: Array, station_groups: Array, groups: Array, group_stations: Array, officers: Array,
    limits: Array, plan: Array, dossiers: Array, dossier_of: Array, station_of: Array,
    duration: Array, patience: Array, queued: Array, tallies: Array, own_queues: Array,
    impatient: Array, touched: Array,
) -> None:  # fmt: skip
    """Give a step that joined its place in the queue, and its patience (rules 6 and 7)."""
    number = dossier_of[node]
    station = stations[station_of[node]]
    key = now
    if station.discipline == SPT:
        key = duration[node]
    elif station.discipline == EDD and dossiers[number].accepted != MISSING:
        key = dossiers[number].due[0]
    elif station.discipline == EDD:
        key = _due_from(0, number, now, cutoff, calendars, hours, days, limits, dossiers)
    place = _free_place(queued)
    own = queued[place]
    own.key = key
    own.joined = now
    own.priority = dossiers[number].priority
    own.node = node
    own.dossier = number
    own.child = own.beside = own.older = own.younger = 0
    owner = NO_PLACE
    if station.has_owner:
        owner = _owner(place, plan, dossiers, queued, tallies)
    if owner == 0:
        station.root = _meld(station.root, place, queued)
    else:
        its = _own_queue(owner - 1, station_of[node], groups, group_stations, officers)
        own_queues[its] = _meld(own_queues[its], place, queued)
    if station.at_close == CLEAR:
        own.older = station.youngest
        if station.oldest == 0:
            station.oldest = place
        else:
            queued[station.youngest].younger = place
        station.youngest = place
    for at in range(station.first_group, station.last_group):
        _touch_group(station_groups[at], groups, touched)
    if station.has_patience and patience.size > 0 and patience[node] >= 0:
        leaves = _advance(station.calendar, now, patience[node], calendars, hours)
        if leaves < end:
            _push(impatient, leaves, node, 0)


@part
def _may_clear(
    number: int, officers: Array, group: Array, group_stations: Array, stations: Array,
    plan: Array, dossiers: Array, queued: Array, tallies: Array,
) -> bool:  # fmt: skip
    """Tell whether an officer off shift may take what joined before its shift ended (rule 4)."""
    for at in range(group.first_station, group.last_station):
        station = stations[group_stations[at]]
        if (
            station.at_close == CLEAR
            and _first_joined(number, station, plan, dossiers, queued, tallies)
            < officers[number].shift_ended
        ):
            return True
    return False


@part
def _step_for(
    number: int, groups: Array, group_stations: Array, stations: Array, officers: Array,
    plan: Array, dossiers: Array, queued: Array, tallies: Array, own_queues: Array,
) -> int:  # fmt: skip
    """Give the place of the smallest step that an idle officer may take, or 0 (rules 3 to 6)."""
    best = NO_PLACE
    officer = officers[number]
    group = groups[officer.group]
    if not officer.on_shift and not _may_clear(
        number, officers, group, group_stations, stations, plan, dossiers, queued, tallies
    ):
        return best
    for at in range(group.first_station, group.last_station):
        station = stations[group_stations[at]]
        if officer.on_shift or station.at_close == CLEAR:
            place = _smallest(
                group_stations[at], stations, groups, group_stations, officers, plan, dossiers,
                queued, tallies, own_queues,
            )  # fmt: skip
            if place != 0 and (best == 0 or _goes_before(place, best, queued)):
                best = place
            if station.has_owner:
                own = officer.first_own + at - group.first_station
                place = _smallest_own(own, station, dossiers, queued, own_queues)
                if place != 0 and (best == 0 or _goes_before(place, best, queued)):
                    best = place
    return best


@part
def _take(
    number: int, place: int, now: int, end: int, calendars: Array, hours: Array, stations: Array,
    groups: Array, group_stations: Array, officers: Array, rosters: Array, plan: Array,
    dossiers: Array, station_of: Array, duration: Array, happened: Array, taken_by: Array,
    tallies: Array, queued: Array, own_queues: Array, pending: Array,
) -> None:  # fmt: skip
    """Let an officer begin the step that is the smallest of its station, or of its own there."""
    node = queued[place].node
    station = stations[station_of[node]]
    if station.root == place:
        station.root = _without_root(place, queued)
    else:
        own = _own_queue(number, station_of[node], groups, group_stations, officers)
        own_queues[own] = _without_root(place, queued)
    if station.has_owner:
        first = node + plan[node + dossiers[queued[place].dossier].plan].first_here
        tallies[first] = number + 1
    _let_go(place, station, queued)
    officers[number].idle = False
    happened[node].started = now
    taken_by[node] = number
    ends = now + duration[node]
    if station.at_close == SUSPEND:
        roster = rosters[officers[number].roster]
        low, high = calendars[roster.calendar].first, calendars[roster.calendar].last
        last = (roster.boundary + 1) // 2 - 1
        ends = advance_within(
            last, now, duration[node], hours[0, low:high], hours[1, low:high], hours[2, low:high]
        )
    if ends < end:
        _push(pending, ends, node, number)


@part
def _dispatch(
    number: int, now: int, end: int, calendars: Array, hours: Array, stations: Array,
    groups: Array, group_stations: Array, officers: Array, rosters: Array, plan: Array,
    dossiers: Array, station_of: Array, duration: Array, happened: Array, taken_by: Array,
    tallies: Array, queued: Array, own_queues: Array, pending: Array,
) -> None:  # fmt: skip
    """Let a group's idle officers take steps while one of them may (rules 4, 5 and 8)."""
    group = groups[number]
    group.touched = False
    is_awaited = group.has_owner
    for at in range(group.first_station, group.last_station):
        is_awaited = is_awaited or stations[group_stations[at]].root != 0
    if not is_awaited:
        return
    first_idle = group.last_officer
    for officer in range(group.first_idle, group.last_officer):
        if not officers[officer].idle:
            continue
        place = _step_for(
            officer, groups, group_stations, stations, officers, plan, dossiers, queued, tallies,
            own_queues,
        )  # fmt: skip
        if place != 0:
            _take(
                officer, place, now, end, calendars, hours, stations, groups, group_stations,
                officers, rosters, plan, dossiers, station_of, duration, happened, taken_by,
                tallies, queued, own_queues, pending,
            )  # fmt: skip
        else:
            first_idle = min(first_idle, officer)
            if officers[officer].on_shift and not group.has_owner:
                break  # nothing is queued at any of the stations
    group.first_idle = first_idle


# The run


def _run(
    run_start: int, end: int, cutoff: int, calendars: Array, hours: Array, days: Array,
    stations: Array, station_groups: Array, groups: Array, group_stations: Array,
    officers: Array, rosters: Array, roster_officers: Array, transfers: Array, departs: Array,
    limits: Array, plan: Array, dossiers: Array, dossier_of: Array, station_of: Array,
    duration: Array, patience: Array, happened: Array, taken_by: Array, tallies: Array,
    own_queues: Array, queued: Array, pending: Array, impatient: Array, shifts: Array,
    touched: Array, to_start: Array,
) -> None:  # fmt: skip
    """Run one replication, and write what happens.

    Parameters
    ----------
    run_start, end, cutoff
        Instants, and the same-day cut-off in microseconds since midnight.
    calendars
        CALENDAR (C,).
    hours
        Openings, closings and open time before of all intervals, shape (3, I).
    days
        Open days, their first openings and last closings, shape (3, N).
    stations, station_groups
        STATION; the numbers of the groups that serve each.
    groups, group_stations
        GROUP; the numbers of the stations that each serves.
    officers, rosters, roster_officers
        OFFICER, ROSTER; the numbers of each roster's officers.
    transfers, departs
        TRANSFER; hours of departure.
    limits
        Kind and amount of each procedure's limit, of its statutory one, and of the time before it
        is due at which apologies are sent, 0 days without. Shape (P, 3, 2).
    plan, dossiers
        PLAN, DOSSIER; what happens to dossiers is written here.
    dossier_of, station_of, duration, patience
        Of each node, as the docket has them, shape (S,).
    happened, taken_by
        HAPPENED, each `MISSING`, and the node's officer, `NOBODY`, shape (S,): written here.
    tallies
        Of each wait the round of (b) before which it began, of each join how many branches
        came, of a dossier's first visit at a station with owners 1 more than the officer who
        had it there, shape (S,): zeros, written here.
    own_queues
        Of each officer and each station that it serves, the root of the heap of those steps that
        nobody else may take: zeros, written here.
    queued
        Room for places in queues, QUEUED (S + 1,), its first row of zeros.
    pending, impatient, shifts
        Room for heaps, EVENT (S + 1,) and (R + 1,), their first row of zeros.
    touched, to_start
        Room for lists, TOUCHED (more than S, D and G), its first row of zeros; (S + 1,).
    """
    for number in range(rosters.size):
        roster = rosters[number]
        calendar = calendars[roster.calendar]
        opens = hours[0, calendar.first : calendar.last]
        closes = hours[1, calendar.first : calendar.last]
        interval = bisect_left(closes, run_start)
        roster.boundary = 2 * interval
        if interval < closes.size and opens[interval] < run_start:
            roster.boundary += 1
            for place in range(roster.first, roster.last):
                officers[roster_officers[place]].on_shift = run_start < closes[interval]
        _await_boundary(number, end, calendars, hours, rosters, shifts)
    arriving = settled = 0
    while True:
        arrives = dossiers[arriving].arrived if arriving < dossiers.size else NEVER
        now = min(arrives, _first(pending), _first(shifts), _first(impatient))
        if now >= end:
            break
        while True:
            while _first(shifts) == now:
                _shift_boundary(
                    _pop(shifts)[0], now, end, calendars, hours, groups, officers, rosters,
                    roster_officers, shifts, touched,
                )  # fmt: skip
            while arriving < dossiers.size and dossiers[arriving].arrived == now:
                _arrive(arriving, now, cutoff, calendars, hours, days, limits, dossiers)
                _start(
                    dossiers[arriving].first_node, now, settled, end, cutoff, calendars, hours,
                    days, stations, transfers, departs, limits, plan, dossiers, dossier_of,
                    station_of, duration, happened, tallies, pending, touched, to_start,
                )  # fmt: skip
                arriving += 1
                _prefetch_arrival(
                    arriving, dossiers, dossier_of, station_of, duration, happened, taken_by
                )
            while _first(pending) == now:
                node, officer = _pop(pending)
                _prefetch_node(pending[1].number, dossier_of, station_of, duration, happened)
                _happens(
                    node, officer, now, settled, end, cutoff, calendars, hours, days, stations,
                    groups, officers, transfers, departs, limits, plan, dossiers, dossier_of,
                    station_of, duration, happened, tallies, pending, touched, to_start,
                )  # fmt: skip
            if touched[0].steps + touched[0].waits + touched[0].clocks + touched[0].groups == 0:
                break
            # Phase (b): clocks, waits until due, keys, officers (rule 8)
            settled += 1
            for place in range(1, touched[0].clocks + 1):
                _turn_clocks(
                    touched[place].clocks, now, cutoff, calendars, hours, days, limits, dossiers
                )
            for place in range(1, touched[0].waits + 1):
                node = touched[place].waits
                _await_wait(
                    node, max(dossiers[dossier_of[node]].due[0], now), end, calendars, hours,
                    stations, plan, dossiers, dossier_of, station_of, duration, pending,
                )  # fmt: skip
            for place in range(1, touched[0].steps + 1):
                _join(
                    touched[place].steps, now, end, cutoff, calendars, hours, days, stations,
                    station_groups, groups, group_stations, officers, limits, plan, dossiers,
                    dossier_of, station_of, duration, patience, queued, tallies, own_queues,
                    impatient, touched,
                )  # fmt: skip
            _sort_groups(touched)
            for place in range(1, touched[0].groups + 1):
                _dispatch(
                    touched[place].groups, now, end, calendars, hours, stations, groups,
                    group_stations, officers, rosters, plan, dossiers, station_of, duration,
                    happened, taken_by, tallies, queued, own_queues, pending,
                )  # fmt: skip
            touched[0].steps = touched[0].waits = touched[0].clocks = touched[0].groups = 0
        while _first(impatient) == now:
            node, _ = _pop(impatient)
            dossier = dossiers[dossier_of[node]]
            if happened[node].started == MISSING and dossier.left == MISSING:
                _withhold_apology(dossier_of[node], now, dossiers)
                dossier.left = dossier.finished = now


run = kept(_run, _calendars, _deadlines, _departures, _durations, told=(CLOCKS, list(NodeKind)))
