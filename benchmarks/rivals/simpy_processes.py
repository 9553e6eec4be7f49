"""SimPy: a process for each dossier, a resource for each station, a record of each visit."""

from __future__ import annotations

import random
from collections.abc import Generator
from time import perf_counter

import numpy as np
import simpy

from rivals.network import (
    AGAIN,
    FURTHER,
    LEAVE,
    MEAN_GAP,
    MEAN_WORK,
    OFFICERS,
    OPEN_SECONDS,
    STATIONS,
    UP,
    Outcome,
    mean_waits,
)

COUNTER, BACK, TWO, THREE, APPROVAL, GIVEBACK = range(len(STATIONS))


def run(seed: int) -> Outcome:
    chance = random.Random(seed)
    environment = simpy.Environment()
    stations = [simpy.Resource(environment, count) for count in OFFICERS]
    records: list[tuple[int, int, float, float, float]] = []

    def visit(dossier: int, station: int) -> Generator[simpy.Event]:
        joined = environment.now
        with stations[station].request() as turn:
            yield turn
            started = environment.now
            yield environment.timeout(chance.expovariate(1 / MEAN_WORK[station]))
            records.append((dossier, station, joined, started, environment.now))

    def way(dossier: int) -> Generator[simpy.Event]:
        yield from visit(dossier, COUNTER)
        if chance.random() < LEAVE:
            return
        yield from visit(dossier, BACK)
        while chance.random() < AGAIN:
            yield from visit(dossier, BACK)
        if chance.random() < UP:
            yield from visit(dossier, TWO)
            if chance.random() < FURTHER:
                yield from visit(dossier, THREE)
        yield from visit(dossier, APPROVAL)
        yield from visit(dossier, GIVEBACK)

    def arrivals() -> Generator[simpy.Event]:
        dossier = 0
        while True:
            yield environment.timeout(chance.expovariate(1 / MEAN_GAP))
            environment.process(way(dossier))
            dossier += 1

    environment.process(arrivals())
    begun = perf_counter()
    environment.run(until=OPEN_SECONDS)
    seconds = perf_counter() - begun
    _, station, joined, started, _ = np.array(records).T
    return Outcome(len(records), seconds, mean_waits(station.astype(int), started - joined))
