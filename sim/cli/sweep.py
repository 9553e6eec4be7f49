"""``onestop sweep``: a grid of values, on the same citizens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import prod
from pathlib import Path
from typing import Any

import click

from sim.cli.options import StudyOptions, study_options
from sim.errors import InputError
from sim.scenario.measure_names import DOSSIER_MEASURES
from sim.scenario.words import did_you_mean

_MOST = 1000
"""Points of a sweep."""
_NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\.\.({_NUMBER})(?:\.\.({_NUMBER}))?\s*")
_LIKE_A_RANGE = re.compile(r"[-+.\d\s]*\.\.[-+.\d\s]*")


def _known(_: click.Context, __: click.Parameter, measure: str) -> str:
    if measure not in DOSSIER_MEASURES:
        meant = did_you_mean(measure, DOSSIER_MEASURES)
        raise click.BadParameter(f"dossiers have no measure `{measure}`{meant}")
    return measure


@click.command("sweep")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--vary",
    "given",
    multiple=True,
    required=True,
    metavar="PATH=VALUES",
    help="What is varied: a key by its dotted path, or a station by its address, which is its "
    "number of officers; with a range 8..16, in steps 8..16..2, or a list a,b,c. May be given "
    "several times: every value is combined with every other.",
)
@click.option(
    "--tornado",
    is_flag=True,
    help="Vary one path at a time, by its lowest and highest value, and nothing together.",
)
@click.option(
    "--measure",
    default="on_time_rate",
    metavar="M",
    callback=_known,
    help="The measure of all dossiers that is shown; by default on_time_rate.",
)
@study_options
def command(
    scenario: Path, given: tuple[str, ...], tornado: bool, measure: str, options: StudyOptions
) -> None:
    """Run SCENARIO with each of a grid of values, and compare them with it as it is."""
    from sim.cli.studying import read_as_set, run_study, show_warnings
    from sim.cli.sweeping import grid_table, tornado_table
    from sim.cli.tables import last_line, print_json, records, show
    from sim.comparison import compare
    from sim.experiment.folder import Folder
    from sim.sweep import TABLE, ends, grid, points_of, tidy, with_points

    varied = _varied(given)
    if not tornado and (count := prod(map(len, varied.values()))) > _MOST:
        raise InputError(
            f"{' '.join(f'--vary {one}' for one in given)}: {count:,} points; a sweep has at most "
            f"{_MOST:,}, with fewer values or larger steps"
        )
    loaded = read_as_set(scenario, options)
    try:
        swept = with_points(loaded.scenario, ends(varied) if tornado else grid(varied))
    except InputError as error:
        raise InputError(*(f"--vary {problem}" for problem in error.problems)) from None
    show_warnings(loaded, "base", options)
    study = run_study(swept, ("base", *swept.policies), options)
    of_all = study.of_scope("all")
    comparison = compare(of_all)
    summary, differences = of_all.summary(), comparison.differences
    if study.folder is not None:
        Folder(study.folder).write_csv(TABLE, tidy(study, summary, comparison, measure))
    if options.as_json:
        points = [
            {"policy": point.policy, "values": dict(point.values)}
            for point in points_of(study.plan)
        ]
        print_json(study, summary, differences=records(differences), points=points)
    else:
        table = tornado_table if tornado else grid_table
        show(table(study, summary, differences, measure))
    if not options.quiet:
        last_line(study)


def _varied(given: Sequence[str]) -> Mapping[str, Sequence[Any]]:
    """Read the values of each path."""
    from sim.cli.studying import parted

    varied: dict[str, Sequence[Any]] = {}
    for one in given:
        option = f"--vary {one}"
        path, values = parted(option, one, "PATH=VALUES, such as city.land=8..16")
        if path in varied:
            raise InputError(f"{option}: `{path}` is varied twice; give all its values in one")
        varied[path] = read_values(option, values)
    return varied


def read_values(option: str, text: str) -> list[Any]:
    """Read a range or a list."""
    from sim.cli.studying import value_of
    from sim.sweep import written

    if found := _RANGE.fullmatch(text):
        return _range(option, *(Decimal(number or 1) for number in found.groups()))
    if _LIKE_A_RANGE.fullmatch(text):
        raise InputError(f"{option}: write a range as 8..16, or in steps as 8..16..2")
    values = value_of(option, f"[{text}]")
    assert isinstance(values, list)
    if not values:
        raise InputError(f"{option}: has no value; write a range 8..16, or a list a,b,c")
    texts = [written(value) for value in values]
    for number, value in enumerate(texts):
        if value in texts[:number]:
            raise InputError(f"{option}: `{value}` is given twice")
    return values


def _range(option: str, first: Decimal, last: Decimal, step: Decimal) -> list[Any]:
    """List the numbers from the first to the last, both included if steps reach it."""
    if step <= 0:
        raise InputError(f"{option}: steps of {step} lead nowhere; a step is above 0")
    if first > last:
        raise InputError(f"{option}: the range descends; write the lower end first")
    count = int((last - first) / step) + 1
    if count > _MOST:
        raise InputError(
            f"{option}: {count:,} points; a sweep has at most {_MOST:,}, with larger steps"
        )
    kind = int if first % 1 == step % 1 == 0 else float
    return [kind(first + number * step) for number in range(count)]
