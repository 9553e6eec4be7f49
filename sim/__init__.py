"""onestop: a simulator of public-administration one-stop shops (một cửa).

>>> import sim
>>> scenario = sim.load("scenarios/first-steps.yaml")
>>> network = sim.build(scenario)
>>> docket = sim.draw(network, seed=1, replication=0)
>>> trace = sim.simulate(network, docket)
>>> measures = sim.measure(network, trace)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.comparison import Comparison, compare
    from sim.docket import Docket, draw
    from sim.engine import Trace, simulate
    from sim.errors import InputError, Problem, RunError
    from sim.experiment import Study, open_study, run
    from sim.measures import Measures, measure
    from sim.network import Network, build
    from sim.scenario.load import load
    from sim.scenario.schema import Scenario
    from sim.staffing import StaffingPlan, find_staff

__version__ = "0.1.0"
__all__ = [
    "Comparison", "Docket", "InputError", "Measures", "Network", "Problem", "RunError",
    "Scenario", "StaffingPlan", "Study", "Trace", "build", "compare", "draw", "find_staff", "load",
    "measure", "open_study", "run", "simulate",
]  # fmt: skip

_HOMES = {
    "sim.comparison": ("Comparison", "compare"),
    "sim.docket": ("Docket", "draw"),
    "sim.engine": ("Trace", "simulate"),
    "sim.errors": ("InputError", "Problem", "RunError"),
    "sim.experiment": ("Study", "open_study", "run"),
    "sim.measures": ("Measures", "measure"),
    "sim.network": ("Network", "build"),
    "sim.scenario.load": ("load",),
    "sim.scenario.schema": ("Scenario",),
    "sim.staffing": ("StaffingPlan", "find_staff"),
}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is, so that `onestop --help` stays quick."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")
