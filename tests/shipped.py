"""The scenarios of the project, and a slice of each that the reference engine runs in a second."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import sim
from sim.docket import draw
from sim.engine import Trace, simulate
from sim.measures import measure
from sim.network import build
from sim.scenario.policies import with_values
from sim.scenario.schema import Scenario

Values = Mapping[tuple[str, str, str], float]

ROOT = Path(__file__).parents[1]
SCENARIOS = tuple(sorted((ROOT / "scenarios").glob("*.yaml")))
TEMPLATE = ROOT / "sim" / "cli" / "template.yaml"

QUANG_NINH = {
    "period.to": "2019-01-31",
    "warm_up": "30 days",
    "volumes.province.per_year": 8000,
    "volumes.districts.per_year": 30000,
}
SLICES: dict[str, dict[str, Any]] = {
    "ha-noi-2019": {  # Tây Hồ with its eight wards, of which the mergers leave six, five and four
        "period.to": "2019-01-31",
        "warm_up": "0 days",
        "levels.district.offices": {
            "Tây Hồ": {"staff": {"reception": 2, "land": 5, "divisions": 7, "signing": 2}}
        },
        "levels.commune.offices": 8,
        "volumes.communes.per_working_day": 179,
        "volumes.land.per_working_day": 31,
        "volumes.districts.per_working_day": 18,
        "volumes.departments.per_working_day": 10,
        "policies.mergers-30.changes.0.merge.into": 6,
        "policies.mergers-41.changes.0.merge.into": 5,
        "policies.mergers-53.changes.0.merge.into": 4,
    },
    "do-luong-tan-ky-2024": {
        "period.to": "2024-01-31",
        "warm_up": "30 days",
        "volumes.communes.per_year": 30000,
        "volumes.districts.per_year": 4400,
    },
    # two weeks, with a twelfth of their dossiers
    "phu-tho-2026": {
        "period.to": "2026-06-12",
        "warm_up": "0 days",
        "volumes.communes.in_period": 4800,
        "procedures.C01.volume.in_period": 1600,
        "procedures.land.volume.in_period": 800,
        "procedures.departments.volume.in_period": 250,
    },
    "quang-ninh-2020": QUANG_NINH,
    "quang-ninh-2020-before": QUANG_NINH,
    # two of the 126 communes; and eight of the 526, in one district
    "two-tier-2025": {
        "levels.commune.offices": 2,
        "levels.branch.offices": 1,
        "volumes.communes.in_period": 8433,
    },
    "two-tier-2025-three-tiers": {
        "levels.commune.offices": 8,
        "levels.district.offices": 1,
        "volumes.communes.in_period": 8080,
    },
    # its volume is that of the period: seven working days, with as many on each as in the year
    "uong-bi-2021": {
        "period.to": "2021-01-12",
        "warm_up": "7 days",
        "volumes.centre.in_period": 3600,
    },
    "uong-bi-wards-2021": {"period.to": "2021-01-31"},
}
"""What is set in those scenarios that are long or large; the others are run whole."""


def slice_of(file: Path) -> Scenario:
    """Load a scenario with a month or two of its period, or one of its districts."""
    scenario = sim.load(file)
    return with_values(scenario, SLICES[file.stem]) if file.stem in SLICES else scenario


def first_replication(scenario: Scenario) -> Trace:
    """Run a scenario's first replication."""
    network = build(scenario)
    return simulate(network, draw(network, scenario.seed, 1))


def values_of(trace: Trace) -> Values:
    """Give what is measured of a replication by scope, name and measure."""
    table = measure(trace.network, trace).table
    keys = zip(table["scope"], table["name"], table["measure"], strict=True)
    return dict(zip(keys, table["value"], strict=True))


def of_the_seed(source: str) -> dict[str, Any]:
    """Give the entry that a source such as ``seeds/FILE#ID`` names."""
    file, _, name = source.partition("#")
    seed = yaml.safe_load((ROOT / f"{file}.yaml").read_text(encoding="utf-8"))
    (entry,) = (e for e in [*seed["figures"], *seed.get("derived", [])] if e["id"] == name)
    assert isinstance(entry, dict)
    return entry


def seed_value(source: str) -> float:
    """Give the one number of that entry."""
    value = of_the_seed(source)["value"]
    assert isinstance(value, int | float)
    return value
