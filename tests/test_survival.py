"""A study ends with the same measures whatever happens to it on the way."""

import errno
import json
import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from commands import onestop_process, wait_until
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
)  # fmt: skip

from sim.errors import InputError, RunError
from sim.experiment import Study, open_study, run
from sim.experiment.executors import Processes, WorkerDiedError, processes
from sim.experiment.folder import Folder
from sim.experiment.memory import free_memory
from sim.experiment.replicate import Task, replicate
from sim.experiment.runner import needs_of
from sim.experiment.study import Plan


@pytest.fixture(scope="module")
def whole() -> Study:
    """Four replications of every policy, in this process and in memory."""
    return run(SCENARIO, POLICIES, replications=4)


# Killed


def test_a_study_killed_twenty_times_ends_with_the_measures_of_one_that_was_not(
    tmp_path: Path,
) -> None:
    """SIGKILL reaches the command, whose workers then have nobody left to work for."""
    (tmp_path / "ward.yaml").write_text(TEXT, "utf-8")
    command = ["compare", "ward.yaml", "-q", "-n", "120", "-o"]
    moments = random.Random(20)

    def recorded() -> int:
        return len(list((tmp_path / "killed").glob("measures/*/0*.parquet")))

    def is_further_than(before: int) -> bool:
        return recorded() > before

    for kill in range(20):
        before = recorded()
        with onestop_process(tmp_path, *command, "killed", "-j", moments.choice("12")) as process:
            if kill % 2:
                time.sleep(moments.uniform(0.0, 2.0))
            else:
                wait_until(process, partial(is_further_than, before))
                assert recorded() > before
                time.sleep(moments.uniform(0.0, 0.3))
            assert process.poll() is None, process.communicate()
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        assert recorded() >= before
    for folder in ("killed", "whole"):
        with onestop_process(tmp_path, *command, folder, "-j", "2") as process:
            _, err = process.communicate(timeout=120)
            assert (process.returncode, err) == (0, "")
    assert files(tmp_path / "killed") == files(tmp_path / "whole")
    assert described(tmp_path / "killed") == described(tmp_path / "whole")


# Workers


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    """List the workers of a process; another child keeps account of shared memory."""
    return [child for child in process.children() if "spawn_main" in " ".join(child.cmdline())]


def test_a_worker_that_is_killed_is_named_and_its_replication_tried_again(whole: Study) -> None:
    said: list[str] = []
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if done == 3 and not killed:
            worker = workers_of(psutil.Process())[0]
            killed.append(worker.pid)
            worker.kill()

    with processes(2) as executor:
        study = run(
            SCENARIO, POLICIES, replications=4, executor=executor, say=said.append,
            progress=kill_one,
        )  # fmt: skip
    assert_same(study, whole)
    (line,) = said
    assert f"process {killed[0]} died (killed by SIGKILL" in line
    assert line.endswith("it is tried once more.")
    assert line.startswith("replication ")


class DiesAt(Executor):
    """Dies whenever it is given one replication."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.given: list[tuple[str, int]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        (task,) = args
        assert isinstance(task, Task)
        self.given.append((task.policy, task.replication))
        future: Future[Any] = Future()
        if task.replication == self.number:
            future.set_exception(WorkerDiedError("process 17 died (killed by SIGKILL)"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_a_replication_at_which_workers_die_twice_fails_without_losing_the_others(
    whole: Study, tmp_path: Path
) -> None:
    executor = DiesAt(2)
    with pytest.raises(RunError) as caught:
        run(SCENARIO, POLICIES, replications=4, executor=executor, out=tmp_path)
    for policy in POLICIES:
        assert f"replication 2 of `{policy}` (seed 5) failed: process 17 died" in str(caught.value)
        assert executor.given.count((policy, 2)) == 2
        assert (tmp_path / "measures" / policy / "000004.parquet").exists()
    assert f"what is finished is kept in {tmp_path}" in str(caught.value)
    assert_same(run(SCENARIO, POLICIES, replications=4, out=tmp_path), whole)


def test_a_pool_of_the_standard_library_that_breaks_is_said_and_gone_on_from(
    whole: Study, tmp_path: Path
) -> None:
    def kill_all(done: int, total: int) -> None:
        if done == 2:
            for worker in workers_of(psutil.Process()):
                worker.kill()

    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor,
        pytest.raises(RunError, match="the same command goes on"),
    ):
        run(SCENARIO, POLICIES, 4, executor=executor, out=tmp_path, progress=kill_all)
    assert_same(run(SCENARIO, POLICIES, replications=4, out=tmp_path), whole)


def exit_at_once() -> None:
    os._exit(7)


def not_to_be_sent() -> Callable[[], None]:
    return lambda: None


def test_processes_give_results_errors_and_deaths_to_the_caller() -> None:
    executor = Processes(1)
    assert executor.submit(divmod, 7, 2).result() == (3, 1)
    assert executor.submit(int, "ff", base=16).result() == 255
    with pytest.raises(ValueError, match="invalid literal"):
        executor.submit(int, "?").result()
    with pytest.raises(RunError, match="pickle"):
        executor.submit(not_to_be_sent).result()
    pid = executor.submit(os.getpid).result()
    with pytest.raises(WorkerDiedError, match=rf"process {pid} died \(exit code 7\)"):
        executor.submit(exit_at_once).result()
    other = executor.submit(os.getpid).result()
    assert other != pid
    executor.shutdown()
    assert not psutil.pid_exists(other)


def test_workers_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    (tmp_path / "ward.yaml").write_text(TEXT, "utf-8")
    with onestop_process(
        tmp_path, "compare", "ward.yaml", "-n", "500", "-j", "2", "-o", "s"
    ) as process:
        parent = psutil.Process(process.pid)
        wait_until(process, lambda: any((tmp_path / "s").rglob("0*.parquet")))
        assert any((tmp_path / "s").rglob("0*.parquet"))
        workers = workers_of(parent)
        assert len(workers) == 2
        parent.kill()
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert not alive


# One run at a time


def test_two_runs_on_one_study_at_once_are_refused(whole: Study, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "s")
    plan = Plan(SCENARIO, POLICIES, 4, 5, "reference")
    with folder.held_for(plan, fresh=False):
        for fresh in (False, True):
            again = partial(run, SCENARIO, POLICIES, 4, out=tmp_path / "s", fresh=fresh)
            text = message_of(again)
            assert text.startswith(f"{tmp_path / 's'} is in use by another run; wait")
    assert_same(run(SCENARIO, POLICIES, 4, out=tmp_path / "s"), whole)


# What the disk does


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_said_and_what_is_finished_kept(
    whole: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    before = files(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        text = message_of(lambda: run(SCENARIO, POLICIES, replications=3, out=tmp_path))
    assert text.endswith("cannot be written: No space left on device")
    assert files(tmp_path) == before
    assert_same(open_study(tmp_path), whole)
    assert_same(run(SCENARIO, POLICIES, replications=3, out=tmp_path), whole)


@pytest.mark.parametrize("kind", RESULTS)
def test_a_number_that_was_changed_is_noticed_before_anything_is_run(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    file = tmp_path / kind / "base" / "000001.parquet"
    table = pd.read_parquet(file)
    table["value"] += np.arange(len(table)) == 0
    table.to_parquet(file, index=False)
    monkeypatch.setattr("sim.experiment.runner.replicate", None)
    for action in (
        lambda: run(SCENARIO, POLICIES, replications=3, out=tmp_path),
        lambda: open_study(tmp_path),
    ):
        text = message_of(action)
        assert str(file) in text
        assert "it is not what was recorded; remove it and run the study again" in text


@pytest.mark.parametrize("kind", RESULTS)
def test_a_file_of_another_study_is_refused_and_kept(kind: str, tmp_path: Path) -> None:
    run(SCENARIO, POLICIES, replications=2, out=tmp_path / "s")
    for part in RESULTS:
        content = (tmp_path / "s" / part / "base" / "000001.parquet").read_bytes()
        if part == kind:
            foreign = tmp_path / "s" / part / "base" / "000003.parquet"
            foreign.write_bytes(content)
        else:
            table = pd.read_parquet(tmp_path / "s" / part / "base" / "000001.parquet")
            table["replication"] = 3
            table.to_parquet(tmp_path / "s" / part / "base" / "000003.parquet", index=False)
    text = message_of(lambda: run(SCENARIO, ("base",), replications=3, out=tmp_path / "s"))
    assert text.startswith(f"{foreign} is not of this study")
    assert foreign.exists()


def test_what_a_killed_run_was_writing_is_removed_by_the_next(tmp_path: Path) -> None:
    run(SCENARIO, replications=1, out=tmp_path)
    left = [
        tmp_path / "measures" / "base" / f".000002.parquet.onestop-{'5' * 32}",
        tmp_path / f".study.json.onestop-{'a' * 32}",
    ]
    for file in left:
        file.write_bytes(b"half")
    others = [tmp_path / ".gitignore", tmp_path / ".notes.2024"]
    for file in others:
        file.write_text("*", "utf-8")
    run(SCENARIO, replications=2, out=tmp_path)
    assert not any(file.exists() for file in left)
    assert all(file.exists() for file in others)


def test_a_run_killed_before_its_first_word_leaves_a_folder_that_can_be_used(
    tmp_path: Path,
) -> None:
    (tmp_path / ".lock").touch()
    (tmp_path / f".study.json.onestop-{'a' * 32}").write_bytes(b"half")
    run(SCENARIO, replications=1, out=tmp_path)
    assert open_study(tmp_path).plan.replications == 1


def test_nothing_is_written_again_that_stays_the_same(tmp_path: Path) -> None:
    run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    del before[tmp_path / ".lock"], after[tmp_path / ".lock"]
    assert after == before
    run(SCENARIO, POLICIES, replications=3, out=tmp_path)
    assert (tmp_path / "summary.csv").stat().st_mtime_ns > before[tmp_path / "summary.csv"]


# Memory


def test_a_replication_that_does_not_fit_is_refused_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.experiment.runner.free_memory", lambda: 1e6)
    monkeypatch.setattr("sim.experiment.replicate.draw", None)
    text = message_of(lambda: run(SCENARIO, replications=1, out=tmp_path))
    needed = needs_of(SCENARIO, ["base"]).memory["base"]
    assert text.startswith(f"a replication takes about {needed / 1e9:.1f} GB of memory")
    assert "there are 0.0 GB; take a shorter period" in text
    assert list(tmp_path.iterdir()) == []


def test_a_worker_without_memory_fails_its_replication_and_no_other(
    whole: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def little_at_the_third() -> float:
        nonlocal asked
        asked += 1
        return 1e6 if asked == 3 else 1e12

    monkeypatch.setattr("sim.experiment.replicate.free_memory", little_at_the_third)
    with pytest.raises(RunError, match="failed: a replication takes about"):
        run(SCENARIO, POLICIES, replications=4, out=tmp_path)
    recorded = [name for name in files(tmp_path) if name.startswith("measures")]
    assert len(recorded) == 11
    assert_same(run(SCENARIO, POLICIES, replications=4, out=tmp_path), whole)


def test_there_is_memory_and_what_this_process_has_counts() -> None:
    own, available = psutil.Process().memory_info().rss, psutil.virtual_memory().available
    assert own < free_memory() < 1.2 * (own + available)


# Clusters


def test_results_on_a_dask_cluster_are_those_of_here(whole: Study, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    here, there = tmp_path / "here", tmp_path / "there"
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", protocol="tcp"
        ) as workers,
        distributed.Client(workers) as client,
    ):
        executor = client.get_executor(pure=False)
        study = run(SCENARIO, POLICIES, replications=4, executor=executor, out=there, traces=1)
    assert_same(study, whole)
    run(SCENARIO, POLICIES, replications=4, out=here, traces=1)
    assert files(here) == files(there)
    assert_frame_equal(open_study(here).measures, open_study(there).measures)


def test_a_worker_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.experiment.replicate.version", lambda _: "0.0.1")
    with pytest.raises(RunError, match=r"a worker has version 0\.0\.1 of onestop and this is"):
        run(SCENARIO, replications=1)


def test_workers_that_do_not_share_the_folder_are_told_from_traces(tmp_path: Path) -> None:
    class Elsewhere(Executor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            (task,) = args
            future: Future[Any] = Future()
            elsewhere = Task(**{**task.__dict__, "traces": str(tmp_path / "elsewhere")})
            future.set_result(replicate(elsewhere))
            return future

    with pytest.raises(InputError, match="name a folder that all of them share"):
        run(SCENARIO, replications=1, executor=Elsewhere(), out=tmp_path / "s", traces=1)


# Traces


@pytest.mark.parametrize("kind", ["dossiers", "steps"])
def test_a_trace_that_is_not_there_or_no_trace_is_made(kind: str, tmp_path: Path) -> None:
    whole, removed, junk = (tmp_path / name for name in ("whole", "removed", "junk"))
    name = f"traces/{kind}/base/000001.parquet"
    run(SCENARIO, replications=2, traces=1, out=whole)
    run(SCENARIO, replications=2, traces=1, out=removed)
    (removed / name).unlink()
    run(SCENARIO, replications=2, out=junk)
    (junk / name).parent.mkdir(parents=True)
    (junk / name).write_bytes(b"junk")
    for folder in (removed, junk):
        run(SCENARIO, replications=2, traces=1, out=folder)
        assert files(folder) == files(whole)
        assert described(folder) == described(whole)


def test_a_trace_of_another_docket_is_none_of_this_study(tmp_path: Path) -> None:
    """As a worker of a run that was killed might have left it."""
    run(SCENARIO, replications=1, traces=1, seed=6, out=tmp_path / "other")
    run(SCENARIO, replications=1, out=tmp_path / "s")
    for kind in ("dossiers", "steps"):
        name = f"traces/{kind}/base/000001.parquet"
        (tmp_path / "s" / name).parent.mkdir(parents=True)
        (tmp_path / "s" / name).write_bytes((tmp_path / "other" / name).read_bytes())
    run(SCENARIO, replications=1, traces=1, out=tmp_path / "s")
    run(SCENARIO, replications=1, traces=1, out=tmp_path / "whole")
    assert files(tmp_path / "s") == files(tmp_path / "whole")


# --fresh, and what was there before


def test_fresh_removes_what_the_study_wrote_and_nothing_else(tmp_path: Path) -> None:
    run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    mine = [tmp_path / "measures" / "lab-notes.csv", tmp_path / "series" / "base" / "mine.txt"]
    for file in mine:
        file.write_text("mine", "utf-8")
    run(SCENARIO, replications=1, seed=6, out=tmp_path, fresh=True)
    assert all(file.read_text("utf-8") == "mine" for file in mine)
    assert described(tmp_path)["dockets"].keys() == {"base/1"}
    assert not (tmp_path / "measures" / "second-clerk").exists()


def test_a_part_that_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "000001.parquet").write_bytes(b"mine")
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "measures").symlink_to(tmp_path / "elsewhere")
    for fresh in (False, True):
        again = partial(run, SCENARIO, replications=1, out=tmp_path / "s", fresh=fresh)
        assert "measures is not a folder" in message_of(again)
    assert (tmp_path / "elsewhere" / "000001.parquet").read_bytes() == b"mine"


def test_a_run_killed_while_it_makes_place_is_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(SCENARIO, POLICIES, replications=2, out=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "_write_description", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(SCENARIO, replications=1, seed=6, out=tmp_path, fresh=True)
    run(SCENARIO, replications=1, seed=6, out=tmp_path, fresh=True)
    assert open_study(tmp_path).plan.seed == 6


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_going_on_in_other_versions_is_said_and_the_first_are_kept(tmp_path: Path) -> None:
    run(SCENARIO, replications=1, out=tmp_path)
    found = described(tmp_path)
    found["versions"]["numpy"] = "1.0"
    (tmp_path / "study.json").write_text(json.dumps(found), "utf-8")
    said: list[str] = []
    run(SCENARIO, replications=2, out=tmp_path, say=said.append)
    (line,) = said
    assert line.startswith(f"{tmp_path} was begun elsewhere: numpy 1.0, here ")
    assert described(tmp_path)["versions"]["numpy"] == "1.0"


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, 40])
def test_a_worker_that_any_signal_ends_is_replaced(number: int) -> None:
    executor = Processes(1)
    with pytest.raises(WorkerDiedError, match="killed by"):
        executor.submit(end_by, number).result()
    assert executor.submit(divmod, 7, 2).result() == (3, 1)
    executor.shutdown()


def end_by(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(10)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_while_a_process_starts_is_neither_lost_nor_the_processs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = SpawnProcess.start

    def interrupted(process: SpawnProcess) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        start(process)

    with processes(1) as executor:
        with monkeypatch.context() as patch:
            patch.setattr(SpawnProcess, "start", interrupted)
            with pytest.raises(KeyboardInterrupt):
                executor.submit(os.getpid)
        process = executor.submit(os.getpid).result()
        os.kill(process, signal.SIGINT)
        assert executor.submit(os.getpid).result() == process
