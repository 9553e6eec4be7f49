"""Trials: one replication with certain numbers of officers, and how many limits were kept."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.calendars import Calendar
from sim.docket import Docket, draw, with_officers_of
from sim.durations import HOUR, MISSING
from sim.engine import Engine, Trace, simulate
from sim.errors import InputError, RunError
from sim.experiment.memory import free_memory, lack_of_memory
from sim.experiment.runner import Progress, Say, outcomes
from sim.experiment.study import resolved
from sim.measures.facts import Facts
from sim.measures.rates import RATES
from sim.network import Network, build
from sim.scenario.measure_names import LOST_TO
from sim.scenario.schema import Scenario
from sim.staffing.posts import Post, Staff, staffed
from sim.statistics.intervals import Floats

_A_DAY_OF_OPENING = 8 * HOUR
_TOGETHER = 8
"""Trials of one replication that a worker is given at once, to draw its citizens once."""


@dataclass(frozen=True)
class Trial:
    """What came out of one replication with certain numbers of officers.

    Parameters
    ----------
    above, below
        Numerator and denominator of the rate that is wanted, of all dossiers; citizens who were
        turned away count below, as else the cheapest plan would close the counters.
    queued
        Of the time of late dossiers, the share that they queued for each post.
    lost
        Of the time of late dossiers, the share lost to each of `LOST_TO`.
    """

    above: float
    below: float
    queued: tuple[float, ...]
    lost: tuple[float, ...]


@dataclass(frozen=True)
class Question:
    """What trials are of.

    Parameters
    ----------
    scenario
        The scenario, resolved, as JSON.
    posts
        What may change.
    measure
        The rate that is wanted.
    seed, engine
        What all are run with.
    memory
        About how many bytes one takes.
    """

    scenario: str
    posts: tuple[Post, ...]
    measure: str
    seed: int
    engine: Engine
    memory: float

    @classmethod
    def of(
        cls, scenario: Scenario, posts: Iterable[Post], measure: str, seed: int, engine: Engine,
        memory: float,
    ) -> Question:  # fmt: skip
        """Ask what a scenario's posts do to a rate."""
        return cls(json.dumps(resolved(scenario)), tuple(posts), measure, seed, engine, memory)


@dataclass(frozen=True)
class _Task:
    question: Question
    replication: int
    staffs: tuple[Staff, ...]

    def __str__(self) -> str:
        return f"replication {self.replication} of {len(self.staffs)} plans"


def _try(task: _Task) -> list[Trial]:
    """Run one replication with each of several numbers of officers, on the same citizens."""
    question = task.question
    if not_enough := lack_of_memory(question.memory, free_memory()):
        raise RunError(not_enough)
    docket: Docket | None = None
    trials = []
    for staff in task.staffs:
        network = _network(question.scenario, question.posts, staff)
        if docket is None:
            docket = draw(network, question.seed, task.replication)
        else:
            docket = with_officers_of(network, docket)
        trials.append(_trial(question, network, simulate(network, docket, question.engine)))
    return trials


def _trial(question: Question, network: Network, trace: Trace) -> Trial:
    facts = Facts(network, trace)
    counts, losses = facts.counts, facts.losses
    rate = RATES[question.measure]
    lost = losses.of_dossier.sum(axis=0)
    in_queue = [LOST_TO.index("waiting"), LOST_TO.index("closed")]
    queued_at = losses.of_station[:, in_queue].sum(axis=1)
    queued = np.array([queued_at[list(post.stations)].sum() for post in question.posts])
    total = lost.sum() or 1.0
    above, below = (
        float(sum(np.count_nonzero(counts[count]) for count in names))
        for names in (rate.above, rate.below)
    )
    below += np.count_nonzero(_turned_away(network, trace))
    return Trial(
        above, below, tuple((queued / total).tolist()), tuple((lost / total).tolist())
    )  # fmt: skip


def _turned_away(network: Network, trace: Trace) -> NDArray[np.bool_]:
    """Tell which citizens of the period are never accepted, though they came long enough before.

    Those who came when less than a day of opening hours was left might yet have been.
    """
    docket = trace.docket
    last = np.array([_before(office.calendar, network.end) for office in network.offices])
    came = (docket.arrived >= network.period_start) & (docket.arrived < last[docket.home])
    return np.asarray(came & (trace.accepted == MISSING))


def _before(calendar: Calendar, end: int) -> int:
    """Give the latest instant from which a calendar is open for a day's hours until an end."""
    left = _A_DAY_OF_OPENING
    place = bisect_left(calendar.opens, end) - 1
    while place >= 0:
        opens, closes = calendar.opens[place], min(calendar.closes[place], end)
        if closes - opens >= left:
            return int(closes - left)
        left -= closes - opens
        place -= 1
    return 0


@lru_cache(maxsize=32)
def _network(scenario: str, posts: tuple[Post, ...], staff: Staff) -> Network:
    return build(staffed(_scenario(scenario), posts, staff, "staffed").with_policy("staffed"))


@lru_cache(maxsize=1)
def _scenario(text: str) -> Scenario:
    return Scenario.model_validate(json.loads(text))


@dataclass
class Trials:
    """Trials of one question: those that are known, and where further ones are run.

    Parameters
    ----------
    question
        What they are of.
    executor, progress, say
        See `sim.experiment.run`.
    file
        Where each is recorded as soon as it is done, or None.
    """

    question: Question
    executor: Executor | None = None
    progress: Progress | None = None
    say: Say | None = None
    file: Path | None = None
    known: dict[tuple[Staff, int], Trial] = field(default_factory=dict)
    asked: dict[tuple[Staff, int], None] = field(default_factory=dict)
    """Those that this search has asked for, in order; a file may know others."""

    def __post_init__(self) -> None:
        if self.file is not None:
            self.known = _recorded(self.file, self.question)

    def of(self, staffs: Sequence[Staff], replications: Sequence[int]) -> list[list[Trial]]:
        """Give the trials of several numbers of officers, by replication.

        Raises
        ------
        InputError
            If no dossier counts for the rate in some replication.
        RunError
            If some failed; those that are done are kept.
        """
        missing = [
            (replication, staff) for replication in replications
            for staff in dict.fromkeys(staffs) if (staff, replication) not in self.known
        ]  # fmt: skip
        if missing:
            self._run(missing)
        self.asked.update(dict.fromkeys((staff, n) for n in replications for staff in staffs))
        found = [[self.known[staff, number] for number in replications] for staff in staffs]
        if any(trial.below == 0 for row in found for trial in row):
            raise InputError(
                f"`{self.question.measure}` has no value in some replication, as no dossier counts "
                "for it; give limits, take a longer period, or another --measure"
            )
        return found

    def _run(self, missing: Sequence[tuple[int, Staff]]) -> None:
        tasks = []
        for replication in dict.fromkeys(number for number, _ in missing):
            staffs = [staff for number, staff in missing if number == replication]
            for first in range(0, len(staffs), _TOGETHER):
                some = tuple(staffs[first : first + _TOGETHER])
                tasks.append(_Task(self.question, replication, some))
        tell: Callable[[str], None] = self.say or (lambda _: None)
        done = 0
        for task, outcome in outcomes(_try, iter(tasks), self.executor, tell):
            if isinstance(outcome, str):
                raise RunError(f"{outcome}; what is finished is kept, and the same command goes on")
            for staff, trial in zip(task.staffs, outcome, strict=True):
                self.known[staff, task.replication] = trial
            self._record(task, outcome)
            done += len(task.staffs)
            if self.progress is not None:
                self.progress(done, len(missing))

    def _record(self, task: _Task, trials: Sequence[Trial]) -> None:
        if self.file is None:
            return
        lines = [
            json.dumps({**_key(self.question), "staff": staff, "replication": task.replication,
                        **asdict(trial)})
            for staff, trial in zip(task.staffs, trials, strict=True)
        ]  # fmt: skip
        try:
            with self.file.open("a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        except OSError as error:
            raise InputError(f"{self.file} cannot be written: {error.strerror}") from None


def _key(question: Question) -> dict[str, object]:
    asked = f"{version('onestop-sim')} {question.seed} {question.scenario}"
    return {
        "of": hashlib.blake2b(asked.encode(), digest_size=8).hexdigest(),
        "measure": question.measure,
        "posts": [post.address for post in question.posts],
    }


def _recorded(file: Path, question: Question) -> dict[tuple[Staff, int], Trial]:
    """Read the trials of a question that are recorded; a line that a kill cut off is none."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read: {error}; remove it to begin anew") from None
    whole, newline, cut_off = text.rpartition("\n")
    if cut_off:
        file.write_text(whole + newline, "utf-8")
    found = {}
    key = _key(question)
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            row = json.loads(line)
            if {name: row[name] for name in key} == key:
                trial = Trial(row["above"], row["below"], tuple(row["queued"]), tuple(row["lost"]))
                found[tuple(row["staff"]), row["replication"]] = trial
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"{file}, line {number}, is damaged; remove the file to begin anew"
            ) from None
    return found


def sums(trials: Sequence[Sequence[Trial]]) -> tuple[Floats, Floats]:
    """Give the numerators and denominators of trials, shape (plans, replications) each."""
    return (
        np.array([[trial.above for trial in row] for row in trials], np.float64),
        np.array([[trial.below for trial in row] for row in trials], np.float64),
    )
