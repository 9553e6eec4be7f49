"""Distributions of durations: their quantile functions against their parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from sim.distributions import (
    Distribution,
    lognormal_quantile,
    parse_distribution,
    parse_share,
    quantiles,
)
from sim.durations import DAY, HOUR, MILLISECOND, MINUTE, WORKING_DAY

HUNDRED_YEARS = 36_500 * DAY, 36_525 * DAY
"""With 365 days a year, and with the leap days."""


@dataclass(frozen=True)
class Case:
    """A distribution as written, and its mean (in minutes) and variation from theory."""

    written: object
    mean: float
    cv: float


def triangular_cv(low: float, mode: float, high: float) -> float:
    squares = low**2 + mode**2 + high**2 - low * mode - low * high - mode * high
    return math.sqrt(squares / 18) / ((low + mode + high) / 3)


CASES = {
    "constant": Case("90 min", 90, 0),
    "exponential": Case({"exponential": "90 min"}, 90, 1),
    "uniform": Case({"uniform": ["1 h", "4 h"]}, 150, 180 / math.sqrt(12) / 150),
    "uniform-point": Case({"uniform": ["1 h", "1 h"]}, 60, 0),
    "triangular": Case(
        {"triangular": ["20 min", "30 min", "70 min"]}, 40, triangular_cv(20, 30, 70)
    ),
    "triangular-left": Case(
        {"triangular": ["20 min", "20 min", "80 min"]}, 40, triangular_cv(20, 20, 80)
    ),
    "triangular-right": Case(
        {"triangular": ["0 min", "60 min", "60 min"]}, 40, triangular_cv(0, 60, 60)
    ),
    "triangular-point": Case({"triangular": ["1 h", "1 h", "1 h"]}, 60, 0),
    "lognormal": Case({"lognormal": {"mean": "2 h", "cv": "80%"}}, 120, 0.8),
    "lognormal-wide": Case({"lognormal": {"mean": "2 h", "cv": 1.5}}, 120, 1.5),
    "lognormal-point": Case({"lognormal": {"mean": "2 h", "cv": 0}}, 120, 0),
    "gamma": Case({"gamma": {"mean": "2 h", "cv": 0.4}}, 120, 0.4),
    "gamma-wide": Case({"gamma": {"mean": "2 h", "cv": "200%"}}, 120, 2),
    "gamma-point": Case({"gamma": {"mean": "2 h", "cv": 0}}, 120, 0),
    "weibull": Case({"weibull": {"mean": "2 h", "cv": 0.5}}, 120, 0.5),
    "weibull-narrow": Case({"weibull": {"mean": "2 h", "cv": 0.05}}, 120, 0.05),
    "weibull-wide": Case({"weibull": {"mean": "2 h", "cv": 1.5}}, 120, 1.5),
    "erlang-1": Case({"erlang": {"mean": "2 h", "k": 1}}, 120, 1),
    "erlang-4": Case({"erlang": {"mean": "2 h", "k": 4}}, 120, 0.5),
    "discrete": Case(
        {"discrete": {"10 min": "25%", "30 min": 0.5, "1 h": "25%"}},
        32.5,
        math.sqrt((22.5**2 + 2 * 2.5**2 + 27.5**2) / 4) / 32.5,
    ),
    "working": Case({"exponential": "2 working days"}, 960, 1),
}
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def draws(written: object, u: NDArray[np.float64]) -> NDArray[np.float64]:
    return quantiles(parse_distribution(written), u) / MINUTE


def moment(written: object, power: int) -> float:
    """Integrate a power of the quantile function, in minutes.

    With u = Φ(z) the integrand falls like a normal density on both sides, so that a sum over a
    fine grid of z reaches the tails, where an even grid of u would cut them off.
    """
    z = np.linspace(-8.2, 8.2, 400_001)
    weights = stats.norm.pdf(z) * (z[1] - z[0])
    return float(np.sum(draws(written, stats.norm.cdf(z)) ** power * weights))


@cases
def test_the_mean_is_the_integral_of_the_quantiles(case: Case) -> None:
    assert moment(case.written, 1) == pytest.approx(case.mean, rel=1e-4)


@cases
def test_the_coefficient_of_variation_is_that_of_the_quantiles(case: Case) -> None:
    mean = moment(case.written, 1)
    variance = moment(case.written, 2) - mean**2
    assert math.sqrt(max(variance, 0)) / mean == pytest.approx(case.cv, rel=1e-3, abs=2e-3)


@cases
def test_the_mean_that_a_distribution_states_is_its_mean(case: Case) -> None:
    assert parse_distribution(case.written).mean / MINUTE == pytest.approx(case.mean, rel=1e-12)


U = (np.arange(2000) + 0.5) / 2000


@pytest.mark.parametrize(
    ("written", "theory"),
    [
        ({"exponential": "90 min"}, stats.expon(scale=90)),
        ({"uniform": ["1 h", "4 h"]}, stats.uniform(60, 180)),
        ({"triangular": ["20 min", "30 min", "70 min"]}, stats.triang(0.2, 20, 50)),
        (
            {"lognormal": {"mean": "100 h", "cv": 1}},
            # The median of a lognormal is mean / √(1 + cv²), its σ² is log(1 + cv²).
            stats.lognorm(math.sqrt(math.log(2)), scale=6000 / math.sqrt(2)),
        ),
        ({"gamma": {"mean": "100 h", "cv": math.sqrt(2 / 3)}}, stats.gamma(1.5, scale=4000)),
        ({"erlang": {"mean": "100 h", "k": 3}}, stats.gamma(3, scale=2000)),
        # A Weibull of shape 2 (Rayleigh) has cv² = 4/π − 1.
        (
            {"weibull": {"mean": "100 h", "cv": math.sqrt(4 / math.pi - 1)}},
            stats.rayleigh(scale=6000 / math.sqrt(math.pi / 2)),
        ),
    ],
    ids=["exponential", "uniform", "triangular", "lognormal", "gamma", "erlang", "weibull"],
)
def test_the_distribution_function_gives_the_uniform_back(
    written: object, theory: stats.distributions.rv_frozen
) -> None:
    assert theory.cdf(draws(written, U)) == pytest.approx(U, abs=2e-5)


@pytest.mark.parametrize(
    "written",
    [
        {"erlang": {"mean": "90 min", "k": 1}},
        {"gamma": {"mean": "90 min", "cv": 1}},
        {"weibull": {"mean": "90 min", "cv": 1}},
    ],
    ids=["erlang", "gamma", "weibull"],
)
def test_one_phase_or_a_variation_of_one_is_the_exponential(written: object) -> None:
    expected = draws({"exponential": "90 min"}, U)
    assert draws(written, U) == pytest.approx(expected, rel=1e-6, abs=1e-4)


def test_a_discrete_distribution_gives_each_value_its_share() -> None:
    drawn = draws({"discrete": {"10 min": "20%", "30 min": "70%", "1 h": "10%"}}, U)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [10, 30, 60]
    assert counts.tolist() == [400, 1400, 200]


@pytest.mark.parametrize(
    ("written", "ms"),
    [
        ("0.0005 s", 0),
        ("0.0015 s", 2),
        ("0.0025 s", 2),
        ("0.0035 s", 4),
        ("0.001499 s", 1),
        ("0.002501 s", 3),
        ("5 min", 300_000),
    ],
)
def test_draws_round_half_even_to_whole_milliseconds(written: str, ms: int) -> None:
    assert quantiles(parse_distribution(written), U[:3]).tolist() == [ms * MILLISECOND] * 3


@cases
def test_draws_are_whole_milliseconds_and_not_negative(case: Case) -> None:
    drawn = quantiles(parse_distribution(case.written), U)
    assert drawn.dtype == np.int64
    assert not np.any(drawn % MILLISECOND)
    assert np.all(drawn >= 0)


EXTREMES = np.array([2.0**-54, 0.5, 1 - 2.0**-53])


@pytest.mark.parametrize(
    "written",
    [
        "1000000 weeks",
        {"exponential": "90000 weeks"},
        {"lognormal": {"mean": "5000 weeks", "cv": 100}},
        {"gamma": {"mean": "5000 weeks", "cv": 100}},
        {"weibull": {"mean": "5000 weeks", "cv": 100}},
        {"uniform": ["1 min", "999999 weeks"]},
    ],
)
def test_draws_are_capped_at_100_years(written: object) -> None:
    longest = int(quantiles(parse_distribution(written), EXTREMES).max())
    assert HUNDRED_YEARS[0] <= longest <= HUNDRED_YEARS[1]


@cases
def test_draws_below_the_cap_are_not_changed_at_the_extremes(case: Case) -> None:
    drawn = quantiles(parse_distribution(case.written), EXTREMES)
    assert np.all(drawn < HUNDRED_YEARS[0])
    assert np.all(np.diff(drawn) >= 0)


@cases
def test_a_quantile_function_never_falls(case: Case) -> None:
    u = np.sort(np.concatenate([U, EXTREMES, np.linspace(0.4999, 0.5001, 2001)]))
    assert np.all(np.diff(quantiles(parse_distribution(case.written), u)) >= 0)


def test_a_quantile_function_never_falls_in_whatever_order_the_values_are_written() -> None:
    """So that another share or value keeps a citizen's rank."""
    drawn = draws({"discrete": {"1 h": "25%", "10 min": "25%", "30 min": "50%"}}, U)
    assert np.all(np.diff(drawn) >= 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"exponential": "90 min"}, {"exponential": "60 min"}),
        ({"lognormal": {"mean": "2 h", "cv": 0.8}}, {"lognormal": {"mean": "90 min", "cv": 0.8}}),
        ({"lognormal": {"mean": "2 h", "cv": 0.8}}, {"lognormal": {"mean": "2 h", "cv": 0.3}}),
        ({"gamma": {"mean": "2 h", "cv": 0.8}}, {"gamma": {"mean": "1 h", "cv": 1.2}}),
        ({"triangular": ["5 min", "8 min", "15 min"]}, {"uniform": ["1 h", "2 h"]}),
        ({"weibull": {"mean": "2 h", "cv": 0.8}}, {"exponential": "3 h"}),
    ],
)
def test_a_changed_mean_or_shape_keeps_every_citizens_rank(before: object, after: object) -> None:
    citizens = np.random.Generator(np.random.Philox(1)).permutation(U)
    one, other = draws(before, citizens), draws(after, citizens)
    assert np.array_equal(np.argsort(one), np.argsort(other))


def test_a_scaled_mean_scales_every_draw() -> None:
    whole = draws({"lognormal": {"mean": "4 h", "cv": 0.8}}, U)
    part = draws({"lognormal": {"mean": "3 h", "cv": 0.8}}, U)
    # Each draw is rounded by half a millisecond at most.
    assert part == pytest.approx(whole * 0.75, abs=2 * MILLISECOND / MINUTE)


def test_a_single_lognormal_factor_has_the_median_of_theory() -> None:
    assert lognormal_quantile(1.0, 0.05, 0.5) == pytest.approx(1 / math.sqrt(1 + 0.05**2))


@cases
def test_what_is_written_is_read_back_equal(case: Case) -> None:
    distribution = parse_distribution(case.written)
    assert parse_distribution(distribution.written()) == distribution


@pytest.mark.parametrize(
    "written",
    [
        {"discrete": {"60 min": "50%", "1 h": "30%", "2 h": "20%"}},
        {"uniform": ["0 days", "2 working days"]},
        {"uniform": ["0 min", "16 working h"]},
        {"uniform": ["36 h", "2 days"]},
        {"discrete": {"0 min": "1%", "1.5 days": "99%"}},
    ],
    ids=str,
)
def test_unusual_values_are_written_and_read_back_to_the_same_draws(written: object) -> None:
    distribution = parse_distribution(written)
    again = parse_distribution(distribution.written())
    assert np.array_equal(quantiles(again, U), quantiles(distribution, U))
    assert again.working == distribution.working


@given(
    st.sampled_from(["lognormal", "gamma", "weibull"]),
    st.integers(0, 10**12),
    st.floats(0.01, 100),
)
def test_a_mean_and_a_variation_are_written_and_read_back(family: str, us: int, cv: float) -> None:
    written = {family: {"mean": f"{us / 1_000_000:.6f} s", "cv": cv}}
    distribution = parse_distribution(written)
    assert distribution.durations[0].us == us
    assert parse_distribution(distribution.written()) == distribution


@pytest.mark.parametrize(
    ("written", "working"),
    [
        ("2 h", False),
        ("2 working h", True),
        ({"uniform": ["0 min", "2 working h"]}, True),
        ({"uniform": ["0 working h", "2 working h"]}, True),
        ({"discrete": {"1 working day": 1.0}}, True),
        ({"exponential": "2 days"}, False),
    ],
)
def test_draws_are_working_time_only_if_written_so(written: object, working: bool) -> None:
    assert parse_distribution(written).working is working


def test_working_days_are_drawn_as_eight_hours_each() -> None:
    assert quantiles(parse_distribution("2 working days"), U[:1]) == [2 * WORKING_DAY]
    assert quantiles(parse_distribution("2 days"), U[:1]) == [48 * HOUR]


def test_a_distribution_is_returned_as_it_is() -> None:
    distribution = parse_distribution({"exponential": "5 min"})
    assert parse_distribution(distribution) is distribution
    assert isinstance(distribution, Distribution)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (5, "has no unit"),
        (None, "not a duration"),
        ("-5 min", "negative"),
        ({}, "not a distribution"),
        ({"exponential": "5 min", "uniform": ["1 h", "2 h"]}, "not a distribution"),
        ({"normal": {"mean": "5 min", "cv": 1}}, "`normal` is not a distribution.*lognormal"),
        ({"exponential": 5}, "has no unit"),
        ({"exponential": ["5 min"]}, "not a duration"),
        ({"exponential": {"mean": "5 min"}}, "takes its mean alone"),
        ({"uniform": ["1 h"]}, r"uniform takes \[A, B\]"),
        ({"uniform": "1 h"}, r"uniform takes \[A, B\]"),
        ({"uniform": ["2 h", "1 h"]}, "must not descend"),
        ({"triangular": ["1 h", "2 h"]}, r"triangular takes \[A, MODE, B\]"),
        ({"triangular": ["1 h", "3 h", "2 h"]}, "must not descend"),
        ({"uniform": ["1 h", "2 working h"]}, "mixed"),
        ({"discrete": {"1 h": 0.5, "2 working h": 0.5}}, "mixed"),
        ({"lognormal": "1 h"}, "lognormal takes {mean: M, cv: C}"),
        ({"lognormal": {"mean": "1 h"}}, "lognormal takes"),
        ({"lognormal": {"mean": "1 h", "cv": 1, "k": 1}}, "lognormal takes"),
        ({"lognormal": {"mean": "1 h", "cv": "much"}}, "cv must be a number"),
        ({"lognormal": {"mean": "1 h", "cv": "x%"}}, "cv must be a number"),
        ({"lognormal": {"mean": "1 h", "cv": True}}, "cv must be a number"),
        ({"lognormal": {"mean": "1 h", "cv": math.nan}}, "cv must be from"),
        ({"gamma": {"mean": "1 h", "cv": -0.1}}, "cv must be from"),
        ({"weibull": {"mean": "1 h", "cv": 0}}, "cv must be from"),
        ({"erlang": {"mean": "1 h", "k": 0}}, "k must be a whole number from 1"),
        ({"erlang": {"mean": "1 h", "k": 1.5}}, "k must be a whole number from 1"),
        ({"erlang": {"mean": "1 h", "cv": 1}}, "erlang takes {mean: M, k: K}"),
        ({"discrete": {}}, "discrete takes"),
        ({"discrete": ["1 h"]}, "discrete takes"),
        ({"discrete": {"1 h": 0.5, "2 h": 0.4}}, "add to 0.9, not to 1"),
        ({"discrete": {"1 h": 1.5, "2 h": -0.5}}, "not between 0 and 1"),
        ({"discrete": {"1": 1.0}}, "is not a duration"),
    ],
    ids=str,
)
def test_what_makes_no_distribution_is_refused(written: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_distribution(written)


@pytest.mark.parametrize(
    ("written", "share"),
    [("25%", 0.25), (0.25, 0.25), ("0%", 0), (1, 1), ("100%", 1), (" 12.5 % ", 0.125), (0, 0)],
)
def test_a_share_is_a_percentage_or_a_number_up_to_one(written: object, share: float) -> None:
    assert parse_share(written) == share


@pytest.mark.parametrize("written", [25, "101%", "-1%", -0.1, 1.0001, math.nan])
def test_a_share_outside_0_to_1_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        parse_share(written)


@pytest.mark.parametrize("written", ["a quarter", "%", "nan%", True, None, ["25%"]])
def test_what_is_no_share_is_refused_with_a_way_out(written: object) -> None:
    with pytest.raises(ValueError, match=r"is not a share; write 25% or 0\.25"):
        parse_share(written)
