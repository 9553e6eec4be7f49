"""Limits that even a dossier alone, at its quickest, does not keep.

Where waits pause the clock, one that is the slower may keep what the quickest does not: a pause
that ends after the day's work leaves the next day whole. Such chances are not looked for.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from sim.calendars import Calendar
from sim.deadlines import LimitKind
from sim.durations import DAY, HOUR, MILLISECOND, NEVER, date_of, time_of_day
from sim.lint.quickest import Lone, Quickest, due_of
from sim.lint.subject import Subject
from sim.lint.ways import Way
from sim.network import Network, Procedure
from sim.scenario.references import Finding
from sim.scenario.values import Limit

DAYS_TRIED = 20
"""Arrivals on so many dates are tried: each weekday, and more dates than a holiday has."""
MOST_TRIED = 10_000
"""If that many dossiers did not tell whether a limit can be kept, nothing is said of it."""
_LONGEST_IN_DAYS = 36_500


def limits_too_short(subject: Subject) -> Iterator[Finding]:
    """Find limits that a dossier alone at its quickest does not keep, whenever it arrives."""
    quickest = Quickest(subject.network)
    for procedure, ways in zip(subject.network.procedures, subject.ways, strict=True):
        if not ways.complete or procedure.volume == 0:
            continue
        limits = {"time_limit": procedure.limit, "statutory_limit": procedure.statutory_limit}
        for key, limit in limits.items():
            if limit.kind == LimitKind.NONE:
                continue
            nearest = _nearest_miss(quickest, procedure, ways.ways, limit)
            if nearest is not None:
                yield ("procedures", procedure.name, key), _said(limit, nearest)


@dataclass(frozen=True)
class _Tried:
    """A dossier that was tried: when it arrived, what became of it, and when it was due."""

    arrived: int
    lone: Lone
    due: int


@dataclass(frozen=True)
class _Miss:
    """A dossier that misses its limit, and a limit that it would keep."""

    lone: Lone
    kept: Limit


def _nearest_miss(
    quickest: Quickest, procedure: Procedure, ways: tuple[Way, ...], limit: Limit
) -> _Miss | None:
    """Give the dossier that misses a limit by least; None if one keeps it, or none is resolved."""
    nearest: _Miss | None = None
    cutoff = quickest.network.same_day_cutoff
    number = 0
    for way, home, accepting in _starts(quickest, ways):
        present = quickest.network.is_present(way.channel)

        def try_one(
            arrived: int, way: Way = way, home: Calendar = home,
            accepting: Calendar = accepting, present: bool = present,
        ) -> _Tried:  # fmt: skip
            lone = quickest.walk(way.template, present, home, accepting, procedure.limit, arrived)
            return _Tried(arrived, lone, due_of(lone, limit, accepting, cutoff))

        for tried in _tried(try_one, _hours(quickest.network, way.channel, home)):
            number += 1
            if tried.due >= tried.lone.resolved or number > MOST_TRIED:
                return None
            if tried.lone.resolved < NEVER:
                kept = _least_kept(tried, limit, accepting, cutoff)
                if nearest is None or kept.amount < nearest.kept.amount:
                    nearest = _Miss(tried.lone, kept)
    return nearest


def _starts(quickest: Quickest, ways: tuple[Way, ...]) -> Iterator[tuple[Way, Calendar, Calendar]]:
    """Give ways that end in a resolution, with hours of the home and of the accepting office."""
    network = quickest.network
    for way in ways:
        offices = [network.offices[number] for number in network.levels[way.level].offices]
        for home in dict.fromkeys(office.calendar for office in offices if office.share > 0):
            for accepting in _accepting(quickest, way, home) if way.template.resolves >= 0 else ():
                yield way, home, accepting


def _accepting(quickest: Quickest, way: Way, home: Calendar) -> list[Calendar]:
    """List the opening hours of the offices that may accept (rule 13)."""
    if way.template.accepts < 0:
        return [home]
    address = way.template.nodes[way.template.accepts].place or ""
    at_home = address.partition(".")[0] == quickest.network.levels[way.level].name
    return [home] if at_home else quickest.offices[address]


def _hours(network: Network, channel: int, home: Calendar) -> Iterator[tuple[int, int]]:
    """Give the first and the last instant of each stretch in which dossiers arrive, for a while."""
    pieces = network.intensity(channel, home)
    in_period = pieces.starts >= network.period_start
    dates = sorted(set(pieces.days[in_period].tolist()))[:DAYS_TRIED]
    starts, ends = pieces.starts[in_period].tolist(), pieces.ends[in_period].tolist()
    for start, end in zip(starts, ends, strict=True):
        if start < (dates[-1] + 1) * DAY:
            yield start, max(start, end - MILLISECOND)


def _tried(try_one: Callable[[int], _Tried], hours: Iterable[tuple[int, int]]) -> Iterator[_Tried]:
    """Try dossiers in each stretch, and between two as long as one there might keep its limit.

    Who arrives between two is resolved no earlier than the first and due no later than the last.
    """
    for start, end in hours:
        first, last = try_one(start), try_one(end)
        yield from (first, last)
        between = [(first, last)]
        while between:
            first, last = between.pop()
            middle = (first.arrived + last.arrived) // 2 // MILLISECOND * MILLISECOND
            if first.arrived < middle and last.due >= first.lone.resolved:
                tried = try_one(middle)
                yield tried
                between += [(first, tried), (tried, last)]


def _least_kept(tried: _Tried, limit: Limit, accepting: Calendar, cutoff: int) -> Limit:
    """Give the least limit of its kind that a dossier would keep; in days for the same day."""
    lone, due = tried.lone, tried.due
    match limit.kind:
        case LimitKind.CLOCK:
            return replace(limit, amount=limit.amount + lone.resolved - due)
        case LimitKind.WORKING_HOURS:
            short = accepting.open_time(due, lone.resolved)
            return replace(limit, amount=limit.amount + short)
        case LimitKind.SAME_DAY:
            limit = Limit(LimitKind.WORKING_DAYS, 0)
        case _:
            pass
    more = range(limit.amount + 1, _LONGEST_IN_DAYS)

    def is_kept(amount: int) -> bool:
        return due_of(lone, replace(limit, amount=amount), accepting, cutoff) >= lone.resolved

    return replace(limit, amount=more[bisect_left(more, True, hi=len(more) - 1, key=is_kept)])


def _said(limit: Limit, miss: _Miss) -> str:
    return (
        f"{_written(limit)} cannot be kept: alone and at its quickest, a dossier accepted on "
        f"{_moment(miss.lone.accepted)} is resolved on {_moment(miss.lone.resolved)}; "
        f"{_written(miss.kept)} could"
    )


def _written(limit: Limit) -> str:
    match limit.kind:
        case LimitKind.WORKING_DAYS | LimitKind.DAYS if limit.amount == 1:
            return str(limit).removesuffix("s")
        case LimitKind.WORKING_HOURS | LimitKind.CLOCK:
            unit = "working h" if limit.kind == LimitKind.WORKING_HOURS else "h"
            return f"{math.ceil(limit.amount / HOUR * 100 - 1e-6) / 100:,g} {unit}"
        case _:
            return str(limit)


def _moment(instant: int) -> str:
    day = date_of(instant // DAY)
    return f"{day:%a} {day} {time_of_day(instant % DAY)}"
