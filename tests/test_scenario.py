"""Scenario files: what may be left out, what is refused and where, and the way back to text."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from sim.deadlines import LimitKind
from sim.distributions import parse_distribution
from sim.durations import DAY, HOUR, MINUTE, WEEK, Duration, parse_duration
from sim.errors import InputError, Problem
from sim.network import Network, build
from sim.scenario.load import load, load_text
from sim.scenario.schema import Choose, Scenario, Step, Together, UntilDue, Visit, Wait
from sim.scenario.values import Limit, parse_limit

SMALLEST = """
period: {from: 2021-01-01, to: 2021-12-31}
levels:
  city: {stations: {land: {}}}
procedures:
  copy:
    received_at: city
    volume: {per_day: 3}
    route: [{at: city.land, work: 5 min}]
"""

FULL = """
name: A small city
about: What this models.
period: {from: 2021-01-01, to: 2021-12-31}
warm_up: 60 days
seed: 7
replications: 30
demand_cv: 5%
early: by_time
early_margin: 1.5 h
same_day_cutoff: "15:00"

calendars:
  office:
    hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}
    holidays: VN
    closed: [2021-02-08, 2021-04-19..2021-04-20]
    open: {2021-02-06: ["07:30-11:30"]}
  signing: {hours: {mon-fri: ["10:00-11:30", "15:30-17:00"]}, holidays: VN}
profiles:
  mornings:
    hours: {"07:30-09:30": 1.6, "15:30-17:00": 0.6}
    weekdays: {mon: 1.3, fri: 0.85}
    months: {feb: 0.7, mar: 1.25}
    dates: {2021-07-24..2021-09-21: 0.4}
    day_cv: 25%
channels:
  counter: {calendar: office, profile: mornings}
  online: {calendar: always, priority: 1}
  post: {present: false}

levels:
  province:
    offices: [Quảng Ninh]
    calendar: office
    stations:
      appraisal: {staff: 4}
  city:
    within: province
    offices: [Uông Bí]
    calendar: office
    stations:
      reception: {kind: counter, staff: 12, at_close: finish, patience: {exponential: 90 min}}
      land: {staff: 5, absence: 4%, discipline: edd}
      signing: {staff: [{count: 1, calendar: signing}, {count: 1, from: 2021-07-01}]}
      return: {kind: counter, staff: 3}
      windows: {kind: counter}
    pools:
      floor: {staff: 2, serves: [windows, return], absence: 3%}
  tax: {within: city, calendar: office, stations: {desk: {staff: 3}}}
  ward:
    within: city
    offices:
      Quang Trung: {share: 2.0, staff: {reception: 3}}
      Thanh Sơn: {share: 1.4, within: Uông Bí}
      Vàng Danh: {share: 1.1, calendar: signing}
    calendar: office
    stations:
      reception: {kind: counter, staff: 2}
      clerk: {staff: 2, at_close: clear, discipline: spt}
  hamlet: {within: ward, offices: 7, stations: {head: {}}}
transfers:
  - {from: ward, to: city, departs: ["10:00", "15:30"], takes: 1 h, calendar: office}
  - {from: city.reception, to: city.land, departs: ["11:00", "16:30"], calendar: office}
  - {within: city, cutoff: "15:00", calendar: office}
  - {from: city, to: province, takes: {uniform: [5 min, 30 min]}}

volumes:
  centre: {per_year: 128443}
routes:
  examined:
    - {id: intake, at: city.reception, work: {triangular: [5 min, 8 min, 15 min]}}
    - {id: examine, at: city.land}
    - {id: sign, at: city.signing, work: 4 min, decides: true}
procedures:
  mortgage:
    field: land
    received_at: city
    volume: {of: centre, share: 6%}
    time_limit: 1 working day
    statutory_limit: 3 working days
    early: by_date
    early_margin: 0.5 h
    route: examined
    steps: {examine: {work: {triangular: [8 min, 15 min, 30 min]}, allotment: 4 working h}}
  land-transfer:
    name: Đăng ký biến động đất đai
    field: land
    received_at: {city: 80%, ward: 20%}
    volume: {per_year: 3853}
    channels: {counter: 90%, online: 10%}
    time_limit: 10 working days
    priority: {1: 10%, 2: 90%}
    route:
      - id: intake
        at: city.reception
        work: {triangular: [20 min, 30 min, 45 min]}
        incomplete:
          {share: {counter: 25%, online: 8%}, away: {exponential: 2 working days},
           again: 5 min, at_most: 2}
      - id: examine
        at: city.land
        work: {lognormal: {mean: 2 h, cv: 80%}}
        incomplete: {share: 5%, away: {exponential: 4 working days}, clock: pauses}
      - id: consult
        together:
          - - {id: tax, at: tax.desk, work: 40 min}
            - {id: pay, wait: {lognormal: {mean: 2 working days, cv: 60%}}, clock: pauses}
          - [{id: appraise, at: province.appraisal, work: {erlang: {mean: 1 h, k: 3}}}]
      - id: outcome
        choose:
          - share: 3%
            end: refused
            route: [{id: refuse, at: city.signing, work: 5 min, decides: true}]
          - {share: rest, route: []}
      - {id: sign, at: city.signing, work: {discrete: {5 min: 70%, 20 min: 30%}}, decides: true}
      - {id: pickup, wait: {until: due, then: {uniform: [0 working h, 16 working h]}},
         only: [counter]}
      - {id: return, at: city.return, work: 4 min, only: [counter]}
  birth:
    received_at: ward
    volume: {per_working_day: 4.5}
    time_limit: same day
    statutory_limit: 90 min
    route:
      - {at: ward.reception, work: {gamma: {mean: 10 min, cv: 0.5}}}
      - {at: ward.clerk, work: {weibull: {mean: 0.4 h, cv: 1.2}}}
  permit:
    received_at: hamlet
    volume: {in_period: 300}
    time_limit: 20.5 working h
    statutory_limit: 2 weeks
    route:
      - {at: hamlet.head, work: 1 working day}
      - {wait: 2 weeks, clock: restarts}
      - {at: ward.clerk, work: 30 s, only: [hamlet]}

published:
  - {value: 95.35%, source: seeds/uong-bi-2021#early, measure: early_rate, scope: level,
     name: city, use: calibrated}
  - {value: 412, source: seeds/uong-bi-2021#late, measure: resolved_late, use: held_back}

policies:
  two-more-officers:
    - staff: {city.land: {add: 2}}
  cut-forty:
    about: Provincial plan to cut limits by 40 % and work by a quarter
    changes:
      - cut: {fields: [land], time_limit: 40%, work: 25%}
      - set: {all: true, early_margin: 2 h}
  at-once: [{on_the_spot: [ward, city]}]
  both: {combine: [two-more-officers, cut-forty]}
"""


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load_text(text)
    return caught.value.problems


def place_of(text: str, word: str) -> tuple[int, int]:
    """Give the line and column of the only occurrence of a word, from 1."""
    assert text.count(word) == 1, f"`{word}` stands {text.count(word)} times"
    before = text[: text.index(word)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Replace words of a text, each of which stands there once."""
    for before, after in changes:
        assert text.count(before) == 1, f"`{before}` stands {text.count(before)} times"
        text = text.replace(before, after)
    return text


def steps_of(route: tuple[Step, ...]) -> list[Step]:
    """List the steps of a route in file order, those of branches included."""
    steps: list[Step] = []
    for step in route:
        steps.append(step)
        if isinstance(step, Choose):
            for branch in step.choose:
                steps += steps_of(branch.route)
        elif isinstance(step, Together):
            for inner in step.together:
                steps += steps_of(inner)
    return steps


def step(scenario: Scenario, procedure: str, step_id: str) -> Step:
    (found,) = [s for s in steps_of(scenario.procedures[procedure].route) if s.id == step_id]
    return found


def visit(scenario: Scenario, procedure: str, step_id: str) -> Visit:
    found = step(scenario, procedure, step_id)
    assert isinstance(found, Visit)
    return found


def officers(network: Network, home: str) -> list[int]:
    """Officers of each group of a station or pool, in network order."""
    return [group.officers for group in network.groups if group.home == home]


def offices(network: Network, level: str) -> list[tuple[str, str]]:
    """Each office of a level with its parent."""
    numbers = network.levels[network.level_numbers[level]].offices
    named = [office.name for office in network.offices]
    return [
        (network.offices[n].name, named[p] if (p := network.offices[n].parent) >= 0 else "")
        for n in numbers
    ]


# What may be left out


def test_the_smallest_scenario_has_the_defaults_of_the_language() -> None:
    scenario = load_text(SMALLEST, "smallest")
    assert scenario.name == "smallest"
    assert scenario.warm_up == Duration(0)
    assert (scenario.seed, scenario.replications) == (1, 20)
    assert (scenario.early, scenario.early_margin.us) == ("by_slip", 0)
    assert scenario.same_day_cutoff is None
    assert scenario.demand_cv == 0
    assert scenario.transfers == ()
    assert list(scenario.channels) == ["counter"]
    assert scenario.channels["counter"].profile is None
    assert scenario.policies == {}


def test_a_level_has_one_office_that_is_always_open_by_default() -> None:
    network = build(load_text(SMALLEST))
    (office,) = network.offices
    assert office.calendar.open_time(network.run_start, network.end) == 365 * DAY
    assert office.parent == -1


def test_a_level_within_another_has_one_office_in_each_parent_by_default() -> None:
    network = build(
        load_text(
            changed(
                SMALLEST,
                (
                    "  city: {",
                    "  area: {offices: [N, S], stations: {gate: {}}}\n  city: {within: area, ",
                ),
            )
        )
    )
    assert [parent for _, parent in offices(network, "city")] == ["N", "S"]


def test_a_number_of_offices_is_dealt_to_the_parents_in_turn() -> None:
    network = build(load_text(FULL))
    wards = ["Quang Trung", "Thanh Sơn", "Vàng Danh"]
    assert offices(network, "hamlet") == [(f"hamlet-{n + 1}", wards[n % 3]) for n in range(7)]


def test_a_station_is_a_first_come_desk_with_one_officer_by_default() -> None:
    network = build(load_text(SMALLEST))
    (station,) = network.stations
    assert not station.counter
    assert station.discipline == "fcfs"
    assert station.patience is None
    (group,) = network.groups
    assert (group.officers, group.absence, group.pool) == (1, 0, False)


def test_a_station_that_a_pool_serves_has_no_officer_of_its_own_by_default() -> None:
    network = build(load_text(FULL))
    assert officers(network, "city.windows") == [0]
    assert officers(network, "city.return") == [3]  # as it says
    assert officers(network, "city.floor") == [2]


def test_a_desk_suspends_and_a_counter_finishes_at_close_by_default() -> None:
    at_close = {station.address: station.at_close for station in build(load_text(FULL)).stations}
    assert at_close["city.land"] == "suspend"
    assert at_close["city.return"] == "finish"
    assert at_close["ward.clerk"] == "clear"  # as it says


def test_a_procedure_has_the_defaults_of_the_language() -> None:
    scenario = load_text(SMALLEST)
    copy = scenario.procedures["copy"]
    assert (copy.field, copy.time_limit, copy.statutory_limit) == (None, None, None)
    assert copy.priority == {1: 1.0}
    (built,) = build(scenario).procedures
    assert built.title == "copy"
    assert built.limit.kind == LimitKind.NONE
    assert built.channels == ((0, 1.0),)


def test_all_dossiers_come_through_the_first_declared_channel_by_default() -> None:
    network = build(load_text(FULL))
    birth = next(p for p in network.procedures if p.name == "birth")
    assert [(network.channel_names[c], share) for c, share in birth.channels] == [("counter", 1)]


def test_an_incomplete_visit_has_the_defaults_of_the_language() -> None:
    incomplete = visit(load_text(FULL), "land-transfer", "examine").incomplete
    assert incomplete is not None
    assert (incomplete.at_most, incomplete.again) == (1, None)
    intake = visit(load_text(FULL), "land-transfer", "intake").incomplete
    assert intake is not None
    assert intake.clock == "runs"


def test_a_wait_runs_the_clock_by_default() -> None:
    scenario = load_text(changed(SMALLEST, ("route: [", "route: [{wait: 2 h}, ")))
    found = step(scenario, "copy", "wait")
    assert isinstance(found, Wait)
    assert found.clock == "runs"


def test_a_wait_until_due_waits_no_longer_by_default() -> None:
    scenario = load_text(
        changed(
            SMALLEST,
            ("work: 5 min}]", "work: 5 min}, {wait: {until: due}}]"),
            ("    volume", "    time_limit: 1 h\n    volume"),
        )
    )
    found = step(scenario, "copy", "wait")
    assert isinstance(found, Wait)
    assert isinstance(found.wait, UntilDue)
    assert found.wait.then == parse_distribution("0 min")


def test_the_name_is_that_of_the_file_by_default(tmp_path: Path) -> None:
    path = tmp_path / "uong-bi.yaml"
    path.write_text(SMALLEST, encoding="utf-8")
    assert load(path).name == "uong-bi"
    path.write_text("name: Uông Bí\n" + SMALLEST, encoding="utf-8")
    assert load(path).name == "Uông Bí"


def test_a_file_and_its_text_are_one_scenario(tmp_path: Path) -> None:
    path = tmp_path / "full.yaml"
    path.write_text(FULL, encoding="utf-8")
    assert load(path).model_dump() == load_text(FULL).model_dump()


# Values


def test_values_of_the_full_example_are_read_as_they_are_meant() -> None:
    scenario = load_text(FULL)
    assert (scenario.period.first, scenario.period.last) == (date(2021, 1, 1), date(2021, 12, 31))
    assert scenario.warm_up.us == 60 * DAY
    assert scenario.demand_cv == 0.05
    assert scenario.early_margin.us == 90 * MINUTE
    assert scenario.same_day_cutoff == 15 * HOUR
    assert scenario.levels["city"].stations["land"].absence == 0.04
    assert scenario.procedures["land-transfer"].received_at == {"city": 0.8, "ward": 0.2}
    assert scenario.procedures["land-transfer"].priority == {1: 0.1, 2: 0.9}
    assert scenario.published[0].value == pytest.approx(0.9535)
    assert scenario.transfers[0].departs == (10 * HOUR, 15 * HOUR + 30 * MINUTE)
    examine = visit(scenario, "mortgage", "examine")
    assert examine.allotment == parse_duration("4 working h")
    assert visit(scenario, "permit", "head").work == parse_distribution("8 working h")


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [
        ("same day", LimitKind.SAME_DAY, 0),
        ("1 working day", LimitKind.WORKING_DAYS, 1),
        ("15 working days", LimitKind.WORKING_DAYS, 15),
        ("4 working h", LimitKind.WORKING_HOURS, 4 * HOUR),
        ("1.5 working hours", LimitKind.WORKING_HOURS, 90 * MINUTE),
        ("1 day", LimitKind.DAYS, 1),
        ("30 days", LimitKind.DAYS, 30),
        ("2 weeks", LimitKind.DAYS, 2 * WEEK // DAY),
        ("24 h", LimitKind.CLOCK, DAY),
        ("30 min", LimitKind.CLOCK, 30 * MINUTE),
    ],
)
def test_limits_are_of_the_kinds_of_rule_14(text: str, kind: LimitKind, amount: int) -> None:
    assert parse_limit(text) == Limit(kind=kind, amount=amount)


@pytest.mark.parametrize(
    "value",
    [
        5,
        "5",
        "0 days",
        "1.5 working days",
        "0.5 weeks",
        "-1 day",
        "2 months",
        "soon",
        None,
        True,
        "2 working weeks",
        {"days": 2},
    ],
)
def test_what_is_no_limit_of_rule_14_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"(?i)a (time )?limit"):
        parse_limit(value)


@pytest.mark.parametrize(
    "text",
    [
        "same day",
        "3 working days",
        "7.5 working h",
        "100.123456789 working h",
        "12 days",
        "36 h",
        "90 min",
        "22.5 min",
        "0.1 min",
        "1234567.654321 min",
    ],
)
def test_a_limit_is_written_and_read_back_equal(text: str) -> None:
    limit = parse_limit(text)
    assert parse_limit(str(limit)) == limit


# Routes


def test_a_named_route_is_laid_out_in_every_procedure_that_names_it() -> None:
    text = changed(
        FULL,
        (
            "    route:\n      - {at: ward.reception",
            "    route: examined\n    steps: {examine: "
            "{work: 7 min}}\n  marriage:\n    received_at: ward\n    volume: {per_day: 1}\n"
            "    route:\n      - {at: ward.reception",
        ),
    )
    scenario = load_text(text)
    for procedure in ("mortgage", "birth"):
        ids = [s.id for s in scenario.procedures[procedure].route]
        assert ids == ["intake", "examine", "sign"]
    assert visit(scenario, "birth", "examine").work == parse_distribution("7 min")
    assert visit(scenario, "birth", "examine").allotment is None
    assert visit(scenario, "mortgage", "examine").work != parse_distribution("7 min")
    assert visit(scenario, "birth", "sign") == visit(scenario, "mortgage", "sign")


NESTED = """
routes:
  deep:
    - {id: first, at: city.land, work: 5 min}
    - id: fork
      together:
        - - id: maybe
            choose:
              - {share: 20%, route: [{id: inner, at: city.land}]}
              - {share: rest}
        - [{id: aside, wait: 2 h}]
"""


@pytest.mark.parametrize("style", ["named", "own"])
def test_steps_puts_keys_over_those_of_a_step_at_any_depth(style: str) -> None:
    own = NESTED.replace("\nroutes:\n  deep:\n", "").rstrip()
    route = (
        " deep" if style == "named" else "\n" + "\n".join(f"  {line}" for line in own.splitlines())
    )
    over = "steps: {inner: {work: 9 min, allotment: 1 h}, aside: {clock: pauses}}"
    text = changed(SMALLEST, (" [{at: city.land, work: 5 min}]", f"{route}\n    {over}")) + (
        NESTED if style == "named" else ""
    )
    scenario = load_text(text)
    inner, aside = visit(scenario, "copy", "inner"), step(scenario, "copy", "aside")
    assert inner.work == parse_distribution("9 min")
    assert inner.at == "city.land"
    assert inner.allotment == Duration(HOUR)
    assert isinstance(aside, Wait)
    assert (aside.clock, aside.wait) == ("pauses", parse_distribution("2 h"))
    assert visit(scenario, "copy", "first").work == parse_distribution("5 min")


def test_steps_without_an_id_are_called_after_their_station_or_kind_in_file_order() -> None:
    route = """
      - {at: city.land, work: 5 min}
      - {wait: 1 h}
      - choose:
          - {share: 50%, route: [{at: city.land, work: 5 min}, {wait: 2 h}]}
          - {share: rest, route: [{together: [[{at: city.land, work: 6 min}], []]}]}
      - {wait: 3 h}
      - together: [[{choose: [{share: 1}]}]]
      - {at: city.land, work: 7 min}"""
    scenario = load_text(changed(SMALLEST, (" [{at: city.land, work: 5 min}]", route)))
    assert [s.id for s in steps_of(scenario.procedures["copy"].route)] == [
        "land",
        "wait",
        "choose",
        "land-2",
        "wait-2",
        "together",
        "land-3",
        "wait-3",
        "together-2",
        "choose-2",
        "land-4",
    ]


def test_a_given_id_is_never_given_to_another_step() -> None:
    route = "[{at: city.land, work: 5 min}, {id: land, at: city.land, work: 6 min}]"
    scenario = load_text(changed(SMALLEST, ("[{at: city.land, work: 5 min}]", route)))
    ids = [s.id for s in scenario.procedures["copy"].route]
    assert ids[1] == "land"
    assert len(set(ids)) == 2


def test_ids_do_not_depend_on_what_steps_puts_over_a_route() -> None:
    text = changed(
        SMALLEST,
        ("land: {}", "land: {}, desk: {}"),
        (
            "work: 5 min}]",
            "work: 5 min}, {at: city.land, work: 6 min}]\n    steps: {land: {at: city.desk}}",
        ),
    )
    scenario = load_text(text)
    assert [s.id for s in scenario.procedures["copy"].route] == ["land", "land-2"]
    assert visit(scenario, "copy", "land").at == "city.desk"


def test_steps_may_not_give_a_step_the_id_of_another() -> None:
    route = "[{id: a, at: city.land, work: 5 min}, {id: b, at: city.land, work: 5 min}]"
    text = changed(
        SMALLEST,
        ("route: [{at: city.land, work: 5 min}]", f"steps: {{a: {{id: b}}}}\n    route: {route}"),
    )
    assert problems_of(text)


# Problems


def test_every_wrong_value_of_a_file_is_told_at_once_in_its_place() -> None:
    text = changed(
        FULL,
        ("to: 2021-12-31", "to: 2021-13-31"),
        ("replications: 30", "replicatoins: 30"),
        ("demand_cv: 5%", "demand_cv: lots"),
        ('"13:30-17:00"', '"17:00-13:30"'),
        ("absence: 4%", "absence: 140%"),
        ("takes: 1 h,", "takes: 1,"),
        ("discipline: edd", "discipline: edf"),
        ("received_at: {city: 80%, ward: 20%}", "received_at: {city: 80%, ward: 30%}"),
        ("time_limit: 10 working days", "time_limit: 1.5 working days"),
        ("at_most: 2", "at_most: 0"),
        ("mean: 2 h, cv: 80%", "mean: 2 hrs, cv: 80%"),
        ("share: 3%\n", "share: 3 of 100\n"),
        ("{at: ward.clerk, work: {weibull", "{att: ward.clerk, work: {weibull"),
        ("{wait: 2 weeks, clock", "{wait: -2 weeks, clock"),
        ("value: 412", "value: many%"),
    )
    words = [
        "to: 2021-13-31",
        "replicatoins",
        "demand_cv",
        "discipline: edf",
        "absence: 140%",
        "takes: 1,",
        "time_limit: 1.5",
        "at_most: 0",
        "mean: 2 hrs",
        "share: 3 of",
        "att: ward",
        "wait: -2",
        "value: many%",
    ]
    places = {(problem.line, problem.column) for problem in problems_of(text)}
    assert {place_of(text, word) for word in words} <= places
    assert place_of(text, 'hours: {mon-fri: ["07:30-11:30"')[0] in {line for line, _ in places}


WRONG = [
    ("seed: 7", "seed: -7", "seed: -7", "seed"),
    ("seed: 7", "seed: 7.0", "seed: 7", "seed"),
    ("seed: 7", "sead: 7", "sead", "sead"),
    ("warm_up: 60 days", "warm_up: 60", "warm_up", "warm_up"),
    ("early: by_time", "early: by_tim", "early: by_tim", "early"),
    ("replications: 30", "replications: 0", "replications", "replications"),
    ("early_margin: 1.5 h", "early_margin: -1 h", "early_margin: -1", "early_margin"),
    (
        "holidays: VN\n    closed",
        "holiday: VN\n    closed",
        "holiday: VN\n",
        "calendars.office.holiday",
    ),
    ("closed: [2021-02-08", "closed: [2021-02-30", "2021-02-30", "calendars.office.closed.0"),
    (
        "2021-04-19..2021-04-20",
        "2021-04-20..2021-04-19",
        "2021-04-20..",
        "calendars.office.closed.1",
    ),
    ("feb: 0.7", "febr: 0.7", "febr", "profiles.mornings.months.febr"),
    ("day_cv: 25%", "day_cv: -25%", "day_cv", "profiles.mornings.day_cv"),
    ("present: false", "present: maybe", "present", "channels.post.present"),
    (
        "{kind: counter, staff: 3}",
        "{kind: window, staff: 3}",
        "kind: window",
        "levels.city.stations.return.kind",
    ),
    ("absence: 3%", "absences: 3%", "absences: 3%", "levels.city.pools.floor.absences"),
    (
        "decides: true}\nprocedures",
        "decides: yes}\nprocedures",
        "decides: yes",
        "routes.examined.2.decides",
    ),
    ("clock: restarts", "clock: stops", "clock: stops", "procedures.permit.route.1.clock"),
    (
        "{per_working_day: 4.5}",
        "{per_working_day: -4.5}",
        "per_working_day",
        "procedures.birth.volume.per_working_day",
    ),
    ("use: held_back", "use: held", "use: held", "published.1.use"),
    (
        "allotment: 4 working h",
        "allotment: 4 days",
        "allotment",
        "procedures.mortgage.steps.examine.allotment",
    ),
    ("work: 30 s,", "work: 30 days,", "work: 30 days", "procedures.permit.route.2.work"),
]


@pytest.mark.parametrize(
    ("before", "after", "word", "path"), WRONG, ids=[after.split("\n")[0] for _, after, *_ in WRONG]
)
def test_a_wrong_value_is_the_one_problem_in_its_place(
    before: str, after: str, word: str, path: str
) -> None:
    text = changed(FULL, (before, after))
    (problem,) = problems_of(text)
    assert (problem.line, problem.column) == place_of(text, word)
    assert problem.path == path


def test_problems_are_written_with_the_file_as_it_was_named(tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    path.write_text(changed(FULL, ("seed: 7", "sead: 7")), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(path)
    line, column = place_of(changed(FULL, ("seed: 7", "sead: 7")), "sead")
    assert str(caught.value).startswith(f"{path}:{line}:{column}: sead: ")
    assert "did you mean `seed`?" in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "meant"),
    [
        ("replications: 30", "replicatons: 30", "replications"),
        ("warm_up: 60", "warmup: 60", "warm_up"),
        ("transfers:\n", "transfer:\n", "transfers"),
        ("discipline: edd", "disipline: edd", "discipline"),
        ("time_limit: same day", "time_limt: same day", "time_limit"),
        ("at_most: 2", "atmost: 2", "at_most"),
        ("statutory_limit: 90 min", "statutary_limit: 90 min", "statutory_limit"),
        ("{city: 80%, ward: 20%}", "{city: 80%, wrad: 20%}", "ward"),
        ("channels: {counter: 90%", "channels: {conter: 90%", "counter"),
        (
            "from: city.reception, to: city.land",
            "from: city.recepton, to: city.land",
            "city.reception",
        ),
        ("of: centre", "of: center", "centre"),
        ("profile: mornings", "profile: morning", "mornings"),
        ("only: [hamlet]", "only: [hamlt]", "hamlet"),
        ("- staff: {city.land:", "- staf: {city.land:", "staff"),
        ("route: examined", "route: examind", "examined"),
        ("steps: {examine:", "steps: {examin:", "examine"),
        ("- staff: {city.land:", "- staff: {city.lnad:", "city.land"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_likely_one(
    before: str, after: str, meant: str
) -> None:
    messages = [problem.message for problem in problems_of(changed(FULL, (before, after)))]
    assert any(re.search(rf"(?<![\w.-]){re.escape(meant)}(?![\w.-])", text) for text in messages)


BROKEN = [
    (
        "counter: {calendar: office,",
        "counter: {calendar: ofice,",
        "calendar: ofice",
        "channels.counter.calendar",
    ),
    (
        "calendar: signing}, {count",
        "calendar: sining}, {count",
        "calendar: sining",
        "levels.city.stations.signing.staff.0.calendar",
    ),
    ("within: province", "within: provinse", "within: provinse", "levels.city.within"),
    (
        "within: Uông Bí",
        "within: Cẩm Phả",
        "within: Cẩm Phả",
        "levels.ward.offices.Thanh Sơn.within",
    ),
    (
        "staff: {reception: 3}",
        "staff: {recption: 3}",
        "recption",
        "levels.ward.offices.Quang Trung.staff.recption",
    ),
    (
        "serves: [windows, return]",
        "serves: [windows, returns]",
        "returns",
        "levels.city.pools.floor.serves.1",
    ),
    ("from: ward, to: city", "from: ward, to: town", "to: town", "transfers.0.to"),
    ("within: city, cutoff", "within: town, cutoff", "within: town", "transfers.2.within"),
    (
        "work: 40 min}",
        "work: 40 min, only: [phone]}",
        "phone",
        "procedures.land-transfer.route.2.together.0.0.only.0",
    ),
    (
        "at: province.appraisal",
        "at: province.apraisal",
        "at: province.apraisal",
        "procedures.land-transfer.route.2.together.1.0.at",
    ),
    (
        "{id: refuse, at: city.signing",
        "{id: refuse, at: signing",
        "at: signing",
        "procedures.land-transfer.route.3.choose.0.route.0.at",
    ),
    ("share: 6%", "share: 106%", "share: 106%", "procedures.mortgage.volume.share"),
    (
        "combine: [two-more-officers",
        "combine: [three-more-officers",
        "three-more-officers",
        "policies.both.combine.0",
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "word", "path"), BROKEN, ids=[after for _, after, *_ in BROKEN]
)
def test_a_name_that_does_not_exist_is_the_one_problem_in_its_place(
    before: str, after: str, word: str, path: str
) -> None:
    text = changed(FULL, (before, after))
    (problem,) = problems_of(text)
    assert (problem.line, problem.column) == place_of(text, word)
    assert problem.path == path


def test_a_level_stands_after_the_one_that_it_lies_within() -> None:
    text = changed(FULL, ("within: province", "within: ward"))
    problems = problems_of(text)
    assert place_of(text, "within: ward\n") in [(p.line, p.column) for p in problems]
    assert any("put a parent level first" in problem.message for problem in problems)


def test_all_names_that_do_not_exist_are_told_at_once() -> None:
    kept = [
        (before, after, word, path) for before, after, word, path in BROKEN if "share" not in before
    ]
    text = changed(FULL, *((before, after) for before, after, *_ in kept))
    assert {p.path for p in problems_of(text)} >= {path for *_, path in kept}


def test_values_names_and_policies_that_are_wrong_are_told_at_once() -> None:
    """All problems of a file at once, of whatever kind they are."""
    text = changed(
        FULL,
        ("absence: 4%", "absence: 140%"),
        ("at: province.appraisal", "at: province.apraisal"),
        ("route: examined", "route: examind"),
        ("- staff: {city.land: {add: 2}}", "- staff: {city.lnd: {add: 2}}"),
        ("replications: 30", "replications: 30\nseed: 8"),
    )
    lines = {problem.line for problem in problems_of(text)}
    wrong = ["absence: 140%", "at: province.apraisal", "route: examind", "city.lnd", "seed: 8"]
    assert lines >= {place_of(text, word)[0] for word in wrong}


def test_an_only_step_that_is_wrong_is_one_problem() -> None:
    text = changed(SMALLEST, ("work: 5 min", "work: 5"))
    (problem,) = problems_of(text)
    assert problem.path == "procedures.copy.route.0.work"


def test_a_wrong_key_of_an_office_is_one_problem_in_its_place() -> None:
    text = changed(FULL, ("Thanh Sơn: {share: 1.4,", "Thanh Sơn: {shar: 1.4,"))
    (problem,) = problems_of(text)
    assert problem.path == "levels.ward.offices.Thanh Sơn.shar"
    assert (problem.line, problem.column) == place_of(text, "shar: 1.4")


@pytest.mark.parametrize(
    "missing", ["period", "levels", "procedures", "stations", "received_at", "volume", "route"]
)
def test_what_a_scenario_must_have_is_asked_for(missing: str) -> None:
    scenario = {
        "period": "period: {from: 2021-01-01, to: 2021-12-31}",
        "levels": "levels: {city: {stations: {land: {}}}}",
        "procedures": "procedures: {copy: {received_at: city, volume: {per_day: 3}, "
        "route: [{at: city.land, work: 5 min}]}}",
    }
    inner = {
        "stations": "stations: {land: {}}",
        "received_at": "received_at: city, ",
        "volume": "volume: {per_day: 3}, ",
        "route": "route: [{at: city.land, work: 5 min}]",
    }
    text = "\n".join(line for key, line in scenario.items() if key != missing)
    (problem,) = problems_of(text.replace(inner.get(missing, "\0"), ""))
    assert problem.path.rpartition(".")[2] == missing
    assert "required" in problem.message


@pytest.mark.parametrize("missing", ["at: city.land", "work: 5 min"])
def test_a_visit_must_have_its_station_and_its_work(missing: str) -> None:
    kept = "work: 5 min" if missing.startswith("at") else "at: city.land"
    text = changed(
        SMALLEST,
        (
            "[{at: city.land, work: 5 min}]",
            f"""
      - {{{kept}}}
      - {{at: city.land, work: 6 min}}""",
        ),
    )
    (problem,) = problems_of(text)
    assert problem.path == f"procedures.copy.route.0.{missing.partition(':')[0]}"
    assert (problem.line, problem.column) == place_of(text, "{" + kept + "}")


def test_a_step_of_a_named_route_may_lack_what_steps_gives_but_no_more() -> None:
    text = changed(
        FULL,
        (
            "steps: {examine: {work: {triangular: [8 min, 15 min, 30 min]}, "
            "allotment: 4 working h}}",
            "steps: {examine: {allotment: 4 working h}}",
        ),
    )
    (problem,) = problems_of(text)
    assert problem.path == "procedures.mortgage.route.1.work"


def test_a_wrong_value_that_steps_puts_over_a_step_is_told_where_it_stands() -> None:
    text = changed(FULL, ("work: {triangular: [8 min, 15 min, 30 min]}", "work: 8 mins"))
    (problem,) = problems_of(text)
    assert (problem.line, problem.column) == place_of(text, "work: 8 mins")


def test_a_wrong_value_of_a_named_route_is_told_where_the_route_stands() -> None:
    text = changed(
        FULL, ("work: 4 min, decides: true}\nprocedures", "work: 4 mns, decides: true}\nprocedures")
    )
    (problem,) = problems_of(text)
    assert (problem.line, problem.column) == place_of(text, "work: 4 mns")


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ("nowhere", "no route `nowhere`"),
        ("[]", "is empty"),
        ("[{id: a, at: city.land, work: 5 min}, {id: a, at: city.land, work: 5 min}]", "second"),
        ("[{at: city.land, work: 5 min}, {choose: [{share: 30%}, {share: 60%}]}]", "0.9, not to 1"),
        ("[{at: city.land, work: 5 min}, {choose: [{share: 30%}, {share: 80%}]}]", "1.1, not to 1"),
        ("[{at: city.land, work: 5 min}, {choose: [{share: rest}, {share: rest}]}]", "rest"),
        ("[{at: city.land, work: 5 min}, {wait: {until: tomorrow}}]", "due"),
        ("[{at: city.land, work: 5 min}, {wait: 5}]", "no unit"),
        ("[{id: a b, at: city.land, work: 5 min}, {wait: 5 h}]", "not a name"),
        ("[{at: city.land, work: 5 min, wait: 5 h}, {wait: 5 h}]", "a key of a visit"),
    ],
)
def test_a_route_that_makes_no_sense_is_refused(route: str, message: str) -> None:
    text = changed(SMALLEST, ("[{at: city.land, work: 5 min}]", route))
    assert any(message in problem.message for problem in problems_of(text))
    assert all(problem.line >= 8 for problem in problems_of(text))


@pytest.mark.parametrize(
    "volume",
    [
        "{}",
        "{per_day: 3, per_year: 4}",
        "{of: all}",
        "{share: 5%}",
        "{per_day: 3, of: x, share: 1}",
    ],
)
def test_a_volume_is_one_rate_or_one_share(volume: str) -> None:
    (problem,) = problems_of(changed(SMALLEST, ("{per_day: 3}", volume)))
    assert problem.path == "procedures.copy.volume"


def test_shares_of_a_volume_may_not_add_to_more_than_all_of_it() -> None:
    extra = """
  second:
    received_at: city
    volume: {of: all, share: 41%}
    route: [{at: city.land, work: 5 min}]
volumes: {all: {per_year: 1000}}
"""
    text = changed(SMALLEST, ("{per_day: 3}", "{of: all, share: 60%}")).rstrip() + extra
    (problem,) = problems_of(text)
    assert "more than 1" in problem.message
    assert problem.line == place_of(text, "share: 41%")[0]
    load_text(text.replace("41%", "40%"))  # exactly all
    load_text(text.replace("41%", "4%"))  # they need not add to 1


@pytest.mark.parametrize(
    "text",
    [
        changed(SMALLEST, ("from: 2021-01-01, to: 2021-12-31", "from: 2021-12-31, to: 2021-01-01")),
        changed(SMALLEST, ("from: 2021-01-01", "from: 1021-01-01")),
        changed(SMALLEST, ("from: 2021-01-01", "from: 2021-1-1")),
        changed(SMALLEST, ("from: 2021-01-01", "from: 20210101")),
        changed(SMALLEST, ("from: 2021-01-01", "from: 2021-W01-5")),
        SMALLEST + 'calendars: {o: {hours: {mon: ["08:00-12:00"]}, closed: [2021-01-04..]}}\n',
    ],
    ids=["backwards", "1021", "short", "compact", "week date", "open range"],
)
def test_what_is_no_date_from_1971_on_is_refused(text: str) -> None:
    assert problems_of(text)


@pytest.mark.parametrize(
    "extra",
    [
        "same_day_cutoff: 15\n",
        "same_day_cutoff: 54000\n",
        "transfers: [{from: city, to: city, departs: [10, 15]}]\n",
        'same_day_cutoff: "3 pm"\n',
        "same_day_cutoff: 24:30\n",
    ],
)
def test_what_is_no_hour_of_the_day_is_refused(extra: str) -> None:
    assert problems_of(SMALLEST + extra)


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("{from: 2021-01-01, to: 2021-12-31}", "{first: 2021-01-01, last: 2021-12-31}", "first"),
        ("{from: ward, to: city,", "{source: ward, target: city,", "source"),
        ("count: 1, from: 2021-07-01", "count: 1, first: 2021-07-01", "first"),
    ],
)
def test_keys_that_the_language_does_not_have_are_refused(
    before: str, after: str, key: str
) -> None:
    assert key in {p.path.rpartition(".")[2] for p in problems_of(changed(FULL, (before, after)))}


def test_the_largest_seed_is_read_whole() -> None:
    assert load_text(SMALLEST + f"seed: {2**63 - 1}\n").seed == 2**63 - 1


def test_a_country_without_known_holidays_is_told_in_its_place() -> None:
    text = SMALLEST + 'calendars:\n  o: {hours: {mon: ["08:00-12:00"]}, holidays: XX}\n'
    (problem,) = problems_of(text)
    assert (problem.line, problem.column) == place_of(text, "holidays")
    assert problem.path == "calendars.o.holidays"


WITHIN = """
period: {from: 2021-01-01, to: 2021-12-31}
levels:
  city: {offices: CITIES, stations: {land: {}}}
  ward: {within: city, offices: WARDS, stations: {clerk: {}}}
procedures:
  copy: {received_at: ward, volume: {per_day: 3}, route: [{at: ward.clerk, work: 5 min}]}
"""


@pytest.mark.parametrize("cities", ["[N, S]", "2"])
def test_named_offices_must_say_in_which_of_several_they_lie(cities: str) -> None:
    text = changed(WITHIN, ("CITIES", cities), ("WARDS", "[A, B]"))
    (problem,) = problems_of(text)
    assert problem.path == "levels.ward.offices"
    assert "say for each of 2 offices here" in problem.message
    (one,) = problems_of(changed(WITHIN, ("CITIES", cities), ("WARDS", "[A]")))
    assert one.path == "levels.ward.offices.0"
    assert "say which" in one.message


@pytest.mark.parametrize(("cities", "there"), [("[N, S]", "S"), ("2", "city-2")])
def test_an_office_lies_in_one_that_exists(cities: str, there: str) -> None:
    text = changed(WITHIN, ("CITIES", cities), ("WARDS", "{A: {within: PARENT}}"))
    network = build(load_text(text.replace("PARENT", there)))
    assert offices(network, "ward") == [("A", there)]
    (problem,) = problems_of(text.replace("PARENT", "city-9"))
    assert problem.path == "levels.ward.offices.A.within"


def test_named_offices_lie_in_the_only_one_above() -> None:
    text = changed(WITHIN, ("CITIES", "[N]"), ("WARDS", "[A, B]"))
    assert offices(build(load_text(text)), "ward") == [("A", "N"), ("B", "N")]


@pytest.mark.parametrize(
    "rule",
    [
        '{within: city, cutoff: "15:00", calendar: always}',
        '{within: city, cutoff: "15:00"}',  # the office left has no calendar, so is always open
    ],
)
def test_a_cutoff_needs_a_calendar_that_closes_rule_10(rule: str) -> None:
    text = SMALLEST + f"transfers: [{rule}]\n"
    with pytest.raises(InputError):
        build(load_text(text))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{from: city}", "both"),
        ("{from: city, to: city, within: city}", "either"),
        ("{takes: 1 h}", "either"),
        ('{within: city, departs: ["10:00"], cutoff: "15:00"}', "not both"),
        ("{within: city, takes: 1 working h}", "clock time"),
        ('{within: city, departs: ["15:00", "10:00"]}', "ascend"),
    ],
)
def test_a_transfer_rule_that_makes_no_sense_is_refused(rule: str, message: str) -> None:
    problems = problems_of(SMALLEST + f"transfers: [{rule}]\n")
    assert [message in problem.message for problem in problems] == [True]


def test_a_pool_of_several_disciplines_is_refused_rule_5() -> None:
    text = changed(FULL, ("windows: {kind: counter}", "windows: {kind: counter, discipline: spt}"))
    (problem,) = problems_of(text)
    assert problem.path == "levels.city.pools.floor"
    assert "disciplines" in problem.message


@pytest.mark.parametrize("name", ["a b", "a.b", "a@b", "a/b", ""])
@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        ("  city: {", '  "NAME": {', "levels.NAME"),
        ("{land: {}}", '{land: {}, "NAME": {}}', "levels.city.stations.NAME"),
        ("  copy:", '  "NAME":', "procedures.NAME"),
        ("work: 5 min}", 'work: 5 min}, {wait: 1 h, id: "NAME"}', "procedures.copy.route.1.id"),
        ("levels:", 'policies: {"NAME": [{set: {seed: 2}}]}\nlevels:', "policies.NAME"),
    ],
    ids=["level", "station", "procedure", "step", "policy"],
)
def test_a_name_has_letters_digits_and_dashes_only(
    name: str, before: str, after: str, path: str
) -> None:
    problems = problems_of(changed(SMALLEST, (before, after.replace("NAME", name))))
    assert path.replace("NAME", name) in [problem.path for problem in problems]


def test_names_may_be_in_any_script_and_offices_called_anything() -> None:
    text = """
period: {from: 2021-01-01, to: 2021-12-31}
levels:
  phường:
    offices: ["Phường 1, Quận 3", "<b> & [key]", 7]
    stations: {tiếp-nhận_1: {}}
procedures:
  Đăng-ký:
    received_at: phường
    volume: {per_day: 3}
    route: [{at: phường.tiếp-nhận_1, work: 5 min}]
"""
    network = build(load_text(text))
    names = [name for name, _ in offices(network, "phường")]
    assert names == ["Phường 1, Quận 3", "<b> & [key]", "7"]


@pytest.mark.parametrize("name", ["A.B", "A@B", "A/B"])
def test_an_offices_name_has_no_dot_at_or_slash(name: str) -> None:
    assert problems_of(changed(WITHIN, ("CITIES", f'["{name}"]'), ("WARDS", "1")))


# The way back


@pytest.mark.parametrize("text", [SMALLEST, FULL], ids=["smallest", "full"])
def test_a_scenario_comes_back_equal_from_json(text: str) -> None:
    scenario = load_text(text)
    as_json = json.dumps(scenario.model_dump(mode="json", exclude_none=True))
    assert Scenario.model_validate(json.loads(as_json)) == scenario


@pytest.mark.parametrize("policy", ["two-more-officers", "cut-forty", "at-once", "both"])
def test_a_scenario_with_a_policy_comes_back_with_every_value_from_json(policy: str) -> None:
    scenario = load_text(FULL).with_policy(policy)
    dumped = scenario.model_dump(mode="json", exclude_none=True)
    again = Scenario.model_validate(json.loads(json.dumps(dumped)))
    assert again.model_dump() == scenario.model_dump()


def test_a_scenario_cannot_be_changed() -> None:
    scenario = load_text(SMALLEST)
    with pytest.raises(ValueError, match="frozen"):
        scenario.seed = 2  # type: ignore[misc]
