"""A scenario file to a `Scenario`, with every problem of the file at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from sim.errors import InputError, Problem
from sim.scenario import schema
from sim.scenario.policies import check_policies
from sim.scenario.references import broken_references, did_you_mean
from sim.scenario.routes import expand_routes
from sim.scenario.schema import Scenario
from sim.scenario.text import Document, KeyPath, parse_document, path_in_file, read_document


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
    return _scenario(read_document(Path(path)), Path(path).stem)


def load_text(text: str, name: str = "scenario") -> Scenario:
    """Read a scenario from text; see `load`."""
    return _scenario(parse_document(text, f"<{name}>"), name)


def _scenario(document: Document, name: str) -> Scenario:
    expanded = expand_routes(document)
    expanded.data.setdefault("name", name)
    try:
        scenario = Scenario.model_validate(expanded.data)
    except ValidationError as error:
        raise InputError(*sorted(problems_of(error, expanded))) from None
    findings = broken_references(scenario) or check_policies(scenario)
    if findings:
        raise InputError(*sorted(expanded.problem(path, message) for path, message in findings))
    scenario._as_read = document.text
    return scenario


def problems_of(error: ValidationError, document: Document) -> list[Problem]:
    """Say what pydantic found in the words of the language, in place."""
    problems: dict[KeyPath, Problem] = {}
    for found in error.errors(include_url=False):
        path = path_in_file(found["loc"])
        message = _message(found["type"], found["msg"], path, found.get("ctx", {}))
        problems.setdefault(path, document.problem(path, message))
    return list(problems.values())


def _message(kind: str, text: str, path: KeyPath, context: dict[str, Any]) -> str:
    key = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        return f"there is no key `{key}` here{did_you_mean(key, _all_keys())}"
    if kind == "missing":
        return f"`{key}` is required here"
    if kind in {"value_error", "assertion_error"}:
        return str(context.get("error", text))
    if kind == "literal_error":
        return f"must be one of {context['expected']}"
    return text[0].lower() + text[1:]


def _all_keys() -> list[str]:
    keys: dict[str, None] = {"routes": None, "steps": None}
    for model in vars(schema).values():
        if isinstance(model, type) and issubclass(model, BaseModel):
            for name, field in model.model_fields.items():
                keys[field.alias or name] = None
    return list(keys)
