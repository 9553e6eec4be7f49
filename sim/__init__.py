"""onestop: a simulator of public-administration one-stop shops (một cửa).

>>> import sim
>>> scenario = sim.load("scenarios/first-steps.yaml")
>>> network = sim.build(scenario)
>>> docket = sim.draw(network, seed=1, replication=0)
>>> trace = sim.simulate(network, docket)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.docket import draw
    from sim.engine import simulate
    from sim.network import build
    from sim.scenario.load import load

__version__ = "0.1.0"
__all__ = ["build", "draw", "load", "simulate"]

_HOMES = {
    "load": "sim.scenario.load",
    "build": "sim.network",
    "draw": "sim.docket",
    "simulate": "sim.engine",
}


def __getattr__(name: str) -> object:
    """Import a function where it is first used, so that `onestop --help` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
