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
from sim.lint.arrivals import arrivals_of
from sim.nearness import nearest_places
from sim.network import Network, OpenDossiers, Procedure
from sim.scenario.schema import Choose, Step, Together, Visit, holds_for

Line = tuple[tuple[int, ...], tuple[int, ...]]
"""A dossier's office at each level, and the place that it was; -1 where none is resolved yet."""


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
        adding.arriving(procedure)
    for open_ in network.backlog:
        adding.open(open_)
    return OfferedLoad(adding.visits, adding.present, adding.work)


def further_rounds(visit: Visit, channel: str) -> float:
    """Give the expected number of times that a visit is done again (rule 12)."""
    incomplete = visit.incomplete
    if incomplete is None:
        return 0.0
    share = incomplete.share_through(channel)
    if share == 1:
        return float(incomplete.at_most)
    return share * (1 - share**incomplete.at_most) / (1 - share)


class _Lines:
    """Dossiers by receiving level and channel, and by their line."""

    def __init__(self) -> None:
        self.by_coming: dict[tuple[int, int], defaultdict[Line, float]] = {}

    def add(self, level: int, channel: int, line: Line, dossiers: float) -> None:
        """Add some dossiers."""
        self.by_coming.setdefault((level, channel), defaultdict(float))[line] += dossiers


class _Adding:
    """Adds up the load along routes: dossiers with one line go on together."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.visits = [0.0] * len(network.stations)
        self.present = [0.0] * len(network.stations)
        self.work = [0.0] * len(network.stations)
        self.onward: dict[tuple[int, int, Line], list[tuple[Line, float]]] = {}
        self.level = self.channel = 0
        self.words: set[str] = set()

    def arriving(self, procedure: Procedure) -> None:
        """Add the load of the dossiers of a procedure that arrive in the period."""
        lines = _Lines()
        for some in arrivals_of(self.network, procedure):
            lines.add(some.level, some.channel, self._line_of(some.place), some.in_period)
        self._along(procedure.route, lines)

    def open(self, open_: OpenDossiers) -> None:
        """Add the load of dossiers that are open when the run starts (rule 22)."""
        lines = _Lines()
        network = self.network
        for home, channels in zip(open_.homes, open_.channels, strict=True):
            level = network.offices[network.places[home].office].level
            line = self._line_of(home)
            total = sum(share for _, share in channels)
            for channel, share in channels:
                lines.add(level, channel, line, share / total)
        self._along(open_.route, lines)

    def _along(self, route: Sequence[Step], lines: _Lines) -> None:
        """Add the load of some dossiers along a route, by each level and channel."""
        network = self.network
        for (level, channel), dossiers in lines.by_coming.items():
            self.level, self.channel = level, channel
            self.words = {network.levels[level].name, network.channel_names[channel]}
            self._walk(route, dossiers)

    def _line_of(self, home: int) -> Line:
        """Give the line of those whose home is, or was, a place."""
        network = self.network
        offices, places = ([-1] * len(network.levels) for _ in range(2))
        for office in network.ancestors[network.places[home].office]:
            offices[network.offices[office].level] = office
        for place in network.place_ancestors[home]:
            places[network.offices[network.places[place].office].level] = place
        return tuple(offices), tuple(places)

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
            for onward, share in self._resolved(level, line):
                here = dossiers * share
                station = network.station_numbers[visit.at, onward[0][level]]
                self.visits[station] += here * (1 + further)
                self.work[station] += here * work
                if network.is_present(self.channel):
                    self.present[station] += here * (1 + further)
                resolved[onward] += here
        return resolved

    def _resolved(self, level: int, line: Line) -> list[tuple[Line, float]]:
        """Give the lines that a line becomes at a level, each with its share (rule 9)."""
        if line[0][level] >= 0:
            return [(line, 1.0)]
        key = self.level, level, line
        if key not in self.onward:
            offices, were = (self._home_first(numbers) for numbers in line)
            nearest = nearest_places(self.network, level, offices, were)
            self.onward[key] = [
                (_with_place(self.network, line, level, place), share)
                for place, share in _by_share(self.network, nearest)
                if share > 0
            ]
        return self.onward[key]

    def _home_first(self, numbers: Sequence[int]) -> list[int]:
        return [numbers[self.level], *(number for number in numbers if number >= 0)]


def _with_place(network: Network, line: Line, level: int, place: int) -> Line:
    offices, places = line
    office = network.places[place].office
    return (
        (*offices[:level], office, *offices[level + 1 :]),
        (*places[:level], place, *places[level + 1 :]),
    )


def _by_share(network: Network, places: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Give places with their part of the whole; all the same where none has a share."""
    shares = [network.places[place].share for place in places]
    total = sum(shares)
    for place, share in zip(places, shares, strict=True):
        yield place, share / total if total else 1 / len(places)
