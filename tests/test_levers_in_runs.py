"""Levers at work: what a policy does in a run, by hand, by formula, and for any scenario."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from statistics import mean

import formulas
import numpy as np
import pytest
from by_hand import Play, play
from by_hand import network_of as town_of
from changes import LEVERS, with_levers
from hypothesis import given
from strategies import Plan, SeededSource, fingerprint, sources

from sim.docket import NodeKind, draw
from sim.durations import DAY, MINUTE, MISSING
from sim.engine import Trace, simulate
from sim.errors import InputError
from sim.measures import measure
from sim.network import Network, build
from sim.scenario.load import load_text

# By hand: a morning of a town, its policies beside it

TOWN = """\
levels:
  town:
    calendar: office
    stations: {front: {kind: counter, staff: 3}, back: {}, sign: {staff: {count: 1}}}
  ward: {within: town, calendar: office, offices: [Đông, Tây], stations: {desk: {staff: 1}}}
channels: {counter: {}, online: {}}
procedures:
  slow: {received_at: town, volume: some, time_limit: 5 working days, priority: 1,
    route: [{at: town.front, work: 10 min}, {at: town.back, work: 1 h}]}
  quick: {received_at: town, volume: some, time_limit: same day,
    route: [{at: town.front, work: 10 min}, {at: town.back, work: 1 h}]}
  local: {received_at: ward, volume: some, route: [{at: ward.desk, work: 1 h}]}
  mixed: {received_at: town, volume: some, channels: {counter: 50%, online: 50%},
    route: [{at: town.front, work: 5 min, only: [counter]}, {at: town.back, work: 30 min}]}
policies:
  by-due: [{discipline: {town.back: edd}}]
  moved: [{move: {from: town.front, to: town.back, count: 1}}]
  afternoons: [{shift: {town.back: afternoons}}]
  nights: [{shift: {ward.desk@Tây: nights}}]
  one-floor: [{pool: {at: town, name: floor, stations: [back, sign]}}]
  to-the-wards: [{delegate: {procedures: [slow], moves: {town.back: ward.desk}}}]
  signed:
    - insert: {procedures: [slow], after: back, steps: [{id: sign, at: town.sign, work: 5 min}]}
  signed-slowly: [{insert: {procedures: [slow], after: front, steps: [{id: rest, wait: 2 h}]}}]
  one-ward: [{merge: {levels: [ward], into: 1, by: town}}]
  click: [{online: {procedures: [mixed], share: 100%}}]
"""


def morning(policy: str, coming: Mapping[str, str]) -> Play:
    """Run the town with some citizens under a policy."""
    return play(TOWN, None, policy, **coming)


def test_discipline_edd_serves_by_due_instant_rule_6() -> None:
    coming = {
        "a": "slow 2021-02-01 08:00",
        "b": "slow 2021-02-01 08:01",
        "c": "quick 2021-02-01 08:02",
    }
    assert morning("base", coming).order("back") == "a b c"
    # b and c have joined when a is done, and c is due the same day
    assert morning("by-due", coming).order("back") == "a c b"


def test_moved_officers_work_at_their_new_station() -> None:
    coming = dict.fromkeys("abc", "slow 2021-02-01 08:00")
    base = morning("base", coming)
    assert [base[name].visit("front").started for name in "abc"] == ["2021-02-01 08:00"] * 3
    assert [base[name].visit("back").started for name in "abc"] == [
        "2021-02-01 08:10", "2021-02-01 09:10", "2021-02-01 10:10",
    ]  # fmt: skip
    moved = morning("moved", coming)
    assert [moved[name].visit("front").started for name in "abc"] == [
        "2021-02-01 08:00", "2021-02-01 08:00", "2021-02-01 08:10",
    ]  # fmt: skip
    assert [moved[name].visit("back").started for name in "abc"] == [
        "2021-02-01 08:10", "2021-02-01 08:10", "2021-02-01 09:10",
    ]  # fmt: skip
    assert moved["b"].visit("back").officer == "town.back@town #2"


def test_shift_moves_work_to_other_hours() -> None:
    coming = {"a": "slow 2021-02-01 08:00"}
    assert morning("base", coming)["a"].visit("back").started == "2021-02-01 08:10"
    shifted = morning("afternoons", coming)["a"]
    assert shifted.visit("front").ended == "2021-02-01 08:10"
    assert shifted.visit("back")[:3] == (
        "2021-02-01 08:10", "2021-02-01 13:30", "2021-02-01 14:30",
    )  # fmt: skip


def test_shift_of_one_office_leaves_the_other_at_its_hours() -> None:
    coming = {"a": "local 2021-02-01 08:00 at Đông", "b": "local 2021-02-01 08:00 at Tây"}
    shifted = morning("nights", coming)
    assert shifted["a"].visit("desk").started == "2021-02-01 08:00"
    assert shifted["b"].visit("desk")[1:3] == ("2021-02-01 22:00", "2021-02-01 23:00")


def test_a_pool_lets_idle_officers_help() -> None:
    coming = {"a": "slow 2021-02-01 08:00", "b": "slow 2021-02-01 08:00"}
    alone = morning("base", coming)
    assert alone["b"].visit("back").started == "2021-02-01 09:10"
    pooled = morning("one-floor", coming)
    assert pooled["b"].visit("back").started == "2021-02-01 08:10"
    assert {pooled[name].visit("back").officer for name in "ab"} == {
        "town.floor@town #1", "town.floor@town #2",
    }  # fmt: skip


def test_delegated_visits_are_made_at_the_other_station() -> None:
    coming = {"a": "slow 2021-02-01 08:00", "b": "quick 2021-02-01 08:00"}
    delegated = morning("to-the-wards", coming)
    assert morning("base", coming)["a"].visit("back").office == "town"
    assert delegated["a"].visit("back").office in ("Đông", "Tây")
    assert delegated["b"].visit("back").office == "town"
    # so that neither waits for the other
    assert {delegated[name].visit("back").started for name in "ab"} == {"2021-02-01 08:10"}


def test_inserted_steps_are_done_and_decide_when_the_dossier_is_resolved_rule_13() -> None:
    coming = {"a": "slow 2021-02-01 08:00"}
    assert morning("base", coming)["a"].resolved == "2021-02-01 09:10"
    signed = morning("signed", coming)["a"]
    assert signed.visit("sign")[:3] == ("2021-02-01 09:10", "2021-02-01 09:10", "2021-02-01 09:15")
    assert signed.resolved == "2021-02-01 09:15"
    rested = morning("signed-slowly", coming)["a"]
    assert rested.wait("rest")[1:3] == ("2021-02-01 08:10", "2021-02-01 10:10")
    assert rested.visit("back")[1:3] == ("2021-02-01 10:10", "2021-02-01 11:10")


def test_merged_offices_share_their_officers_and_their_queue() -> None:
    coming = {
        "a": "local 2021-02-01 08:00 at Đông",
        "b": "local 2021-02-01 08:01 at Đông",
        "c": "local 2021-02-01 08:02 at Đông",
    }
    base = morning("base", coming)
    assert [base[name].visit("desk").started[11:] for name in "abc"] == ["08:00", "09:00", "10:00"]  # type: ignore[index]
    merged = morning("one-ward", coming)
    assert [merged[name].visit("desk").started[11:] for name in "abc"] == [  # type: ignore[index]
        "08:00", "08:01", "09:00",
    ]  # fmt: skip
    assert {merged[name].visit("desk").office for name in "abc"} == {"Đông"}


def test_who_comes_online_makes_no_visit_at_the_counter_that_is_only_for_those_present() -> None:
    for policy in ("base", "click"):
        network = town_of(TOWN, policy)
        trace = simulate(network, draw(network, 1, 0))
        steps = trace.steps[trace.steps["kind"] == "visit"]
        dossiers = trace.dossiers[trace.dossiers["procedure"] == "mixed"]
        own = steps[steps["dossier"].isin(dossiers["dossier"])]
        at_the_front = own.loc[own["station"] == "town.front", "dossier"].nunique()
        assert own.loc[own["station"] == "town.back", "dossier"].nunique() == len(dossiers)
        assert at_the_front == (dossiers["channel"] == "counter").sum()
        table = measure(network, trace).table
        (visits,) = table.loc[
            (table["scope"] == "procedure") & (table["name"] == "mixed")
            & (table["measure"] == "visits_mean"), "value",
        ]  # fmt: skip
        if policy == "click":
            assert at_the_front == 0
            assert visits == 0
        else:
            assert 0 < at_the_front < len(dossiers)
            assert 0 < visits < 1


# A policy is the scenario that it describes, written out

OFFICES = """
period: {from: 2021-03-01, to: 2021-03-12}
seed: 5
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}
  mornings: {hours: {mon-sat: ["07:00-12:00"]}}
channels: {counter: {calendar: office}, online: {calendar: always}}
levels:
  city:
    calendar: office
    stations: {front: {kind: counter, staff: 3}, back: {staff: 4}, sign: {}, file: {staff: 2}}
    pools: {}
  ward:
    within: city
    calendar: office
    offices: {A: {share: 2}, B: {share: 1, staff: {front: 2}}, C: {share: 3}, D: {share: 4}}
    stations: {front: {kind: counter}, back: {absence: 10%}}
procedures:
  birth: {received_at: ward, volume: {in_period: 80}, time_limit: same day,
    route: [{at: ward.front, work: {exponential: 10 min}}, {at: ward.back, work: 20 min}]}
  land: {received_at: ward, volume: {per_day: 10}, time_limit: 2 working days,
    route: [{at: ward.front, work: 10 min}, {at: city.back, work: {exponential: 2 h}},
            {at: city.sign, work: 10 min}, {at: city.file, work: {exponential: 15 min}}]}
  permit: {received_at: city, volume: {per_working_day: 8},
    route: [{at: city.front, work: {exponential: 15 min}}, {at: city.back, work: 1 h}]}
"""
LAND_SIGN = "{at: city.sign, work: 10 min}, {at: city.file, work: {exponential: 15 min}}]}"
WRITTEN_OUT = {
    "move: {from: city.front, to: city.sign, count: 2}": [
        ("front: {kind: counter, staff: 3}, back: {staff: 4}, sign: {}",
         "front: {kind: counter, staff: 1}, back: {staff: 4}, sign: {staff: 3}"),
    ],
    "move: {from: ward.front@B, to: ward.back@D, count: 1}": [
        ("staff: {front: 2}", "staff: {front: 1}"),
        ("D: {share: 4}", "D: {share: 4, staff: {back: 2}}"),
    ],
    "shift: {city.back: mornings, ward.back@C: always}": [
        ("back: {staff: 4}", "back: {staff: {count: 4, calendar: mornings}}"),
        ("C: {share: 3}", "C: {share: 3, staff: {back: [{count: 1, calendar: always}]}}"),
    ],
    "pool: {at: city, name: floor, stations: [file, back]}": [
        ("back: {staff: 4}", "back: {}"), ("file: {staff: 2}", "file: {}"),
        ("pools: {}", "pools: {floor: {staff: 6, serves: [back, file]}}"),
    ],
    "discipline: {city.back: edd, ward.front: spt}": [
        ("back: {staff: 4}", "back: {staff: 4, discipline: edd}"),
        ("stations: {front: {kind: counter}, b", "stations: {front: {kind: counter, "
         "discipline: spt}, b"),
    ],
    "insert: {procedures: [land], after: back, steps: [{id: more, at: city.front, work: 9 min}, "
    "{id: rest, wait: 2 h}]}": [
        (LAND_SIGN, "{id: more, at: city.front, work: 9 min}, {id: rest, wait: 2 h}, " + LAND_SIGN),
    ],
    "delegate: {fields: [x], moves: {city.back: ward.back}}": [
        ("land: {", "land: {field: x, "), ("{at: city.back, work: {", "{id: back, at: ward.back, "
         "work: {"),
    ],
    "demand: {procedures: [birth, land], volume: {times: 1.5}}": [
        ("{in_period: 80}", "{in_period: 120}"), ("{per_day: 10}", "{per_day: 15}"),
    ],
    # neighbours: the first two of four, and the last two
    "merge: {levels: [ward], into: 2, by: city}": [
        ("A: {share: 2}, B: {share: 1, staff: {front: 2}}, C: {share: 3}, D: {share: 4}",
         "A: {share: 3, staff: {front: 3, back: 2}}, C: {share: 7, staff: {front: 2, back: 2}}"),
    ],
    "online: {procedures: [birth], share: 100%}": [
        ("birth: {", "birth: {channels: {online: 100%}, "),
    ],
}  # fmt: skip


@pytest.mark.parametrize("change", WRITTEN_OUT)
def test_a_policy_runs_as_the_scenario_that_it_describes(change: str) -> None:
    """To the microsecond: the same citizens, officers, starts and due instants."""
    text, written = OFFICES, OFFICES
    for old, new in WRITTEN_OUT[change]:
        assert written.count(old) == 1, old
        written = written.replace(old, new)
    if "fields: [x]" in change:
        text = text.replace("land: {", "land: {field: x, ")
    policy = f"policies: {{tried: [{{{change}}}]}}\n"
    changed, expected, base = (
        _run(build(scenario))
        for scenario in (
            load_text(text + policy).with_policy("tried"), load_text(written), load_text(text),
        )
    )  # fmt: skip
    assert fingerprint(changed.docket, changed) == fingerprint(expected.docket, expected)
    assert fingerprint(changed.docket, changed) != fingerprint(base.docket, base)


def _run(network: Network) -> Trace:
    return simulate(network, draw(network, 3, 1))


def test_an_abolished_procedure_runs_as_if_it_had_never_been() -> None:
    start = OFFICES.index("  land: {")
    written = OFFICES[:start] + OFFICES[OFFICES.index("  permit: {") :]
    changed = load_text(OFFICES + "policies: {tried: [{abolish: land}]}\n").with_policy("tried")
    one, other = _run(build(changed)), _run(build(load_text(written)))
    assert fingerprint(one.docket, one) == fingerprint(other.docket, other)


# By formula: two queues that become one

QUEUES = """
period: {{from: 2021-03-01, to: 2021-03-15}}
levels:
  city: {{stations: {{a: {{}}, b: {{}}}}}}
  ward: {{within: city, offices: 2, stations: {{desk: {{}}}}}}
procedures:
  p: {{received_at: city, volume: {{in_period: {number}}},
       route: [{{at: city.a, work: {{exponential: 10 min}}}}]}}
  q: {{received_at: city, volume: {{in_period: {number}}},
       route: [{{at: city.b, work: {{exponential: 10 min}}}}]}}
  r: {{received_at: ward, volume: {{in_period: {both}}},
       route: [{{at: ward.desk, work: {{exponential: 10 min}}}}]}}
policies:
  pooled: [{{pool: {{at: city, name: ab, stations: [a, b]}}}}]
  merged: [{{merge: {{levels: [ward], into: 1, by: city}}}}]
  wider: [{{demand: {{all: true, volume: {{times: 0.5}}}}}}]
  faster: [{{cut: {{all: true, work: 50%}}}}]
"""
LOAD = 0.6
REPLICATIONS = 12


@lru_cache
def waits_in_queues(policy: str) -> dict[str, tuple[float, float]]:
    """Mean wait at city.a, city.b and ward.desk in units of 10 min, with its standard error."""
    number = round(LOAD * 15 * DAY / (10 * MINUTE))
    text = QUEUES.format(number=number, both=2 * number)
    network = build(load_text(text).with_policy(policy))
    found: dict[str, list[float]] = {"city": [], "ward": []}
    for replication in range(REPLICATIONS):
        trace = simulate(network, draw(network, 8, replication))
        # the first day is dropped, while the queues fill, and the last
        since, until = network.run_start + DAY, network.end - DAY
        counted = (trace.joined >= since) & (trace.joined < until)
        counted &= trace.docket.kind == NodeKind.VISIT
        addresses = np.array([station.address[:4] for station in network.stations])
        for level, means in found.items():
            own = counted & (addresses[trace.docket.station] == level)
            assert (trace.started[own] != MISSING).all()
            means.append(float((trace.started - trace.joined)[own].mean()) / (10 * MINUTE))
    return {
        level: (mean(means), float(np.std(means, ddof=1)) / REPLICATIONS**0.5)
        for level, means in found.items()
    }


@pytest.mark.parametrize(
    ("policy", "level", "officers", "load"),
    [
        ("base", "city", 1, LOAD),
        ("base", "ward", 1, LOAD),
        ("pooled", "city", 2, 2 * LOAD),
        ("pooled", "ward", 1, LOAD),
        ("merged", "ward", 2, 2 * LOAD),
        ("merged", "city", 1, LOAD),
        ("wider", "city", 1, LOAD / 2),
    ],
)
def test_two_queues_become_erlangs_one(policy: str, level: str, officers: int, load: float) -> None:
    found, error = waits_in_queues(policy)[level]
    expected = formulas.wait_in_mmc(officers, load)
    assert error < expected / 15
    assert abs(found - expected) < 4 * error


# Any lever on any scenario


COUNTS = (
    "carried_over", "received", "resolved", "withdrawn", "open_within_limit", "open_overdue",
    "open_without_limit",
)  # fmt: skip


@given(sources().map(with_levers))
def test_any_policy_is_refused_or_runs_and_loses_no_dossier(plan: Plan) -> None:
    """Rule 18, and the base stays what it was."""
    text = json.dumps(plan, ensure_ascii=False)
    try:
        scenario = load_text(text)
        written = scenario.model_dump_json()
        network = build(scenario.with_policy("tried"))
        docket = draw(network, 1, 0)
    except InputError as error:
        assert all(problem.message and "\n" not in str(problem) for problem in error.problems)
        return
    trace = simulate(network, docket)
    table = measure(network, trace).table
    of_all = table[table["scope"] == "all"].set_index("measure")["value"]
    carried, received, resolved, withdrawn, *still_open = (of_all[name] for name in COUNTS)
    assert carried + received == resolved + withdrawn + sum(still_open)
    assert scenario.model_dump_json() == written


def test_many_levers_on_random_scenarios_fit() -> None:
    """The property above is worth little if nearly all is refused."""
    fitting: Counter[str] = Counter()
    for seed in range(200):
        plan = with_levers(SeededSource(seed))
        try:
            load_text(json.dumps(plan, ensure_ascii=False))
        except InputError:
            continue
        fitting.update(lever for change in plan["policies"]["tried"] for lever in change)
    assert set(fitting) == set(LEVERS)
    assert fitting.total() > 40
