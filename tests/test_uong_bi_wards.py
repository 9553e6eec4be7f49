"""The wards of Uông Bí in 2021: what four explanations of one published share have to imply."""

from __future__ import annotations

import math
from functools import cache

import pandas as pd
import pytest
from shipped import ROOT, first_replication, seed_value, values_of

from sim.engine import Trace
from sim.scenario.load import load

SCENARIO = load(ROOT / "scenarios" / "uong-bi-wards-2021.yaml")
CUT_OFF = pd.Timestamp("2021-10-01")
END = pd.Timestamp("2022-01-01")

# Each year is run once, whichever worker has them (with `--dist loadgroup`).
pytestmark = pytest.mark.xdist_group("uong-bi-wards")


@cache
def a_year(policy: str) -> Trace:
    return first_replication(SCENARIO.with_policy(policy))


@cache
def counts(policy: str) -> dict[str, float]:
    values = values_of(a_year(policy))
    return {name: value for (scope, _, name), value in values.items() if scope == "all"}


def seed(name: str) -> float:
    return seed_value(f"seeds/uong-bi-2021#{name}")


def volumes(policy: str) -> dict[str, float]:
    """Give the dossiers expected of each procedure."""
    return {p.name: p.volume for p in a_year(policy).network.procedures}


def test_with_the_limits_kept_hardly_anything_is_open() -> None:
    base = counts("base")
    assert base["open_overdue"] == base["resolved_late"] == 0
    assert base["open_within_limit"] < seed("commune-open") / 50


@pytest.mark.parametrize("policy", ["h1-not-closed", "h1-clock-runs"])
def test_what_is_not_closed_is_open_and_the_rest_is_closed_as_before(policy: str) -> None:
    before, after = a_year("base"), a_year(policy)
    both = before.dossiers.merge(after.dossiers, on="citizen", suffixes=("", "_now"))
    closed = both["resolved_now"].notna()
    assert 0.73 < closed.mean() < 0.75
    pd.testing.assert_series_equal(
        both["resolved"][closed], both["resolved_now"][closed], check_names=False
    )


def test_what_is_signed_and_not_closed_is_overdue_unless_the_clock_stops() -> None:
    stopped, running = counts("h1-not-closed"), counts("h1-clock-runs")
    assert stopped["open_overdue"] == 0
    assert running["open_overdue"] > 0.9 * stopped["open_within_limit"]


def test_an_early_share_leaves_nothing_open() -> None:
    base, early = counts("base"), counts("h2-early-share")
    assert early["resolved"] == base["resolved"]
    assert early["resolved_early"] + early["resolved_on_time"] == early["resolved"]
    # The margin was chosen to the quarter of an hour, in which 2 or 3 % are signed.
    assert abs(early["early_rate"] - seed("commune-resolution") / 100) < 0.03


def test_a_cut_off_counts_what_was_resolved_before_it() -> None:
    year = a_year("base")
    dossiers, cut = year.dossiers, counts("h3-cut-off")
    assert cut["resolved"] == (dossiers["resolved"] < CUT_OFF).sum()
    assert cut["open_overdue"] == (
        (dossiers["accepted"] < END)
        & (dossiers["due"] < END)
        & ~(dossiers["resolved"] < CUT_OFF)
    ).sum()  # fmt: skip
    # At the cut-off itself nothing was overdue.
    assert not ((dossiers["due"] < CUT_OFF) & ~(dossiers["resolved"] < CUT_OFF)).any()


def test_far_deadlines_leave_open_all_that_is_not_due_on_the_day() -> None:
    far = counts("h4-far-deadlines")
    expected = volumes("base")
    same_day = sum(
        expected[name]
        for name, procedure in SCENARIO.procedures.items()
        if str(procedure.time_limit) == "same day"
    )
    assert far["open_overdue"] == 0
    assert abs(far["resolution_rate"] - same_day / sum(expected.values())) < 0.01


def test_the_most_that_can_be_open_with_none_overdue_is_what_is_due_after_the_year() -> None:
    year = a_year("base")
    due_later = ((year.dossiers["accepted"] < END) & (year.dossiers["due"] >= END)).sum()
    kept = counts("whole-limits")
    assert kept["open_within_limit"] == due_later
    assert kept["open_overdue"] == kept["resolved_late"] == kept["resolved_early"] == 0
    for policy in ("whole-limits", "linked-whole-limits"):
        assert counts(policy)["open_within_limit"] < seed("commune-open") / 5


@pytest.mark.parametrize(
    ("policy", "all_of_them"),
    [("linked-inside", "commune-procedures"), ("linked-on-top", "commune-procedures-with-linked")],
)
def test_the_dossiers_follow_the_procedures(policy: str, all_of_them: str) -> None:
    expected = volumes(policy)
    total = sum(expected.values())
    assert math.isclose(total, sum(volumes("base").values()), rel_tol=0.001)
    procedures = seed(all_of_them)
    two, three = expected["C09"], expected["C10"] + expected["C11"]
    assert abs(two / total - seed("commune-two-level") / procedures) < 0.001
    assert abs(three / total - seed("commune-three-level") / procedures) < 0.001


def test_whoever_sends_what_is_missing_does_not_come_again() -> None:
    phone, base = counts("supplements-by-phone"), counts("base")
    assert phone["resolved_late"] == phone["open_overdue"] == 0
    assert phone["visits_mean"] < base["visits_mean"]
    assert phone["wait_minutes_mean"] < base["wait_minutes_mean"]


@pytest.mark.parametrize("policy", ["digitised-recording", "one-clerk-more"])
def test_less_writing_and_more_clerks_are_quicker(policy: str) -> None:
    hours = "turnaround_working_hours_mean"
    assert counts(policy)[hours] < counts("base")[hours]
