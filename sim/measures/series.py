"""Series: dossiers open by day, waits by weekday and hour, histograms of turnaround."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from sim.docket.records import Numbers
from sim.durations import DAY, HOUR, MISSING, NEVER, date_of
from sim.measures.facts import Facts, Integers, SeriesRow
from sim.measures.tally import SLOTS
from sim.measures.visits import VisitFacts
from sim.scenario.values import WEEKDAYS


def open_by_day(facts: Facts) -> Iterator[SeriesRow]:
    """Count the open and the overdue dossiers at the end of each day."""
    trace = facts.trace
    given = trace.accepted != MISSING
    accepted, closed = trace.accepted[given], facts.closed[given]
    overdue = np.where(trace.stopped, NEVER, trace.due)[given]
    overdue = np.minimum(np.maximum(overdue, accepted), closed)
    days = range(facts.start // DAY, facts.end // DAY)
    until = [_until_each(days, instants) for instants in (accepted, overdue, closed)]
    for day, came, fell_due, went in zip(days, *(part.tolist() for part in until), strict=True):
        at = str(date_of(day))
        yield "all", "all", "open", at, float(came - went)
        yield "all", "all", "overdue", at, float(fell_due - went)


def _until_each(days: range, instants: Integers) -> Integers:
    """Count the instants until the end of each day."""
    place = np.clip(instants // DAY - days.start, 0, len(days))
    return np.cumsum(np.bincount(place, minlength=len(days) + 1)[:-1])


def waits_by_hour(visits: VisitFacts) -> Iterator[SeriesRow]:
    """Give the mean wait and the number of visits of those present at counters, by joining."""
    everywhere = sum(visits.joined.values(), np.zeros(SLOTS))
    for_all = sum(visits.waited.values(), np.zeros(SLOTS))
    scopes = [("all", "all", everywhere, for_all)]
    scopes += [
        ("station", name, visits.joined[name], visits.waited[name]) for name in visits.joined
    ]
    for scope, name, number, minutes in scopes:
        for slot in np.flatnonzero(number):
            at = f"{WEEKDAYS[slot // 24]} {slot % 24:02d}"
            yield scope, name, "wait_minutes", at, float(minutes[slot] / number[slot])
            yield scope, name, "visits", at, float(number[slot])


def turnarounds(facts: Facts) -> Iterator[SeriesRow]:
    """Give histograms by procedure: turnaround, and the share of the limit that it used."""
    trace, procedure = facts.trace, facts.docket.procedure
    resolved = facts.resolved
    limited = resolved & (trace.due < NEVER)
    used = facts.turnaround[limited[resolved]]
    given = trace.open_times_of_acceptor(limited, trace.accepted, trace.due)
    share = np.where(given > 0, np.minimum(used * 20 // np.maximum(given, 1), 40), 20)
    hours_of = _histograms(facts.turnaround // HOUR, procedure[resolved], facts)
    shares_of = _histograms(share, procedure[limited], facts)
    for own, hours, shares in zip(facts.network.procedures, hours_of, shares_of, strict=True):
        for bin_, count in hours:
            yield "procedure", own.name, "turnaround_working_hours", str(bin_), float(count)
        for bin_, count in shares:
            yield "procedure", own.name, "limit_used", f"{bin_ / 20:.2f}", float(count)


def _histograms(
    bins: Integers, procedure: Numbers, facts: Facts
) -> Iterator[list[tuple[int, int]]]:
    """Count dossiers by bin, for each procedure: bins that hold any, ascending."""
    width = int(bins.max(initial=0)) + 1
    cells, counts = np.unique(procedure.astype(np.int64) * width + bins, return_counts=True)
    bounds = np.searchsorted(cells, np.arange(len(facts.network.procedures) + 1) * width)
    for low, high in pairwise(bounds.tolist()):
        yield list(zip((cells[low:high] % width).tolist(), counts[low:high].tolist(), strict=True))
