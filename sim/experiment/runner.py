"""Policies × replications over any executor: replications outside, policies inside."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.docket import Docket, draw
from sim.engine import simulate
from sim.errors import InputError
from sim.experiment.study import Folder, Plan, Study, resolved
from sim.measures import measure
from sim.network import Network, build
from sim.scenario.references import BASE
from sim.scenario.schema import Scenario

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
    engine: Literal["auto", "reference"]
    traces: str | None


@dataclass(frozen=True)
class Result:
    """What a worker gives back."""

    policy: str
    replication: int
    table: pd.DataFrame
    series: pd.DataFrame
    docket: str


class InThisProcess(Executor):
    """Runs each task as it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run now; an error is kept for whoever asks for the result."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def processes(jobs: int) -> Iterator[Executor]:
    """Give an executor on this machine: this process for one job, else spawned ones."""
    if jobs == 1:
        yield InThisProcess()
        return
    executor = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def cores() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    scenario: Scenario,
    policies: Iterable[str] = (BASE,),
    replications: int | None = None,
    seed: int | None = None,
    engine: Literal["auto", "reference"] = "auto",
    executor: Executor | None = None,
    out: str | Path | None = None,
    traces: int = 0,
    fresh: bool = False,
    progress: Progress | None = None,
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

    Raises
    ------
    InputError
        If a policy does not exist or does not fit, or the folder holds something else.
    """
    count = scenario.replications if replications is None else replications
    if count < 1:
        raise InputError(f"{count} replications: at least 1 is needed")
    if traces and out is None:
        raise InputError("traces are kept in a study's folder; name one")
    plan = Plan(
        scenario,
        tuple(dict.fromkeys(policies)),
        count,
        scenario.seed if seed is None else seed,
        "reference",
    )
    for policy in plan.policies:
        build(scenario.with_policy(policy))
    folder = None if out is None else Folder(Path(out))
    if folder is not None:
        folder.prepare(plan, fresh)
    tasks = list(_tasks(plan, engine, folder, traces))
    results: list[Result] = []
    total = len(plan.policies) * plan.replications
    done = total - len(tasks)
    if progress is not None:
        progress(done, total)
    try:
        for future in as_completed(_submitted(tasks, executor or InThisProcess())):
            result = future.result()
            results.append(result)
            if folder is not None:
                _record(folder, result)
            done += 1
            if progress is not None:
                progress(done, total)
    finally:
        if folder is not None:
            folder.write_description(plan, {f"{r.policy}/{r.replication}": r.docket
                                            for r in results})  # fmt: skip
    if folder is not None:
        study = folder.read(plan)
        folder.write_csv("summary.csv", study.summary())
        return study
    return _in_memory(plan, results)


def _tasks(
    plan: Plan, engine: Literal["auto", "reference"], folder: Folder | None, traces: int
) -> Iterator[Task]:
    text = json.dumps(resolved(plan.scenario))
    for replication in range(1, plan.replications + 1):
        kept = str(folder.path) if folder is not None and replication <= traces else None
        for policy in plan.policies:
            if (
                folder is not None
                and folder.has(policy, replication)
                and (kept is None or _trace_file(folder, "steps", policy, replication).exists())
            ):
                continue
            yield Task(text, policy, replication, plan.seed, engine, kept)


def _submitted(tasks: list[Task], executor: Executor) -> Iterator[Future[Result]]:
    futures = [executor.submit(replicate, task) for task in tasks]
    yield from futures


def replicate(task: Task) -> Result:
    """Run one replication: what a worker does."""
    network = _network(task.scenario, task.policy)
    docket = draw(network, task.seed, task.replication)
    trace = simulate(network, docket, task.engine)
    measures = measure(network, trace)
    if task.traces is not None:
        folder = Folder(Path(task.traces))
        for kind, table in (("dossiers", trace.dossiers), ("steps", trace.steps)):
            name = _trace_file(folder, kind, task.policy, task.replication)
            folder.write_table(str(name.relative_to(folder.path)), table)
    return Result(
        task.policy, task.replication, measures.table, measures.series, docket_hash(docket)
    )


def _trace_file(folder: Folder, kind: str, policy: str, replication: int) -> Path:
    return folder.path / "traces" / kind / policy / f"{replication:06d}.parquet"


@lru_cache(maxsize=64)
def _network(scenario: str, policy: str) -> Network:
    return build(Scenario.model_validate(json.loads(scenario)).with_policy(policy))


def docket_hash(docket: Docket) -> str:
    """Hash everything random in a replication, in hexadecimal."""
    digest = hashlib.blake2b(digest_size=16)
    for item in fields(docket):
        value = getattr(docket, item.name)
        if isinstance(value, np.ndarray):
            digest.update(np.ascontiguousarray(value).tobytes())
        elif item.name == "shifts":
            for calendar in value:
                digest.update(repr((calendar.opens, calendar.closes)).encode())
        else:
            digest.update(repr(value).encode())
    return digest.hexdigest()


def _labelled(table: pd.DataFrame, result: Result) -> pd.DataFrame:
    labelled = table.copy()
    labelled.insert(0, "policy", result.policy)
    labelled.insert(1, "replication", result.replication)
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
