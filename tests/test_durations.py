"""Durations, instants and hours of the day as whole microseconds."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.durations import (
    DAY,
    HOUR,
    MILLISECOND,
    MINUTE,
    SECOND,
    WEEK,
    WORKING_DAY,
    Duration,
    date_of,
    day_number,
    midnight,
    parse_duration,
    parse_time_of_day,
    time_of_day,
)

HUNDRED_YEARS = 36_525 * DAY


def microseconds(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


def test_the_units_are_whole_numbers_of_microseconds() -> None:
    assert microseconds(timedelta(milliseconds=1)) == MILLISECOND
    assert microseconds(timedelta(seconds=1)) == SECOND
    assert microseconds(timedelta(minutes=1)) == MINUTE
    assert microseconds(timedelta(hours=1)) == HOUR
    assert microseconds(timedelta(days=1)) == DAY
    assert microseconds(timedelta(weeks=1)) == WEEK
    assert WORKING_DAY == 8 * HOUR


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30 s", timedelta(seconds=30)),
        ("1 second", timedelta(seconds=1)),
        ("15 min", timedelta(minutes=15)),
        ("1 minute", timedelta(minutes=1)),
        ("90 minutes", timedelta(minutes=90)),
        ("2 h", timedelta(hours=2)),
        ("1 hour", timedelta(hours=1)),
        ("0.25 h", timedelta(minutes=15)),
        ("1 day", timedelta(days=1)),
        ("1.5 days", timedelta(hours=36)),
        ("2 weeks", timedelta(days=14)),
        ("0 min", timedelta(0)),
        ("5min", timedelta(minutes=5)),
        (" 5   min ", timedelta(minutes=5)),
    ],
)
def test_clock_time_is_a_number_and_a_unit(text: str, length: timedelta) -> None:
    read = parse_duration(text)
    assert read.us == microseconds(length)
    assert not read.working


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30 working min", timedelta(minutes=30)),
        ("4 working h", timedelta(hours=4)),
        ("1 working day", timedelta(hours=8)),
        ("2.5 working days", timedelta(hours=20)),
    ],
)
def test_a_working_day_is_eight_hours_of_open_time(text: str, length: timedelta) -> None:
    assert parse_duration(text) == Duration(microseconds(length), working=True)


@pytest.mark.parametrize(
    ("text", "calendar_unit"),
    [
        ("2 days", True),
        ("1 week", True),
        ("48 h", False),
        ("2 working days", False),
        ("3 min", False),
    ],
)
def test_only_days_and_weeks_are_calendar_units(text: str, calendar_unit: bool) -> None:
    assert parse_duration(text).calendar_unit is calendar_unit


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("0.0000005 s", 0),
        ("0.0000015 s", 2),
        ("0.0000025 s", 2),
        ("0.0000025000001 s", 3),
    ],
)
def test_half_a_microsecond_rounds_to_the_even_one(text: str, us: int) -> None:
    assert parse_duration(text).us == us


def test_a_decimal_number_is_read_exactly() -> None:
    # As binary fractions these lose their last microseconds.
    assert parse_duration("123456789.000001 s").us == 123_456_789_000_001
    assert parse_duration("9007199254.740993 s").us == 9_007_199_254_740_993  # 2⁵³ + 1


def test_a_duration_is_returned_as_it_is() -> None:
    given_duration = Duration(7, working=True)
    assert parse_duration(given_duration) is given_duration


@pytest.mark.parametrize("value", [15, 1.5, 0])
def test_a_number_without_a_unit_is_refused_with_a_way_out(value: float) -> None:
    with pytest.raises(ValueError, match=rf"`{value}` has no unit.*15 min"):
        parse_duration(value)


def test_a_negative_duration_is_refused_as_negative() -> None:
    with pytest.raises(ValueError, match=r"`-5 min` is negative"):
        parse_duration("-5 min")


@pytest.mark.parametrize(
    "value",
    ["15", "min", "five min", "1:30", "1e3 s", "5 min 3 s", "", "nan h", "inf h", "1.2.3 h"],
)
def test_what_is_no_number_with_a_unit_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(value)


@pytest.mark.parametrize("value", [None, True, ["5 min"], {"mean": "5 min"}])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(value)


@pytest.mark.parametrize("text", ["3 months", "3 working weeks", "3 working s", "3 y"])
def test_an_unknown_unit_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(ValueError, match=r"unknown unit; the units are .*min"):
        parse_duration(text)


durations = st.one_of(
    st.builds(Duration, st.integers(0, HUNDRED_YEARS)),
    st.builds(Duration, st.integers(0, HUNDRED_YEARS), working=st.just(True)),
    st.builds(Duration, st.integers(0, HUNDRED_YEARS), calendar_unit=st.just(True)),
    st.builds(Duration, st.integers(0, 100_000).map(lambda minutes: minutes * MINUTE)),
)


@given(durations)
def test_what_is_written_is_read_back_equal(duration: Duration) -> None:
    assert parse_duration(str(duration)) == duration


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (Duration(90 * MINUTE), "90 min"),
        (Duration(2 * HOUR), "2 h"),
        (Duration(0), "0 s"),
        (Duration(16 * HOUR, working=True), "2 working days"),
        (Duration(WEEK, calendar_unit=True), "7 days"),
    ],
)
def test_a_duration_is_written_in_the_largest_whole_unit(duration: Duration, text: str) -> None:
    assert str(duration) == text


@pytest.mark.parametrize(
    ("text", "hours", "minutes"),
    [("00:00", 0, 0), ("07:30", 7, 30), ("15:00", 15, 0), ("23:59", 23, 59), ("24:00", 24, 0)],
)
def test_an_hour_of_the_day_counts_from_midnight(text: str, hours: int, minutes: int) -> None:
    assert parse_time_of_day(text) == microseconds(timedelta(hours=hours, minutes=minutes))


@pytest.mark.parametrize(
    "value", ["7:30", "24:01", "25:00", "12:60", "07:30:00", "0730", "", "-1:00", "07.30"]
)
def test_what_is_no_hour_of_the_day_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="is not an hour of the day"):
        parse_time_of_day(value)


@pytest.mark.parametrize("value", [450, 7.5, None, True])
def test_an_hour_of_the_day_without_quotes_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="in quotes"):
        parse_time_of_day(value)


@given(st.integers(0, 24 * 60))
def test_every_minute_of_the_day_is_written_and_read_back(minute: int) -> None:
    assert parse_time_of_day(time_of_day(minute * MINUTE)) == minute * MINUTE


@given(st.dates())
def test_dates_and_day_numbers_are_one_to_one(day: date) -> None:
    assert date_of(day_number(day)) == day
    assert day_number(day) == (day - date(1970, 1, 1)).days


@given(st.dates())
def test_midnight_is_the_instant_at_which_the_date_begins(day: date) -> None:
    begins = datetime.combine(day, datetime.min.time())
    assert midnight(day) == microseconds(begins - datetime(1970, 1, 1))
