"""Differences of policies on figures: from which one, and how what is known of them is shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from sim.plots.page import INK
from sim.scenario.references import BASE

ALONE = "The study has one policy, and none to hold it against."


def held_against(policies: Sequence[str]) -> str:
    """Name the policy that the others are held against: the first base, or else the first."""
    return next((name for name in policies if name.rpartition(":")[2] == BASE), policies[0])


def are_sure(found: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which differences have an interval that excludes 0."""
    return np.asarray((found["low"] > 0) | (found["high"] < 0))


def mark(
    axes: Axes,
    values: NDArray[np.float64],
    y: NDArray[np.float64],
    sure: NDArray[np.bool_],
    marker: str = "o",
    colour: str = INK,
) -> None:
    """Draw differences as points, those that are not sure hollow."""
    axes.plot(values[sure], y[sure], marker, color=colour, ms=4)
    axes.plot(values[~sure], y[~sure], marker, color=colour, mfc="white", ms=4)


def legend_of(sure: NDArray[np.bool_]) -> list[tuple[Artist, str]]:
    """Say what filled and hollow points mean, if there are such."""
    texts = {True: "distinguishable from 0", False: "not distinguishable from 0"}
    return [
        (Line2D([], [], color=INK, ls="", marker="o", mfc=INK if one else "white", ms=4), text)
        for one, text in texts.items() if one in sure
    ]  # fmt: skip


def notes_of(found: pd.DataFrame) -> list[str]:
    """Say what intervals of differences are, and why some have none."""
    has_interval = found["low"].notna()
    notes = ["Intervals: 95 %, paired by replication, right for all policies at once."]
    if (found["estimate"].notna() & ~has_interval).any():
        notes.append("Too few replications differ to give every difference an interval.")
    return notes if has_interval.any() else notes[1:]
