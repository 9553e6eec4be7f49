"""Intervals by resampling whole replications; exact ones of yes and no."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from sim.statistics.binomial import share_interval, trials_needed
from sim.statistics.bootstrap import (
    FEWEST_TO_RESAMPLE,
    RESAMPLES,
    Ratios,
    carried_by,
    ratio_estimates,
    simultaneous_differences,
    surely_greater,
)
from sim.statistics.intervals import mean_estimates

Floats = NDArray[np.float64]


def drawn(n: int) -> NDArray[np.int64]:
    """Draw the resamples anew, as lists of replications: what the module counts."""
    generator = np.random.Generator(np.random.Philox(n))
    counts = generator.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    return np.array([np.repeat(np.arange(n), times) for times in counts])


def ratio_and_error(above: Floats, below: Floats) -> tuple[float, float]:
    """Law, ch. 9: R and √(s²(X − R Y) / (n Ȳ²))."""
    ratio = above.sum() / below.sum()
    z = above - ratio * below
    return ratio, math.sqrt((z**2).sum() / (len(z) - 1) / len(z)) / below.mean()


def years(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Draw years of some thousand dossiers, of which rare years lose many."""
    below = rng.poisson(1000, shape).astype(float)
    lost = np.clip(np.exp(rng.normal(-4, 1, shape)), 0, 1)
    return below - rng.binomial(below.astype(int), lost), below


# One ratio


def test_the_interval_of_a_ratio_resample_by_resample() -> None:
    """Efron & Tibshirani, ch. 12.5, written out: t of each resample, and its quantiles."""
    (above,), (below,) = years(np.random.default_rng(5), (1, 12))
    ratio, error = ratio_and_error(above, below)
    t = []
    for chosen in drawn(12):
        again, its_error = ratio_and_error(above[chosen], below[chosen])
        t.append((again - ratio) / its_error)
    t.sort()
    low = ratio - t[math.ceil(0.975 * (RESAMPLES + 1)) - 1] * error
    high = ratio - t[math.ceil(0.025 * (RESAMPLES + 1)) - 1] * error
    found = ratio_estimates(above[None], below[None])
    assert found.estimate[0] == pytest.approx(ratio)
    assert (found.low[0], found.high[0]) == pytest.approx((low, high))


def test_the_bootstrap_t_of_the_mouse_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Efron & Tibshirani, ch. 12.5: 90 % of the control group's mean are 35.82 to 116.74.

    Theirs is of other resamples, 1000, and few of nine values bound the upper end.
    """
    monkeypatch.setattr("sim.statistics.bootstrap.FEWEST_TO_RESAMPLE", 9)
    control = np.array([[52.0, 104, 146, 10, 51, 30, 40, 27, 46]])
    found = ratio_estimates(control, np.ones((1, 9)), most=math.inf, confidence=0.9)
    assert found.estimate[0] == pytest.approx(56.22, abs=0.005)
    assert found.low[0] == pytest.approx(35.82, abs=2)
    assert found.high[0] == pytest.approx(116.74, abs=6)


def test_a_rate_made_of_rare_bad_years_has_more_room_below_than_above() -> None:
    above, below = years(np.random.default_rng(8), (1, 40))
    found = ratio_estimates(above, below)
    assert found.estimate - found.low > found.high - found.estimate


def test_an_end_that_resampling_cannot_find_is_that_of_any_share() -> None:
    """One bad year of twelve: a third of the resamples lack it and have no spread."""
    above = np.array([[100.0] * 11 + [60.0]])
    found = ratio_estimates(above, np.full((1, 12), 100.0))
    assert found.low[0] == 0
    assert found.estimate[0] < found.high[0] < np.inf
    score = ratio_estimates(20 * above, np.full((1, 12), 100.0), most=20.0)
    assert (score.low[0], score.high[0]) == pytest.approx((0, 20 * found.high[0]))


def test_no_end_lies_where_no_share_can_be() -> None:
    """Four bad years of twenty bound the t of resamples, but not within 0 and 100 %."""
    above = np.array([[100.0] * 16 + [90, 10, 95, 99]])
    found = ratio_estimates(above, np.full((1, 20), 100.0))
    assert (found.low[0], found.high[0]) == (0, 1)
    few = ratio_estimates(np.array([[0.0, 100, 100, 0]]), np.full((1, 4), 100.0))
    assert (few.low[0], few.high[0]) == (0, 1)


@pytest.mark.parametrize("above", [1.0, 3.0, 48.0])
def test_rounding_is_no_spread(above: float) -> None:
    """1 / 49 × 49 is not 1 in binary; a replication like all others tells of no spread."""
    ones, below = np.full((1, 12), above), np.full((1, 12), 49.0)
    found = ratio_estimates(ones, below)
    assert found.low[0] == found.estimate[0] == found.high[0] == pytest.approx(above / 49)
    (apart,) = simultaneous_differences([Ratios.of(ones, below)], Ratios.of(ones + 1, below))
    assert apart.low[0] == apart.estimate[0] == apart.high[0] == pytest.approx(-1 / 49)
    tenth = mean_estimates(np.full((1, 3), 0.1))
    assert tenth.low[0] == tenth.estimate[0] == tenth.high[0]


@pytest.mark.parametrize("n", [5, 20])
def test_one_replication_that_has_anything_below_tells_of_no_spread(n: int) -> None:
    below = np.zeros((1, n))
    below[0, 3] = 7
    found = ratio_estimates(below * 3 / 7, below)
    assert found.estimate[0] == pytest.approx(3 / 7)
    assert found.replications[0] == 1
    assert np.isnan([found.low[0], found.high[0], found.p[0]]).all()


@pytest.mark.parametrize("share_below", [0.1, 0.5])
def test_replications_with_nothing_below_are_resampled_like_any(share_below: float) -> None:
    rng = np.random.default_rng(21)
    below = rng.poisson(20, (1, 40)) * (rng.random((1, 40)) < share_below)
    above = rng.binomial(below, 0.7)
    found = ratio_estimates(above.astype(float), below.astype(float))
    assert 0 <= found.low[0] < found.estimate[0] < found.high[0] <= 1


def test_what_is_alike_in_every_replication_has_an_interval_of_0() -> None:
    found = ratio_estimates(np.full((1, 30), 90.0), np.full((1, 30), 100.0))
    assert (found.low[0], found.high[0]) == (found.estimate[0], found.estimate[0])


def test_a_higher_confidence_has_a_wider_interval() -> None:
    above, below = years(np.random.default_rng(9), (5, 30))
    narrow, wide = (ratio_estimates(above, below, confidence=c) for c in (0.9, 0.99))
    assert (wide.low < narrow.low).all()
    assert (wide.high > narrow.high).all()


@given(st.permutations(range(15)), st.floats(0.1, 10))
def test_estimates_do_not_depend_on_the_order_of_rows_nor_on_a_scale(
    order: list[int], scale: float
) -> None:
    above, below = years(np.random.default_rng(1), (15, 12))
    found = ratio_estimates(above, below)
    turned = ratio_estimates(above[order] * scale, below[order] * scale)
    assert turned.low == pytest.approx(found.low[order])
    assert turned.high == pytest.approx(found.high[order])


# Differences


def test_the_intervals_of_two_policies_resample_by_resample() -> None:
    """The largest absolute t of the two in each resample, and its quantile."""
    rng = np.random.default_rng(6)
    base, below = (side[0] for side in years(rng, (1, 14)))
    policies = [base - rng.poisson(20, 14), np.minimum(base + rng.poisson(9, 14), below)]

    def difference(rows: NDArray[np.int64], above: Floats) -> tuple[float, float]:
        one, other = above[rows].sum() / below[rows].sum(), base[rows].sum() / below[rows].sum()
        parts = (above[rows] - one * below[rows]) - (base[rows] - other * below[rows])
        n = len(rows)
        return one - other, math.sqrt((parts**2).sum() / (n - 1) / n) / below[rows].mean()

    all_of_them = np.arange(14)
    whole = [difference(all_of_them, above) for above in policies]
    largest = sorted(
        max(
            abs(again - estimate) / error
            for (again, error), (estimate, _) in zip(
                (difference(rows, above) for above in policies), whole, strict=True
            )
        )
        for rows in drawn(14)
    )
    width = largest[math.ceil(0.95 * (RESAMPLES + 1)) - 1]
    ratios = [Ratios.of(above[None], below[None]) for above in (*policies, base)]
    found = simultaneous_differences(ratios[:2], ratios[2])
    for one, (estimate, error) in zip(found, whole, strict=True):
        assert one.estimate[0] == pytest.approx(estimate)
        expected = (estimate - width * error, estimate + width * error)
        assert (one.low[0], one.high[0]) == pytest.approx(expected)


def test_with_few_replications_students_t_is_corrected_by_bonferroni() -> None:
    values = np.array([[3.0, 5, 4, 8]])
    n = values.shape[1]
    assert n < FEWEST_TO_RESAMPLE
    found = simultaneous_differences(
        [Ratios.of_means(values), Ratios.of_means(2 * values)], Ratios.zero(1, n)
    )
    for times, one in enumerate(found, 1):
        interval = stats.ttest_1samp(times * values[0], 0).confidence_interval(1 - 0.05 / 2)
        assert (one.low[0], one.high[0]) == pytest.approx((interval.low, interval.high))


def test_a_difference_from_itself_is_exactly_0_whatever_else_is_compared() -> None:
    above, below = years(np.random.default_rng(3), (6, 25))
    base = Ratios.of(above, below)
    found = simultaneous_differences([base, Ratios.of(above - 3, below)], base)
    assert (found[0].estimate == 0).all()
    assert (found[0].low == 0).all()
    assert (found[0].high == 0).all()


def test_a_policy_that_differs_in_one_replication_has_no_interval_and_widens_no_other() -> None:
    rng = np.random.default_rng(4)
    sure = Ratios.of_means(rng.normal(1, 1, (1, 20)))
    once = Ratios.of_means(np.array([[0.0] * 19 + [7.0]]))
    zero = Ratios.zero(1, 20)
    alone = simultaneous_differences([sure], zero)[0]
    beside, of_one = simultaneous_differences([sure, once], zero)
    assert (beside.low, beside.high) == (alone.low, alone.high)
    assert of_one.estimate[0] == pytest.approx(7 / 20)
    assert math.isnan(of_one.low[0])
    assert math.isnan(of_one.high[0])


def test_policies_that_differ_in_few_replications_do_not_unbound_those_that_differ_in_all() -> None:
    """Three of twenty are missing in 4 % of resamples; two policies, each with three, in 8 %."""
    rng = np.random.default_rng(4)
    one, other = np.zeros((2, 1, 20))
    one[0, :3] = other[0, 3:6] = 1, 2, 3
    sure = Ratios.of_means(rng.normal(5, 1, (1, 20)))
    zero = Ratios.zero(1, 20)
    thin = [Ratios.of_means(one), Ratios.of_means(other)]
    for of_thin in thin:
        (found,) = simultaneous_differences([of_thin], zero)
        assert np.isfinite([found.low[0], found.high[0]]).all()
    alone = simultaneous_differences([sure], zero)[0]
    *of_thin_ones, beside = simultaneous_differences([*thin, sure], zero)
    assert (beside.low, beside.high) == (alone.low, alone.high)
    for found in of_thin_ones:
        assert np.isnan([found.low[0], found.high[0]]).all()


def test_policies_that_differ_in_the_same_few_replications_bound_each_other() -> None:
    few = np.zeros((1, 20))
    few[0, :3] = 1, 2, 3
    policies = [Ratios.of_means(few), Ratios.of_means(2 * few)]
    for found in simultaneous_differences(policies, Ratios.zero(1, 20)):
        assert np.isfinite([found.low[0], found.high[0]]).all()


@pytest.mark.parametrize("having", [2, 3, 9])
def test_few_replications_that_have_a_value_are_not_resampled(having: int) -> None:
    """Among twenty, as if there were no others."""
    values = np.full((2, 20), np.nan)
    values[:, 4 : 4 + having] = np.random.default_rng(having).normal(2, 1, (2, having))
    rows = [Ratios.of_means(row[None]) for row in values]
    alone = [Ratios.of_means(row[None, 4 : 4 + having]) for row in values]
    found = simultaneous_differences(rows, Ratios.zero(1, 20))
    expected = simultaneous_differences(alone, Ratios.zero(1, having))
    for one, other in zip(found, expected, strict=True):
        assert (one.low[0], one.high[0]) == pytest.approx((other.low[0], other.high[0]))


def test_missing_values_leave_their_replications_out() -> None:
    values = np.random.default_rng(2).normal(3, 1, (1, 12))
    few = np.concatenate([values[:, :8], np.full((1, 4), np.nan)], axis=1)
    found = simultaneous_differences([Ratios.of_means(few)], Ratios.zero(1, 12))[0]
    assert found.replications[0] == 8
    assert found.estimate[0] == pytest.approx(values[0, :8].mean())
    assert found.p[0] == pytest.approx(stats.ttest_1samp(values[0, :8], 0).pvalue)


def test_intervals_of_several_policies_are_right_at_once() -> None:
    """300 comparisons of five policies that are as the base: about 5 % claim anything."""
    rng = np.random.default_rng(10)
    repetitions, n = 600, 30
    common = rng.normal(0, 3, (repetitions, n))
    values = [common + rng.normal(0, 1, (repetitions, n)) for _ in range(6)]
    zero = Ratios.zero(repetitions, n)
    found = simultaneous_differences([Ratios.of_means(own - values[0]) for own in values[1:]], zero)
    right = np.all([(one.low <= 0) & (one.high >= 0) for one in found], axis=0).mean()
    assert right == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / repetitions))
    alone = ((found[0].low <= 0) & (found[0].high >= 0)).mean()
    assert alone > right


# The greatest


def test_what_is_surely_greater() -> None:
    rng = np.random.default_rng(12)
    common = rng.normal(0, 5, 40)
    values = np.array([common, common + rng.normal(2, 0.5, 40), common + rng.normal(2, 0.5, 40)])
    greater = surely_greater(Ratios.of_means(values))
    assert greater[1:, 0].all()
    assert not greater[0].any()
    assert not greater[1:, 1:].any()


def test_nothing_is_surely_greater_than_itself_or_with_one_replication() -> None:
    values = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]] * 3)
    assert not surely_greater(Ratios.of_means(values)).any()
    assert not surely_greater(Ratios.of_means(np.array([[1.0], [2.0]]))).any()
    assert surely_greater(Ratios.of_means(np.array([[1.0, 2]]))).shape == (1, 1)


def test_what_differs_in_few_replications_hides_nothing_that_is_sure() -> None:
    rng = np.random.default_rng(4)
    values = np.zeros((4, 20))
    values[1, :3] = values[2, 3:6] = 1, 2, 3
    values[3] = rng.normal(9, 1, 20)
    greater = surely_greater(Ratios.of_means(values))
    assert greater[3, :3].all()
    assert greater.sum() == 3


@pytest.mark.parametrize("n", [4, 12])
def test_what_has_no_value_is_not_surely_greater_nor_less(n: int) -> None:
    values = np.array([[np.nan] * n, range(n), [99.0] * n])
    greater = surely_greater(Ratios.of_means(values))
    assert greater[2, 1]
    assert greater.sum() == 1


def test_of_equal_policies_one_is_rarely_called_the_best() -> None:
    rng = np.random.default_rng(13)
    repetitions = 400
    wrong = np.mean(
        [
            surely_greater(Ratios.of_means(rng.normal(0, 1, (4, 25)))).any()
            for _ in range(repetitions)
        ]
    )
    assert wrong <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / repetitions)


# How many replications carry an interval


def test_how_many_replications_carry_an_interval() -> None:
    """One bad year alone carries nearly all; half good and half bad carry it together."""
    below = np.full((3, 100), 100.0)
    above = np.full((3, 100), 99.0)
    above[0, :1] = 10
    above[1, :50] = 10
    one, all_of_them, none = carried_by(above, below)
    assert one == pytest.approx(1, abs=0.1)
    assert all_of_them == pytest.approx(100)
    assert none == 0
    normal = np.random.default_rng(1).normal(50, 5, (1, 30_000))
    assert carried_by(normal, np.full((1, 30_000), 100.0))[0] == pytest.approx(10_000, rel=0.1)


# Yes or no


@given(st.integers(1, 300), st.data())
def test_an_exact_interval_ends_where_the_tails_are_2_and_a_half_per_cent(
    trials: int, data: st.DataObject
) -> None:
    successes = data.draw(st.integers(0, trials))
    low, high = share_interval(successes, trials)
    if successes:
        assert stats.binom.sf(successes - 1, trials, low) == pytest.approx(0.025)
    else:
        assert low == 0
    if successes < trials:
        assert stats.binom.cdf(successes, trials, high) == pytest.approx(0.025)
    else:
        assert high == 1


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0, 0.3085), (1, 10, 0.0025, 0.4450), (5, 10, 0.1871, 0.8129),
        (3, 20, 0.0321, 0.3789),
    ],
)  # fmt: skip
def test_exact_intervals_as_they_are_tabulated(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert share_interval(successes, trials) == pytest.approx((low, high), abs=0.00005)


def test_the_designs_that_certify_95_per_cent_with_95_per_cent() -> None:
    """59, 93, 124 and 153 with none to three bad years: tables of acceptance sampling."""
    assert [trials_needed(bad, 0.95) for bad in range(4)] == [59, 93, 124, 153]


@given(st.integers(0, 5), st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_a_design_is_the_smallest_that_certifies(
    failures: int, share: float, confidence: float
) -> None:
    n = trials_needed(failures, share, confidence)
    assert stats.binom.cdf(failures, n, 1 - share) <= 1 - confidence + 1e-12
    if n > failures + 1:
        assert stats.binom.cdf(failures, n - 1, 1 - share) > 1 - confidence - 1e-12
