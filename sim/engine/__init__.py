"""Engines: a network and a docket to a trace, without any randomness."""

from __future__ import annotations

from typing import Literal

from sim.docket import Docket
from sim.engine.trace import Trace
from sim.network import Network

__all__ = ["Trace", "simulate"]


def simulate(
    network: Network, docket: Docket, engine: Literal["auto", "reference"] = "auto"
) -> Trace:
    """Run one replication.

    Parameters
    ----------
    network, docket
        What `build` and `draw` gave.
    engine
        ``reference`` is the readable engine on SimPy; ``auto`` the fastest that there is.

    Returns
    -------
    Trace
        Everything that happened, by the rules of docs/rules.md.

    Raises
    ------
    ValueError
        If there is no engine of that name.
    """
    if engine not in ("auto", "reference"):
        raise ValueError(f"there is no engine `{engine}`; there is: auto, reference")
    from sim.engine.reference import run

    return run(network, docket)
