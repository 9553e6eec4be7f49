"""Running a study from the command line: its folder, its processes, its progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from sim.cli.options import StudyOptions
from sim.errors import InputError
from sim.experiment.runner import cores, processes, run
from sim.experiment.study import Plan, Study
from sim.lint import warnings_of
from sim.network import build
from sim.scenario.extends import extended
from sim.scenario.load import Loaded, read
from sim.scenario.policies import with_values
from sim.scenario.schema import Scenario
from sim.scenario.text import parse_document

_DOSSIERS_IN_THIS_PROCESS = 300_000
_MOST_WARNINGS = 5
_NO_VALUE = ("", "null", "Null", "NULL", "~")
_SHORT = 2.0
"""Seconds after which a progress bar appears."""


def read_as_set(path: Path, options: StudyOptions) -> Loaded:
    """Read a scenario, and set what the options set."""
    loaded = read(path)
    values: dict[str, object] = {}
    for given in options.values:
        key, equals, value = given.partition("=")
        key = key.strip()
        if not equals or not key:
            raise InputError(f"--set {given}: write PATH=VALUE, such as seed=2")
        if key in values:
            raise InputError(f"--set {given}: `{key}` is set twice")
        values[key] = _value(given, value)
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


def _value(given: str, text: str) -> object:
    """Read a value as it would stand in a scenario."""
    try:
        document = extended(parse_document(f"value: {text}\n", ""))
    except InputError as error:
        raise InputError(f"--set {given}: {error.problems[0].message}") from None
    if text.strip() in _NO_VALUE or len(document.data) > 1:
        raise InputError(f"--set {given}: has no value that a key can take")
    for problem in document.problems:
        raise InputError(f"--set {given}: {problem.message}")
    return document.data["value"]


def run_study(scenario: Scenario, policies: tuple[str, ...], options: StudyOptions) -> Study:
    """Run a study as the options say; it is kept in a folder."""
    count = options.replications or scenario.replications
    seed = scenario.seed if options.seed is None else options.seed
    plan = Plan(scenario, policies, count, seed, options.engine)
    folder = options.out or Path("studies") / f"{_file_name(scenario.name)}-{plan.digest[:8]}"
    jobs = options.jobs or (cores() if _worth_processes(scenario, plan) else 1)
    try:
        with _progress(options.quiet) as progress, processes(jobs) as executor:
            return run(
                scenario, policies, replications=count, seed=seed, executor=executor,
                out=folder, traces=options.traces, fresh=options.fresh, progress=progress,
                engine=options.engine, compiling=None if options.quiet else _announce,
            )  # fmt: skip
    except KeyboardInterrupt:
        click.echo(
            f"Interrupted. What is finished is kept in {folder}; the same command goes on.",
            err=True,
        )
        raise SystemExit(130) from None


def _announce() -> None:
    click.echo("Compiling the engine, once on this machine: some ten seconds …", err=True)


def _worth_processes(scenario: Scenario, plan: Plan) -> bool:
    """Tell whether a study is so large that starting processes saves more than it costs."""
    volume = sum(procedure.volume for procedure in build(scenario).procedures)
    return volume * plan.replications * len(plan.policies) > _DOSSIERS_IN_THIS_PROCESS


def _file_name(name: str) -> str:
    """Make a scenario's name the name of a folder."""
    words = "".join(c if c.isalnum() or c in "-_" else " " for c in name).split()
    return "-".join(words)[:60] or "study"


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Give what reports progress: a bar on a terminal for what takes longer, nothing else."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    import time

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("replications"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replications", total=None, visible=False)
        begun = time.monotonic()

        def report(done: int, total: int) -> None:
            visible = done < total and time.monotonic() - begun > _SHORT
            bar.update(task, completed=done, total=total, visible=visible)

        yield report
