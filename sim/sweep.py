"""A sweep: values of keys and numbers of officers, each combination a policy of the scenario."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, product
from typing import TYPE_CHECKING, Any

from sim.comparison import Comparison
from sim.errors import InputError
from sim.experiment.study import KEY, Plan, Study
from sim.lint.effects import OF_THE_STUDY
from sim.scenario.measure_names import DOSSIER_MEASURES
from sim.scenario.policies import check_policies
from sim.scenario.references import BASE
from sim.scenario.schema import Policy, Scenario

if TYPE_CHECKING:
    import pandas as pd

TABLE = "sweep.csv"
MEASURE = "on_time_rate"
"""What is shown if nothing else is asked for."""
_LONGEST_NAME = 255
_BOUNDS = ("low", "high")


@dataclass(frozen=True)
class Point:
    """A combination of values that was run.

    Parameters
    ----------
    policy
        The policy that it is.
    values
        The values by their paths: dotted paths of keys, or addresses of stations and pools, whose
        values are numbers of officers.
    """

    policy: str
    values: Mapping[str, Any]


def grid(varied: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Combine each value of each path with all of the others; the last path changes fastest."""
    return [dict(zip(varied, values, strict=True)) for values in product(*varied.values())]


def ends(varied: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Give each path's lowest and highest value alone; the first and last if one is no number."""
    points = []
    for path, values in varied.items():
        ordered = sorted(values) if are_numbers(values) else list(values)
        points += [{path: value} for value in (ordered[0], *ordered[1:][-1:])]
    return points


def are_numbers(values: Iterable[Any]) -> bool:
    """Tell whether all values are numbers."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def written(value: object) -> str:
    """Write a value in one line, as a scenario has it."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return repr(float(value))  # in one form, however it was written
        case Mapping():
            return f"{{{', '.join(f'{key}: {written(one)}' for key, one in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(written, value))}]"
    return str(value)


def with_points(scenario: Scenario, points: Sequence[Mapping[str, Any]]) -> Scenario:
    """Make combinations of values the policies of a scenario, in place of its own.

    Parameters
    ----------
    scenario
        The base scenario.
    points
        Values by their paths, each as in `Point`.

    Raises
    ------
    InputError
        If a combination does not fit the scenario; the message names the value that is to blame,
        or else the whole combination.
    """
    for path in paths_of(points):
        if (key := path.partition(".")[0]) in OF_THE_STUDY:
            raise InputError(f"{path}: `{key}` is one for all points, which are compared under it")
    swept = _swept(scenario, points)
    if unfit := check_policies(swept):
        (_, name, *_), why = unfit[0]
        values = _values(swept.policies[str(name)])
        for alone in ({path: value} for path, value in values.items()):
            for _, own in check_policies(_swept(scenario, [alone])):
                if why.endswith(own):
                    raise InputError(f"{_spelt(alone)}: {own}")
        raise InputError(f"{_spelt(values)}: {why}")
    return swept


def _swept(scenario: Scenario, points: Sequence[Mapping[str, Any]]) -> Scenario:
    policies = [
        Policy(about=_spelt(values), changes=tuple(_changes(scenario, values))) for values in points
    ]
    names = ["-".join(re.findall(r"\w+", policy.about)) for policy in policies]
    if len(set(names)) < len(names) or len(max(map(str.encode, names), key=len)) > _LONGEST_NAME:
        names = [f"point-{number}" for number, _ in enumerate(policies, start=1)]
    return scenario.model_copy(update={"policies": dict(zip(names, policies, strict=True))})


def _changes(scenario: Scenario, values: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Put what stands together into one `set`: shares that add to 1 change together."""
    for is_staff, paths in groupby(values, lambda path: _is_address(scenario, path)):
        if is_staff:
            yield {"staff": {path: {"set": values[path]} for path in paths}}
        else:
            yield {"set": {path: values[path] for path in paths}}


def _is_address(scenario: Scenario, path: str) -> bool:
    level, _, place = path.partition("@")[0].partition(".")
    return level in scenario.levels and bool(place) and "." not in place


def _spelt(values: Mapping[str, Any]) -> str:
    return ",".join(f"{path}={written(value)}" for path, value in values.items())


def points_of(plan: Plan) -> list[Point]:
    """Read from a study's plan which points of a sweep it ran; none if it is no sweep."""
    policies = plan.scenario.policies
    names = [name for name in plan.policies if name != BASE]
    if not policies.keys() >= set(names):  # of several scenarios
        return []
    points = [Point(name, _values(policies[name])) for name in names]
    is_sweep = all(point.values and policies[point.policy].about == _spelt(point.values)
                   for point in points)  # fmt: skip
    return points if is_sweep else []


def _values(policy: Policy) -> dict[str, Any]:
    """Give what a policy sets, the numbers of officers that it sets included."""
    values: dict[str, Any] = {}
    for change in policy.changes:
        values |= change.get("set", {})
        for address, staff in change.get("staff", {}).items():
            values[address] = staff.get("set")
    return values


def is_grid(points: Sequence[Point]) -> bool:
    """Tell whether there are points and all of them vary the same paths."""
    return len({tuple(point.values) for point in points}) == 1


def is_one_at_a_time(points: Sequence[Point]) -> bool:
    """Tell whether there are points, each varies one path, and none has more than two of them."""
    paths = [path for point in points for path in point.values]
    return 0 < len(points) == len(paths) and all(paths.count(path) <= 2 for path in paths)


def by_effect(points: Sequence[Point], differences: pd.DataFrame) -> list[list[Point]]:
    """Group points by the path that each varies, paths of the largest absolute effect first.

    Parameters
    ----------
    points
        Points of one path each.
    differences
        Of one measure, indexed by policy, with the column estimate.
    """
    effects = differences["estimate"].abs().fillna(0.0)
    groups = [list(group) for _, group in groupby(points, lambda point: tuple(point.values))]
    return sorted(groups, key=lambda group: -max(effects[point.policy] for point in group))


def of_measure(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Give the rows of a measure of all dossiers, by policy."""
    chosen = (table["scope"] == "all") & (table["measure"] == measure)
    return table[chosen].set_index("policy")


def tidy(study: Study, summary: pd.DataFrame, comparison: Comparison, measure: str) -> pd.DataFrame:
    """Give the measures of all dossiers at each point, and their differences from the base.

    Parameters
    ----------
    study
        A sweep.
    summary
        Its summary.
    comparison
        Of its policies against ``base``.
    measure
        The measure whose rows are first.

    Returns
    -------
    DataFrame
        A column for each path, named by it, empty where the point leaves the path as it is; then
        scope, name, measure, estimate, low, high, difference, difference_low, difference_high,
        replications.
    """
    import pandas as pd

    points = {point.policy: point.values for point in points_of(study.plan)}
    rows = summary[(summary["scope"] == "all") & summary["policy"].isin(list(points))]
    renamed = {"estimate": "difference"} | {end: f"difference_{end}" for end in _BOUNDS}
    differences = comparison.differences.rename(columns=renamed)
    rows = rows.merge(differences[["policy", *KEY, *renamed.values()]], on=["policy", *KEY])
    ranks = {name: rank for rank, name in enumerate(dict.fromkeys([measure, *rows["measure"]]))}
    rows = rows.sort_values("measure", key=lambda names: names.map(ranks), kind="stable")
    varied = pd.DataFrame(
        {
            path: [_cell(points[policy].get(path)) for policy in rows["policy"]]
            for path in paths_of(points.values())
        },
        index=rows.index,
        dtype=object,
    )
    columns = [*KEY, "estimate", *_BOUNDS, *renamed.values(), "replications"]
    return pd.concat([varied, rows[columns]], axis=1).reset_index(drop=True)


def _cell(value: object) -> object:
    return value if value is None or are_numbers([value]) else written(value)


def paths_of(values: Iterable[Mapping[str, Any]]) -> list[str]:
    """List the paths that are varied."""
    return list(dict.fromkeys(path for point in values for path in point))


def measure_of(study: Study) -> str:
    """Give the measure that a sweep was last asked for, whose rows are the first of its table."""
    import pandas as pd

    if study.folder is None or not (study.folder / TABLE).is_file():
        return MEASURE
    try:
        found = pd.read_csv(study.folder / TABLE, nrows=1, usecols=["measure"])["measure"].tolist()
    except (OSError, ValueError):
        found = []
    return found[0] if found and found[0] in DOSSIER_MEASURES else MEASURE
