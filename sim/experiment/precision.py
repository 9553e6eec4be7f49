"""When a study has enough replications: looks at the intervals, and one more to confirm."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import InputError
from sim.experiment.study import Study
from sim.scenario.measure_names import SHARES

if TYPE_CHECKING:
    import pandas as pd

FIRST_LOOK = 20
"""Replications below which no interval is trusted."""


@dataclass(frozen=True)
class Goal:
    """How narrow the 95 % intervals of a measure of all dossiers are to be.

    Parameters
    ----------
    measure
        Its name.
    half_width
        Half an interval's width: a part of the estimate if `relative`, else as the measure is.
    relative
        Whether it is.
    estimates
        Gives a study's estimates, one for each policy: columns policy, scope, measure, estimate,
        low, high.
    """

    measure: str
    half_width: float
    relative: bool
    estimates: Callable[[Study], pd.DataFrame]

    def excess(self, table: pd.DataFrame) -> float:
        """Give how many times as wide as wanted the widest of some estimates' intervals is.

        Raises
        ------
        InputError
            If the measure has no value under some policy, and would have none with more
            replications.
        """
        own = table[(table["scope"] == "all") & (table["measure"] == self.measure)]
        estimate = own["estimate"].to_numpy(np.float64)
        for policy, value in zip(own["policy"], estimate, strict=True):
            if math.isnan(value):
                raise InputError(
                    f"`{self.measure}` has no value under `{policy}`, so that no number of "
                    "replications makes it precise; ask for another measure"
                )
        halves = ((own["high"] - own["low"]) / 2).fillna(math.inf).to_numpy(np.float64)
        wanted = self.half_width * (np.abs(estimate) if self.relative else np.ones(estimate.shape))
        ratios = np.divide(halves, wanted, out=np.full(halves.shape, math.inf), where=wanted > 0)
        return float(np.where(halves == 0, 0.0, ratios).max())


def level(measure: str, half_width: float) -> Goal:
    """Want a measure's own intervals narrow: of a share in shares, else in parts of itself."""
    return Goal(measure, half_width, measure not in SHARES, _of_all)


def _of_all(study: Study) -> pd.DataFrame:
    return study.of_scope("all").summary()


@dataclass(frozen=True)
class Look:
    """What was seen after so many replications: the widest interval against what is wanted."""

    replications: int
    excess: float


def is_reached(looks: list[Look]) -> bool:
    """Tell whether the last look found every interval narrow enough, and confirms the one before.

    The first to do so may have done it by chance (Law, *Simulation Modeling and Analysis*, ch. 9).
    """
    return len(looks) > 1 and all(look.excess <= 1 for look in looks[-2:])


def next_look(looks: list[Look], most: int) -> int | None:
    """Give after how many replications to look again, or None to stop.

    Parameters
    ----------
    looks
        The looks so far, at least one.
    most
        The number of replications that stops the study in any case.
    """
    last = looks[-1]
    if is_reached(looks) or last.replications >= most:
        return None
    least = last.replications + max(10, last.replications // 10)
    if last.excess <= 1:
        return min(least, most)
    # The width falls with the root of the number; more than twice as many would trust it too far.
    needed = last.replications * min(last.excess**2, 2.0)
    return min(max(math.ceil(needed), least), most)
