"""A study: what was run and what came out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from sim.engine import Engine
from sim.errors import InputError
from sim.measures import RATES
from sim.scenario.schema import Scenario
from sim.statistics.bootstrap import Ratios, carried_by, ratio_estimates
from sim.statistics.intervals import Estimates, mean_estimates

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T", Estimates, Ratios)

KEY = ["scope", "name", "measure"]
ESTIMATED = ["estimate", "low", "high", "replications"]
"""What an estimate has, in tables."""


@dataclass(frozen=True)
class Plan:
    """What a study runs.

    Parameters
    ----------
    scenario
        The base scenario.
    policies
        Names of the policies, ``base`` among them or not.
    replications
        How many, numbered from 1.
    seed
        The seed of all of them.
    engine
        The engine that runs them, ``auto`` until it is chosen.
    """

    scenario: Scenario
    policies: tuple[str, ...]
    replications: int
    seed: int
    engine: Engine

    @property
    def digest(self) -> str:
        """Hash of the resolved scenario and the seed, in hexadecimal."""
        text = json.dumps([resolved(self.scenario), self.seed])
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def resolved(scenario: Scenario) -> dict[str, Any]:
    """Give a scenario as plain data, from which the same scenario is made."""
    return scenario.model_dump(mode="json", exclude_none=True)


@dataclass(frozen=True, eq=False)
class Study:
    """The measures of policies × replications.

    Parameters
    ----------
    plan
        What was run.
    measures
        Columns policy, replication, scope, name, measure, value.
    series
        Columns policy, replication, scope, name, series, at, value.
    folder
        Where it is kept, or None.
    """

    plan: Plan
    measures: pd.DataFrame
    series: pd.DataFrame
    folder: Path | None = None

    @classmethod
    def of(cls, plan: Plan) -> Study:
        """Make a study of which nothing is measured."""
        import pandas as pd

        return cls(plan, pd.DataFrame(), pd.DataFrame())

    @cached_property
    def by_policy(self) -> dict[str, pd.DataFrame]:
        """For each policy its values: index (scope, name, measure), columns replications."""
        tables = {
            str(policy): own.set_index([*KEY, "replication"])["value"].unstack(
                "replication", sort=False
            )
            for policy, own in self.measures.groupby("policy", sort=False, observed=True)
        }
        return {policy: tables[policy] for policy in self.plan.policies}

    def of_scope(self, scope: str) -> Study:
        """Give the study's measures of one scope alone, and no series."""
        measures = self.measures[self.measures["scope"] == scope]
        return replace(self, measures=measures, series=self.series.iloc[:0])

    def summary(self) -> pd.DataFrame:
        """Estimate every measure with a 95 % interval over the replications.

        Returns
        -------
        DataFrame
            Columns policy, scope, name, measure, estimate, low, high, replications. Rates are
            pooled over the replications; what is missing is NaN.
        """
        import pandas as pd

        parts = []
        for policy, table in self.by_policy.items():
            estimates = _estimates(table)
            part = table.index.to_frame(index=False)
            part.insert(0, "policy", policy)
            for column in ESTIMATED:
                part[column] = getattr(estimates, column)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def carrying(self, measure: str) -> dict[str, float]:
        """Count for each policy the replications that carry the interval of a rate of all dossiers.

        See `sim.statistics.bootstrap.carried_by`.
        """
        return {
            policy: float(carried_by(*rate_of_all(table, measure))[0])
            for policy, table in self.by_policy.items()
        }


def _estimates(table: pd.DataFrame) -> Estimates:
    values = table.to_numpy(np.float64)
    estimates = mean_estimates(values)
    for measure in RATES:
        rows, above, below = rate_parts(table, measure)
        put(estimates, rows, ratio_estimates(above, below, RATES[measure].factor))
    return estimates


def rate_parts(
    table: pd.DataFrame, measure: str
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], Any, Any]:
    """Give a rate's rows in a table, its numerators and its denominators, (rows, n) each."""
    rate = RATES[measure]
    index = table.index.to_frame(index=False)
    rows = np.flatnonzero(index["measure"] == measure)
    places = {key: number for number, key in enumerate(table.index)}
    values = table.to_numpy(np.float64)

    def summed(counts: Iterable[str]) -> Any:
        keys = index.loc[rows, ["scope", "name"]].itertuples(index=False)
        wanted = [[places[scope, name, count] for count in counts] for scope, name in keys]
        return values[np.array(wanted, np.int64).reshape(len(rows), len(tuple(counts)))].sum(axis=1)

    return rows, rate.factor * summed(rate.above), summed(rate.below)


def rate_of_all(table: pd.DataFrame, measure: str) -> tuple[Any, Any]:
    """Give the numerators and denominators of a rate of all dossiers, shape (1, n) each."""
    of_all = table.loc[table.index.get_level_values("scope") == "all"]
    return rate_parts(of_all, measure)[1:]


def put(into: T, rows: Any, found: T) -> None:
    """Put estimates, or ratios, in place of those in some rows."""
    for field in fields(found):
        getattr(into, field.name)[rows] = getattr(found, field.name)


def together(studies: Mapping[str, Study]) -> Study:
    """Put studies of several scenarios together, each policy as ``SCENARIO:POLICY``.

    Parameters
    ----------
    studies
        By the scenario's name, at least one; of one seed, so that they are paired by replication.

    Returns
    -------
    Study
        Of the first scenario, and in no folder.

    Raises
    ------
    InputError
        If their seeds differ.
    """
    import pandas as pd

    first = next(iter(studies.values()))
    if any(study.plan.seed != first.plan.seed for study in studies.values()):
        raise InputError("studies of different seeds cannot be compared; run them with one seed")
    names: list[str] = []
    measures: list[pd.DataFrame] = []
    series: list[pd.DataFrame] = []
    for scenario, study in studies.items():
        new = {policy: f"{scenario}:{policy}" for policy in study.plan.policies}
        names += new.values()
        for table, into in ((study.measures, measures), (study.series, series)):
            into.append(table.assign(policy=table["policy"].map(new)))
    least = min(study.plan.replications for study in studies.values())
    plan = replace(first.plan, policies=tuple(names), replications=least)
    return Study(plan, pd.concat(measures, ignore_index=True), pd.concat(series, ignore_index=True))


def labelled(table: pd.DataFrame, policy: str, replication: int, docket: str) -> pd.DataFrame:
    """Say in a table of one replication which it is of."""
    labelled = table.copy()
    labelled.insert(0, "policy", policy)
    labelled.insert(1, "replication", replication)
    labelled.attrs["docket"] = docket
    return labelled
