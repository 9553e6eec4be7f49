"""When transfers depart, worked by hand (rule 10)."""

import pytest
from by_hand import at, network_of, procedure, shop, text_of

from sim.departures import NO_CUTOFF, departure
from sim.durations import HOUR

OFFICE = network_of(shop("desk: {}", procedure("copy", "{at: city.desk, work: 1 min}"))).offices[0]


def departs(ready: str, hours: tuple[int, ...] = (), cutoff: int = NO_CUTOFF) -> str | None:
    calendar = OFFICE.calendar
    return text_of(
        departure(
            at(ready),
            [hour * HOUR for hour in hours],
            cutoff if cutoff == NO_CUTOFF else cutoff * HOUR,
            calendar.open_days,
            calendar.first_openings,
        )
    )


@pytest.mark.parametrize(
    ("ready", "departed"),
    [
        ("2021-02-09 09:59", "2021-02-09 10:00"),
        ("2021-02-09 10:00", "2021-02-09 10:00"),
        ("2021-02-09 10:01", "2021-02-09 15:00"),
        ("2021-02-09 15:01", "2021-02-17 10:00"),  # Tết
        ("2021-02-06 12:00", "2021-02-08 10:00"),  # a Saturday
        ("2099-01-01 12:00", "never"),
    ],
)
def test_rule_10_departures_are_at_hours_of_open_days(ready: str, departed: str) -> None:
    assert departs(ready, (10, 15)) == departed


def test_rule_10_a_departure_at_24_is_the_midnight_that_ends_an_open_day() -> None:
    assert departs("2021-02-09 17:00", (24,)) == "2021-02-10 00:00"
    assert departs("2021-02-10 00:00", (24,)) == "2021-02-10 00:00"
    assert departs("2021-02-10 00:01", (24,)) == "2021-02-18 00:00"


@pytest.mark.parametrize(
    ("ready", "departed"),
    [
        ("2021-02-09 14:59", "2021-02-09 14:59"),
        ("2021-02-09 15:00", "2021-02-17 07:30"),
        ("2021-02-09 03:00", "2021-02-09 03:00"),  # before the hour of an open day, though closed
        ("2021-02-07 09:00", "2021-02-08 07:30"),
        ("2099-01-01 12:00", "never"),
    ],
)
def test_rule_10_before_the_cutoff_of_an_open_day_at_once(ready: str, departed: str) -> None:
    assert departs(ready, cutoff=15) == departed


def test_rule_10_a_cutoff_at_midnight_lets_nobody_go_at_once() -> None:
    assert departs("2021-02-09 00:00", cutoff=0) == "2021-02-17 07:30"


def test_rule_10_without_hours_and_cutoff_at_once() -> None:
    assert departs("2021-02-13 03:00") == "2021-02-13 03:00"
