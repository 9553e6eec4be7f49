"""Intervals of ratios by resampling whole replications: the bootstrap-t.

Rates near 100 % are made of rare bad replications, whose skewness Student's t does not know
(docs/results.md, "How far to trust the intervals"). A ratio is the sum above over the sum below;
a mean is one whose denominators are 1.

Rows are what is estimated, columns are replications.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.statistics.intervals import (
    CONFIDENCE,
    Estimates,
    Floats,
    divided,
    estimates_with_t,
    without_rounding,
)

FEWEST_TO_RESAMPLE = 10
"""Replications below which resamples are too few and too much alike; Student's t is used."""
FEWEST_TO_CARRY = 5
"""Replications that carry an interval (`carried_by`), below which it is marked as doubtful."""
RESAMPLES = 1999
_ROWS_AT_ONCE = 500
_NO_SPREAD = 1e-7
"""A resample's standard error, as a part of the sample's, below which it is but rounding."""


@dataclass(frozen=True)
class Ratios:
    """Pooled ratios and what each replication has in them.

    Parameters
    ----------
    estimate
        The sum above over the sum below, shape (m,); NaN where nothing is below.
    errors
        What each replication is above the ratio, X − R Y over the mean of Y, shape (m, n).
    weights
        What each replication is below, over the mean, shape (m, n).
    replications
        How many replications each rests on, shape (m,); 1 where only one has anything below,
        which tells nothing of the spread.
    """

    estimate: Floats
    errors: Floats
    weights: Floats
    replications: NDArray[np.int64]

    @classmethod
    def of(cls, numerators: Floats, denominators: Floats) -> Ratios:
        """Make ratios of numerators and denominators, shape (m, n) each."""
        below = denominators.sum(axis=1)
        ratio = divided(numerators.sum(axis=1), below)
        average = denominators.mean(axis=1)[:, None]
        errors = divided(numerators - ratio[:, None] * denominators, average)
        having = np.count_nonzero(denominators, axis=1)
        counted = np.where(having > 1, denominators.shape[1], having)
        return cls(ratio, errors, divided(denominators, average), counted)

    @classmethod
    def of_means(cls, values: Floats) -> Ratios:
        """Make means of values, shape (m, n), NaN for missing."""
        present = ~np.isnan(values)
        means = cls.of(np.where(present, values, 0.0), present.astype(np.float64))
        return replace(means, replications=present.sum(axis=1))

    @classmethod
    def zero(cls, rows: int, replications: int) -> Ratios:
        """Make what is 0 in every replication."""
        shape = rows, replications
        return cls(np.zeros(rows), np.zeros(shape), np.ones(shape), np.full(rows, replications))

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> Ratios:
        parts = (getattr(self, field.name)[rows] for field in fields(self))
        return Ratios(*parts)


def ratio_estimates(
    numerators: Floats,
    denominators: Floats,
    most: float = 1.0,
    confidence: float = CONFIDENCE,
) -> Estimates:
    """Estimate pooled ratios with equal-tailed bootstrap-t intervals.

    Parameters
    ----------
    numerators, denominators
        Shape (m, n) each, no numerator negative.
    most
        What no ratio can exceed. An end beyond it, or one that resampling cannot find, is there;
        or at 0.
    confidence
        Of the interval, between 0 and 1; each end alone has half the rest against it.

    Notes
    -----
    Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993, ch. 12.5, with the standard
    error of ratio estimation: with z = X − R Y, Var(R) = s²(z) / (n Ȳ²) (Law, *Simulation
    Modeling and Analysis*, ch. 9).
    """
    ratios = Ratios.of(numerators, denominators)
    rows, n = ratios.errors.shape
    zero = Ratios.zero(rows, n)
    error = _standard_error(ratios, zero)
    found = estimates_with_t(ratios.estimate, error, ratios.replications, confidence)
    low, high = found.low, found.high
    tail = (1 - confidence) / 2
    spread = error > 0
    for some in _parts(rows) if n >= FEWEST_TO_RESAMPLE else ():
        t = np.sort(_t_of_resamples(ratios[some], zero[some], error[some]), axis=1)
        below, above = _quantile(t, tail), _quantile(t, 1 - tail)
        with np.errstate(invalid="ignore"):
            ends = (
                ratios.estimate[some] - above * error[some],
                (ratios.estimate[some] - below * error[some]),
            )
        low[some] = np.where(spread[some], ends[0], low[some])
        high[some] = np.where(spread[some], ends[1], high[some])
    for end in (low, high):
        np.clip(end, 0.0, most, out=end)
    return found


def simultaneous_differences(policies: Sequence[Ratios], base: Ratios) -> list[Estimates]:
    """Estimate the differences of several policies from a base, all intervals right at once.

    Row by row, the probability that any of the policies' intervals misses is 5 %: estimate ± c
    standard errors, where c is the 95 % quantile of the largest absolute t among the policies,
    over resamples of whole replications, the same for all.

    Parameters
    ----------
    policies
        Ratios of k policies, m rows and n replications each; column by column on common random
        numbers with the base.
    base
        What they are held against.

    Returns
    -------
    list of Estimates
        For each policy; `p` is of Student's paired t, not adjusted. NaN ends where resampling
        bounds nothing, as too few replications differ; such a policy makes those of others no
        wider.

    Notes
    -----
    Romano & Wolf, *Exact and approximate stepdown methods for multiple hypothesis testing*,
    2005, in a single step. Where a policy has a value in fewer than ten replications, Student's t
    with Bonferroni's correction.
    """
    rows, n = base.errors.shape
    errors = [_standard_error(policy, base) for policy in policies]
    found = []
    for policy, error in zip(policies, errors, strict=True):
        estimate = policy.estimate - base.estimate
        counted = np.minimum(policy.replications, base.replications)
        found.append(estimates_with_t(estimate, error, counted, 1 - (1 - CONFIDENCE) / len(errors)))
    if n < FEWEST_TO_RESAMPLE:
        return found
    few = np.any(
        [(one.replications > 1) & (one.replications < FEWEST_TO_RESAMPLE) for one in found], 0
    )
    errors = [np.where(few, 0.0, error) for error in errors]
    for some in _parts(rows):
        ts = (
            np.abs(_t_of_resamples(policy[some], base[some], error[some]))
            for policy, error in zip(policies, errors, strict=True)
        )
        widths = _widths(ts, len(policies))
        for one, error, width in zip(found, errors, widths, strict=True):
            is_wide = (error[some] > 0) & ~np.isnan(one.low[some])
            half = width * error[some]
            one.low[some] = np.where(is_wide, one.estimate[some] - half, one.low[some])
            one.high[some] = np.where(is_wide, one.estimate[some] + half, one.high[some])
    return found


def surely_greater(ratios: Ratios) -> NDArray[np.bool_]:
    """Tell which of several ratios are greater than which, all pairs at once (5 %).

    Parameters
    ----------
    ratios
        k of them, column by column on common random numbers.

    Returns
    -------
    ndarray
        Shape (k, k): whether the ratio of the row is greater than that of the column.
    """
    k, n = ratios.errors.shape
    greater = np.zeros((k, k), np.bool_)
    if k < 2:
        return greater
    first, second = np.triu_indices(k, 1)
    ones, others = ratios[first], ratios[second]
    error = _standard_error(ones, others)
    if n < FEWEST_TO_RESAMPLE:
        tail = (1 - CONFIDENCE) / 2 / len(first)
        width = np.full(len(first), special.stdtrit(max(n - 1, 1), 1 - tail))
    else:
        ts = (
            pair[None]
            for some in _parts(len(first))
            for pair in np.abs(_t_of_resamples(ones[some], others[some], error[some]))
        )
        width = _widths(ts, len(first))[:, 0]
    difference = ones.estimate - others.estimate
    sure = np.abs(difference) > np.where(error > 0, width, 0.0) * error
    greater[first, second] = sure & (difference > 0)
    greater[second, first] = sure & (difference < 0)
    return greater


def carried_by(numerators: Floats, denominators: Floats) -> Floats:
    """Count the replications that carry the interval of each ratio: (Σ z²)² / Σ z⁴.

    A third of them all where they are normal, about the number of bad ones where these are
    rare; 0 where all replications are alike.

    Parameters
    ----------
    numerators, denominators
        Shape (m, n) each.
    """
    squares = Ratios.of(numerators, denominators).errors ** 2
    squares[squares < (1e-12) ** 2] = 0.0
    return np.nan_to_num(divided(squares.sum(axis=1) ** 2, (squares**2).sum(axis=1)))


@lru_cache(maxsize=4)
def _resamples(n: int) -> Floats:
    """Draw how often each replication is in each resample, shape (RESAMPLES, n); the same always.

    A number of the resample, not of the study: the same measures give the same interval.
    """
    generator = np.random.Generator(np.random.Philox(n))
    drawn = generator.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    return drawn.astype(np.float64)


def _parts(rows: int) -> list[slice]:
    return [slice(first, first + _ROWS_AT_ONCE) for first in range(0, rows, _ROWS_AT_ONCE)]


def _standard_error(policy: Ratios, base: Ratios) -> Floats:
    """Give the standard error of a paired difference, shape (m,); NaN below two replications."""
    mean_square = ((policy.errors - base.errors) ** 2).mean(axis=1)
    error = np.sqrt(mean_square * _correction(policy, base))
    return without_rounding(error, np.abs(policy.estimate) + np.abs(base.estimate))


def _correction(policy: Ratios, base: Ratios) -> Floats:
    """Give what makes the mean square of a replication's part that of the mean's error, (m,)."""
    present = np.minimum(policy.replications, base.replications)
    n = base.errors.shape[1]
    return divided(present / n, present - 1)


def _t_of_resamples(policy: Ratios, base: Ratios, error: Floats) -> Floats:
    """Give t of the difference in each resample, shape (m, RESAMPLES).

    Infinite where a resample differs from the sample and has no spread; NaN where it has no
    value, and where the sample has no spread. All of it is sums over replications, written with
    what policy and base differ in, so that nothing is lost where they hardly do.
    """
    n = base.errors.shape[1]
    drawn = _resamples(n).T / n
    gap, own = policy.errors - base.errors, base.errors
    weight_gap, weight = policy.weights - base.weights, base.weights
    base_weight, own_weight = weight @ drawn, policy.weights @ drawn
    has_value = (base_weight > 0) & (own_weight > 0)
    base_weight, own_weight = (np.where(has_value, w, 1.0) for w in (base_weight, own_weight))
    scale = 1 / own_weight
    scale_gap = -(weight_gap @ drawn) * scale / base_weight
    own_mean = own @ drawn
    difference = gap @ drawn * scale + own_mean * scale_gap
    weight_factor = -scale * difference - scale_gap * own_mean / base_weight
    parts = (
        (gap, scale), (own, scale_gap), (weight, weight_factor),
        (weight_gap, -scale * (difference + own_mean / base_weight)),
    )  # fmt: skip
    squares = np.zeros_like(difference)
    for number, (part, factor) in enumerate(parts):
        squares += factor**2 * ((part * part) @ drawn)
        for other, other_factor in parts[:number]:
            squares += 2 * factor * other_factor * ((part * other) @ drawn)
    spread = np.sqrt(np.maximum(squares, 0.0) * _correction(policy, base)[:, None])
    least = _NO_SPREAD * error[:, None]
    flat = ~(spread > least)
    t = np.divide(difference, spread, out=np.zeros_like(difference), where=~flat)
    t[flat & (np.abs(difference) > least)] = np.inf
    t[~has_value | ~(error > 0)[:, None]] = np.nan
    return np.asarray(np.copysign(t, difference))


def _widths(ts: Iterable[Floats], count: int) -> Floats:
    """Give of how many standard errors intervals must be for all of them to hold at once.

    Parameters
    ----------
    ts
        The absolute t of each of `count` differences in each resample, shape (m, RESAMPLES).
    count
        How many.

    Returns
    -------
    ndarray
        Shape (count, m): row by row the same for all; NaN for those that resampling bounds not.

    Notes
    -----
    Differences that are each infinite in less than 5 % of the resamples may together be so in
    more. Then those are left out that have no bound at Bonferroni's level: the others have a
    common one.
    """
    levels = CONFIDENCE, 1 - (1 - CONFIDENCE) / count
    largest: list[Floats] = [np.zeros((1, 1))] * len(levels)
    bounded = []
    for t in ts:
        ordered = np.sort(t, axis=1)
        bounded.append([np.isfinite(_quantile(ordered, level)) for level in levels])
        largest = [
            np.fmax(most, np.where(has_bound[:, None], t, 0.0))
            for most, has_bound in zip(largest, bounded[-1], strict=True)
        ]
    of_all, of_fewer = (_quantile(np.sort(most, axis=1), CONFIDENCE) for most in largest)
    among_all, among_fewer = np.array(bounded).swapaxes(0, 1)
    width = np.where(among_all, of_all, np.nan)
    return np.where(np.isinf(of_all), np.where(among_fewer, of_fewer, np.nan), width)


def _quantile(ordered: Floats, share: float) -> Floats:
    """Give a quantile of each row: the ⌈share (B + 1)⌉-th of B ordered values, NaN last."""
    known = (~np.isnan(ordered)).sum(axis=1)
    place = np.ceil(np.round(share * (known + 1), 6)).astype(np.int64) - 1
    place = np.clip(place, 0, np.maximum(known - 1, 0))
    return np.asarray(np.take_along_axis(ordered, place[:, None], axis=1)[:, 0])
