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
    """Give plans of which none tried is as cheap and better, cheapest first.

    Parameters
    ----------
    trials, posts
        What was tried.
    staff
        The plan that was found, around which some more are tried.
    target
        What a year is to reach, if anything.
    """
    fewer: Staff | None = staff
    more: Staff | None = staff
    for _ in range(_STEPS):
        fewer = fewer and least_missed(trials, posts, fewer)
        more = more and one_more(trials, posts, more, _free(posts, more))
    first = range(1, FIRST_BATCH + 1)
    tried = list(
        dict.fromkeys(
            staff for staff, _ in trials.asked
            if all((staff, number) in trials.asked for number in first)
        )
    )  # fmt: skip
    above, below = sums(trials.of(tried, first))
    rates = above.sum(axis=1) / np.maximum(below.sum(axis=1), 1)
    costs = np.array([cost_of(posts, staff) for staff in tried])
    best: list[int] = []
    for place in np.lexsort((-rates, costs)):
        if not best or rates[place] > rates[best[-1]]:
            best.append(int(place))
    if len(best) > _MOST_POINTS:
        best = [best[int(n)] for n in np.linspace(0, len(best) - 1, _MOST_POINTS)]
    staffs = [tried[place] for place in best]
    above, below = sums(trials.of(staffs, range(1, SAMPLE + 1)))
    rate = ratio_estimates(above, below)
    points = []
    for place, own in enumerate(staffs):
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


def _free(posts: Sequence[Post], staff: Staff) -> list[int]:
    return [
        place for place, post in enumerate(posts) if post.most is None or staff[place] < post.most
    ]
