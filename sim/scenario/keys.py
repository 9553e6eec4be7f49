"""The keys of each model of the language: how each is written, what it means, an example.

What is said beneath an attribute of a model has one form: what the key means; then, if that
cannot be told from the model, "By default …." in words; then "For example …." with values as
YAML in backticks.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from sim.scenario.policies.levers import Levers
from sim.scenario.raw_keys import RAW_KEYS, ROUTE_NAME
from sim.scenario.schema import Part, Scenario
from sim.scenario.text import parse_document
from sim.scenario.written import Schema, either, ref

_SAID = re.compile(
    r"(?P<meaning>.+?\.)( By default (?P<default>.+?)\.)?( For example (?P<examples>`.+`)\.)?"
)
_EXAMPLE = re.compile("`([^`]+)`")


@dataclass(frozen=True)
class Key:
    """A key of a mapping.

    Parameters
    ----------
    value
        The JSON Schema of its value.
    meaning
        What it is, with its unit and the rules that govern it.
    required
        Whether it cannot be left out.
    default
        What holds where it is left out, as it would be written; None if that is nothing, or
        cannot be written.
    default_in_words
        The same in words, or None.
    examples
        Values, as they are written in YAML.
    """

    value: Schema
    meaning: str
    required: bool = False
    default: object = None
    default_in_words: str | None = None
    examples: tuple[str, ...] = ()

    @property
    def values(self) -> list[Any]:
        """The examples as data."""
        return [parse_document(f"key: {example}", "").data["key"] for example in self.examples]


def key(value: Schema, said: str, *, required: bool = False, default: object = None) -> Key:
    """Make a key of what is said of it."""
    found = _SAID.fullmatch(" ".join(said.split()))
    if found is None:
        raise ValueError(f"what is said of a key begins with a sentence: {said!r}")
    in_words = found["default"]
    return Key(
        value,
        found["meaning"],
        required=required and in_words is None,
        default=default if in_words is None else None,
        default_in_words=in_words,
        examples=tuple(_EXAMPLE.findall(found["examples"] or "")),
    )


@lru_cache
def models() -> dict[str, type[Part]]:
    """Give every model of the language by its name."""
    found: list[type[Part]] = [Scenario, Levers, *_below(Part)]
    return {model.__name__: model for model in found}


def _below(model: type[Part]) -> Iterator[type[Part]]:
    for child in model.__subclasses__():
        yield child
        yield from _below(child)


@lru_cache
def keys() -> dict[str, dict[str, Key]]:
    """Give the keys of every model, by the model's name, as they stand in a file."""
    _, schemas = models_json_schema(
        [(model, "validation") for model in models().values()],
        ref_template=ref("{model}")["$ref"],
        schema_generator=_AsWritten,
    )
    found = {
        name: _keys_of(model, schemas["$defs"][name]["properties"])
        for name, model in models().items()
    }
    for name, raw in RAW_KEYS.items():
        found[name] |= {written: key(*said) for written, said in raw.items()}
    route = found["Procedure"]["route"]
    found["Procedure"]["route"] = replace(route, value=either(route.value, ROUTE_NAME))
    return found


def _keys_of(model: type[Part], values: dict[str, Schema]) -> dict[str, Key]:
    defaults = model.model_construct().model_dump(mode="json")
    said = {
        name: text
        for base in reversed(model.__mro__)
        if issubclass(base, Part)
        for name, text in _said_in(base.__module__).get(base.__name__, {}).items()
    }
    return {
        field.alias or name: key(
            values[field.alias or name],
            said[name],
            required=field.is_required(),
            default=defaults.get(field.alias or name),
        )
        for name, field in model.model_fields.items()
    }


@lru_cache
def _said_in(module: str) -> dict[str, dict[str, str]]:
    """Read what stands beneath the attributes of each class of a module.

    Pydantic can do so too, but for every model on every import.
    """
    return {
        node.name: dict(_said_of(node))
        for node in ast.parse(inspect.getsource(sys.modules[module])).body
        if isinstance(node, ast.ClassDef)
    }


def _said_of(model: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for attribute, below in zip(model.body, model.body[1:], strict=False):
        match attribute, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, text


class _AsWritten(GenerateJsonSchema):
    """Generates schemas of what stands in a file: without null, and without defaults."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def sort(
        self,
        value: JsonSchemaValue,
        parent_key: str | None = None,  # noqa: ARG002
    ) -> JsonSchemaValue:
        return value

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        return {"anyOf": [self.generate_inner(choice) for choice in schema["choices"].values()]}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        names = self.generate_inner(schema["keys_schema"])
        values = self.generate_inner(schema["values_schema"])
        least = {"minProperties": schema["min_length"]} if "min_length" in schema else {}
        if "enum" in names:
            properties = dict.fromkeys(names["enum"], values)
            return {"type": "object", "properties": properties, "additionalProperties": False}
        return {
            "type": "object", "propertyNames": names, "additionalProperties": values, **least
        }  # fmt: skip
