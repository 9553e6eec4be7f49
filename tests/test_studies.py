"""Studies: the same numbers wherever they are made, and a folder that survives what happens."""

import json
import os
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from studies import (
    POLICIES,
    RESULTS,
    SCENARIO,
    TEXT,
    assert_same,
    described,
    files,
    message_of,
    part,
)  # fmt: skip

from sim.docket import draw
from sim.engine import simulate
from sim.errors import InputError, RunError
from sim.experiment import Study, open_study, run, runner
from sim.experiment.executors import processes
from sim.experiment.replicate import Result, Task, docket_hash, replicate
from sim.experiment.study import resolved
from sim.measures import measure
from sim.network import build
from sim.scenario.load import load_text
from sim.scenario.schema import Scenario


@pytest.fixture(scope="module")
def whole() -> Study:
    """Five replications of every policy, in this process and in memory."""
    return run(SCENARIO, POLICIES, replications=5)


def names(policies: Iterable[str], replications: Iterable[int], *more: str) -> set[str]:
    """Give the names of the files that a study of these replications has."""
    return {"summary.csv", *more} | {
        f"{kind}/{policy}/{number:06d}.parquet"
        for kind in RESULTS
        for policy in policies
        for number in replications
    }


def assert_only_whole_files(folder: Path) -> None:
    for path in (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"):
        assert path.suffix in {".json", ".csv", ".parquet"}, path
        assert not path.name.startswith("."), path
        if path.suffix == ".parquet":
            assert len(pd.read_parquet(path))
    described(folder)


# The same numbers, wherever they are made


def test_results_do_not_depend_on_the_processes(whole: Study, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    run(SCENARIO, POLICIES, replications=3, out=here)
    with processes(2) as executor:
        study = run(SCENARIO, POLICIES, replications=3, executor=executor, out=there)
    assert_same(study, whole)
    assert files(here) == files(there)
    assert described(here) == described(there)


def test_results_do_not_depend_on_the_executor(whole: Study) -> None:
    with ThreadPoolExecutor(3) as executor:
        assert_same(run(SCENARIO, POLICIES, replications=3, executor=executor), whole)


def test_results_do_not_depend_on_the_other_policies_or_their_order(whole: Study) -> None:
    assert_same(run(SCENARIO, reversed(POLICIES), replications=2), whole)
    assert_same(run(SCENARIO, ("less-work",), replications=2), whole)


def test_a_study_from_its_folder_is_the_study_in_memory(whole: Study, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    kept = run(SCENARIO, POLICIES, replications=5, out=folder)
    assert_same(kept, whole)
    opened = open_study(folder)
    assert_same(opened, whole)
    assert opened.plan.policies == POLICIES
    assert opened.plan.digest == whole.plan.digest
    assert_frame_equal(opened.summary(), whole.summary(), check_exact=True)


def unlabelled(content: bytes) -> pd.DataFrame:
    """Give a replication's table without what says which it is of."""
    return pd.read_parquet(BytesIO(content)).drop(columns=["policy", "replication"])


def test_a_replication_alone_is_that_of_a_longer_run(whole: Study, tmp_path: Path) -> None:
    run(SCENARIO, POLICIES, replications=5, out=tmp_path)
    for policy in POLICIES:
        task = Task(json.dumps(resolved(SCENARIO)), policy, 3, 5, "auto", 0.0, None)
        alone = replicate(task)
        assert alone.docket == described(tmp_path)["dockets"][f"{policy}/3"]
        expected = part(whole, [policy], [3])
        for name, content in (("measures", alone.measures), ("series", alone.series)):
            table = unlabelled(content)
            columns = expected[name].drop(columns=["policy", "replication"])
            assert_frame_equal(table, columns, check_exact=True)


def test_a_replication_of_a_study_is_that_of_the_pipeline_by_hand() -> None:
    """What a worker is sent loses nothing of the scenario, however odd its numbers."""
    odd = TEXT.replace("{exponential: 17 min}", "{lognormal: {mean: 0.1234567891 h, cv: 71.3%}}")
    odd = odd.replace("work: 10 min", "work: 612.3456 s").replace("3 working days", "7.777 h")
    scenario = load_text(odd.replace("share: 20%", "share: 0.1428571428571"))
    for policy in POLICIES:
        network = build(scenario.with_policy(policy))
        docket = draw(network, scenario.seed, 1)
        by_hand = measure(network, simulate(network, docket))
        task = Task(json.dumps(resolved(scenario)), policy, 1, scenario.seed, "auto", 0.0, None)
        found = replicate(task)
        assert found.docket == docket_hash(docket)
        assert_frame_equal(unlabelled(found.measures), by_hand.table, check_exact=True)
        assert_frame_equal(unlabelled(found.series), by_hand.series, check_exact=True)


def test_replications_and_seeds_differ(tmp_path: Path) -> None:
    run(SCENARIO, replications=4, out=tmp_path / "five")
    run(SCENARIO, replications=4, seed=6, out=tmp_path / "six")
    dockets = [described(tmp_path / name)["dockets"].values() for name in ("five", "six")]
    assert len({docket for found in dockets for docket in found}) == 8


def test_the_scenario_gives_seed_and_replications_unless_told_otherwise() -> None:
    scenario = load_text(TEXT.replace("seed: 5", "seed: 6\nreplications: 3"))
    study = run(scenario)
    assert (study.plan.seed, study.plan.replications) == (6, 3)
    assert sorted(study.measures["replication"].unique()) == [1, 2, 3]
    assert (run(scenario, replications=1, seed=0).plan.seed) == 0


# A folder is extended, never mixed


def test_a_study_is_extended_by_replications_and_policies(whole: Study, tmp_path: Path) -> None:
    folder, at_once = tmp_path / "extended", tmp_path / "at-once"
    run(SCENARIO, ("base",), replications=1, out=folder)
    recorded = {path: path.stat() for path in folder.rglob("*.parquet")}
    assert len(recorded) == 2
    assert_same(run(SCENARIO, POLICIES, replications=3, out=folder), whole)
    for path, before in recorded.items():
        after = path.stat()
        assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    run(SCENARIO, POLICIES, replications=3, out=at_once)
    assert files(folder) == files(at_once)
    assert described(folder) == described(at_once)


def test_nothing_recorded_is_run_again(
    whole: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(SCENARIO, POLICIES, replications=3, out=tmp_path)
    monkeypatch.setattr(runner, "replicate", None)
    seen: list[tuple[int, int]] = []
    study = run(
        SCENARIO, POLICIES, replications=2, out=tmp_path,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert_same(study, whole)
    assert seen == [(6, 6)]
    assert open_study(tmp_path).plan.replications == 3


def test_another_policy_with_fewer_replications_leaves_a_study_that_opens(tmp_path: Path) -> None:
    run(SCENARIO, ("base",), replications=3, out=tmp_path)
    run(SCENARIO, ("second-clerk",), replications=2, out=tmp_path)
    found = open_study(tmp_path).measures
    recorded = set(zip(found["policy"], found["replication"], strict=True))
    assert {(p, n) for p in ("base", "second-clerk") for n in (1, 2)} <= recorded


def test_the_summary_has_every_policy_of_the_study(tmp_path: Path) -> None:
    run(SCENARIO, ("base",), replications=2, out=tmp_path)
    run(SCENARIO, ("second-clerk",), replications=2, out=tmp_path)
    found = pd.read_csv(tmp_path / "summary.csv")
    assert set(found["policy"]) == set(described(tmp_path)["policies"]) == {"base", "second-clerk"}


@pytest.mark.parametrize(
    ("text", "seed"),
    [(TEXT, 6), (TEXT.replace("volume: {per_working_day: 8}", "volume: {per_working_day: 9}"), 5)],
    ids=["seed", "scenario"],
)
def test_another_study_is_refused_unless_fresh(text: str, seed: int, tmp_path: Path) -> None:
    run(SCENARIO, POLICIES, replications=3, out=tmp_path)
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    before = files(tmp_path)
    other = load_text(text)
    with pytest.raises(InputError, match=rf"{tmp_path} holds another study.*--fresh"):
        run(other, replications=1, seed=seed, out=tmp_path)
    assert files(tmp_path) == before
    study = run(other, replications=1, seed=seed, out=tmp_path, fresh=True)
    assert_same(study, run(other, replications=1, seed=seed))
    assert files(tmp_path).keys() == names(["base"], [1], "notes.txt")
    assert described(tmp_path)["dockets"].keys() == {"base/1"}


def test_another_version_of_the_engine_is_refused(tmp_path: Path) -> None:
    run(SCENARIO, replications=1, out=tmp_path)
    description = described(tmp_path)
    description["version"] = "0.0.1"
    (tmp_path / "study.json").write_text(json.dumps(description), "utf-8")
    with pytest.raises(InputError, match=r"holds another study.*version.*--fresh"):
        run(SCENARIO, replications=2, out=tmp_path)


# What is wrong with a folder is one clear message


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_of_something_else_is_refused_and_kept(fresh: bool, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    text = message_of(lambda: run(SCENARIO, replications=1, out=tmp_path, fresh=fresh))
    assert text == f"{tmp_path} is not empty and not a study; name another folder"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "study"
    file.write_text("mine", "utf-8")
    text = message_of(lambda: run(SCENARIO, replications=1, out=file, fresh=True))
    assert text == f"{file} is a file; name a folder for the study"
    assert str(file) in message_of(lambda: open_study(file))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    # Below a file, where not even the superuser can make a folder.
    (tmp_path / "file").write_text("mine", "utf-8")
    folder = tmp_path / "file" / "study"
    text = message_of(lambda: run(SCENARIO, replications=1, out=folder))
    assert text.startswith(f"{folder} cannot be written: ")


def test_a_folder_in_which_a_file_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    run(SCENARIO, replications=1, out=tmp_path / "study")
    (tmp_path / "study" / "summary.csv").unlink()
    (tmp_path / "study" / "summary.csv").mkdir()
    text = message_of(lambda: run(SCENARIO, replications=2, out=tmp_path / "study"))
    assert "summary.csv" in text or "cannot be written" in text


def test_what_is_not_a_study_cannot_be_opened(tmp_path: Path) -> None:
    assert "is not a study" in message_of(lambda: open_study(tmp_path))
    assert "is not a folder" in message_of(lambda: open_study(tmp_path / "nowhere"))


DAMAGED = {
    "empty": b"",
    "cut off": b'{"format": 1, "policies": ["ba',
    "not text": b"\xff\xfe\x00",
    "a list": b"[]",
    "another format": b'{"format": 99}',
    "without its parts": b'{"format": 1}',
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_description_is_named_with_the_way_out(content: bytes, tmp_path: Path) -> None:
    run(SCENARIO, replications=1, out=tmp_path)
    (tmp_path / "study.json").write_bytes(content)
    for action in (
        lambda: open_study(tmp_path),
        lambda: run(SCENARIO, replications=1, out=tmp_path),
    ):
        text = message_of(action)
        assert str(tmp_path) in text
        assert "--fresh" in text
    run(SCENARIO, replications=1, out=tmp_path, fresh=True)
    assert open_study(tmp_path).plan.replications == 1


@pytest.mark.parametrize("key", ["policies", "scenario", "seed", "engine", "dockets"])
def test_a_damaged_part_of_a_description_does_no_harm_or_is_named(
    key: str, whole: Study, tmp_path: Path
) -> None:
    def run_again() -> Study:
        return run(SCENARIO, replications=1, out=tmp_path)

    def open_again() -> Study:
        return open_study(tmp_path)

    run_again()
    description = described(tmp_path)
    for damage in (None, "?", ["?"]):
        for action in (open_again, run_again):
            (tmp_path / "study.json").write_text(json.dumps(description | {key: damage}), "utf-8")
            try:
                assert_same(action(), whole)
            except InputError as error:
                assert str(tmp_path) in str(error)


def test_a_stray_copy_of_a_file_does_no_harm(whole: Study, tmp_path: Path) -> None:
    run(SCENARIO, replications=2, out=tmp_path)
    file = tmp_path / "measures" / "base" / "000001.parquet"
    file.with_name("000001 (copy).parquet").write_bytes(file.read_bytes())
    assert_same(run(SCENARIO, replications=3, out=tmp_path), whole)
    assert_same(open_study(tmp_path), whole)


@pytest.mark.parametrize("kind", RESULTS)
def test_a_missing_file_is_made_again(kind: str, whole: Study, tmp_path: Path) -> None:
    run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    (tmp_path / kind / "less-work" / "000002.parquet").unlink()
    left = open_study(tmp_path).measures
    recorded = set(zip(left["policy"], left["replication"], strict=True))
    assert recorded == {(policy, n) for policy in POLICIES for n in (1, 2)} - {("less-work", 2)}
    assert_same(run(SCENARIO, POLICIES, replications=2, out=tmp_path), whole)
    assert_same(open_study(tmp_path), whole)


def test_a_study_without_any_result_cannot_be_opened(tmp_path: Path) -> None:
    run(SCENARIO, replications=1, out=tmp_path)
    (tmp_path / "measures" / "base" / "000001.parquet").unlink()
    text = message_of(lambda: open_study(tmp_path))
    assert str(tmp_path) in text
    assert "run the study again" in text


@pytest.mark.parametrize("kind", RESULTS)
@pytest.mark.parametrize("length", [0, 5, 1000])
def test_a_damaged_file_is_named_and_made_again(
    kind: str, length: int, whole: Study, tmp_path: Path
) -> None:
    run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    file = tmp_path / kind / "base" / "000001.parquet"
    file.write_bytes(file.read_bytes()[:length])
    for action in (
        lambda: open_study(tmp_path),
        lambda: run(SCENARIO, POLICIES, replications=2, out=tmp_path),
    ):
        text = message_of(action)
        assert str(file) in text
        assert "damaged" in text
        assert "remove it and run" in text
    file.unlink()
    assert_same(run(SCENARIO, POLICIES, replications=2, out=tmp_path), whole)


def test_an_unknown_policy_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    text = message_of(lambda: run(SCENARIO, ("base", "second-clrk"), out=folder))
    assert "`second-clrk`" in text
    assert "did you mean `second-clerk`?" in text
    assert not folder.exists()


def test_a_policy_whose_name_cannot_be_a_folders_is_refused(tmp_path: Path) -> None:
    name = "ộ" * 90
    scenario = load_text(TEXT.replace("second-clerk:", f"{name}:"))
    text = message_of(lambda: run(scenario, (name,), replications=1, out=tmp_path / "s"))
    assert "a name this long cannot be a folder's" in text
    assert not (tmp_path / "s").exists()


def test_there_is_at_least_one_replication_and_one_policy() -> None:
    assert "at least 1" in message_of(lambda: run(SCENARIO, replications=0))
    assert "policy" in message_of(lambda: run(SCENARIO, (), replications=1))


# What happens in the middle of a run


class FailsAtThird(Executor):
    """Runs a task when it is given; the third fails then, or when its result is asked for."""

    def __init__(self, when: str) -> None:
        self.when = when
        self.tasks = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tasks += 1
        future: Future[Any] = Future()
        if self.tasks != 3:
            future.set_result(fn(*args, **kwargs))
        elif self.when == "given":
            raise MemoryError("the third")
        else:
            future.set_exception(MemoryError("the third"))
        return future


@pytest.mark.parametrize("when", ["given", "asked for"])
def test_after_a_crash_files_are_whole_and_the_study_can_be_completed(
    when: str, whole: Study, tmp_path: Path
) -> None:
    executor: Executor = FailsAtThird(when)
    with pytest.raises(Exception, match="the third"):
        run(SCENARIO, POLICIES, replications=3, executor=executor, out=tmp_path)
    assert_only_whole_files(tmp_path)
    assert len(files(tmp_path)) < len(names(POLICIES, range(1, 4)))
    assert_same(run(SCENARIO, POLICIES, replications=3, out=tmp_path), whole)
    assert_only_whole_files(tmp_path)
    assert files(tmp_path).keys() == names(POLICIES, range(1, 4))
    assert len(described(tmp_path)["dockets"]) == 9


def test_a_replication_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("no officer")

    monkeypatch.setattr("sim.experiment.replicate.simulate", broken)
    with pytest.raises(RunError) as caught:
        run(SCENARIO, ("second-clerk",), replications=2, out=tmp_path)
    for word in ("replication 1", "second-clerk", "seed 5", "no officer"):
        assert word in str(caught.value)
    assert_only_whole_files(tmp_path)


def test_what_is_finished_of_an_interrupted_study_can_be_opened(
    whole: Study, tmp_path: Path
) -> None:
    run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    with pytest.raises(MemoryError):
        run(SCENARIO, POLICIES, replications=5, executor=FailsAtThird("given"), out=tmp_path)
    assert_same(open_study(tmp_path), whole)


def test_an_interruption_keeps_the_replications_that_are_done(
    whole: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = 0

    def interrupted(task: Task) -> Result:
        nonlocal done
        if done == 2:
            raise KeyboardInterrupt
        done += 1
        return replicate(task)

    monkeypatch.setattr(runner, "replicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(SCENARIO, replications=3, out=tmp_path)
    monkeypatch.undo()
    assert_only_whole_files(tmp_path)
    assert {name for name in files(tmp_path) if name.startswith("measures")} == {
        "measures/base/000001.parquet", "measures/base/000002.parquet",
    }  # fmt: skip
    assert_same(run(SCENARIO, replications=3, out=tmp_path), whole)


def test_a_crash_while_a_file_is_written_leaves_nothing_of_it(
    whole: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def half(path: Path, content: bytes) -> None:
        write(path, content[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(KeyboardInterrupt):
        run(SCENARIO, replications=1, out=tmp_path)
    monkeypatch.undo()
    assert files(tmp_path) == {}
    assert_same(run(SCENARIO, replications=1, out=tmp_path), whole)


def test_after_a_power_cut_a_study_is_completed_to_the_same_description(tmp_path: Path) -> None:
    """`study.json` has the hash of each docket, recorded before the cut or after it."""
    cut, at_once = tmp_path / "cut", tmp_path / "at-once"
    run(SCENARIO, POLICIES, replications=1, out=cut)
    # Killed without a word, a run leaves the description that it began with.
    begun = described(cut) | {"dockets": {}, "files": {}}
    (cut / "study.json").write_text(json.dumps(begun), "utf-8")
    run(SCENARIO, POLICIES, replications=2, out=cut)
    run(SCENARIO, POLICIES, replications=2, out=at_once)
    assert files(cut) == files(at_once)
    assert described(cut) == described(at_once)


def test_an_interrupt_that_reaches_a_worker_is_left_to_the_parent(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A terminal sends Ctrl-C to the workers as well; they neither die nor speak."""
    with processes(1) as executor:
        worker = executor.submit(os.getpid).result()
        os.kill(worker, signal.SIGINT)
        assert executor.submit(os.getpid).result() == worker
    assert capfd.readouterr() == ("", "")


# What the folder holds


def test_progress_counts_every_replication_of_every_policy(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def note(done: int, total: int) -> None:
        seen.append((done, total))

    run(SCENARIO, POLICIES, replications=2, out=tmp_path, progress=note)
    assert seen == [(done, 6) for done in range(7)]


def test_traces_are_kept_of_as_many_replications_as_asked(whole: Study, tmp_path: Path) -> None:
    study = run(SCENARIO, ("base", "second-clerk"), replications=3, traces=2, out=tmp_path)
    assert_same(study, whole)
    kept = {name for name in files(tmp_path) if name.startswith("traces/")}
    assert kept == {
        f"traces/{kind}/{policy}/{number:06d}.parquet"
        for kind in ("dossiers", "steps")
        for policy in ("base", "second-clerk")
        for number in (1, 2)
    }
    dossiers = pd.read_parquet(tmp_path / "traces" / "dossiers" / "base" / "000002.parquet")
    assert str(dossiers["arrived"].dtype) == "datetime64[us]"
    accepted = dossiers["accepted"] >= pd.Timestamp("2021-03-01")
    values = study.measures.set_index(["policy", "replication", "scope", "name", "measure"])
    assert accepted.sum() == values.loc[("base", 2, "all", "all", "received"), "value"]
    steps = pd.read_parquet(tmp_path / "traces" / "steps" / "base" / "000002.parquet")
    assert set(steps["dossier"]) == set(dossiers["dossier"])


def test_traces_say_which_replication_they_are_of(tmp_path: Path) -> None:
    """All columns are inside, as in the measures."""
    run(SCENARIO, ("base", "second-clerk"), replications=2, traces=2, out=tmp_path)
    for kind in ("dossiers", "steps"):
        found = pd.read_parquet(tmp_path / "traces" / kind)
        of = set(zip(found["policy"], found["replication"], strict=True))
        assert of == {(policy, n) for policy in ("base", "second-clerk") for n in (1, 2)}


def test_traces_can_be_asked_for_later(whole: Study, tmp_path: Path) -> None:
    run(SCENARIO, replications=2, out=tmp_path)
    before = files(tmp_path)
    assert_same(run(SCENARIO, replications=2, traces=1, out=tmp_path), whole)
    after = files(tmp_path)
    assert after.keys() - before.keys() == {
        "traces/dossiers/base/000001.parquet", "traces/steps/base/000001.parquet",
    }  # fmt: skip
    assert {name: after[name] for name in before} == before


def test_traces_need_a_folder() -> None:
    assert "folder" in message_of(lambda: run(SCENARIO, replications=1, traces=1))


def test_pandas_reads_the_folder_of_measures_as_it_lies(tmp_path: Path) -> None:
    study = run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    for name in RESULTS:
        found = pd.read_parquet(tmp_path / name)
        table: pd.DataFrame = getattr(study, name)
        keys = [column for column in table.columns if column != "value"]
        assert list(found.columns) == list(table.columns)
        assert_frame_equal(
            found.sort_values(keys, ignore_index=True), table.sort_values(keys, ignore_index=True)
        )


def test_the_summary_opens_in_a_spreadsheet(tmp_path: Path) -> None:
    study = run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    raw = (tmp_path / "summary.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfpolicy,scope,name,measure,estimate,low,high,replications")
    assert_frame_equal(pd.read_csv(tmp_path / "summary.csv"), study.summary())


def test_the_description_says_what_was_run(tmp_path: Path) -> None:
    run(SCENARIO, ("base", "less-work"), replications=2, out=tmp_path)
    found = described(tmp_path)
    assert found["policies"] == ["base", "less-work"]
    assert found["seed"] == 5
    assert found["scenario"]["as_read"] == TEXT
    assert resolved(Scenario.model_validate(found["scenario"]["resolved"])) == resolved(SCENARIO)
    assert {"python", "numpy", "scipy", "simpy", "pandas"} <= found["versions"].keys()
    assert found["dockets"].keys() == {f"{p}/{n}" for p in ("base", "less-work") for n in (1, 2)}
    assert found["files"].keys() == names(["base", "less-work"], [1, 2]) - {"summary.csv"}
