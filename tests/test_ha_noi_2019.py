"""Hà Nội in 2019: the figures behind its policies, and what they do in one of its districts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

import pytest
from shipped import ROOT, first_replication, seed_value, slice_of

import sim
from sim.scenario.offices import offices_of, staff_in_office

FILE = ROOT / "scenarios" / "ha-noi-2019.yaml"
SCENARIO = sim.load(FILE)
DELEGATED = ("S01", "S02", "S03", "S04", "S05")
FORWARDED = ("D06", "D07", "D08", "D09")


def seed(name: str, file: str = "ha-noi-2019") -> float:
    return seed_value(f"seeds/{file}#{name}")


def officers(policy: str, stations: Iterable[tuple[str, str]]) -> int:
    scenario = SCENARIO.with_policy(policy)
    return sum(
        group.count
        for level, station in stations
        for office in offices_of(scenario, level).values()
        for group in staff_in_office(scenario.levels[level], office, station)
    )


@cache
def trace(policy: str) -> sim.Trace:
    """Run the slice, one district and its wards, under a policy."""
    return first_replication(slice_of(FILE).with_policy(policy))


def late(policy: str) -> int:
    return int((trace(policy).dossiers["outcome"] == "late").sum())


def test_the_offices_are_as_many_as_published() -> None:
    assert len(offices_of(SCENARIO, "district")) == seed("districts")
    assert len(offices_of(SCENARIO, "commune")) == seed("communes")


@pytest.mark.parametrize(
    ("policy", "units"),
    [
        ("mergers-30", "department-units"),
        ("mergers-41", "project-boards"),
        ("mergers-53", "district-units"),
    ],
)
def test_communes_are_merged_as_far_as_other_units_were(policy: str, units: str) -> None:
    left = seed("communes") * seed(f"{units}-after") / seed(f"{units}-before")
    assert len(offices_of(SCENARIO.with_policy(policy), "commune")) == round(left)


def test_the_branches_are_as_many_and_as_strong_as_planned() -> None:
    counters = [(level, "reception") for level in ("department", "district", "commune")]
    plan = "ha-noi-2024"
    assert len(offices_of(SCENARIO, "district")) == seed("branches", plan)
    assert officers("thirty-branches", counters) == seed("staff-after", plan)
    points = offices_of(SCENARIO.with_policy("thirty-points"), "commune")
    assert len({office.within for office in points.values()}) == len(points) == 30


def test_a_tenth_of_the_posts_goes_where_posts_are_many() -> None:
    def share_left(policy: str, level: str, stations: Iterable[str]) -> float:
        posts = [(level, station) for station in stations]
        return officers(policy, posts) / officers("base", posts)

    divisions = ("land", "divisions")
    fields = set(SCENARIO.levels["department"].stations) - {"reception", "signing"}
    commune = SCENARIO.levels["commune"].stations
    assert math.isclose(share_left("posts-minus-ten", "district", divisions), 0.9, abs_tol=0.02)
    assert math.isclose(share_left("posts-minus-ten", "department", fields), 0.9, abs_tol=0.02)
    assert share_left("posts-minus-ten", "commune", commune) == 1
    pooled = share_left("thirty-points-posts-minus-ten", "commune", commune)
    assert math.isclose(pooled, 0.9, abs_tol=0.02)


def test_what_is_not_of_the_one_stop_shop_passes_no_counter() -> None:
    share = SCENARIO.procedures["S07"].volume.share
    assert share is not None
    assert math.isclose(share, 1 - seed("one-stop-share") / 100)
    dossiers, steps = trace("base").dossiers, trace("base").steps
    past = dossiers.loc[dossiers["procedure"] == "S07", "dossier"]
    assert set(steps.loc[steps["dossier"].isin(past), "station"]) <= {
        "department.other",
        "department.signing",
    }


def test_as_many_civil_status_dossiers_are_filed_online_as_reported() -> None:
    civil = [name for name, of in SCENARIO.procedures.items() if of.field == "civil-status"]
    dossiers = trace("online-93").dossiers
    online = dossiers.loc[dossiers["procedure"].isin(civil), "channel"] == "online"
    expected = seed("online-filing") / 100
    spread = math.sqrt(expected * (1 - expected) / len(online))
    assert math.isclose(online.mean(), expected, abs_tol=4 * spread)


@pytest.mark.parametrize(
    ("policy", "procedures"),
    [("delegation", DELEGATED), ("delegation-to-districts", FORWARDED)],
)
def test_who_is_delegated_to_decides_sooner(policy: str, procedures: tuple[str, ...]) -> None:
    base, changed = trace("base").dossiers, trace(policy).dossiers
    of_them = base["procedure"].isin(procedures) & base["resolved"].notna()
    assert of_them.sum() > 20
    assert changed.loc[of_them, "resolved"].notna().all()
    sooner = base.loc[of_them, "resolved"] - changed.loc[of_them, "resolved"]
    assert sooner.dt.total_seconds().mean() > 3600


def test_a_delegated_dossier_does_not_go_up() -> None:
    assert trace("base").steps["station"].str.startswith("province.").any()
    assert not trace("delegation").steps["station"].str.startswith("province.").any()


def test_the_fewer_the_offices_the_fewer_the_late_dossiers() -> None:
    merged = [late(p) for p in ("base", "mergers-30", "mergers-53", "thirty-points")]
    assert merged == sorted(merged, reverse=True)
    assert merged[0] > merged[-1]
