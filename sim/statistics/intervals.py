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
    mean = _divided(filled.sum(axis=1), n)
    squares = np.where(present, (filled - mean[:, None]) ** 2, 0.0).sum(axis=1)
    error = np.sqrt(_divided(squares, (n - 1) * n, n > 1))
    return _with_t(mean, error, n)


def ratio_estimates(numerators: Floats, denominators: Floats) -> Estimates:
    """Estimate pooled ratios, the sum above over the sum below, with Student's t.

    Parameters
    ----------
    numerators, denominators
        Shape (m, n) each.

    Notes
    -----
    With z = X − R Y, Var(R) = s²(z) / (n Ȳ²): Law, *Simulation Modeling and Analysis*, ch. 9
    (ratio estimation by the delta method).
    """
    n = np.full(numerators.shape[0], numerators.shape[1])
    below = denominators.sum(axis=1)
    ratio = _divided(numerators.sum(axis=1), below)
    influence = _influence(numerators, denominators, ratio)
    return _with_t(ratio, _standard_error(influence), np.where(below > 0, n, 0))


def ratio_difference_estimates(
    numerators: Floats, denominators: Floats, base_numerators: Floats, base_denominators: Floats
) -> Estimates:
    """Estimate differences of pooled ratios, paired by replication, with Student's t.

    Parameters
    ----------
    numerators, denominators, base_numerators, base_denominators
        Shape (m, n) each; column by column on common random numbers.
    """
    below, base_below = denominators.sum(axis=1), base_denominators.sum(axis=1)
    ratio = _divided(numerators.sum(axis=1), below)
    base = _divided(base_numerators.sum(axis=1), base_below)
    influence = _influence(numerators, denominators, ratio) - _influence(
        base_numerators, base_denominators, base
    )
    n = np.where((below > 0) & (base_below > 0), numerators.shape[1], 0)
    return _with_t(ratio - base, _standard_error(influence), n)


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


def _influence(numerators: Floats, denominators: Floats, ratio: Floats) -> Floats:
    """Give each replication's linear part in the error of a ratio, shape (m, n)."""
    average = denominators.mean(axis=1)
    return _divided(numerators - ratio[:, None] * denominators, average[:, None])


def _standard_error(values: Floats) -> Floats:
    n = values.shape[1]
    if n < 2:
        return np.full(values.shape[0], np.nan)
    return np.asarray(np.std(values, axis=1, ddof=1) / np.sqrt(n))


def _with_t(estimate: Floats, error: Floats, n: NDArray[np.int64]) -> Estimates:
    freedom = np.maximum(n - 1, 1)
    known = n > 1
    half = np.where(known, special.stdtrit(freedom, 0.5 + CONFIDENCE / 2) * error, np.nan)
    t = _divided(np.abs(estimate), error, error > 0)
    p = np.where(error > 0, 2 * special.stdtr(freedom, -t), np.where(estimate == 0, 1.0, 0.0))
    p = np.where(known & ~np.isnan(estimate), p, np.nan)
    return Estimates(estimate, estimate - half, estimate + half, n, p)


def _divided(above: Floats, below: object, where: object = None) -> Floats:
    """Divide, giving NaN where the denominator is not positive."""
    denominator = np.asarray(below, np.float64)
    wanted = denominator > 0 if where is None else np.asarray(where)
    shape = np.broadcast_shapes(np.shape(above), denominator.shape)
    result = np.full(shape, np.nan)
    np.divide(above, denominator, out=result, where=np.broadcast_to(wanted, shape))
    return result
