"""Running a study from the command line: its folder, its processes, its progress."""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from sim.cli.options import StudyOptions
from sim.engine import Engine
from sim.errors import InputError
from sim.experiment.executors import cluster, cores, processes
from sim.experiment.folder import held_together
from sim.experiment.memory import available_memory, lack_of_memory
from sim.experiment.precision import Goal
from sim.experiment.runner import Needs, Progress, Say, make_ready, needs_of, run
from sim.experiment.study import Plan, Study, together
from sim.lint import warnings_of
from sim.scenario.extends import extended
from sim.scenario.load import Loaded, read
from sim.scenario.policies import with_values
from sim.scenario.schema import Scenario
from sim.scenario.text import parse_document

_MOST_WARNINGS = 5
_NO_VALUE = ("", "null", "Null", "NULL", "~")
_SHORT = 2.0
"""Seconds after which a progress bar appears."""
_STEPS_A_SECOND = {"compiled": 2_500_000, "reference": 50_000}
"""About how many a replication has, drawing and measuring included."""
_WORTH_PROCESSES = 3.0
"""Seconds of work that starting processes saves more of than it costs."""
_LONG = 1.0
"""Seconds after which Ctrl-C is not to wait for a replication that runs in this process."""


def read_as_set(path: Path, options: StudyOptions) -> Loaded:
    """Read a scenario, and set what the options set."""
    loaded = read(path)
    values: dict[str, object] = {}
    for given in options.values:
        key, value = parted(f"--set {given}", given, "PATH=VALUE, such as seed=2")
        if key in values:
            raise InputError(f"--set {given}: `{key}` is set twice")
        values[key] = value_of(f"--set {given}", value)
    try:
        scenario = with_values(loaded.scenario, values) if values else loaded.scenario
    except InputError as error:
        raise InputError(*(f"--set {problem}" for problem in error.problems)) from None
    return replace(loaded, scenario=scenario)


def show_warnings(loaded: Loaded, policy: str, options: StudyOptions) -> None:
    """Say first what is odd in the scenario under a policy, if anything is."""
    if options.quiet:
        return
    warnings = warnings_of(loaded, policy)
    for warning in warnings[:_MOST_WARNINGS]:
        click.echo(str(warning), err=True)
    more = len(warnings) - _MOST_WARNINGS
    if more > 0:
        click.echo(f"… and {more:,} more; `onestop check` lists them", err=True)


def parted(option: str, given: str, form: str) -> tuple[str, str]:
    """Part what an option gives at its first ``=``; `form` is what it should be."""
    key, equals, value = given.partition("=")
    if not equals or not key.strip():
        raise InputError(f"{option}: write {form}")
    return key.strip(), value


def value_of(option: str, text: str) -> object:
    """Read the value that an option gives as it would stand in a scenario."""
    try:
        document = extended(parse_document(f"value: {text}\n", ""))
    except InputError as error:
        raise InputError(f"{option}: {error.problems[0].message}") from None
    if text.strip() in _NO_VALUE or len(document.data) > 1:
        raise InputError(f"{option}: has no value that a key can take")
    for problem in document.problems:
        raise InputError(f"{option}: {problem.message}")
    return document.data["value"]


def seed_of(scenario: Scenario, options: StudyOptions) -> int:
    """Give the seed of the options, or else the scenario's."""
    return scenario.seed if options.seed is None else options.seed


def study_folder(scenario: Scenario, options: StudyOptions) -> Path:
    """Name the folder in which a study is kept."""
    digest = Plan(scenario, (), 0, seed_of(scenario, options), options.engine).digest
    return options.out or Path("studies") / f"{_file_name(scenario.name)}-{digest[:8]}"


def run_together(
    scenarios: Mapping[str, Scenario], policies: Mapping[str, Sequence[str]], options: StudyOptions
) -> Study:
    """Run a study of each scenario with the first's seed and replications, and put them together.

    They are kept side by side in one folder, each under its scenario's name.
    """
    first = next(iter(scenarios.values()))
    count = options.replications or (None if options.precision else first.replications)
    for name, scenario in scenarios.items():
        own = scenario.seed, scenario.replications
        if own != (first.seed, first.replications) and not options.quiet:
            click.echo(f"{name}: seed and replications are those of the first.", err=True)
    alike = replace(options, seed=seed_of(first, options), replications=count)
    folders = [study_folder(scenario, alike).name for scenario in scenarios.values()]
    digest = hashlib.blake2b("/".join(folders).encode(), digest_size=4).hexdigest()
    folder = options.out or Path("studies") / f"{_file_name(' '.join(scenarios))}-{digest}"
    wanted = [name for name in scenarios if policies[name]]
    with held_together(folder, wanted):
        found = {
            name: run_study(
                scenarios[name], tuple(policies[name]), replace(alike, out=folder / name)
            )
            for name in wanted
        }
    return replace(together(found), folder=folder)


def run_study(
    scenario: Scenario,
    policies: tuple[str, ...],
    options: StudyOptions,
    goals: Sequence[Goal] = (),
) -> Study:
    """Run a study as the options say; it is kept in a folder."""
    count = options.replications or scenario.replications
    folder = study_folder(scenario, options)
    needs = needs_of(scenario, policies)
    most = options.most if options.precision or goals else count
    engine = needs.engine(options.engine, most)
    with (
        keeping(folder),
        reporting(options.quiet) as (progress, say),
        executor_for(options.jobs, options.cluster, needs, engine, most, say) as executor,
    ):
        return run(
            scenario, policies, replications=options.replications,
            seed=seed_of(scenario, options), executor=executor, out=folder,
            traces=options.traces, fresh=options.fresh, progress=progress, engine=engine,
            precision=options.precision, goals=goals, most=options.most, say=say,
        )  # fmt: skip


@contextmanager
def keeping(folder: Path) -> Iterator[None]:
    """Say, where Ctrl-C ends the block, that what is finished is kept in a folder."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(
            f"Interrupted. What is finished is kept in {folder}; the same command goes on.",
            err=True,
        )
        raise SystemExit(130) from None


def executor_for(
    asked: int | None,
    address: str | None,
    needs: Needs,
    engine: Engine,
    count: int,
    say: Say | None,
) -> AbstractContextManager[Executor | None]:
    """Choose where replications run, by the options --jobs and --cluster; None for here."""
    if address is not None:
        if asked is not None:
            raise InputError("--jobs is for this machine and --cluster for another: give one")
        # What it logs of a scheduler that is gone, the run says in one line.
        logging.disable(logging.ERROR)
        return cluster(address)
    needed, available = max(needs.memory.values()), available_memory()
    if lack := lack_of_memory(needed, available):
        raise InputError(lack)
    rate = _STEPS_A_SECOND[engine]
    seconds = [steps / rate for steps in needs.steps.values()]
    is_short = max(seconds) < _LONG
    if asked is None and is_short and count * sum(seconds) < _WORTH_PROCESSES:
        return nullcontext()
    wanted = min(asked or cores(), count * len(seconds))
    jobs = min(wanted, int(available / needed))
    if jobs < wanted and say is not None:
        say(f"There is memory for {jobs} of {wanted} processes at a time.")
    if jobs == 1 and is_short:
        return nullcontext()
    return processes(jobs, partial(make_ready, engine, say), partial(make_ready, engine))


def _file_name(name: str) -> str:
    """Make a scenario's name the name of a folder."""
    words = "".join(c if c.isalnum() or c in "-_" else " " for c in name).split()
    return "-".join(words)[:60] or "study"


@contextmanager
def reporting(quiet: bool) -> Iterator[tuple[Progress | None, Say | None]]:
    """Give what reports progress, a bar on a terminal for what takes longer, and what says a line.

    Both are None if it is to be quiet.
    """
    if quiet:
        yield None, None
        return
    if not sys.stderr.isatty():
        yield None, partial(click.echo, err=True)
        return
    import time

    import rich.progress
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("replications"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with rich.progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replications", total=None, visible=False)
        begun = time.monotonic()

        def report(done: int, total: int) -> None:
            visible = done < total and time.monotonic() - begun > _SHORT
            bar.update(task, completed=done, total=total, visible=visible)

        yield report, partial(bar.console.print, markup=False, highlight=False)
