"""The JSON Schema of the language, by which an editor completes, explains and marks.

It describes what stands in a file, and refuses what is wrong by itself; what is wrong beside
something else is told when the scenario is loaded. A file with ``extends`` is a fragment: it
may lack anything, and null takes a key away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any

from sim.scenario.keys import Form, Key, forms, models
from sim.scenario.schema import RATES
from sim.scenario.written import (
    CHANGE,
    DISTRIBUTION,
    KEYS_OF_STEP,
    NAMED_STEP,
    OFFICERS_WORK,
    Schema,
    either,
    ref,
)

_STEPS = ("Visit", "Wait", "Choose", "Together")
_IN_NAMED_ROUTES = ("Branch", *_STEPS)
_DISTRIBUTIONS = {"Distribution": DISTRIBUTION, "OfficersWork": OFFICERS_WORK}
_ANNOTATIONS = ("description", "default", "defaultSnippets")
"""Keywords that refuse nothing, and so may stand beside a `$ref` in draft 7."""


def _given(*lists: str) -> Schema:
    """Demand one of these keys, an empty list being none."""
    return {
        "oneOf": [{"required": [name], "properties": {name: {"minItems": 1}}} for name in lists]
    }


def _unless(holds: Schema, message: str) -> Schema:
    """Refuse a mapping with a message, unless a schema holds.

    In a condition, alternatives do not offer themselves in an editor.
    """
    return {"if": holds, "else": {"type": "null", "errorMessage": message}}


_TOGETHER: dict[str, list[Schema]] = {
    "TransferRule": [
        _unless(
            {
                "oneOf": [{"required": ["from", "to"]}, {"required": ["within"]}],
                "dependencies": {"from": ["to"], "to": ["from"]},
            },
            "A transfer has either `from` and `to`, or `within`.",
        ),
        _unless(
            {"not": {"required": ["cutoff"], **_given("departs")}},
            "A transfer has `departs` or `cutoff`, not both.",
        ),
    ],
    "Volume": [
        _unless(
            {
                "oneOf": [*({"required": [rate]} for rate in RATES), {"required": ["of"]}],
                "dependencies": {"of": ["share"], "share": ["of"]},
            },
            f"A volume is one of {', '.join(RATES)}, or {{of: VOLUME, share: SHARE}}.",
        )
    ],
    "Policy": [_unless(_given("changes", "combine"), "A policy has `changes` or `combine`.")],
    "Levers": [
        _unless({"minProperties": 1, "maxProperties": 1}, "A change has exactly one lever.")
    ],
    "Which": [
        _unless(
            _given("procedures", "fields", "all"),
            "Say which: one of procedures: [..], fields: [..], all: true.",
        )
    ],
    "StaffChange": [
        _unless({"minProperties": 1, "maxProperties": 1}, "Write one of add, set, times.")
    ],
}
"""Which keys of a model stand together, as its validators have it."""


def _lacking(name: str) -> str:
    """Name the definition of a part of a named route, which may lack what `steps` gives."""
    return f"{name}.lacking"


_REFERENCES: list[tuple[Schema, Schema]] = [
    (CHANGE, ref("Levers")),
    (KEYS_OF_STEP, ref("KeysOfStep")),
    (NAMED_STEP, either(*(ref(_lacking(step)) for step in _STEPS))),
    *((value, ref(name)) for name, value in _DISTRIBUTIONS.items()),
]


def scenario_schema() -> Schema:
    """Give the JSON Schema (draft 7) of a scenario file."""
    complete = {name: _mapping(name, form) for name, form in forms().items()}
    complete["KeysOfStep"] = _keys_of_a_step()
    definitions = {
        **complete,
        **{_lacking(name): _in_named_route(complete[name]) for name in _IN_NAMED_ROUTES},
        **{_fragment(name): _as_fragment(found, complete) for name, found in complete.items()},
        **_DISTRIBUTIONS,
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A scenario of onestop",
        "type": "object",
        "if": {"required": ["extends"]},
        "then": ref(_fragment("Scenario")),
        "else": ref("Scenario"),
        "definitions": definitions,
    }


def schema_text() -> str:
    """Give the JSON Schema as text."""
    return json.dumps(scenario_schema(), ensure_ascii=False, indent=1)


def _mapping(name: str, form: Form) -> Schema:
    required = [name for name, key in form.keys.items() if key.required]
    bases = models()[name].__mro__
    together = [rule for base in bases for rule in _TOGETHER.get(base.__name__, ())]
    return {
        "title": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower(),
        "description": form.about,
        "type": "object",
        "properties": {name: _property(key) for name, key in form.keys.items()},
        "additionalProperties": False,
        **({"required": required} if required else {}),
        **({"allOf": together} if together else {}),
    }


def _keys_of_a_step() -> Schema:
    found = {name: key for step in _STEPS for name, key in forms()[step].keys.items()}
    del found["id"]
    return {
        "title": "keys of a step",
        "description": "Keys of a step, put in place of what the route has.",
        "type": "object",
        "properties": {name: _property(key) for name, key in found.items()},
        "additionalProperties": False,
    }


def _property(key: Key) -> Schema:
    value = _with_references(key.value)
    said = {
        "description": key.text,
        **({"default": key.default} if key.default not in (None, "", [], {}) else {}),
    }
    if not _is_written_in_place(key.value):
        return {**value, **said}
    # Beside a reference, editors would pass over what is offered.
    return {**({"allOf": [value]} if "$ref" in value else value), **said, **_offered(key)}


def _is_written_in_place(value: Schema) -> bool:
    ways = value.get("anyOf", [])
    if ways:
        return all(_is_written_in_place(way) for way in ways)
    scalar = value.get("type") in {"string", "integer", "number"} and "enum" not in value
    return scalar or "if" in value or "const" in value


def _offered(key: Key) -> Schema:
    """Offer the examples as values, selected so that one can type over them.

    The keyword `examples` would say the same to a validator, but editors show it in a clumsy
    way, and insert mappings in lists as text of JavaScript.
    """
    snippets = [
        {"label": example, "body": "${1:" + re.sub(r"([$}\\])", r"\\\1", example) + "}"}
        for example in key.examples
    ]
    return {"defaultSnippets": snippets}


def _with_references(schema: Any) -> Any:
    """Put references in place of what stands in the definitions."""
    for defined, reference in _REFERENCES:
        if schema == defined:
            return reference
    match schema:
        case dict():
            return {word: _with_references(part) for word, part in schema.items()}
        case list():
            return [_with_references(part) for part in schema]
        case _:
            return schema


# What may lack


def _fragment(name: str) -> str:
    return f"{name}.fragment"


def _in_named_route(found: Schema) -> Schema:
    """Give a step that may lack what `steps` gives, or a branch with such steps."""
    renamed: Schema = _renamed(found, _IN_NAMED_ROUTES, _lacking)
    if found["title"] != "branch":
        renamed.pop("required")
    return renamed


def _as_fragment(mapping: Schema, among: Collection[str]) -> Any:
    return _loosened(_renamed(mapping, among, _fragment))


def _loosened(schema: Any) -> Any:
    """Require no key of a mapping, and let null take each away."""
    match schema:
        case {"type": "object"}:
            demands = ("required", "minProperties", "allOf")
            kept = {word: part for word, part in schema.items() if word not in demands}
            if "properties" in kept:
                kept["properties"] = {
                    name: _or_null(_loosened(value)) for name, value in kept["properties"].items()
                }
            if isinstance(kept.get("additionalProperties"), dict):
                kept["additionalProperties"] = _or_null(_loosened(kept["additionalProperties"]))
            return kept
        case dict():
            return {word: _loosened(part) for word, part in schema.items()}
        case list():
            return [_loosened(part) for part in schema]
        case _:
            return schema


def _or_null(value: Schema) -> Schema:
    said = {word: part for word, part in value.items() if word in _ANNOTATIONS}
    rest = {word: part for word, part in value.items() if word not in _ANNOTATIONS}
    return {**either(rest, {"type": "null"}), **said}


def _renamed(schema: Any, among: Collection[str], rename: Callable[[str], str]) -> Any:
    """Refer to other definitions in place of those `among` which a schema refers to."""
    match schema:
        case {"$ref": str(target)} if target.rpartition("/")[2] in among:
            return {**schema, **ref(rename(target.rpartition("/")[2]))}
        case dict():
            return {word: _renamed(part, among, rename) for word, part in schema.items()}
        case list():
            return [_renamed(part, among, rename) for part in schema]
        case _:
            return schema
