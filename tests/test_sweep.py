"""Sweeps: a grid of values, each point a policy, on the same citizens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from commands import Onestop, done, onestop_beside, refused
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from studies import SCENARIO, TEXT, described, files, message_of

from sim.cli.studying import value_of
from sim.cli.sweep import read_values
from sim.comparison import Comparison, compare
from sim.experiment import Study, open_study, run
from sim.experiment.study import KEY, resolved
from sim.scenario.load import load_text
from sim.scenario.measure_names import DOSSIER_MEASURES
from sim.scenario.policies import with_values
from sim.scenario.schema import Scenario
from sim.sweep import (
    by_effect,
    ends,
    grid,
    is_grid,
    is_one_at_a_time,
    measure_of,
    of_measure,
    points_of,
    tidy,
    with_points,
    written,
)

CLERK, LIMIT = "ward.clerk", "procedures.birth.time_limit"
VARIED: Mapping[str, list[Any]] = {CLERK: [1, 2], LIMIT: ["4 working h", "1 working day"]}
REPLICATIONS = 3

onestop = onestop_beside(ward=TEXT)


@cache
def swept() -> Study:
    """Two paths; the base has one clerk and a limit of one working day."""
    scenario = with_points(SCENARIO, grid(VARIED))
    return run(scenario, ("base", *scenario.policies), REPLICATIONS)


@cache
def compared() -> Comparison:
    return compare(swept())


def results(study: Study, policy: str) -> pd.DataFrame:
    table = study.measures
    return table[table["policy"] == policy].drop(columns="policy").reset_index(drop=True)


def by_values(study: Study) -> dict[frozenset[tuple[str, Any]], str]:
    return {frozenset(point.values.items()): point.policy for point in points_of(study.plan)}


# What is written as VALUES


@given(st.integers(-50, 50), st.integers(0, 60), st.integers(1, 20))
def test_a_range_has_both_ends_and_every_step_between(first: int, length: int, step: int) -> None:
    last = first + length
    assert read_values("", f"{first}..{last}..{step}") == list(range(first, last + 1, step))
    assert read_values("", f"{first}..{last}") == list(range(first, last + 1))


@given(st.integers(-300, 300), st.integers(0, 60), st.integers(1, 9))
def test_tenths_are_the_numbers_that_one_would_write(first: int, length: int, step: int) -> None:
    text = f"{first / 10}..{(first + length) / 10}..{step / 10}"
    expected = [float(f"{tenths / 10:.1f}") for tenths in range(first, first + length + 1, step)]
    assert read_values("", text) == expected


def test_whole_numbers_are_whole_and_others_are_not() -> None:
    assert all(isinstance(value, int) for value in read_values("", "8..12..2"))
    assert all(isinstance(value, float) for value in read_values("", "0.5..1.5..0.5"))


@pytest.mark.parametrize(
    "texts",
    [
        ["10 min", "15 min"],
        ["20%", "30%"],
        ["7"],
        ["1", "2.5", "-3"],
        ["true", "false"],
        ["2021-03-01..2021-03-03", "2021-04-01"],
        ["{exponential: 10 min}", "{uniform: [5 min, 9 min]}"],
        ['"a, b"', "c"],
    ],
)
def test_a_list_has_the_values_that_set_would_read(texts: list[str]) -> None:
    assert read_values("", ",".join(texts)) == [value_of("", text) for text in texts]


# The points


@given(
    st.dictionaries(
        st.text("abc.", min_size=1),
        st.lists(st.integers(), min_size=1, max_size=4, unique=True),
        min_size=1,
        max_size=3,
    )
)
def test_a_grid_has_every_combination_once(varied: dict[str, list[int]]) -> None:
    points = grid(varied)
    assert len(points) == prod(map(len, varied.values()))
    assert len({tuple(point.items()) for point in points}) == len(points)
    for point in points:
        assert list(point) == list(varied)
        assert all(value in varied[path] for path, value in point.items())


def test_ends_are_the_lowest_and_highest_or_the_first_and_last() -> None:
    varied: dict[str, list[Any]] = {
        "a": [3, 1, 2.5],
        "b": ["x", "z", "y"],
        "c": [4],
        "d": [True, False],
    }
    assert ends(varied) == [
        {"a": 1}, {"a": 3}, {"b": "x"}, {"b": "y"}, {"c": 4}, {"d": True}, {"d": False},
    ]  # fmt: skip


def test_each_point_is_a_policy_of_a_scenario_that_can_be_written_and_read_again() -> None:
    scenario = with_points(SCENARIO, grid(VARIED))
    assert Scenario.model_validate(json.loads(json.dumps(resolved(scenario)))) == scenario
    assert list(scenario.policies) == [
        "ward-clerk-1-procedures-birth-time_limit-4-working-h",
        "ward-clerk-1-procedures-birth-time_limit-1-working-day",
        "ward-clerk-2-procedures-birth-time_limit-4-working-h",
        "ward-clerk-2-procedures-birth-time_limit-1-working-day",
    ]


@pytest.mark.parametrize("values", [["0.5 x", "0-5 x"], ["-1 x", "1 x"], ["ữ" * 90, "ữ" * 91, "ý"]])
def test_names_that_are_alike_or_too_long_are_numbers(values: list[Any]) -> None:
    scenario = with_points(SCENARIO, grid({"about": values, "name": ["a"]}))
    points = grid({"about": values, "name": ["a"]})
    assert list(scenario.policies) == [f"point-{n}" for n, _ in enumerate(points, start=1)]


def test_what_was_varied_is_read_back_from_the_study() -> None:
    assert [dict(point.values) for point in points_of(swept().plan)] == grid(VARIED)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("procedures.permit.route.0.work", "{exponential: 9 min},12 min,{uniform: [5 min, 9 min]}"),
        ("procedures.permit.priority", "3,{1: 10%, 2: 90%}"),
        ("demand_cv", "0.10,0.2,20.0%"),
        ("ward.clerk@ward", "1..3"),
    ],
)
def test_values_of_any_kind_are_read_back_from_a_folder(
    path: str, text: str, tmp_path: Path
) -> None:
    values = {written(value): value for value in read_values("", text)}
    scenario = with_points(SCENARIO, grid({path: list(values.values())}))
    run(scenario, scenario.policies, 1, out=tmp_path / "s")
    points = points_of(open_study(tmp_path / "s").plan)
    assert [written(point.values[path]) for point in points] == list(values)


def test_one_number_written_in_two_ways_is_one() -> None:
    said = message_of(lambda: read_values("--vary demand_cv=0.10,1e-1", "0.10,1e-1"))
    assert said == "--vary demand_cv=0.10,1e-1: `0.1` is given twice"


def test_a_study_of_policies_is_no_sweep() -> None:
    text = TEXT + "  ward-clerk-2: [{staff: {ward.clerk: {set: 2}}}]\n"
    for policies in (["base"], ["base", "second-clerk"], ["base", "ward-clerk-2"]):
        assert points_of(run(load_text(text), policies, 1).plan) == []


def test_a_grid_and_one_at_a_time_are_told_apart() -> None:
    def points(varied: list[dict[str, Any]]) -> list[Any]:
        scenario = with_points(SCENARIO, varied)
        return points_of(run(scenario, scenario.policies, 1).plan)

    product, alone = points(grid(VARIED)), points(ends(VARIED))
    assert (is_grid(product), is_one_at_a_time(product)) == (True, False)
    assert (is_grid(alone), is_one_at_a_time(alone)) == (False, True)
    assert (is_grid([]), is_one_at_a_time([])) == (False, False)


def test_shares_that_add_to_one_are_varied_together() -> None:
    text = TEXT.replace(
        "levels:", "channels: {a: {calendar: office}, b: {calendar: office}}\nlevels:"
    )
    scenario = load_text(
        text.replace("time_limit: 1", "channels: {a: 50%, b: 50%}\n    time_limit: 1")
    )
    a, b = (f"procedures.birth.channels.{channel}" for channel in "ab")
    varied = with_points(scenario, [{a: "30%", b: "70%"}])
    (name,) = varied.policies
    assert varied.with_policy(name).procedures["birth"].channels == {"a": 0.3, "b": 0.7}
    assert f"{a}=40%,{b}=70%: " in message_of(lambda: with_points(scenario, [{a: "40%", b: "70%"}]))


# The numbers


@pytest.mark.parametrize("number", range(4))
def test_a_point_equals_a_run_of_what_it_sets(number: int) -> None:
    point = points_of(swept().plan)[number]
    values = {
        "levels.ward.stations.clerk.staff": point.values[CLERK], LIMIT: point.values[LIMIT],
    }  # fmt: skip
    alone = run(with_values(SCENARIO, values), ["base"], REPLICATIONS)
    assert_frame_equal(results(swept(), point.policy), results(alone, "base"), check_exact=True)


def test_the_bases_own_values_differ_by_exactly_nothing() -> None:
    same = by_values(swept())[frozenset({CLERK: 1, LIMIT: "1 working day"}.items())]
    differences = compared().differences
    own = differences[(differences["policy"] == same) & differences["estimate"].notna()]
    assert len(own) > len(DOSSIER_MEASURES)
    assert (own[["estimate", "low", "high"]] == 0).all(axis=None)


def test_in_which_order_paths_are_varied_changes_no_number() -> None:
    scenario = with_points(SCENARIO, grid({LIMIT: VARIED[LIMIT], CLERK: VARIED[CLERK]}))
    other = run(scenario, ("base", *scenario.policies), REPLICATIONS)
    theirs = by_values(other)
    assert theirs.keys() == by_values(swept()).keys()
    for values, policy in by_values(swept()).items():
        mine = results(swept(), policy)
        assert_frame_equal(mine, results(other, theirs[values]), check_exact=True)


def test_more_officers_at_one_counter_never_worsen_a_replications_wait() -> None:
    scenario = load_text("""
period: {from: 2021-03-01, to: 2021-03-12}
levels: {ward: {stations: {counter: {kind: counter}}}}
procedures:
  copies:
    {received_at: ward, volume: {per_year: 40000},
     route: [{at: ward.counter, work: {exponential: 14 min}}]}
""")
    scenario = with_points(scenario, grid({"ward.counter": [1, 2, 3, 4]}))
    study = run(scenario, scenario.policies, 5)
    waits = [
        study.by_policy[point.policy].xs(("all", "all", "wait_minutes_mean"))
        for point in points_of(study.plan)
    ]
    for fewer, more in pairwise(waits):
        assert (more <= fewer).all()
    assert (waits[-1] < waits[0]).all()


def test_the_table_has_what_the_summary_and_the_comparison_have() -> None:
    summary = swept().summary()
    table = tidy(swept(), summary, compared(), "received")
    columns = ["estimate", "low", "high", "difference", "difference_low", "difference_high"]
    assert list(table.columns) == [CLERK, LIMIT, *KEY, *columns, "replications"]
    assert len(table) == 4 * len(DOSSIER_MEASURES)
    assert set(table["measure"][:4]) == {"received"}
    points = {point.policy: point.values for point in points_of(swept().plan)}
    rows = {(row[CLERK], row[LIMIT], row["measure"]): row for row in table.to_dict("records")}
    for part, prefix in ((summary, ""), (compared().differences, "difference_")):
        chosen = part[(part["scope"] == "all") & part["policy"].isin(list(points))]
        for one in chosen.to_dict("records"):
            values = points[one["policy"]]
            row = rows[values[CLERK], values[LIMIT], one["measure"]]
            found = [
                row["difference" if prefix else "estimate"],
                row[f"{prefix}low"],
                row[f"{prefix}high"],
            ]
            assert found == pytest.approx([one["estimate"], one["low"], one["high"]], nan_ok=True)


def test_paths_of_the_largest_effect_are_first() -> None:
    alone = with_points(SCENARIO, ends({LIMIT: ["1 working day"], **VARIED, "about": ["x", "y"]}))
    study = run(alone, ("base", *alone.policies), REPLICATIONS)
    changed = of_measure(compare(study).differences, "on_time_rate")
    groups = by_effect(points_of(study.plan), changed)
    effects = [max(abs(changed["estimate"][point.policy]) for point in group) for group in groups]
    assert sorted(effects, reverse=True) == effects
    assert [list(group[0].values) for group in groups][-1] == ["about"]
    assert all(len({tuple(point.values) for point in group}) == 1 for group in groups)


# The command


def test_it_prints_a_row_a_point_and_the_next_command(onestop: Onestop) -> None:
    found = done(onestop("sweep", "ward.yaml", "--vary", "ward.clerk=1..3", "-n", "2", "-o", "s"))
    assert found.err.splitlines(keepends=True)[-1] == "Study: s. Next: onestop plot s\n"
    rows = [line.split() for line in found.out.splitlines()]
    assert [row[0] for row in rows if row and row[0] in {"base", "1", "2", "3"}] == [
        "base", "1", "2", "3",
    ]  # fmt: skip
    assert "Hai thủ tục, 2 replications" in found.out
    assert {"ward.clerk", "on_time_rate", "difference"} <= set(found.out.split())


def test_values_are_printed_as_they_are_written(onestop: Onestop) -> None:
    names = ["[a]", "[red]"]
    text = "procedures.birth.name=" + ",".join(f'"{name}"' for name in names)
    for option in ((), ("--tornado",)):
        out = done(onestop("sweep", "ward.yaml", "--vary", text, "-n", "1", *option)).out
        assert all(name in out for name in names)


def test_the_measure_that_is_asked_for_is_shown_and_drawn(onestop: Onestop, tmp_path: Path) -> None:
    command = ("sweep", "ward.yaml", "--vary", "ward.clerk=1..2", "-n", "2", "-o", "s")
    done(onestop(*command))
    assert measure_of(open_study(tmp_path / "s")) == "on_time_rate"
    found = done(onestop(*command, "--measure", "visits_mean"))
    assert "visits_mean" in found.out
    assert "on_time_rate" not in found.out
    assert measure_of(open_study(tmp_path / "s")) == "visits_mean"
    (tmp_path / "s" / "sweep.csv").write_text("")
    assert measure_of(open_study(tmp_path / "s")) == "on_time_rate"


def test_json_says_which_values_each_policy_has(onestop: Onestop) -> None:
    vary = ("--vary", "ward.clerk=1,2", "--vary", "demand_cv=0%,5.5%")
    found = done(onestop("sweep", "ward.yaml", *vary, "-n", "2", "--json")).json
    assert found["format"] == 1
    assert [point["values"] for point in found["points"]] == grid(
        {"ward.clerk": [1, 2], "demand_cv": ["0%", "5.5%"]}
    )
    policies = [point["policy"] for point in found["points"]]
    assert list(dict.fromkeys(row["policy"] for row in found["measures"])) == ["base", *policies]
    assert list(dict.fromkeys(row["policy"] for row in found["differences"])) == policies


def test_the_table_is_kept_in_the_study_so_that_spreadsheets_open_it(
    onestop: Onestop, tmp_path: Path
) -> None:
    vary = ("--vary", "ward.clerk@ward=1..2", "--vary", "name=Phường A,Phường B")
    found = done(onestop("sweep", "ward.yaml", *vary, "-n", "2", "-o", "s", "--json")).json
    file = tmp_path / "s" / "sweep.csv"
    assert file.read_bytes().startswith("\ufeffward.clerk@ward,name,scope,name,".encode())
    table = pd.read_csv(file, header=0, names=[*"ab", *KEY, *"cdefgh", "replications"])
    assert list(table["a"][:4]) == [1, 1, 2, 2]
    assert list(table["b"][:4]) == ["Phường A", "Phường B"] * 2
    rates = [row["estimate"] for row in found["measures"]
             if (row["scope"], row["measure"]) == ("all", "on_time_rate")]  # fmt: skip
    assert list(table["c"][:4]) == pytest.approx(rates[1:])


def test_a_tornado_varies_one_path_at_a_time(onestop: Onestop) -> None:
    vary = ("--vary", "ward.clerk=3,1,2", "--vary", "ward.reception=1..2",
            "--vary", f"{LIMIT}=4 working h,1 working day,2 days")  # fmt: skip
    command = ("sweep", "ward.yaml", "--tornado", *vary, "-n", "2", "-o", "s")
    values = [point["values"] for point in done(onestop(*command, "--json")).json["points"]]
    assert values == [
        {CLERK: 1}, {CLERK: 3}, {"ward.reception": 1}, {"ward.reception": 2},
        {LIMIT: "4 working h"}, {LIMIT: "2 days"},
    ]  # fmt: skip
    out = done(onestop(*command)).out
    assert all(path in out for path in (CLERK, LIMIT, "ward.reception", "lowest", "highest"))


def test_the_same_command_goes_on_and_every_number_is_verified(
    onestop: Onestop, tmp_path: Path
) -> None:
    command = ("sweep", "ward.yaml", "--vary", "ward.clerk=1..2", "-o", "s")
    done(onestop(*command, "-n", "1"))
    first = files(tmp_path / "s" / "measures")
    done(onestop(*command, "-n", "3"))
    later = files(tmp_path / "s" / "measures")
    assert first.items() <= later.items()
    assert len(later) == 9
    assert set(described(tmp_path / "s")["replications"].values()) == {3}
    assert "9 replications verified" in done(onestop("verify", "s")).out


def test_plot_draws_what_suits_a_sweep(onestop: Onestop) -> None:
    vary = ["--vary", "ward.clerk=1..4", "--vary", "ward.reception=1..2"]
    done(onestop("sweep", "ward.yaml", *vary, "-n", "1", "-o", "two"))
    assert done(onestop("plot", "two")).out == "two/figures/sweep.png\n"
    done(onestop("sweep", "ward.yaml", *vary, "--vary", "about=a", "-n", "1", "-o", "three"))
    assert refused(onestop("plot", "three")) == (
        "no figure suits three; name one with --figure, or read its sweep.csv"
    )
    assert done(onestop("plot", "three", "--figure", "open")).out == "three/figures/open.png\n"


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        (["ward.clerk"], "--vary ward.clerk: write PATH=VALUES, such as city.land=8..16"),
        (["=1"], "--vary =1: write PATH=VALUES"),
        (["ward.clerk="], "--vary ward.clerk=: has no value; write a range 8..16, or a list"),
        (["ward.clerk=1..2", "ward.clerk=4"], "--vary ward.clerk=4: `ward.clerk` is varied twice"),
        (["ward.clerk=3..1"], "--vary ward.clerk=3..1: the range descends"),
        (["ward.clerk=1..3..0"], "--vary ward.clerk=1..3..0: steps of 0 lead nowhere"),
        (["ward.clerk=1..3..-1"], "--vary ward.clerk=1..3..-1: steps of -1 lead nowhere"),
        (["ward.clerk=1.."], "--vary ward.clerk=1..: write a range as 8..16"),
        (["ward.clerk=2,1,2"], "--vary ward.clerk=2,1,2: `2` is given twice"),
        (["ward.clerk=1..1001"], "--vary ward.clerk=1..1001: 1,001 points; a sweep has at most"),
        (["ward.clerk=1..40", "ward.reception=1..30"],
         "--vary ward.clerk=1..40 --vary ward.reception=1..30: 1,200 points"),
        (["ward.clerk=1..2", "ward.reception=1,many"],
         "--vary ward.reception=many: `many` is not a whole number"),
        (["ward.clerk=0.5..2"], "--vary ward.clerk=0.5: `0.5` is not a whole number"),
        (["ward.clrk=1..2"], "--vary ward.clrk=1: there is no station or pool `ward.clrk` (did "
         "you mean `ward.clerk`?)"),
        (["ward.clerk@Hà Nội=1..2"], "--vary ward.clerk@Hà Nội=1: `ward` has no office"),
        (["procedures.brith.time_limit=1 day"], "--vary procedures.brith.time_limit=1 day: there "
         "is no `brith` (did you mean `birth`?)"),
        ([f"{LIMIT}=1 day,soon"], f"--vary {LIMIT}=soon: `soon` is not a time limit"),
        (["seed=1..3"], "--vary seed: `seed` is one for all points"),
        (["period.to=2021-03-05,2021-03-06"], "--vary period.to: `period` is one for all points"),
    ],
)  # fmt: skip
def test_what_cannot_be_varied_is_refused_in_one_line_before_anything_runs(
    vary: list[str], message: str, onestop: Onestop, tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())
    options = [part for one in vary for part in ("--vary", one)]
    said = refused(onestop("sweep", "ward.yaml", *options))
    assert said.startswith(message)
    assert "\n" not in said
    assert set(tmp_path.iterdir()) == before


def test_nothing_to_vary_and_an_unknown_measure_are_refused(onestop: Onestop) -> None:
    assert "Missing option '--vary'" in refused(onestop("sweep", "ward.yaml"))
    said = refused(onestop("sweep", "ward.yaml", "--vary", "ward.clerk=1", "--measure", "on_time"))
    assert "dossiers have no measure `on_time` (did you mean `on_time_rate`?)" in said
