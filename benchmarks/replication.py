"""Time the parts of a replication: draw, simulate, measure; steps simulated each second."""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter

import sim
from sim.docket import NodeKind

UONG_BI = Path(__file__).parent.parent / "scenarios" / "uong-bi-2021.yaml"
PARTS = ("draw", "simulate", "measure")


def time_round(network: sim.Network, seed: int, replication: int) -> tuple[dict[str, float], int]:
    """Run one replication; give the seconds of each part and the number of its steps."""
    instants = [perf_counter()]
    docket = sim.draw(network, seed, replication)
    instants.append(perf_counter())
    trace = sim.simulate(network, docket)
    instants.append(perf_counter())
    sim.measure(network, trace)
    instants.append(perf_counter())
    seconds = [after - before for before, after in pairwise(instants)]
    steps = int((docket.kind <= NodeKind.TRANSFER).sum())
    return dict(zip(PARTS, seconds, strict=True)), steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="?", type=Path, default=UONG_BI)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    scenario = sim.load(arguments.scenario)
    network = sim.build(scenario)
    time_round(network, scenario.seed, 0)  # warms caches, not counted
    rounds = [time_round(network, scenario.seed, n + 1) for n in range(arguments.rounds)]
    print(f"{scenario.name}: {rounds[0][1]:,} steps, {arguments.rounds} rounds")
    print(f"{'part':10}{'min s':>10}{'median s':>10}{'max s':>10}")
    for part in PARTS:
        times = [seconds[part] for seconds, _ in rounds]
        print(f"{part:10}{min(times):10.3f}{median(times):10.3f}{max(times):10.3f}")
    speeds = [steps / seconds["simulate"] for seconds, steps in rounds]
    print(f"steps a second: {min(speeds):,.0f} to {max(speeds):,.0f}, median {median(speeds):,.0f}")


if __name__ == "__main__":
    main()
