"""What can go wrong, as values: problems in the user's input, and failures of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]
Fault = tuple[tuple[str | int, ...], str]
"""What is wrong with a part of a value: the path that leads there from the value, and why."""
MOST_TOLD = 50
"""Problems that are shown; the rest is counted."""
MOST_FOUND = 1000
"""Problems after which no more are looked for."""
_MOST_QUOTED = 60


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with what the user gave, and where.

    Parameters
    ----------
    file
        The file as the user named it; empty if the problem is not in a file.
    line, column
        Place in the file, counted from 1; 0 if unknown.
    path
        The path of the key, such as ``procedures.copies.route.0.work``.
    message
        What is wrong and what would be right, in one line.
    severity
        An error keeps the scenario from running; a warning does not.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        kind = "" if self.severity == "error" else self.severity
        parts = (place, kind, self.path, self.message)
        return one_line(": ".join(part for part in parts if part))


class InputError(Exception):
    """The user's input is wrong: a scenario, an option, a folder (exit code 2).

    Parameters
    ----------
    problems
        One or more problems, all that were found at once; a bare text is one problem
        without a place.
    """

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(
            Problem("", 0, 0, "", problem) if isinstance(problem, str) else problem
            for problem in problems
        )
        told = [str(problem) for problem in self.problems[:MOST_TOLD]]
        if len(self.problems) > MOST_TOLD:
            told.append(f"… and {len(self.problems) - MOST_TOLD:,} more problems")
        super().__init__("\n".join(told))


class FaultsError(ValueError):
    """Parts of a value are wrong.

    Parameters
    ----------
    faults
        One or more, each with its path in the value.
    """

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(why for _, why in faults))


def faults_of(error: ValueError) -> tuple[Fault, ...]:
    """List what is wrong with the parts of a value, or with all of it."""
    return error.faults if isinstance(error, FaultsError) else (((), str(error)),)


def read_parts(*parts: tuple[str | int, Callable[[Any], Any], object]) -> list[Any]:
    """Read the parts of a value, each given by its key, its reader and what the user wrote.

    Raises
    ------
    FaultsError
        With what is wrong with any of them.
    """
    values: list[Any] = []
    faults: list[Fault] = []
    for key, read, written in parts:
        try:
            values.append(read(written))
        except ValueError as error:
            faults += [((key, *path), why) for path, why in faults_of(error)]
    if faults:
        raise FaultsError(*faults)
    return values


def one_line(text: str) -> str:
    """Write what is no visible letter, such as a line break, by its number: ``<U+000A>``."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else f"<U+{ord(letter):04X}>" for letter in text)


def quoted(value: object) -> str:
    """Write what the user gave for a message: in backticks, cut, in one line."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "`true`" if value else "`false`"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
    text = str(value)
    return f"`{one_line(text if len(text) <= _MOST_QUOTED else text[: _MOST_QUOTED - 1] + '…')}`"


class RunError(Exception):
    """A replication failed although the input was right (exit code 3)."""
