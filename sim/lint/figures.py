"""Numbers that may not say what is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sim.lint.subject import Subject
from sim.scenario.references import Finding
from sim.scenario.schema import RATES
from sim.scenario.text import KeyPath, value_at

_COUNTS = (
    "received", "carried_over", "to_resolve", "resolved", "withdrawn", "open", "served", "left",
)  # fmt: skip
"""How the names of measures that count dossiers begin."""
_CVS = ("cv", "day_cv", "demand_cv")
_LARGEST_CV = 3
_POINTED = re.compile(r"[1-9]\d{0,2}\.\d{3}")


def thousands_with_a_point(subject: Subject) -> Iterator[Finding]:
    """Find counts with exactly three decimals, such as 128.443, that may be thousands."""
    data = subject.loaded.document.data
    for path, value in _numbers(data, ()):
        if _POINTED.fullmatch(str(value)) and _is_count(path, data):
            yield path, _said_of_thousands(str(value))


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
            message = _said_of_thousands(shares[pointed[0]], ", beside whole numbers")
            yield ("levels", name, "offices", pointed[0], "share"), message


def _said_of_thousands(number: str, where: str = "") -> str:
    return (
        f"{number} is read as {number.partition('.')[0]} and a fraction{where}; if thousands are "
        f"meant, write {number.replace('.', '')}"
    )


def variations_in_per_cent(subject: Subject) -> Iterator[Finding]:
    """Find coefficients of variation so large that per cent are meant."""
    for path, value in _numbers(subject.loaded.document.data, ()):
        if path[-1] in _CVS and value > _LARGEST_CV:
            said = f"{value:g} is {100 * value:,.0f} %"
            yield path, f"{said}; if {value:g} % is meant, write {value:g}%"


def _numbers(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, float]]:
    """Go through the numbers in plain data, each with its path."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _numbers(inner, (*path, key))
    elif isinstance(value, int | float):
        yield path, value


def _is_count(path: KeyPath, data: object) -> bool:
    """Tell whether a number says how many dossiers there are: a rate, or a figure that counts."""
    measure = value_at(data, (*path[:-1], "measure")) if path[-1] == "value" else None
    counts = isinstance(measure, str) and measure.startswith(_COUNTS)
    return counts or str(path[-1]).rpartition(".")[2] in RATES
