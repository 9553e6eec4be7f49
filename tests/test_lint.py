"""Each warning: a scenario that has it, with its figures by hand, and its nearest neighbour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from shipped import SCENARIOS, TEMPLATE

import sim
from sim.lint import CHECKS, check
from sim.lint.wording import listed, number, percent

# A week of 37.5 open hours, 7.5 h a day. Two officers at each station; 100 dossiers.
OFFICE = """\
period: {from: 2021-03-01, to: 2021-03-05}
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
channels: {counter: {calendar: office}, online: {calendar: always}}
levels:
  city:
    calendar: office
    stations:
      counter: {kind: counter, staff: 2}
      desk: {staff: 2}
procedures:
  copy:
    received_at: city
    volume: {in_period: 100}
    channels: {counter: 80%, online: 20%}
    time_limit: 3 working days
    route:
      - {id: intake, at: city.counter, work: 15 min}
      - {id: examine, at: city.desk, work: 30 min}
"""
WARDS = """\
  ward:
    within: city
    calendar: office
    offices: {Quang Trung: {share: 2}, Thanh Sơn: {share: 1}, Vàng Danh: {share: 1}}
    stations: {clerk: {staff: 1}}
"""

Change = tuple[str, str]
Warnings = Callable[..., dict[str, str]]


def changed(text: str, *changes: Change) -> str:
    """Replace parts of a scenario, each of which stands in it once."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.fixture
def warnings(tmp_path: Path) -> Warnings:
    """Give the messages of a scenario's warnings by path; the scenario is `OFFICE`, changed."""

    def check_text(*changes: Change, policy: str = "base") -> dict[str, str]:
        file = tmp_path / "city.yaml"
        file.write_text(changed(OFFICE, *changes), "utf-8")
        report = check(file, policy)
        assert not report.errors, report.errors
        found = {warning.path: warning.message for warning in report.warnings}
        assert len(found) == len(report.warnings)
        for warning in report.warnings:
            assert "\n" not in str(warning)
            assert warning.line > 0
        return found

    return check_text


def has(found: dict[str, str], path: str, *words: str) -> None:
    """Assert that there is one warning, at a path, with some words."""
    assert list(found) == [path]
    for word in words:
        assert word in found[path]


def with_wards(*steps: str) -> list[Change]:
    """Add a level of three wards, and steps to the route."""
    return [
        ("procedures:\n", f"{WARDS}procedures:\n"),
        ("work: 30 min}\n", "work: 30 min}\n" + "".join(f"      - {step}\n" for step in steps)),
    ]


def test_what_is_well_has_no_warning(warnings: Warnings) -> None:
    assert warnings() == {}


@pytest.mark.parametrize(
    "file",
    [*(file for file in SCENARIOS if not sim.load(file).published), TEMPLATE],
    ids=lambda file: file.name,
)
def test_examples_have_no_warning(file: Path) -> None:
    """But for the land desk that today's backlog is too much for, until a policy helps it."""
    report = check(file)
    if file.name == "small-city-today.yaml":
        (overload,) = report.problems
        assert overload.path == "levels.city.stations.land"
        assert "offered load" in overload.message
        report = check(file, "overtime-team")
    assert report.problems == ()


# Offered load


def test_more_work_than_staff(warnings: Warnings) -> None:
    """100 × 54 min = 90 h for 2 × 37.5 h; three officers have 112.5 h."""
    assert warnings(("work: 30 min", "work: 54 min")) == {
        "levels.city.stations.desk": "offered load 120 %: 90 h of work in the period for 75 h of "
        "staff; 1 more officer would bring it to 80 %"
    }
    assert warnings(("work: 30 min", "work: 45 min")) == {}  # 100 % to the minute
    assert "100.2 %" in warnings(("work: 30 min", "work: 2706 s"))["levels.city.stations.desk"]


def test_absence_and_the_first_date_are_taken_off_the_staff(warnings: Warnings) -> None:
    """50 h for 75 h less 40 % or less the first two of five days; 2 more are there in no time."""
    assert warnings(("desk: {staff: 2}", "desk: {staff: 2, absence: 30%}")) == {}
    has(
        warnings(("desk: {staff: 2}", "desk: {staff: 2, absence: 40%}")),
        "levels.city.stations.desk",
        "offered load 111 %: 50 h of work in the period for 45 h of staff; 1 more officer would "
        "bring it to 74 %",
    )
    late = "desk: {staff: {count: 2, from: 2021-03-03}}"
    has(
        warnings(("desk: {staff: 2}", late)),
        "levels.city.stations.desk",
        "50 h of work in the period for 45 h of staff; 1 more officer",
    )
    assert warnings(("desk: {staff: 2}", late.replace("03-03", "03-02"))) == {}


def test_groups_on_several_calendars_add_up(warnings: Warnings) -> None:
    """One officer of 37.5 h, and one or two who come for an hour a day."""
    hours = ("calendars: {", 'calendars: {signing: {hours: {mon-fri: ["10:00-11:00"]}}, ')
    staff = "desk: {staff: [{count: 1}, {count: N, calendar: signing}]}"
    has(
        warnings(hours, ("desk: {staff: 2}", staff.replace("N", "2"))),
        "levels.city.stations.desk",
        "offered load 105 %: 50 h of work in the period for 48 h of staff; 1 more officer",
    )
    assert warnings(hours, ("desk: {staff: 2}", staff.replace("N", "3"))) == {}


def test_the_busiest_of_several_offices_is_named(warnings: Warnings) -> None:
    """100 × 100 min by shares of 2, 1 and 1: 83 h, 42 h and 42 h for 37.5 h each."""
    found = warnings(*with_wards("{id: confirm, at: ward.clerk, work: 100 min}"))
    assert found == {
        "levels.ward.stations.clerk": "offered load 222 % at Quang Trung: 83 h of work in the "
        "period for 38 h of staff; 2 more officers would bring it to 74 %; over 100 % in 2 more "
        "offices"
    }
    found = warnings(*with_wards("{id: confirm, at: ward.clerk, work: 80 min}"))
    assert found["levels.ward.stations.clerk"].endswith("1 more officer would bring it to 89 %")
    assert warnings(*with_wards("{id: confirm, at: ward.clerk, work: 45 min}")) == {}


POOL: Change = (
    "      desk: {staff: 2}\n", "      desk: {staff: 1}\n    pools: {floor: {staff: 1, serves: "
    "[counter, desk]}}\n",
)  # fmt: skip


def test_stations_that_share_a_pool_are_held_together(warnings: Warnings) -> None:
    """Officers of 37.5 h: one at each of two stations, and one of the pool."""
    alone: Change = ("counter: {kind: counter, staff: 2}", "counter: {kind: counter, staff: 1}")
    more: Change = ("work: 15 min", "work: 36 min")
    assert warnings(POOL, alone) == {}
    has(
        warnings(POOL, alone, more, ("work: 30 min", "work: 36 min")),
        "levels.city.pools.floor",
        "offered load 107 % of city.counter and city.desk together: 120 h of work in the period "
        "for 112 h of staff; 1 more officer would bring it to 80 %",
    )
    # 70 h at the desk are too much for its two, though the counter's officers have time.
    has(
        warnings(POOL, ("work: 30 min", "work: 48 min")),
        "levels.city.stations.desk",
        "offered load 107 %: 80 h of work in the period for 75 h of staff",
    )


def test_a_policy_can_be_checked_in_place_of_the_base(warnings: Warnings) -> None:
    policies = "policies: {one-less: [{staff: {city.desk: {add: -1}}}]}\nlevels:"
    assert warnings(("levels:", policies)) == {}
    has(
        warnings(("levels:", policies), policy="one-less"),
        "levels.city.stations.desk",
        "offered load 133 %",
    )


# Stations without officers, or without dossiers


def test_dossiers_come_and_nobody_works_there(warnings: Warnings) -> None:
    has(
        warnings(("desk: {staff: 2}", "desk: {staff: 0}")),
        "levels.city.stations.desk",
        "nobody works here, and about 100 visits come in the period",
    )
    assert warnings(("desk: {staff: 2}", "desk: {staff: 0}"), pool_of_two()) == {}


def pool_of_two() -> Change:
    return "procedures:\n", "    pools: {floor: {staff: 2, serves: [desk]}}\nprocedures:\n"


def test_officers_without_a_shift_in_the_period(warnings: Warnings) -> None:
    for staff in ("{count: 2, from: 2021-03-06}", "{count: 2, calendar: summer}"):
        found = warnings(
            ("desk: {staff: 2}", f"desk: {{staff: {staff}}}"),
            ("calendars: {", 'calendars: {summer: {hours: {sat: ["08:00-11:00"]}}, '),
            ("levels:\n", "transfers: [{within: city, calendar: summer}]\nlevels:\n"),
        )
        message = found["levels.city.stations.desk"]
        assert message.startswith("no officer has a shift in the period, and about 100 visits come")
    friday = "{count: 2, from: 2021-03-05}"
    has(
        warnings(("desk: {staff: 2}", f"desk: {{staff: {friday}}}")),
        "levels.city.stations.desk",
        "offered load 333 %",
    )


def test_the_offices_are_named_unless_all_are_alike(warnings: Warnings) -> None:
    confirm = with_wards("{id: confirm, at: ward.clerk, work: 10 min}")
    has(
        warnings(*confirm, ("stations: {clerk: {staff: 1}}", "stations: {clerk: {staff: 0}}")),
        "levels.ward.stations.clerk",
        "nobody works here, and about 100 visits",
    )
    has(
        warnings(*confirm, ("Vàng Danh: {share: 1}", "Vàng Danh: {share: 1, staff: {clerk: 0}}")),
        "levels.ward.stations.clerk",
        "nobody works here at Vàng Danh, and about 25 visits",
    )


def test_a_station_that_no_route_visits(warnings: Warnings) -> None:
    archive: Change = ("desk: {staff: 2}\n", "desk: {staff: 2}\n      archive: {}\n")
    has(warnings(archive), "levels.city.stations.archive", "no route visits this station")
    policy = "policies: {kept: [{set: {procedures.copy.route.examine.at: city.archive}}]}\nlevels:"
    assert warnings(archive, ("levels:", policy)) == {}


def test_a_step_that_nobody_reaches(warnings: Warnings) -> None:
    step = "      - {id: post, at: city.desk, work: 1 min, only: [online]}\n"
    with_step: Change = ("work: 30 min}\n", f"work: 30 min}}\n{step}")
    all_counter: Change = ("{counter: 80%, online: 20%}", "{counter: 100%}")
    assert warnings(with_step) == {}
    found = warnings(with_step, all_counter)
    assert set(found) == {"procedures.copy.route.2", "channels.online"}
    assert "its `only` names nobody" in found["procedures.copy.route.2"]


def test_a_step_behind_ends(warnings: Warnings) -> None:
    choose = "{id: out, choose: [{share: 30%, end: refused}, {share: rest, end: granted}]}"
    ends: Change = ("      - {id: examine", f"      - {choose}\n      - {{id: examine")
    has(warnings(ends), "procedures.copy.route.2", "nobody reaches this step")
    assert warnings((ends[0], ends[1].replace(", end: granted", ""))) == {}


# Limits


def limit(text: str) -> Change:
    return "time_limit: 3 working days", text


WAIT: Change = (
    "      - {id: examine",
    "      - {id: check, wait: 2 working days}\n      - {id: examine",
)


def test_a_limit_that_cannot_be_kept(warnings: Warnings) -> None:
    """Sixteen open hours are two days of 7.5 h and one more; the third day has 6 h to spare."""
    found = warnings(WAIT, limit("time_limit: 1 working day"))
    has(found, "procedures.copy.time_limit", "1 working day cannot be kept", "2 working days could")
    (message,) = found.values()
    assert "accepted on Mon 2021-03-01 07:45 is resolved on Wed 2021-03-03 09:15" in message
    assert warnings(WAIT, limit("time_limit: 2 working days")) == {}


@pytest.mark.parametrize(
    ("too_short", "enough"),
    [
        # 16 h and half an hour of open time
        ("16.4 working h", "16.5 working h"),
        # from Monday 07:45 to Wednesday 09:15; who is accepted at 16:00 waits until Thursday
        ("49.4 h", "49.5 h"),
        ("1 day", "2 days"),
        ("same day", "2 working days"),
    ],
)
def test_limits_of_each_kind_that_are_a_little_too_short(
    too_short: str, enough: str, warnings: Warnings
) -> None:
    found = warnings(WAIT, limit(f"time_limit: {too_short}"))
    has(found, "procedures.copy.time_limit", f"{too_short} cannot be kept")
    assert warnings(WAIT, limit(f"time_limit: {enough}")) == {}


def test_the_statutory_limit_is_checked_too(warnings: Warnings) -> None:
    found = warnings(WAIT, limit("time_limit: 20 days\n    statutory_limit: 1 working day"))
    has(found, "procedures.copy.statutory_limit", "1 working day cannot be kept")


def test_a_pause_is_not_counted(warnings: Warnings) -> None:
    paused = (WAIT[0], WAIT[1].replace("2 working days}", "2 working days, clock: pauses}"))
    assert warnings(paused, limit("time_limit: 1 working day")) == {}


def test_a_departure_after_the_last_hour_makes_a_limit_too_short(warnings: Warnings) -> None:
    """What departs at 16:50 is at the desk the next day; before 11:30 the same day is enough."""
    transfer = "transfers: [{within: city, departs: ['TIME'], takes: 10 min}]\nlevels:\n"
    same_day = limit("time_limit: same day")
    found = warnings(("levels:\n", transfer.replace("TIME", "16:50")), same_day)
    has(found, "procedures.copy.time_limit", "same day cannot be kept", "1 working day could")
    assert warnings(("levels:\n", transfer.replace("TIME", "11:00")), same_day) == {}


def test_the_quickest_branch_counts_and_the_slowest_of_those_together(warnings: Warnings) -> None:
    slow = "[{id: check, wait: 2 working days}]"
    branch = f"{{id: way, choose: [{{share: 1%, route: []}}, {{share: rest, route: {slow}}}]}}"
    both = f"{{id: way, together: [[{{id: look, at: city.desk, work: 1 min}}], {slow}]}}"
    one_day = limit("time_limit: 1 working day")
    assert warnings((WAIT[0], f"      - {branch}\n{WAIT[0]}"), one_day) == {}
    found = warnings((WAIT[0], f"      - {both}\n{WAIT[0]}"), one_day)
    has(found, "procedures.copy.time_limit", "1 working day cannot be kept")


def test_any_hour_of_any_of_the_first_days_may_do(warnings: Warnings) -> None:
    """Signed on Wednesdays alone: who is accepted on a Tuesday keeps one working day."""
    signing: Change = ("calendars: {", 'calendars: {wed: {hours: {wed: ["09:00-10:00"]}}, ')
    staff: Change = ("desk: {staff: 2}", "desk: {staff: {count: 50, calendar: wed}}")
    one_day = limit("time_limit: 1 working day")
    assert warnings(signing, staff, one_day) == {}
    # Only on Mondays there is nobody who comes within a day of a Wednesday.
    monday: Change = (
        "channels: {counter: {calendar: office}",
        "channels: {counter: {calendar: mon}",
    )
    found = warnings(
        (signing[0], signing[1] + 'mon: {hours: {mon: ["08:00-09:00"]}}, '), staff, one_day, monday,
        ("{counter: 80%, online: 20%}", "{counter: 100%}"), (", online: {calendar: always}", ""),
    )  # fmt: skip
    has(found, "procedures.copy.time_limit", "2 working days could")


def test_where_nobody_works_nothing_is_said_of_the_limit(warnings: Warnings) -> None:
    has(warnings(("desk: {staff: 2}", "desk: {staff: 0}")), "levels.city.stations.desk")


# Calendars, profiles, channels, volumes, routes


def test_a_calendar_that_is_closed_throughout(warnings: Warnings) -> None:
    rule = "transfers: [{within: city, calendar: courier}]\nlevels:\n"
    for day, closed in (("sat", True), ("fri", False)):
        found = warnings(
            ("calendars: {", f'calendars: {{courier: {{hours: {{{day}: ["10:00-11:00"]}}}}, '),
            ("levels:\n", rule),
        )
        assert set(found) == ({"calendars.courier"} if closed else set())
        assert all("has no open hour in the period" in message for message in found.values())


@pytest.mark.parametrize(
    ("change", "path", "use"),
    [
        (("calendars: {", 'calendars: {late: {hours: {fri: ["17:00-19:00"]}}, '), "calendars.late",
         ("desk: {staff: 2}", "desk: {staff: [{count: 2}, {count: 1, calendar: late}]}")),
        (("levels:\n", "profiles: {busy: {weekdays: {mon: 2}}}\nlevels:\n"), "profiles.busy",
         ("counter: {calendar: office}", "counter: {calendar: office, profile: busy}")),
        (("always}", "always}, kiosk: {calendar: office}"), "channels.kiosk",
         ("{counter: 80%, online: 20%}", "{counter: 70%, online: 20%, kiosk: 10%}")),
        (("levels:\n", "volumes: {all: {in_period: 90}}\nlevels:\n"), "volumes.all",
         ("volume: {in_period: 100}", "volume: {of: all, share: 90%}")),
    ],
)  # fmt: skip
def test_what_is_used_nowhere(change: Change, path: str, use: Change, warnings: Warnings) -> None:
    has(warnings(change), path, "is used nowhere")
    assert warnings(change, use) == {}
    named = f"policies: {{later: [{{set: {{about: {path.partition('.')[2]}}}}}]}}\nlevels:\n"
    assert warnings(change, ("levels:\n", named)) == {}


def test_a_route_that_no_procedure_has(warnings: Warnings) -> None:
    route = (
        "[{id: intake, at: city.counter, work: 15 min}, {id: examine, at: city.desk, work: 1 s}]"
    )
    routes: Change = ("procedures:\n", f"routes: {{usual: {route}, other: {route}}}\nprocedures:\n")
    inline = OFFICE[OFFICE.index("    route:") :]
    found = warnings(routes, (inline, "    route: usual\n"))
    has(found, "routes.other", "no procedure has this route")


def test_what_a_shared_file_offers_need_not_be_used(tmp_path: Path) -> None:
    shared = 'calendars: {night: {hours: {mon: ["22:00-24:00"]}}}\nvolumes: {all: {per_day: 1}}\n'
    (tmp_path / "shared.yaml").write_text(shared, "utf-8")
    file = tmp_path / "city.yaml"
    file.write_text("extends: shared.yaml\n" + OFFICE, "utf-8")
    assert check(file).problems == ()


def test_hours_of_a_profile_in_which_its_channels_are_closed(warnings: Warnings) -> None:
    def with_hours(hours: str, online: str = "") -> dict[str, str]:
        return warnings(
            ("levels:\n", f"profiles: {{busy: {{hours: {{{hours}}}}}}}\nlevels:\n"),
            ("counter: {calendar: office}", "counter: {calendar: office, profile: busy}"),
            ("online: {calendar: always}", f"online: {{calendar: always{online}}}"),
        )

    found = with_hours('"07:00-08:00": 2, "11:30-13:30": 3')
    has(found, "profiles.busy.hours.11:30-13:30", "`counter` is never open then")
    assert with_hours('"07:00-08:00": 2, "11:30-13:31": 3') == {}
    assert with_hours('"11:30-13:30": 3', online=", profile: busy") == {}
    found = with_hours('"11:30-13:30": 3, "17:00-18:00": 2')
    has(found, "profiles.busy.hours", "none of its hours meets those of `counter`")


# Steps


def test_steps_that_are_called_by_their_place(warnings: Warnings) -> None:
    bare: Change = ("{id: intake, at", "{at")
    assert warnings(bare) == {}
    twice: Change = ("{id: examine, at: city.desk", "{at: city.counter")
    found = warnings(bare, twice, ("      desk: {staff: 2}\n", ""))
    has(found, "procedures.copy.route.1", "has no `id`, and is `counter-2` by its place")
    assert warnings(twice, ("      desk: {staff: 2}\n", "")) == {}


def test_one_place_that_several_procedures_share_is_told_once(warnings: Warnings) -> None:
    desk = "{at: city.desk, work: 5 min}"
    route = f"[{{at: city.counter, work: 5 min}}, {desk}, {desk}]"
    routes: Change = ("procedures:\n", f"routes: {{usual: {route}}}\nprocedures:\n")
    inline = OFFICE[OFFICE.index("    route:") :]
    more = "    route: usual\n  deed: {received_at: city, volume: {in_period: 9}, route: usual}\n"
    has(warnings(routes, (inline, more)), "routes.usual.2", "`desk-2`")


def test_clock_time_before_a_counter_that_closes(warnings: Warnings) -> None:
    away = "15 min, incomplete: {share: 10%, away: LENGTH}"
    for length, odd in (
        ("2 days", True),
        ("{exponential: 24 h}", True),
        ("2 working days", False),
        ("30 min", False),
    ):
        found = warnings(("15 min", away.replace("LENGTH", length)))
        assert set(found) == ({"procedures.copy.route.0.incomplete.away"} if odd else set())
        assert all("all who find it closed come at its next opening" in m for m in found.values())
    # nobody of the counter's channel is sent away; or the paper waits alone at a desk
    only_online = away.replace("10%", "{online: 10%}").replace("LENGTH", "2 days")
    assert warnings(("15 min", only_online)) == {}
    assert warnings(("30 min", away.replace("15", "30").replace("LENGTH", "2 days"))) == {}


def test_a_wait_in_clock_time_directly_before_a_counter(warnings: Warnings) -> None:
    def with_steps(*steps: str) -> dict[str, str]:
        lines = "".join(f"      - {step}\n" for step in steps)
        return warnings(("work: 30 min}\n", f"work: 30 min, decides: true}}\n{lines}"))

    pickup = "{id: pickup, at: city.counter, work: 3 min}"
    found = with_steps("{id: days, wait: {uniform: [1 days, 3 days]}}", pickup)
    has(found, "procedures.copy.route.2.wait", "write working time")
    assert with_steps("{id: days, wait: 2 working days}", pickup) == {}
    assert with_steps("{id: days, wait: 2 days}", "{id: file, at: city.desk, work: 1 min}") == {}
    assert (
        with_steps("{id: days, wait: 2 days}", pickup.replace("3 min", "3 min, only: [online]"))
        == {}
    )
    assert with_steps("{id: days, wait: 2 days}") == {}
    found = with_steps("{id: days, wait: {until: due}}", pickup)
    has(found, "procedures.copy.route.2.wait", "the due instant is a closing")
    then = "{id: days, wait: {until: due, then: {uniform: [0 working h, 16 working h]}}}"
    assert with_steps(then, pickup) == {}


# Open always


def test_a_level_without_a_calendar_is_open_day_and_night(warnings: Warnings) -> None:
    bare: Change = ("    calendar: office\n    stations", "    stations")
    has(
        warnings(bare, ("desk: {staff: 2}", "desk: {staff: {count: 2, calendar: office}}")),
        "levels.city",
        "has no `calendar`: it is open day and night, with 2 officers always at work",
    )
    nobody = (
        ("desk: {staff: 2}", "desk: {staff: {count: 2, calendar: office}}"),
        ("staff: 2}\n      desk", "staff: {count: 2, calendar: office}}\n      desk"),
    )
    found = warnings(bare, *nobody)
    has(found, "levels.city.calendar", "open always: for copy a working day is 8 h in a row")
    assert warnings(bare, *nobody, limit("time_limit: 3 days")) == {}


def test_working_time_where_it_is_clock_time(warnings: Warnings) -> None:
    always: Change = ("    calendar: office\n    stations", "    calendar: always\n    stations")
    has(warnings(always), "levels.city.calendar", "open always", "every date")
    assert warnings(always, limit("time_limit: 3 days")) == {}
    found = warnings(always, limit("time_limit: 5 days"), WAIT)
    has(found, "levels.city.calendar", "open always")


# Figures


@pytest.mark.parametrize(
    ("volume", "odd"),
    [
        ("{in_period: 128.443}", True),
        ("{per_year: 1.200}", True),
        ("{in_period: 128.44}", False),
        ("{in_period: 128443}", False),
        ("{in_period: 128.4430}", False),
        ("{in_period: 0.443}", False),
    ],
)
def test_a_point_where_thousands_may_be_meant(volume: str, odd: bool, warnings: Warnings) -> None:
    for text in (volume, volume.replace(": ", ":\n        ")):
        found = warnings(
            ("{in_period: 100}", text), ("counter, staff: 2", "counter, staff: 999"),
            ("desk: {staff: 2}", "desk: {staff: 9999}"),
        )  # fmt: skip
        number = volume[volume.index(" ") + 1 : -1]
        expected = f"if thousands are meant, write {number.replace('.', '')}"
        assert list(found) == (
            [f"procedures.copy.volume.{volume[1 : volume.index(':')]}"] if odd else []
        )
        assert all(expected in message for message in found.values())


def test_published_counts_and_values_that_policies_set_are_looked_at_too(
    warnings: Warnings,
) -> None:
    figures = (
        "published:\n"
        "  - {value: 12.345, source: a, measure: received, use: held_back}\n"
        "  - {value: 12.345, source: b, measure: turnaround_days_mean, use: held_back}\n"
        "policies: {more: [{set: {procedures.copy.volume: {in_period: 1.250}}}]}\n"
        "levels:\n"
    )
    found = warnings(("levels:\n", figures))
    assert set(found) == {
        "published.0.value",
        "policies.more.0.set.procedures.copy.volume.in_period",
    }
    assert "write 12345" in found["published.0.value"]


# What changes nothing


@pytest.mark.parametrize(
    ("steps", "path", "why"),
    [
        (["incomplete: {share: 9%, away: 1 working h, clock: pauses}", ""],
         "procedures.copy.route.0.incomplete.clock", "not yet accepted"),
        (["", "incomplete: {share: 9%, away: 1 working h, clock: pauses}"], None, ""),
        (["accepts: true", ""], None, ""),
    ],
)  # fmt: skip
def test_a_pause_at_the_visit_that_accepts(
    steps: list[str], path: str | None, why: str, warnings: Warnings
) -> None:
    first, second = (f", {keys}" if keys else "" for keys in steps)
    found = warnings(
        ("work: 15 min", f"work: 15 min{first}"), ("work: 30 min", f"work: 30 min{second}")
    )
    if path is None:
        assert found == {}
    else:
        has(found, path, "changes nothing", why)


def test_pauses_before_acceptance_after_resolution_and_without_a_limit(warnings: Warnings) -> None:
    pause = "{id: rest, wait: 1 working h, clock: CLOCK}\n"

    def with_pause(place: int, clock: str = "pauses", *changes: Change) -> dict[str, str]:
        before = ("      - {id: intake", "      - {id: examine", "")[place]
        line = f"      - {pause.replace('CLOCK', clock)}"
        if place == 2:
            return warnings(("work: 30 min}\n", f"work: 30 min, decides: true}}\n{line}"), *changes)
        return warnings((before, line + before), *changes)

    has(with_pause(0), "procedures.copy.route.0.clock", "the dossier is not yet accepted then")
    has(with_pause(0, "restarts"), "procedures.copy.route.0.clock", "not yet accepted")
    assert with_pause(0, "runs") == {}
    assert with_pause(1) == {}
    has(with_pause(2), "procedures.copy.route.2.clock", "the dossier is already resolved then")
    found = with_pause(1, "pauses", ("    time_limit: 3 working days\n", ""))
    has(found, "procedures.copy.route.1.clock", "the procedure has no time limit")
    law = ("    time_limit: 3 working days\n", "    statutory_limit: 3 working days\n")
    assert with_pause(1, "pauses", law) == {}


def test_an_owner_where_no_dossier_has_a_second_step(warnings: Warnings) -> None:
    owned = ("desk: {", "desk: {owner: true, ")
    has(warnings(owned), "levels.city.stations.desk.owner", "no dossier has a second step or round")
    twice = "work: 30 min, incomplete: {share: 10%, away: 1 working day}}\n"
    assert warnings(owned, ("work: 30 min}\n", twice)) == {}


@pytest.mark.parametrize(
    ("limit", "is_told"),
    [("same day", True), ("1 working day", True), ("2 working days", False), ("3 days", False)],
)
def test_an_apology_for_which_no_limit_is_long_enough(
    warnings: Warnings, limit: str, is_told: bool
) -> None:
    apology = "apology: {extension: 1 working day}"
    found = warnings(("time_limit: 3 working days", f"{apology}\n    time_limit: {limit}"))
    assert list(found) == (["procedures.copy.apology"] if is_told else [])


def test_patience_where_no_citizen_is_present(warnings: Warnings) -> None:
    """Patience holds wherever a present citizen's dossier is, at desks too (rule 7)."""
    for station in ("counter: {kind: counter", "desk: {"):
        more = "patience: 1 h, " if station == "desk: {" else ", patience: 1 h"
        patient: Change = (station, station + more)
        assert warnings(patient) == {}
        found = warnings(patient, ("{counter: 80%, online: 20%}", "{online: 100%}"))
        del found["channels.counter"]
        has(found, f"levels.city.stations.{station.partition(':')[0]}.patience", "present: true")
        assert warnings(
            patient, ("{counter: 80%, online: 20%}", "{online: 100%}"),
            ("counter: {calendar: office}, ", ""),
            ("online: {calendar: always}", "online: {calendar: always, present: true}"),
        ) == {}  # fmt: skip


def test_a_cut_that_changes_no_limit(warnings: Warnings) -> None:
    def with_cut(cut: str, time_limit: str) -> dict[str, str]:
        policies = f"policies: {{short: [{{cut: {{all: true, {cut}}}}}]}}\nlevels:\n"
        return warnings(("levels:\n", policies), limit(f"time_limit: {time_limit}"))

    path = "policies.short.0.cut.time_limit"
    has(with_cut("time_limit: 40%", "1 working day"), path, "changes no limit")
    has(with_cut("time_limit: 40%, work: 10%", "same day"), path, "changes no limit")
    has(with_cut("time_limit: 30%", "3 working days"), path, "round up")  # 2.1 days are 3
    assert with_cut("time_limit: 40%", "3 working days") == {}
    assert with_cut("time_limit: 40%", "8 working h") == {}
    assert with_cut("work: 40%", "1 working day") == {}


def test_a_cut_is_judged_after_the_changes_before_it(warnings: Warnings) -> None:
    half = "{cut: {all: true, time_limit: 50%}}"
    policies = (
        f"policies: {{short: {{about: twice, changes: [{half}, {half}, {half}]}}}}\nlevels:\n"
    )
    found = warnings(("levels:\n", policies))
    has(found, "policies.short.changes.2.cut.time_limit", "changes no limit")


# Changes of policies that change nothing


def with_policy(change: str) -> Change:
    return "levels:\n", f"policies: {{tried: [{change}]}}\nlevels:\n"


@pytest.mark.parametrize(
    ("change", "lever"),
    [
        ("{staff: {city.desk: {add: 0}}}", "staff"),
        ("{staff: {city.desk: {times: 1.2}}}", "staff"),  # 2.4 officers are 2
        ("{merge: {levels: [ward], into: 3, by: city}}", "merge"),
        ("{discipline: {city.desk: fcfs}}", "discipline"),
        ("{cut: {all: true, incomplete: 50%}}", "cut"),
        ("{demand: {all: true, volume: {times: 1}}}", "demand"),
    ],
)
def test_a_change_that_leaves_all_as_it_was(change: str, lever: str, warnings: Warnings) -> None:
    wards = with_wards("{id: file, at: ward.clerk, work: 1 min}")
    found = warnings(*wards, with_policy(change))
    has(found, f"policies.tried.0.{lever}", "changes nothing")


@pytest.mark.parametrize(
    "change",
    [
        "{staff: {city.desk: {times: 1.25}}}",  # 2.5 officers are 3
        "{merge: {levels: [ward], into: 2, by: city}}",
        "{discipline: {city.desk: edd}}",
    ],
)
def test_a_change_that_changes_something(change: str, warnings: Warnings) -> None:
    wards = with_wards("{id: file, at: ward.clerk, work: 1 min}")
    assert warnings(*wards, with_policy(change)) == {}


def test_a_change_may_leave_unfit_what_a_later_one_mends(warnings: Warnings) -> None:
    """Between the two, a pool serves stations of two disciplines (rule 5)."""
    pool = ("      desk: {staff: 2}\n", "      desk: {staff: 2}\n    pools: "
            "{floor: {staff: 1, serves: [counter, desk]}}\n")  # fmt: skip
    one_by_one = "{discipline: {city.counter: edd}}, {discipline: {city.desk: edd}}"
    assert warnings(pool, with_policy(one_by_one)) == {}


def test_what_all_policies_have_in_common_is_not_set_by_one(warnings: Warnings) -> None:
    has(
        warnings(with_policy("{set: {seed: 2}}")),
        "policies.tried.0.set.seed",
        "one for all policies",
        "--set",
    )
    assert warnings(with_policy("{set: {demand_cv: 5%}}")) == {}


def test_a_rule_of_transfers_that_an_earlier_one_hides(warnings: Warnings) -> None:
    def with_transfers(*rules: str) -> dict[str, str]:
        return warnings(("levels:\n", f"transfers: [{', '.join(rules)}]\nlevels:\n"))

    narrow, wide = "{from: city.counter, to: city.desk, takes: 1 h}", "{from: city, to: city}"
    has(with_transfers(wide, narrow), "transfers.1", "never holds", "1. of the list")
    assert with_transfers(narrow, wide) == {}


def test_a_statutory_limit_below_the_limit_that_is_promised(warnings: Warnings) -> None:
    found = warnings(limit("time_limit: 3 working days\n    statutory_limit: 2 working days"))
    has(found, "procedures.copy.statutory_limit", "shorter than the time limit")
    assert warnings(limit("time_limit: 3 days\n    statutory_limit: 3 days")) == {}


# Figures, hours and names that may not say what is meant


@pytest.mark.parametrize("key", ["demand_cv", "day_cv", "cv"])
def test_variations_above_300_per_cent(key: str, warnings: Warnings) -> None:
    def with_cv(value: str) -> dict[str, str]:
        match key:
            case "demand_cv":
                return warnings(("levels:\n", f"demand_cv: {value}\nlevels:\n"))
            case "day_cv":
                profile = f"profiles: {{busy: {{day_cv: {value}}}}}\nlevels:\n"
                used = ("counter: {calendar: office}", "counter: {calendar: office, profile: busy}")
                return warnings(("levels:\n", profile), used)
            case _:
                work = f"work: {{lognormal: {{mean: 30 min, cv: {value}}}}}"
                return warnings(("work: 30 min", work))

    (path,) = with_cv("5")
    assert path.endswith(key)
    assert with_cv("5")[path] == "5 is 500 %; if 5 % is meant, write 5%"
    assert with_cv("3") == with_cv("500%") == {}


def test_shares_with_three_decimals_beside_whole_numbers(warnings: Warnings) -> None:
    def with_shares(*shares: str) -> dict[str, str]:
        step = "{id: file, at: ward.clerk, work: 1 min}"
        offices = "{Quang Trung: {share: 2}, Thanh Sơn: {share: 1}, Vàng Danh: {share: 1}}"
        given = ", ".join(f"W{n}: {{share: {share}}}" for n, share in enumerate(shares))
        (wards, route) = with_wards(step)
        return warnings((wards[0], wards[1].replace(offices, f"{{{given}}}")), route)

    has(with_shares("900", "4.800"), "levels.ward.offices.W1.share", "write 4800")
    assert with_shares("4.812", "19.250") == with_shares("900", "4.8") == {}


def test_hours_in_the_night_where_the_afternoon_may_be_meant(warnings: Warnings) -> None:
    hours = ('"13:30-17:00"', '"01:30-05:00"')
    has(warnings(hours), "calendars.office.hours.mon-fri.1", 'write "13:30-17:00"')
    assert warnings(('"07:30-11:30"', '"05:30-11:30"')) == {}


def test_hours_that_overlap(warnings: Warnings) -> None:
    hours = ('"13:30-17:00"', '"11:00-17:00"')
    has(warnings(hours), "calendars.office.hours.mon-fri.1", "overlaps 07:30-11:30")
    assert warnings(('"13:30-17:00"', '"11:30-17:00"')) == {}


def test_dates_years_from_the_period_beside_others_within_it(warnings: Warnings) -> None:
    def closed(*dates: str) -> dict[str, str]:
        week = '"13:30-17:00"]}'
        return warnings((week, f"{week}, closed: [{', '.join(dates)}]"))

    has(closed("2021-03-02", "2012-03-03"), "calendars.office.closed.1", "look at its year")
    assert closed("2021-03-02", "2022-01-01", "2020-12-31..2021-01-01") == {}
    assert closed("2012-03-03", "2012-04-30") == {}  # a calendar of another year


def test_the_field_of_one_procedure_that_is_nearly_that_of_others(warnings: Warnings) -> None:
    def with_field(field: str) -> dict[str, str]:
        more = "".join(
            f"  {name}: {{field: {of}, received_at: city, volume: {{in_period: 1}}, "
            "route: [{id: one, at: city.desk, work: 1 min}]}\n"
            for name, of in (("a", "land"), ("b", "land"), ("c", field))
        )
        return warnings(("procedures:\n", f"procedures:\n{more}"))

    has(with_field("lnad"), "procedures.c.field", "did you mean `land`?")
    assert with_field("civil") == {}


def test_an_office_that_is_the_last_row_of_a_table(warnings: Warnings) -> None:
    wards, route = with_wards("{id: file, at: ward.clerk, work: 1 min}")
    total = (wards[0], wards[1].replace("Vàng Danh", "Tổng cộng"))
    has(warnings(total, route), "levels.ward.offices.Tổng cộng", "take it out")


def test_a_name_that_is_new_beside_nearly_the_same_of_a_file_that_is_extended(
    tmp_path: Path,
) -> None:
    (tmp_path / "base.yaml").write_text(OFFICE, "utf-8")

    def warnings_of(station: str) -> set[str]:
        text = f"extends: base.yaml\nlevels: {{city: {{stations: {{{station}: {{staff: 3}}}}}}}}\n"
        (tmp_path / "top.yaml").write_text(text, "utf-8")
        warnings = check(tmp_path / "top.yaml").warnings
        return {one.message for one in warnings if one.path == f"levels.city.stations.{station}"}

    assert any("did you mean `desk`" in message for message in warnings_of("dsek"))
    assert warnings_of("desk") == set()


# The order of warnings, and how they are worded


def test_every_check_has_a_name_that_says_what_it_finds() -> None:
    names = [one.__name__ for one in CHECKS]
    assert len(set(names)) == len(names)
    assert all(one.__doc__ and one.__doc__.startswith("Find ") for one in CHECKS)


def test_numbers_as_they_are_written() -> None:
    assert [number(value) for value in (0.04, 1, 2.54, 9.96, 1234.4)] == [
        "0.04",
        "1",
        "2.5",
        "10",
        "1,234",
    ]
    assert [percent(value) for value in (0.5, 1.004, 1.34, 12)] == [
        "50 %",
        "100.4 %",
        "134 %",
        "1200 %",
    ]
    assert listed(["a"], "office") == "a"
    assert listed(["a", "b"], "office") == "a and b"
    assert listed(["a", "b", "c"], "office") == "a, b and c"
    assert listed(["a", "b", "c", "d"], "office") == "a, b and 2 more offices"
