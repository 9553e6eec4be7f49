"""cimba: a process for each officer, who takes dossiers from the store of a station.

This is how its own examples write a server; with a process for each dossier it takes twice as long.
Its records of visits are captured data sets, a number in each for a visit; its clock is a float.
Arrivals, work and ways are drawn as it runs, and its experiment is timed as a whole.
"""

# mypy: disable-error-code="misc, untyped-decorator"

from __future__ import annotations

from time import perf_counter

import cimba as cb
from cimba import inputs

from rivals.network import (
    AGAIN,
    DOSSIERS,
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
NOWHERE = -1


class Station(cb.Model):
    number: cb.Param[int]
    work: cb.Input[float]
    queue: cb.Store[int]

    def __init__(self, number: int) -> None:
        self.number = number
        self.work = inputs.dist.exponential(mean=MEAN_WORK[number])


class Officer(cb.Model):
    station: cb.Ref[Station]
    city: cb.Ref[City]

    def __init__(self, station: Station, city: City) -> None:
        self.station = station
        self.city = city

    @cb.process
    def serve(self) -> None:
        while True:
            dossier = self.station.queue.get()
            started = cb.now()
            cb.hold(self.station.work.next())
            self.city.record(dossier, self.station.number, started)
            self.city.send(dossier, self.city.following(self.station.number))


class City(cb.Model):
    gap: cb.Input[float] = inputs.dist.exponential(mean=MEAN_GAP)
    stations: list[Station]
    officers: list[Officer]
    joins: cb.Array[float] = cb.Array(2 * DOSSIERS)
    dossier: cb.Dataset = cb.Dataset()
    station: cb.Dataset = cb.Dataset()
    joined: cb.Dataset = cb.Dataset()
    started: cb.Dataset = cb.Dataset()
    ended: cb.Dataset = cb.Dataset()

    def __init__(self) -> None:
        self.stations = [Station(number) for number in range(len(STATIONS))]
        self.officers = [
            Officer(station, self)
            for station, count in zip(self.stations, OFFICERS, strict=True)
            for _ in range(count)
        ]
        for column in (self.dossier, self.station, self.joined, self.started, self.ended):
            column.capture()

    @cb.process
    def arrivals(self) -> None:
        dossier = 0
        while True:
            cb.hold(self.gap.next())
            self.send(dossier, COUNTER)
            dossier += 1

    @cb.function
    def send(self, dossier: int, station: int) -> None:
        if station != NOWHERE:
            self.joins[dossier] = cb.now()
            self.stations[station].queue.put(dossier)

    @cb.function
    def record(self, dossier: int, station: int, started: float) -> None:
        self.dossier.record(dossier)
        self.station.record(station)
        self.joined.record(self.joins[dossier])
        self.started.record(started)
        self.ended.record(cb.now())

    @cb.function
    def following(self, station: int) -> int:
        if station == COUNTER:
            return NOWHERE if cb.random.bernoulli(LEAVE) else BACK
        if station == BACK:
            if cb.random.bernoulli(AGAIN):
                return BACK
            return TWO if cb.random.bernoulli(UP) else APPROVAL
        if station == TWO and cb.random.bernoulli(FURTHER):
            return THREE
        return NOWHERE if station == GIVEBACK else GIVEBACK if station == APPROVAL else APPROVAL


CITY = City()


def run(seed: int) -> Outcome:
    experiment = cb.Experiment(CITY, window=cb.Window(duration=OPEN_SECONDS), seed=seed)
    begun = perf_counter()
    results = experiment.run(workers=1, on_failure="raise")[CITY]
    seconds = perf_counter() - begun
    columns = (results.station, results.joined, results.started)
    station, joined, started = (column.trial(0, 0)[1] for column in columns)
    return Outcome(station.size, seconds, mean_waits(station.astype(int), started - joined))
