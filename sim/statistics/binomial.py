"""Exact statements about a share of yes among independent yes-or-no replications."""

from __future__ import annotations

from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.statistics.intervals import CONFIDENCE, Floats

_ROUNDING = 1e-12


def reaches(rates: Floats, target: float) -> NDArray[np.bool_]:
    """Tell which rates reach a target; one that is it but for rounding does."""
    return np.asarray(rates >= target - _ROUNDING)


def share_interval(
    successes: int, trials: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Give an exact interval for the probability of success.

    Parameters
    ----------
    successes, trials
        At least 0 of at least 1.
    confidence
        Of the interval, between 0 and 1; each end alone has half the rest against it.

    Notes
    -----
    Clopper & Pearson, *The use of confidence or fiducial limits illustrated in the case of the
    binomial*, 1934.
    """
    tail = (1 - confidence) / 2
    failures = trials - successes
    low = special.betaincinv(successes, failures + 1, tail) if successes else 0.0
    high = special.betaincinv(successes + 1, failures, 1 - tail) if failures else 1.0
    return float(low), float(high)


def trials_needed(failures: int, share: float, confidence: float = CONFIDENCE) -> int:
    """Give the fewest trials that certify a probability in spite of so many failures.

    Parameters
    ----------
    failures
        How many of the trials may fail.
    share
        The probability of success to be certified, between 0 and 1.
    confidence
        That it is at least `share`, between 0 and 1.

    Returns
    -------
    int
        The least n for which n trials, each failing with 1 − `share`, have no more than
        `failures` failures with a probability of at most 1 − `confidence`: with 95 % and 95 %,
        59, 93, 124 and 153 for none to three.
    """
    return next(
        n for n in count(failures + 1)
        if special.bdtr(failures, n, 1 - share) <= 1 - confidence
    )  # fmt: skip
