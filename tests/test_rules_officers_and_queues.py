"""Rules 3 to 8 worked by hand: officers, queues, patience and simultaneous events."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import pytest
import simpy
from by_hand import chosen, network_of, play, procedure, shop

from sim.docket import Docket, NodeKind, draw
from sim.durations import DAY, MINUTE, MISSING
from sim.engine import Trace, simulate
from sim.errors import InputError

BOTH_CHANNELS = "channels: {counter: 50%, online: 50%}"
HOUR_AT_DESK = procedure("p", "{at: city.desk, work: 1 h}")


def at_desk(name: str, work: str, keys: str = "") -> str:
    return procedure(name, f"{{at: city.desk, work: {work}}}", keys=keys)


# Rule 3: shifts and absence


def test_rule_3_an_officer_takes_no_step_on_a_date_of_absence() -> None:
    it = play(
        shop("desk: {}", HOUR_AT_DESK),
        absent={"city.desk@city #1": ["2021-02-03"]},
        a="p 2021-02-03 08:00",
    )
    assert it["a"].visit("desk")[:3] == (
        "2021-02-03 08:00", "2021-02-04 07:30", "2021-02-04 08:30",
    )  # fmt: skip


def test_rule_3_absence_on_every_date_leaves_no_shift() -> None:
    it = play(shop("desk: {absence: 100%}", HOUR_AT_DESK), a="p 2021-02-03 08:00")
    assert it["a"].visit("desk")[:3] == ("2021-02-03 08:00", None, None)


def test_rule_3_absence_cuts_a_night_shift_at_midnight() -> None:
    text = shop("desk: {staff: {count: 1, calendar: nights}}", at_desk("p", "2 h"))
    there = play(text, a="p 2021-02-01 23:00")
    assert there["a"].visit("desk").ended == "2021-02-02 01:00"
    # one hour on Monday before midnight; nothing on Tuesday, so that Wednesday begins at 00:00
    absent = play(text, absent={"city.desk@city #1": ["2021-02-02"]}, a="p 2021-02-01 23:00")
    assert absent["a"].visit("desk").ended == "2021-02-03 01:00"


def test_rule_3_a_group_begins_on_its_from_date() -> None:
    by_day = shop("desk: {staff: {count: 1, from: 2021-02-03}}", HOUR_AT_DESK)
    it = play(by_day, a="p 2021-02-01 08:00")
    assert it["a"].visit("desk").started == "2021-02-03 07:30"
    by_night = shop("desk: {staff: {count: 1, calendar: nights, from: 2021-02-03}}", HOUR_AT_DESK)
    it = play(by_night, a="p 2021-02-02 22:30")
    assert it["a"].visit("desk").started == "2021-02-03 00:00"


def test_rule_1_a_shift_under_way_at_the_runs_start_counts() -> None:
    text = "period: {from: 2021-02-02, to: 2021-02-12}\n" + shop(
        "desk: {staff: {count: 1, calendar: nights}}, late: {staff: {count: 1, calendar: nights}}",
        HOUR_AT_DESK,
        procedure("q", "{at: city.late, work: 1 h}"),
    )
    it = play(text, a="p 2021-02-02 00:00", b="q 2021-02-02 05:30")
    assert it["a"].visit("desk")[1:3] == ("2021-02-02 00:00", "2021-02-02 01:00")
    assert it["b"].visit("late")[1:3] == ("2021-02-02 05:30", "2021-02-02 22:30")


@pytest.mark.parametrize(
    ("arrived", "started"),
    [
        ("2021-02-02 07:29:59", "2021-02-02 07:30"),
        ("2021-02-02 07:30", "2021-02-02 07:30"),
        ("2021-02-02 11:29:59", "2021-02-02 11:29:59"),
        ("2021-02-02 11:30", "2021-02-02 13:30"),
        ("2021-02-02 12:00", "2021-02-02 13:30"),
        ("2021-02-02 17:00", "2021-02-03 07:30"),
        ("2021-02-05 17:00", "2021-02-08 07:30"),
        ("2021-02-09 17:00", "2021-02-17 07:30"),
    ],
)
def test_rule_3_new_steps_are_taken_only_on_shift(arrived: str, started: str) -> None:
    it = play(shop("desk: {}", HOUR_AT_DESK), a=f"p {arrived}")
    assert it["a"].visit("desk").started == started


def test_rule_3_an_officer_works_on_one_step_at_a_time() -> None:
    two = "2021-02-02 08:00"
    alone = play(shop("desk: {}", HOUR_AT_DESK), a=f"p {two}", b=f"p {two}")
    assert [alone[name].visit("desk").started for name in "ab"] == [two, "2021-02-02 09:00"]
    paired = play(shop("desk: {staff: 2}", HOUR_AT_DESK), a=f"p {two}", b=f"p {two}")
    assert [paired[name].visit("desk").started for name in "ab"] == [two, two]


def test_rule_3_no_dossier_takes_an_officer_away_from_another() -> None:
    text = shop(
        "desk: {}", at_desk("p", "1 h", "priority: 2"), at_desk("urgent", "1 h", "priority: 1")
    )
    it = play(text, a="p 2021-02-02 08:00", u="urgent 2021-02-02 08:10")
    assert it["a"].visit("desk").ended == "2021-02-02 09:00"
    assert it["u"].visit("desk").started == "2021-02-02 09:00"


# Rule 4: the end of a shift


@pytest.mark.parametrize(
    ("started", "work", "ended"),
    [
        ("2021-02-02 11:00", "1 h", "2021-02-02 14:00"),  # lunch
        ("2021-02-02 16:30", "1 h", "2021-02-03 08:00"),  # night
        ("2021-02-05 16:30", "1 h", "2021-02-08 08:00"),  # weekend
        ("2021-02-09 16:30", "1 h", "2021-02-17 08:00"),  # Tết
        ("2021-02-02 07:30", "20 h", "2021-02-04 14:30"),  # two days of 7.5 h, 4 h and 1 h
        ("2021-02-02 10:30", "1 h", "2021-02-02 11:30"),  # exactly at closing
        ("2021-02-02 07:30", "7.5 h", "2021-02-02 17:00"),
        ("2021-02-02 08:00", "0 min", "2021-02-02 08:00"),
    ],
)
def test_rule_4_a_desk_suspends_its_work_until_the_next_shift(
    started: str, work: str, ended: str
) -> None:
    it = play(shop("desk: {}", at_desk("p", work)), a=f"p {started}")
    assert it["a"].visit("desk")[1:3] == (started, ended)


@pytest.mark.parametrize(
    ("started", "work", "ended"),
    [
        ("2021-02-02 11:00", "1 h", "2021-02-02 12:00"),
        ("2021-02-02 16:30", "1 h", "2021-02-02 17:30"),
        ("2021-02-09 16:30", "20 h", "2021-02-10 12:30"),
    ],
)
def test_rule_4_a_counter_finishes_in_overtime(started: str, work: str, ended: str) -> None:
    it = play(shop("desk: {kind: counter}", at_desk("p", work)), a=f"p {started}")
    assert it["a"].visit("desk")[1:3] == (started, ended)


def test_rule_4_at_close_overrides_what_the_kind_would_do() -> None:
    desk = play(shop("desk: {at_close: finish}", HOUR_AT_DESK), a="p 2021-02-02 11:00")
    assert desk["a"].visit("desk").ended == "2021-02-02 12:00"
    counter = play(
        shop("desk: {kind: counter, at_close: suspend}", HOUR_AT_DESK), a="p 2021-02-02 11:00"
    )
    assert counter["a"].visit("desk").ended == "2021-02-02 14:00"


def test_rule_4_suspended_work_goes_on_in_the_same_officers_own_shifts() -> None:
    text = shop("desk: {staff: [{count: 1, calendar: mornings}, {count: 1}]}", HOUR_AT_DESK)
    it = play(text, a="p 2021-02-02 11:00")
    assert it["a"].visit("desk")[1:4] == (
        "2021-02-02 11:00", "2021-02-03 08:00", "city.desk@city #1",
    )  # fmt: skip
    it = play(text, absent={"city.desk@city #1": ["2021-02-03"]}, a="p 2021-02-02 11:00")
    assert it["a"].visit("desk").ended == "2021-02-04 08:00"


def test_rule_4_midnight_alone_ends_no_shift() -> None:
    text = shop("desk: {at_close: suspend, staff: {count: 1, calendar: nights}}", HOUR_AT_DESK)
    it = play(text, a="p 2021-02-01 23:30")
    assert it["a"].visit("desk").ended == "2021-02-02 00:30"


def test_rule_4_an_officer_with_suspended_work_takes_nothing_else() -> None:
    it = play(shop("desk: {}", HOUR_AT_DESK), a="p 2021-02-02 11:00", b="p 2021-02-02 11:10")
    assert it["b"].visit("desk").started == "2021-02-02 14:00"


def test_rule_4_after_finishing_in_overtime_nothing_is_taken_before_the_next_shift() -> None:
    text = shop("desk: {kind: counter}", HOUR_AT_DESK)
    it = play(text, a="p 2021-02-02 11:00", b="p 2021-02-02 11:10")
    assert it["a"].visit("desk").ended == "2021-02-02 12:00"
    assert it["b"].visit("desk").started == "2021-02-02 13:30"


def test_rule_4_overtime_can_reach_into_the_next_shift() -> None:
    text = shop("desk: {kind: counter}", at_desk("p", "3 h"))
    it = play(text, a="p 2021-02-02 11:20", b="p 2021-02-02 11:25")
    assert it["b"].visit("desk").started == "2021-02-02 14:20"


def test_rule_4_finish_takes_nothing_though_its_work_ends_as_the_shift_does() -> None:
    text = shop("desk: {kind: counter}", HOUR_AT_DESK)
    it = play(text, a="p 2021-02-02 10:30", b="p 2021-02-02 10:40")
    assert it["a"].visit("desk").ended == "2021-02-02 11:30"
    assert it["b"].visit("desk").started == "2021-02-02 13:30"


CLEARING = "desk: {kind: counter, at_close: clear}"


def test_rule_4_clear_serves_those_who_joined_strictly_before_the_end() -> None:
    it = play(
        shop(CLEARING, at_desk("p", "30 min")),
        a="p 2021-02-02 11:20",
        b="p 2021-02-02 11:29:59",
        c="p 2021-02-02 11:30",
    )
    assert it["a"].visit("desk").ended == "2021-02-02 11:50"
    assert it["b"].visit("desk")[1:3] == ("2021-02-02 11:50", "2021-02-02 12:20")
    assert it["c"].visit("desk").started == "2021-02-02 13:30"


def test_rule_4_clear_takes_the_smallest_whenever_it_joined() -> None:
    text = shop(
        CLEARING,
        at_desk("p", "30 min", "priority: 2"),
        at_desk("urgent", "30 min", "priority: 1"),
    )
    it = play(
        text,
        a="p 2021-02-02 11:20",
        b="p 2021-02-02 11:25",
        u="urgent 2021-02-02 11:40",
        late="urgent 2021-02-02 12:45",
    )
    # at 11:50 b, who came before the end, is still queued: so the officer may take, and u is first
    assert it["u"].visit("desk").started == "2021-02-02 11:50"
    assert it["b"].visit("desk").started == "2021-02-02 12:20"
    # at 12:50 nobody who came before the end is left
    assert it["late"].visit("desk").started == "2021-02-02 13:30"


def test_rule_4_clear_does_not_ask_whether_a_step_was_in_hand_at_the_end() -> None:
    it = play(shop(CLEARING, HOUR_AT_DESK), a="p 2021-02-02 10:30", b="p 2021-02-02 10:40")
    assert it["a"].visit("desk").ended == "2021-02-02 11:30"
    assert it["b"].visit("desk")[1:3] == ("2021-02-02 11:30", "2021-02-02 12:30")


def test_rule_4_who_leaves_no_longer_keeps_a_clearing_officer() -> None:
    text = shop(
        "desk: {kind: counter, at_close: clear, patience: 5 min}",
        at_desk("p", "30 min", BOTH_CHANNELS),
        more="channels: {counter: {}, online: {}}\n",
    )
    it = play(
        text,
        a="p 2021-02-02 11:20 via online",
        b="p 2021-02-02 11:22 via counter",
        c="p 2021-02-02 11:40 via online",
    )
    # b came before the end but left at 11:27, so that at 11:50 only c, who came after it, is there
    assert it["b"].left == "2021-02-02 11:27"
    assert it["c"].visit("desk").started == "2021-02-02 13:30"


POOL_OF_TWO = """\
levels:
  city:
    calendar: office
    stations: {{front: {{{front}}}, back: {{{back}}}}}
    pools: {{floor: {{staff: 1, serves: [front, back]}}}}
procedures:
"""


def pool_of_two(front: str, back: str, *procedures: str) -> str:
    return POOL_OF_TWO.format(front=front, back=back) + "".join(procedures)


def test_rule_4_a_pool_clears_only_its_stations_that_clear() -> None:
    text = pool_of_two(
        "at_close: clear",
        "at_close: finish",
        procedure("p", "{at: city.front, work: 50 min}"),
        procedure("q", "{at: city.back, work: 1 h}"),
        procedure("r", "{at: city.front, work: 30 min}"),
    )
    it = play(
        text,
        a="p 2021-02-02 10:50",
        b="q 2021-02-02 11:00",
        c="r 2021-02-02 11:10",
        late="r 2021-02-02 11:50",
    )
    assert it["a"].visit("front").ended == "2021-02-02 11:40"
    assert it["c"].visit("front")[1:3] == ("2021-02-02 11:40", "2021-02-02 12:10")
    # the step at the back does not clear, though it was there before the end; late came after it
    assert it["b"].visit("back").started == "2021-02-02 13:30"
    assert it["late"].visit("front").started == "2021-02-02 14:30"


def test_rule_4_a_pool_with_two_clearing_stations_takes_the_smallest_of_both() -> None:
    text = pool_of_two(
        "at_close: clear",
        "at_close: clear",
        procedure("p", "{at: city.front, work: 40 min}", keys="priority: 2"),
        procedure("q", "{at: city.back, work: 30 min}", keys="priority: 1"),
    )
    it = play(text, a="p 2021-02-02 11:00", b="p 2021-02-02 11:10", c="q 2021-02-02 11:35")
    # b at the front joined before the end; c at the back did not, but is smaller
    assert it["c"].visit("back").started == "2021-02-02 11:40"
    assert it["b"].visit("front").started == "2021-02-02 12:10"


def test_rule_4_an_officer_with_suspended_work_is_not_idle_and_clears_nothing() -> None:
    text = pool_of_two(
        "at_close: clear",
        "at_close: suspend",
        procedure("p", "{at: city.front, work: 30 min}"),
        procedure("q", "{at: city.back, work: 1 h}"),
    )
    it = play(text, a="q 2021-02-02 11:00", b="p 2021-02-02 11:10")
    assert it["a"].visit("back").ended == "2021-02-02 14:00"
    assert it["b"].visit("front").started == "2021-02-02 14:00"


def test_rule_4_before_the_end_means_the_end_of_the_officers_own_latest_shift() -> None:
    text = shop(
        "desk: {at_close: clear, staff: [{count: 1, calendar: mornings}, {count: 1}]}",
        at_desk("p", "3 h"),
        at_desk("q", "205 min"),
        at_desk("r", "1 h"),
    )
    it = play(
        text,
        a="p 2021-02-02 11:00",
        b="q 2021-02-02 11:05",
        x="r 2021-02-02 11:20",
        y="r 2021-02-02 12:00",
        z="r 2021-02-02 14:10",
    )
    first, second = "city.desk@city #1", "city.desk@city #2"
    assert it["a"].visit("desk")[2:4] == ("2021-02-02 14:00", first)
    assert it["b"].visit("desk")[2:4] == ("2021-02-02 14:30", second)
    # the morning's officer clears x at 14:00, but y and z came after its shift
    assert it["x"].visit("desk")[1:4] == ("2021-02-02 14:00", "2021-02-02 15:00", first)
    assert it["y"].visit("desk")[1:4] == ("2021-02-02 14:30", "2021-02-02 15:30", second)
    assert it["z"].visit("desk")[1:4] == ("2021-02-02 15:30", "2021-02-02 16:30", second)


# Rule 5: groups and numbers


def test_rule_5_two_staff_entries_are_two_groups_with_one_queue() -> None:
    text = shop(
        "desk: {staff: [{count: 1, calendar: afternoons}, {count: 1, calendar: mornings}]}",
        HOUR_AT_DESK,
    )
    it = play(text, a="p 2021-02-02 08:00", b="p 2021-02-02 11:45", c="p 2021-02-02 16:30")
    assert it["a"].visit("desk")[1:4] == (
        "2021-02-02 08:00", "2021-02-02 09:00", "city.desk@city #2",
    )  # fmt: skip
    assert it["b"].visit("desk")[1:4] == (
        "2021-02-02 13:30", "2021-02-02 14:30", "city.desk@city #1",
    )  # fmt: skip
    # half an hour on Tuesday afternoon, half an hour on Wednesday afternoon
    assert it["c"].visit("desk")[1:4] == (
        "2021-02-02 16:30", "2021-02-03 14:00", "city.desk@city #1",
    )  # fmt: skip


def test_rule_5_officers_are_numbered_by_station_and_office_across_groups() -> None:
    text = """\
levels:
  city: {offices: [A, B], stations: {desk: {staff: [{count: 2}, {count: 1}]}, back: {}}}
procedures:
  p: {received_at: city, volume: some, route: [{at: city.desk, work: 1 h}]}
  q: {received_at: city, volume: some, route: [{at: city.back, work: 1 h}]}
"""
    when = "2021-02-02 08:00"
    it = play(
        text,
        a=f"p {when} at A", b=f"p {when} at A", c=f"p {when} at A",
        d=f"p {when} at B", e=f"q {when} at B",
    )  # fmt: skip
    officers = [it[name].visit("desk").officer for name in "abcd"]
    assert officers == [
        "city.desk@A #1", "city.desk@A #2", "city.desk@A #3", "city.desk@B #1",
    ]  # fmt: skip
    assert it["e"].visit("back").officer == "city.back@B #1"


def test_rule_5_a_pool_whose_stations_have_two_disciplines_is_an_error() -> None:
    with pytest.raises(InputError, match="disciplines"):
        play(
            pool_of_two(
                "discipline: edd",
                "discipline: spt",
                procedure("p", "{at: city.front, work: 1 h}"),
            )
        )


# Rule 6: the order of a queue. A blocker holds the only officer while the others join.

BLOCKER = at_desk("blocker", "1 h")
CHANNELS = "channels: {counter: {}, online: {priority: 1, present: false}}\n"


def test_rule_6_fcfs_serves_by_the_instant_of_joining() -> None:
    it = play(
        shop("desk: {}", BLOCKER, HOUR_AT_DESK),
        z="blocker 2021-02-02 07:30",
        a="p 2021-02-02 08:00",
        b="p 2021-02-02 07:50",
    )
    assert it.order("desk") == "z b a"


def test_rule_6_steps_that_tie_go_by_the_dossiers_number() -> None:
    text = shop("desk: {}", BLOCKER, HOUR_AT_DESK, at_desk("q", "1 h"))
    when = "2021-02-02 08:00"
    it = play(
        text,
        z="blocker 2021-02-02 07:30",
        q1=f"q {when}", q2=f"q {when}", p1=f"p {when}", p2=f"p {when}",
    )  # fmt: skip
    # of one arrival, the procedure in file order and then the citizen decide
    assert it.order("desk") == "z p1 p2 q1 q2"


def test_rule_6_who_arrived_first_has_the_smaller_number_though_all_join_at_once() -> None:
    text = shop(
        "desk: {}",
        BLOCKER,
        procedure("p", "{wait: 10 min}", "{at: city.desk, work: 1 h}"),
        procedure("q", "{wait: 20 min}", "{at: city.desk, work: 1 h}"),
    )
    it = play(text, z="blocker 2021-02-02 07:30", a="p 2021-02-02 07:50", b="q 2021-02-02 07:40")
    assert it["a"].visit("desk").joined == it["b"].visit("desk").joined == "2021-02-02 08:00"
    assert it.order("desk") == "z b a"


def test_rule_6_the_smaller_class_goes_first_and_the_channel_adds_to_it() -> None:
    text = shop(
        "desk: {}",
        BLOCKER,
        at_desk("p", "1 h", f"priority: 2, {BOTH_CHANNELS}"),
        at_desk("q", "1 h", f"priority: 1, {BOTH_CHANNELS}"),
        more=CHANNELS,
    )
    it = play(
        text,
        z="blocker 2021-02-02 07:30",
        third_class="p 2021-02-02 07:40 via online",
        second_class="q 2021-02-02 07:45 via online",
        second_class_later="p 2021-02-02 07:50 via counter",
        first_class="q 2021-02-02 08:00 via counter",
    )
    assert it.order("desk") == "z first_class second_class second_class_later third_class"


def test_rule_6_edd_serves_by_the_due_instant_and_those_without_limit_last() -> None:
    text = shop(
        "desk: {discipline: edd}",
        BLOCKER,
        at_desk("none", "1 h"),
        at_desk("slow", "1 h", "time_limit: 5 working days"),
        at_desk("quick", "1 h", "time_limit: 1 working day"),
    )
    it = play(
        text,
        z="blocker 2021-02-02 07:30",
        no_limit="none 2021-02-02 07:40",
        in_five_days="slow 2021-02-02 07:45",
        tomorrow="quick 2021-02-02 07:55",
        tomorrow_too="quick 2021-02-02 07:50",
    )
    # the two that are due tomorrow tie: the one that joined first goes first
    assert it.order("desk") == "z tomorrow_too tomorrow in_five_days no_limit"


def test_rule_6_the_class_goes_before_the_key() -> None:
    text = shop(
        "desk: {discipline: edd}",
        BLOCKER,
        at_desk("slow", "1 h", "time_limit: 5 working days, priority: 0"),
        at_desk("quick", "1 h", "time_limit: 1 working day"),
    )
    it = play(
        text,
        z="blocker 2021-02-02 07:30",
        quick="quick 2021-02-02 07:40",
        slow="slow 2021-02-02 07:50",
    )
    assert it.order("desk") == "z slow quick"


def test_rule_6_edd_before_acceptance_reads_the_due_instant_of_acceptance_on_joining() -> None:
    front = "{at: city.front, work: 1 h}, {at: city.back, work: 0 min}"
    text = shop(
        "front: {kind: counter, discipline: edd}, back: {}",
        procedure("blocker", "{at: city.front, work: 2 h}"),
        procedure("p", front, keys="time_limit: 4 h"),
        procedure("q", front, keys="time_limit: 3 h"),
    )
    it = play(
        text,
        z="blocker 2021-02-02 07:30",
        a="p 2021-02-02 08:10",
        b="q 2021-02-02 09:00",
        c="q 2021-02-02 09:20",
    )
    # nobody is accepted yet; as if accepted on joining they are due at 12:10, 12:00 and 12:20
    assert it["a"].accepted == it["a"].visit("front").ended
    assert it.order("front") == "z b a c"


def test_rule_6_edd_before_acceptance_counts_on_the_calendar_of_the_accepting_office() -> None:
    text = """\
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}
  shut_on_wednesday: {hours: {mon-fri: ["07:30-17:00"]}, closed: [2021-02-03]}
levels:
  city: {calendar: shut_on_wednesday, stations: {desk: {}}}
  ward: {within: city, calendar: office, stations: {front: {kind: counter, discipline: edd}}}
procedures:
  blocker: {received_at: ward, volume: some, route: [{at: ward.front, work: 1 h}]}
  p:
    {received_at: ward, volume: some, time_limit: 1 working day,
     route: [{at: ward.front, work: 1 h}, {at: city.desk, work: 1 h, accepts: true}]}
  q:
    {received_at: ward, volume: some, time_limit: 1 working day,
     route: [{at: ward.front, work: 1 h}, {at: city.desk, work: 1 h}]}
"""
    it = play(text, z="blocker 2021-02-02 07:30", a="p 2021-02-02 07:40", b="q 2021-02-02 07:50")
    # the ward would accept b and be due on Wednesday; the city would accept a, due on Thursday
    assert it.order("front") == "z b a"


def test_rule_6_a_later_pause_does_not_change_the_key() -> None:
    text = shop(
        "desk: {discipline: edd, at_close: suspend}",
        at_desk("blocker", "20 h"),
        procedure(
            "p",
            "{together: [[{at: city.desk, work: 1 h}], [{wait: 48 h, clock: pauses}]]}",
            keys="time_limit: 1 working day",
        ),
        at_desk("q", "1 h", "time_limit: 1 working day"),
    )
    it = play(text, z="blocker 2021-02-02 07:30", a="p 2021-02-02 09:00", b="q 2021-02-03 10:00")
    # a joined with the due date 02-03; its pause, over on 02-04 at 09:00, moves that to 02-05.
    # The officer is free on 02-04 at 14:30, when b, due on 02-04, would be first by today's dates
    assert it["a"].due == "2021-02-05 17:00"
    assert it["b"].due == "2021-02-04 17:00"
    assert it["a"].visit("desk").started == "2021-02-04 14:30"
    assert it.order("desk") == "z a b"


def test_rule_6_spt_serves_the_shortest_work_first() -> None:
    text = shop(
        "desk: {discipline: spt}",
        BLOCKER,
        at_desk("long", "50 min"),
        at_desk("short", "10 min"),
        at_desk("last", "5 min", "priority: 2"),
    )
    it = play(
        text,
        z="blocker 2021-02-02 07:30",
        other_class="last 2021-02-02 07:35",
        long="long 2021-02-02 07:40",
        short="short 2021-02-02 08:00",
        short_too="short 2021-02-02 07:50",
    )
    assert it.order("desk") == "z short_too short long other_class"


def test_rule_6_branches_of_one_dossier_go_in_file_order() -> None:
    text = shop(
        "desk: {}",
        BLOCKER,
        procedure(
            "p",
            "{together: [[{id: two, at: city.desk, work: 1 h}], "
            "[{id: one, at: city.desk, work: 1 h}]]}",
        ),
    )
    it = play(text, z="blocker 2021-02-02 07:30", a="p 2021-02-02 08:00")
    assert it["a"].visit("two").started == "2021-02-02 08:30"
    assert it["a"].visit("one").started == "2021-02-02 09:30"


def test_rule_6_a_pool_takes_the_smallest_over_its_stations() -> None:
    text = pool_of_two(
        "",
        "",
        procedure("p", "{id: visit, at: city.front, work: 30 min}", keys="priority: 2"),
        procedure("q", "{id: visit, at: city.back, work: 30 min}", keys="priority: 2"),
        procedure("u", "{id: visit, at: city.back, work: 30 min}", keys="priority: 1"),
    )
    it = play(
        text,
        z="p 2021-02-02 07:30",
        third="p 2021-02-02 07:45",
        second="q 2021-02-02 07:40",
        first="u 2021-02-02 07:50",
        fourth="q 2021-02-02 07:45",
    )
    # third and fourth tie but for the dossier's number, and p stands before q in the file
    assert it.order("visit") == "z first second third fourth"
    assert it["second"].visit("visit").officer == "city.floor@city #1"


# Rule 7: patience

NOBODY = "{kind: counter, staff: 0, patience: 90 min}"


@pytest.mark.parametrize(
    ("joined", "left"),
    [
        ("2021-02-02 08:00", "2021-02-02 09:30"),
        ("2021-02-02 11:00", "2021-02-02 14:30"),  # half an hour before lunch, an hour after it
        ("2021-02-02 10:00", "2021-02-02 11:30"),  # exactly at closing
        ("2021-02-02 12:00", "2021-02-02 15:00"),
        ("2021-02-05 16:30", "2021-02-08 08:30"),
        ("2021-02-09 16:30", "2021-02-17 08:30"),  # Tết
    ],
)
def test_rule_7_patience_is_open_time_of_the_office(joined: str, left: str) -> None:
    text = shop(f"desk: {NOBODY}", HOUR_AT_DESK)
    it = play(text, a=f"p {joined}")
    assert it["a"].left == it["a"].finished == left
    assert it["a"].visit("desk")[:3] == (joined, None, None)
    assert it["a"].resolved is None


def test_rule_7_patience_runs_by_the_office_though_its_officers_are_away() -> None:
    text = shop(
        "desk: {kind: counter, patience: 90 min, staff: {count: 1, calendar: afternoons}}",
        HOUR_AT_DESK,
    )
    it = play(text, a="p 2021-02-02 09:59", b="p 2021-02-02 10:01")
    assert it["a"].left == "2021-02-02 11:29"
    # b's patience would be over at 13:31, but the afternoon begins at 13:30
    assert it["b"].visit("desk").started == "2021-02-02 13:30"


def test_rule_7_no_patience_at_all_waits_for_nobody() -> None:
    text = shop("desk: {kind: counter, patience: 0 min}", HOUR_AT_DESK)
    it = play(text, a="p 2021-02-02 08:00", b="p 2021-02-02 08:30", c="p 2021-02-02 12:00")
    assert it["a"].visit("desk").started == "2021-02-02 08:00"
    assert it["b"].left == "2021-02-02 08:30"
    assert it["c"].left == "2021-02-02 12:00"


def test_rule_7_who_has_started_no_longer_leaves() -> None:
    text = shop("desk: {kind: counter, patience: 30 min}", HOUR_AT_DESK)
    it = play(text, a="p 2021-02-02 08:00")
    assert (it["a"].left, it["a"].resolved) == (None, "2021-02-02 09:00")


def test_rule_7_patience_is_anew_in_each_round() -> None:
    text = shop(
        "desk: {kind: counter, patience: 60 min}",
        at_desk("blocker", "50 min"),
        procedure(
            "p",
            "{at: city.desk, work: 10 min, incomplete: {share: 100%, away: 30 min, at_most: 2}}",
        ),
        at_desk("long", "2 h"),
    )
    it = play(
        text,
        y="blocker 2021-02-02 07:30",
        a="p 2021-02-02 07:31",
        z="blocker 2021-02-02 08:59",
        last="long 2021-02-02 10:20",
    )
    # 49 min of waiting, then 48 min more in the second round, are too much together, not apart
    assert it["a"].visit("desk", 0)[:3] == (
        "2021-02-02 07:31", "2021-02-02 08:20", "2021-02-02 08:30",
    )  # fmt: skip
    assert it["a"].visit("desk", 1)[:3] == (
        "2021-02-02 09:00", "2021-02-02 09:49", "2021-02-02 09:59",
    )  # fmt: skip
    # in the third, from 10:29 to 11:29 the counter is taken
    assert it["a"].visit("desk", 2)[:3] == ("2021-02-02 10:29", None, None)
    assert it["a"].left == "2021-02-02 11:29"


def test_rule_7_only_those_who_are_present_have_patience() -> None:
    text = shop(
        f"desk: {NOBODY}",
        at_desk("p", "1 h", "channels: {counter: 40%, online: 30%, kiosk: 30%}"),
        more="channels: {counter: {}, online: {}, kiosk: {present: true}}\n",
    )
    it = play(
        text,
        a="p 2021-02-02 08:00 via counter",
        b="p 2021-02-02 08:00 via online",
        c="p 2021-02-02 08:00 via kiosk",
    )
    assert [it[name].left for name in "abc"] == ["2021-02-02 09:30", None, "2021-02-02 09:30"]


def test_rule_7_a_channel_called_counter_may_have_absent_citizens() -> None:
    text = shop(f"desk: {NOBODY}", HOUR_AT_DESK, more="channels: {counter: {present: false}}\n")
    assert play(text, a="p 2021-02-02 08:00")["a"].left is None


LEAVING = """\
levels:
  city:
    calendar: office
    stations:
      front: {kind: counter, staff: 0, patience: 30 min}
      nobody: {staff: 0}
      quick: {}
      long: {}
      taken: {}
      next: {}
transfers:
  - {from: city.quick, to: city.next, departs: ["16:00"]}
  - {from: city.long, to: city.nobody, departs: ["08:15"], takes: 2 h}
procedures:
  blocker: {received_at: city, volume: some, route: [{at: city.taken, work: 30 min}]}
  p:
    received_at: city
    volume: some
    time_limit: 1 working day
    route:
      - together:
          - [{at: city.front, work: 5 min}]
          - [{at: city.nobody, work: 5 min}]
          - [{at: city.quick, work: 5 min}, {at: city.next, work: 5 min}]
          - [{wait: 2 h, clock: pauses}]
          - [{id: under-way, at: city.long, work: 10 min}, {id: beyond, at: city.nobody, work: 1 h}]
          - [{id: in-hand, at: city.long, work: 4 h}, {id: never, at: city.next, work: 1 h}]
          - [{id: just-begun, at: city.taken, work: 1 h}, {id: neither, at: city.next, work: 1 h}]
"""


def test_rule_7_when_a_dossier_leaves_its_queued_steps_and_waits_never_go_on() -> None:
    a = play(LEAVING, z="blocker 2021-02-02 08:00", a="p 2021-02-02 08:00")["a"]
    assert a.left == a.finished == "2021-02-02 08:30"
    assert a.visit("front")[:3] == ("2021-02-02 08:00", None, None)
    assert a.visit("nobody")[:3] == ("2021-02-02 08:00", None, None)
    assert a.wait("wait")[:3] == ("2021-02-02 08:00", "2021-02-02 08:00", None)


def test_rule_7_when_a_dossier_leaves_its_transfers_neither_depart_nor_arrive() -> None:
    a = play(LEAVING, z="blocker 2021-02-02 08:00", a="p 2021-02-02 08:00")["a"]
    assert a.visit("quick").ended == "2021-02-02 08:05"
    assert a.transfer("quick")[:3] == ("2021-02-02 08:05", None, None)
    assert a.visit("next")[:3] == (None, None, None)
    assert a.transfer("under-way")[:3] == ("2021-02-02 08:10", "2021-02-02 08:15", None)
    assert a.visit("beyond")[:3] == (None, None, None)


def test_rule_7_what_happens_at_the_instant_of_leaving_comes_before_it() -> None:
    text = LEAVING.replace('departs: ["16:00"]', 'departs: ["08:30"]').replace(
        "2 h, cl", "30 min, cl"
    )
    a = play(text, z="blocker 2021-02-02 08:00", a="p 2021-02-02 08:00")["a"]
    assert a.left == "2021-02-02 08:30"
    assert a.wait("wait").ended == "2021-02-02 08:30"
    assert a.transfer("quick")[:3] == (
        "2021-02-02 08:05", "2021-02-02 08:30", "2021-02-02 08:30",
    )  # fmt: skip
    assert a.visit("next")[:3] == ("2021-02-02 08:30", "2021-02-02 08:30", "2021-02-02 08:35")


def test_rule_7_work_in_hand_is_finished_but_starts_and_resolves_nothing() -> None:
    it = play(LEAVING, z="blocker 2021-02-02 08:00", a="p 2021-02-02 08:00", b="p 2021-02-02 09:00")
    a = it["a"]
    # 08:10 to 11:30, and 40 minutes after lunch
    assert a.visit("in-hand")[:3] == (
        "2021-02-02 08:00", "2021-02-02 08:10", "2021-02-02 14:10",
    )  # fmt: skip
    assert a.visit("never").joined is None
    # its officer became free at 08:30, the instant at which the dossier leaves
    assert a.visit("just-begun")[:3] == (
        "2021-02-02 08:00", "2021-02-02 08:30", "2021-02-02 09:30",
    )  # fmt: skip
    assert a.visit("neither").joined is None
    assert (a.accepted, a.resolved, a.outcome) == ("2021-02-02 08:00", None, "withdrawn")
    # and until then the officer is not free for others, who have patience until 09:30 themselves
    assert it["b"].visit("just-begun").started == "2021-02-02 09:30"
    assert it["b"].left == "2021-02-02 09:30"


def test_rule_7_who_leaves_before_acceptance_was_never_accepted() -> None:
    text = shop(
        f"front: {NOBODY}, desk: {{}}",
        procedure("p", "{at: city.front, work: 1 h}", "{at: city.desk, work: 1 h}"),
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert (a.accepted, a.resolved, a.outcome) == (None, None, "left")


def test_rule_7_two_steps_of_a_dossier_may_lose_patience_at_one_instant() -> None:
    text = shop(
        f"front: {NOBODY}, back: {NOBODY}",
        procedure("p", "{together: [[{at: city.front, work: 1 h}], [{at: city.back, work: 1 h}]]}"),
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert (a.left, a.visit("front").started, a.visit("back").started) == (
        "2021-02-02 09:30", None, None,
    )  # fmt: skip


# Rule 8: simultaneous events


def test_rule_8_work_of_zero_ends_after_the_pass_in_which_it_began() -> None:
    it = play(
        shop("desk: {staff: 2}", at_desk("p", "0 min")),
        a="p 2021-02-02 08:00",
        b="p 2021-02-02 08:00",
        c="p 2021-02-02 08:00",
    )
    assert [it[name].visit("desk")[1:4] for name in "abc"] == [
        ("2021-02-02 08:00", "2021-02-02 08:00", "city.desk@city #1"),
        ("2021-02-02 08:00", "2021-02-02 08:00", "city.desk@city #2"),
        ("2021-02-02 08:00", "2021-02-02 08:00", "city.desk@city #1"),
    ]


def test_rule_8_what_comes_after_a_pass_of_the_officers_is_too_late_for_it() -> None:
    text = shop(
        "front: {}, desk: {}",
        procedure(
            "urgent",
            "{at: city.front, work: 0 min}",
            "{at: city.desk, work: 1 h}",
            keys="priority: 0",
        ),
        HOUR_AT_DESK,
    )
    it = play(text, a="urgent 2021-02-02 08:00", b="p 2021-02-02 08:00")
    # a joins at the same instant, but only after the officer has taken b
    assert it["a"].visit("desk")[:2] == ("2021-02-02 08:00", "2021-02-02 09:00")
    assert it["b"].visit("desk").started == "2021-02-02 08:00"


def test_rule_8_the_lowest_numbered_idle_officer_takes_first() -> None:
    text = shop("desk: {staff: 3}", at_desk("p", "1 h"), at_desk("q", "30 min"))
    it = play(
        text,
        a="p 2021-02-02 08:00",
        b="q 2021-02-02 08:00",
        c="q 2021-02-02 08:00",
        d="q 2021-02-02 08:45",
        e="q 2021-02-02 08:50",
    )
    assert it["d"].visit("desk").officer == "city.desk@city #2"
    assert it["e"].visit("desk").officer == "city.desk@city #3"


def test_rule_8_an_officer_who_may_take_goes_before_a_lower_number_off_shift() -> None:
    text = shop("desk: {staff: [{count: 1, calendar: mornings}, {count: 1}]}", HOUR_AT_DESK)
    it = play(text, a="p 2021-02-02 14:00")
    assert it["a"].visit("desk").officer == "city.desk@city #2"


POOL_AND_OWN = """\
levels:
  city:
    calendar: office
    stations: {front: {staff: 1}, back: {staff: 1}}
    pools: {floor: {staff: 1, serves: [front, back]}}
procedures:
"""


def test_rule_8_a_stations_own_officers_take_before_its_pool() -> None:
    text = POOL_AND_OWN + procedure("p", "{at: city.front, work: 1 h}")
    it = play(text, a="p 2021-02-02 08:00", b="p 2021-02-02 08:00")
    assert it["a"].visit("front").officer == "city.front@city #1"
    assert it["b"].visit("front").officer == "city.floor@city #1"


def test_rule_8_groups_take_in_network_order_whichever_became_free_first() -> None:
    text = (
        POOL_AND_OWN
        + procedure("one", "{at: city.front, work: 1 h}")
        + procedure("two", "{at: city.front, work: 55 min}")
    )
    it = play(
        text,
        own="one 2021-02-02 08:00",
        pooled="two 2021-02-02 08:05",
        x="one 2021-02-02 08:10",
        y="one 2021-02-02 08:20",
    )
    # both become free at 09:00
    assert it["x"].visit("front")[1:4:2] == ("2021-02-02 09:00", "city.front@city #1")
    assert it["y"].visit("front")[1:4:2] == ("2021-02-02 09:00", "city.floor@city #1")


def test_rule_8_an_officer_free_at_the_instant_patience_ends_takes_the_step() -> None:
    text = shop("desk: {kind: counter, patience: 1 h}", at_desk("q", "61 min"), HOUR_AT_DESK)
    it = play(text, z="p 2021-02-02 08:00", a="p 2021-02-02 08:00")
    assert (it["a"].visit("desk").started, it["a"].left) == ("2021-02-02 09:00", None)
    it = play(text, z="q 2021-02-02 08:00", a="p 2021-02-02 08:00")
    assert (it["a"].visit("desk").started, it["a"].left) == (None, "2021-02-02 09:00")


def test_rule_8_a_shift_that_starts_as_patience_ends_is_in_time() -> None:
    text = shop(
        "desk: {kind: counter, patience: 30 min, staff: {count: 1, calendar: late}}", HOUR_AT_DESK
    )
    calendars = """\
calendars:
  office: {hours: {mon-fri: ["07:30-11:30"]}}
  late: {hours: {mon-fri: ["08:00-11:30"]}}
"""
    it = play(calendars + text, a="p 2021-02-02 07:30")
    assert (it["a"].visit("desk").started, it["a"].left) == ("2021-02-02 08:00", None)


def test_rule_8_all_that_happens_at_an_instant_happens_before_anyone_leaves() -> None:
    text = shop(
        "desk: {kind: counter, patience: 1 h}",
        HOUR_AT_DESK,
        at_desk("quick", "0 min", "priority: 0"),
    )
    it = play(
        text,
        z="p 2021-02-02 08:00",
        a="p 2021-02-02 08:00",
        x="quick 2021-02-02 08:30",
        y="quick 2021-02-02 09:00",
    )
    # at 09:00 the officer takes x, then y, both of no work, and only then a
    assert it["x"].visit("desk")[1:3] == ("2021-02-02 09:00", "2021-02-02 09:00")
    assert it["y"].visit("desk")[1:3] == ("2021-02-02 09:00", "2021-02-02 09:00")
    assert (it["a"].visit("desk").started, it["a"].left) == ("2021-02-02 09:00", None)


def test_rule_8_a_step_that_arrives_as_the_shift_ends_is_not_taken() -> None:
    it = play(shop("desk: {}", HOUR_AT_DESK), a="p 2021-02-02 11:30", b="p 2021-02-02 13:30")
    assert it["a"].visit("desk").started == "2021-02-02 13:30"
    assert it["b"].visit("desk").started == "2021-02-02 14:30"


def test_rule_8_keys_are_computed_after_the_clocks() -> None:
    text = shop(
        "intake: {}, desk: {discipline: edd, at_close: suspend}",
        at_desk("blocker", "20 h"),
        procedure(
            "p",
            "{at: city.intake, work: 0 min}",
            "{wait: 48 h, clock: pauses}",
            "{at: city.desk, work: 1 h}",
            keys="time_limit: 1 working day",
        ),
        at_desk("q", "1 h", "time_limit: 1 working day"),
    )
    it = play(text, z="blocker 2021-02-02 07:30", a="p 2021-02-02 09:00", b="q 2021-02-03 10:00")
    # a joins as its pause ends, which moves its due date from 02-03 to 02-05; b is due on 02-04
    assert it["a"].visit("desk").joined == "2021-02-04 09:00"
    assert it["a"].due == "2021-02-05 17:00"
    assert it.order("desk") == "z b a"


def test_rule_8_a_wait_until_due_reads_the_due_instant_after_the_clocks() -> None:
    text = shop(
        "desk: {}, back: {}",
        procedure(
            "p",
            "{at: city.desk, work: 0 min}",
            "{id: complete, wait: 48 h, clock: pauses}",
            "{id: until, wait: {until: due}}",
            "{at: city.back, work: 0 min, decides: true}",
            keys="time_limit: 1 working day",
        ),
    )
    a = play(text, a="p 2021-02-02 09:00")["a"]
    assert a.wait("until")[1:3] == ("2021-02-04 09:00", "2021-02-05 17:00")


PAUSES = """\
  p:
    received_at: city
    volume: some
    time_limit: {limit}
    route:
      - {{at: city.desk, work: {work}}}
      - {{id: first, wait: {first}}}
      - {{id: second, wait: {second}}}
      - {{at: city.back, work: 0 min}}
"""


def paused_twice(limit: str, work: str, first: str, second: str) -> str:
    text = shop("desk: {staff: {count: 1, calendar: always}}, back: {}")
    return text + PAUSES.format(limit=limit, work=work, first=first, second=second)


def test_rule_8_pauses_that_end_and_start_at_one_instant_are_one_pause() -> None:
    text = paused_twice("1 working day", "24 h", "10 h, clock: pauses", "14 h, clock: pauses")
    a = play(text, a="p 2021-02-01 10:00")["a"]
    assert a.wait("first")[1:3] == ("2021-02-02 10:00", "2021-02-02 20:00")
    assert a.wait("second")[1:3] == ("2021-02-02 20:00", "2021-02-03 10:00")
    # One pause from Tuesday, the due date, when no day is left, to Wednesday. Two pauses would
    # have made it due on Wednesday on Tuesday night, with a day left for Thursday.
    assert a.due == "2021-02-03 17:00"


def test_rule_8_a_pause_that_starts_and_ends_at_once_changes_nothing() -> None:
    cutoff = 'same_day_cutoff: "15:00"\n'
    # accepted after the cut-off, and so due on Wednesday; a pause on Tuesday would make it Tuesday
    text = cutoff + paused_twice("same day", "10 min", "0 min, clock: pauses", "1 min")
    assert play(text, a="p 2021-02-02 15:30")["a"].due == "2021-02-03 17:00"
    # accepted before the cut-off; beginning anew after it would make it Wednesday
    text = cutoff + paused_twice("same day", "2 h", "0 min, clock: restarts", "1 min")
    assert play(text, a="p 2021-02-02 14:00")["a"].due == "2021-02-02 17:00"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2 h, clock: pauses", "0 min, clock: restarts"),
        ("0 min, clock: restarts", "2 h, clock: pauses"),
    ],
)
def test_rule_8_an_empty_wait_that_restarts_changes_nothing_beside_a_pause(
    first: str, second: str
) -> None:
    text = paused_twice("24 h", "1 h", first, second)
    # paused from 09:00 to 11:00; beginning anew then would make it 11:00
    assert play(text, a="p 2021-02-02 08:00")["a"].due == "2021-02-03 10:00"


def test_a_chosen_docket_keeps_what_it_does_not_change() -> None:
    network = network_of(RICH["one office"])
    docket = draw(network, 3, 0)
    same = chosen(docket, range(docket.arrived.size), docket.arrived.tolist())
    for name in columns_of(docket):
        assert np.array_equal(getattr(same, name), getattr(docket, name)), name


# No result depends on the order in which events were inserted (rule 8). Everything falls on
# half hours, so that much happens at once.

RICH = {
    "one office": """\
period: {from: 2021-02-01, to: 2021-02-19}
channels: {counter: {}, online: {calendar: always, priority: 1}}
levels:
  city:
    calendar: office
    stations:
      front:
        {kind: counter, at_close: clear, staff: 0,
         patience: {discrete: {0 min: 20%, 30 min: 30%, 2 h: 50%}}}
      cash: {kind: counter, staff: [{count: 1, calendar: mornings}, {count: 1, from: 2021-02-03}]}
      land: {staff: 3, absence: 20%, discipline: edd}
    pools: {floor: {staff: 2, serves: [front, cash]}}
transfers:
  - within: city
    departs: ["08:00", "10:00", "16:00"]
    takes: {discrete: {0 min: 50%, 30 min: 50%}}
procedures:
  p:
    received_at: city
    volume: {in_period: 120}
    channels: {counter: 60%, online: 40%}
    time_limit: 2 working days
    priority: {1: 20%, 2: 80%}
    route:
      - at: city.front
        work: {discrete: {0 min: 30%, 30 min: 50%, 1 h: 20%}}
        incomplete: {share: 40%, away: {discrete: {0 min: 30%, 24 h: 70%}}, at_most: 2}
      - together:
          - [{at: city.land, work: {discrete: {0 min: 20%, 30 min: 40%, 2 h: 40%}}}]
          - - {wait: {discrete: {0 min: 30%, 4 h: 40%, 48 h: 30%}}, clock: pauses}
            - {at: city.land, id: again, work: 30 min}
          - - id: pay
              at: city.cash
              work: {discrete: {0 min: 50%, 30 min: 50%}}
              incomplete: {share: 20%, away: 30 min, clock: pauses}
      - {id: until, wait: {until: due, then: {discrete: {0 min: 50%, 30 min: 50%}}}}
      - {id: return, at: city.front, work: 0 min}
""",
    "three levels": """\
period: {from: 2021-02-01, to: 2021-02-12}
warm_up: 3 days
same_day_cutoff: "15:00"
channels: {counter: {}, online: {calendar: always}}
levels:
  province: {calendar: nights, stations: {appraisal: {at_close: suspend, discipline: spt}}}
  city:
    within: province
    offices: {A: {within: province}, B: {within: province}}
    calendar: office
    stations: {desk: {staff: 2, discipline: spt}, sign: {staff: [{count: 1, calendar: mornings}]}}
    pools: {help: {staff: 1, serves: [desk]}}
  ward:
    within: city
    offices: 4
    calendar: office
    stations: {front: {kind: counter, patience: {discrete: {30 min: 50%, 4 h: 50%}}}, clerk: {}}
transfers:
  - {from: ward, to: city, departs: ["10:00", "15:30"], takes: 30 min}
  - {from: city, to: province, takes: {discrete: {0 min: 50%, 1 h: 50%}}}
  - {from: city, to: ward, cutoff: "15:00"}
procedures:
  p:
    received_at: {ward: 70%, city: 30%}
    volume: {in_period: 150}
    channels: {counter: 70%, online: 30%}
    time_limit: 4 working h
    statutory_limit: 1 days
    route:
      - {at: ward.front, work: {discrete: {0 min: 50%, 30 min: 50%}}, only: [ward]}
      - at: city.desk
        work: {discrete: {30 min: 60%, 2 h: 40%}}
        incomplete: {share: 30%, away: {discrete: {30 min: 50%, 12 h: 50%}}, clock: restarts}
      - together:
          - [{at: province.appraisal, work: 30 min}]
          - - {id: fee, wait: {discrete: {0 min: 20%, 6 h: 80%}}, clock: pauses}
            - together: [[{at: city.sign, work: 0 min}], [{wait: 30 min, clock: pauses}]]
          - []
      - choose:
          - {share: 20%, end: withdrawn}
          - {share: 20%, end: refused, route: [{id: refuse, at: city.sign, work: 30 min}]}
          - {share: rest}
      - {id: last, at: city.desk, work: {discrete: {0 min: 50%, 30 min: 50%}}, decides: true}
  q:
    received_at: ward
    volume: {in_period: 80}
    time_limit: same day
    route:
      - {at: ward.front, work: 30 min}
      - {at: ward.clerk, work: {discrete: {0 min: 50%, 30 min: 50%}}}
      - {wait: {until: due}, clock: pauses}
      - {id: back, at: ward.front, work: 0 min}
""",
    "nothing takes time": """\
period: {from: 2021-02-01, to: 2021-02-05}
channels: {counter: {}, kiosk: {calendar: always, present: true, priority: 1}}
levels:
  city:
    calendar: office
    stations:
      a: {kind: counter, at_close: clear, staff: 1, patience: 0 min}
      b:
        at_close: clear
        staff: [{count: 1, calendar: afternoons}, {count: 1, calendar: mornings}]
      c: {at_close: finish, staff: 0}
    pools: {one: {staff: 1, serves: [a, b]}, two: {staff: 2, serves: [b, c], absence: 30%}}
transfers: [{from: city, to: city}]
procedures:
  p:
    received_at: city
    volume: {in_period: 150}
    channels: {counter: 50%, kiosk: 50%}
    time_limit: 30 min
    route:
      - together:
          - [{at: city.a, work: 0 min}, {at: city.b, work: {discrete: {0 min: 70%, 30 min: 30%}}}]
          - - {id: x, at: city.b, work: 0 min}
            - {wait: 0 min, clock: pauses}
            - {id: y, at: city.c, work: 0 min}
          - [{wait: {until: due}}, {id: z, at: city.c, work: 30 min}]
      - id: w
        at: city.b
        work: 0 min
        incomplete: {share: 50%, away: 0 min, clock: restarts, at_most: 3}
  q:
    received_at: city
    volume: {in_period: 150}
    route: [{at: city.b, work: {discrete: {0 min: 50%, 1 h: 50%}}}, {at: city.c, work: 30 min}]
""",
}


def columns_of(record: Docket | Trace) -> list[str]:
    return [
        field.name
        for field in fields(record)
        if isinstance(getattr(record, field.name), np.ndarray)
    ]


def on_the_half_hour(docket: Docket) -> Docket:
    arrived = docket.arrived - docket.arrived % (30 * MINUTE)
    return chosen(docket, range(arrived.size), arrived.tolist())


class Shuffled:
    """Makes every environment of SimPy break ties at random, not in order of insertion."""

    def __init__(self, patch: pytest.MonkeyPatch, seed: int) -> None:
        self.taken = 0
        generator = random.Random(seed)
        true_init = simpy.Environment.__init__

        def numbers() -> Iterator[int]:
            while True:
                self.taken += 1
                yield generator.getrandbits(64) << 64 | self.taken  # no two are equal

        def init(env: simpy.Environment, initial_time: float = 0) -> None:
            true_init(env, initial_time)
            env._eid = numbers()  # type: ignore[assignment]

        patch.setattr(simpy.Environment, "__init__", init)


@pytest.mark.parametrize("name", RICH)
def test_rule_8_no_result_depends_on_the_order_of_insertion(name: str) -> None:
    network = network_of(RICH[name])
    docket = on_the_half_hour(draw(network, 7, 0))
    declared = simulate(network, docket, engine="reference")
    for seed in range(4):
        with pytest.MonkeyPatch.context() as patch:
            numbers = Shuffled(patch, seed)
            shuffled = simulate(network, docket, engine="reference")
        assert numbers.taken > docket.arrived.size
        for column in columns_of(declared):
            assert np.array_equal(getattr(shuffled, column), getattr(declared, column)), column


@pytest.mark.parametrize("name", RICH)
def test_rule_8_the_shuffled_scenarios_have_much_at_one_instant(name: str) -> None:
    network = network_of(RICH[name])
    docket = on_the_half_hour(draw(network, 7, 0))
    trace = simulate(network, docket, engine="reference")
    happened = np.concatenate([trace.joined, trace.started, trace.ended])
    happened = happened[happened != MISSING]
    assert happened.size > 10 * np.unique(happened).size
    assert (trace.left != MISSING).any()
    assert (trace.resolved != MISSING).any()
    visits = docket.kind == NodeKind.VISIT
    assert (visits & (docket.duration == 0) & (trace.ended != MISSING)).any()
    assert np.unique(trace.ended[trace.ended != MISSING] // DAY).size >= 4
