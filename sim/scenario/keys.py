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

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from sim.scenario.policies.levers import Levers
from sim.scenario.raw_keys import RAW_FORMS, RAW_KEYS, RAW_VALUES
from sim.scenario.schema import Scenario
from sim.scenario.shape import all_models
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
    def by_default(self) -> str:
        """The default, in words or as it is written; empty if there is none."""
        if self.default_in_words is not None:
            return self.default_in_words
        match self.default:
            case str(text) if text:
                return f"`{text}`"
            case bool(truth):
                return f"`{str(truth).lower()}`"
            case int(number) | float(number):
                return f"{number:g}"
            case _:
                return ""

    @property
    def text(self) -> str:
        """All that is said of it, as one paragraph."""
        default = f" By default {self.by_default}." if self.by_default else ""
        examples = ", or ".join(f"`{example}`" for example in self.examples)
        return f"{self.meaning}{default} For example {examples}."

    @property
    def values(self) -> list[Any]:
        """The examples as data."""
        return [parse_document(f"key: {example}", "").data["key"] for example in self.examples]


def _key(value: Schema, said: str, *, required: bool, default: object) -> Key:
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


@dataclass(frozen=True)
class Form:
    """A mapping of the language: what it is, and its keys as they stand in a file."""

    about: str
    keys: dict[str, Key]


@lru_cache
def models() -> dict[str, type[BaseModel]]:
    """Give every model of the language by its name."""
    found: list[type[BaseModel]] = [Scenario, Levers, *all_models(), *RAW_FORMS]
    return {model.__name__: model for model in found}


@lru_cache
def forms() -> dict[str, Form]:
    """Give every mapping of the language, by the name of its model, as it stands in a file."""
    found = {
        name: Form(inspect.cleandoc(model.__doc__ or ""), _keys_of(model))
        for name, model in models().items()
    }
    for name, model in RAW_KEYS.items():
        found[name].keys.update(_keys_of(model))
    for (name, written), way in RAW_VALUES.items():
        read = found[name].keys[written]
        found[name].keys[written] = replace(read, value=either(read.value, way))
    return found


def _keys_of(model: type[BaseModel]) -> dict[str, Key]:
    values = _schemas()[model.__name__]["properties"]
    defaults = model.model_construct().model_dump(mode="json")
    said = {
        name: text
        for base in reversed(model.__mro__)
        if issubclass(base, BaseModel)
        for name, text in _said_in(base.__module__).get(base.__name__, {}).items()
    }
    return {
        field.alias or name: _key(
            values[field.alias or name],
            said.get(name, ""),
            required=field.is_required(),
            default=defaults.get(field.alias or name),
        )
        for name, field in model.model_fields.items()
    }


@lru_cache
def _schemas() -> dict[str, Schema]:
    """Give the schemas of the models, with the keys that are none of pydantic's own."""
    _, schemas = models_json_schema(
        [(model, "validation") for model in (*models().values(), *RAW_KEYS.values())],
        ref_template=ref("{model}")["$ref"],
        schema_generator=_AsWritten,
    )
    found: dict[str, Schema] = schemas["$defs"]
    return found


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
        # Without a type: to an editor, a key such as `1` is a number.
        names = {
            word: part
            for word, part in self.generate_inner(schema["keys_schema"]).items()
            if word != "type"
        }
        values = self.generate_inner(schema["values_schema"])
        least = {"minProperties": schema["min_length"]} if "min_length" in schema else {}
        if "enum" in names:
            properties = dict.fromkeys(names["enum"], values)
            return {"type": "object", "properties": properties, "additionalProperties": False}
        return {
            "type": "object", "propertyNames": names, "additionalProperties": values, **least
        }  # fmt: skip
