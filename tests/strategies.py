"""Whole scenarios for tests: small, strange, and with ties by the hundred.

A scenario is written by a `Source` of choices: Hypothesis, which shrinks what fails
(`cases()`), or a seed, which is quick and always gives the same (`case_of(seed)`). Hours,
works and waits are multiples of a coarse tick, so that shifts, works, waits, departures and
patience end together; `snapped` puts the arrivals on the tick too.
"""

from __future__ import annotations

import json
import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.docket import Docket, draw
from sim.durations import HOUR, MINUTE
from sim.engine import Trace
from sim.network import Network, build
from sim.scenario.load import load_text

Plan = dict[str, Any]
"""A scenario, or a part of it, as plain data."""
T = TypeVar("T")

MOST_ROUNDS = 3
TICKS = (HOUR, 2 * HOUR, 30 * MINUTE)


class Source(ABC):
    """Where choices come from; what is plainest comes first, so that failures shrink to it."""

    @abstractmethod
    def integer(self, low: int, high: int) -> int:
        """Choose a whole number, both bounds included."""

    def pick(self, options: Sequence[T]) -> T:
        """Choose one."""
        return options[self.integer(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        """Say yes in so many of a hundred cases."""
        return self.integer(0, 99) >= 100 - percent

    def some(self, options: Sequence[T], least: int = 0) -> list[T]:
        """Choose some, in their order."""
        chosen = [option for option in options if self.chance(50)]
        return chosen if len(chosen) >= least else list(options[:least])


class BytesSource(Source):
    """Choices read from bytes; when they are used up, whatever is plainest.

    Hypothesis draws them at once: drawn one by one, its choices would be far from even, and
    most scenarios bare.
    """

    LENGTH = 700

    def __init__(self, choices: bytes) -> None:
        self.choices = iter(choices)

    def integer(self, low: int, high: int) -> int:
        span = high - low + 1
        number, largest = next(self.choices, 0), 256
        while largest < span:
            number, largest = number * 256 + next(self.choices, 0), largest * 256
        return low + number * span // largest


class SeededSource(Source):
    """Choices that follow from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self.random.randint(low, high)


# Scenarios

FIRST_DATES = (
    date(2024, 3, 4),  # a Monday
    date(2024, 3, 7),  # a Thursday
    date(2024, 3, 8),  # a Friday
    date(2024, 4, 26),  # a Friday, before Vietnamese holidays
)
LEVEL_NAMES = ("province", "city", "ward")
OPENING_HOURS = (
    ["08:00-12:00", "13:00-17:00"],
    ["08:00-11:00"],
    ["10:00-11:00", "15:00-16:00"],
    ["07:30-11:30", "13:30-17:00"],
    ["09:00-12:00", "12:00-15:00"],
    ["00:00-24:00"],
)
NIGHT = ["00:00-06:00", "22:00-24:00"]
LIMITS = (
    "1 working days", "2 working days", "3 working days", "same day", "4 working h",
    "9 working h", "1 days", "2 days", "1 weeks", "5 h", "24 h", "90 min",
)  # fmt: skip
WORKS = (
    "1 h", "0 h", "2 h", "30 min", "1 h", "1 working h", "5 h", {"uniform": ["0 h", "3 h"]},
    {"discrete": {"0 h": 0.5, "2 h": 0.5}}, {"exponential": "1 h"},
    {"triangular": ["0 h", "1 h", "2 h"]}, {"lognormal": {"mean": "1 h", "cv": 1}},
)  # fmt: skip
PATIENCES = (
    "1 h", "2 h", "0 h", "3 working h", {"exponential": "2 h"},
    {"discrete": {"0 h": 0.2, "4 h": 0.8}},
)  # fmt: skip
LENGTHS = (
    "1 h", "0 h", "2 h", "3 working h", "1 working h", "0 working h", "8 h", "1 days",
    "1 working days", {"uniform": ["0 h", "6 h"]}, {"exponential": "4 working h"},
    {"discrete": {"0 working h": 0.3, "2 working h": 0.7}},
)  # fmt: skip
HOURS_OF_DEPARTURE = ("00:00", "08:00", "10:00", "11:00", "16:00", "22:00", "24:00")


def scenario_from(source: Source) -> Plan:
    """Write a scenario, valid by construction."""
    return _Writer(source).scenario()


class _Writer:
    """Writes a scenario's parts, which know of each other's names."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.first = source.pick(FIRST_DATES)
        self.dates = [self.first + timedelta(days=n) for n in range(source.integer(3, 6))]
        self.calendars = self._calendars()
        self.open_calendars = [name for name in self.calendars if name != "seldom"] + ["always"]
        """Those open on the period's first date, so that somebody can come."""
        self.offices: dict[str, list[str]] = {}
        self.levels: Plan = {}
        for name in LEVEL_NAMES[: source.integer(1, 3)]:
            self.levels[name] = self._level(name)
        self.addresses = [
            f"{name}.{station}"
            for name, level in self.levels.items()
            for station in level["stations"]
        ]
        self.profiles = self._profiles()
        self.channels = self._channels()

    def scenario(self) -> Plan:
        source = self.source
        plan: Plan = {
            "period": {"from": str(self.first), "to": str(self.dates[-1])},
            "calendars": self.calendars,
            "profiles": self.profiles,
            "levels": self.levels,
            "procedures": {},
        }
        if self.channels:
            plan["channels"] = self.channels
        if source.chance(40):
            plan["warm_up"] = source.pick(["1 days", "2 days"])
        if source.chance(20):
            plan["demand_cv"] = 0.3
        if source.chance(40):
            plan["same_day_cutoff"] = source.pick(["12:00", "10:30", "15:00"])
        plan.update(self._early())
        if source.chance(75):
            plan["transfers"] = [self._transfer() for _ in range(source.integer(1, 4))]
        if source.chance(20):
            plan["volumes"] = {"all": {"in_period": 20}}
        for number in range(source.integer(1, 3)):
            plan["procedures"][f"procedure-{number + 1}"] = self._procedure("volumes" in plan)
        return plan

    def _early(self) -> Plan:
        source = self.source
        plan: Plan = {}
        if source.chance(30):
            plan["early"] = source.pick(["by_slip", "by_date", "by_time"])
        if source.chance(30):
            plan["early_margin"] = source.pick(["0 h", "1 h", "4 h"])
        if source.chance(40):
            plan["apology"] = {"extension": source.pick(["1 working day", "3 working days"])}
            if source.chance(30):
                plan["apology"]["before"] = source.pick(["2 working days", "1 working day"])
        return plan

    def _calendars(self) -> Plan:
        source = self.source
        calendars = {f"hours-{n + 1}": self._hours() for n in range(source.integer(1, 3))}
        if source.chance(35):
            calendars["night"] = {"hours": {"mon-sun": NIGHT}}
        if source.chance(25):
            calendars["seldom"] = {
                "hours": {source.pick(["sat", "sun", "tue-wed"]): source.pick(OPENING_HOURS)},
                "closed": [str(self.first)],
            }
        return calendars

    def _hours(self) -> Plan:
        """Write a calendar that is open on the period's first date."""
        source = self.source
        rule: Plan = {"hours": {"mon-fri": source.pick(OPENING_HOURS)}}
        if source.chance(20):
            rule["hours"]["sat-sun"] = source.pick(OPENING_HOURS)
        if source.chance(30):
            day = source.pick(self.dates[1:])
            rule["closed"] = [source.pick([str(day), f"{day}..{day + timedelta(days=1)}"])]
        if source.chance(20):
            rule["open"] = {str(source.pick(self.dates[1:])): source.pick(OPENING_HOURS)}
        if source.chance(15):
            rule["holidays"] = "VN"
        return rule

    def _profiles(self) -> Plan:
        source = self.source
        profile: Plan = {}
        if source.chance(50):
            profile["hours"] = {"08:00-09:00": 4, "16:00-17:00": 0, "22:00-24:00": 0.5}
        if source.chance(30):
            profile["weekdays"] = {"mon": 2, "fri": 0.5}
        if source.chance(30):
            profile["dates"] = {str(self.dates[1]): 3}
        if source.chance(50):
            profile["day_cv"] = source.pick([0.5, "150%"])
        return {"uneven": profile}

    def _channels(self) -> Plan:
        """Write up to three channels; without any there is `counter`."""
        source = self.source
        if source.chance(20):
            return {}
        channels: Plan = {"counter": {}}
        if source.chance(70):
            channels["online"] = {"calendar": source.pick(["always", *self.open_calendars])}
        if source.chance(25):
            channels["kiosk"] = {"present": True}
        for channel in channels.values():
            if source.chance(40):
                channel["profile"] = "uneven"
            if source.chance(40):
                channel["priority"] = source.pick([1, -1])
        return channels

    # Levels

    def _level(self, name: str) -> Plan:
        source = self.source
        level: Plan = {"calendar": source.pick(self.open_calendars)}
        parents: list[str] = []
        if self.offices and source.chance(75):
            level["within"] = source.pick(list(self.offices))
            parents = self.offices[level["within"]]
        numbers = ["reception", "desk", "sign"][: source.integer(1, 3)]
        level["stations"] = {station: self._station(station) for station in numbers}
        if source.chance(45):
            level["pools"] = {"floor": self._pool(level["stations"])}
        self._add_offices(name, level, parents)
        return level

    def _add_offices(self, name: str, level: Plan, parents: list[str]) -> None:
        """Write the level's offices in one of the ways the language has, and name them."""
        source = self.source
        way = source.pick(["none", "number", "names", "mapping"])
        if way == "names" and len(parents) > 1:
            way = "mapping"
        names: list[str]
        match way:
            case "none":
                one_each = len(parents) > 1
                names = [f"{name}-{n + 1}" for n in range(len(parents))] if one_each else [name]
            case "number":
                level["offices"] = source.integer(1, 3)
                names = [f"{name}-{n + 1}" for n in range(level["offices"])]
            case "names":
                names = [f"Phường {n + 1}" for n in range(source.integer(1, 3))]
                level["offices"] = names
            case _:
                names = [f"{name} {n + 1}" for n in range(source.integer(1, 3))]
                level["offices"] = {office: self._office(level, parents) for office in names}
                level["offices"][names[0]].pop("share", None)  # not every share may be 0
        self.offices[name] = names

    def _office(self, level: Plan, parents: list[str]) -> Plan:
        source = self.source
        office: Plan = {}
        if len(parents) > 1 or (parents and source.chance(50)):
            office["within"] = source.pick(parents)
        if source.chance(50):
            office["share"] = source.pick([2, 0.5, 0])
        if source.chance(30):
            office["calendar"] = source.pick(self.open_calendars)
        if source.chance(30):
            homes = [*level["stations"], *level.get("pools", {})]
            office["staff"] = {source.pick(homes): source.integer(0, 3)}
        return office

    def _station(self, name: str) -> Plan:
        source = self.source
        station: Plan = {}
        if source.chance(80 if name == "reception" else 25):
            station["kind"] = "counter"
        if source.chance(75):
            station["staff"] = self._staff()
        if source.chance(20):
            station["absence"] = source.pick([0.3, "10%"])
        if source.chance(60):
            station["discipline"] = source.pick(["edd", "spt", "edd"])
        if source.chance(65):
            station["at_close"] = source.pick(["clear", "suspend", "finish", "clear"])
        if source.chance(30):
            station["patience"] = source.pick(PATIENCES)
        if source.chance(25):
            station["owner"] = True
        return station

    def _staff(self) -> object:
        source = self.source
        if source.chance(60):
            return source.pick([1, 2, 1, 3, 0])
        return [self._staff_group() for _ in range(source.integer(1, 2))]

    def _staff_group(self) -> Plan:
        source = self.source
        group: Plan = {"count": source.pick([1, 2, 1, 0])}
        if source.chance(60):
            group["calendar"] = source.pick([*self.calendars, "always"])
        if source.chance(25):
            group["from"] = str(source.pick(self.dates))
        return group

    def _pool(self, stations: Plan) -> Plan:
        """Write a pool; its stations get one discipline, and mostly no officers of their own."""
        source = self.source
        serves = source.some(list(stations), least=1)
        if source.chance(50):
            serves.reverse()
        discipline = source.pick(["fcfs", "edd", "edd", "spt"])
        for station in serves:
            stations[station]["discipline"] = discipline
            if source.chance(60):
                stations[station].pop("staff", None)
        pool: Plan = {"staff": self._staff(), "serves": serves}
        if source.chance(20):
            pool["absence"] = 0.3
        return pool

    def _transfer(self) -> Plan:
        source = self.source
        rule: Plan = {}
        if source.chance(30):
            rule["within"] = source.pick(list(self.levels))
        else:
            for end in ("from", "to"):
                rule[end] = source.pick([*self.levels, *self.addresses])
        if source.chance(40):
            rule["departs"] = source.some(HOURS_OF_DEPARTURE, least=1)
        elif source.chance(40):
            # on a calendar that closes, which an office's own may not do
            rule["cutoff"] = source.pick(["10:00", "11:00", "15:00"])
            rule["calendar"] = source.pick(list(self.calendars))
        if "calendar" not in rule and source.chance(40):
            rule["calendar"] = source.pick([*self.calendars, "always"])
        if source.chance(60):
            rule["takes"] = source.pick(["1 h", "0 h", "2 h", {"uniform": ["0 h", "3 h"]}])
        return rule

    # Procedures

    def _procedure(self, shared_volume: bool) -> Plan:
        source = self.source
        levels, channels = list(self.levels), list(self.channels)
        at = source.pick(levels)
        procedure: Plan = {"received_at": at, "volume": self._volume(shared_volume)}
        others = [level for level in levels if level != at]
        if others and source.chance(30):
            procedure["received_at"] = {at: "60%", source.pick(others): "40%"}
        if channels and source.chance(80):
            procedure["channels"] = _shares(channels)
        if source.chance(85):
            procedure["time_limit"] = source.pick(LIMITS)
        if source.chance(40):
            procedure["statutory_limit"] = source.pick(LIMITS)
        if source.chance(40):
            procedure["priority"] = source.pick([2, 0, {"1": "50%", "2": "50%"}])
        procedure.update(self._early())
        received_at = procedure["received_at"]
        places = [received_at] if isinstance(received_at, str) else list(received_at)
        words = [*(channels or ["counter"]), *places]
        writer = _RouteWriter(source, self.addresses, words, "time_limit" in procedure)
        procedure["route"] = writer.route()
        return procedure

    def _volume(self, shared: bool) -> Plan:
        source = self.source
        if shared and source.chance(50):
            return {"of": "all", "share": "30%"}
        return source.pick([
            {"in_period": 8}, {"in_period": 16}, {"in_period": 24}, {"in_period": 3},
            {"per_day": 6}, {"per_working_day": 8}, {"per_hour": 0.5}, {"per_year": 2000},
            {"in_period": 0},
        ])  # fmt: skip


def _shares(words: Sequence[str]) -> Plan:
    """Give each word a share, the first the most."""
    by_count = {1: ["100%"], 2: ["60%", "40%"], 3: ["50%", "30%", "20%"]}
    return dict(zip(words, by_count[len(words)], strict=True))


class _RouteWriter:
    """Writes one procedure's route, with marks and ends only where they may stand."""

    def __init__(
        self, source: Source, addresses: list[str], words: list[str], limited: bool
    ) -> None:
        self.source = source
        self.addresses = addresses
        self.words = words
        self.limited = limited
        self.steps = 0
        self.until_due = False
        """Whether a wait until the due instant may stand here: after acceptance."""
        self.may_end = False
        self.may_decide = False

    def route(self) -> list[Plan]:
        """Write the route: the `anchor` is a step with a visit that every dossier has."""
        source = self.source
        anchor = source.pick([0, 0, 1])
        length = anchor + source.integer(1, 5)
        accepts = source.integer(anchor, length - 1) if source.chance(25) else -1
        decides = source.integer(max(anchor, accepts), length - 1) if source.chance(30) else -1
        route = []
        for place in range(length):
            self.until_due = self.limited and place > max(anchor, accepts)
            self.may_end = place > anchor
            self.may_decide = self.may_end and (decides < 0 or place < decides)
            if place in (accepts, decides):
                step = self._visit(nested=False)
            elif place == anchor:
                step = self._anchor()
            else:
                step = self._step(depth=0, parallel=False)
            if place == anchor:
                step.pop("only", None)
            if place == accepts:
                step["accepts"] = True
            if place == decides:
                step["decides"] = True
            route.append(step)
        return route

    def _anchor(self) -> Plan:
        if self.source.chance(15):
            step = self._together(depth=0)
            first = self._visit(nested=True)
            first.pop("only", None)
            step["together"][0].insert(0, first)
            return step
        return self._visit(nested=False)

    def _step(self, depth: int, parallel: bool) -> Plan:
        kinds = ["visit", "visit", "visit", "wait", "wait", "choose", "together", "together"]
        match self.source.pick(kinds if depth < 2 else kinds[:5]):
            case "wait":
                return self._wait(parallel)
            case "choose":
                return self._choose(depth, parallel)
            case "together":
                return self._together(depth)
            case _:
                return self._visit(parallel)

    def _named(self, kind: str) -> Plan:
        """Begin a step: with an id, and sometimes only for some dossiers."""
        self.steps += 1
        step: Plan = {"id": f"{kind}-{self.steps}"}
        if self.source.chance(12):
            step["only"] = [self.source.pick(self.words)]
        return step

    def _visit(self, nested: bool) -> Plan:
        source = self.source
        step = self._named("visit")
        step["at"] = source.pick(self.addresses)
        step["work"] = source.pick(WORKS)
        if source.chance(25):
            step["incomplete"] = self._incomplete(nested)
        if source.chance(15):
            step["allotment"] = "2 working h"
        return step

    def _incomplete(self, nested: bool) -> Plan:
        source = self.source
        share = source.pick(["50%", "100%", {"counter": "60%"}])
        incomplete: Plan = {"share": share, "away": source.pick(LENGTHS)}
        incomplete["clock"] = self._clock(nested)
        if source.chance(50):
            incomplete["again"] = source.pick(WORKS)
        if source.chance(50):
            incomplete["at_most"] = source.integer(2, MOST_ROUNDS)
        if isinstance(share, dict) and "counter" not in self.words:
            incomplete["share"] = "60%"
        return incomplete

    def _clock(self, parallel: bool) -> str:
        clocks = ["runs", "pauses", "pauses"]
        return self.source.pick(clocks if parallel else [*clocks, "restarts"])

    def _wait(self, parallel: bool) -> Plan:
        source = self.source
        step = self._named("wait")
        if self.until_due and source.chance(50):
            step["wait"] = {"until": "due"}
            if source.chance(60):
                step["wait"]["then"] = source.pick(LENGTHS)
        else:
            step["wait"] = source.pick(LENGTHS)
        step["clock"] = self._clock(parallel)
        return step

    def _choose(self, depth: int, parallel: bool) -> Plan:
        source = self.source
        step = self._named("choose")
        ways: list[list[object]] = [
            ["50%", "rest"], ["30%", "30%", "rest"], [0.5, 0.5], [0, "rest"], ["rest"]
        ]  # fmt: skip
        shares = source.pick(ways)
        step["choose"] = [self._branch(share, depth, parallel) for share in shares]
        return step

    def _branch(self, share: object, depth: int, parallel: bool) -> Plan:
        source = self.source
        branch: Plan = {"share": share}
        may_end, may_decide = self.may_end and not parallel, self.may_decide and not parallel
        if may_end and share != "rest" and source.chance(50):
            branch["end"] = source.pick(["refused", "withdrawn"])
            self.may_end = self.may_decide = False
            branch["route"] = self._steps(depth + 1, parallel)
            if may_decide and source.chance(40):
                visit = self._visit(parallel)
                visit["decides"] = True
                branch["route"].append(visit)
            self.may_end, self.may_decide = may_end, may_decide
        elif source.chance(70):
            branch["route"] = self._steps(depth + 1, parallel)
        return branch

    def _together(self, depth: int) -> Plan:
        step = self._named("together")
        count = self.source.pick([2, 3, 1])
        step["together"] = [self._steps(depth + 1, parallel=True) for _ in range(count)]
        return step

    def _steps(self, depth: int, parallel: bool) -> list[Plan]:
        """Write a branch: up to three steps, sometimes none."""
        count = self.source.pick([1, 2, 0, 1, 3])
        return [self._step(depth, parallel) for _ in range(count)]


# Cases: a scenario with its docket


@dataclass(frozen=True, eq=False)
class Case:
    """A scenario and what was drawn for it, ready to be run."""

    plan: Plan
    network: Network
    docket: Docket
    tick: int | None

    def __repr__(self) -> str:
        plan = json.dumps(self.plan, ensure_ascii=False)
        return f"Case(seed={self.docket.seed}, tick={self.tick}, plan={plan})"

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """Print without the arrays, which Hypothesis would write out."""
        printer.text(repr(self))


def network_of(plan: Plan) -> Network:
    """Read a scenario (JSON is YAML) and build it."""
    return build(load_text(json.dumps(plan, ensure_ascii=False)))


def case_from(source: Source) -> Case:
    """Write a scenario and draw it; in most cases everything falls on the tick."""
    plan = scenario_from(source)
    network = network_of(plan)
    docket = draw(network, source.integer(0, 999), replication=0)
    tick = source.pick(TICKS) if source.chance(80) else None
    return Case(plan, network, snapped(docket, tick) if tick else docket, tick)


def case_of(seed: int) -> Case:
    """Give the case of a seed: quicker than Hypothesis, and the same everywhere."""
    return case_from(SeededSource(seed))


def sources() -> st.SearchStrategy[Source]:
    """Give sources of choices that Hypothesis varies, and shrinks to plainer ones."""
    bounds = {"min_size": BytesSource.LENGTH, "max_size": BytesSource.LENGTH}
    return st.binary(**bounds).map(BytesSource)


def scenarios() -> st.SearchStrategy[Plan]:
    """Give scenarios as plain data."""
    return sources().map(scenario_from)


def cases() -> st.SearchStrategy[Case]:
    """Give scenarios with their dockets."""
    return sources().map(case_from)


# Dockets on a tick

OF_DOSSIER = (
    "template", "citizen", "home", "priority", "arrived", "accepted", "due", "accepting_office",
)  # fmt: skip
OF_NODE = ("station", "duration", "patience")
SPREAD = (
    "procedure", "channel", "accepts", "resolves", "withdraws", "ending", "kind", "step", "round",
    "dossier", "working", "until_due", "clock", "opens_at", "rule", "following", "sibling",
    "arrivals",
)  # fmt: skip
"""What a docket keeps once for each template."""
UNMOVED = ("seed", "replication", "templates", "shifts", "procedure_steps", "endings")


def of_dossiers(docket: Docket, dossiers: NDArray[np.int64]) -> Docket:
    """Take some dossiers of a docket, in an order, with their nodes."""
    known = {*OF_DOSSIER, *OF_NODE, *UNMOVED, "first_node"}
    assert known == {field.name for field in fields(docket)}

    nodes = _concatenated(
        np.arange(docket.first_node[number], docket.first_node[number + 1]) for number in dossiers
    )
    moved: dict[str, Any] = {
        **{name: getattr(docket, name)[dossiers] for name in OF_DOSSIER},
        **{name: getattr(docket, name)[nodes] for name in OF_NODE},
    }
    sizes = np.diff(docket.first_node)[dossiers]
    first_node = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return replace(docket, **moved, first_node=first_node)


def snapped(docket: Docket, tick: int) -> Docket:
    """Put every arrival and duration on a multiple of `tick`, in microseconds.

    Arrivals are rounded down, durations and patience to the nearest. Dossiers that now arrive
    together are numbered anew, by (arrival, procedure, citizen), and their nodes move with them.
    """
    rounded = replace(
        docket,
        arrived=docket.arrived // tick * tick,
        duration=_to_nearest(docket.duration, tick),
        patience=np.where(docket.patience < 0, -1, _to_nearest(docket.patience, tick)),
    )
    order = np.lexsort((rounded.citizen, rounded.procedure, rounded.arrived))
    return of_dossiers(rounded, order)


def _to_nearest(durations: NDArray[np.int64], tick: int) -> NDArray[np.int64]:
    return (durations + tick // 2) // tick * tick


def _concatenated(parts: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *parts])


# Comparing

TRACE_ARRAYS = (
    "joined", "started", "ended", "officer", "accepted", "resolved", "due", "due_by_law",
    "apologised", "stopped", "left", "finished",
)  # fmt: skip


def first_difference(one: Trace, other: Trace) -> str | None:
    """Say in which array, and where, two traces of one docket differ first; None if nowhere."""
    for name in TRACE_ARRAYS:
        ours, theirs = getattr(one, name), getattr(other, name)
        if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
            return f"{name}: {ours.dtype}{ours.shape} and {theirs.dtype}{theirs.shape}"
        differs = np.flatnonzero(ours != theirs)
        if differs.size:
            place = int(differs[0])
            return f"{name}[{place}]: {ours[place]} and {theirs[place]}"
    return None


def fingerprint(docket: Docket, trace: Trace | None = None) -> str:
    """Hash every byte of a docket, and of a trace."""
    digest = blake2b(digest_size=16)
    columns = (*OF_DOSSIER[1:], "first_node", *OF_NODE, *SPREAD)
    arrays = [getattr(docket, name) for name in columns]
    arrays += [getattr(trace, name) for name in TRACE_ARRAYS] if trace is not None else []
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    numbers = {calendar: number for number, calendar in enumerate(dict.fromkeys(docket.shifts))}
    for calendar in numbers:
        digest.update(np.array([calendar.opens, calendar.closes], np.int64).tobytes())
    digest.update(repr([numbers[calendar] for calendar in docket.shifts]).encode())
    digest.update(repr((docket.procedure_steps, docket.endings)).encode())
    return digest.hexdigest()
