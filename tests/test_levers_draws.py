"""Levers move, they do not redraw: the base and a policy drawn with one seed, compared by name.

What is compared, and how it is named, stands in `facts`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from changes import with_levers
from facts import COUNTRY, Citizen, Drawn, Name, Step, country, drawn
from hypothesis import given, settings
from strategies import Plan, sources

from sim.docket import NodeKind, draw
from sim.durations import DAY, SECOND
from sim.errors import InputError
from sim.network import build
from sim.scenario.load import load_text


def assert_same_citizens(changed: Drawn, base: Drawn) -> None:
    assert changed.citizens == base.citizens


def assert_same_needs(changed: Drawn, base: Drawn) -> None:
    """The same steps, rounds and branches, and of each the same work, wait and patience."""
    assert changed.needs == base.needs


def assert_kept_absences(changed: Drawn, base: Drawn) -> None:
    """Whoever has a shift on a date, before and now, is absent now if it was absent before."""
    common = changed.absences.keys() & base.absences.keys()
    assert sum(base.absences[day] for day in common) > 30
    for day in common:
        assert changed.absences[day] == base.absences[day], day


def assert_untouched(changed: Drawn, base: Drawn) -> None:
    assert_same_citizens(changed, base)
    assert_same_needs(changed, base)
    assert_kept_absences(changed, base)


def test_the_country_has_all_that_is_compared() -> None:
    base = drawn()
    assert {name for name, _ in base.citizens} == {"birth", "land-transfer", "permit"}
    assert {citizen.channel for citizen in base.citizens.values()} == {"counter", "post", "online"}
    assert {step.round for step in base.steps} == {0, 1, 2}
    assert {step.step for step in base.steps} == {
        "reception", "clerk", "visit-home", "desk", "wait", "land", "on-site", "appraisal",
        "signing", "return",
    }  # fmt: skip
    assert any(need.patience >= 0 for need in base.needs.values())
    assert {home for home, *_ in base.absences} == {"city.land", "city.signing", "ward.clerk"}
    assert min(citizen.arrived for citizen in base.citizens.values()) < base.network.period_start


# Levers that move no draw at all


@pytest.mark.parametrize(
    "change",
    [
        "move: {from: city.land@city-2, to: city.signing@city-1, count: 2}",
        "move: {from: ward.reception@A1, to: province.appraisal@South, count: 1}",
        "move: {from: city.floor@city-3, to: city.land@city-3, count: 1}",
        "shift: {city.land: evenings, ward.clerk@A3: office, city.floor: always}",
        "shift: {city.signing: office, ward.clerk: mornings}",
        "discipline: {city.land: edd, ward.clerk: spt}",
        "staff: {city.land: {add: 2}, ward.clerk@B1: {set: 3}, city.signing: {times: 3}}",
        "delegate: {all: true, moves: {city.land: city.signing, ward.clerk: hamlet.head}}",
        "delegate: {fields: [land], moves: {province.appraisal: city.land}}",
        "pool: {at: ward, name: all, stations: [reception]}",
        "pool: {at: city, name: back, stations: [land], staff: 9}",
        "cut: {all: true, time_limit: 40%}",
        "demand: {all: true, volume: {times: 1}}",
        "merge: {levels: [ward, city], into: 99, by: province}",
    ],
)
def test_a_lever_on_officers_queues_or_places_moves_no_draw(change: str) -> None:
    assert_untouched(drawn(change), drawn())


def test_officers_who_come_get_the_next_numbers_and_those_who_go_had_the_last() -> None:
    changed = drawn("move: {from: city.land@city-2, to: city.signing@city-1, count: 2}")
    came = {day[:4] for day in changed.absences.keys() - drawn().absences.keys()}
    went = {day[:4] for day in drawn().absences.keys() - changed.absences.keys()}
    assert came == {("city.signing", "city-1", 0, 2), ("city.signing", "city-1", 0, 3)}
    assert went == {("city.land", "city-2", 0, 2), ("city.land", "city-2", 0, 3)}


def test_delegated_steps_are_done_elsewhere_with_the_same_needs() -> None:
    changed = drawn("delegate: {procedures: [permit], moves: {city.land: ward.clerk}}")
    base = drawn()
    assert_untouched(changed, base)
    for step, (station, office) in base.places.items():
        if step.who[0] == "permit" and step.step == "land":
            # the ward is the one that the later step was at already: drawn once for a level
            assert changed.places[step] == changed.places[step._replace(step="clerk")]
            assert changed.places[step][0] == "ward.clerk"
        else:
            assert changed.places[step] == (station, office)


def test_cut_work_keeps_every_rank() -> None:
    changed, base = drawn("cut: {fields: [civil], work: 25%}"), drawn()
    assert_same_citizens(changed, base)
    for step, need in base.needs.items():
        factor = 0.75 if step.who[0] == "birth" and step.kind == NodeKind.VISIT else 1
        assert changed.needs[step].duration == pytest.approx(need.duration * factor, abs=1001)
        assert changed.needs[step].patience == need.patience


def test_fewer_incomplete_dossiers_are_some_of_those_who_were() -> None:
    changed, base = drawn("cut: {all: true, incomplete: 50%}"), drawn()
    assert_same_citizens(changed, base)
    assert changed.needs == {step: base.needs[step] for step in changed.needs}
    sent_away = sum(step.round > 0 and step.kind == NodeKind.VISIT for step in base.steps)
    gone = sum(
        step.round > 0 and step.kind == NodeKind.VISIT for step in base.steps.keys() - changed.steps
    )
    # a binomial a little above one half, since who is spared a round has no further one either
    assert sent_away > 100
    assert 0.35 < gone / sent_away < 0.75


@pytest.mark.parametrize(
    "change",
    [
        "set: {seed: 9}",
        "set: {levels.city.stations.land.staff: 7}",
        "set: {procedures.birth.time_limit: 1 working day}",
        "set: {fields: [land], route.land.allotment: 8 working h}",
    ],
)
def test_set_moves_no_draw_that_it_does_not_name(change: str) -> None:
    assert_untouched(drawn(change), drawn())


# insert, abolish, demand


def work(found: Drawn, name: Name, step: str) -> int:
    return found.needs[Step(name, step, 0, NodeKind.VISIT)].duration


def test_insert_draws_new_streams_and_no_other() -> None:
    change = """insert: {fields: [land], after: land, steps: [
        {id: inspect, at: city.land, work: {exponential: 20 min},
         incomplete: {share: 40%, away: {exponential: 3 working h}}},
        {id: think, wait: {exponential: 1 h}},
        {id: lucky, choose: [{share: 50%, route: [{id: gift, at: city.land, work: 5 min}]},
                             {share: rest}]}]}"""
    changed, base = drawn(change.replace("\n", " ")), drawn()
    assert_same_citizens(changed, base)
    assert_kept_absences(changed, base)
    new = {step: need for step, need in changed.needs.items() if step not in base.needs}
    assert {step.step for step in new} == {"inspect", "think", "gift"}
    assert {step.who[0] for step in new} == {"land-transfer", "permit"}
    assert {step: changed.needs[step] for step in base.needs} == base.needs
    # streams of their own: works of two means by one uniform would be as 2 to 3
    of_permits = {name for name in base.citizens if name[0] == "permit"}
    alike = [
        name
        for name in of_permits
        if abs(work(changed, name, "inspect") * 1.5 - work(base, name, "land")) < SECOND
    ]
    assert len(alike) < len(of_permits) / 20
    with_gift = {step.who for step in new if step.step == "gift"}
    of_the_field = {name for name in base.citizens if name[0] != "birth"}
    assert 0.4 < len(with_gift) / len(of_the_field) < 0.6


def test_abolish_takes_its_dossiers_and_leaves_every_fact_of_the_others() -> None:
    changed, base = drawn("abolish: [land-transfer]"), drawn()
    kept = {name: who for name, who in base.citizens.items() if name[0] != "land-transfer"}
    assert changed.citizens == kept
    assert changed.needs == {s: need for s, need in base.needs.items() if s.who in kept}
    assert changed.places == {s: place for s, place in base.places.items() if s.who in kept}
    assert changed.absences == base.absences


@pytest.mark.parametrize("times", [1.2, 2, 1.001])
def test_more_demand_keeps_the_citizens_of_the_smaller(times: float) -> None:
    changed, base = drawn(f"demand: {{all: true, volume: {{times: {times}}}}}"), drawn()
    assert {name: changed.citizens.get(name) for name in base.citizens} == base.citizens
    assert {step: changed.needs.get(step) for step in base.needs} == base.needs
    assert changed.absences == base.absences
    # those who come too have the next numbers
    for procedure in ("birth", "land-transfer", "permit"):
        own = sorted(number for name, number in changed.citizens if name == procedure)
        assert own == list(range(len(own)))
        before = sum(name == procedure for name, _ in base.citizens)
        # Poisson quantiles at one uniform: the same number of deviations from either mean
        assert len(own) == pytest.approx(times * before, abs=4 * before**0.5)


def test_less_demand_keeps_those_who_still_come() -> None:
    changed, base = drawn("demand: {fields: [civil], volume: {times: 0.5}}"), drawn()
    assert changed.citizens == {name: base.citizens[name] for name in changed.citizens}
    fewer = sum(name == "birth" for name, _ in changed.citizens)
    before = sum(name == "birth" for name, _ in base.citizens)
    assert fewer == pytest.approx(before / 2, abs=4 * before**0.5)
    assert len(base.citizens) - len(changed.citizens) == before - fewer


def test_no_demand_is_no_citizen() -> None:
    changed = drawn("demand: {all: true, volume: {times: 0}}")
    assert changed.citizens == {}
    assert changed.absences == drawn().absences


# online


def online(share: str, which: str = "all: true") -> str:
    return f"online: {{{which}, share: {share}}}"


def came_online(found: Drawn, procedure: str) -> set[Name]:
    return {
        name
        for name, citizen in found.citizens.items()
        if name[0] == procedure and citizen.channel == "online"
    }


@pytest.mark.parametrize(("procedure", "old"), [("birth", 0), ("land-transfer", 0.1)])
def test_who_comes_online_still_does_when_more_do(procedure: str, old: float) -> None:
    before = came_online(drawn(), procedure)
    citizens = sum(name == procedure for name, _ in drawn().citizens)
    offline = citizens - len(before)
    for share in (0.5, 0.93, 1.0):
        now = came_online(drawn(online(str(share))), procedure)
        assert before <= now
        # of those who came otherwise in the base, (new − old) / (1 − old): four deviations
        moving = (share - old) / (1 - old)
        moved = len(now) - (citizens - offline)
        assert moved == pytest.approx(offline * moving, abs=4 * (offline * 0.25) ** 0.5)
        before = now
    assert len(before) == citizens


def test_who_comes_online_comes_when_it_is_open_and_all_others_as_before() -> None:
    changed, base = drawn(online("50%")), drawn()
    assert changed.citizens.keys() == base.citizens.keys()
    at_night = 0
    for name, citizen in base.citizens.items():
        now = changed.citizens[name]
        if now.channel == citizen.channel:
            assert now == citizen
        else:
            assert now == Citizen(now.arrived, citizen.home, "online", citizen.priority + 1)
            at_night += now.arrived % DAY < 6 * DAY // 24
    # a quarter of the hours are before six, when no office is open
    moved = sum(
        now.channel != base.citizens[name].channel for name, now in changed.citizens.items()
    )
    assert moved > 200
    assert 0.15 < at_night / moved < 0.35


def test_online_moves_no_need_but_those_that_the_channel_decides() -> None:
    changed, base = drawn(online("50%")), drawn()
    for step in changed.needs.keys() & base.needs.keys():
        assert changed.needs[step].duration == base.needs[step].duration
        if changed.citizens[step.who].channel == "counter":
            assert changed.needs[step] == base.needs[step]
        else:
            assert changed.needs[step].patience == -1
    by_channel = {"return", "reception"}  # `only: [counter]`; who is sent away, by channel
    for step in changed.needs.keys() ^ base.needs.keys():
        assert step.step in by_channel
        assert changed.citizens[step.who].channel != base.citizens[step.who].channel


def test_shares_one_after_the_other_are_the_last_one() -> None:
    twice, once = drawn(online("50%"), online("93%")), drawn(online("93%"))
    assert_untouched(twice, once)
    shares = country(online("50%"), online("93%")).procedures["land-transfer"].channels
    assert shares == pytest.approx(country(online("93%")).procedures["land-transfer"].channels)


def test_online_leaves_procedures_that_have_more_already() -> None:
    half = online("50%", "procedures: [permit]")
    changed = drawn(half, online("20%"))
    assert came_online(changed, "permit") == came_online(drawn(half), "permit")
    assert came_online(changed, "birth") == came_online(drawn(online("20%")), "birth")


# merge


@dataclass(frozen=True)
class Merging:
    """A merge of the country's offices, with what each became as worked out by hand."""

    change: str
    became: Mapping[str, str]


WARDS = Merging(
    "merge: {levels: [ward], into: 1, by: city}",
    {"A2": "A1", "A3": "A1", "B2": "B1", "B3": "B1"},
)
WARDS_IN_TWO = Merging(  # of three, the 1st and 2nd: ⌊0·2/3⌋ = ⌊1·2/3⌋ = 0; the 3rd: ⌊2·2/3⌋ = 1
    "merge: {levels: [ward], into: 2, by: city}",
    {"A2": "A1", "B2": "B1"},
)
WARDS_OF_A_PROVINCE = Merging(  # of A1, A2, A3, C1 and of B1, B2, B3, D1: two and two
    "merge: {levels: [ward], into: 2, by: province}",
    {"A2": "A1", "C1": "A3", "B2": "B1", "D1": "B3"},
)
CITIES = Merging(  # 1 and 3 lie in North, 2 and 4 in South
    "merge: {levels: [city], into: 1, by: province}",
    {"city-3": "city-1", "city-4": "city-2"},
)
CITIES_AND_WARDS = Merging(
    "merge: {levels: [ward, city], into: 1, by: province}",
    {**CITIES.became, "A2": "A1", "A3": "A1", "C1": "A1", "B2": "B1", "B3": "B1", "D1": "B1"},
)
TAX = Merging(  # 1 and 5 lie in city-1, 2 and 6 in city-2, …
    "merge: {levels: [tax], into: 1, by: city}",
    {"tax-5": "tax-1", "tax-6": "tax-2", "tax-7": "tax-3", "tax-8": "tax-4"},
)
TAX_OF_A_PROVINCE = Merging(  # of 1, 3, 5, 7 the first three: ⌊(j − 1) · 1 / 4⌋ = 0 for all
    "merge: {levels: [tax], into: 1, by: province}",
    {"tax-3": "tax-1", "tax-5": "tax-1", "tax-7": "tax-1",
     "tax-4": "tax-2", "tax-6": "tax-2", "tax-8": "tax-2"},
)  # fmt: skip
HAMLETS = Merging(  # hamlet i lies in ward ((i − 1) mod 8) + 1, so i and i + 8 in one
    "merge: {levels: [hamlet], into: 1, by: ward}",
    {f"hamlet-{number + 8}": f"hamlet-{number}" for number in range(1, 9)},
)
MERGES = [
    WARDS, WARDS_IN_TWO, WARDS_OF_A_PROVINCE, CITIES, CITIES_AND_WARDS, TAX, TAX_OF_A_PROVINCE,
    HAMLETS,
]  # fmt: skip
CALENDARS = {"A2": "mornings", "B2": "evenings"}
"""Of the wards that are not open by their level's calendar."""
CITY_OF = {"A1": "city-1", "A2": "city-1", "A3": "city-1", "B1": "city-2", "B2": "city-2",
           "B3": "city-2", "C1": "city-3", "D1": "city-4"}  # fmt: skip


def assert_mapped(changed: Drawn, base: Drawn, became: Mapping[str, str]) -> None:
    """Every home is what the former one became, and nothing else of a citizen is other.

    But who came in the hours of an office that is now another's comes in that one's.
    """
    assert changed.citizens.keys() == base.citizens.keys()
    for name, citizen in base.citizens.items():
        now = changed.citizens[name]
        assert now._replace(arrived=0) == citizen._replace(
            arrived=0, home=became.get(citizen.home, citizen.home)
        )
        other_hours = CALENDARS.get(citizen.home) != CALENDARS.get(now.home)
        if citizen.channel == "counter" and other_hours:
            assert changed.network.calendars["office"].is_open(now.arrived)
        else:
            assert now.arrived == citizen.arrived
    assert_same_needs(changed, base)


@pytest.mark.parametrize("merging", MERGES, ids=lambda merging: merging.change)
def test_a_merge_maps_the_home_office_and_redraws_nothing(merging: Merging) -> None:
    changed, base = drawn(merging.change), drawn()
    assert_mapped(changed, base, merging.became)
    assert_kept_absences(changed, base)


@pytest.mark.parametrize(
    "merging", [m for m in MERGES if m != WARDS_OF_A_PROVINCE], ids=lambda merging: merging.change
)
def test_a_merge_maps_the_offices_on_the_way(merging: Merging) -> None:
    """Also where several offices are equally near only since they were merged (rule 9)."""
    changed, base = drawn(merging.change), drawn()
    assert changed.places == {
        step: (station, merging.became.get(office, office))
        for step, (station, office) in base.places.items()
    }
    assert any(office in merging.became for _, office in base.places.values())


def test_a_merge_beyond_the_parent_brings_a_dossier_to_the_parent_of_what_its_home_became() -> None:
    """C1 became part of A3, which lies in city-1: rule 9 holds on the new line."""
    changed, base = drawn(WARDS_OF_A_PROVINCE.change), drawn()
    became = WARDS_OF_A_PROVINCE.became
    for step, (station, office) in base.places.items():
        home = base.citizens[step.who].home
        now = changed.places[step][1]
        if station.startswith("ward."):
            assert now == became.get(office, office)
        elif station.startswith("city."):
            ward = became.get(home, home)
            assert now == CITY_OF.get(ward, home)
        elif station.startswith("tax.") and CITY_OF.get(home) in ("city-3", "city-4"):
            # the first or second of a city became the first or second of the other
            assert now == {"tax-3": "tax-1", "tax-7": "tax-5", "tax-4": "tax-2", "tax-8": "tax-6"}[
                office
            ]  # fmt: skip
        else:
            assert now == office


@pytest.mark.parametrize("first", [WARDS_IN_TWO, TAX], ids=lambda merging: merging.change)
def test_a_merge_after_a_merge_maps_what_was_mapped(first: Merging) -> None:
    changed, base = drawn(first.change, CITIES_AND_WARDS.change), drawn()
    became = {**first.became, **CITIES_AND_WARDS.became}
    assert_mapped(changed, base, became)
    assert {step: office for step, (_, office) in changed.places.items()} == {
        step: became.get(office, office) for step, (_, office) in base.places.items()
    }


def test_two_merges_are_one_if_they_join_the_same() -> None:
    """By city into one, then by province: A1 and C1, B1 and D1 are left to join."""
    assert_untouched(
        drawn(WARDS.change, "merge: {levels: [ward], into: 1, by: province}"),
        drawn("merge: {levels: [ward], into: 1, by: province}"),
    )


def test_a_merge_of_offices_without_a_share_keeps_who_came_to_the_others() -> None:
    text = COUNTRY.replace("{within: city-1, share: 0.5, ", "{within: city-1, share: 0, ")
    text = text.replace("A2: {within: city-1, ", "A2: {within: city-1, share: 0, ")
    changed = drawn("merge: {levels: [ward], into: 2, by: city}", text=text)
    assert_mapped(changed, drawn(text=text), WARDS_IN_TWO.became)


def test_channels_stay_where_offices_merge_whose_calendars_share_them_out_differently() -> None:
    """Open in its first week alone, A2 has as much of the warm-up as of the period.

    So more of its citizens are those of the counter than in wards that are open all month.
    """
    mornings = 'mornings: {hours: {mon-sat: ["06:00-12:00"]}'
    text = COUNTRY.replace(mornings, f"{mornings}, closed: [2021-03-08..2021-03-31]")
    text = text.replace("A2: {within: city-1, ", "A2: {within: city-1, share: 9, ")
    assert_mapped(drawn(WARDS.change, text=text), drawn(text=text), WARDS.became)


def test_officers_of_the_first_office_keep_their_absences_in_a_merge() -> None:
    """Its entries of staff keep their places; who joins them gets the next numbers."""
    changed, base = drawn(CITIES.change), drawn()
    of_first = {day: absent for day, absent in base.absences.items() if day.office == "city-1"}
    assert {day: changed.absences[day] for day in of_first} == of_first
    joined = {day[:4] for day in changed.absences.keys() - base.absences.keys()}
    assert {officer for officer in joined if officer[:2] == ("city.signing", "city-1")} == {
        ("city.signing", "city-1", 0, 2),
        ("city.signing", "city-1", 1, 3),
        ("city.signing", "city-1", 1, 4),
    }


# Levers together


SOME = [
    "staff: {tax.desk: {add: 1}}",
    "pool: {at: city, name: back, stations: [land]}",
    "discipline: {city.land: edd}",
    "on_the_spot: [ward, city]",
    "shift: {ward.clerk: evenings}",
]


def test_what_was_mapped_stays_mapped_whatever_comes_after() -> None:
    """A `set` reads the whole scenario anew, and must not forget what was moved."""
    moving = [CITIES_AND_WARDS.change, online("50%")]
    for later in (
        "set: {replications: 3}",
        "set: {levels.ward.offices.A1.staff: {clerk: 4}}",
        "set: {calendars.office.holidays: VN}",
        *SOME,
    ):
        changed = drawn(*moving, later)
        moved = drawn(*moving)
        assert {n: (c.home, c.channel) for n, c in changed.citizens.items()} == {
            n: (c.home, c.channel) for n, c in moved.citizens.items()
        }
        assert_same_needs(changed, moved)


def test_the_order_of_levers_that_do_not_meet_is_no_matter() -> None:
    levers = [CITIES_AND_WARDS.change, online("93%"), "abolish: [permit]", *SOME]
    forth, back = drawn(*levers), drawn(*reversed(levers))
    assert_untouched(forth, back)
    assert forth.places == back.places


def test_an_abolished_procedure_is_forgotten_with_its_channels() -> None:
    changed = drawn(online("50%"), "abolish: [birth]", "set: {seed: 4}")
    base = drawn(online("50%"))
    kept = {name: who for name, who in base.citizens.items() if name[0] != "birth"}
    assert changed.citizens == kept


def test_channels_that_are_set_are_drawn_as_if_they_had_been_so() -> None:
    setting = "set: {procedures.permit.channels: {post: 40%, online: 60%}}"
    assert drawn(online("50%", "procedures: [permit]"), setting).citizens == drawn(setting).citizens
    after = drawn(setting, online("80%", "procedures: [permit]"))
    assert came_online(drawn(setting), "permit") < came_online(after, "permit")


def test_combined_policies_draw_what_their_changes_draw_in_that_order() -> None:
    more = "demand: {all: true, volume: {times: 1.2}}"
    policies = f"""
policies:
  fewer-offices: [{{{CITIES_AND_WARDS.change}}}]
  online: [{{{online("50%")}}}, {{set: {{seed: 4}}}}]
  more: [{{{more}}}]
  all: {{combine: [fewer-offices, online, more]}}
"""
    network = build(load_text(COUNTRY + policies).with_policy("all"))
    combined = Drawn(network, draw(network, seed=11, replication=3))
    changed = drawn(CITIES_AND_WARDS.change, online("50%"), more)
    assert_untouched(combined, changed)
    assert combined.places == changed.places
    # and of the base: every citizen, at what its home became
    for name, citizen in drawn().citizens.items():
        home = CITIES_AND_WARDS.became.get(citizen.home, citizen.home)
        assert combined.citizens[name].home == home


# On any scenario


QUIET = (
    "staff", "move", "shift", "pool", "discipline", "on_the_spot", "merge", "insert", "abolish",
    "demand",
)  # fmt: skip
"""Levers after which whoever still comes comes through the same channel with the same needs."""


@settings(max_examples=settings().max_examples // 2)
@given(sources().map(lambda source: with_levers(source, QUIET)))
def test_levers_redraw_nothing_on_any_scenario(plan: Plan) -> None:
    try:
        scenario = load_text(json.dumps(plan, ensure_ascii=False))
        changed, base = (
            Drawn(network, draw(network, seed=2, replication=1))
            for network in (build(scenario.with_policy("tried")), build(scenario))
        )
    except InputError:
        return
    levers = {lever for change in plan["policies"]["tried"] for lever in change}
    common = changed.citizens.keys() & base.citizens.keys()
    stays = len(base.citizens) if not levers & {"abolish", "demand"} else 0
    assert len(common) >= stays
    for name in common:
        now, then = changed.citizens[name], base.citizens[name]
        assert (now.channel, now.priority) == (then.channel, then.priority)
        if "merge" not in levers:
            assert now == then
    new = {"new-visit", "new-wait", "new-choose"}
    cut_short = "insert" in levers  # an inserted branch may end the dossier
    for step, need in base.needs.items():
        if step.who in common and (step in changed.needs or not cut_short):
            assert changed.needs[step] == need
    for step in changed.needs:
        assert step in base.needs or step.step in new or step.who not in common
    for day in changed.absences.keys() & base.absences.keys():
        assert changed.absences[day] == base.absences[day]


@given(sources().map(lambda source: with_levers(source, ["merge"])))
def test_a_merge_maps_homes_by_the_formula_on_any_scenario(plan: Plan) -> None:
    merging = plan["policies"]["tried"][0]["merge"]
    alone = {**plan, "policies": {"tried": [{"merge": merging}]}}
    try:
        scenario = load_text(json.dumps(alone, ensure_ascii=False))
        changed, base = (
            Drawn(network, draw(network, seed=2, replication=1))
            for network in (build(scenario.with_policy("tried")), build(scenario))
        )
    except InputError:
        return
    became = by_formula(base, merging["levels"], merging["into"], merging["by"])
    names = [office.name for office in base.network.offices]
    for number, name in enumerate(base.names):
        home = int(base.docket.home[number])
        assert changed.citizens[name].home == names[became[home]]


def by_formula(base: Drawn, levels: list[str], into: int, by: str) -> list[int]:
    """Say for each office which it becomes: of m the j-th joins number ⌊(j − 1) · N / m⌋ + 1."""
    network = base.network
    (ancestor,) = [n for n, level in enumerate(network.levels) if level.name == by]
    became = list(range(len(network.offices)))
    for level in network.levels:
        together = defaultdict(list)
        for office in level.offices if level.name in levels else ():
            (above,) = [
                a for a in network.ancestors[office] if network.offices[a].level == ancestor
            ]
            together[above].append(office)
        for own in together.values():
            joined = [(j - 1) * into // len(own) for j in range(1, len(own) + 1)]
            for office, place in zip(own, joined, strict=True):
                became[office] = own[joined.index(place)]
    return became
