"""The reference engine: the rules of docs/rules.md on SimPy, written to be read.

SimPy keeps the pending events. An instant has three phases, which are SimPy's priorities: in
(a) shifts change, works, waits and transfers end and dossiers arrive; in (b) clocks, keys and
then officers; in (c) the impatient leave. At its end apologies are sent, on which nothing depends.
No result depends on the order in which events were inserted: what (a) causes is collected, and (b)
works through it in a declared order.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import simpy

from sim.calendars import Calendar
from sim.deadlines import LimitKind, apology_instant
from sim.departures import NO_CUTOFF, departure
from sim.docket import CLOCKS, Docket, NodeKind
from sim.durations import MISSING, NEVER
from sim.engine.clock import LimitClock
from sim.engine.trace import Trace
from sim.network import Group, Network, Station

Rank = tuple[int, int, int, int, int]
"""What a queued step is ordered by; its node is last."""
_RUNS, _RESTARTS = CLOCKS.index("runs"), CLOCKS.index("restarts")


class Phase(IntEnum):
    """The phases of an instant (rules 8 and 25), as SimPy's priorities."""

    HAPPEN = 0
    SETTLE = 1
    LEAVE = 2
    APOLOGISE = 3


class Environment(simpy.Environment):
    """SimPy's environment; its time is always a whole number of microseconds."""

    @property
    def now(self) -> int:
        """The present instant."""
        return self._now  # type: ignore[return-value]  # SimPy allows floats; we pass none


class Moment(simpy.Event):
    """Something that happens to a subject at an instant, in a phase."""

    def __init__(
        self,
        env: Environment,
        instant: int,
        phase: Phase,
        happens: Callable[[Moment], None],
        subject: int,
    ) -> None:
        self.env = env
        self.callbacks = [happens]
        self._value = None
        self._ok = True
        self.subject = subject
        env.schedule(self, phase, instant - env.now)  # type: ignore[arg-type]  # a phase is a priority


@dataclass(slots=True)
class Dossier:
    """What the engine knows of one dossier while it runs."""

    clocks: tuple[LimitClock, LimitClock]
    accepted: int = MISSING
    resolved: int = MISSING
    left: int = MISSING
    finished: int = MISSING
    apologised: int = MISSING
    pauses: int = 0
    restarts: bool = False


@dataclass(slots=True)
class Queue:
    """One station's queue: by rank, and in the order of joining for stations that clear.

    `ranked` is a heap; at stations with owners it is sorted, as not only the smallest is taken.
    """

    ranked: list[Rank] = field(default_factory=list)
    by_joining: deque[int] = field(default_factory=deque)


@dataclass(slots=True)
class Officer:
    """One officer: its shifts, and what it is doing."""

    group: int
    shifts: Calendar
    on_shift: bool = False
    idle: bool = True
    shift_ended: int = MISSING


def run(network: Network, docket: Docket) -> Trace:
    """Run one replication on SimPy; see `sim.engine.simulate`."""
    return _Run(network, docket).trace()


class _Run:
    """One run: the state of queues, officers and dossiers, and what changes it."""

    def __init__(self, network: Network, docket: Docket) -> None:
        self.network = network
        self.docket = docket
        self.env = Environment(initial_time=network.run_start)
        self.stations: tuple[Station, ...] = network.stations
        self.groups: tuple[Group, ...] = network.groups
        self.calendars = [network.offices[station.office].calendar for station in self.stations]
        self.clears = [station.at_close == "clear" for station in self.stations]

        self.kind: list[int] = docket.kind.tolist()
        self.dossier_of: list[int] = docket.dossier.tolist()
        self.station_of: list[int] = docket.station.tolist()
        self.duration: list[int] = docket.duration.tolist()
        self.patience: list[int] = docket.patience.tolist()
        self.following: list[int] = docket.following.tolist()
        self.sibling: list[int] = docket.sibling.tolist()
        self.clock_of: list[int] = docket.clock.tolist()
        self.opens_at: list[int] = docket.opens_at.tolist()
        self.arrived: list[int] = docket.arrived.tolist()
        self.first_node: list[int] = docket.first_node.tolist()
        self.accepts: list[int] = docket.accepts.tolist()
        self.resolves: list[int] = docket.resolves.tolist()
        self.withdraws: list[bool] = docket.withdraws.tolist()
        self.priority: list[int] = docket.priority.tolist()
        self.until_due: list[bool] = docket.until_due.tolist()
        self.working: list[bool] = docket.working.tolist()
        self.rule: list[int] = docket.rule.tolist()
        self.home: list[int] = docket.home.tolist()

        nodes = len(self.kind)
        self.joined = [MISSING] * nodes
        self.started = [MISSING] * nodes
        self.ended = [MISSING] * nodes
        self.officer_of = [-1] * nodes
        self.arrivals_left: list[int] = docket.arrivals.tolist()
        self.dossiers = [self._dossier(number) for number in range(len(self.arrived))]
        self.owner: dict[tuple[int, int], int] = {}
        """The officer who had a dossier at a station whose later steps are that officer's."""
        self.queues = [Queue() for _ in self.stations]
        self.officers = [
            Officer(number, docket.shifts[group.first_officer + place])
            for number, group in enumerate(self.groups)
            for place in range(group.officers)
        ]

        # What (a) touched and (b) works through.
        self.settling = False
        self.settled = 0
        self.restart_begun: dict[int, int] = {}
        """For each restarting pause, how many times (b) had come when it began."""
        self.touched_clocks: set[int] = set()
        self.waits_until_due: list[int] = []
        self.joining: list[int] = []
        self.touched_groups: set[int] = set()

    def _dossier(self, number: int) -> Dossier:
        docket, network = self.docket, self.network
        procedure = network.procedures[int(docket.procedure[number])]
        calendar = network.offices[int(docket.accepting_office[number])].calendar
        cutoff = network.same_day_cutoff
        limits = procedure.limit, procedure.statutory_limit
        by_limit, by_law = (LimitClock(limit, calendar, cutoff) for limit in limits)
        return Dossier((by_limit, by_law))

    def trace(self) -> Trace:
        """Run to the end and give what happened."""
        self._schedule_shifts()
        if self.arrived:
            self._at(self.arrived[0], Phase.HAPPEN, self._arrive, 0)
        self.env.run()
        dossiers = self.dossiers
        return Trace(
            network=self.network,
            docket=self.docket,
            instants=np.array([self.joined, self.started, self.ended], np.int64).T.copy(),
            officer=np.array(self.officer_of, np.int32),
            accepted=np.array([d.accepted for d in dossiers], np.int64),
            resolved=np.array([d.resolved for d in dossiers], np.int64),
            due=np.array([d.clocks[0].due for d in dossiers], np.int64),
            due_by_law=np.array([d.clocks[1].due for d in dossiers], np.int64),
            stopped=np.array([d.clocks[0].stopped for d in dossiers], np.bool_),
            apologised=np.array([d.apologised for d in dossiers], np.int64),
            left=np.array([d.left for d in dossiers], np.int64),
            finished=np.array([d.finished for d in dossiers], np.int64),
        )

    def _at(
        self, instant: int, phase: Phase, happens: Callable[[Moment], None], subject: int
    ) -> None:
        """Let something happen, unless the run has ended by then (rule 17)."""
        if instant < self.network.end:
            Moment(self.env, instant, phase, happens, subject)

    def _settle_soon(self) -> None:
        """Ask for phase (b) at this instant."""
        if not self.settling:
            self.settling = True
            self._at(self.env.now, Phase.SETTLE, self._settle, 0)

    # Phase (a): shifts

    def _schedule_shifts(self) -> None:
        """Schedule the next boundary of each calendar on which officers work."""
        self.rosters: list[tuple[Calendar, list[Officer]]] = []
        by_calendar: dict[int, int] = {}
        for officer in self.officers:
            roster = by_calendar.setdefault(id(officer.shifts), len(self.rosters))
            if roster == len(self.rosters):
                self.rosters.append((officer.shifts, []))
            self.rosters[roster][1].append(officer)
        for roster, (shifts, officers) in enumerate(self.rosters):
            for officer in officers:
                officer.on_shift = shifts.is_open(self.env.now)
            for boundary in (shifts.opens, shifts.closes):
                self._next_boundary(roster, boundary, self.env.now)

    def _next_boundary(self, roster: int, boundaries: tuple[int, ...], after: int) -> None:
        place = bisect_left(boundaries, after)
        if place < len(boundaries):
            opening = boundaries is self.rosters[roster][0].opens
            happens = self._shift_starts if opening else self._shift_ends
            self._at(boundaries[place], Phase.HAPPEN, happens, roster)

    def _shift_starts(self, moment: Moment) -> None:
        shifts, officers = self.rosters[moment.subject]
        for officer in officers:
            officer.on_shift = True
            if officer.idle:
                self._touch(officer.group)
        self._next_boundary(moment.subject, shifts.opens, self.env.now + 1)

    def _shift_ends(self, moment: Moment) -> None:
        shifts, officers = self.rosters[moment.subject]
        for officer in officers:
            officer.on_shift = False
            officer.shift_ended = self.env.now
            self._touch(officer.group)
        self._next_boundary(moment.subject, shifts.closes, self.env.now + 1)

    def _touch(self, group: int) -> None:
        self.touched_groups.add(group)
        self._settle_soon()

    # Phase (a): dossiers

    def _arrive(self, moment: Moment) -> None:
        number = moment.subject
        if number + 1 < len(self.arrived):
            self._at(self.arrived[number + 1], Phase.HAPPEN, self._arrive, number + 1)
        if self.docket.accepted[number] != MISSING:
            self._accept_before(number)
        elif self.accepts[number] < 0:
            self._accept(number)
        self._start(self.first_node[number])

    def _accept(self, number: int) -> None:
        dossier = self.dossiers[number]
        dossier.accepted = self.env.now
        for clock in dossier.clocks:
            clock.begin(self.env.now)
        self._await_apology(number)

    def _accept_before(self, number: int) -> None:
        """Let a dossier that is open when the run starts be accepted as it was (rule 22)."""
        dossier = self.dossiers[number]
        dossier.accepted = int(self.docket.accepted[number])
        for clock in dossier.clocks:
            clock.begin(dossier.accepted)
        if self.docket.due[number] != MISSING:
            dossier.clocks[0].due = int(self.docket.due[number])
        self._await_apology(number)

    def _start(self, node: int) -> None:
        """Let a node begin now: join a queue, wait, travel, or pass a fork or join."""
        match self.kind[node]:
            case NodeKind.VISIT:
                self.joined[node] = self.env.now
                self.joining.append(node)
                self._settle_soon()
            case NodeKind.WAIT:
                self._start_wait(node)
            case NodeKind.TRANSFER:
                self._start_transfer(node)
            case NodeKind.FORK:
                self.joined[node] = self.started[node] = self.ended[node] = self.env.now
                branch = self.following[node]
                while branch >= 0:
                    self._start(branch)
                    branch = self.sibling[branch]
            case NodeKind.JOIN:
                self.arrivals_left[node] -= 1
                if self.arrivals_left[node] == 0:
                    self.joined[node] = self.started[node] = self.env.now
                    self._end(node)

    def _end(self, node: int) -> None:
        """Let a node end now, and what follows it begin (rule 13)."""
        number = self.dossier_of[node]
        dossier = self.dossiers[number]
        self.ended[node] = self.env.now
        if node == self.accepts[number]:
            self._accept(number)
        if node == self.resolves[number]:
            dossier.resolved = self.env.now
        following = self.following[node]
        if following >= 0:
            self._start(following)
        else:
            dossier.finished = self.env.now
            if self.withdraws[number] and dossier.resolved == MISSING:
                dossier.left = self.env.now

    def _gone(self, node: int) -> bool:
        """Tell whether the node's dossier has left with steps undone (rule 7)."""
        dossier = self.dossiers[self.dossier_of[node]]
        return dossier.left != MISSING

    def _start_wait(self, node: int) -> None:
        self.joined[node] = self.started[node] = self.env.now
        self._pause(node, 1)
        if self.until_due[node]:
            self.waits_until_due.append(node)
            self._settle_soon()
        else:
            self._end_wait_at(node, self._wait_end(node, self.env.now))

    def _wait_end(self, node: int, begins: int) -> int:
        """Give the end of a wait of the node's length from `begins` on (rule 12)."""
        if begins >= NEVER:
            return NEVER
        if self.working[node]:
            home = self.home[self.dossier_of[node]]
            end = self.network.offices[home].calendar.advance(begins, self.duration[node])
        else:
            end = begins + self.duration[node]
        counter = self.opens_at[node]
        return end if counter < 0 else self.calendars[counter].next_open(end)

    def _end_wait_at(self, node: int, instant: int) -> None:
        self._at(instant, Phase.HAPPEN, self._wait_ends, node)

    def _wait_ends(self, moment: Moment) -> None:
        node = moment.subject
        if not self._gone(node):
            self._pause(node, -1)
            self._end(node)

    def _pause(self, node: int, change: int) -> None:
        """Count a pause that starts or ends, if it lies between acceptance and resolution."""
        number = self.dossier_of[node]
        dossier = self.dossiers[number]
        clock = self.clock_of[node]
        if clock == _RUNS or dossier.accepted == MISSING or dossier.resolved != MISSING:
            return
        dossier.pauses += change
        if clock == _RESTARTS:
            if change > 0:
                self.restart_begun[node] = self.settled
            elif self.restart_begun.pop(node) < self.settled:
                dossier.restarts = True
        self.touched_clocks.add(number)
        self._settle_soon()

    def _start_transfer(self, node: int) -> None:
        self.joined[node] = self.env.now
        rule = self.network.transfers[self.rule[node]]
        calendar = rule.calendar or self.calendars[self.station_of[node]]
        departs = departure(
            self.env.now, rule.departs, NO_CUTOFF if rule.cutoff is None else rule.cutoff,
            calendar.open_days, calendar.first_openings,
        )  # fmt: skip
        if departs == self.env.now:
            self._depart(node)
        else:
            self._at(departs, Phase.HAPPEN, self._transfer_departs, node)

    def _transfer_departs(self, moment: Moment) -> None:
        if not self._gone(moment.subject):
            self._depart(moment.subject)

    def _depart(self, node: int) -> None:
        self.started[node] = self.env.now
        if self.duration[node] == 0:
            self._end(node)
        else:
            arrives = self.env.now + self.duration[node]
            self._at(arrives, Phase.HAPPEN, self._transfer_ends, node)

    def _transfer_ends(self, moment: Moment) -> None:
        if not self._gone(moment.subject):
            self._end(moment.subject)

    def _work_ends(self, moment: Moment) -> None:
        node = moment.subject
        officer = self.officers[self.officer_of[node]]
        officer.idle = True
        self._touch(officer.group)
        if self._gone(node):
            self.ended[node] = self.env.now
        else:
            self._end(node)

    # Phase (b)

    def _settle(self, _: Moment) -> None:
        """Work through what (a) touched: clocks, waits until due, keys, officers (rule 8)."""
        self.settling = False
        self.settled += 1
        clocks, self.touched_clocks = self.touched_clocks, set()
        waits, self.waits_until_due = self.waits_until_due, []
        joining, self.joining = self.joining, []
        for number in clocks:
            self._turn_clocks(self.dossiers[number])
            self._await_apology(number)
        for node in waits:
            due = self.dossiers[self.dossier_of[node]].clocks[0].due
            self._end_wait_at(node, self._wait_end(node, max(due, self.env.now)))
        for node in joining:
            self._join(node)
        groups, self.touched_groups = self.touched_groups, set()
        for group in sorted(groups):
            self._dispatch(group)

    def _turn_clocks(self, dossier: Dossier) -> None:
        """Stop running clocks while pauses run, let stopped ones go on when none does."""
        for clock in dossier.clocks:
            if clock.limit.kind == LimitKind.NONE:
                continue
            if dossier.pauses and not clock.stopped:
                clock.stop(self.env.now)
            elif not dossier.pauses and clock.stopped:
                clock.go_on(self.env.now, dossier.restarts)
        if not dossier.pauses:
            dossier.restarts = False

    def _join(self, node: int) -> None:
        """Give a step that joined its place in the queue, and its patience (rules 6 and 7)."""
        number, place = self.dossier_of[node], self.station_of[node]
        key = self._key(node, number, self.stations[place])
        queue = self.queues[place]
        rank = (self.priority[number], key, self.joined[node], number, node)
        if self.stations[place].owner:
            insort(queue.ranked, rank)
        else:
            heapq.heappush(queue.ranked, rank)
        if self.clears[place]:
            queue.by_joining.append(node)
        self.touched_groups.update(self.network.groups_of_station[place])
        if self.patience[node] >= 0:
            ends = self.calendars[place].advance(self.joined[node], self.patience[node])
            self._at(ends, Phase.LEAVE, self._leave, node)

    def _key(self, node: int, number: int, station: Station) -> int:
        match station.discipline:
            case "fcfs":
                return 0
            case "spt":
                return int(self.duration[node])
            case "edd":
                dossier = self.dossiers[number]
                clock = dossier.clocks[0]
                return clock.due_from(self.env.now) if dossier.accepted == MISSING else clock.due

    def _dispatch(self, number: int) -> None:
        """Let a group's idle officers take steps while one of them may (rules 4, 5 and 8)."""
        group = self.groups[number]
        if not any(self.queues[place].ranked for place in group.stations):
            return
        first = group.first_officer
        for place in range(first, first + group.officers):
            if not self.officers[place].idle:
                continue
            ranks = [self._smallest(place, station) for station in self._open_to(place, group)]
            smallest = min((rank for rank in ranks if rank is not None), default=None)
            if smallest is not None:
                self._take(place, smallest)

    def _open_to(self, number: int, group: Group) -> tuple[int, ...]:
        """List the stations from which an idle officer may take now."""
        officer = self.officers[number]
        if officer.on_shift:
            return group.stations
        clearing = tuple(place for place in group.stations if self.clears[place])
        early = any(self._first_joined(number, place) < officer.shift_ended for place in clearing)
        return clearing if early else ()

    def _first_joined(self, officer: int, place: int) -> int:
        """Give when the step that an officer may have and has queued longest joined, or never."""
        queue = self.queues[place].by_joining
        while queue and not self._queued(queue[0]):
            queue.popleft()
        own = (node for node in queue if self._queued(node) and self._may_have(officer, node))
        first = next(own, None)
        return NEVER if first is None else self.joined[first]

    def _queued(self, node: int) -> bool:
        return self.started[node] == MISSING and not self._gone(node)

    def _may_have(self, officer: int, node: int) -> bool:
        """Tell whether a step is nobody else's (rule 23)."""
        had = self.dossier_of[node], self.station_of[node]
        return self.owner.get(had, officer) == officer

    def _smallest(self, officer: int, place: int) -> Rank | None:
        """Give the smallest queued step of a station that an officer may have."""
        ranked = self.queues[place].ranked
        if self.stations[place].owner:
            own = (rank for rank in ranked if self._may_have(officer, rank[-1]))
            return next((rank for rank in own if self._queued(rank[-1])), None)
        while ranked and not self._queued(ranked[0][-1]):
            heapq.heappop(ranked)
        return ranked[0] if ranked else None

    def _take(self, place: int, rank: Rank) -> None:
        node = rank[-1]
        officer, station = self.officers[place], self.stations[self.station_of[node]]
        if station.owner:
            ranked = self.queues[self.station_of[node]].ranked
            del ranked[bisect_left(ranked, rank)]
            self.owner.setdefault((self.dossier_of[node], self.station_of[node]), place)
        officer.idle = False
        self.started[node] = self.env.now
        self.officer_of[node] = place
        if station.at_close == "suspend":
            ends = officer.shifts.advance(self.env.now, self.duration[node])
        else:
            ends = self.env.now + self.duration[node]
        self._at(ends, Phase.HAPPEN, self._work_ends, node)

    # Phase (c)

    def _leave(self, moment: Moment) -> None:
        node = moment.subject
        if self._queued(node):
            dossier = self.dossiers[self.dossier_of[node]]
            dossier.left = dossier.finished = self.env.now

    # The end of an instant

    def _await_apology(self, number: int) -> None:
        instant = self._apology_of(number)
        if instant != MISSING:
            self._at(instant, Phase.APOLOGISE, self._apologise, number)

    def _apology_of(self, number: int) -> int:
        """Give when an apology would be sent for a dossier due as it now is, if that is to come."""
        days_before = self.network.procedures[int(self.docket.procedure[number])].apology_before
        if not days_before:
            return MISSING
        dossier = self.dossiers[number]
        clock = dossier.clocks[0]
        return apology_instant(
            clock.due, days_before, dossier.accepted, self.env.now,
            clock.calendar.open_days, clock.calendar.last_closings,
        )  # fmt: skip

    def _apologise(self, moment: Moment) -> None:
        number = moment.subject
        dossier = self.dossiers[number]
        is_open = dossier.resolved == MISSING and dossier.left == MISSING
        is_first = dossier.apologised == MISSING and not dossier.clocks[0].stopped
        if is_open and is_first and self._apology_of(number) == self.env.now:
            dossier.apologised = self.env.now
