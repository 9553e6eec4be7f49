"""Time engines on one network of six stations: visits simulated each second, and ratios.

``python benchmarks/engines.py`` runs them in turn, so that a machine's moods meet all alike.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Iterable
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, median
from time import perf_counter

from rivals import c_program
from rivals.network import STATIONS, Outcome, Run, expected_waits, mean_waits

import sim
from sim.docket import NodeKind
from sim.engine import simulate

HERE = Path(__file__).parent
LIBRARIES = {
    "SimPy": ("simpy", "rivals.simpy_processes"),
    "Ciw": ("ciw", "rivals.ciw_network"),
    "cimba": ("cimba", "rivals.cimba_officers"),
}
"""The library of a rival, and the module that uses it."""
COMPILED, EVERY_RULE = "compiled", "every rule"


def onestop(engine: sim.engine.Engine, *, drawing: bool = False) -> Run:
    """Give what runs the network on an engine, with its full trace; drawing is timed if asked."""
    network = sim.build(sim.load(HERE / "six_stations.yaml"))
    calendar = network.offices[0].calendar

    def run(seed: int) -> Outcome:
        begun = perf_counter()
        docket = sim.draw(network, seed, 1)
        drawn = perf_counter()
        trace = simulate(network, docket, engine)
        seconds = perf_counter() - (begun if drawing else drawn)
        visits = (docket.kind == NodeKind.VISIT) & (trace.started > 0)
        waited = calendar.open_times(trace.joined[visits], trace.started[visits]) / 1e6
        return Outcome(int(visits.sum()), seconds, mean_waits(docket.station[visits], waited))

    return run


def every_rule() -> Run:
    """Give what runs a network with every rule in play on the compiled engine."""
    network = sim.build(sim.load(HERE / "every_rule.yaml"))

    def run(seed: int) -> Outcome:
        docket = sim.draw(network, seed, 1)
        drawn = perf_counter()
        trace = simulate(network, docket, "compiled")
        seconds = perf_counter() - drawn
        steps = (docket.kind <= NodeKind.TRANSFER) & (trace.started > 0)
        return Outcome(int(steps.sum()), seconds, ())

    return run


def engines(stack: ExitStack) -> dict[str, Run]:
    """Give the engines that this machine has, and say which it lacks."""
    found: dict[str, Run] = {}
    for name, (library, module) in LIBRARIES.items():
        if find_spec(library) is None:
            print(f"{name} is left out: pip install {library}")
        else:
            found[name] = import_module(module).run
    if c_program.COMPILER is None:
        print("C is left out: there is no compiler `cc`")
    else:
        found["C"] = stack.enter_context(c_program.compiled())
    return found | {
        "reference": onestop("reference"),
        "drawn + compiled": onestop("compiled", drawing=True),
        COMPILED: onestop("compiled"),
        EVERY_RULE: every_rule(),
    }


def spread(values: Iterable[float]) -> str:
    """Write the minimum, the median and the maximum."""
    found = sorted(values)
    return "".join(f"{value:10.3f}" for value in (found[0], median(found), found[-1]))


def mean_of(found: list[Outcome]) -> tuple[float, ...]:
    """Give the mean wait at each station over all rounds."""
    return tuple(map(fmean, zip(*(outcome.waits for outcome in found), strict=True)))


def show(outcomes: dict[str, list[Outcome]]) -> None:
    """Print rates, ratios within each round, and mean waits."""
    rates = {
        name: [outcome.steps / outcome.seconds / 1e6 for outcome in found]
        for name, found in outcomes.items()
    }
    print(f"{'':16}{'million visits a second':>30}{'the compiled engine to it':>34}")
    print(f"{'':16}{'min':>10}{'median':>10}{'max':>10}    {'min':>10}{'median':>10}{'max':>10}")
    for name, own in rates.items():
        ratios = (one / other for one, other in zip(rates[COMPILED], own, strict=True))
        print(f"{name:16}{spread(own)}    {spread(ratios)}")
    print(f"\n{'mean wait in s':16}" + "".join(f"{station:>10}" for station in STATIONS))
    waits = {name: mean_of(found) for name, found in outcomes.items() if name != EVERY_RULE}
    for name, own_waits in {"by formula": expected_waits(), **waits}.items():
        print(f"{name:16}" + "".join(f"{wait:10.1f}" for wait in own_waits))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with ExitStack() as stack:
        runs = engines(stack)
        for name in {"cimba", COMPILED} & set(runs):
            runs[name](0)  # compiles or loads what was compiled, not counted
        outcomes: dict[str, list[Outcome]] = {name: [] for name in runs}
        for seed in range(1, rounds + 1):
            for name, run in runs.items():
                gc.collect()
                outcomes[name].append(run(seed))
    show(outcomes)


if __name__ == "__main__":
    main()
