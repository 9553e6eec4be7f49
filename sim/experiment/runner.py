"""Policies × replications over any executor: replications outside, policies inside."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import lru_cache
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.docket import Docket, draw
from sim.engine import Engine, engine_for, simulate, unusable
from sim.errors import InputError, RunError
from sim.experiment.study import Folder, Plan, Study, open_study, resolved
from sim.measures import measure
from sim.network import Network, build
from sim.scenario.references import BASE
from sim.scenario.schema import Scenario, steps_of

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Task:
    """One replication of one policy: all that a worker needs."""

    scenario: str
    policy: str
    replication: int
    seed: int
    engine: Engine
    traces: str | None


@dataclass(frozen=True)
class Result:
    """What a worker gives back."""

    policy: str
    replication: int
    table: pd.DataFrame
    series: pd.DataFrame
    docket: str


@contextmanager
def processes(jobs: int) -> Iterator[Executor | None]:
    """Give an executor on this machine: spawned processes, or None for this one alone."""
    if jobs == 1:
        yield None
        return
    others = set(active_children())
    executor = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        with _ignoring_interrupts():
            for _ in range(jobs):
                executor.submit(_be_ready)
        yield executor
    except KeyboardInterrupt:
        # Short replications end by themselves. A worker that is ended halfway through a message
        # would leave the executor waiting for the rest, so nothing waits for long.
        workers = set(active_children()) - others
        closing = threading.Thread(
            target=executor.shutdown, kwargs={"cancel_futures": True}, daemon=True
        )
        closing.start()
        closing.join(timeout=0.8)
        if closing.is_alive():
            for worker in workers:
                worker.terminate()
            closing.join(timeout=0.8)
        raise
    except BaseException:
        executor.shutdown(wait=True, cancel_futures=True)
        raise
    executor.shutdown(wait=True)


def _be_ready() -> None:
    """Do nothing: what starts a worker."""


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C, as processes started here then do for good: this one alone handles it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def cores() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    scenario: Scenario,
    policies: Iterable[str] = (BASE,),
    replications: int | None = None,
    seed: int | None = None,
    engine: Engine = "auto",
    executor: Executor | None = None,
    out: str | Path | None = None,
    traces: int = 0,
    fresh: bool = False,
    progress: Progress | None = None,
    compiling: Callable[[], None] | None = None,
) -> Study:
    """Run a study.

    Parameters
    ----------
    scenario
        The base scenario.
    policies
        Names of policies; ``base`` is the scenario as it is.
    replications, seed
        By default the scenario's.
    engine
        See `sim.simulate`.
    executor
        Where the replications run; by default in this process.
    out
        A folder to keep the study in; recorded replications are not run again.
    traces
        Of how many replications to keep the traces, in `out`.
    fresh
        Whether to replace another study in `out`.
    progress
        Called with the replications done and all of them, policies counted apart.
    compiling
        Called if the engine has to be compiled first, which takes some ten seconds, once on a
        machine.

    Raises
    ------
    InputError
        If a policy does not exist or does not fit, or the folder holds something else.
    RunError
        If a replication failed; what is finished is kept.
    """
    count = scenario.replications if replications is None else replications
    if reason := unusable(engine):
        raise InputError(reason)
    if count < 1:
        raise InputError(f"{count} replications: at least 1 is needed")
    if not tuple(policies := tuple(dict.fromkeys(policies))):
        raise InputError("no policy to run; `base` is the scenario as it is")
    if traces and out is None:
        raise InputError("traces are kept in a study's folder; name one")
    networks = [build(scenario.with_policy(policy)) for policy in policies]
    if engine == "auto":
        engine = engine_for(count * sum(map(_steps_to_expect, networks)))
    plan = Plan(scenario, policies, count, scenario.seed if seed is None else seed, engine)
    folder = None if out is None else Folder(Path(out))
    if folder is not None:
        folder.prepare(plan, fresh)
    tasks = list(_tasks(plan, engine, folder, traces))
    if engine == "compiled" and tasks:
        _prepare(compiling)
    results: list[Result] = []
    hashes: dict[str, str] = {}
    total = len(plan.policies) * plan.replications
    done = total - len(tasks)
    if progress is not None:
        progress(done, total)
    try:
        for result in _results(tasks, executor):
            hashes[f"{result.policy}/{result.replication}"] = result.docket
            if folder is None:
                results.append(result)
            else:
                _record(folder, result)
            done += 1
            if progress is not None:
                progress(done, total)
    finally:
        if folder is not None:
            folder.write_description(plan, hashes)
    if folder is None:
        return _in_memory(plan, results)
    folder.write_csv("summary.csv", open_study(folder.path).summary())
    return folder.read(plan)


def _prepare(compiling: Callable[[], None] | None) -> None:
    """Compile the engine before workers start, each of which would."""
    from sim.engine.compiled import prepare

    prepare(compiling or (lambda: None))


def _steps_to_expect(network: Network) -> float:
    """Give about how many steps a replication has: all of each route's, for each dossier."""
    steps = sum(p.volume * sum(1 for _ in steps_of(p.route)) for p in network.procedures)
    return steps * (network.end - network.run_start) / (network.end - network.period_start)


def _results(tasks: list[Task], executor: Executor | None) -> Iterator[Result]:
    """Give results as they come; without an executor, each is run when it is asked for."""
    if executor is None:
        yield from map(replicate, tasks)
        return
    try:
        for future in as_completed([executor.submit(replicate, task) for task in tasks]):
            yield future.result()
    except BrokenExecutor as error:
        raise RunError(f"a worker died: {error}; the same command goes on") from None


def _tasks(plan: Plan, engine: Engine, folder: Folder | None, traces: int) -> Iterator[Task]:
    text = json.dumps(resolved(plan.scenario))
    recorded = {
        policy: set() if folder is None else set(folder.recorded(policy))
        for policy in plan.policies
    }
    for replication in range(1, plan.replications + 1):
        kept = str(folder.path) if folder is not None and replication <= traces else None
        for policy in plan.policies:
            traced = kept is None or (
                folder is not None and _trace_file(folder, "steps", policy, replication).exists()
            )
            if replication in recorded[policy] and traced:
                continue
            yield Task(text, policy, replication, plan.seed, engine, kept)


def replicate(task: Task) -> Result:
    """Run one replication: what a worker does."""
    try:
        return _replicate(task)
    except InputError:
        raise
    except Exception as error:
        raise RunError(
            f"replication {task.replication} of `{task.policy}` (seed {task.seed}) failed: "
            f"{type(error).__name__}: {error}"
        ) from error


def _replicate(task: Task) -> Result:
    network = _network(task.scenario, task.policy)
    docket = draw(network, task.seed, task.replication)
    trace = simulate(network, docket, task.engine)
    measures = measure(network, trace)
    result = Result(
        task.policy, task.replication, measures.table, measures.series, docket_hash(docket)
    )
    if task.traces is not None:
        folder = Folder(Path(task.traces))
        for kind, table in (("dossiers", trace.dossiers), ("steps", trace.steps)):
            name = _trace_file(folder, kind, task.policy, task.replication)
            folder.write_table(str(name.relative_to(folder.path)), _labelled(table, result))
    return result


def _trace_file(folder: Folder, kind: str, policy: str, replication: int) -> Path:
    return folder.path / "traces" / kind / policy / f"{replication:06d}.parquet"


@lru_cache(maxsize=64)
def _network(scenario: str, policy: str) -> Network:
    return build(Scenario.model_validate(json.loads(scenario)).with_policy(policy))


def docket_hash(docket: Docket) -> str:
    """Hash everything random in a replication, in hexadecimal."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (docket, docket.templates):
        for item in fields(part):
            value = getattr(part, item.name)
            if isinstance(value, np.ndarray):
                digest.update(np.ascontiguousarray(value).tobytes())
            elif item.name not in ("shifts", "templates"):
                digest.update(repr(value).encode())
    for calendar in docket.shifts:
        digest.update(np.array([calendar.opens, calendar.closes], np.int64).tobytes())
    return digest.hexdigest()


def _labelled(table: pd.DataFrame, result: Result) -> pd.DataFrame:
    labelled = table.copy()
    labelled.insert(0, "policy", result.policy)
    labelled.insert(1, "replication", result.replication)
    labelled.attrs["docket"] = result.docket
    return labelled


def _record(folder: Folder, result: Result) -> None:
    """Write a replication's files, its measures last: where they are, all is."""
    name = f"{result.policy}/{result.replication:06d}.parquet"
    folder.write_table(f"series/{name}", _labelled(result.series, result))
    folder.write_table(f"measures/{name}", _labelled(result.table, result))


def _in_memory(plan: Plan, results: list[Result]) -> Study:
    import pandas as pd

    order = {policy: number for number, policy in enumerate(plan.policies)}
    results.sort(key=lambda result: (order[result.policy], result.replication))
    return Study(
        plan,
        pd.concat([_labelled(result.table, result) for result in results], ignore_index=True),
        pd.concat([_labelled(result.series, result) for result in results], ignore_index=True),
    )
