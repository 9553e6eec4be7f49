"""The offered load and the ways through a procedure: by hand, and against what dockets draw."""

import math
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from by_hand import network_of, procedure, scenario_of, shop

from sim.docket import NodeKind, draw
from sim.durations import HOUR
from sim.lint.offered_load import offered_load
from sim.lint.ways import MOST_WAYS, ways_of
from sim.network import Network, build
from sim.scenario.load import load

SMALL_CITY = Path(__file__).parents[1] / "scenarios" / "small-city.yaml"
STAGES = """\
levels:
  province: {calendar: office, stations: {desk: {}}}
  city: {within: province, offices: [A, B], calendar: office, stations: {desk: {}}}
  tax: {within: city, offices: {T1: {within: A}, T2: {within: A, share: 3}, T3: {within: B}},
        calendar: office, stations: {desk: {}}}
  ward:
    within: city
    calendar: office
    offices: {W1: {within: A, share: 1}, W2: {within: A, share: 2}, W3: {within: B, share: 3}}
    stations: {counter: {kind: counter}}
"""


def hours(network: Network) -> dict[str, float]:
    """Give the offered load in hours, by the station's address and office, where there is any."""
    work = offered_load(network).work
    return {
        f"{station.address}@{network.offices[station.office].name}": work[place] / HOUR
        for place, station in enumerate(network.stations)
        if work[place]
    }


@pytest.mark.parametrize(
    ("steps", "keys", "expected"),
    [
        # 60 dossiers; each line's hours are worked by hand
        (["{at: city.desk, work: 1 h}"], "", {"desk": 60}),
        (["{at: city.desk, work: {uniform: [0 h, 3 h]}}"], "", {"desk": 90}),
        (
            ["{id: a, at: city.desk, work: 1 h}", "{id: b, at: city.desk, work: 30 min}"],
            "",
            {"desk": 90},
        ),
        (["{at: city.desk, work: 1 h}", "{wait: 2 days}", "{at: city.sign, work: 1 h}"], "",
         {"desk": 60, "sign": 60}),
        # 60 x (1 + 1/2 + 1/4) rounds
        (
            ["{at: city.desk, work: 1 h, incomplete: {share: 50%, away: 1 h, at_most: 2}}"],
            "",
            {"desk": 105},
        ),
        # 60 x (1 h + 1/2 x 20 min)
        (
            ["{at: city.desk, work: 1 h, incomplete: {share: 50%, away: 1 h, again: 20 min}}"],
            "",
            {"desk": 70},
        ),
        (
            ["{at: city.desk, work: 1 h, incomplete: {share: 100%, away: 1 h, at_most: 3}}"],
            "",
            {"desk": 240},
        ),
        # only half come through the counter, and only those are sent away
        (
            ["{at: city.desk, work: 1 h, incomplete: {share: {counter: 50%}, away: 1 h}}"],
            "channels: {counter: 50%, online: 50%}",
            {"desk": 75},
        ),
        (
            ["{at: city.desk, work: 1 h}", "{at: city.sign, work: 1 h, only: [online]}"],
            "channels: {counter: 75%, online: 25%}",
            {"desk": 60, "sign": 15},
        ),
        # 10 % end with half an hour; the others go on
        (
            ["{choose: [{share: 10%, end: refused, route: [{at: city.desk, work: 30 min}]}, "
             "{share: rest}]}", "{at: city.sign, work: 1 h}"],
            "",
            {"desk": 3, "sign": 54},
        ),
        # an end within a branch within a branch
        (
            ["{id: a, at: city.desk, work: 0 h}",
             "{choose: [{share: 50%, route: [{id: c, choose: [{share: 50%, end: out}, "
             "{share: rest}]}, {at: city.desk, work: 1 h}]}, {share: rest}]}",
             "{at: city.sign, work: 1 h}"],
            "",
            {"desk": 15, "sign": 45},
        ),
        (
            ["{together: [[{at: city.desk, work: 1 h}], [{at: city.sign, work: 2 h}]]}"],
            "",
            {"desk": 60, "sign": 120},
        ),
    ],
)  # fmt: skip
def test_the_offered_load_by_hand(steps: list[str], keys: str, expected: dict[str, float]) -> None:
    channels = "channels: {counter: {calendar: office}, online: {}}\n"
    text = channels + shop("desk: {}, sign: {}", procedure("copy", *steps, keys=keys))
    found = hours(network_of(text))
    assert found == pytest.approx({f"city.{name}@city": value for name, value in expected.items()})


def test_rule_9_each_office_has_its_share_of_the_work() -> None:
    """60 dossiers: 10, 20 and 30 at the wards; their cities have 30 each; one province all.

    The tax offices of A have 30 by shares of 1 and 3, that of B has 30.
    """
    text = STAGES + (
        "procedures:\n  deed: {received_at: ward, volume: some, route: ["
        "{at: ward.counter, work: 1 h}, {at: city.desk, work: 1 h}, {at: tax.desk, work: 1 h}, "
        "{at: province.desk, work: 1 h}]}\n"
    )
    assert hours(network_of(text)) == pytest.approx({
        "ward.counter@W1": 10, "ward.counter@W2": 20, "ward.counter@W3": 30,
        "city.desk@A": 30, "city.desk@B": 30, "province.desk@province": 60,
        "tax.desk@T1": 7.5, "tax.desk@T2": 22.5, "tax.desk@T3": 30,
    })  # fmt: skip


def test_rule_9_an_office_on_the_way_stays_the_same() -> None:
    """From the province, a ward is drawn by share; the tax office is then of the ward's city."""
    text = STAGES + (
        "procedures:\n  deed: {received_at: province, volume: some, route: ["
        "{at: ward.counter, work: 1 h}, {at: tax.desk, work: 1 h}, "
        "{id: again, at: ward.counter, work: 1 h}]}\n"
    )
    assert hours(network_of(text)) == pytest.approx({
        "ward.counter@W1": 20, "ward.counter@W2": 40, "ward.counter@W3": 60,
        "tax.desk@T1": 7.5, "tax.desk@T2": 22.5, "tax.desk@T3": 30,
    })  # fmt: skip


def test_rule_9_receiving_levels_have_their_parts() -> None:
    text = STAGES + (
        "procedures:\n  deed: {received_at: {city: 80%, ward: 20%}, volume: some, route: ["
        "{at: ward.counter, work: 1 h, only: [ward]}, {at: city.desk, work: 1 h}]}\n"
    )
    assert hours(network_of(text)) == pytest.approx({
        "ward.counter@W1": 2, "ward.counter@W2": 4, "ward.counter@W3": 6,
        "city.desk@A": 30, "city.desk@B": 30,
    })  # fmt: skip


def test_rule_9_merged_offices_have_the_work_of_those_that_they_were() -> None:
    """Of the wards of A with shares of 1 and 2, and of B with 3, each city keeps one."""
    text = STAGES + (
        "procedures:\n  deed: {received_at: ward, volume: some, route: ["
        "{at: ward.counter, work: 1 h}, {at: tax.desk, work: 1 h}]}\n"
        "policies: {fewer: [{merge: {levels: [ward, tax], into: 1, by: city}}]}\n"
    )
    network = build(scenario_of(text).with_policy("fewer"))
    assert hours(network) == pytest.approx({
        "ward.counter@W1": 30, "ward.counter@W3": 30, "tax.desk@T1": 30, "tax.desk@T3": 30,
    })  # fmt: skip


def test_rule_22_what_is_left_of_the_backlog_is_added() -> None:
    """To 60 h and 15 h of those who come: 1.5 h online, 1.25 h by half, and half an hour."""
    text = (
        "channels: {counter: {calendar: office}, online: {}}\n"
        + shop(
            "desk: {}, sign: {}",
            procedure(
                "copy", "{id: a, at: city.desk, work: 1 h}", "{id: b, at: city.sign, work: 1 h}",
                "{id: c, at: city.sign, work: 30 min, only: [online]}",
                keys="channels: {counter: 50%, online: 50%}",
            ),
        )
        + "backlog:\n"
        "  - {procedure: copy, office: city, accepted: 2021-01-20, step: b, channel: online}\n"
        "  - {procedure: copy, office: city, accepted: 2021-01-20, step: b}\n"
        "  - {procedure: copy, office: city, accepted: 2021-01-20, step: c}\n"
    )  # fmt: skip
    found = hours(network_of(text))
    assert found == pytest.approx({"city.desk@city": 60, "city.sign@city": 75 + 1.5 + 1.25 + 0.5})


RICH = (
    """\
profiles: {mornings: {hours: {"07:30-09:30": 2}, weekdays: {mon: 1.5}}}
channels: {counter: {calendar: office, profile: mornings}, online: {calendar: nights}}
"""
    + STAGES
    + """\
procedures:
  deed:
    received_at: {city: 40%, ward: 60%}
    volume: {in_period: 500}
    channels: {counter: 70%, online: 30%}
    route:
      - {at: ward.counter, work: {exponential: 10 min}, only: [ward]}
      - id: intake
        at: city.desk
        work: {triangular: [5 min, 10 min, 30 min]}
        incomplete:
          {share: {counter: 40%, online: 10%}, away: 1 working day, at_most: 3, again: 4 min}
      - choose:
          - share: 20%
            end: refused
            route: [{at: province.desk, work: {lognormal: {mean: 20 min, cv: 60%}}}]
          - share: 30%
            route: [{id: see, at: ward.counter, work: 1 h, incomplete: {share: 20%, away: 1 h}}]
          - {share: rest}
      - together:
          - [{at: tax.desk, work: {gamma: {mean: 15 min, cv: 1}}}]
          - [{id: appraise, at: province.desk, work: {erlang: {mean: 1 h, k: 2}}, only: [online]}]
"""
)


def largest_deviation(network: Network, replications: int) -> float:
    """Give by how many standard errors what dockets draw differs from the offered load, at most.

    Of work and of visits, at every station of every office, for dossiers of the period.
    """
    load = offered_load(network)
    drawn = np.zeros((replications, 2, len(network.stations)))
    for number in range(replications):
        docket = draw(network, 1, number)
        visits = docket.kind == NodeKind.VISIT
        visits &= docket.arrived[docket.dossier] >= network.period_start
        stations = docket.station[visits]
        drawn[number, 0] = np.bincount(stations, docket.duration[visits], len(network.stations))
        drawn[number, 1] = np.bincount(stations, minlength=len(network.stations))
    expected = np.array([load.work, load.visits])
    errors = drawn.std(axis=0, ddof=1) / math.sqrt(replications)
    assert ((expected > 0) == (errors > 0)).all()
    differences = np.abs(drawn.mean(axis=0) - expected)
    return float((differences[expected > 0] / errors[expected > 0]).max())


def test_dockets_draw_the_offered_load_on_the_average() -> None:
    assert largest_deviation(network_of(RICH), 100) < 4


@pytest.mark.parametrize("policy", ["base", "three-wards", "mostly-online"])
def test_under_policies_dockets_draw_the_offered_load_on_the_average(policy: str) -> None:
    """Also where offices were merged, or dossiers moved to another channel."""
    network = build(load(SMALL_CITY).with_policy(policy))
    assert largest_deviation(network, 20) < 4


# Ways


def test_the_ways_are_what_dockets_draw() -> None:
    """Each drawn route without a further round is a way, as often as the way's share says."""
    network = network_of(RICH)
    ways = ways_of(network, network.procedures[0])
    assert ways.complete
    assert sum(way.share for way in ways.ways) == pytest.approx(1)
    # two levels, two channels, three branches
    assert len(ways.ways) == 12
    docket = draw(network, 2, 0)
    drawn: Counter[tuple[str, ...]] = Counter()
    for first, last in zip(docket.first_node, docket.first_node[1:], strict=False):
        nodes = range(first, last)
        drawn[tuple(
            docket.procedure_steps[docket.step[node]][1] for node in nodes
            if docket.kind[node] == NodeKind.VISIT and docket.round[node] == 0
        )] += 1  # fmt: skip
    shares: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for way in ways.ways:
        visits = [node for node in way.template.nodes if node.kind == NodeKind.VISIT]
        shares[tuple(node.step.id for node in visits if node.step)] += way.share
    assert set(drawn) == set(shares)
    total = drawn.total()
    for steps, share in shares.items():
        assert abs(drawn[steps] - total * share) < 4 * math.sqrt(total * share)


def test_of_very_many_ways_the_most_taken_are_looked_at() -> None:
    branches = "{choose: [{share: 90%, route: [{at: city.desk, work: 1 h}]}, {share: rest}]}"
    network = network_of(
        shop("desk: {}", procedure("copy", *[branches] * 12, "{at: city.desk, work: 1 h}"))
    )
    ways = ways_of(network, network.procedures[0])
    assert not ways.complete
    assert len(ways.ways) == MOST_WAYS
    assert max(way.share for way in ways.ways) == pytest.approx(0.9**12)
