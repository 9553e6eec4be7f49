"""``onestop why``, as the person at the terminal meets it."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from by_hand import play, procedure, shop
from commands import Onestop, done, onestop_beside, refused
from rich.console import Console
from strategies import case_of
from studies import described

from sim.cli.timeline_json import timeline_as_json
from sim.cli.timeline_tables import timeline_tables
from sim.durations import HOUR, MISSING
from sim.engine import Trace, simulate
from sim.experiment.folder import recorded_plan
from sim.experiment.replay import replay
from sim.timeline import Timeline, late_dossiers, timeline

TEXT = """\
name: Phường nhỏ
period: {from: 2021-03-01, to: 2021-03-12}
seed: 3
replications: 3
same_day_cutoff: "15:00"
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
levels:
  ward:
    calendar: office
    offices: ["Trưng [Vương]"]
    stations: {reception: {kind: counter}, clerk: {}, tax: {}}
procedures:
  birth:
    {received_at: ward, volume: {per_working_day: 31}, time_limit: same day,
     route: [{at: ward.reception, work: 10 min}, {at: ward.clerk, work: {exponential: 20 min}}]}
  land:
    name: Đăng ký đất đai
    received_at: ward
    volume: {per_working_day: 3}
    time_limit: 1 working day
    statutory_limit: 10 working days
    route:
      - {id: intake, at: ward.reception, work: 10 min,
         incomplete: {share: 30%, away: 1 working day, clock: pauses}}
      - together:
        - [{id: pay, wait: 1 days, clock: pauses}]
        - [{at: ward.tax, work: 30 min}]
      - {id: sign, at: ward.clerk, work: 5 min}
policies:
  second-clerk: [{staff: {ward.clerk: {add: 1}}}]
  many:
    - staff: {ward.clerk: {set: 50}, ward.reception: {set: 50}, ward.tax: {set: 50}}
    - set: {procedures.birth.time_limit: 2 weeks}
"""

beside_a_ward = onestop_beside(ward=TEXT)


@pytest.fixture
def onestop(beside_a_ward: Onestop) -> Onestop:
    """Give a command in a folder with a study `s` of all policies and two replications."""
    done(beside_a_ward("compare", "ward.yaml", "-n", "2", "-o", "s", "-q"))
    return beside_a_ward


def replayed(policy: str = "base", replication: int = 1) -> Trace:
    folder, plan, recorded = recorded_plan("s")
    return replay(folder, plan, recorded, policy, replication)


def redescribe(**changed: Any) -> None:
    file = Path("s/study.json")
    file.write_text(json.dumps(described(Path("s")) | changed), "utf-8")


def paused(trace: Trace, outcome: str) -> Timeline:
    """Tell of the first dossier with an outcome whose due instant a pause moved."""
    which = trace.dossiers[trace.dossiers["outcome"] == outcome]["dossier"]
    lives = (timeline(trace, int(number)) for number in which)
    return next(it for it in lives if it.deadline and any(p.moved for p in it.deadline.pauses))


def words(text: str) -> str:
    """Leave out how a text is laid out."""
    return " ".join(text.split())


# One dossier


def test_a_dossiers_life_says_who_it_was_when_it_was_due_and_how_it_came_out(
    onestop: Onestop,
) -> None:
    it = paused(replayed(), "late")
    found = done(onestop("why", "s", str(it.dossier)))
    assert found.err == ""
    text = words(found.out)
    for said in (
        f"Dossier {it.dossier}, citizen {it.citizen}",
        "Đăng ký đất đai (land)",
        "at ward@Trưng [Vương], channel counter",
        "Phường nhỏ, policy base, replication 1, seed 3",
        "limit 1 working day",
        "counted from the next working day on, to the close of the last",
        "10 working days, due",
        "outcome late by",
        "of working time later",
        "* on the critical path",
        "ward.reception@Trưng [Vương]",
    ):
        assert said in text
    assert it.deadline is not None
    assert text.count(" of the limit w") == len(it.deadline.pauses)


def test_every_step_and_every_part_is_shown(onestop: Onestop) -> None:
    it = paused(replayed(), "late")
    found = done(onestop("why", "s", str(it.dossier)))
    steps, _, went = found.out.partition("Where its")
    shown = re.findall(r"in queue|leaves|ready|at once", steps.partition("Its steps")[2])
    assert len(shown) == sum(step.kind != "wait" for step in it.steps)
    shares = [float(share) for share in re.findall(r"([\d.]+) %", went)]
    assert len(shares) == len(it.lost)
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.1 * len(shares))


def test_a_page_is_a_hundred_letters_wide(onestop: Onestop) -> None:
    it = paused(replayed(), "late")
    found = done(onestop("why", "s", str(it.dossier)))
    assert max(len(line.rstrip()) for line in found.out.splitlines()) <= 100


@pytest.mark.parametrize("policy", ["base", "second-clerk", "many"])
def test_every_dossier_can_be_told(onestop: Onestop, policy: str) -> None:
    trace = replayed(policy)
    seen = set()
    for number, outcome in zip(trace.dossiers["dossier"], trace.dossiers["outcome"], strict=True):
        if outcome in seen and number % 20:
            continue
        seen.add(outcome)
        found = done(onestop("why", "s", str(number), "--policy", policy))
        assert f"citizen {trace.dossiers['citizen'][number]}" in found.out


@pytest.mark.parametrize("seed", range(12))
def test_whatever_can_become_of_a_dossier_can_be_told(seed: int) -> None:
    case = case_of(seed)
    trace = simulate(case.network, case.docket)
    for number in range(case.docket.arrived.size):
        it = timeline(trace, number)
        with Console(file=StringIO(), width=160) as console:
            console.print(*timeline_tables(trace, "base", it))
        json.dumps(timeline_as_json(trace, "base", it), allow_nan=False)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (8, "2021 17:00, kept"),
        (17, "2021 17:00, not kept"),
        (200, "2021 17:00, not kept outcome overdue"),
    ],
)
def test_an_apology_is_told_with_its_new_date(days: int, said: str) -> None:
    steps = f"{{id: check, wait: {days} days}}", "{id: sign, at: city.desk, work: 10 min}"
    promised = "time_limit: 5 working days, apology: {extension: 2 working days}"
    text = shop("desk: {}", procedure("p", *steps, keys=promised))
    trace = play(text, a="p 2021-02-01 09:00").trace
    it = timeline(trace, 0)
    page = StringIO()
    Console(file=page, width=160).print(*timeline_tables(trace, "base", it))
    printed = words(page.getvalue())
    assert "apology sent Fri 5 Feb 2021 17:00, new date Wed 17 Feb 2021 17:00" in printed
    assert said in printed
    found = timeline_as_json(trace, "base", it)
    assert found["apologised"] == "2021-02-05T17:00:00"
    assert found["new_due"] == "2021-02-17T17:00:00"


def test_same_day_is_explained_by_the_cut_off(onestop: Onestop) -> None:
    trace = replayed()
    cutoff = 15 * HOUR
    table = trace.dossiers
    for number in table[table["procedure"] == "birth"]["dossier"].tolist()[:40]:
        if trace.accepted[number] == MISSING:
            continue
        text = words(done(onestop("why", "s", str(number))).out)
        if trace.accepted[number] % (24 * HOUR) < cutoff:
            assert "accepted before the cut-off, 15:00, so by the close of that day" in text
        else:
            assert "accepted not before the cut-off, 15:00, so by the close of the next" in text


def test_json_has_what_the_timeline_has(onestop: Onestop) -> None:
    it = paused(replayed("base", 2), "early")
    found = done(onestop("why", "s", str(it.dossier), "--replication", "2", "--json")).json
    assert found["format"] == 1
    assert (found["policy"], found["replication"], found["seed"]) == ("base", 2, 3)
    assert (found["dossier"], found["citizen"]) == (it.dossier, it.citizen)
    assert found["office"] == "ward@Trưng [Vương]"
    assert it.deadline is not None
    assert len(found["limit"]["pauses"]) == len(it.deadline.pauses)
    assert found["limit"]["due"] == found["due"]
    assert found["past_due_working_hours"] == pytest.approx((it.past_due or 0) / HOUR)
    assert [step["step"] for step in found["steps"]] == [step.name for step in it.steps]
    for told, step in zip(found["steps"], it.steps, strict=True):
        hours = sum(value for key, value in told.items() if key.endswith("_hours"))
        assert hours == pytest.approx(sum(part.us for part in step.parts) / HOUR)
    lost = sum(part["hours"] for part in found["lost"])
    assert lost == pytest.approx((it.until - it.accepted) / HOUR)


OPEN = """\
backlog:
  - {procedure: land, office: "Trưng [Vương]", accepted: 2021-02-26 09:00, step: sign}
"""


def test_a_dossier_that_was_open_at_the_start_is_said_to_be(
    beside_a_ward: Onestop, tmp_path: Path
) -> None:
    (tmp_path / "today.yaml").write_text(TEXT + OPEN, "utf-8")
    done(beside_a_ward("run", "today.yaml", "-n", "1", "-o", "s", "-q"))
    text = words(done(beside_a_ward("why", "s", "0")).out)
    assert "citizen land+0" in text
    assert "arrived before the run, which starts Mon 1 Mar 2021 00:00, at ward" in text
    assert "accepted Fri 26 Feb 2021 09:00" in text
    # Friday from 09:00 to 11:30 and from 13:30 to 17:00; on Monday it is the first
    assert "waiting, office open 6 h" in text


# The latest


def test_the_latest_are_listed_in_order_with_the_command_that_tells_of_one(
    onestop: Onestop,
) -> None:
    trace = replayed()
    numbers = late_dossiers(trace)
    found = done(onestop("why", "s", "--late", "3"))
    listed = re.findall(r"^ (\d+) +(?:birth|land)", found.out, re.MULTILINE)
    assert [int(number) for number in listed] == numbers[:3]
    assert f"The latest 3 of {len(numbers)} late dossiers in replication 1 of `base`" in found.out
    (line,) = found.err.splitlines()
    assert line == f"Next: onestop why s {numbers[0]} --policy base --replication 1"
    done(onestop(*line.removeprefix("Next: onestop ").split()))


def test_the_latest_as_json_are_the_same(onestop: Onestop) -> None:
    numbers = late_dossiers(replayed("second-clerk"))
    found = done(onestop("why", "s", "--late", "10000", "--policy", "second-clerk", "--json")).json
    assert found["format"] == 1
    assert found["late_dossiers"] == len(numbers)
    assert [one["dossier"] for one in found["latest"]] == numbers
    lateness = [one["past_due_working_hours"] for one in found["latest"]]
    assert lateness == sorted(lateness, reverse=True)
    for one in found["latest"]:
        assert one["largest_loss"]["hours"] > 0


def test_it_is_said_in_words_that_nobody_was_late(onestop: Onestop) -> None:
    found = done(onestop("why", "s", "--late", "3", "--policy", "many"))
    assert found.out == "No dossier in replication 1 of `many` was late.\n"
    assert found.err == ""
    as_json = done(onestop("why", "s", "--late", "3", "--policy", "many", "--json")).json
    assert (as_json["late_dossiers"], as_json["latest"]) == (0, [])


# What is refused


def test_a_number_or_late_is_given_and_not_both(onestop: Onestop) -> None:
    for arguments in ((), ("3", "--late", "2")):
        assert "one of the two" in refused(onestop("why", "s", *arguments))


def test_an_unknown_dossier_is_answered_by_the_numbers_that_there_are(onestop: Onestop) -> None:
    last = replayed().accepted.size - 1
    for number in (last + 1, 10**30):
        told = refused(onestop("why", "s", str(number)))
        assert told == (
            f"replication 1 of `base` has no dossier {number}; its dossiers are 0 to {last}"
        )
    done(onestop("why", "s", str(last)))


def test_a_policy_or_replication_that_is_not_recorded_is_answered_by_what_is(
    onestop: Onestop,
) -> None:
    told = refused(onestop("why", "s", "0", "--policy", "second"))
    assert told == "s has no policy `second` (did you mean `second-clerk`?)"
    told = refused(onestop("why", "s", "0", "--policy", "another-thing"))
    assert told.endswith("there is: base, second-clerk, many")
    told = refused(onestop("why", "s", "0", "--replication", "3"))
    assert told == "s has no replication 3 of `base`; it has 1 to 2"


def test_the_first_policy_is_told_of_in_a_study_without_base(beside_a_ward: Onestop) -> None:
    done(beside_a_ward("run", "ward.yaml", "--policy", "many", "-n", "1", "-o", "s", "-q"))
    assert "policy many," in done(beside_a_ward("why", "s", "0")).out


def test_a_study_of_another_version_scenario_or_docket_is_refused(onestop: Onestop) -> None:
    known = described(Path("s"))
    redescribe(version="0.0.9")
    assert "was made by onestop 0.0.9, and this is" in refused(onestop("why", "s", "0"))
    redescribe(version=known["version"], seed=4)
    assert "scenario or seed in its study.json" in refused(onestop("why", "s", "0"))
    redescribe(seed=3, dockets=known["dockets"] | {"base/1": "0" * 32})
    assert "other dossiers than were recorded" in refused(onestop("why", "s", "0"))
    done(onestop("why", "s", "0", "--replication", "2"))


def test_a_docket_that_only_the_measures_name_is_held_against_them(onestop: Onestop) -> None:
    """A run that was killed has not described its dockets yet."""
    redescribe(dockets={})
    done(onestop("why", "s", "0"))


def test_what_is_no_study_is_refused(onestop: Onestop) -> None:
    assert "is not a folder" in refused(onestop("why", "nowhere", "0"))
