"""Two tiers and three: the same citizens with the same needs, and as many officers."""

from collections import Counter

import numpy as np
import pytest
from shipped import ROOT, Values, first_replication, values_of

from sim.docket import NodeKind, draw
from sim.network import Network, build
from sim.scenario.load import load
from sim.scenario.policies import with_values
from sim.scenario.schema import Scenario

TWO = load(ROOT / "scenarios" / "two-tier-2025.yaml")
THREE = load(ROOT / "scenarios" / "two-tier-2025-three-tiers.yaml")

# The scenarios are run once, whichever worker has them (with `--dist loadgroup`).
pytestmark = pytest.mark.xdist_group("two-tier")


def sixth(scenario: Scenario) -> Scenario:
    """Take a sixth of all offices and dossiers but for the city's, so that loads stay."""
    three = "district" in scenario.levels
    values = {
        "volumes.communes.in_period": 531269 / 6,
        "levels.province.stations.appraisal.staff": 13,
        "levels.commune.offices": 88 if three else 21,
        "levels.district.offices" if three else "levels.branch.offices": 5,
    }
    return with_values(scenario, values)


def summer(scenario: Scenario, policy: str = "base") -> Values:
    """Run the first replication of a sixth: its values by scope, name and measure."""
    return values_of(first_replication(sixth(scenario).with_policy(policy)))


@pytest.fixture(scope="module")
def two() -> Values:
    return summer(TWO)


@pytest.fixture(scope="module")
def three() -> Values:
    return summer(THREE)


def officers(network: Network) -> Counter[str]:
    found: Counter[str] = Counter()
    for group in network.groups:
        found[group.home] += group.officers
    return found


def test_there_are_as_many_officers_in_two_tiers_as_in_three() -> None:
    two, three = officers(build(TWO)), officers(build(THREE))
    assert two.total() == three.total() == build(TWO).officers
    assert two["province.appraisal"] == three["province.appraisal"]
    assert two["commune.divisions"] == three["district.divisions"]


@pytest.mark.parametrize("policy", ["base", "first-weeks"])
def test_the_same_citizens_come_with_the_same_needs(policy: str) -> None:
    two, three = (
        draw(build(sixth(scenario).with_policy(policy)), scenario.seed, 1)
        for scenario in (TWO, THREE)
    )
    assert two.arrived.size > 80_000
    for one, other in ((two.arrived, three.arrived), (two.citizen, three.citizen),
                       (two.procedure, three.procedure), (two.channel, three.channel)):  # fmt: skip
        assert np.array_equal(one, other)
    # All work, waits and absences; only the ways between them differ.
    needs = [docket.duration[docket.kind != NodeKind.TRANSFER] for docket in (two, three)]
    assert np.array_equal(*needs)


def test_fewer_ways_make_what_crosses_levels_quicker(two: Values, three: Values) -> None:
    for procedure in ("C09", "C10", "C11"):
        of = "procedure", procedure, "turnaround_working_hours_mean"
        assert two[of] < three[of]
        late = "procedure", procedure, "resolved_late"
        assert two[late] <= three[late]


def test_a_clerk_at_another_desk_does_not_fill_the_gap_and_shared_desks_do(two: Values) -> None:
    on_time = "all", "all", "on_time_rate"
    gone, one_more, shared = (
        summer(TWO, policy)[on_time]
        for policy in ("officers-gone", "gap-one-more-clerk", "gap-shared-desks")
    )
    gap = two[on_time] - gone
    assert gap > 0
    assert one_more - gone < gap / 10
    assert shared - gone > gap * 9 / 10


def test_what_is_handed_in_at_a_branch_is_handled_in_a_commune(two: Values) -> None:
    elsewhere = summer(TWO, "regardless-of-boundary")
    received = [values["procedure", "C01", "received"] for values in (two, elsewhere)]
    at_branches = elsewhere["level", "branch", "received"]
    # the share that is drawn, to four standard deviations and the few that are not yet accepted
    assert abs(at_branches - 0.3 * received[1]) < 4 * np.sqrt(0.21 * received[1]) + 50
    assert abs(received[0] - received[1]) < 100
    wait = "station", "commune.reception", "wait_minutes_mean"
    assert elsewhere[wait] < two[wait]
