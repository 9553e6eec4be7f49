"""When a study has enough replications: looks at the intervals, and one more to confirm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.scenario.measure_names import SHARES

if TYPE_CHECKING:
    import pandas as pd

FIRST_LOOK = 20
"""Replications below which no interval is trusted."""


@dataclass(frozen=True)
class Goal:
    """How narrow a 95 % interval is to be.

    Parameters
    ----------
    measure
        Its name; that of all dossiers is meant.
    half_width
        Half the interval's width: of a share, itself a share; of others, a part of the estimate.
    """

    measure: str
    half_width: float

    def refuse_what_has_no_interval(self, summary: pd.DataFrame) -> None:
        """Refuse a measure that has no interval under some policy, and would have none with more.

        Raises
        ------
        InputError
            With the policy.
        """
        for policy, half in zip(self._own(summary)["policy"], self._halves(summary), strict=True):
            if math.isnan(half):
                raise InputError(
                    f"`{self.measure}` has no value under `{policy}`, so that no number of "
                    "replications makes it precise; ask for another measure"
                )

    def _own(self, summary: pd.DataFrame) -> pd.DataFrame:
        return summary[(summary["scope"] == "all") & (summary["measure"] == self.measure)]

    def _halves(self, summary: pd.DataFrame) -> NDArray[np.float64]:
        own = self._own(summary)
        return ((own["high"] - own["low"]) / 2).to_numpy(np.float64)

    def excess(self, summary: pd.DataFrame) -> float:
        """Give how many times as wide as wanted the widest interval of any policy is."""
        own, halves = self._own(summary), self._halves(summary)
        wanted = np.full(halves.shape, self.half_width)
        if self.measure not in SHARES:
            wanted *= np.abs(own["estimate"].to_numpy(np.float64))
        ratios = np.divide(halves, wanted, out=np.full(halves.shape, math.inf), where=wanted > 0)
        return float(np.where(halves == 0, 0.0, ratios).max())


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
