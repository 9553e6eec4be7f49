"""How numbers and names are written in findings."""

from __future__ import annotations

from collections.abc import Sequence

from sim.durations import HOUR


def number(value: float) -> str:
    """Write a number: whole from 10 on, with two digits below."""
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.2g}"


def hours(us: float) -> str:
    """Write microseconds as hours."""
    return f"{number(us / HOUR)} h"


def percent(share: float) -> str:
    """Write a share so that a little more than 100 % does not read as 100 %."""
    return f"{100 * share:.4g} %" if 1 < share < 1.01 else f"{100 * share:.0f} %"


def counted(count: int, word: str) -> str:
    """Write a count with its word, ``1 officer`` or ``2 officers``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def listed(names: Sequence[str], word: str) -> str:
    """Name the first two of many and count the others: ``a``, ``a and b``, ``a, b and 3 more``."""
    if len(names) <= 3:
        return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    return f"{names[0]}, {names[1]} and {counted(len(names) - 2, f'more {word}')}"
