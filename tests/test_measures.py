"""Rules 18 to 20: measures worked by hand, and held against a walk through random runs."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from by_hand import Play, play, procedure, shop
from hypothesis import given, settings
from strategies import Case, case_of, cases, snapped

from sim.docket import NodeKind
from sim.durations import DAY, HOUR, MINUTE, MISSING
from sim.engine import Trace, simulate
from sim.measures import measure
from sim.network import Network
from sim.scenario.measure_names import DOSSIER_MEASURES, POOL_MEASURES, STATION_MEASURES

COUNTS = (
    "received", "carried_over", "resolved", "resolved_early", "resolved_on_time", "resolved_late",
    "resolved_late_by_law", "resolved_without_limit", "withdrawn", "open_within_limit",
    "open_overdue", "open_without_limit",
)  # fmt: skip
OPEN = ("open_within_limit", "open_overdue", "open_without_limit")
RATES = (
    "on_time_rate", "on_time_rate_of_resolved", "early_rate", "resolution_rate", "progress_766",
    "in_time_rate",
)  # fmt: skip


class Sheet:
    """The measures and series of one run, to be looked up."""

    def __init__(self, network: Network, trace: Trace) -> None:
        measures = measure(network, trace)
        self.rows: dict[tuple[str, str, str], float] = {}
        for scope, name, word, value in measures.table.itertuples(index=False):
            assert (scope, name, word) not in self.rows
            self.rows[scope, name, word] = value
        self.courses: dict[tuple[str, str, str], dict[str, float]] = {}
        for scope, name, word, at, value in measures.series.itertuples(index=False):
            course = self.courses.setdefault((scope, name, word), {})
            assert at not in course
            course[at] = value

    def of(self, word: str, scope: str = "all", name: str = "all") -> float:
        return self.rows[scope, name, word]

    def series(self, word: str, scope: str = "all", name: str = "all") -> dict[str, float]:
        """Give a series by what it is over; nothing if it has no point."""
        return self.courses.get((scope, name, word), {})

    def counts(self, scope: str = "all", name: str = "all") -> dict[str, int]:
        """Give the counts that are not 0."""
        found = {word: self.of(word, scope, name) for word in COUNTS}
        return {word: int(value) for word, value in found.items() if value}

    def names(self, scope: str) -> set[str]:
        return {name for of, name, _ in self.rows if of == scope}


def sheet(it: Play) -> Sheet:
    return Sheet(it.trace.network, it.trace)


def at_desk(name: str, work: str, keys: str = "") -> str:
    return procedure(name, f"{{at: city.desk, work: {work}}}", keys=keys)


# The counts of rule 18. The period is Wednesday to Friday, the warm-up Monday and Tuesday.

SHORT = "period: {from: 2021-02-03, to: 2021-02-05}\nwarm_up: 2 days\n"
ONE_DAY = "time_limit: 1 working day"
ENDLESS = "work: 200 h"
STATIONS = (
    "desk: {staff: 50}, reception: {kind: counter, staff: 50}, "
    "hall: {kind: counter, staff: 0, patience: 1 h}"
)
FATES = SHORT + shop(
    STATIONS,
    at_desk("quick", "1 h", ONE_DAY),
    at_desk("slow", "20 h", f"{ONE_DAY}, statutory_limit: 2 working days"),
    at_desk("slower", "22 h", f"{ONE_DAY}, statutory_limit: 1 working day"),
    at_desk("free", "1 h"),
    procedure("free-endless", f"{{at: city.desk, {ENDLESS}}}"),
    procedure("long", f"{{at: city.desk, {ENDLESS}}}", keys="time_limit: 10 working days"),
    procedure("overdue", f"{{at: city.desk, {ENDLESS}}}", keys=ONE_DAY),
    procedure(
        "given-up",
        "{at: city.desk, work: 1 h}",
        "{choose: [{share: rest, end: withdrawn}]}",
        keys=ONE_DAY,
    ),
    procedure(
        "impatient",
        "{at: city.reception, work: 1 h}",
        "{at: city.hall, work: 1 h}",
        keys=ONE_DAY,
    ),
    procedure("turned-away", "{at: city.hall, work: 1 h}", "{at: city.desk, work: 1 h}"),
    procedure(
        "not-fetched",
        "{at: city.desk, work: 1 h, decides: true}",
        "{at: city.hall, work: 1 h}",
        keys=ONE_DAY,
    ),
    procedure(
        "paused",
        "{at: city.desk, work: 1 h}",
        "{wait: 30 days, clock: pauses}",
        "{id: sign, at: city.desk, work: 1 h}",
        keys=ONE_DAY,
    ),
    procedure(
        "paused-too-late",
        "{at: city.desk, work: 2 h}",
        "{wait: 30 days, clock: pauses}",
        "{id: sign, at: city.desk, work: 1 h}",
        keys="time_limit: 1 working h",
    ),
)


@pytest.mark.parametrize(
    ("coming", "counts"),
    [
        # in the warm-up: what is over by the period's start counts nowhere
        ("quick 2021-02-01 08:00", {}),
        ("given-up 2021-02-01 08:00", {}),
        ("impatient 2021-02-01 08:00", {}),
        # accepted on Tuesday at 16:30, due on Wednesday, resolved on Wednesday at 08:00
        ("quick 2021-02-02 16:30", {"carried_over": 1, "resolved": 1, "resolved_on_time": 1}),
        ("given-up 2021-02-02 16:30", {"carried_over": 1, "withdrawn": 1}),
        ("long 2021-02-01 08:00", {"carried_over": 1, "open_within_limit": 1}),
        ("overdue 2021-02-01 08:00", {"carried_over": 1, "open_overdue": 1}),
        ("free-endless 2021-02-01 08:00", {"carried_over": 1, "open_without_limit": 1}),
        # in the period
        ("quick 2021-02-03 08:00", {"received": 1, "resolved": 1, "resolved_early": 1}),
        ("quick 2021-02-03 16:30", {"received": 1, "resolved": 1, "resolved_on_time": 1}),
        # 20 h and 22 h are two days and 5 h or 7 h: Friday 14:30 and 16:30
        ("slow 2021-02-03 07:30", {"received": 1, "resolved": 1, "resolved_late": 1}),
        (
            "slower 2021-02-03 07:30",
            {"received": 1, "resolved": 1, "resolved_late": 1, "resolved_late_by_law": 1},
        ),
        ("free 2021-02-03 08:00", {"received": 1, "resolved": 1, "resolved_without_limit": 1}),
        ("given-up 2021-02-03 08:00", {"received": 1, "withdrawn": 1}),
        ("impatient 2021-02-03 08:00", {"received": 1, "withdrawn": 1}),
        ("turned-away 2021-02-03 08:00", {}),  # left before it was accepted
        ("not-fetched 2021-02-03 08:00", {"received": 1, "resolved": 1, "resolved_early": 1}),
        ("long 2021-02-03 08:00", {"received": 1, "open_within_limit": 1}),
        ("quick 2021-02-05 16:30", {"received": 1, "open_within_limit": 1}),
        ("overdue 2021-02-03 08:00", {"received": 1, "open_overdue": 1}),
        ("free-endless 2021-02-05 08:00", {"received": 1, "open_without_limit": 1}),
        # the slip reads Thursday, but the clock has stood still since Wednesday
        ("paused 2021-02-03 08:00", {"received": 1, "open_within_limit": 1}),
        # past its hour when the pause began, which then changes nothing
        ("paused-too-late 2021-02-03 08:00", {"received": 1, "open_overdue": 1}),
    ],
)
def test_rule_18_each_dossier_is_counted_by_what_became_of_it(
    coming: str, counts: dict[str, int]
) -> None:
    found = sheet(play(FATES, a=coming))
    assert found.counts() == counts
    assert found.counts("procedure", coming.split(maxsplit=1)[0]) == counts
    assert found.counts("office", "city@city") == counts
    assert found.of("to_resolve") == counts.get("received", 0) + counts.get("carried_over", 0)


def test_rule_18_what_happens_at_the_periods_first_midnight_happens_in_it() -> None:
    text = SHORT + shop(
        "desk: {staff: {count: 9, calendar: always}}", at_desk("p", "1 h"), at_desk("q", "0 h")
    )
    resolved_then = sheet(play(text, a="p 2021-02-02 23:00"))
    assert resolved_then.counts() == {"carried_over": 1, "resolved": 1, "resolved_without_limit": 1}
    received_then = sheet(play(text, a="q 2021-02-03 00:00"))
    assert received_then.counts() == {"received": 1, "resolved": 1, "resolved_without_limit": 1}


def test_rule_18_what_happens_at_the_midnight_after_the_period_is_not_in_it() -> None:
    staff = "desk: {staff: {count: 9, calendar: always}}"
    text = SHORT + shop(staff, at_desk("p", "1 h", "time_limit: 1 h"), at_desk("q", "2 h"))
    it = sheet(play(text, a="p 2021-02-05 23:00", b="q 2021-02-05 22:00"))
    # a is due at that midnight, which has not passed
    assert it.counts("procedure", "p") == {"received": 1, "open_within_limit": 1}
    assert it.counts("procedure", "q") == {"received": 1, "open_without_limit": 1}


def test_rule_18_a_limit_that_runs_out_in_the_pause_is_not_overdue_until_the_clock_goes_on() -> (
    None
):
    route = (
        "{at: city.desk, work: 1 h}",
        "{wait: 30 h, clock: pauses}",
        f"{{id: sign, at: city.desk, {ENDLESS}}}",
    )
    text = SHORT + shop("desk: {staff: 9}", procedure("p", *route, keys="time_limit: 4 working h"))
    # a has 3 h left on Wednesday at 09:00; its clock goes on on Thursday at 15:00, so that it
    # is due on Friday at 08:30; b has 3 h left on Thursday at 11:30, from Friday 17:30 on
    it = sheet(play(text, a="p 2021-02-03 08:00", b="p 2021-02-04 10:30"))
    assert it.counts() == {"received": 2, "open_overdue": 1, "open_within_limit": 1}
    assert it.series("overdue") == {
        "2021-02-03": 0, "2021-02-04": 0, "2021-02-05": 1,
    }  # fmt: skip
    assert it.series("open") == {
        "2021-02-03": 1, "2021-02-04": 2, "2021-02-05": 2,
    }  # fmt: skip


def test_rule_16_late_by_law_is_judged_by_the_statutory_limit_alone() -> None:
    text = SHORT + shop(
        "desk: {staff: 9}",
        at_desk("both", "8 h", "time_limit: 2 working h, statutory_limit: 4 working h"),
        at_desk("in-law", "3 h", "time_limit: 2 working h, statutory_limit: 4 working h"),
        at_desk("no-slip", "8 h", "statutory_limit: 4 working h"),
        at_desk("no-law", "8 h", "time_limit: 2 working h"),
    )
    it = sheet(
        play(text, a="both 2021-02-03 07:30", b="in-law 2021-02-03 07:30",
             c="no-slip 2021-02-03 07:30", d="no-law 2021-02-03 07:30")
    )  # fmt: skip
    late = {name: it.counts("procedure", name) for name in ("both", "in-law", "no-slip", "no-law")}
    resolved = {"received": 1, "resolved": 1}
    assert late == {
        "both": {**resolved, "resolved_late": 1, "resolved_late_by_law": 1},
        "in-law": {**resolved, "resolved_late": 1},
        "no-slip": {**resolved, "resolved_without_limit": 1, "resolved_late_by_law": 1},
        "no-law": {**resolved, "resolved_late": 1},
    }


# The rates of rule 19


@pytest.fixture(scope="module")
def mixed() -> Sheet:
    """Early 3, on time 1, late 2, overdue 1, within 2, without limit 2, carried over 2."""
    return sheet(
        play(
            FATES,
            a="quick 2021-02-02 16:30", b="quick 2021-02-03 08:00", c="quick 2021-02-03 08:00",
            d="quick 2021-02-04 08:00", e="slow 2021-02-03 07:30", f="slower 2021-02-03 07:30",
            g="overdue 2021-02-01 08:00", h="long 2021-02-03 08:00", i="long 2021-02-04 08:00",
            j="free 2021-02-03 08:00", k="free-endless 2021-02-03 08:00",
            l="given-up 2021-02-03 08:00",
        )
    )  # fmt: skip


def test_rule_19_rates_by_hand(mixed: Sheet) -> None:
    assert mixed.counts() == {
        "carried_over": 2, "received": 10, "resolved": 7, "resolved_early": 3,
        "resolved_on_time": 1, "resolved_late": 2, "resolved_late_by_law": 1,
        "resolved_without_limit": 1, "withdrawn": 1, "open_within_limit": 2, "open_overdue": 1,
        "open_without_limit": 1,
    }  # fmt: skip
    expected = {
        "on_time_rate": 4 / 7,
        "on_time_rate_of_resolved": 4 / 6,
        "early_rate": 3 / 6,
        "resolution_rate": 7 / 12,
        "progress_766": 20 * 6 / 9,
        "in_time_rate": 6 / 9,
    }
    assert {rate: mixed.of(rate) for rate in RATES} == pytest.approx(expected)
    assert mixed.of("to_resolve") == 12


def test_rule_19_an_overdue_dossier_counts_though_it_is_never_resolved() -> None:
    it = sheet(play(FATES, a="overdue 2021-02-03 08:00"))
    assert it.of("on_time_rate") == it.of("in_time_rate") == it.of("progress_766") == 0
    assert math.isnan(it.of("on_time_rate_of_resolved"))
    assert math.isnan(it.of("early_rate"))
    assert it.of("resolution_rate") == 0


def test_rule_19_a_dossier_within_its_limit_counts_only_for_the_progress_score() -> None:
    it = sheet(play(FATES, a="long 2021-02-03 08:00"))
    assert (it.of("progress_766"), it.of("in_time_rate")) == (20, 1)
    assert math.isnan(it.of("on_time_rate"))


def test_rule_19_a_rate_whose_denominator_is_0_is_missing(mixed: Sheet) -> None:
    assert all(math.isnan(mixed.of(rate, "procedure", "impatient")) for rate in RATES)
    # without a limit nothing is late or in time, but it is resolved
    free = {rate: mixed.of(rate, "procedure", "free") for rate in RATES}
    assert free.pop("resolution_rate") == 1
    assert all(math.isnan(value) for value in free.values())


def test_measures_of_a_period_in_which_nobody_came() -> None:
    it = sheet(play(FATES, a="quick 2021-02-01 08:00"))
    assert it.counts() == {}
    assert all(math.isnan(it.of(rate)) for rate in RATES)
    for word in ("turnaround_days_mean", "turnaround_days_p90", "turnaround_working_hours_mean",
                 "lateness_working_hours_mean", "visits_mean", "wait_minutes_mean",
                 "wait_minutes_p90"):  # fmt: skip
        assert math.isnan(it.of(word))
    desk = {word: it.of(word, "station", "city.desk")
            for word in ("served", "left", "queue_mean", "queue_max", "utilisation",
                         "overtime_hours", "over_allotment")}  # fmt: skip
    assert not any(desk.values())
    assert math.isnan(it.of("wait_minutes_mean", "station", "city.desk"))
    assert math.isnan(it.of("wait_minutes_p90", "station", "city.desk"))
    assert set(it.series("open").values()) == {0}


def test_measures_of_a_scenario_whose_volume_is_0() -> None:
    text = SHORT + shop("desk: {}", at_desk("p", "1 h")).replace(
        "volume: some", "volume: {in_period: 0}"
    )
    it = sheet(play(text))
    assert it.counts() == {}
    assert math.isnan(it.of("resolution_rate"))
    assert it.of("utilisation", "station", "city.desk") == 0


# Scopes: by home office, by place

WARDS = """\
period: {from: 2021-02-01, to: 2021-02-05}
channels: {counter: {}, online: {calendar: always}}
levels:
  province: {calendar: office, stations: {desk: {staff: 9}}}
  city: {within: province, calendar: office, stations: {desk: {staff: 9}}}
  ward:
    within: city
    calendar: mornings
    offices: [Đông, Tây]
    stations: {reception: {kind: counter, staff: 9}}
procedures:
  birth:
    field: civil
    received_at: {city: 50%, ward: 50%}
    channels: {counter: 50%, online: 50%}
    volume: {in_period: 200}
    time_limit: 1 working day
    route:
      - {at: ward.reception, work: 1 h, only: [ward]}
      - {at: city.desk, work: 1 h}
  land:
    field: land
    received_at: city
    channels: {counter: 50%, online: 50%}
    volume: {in_period: 200}
    route: [{at: city.desk, work: 1 h}, {at: province.desk, work: 1 h}]
  other:
    received_at: ward
    volume: {in_period: 200}
    route: [{at: ward.reception, work: 1 h}]
"""


@pytest.fixture(scope="module")
def wards() -> Sheet:
    return sheet(
        play(
            WARDS,
            a="birth 2021-02-01 08:00 via counter at Đông",
            b="birth 2021-02-01 08:00 via online at Đông",
            c="birth 2021-02-01 08:00 via counter at Tây",
            d="birth 2021-02-01 08:00 via online at city",
            e="land 2021-02-01 08:00 via counter at city",
            f="other 2021-02-01 08:00 via counter at Tây",
        )
    )


def test_rule_20_dossiers_are_counted_by_home_office(wards: Sheet) -> None:
    received = {
        (scope, name): wards.of("received", scope, name)
        for scope in ("level", "office", "procedure", "field", "channel")
        for name in wards.names(scope)
    }
    assert received == {
        ("level", "city"): 2, ("level", "ward"): 4,
        ("office", "city@city"): 2, ("office", "ward@Đông"): 2, ("office", "ward@Tây"): 2,
        ("procedure", "birth"): 4, ("procedure", "land"): 1, ("procedure", "other"): 1,
        ("field", "civil"): 4, ("field", "land"): 1,
        ("channel", "counter"): 4, ("channel", "online"): 2,
    }  # fmt: skip
    assert wards.of("received") == 6


def test_rule_20_stations_are_counted_by_place(wards: Sheet) -> None:
    served = {
        name: wards.of("served", scope, name)
        for scope in ("station", "office_station")
        for name in wards.names(scope)
    }
    assert served == {
        "province.desk": 1, "province.desk@province": 1,
        "city.desk": 5, "city.desk@city": 5,
        "ward.reception": 4, "ward.reception@Đông": 2, "ward.reception@Tây": 2,
    }  # fmt: skip


def test_rule_20_turnaround_is_open_time_of_the_office_that_accepted() -> None:
    text = WARDS.replace("received_at: ward\n", "received_at: ward\n    time_limit: 4 working h\n")
    text = text.replace(
        "route: [{at: ward.reception, work: 1 h}]",
        "route: [{at: ward.reception, work: 30 min}, {at: city.desk, work: 3 h, ACCEPTS}, "
        "{id: sign, at: city.desk, work: 6 h}]",
    )
    by_city = sheet(
        play(text.replace("ACCEPTS", "accepts: true"), a="other 2021-02-01 08:00 at Đông")
    )
    # the city's desk works 08:30 to 11:30 and 13:30 to Tuesday 09:00; the city accepts at 11:30
    assert by_city.of("turnaround_working_hours_mean") == pytest.approx(3.5 + 2.5)
    assert by_city.of("turnaround_days_mean") == pytest.approx(22.5 / 24)
    # 4 h are over on Tuesday at 08:00; the two hours since then are the lateness
    assert by_city.of("lateness_working_hours_mean") == pytest.approx(2)
    by_ward = sheet(
        play(text.replace("ACCEPTS", "accepts: false"), a="other 2021-02-01 08:00 at Đông")
    )
    # the ward accepts at 08:30 and is open in the mornings only
    assert by_ward.of("turnaround_working_hours_mean") == pytest.approx(3 + 2.5)
    assert by_ward.of("turnaround_days_mean") == pytest.approx(25.5 / 24)
    # 4 h are over on Tuesday at 08:30
    assert by_ward.of("lateness_working_hours_mean") == pytest.approx(1.5)


# The durations of rule 20


def test_rule_20_lateness_is_of_late_dossiers_resolved_in_the_period_only() -> None:
    it = sheet(
        play(FATES, a="slow 2021-02-03 07:30", b="slower 2021-02-03 07:30",
             c="quick 2021-02-03 08:00", d="overdue 2021-02-01 08:00")
    )  # fmt: skip
    # due on Thursday at 17:00; resolved on Friday at 14:30 and 16:30: 5 h and 7 h of open time
    assert it.of("lateness_working_hours_mean") == pytest.approx(6)
    assert it.of("lateness_working_hours_mean", "procedure", "slow") == pytest.approx(5)
    assert math.isnan(it.of("lateness_working_hours_mean", "procedure", "quick"))
    assert math.isnan(it.of("lateness_working_hours_mean", "procedure", "overdue"))


def test_rule_20_turnaround_of_a_carried_over_dossier_begins_before_the_period() -> None:
    it = sheet(play(FATES, a="quick 2021-02-02 16:30"))
    assert it.of("turnaround_working_hours_mean") == pytest.approx(1)
    assert it.of("turnaround_days_mean") == pytest.approx(15.5 / 24)


@pytest.mark.parametrize(
    ("citizens", "place"), [(1, 1), (2, 2), (9, 9), (10, 9), (11, 10), (19, 18), (20, 18), (21, 19)]
)
def test_rule_20_p90_is_the_inverse_of_the_empirical_distribution(
    citizens: int, place: int
) -> None:
    """The smallest value that nine tenths do not exceed; who come at once are served in turn."""
    work = "{at: city.reception, work: 10 min}"
    text = shop("reception: {kind: counter}", procedure("p", work))
    it = sheet(play(text, {}, **{f"c{n}": "p 2021-02-01 07:30" for n in range(citizens)}))
    waits = [10 * n for n in range(citizens)]
    for scope, name in (("all", "all"), ("station", "city.reception"),
                        ("office_station", "city.reception@city")):  # fmt: skip
        assert it.of("wait_minutes_p90", scope, name) == pytest.approx(waits[place - 1])
        assert it.of("wait_minutes_mean", scope, name) == pytest.approx(sum(waits) / citizens)
    assert it.of("turnaround_days_p90") == pytest.approx(10 * place / (24 * 60))


def test_rule_20_waits_are_open_time_of_the_stations_office() -> None:
    text = shop(
        "reception: {kind: counter, staff: {count: 1, calendar: mornings}}",
        procedure("p", "{at: city.reception, work: 10 min}"),
    )
    it = sheet(play(text, a="p 2021-02-05 16:30"))  # Friday; begun on Monday at 07:30
    assert it.of("wait_minutes_mean", "station", "city.reception") == pytest.approx(30)


def test_rule_20_a_stations_waits_are_those_of_visits_begun_in_the_period() -> None:
    text = SHORT + shop(
        "reception: {kind: counter, staff: {count: 9, calendar: mornings}}",
        procedure("p", "{at: city.reception, work: 10 min}"),
    )
    it = sheet(
        play(
            text,
            a="p 2021-02-02 08:00",  # begun before the period
            b="p 2021-02-02 16:30",  # 30 min before the period; begun in it
            c="p 2021-02-03 15:30",  # 90 min; begun on Thursday
            d="p 2021-02-05 16:00",  # never begun in the run
        )
    )
    assert it.of("wait_minutes_mean", "station", "city.reception") == pytest.approx(60)
    assert it.of("wait_minutes_p90", "station", "city.reception") == pytest.approx(90)
    assert it.of("served", "station", "city.reception") == 2


def test_rule_20_a_dossiers_wait_is_the_sum_over_its_visits_at_counters() -> None:
    text = shop(
        "reception: {kind: counter, staff: {count: 9, calendar: afternoons}}, "
        "desk: {staff: {count: 9, calendar: afternoons}}, "
        "return: {kind: counter, staff: {count: 9, calendar: mornings}}",
        procedure(
            "p",
            "{at: city.reception, work: 10 min}",
            "{at: city.desk, work: 3 h}",
            "{at: city.return, work: 10 min}",
        ),
        procedure("q", "{at: city.desk, work: 1 h}"),
    )
    # a waits 10:30 to 13:30, 1 h; its desk works 13:40 to 16:40; it waits until Tuesday, 20 min
    it = sheet(play(text, a="p 2021-02-01 10:30", b="q 2021-02-01 08:00"))
    assert it.of("wait_minutes_mean", "procedure", "p") == pytest.approx(60 + 20)
    assert it.of("wait_minutes_mean", "procedure", "q") == 0  # desks are not counters
    assert it.of("wait_minutes_mean", "station", "city.desk") == pytest.approx((0 + 210) / 2)


# Visits in person

IN_PERSON = (
    "reception: {kind: counter, staff: {count: 9, calendar: mornings}}, desk: {staff: 9}, "
    "return: {kind: counter, staff: 9}"
)
PAPERS = shop(
    IN_PERSON,
    procedure("once", "{at: city.reception, work: 10 min}",
              keys="channels: {counter: 50%, online: 50%}"),
    procedure("twice", "{at: city.reception, work: 10 min}", "{at: city.desk, work: 1 h}",
              "{at: city.return, work: 10 min}"),
    procedure("sent-home", "{at: city.reception, work: 10 min, "
              "incomplete: {share: 100%, away: 1 working day, at_most: 2}}"),
    more="channels: {counter: {}, online: {}}\n",
)  # fmt: skip


@pytest.mark.parametrize(
    ("coming", "visits"),
    [
        ("once 2021-02-02 08:00 via counter", 1),
        ("once 2021-02-02 08:00 via online", 0),  # nobody comes
        ("twice 2021-02-02 08:00", 2),  # the desk is not a counter
        ("sent-home 2021-02-02 08:00", 3),  # three rounds
        ("once 2021-02-02 16:00 via counter", 2),  # Tuesday's closing, and back on Wednesday
        ("once 2021-02-05 16:00 via counter", 2),  # Friday's closing, and back on Monday
        ("once 2021-02-09 16:00 via counter", 2),  # Tết is one closing
        ("once 2021-02-02 18:00 via counter", 1),  # after Tuesday's closing
        ("once 2021-02-02 17:00 via counter", 1),  # at Tuesday's closing: not waited through
        ("once 2021-02-02 07:00 via counter", 1),
    ],
)
def test_rule_20_visits_are_rounds_at_counters_and_closings_waited_through(
    coming: str, visits: int
) -> None:
    it = sheet(play(PAPERS, a=coming))
    assert it.of("visits_mean", "procedure", coming.split(maxsplit=1)[0]) == visits


def test_rule_20_each_closing_of_a_date_waited_through_is_one_more_visit() -> None:
    text = shop(
        "reception: {kind: counter, staff: {count: 1, calendar: mornings}}",
        procedure("p", "{at: city.reception, work: 8 h}"),
        procedure("q", "{at: city.reception, work: 10 min}"),
    )
    # a is worked on from Tuesday 07:30 to 15:30 in one go, b from Wednesday 07:30; c waits through
    # the closings of Tuesday and Wednesday; lunch is no last closing
    it = sheet(play(text, a="p 2021-02-02 07:30", b="p 2021-02-02 08:00", c="q 2021-02-02 09:00"))
    assert it.of("visits_mean", "procedure", "q") == 3
    assert it.of("visits_mean", "procedure", "p") == (1 + 2) / 2


@pytest.mark.parametrize("arrived", ["2021-02-02 16:59", "2021-02-02 17:00", "2021-02-02 17:01"])
def test_rule_20_who_is_served_at_once_comes_once_also_at_the_closing(arrived: str) -> None:
    text = shop(
        "reception: {kind: counter, staff: {count: 1, calendar: always}}",
        procedure("p", "{at: city.reception, work: 10 min}"),
    )
    it = play(text, a=f"p {arrived}")
    assert it["a"].visit("reception").started == arrived
    assert sheet(it).of("visits_mean") == 1


def test_rule_20_a_visit_counts_by_its_dossier_not_by_its_day() -> None:
    """Means are over dossiers resolved in the period: rounds before it count too."""
    text = SHORT + PAPERS
    it = sheet(play(text, a="sent-home 2021-02-01 08:00"))  # Monday, Tuesday, Wednesday
    assert it.of("visits_mean") == 3


def test_rule_24_three_visits_are_many_and_who_is_not_present_makes_none() -> None:
    """Sent home twice: three visits; once: two; online, whatever the rounds: none."""
    away = "away: 1 h, at_most: {most}"
    intake = "{{at: city.reception, work: 1 min, incomplete: {{share: 100%, {away}}}}}"
    text = shop(
        "reception: {kind: counter}",
        *(
            procedure(
                name,
                intake.format(away=away.format(most=most)),
                keys="channels: {counter: 50%, online: 50%}",
            )
            for name, most in (("twice", 2), ("once", 1))
        ),
        more="channels: {counter: {calendar: office}, online: {calendar: always}}\n",
    )
    it = sheet(play(
        text, a="twice 2021-02-02 08:00 via counter", b="twice 2021-02-02 08:30 via online",
        c="twice 2021-02-02 14:00 via counter", d="once 2021-02-02 09:00 via counter",
    ))  # fmt: skip
    assert it.of("three_visits", "procedure", "twice") == 2
    assert it.of("three_visits_rate", "procedure", "twice") == 2 / 3
    assert it.of("three_visits_rate", "channel", "online") == 0
    assert it.of("three_visits_rate", "procedure", "once") == 0
    assert it.of("three_visits_rate") == 2 / 4


# Stations: utilisation, overtime, queues, allotments, patience. One day of 7.5 h is measured.

TUESDAY = "period: {from: 2021-02-02, to: 2021-02-02}\nwarm_up: 1 days\n"


@pytest.mark.parametrize(
    ("at_close", "coming", "busy", "overtime"),
    [
        ("suspend", ["3h 2021-02-02 09:30"], 3, 0),  # 2 h before lunch, 1 h after
        ("finish", ["3h 2021-02-02 09:30"], 2, 1),  # on until 12:30
        ("clear", ["3h 2021-02-02 09:30"], 2, 1),
        ("suspend", ["3h 2021-02-02 15:30"], 1.5, 0),  # the rest is Wednesday's
        ("finish", ["3h 2021-02-02 15:30"], 1.5, 1.5),
        ("finish", ["9h 2021-02-02 15:30"], 1.5, 7),  # overtime until the period's midnight
        ("suspend", ["3h 2021-02-01 15:30"], 1.5, 0),  # half of it on Monday
        ("finish", ["9h 2021-02-01 16:00"], 0, 1),  # past the period's first midnight by 1 h
        ("clear", ["3h 2021-02-02 14:30", "3h 2021-02-02 15:00"], 2.5, 3.5),  # until 20:30
        ("finish", ["3h 2021-02-01 08:00"], 0, 0),
    ],
)
def test_rule_20_utilisation_is_work_on_shift_and_overtime_work_beyond(
    at_close: str, coming: list[str], busy: float, overtime: float
) -> None:
    station = f"desk: {{at_close: {at_close}}}"
    text = TUESDAY + shop(station, at_desk("3h", "3 h"), at_desk("9h", "9 h"))
    it = sheet(play(text, {}, **{f"c{n}": word for n, word in enumerate(coming)}))
    for scope, name in (("station", "city.desk"), ("office_station", "city.desk@city")):
        assert it.of("utilisation", scope, name) == pytest.approx(busy / 7.5)
        assert it.of("overtime_hours", scope, name) == pytest.approx(overtime)


def test_rule_20_utilisation_is_over_the_shifts_of_all_officers_less_their_absences() -> None:
    staff = "desk: {staff: [{count: 2}, {count: 1, calendar: mornings}]}"
    text = TUESDAY + shop(staff, at_desk("p", "3 h"))
    here = sheet(play(text, a="p 2021-02-02 07:30"))
    assert here.of("utilisation", "station", "city.desk") == pytest.approx(3 / (7.5 + 7.5 + 4))
    one_absent = play(text, absent={"city.desk@city #2": ["2021-02-02"]}, a="p 2021-02-02 07:30")
    assert sheet(one_absent).of("utilisation", "station", "city.desk") == pytest.approx(3 / 11.5)


def test_rule_20_utilisation_without_officers_is_missing() -> None:
    it = sheet(
        play(TUESDAY + shop("desk: {staff: 0}", at_desk("p", "3 h")), a="p 2021-02-02 08:00")
    )
    assert math.isnan(it.of("utilisation", "station", "city.desk"))


def test_rule_20_a_pools_work_is_the_pools_not_its_stations() -> None:
    level = (
        "levels:\n  city: {calendar: office, stations: {a: {staff: 1, at_close: finish}, "
        "b: {at_close: finish}}, pools: {floor: {staff: 2, serves: [a, b]}}}\nprocedures:\n"
    )
    text = TUESDAY + level + procedure("p", "{at: city.a, work: 3 h}") + procedure(
        "q", "{at: city.b, work: 2 h}"
    )  # fmt: skip
    it = sheet(
        play(text, c1="p 2021-02-02 08:00", c2="p 2021-02-02 08:00", c3="q 2021-02-02 09:30",
             c4="q 2021-02-02 15:00")
    )  # fmt: skip
    # c1 at the station's own officer, c2 and c3 at the pool's two, c4 at one of these
    assert it.of("utilisation", "station", "city.a") == pytest.approx(3 / 7.5)
    assert math.isnan(it.of("utilisation", "station", "city.b"))
    assert it.of("utilisation", "pool", "city.floor") == pytest.approx((3 + 2 + 2) / 15)
    served = [it.of("served", "station", f"city.{name}") for name in "ab"]
    assert served == [2, 2]
    assert it.of("served", "pool", "city.floor") == 3


def test_rule_20_a_pools_overtime_is_the_pools() -> None:
    level = (
        "levels:\n  city: {calendar: office, stations: {a: {at_close: finish}, b: {}}, "
        "pools: {floor: {staff: 1, serves: [a, b]}}}\nprocedures:\n"
    )
    text = TUESDAY + level + procedure("p", "{at: city.a, work: 3 h}") + procedure(
        "q", "{at: city.b, work: 3 h}"
    )  # fmt: skip
    it = sheet(play(text, a="p 2021-02-02 15:30"))
    assert it.of("overtime_hours", "pool", "city.floor") == pytest.approx(1.5)
    assert it.of("overtime_hours", "station", "city.a") == 0
    suspended = sheet(play(text, a="q 2021-02-02 15:30"))
    assert suspended.of("overtime_hours", "pool", "city.floor") == 0
    assert suspended.of("utilisation", "pool", "city.floor") == pytest.approx(1.5 / 7.5)


def test_rule_20_queue_mean_is_over_the_offices_open_time() -> None:
    text = TUESDAY + shop("desk: {}", at_desk("p", "1 h"), at_desk("q", "4 h"))
    # b waits 08:00 to 09:00, c 08:30 to 10:00; e 11:15 to 16:00, lunch closed
    it = sheet(
        play(text, a="p 2021-02-02 08:00", b="p 2021-02-02 08:00", c="p 2021-02-02 08:30",
             d="q 2021-02-02 11:00", e="p 2021-02-02 11:15")
    )  # fmt: skip
    waited = 1 + 1.5 + (0.25 + 3.0)  # d ends on Tuesday at 17:00
    assert it.of("queue_mean", "station", "city.desk") == pytest.approx((waited + 0.5) / 7.5)
    assert it.of("queue_max", "station", "city.desk") == 2


def test_rule_20_the_queue_holds_who_came_before_the_period_and_who_is_never_served() -> None:
    text = TUESDAY + shop("desk: {staff: 0}", at_desk("p", "1 h"))
    it = sheet(play(text, a="p 2021-02-01 08:00", b="p 2021-02-01 16:00", c="p 2021-02-02 15:30"))
    assert it.of("queue_mean", "station", "city.desk") == pytest.approx((7.5 + 7.5 + 1.5) / 7.5)
    assert it.of("queue_max", "station", "city.desk") == 3


def test_rule_20_the_longest_queue_is_that_of_the_period() -> None:
    text = TUESDAY + shop("desk: {}", at_desk("p", "1 h"))
    before = sheet(play(text, {}, **{f"c{n}": "p 2021-02-01 08:00" for n in range(5)}))
    assert before.of("queue_max", "station", "city.desk") == 0
    # who is taken at the instant of joining never queues; a step gives way at once to the next
    in_turn = sheet(
        play(text, a="p 2021-02-02 08:00", b="p 2021-02-02 09:00", c="p 2021-02-02 10:00")
    )
    assert in_turn.of("queue_max", "station", "city.desk") == 0
    swap = sheet(play(text, a="p 2021-02-02 08:00", b="p 2021-02-02 08:30", c="p 2021-02-02 09:00"))
    assert swap.of("queue_max", "station", "city.desk") == 1


def test_a_stations_queue_over_its_offices_is_all_their_queues_its_longest_the_longest() -> None:
    text = WARDS.replace("staff: 9", "staff: 0")
    it = sheet(
        play(text, a="other 2021-02-01 07:30 at Đông", b="other 2021-02-01 07:30 at Tây",
             c="other 2021-02-03 07:30 at Tây")
    )  # fmt: skip
    # two mornings of five with one, three with two in the queue
    means = {"ward.reception@Đông": 1.0, "ward.reception@Tây": 8 / 5}
    for name, mean in means.items():
        assert it.of("queue_mean", "office_station", name) == pytest.approx(mean)
    assert it.of("queue_mean", "station", "ward.reception") == pytest.approx(1 + 8 / 5)
    assert it.of("queue_max", "station", "ward.reception") == 2


def test_rule_16_over_its_allotment_is_more_open_time_from_joining_to_the_end() -> None:
    def visit(work: str) -> str:
        return f"{{at: city.desk, work: {work}, allotment: 2 working h}}"

    text = SHORT + shop(
        "desk: {staff: {count: 9, calendar: mornings}}",
        procedure("just", visit("1 h")),
        procedure("over", visit("61 min")),
        procedure("free", "{at: city.desk, work: 9 h}"),
        procedure("twice", "{at: city.desk, work: 3 h, allotment: 2 working h, "
                  "incomplete: {share: 100%, away: 1 h, again: 3 h}}"),
    )  # fmt: skip
    just = "2021-02-03 16:00"  # an hour until 17:00; then it waits for the morning
    it = sheet(play(text, a=f"just {just}", b=f"over {just}", c=f"free {just}"))
    assert it.of("over_allotment", "station", "city.desk") == 1
    rounds = sheet(play(text, a="twice 2021-02-03 07:30"))
    assert rounds.of("over_allotment", "station", "city.desk") == 2
    before = sheet(play(text, a="over 2021-02-01 16:00"))
    assert before.of("over_allotment", "station", "city.desk") == 0
    elsewhere = sheet(play(text, a=f"free {just}"))
    assert elsewhere.of("over_allotment", "station", "city.desk") == 0


def test_rule_16_an_allotment_holds_inside_choose_and_together() -> None:
    inner = "{id: b, at: city.desk, work: 3 h, allotment: 2 working h}"
    text = SHORT + shop(
        "desk: {staff: 9}",
        procedure("p", "{at: city.desk, work: 1 h}",
                  f"{{choose: [{{share: rest, route: [{{together: [[{inner}], []]}}]}}]}}"),
    )  # fmt: skip
    it = sheet(play(text, a="p 2021-02-03 07:30"))
    assert it.of("over_allotment", "station", "city.desk") == 1


def test_rule_7_left_counts_whose_own_patience_is_over_at_the_station_in_the_period() -> None:
    text = SHORT + shop(
        STATIONS,
        procedure("p", "{at: city.hall, work: 1 h}"),
        procedure("q", "{together: [[{at: city.hall, work: 1 h}], "
                  "[{id: other, at: city.lobby, work: 1 h}]]}"),
    ).replace("hall:", "lobby: {kind: counter, staff: 0, patience: 3 h}, hall:")  # fmt: skip
    it = sheet(
        play(text, a="p 2021-02-02 10:00", b="p 2021-02-02 16:30", c="p 2021-02-03 08:00",
             d="q 2021-02-03 08:00", e="p 2021-02-05 16:30")
    )  # fmt: skip
    # a leaves in the warm-up, e would on Monday; d leaves the lobby only because it left the hall
    assert it.of("left", "station", "city.hall") == 3
    assert it.of("left", "station", "city.lobby") == 0
    assert it.of("served", "station", "city.hall") == 0


# Series


def test_series_count_open_and_overdue_dossiers_at_the_end_of_each_day() -> None:
    it = sheet(
        play(
            FATES,
            a="long 2021-02-01 08:00",
            b="slow 2021-02-03 07:30",  # due on Thursday, resolved on Friday at 14:30
            c="quick 2021-02-03 16:30",  # resolved on Thursday
            d="overdue 2021-02-03 08:00",  # overdue from Thursday 17:00 on
            e="given-up 2021-02-04 16:30",  # gone on Friday
            f="turned-away 2021-02-03 16:30",  # never accepted
            g="free-endless 2021-02-05 08:00",
        )
    )
    days = ("2021-02-03", "2021-02-04", "2021-02-05")
    assert it.series("open") == dict(zip(days, (4, 4, 3), strict=True))
    assert it.series("overdue") == dict(zip(days, (0, 2, 1), strict=True))


def test_series_a_dossier_resolved_at_midnight_was_open_when_the_day_ended() -> None:
    """As it would be at the end of a period that ends there (rule 17)."""
    staff = "desk: {staff: {count: 9, calendar: always}}"
    text = SHORT + shop(staff, at_desk("p", "1 h", "time_limit: 30 min"))
    it = sheet(play(text, a="p 2021-02-03 23:00"))
    days = ("2021-02-03", "2021-02-04", "2021-02-05")
    assert it.series("open") == dict(zip(days, (1, 0, 0), strict=True))
    assert it.series("overdue") == dict(zip(days, (1, 0, 0), strict=True))


def test_series_of_waits_are_by_weekday_and_hour_of_joining() -> None:
    level = (
        "levels:\n  city: {calendar: office, stations: {r: {kind: counter}, "
        "s: {kind: counter}, desk: {}}}\nprocedures:\n"
    )
    text = SHORT + level + "".join(
        procedure(name, f"{{at: city.{at}, work: 40 min}}")
        for name, at in (("p", "r"), ("q", "s"), ("t", "desk"))
    )  # fmt: skip
    it = sheet(
        play(
            text,
            a="p 2021-02-03 08:00", b="p 2021-02-03 08:10", c="p 2021-02-03 08:59:59",
            d="p 2021-02-03 10:00", e="q 2021-02-03 08:30", f="t 2021-02-03 08:30",
            g="p 2021-02-01 08:00", h="p 2021-02-04 18:00",
        )
    )  # fmt: skip
    waits = {"wed 08": (0 + 30 + 1201 / 60) / 3, "wed 10": 0, "thu 18": 0}
    # b starts at 08:40, c at 09:20, d at 10:00; h joins after closing, begun on Friday
    assert it.series("visits", "station", "city.r") == {"wed 08": 3, "wed 10": 1, "thu 18": 1}
    assert it.series("wait_minutes", "station", "city.r") == pytest.approx(waits)
    assert it.series("visits", "station", "city.s") == {"wed 08": 1}
    assert it.series("visits") == {"wed 08": 4, "wed 10": 1, "thu 18": 1}
    assert it.series("wait_minutes")["wed 08"] == pytest.approx((30 + 1201 / 60) / 4)
    assert it.series("visits", "station", "city.desk") == {}


def test_series_histograms_of_turnaround_hours() -> None:
    it = sheet(
        play(FATES, a="quick 2021-02-03 08:00", b="quick 2021-02-03 16:30",
             c="slow 2021-02-03 07:30", d="free 2021-02-03 08:00", e="quick 2021-02-01 08:00")
    )  # fmt: skip
    hours = {name: it.series("turnaround_working_hours", "procedure", name)
             for name in ("quick", "slow", "free")}  # fmt: skip
    assert hours == {"quick": {"1": 2}, "slow": {"20": 1}, "free": {"1": 1}}


def test_series_histograms_of_the_share_of_the_limit_that_was_used() -> None:
    text = SHORT + shop(
        "desk: {staff: 9}",
        at_desk("half", "4 h", "time_limit: 8 working h"),
        at_desk("all", "8 h", "time_limit: 8 working h"),
        at_desk("thrice", "12 h", "time_limit: 4 working h"),
        at_desk("fifth", "20 min", "time_limit: 100 min"),
        at_desk("free", "1 h"),
    )
    when = "2021-02-03 07:30"
    it = sheet(
        play(text, a=f"half {when}", b=f"all {when}", c=f"thrice {when}", d=f"fifth {when}",
             e=f"free {when}")
    )  # fmt: skip
    names = ("half", "all", "thrice", "fifth", "free")
    assert {name: it.series("limit_used", "procedure", name) for name in names} == {
        "half": {"0.50": 1},
        "all": {"1.00": 1},
        "thrice": {"2.00": 1},
        "fifth": {"0.20": 1},
        "free": {},
    }


# Random runs

SLOT = 30 * MINUTE


@cache
def run_of(seed: int) -> tuple[Case, Trace, Sheet]:
    """Give a run in which everything happens on the half hour, so that it can be walked."""
    case = case_of(seed)
    if case.tick is None:
        case = replace(case, docket=snapped(case.docket, SLOT), tick=SLOT)
    trace = simulate(case.network, case.docket)
    return case, trace, Sheet(case.network, trace)


def balance(found: Sheet, scope: str, name: str) -> None:
    """Check both sums of rule 18."""
    count = {word: found.of(word, scope, name) for word in COUNTS}
    opened = sum(count[word] for word in OPEN)
    assert all(value >= 0 and value == int(value) for value in count.values())
    assert count["carried_over"] + count["received"] == (
        count["resolved"] + count["withdrawn"] + opened
    )
    assert found.of("to_resolve", scope, name) == count["carried_over"] + count["received"]
    assert count["resolved"] == (
        count["resolved_early"] + count["resolved_on_time"] + count["resolved_late"]
        + count["resolved_without_limit"]
    )  # fmt: skip


@settings(max_examples=40)
@given(cases())
def test_rule_18_balances_in_every_scope_and_scopes_add_up(case: Case) -> None:
    found = Sheet(case.network, simulate(case.network, case.docket))
    added: dict[str, Counter[str]] = defaultdict(Counter)
    for scope in ("all", "level", "office", "procedure", "field", "channel"):
        for name in found.names(scope):
            balance(found, scope, name)
            added[scope].update(found.counts(scope, name))
    for scope in ("level", "office", "procedure", "channel"):
        assert +added[scope] == +added["all"]
    of_level: dict[str, Counter[str]] = defaultdict(Counter)
    for name in found.names("office"):
        of_level[name.split("@")[0]].update(found.counts("office", name))
    for name in found.names("level"):
        assert +of_level[name] == Counter(found.counts("level", name))


def last(values: Mapping[str, float]) -> float:
    return values[max(values)]


class Walk:
    """A run looked at once in each half hour, as with a camera: sums without any calendar sums."""

    def __init__(self, case: Case, trace: Trace) -> None:
        self.network, self.docket, self.trace = case.network, case.docket, trace
        instants = np.concatenate([trace.joined, trace.started, trace.ended, trace.accepted])
        assert not (instants[instants != MISSING] % SLOT).any()
        self.start, self.end = case.network.period_start, case.network.end
        self.looks = range(self.start, self.end, SLOT)
        self.all_looks = range(case.network.run_start, self.end, SLOT)
        self.visits = np.flatnonzero(
            (case.docket.kind == NodeKind.VISIT) & (trace.joined != MISSING)
        ).tolist()

    def until(self, node: int) -> int:
        """Give when a visit was out of its queue."""
        left = int(self.trace.left[self.docket.dossier[node]])
        started = int(self.trace.started[node])
        return started if started != MISSING else left if left != MISSING else self.end

    def ended(self, node: int) -> int:
        ended = int(self.trace.ended[node])
        return self.end if ended == MISSING else ended

    def at(self, station: int) -> list[int]:
        return [node for node in self.visits if self.docket.station[node] == station]

    def open_looks(self, station: int, looks: Iterable[int]) -> list[int]:
        calendar = self.network.offices[self.network.stations[station].office].calendar
        return [look for look in looks if calendar.is_open(look)]

    def waits(self, station: int) -> list[float]:
        """List the minutes waited, of visits begun in the period."""
        opened = np.array(self.open_looks(station, self.all_looks), np.int64)
        joined, started = self.trace.joined, self.trace.started
        begun = [node for node in self.at(station) if self.start <= started[node] < self.end]
        return [
            float(((opened >= joined[node]) & (opened < started[node])).sum() * SLOT / MINUTE)
            for node in begun
        ]

    def queue(self, station: int) -> tuple[float, int]:
        """Give the mean queue while the office is open, and the longest at any time."""
        nodes = self.at(station)
        lengths = {
            look: sum(self.trace.joined[node] <= look < self.until(node) for node in nodes)
            for look in self.looks
        }
        seen = [lengths[look] for look in self.open_looks(station, self.looks)]
        return (float(np.mean(seen)) if seen else math.nan), max(lengths.values())

    def work(self, officers: Iterable[int]) -> tuple[float, float, float]:
        """Give hours on shift, of these at work, and at work beyond the shift."""
        looked = Counter[str]()
        for officer in officers:
            mine = [n for n in self.visits if self.trace.officer[n] == officer]
            for look in self.looks:
                on_shift = self.docket.shifts[officer].is_open(look)
                looked["on shift"] += on_shift
                for node in mine:
                    if self.trace.started[node] <= look < self.ended(node):
                        rule = self.network.stations[int(self.docket.station[node])].at_close
                        looked["at work"] += on_shift
                        looked["overtime"] += not on_shift and rule != "suspend"
        hours = {word: number * SLOT / HOUR for word, number in looked.items()}
        return hours.get("on shift", 0), hours.get("at work", 0), hours.get("overtime", 0)


def ninetieth(values: list[float]) -> float:
    """Give the smallest value that at least nine in ten do not exceed."""
    reached = [v for v in values if 10 * sum(w <= v for w in values) >= 9 * len(values)]
    return min(reached, default=math.nan)


def average(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else math.nan


def same(found: float, expected: float) -> bool:
    return found == pytest.approx(expected, abs=1e-9, nan_ok=True)


SEEDS = range(32)


@pytest.mark.parametrize("seed", SEEDS)
def test_rule_20_stations_measure_what_a_walk_by_half_hours_counts(seed: int) -> None:
    case, trace, found = run_of(seed)
    walk = Walk(case, trace)
    network = case.network
    for number, station in enumerate(network.stations):
        name = f"{station.address}@{network.offices[station.office].name}"

        def value(word: str, name: str = name) -> float:
            return found.of(word, "office_station", name)

        waits = walk.waits(number)
        assert same(value("wait_minutes_mean"), average(waits))
        assert same(value("wait_minutes_p90"), ninetieth(waits))
        mean, longest = walk.queue(number)
        assert same(value("queue_mean"), mean)
        assert value("queue_max") == longest
        own = [g for g in network.groups if not g.pool and g.stations == (number,)]
        officers = [g.first_officer + n for g in own for n in range(g.officers)]
        on_shift, at_work, overtime = walk.work(officers)
        assert same(value("utilisation"), at_work / on_shift if on_shift else math.nan)
        assert same(value("overtime_hours"), overtime)
    for pool in {group.home for group in network.groups if group.pool}:
        groups = [g for g in network.groups if g.home == pool]
        officers = [g.first_officer + n for g in groups for n in range(g.officers)]
        on_shift, at_work, overtime = walk.work(officers)
        assert same(
            found.of("utilisation", "pool", pool), at_work / on_shift if on_shift else math.nan
        )
        assert same(found.of("overtime_hours", "pool", pool), overtime)


@pytest.mark.parametrize("seed", SEEDS)
def test_rule_20_turnarounds_are_what_a_walk_by_half_hours_counts(seed: int) -> None:
    case, trace, found = run_of(seed)
    walk = Walk(case, trace)
    hours, late_hours, days = [], [], []
    for number in np.flatnonzero(trace.resolved >= walk.start).tolist():
        office = int(case.docket.accepting_office[number])
        calendar = case.network.offices[office].calendar
        accepted, resolved = int(trace.accepted[number]), int(trace.resolved[number])
        seen = [look for look in range(accepted, resolved, SLOT) if calendar.is_open(look)]
        hours.append(len(seen) * SLOT / HOUR)
        days.append((resolved - accepted) / DAY)
        due = int(trace.due[number])
        if resolved > due:
            seen = [look for look in range(due, resolved, SLOT) if calendar.is_open(look)]
            late_hours.append(len(seen) * SLOT / HOUR)
    assert same(found.of("turnaround_working_hours_mean"), average(hours))
    assert same(found.of("turnaround_days_mean"), average(days))
    assert same(found.of("turnaround_days_p90"), ninetieth(days))
    assert same(found.of("lateness_working_hours_mean"), average(late_hours))


@pytest.mark.parametrize("seed", SEEDS)
def test_rule_20_visits_and_waits_are_what_a_walk_by_half_hours_counts(seed: int) -> None:
    case, trace, found = run_of(seed)
    walk = Walk(case, trace)
    visits: dict[int, int] = defaultdict(int)
    minutes: dict[int, float] = defaultdict(float)
    for node in walk.visits:
        station = int(case.docket.station[node])
        if not case.network.stations[station].counter or trace.started[node] == MISSING:
            continue
        dossier = int(case.docket.dossier[node])
        joined, started = int(trace.joined[node]), int(trace.started[node])
        opened = walk.open_looks(station, walk.all_looks)
        minutes[dossier] += sum(joined <= look < started for look in opened) * SLOT / MINUTE
        if case.network.is_present(int(case.docket.channel[dossier])):
            closings = {look // DAY: look + SLOT for look in opened}  # the last of each date
            visits[dossier] += 1 + sum(joined < last < started for last in closings.values())
    for number, name in enumerate(of.name for of in case.network.procedures):
        resolved = (trace.resolved >= walk.start) & (case.docket.procedure == number)
        chosen = np.flatnonzero(resolved).tolist()
        waits = [minutes[dossier] for dossier in chosen]
        assert same(found.of("wait_minutes_mean", "procedure", name), average(waits))
        assert same(found.of("wait_minutes_p90", "procedure", name), ninetieth(waits))
        in_person = average(visits[dossier] for dossier in chosen)
        assert same(found.of("visits_mean", "procedure", name), in_person)


def waits_in_person(trace: Trace) -> dict[str, list[float]]:
    """Give, by counter, the minutes waited in opening hours by those who stand there."""
    network, docket = trace.network, trace.docket
    waits: dict[str, list[float]] = {}
    for node in np.flatnonzero(docket.kind == NodeKind.VISIT):
        station = network.stations[int(docket.station[node])]
        begun = network.period_start <= trace.started[node] < network.end
        channel = int(docket.channel[docket.dossier[node]])
        if station.counter and begun and network.is_present(channel):
            calendar = network.offices[station.office].calendar
            us = calendar.open_time(int(trace.joined[node]), int(trace.started[node]))
            waits.setdefault(station.address, []).append(us / MINUTE)
    return waits


@pytest.mark.parametrize("seed", SEEDS)
def test_series_agree_with_the_measures(seed: int) -> None:
    case, trace, found = run_of(seed)
    opened = found.series("open")
    assert last(opened) == sum(found.of(word) for word in OPEN)
    assert last(found.series("overdue")) == found.of("open_overdue")
    for name in found.names("procedure"):
        resolved = found.of("resolved", "procedure", name)
        histogram = found.series("turnaround_working_hours", "procedure", name)
        assert sum(histogram.values()) == resolved
        used = found.series("limit_used", "procedure", name)
        limitless = found.of("resolved_without_limit", "procedure", name)
        assert sum(used.values()) == resolved - limitless
    in_person = waits_in_person(trace)
    for station in {s.address for s in case.network.stations if s.counter}:
        number = found.series("visits", "station", station)
        waits = found.series("wait_minutes", "station", station)
        weighted = sum(number[slot] * waits[slot] for slot in number)
        assert sum(number.values()) == len(in_person.get(station, []))
        assert weighted == pytest.approx(sum(in_person.get(station, [])))
    together: Counter[str] = Counter()
    for (scope, _, word), values in found.courses.items():
        if scope == "station" and word == "visits":
            together.update(values)
    assert dict(together) == found.series("visits")


def test_the_language_knows_every_measure_that_there_is() -> None:
    """`published` may name what `measure` gives, and nothing else."""
    found = defaultdict(set)
    for seed in range(12):
        for scope, _, word in run_of(seed)[2].rows:
            found[scope].add(word)
    of_dossiers = ("all", "level", "office", "procedure", "field", "channel")
    assert all(found[scope] in (set(), set(DOSSIER_MEASURES)) for scope in of_dossiers)
    assert found["all"]
    assert found["station"] == found["office_station"] == set(STATION_MEASURES)
    assert found["pool"] == set(POOL_MEASURES)
