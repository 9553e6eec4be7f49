"""One scenario file checked: its errors; or, without any, its warnings and what a run takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sim.errors import InputError, Problem
from sim.lint.capacity import stations_overloaded, stations_unstaffed, stations_unvisited
from sim.lint.effects import (
    apologies_without_effect,
    changes_without_effect,
    clocks_without_effect,
    owners_without_effect,
    patience_without_effect,
    statutory_limits_below_limits,
)
from sim.lint.figures import shares_with_a_point, thousands_with_a_point, variations_in_per_cent
from sim.lint.limits import limits_too_short
from sim.lint.names import fields_alike, names_alike, offices_of_totals
from sim.lint.opening_hours import (
    calendars_closed,
    dates_far_from_the_period,
    hours_at_night,
    hours_that_overlap,
    levels_open_day_and_night,
    profiles_beside_the_hours,
    working_time_on_always,
)
from sim.lint.replication import Replication, replication_of
from sim.lint.steps import (
    citizens_at_closed_counters,
    steps_called_by_their_place,
    steps_unreached,
)
from sim.lint.subject import Check, Subject
from sim.lint.unused import names_unused, routes_unused, transfers_hidden
from sim.network import build
from sim.scenario.load import Loaded, read
from sim.scenario.references import BASE, Finding
from sim.scenario.text import KeyPath

CHECKS: tuple[Check, ...] = (
    stations_overloaded,
    stations_unstaffed,
    stations_unvisited,
    steps_unreached,
    limits_too_short,
    calendars_closed,
    names_unused,
    routes_unused,
    profiles_beside_the_hours,
    steps_called_by_their_place,
    levels_open_day_and_night,
    working_time_on_always,
    thousands_with_a_point,
    citizens_at_closed_counters,
    clocks_without_effect,
    patience_without_effect,
    owners_without_effect,
    apologies_without_effect,
    changes_without_effect,
    statutory_limits_below_limits,
    hours_at_night,
    hours_that_overlap,
    dates_far_from_the_period,
    variations_in_per_cent,
    shares_with_a_point,
    names_alike,
    fields_alike,
    offices_of_totals,
    transfers_hidden,
)


@dataclass(frozen=True)
class Generated:
    """Offices of a level that are not named in the scenario itself."""

    level: str
    offices: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What was found in one scenario file.

    Parameters
    ----------
    file
        As the user named it.
    problems
        Its errors, or without any its warnings; by file, line and column.
    generated
        Offices that are numbered or from a table; with errors none.
    replication
        What a replication takes; None with errors.
    """

    file: str
    problems: tuple[Problem, ...]
    generated: tuple[Generated, ...] = ()
    replication: Replication | None = None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the scenario from running."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that do not."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")


def check(path: str | Path, policy: str = BASE) -> Report:
    """Check a scenario file.

    Parameters
    ----------
    path
        A YAML file in the language of docs/language.md.
    policy
        The policy under which warnings are looked for. That every policy can be applied, and
        makes a network, is checked in any case.

    Returns
    -------
    Report
        Never an exception for what is wrong with the file.
    """
    file = str(path)
    try:
        loaded = read(path)
        loaded.scenario.with_policy(policy)
    except InputError as error:
        return Report(file, tuple(sorted(_in_file(file, problem) for problem in error.problems)))
    errors = _errors(loaded)
    if errors:
        return Report(file, tuple(errors))
    subject = _subject(loaded, policy)
    return Report(
        file, tuple(_warnings(subject)), tuple(_generated(subject)), replication_of(subject.network)
    )


def warnings_of(loaded: Loaded, policy: str = BASE) -> list[Problem]:
    """List what is odd in a scenario under a policy, by file, line and column.

    Raises
    ------
    InputError
        If there is no such policy, or its network cannot be built.
    """
    return _warnings(_subject(loaded, policy))


def _subject(loaded: Loaded, policy: str) -> Subject:
    scenario = loaded.scenario.with_policy(policy)
    return Subject(loaded, scenario, build(scenario))


def _errors(loaded: Loaded) -> list[Problem]:
    """List what keeps the network of the base from being built, or else that of a policy."""
    for names in ((BASE,), tuple(loaded.scenario.policies)):
        errors: set[Problem] = set()
        for name in names:
            try:
                build(loaded.scenario.with_policy(name))
            except InputError as error:
                errors.update(_error(loaded, name, problem) for problem in error.problems)
        if errors:
            return sorted(errors)
    return []


def _warnings(subject: Subject) -> list[Problem]:
    """Run all checks; one message is given once at one place, however many procedures share it."""
    found = sorted(_warning(subject, finding) for one in CHECKS for finding in one(subject))
    once = {(each.file, each.line, each.column, each.message): each for each in reversed(found)}
    return sorted(once.values())


def _warning(subject: Subject, finding: Finding) -> Problem:
    """Place a finding; a step, which it names by its id, is named by its path in the file."""
    path, message = finding
    named = path[0] == "procedures" and path[2:3] == ("route",) and len(path) > 3
    if named and not isinstance(path[3], int):
        step = subject.step_paths.get((str(path[1]), str(path[3])))
        path = path[:3] if step is None else (*step, *path[4:])
    return subject.loaded.warning((path, message))


def _error(loaded: Loaded, policy: str, problem: Problem) -> Problem:
    """Place what keeps a network from being built, which names its key in the message."""
    key, _, message = problem.message.partition(": ")
    path: KeyPath = tuple(key.split("."))
    if policy != BASE:
        path, message = ("policies", policy), f"after its changes, {problem.message}"
    elif path[:2] not in loaded.document.places:
        path, message = (), problem.message
    return replace(loaded.warning((path, message)), severity="error")


def _in_file(file: str, problem: Problem) -> Problem:
    return problem if problem.file else replace(problem, file=file)


def _generated(subject: Subject) -> Iterator[Generated]:
    """List the levels of several offices whose names do not stand where `offices` does."""
    places = subject.loaded.document.places
    for level in subject.network.levels:
        names = tuple(subject.network.offices[number].name for number in level.offices)
        path: KeyPath = ("levels", level.name, "offices")
        here = {
            places[key].file
            for key in ((*path, 0), *((*path, name) for name in names))
            if key in places
        }
        if len(names) > 1 and (path not in places or places[path].file not in here):
            yield Generated(level.name, names)
