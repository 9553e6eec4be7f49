"""What cannot stand on a route: misplaced marks, ends, restarts and waits (rules 11, 13, 15).

Every way that a dossier can take through a route is followed at once, as the little of it that
matters for what may come after; ways that do not differ in this go on as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sim.scenario.references import Finding
from sim.scenario.schema import (
    Choose,
    Procedure,
    Scenario,
    Step,
    Together,
    UntilDue,
    Visit,
    Wait,
    holds_for,
    placed_steps,
    steps_of,
)
from sim.scenario.text import KeyPath
from sim.scenario.values import WITHDRAWN


def unfit_routes(scenario: Scenario) -> list[Finding]:
    """List what on the routes of procedures cannot be, with the path of the step or key.

    What hangs on a name that the scenario does not have is not judged.
    """
    counters = frozenset(
        f"{name}.{station}"
        for name, level in scenario.levels.items()
        for station, rules in level.stations.items()
        if rules.kind == "counter"
    )
    findings: list[Finding] = []
    for name, procedure in scenario.procedures.items():
        path: KeyPath = ("procedures", name, "route")
        findings.extend(_inside_together(path, procedure.route))
        if procedure.time_limit is None:
            findings.extend(_waits_without_limit(path, procedure.route))
        if _words_are_known(scenario, procedure):
            for channel, level in _comings(scenario, name):
                ways = _Ways(counters, frozenset({channel, level}))
                findings.extend(ways.unfit(path, procedure.route, channel))
    return list(dict.fromkeys(findings))


def _inside_together(path: KeyPath, route: tuple[Step, ...]) -> Iterator[Finding]:
    """Say which marks, ends and restarts stand inside `together` (rules 11, 13 and 15)."""
    for here, step in placed_steps(path, route):
        if "together" not in here[len(path) :]:
            continue
        restarts = f"`{step.id}` restarts the clock inside `together`; let it pause, or run"
        match step:
            case Visit():
                for mark in ("accepts", "decides"):
                    if getattr(step, mark):
                        outside = "put the mark on a visit outside"
                        yield (*here, mark), f"`{step.id}` {mark} inside `together`; {outside}"
                if step.incomplete is not None and step.incomplete.clock == "restarts":
                    yield (*here, "incomplete", "clock"), restarts
            case Wait(clock="restarts"):
                yield (*here, "clock"), restarts
            case Choose():
                for at, branch in enumerate(step.choose):
                    if branch.end is not None:
                        ends = f"`{step.id}` ends the dossier inside `together`"
                        yield (*here, "choose", at, "end"), ends


def _waits_without_limit(path: KeyPath, route: tuple[Step, ...]) -> Iterator[Finding]:
    for here, step in placed_steps(path, route):
        if isinstance(step, Wait) and isinstance(step.wait, UntilDue):
            yield here, f"`{step.id}` waits until due, but there is no `time_limit`"


def _words_are_known(scenario: Scenario, procedure: Procedure) -> bool:
    """Tell whether all words that decide which steps hold for a dossier are there."""
    only = {word for step in steps_of(procedure.route) for word in step.only}
    return (
        scenario.levels.keys() >= procedure.received_at.keys()
        and scenario.channels.keys() >= procedure.channels.keys()
        and scenario.channels.keys() | procedure.received_at.keys() >= only
    )


def _comings(scenario: Scenario, name: str) -> Iterator[tuple[str, str]]:
    """Give the channels and receiving levels through which dossiers of a procedure come."""
    for channel, share in scenario.channels_of(name).items():
        for level, part in scenario.procedures[name].received_at.items():
            if share > 0 and part > 0:
                yield channel, level


class _Met(NamedTuple):
    """A step that was met on a way."""

    path: KeyPath
    id: str


class _Since(NamedTuple):
    """What was met since a first visit that accepts unless, by default, it resolves (rule 13).

    Parameters
    ----------
    visit, until_due
        Whether any visit, and any wait until due.
    visit_before
        Whether a visit lies between it and here; one in another branch of the same `together`
        does not.
    """

    visit: bool = False
    until_due: bool = False
    visit_before: bool = False


class _Way(NamedTuple):
    """What matters of a way through a route for what may come after.

    Parameters
    ----------
    accepts, decides
        The first visits with these marks.
    visited
        Whether there was a visit.
    waits
        A wait until due met before acceptance. Each such wait is followed on a way of its own,
        beside one that follows none.
    since
        Of a way with such a wait before its first visit, what was met since that visit, as long
        as it is open whether that visit accepts.
    end
        The word of the `end` met, or "".
    """

    accepts: _Met | None = None
    decides: _Met | None = None
    visited: bool = False
    waits: _Met | None = None
    since: _Since | None = None
    end: str = ""


class _Ways:
    """The ways through a route for dossiers with one channel and receiving level."""

    def __init__(self, counters: frozenset[str], words: frozenset[str]) -> None:
        self.counters = counters
        self.words = words
        self.found: dict[KeyPath, str] = {}
        self.known: dict[tuple[KeyPath, _Way], tuple[_Way, ...]] = {}

    def unfit(self, path: KeyPath, route: tuple[Step, ...], channel: str) -> list[Finding]:
        """List what some way meets that cannot be."""
        for way in self._through(path, route, _Way(), inside=False):
            if not way.visited:
                self.found[path] = f"a dossier that comes through `{channel}` can have no visit"
            if way.since is not None:
                first_resolves = way.since.until_due or not way.since.visit
                if way.end == WITHDRAWN or not first_resolves:
                    self._begins_early(way)
        return list(self.found.items())

    def _through(
        self, path: KeyPath, route: tuple[Step, ...], way: _Way, inside: bool
    ) -> tuple[_Way, ...]:
        """Follow a way through a route or branch."""
        if (path, way) not in self.known:
            ways = [way]
            for number, step in enumerate(route):
                if holds_for(step, self.words):
                    here = (*path, number)
                    longer = (self._after(here, step, before, inside) for before in ways)
                    ways = list(dict.fromkeys(after for afters in longer for after in afters))
            self.known[path, way] = tuple(ways)
        return self.known[path, way]

    def _after(self, path: KeyPath, step: Step, way: _Way, inside: bool) -> Iterator[_Way]:
        if way.end:
            yield way
            return
        match step:
            case Visit():
                yield self._after_visit(path, step, way, inside)
            case Wait(wait=UntilDue()):
                yield from self._after_until_due(_Met(path, step.id), way)
            case Choose():
                for at, (branch, share) in enumerate(zip(step.choose, step.shares, strict=True)):
                    if share > 0:
                        below = (*path, "choose", at, "route")
                        for after in self._through(below, branch.route, way, inside):
                            yield after._replace(end=after.end or branch.end or "")
            case Together():
                yield from self._after_together(path, step, way)
            case _:
                yield way

    def _after_visit(self, path: KeyPath, visit: Visit, way: _Way, inside: bool) -> _Way:
        met = _Met(path, visit.id)
        if visit.accepts and not inside:
            way = self._accepted(met, way)
        decides = visit.decides and not inside
        if decides and way.decides is not None:
            self._twice("decides", way.decides, met)
        elif decides:
            way = way._replace(decides=met)
        if way.since is not None and decides:
            way = self._begins_early(way)
        elif way.since is not None:
            way = way._replace(since=way.since._replace(visit=True, visit_before=True))
        elif way.waits is not None and not way.visited:
            accepts = not inside and not decides and visit.at in self.counters
            way = way._replace(since=_Since() if accepts else None)
        return way._replace(visited=True)

    def _accepted(self, met: _Met, way: _Way) -> _Way:
        if way.accepts is not None:
            self._twice("accepts", way.accepts, met)
            return way
        if way.decides is not None:
            message = f"`{way.decides.id}` decides before `{met.id}` accepts"
            self.found.setdefault((*way.decides.path, "decides"), message)
        if way.waits is not None:
            way = self._begins_early(way)
        return way._replace(accepts=met)

    def _twice(self, mark: str, first: _Met, second: _Met) -> None:
        message = f"`{first.id}` and `{second.id}` both have `{mark}`; one route has one"
        self.found.setdefault((*second.path, mark), message)

    def _begins_early(self, way: _Way) -> _Way:
        """Tell of the wait of a way, and follow it no longer."""
        assert way.waits is not None
        self.found[way.waits.path] = (
            f"`{way.waits.id}` waits until due before the dossier is accepted; "
            "put it after the visit that accepts"
        )
        return way._replace(waits=None, since=None)

    def _after_until_due(self, met: _Met, way: _Way) -> Iterator[_Way]:
        if way.since is not None and way.since.visit_before:
            way = self._begins_early(way)
        elif way.since is not None:
            way = way._replace(since=way.since._replace(until_due=True))
        yield way
        if way.accepts is None and way.waits is None:
            yield way._replace(waits=met)

    def _after_together(self, path: KeyPath, step: Together, fork: _Way) -> Iterator[_Way]:
        """Follow the branches in file order; each begins after the visit before the fork."""
        ways = [fork]
        for at, inner in enumerate(step.together):
            joined: list[_Way] = []
            for way in ways:
                start = _with_visit_before(way, fork)
                for after in self._through((*path, "together", at), inner, start, inside=True):
                    visits = after if _visit_before(after) else _with_visit_before(after, way)
                    joined.append(visits._replace(end=""))
            ways = list(dict.fromkeys(joined))
        yield from ways


def _visit_before(way: _Way) -> bool:
    return way.since is not None and way.since.visit_before


def _with_visit_before(way: _Way, other: _Way) -> _Way:
    """Let a visit lie before here if one does on the other way."""
    if way.since is None:
        return way
    return way._replace(since=way.since._replace(visit_before=_visit_before(other)))
