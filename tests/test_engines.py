"""The two engines give equal traces: `==`, in every field, whatever the scenario."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from by_hand import network_of, procedure, shop
from hypothesis import given
from shipped import ROOT, SCENARIOS, SLICES, TEMPLATE, slice_of
from strategies import Case, case_of, cases, first_difference

import sim
from sim import attribution
from sim.docket import draw
from sim.durations import MISSING
from sim.engine import ENGINES, engine_for, simulate
from sim.engine.loops import fastest
from sim.errors import InputError
from sim.measures import measure, tally
from sim.network import Network, build
from sim.scenario.load import load_text

pytest.importorskip("numba", reason="there is no compiled engine without numba")

WITH_POLICIES = [
    (file, policy)
    for file in (*SCENARIOS, TEMPLATE)
    for policy in ("base", *sim.load(file).policies)
]
TOO_LARGE = {"ha-noi-2019", "phu-tho-2026", "two-tier-2025", "two-tier-2025-three-tiers"}
"""Run whole, they would take the reference engine minutes."""
WHOLE = [
    (file, policy)
    for file, policy in WITH_POLICIES
    if file.stem in SLICES.keys() - TOO_LARGE and (policy == "base" or file.stem == "uong-bi-2021")
]
"""One scenario under each of its policies, the others as they are."""


def assert_equal(network: Network, seed: int, replication: int = 1) -> None:
    docket = draw(network, seed, replication)
    by_reference, compiled = (
        simulate(network, docket, engine) for engine in ("reference", "compiled")
    )
    assert first_difference(by_reference, compiled) is None
    ours, theirs = measure(network, by_reference), measure(network, compiled)
    pd.testing.assert_frame_equal(ours.table, theirs.table, check_exact=True)
    pd.testing.assert_frame_equal(ours.series, theirs.series, check_exact=True)


@pytest.mark.parametrize(
    ("file", "policy"), WITH_POLICIES, ids=[f"{f.stem}-{p}" for f, p in WITH_POLICIES]
)
def test_shipped_scenarios_under_each_policy(file: Path, policy: str) -> None:
    scenario = slice_of(file)
    assert_equal(build(scenario.with_policy(policy)), scenario.seed)


@pytest.mark.slow
@pytest.mark.parametrize(("file", "policy"), WHOLE, ids=[f"{f.stem}-{p}" for f, p in WHOLE])
def test_whole_years_of_shipped_scenarios(file: Path, policy: str) -> None:
    scenario = sim.load(file)
    assert_equal(build(scenario.with_policy(policy)), scenario.seed)


def difference(case: Case) -> str | None:
    traces = (simulate(case.network, case.docket, engine) for engine in ("reference", "compiled"))
    return first_difference(*traces)


@given(cases())
def test_scenarios_that_hypothesis_makes_up(case: Case) -> None:
    assert difference(case) is None


NEVER_OPEN = """
period: {from: 2021-03-01, to: 2021-03-02}
calendars: {office: {hours: {mon-fri: ["08:00-16:00"]}, closed: [2010-01-01..2040-12-31]}}
levels: {ward: {calendar: office, stations: {desk: {}}}}
channels: {online: {calendar: always}}
procedures:
  one:
    received_at: ward
    volume: {per_day: 20}
    time_limit: 2 working days
    route: [{id: work, at: ward.desk, work: 1 h}]
"""


def test_loops_are_compiled_once_whatever_the_scenario() -> None:
    """Columns of nothing have the types of all others; else they are compiled again as they run."""
    assert_equal(build(load_text(NEVER_OPEN)), 1)
    for case in map(case_of, range(20)):
        trace = simulate(case.network, case.docket)
        attribution.lost_by(trace, np.flatnonzero(trace.accepted != MISSING))
    from sim.engine import kernel

    loops: list[Any] = [
        kernel.run,
        fastest(tally.count),
        fastest(tally.go_through, *tally.PARTS),
        fastest(tally.longest),
        fastest(attribution.add_up, *attribution.PARTS),
    ]
    assert [len(loop.signatures) for loop in loops] == [1] * len(loops)


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_scenarios_by_the_hundred(first: int) -> None:
    found = {seed: difference(case_of(seed)) for seed in range(first, first + 50)}
    assert set(found.values()) == {None}, found


# What the seeds do not make up

RESTARTS_FOR_NO_TIME = shop(
    "desk: {staff: {count: 9, calendar: always}}",
    procedure(
        "p",
        "{at: city.desk, work: 1 h}",
        "{wait: 2 h, clock: pauses}",
        "{wait: 0 h, clock: restarts}",
        "{at: city.desk, work: 1 h}",
        keys="time_limit: 8 h",
    ),
)
"""A restart that begins and ends in one (a), as a stop of the clock ends (rule 15)."""

POOL_LEAVES_WHO_IS_GONE = """
period: {from: 2021-02-01, to: 2021-02-02}
levels:
  city:
    calendar: office
    stations: {later: {patience: {exponential: 1 h}}, sooner: {}}
    pools: {both: {staff: 1, serves: [later, sooner]}}
procedures:
  later:
    received_at: city
    volume: {in_period: 60}
    priority: 2
    route: [{at: city.later, work: 10 min}]
  sooner:
    received_at: city
    volume: {in_period: 60}
    priority: 1
    route: [{at: city.sooner, work: 10 min}]
"""
"""The smallest steps of a long queue leave while a pool takes from another."""


CLEARS_LONG_QUEUES = """
period: {from: 2021-03-01, to: 2021-05-31}
levels:
  city:
    calendar: office
    stations:
      first: {at_close: clear, patience: {exponential: 1 h}}
      second: {at_close: clear}
    pools: {both: {staff: 4, serves: [first, second]}}
procedures:
  only:
    received_at: city
    volume: {in_period: 6000}
    priority: {1: 50%, 2: 30%, 3: 20%}
    route:
      - {id: first, at: city.first, work: {exponential: 20 min}}
      - {id: second, at: city.second, work: {exponential: 20 min}}
"""
"""Some leave when they have queued longest, but are the smallest only when others have come."""


@pytest.mark.parametrize(
    "text",
    [RESTARTS_FOR_NO_TIME, POOL_LEAVES_WHO_IS_GONE, CLEARS_LONG_QUEUES],
    ids=["restarts", "pool", "clears"],
)
def test_what_seeds_do_not_make_up(text: str) -> None:
    assert_equal(network_of(text), seed=1)


# The kernel


QUEUES_OF_BOTH_KINDS = """
period: {from: 2021-03-01, to: 2021-03-31}
levels:
  city: {calendar: office, stations: {counter: {at_close: clear, staff: 2}, desk: {staff: 2}}}
procedures:
  only:
    received_at: city
    volume: {in_period: 1000}
    priority: {1: 50%, 2: 50%}
    route:
      - {id: first, at: city.counter, work: {exponential: 20 min}}
      - {id: second, at: city.desk, work: {exponential: 20 min}}
      - {id: third, at: city.counter, work: {exponential: 5 min}}
"""
"""Of which nobody leaves."""


def rooms_with(patch: pytest.MonkeyPatch, number: int) -> dict[Any, Any]:
    """Let rooms of the compiled engine have a number throughout, and keep the last of each kind."""
    from sim.engine import compiled

    empty, rooms = compiled._empty, {}

    def full(kind: Any, most: int) -> Any:
        room = rooms[kind] = empty(kind, most)
        for column in kind.names:
            room[column][1:] = number
        return room

    patch.setattr(compiled, "_empty", full)
    return rooms


def test_what_was_in_the_rooms_of_the_kernel_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Memory is often of zeros by chance."""
    rooms_with(monkeypatch, 1)
    assert_equal(network_of(QUEUES_OF_BOTH_KINDS), seed=1)
    assert {difference(case_of(seed)) for seed in range(50)} == {None}


def test_there_are_as_many_places_in_queues_as_are_needed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A place that is not used again costs memory and time, but changes no trace."""
    from sim.engine import kernel

    rooms = rooms_with(monkeypatch, 0)
    network = network_of(QUEUES_OF_BOTH_KINDS)
    trace = simulate(network, draw(network, 1, 1), "compiled")
    joined, started = (np.sort(at[at != MISSING]) for at in (trace.joined, trace.started))
    queued = np.searchsorted(joined, joined, "right") - np.searchsorted(started, joined)
    assert rooms[kernel.QUEUED][0].node == queued.max()
    assert queued.max() < joined.size / 4


@pytest.mark.slow
def test_the_compiled_kernel_knows_only_integers() -> None:
    """Floats, which numba may take where signed and unsigned numbers meet, would lose digits."""
    from sim.compiling import afresh
    from sim.engine import kernel

    kept: Any = kernel.run
    (signature,) = kept.signatures
    compiled: Any = afresh(kernel._run)  # of what was kept, numba shows no code
    compiled.compile(signature)
    code = compiled.inspect_llvm(signature)
    assert set(re.findall(r"\b(?:i64|float|double)\b", code)) == {"i64"}


def test_the_kernel_is_the_same_without_compilation() -> None:
    """As Python it can be stepped through, and is seen by what measures coverage."""
    check = (
        "from test_engines import difference\n"
        "from strategies import case_of\n"
        "from sim.engine import kernel\n"
        "assert kernel.run is kernel._run\n"
        "assert all(difference(case_of(seed)) is None for seed in range(40))\n"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(
        [sys.executable, "-c", check], env=environment, cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_measures_are_the_same_without_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    for case in map(case_of, range(40)):
        trace = simulate(case.network, case.docket, "reference")
        monkeypatch.setattr("sim.engine.loops.is_started", lambda: True)
        compiled = measure(case.network, trace)
        monkeypatch.setattr("sim.engine.loops.is_started", lambda: False)
        python = measure(case.network, trace)
        assert compiled.table.equals(python.table)
        assert compiled.series.equals(python.series)


def test_an_unknown_engine_is_refused() -> None:
    case = case_of(1)
    with pytest.raises(ValueError, match="there is no engine `fast`; there is: auto, compiled"):
        simulate(case.network, case.docket, "fast")  # type: ignore[arg-type]
    assert ENGINES == ("auto", "compiled", "reference")


def test_auto_is_the_reference_for_little_and_the_compiled_engine_for_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once the kernel is there, it is used for everything."""
    monkeypatch.delitem(sys.modules, "sim.engine.compiled", raising=False)
    assert engine_for(1000) == "reference"
    assert engine_for(1_000_000) == "compiled"
    import sim.engine.compiled  # noqa: F401

    assert engine_for(1000) == "compiled"


@pytest.fixture
def _without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("numba", *(name for name in sys.modules if name.startswith("numba."))):
        monkeypatch.setitem(sys.modules, module, None)
    for module in ("sim.engine.compiled", "sim.engine.kernel", "sim.compiling"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.delattr("sim.engine.kernel", raising=False)


@pytest.mark.usefixtures("_without_numba")
def test_where_numba_does_not_work_auto_is_the_reference() -> None:
    assert engine_for(1_000_000) == "reference"


@pytest.mark.usefixtures("_without_numba")
def test_where_numba_does_not_work_the_compiled_engine_is_refused_with_the_reason() -> None:
    case = case_of(1)
    said = "the compiled engine needs numba, which does not work here .*; without naming an engine"
    with pytest.raises(ValueError, match=said):
        simulate(case.network, case.docket, "compiled")
    with pytest.raises(InputError, match=said):
        sim.run(sim.load(TEMPLATE), replications=1, engine="compiled")
