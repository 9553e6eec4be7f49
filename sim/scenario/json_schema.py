"""The JSON Schema of the language, by which an editor completes, explains and marks.

It describes what stands in a file, and refuses what is wrong by itself; what is wrong beside
something else is told when the scenario is loaded. A file with ``extends`` is a fragment: it
may lack anything, and null takes a key away.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from sim.scenario.keys import Key, keys, models
from sim.scenario.raw_keys import STEPS, lacking
from sim.scenario.written import CHANGE, Schema, either, ref

_ANNOTATIONS = ("description", "default", "examples")
"""Keywords that refuse nothing, and so may stand beside a `$ref` in draft 7."""


def _given(*lists: str) -> Schema:
    """Demand one of these keys, an empty list being none."""
    return {
        "oneOf": [{"required": [name], "properties": {name: {"minItems": 1}}} for name in lists]
    }


_BESIDE: dict[str, Schema] = {
    "TransferRule": {
        "oneOf": [{"required": ["from", "to"]}, {"required": ["within"]}],
        "dependencies": {"from": ["to"], "to": ["from"]},
        "not": {
            "required": ["departs", "cutoff"],
            "properties": {"departs": {"minItems": 1}},
        },
    },
    "Volume": {
        "oneOf": [
            {"required": ["per_year"]},
            {"required": ["in_period"]},
            {"required": ["per_day"]},
            {"required": ["per_working_day"]},
            {"required": ["per_hour"]},
            {"required": ["of", "share"]},
        ],
        "dependencies": {"of": ["share"], "share": ["of"]},
    },
    "Policy": _given("changes", "combine"),
    "Levers": {"minProperties": 1, "maxProperties": 1},
    "Which": _given("procedures", "fields", "all"),
    "StaffChange": {"minProperties": 1, "maxProperties": 1},
}
"""Which keys of a model stand beside which, as its validators have it."""


def scenario_schema() -> Schema:
    """Give the JSON Schema (draft 7) of a scenario file."""
    complete = {name: _mapping(name, found) for name, found in keys().items()}
    complete["KeysOfStep"] = _keys_of_a_step()
    in_named_routes = ("Branch", *STEPS)
    definitions = {
        **complete,
        **{lacking(name): _lacking(complete[name], in_named_routes) for name in in_named_routes},
        **{_fragment(name): _as_fragment(found, complete) for name, found in complete.items()},
        **{_slug(value): _parts_named(value) for value in _named_values()},
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


def _mapping(name: str, found: dict[str, Key]) -> Schema:
    model = models()[name]
    required = [name for name, key in found.items() if key.required]
    beside = [_BESIDE[base.__name__] for base in model.__mro__ if base.__name__ in _BESIDE]
    return {
        "description": inspect.cleandoc(model.__doc__ or ""),
        "type": "object",
        "properties": {name: _property(key) for name, key in found.items()},
        "additionalProperties": False,
        **({"required": required} if required else {}),
        **({"allOf": beside} if beside else {}),
    }


def _keys_of_a_step() -> Schema:
    found = {name: key for step in STEPS for name, key in keys()[step].items() if name != "id"}
    return {
        "description": "Keys of a step, put in place of what the route has.",
        "type": "object",
        "properties": {name: _property(key) for name, key in found.items()},
        "additionalProperties": False,
    }


def _property(key: Key) -> Schema:
    by_default = f" By default {key.default_in_words}." if key.default_in_words else ""
    plain = isinstance(key.default, str | int | float) and key.default != ""
    return {
        **_named(key.value),
        "description": key.meaning + by_default,
        **({"default": key.default} if plain else {}),
        "examples": key.values,
    }


# Values that have a title are definitions of their own


def _slug(value: Schema) -> str:
    return re.sub(r"\W+", "-", value["title"]).strip("-")


def _named(schema: Any) -> Any:
    """Put the names of values in place of what they are."""
    if schema == CHANGE:
        return ref("Levers")
    if isinstance(schema, dict) and "title" in schema:
        return ref(_slug(schema))
    return _parts_named(schema)


def _parts_named(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {keyword: _named(part) for keyword, part in schema.items()}
    return [_named(part) for part in schema] if isinstance(schema, list) else schema


def _named_values() -> Iterator[Schema]:
    for found in keys().values():
        for key in found.values():
            yield from _titled(key.value)


def _titled(schema: Any) -> Iterator[Schema]:
    if isinstance(schema, dict) and "title" in schema and schema != CHANGE:
        yield schema
    if isinstance(schema, dict | list):
        for part in schema.values() if isinstance(schema, dict) else schema:
            yield from _titled(part)


# What may lack


def _fragment(name: str) -> str:
    return f"{name}.fragment"


def _lacking(step: Schema, among: Collection[str]) -> Schema:
    """Give the step of a named route, or a branch of one: `steps` may give what a step lacks."""
    renamed: Schema = _renamed(step, among, lacking)
    if "share" in renamed["properties"]:
        return renamed
    return {keyword: part for keyword, part in renamed.items() if keyword != "required"}


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
