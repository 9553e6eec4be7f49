"""Policies: what each lever does, what it leaves alone, and what it refuses."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest

from sim.deadlines import LimitKind
from sim.distributions import parse_distribution
from sim.durations import HOUR, MINUTE
from sim.errors import InputError
from sim.network import Network, build
from sim.scenario.load import load_text
from sim.scenario.schema import Choose, Scenario, Step, Together, Visit, Wait
from sim.scenario.values import Limit, parse_limit

BASE = """
period: {from: 2021-01-01, to: 2021-03-31}
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}
  signing: {hours: {mon-fri: ["10:00-11:30"]}}
channels: {counter: {calendar: office}, online: {}}
levels:
  province: {calendar: office, stations: {appraisal: {staff: 4}}}
  city:
    within: province
    offices: [Uông Bí, Hạ Long]
    calendar: office
    stations:
      reception: {kind: counter, staff: 12}
      land: {staff: 5}
      signing: {staff: [{count: 1}, {count: 2, calendar: signing}]}
      return: {kind: counter}
      archive: {}
    pools: {floor: {staff: 3, serves: [return]}}
  ward:
    within: city
    offices:
      Quang Trung: {within: Uông Bí, staff: {reception: 5}}
      Thanh Sơn: {within: Uông Bí}
      Bãi Cháy: {within: Hạ Long}
    calendar: office
    stations: {reception: {kind: counter, staff: 2}, clerk: {staff: 3}}
  hamlet: {within: ward, offices: 4, stations: {head: {staff: 1}}}
transfers:
  - {from: ward, to: city, departs: ["10:00", "15:30"], takes: 1 h, calendar: office}
  - {within: city, cutoff: "15:00", calendar: office}
  - {from: city.reception, to: city.land, takes: 10 min}
  - {from: city, to: province, takes: 2 h}
  - {from: city, to: city, takes: 5 min}
procedures:
  land-transfer:
    field: land
    received_at: city
    volume: {per_day: 3}
    channels: {counter: 80%, online: 20%}
    time_limit: 10 working days
    statutory_limit: 15 working days
    route:
      - {at: city.reception, work: 20 min, incomplete: {share: {counter: 20%, online: 10%},
         away: 4 working h, again: 8 min}}
      - at: city.land
        work: {triangular: [8 min, 12 min, 40 min]}
        incomplete: {share: 5%, away: 4 working h}
      - id: consult
        together:
          - [{at: province.appraisal, work: {lognormal: {mean: 2 h, cv: 80%}}}, {wait: 3 h}]
          - - choose:
                - {share: 30%, route: [{id: field-visit, at: city.land, work: 4 h}]}
                - {share: rest}
      - {at: city.signing, work: 4 min, decides: true}
      - {at: city.return, work: 3 min}
  mortgage:
    field: land
    received_at: city
    volume: {per_day: 4}
    time_limit: 1 working day
    route: [{at: city.reception, work: 10 min}, {at: city.land, work: 20 min}]
  birth:
    field: civil
    received_at: ward
    volume: {per_day: 5}
    time_limit: same day
    route: [{at: ward.reception, work: 10 min}, {at: ward.clerk, work: 12 min}]
  permit:
    received_at: ward
    volume: {per_day: 1}
    time_limit: 8 working h
    statutory_limit: 3 weeks
    route: [{at: ward.reception, work: 10 min}, {at: city.archive, work: 16 min}]
"""


def scenario_with(*changes: str) -> Scenario:
    """Give the base with one policy `tried` of these changes, not applied."""
    return load_text(BASE + "policies:\n  tried:\n" + "".join(f"    - {c}\n" for c in changes))


def tried(*changes: str) -> Scenario:
    return scenario_with(*changes).with_policy("tried")


def base() -> Scenario:
    return load_text(BASE)


def refusal(*changes: str) -> str:
    with pytest.raises(InputError) as caught:
        scenario_with(*changes)
    return str(caught.value)


def officers(scenario: Scenario, home: str) -> dict[str, list[int]]:
    """Officers of each group of a station or pool, by office."""
    network = build(scenario)
    found: dict[str, list[int]] = {}
    for group in network.groups:
        if group.home == home:
            found.setdefault(network.offices[group.office].name, []).append(group.officers)
    return found


def all_officers(scenario: Scenario) -> dict[tuple[str, str, int], int]:
    network = build(scenario)
    return {
        (group.home, network.office_address(group.office), group.first_number): group.officers
        for group in network.groups
    }


def steps_of(route: tuple[Step, ...]) -> list[Step]:
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


def ids(scenario: Scenario, procedure: str) -> list[str]:
    return [step.id for step in steps_of(scenario.procedures[procedure].route)]


def visit(scenario: Scenario, procedure: str, step_id: str) -> Visit:
    (found,) = [s for s in steps_of(scenario.procedures[procedure].route) if s.id == step_id]
    assert isinstance(found, Visit)
    return found


def limit(scenario: Scenario, procedure: str) -> Limit | None:
    return scenario.procedures[procedure].time_limit


# staff


@pytest.mark.parametrize(
    ("change", "expected"),
    [("{add: 2}", 7), ("{add: -5}", 0), ("{set: 3}", 3), ("{set: 0}", 0), ("{times: 2}", 10)],
)
def test_staff_changes_a_station_in_every_office(change: str, expected: int) -> None:
    changed = tried(f"staff: {{city.land: {change}}}")
    assert officers(changed, "city.land") == {"Uông Bí": [expected], "Hạ Long": [expected]}


@pytest.mark.parametrize(
    ("times", "before", "after"),
    [(0.5, 5, 3), (0.5, 3, 2), (1.5, 3, 5), (1.1, 12, 13), (1.5, 1, 2), (0.1, 4, 0), (0.4, 12, 5)],
)
def test_times_rounds_half_up(times: float, before: int, after: int) -> None:
    changed = tried(
        f"staff: {{province.appraisal: {{set: {before}}}}}",
        f"staff: {{province.appraisal: {{times: {times}}}}}",
    )
    assert officers(changed, "province.appraisal") == {"province": [after]}


def test_staff_at_an_office_changes_that_office_alone() -> None:
    changed = tried("staff: {city.land@Hạ Long: {add: 2}}")
    assert officers(changed, "city.land") == {"Uông Bí": [5], "Hạ Long": [7]}


def test_staff_at_a_numbered_office_changes_that_office_alone() -> None:
    changed = tried("staff: {hamlet.head@hamlet-3: {set: 6}}")
    assert officers(changed, "hamlet.head") == {
        "hamlet-1": [1],
        "hamlet-2": [1],
        "hamlet-3": [6],
        "hamlet-4": [1],
    }
    before, after = build(base()), build(changed)
    assert [(o.name, o.parent) for o in after.offices] == [
        (o.name, o.parent) for o in before.offices
    ]


def test_staff_changes_an_offices_own_number_too() -> None:
    changed = tried("staff: {ward.reception: {add: 1}}")
    assert officers(changed, "ward.reception") == {
        "Quang Trung": [6],
        "Thanh Sơn": [3],
        "Bãi Cháy": [3],
    }
    doubled = tried("staff: {ward.reception: {times: 2}}")
    assert officers(doubled, "ward.reception") == {
        "Quang Trung": [10],
        "Thanh Sơn": [4],
        "Bãi Cháy": [4],
    }


def test_staff_takes_from_an_offices_own_number_though_the_levels_would_be_too_small() -> None:
    assert officers(tried("staff: {ward.reception@Quang Trung: {add: -4}}"), "ward.reception") == {
        "Quang Trung": [1],
        "Thanh Sơn": [2],
        "Bãi Cháy": [2],
    }


def test_staff_changes_the_first_group_of_several() -> None:
    changed = tried("staff: {city.signing: {add: 3}}")
    assert officers(changed, "city.signing") == {"Uông Bí": [4, 2], "Hạ Long": [4, 2]}
    in_one = tried("staff: {city.signing@Uông Bí: {set: 0}}")
    assert officers(in_one, "city.signing") == {"Uông Bí": [0, 2], "Hạ Long": [1, 2]}


def test_staff_changes_a_pool() -> None:
    assert officers(tried("staff: {city.floor: {add: 1}}"), "city.floor") == {
        "Uông Bí": [4],
        "Hạ Long": [4],
    }
    assert officers(tried("staff: {city.floor@Hạ Long: {add: 1}}"), "city.floor") == {
        "Uông Bí": [3],
        "Hạ Long": [4],
    }


def test_staff_counts_from_the_default_of_one_or_of_none_in_a_pool() -> None:
    changed = tried("staff: {city.archive: {add: 1}, city.return: {add: 1}}")
    assert officers(changed, "city.archive") == {"Uông Bí": [2], "Hạ Long": [2]}
    assert officers(changed, "city.return") == {"Uông Bí": [1], "Hạ Long": [1]}


def test_staff_of_one_station_leaves_every_other_alone() -> None:
    before, after = all_officers(base()), all_officers(tried("staff: {city.land: {add: 2}}"))
    moved = {key for key in before if before[key] != after[key]}
    assert {home for home, _, _ in moved} == {"city.land"}
    assert before.keys() == after.keys()


def test_changes_are_applied_in_order() -> None:
    first = tried("staff: {city.land: {add: 1}}", "staff: {city.land: {times: 2}}")
    assert officers(first, "city.land")["Uông Bí"] == [12]
    second = tried("staff: {city.land: {times: 2}}", "staff: {city.land: {add: 1}}")
    assert officers(second, "city.land")["Uông Bí"] == [11]


def test_an_office_keeps_its_own_number_when_the_level_changes_later() -> None:
    changed = tried("staff: {city.land@Hạ Long: {set: 9}}", "staff: {city.land: {add: 1}}")
    assert officers(changed, "city.land") == {"Uông Bí": [6], "Hạ Long": [10]}


def test_officers_cannot_become_fewer_than_none() -> None:
    assert "5 officers cannot become -1" in refusal("staff: {city.land: {add: -6}}")


# cut


@pytest.mark.parametrize(
    ("procedure", "cut", "expected"),
    [
        ("land-transfer", "40%", "6 working days"),
        ("land-transfer", "25%", "8 working days"),  # 7.5
        ("land-transfer", "1%", "10 working days"),  # 9.9
        ("land-transfer", "10%", "9 working days"),
        ("land-transfer", "91%", "1 working day"),  # 0.9
        ("mortgage", "40%", "1 working day"),
        ("mortgage", "99%", "1 working day"),
        ("permit", "25%", "6 working h"),
        ("birth", "50%", "same day"),
    ],
)
def test_cut_shortens_limits_and_rounds_days_up_to_at_least_one(
    procedure: str, cut: str, expected: str
) -> None:
    changed = tried(f"cut: {{procedures: [{procedure}], time_limit: {cut}}}")
    assert limit(changed, procedure) == parse_limit(expected)


@pytest.mark.parametrize("percent", [1, 7, 10, 19, 20, 25, 29, 30, 33, 40, 43, 55, 58, 70, 90, 99])
@pytest.mark.parametrize("kind", ["working days", "days"])
def test_a_cut_of_days_is_the_next_whole_number_of_days_up(percent: int, kind: str) -> None:
    """So 10 days cut by 30 % are 7, and not 8 for the binary fraction 7.000…01."""
    numbers = range(1, 61)
    procedures = "".join(
        f"""
  p{n}:
    received_at: city
    volume: {{per_day: 1}}
    time_limit: {n} {kind}
    route: [{{at: city.land, work: 5 min}}]"""
        for n in numbers
    )
    scenario = load_text(f"""
period: {{from: 2021-01-01, to: 2021-01-31}}
levels: {{city: {{stations: {{land: {{}}}}}}}}
procedures:{procedures}
policies: {{less: [{{cut: {{all: true, time_limit: {percent}%}}}}]}}
""").with_policy("less")
    for n in numbers:
        exactly = math.ceil(n * Fraction(100 - percent, 100))
        found = limit(scenario, f"p{n}")
        assert found is not None
        assert found.amount == max(1, exactly)


def test_weeks_are_cut_as_their_days() -> None:
    text = BASE.replace("time_limit: 10 working days", "time_limit: 2 weeks")
    scenario = load_text(f"{text}policies: {{less: [{{cut: {{all: true, time_limit: 40%}}}}]}}\n")
    assert limit(scenario.with_policy("less"), "land-transfer") == parse_limit("9 days")  # 8.4


def test_cut_leaves_the_statutory_limit_and_other_procedures() -> None:
    changed = tried("cut: {fields: [land], time_limit: 40%, work: 25%}")
    transfer = changed.procedures["land-transfer"]
    assert transfer.statutory_limit == parse_limit("15 working days")
    for name in ("birth", "permit"):
        assert changed.procedures[name] == base().procedures[name]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("reception", "15 min"),
        ("land", {"triangular": ["6 min", "9 min", "30 min"]}),
        ("appraisal", {"lognormal": {"mean": "90 min", "cv": "80%"}}),
        ("field-visit", "3 h"),
        ("signing", "3 min"),
    ],
)
def test_cut_makes_work_shorter_at_any_depth_and_keeps_its_shape(
    step: str, expected: object
) -> None:
    changed = tried("cut: {fields: [land], work: 25%}")
    assert visit(changed, "land-transfer", step).work == parse_distribution(expected)


def test_cut_makes_the_work_done_again_shorter_too() -> None:
    changed = tried("cut: {procedures: [land-transfer], work: 25%}")
    first = visit(changed, "land-transfer", "reception").incomplete
    second = visit(changed, "land-transfer", "land").incomplete
    assert first is not None
    assert first.again == parse_distribution("6 min")
    assert first.away == parse_distribution("4 working h")  # the citizen's time
    assert second is not None
    assert second.again is None  # the work, which is cut


def test_cut_makes_fewer_dossiers_incomplete_in_every_channel() -> None:
    changed = tried("cut: {all: true, incomplete: 50%}")
    by_channel = visit(changed, "land-transfer", "reception").incomplete
    for_all = visit(changed, "land-transfer", "land").incomplete
    assert by_channel is not None
    assert by_channel.share == pytest.approx({"counter": 0.1, "online": 0.05})
    assert for_all is not None
    assert list(for_all.share.values()) == pytest.approx([0.025])
    assert (
        visit(changed, "land-transfer", "land").work == visit(base(), "land-transfer", "land").work
    )


def test_cut_leaves_waits_alone() -> None:
    changed = tried("cut: {all: true, work: 50%}")
    (wait,) = [s for s in steps_of(changed.procedures["land-transfer"].route) if s.id == "wait"]
    assert isinstance(wait, Wait)
    assert wait.wait == parse_distribution("3 h")


@pytest.mark.parametrize(
    ("dropped", "gone"),
    [
        ("[signing]", {"signing"}),
        ("[field-visit]", {"field-visit"}),
        ("[wait]", {"wait"}),
        ("[city.land]", {"land", "field-visit"}),
        ("[consult]", {"consult", "appraisal", "wait", "choose", "field-visit"}),
        ("[signing, city.return]", {"signing", "return"}),
    ],
)
def test_cut_drops_steps_by_id_or_by_station_at_any_depth(dropped: str, gone: set[str]) -> None:
    changed = tried(f"cut: {{procedures: [land-transfer], drop: {dropped}}}")
    before = ids(base(), "land-transfer")
    assert ids(changed, "land-transfer") == [step for step in before if step not in gone]


def test_a_dropped_step_gives_its_id_to_no_other() -> None:
    text = BASE.replace(
        "{at: city.land, work: 20 min}]",
        "{at: city.land, work: 20 min}, {at: city.land, work: 30 min}]",
    )
    scenario = load_text(text + "policies: {less: [{cut: {all: true, drop: [land]}}]}\n")
    left = scenario.with_policy("less")
    assert ids(left, "mortgage") == ["reception", "land-2"]
    assert visit(left, "mortgage", "land-2").work == parse_distribution("30 min")


def test_a_cut_to_parts_of_a_minute_can_be_followed_by_any_other_change() -> None:
    text = BASE.replace("time_limit: same day", "time_limit: 30 min")
    scenario = load_text(
        text + "policies: {less: [{cut: {all: true, time_limit: 25%}}, {set: {seed: 2}}]}\n"
    ).with_policy("less")
    assert scenario.seed == 2
    assert limit(scenario, "birth") == Limit(kind=LimitKind.CLOCK, amount=22 * MINUTE + MINUTE // 2)


def test_a_cut_to_nothing_can_be_followed_by_any_other_change() -> None:
    text = BASE.replace("work: 16 min", "work: {discrete: {10 min: 50%, 20 min: 50%}}")
    scenario = load_text(
        text + "policies: {less: [{cut: {all: true, work: 100%}}, {set: {seed: 2}}]}\n"
    ).with_policy("less")
    assert visit(scenario, "permit", "archive").work.mean == 0


# on_the_spot


def delay(network: Network, source: str, target: str) -> tuple[object, ...] | None:
    """What holds a dossier on this way: departures, cut-off, travel; None if nothing does."""
    number = network.transfer_between(source, target)
    if number < 0:
        return None
    rule = network.transfers[number]
    held = rule.departs, rule.cutoff, rule.takes
    return None if held == ((), None, None) else held


WAYS = [
    ("ward.clerk", "city.reception"),
    ("city.land", "ward.reception"),
    ("city.reception", "city.land"),
    ("city.land", "city.return"),
    ("city.land", "city.signing"),
    ("ward.reception", "ward.clerk"),
    ("city.signing", "province.appraisal"),
    ("province.appraisal", "city.land"),
]


@pytest.mark.parametrize(
    "levels", [["city"], ["ward"], ["ward", "city"], ["city", "province"], ["hamlet"]], ids=str
)
@pytest.mark.parametrize(("source", "target"), WAYS)
def test_on_the_spot_takes_the_delay_within_and_between_its_levels_alone(
    levels: list[str], source: str, target: str
) -> None:
    changed, before = build(tried(f"on_the_spot: [{', '.join(levels)}]")), build(base())
    of_levels = {source.partition(".")[0], target.partition(".")[0]} <= set(levels)
    expected = None if of_levels else delay(before, source, target)
    assert delay(changed, source, target) == expected


def test_the_base_has_the_delays_that_on_the_spot_takes() -> None:
    network = build(base())
    assert delay(network, "ward.clerk", "city.land") is not None
    assert delay(network, "city.reception", "city.signing") is not None
    assert delay(network, "city.land", "city.signing") is not None
    assert delay(network, "city.land", "province.appraisal") is not None


def test_on_the_spot_may_name_a_single_level() -> None:
    assert delay(build(tried("on_the_spot: city")), "city.land", "city.return") is None


# set


def test_set_puts_a_value_at_a_path() -> None:
    changed = tried(
        "set: {replications: 3, procedures.birth.time_limit: 1 working day, "
        "levels.city.stations.land.discipline: edd, levels.ward.offices.Thanh Sơn.share: 2.5}"
    )
    assert changed.replications == 3
    assert limit(changed, "birth") == parse_limit("1 working day")
    assert changed.levels["city"].stations["land"].discipline == "edd"
    built = {office.name: office.share for office in build(changed).offices}
    assert (built["Thanh Sơn"], built["Bãi Cháy"]) == (2.5, 1)


@pytest.mark.parametrize("step", ["reception", "appraisal", "field-visit", "signing"])
def test_set_finds_a_step_by_its_id_at_any_depth(step: str) -> None:
    changed = tried(f"set: {{procedures.land-transfer.route.{step}.work: {{exponential: 7 min}}}}")
    assert visit(changed, "land-transfer", step).work == parse_distribution(
        {"exponential": "7 min"}
    )
    others = [
        s
        for s in steps_of(changed.procedures["land-transfer"].route)
        if isinstance(s, Visit) and s.id != step
    ]
    assert all(visit(base(), "land-transfer", s.id) == s for s in others)


def test_set_gives_a_key_that_had_no_value() -> None:
    changed = tried(
        "set: {procedures.birth.route.clerk.allotment: 2 working h, "
        'same_day_cutoff: "15:00", calendars.office.holidays: VN}'
    )
    assert visit(changed, "birth", "clerk").allotment is not None
    assert changed.same_day_cutoff == 15 * HOUR
    assert (
        build(changed).calendars["office"].open_days != build(base()).calendars["office"].open_days
    )


def test_set_reaches_inside_a_value_of_several_keys() -> None:
    changed = tried(
        "set: {procedures.land-transfer.volume.per_day: 9, "
        "procedures.land-transfer.route.reception.incomplete.at_most: 4}"
    )
    assert changed.procedures["land-transfer"].volume.per_day == 9
    incomplete = visit(changed, "land-transfer", "reception").incomplete
    assert incomplete is not None
    assert incomplete.at_most == 4
    assert incomplete.share == {"counter": 0.2, "online": 0.1}


@pytest.mark.parametrize(
    ("which", "chosen"),
    [
        ("all: true", {"land-transfer", "mortgage", "birth", "permit"}),
        ("fields: [land]", {"land-transfer", "mortgage"}),
        ("fields: [land, civil]", {"land-transfer", "mortgage", "birth"}),
        ("procedures: [permit, birth]", {"permit", "birth"}),
    ],
)
def test_set_by_which_puts_a_value_in_each_such_procedure(which: str, chosen: set[str]) -> None:
    changed = tried(f"set: {{{which}, time_limit: 7 working days, early: by_time}}")
    for name, procedure in changed.procedures.items():
        if name in chosen:
            assert procedure.time_limit == parse_limit("7 working days")
            assert procedure.early == "by_time"
        else:
            assert procedure == base().procedures[name]


def test_set_by_which_finds_steps_by_id() -> None:
    changed = tried("set: {fields: [land], route.land.work: 1 min}")
    for name in ("land-transfer", "mortgage"):
        assert visit(changed, name, "land").work == parse_distribution("1 min")


def test_a_value_set_in_several_procedures_is_each_ones_own() -> None:
    changed = tried(
        "set: {fields: [land], volume: {per_day: 8}}",
        "set: {procedures.mortgage.volume.per_day: 2}",
    )
    assert changed.procedures["mortgage"].volume.per_day == 2
    assert changed.procedures["land-transfer"].volume.per_day == 8


@pytest.mark.parametrize(
    "change",
    [
        "set: {procedures.birth.route.clerk.id: officer}",
        "set: {procedures: [birth], route.clerk.id: officer}",
        "set: {procedures.birth.route.clerk.id: reception}",
    ],
)
def test_no_lever_changes_a_steps_id(change: str) -> None:
    """Else the step's draws would be others: policies share every citizen and every need."""
    assert "id" in refusal(change)


# combine, order, and the base


COMBINED = (
    BASE
    + """
policies:
  two: [{staff: {city.land: {add: 2}}}]
  twice: [{staff: {city.land: {times: 2}}}]
  two-then-twice: {combine: [two, twice]}
  twice-then-two: {combine: [twice, two]}
  nested: {about: Both and more, combine: [two-then-twice, two]}
  described: {about: Two more, changes: [{staff: {city.land: {add: 2}}}]}
"""
)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("base", 5),
        ("two", 7),
        ("two-then-twice", 14),
        ("twice-then-two", 12),
        ("nested", 16),
        ("described", 7),
    ],
)
def test_combined_policies_are_applied_in_their_order(policy: str, expected: int) -> None:
    scenario = load_text(COMBINED).with_policy(policy)
    assert officers(scenario, "city.land")["Uông Bí"] == [expected]


def test_the_policy_base_changes_nothing() -> None:
    scenario = load_text(COMBINED)
    assert scenario.with_policy("base") == scenario


@pytest.mark.parametrize(
    "policies",
    [
        "{a: {combine: [a]}}",
        "{a: {combine: [b]}, b: {combine: [a]}}",
        "{a: {combine: [b]}, b: {combine: [c]}, c: {combine: [d, b]}, d: [{set: {seed: 2}}]}",
    ],
)
def test_policies_that_combine_themselves_are_refused(policies: str) -> None:
    with pytest.raises(InputError, match="combines itself"):
        load_text(BASE + f"policies: {policies}\n")


def test_a_policy_may_be_combined_by_two_others() -> None:
    scenario = load_text(
        BASE
        + """
policies:
  one: [{staff: {city.land: {add: 1}}}]
  left: {combine: [one]}
  right: {combine: [one]}
  both: {combine: [left, right]}
"""
    )
    assert officers(scenario.with_policy("both"), "city.land")["Uông Bí"] == [7]


EVERY_LEVER = [
    "staff: {city.land: {add: 2}, ward.reception@Thanh Sơn: {set: 7}, city.floor: {times: 2}}",
    "cut: {all: true, time_limit: 40%, work: 25%, incomplete: 50%}",
    "on_the_spot: [ward, city]",
    "set: {procedures.land-transfer.route.field-visit.work: 1 h, seed: 5}",
    "set: {fields: [land], priority: {1: 50%, 2: 50%}, early: by_date}",
    "set: {procedures.birth.volume: {per_day: 1}, procedures.birth.volume.per_day: 2}",
]


@pytest.mark.parametrize("change", [*EVERY_LEVER, "all of them"])
def test_a_policy_never_changes_the_base(change: str) -> None:
    scenario = scenario_with(*(EVERY_LEVER if change == "all of them" else [change]))
    untouched = base().model_dump(mode="json", exclude={"policies"})
    written = scenario.model_dump_json()
    changed = scenario.with_policy("tried")
    assert changed.model_dump(exclude={"policies"}) != scenario.model_dump(exclude={"policies"})
    assert scenario.model_dump_json() == written
    assert scenario.model_dump(mode="json", exclude={"policies"}) == untouched


def test_a_policy_is_kept_as_it_was_written() -> None:
    change = {"procedures.birth.volume": {"per_day": 1}, "procedures.birth.volume.per_day": 2}
    scenario = scenario_with(EVERY_LEVER[-1])
    assert scenario.policies["tried"].changes[0]["set"] == change


@pytest.mark.parametrize("change", [*EVERY_LEVER, "all of them"])
def test_a_policys_step_ids_are_those_of_the_base(change: str) -> None:
    changed = tried(*(EVERY_LEVER if change == "all of them" else [change]))
    for procedure in base().procedures:
        assert ids(changed, procedure) == ids(base(), procedure)


def test_a_policy_applied_twice_is_the_same_scenario() -> None:
    scenario = scenario_with(*EVERY_LEVER)
    assert scenario.with_policy("tried") == scenario.with_policy("tried")


# Refusals


@pytest.mark.parametrize(
    ("change", "word", "meant"),
    [
        ("staff: {city.lnd: {add: 1}}", "city.lnd", "city.land"),
        ("staff: {cty.land: {add: 1}}", "cty.land", "city.land"),
        ("staff: {city.flor: {add: 1}}", "city.flor", "city.floor"),
        ("staff: {ward.clerk@Than Sơn: {add: 1}}", "Than Sơn", "Thanh Sơn"),
        ("staff: {hamlet.head@hamlet-9: {add: 1}}", "hamlet-9", "hamlet-[1-4]"),
        ("cut: {procedures: [birht], work: 10%}", "birht", "birth"),
        ("cut: {fields: [lnd], work: 10%}", "lnd", "land"),
        ("cut: {all: true, drop: [signin]}", "signin", "signing"),
        ("cut: {procedures: [mortgage], drop: [signing]}", "signing", "reception"),
        ("cut: {all: true, drop: [city.lnd]}", "city.lnd", "city.land"),
        ("on_the_spot: [ward, cty]", "cty", "city"),
        ("set: {replicatons: 3}", "replicatons", "replications"),
        ("set: {procedure.birth.early: by_date}", "procedure", "procedures"),
        ("set: {procedures.birht.early: by_date}", "birht", "birth"),
        ("set: {procedures.birth.erly: by_date}", "erly", "early"),
        ("set: {procedures.birth.route.clrk.work: 1 h}", "clrk", "clerk"),
        ("set: {fields: [civl], early: by_date}", "civl", "civil"),
        ("stuff: {city.land: {add: 1}}", "stuff", "staff"),
    ],
)
def test_a_lever_refuses_an_unknown_name_and_suggests_the_likely_one(
    change: str, word: str, meant: str
) -> None:
    message = refusal(change)
    assert word in message
    assert re.search(rf"(?<![\w.-]){meant}(?![\w.-])", message.rpartition(f"{word}`")[2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("staff: {city.land: {add: 1, set: 2}}", "one of"),
        ("staff: {city.land: {}}", "one of"),
        ("staff: {city.land: {set: -1}}", "at least 0"),
        ("staff: {city.land: {add: 1.5}}", "whole number"),
        ("staff: {city.land: 3}", "does not say what changes"),
        ("cut: {work: 10%}", "say which"),
        ("cut: {all: true, fields: [land], work: 10%}", "say which"),
        ("cut: {all: true}", "nothing to cut"),
        ("cut: {all: true, time_limit: 100%}", "100%"),
        ("cut: {all: true, time_limit: 140%}", "140%"),
        ("cut: {all: false, work: 10%}", "all"),
        ("set: {fields: [land]}", "no path"),
        ("set: {fields: [land], all: true, early: by_date}", "say which"),
        ("set: {seed: -5}", "seed"),
        ("set: {procedures.birth.time_limit: 3}", "not a time limit"),
        ("set: {procedures.birth.route.clerk.work: 3}", "no unit"),
        ("set: {procedures.birth.route.clerk: 3}", "not in a step"),
        ("set: {transfers.0: {from: ward, to: city}}", "must end in a key of an item"),
        ("set: {seed.more: 3}", "no key `more`"),
        ("set: {levels.city.stations.land.kind: window}", "counter"),
        ("set: {procedures.birth.route.clerk.at: ward.clark}", "ward.clark"),
        ("set: {channels.counter.calendar: ofice}", "ofice"),
        ("{seed: 3}", "no lever"),
        ("{staff: {city.land: {add: 1}}, on_the_spot: [city]}", "one lever"),
        ("{}", "one lever"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(change: str, message: str) -> None:
    assert message in refusal(change)


def test_an_unknown_policy_is_refused_with_the_likely_one() -> None:
    with pytest.raises(InputError, match="did you mean `nested`"):
        load_text(COMBINED).with_policy("nestd")


def test_no_policy_may_be_called_base() -> None:
    with pytest.raises(InputError, match="`base` is always there"):
        load_text(BASE + "policies: {base: [{set: {seed: 2}}]}\n")


@pytest.mark.parametrize(
    "policy",
    [
        "{}",
        "[]",
        "{about: nothing}",
        "{combine: []}",
        "{changes: [], combine: []}",
        "{changes: [{set: {seed: 2}}], combine: [other]}",
    ],
)
def test_a_policy_is_either_changes_or_others_combined(policy: str) -> None:
    with pytest.raises(InputError, match="a policy is"):
        load_text(BASE + f"policies: {{other: [{{set: {{seed: 2}}}}], tried: {policy}}}\n")


def test_a_wrong_change_is_told_in_its_own_line() -> None:
    scenario = (
        BASE
        + """policies:
  right: [{set: {seed: 2}}]
  wrong:
    - staff: {city.land: {add: 1}}
    - staff: {city.lnd: {add: 1}}
"""
    )
    with pytest.raises(InputError) as caught:
        load_text(scenario)
    (problem,) = caught.value.problems
    assert problem.line == scenario[: scenario.index("city.lnd")].count("\n") + 1
    assert problem.path.startswith("policies.wrong")
    assert not problem.message.startswith("policies.wrong")


def test_every_wrong_policy_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        load_text(
            BASE
            + """policies:
  one: [{staff: {city.lnd: {add: 1}}}]
  two: [{set: {seed: 2}}]
  three: [{on_the_spot: [cty]}]
"""
        )
    assert [p.path.split(".")[1] for p in caught.value.problems] == ["one", "three"]
