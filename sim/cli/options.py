"""Options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, get_args

import click

from sim.scenario.measure_names import DOSSIER_MEASURES
from sim.scenario.words import did_you_mean

Command = Callable[..., None]
Engine = Literal["auto", "compiled", "reference"]
Reading = Literal["pooled", "year"]


@dataclass(frozen=True)
class StudyOptions:
    """What the options say of the study.

    Parameters
    ----------
    replications, seed
        None for the scenario's own.
    jobs
        How many processes, or None for one a processor.
    out
        The study's folder, or None for one named after the scenario.
    traces
        Of how many replications to keep the traces.
    fresh
        Whether to replace another study in the folder.
    as_json
        Whether to print one JSON object.
    quiet
        Whether to print results alone.
    values
        What the scenario's keys are set to, each as ``PATH=VALUE``.
    engine
        Which engine runs it.
    precision
        How narrow the intervals of measures are to be; see `sim.run`.
    most
        Replications after which `precision` is given up.
    cluster
        The address of a Dask cluster where it runs, or None for this machine.
    """

    seed: int | None
    jobs: int | None
    out: Path | None
    fresh: bool
    as_json: bool
    quiet: bool
    values: tuple[str, ...]
    engine: Engine
    cluster: str | None
    replications: int | None = None
    traces: int = 0
    precision: dict[str, float] = field(default_factory=dict)
    most: int = 1000


def widths(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
    """Read widths written as ``MEASURE=HALFWIDTH``."""
    found: dict[str, float] = {}
    for text in given:
        measure, equals, width = (part.strip() for part in text.partition("="))
        if not equals:
            raise click.BadParameter(f"{text}: write MEASURE=HALFWIDTH, as on_time_rate=0.5%")
        if measure not in DOSSIER_MEASURES:
            meant = did_you_mean(measure, DOSSIER_MEASURES)
            raise click.BadParameter(f"{text}: dossiers have no measure `{measure}`{meant}")
        if measure in found:
            raise click.BadParameter(f"{text}: `{measure}` is given twice")
        number = _share(width)
        if not 0 < number < math.inf:
            raise click.BadParameter(
                f"{text}: `{width}` is no half-width; write a share or per cent above 0, as 0.5%"
            )
        found[measure] = number
    return found


def share(_: click.Context, __: click.Parameter, given: str | None) -> float | None:
    """Read a share between 0 and 1, as ``99%`` or ``0.99``."""
    if given is None:
        return None
    number = _share(given)
    if not 0 < number < 1:
        raise click.BadParameter(f"{given}: write a share between 0 and 100 %, as 99%")
    return number


def numbers(
    kind: type[int] | type[float],
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], dict[str, float]]:
    """Read numbers above or equal to 0 written as ``STATION=N``."""

    def read(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
        found: dict[str, float] = {}
        for text in given:
            station, equals, count = (part.strip() for part in text.partition("="))
            if not equals or not station:
                raise click.BadParameter(f"{text}: write STATION=N, as city.land=4")
            if station in found:
                raise click.BadParameter(f"{text}: `{station}` is given twice")
            try:
                number = kind(count)
            except ValueError:
                number = -1
            if not 0 <= number < math.inf:
                whole = "a whole number" if kind is int else "a number"
                raise click.BadParameter(f"{text}: `{count}` is not {whole} of 0 or more")
            found[station] = number
        return found

    return read


def _share(text: str) -> float:
    """Read a number or a percentage; NaN if it is neither."""
    try:
        number = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        return math.nan
    return float(number / 100 if text.endswith("%") else number)


jobs_option = click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N",
    help="How many processes; by default one a processor, or one if that is enough.",
)  # fmt: skip
cluster_option = click.option(
    "--cluster", metavar="ADDRESS", help="Run on the Dask cluster whose scheduler has this address."
)

_OF_REPLICATIONS = (
    click.option("-n", "--replications", type=click.IntRange(min=1), metavar="N",
                 help="How many replications; by default the scenario's."),
    click.option("--precision", multiple=True, metavar="MEASURE=HALFWIDTH", callback=widths,
                 help="Add replications until the measure's 95 % interval is that narrow: "
                 "on_time_rate=0.5%, or for what is not a share in per cent of itself: "
                 "wait_minutes_mean=5%. May be given several times."),
    click.option("--max-replications", "most", type=click.IntRange(min=1), metavar="N",
                 default=1000, help="Where --precision ends in any case; by default 1000."),
    click.option("--trace", "traces", type=click.IntRange(min=0), default=0, metavar="N",
                 help="Keep the traces of the first N replications."),
)  # fmt: skip
_COMMON = (
    click.option("--seed", type=click.IntRange(min=0, max=2**63 - 1), metavar="N",
                 help="The seed; by default the scenario's."),
    jobs_option,
    cluster_option,
    click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FOLDER",
                 help="The study's folder; by default studies/NAME-HASH."),
    click.option("--fresh", is_flag=True, help="Replace another study in the folder."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    click.option("--set", "values", multiple=True, metavar="PATH=VALUE",
                 help="Set a key of the scenario by its dotted path. May be given several times."),
    click.option("--engine", type=click.Choice(get_args(Engine)), default="auto",
                 help="The engine; by default the one that is done first. Both give the same."),
    click.option("-q", "--quiet", is_flag=True, help="Print the results and nothing else."),
)  # fmt: skip


def study_options(command: Command) -> Command:
    """Give a command the options of a study, as one argument `options`."""
    return _with_options(command, (*_OF_REPLICATIONS, *_COMMON))


def search_options(command: Command) -> Command:
    """Give a command the options of a study that settles its replications itself."""
    return _with_options(command, _COMMON)


def _with_options(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    def with_options(**arguments: Any) -> None:
        names = StudyOptions.__dataclass_fields__
        own = {name: arguments.pop(name) for name in names if name in arguments}
        command(options=StudyOptions(**own), **arguments)

    with_options.__doc__ = command.__doc__
    for option in reversed(options):
        with_options = option(with_options)
    return with_options
