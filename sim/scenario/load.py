"""A scenario file to a `Scenario`, with every problem of the file at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
from sim.scenario.text import Document, KeyPath, parse_document, read_document


@dataclass(frozen=True)
class Loaded:
    """A scenario, and the document that tells where each of its keys stands."""

    scenario: Scenario
    document: Document

    def warning(self, finding: Finding) -> Problem:
        """Place a finding that does not keep the scenario from running."""
        return replace(_problem(self.document, finding), severity="warning")


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
    document = respelt(extended(respelt(document)))
    document = expand_routes(insert_files(document))
    document.data.setdefault("name", name)
    problems = [*document.problems, *_empty_texts(document)]
    try:
        scenario = Scenario.model_validate(document.data)
    except ValidationError as error:
        told = [found for found in findings_of(error) if not _is_unread(found, document.unread)]
        problems += [document.problem(path, message) for path, message in told]
    if problems:
        raise InputError(*_in_order([*problems, *_judged(document)]))
    findings = [*broken_references(scenario), *unfit_routes(scenario)]
    if not findings:
        findings += unfit_backlog(scenario)
    findings += check_policies(scenario)
    if findings:
        raise InputError(*_in_order(_problem(document, found) for found in findings))
    scenario._as_read = document.text
    return Loaded(scenario, document)


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
        if not partly.follows(found, frozenset(_words_at(document.data, found[0]))):
            yield _problem(document, found)


def _words_at(data: Any, path: KeyPath) -> Iterator[str]:
    """Go through the words that stand at a path and below."""
    node = data
    for part in path:
        if isinstance(node, dict) and part not in node and part == "changes":
            continue
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            break
    yield from re.findall(r"[\w-]+", str(node))


def _is_unread(finding: Finding, unread: Iterable[KeyPath]) -> bool:
    return any(finding[0][: len(path)] == path for path in unread)


def _empty_texts(document: Document) -> Iterator[Problem]:
    """Find texts without a letter; only `about` may be empty."""

    def below(path: KeyPath, value: object) -> Iterator[KeyPath]:
        if isinstance(value, str) and not value.strip() and path[-1] != "about":
            yield path
        if isinstance(value, dict | list):
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                yield from below((*path, key), inner)

    for path in below((), document.data):
        yield document.problem(path, "is empty text; write one, or leave the key out")


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by place; what is wrong with a route that several procedures name is one."""
    by_place: dict[tuple[object, ...], Problem] = {}
    for problem in sorted(problems):
        key = problem.path.rpartition(".")[2]
        place = (problem.file, problem.line, problem.column)
        by_place.setdefault((*place, key, problem.message), problem)
    return list(by_place.values())


def _problem(document: Document, finding: Finding) -> Problem:
    """Place a finding; a policy may be a list of changes without the key `changes`."""
    path, message = finding
    if path[:1] == ("policies",) and path[2:3] == ("changes",) and path[:3] not in document.places:
        path = (*path[:2], *path[3:])
    return document.problem(path, message)
