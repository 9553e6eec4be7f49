"""The docket: who comes when, with what needs, and which officers are absent.

Every random fact of citizen i of a procedure is the i-th uniform of the stream named
(procedure, step id, round, purpose), put through a quantile function (docs/language.md,
"Identity").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.calendars import Calendar, told_apart
from sim.distributions import gamma_quantiles, lognormal_quantile, quantiles
from sim.docket.records import Docket, Numbers, Templates
from sim.docket.streams import uniforms
from sim.docket.ways import COLUMNS, Laid, Length, Ways, level_of
from sim.durations import DAY, MILLISECOND, MISSING
from sim.grouping import by_number
from sim.nearness import nearest_places
from sim.network import Intensity, Network, OpenDossiers, Procedure
from sim.routes import Draws, resolve
from sim.scenario.schema import Choose, Step, Together, Visit, holds_for, steps_of

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


_OF_DOSSIER: Mapping[str, type[np.integer[Any]]] = {
    "citizen": np.int32, "home": np.int32, "priority": np.int64, "arrived": np.int64,
    "accepted": np.int64, "due": np.int64, "accepting_office": np.int32,
}  # fmt: skip


@dataclass(frozen=True)
class _Alike:
    """Dossiers of one procedure with one template."""

    drawing: _ProcedureDraw
    channel: int
    ending: int
    accepts: int
    laid: Laid
    offices: _Offices
    dossiers: Mapping[str, Integers]


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
    names, ways = _Names(), Ways(network)
    alike = [
        batch
        for number in range(len(network.procedures))
        for batch in _ProcedureDraw(network, number, seed, replication, names, ways).batches()
    ]
    for open_ in network.backlog:
        drawing = _ProcedureDraw(network, open_.procedure, seed, replication, names, ways, open_)
        alike.extend(drawing.batches())
    return Docket(
        seed=seed,
        replication=replication,
        templates=_templates(alike, names, network),
        shifts=tuple(_shifts(network, seed, replication)),
        procedure_steps=tuple(names.steps),
        endings=tuple(names.endings),
        **_columns(alike),
    )


def with_officers_of(network: Network, docket: Docket) -> Docket:
    """Give a docket for a network that differs from its own in officers alone.

    Parameters
    ----------
    network
        With the same procedures, levels, offices and stations as the one the docket was drawn for.
    docket
        Its replication.

    Returns
    -------
    Docket
        What `draw` would give, without drawing the citizens again.
    """
    return replace(docket, shifts=tuple(_shifts(network, docket.seed, docket.replication)))


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
        ways: Ways,
        backlog: OpenDossiers | None = None,
    ) -> None:
        self.network = network
        self.number = number
        self.procedure: Procedure = network.procedures[number]
        self.seed = seed
        self.replication = replication
        self.names = names
        self.ways = ways
        self.backlog = backlog
        self.stream: tuple[str, ...] = (self.procedure.name,)
        self.drawn: dict[tuple[str, ...], Floats] = {}
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
            everyone = np.ones(self.count, bool)
            yield from self._on_routes(*arrivals.draw(self), everyone)

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
        for each in self._on_routes(levels[home], home, channel, arrived, here):
            own = each.dossiers["citizen"]
            given = {"accepted": accepted[own], "due": due[own]}
            yield replace(each, dossiers={**each.dossiers, **given})

    def _on_routes(
        self,
        level: Integers,
        home_place: Integers,
        channel: Integers,
        arrived: Integers,
        here: NDArray[np.bool_],
    ) -> Iterator[_Alike]:
        """Draw the routes and needs of the citizens `here`, those with one template together."""
        home = self.network.office_of_place[home_place]
        classes = np.array([number for number, _ in self.procedure.priority], np.int64)
        shares = np.array([share for _, share in self.procedure.priority])
        priority = classes[self.chosen(np.arange(self.count), shares, "priority")]
        priority += np.array([c.priority for c in self.network.channels], np.int64)[channel]
        choices = _Choices(self, level, channel, here)
        for who, draws in choices.groups():
            own_channel = int(channel[who[0]])
            laid = self.ways.laid(self.procedure, draws, own_channel)
            template, accepts = laid.template, laid.template.accepts
            offices = _Offices(self, who, level[who], home_place[who])
            # Of several offices that one is drawn which is near those drawn before it (rule 9).
            for node in template.nodes:
                if node.place is not None:
                    offices.at(level_of(self.network, node.place))
            accepting = home[who]
            if self.backlog is not None:
                accepting, accepts = self._accepted_by(draws.words, offices, home[who]), -1
            elif accepts >= 0:
                place = template.nodes[accepts].place
                accepting = offices.at(level_of(self.network, place or ""))
            dossiers = {
                "citizen": who,
                "home": home[who],
                "priority": priority[who],
                "arrived": arrived[who],
                "accepting_office": accepting,
            }
            ending = self.names.ending(template.ending)
            yield _Alike(self, own_channel, ending, accepts, laid, offices, dossiers)
        self.drawn.clear()

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
        return offices.at(level_of(self.network, template.nodes[template.accepts].place or ""))

    def uniforms(self, *name: str) -> Floats:
        """Give the uniforms of all citizens in one of the procedure's streams, shape (N,).

        Kept, as those who drew different routes ask for the same ones.
        """
        if name not in self.drawn:
            self.drawn[name] = self._stream(*name)
        return self.drawn[name]

    def _stream(self, *name: str) -> Floats:
        return uniforms(self.seed, self.replication, (*self.stream, *name), self.count)

    def chosen(self, who: Integers, shares: Floats, *name: str) -> Integers:
        """Draw a place in a list of shares for some citizens, shape (n,)."""
        if shares.size == 1:
            return np.zeros(who.size, np.int64)
        return drawn(self.uniforms(*name)[who], shares)

    def _drawn(self, length: Length, who: Integers) -> Integers:
        """Draw a duration for some citizens, shape (n,), in microseconds."""
        if length.distribution.family == "constant":
            return np.full(who.size, quantiles(length.distribution, np.array([0.5]))[0])
        step_id, round_, purpose = length.stream
        u = self._stream(step_id, str(round_), purpose)
        return quantiles(length.distribution, u.take(who))

    def draw_needs(
        self, alike: Iterable[tuple[_Alike, Integers]], columns: Mapping[str, Numbers]
    ) -> None:
        """Draw what the nodes of some dossiers are, and write it to columns of all nodes.

        Parameters
        ----------
        alike
            The procedure's dossiers, and where the nodes of each begin.
        columns
            What nodes have for which nothing is drawn.
        """
        drawn: dict[tuple[str, Length], list[tuple[Integers, Integers]]] = {}
        for each, first in alike:
            for place, node in enumerate(each.laid.template.nodes):
                if node.place is not None:
                    columns["station"][first + place] = each.offices.station(node.place)
            for name, lengths in each.laid.lengths.items():
                for length, place in lengths:
                    drawn.setdefault((name, length), []).append((each.offices.who, first + place))
        for (name, length), parts in drawn.items():
            who, nodes = (np.concatenate(column) for column in zip(*parts, strict=True))
            columns[name][nodes] = self._drawn(length, who)
        self.drawn.clear()


def _renumbered(codes: Integers) -> Integers:
    """Give the codes that occur numbers from 0 on, in ascending order."""
    if codes.max() > 10 * codes.size:
        return np.unique(codes, return_inverse=True)[1]
    occurs = np.bincount(codes) > 0
    return (np.cumsum(occurs) - 1)[codes]


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
        self.count = _poisson_quantile(
            mean, uniforms(of.seed, of.replication, (*of.stream, "count"), 1)[0]
        )

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
        level = levels[of.chosen(np.arange(of.count), parts, "level")]
        home = np.empty(of.count, np.int64)
        for number in levels.tolist():
            here = np.flatnonzero(level == number)
            places = np.array(network.levels[number].places, np.int64)
            home[here] = places[of.chosen(here, self._place_weights(of, number), "office")]
        channel = np.empty(of.count, np.int64)
        channels = np.array([number for number, _ in procedure.drawn_channels], np.int64)
        for calendar, here in _by_calendar([place.calendar for place in network.places], home):
            shares = np.array([
                share * self._growth(of, number, calendar)
                for number, share in procedure.drawn_channels
            ])  # fmt: skip
            channel[here] = channels[of.chosen(here, shares, "channel")]
        if procedure.comes_online > 0:
            channel[of.uniforms("online") < procedure.comes_online] = procedure.online
        arrived = np.empty(of.count, np.int64)
        when = of.uniforms("arrival")
        calendars = [office.calendar for office in network.offices]
        for calendar, here in _by_calendar(calendars, network.office_of_place[home]):
            through = channel[here]
            for number in np.flatnonzero(np.bincount(through)).tolist():
                own = here[through == number]
                self._growth(of, number, calendar)
                arrived[own] = _arrival_instants(*self.pieces[number, calendar], when[own])
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
) -> Iterator[tuple[Calendar, NDArray[np.intp]]]:
    """Tell apart who is where the same calendar holds, by numbers in a list of calendars."""
    distinct, numbers = told_apart(calendars)
    number_of = numbers[where]
    for number in np.flatnonzero(np.bincount(number_of)).tolist():
        yield distinct[number], np.flatnonzero(number_of == number)


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
    order = np.argsort(wanted)  # ascending ones are found twice as fast
    piece = np.empty(u.size, np.intp)
    piece[order] = np.searchsorted(masses, wanted[order], side="right")
    piece = np.minimum(piece, masses.size - 1)
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
        network = self.of.network
        levels = range(len(network.levels))
        holds = np.array([
            [holds_for(step, self._words(own, receiving)) for receiving in levels]
            for own in range(len(network.channel_names))
        ])  # fmt: skip
        return np.asarray(holds[channel, level])

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
            code = _renumbered(code * (int(values.max()) + 1) + values)
        order, bounds = by_number(code, int(code.max()) + 1)
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
        self.stations: dict[str, Numbers] = {}
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

    def station(self, address: str) -> Numbers:
        """Give the number of the station of that address for each dossier, shape (n,)."""
        if address not in self.stations:
            level = level_of(self.network, address)
            offices = self.network.levels[level].offices
            numbers = [self.network.station_numbers[address, office] for office in offices]
            self.stations[address] = np.array(numbers, np.int32)[self.at(level) - offices[0]]
        return self.stations[address]

    def _drawn(self, level: int) -> Integers:
        """Draw a place of a level for each dossier."""
        places = self.network.levels[level].places
        if len(places) == 1:
            return np.full(self.who.size, places[0], np.int64)
        name = self.network.levels[level].name
        u = self.of.uniforms("", "0", f"office of {name}")[self.who]
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


def _templates(alike: Sequence[_Alike], names: _Names, network: Network) -> Templates:
    """Put the templates of all dossiers one after another."""

    def of_each(values: Iterable[int]) -> Integers:
        return np.fromiter(values, np.int64)

    steps = [
        -1 if node.step is None
        else names.step(network.procedures[each.drawing.number].name, node.step.id)
        for each in alike for node in each.laid.template.nodes
    ]  # fmt: skip
    return Templates(
        first_node=np.cumsum([0, *(len(each.laid.template.nodes) for each in alike)]),
        procedure=of_each(each.drawing.number for each in alike),
        channel=of_each(each.channel for each in alike),
        accepts=of_each(each.accepts for each in alike),
        resolves=of_each(each.laid.template.resolves for each in alike),
        withdraws=of_each(each.laid.template.withdraws for each in alike).astype(bool),
        ending=of_each(each.ending for each in alike),
        step=of_each(steps),
        **{
            name: np.concatenate([np.zeros(0, kind), *(each.laid.columns[name] for each in alike)])
            for name, kind in COLUMNS.items()
        },
    )


def _columns(alike: Sequence[_Alike]) -> dict[str, Any]:
    """Rank the dossiers by (arrival, procedure, citizen), and draw their nodes in that order."""
    counts = [each.offices.who.size for each in alike]
    template = np.repeat(np.arange(len(alike), dtype=np.int32), counts)
    procedure = np.array([each.drawing.number for each in alike], np.int64)[template]
    dossiers = {name: _joined(name, alike, counts) for name in _OF_DOSSIER}
    arrived, accepted = dossiers["arrived"], dossiers["accepted"]
    # Open dossiers come before all others of their instant, the earliest accepted first.
    precedence = np.where(accepted == MISSING, arrived, accepted)
    order = _ranked(arrived, precedence, procedure, dossiers["citizen"])
    sizes = np.array([len(each.laid.template.nodes) for each in alike], np.int64)[template]
    first_node = np.concatenate([[0], np.cumsum(sizes[order])])
    first = np.empty_like(order)
    first[order] = first_node[:-1]
    anyone = any(each.laid.lengths["patience"] for each in alike)
    nodes = {
        "station": np.full(first_node[-1], -1, np.int32),
        "duration": np.zeros(first_node[-1], np.int64),
        "patience": np.full(first_node[-1], -1) if anyone else _same(-1, first_node[-1]),
    }
    bounds = pairwise([0, *accumulate(counts)])
    parts = [(each, first[low:high]) for each, (low, high) in zip(alike, bounds, strict=True)]
    for drawing, own in groupby(parts, lambda part: part[0].drawing):
        drawing.draw_needs(own, nodes)
    return {
        "template": template[order],
        "first_node": first_node,
        **{name: _moved(values, order) for name, values in dossiers.items()},
        **nodes,
    }


def _joined(name: str, alike: Sequence[_Alike], counts: Sequence[int]) -> Numbers:
    """Put the parts of a column of dossiers one after another."""
    kind = _OF_DOSSIER[name]
    if not alike:
        return np.zeros(0, kind)
    if not any(name in each.dossiers for each in alike):
        return _same(MISSING, sum(counts))
    columns = [
        each.dossiers[name] if name in each.dossiers else _same(MISSING, count)
        for each, count in zip(alike, counts, strict=True)
    ]
    return np.concatenate(columns, dtype=kind, casting="same_kind")


def _same(value: int, count: int) -> Integers:
    """Give one number as a column, of which no copies are kept."""
    return np.broadcast_to(np.int64(value), count)


def _moved(values: Numbers, order: NDArray[np.intp]) -> Numbers:
    return values if values.strides == (0,) else values.take(order)


def _ranked(first: Numbers, *further: Numbers) -> NDArray[np.intp]:
    """Order by several keys; the further ones are looked at where the first are equal."""
    order = np.argsort(first)
    ranked = first[order]
    equal = ranked[1:] == ranked[:-1]
    tied = np.flatnonzero(np.append(equal, False) | np.append(False, equal))
    among = order[tied]
    order[tied] = among[np.lexsort([key[among] for key in (*further[::-1], first)])]
    return order


def _shifts(network: Network, seed: int, replication: int) -> Iterator[Calendar]:
    """Cut each officer's dates of absence out of its group's calendar (rule 3).

    One who may be absent has a calendar of its own, which goes no further than the run, so that
    there is little of it.
    """
    first = network.run_start // DAY - 1
    count = network.end // DAY - first
    for group in network.groups:
        office = network.offices[group.office].name
        if group.absence == 0:
            yield from [group.calendar] * group.officers
            continue
        within_run = group.calendar.ending(network.end)
        for number in range(group.officers):
            # Counted within its entry of staff, so that an officer added to one moves no other.
            name = ("absence", group.home, office, str(group.entry), str(number + 1))
            u = uniforms(seed, replication, name, count, start=first)
            absent = np.flatnonzero(u < group.absence) + first
            yield within_run.without(absent.tolist())
