"""The docket: everything random in one replication, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.calendars import Calendar
from sim.routes import NodeKind

Integers = NDArray[np.int64]
Numbers = NDArray[np.integer[Any]]
"""Whole numbers, as wide as they need be."""
Flags = NDArray[np.bool_]
CLOCKS = ("runs", "pauses", "restarts")


@dataclass(frozen=True, eq=False)
class Templates:
    """The routes that dossiers share: T templates, N nodes in all.

    The nodes of a template stand together, in the order of its route; places are counted from
    its first.

    Parameters
    ----------
    first_node
        Where the nodes of each begin, shape (T + 1,).
    procedure, channel
        Numbers of its procedure and of the channel through which its dossiers came, shape (T,).
    accepts, resolves
        Place of the node at whose end a dossier is accepted (-1 on arrival) and resolved (-1
        never), shape (T,).
    withdraws
        Whether a dossier is withdrawn when its route ends, shape (T,).
    ending
        Number of the word of its `end`, or -1, shape (T,).
    kind, step, round
        Of each node: its `NodeKind`; number of the step, -1 for forks and joins; the round,
        from 0. Shape (N,).
    working, until_due, clock
        Of a wait: whether its length is open time of the home office; whether it begins with
        the wait until the due instant; what it does to the limit, a place in `CLOCKS`. (N,).
    appears
        Whether a wait's citizen appears at the counter of the visit that follows, shape (N,).
    rule
        A transfer's rule, or -1, shape (N,).
    first_here
        Of a visit, place of the first visit at its station, shape (N,).
    following, sibling, arrivals
        Place of the node that follows, -1 at the route's end; of the first node of the next
        branch, or -1; of a join, how many branches it waits for. Shape (N,).
    """

    first_node: Integers
    procedure: Integers
    channel: Integers
    accepts: Integers
    resolves: Integers
    withdraws: Flags
    ending: Integers
    kind: Integers
    step: Integers
    round: Integers
    working: Flags
    until_due: Flags
    clock: Integers
    appears: Flags
    rule: Integers
    first_here: Integers
    following: Integers
    sibling: Integers
    arrivals: Integers

    @cached_property
    def before(self) -> tuple[tuple[int, ...], ...]:
        """Of each node, the places of those with whose end it may begin, ascending."""
        found: list[list[int]] = [[] for _ in range(self.kind.size)]
        for begin, end in pairwise(self.first_node.tolist()):
            for place in range(end - begin):
                is_fork = self.kind[begin + place] == NodeKind.FORK
                after = int(self.following[begin + place])
                while after >= 0:
                    found[begin + after].append(place)
                    after = int(self.sibling[begin + after]) if is_fork else -1
        return tuple(map(tuple, found))


@dataclass(frozen=True, eq=False)
class Docket:
    """Everything random in one replication, as arrays; D dossiers, S nodes.

    A dossier's number is its rank by (arrival, procedure, citizen); its nodes stand together,
    in the order of its route. Instants and durations are in microseconds. What dossiers of one
    route have in common is kept once, in `templates`, and spread out where it is asked for;
    `accepted`, `due` and `patience` are views of one number where they are the same for all.

    Parameters
    ----------
    seed, replication
        What it was drawn for.
    templates
        The routes that dossiers share.
    template, citizen, home, priority
        Of each dossier: numbers of its template, its citizen and its home office; its class,
        the channel's priority added. Shape (D,).
    arrived
        When it arrives, or the run's start if it is open then, shape (D,).
    accepted, due
        Of a dossier that is open when the run starts, when it was accepted, and when it is due
        or `MISSING` if that follows from its limit; `MISSING` for all others. Shape (D,).
    accepting_office
        Office that accepts it, shape (D,).
    first_node
        Where its nodes begin, shape (D + 1,).
    station
        Of each node: a visit's station; for others that of the visit before, or -1, shape (S,).
    duration
        A visit's work, a wait's length, a transfer's travel time, shape (S,).
    patience
        Open time after which the citizen of a visit leaves, -1 for never, shape (S,).
    shifts
        Of each officer, the calendar; of one who may be absent less those dates, and only until
        the run's end.
    procedure_steps, endings
        Names of steps, (procedure, step id), and words of `end`.
    """

    seed: int
    replication: int
    templates: Templates
    template: Numbers
    citizen: Numbers
    home: Numbers
    priority: Integers
    arrived: Integers
    accepted: Integers
    due: Integers
    accepting_office: Numbers
    first_node: Integers
    station: Numbers
    duration: Integers
    patience: Integers
    shifts: tuple[Calendar, ...]
    procedure_steps: tuple[tuple[str, str], ...]
    endings: tuple[str, ...]

    @property
    def patience_if_any(self) -> Integers:
        """`patience`, or nothing of shape (0,) where it is a view of one number: nobody leaves."""
        return self.patience if self.patience.strides != (0,) else np.zeros(0, np.int64)

    def to_place(self, dossier: int) -> int:
        """Give what added to a node of a dossier is its place among the nodes of all templates."""
        template = self.template[dossier]
        return int(self.templates.first_node[template] - self.first_node[dossier])

    # Of dossiers, shape (D,)

    @cached_property
    def procedure(self) -> Numbers:
        """Number of each dossier's procedure, shape (D,)."""
        return self.templates.procedure[self.template].astype(np.int32)

    @cached_property
    def channel(self) -> Numbers:
        """Number of the channel through which each dossier came, shape (D,)."""
        return self.templates.channel[self.template].astype(np.int32)

    @cached_property
    def accepts(self) -> Integers:
        """Node at whose end each dossier is accepted, -1 on arrival, shape (D,)."""
        return _moved(self.templates.accepts[self.template], self.first_node[:-1])

    @cached_property
    def resolves(self) -> Integers:
        """Node at whose end each dossier is resolved, -1 never, shape (D,)."""
        return _moved(self.templates.resolves[self.template], self.first_node[:-1])

    @cached_property
    def withdraws(self) -> Flags:
        """Whether each dossier is withdrawn when its route ends, shape (D,)."""
        return self.templates.withdraws[self.template]

    @cached_property
    def ending(self) -> Integers:
        """Number in `endings` of the word of each dossier's `end`, or -1, shape (D,)."""
        return self.templates.ending[self.template]

    # Of nodes, shape (S,)

    @property
    def dossier(self) -> Numbers:
        """Number of each node's dossier, shape (S,)."""
        return np.repeat(np.arange(self.arrived.size, dtype=np.int32), np.diff(self.first_node))

    @cached_property
    def place(self) -> Numbers:
        """Where among the nodes of all templates each node's own is, shape (S,)."""
        moved = self.templates.first_node[self.template] - self.first_node[:-1]
        places = np.arange(self.station.size, dtype=np.int64)
        places += np.repeat(moved, np.diff(self.first_node))
        return places.astype(np.int32)

    @cached_property
    def kind(self) -> Numbers:
        """`NodeKind` of each node, shape (S,)."""
        return self.templates.kind.astype(np.int8)[self.place]

    @cached_property
    def step(self) -> Numbers:
        """Number of each node's step, -1 for forks and joins, shape (S,)."""
        return self.templates.step.astype(np.int32)[self.place]

    @property
    def round(self) -> Integers:
        """Round of each node's visit, from 0, shape (S,)."""
        return self.templates.round[self.place]

    @property
    def working(self) -> Flags:
        """Whether each wait's length is open time of the home office, shape (S,)."""
        return self.templates.working[self.place]

    @property
    def until_due(self) -> Flags:
        """Whether each wait begins with the wait until the due instant, shape (S,)."""
        return self.templates.until_due[self.place]

    @property
    def clock(self) -> Integers:
        """What each wait does to the limit, a place in `CLOCKS`, shape (S,)."""
        return self.templates.clock[self.place]

    @property
    def rule(self) -> Integers:
        """Each transfer's rule, or -1, shape (S,)."""
        return self.templates.rule[self.place]

    @cached_property
    def following(self) -> Integers:
        """The node that follows each, -1 at the route's end, shape (S,)."""
        return self._of_all(self.templates.following)

    @cached_property
    def sibling(self) -> Integers:
        """The first node of the next branch, or -1, shape (S,)."""
        return self._of_all(self.templates.sibling)

    @property
    def arrivals(self) -> Integers:
        """How many branches each join waits for, shape (S,)."""
        return self.templates.arrivals[self.place]

    @property
    def opens_at(self) -> Integers:
        """Station of the counter at which each wait's citizen appears next, or -1, shape (S,)."""
        appears = self.templates.appears[self.place]
        return np.where(appears, self.station[self.following], -1)

    def _of_all(self, places: Integers) -> Integers:
        """Make places in a node's own template places among all nodes; -1 stays."""
        return _moved(places[self.place], self.first_node[self.dossier])


def _moved(places: Integers, begins: Integers) -> Integers:
    return np.where(places >= 0, places + begins, -1)
