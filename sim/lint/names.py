"""Names that may be misspelt, or that name no part of the centre."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sim.errors import quoted
from sim.lint.subject import Subject
from sim.scenario.offices import offices_of
from sim.scenario.references import Finding
from sim.scenario.shape import keys_of, models_at
from sim.scenario.words import NEARLY, likely

_TOTALS = ("cộng", "tổng", "tổng cộng", "tổng số", "total", "totals", "sum", "all")


def names_alike(subject: Subject) -> Iterator[Finding]:
    """Find new names beside nearly the same of a file that the scenario extends."""
    for path, meant in subject.loaded.document.alike.items():
        is_name = not any(path[-1] in keys_of(model) for model in models_at(path[:-1]))
        if is_name and subject.is_written_here(*path):
            name = quoted(path[-1])
            yield path, f"{name} is new here; did you mean {quoted(meant)}, which is there already?"


def fields_alike(subject: Subject) -> Iterator[Finding]:
    """Find the field of one procedure that is nearly that of several others."""
    procedures = subject.loaded.scenario.procedures
    count = Counter(procedure.field for procedure in procedures.values() if procedure.field)
    several = [field for field, times in count.items() if times > 1]
    for name, procedure in procedures.items():
        if procedure.field and count[procedure.field] == 1:
            meant = likely(procedure.field, several, NEARLY)
            if meant is not None:
                yield (
                    ("procedures", name, "field"),
                    f"no other procedure is of this field; did you mean {quoted(meant)}?",
                )


def offices_of_totals(subject: Subject) -> Iterator[Finding]:
    """Find offices that are the last row of a table, which adds up the others."""
    for level in subject.scenario.levels:
        for name in offices_of(subject.scenario, level):
            if name.casefold() in _TOTALS:
                yield (
                    ("levels", level, "offices", name),
                    f"{quoted(name)} is an office like the others; if it adds them up, take it out",
                )
