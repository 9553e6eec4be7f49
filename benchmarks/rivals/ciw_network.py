"""Ciw: a network of queues with a routing matrix.

It runs a tenth of the year: its rate does not depend on how long it runs, and the year takes long.
"""

from __future__ import annotations

from time import perf_counter

import ciw
import numpy as np
from ciw.dists import Exponential

from rivals.network import (
    AGAIN,
    FURTHER,
    LEAVE,
    MEAN_GAP,
    MEAN_WORK,
    OFFICERS,
    OPEN_SECONDS,
    UP,
    Outcome,
    mean_waits,
)

SECONDS = OPEN_SECONDS / 10
ROUTING = [
    [0.0, 1 - LEAVE, 0.0, 0.0, 0.0, 0.0],
    [0.0, AGAIN, (1 - AGAIN) * UP, 0.0, (1 - AGAIN) * (1 - UP), 0.0],
    [0.0, 0.0, 0.0, FURTHER, 1 - FURTHER, 0.0],
    [0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
]


def run(seed: int) -> Outcome:
    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[Exponential(1 / MEAN_GAP), *[None] * 5],
        service_distributions=[Exponential(1 / mean) for mean in MEAN_WORK],
        number_of_servers=list(OFFICERS),
        routing=ROUTING,
    )
    simulation = ciw.Simulation(network)
    begun = perf_counter()
    simulation.simulate_until_max_time(SECONDS)
    seconds = perf_counter() - begun
    records = simulation.get_all_records()
    station = np.array([record.node - 1 for record in records])
    waited = np.array([record.waiting_time for record in records])
    return Outcome(len(records), seconds, mean_waits(station, waited))
