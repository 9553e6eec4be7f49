"""Time a study on one worker and on two, on processes and on a Dask cluster of this machine."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import sim
from sim.experiment.executors import processes
from sim.experiment.runner import make_ready

Where = Callable[[int], AbstractContextManager[Executor]]
UONG_BI = Path(__file__).parent.parent / "scenarios" / "uong-bi-2021.yaml"


@contextmanager
def on_processes(workers: int) -> Iterator[Executor]:
    with processes(workers, prepare=partial(make_ready, "compiled")) as executor:
        yield executor


@contextmanager
def on_dask(workers: int) -> Iterator[Executor]:
    from distributed import Client, LocalCluster

    # See docs/how-to/cluster.md: without it, Dask's workers take twice as long.
    os.environ["MALLOC_MMAP_THRESHOLD_"] = "1000000000"
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield client.get_executor(pure=False)


def seconds(where: Where, workers: int, scenario: sim.Scenario, n: int) -> float:
    """Time a study on workers that have started and run some replications."""
    with where(workers) as executor:
        sim.run(scenario, replications=2 * workers, executor=executor)
        begun = perf_counter()
        sim.run(scenario, replications=n, executor=executor)
        return perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=100, help="replications")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    scenario = sim.load(UONG_BI)
    print(f"{scenario.name}: {arguments.n} replications, {arguments.rounds} rounds")
    print(f"{'':12}{'one s':>8}{'two s':>8}{'efficiency: min':>18}{'median':>8}{'max':>8}")
    for name, where in (("processes", on_processes), ("Dask", on_dask)):
        rounds = [
            tuple(seconds(where, workers, scenario, arguments.n) for workers in (1, 2))
            for _ in range(arguments.rounds)
        ]
        found = sorted(one / (2 * two) for one, two in rounds)
        one, two = (median(times) for times in zip(*rounds, strict=True))
        print(f"{name:12}{one:8.1f}{two:8.1f}{found[0]:18.1%}{median(found):8.1%}{found[-1]:8.1%}")


if __name__ == "__main__":
    main()
