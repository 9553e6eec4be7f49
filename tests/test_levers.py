"""Levers: the network that each makes, worked by hand, and what each refuses.

`test_policies` has the levers `staff`, `cut`, `on_the_spot` and `set`; what levers leave as it
was drawn stands in `test_levers_draws`, what they do in a run in `test_levers_in_runs`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import in_this_process
from facts import COUNTRY, country

from sim.cli.options import StudyOptions
from sim.cli.studying import read_as_set
from sim.distributions import parse_distribution
from sim.durations import HOUR
from sim.errors import InputError
from sim.network import build
from sim.scenario.load import load, load_text
from sim.scenario.schema import Scenario, Visit, steps_of
from sim.scenario.values import parse_limit

Offices = dict[str, tuple[str | None, float]]
Groups = list[tuple[int, str]]


def offices(scenario: Scenario, level: str) -> Offices:
    """Give the parent and the share of each office of a level."""
    network = build(scenario)
    (found,) = [known for known in network.levels if known.name == level]
    own = [network.offices[number] for number in found.offices]
    return {
        office.name: (
            network.offices[office.parent].name if office.parent >= 0 else None,
            office.share,
        )
        for office in own
    }


def officers(scenario: Scenario, home: str) -> dict[str, Groups]:
    """Give the groups of a station or pool by office: how many, on which calendar."""
    network = build(scenario)
    found: dict[str, Groups] = {}
    for group in network.groups:
        if group.home == home:
            (calendar,) = [
                name for name, known in network.calendars.items() if known is group.calendar
            ]
            office = network.offices[group.office].name
            found.setdefault(office, []).append((group.officers, calendar))
    return found


def changed_homes(scenario: Scenario) -> set[str]:
    """Name the stations and pools whose officers are others than in the country."""
    return {
        home
        for home in HOMES
        if officers(scenario, home) != officers(country(), home)
    }  # fmt: skip


HOMES = [
    "province.appraisal", "city.reception", "city.land", "city.signing", "city.floor", "tax.desk",
    "ward.reception", "ward.clerk", "hamlet.head", "hamlet.deputy",
]  # fmt: skip


def way(scenario: Scenario, procedure: str) -> list[tuple[str, str | None]]:
    """Give the ids of a route's steps in file order, with the stations of visits."""
    return [
        (step.id, step.at if isinstance(step, Visit) else None)
        for step in steps_of(scenario.procedures[procedure].route)
    ]


# move


def test_move_takes_officers_of_one_station_and_office_to_another() -> None:
    changed = country("move: {from: city.land@city-2, to: city.signing@city-1, count: 2}")
    assert officers(changed, "city.land") == {
        "city-1": [(3, "office")],
        "city-2": [(1, "office")],
        "city-3": [(3, "office")],
        "city-4": [(3, "office")],
    }
    others = [(1, "office"), (2, "evenings")]
    assert officers(changed, "city.signing") == {
        "city-1": [(3, "office"), (2, "evenings")],
        "city-2": others,
        "city-3": others,
        "city-4": others,
    }
    assert changed_homes(changed) == {"city.land", "city.signing"}


def test_move_may_cross_levels_and_take_the_last_officer_from_and_to_pools() -> None:
    changed = country("move: {from: city.floor@city-3, to: ward.clerk@A2, count: 1}")
    assert officers(changed, "city.floor")["city-3"] == [(0, "office")]
    assert officers(changed, "ward.clerk")["A2"] == [(2, "mornings")]
    back = country(
        "move: {from: city.floor@city-3, to: ward.clerk@A2, count: 1}",
        "move: {from: ward.clerk@A2, to: city.floor@city-3, count: 1}",
    )
    assert changed_homes(back) == set()


def test_moved_officers_work_when_their_new_station_does() -> None:
    changed = country("move: {from: province.appraisal@North, to: ward.clerk@A3, count: 3}")
    assert officers(changed, "province.appraisal") == {
        "North": [(1, "always")], "South": [(4, "always")],
    }  # fmt: skip
    assert officers(changed, "ward.clerk")["A3"] == [(5, "mornings")]


ONE_OFFICE = """
period: {from: 2021-03-01, to: 2021-03-31}
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}
  mornings: {hours: {mon-fri: ["07:30-11:30"]}}
levels:
  city:
    calendar: office
    stations: {counter: {staff: 3}, desk: {staff: [{count: 1, from: 2021-03-15}]}, other: {}}
procedures:
  p: {received_at: city, volume: {in_period: 9}, route: [{at: city.counter, work: 5 min}]}
"""


def one_office(*changes: str) -> Scenario:
    return country(*changes, text=ONE_OFFICE)


@pytest.mark.parametrize("at", ["", "@city"])
def test_move_needs_no_office_where_there_is_but_one(at: str) -> None:
    changed = one_office(f"move: {{from: city.counter, to: city.other{at}, count: 2}}")
    assert officers(changed, "city.counter") == {"city": [(1, "office")]}
    assert officers(changed, "city.other") == {"city": [(3, "office")]}


# shift


def test_shift_puts_all_groups_of_a_station_on_a_calendar_in_every_office() -> None:
    changed = country("shift: {city.signing: mornings}")
    groups = [(1, "mornings"), (2, "mornings")]
    assert officers(changed, "city.signing") == {f"city-{n}": groups for n in range(1, 5)}
    assert changed_homes(changed) == {"city.signing"}


def test_shift_holds_for_offices_with_a_calendar_and_with_officers_of_their_own() -> None:
    assert officers(country(), "ward.clerk") == {
        "A1": [(1, "office")], "A2": [(1, "mornings")], "A3": [(2, "mornings")],
        "B1": [(1, "office")], "B2": [(1, "evenings")], "B3": [(1, "office")],
        "C1": [(1, "office")], "D1": [(1, "office")],
    }  # fmt: skip
    changed = officers(country("shift: {ward.clerk: evenings}"), "ward.clerk")
    assert changed == {
        ward: [(2 if ward == "A3" else 1, "evenings")]
        for ward in ("A1", "A2", "A3", "B1", "B2", "B3", "C1", "D1")
    }


def test_shift_in_one_office_leaves_the_others() -> None:
    changed = country("shift: {ward.clerk@A2: office, city.floor@city-4: always}")
    before = officers(country(), "ward.clerk")
    assert officers(changed, "ward.clerk") == {**before, "A2": [(1, "office")]}
    assert officers(changed, "city.floor")["city-4"] == [(1, "always")]
    assert officers(changed, "city.floor")["city-3"] == [(1, "office")]


def test_shift_changes_shifts_not_the_hours_of_offices() -> None:
    changed = build(country("shift: {ward.clerk: evenings, city.land: always}"))
    base = build(country())
    assert [(o.calendar.opens, o.calendar.closes) for o in changed.offices] == [
        (o.calendar.opens, o.calendar.closes) for o in base.offices
    ]


def test_shift_keeps_the_date_from_which_officers_work() -> None:
    (group,) = [
        group
        for group in build(one_office("shift: {city.desk: mornings}")).groups
        if group.home == "city.desk"
    ]
    opens = list(group.calendar.opens)
    network = build(one_office())
    mornings = network.calendars["mornings"].opens
    first = network.period_start + 14 * 24 * HOUR  # the 15th
    assert opens == [opening for opening in mornings if opening >= first]


# pool

FLOORS = """
period: {from: 2021-03-01, to: 2021-03-31}
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}
  mornings: {hours: {mon-fri: ["07:30-11:30"]}}
levels:
  ward:
    calendar: office
    offices: {X: {}, Y: {staff: {a: 3, c: 4}}, Z: {calendar: mornings, staff: {b: 0}}}
    stations:
      a: {staff: 2, absence: 5%}
      b: {absence: 5%}
      c: {kind: counter, staff: 2}
      d: {staff: 0, absence: 50%}
procedures:
  p: {received_at: ward, volume: {in_period: 9}, route: [{at: ward.a, work: 5 min}]}
"""


def floors(*changes: str) -> Scenario:
    return country(*changes, text=FLOORS)


def test_a_pool_has_the_officers_that_its_stations_had_in_each_office() -> None:
    changed = floors("pool: {at: ward, name: back, stations: [b, a]}")
    assert officers(changed, "ward.back") == {
        "X": [(3, "office")], "Y": [(4, "office")], "Z": [(2, "mornings")],
    }  # fmt: skip
    for station in ("ward.a", "ward.b"):
        assert {sum(n for n, _ in own) for own in officers(changed, station).values()} == {0}
    assert officers(changed, "ward.c") == officers(floors(), "ward.c")


def test_a_pool_serves_its_stations_and_keeps_their_absence() -> None:
    network = build(floors("pool: {at: ward, name: back, stations: [b, a]}"))
    pools = [group for group in network.groups if group.pool]
    assert [network.offices[pool.office].name for pool in pools] == ["X", "Y", "Z"]
    for pool in pools:
        served = [network.stations[number] for number in pool.stations]
        assert [(station.address, station.office) for station in served] == [
            ("ward.a", pool.office), ("ward.b", pool.office),
        ]  # fmt: skip
        assert pool.absence == 0.05


def test_a_pool_may_be_given_its_staff() -> None:
    changed = floors("pool: {at: ward, name: back, stations: [b, a], staff: 7}")
    assert officers(changed, "ward.back") == {
        "X": [(7, "office")], "Y": [(7, "office")], "Z": [(7, "mornings")],
    }  # fmt: skip
    none = floors("pool: {at: ward, name: back, stations: [a, b], staff: 0}")
    assert officers(none, "ward.back")["X"] == [(0, "office")]


def test_a_station_without_officers_brings_none_and_no_absence() -> None:
    changed = floors("pool: {at: ward, name: back, stations: [a, b, d]}")
    assert officers(changed, "ward.back")["X"] == [(3, "office")]
    assert next(group for group in build(changed).groups if group.pool).absence == 0.05


def test_a_pool_of_one_station_is_a_pool() -> None:
    changed = floors("pool: {at: ward, name: front, stations: [c]}")
    assert list(officers(changed, "ward.front").values()) == [
        [(2, "office")], [(4, "office")], [(2, "mornings")],
    ]  # fmt: skip


def test_officers_on_the_offices_calendar_are_pooled_however_that_is_written() -> None:
    written = FLOORS.replace(
        "b: {absence: 5%}", "b: {absence: 5%, staff: {count: 1, calendar: office}}"
    )
    written = written.replace(", Z: {calendar: mornings, staff: {b: 0}}", "")
    changed = country("pool: {at: ward, name: back, stations: [a, b]}", text=written)
    assert officers(changed, "ward.back") == {"X": [(3, "office")], "Y": [(4, "office")]}


def test_levers_on_a_pool_that_was_made_act_on_it() -> None:
    pool = "pool: {at: ward, name: back, stations: [a, b]}"
    more = floors(pool, "staff: {ward.back: {add: 1}, ward.back@Y: {times: 2}}")
    assert officers(more, "ward.back") == {
        "X": [(4, "office")], "Y": [(10, "office")], "Z": [(3, "mornings")],
    }  # fmt: skip
    moved = floors(pool, "move: {from: ward.back@X, to: ward.a@X, count: 2}")
    assert officers(moved, "ward.back")["X"] == [(1, "office")]
    assert officers(moved, "ward.a")["X"] == [(2, "office")]
    shifted = floors(pool, "shift: {ward.back: mornings}")
    assert officers(shifted, "ward.back")["Y"] == [(4, "mornings")]


# discipline


def test_discipline_changes_a_station_in_every_office() -> None:
    network = build(country("discipline: {city.land: edd, ward.clerk: spt}"))
    found = {station.address: station.discipline for station in network.stations}
    others = dict.fromkeys(found, "fcfs")
    assert found == {**others, "city.land": "edd", "ward.clerk": "spt"}
    assert sum(station.discipline == "edd" for station in network.stations) == 4
    assert sum(station.discipline == "spt" for station in network.stations) == 8


def test_disciplines_of_a_pools_stations_change_together_or_one_by_one() -> None:
    pool = "pool: {at: ward, name: back, stations: [a, b]}"
    together = build(floors(pool, "discipline: {ward.a: edd, ward.b: edd}"))
    one_by_one = build(floors(pool, "discipline: {ward.a: edd}", "discipline: {ward.b: edd}"))
    for network in (together, one_by_one):
        orders = [station.discipline for station in network.stations]
        assert orders == ["edd", "edd", "fcfs", "fcfs"] * 3


# insert


def test_insert_puts_steps_after_one_in_their_order() -> None:
    changed = country(
        "insert: {procedures: [birth], after: reception, steps: "
        "[{id: look, at: ward.clerk, work: 2 min}, {id: breathe, wait: 1 h}]}"
    )
    assert way(changed, "birth") == [
        ("reception", "ward.reception"), ("look", "ward.clerk"), ("breathe", None),
        ("clerk", "ward.clerk"), ("visit-home", "hamlet.head"),
    ]  # fmt: skip
    assert way(changed, "permit") == way(country(), "permit")


@pytest.mark.parametrize(
    ("after", "before"),
    [("on-site", "appraisal"), ("choose", "appraisal"), ("desk", "wait"), ("wait", "land"),
     ("together", "appraisal"), ("return", None)],
)  # fmt: skip
def test_insert_finds_a_step_at_any_depth(after: str, before: str | None) -> None:
    """In the branch in which the step stands; after a `choose` or `together`, when it is over."""
    changed = country(
        f"insert: {{procedures: [land-transfer], after: {after}, "
        "steps: [{id: new, at: city.land, work: 1 min}]}"
    )
    ids = [step for step, _ in way(changed, "land-transfer")]
    place = ids.index("new")
    if after in ("choose", "together"):
        assert ids[place - 1] == "on-site"
    else:
        assert ids[place - 1] == after
    assert (ids[place + 1] if place + 1 < len(ids) else None) == before
    depth = {"on-site": 3, "choose": 2, "desk": 2, "wait": 2, "together": 1, "return": 1}[after]
    assert _depth(changed.procedures["land-transfer"].route, "new") == depth


def _depth(route: object, step_id: str, depth: int = 1) -> int | None:
    for step in route if isinstance(route, tuple) else ():
        if step.id == step_id:
            return depth
        branches = [branch.route for branch in getattr(step, "choose", ())]
        for branch in (*branches, *getattr(step, "together", ())):
            found = _depth(branch, step_id, depth + 1)
            if found is not None:
                return found
    return None


def test_insert_into_several_procedures_gives_each_its_own_step() -> None:
    changed = country(
        "insert: {fields: [land], after: land, steps: [{id: new, wait: 1 h}]}",
        "set: {procedures.permit.route.new.wait: 2 h}",
    )
    waits = {
        name: next(step for step in steps_of(given.route) if step.id == "new")
        for name, given in changed.procedures.items()
        if given.field == "land"
    }
    assert {name: step.wait.written() for name, step in waits.items()} == {  # type: ignore[union-attr]
        "land-transfer": "1 h", "permit": "2 h",
    }  # fmt: skip


def test_later_changes_find_inserted_steps() -> None:
    insert = (
        "insert: {procedures: [permit], after: land, steps: [{id: new, at: tax.desk, work: 8 min}]}"
    )
    more = "insert: {procedures: [permit], after: new, steps: [{id: newer, wait: 1 h}]}"
    assert [step for step, _ in way(country(insert, more), "permit")] == [
        "land", "new", "newer", "clerk",
    ]  # fmt: skip
    cut = country(insert, "cut: {procedures: [permit], work: 25%}")
    (new,) = [step for step in cut.procedures["permit"].route if step.id == "new"]
    assert isinstance(new, Visit)
    assert new.work == parse_distribution("6 min")
    assert way(country(insert, "cut: {all: true, drop: [new]}"), "permit") == way(
        country(), "permit"
    )
    moved = country(insert, "delegate: {procedures: [permit], moves: {tax.desk: city.signing}}")
    assert ("new", "city.signing") in way(moved, "permit")


# abolish and demand

EXPECTED = {
    "birth": 6000 * 31 / 365 * 0.5,  # half of what the country has
    "land-transfer": 10 * 23,  # March 2021 has 23 days from Monday to Friday
    "permit": 150,
}


def volumes(scenario: Scenario) -> dict[str, float]:
    return {procedure.name: procedure.volume for procedure in build(scenario).procedures}


def test_the_country_has_the_volumes_worked_out_by_hand() -> None:
    assert volumes(country()) == pytest.approx(EXPECTED)


@pytest.mark.parametrize(
    ("abolished", "left"),
    [
        ("[birth]", ["land-transfer", "permit"]),
        ("birth", ["land-transfer", "permit"]),
        ("[permit, birth]", ["land-transfer"]),
    ],
)
def test_abolish_leaves_the_other_procedures_as_they_are(abolished: str, left: list[str]) -> None:
    changed = country(f"abolish: {abolished}")
    assert list(changed.procedures) == left
    assert all(changed.procedures[name] == country().procedures[name] for name in left)
    assert volumes(changed) == pytest.approx({name: EXPECTED[name] for name in left})


@pytest.mark.parametrize(
    ("which", "grown"),
    [
        ("all: true", {"birth", "land-transfer", "permit"}),
        ("fields: [land]", {"land-transfer", "permit"}),
        ("procedures: [birth]", {"birth"}),
        ("procedures: birth", {"birth"}),
    ],
)
@pytest.mark.parametrize("times", [1.2, 0.5, 0, 1])
def test_demand_multiplies_each_kind_of_volume(which: str, grown: set[str], times: float) -> None:
    changed = country(f"demand: {{{which}, volume: {{times: {times}}}}}")
    assert volumes(changed) == pytest.approx(
        {name: volume * (times if name in grown else 1) for name, volume in EXPECTED.items()}
    )


@pytest.mark.parametrize(
    "unit", ["per_year", "in_period", "per_day", "per_working_day", "per_hour"]
)
@pytest.mark.parametrize("shared", [False, True])
def test_demand_multiplies_volumes_in_every_unit(unit: str, shared: bool) -> None:
    volume = "{of: some, share: 40%}" if shared else f"{{{unit}: 70}}"
    text = ONE_OFFICE.replace("{in_period: 9}", volume) + f"volumes: {{some: {{{unit}: 70}}}}\n"
    before = volumes(country(text=text))["p"]
    assert before > 0
    changed = country("demand: {all: true, volume: {times: 2.5}}", text=text)
    assert volumes(changed)["p"] == pytest.approx(2.5 * before)


def test_demand_for_one_procedure_leaves_another_that_shares_its_volume() -> None:
    text = COUNTRY.replace("{in_period: 150}", "{of: country, share: 50%}")
    changed = country("demand: {procedures: [permit], volume: {times: 3}}", text=text)
    assert volumes(changed) == pytest.approx({**EXPECTED, "permit": 3 * EXPECTED["birth"]})


def test_demand_twice_is_the_product() -> None:
    half = "demand: {all: true, volume: {times: 0.5}}"
    assert volumes(country(half, half))["birth"] == pytest.approx(EXPECTED["birth"] / 4)


# delegate


def test_delegate_moves_the_visits_at_a_station_at_any_depth() -> None:
    changed = country(
        "delegate: {all: true, moves: {ward.clerk: hamlet.head, tax.desk: city.land}}"
    )
    for name in changed.procedures:
        other = {"ward.clerk": "hamlet.head", "tax.desk": "city.land"}
        assert way(changed, name) == [
            (step, other.get(at or "", at)) for step, at in way(country(), name)
        ]
    assert ("on-site", "hamlet.head") in way(changed, "land-transfer")


def test_delegate_holds_for_the_named_procedures_alone() -> None:
    changed = country("delegate: {fields: [civil], moves: {ward.clerk: city.land}}")
    assert ("clerk", "city.land") in way(changed, "birth")
    assert way(changed, "permit") == way(country(), "permit")
    assert way(changed, "land-transfer") == way(country(), "land-transfer")


def test_two_stations_may_be_delegated_to_each_other() -> None:
    changed = country(
        "delegate: {procedures: [permit], moves: {ward.clerk: city.land, city.land: ward.clerk}}"
    )
    assert way(changed, "permit") == [("land", "ward.clerk"), ("clerk", "city.land")]


# online


@pytest.mark.parametrize(
    ("share", "shares"),
    [  # of 60 % counter, 30 % post and 10 % online those who stay keep their proportion of 2 to 1
        ("40%", {"counter": 0.4, "post": 0.2, "online": 0.4}),
        ("0.7", {"counter": 0.2, "post": 0.1, "online": 0.7}),
        ("100%", {"counter": 0, "post": 0, "online": 1}),
    ],
)
def test_online_takes_from_the_other_channels_in_proportion(
    share: str, shares: dict[str, float]
) -> None:
    changed = country(f"online: {{procedures: [land-transfer], share: {share}}}")
    assert changed.procedures["land-transfer"].channels == pytest.approx(shares)
    assert changed.procedures["permit"] == country().procedures["permit"]
    assert volumes(changed) == pytest.approx(EXPECTED)


def test_online_takes_from_the_channel_that_a_procedure_need_not_name() -> None:
    changed = country("online: {procedures: [birth], share: 25%}")
    assert changed.procedures["birth"].channels == pytest.approx({"counter": 0.75, "online": 0.25})


def test_online_for_all_raises_those_that_have_less() -> None:
    changed = country("online: {all: true, share: 5%}")
    assert {name: p.channels.get("online") for name, p in changed.procedures.items()} == {
        "birth": 0.05, "land-transfer": 0.1, "permit": 0.05,
    }  # fmt: skip


# merge

BASE_WARDS: Offices = {
    "A1": ("city-1", 3), "A2": ("city-1", 1), "A3": ("city-1", 0.5),
    "B1": ("city-2", 2), "B2": ("city-2", 0.5), "B3": ("city-2", 1),
    "C1": ("city-3", 1), "D1": ("city-4", 1),
}  # fmt: skip


def test_the_country_has_the_wards_from_which_merges_are_worked() -> None:
    assert offices(country(), "ward") == BASE_WARDS


@pytest.mark.parametrize(
    ("into", "by", "expected"),
    [
        (1, "city", {"A1": ("city-1", 4.5), "B1": ("city-2", 3.5), "C1": ("city-3", 1),
                     "D1": ("city-4", 1)}),
        (2, "city", {"A1": ("city-1", 4), "A3": ("city-1", 0.5), "B1": ("city-2", 2.5),
                     "B3": ("city-2", 1), "C1": ("city-3", 1), "D1": ("city-4", 1)}),
        (3, "city", BASE_WARDS),
        (9, "city", BASE_WARDS),
        # North has A1, A2, A3, C1 and South B1, B2, B3, D1: of 4 into 3, ⌊j · 3/4⌋ = 0 0 1 2
        (3, "province", {"A1": ("city-1", 4), "A3": ("city-1", 0.5), "B1": ("city-2", 2.5),
                         "B3": ("city-2", 1), "C1": ("city-3", 1), "D1": ("city-4", 1)}),
        (2, "province", {"A1": ("city-1", 4), "A3": ("city-1", 1.5), "B1": ("city-2", 2.5),
                         "B3": ("city-2", 2)}),
        (1, "province", {"A1": ("city-1", 5.5), "B1": ("city-2", 4.5)}),
    ],
)  # fmt: skip
def test_merge_joins_neighbours_in_file_order(into: int, by: str, expected: Offices) -> None:
    changed = country(f"merge: {{levels: [ward], into: {into}, by: {by}}}")
    assert offices(changed, "ward") == expected
    for level in ("province", "city", "tax"):
        assert offices(changed, level) == offices(country(), level)


@pytest.mark.parametrize(
    ("m", "n", "firsts"),
    [  # ⌊(j − 1) · N / m⌋ for j = 1 … m, and the first j of each
        (5, 2, [1, 4]),  # 0 0 0 1 1
        (5, 3, [1, 3, 5]),  # 0 0 1 1 2
        (5, 4, [1, 3, 4, 5]),  # 0 0 1 2 3
        (7, 3, [1, 4, 6]),  # 0 0 0 1 1 2 2
        (7, 5, [1, 3, 4, 6, 7]),  # 0 0 1 2 2 3 4
        (6, 4, [1, 3, 4, 6]),  # 0 0 1 2 2 3
        (6, 6, [1, 2, 3, 4, 5, 6]),
        (6, 7, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_merge_of_m_into_n(m: int, n: int, firsts: list[int]) -> None:
    text = (
        ONE_OFFICE + f"policies: {{less: [{{merge: {{levels: [ward], into: {n}, by: city}}}}]}}\n"
    )
    wards = f"  ward: {{within: city, offices: {m}, stations: {{desk: {{}}}}}}\nprocedures:"
    found = offices(load_text(text.replace("procedures:", wards)).with_policy("less"), "ward")
    assert list(found) == [f"ward-{j}" for j in firsts]
    ends = [*firsts[1:], m + 1]
    assert [share for _, share in found.values()] == [
        end - first for first, end in zip(firsts, ends, strict=True)
    ]


def test_merge_of_numbered_offices_joins_those_of_one_parent() -> None:
    """Dealt to the parents in turn, 1 and 3 lie in North, 2 and 4 in South."""
    changed = country("merge: {levels: [city], into: 1, by: province}")
    assert offices(changed, "city") == {"city-1": ("North", 2), "city-2": ("South", 2)}


def test_what_lay_below_a_merged_office_lies_below_what_it_became() -> None:
    changed = country("merge: {levels: [city], into: 1, by: province}")
    north, south = "city-1", "city-2"
    assert offices(changed, "ward") == {
        name: (south if name[0] in "BD" else north, share)
        for name, (_, share) in BASE_WARDS.items()
    }
    assert offices(changed, "tax") == {
        f"tax-{n}": (north if n % 2 else south, 1) for n in range(1, 9)
    }
    assert offices(changed, "hamlet") == offices(country(), "hamlet")


def test_merge_of_several_levels_joins_each_by_itself() -> None:
    changed = country("merge: {levels: [ward, city], into: 1, by: province}")
    assert offices(changed, "city") == {"city-1": ("North", 2), "city-2": ("South", 2)}
    assert offices(changed, "ward") == {"A1": ("city-1", 5.5), "B1": ("city-2", 4.5)}
    # hamlet i lay in ward ((i − 1) mod 8) + 1 of A1 A2 A3 B1 B2 B3 C1 D1
    wards = ["A1", "A1", "A1", "B1", "B1", "B1", "A1", "B1"]
    assert offices(changed, "hamlet") == {f"hamlet-{n + 1}": (wards[n % 8], 1) for n in range(16)}


def test_a_merged_office_has_the_officers_of_all_that_it_became() -> None:
    changed = country("merge: {levels: [ward, city], into: 1, by: province}")
    assert officers(changed, "city.land") == {"city-1": [(6, "office")], "city-2": [(6, "office")]}
    groups = [(2, "office"), (4, "evenings")]
    assert officers(changed, "city.signing") == {"city-1": groups, "city-2": groups}
    assert officers(changed, "city.floor") == {"city-1": [(2, "office")], "city-2": [(2, "office")]}
    # A1 has 2 of its own, A2, A3 and C1 one each; B1, B2, B3, D1 one each
    assert officers(changed, "ward.reception") == {"A1": [(5, "office")], "B1": [(4, "office")]}
    # A1, A2 and C1 one each by the office's hours; the two of A3 keep their mornings
    assert officers(changed, "ward.clerk") == {
        "A1": [(3, "office"), (2, "mornings")], "B1": [(4, "office")],
    }  # fmt: skip
    assert officers(changed, "hamlet.head") == officers(country(), "hamlet.head")


def test_a_merged_office_keeps_the_hours_of_its_first() -> None:
    text = COUNTRY.replace("A1: {within: city-1,", "A1: {within: city-1, calendar: evenings,")
    changed = country("merge: {levels: [ward], into: 1, by: city}", text=text)
    network = build(changed)
    hours = {
        network.offices[number].name: network.offices[number].calendar
        for number in network.levels[3].offices
    }
    assert hours["A1"] is network.calendars["evenings"]
    assert hours["B1"] is network.calendars["office"]
    assert officers(changed, "ward.clerk")["A1"] == [(2, "evenings"), (2, "mornings")]


def test_later_changes_find_the_offices_that_are_left() -> None:
    merge = "merge: {levels: [ward], into: 1, by: city}"
    changed = country(
        merge,
        "staff: {ward.clerk: {add: 1}, ward.clerk@B1: {add: 5}}",
        "shift: {ward.clerk@C1: evenings}",
        "set: {levels.ward.offices.D1.share: 7}",
    )
    assert officers(changed, "ward.clerk") == {
        "A1": [(3, "office"), (2, "mornings")],
        "B1": [(9, "office")],
        "C1": [(2, "evenings")],
        "D1": [(2, "office")],
    }
    assert offices(changed, "ward")["D1"] == ("city-4", 7)
    with pytest.raises(InputError, match="`ward` has no office `A2`; there is: A1, B1, C1, D1"):
        country(merge, "staff: {ward.clerk@A2: {add: 1}}")


def test_merge_and_pool_meet_in_either_order() -> None:
    merge = "merge: {levels: [city], into: 1, by: province}"
    pool = "pool: {at: city, name: back, stations: [land]}"
    for changed in (country(merge, pool), country(pool, merge)):
        assert officers(changed, "city.back") == {
            "city-1": [(6, "office")], "city-2": [(6, "office")],
        }  # fmt: skip
        assert officers(changed, "city.land")["city-1"] == [(0, "office")]


# Refused, at the key that is wrong, with a way out


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ("move: {from: city.lnd@city-1, to: city.signing@city-1, count: 1}", "move.from",
         ["no station or pool `city.lnd`", "`city.land`"]),
        ("move: {from: city.land@city-1, to: city.signing@citi-2, count: 1}", "move.to",
         ["`city` has no office `citi-2`", "`city-2`"]),
        ("move: {from: city.land, to: city.signing@city-1, count: 1}", "move.from",
         ["several offices", "`city.land@OFFICE`"]),
        ("move: {from: city.land@city-1, to: city.signing, count: 1}", "move.to",
         ["several offices", "`city.signing@OFFICE`"]),
        ("move: {from: city.land@city-1, to: city.signing@city-1, count: 4}", "move.count",
         ["3 officers cannot become -1"]),
        ("move: {from: city.land@city-1, to: city.signing@city-1, count: 0}", "move.count",
         ["at least 1"]),
        ("move: {from: city.land@city-1, to: city.signing@city-1, count: 1.5}", "move.count",
         ["not a whole number"]),
        ("move: {from: city.land@city-1, to: city.land@city-1, count: 1}", "move.to",
         ["the station that they leave"]),
        ("move: {from: city.land@city-1, count: 1}", "move.to", ["`to` is required"]),
        ("move: {from: a, to: b, count: 1, number: 2}", "move.number", ["no key `number`"]),
        ("shift: {city.lnd: evenings}", "shift.city.lnd", ["`city.lnd`", "`city.land`"]),
        ("shift: {city.land@city-9: evenings}", "shift.city.land@city-9", ["`city-9`"]),
        ("shift: {city.land: evening}", "shift.city.land",
         ["no calendar `evening`", "`evenings`"]),
        ("shift: {city.land: 3}", "shift.city.land", ["not text"]),
        ("shift: {}", "shift", ["name at least one"]),
        ("pool: {at: cty, name: back, stations: [land]}", "pool.at", ["`cty`", "`city`"]),
        ("pool: {at: city, name: back, stations: [lnd]}", "pool.stations.0",
         ["`city` has no station `lnd`", "`land`"]),
        ("pool: {at: city, name: back, stations: [land, land]}", "pool.stations",
         ["`land` stands twice"]),
        ("pool: {at: city, name: floor, stations: [land]}", "pool.name", ["choose another name"]),
        ("pool: {at: city, name: land, stations: [land]}", "pool.name", ["choose another name"]),
        ("pool: {at: city, name: b.k, stations: [land]}", "pool.name", ["is not a name"]),
        ("pool: {at: city, name: back, stations: []}", "pool.stations", ["at least one"]),
        ("pool: {at: city, name: back, stations: [land], staff: -1}", "pool.staff",
         ["at least 0"]),
        ("pool: {at: city, name: back, stations: [signing]}", "pool.stations",
         ["several calendars", "`shift`"]),
        ("pool: {at: ward, name: back, stations: [reception, clerk]}", "pool.stations",
         ["several calendars", "`shift`"]),
        ("pool: {at: city, name: back, stations: [land, reception]}", "pool.stations",
         ["several absences", "`set`"]),
        ("discipline: {city.lnd: edd}", "discipline.city.lnd", ["`city.lnd`", "`city.land`"]),
        ("discipline: {city.land@city-1: edd}", "discipline.city.land@city-1", ["`city.land`"]),
        ("discipline: {city.floor: edd}", "discipline.city.floor", ["no station `city.floor`"]),
        ("discipline: {city.land: lifo}", "discipline.city.land", ["`fcfs`, `edd` or `spt`"]),
        ("insert: {all: true, after: land, steps: [{id: new, wait: 1 h}]}", "insert.after",
         ["`birth` has no step `land`"]),
        ("insert: {procedures: [permit], after: lnd, steps: [{id: new, wait: 1 h}]}",
         "insert.after", ["`permit` has no step `lnd`", "`land`"]),
        ("insert: {procedures: [permit], after: land, steps: [{id: clerk, wait: 1 h}]}",
         "insert.steps", ["has a step `clerk` already", "another id"]),
        ("insert: {procedures: [permit], after: land, steps: [{id: n, wait: 1 h}, "
         "{id: n, wait: 1 h}]}", "insert.steps", ["second step with the id `n`"]),
        ("insert: {procedures: [permit], after: land, steps: [{wait: 1 h}]}", "insert.steps.0.id",
         ["`id` is required"]),
        ("insert: {procedures: [permit], after: land, steps: [{id: n, at: tax.dsk, work: 1 h}]}",
         "insert.steps.0.at", ["no station `tax.dsk`", "`tax.desk`"]),
        ("insert: {procedures: [permit], after: land, steps: [{id: n, wait: 1 h, only: [counte]}]}",
         "insert.steps.0.only.0", ["`counte`", "`counter`"]),
        ("insert: {procedures: [permit], after: land, steps: [{id: n, together: [[{id: o, "
         "at: tax.desk, work: 3}]]}]}", "insert.steps.0.together.0.0.work", ["no unit"]),
        ("insert: {procedures: [permit], after: land, steps: []}", "insert.steps",
         ["at least one"]),
        ("insert: {after: land, steps: [{id: n, wait: 1 h}]}", "insert", ["say which"]),
        ("abolish: [birht]", "abolish.0", ["no procedure `birht`", "`birth`"]),
        ("abolish: [birth, birth]", "abolish", ["`birth` stands twice"]),
        ("abolish: [birth, permit, land-transfer]", "abolish", ["leaves no procedure"]),
        ("abolish: []", "abolish", ["at least one"]),
        ("delegate: {all: true, moves: {city.lnd: city.signing}}", "delegate.moves.city.lnd",
         ["no", "step at `city.lnd`", "`city.land`"]),
        ("delegate: {fields: [civil], moves: {city.land: ward.clerk}}",
         "delegate.moves.city.land", ["none of these procedures", "ward.clerk"]),
        ("delegate: {all: true, moves: {city.land: city.sign}}", "delegate.moves.city.land",
         ["no station `city.sign`", "`city.signing`"]),
        ("delegate: {all: true, moves: {city.land: city.land}}", "delegate.moves.city.land",
         ["already"]),
        ("delegate: {all: true, moves: {city.land: city.floor}}", "delegate.moves.city.land",
         ["no station `city.floor`"]),
        ("delegate: {fields: [lnd], moves: {city.land: ward.clerk}}", "delegate.fields.0",
         ["`lnd`", "`land`"]),
        ("delegate: {all: true}", "delegate.moves", ["`moves` is required"]),
        ("online: {all: true, share: 140%}", "online.share", ["between 0 and 1"]),
        ("online: {procedures: [land-transfer], share: 10%}", "online.share",
         ["10% of these procedures' dossiers come online already"]),
        ("online: {procedures: [land-transfer], share: 9%}", "online.share", ["9% of", "already"]),
        ("online: {share: 50%}", "online", ["say which"]),
        ("online: {procedures: [permt], share: 50%}", "online.procedures.0", ["`permit`"]),
        ("merge: {levels: [wards], into: 1, by: city}", "merge.levels.0", ["`wards`", "`ward`"]),
        ("merge: {levels: [ward], into: 1, by: cty}", "merge.by", ["`cty`", "`city`"]),
        ("merge: {levels: [ward, city], into: 1, by: city}", "merge.levels.1",
         ["`city` is not within `city`", "province"]),
        ("merge: {levels: [ward], into: 1, by: tax}", "merge.levels.0",
         ["`ward` is not within `tax`", "city, province"]),
        ("merge: {levels: [province], into: 1, by: city}", "merge.levels.0", ["not within `city`"]),
        ("merge: {levels: [ward, ward], into: 1, by: city}", "merge.levels",
         ["`ward` stands twice"]),
        ("merge: {levels: [ward], into: 0, by: city}", "merge.into",
         ["at least 1"]),
        ("merge: {levels: [ward], into: 1}", "merge.by", ["`by` is required"]),
        ("demand: {all: true, volume: {times: -1}}", "demand.volume.times", ["from 0 on"]),
        ("demand: {all: true, volume: {times: 1001}}", "demand.volume.times", ["1,000"]),
        ("demand: {all: true, volume: {times: 120%}}", "demand.volume.times", ["`1.2`"]),
        ("demand: {all: true, volume: {}}", "demand.volume.times", ["required"]),
        ("demand: {all: true, volume: {times: 1, add: 3}}", "demand.volume.add",
         ["`add`", "there is: times"]),
        ("demand: {volume: {times: 2}}", "demand", ["say which"]),
        ("demand: {fields: [land], all: true, volume: {times: 2}}", "demand", ["say which"]),
        ("staff: {city.land: {times: true}}", "staff.city.land.times", ["write a number"]),
        ("staff: {city.land: {times: 2 officers}}", "staff.city.land.times", ["write a number"]),
        ("cut: {all: true, drop: [land, land]}", "cut.drop", ["`land` stands twice"]),
        ("on_the_spot: [city, city]", "on_the_spot", ["`city` stands twice"]),
        ("mrge: {levels: [ward], into: 1, by: city}", "mrge", ["no lever `mrge`", "`merge`"]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_key_with_a_way_out(
    change: str, path: str, words: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        country("set: {seed: 2}", change)
    told = [(problem.path, problem.message) for problem in caught.value.problems]
    assert [at for at, _ in told if at.startswith("policies.tried.1")] == [
        f"policies.tried.1.{path}"
    ]
    (message,) = [text for at, text in told if at == f"policies.tried.1.{path}"]
    for word in words:
        assert word in message
    text = COUNTRY + "policies:\n  tried:\n    - set: {seed: 2}\n"
    assert {problem.line for problem in caught.value.problems} == {text.count("\n") + 1}


def test_online_needs_the_channel_of_that_name() -> None:
    with pytest.raises(InputError) as caught:
        one_office("online: {all: true, share: 50%}")
    (problem,) = caught.value.problems
    assert problem.path == "policies.tried.0.online"
    assert problem.message == "there is no channel `online`; declare it in `channels`"


@pytest.mark.parametrize("at", ["city.counter", "city.counter@city"])
def test_officers_cannot_move_to_their_own_station_however_it_is_written(at: str) -> None:
    with pytest.raises(InputError, match="the station that they leave"):
        one_office(f"move: {{from: city.counter@city, to: {at}, count: 1}}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{move: {from: a, to: b, count: 1}, shift: {city.land: evenings}}", "has one lever"),
        ("{abolish: [birth], abolish: [permit]}", "this key stands twice"),
    ],
)
def test_a_change_is_one_lever_once(change: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_text(COUNTRY + f"policies:\n  tried:\n    - {change}\n")
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.path.startswith("policies.tried")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["pool: {at: city, name: back, stations: [land]}",
          "pool: {at: city, name: back, stations: [signing]}"], "choose another name"),
        (["insert: {procedures: [permit], after: land, steps: [{id: new, wait: 1 h}]}"] * 2,
         "has a step `new` already"),
        (["abolish: [birth]"] * 2, "no procedure `birth`"),
        (["abolish: [birth]", "cut: {fields: [civil], work: 10%}"], "field `civil`"),
        (["merge: {levels: [ward], into: 1, by: city}",
          "move: {from: ward.clerk@A2, to: ward.clerk@A1, count: 1}"], "no office `A2`"),
        (["move: {from: city.land@city-1, to: city.land@city-2, count: 3}"] * 2,
         "0 officers cannot become -3"),
        (["delegate: {procedures: [permit], moves: {city.land: ward.clerk}}"] * 2,
         "has a step at `city.land`"),
        (["online: {all: true, share: 50%}"] * 2, "come online already"),
        (["set: {levels.ward.within: nowhere}",
          "merge: {levels: [ward], into: 1, by: city}"], "no level `nowhere`"),
        (["set: {levels.ward.within: ward}",
          "staff: {ward.clerk: {add: 1}}"], "does not lie within itself"),
        (["set: {procedures.permit.volume: {of: nothing, share: 1}}",
          "demand: {all: true, volume: {times: 2}}"], "no volume `nothing`"),
        (["set: {levels.ward.offices.A1.within: city-9}",
          "merge: {levels: [ward], into: 1, by: province}"], "no office `city-9`"),
    ],
)  # fmt: skip
def test_a_change_meets_what_those_before_it_left(changes: list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        country(*changes)
    assert message in caught.value.problems[0].message
    assert caught.value.problems[0].path.startswith("policies.tried")


def test_a_pool_of_several_disciplines_is_refused_when_all_changes_are_made_rule_5() -> None:
    pool = "pool: {at: ward, name: back, stations: [a, b]}"
    with pytest.raises(InputError, match="several disciplines, and need one: a edd, b fcfs"):
        floors("discipline: {ward.a: edd}", pool)
    assert floors("discipline: {ward.a: edd}", pool, "discipline: {ward.b: edd}")


def test_levers_are_tried_on_a_base_whose_own_names_are_wrong() -> None:
    """Both are told: what is wrong in the base, and what is wrong in the policies."""
    text = COUNTRY.replace("{of: country, share: 50%}", "{of: contry, share: 50%}")
    text = text.replace("C1: {within: city-3}", "C1: {within: city-7}")
    with pytest.raises(InputError) as caught:
        country(
            "merge: {levels: [ward], into: 1, by: province}",
            "demand: {all: true, volume: {times: 2}}",
            "abolish: [permt]",
            text=text,
        )
    assert [problem.path for problem in caught.value.problems] == [
        "levels.ward.offices.C1.within", "procedures.birth.volume.of", "policies.tried.2.abolish.0",
    ]  # fmt: skip


def test_a_lever_that_leaves_no_way_through_is_refused() -> None:
    with pytest.raises(InputError, match=r"procedures.permit.*can have no visit"):
        country("cut: {procedures: [permit], drop: [city.land, ward.clerk]}")


# Published figures

FIGURES = """
published:
  - {value: 100, source: a yearbook, measure: received, use: held_back}
  - {value: 10, source: a yearbook, measure: received, scope: procedure, name: permit,
     use: held_back}
  - {value: 11, source: a yearbook, measure: received, scope: field, name: civil, use: held_back}
  - {value: 12, source: a yearbook, measure: received, scope: office, name: ward@A2, use: held_back}
  - {value: 13, source: a yearbook, measure: served, scope: office_station, name: ward.clerk@B3,
     use: held_back}
  - {value: 14, source: a yearbook, measure: served, scope: pool, name: city.floor, use: held_back}
"""
ALL_NAMES = ["all", "permit", "civil", "ward@A2", "ward.clerk@B3", "city.floor"]


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ("staff: {city.land: {add: 1}}", set()),
        ("abolish: [permit]", {"permit"}),
        ("abolish: [birth]", {"civil"}),
        ("merge: {levels: [ward], into: 1, by: city}", {"ward@A2", "ward.clerk@B3"}),
        ("merge: {levels: [ward], into: 2, by: city}", {"ward@A2"}),
        ("pool: {at: city, name: back, stations: [land]}", set()),
    ],
)
def test_figures_of_what_a_policy_took_away_are_left_out_under_it(
    change: str, gone: set[str]
) -> None:
    scenario = load_text(COUNTRY + FIGURES + f"policies: {{tried: [{{{change}}}]}}\n")
    changed = scenario.with_policy("tried")
    assert [figure.name for figure in changed.published] == [n for n in ALL_NAMES if n not in gone]
    assert [figure.name for figure in scenario.published] == ALL_NAMES
    assert scenario.with_policy("base").published == scenario.published


def test_run_prints_the_figures_that_a_policy_has_and_compare_those_of_the_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "one.yaml"
    more = "  q: {received_at: city, volume: {in_period: 5}, route: [{at: city.desk, work: 1 h}]}\n"
    figures = """\
published:
  - {value: 777, source: a yearbook, measure: received, scope: procedure, name: q, use: held_back}
  - {value: 888, source: a yearbook, measure: received, use: held_back}
policies: {without: [{abolish: [q]}]}
replications: 2
"""
    file.write_text(ONE_OFFICE + more + figures, "utf-8")
    out = tmp_path / "study"
    onestop = in_this_process(monkeypatch, capsys)
    printed = {}
    for arguments in (["run"], ["run", "--policy", "without"], ["compare"]):
        left = onestop(arguments[0], file, *arguments[1:], "-o", out, "--fresh")
        assert left.code == 0
        printed[" ".join(arguments)] = left.out
    assert "777" in printed["run"]
    assert "777" not in printed["run --policy without"]
    assert "777" in printed["compare"]
    assert all("888" in text for text in printed.values())


# --set


def loaded(file: Path, *values: str) -> Scenario:
    options = StudyOptions(None, None, None, False, False, False, values, "auto", None)
    return read_as_set(file, options).scenario


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "country.yaml"
    policy = "policies: {fewer: [{merge: {levels: [ward], into: 1, by: city}}]}\n"
    file.write_text(COUNTRY + policy, "utf-8")
    return file


def test_set_reads_values_as_they_stand_in_a_scenario(file: Path) -> None:
    changed = loaded(
        file,
        "seed=7",
        "levels.city.stations.land.staff=9",
        "levels.ward.offices.A1.share=2.5",
        "procedures.birth.time_limit=3 working days",
        "procedures.land-transfer.route.on-site.work={exponential: 2 h}",
        'calendars.office.hours={mon-sat: ["08:00-12:00"]}',
        "about=x = y",
    )
    assert changed.seed == 7
    assert officers(changed, "city.land")["city-3"] == [(9, "office")]
    assert offices(changed, "ward")["A1"] == ("city-1", 2.5)
    assert changed.procedures["birth"].time_limit == parse_limit("3 working days")
    assert list(changed.calendars["office"].hours) == ["mon-sat"]
    assert changed.about == "x = y"
    (on_site,) = [
        s for s in steps_of(changed.procedures["land-transfer"].route) if s.id == "on-site"
    ]
    assert isinstance(on_site, Visit)
    assert on_site.work == parse_distribution({"exponential": "2 h"})


def test_without_set_the_scenario_is_that_of_the_file(file: Path) -> None:
    assert loaded(file) == load(file)


def test_set_holds_for_every_policy_and_policies_can_be_set_too(file: Path) -> None:
    changed = loaded(
        file, "levels.city.stations.land.staff=9", "policies.fewer.changes.0.merge.into=2"
    )
    merged = changed.with_policy("fewer")
    assert officers(merged, "city.land")["city-1"] == [(9, "office")]
    assert list(offices(merged, "ward")) == ["A1", "A3", "B1", "B3", "C1", "D1"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["seed"], "--set seed: write PATH=VALUE, such as seed=2"),
        (["=3"], "--set =3: write PATH=VALUE, such as seed=2"),
        (["seed=1", "seed=2"], "--set seed=2: `seed` is set twice"),
        (["seed="], "--set seed=: has no value that a key can take"),
        (["seed=null"], "--set seed=null: has no value that a key can take"),
        (["seed=[1"], "--set seed=[1: "),
        (["sed=1"], "--set sed: there is no key `sed` here (did you mean `seed`?)"),
        (["seed=-1"], "--set seed: `-1` is too small; it is at least 0"),
        (["levels.cty.calendar=office"], "(did you mean `city`?)"),
        (
            ["levels.city.calendar=ofice"],
            "--set levels.city.calendar: there is no calendar `ofice`",
        ),
        (
            ["procedures.birth.route.clrk.work=1 h"],
            "there is no step `clrk` (did you mean `clerk`?)",
        ),
        (["procedures.birth.route.clerk.work=1"], "`1` has no unit"),
        (["levels.ward.within=ward"], "does not lie within itself"),
        (["levels.ward.within=nowhere"], "there is no level `nowhere`"),
        (["policies.fewer.changes.0.merge.by=tax"], "`ward` is not within `tax`"),
        (["policies.fewer.changes.0.merge.into=0"], "at least 1"),
        (["levels.tax.offices=3", "levels.ward.offices=[A, B]"], "say for each of 2 offices"),
    ],
)
def test_a_value_that_cannot_be_set_is_told_with_its_path(
    file: Path, values: list[str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        loaded(file, *values)
    told = [str(problem) for problem in caught.value.problems]
    assert all(problem.startswith("--set ") and "\n" not in problem for problem in told)
    assert any(message in problem for problem in told)


def test_run_with_set_runs_what_was_set(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = file.parent / "study"
    less = ("--set", "procedures.birth.volume={in_period: 0}", "--set", "replications=1")
    onestop = in_this_process(monkeypatch, capsys)
    assert onestop("run", file, *less, "-o", out, "-q").code == 0
    rows = (out / "summary.csv").read_text("utf-8-sig").splitlines()
    (received,) = [row for row in rows if row.startswith("base,procedure,birth,received,")]
    assert float(received.split(",")[4]) == 0
    assert (file.read_text("utf-8")).startswith(COUNTRY)
    left = onestop("run", file, "--set", "seed=x", "-o", out)
    assert left.code == 2
    assert "--set seed:" in left.err
