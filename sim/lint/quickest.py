"""One dossier alone at its quickest: the earliest that its limit can be kept.

Nobody stands before it, every officer is there, every draw is the least that can be drawn, and
where offices or groups of officers differ, each step is done where it is done first. Earliest
ends are monotone in time, so that no dossier that starts when this one does ends before it; but
for one that is the slower and reaches a transfer with a `cutoff` after midnight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim.calendars import Calendar
from sim.deadlines import due_instant, remaining_limit, resumed_due
from sim.departures import NO_CUTOFF, departure
from sim.distributions import Distribution, quantiles
from sim.durations import NEVER
from sim.network import Network
from sim.routes import Node, NodeKind, Template
from sim.scenario.schema import UntilDue, Visit, Wait
from sim.scenario.values import AtClose, Limit

_LEAST_UNIFORM = 2.0**-53


@dataclass(frozen=True, order=True)
class Pause:
    """A pause of the limit's clock, and whether the limit begins anew at its end."""

    start: int
    end: int
    restarts: bool


@dataclass(frozen=True)
class Lone:
    """What becomes of one dossier alone.

    Parameters
    ----------
    accepted, resolved
        When it is accepted and resolved; `NEVER` if it is not.
    pauses
        The pauses between the two, in the order of the route.
    """

    accepted: int
    resolved: int
    pauses: tuple[Pause, ...]


@lru_cache(maxsize=4096)
def least(distribution: Distribution) -> int:
    """Give the least that can be drawn, in microseconds."""
    return int(quantiles(distribution, np.array([_LEAST_UNIFORM]))[0])


def due_of(lone: Lone, limit: Limit, calendar: Calendar, cutoff: int) -> int:
    """Give the instant by which a dossier must be resolved, pauses counted (rules 14 and 15)."""

    def due_from(instant: int) -> int:
        return due_instant(
            limit.kind, limit.amount, instant, cutoff, calendar.opens, calendar.closes,
            calendar.before, calendar.open_days, calendar.last_closings,
        )  # fmt: skip

    due = due_from(lone.accepted) if lone.accepted < NEVER else NEVER
    for pause in _merged(lone.pauses):
        if pause.start > due:
            continue
        if pause.restarts:
            due = due_from(pause.end)
            continue
        remaining = remaining_limit(
            limit.kind, due, pause.start, calendar.opens, calendar.closes, calendar.before,
            calendar.open_days,
        )  # fmt: skip
        due = resumed_due(
            limit.kind, remaining, pause.end, calendar.opens, calendar.closes, calendar.before,
            calendar.open_days, calendar.last_closings,
        )  # fmt: skip
    return due


def _merged(pauses: Sequence[Pause]) -> list[Pause]:
    """Join pauses that overlap or touch; one without length changes nothing (rule 8)."""
    joined: list[Pause] = []
    for pause in sorted(pause for pause in pauses if pause.start < pause.end):
        if joined and pause.start <= joined[-1].end:
            last = joined.pop()
            restarts = last.restarts or pause.restarts
            joined.append(Pause(last.start, max(last.end, pause.end), restarts))
        else:
            joined.append(pause)
    return joined


class Quickest:
    """What a dossier alone finds in a network: shifts, openings and departures by address."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.offices: dict[str, list[Calendar]] = {}
        """Opening hours of a station's offices, by address, each calendar once."""
        self.shifts: dict[str, list[Calendar]] = {}
        """Shifts of those who serve a station, by address, each calendar once."""
        self.at_close: dict[str, AtClose] = {}
        for station in network.stations:
            self.at_close[station.address] = station.at_close
            _put(self.offices, station.address, network.offices[station.office].calendar)
        for group in network.groups:
            for number in group.stations if group.officers else ():
                _put(self.shifts, network.stations[number].address, group.calendar)

    def walk(
        self,
        template: Template,
        present: bool,
        home: Calendar,
        accepting: Calendar,
        limit: Limit,
        arrived: int,
    ) -> Lone:
        """Let one dossier go its way alone, until it is resolved.

        Parameters
        ----------
        template
            Its way.
        present
            Whether its citizen is present at counters.
        home, accepting
            Opening hours of its home office, and of the office that accepts it.
        limit
            The time limit, by which a wait until due ends.
        arrived
            When it arrives.
        """
        walk = _Walk(self, template, present, home, accepting, limit)
        if template.accepts < 0:
            walk.accepted = arrived
        walk.along(0, arrived)
        return Lone(walk.accepted, walk.resolved, tuple(walk.pauses))

    def visit(self, address: str, work: int, joined: int) -> int:
        """Give the earliest end of a visit to a station (rule 4)."""
        ends = []
        for shifts in self.shifts.get(address, ()):
            start = shifts.next_open(joined)
            if self.at_close[address] == "clear" and shifts.opens and shifts.opens[0] <= joined:
                # Others who joined in time may keep the officer, who then takes this one too.
                start = joined
            if start < NEVER:
                suspends = self.at_close[address] == "suspend"
                ends.append(shifts.advance(start, work) if suspends else start + work)
        return min(ends, default=NEVER)

    def departs(self, rule: int, left: str, ready: int) -> int:
        """Give the earliest departure of a transfer from a station (rule 10)."""
        transfer = self.network.transfers[rule]
        calendars = self.offices[left] if transfer.calendar is None else [transfer.calendar]
        cutoff = NO_CUTOFF if transfer.cutoff is None else transfer.cutoff
        return min(
            departure(
                ready, transfer.departs, cutoff, calendar.open_days, calendar.first_openings
            )
            for calendar in calendars
        )  # fmt: skip

    def opens(self, address: str, instant: int) -> int:
        """Give when an office of a station is open at or after an instant."""
        return min(calendar.next_open(instant) for calendar in self.offices[address])


def _put(calendars: dict[str, list[Calendar]], address: str, calendar: Calendar) -> None:
    found = calendars.setdefault(address, [])
    if all(calendar is not other for other in found):
        found.append(calendar)


class _Walk:
    """One dossier on its way."""

    def __init__(
        self,
        through: Quickest,
        template: Template,
        present: bool,
        home: Calendar,
        accepting: Calendar,
        limit: Limit,
    ) -> None:
        self.through = through
        self.template = template
        self.nodes = template.nodes
        self.present = present
        self.home = home
        self.accepting = accepting
        self.limit = limit
        self.accepted = self.resolved = NEVER
        self.pauses: list[Pause] = []
        self.forks = 0
        """Of how many that are not joined yet it stands in a branch."""
        self.before_fork = 0
        """How many pauses lie before the outermost of these."""

    def along(self, place: int, instant: int) -> tuple[int, int]:
        """Go on from a node until the dossier is resolved, or to the join of a branch.

        Returns
        -------
        tuple
            The join, or -1 if none is reached; and the instant.
        """
        while place >= 0 and instant < NEVER:
            node = self.nodes[place]
            if node.kind == NodeKind.JOIN:
                return place, instant
            if node.kind == NodeKind.FORK:
                place, instant = self._together(node, instant)
                if place < 0:
                    break
                node = self.nodes[place]
            else:
                instant = self._end(node, instant)
            if place == self.template.accepts:
                self.accepted = instant
            if place == self.template.resolves:
                self.resolved = instant
                break
            place = node.following
        return -1, instant

    def _together(self, fork: Node, instant: int) -> tuple[int, int]:
        """Go along all branches; give their join, and when the last of them arrives there."""
        if not self.forks:
            self.before_fork = len(self.pauses)
        self.forks += 1
        last, branch = instant, fork.following
        while branch >= 0:
            join, arrives = self.along(branch, instant)
            if join < 0:
                return -1, NEVER
            last = max(last, arrives)
            branch = self.nodes[branch].sibling
        self.forks -= 1
        return join, last

    def _end(self, node: Node, begins: int) -> int:
        """Give the earliest end of a visit, a wait or a transfer that begins at an instant."""
        match node.kind, node.step:
            case NodeKind.VISIT, Visit() as visit:
                return self.through.visit(visit.at, least(visit.work), begins)
            case NodeKind.WAIT, Wait() as wait:
                return self._wait(node, wait, begins)
            case _:
                departs = self.through.departs(node.rule, node.place or "", begins)
                takes = self.through.network.transfers[node.rule].takes
                return departs + (0 if takes is None else least(takes))

    def _wait(self, node: Node, wait: Wait, begins: int) -> int:
        length, start = wait.wait, begins
        if isinstance(length, UntilDue):
            length, start = length.then, max(begins, self._due())
        duration = least(length)
        end = self.home.advance(start, duration) if length.working else start + duration
        following = self.nodes[node.following] if node.following >= 0 else None
        if self.present and following is not None and following.kind == NodeKind.VISIT:
            address = following.place or ""
            if address in self.through.network.counters:
                end = self.through.opens(address, end)
        if wait.clock != "runs" and self.accepted < NEVER:
            self.pauses.append(Pause(begins, end, wait.clock == "restarts"))
        return end

    def _due(self) -> int:
        """Give the due instant as far as it is known: what goes together may yet move it."""
        known = self.pauses[: self.before_fork] if self.forks else self.pauses
        so_far = Lone(self.accepted, self.resolved, tuple(known))
        return due_of(so_far, self.limit, self.accepting, self.through.network.same_day_cutoff)
