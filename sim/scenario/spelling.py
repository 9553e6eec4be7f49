"""Misspelt keys, told and put right, so that what stands below them is checked too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_origin

from sim.errors import Problem
from sim.scenario.messages import unknown_key
from sim.scenario.schema import Part, Scenario
from sim.scenario.shape import is_model, keys_of, types_below
from sim.scenario.text import Document, KeyPath, Place
from sim.scenario.words import likely

_ALIKE = 0.75


def respelt(document: Document) -> Document:
    """Tell the misspelt keys of a document and put in their place the ones that are meant."""
    spelling = _Spelling(document)
    data = spelling.value(document.data, (), (), [Scenario])
    problems = (*document.problems, *spelling.problems)
    return replace(document, data=data, places=spelling.places, problems=problems)


class _Spelling:
    """One document, key by key."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.places: dict[KeyPath, Place] = {}
        self.problems: list[Problem] = []

    def value(self, value: Any, written: KeyPath, meant: KeyPath, types: list[Any]) -> Any:
        """Give a value with its keys put right; it was written at one path and meant at another."""
        if written in self.document.places:
            place = self.document.places[written]
            self.places[meant] = place if written == meant else replace(place, path=written)
        if isinstance(value, list):
            return [
                self.value(item, (*written, n), (*meant, n), types_below(types, n))
                for n, item in enumerate(value)
            ]
        if not isinstance(value, dict):
            return value
        types = [*types, *(item for item in types_below(types, 0) if is_model(item))]
        own = _keys_here(value, types)
        right: dict[str, Any] = {}
        for key, inner in value.items():
            likely_key = None
            if own and key not in own:
                likely_key = likely(key, [name for name in own if name not in value], _ALIKE)
            if likely_key is not None:
                models = [kind for kind in types if is_model(kind)]
                problem = self.document.problem((*written, key), unknown_key(key, models))
                self.problems.append(problem)
            name = key if likely_key is None or likely_key in right else likely_key
            below = types_below(types, name)
            right[name] = self.value(inner, (*written, key), (*meant, name), below)
        return right


def _keys_here(value: dict[str, Any], types: Iterable[Any]) -> list[str]:
    """List the keys that a mapping may have; none if it may have any."""
    models = [kind for kind in types if get_origin(kind) is not tuple]
    if not all(is_model(kind) for kind in models):
        return []
    telling = [kind for kind in models if _kind_is_told(kind, value)]
    return list(dict.fromkeys(key for kind in telling or models for key in keys_of(kind)))


def _kind_is_told(model: type[Part], value: dict[str, Any]) -> bool:
    """Tell whether a mapping has the key by which a step of this kind is known."""
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    return any(name in value for name in required if name != "id")
