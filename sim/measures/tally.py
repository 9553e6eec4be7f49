"""Going once through the visits of a replication, counting and adding up.

Any Python runs these functions, and where numba works `sim.compiling` makes them fast. They make no
array: `sim.measures.visits` gives them those that they read, and room to write to.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from sim.calendars import (
    CLOSINGS_FROM,
    CLOSINGS_TO,
    OPENS_FROM,
    OPENS_TO,
    advance,
    open_time_by,
)
from sim.durations import DAY, HOUR, MINUTE, MISSING, NEVER

Array = Any
SLOTS = 7 * 24
"""Hours of a week, from Monday's first."""
SERVED, LEFT, OVER_ALLOTMENT, QUEUED, STARTED, WAITED = range(6)
"""Of a station: visits that ended in the period; that left in it as their own patience was over;
that ended in it after more open time than their allotment; open time of the period queued by all;
visits that started in the period; that queued in it for any time.
"""
SERVED_BY, BUSY, OVERTIME = range(3)
"""Of a group: visits that ended in the period; time at work in it, on shift and off."""


def count(
    first_node: Array, template: Array, station: Array, plan_first: Array, is_visit: Array,
    visits: Array,
) -> None:  # fmt: skip
    """Count the visits that routes hold to each station, written to `visits`; see `go_through`."""
    for dossier in range(len(template)):
        moved = plan_first[template[dossier]] - first_node[dossier]
        for node in range(first_node[dossier], first_node[dossier + 1]):
            if is_visit[node + moved]:
                visits[station[node]] += 1


def go_through(
    start: int, end: int, first_node: Array, template: Array, station: Array, plan_first: Array,
    is_visit: Array, allotment: Array, is_present: Array, left: Array, patience: Array,
    instants: Array, officer: Array, calendar_of: Array, counter: Array, suspends: Array,
    first_visit: Array, group_of: Array, shift_of: Array, places: Array, opens: Array,
    closes: Array, before: Array, opened: Array, closings: Array, of_station: Array,
    of_group: Array, trips: Array, minutes: Array, waits: Array, changes: Array, joined_at: Array,
    minutes_at: Array,
) -> None:  # fmt: skip
    """Go through all visits, in the order of nodes.

    Parameters
    ----------
    start, end
        The period, in microseconds, as all instants and durations; nothing happens from its end on.
    first_node, template, left
        Of each dossier, shape (D + 1,), (D,) and (D,).
    station, patience, instants, officer
        Of each node, shape (S,), `patience` (0,) if nobody has any, `instants` (S, 3).
    plan_first, is_visit, allotment, is_present
        Where the nodes of each template begin, (T + 1,); of these nodes, whether it is a visit, and
        its allotment, `NEVER` for none, (N,); of each template, whether the citizen is present.
    calendar_of, counter, suspends, first_visit
        Of each station the numbers of its calendar and of its counter, or -1, whether closing
        suspends work, and where in `waits` there is room for its visits.
    group_of, shift_of
        Of each officer, numbers of its group and of its calendar.
    places, opens, closes, before, opened, closings
        The calendars, as in `sim.calendars.Timetables`.
    of_station, of_group
        Written here: the columns named above, shape (stations, 6) and (groups, 3).
    trips, minutes
        Written here: of each dossier its visits in person and its wait at counters, shape (D,).
    waits
        Written here: minutes of open time for which those who started in the period queued.
    changes
        Written here: of each who queued in the period when it joined and when it left the queue,
        each doubled, and 1 more for joining; from twice `first_visit` on.
    joined_at, minutes_at
        Written here: of each counter and slot, how many among `waits` whose citizens are present
        joined then, and how long they queued, shape (counters, `SLOTS`).
    """
    for dossier in range(len(template)):
        present = is_present[template[dossier]]
        moved = plan_first[template[dossier]] - first_node[dossier]
        for node in range(first_node[dossier], first_node[dossier + 1]):
            joined, started, ended = instants[node, 0], instants[node, 1], instants[node, 2]
            if joined == MISSING or not is_visit[node + moved]:
                continue
            at = station[node]
            calendar = calendar_of[at]
            until = started
            if started == MISSING:
                until = end if left[dossier] == MISSING else left[dossier]
            queued = 0
            if until > joined:
                queued = open_time_by(
                    calendar, joined, until, places, opens, closes, before, opened
                )
            if until > max(joined, start):
                since = max(joined, start)
                change = 2 * (first_visit[at] + of_station[at, WAITED])
                changes[change] = 2 * since + 1
                changes[change + 1] = 2 * until
                of_station[at, WAITED] += 1
                of_station[at, QUEUED] += (
                    queued
                    if since == joined
                    else open_time_by(calendar, since, until, places, opens, closes, before, opened)
                )
            if started == MISSING:
                if len(patience) > 0 and start <= until < end and patience[node] >= 0:
                    low, high = places[calendar, OPENS_FROM], places[calendar, OPENS_TO]
                    impatient = advance(
                        joined, patience[node],
                        opens[low:high], closes[low:high], before[low:high],
                    )  # fmt: skip
                    if impatient == until:
                        of_station[at, LEFT] += 1
                continue

            if counter[at] >= 0:
                minutes[dossier] += queued / MINUTE
            if counter[at] >= 0 and present:
                trips[dossier] += 1
                if queued < started - joined or joined // DAY < started // DAY:
                    trips[dossier] += _sent_home(calendar, joined, started, places, closings)
            if started >= start:
                waits[first_visit[at] + of_station[at, STARTED]] = queued / MINUTE
                of_station[at, STARTED] += 1
                if counter[at] >= 0 and present:
                    # 1970-01-01 was a Thursday.
                    slot = (joined // DAY + 3) % 7 * 24 + joined % DAY // HOUR
                    joined_at[counter[at], slot] += 1
                    minutes_at[counter[at], slot] += queued / MINUTE

            group = group_of[officer[node]]
            if ended >= start:
                of_station[at, SERVED] += 1
                of_group[group, SERVED_BY] += 1
                if allotment[node + moved] < NEVER:
                    taken = open_time_by(
                        calendar, joined, ended, places, opens, closes, before, opened
                    )
                    if taken > allotment[node + moved]:
                        of_station[at, OVER_ALLOTMENT] += 1
            since = max(started, start)
            until = end if ended == MISSING else max(ended, start)
            shift = shift_of[officer[node]]
            on_shift = open_time_by(shift, since, until, places, opens, closes, before, opened)
            of_group[group, BUSY] += on_shift
            if not suspends[at]:
                of_group[group, OVERTIME] += until - since - on_shift


def _sent_home(calendar: int, joined: int, started: int, places: Array, closings: Array) -> int:
    """Count the days' last closings while a visit queued, each of which sends the citizen home."""
    low, high = places[calendar, CLOSINGS_FROM], places[calendar, CLOSINGS_TO]
    first = low + bisect_right(closings[low:high], joined)
    passed = first
    while passed < high and closings[passed] < started:
        passed += 1
    return int(passed - first)


PARTS = (_sent_home,)
"""What `go_through` calls."""


def longest(changes: Array) -> int:
    """Give the longest queue at the end of any instant, from when each step joined and left it.

    Instants are doubled, and 1 more for joining, and ascend: at each, first all leave, then all
    join.
    """
    queue = most = 0
    for change in changes:
        if change % 2 == 1:
            queue += 1
            most = max(most, queue)
        else:
            queue -= 1
    return most
