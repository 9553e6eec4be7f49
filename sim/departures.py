"""When a transfer departs (rule 10 of docs/rules.md).

Written as a function of plain integers and sorted sequences, so that every engine and whatever
looks ahead of a run call the same code.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from sim.durations import DAY, NEVER

NO_CUTOFF = -1


def departure(
    ready: int,
    departs: Sequence[int],
    cutoff: int,
    days: Sequence[int],
    first_openings: Sequence[int],
) -> int:
    """Give the instant at which a transfer departs, `ready` included.

    Parameters
    ----------
    ready
        When the dossier is ready to go, in microseconds.
    departs
        The hours of departure, in microseconds since midnight, ascending; none for a `cutoff`
        or at once.
    cutoff
        The hour before which it goes at once, in microseconds since midnight, or `NO_CUTOFF`.
    days, first_openings
        The calendar's open days, in days since 1970-01-01, and their first open instants: of
        the rule's calendar, or that of the office left.
    """
    day = ready // DAY
    if len(departs) > 0:
        # Yesterday counts too: a departure at 24:00 is at this day's first instant.
        for place in range(bisect_left(days, day - 1), len(days)):
            for hour in departs:
                if days[place] * DAY + hour >= ready:
                    return days[place] * DAY + hour
        return NEVER
    today = bisect_left(days, day)
    opens_today = today < len(days) and days[today] == day
    if cutoff == NO_CUTOFF or (opens_today and ready - day * DAY < cutoff):
        return ready
    following = today + opens_today
    return first_openings[following] if following < len(days) else NEVER
