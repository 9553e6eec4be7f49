"""Systems of which queueing theory knows something, and what it knows.

Time is counted in minutes, the mean work unless said.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import formulas
import numpy as np
from replications import Floats, Instants, Model, Run, Stay, every_instant, office_hours
from scipy.integrate import simpson

from sim.durations import HOUR, MISSING, NEVER
from sim.measures import measure

Facts = Mapping[str, float]


class Known(NamedTuple):
    """A known value and who found it."""

    value: float
    source: str


@dataclass(frozen=True)
class System:
    """A model, what is known of it, and how that is read from a run.

    Parameters
    ----------
    within
        Half the width of a 95 % interval, as a share of the known value, that the model's
        replications must not exceed for agreement to mean something.
    """

    model: Model
    known: Mapping[str, Known]
    facts: Callable[[Run], Facts]
    within: float


ERLANG = "Erlang 1917; Gross & others 2008, ch. 2"
LITTLE = "Little 1961"
PALM = "Palm 1943; Garnett, Mandelbaum & Reiman 2002"
KELLY = "Kelly 1975; Baskett & others 1975"


def a_station(per_hour: float, work: str, station: str = "") -> str:
    """Write the smallest scenario: one counter at which dossiers come all day."""
    return f"""
    levels: {{office: {{stations: {{desk: {{kind: counter, {station}}}}}}}}}
    procedures:
      one:
        received_at: office
        volume: {{per_hour: {per_hour}}}
        route: [{{at: office.desk, work: {work}}}]
    """


def poisson_arrivals() -> System:
    """Fisher's index of dispersion, of a day's numbers and of an hour's, is 1."""
    per_hour = 5

    def facts(run: Run) -> Facts:
        start, end = run.trace.network.run_start, run.trace.network.end
        by_hour = np.histogram(run.docket.arrived, np.arange(start, end + HOUR, HOUR))[0]
        by_day = by_hour.reshape(-1, 24).sum(axis=1)
        return {
            "dispersion of a day's number": ((by_day - 24 * per_hour) ** 2).mean() / 24 / per_hour,
            "dispersion of an hour's number": ((by_hour - per_hour) ** 2).mean() / per_hour,
        }

    fisher = Known(1, "Fisher, Thornton & Mackenzie 1922")
    known = {"dispersion of a day's number": fisher, "dispersion of an hour's number": fisher}
    model = Model("Poisson arrivals", a_station(per_hour, "1 min"), days=15)
    return System(model, known, facts, within=0.25)


def facts_of_queue(stay: Stay) -> Facts:
    """Give what is known of most queues; the number waiting checks the waits by Little's law."""
    return {
        "mean wait": stay.waits.mean(),
        "chance to wait": (stay.waits > 0).mean(),
        "mean number waiting": stay.waiting.mean(),
        "mean number at work": (stay.present - stay.waiting).mean(),
    }


def known_of_mmc(officers: int, load: float, source: str = ERLANG) -> Mapping[str, Known]:
    """Give what is known of M/M/c; a long wait is the mean one of those who wait.

    The chance of a long wait tells first come, first served from other orders.
    """
    wait, long = formulas.wait_in_mmc(officers, load), 1 / (officers - load)
    longer = formulas.chance_of_longer_wait_in_mmc(officers, load, long)
    too_long = formulas.chance_of_longer_wait_in_mmc(officers, load, long / 2)
    return {
        "mean wait": Known(wait, source),
        "chance to wait": Known(formulas.erlang_c(officers, load), source),
        f"chance to wait longer than {long:.3g}": Known(longer, source),
        f"service level, a wait of at most {long / 2:.3g}": Known(1 - too_long, source),
        "p90 of the wait": Known(formulas.quantile_of_wait_in_mmc(officers, load, 0.9), source),
        "mean number waiting": Known(load * wait, LITTLE),
        "mean number at work": Known(load, LITTLE),
    }


def facts_of_mmc(stay: Stay, officers: int, load: float) -> Facts:
    long = 1 / (officers - load)
    return {
        **facts_of_queue(stay),
        f"chance to wait longer than {long:.3g}": (stay.waits > long).mean(),
        f"service level, a wait of at most {long / 2:.3g}": (stay.waits <= long / 2).mean(),
        "p90 of the wait": p90(stay.waits),
    }


def p90(values: Floats) -> float:
    """Give the smallest value that at least 90 % of the values do not exceed."""
    return float(np.quantile(values, 0.9, method="inverted_cdf"))


def mmc(name: str, officers: int, load: float, days: int) -> System:
    scenario = a_station(60 * load, "{exponential: 1 min}", f"staff: {officers}")
    return System(
        Model(name, scenario, days),
        known_of_mmc(officers, load),
        lambda run: facts_of_mmc(run.at("desk"), officers, load),
        within=0.08,
    )


def mm1() -> System:
    """At one officer the time is known as well: it is exponential."""
    load = 0.8
    time = 1 / (1 - load)
    known = {
        "mean time": Known(time, ERLANG),
        f"chance of a time of at most {time:.3g}": Known(1 - math.exp(-1), ERLANG),
        "p90 of the time": Known(math.log(10) * time, ERLANG),
    }

    def facts(run: Run) -> Facts:
        times = run.at("desk").times
        return {
            "mean time": times.mean(),
            f"chance of a time of at most {time:.3g}": (times <= time).mean(),
            "p90 of the time": p90(times),
        }

    queue = mmc("M/M/1", officers=1, load=load, days=9)
    return replace(
        queue,
        known={**queue.known, **known},
        facts=lambda run: {**queue.facts(run), **facts(run)},
    )


def through_the_day() -> System:
    """Four officers, and more dossiers from 8 to 10 than they can do. Time is in hours."""
    officers, work = 4, 0.1
    rates = (*[5] * 7, 20, 42, 42, 34, 34, 20, 36, 36, 28, 28, *[5] * 7)
    chances = formulas.numbers_over_a_day(rates, officers, work)
    present = np.arange(chances.shape[1])
    is_full = (present >= officers).astype(float)
    wait = np.maximum(present - officers + 1, 0) * work / officers
    source = "Kolmogorov 1931; Gross & others 2008, ch. 2"

    def over(hour: int, values: Floats) -> Known:
        """Average over an hour, in which those who come find what there is."""
        minutes = chances[60 * hour : 60 * hour + 61] @ values
        return Known(float(simpson(minutes, dx=1 / 60)), source)

    def at(hour: int) -> Known:
        return Known(float(chances[60 * hour] @ present), source)

    at_hours, in_hours = (9, 10, 12, 15), (9, 11, 14)
    known = {
        **{f"mean number at {hour:02d}:00": at(hour) for hour in at_hours},
        **{f"chance to wait, from {x} to {x + 1}": over(x, is_full) for x in in_hours},
        **{f"mean wait, from {x} to {x + 1}": over(x, wait) for x in in_hours},
    }

    def facts(run: Run) -> Facts:
        stay = run.at("desk")
        hours, number = run.instants // HOUR % 24, stay.present
        some = stay.counted & (stay.started < NEVER)
        come = stay.joined[some] // HOUR % 24
        return {
            **{f"mean number at {x:02d}:00": number[hours == x].mean() for x in at_hours},
            **{
                f"chance to wait, from {x} to {x + 1}": (stay.waits[come == x] > 0).mean()
                for x in in_hours
            },
            **{f"mean wait, from {x} to {x + 1}": stay.waits[come == x].mean() for x in in_hours},
        }

    hours = {f"{hour:02d}:00-{hour + 1:02d}:00": rate for hour, rate in enumerate(rates)}
    scenario = f"""
    profiles: {{day: {{hours: {json.dumps(hours)}}}}}
    channels: {{counter: {{profile: day}}}}
    levels: {{office: {{stations: {{desk: {{kind: counter, staff: {officers}}}}}}}}}
    procedures:
      one:
        received_at: office
        volume: {{per_day: {sum(rates)}}}
        route: [{{at: office.desk, work: {{exponential: {60 * work} min}}}}]
    """
    return System(Model("M_t/M/4", scenario, days=20, unit=HOUR), known, facts, within=0.15)


def mg1(name: str, work: str, load: float, squared_cv: float, days: int) -> System:
    wait = formulas.pollaczek_khinchine(load, squared_cv)
    source = "Pollaczek 1930, Khinchine 1932; Kleinrock 1975, ch. 5"
    known = {
        "mean wait": Known(wait, source),
        "chance to wait": Known(load, source),
        "mean number waiting": Known(load * wait, LITTLE),
        "mean number at work": Known(load, LITTLE),
    }
    model = Model(name, a_station(60 * load, work), days)
    return System(model, known, lambda run: facts_of_queue(run.at("desk")), within=0.08)


def shortest_first() -> System:
    load, short = 0.7, math.log(2)
    source = "Phipps 1956; Kleinrock 1976, ch. 3"
    known = {
        "mean wait": Known(formulas.shortest_first_wait(load), source),
        "mean wait of the shorter half": Known(formulas.shortest_first_wait(load, short), source),
        "mean number waiting": Known(load * formulas.shortest_first_wait(load), LITTLE),
    }

    def facts(run: Run) -> Facts:
        stay = run.at("desk")
        works = (stay.ended - stay.started)[stay.counted] / run.unit
        return {
            "mean wait": stay.waits.mean(),
            "mean wait of the shorter half": stay.waits[works < short].mean(),
            "mean number waiting": stay.waiting.mean(),
        }

    scenario = a_station(60 * load, "{exponential: 1 min}", "discipline: spt")
    return System(Model("M/M/1, shortest first", scenario, days=5), known, facts, within=0.05)


COBHAM = "Cobham 1954; Kleinrock 1976, ch. 3"


def priority_of_procedures() -> System:
    """Three classes with unlike works at one officer, no work interrupted."""
    rates, means = {"urgent": 0.2, "usual": 0.3, "slow": 0.1}, (1, 1, 2)
    loads = [rate * mean for rate, mean in zip(rates.values(), means, strict=True)]
    residual = sum(load * mean for load, mean in zip(loads, means, strict=True))
    waits = formulas.priority_waits(loads, residual)
    waiting = sum(rate * wait for rate, wait in zip(rates.values(), waits, strict=True))
    known = {
        f"mean wait of the {name}": Known(wait, COBHAM)
        for name, wait in zip(rates, waits, strict=True)
    }
    scenario = """
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

    def facts(run: Run) -> Facts:
        names = [procedure.name for procedure in run.trace.network.procedures]
        of = {name: run.docket.procedure == names.index(name) for name in rates}
        return {
            **{f"mean wait of the {x}": run.at("desk", of=of[x]).waits.mean() for x in rates},
            "mean number waiting": run.at("desk").waiting.mean(),
        }

    return System(
        Model("M/M/1, priority by procedure", scenario, days=10),
        {**known, "mean number waiting": Known(waiting, LITTLE)},
        facts,
        within=0.07,
    )


def priority_of_channels() -> System:
    """Two channels at three officers, one with an added class."""
    waits = formulas.priority_waits([0.4 * 0.8, 0.6 * 0.8], formulas.erlang_c(3, 2.4) / 3)
    channels = ("counter", "online")
    known = {
        f"mean wait by {name}": Known(wait, COBHAM)
        for name, wait in zip(channels, waits, strict=True)
    }
    scenario = """
    channels: {online: {priority: 1}, counter: {}}
    levels: {office: {stations: {desk: {staff: 3}}}}
    procedures:
      one:
        received_at: office
        channels: {counter: 40%, online: 60%}
        volume: {per_hour: 144}
        route: [{at: office.desk, work: {exponential: 1 min}}]
    """

    def facts(run: Run) -> Facts:
        names = run.trace.network.channel_names
        of = {name: run.docket.channel == names.index(name) for name in channels}
        return {f"mean wait by {x}": run.at("desk", of=of[x]).waits.mean() for x in channels}

    model = Model("M/M/3, priority by channel", scenario, days=4)
    return System(model, known, facts, within=0.08)


def left_share(run: Run) -> float:
    """Give the share of dossiers that left, of those that arrived when it counts."""
    return float((run.trace.left[run.dossiers().counted] != MISSING).mean())


def loss(name: str, work: str) -> System:
    """Rule 8: who finds an officer idle starts before a patience of zero is over."""
    officers, load = 5, 4
    lost = formulas.erlang_b(officers, load)
    source = "Erlang 1917; Sevastyanov 1957"
    known = {
        "share that leaves": Known(lost, source),
        "mean number at work": Known(load * (1 - lost), LITTLE),
    }

    def facts(run: Run) -> Facts:
        return {
            "share that leaves": left_share(run),
            "mean number at work": run.at("desk").present.mean(),
        }

    scenario = a_station(60 * load, work, f"staff: {officers}, patience: 0 min")
    return System(Model(name, scenario, days=1, replications=10), known, facts, within=0.06)


def impatience() -> System:
    """Erlang A: ten officers, works of 5 minutes, patience of 10."""
    officers, load, mean, patience = 10, 10.0, 5.0, 2.0
    lost, waits, waiting = formulas.erlang_a(officers, load, patience)
    known = {
        "share that leaves": Known(lost, PALM),
        "chance to wait": Known(waits, PALM),
        "mean number waiting": Known(waiting, PALM),
        "mean number at work": Known(load * (1 - lost), LITTLE),
    }

    def facts(run: Run) -> Facts:
        stay = run.at("desk")
        return {
            "share that leaves": left_share(run),
            "chance to wait": 1 - (stay.started == stay.joined)[stay.counted].mean(),
            "mean number waiting": stay.waiting.mean(),
            "mean number at work": (stay.present - stay.waiting).mean(),
        }

    scenario = a_station(
        60 * load / mean,
        f"{{exponential: {mean} min}}",
        f"staff: {officers}, patience: {{exponential: {patience * mean} min}}",
    )
    return System(Model("M/M/10+M", scenario, days=2), known, facts, within=0.06)


def incomplete_dossiers() -> System:
    """Rule 12: the dossiers sent away come back at most twice, each time with new work.

    Rounds of at most n make classes with routes of their own, exponential works at one queue
    and any time away: the number at the desk is geometric, and who comes finds the same.
    """
    share, at_most, away, rate = 0.4, 2, 10.0, 0.4
    rounds = formulas.rounds_of_feedback(share, at_most)
    load = rate * rounds
    known = {
        **known_of_mmc(1, load, KELLY),
        "mean number of rounds": Known(rounds, "by definition, 1 + p + p²"),
        "mean number away": Known(rate * (rounds - 1) * away, LITTLE),
        "mean time of a dossier": Known(rounds / (1 - load) + (rounds - 1) * away, KELLY),
    }

    def facts(run: Run) -> Facts:
        return {
            **facts_of_mmc(run.at("desk"), 1, load),
            "mean number of rounds": run.at("desk").times.size / run.dossiers().times.size,
            "mean number away": run.waits().present.mean(),
            "mean time of a dossier": run.dossiers().times.mean(),
        }

    scenario = f"""
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
    return System(Model("M/M/1, sent away", scenario, days=5), known, facts, within=0.07)


def fork_and_join() -> System:
    """Rule 11: the route goes on when the last of two branches has arrived."""
    load = 0.8
    time = formulas.fork_join_time(load)
    known = {
        "mean time of a dossier": Known(time, "Flatto & Hahn 1984; Nelson & Tantawi 1988"),
        "mean time of a branch": Known(1 / (1 - load), ERLANG),
        "mean number of dossiers": Known(load * time, LITTLE),
    }

    def facts(run: Run) -> Facts:
        return {
            "mean time of a dossier": run.dossiers().times.mean(),
            "mean time of a branch": run.at("one", "other").times.mean(),
            "mean number of dossiers": run.dossiers().present.mean(),
        }

    scenario = f"""
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
    return System(Model("fork and join", scenario, days=5), known, facts, within=0.06)


def tandem() -> System:
    """What leaves M/M/1 is Poisson; the times of one dossier at the two are independent as well.

    The share on time is the measure of the product, rule 19. Time is in hours.
    """
    rate, works, limit = 0.6, (1.0, 1.2), 12
    first, second = (1 / work - rate for work in works)
    on_time = 1 - formulas.chance_of_longer_time_in_a_row(first, second, limit)
    known = {
        "mean wait at the second": Known(1 / second - works[1], "Burke 1956"),
        "mean number at the second": Known(rate / second, "Burke 1956"),
        "mean time of a dossier": Known(1 / first + 1 / second, "Burke 1956"),
        f"on-time rate, a limit of {limit} h": Known(on_time, "Reich 1957"),
    }

    def facts(run: Run) -> Facts:
        measures = measure(run.trace.network, run.trace).table
        rate = measures[(measures.scope == "all") & (measures.measure == "on_time_rate")]
        return {
            "mean wait at the second": run.at("second").waits.mean(),
            "mean number at the second": run.at("second").present.mean(),
            "mean time of a dossier": run.dossiers().times.mean(),
            f"on-time rate, a limit of {limit} h": rate.value.item(),
        }

    scenario = f"""
    warm_up: 30 days
    levels: {{office: {{stations: {{first: {{}}, second: {{}}}}}}}}
    procedures:
      one:
        received_at: office
        volume: {{per_hour: {rate}}}
        time_limit: {limit} h
        route:
          - {{at: office.first, work: {{exponential: {works[0]} h}}}}
          - {{at: office.second, work: {{exponential: {works[1]} h}}}}
    """
    model = Model("tandem of M/M/1", scenario, days=300, unit=HOUR)
    return System(model, known, facts, within=0.08)


def branching_network() -> System:
    """Each station is its own M/M/c, and the number in a wait is Poisson."""
    rate, share, wait = 1.2, 0.4, 7.0
    desk, archive, away = rate * share * 1.2, rate * (1 - share) * 1.5, rate * (1 - share) * wait
    numbers = {
        "reception": rate + rate * formulas.wait_in_mmc(2, rate),
        "desk": desk / (1 - desk),
        "archive": archive + archive * formulas.wait_in_mmc(2, archive),
    }
    time = (sum(numbers.values()) + away) / rate
    known = {
        **{f"mean number at {x}": Known(value, "Jackson 1957") for x, value in numbers.items()},
        "mean number away": Known(away, "Jackson 1963"),
        "mean number of pairs away": Known(away**2, "Jackson 1963"),
        "mean time of a dossier": Known(time, LITTLE),
    }

    def facts(run: Run) -> Facts:
        waiting = run.waits().present
        return {
            **{f"mean number at {name}": run.at(name).present.mean() for name in numbers},
            "mean number away": waiting.mean(),
            "mean number of pairs away": (waiting * (waiting - 1)).mean(),
            "mean time of a dossier": run.dossiers().times.mean(),
        }

    scenario = f"""
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
    return System(Model("Jackson network", scenario, days=2), known, facts, within=0.06)


def feedback_network() -> System:
    """Rule 12: dossiers sent back at one of four stations, and all back to the first at the end.

    The numbers at the stations are those of M/M/c, and independent of each other.
    """
    rate, share, at_most, to_expert = 0.7, 0.3, 3, 0.4
    rounds = formulas.rounds_of_feedback(share, at_most)
    stations = {
        "reception": (2, 2 * rate * 1.0),
        "desk": (3, rounds * rate * 2.0),
        "expert": (1, to_expert * rate * 1.5),
        "signing": (1, rate * 0.8),
    }
    numbers = {
        name: load + load * formulas.wait_in_mmc(officers, load)
        for name, (officers, load) in stations.items()
    }
    no_queue = [formulas.chance_of_no_queue_in_mmc(*station) for station in stations.values()]
    known = {
        **{f"mean number at {name}": Known(value, KELLY) for name, value in numbers.items()},
        "chance that nobody waits anywhere": Known(math.prod(no_queue), KELLY),
        "mean number of rounds": Known(rounds, "by definition, 1 + p + p² + p³"),
        "mean time of a dossier": Known(sum(numbers.values()) / rate, LITTLE),
    }

    def facts(run: Run) -> Facts:
        at = {name: run.at(name) for name in stations}
        waiting = np.sum([stay.waiting for stay in at.values()], axis=0)
        times = run.dossiers().times
        return {
            **{f"mean number at {name}": stay.present.mean() for name, stay in at.items()},
            "chance that nobody waits anywhere": (waiting == 0).mean(),
            "mean number of rounds": at["desk"].times.size / times.size,
            "mean time of a dossier": times.mean(),
        }

    scenario = f"""
    levels:
      office:
        stations: {{reception: {{staff: 2}}, desk: {{staff: 3}}, expert: {{}}, signing: {{}}}}
    procedures:
      one:
        received_at: office
        volume: {{per_hour: {60 * rate}}}
        route:
          - {{at: office.reception, work: {{exponential: 1 min}}}}
          - at: office.desk
            work: {{exponential: 2 min}}
            incomplete: {{share: {share}, away: 0 min, at_most: {at_most}}}
          - choose:
              - share: {to_expert}
                route: [{{at: office.expert, work: {{exponential: 1.5 min}}}}]
              - {{share: rest}}
          - {{at: office.signing, work: {{exponential: 0.8 min}}}}
          - {{at: office.reception, work: {{exponential: 1 min}}}}
    """
    return System(Model("network with feedback", scenario, days=2), known, facts, within=0.08)


def pool() -> System:
    """Rules 5 and 6: two groups of officers, two stations, and the waits of M/M/3 at each."""
    officers, load = 3, 2.4
    wait = Known(formulas.wait_in_mmc(officers, load), ERLANG)
    known = {
        **known_of_mmc(officers, load),
        "mean wait at the one": wait,
        "mean wait at the other": wait,
    }

    def facts(run: Run) -> Facts:
        return {
            **facts_of_mmc(run.at("one", "other"), officers, load),
            "mean wait at the one": run.at("one").waits.mean(),
            "mean wait at the other": run.at("other").waits.mean(),
        }

    scenario = """
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
    return System(Model("M/M/3, a pool for two stations", scenario, days=3), known, facts, 0.07)


def closing_office() -> System:
    """Rule 4: works stop at closing and go on at opening, about one in eight of them.

    With arrivals in open hours only, the open hours in a row are M/M/1. Time is in hours.
    """
    load = 0.7
    scenario = f"""
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
    return System(
        Model("M/M/1 in open hours", scenario, days=973, unit=HOUR, clock=office_hours),
        known_of_mmc(1, load),
        lambda run: facts_of_mmc(run.at("desk"), 1, load),
        within=0.06,
    )


SYSTEMS = (
    poisson_arrivals(),
    mm1(),
    mmc("M/M/5", officers=5, load=4.0, days=2),
    mg1("M/D/1", "1 min", load=0.8, squared_cv=0, days=4),
    mg1("M/E4/1", "{erlang: {mean: 1 min, k: 4}}", load=0.7, squared_cv=1 / 4, days=4),
    mg1(
        "M/G/1, lognormal",
        "{lognormal: {mean: 1 min, cv: 1.4142135623730951}}",
        load=0.7,
        squared_cv=2,
        days=10,
    ),
    shortest_first(),
    priority_of_procedures(),
    priority_of_channels(),
    loss("M/M/5/5", "{exponential: 1 min}"),
    loss("M/G/5/5, lognormal", "{lognormal: {mean: 1 min, cv: 150%}}"),
    impatience(),
    incomplete_dossiers(),
    fork_and_join(),
    tandem(),
    branching_network(),
    feedback_network(),
    through_the_day(),
    pool(),
    closing_office(),
)


@dataclass(frozen=True)
class Recursion:
    """A model of which every start of work at a station is known, to the microsecond.

    By the recursion of Lindley, of Kiefer & Wolfowitz, or of Baccelli, Boyer & Hébuterne, on the
    model's clock, of visits that stand in the order of joining.
    """

    model: Model
    station: str
    officers: int

    def starts(self, run: Run) -> tuple[Instants, Instants]:
        """Give the starts that a run has, and those that it must have."""
        trace, docket = run.trace, run.docket
        visits = run.visits_at(self.station) & (trace.joined != MISSING)
        joined = run.clock(trace.joined[visits])
        assert (np.diff(joined) >= 0).all()
        starts = formulas.starts_of_work(
            joined, docket.duration[visits], docket.patience[visits], self.officers
        )
        end = run.clock(np.array([trace.network.end]))[0]
        expected = [MISSING if start is None or start >= end else start for start in starts]
        started = trace.started[visits]
        return np.where(started == MISSING, MISSING, run.clock(started)), np.array(expected)


def suspending_office(
    officers: int, open_hours: str = "08:00-16:00", patience: str = "1000 h", come: str = "office"
) -> Recursion:
    """Give a counter where works stop at closing; `come` says when dossiers do.

    With one class, first come first served, and patience (rule 7) in the office's open time.
    """
    scenario = f"""
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
    clock = every_instant if open_hours == "00:00-24:00" else office_hours
    name = f"M/G/{officers}, patience {patience}, open {open_hours}"
    name += ", come at night too" if come == "always" else ""
    return Recursion(Model(name, scenario, days=90, replications=2, clock=clock), "desk", officers)


def batches(officers: int) -> Recursion:
    """Rules 7 and 8: with batches on the hour and works and patiences of 20-minute steps, zero
    among them, almost everything happens at the same instants.
    """
    every_hour = [f"{hour:02d}:00" for hour in range(24)]
    some = "{discrete: {0 min: 25%, 20 min: 25%, 40 min: 25%, 60 min: 25%}}"
    scenario = f"""
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
    name = f"batches with patience, {officers} at work"
    return Recursion(Model(name, scenario, days=31, replications=2), "desk", officers)


AT_NIGHT = tuple(suspending_office(officers, come="always") for officers in (1, 3))
RECURSIONS = (
    *(
        suspending_office(officers, open_hours, patience)
        for open_hours in ("00:00-24:00", "08:00-16:00")
        for officers in (1, 3)
        for patience in ("1000 h", "{exponential: 90 min}", "0 min")
    ),
    *AT_NIGHT,
    *(batches(officers) for officers in (1, 3)),
)
