"""Misspelt keys, told and put right, so that what stands below them is checked too."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from sim.errors import MOST_FOUND, Problem
from sim.scenario.messages import unknown_key
from sim.scenario.schema import Part, Scenario
from sim.scenario.shape import Types, is_list, is_model, keys_of, types_below
from sim.scenario.text import Document, KeyPath, Place
from sim.scenario.words import NEARLY, likely


def respelt(document: Document) -> Document:
    """Tell the misspelt keys of a document and put in their place the ones that are meant."""
    spelling = _Spelling(document)
    data = spelling.value(document.data, (), (), (Scenario,))
    problems = (*document.problems, *spelling.problems)
    return replace(document, data=data, places=spelling.places, problems=problems)


class _Spelling:
    """One document, key by key."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.places: dict[KeyPath, Place] = {}
        self.problems: list[Problem] = []
        self.unknown = 0

    def value(self, value: Any, written: KeyPath, meant: KeyPath, types: Types) -> Any:
        """Give a value with its keys put right; it was written at one path and meant at another."""
        place = self.document.places.get(written)
        if place is not None:
            self.places[meant] = place if written == meant else replace(place, path=written)
        if isinstance(value, list):
            below = types_below(types, 0)
            return [
                self.value(item, (*written, n), (*meant, n), below) for n, item in enumerate(value)
            ]
        if not isinstance(value, dict):
            return value
        types = _or_of_one_item(types)
        models = _models_of(types)
        own = _keys_here(value, models)
        right: dict[str, Any] = {}
        for key, inner in value.items():
            name = key
            if own and key not in own and self.unknown < MOST_FOUND:
                self.unknown += 1
                name = likely(key, [k for k in own if k not in value], NEARLY) or key
                if name != key:
                    why = unknown_key(key, models, inner, value)
                    self.problems.append(self.document.problem((*written, key), why))
            if name in right:
                name = key
            below = types_below(types, name)
            right[name] = self.value(inner, (*written, key), (*meant, name), below)
        return right


@lru_cache
def _or_of_one_item(types: Types) -> Types:
    """Let a mapping stand for a list of one, as an entry of `staff` may."""
    return (*types, *filter(is_model, types_below(types, 0)))


@lru_cache
def _models_of(types: Types) -> tuple[type[Part], ...]:
    """List the models that types are; none if they may be mappings with any keys."""
    kinds = [kind for kind in types if not is_list(kind)]
    return tuple(kinds) if all(map(is_model, kinds)) else ()


def _keys_here(value: dict[str, Any], models: tuple[type[Part], ...]) -> list[str]:
    """List the keys that a mapping may have; none if it may have any."""
    if len(models) < 2:
        return _keys_of(models)
    telling = tuple(model for model in models if not _telling(model).isdisjoint(value))
    return _keys_of(telling or models)


@lru_cache
def _keys_of(models: tuple[type[Part], ...]) -> list[str]:
    return list(dict.fromkeys(key for model in models for key in keys_of(model)))


@lru_cache
def _telling(model: type[Part]) -> frozenset[str]:
    """Give the keys by one of which a step of this kind is known."""
    fields = model.model_fields.items()
    return frozenset(name for name, field in fields if field.is_required() and name != "id")
