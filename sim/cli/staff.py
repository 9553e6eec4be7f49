"""``onestop staff``: the smallest staff that keeps a target, or the best for a budget."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from sim.cli.options import Reading, StudyOptions, numbers, search_options, share


@click.command("staff")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--target",
    metavar="SHARE",
    callback=share,
    help="What the rate is to be, such as 99%.",
)
@click.option(
    "--budget",
    metavar="N",
    help="In place of a target: what the officers may cost together, or +N beyond those of today, "
    "who stay.",
)
@click.option(
    "--measure",
    default="on_time_rate",
    metavar="M",
    help="Which rate of all dossiers; by default on_time_rate.",
)
@click.option(
    "--station",
    "stations",
    multiple=True,
    metavar="S",
    help="A station or pool whose officers may change; by default all. May be given several times.",
)
@click.option(
    "--cost",
    "costs",
    multiple=True,
    metavar="S=C",
    callback=numbers(float),
    help="What an officer of a station costs; by default 1. May be given several times.",
)
@click.option(
    "--min",
    "at_least",
    multiple=True,
    metavar="S=N",
    callback=numbers(int),
    help="How many a station has at least; by default more than its work keeps busy. May be given "
    "several times.",
)
@click.option(
    "--max",
    "at_most",
    multiple=True,
    metavar="S=N",
    callback=numbers(int),
    help="How many a station has at most. May be given several times.",
)
@click.option(
    "--confidence",
    default="95%",
    metavar="SHARE",
    callback=share,
    help="How sure the target is to be; by default 95%.",
)
@click.option(
    "--reading",
    type=click.Choice(get_args(Reading)),
    default="pooled",
    help="What is sure: that the rate over all years reaches the target, or that this share of "
    "the years do; by default pooled.",
)
@search_options
def command(
    scenario: Path,
    target: float | None,
    budget: str | None,
    measure: str,
    stations: tuple[str, ...],
    costs: dict[str, float],
    at_least: dict[str, int],
    at_most: dict[str, int],
    confidence: float,
    reading: Reading,
    options: StudyOptions,
) -> None:
    """Find the cheapest numbers of officers with which SCENARIO keeps a target."""
    from sim.cli.printing import print_object
    from sim.cli.staffing import json_of, show_plan
    from sim.cli.studying import (
        executor_for,
        keeping,
        read_as_set,
        reporting,
        seed_of,
        show_warnings,
        study_folder,
    )
    from sim.errors import InputError
    from sim.experiment.runner import needs_of
    from sim.experiment.study import Plan, Study
    from sim.plots import draw_staffing
    from sim.scenario.references import BASE
    from sim.staffing import find_staff
    from sim.staffing.posts import cost_of, posts_of
    from sim.staffing.sample import TRIALS_OF_A_SEARCH

    if (target is None) == (budget is None):
        raise InputError("give --target, such as --target 99%, or --budget; one of them")
    loaded = read_as_set(scenario, options)
    show_warnings(loaded, BASE, options)
    spent = None if budget is None else _number(budget)
    if budget is not None and spent is not None and budget.startswith("+"):
        posts = posts_of(loaded.scenario, stations, costs, at_least, at_most)
        spent += cost_of(posts, tuple(post.now for post in posts))
        at_least = {post.address: max(post.now, at_least.get(post.address, 0)) for post in posts}
    folder = study_folder(loaded.scenario, options)
    needs = needs_of(loaded.scenario, [BASE])
    engine = needs.engine(options.engine, TRIALS_OF_A_SEARCH)
    with (
        keeping(folder),
        reporting(options.quiet) as (progress, say),
        executor_for(
            options.jobs, options.cluster, needs, engine, TRIALS_OF_A_SEARCH, say
        ) as executor,
    ):
        plan = find_staff(
            loaded.scenario, target, measure=measure, stations=stations, costs=costs,
            least=at_least, most=at_most, confidence=confidence, reading=reading, budget=spent,
            seed=options.seed, engine=engine, executor=executor, out=folder, fresh=options.fresh,
            progress=progress, say=say,
        )  # fmt: skip
    if options.as_json:
        print_object(json_of(plan))
    else:
        show_plan(plan)
    if plan.frontier:
        seed = seed_of(loaded.scenario, options)
        told = Study.of(Plan(loaded.scenario, (), plan.trials, seed, engine))
        files = draw_staffing(plan, told, folder)
        if not options.quiet:
            click.echo("\n".join(map(str, files)), err=True)
    if not options.quiet:
        click.echo(f"Study: {folder}.", err=True)
    if plan.unreachable:
        raise SystemExit(1)


def _number(text: str) -> float:
    from sim.errors import InputError

    try:
        return float(text)
    except ValueError:
        raise InputError(f"--budget {text}: write a number, or +N for N beyond today's") from None
