"""Estimates with intervals from independent replications.

The replication is the unit: rows are what is estimated, columns are replications.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
_ROUNDING = 1e-12
"""A standard error, as a part of what it is of, below which it is but rounding."""


@dataclass(frozen=True)
class Estimates:
    """Estimates of several quantities.

    Parameters
    ----------
    estimate
        Point estimates, shape (m,); NaN where no replication has a value.
    low, high
        Ends of the intervals, shape (m,); NaN with fewer than two replications.
    replications
        How many replications each rests on, shape (m,).
    p
        Two-sided p-values of "it is 0", shape (m,); NaN where there is no interval.
    """

    estimate: Floats
    low: Floats
    high: Floats
    replications: NDArray[np.int64]
    p: Floats


def mean_estimates(values: Floats) -> Estimates:
    """Estimate means with Student's t; a missing value leaves its replication out.

    Parameters
    ----------
    values
        Shape (m, n), NaN for missing.

    Notes
    -----
    Law, *Simulation Modeling and Analysis*, ch. 4.
    """
    present = ~np.isnan(values)
    n = present.sum(axis=1)
    filled = np.where(present, values, 0.0)
    mean = divided(filled.sum(axis=1), n)
    squares = np.where(present, (filled - mean[:, None]) ** 2, 0.0).sum(axis=1)
    error = without_rounding(np.sqrt(divided(squares, (n - 1) * n, n > 1)), np.abs(mean))
    return estimates_with_t(mean, error, n)


def holm(p: Floats) -> Floats:
    """Adjust the p-values of one family by Holm's step-down method; NaN stays NaN.

    Notes
    -----
    Holm, *A simple sequentially rejective multiple test procedure*, 1979.
    """
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    times = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * times), 1.0)
    return adjusted


def estimates_with_t(
    estimate: Floats, error: Floats, n: NDArray[np.int64], confidence: float = CONFIDENCE
) -> Estimates:
    """Give estimates with intervals of Student's t.

    Parameters
    ----------
    estimate, error
        Estimates and their standard errors, shape (m,).
    n
        How many replications each rests on, shape (m,); no interval below two.
    confidence
        Of the intervals, between 0 and 1.
    """
    freedom = np.maximum(n - 1, 1)
    known = n > 1
    half = np.where(known, special.stdtrit(freedom, 0.5 + confidence / 2) * error, np.nan)
    t = divided(np.abs(estimate), error, error > 0)
    p = np.where(error > 0, 2 * special.stdtr(freedom, -t), np.where(estimate == 0, 1.0, 0.0))
    p = np.where(known & ~np.isnan(estimate), p, np.nan)
    return Estimates(estimate, estimate - half, estimate + half, n, p)


def without_rounding(error: Floats, size: Floats) -> Floats:
    """Give standard errors of what has a size; 0 for those that are but rounding."""
    return np.where(error <= _ROUNDING * size, 0.0, error)


def divided(above: Floats, below: object, where: object = None) -> Floats:
    """Divide, giving NaN where the denominator is not positive."""
    denominator = np.asarray(below, np.float64)
    wanted = denominator > 0 if where is None else np.asarray(where)
    shape = np.broadcast_shapes(np.shape(above), denominator.shape)
    result = np.full(shape, np.nan)
    np.divide(above, denominator, out=result, where=np.broadcast_to(wanted, shape))
    return result
