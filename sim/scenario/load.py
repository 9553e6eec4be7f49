"""A scenario file to a `Scenario`, with every problem of the file at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from sim.errors import InputError, Problem
from sim.scenario.backlog import unfit_backlog
from sim.scenario.extends import extended
from sim.scenario.files import insert_files
from sim.scenario.marks import unfit_routes
from sim.scenario.mending import mended
from sim.scenario.messages import findings_of
from sim.scenario.policies import check_policies
from sim.scenario.references import Finding, broken_references
from sim.scenario.routes import expand_routes
from sim.scenario.schema import Scenario
from sim.scenario.spelling import respelt
from sim.scenario.text import Document, KeyPath, as_written, parse_document, read_document, value_at

_EMPTY = "is empty text; write one, or leave the key out"


@dataclass(frozen=True)
class Loaded:
    """A scenario, and the document that tells where each of its keys stands."""

    scenario: Scenario
    document: Document

    def warning(self, finding: Finding) -> Problem:
        """Place a finding that does not keep the scenario from running."""
        return replace(self.document.problem(*finding), severity="warning")


def load(path: str | Path) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path
        A YAML file in the language of docs/language.md.

    Returns
    -------
    Scenario
        With named routes expanded and an id for every step.

    Raises
    ------
    InputError
        With all the problems of the file, each with its line and column.
    """
    return read(path).scenario


def load_text(text: str, name: str = "scenario") -> Scenario:
    """Read a scenario from text; see `load`."""
    return _loaded(parse_document(text, f"<{name}>"), name).scenario


def read(path: str | Path) -> Loaded:
    """Read a scenario file and keep where its keys stand; see `load`."""
    return _loaded(read_document(Path(path)), Path(path).stem)


def _loaded(document: Document, name: str) -> Loaded:
    document = respelt(document)
    extends = "extends" in document.data
    document = extended(document)
    document = insert_files(respelt(document) if extends else document)
    document.data.setdefault("name", name)
    empty = list(_empty_texts(document))
    told = tuple(document.problem(path, _EMPTY) for path in empty)
    problems, unread = (*document.problems, *told), (*document.unread, *empty)
    document = replace(document, problems=problems, unread=unread)
    spare = list(_problems_of_spare_routes(document))
    document = expand_routes(document)
    scenario, found = _checked(document)
    if scenario is None or found or spare:
        raise InputError(*_in_order([*found, *spare]))
    scenario._as_read = document.text
    return Loaded(scenario, document)


def _checked(document: Document) -> tuple[Scenario | None, list[Problem]]:
    """Check a document whose routes are expanded."""
    problems = list(document.problems)
    try:
        scenario = Scenario.model_validate(document.data)
    except ValidationError as error:
        told = [
            found
            for found in findings_of(error, document.data, document.alike)
            if not _is_unread(found, document)
        ]
        problems += [document.problem(path, message) for path, message in told]
        return None, [*problems, *_judged(document)]
    if problems:
        return None, [*problems, *_judged(document)]
    findings = [*broken_references(scenario), *unfit_routes(scenario)]
    if not findings:
        findings += unfit_backlog(scenario)
    findings += check_policies(scenario)
    return scenario, [document.problem(path, message) for path, message in findings]


def _problems_of_spare_routes(document: Document) -> Iterator[Problem]:
    """Tell what is wrong with named routes that no procedure names.

    Each is checked as that of a procedure, which may give what its steps lack.
    """
    data = document.data
    named, procedures, levels = (data.get(key) for key in ("routes", "procedures", "levels"))
    if not isinstance(named, dict) or not isinstance(procedures, dict):
        return
    used = [p.get("route") for p in procedures.values() if isinstance(p, dict)]
    spare = [name for name in named if name not in used]
    if not spare:
        return
    everywhere = dict.fromkeys(levels, 1 / max(1, len(levels))) if isinstance(levels, dict) else {}
    keys = {"received_at": everywhere, "volume": {"per_day": 0}}
    data = {key: data[key] for key in data if key not in ("policies", "published")}
    data["procedures"] = {f"_{n}": {**keys, "route": name} for n, name in enumerate(spare)}
    _, problems = _checked(expand_routes(replace(document, data=data, problems=())))
    yield from (problem for problem in problems if problem.path.startswith("routes."))


def _judged(document: Document) -> Iterator[Problem]:
    """Judge what could be read of a document in which something is wrong."""
    partly = mended(document.data, document.unread)
    if partly is None:
        return
    routes = [
        (path, message)
        for path, message in unfit_routes(partly.scenario)
        if not any(touched[:2] == path[:2] for touched in partly.touched)
    ]
    policies = check_policies(partly.scenario)
    for path, message in (*broken_references(partly.scenario), *routes, *policies):
        found = partly.in_document(path), message
        if not partly.follows(found, frozenset(_words_at(document, found[0]))):
            yield document.problem(*found)


def _words_at(document: Document, path: KeyPath) -> Iterator[str]:
    """Go through the words that stand at a path and below."""
    node = value_at(document.data, as_written(document.data, path))
    yield from re.findall(r"[\w-]+", str(node))


def _is_unread(finding: Finding, document: Document) -> bool:
    at = as_written(document.data, finding[0])
    return any(at[: len(path)] == path[: len(at)] for path in document.unread)


def _empty_texts(document: Document) -> Iterator[KeyPath]:
    """Find texts without a letter; only `about` may be empty."""

    def below(path: KeyPath, value: object) -> Iterator[KeyPath]:
        if isinstance(value, str) and not value.strip() and path[-1] != "about":
            yield path
        if isinstance(value, dict | list):
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                yield from below((*path, key), inner)

    yield from below((), document.data)


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by place; what is wrong with a route that several procedures name is one."""
    by_place: dict[tuple[object, ...], Problem] = {}
    for problem in sorted(problems):
        key = problem.path.rpartition(".")[2]
        place = (problem.file, problem.line, problem.column)
        by_place.setdefault((*place, key, problem.message), problem)
    return list(by_place.values())
