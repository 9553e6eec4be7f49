"""Đô Lương and Tân Kỳ: their policies do what they say."""

from __future__ import annotations

import pytest
from shipped import ROOT, slice_of

from sim.docket import draw
from sim.engine import Trace, simulate
from sim.measures import measure
from sim.network import build

FILE = ROOT / "scenarios" / "do-luong-tan-ky-2024.yaml"


def traced(policy: str) -> Trace:
    scenario = slice_of(FILE)
    network = build(scenario.with_policy(policy))
    return simulate(network, draw(network, scenario.seed, 1))


def officers_of_a_dossier(policy: str) -> int:
    """Give by how many officers of the land desk the dossier with the most of them was in hand."""
    steps = traced(policy).steps
    begun = steps[(steps.station == "district.land") & steps.started.notna()]
    return int(begun.groupby("dossier").officer.nunique().max())


def turnaround(policy: str, scope: str, name: str) -> float:
    scenario = slice_of(FILE)
    network = build(scenario.with_policy(policy))
    table = measure(network, simulate(network, draw(network, scenario.seed, 1))).table
    values = table.set_index(["scope", "name", "measure"])["value"]
    return float(values[scope, name, "turnaround_days_mean"])


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
