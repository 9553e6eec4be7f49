"""Time engines on one network of six stations: steps simulated each second, and ratios.

``python benchmarks/engines.py`` runs them in turn, so that a machine's moods meet all alike.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Generator
from pathlib import Path
from statistics import median
from time import perf_counter

import simpy

import sim
from sim.docket import NodeKind
from sim.engine import simulate

SCENARIO = Path(__file__).parent / "six_stations.yaml"
OFFICERS = {"counter": 8, "back": 12, "two": 6, "three": 4, "approval": 3, "giveback": 4}
MEAN_WORK = {
    "counter": 239.6, "back": 462.1, "two": 641.7, "three": 1711.2, "approval": 128.3,
    "giveback": 171.1,
}  # fmt: skip
"""In seconds."""
OPEN_SECONDS = 261 * 7.5 * 3600.0
DOSSIERS = 200_000
Records = list[tuple[int, str, float, float, float]]


def simpy_by_hand(seed: int) -> tuple[int, float]:
    """Run the network as users of SimPy write it: in open time, a process for each dossier."""
    chance = random.Random(seed)
    environment = simpy.Environment()
    stations = {name: simpy.Resource(environment, count) for name, count in OFFICERS.items()}
    records: Records = []

    def visit(number: int, name: str) -> Generator[simpy.Event]:
        joined = environment.now
        with stations[name].request() as turn:
            yield turn
            started = environment.now
            yield environment.timeout(chance.expovariate(1 / MEAN_WORK[name]))
            records.append((number, name, joined, started, environment.now))

    def dossier(number: int) -> Generator[simpy.Event]:
        yield from visit(number, "counter")
        if chance.random() < 0.3:
            return
        yield from visit(number, "back")
        while chance.random() < 0.1:
            yield from visit(number, "back")
        if chance.random() < 0.4:
            yield from visit(number, "two")
            if chance.random() < 0.25:
                yield from visit(number, "three")
        yield from visit(number, "approval")
        yield from visit(number, "giveback")

    def arrivals() -> Generator[simpy.Event]:
        for number in range(DOSSIERS):
            yield environment.timeout(chance.expovariate(DOSSIERS / OPEN_SECONDS))
            environment.process(dossier(number))

    environment.process(arrivals())
    begun = perf_counter()
    environment.run(until=OPEN_SECONDS)
    return len(records), perf_counter() - begun


def onestop(engine: sim.engine.Engine) -> Callable[[int], tuple[int, float]]:
    """Give what runs the network on an engine, with its full trace; drawing is not timed."""
    scenario = sim.load(SCENARIO)
    network = sim.build(scenario)

    def run(seed: int) -> tuple[int, float]:
        docket = sim.draw(network, seed, 1)
        begun = perf_counter()
        trace = simulate(network, docket, engine)
        seconds = perf_counter() - begun
        visits = (docket.kind == NodeKind.VISIT) & (trace.started > 0)
        return int(visits.sum()), seconds

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    engines: dict[str, Callable[[int], tuple[int, float]]] = {
        "SimPy by hand": simpy_by_hand,
        "reference": onestop("reference"),
        "compiled": onestop("compiled"),
    }
    engines["compiled"](0)  # compiles or loads the kernel, not counted
    speeds: dict[str, list[float]] = {name: [] for name in engines}
    for seed in range(1, rounds + 1):
        for name, run in engines.items():
            visits, seconds = run(seed)
            speeds[name].append(visits / seconds / 1e6)
    by_hand = speeds["SimPy by hand"]
    print(f"{'':16}{'min':>10}{'median':>10}{'max':>10}   million visits a second; times SimPy")
    for name, found in speeds.items():
        ratios = sorted(one / other for one, other in zip(found, by_hand, strict=True))
        print(
            f"{name:16}{min(found):10.3f}{median(found):10.3f}{max(found):10.3f}   "
            f"{ratios[0]:.1f} to {ratios[-1]:.1f}, median {median(ratios):.1f}"
        )


if __name__ == "__main__":
    main()
