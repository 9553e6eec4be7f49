"""Phú Thọ: what its communes have follows from the portal, and how they spread is as published."""

from __future__ import annotations

import csv
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from shipped import ROOT, slice_of

import sim
from sim.network import build
from sim.scenario.references import BASE

FILE = ROOT / "scenarios" / "phu-tho-2026.yaml"
PAGE = ROOT / "docs" / "scenarios" / "phu-tho-2026.md"
SNIPPET = re.compile(r"^```python\n(?P<code>.*?)^```\n\n```text\n(?P<output>.*?)^```$", re.M | re.S)


def table(name: str) -> list[dict[str, str]]:
    file = ROOT / "scenarios" / "tables" / f"phu-tho-2026-{name}.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def total(rows: list[dict[str, str]], column: str) -> int:
    return sum(int(row[column]) for row in rows)


@pytest.fixture(scope="module")
def seeds() -> dict[str, Any]:
    seed = yaml.safe_load((ROOT / "seeds" / "phu-tho-2026.yaml").read_text(encoding="utf-8"))
    return {entry["id"]: entry["value"] for entry in [*seed["figures"], *seed["derived"]]}


def test_the_units_add_up_to_the_province(seeds: dict[str, Any]) -> None:
    communes, departments = table("communes"), table("departments")
    assert (len(communes), len(departments)) == (148, 13)
    assert total(communes, "received") == seeds["communes-received"]
    assert total(communes, "overdue") == seeds["communes-overdue"]
    assert total(communes, "copies") == seeds["copies-received"]
    assert total(communes, "others") == seeds["others-received"]
    assert total(departments, "received") == seeds["thirteen-received"]
    assert total(departments, "overdue") == seeds["thirteen-overdue"]
    assert seeds["communes-received"] + seeds["departments-received"] == seeds["received"]
    overdue = seeds["communes-overdue"] + seeds["departments-overdue"]
    assert seeds["in-time"] + overdue == seeds["received"]
    for row in communes:
        assert int(row["others"]) + int(row["copies"]) == int(row["received"]), row["name"]


def test_the_spread_of_the_seeds_is_that_of_the_units(seeds: dict[str, Any]) -> None:
    communes = pd.DataFrame(table("communes")).set_index("name").astype(float)
    in_time = 100 * (1 - communes["overdue"] / communes["received"])
    days = communes["days"]
    tenth, median, ninetieth = np.quantile(in_time, [0.1, 0.5, 0.9])
    assert round(tenth, 1) == seeds["communes-in-time-lowest-tenth"]
    assert round(median, 1) == seeds["communes-in-time-median"]
    assert round(ninetieth, 1) == seeds["communes-in-time-highest-tenth"]
    assert round(in_time.corr(days), 2) == seeds["communes-in-time-and-days"]
    by_volume = in_time.corr(np.log(communes["received"]))
    assert round(by_volume, 2) == seeds["communes-in-time-and-volume"]
    assert round(np.average(days, weights=communes["received"]), 2) == seeds["communes-days"]


def test_one_rule_gives_all_communes_their_officers() -> None:
    """No commune has a number of its own."""
    for row in table("communes"):
        others = int(row["others"])
        assert int(row["clerk"]) == 1 + math.floor(others / 2600 + 0.5), row["name"]
        assert int(row["reception"]) == math.ceil(others / 3000), row["name"]


def test_the_mix_without_copies_is_what_the_portal_has(seeds: dict[str, Any]) -> None:
    scenario = sim.load(FILE)
    of_the_mix = [p.volume for p in scenario.procedures.values() if p.volume.of == "communes"]
    share = math.fsum(volume.share or 0.0 for volume in of_the_mix)
    received = scenario.volumes["communes"].in_period
    assert received is not None
    assert round(share * received) == seeds["others-received"]


@pytest.mark.parametrize(("policy", "offices"), [("clerks-to-the-busy", 148), ("neighbours", 74)])
def test_a_policy_of_officers_adds_none(policy: str, offices: int) -> None:
    scenario = slice_of(FILE)
    before, after = (build(scenario.with_policy(name)) for name in (BASE, policy))
    assert after.officers == before.officers
    commune = after.level_numbers["commune"]
    assert sum(office.level == commune for office in after.offices) == offices


@pytest.mark.slow
def test_communes_spread_as_published(tmp_path: Path, seeds: dict[str, Any]) -> None:
    """The page's own lines print what it shows, and that is near what the portal has.

    Shares in time may be off by a quarter of what lies between the tenth and the ninetieth of a
    hundred communes; correlations by three standard errors of 148 communes, (1 - r²) / √147.
    """
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    (example,) = SNIPPET.finditer(PAGE.read_text(encoding="utf-8"))
    (tmp_path / "shown.py").write_text(example["code"], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "shown.py"], cwd=tmp_path, capture_output=True,
        text=True, encoding="utf-8", timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == example["output"]
    assert (tmp_path / "communes.png").stat().st_size > 0

    rows = [re.split(r"\s{2,}", line.strip()) for line in done.stdout.splitlines()[1:]]
    simulated = {name: float(np.mean([float(x) for x in three])) for name, _, *three in rows}
    tenth, ninetieth = (seeds[f"communes-in-time-{s}-tenth"] for s in ("lowest", "highest"))
    for name, published in (
        ("in time, 10% of communes below", tenth),
        ("in time, 50% of communes below", seeds["communes-in-time-median"]),
        ("in time, 90% of communes below", ninetieth),
    ):
        assert abs(simulated[name] - published) <= (ninetieth - tenth) / 4, name
    for name, published in (
        ("in time and days", seeds["communes-in-time-and-days"]),
        ("in time and ln volume", seeds["communes-in-time-and-volume"]),
    ):
        assert abs(simulated[name] - published) <= 3 * (1 - published**2) / 147**0.5, name
