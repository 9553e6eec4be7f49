"""``onestop check``: errors and warnings of scenarios, and what a replication will take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sim.errors import Problem
    from sim.lint.report import Report


@click.command("check")
@click.argument(
    "scenarios", nargs=-1, required=True, metavar="SCENARIO...", type=click.Path(path_type=Path)
)
@click.option("--policy", default="base", metavar="P", help="Under which policy; by default base.")
@click.option("--strict", is_flag=True, help="Exit with 1 if there are warnings.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors and warnings and nothing else.")
def command(
    scenarios: tuple[Path, ...], policy: str, strict: bool, as_json: bool, quiet: bool
) -> None:  # fmt: skip
    """Say what is wrong or odd in each SCENARIO, and what a replication of it will take."""
    from sim.cli.printing import print_object
    from sim.errors import InputError
    from sim.lint import check

    reports = []
    for scenario in scenarios:
        report = check(scenario, policy)
        reports.append(report)
        if not as_json and not report.errors:
            _show(report, quiet)
    errors = [problem for report in reports for problem in report.errors]
    if as_json:
        print_object(_as_json(reports))
        if errors:
            raise SystemExit(2)
    if errors:
        raise InputError(*errors)
    if strict and any(report.warnings for report in reports):
        raise SystemExit(1)


def _show(report: Report, quiet: bool) -> None:
    for problem in report.warnings:
        click.echo(str(problem))
    if quiet:
        return
    for level in report.generated:
        first, last = level.offices[0], level.offices[-1]
        click.echo(f"{level.level}: {len(level.offices):,} offices, {first} … {last}")
    click.echo(_summary(report))


def _summary(report: Report) -> str:
    """Say in one line how many warnings there are, and what a replication takes."""
    count = len(report.warnings)
    warnings = "1 warning" if count == 1 else f"{count or 'no'} warnings"
    summary = f"{report.file}: no errors, {warnings}"
    if report.replication is None:
        return summary
    takes = report.replication
    return (
        f"{summary}; a replication takes about {_about(takes.dossiers, 3)} dossiers, "
        f"{_about(takes.steps, 3)} steps, {_about(takes.memory_bytes / 1e6, 2)} MB"
    )


def _about(number: float, digits: int) -> str:
    return f"{float(f'{number:.{digits}g}'):,.0f}"


def _as_json(reports: list[Report]) -> dict[str, Any]:
    return {
        "format": 1,
        "problems": [_problem(problem) for report in reports for problem in report.problems],
        "replications": [
            {
                "file": report.file,
                "dossiers": None if takes is None else round(takes.dossiers),
                "steps": None if takes is None else round(takes.steps),
                "memory_bytes": None if takes is None else round(takes.memory_bytes),
            }
            for report in reports
            for takes in [report.replication]
        ],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity,
        "file": problem.file,
        "line": problem.line or None,
        "column": problem.column or None,
        "path": problem.path or None,
        "message": problem.message,
    }
