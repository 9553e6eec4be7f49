"""Calendars: when an office is open or an officer on shift, and arithmetic on that time.

The arithmetic (`open_until`, `advance`, …) is written as functions of plain integers and
sorted arrays, so that every engine calls the same code; `Calendar` holds the arrays.
Rules 1 and 2 of docs/rules.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.durations import DAY, NEVER, date_of, day_number
from sim.errors import quoted
from sim.grouping import by_number

Instants = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Calendar:
    """A sorted set of disjoint half-open intervals in local time.

    Parameters
    ----------
    opens, closes
        Bounds of the intervals, shape (n,), in microseconds; touching intervals are joined.
    """

    opens: tuple[int, ...]
    closes: tuple[int, ...]

    @cached_property
    def before(self) -> tuple[int, ...]:
        """Open time before each interval, in microseconds, shape (n,)."""
        return tuple(self.intervals[2].tolist())

    @cached_property
    def open_days(self) -> tuple[int, ...]:
        """Dates with any open time, as days since 1970-01-01, ascending."""
        return tuple(self._edges_by_day)

    @cached_property
    def first_openings(self) -> tuple[int, ...]:
        """First open instant of each open day, intervals cut at midnight."""
        return tuple(first for first, _ in self._edges_by_day.values())

    @cached_property
    def last_closings(self) -> tuple[int, ...]:
        """Last closing of each open day, intervals cut at midnight."""
        return tuple(last for _, last in self._edges_by_day.values())

    @cached_property
    def _edges_by_day(self) -> dict[int, tuple[int, int]]:
        edges: dict[int, tuple[int, int]] = {}
        for opening, closing in zip(self.opens, self.closes, strict=True):
            for day in range(opening // DAY, (closing - 1) // DAY + 1):
                first, last = max(opening, day * DAY), min(closing, (day + 1) * DAY)
                edges[day] = (edges[day][0] if day in edges else first, last)
        return edges

    def is_open(self, instant: int) -> bool:
        """Tell whether the calendar is open at `instant`."""
        return is_open(instant, self.opens, self.closes)

    def open_time(self, start: int, end: int) -> int:
        """Give the open time between two instants, in microseconds (rule 2)."""
        return open_until(end, self.opens, self.closes, self.before) - open_until(
            start, self.opens, self.closes, self.before
        )

    def open_times(self, start: Instants, end: Instants) -> Instants:
        """Give the open time between many pairs of instants, shape (n,), in microseconds."""
        return self._open_times_until(end) - self._open_times_until(start)

    def _open_times_until(self, instants: Instants) -> Instants:
        """Give the open time from the calendar's beginning to many instants, shape (n,)."""
        first_date, opened_before = self.opened_by_date
        date = np.clip(instants // DAY - first_date, 0, opened_before.size - 1)
        opened = opened_before.take(date)
        opens, closes, before = self._until_opened
        for _ in range(int(np.diff(opened_before).max(initial=0))):
            opened += opens.take(opened) <= instants
        passed: Instants = before.take(opened) + np.minimum(instants, closes.take(opened))
        return passed

    @cached_property
    def opened_by_date(self) -> tuple[int, NDArray[np.intp]]:
        """The first date, and how many intervals opened before each date from it on."""
        first, last = (self.opens[0] // DAY, self.opens[-1] // DAY + 1) if self.opens else (0, 0)
        midnights = np.arange(first, last + 1) * DAY
        return first, np.searchsorted(self.intervals[0], midnights)

    @cached_property
    def _until_opened(self) -> Instants:
        """Give what holds until an instant by how many intervals opened till then.

        Rows are the next opening, the last closing and open time before the last interval less
        its opening, shape (3, n + 1).
        """
        opens, closes, before = self.intervals
        after_all = np.iinfo(np.int64).max
        return np.stack([
            np.append(opens, after_all),
            np.append(-NEVER, closes),
            np.append(NEVER, before - opens),
        ])  # fmt: skip

    @cached_property
    def intervals(self) -> Instants:
        """Opening and closing of each interval, and open time before it, shape (3, n)."""
        opens, closes = np.array([self.opens, self.closes], np.int64)
        lengths = closes - opens
        return np.stack([opens, closes, np.cumsum(lengths) - lengths])

    def advance(self, start: int, open_time: int) -> int:
        """Give the first instant at which `open_time` has passed since `start` (rule 2)."""
        return advance(start, open_time, self.opens, self.closes, self.before)

    def next_open(self, instant: int) -> int:
        """Give `instant` if open then, else the next opening, else never."""
        return next_open(instant, self.opens, self.closes)

    def without(self, dates: Iterable[int]) -> Calendar:
        """Cut out whole dates (days since 1970-01-01)."""
        return _minus(self, [(day * DAY, (day + 1) * DAY) for day in sorted(set(dates))])

    def starting(self, instant: int) -> Calendar:
        """Cut off everything before `instant`."""
        return _minus(self, [(-NEVER, instant)])

    def ending(self, instant: int) -> Calendar:
        """Cut off everything from `instant` on."""
        return _minus(self, [(instant, NEVER)])


def _minus(calendar: Calendar, holes: Sequence[tuple[int, int]]) -> Calendar:
    """Cut out holes, ascending and disjoint; only the intervals among them are gone through."""
    if not holes:
        return calendar
    low = bisect_right(calendar.closes, holes[0][0])
    high = max(low, bisect_left(calendar.opens, holes[-1][1]))
    kept: list[tuple[int, int]] = []
    first = 0
    for opening, closing in zip(calendar.opens[low:high], calendar.closes[low:high], strict=True):
        while first < len(holes) and holes[first][1] <= opening:
            first += 1
        start = opening
        for hole_start, hole_end in holes[first:]:
            if hole_start >= closing:
                break
            if start < hole_start:
                kept.append((start, hole_start))
            start = max(start, hole_end)
        if start < closing:
            kept.append((start, closing))
    return Calendar(
        (*calendar.opens[:low], *(start for start, _ in kept), *calendar.opens[high:]),
        (*calendar.closes[:low], *(end for _, end in kept), *calendar.closes[high:]),
    )


def told_apart(calendars: Iterable[Calendar]) -> tuple[list[Calendar], NDArray[np.intp]]:
    """Give the distinct ones of some calendars, and for each its place among these."""
    places: dict[Calendar, int] = {}
    numbers = [places.setdefault(calendar, len(places)) for calendar in calendars]
    return list(places), np.array(numbers, np.intp)


OPENS_FROM, OPENS_TO, FIRST_DATE, DATES_FROM, DATES_TO, CLOSINGS_FROM, CLOSINGS_TO = range(7)
"""Columns of `Timetables.places`."""


@dataclass(frozen=True)
class Timetables:
    """Several calendars as arrays, one after another, for `open_time_by`.

    Parameters
    ----------
    places
        Of each calendar, where its intervals begin and end, its first date, and where its dates in
        `opened` and its `closings` begin and end, shape (C, 7); its columns are named above.
    opens, closes, before
        Of each interval its bounds, and its calendar's open time before it.
    opened
        Of each date the first interval that did not open before it.
    closings
        The last closing of each open day.
    """

    places: Instants
    opens: Instants
    closes: Instants
    before: Instants
    opened: Instants
    closings: Instants


def timetables(calendars: Sequence[Calendar]) -> Timetables:
    """Put several calendars one after another."""
    places = np.zeros((len(calendars), 7), np.int64)
    hours = np.concatenate([calendar.intervals for calendar in calendars], axis=1)
    dates = [calendar.opened_by_date for calendar in calendars]
    closings = [np.array(calendar.last_closings, np.int64) for calendar in calendars]
    places[:, FIRST_DATE] = [first_date for first_date, _ in dates]
    for first, parts in (
        (OPENS_FROM, [calendar.opens for calendar in calendars]),
        (DATES_FROM, [own for _, own in dates]),
        (CLOSINGS_FROM, closings),
    ):
        ends = np.cumsum([len(part) for part in parts])
        places[1:, first], places[:, first + 1] = ends[:-1], ends
    return Timetables(
        places,
        hours[0],
        hours[1],
        hours[2],
        np.concatenate(
            [own + first for (_, own), first in zip(dates, places[:, OPENS_FROM], strict=True)]
        ),
        np.concatenate(closings),
    )


def open_times_by(
    calendars: Sequence[Calendar], which: NDArray[np.intp], start: Instants, end: Instants
) -> Instants:
    """Give the open time between many pairs of instants, each by one of several calendars.

    Parameters
    ----------
    calendars
        Distinct ones.
    which
        The place of each pair's calendar, shape (n,).
    start, end
        Shape (n,).

    Returns
    -------
    array
        In microseconds, shape (n,).
    """
    order, first = by_number(which, len(calendars))
    passed: Instants = np.empty_like(start)
    for number in np.flatnonzero(np.diff(first)).tolist():
        own = order[first[number] : first[number + 1]]
        if own.size == which.size:
            return calendars[number].open_times(start, end)
        passed[own] = calendars[number].open_times(start[own], end[own])
    return passed


def calendar_of(intervals: Iterable[tuple[int, int]]) -> Calendar:
    """Make a calendar of intervals in any order; those that touch or overlap are joined."""
    joined: list[list[int]] = []
    for opening, closing in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if joined and opening <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], closing)
        else:
            joined.append([opening, closing])
    return Calendar(
        tuple(opening for opening, _ in joined), tuple(closing for _, closing in joined)
    )


def weekly_calendar(
    first: date,
    last: date,
    hours: Mapping[int, Sequence[tuple[int, int]]],
    closed: Iterable[date] = (),
    opened: Mapping[date, Sequence[tuple[int, int]]] | None = None,
) -> Calendar:
    """Repeat a week's hours between two dates, both included.

    Parameters
    ----------
    first, last
        The dates between which the calendar may be open.
    hours
        For each weekday (0 is Monday) its intervals, in microseconds since midnight.
    closed
        Dates closed all day, such as holidays.
    opened
        Dates with hours of their own, in place of the week's and of `closed`.
    """
    own = opened or {}
    shut = set(closed)
    intervals: list[tuple[int, int]] = []
    for number in range(day_number(first), day_number(last) + 1):
        day = date_of(number)
        of_day = own.get(day, () if day in shut else hours.get(day.weekday(), ()))
        intervals.extend((number * DAY + start, number * DAY + end) for start, end in of_day)
    return calendar_of(intervals)


@lru_cache
def public_holidays(country: str, first_year: int, last_year: int) -> tuple[date, ...]:
    """List a country's public holidays, days in lieu included.

    Parameters
    ----------
    country
        ISO 3166 code, such as ``VN``.
    first_year, last_year
        Both included.

    Raises
    ------
    ValueError
        If the country is not known.
    """
    import holidays

    try:
        found = holidays.country_holidays(country, years=range(first_year, last_year + 1))
    except NotImplementedError:
        raise ValueError(
            f"no public holidays are known for {quoted(country)}; write an ISO 3166 country code "
            "such as VN, or list the dates under `closed`"
        ) from None
    return tuple(sorted(found))


def is_open(instant: int, opens: Sequence[int], closes: Sequence[int]) -> bool:
    """Tell whether some interval holds `instant`."""
    at = bisect_right(opens, instant) - 1
    return at >= 0 and instant < closes[at]


def open_until(
    instant: int, opens: Sequence[int], closes: Sequence[int], before: Sequence[int]
) -> int:
    """Give the open time from the calendar's beginning to `instant`, in microseconds."""
    return _open_until(bisect_right(opens, instant) - 1, instant, opens, closes, before)


def _open_until(
    last: int, instant: int, opens: Sequence[int], closes: Sequence[int], before: Sequence[int]
) -> int:
    """Do so when it is known which interval opened last, -1 for none."""
    return before[last] + min(instant, closes[last]) - opens[last] if last >= 0 else 0


def advance(
    start: int,
    open_time: int,
    opens: Sequence[int],
    closes: Sequence[int],
    before: Sequence[int],
) -> int:
    """Give the first instant at which `open_time` has passed since `start` (rule 2)."""
    return advance_within(bisect_right(opens, start) - 1, start, open_time, opens, closes, before)


def advance_within(
    last: int,
    start: int,
    open_time: int,
    opens: Sequence[int],
    closes: Sequence[int],
    before: Sequence[int],
) -> int:
    """Advance from `start`, when it is known which interval opened last, -1 for none."""
    if open_time == 0:
        return start
    if last >= 0 and start + open_time <= closes[last]:
        return start + open_time
    target = _open_until(last, start, opens, closes, before) + open_time
    at = bisect_left(before, target) - 1
    end = opens[at] + target - before[at] if at >= 0 else NEVER
    return end if at >= 0 and end <= closes[at] else NEVER


def next_open(instant: int, opens: Sequence[int], closes: Sequence[int]) -> int:
    """Give `instant` if open then, else the next opening, else never."""
    at = bisect_right(opens, instant)
    if at > 0 and instant < closes[at - 1]:
        return instant
    return opens[at] if at < len(opens) else NEVER


def open_time_by(
    number: int,
    start: int,
    end: int,
    places: Any,
    opens: Sequence[int],
    closes: Sequence[int],
    before: Sequence[int],
    opened: Sequence[int],
) -> int:
    """Give the open time from one instant to a later one by one of several calendars."""
    first = places[number, OPENS_FROM]
    last = _last_opened(number, start, places, opens, opened)
    if last >= first and end <= closes[last]:
        return end - start
    passed = _open_until(last, start, opens, closes, before) if last >= first else 0
    last = _last_opened(number, end, places, opens, opened)
    return _open_until(last, end, opens, closes, before) - passed if last >= first else 0


def _last_opened(
    number: int, instant: int, places: Any, opens: Sequence[int], opened: Sequence[int]
) -> int:
    """Give the interval that opened last until an instant, one before the first for none."""
    date = places[number, DATES_FROM] + max(instant // DAY - places[number, FIRST_DATE], 0)
    at: int = opened[min(date, places[number, DATES_TO] - 1)]
    while at < places[number, OPENS_TO] and opens[at] <= instant:
        at += 1
    return at - 1
