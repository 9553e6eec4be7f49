"""Engines: a network and a docket to a trace, without any randomness."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Literal, get_args

from sim.docket import Docket
from sim.engine.trace import Trace
from sim.network import Network

Engine = Literal["auto", "compiled", "reference"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
WORTH_STARTING = 50_000
"""Steps that the reference engine simulates while numba starts, some 0.6 s."""

__all__ = ["ENGINES", "Engine", "Trace", "engine_for", "simulate"]


def simulate(network: Network, docket: Docket, engine: Engine = "auto") -> Trace:
    """Run one replication.

    Parameters
    ----------
    network, docket
        What `build` and `draw` gave.
    engine
        ``compiled`` or ``reference``, the readable one on SimPy, which give equal traces;
        ``auto`` is the one that is done first.

    Returns
    -------
    Trace
        Everything that happened, by the rules of docs/rules.md.

    Raises
    ------
    ValueError
        If there is no engine of that name, or numba is needed and is not installed.
    """
    if engine not in ENGINES:
        raise ValueError(f"there is no engine `{engine}`; there is: {', '.join(ENGINES)}")
    if engine == "auto":
        engine = engine_for(docket.station.size)
    if engine == "reference":
        from sim.engine.reference import run

        return run(network, docket)
    if find_spec("numba") is None:
        raise ValueError("the compiled engine needs numba, which is not installed")
    from sim.engine.compiled import run as run_compiled

    return run_compiled(network, docket)


def engine_for(steps: float) -> Literal["compiled", "reference"]:
    """Choose the engine that is done first with so many steps in this process."""
    if find_spec("numba") is None:
        return "reference"
    started = "sim.engine.compiled" in sys.modules
    return "compiled" if started or steps >= WORTH_STARTING else "reference"
