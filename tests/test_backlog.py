"""Rule 22: a run that starts with the dossiers that are open."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from strategies import first_difference

import sim
from sim.engine import Trace, unusable
from sim.errors import InputError
from sim.scenario.load import load, load_text

TOP = """\
period: {{from: 2021-03-01, to: 2021-04-30}}
calendars:
  office: {{hours: {{mon-fri: ["07:30-11:30", "13:30-17:00"]}}}}
channels: {{counter: {{calendar: office}}, online: {{calendar: always}}}}
levels:
  city: {{calendar: office, offices: [Uông Bí, Hạ Long], stations: {{desk: {{staff: {staff}}}}}}}
  ward:
    within: city
    calendar: office
    offices: {{Quang Trung: {{within: Uông Bí}}, Thanh Sơn: {{within: Uông Bí}},
              Bãi Cháy: {{within: Hạ Long}}}}
    stations: {{reception: {{kind: counter, staff: 1}}, clerk: {{staff: {staff}}}}}
procedures:
  birth:
    received_at: ward
    volume: {{per_day: {volume}}}
    channels: {{counter: 60%, online: 40%}}
    time_limit: 5 working days
    statutory_limit: 10 working days
    route:
      - {{id: intake, at: ward.reception, work: 10 min}}
      - id: outcome
        choose:
          - {{share: 20%, end: refused, route: [{{id: refuse, at: ward.clerk, work: 5 min}}]}}
          - {{share: rest, route: [{{id: look, at: ward.clerk, work: 1 h}}]}}
      - {{id: examine, at: city.desk, work: 2 h}}
      - {{id: pay, wait: 3 working h, clock: pauses}}
      - {{id: sign, at: ward.clerk, work: 5 min}}
  map:
    received_at: {{city: 50%, ward: 50%}}
    volume: {{per_day: {volume}}}
    route: [{{id: draw, at: city.desk, work: 30 min}}, {{id: stamp, at: city.desk, work: 5 min}}]
{backlog}
"""
OPEN = """\
backlog:
  - {procedure: birth, office: Quang Trung, accepted: 2021-02-22, step: examine}
  - {procedure: birth, office: Bãi Cháy, accepted: 2021-02-26 10:00, due: 2021-03-10, step: pay}
  - {procedure: birth, office: Thanh Sơn, accepted: 2021-02-25, due: 2021-03-02 09:00,
     step: look, channel: online}
  - {procedure: map, office: Hạ Long, accepted: 2020-11-02}
"""


def text(backlog: str = OPEN, volume: str = "0", staff: int = 3, **more: str) -> str:
    made = TOP.format(backlog=backlog, volume=volume, staff=staff)
    return made + "".join(f"{key}: {value}\n" for key, value in more.items())


def simulated(text: str, policy: str = "base") -> Trace:
    network = sim.build(load_text(text).with_policy(policy))
    docket = sim.draw(network, 1, 0)
    trace = sim.simulate(network, docket, "reference")
    if not unusable("compiled"):
        assert first_difference(trace, sim.simulate(network, docket, "compiled")) is None
    return trace


def row(trace: Trace, citizen: str) -> dict[Hashable, Any]:
    (found,) = trace.dossiers[trace.dossiers["citizen"] == citizen].to_dict("records")
    return found


def steps(trace: Trace, citizen: str) -> list[tuple[str, str]]:
    """Give each step of a dossier with its end."""
    number = row(trace, citizen)["dossier"]
    rows = trace.steps[trace.steps["dossier"] == number]
    return [(str(r.step), str(r.ended)) for r in rows.itertuples()]


def test_an_open_dossier_goes_on_from_the_step_that_it_reached() -> None:
    """Monday 1 March begins at 07:30; nobody else comes."""
    trace = simulated(text())
    assert steps(trace, "birth+0") == [
        ("examine", "2021-03-01 09:30:00"),
        ("pay", "2021-03-01 14:30:00"),
        ("sign", "2021-03-01 14:35:00"),
    ]
    assert steps(trace, "birth+1") == [
        ("pay", "2021-03-01 10:30:00"),
        ("sign", "2021-03-01 10:35:00"),
    ]
    assert [step for step, _ in steps(trace, "birth+2")] == ["look", "examine", "pay", "sign"]
    assert steps(trace, "map+0")[0] == ("draw", "2021-03-01 08:00:00")


def test_it_was_accepted_when_the_table_says_and_is_due_by_the_limit_or_the_table() -> None:
    """Five working days after Monday 22 February is Monday 1 March; a date ends at its closing.

    The wait `pay` pauses the clock within one day, which leaves the date.
    """
    trace = simulated(text())
    dossiers = trace.dossiers.set_index("citizen")
    assert str(dossiers.loc["birth+0", "accepted"]) == "2021-02-22 00:00:00"
    assert str(dossiers.loc["birth+0", "due"]) == "2021-03-01 17:00:00"
    assert str(dossiers.loc["birth+1", "accepted"]) == "2021-02-26 10:00:00"
    assert str(dossiers.loc["birth+1", "due"]) == "2021-03-10 17:00:00"
    assert dossiers.loc["birth+0", "outcome"] == "on_time"
    assert dossiers.loc["birth+1", "outcome"] == "early"
    assert row(trace, "map+0")["due"] is pd.NaT


def test_a_due_hour_that_passes_before_the_work_is_done_makes_it_late() -> None:
    """Due Tuesday 2 March at 09:00; with one officer `look` and `examine` take Monday's morning.

    Its due instant is the table's, not the limit's, which would be Thursday 4 March.
    """
    slow = text().replace("id: examine, at: city.desk, work: 2 h", "id: examine, at: city.desk, "
                          "work: 20 h")  # fmt: skip
    assert row(simulated(slow), "birth+2")["outcome"] == "late"
    assert row(simulated(text()), "birth+2")["outcome"] == "early"


def test_they_are_carried_over_and_conserved() -> None:
    """Rule 18, with citizens who come too."""
    trace = simulated(text(volume="4"))
    measures = sim.measure(trace.network, trace).table
    of_all = measures[measures["scope"] == "all"].set_index("measure")["value"]
    assert of_all["carried_over"] == 4
    out = ["resolved", "withdrawn", "open_within_limit", "open_overdue", "open_without_limit"]
    assert of_all["carried_over"] + of_all["received"] == of_all[out].sum()


def test_the_earliest_accepted_is_first_in_a_queue_though_it_stands_later_in_the_table() -> None:
    rows = ["2021-02-24", "2021-02-22", "2021-02-23"]
    backlog = "backlog:\n" + "".join(
        f"  - {{procedure: birth, office: Quang Trung, accepted: {day}, step: examine}}\n"
        for day in rows
    )
    trace = simulated(text(backlog, staff=1))
    ended = {citizen: steps(trace, citizen)[0][1] for citizen in ("birth+0", "birth+1", "birth+2")}
    assert sorted(ended, key=lambda citizen: ended[citizen]) == ["birth+1", "birth+2", "birth+0"]


def test_a_backlog_redraws_nobody_who_comes() -> None:
    without, with_ = simulated(text("", volume="3")), simulated(text(volume="3"))
    key = ["procedure", "citizen"]
    facts = ["office", "channel", "arrived"]
    new = with_.dossiers[~with_.dossiers["citizen"].str.contains("+", regex=False)]
    pd.testing.assert_frame_equal(
        new.sort_values(key)[key + facts].reset_index(drop=True),
        without.dossiers.sort_values(key)[key + facts].reset_index(drop=True),
    )


def test_a_channel_that_is_not_known_is_drawn_by_share() -> None:
    rows = "  - {procedure: birth, office: Quang Trung, accepted: 2021-02-22, step: sign}\n"
    trace = simulated(text("backlog:\n" + rows * 400))
    online = (trace.dossiers["channel"] == "online").mean()
    assert abs(online - 0.4) < 4 * np.sqrt(0.4 * 0.6 / 400)


def test_a_table_of_open_dossiers_says_the_same_as_the_rows(tmp_path: Path) -> None:
    table = (
        "procedure,office,accepted,due,step,channel\n"
        "birth,Quang Trung,2021-02-22,,examine,\n"
        "birth,Bãi Cháy,2021-02-26 10:00,2021-03-10,pay,\n"
        "birth,Thanh Sơn,2021-02-25,2021-03-02 09:00,look,online\n"
        "map,Hạ Long,2020-11-02,,,\n"
    )
    (tmp_path / "open.csv").write_text(table, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(text("backlog: {file: open.csv}"), encoding="utf-8")
    assert load(tmp_path / "a.yaml").backlog == load_text(text()).backlog


def test_open_dossiers_follow_what_a_policy_changes() -> None:
    policies = """\
policies:
  dropped: [{cut: {procedures: [birth], drop: [examine]}}]
  merged: [{merge: {levels: [ward], into: 1, by: city}}]
  gone: [{abolish: [birth]}]
"""
    whole = text() + policies
    assert steps(simulated(whole, "dropped"), "birth+0")[0][0] == "pay"
    assert row(simulated(whole, "merged"), "birth+2")["office"] == "Quang Trung"
    assert list(simulated(whole, "gone").dossiers["citizen"]) == ["map+0"]


def test_time_before_the_run_is_time_at_the_step_that_it_reached() -> None:
    """The span of a late dossier is divided without remainder (rule 21)."""
    from sim.attribution import attribute

    slow = text().replace("work: 2 h", "work: 30 h")
    trace = simulated(slow)
    number = int(row(trace, "birth+0")["dossier"])
    losses = attribute(trace, number)
    span = int(trace.resolved[number] - trace.accepted[number])
    assert sum(loss.us for loss in losses) == span
    assert losses[0].kind == "waiting"
    assert losses[0].us == 5 * 7.5 * 3_600_000_000


@pytest.mark.parametrize(
    ("entry", "path", "message"),
    [
        ("procedure: brith, office: Hạ Long, accepted: 2021-02-01", "procedure", "mean `birth`"),
        ("procedure: birth, office: Hạ Long, accepted: 2021-02-01", "office", "no office"),
        ("procedure: birth, office: Quang Trug, accepted: 2021-02-01", "office", "Quang Trung`?"),
        ("procedure: birth, office: Quang Trung, accepted: 2021-03-01", "accepted", "run starts"),
        ("procedure: birth, office: Quang Trung, accepted: 1/3/2021", "accepted", "YYYY-MM-DD"),
        (
            "procedure: birth, office: Quang Trung, accepted: 2021-02-03, due: 2021-02-01",
            "due", "due before it was accepted",
        ),
        ("procedure: map, office: Hạ Long, accepted: 2021-02-03, due: 2021-03-03", "due", "limit"),
        ("procedure: birth, office: Quang Trung, accepted: 2021-02-03, step: sing", "step", "sign"),
        (
            "procedure: birth, office: Quang Trung, accepted: 2021-02-26 16:00, due: 2021-02-26 "
            "09:00", "due", "due before it was accepted",
        ),
        (
            "procedure: birth, office: Quang Trung, accepted: 2021-02-28 24:00",
            "accepted", "run starts",
        ),
        (
            "procedure: birth, office: Quang Trung, accepted: 2021-02-03, channel: onlin",
            "channel", "mean `online`",
        ),
    ],
)  # fmt: skip
def test_an_open_dossier_that_cannot_be_is_told(entry: str, path: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        load_text(text(f"backlog:\n  - {{{entry}}}"))
    (problem,) = error.value.problems
    assert problem.path == f"backlog.0.{path}"
    assert message in problem.message
    assert problem.line > 30


def test_a_step_without_a_visit_left_is_no_step_of_an_open_dossier() -> None:
    entry = "  - {procedure: birth, office: Quang Trung, accepted: 2021-02-03, step: pay}"
    without = text(f"backlog:\n{entry}").replace(
        "      - {id: sign, at: ward.clerk, work: 5 min}\n", ""
    )
    with pytest.raises(InputError, match="cannot stand at `pay`"):
        load_text(without)


def test_a_backlog_and_a_warm_up_exclude_each_other() -> None:
    with pytest.raises(InputError, match="leave `warm_up` out"):
        load_text(text(warm_up="30 days"))


def test_a_way_that_ends_inside_a_branch_without_a_visit_is_seen() -> None:
    """The branch goes on, but a way in it does not; the visit after it comes too late for that."""
    inner = "{id: again, choose: [{share: 50%, end: withdrawn}, {share: rest}]}"
    steps = (
        "      - {id: pay, wait: 3 working h, clock: pauses}\n"
        f"      - {{id: maybe, choose: [{{share: rest, route: [{inner}]}}]}}\n"
    )
    entry = "  - {procedure: birth, office: Quang Trung, accepted: 2021-02-03, step: pay}"
    given = text(f"backlog:\n{entry}").replace(
        "      - {id: pay, wait: 3 working h, clock: pauses}\n", steps
    )
    with pytest.raises(InputError, match="cannot stand at `pay`"):
        load_text(given)


POLICIES = """\
policies:
  one-city: [{merge: {levels: [city], into: 1, by: province}}]
  dropped: [{cut: {procedures: [birth], drop: [intake]}}]
  more-online: [{online: {procedures: [birth], share: 80%}}]
"""


def test_policies_redraw_nothing_of_open_dossiers() -> None:
    """Neither the office, nor a channel drawn by share, nor a branch."""
    rows = "".join(
        f"  - {{procedure: birth, office: {ward}, accepted: 2021-02-22, step: {step}}}\n"
        for ward in ("Quang Trung", "Thanh Sơn", "Bãi Cháy")
        for step in ("intake", "outcome", "examine")
    )
    province = "levels:\n  province: {stations: {desk: {}}}\n  city: {within: province, "
    whole = text("backlog:\n" + rows * 12 + POLICIES).replace("levels:\n  city: {", province)
    base = simulated(whole).dossiers.set_index("citizen")
    for policy in ("one-city", "dropped", "more-online"):
        found = simulated(whole, policy).dossiers.set_index("citizen").loc[base.index]
        for fact in ("channel", "office", "ending"):
            assert found[fact].tolist() == base[fact].tolist(), (policy, fact)
    assert 0 < (base["ending"] == "refused").sum() < len(base) / 2


def test_a_dropped_step_leaves_the_choice_after_it_to_be_drawn() -> None:
    rows = "  - {procedure: birth, office: Quang Trung, accepted: 2021-02-22, step: intake}\n"
    policy = "policies: {dropped: [{cut: {procedures: [birth], drop: [intake]}}]}\n"
    trace = simulated(text("backlog:\n" + rows * 300 + policy), "dropped")
    refused = (trace.dossiers["ending"] == "refused").mean()
    assert abs(refused - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 300)


@pytest.mark.parametrize("wrong", ["procedure: brith", "procedure: birth, step: examin"])
def test_a_mistake_in_the_backlog_is_told_whatever_policies_there_are(wrong: str) -> None:
    entry = f"  - {{{wrong}, office: Quang Trung, accepted: 2021-02-22}}\n"
    policies = "policies:\n  a: [{cut: {all: true, drop: [examine]}}]\n"
    policies += "  b: [{merge: {levels: [ward], into: 1, by: city}}]\n"
    with pytest.raises(InputError) as error:
        load_text(text("backlog:\n" + entry + policies))
    assert [problem.path.split(".")[0] for problem in error.value.problems] == ["backlog"]
