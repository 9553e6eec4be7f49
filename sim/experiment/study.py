"""A study: what was run and what came out, in memory and as a folder.

Each file of the folder appears whole or not at all: it is written aside, then renamed.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.errors import InputError
from sim.measures import RATES
from sim.scenario.schema import Scenario
from sim.statistics.intervals import Estimates, mean_estimates, ratio_estimates

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
KEY = ["scope", "name", "measure"]
_VERSIONED = ("onestop-sim", "numpy", "scipy", "simpy", "pandas", "pyarrow", "holidays")


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
        The engine that runs them.
    """

    scenario: Scenario
    policies: tuple[str, ...]
    replications: int
    seed: int
    engine: str

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

    @cached_property
    def by_policy(self) -> dict[str, pd.DataFrame]:
        """For each policy its values: index (scope, name, measure), columns replications."""
        tables = {}
        for policy in self.plan.policies:
            own = self.measures[self.measures["policy"] == policy]
            values = own.set_index([*KEY, "replication"])["value"]
            table = values.unstack("replication", sort=False)
            tables[policy] = table
        return tables

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
            for column in ("estimate", "low", "high", "replications"):
                part[column] = getattr(estimates, column)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)


def _estimates(table: pd.DataFrame) -> Estimates:
    values = table.to_numpy(np.float64)
    estimates = mean_estimates(values)
    for measure in RATES:
        rows, above, below = rate_parts(table, measure)
        put(estimates, rows, ratio_estimates(above, below))
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


def put(into: Estimates, rows: Any, found: Estimates) -> None:
    """Put estimates in place of those in some rows."""
    into.estimate[rows] = found.estimate
    into.low[rows] = found.low
    into.high[rows] = found.high
    into.replications[rows] = found.replications
    into.p[rows] = found.p


class Folder:
    """A study's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self, plan: Plan, fresh: bool) -> None:
        """Make the folder ready for a plan.

        Raises
        ------
        InputError
            If it holds another study, or something else, or cannot be written.
        """
        try:
            if self.path.exists() and not self.path.is_dir():
                raise InputError(f"{self.path} is a file; name a folder for the study")
            if (self.path / "study.json").exists():
                if fresh:
                    self._clear()
                elif not self._same(plan):
                    raise InputError(
                        f"{self.path} holds another study (scenario, seed or version "
                        "differ); name another folder with -o, or replace it with --fresh"
                    )
            elif self.path.exists() and any(self.path.iterdir()):
                raise InputError(f"{self.path} is not empty and not a study; name another folder")
            self.path.mkdir(parents=True, exist_ok=True)
            self.write_description(plan, {})
        except OSError as error:
            raise InputError(f"{self.path} cannot be written: {error.strerror}") from None

    def _same(self, plan: Plan) -> bool:
        known = self.description()
        mine = _description(plan, {}, ())
        return all(known.get(key) == mine[key] for key in ("digest", "version"))

    def _clear(self) -> None:
        """Remove what a study wrote, and nothing else."""
        for part in ("measures", "series", "traces", "figures"):
            for file in sorted((self.path / part).rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()
        for name in ("study.json", "summary.csv", "differences.csv"):
            (self.path / name).unlink(missing_ok=True)

    def description(self) -> dict[str, Any]:
        """Read ``study.json``.

        Raises
        ------
        InputError
            If it is not a study of this format.
        """
        file = self.path / "study.json"
        try:
            found = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            raise InputError(f"{self.path} is not a study: it has no study.json") from None
        except (OSError, ValueError):
            raise InputError(f"{file} is damaged; run the study again with --fresh") from None
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise InputError(f"{file} is not of format {FORMAT}; run the study again with --fresh")
        if not isinstance(found.get("policies"), list) or not isinstance(
            found.get("dockets"), dict
        ):
            raise InputError(f"{file} is damaged; run the study again with --fresh")
        return found

    def write_description(self, plan: Plan, dockets: Mapping[str, str]) -> None:
        """Write ``study.json``: the scenario, versions, and a hash of each docket and file."""
        files = sorted(file for part in ("measures", "series", "traces")
                       for file in (self.path / part).rglob("*.parquet"))  # fmt: skip
        known = self.description() if (self.path / "study.json").exists() else {"dockets": {}}
        found = _description(plan, {**known["dockets"], **dockets}, [
            (str(file.relative_to(self.path)), file) for file in files
        ])  # fmt: skip
        found["policies"] = list(dict.fromkeys([*known.get("policies", ()), *plan.policies]))
        numbers = {policy: self.recorded(policy) for policy in found["policies"]}
        found["replications"] = {policy: len(kept) for policy, kept in numbers.items()}
        for policy, kept in numbers.items():
            for number in kept:
                if f"{policy}/{number}" not in found["dockets"]:
                    found["dockets"][f"{policy}/{number}"] = self._docket_hash(policy, number)
        text = json.dumps(found, ensure_ascii=False, indent=1)
        self.write("study.json", lambda file: file.write_text(text + "\n", "utf-8"))

    def _docket_hash(self, policy: str, number: int) -> str | None:
        """Read the docket's hash from a replication's file, where a crash kept it from here."""
        from pyarrow import ArrowException, parquet

        try:
            schema = parquet.read_schema(self.path / "measures" / policy / f"{number:06d}.parquet")
        except (OSError, ArrowException):
            return None
        attributes = (schema.pandas_metadata or {}).get("attributes", {})
        return str(attributes["docket"]) if "docket" in attributes else None

    def write(self, name: str, writer: Callable[[Path], object]) -> Path:
        """Write a file whole or not at all."""
        file = self.path / name
        aside = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                writer(aside)
                aside.replace(file)
            finally:
                aside.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error.strerror or error}") from None
        return file

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table as Parquet."""
        self.write(name, lambda file: table.to_parquet(file, index=False))

    def write_csv(self, name: str, table: pd.DataFrame) -> None:
        """Write a table as CSV that spreadsheets open with its accents."""
        self.write(name, lambda file: table.to_csv(file, index=False, encoding="utf-8-sig"))

    def recorded(self, policy: str) -> list[int]:
        """List the replications of a policy that are recorded, ascending."""
        found = [
            {
                int(file.stem)
                for file in (self.path / part / policy).glob(
                    "[0-9][0-9][0-9][0-9][0-9][0-9].parquet"
                )
            }
            for part in ("measures", "series")
        ]
        return sorted(found[0] & found[1])

    def read(self, plan: Plan, numbers: Mapping[str, Iterable[int]] | None = None) -> Study:
        """Read a plan's replications, or those numbers of each policy."""
        import pandas as pd

        tables: dict[str, list[pd.DataFrame]] = {"measures": [], "series": []}
        for part, read in tables.items():
            for policy in plan.policies:
                wanted = range(1, plan.replications + 1) if numbers is None else numbers[policy]
                for number in wanted:
                    file = self.path / part / policy / f"{number:06d}.parquet"
                    try:
                        read.append(pd.read_parquet(file))
                    except (OSError, ValueError):
                        raise InputError(
                            f"{file} is damaged or missing; remove it and run the study again"
                        ) from None
        measures, series = (pd.concat(read, ignore_index=True) for read in tables.values())
        return Study(plan, measures, series, self.path)


def open_study(path: str | Path) -> Study:
    """Open a study's folder.

    Raises
    ------
    InputError
        If there is none, or it is damaged or incomplete.
    """
    folder = Folder(Path(path))
    if not folder.path.is_dir():
        raise InputError(f"{path} is not a folder; name the study that `onestop run` printed")
    found = folder.description()
    try:
        scenario = Scenario.model_validate(found["scenario"]["resolved"])
        numbers = {policy: folder.recorded(policy) for policy in found["policies"]}
        kept = {policy: recorded for policy, recorded in numbers.items() if recorded}
        most = max((len(recorded) for recorded in kept.values()), default=0)
        plan = Plan(scenario, tuple(kept), most, found["seed"], found["engine"])
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"{path}/study.json is damaged; run the study again with --fresh"
        ) from None
    if not kept:
        raise InputError(f"{path} has no finished replication; run the study again")
    return folder.read(plan, kept)


def _description(
    plan: Plan, dockets: Mapping[str, str], files: Iterable[tuple[str, Path]]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": plan.scenario.name,
        "digest": plan.digest,
        "version": version("onestop-sim"),
        "engine": plan.engine,
        "seed": plan.seed,
        "policies": list(plan.policies),
        "replications": {},
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in _VERSIONED},
        },
        "machine": {"system": platform.system(), "processor": platform.machine()},
        "dockets": dict(sorted(dockets.items())),
        "files": {
            name: hashlib.blake2b(file.read_bytes(), digest_size=16).hexdigest()
            for name, file in files
        },
        "scenario": {"as_read": plan.scenario.as_read, "resolved": resolved(plan.scenario)},
    }
