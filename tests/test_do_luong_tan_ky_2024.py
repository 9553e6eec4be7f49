"""Đô Lương and Tân Kỳ: their policies do what they say."""

from __future__ import annotations

import pytest
from shipped import ROOT, first_replication, slice_of, values_of

from sim.engine import Trace

FILE = ROOT / "scenarios" / "do-luong-tan-ky-2024.yaml"


def traced(policy: str) -> Trace:
    return first_replication(slice_of(FILE).with_policy(policy))


def officers_of_a_dossier(policy: str) -> int:
    """Give by how many officers of the land desk the dossier with the most of them was in hand."""
    steps = traced(policy).steps
    begun = steps[(steps.station == "district.land") & steps.started.notna()]
    return int(begun.groupby("dossier").officer.nunique().max())


def turnaround(policy: str, scope: str, name: str) -> float:
    return values_of(traced(policy))[scope, name, "turnaround_days_mean"]


def test_one_owner_has_a_land_dossier_from_beginning_to_end() -> None:
    assert officers_of_a_dossier("base") > 1
    assert officers_of_a_dossier("one-owner") == 1


@pytest.mark.parametrize(
    ("policy", "scope", "name"),
    [
        ("approval-on-the-spot", "level", "district"),
        ("electronic-transfer", "procedure", "C09"),
        ("electronic-transfer", "procedure", "C10"),
        ("all-of-these", "all", "all"),
    ],
)
def test_what_need_not_travel_is_done_sooner(policy: str, scope: str, name: str) -> None:
    assert turnaround(policy, scope, name) < turnaround("base", scope, name)
