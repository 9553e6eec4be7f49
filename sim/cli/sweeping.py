"""Tables of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.cli.tables import rows_of, title_of, titled_table, with_interval
from sim.experiment.study import Study
from sim.sweep import by_effect, of_measure, paths_of, points_of, written

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table


def grid_table(
    study: Study, summary: pd.DataFrame, differences: pd.DataFrame, measure: str
) -> Table:
    """Put the points of a sweep in rows: what is varied, a measure, its difference from base."""
    points = points_of(study.plan)
    paths = paths_of(point.values for point in points)
    table = titled_table(title_of(study), paths[0], [*paths[1:], measure, "difference from base"])
    found, changed = _by_policy(summary, measure), _by_policy(differences, measure)
    table.add_row("base", *("" for _ in paths[1:]), with_interval(found["base"]), "")
    for point in points:
        table.add_row(
            *(written(point.values[path]) for path in paths),
            with_interval(found[point.policy]), with_interval(changed[point.policy], "+"),
        )  # fmt: skip
    return _finished(table)


def tornado_table(
    study: Study, summary: pd.DataFrame, differences: pd.DataFrame, measure: str
) -> Table:
    """Put the paths of a sweep in rows, those of the largest effect first, each with its ends."""
    found, changed = _by_policy(summary, measure), _by_policy(differences, measure)
    columns = ("lowest", "difference", "highest", "difference")
    base = with_interval(found["base"])
    table = titled_table(f"{title_of(study)}: {measure}, base {base}", "varied alone", columns)
    for group in by_effect(points_of(study.plan), of_measure(differences, measure)):
        (path,) = group[0].values
        cells = [(written(point.values[path]), with_interval(changed[point.policy], "+"))
                 for point in group]  # fmt: skip
        table.add_row(path, *(cell for pair in cells for cell in pair))
    return _finished(table)


def _by_policy(table: pd.DataFrame, measure: str) -> dict[str, Any]:
    """Give a measure's rows of all dossiers by policy."""
    return {row.policy: row for row in rows_of(of_measure(table, measure).reset_index())}


def _finished(table: Table) -> Table:
    for column in table.columns:
        column.no_wrap, column.overflow = False, "fold"
    table.caption = (
        "± half a 95 % interval, of differences paired\n"
        "by replication and right for all points at once\n"
        "pp: percentage points"
    )
    return table
