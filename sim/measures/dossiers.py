"""Measures of dossiers by scope: counts, rates, turnaround, lateness, visits and waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sim.docket.records import Numbers
from sim.durations import DAY, HOUR
from sim.grouping import by_number
from sim.measures.facts import Facts, Flags, Floats, Integers, Row, mean, p90
from sim.measures.rates import COUNTS, rates_of
from sim.measures.visits import VisitFacts
from sim.scenario.measure_names import LOST_TO

MANY_VISITS = 3
"""From how many on rule 24 counts a citizen."""


@dataclass(frozen=True)
class _Scope:
    """A way to tell dossiers apart: for each dossier the place of its name, -1 for none."""

    scope: str
    names: list[str]
    codes: Numbers


@dataclass(frozen=True)
class _Durations:
    """Which dossiers some measures are over, their values, and the statistic of each measure."""

    which: Flags
    measures: dict[str, tuple[Floats, Callable[[Floats], float]]]


def dossier_rows(facts: Facts, visits: VisitFacts) -> Iterator[Row]:
    """Give the measures of dossiers, by scope and name."""
    often = {"three_visits": facts.resolved & (visits.trips >= MANY_VISITS)}
    kinds, told = _kinds_of_dossier(facts.counts | often)
    over = [_of_resolved(facts, visits), _of_late(facts)]
    for scope in _scopes(facts):
        sums = _sums(scope, kinds, len(told)) @ told
        statistics = [_statistics(scope, durations) for durations in over]
        lost = facts.losses.by(scope.codes, len(scope.names))
        for place, name in enumerate(scope.names):
            counts = dict(zip(COUNTS, sums[place].tolist(), strict=True))
            rows = counts | rates_of(counts) | statistics[0][place] | statistics[1][place]
            for kind, hours in zip(LOST_TO, lost[place].tolist(), strict=True):
                rows[f"late_{kind}_hours"] = hours
            for measure, value in rows.items():
                yield scope.scope, name, measure, value


def _scopes(facts: Facts) -> list[_Scope]:
    """List the scopes of dossier measures; level and office are those of the home office."""
    network, docket = facts.network, facts.docket
    offices = [network.office_address(number) for number in range(len(network.offices))]
    levels = [level.name for level in network.levels]
    level_of = np.array([office.level for office in network.offices], np.int64)
    fields = list(dict.fromkeys(p.field for p in network.procedures if p.field))
    field_of = np.array(
        [fields.index(p.field) if p.field else -1 for p in network.procedures], np.int64
    )
    received = {level for p in network.procedures for level, _ in p.received_at}
    received_in = {offices[o] for number in received for o in network.levels[number].offices}
    return [
        _Scope("all", ["all"], np.zeros(docket.home.size, np.int64)),
        _only(_Scope("level", levels, level_of[docket.home]), {levels[n] for n in received}),
        _only(_Scope("office", offices, docket.home), received_in),
        _Scope("procedure", [p.name for p in network.procedures], docket.procedure),
        _Scope("field", fields, field_of[docket.procedure]),
        _Scope("channel", list(network.channel_names), docket.channel),
    ]


def _only(scope: _Scope, names: set[str]) -> _Scope:
    """Leave out the names at which nobody is received."""
    kept = [name for name in scope.names if name in names]
    places = np.array([kept.index(n) if n in names else -1 for n in scope.names], np.int64)
    return _Scope(scope.scope, kept, places[scope.codes])


def _kinds_of_dossier(counts: Mapping[str, Flags]) -> tuple[Integers, Floats]:
    """Tell apart the dossiers that count alike, of which there are few kinds.

    Returns
    -------
    kinds
        The kind of each dossier, shape (D,).
    told
        Of each kind, 1 for each of `COUNTS` that counts it, else 0, shape (K, counts).
    """
    bits = np.zeros(counts["resolved"].size, np.uint32)
    for place, name in enumerate(COUNTS):
        bits |= counts[name].astype(np.uint32) << place
    present = np.flatnonzero(np.bincount(bits))
    kind_of = np.zeros(1 << len(COUNTS), np.int64)
    kind_of[present] = np.arange(present.size)
    told = (present[:, np.newaxis] >> np.arange(len(COUNTS))) & 1
    return kind_of[bits], told.astype(np.float64)


def _sums(scope: _Scope, kinds: Integers, count: int) -> Floats:
    """Count the dossiers of each name and kind, shape (names, kinds)."""
    inside = scope.codes >= 0
    cells = scope.codes[inside].astype(np.int64) * count + kinds[inside]
    sums = np.bincount(cells, minlength=len(scope.names) * count)
    return sums.reshape(len(scope.names), count).astype(np.float64)


def _statistics(scope: _Scope, durations: _Durations) -> list[dict[str, float]]:
    """Give the statistics over the dossiers of each name."""
    order, first = by_number(scope.codes[durations.which], len(scope.names))
    found: list[dict[str, float]] = [{} for _ in scope.names]
    for measure, (values, statistic) in durations.measures.items():
        by_name = values.take(order)
        for place, rows in enumerate(found):
            rows[measure] = statistic(by_name[first[place] : first[place + 1]])
    return found


def _of_resolved(facts: Facts, visits: VisitFacts) -> _Durations:
    trace, which = facts.trace, facts.resolved
    days = (trace.resolved - trace.accepted)[which] / DAY
    hours = facts.turnaround / HOUR
    trips, minutes = visits.trips[which], visits.minutes[which]
    return _Durations(
        which,
        {
            "turnaround_working_hours_mean": (hours, mean),
            "turnaround_days_mean": (days, mean),
            "turnaround_days_p90": (days, p90),
            "visits_mean": (trips, mean),
            "wait_minutes_mean": (minutes, mean),
            "wait_minutes_p90": (minutes, p90),
        },
    )


def _of_late(facts: Facts) -> _Durations:
    trace, late = facts.trace, facts.counts["resolved_late"]
    past_due = trace.open_times_of_acceptor(late, trace.due, trace.resolved) / HOUR
    return _Durations(late, {"lateness_working_hours_mean": (past_due, mean)})
