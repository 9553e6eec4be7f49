"""A scenario with what is wrong left out or stood in for, so that the rest can be judged too.

What is found in it may come of what was left out: `Mended.follows` tells.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sim.errors import MOST_FOUND, faults_of
from sim.scenario.references import Finding
from sim.scenario.schema import Scenario
from sim.scenario.shape import all_models, keys_of, models_at
from sim.scenario.text import KeyPath, as_written, path_in_file
from sim.scenario.words import LEFT_OUT

_MOST_ROUNDS = 12
_STAND_INS: dict[str, Any] = {
    "period": {"from": "2021-01-01", "to": "2021-12-31"},
    "from": "2021-01-01",
    "to": "2021-12-31",
    "hours": {},
    "count": 1,
    "staff": 1,
    "serves": [LEFT_OUT],
    "stations": {LEFT_OUT: {}},
    "each": 1,
    "id": LEFT_OUT,
    "at": f"{LEFT_OUT}.{LEFT_OUT}",
    "work": "0 min",
    "wait": "0 min",
    "until": "due",
    "share": 0,
    "away": "0 min",
    "received_at": {LEFT_OUT: 1},
    "volume": {"per_day": 0},
    "route": [{"id": LEFT_OUT, "wait": "0 min"}],
    "value": 0,
    "source": LEFT_OUT,
    "measure": LEFT_OUT,
    "use": "calibrated",
}
_NAMED = ("calendars", "profiles", "channels", "levels", "volumes", "procedures", "policies")
_NAMING = ("id", "field")
_GONE = object()


@dataclass(frozen=True)
class Mended:
    """What could be read of a scenario.

    Parameters
    ----------
    scenario
        With what is wrong left out, or in its place what anything fits.
    touched
        The paths, in the document, of what was left out or stood in for.
    lost
        The names that the document defines and the scenario does not.
    kept
        For each list with items left out, by its path in the document: the places of the others.
    """

    scenario: Scenario
    touched: frozenset[KeyPath]
    lost: frozenset[str]
    kept: dict[KeyPath, list[int]]

    def in_document(self, path: KeyPath) -> KeyPath:
        """Give the path in the document of what has a path in the scenario."""
        return _in_document(path, self.kept)

    def follows(self, finding: Finding, words: frozenset[str] = frozenset()) -> bool:
        """Tell whether a finding, at its path in the document, may come of what was left out.

        `words` are those that stand at its path.
        """
        path, message = finding
        if any(path[: len(touched)] == touched for touched in self.touched):
            return True
        named = re.findall("`([^`]+)`", message)
        if not self.lost.isdisjoint(named):
            return True
        for touched in self.touched:
            if touched[-1:] == ("scope",) and path[:-1] == touched[:-1]:
                return True  # which names and measures there are goes by the scope
            section = touched[2:] if touched[:1] == ("levels",) else ()
            if touched[2:] == ("received_at",) and "receiving level" in message:
                return True
            if section == ("offices",) and "office" in message:
                return True
            if (
                section == ("stations",)
                and "station" in message
                and (path[:2] == touched[:2] or any(w.startswith(f"{touched[1]}.") for w in named))
            ):
                return True
        if re.search(r"\bno\b", message) and path[:1] != ("published",):
            return False  # what does not exist and is not lost would be amiss all the same
        return any(
            path[:2] == touched[:2] or not words.isdisjoint(_owner(touched))
            for touched in self.touched
        )


def mended(data: dict[str, Any], unread: tuple[KeyPath, ...] = ()) -> Mended | None:
    """Leave out what is wrong in plain data, as little as can be; None if too much is."""
    raw = copy.deepcopy(data)
    touched = set(unread)
    lost = {str(path[-1]) for path in unread}
    for _ in range(_MOST_ROUNDS):
        kept: dict[KeyPath, list[int]] = {}
        closed_up = _closed_up(raw, (), kept)
        try:
            scenario = Scenario.model_validate(closed_up)
        except ValidationError as error:
            if error.error_count() > MOST_FOUND:
                return None
            for found in error.errors(include_url=False, include_input=False):
                path = _in_document(_at_fault(path_in_file(found["loc"]), found), kept)
                path = as_written(raw, path)
                if len(path) == 1 and path[0] in ("levels", "procedures"):
                    return None
                if found["type"] == "extra_forbidden":
                    lost |= {str(path[-1]), *_values_of(_value_at(raw, path), _NAMING)}
                if not _mend(raw, path, found["type"]):
                    return None
                touched.add(path)
        else:
            lost |= set(_defined(data)) - set(_defined(closed_up))
            return Mended(scenario, frozenset(touched), frozenset(lost), kept)
    return None


def _in_document(path: KeyPath, kept: dict[KeyPath, list[int]]) -> KeyPath:
    found: KeyPath = ()
    for part in path:
        numbers = kept.get(found)
        found = (*found, numbers[part] if numbers and isinstance(part, int) else part)
    return found


def _at_fault(path: KeyPath, found: Any) -> KeyPath:
    """Give the path of the key that is wrong, where a mapping as a whole was found to be."""
    error = found.get("ctx", {}).get("error")
    if isinstance(error, ValueError) and models_at(path):
        inner = faults_of(error)[0][0]
        return (*path, *inner[:1])
    return path


def _value_at(raw: Any, path: KeyPath) -> Any:
    for part in path:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            return None
    return raw


def _mend(raw: Any, path: KeyPath, kind: str) -> bool:
    """Leave out the value at a path, or put in its place what is of the right kind."""
    if not path:
        return False
    *above, last = path
    node = raw
    for part in above:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return True  # what is around it was left out already
    if isinstance(node, list) and isinstance(last, int) and last < len(node):
        is_text = kind == "string_type" and isinstance(node[last], int | float)
        node[last] = str(node[last]) if is_text else _GONE
    elif isinstance(node, dict) and last in node:
        if kind == "string_type" and isinstance(node[last], int | float):
            node[last] = str(node[last])
        elif kind in ("model_type", "dict_type") and node[last] != {}:
            node[last] = {}
        else:
            del node[last]
    elif isinstance(node, dict) and last in _STAND_INS and kind == "missing":
        node[last] = copy.deepcopy(_STAND_INS[str(last)])
    else:
        return _mend(raw, tuple(above), "")
    return True


def _closed_up(value: Any, path: KeyPath, kept: dict[KeyPath, list[int]]) -> Any:
    """Copy plain data without the items that are gone, and note which are kept."""
    if isinstance(value, dict):
        return {key: _closed_up(inner, (*path, key), kept) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    numbers = [number for number, item in enumerate(value) if item is not _GONE]
    if len(numbers) < len(value):
        kept[path] = numbers
    return [_closed_up(value[number], (*path, number), kept) for number in numbers]


def _owner(path: KeyPath) -> set[str]:
    """Name what a path lies in: the station, the procedure, the calendar."""
    keys = {key for model in all_models() for key in keys_of(model)}
    names = [part for part in path if isinstance(part, str) and part not in keys]
    return set(names[-1:])


def _defined(data: dict[str, Any]) -> Iterator[str]:
    """Go through the names that plain data gives to its parts."""
    for section in _NAMED:
        named = data.get(section)
        yield from named if isinstance(named, dict) else ()
    levels = data.get("levels")
    for name, level in levels.items() if isinstance(levels, dict) else ():
        for section in ("stations", "pools", "offices") if isinstance(level, dict) else ():
            places = level.get(section)
            for place in places if isinstance(places, dict | list) else ():
                for own in place if isinstance(place, dict) else [place]:
                    yield from (str(own), f"{name}.{own}")
    for section in ("routes", "procedures"):
        yield from _values_of(data.get(section), _NAMING)


def _values_of(value: Any, keys: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(value, dict | list):
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if key in keys:
            yield str(inner)
        yield from _values_of(inner, keys)
