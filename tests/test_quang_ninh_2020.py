"""Quảng Ninh before its reform and after: what the parts of the reform are, and what they do."""

from __future__ import annotations

import pandas as pd
import pytest
from shipped import ROOT, first_replication, slice_of, values_of

from sim.scenario.schema import Scenario

AFTER = ROOT / "scenarios" / "quang-ninh-2020.yaml"
BEFORE = ROOT / "scenarios" / "quang-ninh-2020-before.yaml"
LIFE = ["citizen", "office", "channel", "arrived", "accepted", "due", "resolved", "outcome"]


def lives(scenario: Scenario) -> pd.DataFrame:
    return first_replication(scenario).dossiers[LIFE]


def on_time(policy: str) -> float:
    values = values_of(first_replication(slice_of(BEFORE).with_policy(policy)))
    return values["all", "all", "on_time_rate"]


def test_the_reform_as_a_policy_makes_the_centres_as_they_are_published() -> None:
    """Every dossier has the same life: the limits written there are those of the law less 45 %."""
    reformed = slice_of(BEFORE).with_policy("after")
    pd.testing.assert_frame_equal(lives(slice_of(AFTER)), lives(reformed))


@pytest.mark.parametrize("alone", ["cut-forty-to-fifty", "cut-fifty-to-seventy"])
def test_a_cut_of_limits_alone_makes_more_dossiers_late(alone: str) -> None:
    assert on_time(alone) < on_time("base")


def test_five_on_the_spot_makes_up_for_part_of_the_cut() -> None:
    assert on_time("cut-forty-to-fifty") < on_time("after") < on_time("base")
