"""Results as tables for a terminal, and as JSON."""

from __future__ import annotations

import json
import math
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.experiment.study import Study
from sim.scenario.measure_names import SHARES
from sim.sweep import Point, by_effect, of_measure, paths_of, points_of, written

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

HEADLINES = (
    "received", "resolved", "open_within_limit", "open_overdue", "resolved_late", "withdrawn",
    "on_time_rate", "early_rate", "turnaround_days_mean", "turnaround_working_hours_mean",
    "wait_minutes_mean", "wait_minutes_p90", "visits_mean",
)  # fmt: skip
AT_STATIONS = ("utilisation", "served", "left", "wait_minutes_mean", "wait_minutes_p90",
               "queue_mean", "overtime_hours")  # fmt: skip
_JSON_COLUMNS = ("policy", "against", "scope", "name", "measure", "estimate", "low", "high",
                 "replications", "p_adjusted")  # fmt: skip
MISSING = "–"
_FIRST_COLUMN, _POLICY_COLUMN, _WIDTH_ELSEWHERE = 34, 23, 160


def number(value: float, measure: str, sign: str = "") -> str:
    """Write a value of a measure: shares in per cent, what is missing as a dash."""
    if math.isnan(value):
        return MISSING
    if measure in SHARES:
        return f"{100 * value:{sign}.2f} {'pp' if sign else '%'}"
    value = value or 0.0  # not "-0.00"
    digits = 2 if abs(value) < 100 else 1 if abs(value) < 1000 else 0
    return f"{value:{sign},.{digits}f}".replace(",", "\u202f")


def with_interval(row: Any, sign: str = "") -> str:
    """Write an estimate with half its interval's width."""
    estimate = number(row.estimate, row.measure, sign)
    half = (row.high - row.low) / 2
    if math.isnan(half) or half == 0:
        return estimate
    return f"{estimate} ± {number(half, row.measure).removesuffix(' %')}"


def policy_table(summary: pd.DataFrame, policies: Iterable[str], title: str) -> Table:
    """Put the headline measures in rows and the policies in columns."""
    table = _table(title, "measure", policies)
    overall = summary[summary["scope"] == "all"]
    for measure in HEADLINES:
        rows = {row.policy: row for row in _rows(overall[overall["measure"] == measure])}
        cells = [with_interval(rows[policy]) if policy in rows else "" for policy in policies]
        table.add_row(measure, *cells)
    return table


def station_table(summary: pd.DataFrame, policy: str) -> Table:
    """Put the stations in rows and what is measured at them in columns."""
    headings = [measure.replace("_", "\n") for measure in AT_STATIONS]
    table = _table(f"Stations, {policy}", "station", headings)
    own = summary[(summary["policy"] == policy) & (summary["scope"] == "station")]
    for station in own["name"].unique():
        rows = {row.measure: row for row in _rows(own[own["name"] == station])}
        table.add_row(station, *(number(rows[m].estimate, m) for m in AT_STATIONS))
    return table


def published_table(study: Study, summary: pd.DataFrame, policy: str) -> Table | None:
    """Put published figures of what a policy has beside the simulated ones, if there are any."""
    published = study.plan.scenario.with_policy(policy).published
    if not published:
        return None
    columns = ("published", "simulated", "use", "source")
    table = _table("Published figures", "measure", columns)
    for column in table.columns[-2:]:
        column.no_wrap, column.overflow = False, "fold"
    for figure in published:
        found = summary[
            (summary["policy"] == policy) & (summary["scope"] == figure.scope)
            & (summary["name"] == figure.name) & (summary["measure"] == figure.measure)
        ]  # fmt: skip
        simulated = [with_interval(row) for row in _rows(found)]
        table.add_row(
            f"{figure.measure} ({figure.name})", number(figure.value, figure.measure),
            simulated[0] if simulated else MISSING, figure.use.replace("_", " "), figure.source,
        )  # fmt: skip
    return table


def difference_table(differences: pd.DataFrame, policies: Iterable[str], against: str) -> Table:
    """Put differences of the headline measures in rows and the policies in columns."""
    table = _table(f"Differences from {against}", "measure", policies)
    overall = differences[differences["scope"] == "all"]
    for measure in HEADLINES:
        rows = {row.policy: row for row in _rows(overall[overall["measure"] == measure])}
        cells = []
        for policy in policies:
            row = rows[policy]
            doubtful = row.p_adjusted >= 0.05 and row.estimate != 0
            cells.append(with_interval(row, "+") + (" (n.d.)" if doubtful else ""))
        table.add_row(measure, *cells)
    table.caption = (
        "± half a 95 % interval, paired by replication\n"
        "pp: percentage points\n"
        "n.d.: not distinguishable from 0 at 5 %,\n"
        "adjusted for the number of policies (Holm)"
    )
    return table


def grid_table(
    study: Study, summary: pd.DataFrame, differences: pd.DataFrame, measure: str
) -> Table:
    """Put the points of a sweep in rows: what is varied, a measure, its difference from base."""
    from rich.markup import escape

    points = points_of(study.plan)
    paths = paths_of(point.values for point in points)
    table = _table(title_of(study), paths[0], [*paths[1:], measure, "difference from base"])
    found, changed = _by_policy(summary, measure), _by_policy(differences, measure)
    table.add_row("base", *("" for _ in paths[1:]), with_interval(found["base"]), "")
    for point in points:
        table.add_row(
            *(escape(written(point.values[path])) for path in paths),
            with_interval(found[point.policy]), with_interval(changed[point.policy], "+"),
        )  # fmt: skip
    return _finished(table)


def tornado_table(
    study: Study, summary: pd.DataFrame, differences: pd.DataFrame, measure: str
) -> Table:
    """Put the paths of a sweep in rows, those of the largest effect first, each with its ends."""
    from rich.markup import escape

    found, changed = _by_policy(summary, measure), _by_policy(differences, measure)
    columns = ("lowest", "difference", "highest", "difference")
    base = with_interval(found["base"])
    table = _table(f"{title_of(study)}: {measure}, base {base}", "varied alone", columns)
    for group in by_effect(points_of(study.plan), of_measure(differences, measure)):
        (path,) = group[0].values
        cells = [(escape(written(point.values[path])), with_interval(changed[point.policy], "+"))
                 for point in group]  # fmt: skip
        table.add_row(path, *(cell for pair in cells for cell in pair))
    return _finished(table)


def _by_policy(table: pd.DataFrame, measure: str) -> dict[str, Any]:
    """Give a measure's rows of all dossiers by policy."""
    return {row.policy: row for row in _rows(of_measure(table, measure).reset_index())}


def _finished(table: Table) -> Table:
    for column in table.columns:
        column.no_wrap, column.overflow = False, "fold"
    table.caption = (
        "± half a 95 % interval, of differences paired\n"
        "by replication; not adjusted for the number\n"
        "of points\n"
        "pp: percentage points"
    )
    return table


def in_width(policies: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut the policies into as many as stand side by side in one table on this terminal."""
    side_by_side = max(1, (_width() - _FIRST_COLUMN) // _POLICY_COLUMN)
    for first in range(0, len(policies), side_by_side):
        yield policies[first : first + side_by_side]


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_ELSEWHERE


def _rows(table: pd.DataFrame) -> list[Any]:
    """List a table's rows, columns as attributes."""
    return list(table.itertuples(index=False))


def _table(title: str, first: str, columns: Iterable[str]) -> Table:
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


def show(*tables: Table | None) -> None:
    """Print tables on standard output, as wide as the terminal, or as they need elsewhere."""
    from rich.console import Console

    class PipedConsole(Console):
        """Leaves a closed pipe to the command line, which ends silently."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    console = PipedConsole(width=_width(), highlight=False)
    for table in tables:
        if table is not None:
            console.print(table)


def print_json(
    study: Study,
    summary: pd.DataFrame,
    differences: pd.DataFrame | None,
    points: Sequence[Point] = (),
) -> None:
    """Print one JSON object; what is missing is null."""
    plan = study.plan
    found: dict[str, Any] = {
        "format": 1,
        "scenario": plan.scenario.name,
        "seed": plan.seed,
        "engine": plan.engine,
        "replications": plan.replications,
        "measures": _records(summary),
    }
    if differences is not None:
        found["differences"] = _records(differences)
    if points:
        found["points"] = [asdict(point) for point in points]
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    click.echo(json.dumps(found, ensure_ascii=not unicode, allow_nan=False))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
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
