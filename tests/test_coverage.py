"""How often intervals, the best and certificates are right: as docs/statistics.md says.

The page's tables are of other studies than those of these tests.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from coverage_of_intervals import (
    FAMILIES,
    LOSSES,
    OF_COMPARISONS,
    PAGE,
    POLICIES,
    PROBABILITIES,
    REPLICATIONS,
    STATEMENTS,
    STUDIES,
    TABLES,
    TIMES,
    TRIALS,
    WITHIN,
    YEARS,
    Years,
    all_right,
    cell,
    certified,
    certified_at_looks,
    certified_by_years,
    coverage,
    rare,
    share_coverage,
    wrongly_ranked,
)
from known_answers import TABLE

from sim.staffing.certificate import LOOKS, certify
from sim.staffing.sample import Demand
from sim.statistics.intervals import CONFIDENCE, Floats

by_years = pytest.mark.parametrize(
    "years",
    [pytest.param(one, id=one.name, marks=pytest.mark.xdist_group(one.name)) for one in YEARS],
)
"""Tests of one distribution are of the same studies, and run where these are remembered."""


@dataclass(frozen=True)
class Shown:
    """A share in a table of the page."""

    share: float
    is_held: bool


def table(name: str) -> dict[tuple[str, ...], list[Shown]]:
    """Give a table of the page, its rows by their heads."""
    (text,) = [
        found[0] for found in TABLE.finditer(PAGE.read_text("utf-8")) if found["table"] == name
    ]
    rows = {}
    for line in re.findall(r"^\| (.*) \|$", text, re.MULTILINE)[2:]:
        cells = line.split(" | ")
        shares = [text for text in cells if re.fullmatch(r"(\*\*)?\d+\.\d\1?", text)]
        head = tuple(cells[: len(cells) - len(shares)])
        rows[head] = [Shown(float(text.strip("*")) / 100, text[0] != "*") for text in shares]
    return rows


def assert_as_shown(
    found: Sequence[float],
    shown: Sequence[Shown],
    studies: int = STUDIES,
    limit: float = CONFIDENCE - WITHIN,
    at_least: bool = True,
) -> None:
    """Assert that shares are those of the page, and where it says so on the right side of a limit.

    Four standard errors are allowed.
    """
    for mine, theirs in zip(found, shown, strict=True):
        spread = max(theirs.share * (1 - theirs.share), 1 / studies)
        error = 4 * math.sqrt(spread * (1 / studies + 1 / studies / TIMES))
        assert mine == pytest.approx(theirs.share, abs=error + 0.0005)
        slack = 4 * math.sqrt(limit * (1 - limit) / studies)
        is_right = mine >= limit - slack if at_least else mine <= limit + slack
        is_wrong = mine <= limit + slack if at_least else mine >= limit - slack
        assert is_right if theirs.is_held else is_wrong


def test_the_page_has_every_table() -> None:
    """`python tests/coverage_of_intervals.py` writes it."""
    assert {name: len(table(name)) for name in TABLES} == {
        "levels": len(YEARS) * len(STATEMENTS),
        "marks": 2 * len(YEARS),
        "differences": len(LOSSES) * len(POLICIES),
        "ranks": len(LOSSES) * (len(POLICIES) - 1),
        "shares": len(PROBABILITIES),
        "certificates": len(YEARS),
    }


@by_years
def test_the_page_sums_up_from_how_many_replications_on_a_level_is_held(years: Years) -> None:
    page = table("levels")
    found = []
    for part in ("interval", "bound"):
        shown = page[years.name, STATEMENTS[part]]
        wrong = [place for place, one in enumerate(shown) if not one.is_held]
        held_from = wrong[-1] + 1 if wrong else 0
        found.append(str((*REPLICATIONS, "more than 400")[held_from]))
    assert f"| {years.name} | {' | '.join(found)} |" in PAGE.read_text("utf-8")


@by_years
def test_the_truth_of_the_distributions(years: Years) -> None:
    lost = years.draw(np.random.default_rng(1), (400_000,))
    error = 4 * float(lost.std()) / math.sqrt(lost.size)
    assert float(lost.mean()) == pytest.approx(years.mean, abs=error)


@pytest.mark.slow
@by_years
def test_intervals_are_right_as_often_as_the_page_says(years: Years) -> None:
    found = [coverage(years, n) for n in REPLICATIONS]
    page = table("levels")
    for part, name in STATEMENTS.items():
        assert_as_shown([getattr(one, part) for one in found], page[years.name, name])


@pytest.mark.slow
@by_years
def test_students_t_is_never_righter_than_the_bootstrap(years: Years) -> None:
    """Of the same studies, so that what is left of chance is small."""
    for n in REPLICATIONS:
        found = coverage(years, n)
        assert found.interval >= found.interval_t - 0.01
        assert found.bound >= found.bound_t - 0.01


@pytest.mark.slow
@by_years
def test_most_studies_are_marked_where_fewer_than_90_per_cent_are_right(years: Years) -> None:
    for n in REPLICATIONS:
        found = coverage(years, n)
        if found.interval < 0.9:
            assert found.marked > 0.5
    all_studies = [coverage(years, n).marked for n in REPLICATIONS]
    for mine, theirs in zip(all_studies, table("marks")[years.name, "all studies"], strict=True):
        assert mine == pytest.approx(theirs.share, abs=4 * math.sqrt(0.25 * 1.25 / STUDIES))


@pytest.mark.slow
def test_the_mark_does_not_tell_which_studies_are_wrong() -> None:
    """Those that have drawn no bad year look well."""
    found = coverage(YEARS[-1], 50)
    assert found.interval < 0.7
    assert found.marked_of_wrong < found.marked / 2


@pytest.mark.slow
@pytest.mark.parametrize("losses", LOSSES)
@pytest.mark.parametrize("policies", POLICIES)
def test_differences_are_right_at_once(losses: str, policies: int) -> None:
    shown = table("differences")[losses, str(policies)]
    assert all(one.is_held for one in shown)
    assert_as_shown([all_right(losses, policies, n) for n in OF_COMPARISONS], shown)


@pytest.mark.slow
@pytest.mark.parametrize("losses", LOSSES)
@pytest.mark.parametrize("policies", POLICIES[1:])
def test_none_of_equal_policies_is_called_greater(losses: str, policies: int) -> None:
    shown = table("ranks")[losses, str(policies)]
    assert all(one.is_held for one in shown)
    found = [1 - wrongly_ranked(losses, policies, n) for n in OF_COMPARISONS]
    assert_as_shown(found, shown, FAMILIES)


def test_exact_intervals_are_right_in_at_least_95_per_cent() -> None:
    page = table("shares")
    for probability in PROBABILITIES:
        found = [share_coverage(probability, trials) for trials in TRIALS]
        assert min(found) >= CONFIDENCE
        assert [cell(share) for share in found] == [
            cell(shown.share) for shown in page[(f"{100 * probability:g} %",)]
        ]


@pytest.mark.slow
@by_years
def test_certificates_are_wrong_as_often_as_the_page_says(years: Years) -> None:
    pooled, in_years = table("certificates")[(years.name,)]
    assert in_years.is_held
    found = [certified(years), certified_by_years(years)]
    limit = 1 - CONFIDENCE + WITHIN
    assert_as_shown(found, [pooled, in_years], limit=limit, at_least=False)


def test_certificates_of_many_studies_are_those_of_each() -> None:
    for years in (rare(0.1), rare(0.02)):
        above, below = years.studies(12, max(LOOKS), 3)
        for target in (years.rate, years.rate - 0.005):
            each = [
                certify(Demand(target, "pooled", CONFIDENCE), partial(first, *row)).holds
                for row in zip(above, below, strict=True)
            ]
            assert certified_at_looks(above, below, target).tolist() == each


def first(above: Floats, below: Floats, count: int) -> tuple[Floats, Floats]:
    return above[:count], below[:count]
