"""Loops over a replication's arrays that are Python, and compiled where that pays."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from sim import calendars, durations
from sim.calendars import advance, advance_within, open_time_by
from sim.docket import NodeKind
from sim.engine import is_started

Loop = Callable[..., Any]


def fastest(loop: Loop, *parts: Loop) -> Loop:
    """Give a loop compiled where the compiled engine is loaded, else as Python.

    Parameters
    ----------
    loop
        Numbers and arrays to a number or none; it writes to arrays that it is given.
    parts
        Functions of its module that it calls; it may call those of `sim.calendars` that work out
        open time.
    """
    return _compiled(loop, parts) if is_started() else as_python(loop)


def as_python(loop: Loop) -> Loop:
    """Let Python look at arrays as views of memory, which give it its own numbers, and sooner."""

    def call(*given: Any) -> Any:
        return loop(*(each.data if isinstance(each, np.ndarray) else each for each in given))

    return call


@cache
def _compiled(loop: Loop, parts: tuple[Loop, ...]) -> Loop:
    from sim.compiling import kept, shared

    _share_calendars()
    shared(*parts)
    return kept(loop, calendars, durations, told=list(NodeKind))


@cache
def _share_calendars() -> None:
    from sim.compiling import shared

    shared(
        open_time_by, calendars._last_opened, calendars._open_until, advance, advance_within,
    )  # fmt: skip
