"""What holds in every trace, on scenarios that Hypothesis makes up.

Each test works from the trace and the rules of docs/rules.md, cited by number; calendars are
walked interval by interval, so that no test repeats the engine's own arithmetic.
"""

from __future__ import annotations

import copy
import os
import random
import subprocess
import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import (
    TICKS,
    WORKS,
    Case,
    Plan,
    Source,
    case_of,
    cases,
    fingerprint,
    first_difference,
    network_of,
    scenarios,
    snapped,
    sources,
)

from sim.calendars import Calendar
from sim.deadlines import LimitKind
from sim.docket import CLOCKS, Docket, NodeKind, draw
from sim.durations import DAY, HOUR, MISSING, NEVER
from sim.engine import Trace, reference, simulate
from sim.engine.trace import OUTCOMES, officer_names
from sim.network import Group, Network, Station, Transfer, build
from sim.scenario.load import load_text
from sim.scenario.values import Limit

Interval = tuple[int, int]
RUNS = CLOCKS.index("runs")


# Calendars, walked


def pieces(calendar: Calendar, start: int, end: int) -> Iterator[Interval]:
    """List the open intervals between two instants."""
    for place in range(bisect_right(calendar.closes, start), len(calendar.opens)):
        if calendar.opens[place] >= end:
            return
        yield max(calendar.opens[place], start), min(calendar.closes[place], end)


def open_between(calendar: Calendar, start: int, end: int) -> int:
    """Add up the open time between two instants (rule 2)."""
    return sum(last - first for first, last in pieces(calendar, start, end))


def open_at(calendar: Calendar, instant: int) -> bool:
    return open_between(calendar, instant, instant + 1) == 1


def advanced(calendar: Calendar, start: int, work: int) -> int:
    """Walk to the first instant at which so much open time has passed (rule 2)."""
    if work == 0:
        return start
    for first, last in pieces(calendar, start, NEVER):
        if work <= last - first:
            return first + work
        work -= last - first
    return NEVER


def first_open(calendar: Calendar, instant: int) -> int:
    return next((first for first, _ in pieces(calendar, instant, NEVER)), NEVER)


def closing_of(calendar: Calendar, day: int) -> int | None:
    """Give the last closing of a date, None if it is no open day (rule 1)."""
    last = None
    for _, last in pieces(calendar, day * DAY, (day + 1) * DAY):  # noqa: B007
        pass
    return last


def next_open_day(calendar: Calendar, day: int) -> int:
    """Give the first open day from a date on."""
    instant = first_open(calendar, day * DAY)
    return instant // DAY


def due_by_hand(limit: Limit, accepted: int, calendar: Calendar, cutoff: int) -> int:
    """Count the due instant of a limit that begins at `accepted`, as on paper (rule 14)."""
    day = accepted // DAY
    match limit.kind:
        case LimitKind.NONE:
            return NEVER
        case LimitKind.CLOCK:
            return accepted + limit.amount
        case LimitKind.WORKING_HOURS:
            return advanced(calendar, accepted, limit.amount)
        case LimitKind.SAME_DAY:
            today = closing_of(calendar, day)
            if today is not None and accepted < min(today, day * DAY + cutoff):
                return today
            day = next_open_day(calendar, day + 1)
        case LimitKind.WORKING_DAYS:
            for _ in range(limit.amount):
                day = next_open_day(calendar, day + 1)
        case LimitKind.DAYS:
            day = next_open_day(calendar, day + limit.amount)
    closing = closing_of(calendar, day)
    return NEVER if closing is None else closing


# A run, and what its tests read from it


class Run:
    """A case and its trace, with what several tests ask of them."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.network: Network = case.network
        self.docket: Docket = case.docket
        self.trace: Trace = simulate(case.network, case.docket)
        self.end = case.network.end
        self.nodes = range(case.docket.kind.size)
        self.kind = case.docket.kind.tolist()
        self.dossier = case.docket.dossier.tolist()
        self.duration = case.docket.duration.tolist()
        self.following = case.docket.following.tolist()
        self.joined = self.trace.joined.tolist()
        self.started = self.trace.started.tolist()
        self.ended = self.trace.ended.tolist()
        self.officer = self.trace.officer.tolist()

    def __repr__(self) -> str:
        return f"Run({self.case})"

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(repr(self))

    @cached_property
    def left(self) -> list[int]:
        """When each dossier left, `NEVER` if it did not."""
        return [NEVER if left == MISSING else left for left in self.trace.left.tolist()]

    @cached_property
    def visits(self) -> list[int]:
        return [node for node in self.nodes if self.kind[node] == NodeKind.VISIT]

    @cached_property
    def begun(self) -> list[int]:
        """The visits that an officer began."""
        return [node for node in self.visits if self.started[node] != MISSING]

    def station(self, node: int) -> Station:
        return self.network.stations[int(self.docket.station[node])]

    def office_calendar(self, node: int) -> Calendar:
        return self.network.offices[self.station(node).office].calendar

    def home_calendar(self, dossier: int) -> Calendar:
        return self.network.offices[int(self.docket.home[dossier])].calendar

    def accepting_calendar(self, dossier: int) -> Calendar:
        return self.network.offices[int(self.docket.accepting_office[dossier])].calendar

    def is_present(self, dossier: int) -> bool:
        return self.network.is_present(int(self.docket.channel[dossier]))

    def left_before(self, node: int, instant: int) -> bool:
        """Tell whether the node's dossier left before an instant (rule 7)."""
        return bool(self.left[self.dossier[node]] < instant)

    def out_of_queue(self, node: int) -> int:
        """Give when a step that joined its queue was begun, or left, or the run ended."""
        if self.started[node] != MISSING:
            return int(self.started[node])
        return int(min(self.left[self.dossier[node]], self.end))

    @cached_property
    def queued_at(self) -> dict[int, list[int]]:
        """The visits that joined each station's queue."""
        queued = defaultdict(list)
        for node in self.visits:
            if self.joined[node] != MISSING:
                queued[int(self.docket.station[node])].append(node)
        return queued

    @cached_property
    def group_of(self) -> list[Group]:
        """The group of each officer."""
        return [group for group in self.network.groups for _ in range(group.officers)]

    @cached_property
    def owners(self) -> dict[Interval, Interval]:
        """Who had each dossier first at each station that has owners, and since when."""
        had: dict[Interval, Interval] = {}
        for node in self.begun:
            if self.station(node).owner:
                place = self.dossier[node], int(self.docket.station[node])
                first = self.started[node], self.officer[node]
                had[place] = min(had.get(place, first), first)
        return {place: (officer, since) for place, (since, officer) in had.items()}

    def owner(self, node: int) -> Interval:
        """Give who had a visit's dossier at its station, and since when; -1 and never if nobody."""
        place = self.dossier[node], int(self.docket.station[node])
        return self.owners.get(place, (-1, NEVER))

    def free_for(self, officer: int, node: int) -> int:
        """Give until when an officer could have begun a queued step (rule 23)."""
        owner, since = self.owner(node)
        return NEVER if owner == officer else since

    def clearing(self, group: Group) -> list[int]:
        """List a group's stations that clear."""
        return [at for at in group.stations if self.network.stations[at].at_close == "clear"]

    @cached_property
    def busy(self) -> list[list[Interval]]:
        """What each officer does, from when to when, in order."""
        work: list[list[Interval]] = [[] for _ in self.docket.shifts]
        for node in self.begun:
            ended = NEVER if self.ended[node] == MISSING else self.ended[node]
            work[self.officer[node]].append((self.started[node], ended))
        return [sorted(intervals) for intervals in work]

    def idle(self, officer: int) -> list[Interval]:
        """List when an officer does nothing, on shift or off, within the run."""
        gaps = []
        last = self.network.run_start
        for start, end in self.busy[officer]:
            gaps.append((last, start))
            last = end
        gaps.append((last, self.end))
        return [(start, end) for start, end in gaps if start < end]

    def pauses_before(self, node: int) -> bool:
        """Tell whether, when a node joined, its dossier had begun any other pause."""
        dossier = self.dossier[node]
        first, last = self.docket.first_node[dossier : dossier + 2].tolist()
        return any(
            self.docket.clock[other] != RUNS
            and other != node
            and MISSING < self.joined[other] <= self.joined[node]
            for other in range(first, last)
        )

    def due_at(self, node: int) -> int:
        """Give the due instant that a node met when it joined, if nothing had paused before."""
        dossier = self.dossier[node]
        procedure = self.network.procedures[int(self.docket.procedure[dossier])]
        accepted = int(self.trace.accepted[dossier])
        if accepted == MISSING:
            accepted = self.joined[node]
        return due_by_hand(
            procedure.limit,
            min(accepted, self.joined[node]),
            self.accepting_calendar(dossier),
            self.network.same_day_cutoff,
        )


runs = cases().map(Run)
FEWER = settings(max_examples=settings().max_examples // 2)  # each builds two networks


# The whole


@given(runs)
def test_every_accepted_dossier_is_counted_once(run: Run) -> None:
    """Rule 18, for each procedure and home office."""
    start, end, trace = run.network.period_start, run.end, run.trace
    counts: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for number in range(run.docket.arrived.size):
        count = counts[int(run.docket.procedure[number]), int(run.docket.home[number])]
        accepted, resolved = int(trace.accepted[number]), int(trace.resolved[number])
        left, due = run.left[number], int(trace.due[number])
        was_accepted, was_resolved = accepted != MISSING, resolved != MISSING
        withdrawn = was_accepted and left < NEVER and not (was_resolved and resolved <= left)
        resolved_before = was_resolved and resolved < start
        withdrawn_before = withdrawn and left < start
        carried = was_accepted and accepted < start
        count["carried_over"] += carried and not resolved_before and not withdrawn_before
        count["received"] += was_accepted and start <= accepted < end
        count["resolved"] += was_resolved and start <= resolved < end
        count["withdrawn"] += withdrawn and start <= left < end
        open_at_end = was_accepted and not was_resolved and not withdrawn
        limited = due != NEVER
        overdue = limited and due < end and not trace.stopped[number]
        count["open_without_limit"] += open_at_end and not limited
        count["open_overdue"] += open_at_end and overdue
        count["open_within_limit"] += open_at_end and limited and not overdue
        count[f"outcome: {OUTCOMES[trace.outcome[number]]}"] += 1
        count["resolved at any time"] += was_resolved
        count["withdrawn at any time"] += withdrawn
        assert not was_resolved or (was_accepted and accepted <= resolved)
    for count in counts.values():
        assert count["carried_over"] + count["received"] == (
            count["resolved"]
            + count["withdrawn"]
            + count["open_within_limit"]
            + count["open_overdue"]
            + count["open_without_limit"]
        )
        by_outcome = {word: count[f"outcome: {word}"] for word in OUTCOMES}
        assert count["resolved at any time"] == (
            by_outcome["early"]
            + by_outcome["on_time"]
            + by_outcome["late"]
            + by_outcome["without_limit"]
        )
        assert count["withdrawn at any time"] == by_outcome["withdrawn"]
        assert count["open_overdue"] == by_outcome["overdue"]


@given(runs)
def test_nothing_happens_outside_the_run(run: Run) -> None:
    """Rule 17."""
    trace = run.trace
    for instants in (trace.joined, trace.started, trace.ended, trace.accepted, trace.resolved,
                     trace.left, trace.finished):  # fmt: skip
        happened = instants[instants != MISSING]
        assert ((happened >= run.network.run_start) & (happened < run.end)).all()


@given(runs)
def test_a_dossier_is_always_somewhere_until_it_is_finished(run: Run) -> None:
    """Little's law for the whole: the times in the system are the integral of who is in it."""
    spans: list[list[Interval]] = [[] for _ in run.left]
    for node in run.nodes:
        if run.joined[node] != MISSING:
            ended = run.end if run.ended[node] == MISSING else run.ended[node]
            number = run.dossier[node]
            spans[number].append((run.joined[node], min(ended, run.left[number])))
    for number, arrived in enumerate(run.docket.arrived.tolist()):
        there = arrived
        for start, end in sorted(spans[number]):
            assert start <= there, "it vanished and came back"
            there = max(there, end)
        finished = int(run.trace.finished[number])
        assert there == (run.end if finished == MISSING else finished)


# Officers


@given(runs)
def test_no_officer_is_on_two_steps_at_once(run: Run) -> None:
    """Rule 3."""
    for work in run.busy:
        assert all(ended <= started for (_, ended), (started, _) in pairwise(work))


@given(runs)
def test_officers_work_only_at_their_stations(run: Run) -> None:
    """Rule 5."""
    for node in run.visits:
        if run.started[node] == MISSING:
            assert run.officer[node] == -1
        else:
            assert int(run.docket.station[node]) in run.group_of[run.officer[node]].stations


@given(runs)
def test_work_begins_on_shift_unless_it_clears(run: Run) -> None:
    """Rules 3 and 4: off shift, a queue is cleared of what joined before the shift's end."""
    for node in run.begun:
        officer, instant = run.officer[node], run.started[node]
        shifts = run.docket.shifts[officer]
        if open_at(shifts, instant):
            continue
        clearing = run.clearing(run.group_of[officer])
        assert int(run.docket.station[node]) in clearing
        shift_end = shifts.closes[bisect_right(shifts.closes, instant) - 1]
        assert shift_end <= instant
        assert any(
            run.joined[other] < shift_end
            and min(run.out_of_queue(other), run.free_for(officer, other)) >= instant
            for at in clearing
            for other in run.queued_at[at]
        )


@given(runs)
def test_an_owner_does_all_steps_of_a_dossier_at_a_station(run: Run) -> None:
    """Rule 23."""
    for node in run.begun:
        if run.station(node).owner:
            assert run.officer[node] == run.owner(node)[0]


@given(runs)
def test_work_takes_its_time_on_shift_or_in_overtime(run: Run) -> None:
    """Rules 2 and 4: suspended work takes its time on shift, other work its time."""
    for node in run.begun:
        started, ended, work = run.started[node], run.ended[node], run.duration[node]
        if run.station(node).at_close != "suspend":
            assert ended == (started + work if started + work < run.end else MISSING)
        elif ended == MISSING:
            shifts = run.docket.shifts[run.officer[node]]
            assert open_between(shifts, started, run.end - 1) < work
        else:
            shifts = run.docket.shifts[run.officer[node]]
            assert open_between(shifts, started, ended) == work
            assert ended == started or open_between(shifts, started, ended - 1) < work


@given(runs)
def test_the_first_officer_who_is_idle_takes_the_step(run: Run) -> None:
    """Rule 8: groups in network order, officers by number; only a busy one is passed over."""
    for node in run.begun:
        instant, at = run.started[node], int(run.docket.station[node])
        if run.owner(node)[1] < instant:
            continue
        for officer in range(run.officer[node]):
            if at in run.group_of[officer].stations and open_at(
                run.docket.shifts[officer], instant
            ):
                assert any(start <= instant <= end for start, end in run.busy[officer])


@given(runs)
def test_no_officer_idles_while_a_step_waits_that_it_may_take(run: Run) -> None:
    """Rules 4 and 8: at the end of each instant, on shift, and off shift where it clears."""
    for officer, shifts in enumerate(run.docket.shifts):
        idle = run.idle(officer)
        idle_on_shift = [piece for gap in idle for piece in pieces(shifts, *gap)]
        group = run.group_of[officer]
        for at in group.stations:
            for node in run.queued_at[at]:
                joined = run.joined[node]
                gone = min(run.out_of_queue(node), run.free_for(officer, node))
                assert not overlap(idle_on_shift, joined, gone)
                if run.network.stations[at].at_close == "clear":
                    # from the first end of a shift after it joined on, it is to be cleared
                    place = bisect_right(shifts.closes, joined)
                    if place < len(shifts.closes):
                        assert not overlap(idle, shifts.closes[place], gone)


def overlap(intervals: list[Interval], start: int, end: int) -> bool:
    return start < end and any(first < end and start < last for first, last in intervals)


# Queues


def rank(run: Run, node: int) -> tuple[int, int, int, int, int] | None:
    """Rank a step in its queue by rule 6; None where pauses have moved its due instant."""
    number = run.dossier[node]
    key = 0
    match run.station(node).discipline:
        case "spt":
            key = run.duration[node]
        case "edd":
            if run.pauses_before(node):
                return None
            key = run.due_at(node)
    return int(run.docket.priority[number]), key, run.joined[node], number, node


@given(runs)
def test_an_officer_takes_the_smallest_step_that_it_may_take(run: Run) -> None:
    """Rules 4 to 6: nothing smaller that had queued since before is left waiting."""
    ranks = {node: rank(run, node) for node in run.visits if run.joined[node] != MISSING}
    for node in run.begun:
        own, instant, officer = ranks[node], run.started[node], run.officer[node]
        group = run.group_of[officer]
        on_shift = open_at(run.docket.shifts[officer], instant)
        for at in group.stations if on_shift else run.clearing(group):
            for other in run.queued_at[at]:
                stays = run.started[other] == MISSING or run.started[other] > instant
                stays = stays and run.free_for(officer, other) > instant
                if stays and run.joined[other] < instant <= run.out_of_queue(other):
                    theirs = ranks[other]
                    assert own is None or theirs is None or own < theirs


@given(runs)
def test_the_waits_at_a_station_are_the_integral_of_its_queue(run: Run) -> None:
    """Little's law: from the table of steps, and from who comes and who is called."""
    steps, lefts = run.trace.steps, run.trace.dossiers["ended"]
    visits = steps[(steps["kind"] == "visit") & steps["joined"].notna()]
    lefts = lefts.reindex(visits["dossier"]).set_axis(visits.index)
    gone = visits["started"].fillna(lefts).fillna(pd.Timestamp(np.datetime64(run.end, "us")))
    waits: dict[tuple[str, str], int] = defaultdict(int)
    places = zip(visits["station"], visits["office"], strict=True)
    for place, waited in zip(places, gone - visits["joined"], strict=True):
        waits[place] += waited // pd.Timedelta(microseconds=1)

    changes: dict[tuple[str, str], list[Interval]] = defaultdict(list)
    begins = begins_by_what_came_before(run)
    for node in run.visits:
        if begins[node] != MISSING:
            station = run.station(node)
            place = station.address, run.network.offices[station.office].name
            changes[place] += [(begins[node], 1), (run.out_of_queue(node), -1)]
    for place, events in changes.items():
        length = area = last = 0
        for when, change in sorted(events, key=lambda event: (event[0], -event[1])):
            area += length * (when - last)
            length, last = length + change, when
            assert length >= 0
        assert length == 0
        assert area == waits.pop(place)
    assert not any(waits.values())


@given(runs)
def test_dossiers_leave_exactly_when_a_patience_is_over(run: Run) -> None:
    """Rules 7 and 8: a present citizen's patience, in open time; who can start still does."""
    over: dict[int, list[int]] = defaultdict(list)
    for node in run.visits:
        patience, joined = int(run.docket.patience[node]), run.joined[node]
        if joined == MISSING or patience < 0:
            continue
        assert run.is_present(run.dossier[node])
        ends = advanced(run.office_calendar(node), joined, patience)
        if run.started[node] == MISSING:
            over[run.dossier[node]].append(ends)
        else:
            assert run.started[node] <= ends
    for number, left in enumerate(run.left):
        withdrawn = run.docket.withdraws[number] and left == run.trace.finished[number]
        first = min(over[number], default=NEVER)
        if left < NEVER and not (withdrawn and first > left):
            assert left == first
        else:
            assert first >= min(left, run.end)


# Routes


def begins_by_what_came_before(run: Run) -> list[int]:
    """Give when each node must begin: when what comes before it ends, if the dossier is there."""
    begins = [MISSING] * len(run.nodes)
    tails: dict[int, list[int]] = defaultdict(list)
    for number, first in enumerate(run.docket.first_node[:-1].tolist()):
        begins[first] = int(run.docket.arrived[number])
    for node in run.nodes:
        following, ended = run.following[node], run.ended[node]
        if following < 0:
            continue
        goes_on = ended != MISSING and not run.left_before(node, ended)
        if run.kind[following] == NodeKind.JOIN and run.kind[node] != NodeKind.FORK:
            tails[following].append(ended if goes_on else MISSING)
        elif goes_on:
            begins[following] = ended
            branch = int(run.docket.sibling[following])
            while run.kind[node] == NodeKind.FORK and branch >= 0:
                begins[branch] = ended
                branch = int(run.docket.sibling[branch])
    for join, ends in tails.items():
        assert len(ends) == run.docket.arrivals[join]
        begins[join] = max(ends) if MISSING not in ends else MISSING
    return begins


@given(runs)
def test_a_step_begins_exactly_when_what_comes_before_it_ends(run: Run) -> None:
    """Rules 7 and 11: a `together` goes on with its last branch; who left starts nothing."""
    assert begins_by_what_came_before(run) == run.joined
    for node in run.nodes:
        if run.kind[node] in (NodeKind.FORK, NodeKind.JOIN) and run.joined[node] != MISSING:
            assert run.joined[node] == run.started[node] == run.ended[node]


@given(runs)
def test_a_route_finishes_with_its_last_step_or_when_the_dossier_leaves(run: Run) -> None:
    """Rules 7 and 11."""
    for number, (first, following) in enumerate(pairwise(run.docket.first_node.tolist())):
        (last,) = (node for node in range(first, following) if run.following[node] < 0)
        finished, left = int(run.trace.finished[number]), run.left[number]
        if left < NEVER:
            assert finished == left
        else:
            assert finished == run.ended[last]


@given(runs)
def test_dossiers_are_accepted_and_resolved_at_the_end_of_their_visits(run: Run) -> None:
    """Rules 7 and 13: what ends after the dossier has left accepts and resolves nothing."""
    marks = ((run.docket.accepts, run.trace.accepted), (run.docket.resolves, run.trace.resolved))
    for nodes, instants in marks:
        for number, node in enumerate(nodes.tolist()):
            if node < 0:
                continue
            ended = run.ended[node]
            assert instants[number] == (MISSING if ended > run.left[number] else ended)
    on_arrival = run.docket.accepts < 0
    assert (run.trace.accepted == run.docket.arrived)[on_arrival].all()
    assert (run.trace.resolved == MISSING)[run.docket.resolves < 0].all()


def happened(run: Run, node: int, instant: int) -> int:
    """Give an instant, or `MISSING` if the run ended, or the dossier left, before it."""
    return MISSING if instant >= run.end or run.left_before(node, instant) else instant


@given(runs)
def test_waits_end_when_their_time_is_over(run: Run) -> None:
    """Rules 7, 12 and 15: clock or working time, until due, the counter's next opening."""
    for node in run.nodes:
        if run.kind[node] != NodeKind.WAIT or run.joined[node] == MISSING:
            continue
        assert run.started[node] == run.joined[node]
        number, begins = run.dossier[node], run.joined[node]
        if run.docket.until_due[node]:
            if run.pauses_before(node):
                continue
            begins = max(begins, run.due_at(node))
        if run.docket.working[node]:
            ends = advanced(run.home_calendar(number), begins, run.duration[node])
        else:
            ends = begins + run.duration[node]
        following = run.following[node]
        if (
            run.is_present(number)
            and following >= 0
            and run.kind[following] == NodeKind.VISIT
            and run.station(following).counter
        ):
            ends = first_open(run.office_calendar(following), ends)
        assert run.ended[node] == happened(run, node, ends)


def departures(rule: Transfer, calendar: Calendar, ready: int) -> Iterator[int]:
    """List the instants from `ready` on at which a dossier may depart by a rule (rule 10)."""
    today = ready // DAY
    if not rule.departs and rule.cutoff is None:
        yield ready
        return
    if rule.cutoff is not None and ready < today * DAY + rule.cutoff:
        if closing_of(calendar, today) is not None:
            yield ready
        today += 1
    elif rule.cutoff is not None:
        today += 1
    for day in range(today - 1, today + 60):
        for first, _ in pieces(calendar, day * DAY, (day + 1) * DAY):
            if rule.cutoff is not None and day >= today:
                yield first
            yield from (at for hour in rule.departs if (at := day * DAY + hour) >= ready)
            break
    yield NEVER


@given(runs)
def test_transfers_depart_when_their_rule_says_and_travel_their_time(run: Run) -> None:
    """Rules 7 and 10."""
    for node in run.nodes:
        if run.kind[node] != NodeKind.TRANSFER or run.joined[node] == MISSING:
            continue
        rule = run.network.transfers[int(run.docket.rule[node])]
        calendar = rule.calendar or run.office_calendar(node)
        departs = next(departures(rule, calendar, run.joined[node]))
        assert run.started[node] == happened(run, node, departs)
        assert run.ended[node] == happened(run, node, departs + run.duration[node])


@given(runs)
def test_without_pauses_the_due_instants_follow_from_acceptance(run: Run) -> None:
    """Rules 14 and 15, for the time limit and for the statutory one."""
    paused = set(run.docket.dossier[run.docket.clock != RUNS].tolist())
    for number, accepted in enumerate(run.trace.accepted.tolist()):
        procedure = run.network.procedures[int(run.docket.procedure[number])]
        if number in paused or accepted == MISSING:
            continue
        calendar, cutoff = run.accepting_calendar(number), run.network.same_day_cutoff
        due = due_by_hand(procedure.limit, accepted, calendar, cutoff)
        by_law = due_by_hand(procedure.statutory_limit, accepted, calendar, cutoff)
        assert (run.trace.due[number], run.trace.due_by_law[number]) == (due, by_law)
        assert not run.trace.stopped[number]


# The same again


@FEWER
@given(scenarios(), st.integers(0, 2**32), st.integers(0, 100))
def test_the_same_seed_gives_the_same_bytes(plan: Plan, seed: int, replication: int) -> None:
    dockets = [draw(network_of(plan), seed, replication) for _ in range(2)]
    traces = [simulate(network_of(plan), docket) for docket in dockets]
    one, other = (fingerprint(*both) for both in zip(dockets, traces, strict=True))
    assert one == other


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    seeds = range(20)
    script = (
        "from strategies import *\n"
        "from sim.engine import simulate\n"
        f"for case in map(case_of, range({len(seeds)})):\n"
        "    print(fingerprint(case.docket, simulate(case.network, case.docket)))\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONHASHSEED": "1234"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert len(set(printed)) == len(seeds)
    here = map(case_of, seeds)
    assert printed == [fingerprint(c.docket, simulate(c.network, c.docket)) for c in here]


@given(cases(), st.integers(0, 2**32))
def test_the_trace_does_not_depend_on_the_order_in_which_events_were_inserted(
    case: Case, seed: int
) -> None:
    """Rule 8: SimPy's insertion counter replaced by random numbers."""
    numbers = random.Random(seed)

    used: list[int] = []

    class Shuffled(reference.Environment):
        def __init__(self, initial_time: int = 0) -> None:
            super().__init__(initial_time)
            self._eid: Iterator[int] = iter(self.number, None)  # type: ignore[assignment]

        def number(self) -> int:
            used.append(numbers.getrandbits(64))
            return used[-1]

    expected = simulate(case.network, case.docket, engine="reference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "Environment", Shuffled)
        shuffled = simulate(case.network, case.docket, engine="reference")
    assert used or not expected.docket.arrived.size
    assert first_difference(expected, shuffled) is None


# Identity


def citizens(network: Network, docket: Docket) -> dict[str, tuple[Any, ...]]:
    """Say by name who comes, when, where and through which channel."""
    names = [procedure.name for procedure in network.procedures]
    return {
        f"{names[procedure]}-{citizen}": (
            arrived,
            network.channel_names[channel],
            network.office_address(home),
            priority,
        )
        for procedure, citizen, arrived, channel, home, priority in zip(
            docket.procedure.tolist(),
            docket.citizen.tolist(),
            docket.arrived.tolist(),
            docket.channel.tolist(),
            docket.home.tolist(),
            docket.priority.tolist(),
            strict=True,
        )
    }


def needs(network: Network, docket: Docket) -> dict[tuple[str, str, int, str], tuple[Any, ...]]:
    """Say by citizen, step id and round what each visit and wait takes, and where it is."""
    names = [procedure.name for procedure in network.procedures]
    found = {}
    for node, kind in enumerate(docket.kind.tolist()):
        if kind not in (NodeKind.VISIT, NodeKind.WAIT):
            continue
        number = int(docket.dossier[node])
        citizen = f"{names[int(docket.procedure[number])]}-{docket.citizen[number]}"
        step = docket.procedure_steps[int(docket.step[node])][1]
        place = None
        if kind == NodeKind.VISIT:
            station = network.stations[int(docket.station[node])]
            place = station.address, network.office_address(station.office)
        what = int(docket.duration[node]), int(docket.patience[node]), place
        found[citizen, step, int(docket.round[node]), NodeKind(kind).name] = what
    return found


def shifts_by_name(network: Network, docket: Docket) -> dict[str, tuple[Any, ...]]:
    names = officer_names(network)
    shifts = [(calendar.opens, calendar.closes) for calendar in docket.shifts]
    return dict(zip(names, shifts, strict=True))


def assert_kept(before: dict[Any, Any], after: dict[Any, Any]) -> None:
    assert before == {name: after.get(name) for name in before}


def drawn(plan: Plan) -> tuple[Network, Docket]:
    network = network_of(plan)
    return network, draw(network, seed=5, replication=2)


@FEWER
@given(scenarios(), st.sampled_from([1.1, 1.5, 4]))
def test_a_larger_demand_keeps_the_citizens_of_the_smaller(plan: Plan, times: float) -> None:
    larger = copy.deepcopy(plan)
    for procedure in larger["procedures"].values():
        volume = procedure["volume"]
        for rate in volume.keys() - {"of", "share"}:
            volume[rate] *= times
        if "of" in volume:
            volume["share"] = "33%"
    before, after = drawn(plan), drawn(larger)
    assert_kept(citizens(*before), citizens(*after))
    kept = citizens(*before).keys()
    assert needs(*before) == {name: what for name, what in needs(*after).items() if name[0] in kept}


@FEWER
@given(scenarios(), st.booleans())
def test_another_procedure_moves_no_draw(plan: Plan, first: bool) -> None:
    at, level = next(iter(plan["levels"].items()))
    station = next(iter(level["stations"]))
    route = [{"id": "visit", "at": f"{at}.{station}", "work": {"exponential": "1 h"}}]
    new = {"another": {"received_at": at, "volume": {"in_period": 9}, "route": route}}
    longer = copy.deepcopy(plan)
    longer["procedures"] = {**new, **plan["procedures"]} if first else plan["procedures"] | new
    before, after = drawn(plan), drawn(longer)
    ours = {name for name in citizens(*after) if not name.startswith("another-")}
    assert citizens(*before) == {n: who for n, who in citizens(*after).items() if n in ours}
    assert needs(*before) == {n: what for n, what in needs(*after).items() if n[0] in ours}


@FEWER
@given(scenarios(), st.data())
def test_another_step_moves_no_draw(plan: Plan, data: st.DataObject) -> None:
    """A visit at the home office, so that no office is looked for that was not before."""
    longer = copy.deepcopy(plan)
    procedure = longer["procedures"][data.draw(st.sampled_from(list(plan["procedures"])))]
    received_at = procedure["received_at"]
    levels = [received_at] if isinstance(received_at, str) else list(received_at)
    at = levels[0]
    station = data.draw(st.sampled_from(list(plan["levels"][at]["stations"])))
    step: Plan = {"id": "another", "at": f"{at}.{station}", "work": {"exponential": "1 h"}}
    if len(levels) > 1:
        step["only"] = [at]
    procedure["route"].insert(data.draw(st.integers(0, len(procedure["route"]))), step)
    before, after = drawn(plan), drawn(longer)
    assert citizens(*before) == citizens(*after)
    assert needs(*before) == {n: what for n, what in needs(*after).items() if n[1] != "another"}


@FEWER
@given(scenarios(), st.data())
def test_another_station_moves_no_draw(plan: Plan, data: st.DataObject) -> None:
    longer = copy.deepcopy(plan)
    level = longer["levels"][data.draw(st.sampled_from(list(plan["levels"])))]
    level["stations"] = {"another": {"staff": 2, "absence": 0.3}, **level["stations"]}
    before, after = drawn(plan), drawn(longer)
    assert citizens(*before) == citizens(*after)
    assert needs(*before) == needs(*after)
    assert_kept(shifts_by_name(*before), shifts_by_name(*after))


@FEWER
@given(scenarios())
def test_another_level_moves_no_draw(plan: Plan) -> None:
    """A level without `offices`, before all others."""
    longer = copy.deepcopy(plan)
    longer["levels"] = {"another": {"stations": {"desk": {"absence": 0.3}}}, **plan["levels"]}
    before, after = drawn(plan), drawn(longer)
    assert citizens(*before) == citizens(*after)
    assert needs(*before) == needs(*after)
    assert_kept(shifts_by_name(*before), shifts_by_name(*after))


def routes(network: Network, docket: Docket) -> dict[str, list[tuple[int, ...]]]:
    """Say by name what each dossier goes through, nodes counted from its own first."""
    found: dict[str, list[tuple[int, ...]]] = {}
    columns = [
        getattr(docket, name)
        for name in ("kind", "step", "round", "station", "working", "until_due", "clock",
                     "opens_at", "rule", "arrivals")
    ]  # fmt: skip
    for number, (first, end) in enumerate(pairwise(docket.first_node.tolist())):
        marks = [int(getattr(docket, name)[number]) for name in ("accepts", "resolves")]
        own = [mark - first if mark >= 0 else -1 for mark in marks]
        route = [(*own, int(docket.accepting_office[number]))]
        for node in range(first, end):
            links = [int(getattr(docket, name)[node]) for name in ("following", "sibling")]
            own = [link - first if link >= 0 else -1 for link in links]
            route.append((*own, *(int(column[node]) for column in columns)))
            assert docket.dossier[node] == number
        name = network.procedures[int(docket.procedure[number])].name
        found[f"{name}-{docket.citizen[number]}"] = route
    return found


@FEWER
@given(scenarios(), st.sampled_from(TICKS))
def test_a_snapped_docket_is_the_same_on_the_tick(plan: Plan, tick: int) -> None:
    network, docket = drawn(plan)
    after = snapped(docket, tick)
    assert fingerprint(snapped(docket, 1)) == fingerprint(docket)
    assert routes(network, after) == routes(network, docket)
    assert not (after.arrived % tick).any()
    assert not (after.duration % tick).any()
    numbered = list(zip(after.arrived, after.procedure, after.citizen, strict=True))
    assert numbered == sorted(numbered)


# One more officer


def one_queue(source: Source) -> Plan:
    """One fcfs station on one calendar, without absence, patience or a second visit."""
    hours = source.pick([["08:00-12:00", "13:00-17:00"], ["08:00-11:00"], ["00:00-24:00"]])
    station: Plan = {"staff": source.pick([1, 2, 0, 3])}
    station["kind"] = source.pick(["counter", "desk"])
    station["at_close"] = source.pick(["suspend", "finish", "clear"])
    visit = {"id": "visit", "at": "ward.desk", "work": source.pick(WORKS)}
    return {
        "period": {"from": "2024-03-07", "to": "2024-03-11"},
        "calendars": {"office": {"hours": {"mon-fri": hours}}},
        "channels": {"online": {"calendar": source.pick(["always", "office"])}},
        "levels": {"ward": {"calendar": "office", "stations": {"desk": station}}},
        "procedures": {
            "copies": {"received_at": "ward", "volume": {"in_period": 40}, "route": [visit]}
        },
    }


@given(sources().map(one_queue), st.integers(0, 999), st.booleans())
def test_one_more_officer_makes_no_nth_start_later(plan: Plan, seed: int, ties: bool) -> None:
    more = copy.deepcopy(plan)
    more["levels"]["ward"]["stations"]["desk"]["staff"] += 1
    starts = []
    for staffed in (plan, more):
        network = network_of(staffed)
        docket = draw(network, seed, replication=0)
        trace = simulate(network, snapped(docket, HOUR) if ties else docket)
        starts.append(sorted(np.where(trace.started == MISSING, NEVER, trace.started).tolist()))
    assert all(later <= before for before, later in zip(*starts, strict=True))


def test_an_officer_added_to_one_entry_of_staff_moves_no_absence_of_another() -> None:
    """Absences are named by officer: with one more in the first entry, the second's stay."""
    text = """
period: {{from: 2021-02-01, to: 2021-06-30}}
calendars: {{late: {{hours: {{mon-fri: ["15:30-17:00"]}}}}}}
levels:
  city:
    stations: {{desk: {{absence: 30%, staff: [{{count: {first}}}, {{count: 2, calendar: late}}]}}}}
procedures:
  p: {{received_at: city, volume: {{per_day: 1}}, route: [{{at: city.desk, work: 1 h}}]}}
"""
    one, two = (draw(build(load_text(text.format(first=first))), 1, 1) for first in (1, 2))
    shifts = [[(s.opens, s.closes) for s in docket.shifts] for docket in (one, two)]
    assert shifts[0][0] == shifts[1][0]
    assert shifts[0][1:] == shifts[1][2:]
    assert shifts[1][0] != shifts[1][1]
