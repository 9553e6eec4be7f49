"""Due instants (rule 14) and what pauses do to them (rule 15).

Most tests are over Tết 2021 with the hours 07:30-11:30 and 13:30-17:00 from Monday to Friday:

    Fri 5, Mon 8, Tue 9 February open; Wed 10 to Tue 16 closed; Wed 17, Thu 18, Fri 19 open;
    Mon 22 to Fri 26 open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.calendars import Calendar, calendar_of
from sim.deadlines import LimitKind, due_day, due_instant, remaining_limit, resumed_due
from sim.durations import DAY, MINUTE, NEVER, midnight, parse_time_of_day
from sim.network import build
from sim.scenario.load import load_text
from sim.scenario.values import parse_limit

EPOCH = datetime(1970, 1, 1)
NO_CUTOFF = "24:00"
CALENDARS = build(
    load_text("""
period: {from: 2021-01-01, to: 2021-12-31}
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}, holidays: VN}
  make-up:
    hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}
    holidays: VN
    open: {2021-02-06: ["07:30-11:30"]}
  nights:
    hours:
      mon: ["20:00-24:00"]
      tue-fri: ["00:00-04:00", "20:00-24:00"]
      sat: ["00:00-04:00"]
levels: {city: {calendar: office, stations: {land: {}}}}
procedures:
  copy:
    received_at: city
    volume: {per_day: 1}
    route: [{at: city.land, work: 5 min}]
""")
)


def at(text: str) -> int:
    return (datetime.fromisoformat(f"2021-{text}") - EPOCH) // timedelta(microseconds=1)


def written(instant: int) -> str:
    text = (EPOCH + timedelta(microseconds=instant)).isoformat(" ")
    return text.removeprefix("2021-").removesuffix(":00")


def due(limit: str, accepted: str, cutoff: str = NO_CUTOFF, calendar: str = "office") -> str:
    instant = due_on(CALENDARS.calendars[calendar], limit, at(accepted), cutoff)
    return written(instant)


def due_on(calendar: Calendar, limit: str, accepted: int, cutoff: str = NO_CUTOFF) -> int:
    parsed = parse_limit(limit)
    return due_instant(
        parsed.kind,
        parsed.amount,
        accepted,
        parse_time_of_day(cutoff),
        calendar.opens,
        calendar.closes,
        calendar.before,
        calendar.open_days,
        calendar.last_closings,
    )


def resumed_on(calendar: Calendar, limit: str, due_before: int, stopped: int, resumed: int) -> int:
    kind = parse_limit(limit).kind
    spans = calendar.opens, calendar.closes, calendar.before
    remaining = remaining_limit(kind, due_before, stopped, *spans, calendar.open_days)
    return resumed_due(kind, remaining, resumed, *spans, calendar.open_days, calendar.last_closings)


def due_after(limit: str, accepted: str, *pauses: tuple[str, str], calendar: str = "office") -> str:
    """Give the due instant when the clock has stood between each pair of instants."""
    on = CALENDARS.calendars[calendar]
    instant = due_on(on, limit, at(accepted))
    for stopped, resumed in pauses:
        instant = resumed_on(on, limit, instant, at(stopped), at(resumed))
    return written(instant)


# Rule 14, worked by hand.


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("02-09 07:30", "02-09 17:00"),
        ("02-09 14:59:59.999999", "02-09 17:00"),
        ("02-09 15:00", "02-17 17:00"),
        ("02-09 15:01", "02-17 17:00"),
        ("02-08 15:00", "02-09 17:00"),
        ("02-09 00:00", "02-09 17:00"),  # online, before the office opens
        ("02-09 12:00", "02-09 17:00"),  # over noon
        ("02-09 23:00", "02-17 17:00"),
        ("02-10 08:00", "02-17 17:00"),  # Tết
        ("02-06 08:00", "02-08 17:00"),  # a Saturday
    ],
)
def test_same_day_is_the_last_closing_of_the_day_if_accepted_before_the_cut_off_rule_14(
    accepted: str, expected: str
) -> None:
    assert due("same day", accepted, cutoff="15:00") == expected


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("02-09 16:59:59.999999", "02-09 17:00"),
        ("02-09 17:00", "02-17 17:00"),
        ("02-09 17:30", "02-17 17:00"),
    ],
)
@pytest.mark.parametrize("cutoff", [NO_CUTOFF, "18:00"])
def test_same_day_needs_acceptance_before_the_last_closing_too_rule_14(
    accepted: str, expected: str, cutoff: str
) -> None:
    assert due("same day", accepted, cutoff) == expected


def test_same_day_on_a_make_up_morning_ends_at_noon_rule_14() -> None:
    assert due("same day", "02-06 08:00", calendar="make-up") == "02-06 11:30"
    assert due("same day", "02-06 11:30", calendar="make-up") == "02-08 17:00"


@pytest.mark.parametrize(
    ("limit", "accepted", "expected"),
    [
        ("1 working day", "02-05 16:00", "02-08 17:00"),
        ("2 working days", "02-05 16:00", "02-09 17:00"),
        ("3 working days", "02-05 16:00", "02-17 17:00"),
        ("1 working day", "02-09 07:30", "02-17 17:00"),
        ("1 working day", "02-09 23:59", "02-17 17:00"),
        ("3 working days", "02-09 10:00", "02-19 17:00"),
        ("5 working days", "02-09 10:00", "02-23 17:00"),
        ("1 working day", "02-13 10:00", "02-17 17:00"),  # accepted in Tết
        ("2 working days", "02-10 00:00", "02-18 17:00"),
        ("10 working days", "02-01 10:00", "02-22 17:00"),
    ],
)
def test_working_days_count_open_days_after_the_day_of_acceptance_rule_14(
    limit: str, accepted: str, expected: str
) -> None:
    assert due(limit, accepted) == expected


def test_a_make_up_day_is_a_working_day_that_ends_at_its_own_closing_rule_14() -> None:
    assert due("1 working day", "02-05 16:00", calendar="make-up") == "02-06 11:30"
    assert due("2 working days", "02-05 16:00", calendar="make-up") == "02-08 17:00"


@pytest.mark.parametrize(
    ("limit", "accepted", "expected"),
    [
        ("1 working h", "02-09 10:00", "02-09 11:00"),
        ("5 working h", "02-09 10:00", "02-09 17:00"),  # ends at closing, not at the next opening
        ("1.5 working h", "02-09 10:00", "02-09 11:30"),
        ("2 working h", "02-09 10:00", "02-09 14:00"),
        ("8 working h", "02-09 10:00", "02-17 10:30"),
        ("8 working h", "02-12 10:00", "02-18 08:00"),  # a day has seven and a half hours
        ("1 working hour", "02-09 12:00", "02-09 14:30"),
    ],
)
def test_working_hours_are_open_time_from_acceptance_rule_14(
    limit: str, accepted: str, expected: str
) -> None:
    assert due(limit, accepted) == expected


@pytest.mark.parametrize(
    ("limit", "accepted", "expected"),
    [
        ("1 day", "02-08 16:00", "02-09 17:00"),
        ("1 day", "02-09 16:00", "02-17 17:00"),
        ("7 days", "02-09 10:00", "02-17 17:00"),  # 16 February is closed
        ("8 days", "02-09 10:00", "02-17 17:00"),
        ("9 days", "02-09 10:00", "02-18 17:00"),
        ("11 days", "02-09 10:00", "02-22 17:00"),  # a Saturday
        ("3 days", "02-14 10:00", "02-17 17:00"),  # accepted in Tết
        ("1 week", "02-05 10:00", "02-17 17:00"),
        ("2 weeks", "02-09 10:00", "02-23 17:00"),
        ("14 days", "02-09 10:00", "02-23 17:00"),
    ],
)
def test_days_and_weeks_are_calendar_days_then_the_next_open_day_rule_14(
    limit: str, accepted: str, expected: str
) -> None:
    assert due(limit, accepted) == expected


@pytest.mark.parametrize(
    ("limit", "accepted", "expected"),
    [
        ("24 h", "02-09 10:00", "02-10 10:00"),
        ("90 min", "02-09 11:00", "02-09 12:30"),
        ("1 h", "02-13 23:30", "02-14 00:30"),
        ("0.5 h", "02-09 10:00", "02-09 10:30"),
    ],
)
def test_hours_and_minutes_are_clock_time_rule_14(limit: str, accepted: str, expected: str) -> None:
    assert due(limit, accepted) == expected


@pytest.mark.parametrize(
    ("limit", "accepted", "expected"),
    [
        ("same day", "02-13 10:00", "02-14 00:00"),
        ("1 working day", "02-13 10:00", "02-15 00:00"),
        ("3 days", "02-13 10:00", "02-17 00:00"),
        ("4 working h", "02-13 22:00", "02-14 02:00"),
    ],
)
def test_on_always_every_day_is_open_and_closes_at_its_last_midnight_rule_14(
    limit: str, accepted: str, expected: str
) -> None:
    assert due(limit, accepted, calendar="always") == expected


@pytest.mark.parametrize(
    ("limit", "accepted", "expected"),
    [
        # Monday to Friday 20:00 to 04:00: a date ends with its own last open instant.
        ("same day", "03-01 10:00", "03-02 00:00"),
        ("same day", "03-06 01:00", "03-06 04:00"),  # Saturday, the end of Friday's shift
        ("1 working day", "03-05 10:00", "03-06 04:00"),
        ("2 working days", "03-05 10:00", "03-09 00:00"),
    ],
)
def test_shifts_across_midnight_are_cut_there_for_dates_rules_1_and_14(
    limit: str, accepted: str, expected: str
) -> None:
    assert due(limit, accepted, calendar="nights") == expected


def test_without_a_limit_or_beyond_the_calendar_nothing_is_ever_due_rule_14() -> None:
    office = CALENDARS.calendars["office"]
    arrays = office.opens, office.closes, office.before, office.open_days, office.last_closings
    assert due_instant(LimitKind.NONE, 0, at("02-09 10:00"), DAY, *arrays) == NEVER
    for limit in ("9999 working days", "9999 days", "99999 working h"):
        assert due_on(office, limit, at("02-09 10:00")) == NEVER
        assert resumed_on(office, limit, NEVER, at("02-09 10:00"), at("02-09 11:00")) == NEVER


def test_a_due_instant_at_midnight_belongs_to_the_day_that_it_ends_rules_15_and_16() -> None:
    assert due_day(at("02-10 00:00")) == midnight(date(2021, 2, 9)) // DAY
    assert due_day(at("02-10 00:00") + 1) == midnight(date(2021, 2, 10)) // DAY


# Rule 15, worked by hand.


@pytest.mark.parametrize(
    ("stopped", "resumed", "expected"),
    [
        # 5 working days from 5 February are 8, 9, 17, 18 and 19 February.
        ("02-05 11:00", "02-05 16:00", "02-19 17:00"),
        ("02-08 14:00", "02-08 16:00", "02-19 17:00"),
        ("02-08 14:00", "02-09 09:00", "02-22 17:00"),  # 9, 17, 18, 19 left: 17, 18, 19, 22
        ("02-08 14:00", "02-10 09:00", "02-22 17:00"),
        ("02-08 14:00", "02-15 09:00", "02-22 17:00"),  # Tết itself costs nothing
        ("02-08 14:00", "02-17 09:00", "02-23 17:00"),  # 18, 19, 22, 23
        ("02-08 14:00", "02-17 00:00", "02-23 17:00"),  # an instant of the 17th
        ("02-08 14:00", "02-16 23:59", "02-22 17:00"),
        ("02-08 00:00", "02-17 09:00", "02-23 17:00"),  # the day of the start is not counted
        ("02-13 10:00", "02-15 10:00", "02-19 17:00"),  # from Tết to Tết
        ("02-18 09:00", "02-25 09:00", "02-26 17:00"),
        ("02-18 09:00", "02-27 09:00", "03-01 17:00"),  # ends on a Saturday
    ],
)
def test_working_days_left_are_counted_on_from_the_day_of_the_pauses_end_rule_15(
    stopped: str, resumed: str, expected: str
) -> None:
    assert due_after("5 working days", "02-05 10:00", (stopped, resumed)) == expected


@pytest.mark.parametrize(
    ("stopped", "resumed", "expected"),
    [
        ("02-09 10:00", "02-09 15:00", "02-09 17:00"),
        ("02-09 10:00", "02-09 16:59", "02-09 17:00"),
        ("02-09 10:00", "02-09 17:00", "02-09 17:00"),
        ("02-09 10:00", "02-09 17:01", "02-17 17:00"),
        ("02-09 10:00", "02-12 10:00", "02-17 17:00"),
        ("02-09 10:00", "02-17 10:00", "02-17 17:00"),
        ("02-09 10:00", "02-17 18:00", "02-18 17:00"),
        ("02-09 17:00", "02-18 10:00", "02-18 17:00"),  # begins at the due instant
    ],
)
@pytest.mark.parametrize(
    ("limit", "accepted"),
    [("2 working days", "02-05 10:00"), ("4 days", "02-05 10:00"), ("same day", "02-09 09:00")],
)
def test_with_none_left_the_day_of_the_end_closes_the_limit_rule_15(
    limit: str, accepted: str, stopped: str, resumed: str, expected: str
) -> None:
    assert due(limit, accepted) == "02-09 17:00"
    assert due_after(limit, accepted, (stopped, resumed)) == expected


@pytest.mark.parametrize(
    ("stopped", "resumed", "expected"),
    [
        # 7 days from Monday 1 February are due on Monday 8.
        ("02-03 10:00", "02-03 15:00", "02-08 17:00"),  # 5 days left: 8 February
        ("02-03 10:00", "02-04 10:00", "02-09 17:00"),
        ("02-03 10:00", "02-05 10:00", "02-17 17:00"),  # 10 February is Tết
        ("02-03 10:00", "02-12 10:00", "02-17 17:00"),  # 17 February
        ("02-03 10:00", "02-13 10:00", "02-18 17:00"),
        ("02-03 10:00", "02-15 10:00", "02-22 17:00"),  # 20 February is a Saturday
        ("02-06 10:00", "02-16 10:00", "02-18 17:00"),
    ],
)
@pytest.mark.parametrize("limit", ["7 days", "1 week"])
def test_days_left_are_calendar_days_from_the_day_of_the_pauses_end_rule_15(
    limit: str, stopped: str, resumed: str, expected: str
) -> None:
    assert due_after(limit, "02-01 10:00", (stopped, resumed)) == expected


def test_days_left_are_counted_to_the_date_of_the_due_instant_after_a_closed_day_rule_15() -> None:
    # 5 days from 9 February are the 14th, closed, hence due on the 17th; from the 12th to the
    # 17th five are left.
    assert due("5 days", "02-09 10:00") == "02-17 17:00"
    assert due_after("5 days", "02-09 10:00", ("02-12 10:00", "02-13 10:00")) == "02-18 17:00"


@pytest.mark.parametrize(
    ("stopped", "resumed", "expected"),
    [
        # 8 working hours from Tuesday 9 February, 10:00, end on Wednesday 17, 10:30.
        ("02-09 15:00", "02-09 16:00", "02-17 11:30"),  # an hour later
        ("02-09 15:00", "02-18 13:30", "02-19 09:00"),  # 5 h left: 3.5 and 1.5
        ("02-09 17:00", "02-17 07:30", "02-17 10:30"),  # Tết has no open time
        ("02-10 09:00", "02-15 09:00", "02-17 10:30"),
        ("02-09 12:00", "02-09 13:00", "02-17 10:30"),  # nor has noon
        ("02-17 10:30", "02-18 09:00", "02-18 09:00"),  # nothing left
    ],
)
def test_working_hours_left_are_open_time_rule_15(
    stopped: str, resumed: str, expected: str
) -> None:
    assert due_after("8 working h", "02-09 10:00", (stopped, resumed)) == expected


@pytest.mark.parametrize(
    ("limit", "expected"), [("48 h", "02-18 07:30"), ("2880 min", "02-18 07:30")]
)
def test_hours_and_minutes_left_are_clock_time_rule_15(limit: str, expected: str) -> None:
    # From 9 February, 10:00; at 11:30 there are 46.5 h left.
    assert due_after(limit, "02-09 10:00", ("02-09 11:30", "02-16 09:00")) == expected


@pytest.mark.parametrize(
    ("limit", "nine", "three", "paused"),
    [
        # limit, due from Tuesday 9 February 09:00, from 15:00, and from 09:00 with a pause from
        # 10:00 to 17 February 08:30
        ("same day", "02-09 17:00", "02-17 17:00", "02-17 17:00"),
        ("1 working day", "02-17 17:00", "02-17 17:00", "02-18 17:00"),
        ("3 working days", "02-19 17:00", "02-19 17:00", "02-22 17:00"),
        ("4 working h", "02-09 15:00", "02-17 09:30", "02-17 11:30"),
        ("5 days", "02-17 17:00", "02-17 17:00", "02-25 17:00"),
        ("24 h", "02-10 09:00", "02-10 15:00", "02-18 07:30"),
    ],
)
def test_the_kinds_of_limit_side_by_side_rules_14_and_15(
    limit: str, nine: str, three: str, paused: str
) -> None:
    assert due(limit, "02-09 09:00", cutoff="15:00") == nine
    assert due(limit, "02-09 15:00", cutoff="15:00") == three
    assert due_after(limit, "02-09 09:00", ("02-09 10:00", "02-17 08:30")) == paused


def test_each_pause_takes_up_what_the_one_before_left_rule_15() -> None:
    # 5 working days from 5 February: due on the 19th, with 9, 17, 18, 19 left on the 8th; on the
    # 9th 17, 18, 19, 22; on the 18th two of them, counted on from the 23rd.
    pauses = ("02-08 14:00", "02-09 09:00"), ("02-18 10:00", "02-23 10:00")
    assert due_after("5 working days", "02-05 10:00", *pauses) == "02-25 17:00"
    hours = ("02-09 11:00", "02-09 14:30"), ("02-09 15:30", "02-17 07:30")
    # 8 h: one till 11:00, one till 15:30, six from the 17th, 07:30.
    assert due_after("8 working h", "02-09 10:00", *hours) == "02-17 15:30"


def test_on_always_what_is_left_counts_to_the_day_that_the_midnight_ends_rule_15() -> None:
    # 3 working days from the 13th end with the 16th; on the 14th two are left.
    pause = "02-14 10:00", "02-20 10:00"
    for limit in ("3 working days", "3 days"):
        assert due(limit, "02-13 10:00", calendar="always") == "02-17 00:00"
        assert due_after(limit, "02-13 10:00", pause, calendar="always") == "02-23 00:00"


@pytest.mark.parametrize("limit", ["3 working days", "3 days", "72 working h"])
def test_a_pause_that_begins_at_a_due_midnight_leaves_nothing_rule_15(limit: str) -> None:
    accepted = "02-14 00:00" if limit == "72 working h" else "02-13 10:00"
    pause = "02-17 00:00", "02-20 10:00"
    expected = "02-20 10:00" if limit == "72 working h" else "02-21 00:00"
    assert due_after(limit, accepted, pause, calendar="always") == expected


# Both rules on random small calendars, day by day and minute by minute.

thorough = settings(max_examples=5 * settings().max_examples)
MINUTES_A_DAY = 24 * 60
QUARTER = 360
DAYS = 9
LAST = DAYS * MINUTES_A_DAY
START = midnight(date(2021, 2, 8))


@dataclass(frozen=True)
class Plain:
    """A calendar as the list of its open minutes, and the rules read off it word by word."""

    spans: tuple[tuple[int, int], ...]

    @cached_property
    def open(self) -> list[int]:
        return sorted({m for opening, closing in self.spans for m in range(opening, closing)})

    @cached_property
    def closings(self) -> dict[int, int]:
        """The last closing of each open day."""
        return {minute // MINUTES_A_DAY: minute + 1 for minute in self.open}

    def closing_from(self, day: int) -> int | None:
        """Give the last closing of the first open day from `day` on."""
        while day not in self.closings:
            if day > DAYS:
                return None
            day += 1
        return self.closings[day]

    def count_on(self, day: int, open_days: int) -> int | None:
        """Give the last closing of the N-th open day after `day`."""
        while open_days:
            day += 1
            if day > DAYS:
                return None
            open_days -= day in self.closings
        return self.closings[day]

    def work_on(self, minute: int, work: int) -> int | None:
        """Go from minute to minute until enough open ones are over."""
        over = [m + 1 for m in self.open if m >= minute][:work]
        return over[-1] if len(over) == work else None

    def due(self, unit: str, number: int, accepted: int, cutoff: int) -> int | None:
        day = accepted // MINUTES_A_DAY
        match unit:
            case "same day":
                in_time = accepted % MINUTES_A_DAY < cutoff
                if in_time and accepted < self.closings.get(day, accepted):
                    return self.closings[day]
                return self.closing_from(day + 1)
            case "working days":
                return self.count_on(day, number)
            case "working h":
                return self.work_on(accepted, number * 60)
            case "days":
                return self.closing_from(day + number)
            case _:
                return accepted + number * 60

    def resumed(self, unit: str, due: int, stopped: int, resumed: int) -> int | None:
        if unit == "h":
            return due + (resumed - stopped)
        if unit == "working h":
            left = len([m for m in self.open if stopped <= m < due])
            return self.work_on(resumed, left) if left else resumed
        first, last = stopped // MINUTES_A_DAY, (due - 1) // MINUTES_A_DAY
        day = resumed // MINUTES_A_DAY
        counted = [d for d in range(first + 1, last + 1) if unit == "days" or d in self.closings]
        if unit == "same day" or not counted:
            past = resumed > self.closings.get(day, resumed)
            return self.closing_from(day + past)
        if unit == "days":
            return self.closing_from(day + len(counted))
        return self.count_on(day, len(counted))


def spans_of(unit: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Intervals in minutes from the first midnight, on whole units."""
    starts = st.integers(0, LAST // unit - 1)
    lengths = st.integers(1, (MINUTES_A_DAY + QUARTER) // unit)
    span = st.tuples(starts, lengths).map(
        lambda drawn: (drawn[0] * unit, min((drawn[0] + drawn[1]) * unit, LAST))
    )
    return st.lists(span, min_size=1, max_size=7)


tet = st.just(
    [
        (day * MINUTES_A_DAY + a, day * MINUTES_A_DAY + b)
        for day in (0, 1, 5, 8)
        for a, b in ((450, 690), (810, 1020))
    ]
)
whole = st.just([(0, LAST)])
plain_calendars = st.one_of(spans_of(1), spans_of(QUARTER), tet, whole).map(
    lambda drawn: Plain(tuple(drawn))
)
limits = st.one_of(
    st.just(("same day", 0)),
    st.tuples(st.just("working days"), st.integers(1, 4)),
    st.tuples(st.just("working h"), st.integers(1, 40)),
    st.tuples(st.just("days"), st.integers(1, 5)),
    st.tuples(st.just("h"), st.integers(1, 80)),
)
# Whole quarters of an hour often hit an opening, a closing or a midnight.
any_minutes = st.one_of(
    st.integers(0, LAST - 1), st.integers(0, LAST // 15 - 1).map(lambda quarter: quarter * 15)
)


def instant(minute: int) -> int:
    return START + minute * MINUTE


def instant_or_never(minute: int | None) -> int:
    return NEVER if minute is None else instant(minute)


def calendar_in_minutes(minutes: Iterable[tuple[int, int]]) -> Calendar:
    return calendar_of((instant(opening), instant(closing)) for opening, closing in minutes)


def limit_in_words(unit: str, number: int) -> str:
    return unit if unit == "same day" else f"{number} {unit}"


@thorough
@given(plain_calendars, limits, any_minutes, st.integers(0, MINUTES_A_DAY))
def test_due_instants_are_those_found_day_by_day_rule_14(
    plain: Plain, limit: tuple[str, int], accepted: int, cutoff: int
) -> None:
    unit, number = limit
    cutoff_text = f"{cutoff // 60:02d}:{cutoff % 60:02d}"
    calendar = calendar_in_minutes(plain.spans)
    found = due_on(calendar, limit_in_words(unit, number), instant(accepted), cutoff_text)
    assert found == instant_or_never(plain.due(unit, number, accepted, cutoff))


@thorough
@given(plain_calendars, limits, any_minutes, any_minutes, any_minutes, st.booleans())
def test_due_instants_after_a_pause_are_those_found_day_by_day_rule_15(
    plain: Plain, limit: tuple[str, int], one: int, two: int, three: int, at_due: bool
) -> None:
    unit, number = limit
    accepted, stopped, resumed = sorted((one, two, three))
    due_before = plain.due(unit, number, accepted, MINUTES_A_DAY)
    if due_before is None:
        return
    if at_due or stopped > due_before:  # a pause that starts later changes nothing
        stopped = due_before
    resumed = max(resumed, stopped)
    found = resumed_on(
        calendar_in_minutes(plain.spans),
        limit_in_words(unit, number),
        instant(due_before),
        instant(stopped),
        instant(resumed),
    )
    assert found == instant_or_never(plain.resumed(unit, due_before, stopped, resumed))


@given(plain_calendars, limits, any_minutes, any_minutes)
def test_a_pause_without_length_changes_no_due_instant_rule_15(
    plain: Plain, limit: tuple[str, int], one: int, two: int
) -> None:
    unit, number = limit
    accepted, stopped = sorted((one, two))
    words = limit_in_words(unit, number)
    calendar = calendar_in_minutes(plain.spans)
    before = due_on(calendar, words, instant(accepted))
    if instant(stopped) < before < NEVER and unit != "same day":
        after = resumed_on(calendar, words, before, instant(stopped), instant(stopped))
        assert after == before
