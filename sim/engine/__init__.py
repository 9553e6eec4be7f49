"""Engines: a network and a docket to a trace, without any randomness."""

from __future__ import annotations

import sys
from typing import Literal, get_args

from sim.docket import Docket
from sim.engine.trace import Trace
from sim.network import Network

Engine = Literal["auto", "compiled", "reference"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
WORTH_STARTING = 50_000
"""Steps that the reference engine simulates while numba starts, some 0.6 s."""

__all__ = ["ENGINES", "Engine", "Trace", "engine_for", "is_started", "simulate", "unusable"]


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
        If there is no engine of that name, or it needs numba and that does not work here.
    """
    if reason := unusable(engine):
        raise ValueError(reason)
    if engine == "auto":
        engine = engine_for(docket.station.size)
    if engine == "reference":
        from sim.engine.reference import run

        return run(network, docket)
    from sim.engine.compiled import run as run_compiled

    return run_compiled(network, docket)


def unusable(engine: str) -> str:
    """Say why an engine cannot run here; empty if it can."""
    if engine not in ENGINES:
        return f"there is no engine `{engine}`; there is: {', '.join(ENGINES)}"
    if engine == "compiled" and (reason := _not_compiled()):
        return (
            f"the compiled engine needs numba, which does not work here ({reason}); without "
            "naming an engine you get the reference, which gives the same results"
        )
    return ""


def engine_for(steps: float) -> Literal["compiled", "reference"]:
    """Choose the engine that is done first with so many steps in this process."""
    worth_it = (is_started() or steps >= WORTH_STARTING) and not _not_compiled()
    return "compiled" if worth_it else "reference"


def is_started() -> bool:
    """Tell whether the compiled engine is loaded in this process."""
    return "sim.engine.compiled" in sys.modules


def _not_compiled() -> str:
    """Say why numba does not work here: it may be missing, or not fit the numpy that is there."""
    try:
        import sim.engine.compiled  # noqa: F401
    except ImportError as error:
        return str(error)
    return ""
