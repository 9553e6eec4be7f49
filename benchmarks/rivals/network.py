"""The numbers of six_stations.yaml, and what a run on it gives.

The other engines simulate open time alone: the year is its open hours, one after another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

STATIONS = ("counter", "back", "two", "three", "approval", "giveback")
OFFICERS = (8, 12, 6, 4, 3, 4)
MEAN_WORK = (239.6, 462.1, 641.7, 1711.2, 128.3, 171.1)
"""In seconds."""
DOSSIERS = 200_000
OPEN_SECONDS = 261 * 7.5 * 3600.0
MEAN_GAP = OPEN_SECONDS / DOSSIERS
LEAVE, AGAIN, UP, FURTHER = 0.3, 0.1, 0.4, 0.25
"""Shares: who leaves at the counter, returns to the back office, goes on to two, and to three."""


@dataclass(frozen=True)
class Outcome:
    """Steps that an engine simulated, its seconds, and the mean wait at each station in seconds."""

    steps: int
    seconds: float
    waits: tuple[float, ...]


Run = Callable[[int], Outcome]
"""Runs the network with a seed."""


def mean_waits(station: NDArray[np.int64], waited: NDArray[np.float64]) -> tuple[float, ...]:
    """Give the mean wait at each station, from the station and the wait of each visit."""
    visits = np.bincount(station, minlength=len(STATIONS))
    sums = np.bincount(station, waited, minlength=len(STATIONS))
    return tuple((sums / visits).tolist())


def expected_waits() -> tuple[float, ...]:
    """Give the mean wait at each station by Erlang's formula, which holds in such a network."""
    examined = 1 - LEAVE
    passes = (1, examined / (1 - AGAIN), examined * UP, examined * UP * FURTHER, examined, examined)
    waits = []
    for visits, mean, officers in zip(passes, MEAN_WORK, OFFICERS, strict=True):
        load = visits * mean / MEAN_GAP
        all_busy = load**officers / factorial(officers) * officers / (officers - load)
        not_all = sum(load**busy / factorial(busy) for busy in range(officers))
        waits.append(all_busy / (all_busy + not_all) * mean / (officers - load))
    return tuple(waits)
