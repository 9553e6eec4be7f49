"""Time a replication, and weigh its memory, as a network grows from 10 to 614 offices."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import sim
from sim.docket import NodeKind
from sim.experiment.runner import make_ready
from sim.lint.replication import replication_of
from sim.scenario.policies import with_values
from sim.scenario.schema import Scenario, Station

WHOLE = Path(__file__).with_name("many_offices.yaml")
COMMUNES = (8, 48, 195, 584)


def of_size(communes: int) -> Scenario:
    """Give the city with so many of its communes, and their share of everything."""
    whole = sim.load(WHOLE)
    share = communes / COMMUNES[-1]
    return with_values(whole, {
        "levels.district.offices": max(1, round(30 * share)),
        "levels.commune.offices": communes,
        **{f"procedures.{name}.volume.per_year": round((procedure.volume.per_year or 0) * share)
           for name, procedure in whole.procedures.items()},
        **{f"levels.city.stations.{name}.staff": max(1, round(_officers(station) * share))
           for name, station in whole.levels["city"].stations.items()},
    })  # fmt: skip


def _officers(station: Station) -> int:
    return sum(group.count for group in station.staff or ())


def one_size(communes: int) -> None:
    """Run one replication and print its row."""
    network = sim.build(of_size(communes))
    expected = replication_of(network)
    make_ready("compiled")
    instants = [perf_counter()]
    docket = sim.draw(network, 1, 1)
    instants.append(perf_counter())
    trace = sim.simulate(network, docket, "compiled")
    instants.append(perf_counter())
    measures = sim.measure(network, trace).table
    instants.append(perf_counter())
    draw, simulate, measure = (after - before for before, after in pairwise(instants))
    steps = int((docket.kind <= NodeKind.TRANSFER).sum())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    rate = measures.query("scope == 'all' and measure == 'on_time_rate'")["value"].iloc[0]
    whole = draw + simulate + measure
    print(
        f"{len(network.offices):7}{docket.arrived.size:11,}{steps:12,}{draw:8.2f}{simulate:8.2f}"
        f"{measure:8.2f}{whole:8.2f}{1e6 * whole / steps:9.2f}{memory:9,.0f}"
        f"{expected.memory_bytes / 1e6:10,.0f}{rate:9.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--communes", type=int, help="run this one size in this process")
    arguments = parser.parse_args()
    if arguments.communes is not None:
        one_size(arguments.communes)
        return
    print(
        f"{'offices':>7}{'dossiers':>11}{'steps':>12}{'draw s':>8}{'sim s':>8}{'meas s':>8}"
        f"{'all s':>8}{'µs/step':>9}{'MB':>9}{'expected':>10}{'on time':>9}",
        flush=True,
    )
    for communes in COMMUNES:
        # Each in a process of its own, as memory is counted at its peak.
        command = [sys.executable, __file__, "--communes", str(communes)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
