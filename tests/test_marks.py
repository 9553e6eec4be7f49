"""What cannot stand on a route is told when a scenario is loaded, with its place."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError, Problem
from sim.network import build
from sim.routes import Draws, NodeKind, resolve
from sim.scenario import marks
from sim.scenario.load import load_text
from sim.scenario.marks import unfit_routes
from sim.scenario.routes import expand_routes
from sim.scenario.schema import Choose, Scenario, Step, Together, UntilDue, Visit, Wait, holds_for
from sim.scenario.text import KeyPath, parse_document

TOWN = """\
period: {from: 2021-02-01, to: 2021-02-26}
channels: {counter: {}, online: {}}
levels:
  city: {stations: {front: {kind: counter}, desk: {}, sign: {}, back: {kind: counter}}}
  ward: {within: city, stations: {hall: {kind: counter}}}
"""
KEYS = "    received_at: city\n    volume: {per_day: 3}\n    time_limit: 5 working days\n"
HERE = "»"
"""Stands in a text before the place of the problem that is expected."""


def town(*steps: str, keys: str = KEYS) -> str:
    lines = "".join(f"      - {step}\n" for step in steps)
    return f"{TOWN}procedures:\n  p:\n{keys}    route:\n{lines}"


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load_text(text)
    return caught.value.problems


def place_of(text: str) -> tuple[int, int]:
    before = text[: text.index(HERE)].split("\n")
    return len(before), len(before[-1]) + 1


FRONT, DESK = "{at: city.front, work: 1 h}", "{at: city.desk, work: 1 h}"
DUE = "{id: w, wait: {until: due}}"
PLACES: dict[str, tuple[Sequence[str], str, str]] = {
    "accepts inside together": (
        (FRONT, "together: [[{at: city.desk, work: 1 h, »accepts: true}], []]"),
        "route.1.together.0.0.accepts",
        "`desk` accepts inside `together`; put the mark on a visit outside",
    ),
    "decides inside a choice inside together": (
        (
            FRONT,
            "together:\n          - []\n          - - choose: [{share: 100%, route: "
            "[{at: city.desk, work: 1 h, »decides: true}]}]",
        ),
        "route.1.together.1.0.choose.0.route.0.decides",
        "`desk` decides inside `together`; put the mark on a visit outside",
    ),
    "a wait that restarts inside together": (
        (FRONT, "together: [[{id: w, wait: 1 h, »clock: restarts}], []]"),
        "route.1.together.0.0.clock",
        "`w` restarts the clock inside `together`; let it pause, or run",
    ),
    "an absence that restarts inside together": (
        (
            "together: [[{at: city.desk, work: 1 h, "
            "incomplete: {share: 1%, away: 1 h, »clock: restarts}}]]",
        ),
        "route.0.together.0.0.incomplete.clock",
        "`desk` restarts the clock inside `together`; let it pause, or run",
    ),
    "an end inside together": (
        (FRONT, "together: [[{id: c, choose: [{share: rest}, {share: 1%, »end: refused}]}]]"),
        "route.1.together.0.0.choose.1.end",
        "`c` ends the dossier inside `together`",
    ),
    "two that accept": (
        (
            "{at: city.front, work: 1 h, accepts: true}",
            "{at: city.desk, work: 1 h, »accepts: true}",
        ),
        "route.1.accepts",
        "`front` and `desk` both have `accepts`; one route has one",
    ),
    "two that decide, one in a branch": (
        (
            "choose: [{share: 1%, route: [{at: city.desk, work: 1 h, decides: true}]}, "
            "{share: rest}]",
            "at: city.sign\n        work: 1 h\n        »decides: true",
        ),
        "route.1.decides",
        "`desk` and `sign` both have `decides`; one route has one",
    ),
    "deciding before accepting": (
        (
            "{at: city.desk, work: 1 h, »decides: true}",
            "{at: city.sign, work: 1 h, accepts: true}",
        ),
        "route.0.decides",
        "`desk` decides before `sign` accepts",
    ),
    "no visit before an end": (
        ("choose: [{share: 1%, end: refused}, {share: rest}]", FRONT),
        "route",
        "a dossier that comes through `counter` can have no visit",
    ),
    "until due before the first counter accepts": (
        (f"»{DUE}", FRONT, DESK),
        "route.0",
        "`w` waits until due before the dossier is accepted; put it after the visit that accepts",
    ),
    "until due before the visit that accepts": (
        (
            FRONT,
            f"choose: [{{share: rest}}, {{share: 1%, route: [»{DUE}]}}]",
            "{at: city.desk, work: 1 h, accepts: true}",
        ),
        "route.1.choose.1.route.0",
        "`w` waits until due before the dossier is accepted; put it after the visit that accepts",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_what_cannot_stand_on_a_route_is_told_with_its_place(name: str) -> None:
    steps, path, message = PLACES[name]
    text = town(*steps)
    (problem,) = problems_of(text.replace(HERE, ""))
    assert (problem.path, problem.message) == (f"procedures.p.{path}", message)
    if HERE not in text:
        text = text.replace("route:\n", f"{HERE}route:\n", 1)
    assert (problem.line, problem.column) == place_of(text)


def test_rule_15_until_due_without_a_limit_is_told_at_the_wait() -> None:
    text = town(FRONT, f"together: [[{DESK}], [»{DUE}]]", keys=KEYS.replace("time_limit", "early"))
    text = text.replace("early: 5 working days", "early: by_date")
    (problem,) = problems_of(text.replace(HERE, ""))
    assert problem.path == "procedures.p.route.1.together.1.0"
    assert problem.message == "`w` waits until due, but there is no `time_limit`"
    assert (problem.line, problem.column) == place_of(text)


def test_a_mark_on_a_named_route_is_told_where_it_is_written() -> None:
    """In the named route, or in the `steps` that lay it over."""
    text = f"""{TOWN}routes:
  usual: [{FRONT}, {{at: city.desk, work: 1 h, »accepts: true}}]
procedures:
  p: {{received_at: city, volume: {{per_day: 3}}, route: usual}}
  q:
    received_at: city
    volume: {{per_day: 3}}
    route: usual
    steps:
      front: {{accepts: true}}
  r:
    received_at: city
    volume: {{per_day: 3}}
    route: usual
    steps:
      front: {{»decides: true}}
"""
    in_route, laid_over = problems_of(text.replace(HERE, ""))
    assert in_route.path == "routes.usual.1.accepts"
    assert (in_route.line, in_route.column) == place_of(text)
    assert laid_over.path == "procedures.r.steps.front.decides"
    assert (laid_over.line, laid_over.column) == place_of(text.replace(HERE, "", 1))


def test_all_that_is_unfit_is_told_with_the_other_problems_of_a_file() -> None:
    text = town(
        "{at: city.front, work: 1 h, accepts: true}",
        "{at: city.dsk, work: 1 h, accepts: true}",
        "{together: [[{at: city.desk, work: 1 h, id: d, accepts: true}]]}",
        "{at: city.sign, work: 1 h, decides: true}",
        "{at: city.back, work: 1 h, decides: true}",
    ) + "policies: {more: [{staff: {city.fornt: {add: 1}}}]}\n"  # fmt: skip
    assert [problem.path for problem in problems_of(text)] == [
        "procedures.p.route.1.at",
        "procedures.p.route.1.accepts",
        "procedures.p.route.2.together.0.0.accepts",
        "procedures.p.route.4.decides",
        "policies.more.0.staff.city.fornt",
    ]


WRONG_NAMES = {
    "a word of only": (["{at: city.front, work: 1 h, only: [onlin]}"], KEYS),
    "a counter": ([DUE, "{at: city.frnt, work: 1 h}", DESK], KEYS),
    "a channel": (
        [
            "{at: city.front, work: 1 h, only: [counter]}",
            "{at: city.desk, work: 1 h, only: [online]}",
        ],
        f"{KEYS}    channels: {{counter: 50%, onlin: 50%}}\n",
    ),
    "a level": (
        ["{at: city.front, work: 1 h, only: [counter]}"],
        KEYS.replace("received_at: city", "received_at: cty")
        + "    channels: {counter: 50%, online: 50%}\n",
    ),
}


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_what_hangs_on_a_name_that_is_not_there_is_not_judged(name: str) -> None:
    steps, keys = WRONG_NAMES[name]
    (problem,) = problems_of(town(*steps, keys=keys))
    assert "there is no" in problem.message


def test_a_route_with_a_wrong_key_is_not_judged_as_if_it_had_none() -> None:
    """Without `only`, which is no list, the two visits would both accept."""
    steps = ["{at: city.front, work: 1 h, accepts: true, only: online}"]
    steps += ["{at: city.desk, work: 1 h, accepts: true, only: [counter]}"]
    (problem,) = problems_of(town(*steps))
    assert problem.path == "procedures.p.route.0.only"


def test_rule_13_marks_are_judged_for_each_channel_and_level_through_which_dossiers_come() -> None:
    """`only` keeps the marks of `online` from those of `counter`, and of ward from city."""
    steps = [
        "{at: city.front, work: 1 h, accepts: true, only: [counter]}",
        "{at: city.desk, work: 1 h, accepts: true, only: [online]}",
        "{at: city.sign, work: 1 h, decides: true, only: [ward]}",
        "{at: city.back, work: 1 h, decides: true, only: [city]}",
    ]
    both = KEYS.replace("received_at: city", "received_at: {city: 50%, ward: 50%}")
    both += "    channels: {counter: 50%, online: 50%}\n"
    load_text(town(*steps, keys=both))
    third = "{id: again, at: city.back, work: 1 h, accepts: true, only: [ward]}"
    assert {problem.message for problem in problems_of(town(*steps, third, keys=both))} == {
        "`front` and `again` both have `accepts`; one route has one",
        "`desk` and `again` both have `accepts`; one route has one",
    }


@pytest.mark.parametrize(
    ("share", "unfit"), [("0%", False), ("1%", True)], ids=["never taken", "sometimes taken"]
)
def test_rule_13_a_branch_without_a_share_cannot_be_taken(share: str, unfit: bool) -> None:
    marked = "{at: city.desk, work: 1 h, decides: true}"
    branch = f"choose: [{{share: {share}, route: [{marked}]}}, {{share: rest}}]"
    text = town(FRONT, branch, "{at: city.sign, work: 1 h, decides: true}")
    if unfit:
        assert "both have `decides`" in problems_of(text)[0].message
    else:
        load_text(text)


DUE_AFTER = "{id: later, wait: {until: due}}"
ACCEPTED_ON_ARRIVAL = {
    "the first visit is at a desk": (DUE, DESK, FRONT),
    "the first visit decides": (DUE, "{at: city.front, work: 1 h, decides: true}", DESK),
    "the only visit resolves": (DUE, FRONT),
    "the only visit before a wait until due resolves": (DUE, FRONT, DUE_AFTER, DESK),
    "the first visit stands in a together": (DUE, f"together: [[{FRONT}], [{DESK}]]", DESK),
    "it is the visit before each branch": (DUE, FRONT, f"together: [[{DESK}], [{DUE_AFTER}]]"),
}
ACCEPTED_AT_THE_COUNTER = {
    "another visit is last": (DUE, FRONT, DESK),
    "another visit is the last before a wait until due": (DUE, FRONT, DESK, DUE_AFTER),
    "another visit is the last before one of two": (
        DUE, FRONT, "{id: x, wait: {until: due}}", DESK, DUE_AFTER,
    ),
    "another visit decides": (DUE, FRONT, "{at: city.desk, work: 1 h, decides: true}"),
    "nothing resolves": (DUE, FRONT, "choose: [{share: 100%, end: withdrawn}]"),
    "a visit in another branch is before the join": (
        DUE, FRONT, f"together: [[{DESK}], []]", DUE_AFTER,
    ),
    "a visit in a branch within a branch is before its join": (
        DUE, FRONT, f"together: [[{{together: [[{DESK}], []]}}, {DUE_AFTER}], []]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCEPTED_ON_ARRIVAL)
def test_rule_13_a_dossier_accepted_on_arrival_may_wait_until_due_before_a_visit(name: str) -> None:
    load_text(town(*ACCEPTED_ON_ARRIVAL[name]))


@pytest.mark.parametrize("name", ACCEPTED_AT_THE_COUNTER)
def test_rule_15_a_wait_until_due_before_the_accepting_counter_is_an_error(name: str) -> None:
    (problem,) = problems_of(town(*ACCEPTED_AT_THE_COUNTER[name]))
    assert problem.path == "procedures.p.route.0"
    assert "`w` waits until due before the dossier is accepted" in problem.message


def test_every_wait_until_due_that_can_begin_early_is_told() -> None:
    second = "choose: [{share: 10%, route: [{id: v, wait: {until: due}}]}, {share: rest}]"
    late = "{id: late, wait: {until: due}}"
    problems = problems_of(town(DUE, second, FRONT, DESK, late))
    assert [problem.path for problem in problems] == [
        "procedures.p.route.0", "procedures.p.route.1.choose.0.route.0",
    ]  # fmt: skip


# Policies


def test_a_policy_that_drops_the_accepting_step_is_told_at_load() -> None:
    """Without the desk that accepts, the counter after the wait does by default."""
    text = town("{id: intake, at: city.desk, work: 1 h, accepts: true}", DUE, FRONT, DESK)
    load_text(text)
    (problem,) = problems_of(f"{text}policies: {{lean: [{{cut: {{all: true, drop: [intake]}}}}]}}")
    assert problem.path == "policies.lean"
    assert problem.message == (
        "after its changes, procedures.p.route.0: `w` waits until due before the dossier is "
        "accepted; put it after the visit that accepts"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("cut: {all: true, drop: [front]}", "route: a dossier that comes through `counter` can"),
        ("set: {procedures.p.route.0.only: [online]}", "can have no visit"),
        ("set: {procedures.p.route.pick.wait: {until: due}}", "there is no `time_limit`"),
    ],
)
def test_the_routes_that_a_policy_leaves_are_judged(change: str, message: str) -> None:
    keys = KEYS.replace("    time_limit: 5 working days\n", "")
    text = town(FRONT, "{id: pick, wait: 1 h}", keys=keys)
    text += f"policies: {{tried: [{{{change}}}]}}\n"
    (problem,) = problems_of(text)
    assert problem.path == "policies.tried"
    assert message in problem.message


def test_a_route_unfit_in_the_base_is_not_told_for_each_policy_again() -> None:
    text = town(DUE, FRONT, DESK) + "policies: {a: [{set: {seed: 2}}], b: [{set: {sede: 2}}]}\n"
    assert [problem.path for problem in problems_of(text)] == [
        "procedures.p.route.0", "policies.b.0.set.sede",
    ]  # fmt: skip


# Every way through a route


class Own(NamedTuple):
    """One way through a route, and the branches that lead there."""

    branches: dict[str, int]
    steps: tuple[Step, ...]
    ended: bool


def every_way(route: Sequence[Step], words: frozenset[str]) -> list[Own]:
    """List all combinations of branches, one by one: short routes only."""
    ways = [Own({}, (), False)]
    for step in route:
        if holds_for(step, words):
            ways = [
                way if way.ended else Own(
                    way.branches | on.branches, way.steps + on.steps, on.ended
                )
                for way in ways
                for on in ([Own({}, (), True)] if way.ended else ways_on(step, words))
            ]  # fmt: skip
    return ways


def ways_on(step: Step, words: frozenset[str]) -> list[Own]:
    match step:
        case Choose():
            return [
                Own({step.id: number, **way.branches}, way.steps, way.ended or bool(branch.end))
                for number, branch in enumerate(step.choose)
                if step.shares[number] > 0
                for way in every_way(branch.route, words)
            ]
        case Together():
            found = []
            for ways in itertools.product(*(every_way(inner, words) for inner in step.together)):
                branches = {key: at for way in ways for key, at in way.branches.items()}
                found.append(Own(branches, sum((way.steps for way in ways), ()), False))
            return found
        case _:
            return [Own({}, (step,), False)]


def read(route: list[Any]) -> Scenario:
    """Read a scenario with this route, fit or not."""
    text = town("{wait: 1 h}").replace("route:\n      - {wait: 1 h}", f"route: {json.dumps(route)}")
    return Scenario.model_validate({"name": "x", **expand_routes(parse_document(text, "x")).data})


def expected(scenario: Scenario) -> set[str]:
    """Say which steps what follows from rules 13 and 15 finds, way by way."""
    network = build(scenario)
    (procedure,) = network.procedures
    words = frozenset({"counter", "city"})
    found = set()
    for way in every_way(procedure.route, words):
        visits = [step for step in way.steps if isinstance(step, Visit)]
        if not visits:
            found.add("no visit")
            continue
        accepting = [number for number, visit in enumerate(visits) if visit.accepts]
        deciding = [number for number, visit in enumerate(visits) if visit.decides]
        found |= {f"accepts {visits[number].id}" for number in accepting[1:]}
        found |= {f"decides {visits[number].id}" for number in deciding[1:]}
        if accepting and deciding and deciding[0] < accepting[0]:
            found.add(f"decides {visits[deciding[0]].id}")
        template = resolve(network, procedure, Draws(words, way.branches))
        before = template.nodes[: max(template.accepts, 0)]
        found |= {
            f"waits {node.step.id}"
            for node in before
            if node.kind == NodeKind.WAIT
            and isinstance(node.step, Wait)
            and isinstance(node.step.wait, UntilDue)
        }
    return found


def told(scenario: Scenario) -> set[str]:
    (procedure,) = scenario.procedures.values()
    return {what_of(procedure.route, path[3:]) for path, _ in unfit_routes(scenario)}


def what_of(steps: Any, path: KeyPath) -> str:
    """Name what a finding's path below the route leads to."""
    node, last = steps, ""
    for part in path:
        last = str(part)
        if last not in {"accepts", "decides"}:
            node = node[part] if isinstance(part, int) else getattr(node, part)
    if not path:
        return "no visit"
    return f"{last if last in {'accepts', 'decides'} else 'waits'} {node.id}"


VISITS = st.builds(
    lambda at, mark: {"at": f"city.{at}", "work": "1 h", **dict.fromkeys(mark, True)},
    st.sampled_from(["front", "back", "desk"]),
    st.sampled_from([(), (), (), (), ("accepts",), ("decides",), ("accepts", "decides")]),
)
PLAIN_VISITS = VISITS.map(lambda v: {"at": v["at"], "work": "1 h"})
WAITS = st.sampled_from([{"wait": {"until": "due"}}, {"wait": {"until": "due"}}, {"wait": "1 h"}])


def choices(routes: st.SearchStrategy[Any], ends: bool) -> st.SearchStrategy[Any]:
    end = st.sampled_from([{}, {}, {"end": "refused"}, {"end": "withdrawn"}] if ends else [{}])
    return st.builds(
        lambda share, one, other, end: {
            "choose": [{"share": share, "route": one, **end}, {"share": "rest", "route": other}]
        },
        st.sampled_from(["50%", "50%", "0%", "100%"]), routes, routes, end,
    )  # fmt: skip


def steps_inside(depth: int) -> st.SearchStrategy[Any]:
    if depth == 0:
        return PLAIN_VISITS | WAITS
    routes = st.lists(steps_inside(depth - 1), max_size=2)
    branches = st.lists(routes, min_size=1, max_size=2)
    return PLAIN_VISITS | WAITS | choices(routes, False) | branches.map(lambda b: {"together": b})


STEPS = VISITS | PLAIN_VISITS | WAITS | steps_inside(2)
STEPS = STEPS | choices(st.lists(STEPS, max_size=2), True)
ROUTES = st.lists(STEPS, min_size=1, max_size=5)


@given(ROUTES)
def test_rules_13_and_15_what_is_told_is_what_some_way_meets(route: list[Any]) -> None:
    """The ways followed together and the ways resolved one by one find the same."""
    scenario = read(route)
    assert told(scenario) == expected(scenario)


def steps_followed(monkeypatch: pytest.MonkeyPatch, text: str) -> int:
    """Count how often a step of the route is looked at."""
    looked = 0

    def counted(step: Step, words: frozenset[str]) -> bool:
        nonlocal looked
        looked += 1
        return holds_for(step, words)

    monkeypatch.setattr(marks, "holds_for", counted)
    with pytest.raises(InputError, match="waits until due before"):
        load_text(text)
    return looked


def test_a_route_of_many_choices_is_followed_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """30 two-way choices, each with a wait until due in one branch, are 2^30 ways."""
    choose = [
        f"choose: [{{share: 50%, route: [{{id: w{number}, wait: {{until: due}}}}]}}, "
        f"{{share: rest, route: [{{id: v{number}, at: city.desk, work: 1 h}}]}}]"
        for number in range(30)
    ]
    accepts = "{at: city.front, work: 1 h, accepts: true}"
    assert steps_followed(monkeypatch, town(FRONT, *choose, accepts)) < 10_000


def test_a_route_of_deep_branches_is_followed_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Branches of `together` within each other, each with a choice, double the ways at each."""
    inner = f"{{id: last, wait: {{until: due}}}}, {DESK}"
    for number in range(12):
        visit = f"{{id: v{number}, at: city.desk, work: 1 h}}"
        choose = f"{{choose: [{{share: 50%, route: [{visit}]}}, {{share: rest}}]}}"
        inner = f"{{together: [[{choose}, {DUE_AFTER}], [{choose}, {inner}], [{choose}]]}}"
        inner = inner.replace("later", f"x{number}").replace(f"{{id: v{number}, ", "{")
    assert steps_followed(monkeypatch, town(DUE, FRONT, inner)) < 10_000
