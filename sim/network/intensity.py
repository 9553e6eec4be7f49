"""Open time cut by a profile: how strongly dossiers arrive, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.calendars import Calendar
from sim.durations import DAY, day_number
from sim.scenario.schema import Profile
from sim.scenario.values import MONTHS, dates_between, parse_hours, weekdays_of


@dataclass(frozen=True)
class Intensity:
    """Relative arrival intensity as steps: constant between `starts` and `ends`.

    Parameters
    ----------
    starts, ends
        Bounds of the pieces, shape (n,), in microseconds, ascending.
    weights
        Relative intensity in each piece, positive, shape (n,).
    days
        Date of each piece, in days since 1970-01-01, shape (n,).
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    weights: NDArray[np.float64]
    days: NDArray[np.int64]

    @property
    def masses(self) -> NDArray[np.float64]:
        """Length times weight of each piece, to which arrivals are proportional, shape (n,)."""
        return (self.ends - self.starts).astype(np.float64) * self.weights


def intensity_between(calendar: Calendar, profile: Profile, start: int, end: int) -> Intensity:
    """Cut the open time between two instants where the profile's weight changes."""
    bands = sorted((*parse_hours(text), weight) for text, weight in profile.hours.items())
    edges = sorted({0, DAY, *(edge for low, high, _ in bands for edge in (low, high))})
    by_weekday = [1.0] * 7
    for key, weight in profile.weekdays.items():
        for weekday in weekdays_of(key):
            by_weekday[weekday] *= weight
    by_date = {
        day_number(day): weight
        for text, weight in profile.dates.items()
        for day in dates_between(text)
    }
    pieces: list[tuple[int, int, float, int]] = []
    for opening, closing in zip(calendar.opens, calendar.closes, strict=True):
        low, high = max(opening, start), min(closing, end)
        for day in range(low // DAY, (high - 1) // DAY + 1) if low < high else ():
            when = date(1970, 1, 1) + timedelta(days=day)
            of_day = by_weekday[when.weekday()] * by_date.get(day, 1.0)
            of_day *= profile.months.get(MONTHS[when.month - 1], 1.0)
            for left, right in pairwise(edges):
                piece = max(low, day * DAY + left), min(high, day * DAY + right)
                weight = of_day
                for band_low, band_high, band_weight in bands:
                    if band_low <= left < band_high:
                        weight *= band_weight
                if piece[0] < piece[1] and weight > 0:
                    pieces.append((*piece, weight, day))
    starts, ends, weights, days = zip(*pieces, strict=True) if pieces else ((), (), (), ())
    return Intensity(
        np.array(starts, np.int64),
        np.array(ends, np.int64),
        np.array(weights, np.float64),
        np.array(days, np.int64),
    )
