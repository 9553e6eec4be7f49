"""Estimates with intervals, held against theory and against examples worked on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from sim.statistics.bootstrap import Ratios, ratio_estimates, simultaneous_differences
from sim.statistics.intervals import CONFIDENCE, Estimates, holm, mean_estimates

Floats = NDArray[np.float64]
NAN = math.nan
T_2 = 4.302653
"""The t table: .975 with 2 degrees of freedom."""


def row(*values: float) -> Floats:
    return np.array([values], np.float64)


def only(found: Estimates) -> tuple[float, float, float, int, float]:
    (estimate,), (low,), (high,) = found.estimate, found.low, found.high
    return float(estimate), float(low), float(high), int(found.replications[0]), float(found.p[0])


def ratio_difference_estimates(above: Floats, below: Floats, *base: Floats) -> Estimates:
    (found,) = simultaneous_differences([Ratios.of(above, below)], Ratios.of(*base))
    return found


def share_that_covers(found: Estimates, truth: float) -> float:
    return float(np.mean((found.low <= truth) & (truth <= found.high)))


def monte_carlo_error(repetitions: int) -> float:
    """Give four standard errors of a coverage of 95 %."""
    return 4 * math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / repetitions)


# Means


def test_a_mean_with_its_t_interval_by_hand() -> None:
    """1, 2, 6: mean 3, variance (4 + 1 + 9) / 2 = 7, standard error √(7/3)."""
    estimate, low, high, n, p = only(mean_estimates(row(1, 2, 6)))
    half = T_2 * math.sqrt(7 / 3)
    assert (estimate, n) == (3, 3)
    assert (low, high) == pytest.approx((3 - half, 3 + half))
    assert p == pytest.approx(2 * stats.t.sf(3 / math.sqrt(7 / 3), df=2))


def test_the_standard_error_of_the_mouse_data() -> None:
    """Efron & Tibshirani, ch. 2: the mean of the treated is 86.86, its standard error 25.24."""
    estimate, low, high, n, _ = only(mean_estimates(row(94, 197, 16, 38, 99, 141, 23)))
    assert estimate == pytest.approx(86.86, abs=0.005)
    t = stats.t.ppf(0.975, n - 1)
    assert (high - low) / 2 / t == pytest.approx(25.24, abs=0.005)


def test_the_p_value_is_the_level_at_which_the_interval_just_touches_0() -> None:
    """Shifted so that the interval's end is 0, p is 1 - 95 %."""
    values = row(1, 2, 6, 11)
    _, low, high, _, _ = only(mean_estimates(values))
    for end in (low, high):
        assert only(mean_estimates(values - end))[4] == pytest.approx(1 - CONFIDENCE)


@pytest.mark.parametrize("n", [2, 3, 5, 30])
def test_the_t_interval_of_normal_data_covers_the_mean_in_95_of_100_cases(n: int) -> None:
    repetitions = 20_000
    values = np.random.default_rng(n).normal(10, 3, (repetitions, n))
    covered = share_that_covers(mean_estimates(values), 10)
    assert covered == pytest.approx(CONFIDENCE, abs=monte_carlo_error(repetitions))


def test_p_values_are_uniform_when_the_mean_is_0() -> None:
    repetitions = 20_000
    p = mean_estimates(np.random.default_rng(7).normal(0, 2, (repetitions, 8))).p
    assert stats.kstest(p, "uniform").pvalue > 1e-3


def test_a_missing_value_leaves_only_its_replication_out() -> None:
    gaps = np.array([[1, NAN, 2, NAN, 6], [4, 5, 6, 7, 8], [NAN, NAN, NAN, NAN, NAN]])
    found = mean_estimates(gaps)
    without = only(mean_estimates(row(1, 2, 6)))
    assert found.replications.tolist() == [3, 5, 0]
    first = (found.estimate[0], found.low[0], found.high[0], 3, found.p[0])
    assert first == pytest.approx(without)
    assert found.estimate[1] == 6
    for values in (found.estimate, found.low, found.high, found.p):
        assert math.isnan(values[2])


@pytest.mark.parametrize("values", [row(5), row(NAN, 5, NAN)])
def test_one_replication_has_an_estimate_but_no_interval(values: Floats) -> None:
    estimate, low, high, n, p = only(mean_estimates(values))
    assert (estimate, n) == (5, 1)
    assert all(math.isnan(value) for value in (low, high, p))


def test_what_is_the_same_in_every_replication_has_an_interval_of_no_width() -> None:
    assert only(mean_estimates(row(3, 3, 3))) == (3, 3, 3, 3, 0)
    assert only(mean_estimates(row(0, 0, 0))) == (0, 0, 0, 3, 1)


@given(
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=8),
    st.integers(-50, 50),
    st.sampled_from([0.5, 2, 8]),
)
def test_a_mean_moves_and_stretches_with_its_values(
    whole: list[int], shift: int, scale: float
) -> None:
    values = row(*whole)
    found = np.array(only(mean_estimates(values))[:3])
    moved = np.array(only(mean_estimates(values * scale + shift))[:3])
    assert moved == pytest.approx(found * scale + shift, abs=1e-6)


# Ratios


def test_a_ratio_with_its_interval_by_hand() -> None:
    """X = 1, 2, 3 over Y = 2, 3, 4.

    R = 6/9 = 2/3; z = X − R Y = −1/3, 0, 1/3, so that s² = 1/9; the mean of Y is 3, and
    Var(R) = (1/9) / (3 · 9) = 1/243.
    """
    estimate, low, high, n, _ = only(ratio_estimates(row(1, 2, 3), row(2, 3, 4)))
    half = T_2 / math.sqrt(243)
    assert n == 3
    assert (estimate, low, high) == pytest.approx((2 / 3, 2 / 3 - half, 2 / 3 + half))


def test_a_ratio_is_pooled_not_a_mean_of_ratios() -> None:
    """1 of 1 and 0 of 9 are 10 %, not 50 %."""
    assert only(ratio_estimates(row(1, 0), row(1, 9)))[0] == pytest.approx(0.1)


def test_a_ratio_over_a_constant_is_the_mean_of_the_shares() -> None:
    above = row(3, 5, 4, 8)
    ratio = only(ratio_estimates(above, np.full((1, 4), 10.0)))
    assert ratio == pytest.approx(only(mean_estimates(above / 10)))


def test_the_interval_of_a_ratio_covers_it_in_about_95_of_100_cases() -> None:
    """The delta method is exact in the limit; with 50 replications it is off by less than 1 %."""
    repetitions, n, truth = 4000, 50, 0.8
    rng = np.random.default_rng(3)
    below = rng.poisson(200, (repetitions, n))
    rate = np.clip(rng.normal(truth, 0.03, (repetitions, n)), 0, 1)
    above = rng.binomial(below, rate)
    found = ratio_estimates(above.astype(float), below.astype(float))
    covered = share_that_covers(found, truth)
    assert covered == pytest.approx(CONFIDENCE, abs=monte_carlo_error(repetitions) + 0.01)


def test_a_ratio_with_nothing_below_is_missing() -> None:
    found = ratio_estimates(np.zeros((1, 4)), np.zeros((1, 4)))
    estimate, low, high, n, p = only(found)
    assert n == 0
    assert all(math.isnan(value) for value in (estimate, low, high, p))


def test_a_replication_with_nothing_below_adds_nothing_to_a_ratio() -> None:
    """Its z is 0: it says nothing about the rate, but it is a replication."""
    estimate, *_, n, _ = only(ratio_estimates(row(1, 0, 2), row(2, 0, 2)))
    assert (estimate, n) == (0.75, 3)


def test_one_replication_has_a_ratio_but_no_interval() -> None:
    estimate, low, high, n, p = only(ratio_estimates(row(3), row(4)))
    assert (estimate, n) == (0.75, 1)
    assert all(math.isnan(value) for value in (low, high, p))


def test_a_ratio_of_a_thing_to_itself_is_1_without_doubt() -> None:
    values = row(3, 5, 9)
    assert only(ratio_estimates(values, values))[:3] == (1, 1, 1)


# Differences of ratios


def test_a_paired_difference_of_ratios_by_hand() -> None:
    """2/3 from above, less X = 1, 1, 1 over Y = 1, 2, 3, which is 1/2.

    The influences are z / mean of Y: −1/9, 0, 1/9 and (1/2, 0, −1/2) / 2 = 1/4, 0, −1/4. Their
    differences are −13/36, 0, 13/36: s = 13/36, and the standard error s / √3.
    """
    found = ratio_difference_estimates(row(1, 2, 3), row(2, 3, 4), row(1, 1, 1), row(1, 2, 3))
    estimate, low, high, n, p = only(found)
    error = 13 / 36 / math.sqrt(3)
    assert n == 3
    assert estimate == pytest.approx(1 / 6)
    assert (low, high) == pytest.approx((1 / 6 - T_2 * error, 1 / 6 + T_2 * error))
    assert p == pytest.approx(2 * stats.t.sf(1 / 6 / error, df=2))


counts = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=2, max_size=8
).filter(lambda pairs: any(below for _, below in pairs))


@given(counts)
def test_the_difference_of_a_ratio_from_itself_is_exactly_0(pairs: list[tuple[int, int]]) -> None:
    above = row(*(min(pair) for pair in pairs))
    below = row(*(max(pair) for pair in pairs))
    found = only(ratio_difference_estimates(above, below, above, below))
    assert found == (0, 0, 0, len(pairs), 1)


@given(counts, counts)
def test_the_difference_of_two_ratios_is_that_of_the_estimates_and_turns_its_sign(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    n = min(len(one), len(other))
    a, b, c, d = (
        row(*(side(pair) for pair in pairs[:n])) for pairs in (one, other) for side in (min, max)
    )
    forth = only(ratio_difference_estimates(a, b, c, d))
    back = only(ratio_difference_estimates(c, d, a, b))
    apart = only(ratio_estimates(a, b))[0] - only(ratio_estimates(c, d))[0]
    assert forth[0] == pytest.approx(apart, nan_ok=True)
    expected = (-back[0], -back[2], -back[1], *back[3:])
    assert forth == pytest.approx(expected, nan_ok=True, abs=1e-12)


def test_a_difference_of_ratios_is_missing_where_one_of_them_is() -> None:
    nothing, something = np.zeros((1, 3)), row(1, 2, 3)
    for found in (
        ratio_difference_estimates(nothing, nothing, something, something),
        ratio_difference_estimates(something, something, nothing, nothing),
    ):
        estimate, low, high, n, p = only(found)
        assert n == 0
        assert all(math.isnan(value) for value in (estimate, low, high, p))


def test_pairing_narrows_the_interval_of_what_goes_up_and_down_together() -> None:
    rng = np.random.default_rng(11)
    below = rng.poisson(300, (1, 40)).astype(float)
    common = rng.normal(0.8, 0.05, (1, 40))
    gain = rng.normal(0.02, 0.002, (1, 40))
    base, better = below * common, below * (common + gain)
    paired = only(ratio_difference_estimates(better, below, base, below))
    one, other = (only(ratio_estimates(above, below)) for above in (better, base))
    apart = math.hypot(one[2] - one[1], other[2] - other[1])
    assert paired[1] <= 0.02 <= paired[2]
    assert paired[2] - paired[1] < apart / 10


# Holm


def test_holm_by_hand() -> None:
    """Four hypotheses: .005 × 4, .01 × 3, .03 × 2, and .04, which may not fall below .06."""
    found = holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert found.tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_one_p_value_as_it_is_and_none_above_1() -> None:
    assert holm(np.array([0.2])).tolist() == [0.2]
    assert holm(np.array([0.6, 0.7, 1.0])).tolist() == [1, 1, 1]
    assert holm(np.array([])).tolist() == []


def test_holm_leaves_missing_values_out_of_the_family() -> None:
    found = holm(np.array([NAN, 0.03, NAN, 0.01]))
    assert found.tolist() == pytest.approx([NAN, 0.03, NAN, 0.02], nan_ok=True)
    assert all(math.isnan(value) for value in holm(np.array([NAN, NAN])))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_keeps_the_order_and_lies_between_the_p_value_and_bonferroni(
    values: list[float],
) -> None:
    p = np.array(values)
    adjusted = holm(p)
    assert ((adjusted >= p) & (adjusted <= np.minimum(p * p.size, 1) + 1e-15)).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
    backwards = holm(p[::-1])[::-1]
    assert backwards.tolist() == adjusted.tolist()


def test_holm_rejects_a_true_hypothesis_in_at_most_5_of_100_families() -> None:
    """Of four independent hypotheses, two are true; so many families, so much may it err."""
    repetitions = 4000
    rng = np.random.default_rng(5)
    true = rng.uniform(size=(repetitions, 2))
    false = rng.uniform(size=(repetitions, 2)) ** 4
    families = np.hstack([true, false])
    wrong = np.mean([(holm(family)[:2] <= 1 - CONFIDENCE).any() for family in families])
    assert wrong <= 1 - CONFIDENCE + monte_carlo_error(repetitions)
    assert wrong > 0.01  # and it does reject
