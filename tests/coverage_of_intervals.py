"""How often intervals, differences, the best and certificates are right where truth is known.

`python tests/coverage_of_intervals.py` writes the tables of docs/statistics.md, in some minutes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
from known_answers import TABLE
from numpy.typing import NDArray
from scipy import stats

from sim.staffing.certificate import ENOUGH_WITHOUT_A_BOUND, LOOKS, certify
from sim.staffing.sample import Demand
from sim.statistics.binomial import share_interval
from sim.statistics.bootstrap import (
    FEWEST_TO_CARRY,
    Ratios,
    carried_by,
    ratio_estimates,
    simultaneous_differences,
    surely_greater,
)
from sim.statistics.intervals import CONFIDENCE, Estimates, Floats, estimates_with_t

PAGE = Path(__file__).parents[1] / "docs" / "statistics.md"
TIMES = 4
"""How many times as many studies the tables rest on as the tests."""
STUDIES = 2000
FAMILIES = 400
"""Studies whose policies are ranked, each by itself."""
WITHIN = 0.02
"""How far below its nominal level a coverage may be and yet count as held."""
REPLICATIONS = 10, 20, 50, 100, 200, 400
OF_COMPARISONS = 20, 50, 100, 200
POLICIES = 1, 3, 7
DOSSIERS = 5000


@dataclass(frozen=True)
class Years:
    """A distribution of what a year loses of its rate."""

    name: str
    draw: Callable[[np.random.Generator, tuple[int, ...]], Floats]
    mean: float

    @property
    def rate(self) -> float:
        return 1 - self.mean

    def studies(self, number: int, replications: int, times: int) -> tuple[Floats, Floats]:
        """Draw numerators and denominators of studies, shape (number, replications) each."""
        rng = generator(self.name, replications, times)
        below = rng.poisson(DOSSIERS, (number, replications)).astype(np.float64)
        return below * (1 - self.draw(rng, below.shape)), below


def generator(name: str, *numbers: int) -> np.random.Generator:
    return np.random.default_rng([crc32(name.encode()), *numbers])


def normal() -> Years:
    return Years("normal around 90 %", lambda rng, shape: rng.normal(0.1, 0.02, shape), 0.1)


def lognormal(sigma: float) -> Years:
    """2 % on average, but for the part beyond 1."""
    mu = math.log(0.02) - sigma**2 / 2
    beyond = stats.norm.sf(-mu / sigma)
    mean = 0.02 * stats.norm.cdf(-mu / sigma - sigma) + beyond

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        return np.minimum(rng.lognormal(mu, sigma, shape), 1.0)

    return Years(f"lognormal loss, σ {sigma:g}", draw, mean)


def rare(share: float) -> Years:
    """0.1 % in most years, and in bad ones 5 to 35 % more."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        usual = rng.lognormal(math.log(0.001) - 0.125, 0.5, shape)
        return usual + (rng.random(shape) < share) * rng.uniform(0.05, 0.35, shape)

    return Years(f"bad years, {share:.0%}".replace("%", " %"), draw, 0.001 + 0.2 * share)


YEARS = normal(), lognormal(1), lognormal(1.5), rare(0.1), rare(0.05), rare(0.02)


# Levels


@dataclass(frozen=True)
class Coverage:
    """Of studies of so many years, the shares whose statement is right.

    Parameters
    ----------
    interval, bound
        By the bootstrap-t: the 95 % interval, and the lower end of the 90 % interval.
    interval_t, bound_t
        By Student's t.
    marked
        The share of studies whose interval is carried by few.
    marked_of_wrong
        Of the studies whose interval is wrong, the share so marked.
    """

    interval: float
    bound: float
    interval_t: float
    bound_t: float
    marked: float
    marked_of_wrong: float


@cache
def coverage(years: Years, replications: int, times: int = 1) -> Coverage:
    above, below = years.studies(times * STUDIES, replications, times)
    one_sided = 2 * CONFIDENCE - 1
    two, one = (ratio_estimates(above, below, confidence=c) for c in (CONFIDENCE, one_sided))
    two_t, one_t = (by_students_t(above, below, c) for c in (CONFIDENCE, one_sided))
    covers = [(found.low <= years.rate) & (years.rate <= found.high) for found in (two, two_t)]
    marked = carried_by(above, below) < FEWEST_TO_CARRY
    return Coverage(
        float(covers[0].mean()), float((one.low <= years.rate).mean()),
        float(covers[1].mean()), float((one_t.low <= years.rate).mean()),
        float(marked.mean()), float(marked[~covers[0]].mean()),
    )  # fmt: skip


def by_students_t(above: Floats, below: Floats, confidence: float) -> Estimates:
    ratio = above.sum(axis=1) / below.sum(axis=1)
    z = above - ratio[:, None] * below
    n = below.shape[1]
    error = z.std(axis=1, ddof=1) / math.sqrt(n) / below.mean(axis=1)
    return estimates_with_t(ratio, error, np.full(len(ratio), n), confidence)


# Differences


def skewed(rng: np.random.Generator, policies: int, shape: tuple[int, ...]) -> Floats:
    """Losses of policies, the same 2 % on average, on years they have in common."""
    common = 0.02 * rng.lognormal(-0.5, 1, shape)
    return common * rng.lognormal(-0.125, 0.5, (policies, *shape))


def in_bad_years(rng: np.random.Generator, policies: int, shape: tuple[int, ...]) -> Floats:
    """Losses that differ in the years that are bad under all policies, one in ten."""
    return (rng.random(shape) < 0.1) * rng.uniform(0.05, 0.35, (policies, *shape))


LOSSES = {"skewed losses": skewed, "bad years, 10 %": in_bad_years}


@cache
def all_right(losses: str, policies: int, replications: int, times: int = 1) -> float:
    """Give the share of comparisons with a base in which no interval misses the difference, 0."""
    rng = generator(losses, policies, replications, times)
    shape = times * STUDIES, replications
    below = rng.poisson(DOSSIERS, shape).astype(np.float64)
    lost = LOSSES[losses](rng, policies + 1, shape)
    base, *others = (Ratios.of(below * (1 - own), below) for own in lost)
    found = simultaneous_differences(others, base)
    return float(np.mean(np.all([~((one.low > 0) | (one.high < 0)) for one in found], axis=0)))


@cache
def wrongly_ranked(losses: str, policies: int, replications: int, times: int = 1) -> float:
    """Give the share of studies in which one of equal policies is surely greater than another."""
    rng = generator(losses, policies, replications, times, 1)
    wrong = 0
    for _ in range(times * FAMILIES):
        below = np.tile(rng.poisson(DOSSIERS, replications).astype(np.float64), (policies, 1))
        lost = LOSSES[losses](rng, policies, (replications,))
        wrong += bool(surely_greater(Ratios.of(below * (1 - lost), below)).any())
    return wrong / times / FAMILIES


# Yes or no


def share_coverage(probability: float, trials: int) -> float:
    """Give the probability that the exact interval has the probability in it, by adding up."""
    successes = np.arange(trials + 1)
    ends = np.array([share_interval(int(count), trials) for count in successes])
    covers = (ends[:, 0] <= probability) & (probability <= ends[:, 1])
    return float(stats.binom.pmf(successes, trials, probability)[covers].sum())


# Certificates


@cache
def certified(years: Years, times: int = 1) -> float:
    """Give the share of certificates of the pooled rate at a target that it only just has."""
    above, below = years.studies(times * STUDIES, max(LOOKS), times)
    return float(certified_at_looks(above, below, years.rate).mean())


def certified_at_looks(above: Floats, below: Floats, target: float) -> NDArray[np.bool_]:
    """Tell which rows `certify` certifies, many at once."""
    holds = np.zeros(len(above), np.bool_)
    left = np.arange(len(above))
    for look in LOOKS:
        level = 1 - 2 * (1 - CONFIDENCE) / len(LOOKS)
        found = ratio_estimates(above[left, :look], below[left, :look], confidence=level)
        reached = found.low >= target
        thin = carried_by(above[left, :look], below[left, :look]) < FEWEST_TO_CARRY
        ended = np.where(thin, look >= ENOUGH_WITHOUT_A_BOUND, reached)
        ended |= (found.estimate < target) | (look == LOOKS[-1])
        holds[left[ended]] = reached[ended]
        left = left[~ended]
    return holds


@cache
def certified_by_years(years: Years, times: int = 1) -> float:
    """Give the share of certificates by years at a target that 95 % of years only just reach."""
    rng = generator(years.name, times)
    target = 1 - float(np.quantile(years.draw(rng, (1_000_000,)), CONFIDENCE))
    demand = Demand(target, "year", CONFIDENCE)
    holds = 0
    for _ in range(times * STUDIES):

        def fresh(count: int) -> tuple[Floats, Floats]:
            return 1 - years.draw(rng, (count,)), np.ones(count)

        holds += certify(demand, fresh).holds
    return holds / times / STUDIES


# The tables


def monte_carlo_error(studies: int, level: float = CONFIDENCE) -> float:
    """Give four standard errors of a share of studies."""
    return 4 * math.sqrt(level * (1 - level) / studies)


def cell(share: float, is_held: bool = True) -> str:
    """Write a share in per cent, in bold where the nominal level is not held."""
    return f"{100 * share:.1f}" if is_held else f"**{100 * share:.1f}**"


def row(head: Sequence[object], shares: Sequence[float]) -> str:
    cells = (cell(share, share >= CONFIDENCE - WITHIN) for share in shares)
    return f"| {' | '.join([*map(str, head), *cells])} |"


def heading(*columns: object) -> str:
    return f"| {' | '.join(map(str, columns))} |\n|{' --- |' * len(columns)}"


STATEMENTS = {
    "interval": "95 % interval",
    "bound": "95 % lower bound",
    "interval_t": "the interval by Student's t",
    "bound_t": "the bound by Student's t",
}


def table_of_levels() -> Iterator[str]:
    yield heading("a year's rate", "statement", *REPLICATIONS)
    for years in YEARS:
        found = [coverage(years, n, TIMES) for n in REPLICATIONS]
        for part, name in STATEMENTS.items():
            yield row((years.name, name), [getattr(one, part) for one in found])


def table_of_marks() -> Iterator[str]:
    yield heading("a year's rate", "of", *REPLICATIONS)
    for years in YEARS:
        found = [coverage(years, n, TIMES) for n in REPLICATIONS]
        for name, shares in (
            ("all studies", [one.marked for one in found]),
            ("those whose interval is wrong", [one.marked_of_wrong for one in found]),
        ):
            yield f"| {years.name} | {name} | {' | '.join(map(cell, shares))} |"


def table_of_differences() -> Iterator[str]:
    yield heading("losses", "policies beside the base", *OF_COMPARISONS)
    for losses in LOSSES:
        for policies in POLICIES:
            found = [all_right(losses, policies, n, TIMES) for n in OF_COMPARISONS]
            yield row((losses, policies), found)


def table_of_ranks() -> Iterator[str]:
    yield heading("losses", "policies", *OF_COMPARISONS)
    for losses in LOSSES:
        for policies in POLICIES[1:]:
            found = [1 - wrongly_ranked(losses, policies, n, TIMES) for n in OF_COMPARISONS]
            yield row((losses, policies), found)


TRIALS = 10, 20, 50, 100, 400
PROBABILITIES = 0.5, 0.8, 0.9, 0.95, 0.99


def table_of_shares() -> Iterator[str]:
    yield heading("true chance", *TRIALS)
    for probability in PROBABILITIES:
        shares = [share_coverage(probability, trials) for trials in TRIALS]
        yield row((f"{100 * probability:g} %",), shares)


def table_of_certificates() -> Iterator[str]:
    yield heading("a year's rate", "pooled", "by years")
    for years in YEARS:
        wrong = [certified(years, TIMES), certified_by_years(years, TIMES)]
        cells = [cell(share, share <= 1 - CONFIDENCE + WITHIN) for share in wrong]
        yield f"| {years.name} | {' | '.join(cells)} |"


TABLES = {
    "levels": table_of_levels,
    "marks": table_of_marks,
    "differences": table_of_differences,
    "ranks": table_of_ranks,
    "shares": table_of_shares,
    "certificates": table_of_certificates,
}


def filled(marked: re.Match[str]) -> str:
    return "\n".join([marked[1], *TABLES[marked["table"]](), "", marked[3]])


if __name__ == "__main__":
    PAGE.write_text(TABLE.sub(filled, PAGE.read_text("utf-8")), "utf-8")
