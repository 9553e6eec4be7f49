"""The smallest staff that keeps a target, and where a given number of officers does most good."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sim.engine import Engine, unusable
from sim.errors import InputError
from sim.experiment.folder import TRIALS, Folder
from sim.experiment.memory import free_memory, lack_of_memory
from sim.experiment.runner import Progress, Say, make_ready, needs_of
from sim.experiment.study import Plan
from sim.scenario.measure_names import LOST_TO
from sim.scenario.references import BASE
from sim.scenario.schema import Scenario
from sim.scenario.words import did_you_mean
from sim.staffing.budget import most_good
from sim.staffing.certificate import LOOKS, Certificate, certify
from sim.staffing.frontier import Point, frontier
from sim.staffing.posts import Post, Staff, cost_of, one_fewer, posts_of
from sim.staffing.sample import SAMPLE, TRIALS_OF_A_SEARCH, Demand, Reading, Sample
from sim.staffing.search import cheapest, most_that_helps
from sim.staffing.trials import Question, Trial, Trials, sums
from sim.statistics.bootstrap import ratio_estimates
from sim.statistics.intervals import Floats

WANTED = (
    "on_time_rate", "on_time_rate_of_resolved", "early_rate", "resolution_rate", "in_time_rate",
)  # fmt: skip
"""Shares that can be asked for: those of rule 19, of which more is better."""
_MOST_ROUNDS = 8
_LEAST_TOLD = 0.01
_MOST_NEIGHBOURS_TRIED = 4


@dataclass(frozen=True)
class Rate:
    """A pooled rate with its 95 % interval; None where there is none."""

    estimate: float | None
    low: float | None
    high: float | None
    replications: int


@dataclass(frozen=True)
class Neighbour:
    """A plan with one officer fewer in each office of one post."""

    station: str
    staff: Staff
    cost: float
    rate: Rate


@dataclass(frozen=True)
class StaffingPlan:
    """Numbers of officers, and what is known of them.

    Parameters
    ----------
    scenario
        The scenario's name.
    measure, target, reading, confidence
        What was asked; `target` is None where a budget was given.
    posts
        What could be changed.
    staff
        How many officers for each; the most that help, where the target cannot be reached.
    cost
        What they cost.
    rate
        The rate on fresh replications.
    certificate
        What they certify, if anything; None with a budget, or where even the most officers do
        not reach the target on the sample.
    neighbours
        Plans one step cheaper.
    bound
        A cost below which no plan reaches the target on the sample; None with a budget.
    unreachable
        Why no plan was found that is certified; empty where one was.
    frontier
        The best of the plans tried, by cost.
    trials
        How many replications were run in all.
    """

    scenario: str
    measure: str
    target: float | None
    reading: Reading
    confidence: float
    posts: tuple[Post, ...]
    staff: Staff
    cost: float
    rate: Rate
    certificate: Certificate | None
    neighbours: tuple[Neighbour, ...]
    bound: float | None
    unreachable: str
    frontier: tuple[Point, ...]
    trials: int

    @property
    def plan(self) -> dict[str, int]:
        """The number of officers at each address, in each office."""
        return {post.address: count for post, count in zip(self.posts, self.staff, strict=True)}

    @property
    def gap(self) -> float | None:
        """How much a cheaper plan could save at most; None with a budget."""
        return None if self.bound is None else self.cost - self.bound


def find_staff(
    scenario: Scenario,
    target: float | None = None,
    measure: str = "on_time_rate",
    stations: Iterable[str] = (),
    costs: Mapping[str, float] | None = None,
    least: Mapping[str, int] | None = None,
    most: Mapping[str, int] | None = None,
    confidence: float = 0.95,
    reading: Reading = "pooled",
    budget: float | None = None,
    seed: int | None = None,
    engine: Engine = "auto",
    executor: Executor | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
    say: Say | None = None,
) -> StaffingPlan:
    """Find the cheapest numbers of officers that keep a target, or the best that a budget buys.

    Parameters
    ----------
    scenario
        The scenario.
    target
        What the rate is to be, a share; or None with `budget`.
    measure
        The rate, of all dossiers.
    stations, costs, least, most
        What may change, and how; see `sim.staffing.posts.posts_of`.
    confidence
        How sure the target is to be, a share of at least a half.
    reading
        ``pooled``: the lower confidence bound of the pooled rate reaches the target; ``year``: a
        share `confidence` of years reach it, with as much confidence.
    budget
        What the officers may cost together; or None with `target`.
    seed, engine, executor, out, fresh, progress, say
        See `sim.run`; trials that are recorded in `out` are not run again.

    Raises
    ------
    InputError
        If what is asked does not fit the scenario or itself, or a replication needs more memory
        than there is.
    RunError
        If replications failed; what is finished is kept.
    """
    _refuse_unfit(target, measure, confidence, budget, engine)
    posts = posts_of(scenario, stations, costs, least, most)
    if not posts:
        raise InputError("no work comes to any station with officers; there is nothing to search")
    needs = needs_of(scenario, [BASE])
    if executor is None and (lack := lack_of_memory(needs.memory[BASE], free_memory())):
        raise InputError(lack)
    number = scenario.seed if seed is None else seed
    chosen = needs.engine(engine, TRIALS_OF_A_SEARCH)
    if executor is None:
        make_ready(chosen, say)
    question = Question.of(scenario, posts, measure, number, chosen, needs.memory[BASE])
    with _kept(scenario, number, out, fresh) as file:
        trials = Trials(question, executor, progress, say, file)
        tell = say or (lambda _: None)
        if target is not None:
            demand = Demand(target, reading, confidence)
            return _with_target(scenario, posts, demand, trials, tell)
        assert budget is not None
        return _with_budget(scenario, posts, budget, trials, tell, confidence, reading)


def _refuse_unfit(
    target: float | None, measure: str, confidence: float, budget: float | None, engine: Engine
) -> None:
    if reason := unusable(engine):
        raise InputError(reason)
    if (target is None) == (budget is None):
        raise InputError("give a target or a budget, one of them")
    if measure not in WANTED:
        raise InputError(f"`{measure}` is no rate of dossiers{did_you_mean(measure, WANTED)}")
    if target is not None and not 0 < target < 1:
        raise InputError(f"a target is a share between 0 and 1, not {target:g}")
    if budget is not None and not 0 < budget < math.inf:
        raise InputError(f"a budget is a number above 0, not {budget:g}")
    if not 0.5 <= confidence < 1:
        raise InputError(f"a confidence is a share of 50 % to less than 100 %, not {confidence:g}")


@contextmanager
def _kept(
    scenario: Scenario, seed: int, out: str | Path | None, fresh: bool
) -> Iterator[Path | None]:
    """Give the file in which trials are kept, with its study's folder held for the block."""
    if out is None:
        yield None
        return
    folder = Folder(Path(out))
    with folder.held_for(Plan(scenario, (), 0, seed, "auto"), fresh):
        yield folder.path / TRIALS


def _with_target(
    scenario: Scenario,
    posts: Sequence[Post],
    demand: Demand,
    trials: Trials,
    tell: Callable[[str], None],
) -> StaffingPlan:
    first = Sample(trials, posts, demand)
    most = most_that_helps(first)
    found = StaffingPlan(
        scenario=scenario.name, measure=trials.question.measure, target=demand.target,
        reading=demand.reading, confidence=demand.confidence, posts=tuple(posts), staff=most,
        cost=cost_of(posts, most), rate=_rate(trials, most, range(1, SAMPLE + 1)),
        certificate=None, neighbours=(), bound=None, unreachable="", frontier=(), trials=0,
    )  # fmt: skip
    if not first.meets([most])[0]:
        found = replace(found, unreachable=_what_binds(trials, posts, most))
        return replace(found, trials=len(trials.asked))
    fresh = _Fresh(trials, posts, demand, tell)
    wanted = demand
    for _ in range(_MOST_ROUNDS):
        sample = Sample(trials, posts, wanted, short=set(fresh.refuted))
        if not sample.meets([most])[0]:
            break
        cheap = cheapest(sample, most, tell)
        held = fresh.held(cheap.staff)
        # The bound is that of the target as it was asked, not as it was tightened.
        found = _certified(found, held, cheap.bound if found.bound is None else found.bound)
        if held.certificate.holds:
            return _with_surroundings(found, fresh, held)
        tell("They do not certify it. Searching for more.")
        tighter = replace(wanted, target=wanted.target + held.certificate.shortfall)
        if Sample(trials, posts, tighter).meets([most])[0]:
            wanted = tighter
    return replace(
        found,
        unreachable="fresh replications certified no plan that was tried, the dearest of them of a "
        f"cost of {max(cost_of(posts, staff) for staff in fresh.refuted):g}",
        frontier=frontier(trials, posts, found.staff, demand.target),
        trials=len(trials.asked),
    )


@dataclass(frozen=True)
class _Held:
    """A plan held against fresh replications."""

    staff: Staff
    certificate: Certificate
    rate: Rate
    neighbours: tuple[Neighbour, ...]


@dataclass
class _Fresh:
    """Fresh replications, of which each plan that is held against some gets its own."""

    trials: Trials
    posts: Sequence[Post]
    demand: Demand
    tell: Callable[[str], None]
    used: int = SAMPLE
    attempts: int = 0
    refuted: list[Staff] = field(default_factory=list)
    """Plans that theirs did not certify; they are not tried again."""

    def held(self, staff: Staff) -> _Held:
        """Hold a plan against fresh replications, and if they certify it its neighbours."""
        begin = self.used + 1

        def first(count: int) -> tuple[Floats, Floats]:
            self.tell(
                f"Certifying a cost of {cost_of(self.posts, staff):g} on {count} fresh "
                "replications."
            )
            (above,), (below,) = sums(self.trials.of([staff], range(begin, begin + count)))
            return above, below

        self.attempts += 1
        certificate = certify(self.demand, first, self.attempts)
        numbers = range(begin, begin + certificate.replications)
        self.used = numbers[-1]
        rate = _rate(self.trials, staff, numbers)
        near: tuple[Neighbour, ...] = ()
        if certificate.holds:
            near = _neighbours(self.trials, self.posts, staff, range(begin, begin + SAMPLE))
            self.used = max(self.used, begin + SAMPLE - 1)
        else:
            self.refuted.append(staff)
        return _Held(staff, certificate, rate, near)


def _certified(found: StaffingPlan, held: _Held, bound: float) -> StaffingPlan:
    cost = cost_of(found.posts, held.staff)
    return replace(
        found, staff=held.staff, cost=cost, rate=held.rate, certificate=held.certificate,
        neighbours=held.neighbours, bound=min(bound, cost),
    )  # fmt: skip


def _with_surroundings(found: StaffingPlan, fresh: _Fresh, held: _Held) -> StaffingPlan:
    """Try cheaper neighbours that seem to do it too, and add the frontier.

    The sample of the search may have been unkind to them.
    """
    for _ in range(_MOST_NEIGHBOURS_TRIED):
        promising = [
            (near.cost, near.staff) for near in held.neighbours
            if _is_promising(near.rate, fresh.demand.target) and near.staff not in fresh.refuted
        ]  # fmt: skip
        if not promising:
            break
        _, less = min(promising)
        other = fresh.held(less)
        if other.certificate.holds:
            held = other
            found = _certified(found, held, found.bound or 0.0)
    return replace(
        found,
        frontier=frontier(fresh.trials, found.posts, found.staff, fresh.demand.target),
        trials=len(fresh.trials.asked),
    )


def _is_promising(rate: Rate, target: float) -> bool:
    """Tell whether a rate would reach the target though a certificate's replications narrow it."""
    if rate.estimate is None or rate.low is None:
        return False
    narrower = math.sqrt(rate.replications / LOOKS[0])
    return rate.estimate - (rate.estimate - rate.low) * narrower >= target


def _with_budget(
    scenario: Scenario,
    posts: Sequence[Post],
    budget: float,
    trials: Trials,
    tell: Callable[[str], None],
    confidence: float,
    reading: Reading,
) -> StaffingPlan:
    staff = most_good(trials, posts, budget, tell)
    numbers = range(SAMPLE + 1, SAMPLE + 101)
    return StaffingPlan(
        scenario=scenario.name, measure=trials.question.measure, target=None, reading=reading,
        confidence=confidence, posts=tuple(posts), staff=staff, cost=cost_of(posts, staff),
        rate=_rate(trials, staff, numbers), certificate=None,
        neighbours=_neighbours(trials, posts, staff, numbers[:SAMPLE]), bound=None,
        unreachable="", frontier=frontier(trials, posts, staff, None), trials=len(trials.asked),
    )  # fmt: skip


def _rate(trials: Trials, staff: Staff, replications: Sequence[int]) -> Rate:
    return _rates(trials.of([staff], replications))[0]


def _rates(found: Sequence[Sequence[Trial]]) -> list[Rate]:
    above, below = sums(found)
    estimates = ratio_estimates(above, below)
    columns = (estimates.estimate, estimates.low, estimates.high)
    return [
        Rate(_known(estimate), _known(low), _known(high), above.shape[1])
        for estimate, low, high in zip(*columns, strict=True)
    ]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _neighbours(
    trials: Trials, posts: Sequence[Post], staff: Staff, replications: Sequence[int]
) -> tuple[Neighbour, ...]:
    fewer = one_fewer(posts, staff)
    rates = _rates(trials.of(list(fewer.values()), replications)) if fewer else []
    return tuple(
        Neighbour(address, less, cost_of(posts, less), rate)
        for (address, less), rate in zip(fewer.items(), rates, strict=True)
    )


def _what_binds(trials: Trials, posts: Sequence[Post], staff: Staff) -> str:
    """Say where late dossiers lose their time though there are as many officers as help."""
    (found,) = trials.of([staff], range(1, SAMPLE + 1))
    lost = np.mean([trial.lost for trial in found], axis=0)
    parts = sorted(zip(lost, LOST_TO, strict=True), reverse=True)
    told = ", ".join(f"{share:.0%} {kind}" for share, kind in parts if share >= _LEAST_TOLD)
    capped = [
        f"--max {post.address}={count}"
        for post, count in zip(posts, staff, strict=True) if count == post.most
    ]  # fmt: skip
    at_most = f" with {', '.join(capped)}" if capped else " with more officers than help"
    if not told:
        return f"citizens are turned away{at_most}"
    return f"late dossiers lose their time so{at_most}: {told}"
