"""The smallest staff that keeps a target, and the best for a budget."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from commands import Onestop, done, onestop_beside, onestop_process, refused, wait_until
from hypothesis import given, settings
from hypothesis import strategies as st
from studies import message_of

import sim
from sim.docket import draw, with_officers_of
from sim.experiment.replicate import docket_hash
from sim.network import build
from sim.scenario.load import load_text
from sim.scenario.schema import Scenario
from sim.staffing import find_staff
from sim.staffing.budget import most_good
from sim.staffing.certificate import LOOKS, certify
from sim.staffing.posts import Post, Staff, cost_of, posts_of, staffed
from sim.staffing.sample import SAMPLE, Demand, Sample
from sim.staffing.search import cheapest, most_that_helps
from sim.staffing.trials import Trial, Trials

# A tandem whose optimum is known: M/M/c₁ → M/M/c₂, λ = 4, μ = 1 and ½, P(T ≤ 8) ≥ .945,
# cost 3 c₁ + 2 c₂: (6, 10), cost 38; by convolution P = .946093, and (5, 11) of cost 37 has
# .939502, (5, 10) of cost 35 .926903.
TANDEM = """\
period: {from: 2021-03-01, to: 2021-12-31}
warm_up: 10 days
channels: {counter: {calendar: always}}
levels:
  city: {calendar: always, stations: {first: {staff: 8}, second: {staff: 12}}}
procedures:
  one:
    received_at: city
    volume: {per_day: 96}
    time_limit: 8 working h
    route:
      - {at: city.first, work: {exponential: 60 min}}
      - {at: city.second, work: {exponential: 120 min}}
"""
COSTS = {"city.first": 3.0, "city.second": 2.0}
KNOWN = (6, 10)

CENTRE = """\
name: Trung tâm nhỏ
period: {from: 2021-03-01, to: 2021-03-31}
seed: 4
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
levels:
  city:
    calendar: office
    stations: {counter: {kind: counter, staff: 3}, land: {staff: 3}, signing: {staff: 2}}
procedures:
  certificate:
    received_at: city
    volume: {per_working_day: 40}
    time_limit: 1 working day
    route:
      - {at: city.counter, work: {exponential: 12 min}}
      - {at: city.land, work: {exponential: 20 min}}
      - {at: city.signing, work: {exponential: 8 min}}
"""


onestop = onestop_beside(centre=CENTRE)


@pytest.fixture(scope="module")
def centre() -> Scenario:
    return load_text(CENTRE)


# Posts


def test_the_load_of_posts_by_hand(centre: Scenario) -> None:
    """40 a working day of 7.5 h: 8 h of work at the counter, 13.3 h and 5.3 h behind it."""
    posts = posts_of(centre)
    assert [post.address for post in posts] == ["city.counter", "city.land", "city.signing"]
    # Arrivals of the last afternoon come in the period, whatever is left of them.
    assert [post.load for post in posts] == pytest.approx([8 / 7.5, 40 / 3 / 7.5, 16 / 3 / 7.5])
    assert [post.least for post in posts] == [2, 2, 1]
    assert [post.now for post in posts] == [3, 3, 2]
    assert [post.cost for post in posts] == [1, 1, 1]


def test_a_post_of_many_offices_costs_an_officer_in_each_and_needs_the_busiest() -> None:
    wards = """\
    wards:
      within: city
      calendar: office
      offices: {Một: {share: 1}, Hai: {share: 3}}
      stations: {clerk: {staff: 1}}
procedures:
  birth:
    received_at: wards
    volume: {per_working_day: 60}
    route: [{at: wards.clerk, work: 10 min}]
"""
    text = CENTRE.partition("procedures:")[0] + wards.replace("    wards:", "  wards:", 1).replace(
        "      ", "    "
    )
    (post,) = posts_of(load_text(text))
    assert (post.address, post.cost, post.now) == ("wards.clerk", 2, 1)
    assert post.load == pytest.approx(45 / 6 / 7.5)
    # Where the offices have different numbers today, each is a post of its own.
    apart = posts_of(
        load_text(text.replace("Hai: {share: 3}", "Hai: {share: 3, staff: {clerk: 2}}"))
    )
    assert [(one.address, one.now, one.cost) for one in apart] == [
        ("wards.clerk@Một", 1, 1), ("wards.clerk@Hai", 2, 1)
    ]  # fmt: skip
    asked = posts_of(
        load_text(text.replace("Hai: {share: 3}", "Hai: {share: 3, staff: {clerk: 2}}")),
        ["wards.clerk"], costs={"wards.clerk": 4},
    )  # fmt: skip
    assert [(one.now, one.cost) for one in asked] == [(1, 4), (2, 4)]
    (one,) = posts_of(load_text(text), ["wards.clerk@Một"], costs={"wards.clerk@Một": 5})
    assert (one.cost, one.least) == (5, 1)
    assert one.load == pytest.approx(15 / 6 / 7.5)


def test_officers_beside_a_post_take_their_part_of_its_work() -> None:
    with_pool = CENTRE.replace(
        "    stations: {counter", "    pools: {help: {staff: 1, serves: [land, signing]}}\n"
        "    stations: {counter"
    )  # fmt: skip
    scenario = load_text(with_pool)
    posts = {post.address: post for post in posts_of(scenario)}
    assert posts["city.land"].load == pytest.approx(40 / 3 / 7.5)
    assert posts["city.help"].load == pytest.approx((40 / 3 + 16 / 3) / 7.5)
    # Searched together, each may do the work of the others, but for the counter's.
    assert {address: post.least for address, post in posts.items()} == {
        "city.counter": 2, "city.land": 0, "city.signing": 0, "city.help": 0
    }  # fmt: skip
    (alone,) = posts_of(scenario, ["city.land"])
    assert alone.least == 1


def test_only_officers_differ_between_dockets(centre: Scenario) -> None:
    posts = posts_of(centre)
    text = CENTRE.replace("land: {staff: 3}", "land: {staff: 3, absence: 10%}")
    for scenario in (centre, load_text(text)):
        few, many = (
            build(staffed(scenario, posts, staff, "p").with_policy("p"))
            for staff in ((2, 2, 1), (4, 6, 3))
        )
        moved = with_officers_of(many, draw(few, 1, 3))
        assert docket_hash(moved) == docket_hash(draw(many, 1, 3))


# The search, on limits that are kept or not by a known rule


class Toy(Trials):
    """Trials of a rule: the demand is met by all that have at least one of some plans."""

    def __init__(self, posts: Sequence[Post], enough: Sequence[Staff]) -> None:
        self.posts, self.enough, self.times = posts, enough, 0

    def of(self, staffs: Sequence[Staff], replications: Sequence[int]) -> list[list[Trial]]:
        self.times += len(set(staffs))
        return [[self._trial(staff)] * len(replications) for staff in staffs]

    def _trial(self, staff: Staff) -> Trial:
        lacking = [np.maximum(np.subtract(enough, staff), 0) for enough in self.enough]
        nearest = min(lacking, key=lambda lacks: int(lacks.sum()))
        lack = float(nearest.sum())
        queued = tuple((nearest / lack).tolist()) if lack else (0.0,) * len(staff)
        return Trial(1000.0 - lack, 1000.0, queued, (1.0,) + (0.0,) * 5)


def post(number: int, cost: float, least: int = 0, most: int | None = None) -> Post:
    return Post(f"city.s{number}", frozenset([number]), 1, 0.5, least, most, cost)


@settings(deadline=None)
@given(st.data())
def test_the_cheapest_is_that_of_all_plans(data: st.DataObject) -> None:
    """As brute force finds it, whatever plans it takes."""
    count = data.draw(st.integers(1, 4))
    costs = data.draw(st.lists(st.integers(1, 9), min_size=count, max_size=count))
    plan = st.tuples(*[st.integers(0, 5)] * count)
    enough = data.draw(st.lists(plan, min_size=1, max_size=6))
    posts = [post(number, float(cost)) for number, cost in enumerate(costs)]
    toy = Toy(posts, enough)
    sample = Sample(toy, posts, Demand(0.9995, "pooled", 0.95))
    found = cheapest(sample, (6,) * count, lambda _: None)
    least = min(cost_of(posts, staff) for staff in enough)
    assert cost_of(posts, found.staff) == least
    assert any(all(np.greater_equal(found.staff, plan)) for plan in enough)
    assert found.bound == least


def test_a_greedy_search_would_have_stopped_at_more() -> None:
    """Both posts at two are enough, or one alone at four: adding one by one goes astray."""
    posts = [post(0, 3.0), post(1, 2.0)]
    toy = Toy(posts, [(2, 2), (0, 4)])
    found = cheapest(Sample(toy, posts, Demand(0.9995, "pooled", 0.95)), (6, 6), lambda _: None)
    assert (found.staff, found.bound) == ((0, 4), 8)


def test_bounds_of_posts_are_kept() -> None:
    posts = [post(0, 1.0, least=2), post(1, 1.0, most=3)]
    sample = Sample(Toy(posts, [(1, 3), (4, 0)]), posts, Demand(0.9995, "pooled", 0.95))
    most = most_that_helps(sample)
    assert most[0] >= 2
    assert most[1] <= 3
    assert cheapest(sample, (6, 3), lambda _: None).staff == (4, 0)


@given(st.data())
@settings(deadline=None)
def test_a_budget_is_spent_where_limits_are_kept_and_never_exceeded(data: st.DataObject) -> None:
    """With one plan to reach, every officer on the way counts alike, so the way is the best."""
    count = data.draw(st.integers(1, 4))
    goal = data.draw(st.tuples(*[st.integers(0, 5)] * count))
    posts = [post(number, 1.0) for number in range(count)]
    budget = data.draw(st.integers(0, 25))
    staff = most_good(Toy(posts, [goal]), posts, budget, lambda _: None)
    assert cost_of(posts, staff) == min(budget, sum(goal))
    assert all(np.less_equal(staff, goal))


# Decided early, and read in two ways


def test_a_clear_case_is_decided_after_a_few_replications() -> None:
    posts = [post(0, 1.0)]
    toy = Toy(posts, [(3,)])
    sample = Sample(toy, posts, Demand(0.9995, "pooled", 0.95))
    assert sample.meets([(3,), (2,)]) == [True, False]
    assert toy.times == 2
    # What is known of some decides others: more do not keep fewer.
    assert sample.meets([(4,), (5,), (1,), (0,)]) == [True, True, False, False]
    assert toy.times == 2


def rows(rates: Sequence[float]) -> tuple[Any, Any]:
    below = np.full(len(rates), 1000.0)
    return below * np.array(rates), below


def test_a_pooled_demand_is_of_all_years_and_one_by_years_of_nearly_each() -> None:
    pooled, by_year = Demand(0.9, "pooled", 0.95), Demand(0.9, "year", 0.95)
    one_bad = rows([0.95] * 19 + [0.5])
    two_bad = rows([0.99] * 18 + [0.5] * 2)
    assert pooled.is_met(*one_bad, is_all=True) is True
    assert by_year.is_met(*one_bad, is_all=True) is True
    assert pooled.is_met(*two_bad, is_all=True) is True
    assert by_year.is_met(*two_bad, is_all=True) is False
    assert by_year.is_met(*rows([0.95] * 5), is_all=False) is None
    assert pooled.is_met(*rows([0.89, 0.91, 0.9, 0.92, 0.88]), is_all=False) is None
    assert pooled.is_met(*rows([0.95, 0.951, 0.949, 0.95, 0.95]), is_all=False) is True


# Certificates


def years_of(bad: int, n: int) -> tuple[Any, Any]:
    return rows([0.8] * bad + [0.95] * (n - bad))


def test_a_certificate_by_years_allows_three_bad_ones_of_153() -> None:
    demand = Demand(0.9, "year", 0.95)
    for bad, holds in ((0, True), (3, True), (4, False)):
        found = certify(demand, partial(years_of, bad))
        assert (found.replications, found.bad_years, found.holds) == (153, bad, holds)
        assert found.shortfall == pytest.approx(0 if holds else 0.1)


def test_a_certificate_of_the_pooled_rate_takes_more_replications_where_it_is_open() -> None:
    noise = np.tile([0.01, -0.01], max(LOOKS))
    for level, holds in ((0.92, True), (0.88, False), (0.9012, True)):
        asked: list[int] = []

        def fresh(n: int, level: float = level, asked: list[int] = asked) -> tuple[Any, Any]:
            asked.append(n)
            return rows((level + noise[:n]).tolist())

        found = certify(Demand(0.9, "pooled", 0.95), fresh)
        assert asked == list(LOOKS[: len(asked)])
        assert (len(asked) > 1) is (level == 0.9012)
        assert found.holds is holds
        assert found.replications == asked[-1]
        assert found.low is not None
        assert (found.low >= 0.9) is holds


# The known optimum, and brute force


def test_the_search_finds_the_known_optimum_of_a_tandem() -> None:
    found = _search_of_tandem()
    assert found == (KNOWN, 38)


def _search_of_tandem() -> tuple[Staff, float]:
    from sim.staffing.trials import Question

    scenario = load_text(TANDEM)
    posts = posts_of(scenario, costs=COSTS)
    question = Question.of(scenario, posts, "on_time_rate", 1, "auto", 1.0)
    sample = Sample(Trials(question), posts, Demand(0.945, "pooled", 0.95))
    found = cheapest(sample, most_that_helps(sample), lambda _: None)
    return found.staff, found.bound


@pytest.mark.slow
def test_the_known_optimum_of_a_tandem_is_certified() -> None:
    found = find_staff(load_text(TANDEM), 0.945, costs=COSTS)
    assert found.plan == {"city.first": 6, "city.second": 10}
    assert (found.cost, found.gap) == (38, 0)
    assert found.certificate is not None
    assert found.certificate.holds


def test_no_cheaper_plan_is_feasible_by_brute_force() -> None:
    """Every cheaper plan of three stations, run by the runner of studies and its measures."""
    target = 0.97
    centre = load_text(CENTRE.replace("1 working day", "2 working h"))
    found = find_staff(centre, target)
    assert found.certificate is not None
    assert found.certificate.holds
    assert not found.unreachable
    posts = found.posts
    assert found.bound is not None
    cheaper = [
        staff for staff in product(*(range(one.least, 7) for one in posts))
        if cost_of(posts, staff) < found.bound
    ]  # fmt: skip
    assert cheaper
    policies = {}
    scenario = centre
    for staff in cheaper:
        name = "-".join(map(str, staff))
        scenario = staffed(scenario, posts, staff, f"p{name}")
        policies[f"p{name}"] = staff
    summary = sim.run(scenario, policies, replications=SAMPLE).summary()
    rates = summary.query("scope == 'all' and measure == 'on_time_rate'")["estimate"]
    assert len(rates) == len(cheaper)
    assert (rates < target).all()
    # What was found is as the runner of studies measures it, too.
    chosen = staffed(centre, posts, found.staff, "chosen")
    again = sim.run(chosen, ["chosen"], replications=SAMPLE).summary()
    (rate,) = again.query("scope == 'all' and measure == 'on_time_rate'")["estimate"]
    own = {point.staff: point.estimate for point in found.frontier}
    assert own.get(found.staff, rate) == pytest.approx(rate)


def test_citizens_who_are_turned_away_are_not_a_way_to_keep_limits() -> None:
    """Without officers at the counter nobody is accepted, so that no accepted dossier is late."""
    impatient = CENTRE.replace("kind: counter,", "kind: counter, patience: {exponential: 20 min},")
    found = find_staff(load_text(impatient), 0.9, least={"city.counter": 0})
    assert found.plan["city.counter"] >= 2


def test_shared_posts_are_not_closed_together() -> None:
    with_pool = CENTRE.replace(
        "    stations: {counter", "    pools: {help: {staff: 1, serves: [counter, signing]}}\n"
        "    stations: {counter"
    )  # fmt: skip
    scenario = load_text(with_pool)
    for found in (find_staff(scenario, 0.5), find_staff(scenario, budget=7)):
        plan = found.plan
        assert plan["city.counter"] + plan["city.help"] >= 2
        assert plan["city.signing"] + plan["city.help"] >= 1
        # 8 h at the counter and 5.3 h of signing on a day of 7.5 h
        assert plan["city.counter"] + plan["city.help"] + plan["city.signing"] >= 2


@pytest.mark.parametrize(("volume", "target"), [(52, 0.97), (74, 0.9985), (50, 0.99)])
def test_a_plan_that_was_refuted_is_not_tried_again(
    volume: int, target: float, tmp_path: Path
) -> None:
    """One officer more does what nearly was not enough; each plan has one row of fresh years."""
    path = Path(__file__).parents[1] / "scenarios" / "first-steps.yaml"
    text = path.read_text("utf-8").replace("per_working_day: 25", f"per_working_day: {volume}")
    found = find_staff(load_text(text), target, out=tmp_path)
    assert not found.unreachable
    assert found.certificate is not None
    assert found.certificate.holds
    fresh: dict[Staff, list[int]] = {}
    for line in (tmp_path / "trials.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["replication"] > SAMPLE:
            fresh.setdefault(tuple(row["staff"]), []).append(row["replication"])
    held = {staff: sorted(years) for staff, years in fresh.items() if len(years) >= LOOKS[0]}
    assert len(held) >= found.certificate.attempt
    for years in held.values():
        gaps = np.diff(years)
        assert np.count_nonzero(gaps > 1) <= 1  # its own, and those of a dearer plan's neighbour


def test_what_no_bad_year_carries_is_not_bounded() -> None:
    """100 % in each replication bounds the share of bad years, not what they lose."""
    found = certify(Demand(0.99, "pooled", 0.95), lambda n: rows([1.0] * n))
    assert found.holds
    assert found.low is None
    assert found.bad_years == 0
    assert found.replications > LOOKS[0]


def test_bounds_of_none_are_bounds(centre: Scenario) -> None:
    found = find_staff(centre, 0.9, least={"city.signing": 0}, most={"city.signing": 0})
    assert "--max city.signing=0" in found.unreachable
    assert found.plan["city.signing"] == 0


def test_without_limits_there_is_no_rate() -> None:
    text = CENTRE.replace("    time_limit: 1 working day\n", "")
    for ask in (partial(find_staff, target=0.9), partial(find_staff, budget=9)):
        message = message_of(partial(ask, load_text(text)))
        assert message.startswith("`on_time_rate` has no value in some replication")


def test_neighbours_are_one_officer_cheaper_and_the_frontier_rises(centre: Scenario) -> None:
    found = find_staff(centre, 0.97)
    for near in found.neighbours:
        assert near.cost == found.cost - 1
        assert sum(near.staff) == sum(found.staff) - 1
        assert near.rate.replications == SAMPLE
    costs = [point.cost for point in found.frontier]
    assert costs == sorted(set(costs))
    for point in found.frontier:
        assert point.low <= point.estimate <= point.high
        assert point.chance is not None
        assert (point.chance * SAMPLE) % 1 == pytest.approx(0)


def test_what_is_asked_by_years_is_certified_by_years(centre: Scenario) -> None:
    found = find_staff(centre, 0.9, reading="year")
    assert found.certificate is not None
    assert found.certificate.replications == 153
    assert found.certificate.bad_years is not None
    assert found.certificate.bad_years <= 3
    assert found.cost >= find_staff(centre, 0.9).cost


def test_a_target_that_no_staff_reaches_says_what_binds() -> None:
    """The paper is away for two days, and due after one."""
    away = CENTRE.replace(
        "      - {at: city.signing", "      - {wait: 2 working days}\n      - {at: city.signing"
    )
    found = find_staff(load_text(away), 0.9)
    assert found.certificate is None
    assert "citizen" in found.unreachable
    assert found.rate.estimate is not None
    assert found.rate.estimate < 0.9


def test_more_budget_keeps_no_fewer_limits(centre: Scenario) -> None:
    rates = []
    for budget in (5, 6, 8):
        found = find_staff(centre, budget=budget)
        assert found.cost <= budget
        assert found.certificate is None
        assert found.rate.estimate is not None
        rates.append(found.rate.estimate)
    assert rates == sorted(rates)


# What is kept, killed and gone on


def test_trials_that_are_kept_are_not_run_again(centre: Scenario, tmp_path: Path) -> None:
    first = find_staff(centre, 0.97, out=tmp_path)
    file = tmp_path / "trials.jsonl"
    lines = file.read_text("utf-8").splitlines()
    assert len(lines) == first.trials
    assert find_staff(centre, 0.97, out=tmp_path) == first
    assert file.read_text("utf-8").splitlines() == lines
    # A kill cuts off the last line, and loses what came after another.
    file.write_text("\n".join(lines[:40]) + "\n" + lines[40][:30], "utf-8")
    assert find_staff(centre, 0.97, out=tmp_path) == first
    assert len(file.read_text("utf-8").splitlines()) == len(lines)
    # What is recorded of another target changes nothing.
    assert find_staff(centre, 0.9, out=tmp_path) == find_staff(centre, 0.9)
    assert find_staff(centre, 0.97, out=tmp_path) == first
    # --fresh begins anew.
    assert find_staff(centre, 0.97, out=tmp_path, fresh=True) == first


def test_trials_of_another_scenario_are_not_taken(centre: Scenario, tmp_path: Path) -> None:
    find_staff(centre, 0.9, out=tmp_path)
    recorded = (tmp_path / "trials.jsonl").read_text("utf-8")
    busier = load_text(CENTRE.replace("per_working_day: 40", "per_working_day: 60"))
    sim.run(busier, replications=1, out=tmp_path, fresh=True)
    assert not (tmp_path / "trials.jsonl").exists()
    (tmp_path / "trials.jsonl").write_text(recorded, "utf-8")
    assert find_staff(busier, budget=9, out=tmp_path) == find_staff(busier, budget=9)


def test_a_damaged_line_and_another_scenario_are_refused(centre: Scenario, tmp_path: Path) -> None:
    find_staff(centre, 0.9, out=tmp_path)
    other = load_text(CENTRE.replace("per_working_day: 40", "per_working_day: 41"))
    assert "holds another study" in message_of(lambda: find_staff(other, 0.9, out=tmp_path))
    file = tmp_path / "trials.jsonl"
    file.write_text('{"measure": "on_time_rate"}\n' + file.read_text("utf-8"), "utf-8")
    assert "line 1, is damaged" in message_of(lambda: find_staff(centre, 0.9, out=tmp_path))


def is_larger(file: Path, size: int) -> bool:
    return file.exists() and file.stat().st_size > size


def test_a_search_that_is_killed_goes_on_to_the_same_plan(
    centre: Scenario, tmp_path: Path, onestop: Onestop
) -> None:
    (tmp_path / "centre.yaml").write_text(CENTRE, "utf-8")
    command = ["staff", "centre.yaml", "--target", "97%", "-q", "--json"]
    file = tmp_path / "s" / "trials.jsonl"
    for size in (1, 10_000, 20_000):
        with onestop_process(tmp_path, *command, "-o", "s") as process:
            wait_until(process, partial(is_larger, file, size))
            process.kill()
    after = done(onestop(*command, "-o", "s")).json
    assert after == done(onestop(*command, "-o", "whole")).json
    assert after["plan"] == find_staff(centre, 0.97).plan


# The command


def test_every_reading_can_be_named_on_the_command_line() -> None:
    from sim.cli.options import Reading as Named
    from sim.staffing.sample import Reading

    assert get_args(Named) == get_args(Reading)


def test_a_plan_as_json(onestop: Onestop) -> None:
    found = done(onestop("staff", "centre.yaml", "--target", "97%", "--json")).json
    assert found["plan"].keys() == {"city.counter", "city.land", "city.signing"}
    assert found["cost"] == sum(found["plan"].values())
    assert found["on_time_rate"]["low"] <= found["on_time_rate"]["estimate"]
    assert found["certificate"]["holds"] is True
    assert found["gap"] == found["cost"] - found["bound"]
    assert found["unreachable"] is None
    assert found["replications"] > 0
    json.dumps(found, allow_nan=False)


def test_a_plan_in_words(onestop: Onestop) -> None:
    outcome = done(onestop("staff", "centre.yaml", "--target", "97%", "--cost", "city.land=2"))
    for words in ("Trung tâm nhỏ: officers for on_time_rate of 97.00 % or more", "city.land",
                  "Certified on", "95 % sure that", "What each cost buys"):  # fmt: skip
        assert words in outcome.out
    assert "What each post needs" in outcome.err
    assert "Certifying a cost of" in outcome.err


def test_a_target_beyond_reach_exits_with_1(tmp_path: Path, onestop: Onestop) -> None:
    away = CENTRE.replace(
        "      - {at: city.signing", "      - {wait: 2 working days}\n      - {at: city.signing"
    )
    (tmp_path / "away.yaml").write_text(away, "utf-8")
    outcome = onestop("staff", "away.yaml", "--target", "90%")
    assert outcome.code == 1
    assert "Unreachable by staffing, because late dossiers lose their time so" in outcome.out
    assert "citizen" in outcome.out


def test_where_officers_beyond_those_of_today_do_most_good(onestop: Onestop) -> None:
    found = done(onestop("staff", "centre.yaml", "--budget", "+2", "--json")).json
    assert found["target"] is None
    assert found["certificate"] is None
    added = {name: found["plan"][name] - count for name, count in found["today"].items()}
    assert all(count >= 0 for count in added.values())
    assert sum(added.values()) <= 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give --target, such as --target 99%, or --budget; one of them"),
        (["--target", "99%", "--budget", "9"], "give --target"),
        (["--target", "1.5"], "write a share between 0 and 100 %"),
        (["--budget", "many"], "--budget many: write a number"),
        (["--budget", "3"], "a budget of 3 is too small: the work alone needs"),
        (["--target", "9%", "--measure", "wait"], "`wait` is no rate of dossiers"),
        (["--target", "9%", "--measure", "three_visits_rate"], "is no rate of dossiers"),
        (["--target", "9%", "--station", "city.lnd"], "--station city.lnd: no station"),
        (["--target", "9%", "--cost", "city.lnd=2"], "--cost city.lnd: no such station"),
        (["--target", "9%", "--cost", "city.land=0"], "an officer costs more than 0"),
        (["--target", "9%", "--max", "city.land=1"], "at most 1 officers, but its work needs 2"),
        (["--target", "9%", "--min", "city.land=3", "--max", "city.land=2"], "but at least 3"),
        (
            ["--target", "9%", "--station", "city.land", "--station", "city.land@city"],
            "its officers are among those of city.land",
        ),
        (["--budget", "inf"], "a budget is a number above 0"),
        (["--target", "9%", "--min", "city.land=x"], "`x` is not a whole number"),
        (["--target", "9%", "--min", "city.land"], "write STATION=N"),
        (["--target", "9%", "--confidence", "40%"], "a confidence is a share of 50 %"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line(options: list[str], message: str, onestop: Onestop) -> None:
    text = refused(onestop("staff", "centre.yaml", *options))
    assert message in text
    assert len(text.splitlines()) == 1 or "Usage" in text
