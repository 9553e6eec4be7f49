"""The commands, as the person at the terminal meets them."""

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest
from commands import (
    Onestop,
    Outcome,
    done,
    onestop_beside,
    onestop_process,
    refused,
    wait_until,
)  # fmt: skip

import sim
import sim.cli
from sim.experiment import runner
from sim.experiment.replicate import Result, Task, replicate
from sim.scenario.load import load

FIRST_STEPS = Path(__file__).parents[1] / "scenarios" / "first-steps.yaml"
TEXT = """\
name: Phường nhỏ
period: {from: 2021-03-01, to: 2021-03-05}
seed: 3
replications: 2
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
levels: {ward: {calendar: office, stations: {reception: {kind: counter}, clerk: {staff: 1}}}}
procedures:
  birth:
    {received_at: ward, volume: {per_working_day: 25}, time_limit: 1 working day,
     route: [{at: ward.reception, work: 10 min}, {at: ward.clerk, work: {exponential: 17 min}}]}
policies:
  second-clerk: [{staff: {ward.clerk: {add: 1}}}]
  two-at-the-counter: [{staff: {ward.reception: {add: 1}}}]
"""
PUBLISHED = """\
published:
  - {value: 90%, source: a yearbook, measure: on_time_rate, use: calibrated}
  - {value: 1234, source: seeds/office#all, measure: received, scope: level, name: ward,
     use: held_back}
"""
ALONE = TEXT[: TEXT.index("policies:")]
STUDY_KEYS = {"format", "scenario", "seed", "engine", "replications", "measures"}
MEASURE_KEYS = {"policy", "scope", "name", "measure", "estimate", "low", "high", "replications"}


onestop = onestop_beside(ward=TEXT)


def values(outcome: Outcome, part: str = "measures") -> dict[tuple[str, ...], Any]:
    """Give the estimates of one JSON object by policy, scope, name and measure."""
    return {
        (row["policy"], row["scope"], row["name"], row["measure"]): row["estimate"]
        for row in outcome.json[part]
    }


def policies_of(outcome: Outcome) -> list[str]:
    return list(dict.fromkeys(row["policy"] for row in outcome.json["measures"]))


# Results go to standard output, everything else to standard error


def test_run_prints_its_results_and_names_the_study_and_the_next_command(onestop: Onestop) -> None:
    found = done(onestop("run", "ward.yaml"))
    for word in ("Phường nhỏ, 2 replications", "on_time_rate", "ward.clerk", "utilisation"):
        assert word in found.out
    (line,) = found.err.splitlines()
    match = re.fullmatch(r"Study: (studies/Phường-nhỏ-[0-9a-f]{8})\. Next: onestop plot \1", line)
    assert match is not None
    assert Path(match[1], "study.json").is_file()


def test_run_prints_the_pools_where_there_are_any(onestop: Onestop) -> None:
    assert "Pools" not in done(onestop("run", "ward.yaml")).out
    pooled = TEXT.replace(
        "policies:\n",
        "policies:\n  one-floor: [{pool: {at: ward, name: floor, stations: [reception, clerk]}}]\n",
    )
    Path("pooled.yaml").write_text(pooled, "utf-8")
    found = done(onestop("run", "pooled.yaml", "--policy", "one-floor"))
    _, _, pools = found.out.partition("Pools, one-floor")
    (row,) = re.findall(r"^ ward\.floor .*$", pools, re.MULTILINE)
    estimate = values(done(onestop("run", "pooled.yaml", "--policy", "one-floor", "--json")))
    busy = estimate["one-floor", "pool", "ward.floor", "utilisation"]
    assert row.split()[1:3] == [f"{100 * busy:.2f}", "%"]


def test_quiet_prints_the_same_results_and_nothing_else(onestop: Onestop) -> None:
    for command in ("run", "compare"):
        plain = done(onestop(command, "ward.yaml"))
        quiet = done(onestop(command, "ward.yaml", "-q"))
        assert quiet.out == plain.out
        assert quiet.err == ""


def test_what_is_not_a_terminal_gets_no_colour_and_no_progress_bar(onestop: Onestop) -> None:
    found = done(onestop("compare", "ward.yaml"))
    assert "\x1b" not in found.out + found.err
    assert "\r" not in found.out + found.err
    assert len(found.err.splitlines()) == 1


def test_compare_prints_policies_and_differences(onestop: Onestop) -> None:
    found = done(onestop("compare", "ward.yaml"))
    assert "Differences from base" in found.out
    measures, _, differences = found.out.partition("Differences from base")
    for table in (measures, differences):
        assert "second-clerk" in table
        assert "two-at-the-counter" in table
    assert "Published figures" not in found.out


def test_a_comparison_of_some_keeps_the_summary_of_all(onestop: Onestop) -> None:
    done(onestop("compare", "ward.yaml", "-o", "s"))
    whole = Path("s/summary.csv").read_bytes()
    done(onestop("compare", "ward.yaml", "-o", "s", "--policy", "second-clerk"))
    assert Path("s/summary.csv").read_bytes() == whole


def test_scenarios_are_compared_under_their_files_names(onestop: Onestop, tmp_path: Path) -> None:
    busier = TEXT.replace("per_working_day: 25", "per_working_day: 30").replace(
        "seed: 3", "seed: 4"
    )
    (tmp_path / "busy.yaml").write_text(busier, "utf-8")
    outcome = done(onestop("compare", "ward.yaml", "busy.yaml", "-o", "both", "--json"))
    policies = ("base", "second-clerk", "two-at-the-counter")
    labels = [f"{name}:{policy}" for name in ("ward", "busy") for policy in policies]
    assert policies_of(outcome) == labels
    assert "busy: seed and replications are those of the first" in outcome.err
    found = outcome.json
    assert {row["against"] for row in found["differences"]} == {"ward:base"}
    # the same numbers as of the scenarios alone, with one seed
    for name in ("ward", "busy"):
        alone = done(onestop("compare", f"{name}.yaml", "--seed", "3", "--json"))
        for (policy, *place), value in values(alone).items():
            assert values(outcome)[f"{name}:{policy}", *place] == value
    named = done(
        onestop("compare", "ward.yaml", "busy.yaml", "--policy", "second-clerk",
                "--against", "busy:base", "-o", "both", "--json")
    )  # fmt: skip
    wanted = {"busy:base", "ward:second-clerk", "busy:second-clerk"}
    assert set(policies_of(named)) == wanted
    assert "outcomes.png" in done(onestop("plot", "both", "--figure", "outcomes")).out
    assert done(onestop("verify", "both/busy")).out.endswith("as it was recorded.\n")


def test_several_scenarios_are_kept_nowhere_else(onestop: Onestop, tmp_path: Path) -> None:
    done(onestop("run", "ward.yaml", "-o", "study"))
    before = Path("study/summary.csv").read_bytes()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", "utf-8")
    for folder in ("study", "mine"):
        text = refused(onestop("compare", "ward.yaml", str(FIRST_STEPS), "-o", folder, "-q"))
        assert f"{folder} is not empty and holds no comparison" in text
    assert Path("study/summary.csv").read_bytes() == before
    assert [file.name for file in Path("mine").iterdir()] == ["notes.txt"]


def test_a_damaged_mark_of_several_scenarios_is_told(onestop: Onestop, tmp_path: Path) -> None:
    (tmp_path / "both").mkdir()
    (tmp_path / "both" / "compared.json").write_text("[", "utf-8")
    assert "compared.json is damaged" in refused(onestop("plot", "both"))


def test_scenarios_of_one_file_name_are_refused(onestop: Onestop, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "ward.yaml").write_text(TEXT, "utf-8")
    assert "two scenarios have one file name" in refused(
        onestop("compare", "ward.yaml", "other/ward.yaml")
    )
    assert "--difference-precision is of one scenario" in refused(
        onestop("compare", "ward.yaml", str(FIRST_STEPS), "--difference-precision",
                "on_time_rate=1%")
    )  # fmt: skip


def test_brackets_in_names_are_letters(onestop: Onestop, tmp_path: Path) -> None:
    text = TEXT.replace("name: Phường nhỏ", 'name: "[bold]Phường[/x] nhỏ"')
    (tmp_path / "named.yaml").write_text(text, "utf-8")
    for command in ("run", "compare"):
        assert "[bold]Phường[/x] nhỏ" in done(onestop(command, "named.yaml")).out


def test_who_flipped_is_named_in_a_file(onestop: Onestop) -> None:
    found = done(onestop("compare", "ward.yaml", "-n", "3", "--flipped", "2", "-o", "s"))
    assert "Dossiers that flipped against base" in found.out
    flips = pd.read_csv("s/flipped.csv")
    assert set(flips["replication"]) <= {1, 2}
    assert set(flips["policy"]) <= {"second-clerk", "two-at-the-counter"}
    for policy, became in flips[["policy", "flipped"]].drop_duplicates().to_numpy().tolist():
        count = ((flips["policy"] == policy) & (flips["flipped"] == became)).sum()
        assert re.search(rf"{policy} +{became} +{count} ", found.out)


def test_a_target_has_a_chance_to_be_reached(onestop: Onestop) -> None:
    found = done(onestop("compare", "ward.yaml", "-n", "4", "--target", "80%", "--json")).json
    assert found["target"] == 0.8
    rates = pd.concat(
        pd.read_parquet(file) for file in Path("studies").rglob("measures/*/*.parquet")
    ).query("scope == 'all' and measure == 'on_time_rate'")
    for row in found["chances"]:
        own = rates[rates["policy"] == row["policy"]]["value"]
        assert row["estimate"] == (own >= 0.8).mean()
        assert row["low"] <= row["estimate"] <= row["high"]
    for wrong in ("101%", "0", "many", "99"):
        assert "write a share between 0 and 100 %" in refused(
            onestop("compare", "ward.yaml", "--target", wrong)
        )


def test_published_figures_stand_beside_the_simulated(onestop: Onestop, tmp_path: Path) -> None:
    (tmp_path / "ward.yaml").write_text(TEXT + PUBLISHED, "utf-8")
    for command in ("run", "compare"):
        simulated = values(done(onestop(command, "ward.yaml", "--json")))
        found = done(onestop(command, "ward.yaml")).out
        _, _, table = found.partition("Published figures")
        on_time, received = (
            next(line for line in table.splitlines() if line.strip().startswith(measure))
            for measure in ("on_time_rate", "received")
        )
        rate = simulated["base", "all", "all", "on_time_rate"]
        for word in ("90.00 %", f"{100 * rate:.2f} %", "calibrated", "a yearbook"):
            assert word in on_time
        number = f"{simulated['base', 'level', 'ward', 'received']:.1f}"
        for word in ("1\u202f234", number, "held back", "seeds/office#all", "(ward)"):
            assert word in received


# JSON


def test_run_as_json_is_one_object_with_its_keys(onestop: Onestop) -> None:
    found = done(onestop("run", "ward.yaml", "--json")).json
    assert found.keys() == STUDY_KEYS
    assert found["format"] == 1
    assert found["scenario"] == "Phường nhỏ"
    assert (found["seed"], found["replications"]) == (3, 2)
    assert isinstance(found["engine"], str)
    for row in found["measures"]:
        assert row.keys() == MEASURE_KEYS
        assert row["policy"] == "base"
        assert row["low"] is None or row["low"] <= row["estimate"] <= row["high"]
    measured = {(row["scope"], row["name"], row["measure"]) for row in found["measures"]}
    assert len(measured) == len(found["measures"])
    assert ("all", "all", "on_time_rate") in measured
    assert ("level", "ward", "received") in measured
    assert ("procedure", "birth", "received") in measured
    assert ("channel", "counter", "received") in measured
    assert ("station", "ward.clerk", "utilisation") in measured


def test_compare_as_json_has_differences_too(onestop: Onestop) -> None:
    outcome = done(onestop("compare", "ward.yaml", "--json"))
    found = outcome.json
    assert found.keys() == STUDY_KEYS | {"differences", "leaders"}
    assert policies_of(outcome) == ["base", "second-clerk", "two-at-the-counter"]
    estimates, differences = values(outcome), values(outcome, "differences")
    for row in found["differences"]:
        assert row.keys() == MEASURE_KEYS | {"against", "p_adjusted"}
        assert row["against"] == "base"
        assert row["policy"] != "base"
        assert row["p_adjusted"] is None or 0 <= row["p_adjusted"] <= 1
    for (policy, *place), difference in differences.items():
        mine, base = estimates[policy, *place], estimates["base", *place]
        if difference is not None and mine is not None and base is not None:
            assert difference == pytest.approx(mine - base, rel=1e-9, abs=1e-9)
    received = ("all", "all", "received")
    assert differences["second-clerk", *received] == 0


def test_what_is_missing_is_null(onestop: Onestop) -> None:
    found = done(onestop("compare", "ward.yaml", "--json", "-n", "1")).json
    for row in found["measures"] + found["differences"]:
        assert row["low"] is None
        assert row["high"] is None
    late = [row for row in found["measures"] if row["measure"] == "resolved_late"]
    lateness = [row for row in found["measures"] if row["measure"] == "lateness_working_hours_mean"]
    for counted, mean in zip(late, lateness, strict=True):
        assert (mean["estimate"] is None) == (counted["estimate"] == 0)


# Options


def test_the_same_seed_gives_the_same_json_and_another_another(onestop: Onestop) -> None:
    def run(*options: str) -> str:
        return done(onestop("run", "ward.yaml", "--json", "--fresh", "-o", "s", *options)).out

    default = run()
    assert run("--seed", "3") == default
    other = run("--seed", "4")
    assert json.loads(other)["seed"] == 4
    assert json.loads(other)["measures"] != json.loads(default)["measures"]


def test_the_number_of_processes_changes_nothing(onestop: Onestop) -> None:
    one = done(onestop("compare", "ward.yaml", "--json", "-j", "1", "-o", "one"))
    two = done(onestop("compare", "ward.yaml", "--json", "-j", "2", "-o", "two"))
    assert one.out == two.out
    assert Path("one/differences.csv").read_bytes() == Path("two/differences.csv").read_bytes()


def test_n_is_the_number_of_replications(onestop: Onestop) -> None:
    found = done(onestop("run", "ward.yaml", "--json", "-n", "3", "-o", "s")).json
    assert found["replications"] == 3
    counts = [r["replications"] for r in found["measures"] if r["measure"] == "received"]
    assert set(counts) == {3}
    assert len(list(Path("s/measures/base").iterdir())) == 3


def test_run_takes_one_policy(onestop: Onestop) -> None:
    found = done(onestop("run", "ward.yaml", "--json", "--policy", "second-clerk", "-o", "s"))
    assert policies_of(found) == ["second-clerk"]
    assert [path.name for path in Path("s/measures").iterdir()] == ["second-clerk"]
    compared = done(onestop("compare", "ward.yaml", "--json"))
    assert values(found).items() <= values(compared).items()


def test_compare_takes_policies_and_what_to_hold_them_against(onestop: Onestop) -> None:
    every = done(onestop("compare", "ward.yaml", "--json"))
    some = done(onestop("compare", "ward.yaml", "--json", "--policy", "second-clerk"))
    assert policies_of(some) == ["base", "second-clerk"]
    assert values(some).items() <= values(every).items()
    turned = done(onestop(
        "compare", "ward.yaml", "--json", "--policy", "base", "--against", "second-clerk"
    ))  # fmt: skip
    assert {row["against"] for row in turned.json["differences"]} == {"second-clerk"}
    place = ("all", "all", "turnaround_days_mean")
    there, back = values(some, "differences"), values(turned, "differences")
    assert there["second-clerk", *place] < 0
    assert back["base", *place] == -there["second-clerk", *place]


def test_the_study_goes_where_out_says_with_its_csv_files(onestop: Onestop) -> None:
    found = done(onestop("compare", "ward.yaml", "-o", "deep/er/study"))
    assert "Study: deep/er/study. Next: onestop plot deep/er/study" in found.err
    assert not Path("studies").exists()
    for name in ("summary.csv", "differences.csv"):
        assert Path("deep/er/study", name).read_bytes().startswith(b"\xef\xbb\xbfpolicy,")


def test_trace_keeps_the_traces_of_the_first_replications(onestop: Onestop) -> None:
    done(onestop("run", "ward.yaml", "--trace", "1", "-o", "s"))
    kept = {path.relative_to("s/traces").as_posix() for path in Path("s/traces").rglob("*.parquet")}
    assert kept == {"dossiers/base/000001.parquet", "steps/base/000001.parquet"}


def test_another_study_in_the_folder_is_refused_with_the_way_out(onestop: Onestop) -> None:
    done(onestop("run", "ward.yaml", "-o", "s"))
    refused = onestop("run", "ward.yaml", "-o", "s", "--seed", "9")
    assert refused.code == 2
    assert refused.out == ""
    (line,) = refused.err.splitlines()
    assert line.startswith("s holds another study")
    assert "-o" in line
    assert "--fresh" in line
    assert done(onestop("run", "ward.yaml", "-o", "s", "--seed", "9", "--fresh", "--json")).json[
        "seed"
    ] == 9  # fmt: skip


# What the person got wrong


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nowhere.yaml"], "nowhere.yaml: no such file"),
        (["run", "."], ".: is a folder"),
        (
            ["run", "ward.yaml", "--policy", "second-clrk"],
            "there is no policy `second-clrk` (did you mean `second-clerk`?)",
        ),
        (
            ["compare", "ward.yaml", "--against", "nothing"],
            "there is no policy `nothing`; there is: base, second-clerk, two-at-the-counter",
        ),
        (
            ["run", "ward.yaml", "-o", "ward.yaml"],
            "ward.yaml is a file; name a folder for the study",
        ),
        (
            ["run", "ward.yaml", "-o", "ward.yaml/study"],
            "ward.yaml/study cannot be written: Not a directory",
        ),
        (["run", "ward.yaml", "-o", "."], ". is not empty and not a study; name another folder"),
        (["plot", "nowhere"], "nowhere is not a folder; name the study that `onestop run` printed"),
        (["plot", "."], ". is not a study: it has no study.json"),
        (["new", "ward.yaml"], "ward.yaml is there already; name a new file"),
        (["new", "no/where.yaml"], "no/where.yaml cannot be written: No such file or directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_that_says_what_is_wrong(
    arguments: Sequence[str], message: str, onestop: Onestop
) -> None:
    assert refused(onestop(*arguments)) == message


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], ["SCENARIO"]),
        (["run", "ward.yaml", "--frobnicate"], ["--frobnicate"]),
        (["run", "ward.yaml", "-n", "0"], ["--replications", "x>=1"]),
        (["run", "ward.yaml", "-n", "many"], ["--replications", "'many'"]),
        (["run", "ward.yaml", "--seed", "-1"], ["--seed", "-1"]),
        (["run", "ward.yaml", "-j", "0"], ["--jobs", "x>=1"]),
        (["run", "ward.yaml", "--trace", "-1"], ["--trace", "x>=0"]),
        (["frobnicate"], ["frobnicate"]),
        (["plot", "s", "--format", "pdf"], ["--format", "png", "svg"]),
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_one_error_that_names_it(
    arguments: Sequence[str], words: Sequence[str], onestop: Onestop
) -> None:
    lines = refused(onestop(*arguments)).splitlines()
    errors = [line for line in lines if line.startswith("Error: ")]
    assert len(errors) == 1
    for word in words:
        assert word in errors[0]
    assert any("--help" in line for line in lines)


def test_every_problem_of_a_scenario_is_a_line_with_its_place(
    onestop: Onestop, tmp_path: Path
) -> None:
    wrong = TEXT.replace("work: 10 min", "work: 10").replace("time_limit: 1 ", "timelimit: 1 ")
    wrong = wrong.replace("to: 2021-03-05", "to: 2021-02-31")
    (tmp_path / "wrong.yaml").write_text(wrong, "utf-8")
    lines = refused(onestop("run", "wrong.yaml")).splitlines()
    found = [re.fullmatch(r"wrong\.yaml:(\d+):(\d+): (\S+): (.+)", line) for line in lines]
    assert [(int(match[1]), match[3]) for match in found if match] == [
        (2, "period.to"),
        (9, "procedures.birth.timelimit"),
        (10, "procedures.birth.route.0.work"),
    ]
    assert len(lines) == 3
    assert "did you mean `time_limit`?" in lines[1]
    assert "no unit" in lines[2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "wrong.yaml: is not UTF-8 but UTF-16; save it as UTF-8"),
        (b"", "wrong.yaml:1:1: is empty"),
        (b"- a list", "wrong.yaml:1:1: is not a mapping of keys to values; begin with `period: …`"),
    ],
    ids=["not text", "empty", "a list"],
)
def test_what_is_not_a_scenario_is_said(
    content: bytes, message: str, onestop: Onestop, tmp_path: Path
) -> None:
    (tmp_path / "wrong.yaml").write_bytes(content)
    assert refused(onestop("compare", "wrong.yaml")) == message


def test_a_policy_that_does_not_fit_is_said_once_and_in_its_place(
    onestop: Onestop, tmp_path: Path
) -> None:
    wrong = TEXT.replace("{ward.clerk: {add: 1}}", "{ward.clrk: {add: 1}}")
    (tmp_path / "wrong.yaml").write_text(wrong, "utf-8")
    (line,) = refused(onestop("run", "wrong.yaml")).splitlines()
    assert line.startswith("wrong.yaml:12:")
    assert line.count("policies.second-clerk") == 1
    assert "there is no station or pool `ward.clrk` (did you mean `ward.clerk`?)" in line


@pytest.mark.parametrize(
    "wrong",
    [
        PUBLISHED.replace("on_time_rate", "on_time"),
        PUBLISHED.replace("scope: level", "scope: levels"),
        PUBLISHED.replace("name: ward", "name: wrad"),
    ],
    ids=["measure", "scope", "name"],
)
def test_a_published_figure_of_nothing_that_is_measured_is_refused(
    wrong: str, onestop: Onestop, tmp_path: Path
) -> None:
    (tmp_path / "wrong.yaml").write_text(TEXT + wrong, "utf-8")
    (line,) = refused(onestop("run", "wrong.yaml")).splitlines()
    assert any(f"`{word}`" in line for word in ("on_time", "levels", "wrad"))


def test_compare_needs_a_policy(onestop: Onestop, tmp_path: Path) -> None:
    (tmp_path / "alone.yaml").write_text(ALONE, "utf-8")
    (line,) = refused(onestop("compare", "alone.yaml")).splitlines()
    assert "no policy to hold against `base`" in line
    assert "under `policies:` in alone.yaml" in line


def test_compare_of_a_policy_with_itself_does_not_deny_the_others(onestop: Onestop) -> None:
    for options in (["--policy", "base"], ["--policy=second-clerk", "--against=second-clerk"]):
        (line,) = refused(onestop("compare", "ward.yaml", *options)).splitlines()
        assert "--policy" in line


def test_a_replication_that_fails_is_one_line_and_another_exit_code(
    onestop: Onestop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("no officer")

    monkeypatch.setattr("sim.experiment.replicate.simulate", broken)
    found = onestop("run", "ward.yaml", "-j", "1", "-n", "1")
    assert (found.code, found.out) == (3, "")
    (line,) = found.err.splitlines()
    for word in ("replication 1", "base", "seed 3", "no officer"):
        assert word in line


def test_a_study_that_cannot_be_written_is_one_line(onestop: Onestop) -> None:
    done(onestop("run", "ward.yaml", "-o", "s"))
    Path("s/summary.csv").unlink()
    Path("s/summary.csv").mkdir()
    found = onestop("run", "ward.yaml", "-o", "s", "-n", "3")
    assert found.code in {2, 3}
    assert len(found.err.splitlines()) == 1


# new


def test_new_writes_a_scenario_that_loads_and_compares(onestop: Onestop) -> None:
    found = done(onestop("new", "mine.yaml"))
    assert found.out == ""
    assert found.err == "mine.yaml written. Next: onestop compare mine.yaml\n"
    scenario = load("mine.yaml")
    assert scenario.policies
    assert Path("mine.yaml").read_text("utf-8").count("#") > 5
    compared = done(onestop("compare", "mine.yaml", "-n", "2", "--json"))
    assert policies_of(compared) == ["base", *scenario.policies]
    assert all(
        estimate > 0 for place, estimate in values(compared).items() if place[3] == "resolved"
    )


def test_new_keeps_a_file_that_is_there(onestop: Onestop) -> None:
    before = Path("ward.yaml").read_bytes()
    refused(onestop("new", "ward.yaml"))
    assert Path("ward.yaml").read_bytes() == before


# plot


def test_plot_draws_the_figures_of_a_study(onestop: Onestop) -> None:
    done(onestop("compare", "ward.yaml", "-o", "s"))
    found = done(onestop("plot", "s"))
    drawn = found.out.splitlines()
    assert drawn
    assert found.err == ""
    for name in drawn:
        file = Path(name)
        assert file.parent == Path("s/figures")
        assert file.read_bytes().startswith(b"\x89PNG")
    chosen = Path(drawn[0]).stem
    found = done(onestop("plot", "s", "--figure", chosen, "--format", "svg"))
    assert found.out == f"s/figures/{chosen}.svg\n"
    assert "<svg" in Path(f"s/figures/{chosen}.svg").read_text("utf-8")
    wrong = refused(onestop("plot", "s", "--figure", chosen[:-1]))
    assert f"did you mean `{chosen}`?" in wrong


# Help


def test_help_tells_every_command_and_each_its_options(onestop: Onestop) -> None:
    shown = done(onestop("--help")).out
    for name in sim.cli.onestop.list_commands(None):  # type: ignore[arg-type]
        assert re.search(rf"^  {name}  +\w", shown, re.MULTILINE), name
        for option in ("-h", "--help"):
            assert done(onestop(name, option)).out.startswith("Usage: ")
    assert {"new", "run", "compare", "plot"} <= set(sim.cli.onestop.list_commands(None))  # type: ignore[arg-type]


def test_version(onestop: Onestop) -> None:
    assert done(onestop("--version")).out == f"onestop, version {sim.__version__}\n"


# On terminals and streams of other kinds


@pytest.mark.parametrize("command", ["run", "compare"])
def test_a_stream_that_cannot_show_vietnamese_gets_the_results(
    command: str, onestop: Onestop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a terminal or a redirected file on Windows, which is not always UTF-8."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    assert onestop(command, "ward.yaml").code == 0
    assert b"on_time_rate" in raw.getvalue()


# Ctrl-C


def interrupt_third(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ctrl-C come during the third replication."""
    begun = 0

    def interrupted(task: Task) -> Result:
        nonlocal begun
        begun += 1
        if begun == 3:
            raise KeyboardInterrupt
        return replicate(task)

    monkeypatch.setattr(runner, "replicate", interrupted)


def test_after_ctrl_c_the_same_command_goes_on_with_what_is_missing(
    onestop: Onestop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        interrupt_third(patch)
        stopped = onestop("run", "ward.yaml", "-n", "5", "-j", "1", "-o", "s")
    assert (stopped.code, stopped.out) == (130, "")
    (line,) = stopped.err.splitlines()
    assert "kept in s" in line
    kept = {path: path.stat().st_mtime_ns for path in Path("s/measures").rglob("*.parquet")}
    assert {path.name for path in kept} == {"000001.parquet", "000002.parquet"}
    whole = done(onestop("run", "ward.yaml", "-n", "5", "-o", "s", "--json"))
    assert whole.out == done(onestop("run", "ward.yaml", "-n", "5", "-o", "t", "--json")).out
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_after_ctrl_c_a_shorter_run_ends_and_its_next_command_works(
    onestop: Onestop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        interrupt_third(patch)
        assert onestop("run", "ward.yaml", "-n", "5", "-o", "s").code == 130
    assert "Next: onestop plot s" in done(onestop("run", "ward.yaml", "-n", "2", "-o", "s")).err
    done(onestop("plot", "s", "--figure", "outcomes"))


def test_the_next_command_can_be_pasted_into_a_shell(onestop: Onestop) -> None:
    line = done(onestop("run", "ward.yaml", "-o", "my study")).err
    _, _, command = line.partition("Next: ")
    assert shlex.split(command) == ["onestop", "plot", "my study"]
    line = done(onestop("new", "my ward.yaml")).err
    _, _, command = line.partition("Next: ")
    assert shlex.split(command) == ["onestop", "compare", "my ward.yaml"]


# In a process of its own


def ctrl_c(process: subprocess.Popen[str]) -> None:
    """Interrupt a command as a terminal does: it and its workers."""
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.parametrize("arguments", [["--help"], ["run"], ["run", "--json"]], ids=" ".join)
def test_a_closed_pipe_ends_silently(arguments: list[str], tmp_path: Path) -> None:
    """As ``onestop … | head -c 10``, when `head` is already gone."""
    (tmp_path / "ward.yaml").write_text(TEXT, "utf-8")
    options = ["ward.yaml", "-q", "-j", "1", "-n", "1"] if "run" in arguments else []
    reader, writer = os.pipe()
    os.close(reader)
    with onestop_process(tmp_path, *arguments, *options, stdout=writer) as process:
        os.close(writer)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_the_module_is_the_command(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(TEXT.replace("10 min", "10"), "utf-8")
    with onestop_process(tmp_path, "run", "wrong.yaml") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("wrong.yaml:10:")
    assert len(err.splitlines()) == 1


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(
    tmp_path: Path, onestop: Onestop
) -> None:
    command = ["run", str(FIRST_STEPS), "-o", "s"]
    measures = tmp_path / "s" / "measures" / "base"
    with onestop_process(tmp_path, *command, "-j", "2", "-n", "5000") as process:
        wait_until(process, lambda: any(measures.glob("0*.parquet")))
        assert any(measures.glob("0*.parquet"))
        ctrl_c(process)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    (line,) = err.splitlines()
    assert "kept in s" in line
    assert "the same command goes on" in line
    for path in (path for path in Path("s").rglob("[!.]*") if path.is_file()):
        assert path.suffix in {".json", ".parquet"}, path
        if path.suffix == ".parquet":
            assert len(pd.read_parquet(path))
    # The same command, of fewer replications, so that the suite does not wait for all of them.
    few = done(onestop(*command, "-n", "2", "--json"))
    alone = done(onestop("run", str(FIRST_STEPS), "-n", "2", "--json", "-o", "alone"))
    assert few.out == alone.out


def test_ctrl_c_does_not_wait_for_long_replications(tmp_path: Path) -> None:
    busy = TEXT.replace("per_working_day: 25", "per_working_day: 3000")
    busy = busy.replace("to: 2021-03-05", "to: 2021-12-31")
    (tmp_path / "busy.yaml").write_text(busy, "utf-8")
    with onestop_process(tmp_path, "run", "busy.yaml", "-j", "2", "-o", "s") as process:
        wait_until(process, (tmp_path / "s" / "study.json").exists)
        ctrl_c(process)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    *warnings, interrupted = err.splitlines()
    assert all(": warning: " in line for line in warnings)
    assert interrupted.startswith("Interrupted")


def test_every_engine_can_be_named_on_the_command_line(onestop: Onestop) -> None:
    from sim.cli.options import Engine as Named
    from sim.engine import Engine

    assert get_args(Named) == get_args(Engine)
    study = ("-n", "1", "--json", "--fresh", "-o", "s")
    found = {
        engine: done(onestop("run", str(FIRST_STEPS), "--engine", engine, *study)).json
        for engine in ("compiled", "reference")
    }
    assert {engine: result.pop("engine") for engine, result in found.items()} == {
        engine: engine for engine in found
    }
    assert found["compiled"] == found["reference"]
