"""The ways through a procedure: each set of branches that a dossier may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from sim.network import Network, Procedure
from sim.routes import Draws, Template, resolve
from sim.scenario.schema import Choose, Step, Together, holds_for

MOST_WAYS = 256
"""Of so many ways by one channel and level those that most dossiers take; others are left out."""


@dataclass(frozen=True)
class Way:
    """One way through a procedure, without a further round of anything.

    Parameters
    ----------
    level, channel
        Numbers of the receiving level and the channel.
    share
        The share of the procedure's dossiers that go this way.
    template
        Its nodes.
    """

    level: int
    channel: int
    share: float
    template: Template


@dataclass(frozen=True)
class Ways:
    """The ways through a procedure, and whether these are all of them."""

    ways: tuple[Way, ...]
    complete: bool


def ways_of(network: Network, procedure: Procedure) -> Ways:
    """List the ways through a procedure that somebody may go, the most taken of many."""
    ways: list[Way] = []
    complete = True
    for level, part in procedure.received_at:
        for channel, through in procedure.channels:
            if part * through == 0:
                continue
            words = frozenset({network.channel_names[channel], network.levels[level].name})
            found = _branches_taken(procedure.route, words)
            complete = complete and found.complete
            for taken in (*found.ended, *found.going_on):
                template = resolve(network, procedure, Draws(words, taken.branches))
                ways.append(Way(level, channel, part * through * taken.share, template))
    return Ways(tuple(ways), complete)


@dataclass(frozen=True)
class _Taken:
    """Branches taken, by the id of their `choose`, and the share of dossiers that take them."""

    branches: Mapping[str, int]
    share: float

    def then(self, other: _Taken) -> _Taken:
        return _Taken({**self.branches, **other.branches}, self.share * other.share)


@dataclass(frozen=True)
class _Found:
    """What may be taken along a route: by those who go on after it, and by those who do not."""

    going_on: Sequence[_Taken]
    ended: Sequence[_Taken]
    complete: bool

    def then(self, other: _Found) -> _Found:
        ended = [first.then(second) for first in self.going_on for second in other.ended]
        going_on = [first.then(second) for first in self.going_on for second in other.going_on]
        return _most_taken(going_on, [*self.ended, *ended], self.complete and other.complete)


_NOTHING_TAKEN = _Found((_Taken({}, 1.0),), (), True)


def _most_taken(going_on: list[_Taken], ended: list[_Taken], complete: bool) -> _Found:
    for taken in (going_on, ended):
        if len(taken) > MOST_WAYS:
            complete = False
            taken.sort(key=lambda way: -way.share)
            del taken[MOST_WAYS:]
    return _Found(going_on, ended, complete)


def _branches_taken(route: Iterable[Step], words: Set[str]) -> _Found:
    found = _NOTHING_TAKEN
    for step in route:
        if isinstance(step, Choose | Together) and holds_for(step, words):
            found = found.then(_branches_of(step, words))
    return found


def _branches_of(step: Choose | Together, words: Set[str]) -> _Found:
    if isinstance(step, Together):
        return _branches_taken((inner for branch in step.together for inner in branch), words)
    going_on: list[_Taken] = []
    ended: list[_Taken] = []
    complete = True
    for number, (branch, share) in enumerate(zip(step.choose, step.shares, strict=True)):
        if share > 0:
            this, inner = _Taken({step.id: number}, share), _branches_taken(branch.route, words)
            on_it = [this.then(taken) for taken in inner.going_on]
            (going_on if branch.end is None else ended).extend(on_it)
            ended.extend(this.then(taken) for taken in inner.ended)
            complete = complete and inner.complete
    return _most_taken(going_on, ended, complete)
