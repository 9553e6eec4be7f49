"""`onestop check`, as the person at the terminal meets it."""

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import Onestop, Outcome, done, onestop_beside, onestop_process, refused

from sim.docket import NodeKind, draw
from sim.lint.replication import replication_of
from sim.network import build
from sim.scenario.load import load, read

ROOT = Path(__file__).parents[1]
UONG_BI = ROOT / "scenarios" / "uong-bi-2021.yaml"
BENCHMARKS = ROOT / "benchmarks"
QUIET = """\
name: Phường nhỏ
period: {from: 2021-03-01, to: 2021-03-31}
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
levels: {phường: {calendar: office, stations: {tiếp-nhận: {kind: counter, staff: 2}}}}
procedures:
  khai-sinh:
    {received_at: phường, volume: {per_working_day: 25}, time_limit: 1 working day,
     route: [{at: phường.tiếp-nhận, work: 10 min}]}
"""
ODD = QUIET.replace("work: 10 min", "work: 50 min").replace(
    "calendars: {", 'calendars: {tết: {hours: {sat: ["08:00-11:00"]}}, '
)
"""With two warnings: a calendar that nothing uses, and 479 h of work for 345 h."""
WRONG = QUIET.replace("staff: 2", "stff: 2").replace("at: phường.", "at: phưng.")
"""With two errors."""
SUMMARY = "no errors, no warnings; a replication takes about 575 dossiers, 575 steps, 260 MB\n"


onestop = onestop_beside(quiet=QUIET, odd=ODD, wrong=WRONG)


def test_a_good_scenario_is_one_line_on_standard_output(onestop: Onestop) -> None:
    """25 × 23 dossiers with a step each; the memory is the program's."""
    assert onestop("check", "quiet.yaml") == Outcome(0, f"quiet.yaml: {SUMMARY}", "")


def test_warnings_are_results_and_in_the_order_of_the_file(onestop: Onestop) -> None:
    found = done(onestop("check", "odd.yaml"))
    assert found.err == ""
    unused, overload, summary = found.out.splitlines()
    assert unused == (
        "odd.yaml:3:13: warning: calendars.tết: is used nowhere; use this calendar, or leave it out"
    )
    assert overload.startswith(
        "odd.yaml:4:48: warning: levels.phường.stations.tiếp-nhận: offered load 139 %: "
    )
    assert summary.startswith("odd.yaml: no errors, 2 warnings; a replication takes about 575 ")


def test_run_and_compare_tell_warnings_first(onestop: Onestop) -> None:
    """On standard error, under the policy that is run or held against; --quiet tells none."""
    policies = "policies: {more: [{staff: {phường.tiếp-nhận: {add: 1}}}]}\n"
    Path("odd.yaml").write_text(ODD + policies, "utf-8")

    def told(command: str, *options: str) -> bool:
        study = ("-n", "1", "-j", "1", "-o", "study", "--fresh")
        found = done(onestop(command, "odd.yaml", *study, *options))
        assert "warning" not in found.out
        return "warning: levels.phường.stations.tiếp-nhận: offered load 139 %" in found.err

    assert told("run")
    assert told("compare")
    assert not told("compare", "--against", "more", "--policy", "base")
    assert not told("run", "--policy", "more")
    assert not told("run", "--quiet")
    assert not told("run", "--set", "procedures.khai-sinh.route.tiếp-nhận.work=10 min")


def test_more_dossiers_than_any_machine_holds_are_refused(onestop: Onestop) -> None:
    """31 days of 10 million are 310 million; with 31 days of warm-up, twice as many."""
    Path("all.yaml").write_text(QUIET.replace("per_working_day: 25", "per_day: 10000000"), "utf-8")
    for command in ("check", "run"):
        line = refused(onestop(command, "all.yaml"))
        assert "khai-sinh.volume" in line
        assert "310,000,000 dossiers would come in a replication" in line
    line = refused(onestop("run", "all.yaml", "--set", "warm_up=31 days"))
    assert "620,000,000" in line
    done(onestop("check", "quiet.yaml"))


def test_errors_stand_alone_on_standard_error(onestop: Onestop) -> None:
    lines = refused(onestop("check", "wrong.yaml")).splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["wrong.yaml:4:75", "wrong.yaml:8:15"]
    assert "there is no key `stff` here (did you mean `staff`?)" in lines[0]
    assert "there is no station `phưng.tiếp-nhận` (did you mean `phường.tiếp-nhận`?)" in lines[1]


@pytest.mark.parametrize(
    ("files", "plain", "strict"),
    [
        (["quiet"], 0, 0),
        (["odd"], 0, 1),
        (["quiet", "odd"], 0, 1),
        (["wrong"], 2, 2),
        (["wrong", "odd"], 2, 2),
        (["odd", "nowhere"], 2, 2),
    ],
    ids=str,
)
def test_the_worst_of_several_files_is_the_exit_code(
    files: list[str], plain: int, strict: int, onestop: Onestop
) -> None:
    names = [f"{name}.yaml" for name in files]
    for options in ([], ["--json"], ["-q"]):
        assert onestop("check", *names, *options).code == plain
        assert onestop("check", *names, *options, "--strict").code == strict


def test_a_wrong_file_does_not_keep_the_others_from_being_checked(onestop: Onestop) -> None:
    found = onestop("check", "nowhere.yaml", "wrong.yaml", "quiet.yaml", "odd.yaml")
    assert found.code == 2
    errors = found.err.splitlines()
    assert errors[0] == "nowhere.yaml: no such file"
    assert len(errors) == 3
    assert all(line.startswith("wrong.yaml:") for line in errors[1:])
    alone = [onestop("check", name).out for name in ("quiet.yaml", "odd.yaml")]
    assert found.out == "".join(alone)


def test_quiet_leaves_the_warnings(onestop: Onestop) -> None:
    assert onestop("check", "-q", "quiet.yaml") == Outcome(0, "", "")
    plain = onestop("check", "odd.yaml").out.splitlines()
    assert onestop("check", "-q", "odd.yaml").out.splitlines() == plain[:-1]


def test_json_is_one_object(onestop: Onestop) -> None:
    found = done(onestop("check", "--json", "odd.yaml", "quiet.yaml"))
    assert found.err == ""
    assert found.json.keys() == {"format", "problems", "replications"}
    assert found.json["format"] == 1
    first, second = found.json["problems"]
    assert first == {
        "severity": "warning", "file": "odd.yaml", "line": 3, "column": 13, "path": "calendars.tết",
        "message": "is used nowhere; use this calendar, or leave it out",
    }  # fmt: skip
    assert second["path"] == "levels.phường.stations.tiếp-nhận"
    for row, name in zip(found.json["replications"], ("odd", "quiet"), strict=True):
        assert row.keys() == {"file", "dossiers", "steps", "memory_bytes"}
        assert (row["file"], row["dossiers"], row["steps"]) == (f"{name}.yaml", 575, 575)
        assert row["memory_bytes"] > 100_000_000


def test_json_has_the_errors_too_and_null_for_what_is_not_known(onestop: Onestop) -> None:
    found = onestop("check", "--json", "wrong.yaml", "nowhere.yaml")
    assert (found.code, found.err) == (2, "")
    *wrong, missing = found.json["problems"]
    assert {problem["severity"] for problem in (*wrong, missing)} == {"error"}
    assert [problem["line"] for problem in wrong] == [4, 8]
    assert missing == {
        "severity": "error", "file": "nowhere.yaml", "line": None, "column": None, "path": None,
        "message": "no such file",
    }  # fmt: skip
    nothing = {"dossiers": None, "steps": None, "memory_bytes": None}
    assert found.json["replications"] == [
        {"file": "wrong.yaml", **nothing}, {"file": "nowhere.yaml", **nothing},
    ]  # fmt: skip


def test_what_shows_only_on_a_network_has_its_place_too(onestop: Onestop, tmp_path: Path) -> None:
    """Nobody can come on a calendar that is closed throughout, in the base or under a policy."""
    closed = ODD.replace('sat: ["08:00-11:00"]', "sat: []")
    by_calendar = "channels: {counter: {calendar: tết}}\n"
    policy = "policies: {festive: [{set: {channels.counter.calendar: tết}}]}\n"
    for text, start in (
        (by_calendar, "unfit.yaml:6:3: procedures.khai-sinh.channels: nobody can come through"),
        (policy, "unfit.yaml:9:12: policies.festive: after its changes, procedures.khai-sinh."),
    ):
        (tmp_path / "unfit.yaml").write_text(closed + text, "utf-8")
        (line,) = refused(onestop("check", "unfit.yaml")).splitlines()
        assert line.startswith(start)


def test_a_policy_in_place_of_the_base(onestop: Onestop, tmp_path: Path) -> None:
    policy = "policies: {alone: [{staff: {phường.tiếp-nhận: {set: 0}}}]}\n"
    (tmp_path / "two.yaml").write_text(QUIET + policy, "utf-8")
    assert "no warnings" in done(onestop("check", "two.yaml")).out
    assert "nobody works here" in done(onestop("check", "two.yaml", "--policy", "alone")).out
    found = onestop("check", "two.yaml", "quiet.yaml", "--policy", "aloen")
    assert found.code == 2
    assert found.err == (
        "two.yaml: there is no policy `aloen` (did you mean `alone`?)\n"
        "quiet.yaml: there is no policy `aloen`; there is: base\n"
    )


def test_generated_offices_are_named(onestop: Onestop, tmp_path: Path) -> None:
    (tmp_path / "offices.csv").write_text("name,share\nQuang Trung,2\nThanh Sơn,1\n", "utf-8")
    levels = (
        "levels:\n"
        "  city: {offices: [Uông Bí, Đông Triều], calendar: office, stations: {desk: {}}}\n"
        "  tax: {within: city, calendar: office, stations: {desk: {}}}\n"
        "  ward: {within: city, offices: {each: 10}, calendar: office, stations: {desk: {}}}\n"
        "  post: {offices: {file: offices.csv, name: name, share: share}, calendar: office, "
        "stations: {desk: {}}}\n"
        "  village: {offices: {Một: {}, Hai: {}}, calendar: office, stations: {desk: {}}}\n"
        "  phường: {offices: 1200, calendar: office, stations: {tiếp-nhận: {kind: counter}}}\n"
    )
    lines = QUIET.splitlines(keepends=True)
    text = "".join(levels if line.startswith("levels:") else line for line in lines)
    (tmp_path / "many.yaml").write_text(text, "utf-8")
    shown = done(onestop("check", "many.yaml")).out.splitlines()
    assert [line for line in shown if "offices, " in line] == [
        "tax: 2 offices, tax-1 … tax-2",
        "ward: 20 offices, ward-1 … ward-20",
        "post: 2 offices, Quang Trung … Thanh Sơn",
        "phường: 1,200 offices, phường-1 … phường-1200",
    ]
    assert "offices, " not in done(onestop("check", "many.yaml", "-q")).out


def test_a_scenario_is_needed(onestop: Onestop) -> None:
    assert "SCENARIO" in refused(onestop("check"))


def test_a_stream_that_cannot_show_vietnamese_gets_the_json(
    onestop: Onestop, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    assert onestop("check", "--json", "odd.yaml").code == 0
    problems = json.loads(raw.getvalue())["problems"]
    assert problems[1]["path"] == "levels.phường.stations.tiếp-nhận"


@pytest.mark.parametrize("options", [[], ["--json"], ["--strict"]], ids=str)
def test_a_closed_pipe_ends_silently(options: list[str], tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text(ODD, "utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    with onestop_process(tmp_path, "check", "odd.yaml", *options, stdout=writer) as process:
        os.close(writer)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


# What a replication takes


def test_a_replication_takes_about_what_is_drawn() -> None:
    """Of Uông Bí, over five replications; factors of dates make its years differ by 1 %."""
    loaded = read(UONG_BI)
    network = build(loaded.scenario)
    expected = replication_of(network)
    dockets = [draw(network, 1, number) for number in range(1, 6)]
    dossiers = sum(len(docket.arrived) for docket in dockets) / 5
    steps = sum(int((docket.kind <= NodeKind.TRANSFER).sum()) for docket in dockets) / 5
    assert expected.dossiers == pytest.approx(dossiers, rel=0.03)
    assert expected.steps == pytest.approx(steps, rel=0.03)
    # A dossier has the same steps on the average, whatever the demand.
    assert expected.steps / expected.dossiers == pytest.approx(steps / dossiers, rel=0.005)


def test_a_province_is_checked_in_no_time(onestop: Onestop) -> None:
    begun = time.process_time()
    done(onestop("check", str(UONG_BI)))
    assert time.process_time() - begun < 2


ONE_REPLICATION = """
import resource, sys
import sim
network = sim.build(sim.load(sys.argv[1]))
trace = sim.simulate(network, sim.draw(network, 1, 1), "compiled")
sim.measure(network, trace)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts memory in its own unit")
@pytest.mark.parametrize("name", ["six_stations.yaml", "every_rule.yaml", "many_offices.yaml"])
def test_the_memory_that_a_replication_takes_is_within_30_per_cent_of_what_is_said(
    name: str,
) -> None:
    file = BENCHMARKS / name
    expected = replication_of(build(load(file))).memory_bytes
    command = [sys.executable, "-c", ONE_REPLICATION, str(file)]
    kilobytes = int(subprocess.run(command, check=True, capture_output=True).stdout)
    assert 0.7 * kilobytes * 1024 < expected < 1.3 * kilobytes * 1024
