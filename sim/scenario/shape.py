"""What the language has at a path: the models that may stand there, and their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from sim.scenario.schema import Part, Procedure, Scenario
from sim.scenario.text import KeyPath

ONLY_IN_FILES: dict[str, tuple[str, ...]] = {
    "Scenario": ("extends", "routes"),
    "Procedure": ("steps",),
}
"""Keys that are worked out before a scenario is checked, by model."""


def models_at(path: KeyPath, root: type[Part] = Scenario) -> list[type[Part]]:
    """List the models that may stand at a path: none, one, or the kinds of a step."""
    types: list[Any] = [root]
    for key in path:
        types = types_below(types, key)
    return [kind for kind in types if is_model(kind)]


def types_below(types: Iterable[Any], key: str | int) -> list[Any]:
    """List the types that may stand below a key of what has one of some types."""
    return [inner for kind in types for inner in _below(kind, key)]


def keys_of(model: type[Part]) -> list[str]:
    """List the keys of a model as they are written."""
    own = [field.alias or name for name, field in model.model_fields.items()]
    return [*own, *ONLY_IN_FILES.get(model.__name__, ())]


def all_models(model: type[Part] = Part) -> Iterator[type[Part]]:
    """Go through the models of the language."""
    for child in model.__subclasses__():
        yield child
        yield from all_models(child)


def is_model(kind: Any) -> bool:
    """Tell whether a type is a part of the language with keys of its own."""
    return isinstance(kind, type) and issubclass(kind, Part)


@dataclass(frozen=True)
class _Named:
    """A mapping of names to what has a type."""

    of: Any


@lru_cache
def _types_of(model: type[Part]) -> dict[str, Any]:
    return get_type_hints(model, include_extras=True)


def _below(kind: Any, key: str | int) -> Iterator[Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if is_model(kind):
        for name, field in kind.model_fields.items():
            if key == (field.alias or name):
                yield from _plain(_types_of(kind)[name])
        if kind is Scenario and key == "routes":
            yield _Named(_types_of(Procedure)["route"])
    elif isinstance(kind, _Named):
        yield from _plain(kind.of)
    elif origin is dict:
        yield from _plain(arguments[1])
    elif origin is tuple and isinstance(key, int):
        yield from _plain(arguments[0])


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
