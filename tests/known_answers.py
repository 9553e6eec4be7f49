"""How known values and simulated ones are held against each other.

The replication is the unit. The mean over replications lies within four standard errors of the
known value, and a 95 % interval by Student's t is narrow enough for that to mean something.

`python tests/known_answers.py` writes the tables of docs/known-answers.md, in some minutes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats
from systems import RECURSIONS, SYSTEMS, Known, Recursion, System

from sim.durations import HOUR
from sim.engine import Engine

PAGE = Path(__file__).parents[1] / "docs" / "known-answers.md"
TABLE = re.compile(r"(<!-- (?P<table>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
TIMES = 10
"""How many times as many replications, each as many times as long, the tables rest on."""


@dataclass(frozen=True)
class Answer:
    """A known value beside the mean of the simulated ones."""

    known: Known
    mean: float
    error: float
    """The standard error of the mean."""
    half_width: float
    """Half of the 95 % interval."""
    dossiers: int
    """How many were simulated, in all replications."""

    @property
    def t(self) -> float:
        return (self.mean - self.known.value) / self.error


def estimate(known: Known, values: Sequence[float], dossiers: int) -> Answer:
    """Estimate from the values of independent replications."""
    count = len(values)
    error = float(np.std(values, ddof=1)) / math.sqrt(count)
    half_width = float(stats.t.ppf(0.975, count - 1)) * error
    return Answer(known, float(np.mean(values)), error, half_width, dossiers)


def answers(system: System, engine: Engine, times: int = 1) -> dict[str, Answer]:
    """Answer all that is known, with so many times as many and as long replications."""
    found = [
        (system.facts(run), run.docket.arrived.size) for run in system.model.runs(engine, times)
    ]
    dossiers = sum(count for _, count in found)
    return {
        quantity: estimate(known, [facts[quantity] for facts, _ in found], dossiers)
        for quantity, known in system.known.items()
    }


def head(system: System, quantity: str) -> str:
    """Write what of a row is known without simulation."""
    value, source = system.known[quantity]
    return f"| {system.model.name} | {quantity} | {source} | {value:#.5g} |"


def table_of_answers() -> Iterator[str]:
    yield "| system | quantity | source | known | simulated | ± | t | replications | dossiers |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    ts = []
    for system in SYSTEMS:
        count, days = TIMES * system.model.replications, TIMES * system.model.days
        for quantity, answer in answers(system, "compiled", TIMES).items():
            yield (
                f"{head(system, quantity)} {answer.mean:#.5g} | {answer.half_width:#.2g} "
                f"| {answer.t:z.2f} | {count} × {days} days | {answer.dossiers:,} |"
            )
            ts.append(abs(answer.t))
    *in_hours, last = [system.model.name for system in SYSTEMS if system.model.unit == HOUR]
    yield ""
    yield f"Times are in hours in {', '.join(in_hours)} and {last}, in minutes in all others."
    yield (
        f"Of the {len(ts)} values of t, {sum(t > 2 for t in ts)} are beyond ±2, and the one "
        f"farthest from 0 is at {max(ts):.2f}."
    )


def table_of_starts() -> Iterator[str]:
    yield "| system | visits | of them with another start |"
    yield "| --- | --- | --- |"
    for recursion in RECURSIONS:
        visits, others = starts(recursion)
        yield f"| {recursion.model.name} | {visits:,} | {others} |"


def starts(recursion: Recursion) -> tuple[int, int]:
    """Count the visits, and those that do not start when they must."""
    pairs = [recursion.starts(run) for run in recursion.model.runs("compiled", TIMES)]
    return sum(found.size for found, _ in pairs), sum(int((x != y).sum()) for x, y in pairs)


def filled(marked: re.Match[str]) -> str:
    lines = {"answers": table_of_answers, "starts": table_of_starts}[marked["table"]]()
    return "\n".join([marked[1], *lines, "", marked[3]])


if __name__ == "__main__":
    PAGE.write_text(TABLE.sub(filled, PAGE.read_text("utf-8")), "utf-8")
