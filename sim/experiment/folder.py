"""A study's folder. Each file appears whole or not at all: it is written aside, then renamed."""

from __future__ import annotations

import filecmp
import hashlib
import json
import platform
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from filelock import FileLock, Timeout

from sim.errors import InputError
from sim.experiment.study import Plan, Study, resolved, together
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
TABLES: Mapping[str, tuple[str, ...]] = {
    "measures": ("policy", "replication", "scope", "name", "measure", "value"),
    "series": ("policy", "replication", "scope", "name", "series", "at", "value"),
}
"""What is kept of each replication, with its columns."""
DIFFERENCES = "differences.csv"
_TOGETHER = "compared.json"
"""Marks a folder that holds studies of several scenarios, each under its name."""
FLIPPED = "flipped.csv"
TRIALS = "trials.jsonl"
_PARTS = (*TABLES, "traces", "figures")
_LOCK = ".lock"
_ASIDE = re.compile(r"\..+\.onestop-[0-9a-f]{32}")
_OURS = re.compile(r"\d{6}\.parquet|[a-z]+\.(png|svg)")
_VERSIONED = ("onestop-sim", "numpy", "scipy", "simpy", "pandas", "pyarrow", "holidays")


def table_file(part: str, policy: str, replication: int) -> str:
    """Name the file of one of a replication's `TABLES` in a folder."""
    return f"{part}/{policy}/{replication:06d}.parquet"


def trace_file(kind: str, policy: str, replication: int) -> str:
    """Name the file of a replication's trace in a folder."""
    return f"traces/{kind}/{policy}/{replication:06d}.parquet"


class Folder:
    """A study's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written: set[str] = set()
        """Files whose recorded hashes, if any, are of what was there before."""

    @contextmanager
    def held_for(self, plan: Plan, fresh: bool) -> Iterator[None]:
        """Make the folder ready for a plan, and keep other runs out of it during the block.

        Raises
        ------
        InputError
            If it holds another study, or something else or damaged, cannot be written, or
            another run has it.
        """
        with ExitStack() as held:
            with _told(self.path):
                if self.path.exists() and not self.path.is_dir():
                    raise InputError(f"{self.path} is a file; name a folder for the study")
                if self._is_of_something_else():
                    raise InputError(
                        f"{self.path} is not empty and not a study; name another folder"
                    )
                self.path.mkdir(parents=True, exist_ok=True)
                held.enter_context(FileLock(self.path / _LOCK, timeout=0))
                self._make_ready(plan, fresh)
            yield

    def _is_of_something_else(self) -> bool:
        ours = {_LOCK, "study.json"}
        for part in _PARTS:
            if (self.path / part).is_symlink() or (self.path / part).is_file():
                raise InputError(f"{self.path / part} is not a folder; name another for the study")
        return (
            self.path.exists()
            and not (self.path / "study.json").exists()
            and any(file.name not in ours and not _ASIDE.fullmatch(file.name)
                    for file in self.path.iterdir())
        )  # fmt: skip

    def _make_ready(self, plan: Plan, fresh: bool) -> None:
        if not (self.path / "study.json").exists():
            self.describe(plan, {})
        elif fresh:
            self._clear()
            # Replaced last: without it, what a kill leaves would be nobody's.
            self._write_description(_description(plan))
        elif not self._same(plan):
            raise InputError(
                f"{self.path} holds another study (scenario, seed or version differ); name "
                "another folder with -o, or replace it with --fresh"
            )
        self._remove_what_was_left_aside()
        for name in self.changed():
            if (self.path / name).exists():
                raise _damaged(self.path / name)

    def _same(self, plan: Plan) -> bool:
        known = self.description()
        mine = {"digest": plan.digest, "version": version("onestop-sim")}
        return all(known.get(key) == value for key, value in mine.items())

    def _clear(self) -> None:
        """Remove what a study wrote but for its description, and nothing else."""
        for part in _PARTS:
            for file in sorted((self.path / part).rglob("*"), reverse=True):
                if file.is_dir() and not file.is_symlink():
                    with suppress(OSError):  # another's file is in it
                        file.rmdir()
                elif _OURS.fullmatch(file.name):
                    file.unlink()
        for name in ("summary.csv", DIFFERENCES, FLIPPED, "sweep.csv", TRIALS):
            (self.path / name).unlink(missing_ok=True)

    def _remove_what_was_left_aside(self) -> None:
        """Remove what a run that was killed was writing."""
        for folder in (self.path, *(self.path / part for part in _PARTS)):
            found = folder.glob("*") if folder == self.path else folder.rglob("*")
            for file in found:
                if _ASIDE.fullmatch(file.name) and file.is_file():
                    file.unlink(missing_ok=True)

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
        except (OSError, ValueError, RecursionError):
            raise InputError(f"{file} is damaged; run the study again with --fresh") from None
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise InputError(f"{file} is not of format {FORMAT}; run the study again with --fresh")
        kinds = {"policies": list, "dockets": dict, "files": dict, "versions": dict,
                 "machine": dict, "engine": str}  # fmt: skip
        if not all(isinstance(found.get(key), kind) for key, kind in kinds.items()):
            raise InputError(f"{file} is damaged; run the study again with --fresh")
        return found

    def describe(self, plan: Plan, dockets: Mapping[str, str]) -> None:
        """Write ``study.json``: the scenario, versions, and a hash of each docket and file.

        What was recorded of a file stays, unless this one has written it since; and the versions
        in which the study was begun.
        """
        known = (
            self.description()
            if (self.path / "study.json").exists()
            else {"dockets": {}, "files": {}, "policies": []}
        )
        found = _description(plan) | {
            key: known[key] for key in ("versions", "machine") if key in known
        }
        found["policies"] = list(dict.fromkeys([*known["policies"], *plan.policies]))
        numbers = {policy: self.recorded(policy) for policy in found["policies"]}
        found["replications"] = {policy: len(kept) for policy, kept in numbers.items()}
        found["dockets"] = {**known["dockets"], **dockets}
        for policy, kept in numbers.items():
            for number in kept:
                if f"{policy}/{number}" not in found["dockets"]:
                    measures = table_file("measures", policy, number)
                    found["dockets"][f"{policy}/{number}"] = self.docket_in(measures)
        found["dockets"] = dict(sorted(found["dockets"].items()))
        names = sorted(
            file.relative_to(self.path).as_posix()
            for part in (*TABLES, "traces")
            for file in (self.path / part).rglob("*.parquet")
        )
        recorded = {n: h for n, h in known["files"].items() if n not in self._written}
        found["files"] = {name: recorded.get(name) or self.hash_of(name) for name in names}
        self._write_description(found)

    def _write_description(self, found: Mapping[str, Any]) -> None:
        text = json.dumps(found, ensure_ascii=False, indent=1)
        self.write("study.json", lambda file: file.write_text(text + "\n", "utf-8"))

    def other_surroundings(self) -> list[str]:
        """Tell in which versions and machine the study was begun, where they are not of here."""
        found, here = self.description(), _surroundings()
        return [
            f"{name} {then}, here {here[part].get(name, 'none')}"
            for part in ("versions", "machine")
            for name, then in found[part].items()
            if here[part].get(name) != then
        ]

    def hash_of(self, name: str) -> str | None:
        """Hash a file as it is now, in hexadecimal; None if it cannot be read."""
        try:
            content = (self.path / name).read_bytes()
        except OSError:
            return None
        return hashlib.blake2b(content, digest_size=16).hexdigest()

    def changed(self) -> list[str]:
        """List the files that are missing or not as they were recorded."""
        recorded = self.description()["files"]
        return [
            name for name, hashed in recorded.items()
            if self.hash_of(name) != hashed
        ]  # fmt: skip

    def docket_in(self, name: str) -> str | None:
        """Read from a table which docket it is of; None if it does not say."""
        from pyarrow import ArrowException, parquet

        try:
            schema = parquet.read_schema(self.path / name)
        except (OSError, ArrowException):
            return None
        attributes = (schema.pandas_metadata or {}).get("attributes", {})
        return str(attributes["docket"]) if "docket" in attributes else None

    def write(self, name: str, writer: Callable[[Path], object]) -> Path:
        """Write a file whole or not at all; one that would stay the same is left as it is."""
        file = self.path / name
        try:
            aside = self.write_aside(name, writer)
            try:
                if not (file.is_file() and filecmp.cmp(aside, file, shallow=False)):
                    aside.replace(file)
            finally:
                with suppress(OSError):
                    aside.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error.strerror or error}") from None
        self._written.add(name)
        return file

    def write_aside(self, name: str, writer: Callable[[Path], object]) -> Path:
        """Write a file for another to put in its place, or not at all."""
        file = self.path / name
        aside = file.with_name(f".{file.name}.onestop-{uuid4().hex}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                writer(aside)
            except BaseException:
                with suppress(OSError):
                    aside.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error.strerror or error}") from None
        return aside

    def put_in_place(self, name: str, aside: Path) -> None:
        """Give a file that was written aside its name.

        Raises
        ------
        FileNotFoundError
            If it is not there.
        """
        aside.replace(self.path / name)
        self._written.add(name)

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file's content."""
        self.write(name, lambda file: file.write_bytes(content))

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
            for part in TABLES
        ]
        return sorted(set.intersection(*found))

    def read(self, plan: Plan, numbers: Mapping[str, Iterable[int]] | None = None) -> Study:
        """Read a plan's replications, or those numbers of each policy.

        Raises
        ------
        InputError
            If one is missing or damaged.
        """
        import pyarrow as pa

        recorded = self.description()["files"]
        tables = []
        for part in TABLES:
            read = []
            for policy in plan.policies:
                wanted = range(1, plan.replications + 1) if numbers is None else numbers[policy]
                for number in wanted:
                    name = table_file(part, policy, number)
                    if name in recorded and self.hash_of(name) != recorded[name]:
                        raise _damaged(self.path / name)
                    read.append(self.table(part, policy, number))
            tables.append(pa.concat_tables(read).to_pandas())
        measures, series = tables
        return Study(plan, measures, series, self.path)

    def table(self, part: str, policy: str, number: int) -> Any:
        """Read one replication's table, as it is now.

        Raises
        ------
        InputError
            If there is none, or it is none of this replication.
        """
        import pyarrow as pa
        from pyarrow import parquet

        file = self.path / table_file(part, policy, number)
        try:
            table = parquet.read_table(file)
        except (OSError, pa.ArrowException):
            raise _damaged(file) from None
        if not _is_table(table, TABLES[part]) or (
            table["policy"].unique().to_pylist(), table["replication"].unique().to_pylist()
        ) != ([policy], [number]):  # fmt: skip
            raise InputError(
                f"{file} is not of this study: it is not replication {number} of `{policy}`; "
                "remove it and run the study again"
            )
        return table


def _is_table(table: Any, columns: tuple[str, ...]) -> bool:
    kinds = {"replication": {"int64"}, "value": {"double"}}
    return tuple(table.column_names) == columns and all(
        str(kind) in kinds.get(column, {"string", "large_string"})
        for column, kind in zip(columns, table.schema.types, strict=True)
    )


def _damaged(file: Path) -> InputError:
    return InputError(
        f"{file} is damaged: it is not what was recorded; remove it and run the study again"
    )


@contextmanager
def held_together(path: Path, scenarios: Iterable[str]) -> Iterator[None]:
    """Make a folder ready for studies of several scenarios, and keep other runs out of it.

    Raises
    ------
    InputError
        If it holds something else, cannot be written, or another run has it.
    """
    with ExitStack() as held:
        with _told(path):
            if path.exists() and not path.is_dir():
                raise InputError(f"{path} is a file; name a folder for the studies")
            if path.exists() and any(path.iterdir()) and not (path / _TOGETHER).exists():
                raise InputError(
                    f"{path} is not empty and holds no comparison of several scenarios; name "
                    "another folder"
                )
            path.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(path / _LOCK, timeout=0))
            text = json.dumps({"format": FORMAT, "scenarios": list(scenarios)})
            Folder(path).write(_TOGETHER, lambda file: file.write_text(text, "utf-8"))
        yield


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in a line what keeps a folder from being held."""
    try:
        yield
    except Timeout:
        raise InputError(
            f"{path} is in use by another run; wait until it has ended, or name another folder "
            "with -o"
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None


def open_study(path: str | Path) -> Study:
    """Open a study's folder, or one that holds studies of several scenarios.

    Raises
    ------
    InputError
        If there is none, or it is damaged or incomplete.
    """
    whole = Path(path)
    if (whole / _TOGETHER).exists():
        try:
            names = json.loads((whole / _TOGETHER).read_text("utf-8"))["scenarios"]
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"{whole / _TOGETHER} is damaged; compare the scenarios again in another folder"
            ) from None
        return replace(together({name: open_study(whole / name) for name in names}), folder=whole)
    folder, plan, kept = recorded_plan(path)
    return folder.read(plan, kept)


def recorded_plan(path: str | Path) -> tuple[Folder, Plan, dict[str, list[int]]]:
    """Give a study's folder, what it ran, and which replications of each policy it has.

    Raises
    ------
    InputError
        If there is none, or it is damaged or without any.
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
    return folder, plan, kept


def _description(plan: Plan) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": plan.scenario.name,
        "digest": plan.digest,
        "version": version("onestop-sim"),
        "engine": plan.engine,
        "seed": plan.seed,
        "policies": list(plan.policies),
        "replications": {},
        **_surroundings(),
        "dockets": {},
        "files": {},
        "scenario": {"as_read": plan.scenario.as_read, "resolved": resolved(plan.scenario)},
    }


def _surroundings() -> dict[str, dict[str, str]]:
    packages = {package: version(package) for package in _VERSIONED}
    return {
        "versions": {"python": platform.python_version(), **packages},
        "machine": {"system": platform.system(), "processor": platform.machine()},
    }
