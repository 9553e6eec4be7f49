"""The engine against queueing theory: means, chances and numbers whose values are known.

The replication is the unit. Of each, 5 % at the start and a last piece are dropped, so that the
queue has forgotten its empty beginning and who joined has also started. The mean over
replications lies within four standard errors of the known value, and a 95 % interval by
Student's t is narrow enough for that to mean something. Below, exact: waits are those of the
workload's recursion, to the microsecond.

Time is counted in minutes, the mean work unless said.
"""

import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import formulas
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim.docket import NodeKind, draw
from sim.durations import DAY, HOUR, MINUTE, MISSING, NEVER
from sim.engine import simulate
from sim.engine.trace import Trace
from sim.network import build
from sim.scenario.load import load_text

Instants = NDArray[np.int64]
Floats = NDArray[np.float64]
Facts = dict[str, float]

REPLICATIONS = 20
DROPPED_AT_START = 0.05
DROPPED_AT_END = 0.05


def every_instant(instants: Instants) -> Instants:
    return instants


def office_hours(instants: Instants) -> Instants:
    """Count only 08:00–16:00 of each day, written here anew so as not to trust the calendars."""
    days, time = instants // DAY, instants % DAY
    return days * 8 * HOUR + np.clip(time - 8 * HOUR, 0, 8 * HOUR)


@dataclass(frozen=True)
class Stay:
    """Stays of dossiers somewhere, on the run's clock; what did not happen is never.

    Who leaves a queue neither starts nor ends, and is no longer there from `gone` on.
    """

    joined: Instants
    started: Instants
    ended: Instants
    gone: Instants
    counted: NDArray[np.bool_]
    """Which joined within the part of the run that counts."""
    instants: Instants
    """When to count who is there: a minute apart, as long as joining counts."""

    @property
    def waits(self) -> Floats:
        """Minutes from joining to starting, of those who started."""
        some = self.counted & (self.started < NEVER)
        return (self.started - self.joined)[some] / MINUTE

    @property
    def times(self) -> Floats:
        """Minutes from joining to the end, of those who came to it."""
        some = self.counted & (self.ended < NEVER)
        return (self.ended - self.joined)[some] / MINUTE

    @property
    def waiting(self) -> Instants:
        """How many have joined and not started, at each of the instants."""
        return self._between(np.minimum(self.started, self.gone))

    @property
    def present(self) -> Instants:
        """How many have joined and not ended, at each of the instants."""
        return self._between(np.minimum(self.ended, self.gone))

    def _between(self, then: Instants) -> Instants:
        come, gone = (np.sort(instants) for instants in (self.joined, then))
        return np.searchsorted(come, self.instants, "right") - np.searchsorted(
            gone, self.instants, "right"
        )


class Run:
    """One replication, read from its trace on a clock."""

    def __init__(self, trace: Trace, clock: Callable[[Instants], Instants] = every_instant) -> None:
        self.trace = trace
        self.docket = trace.docket
        self.clock = clock
        start, end = clock(np.array([trace.network.run_start, trace.network.end]))
        self.first = start + round((end - start) * DROPPED_AT_START)
        self.last = end - round((end - start) * DROPPED_AT_END)

    def at(self, *stations: str, of: NDArray[np.bool_] | None = None) -> Stay:
        """Give the visits at some stations; of some dossiers, by a mask."""
        visits = self.visits_at(*stations)
        return self._nodes(visits if of is None else visits & of[self.docket.dossier])

    def visits_at(self, *stations: str) -> NDArray[np.bool_]:
        """Tell which nodes are visits at some stations."""
        numbers = self.trace.network.station_numbers
        places = [numbers[f"office.{station}", 0] for station in stations]
        visits: NDArray[np.bool_] = self.docket.kind == NodeKind.VISIT
        return visits & np.isin(self.docket.station, places)

    def waits(self) -> Stay:
        """Give the citizens' waits."""
        return self._nodes(self.docket.kind == NodeKind.WAIT)

    def dossiers(self) -> Stay:
        """Give the dossiers from arrival to the end of their route."""
        trace = self.trace
        arrived = self.docket.arrived
        return self._stay(arrived, arrived, trace.finished, trace.left)

    def _nodes(self, chosen: NDArray[np.bool_]) -> Stay:
        trace, chosen = self.trace, chosen & (self.trace.joined != MISSING)
        left = trace.left[self.docket.dossier]
        return self._stay(*(x[chosen] for x in (trace.joined, trace.started, trace.ended, left)))

    def _stay(self, joined: Instants, started: Instants, ended: Instants, left: Instants) -> Stay:
        joined, started, ended, gone = (
            np.where(x == MISSING, NEVER, self.clock(x)) for x in (joined, started, ended, left)
        )
        counted = (self.first <= joined) & (joined < self.last)
        in_sight = ended[counted] < NEVER
        assert in_sight[gone[counted] == NEVER].all(), "some have not ended: drop more at the end"
        return Stay(joined, started, ended, gone, counted, np.arange(self.first, self.last, MINUTE))


def seed_of(text: str) -> int:
    """Give each scenario a seed of its own, so that chance does not push all one way."""
    return zlib.crc32(text.encode())


def replications(
    text: str, count: int = REPLICATIONS, clock: Callable[[Instants], Instants] = every_instant
) -> Iterator[Run]:
    network = build(load_text(text))
    for number in range(count):
        yield Run(simulate(network, draw(network, seed_of(text), number)), clock)


def assert_known(found: Sequence[Facts], known: Mapping[str, float], within: float) -> None:
    """Assert that means over replications agree with what is known, and are narrow."""
    count = len(found)
    for fact, value in known.items():
        values = np.array([facts[fact] for facts in found])
        error = values.std(ddof=1) / math.sqrt(count)
        half_width = stats.t.ppf(0.975, count - 1) * error
        assert half_width <= within * value, (
            f"{fact}: ± {half_width:.4g} is too wide for {value:.4g}; simulate more"
        )
        assert abs(values.mean() - value) <= 4 * error, (
            f"{fact}: found {values.mean():.4g} ± {half_width:.4g}, known is {value:.4g}"
        )


def test_the_formulas_give_what_can_be_worked_out_by_hand() -> None:
    approx = pytest.approx
    assert formulas.erlang_b(2, 1) == approx(1 / 5)  # (1/2) / (1 + 1 + 1/2)
    assert formulas.erlang_c(2, 1) == approx(1 / 3)  # 2 ρ² / (1 + ρ), ρ = 1/2
    assert formulas.wait_in_mmc(1, 0.8) == approx(4) == formulas.pollaczek_khinchine(0.8, 1)
    assert formulas.pollaczek_khinchine(0.8, 0) == approx(2)
    assert formulas.priority_waits([0.2, 0.3, 0.2], 0.9) == approx([1.125, 2.25, 6])
    assert formulas.fork_join_time(0.8) == approx(7)
    assert formulas.fork_join_time(0) == approx(1.5)  # the longer of two works
    assert formulas.rounds_of_feedback(0.5, 2) == approx(1.75)
    assert formulas.shortest_first_wait(1e-6) == approx(1e-6, rel=1e-4)  # what is left of a work
    starts = formulas.starts_of_work([0, 1, 2, 3], [5, 5, 5, 5], [9, 9, 2, 2], 2)
    assert starts == [0, 1, None, 5]


def test_impatience_lies_between_erlangs_b_and_c() -> None:
    """With a patience as long as the works nobody hinders anybody, and numbers are Poisson."""
    officers, load = 5, 4.0
    assert formulas.erlang_a(officers, load, 1e-9)[0] == pytest.approx(formulas.erlang_b(5, load))
    waits = formulas.erlang_a(officers, load, 1e9)[1]
    assert waits == pytest.approx(formulas.erlang_c(officers, load), rel=1e-6)
    waits = formulas.erlang_a(officers, load, 1)[1]
    assert waits == pytest.approx(stats.poisson.sf(officers - 1, load))


def a_station(days: int, per_hour: float, work: str, station: str = "") -> str:
    """Write the smallest scenario: one counter at which dossiers come all day."""
    return f"""
    period: {{from: 2001-01-01, to: 2001-01-{days:02d}}}
    levels: {{office: {{stations: {{desk: {{kind: counter, {station}}}}}}}}}
    procedures:
      one:
        received_at: office
        volume: {{per_hour: {per_hour}}}
        route: [{{at: office.desk, work: {work}}}]
    """


def test_arrivals_are_poisson() -> None:
    """Fisher's index of dispersion, of a day's numbers and of an hour's, is χ² over its degrees."""
    text = a_station(1, 20, "1 min")
    network = build(load_text(text))
    hours = network.run_start + np.arange(25) * HOUR
    by_hour = np.array(
        [
            np.histogram(draw(network, seed_of(text), number).arrived, hours)[0]
            for number in range(300)
        ]
    )
    for counts, mean in ((by_hour.ravel(), 20), (by_hour.sum(axis=1), 480)):
        dispersion = ((counts - mean) ** 2).sum() / mean
        low, high = stats.chi2.interval(0.9999, counts.size)
        assert low < dispersion < high


def facts_of_queue(stay: Stay, than: float) -> Facts:
    """Give what is known of most queues; the number waiting checks the waits by Little's law."""
    return {
        "mean wait": stay.waits.mean(),
        "chance to wait": (stay.waits > 0).mean(),
        "chance of a long wait": (stay.waits > than).mean(),
        "mean number waiting": stay.waiting.mean(),
        "mean number at work": (stay.present - stay.waiting).mean(),
    }


@pytest.mark.parametrize(
    ("officers", "load", "days"),
    [(1, 0.8, 7), (5, 4.0, 2)],
    ids=["M/M/1", "M/M/5"],
)
def test_waits_of_mmc_are_erlangs(officers: int, load: float, days: int) -> None:
    """The chance of a long wait tells first come, first served from other orders."""
    text = a_station(days, 60 * load, "{exponential: 1 min}", f"staff: {officers}")
    than = 1 / (officers - load)
    wait = formulas.wait_in_mmc(officers, load)
    known = {
        "mean wait": wait,
        "chance to wait": formulas.erlang_c(officers, load),
        "chance of a long wait": formulas.chance_of_longer_wait_in_mmc(officers, load, than),
        "mean number waiting": load * wait,
        "mean number at work": load,
    }
    found = [facts_of_queue(run.at("desk"), than) for run in replications(text)]
    assert_known(found, known, within=0.08)


@pytest.mark.parametrize(
    ("work", "load", "squared_cv", "days"),
    [
        ("1 min", 0.8, 0, 4),
        ("{erlang: {mean: 1 min, k: 4}}", 0.7, 1 / 4, 4),
        ("{lognormal: {mean: 1 min, cv: 1.4142135623730951}}", 0.7, 2, 8),
    ],
    ids=["M/D/1", "M/E4/1", "lognormal"],
)
def test_waits_of_mg1_are_pollaczek_and_khinchines(
    work: str, load: float, squared_cv: float, days: int
) -> None:
    wait = formulas.pollaczek_khinchine(load, squared_cv)
    known = {
        "mean wait": wait,
        "chance to wait": load,
        "mean number waiting": load * wait,
        "mean number at work": load,
    }
    text = a_station(days, 60 * load, work)
    found = [facts_of_queue(run.at("desk"), math.inf) for run in replications(text)]
    assert_known(found, known, within=0.08)


def test_shortest_first_waits_are_phippss() -> None:
    load, short = 0.7, math.log(2)
    text = a_station(5, 60 * load, "{exponential: 1 min}", "discipline: spt")
    known = {
        "mean wait": formulas.shortest_first_wait(load),
        "mean number waiting": load * formulas.shortest_first_wait(load),
        "the shorter half": formulas.shortest_first_wait(load, short),
    }
    found: list[Facts] = []
    for run in replications(text):
        stay = run.at("desk")
        works = (stay.ended - stay.started)[stay.counted] / MINUTE
        found.append(
            {
                "mean wait": stay.waits.mean(),
                "mean number waiting": stay.waiting.mean(),
                "the shorter half": stay.waits[works < short].mean(),
            }
        )
    assert_known(found, known, within=0.05)


def test_waits_by_priority_of_the_procedure_are_cobhams() -> None:
    """Three classes with unlike works at one officer, no work interrupted."""
    rates, means = {"urgent": 0.2, "usual": 0.3, "slow": 0.1}, (1, 1, 2)
    text = """
    period: {from: 2001-01-01, to: 2001-01-10}
    levels: {office: {stations: {desk: {}}}}
    procedures:
      slow:
        {received_at: office, priority: 3, volume: {per_hour: 6},
         route: [{at: office.desk, work: {exponential: 2 min}}]}
      usual:
        {received_at: office, priority: 2, volume: {per_hour: 18},
         route: [{at: office.desk, work: {exponential: 1 min}}]}
      urgent:
        {received_at: office, priority: 1, volume: {per_hour: 12},
         route: [{at: office.desk, work: {exponential: 1 min}}]}
    """
    loads = [rate * mean for rate, mean in zip(rates.values(), means, strict=True)]
    residual = sum(load * mean for load, mean in zip(loads, means, strict=True))
    waits = formulas.priority_waits(loads, residual)
    waiting = sum(rate * wait for rate, wait in zip(rates.values(), waits, strict=True))
    known = {**dict(zip(rates, waits, strict=True)), "mean number waiting": waiting}
    found: list[Facts] = []
    for run in replications(text):
        names = [procedure.name for procedure in run.trace.network.procedures]
        of = {name: run.docket.procedure == names.index(name) for name in rates}
        facts = {name: run.at("desk", of=of[name]).waits.mean() for name in rates}
        found.append({**facts, "mean number waiting": run.at("desk").waiting.mean()})
    assert_known(found, known, within=0.07)


def test_waits_by_priority_of_the_channel_are_cobhams() -> None:
    """Two channels at three officers, one with an added class."""
    text = """
    period: {from: 2001-01-01, to: 2001-01-04}
    channels: {online: {priority: 1}, counter: {}}
    levels: {office: {stations: {desk: {staff: 3}}}}
    procedures:
      one:
        received_at: office
        channels: {counter: 40%, online: 60%}
        volume: {per_hour: 144}
        route: [{at: office.desk, work: {exponential: 1 min}}]
    """
    residual = formulas.erlang_c(3, 2.4) / 3
    waits = formulas.priority_waits([0.4 * 0.8, 0.6 * 0.8], residual)
    known = dict(zip(("counter", "online"), waits, strict=True))
    found: list[Facts] = []
    for run in replications(text):
        names = run.trace.network.channel_names
        of = {name: run.docket.channel == names.index(name) for name in known}
        found.append({name: run.at("desk", of=of[name]).waits.mean() for name in known})
    assert_known(found, known, within=0.08)


def left_share(run: Run) -> float:
    """Give the share of dossiers that left, of those that arrived when it counts."""
    return float((run.trace.left[run.dossiers().counted] != MISSING).mean())


@pytest.mark.parametrize("work", ["{exponential: 1 min}", "{lognormal: {mean: 1 min, cv: 150%}}"])
def test_without_patience_the_lost_are_erlangs_whatever_the_work(work: str) -> None:
    """Rule 8: who finds an officer idle starts before patience of zero is over."""
    officers, load = 5, 4
    lost = formulas.erlang_b(officers, load)
    text = a_station(1, 60 * load, work, f"staff: {officers}, patience: 0 min")
    known = {"lost": lost, "mean number at work": load * (1 - lost)}
    found = [
        {"lost": left_share(run), "mean number at work": run.at("desk").present.mean()}
        for run in replications(text, 10)
    ]
    assert_known(found, known, within=0.06)


def test_with_patience_those_who_leave_are_palms() -> None:
    """Erlang A: ten officers, works of 5 minutes, patience of 10."""
    officers, load, mean, patience = 10, 10.0, 5.0, 2.0
    lost, waits, waiting = formulas.erlang_a(officers, load, patience)
    text = a_station(
        2,
        60 * load / mean,
        f"{{exponential: {mean} min}}",
        f"staff: {officers}, patience: {{exponential: {patience * mean} min}}",
    )
    known = {
        "left": lost,
        "chance to wait": waits,
        "mean number waiting": waiting,
        "mean number at work": load * (1 - lost),
    }
    found: list[Facts] = []
    for run in replications(text):
        stay = run.at("desk")
        at_once = (stay.started == stay.joined)[stay.counted].mean()
        found.append(
            {
                "left": left_share(run),
                "chance to wait": 1 - at_once,
                "mean number waiting": stay.waiting.mean(),
                "mean number at work": (stay.present - stay.waiting).mean(),
            }
        )
    assert_known(found, known, within=0.06)


def test_feedback_is_kellys_network() -> None:
    """Rule 12: the dossiers sent away come back at most twice, each time with new work.

    Rounds of at most n make classes with routes of their own, exponential works at one queue
    and any time away: the number at the desk is geometric, and who comes finds the same (Kelly
    1975; Baskett, Chandy, Muntz & Palacios 1975).
    """
    share, at_most, away, rate = 0.4, 2, 10.0, 0.4
    rounds = formulas.rounds_of_feedback(share, at_most)
    load = rate * rounds
    time = 1 / (1 - load)
    text = f"""
    period: {{from: 2001-01-01, to: 2001-01-05}}
    levels: {{office: {{stations: {{desk: {{kind: counter}}}}}}}}
    procedures:
      one:
        received_at: office
        volume: {{per_hour: {60 * rate}}}
        route:
          - at: office.desk
            work: {{exponential: 1 min}}
            incomplete:
              share: {share}
              away: {{lognormal: {{mean: {away} min, cv: 100%}}}}
              at_most: {at_most}
    """
    known = {
        "mean wait": formulas.wait_in_mmc(1, load),
        "chance to wait": load,
        "chance of a long wait": formulas.chance_of_longer_wait_in_mmc(1, load, time),
        "mean number waiting": load**2 / (1 - load),
        "mean number at work": load,
        "rounds": rounds,
        "mean number away": rate * (rounds - 1) * away,
        "time of a dossier": rounds * time + (rounds - 1) * away,
    }
    found: list[Facts] = []
    for run in replications(text):
        facts = facts_of_queue(run.at("desk"), time)
        facts["rounds"] = run.at("desk").times.size / run.dossiers().times.size
        facts["mean number away"] = run.waits().present.mean()
        facts["time of a dossier"] = run.dossiers().times.mean()
        found.append(facts)
    assert_known(found, known, within=0.07)


def test_time_of_a_fork_and_join_is_flatto_and_hahns() -> None:
    """Rule 11: the route goes on when the last of two branches has arrived."""
    load = 0.8
    text = f"""
    period: {{from: 2001-01-01, to: 2001-01-05}}
    levels: {{office: {{stations: {{one: {{}}, other: {{}}}}}}}}
    procedures:
      both:
        received_at: office
        volume: {{per_hour: {60 * load}}}
        route:
          - together:
              - [{{at: office.one, work: {{exponential: 1 min}}}}]
              - [{{at: office.other, work: {{exponential: 1 min}}}}]
    """
    known = {
        "time of a dossier": formulas.fork_join_time(load),
        "mean number of dossiers": load * formulas.fork_join_time(load),
        "time of a branch": 1 / (1 - load),
    }
    found = [
        {
            "time of a dossier": run.dossiers().times.mean(),
            "mean number of dossiers": run.dossiers().present.mean(),
            "time of a branch": run.at("one", "other").times.mean(),
        }
        for run in replications(text)
    ]
    assert_known(found, known, within=0.06)


def test_queues_in_a_row_are_independent() -> None:
    """What leaves M/M/1 is Poisson (Burke 1956); with equal works the whole time is Erlang-2.

    For the times of one dossier at the two are independent as well (Reich 1957).
    """
    load, works = 0.7, "work: {exponential: 1 min}"
    text = f"""
    period: {{from: 2001-01-01, to: 2001-01-04}}
    levels: {{office: {{stations: {{first: {{kind: counter}}, second: {{}}}}}}}}
    procedures:
      one:
        received_at: office
        volume: {{per_hour: {60 * load}}}
        route: [{{at: office.first, {works}}}, {{at: office.second, {works}}}]
    """
    time = 1 / (1 - load)
    known = {
        "mean wait at the second": formulas.wait_in_mmc(1, load),
        "mean number at the second": load * time,
        "time of a dossier": 2 * time,
        "chance of a long time": (1 + 2) * math.exp(-2),
    }
    found: list[Facts] = []
    for run in replications(text):
        second, dossiers = run.at("second"), run.dossiers()
        found.append(
            {
                "mean wait at the second": second.waits.mean(),
                "mean number at the second": second.present.mean(),
                "time of a dossier": dossiers.times.mean(),
                "chance of a long time": (dossiers.times > 2 * time).mean(),
            }
        )
    assert_known(found, known, within=0.06)


def test_an_open_network_is_jacksons() -> None:
    """Each station is its own M/M/c, and the number in a wait is Poisson (Jackson 1957, 1963)."""
    rate, share, wait = 1.2, 0.4, 7.0
    text = f"""
    period: {{from: 2001-01-01, to: 2001-01-02}}
    levels:
      office:
        stations: {{reception: {{kind: counter, staff: 2}}, desk: {{}}, archive: {{staff: 2}}}}
    procedures:
      one:
        received_at: office
        volume: {{per_hour: {60 * rate}}}
        route:
          - {{at: office.reception, work: {{exponential: 1 min}}}}
          - choose:
              - {{share: {share}, route: [{{at: office.desk, work: {{exponential: 1.2 min}}}}]}}
              - share: rest
                route:
                  - wait: {{lognormal: {{mean: {wait} min, cv: 80%}}}}
                  - {{at: office.archive, work: {{exponential: 1.5 min}}}}
    """
    desk, archive, away = rate * share * 1.2, rate * (1 - share) * 1.5, rate * (1 - share) * wait
    numbers = {
        "reception": rate + rate * formulas.wait_in_mmc(2, rate),
        "desk": desk / (1 - desk),
        "archive": archive + archive * formulas.wait_in_mmc(2, archive),
        "away": away,
    }
    known = {
        **numbers,
        "pairs away": away**2,
        "time of a dossier": sum(numbers.values()) / rate,
    }
    found: list[Facts] = []
    for run in replications(text):
        facts = {name: run.at(name).present.mean() for name in ("reception", "desk", "archive")}
        waiting = run.waits().present
        facts["away"] = waiting.mean()
        facts["pairs away"] = (waiting * (waiting - 1)).mean()
        facts["time of a dossier"] = run.dossiers().times.mean()
        found.append(facts)
    assert_known(found, known, within=0.06)


def test_a_pool_for_two_stations_is_one_queue() -> None:
    """Rules 5 and 6: two groups of officers, two stations, and the waits of M/M/3 at each."""
    officers, load = 3, 2.4
    text = """
    period: {from: 2001-01-01, to: 2001-01-03}
    levels:
      office:
        stations: {one: {kind: counter}, other: {}}
        pools: {floor: {staff: [{count: 2}, {count: 1}], serves: [one, other]}}
    procedures:
      few:
        {received_at: office, volume: {per_hour: 54},
         route: [{at: office.one, work: {exponential: 1 min}}]}
      many:
        {received_at: office, volume: {per_hour: 90},
         route: [{at: office.other, work: {exponential: 1 min}}]}
    """
    than, wait = 1 / (officers - load), formulas.wait_in_mmc(officers, load)
    known = {
        "mean wait": wait,
        "chance to wait": formulas.erlang_c(officers, load),
        "chance of a long wait": formulas.chance_of_longer_wait_in_mmc(officers, load, than),
        "mean number waiting": load * wait,
        "mean number at work": load,
        "wait at one": wait,
        "wait at the other": wait,
    }
    found: list[Facts] = []
    for run in replications(text):
        facts = facts_of_queue(run.at("one", "other"), than)
        facts["wait at one"] = run.at("one").waits.mean()
        facts["wait at the other"] = run.at("other").waits.mean()
        found.append(facts)
    assert_known(found, known, within=0.07)


def test_an_office_that_closes_is_the_same_queue_on_its_own_clock() -> None:
    """Rule 4: works stop at closing and go on at opening, about one in eight of them.

    With arrivals in open hours only, the open hours in a row are M/M/1.
    """
    load, than = 0.7, 60 / 0.3
    text = f"""
    period: {{from: 2001-01-01, to: 2003-08-31}}
    calendars: {{office: {{hours: {{mon-sun: ["08:00-16:00"]}}}}}}
    channels: {{counter: {{calendar: office}}}}
    levels:
      office:
        calendar: office
        stations: {{desk: {{kind: counter, at_close: suspend}}}}
    procedures:
      one:
        received_at: office
        volume: {{per_hour: {load}}}
        route: [{{at: office.desk, work: {{exponential: 60 min}}}}]
    """
    wait = formulas.wait_in_mmc(1, load)
    known = {
        "mean wait": 60 * wait,
        "chance to wait": load,
        "chance of a long wait": formulas.chance_of_longer_wait_in_mmc(1, load, than / 60),
        "mean number waiting": load * wait,
        "mean number at work": load,
    }
    found = [facts_of_queue(run.at("desk"), than) for run in replications(text, clock=office_hours)]
    assert_known(found, known, within=0.06)


def an_office(open_hours: str, officers: int, patience: str, come: str = "office") -> str:
    """Write a scenario with one counter where works stop at closing; `come` says when to."""
    return f"""
    period: {{from: 2001-01-01, to: 2001-03-31}}
    calendars: {{office: {{hours: {{mon-sun: ["{open_hours}"]}}}}}}
    channels: {{counter: {{calendar: {come}}}}}
    levels:
      office:
        calendar: office
        stations:
          desk: {{kind: counter, staff: {officers}, at_close: suspend, patience: {patience}}}
    procedures:
      one:
        received_at: office
        volume: {{per_hour: {officers}}}
        route: [{{at: office.desk, work: {{gamma: {{mean: 57 min, cv: 120%}}}}}}]
    """


@pytest.mark.parametrize("hours", [("00:00-24:00", every_instant), ("08:00-16:00", office_hours)])
@pytest.mark.parametrize("officers", [1, 3])
@pytest.mark.parametrize("patience", ["1000 h", "{exponential: 90 min}", "0 min"])
def test_every_start_is_that_of_the_recursion(
    hours: tuple[str, Callable[[Instants], Instants]], officers: int, patience: str
) -> None:
    """To the microsecond: Lindley; Kiefer & Wolfowitz; Baccelli, Boyer & Hébuterne.

    With one class, first come first served, works that stop at closing, and patience (rule 7)
    in the office's open time, the recursion runs on the office's clock.
    """
    open_hours, clock = hours
    for run in replications(an_office(open_hours, officers, patience), 2, clock):
        assert_starts_of_the_recursion(run, "desk", officers)


@pytest.mark.parametrize("officers", [1, 3])
def test_who_comes_at_night_has_come_at_the_opening(officers: int) -> None:
    """Rule 3, by the recursion on the office's clock; and nobody starts while it is closed."""
    text = an_office("08:00-16:00", officers, "1000 h", come="always")
    for run in replications(text, 2, office_hours):
        assert_starts_of_the_recursion(run, "desk", officers)
        started = run.trace.started[run.trace.started != MISSING] % DAY
        assert ((started >= 8 * HOUR) & (started < 16 * HOUR)).all()


@pytest.mark.parametrize("officers", [1, 3])
def test_who_can_start_as_patience_ends_starts(officers: int) -> None:
    """Rules 7 and 8, by the recursion: with batches on the hour and works and patiences of
    20-minute steps, zero among them, almost everything happens at the same instants.
    """
    every_hour = [f"{hour:02d}:00" for hour in range(24)]
    some = "{discrete: {0 min: 25%, 20 min: 25%, 40 min: 25%, 60 min: 25%}}"
    text = f"""
    period: {{from: 2001-01-01, to: 2001-01-31}}
    levels:
      office:
        stations:
          hall: {{staff: 100}}
          desk: {{kind: counter, staff: {officers}, patience: {some}}}
    transfers: [{{from: office.hall, to: office.desk, departs: {every_hour}}}]
    procedures:
      one:
        received_at: office
        volume: {{per_hour: {2 * officers}}}
        route: [{{at: office.hall, work: 0 min}}, {{at: office.desk, work: {some}}}]
    """
    for run in replications(text, 2):
        assert_starts_of_the_recursion(run, "desk", officers)


def assert_starts_of_the_recursion(run: Run, station: str, officers: int) -> None:
    """Compare the visits of one station, which must stand in the order of joining."""
    trace, docket = run.trace, run.docket
    visits = run.visits_at(station) & (trace.joined != MISSING)
    joined = run.clock(trace.joined[visits])
    assert (np.diff(joined) >= 0).all()
    starts = formulas.starts_of_work(
        joined, docket.duration[visits], docket.patience[visits], officers
    )
    end = run.clock(np.array([trace.network.end]))[0]
    expected = [MISSING if start is None or start >= end else start for start in starts]
    started = trace.started[visits]
    found = np.where(started == MISSING, MISSING, run.clock(started))
    np.testing.assert_array_equal(found, expected)
