"""Every number that `compare` prints, worked out anew from the Parquet files alone.

Nothing of `sim` is asked but the command: rates are pooled, replications resampled and quantiles
taken here once more, one resample at a time, as docs/statistics.md says.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from commands import Onestop, Outcome, done, onestop_beside
from numpy.typing import NDArray
from scipy import stats
from studies import POLICIES, TEXT

Floats = NDArray[np.float64]
Parts = tuple[Floats, Floats]
"""What each replication has above and below."""
Values = Mapping[tuple[str, str, str, str], Floats]
"""By policy, scope, name and measure, the value of each replication."""

onestop = onestop_beside(ward=TEXT)

BASE, *OTHERS = POLICIES
REPLICATIONS = 12
RESAMPLES = 1999
KEPT = ("resolved_early", "resolved_on_time")
RATES = {
    "on_time_rate": (KEPT, (*KEPT, "resolved_late", "open_overdue")),
    "early_rate": (KEPT[:1], (*KEPT, "resolved_late")),
    "three_visits_rate": (("three_visits",), ("resolved",)),
}
"""Rules 19 and 24, of the rates that are printed."""
LOST_TO = ("waiting", "closed", "work", "suspended", "transfer", "citizen")
TARGET = 0.9
NUMBER = re.compile(r"[+-]?\d[\d\u202f]*(?:\.\d+)?")


# What was printed


@dataclass(frozen=True)
class Cell:
    """A cell of a printed table: its numbers as they are written, and its mark."""

    numbers: tuple[str, ...]
    marks: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Cell:
        marks = frozenset(mark for mark in ("†", "n.d.", "–") if text.endswith(mark))
        return cls(tuple(NUMBER.findall(text)), marks)

    def says(self, *values: float) -> bool:
        """Tell whether its numbers are these, rounded to the digits that are written."""
        return len(self.numbers) == len(values) and all(
            abs(float(text.replace("\u202f", "")) - value) <= 0.500001 * unit(text)
            for text, value in zip(self.numbers, values, strict=True)
        )


def unit(text: str) -> float:
    """Give what the last digit of a number counts."""
    return float(10.0 ** -len(text.partition(".")[2]))


def rows_of(out: str, title: str) -> list[list[str]]:
    """Give the rows of a printed table, cell by cell."""
    _, _, body = re.split(r"(─ *\n)", out.partition(title)[2], maxsplit=1)
    rows = [
        re.split(r" {2,}", line.strip())
        for line in itertools.takewhile(str.strip, body.splitlines())
    ]
    assert rows, title
    return rows


def table(out: str, title: str) -> dict[str, list[str]]:
    """Give the rows of a printed table by their first cells."""
    return {first: cells for first, *cells in rows_of(out, title)}


# What it is made of


def measured(folder: str) -> Values:
    rows = pd.read_parquet(f"{folder}/measures").sort_values("replication")
    key = ["policy", "scope", "name", "measure"]
    return {
        (str(policy), str(scope), str(name), str(measure)): own["value"].to_numpy(np.float64)
        for (policy, scope, name, measure), own in rows.groupby(key, observed=True)
    }


def parts(
    values: Values, policy: str, measure: str, scope: str = "all", name: str = "all"
) -> Parts:
    """Give numerators and denominators: counts of a rate, values over ones of all else."""
    if measure not in RATES:
        mean = values[policy, scope, name, measure]
        return mean, np.ones(mean.size)
    above, below = RATES[measure]
    return summed(values, policy, above), summed(values, policy, below)


def summed(values: Values, policy: str, counts: Sequence[str]) -> Floats:
    of_each = [values[policy, "all", "all", count] for count in counts]
    return np.asarray(np.sum(of_each, axis=0), np.float64)


def resamples() -> Iterator[list[int]]:
    """Draw replications as often as there are, with replacement."""
    generator = np.random.Generator(np.random.Philox(REPLICATIONS))
    each = np.full(REPLICATIONS, 1 / REPLICATIONS)
    for counts in generator.multinomial(REPLICATIONS, each, size=RESAMPLES):
        yield [place for place, times in enumerate(counts) for _ in range(times)]


CHOSEN = list(resamples())
EVERYONE = list(range(REPLICATIONS))


def ratio(own: Parts, chosen: Sequence[int]) -> float:
    above, below = (side[chosen] for side in own)
    return float(above.sum() / below.sum())


def influence(own: Parts, chosen: Sequence[int]) -> Floats:
    """Give what each replication is above the ratio: z over the mean below."""
    above, below = (side[chosen] for side in own)
    return np.asarray((above - ratio(own, chosen) * below) / below.mean())


def error(of_each: Floats) -> float:
    n = of_each.size
    return math.sqrt(float((of_each**2).sum()) / (n - 1) / n)


def ts(estimate: Callable[[Sequence[int]], tuple[float, float]]) -> list[float]:
    """Give t of each resample; infinite where it has no spread and differs."""
    whole, its_error = estimate(EVERYONE)
    found = []
    for chosen in CHOSEN:
        again, spread = estimate(chosen)
        apart = again - whole
        if spread > 1e-7 * its_error:
            found.append(apart / spread)
        else:
            found.append(math.copysign(math.inf, apart) if abs(apart) > 1e-7 * its_error else 0.0)
    return found


def quantile(values: Sequence[float], thousandths: int) -> float:
    """Give the ⌈share (B + 1)⌉-th of B values in order."""
    return sorted(values)[-(-thousandths * (len(values) + 1) // 1000) - 1]


def level(own: Parts, is_rate: bool) -> tuple[float, float, float]:
    """Estimate a mean by Student's t, a rate by the bootstrap-t, with its ends."""
    estimate, spread = ratio(own, EVERYONE), error(influence(own, EVERYONE))
    if not is_rate or spread == 0:
        half = float(stats.t.ppf(0.975, REPLICATIONS - 1)) * spread
        return estimate, estimate - half, estimate + half
    t = ts(lambda chosen: (ratio(own, chosen), error(influence(own, chosen))))
    low, high = (estimate - quantile(t, share) * spread for share in (975, 25))
    return estimate, max(low, 0.0), min(high, 1.0)


def difference(one: Parts, other: Parts) -> Callable[[Sequence[int]], tuple[float, float]]:
    return lambda chosen: (
        ratio(one, chosen) - ratio(other, chosen),
        error(influence(one, chosen) - influence(other, chosen)),
    )


def at_once(pairs: Sequence[tuple[Parts, Parts]]) -> list[tuple[float, float]]:
    """Estimate differences with half their intervals' width; NaN where nothing bounds it."""
    found = [difference(*pair) for pair in pairs]
    each = [ts(one) for one in found]
    sizes = [[abs(t) for t in of_one] for of_one in each]
    bounded = [math.isfinite(quantile(of_one, 950)) for of_one in sizes]
    together = [of_one for of_one, is_bounded in zip(sizes, bounded, strict=True) if is_bounded]
    largest = [max(sizes) for sizes in zip(*together, strict=True)]
    width = quantile(largest, 950) if together else math.nan
    assert width < math.inf or not together, "Bonferroni's level would decide who is left out"
    halves = []
    for one, is_bounded in zip(found, bounded, strict=True):
        estimate, spread = one(EVERYONE)
        halves.append(
            (estimate, 0.0 if spread == 0 else width * spread if is_bounded else math.nan)
        )
    return halves


def carried_by_few(own: Parts) -> bool:
    z = influence(own, EVERYONE)
    z = np.where(np.abs(z) < 1e-12, 0, z)
    return not z.any() or (z**2).sum() ** 2 / (z**4).sum() < 5


# The tests

SETTINGS = {
    "few are late": ["procedures.birth.time_limit=2 working h"],
    "many are late": [
        "procedures.birth.time_limit=2 working h",
        "procedures.permit.time_limit=4 working h",
        "procedures.permit.volume.per_working_day=30",
    ],
}


@dataclass(frozen=True)
class Printed:
    """What `compare` printed, and the measures that it kept."""

    out: str
    values: Values


@pytest.fixture(params=SETTINGS)
def printed(request: pytest.FixtureRequest, onestop: Onestop) -> Printed:
    settings = [part for value in SETTINGS[request.param] for part in ("--set", value)]
    outcome: Outcome = done(
        onestop("compare", "ward.yaml", "-n", str(REPLICATIONS), "--target", f"{TARGET:.0%}",
                "-o", "study", *settings)
    )  # fmt: skip
    return Printed(outcome.out, measured("study"))


def scale(measure: str) -> int:
    """Shares are printed in per cent."""
    return 100 if measure in RATES else 1


def test_levels(printed: Printed) -> None:
    rows = table(printed.out, f"{REPLICATIONS} replications")
    assert RATES.keys() < rows.keys()
    for measure, cells in rows.items():
        for policy, text in zip(POLICIES, cells, strict=True):
            own, cell, times = parts(printed.values, policy, measure), Cell.of(text), scale(measure)
            estimate, low, high = level(own, measure in RATES)
            if low == high:
                expected: tuple[float, ...] = (times * estimate,)
            elif measure in RATES:
                expected = times * estimate, times * low, times * high
            else:
                expected = estimate, (high - low) / 2
            assert cell.says(*expected), (measure, policy, text, expected)
            is_marked = measure in RATES and carried_by_few(own)
            assert cell.marks == ({"†"} if is_marked else set()), (measure, policy, text)


def test_differences(printed: Printed) -> None:
    rows = table(printed.out, f"Differences from {BASE}")
    assert rows.keys() == table(printed.out, f"{REPLICATIONS} replications").keys()
    for measure, cells in rows.items():
        base = parts(printed.values, BASE, measure)
        found = at_once([(parts(printed.values, policy, measure), base) for policy in OTHERS])
        for (estimate, half), text in zip(found, cells, strict=True):
            cell, times = Cell.of(text), scale(measure)
            bounds = [] if math.isnan(half) or half == 0 else [times * half]
            assert cell.says(times * estimate, *bounds), (measure, text, estimate, half)
            is_sure = estimate == 0 or abs(estimate) > half
            assert cell.marks == (set() if is_sure else {"n.d."}), (measure, text)


def test_the_best(printed: Printed) -> None:
    own = {policy: parts(printed.values, policy, "on_time_rate") for policy in POLICIES}
    pairs = list(itertools.combinations(POLICIES, 2))
    found = at_once([(own[one], own[other]) for one, other in pairs])
    behind = {
        (pair if estimate < 0 else pair[::-1])
        for pair, (estimate, half) in zip(pairs, found, strict=True)
        if abs(estimate) > half
    }
    order = sorted(POLICIES, key=lambda policy: -ratio(own[policy], EVERYONE))
    leaders = [policy for policy in order if (policy, order[0]) not in behind]
    (line,) = [line for line in printed.out.splitlines() if "est on_time_rate:" in line]
    assert re.findall("`(.+?)`", line) == leaders
    assert line.startswith("Best") == (len(leaders) == 1)


def test_chances(printed: Printed) -> None:
    rows = table(printed.out, f"Chance of {TARGET:.2%}".replace("%", " %"))
    assert rows.keys() == set(POLICIES)
    for policy, (text,) in rows.items():
        above, below = parts(printed.values, policy, "on_time_rate")
        reached = sum(int(good >= TARGET * all_) for good, all_ in zip(above, below, strict=True))
        ends = stats.binomtest(reached, REPLICATIONS).proportion_ci(0.95, "exact")
        expected = (100 * reached / REPLICATIONS, 100 * ends.low, 100 * ends.high)
        assert Cell.of(text).says(*expected), (policy, text, expected)


def test_where_late_dossiers_lost_their_hours(printed: Printed) -> None:
    shown = rows_of(printed.out, f"Hours of late dossiers, {BASE}, and what")
    moved = {}
    for policy, scope, name, measure in printed.values:
        kind = measure.removeprefix("late_").removesuffix("_hours")
        if policy == BASE and scope == "station" and kind in LOST_TO:
            place = scope, name
            base = parts(printed.values, BASE, measure, *place)
            others = [parts(printed.values, other, measure, *place) for other in OTHERS]
            apart = [ratio(own, EVERYONE) - ratio(base, EVERYONE) for own in others]
            if any(apart):
                moved[name, kind] = max(map(abs, apart)), base, others
    largest = sorted(moved, key=lambda place: -moved[place][0])[:10]
    assert [(name, kind) for name, kind, *_ in shown] == largest
    for name, kind, before, *cells in shown:
        _, base, others = moved[name, kind]
        assert Cell.of(before).says(ratio(base, EVERYONE))
        found = at_once([(own, base) for own in others])
        for (estimate, half), text in zip(found, cells, strict=True):
            bounds = [] if math.isnan(half) or half == 0 else [half]
            assert Cell.of(text).says(estimate, *bounds), (name, kind, text, estimate, half)
