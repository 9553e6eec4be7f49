"""Small faults put into the reference engine show on the scenarios of `strategies`.

Each mutant breaks one rule of docs/rules.md. If none of the scenarios tells it from the true
engine, the scenarios are too tame to compare two engines with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import cache
from heapq import heapify
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest
from strategies import Case, case_of, first_difference

from sim import departures
from sim.durations import MISSING
from sim.engine import Trace, reference, simulate
from sim.engine.clock import LimitClock
from sim.engine.reference import Phase, Rank
from sim.network import Group

MOST_CASES = 300

Engine = Any  # reference._Run: the mutants reach into it
Mutate = Callable[[pytest.MonkeyPatch], None]
MUTANTS: dict[str, Mutate] = {}


def mutant(mutate: Mutate) -> Mutate:
    MUTANTS[mutate.__name__] = mutate
    return mutate


def put(patch: pytest.MonkeyPatch, method: Callable[..., Any], name: str) -> None:
    """Put a method in place of the engine's of that name."""
    assert hasattr(reference._Run, name)
    patch.setattr(reference._Run, name, method)


# Rule 8: the order within an instant


@mutant
def groups_in_another_order(patch: pytest.MonkeyPatch) -> None:
    def backwards(groups: Iterable[int]) -> list[int]:
        return sorted(groups, reverse=True)

    patch.setattr(reference, "sorted", backwards, raising=False)


@mutant
def zero_work_ends_within_the_same_b(patch: pytest.MonkeyPatch) -> None:
    true_at, true_dispatch = reference._Run._at, reference._Run._dispatch

    def at(self: Engine, instant: int, phase: Phase, happens: Any, subject: int) -> None:
        if happens == self._work_ends and instant == self.env.now:
            happens(SimpleNamespace(subject=subject))
        else:
            true_at(self, instant, phase, happens, subject)

    def dispatch(self: Engine, number: int) -> None:
        unbegun = len(self.started) + 1
        while self.started.count(MISSING) < unbegun:
            unbegun = self.started.count(MISSING)
            true_dispatch(self, number)

    put(patch, at, "_at")
    put(patch, dispatch, "_dispatch")


@mutant
def patience_before_dispatch(patch: pytest.MonkeyPatch) -> None:
    class Early(IntEnum):
        HAPPEN = 0
        LEAVE = 1
        SETTLE = 2
        APOLOGISE = 3

    patch.setattr(reference, "Phase", Early)


@mutant
def keys_before_the_clocks(patch: pytest.MonkeyPatch) -> None:
    true_settle = reference._Run._settle

    def settle(self: Engine, moment: Any) -> None:
        joining, self.joining = self.joining, []
        for node in joining:
            self._join(node)
        true_settle(self, moment)

    put(patch, settle, "_settle")


@mutant
def waits_until_due_before_the_clocks(patch: pytest.MonkeyPatch) -> None:
    true_settle = reference._Run._settle

    def settle(self: Engine, moment: Any) -> None:
        clocks, self.touched_clocks = self.touched_clocks, set()
        joining, self.joining = self.joining, []
        groups, self.touched_groups = self.touched_groups, set()
        true_settle(self, moment)
        self.touched_clocks, self.joining, self.touched_groups = clocks, joining, groups
        true_settle(self, moment)

    put(patch, settle, "_settle")


@mutant
def pauses_that_follow_each_other_are_two(patch: pytest.MonkeyPatch) -> None:
    true_pause = reference._Run._pause

    def pause(self: Engine, node: int, change: int) -> None:
        true_pause(self, node, change)
        self._turn_clocks(self.dossiers[self.dossier_of[node]])

    put(patch, pause, "_pause")


@mutant
def the_highest_numbered_officer_first(patch: pytest.MonkeyPatch) -> None:
    true_dispatch = reference._Run._dispatch

    def dispatch(self: Engine, number: int) -> None:
        group = self.groups[number]
        first, after = group.first_officer, group.first_officer + group.officers
        for place in reversed(range(first, after)):
            one = SimpleNamespace(first_officer=place, officers=1, stations=group.stations)
            self.groups = {number: one}
            true_dispatch(self, number)
        self.groups = self.network.groups

    put(patch, dispatch, "_dispatch")


# Rules 3 and 4: shifts


def clear_when(enough: Callable[[int, int], bool]) -> Callable[..., tuple[int, ...]]:
    """Let who is off shift clear by when the first step joined, and when the shift ended."""

    def open_to(self: Engine, number: int, group: Group) -> tuple[int, ...]:
        officer = self.officers[number]
        if officer.on_shift:
            return group.stations
        clearing = tuple(place for place in group.stations if self.clears[place])
        joined = [self._first_joined(number, place) for place in clearing]
        return clearing if any(enough(first, officer.shift_ended) for first in joined) else ()

    return open_to


@mutant
def clear_what_joined_at_or_before_the_end(patch: pytest.MonkeyPatch) -> None:
    put(patch, clear_when(lambda joined, ended: joined <= ended), "_open_to")


@mutant
def clear_whatever_joins(patch: pytest.MonkeyPatch) -> None:
    put(patch, clear_when(lambda joined, ended: True), "_open_to")


@mutant
def clear_only_while_on_shift(patch: pytest.MonkeyPatch) -> None:
    put(patch, clear_when(lambda joined, ended: False), "_open_to")


@mutant
def suspended_work_is_finished(patch: pytest.MonkeyPatch) -> None:
    true_take = reference._Run._take

    def take(self: Engine, place: int, rank: Rank) -> None:
        stations = self.stations
        self.stations = [replace(station, at_close="finish") for station in stations]
        true_take(self, place, rank)
        self.stations = stations

    put(patch, take, "_take")


# Rules 5 to 7 and 23: queues


@mutant
def later_steps_are_anybodys(patch: pytest.MonkeyPatch) -> None:
    put(patch, lambda *_: True, "_may_have")


@mutant
def an_owner_has_the_dossier_at_every_station(patch: pytest.MonkeyPatch) -> None:
    def may_have(self: Engine, officer: int, node: int) -> bool:
        return bool(self.owner.get((self.dossier_of[node], 0), officer) == officer)

    true_take = reference._Run._take

    def take(self: Engine, place: int, rank: Rank) -> None:
        true_take(self, place, rank)
        node = rank[-1]
        if self.stations[self.station_of[node]].owner:
            self.owner.setdefault((self.dossier_of[node], 0), place)

    put(patch, may_have, "_may_have")
    put(patch, take, "_take")


@mutant
def a_pool_empties_its_first_station_first(patch: pytest.MonkeyPatch) -> None:
    true_open_to = reference._Run._open_to

    def open_to(self: Engine, number: int, group: Group) -> tuple[int, ...]:
        places = true_open_to(self, number, group)
        first = (place for place in places if self._smallest(number, place) is not None)
        return tuple(islice(first, 1))

    put(patch, open_to, "_open_to")


@mutant
def keys_are_ignored(patch: pytest.MonkeyPatch) -> None:
    put(patch, lambda *_: 0, "_key")


@mutant
def who_joined_first_does_not_matter(patch: pytest.MonkeyPatch) -> None:
    true_join = reference._Run._join

    def join(self: Engine, node: int) -> None:
        true_join(self, node)
        ranked = self.queues[self.station_of[node]].ranked
        ranked[:] = [(priority, key, 0, *rest) for priority, key, _, *rest in ranked]
        heapify(ranked)

    put(patch, join, "_join")


@mutant
def who_has_left_goes_on_when_its_work_ends(patch: pytest.MonkeyPatch) -> None:
    true_work_ends = reference._Run._work_ends

    def work_ends(self: Engine, moment: Any) -> None:
        self._gone = lambda node: False
        true_work_ends(self, moment)
        del self._gone

    put(patch, work_ends, "_work_ends")


# Rules 10, 12 and 15: transfers, waits and pauses


@mutant
def a_departure_of_this_instant_is_missed(patch: pytest.MonkeyPatch) -> None:
    true_departure = departures.departure

    def departure(ready: int, departs: Sequence[int], *rest: Any) -> int:
        return true_departure(ready + bool(departs), departs, *rest)

    patch.setattr(reference, "departure", departure)


@mutant
def citizens_appear_at_closed_counters(patch: pytest.MonkeyPatch) -> None:
    true_wait_end = reference._Run._wait_end

    def wait_end(self: Engine, node: int, begins: int) -> int:
        opens_at, self.opens_at = self.opens_at, [-1] * len(self.opens_at)
        end = true_wait_end(self, node, begins)
        self.opens_at = opens_at
        return end

    put(patch, wait_end, "_wait_end")


@mutant
def a_pause_at_the_due_instant_is_too_late(patch: pytest.MonkeyPatch) -> None:
    true_stop = LimitClock.stop

    def stop(self: LimitClock, instant: int) -> None:
        if instant != self.due:
            true_stop(self, instant)

    patch.setattr(LimitClock, "stop", stop)


@mutant
def restarts_only_pause(patch: pytest.MonkeyPatch) -> None:
    true_go_on = LimitClock.go_on

    def go_on(self: LimitClock, instant: int, restarts: bool) -> None:
        true_go_on(self, instant, restarts=False)

    patch.setattr(LimitClock, "go_on", go_on)


@cache
def truth(seed: int) -> tuple[Case, Trace]:
    case = case_of(seed)
    return case, simulate(case.network, case.docket, engine="reference")


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_of_the_engine_shows(name: str) -> None:
    for seed in range(MOST_CASES):
        case, expected = truth(seed)
        with pytest.MonkeyPatch.context() as patch:
            MUTANTS[name](patch)
            mutated = simulate(case.network, case.docket, engine="reference")
        if first_difference(expected, mutated) is not None:
            return
    pytest.fail(f"no trace of {MOST_CASES} cases tells it from the true engine")


def test_without_a_fault_nothing_differs() -> None:
    """The comparison itself finds no difference where there is none."""
    for seed in range(20):
        case, expected = truth(seed)
        assert (
            first_difference(expected, simulate(case.network, case.docket, engine="reference"))
            is None
        )
