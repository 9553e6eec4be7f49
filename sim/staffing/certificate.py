"""Certificates: what fresh replications say of numbers of officers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.staffing.sample import Demand
from sim.statistics.binomial import reaches, trials_needed
from sim.statistics.bootstrap import FEWEST_TO_CARRY, carried_by, ratio_estimates
from sim.statistics.intervals import Floats

LOOKS = 100, 200, 400, 800
"""Replications of a certificate of the pooled rate: further ones where fewer leave it open.

Below 100 the bootstrap-t is not to be trusted. Each look has its part of the doubt (Bonferroni).
"""
_BAD_YEARS = 3
"""Years that may miss the target in a certificate by years; fewer would often fail by chance."""


@dataclass(frozen=True)
class Certificate:
    """What fresh replications showed.

    Parameters
    ----------
    replications
        How many.
    holds
        Whether they certify the demand.
    low
        Pooled: the lower confidence bound of the rate.
    bad_years, allowed
        By years: how many missed the target, and how many might have.
    shortfall
        By how much the rate was too low to certify it, 0 where it holds.
    is_thin
        Pooled: whether so few replications carry the bound that worse years may be too rare to be
        among them.
    attempt
        The how-manyth plan it is that was held against fresh replications, each against its own:
        the more, the likelier one passes by chance.
    """

    replications: int
    holds: bool
    low: float | None
    bad_years: int | None
    allowed: int | None
    shortfall: float
    is_thin: bool
    attempt: int


def certify(
    demand: Demand, fresh: Callable[[int], tuple[Floats, Floats]], attempt: int = 1
) -> Certificate:
    """Tell whether fresh replications certify a demand.

    Parameters
    ----------
    demand
        Pooled: the one-sided lower confidence bound, by the bootstrap-t, reaches the target. By
        years: so few miss it that with the given confidence at least that share of years reach it.
    fresh
        Gives the numerators and denominators, shape (n,), of the first n fresh replications; no
        denominator is 0.
    attempt
        The how-manyth it is.
    """
    of_reading = _pooled if demand.reading == "pooled" else _by_years
    return of_reading(demand, fresh, attempt)


def _pooled(
    demand: Demand, fresh: Callable[[int], tuple[Floats, Floats]], attempt: int
) -> Certificate:
    doubt = (1 - demand.confidence) / len(LOOKS)
    for replications in LOOKS:
        above, below = fresh(replications)
        found = ratio_estimates(above[None], below[None], confidence=1 - 2 * doubt)
        low = float(found.low[0])
        if low >= demand.target or float(found.estimate[0]) < demand.target:
            break
    holds = low >= demand.target
    short = 0.0 if holds else demand.target - low
    is_thin = bool(carried_by(above[None], below[None])[0] < FEWEST_TO_CARRY)
    return Certificate(replications, holds, low, None, None, short, is_thin, attempt)


def _by_years(
    demand: Demand, fresh: Callable[[int], tuple[Floats, Floats]], attempt: int
) -> Certificate:
    n = trials_needed(_BAD_YEARS, demand.confidence, demand.confidence)
    above, below = fresh(n)
    rates = above / below
    bad = int(np.count_nonzero(~reaches(rates, demand.target)))
    holds = bad <= _BAD_YEARS
    short = 0.0 if holds else demand.target - float(np.sort(rates)[_BAD_YEARS])
    return Certificate(n, holds, None, bad, _BAD_YEARS, short, False, attempt)
