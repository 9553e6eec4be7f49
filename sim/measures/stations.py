"""Measures of stations, summed over offices or by office, and of pools."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.durations import MINUTE, MISSING, NEVER
from sim.measures.facts import Facts, Flags, Floats, Integers, Row, mean, p90
from sim.scenario.measure_names import LOST_TO
from sim.scenario.schema import Visit, steps_of


@dataclass(frozen=True)
class _StationFacts:
    """What is measured at some stations: sums, and values to put together."""

    counts: dict[str, float]
    waits: Floats
    queue_mean: float
    queue_max: float
    on_shift: float
    busy: float


def station_rows(facts: Facts) -> Iterator[Row]:
    """Give the measures of stations, by address and by address and office."""
    network = facts.network
    by_station = _station_facts(facts)
    of_address: dict[str, list[int]] = {}
    for number, station in enumerate(network.stations):
        of_address.setdefault(station.address, []).append(number)
    for address, own in of_address.items():
        yield from _rows_of("station", address, [by_station[number] for number in own])
        for number in own:
            office = network.offices[network.stations[number].office].name
            yield from _rows_of("office_station", f"{address}@{office}", [by_station[number]])


def _rows_of(scope: str, name: str, parts: list[_StationFacts]) -> Iterator[Row]:
    waits = np.concatenate([part.waits for part in parts])
    on_shift, busy = sum(part.on_shift for part in parts), sum(part.busy for part in parts)
    values = {key: sum(part.counts[key] for part in parts) for key in parts[0].counts}
    values["wait_minutes_mean"] = mean(waits)
    values["wait_minutes_p90"] = p90(waits)
    means = [part.queue_mean for part in parts if not math.isnan(part.queue_mean)]
    values["queue_mean"] = sum(means) if means else math.nan
    values["queue_max"] = max(part.queue_max for part in parts)
    values["utilisation"] = busy / on_shift if on_shift else math.nan
    for measure, value in values.items():
        yield scope, name, measure, float(value)


def _station_facts(facts: Facts) -> list[_StationFacts]:
    network, visits, count = facts.network, facts.visits, len(facts.network.stations)
    served = np.bincount(visits.station[facts.in_period(visits.ended)], minlength=count)
    left = np.bincount(visits.station[_impatient(facts)], minlength=count)
    over = np.bincount(visits.station[_over_allotment(facts)], minlength=count)
    lost = facts.losses.by(facts.losses.station, count)
    begun = facts.in_period(visits.started)
    found = []
    for number, calendar in enumerate(facts.calendars):
        here = visits.at(number)
        from_, to = calendar.open_time(-NEVER, facts.start), calendar.open_time(-NEVER, facts.end)
        queued = visits.open_until[here].clip(from_, to) - visits.open_joined[here].clip(from_, to)
        own = [g for g in network.groups_of_station[number] if not network.groups[g].pool]
        counts = {
            "served": float(served[number]),
            "left": float(left[number]),
            "overtime_hours": sum(facts.hours_at_work[group][1] for group in own),
            "over_allotment": float(over[number]),
        }
        for kind, hours in zip(LOST_TO, lost[number].tolist(), strict=True):
            counts[f"late_{kind}_hours"] = hours
        found.append(
            _StationFacts(
                counts,
                waits=visits.wait[here][begun[here]] / MINUTE,
                queue_mean=float(queued.sum()) / (to - from_) if to > from_ else math.nan,
                queue_max=_longest(visits.joined[here], visits.until[here], facts),
                on_shift=sum(facts.on_shift(group) for group in own),
                busy=sum(facts.hours_at_work[group][0] for group in own),
            )
        )
    return found


def _impatient(facts: Facts) -> Flags:
    """Tell which queued visits left in the period because their own patience was over."""
    visits, patience = facts.visits, facts.docket.patience[facts.visits.node]
    left = facts.trace.left[visits.dossier]
    gone: Flags = (patience >= 0) & (visits.started == MISSING) & facts.in_period(left)
    for place in np.flatnonzero(gone).tolist():
        calendar = facts.calendars[visits.station[place]]
        ends = calendar.advance(int(visits.joined[place]), int(patience[place]))
        gone[place] = ends == left[place]
    return gone


def _over_allotment(facts: Facts) -> Flags:
    """Tell which visits ended in the period and took more open time than their allotment."""
    visits = facts.visits
    allotted = _allotments(facts)[facts.docket.step[visits.node]]
    over: Flags = facts.in_period(visits.ended) & (allotted < NEVER)
    for number, calendar in enumerate(facts.calendars):
        here = visits.at(number)
        own = np.flatnonzero(over[here]) + here.start
        taken = calendar.open_times_until(visits.ended[own]) - visits.open_joined[own]
        over[own] = taken > allotted[own]
    return over


def _allotments(facts: Facts) -> Integers:
    """Give the allotment of each of the docket's steps, never for none."""
    allotted = {
        (procedure.name, step.id): step.allotment.us
        for procedure in facts.network.procedures
        for step in steps_of(procedure.route)
        if isinstance(step, Visit) and step.allotment is not None
    }
    steps = facts.docket.procedure_steps or (("", ""),)
    return np.array([allotted.get(step, NEVER) for step in steps], np.int64)


def _longest(joined: Integers, until: Integers, facts: Facts) -> float:
    """Give the longest queue at the end of any instant of the period.

    It is longest at an instant at which someone joined and stayed.
    """
    stayed = (until > facts.start) & (joined < facts.end) & (until > joined)
    joins = np.sort(np.maximum(joined[stayed], facts.start))
    gone = np.searchsorted(np.sort(until[stayed]), joins, side="right")
    return float((np.arange(1, joins.size + 1) - gone).max(initial=0))


def pool_rows(facts: Facts) -> Iterator[Row]:
    """Give the measures of pools, summed over offices."""
    network, visits = facts.network, facts.visits
    served = np.bincount(
        np.searchsorted(
            [group.first_officer + group.officers for group in network.groups],
            facts.trace.officer[visits.node[facts.in_period(visits.ended)]],
            side="right",
        ),
        minlength=len(network.groups),
    )
    pools = dict.fromkeys(group.home for group in network.groups if group.pool)
    for name in pools:
        own = [number for number, group in enumerate(network.groups) if group.home == name]
        on_shift = sum(facts.on_shift(number) for number in own)
        busy = sum(facts.hours_at_work[number][0] for number in own)
        yield "pool", name, "served", float(sum(served[number] for number in own))
        yield "pool", name, "utilisation", busy / on_shift if on_shift else math.nan
        yield "pool", name, "overtime_hours", sum(facts.hours_at_work[number][1] for number in own)
