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
ENOUGH_WITHOUT_A_BOUND = 400
"""Replications after which a rate is taken to be kept though too few carry a bound."""
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
        Pooled: the lower confidence bound of the rate; None where too few replications carry one.
    bad_years
        How many missed the target.
    allowed
        By years: how many might have.
    shortfall
        By how much the rate itself was below the target.
    attempt
        The how-manyth plan it is that was held against fresh replications, each against its own:
        the more, the likelier one passes by chance.
    """

    replications: int
    holds: bool
    low: float | None
    bad_years: int
    allowed: int | None
    shortfall: float
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
        rate, low = float(found.estimate[0]), float(found.low[0])
        is_thin = carried_by(above[None], below[None])[0] < FEWEST_TO_CARRY
        enough = replications >= ENOUGH_WITHOUT_A_BOUND if is_thin else low >= demand.target
        if enough or rate < demand.target:
            break
    return Certificate(
        replications=replications,
        holds=low >= demand.target,
        low=None if is_thin else low,
        bad_years=_bad_years(demand, above, below),
        allowed=None,
        shortfall=max(demand.target - rate, 0.0),
        attempt=attempt,
    )


def _bad_years(demand: Demand, above: Floats, below: Floats) -> int:
    return int(np.count_nonzero(~reaches(above / below, demand.target)))


def _by_years(
    demand: Demand, fresh: Callable[[int], tuple[Floats, Floats]], attempt: int
) -> Certificate:
    n = trials_needed(_BAD_YEARS, demand.confidence, demand.confidence)
    above, below = fresh(n)
    bad = _bad_years(demand, above, below)
    return Certificate(
        replications=n,
        holds=bad <= _BAD_YEARS,
        low=None,
        bad_years=bad,
        allowed=_BAD_YEARS,
        shortfall=max(demand.target - float(np.sort(above / below)[_BAD_YEARS]), 0.0),
        attempt=attempt,
    )
