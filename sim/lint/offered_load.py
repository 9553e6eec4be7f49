"""The offered load: how much work the dossiers of the period bring to each station.

An expectation, without a draw and without a queue: volumes, shares of offices, channels and
levels, branches, `only`, rounds of incomplete dossiers and mean work; and what is left to do of
the backlog. Nobody loses patience.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.distributions import Distribution
from sim.nearness import nearest_offices
from sim.network import Network, OpenDossiers, Procedure
from sim.scenario.schema import Choose, Step, Together, Visit, holds_for

Line = tuple[int, ...]
"""A dossier's home office, and then its office at each level, -1 where none is resolved yet."""


@dataclass(frozen=True)
class OfferedLoad:
    """What is expected at each station of those who arrive in the period, or are open before.

    Parameters
    ----------
    visits
        Visits, each round counted, by the station's number.
    present
        Those of them by dossiers whose citizen is present (rule 7).
    work
        Officers' time, in microseconds, by the station's number.
    """

    visits: Sequence[float]
    present: Sequence[float]
    work: Sequence[float]


def offered_load(network: Network) -> OfferedLoad:
    """Work out the offered load of a network's stations."""
    adding = _Adding(network)
    for procedure in network.procedures:
        for level, part in procedure.received_at:
            for channel, share in procedure.channels:
                adding.arriving(procedure, level, channel, procedure.volume * part * share)
    for open_ in network.backlog:
        adding.open(open_)
    return OfferedLoad(adding.visits, adding.present, adding.work)


def further_rounds(visit: Visit, channel: str) -> float:
    """Give the expected number of times that a visit is done again (rule 12)."""
    incomplete = visit.incomplete
    if incomplete is None:
        return 0.0
    share = incomplete.share.get(channel, incomplete.share.get("", 0.0))
    if share == 1:
        return float(incomplete.at_most)
    return share * (1 - share**incomplete.at_most) / (1 - share)


class _Adding:
    """Adds up the load along routes: dossiers with one line go on together."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.visits = [0.0] * len(network.stations)
        self.present = [0.0] * len(network.stations)
        self.work = [0.0] * len(network.stations)
        self.nearest: dict[tuple[int, Line], list[tuple[int, float]]] = {}
        self.channel = 0
        self.words: set[str] = set()

    def arriving(self, procedure: Procedure, level: int, channel: int, dossiers: float) -> None:
        """Add the load of the dossiers of a procedure by one level and channel."""
        if dossiers > 0:
            shares = _by_share(self.network, level, self.network.levels[level].offices)
            lines = {self._line_of(home): dossiers * share for home, share in shares if share > 0}
            self._along(procedure.route, level, channel, lines)

    def open(self, open_: OpenDossiers) -> None:
        """Add the load of dossiers that are open when the run starts (rule 22)."""
        lines: defaultdict[tuple[int, int], defaultdict[Line, float]] = defaultdict(
            lambda: defaultdict(float)
        )
        for home, channels in zip(open_.homes, open_.channels, strict=True):
            total = sum(share for _, share in channels)
            for channel, share in channels:
                level = self.network.offices[home].level
                lines[level, channel][self._line_of(home)] += share / total
        for (level, channel), dossiers in lines.items():
            self._along(open_.route, level, channel, dossiers)

    def _along(
        self, route: Sequence[Step], level: int, channel: int, lines: Mapping[Line, float]
    ) -> None:
        """Add the load of some dossiers by one level and channel."""
        self.channel = channel
        self.words = {self.network.channel_names[channel], self.network.levels[level].name}
        self._walk(route, lines)

    def _line_of(self, home: int) -> Line:
        line = [-1] * len(self.network.levels)
        for office in self.network.ancestors[home]:
            line[self.network.offices[office].level] = office
        return home, *line

    def _walk(self, route: Sequence[Step], lines: Mapping[Line, float]) -> Mapping[Line, float]:
        """Go along a route; give those who go on after it."""
        for step in route:
            if not holds_for(step, self.words):
                continue
            match step:
                case Visit():
                    lines = self._visit(step, lines)
                case Choose():
                    lines = self._choose(step, lines)
                case Together():
                    for branch in step.together:
                        lines = self._walk(branch, lines)
                case _:
                    pass
        return lines

    def _choose(self, step: Choose, lines: Mapping[Line, float]) -> Mapping[Line, float]:
        going_on: defaultdict[Line, float] = defaultdict(float)
        for branch, share in zip(step.choose, step.shares, strict=True):
            if share == 0:
                continue
            inside = {line: dossiers * share for line, dossiers in lines.items()}
            after = self._walk(branch.route, inside)
            if branch.end is None:
                for line, dossiers in after.items():
                    going_on[line] += dossiers
        return going_on

    def _visit(self, visit: Visit, lines: Mapping[Line, float]) -> Mapping[Line, float]:
        network = self.network
        again: Distribution = visit.work
        if visit.incomplete is not None and visit.incomplete.again is not None:
            again = visit.incomplete.again
        further = further_rounds(visit, network.channel_names[self.channel])
        work = visit.work.mean + further * again.mean
        level = network.level_numbers[visit.at.partition(".")[0]]
        resolved: defaultdict[Line, float] = defaultdict(float)
        for line, dossiers in lines.items():
            for office, share in self._offices(level, line):
                here = dossiers * share
                station = network.station_numbers[visit.at, office]
                self.visits[station] += here * (1 + further)
                self.work[station] += here * work
                if network.is_present(self.channel):
                    self.present[station] += here * (1 + further)
                resolved[*line[: level + 1], office, *line[level + 2 :]] += here
        return resolved

    def _offices(self, level: int, line: Line) -> list[tuple[int, float]]:
        """Give the offices of a level to which dossiers with that line go, with shares."""
        if line[level + 1] >= 0:
            return [(line[level + 1], 1.0)]
        if (level, line) not in self.nearest:
            network = self.network
            others = [office for office in line if office >= 0]
            offices = nearest_offices(
                network.levels[level].offices, line[0], others, network.ancestors
            )
            self.nearest[level, line] = list(_by_share(network, level, offices))
        return self.nearest[level, line]


def _by_share(network: Network, level: int, offices: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Give offices of a level with their part of the whole; all the same where none has a share."""
    shares = dict.fromkeys(offices, 0.0)
    counts = dict.fromkeys(offices, 0)
    for place in network.levels[level].places:
        if place.office in shares:
            shares[place.office] += place.share
            counts[place.office] += 1
    total = sum(shares.values())
    for office in offices:
        yield office, shares[office] / total if total else counts[office] / sum(counts.values())
