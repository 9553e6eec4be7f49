"""What a replication will take: dossiers, steps and memory, before any is drawn."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from sim.lint.arrivals import arrivals_of
from sim.lint.offered_load import further_rounds
from sim.lint.ways import Way, ways_of
from sim.network import Network
from sim.routes import NodeKind
from sim.scenario.schema import Visit

# The resident memory of one process, measured at its peak in draw, simulate and measure with the
# compiled engine, and fitted to scenarios of the project and networks of benchmarks/ with 86,000 to
# 6,300,000 dossiers: each is met within 15 %. A run that is too small for the compiled engine takes
# 100 MB less.
_BYTES_OF_THE_PROGRAM = 260_000_000
_BYTES_A_DOSSIER = 240
_BYTES_A_STEP = 62
_BYTES_AN_INTERVAL = 85
"""Of the shifts of an officer who may be absent, and so has a calendar of its own."""


@dataclass(frozen=True)
class Replication:
    """What one replication is expected to take.

    Parameters
    ----------
    dossiers, steps
        Expected numbers in the whole run, warm-up and backlog included; visits, waits and
        transfers.
    memory_bytes
        About the most memory that its process holds, with the compiled engine.
    """

    dossiers: float
    steps: float
    memory_bytes: float


def replication_of(network: Network) -> Replication:
    """Work out what a replication takes."""
    dossiers = steps = 0.0
    for number, procedure in enumerate(network.procedures):
        ways = ways_of(network, procedure)
        open_ = sum(len(some.homes) for some in network.backlog if some.procedure == number)
        come = sum(some.in_run for some in arrivals_of(network, procedure)) + open_
        shares = sum(way.share for way in ways.ways)
        if come and shares:
            dossiers += come
            steps += come * sum(way.share * _steps(network, way) for way in ways.ways) / shares
    intervals = sum(
        group.officers * bisect_left(group.calendar.opens, network.end)
        for group in network.groups
        if group.absence
    )
    memory = (
        _BYTES_OF_THE_PROGRAM + _BYTES_A_DOSSIER * dossiers + _BYTES_A_STEP * steps
        + _BYTES_AN_INTERVAL * intervals
    )  # fmt: skip
    return Replication(dossiers, steps, memory)


def _steps(network: Network, way: Way) -> float:
    """Count the visits, waits and transfers of a way, and those of its expected rounds."""
    channel = network.channel_names[way.channel]
    count = 0.0
    for node in way.template.nodes:
        if node.kind <= NodeKind.TRANSFER:
            count += 1
        if node.kind == NodeKind.VISIT and isinstance(node.step, Visit):
            count += 2 * further_rounds(node.step, channel)
    return count
