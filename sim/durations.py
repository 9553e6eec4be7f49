"""Durations and instants as integers, and durations as people write them.

Every duration is a whole number of microseconds; every instant is the whole number of
microseconds since 1970-01-01T00:00 local time, the same eight bytes as ``datetime64[us]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sim.errors import quoted
from sim.habits import knowing_habits

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
WORKING_DAY = 8 * HOUR
LONGEST = 100 * 365 * DAY
"""The cap of every draw: 100 years of 365 days."""
NEVER = 2**62
"""An instant after every other; what lies beyond the calendars happens then."""
MISSING = -(2**63)
"""What did not happen: the bytes of ``NaT``."""

_EPOCH = date(1970, 1, 1)
_UNITS = {
    "s": SECOND,
    "second": SECOND,
    "seconds": SECOND,
    "min": MINUTE,
    "minute": MINUTE,
    "minutes": MINUTE,
    "h": HOUR,
    "hour": HOUR,
    "hours": HOUR,
    "day": DAY,
    "days": DAY,
    "week": WEEK,
    "weeks": WEEK,
}
_WORKING_UNITS = {
    "min": MINUTE,
    "minute": MINUTE,
    "minutes": MINUTE,
    "h": HOUR,
    "hour": HOUR,
    "hours": HOUR,
    "day": WORKING_DAY,
    "days": WORKING_DAY,
}
UNITS = (*_UNITS, *(f"working {unit}" for unit in _WORKING_UNITS))
_WRITTEN = re.compile(
    r"(?P<number>[0-9]{1,30}(?:\.[0-9]{1,30})?)\s*(?P<working>working\s+)?(?P<unit>[a-zA-Z]+)"
)
_CLOCK = re.compile(r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})")
_WAY_OUT = "write a number and a unit, such as `15 min`, `2 h`, `1.5 days` or `2 working days`"


@dataclass(frozen=True)
class Duration:
    """A length of time.

    Parameters
    ----------
    us
        Microseconds, not negative.
    working
        Whether it is open time of an office (``working min``, ``working h``, ``working
        days`` of 8 h) rather than clock time.
    calendar_unit
        Whether it was written in ``days`` or ``weeks``, which an officer's work cannot be.
    """

    us: int
    working: bool = False
    calendar_unit: bool = False

    def __str__(self) -> str:
        if self.working:
            units = [("working days", WORKING_DAY), ("working h", HOUR), ("working min", MINUTE)]
        elif self.calendar_unit:
            units = [("days", DAY)]
        else:
            units = [("h", HOUR), ("min", MINUTE), ("s", SECOND)]
        for unit, size in units:
            if self.us % size == 0 and self.us:
                return f"{self.us // size} {unit}"
        unit, size = units[-1]
        return f"{_decimal(Fraction(self.us, size))} {unit}"


def _decimal(number: Fraction) -> str:
    """Write an exact fraction with as many digits as the microsecond needs."""
    return f"{float(number):.12f}".rstrip("0").rstrip(".")


@knowing_habits
def parse_duration(text: object) -> Duration:
    """Read a duration such as ``15 min`` or ``2 working days``.

    Parameters
    ----------
    text
        What the user wrote; a `Duration` is returned as it is.

    Returns
    -------
    Duration
        Rounded half-even to whole microseconds.

    Raises
    ------
    ValueError
        If it is not a number with a unit; the message says what would be.
    """
    if isinstance(text, Duration):
        return text
    if not isinstance(text, str):
        fault = "is not a duration"
        if isinstance(text, int | float) and not isinstance(text, bool):
            fault = "has no unit"
        raise ValueError(f"{quoted(text)} {fault}; {_WAY_OUT}")
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        if text.strip().startswith("-"):
            raise ValueError(f"{quoted(text)} is negative; a duration is 0 or more")
        raise ValueError(f"{quoted(text)} is not a duration; {_WAY_OUT}")
    working = match["working"] is not None
    units = _WORKING_UNITS if working else _UNITS
    if match["unit"] not in units:
        known = (
            "`working min`, `working h`, `working days`" if working else "s, min, h, days, weeks"
        )
        raise ValueError(f"{quoted(text)} has an unknown unit; the units are {known}")
    us = round(Fraction(match["number"]) * units[match["unit"]])
    if us > NEVER // 4:
        raise ValueError(f"{quoted(text)} is longer than 30,000 years")
    return Duration(us, working, not working and match["unit"][0] in "dw")


@knowing_habits
def parse_time_of_day(text: object) -> int:
    """Read an hour of the day such as ``15:00``; ``24:00`` is the day's end.

    Returns
    -------
    int
        Microseconds since midnight.

    Raises
    ------
    ValueError
        If it is not written HH:MM.
    """
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if match is None or int(match["minute"]) > 59 or match[0] > "24:00":
        raise ValueError(
            f'{quoted(text)} is not an hour of the day; write HH:MM in quotes, such as "07:30"'
        )
    return int(match["hour"]) * HOUR + int(match["minute"]) * MINUTE


def time_of_day(us: int) -> str:
    """Write microseconds since midnight as ``HH:MM``."""
    return f"{us // HOUR:02d}:{us % HOUR // MINUTE:02d}"


def day_number(day: date) -> int:
    """Count the days from 1970-01-01 to `day`."""
    return (day - _EPOCH).days


def date_of(day: int) -> date:
    """Give the date that is `day` days after 1970-01-01."""
    return _EPOCH + timedelta(days=day)


def midnight(day: date) -> int:
    """Give the instant at which `day` begins, in microseconds."""
    return day_number(day) * DAY
