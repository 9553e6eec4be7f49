"""A small scenario whose studies are compared, and what compares them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from sim.errors import InputError
from sim.experiment import Study
from sim.scenario.load import load_text

TEXT = """
name: Hai thủ tục
period: {from: 2021-03-01, to: 2021-03-05}
warm_up: 4 days
seed: 5
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
levels:
  ward:
    calendar: office
    stations:
      reception: {kind: counter, staff: 1, absence: 10%, patience: {exponential: 90 min}}
      clerk: {staff: 1, discipline: edd}
procedures:
  birth:
    received_at: ward
    volume: {per_working_day: 14}
    time_limit: 1 working day
    route:
      - {at: ward.reception, work: {exponential: 9 min}}
      - {at: ward.clerk, work: {exponential: 17 min}}
  permit:
    field: building
    received_at: ward
    volume: {per_working_day: 8}
    time_limit: 3 working days
    route:
      - at: ward.reception
        work: 10 min
        incomplete: {share: 20%, away: {exponential: 1 working day}, clock: pauses}
      - {at: ward.clerk, work: {exponential: 15 min}}
policies:
  second-clerk: [{staff: {ward.clerk: {add: 1}}}]
  less-work: [{cut: {all: true, work: 25%}}]
"""
SCENARIO = load_text(TEXT)
POLICIES = ("base", "second-clerk", "less-work")
RESULTS = ("measures", "series")


def part(study: Study, policies: Iterable[str], replications: Iterable[int]) -> dict[str, Any]:
    """Give the tables of some replications of a study, in the order of the whole."""
    tables = {}
    for name in RESULTS:
        table: pd.DataFrame = getattr(study, name)
        chosen = table["policy"].isin(list(policies)) & table["replication"].isin(
            list(replications)
        )
        order = ["policy", "replication"]
        kept = table[chosen].sort_values(order, kind="stable")
        tables[name] = kept.reset_index(drop=True)
    return tables


def assert_same(found: Study, expected: Study) -> None:
    """Assert that all of `found` equals the same replications of `expected`, to the last bit."""
    plan = found.plan
    numbers = range(1, plan.replications + 1)
    assert len(found.measures) == len(part(found, plan.policies, numbers)["measures"])
    for mine, theirs in zip(
        part(found, plan.policies, numbers).values(),
        part(expected, plan.policies, numbers).values(),
        strict=True,
    ):
        assert len(mine)
        assert_frame_equal(mine, theirs, check_exact=True)


def files(folder: Path) -> dict[str, bytes]:
    """Give the files of a study's results, all that is not its description."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {"study.json", ".lock"}
    }


def described(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "study.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def message_of(action: Callable[[], object]) -> str:
    """Give the one message of an action that the user's input makes impossible."""
    with pytest.raises(InputError) as caught:
        action()
    assert len(caught.value.problems) == 1
    text = str(caught.value)
    assert "\n" not in text
    return text
