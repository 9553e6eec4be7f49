"""The engines against queueing theory: means, chances and numbers whose values are known.

And starts of work that are known exactly, to the microsecond.
"""

import math

import formulas
import numpy as np
import pytest
from known_answers import PAGE, answers, head
from scipy import stats
from systems import AT_NIGHT, RECURSIONS, SYSTEMS, Recursion, System

from sim.durations import DAY, HOUR, MISSING
from sim.engine import Engine, unusable

WHY_NOT = unusable("compiled")
compiled = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
with_each_engine = pytest.mark.parametrize(
    ("engine", "times"),
    [
        pytest.param("reference", 1, id="reference"),
        pytest.param("compiled", 1, id="compiled", marks=compiled),
        pytest.param("compiled", 10, id="hundredfold", marks=[compiled, pytest.mark.slow]),
    ],
)
"""Ten times as many replications, ten times as long, narrow the intervals tenfold."""


def test_the_formulas_give_what_can_be_worked_out_by_hand() -> None:
    approx = pytest.approx
    assert formulas.erlang_b(2, 1) == approx(1 / 5)  # (1/2) / (1 + 1 + 1/2)
    assert formulas.erlang_c(2, 1) == approx(1 / 3)  # 2 ρ² / (1 + ρ), ρ = 1/2
    assert formulas.wait_in_mmc(1, 0.8) == approx(4) == formulas.pollaczek_khinchine(0.8, 1)
    assert formulas.pollaczek_khinchine(0.8, 0) == approx(2)
    assert formulas.priority_waits([0.2, 0.3, 0.2], 0.9) == approx([1.125, 2.25, 6])
    assert formulas.fork_join_time(0.8) == approx(7)
    assert formulas.fork_join_time(0) == approx(1.5)  # the longer of two works
    assert formulas.rounds_of_feedback(0.5, 2) == approx(1.75)
    assert formulas.shortest_first_wait(1e-6) == approx(1e-6, rel=1e-4)  # what is left of a work
    assert formulas.quantile_of_wait_in_mmc(1, 0.8, 0.9) == approx(5 * math.log(8))
    assert formulas.quantile_of_wait_in_mmc(1, 0.8, 0.1) == 0  # one in five does not wait
    assert formulas.chance_of_no_queue_in_mmc(1, 0.5) == approx(1 - 1 / 4)  # 1 − ρ²
    in_a_row = formulas.chance_of_longer_time_in_a_row
    assert in_a_row(1, 1 + 1e-6, 2) == approx(3 * math.exp(-2), rel=1e-5)  # Erlang
    assert in_a_row(1e6, 1, 2) == approx(math.exp(-2), rel=1e-5)
    starts = formulas.starts_of_work([0, 1, 2, 3], [5, 5, 5, 5], [9, 9, 2, 2], 2)
    assert starts == [0, 1, None, 5]


def test_impatience_lies_between_erlangs_b_and_c() -> None:
    """With a patience as long as the works nobody hinders anybody, and numbers are Poisson."""
    officers, load = 5, 4.0
    assert formulas.erlang_a(officers, load, 1e-9)[0] == pytest.approx(formulas.erlang_b(5, load))
    waits = formulas.erlang_a(officers, load, 1e9)[1]
    assert waits == pytest.approx(formulas.erlang_c(officers, load), rel=1e-6)
    waits = formulas.erlang_a(officers, load, 1)[1]
    assert waits == pytest.approx(stats.poisson.sf(officers - 1, load))


def test_days_without_hours_are_erlangs() -> None:
    """Arrivals at one rate at all hours: M/M/4, at each minute."""
    chances = formulas.numbers_over_a_day([30] * 24, 4, 0.1)
    assert chances[:, 4:].sum(axis=1) == pytest.approx(formulas.erlang_c(4, 3))
    mean = 3 + 3 * formulas.wait_in_mmc(4, 3)
    assert chances @ np.arange(chances.shape[1]) == pytest.approx(mean)


def test_days_without_queues_are_palms() -> None:
    """With an officer for everybody the number is Poisson; its mean m has s m' = λ(t) s − m.

    Palm 1943; Eick, Massey & Whitt 1993.
    """
    work, rates = 0.5, [60.0 if 8 <= hour < 16 else 0.0 for hour in range(24)]
    chances = formulas.numbers_over_a_day(rates, 150, work)
    for hour, mean in (
        (8, 0), (12, 30 * (1 - math.exp(-8))), (16, 30), (17, 30 * math.exp(-2)),
    ):  # fmt: skip
        poisson = stats.poisson.pmf(np.arange(151), mean)
        np.testing.assert_allclose(chances[60 * hour], poisson, atol=1e-5)


@with_each_engine
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.model.name)
def test_what_is_simulated_is_what_is_known(system: System, engine: Engine, times: int) -> None:
    for quantity, answer in answers(system, engine, times).items():
        found = f"{quantity}: {answer.mean:.5g} ± {answer.half_width:.2g}"
        wanted = system.within / times * answer.known.value
        assert answer.half_width <= wanted, f"{found}: simulate more"
        assert abs(answer.t) <= 4, f"{found}, known: {answer.known}"


@with_each_engine
@pytest.mark.parametrize("recursion", RECURSIONS, ids=lambda recursion: recursion.model.name)
def test_every_start_is_that_of_the_recursion(
    recursion: Recursion, engine: Engine, times: int
) -> None:
    for run in recursion.model.runs(engine, times):
        found, expected = recursion.starts(run)
        np.testing.assert_array_equal(found, expected)


@with_each_engine
@pytest.mark.parametrize("recursion", AT_NIGHT, ids=lambda recursion: recursion.model.name)
def test_nobody_starts_while_the_office_is_closed(
    recursion: Recursion, engine: Engine, times: int
) -> None:
    """Rule 3: who comes at night has come at the opening."""
    for run in recursion.model.runs(engine, times):
        started = run.trace.started[run.trace.started != MISSING] % DAY
        assert ((started >= 8 * HOUR) & (started < 16 * HOUR)).all()


def test_the_page_has_every_known_answer() -> None:
    """`python tests/known_answers.py` writes it."""
    rows = PAGE.read_text(encoding="utf-8").splitlines()
    heads = [head(system, quantity) for system in SYSTEMS for quantity in system.known]
    heads += [f"| {recursion.model.name} |" for recursion in RECURSIONS]
    assert [start for start in heads if not any(row.startswith(start) for row in rows)] == []
    answered = [row for row in rows if row.startswith("|")]
    assert len(answered) == len(heads) + 4  # two tables have two lines of headings each
