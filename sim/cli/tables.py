"""Results as tables for a terminal, and as JSON."""

from __future__ import annotations

import math
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.printing import print_object
from sim.experiment.study import Study
from sim.measures import RATES
from sim.scenario.measure_names import POOL_MEASURES, SHARES
from sim.statistics.bootstrap import FEWEST_TO_CARRY, FEWEST_TO_RESAMPLE

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from sim.scenario.schema import Scenario

HEADLINES = (
    "received", "resolved", "open_within_limit", "open_overdue", "resolved_late", "withdrawn",
    "on_time_rate", "early_rate", "turnaround_days_mean", "turnaround_working_hours_mean",
    "wait_minutes_mean", "wait_minutes_p90", "visits_mean", "three_visits_rate",
)  # fmt: skip
OF_APOLOGIES = ("apologies", "resolved_late_announced", "resolved_late_again")
AT_STATIONS = ("utilisation", "served", "left", "wait_minutes_mean", "wait_minutes_p90",
               "queue_mean", "overtime_hours")  # fmt: skip
_JSON_COLUMNS = ("policy", "against", "scope", "name", "measure", "estimate", "low", "high",
                 "replications", "p_adjusted")  # fmt: skip
MISSING = "–"
_FIRST_COLUMN, _POLICY_COLUMN, _WIDTH_ELSEWHERE = 34, 26, 160
_MOST_DIGITS = 5
_THIN = " †"


def number(value: float, measure: str, sign: str = "", error: float = 0.0) -> str:
    """Write a value of a measure with the digits that its error leaves it.

    Shares are in per cent, what is missing is a dash.
    """
    if math.isnan(value):
        return MISSING
    unit = ""
    digits = 2 if abs(value) < 100 else 1 if abs(value) < 1000 else 0
    if measure in SHARES:
        value, error, unit, digits = 100 * value, 100 * error, " pp" if sign else " %", 2
    if 0 < error < 0.005:
        digits = min(math.ceil(-math.log10(error)), _MOST_DIGITS)
    value = round(value, digits) or 0.0  # not "-0.00"
    return f"{value:{sign},.{digits}f}{unit}".replace(",", "\u202f")


def with_interval(row: Any, sign: str = "") -> str:
    """Write an estimate with half its interval's width; a rate with the interval's ends."""
    half = (row.high - row.low) / 2
    if math.isnan(half) or half == 0:
        return number(row.estimate, row.measure, sign)
    estimate = number(row.estimate, row.measure, sign, half)
    if row.measure in RATES and not sign:
        low, high = (_without_unit(end, row.measure, half) for end in (row.low, row.high))
        return f"{estimate} ({low} – {high})"
    return f"{estimate} ± {_without_unit(half, row.measure, half)}"


def _without_unit(value: float, measure: str, error: float) -> str:
    return number(value, measure, error=error).removesuffix(" %")


def headlines_of(summary: pd.DataFrame) -> tuple[str, ...]:
    """Give the measures to print; those of apologies only where there are any."""
    of_apologies = summary[summary["measure"].isin(OF_APOLOGIES)]
    return HEADLINES + (OF_APOLOGIES if of_apologies["estimate"].any() else ())


def policy_table(study: Study, summary: pd.DataFrame, policies: Iterable[str]) -> Table:
    """Put the headline measures in rows and the policies in columns."""
    table = titled_table(title_of(study), "measure", policies)
    overall = summary[summary["scope"] == "all"]
    marked = False
    for measure in headlines_of(summary):
        rows = {row.policy: row for row in rows_of(overall[overall["measure"] == measure])}
        thin = _thin(study, measure)
        cells = [
            with_interval(rows[policy]) + (_THIN if policy in thin else "")
            if policy in rows else ""
            for policy in policies
        ]  # fmt: skip
        marked = marked or any(cell.endswith(_THIN) for cell in cells)
        table.add_row(measure, *cells)
    if marked:
        table.caption = (
            f"{_THIN.strip()} fewer than {FEWEST_TO_CARRY} replications carry this interval: worse "
            "years may be too rare to be among them"
        )
    return table


def _thin(study: Study, measure: str) -> set[str]:
    """Name the policies whose interval of a rate rests on few of many replications."""
    if measure not in RATES or study.plan.replications < FEWEST_TO_RESAMPLE:
        return set()
    carrying = study.carrying(measure)
    return {policy for policy, replications in carrying.items() if replications < FEWEST_TO_CARRY}


def place_tables(summary: pd.DataFrame, policy: str) -> Iterator[Table]:
    """Put the stations in rows and what is measured at them in columns; then the pools."""
    for title, scope, measures in (
        ("Stations", "station", AT_STATIONS),
        ("Pools", "pool", POOL_MEASURES),
    ):
        own = summary[(summary["policy"] == policy) & (summary["scope"] == scope)]
        headings = [measure.replace("_", "\n") for measure in measures]
        table = titled_table(f"{title}, {policy}", scope, headings)
        for place in own["name"].unique():
            rows = {row.measure: row for row in rows_of(own[own["name"] == place])}
            table.add_row(place, *(number(rows[m].estimate, m) for m in measures))
        if table.row_count:
            yield table


def published_table(scenario: Scenario, summary: pd.DataFrame, policy: str) -> Table | None:
    """Put a scenario's published figures beside those simulated of a policy, if it has any."""
    published = scenario.published
    if not published:
        return None
    columns = ("published", "simulated", "use", "source")
    table = titled_table("Published figures", "measure", columns)
    for column in table.columns[-2:]:
        column.no_wrap, column.overflow = False, "fold"
    for figure in published:
        found = summary[
            (summary["policy"] == policy) & (summary["scope"] == figure.scope)
            & (summary["name"] == figure.name) & (summary["measure"] == figure.measure)
        ]  # fmt: skip
        simulated = [with_interval(row) for row in rows_of(found)]
        table.add_row(
            f"{figure.measure} ({figure.name})", number(figure.value, figure.measure),
            simulated[0] if simulated else MISSING, figure.use.replace("_", " "), figure.source,
        )  # fmt: skip
    return table


def in_width(policies: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut the policies into as many as stand side by side in one table on this terminal."""
    side_by_side = max(1, (_width() - _FIRST_COLUMN) // _POLICY_COLUMN)
    for first in range(0, len(policies), side_by_side):
        yield policies[first : first + side_by_side]


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_ELSEWHERE


def rows_of(table: pd.DataFrame) -> list[Any]:
    """List a table's rows, columns as attributes."""
    return list(table.itertuples(index=False))


def titled_table(title: str, first: str, columns: Iterable[str]) -> Table:
    """Make a table whose first column stands at the left and the others at the right."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, caption_justify="left",
        collapse_padding=True, pad_edge=False,
    )  # fmt: skip
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def title_of(study: Study) -> str:
    """Name a study by its scenario and its number of replications."""
    count = study.plan.replications
    return f"{study.plan.scenario.name}, {count} replication{'' if count == 1 else 's'}"


def show(*parts: Table | str | None) -> None:
    """Print tables and sentences on standard output.

    They are as wide as the terminal, or as they need elsewhere.
    """
    from rich.console import Console

    class PipedConsole(Console):
        """Leaves a closed pipe to the command line, which ends silently."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    console = PipedConsole(width=_width(), highlight=False, markup=False, emoji=False)
    for part in parts:
        if part is not None and not isinstance(part, str) and part.title:
            # By itself it may be wider than its table.
            console.print(part.title, style="italic")
            part.title = None
        if part is not None:
            console.print(part)
        if isinstance(part, str) or (part is not None and part.caption):
            console.print()


def print_json(study: Study, summary: pd.DataFrame, **further: object) -> None:
    """Print one JSON object, with further keys; what is missing is null."""
    plan = study.plan
    found: dict[str, Any] = {
        "format": 1,
        "scenario": plan.scenario.name,
        "seed": plan.seed,
        "engine": plan.engine,
        "replications": plan.replications,
        "measures": records(summary),
    }
    print_object(found | further)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Give a table's rows as JSON has them."""
    columns = [column for column in _JSON_COLUMNS if column in table.columns]
    return [
        {
            str(key): None if isinstance(value, float) and math.isnan(value) else value
            for key, value in row.items()
        }
        for row in table[columns].to_dict("records")
    ]


def last_line(study: Study) -> None:
    """Name the study and the next command."""
    folder = for_shell(str(study.folder))
    click.echo(f"Study: {study.folder}. Next: {program()} plot {folder}", err=True)


def program() -> str:
    """Name this program as it can be called again: by its path where it is not on PATH."""
    typed = sys.argv[0]
    on_path = shutil.which("onestop") is not None
    return for_shell(typed) if Path(typed).name == "onestop" and not on_path else "onestop"


def for_shell(path: str) -> str:
    """Quote a path for a shell if it must be; letters of any script need not."""
    plain = all(letter.isalnum() or letter in "-_./@%+=:," for letter in path)
    return path if plain else shlex.quote(path)
