"""The scenario that shows most of the language runs as it stands, with each of its policies."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.scenario.load import load

SCENARIOS = Path(__file__).parents[1] / "scenarios"
CASES = [
    (name, policy)
    for name in ("small-city", "small-city-today")
    for policy in ("base", *load(SCENARIOS / f"{name}.yaml").policies)
]


@pytest.mark.parametrize(("name", "policy"), CASES)
def test_each_policy_of_the_small_city_runs_and_conserves_dossiers(name: str, policy: str) -> None:
    """Rule 18."""
    scenario = load(SCENARIOS / f"{name}.yaml")
    network = sim.build(scenario.with_policy(policy))
    trace = sim.simulate(network, sim.draw(network, scenario.seed, 0))
    table = sim.measure(network, trace).table
    of_all = table[table["scope"] == "all"].set_index("measure")["value"]
    out = ["resolved", "withdrawn", "open_within_limit", "open_overdue", "open_without_limit"]
    assert of_all["carried_over"] + of_all["received"] == of_all[out].sum() > 0


def test_today_differs_from_the_small_city_by_what_it_says() -> None:
    city, today = (load(SCENARIOS / f"{name}.yaml") for name in ("small-city", "small-city-today"))
    assert today.levels == city.levels
    assert today.procedures == city.procedures
    assert not city.backlog
    rows = (SCENARIOS / "tables" / "open.csv").read_text("utf-8").splitlines()
    assert len(today.backlog) == len(rows) - 1
    assert {*city.policies} - {*today.policies} == {"saturdays", "three-wards"}
    assert {*today.policies} - {*city.policies} == {"overtime-team"}
