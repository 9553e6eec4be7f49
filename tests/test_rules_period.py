"""Rule 17 worked by hand: when a run begins and ends, and what is missing then."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from by_hand import at, network_of, play, procedure, shop

from sim.docket import draw
from sim.durations import DAY, MISSING, NEVER
from sim.engine import Trace, simulate

# A period of two days, Monday and Tuesday; it ends as Wednesday 2021-02-03 begins.

TWO_DAYS = "period: {from: 2021-02-01, to: 2021-02-02}\n"
NIGHT_AND_DAY = "desk: {staff: {count: 9, calendar: always}}, next: {}"


def step(station: str, work: str, more: str = "") -> str:
    return f"{{at: city.{station}, work: {work}{', ' if more else ''}{more}}}"


def short(*steps: str, keys: str = "", more: str = "", stations: str = NIGHT_AND_DAY) -> str:
    return TWO_DAYS + shop(stations, procedure("p", *steps, keys=keys), more=more)


def test_rule_17_the_run_starts_its_warm_up_before_the_first_midnight() -> None:
    text = "warm_up: 10 days\n" + short(step("desk", "1 h"))
    network = network_of(text)
    assert (network.run_start, network.period_start, network.end) == (
        at("2021-01-22 00:00"), at("2021-02-01 00:00"), at("2021-02-03 00:00"),
    )  # fmt: skip
    a = play(text, a="p 2021-01-22 00:00")["a"]
    assert a.visit("desk")[:3] == ("2021-01-22 00:00", "2021-01-22 00:00", "2021-01-22 01:00")


def test_rule_17_what_begins_in_the_warm_up_goes_on_in_the_period() -> None:
    text = "warm_up: 10 days\n" + short(
        step("desk", "72 h"), step("next", "2 h"), keys="time_limit: 1 working day"
    )
    a = play(text, a="p 2021-01-29 08:00")["a"]
    assert (a.accepted, a.due) == ("2021-01-29 08:00", "2021-02-01 17:00")
    # on Monday, the first of the period, from 08:00
    assert a.visit("next")[:3] == ("2021-02-01 08:00", "2021-02-01 08:00", "2021-02-01 10:00")


def test_rule_17_dossiers_arrive_throughout_the_run_and_not_beyond_it() -> None:
    text = "warm_up: 10 days\n" + short(step("desk", "1 h"))
    network = network_of(text.replace("volume: some", "volume: {in_period: 500}"))
    arrived = draw(network, 1, 0).arrived
    assert network.run_start <= arrived.min()
    assert arrived.max() < network.end
    # the office is open on Friday 01-22 and on the last Tuesday
    assert arrived.min() < network.run_start + DAY
    assert arrived.max() > network.end - DAY


@pytest.mark.parametrize(
    ("work", "ended"),
    [
        ("59 min", "2021-02-02 23:59"),
        ("3599.999 s", "2021-02-02 23:59:59.999000"),
        ("60 min", None),  # the midnight itself is no longer in the run
        ("61 min", None),
        ("900 h", None),
    ],
)
def test_rule_17_nothing_happens_at_or_after_the_last_midnight(
    work: str, ended: str | None
) -> None:
    a = play(short(step("desk", work)), a="p 2021-02-02 23:00")["a"]
    assert a.visit("desk")[:3] == ("2021-02-02 23:00", "2021-02-02 23:00", ended)
    assert a.resolved == a.finished == ended
    assert (a.accepted, a.left) == ("2021-02-02 23:00", None)


def test_rule_17_the_last_instant_before_midnight_still_happens() -> None:
    last = "2021-02-02 23:59:59.999999"
    a = play(short(step("desk", "0 min"), step("desk", "0 min", "id: again")), a=f"p {last}")["a"]
    assert a.visit("desk")[:3] == (last, last, last)
    assert a.resolved == last


def test_rule_17_what_was_not_reached_is_missing() -> None:
    text = short(step("desk", "2 h"), step("next", "1 h"), step("desk", "1 h", "id: back"))
    a = play(text, a="p 2021-02-02 17:00")["a"]
    assert a.visit("next")[:3] == ("2021-02-02 19:00", None, None)
    assert a.visit("back")[:3] == (None, None, None)
    assert (a.resolved, a.finished, a.left) == (None, None, None)


def test_rule_17_acceptance_that_did_not_happen_is_missing_and_nothing_is_due() -> None:
    text = short(
        step("front", "1 h"),
        step("next", "1 h"),
        keys="time_limit: 1 working day",
        stations="front: {kind: counter}, next: {}",
    )
    a = play(text, a="p 2021-02-02 17:00")["a"]
    assert (a.accepted, a.due, a.outcome) == (None, "never", "open")


@pytest.mark.parametrize(
    ("wait", "ended"), [("59 min", "2021-02-02 23:59"), ("60 min", None), ("40 days", None)]
)
def test_rule_17_waits_end_before_the_last_midnight_or_not_at_all(
    wait: str, ended: str | None
) -> None:
    a = play(short(f"{{wait: {wait}}}", step("desk", "0 min")), a="p 2021-02-02 23:00")["a"]
    assert a.wait("wait")[1:3] == ("2021-02-02 23:00", ended)


def test_rule_17_transfers_depart_and_arrive_before_the_last_midnight_or_not_at_all() -> None:
    for rule, expected in (
        ('departs: ["23:30"], takes: 29 min', ("2021-02-02 23:30", "2021-02-02 23:59")),
        ('departs: ["23:30"], takes: 30 min', ("2021-02-02 23:30", None)),
        ('departs: ["24:00"]', (None, None)),
        ('departs: ["10:00"]', (None, None)),
    ):
        more = f"transfers: [{{from: city, to: city, {rule}}}]\n"
        a = play(
            short(step("desk", "0 min"), step("next", "1 h"), more=more), a="p 2021-02-02 23:00"
        )
        assert a["a"].transfer("desk")[1:3] == expected


def test_rule_17_nobody_leaves_at_the_last_midnight() -> None:
    always = TWO_DAYS + shop(
        "desk: {kind: counter, staff: 0, patience: 1 h}", procedure("p", step("desk", "1 h"))
    ).replace("calendar: office", "calendar: always")
    it = play(always, a="p 2021-02-02 22:59:59", b="p 2021-02-02 23:00")
    assert it["a"].left == "2021-02-02 23:59:59"
    assert (it["b"].left, it["b"].finished) == (None, None)


def test_rule_17_a_due_instant_may_lie_beyond_the_period() -> None:
    text = short(step("desk", "9 h"), keys="time_limit: 30 working days")
    a = play(text, a="p 2021-02-02 16:00")["a"]
    # 02-03 to 02-05, 02-08 and 02-09 are five days; 02-17 to 02-19 make eight; then four whole
    # weeks up to 03-19 make 28
    assert a.due == "2021-03-23 17:00"
    assert a.outcome == "open"


def test_rule_17_a_pause_that_outlasts_the_period_leaves_the_clock_stopped() -> None:
    text = short(
        step("desk", "1 h"),
        "{wait: 24 h, clock: pauses}",
        step("desk", "1 h", "id: back"),
        keys="time_limit: same day",
    )
    it = play(text, a="p 2021-02-02 08:00", b="p 2021-02-01 08:00")
    assert [bool(it.trace.stopped[it.numbers[name]]) for name in "ab"] == [True, False]
    assert it["a"].due == "2021-02-02 17:00"


BUSY = """\
period: {from: 2021-02-01, to: 2021-02-05}
warm_up: 4 days
channels: {counter: {}, online: {calendar: always}}
levels:
  city:
    calendar: office
    stations:
      front: {kind: counter, at_close: clear, patience: {exponential: 2 h}}
      desk: {staff: 2}
      sign: {staff: {count: 1, calendar: mornings}}
transfers: [{within: city, departs: ["10:00", "16:00"], takes: {exponential: 20 min}}]
procedures:
  p:
    received_at: city
    volume: {in_period: 150}
    channels: {counter: 60%, online: 40%}
    time_limit: 1 working day
    route:
      - {at: city.front, work: {exponential: 10 min}}
      - together:
          - [{at: city.desk, work: {exponential: 30 min}}]
          - [{wait: {exponential: 12 h}, clock: pauses}]
      - {at: city.sign, work: {exponential: 10 min}}
      - {id: pickup, wait: {until: due, then: {exponential: 4 h}}}
      - {id: return, at: city.front, work: 2 min}
"""


def busy() -> Trace:
    network = network_of(BUSY)
    return simulate(network, draw(network, 1, 0), engine="reference")


def test_rule_17_every_instant_of_a_busy_trace_lies_in_the_run() -> None:
    trace = busy()
    run_start, end = trace.network.run_start, trace.network.end
    for instants in (
        trace.joined, trace.started, trace.ended, trace.accepted, trace.resolved, trace.left,
        trace.finished,
    ):  # fmt: skip
        happened = instants[instants != MISSING]
        assert happened.size > 0
        assert (happened >= run_start).all()
        assert (happened < end).all()
        # something of each kind has not happened, and is not put anywhere
        assert (instants == MISSING).any()


def test_rule_17_what_follows_on_something_missing_is_missing() -> None:
    trace = busy()
    missing = [column == MISSING for column in (trace.joined, trace.started, trace.ended)]
    assert (missing[1] >= missing[0]).all()
    assert (missing[2] >= missing[1]).all()
    assert ((trace.due == NEVER) == (trace.accepted == MISSING)).all()
    assert ((trace.resolved == MISSING) >= (trace.accepted == MISSING)).all()


def test_rule_17_the_tables_show_what_is_missing_as_such() -> None:
    trace = busy()
    for name in ("accepted", "due", "resolved"):
        column = trace.dossiers[name]
        assert (column.isna() == (trace.accepted == MISSING)).all() or name == "resolved"
        known = column.dropna()
        assert known.min() >= pd.Timestamp("2021-01-28")
    assert int(trace.dossiers["resolved"].isna().sum()) == int(np.sum(trace.resolved == MISSING))
    assert trace.steps["ended"].max() < pd.Timestamp("2021-02-06")
