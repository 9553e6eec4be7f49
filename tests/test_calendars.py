"""Calendars and their arithmetic, rules 1 and 2, checked minute by minute."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.calendars import (
    Calendar,
    calendar_of,
    open_time_by,
    open_times_by,
    public_holidays,
    timetables,
    told_apart,
    weekly_calendar,
)
from sim.durations import DAY, HOUR, MINUTE, NEVER, date_of, day_number, midnight
from sim.network import build
from sim.scenario.load import load_text

thorough = settings(max_examples=5 * settings().max_examples)
MINUTES_A_DAY = 24 * 60
DAYS = 4
LAST = DAYS * MINUTES_A_DAY

VIETNAM = """
period: {from: 2021-01-01, to: 2021-12-31}
warm_up: 60 days
calendars:
  office:
    hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}
    holidays: VN
  own:
    hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}
    holidays: VN
    closed: [2021-02-08, 2021-04-19..2021-04-20]
    open: {2021-02-06: ["07:30-11:30"], 2021-02-10: ["08:00-09:00"], 2021-02-08: ["13:30-15:00"]}
  night:
    hours: {mon-sun: ["00:00-06:00", "22:00-24:00"]}
levels:
  city: {calendar: office, stations: {land: {}}}
procedures:
  copy:
    received_at: city
    volume: {per_day: 1}
    route: [{at: city.land, work: 5 min}]
"""


def at(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def vietnam(name: str) -> Calendar:
    return build(load_text(VIETNAM)).calendars[name]


def spans_of(unit: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Intervals in minutes from the first midnight, on whole units.

    Some touch, some overlap, some are empty, some go over one midnight or several.
    """
    starts, lengths = st.integers(0, LAST // unit - 1), st.integers(0, 2 * MINUTES_A_DAY // unit)
    span = st.tuples(starts, lengths).map(
        lambda drawn: (drawn[0] * unit, min((drawn[0] + drawn[1]) * unit, LAST))
    )
    return st.lists(span, max_size=6)


office_weeks = st.just(
    [
        (day * MINUTES_A_DAY + a, day * MINUTES_A_DAY + b)
        for day in (0, 1, 3)
        for a, b in ((450, 690), (810, 1020))
    ]
)
always = st.just([(0, LAST)])
# Quarters of a day often touch, and an instant on them is often an edge.
QUARTER = 360
small_calendars = st.one_of(spans_of(1), spans_of(QUARTER), office_weeks, always)
minutes = st.one_of(
    st.integers(-30, LAST + 30),
    st.integers(-1, LAST // QUARTER + 1).map(lambda quarter: quarter * QUARTER),
)
START = midnight(date(2021, 2, 9))


def instant(minute: int) -> int:
    return START + minute * MINUTE


def calendar_in_minutes(spans: Iterable[tuple[int, int]]) -> Calendar:
    return calendar_of((instant(opening), instant(closing)) for opening, closing in spans)


def open_minutes(spans: Iterable[tuple[int, int]]) -> list[int]:
    """List the minutes that some interval covers: the calendar, minute by minute."""
    return sorted({minute for opening, closing in spans for minute in range(opening, closing)})


@given(small_calendars)
def test_intervals_are_sorted_disjoint_and_joined_where_they_touch_rule_1(
    spans: list[tuple[int, int]],
) -> None:
    calendar = calendar_in_minutes(spans)
    edges = [edge for pair in zip(calendar.opens, calendar.closes, strict=True) for edge in pair]
    assert all(earlier < later for earlier, later in pairwise(edges))
    covered = {
        minute
        for opening, closing in zip(calendar.opens, calendar.closes, strict=True)
        for minute in range((opening - START) // MINUTE, (closing - START) // MINUTE)
    }
    assert sorted(covered) == open_minutes(spans)


@given(small_calendars, minutes)
def test_open_at_an_instant_means_in_a_half_open_interval_rule_1(
    spans: list[tuple[int, int]], minute: int
) -> None:
    calendar = calendar_in_minutes(spans)
    expected = any(opening <= minute < closing for opening, closing in spans)
    assert calendar.is_open(instant(minute)) == expected
    assert calendar.is_open(instant(minute) + MINUTE - 1) == expected


@thorough
@given(small_calendars, minutes, minutes)
def test_open_time_is_the_number_of_open_minutes_between_rule_2(
    spans: list[tuple[int, int]], one: int, other: int
) -> None:
    start, end = sorted((one, other))
    expected = sum(start <= minute < end for minute in open_minutes(spans))
    calendar = calendar_in_minutes(spans)
    assert calendar.open_time(instant(start), instant(end)) == expected * MINUTE


@thorough
@given(small_calendars, minutes, st.integers(1, 3 * MINUTES_A_DAY))
def test_advance_counts_open_minutes_one_by_one_rule_2(
    spans: list[tuple[int, int]], minute: int, work: int
) -> None:
    worked = [m for m in open_minutes(spans) if m >= minute][work - 1 : work]
    expected = instant(worked[0] + 1) if worked else NEVER
    assert calendar_in_minutes(spans).advance(instant(minute), work * MINUTE) == expected


@given(small_calendars, minutes)
def test_no_work_ends_at_once_even_when_closed_rule_2(
    spans: list[tuple[int, int]], minute: int
) -> None:
    assert calendar_in_minutes(spans).advance(instant(minute), 0) == instant(minute)


@thorough
@given(small_calendars, minutes)
def test_the_next_open_instant_is_the_first_open_minute_rule_1(
    spans: list[tuple[int, int]], minute: int
) -> None:
    later = [m for m in open_minutes(spans) if m >= minute]
    expected = instant(later[0]) if later else NEVER
    assert calendar_in_minutes(spans).next_open(instant(minute)) == expected


@thorough
@given(small_calendars)
def test_open_days_and_their_edges_are_those_of_their_open_minutes_rule_1(
    spans: list[tuple[int, int]],
) -> None:
    by_day: dict[int, list[int]] = {}
    for minute in open_minutes(spans):
        by_day.setdefault(instant(minute) // DAY, []).append(minute)
    calendar = calendar_in_minutes(spans)
    assert list(calendar.open_days) == list(by_day)
    assert list(calendar.first_openings) == [instant(day[0]) for day in by_day.values()]
    assert list(calendar.last_closings) == [instant(day[-1] + 1) for day in by_day.values()]


@given(small_calendars, st.sets(st.integers(0, DAYS - 1)))
def test_a_calendar_without_dates_lacks_their_minutes_and_no_other(
    spans: list[tuple[int, int]], absent: set[int]
) -> None:
    first = START // DAY
    kept = calendar_in_minutes(spans).without(first + day for day in absent)
    left = [m for m in open_minutes(spans) if m // MINUTES_A_DAY not in absent]
    assert kept.open_time(START, instant(LAST)) == len(left) * MINUTE
    assert all(kept.is_open(instant(minute)) for minute in left)


@given(small_calendars, minutes)
def test_a_calendar_from_an_instant_on_is_closed_before_and_unchanged_after(
    spans: list[tuple[int, int]], minute: int
) -> None:
    whole, late = calendar_in_minutes(spans), calendar_in_minutes(spans).starting(instant(minute))
    beyond = instant(LAST)
    assert late.open_time(START, instant(minute)) == 0
    assert late.open_time(instant(minute), beyond) == whole.open_time(instant(minute), beyond)


offsets = st.integers(-HOUR, LAST * MINUTE + HOUR)


@given(small_calendars, st.lists(st.tuples(offsets, offsets), max_size=8))
def test_open_times_of_many_pairs_are_those_of_each_pair_rule_2(
    spans: list[tuple[int, int]], pairs: list[tuple[int, int]]
) -> None:
    calendar = calendar_in_minutes(spans)
    given = [(START + a, START + b) for a, b in pairs] + [(-NEVER, START), (START, NEVER)]
    starts, ends = np.array(given, np.int64).T
    expected = [calendar.open_time(start, end) for start, end in given]
    assert calendar.open_times(starts, ends).tolist() == expected


@given(st.lists(small_calendars, min_size=1, max_size=3), st.lists(st.tuples(offsets, offsets)))
def test_open_times_by_several_calendars_are_those_of_each_pairs_own(
    spans: list[list[tuple[int, int]]], pairs: list[tuple[int, int]]
) -> None:
    offices = [calendar_in_minutes(each) for each in spans] * 2
    calendars, of_office = told_apart(offices)
    assert [calendars[place] for place in of_office] == offices
    which = np.arange(len(pairs)) % len(offices)
    starts, ends = np.array(pairs, np.int64).reshape(-1, 2).T + START
    expected = [
        offices[office].open_time(START + a, START + b)
        for office, (a, b) in zip(which, pairs, strict=True)
    ]
    assert open_times_by(calendars, of_office[which], starts, ends).tolist() == expected
    tables = timetables(calendars)
    hours: Any = tables.places, tables.opens, tables.closes, tables.before, tables.opened
    assert expected == [
        open_time_by(of_office[office], start, end, *hours)
        if start <= end
        else -open_time_by(of_office[office], end, start, *hours)
        for office, start, end in zip(which, starts.tolist(), ends.tolist(), strict=True)
    ]


@thorough
@given(small_calendars, offsets, st.integers(1, LAST * MINUTE))
def test_exactly_the_work_has_passed_at_advance_and_less_just_before_rule_2(
    spans: list[tuple[int, int]], offset: int, work: int
) -> None:
    calendar, start = calendar_in_minutes(spans), START + offset
    end = calendar.advance(start, work)
    if end == NEVER:
        assert calendar.open_time(start, instant(LAST)) < work
    else:
        assert calendar.open_time(start, end) == work
        assert calendar.open_time(start, end - 1) == work - 1


def test_work_that_ends_exactly_at_closing_ends_at_closing_rule_2() -> None:
    calendar = vietnam("office")
    four_hours = 4 * HOUR
    assert calendar.advance(at("2021-03-01 07:30"), four_hours) == at("2021-03-01 11:30")
    assert calendar.advance(at("2021-03-01 07:30"), four_hours + 1) == at("2021-03-01 13:30") + 1


def test_hours_up_to_midnight_and_from_midnight_are_one_interval_rule_1() -> None:
    night = vietnam("night")
    assert night.next_open(at("2021-03-01 21:00")) == at("2021-03-01 22:00")
    assert at("2021-03-02 00:00") not in night.opens
    assert night.advance(at("2021-03-01 23:00"), 2 * HOUR) == at("2021-03-02 01:00")


def test_an_interval_across_midnight_is_cut_there_for_dates_rule_1() -> None:
    calendar = calendar_of([(at("2021-03-01 22:00"), at("2021-03-02 06:00"))])
    assert [date_of(day) for day in calendar.open_days] == [date(2021, 3, 1), date(2021, 3, 2)]
    assert calendar.first_openings == (at("2021-03-01 22:00"), at("2021-03-02 00:00"))
    assert calendar.last_closings == (at("2021-03-02 00:00"), at("2021-03-02 06:00"))


def test_an_interval_that_ends_at_midnight_does_not_open_the_next_date_rule_1() -> None:
    calendar = calendar_of([(at("2021-03-01 22:00"), at("2021-03-02 00:00"))])
    assert [date_of(day) for day in calendar.open_days] == [date(2021, 3, 1)]


def test_always_is_open_throughout_and_opens_never_in_the_run_rule_1() -> None:
    network = build(load_text(VIETNAM))
    calendar = network.calendars["always"]
    assert calendar.open_time(network.run_start, network.end) == network.end - network.run_start
    assert calendar.advance(network.run_start, 30 * DAY) == network.run_start + 30 * DAY
    assert not [opening for opening in calendar.opens if network.run_start <= opening]
    in_2021 = [day for day in calendar.open_days if date_of(day).year == 2021]
    assert len(in_2021) == 365


def test_a_shift_under_way_at_the_start_of_the_run_counts_rule_1() -> None:
    network = build(load_text(VIETNAM))
    night = network.calendars["night"]
    assert network.run_start == at("2020-11-02 00:00")  # 60 days before the period
    assert night.is_open(network.run_start)
    assert night.is_open(network.run_start - 1)
    assert network.run_start not in night.opens


@pytest.mark.parametrize(
    ("name", "last_minute"),
    [
        ("office", "2026-12-31 16:59"),  # a Thursday
        ("night", "2026-12-31 23:59"),
        ("always", "2026-12-31 23:59"),
    ],
)
def test_calendars_reach_five_years_past_the_period_and_then_never_open_rule_1(
    name: str, last_minute: str
) -> None:
    calendar = vietnam(name)
    assert calendar.is_open(at(last_minute))
    assert calendar.next_open(at("2027-01-01 00:00")) == NEVER
    assert calendar.advance(at(last_minute), MINUTE) == at(last_minute) + MINUTE
    assert calendar.advance(at(last_minute), MINUTE + 1) == NEVER


def test_vietnam_2021_has_250_working_days_with_monday_to_friday_hours() -> None:
    # 261 days from Monday to Friday, less eleven holidays on them: 1 January; 10, 11, 12, 15 and
    # 16 February; 21 and 30 April; 3 May in lieu of Saturday 1 May; 2 and 3 September.
    days = [date_of(day) for day in vietnam("office").open_days if date_of(day).year == 2021]
    weekdays = [date(2021, 1, 1) + timedelta(days=n) for n in range(365)]
    closed = {day for day in weekdays if day.weekday() < 5} - set(days)
    assert len(days) == 250
    assert closed == {
        date(2021, 1, 1),
        *(date(2021, 2, day) for day in (10, 11, 12, 15, 16)),
        date(2021, 4, 21),
        date(2021, 4, 30),
        date(2021, 5, 3),
        date(2021, 9, 2),
        date(2021, 9, 3),
    }


def test_the_year_of_working_days_has_seven_and_a_half_hours_each() -> None:
    open_time = vietnam("office").open_time(at("2021-01-01 00:00"), at("2022-01-01 00:00"))
    assert open_time == 250 * 7 * HOUR + 250 * 30 * MINUTE


def test_tet_2021_is_closed_from_10_to_16_february() -> None:
    calendar = vietnam("office")
    assert calendar.open_time(at("2021-02-09 17:00"), at("2021-02-17 07:30")) == 0
    assert calendar.next_open(at("2021-02-09 17:00")) == at("2021-02-17 07:30")
    assert calendar.is_open(at("2021-02-09 16:59"))
    tet = {date(2021, 2, day) for day in range(10, 17)}
    assert tet <= set(public_holidays("VN", 2021, 2021))


def test_a_make_up_day_is_open_for_its_own_hours_only() -> None:
    own = vietnam("own")
    saturday = at("2021-02-06 00:00"), at("2021-02-07 00:00")
    assert own.open_time(*saturday) == 4 * HOUR
    assert vietnam("office").open_time(*saturday) == 0
    assert own.next_open(at("2021-02-06 00:00")) == at("2021-02-06 07:30")
    assert own.next_open(at("2021-02-06 11:30")) == at("2021-02-08 13:30")


def test_hours_of_a_date_replace_a_holiday_and_a_closed_date() -> None:
    own = vietnam("own")
    assert own.open_time(at("2021-02-10 00:00"), at("2021-02-11 00:00")) == HOUR
    assert own.open_time(at("2021-02-08 00:00"), at("2021-02-09 00:00")) == 90 * MINUTE


def test_a_closed_range_has_both_its_ends() -> None:
    own = vietnam("own")
    # 19 and 20 April are closed, 21 April is the Hùng Kings' day.
    assert own.next_open(at("2021-04-16 17:00")) == at("2021-04-22 07:30")


def test_a_week_repeats_its_hours_between_two_dates_both_included() -> None:
    monday_and_sunday = {0: [(8 * HOUR, 12 * HOUR)], 6: [(9 * HOUR, 10 * HOUR)]}
    calendar = weekly_calendar(date(2021, 3, 1), date(2021, 3, 8), monday_and_sunday)
    assert calendar.opens == (
        at("2021-03-01 08:00"),
        at("2021-03-07 09:00"),
        at("2021-03-08 08:00"),
    )
    assert calendar.open_days == tuple(day_number(date(2021, 3, day)) for day in (1, 7, 8))


def test_a_calendar_that_never_opens_is_never_open() -> None:
    calendar = calendar_of([])
    assert not calendar.is_open(0)
    assert calendar.next_open(0) == NEVER
    assert calendar.advance(0, 1) == NEVER
    assert calendar.open_time(0, NEVER) == 0
    assert calendar.open_days == ()


def test_holidays_of_an_unknown_country_are_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match=r"`XX`.*such as VN"):
        public_holidays("XX", 2021, 2021)
