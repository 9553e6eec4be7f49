"""What each policy changes against one of them, with intervals that are right for all at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.comparison import compare
from sim.experiment.study import Study
from sim.plots.differences import ALONE, are_sure, held_against, legend_of, mark, notes_of
from sim.plots.page import INK, in_style, nothing, page, shown
from sim.plots.rows import AXIS, Rows, lay_rows
from sim.plots.text import signed, signed_axis

_MEASURES = {
    "on_time_rate": ("On-time rate, percentage points", 100),
    "turnaround_working_hours_mean": ("Turnaround, working hours", 1),
}
"""What is compared, what it is called, and by how much it is multiplied."""
_MOST = 40


@in_style
def forest(study: Study) -> Figure:
    """Draw the differences of the policies from the base, with simultaneous intervals."""
    against = held_against(study.plan.policies)
    title = f"Differences from {against}"
    if len(study.plan.policies) == 1:
        return nothing(study, title, ALONE)
    policies, notes = shown([name for name in study.plan.policies if name != against], _MOST)
    differences = compare(study.of_scope("all"), against).differences
    found = differences[
        differences["measure"].isin(list(_MEASURES)) & differences["policy"].isin(policies)
    ]
    known = found[found["estimate"].notna()]
    if known.empty:
        return nothing(study, title, "No dossier was resolved.")
    rows = lay_rows(policies, 1.45, 0.26)
    figure = page(
        study, title, rows.total + AXIS, legend=legend_of(are_sure(known)),
        notes=[*notes, *notes_of(found)],
    )  # fmt: skip
    panels = figure.subplots(1, len(_MEASURES))
    for axes, (measure, (label, factor)) in zip(panels, _MEASURES.items(), strict=True):
        own = found[found["measure"] == measure].set_index("policy").loc[policies]
        _draw(axes, rows, factor * own[["estimate", "low", "high"]])
        axes.set_xlabel(label)
    panels[1].set_yticklabels([])
    return figure


def _draw(axes: Axes, rows: Rows, found: pd.DataFrame) -> None:
    estimate, low, high = found.to_numpy(np.float64).T
    rows.give(axes)
    rows.write(axes, list(map(signed, estimate, (high - low) / 2)))
    axes.axvline(0, color=INK, lw=0.8)
    axes.hlines(rows.centres, low, high, color=INK, lw=1)
    mark(axes, estimate, rows.centres, are_sure(found))
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(signed_axis())
