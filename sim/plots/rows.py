"""Rows of a figure: labels at the left, wrapped; heights that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.plots.page import LABEL, LINE, SMALL
from sim.plots.text import wrapped

AXIS = 0.55
"""Inches that the ticks and the label of a horizontal axis take."""


@dataclass(frozen=True)
class Rows:
    """Rows from top to bottom; the vertical axis counts inches.

    Parameters
    ----------
    labels
        Their labels, in lines.
    centres, heights
        In inches from the top.
    """

    labels: list[str]
    centres: NDArray[np.float64]
    heights: NDArray[np.float64]

    @property
    def total(self) -> float:
        """The height of all rows, in inches."""
        return float(self.heights.sum())

    def give(self, axes: Axes, labels: Sequence[str] | None = None) -> None:
        """Make the rows those of an axis."""
        axes.set_ylim(self.total, 0)
        axes.set_yticks(self.centres, self.labels if labels is None else labels, size=LABEL)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")

    def write(self, axes: Axes, texts: Sequence[str]) -> None:
        """Write something at the right of each row, outside the axes."""
        for y, text in zip(self.centres, texts, strict=True):
            axes.annotate(
                text, (1, y), (4, 0), xycoords=axes.get_yaxis_transform(),
                textcoords="offset points", va="center", size=SMALL,
            )  # fmt: skip

    def part(self, axes: Axes) -> None:
        """Draw a light line between rows."""
        for height in np.cumsum(self.heights)[:-1]:
            axes.axhline(height, color="#EEEEEE", lw=0.6, zorder=0.5)

    def dodged(self, number: int, of: int, least: float) -> NDArray[np.float64]:
        """Give places in the rows for one of several things, `least` inches apart."""
        return self.centres + (number - (of - 1) / 2) * least


def lay_rows(labels: Sequence[str], room: float, least: float | Sequence[float]) -> Rows:
    """Lay rows out.

    Parameters
    ----------
    labels
        What stands at their left.
    room
        Width for the labels, in inches.
    least
        Least height of all rows or of each, in inches.
    """
    broken = [wrapped(label, room, LABEL) for label in labels]
    needed = [(text.count("\n") + 1) * LABEL * LINE + 0.07 for text in broken]
    heights = np.maximum(np.array(needed), np.array(least))
    return Rows(broken, np.cumsum(heights) - heights / 2, heights)
