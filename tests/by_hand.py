"""Scenarios worked by hand: a few citizens who come at chosen instants, and what became of them.

A scenario is YAML text without what every test would repeat: `play` adds a period and calendars
where the text has none, and `volume: some` stands for enough citizens to choose from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from strategies import first_difference, of_dossiers

from sim.calendars import Calendar
from sim.docket import Docket, NodeKind, draw
from sim.durations import DAY, MISSING, NEVER
from sim.engine import Trace, simulate, unusable
from sim.engine.trace import OUTCOMES, officer_names
from sim.network import Network, build
from sim.scenario.load import load_text
from sim.scenario.schema import Scenario

Integers = NDArray[np.int64]

PERIOD = "period: {from: 2021-02-01, to: 2021-03-31}\n"
CALENDARS = """\
calendars:                       # 2021-02-01 is a Monday; Tết closes 2021-02-10 to 2021-02-16
  office:
    hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}
    closed: [2021-02-10..2021-02-16]
  mornings: {hours: {mon-fri: ["07:30-11:30"]}}
  afternoons: {hours: {mon-fri: ["13:30-17:00"]}}
  nights:
    hours:
      mon: ["22:00-24:00"]
      tue-fri: ["00:00-06:00", "22:00-24:00"]
      sat: ["00:00-06:00"]
"""
VOLUME = "volume: {in_period: 60}"

_EPOCH = datetime(1970, 1, 1)
_COMING = re.compile(
    r"(?P<procedure>\S+) (?P<when>\S+ \S+)(?: via (?P<channel>\S+))?(?: at (?P<home>.+))?"
)


def at(text: str) -> int:
    """Read an instant such as ``2021-02-09 16:30``, in microseconds since 1970."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)


def text_of(instant: int) -> str | None:
    """Write an instant as `at` reads it; None is missing, and what never comes is ``never``."""
    if instant == MISSING:
        return None
    if instant >= NEVER:
        return "never"
    text = (_EPOCH + timedelta(microseconds=instant)).isoformat(" ")
    return text.removesuffix(":00")


def shop(stations: str, *procedures: str, more: str = "") -> str:
    """Write a scenario of one office, ``city``, open on the calendar ``office``."""
    level = f"levels:\n  city: {{calendar: office, stations: {{{stations}}}}}\n"
    return level + "procedures:\n" + "".join(procedures) + more


def procedure(name: str, *steps: str, keys: str = "") -> str:
    """Write a procedure received at ``city``, with the steps of its route and other keys."""
    given = f"received_at: city, volume: some{', ' if keys else ''}{keys}"
    return f"  {name}: {{{given}, route: [{', '.join(steps)}]}}\n"


def scenario_of(text: str) -> Scenario:
    """Load a scenario's text, with what it leaves out."""
    head = [part for part in (PERIOD, CALENDARS) if f"\n{part.split(':')[0]}:" not in f"\n{text}"]
    return load_text("".join(head) + text.replace("volume: some", VOLUME))


@lru_cache(maxsize=64)
def network_of(text: str, policy: str = "base") -> Network:
    """Make the network of a scenario's text, with what it leaves out."""
    return build(scenario_of(text).with_policy(policy))


def chosen(docket: Docket, dossiers: Sequence[int], arrived: Sequence[int]) -> Docket:
    """Keep some dossiers of a docket and let them arrive at other instants.

    The dossiers are numbered anew by (arrival, procedure, citizen), their nodes put together.
    """
    keep, when = np.array(dossiers, np.int64), np.array(arrived, np.int64)
    order = np.lexsort((docket.citizen[keep], docket.procedure[keep], when))
    return replace(of_dossiers(docket, keep[order]), arrived=when[order])


class Span(NamedTuple):
    """What happened at one node of a dossier's route, as text; None is missing."""

    joined: str | None
    started: str | None
    ended: str | None
    officer: str | None
    office: str | None


@dataclass(frozen=True)
class Story:
    """What became of one dossier, as text; None is missing."""

    trace: Trace
    number: int

    @property
    def accepted(self) -> str | None:
        return text_of(int(self.trace.accepted[self.number]))

    @property
    def resolved(self) -> str | None:
        return text_of(int(self.trace.resolved[self.number]))

    @property
    def due(self) -> str | None:
        return text_of(int(self.trace.due[self.number]))

    @property
    def due_by_law(self) -> str | None:
        return text_of(int(self.trace.due_by_law[self.number]))

    @property
    def left(self) -> str | None:
        return text_of(int(self.trace.left[self.number]))

    @property
    def finished(self) -> str | None:
        return text_of(int(self.trace.finished[self.number]))

    @property
    def outcome(self) -> str:
        return OUTCOMES[int(self.trace.outcome[self.number])]

    @property
    def ending(self) -> str | None:
        docket = self.trace.docket
        word = int(docket.ending[self.number])
        return None if word < 0 else docket.endings[word]

    def visit(self, step: str, round_: int = 0) -> Span:
        """Tell what happened in a round of a visit."""
        return self._one(NodeKind.VISIT, step, round_)

    def wait(self, step: str) -> Span:
        """Tell what happened in a wait."""
        return self._one(NodeKind.WAIT, step, 0)

    def away(self, step: str, round_: int = 0) -> Span:
        """Tell of the absence after an incomplete round of a visit."""
        return self._one(NodeKind.WAIT, step, round_)

    def transfers(self, step: str) -> list[Span]:
        """List the transfers from where a visit was, in the order of the route."""
        return [self._span(node) for node in self._nodes(NodeKind.TRANSFER, step)]

    def transfer(self, step: str) -> Span:
        """Tell of the only transfer from where a visit was."""
        (only,) = self.transfers(step)
        return only

    def rounds(self, step: str) -> int:
        """Count the rounds of a visit on the dossier's own route."""
        return len(self._nodes(NodeKind.VISIT, step))

    def _one(self, kind: NodeKind, step: str, round_: int) -> Span:
        docket = self.trace.docket
        nodes = [node for node in self._nodes(kind, step) if docket.round[node] == round_]
        assert len(nodes) == 1, f"{len(nodes)} nodes for round {round_} of {kind.name} {step}"
        return self._span(nodes[0])

    def _nodes(self, kind: NodeKind, step: str) -> list[int]:
        docket = self.trace.docket
        own = range(*docket.first_node[self.number : self.number + 2].tolist())
        return [
            node
            for node in own
            if docket.kind[node] == kind and docket.procedure_steps[docket.step[node]][1] == step
        ]

    def _span(self, node: int) -> Span:
        trace, network = self.trace, self.trace.network
        officer, station = int(trace.officer[node]), int(trace.docket.station[node])
        return Span(
            text_of(int(trace.joined[node])),
            text_of(int(trace.started[node])),
            text_of(int(trace.ended[node])),
            None if officer < 0 else officer_names(network)[officer],
            None if station < 0 else network.offices[network.stations[station].office].name,
        )


@dataclass(frozen=True)
class Play:
    """A run by hand: its trace, and the number of each citizen by the name a test gave it."""

    trace: Trace
    numbers: Mapping[str, int]

    def __getitem__(self, name: str) -> Story:
        return Story(self.trace, self.numbers[name])

    def order(self, step: str) -> str:
        """Name those who were served at a step in the order of its start; ties as they came."""
        started = {name: self[name].visit(step).started for name in self.numbers}
        served = [name for name, instant in started.items() if instant is not None]
        return " ".join(sorted(served, key=lambda name: started[name] or ""))


def play(
    text: str,
    absent: Mapping[str, Sequence[str]] | None = None,
    policy: str = "base",
    **coming: str,
) -> Play:
    """Run a scenario with chosen citizens, on both engines.

    Parameters
    ----------
    text
        The scenario, with what `network_of` adds.
    absent
        Dates of absence by officer's name, ``city.desk@city #1``.
    policy
        Which of its policies is run.
    coming
        For each citizen by name ``PROCEDURE INSTANT [via CHANNEL] [at HOME]``. Of one procedure
        those named first have the lower citizens' numbers.
    """
    network = network_of(text, policy)
    full = draw(network, 1, 0)
    wanted = [_parsed(word) for word in coming.values()]
    cast = _cast(network, full, wanted)
    arrived = [at(citizen["when"]) for citizen in wanted]
    assert all(network.run_start <= instant < network.end for instant in arrived)
    docket = replace(chosen(full, cast, arrived), shifts=_shifts(network, full, absent or {}))
    identity = list(zip(docket.procedure.tolist(), docket.citizen.tolist(), strict=True))
    numbers = {
        name: identity.index((int(full.procedure[dossier]), int(full.citizen[dossier])))
        for name, dossier in zip(coming, cast, strict=True)
    }
    trace = simulate(network, docket, "reference")
    if not unusable("compiled"):
        assert first_difference(trace, simulate(network, docket, "compiled")) is None
    return Play(trace, numbers)


def _parsed(word: str) -> dict[str, str]:
    match = _COMING.fullmatch(word)
    assert match is not None, f"not `PROCEDURE INSTANT [via CHANNEL] [at HOME]`: {word}"
    return match.groupdict()


def _cast(network: Network, docket: Docket, wanted: Sequence[Mapping[str, str]]) -> list[int]:
    """Choose a drawn dossier for each citizen who is wanted, by ascending citizen's number."""
    procedures = [procedure.name for procedure in network.procedures]
    homes = [office.name for office in network.offices]
    cast: list[int] = []
    last = dict.fromkeys(procedures, -1)
    for citizen in wanted:
        fits = docket.procedure == procedures.index(citizen["procedure"])
        fits &= docket.citizen > last[citizen["procedure"]]
        if citizen["channel"] is not None:
            fits &= docket.channel == network.channel_names.index(citizen["channel"])
        if citizen["home"] is not None:
            fits &= docket.home == homes.index(citizen["home"])
        dossier = min(np.flatnonzero(fits).tolist(), key=lambda n: int(docket.citizen[n]))
        last[citizen["procedure"]] = int(docket.citizen[dossier])
        cast.append(dossier)
    return cast


def _shifts(
    network: Network, docket: Docket, absent: Mapping[str, Sequence[str]]
) -> tuple[Calendar, ...]:
    names = officer_names(network)
    assert set(absent) <= set(names), f"the officers are {names}"
    return tuple(
        shifts.without([at(day) // DAY for day in absent[name]]) if name in absent else shifts
        for name, shifts in zip(names, docket.shifts, strict=True)
    )
