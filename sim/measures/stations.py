"""Measures of stations, summed over offices or by office, and of pools."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np

from sim.durations import HOUR
from sim.measures.facts import Facts, Floats, Row, mean, p90
from sim.measures.visits import VisitFacts
from sim.scenario.measure_names import LOST_TO


def station_rows(facts: Facts, visits: VisitFacts) -> Iterator[Row]:
    """Give the measures of stations, by address and by address and office."""
    network = facts.network
    lost = facts.losses.of_station
    of_address: dict[str, list[int]] = {}
    for number, station in enumerate(network.stations):
        of_address.setdefault(station.address, []).append(number)
    for address, own in of_address.items():
        yield from _rows_of("station", address, own, facts, visits, lost)
        for number in own:
            office = network.offices[network.stations[number].office].name
            named = f"{address}@{office}"
            yield from _rows_of("office_station", named, [number], facts, visits, lost)


def _rows_of(
    scope: str, name: str, stations: list[int], facts: Facts, visits: VisitFacts, lost: Floats
) -> Iterator[Row]:
    network = facts.network
    parts = [visits.at[number] for number in stations]
    groups = [
        group
        for number in stations
        for group in network.groups_of_station[number]
        if not network.groups[group].pool
    ]
    waits = np.concatenate([part.waits for part in parts])
    means = [part.queue_mean for part in parts if not math.isnan(part.queue_mean)]
    values: dict[str, float] = {
        "served": sum(part.served for part in parts),
        "left": sum(part.left for part in parts),
        "overtime_hours": int(visits.overtime[groups].sum()) / HOUR,
        "over_allotment": sum(part.over_allotment for part in parts),
    }
    for kind, hours in zip(LOST_TO, lost[stations].sum(axis=0).tolist(), strict=True):
        values[f"late_{kind}_hours"] = hours
    values["wait_minutes_mean"] = mean(waits)
    values["wait_minutes_p90"] = p90(waits)
    values["queue_mean"] = sum(means) if means else math.nan
    values["queue_max"] = max(part.queue_max for part in parts)
    values["utilisation"] = _utilisation(facts, visits, groups)
    for measure, value in values.items():
        yield scope, name, measure, float(value)


def pool_rows(facts: Facts, visits: VisitFacts) -> Iterator[Row]:
    """Give the measures of pools, summed over offices."""
    of_pool: dict[str, list[int]] = {}
    for number, group in enumerate(facts.network.groups):
        if group.pool:
            of_pool.setdefault(group.home, []).append(number)
    for name, own in of_pool.items():
        yield "pool", name, "served", float(visits.served[own].sum())
        yield "pool", name, "utilisation", _utilisation(facts, visits, own)
        yield "pool", name, "overtime_hours", int(visits.overtime[own].sum()) / HOUR


def _utilisation(facts: Facts, visits: VisitFacts, groups: list[int]) -> float:
    """Give the share of their time on shift in the period that some groups were at work."""
    on_shift = sum(_on_shift(facts, group) for group in groups)
    return int(visits.busy[groups].sum()) / on_shift if on_shift else math.nan


def _on_shift(facts: Facts, group: int) -> int:
    """Give the time that a group's officers were on shift in the period, in microseconds."""
    first, count = facts.network.groups[group].first_officer, facts.network.groups[group].officers
    officers = Counter(facts.docket.shifts[first : first + count])
    return sum(
        times * calendar.open_time(facts.start, facts.end) for calendar, times in officers.items()
    )
