"""Numbers that may not say what is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sim.lint.subject import Subject
from sim.scenario.references import Finding
from sim.scenario.text import KeyPath, read_text

_RATES = ("in_period", "per_year", "per_day", "per_working_day", "per_hour")
_COUNTS = (
    "received", "carried_over", "to_resolve", "resolved", "withdrawn", "open", "served", "left",
)  # fmt: skip
"""How the names of measures that count dossiers begin."""
_CVS = ("cv", "day_cv", "demand_cv")
_LARGEST_CV = 3
_POINTED = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_NUMBER = r"[\"']?\s*:\s*(?P<number>[1-9]\d{0,2}\.\d{3})(?![\w.%])"


def thousands_with_a_point(subject: Subject) -> Iterator[Finding]:
    """Find counts with exactly three decimals, such as 128.443, that may be thousands."""
    document = subject.loaded.document
    lines = {document.file: document.text.splitlines()}
    for path in _paths_of_counts(document.data, ()):
        place = document.places.get(path)
        if place is None:
            continue
        if place.file not in lines:
            lines[place.file] = read_text(Path(place.file)).splitlines()
        here = "\n".join(lines[place.file][place.line - 1 : place.line + 1])[place.column - 1 :]
        written = re.match(rf"[\"']?{re.escape(str(path[-1]))}{_NUMBER}", here)
        if written is not None:
            number = written["number"]
            yield (
                path,
                f"{number} is read as {number.partition('.')[0]} and a fraction; if thousands are "
                f"meant, write {number.replace('.', '')}",
            )


def shares_with_a_point(subject: Subject) -> Iterator[Finding]:
    """Find offices whose shares are partly whole, partly with three decimals, as thousands are."""
    for name, level in subject.loaded.scenario.levels.items():
        offices = subject.loaded.document.data["levels"][name].get("offices")
        if level.offices is None or not isinstance(offices, dict):
            continue
        shares = {
            office: str(keys["share"])
            for office, keys in offices.items()
            if isinstance(keys, dict) and "share" in keys
        }
        pointed = [office for office, share in shares.items() if _POINTED.fullmatch(share)]
        if pointed and any(share.isdecimal() for share in shares.values()):
            number = shares[pointed[0]]
            yield (
                ("levels", name, "offices", pointed[0], "share"),
                f"{number} is read as {number.partition('.')[0]} and a fraction, beside whole "
                f"numbers; if thousands are meant, write {number.replace('.', '')}",
            )


def variations_in_per_cent(subject: Subject) -> Iterator[Finding]:
    """Find coefficients of variation so large that per cent are meant."""
    for path, value in _variations(subject.loaded.document.data, ()):
        yield (
            path,
            f"{value:g} is {100 * value:,.0f} %; if {value:g} % is meant, write {value:g}%",
        )


def _variations(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, float]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            here = (*path, key)
            if key in _CVS and isinstance(inner, int | float) and inner > _LARGEST_CV:
                yield here, inner
            else:
                yield from _variations(inner, here)


def _paths_of_counts(value: object, path: KeyPath) -> Iterator[KeyPath]:
    """Give the paths of numbers with decimals that say how many dossiers there are."""
    items: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        items = iter(value.items())
        measure = value.get("measure")
        counts = isinstance(measure, str) and measure.startswith(_COUNTS)
        if counts and isinstance(value.get("value"), float):
            yield (*path, "value")
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for key, inner in items:
        here = (*path, key)
        if isinstance(inner, float) and str(key).rpartition(".")[2] in _RATES:
            yield here
        else:
            yield from _paths_of_counts(inner, here)
