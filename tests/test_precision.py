"""When a study has enough replications."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Onestop, done, onestop_beside, refused
from hypothesis import given
from hypothesis import strategies as st
from studies import POLICIES, SCENARIO, TEXT, assert_same, files, message_of

from sim.experiment import Study, open_study, run
from sim.experiment.precision import FIRST_LOOK, Look, level, next_look

# The rule


def summary(measure: str, *rows: tuple[float, float, float]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["low", "estimate", "high"])
    policies = [f"policy-{number}" for number in range(len(rows))]
    return found.assign(policy=policies, scope="all", name="all", measure=measure)


def test_the_width_of_a_share_is_absolute_and_of_others_relative() -> None:
    of_rate = summary("on_time_rate", (0.90, 0.92, 0.94), (0.5, 0.55, 0.6))
    assert level("on_time_rate", 0.02).excess(of_rate) == pytest.approx(2.5)
    of_time = summary("wait_minutes_mean", (18.0, 20.0, 22.0), (9.0, 10.0, 11.0))
    assert level("wait_minutes_mean", 0.05).excess(of_time) == pytest.approx(2.0)


def test_only_what_is_over_all_dossiers_counts() -> None:
    found = summary("on_time_rate", (0.90, 0.92, 0.94), (0.1, 0.5, 0.9))
    found.loc[1, "scope"] = "procedure"
    assert level("on_time_rate", 0.02).excess(found) == pytest.approx(1.0)


def test_what_never_varies_is_precise() -> None:
    assert level("wait_minutes_mean", 0.05).excess(summary("wait_minutes_mean", (0, 0, 0))) == 0


def test_a_measure_without_an_interval_under_a_policy_is_refused() -> None:
    found = summary("on_time_rate", (0.9, 0.92, 0.94), (math.nan, math.nan, math.nan))
    found["policy"] = ["base", "no-limits"]
    goal = level("on_time_rate", 0.05)
    text = message_of(lambda: goal.excess(found))
    assert text.startswith("`on_time_rate` has no value under `no-limits`")
    assert goal.excess(found[:1]) == pytest.approx(0.4)


def test_a_look_that_finds_enough_is_confirmed_by_one_more() -> None:
    assert next_look([Look(20, 0.9)], 1000) == 30
    assert next_look([Look(20, 0.9), Look(30, 0.8)], 1000) is None
    assert next_look([Look(20, 0.9), Look(30, 1.1)], 1000) == 40
    assert next_look([Look(200, 0.9)], 1000) == 220


def test_the_next_look_is_where_the_width_would_be_narrow_enough_but_not_far() -> None:
    """The width falls with the root of the number of replications."""
    assert next_look([Look(100, 1.25)], 1000) == 157
    assert next_look([Look(100, 5.0)], 1000) == 200
    assert next_look([Look(100, 1.001)], 1000) == 110
    assert next_look([Look(100, math.inf)], 1000) == 200


@given(
    st.integers(FIRST_LOOK, 5000),
    st.floats(0, 100) | st.just(math.inf),
    st.integers(FIRST_LOOK, 5000),
)
def test_looks_go_on_to_the_end_and_never_beyond(n: int, excess: float, most: int) -> None:
    further = next_look([Look(n, excess)], most)
    if n >= most:
        assert further is None
    else:
        assert further is not None
        assert n < further <= most


def test_an_interval_that_is_reached_covers_what_it_should() -> None:
    """Means of normal numbers: a stop at a given width covers about as often as it says."""
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(1000):
        numbers = rng.normal(10.0, 2.0, 400)
        looks: list[Look] = []
        n: int | None = FIRST_LOOK
        while n is not None:
            here = numbers[:n]
            half = 1.96 * here.std(ddof=1) / math.sqrt(n)
            mean, last = here.mean(), n
            looks.append(Look(n, half / (0.05 * mean)))
            n = next_look(looks, 400)
        covered += abs(mean - 10.0) <= half
        assert last < 400
    assert 0.93 <= covered / 1000 <= 0.97


# Studies


def half_width(study: Study, policy: str) -> float:
    found = study.summary().query("scope == 'all' and measure == 'on_time_rate'")
    own = found[found["policy"] == policy]
    return float((own["high"] - own["low"]).iloc[0]) / 2


def test_a_study_is_extended_until_it_is_precise(tmp_path: Path) -> None:
    said: list[str] = []
    asked = {"on_time_rate": 0.03}
    study = run(SCENARIO, POLICIES, precision=asked, out=tmp_path / "s", say=said.append)
    count = study.plan.replications
    assert max(half_width(study, policy) for policy in POLICIES) <= 0.03
    assert 30 <= count < 1000
    assert said == [f"The precision asked for is reached with {count} replications."]
    whole = run(SCENARIO, POLICIES, replications=count, out=tmp_path / "whole")
    assert_same(study, whole)
    assert files(tmp_path / "s") == files(tmp_path / "whole")
    # In memory as in a folder, and from a folder that has some or more already.
    assert_same(run(SCENARIO, POLICIES, precision=asked), study)
    again = run(SCENARIO, POLICIES, precision=asked, out=tmp_path / "whole")
    assert again.plan.replications == count


def test_the_end_stops_a_study_that_does_not_get_there(tmp_path: Path) -> None:
    said: list[str] = []
    study = run(
        SCENARIO, precision={"wait_minutes_mean": 1e-6}, most=25, out=tmp_path, say=said.append
    )
    assert study.plan.replications == 25
    (line,) = said
    assert line.startswith("Stopped at 25 replications, before the precision asked for")
    assert open_study(tmp_path).plan.replications == 25


def test_the_first_look_is_where_intervals_can_be_trusted() -> None:
    text = message_of(lambda: run(SCENARIO, precision={"on_time_rate": 0.1}, replications=5))
    assert text == "a precision is looked at after 20 to 1000 replications, not 5"
    text = message_of(lambda: run(SCENARIO, precision={"on_time_rate": 0.1}, most=10))
    assert text == "a precision needs at least 20 replications, not 10"


def test_what_no_further_look_has_confirmed_is_said() -> None:
    said: list[str] = []
    run(SCENARIO, precision={"received": 0.9}, most=20, say=said.append)
    (line,) = said
    assert line.startswith("Stopped at 20 replications: the precision asked for is reached, but")


onestop = onestop_beside(ward=TEXT)


def test_compare_takes_a_precision_of_differences(onestop: Onestop) -> None:
    """As the measure is: hours, not parts of a difference that may be 0."""
    wanted = {"on_time_rate": 0.05, "turnaround_working_hours_mean": 0.5}
    command = ["compare", "ward.yaml", "--json", "-o", "s"]
    for measure, half in wanted.items():
        command += ["--difference-precision", f"{measure}={half}"]
    found = done(onestop(*command)).json
    assert found["replications"] >= FIRST_LOOK
    for row in found["differences"]:
        if row["scope"] == "all" and row["measure"] in wanted:
            assert (row["high"] - row["low"]) / 2 <= wanted[row["measure"]]
    # The same study as one of that many replications.
    alone = done(onestop("compare", "ward.yaml", "-n", str(found["replications"]), "--json",
                         "-o", "alone"))  # fmt: skip
    assert alone.json["differences"] == found["differences"]


def test_run_takes_a_precision(onestop: Onestop) -> None:
    found = done(
        onestop("run", "ward.yaml", "--precision", "on_time_rate=4%", "--precision",
                "turnaround_days_mean=0.1", "--json", "-o", "s")
    )  # fmt: skip
    assert found.json["replications"] >= 30
    assert "The precision asked for is reached" in found.err


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ("on_time_rate", "write MEASURE=HALFWIDTH, as on_time_rate=0.5%"),
        ("on_time=1%", "dossiers have no measure `on_time` (did you mean `on_time_rate`?)"),
        ("on_time_rate=", "`` is no half-width"),
        ("on_time_rate=0%", "`0%` is no half-width"),
        ("on_time_rate=-1", "`-1` is no half-width"),
        ("on_time_rate=nan", "`nan` is no half-width"),
        ("on_time_rate=narrow", "`narrow` is no half-width"),
    ],
)
def test_a_precision_that_cannot_be_read_is_said(onestop: Onestop, given_: str, said: str) -> None:
    text = refused(onestop("run", "ward.yaml", "--precision", given_))
    assert f"'--precision': {given_}: " in text
    assert said in text


def test_a_precision_given_twice_is_said(onestop: Onestop) -> None:
    twice = ["--precision", "on_time_rate=1%", "--precision", "on_time_rate=2%"]
    assert "`on_time_rate` is given twice" in refused(onestop("run", "ward.yaml", *twice))
