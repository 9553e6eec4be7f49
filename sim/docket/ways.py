"""Ways through procedures, laid out: their nodes as columns, and what is drawn for them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from sim.distributions import Distribution
from sim.docket.records import CLOCKS
from sim.network import Network, Procedure
from sim.routes import Draws, Node, NodeKind, Template, resolve
from sim.scenario.schema import UntilDue, Visit, Wait

Integers = NDArray[np.int64]

COLUMNS: Mapping[str, type[np.generic]] = {
    "kind": np.int64, "round": np.int64, "working": np.bool_, "until_due": np.bool_,
    "clock": np.int64, "appears": np.bool_, "rule": np.int64, "first_here": np.int64,
    "following": np.int64, "sibling": np.int64, "arrivals": np.int64,
}  # fmt: skip
"""Of a template's nodes, those of `Templates` but for steps."""


@dataclass(frozen=True)
class Length:
    """The distribution of a node's length, and its stream: step id, round and purpose."""

    distribution: Distribution
    stream: tuple[str, int, str]


@dataclass(frozen=True)
class Laid:
    """A template, laid out.

    Parameters
    ----------
    template
        The template.
    columns
        Of its nodes, as `Templates` has them, but for steps.
    lengths
        What is drawn for them: a length and a place among the nodes, by column of the docket.
    """

    template: Template
    columns: Mapping[str, Integers]
    lengths: Mapping[str, tuple[tuple[Length, int], ...]]


class Ways:
    """The ways through procedures that a replication meets; those of the one before are known."""

    _of_last: ClassVar[WeakKeyDictionary[Network, dict[Hashable, Laid]]] = WeakKeyDictionary()

    def __init__(self, network: Network) -> None:
        self.network = network
        self.known = self._of_last.get(network, {})
        self.met: dict[Hashable, Laid] = {}
        self._of_last[network] = self.met

    def laid(self, procedure: Procedure, draws: Draws, channel: int) -> Laid:
        """Lay out the route of those who drew alike."""
        chosen = *draws.branches.items(), *draws.rounds.items()
        # The network holds its routes, so that nothing else comes to have their identity.
        key = id(procedure.route), channel, draws.words, chosen
        if key not in self.met:
            known = self.known.get(key)
            self.met[key] = known or _laid_out(self.network, procedure, draws, channel)
        return self.met[key]


def _laid_out(network: Network, procedure: Procedure, draws: Draws, channel: int) -> Laid:
    """Resolve a route, and lay out its nodes."""
    template = resolve(network, procedure, draws)
    nodes = template.nodes
    columns: dict[str, Iterable[int]] = {
        "kind": (node.kind for node in nodes),
        "round": (node.round for node in nodes),
        "working": map(_is_working, nodes),
        "until_due": map(_is_until_due, nodes),
        "clock": (CLOCKS.index(_clock_of(node)) for node in nodes),
        "appears": (_appears(network, channel, nodes, node) for node in nodes),
        "rule": (node.rule for node in nodes),
        "first_here": _first_here(template),
        "following": (node.following for node in nodes),
        "sibling": (node.sibling for node in nodes),
        "arrivals": (node.arrivals for node in nodes),
    }
    durations = [_length(network, node) for node in nodes]
    patiences = [_patience(network, channel, node) for node in nodes]
    return Laid(
        template,
        {name: np.fromiter(columns[name], kind) for name, kind in COLUMNS.items()},
        {
            name: tuple((length, place) for place, length in enumerate(lengths) if length)
            for name, lengths in (("duration", durations), ("patience", patiences))
        },
    )


def _length(network: Network, node: Node) -> Length | None:
    """Give what is drawn for a node's work, wait or travel time."""
    match node.kind, node.step:
        case NodeKind.VISIT, Visit() as visit:
            again = visit.incomplete.again if visit.incomplete and node.round else None
            return Length(again or visit.work, (visit.id, node.round, "work"))
        case NodeKind.WAIT, Visit(incomplete=incomplete) as visit if incomplete is not None:
            return Length(incomplete.away, (visit.id, node.round, "away"))
        case NodeKind.WAIT, Wait(wait=UntilDue(then=then)) as wait:
            return Length(then, (wait.id, 0, "wait"))
        case NodeKind.WAIT, Wait(wait=Distribution() as length) as wait:
            return Length(length, (wait.id, 0, "wait"))
        case NodeKind.TRANSFER, _:
            takes = network.transfers[node.rule].takes
            step_id, purpose = node.stream
            return None if takes is None else Length(takes, (step_id, 0, purpose))
    return None


def _patience(network: Network, channel: int, node: Node) -> Length | None:
    """Give what is drawn for the patience of a visit's citizen, if it is present."""
    if node.kind != NodeKind.VISIT or node.step is None or not network.is_present(channel):
        return None
    address = node.place or ""
    office = network.levels[level_of(network, address)].offices[0]
    limit = network.stations[network.station_numbers[address, office]].patience
    return None if limit is None else Length(limit, (node.step.id, node.round, "patience"))


def _first_here(template: Template) -> Iterator[int]:
    """Give for each visit the place of the first one at its station, for other nodes their own."""
    first: dict[str, int] = {}
    for place, node in enumerate(template.nodes):
        is_visit = node.kind == NodeKind.VISIT and node.place is not None
        yield first.setdefault(node.place or "", place) if is_visit else place


def _is_working(node: Node) -> bool:
    """Tell whether a wait's length is open time."""
    match node.kind, node.step:
        case NodeKind.WAIT, Visit(incomplete=incomplete) if incomplete is not None:
            return incomplete.away.working
        case NodeKind.WAIT, Wait(wait=UntilDue(then=length) | (Distribution() as length)):
            return length.working
    return False


def _is_until_due(node: Node) -> bool:
    return isinstance(node.step, Wait) and isinstance(node.step.wait, UntilDue)


def _clock_of(node: Node) -> str:
    match node.kind, node.step:
        case NodeKind.WAIT, Visit(incomplete=incomplete) if incomplete is not None:
            return incomplete.clock
        case NodeKind.WAIT, Wait(clock=clock):
            return clock
    return CLOCKS[0]


def _appears(network: Network, channel: int, nodes: Sequence[Node], node: Node) -> bool:
    """Tell whether the present citizen of a wait goes to a counter directly after it (rule 12)."""
    if node.kind != NodeKind.WAIT or node.following < 0 or not network.is_present(channel):
        return False
    visit = nodes[node.following]
    return visit.kind == NodeKind.VISIT and visit.place in network.counters


def level_of(network: Network, address: str) -> int:
    """Give the number of the level of a station's address."""
    return network.level_numbers[address.partition(".")[0]]
