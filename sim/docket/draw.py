"""The docket: who comes when, with what needs, and which officers are absent.

Every random fact of citizen i of a procedure is the i-th uniform of the stream named
(procedure, step id, round, purpose), put through a quantile function (docs/language.md,
"Identity").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.calendars import Calendar
from sim.distributions import Distribution, gamma_quantiles, lognormal_quantile, quantiles
from sim.docket.streams import uniforms
from sim.durations import DAY, MILLISECOND, MISSING
from sim.nearness import nearest_places
from sim.network import Intensity, Network, OpenDossiers, Procedure
from sim.routes import Draws, Node, NodeKind, Template, resolve
from sim.scenario.schema import Choose, Step, Together, UntilDue, Visit, Wait, holds_for, steps_of

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
CLOCKS = ("runs", "pauses", "restarts")


@dataclass(frozen=True, eq=False)
class Docket:
    """Everything random in one replication, as arrays; D dossiers, S nodes.

    A dossier's number is its rank by (arrival, procedure, citizen); its nodes stand together,
    in the order of its route. Instants and durations are in microseconds.

    Parameters
    ----------
    seed, replication
        What it was drawn for.
    procedure, citizen, home, channel, priority
        Of each dossier: numbers of its procedure, its citizen, its home office and its
        channel; its class, the channel's priority added. Shape (D,).
    arrived
        When it arrives, or the run's start if it is open then, shape (D,).
    accepted, due
        Of a dossier that is open when the run starts, when it was accepted, and when it is due
        or `MISSING` if that follows from its limit; `MISSING` for all others. Shape (D,).
    first_node
        Where its nodes begin, shape (D + 1,).
    accepts, resolves
        Node at whose end it is accepted (-1 on arrival) and resolved (-1 never), shape (D,).
    accepting_office
        Office that accepts it, shape (D,).
    withdraws
        Whether it is withdrawn when its route ends, shape (D,).
    ending
        Number in `endings` of the word of its `end`, or -1, shape (D,).
    kind, step, round
        Of each node: its `NodeKind`; number in `steps` of the step, -1 for forks and joins;
        the round, from 0. Shape (S,).
    dossier
        Number of its dossier, shape (S,).
    station
        A visit's station; for others that of the visit before, or -1, shape (S,).
    duration
        A visit's work, a wait's length, a transfer's travel time, shape (S,).
    patience
        Open time after which the citizen of a visit leaves, -1 for never, shape (S,).
    working, until_due, clock
        Of a wait: whether its length is open time of the home office; whether it begins with
        the wait until the due instant; what it does to the limit, a place in `CLOCKS`. (S,).
    opens_at
        Station of the counter at which a wait's citizen appears next, or -1, shape (S,).
    rule
        A transfer's rule, or -1, shape (S,).
    following, sibling, arrivals
        The node that follows, -1 at the route's end; the first node of the next branch, or -1;
        of a join, how many branches it waits for. Shape (S,).
    shifts
        Of each officer, the calendar less the dates of absence.
    procedure_steps, endings
        Names of steps, (procedure, step id), and words of `end`.
    """

    seed: int
    replication: int
    procedure: Integers
    citizen: Integers
    home: Integers
    channel: Integers
    priority: Integers
    arrived: Integers
    accepted: Integers
    due: Integers
    first_node: Integers
    accepts: Integers
    resolves: Integers
    accepting_office: Integers
    withdraws: NDArray[np.bool_]
    ending: Integers
    kind: Integers
    step: Integers
    round: Integers
    dossier: Integers
    station: Integers
    duration: Integers
    patience: Integers
    working: NDArray[np.bool_]
    until_due: NDArray[np.bool_]
    clock: Integers
    opens_at: Integers
    rule: Integers
    following: Integers
    sibling: Integers
    arrivals: Integers
    shifts: tuple[Calendar, ...]
    procedure_steps: tuple[tuple[str, str], ...]
    endings: tuple[str, ...]


_OF_DOSSIER = (
    "procedure", "citizen", "home", "channel", "priority", "arrived", "accepted", "due",
    "accepts", "resolves", "accepting_office", "withdraws", "ending",
)  # fmt: skip
_OF_NODE = (
    "kind", "step", "round", "dossier", "station", "duration", "patience", "working",
    "until_due", "clock", "opens_at", "rule", "following", "sibling", "arrivals",
)  # fmt: skip
_PLACES = ("accepts", "resolves", "following", "sibling")
"""Columns that hold places in a dossier's own nodes until all dossiers are put in order."""


@dataclass(frozen=True)
class _Alike:
    """Dossiers of one procedure with one template: columns of dossiers (n,), of nodes (n, m)."""

    dossiers: dict[str, Integers]
    nodes: dict[str, Integers]


def draw(network: Network, seed: int, replication: int) -> Docket:
    """Draw one replication.

    Parameters
    ----------
    network
        The network, of any policy.
    seed
        The study's seed.
    replication
        The replication's number; each can be drawn alone.

    Returns
    -------
    Docket
        The same to the last byte for the same network, seed and replication.
    """
    names = _Names()
    batches = [
        batch
        for number in range(len(network.procedures))
        for batch in _ProcedureDraw(network, number, seed, replication, names).batches()
    ]
    for open_ in network.backlog:
        drawing = _ProcedureDraw(network, open_.procedure, seed, replication, names, open_)
        batches.extend(drawing.batches())
    columns = _in_order(batches)
    return Docket(
        seed=seed,
        replication=replication,
        shifts=tuple(_shifts(network, seed, replication)),
        procedure_steps=tuple(names.steps),
        endings=tuple(names.endings),
        **columns,
    )


class _Names:
    """Numbers given to step ids and to the words of `end`, in the order they are met."""

    def __init__(self) -> None:
        self.steps: dict[tuple[str, str], int] = {}
        self.endings: dict[str, int] = {}

    def step(self, procedure: str, step_id: str) -> int:
        return self.steps.setdefault((procedure, step_id), len(self.steps))

    def ending(self, word: str) -> int:
        return self.endings.setdefault(word, len(self.endings)) if word else -1


class _ProcedureDraw:
    """Draws the citizens of one procedure, or its open dossiers that have reached one step."""

    def __init__(
        self,
        network: Network,
        number: int,
        seed: int,
        replication: int,
        names: _Names,
        backlog: OpenDossiers | None = None,
    ) -> None:
        self.network = network
        self.number = number
        self.procedure: Procedure = network.procedures[number]
        self.seed = seed
        self.replication = replication
        self.names = names
        self.backlog = backlog
        self.stream: tuple[str, ...] = (self.procedure.name,)
        self.count = 0
        if backlog is not None:
            self.procedure = replace(self.procedure, route=backlog.route)
            self.stream = ("backlog", self.procedure.name)
            self.count = max(backlog.citizens) + 1

    def batches(self) -> Iterator[_Alike]:
        """Draw all citizens, those with one template together."""
        if self.backlog is not None:
            yield from self._open(self.backlog)
            return
        arrivals = _Arrivals(self)
        self.count = arrivals.count
        if self.count > 0:
            missing = np.full(self.count, MISSING)
            everyone = np.ones(self.count, bool)
            yield from self._on_routes(*arrivals.draw(self), missing, missing, everyone)

    def _open(self, backlog: OpenDossiers) -> Iterator[_Alike]:
        """Draw the open dossiers: the channel if it is not known, and what is left to do."""
        network = self.network
        who = np.array(backlog.citizens, np.int64)
        home, channel = np.zeros((2, self.count), np.int64)
        accepted, due = np.full((2, self.count), MISSING)
        home[who] = backlog.homes
        accepted[who], due[who] = backlog.accepted, backlog.due
        u = self.uniforms("channel")
        for citizen, shares in zip(backlog.citizens, backlog.channels, strict=True):
            place = drawn(u[citizen : citizen + 1], np.array([share for _, share in shares]))
            channel[citizen] = shares[int(place[0])][0]
        levels = np.array([network.offices[p.office].level for p in network.places], np.int64)
        arrived = np.full(self.count, network.run_start)
        here = np.zeros(self.count, bool)
        here[who] = True
        yield from self._on_routes(levels[home], home, channel, arrived, accepted, due, here)

    def _on_routes(
        self,
        level: Integers,
        home_place: Integers,
        channel: Integers,
        arrived: Integers,
        accepted: Integers,
        due: Integers,
        here: NDArray[np.bool_],
    ) -> Iterator[_Alike]:
        """Draw the routes and needs of the citizens `here`, those with one template together."""
        home = self.network.office_of_place[home_place]
        priority = self._drawn_key(("priority",), self.procedure.priority)
        priority += np.array([c.priority for c in self.network.channels], np.int64)[channel]
        choices = _Choices(self, level, channel, here)
        for who, draws in choices.groups():
            template = resolve(self.network, self.procedure, draws)
            offices = _Offices(self, who, level[who], home_place[who])
            nodes = self._nodes(template, who, channel[who], offices)
            accepts, accepting = template.accepts, home[who]
            if self.backlog is not None:
                accepts, accepting = -1, self._accepted_by(draws.words, offices, home[who])
            elif accepts >= 0:
                place = template.nodes[accepts].place
                accepting = offices.at(_level_of(self.network, place or ""))
            dossiers = {
                "procedure": np.full(who.size, self.number),
                "citizen": who,
                "home": home[who],
                "channel": channel[who],
                "priority": priority[who],
                "arrived": arrived[who],
                "accepted": accepted[who],
                "due": due[who],
                "accepts": np.full(who.size, accepts),
                "resolves": np.full(who.size, template.resolves),
                "accepting_office": accepting,
                "withdraws": np.full(who.size, template.withdraws),
                "ending": np.full(who.size, self.names.ending(template.ending)),
            }
            yield _Alike(dossiers, nodes)

    def _accepted_by(self, words: frozenset[str], offices: _Offices, home: Integers) -> Integers:
        """Give the offices that accepted open dossiers, as rule 13 has it on the whole route."""
        whole = self.network.procedures[self.number]
        likeliest = {
            step.id: int(np.argmax(step.shares))
            for step in steps_of(whole.route)
            if isinstance(step, Choose)
        }
        template = resolve(self.network, whole, Draws(words, likeliest))
        if template.accepts < 0:
            return home
        return offices.at(_level_of(self.network, template.nodes[template.accepts].place or ""))

    def uniforms(self, *name: str, count: int | None = None) -> Floats:
        """Give the uniforms of all citizens in one of the procedure's streams, shape (N,)."""
        full = (*self.stream, *name)
        return uniforms(self.seed, self.replication, full, self.count if count is None else count)

    def _drawn_key(self, name: tuple[str, ...], shares: tuple[tuple[int, float], ...]) -> Integers:
        """Draw one of several numbers by share for each citizen."""
        keys = np.array([key for key, _ in shares], np.int64)
        return keys[drawn(self.uniforms(*name), np.array([share for _, share in shares]))]

    def quantiles(
        self, distribution: Distribution, who: Integers, step_id: str, round_: int, purpose: str
    ) -> Integers:
        """Draw a duration for some citizens, shape (n,), in microseconds."""
        if distribution.family == "constant":
            return np.full(who.size, quantiles(distribution, np.array([0.5]))[0])
        u = self.uniforms(step_id, str(round_), purpose, count=int(who[-1]) + 1)
        return quantiles(distribution, u[who])

    def _nodes(
        self, template: Template, who: Integers, channel: Integers, offices: _Offices
    ) -> dict[str, Integers]:
        """Fill the nodes of one template for the citizens who share it, columns (n, m)."""
        shape = (who.size, len(template.nodes))
        columns = {name: np.full(shape, -1, np.int64) for name in _OF_NODE if name != "dossier"}
        for name in ("duration", "working", "until_due", "clock", "arrivals"):
            columns[name][:] = 0
        present = self.network.is_present(int(channel[0]))
        for place, node in enumerate(template.nodes):
            values = self._node(node, who, present, offices)
            values.update(
                kind=node.kind, round=node.round, rule=node.rule, following=node.following,
                sibling=node.sibling, arrivals=node.arrivals,
            )  # fmt: skip
            if node.place is not None:
                values["station"] = offices.station(node.place)
            if node.step is not None:
                values["step"] = self.names.step(self.procedure.name, node.step.id)
            if present and node.kind == NodeKind.WAIT and node.following >= 0:
                appears = template.nodes[node.following]
                if appears.kind == NodeKind.VISIT and appears.place is not None:
                    station = offices.station(appears.place)
                    if self.network.stations[int(station[0])].counter:
                        values["opens_at"] = station
            for name, value in values.items():
                columns[name][:, place] = value
        return columns

    def _node(
        self, node: Node, who: Integers, present: bool, offices: _Offices
    ) -> dict[str, int | Integers]:
        """Draw what is random at one node."""
        step = node.step
        match node.kind, step:
            case NodeKind.VISIT, Visit():
                again = step.incomplete.again if step.incomplete and node.round else None
                work = self.quantiles(again or step.work, who, step.id, node.round, "work")
                patience = self._patience(node, step, who, present, offices)
                return {"duration": work, "patience": patience}
            case NodeKind.WAIT, Visit(incomplete=incomplete) if incomplete is not None:
                away = self.quantiles(incomplete.away, who, step.id, node.round, "away")
                return {
                    "duration": away,
                    "working": int(incomplete.away.working),
                    "clock": CLOCKS.index(incomplete.clock),
                }
            case NodeKind.WAIT, Wait():
                until_due = isinstance(step.wait, UntilDue)
                length = step.wait.then if isinstance(step.wait, UntilDue) else step.wait
                return {
                    "duration": self.quantiles(length, who, step.id, 0, "wait"),
                    "working": int(length.working),
                    "until_due": int(until_due),
                    "clock": CLOCKS.index(step.clock),
                }
            case NodeKind.TRANSFER, _:
                takes = self.network.transfers[node.rule].takes
                if takes is not None:
                    step_id, purpose = node.stream
                    return {"duration": self.quantiles(takes, who, step_id, 0, purpose)}
        return {}

    def _patience(
        self, node: Node, step: Visit, who: Integers, present: bool, offices: _Offices
    ) -> int | Integers:
        station = self.network.stations[int(offices.station(node.place or "")[0])]
        if station.patience is None or not present:
            return -1
        return self.quantiles(station.patience, who, step.id, node.round, "patience")


def drawn(u: Floats, shares: Floats) -> Integers:
    """Draw places in a list by their relative shares, one for each uniform, shape (n,)."""
    bounds = np.cumsum(shares)
    return np.searchsorted(bounds[:-1] / bounds[-1], u, side="right").astype(np.int64)


class _Arrivals:
    """How many citizens come, where, through which channel, and when."""

    def __init__(self, of: _ProcedureDraw) -> None:
        network, procedure = of.network, of.procedure
        self.network = network
        self.pieces: dict[tuple[int, Calendar], tuple[Intensity, Floats]] = {}
        self.growth: dict[tuple[int, Calendar], float] = {}
        """Expected arrivals in the run for each one expected in the period."""
        total = 0.0
        for level, part in procedure.received_at:
            total += part * self._place_weights(of, level).sum()
        scenario = network.scenario
        mean = procedure.volume * total
        if scenario.demand_cv > 0:
            u = uniforms(of.seed, of.replication, ("demand",), 1)[0]
            mean *= lognormal_quantile(1.0, scenario.demand_cv, u)
        self.count = _poisson_quantile(mean, of.uniforms("count", count=1)[0])

    def _growth(self, of: _ProcedureDraw, channel: int, calendar: Calendar) -> float:
        key = channel, calendar
        if key not in self.growth:
            pieces = self.network.intensity(channel, calendar)
            masses = pieces.masses
            in_period = masses[pieces.starts >= self.network.period_start].sum()
            masses = masses * _day_factors(of, channel, pieces)
            self.pieces[key] = pieces, np.cumsum(masses)
            self.growth[key] = float(masses.sum() / in_period) if in_period > 0 else 0.0
        return self.growth[key]

    def draw(self, of: _ProcedureDraw) -> tuple[Integers, Integers, Integers, Integers]:
        """Draw receiving level, home, as a place, channel and arrival of each citizen, each (N,).

        The channel is drawn by the calendar of the place, which is the home office's unless
        offices were merged; the arrival by that of the office.
        """
        network, procedure = of.network, of.procedure
        levels = np.array([level for level, _ in procedure.received_at], np.int64)
        parts = np.array([
            part * self._place_weights(of, level).sum() for level, part in procedure.received_at
        ])  # fmt: skip
        level = levels[drawn(of.uniforms("level"), parts)]
        home = np.empty(of.count, np.int64)
        u = of.uniforms("office")
        for number in levels:
            here = level == number
            places = np.array(network.levels[int(number)].places, np.int64)
            home[here] = places[drawn(u[here], self._place_weights(of, int(number)))]
        channel = np.empty(of.count, np.int64)
        through = of.uniforms("channel")
        channels = np.array([number for number, _ in procedure.drawn_channels], np.int64)
        for calendar, here in _by_calendar([place.calendar for place in network.places], home):
            shares = np.array([
                share * self._growth(of, number, calendar)
                for number, share in procedure.drawn_channels
            ])  # fmt: skip
            channel[here] = channels[drawn(through[here], shares)]
        if procedure.comes_online > 0:
            channel[of.uniforms("online") < procedure.comes_online] = procedure.online
        arrived = np.empty(of.count, np.int64)
        when = of.uniforms("arrival")
        calendars = [office.calendar for office in network.offices]
        for calendar, here in _by_calendar(calendars, network.office_of_place[home]):
            for number in np.unique(channel[here]):
                these = here & (channel == number)
                self._growth(of, int(number), calendar)
                arrived[these] = _arrival_instants(*self.pieces[int(number), calendar], when[these])
        return level, home, channel, arrived

    def _place_weights(self, of: _ProcedureDraw, level: int) -> Floats:
        """Weigh a level's places by share, and by what their calendar makes of the run."""
        return np.array([
            part * sum(
                share * self._growth(of, channel, place.calendar)
                for channel, share in of.procedure.drawn_channels
            )
            for place, part in self.network.relative_places(level)
        ])  # fmt: skip


def _by_calendar(
    calendars: Sequence[Calendar], where: Integers
) -> Iterator[tuple[Calendar, NDArray[np.bool_]]]:
    """Tell apart who is where the same calendar holds, by numbers in a list of calendars."""
    for calendar in dict.fromkeys(calendars[number] for number in np.unique(where)):
        sharing = [number for number, own in enumerate(calendars) if own is calendar]
        yield calendar, np.isin(where, sharing)


def _day_factors(of: _ProcedureDraw, channel: int, pieces: Intensity) -> Floats:
    """Give the factor of each piece's date: gamma with mean 1, one for each profile and date."""
    name = of.network.channels[channel].profile
    cv = of.network.scenario.profiles[name].day_cv if name else 0.0
    if name is None or cv == 0 or pieces.days.size == 0:
        return np.ones(pieces.days.size)
    first = int(pieces.days[0])
    count = int(pieces.days[-1]) - first + 1
    u = uniforms(of.seed, of.replication, ("profile", name, "day"), count, start=first)
    return gamma_quantiles(1.0, cv, u)[pieces.days - first]


def _arrival_instants(pieces: Intensity, masses: Floats, u: Floats) -> Integers:
    """Put uniforms through the quantile function of a piecewise constant intensity.

    Rounded down to whole milliseconds, so that nobody arrives as the calendar closes.
    """
    wanted = u * (masses[-1] if masses.size else 0.0)
    piece = np.minimum(np.searchsorted(masses, wanted, side="right"), masses.size - 1)
    before = np.concatenate([[0.0], masses])[piece]
    length = (pieces.ends - pieces.starts)[piece]
    inside = (wanted - before) / (masses[piece] - before) * length
    last = length // MILLISECOND - 1
    whole = np.minimum(np.floor(inside / MILLISECOND).astype(np.int64), last)
    instants: Integers = pieces.starts[piece] + np.maximum(whole, 0) * MILLISECOND
    return instants


def _poisson_quantile(mean: float, u: float) -> int:
    """Give the least n with P(X ≤ n) ≥ u for X Poisson with that mean."""
    if mean == 0:
        return 0
    guess = max(int(np.ceil(special.pdtrik(u, mean))) - 1, 0)
    while special.pdtr(guess, mean) < u:
        guess += 1
    return guess


class _Choices:
    """What decides each citizen's route: channel, level, branches taken, rounds."""

    def __init__(
        self, of: _ProcedureDraw, level: Integers, channel: Integers, here: NDArray[np.bool_]
    ) -> None:
        self.of = of
        self.here = here
        self.columns: dict[tuple[str, str], Integers] = {
            ("", "channel"): channel,
            ("", "level"): level,
        }
        """By step id and kind of choice, in the order of the route; shape (N,) each."""
        self._walk(of.procedure.route, here, channel, level)

    def _walk(
        self, route: tuple[Step, ...], here: NDArray[np.bool_], channel: Integers, level: Integers
    ) -> NDArray[np.bool_]:
        """Draw along a route for the citizens `here`; give those who go on after it."""
        for step in route:
            on_it = here & self._holding(step, channel, level)
            match step:
                case Visit(incomplete=incomplete) if incomplete is not None:
                    self.columns[step.id, "rounds"] = self._rounds(step, on_it, channel)
                case Choose():
                    branch = np.where(
                        on_it, drawn(self.of.uniforms(step.id, "0", "branch"),
                                     np.array(step.shares)), 0)  # fmt: skip
                    self.columns[step.id, "branch"] = branch
                    for number, taken in enumerate(step.choose):
                        inside = on_it & (branch == number)
                        going_on = self._walk(taken.route, inside, channel, level)
                        here = here & (going_on | ~inside)
                        if taken.end is not None:
                            here = here & ~inside
                case Together():
                    for inner in step.together:
                        self._walk(inner, on_it, channel, level)
                case _:
                    pass
        return here

    def _holding(self, step: Step, channel: Integers, level: Integers) -> NDArray[np.bool_]:
        if not step.only:
            return np.ones(channel.size, bool)
        holds = np.zeros(channel.size, bool)
        for one_channel, one_level in np.unique(np.stack([channel, level], axis=1), axis=0):
            if holds_for(step, self._words(int(one_channel), int(one_level))):
                holds |= (channel == one_channel) & (level == one_level)
        return holds

    def _words(self, channel: int, level: int) -> frozenset[str]:
        network = self.of.network
        return frozenset({network.channel_names[channel], network.levels[level].name})

    def _rounds(self, step: Visit, on_it: NDArray[np.bool_], channel: Integers) -> Integers:
        """Count how often each citizen is sent away: rounds in a row below the share."""
        assert step.incomplete is not None
        names = self.of.network.channel_names
        shares = np.array([step.incomplete.share_through(name) for name in names])
        rounds = np.zeros(self.of.count, np.int64)
        again = on_it
        for number in range(step.incomplete.at_most):
            u = self.of.uniforms(step.id, str(number), "incomplete")
            again = again & (u < shares[channel])
            if not again.any():
                break
            rounds += again
        return rounds

    def groups(self) -> Iterator[tuple[Integers, Draws]]:
        """Give the citizens who drew alike, in ascending order, with what they drew."""
        citizens = np.flatnonzero(self.here)
        code = np.zeros(citizens.size, np.int64)
        for column in self.columns.values():
            values = column[citizens]
            distinct, place = np.unique(values, return_inverse=True)
            _, code = np.unique(code * len(distinct) + place, return_inverse=True)
        order = np.argsort(code, kind="stable")
        bounds = np.searchsorted(code[order], np.arange(int(code.max()) + 2))
        for first, last in pairwise(bounds):
            who = citizens[order[first:last]]
            drew = {key: int(values[who[0]]) for key, values in self.columns.items()}
            yield (
                who,
                Draws(
                    self._words(drew["", "channel"], drew["", "level"]),
                    {step_id: value for (step_id, kind), value in drew.items() if kind == "branch"},
                    {step_id: value for (step_id, kind), value in drew.items() if kind == "rounds"},
                ),
            )


def _level_of(network: Network, address: str) -> int:
    return network.level_numbers[address.partition(".")[0]]


class _Offices:
    """The offices on the line of some citizens' dossiers, one for each level (rule 9).

    Where offices were merged, those that are equally near now are told apart by the places that
    they were: the one is drawn that became of what was drawn before.
    """

    def __init__(self, of: _ProcedureDraw, who: Integers, level: Integers, home: Integers) -> None:
        self.of = of
        self.network = of.network
        self.who = who
        number = int(level[0])
        self.places: dict[int, Integers] = {number: home}
        self.resolved: dict[int, Integers] = {number: self.network.office_of_place[home]}
        offices = np.array([office.parent for office in self.network.offices], np.int64)
        places = np.array([place.parent for place in self.network.places], np.int64)
        while (above := self.network.levels[number].parent) >= 0:
            self.resolved[above] = offices[self.resolved[number]]
            self.places[above] = places[self.places[number]]
            number = above

    def at(self, level: int) -> Integers:
        """Give the office of that level for each dossier, drawing it if there are several."""
        if level not in self.resolved:
            self.places[level] = self._drawn(level)
            self.resolved[level] = self.network.office_of_place[self.places[level]]
        return self.resolved[level]

    def station(self, address: str) -> Integers:
        """Give the number of the station of that address for each dossier, shape (n,)."""
        level = _level_of(self.network, address)
        offices = self.network.levels[level].offices
        numbers = np.array([self.network.station_numbers[address, office] for office in offices])
        return numbers[self.at(level) - offices[0]]

    def _drawn(self, level: int) -> Integers:
        """Draw a place of a level for each dossier."""
        places = self.network.levels[level].places
        if len(places) == 1:
            return np.full(self.who.size, places[0], np.int64)
        name = self.network.levels[level].name
        u = self.of.uniforms("", "0", f"office of {name}", count=int(self.who[-1]) + 1)[self.who]
        lines = np.stack([*self.resolved.values(), *self.places.values()], axis=1)
        found = np.empty(self.who.size, np.int64)
        patterns, belongs = np.unique(lines, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns.tolist()):
            half = len(pattern) // 2
            near = nearest_places(self.network, level, pattern[:half], pattern[half:])
            nearest = np.array(near, np.int64)
            shares = np.array([self.network.places[place].share for place in nearest])
            if shares.sum() == 0:
                shares = np.ones(nearest.size)
            here = belongs == number
            found[here] = nearest[drawn(u[here], shares)]
        return found


def _in_order(batches: list[_Alike]) -> dict[str, Any]:
    """Rank the dossiers by (arrival, procedure, citizen) and put their nodes in that order."""
    dossiers = {
        name: np.concatenate([batch.dossiers[name] for batch in batches])
        if batches
        else np.zeros(0, np.int64)
        for name in _OF_DOSSIER
    }
    sizes = np.concatenate(
        [np.full(len(b.dossiers["citizen"]), b.nodes["kind"].shape[1]) for b in batches]
        or [np.zeros(0, np.int64)]
    ).astype(np.int64)
    # Open dossiers come before all others of their instant, the earliest accepted first.
    precedence = np.where(
        dossiers["accepted"] == MISSING, dossiers["arrived"], dossiers["accepted"]
    )
    order = np.lexsort(
        (dossiers["citizen"], dossiers["procedure"], precedence, dossiers["arrived"])
    )
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    first_node = np.concatenate([[0], np.cumsum(sizes[order])]).astype(np.int64)
    nodes = {name: np.empty(int(first_node[-1]), np.int64) for name in _OF_NODE}
    done = 0
    for batch in batches:
        count, length = batch.nodes["kind"].shape
        own = rank[done : done + count]
        done += count
        begins = first_node[own]
        where = begins[:, None] + np.arange(length)
        nodes["dossier"][where] = own[:, None]
        for name, values in batch.nodes.items():
            moved = _moved(values, begins[:, None]) if name in _PLACES else values
            nodes[name][where] = moved
    for name in ("accepts", "resolves"):
        dossiers[name] = _moved(dossiers[name][order], first_node[:-1])
    for name in _OF_DOSSIER:
        if name not in _PLACES:
            dossiers[name] = dossiers[name][order]
    truths = {name: nodes.pop(name).astype(bool) for name in ("working", "until_due")}
    truths["withdraws"] = dossiers.pop("withdraws").astype(bool)
    return {"first_node": first_node, **dossiers, **nodes, **truths}


def _moved(places: Integers, begins: Integers) -> Integers:
    """Make places among a dossier's own nodes places among all; -1 stays."""
    return np.where(places >= 0, places + begins, -1)


def _shifts(network: Network, seed: int, replication: int) -> Iterator[Calendar]:
    """Cut each officer's dates of absence out of its group's calendar (rule 3)."""
    first = network.run_start // DAY - 1
    count = network.end // DAY - first
    for group in network.groups:
        office = network.offices[group.office].name
        for number in range(group.officers):
            if group.absence == 0:
                yield group.calendar
                continue
            # Counted within its entry of staff, so that an officer added to one moves no other.
            name = ("absence", group.home, office, str(group.entry), str(number + 1))
            u = uniforms(seed, replication, name, count, start=first)
            absent = np.flatnonzero(u < group.absence) + first
            yield group.calendar.without(absent.tolist())
