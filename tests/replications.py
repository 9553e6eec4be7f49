"""Models to replicate, and what is read from their traces on a clock."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from textwrap import dedent

import numpy as np
from numpy.typing import NDArray

from sim.docket import NodeKind, draw
from sim.durations import DAY, HOUR, MINUTE, MISSING, NEVER
from sim.engine import Engine, simulate
from sim.engine.trace import Trace
from sim.network import build
from sim.scenario.load import load_text

Instants = NDArray[np.int64]
Floats = NDArray[np.float64]
Clock = Callable[[Instants], Instants]

DROPPED_AT_START = 0.05
DROPPED_AT_END = 0.05


def every_instant(instants: Instants) -> Instants:
    return instants


def office_hours(instants: Instants) -> Instants:
    """Count only 08:00–16:00 of each day, written here anew so as not to trust the calendars."""
    days, time = instants // DAY, instants % DAY
    return days * 8 * HOUR + np.clip(time - 8 * HOUR, 0, 8 * HOUR)


@dataclass(frozen=True)
class Model:
    """A scenario without its period, and how much of it makes a test.

    Parameters
    ----------
    name
        What it is called; the seed follows from it.
    scenario
        Its text, without the period.
    days, replications
        How long one replication is, and how many there are.
    unit
        The unit of time in what is read from it.
    clock
        What time is counted.
    """

    name: str
    scenario: str
    days: int
    replications: int = 20
    unit: int = MINUTE
    clock: Clock = every_instant

    def runs(self, engine: Engine, times: int = 1) -> Iterator[Run]:
        """Simulate so many times as many replications, each so many times as long."""
        last = date(2001, 1, 1) + timedelta(days=self.days * times - 1)
        period = f"period: {{from: 2001-01-01, to: {last}}}\n"
        network = build(load_text(period + dedent(self.scenario)))
        # a seed of its own, so that chance does not push all models one way
        seed = zlib.crc32(self.name.encode())
        for number in range(self.replications * times):
            trace = simulate(network, draw(network, seed, number), engine)
            yield Run(trace, self.unit, self.clock)


@dataclass(frozen=True)
class Stay:
    """Stays of dossiers somewhere, on the run's clock; what did not happen is never.

    Who leaves a queue neither starts nor ends, and is no longer there from `gone` on.
    """

    joined: Instants
    started: Instants
    ended: Instants
    gone: Instants
    counted: NDArray[np.bool_]
    """Which joined within the part of the run that counts."""
    instants: Instants
    """When to count who is there."""
    unit: int

    @property
    def waits(self) -> Floats:
        """Time from joining to starting, of those who started."""
        some = self.counted & (self.started < NEVER)
        return (self.started - self.joined)[some] / self.unit

    @property
    def times(self) -> Floats:
        """Time from joining to the end, of those who came to it."""
        some = self.counted & (self.ended < NEVER)
        return (self.ended - self.joined)[some] / self.unit

    @property
    def waiting(self) -> Instants:
        """How many have joined and not started, at each of the instants."""
        return self._between(np.minimum(self.started, self.gone))

    @property
    def present(self) -> Instants:
        """How many have joined and not ended, at each of the instants."""
        return self._between(np.minimum(self.ended, self.gone))

    def _between(self, then: Instants) -> Instants:
        come, gone = (np.sort(instants) for instants in (self.joined, then))
        return np.searchsorted(come, self.instants, "right") - np.searchsorted(
            gone, self.instants, "right"
        )


class Run:
    """One replication, read from its trace on a clock.

    Of it, a piece at the start and one at the end are dropped, so that the queue has forgotten
    its empty beginning and who joined has also started.
    """

    def __init__(self, trace: Trace, unit: int, clock: Clock) -> None:
        self.trace = trace
        self.docket = trace.docket
        self.unit = unit
        self.clock = clock
        start, end = clock(np.array([trace.network.run_start, trace.network.end]))
        self.first = start + round((end - start) * DROPPED_AT_START)
        self.last = end - round((end - start) * DROPPED_AT_END)
        self.instants: Instants = np.arange(-(-self.first // unit) * unit, self.last, unit)
        """When to count who is there: a unit apart, as long as joining counts."""

    def at(self, *stations: str, of: NDArray[np.bool_] | None = None) -> Stay:
        """Give the visits at some stations; of some dossiers, by a mask."""
        visits = self.visits_at(*stations)
        return self._nodes(visits if of is None else visits & of[self.docket.dossier])

    def visits_at(self, *stations: str) -> NDArray[np.bool_]:
        """Tell which nodes are visits at some stations."""
        numbers = self.trace.network.station_numbers
        places = [numbers[f"office.{station}", 0] for station in stations]
        visits: NDArray[np.bool_] = self.docket.kind == NodeKind.VISIT
        return visits & np.isin(self.docket.station, places)

    def waits(self) -> Stay:
        """Give the citizens' waits."""
        return self._nodes(self.docket.kind == NodeKind.WAIT)

    def dossiers(self) -> Stay:
        """Give the dossiers from arrival to the end of their route."""
        trace = self.trace
        arrived = self.docket.arrived
        return self._stay(arrived, arrived, trace.finished, trace.left)

    def _nodes(self, chosen: NDArray[np.bool_]) -> Stay:
        trace, chosen = self.trace, chosen & (self.trace.joined != MISSING)
        left = trace.left[self.docket.dossier]
        return self._stay(*(x[chosen] for x in (trace.joined, trace.started, trace.ended, left)))

    def _stay(self, joined: Instants, started: Instants, ended: Instants, left: Instants) -> Stay:
        joined, started, ended, gone = (
            np.where(x == MISSING, NEVER, self.clock(x)) for x in (joined, started, ended, left)
        )
        counted = (self.first <= joined) & (joined < self.last)
        in_sight = ended[counted] < NEVER
        assert in_sight[gone[counted] == NEVER].all(), "some have not ended: drop more at the end"
        return Stay(joined, started, ended, gone, counted, self.instants, self.unit)
