"""A scenario file to a `Scenario`, with every problem of the file at once."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.errors import InputError, Problem
from sim.scenario.backlog import unfit_backlog
from sim.scenario.extends import extended
from sim.scenario.files import insert_files
from sim.scenario.marks import unfit_routes
from sim.scenario.messages import findings_of
from sim.scenario.policies import check_policies
from sim.scenario.references import Finding, broken_references
from sim.scenario.routes import expand_routes
from sim.scenario.schema import Scenario
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
    document = extended(document)
    with_files = insert_files(document)
    files_unread = len(with_files.problems) > len(document.problems)
    document = expand_routes(with_files)
    document.data.setdefault("name", name)
    problems = list(document.problems)
    scenario: Scenario | None
    wrong: dict[KeyPath, str] = {}
    try:
        scenario = Scenario.model_validate(document.data)
    except ValidationError as error:
        wrong = dict(reversed(list(findings_of(error))))
        problems.extend(document.problem(path, message) for path, message in wrong.items())
        scenario = _without(document.data, list(wrong))
    if scenario is not None and not files_unread:
        findings = broken_references(scenario)
        findings += [found for found in unfit_routes(scenario) if not _in_doubt(found, wrong)]
        if not findings:
            findings += unfit_backlog(scenario)
        findings += check_policies(scenario)
        problems.extend(
            _problem(document, found) for found in findings if not _beside(found, wrong)
        )
    if problems or scenario is None:
        raise InputError(*sorted(set(problems)))
    scenario._as_read = document.text
    return Loaded(scenario, document)


def _beside(finding: Finding, wrong: Iterable[KeyPath]) -> bool:
    """Tell whether a finding stands beside a wrong key, so that it may come of that."""
    return any(len(path) > 1 and finding[0][: len(path) - 1] == path[:-1] for path in wrong)


def _in_doubt(finding: Finding, wrong: Iterable[KeyPath]) -> bool:
    """Tell whether a finding on a route may come of a wrong key anywhere in its procedure."""
    return any(path[:2] == finding[0][:2] for path in wrong)


def _problem(document: Document, finding: Finding) -> Problem:
    """Place a finding; a policy may be a list of changes without the key `changes`."""
    path, message = finding
    if path[:1] == ("policies",) and path[2:3] == ("changes",) and path[:3] not in document.places:
        path = (*path[:2], *path[3:])
    return document.problem(path, message)


def _without(data: dict[str, Any], paths: list[KeyPath]) -> Scenario | None:
    """Leave out the keys that are wrong, if they may be left out, to check names all the same."""
    kept = copy.deepcopy(data)
    for path in paths:
        node: Any = kept
        for part in path[:-1]:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return None
        if not path or not isinstance(node, dict) or path[-1] not in node:
            return None
        del node[path[-1]]
    try:
        return Scenario.model_validate(kept)
    except ValidationError:
        return None
