"""Due instants and what pauses do to them (rules 14 and 15 of docs/rules.md).

Written as functions of plain integers and sorted sequences: `opens`, `closes` and `before`
are a calendar's intervals, `days` its open days and `closings` their last closings, all of
the office that accepted the dossier.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.calendars import advance, open_until
from sim.durations import DAY, MISSING, NEVER

Instant = TypeVar("Instant", int, NDArray[np.int64])


class LimitKind(IntEnum):
    """How a time limit is counted."""

    NONE = 0
    SAME_DAY = 1
    WORKING_DAYS = 2
    WORKING_HOURS = 3
    DAYS = 4
    CLOCK = 5


COUNTED_IN_DAYS = (LimitKind.WORKING_DAYS, LimitKind.DAYS)


def due_instant(
    kind: int,
    amount: int,
    accepted: int,
    cutoff: int,
    opens: Sequence[int],
    closes: Sequence[int],
    before: Sequence[int],
    days: Sequence[int],
    closings: Sequence[int],
) -> int:
    """Give the instant by which a dossier must be resolved (rule 14).

    Parameters
    ----------
    kind, amount
        The limit: a `LimitKind` and its days, or its microseconds.
    accepted
        The instant from which it counts, in microseconds.
    cutoff
        The same-day cut-off, in microseconds since midnight.

    Returns
    -------
    int
        The due instant; `NEVER` without a limit, or beyond the calendar.
    """
    day = accepted // DAY
    if kind == LimitKind.SAME_DAY:
        today = bisect_left(days, day)
        if (
            today < len(days)
            and days[today] == day
            and accepted - day * DAY < cutoff
            and accepted < closings[today]
        ):
            return closings[today]
        return _closing(bisect_right(days, day), closings)
    if kind == LimitKind.WORKING_DAYS:
        return _closing(bisect_right(days, day) + amount - 1, closings)
    if kind == LimitKind.WORKING_HOURS:
        return advance(accepted, amount, opens, closes, before)
    if kind == LimitKind.DAYS:
        return _closing(bisect_left(days, day + amount), closings)
    if kind == LimitKind.CLOCK:
        return accepted + amount
    return NEVER


def remaining_limit(
    kind: int,
    due: int,
    stopped: int,
    opens: Sequence[int],
    closes: Sequence[int],
    before: Sequence[int],
    days: Sequence[int],
) -> int:
    """Give what remains of a limit when its clock stops (rule 15).

    Returns
    -------
    int
        Counted days for limits in days, open time for working hours, clock time for the rest,
        in microseconds; 0 for the same day.
    """
    if due == NEVER:
        return NEVER
    if kind == LimitKind.WORKING_DAYS:
        return max(0, bisect_right(days, due_day(due)) - bisect_right(days, stopped // DAY))
    if kind == LimitKind.DAYS:
        return max(0, due_day(due) - stopped // DAY)
    if kind == LimitKind.WORKING_HOURS:
        return open_until(due, opens, closes, before) - open_until(stopped, opens, closes, before)
    if kind == LimitKind.CLOCK:
        return due - stopped
    return 0


def resumed_due(
    kind: int,
    remaining: int,
    resumed: int,
    opens: Sequence[int],
    closes: Sequence[int],
    before: Sequence[int],
    days: Sequence[int],
    closings: Sequence[int],
) -> int:
    """Give the new due instant when a stopped clock goes on (rule 15).

    Parameters
    ----------
    kind
        The limit's `LimitKind`.
    remaining
        What `remaining_limit` gave when the clock stopped.
    resumed
        The instant at which it goes on.
    """
    if remaining == NEVER:
        return NEVER
    if kind == LimitKind.WORKING_HOURS:
        return advance(resumed, remaining, opens, closes, before)
    if kind == LimitKind.CLOCK:
        return resumed + remaining
    day = resumed // DAY
    if remaining == 0 or kind == LimitKind.SAME_DAY:
        today = bisect_left(days, day)
        if today < len(days) and days[today] == day and resumed > closings[today]:
            today += 1
        return _closing(today, closings)
    if kind == LimitKind.DAYS:
        return _closing(bisect_left(days, day + remaining), closings)
    return _closing(bisect_right(days, day) + remaining - 1, closings)


def apology_instant(
    due: int,
    days_before: int,
    accepted: int,
    since: int,
    days: Sequence[int],
    closings: Sequence[int],
) -> int:
    """Give when an apology is sent for a dossier that is still open then (rule 25).

    Parameters
    ----------
    due
        The due instant, as it was set at `since`.
    days_before
        How many open days before the due date, at least 1.
    accepted
        The instant of acceptance.

    Returns
    -------
    int
        A last closing; `MISSING` if that is past, or not after the day of acceptance.
    """
    place = bisect_left(days, due_day(due)) - days_before
    if due == NEVER or place < 0 or days[place] <= accepted // DAY or closings[place] < since:
        return MISSING
    return closings[place]


def new_date(
    apologised: NDArray[np.int64], days_on: int, days: Sequence[int], closings: Sequence[int]
) -> NDArray[np.int64]:
    """Give the new dates that apologies promise (rule 25).

    Parameters
    ----------
    apologised
        When they were sent, each a last closing, shape (n,).
    days_on
        How many open days later.

    Returns
    -------
    array
        Last closings, shape (n,); `NEVER` beyond the calendar.
    """
    places = np.searchsorted(days, due_day(apologised), side="right") + days_on - 1
    dates: NDArray[np.int64] = np.append(closings, NEVER)[places.clip(max=len(closings))]
    return dates


def due_day(due: Instant) -> Instant:
    """Give the date of a due instant: a closing at midnight belongs to the day it ends."""
    return (due - 1) // DAY


def _closing(at: int, closings: Sequence[int]) -> int:
    return closings[at] if at < len(closings) else NEVER
