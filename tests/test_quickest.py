"""One dossier alone at its quickest: by hand, against the engine, and under its limits."""

import json

import pytest
from by_hand import at, network_of, play, procedure, shop, text_of
from strategies import SeededSource, scenario_from
from strategies import network_of as network_of_plan

from sim.docket import draw
from sim.durations import MISSING, NEVER
from sim.engine import simulate
from sim.lint.quickest import Lone, Pause, Quickest, due_of
from sim.lint.ways import ways_of
from sim.network import Network
from sim.scenario.values import parse_limit


def lone(network: Network, arrived: str, way: int = 0) -> Lone:
    """Let one dossier of the first procedure go one of its ways."""
    procedure = network.procedures[0]
    one = ways_of(network, procedure).ways[way]
    home = network.offices[network.levels[one.level].offices[0]].calendar
    present = network.is_present(one.channel)
    return Quickest(network).walk(one.template, present, home, home, procedure.limit, at(arrived))


def resolved(text: str, arrived: str, way: int = 0) -> str | None:
    return text_of(lone(network_of(text), arrived, way).resolved)


@pytest.mark.parametrize(
    ("stations", "steps", "arrived", "ended"),
    [
        # the least of each distribution
        ("desk: {}", "{at: city.desk, work: {uniform: [1 h, 3 h]}}",
         "2021-02-01 08:00", "2021-02-01 09:00"),
        ("desk: {}", "{at: city.desk, work: {triangular: [20 min, 1 h, 3 h]}}",
         "2021-02-01 08:00", "2021-02-01 08:20"),
        ("desk: {}", "{at: city.desk, work: {exponential: 3 h}}",
         "2021-02-01 08:00", "2021-02-01 08:00"),
        ("desk: {}", "{at: city.desk, work: {discrete: {3 h: 50%, 1 h: 50%, 5 min: 0%}}}",
         "2021-02-01 08:00", "2021-02-01 09:00"),
        ("desk: {}", "{at: city.desk, work: {gamma: {mean: 2 h, cv: 0}}}",
         "2021-02-01 08:00", "2021-02-01 10:00"),
        # a desk suspends at noon and through Tết, a counter finishes
        ("desk: {}", "{at: city.desk, work: 2 h}", "2021-02-09 10:00", "2021-02-09 14:00"),
        ("desk: {}", "{at: city.desk, work: 1 h}", "2021-02-09 16:30", "2021-02-17 08:00"),
        ("desk: {at_close: finish}", "{at: city.desk, work: 1 h}",
         "2021-02-09 16:30", "2021-02-09 17:30"),
        # no work still needs an officer
        ("desk: {}", "{at: city.desk, work: 0 h}", "2021-02-09 12:00", "2021-02-09 13:30"),
        # the best of its groups; officers who are not there do nothing
        ("desk: {staff: [{count: 1, calendar: mornings}, {count: 1, calendar: afternoons}]}",
         "{at: city.desk, work: 1 h}", "2021-02-09 12:00", "2021-02-09 14:30"),
        ("desk: {staff: [{count: 1, calendar: mornings}, {count: 0, calendar: afternoons}]}",
         "{at: city.desk, work: 1 h}", "2021-02-09 12:00", "2021-02-10 08:30"),
        ("desk: {staff: {count: 1, from: 2021-03-01}}", "{at: city.desk, work: 1 h}",
         "2021-02-09 12:00", "2021-03-01 08:30"),
        ("desk: {staff: 0}", "{at: city.desk, work: 1 h}", "2021-02-09 12:00", "never"),
    ],
)  # fmt: skip
def test_a_visit_at_its_quickest(stations: str, steps: str, arrived: str, ended: str) -> None:
    assert resolved(shop(stations, procedure("copy", steps)), arrived) == ended


@pytest.mark.parametrize(
    ("route", "more", "arrived", "ended"),
    [
        # rule 12: the citizen finds the counter closed
        ("{at: city.counter, work: 10 min}, {wait: {uniform: [1 days, 9 days]}}, "
         "{id: again, at: city.counter, work: 10 min}", "",
         "2021-02-08 11:00", "2021-02-09 11:20"),
        ("{at: city.counter, work: 10 min}, {wait: 3 h}, {id: again, at: city.counter, work: 0 h}",
         "", "2021-02-08 08:50", "2021-02-08 13:30"),
        # ... and a wait in open time of the home office
        ("{at: city.counter, work: 30 min}, {wait: 1 working day}, {at: city.desk, work: 1 h}", "",
         "2021-02-08 08:00", "2021-02-09 10:00"),
        # rule 10: transfers
        ("{at: city.counter, work: 10 min}, {at: city.desk, work: 1 h}",
         "transfers: [{within: city, departs: ['11:00', '16:30'], takes: {uniform: [5 min, 1 h]}}]",
         "2021-02-08 10:55", "2021-02-09 08:05"),
        ("{at: city.counter, work: 10 min}, {at: city.desk, work: 1 h}",
         "transfers: [{within: city, cutoff: '15:00'}]",
         "2021-02-09 14:50", "2021-02-17 08:30"),
        ("{at: city.counter, work: 10 min}, {at: city.desk, work: 1 h}",
         "transfers: [{within: city, cutoff: '15:00'}]",
         "2021-02-09 14:49", "2021-02-09 15:59"),
        # the slowest of what goes together
        ("{together: [[{at: city.counter, work: 10 min}, {wait: 2 h}], "
         "[{at: city.desk, work: 1 h}]]}, {id: sign, at: city.desk, work: 5 min}", "",
         "2021-02-08 08:00", "2021-02-08 10:15"),
        # what follows resolution does not count
        ("{at: city.counter, work: 10 min}, {at: city.desk, work: 1 h, decides: true}, "
         "{wait: 9 days}", "", "2021-02-08 08:00", "2021-02-08 09:10"),
    ],
)  # fmt: skip
def test_a_route_at_its_quickest(route: str, more: str, arrived: str, ended: str) -> None:
    text = shop("counter: {kind: counter}, desk: {}", procedure("copy", route), more=more)
    assert resolved(text, arrived) == ended


def test_a_wait_until_due_before_the_decision_ends_when_due() -> None:
    route = (
        "{at: city.counter, work: 10 min}, {wait: {until: due}}, {at: city.desk, work: 1 h, "
        "decides: true}"
    )
    text = shop(
        "counter: {kind: counter}, desk: {}",
        procedure("copy", route, keys="time_limit: 2 working days"),
    )
    assert resolved(text, "2021-02-01 08:00") == "2021-02-04 08:30"


def test_each_branch_is_a_way() -> None:
    route = (
        "{choose: [{share: 50%, route: [{at: city.desk, work: 2 h}]}, "
        "{share: 50%, route: [{at: city.counter, work: 1 h}]}]}"
    )
    text = shop("counter: {kind: counter}, desk: {}", procedure("copy", route))
    assert resolved(text, "2021-02-01 08:00", way=0) == "2021-02-01 10:00"
    assert resolved(text, "2021-02-01 08:00", way=1) == "2021-02-01 09:00"


# Due instants with pauses


PAUSED = [
    # the table of rule 15
    ("same day", "2021-02-17 17:00"),
    ("1 working day", "2021-02-18 17:00"),
    ("3 working days", "2021-02-22 17:00"),
    ("4 working h", "2021-02-17 11:30"),
    ("5 days", "2021-02-25 17:00"),
    ("24 h", "2021-02-18 07:30"),
]


@pytest.mark.parametrize(("limit", "due"), PAUSED)
def test_rule_15_the_due_instant_of_a_dossier_with_a_pause(limit: str, due: str) -> None:
    calendar = network_of(shop("desk: {}", procedure("copy", "{at: city.desk, work: 1 h}")))
    office = calendar.offices[0].calendar
    whole = Pause(at("2021-02-09 10:00"), at("2021-02-17 08:30"), False)
    halves = (
        Pause(at("2021-02-11 00:00"), at("2021-02-17 08:30"), False),
        Pause(at("2021-02-09 10:00"), at("2021-02-11 00:00"), False),
        Pause(at("2021-02-09 09:30"), at("2021-02-09 09:30"), False),
    )
    for pauses in ((whole,), halves):
        dossier = Lone(at("2021-02-09 09:00"), NEVER, pauses)
        assert text_of(due_of(dossier, parse_limit(limit), office, at("1970-01-01 15:00"))) == due


def test_rule_15_a_restart_begins_the_limit_anew_and_one_past_due_changes_nothing() -> None:
    network = network_of(shop("desk: {}", procedure("copy", "{at: city.desk, work: 1 h}")))
    office = network.offices[0].calendar
    limit = parse_limit("1 working day")
    accepted = at("2021-02-01 09:00")

    def due(start: str, end: str) -> str | None:
        pauses = (Pause(at(start), at(end), True),)
        return text_of(due_of(Lone(accepted, NEVER, pauses), limit, office, NEVER))

    assert due("2021-02-02 09:00", "2021-02-04 09:00") == "2021-02-05 17:00"
    assert due("2021-02-02 17:01", "2021-02-04 09:00") == "2021-02-02 17:00"


# Against the engine


def test_alone_and_without_a_choice_it_is_what_the_engine_does() -> None:
    text = shop(
        "counter: {kind: counter}, desk: {at_close: clear}, "
        "sign: {staff: {count: 1, calendar: nights}}",
        procedure(
            "copy",
            "{at: city.counter, work: 25 min}, {wait: 1 days, clock: pauses}, {id: back, at: "
            "city.counter, work: 10 min}, {together: [[{at: city.desk, work: 3 h}, {id: pay, "
            "wait: 1 working day}], [{at: city.sign, work: 3 h}]]}, {id: end, at: city.desk, "
            "work: 1 h}",
            keys="time_limit: 2 working days",
        ),
        more="transfers: [{within: city, departs: ['11:00', '16:30'], takes: 20 min}]",
    )  # fmt: skip
    network = network_of(text)
    office = network.offices[0].calendar
    for arrived in ("2021-02-01 08:00", "2021-02-01 16:59", "2021-02-09 11:29", "2021-03-01 10:40"):
        story = play(text, one=f"copy {arrived}")["one"]
        alone = lone(network, arrived)
        assert text_of(alone.accepted) == story.accepted
        assert text_of(alone.resolved) == story.resolved
        due = due_of(alone, network.procedures[0].limit, office, network.same_day_cutoff)
        assert text_of(due) == story.due


@pytest.mark.parametrize("seed", range(100))
def test_no_dossier_of_a_run_is_quicker(seed: int) -> None:
    """On scenarios of every kind, dossiers are resolved no earlier than alone at their quickest.

    But for rules under which it may pay to be slow: after midnight a `cutoff` lets a dossier go
    at once, and a pause that begins after the due instant does not lengthen a wait until due.
    """
    text = json.dumps(scenario_from(SeededSource(seed)), ensure_ascii=False)
    if '"until"' in text:
        text = text.replace('"restarts"', '"runs"').replace('"pauses"', '"runs"')
    plan = json.loads(text)
    for rule in plan.get("transfers", ()):
        rule.pop("cutoff", None)
    network = network_of_plan(plan)
    docket = draw(network, seed, 0)
    trace = simulate(network, docket)
    quickest = Quickest(network)
    ways = [ways_of(network, procedure) for procedure in network.procedures]
    for number in range(len(docket.arrived)):
        if trace.resolved[number] == MISSING:
            continue
        of = network.procedures[int(docket.procedure[number])]
        home = network.offices[int(docket.home[number])]
        accepting = network.offices[int(docket.accepting_office[number])].calendar
        channel = int(docket.channel[number])
        earliest = min(
            (
                quickest.walk(
                    way.template, network.is_present(channel), home.calendar, accepting, of.limit,
                    int(docket.arrived[number]),
                ).resolved
                for way in ways[int(docket.procedure[number])].ways
                if (way.level, way.channel) == (home.level, channel)
            ),
            default=0,
        )  # fmt: skip
        assert earliest <= trace.resolved[number]
