"""The frontier: what each cost buys, of the plans that were tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.staffing.posts import Post, Staff, cost_of
from sim.staffing.sample import FIRST_BATCH, SAMPLE
from sim.staffing.steps import least_missed, one_more
from sim.staffing.trials import Trials, sums
from sim.statistics.binomial import reaches, share_interval
from sim.statistics.bootstrap import ratio_estimates

_MOST_POINTS = 15
_STEPS = 5
"""Officers fewer, and more, than the plan that was found, which are tried around it."""


@dataclass(frozen=True)
class Point:
    """The best plan tried of its cost.

    Parameters
    ----------
    staff, cost
        Numbers of officers, and what they cost.
    estimate, low, high
        The pooled rate with its 95 % interval.
    chance, chance_low, chance_high
        The share of years that reach the target, with an exact interval; None without a target.
    replications
        What they rest on.
    """

    staff: Staff
    cost: float
    estimate: float
    low: float
    high: float
    chance: float | None
    chance_low: float | None
    chance_high: float | None
    replications: int


def frontier(
    trials: Trials, posts: Sequence[Post], staff: Staff, target: float | None
) -> tuple[Point, ...]:
    """Give plans of which none tried is as cheap and better, and the plan found, cheapest first.

    Parameters
    ----------
    trials, posts
        What was tried.
    staff
        The plan that was found, around which some more are tried.
    target
        What a year is to reach, if anything.
    """
    _try_around(trials, posts, staff)
    first = range(1, FIRST_BATCH + 1)
    tried = list(
        dict.fromkeys(
            own for own, _ in trials.asked
            if all((own, number) in trials.asked for number in first)
        )
    )  # fmt: skip
    some = _thinned(_undominated(trials, posts, tried, first))
    # A few replications chose them; what all of them say may be otherwise.
    numbers = range(1, SAMPLE + 1)
    best = _undominated(trials, posts, some, numbers)
    chosen = sorted({*best, staff}, key=lambda own: (cost_of(posts, own), own))
    above, below = sums(trials.of(chosen, numbers))
    rate = ratio_estimates(above, below)
    points = []
    for place, own in enumerate(chosen):
        chance: tuple[float | None, float | None, float | None] = (None, None, None)
        if target is not None:
            reached = int(np.count_nonzero(reaches(above[place] / below[place], target)))
            chance = (reached / SAMPLE, *share_interval(reached, SAMPLE))
        points.append(
            Point(
                own, cost_of(posts, own), float(rate.estimate[place]),
                float(rate.low[place]), float(rate.high[place]), *chance, SAMPLE,
            )
        )  # fmt: skip
    return tuple(points)


def _try_around(trials: Trials, posts: Sequence[Post], staff: Staff) -> None:
    """Try plans of some officers fewer and more."""
    fewer = more = staff
    for _ in range(_STEPS):
        fewer = least_missed(trials, posts, fewer) or fewer
        free = [
            place for place, post in enumerate(posts)
            if post.most is None or more[place] < post.most
        ]  # fmt: skip
        if (further := one_more(trials, posts, more, free)) is not None:
            more, _ = further


def _undominated(
    trials: Trials, posts: Sequence[Post], staffs: Sequence[Staff], replications: range
) -> list[Staff]:
    """Give the plans of which none is as cheap and better, cheapest first."""
    above, below = sums(trials.of(staffs, replications))
    rates = above.sum(axis=1) / below.sum(axis=1)
    costs = np.array([cost_of(posts, staff) for staff in staffs])
    best: list[int] = []
    for place in np.lexsort((-rates, costs)):
        if not best or rates[place] > rates[best[-1]]:
            best.append(int(place))
    return [staffs[place] for place in best]


def _thinned(staffs: Sequence[Staff]) -> list[Staff]:
    if len(staffs) <= _MOST_POINTS:
        return list(staffs)
    return [staffs[int(n)] for n in np.linspace(0, len(staffs) - 1, _MOST_POINTS)]
