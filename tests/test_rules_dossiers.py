"""Rules 9 to 13 worked by hand: offices, transfers, branches, rounds, acceptance, resolution."""

from __future__ import annotations

import numpy as np
import pytest
from by_hand import network_of, play, procedure, scenario_of, shop

from sim.docket import Docket, NodeKind, draw
from sim.errors import InputError
from sim.network import Network, build
from sim.scenario.load import load_text

# Rule 9: the offices on a dossier's line

LINE = """\
levels:
  province: {stations: {appraisal: {}}}
  city: {within: province, offices: [A, B], stations: {desk: {}}}
  tax:
    within: city
    offices: {TA1: {within: A}, TA2: {within: A, share: 3}, TB: {within: B}}
    stations: {desk: {}, cash: {}}
  ward:
    within: city
    offices: {W1: {within: A}, W2: {within: B}}
    stations: {front: {}}
  court: {within: city, offices: {CB: {within: B}}, stations: {hall: {}}}
  board: {within: province, offices: [X, Y], stations: {table: {}}}
  agency:
    within: board
    offices: {X1: {within: X}, X2: {within: X}, Y1: {within: Y}, Y2: {within: Y}}
    stations: {desk: {}, cash: {}}
procedures:
"""


def drawn_for(*steps: str, received_at: str = "ward") -> tuple[Network, Docket]:
    text = LINE + procedure("p", *steps)
    text = text.replace("received_at: city", f"received_at: {received_at}")
    network = network_of(text.replace("volume: some", "volume: {in_period: 400}"))
    return network, draw(network, 5, 0)


def offices_at(network: Network, docket: Docket, step: str) -> list[str]:
    """Name the office of a step for each dossier, in the dossiers' order."""
    names = [name for _, name in docket.procedure_steps]
    visits = np.flatnonzero((docket.kind == NodeKind.VISIT) & (docket.step == names.index(step)))
    assert docket.dossier[visits].tolist() == list(range(docket.arrived.size))
    stations = [network.stations[station] for station in docket.station[visits].tolist()]
    return [network.offices[station.office].name for station in stations]


def homes(network: Network, docket: Docket) -> list[str]:
    return [network.offices[office].name for office in docket.home.tolist()]


def test_rule_9_the_home_office_and_its_ancestors_serve_a_dossier() -> None:
    network, docket = drawn_for(
        "{at: ward.front, work: 1 h}", "{at: city.desk, work: 1 h}",
        "{at: province.appraisal, work: 1 h}",
    )  # fmt: skip
    home = homes(network, docket)
    assert set(home) == {"W1", "W2"}
    assert offices_at(network, docket, "front") == home
    assert offices_at(network, docket, "desk") == [{"W1": "A", "W2": "B"}[name] for name in home]
    assert set(offices_at(network, docket, "appraisal")) == {"province"}


def test_rule_9_the_nearest_office_is_the_one_below_the_deepest_common_ancestor() -> None:
    network, docket = drawn_for("{at: tax.desk, work: 1 h}")
    places = set(zip(homes(network, docket), offices_at(network, docket, "desk"), strict=True))
    assert places == {("W1", "TA1"), ("W1", "TA2"), ("W2", "TB")}


def test_rule_9_among_equally_near_offices_one_is_drawn_by_share() -> None:
    network, docket = drawn_for("{at: tax.desk, work: 1 h}")
    served = offices_at(network, docket, "desk")
    first, second = served.count("TA1"), served.count("TA2")
    # shares 1 and 3: a binomial, within four standard deviations of its mean
    n = first + second
    assert n > 100
    assert abs(second - 0.75 * n) < 4 * (n * 0.75 * 0.25) ** 0.5


def test_rule_9_an_office_is_drawn_once_for_a_dossier_and_level() -> None:
    network, docket = drawn_for(
        "{id: one, at: tax.desk, work: 1 h, incomplete: {share: 0%, away: 1 h}}",
        "{together: [[{id: two, at: tax.cash, work: 1 h}], "
        "[{id: three, at: tax.desk, work: 1 h}]]}",
    )
    served = offices_at(network, docket, "one")
    assert offices_at(network, docket, "two") == served
    assert offices_at(network, docket, "three") == served


def test_rule_9_from_above_every_office_below_is_equally_near() -> None:
    network, docket = drawn_for("{at: ward.front, work: 1 h}", received_at="province")
    assert set(offices_at(network, docket, "front")) == {"W1", "W2"}


def test_rule_9_the_line_goes_on_below_an_office_that_was_drawn() -> None:
    network, docket = drawn_for("{at: board.table, work: 1 h}", "{at: agency.desk, work: 1 h}")
    boards = offices_at(network, docket, "table")
    agencies = offices_at(network, docket, "desk")
    assert set(agencies) == {"X1", "X2", "Y1", "Y2"}
    assert [agency[0] for agency in agencies] == boards


def test_rule_9_an_office_is_drawn_before_those_of_later_steps_wherever_it_is_accepted() -> None:
    # all tax offices are equally near to a province; the court, which accepts, lies in B
    network, docket = drawn_for(
        "{at: tax.desk, work: 1 h}", "{at: court.hall, work: 1 h, accepts: true}",
        received_at="province",
    )  # fmt: skip
    assert set(offices_at(network, docket, "desk")) == {"TA1", "TA2", "TB"}


def test_rule_9_what_is_resolved_counts_before_home_and_home_breaks_the_tie() -> None:
    # the only court lies in B: for a dossier from A, a tax office of A is as near to home as one
    # of B is to the court; home decides
    network, docket = drawn_for("{at: court.hall, work: 1 h}", "{at: tax.desk, work: 1 h}")
    places = set(zip(homes(network, docket), offices_at(network, docket, "desk"), strict=True))
    assert places == {("W1", "TA1"), ("W1", "TA2"), ("W2", "TB")}


def test_rule_9_an_office_near_to_one_already_resolved_goes_before_one_near_to_home() -> None:
    # the agencies of the board that was drawn share more with it than any agency with home
    network, docket = drawn_for("{at: agency.cash, work: 1 h}", "{at: board.table, work: 1 h}")
    agencies = offices_at(network, docket, "cash")
    assert set(agencies) == {"X1", "X2", "Y1", "Y2"}
    assert [agency[0] for agency in agencies] == offices_at(network, docket, "table")


# Rule 10: transfers. At the first station officers are always on shift and work takes no time,
# so that a dossier is ready to go as it arrives.

READY = "ready: {staff: {count: 9, calendar: always}}, next: {}, front: {kind: counter}"
GO = ("{at: city.ready, work: 0 min}", "{at: city.next, work: 1 h}")


def sent(rule: str) -> str:
    return shop(READY, procedure("p", *GO), more=f"transfers: [{{from: city, to: city, {rule}}}]\n")


@pytest.mark.parametrize(
    ("ready", "departed"),
    [
        ("2021-02-02 09:00", "2021-02-02 10:00"),
        ("2021-02-02 10:00", "2021-02-02 10:00"),  # this very instant included
        ("2021-02-02 10:00:01", "2021-02-02 15:30"),
        ("2021-02-02 15:30", "2021-02-02 15:30"),
        ("2021-02-02 15:30:01", "2021-02-03 10:00"),
        ("2021-02-02 00:00", "2021-02-02 10:00"),
        ("2021-02-05 16:00", "2021-02-08 10:00"),  # weekend
        ("2021-02-06 09:00", "2021-02-08 10:00"),
        ("2021-02-09 15:31", "2021-02-17 10:00"),  # Tết
        ("2021-02-12 10:00", "2021-02-17 10:00"),
    ],
)
def test_rule_10_a_transfer_departs_at_the_next_hour_of_an_open_day(
    ready: str, departed: str
) -> None:
    it = play(sent('departs: ["10:00", "15:30"], calendar: office'), a=f"p {ready}")
    assert it["a"].transfer("ready")[:3] == (ready, departed, departed)
    assert it["a"].visit("next").joined == departed


def test_rule_10_a_departure_need_not_be_in_open_hours_but_on_an_open_day() -> None:
    it = play(sent('departs: ["06:00", "19:00"], calendar: office'), a="p 2021-02-05 12:00")
    assert it["a"].transfer("ready").started == "2021-02-05 19:00"
    it = play(sent('departs: ["06:00"], calendar: office'), a="p 2021-02-05 12:00")
    assert it["a"].transfer("ready").started == "2021-02-08 06:00"


@pytest.mark.parametrize(
    ("ready", "departed"),
    [
        ("2021-02-02 23:59", "2021-02-03 00:00"),
        ("2021-02-03 00:00", "2021-02-03 00:00"),  # the departure that ends the open Tuesday
        ("2021-02-06 00:00", "2021-02-06 00:00"),  # Friday's, though Saturday is closed
        ("2021-02-06 00:01", "2021-02-09 00:00"),
    ],
)
def test_rule_10_a_departure_at_midnight_belongs_to_the_day_that_it_ends(
    ready: str, departed: str
) -> None:
    it = play(sent('departs: ["24:00"], calendar: office'), a=f"p {ready}")
    assert it["a"].transfer("ready").started == departed


def test_rule_10_travel_takes_clock_time_after_the_departure() -> None:
    it = play(sent('departs: ["16:00"], takes: 20 h, calendar: office'), a="p 2021-02-05 12:00")
    assert it["a"].transfer("ready")[:3] == (
        "2021-02-05 12:00", "2021-02-05 16:00", "2021-02-06 12:00",
    )  # fmt: skip
    assert it["a"].visit("next")[:2] == ("2021-02-06 12:00", "2021-02-08 07:30")


def test_rule_10_departures_follow_the_calendar_of_the_rule() -> None:
    calendars = """\
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}
  courier: {hours: {thu: ["12:00-13:00"]}}
"""
    rule = 'departs: ["10:00"]'
    it = play(calendars + sent(rule), a="p 2021-02-02 12:00")
    assert it["a"].transfer("ready").started == "2021-02-03 10:00"
    it = play(calendars + sent(f"{rule}, calendar: courier"), a="p 2021-02-02 12:00")
    assert it["a"].transfer("ready").started == "2021-02-04 10:00"


def test_rule_10_without_a_calendar_the_office_left_decides() -> None:
    text = """\
levels:
  city: {calendar: office, stations: {desk: {}}}
  ward:
    within: city
    calendar: always
    offices: {Near: {}, Far: {calendar: mornings_of_monday}}
    stations: {front: {staff: {count: 9, calendar: always}}}
transfers: [{from: ward, to: city, departs: ["10:00"]}]
calendars:
  office: {hours: {mon-fri: ["07:30-17:00"]}}
  mornings_of_monday: {hours: {mon: ["07:30-11:30"]}}
procedures:
  p:
    received_at: ward
    volume: some
    route: [{at: ward.front, work: 0 min}, {at: city.desk, work: 1 h}]
"""
    it = play(text, a="p 2021-02-06 12:00 at Near", b="p 2021-02-06 12:00 at Far")
    assert it["a"].transfer("front").started == "2021-02-07 10:00"
    assert it["b"].transfer("front").started == "2021-02-08 10:00"


@pytest.mark.parametrize(
    ("ready", "departed"),
    [
        ("2021-02-02 14:59:59", "2021-02-02 14:59:59"),
        ("2021-02-02 15:00", "2021-02-03 07:30"),
        ("2021-02-02 12:00", "2021-02-02 12:00"),
        ("2021-02-02 05:00", "2021-02-02 05:00"),  # an open day, before the hour
        ("2021-02-02 20:00", "2021-02-03 07:30"),
        ("2021-02-05 15:00", "2021-02-08 07:30"),
        ("2021-02-06 10:00", "2021-02-08 07:30"),
        ("2021-02-09 15:00", "2021-02-17 07:30"),
    ],
)
def test_rule_10_before_the_cutoff_at_once_else_at_the_next_days_first_opening(
    ready: str, departed: str
) -> None:
    it = play(sent('cutoff: "15:00", calendar: office'), a=f"p {ready}")
    assert it["a"].transfer("ready").started == departed


def test_rule_10_a_cutoff_on_a_calendar_that_never_closes_is_an_error() -> None:
    with pytest.raises(InputError, match="cutoff"):
        play(sent('cutoff: "15:00", calendar: always'))
    text = sent('cutoff: "15:00"').replace("{calendar: office, stations", "{stations")
    with pytest.raises(InputError, match="cutoff"):
        play(text)


def test_rule_10_with_neither_departures_nor_cutoff_it_goes_at_once() -> None:
    it = play(sent("takes: 90 min, calendar: office"), a="p 2021-02-06 22:00")
    assert it["a"].transfer("ready")[:3] == (
        "2021-02-06 22:00", "2021-02-06 22:00", "2021-02-06 23:30",
    )  # fmt: skip


def test_rule_10_without_a_rule_that_matches_there_is_no_transfer() -> None:
    text = shop(READY, procedure("p", *GO), more="transfers: [{from: city.next, to: city}]\n")
    it = play(text, a="p 2021-02-02 08:00")
    assert it["a"].transfers("ready") == []
    assert it["a"].visit("next").joined == "2021-02-02 08:00"


def test_rule_10_within_holds_between_counter_and_desk_of_one_office() -> None:
    steps = [
        f"{{id: {step}, at: city.{station}, work: 0 min}}"
        for step, station in (
            ("counter", "front"), ("other-counter", "window"), ("desk", "ready"),
            ("other-desk", "next"), ("return", "front"),
        )
    ]  # fmt: skip
    text = shop(
        READY + ", window: {kind: counter}",
        procedure("p", *steps),
        more="transfers: [{within: city, takes: 5 min}]\n",
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert a.transfers("counter") == []
    assert a.transfer("other-counter")[:3] == (
        "2021-02-02 08:00", "2021-02-02 08:00", "2021-02-02 08:05",
    )  # fmt: skip
    assert a.transfers("desk") == []
    assert a.transfer("other-desk").ended == "2021-02-02 08:10"
    assert a.resolved == "2021-02-02 08:10"


def test_rule_10_within_a_level_does_not_hold_between_levels() -> None:
    text = """\
levels:
  city: {calendar: office, stations: {desk: {}}}
  ward: {within: city, calendar: office, stations: {front: {kind: counter}}}
transfers: [{within: city, takes: 1 h}, {within: ward, takes: 1 h}]
procedures:
  p:
    received_at: ward
    volume: some
    route: [{at: ward.front, work: 0 min}, {at: city.desk, work: 1 h}]
"""
    assert play(text, a="p 2021-02-02 08:00")["a"].transfers("front") == []


@pytest.mark.parametrize(
    ("rules", "hours"),
    [
        (
            ["{from: city, to: city, takes: 1 h}", "{from: city.ready, to: city.next, takes: 2 h}"],
            1,
        ),
        (
            ["{from: city.ready, to: city.next, takes: 2 h}", "{from: city, to: city, takes: 1 h}"],
            2,
        ),
        (
            ["{from: city.next, to: city, takes: 1 h}", "{from: city.ready, to: city, takes: 3 h}"],
            3,
        ),
        (
            ["{from: city, to: city.ready, takes: 1 h}", "{from: city, to: city.next, takes: 2 h}"],
            2,
        ),
        (["{within: city, takes: 1 h}", "{from: city, to: city, takes: 3 h}"], 3),  # two desks
    ],
)
def test_rule_10_the_first_rule_in_file_order_that_matches_holds(
    rules: list[str], hours: int
) -> None:
    text = shop(READY, procedure("p", *GO), more=f"transfers: [{', '.join(rules)}]\n")
    it = play(text, a="p 2021-02-02 08:00")
    assert it["a"].visit("next").joined == f"2021-02-02 {8 + hours:02d}:00"


def test_rule_10_before_the_first_visit_there_is_no_transfer() -> None:
    text = shop(
        READY,
        procedure("p", "{wait: 1 h}", "{at: city.ready, work: 0 min}"),
        more="transfers: [{from: city, to: city, takes: 1 h}]\n",
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert a.transfers("ready") == []
    assert a.visit("ready").joined == "2021-02-02 09:00"


def test_rule_10_waits_come_after_the_transfer() -> None:
    text = shop(
        READY,
        procedure("p", GO[0], "{id: w, wait: 1 h}", "{id: w2, wait: 30 min}", GO[1]),
        more='transfers: [{from: city, to: city, departs: ["10:00"], takes: 1 h}]\n',
    )
    a = play(text, a="p 2021-02-02 09:00")["a"]
    assert a.transfer("ready")[:3] == ("2021-02-02 09:00", "2021-02-02 10:00", "2021-02-02 11:00")
    assert a.wait("w")[:3] == ("2021-02-02 11:00", "2021-02-02 11:00", "2021-02-02 12:00")
    assert a.wait("w2").ended == a.visit("next").joined == "2021-02-02 12:30"


def test_rule_10_rounds_of_one_visit_have_no_transfer_between_them() -> None:
    text = shop(
        READY,
        procedure(
            "p", "{at: city.ready, work: 0 min, incomplete: {share: 100%, away: 1 h}}", GO[1]
        ),
        more="transfers: [{from: city, to: city, takes: 3 h}]\n",
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert a.visit("ready", 1).ended == "2021-02-02 09:00"
    assert a.transfer("ready")[:3] == ("2021-02-02 09:00", "2021-02-02 09:00", "2021-02-02 12:00")


# Rule 11: branches

DESKS = "one: {}, two: {}, three: {}, four: {}, five: {}"


def step(station: str, work: str = "1 h", more: str = "") -> str:
    return f"{{at: city.{station}, work: {work}{', ' if more else ''}{more}}}"


def test_rule_11_choose_takes_one_branch_and_goes_on_after_it() -> None:
    text = shop(
        DESKS,
        procedure(
            "p",
            step("one"),
            f"{{choose: [{{share: 50%, route: [{step('two')}]}}, "
            f"{{share: 50%, route: [{step('three')}]}}]}}",
            step("four"),
        ),
    )
    network = network_of(text)
    docket = draw(network, 1, 0)
    names = [name for _, name in docket.procedure_steps]
    routes = {
        " ".join(names[s] for s in docket.step[first:last].tolist())
        for first, last in zip(docket.first_node, docket.first_node[1:], strict=False)
    }
    assert routes == {"one two four", "one three four"}


def test_rule_11_end_cuts_the_route_and_the_dossier_is_resolved_on_its_own() -> None:
    refused = f"{{choose: [{{share: 100%, end: refused, route: [{step('two')}]}}]}}"
    a = play(
        shop(DESKS, procedure("p", step("one"), refused, step("three"))), a="p 2021-02-02 08:00"
    )["a"]
    assert (a.resolved, a.finished) == ("2021-02-02 10:00", "2021-02-02 10:00")
    assert (a.ending, a.rounds("three")) == ("refused", 0)


def test_rule_11_an_empty_branch_that_ends_is_resolved_where_it_was() -> None:
    refused = "{choose: [{share: 100%, end: refused}]}"
    a = play(
        shop(DESKS, procedure("p", step("one"), step("two"), refused, step("three"))),
        a="p 2021-02-02 08:00",
    )["a"]
    assert (a.resolved, a.ending) == ("2021-02-02 10:00", "refused")


def test_rule_11_an_end_within_branches_ends_the_whole_dossier() -> None:
    inner = f"{{choose: [{{share: 100%, end: refused, route: [{step('two')}]}}]}}"
    outer = f"{{choose: [{{share: 100%, route: [{inner}, {step('three')}]}}]}}"
    a = play(shop(DESKS, procedure("p", step("one"), outer, step("four"))), a="p 2021-02-02 08:00")[
        "a"
    ]
    assert (a.resolved, a.rounds("three"), a.rounds("four")) == ("2021-02-02 10:00", 0, 0)


def test_rule_11_withdrawn_resolves_nothing_and_leaves() -> None:
    withdrawn = f"{{choose: [{{share: 100%, end: withdrawn, route: [{step('two')}]}}]}}"
    keys = "time_limit: 1 working day"
    text = shop(DESKS, procedure("p", step("one"), withdrawn, step("three"), keys=keys))
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert (a.accepted, a.resolved) == ("2021-02-02 08:00", None)
    assert a.left == a.finished == "2021-02-02 10:00"
    assert (a.outcome, a.ending) == ("withdrawn", "withdrawn")


def test_rule_11_who_was_resolved_before_withdrawing_stays_resolved() -> None:
    withdrawn = "{choose: [{share: 100%, end: withdrawn, route: [{wait: 1 h}]}]}"
    text = shop(DESKS, procedure("p", step("one", more="decides: true"), withdrawn))
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert (a.resolved, a.left, a.finished) == ("2021-02-02 09:00", None, "2021-02-02 10:00")


def test_rule_11_together_starts_at_once_and_goes_on_when_the_last_arrives() -> None:
    together = (
        f"{{together: [[{step('two', '20 min')}, {step('three')}], [{step('four', '2 h')}]]}}"
    )
    a = play(
        shop(DESKS, procedure("p", step("one"), together, step("five"))), a="p 2021-02-02 08:00"
    )["a"]
    assert a.visit("two").joined == a.visit("four").joined == "2021-02-02 09:00"
    assert a.visit("three").ended == "2021-02-02 10:20"
    assert a.visit("five").joined == a.visit("four").ended == "2021-02-02 11:00"


def test_rule_11_together_may_stand_in_together() -> None:
    inner = f"{{together: [[{step('two', '30 min')}], [{{wait: 90 min}}]]}}"
    outer = f"{{together: [[{inner}, {step('three', '15 min')}], [{step('four')}]]}}"
    a = play(shop(DESKS, procedure("p", outer, step("five"))), a="p 2021-02-02 08:00")["a"]
    assert a.visit("two").joined == a.wait("wait").joined == a.visit("four").joined
    assert a.visit("three").joined == a.wait("wait").ended == "2021-02-02 09:30"
    assert a.visit("five").joined == "2021-02-02 09:45"


def test_rule_11_a_together_without_steps_takes_no_time() -> None:
    text = shop(
        DESKS,
        procedure("p", step("one"), "{together: [[{wait: 1 h, only: [online]}], []]}", step("two")),
        more="channels: {counter: {}, online: {}}\n",
    )
    assert play(text, a="p 2021-02-02 08:00")["a"].visit("two").joined == "2021-02-02 09:00"


TRAVEL = """\
transfers:
  - {from: city.one, to: city.two, takes: 10 min}
  - {from: city.one, to: city.three, takes: 20 min}
  - {from: city.one, to: city.five, takes: 2 h}
  - {from: city.two, to: city.five, takes: 30 min}
  - {from: city.four, to: city.five, takes: 5 min}
"""


def test_rule_11_each_branch_travels_from_the_fork_and_on_to_the_visit_after_the_join() -> None:
    branches = f"[{step('two', '0 min')}, {{id: w, wait: 1 h}}], [{step('three', '0 min')}]"
    text = shop(
        DESKS, procedure("p", step("one"), f"{{together: [{branches}]}}", step("five")), more=TRAVEL
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    to_two, to_three = a.transfers("one")
    assert to_two[:3] == ("2021-02-02 09:00", "2021-02-02 09:00", "2021-02-02 09:10")
    assert to_three[:3] == ("2021-02-02 09:00", "2021-02-02 09:00", "2021-02-02 09:20")
    # the way to the fifth begins directly after the branch's last visit, and its wait comes then
    assert a.transfer("two")[:3] == ("2021-02-02 09:10", "2021-02-02 09:10", "2021-02-02 09:40")
    assert a.wait("w")[1:3] == ("2021-02-02 09:40", "2021-02-02 10:40")
    assert a.transfers("three") == []
    assert a.visit("five").joined == "2021-02-02 10:40"


def test_rule_11_a_branch_without_a_visit_travels_at_its_start() -> None:
    branches = f"[{step('two', '0 min')}], [{{id: w, wait: 5 min}}]"
    text = shop(
        DESKS, procedure("p", step("one"), f"{{together: [{branches}]}}", step("five")), more=TRAVEL
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert [span.ended for span in a.transfers("one")] == ["2021-02-02 09:10", "2021-02-02 11:00"]
    assert a.wait("w")[1:3] == ("2021-02-02 11:00", "2021-02-02 11:05")
    assert a.visit("five").joined == "2021-02-02 11:05"


def test_rule_11_a_nested_branch_travels_to_the_visit_after_the_outer_join() -> None:
    inner = f"{{together: [[{step('two', '0 min')}], [{step('four', '0 min')}]]}}"
    text = shop(
        DESKS,
        procedure("p", step("one"), f"{{together: [[{inner}], [{step('three')}]]}}", step("five")),
        more=TRAVEL,
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert a.transfer("two").ended == "2021-02-02 09:40"
    assert a.transfer("four")[:3] == ("2021-02-02 09:00", "2021-02-02 09:00", "2021-02-02 09:05")
    assert a.visit("three").joined == "2021-02-02 09:20"
    assert a.visit("five").joined == "2021-02-02 10:20"


def test_rule_11_a_together_that_begins_a_branch_travels_from_the_outer_fork() -> None:
    inner = f"{{together: [[{step('two', '0 min')}], [{step('three', '0 min')}]]}}"
    text = shop(
        DESKS,
        procedure("p", step("one"), f"{{together: [[{inner}, {step('four', '0 min')}]]}}"),
        more=TRAVEL,
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert [span.ended for span in a.transfers("one")] == ["2021-02-02 09:10", "2021-02-02 09:20"]
    assert a.visit("four").joined == "2021-02-02 09:20"


def test_rule_11_a_together_after_a_together_starts_where_the_first_one_led() -> None:
    text = shop(
        DESKS,
        procedure(
            "p",
            step("one"),
            f"{{together: [[{step('two', '0 min')}], [{{wait: 1 min}}]]}}",
            f"{{together: [[{step('five', '0 min')}], [{step('four', '0 min')}]]}}",
        ),
        more=TRAVEL + "  - {from: city.five, to: city.four, takes: 7 min}\n",
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    # both branches go to the place of the first visit that follows, and from there to the other
    assert a.transfer("two").ended == "2021-02-02 09:40"
    assert a.wait("wait")[1:3] == ("2021-02-02 11:00", "2021-02-02 11:01")
    assert a.visit("five").joined == "2021-02-02 11:01"
    assert a.visit("four").joined == "2021-02-02 11:08"


def test_rule_11_branches_at_the_very_beginning_need_no_transfer() -> None:
    text = shop(
        DESKS,
        procedure(
            "p", f"{{together: [[{step('two', '0 min')}], [{{id: w, wait: 1 min}}]]}}", step("five")
        ),
        more=TRAVEL,
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert a.visit("two").joined == a.wait("w").joined == "2021-02-02 08:00"
    assert a.visit("five").joined == a.transfer("two").ended == "2021-02-02 08:30"


# Rule 12: incomplete rounds, and the next opening

CHANNELS = "channels: {counter: {}, online: {calendar: always}}\n"
BOTH = "channels: {counter: 50%, online: 50%}"


def test_rule_12_an_incomplete_visit_is_done_again_at_most_so_often() -> None:
    again = "incomplete: {share: 100%, away: 1 h, again: 5 min, at_most: 2}"
    text = shop("one: {}", procedure("p", step("one", "10 min", again)))
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert a.rounds("one") == 3
    assert a.visit("one", 0)[:3] == ("2021-02-02 08:00", "2021-02-02 08:00", "2021-02-02 08:10")
    assert a.away("one", 0)[:3] == ("2021-02-02 08:10", "2021-02-02 08:10", "2021-02-02 09:10")
    assert a.visit("one", 1)[:3] == ("2021-02-02 09:10", "2021-02-02 09:10", "2021-02-02 09:15")
    assert a.visit("one", 2)[:3] == ("2021-02-02 10:15", "2021-02-02 10:15", "2021-02-02 10:20")


def test_rule_12_without_again_the_work_is_that_of_the_visit_and_the_queue_is_joined_anew() -> None:
    text = shop(
        "one: {}",
        procedure("p", step("one", "30 min", "incomplete: {share: 100%, away: 1 h}")),
        procedure("q", step("one", "2 h")),
    )
    it = play(text, a="p 2021-02-02 08:00", b="q 2021-02-02 08:10")
    assert it["a"].visit("one", 1)[:3] == (
        "2021-02-02 09:30", "2021-02-02 10:30", "2021-02-02 11:00",
    )  # fmt: skip


def test_rule_12_the_share_of_the_incomplete_is_by_channel() -> None:
    text = shop(
        "one: {}",
        procedure(
            "p",
            step("one", more="incomplete: {share: {counter: 100%, online: 0%}, away: 1 h}"),
            keys=BOTH,
        ),
        more=CHANNELS,
    )
    it = play(text, a="p 2021-02-02 08:00 via counter", b="p 2021-02-02 08:00 via online")
    assert (it["a"].rounds("one"), it["b"].rounds("one")) == (2, 1)


@pytest.mark.parametrize(
    ("arrived", "away", "back"),
    [
        ("2021-02-02 08:00", "2 h", "2021-02-02 10:00"),
        ("2021-02-02 08:00", "3.5 h", "2021-02-02 13:30"),  # 11:30, the closing itself
        ("2021-02-02 08:00", "5.5 h", "2021-02-02 13:30"),  # 13:30, the opening itself
        ("2021-02-02 08:00", "20 h", "2021-02-03 07:30"),
        ("2021-02-05 08:00", "24 h", "2021-02-08 07:30"),
        ("2021-02-09 08:00", "24 h", "2021-02-17 07:30"),
        ("2021-02-02 16:00", "2 working h", "2021-02-03 08:30"),
        ("2021-02-09 15:00", "24 h", "2021-02-17 07:30"),
        ("2021-02-09 15:00", "1 working day", "2021-02-17 15:30"),
        ("2021-02-02 16:00", "1 working h", "2021-02-03 07:30"),  # 17:00, the closing itself
        ("2021-02-02 08:00", "2 working days", "2021-02-04 09:00"),  # 16 h: 7 + 7.5 + 1.5
    ],
)
def test_rule_12_a_present_citizen_comes_back_when_the_counter_is_open(
    arrived: str, away: str, back: str
) -> None:
    incomplete = f"incomplete: {{share: 100%, away: {away}}}"
    text = shop("one: {kind: counter}", procedure("p", step("one", "0 min", incomplete)))
    a = play(text, a=f"p {arrived}")["a"]
    assert a.away("one")[1:3] == (arrived, back)
    assert a.visit("one", 1).joined == back


def test_rule_12_who_is_not_present_comes_back_at_any_hour() -> None:
    incomplete = "incomplete: {share: 100%, away: 20 h}"
    text = shop(
        "one: {kind: counter}",
        procedure("p", step("one", "0 min", incomplete), keys=BOTH),
        more=CHANNELS,
    )
    a = play(text, a="p 2021-02-02 08:00 via online")["a"]
    assert a.visit("one", 1)[:2] == ("2021-02-03 04:00", "2021-02-03 07:30")


def test_rule_12_the_pause_too_lasts_until_the_opening() -> None:
    route = (
        step("two", "0 min"),
        step("one", "0 min", "incomplete: {share: 100%, away: 20 h, clock: pauses}"),
        step("two", "0 min", "id: last"),
    )
    text = shop("one: {kind: counter}, two: {}", procedure("p", *route, keys="time_limit: 40 h"))
    # accepted at 08:00, so due on 02-04 at 00:00; paused from 08:00 to the next day at 07:30
    assert play(text, a="p 2021-02-02 08:00")["a"].due == "2021-02-04 23:30"


def test_rule_12_only_the_wait_directly_before_the_counter_is_moved() -> None:
    text = shop(
        "one: {kind: counter}, desk: {}",
        procedure(
            "p",
            step("desk", "0 min"),
            "{id: w, wait: 4 h}",
            "{id: w2, wait: 30 min}",
            step("one", "0 min"),
            "{id: w3, wait: 4 h}",
            step("desk", "0 min", "id: last"),
        ),
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert a.wait("w")[1:3] == ("2021-02-02 08:00", "2021-02-02 12:00")
    assert a.wait("w2")[1:3] == ("2021-02-02 12:00", "2021-02-02 13:30")
    assert a.wait("w3")[1:3] == ("2021-02-02 13:30", "2021-02-02 17:30")
    assert a.visit("last").joined == "2021-02-02 17:30"


def test_rule_12_a_fork_or_a_join_between_leaves_the_wait_as_it_is() -> None:
    text = shop(
        "one: {kind: counter}, desk: {}",
        procedure(
            "p",
            step("desk", "0 min"),
            "{id: w, wait: 4 h}",
            f"{{together: [[{step('one', '0 min')}, {{id: w2, wait: 5 h}}], "
            "[{id: w3, wait: 1 h}]]}",
            step("one", "0 min", "id: last"),
        ),
    )
    a = play(text, a="p 2021-02-02 08:00")["a"]
    assert a.wait("w").ended == a.visit("one").joined == "2021-02-02 12:00"
    assert a.visit("one").ended == "2021-02-02 13:30"
    assert a.wait("w2").ended == a.visit("last").joined == "2021-02-02 18:30"


def test_rule_12_the_opening_is_that_of_the_counters_office() -> None:
    text = """\
calendars:
  early: {hours: {mon-fri: ["06:00-12:00"]}}
  late: {hours: {mon-fri: ["09:00-18:00"]}}
levels:
  city: {calendar: late, stations: {window: {kind: counter}}}
  ward: {within: city, calendar: early, stations: {desk: {}}}
procedures:
  p:
    received_at: ward
    volume: some
    route: [{at: ward.desk, work: 0 min}, {wait: 2 working h}, {at: city.window, work: 0 min}]
"""
    it = play(text, a="p 2021-02-02 06:00", b="p 2021-02-02 11:00")
    # two hours of the home office's time; the counter opens at 09:00
    assert it["a"].wait("wait").ended == "2021-02-02 09:00"
    assert it["b"].wait("wait").ended == "2021-02-03 09:00"


def test_rule_12_a_wait_until_due_ends_at_the_next_opening_for_a_present_citizen() -> None:
    route = (step("desk", "1 h"), "{wait: {until: due}}", step("one", "0 min"))
    text = shop(
        "one: {kind: counter}, desk: {}",
        procedure("p", *route, keys=f"time_limit: 1 working day, {BOTH}"),
        more=CHANNELS,
    )
    it = play(text, a="p 2021-02-05 08:00 via counter", b="p 2021-02-05 08:00 via online")
    assert it["a"].due == it["b"].due == "2021-02-08 17:00"
    assert it["a"].wait("wait").ended == "2021-02-09 07:30"
    assert it["b"].wait("wait").ended == "2021-02-08 17:00"


# Rule 13: acceptance and resolution

COUNTERS = "front: {kind: counter}, desk: {}, sign: {}, back: {kind: counter}"
AGAIN = "incomplete: {share: 100%, away: 1 h}"


def told(*steps: str, keys: str = "") -> tuple[str | None, str | None]:
    """Give acceptance and resolution of who arrives on 2021-02-02 at 08:00, as hours."""
    a = play(shop(COUNTERS, procedure("p", *steps, keys=keys)), a="p 2021-02-02 08:00")["a"]
    day = "2021-02-02 "
    return tuple(  # type: ignore[return-value]
        None if text is None else text.removeprefix(day) for text in (a.accepted, a.resolved)
    )


def test_rule_13_by_default_the_first_counter_accepts_and_the_last_visit_resolves() -> None:
    assert told(step("front"), step("desk"), step("sign")) == ("09:00", "11:00")


def test_rule_13_where_the_first_visit_is_at_a_desk_acceptance_is_on_arrival() -> None:
    assert told(step("desk"), step("front"), step("sign")) == ("08:00", "11:00")


def test_rule_13_a_first_counter_that_decides_accepts_on_arrival() -> None:
    assert told(step("front")) == ("08:00", "09:00")
    assert told(step("front", more="decides: true"), step("back")) == ("08:00", "09:00")


def test_rule_13_a_first_counter_that_decides_by_default_accepts_on_arrival() -> None:
    keys = "time_limit: same day"
    route = (step("front"), "{wait: {until: due}}", step("back"))
    assert told(*route, keys=keys) == ("08:00", "09:00")


def test_rule_13_a_wait_before_the_first_visit_is_before_acceptance() -> None:
    assert told("{wait: 30 min}", step("front"), step("desk")) == ("09:30", "10:30")
    assert told("{wait: 30 min}", step("desk"), step("sign")) == ("08:00", "10:30")


@pytest.mark.parametrize(
    ("steps", "accepted", "resolved"),
    [
        ((step("front"), step("desk", more="accepts: true"), step("sign")), "10:00", "11:00"),
        ((step("front"), step("desk", more="decides: true"), step("sign")), "09:00", "10:00"),
        ((step("desk", more="accepts: true, decides: true"), step("sign")), "09:00", "09:00"),
        ((step("desk", more="accepts: true"), step("sign")), "09:00", "10:00"),
    ],
)
def test_rule_13_marks_go_before_what_holds_by_default(
    steps: tuple[str, ...], accepted: str, resolved: str
) -> None:
    assert told(*steps) == (accepted, resolved)


def test_rule_13_a_visits_end_is_the_end_of_its_last_round() -> None:
    # the second round at the desk joins at 11:30 and waits for the afternoon
    again = step("front", "30 min", AGAIN), step("desk", "30 min", AGAIN)
    assert told(*again) == ("10:00", "14:00")


@pytest.mark.parametrize("wait", [(), ("{id: w, wait: 1 min}",)])
def test_rule_13_the_last_visit_before_a_wait_until_due_resolves(wait: tuple[str, ...]) -> None:
    route = (step("front"), step("desk"), *wait, "{wait: {until: due}}", step("back"))
    assert told(*route, keys="time_limit: same day") == ("09:00", "10:00")


def test_rule_13_a_plain_wait_does_not_decide_what_resolves() -> None:
    route = (step("front"), step("desk"), "{wait: 30 min}", step("sign", "0 min"))
    assert told(*route) == ("09:00", "10:30")


def test_rule_13_what_follows_resolution_does_not_count() -> None:
    keys = "time_limit: 90 min"
    route = (step("desk", more="decides: true"), step("sign", "2 h"))
    a = play(shop(COUNTERS, procedure("p", *route, keys=keys)), a="p 2021-02-02 08:00")["a"]
    assert (a.resolved, a.due, a.finished) == (
        "2021-02-02 09:00", "2021-02-02 09:30", "2021-02-02 11:00",
    )  # fmt: skip
    assert a.outcome == "early"


TWO_AT_ONCE = f"{{together: [[{step('front')}], [{step('desk', '2 h')}]]}}"


def test_rule_13_a_first_visit_in_together_means_acceptance_on_arrival() -> None:
    assert told(TWO_AT_ONCE, step("sign")) == ("08:00", "11:00")


def test_rule_13_a_last_visit_in_together_means_resolution_when_it_ends() -> None:
    assert told(step("sign"), TWO_AT_ONCE) == ("08:00", "11:00")
    assert told(TWO_AT_ONCE) == ("08:00", "10:00")
    waits = f"{{together: [[{step('desk')}], [{{wait: 90 min}}]]}}"
    assert told(step("front"), waits) == ("09:00", "10:30")


def test_rule_13_a_last_visit_in_nested_together_means_the_end_of_the_outermost() -> None:
    inner = f"{{together: [[{step('desk')}], [{{id: w, wait: 5 min}}]]}}"
    assert told(step("front"), f"{{together: [[{inner}], [{{wait: 150 min}}]]}}") == (
        "09:00", "11:30",
    )  # fmt: skip


def test_rule_13_a_together_before_a_wait_until_due_resolves_when_it_ends() -> None:
    route = (step("sign"), TWO_AT_ONCE, "{wait: {until: due}}", step("back"))
    assert told(*route, keys="time_limit: same day") == ("08:00", "11:00")


def test_rule_13_the_visit_before_a_wait_until_due_at_the_head_of_a_branch_resolves() -> None:
    branches = f"[{{wait: {{until: due}}}}, {step('back')}], [{step('sign')}]"
    route = (step("front"), step("desk"), f"{{together: [{branches}]}}")
    assert told(*route, keys="time_limit: same day") == ("09:00", "10:00")


def test_rule_13_marks_are_read_on_the_dossiers_own_route() -> None:
    text = shop(
        COUNTERS,
        procedure(
            "p",
            step("front", more="only: [counter]"),
            step("desk"),
            step("sign", more="only: [counter], decides: true"),
            step("back", "30 min"),
            keys=BOTH,
        ),
        more=CHANNELS,
    )
    it = play(text, a="p 2021-02-02 08:00 via counter", b="p 2021-02-03 08:00 via online")
    assert (it["a"].accepted, it["a"].resolved) == ("2021-02-02 09:00", "2021-02-02 11:00")
    # online, the first visit is at a desk and no visit is marked
    assert (it["b"].accepted, it["b"].resolved) == ("2021-02-03 08:00", "2021-02-03 09:30")


def test_rule_13_each_branch_of_a_choice_may_have_its_mark() -> None:
    branches = (
        f"{{share: 100%, route: [{step('desk', more='decides: true')}]}}",
        f"{{share: rest, route: [{step('sign', more='decides: true')}]}}",
    )
    assert told(step("front"), f"{{choose: [{', '.join(branches)}]}}", step("back")) == (
        "09:00", "10:00",
    )  # fmt: skip


def test_rule_13_two_marks_of_one_kind_on_different_channels_are_no_error() -> None:
    text = shop(
        COUNTERS,
        procedure(
            "p",
            step("front", more="accepts: true, only: [counter]"),
            step("desk", more="accepts: true, only: [online]"),
            step("sign"),
            keys=BOTH,
        ),
        more=CHANNELS,
    )
    it = play(text, a="p 2021-02-02 08:00 via counter", b="p 2021-02-02 08:00 via online")
    assert [it[name].accepted for name in "ab"] == ["2021-02-02 09:00", "2021-02-02 09:00"]


def test_rule_13_a_mark_where_the_route_ends_and_one_beyond_it_are_no_error() -> None:
    inner = (
        f"{{choose: [{{share: 50%, end: refused, route: [{step('desk', more='decides: true')}]}}, "
        "{share: rest}]}"
    )
    outer = f"{{choose: [{{share: 100%, route: [{inner}]}}]}}"
    text = shop(COUNTERS, procedure("p", step("front"), outer, step("sign", more="decides: true")))
    docket = draw(network_of(text), 1, 0)
    assert (docket.resolves >= 0).all()


ERRORS = {
    "rule 13: accepts inside together": (
        (f"{{together: [[{step('front', more='accepts: true')}], []]}}", step("desk")),
        "`front` accepts inside `together`",
    ),
    "rule 13: decides inside together": (
        (step("front"), f"{{together: [[{step('desk', more='decides: true')}], []]}}"),
        "`desk` decides inside `together`",
    ),
    "rule 13: decides inside a choice inside together": (
        (
            step("front"),
            "{together: [[{choose: [{share: 100%, "
            f"route: [{step('desk', more='decides: true')}]}}]}}], []]}}",
        ),
        "`desk` decides inside `together`",
    ),
    "rule 13: two that accept": (
        (step("front", more="accepts: true"), step("desk", more="accepts: true")),
        "both have `accepts`",
    ),
    "rule 13: two that decide": (
        (step("front"), step("desk", more="decides: true"), step("sign", more="decides: true")),
        "both have `decides`",
    ),
    "rule 13: two that decide, one in a branch": (
        (
            f"{{choose: [{{share: 10%, route: [{step('desk', more='decides: true')}]}}, "
            "{share: rest}]}",
            step("sign", more="decides: true"),
        ),
        "both have `decides`",
    ),
    "rule 13: deciding before accepting": (
        (step("desk", more="decides: true"), step("sign", more="accepts: true")),
        "`desk` decides before `sign` accepts",
    ),
    "rule 13: deciding before accepting on one way": (
        (
            f"{{choose: [{{share: 10%, route: [{step('desk', more='decides: true')}]}}, "
            "{share: rest}]}",
            step("sign", more="accepts: true"),
        ),
        "decides before `sign` accepts",
    ),
    "rule 13: no visit": (("{wait: 1 h}",), "no visit"),
    "rule 13: no visit on one way": (
        (f"{{choose: [{{share: 10%}}, {{share: rest, route: [{step('desk')}]}}]}}",),
        "no visit",
    ),
    "rule 13: no visit before an end": (
        ("{choose: [{share: 10%, end: refused}, {share: rest}]}", step("desk")),
        "no visit",
    ),
    "rule 13: no visit before an end inside a branch that others leave": (
        (
            "{choose: [{share: 100%, route: "
            f"[{{choose: [{{share: 10%, end: refused}}, {{share: rest}}]}}, {step('front')}]}}]}}",
            step("desk"),
        ),
        "no visit",
    ),
    "rule 13: no visit in a together": (("{together: [[{wait: 1 h}], []]}",), "no visit"),
    "rule 15: a wait that restarts inside together": (
        (step("front"), "{together: [[{id: w, wait: 1 h, clock: restarts}], []]}", step("desk")),
        "`w` restarts the clock inside `together`",
    ),
    "rule 15: an absence that restarts inside together": (
        (
            step("front"),
            "{together: [[{at: city.desk, work: 1 h, "
            "incomplete: {share: 1%, away: 1 h, clock: restarts}}], []]}",
        ),
        "`desk` restarts the clock inside `together`",
    ),
    "rule 15: until due without a limit": (
        (step("front"), step("desk"), "{wait: {until: due}}", step("back")),
        "no `time_limit`",
    ),
    "rule 15: until due without a limit inside branches": (
        (
            step("front"),
            f"{{together: [[{{choose: [{{share: 1%, route: [{{wait: {{until: due}}}}]}}, "
            f"{{share: rest}}]}}], [{step('desk')}]]}}",
        ),
        "no `time_limit`",
    ),
}
LIMITED_ERRORS = {
    "rule 15: until due before the first counter accepts": (
        ("{id: w, wait: {until: due}}", step("front"), step("desk")),
        "`w` waits until due before",
    ),
    "rule 15: until due before the visit that accepts": (
        (step("front"), "{id: w, wait: {until: due}}", step("desk", more="accepts: true")),
        "`w` waits until due before",
    ),
    "rule 15: until due in a together before acceptance": (
        (
            f"{{together: [[{{id: w, wait: {{until: due}}}}], [{step('front')}]]}}",
            step("desk", more="accepts: true"),
        ),
        "`w` waits until due before",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_rules_13_and_15_what_cannot_be_is_an_error(name: str) -> None:
    steps, message = ERRORS[name]
    with pytest.raises(InputError, match=message):
        scenario_of(shop(COUNTERS, procedure("p", *steps)))


@pytest.mark.parametrize("name", LIMITED_ERRORS)
def test_rule_15_waiting_until_due_before_acceptance_is_an_error(name: str) -> None:
    steps, message = LIMITED_ERRORS[name]
    with pytest.raises(InputError, match=message):
        scenario_of(shop(COUNTERS, procedure("p", *steps, keys="time_limit: same day")))


def test_rule_13_no_visit_for_one_channel_is_an_error() -> None:
    steps = (step("front", more="only: [counter]"), "{wait: 1 h}")
    with pytest.raises(InputError, match="through `online` can have no visit"):
        scenario_of(shop(COUNTERS, procedure("p", *steps, keys=BOTH), more=CHANNELS))


def test_rule_11_a_branch_of_waits_at_once_has_its_transfer_too() -> None:
    """A `together` of waits alone is a branch without visit: it leaves from the fork's place."""

    def departures(branch: str) -> int:
        text = f"""
period: {{from: 2021-02-01, to: 2021-02-05}}
levels: {{city: {{stations: {{a: {{}}, b: {{}}, c: {{}}}}}}}}
transfers: [{{from: city, to: city, departs: ["12:00"]}}]
procedures:
  p:
    received_at: city
    volume: {{in_period: 40}}
    route:
      - {{at: city.a, work: 1 h}}
      - together: [[{branch}], [{{at: city.c, work: 1 h}}]]
      - {{at: city.b, work: 1 h}}
"""
        network = build(load_text(text))
        docket = draw(network, 1, 1)
        first = docket.first_node[:2]
        return int((docket.kind[first[0] : first[1]] == NodeKind.TRANSFER).sum())

    assert departures("{wait: 1 h}") == 3
    assert departures("{together: [[{wait: 1 h}], [{wait: 2 h}]]}") == 3
