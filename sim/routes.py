"""A dossier's own route: what is left when channel, branches and rounds are known.

`resolve` turns the steps of a procedure into a template of nodes in series–parallel order:
visits, waits and transfers, with forks and joins of no duration around what runs together
(rules 10 to 13 of docs/rules.md). All dossiers of a procedure that drew alike share one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from sim.network import Network, Procedure
from sim.scenario.schema import Choose, Step, Together, UntilDue, Visit, Wait, holds_for
from sim.scenario.values import WITHDRAWN


class NodeKind(IntEnum):
    """What a node is."""

    VISIT = 0
    WAIT = 1
    TRANSFER = 2
    FORK = 3
    JOIN = 4


@dataclass
class Node:
    """One node of a template; numbers are places in the template.

    Parameters
    ----------
    kind
        Its kind.
    step
        The step it stems from: of a transfer the visit that it leaves, of an absence the
        incomplete visit; None for forks and joins.
    round
        The round of the visit, from 0.
    place
        Address of the visit's station; for others of the station visited last, or None.
    rule
        Number of the transfer's rule, or -1.
    stream
        Name of the stream of a transfer's travel time.
    following, sibling
        The node to start when this one ends; of a branch's first node that of the next branch.
    arrivals
        Of a join, how many branches it waits for.
    """

    kind: NodeKind
    step: Visit | Wait | None = None
    round: int = 0
    place: str | None = None
    rule: int = -1
    stream: tuple[str, str] = ("", "")
    following: int = -1
    sibling: int = -1
    arrivals: int = 0


@dataclass(frozen=True)
class Template:
    """The nodes of one way through a procedure.

    Parameters
    ----------
    nodes
        In the order of the route: branches in file order, rounds in order.
    accepts
        The visit at whose end the dossier is accepted; -1 for on arrival.
    resolves
        The visit or join at whose end it is resolved; -1 for never.
    ending
        The word of the `end` that it meets, or "".
    """

    nodes: tuple[Node, ...]
    accepts: int
    resolves: int
    ending: str

    @property
    def withdraws(self) -> bool:
        """Whether the dossier is withdrawn when its route ends."""
        return self.ending == WITHDRAWN


@dataclass
class _Parallel:
    """A `together` on a dossier's own route."""

    id: str
    branches: list[list[_Item]]


_Item = Visit | Wait | _Parallel


@dataclass(frozen=True)
class Draws:
    """What decides a dossier's own route.

    Parameters
    ----------
    words
        Its channel and its receiving level, as `only` names them.
    branches
        For each `choose` by step id, the number of the branch taken.
    rounds
        For each incomplete visit by step id, how often it is done again.
    """

    words: frozenset[str]
    branches: Mapping[str, int] = field(default_factory=dict)
    rounds: Mapping[str, int] = field(default_factory=dict)


def resolve(network: Network, procedure: Procedure, draws: Draws) -> Template:
    """Resolve the own route of the dossiers of a procedure that drew alike."""
    items, ending = _own_route(procedure.route, draws)
    builder = _Builder(network, draws.rounds)
    builder.sequence(items, here=None, beyond=None, before=None)
    accepts, resolves = _marks(network, items, builder, ending)
    return Template(tuple(builder.nodes), accepts, resolves, ending)


def _own_route(route: Sequence[Step], draws: Draws) -> tuple[list[_Item], str]:
    """Keep the steps that are on the route; a branch's `end` cuts off what follows."""
    items: list[_Item] = []
    for step in route:
        if not holds_for(step, draws.words):
            continue
        match step:
            case Choose():
                branch = step.choose[draws.branches[step.id]]
                inner, ending = _own_route(branch.route, draws)
                items.extend(inner)
                if ending or branch.end is not None:
                    return items, ending or branch.end or ""
            case Together():
                branches = [_own_route(inner, draws)[0] for inner in step.together]
                items.append(_Parallel(step.id, branches))
            case _:
                items.append(step)
    return items, ""


def _first_visit(items: Sequence[_Item]) -> Visit | None:
    for item in items:
        match item:
            case Visit():
                return item
            case _Parallel():
                for branch in item.branches:
                    first = _first_visit(branch)
                    if first is not None:
                        return first
    return None


def _last_visit(items: Sequence[_Item]) -> Visit | None:
    standings = _standings(items)
    return standings[-1].visit if standings else None


class _Builder:
    """Lays out nodes with transfers between visits, and links them."""

    def __init__(self, network: Network, rounds: Mapping[str, int]) -> None:
        self.network = network
        self.rounds = rounds
        self.nodes: list[Node] = []
        self.last_round: dict[str, int] = {}
        """The node of each visit's last round, by step id."""
        self.joins: dict[str, int] = {}
        """The join of each outermost `together`, by the ids of the visits in it."""

    def sequence(
        self,
        items: Sequence[_Item],
        here: Visit | None,
        beyond: Visit | None,
        before: Visit | None,
    ) -> tuple[int, int]:
        """Lay out items in series and link them.

        Parameters
        ----------
        items
            What is left of a route or branch.
        here
            The visit at whose place the dossier is, or None before the first.
        beyond
            The visit to which it goes after these items, or None.
        before
            The last visit before these items, or None.

        Returns
        -------
        tuple
            The first and the last node; -1 and -1 if there are none.
        """
        first = last = -1

        def link(head: int, tail: int) -> None:
            nonlocal first, last
            if head < 0:
                return
            if last >= 0:
                self.nodes[last].following = head
            first = head if first < 0 else first
            last = tail

        for number, item in enumerate(items):
            following = _first_visit(items[number + 1 :]) or beyond
            match item:
                case Visit():
                    link(*self._visit(item))
                    if not self._fork_is_next(items[number + 1 :]):
                        link(*self._transfer(item, following, "travel"))
                    here = before = item
                case Wait():
                    link(*self._add(Node(NodeKind.WAIT, item, place=_address(before))))
                case _Parallel():
                    link(*self._together(item, here, following, before))
                    here = _after_together(item, here, following)
                    before = _last_visit([item]) or before
        return first, last

    def _fork_is_next(self, items: Sequence[_Item]) -> bool:
        """Tell whether the next visit stands in a `together`, whose branches begin with it."""
        for item in items:
            if isinstance(item, Visit):
                return False
            if isinstance(item, _Parallel) and _first_visit([item]) is not None:
                return True
        return False

    def _add(self, node: Node) -> tuple[int, int]:
        self.nodes.append(node)
        return len(self.nodes) - 1, len(self.nodes) - 1

    def _visit(self, visit: Visit) -> tuple[int, int]:
        first, last = self._add(Node(NodeKind.VISIT, visit, place=visit.at))
        for number in range(self.rounds.get(visit.id, 0)):
            away, _ = self._add(Node(NodeKind.WAIT, visit, number, visit.at))
            again, _ = self._add(Node(NodeKind.VISIT, visit, number + 1, visit.at))
            self.nodes[last].following = away
            self.nodes[away].following = again
            last = again
        self.last_round[visit.id] = last
        return first, last

    def _transfer(self, left: Visit | None, to: Visit | None, purpose: str) -> tuple[int, int]:
        if left is None or to is None:
            return -1, -1
        rule = self.network.transfer_between(left.at, to.at)
        if rule < 0:
            return -1, -1
        stream = (left.id, f"{purpose} to {to.id}")
        return self._add(Node(NodeKind.TRANSFER, left, 0, left.at, rule, stream))

    def _together(
        self,
        parallel: _Parallel,
        here: Visit | None,
        following: Visit | None,
        before: Visit | None,
    ) -> tuple[int, int]:
        fork, _ = self._add(Node(NodeKind.FORK, place=_address(here)))
        tails: list[int] = []
        previous = -1
        for number, branch in enumerate(parallel.branches):
            to = _first_visit(branch)
            purpose = "travel" if to else f"travel in branch {number + 1} of {parallel.id}"
            head = tail = -1
            if not self._fork_is_next(branch) and (to or following) is not here:
                head, tail = self._transfer(here, to or following, purpose)
            first, last = self.sequence(branch, here, following if to else None, before)
            if first >= 0:
                if tail >= 0:
                    self.nodes[tail].following = first
                head, tail = (head if head >= 0 else first), last
            if head < 0:
                continue
            if previous < 0:
                self.nodes[fork].following = head
            else:
                self.nodes[previous].sibling = head
            previous = head
            tails.append(tail)
        if not tails:
            self.nodes.pop()
            return -1, -1
        join, _ = self._add(Node(NodeKind.JOIN, place=_address(here), arrivals=len(tails)))
        for tail in tails:
            self.nodes[tail].following = join
        for visit_id in _visits_in(parallel):
            self.joins[visit_id] = join
        return fork, join


def _address(visit: Visit | None) -> str | None:
    return None if visit is None else visit.at


def _after_together(
    parallel: _Parallel, here: Visit | None, following: Visit | None
) -> Visit | None:
    """Give the visit at whose place a dossier is after a join: its branches went on to the next."""
    if following is not None and (here is not None or _first_visit([parallel]) is not None):
        return following
    return here


def _visits_in(parallel: _Parallel) -> list[str]:
    ids = []
    for branch in parallel.branches:
        for item in branch:
            if isinstance(item, Visit):
                ids.append(item.id)
            elif isinstance(item, _Parallel):
                ids.extend(_visits_in(item))
    return ids


@dataclass
class _Standing:
    """Where a visit stands: in a `together` or not, before a wait until due or not."""

    visit: Visit
    inside: bool
    before_due: bool = False


def _standings(
    items: Sequence[_Item], inside: bool = False, last: _Standing | None = None
) -> list[_Standing]:
    """List visits in file order; `last` is the visit before the items."""
    found: list[_Standing] = []
    for item in items:
        match item:
            case Visit():
                last = _Standing(item, inside)
                found.append(last)
            case Wait(wait=UntilDue()) if last is not None:
                last.before_due = True
            case _Parallel():
                for branch in item.branches:
                    found.extend(_standings(branch, True, last))
                last = found[-1] if found else last
    return found


def _marks(
    network: Network, items: Sequence[_Item], builder: _Builder, ending: str
) -> tuple[int, int]:
    """Find where the dossier is accepted and where it is resolved (rule 13)."""
    standings = _standings(items)
    first = standings[0].visit
    marked = [standing.visit for standing in standings if standing.visit.decides]
    resolving: Visit | None
    if marked:
        resolving = marked[0]
    elif ending == WITHDRAWN:
        resolving = None
    else:
        before_due = [standing.visit for standing in standings if standing.before_due]
        resolving = before_due[-1] if before_due else standings[-1].visit
    accepting = [standing.visit for standing in standings if standing.visit.accepts]
    if accepting:
        accepts = builder.last_round[accepting[0].id]
    elif standings[0].inside or first.at not in network.counters or first is resolving:
        accepts = -1
    else:
        accepts = builder.last_round[first.id]
    if resolving is None:
        return accepts, -1
    return accepts, builder.joins.get(resolving.id, builder.last_round[resolving.id])
