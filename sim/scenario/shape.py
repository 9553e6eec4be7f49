"""What the language has at a path: the models that may stand there, and their keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from sim.scenario.raw_keys import RAW_KEYS
from sim.scenario.schema import Part, Procedure, Scenario
from sim.scenario.text import KeyPath

Types: TypeAlias = tuple[Any, ...]
"""The types that a value may have."""


def models_at(path: KeyPath, root: type[Part] = Scenario) -> list[type[Part]]:
    """List the models that may stand at a path: none, one, or the kinds of a step."""
    types: Types = (root,)
    for key in path:
        types = types_below(types, key)
    return [kind for kind in types if is_model(kind)]


def types_below(types: Types, key: str | int) -> Types:
    """List the types that may stand below a key of what has one of some types."""
    below = _below(types)
    return below.items if isinstance(key, int) else below.fields.get(key, below.named)


def keys_of(model: type[Part]) -> list[str]:
    """List the keys of a model as they are written."""
    own = [field.alias or name for name, field in model.model_fields.items()]
    raw = RAW_KEYS.get(model.__name__)
    return [*own, *(raw.model_fields if raw is not None else ())]


def all_models(model: type[Part] = Part) -> Iterator[type[Part]]:
    """Go through the models of the language."""
    for child in model.__subclasses__():
        yield child
        yield from all_models(child)


def is_list(kind: Any) -> bool:
    """Tell whether a type is that of a list."""
    origin: Any = get_origin(kind)
    return origin is tuple


def is_model(kind: Any) -> bool:
    """Tell whether a type is a part of the language with keys of its own."""
    return isinstance(kind, type) and issubclass(kind, Part)


@dataclass(frozen=True)
class _Below:
    """The types below keys of a model, below names of a mapping, and of the items of a list."""

    fields: dict[str, Types]
    named: Types
    items: Types


@lru_cache(maxsize=1024)
def _below(types: Types) -> _Below:
    fields: dict[str, list[Any]] = {}
    named: list[Any] = []
    items: list[Any] = []
    for kind in types:
        origin: Any = get_origin(kind)
        arguments = get_args(kind)
        if is_model(kind):
            hints = get_type_hints(kind, include_extras=True)
            for name, field in kind.model_fields.items():
                fields.setdefault(field.alias or name, []).extend(_plain(hints[name]))
        elif origin is dict:
            named.extend(_plain(arguments[1]))
        elif is_list(kind):
            items.extend(_plain(arguments[0]))
        if kind is Scenario:
            route = get_type_hints(Procedure, include_extras=True)["route"]
            fields["routes"] = [dict.__class_getitem__((str, route))]
    return _Below({key: tuple(of) for key, of in fields.items()}, tuple(named), tuple(items))


def _plain(annotation: Any) -> Iterator[Any]:
    """Give the types that an annotation allows, without what is said of them."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _plain(arguments[0])
    elif origin in (Union, UnionType):
        for argument in arguments:
            yield from _plain(argument)
    elif annotation is not NoneType:
        yield annotation
