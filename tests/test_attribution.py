"""Rule 21: a late dossier's span, divided without remainder along its critical path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from by_hand import Play, play, procedure, shop
from hypothesis import given, settings
from strategies import Case, case_of, cases, snapped

from sim.attribution import Loss, attribute, critical_path
from sim.docket import NodeKind
from sim.durations import HOUR, MINUTE, MISSING
from sim.engine import Trace, simulate
from sim.measures import measure
from sim.scenario.measure_names import LOST_TO

Part = tuple[str, str, float]
"""A step, what its time was lost to, and hours of it."""

LIMIT = "time_limit: 1 working h"


def parts(it: Play, name: str) -> list[Part]:
    """List a dossier's losses in the order of its path, as a reader would."""
    return [
        (step_of(it.trace, loss.node), loss.kind, loss.us / HOUR)
        for loss in attribute(it.trace, it.numbers[name])
    ]


def step_of(trace: Trace, node: int) -> str:
    return trace.docket.procedure_steps[int(trace.docket.step[node])][1]


def stations(it: Play, name: str) -> list[str | None]:
    """List the stations that a dossier's losses are counted at."""
    found = []
    for loss in attribute(it.trace, it.numbers[name]):
        known = loss.station >= 0
        found.append(it.trace.network.stations[loss.station].address if known else None)
    return found


# By hand: a route in series. Offices are open 07:30 to 11:30 and 13:30 to 17:00.


def test_rule_21_the_wait_in_a_queue_is_open_or_closed_time_of_the_office() -> None:
    text = shop(
        "desk: {staff: {count: 1, calendar: afternoons}}",
        procedure("p", "{at: city.desk, work: 2 h}", keys=LIMIT),
    )
    it = play(text, a="p 2021-02-01 09:30")
    # until 13:30: open for two hours, closed for two, although no officer was on shift before
    assert parts(it, "a") == [
        ("desk", "waiting", 2), ("desk", "closed", 2), ("desk", "work", 2),
    ]  # fmt: skip


def test_rule_21_work_that_stands_still_is_suspended_on_the_officers_own_shifts() -> None:
    text = shop(
        "desk: {staff: {count: 1, calendar: mornings}}",
        procedure("p", "{at: city.desk, work: 5 h}", keys=LIMIT),
    )
    it = play(text, absent={"city.desk@city #1": ["2021-02-02"]}, a="p 2021-02-01 08:30")
    # three hours on Monday, absent on Tuesday, two hours on Wednesday
    assert it["a"].resolved == "2021-02-03 09:30"
    assert parts(it, "a") == [("desk", "work", 5), ("desk", "suspended", 44)]


@pytest.mark.parametrize("at_close", ["finish", "clear"])
def test_rule_21_work_in_overtime_is_work(at_close: str) -> None:
    text = shop(
        f"desk: {{at_close: {at_close}}}",
        procedure("p", "{at: city.desk, work: 5 h}", keys=LIMIT),
    )
    it = play(text, a="p 2021-02-01 09:30")
    assert parts(it, "a") == [("desk", "work", 5)]


def test_rule_21_the_span_begins_with_acceptance() -> None:
    text = shop(
        "reception: {kind: counter}, desk: {}",
        procedure("p", "{at: city.reception, work: 2 h}", "{at: city.desk, work: 3 h}", keys=LIMIT),
    )
    it = play(text, a="p 2021-02-01 06:30")  # waits before it is accepted at 09:30
    assert it["a"].accepted == "2021-02-01 09:30"
    assert parts(it, "a") == [("desk", "work", 3), ("desk", "suspended", 2)]


def test_rule_21_the_span_ends_with_resolution() -> None:
    text = shop(
        "desk: {}, return: {kind: counter}",
        procedure(
            "p",
            "{at: city.desk, work: 3 h, decides: true}",
            "{wait: 20 h}",
            "{at: city.return, work: 1 h}",
            keys=LIMIT,
        ),
    )
    assert parts(play(text, a="p 2021-02-01 07:30"), "a") == [("desk", "work", 3)]


def test_rule_21_transfers_hold_from_the_visits_end_to_the_arrival() -> None:
    text = shop(
        "reception: {kind: counter}, desk: {}",
        procedure(
            "p",
            "{at: city.reception, work: 30 min}",
            "{at: city.desk, work: 1 h}",
            keys=LIMIT,
        ),
        more='transfers: [{within: city, departs: ["10:00"], takes: 30 min}]\n',
    )
    it = play(text, a="p 2021-02-01 07:30")
    assert parts(it, "a") == [("reception", "transfer", 2.5), ("desk", "work", 1)]
    assert stations(it, "a") == ["city.reception", "city.desk"]


def test_rule_21_absences_and_waits_are_the_citizens_whatever_they_do_to_the_clock() -> None:
    text = shop(
        "desk: {}, sign: {}",
        procedure(
            "p",
            "{at: city.desk, work: 1 h, incomplete: {share: 100%, away: 3 h, again: 30 min}}",
            "{id: pay, wait: 1 h, clock: CLOCK}",
            "{at: city.sign, work: 1 h}",
            keys="time_limit: 30 min",
        ),
    )
    for clock in ("runs", "pauses"):
        it = play(text.replace("CLOCK", clock), a="p 2021-02-01 07:30")
        # away 08:30 to 11:30; lunch; 13:30 to 14:00; pays until 15:00
        assert parts(it, "a") == [
            ("desk", "work", 1), ("desk", "citizen", 3), ("desk", "closed", 2),
            ("desk", "work", 0.5), ("pay", "citizen", 1), ("sign", "work", 1),
        ]  # fmt: skip
        assert stations(it, "a") == ["city.desk"] * 5 + ["city.sign"]


def test_rule_21_the_wait_for_the_counters_opening_is_the_citizens() -> None:
    """By rule 12 the absence itself ends at the opening."""
    text = shop(
        "reception: {kind: counter}",
        procedure(
            "p",
            "{at: city.reception, work: 1 h, accepts: false, "
            "incomplete: {share: 100%, away: 3 h, again: 30 min}}",
            keys=LIMIT,
        ),
    )
    it = play(text, a="p 2021-02-01 08:00")
    assert parts(it, "a") == [
        ("reception", "work", 1), ("reception", "citizen", 4.5), ("reception", "work", 0.5),
    ]  # fmt: skip


def test_rule_21_a_wait_before_any_visit_has_no_station() -> None:
    text = shop(
        "desk: {}",
        procedure("p", "{wait: 2 h}", "{at: city.desk, work: 1 h}", keys=LIMIT),
    )
    it = play(text, a="p 2021-02-01 07:30")
    assert parts(it, "a") == [("wait", "citizen", 2), ("desk", "work", 1)]
    assert stations(it, "a") == [None, "city.desk"]
    found = Table(it.trace)
    assert found.of("late_citizen_hours") == 2
    assert found.of("late_citizen_hours", "station", "city.desk") == 0


def test_rule_21_an_overdue_dossiers_span_lasts_to_the_periods_end() -> None:
    text = "period: {from: 2021-02-01, to: 2021-02-02}\n" + shop(
        "desk: {staff: 9}, sign: {staff: 0}",
        procedure("worked", "{at: city.desk, work: 20 h}", keys=LIMIT),
        procedure("queued", "{at: city.desk, work: 1 h}", "{at: city.sign, work: 1 h}", keys=LIMIT),
        procedure("away", "{at: city.desk, work: 2 h}", "{wait: 90 h}",
                  "{at: city.sign, work: 1 h}", keys=LIMIT),
        procedure("sent", "{at: city.desk, work: 2 h}", "{at: city.sign, work: 1 h}", keys=LIMIT,
                  ),
        more='transfers: [{from: city.desk, to: city.sign, departs: ["07:00"], takes: 24 h}]\n',
    )  # fmt: skip
    when = "2021-02-01 07:30"  # 40.5 h before the end, of which 15 h are open
    it = play(text, a=f"worked {when}", b=f"away {when}", c=f"sent {when}")
    assert parts(it, "a") == [("desk", "work", 15), ("desk", "suspended", 25.5)]
    # the transfer leaves on Tuesday at 07:00, travels until Wednesday
    assert parts(it, "c") == [("desk", "work", 2), ("desk", "transfer", 38.5)]
    assert parts(it, "b") == [("desk", "work", 2), ("desk", "transfer", 38.5)]
    at_once = play(text[: text.index("transfers")], b=f"away {when}", c=f"queued {when}")
    assert parts(at_once, "b") == [("desk", "work", 2), ("wait", "citizen", 38.5)]
    assert parts(at_once, "c") == [
        ("desk", "work", 1), ("sign", "waiting", 14), ("sign", "closed", 25.5),
    ]  # fmt: skip


def test_rule_21_a_paused_dossier_that_was_overdue_is_attributed_too() -> None:
    text = "period: {from: 2021-02-01, to: 2021-02-01}\n" + shop(
        "desk: {}",
        procedure("p", "{at: city.desk, work: 2 h}", "{wait: 90 h, clock: pauses}",
                  "{id: sign, at: city.desk, work: 1 h}", keys=LIMIT),
    )  # fmt: skip
    it = play(text, a="p 2021-02-01 07:30")
    assert parts(it, "a") == [("desk", "work", 2), ("wait", "citizen", 14.5)]


# By hand: together


def together(*branches: str, after: str = "{id: last, at: city.z, work: 1 h}") -> str:
    """Write a scenario: an hour at the first desk, branches, and what comes after."""
    steps = ["{id: first, at: city.z, work: 1 h}"]
    steps.append("{id: fork, together: [" + ", ".join(f"[{steps}]" for steps in branches) + "]}")
    steps += [after] if after else []
    desks = "z: {staff: 9}, a: {staff: 9}, b: {staff: 9}, c: {staff: 9}"
    return shop(desks, procedure("p", *steps, keys=LIMIT))


def visit(station: str, hours: str) -> str:
    return f"{{at: city.{station}, work: {hours} h}}"


def steps_of(it: Play, name: str = "x") -> list[str]:
    return [step_of(it.trace, node) for node in critical_path(it.trace, it.numbers[name])]


NOON = {"x": "p 2021-02-01 13:30"}


@pytest.mark.parametrize(
    ("branches", "path"),
    [
        ([visit("a", "1"), visit("b", "2")], ["first", "b", "last"]),
        ([visit("a", "2"), visit("b", "1")], ["first", "a", "last"]),
        ([visit("a", "1"), visit("b", "1")], ["first", "a", "last"]),  # a tie: the first
        ([visit("b", "1"), visit("a", "1")], ["first", "b", "last"]),
        ([visit("a", "0.5"), visit("b", "1"), visit("c", "1")], ["first", "b", "last"]),
        # what ends last decides, not what works longest
        (
            [visit("a", "1"), f"{visit('b', '0.5')}, {visit('c', '1')}"],
            ["first", "b", "c", "last"],
        ),
        # a tie between one step and two
        (
            [visit("a", "1.5"), f"{visit('b', '0.5')}, {visit('c', '1')}"],
            ["first", "a", "last"],
        ),
        (
            [f"{visit('b', '0.5')}, {visit('c', '1')}", visit("a", "1.5")],
            ["first", "b", "c", "last"],
        ),
        # inside another: its tie goes to its first branch, and it is a tie with the outer one
        (
            [f"{{together: [[{visit('c', '1')}], [{visit('b', '1')}]]}}", visit("a", "1")],
            ["first", "c", "last"],
        ),
        (
            [visit("a", "1"), f"{{together: [[{visit('c', '1')}], [{visit('b', '1.5')}]]}}"],
            ["first", "b", "last"],
        ),
        # the citizen's time and a visit
        ([visit("a", "1"), "{id: pay, wait: 2 h}"], ["first", "pay", "last"]),
    ],
)
def test_rule_21_the_path_follows_the_branch_that_ended_last_ties_to_the_first(
    branches: list[str], path: list[str]
) -> None:
    it = play(together(*branches), {}, **NOON)
    assert steps_of(it) == path


def test_rule_21_the_parts_of_the_branch_that_ended_last_fill_the_fork() -> None:
    it = play(together(visit("a", "1"), "{id: pay, wait: 20 h}"), {}, **NOON)
    # the fork at 14:30; the citizen pays until Tuesday 10:30
    assert parts(it, "x") == [
        ("first", "work", 1), ("pay", "citizen", 20), ("last", "work", 1),
    ]  # fmt: skip
    assert stations(it, "x") == ["city.z"] * 3


def test_rule_21_a_dossier_resolved_when_the_together_ends() -> None:
    it = play(together(visit("a", "1"), visit("b", "2"), after=""), {}, **NOON)
    assert steps_of(it) == ["first", "b"]


def test_rule_21_a_dossier_accepted_on_arrival_at_a_together() -> None:
    desks = "a: {staff: 9}, b: {staff: 9}"
    fork = f"{{together: [[{visit('a', '3')}], [{visit('b', '2')}, {visit('a', '0.5')}]]}}"
    it = play(shop(desks, procedure("p", fork, keys=LIMIT)), x="p 2021-02-01 07:30")
    assert parts(it, "x") == [("a", "work", 3)]


def test_rule_21_two_togethers_in_a_row() -> None:
    second = f"{{together: [[{visit('c', '0.5')}], [{visit('a', '0.75')}]]}}"
    text = together(visit("a", "1"), visit("b", "0.5"), after=second)
    assert steps_of(play(text, {}, **NOON)) == ["first", "a", "a-2"]


def test_rule_21_of_an_open_dossier_the_first_branch_that_has_not_ended_is_followed() -> None:
    short = "period: {from: 2021-02-01, to: 2021-02-01}\n"
    text = short + together(visit("a", "1"), "{id: pay, wait: 90 h}", visit("b", "90"))
    it = play(text, {}, **NOON)
    # a ended; pay and b had not: 9.5 h from 14:30 to the period's end
    assert parts(it, "x") == [("first", "work", 1), ("pay", "citizen", 9.5)]


def test_rule_21_a_wait_is_counted_at_the_station_visited_last() -> None:
    def where_paid(before: str) -> str | None:
        branch = f"{before}, {{id: pay, wait: 2 h}}"
        it = play(together(branch, visit("c", "0.5")), {}, **NOON)
        steps = [step for step, _, _ in parts(it, "x")]
        return stations(it, "x")[steps.index("pay")]

    assert where_paid(visit("b", "1")) == "city.b"
    # the same after a `together` whose last branch, in file order and in time, is at b
    inner = f"{{together: [[{visit('a', '0.5')}], [{visit('b', '1')}]]}}"
    assert where_paid(inner) == "city.b"


# Agreement with the measures


class Table:
    """A run's measures, to be looked up."""

    def __init__(self, trace: Trace) -> None:
        table = measure(trace.network, trace).table
        self.rows = {row[:3]: row[3] for row in table.itertuples(index=False, name=None)}

    def of(self, word: str, scope: str = "all", name: str = "all") -> float:
        return float(self.rows[scope, name, word])

    def names(self, scope: str) -> set[str]:
        return {name for of, name, _ in self.rows if of == scope}


def late_or_overdue(trace: Trace) -> list[int]:
    """List who was resolved late in the period, or is open and past due at its end (rule 18)."""
    network = trace.network
    found = []
    for number in range(trace.docket.arrived.size):
        due, resolved = int(trace.due[number]), int(trace.resolved[number])
        if resolved != MISSING:
            if resolved > due and resolved >= network.period_start:
                found.append(number)
            continue
        is_open = trace.accepted[number] != MISSING and trace.left[number] == MISSING
        if is_open and due < network.end and not trace.stopped[number]:
            found.append(number)
    return found


def test_rule_21_measures_are_the_totals_of_late_dossiers_by_place_and_by_home() -> None:
    text = "period: {from: 2021-02-02, to: 2021-02-03}\nwarm_up: 1 days\n" + shop(
        "desk: {staff: 9}, sign: {staff: 9}",
        procedure(
            "p",
            "{at: city.desk, work: 6 h}",
            "{at: city.sign, work: 1 h}",
            keys=f"{LIMIT}, field: x",
        ),
        procedure("q", "{at: city.desk, work: 20 h}", keys=LIMIT),
        procedure("r", "{at: city.desk, work: 20 h}", keys="time_limit: 10 working days"),
    )
    it = play(
        text,
        a="p 2021-02-02 07:30",  # 6 h of work, 2 h suspended, 1 h of work
        b="p 2021-02-01 07:30",  # late before the period
        c="p 2021-02-01 13:30",  # 3.5 + 2.5 h of work from Monday on, 14.5 h suspended; 1 h
        d="q 2021-02-03 13:30",  # overdue: 3.5 h of work, 7 h suspended
        e="r 2021-02-02 13:30",  # open, but within its limit
    )
    found = Table(it.trace)
    assert found.of("resolved_late") == 2
    assert found.of("open_overdue") == 1
    expected = {
        ("all", "all"): (6 + 1 + 6 + 1 + 3.5, 2 + 14.5 + 7),
        ("procedure", "p"): (6 + 1 + 6 + 1, 2 + 14.5),
        ("procedure", "q"): (3.5, 7),
        ("procedure", "r"): (0, 0),
        ("field", "x"): (14, 16.5),
        ("office", "city@city"): (17.5, 23.5),
        ("station", "city.desk"): (6 + 6 + 3.5, 23.5),
        ("station", "city.sign"): (2, 0),
        ("office_station", "city.sign@city"): (2, 0),
    }
    for (scope, name), (work, suspended) in expected.items():
        assert found.of("late_work_hours", scope, name) == pytest.approx(work)
        assert found.of("late_suspended_hours", scope, name) == pytest.approx(suspended)
        for kind in set(LOST_TO) - {"work", "suspended"}:
            assert found.of(f"late_{kind}_hours", scope, name) == 0


@settings(max_examples=40)
@given(cases())
def test_rule_21_measures_at_every_scope_add_up_to_the_late_dossiers_spans(case: Case) -> None:
    trace = simulate(case.network, case.docket)
    found = Table(trace)
    lost: Counter[tuple[str, int]] = Counter()
    for number in late_or_overdue(trace):
        for loss in attribute(trace, number):
            lost[loss.kind, loss.station] += loss.us
    for kind in LOST_TO:
        total = sum(us for (of, _), us in lost.items() if of == kind) / HOUR
        word = f"late_{kind}_hours"
        assert found.of(word) == pytest.approx(total)
        for scope in ("level", "office", "procedure", "channel"):
            added = sum(found.of(word, scope, name) for name in found.names(scope))
            assert added == pytest.approx(total)
        without = lost[kind, -1] / HOUR
        for scope in ("station", "office_station"):
            added = sum(found.of(word, scope, name) for name in found.names(scope))
            assert added + without == pytest.approx(total)
        for number, station in enumerate(case.network.stations):
            name = f"{station.address}@{case.network.offices[station.office].name}"
            here = found.of(word, "office_station", name)
            assert here == pytest.approx(lost[kind, number] / HOUR)


# Random runs

SLOT = 30 * MINUTE


@cache
def run_of(seed: int) -> tuple[Case, Trace]:
    """Give a run in which everything happens on the half hour, so that it can be walked."""
    case = case_of(seed)
    docket = case.docket if case.tick else snapped(case.docket, SLOT)
    return case, simulate(case.network, docket)


def spans(trace: Trace) -> Iterator[tuple[int, int, int, list[Loss]]]:
    """Give each dossier that has a span: its number, the span's ends and its parts."""
    for number in range(trace.docket.arrived.size):
        accepted, resolved = int(trace.accepted[number]), int(trace.resolved[number])
        if accepted == MISSING or (resolved == MISSING and trace.left[number] != MISSING):
            continue
        end = trace.network.end if resolved == MISSING else resolved
        yield number, accepted, end, attribute(trace, number)


def end_of(trace: Trace, node: int) -> int:
    ended = int(trace.ended[node])
    return trace.network.end if ended == MISSING else ended


@given(cases())
def test_rule_21_the_parts_are_the_span_without_remainder_or_gap(case: Case) -> None:
    """Of every accepted dossier that did not leave, late or not."""
    trace = simulate(case.network, case.docket)
    for number, accepted, end, losses in spans(trace):
        assert sum(loss.us for loss in losses) == end - accepted
        assert all(loss.us > 0 and loss.kind in LOST_TO for loss in losses)
        assert all(case.docket.dossier[loss.node] == number for loss in losses)
        reached = accepted
        for node in critical_path(trace, number):
            assert int(trace.joined[node]) == reached
            assert case.docket.kind[node] in (NodeKind.VISIT, NodeKind.WAIT, NodeKind.TRANSFER)
            reached = end_of(trace, node)
        assert reached == end


def what_happens(trace: Trace, node: int, instant: int) -> str:
    """Tell what a node's time is lost to at an instant, looked at alone."""
    if trace.docket.kind[node] == NodeKind.WAIT:
        return "citizen"
    if trace.docket.kind[node] == NodeKind.TRANSFER:
        return "transfer"
    station = trace.network.stations[int(trace.docket.station[node])]
    if trace.started[node] == MISSING or instant < trace.started[node]:
        opened = trace.network.offices[station.office].calendar.is_open(instant)
        return "waiting" if opened else "closed"
    shifts = trace.docket.shifts[int(trace.officer[node])]
    stands_still = station.at_close == "suspend" and not shifts.is_open(instant)
    return "suspended" if stands_still else "work"


@pytest.mark.parametrize("seed", range(30))
def test_rule_21_each_part_is_what_a_walk_by_half_hours_sees(seed: int) -> None:
    """Where branches go on together, at least what all of them show, at most what one shows."""
    _, trace = run_of(seed)
    for number, accepted, end, losses in spans(trace):
        least: Counter[str] = Counter()
        most: Counter[str] = Counter()
        own = range(*trace.docket.first_node[number : number + 2].tolist())
        real = [
            n for n in own
            if trace.docket.kind[n] <= NodeKind.TRANSFER and trace.joined[n] != MISSING
        ]  # fmt: skip
        for look in range(accepted, end, SLOT):
            under_way = [n for n in real if trace.joined[n] <= look < end_of(trace, n)]
            seen = {what_happens(trace, node, look) for node in under_way}
            most.update(seen)
            least.update(seen if len(seen) == 1 else ())
        found: Counter[str] = Counter()
        for loss in losses:
            found[loss.kind] += loss.us
        for kind in LOST_TO:
            assert least[kind] * SLOT <= found[kind] <= most[kind] * SLOT


@pytest.mark.parametrize("seed", range(30))
def test_rule_21_at_each_join_a_branch_that_ended_last_is_on_the_path(seed: int) -> None:
    """No node on the path ends before another of the dossier that the same join waited for."""
    _, trace = run_of(seed)
    following = trace.docket.following
    for number, *_ in spans(trace):
        for node in critical_path(trace, number):
            join = int(following[node])
            if join < 0 or trace.docket.kind[join] != NodeKind.JOIN or trace.ended[join] == MISSING:
                continue
            rivals = np.flatnonzero(following == join).tolist()
            lasts = [rival for rival in rivals if trace.ended[rival] == trace.ended[join]]
            assert node == min(lasts)


def test_the_random_runs_hold_what_rule_21_speaks_of() -> None:
    """So that the properties above are not empty."""
    seen: Counter[str] = Counter()
    for seed in range(30):
        _, trace = run_of(seed)
        seen["late"] += len(late_or_overdue(trace))
        for number, _, _, losses in spans(trace):
            seen.update({loss.kind for loss in losses})
            own = slice(*trace.docket.first_node[number : number + 2].tolist())
            seen["together"] += bool((trace.docket.kind[own] == NodeKind.JOIN).any())
    assert set(seen) == {"late", "together", *LOST_TO}
    assert min(seen.values()) > 5
