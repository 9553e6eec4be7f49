"""Files that a scenario names: tables of offices, of measured times, of open dossiers.

Their rows are put in place of the file's name before anything is validated, so that a scenario
that is loaded needs no other file, and a wrong cell is told by its line.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sim.durations import UNITS
from sim.errors import InputError, Problem, quoted
from sim.habits import knowing_habits
from sim.scenario.raw_keys import TableOfBacklog, TableOfOffices
from sim.scenario.schema import OpenDossier
from sim.scenario.text import Document, KeyPath, Place, plain_value, read_text
from sim.scenario.words import did_you_mean

Raw = dict[str, Any]


def file_beside(document: Document, path: KeyPath, name: str) -> Path:
    """Find a file that a document names, in the scenario's folder or below.

    Raises
    ------
    InputError
        If the scenario has no folder, or the file lies outside it.
    """
    if document.folder is None:
        message = "a scenario that is read from text can name no file"
        raise InputError(document.problem(path, message))
    named_in = Path(document.problem(path, "").file)
    file = named_in.parent / name
    try:
        inside = file.resolve().is_relative_to(document.folder.resolve())
    except (OSError, ValueError):
        raise InputError(document.problem(path, f"`{name}` is not a file's name")) from None
    if not inside:
        message = f"`{name}` lies outside the scenario's folder; put it there, or below"
        raise InputError(document.problem(path, message))
    if Path(name).is_absolute():
        way = os.path.relpath(file, named_in.parent)
        message = f"`{name}` begins with /; name it from the scenario's folder: `{way}`"
        raise InputError(document.problem(path, message))
    return file


def placed(error: InputError, document: Document, path: KeyPath) -> InputError:
    """Tell of a file as a whole where it is named; what has a line of its own stays there."""
    return InputError(*(
        problem if problem.line
        else document.problem(path, f"{problem.file}: {problem.message}")
        for problem in error.problems
    ))  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A CSV file: its columns, and its rows with their lines."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def problem(self, line: int, message: str) -> Problem:
        """Make a problem in a line."""
        return Problem(self.file, line, 1, "", message)


def read_table(file: Path) -> Table:
    """Read a CSV file with a header; cells are stripped.

    Raises
    ------
    InputError
        If it cannot be read, or a row has not as many cells as the header.
    """
    name = str(file)
    text = read_text(file)
    header = text.partition("\n")[0]
    if "," not in header and (";" in header or "\t" in header):
        message = "its cells are not parted by commas; save it as CSV with commas"
        raise InputError(Problem(name, 1, 1, "", message))
    begun = 1
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                rows.append((reader.line_num, stripped))
            begun = reader.line_num + 1
    except csv.Error:
        why = 'a quote " in this row does not surround a cell; delete it, or close the cell by one'
        raise InputError(Problem(name, begun, 1, "", why)) from None
    if not rows:
        raise InputError(Problem(name, 0, 0, "", "is empty; its first row names the columns"))
    (line, columns), *others = rows
    table = Table(name, columns, tuple(others))
    titled = len(columns) == 1 and any(len(cells) > 1 for _, cells in others)
    if titled or "" in columns:
        message = "the first row names the columns, each once; a title above them is not read"
        raise InputError(table.problem(line, message))
    problems = [
        table.problem(line, f"the column `{column}` stands twice")
        for column, count in Counter(columns).items()
        if count > 1
    ]
    problems += [
        table.problem(
            number,
            f"the row has {len(cells)} cells, the header {len(columns)}"
            + ("; a cell with a comma stands in quotes" if len(cells) > len(columns) else ""),
        )
        for number, cells in others
        if len(cells) != len(columns)
    ]
    if problems:
        raise InputError(*problems)
    return table


def insert_files(document: Document) -> Document:
    """Put the rows of tables in place of the files' names."""
    inserting = _Inserting(document)
    data = inserting.value((), document.data)
    assert isinstance(data, dict)
    return replace(
        document,
        data=data,
        places=inserting.places,
        problems=(*document.problems, *inserting.problems),
        unread=(*document.unread, *inserting.unread),
    )


class _Inserting:
    """One document's data, in which files are replaced by what stands in them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.places = dict(document.places)
        self.problems: list[Problem] = []
        self.unread: list[KeyPath] = []

    def value(self, path: KeyPath, value: object) -> object:
        if isinstance(value, list):
            return [self.value((*path, number), inner) for number, inner in enumerate(value)]
        if not isinstance(value, dict):
            return value
        try:
            if len(path) == 3 and (path[0], path[2]) == ("levels", "offices"):
                if isinstance(value.get("file"), str):
                    return self.offices(path, value)
            elif path == ("backlog",):
                return self.backlog(path, value)
            elif set(value) == {"empirical"} and isinstance(value["empirical"], dict):
                return self.empirical((*path, "empirical"), value["empirical"])
        except InputError as error:
            self.problems.extend(error.problems)
            self.unread.append(path)
            return self.stand_in(path)
        return {key: self.value((*path, key), inner) for key, inner in value.items()}

    def stand_in(self, path: KeyPath) -> object:
        """Give what a validator accepts where a file could not be read."""
        if path == ("backlog",):
            return []
        return 1 if path[0] == "levels" and path[-1] == "offices" else "0 min"

    def table(self, path: KeyPath, keys: Mapping[str, object]) -> Table:
        name = keys["file"]
        if not isinstance(name, str):
            raise InputError(self.document.problem((*path, "file"), "names a CSV file"))
        try:
            return read_table(file_beside(self.document, (*path, "file"), name))
        except InputError as error:
            raise placed(error, self.document, (*path, "file")) from None

    def column(self, table: Table, path: KeyPath, column: object) -> int:
        if not isinstance(column, str) or column not in table.columns:
            message = f"`{table.file}` has no column `{column}`"
            hint = did_you_mean(str(column), table.columns)
            raise InputError(self.document.problem(path, message + hint))
        return table.columns.index(column)

    def keys(self, path: KeyPath, keys: Raw, needed: Iterable[str], others: Iterable[str]) -> None:
        """Refuse keys that are not known, and the lack of those that are needed."""
        allowed = (*needed, *others)
        problems = [
            self.document.problem(
                (*path, key), f"there is no key `{key}` here{did_you_mean(key, allowed)}"
            )
            for key in keys
            if key not in allowed
        ]
        problems += [
            self.document.problem((*path, key), f"`{key}` is required here")
            for key in needed
            if key not in keys
        ]
        if problems:
            raise InputError(*problems)

    def offices(self, path: KeyPath, keys: Raw) -> Raw:
        """Read a table of offices: a row each, an empty cell for the default."""
        self.keys(path, keys, *_needed_and_others(TableOfOffices))
        staff = keys.get("staff", {})
        if not isinstance(staff, dict):
            raise InputError(
                self.document.problem((*path, "staff"), "names a column for each station")
            )
        table = self.table(path, keys)
        named = {
            key: self.column(table, (*path, key), keys[key])
            for key in ("name", "within", "share", "calendar")
            if key in keys
        }
        staffed = {
            station: self.column(table, (*path, "staff", station), column)
            for station, column in staff.items()
        }
        if not table.rows:
            raise InputError(table.problem(1, "lists no office"))
        offices: Raw = {}
        for line, cells in table.rows:
            name = cells[named["name"]]
            here: KeyPath = (*path, name)
            if not name or name in offices:
                message = f"office `{name}` stands twice" if name else "the office has no name"
                raise InputError(table.problem(line, message))
            office: Raw = {
                key: plain_value(cells[column]) if key == "share" else cells[column]
                for key, column in named.items()
                if key != "name" and cells[column]
            }
            counts = {
                station: plain_value(cells[column])
                for station, column in staffed.items()
                if cells[column]
            }
            if counts:
                office["staff"] = counts
            offices[name] = office
            place = Place(table.file, line, 1)
            self.places[here] = place
            for key in office:
                self.places[*here, key] = place
            for station in counts:
                self.places[*here, "staff", station] = place
        return offices

    def empirical(self, path: KeyPath, keys: Raw) -> Raw:
        """Read a column of measured times as a distribution in which each is as likely."""
        self.keys(path, keys, ("file", "column", "unit"), ())
        table = self.table(path, keys)
        column = self.column(table, (*path, "column"), keys["column"])
        try:
            _read_unit(keys["unit"])
        except ValueError as error:
            raise InputError(self.document.problem((*path, "unit"), str(error))) from None
        times: Counter[str] = Counter()
        problems = []
        for line, cells in table.rows:
            if not cells[column]:
                why = f"the cell of {quoted(keys['column'])} is empty; write a time, or take the"
                problems.append(table.problem(line, f"{why} row out"))
                continue
            try:
                _read_number(cells[column])
            except ValueError as error:
                problems.append(table.problem(line, str(error)))
            times[f"{cells[column]} {keys['unit']}"] += 1
        if problems:
            raise InputError(*problems)
        if not times:
            raise InputError(table.problem(1, "lists no time"))
        total = times.total()
        return {"discrete": {written: count / total for written, count in times.items()}}

    def backlog(self, path: KeyPath, keys: Raw) -> list[Raw]:
        """Read the open dossiers with which a run starts: a row each."""
        self.keys(path, keys, *_needed_and_others(TableOfBacklog))
        needed, others = _needed_and_others(OpenDossier)
        known = (*needed, *others)
        table = self.table(path, keys)
        lacking = [column for column in needed if column not in table.columns]
        problems = [
            table.problem(1, f"there is no column `{column}`{did_you_mean(column, table.columns)}")
            for column in lacking
        ]
        way = (
            f"call it `{lacking[0]}` if it is that, or leave it out" if lacking else "leave it out"
        )
        problems += [
            table.problem(1, f"`{column}` is no column of a backlog; {way}"
                          f"{did_you_mean(column, known)}")
            for column in table.columns
            if column not in known
        ]  # fmt: skip
        if problems:
            raise InputError(*problems)
        rows: list[Raw] = []
        for line, cells in table.rows:
            row = {key: cell for key, cell in zip(table.columns, cells, strict=True) if cell}
            here: KeyPath = (*path, len(rows))
            place = Place(table.file, line, 1)
            self.places[here] = place
            for key in row:
                self.places[*here, key] = place
            rows.append(row)
        return rows


@knowing_habits
def _read_unit(unit: object) -> None:
    if str(unit) not in UNITS:
        raise ValueError(
            f"{quoted(unit)} is not a unit of time; write s, min, h, days, or working min, h, days"
        )


@knowing_habits
def _read_number(cell: object) -> None:
    if not re.fullmatch(r"[0-9]{1,30}(\.[0-9]{1,30})?", str(cell)):
        raise ValueError(
            f"{quoted(cell)} is not a number from 0 on; write one, whose unit `unit` says"
        )


def _needed_and_others(form: type[BaseModel]) -> tuple[list[str], list[str]]:
    """Name the keys that a mapping must have, and those that it may have."""
    needed = [name for name, field in form.model_fields.items() if field.is_required()]
    return needed, [name for name in form.model_fields if name not in needed]
