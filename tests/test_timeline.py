"""The life of one dossier: when it was due and why, its steps, and where its time went."""

from __future__ import annotations

import numpy as np
import pytest
from by_hand import Play, at, play, procedure, shop, text_of
from hypothesis import given
from strategies import Case, case_of, cases

from sim.attribution import attribute
from sim.calendars import Calendar
from sim.docket import draw
from sim.durations import HOUR, MISSING, date_of
from sim.engine import Trace, simulate
from sim.measures import measure
from sim.network import build
from sim.scenario.load import load_text
from sim.timeline import Due, Pause, Step, Timeline, late_dossiers, timeline

Part = tuple[str, float]
WEEKEND = ["2021-02-06", "2021-02-07"]
TET = [f"2021-02-{day}" for day in range(10, 17)]
READY = "ready: {staff: {count: 9, calendar: always}}"


def told(it: Play, name: str = "a") -> Timeline:
    return timeline(it.trace, it.numbers[name])


def parts(step: Step) -> list[Part]:
    """List what a step's time was spent on, in hours."""
    return [(part.kind, part.us / HOUR) for part in step.parts]


def closed(due: Due) -> list[str]:
    return [str(date_of(day)) for day in due.closed]


def first_due(it: Timeline) -> Due:
    assert it.deadline is not None
    return it.deadline.first


def pauses(it: Timeline) -> tuple[Pause, ...]:
    assert it.deadline is not None
    return it.deadline.pauses


def after(pause: Pause) -> Due:
    assert pause.after is not None
    return pause.after


# A life by hand. The office is open 07:30 to 11:30 and 13:30 to 17:00 from Monday to Friday; Tết
# closes it from Wednesday 2021-02-10 to Tuesday 2021-02-16.

LIFE = shop(
    "reception: {kind: counter}, desk: {}, sign: {staff: {count: 1, calendar: afternoons}}",
    procedure(
        "p",
        "{id: intake, at: city.reception, work: 30 min}",
        "{id: examine, at: city.desk, work: 2 h, "
        "incomplete: {share: 100%, away: 18 h, again: 1 h, clock: pauses}}",
        "{id: sign, at: city.sign, work: 30 min}",
        keys="time_limit: 3 working days, statutory_limit: 4 days",
    ),
    more='transfers: [{from: city.reception, to: city.desk, departs: ["10:00"], takes: 1 h}]\n',
)


@pytest.fixture(scope="module")
def life() -> Timeline:
    return told(play(LIFE, a="p 2021-02-05 15:30"))


def test_the_due_instant_is_explained_by_the_closed_dates_on_the_way(life: Timeline) -> None:
    assert text_of(life.accepted) == "2021-02-05 16:00"
    # Monday, Tuesday, and the Wednesday after Tết
    assert first_due(life) == Due(
        at("2021-02-05 16:00"), at("2021-02-17 17:00"), first_due(life).closed
    )
    assert closed(first_due(life)) == WEEKEND + TET


def test_a_pause_moves_the_due_instant_by_what_remained(life: Timeline) -> None:
    (pause,) = pauses(life)
    assert text_of(pause.began) == "2021-02-08 15:00"
    assert text_of(pause.ended) == "2021-02-09 09:00"
    assert [step.kind for step in life.steps if step.node in pause.nodes] == ["absence"]
    assert pause.remaining == 2  # Tuesday and Wednesday after Monday
    assert pause.before == first_due(life)
    assert text_of(after(pause).due) == "2021-02-18 17:00"
    assert closed(after(pause)) == TET
    assert pause.moved == 7.5 * HOUR
    assert not pause.restarts


def test_the_statutory_limit_has_a_clock_of_its_own(life: Timeline) -> None:
    assert life.by_law is not None
    # 9 February: 1 day after that of the pause's start; then 1 day after that of its end, closed
    assert text_of(life.by_law.first.due) == "2021-02-09 17:00"
    assert life.by_law.pauses[0].remaining == 1
    assert text_of(life.by_law.due) == "2021-02-17 17:00"
    assert closed(after(life.by_law.pauses[0])) == TET


def test_each_step_has_its_instants_and_divides_its_time(life: Timeline) -> None:
    rows = [
        (step.name, step.kind, step.round, step.place, text_of(step.joined), text_of(step.ended))
        for step in life.steps
    ]
    reception, desk = "city.reception@city", "city.desk@city"
    assert rows == [
        ("intake", "visit", 0, reception, "2021-02-05 15:30", "2021-02-05 16:00"),
        ("intake", "transfer", 0, reception, "2021-02-05 16:00", "2021-02-08 11:00"),
        ("examine", "visit", 0, desk, "2021-02-08 11:00", "2021-02-08 15:00"),
        ("examine", "absence", 0, desk, "2021-02-08 15:00", "2021-02-09 09:00"),
        ("examine", "visit", 1, desk, "2021-02-09 09:00", "2021-02-09 10:00"),
        ("sign", "visit", 0, "city.sign@city", "2021-02-09 10:00", "2021-02-09 14:00"),
    ]
    assert [parts(step) for step in life.steps] == [
        [("work", 0.5)],
        [("transfer", 67)],
        [("work", 2), ("suspended", 2)],
        [("citizen", 18)],
        [("work", 1)],
        [("waiting", 1.5), ("closed", 2), ("work", 0.5)],
    ]
    assert text_of(life.steps[-1].started) == "2021-02-09 13:30"
    # what passed before acceptance is not on the path
    assert [step.is_critical for step in life.steps] == [False] + [True] * 5


def test_where_its_time_went_is_summed_over_its_steps_the_largest_first(life: Timeline) -> None:
    assert [(lost.kind, lost.place, lost.us / HOUR) for lost in life.lost] == [
        ("transfer", "city.reception@city", 67),
        ("citizen", "city.desk@city", 18),
        ("work", "city.desk@city", 3),
        ("suspended", "city.desk@city", 2),
        ("closed", "city.sign@city", 2),
        ("waiting", "city.sign@city", 1.5),
        ("work", "city.sign@city", 0.5),
    ]


def test_what_lay_before_the_due_instant_is_told_in_working_time(life: Timeline) -> None:
    assert life.outcome == "early"
    assert not life.is_open_at_start
    # Tuesday afternoon, the Wednesday after Tết and Thursday
    assert life.past_due == -(3 + 7.5 + 7.5) * HOUR


# Why it was due then: what did not count


@pytest.mark.parametrize(
    ("limit", "accepted", "until", "not_counted"),
    [
        ("same day", "2021-02-05 16:00", "2021-02-05 17:00", []),
        ("same day", "2021-02-05 18:00", "2021-02-08 17:00", WEEKEND),
        ("same day", "2021-02-06 10:00", "2021-02-08 17:00", WEEKEND),
        ("2 working days", "2021-02-02 10:00", "2021-02-04 17:00", []),
        ("1 working day", "2021-02-06 10:00", "2021-02-08 17:00", ["2021-02-07"]),
        ("4 working h", "2021-02-05 16:00", "2021-02-08 10:30", WEEKEND),
        ("4 working h", "2021-02-02 07:30", "2021-02-02 11:30", []),
        ("1 days", "2021-02-05 16:00", "2021-02-08 17:00", WEEKEND),
        ("2 days", "2021-02-05 16:00", "2021-02-08 17:00", ["2021-02-07"]),
        ("3 days", "2021-02-05 16:00", "2021-02-08 17:00", []),  # closed days count
        ("1 week", "2021-02-05 16:00", "2021-02-17 17:00", TET[2:]),
        ("72 h", "2021-02-05 16:00", "2021-02-08 16:00", []),
    ],
)
def test_the_closed_dates_are_those_that_did_not_count(
    limit: str, accepted: str, until: str, not_counted: list[str]
) -> None:
    step = "{at: city.ready, work: 0 min}"
    it = told(
        play(shop(READY, procedure("p", step, keys=f"time_limit: {limit}")), a=f"p {accepted}")
    )
    assert text_of(first_due(it).due) == until
    assert closed(first_due(it)) == not_counted


def paused(clock: str, limit: str, wait: str = "3 h", first: str = "1 h") -> Timeline:
    """Tell of a dossier accepted on Monday 2021-02-01 at 08:00 that waits after the first work."""
    text = shop(
        READY,
        procedure(
            "p",
            f"{{at: city.ready, work: {first}}}",
            f"{{id: pay, wait: {wait}, clock: {clock}}}",
            "{id: last, at: city.ready, work: 1 h}",
            keys=f"time_limit: {limit}",
        ),
    )
    return told(play(text, a="p 2021-02-01 08:00"))


def test_a_wait_that_lets_the_clock_run_is_no_pause() -> None:
    assert pauses(paused("runs", "4 h")) == ()


def test_a_pause_of_a_limit_by_the_clock_moves_it_by_its_length() -> None:
    (pause,) = pauses(paused("pauses", "4 h"))
    assert pause.remaining == 3 * HOUR
    assert text_of(after(pause).due) == "2021-02-01 15:00"
    assert pause.moved == 1.5 * HOUR  # open time between 12:00 and 15:00


def test_a_limit_that_restarts_begins_anew() -> None:
    (pause,) = pauses(paused("restarts", "4 h"))
    assert pause.restarts
    assert text_of(after(pause).due) == "2021-02-01 16:00"


def test_a_pause_after_the_due_instant_changes_nothing() -> None:
    it = paused("pauses", "1 h", first="2 h")
    assert pauses(it) == ()
    assert it.outcome == "late"
    assert it.deadline is not None
    assert text_of(it.deadline.due) == "2021-02-01 09:00"


def test_a_pause_that_has_not_ended_leaves_the_due_instant_as_it_was() -> None:
    it = paused("pauses", "4 h", wait="90 days")
    (pause,) = pauses(it)
    assert (pause.ended, pause.after) == (MISSING, None)
    assert it.deadline is not None
    assert it.deadline.is_stopped
    assert text_of(it.deadline.due) == "2021-02-01 12:00"
    assert it.outcome == "open"
    assert it.not_reached == ("last",)


def test_work_of_no_time_between_two_pauses_parts_them() -> None:
    """By rule 8 the clock goes on for an instant, and the date on which it does counts."""
    text = shop(
        READY,
        procedure(
            "p",
            "{at: city.ready, work: 25 h}",
            "{id: pay, wait: 24 h, clock: pauses}",
            "{id: look, at: city.ready, work: 0 min}",
            "{id: prove, wait: 48 h, clock: pauses}",
            "{id: last, at: city.ready, work: 0 min}",
            keys="time_limit: 1 working day",
        ),
    )
    it = told(play(text, a="p 2021-02-04 09:00"))
    pay, prove = pauses(it)
    # nothing remains on the due date; on a Saturday the due instant is Monday's closing
    assert (text_of(pay.ended), pay.remaining) == ("2021-02-06 10:00", 0)
    assert text_of(after(pay).due) == "2021-02-08 17:00"
    # so that one day remains, after the day on which the second pause ends
    assert (prove.began, prove.remaining) == (pay.ended, 1)
    assert text_of(after(prove).due) == "2021-02-09 17:00"


def test_pauses_that_follow_at_once_are_one() -> None:
    text = shop(
        READY,
        procedure(
            "p",
            "{at: city.ready, work: 1 h}",
            "{id: pay, wait: 1 h, clock: pauses}",
            "{id: prove, wait: 1 h, clock: pauses}",
            "{id: last, at: city.ready, work: 0 min}",
            keys="time_limit: 4 h",
        ),
    )
    it = told(play(text, a="p 2021-02-01 08:00"))
    (pause,) = pauses(it)
    assert [step.name for step in it.steps if step.node in pause.nodes] == ["pay", "prove"]
    assert text_of(after(pause).due) == "2021-02-01 14:00"


def test_a_limit_that_is_missing_or_has_not_begun_has_no_deadline() -> None:
    without = shop(READY, procedure("p", "{at: city.ready, work: 1 h}"))
    assert told(play(without, a="p 2021-02-01 08:00")).deadline is None
    text = shop(
        "counter: {kind: counter, staff: 0, patience: 1 h}",
        procedure(
            "p", "{at: city.counter, work: 1 h, accepts: true}", keys="time_limit: 1 working day"
        ),
    )
    it = told(play(text, a="p 2021-02-01 08:00"))
    assert (it.outcome, it.deadline, it.lost) == ("left", None, ())
    assert [parts(step) for step in it.steps] == [[("waiting", 1)]]
    assert text_of(it.until) == "2021-02-01 09:00"


# Branches


def test_parallel_branches_are_numbered_and_the_critical_path_is_marked() -> None:
    desks = "z: {staff: 9}, a: {staff: 9}, b: {staff: 9}, c: {staff: 9}"
    inner = "{together: [[{at: city.b, work: 1 h}], [{at: city.c, work: 30 min}]]}"
    text = shop(
        desks,
        procedure(
            "p",
            "{id: first, at: city.z, work: 1 h}",
            f"{{together: [[{{at: city.a, work: 30 min}}], [{inner}], "
            "[{id: pay, wait: 20 min}]]}",
            "{id: last, at: city.z, work: 1 h}",
            keys="time_limit: 1 working h",
        ),
    )
    it = told(play(text, a="p 2021-02-01 13:30"))
    assert {step.name: (step.branch, step.is_critical) for step in it.steps} == {
        "first": ((), True),
        "a": ((1,), False),
        "b": ((2, 1), True),
        "c": ((2, 2), False),
        "pay": ((3,), False),
        "last": ((), True),
    }
    # what ran beside the path is told, and is no part of where the time went
    assert [parts(step) for step in it.steps if step.name == "a"] == [[("work", 0.5)]]
    assert {lost.place for lost in it.lost} == {"city.z@city", "city.b@city"}


# The backlog

OPEN = """\
period: {from: 2021-03-01, to: 2021-03-31}
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
levels: {city: {calendar: office, stations: {intake: {}, desk: {staff: 9}}}}
procedures:
  p:
    received_at: city
    volume: {in_period: 5}
    time_limit: 3 working days
    route: [{at: city.intake, work: 10 min}, {at: city.desk, work: 30 min}]
backlog:
  - {procedure: p, office: city, accepted: 2021-02-25 10:00, step: desk}
  - {procedure: p, office: city, accepted: 2021-02-26 10:00, due: 2021-03-01 09:00, step: desk}
"""


def test_an_open_dossier_has_stood_where_it_is_since_its_acceptance() -> None:
    network = build(load_text(OPEN))
    trace = simulate(network, draw(network, 1, 1), "reference")
    counted, given_ = timeline(trace, 0), timeline(trace, 1)
    assert counted.citizen == "p+0"
    assert counted.is_open_at_start
    assert counted.deadline is not None
    assert given_.deadline is not None
    # Friday, Monday, Tuesday
    assert text_of(counted.deadline.due) == "2021-03-02 17:00"
    assert (counted.deadline.is_given, given_.deadline.is_given) == (False, True)
    assert text_of(given_.deadline.due) == "2021-03-01 09:00"
    # Thursday 10:00 to Monday 07:30, open for 1.5 + 3.5 + 7.5 hours
    (step,) = counted.steps
    assert parts(step) == [("waiting", 12.5), ("closed", 81), ("work", 0.5)]


# Properties


def span(trace: Trace, it: Timeline) -> int:
    return it.until - int(trace.accepted[it.dossier])


@given(cases())
def test_the_due_instant_explained_is_that_of_the_engine(case: Case) -> None:
    trace = simulate(case.network, case.docket)
    for number in range(case.docket.arrived.size):
        it = timeline(trace, number)
        if it.deadline is not None:
            assert it.deadline.due == trace.due[number]
            assert it.deadline.is_stopped == trace.stopped[number]
        if it.by_law is not None:
            assert it.by_law.due == trace.due_by_law[number]


@given(cases())
def test_the_parts_are_the_span_without_remainder_and_what_attribution_finds(case: Case) -> None:
    trace = simulate(case.network, case.docket)
    for number in range(case.docket.arrived.size):
        it = timeline(trace, number)
        end = case.network.end if it.left == MISSING else it.left
        for step in it.steps:
            ended = end if step.ended == MISSING else min(step.ended, end)
            assert sum(part.us for part in step.parts) == ended - step.joined
        if it.accepted == MISSING:
            assert it.lost == ()
            continue
        found = [part for step in it.steps if step.is_critical for part in step.parts]
        assert found == attribute(trace, number)
        assert sum(part.us for part in found) == span(trace, it)
        assert sum(lost.us for lost in it.lost) == span(trace, it)


@given(cases())
def test_every_step_that_began_is_told_once_in_order_of_time(case: Case) -> None:
    trace = simulate(case.network, case.docket)
    steps = trace.steps
    for number in range(case.docket.arrived.size):
        it = timeline(trace, number)
        own = steps[steps["dossier"] == number]
        begun = own[own["joined"].notna()]
        assert sorted(step.name for step in it.steps) == sorted(begun["step"].astype(str))
        joined = [step.joined for step in it.steps]
        assert joined == sorted(joined)
        not_begun = own[own["joined"].isna() & (own["kind"] != "transfer")]
        assert set(it.not_reached) == set(not_begun["step"].astype(str))


def open_between(calendar: Calendar, start: int, end: int) -> int:
    """Add up the open time between two instants, interval by interval."""
    return sum(
        max(0, min(closes, end) - max(opens, start))
        for opens, closes in zip(calendar.opens, calendar.closes, strict=True)
    )


@pytest.mark.parametrize("seed", range(40))
def test_late_dossiers_are_those_of_the_measures_the_latest_first(seed: int) -> None:
    case = case_of(seed)
    trace = simulate(case.network, case.docket)
    table = trace.dossiers
    start, end = np.array([case.network.period_start, case.network.end], "datetime64[us]")
    in_period = table["resolved"] >= start
    late = table[((table["outcome"] == "late") & in_period) | (table["outcome"] == "overdue")]
    lateness = {}
    for number, due, until in zip(
        late["dossier"], late["due"], late["resolved"].fillna(end), strict=True
    ):
        office = case.network.offices[int(case.docket.accepting_office[number])]
        lateness[number] = open_between(office.calendar, at(str(due)), at(str(until)))
    found = late_dossiers(trace)
    assert found == sorted(lateness, key=lambda number: (-lateness[number], number))
    assert [timeline(trace, number).past_due for number in found] == [lateness[n] for n in found]
    counts = measure(case.network, trace).table.set_index(["scope", "measure"])["value"]["all"]
    assert len(found) == counts["resolved_late"] + counts["open_overdue"]


def test_the_random_runs_hold_what_is_told() -> None:
    """So that the properties above are not empty."""
    late = pauses_seen = restarts = 0
    for seed in range(40):
        case = case_of(seed)
        trace = simulate(case.network, case.docket)
        late += len(late_dossiers(trace))
        for number in range(case.docket.arrived.size):
            it = timeline(trace, number)
            own = it.deadline.pauses if it.deadline else ()
            pauses_seen += len(own)
            restarts += sum(pause.restarts for pause in own)
    assert min(late, pauses_seen, restarts) > 20
