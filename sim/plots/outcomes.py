"""Outcomes by policy, and beside them the on-time rate with its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim.experiment.study import Study
from sim.plots.page import INK, LABEL, SMALL, in_style, nothing, page
from sim.plots.rows import AXIS, Rows, lay_rows
from sim.plots.text import percent, percent_axis, width

OUTCOMES = {
    "resolved_early": ("early", "#0072B2"),
    "resolved_on_time": ("on time", "#56B4E9"),
    "resolved_late": ("late", "#E69F00"),
    "open_overdue": ("open, overdue", "#D55E00"),
    "open_within_limit": ("open, within the limit", "#CCCCCC"),
}
"""Counts of rule 18, what they are called, and the colour that each has on every figure."""
_TITLE = "Outcomes by policy"
_BAR = 2.1
"""Inches that a whole bar has at least, to tell which shares are written into it."""


@in_style
def outcomes(study: Study) -> Figure:
    """Draw the shares of the outcomes, and the on-time rate, by policy."""
    shares = _shares(study)
    if not (shares.to_numpy() > 0).any():
        return nothing(study, _TITLE, "No dossier with a time limit was received.")
    rows = lay_rows(list(shares.index), 1.45, 0.36)
    legend = [(Patch(color=colour), name) for name, colour in OUTCOMES.values()]
    figure = page(study, _TITLE, rows.total + AXIS, legend=legend, notes=_notes(study))
    bars, rates = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_shares(bars, rows, shares)
    _draw_rates(rates, rows, study)
    return figure


def _notes(study: Study) -> list[str]:
    notes = ["On-time rate: (early + on time) / (early + on time + late + open overdue)."]
    if study.plan.replications > 1:
        notes.append("Whiskers: 95 % interval.")
    of_all = study.measures[study.measures["scope"] == "all"]
    if of_all.loc[of_all["measure"] == "withdrawn", "value"].sum():
        notes.append("Withdrawn dossiers are left out.")
    return notes


def _shares(study: Study) -> pd.DataFrame:
    """Give each policy's shares, pooled over its replications: a row each policy."""
    of_all = study.measures[study.measures["scope"] == "all"]
    totals = of_all.pivot_table(
        index="policy", columns="measure", values="value", aggfunc="sum", observed=True
    )
    counts = totals.loc[list(study.plan.policies), list(OUTCOMES)]
    return counts.div(counts.sum(axis=1).replace(0, np.nan), axis=0).fillna(0.0)


def _draw_shares(axes: Axes, rows: Rows, shares: pd.DataFrame) -> None:
    left = np.zeros(len(shares))
    for outcome, (name, colour) in OUTCOMES.items():
        wide = shares[outcome].to_numpy(np.float64)
        bars = axes.barh(rows.centres, wide, 0.22, left, color=colour, label=name)
        texts = [_fitting(share) for share in wide]
        ink = "white" if outcome in ("resolved_early", "open_overdue") else INK
        axes.bar_label(bars, texts, label_type="center", size=SMALL, color=ink)
        left += wide
    rows.give(axes)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(percent_axis())
    axes.set_xlabel("Share of dossiers with a time limit")


def _fitting(share: float) -> str:
    """Write a share if its part of the bar has room for it."""
    text = percent(share, 0)
    return text if width(text, SMALL) + 0.06 <= share * _BAR else ""


def _draw_rates(axes: Axes, rows: Rows, study: Study) -> None:
    summary = study.summary()
    rates = summary[(summary["scope"] == "all") & (summary["measure"] == "on_time_rate")]
    rates = rates.set_index("policy").loc[list(study.plan.policies)]
    estimate, low, high = (
        rates[column].to_numpy(np.float64) for column in ("estimate", "low", "high")
    )
    low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
    axes.hlines(rows.centres, low, high, color=INK, linewidth=1.2, clip_on=False)
    axes.plot(estimate, rows.centres, "o", color=INK, markersize=4, clip_on=False)
    rows.give(axes, [_written(*values) for values in zip(estimate, low, high, strict=True)])
    axes.yaxis.tick_right()
    axes.tick_params(axis="y", length=0, labelsize=SMALL)
    axes.grid(axis="y")
    axes.set_xlim(*limits_of(np.concatenate([estimate, low, high])))
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(percent_axis())
    axes.set_xlabel("On-time rate", size=LABEL)


def _written(estimate: float, low: float, high: float) -> str:
    if np.isnan(low) or low == high:
        return percent(estimate)
    return f"{percent(estimate)}\n{percent(low)[:-2]} – {percent(high)}"


def limits_of(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, float]:
    """Give limits that hold all rates, and at least two percentage points."""
    known = values[~np.isnan(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    pad = max(0.01 - (high - low) / 2, 0.08 * (high - low))
    low, high = low - pad, high + pad
    if high > 1:
        low, high = min(low, 0.98), 1.0
    return max(low, 0.0), high
