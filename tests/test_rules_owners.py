"""Rule 23 worked by hand: one officer for all steps of a dossier at a station."""

from __future__ import annotations

import numpy as np
from by_hand import network_of, play, procedure, shop

from sim.docket import draw
from sim.durations import MISSING
from sim.engine import simulate

TWICE = (
    "{id: examine, at: city.desk, work: 1 h}",
    "{id: check, wait: 30 min}",
    "{id: conclude, at: city.desk, work: 20 min}",
)
FIRST, SECOND = "city.desk@city #1", "city.desk@city #2"
OWNED = shop("desk: {staff: 2, owner: true}", procedure("p", *TWICE))


def test_rule_23_a_later_step_waits_for_the_officer_who_had_the_dossier() -> None:
    """At 09:30 b's officer is idle and a's is not; without owners it would do a's step."""
    coming = {"a": "p 2021-02-02 08:00", "b": "p 2021-02-02 08:40", "c": "p 2021-02-02 09:00"}
    it = play(OWNED, None, **coming)
    assert it["a"].visit("examine").officer == FIRST
    assert it["b"].visit("examine")[1:4] == ("2021-02-02 08:40", "2021-02-02 09:40", SECOND)
    assert it["c"].visit("examine")[1:4] == ("2021-02-02 09:00", "2021-02-02 10:00", FIRST)
    assert it["a"].visit("conclude")[:4] == (
        "2021-02-02 09:30", "2021-02-02 10:00", "2021-02-02 10:20", FIRST,
    )  # fmt: skip
    free = play(OWNED.replace(", owner: true", ""), None, **coming)
    assert free["a"].visit("conclude")[1:4] == ("2021-02-02 09:40", "2021-02-02 10:00", SECOND)


def test_rule_23_the_owner_is_waited_for_while_it_is_absent() -> None:
    """Concluded two working hours after 16:50, on the day on which its officer is absent."""
    text = OWNED.replace("30 min", "2 working h")
    it = play(text, {FIRST: ["2021-02-03"]}, a="p 2021-02-02 15:50")
    assert it["a"].visit("conclude")[:4] == (
        "2021-02-03 09:20", "2021-02-04 07:30", "2021-02-04 07:50", FIRST,
    )  # fmt: skip


def test_rule_23_an_officer_takes_the_smallest_of_its_own_and_nobodys_steps() -> None:
    """At 10:00 it has c, who joined at 08:50, and a's conclusion, which joined at 09:30."""
    it = play(
        shop("desk: {staff: 1, owner: true}", procedure("p", *TWICE)),
        a="p 2021-02-02 08:00", b="p 2021-02-02 08:40", c="p 2021-02-02 08:50",
    )  # fmt: skip
    assert it["b"].visit("examine").started == "2021-02-02 09:00"
    assert it["c"].visit("examine").started == "2021-02-02 10:00"
    assert it["a"].visit("conclude").started == "2021-02-02 11:00"


def test_rule_23_rounds_of_an_incomplete_dossier_are_the_owners() -> None:
    again = "{id: intake, at: city.desk, work: 10 min, incomplete: {share: 100%, away: 1 h}}"
    text = shop(
        "desk: {staff: 2, owner: true}",
        procedure("p", again),
        procedure("q", "{at: city.desk, work: 2 h}"),
    )
    it = play(text, a="p 2021-02-02 08:00", b="q 2021-02-02 08:15", c="q 2021-02-02 08:20")
    assert it["b"].visit("desk").officer == FIRST
    assert it["a"].visit("intake", 1)[:4] == (
        "2021-02-02 09:10", "2021-02-02 10:15", "2021-02-02 10:25", FIRST,
    )  # fmt: skip


def test_rule_23_branches_at_one_station_are_for_whom_begins_one() -> None:
    one, two = (f"{{id: {name}, at: city.desk, work: 30 min}}" for name in ("one", "two"))
    both = f"{{together: [[{one}], [{two}]]}}"
    it = play(shop("desk: {staff: 2, owner: true}", procedure("p", both)), a="p 2021-02-02 08:00")
    assert it["a"].visit("one")[1:4] == ("2021-02-02 08:00", "2021-02-02 08:30", FIRST)
    assert it["a"].visit("two")[1:4] == ("2021-02-02 08:30", "2021-02-02 09:00", FIRST)


def test_rule_23_another_station_has_an_owner_of_its_own() -> None:
    text = shop(
        "desk: {staff: 2, owner: true}, vault: {staff: 2, owner: true}",
        procedure("p", TWICE[0], "{id: store, at: city.vault, work: 10 min}", TWICE[2]),
    )
    it = play(text, a="p 2021-02-02 08:00", b="p 2021-02-02 08:11")
    assert it["b"].visit("examine").officer == SECOND
    assert it["b"].visit("store").officer == "city.vault@city #1"
    assert it["b"].visit("conclude").officer == SECOND


def test_rule_23_in_a_pool_the_owner_is_the_officer_of_the_pool() -> None:
    pooled = shop("desk: {owner: true, kind: counter}, hall: {}", procedure("p", *TWICE))
    text = pooled.replace("}}}", "}}, pools: {floor: {staff: 2, serves: [desk, hall]}}}", 1)
    it = play(text, a="p 2021-02-02 08:00", b="p 2021-02-02 08:40", c="p 2021-02-02 09:00")
    first = "city.floor@city #1"
    assert it["a"].visit("examine").officer == first
    assert it["a"].visit("conclude")[1:4] == ("2021-02-02 10:00", "2021-02-02 10:20", first)


def test_rule_23_with_rule_4_an_officer_clears_only_what_it_may_take() -> None:
    """The second officer is not held after its shift by what waits for the first."""
    text = shop(
        "desk: {owner: true, at_close: clear, staff: "
        "[{count: 1, calendar: afternoons}, {count: 1, calendar: mornings}]}",
        procedure("p", *TWICE),
        procedure("q", "{at: city.desk, work: 10 min}"),
    )
    it = play(text, a="p 2021-02-01 16:00", b="q 2021-02-02 11:35")
    # a's conclusion has queued since the evening before, but not for the officer of the mornings
    assert it["a"].visit("conclude")[1:4] == ("2021-02-02 13:30", "2021-02-02 13:50", FIRST)
    assert it["b"].visit("desk")[1:4] == ("2021-02-02 13:50", "2021-02-02 14:00", FIRST)


def test_rule_23_changes_nothing_where_no_dossier_comes_twice() -> None:
    text = shop("desk: {staff: 3}", procedure("p", "{at: city.desk, work: {exponential: 1 h}}"))
    traces = []
    for written in (text, text.replace("staff: 3", "staff: 3, owner: true")):
        network = network_of(written)
        traces.append(simulate(network, draw(network, 1, 1)))
    assert (traces[0].started != MISSING).any()
    assert np.array_equal(traces[0].instants, traces[1].instants)
