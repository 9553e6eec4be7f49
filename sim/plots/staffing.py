"""What plans of staff keep, by what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.experiment.study import Study
from sim.plots.outcomes import OUTCOMES, limits_of
from sim.plots.page import INK, MUTED, SMALL, in_style, nothing, page
from sim.plots.text import counted, percent, percent_axis
from sim.staffing import StaffingPlan
from sim.staffing.frontier import Point
from sim.statistics.binomial import share_interval

FAR = 2
"""Times the cost of the chosen plan; dearer plans are not shown, but for the first."""
DEEP = 4
"""Times what the target leaves to 100 %; a plan that leaves more is not shown."""
_LEFT = 0.02
"""What a plan for a budget is taken to leave at least."""
_BODY = 2.6
_CHOSEN = OUTCOMES["open_overdue"][1]
_DASHES = (0, (4, 3))

Spot = tuple[float, float | None, float | None, float | None]
"""A cost, a share and the ends of its interval."""


@dataclass(frozen=True)
class _Plans:
    """Plans that are drawn alike.

    Parameters
    ----------
    text
        What the legend says of them.
    spots
        Where they are.
    colour, fill, size
        What their markers are.
    """

    text: str
    spots: Sequence[Spot]
    colour: str = MUTED
    fill: str = MUTED
    size: float = 4

    @property
    def columns(self) -> NDArray[np.float64]:
        """Costs, shares, lower and upper ends; NaN for what is missing."""
        return np.array(self.spots, np.float64).reshape(-1, 4).T

    @property
    def handle(self) -> Artist:
        """What stands for them in the legend."""
        return Line2D([], [], color=self.colour, ls="", marker="o", mfc=self.fill, ms=self.size)


@in_style
def frontier(plan: StaffingPlan, study: Study) -> Figure:
    """Draw the best plans tried, the chosen one and those one step cheaper, by cost."""
    title = f"{plan.measure} by cost of the officers"
    if not plan.frontier:
        return nothing(study, title, f"No plan reaches the target: {plan.unreachable}.")
    points, notes = _shown(plan)
    tried = _tried(plan, [(one.cost, one.estimate, one.low, one.high) for one in points])
    rate = plan.rate
    cheaper: list[Spot] = [
        (near.cost, near.rate.estimate, None, None) for near in plan.neighbours
        if near.rate.estimate is not None and near.rate.estimate >= _floor(plan)
    ]  # fmt: skip
    groups = [tried, _Plans("one officer fewer at a post", cheaper, fill="white", size=3)]
    if rate.estimate is not None:
        spot = plan.cost, rate.estimate, rate.low, rate.high
        groups.append(_chosen(spot, rate.replications))
    figure = _figure(study, plan, title, groups, plan.target, _floor(plan), notes)
    axes = figure.axes[0]
    axes.set_ylabel(plan.measure)
    costs, rates, *_ = tried.columns
    axes.step(costs, rates, where="post", color=MUTED, lw=1, zorder=1.5)
    return figure


@in_style
def chance(plan: StaffingPlan, study: Study) -> Figure:
    """Draw the chance that a replication reaches the target, by cost."""
    assert plan.target is not None
    target = percent_axis()(plan.target)
    title = f"Chance of {plan.measure} {target} or more in a replication"
    if not plan.frontier:
        return nothing(study, title, f"No plan reaches the target: {plan.unreachable}.")
    points, notes = _shown(plan)
    groups = [_tried(plan, [_chance(one) for one in points])]
    certificate = plan.certificate
    if certificate is not None and certificate.bad_years is not None:
        n = certificate.replications
        reached = n - certificate.bad_years
        groups.append(_chosen((plan.cost, reached / n, *share_interval(reached, n)), n))
    wanted = plan.confidence if plan.reading == "year" else None
    figure = _figure(study, plan, title, groups, wanted, 0.0, notes)
    figure.axes[0].set_ylabel("Chance")
    return figure


def _tried(plan: StaffingPlan, spots: Sequence[Spot]) -> _Plans:
    times = counted(plan.frontier[0].replications, "replication", "replications")
    return _Plans(f"best plans of the search, {times}", spots)


def _chosen(spot: Spot, replications: int) -> _Plans:
    times = counted(replications, "fresh replication", "fresh replications")
    return _Plans(f"chosen plan, {times}", [spot], _CHOSEN, _CHOSEN, 5)


def _chance(point: Point) -> Spot:
    return point.cost, point.chance, point.chance_low, point.chance_high


def _floor(plan: StaffingPlan) -> float:
    """Give the rate below which plans would squeeze the others."""
    if plan.target is not None:
        return 1 - DEEP * (1 - plan.target)
    return 1 - DEEP * max(1 - (plan.rate.estimate or 0.0), _LEFT)


def _shown(plan: StaffingPlan) -> tuple[list[Point], list[str]]:
    """Give the points of the frontier that do not squeeze the others, and notes."""
    dearer = [point.cost for point in plan.frontier if point.cost > plan.cost]
    most, floor = max([FAR * plan.cost, *dearer[:1]]), _floor(plan)
    notes = ["Whiskers: 95 % interval."]
    if plan.certificate is not None and not plan.certificate.holds:
        notes.append(f"The chosen plan is not certified: {plan.unreachable}.")
    if any(point.estimate < floor for point in plan.frontier):
        notes.append(f"Plans that keep less than {percent_axis()(floor)} are left out.")
    if far := [point.estimate for point in plan.frontier if point.cost > most]:
        notes.append(f"Dearer plans are left out; they keep at most {percent(max(far))}.")
    kept = [point for point in plan.frontier if point.estimate >= floor and point.cost <= most]
    return kept, notes


def _figure(
    study: Study,
    plan: StaffingPlan,
    title: str,
    groups: Sequence[_Plans],
    wanted: float | None,
    least: float,
    notes: Sequence[str],
) -> Figure:
    """Draw plans by cost, what is wanted and what the chosen plan costs; nothing below `least`."""
    groups = [group for group in groups if group.spots]
    legend = [(group.handle, group.text) for group in groups]
    if wanted is not None:
        line = Line2D([], [], color=INK, lw=1, ls=_DASHES)
        legend.append((line, f"wanted: {percent_axis()(wanted)}"))
    figure = page(study, title, _BODY, legend=legend, notes=notes)
    axes = figure.add_subplot()
    for group in groups:
        costs, shares, low, high = group.columns
        axes.vlines(costs, low, high, color=group.colour, lw=1.2)
        axes.plot(
            costs, shares, "o", color=group.colour, mfc=group.fill, ms=group.size, clip_on=False
        )
    if wanted is not None:
        axes.axhline(wanted, color=INK, lw=1, ls=_DASHES, zorder=0.9)
    columns = np.hstack([np.empty((4, 0)), *(group.columns for group in groups)])
    shares = np.append(columns[1:].ravel(), np.nan if wanted is None else wanted)
    axes.set_ylim(*limits_of(np.clip(shares, least, 1)))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(percent_axis())
    axes.grid(axis="y")
    _give_costs(axes, np.append(columns[0], plan.cost), plan.cost)
    return figure


def _give_costs(axes: Axes, costs: NDArray[np.float64], chosen: float) -> None:
    """Make the horizontal axis that of costs, with that of the chosen plan named."""
    low, high = costs.min(), costs.max()
    pad = max(0.05 * (high - low), 1)
    axes.set_xlim(low - pad, high + pad)
    whole = bool((costs == np.round(costs)).all())
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=whole, steps=[1, 2, 5, 10]))
    axes.set_xlabel("Cost")
    axes.axvline(chosen, color=_CHOSEN, lw=0.8, ls=":", zorder=0.9)
    axes.text(
        chosen, 1.03, f" chosen plan, cost {chosen:g} ", color=_CHOSEN, size=SMALL, va="bottom",
        ha="left" if chosen <= (low + high) / 2 else "right",
        transform=axes.get_xaxis_transform(),
    )  # fmt: skip
