"""Policies × replications over any executor: replications outside, policies inside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sim.docket import draw
from sim.engine import Engine, engine_for, simulate, unusable
from sim.errors import InputError, RunError, quoted
from sim.experiment.folder import Folder, open_study, table_file, trace_file
from sim.experiment.memory import free_memory, lack_of_memory
from sim.experiment.precision import FIRST_LOOK, Goal, Look, is_reached, level, next_look
from sim.experiment.replicate import Result, Task, replicate
from sim.experiment.study import Plan, Study, resolved
from sim.lint.replication import replication_of
from sim.measures import measure
from sim.network import build
from sim.scenario.load import load_text
from sim.scenario.references import BASE
from sim.scenario.schema import Scenario

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[int, int], None]
Say = Callable[[str], None]

MOST_REPLICATIONS = 1000
_UNDER_WAY = 500
"""Replications that an executor is given at a time: more than any has workers."""
_MOST_TOLD = 10
_LONGEST_NAME = 255
"""Bytes that a folder's name may have."""
_SMALLEST = """
period: {from: 2021-03-01, to: 2021-03-01}
levels: {ward: {calendar: always, stations: {desk: {}}}}
procedures:
  one:
    received_at: ward
    volume: {per_day: 20}
    time_limit: 1 h
    route: [{at: ward.desk, work: 2 h}]
"""
"""All are late, so that what divides their time is made ready too."""


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
    precision: Mapping[str, float] | None = None,
    goals: Iterable[Goal] = (),
    most: int = MOST_REPLICATIONS,
    progress: Progress | None = None,
    say: Say | None = None,
) -> Study:
    """Run a study.

    Parameters
    ----------
    scenario
        The base scenario.
    policies
        Names of policies; ``base`` is the scenario as it is.
    replications, seed
        By default the scenario's; with `precision`, `replications` are those before the first
        look, by default 20.
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
    precision
        For measures of all dossiers, half the width that their 95 % intervals are to have under
        every policy: of shares, a share; of others, a part of the estimate. Replications are
        added until they have.
    goals
        Further demands on precision.
    most
        Replications after which that ends in any case.
    progress
        Called with the replications done and all of them, policies counted apart.
    say
        Called with a line about what happens on the way: that the engine is compiled, that a
        worker died, what precision was reached.

    Raises
    ------
    InputError
        If a policy does not exist or does not fit, the folder holds something else, or a
        replication needs more memory than there is.
    RunError
        If replications failed; what is finished is kept.
    """
    if reason := unusable(engine):
        raise InputError(reason)
    goals = [*(level(measure, half) for measure, half in (precision or {}).items()), *goals]
    usual = FIRST_LOOK if goals else scenario.replications
    count = usual if replications is None else replications
    if count < 1:
        raise InputError(f"{count} replications: at least 1 is needed")
    if goals and most < FIRST_LOOK:
        raise InputError(f"a precision needs at least {FIRST_LOOK} replications, not {most}")
    if goals and not FIRST_LOOK <= count <= most:
        raise InputError(
            f"a precision is looked at after {FIRST_LOOK} to {most} replications, not {count}"
        )
    if not (policies := tuple(dict.fromkeys(policies))):
        raise InputError("no policy to run; `base` is the scenario as it is")
    if traces and out is None:
        raise InputError("traces are kept in a study's folder; name one")
    for policy in policies:
        if out is not None and len(policy.encode()) > _LONGEST_NAME:
            raise InputError(
                f"policy {quoted(policy)}: a name this long cannot be a folder's; give it another"
            )
    needs = needs_of(scenario, policies)
    if executor is None and (lack := lack_of_memory(max(needs.memory.values()), free_memory())):
        raise InputError(lack)
    plan = Plan(scenario, policies, count, scenario.seed if seed is None else seed, engine)
    folder = None if out is None else Folder(Path(out))
    running = _Running(needs, executor, folder, traces, progress, say)
    with nullcontext() if folder is None else folder.held_for(plan, fresh):
        if folder is not None and (others := folder.other_surroundings()):
            running.tell(f"{folder.path} was begun elsewhere: {'; '.join(others)}.")
        looks: list[Look] = []
        while True:
            study = running.study(plan)
            if not goals:
                break
            looks.append(Look(plan.replications, _excess(study, goals)))
            further = next_look(looks, most)
            if further is None:
                running.tell(_stopped(looks, most))
                break
            plan = replace(study.plan, replications=further)
        if folder is not None:
            folder.write_csv("summary.csv", open_study(folder.path).summary())
        return study


def _excess(study: Study, goals: Iterable[Goal]) -> float:
    return max(goal.excess(goal.estimates(study)) for goal in goals)


def _stopped(looks: list[Look], most: int) -> str:
    last = looks[-1]
    if is_reached(looks):
        return f"The precision asked for is reached with {last.replications} replications."
    if last.excess <= 1:
        return (
            f"Stopped at {most} replications: the precision asked for is reached, but no further "
            "look has confirmed it; --max-replications sets the end."
        )
    return (
        f"Stopped at {most} replications, before the precision asked for: the widest interval is "
        f"{last.excess:.2f} times as wide; --max-replications sets the end."
    )


@dataclass(frozen=True)
class Needs:
    """What a replication takes under each policy: steps, and about how many bytes."""

    steps: Mapping[str, float]
    memory: Mapping[str, float]

    def engine(self, engine: Engine, replications: int) -> Engine:
        """Choose the engine for so many replications of each policy, if none is named."""
        if engine != "auto":
            return engine
        return engine_for(replications * sum(self.steps.values()))


def needs_of(scenario: Scenario, policies: Iterable[str]) -> Needs:
    """Work out what a replication takes under each policy, without running any.

    Raises
    ------
    InputError
        If a policy does not exist or does not fit.
    """
    found = {
        policy: replication_of(build(scenario.with_policy(policy)))
        for policy in dict.fromkeys(policies)
    }
    return Needs(
        {policy: takes.steps for policy, takes in found.items()},
        {policy: takes.memory_bytes for policy, takes in found.items()},
    )


@dataclass
class _Running:
    """A study that is being run, in a folder or in memory."""

    needs: Needs
    executor: Executor | None
    folder: Folder | None
    traces: int
    progress: Progress | None
    say: Say | None
    results: dict[tuple[str, int], Result] = field(default_factory=dict)

    def tell(self, line: str) -> None:
        if self.say is not None:
            self.say(line)

    def study(self, plan: Plan) -> Study:
        """Run what a plan lacks, and give its study."""
        missing = list(self._missing(plan))
        total = len(plan.policies) * plan.replications
        self._report(total - len(missing), total)
        if missing:
            plan = replace(plan, engine=self.needs.engine(plan.engine, plan.replications))
            self._run(plan, missing)
        elif self.folder is not None:
            plan = replace(plan, engine=self.folder.description()["engine"])
        if self.folder is None:
            return _in_memory(plan, self.results)
        return self.folder.read(plan)

    def _missing(self, plan: Plan) -> Iterator[tuple[str, int]]:
        """List the replications that are not there yet, or whose traces are not."""
        recorded = {
            policy: {number for own, number in self.results if own == policy}
            if self.folder is None
            else set(self.folder.recorded(policy))
            for policy in plan.policies
        }
        for replication in range(1, plan.replications + 1):
            for policy in plan.policies:
                is_traced = replication > self.traces or self._has_traces(policy, replication)
                if replication not in recorded[policy] or not is_traced:
                    yield policy, replication

    def _has_traces(self, policy: str, replication: int) -> bool:
        """Tell whether a replication's traces are there, and of its docket."""
        if self.folder is None:
            return False
        names = [trace_file(kind, policy, replication) for kind in ("dossiers", "steps")]
        names.append(table_file("measures", policy, replication))
        dockets = {self.folder.docket_in(name) for name in names}
        return len(dockets) == 1 and None not in dockets

    def _run(self, plan: Plan, missing: list[tuple[str, int]]) -> None:
        if self.executor is None:
            make_ready(plan.engine, self.say)
        total = len(plan.policies) * plan.replications
        done = total - len(missing)
        hashes: dict[str, str] = {}
        failures: list[str] = []
        try:
            for task, outcome in outcomes(
                replicate, self._tasks(plan, missing), self.executor, self.tell
            ):
                if isinstance(outcome, str):
                    failures.append(outcome)
                    continue
                hashes[f"{task.policy}/{task.replication}"] = outcome.docket
                self._keep(outcome)
                done += 1
                self._report(done, total)
        except BaseException:
            with suppress(InputError):  # what ended the run is what is told
                self._describe(plan, hashes)
            raise
        self._describe(plan, hashes)
        if failures:
            raise RunError(_of_failures(failures, self.folder))

    def _describe(self, plan: Plan, dockets: Mapping[str, str]) -> None:
        if self.folder is not None:
            self.folder.describe(plan, dockets)

    def _report(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)

    def _tasks(self, plan: Plan, missing: Iterable[tuple[str, int]]) -> Iterator[Task]:
        for task in tasks_of(plan, missing, self.needs):
            if self.folder is not None and task.replication <= self.traces:
                yield replace(task, traces=str(self.folder.path.absolute()))
            else:
                yield task

    def _keep(self, result: Result) -> None:
        """Keep a result; in a folder its measures last: where they are, all is."""
        if result.version != version("onestop-sim"):
            raise RunError(
                f"a worker has version {result.version} of onestop and this is "
                f"{version('onestop-sim')}: install the same on all"
            )
        if self.folder is None:
            self.results[result.policy, result.replication] = result
            return
        try:
            for name, aside in result.traces:
                self.folder.put_in_place(name, Path(aside))
        except FileNotFoundError:
            raise InputError(
                f"{self.folder.path} is not the workers' own, which write traces there: name a "
                "folder that all of them share with -o, or run without --trace"
            ) from None
        of = result.policy, result.replication
        for part, content in (("series", result.series), ("measures", result.measures)):
            self.folder.write_bytes(table_file(part, *of), content)


def tasks_of(plan: Plan, wanted: Iterable[tuple[str, int]], needs: Needs) -> Iterator[Task]:
    """Give the tasks of some policies and replications of a plan."""
    text = json.dumps(resolved(plan.scenario))
    for policy, replication in wanted:
        yield Task(text, policy, replication, plan.seed, plan.engine, needs.memory[policy], None)


def outcomes(
    do: Callable[[T], R], tasks: Iterator[T], executor: Executor | None, tell: Say
) -> Iterator[tuple[T, R | str]]:
    """Run tasks; give their results as they come, and say in words what failed.

    A task whose worker dies is given once more.

    Parameters
    ----------
    do
        Runs one of them.
    tasks
        What to run; each says as text what it is.
    executor
        Where, or None for this process.
    tell
        Called with a line about a worker that died.

    Raises
    ------
    InputError
        If a task says that the user's input is wrong; what is under way is given up.
    RunError
        If the executor takes no more tasks, or gives up those that it has.
    """
    if executor is None:
        for task in tasks:
            yield task, _outcome(task, partial(do, task))
        return
    under_way: dict[Future[R], T] = {}
    died: set[T] = set()

    def give(task: T) -> None:
        try:
            under_way[executor.submit(do, task)] = task
        except BrokenExecutor as error:
            raise RunError(f"{task}: {error}; the same command goes on") from None

    try:
        while True:
            for task in islice(tasks, _UNDER_WAY - len(under_way)):
                give(task)
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                task = under_way.pop(future)
                try:
                    yield task, _outcome(task, future.result)
                except BrokenExecutor as error:
                    if task in died:
                        yield task, f"{task} failed: {error}, twice"
                    else:
                        died.add(task)
                        tell(f"{task}: {error}; it is tried once more.")
                        give(task)
                except CancelledError:
                    raise RunError(
                        f"{task}: it was given up where it ran, as everything is when a "
                        "scheduler ends; the same command goes on"
                    ) from None
    finally:
        for future in under_way:
            future.cancel()


def _outcome(task: T, give: Callable[[], R]) -> R | str:
    """Give a result, or say what failed; a worker's death and the user's mistakes are raised."""
    try:
        return give()
    except (InputError, BrokenExecutor, CancelledError):
        raise
    except Exception as error:
        told = str(error) if isinstance(error, RunError) else f"{type(error).__name__}: {error}"
        return f"{task} failed: {told}"


def _of_failures(failures: list[str], folder: Folder | None) -> str:
    told = failures[:_MOST_TOLD]
    if len(failures) > _MOST_TOLD:
        told.append(f"… and {len(failures) - _MOST_TOLD:,} more")
    if folder is not None:
        told[-1] += f"; what is finished is kept in {folder.path}, and the same command tries again"
    return "\n".join(told)


def make_ready(engine: Engine, say: Say | None = None) -> None:
    """Let this process be ready to simulate: load what was compiled before, or compile it."""
    if engine == "compiled":
        from sim.compiling import announced

        line = "Compiling the engine, once on this machine: some ten seconds …"
        network = build(load_text(_SMALLEST))
        with announced(lambda: None if say is None else say(line)):
            measure(network, simulate(network, draw(network, 1, 1), engine))


def _in_memory(plan: Plan, results: Mapping[tuple[str, int], Result]) -> Study:
    import pyarrow as pa
    from pyarrow import parquet

    ordered = [
        results[policy, number]
        for policy in plan.policies
        for number in range(1, plan.replications + 1)
    ]
    measures, series = (
        pa.concat_tables(parquet.read_table(pa.BufferReader(content)) for content in contents)
        for contents in ([one.measures for one in ordered], [one.series for one in ordered])
    )
    return Study(plan, measures.to_pandas(), series.to_pandas())
