"""How known values and simulated ones are held against each other.

The replication is the unit. The mean over replications lies within four standard errors of the
known value, and a 95 % interval by Student's t is narrow enough for that to mean something.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from systems import Known, System

from sim.engine import Engine


@dataclass(frozen=True)
class Answer:
    """A known value beside the mean of the simulated ones."""

    known: Known
    mean: float
    error: float
    """The standard error of the mean."""
    half_width: float
    """Half of the 95 % interval."""

    @property
    def t(self) -> float:
        return (self.mean - self.known.value) / self.error


def answer(known: Known, values: Sequence[float]) -> Answer:
    """Estimate from the values of independent replications."""
    count = len(values)
    error = float(np.std(values, ddof=1)) / math.sqrt(count)
    half_width = float(stats.t.ppf(0.975, count - 1)) * error
    return Answer(known, float(np.mean(values)), error, half_width)


def answers(system: System, engine: Engine, times: int = 1) -> dict[str, Answer]:
    """Answer all that is known, with so many times as many and as long replications."""
    found = [system.facts(run) for run in system.model.runs(engine, times)]
    return {
        quantity: answer(known, [facts[quantity] for facts in found])
        for quantity, known in system.known.items()
    }
