"""Keys of the scenario language do in a run what docs/language.md says; and scenarios at extremes.

The keys that feed a rule are tested with it (`test_rules_…`, `test_known_answers`,
`test_measures`); here are those of who comes, when and where, and of what is drawn by share.
What is counted lies within four standard deviations of its known mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from by_hand import play
from numpy.typing import NDArray
from strategies import fingerprint

import sim
from sim.docket import Docket, NodeKind, draw
from sim.durations import DAY, HOUR, MINUTE, MISSING
from sim.engine import Trace, simulate
from sim.measures import measure
from sim.network import Network, build
from sim.scenario.load import load, load_text

Integers = NDArray[np.int64]

# Two months of an office: 2021-02-01 is a Monday, February has 20 weekdays and March 23.
PERIOD = "period: {from: 2021-02-01, to: 2021-03-31}\n"
OFFICE = 'office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}'


def two_months(keys: str, calendars: str = OFFICE, period: str = PERIOD) -> str:
    return f"{period}calendars: {{{calendars}}}\n{keys}"


def city(procedures: str, more: str = "", level: str = "calendar: office") -> str:
    """Write two months of one office with a desk where nobody waits."""
    levels = f"levels: {{city: {{{level}, stations: {{desk: {{staff: 50}}}}}}}}\n"
    return two_months(more + levels + f"procedures:\n{procedures}")


def procedure(name: str = "p", volume: str = "{in_period: 500}", keys: str = "") -> str:
    given = f"received_at: city, volume: {volume}{', ' if keys else ''}{keys}"
    return f"  {name}: {{{given}, route: [{{at: city.desk, work: 5 min}}]}}\n"


@lru_cache(maxsize=16)
def network_of(text: str) -> Network:
    return build(load_text(text))


def dockets(text: str, count: int) -> list[Docket]:
    return [draw(network_of(text), 7, replication) for replication in range(count)]


def arrivals(text: str, count: int = 4) -> list[datetime]:
    """Give when dossiers arrive in the period, in several replications together."""
    start = network_of(text).period_start
    found = np.concatenate([docket.arrived for docket in dockets(text, count)])
    epoch = datetime(1970, 1, 1)
    return [epoch + timedelta(microseconds=int(us)) for us in found[found >= start]]


def run(text: str, seed: int = 7, replication: int = 0) -> Trace:
    return simulate(network_of(text), draw(network_of(text), seed, replication))


def assert_share(found: int, of: int, share: float) -> None:
    """Hold a binomial number against its mean."""
    assert of > 100
    assert abs(found - share * of) <= 4 * (of * share * (1 - share)) ** 0.5 + 1e-9


def assert_shares(found: Counter[str], shares: dict[str, float]) -> None:
    assert set(found) <= set(shares)
    for name, share in shares.items():
        assert_share(found[name], found.total(), share)


# volume: how many come

HOLIDAYS = (  # Tết closes 2021-02-10 to 02-16, five weekdays; the 6th is a Saturday made up for
    'office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}, holidays: VN, '
    'open: {2021-02-06: ["07:30-11:30"]}}'
)
VOLUMES = {
    "{in_period: 590}": 590,
    "{per_year: 3650}": 3650 * 59 / 365,
    "{per_day: 10}": 590,
    "{per_working_day: 10}": 10 * (43 - 5 + 1),
    "{per_hour: 2}": 2 * (38 * 7.5 + 4),
    "{of: all, share: 25%}": 0.25 * 40 * 59,
    "{in_period: 0}": 0,
}


@pytest.mark.parametrize("volume", VOLUMES)
@pytest.mark.parametrize("warm_up", ["", "warm_up: 30 days\n"])
def test_a_volume_in_each_unit_is_so_many_dossiers_in_the_period(volume: str, warm_up: str) -> None:
    """Whatever the warm-up, which comes on top at the same rate."""
    text = city(procedure(volume=volume), f"{warm_up}volumes: {{all: {{per_day: 40}}}}\n")
    text = text.replace(OFFICE, HOLIDAYS)
    expected = VOLUMES[volume]
    replications = 12
    received = len(arrivals(text, replications))
    assert abs(received - expected * replications) <= 4 * (expected * replications) ** 0.5


def test_a_warm_up_has_the_rate_of_the_period() -> None:
    """January 2021 from the 4th on has 20 weekdays, as many as February."""
    text = city(procedure(volume="{per_working_day: 20}"), "warm_up: 28 days\n")
    in_all = sum(docket.arrived.size for docket in dockets(text, 10))
    before = in_all - len(arrivals(text, 10))
    assert abs(before - 20 * 20 * 10) < 4 * (20 * 20 * 10) ** 0.5


def test_open_days_and_hours_of_several_receiving_levels_are_their_mean() -> None:
    levels = """levels:
  city: {calendar: office, stations: {desk: {}}}
  market: {calendar: sundays, stations: {desk: {}}}
procedures:
  days: {received_at: {city: 75%, market: 25%}, volume: {per_working_day: 4},
         route: [{at: city.desk, work: 1 min}]}
  hours: {received_at: {city: 75%, market: 25%}, volume: {per_hour: 4},
          route: [{at: city.desk, work: 1 min}]}
"""
    sundays = 'sundays: {hours: {sun: ["08:00-10:00"]}}'  # eight in the two months
    network = network_of(two_months(levels, f"{OFFICE}, {sundays}"))
    assert [given.volume for given in network.procedures] == pytest.approx([
        4 * (0.75 * 43 + 0.25 * 8), 4 * (0.75 * 43 * 7.5 + 0.25 * 8 * 2),
    ])  # fmt: skip


# profiles: when they come


def uneven(profile: str, volume: str = "{in_period: 1500}") -> str:
    profiles = f"profiles: {{uneven: {profile}}}\nchannels: {{counter: {{profile: uneven}}}}\n"
    return city(procedure(volume=volume), profiles)


@pytest.mark.parametrize(
    ("profile", "counted", "share"),
    [
        # of 7.5 hours 2 weigh 3: 6 of 11.5
        ('{hours: {"07:30-09:30": 3}}', lambda t: t.hour * 60 + t.minute < 570, 6 / 11.5),
        ('{hours: {"00:00-12:00": 0}}', lambda t: t.hour >= 13, 1),
        # 9 Mondays and 34 other days
        ("{weekdays: {mon: 3}}", lambda t: t.weekday() == 0, 27 / 61),
        # 9 Mondays, 9 Tuesdays and 9 Wednesdays at 1/2, 16 at 1; the Wednesdays twice
        ("{weekdays: {mon-wed: 0.5, wed-thu: 2}}", lambda t: t.weekday() == 2,
         9 / (9 * 0.5 + 9 * 0.5 + 9 + 8 * 2 + 8)),
        ("{months: {feb: 0.5, jan: 100}}", lambda t: t.month == 2, 10 / 33),
        ("{dates: {2021-02-10..2021-02-16: 0, 2021-03-01: 8}}",
         lambda t: (t.month, t.day) == (3, 1), 8 / (8 + 20 - 5 + 22)),
        ("{dates: {2021-02-10..2021-02-16: 0}}",
         lambda t: t.month == 2 and 10 <= t.day <= 16, 0),
        # of dates that overlap the last counts: 15 days at 1/2, 5 at 2, and March
        ("{dates: {2021-02-01..2021-02-28: 0.5, 2021-02-01..2021-02-05: 2}}",
         lambda t: t.month == 2 and t.day <= 5, 10 / (10 + 7.5 + 23)),
        # all are multiplied: Mondays of February (4) at 6 in the morning hours (4 of 7.5)
        ('{hours: {"07:30-11:30": 2}, weekdays: {mon: 3}, months: {feb: 0.5}}',
         lambda t: t.month == 2 and t.weekday() == 0,
         4 * 1.5 / (4 * 1.5 + 16 * 0.5 + 5 * 3 + 18)),
    ],
)  # fmt: skip
def test_a_profile_weighs_open_time(
    profile: str, counted: Callable[[datetime], bool], share: float
) -> None:
    came = arrivals(uneven(profile))
    assert_share(sum(map(counted, came)), len(came), share)
    # it moves arrivals, and changes their number no more than chance does
    assert abs(len(came) - 4 * 1500) < 4 * (4 * 1500) ** 0.5
    for instant in came:
        time = instant.hour + instant.minute / 60
        assert instant.weekday() < 5
        assert 7.5 <= time < 11.5 or 13.5 <= time < 17


def by_date(came: Iterable[int]) -> Integers:
    """Count arrivals on each weekday of the two months."""
    start = network_of(city(procedure())).period_start
    days = np.array([day for day in range(59) if day % 7 < 5])
    counts = np.bincount((np.array(list(came)) - start) // DAY, minlength=59)
    found: Integers = counts[days]
    return found


def test_day_cv_is_variation_of_days_beyond_poissons() -> None:
    """Of N with mean m and a factor of variation c: Var N = m + (c m)²."""
    text = uneven("{day_cv: 30%}", "{per_working_day: 100}")
    days = np.concatenate([by_date(docket.arrived.tolist()) for docket in dockets(text, 10)])
    assert days.mean() == pytest.approx(100, abs=4 * (1000 / days.size) ** 0.5)
    # 430 days: the variance of a gamma-mixed Poisson is known to some 8 %
    assert days.var() == pytest.approx(100 + 30**2, rel=0.32)
    flat = uneven("{day_cv: 0}", "{per_working_day: 100}")
    days = np.concatenate([by_date(docket.arrived.tolist()) for docket in dockets(flat, 10)])
    assert days.var() == pytest.approx(100, rel=4 * (2 / days.size) ** 0.5)


def test_a_days_factor_is_shared_by_all_who_come_by_that_profile() -> None:
    channels = """\
profiles: {one: {day_cv: 50%}, other: {day_cv: 50%}}
channels: {counter: {profile: one}, window: {profile: one}, kiosk: {profile: other}}
"""
    volume = "{per_working_day: 200}"
    text = city(
        procedure("a", volume, "channels: {counter: 100%}")
        + procedure("b", volume, "channels: {window: 100%}")
        + procedure("c", volume, "channels: {kiosk: 100%}"),
        channels,
    )
    days: dict[int, list[Integers]] = {0: [], 1: [], 2: []}
    for docket in dockets(text, 4):
        for number, counts in days.items():
            counts.append(by_date(docket.arrived[docket.procedure == number].tolist()))
    a, b, c = (np.concatenate(counts) for counts in days.values())
    # correlation c² m / (1 + c² m) = 50 / 51 by one factor, else none: 4 / √172 is chance
    assert np.corrcoef(a, b)[0, 1] > 0.93
    assert abs(np.corrcoef(a, c)[0, 1]) < 4 / 172**0.5


def test_demand_cv_is_one_factor_for_all_procedures_of_a_replication() -> None:
    two = procedure("a", "{in_period: 400}") + procedure("b", "{in_period: 900}")
    text = city(two, "demand_cv: 20%\n")
    counts = np.array([
        np.bincount(docket.procedure, minlength=2) for docket in dockets(text, 120)
    ])  # fmt: skip
    for number, expected in enumerate((400, 900)):
        own = counts[:, number]
        variation = (1 / expected + 0.2**2) ** 0.5
        assert own.mean() == pytest.approx(expected, rel=4 * variation / 120**0.5)
        assert own.std() / expected == pytest.approx(variation, rel=4 / (2 * 120) ** 0.5)
    assert np.corrcoef(counts.T)[0, 1] > 0.9
    without = city(two)
    counts = np.array([
        np.bincount(docket.procedure, minlength=2) for docket in dockets(without, 120)
    ])  # fmt: skip
    assert counts[:, 0].std() == pytest.approx(400**0.5, rel=4 / (2 * 120) ** 0.5)
    assert abs(np.corrcoef(counts.T)[0, 1]) < 4 / 120**0.5


# calendars: arrivals and work in open time

CALENDAR = """office:
    hours: {mon-thu: ["08:00-12:00", "14:00-16:00"], fri: ["08:00-12:00"]}
    holidays: VN
    closed: [2021-02-09, 2021-03-01..2021-03-03]
    open: {2021-02-20: ["09:00-11:00"], 2021-03-02: ["15:00-16:30"], 2021-03-31: ["22:00-24:00"]}"""


def is_open(instant: datetime) -> bool:
    """Look the hours up as they stand in the calendar; Tết is from the 10th to the 16th."""
    month, day = instant.month, instant.day
    time = instant.hour * 60 + instant.minute + instant.second / 60
    own = {(2, 20): (540, 660), (3, 2): (900, 990), (3, 31): (1320, 1440)}
    if (month, day) in own:
        first, last = own[month, day]
        return first <= time < last
    if (month == 2 and 9 <= day <= 16) or (month == 3 and day <= 3) or instant.weekday() > 4:
        return False
    return 480 <= time < 720 or (instant.weekday() < 4 and 840 <= time < 960)


def test_dossiers_come_and_are_taken_in_the_open_hours_of_a_calendar() -> None:
    text = f"""{PERIOD}calendars:
  {CALENDAR}
levels: {{city: {{calendar: office, stations: {{desk: {{staff: 2}}}}}}}}
procedures:
{procedure(volume="{per_hour: 20}")}"""
    came = arrivals(text, 2)
    assert len(came) > 5000
    assert all(map(is_open, came))
    assert {(2, 20), (3, 2), (3, 31)} <= {(t.month, t.day) for t in came}
    epoch = datetime(1970, 1, 1)
    started = run(text).started
    assert all(is_open(epoch + timedelta(microseconds=int(us))) for us in started if us != MISSING)


# channels


def test_a_channel_has_its_hours_and_a_procedure_its_shares_of_channels() -> None:
    channels = """\
channels: {counter: {}, post: {calendar: office, profile: late}, online: {calendar: always}}
profiles: {late: {hours: {"00:00-13:30": 0}}}
"""
    keys = "channels: {post: 20%, online: 50%, counter: 30%}"
    text = city(procedure(volume="{in_period: 1000}", keys=keys), channels)
    found: dict[str, list[float]] = {"counter": [], "post": [], "online": []}
    for docket in dockets(text, 3):
        for channel, arrived in zip(docket.channel, docket.arrived, strict=True):
            name = network_of(text).channel_names[channel]
            found[name].append(int(arrived) % DAY / HOUR)
    counts = Counter({name: len(hours) for name, hours in found.items()})
    assert_shares(counts, {"counter": 0.3, "post": 0.2, "online": 0.5})
    assert min(found["post"]) >= 13.5
    assert max(found["post"]) < 17
    outside = sum(not (7.5 <= t < 11.5 or 13.5 <= t < 17) for t in found["counter"])
    assert outside == 0
    at_night = sum(t < 6 for t in found["online"])
    assert_share(at_night, len(found["online"]), 6 / 24)


def test_all_come_through_the_channel_declared_first_if_a_procedure_names_none() -> None:
    text = city(procedure(), "channels: {post: {}, counter: {}}\n")
    assert {int(channel) for channel in dockets(text, 1)[0].channel} == {0}
    assert network_of(text).channel_names[0] == "post"


def test_visits_are_those_of_channels_whose_citizens_are_present_rule_20() -> None:
    levels = "levels: {city: {calendar: office, stations: {desk: {kind: counter, staff: 50}}}}\n"
    channels = """\
channels: {counter: {present: false}, window: {present: true}, counter-2: {}, online: {}}
"""
    one_each = "".join(
        procedure(f"p-{name}", "{in_period: 100}", f"channels: {{{name}: 100%}}")
        for name in ("counter", "window", "counter-2", "online")
    )
    trace = run(two_months(channels + levels + f"procedures:\n{one_each}"))
    table = measure(trace.network, trace).table
    visits = table[(table["measure"] == "visits_mean") & (table["scope"] == "channel")]
    assert dict(zip(visits["name"], visits["value"], strict=True)) == {
        "counter": 0, "window": 1, "counter-2": 0, "online": 0,
    }  # fmt: skip


# levels: where they come


@pytest.mark.parametrize(
    ("level", "shares"),
    [
        ("offices: {A: {share: 2}, B: {}, C: {share: 0.5}, D: {share: 0}}",
         {"A": 4 / 7, "B": 2 / 7, "C": 1 / 7, "D": 0}),
        ("offices: [A, B, C]", {"A": 1 / 3, "B": 1 / 3, "C": 1 / 3}),
        ("offices: 2", {"city-1": 1 / 2, "city-2": 1 / 2}),
        ("stations: {desk: {}}", {"city": 1}),
        ("within: country, offices: {each: 2}", {f"city-{n}": 1 / 6 for n in range(1, 7)}),
        ("within: country", {"city-1": 1 / 3, "city-2": 1 / 3, "city-3": 1 / 3}),
    ],
)  # fmt: skip
def test_dossiers_come_to_offices_by_their_shares_rule_9(
    level: str, shares: dict[str, float]
) -> None:
    stations = "" if "stations" in level else ", stations: {desk: {}}"
    text = two_months(f"""levels:
  country: {{offices: 3, stations: {{desk: {{}}}}}}
  city: {{calendar: office, {level}{stations}}}
procedures:
{procedure(volume="{in_period: 1200}")}""")
    network = network_of(text)
    homes: Counter[str] = Counter()
    for docket in dockets(text, 2):
        homes.update(network.offices[home].name for home in docket.home.tolist())
    assert_shares(homes, shares)


def test_offices_of_a_table_run_as_those_written_out(tmp_path: Path) -> None:
    """Parents, shares, calendars and officers of their own."""
    (tmp_path / "wards.csv").write_text(
        "ward,city,weight,open,desk\nA,N,3,,2\nB,S,,mornings,\nC,S,0.5,,0\n", "utf-8"
    )
    table = """{file: wards.csv, name: ward, within: city, share: weight, calendar: open,
      staff: {desk: desk}}"""
    written = """
      A: {within: N, share: 3, staff: {desk: 2}}
      B: {within: S, calendar: mornings}
      C: {within: S, share: 0.5, staff: {desk: 0}}"""
    mornings = 'mornings: {hours: {mon-sat: ["06:00-12:00"]}}'
    text = two_months(
        """levels:
  city: {offices: [N, S], stations: {desk: {}}}
  ward:
    within: city
    calendar: office
    offices: OFFICES
    stations: {desk: {}}
procedures:
  p: {received_at: ward, volume: {in_period: 200}, route: [{at: ward.desk, work: 30 min},
      {at: city.desk, work: 5 min}]}
""",
        f"{OFFICE}, {mornings}",
    )
    (tmp_path / "table.yaml").write_text(text.replace("OFFICES", table), "utf-8")
    network = build(load(tmp_path / "table.yaml"))
    from_table = simulate(network, draw(network, 7, 0))
    by_hand = run(text.replace("OFFICES", written))
    assert fingerprint(from_table.docket, from_table) == fingerprint(by_hand.docket, by_hand)
    # C has no officer: nobody there is ever served
    visits = from_table.steps[from_table.steps["office"].isin(["ward@C", "C"])]
    assert len(visits) > 10
    assert visits["started"].isna().all()


def test_an_office_has_its_own_hours_and_officers() -> None:
    text = """\
levels:
  ward:
    calendar: mornings
    offices: {A: {staff: {desk: 2}}, B: {calendar: afternoons}, C: {staff: {floor: 1}}}
    stations: {desk: {staff: 1}, other: {}}
    pools: {floor: {staff: 0, serves: [desk, other]}}
procedures:
  p: {received_at: ward, volume: {in_period: 60}, time_limit: same day,
      route: [{at: ward.desk, work: 1 h}]}
"""
    coming = {f"{office}{n}": f"p 2021-02-02 08:0{n} at {office}" for office in "ABC" for n in "12"}
    it = play(text, None, "base", **coming)
    started = {name: (it[name].visit("desk").started or "")[11:] for name in coming}
    assert started == {
        "A1": "08:01", "A2": "08:02",  # two officers of its own
        "B1": "13:30", "B2": "14:30",  # one, in the afternoon
        "C1": "08:01", "C2": "08:02",  # one, and one of the pool
    }  # fmt: skip
    assert {name: (it[name].due or "")[11:] for name in coming} == {
        "A1": "11:30", "A2": "11:30", "B1": "17:00", "B2": "17:00", "C1": "11:30", "C2": "11:30",
    }  # fmt: skip


def test_dossiers_of_offices_with_their_own_hours_come_in_these() -> None:
    text = two_months(
        f"""levels:
  city:
    {{calendar: office, offices: {{A: {{}}, B: {{calendar: sundays}}}}, stations: {{desk: {{}}}}}}
procedures:
{procedure()}""",
        f'{OFFICE}, sundays: {{hours: {{sun: ["08:00-10:00"]}}}}',
    )
    (docket,) = dockets(text, 1)
    weekdays = (docket.arrived // DAY + 3) % 7  # 1970-01-01 was a Thursday
    assert set(weekdays[docket.home == 0].tolist()) <= {0, 1, 2, 3, 4}
    assert set(weekdays[docket.home == 1].tolist()) == {6}
    assert_share(int((docket.home == 1).sum()), docket.home.size, 0.5)


@pytest.mark.parametrize("pooled", [False, True])
def test_absence_is_so_many_dates_of_each_officer_alone_rule_3(pooled: bool) -> None:
    own = "desk: {staff: 30, absence: 20%}"
    pool = "desk: {}}, pools: {floor: {staff: 30, absence: 20%, serves: [desk]}"
    text = two_months(f"""levels:
  city: {{calendar: office, stations: {{{pool if pooled else own}}}}}
procedures:
{procedure(volume="{in_period: 1}")}""")
    (docket,) = dockets(text, 1)
    network = network_of(text)
    days = [day for day in range(59) if day % 7 < 5]
    first = network.period_start // DAY
    absent = np.array([
        [shifts.open_time((first + day) * DAY, (first + day + 1) * DAY) == 0 for day in days]
        for shifts in docket.shifts
    ])  # fmt: skip
    assert absent.shape == (30, 43)
    assert_share(int(absent.sum()), absent.size, 0.2)
    # each alone: how many are absent on a date is binomial, and so on how many dates one is
    for counts, of in ((absent.sum(axis=0), 30), (absent.sum(axis=1), 43)):
        variance = of * 0.2 * 0.8
        assert counts.var() == pytest.approx(variance, rel=4 * (2 / counts.size) ** 0.5)


# procedures: what is drawn by share


def test_received_at_gives_each_level_its_share() -> None:
    text = two_months("""levels:
  city: {calendar: office, stations: {desk: {}}}
  ward: {within: city, calendar: office, offices: [A, B], stations: {desk: {}}}
procedures:
  p: {received_at: {ward: 70%, city: 30%}, volume: {in_period: 900},
      route: [{at: ward.desk, work: 1 min, only: [ward]}, {at: city.desk, work: 1 min}]}
""")
    network = network_of(text)
    (docket,) = dockets(text, 1)
    homes = Counter(network.offices[home].name for home in docket.home.tolist())
    assert_shares(homes, {"city": 0.3, "A": 0.35, "B": 0.35})
    # those received at the wards, and no others, go there
    visits = np.bincount(docket.dossier[docket.kind == NodeKind.VISIT])
    assert visits.tolist() == [1 if home == 0 else 2 for home in docket.home.tolist()]


def test_priorities_are_drawn_by_share_and_the_channels_is_added() -> None:
    text = city(
        procedure("a", keys="priority: {1: 20%, 5: 80%}, channels: {counter: 50%, post: 50%}")
        + procedure("b", keys="priority: -3")
        + procedure("c"),
        "channels: {counter: {}, post: {priority: 10}}\n",
    )
    (docket,) = dockets(text, 1)
    classes = {
        number: Counter(str(p) for p in docket.priority[docket.procedure == number].tolist())
        for number in range(3)
    }
    assert_shares(classes[0], {"1": 0.1, "5": 0.4, "11": 0.1, "15": 0.4})
    assert set(classes[1]) == {"-3"}
    assert set(classes[2]) == {"1"}


def test_the_drawn_class_decides_who_is_served_first_rule_6() -> None:
    text = two_months("""levels: {city: {calendar: office, stations: {desk: {staff: 1}}}}
procedures:
  p: {received_at: city, volume: {per_hour: 5.8}, priority: {1: 30%, 2: 70%},
      route: [{at: city.desk, work: 10 min}]}
""")
    trace = run(text)
    started = trace.started != MISSING
    waits = (trace.started - trace.joined)[started] / HOUR
    first = trace.docket.priority[trace.docket.dossier][started] == 1
    assert first.sum() > 300
    assert waits[first].mean() < waits[~first].mean() / 3


def test_branches_and_rounds_are_drawn_by_share() -> None:
    """Rules 11 and 12: `rest` takes what is left; each round is incomplete anew."""
    text = two_months("""channels: {counter: {}, online: {}}
levels: {city: {calendar: office, stations: {desk: {staff: 50}}}}
procedures:
  p:
    received_at: city
    volume: {in_period: 2000}
    channels: {counter: 60%, online: 40%}
    route:
      - {id: intake, at: city.desk, work: 1 min, incomplete: {share: {counter: 40%, online: 10%},
         away: 1 h, at_most: 3}}
      - id: way
        choose:
          - {share: 15%, route: [{id: one, at: city.desk, work: 1 min}]}
          - {share: rest, route: [{id: two, at: city.desk, work: 1 min}]}
          - {share: 0.25, route: [{id: three, at: city.desk, work: 1 min}], end: over}
          - {share: 0%, route: [{id: never, at: city.desk, work: 1 min}]}
      - {id: last, at: city.desk, work: 1 min}
""")
    (docket,) = dockets(text, 1)
    visits = docket.kind == NodeKind.VISIT
    names = np.array([step for _, step in docket.procedure_steps])[docket.step]
    taken = Counter(names[visits & np.isin(names, ["one", "two", "three", "never"])].tolist())
    assert_shares(taken, {"one": 0.15, "two": 0.6, "three": 0.25, "never": 0})
    assert (visits & (names == "last")).sum() == taken["one"] + taken["two"]
    for channel, share in ((0, 0.4), (1, 0.1)):
        own = visits & (names == "intake") & (docket.channel[docket.dossier] == channel)
        rounds = np.bincount(docket.round[own], minlength=4)
        # of those who had a round, so many have another; after three no more
        assert_share(int(rounds[1]), int(rounds[0]), share)
        assert rounds[2] == pytest.approx(rounds[0] * share**2, abs=4 * rounds[0] ** 0.5 * share)
        assert rounds.size == 4


DISTRIBUTIONS = {  # means and standard deviations in minutes
    "12 min": (12, 0),
    "{exponential: 12 min}": (12, 12),
    "{uniform: [6 min, 18 min]}": (12, 12 / 12**0.5),
    "{triangular: [0 min, 9 min, 27 min]}": (12, (27**2 + 9**2 - 27 * 9) ** 0.5 / 18**0.5),
    "{lognormal: {mean: 12 min, cv: 50%}}": (12, 6),
    "{gamma: {mean: 12 min, cv: 50%}}": (12, 6),
    "{weibull: {mean: 12 min, cv: 50%}}": (12, 6),
    "{erlang: {mean: 12 min, k: 4}}": (12, 6),
    "{discrete: {6 min: 50%, 18 min: 50%}}": (12, 6),
}


@pytest.mark.parametrize("work", DISTRIBUTIONS)
def test_work_is_drawn_and_done_by_its_distribution(work: str) -> None:
    """On duty always, work takes what was drawn, to the microsecond (rule 4)."""
    text = two_months(f"""levels: {{city: {{stations: {{desk: {{staff: 50}}}}}}}}
procedures:
  p: {{received_at: city, volume: {{in_period: 1500}}, route: [{{at: city.desk, work: {work}}}]}}
""")
    trace = run(text)
    done = trace.ended != MISSING
    took = (trace.ended - trace.started)[done]
    assert (took == trace.docket.duration[done]).all()
    minutes = took / MINUTE
    mean, deviation = DISTRIBUTIONS[work]
    assert minutes.mean() == pytest.approx(mean, abs=4 * deviation / minutes.size**0.5)
    assert minutes.std() == pytest.approx(deviation, rel=0.15)


def test_measured_times_are_drawn_as_often_as_they_were_measured(tmp_path: Path) -> None:
    (tmp_path / "times.csv").write_text("who,took\na,5\nb,7.5\nc,5\nd,40\n", "utf-8")
    work = "{empirical: {file: times.csv, column: took, unit: min}}"
    file = tmp_path / "city.yaml"
    file.write_text(city(procedure().replace("5 min", work)), "utf-8")
    network = build(load(file))
    works = Counter(str(work / MINUTE) for work in draw(network, 7, 0).duration.tolist())
    assert_shares(works, {"5.0": 0.5, "7.5": 0.25, "40.0": 0.25})


def test_transfers_take_their_own_random_time_by_the_first_rule_that_matches_rule_10() -> None:
    text = two_months("""levels:
  city: {calendar: office, stations: {a: {staff: 50}, b: {staff: 50}, c: {staff: 50}}}
transfers:
  - {from: city.a, to: city.b, takes: {uniform: [1 h, 3 h]}}
  - {from: city, to: city.c, takes: {exponential: 30 min}}
  - {from: city, to: city, takes: 99 h}
procedures:
  p: {received_at: city, volume: {in_period: 400},
      route: [{at: city.a, work: 1 min}, {at: city.b, work: 1 min}, {at: city.c, work: 1 min}]}
""")
    trace = run(text)
    docket = trace.docket
    moving = (docket.kind == NodeKind.TRANSFER) & (trace.ended != MISSING)
    took = (trace.ended - trace.started) / HOUR
    first, second = (took[moving & (docket.rule == rule)] for rule in (0, 1))
    assert set(docket.rule[docket.kind == NodeKind.TRANSFER].tolist()) == {0, 1}
    assert first.min() >= 1
    assert first.max() <= 3
    assert first.mean() == pytest.approx(2, abs=4 * (4 / 12 / first.size) ** 0.5)
    assert second.mean() == pytest.approx(0.5, abs=4 * 0.5 / second.size**0.5)
    # each way has its own uniform
    assert abs(np.corrcoef(first[:300], second[:300])[0, 1]) < 4 / 300**0.5


def test_a_named_route_with_steps_runs_as_the_route_written_out() -> None:
    levels = "levels: {city: {calendar: office, stations: {desk: {staff: 2}, sign: {}}}}\n"
    named = """routes:
  signed: [{id: desk, at: city.desk, work: {exponential: 20 min}}, {id: sign, at: city.sign}]
procedures:
  p: {received_at: city, volume: {in_period: 300}, route: signed, steps: {sign: {work: 4 min}}}
  q: {received_at: city, volume: {in_period: 300}, route: signed,
      steps: {desk: {work: 5 min, allotment: 1 h},
              sign: {at: city.desk, work: {uniform: [1 h, 2 h]}}}}
"""
    written = """procedures:
  p: {received_at: city, volume: {in_period: 300}, route: [
      {id: desk, at: city.desk, work: {exponential: 20 min}},
      {id: sign, at: city.sign, work: 4 min}]}
  q: {received_at: city, volume: {in_period: 300}, route: [
      {id: desk, at: city.desk, work: 5 min, allotment: 1 h},
      {id: sign, at: city.desk, work: {uniform: [1 h, 2 h]}}]}
"""
    one, other = run(two_months(levels + named)), run(two_months(levels + written))
    assert fingerprint(one.docket, one) == fingerprint(other.docket, other)


def test_a_procedures_own_early_goes_before_the_scenarios_rule_16() -> None:
    """All are due on Wednesday at 17:00 and resolved that day at 10:00, 4.5 open hours before."""
    text = """\
early: by_date
early_margin: 5 h
levels: {city: {calendar: office, stations: {desk: {}}}}
procedures:
"""
    own = {
        "as-all": "",
        "by-time": "early: by_time, ",
        "less": "early: by_time, early_margin: 2 h, ",
        "by-slip": "early: by_slip, early_margin: 0 h, ",
    }
    for name, keys in own.items():
        text += f"""\
  {name}: {{received_at: city, volume: some, {keys}time_limit: 1 working day,
    route: [{{wait: 16 h}}, {{at: city.desk, work: 0 min}}]}}
"""
    coming = {name.replace("-", "_"): f"{name} 2021-02-02 18:00" for name in own}
    it = play(text, None, "base", **coming)
    assert {name: it[name].resolved for name in coming} == dict.fromkeys(coming, "2021-02-03 10:00")
    assert {name: it[name].due for name in coming} == dict.fromkeys(coming, "2021-02-03 17:00")
    assert {name: it[name].outcome for name in coming} == {
        "as_all": "on_time", "by_time": "on_time", "less": "early", "by_slip": "on_time",
    }  # fmt: skip


# The study: seed, replications


def test_seed_and_replications_are_those_of_the_scenario() -> None:
    text = city(procedure(volume="{in_period: 50}"), "seed: 12\nreplications: 3\n")
    study = sim.run(load_text(text))
    assert study.plan.seed == 12
    assert sorted(study.measures["replication"].unique()) == [1, 2, 3]
    received = study.measures[
        (study.measures["scope"] == "all") & (study.measures["measure"] == "received")
    ]
    expected = [draw(network_of(text), 12, number).arrived.size for number in (1, 2, 3)]
    assert received["value"].tolist() == expected
    assert len(set(expected)) > 1
    other = [draw(network_of(text), 13, number).arrived.size for number in (1, 2, 3)]
    assert other != expected


# Extreme, but valid

WEEK = "period: {from: 2021-03-01, to: 2021-03-05}\n"


def measured(text: str) -> tuple[Trace, dict[str, float]]:
    """Run a scenario and measure it; give the measures of all."""
    trace = run(text)
    table = measure(trace.network, trace).table
    of_all = table[table["scope"] == "all"]
    return trace, dict(zip(of_all["measure"], of_all["value"], strict=True))


def assert_balanced(found: dict[str, float]) -> None:
    """Rule 18."""
    assert found["carried_over"] + found["received"] == (
        found["resolved"] + found["withdrawn"] + found["open_within_limit"]
        + found["open_overdue"] + found["open_without_limit"]
    )  # fmt: skip


def test_nobody_comes_to_anything() -> None:
    trace, found = measured(city(procedure(volume="{in_period: 0}")))
    assert trace.docket.arrived.size == 0
    assert found["received"] == found["resolved"] == 0
    assert np.isnan(found["on_time_rate"])


def test_an_office_of_500() -> None:
    text = two_months(
        """levels:
  city: {stations: {desk: {staff: 3}}}
  ward: {within: city, calendar: office, offices: 500, stations: {front: {kind: counter}}}
  team: {within: ward, calendar: office, stations: {desk: {}}}
procedures:
  p: {received_at: ward, volume: {in_period: 3000}, time_limit: 2 working days,
      route: [{at: ward.front, work: 5 min}, {at: team.desk, work: 9 min},
              {at: city.desk, work: 1 min}]}
policies: {fewer: [{merge: {levels: [ward, team], into: 100, by: city}}]}
""",
        period=WEEK,
    )
    trace, found = measured(text)
    assert_balanced(found)
    # a team works for its own ward
    steps = trace.steps[trace.steps["kind"] == "visit"]
    of = steps.pivot(index="dossier", columns="step", values="office")
    assert (of["front"].str.rpartition("-")[2] == of["desk"].str.rpartition("-")[2]).all()
    assert of["front"].nunique() > 400
    network = build(load_text(text).with_policy("fewer"))
    merged = simulate(network, draw(network, 7, 0))
    assert merged.docket.arrived.tolist() == trace.docket.arrived.tolist()
    # of 500 into 100, the wards 1 to 5 are the first, 6 to 10 the second, …
    became = [home - (home - 1) % 5 for home in trace.docket.home.tolist()]
    names = [network.offices[home].name for home in merged.docket.home.tolist()]
    assert names == [f"ward-{(home - 1) // 5 * 5 + 1}" for home in became]


def test_300_procedures() -> None:
    many = "".join(procedure(f"p{n}", f"{{in_period: {n % 4}}}") for n in range(300))
    trace, found = measured(city(many))
    assert_balanced(found)
    assert abs(found["received"] - 450) < 4 * 450**0.5
    by_procedure = np.bincount(trace.docket.procedure, minlength=300)
    assert by_procedure[::4].sum() == 0


def test_levels_five_deep() -> None:
    levels = "  l0: {offices: 2, stations: {desk: {staff: 9}}}\n" + "".join(
        f"  l{n}: {{within: l{n - 1}, offices: {{each: 2}}, stations: {{desk: {{staff: 9}}}}}}\n"
        for n in range(1, 5)
    )
    route = ", ".join(f"{{id: at-{n}, at: l{n}.desk, work: 1 min}}" for n in (4, 0, 2, 1, 3))
    text = f"""{WEEK}levels:
{levels}procedures:
  up: {{received_at: l4, volume: {{in_period: 300}}, route: [{route}]}}
  down: {{received_at: l0, volume: {{in_period: 300}}, route: [{route}]}}
"""
    trace, found = measured(text)
    assert_balanced(found)
    network = trace.network
    assert [len(level.offices) for level in network.levels] == [2, 4, 8, 16, 32]
    office = np.array([station.office for station in network.stations])[trace.docket.station]
    for dossier in range(trace.docket.arrived.size):
        at = office[slice(*trace.docket.first_node[dossier : dossier + 2])].tolist()
        deepest = at[0]
        # all offices of a dossier lie on one line
        assert sorted(at, reverse=True) == list(network.ancestors[deepest])
    assert set(office.tolist()) == set(range(62))


def test_all_shares_in_one_office_and_none_in_the_others() -> None:
    text = city(
        procedure(), level="calendar: office, offices: {A: {share: 0}, B: {}, C: {share: 0}}"
    )
    trace, found = measured(text)
    assert_balanced(found)
    assert {trace.network.offices[home].name for home in trace.docket.home.tolist()} == {"B"}


def test_an_office_without_officers_resolves_nothing() -> None:
    text = two_months(f"""levels: {{city: {{calendar: office, stations: {{desk: {{staff: 0}}}}}}}}
procedures:
{procedure(keys="time_limit: 1 working day")}""")
    trace, found = measured(text)
    assert_balanced(found)
    assert found["resolved"] == 0
    assert found["received"] == trace.docket.arrived.size > 300
    assert found["open_overdue"] > 0.9 * found["received"]


def test_a_period_of_one_day_and_of_a_day_that_is_closed_but_for_the_night() -> None:
    one_day = "period: {from: 2021-03-01, to: 2021-03-01}\n"
    _, found = measured(city(procedure()).replace(PERIOD, one_day))
    assert_balanced(found)
    assert abs(found["received"] - 500) < 4 * 500**0.5
    assert found["resolved"] > 0
    sunday = "period: {from: 2021-03-07, to: 2021-03-07}\nchannels: {counter: {calendar: always}}\n"
    _, found = measured(city(procedure()).replace(PERIOD, sunday))
    assert_balanced(found)
    assert found["resolved"] == 0
    assert found["open_without_limit"] > 300


def test_calendars_of_24_hours_never_close() -> None:
    text = city(procedure(keys="time_limit: 1 working day"))
    hours = '"07:30-11:30", "13:30-17:00"'
    always, round_the_clock = (
        measured(text.replace("calendar: office", "calendar: always"))[0],
        measured(text.replace(f"mon-fri: [{hours}]", 'mon-sun: ["00:00-24:00"]'))[0],
    )
    assert fingerprint(always.docket, always) == fingerprint(
        round_the_clock.docket, round_the_clock
    )
    weekdays = np.bincount((always.docket.arrived // DAY + 3) % 7, minlength=7)
    assert weekdays.min() > 30


def test_a_route_of_a_thousand_steps() -> None:
    kinds = [
        "{at: city.desk, work: 1 min}", "{wait: 1 min}", "{at: city.sign, work: 2 min}",
        "{choose: [{share: 100%, route: [{at: city.desk, work: 0 min}]}]}",
        "{together: [[{at: city.sign, work: 1 min}], [{wait: 2 min}]]}",
    ]  # fmt: skip
    steps = ", ".join(kinds * 200)
    text = f"""{WEEK}levels: {{city: {{stations: {{desk: {{staff: 9}}, sign: {{staff: 9}}}}}}}}
procedures: {{p: {{received_at: city, volume: {{in_period: 4}}, route: [{steps}]}}}}
"""
    trace, found = measured(text)
    assert_balanced(found)
    done = trace.finished != MISSING
    assert done.sum() >= 1
    # 1 + 1 + 2 + 0 + 2 minutes two hundred times, with nine officers for at most a few dossiers
    assert ((trace.finished - trace.docket.arrived)[done] == 200 * 6 * MINUTE).all()


def test_waits_and_limits_far_beyond_the_period() -> None:
    keys = "time_limit: 100 weeks, statutory_limit: 99 days"
    text = city(procedure(keys=keys).replace("[{at", "[{wait: 90 days}, {at"))
    _, found = measured(text)
    assert_balanced(found)
    assert found["resolved"] == 0
    assert found["open_within_limit"] == found["received"] > 0
