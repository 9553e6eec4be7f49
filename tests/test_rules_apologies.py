"""Rule 25 worked by hand: an apology and a new date, while the first date still counts."""

from __future__ import annotations

import pandas as pd
import pytest
from by_hand import play, procedure, shop, text_of
from hypothesis import given
from strategies import Case, cases

from sim.calendars import Calendar
from sim.deadlines import due_day
from sim.docket import draw
from sim.durations import DAY, MISSING, NEVER
from sim.engine import Trace, simulate
from sim.errors import InputError
from sim.measures import measure
from sim.network import build
from sim.scenario.load import load_text
from sim.timeline.limits import deadline_of

MOST = "time_limit: 5 working days, apology: {extension: 2 working days}"


def desk(limit: str = MOST, wait: str = "1 working day", clock: str = "runs") -> str:
    """A dossier that waits and is then resolved by ten minutes of work, all on arrival accepted."""
    return shop(
        "desk: {}",
        procedure(
            "p", f"{{id: check, wait: {wait}, clock: {clock}}}",
            "{id: sign, at: city.desk, work: 10 min}", keys=limit,
        ),
    )  # fmt: skip


def apology(text: str, accepted: str = "2021-02-01 09:00") -> tuple[str | None, str | None]:
    """Give when the dossier of a citizen gets an apology, and its new date."""
    trace = play(text, a=f"p {accepted}").trace
    return text_of(int(trace.apologised[0])), text_of(int(trace.new_due[0]))


def test_rule_25_one_open_day_before_the_due_date_an_open_dossier_gets_an_apology() -> None:
    """Due Mon 8 February; Tue 9 is open, Tết closes 10 to 16."""
    assert apology(desk(wait="6 working days")) == ("2021-02-05 17:00", "2021-02-17 17:00")


def test_rule_25_more_days_before() -> None:
    limit = MOST.replace("{extension", "{before: 3 working days, extension")
    assert apology(desk(limit, wait="6 working days")) == ("2021-02-03 17:00", "2021-02-17 17:00")


@pytest.mark.parametrize(
    ("sign", "sent"), [("2021-02-05 16:49", None), ("2021-02-05 16:50", None),
                       ("2021-02-05 16:51", "2021-02-05 17:00")],
)  # fmt: skip
def test_rule_25_resolved_by_the_instant_of_the_apology_there_is_none(
    sign: str, sent: str | None
) -> None:
    """Ten minutes of work from then on: they end at 17:00 sharp, or on Monday."""
    minutes = pd.Timestamp(sign) - pd.Timestamp("2021-02-01 09:00")
    text = desk(wait=f"{minutes.total_seconds() / 60:g} min")
    assert apology(text)[0] == sent


@pytest.mark.parametrize(
    "limit", ["same day", "1 working day", "4 working h", "24 h", "1 days"],
)  # fmt: skip
def test_rule_25_no_apology_on_the_day_of_acceptance(limit: str) -> None:
    text = desk(f"time_limit: {limit}, apology: {{extension: 1 working day}}", wait="20 days")
    assert apology(text) == (None, None)


@pytest.mark.parametrize(
    ("limit", "sent"),
    [("2 working days", "2021-02-02 17:00"), ("16 working h", "2021-02-02 17:00"),
     ("72 h", "2021-02-03 17:00"), ("1 week", "2021-02-05 17:00")],
)  # fmt: skip
def test_rule_25_for_limits_of_every_kind(limit: str, sent: str) -> None:
    """Due Wed 3 at 17:00 and at 10:00, Thu 4 at 09:00, Mon 8 at 17:00; each the open day before."""
    text = desk(f"time_limit: {limit}, apology: {{extension: 1 working day}}", wait="20 days")
    assert apology(text)[0] == sent


def test_rule_25_the_first_date_stays_the_one_that_counts() -> None:
    it = play(desk(wait="6 working days"), a="p 2021-02-01 09:00")["a"]
    assert (it.due, it.resolved, it.outcome) == ("2021-02-08 17:00", "2021-02-09 14:10", "late")


def test_rule_25_an_apology_follows_a_due_instant_that_a_pause_moves() -> None:
    """Paused from Mon 1 to Thu 4 at 09:00 with 5 days left: due Thu 18 (5, 8, 9, 17, 18)."""
    steps = (
        "{id: pay, wait: 3 days, clock: pauses}", "{id: check, wait: 30 days}",
        "{id: sign, at: city.desk, work: 10 min}",
    )  # fmt: skip
    text = shop("desk: {}", procedure("p", *steps, keys=MOST))
    assert apology(text) == ("2021-02-17 17:00", "2021-02-22 17:00")


def test_rule_25_none_while_the_clock_stands_still_nor_when_its_instant_is_past() -> None:
    """Paused from Fri 5 09:00, with the due date of Mon 8, to after that; then one day is left."""
    steps = (
        "{id: check, wait: 4 days}", "{id: pay, wait: 4 days, clock: pauses}",
        "{id: conclude, wait: 30 days}", "{id: sign, at: city.desk, work: 10 min}",
    )  # fmt: skip
    text = shop("desk: {}", procedure("p", *steps, keys=MOST))
    it = play(text, a="p 2021-02-01 09:00")
    # goes on on Tue 9 at 09:00 with one day left: due Wed 17, to be told on Tue 9 at 17:00
    assert it["a"].due == "2021-02-17 17:00"
    assert apology(text) == ("2021-02-09 17:00", "2021-02-19 17:00")
    late = text.replace("id: pay, wait: 4 days", "id: pay, wait: 104 h")
    # goes on on Tue 9 at 17:00, whose closing is not past: told at that very instant
    assert apology(late)[0] == "2021-02-09 17:00"
    later = text.replace("id: pay, wait: 4 days", "id: pay, wait: 105 h")
    assert apology(later) == (None, None)


def test_rule_25_a_pause_after_the_apology_moves_the_due_instant_and_not_the_new_date() -> None:
    """Told on Fri 5; paused from Mon 8 to Mon 1 March, it is due that day, after its new date."""
    steps = (
        "{id: check, wait: 7 days}", "{id: pay, wait: 21 days, clock: pauses}",
        "{id: sign, at: city.desk, work: 10 min}",
    )  # fmt: skip
    text = shop("desk: {}", procedure("p", *steps, keys=MOST))
    it = play(text, a="p 2021-02-01 09:00")
    assert (it["a"].due, it["a"].outcome) == ("2021-03-01 17:00", "on_time")
    assert apology(text) == ("2021-02-05 17:00", "2021-02-17 17:00")


def test_rule_25_who_has_left_gets_none() -> None:
    steps = (
        "{id: check, wait: 4 days}",
        "{id: out, choose: [{share: 100%, end: withdrawn}]}",
        "{id: sign, at: city.desk, work: 10 min}",
    )
    text = shop(
        "desk: {}",
        procedure("p", "{id: look, at: city.desk, work: 1 min, accepts: true}", *steps, keys=MOST),
    )
    it = play(text, a="p 2021-02-01 16:59")
    assert it["a"].left is not None
    assert it.trace.apologised.tolist() == [MISSING]


def test_rule_25_a_procedure_may_have_its_own() -> None:
    text = "apology: {extension: 1 working day}\n" + desk(wait="6 working days")
    assert apology(text)[1] == "2021-02-17 17:00"
    general = "apology: {extension: 1 working day}\n" + desk("time_limit: 5 working days", "9 days")
    assert apology(general) == ("2021-02-05 17:00", "2021-02-09 17:00")


def test_rule_25_measures() -> None:
    """Four dossiers due on Mon 8: in time, late within the new date of 17 February, after it."""
    text = shop(
        "desk: {staff: 9}",
        *(
            procedure(name, f"{{id: c, wait: {wait}}}", "{at: city.desk, work: 0 min}", keys=MOST)
            for name, wait in (
                ("quick", "1 day"), ("spared", "7 days"), ("kept", "8 days"), ("again", "17 days"),
            )
        ),
    )  # fmt: skip
    it = play(
        text, None, **{n: f"{n} 2021-02-01 09:00" for n in ("quick", "spared", "kept", "again")}
    )
    table = measure(it.trace.network, it.trace).table
    of = table[table["scope"] == "procedure"].set_index(["measure", "name"])["value"]
    for name, sent, late, announced, again in (
        ("quick", 0, 0, 0, 0), ("spared", 1, 0, 0, 0), ("kept", 1, 1, 1, 0), ("again", 1, 1, 1, 1),
    ):  # fmt: skip
        assert of["apologies", name] == sent, name
        assert of["resolved_late", name] == late, name
        assert of["resolved_late_announced", name] == announced, name
        assert of["resolved_late_again", name] == again, name


def by_the_clocks_history(trace: Trace, dossier: int) -> int:
    """Find the apology among the due instants that a dossier had while its clock ran (rule 25)."""
    network, docket = trace.network, trace.docket
    procedure = network.procedures[int(docket.procedure[dossier])]
    accepted = int(trace.accepted[dossier])
    deadline = deadline_of(trace, dossier, procedure.limit, int(docket.due[dossier]))
    if deadline is None or not procedure.apology_before:
        return MISSING
    calendar = network.offices[int(docket.accepting_office[dossier])].calendar
    closed = min(
        (int(t) for t in (trace.resolved[dossier], trace.left[dossier]) if t != MISSING),
        default=network.end,
    )
    since = max(accepted, network.run_start)
    due = deadline.first.due
    spans = []
    for pause in deadline.pauses:
        spans.append((since, pause.began, due))
        if pause.after is not None:
            since, due = pause.ended, pause.after.due
    if not deadline.is_stopped:
        spans.append((since, NEVER, due))
    for since, until, due in spans:
        instant = open_day_before(calendar, due, procedure.apology_before)
        if since <= instant < min(until, closed) and due_day(instant) > accepted // DAY:
            return instant
    return MISSING


def open_day_before(calendar: Calendar, due: int, days_before: int) -> int:
    """Walk back from the due date to the last closing of the open day before, and so on."""
    if due >= NEVER:
        return NEVER
    day = due_day(due)
    while days_before:
        day -= 1
        if day * DAY < calendar.opens[0]:
            return MISSING
        days_before -= day in calendar.open_days
    return calendar.last_closings[calendar.open_days.index(day)]


@given(cases())
def test_rule_25_on_scenarios_that_hypothesis_makes_up(case: Case) -> None:
    trace = simulate(case.network, case.docket)
    for dossier in range(trace.accepted.size):
        if trace.accepted[dossier] == MISSING:
            assert trace.apologised[dossier] == MISSING
        else:
            sent = by_the_clocks_history(trace, dossier)
            assert trace.apologised[dossier] == sent
            assert trace.new_due[dossier] == promised(trace, dossier, sent)


def promised(trace: Trace, dossier: int, sent: int) -> int:
    """Walk on from an apology, open day by open day, to the new date."""
    if sent == MISSING:
        return MISSING
    procedure = trace.network.procedures[int(trace.docket.procedure[dossier])]
    days = procedure.apology_before + procedure.apology_extension
    calendar = trace.network.offices[int(trace.docket.accepting_office[dossier])].calendar
    later = [day for day in calendar.open_days if day > due_day(sent)]
    return calendar.last_closings[calendar.open_days.index(later[days - 1])]


def test_rule_25_where_the_office_closes_at_midnight_the_day_is_the_one_that_ends() -> None:
    """Due Fri 5 February at 24:00: told on Thursday at 24:00, the new date is Tuesday at 24:00."""
    calendars = 'calendars: {office: {hours: {mon-fri: ["00:00-24:00"]}}}\n'
    text = calendars + desk(MOST.replace("5 w", "4 w"), wait="20 days")
    assert apology(text) == ("2021-02-05 00:00", "2021-02-10 00:00")


def test_rule_25_an_apology_changes_nothing_else() -> None:
    text = """
period: {from: 2021-03-01, to: 2021-04-30}
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
levels: {city: {calendar: office, stations: {desk: {discipline: edd}}}}
procedures:
  p:
    received_at: city
    volume: {per_working_day: 8}
    time_limit: 3 working days
    route: [{at: city.desk, work: {exponential: 56 min}}]
"""
    network, told = (
        build(load_text(text)),
        build(load_text("apology: {extension: 1 working day}" + text)),
    )
    without, with_ = (simulate(n, draw(n, 1, 1)) for n in (network, told))
    assert (with_.apologised != MISSING).sum() > 10
    assert (without.apologised == MISSING).all()
    assert (without.instants == with_.instants).all()
    assert (without.outcome == with_.outcome).all()


@pytest.mark.parametrize("days", ["3 days", "same day", "0 working days", "1.5 working days", "3"])
def test_an_extension_is_a_whole_number_of_working_days(days: str) -> None:
    with pytest.raises(InputError, match=r"(not a|whole) number of|must be more than 0"):
        load_text(desk(f"time_limit: 5 working days, apology: {{extension: {days}}}"))
