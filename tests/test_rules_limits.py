"""Rules 14 to 16 worked by hand, through the engine: due instants, pauses, early and late."""

from __future__ import annotations

import pytest
from by_hand import Story, play, procedure, shop

# `ready` has officers at all hours and work of no time unless said, so that a dossier that begins
# there is accepted on arrival and goes on at once. Nothing else delays it.

READY = "ready: {staff: {count: 9, calendar: always}}, last: {staff: {count: 9, calendar: always}}"


def one(*steps: str, when: str, keys: str, more: str = "") -> Story:
    """Tell of one dossier that arrives at `when`."""
    return play(shop(READY, procedure("p", *steps, keys=keys), more=more), a=f"p {when}")["a"]


def due(limit: str, accepted: str, more: str = "") -> str | None:
    """Give the due instant of a dossier that is accepted as it arrives."""
    story = one(
        "{at: city.ready, work: 0 min}", when=accepted, keys=f"time_limit: {limit}", more=more
    )
    assert story.accepted == accepted
    return story.due


# Rule 14: due instants. Tết closes the office from Wednesday 2021-02-10 to Tuesday 2021-02-16.

BEFORE_TET = "2021-02-09 16:30"


@pytest.mark.parametrize(
    ("limit", "accepted", "until"),
    [
        ("same day", BEFORE_TET, "2021-02-09 17:00"),
        ("same day", "2021-02-09 05:00", "2021-02-09 17:00"),
        ("same day", "2021-02-09 16:59:59", "2021-02-09 17:00"),
        ("same day", "2021-02-09 17:00", "2021-02-17 17:00"),  # not before the last closing
        ("same day", "2021-02-12 10:00", "2021-02-17 17:00"),
        ("same day", "2021-02-06 10:00", "2021-02-08 17:00"),
        ("1 working day", BEFORE_TET, "2021-02-17 17:00"),
        ("1 working day", "2021-02-09 00:00", "2021-02-17 17:00"),
        ("1 working day", "2021-02-09 23:59", "2021-02-17 17:00"),
        ("1 working day", "2021-02-08 07:30", "2021-02-09 17:00"),
        ("3 working days", BEFORE_TET, "2021-02-19 17:00"),
        ("5 working days", BEFORE_TET, "2021-02-23 17:00"),
        ("1 working day", "2021-02-06 10:00", "2021-02-08 17:00"),  # a Saturday
        ("2 working days", "2021-02-12 10:00", "2021-02-18 17:00"),
        ("1 working h", BEFORE_TET, "2021-02-17 08:00"),
        ("30 min", BEFORE_TET, "2021-02-09 17:00"),
        ("0.5 working h", BEFORE_TET, "2021-02-09 17:00"),  # exactly at closing
        ("8 working h", BEFORE_TET, "2021-02-17 17:00"),  # half an hour and a day of 7.5 h
        ("8 working h", "2021-02-12 03:00", "2021-02-18 08:00"),
        ("1 working h", "2021-02-08 11:00", "2021-02-08 14:00"),
        ("1 days", "2021-02-08 16:30", "2021-02-09 17:00"),
        ("3 days", BEFORE_TET, "2021-02-17 17:00"),  # 02-12 is closed
        ("8 days", BEFORE_TET, "2021-02-17 17:00"),
        ("9 days", BEFORE_TET, "2021-02-18 17:00"),
        ("1 week", BEFORE_TET, "2021-02-17 17:00"),
        ("2 weeks", BEFORE_TET, "2021-02-23 17:00"),
        ("4 days", "2021-02-02 10:00", "2021-02-08 17:00"),  # a Saturday
        ("24 h", BEFORE_TET, "2021-02-10 16:30"),
        ("90 min", BEFORE_TET, "2021-02-09 18:00"),
    ],
)
def test_rule_14_the_due_instant_follows_from_acceptance(
    limit: str, accepted: str, until: str
) -> None:
    assert due(limit, accepted) == until


@pytest.mark.parametrize(
    ("accepted", "until"),
    [
        ("2021-02-09 14:59:59", "2021-02-09 17:00"),
        ("2021-02-09 15:00", "2021-02-17 17:00"),
        ("2021-02-09 16:59", "2021-02-17 17:00"),
        ("2021-02-06 10:00", "2021-02-08 17:00"),
    ],
)
def test_rule_14_the_same_day_needs_acceptance_before_the_cutoff(accepted: str, until: str) -> None:
    assert due("same day", accepted, 'same_day_cutoff: "15:00"\n') == until


def test_rule_14_the_cutoff_may_lie_after_the_last_closing() -> None:
    assert due("same day", "2021-02-08 17:30", 'same_day_cutoff: "18:00"\n') == "2021-02-09 17:00"


def test_rule_14_public_holidays_and_make_up_days_decide_which_days_are_open() -> None:
    calendars = """\
calendars:
  office:
    hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}
    holidays: VN
    open: {2021-02-06: ["07:30-11:30"]}
"""
    # the holiday of Tết 2021 is from 02-10 to 02-16; Saturday 02-06 is worked in the morning
    assert due("1 working day", "2021-02-05 10:00", calendars) == "2021-02-06 11:30"
    assert due("2 working days", "2021-02-05 10:00", calendars) == "2021-02-08 17:00"
    assert due("same day", "2021-02-06 11:29", calendars) == "2021-02-06 11:30"
    assert due("same day", "2021-02-06 11:30", calendars) == "2021-02-08 17:00"
    assert due("2 working days", "2021-02-08 10:00", calendars) == "2021-02-17 17:00"


OPEN_ALWAYS = 'calendars: {office: {hours: {mon-sun: ["00:00-24:00"]}}}\n'


@pytest.mark.parametrize(
    ("limit", "accepted", "until"),
    [
        ("same day", BEFORE_TET, "2021-02-10 00:00"),
        ("same day", "2021-02-09 00:00", "2021-02-10 00:00"),
        ("1 working day", BEFORE_TET, "2021-02-11 00:00"),
        ("2 days", BEFORE_TET, "2021-02-12 00:00"),
        ("3 working h", "2021-02-09 22:00", "2021-02-10 01:00"),
    ],
)
def test_rule_14_without_closing_a_day_closes_at_midnight(
    limit: str, accepted: str, until: str
) -> None:
    assert due(limit, accepted, OPEN_ALWAYS) == until


def test_rule_14_a_night_across_midnight_is_open_on_both_dates() -> None:
    nights = """\
calendars:
  office:
    hours: {mon: ["22:00-24:00"], tue: ["00:00-06:00", "22:00-24:00"], wed: ["00:00-06:00"]}
"""
    # Monday, Tuesday and Wednesday are open days; the last closings are 24:00, 24:00 and 06:00
    assert due("same day", "2021-02-01 23:00", nights) == "2021-02-02 00:00"
    assert due("same day", "2021-02-02 05:00", nights) == "2021-02-03 00:00"
    assert due("2 working days", "2021-02-01 23:00", nights) == "2021-02-03 06:00"


TWO_OFFICES = """\
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}
  fridays: {hours: {fri: ["08:00-12:00"]}}
levels:
  city: {calendar: fridays, stations: {desk: {staff: {count: 9, calendar: always}}}}
  ward: {within: city, calendar: office, stations: {front: {staff: {count: 9, calendar: always}}}}
procedures:
  here:
    received_at: ward
    volume: some
    time_limit: 1 working day
    route: [{at: ward.front, work: 0 min, accepts: true}, {at: city.desk, work: 0 min}]
  there:
    received_at: ward
    volume: some
    time_limit: 1 working day
    route: [{at: ward.front, work: 0 min}, {at: city.desk, work: 1 min, accepts: true}]
"""


def test_rule_14_the_calendar_is_that_of_the_office_that_accepts() -> None:
    it = play(TWO_OFFICES, a="here 2021-02-02 10:00", b="there 2021-02-02 10:00")
    assert it["a"].due == "2021-02-03 17:00"
    assert (it["b"].accepted, it["b"].due) == ("2021-02-02 10:01", "2021-02-05 12:00")


FIRST_IN_THE_CITY = """\
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}
  fridays: {hours: {fri: ["08:00-12:00"]}}
levels:
  city:
    calendar: fridays
    stations:
      desk: {staff: {count: 9, calendar: always}}
      window: {kind: counter, staff: {count: 9, calendar: always}}
  ward: {within: city, calendar: office, stations: {front: {}}}
procedures:
  at_desk:
    received_at: ward
    volume: some
    time_limit: 1 working day
    route: [{at: city.desk, work: 0 min}, {at: ward.front, work: 0 min}]
  at_counter:
    received_at: ward
    volume: some
    time_limit: 1 working day
    route: [{at: city.window, work: 0 min}, {at: ward.front, work: 0 min}]
"""


def test_rule_14_the_first_counter_accepts_by_its_own_calendar_but_on_arrival_homes_holds() -> None:
    it = play(FIRST_IN_THE_CITY, a="at_desk 2021-02-02 10:00", b="at_counter 2021-02-02 10:00")
    assert it["a"].accepted == it["b"].accepted == "2021-02-02 10:00"
    assert (it["a"].due, it["b"].due) == ("2021-02-03 17:00", "2021-02-05 12:00")


def test_rule_14_the_statutory_limit_counts_in_the_same_way() -> None:
    story = one(
        "{at: city.ready, work: 0 min}",
        when=BEFORE_TET,
        keys="time_limit: 1 working day, statutory_limit: 3 working days",
    )
    assert (story.due, story.due_by_law) == ("2021-02-17 17:00", "2021-02-19 17:00")


def test_rule_14_without_a_limit_nothing_is_due() -> None:
    story = one("{at: city.ready, work: 0 min}", when=BEFORE_TET, keys="priority: 1")
    assert (story.due, story.due_by_law, story.outcome) == ("never", "never", "without_limit")


# Rule 15: pauses


def paused(
    limit: str, accepted: str, work: str, wait: str, clock: str = "pauses", more: str = ""
) -> Story:
    """Accept on arrival, work, then wait: the pause begins when the work is done."""
    return one(
        f"{{at: city.ready, work: {work}}}",
        f"{{wait: {wait}, clock: {clock}}}",
        "{at: city.last, work: 0 min}",
        when=accepted,
        keys=f"time_limit: {limit}",
        more=more,
    )


@pytest.mark.parametrize(
    ("limit", "accepted", "work", "wait", "until"),
    [
        # due on 02-04 (Thursday); paused from Tuesday, when Wednesday and Thursday remain, to
        # Friday: Monday and Tuesday are left
        ("3 working days", "2021-02-01 10:00", "24 h", "72 h", "2021-02-09 17:00"),
        # to Saturday: again Monday and Tuesday
        ("3 working days", "2021-02-01 10:00", "24 h", "96 h", "2021-02-09 17:00"),
        # within one day: nothing moves
        ("3 working days", "2021-02-01 10:00", "24 h", "4 h", "2021-02-04 17:00"),
        # from Saturday 02-06 to Sunday: due on 02-09, of which Monday and Tuesday remain
        ("5 working days", "2021-02-02 10:00", "96 h", "24 h", "2021-02-09 17:00"),
        # over Tết: due on 02-18, of which 02-17 and 02-18 remain on 02-09
        ("3 working days", "2021-02-08 10:00", "24 h", "72 h", "2021-02-18 17:00"),
        ("3 working days", "2021-02-08 10:00", "24 h", "192 h", "2021-02-19 17:00"),
        # 10 working hours from 08:00: 7 on Monday; used until 14:30: 4.5; left from Wednesday
        # 14:30: 2.5 then and 3 on Thursday
        ("10 working h", "2021-02-01 08:00", "6.5 h", "48 h", "2021-02-04 10:30"),
        # a pause from lunch to lunch takes a day's hours: 6.5 h left from Tuesday 13:30
        ("10 working h", "2021-02-01 08:00", "4 h", "24 h", "2021-02-03 10:30"),
        # in closed time only: nothing moves
        ("10 working h", "2021-02-01 08:00", "4 h", "1 h", "2021-02-02 10:30"),
        # 5 calendar days from Monday are Saturday, so due on Monday 02-08: five days remain on
        # Wednesday 02-03, and count on from Thursday 02-04
        ("5 days", "2021-02-01 10:00", "48 h", "24 h", "2021-02-09 17:00"),
        # from Wednesday to Sunday 02-07: five more days are Friday 02-12, in Tết
        ("5 days", "2021-02-01 10:00", "48 h", "96 h", "2021-02-17 17:00"),
        ("1 week", "2021-02-01 10:00", "24 h", "24 h", "2021-02-09 17:00"),
        ("24 h", "2021-02-01 08:00", "2 h", "5 h", "2021-02-02 13:00"),
        ("24 h", "2021-02-01 08:00", "2 h", "200 h", "2021-02-10 16:00"),
    ],
)
def test_rule_15_a_pause_keeps_what_remains_on_the_limits_own_clock(
    limit: str, accepted: str, work: str, wait: str, until: str
) -> None:
    assert paused(limit, accepted, work, wait).due == until


@pytest.mark.parametrize(
    ("limit", "before", "after"),
    [
        ("same day", "2021-02-09 17:00", "2021-02-17 17:00"),
        ("1 working day", "2021-02-17 17:00", "2021-02-18 17:00"),
        ("3 working days", "2021-02-19 17:00", "2021-02-22 17:00"),
        ("4 working h", "2021-02-09 15:00", "2021-02-17 11:30"),
        ("5 days", "2021-02-17 17:00", "2021-02-25 17:00"),  # eight days from 02-09 to the due date
        ("24 h", "2021-02-10 09:00", "2021-02-18 07:30"),
    ],
)
def test_rule_15_a_pause_over_tet(limit: str, before: str, after: str) -> None:
    # from Tuesday 02-09 at 10:00 to Wednesday 02-17 at 08:30
    accepted, wait = "2021-02-09 09:00", "190.5 h"
    assert paused(limit, accepted, "1 h", wait, clock="runs").due == before
    assert paused(limit, accepted, "1 h", wait).due == after


@pytest.mark.parametrize(
    ("wait", "until"),
    [
        ("6 h", "2021-02-02 17:00"),  # to 16:00: the last closing is still to come
        ("7 h", "2021-02-02 17:00"),  # to 17:00: not past
        ("8 h", "2021-02-03 17:00"),
        ("24 h", "2021-02-03 17:00"),
        ("96 h", "2021-02-08 17:00"),  # to Saturday
        ("192 h", "2021-02-17 17:00"),  # into Tết
    ],
)
@pytest.mark.parametrize("limit", ["1 working day", "1 days"])
def test_rule_15_with_no_day_left_it_is_due_on_the_day_on_which_the_pause_ends(
    limit: str, wait: str, until: str
) -> None:
    # accepted on Monday and due on Tuesday, the day on which the pause starts at 10:00
    assert paused(limit, "2021-02-01 10:00", "24 h", wait).due == until


@pytest.mark.parametrize(
    ("wait", "until"),
    [
        ("2 h", "2021-02-02 17:00"),
        ("8 h", "2021-02-03 17:00"),
        ("24 h", "2021-02-03 17:00"),
        ("96 h", "2021-02-08 17:00"),
    ],
)
def test_rule_15_the_same_day_goes_on_as_with_no_day_left(wait: str, until: str) -> None:
    assert paused("same day", "2021-02-02 09:00", "1 h", wait).due == until
    cutoff = 'same_day_cutoff: "10:30"\n'
    assert paused("same day", "2021-02-02 09:00", "1 h", wait, more=cutoff).due == until


def test_rule_15_while_the_clock_stands_the_due_instant_reads_as_before() -> None:
    story = paused("1 working day", "2021-03-29 10:00", "1 h", "30 days")
    assert story.due == "2021-03-30 17:00"
    assert story.trace.stopped[story.number]
    assert story.outcome == "open"


def test_rule_15_a_wait_that_runs_changes_nothing() -> None:
    story = paused("24 h", "2021-02-01 08:00", "2 h", "5 h", clock="runs")
    assert story.due == "2021-02-02 08:00"


@pytest.mark.parametrize(
    ("limit", "accepted", "work", "wait", "until"),
    [
        ("24 h", "2021-02-01 08:00", "2 h", "5 h", "2021-02-02 15:00"),
        ("3 working days", "2021-02-01 10:00", "24 h", "72 h", "2021-02-10 17:00"),
        # from Wednesday 14:30: 2.5 h, and Thursday's 7.5 h
        ("10 working h", "2021-02-01 08:00", "6.5 h", "48 h", "2021-02-04 17:00"),
        ("same day", "2021-02-02 09:00", "1 h", "24 h", "2021-02-03 17:00"),
    ],
)
def test_rule_15_a_limit_that_restarts_begins_anew_at_the_end(
    limit: str, accepted: str, work: str, wait: str, until: str
) -> None:
    # without Tết, so that the working days simply follow each other
    calendars = 'calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}\n'
    assert paused(limit, accepted, work, wait, "restarts", calendars).due == until


def test_rule_15_a_same_day_limit_that_restarts_after_the_cutoff_is_due_the_next_day() -> None:
    cutoff = 'same_day_cutoff: "15:00"\n'
    story = paused("same day", "2021-02-02 09:00", "1 h", "5 h", "restarts", cutoff)
    assert story.due == "2021-02-03 17:00"


def test_rule_15_absences_pause_and_restart_too() -> None:
    for clock, until in (("pauses", "2021-02-02 13:00"), ("restarts", "2021-02-02 15:00")):
        incomplete = f"incomplete: {{share: 100%, away: 5 h, clock: {clock}}}"
        story = one(
            f"{{at: city.ready, work: 2 h, {incomplete}}}",
            when="2021-02-01 08:00",
            keys="time_limit: 24 h",
        )
        assert story.due == until


def test_rule_15_each_pause_of_several_counts() -> None:
    story = one(
        "{at: city.ready, work: 1 h, "
        "incomplete: {share: 100%, at_most: 3, away: 2 h, clock: pauses}}",
        when="2021-02-01 08:00",
        keys="time_limit: 24 h",
    )
    assert story.due == "2021-02-02 14:00"


def in_branches(*branches: str, limit: str, accepted: str, more: str = "") -> Story:
    together = ", ".join(f"[{branch}]" for branch in branches)
    return one(
        "{at: city.ready, work: 1 h}",
        f"{{together: [{together}]}}",
        "{at: city.last, work: 0 min}",
        when=accepted,
        keys=f"time_limit: {limit}",
        more=more,
    )


@pytest.mark.parametrize(
    ("branches", "hours"),
    [
        (("{id: a, wait: 4 h, clock: pauses}", "{id: b, wait: 6 h, clock: pauses}"), 6),
        # from 09:00 to 13:00 and from 11:00 to 15:00
        (
            (
                "{id: a, wait: 4 h, clock: pauses}",
                "{id: r, wait: 2 h}, {id: b, wait: 4 h, clock: pauses}",
            ),
            6,
        ),
        # from 09:00 to 15:00, and within that from 11:00 to 12:00
        (
            (
                "{id: a, wait: 6 h, clock: pauses}",
                "{id: r, wait: 2 h}, {id: b, wait: 1 h, clock: pauses}",
            ),
            6,
        ),
        # from 09:00 to 10:00 and, apart, from 12:00 to 14:00
        (
            (
                "{id: a, wait: 1 h, clock: pauses}",
                "{id: r, wait: 3 h}, {id: b, wait: 2 h, clock: pauses}",
            ),
            3,
        ),
        # from 09:00 to 11:00 and, touching, from 11:00 to 12:00
        (
            (
                "{id: a, wait: 2 h, clock: pauses}",
                "{id: r, wait: 2 h}, {id: b, wait: 1 h, clock: pauses}",
            ),
            3,
        ),
    ],
)
def test_rule_15_pauses_that_overlap_count_once(branches: tuple[str, ...], hours: int) -> None:
    story = in_branches(*branches, limit="24 h", accepted="2021-02-01 08:00")
    assert story.due == f"2021-02-02 {8 + hours:02d}:00"


def test_rule_15_a_pause_that_starts_while_the_clock_stands_counts_though_it_was_due() -> None:
    # due at 10:00; the first pause runs from 09:00 to 12:00, the second from 11:00 to 14:00
    story = in_branches(
        "{id: a, wait: 3 h, clock: pauses}",
        "{id: r, wait: 2 h}, {id: b, wait: 3 h, clock: pauses}",
        limit="2 h",
        accepted="2021-02-01 08:00",
    )
    assert story.due == "2021-02-01 15:00"


def test_rule_15_a_pause_after_the_due_instant_changes_nothing() -> None:
    story = paused("2 h", "2021-02-01 08:00", "121 min", "5 h")
    assert (story.due, story.outcome) == ("2021-02-01 10:00", "late")
    story = paused("1 working day", "2021-02-01 10:00", "32 h", "24 h")
    assert story.due == "2021-02-02 17:00"


def test_rule_15_a_restart_after_the_due_instant_changes_nothing() -> None:
    story = paused("2 h", "2021-02-01 08:00", "121 min", "5 h", clock="restarts")
    assert story.due == "2021-02-01 10:00"


def test_rule_15_a_pause_that_outlasts_an_overlooked_one_changes_nothing_either() -> None:
    # due at 09:30, while the clock runs; the pauses start at 10:00 and 11:00
    story = in_branches(
        "{id: r, wait: 1 h}, {id: a, wait: 2 h, clock: pauses}",
        "{id: r2, wait: 2 h}, {id: b, wait: 4 h, clock: pauses}",
        limit="90 min",
        accepted="2021-02-01 08:00",
    )
    assert story.due == "2021-02-01 09:30"


@pytest.mark.parametrize(
    ("limit", "work", "wait", "until"),
    [
        ("2 h", "2 h", "3 h", "2021-02-01 13:00"),
        ("2 working h", "2 h", "3 h", "2021-02-01 13:00"),  # no open time is over at once
        ("same day", "9 h", "12 h", "2021-02-02 17:00"),
        ("1 working day", "33 h", "12 h", "2021-02-03 17:00"),
    ],
)
def test_rule_15_a_pause_at_the_due_instant_itself_counts_and_leaves_nothing(
    limit: str, work: str, wait: str, until: str
) -> None:
    assert paused(limit, "2021-02-01 08:00", work, wait).due == until


@pytest.mark.parametrize("limit", ["1 working day", "1 days"])
def test_rule_15_a_pause_that_starts_as_the_due_date_ends_at_midnight_counts(limit: str) -> None:
    # due on 02-02 at 24:00, when the pause starts; no day is left, so it is due on the day of the
    # pause's end, which is 02-05
    story = paused(limit, "2021-02-01 10:00", "38 h", "58 h", more=OPEN_ALWAYS)
    assert story.wait("wait")[1:3] == ("2021-02-03 00:00", "2021-02-05 10:00")
    assert story.due == "2021-02-06 00:00"


@pytest.mark.parametrize("clock", ["pauses", "restarts"])
def test_rule_15_a_pause_before_acceptance_changes_nothing(clock: str) -> None:
    story = one(
        f"{{wait: 5 h, clock: {clock}}}",
        "{at: city.ready, work: 1 h, accepts: true}",
        "{at: city.last, work: 0 min}",
        when="2021-02-01 08:00",
        keys="time_limit: 24 h",
    )
    assert (story.accepted, story.due) == ("2021-02-01 14:00", "2021-02-02 14:00")


def test_rule_15_an_absence_before_acceptance_changes_nothing() -> None:
    text = shop(
        "front: {kind: counter}, last: {}",
        procedure(
            "p",
            "{at: city.front, work: 30 min, incomplete: {share: 100%, away: 1 h, clock: pauses}}",
            "{at: city.last, work: 0 min}",
            keys="time_limit: 24 h",
        ),
    )
    story = play(text, a="p 2021-02-01 08:00")["a"]
    assert (story.accepted, story.due) == ("2021-02-01 10:00", "2021-02-02 10:00")


def test_rule_15_a_pause_that_starts_at_acceptance_counts() -> None:
    text = shop(
        "front: {kind: counter}, last: {}",
        procedure(
            "p",
            "{at: city.front, work: 30 min}",
            "{wait: 2 h, clock: pauses}",
            "{at: city.last, work: 0 min}",
            keys="time_limit: 24 h",
        ),
    )
    assert play(text, a="p 2021-02-01 08:00")["a"].due == "2021-02-02 10:30"


@pytest.mark.parametrize("clock", ["pauses", "restarts"])
def test_rule_15_a_pause_after_resolution_changes_nothing(clock: str) -> None:
    story = one(
        "{at: city.ready, work: 1 h, decides: true}",
        f"{{wait: 5 h, clock: {clock}}}",
        "{at: city.last, work: 0 min}",
        when="2021-02-01 08:00",
        keys="time_limit: 24 h",
    )
    assert (story.resolved, story.due) == ("2021-02-01 09:00", "2021-02-02 08:00")


def test_rule_15_a_pause_that_ends_as_the_dossier_is_resolved_moves_the_due_instant() -> None:
    # the together ends, and resolves, as the pause does: at 14:00, of which five hours count not
    story = one(
        "{together: [[{at: city.ready, work: 1 h}, {wait: 5 h, clock: pauses}], "
        "[{id: w, wait: 1 h}]]}",
        when="2021-02-01 08:00",
        keys="time_limit: 2 h",
    )
    assert (story.resolved, story.due) == ("2021-02-01 14:00", "2021-02-01 15:00")
    assert story.outcome != "late"


def test_rule_15_the_statutory_clock_stops_by_its_own_due_instant() -> None:
    story = one(
        "{at: city.ready, work: 3 h}",
        "{wait: 5 h, clock: pauses}",
        "{at: city.last, work: 0 min}",
        when="2021-02-01 08:00",
        keys="time_limit: 2 h, statutory_limit: 24 h",
    )
    assert (story.due, story.due_by_law) == ("2021-02-01 10:00", "2021-02-02 13:00")


def test_rule_15_a_statutory_limit_alone_is_paused_too() -> None:
    story = one(
        "{at: city.ready, work: 1 h}",
        "{wait: 5 h, clock: pauses}",
        "{at: city.last, work: 0 min}",
        when="2021-02-01 08:00",
        keys="statutory_limit: 24 h",
    )
    assert (story.due, story.due_by_law) == ("never", "2021-02-02 13:00")
    assert story.outcome == "without_limit"


# Rule 15: waits until the due instant


def collected(then: str, limit: str, accepted: str, work: str = "1 h") -> Story:
    return one(
        f"{{at: city.ready, work: {work}}}",
        f"{{wait: {{until: due{then}}}}}",
        "{at: city.last, work: 0 min}",
        when=accepted,
        keys=f"time_limit: {limit}",
    )


@pytest.mark.parametrize(
    ("then", "ended"),
    [
        ("", "2021-02-17 17:00"),
        (", then: 3 h", "2021-02-17 20:00"),
        (", then: 1 working h", "2021-02-18 08:30"),
        (", then: 1 working day", "2021-02-19 08:00"),
    ],
)
def test_rule_15_a_wait_until_due_ends_then_and_goes_on_for_what_follows(
    then: str, ended: str
) -> None:
    story = collected(then, "1 working day", BEFORE_TET)
    assert story.due == "2021-02-17 17:00"
    assert story.wait("wait")[1:3] == ("2021-02-09 17:30", ended)
    assert story.resolved == "2021-02-09 17:30"


def test_rule_15_a_due_instant_in_the_past_leaves_only_what_follows() -> None:
    at_once = collected("", "1 h", "2021-02-01 08:00", "2 h")
    assert at_once.wait("wait")[1:3] == ("2021-02-01 10:00", "2021-02-01 10:00")
    # half an hour before lunch, and half an hour after it
    later = collected(", then: 1 working h", "1 h", "2021-02-01 08:00", "3 h")
    assert later.wait("wait")[1:3] == ("2021-02-01 11:00", "2021-02-01 14:00")


def test_rule_15_a_wait_until_due_reads_the_due_instant_once() -> None:
    # due at 12:00 when the wait begins at 09:00; the pause, from 10:00 to 15:00, makes it 17:00
    story = in_branches(
        "{id: until, wait: {until: due}}",
        "{id: r, wait: 1 h}, {id: a, wait: 5 h, clock: pauses}",
        limit="4 h",
        accepted="2021-02-01 08:00",
    )
    assert story.wait("until").ended == "2021-02-01 12:00"
    # the visit before the wait has resolved it, so that the pause changed nothing
    story = one(
        "{at: city.ready, work: 1 h}",
        "{together: [[{id: until, wait: {until: due}}], "
        "[{id: r, wait: 1 h}, {id: a, wait: 5 h, clock: pauses}]]}",
        "{at: city.last, work: 0 min, decides: true}",
        when="2021-02-01 08:00",
        keys="time_limit: 4 h",
    )
    assert story.wait("until").ended == "2021-02-01 12:00"
    assert story.due == "2021-02-01 17:00"


def test_rule_15_a_wait_until_due_beside_a_pause_reads_the_due_instant_as_before() -> None:
    story = one(
        "{at: city.ready, work: 1 h}",
        "{together: [[{id: until, wait: {until: due}}], [{id: a, wait: 5 h, clock: pauses}]]}",
        "{at: city.last, work: 0 min, decides: true}",
        when="2021-02-01 08:00",
        keys="time_limit: 4 h",
    )
    assert story.wait("until").ended == "2021-02-01 12:00"
    assert story.due == "2021-02-01 17:00"


# Rule 16: early, on time, late


def outcome(limit: str, resolved: str, keys: str = "", more: str = "") -> str:
    """Give the outcome of who is accepted on Tuesday 2021-02-02 at 08:00 and resolved then."""
    text = shop(
        READY,
        procedure(
            "p",
            "{at: city.ready, work: 0 min, accepts: true}",
            f"{{wait: {_minutes(resolved)} min}}",
            "{at: city.last, work: 0 min}",
            keys=f"time_limit: {limit}{keys}",
        ),
        more=more,
    )
    story = play(text, a="p 2021-02-02 08:00")["a"]
    assert story.resolved == resolved
    return story.outcome


def _minutes(resolved: str) -> int:
    day, _, hour = resolved.removeprefix("2021-02-").partition(" ")
    return (int(day) - 2) * 1440 + int(hour[:2]) * 60 + int(hour[3:]) - 480


@pytest.mark.parametrize(
    ("limit", "resolved", "expected"),
    [
        # by slip, a limit in days is by date: due on 02-04 at 17:00
        ("2 working days", "2021-02-03 17:00", "early"),
        ("2 working days", "2021-02-03 23:59", "early"),
        ("2 working days", "2021-02-04 00:00", "early"),  # the end of 02-03
        ("2 working days", "2021-02-04 00:01", "on_time"),
        ("2 working days", "2021-02-04 08:00", "on_time"),
        ("2 working days", "2021-02-04 17:00", "on_time"),
        ("2 working days", "2021-02-04 17:01", "late"),
        ("2 days", "2021-02-03 23:59", "early"),
        ("2 days", "2021-02-04 16:00", "on_time"),
        ("1 week", "2021-02-08 16:00", "early"),
        ("1 week", "2021-02-09 07:30", "on_time"),
        ("1 week", "2021-02-09 17:01", "late"),
        # the others are by time: open time left
        ("same day", "2021-02-02 16:59", "early"),
        ("same day", "2021-02-02 17:00", "on_time"),
        ("same day", "2021-02-02 17:01", "late"),
        ("8 working h", "2021-02-03 07:59", "early"),  # due on 02-03 at 08:30
        ("8 working h", "2021-02-03 08:30", "on_time"),
        ("8 working h", "2021-02-03 08:31", "late"),
        ("12 h", "2021-02-02 16:59", "early"),  # due at 20:00, when the office is closed
        ("12 h", "2021-02-02 17:00", "on_time"),
        ("12 h", "2021-02-02 19:00", "on_time"),
        ("12 h", "2021-02-02 20:00", "on_time"),
        ("12 h", "2021-02-02 20:01", "late"),
        ("240 min", "2021-02-02 11:30", "on_time"),  # due at 12:00
    ],
)
def test_rule_16_by_slip_days_are_by_date_and_the_rest_by_time(
    limit: str, resolved: str, expected: str
) -> None:
    assert outcome(limit, resolved) == expected


@pytest.mark.parametrize(
    ("margin", "resolved", "expected"),
    [
        ("0 h", "2021-02-04 16:59", "early"),
        ("0 h", "2021-02-04 17:00", "on_time"),
        ("4 h", "2021-02-04 11:00", "on_time"),  # 0.5 h and 3.5 h: not more than the margin
        ("4 h", "2021-02-04 10:59", "early"),
        ("4 h", "2021-02-03 17:00", "early"),
        ("8 working h", "2021-02-03 16:30", "on_time"),  # 0.5 h and 7.5 h
        ("8 working h", "2021-02-03 16:29", "early"),
        ("4 h", "2021-02-04 17:01", "late"),
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_rule_16_by_time_more_than_the_margin_of_open_time_must_be_left(
    margin: str, resolved: str, expected: str, own: bool
) -> None:
    words = {"early": "by_time", "early_margin": margin}
    keys = "".join(f", {key}: {word}" for key, word in words.items()) if own else ""
    more = "" if own else "".join(f"{key}: {word}\n" for key, word in words.items())
    assert outcome("2 working days", resolved, keys, more) == expected


@pytest.mark.parametrize(
    ("resolved", "expected"),
    [
        ("2021-02-02 16:00", "early"),
        ("2021-02-03 00:00", "early"),
        ("2021-02-03 07:30", "on_time"),
        ("2021-02-03 08:31", "late"),
    ],
)
def test_rule_16_by_date_holds_for_limits_in_hours_too(resolved: str, expected: str) -> None:
    assert outcome("8 working h", resolved, ", early: by_date") == expected


@pytest.mark.parametrize(
    ("resolved", "expected"),
    [
        ("2021-02-03 00:00", "early"),
        ("2021-02-03 00:01", "on_time"),
        ("2021-02-04 00:00", "on_time"),
        ("2021-02-04 00:01", "late"),
    ],
)
def test_rule_16_a_closing_at_midnight_belongs_to_the_date_that_it_ends(
    resolved: str, expected: str
) -> None:
    # due on Wednesday 02-03 at 24:00
    assert outcome("1 working day", resolved, more=OPEN_ALWAYS) == expected


def test_rule_16_open_time_left_is_of_the_accepting_office() -> None:
    text = TWO_OFFICES.replace("time_limit: 1 working day", "time_limit: 24 h")
    it = play(text, a="here 2021-02-02 10:00", b="there 2021-02-02 10:00")
    # due a day later; until then the ward is open, but the city is only on Fridays
    assert (it["a"].outcome, it["b"].outcome) == ("early", "on_time")


def test_rule_16_late_by_law_is_after_the_statutory_due_instant() -> None:
    for minutes, by_slip, by_law in ((60, False, False), (150, True, False), (200, True, True)):
        story = one(
            f"{{at: city.ready, work: {minutes} min}}",
            when="2021-02-02 08:00",
            keys="time_limit: 2 h, statutory_limit: 3 h",
        )
        number, trace = story.number, story.trace
        assert (story.due, story.due_by_law) == ("2021-02-02 10:00", "2021-02-02 11:00")
        assert (story.outcome == "late") == by_slip
        assert bool(trace.resolved[number] > trace.due_by_law[number]) == by_law
