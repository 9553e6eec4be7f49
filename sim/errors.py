"""What can go wrong, as values: problems in the user's input, and failures of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


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
        return ": ".join(part for part in (place, kind, self.path, self.message) if part)


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
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RunError(Exception):
    """A replication failed although the input was right (exit code 3)."""
