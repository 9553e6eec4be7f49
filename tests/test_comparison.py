"""Studies summed up, and policies compared on the same citizens."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.comparison import chances_to_reach, compare, flipped
from sim.docket import draw
from sim.engine import simulate
from sim.errors import InputError
from sim.experiment import Study, run
from sim.experiment.study import Plan
from sim.network import build
from sim.scenario.load import load_text
from sim.scenario.schema import Scenario

KEY = ["scope", "name", "measure"]
RATES = {
    "on_time_rate": ("resolved_early resolved_on_time", "resolved_late open_overdue"),
    "on_time_rate_of_resolved": ("resolved_early resolved_on_time", "resolved_late"),
    "early_rate": ("resolved_early", "resolved_on_time resolved_late"),
    "in_time_rate": (
        "resolved_early resolved_on_time open_within_limit",
        "resolved_late open_overdue",
    ),
}
"""Counts above, and those that are only below, as rule 19 has them."""

TEXT = """\
period: {from: 2021-03-01, to: 2021-03-12}
warm_up: 7 days
demand_cv: 5%
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
levels:
  city:
    calendar: office
    stations:
      reception: {kind: counter, staff: 2, patience: {exponential: 3 h}}
      desk: {staff: 2, absence: 10%}
procedures:
  birth:
    field: civil
    received_at: city
    volume: {per_working_day: 13}
    time_limit: 1 working day
    route: [{at: city.reception, work: 10 min}, {at: city.desk, work: {exponential: 80 min}}]
  rare:
    received_at: city
    volume: {in_period: 2}
    time_limit: 4 working h
    route: [{at: city.desk, work: {exponential: 3 h}}]
policies:
  nothing: {about: Nobody more, changes: [{staff: {city.desk: {add: 0}}}]}
  renamed: [{set: {about: The same offices under other words}}]
  nothing-twice: {combine: [nothing, renamed]}
  more: [{staff: {city.desk: {add: 1}}}]
  many: [{staff: {city.desk: {set: 9}}}]
"""
REPLICATIONS = 6
"""Few enough for Student's t with Bonferroni's correction, which any table can be asked."""
AT_ONCE = 1 - 0.05 / 5
"""The confidence of each of the five policies' intervals."""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_text(TEXT)


@pytest.fixture(scope="module")
def study(scenario: Scenario) -> Study:
    policies = ("base", "nothing", "more", "renamed", "nothing-twice", "many")
    return run(scenario, policies, REPLICATIONS)


@pytest.fixture(scope="module")
def differences(study: Study) -> pd.DataFrame:
    """Against the base."""
    return compare(study).differences


def table(study: Study, policy: str) -> pd.DataFrame:
    """Give a policy's measures: a row for each replication, a column for each measure."""
    own = study.measures[study.measures["policy"] == policy]
    return own.pivot_table(
        index="replication", columns=KEY, values="value", dropna=False, sort=True
    )


def column(of: pd.DataFrame, scope: str, name: str, word: str) -> np.ndarray[Any, Any]:
    return of[(scope, name, word)].to_numpy(np.float64)


def pooled(of: pd.DataFrame, scope: str, name: str, rate: str) -> float:
    """Give a rate over all replications: a sum over a sum."""
    above, rest = (
        sum(column(of, scope, name, word).sum() for word in words.split()) for words in RATES[rate]
    )
    return float(above / (above + rest)) if above + rest else math.nan


@dataclass(frozen=True)
class Row:
    """One estimate of a summary or a comparison."""

    estimate: float
    low: float
    high: float
    replications: int
    p_adjusted: float


def by_key(rows: pd.DataFrame, policy: str) -> dict[tuple[str, str, str], Row]:
    """Look up a policy's rows by scope, name and measure."""
    own = rows[rows["policy"] == policy].to_dict("records")
    return {
        (row["scope"], row["name"], row["measure"]): Row(
            *(row.get(word.name, math.nan) for word in fields(Row))
        )
        for row in own
    }


# A policy that changes nothing


@pytest.mark.parametrize("policy", ["nothing", "renamed", "nothing-twice"])
def test_a_policy_that_changes_nothing_differs_by_exactly_0_with_an_interval_of_0(
    study: Study, differences: pd.DataFrame, policy: str
) -> None:
    own = differences.query("policy == @policy")
    known = own[own["estimate"].notna()]
    assert (known[["estimate", "low", "high"]] == 0).all(axis=None)
    assert (known["p_adjusted"] == 1).all()
    # what is missing is missing in the base too: nothing was ever to be measured
    values = study.by_policy["base"]
    never = values.index[values.isna().all(axis=1)]
    missing = own[own["estimate"].isna()].set_index(KEY).index
    assert set(missing) == set(never)
    assert len(known) > 10 * len(missing)


def test_a_policy_that_changes_nothing_has_the_same_measures_in_each_replication(
    study: Study,
) -> None:
    pd.testing.assert_frame_equal(table(study, "base"), table(study, "nothing"))
    pd.testing.assert_frame_equal(table(study, "base"), table(study, "nothing-twice"))


def test_more_officers_see_the_same_citizens(differences: pd.DataFrame) -> None:
    """Who comes does not depend on who serves: arrivals differ by exactly 0."""
    found = by_key(differences, "many")
    received = found["procedure", "rare", "received"]  # accepted on arrival, at a desk
    assert (received.estimate, received.low, received.high) == (0, 0, 0)
    served = found["station", "city.reception", "served"]
    assert (served.estimate, served.low, served.high) == (0, 0, 0)


def test_enough_officers_are_seen_to_help(differences: pd.DataFrame) -> None:
    found = by_key(differences, "many")
    assert found["all", "all", "on_time_rate"].low > 0
    assert found["all", "all", "turnaround_working_hours_mean"].high < 0
    assert found["station", "city.desk", "wait_minutes_mean"].high < 0
    assert found["station", "city.desk", "utilisation"].high < 0


# Differences from the measures alone


@pytest.mark.parametrize("policy", ["more", "many"])
@pytest.mark.parametrize(
    "key",
    [
        ("all", "all", "resolved_late"),
        ("all", "all", "turnaround_days_mean"),
        ("procedure", "rare", "turnaround_days_mean"),
        ("station", "city.desk", "utilisation"),
        ("office_station", "city.desk@city", "queue_mean"),
        ("field", "civil", "late_waiting_hours"),
    ],
)
def test_differences_of_means_are_paired_by_replication(
    study: Study, differences: pd.DataFrame, policy: str, key: tuple[str, str, str]
) -> None:
    pairs = column(table(study, policy), *key) - column(table(study, "base"), *key)
    pairs = pairs[~np.isnan(pairs)]
    found = by_key(differences, policy)[key]
    assert found.estimate == pytest.approx(pairs.mean())
    interval = stats.ttest_1samp(pairs, 0).confidence_interval(AT_ONCE)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.replications == pairs.size


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("place", [("all", "all"), ("procedure", "rare"), ("field", "civil")])
def test_differences_of_rates_are_differences_of_pooled_rates(
    study: Study, differences: pd.DataFrame, rate: str, place: tuple[str, str]
) -> None:
    found = by_key(differences, "more")[(*place, rate)]
    expected = pooled(table(study, "more"), *place, rate) - pooled(
        table(study, "base"), *place, rate
    )
    assert found.estimate == pytest.approx(expected)
    assert found.low <= found.estimate <= found.high


@pytest.mark.parametrize("rate", RATES)
def test_the_interval_of_a_difference_of_rates_is_near_that_of_the_jackknife(
    study: Study, differences: pd.DataFrame, rate: str
) -> None:
    """Leaving each replication out in turn gives its part in the error without any formula."""
    more, base = table(study, "more"), table(study, "base")

    def difference(rows: list[int]) -> float:
        return pooled(more.loc[rows], "all", "all", rate) - pooled(
            base.loc[rows], "all", "all", rate
        )

    everyone = more.index.tolist()
    n = len(everyone)
    left_out = np.array([difference([r for r in everyone if r != out]) for out in everyone])
    error = math.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    found = by_key(differences, "more")["all", "all", rate]
    half = stats.t.ppf(0.5 + AT_ONCE / 2, n - 1) * error
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.25)


def test_the_progress_score_is_20_times_the_rate(study: Study, differences: pd.DataFrame) -> None:
    """Rule 19, for the estimates, the differences and their intervals."""
    for rows in (study.summary(), differences):
        for policy in ("more", "many"):
            found = by_key(rows, policy)
            for place in (("all", "all"), ("procedure", "rare")):
                rate, score = found[(*place, "in_time_rate")], found[(*place, "progress_766")]
                for side in ("estimate", "low", "high"):
                    assert getattr(score, side) == pytest.approx(20 * getattr(rate, side))


def test_p_values_are_adjusted_for_all_policies_of_one_measure(
    study: Study, differences: pd.DataFrame
) -> None:
    key = ("station", "city.desk", "utilisation")
    policies = [policy for policy in study.plan.policies if policy != "base"]
    alone = {}
    for policy in policies:
        pairs = column(table(study, policy), *key) - column(table(study, "base"), *key)
        alone[policy] = float(stats.ttest_1samp(pairs, 0).pvalue) if pairs.any() else 1.0
    expected: dict[str, float] = {}
    worst = 0.0
    for rank, policy in enumerate(sorted(policies, key=alone.__getitem__)):
        worst = min(1.0, max(worst, (len(policies) - rank) * alone[policy]))
        expected[policy] = worst
    found = {policy: by_key(differences, policy)[key].p_adjusted for policy in policies}
    assert found == pytest.approx(expected)


# What a comparison does not depend on


def test_the_order_of_policies_does_not_matter(scenario: Scenario, study: Study) -> None:
    turned = run(scenario, ("many", "more", "base"), REPLICATIONS)
    short = run(scenario, ("base", "more", "many"), REPLICATIONS)
    order = ["policy", *KEY]
    one, other = (
        compare(of).differences.sort_values(order, ignore_index=True) for of in (turned, short)
    )
    pd.testing.assert_frame_equal(one, other)
    here, there = (of.summary().sort_values(order, ignore_index=True) for of in (turned, short))
    pd.testing.assert_frame_equal(here, there)
    # nor who else is compared, but for what is adjusted for their number
    among_others = compare(study).differences.query("policy in ['more', 'many']")
    among_others = among_others.sort_values(order, ignore_index=True)
    adjusted = ["p_adjusted", "low", "high"]
    pd.testing.assert_frame_equal(one.drop(columns=adjusted), among_others.drop(columns=adjusted))


def test_a_comparison_the_other_way_round_turns_the_sign(study: Study) -> None:
    forth = by_key(compare(study, "base").differences, "more")
    back = by_key(compare(study, "more").differences, "base")
    assert forth.keys() == back.keys()
    for key, row in forth.items():
        expected = (-row.estimate, -row.high, -row.low)
        found = (back[key].estimate, back[key].low, back[key].high)
        assert found == pytest.approx(expected, nan_ok=True)


def test_a_comparison_says_against_what(study: Study) -> None:
    found = compare(study, against="more")
    assert found.against == "more"
    assert set(found.differences["against"]) == {"more"}
    assert set(found.differences["policy"]) == set(study.plan.policies) - {"more"}


def test_a_replication_does_not_depend_on_how_many_there_are(
    scenario: Scenario, study: Study
) -> None:
    few = run(scenario, ("more",), 2)
    pd.testing.assert_frame_equal(table(few, "more"), table(study, "more").loc[[1, 2]])


def test_a_comparison_needs_the_base_and_another_policy(scenario: Scenario) -> None:
    alone = run(scenario, ("base",), 1)
    with pytest.raises(InputError, match="only `base`"):
        compare(alone)
    with pytest.raises(InputError, match="no policy `more`"):
        compare(alone, against="more")


def test_with_one_replication_there_are_estimates_but_no_intervals(scenario: Scenario) -> None:
    one = run(scenario, ("base", "many"), 1)
    for rows in (one.summary(), compare(one).differences):
        known = rows[rows["estimate"].notna()]
        assert len(known) > 0
        assert rows["low"].isna().all()
        assert rows["high"].isna().all()
        assert (known["replications"] == 1).all()
    assert compare(one).differences["p_adjusted"].isna().all()


# Summaries


def test_a_summary_estimates_means_with_students_t(study: Study) -> None:
    found = by_key(study.summary(), "base")
    for key in (
        ("all", "all", "received"),
        ("all", "all", "turnaround_days_p90"),
        ("procedure", "rare", "turnaround_days_mean"),
        ("station", "city.reception", "left"),
    ):
        values = column(table(study, "base"), *key)
        values = values[~np.isnan(values)]
        interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        row = found[key]
        assert row.estimate == pytest.approx(values.mean())
        assert (row.low, row.high) == pytest.approx((interval.low, interval.high))
        assert row.replications == values.size


def test_a_summary_has_every_measure_of_every_policy_once(study: Study) -> None:
    rows = study.summary()
    assert not rows.duplicated(["policy", *KEY]).any()
    first = study.measures["replication"] == 1
    assert len(rows) == first.sum()


@pytest.mark.parametrize("policy", ["base", "more", "many"])
@pytest.mark.parametrize("rate", RATES)
def test_a_summary_pools_rates(study: Study, policy: str, rate: str) -> None:
    found = by_key(study.summary(), policy)
    for place in (("all", "all"), ("procedure", "birth"), ("procedure", "rare")):
        expected = pooled(table(study, policy), *place, rate)
        assert found[(*place, rate)].estimate == pytest.approx(expected, nan_ok=True)


def kept(scenario: Scenario, counts: dict[str, list[dict[str, float]]]) -> Study:
    """Make a study of given counts, by policy and replication."""
    words = {word for above, rest in RATES.values() for word in f"{above} {rest}".split()}
    zero = dict.fromkeys([*sorted(words), "resolved", "to_resolve"], 0.0)
    rates = dict.fromkeys([*RATES, "resolution_rate", "progress_766"], math.nan)
    rows = [
        (policy, number, "all", "all", word, value)
        for policy, replications in counts.items()
        for number, given in enumerate(replications, 1)
        for word, value in {**zero, **given, **rates}.items()
    ]
    measures = pd.DataFrame(rows, columns=["policy", "replication", *KEY, "value"])
    replications = len(next(iter(counts.values())))
    plan = Plan(scenario, tuple(counts), replications, 1, "reference")
    return Study(plan, measures, measures.iloc[:0])


SMALL = [{"resolved_early": 1.0}, {"resolved_late": 8.0, "open_overdue": 1.0}]


def test_rates_are_sums_over_sums_not_means_of_rates(scenario: Scenario) -> None:
    """1 of 1 in one replication and 0 of 9 in the other are 1 of 10."""
    found = by_key(kept(scenario, {"base": SMALL}).summary(), "base")
    assert found["all", "all", "on_time_rate"].estimate == pytest.approx(1 / 10)
    assert found["all", "all", "on_time_rate_of_resolved"].estimate == pytest.approx(1 / 9)
    assert found["all", "all", "early_rate"].estimate == pytest.approx(1 / 9)
    assert found["all", "all", "resolved_late"].estimate == 4


def test_differences_of_rates_are_pooled_too(scenario: Scenario) -> None:
    better = [{"resolved_early": 1.0}, {"resolved_on_time": 9.0}]
    of = kept(scenario, {"base": SMALL, "better": better})
    found = by_key(compare(of).differences, "better")
    assert found["all", "all", "on_time_rate"].estimate == pytest.approx(9 / 10)
    assert found["all", "all", "early_rate"].estimate == pytest.approx(1 / 10 - 1 / 9)


def test_a_rate_that_no_replication_has_is_missing_and_so_is_its_difference(
    scenario: Scenario,
) -> None:
    of = kept(scenario, {"base": SMALL, "closed": [{}, {}]})
    assert math.isnan(by_key(of.summary(), "closed")["all", "all", "on_time_rate"].estimate)
    found = by_key(compare(of).differences, "closed")
    assert math.isnan(found["all", "all", "on_time_rate"].estimate)
    assert math.isnan(found["all", "all", "on_time_rate"].p_adjusted)
    assert found["all", "all", "resolved_late"].estimate == -4


def test_a_year_that_reaches_a_target_exactly_reaches_it(scenario: Scenario) -> None:
    """999 of 1000, and 99.9 / 100, which is not 0.999 but the next number in binary."""
    target = 99.9 / 100
    assert target > 0.999
    of = kept(scenario, {"base": [{"resolved_early": 1.0}] * 3})
    of.measures.loc[of.measures["measure"] == "on_time_rate", "value"] = [0.999, 0.998, math.nan]
    (chance,) = chances_to_reach(of, target).to_dict("records")
    assert (chance["estimate"], chance["replications"]) == (0.5, 2)


# Who flipped


def test_who_flipped_is_known_by_name(scenario: Scenario) -> None:
    """Citizen by citizen: late under one policy and not under the other, as rule 18 counts."""
    traces = {}
    for policy in ("base", "many"):
        network = build(scenario.with_policy(policy))
        traces[policy] = simulate(network, draw(network, 1, 2), "reference")
    found = flipped(traces["base"], traces["many"]).set_index("citizen")
    outcome = {
        policy: dict(zip(own["citizen"], own["outcome"], strict=True))
        for policy, own in ((policy, trace.dossiers) for policy, trace in traces.items())
    }
    late = {}
    for policy, trace in traces.items():
        own = trace.dossiers
        in_period = own["resolved"] >= pd.Timestamp("2021-03-01")
        is_late = (own["outcome"] == "late") & in_period | (own["outcome"] == "overdue")
        late[policy] = set(own["citizen"][is_late])
    assert late["base"] != late["many"]
    assert set(found.index) == late["base"] ^ late["many"]
    for citizen, row in found.iterrows():
        assert (row["flipped"] == "late") is (citizen in late["many"])
        assert row["outcome"] == outcome["many"][citizen]
        assert row["outcome_against"] == outcome["base"][citizen]
    assert flipped(traces["base"], traces["base"]).empty
