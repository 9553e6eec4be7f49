"""A scenario with what is wrong left out or stood in for, so that the rest can be judged too.

What is found in it may come of what was left out: `Mended.follows` tells.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sim.errors import MOST_FOUND, faults_of
from sim.scenario.references import Finding
from sim.scenario.schema import Scenario
from sim.scenario.shape import all_models, keys_of, models_at
from sim.scenario.text import KeyPath, as_written, path_in_file, value_at, written_path
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
_SHARED = ("received_at", "channels", "priority", "choose")
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
        fault = re.split(r" \(did you mean|; there is:", message)[0]
        named = re.findall("`([^`]+)`", fault)
        of_station = re.search(r"\bno\b.*\bstation\b", message)
        if any(name in self.lost and (of_station or "." not in name) for name in named):
            return True
        for touched in self.touched:
            section = touched[2:3]
            if section == ("received_at",) and "receiving level" in message:
                return True
            if touched[2:] == ("offices",) and re.search("no office|several offices", message):
                return True
            if (
                touched[2:] == ("stations",)
                and of_station
                and (path[:2] == touched[:2] or any(w.startswith(f"{touched[1]}.") for w in named))
            ):
                return True
        if path[:1] == ("published",) and (*path[:2], "scope") in self.touched:
            return True
        if re.search(r"\bno\b", message):
            return False  # what does not exist and is not lost would be amiss all the same
        if path[:1] == ("procedures",):
            return any(path[:2] == touched[:2] for touched in self.touched)
        if path[:1] == ("policies",):
            counts = "cannot become" in message
            return any(
                written_path(touched) in message
                or (counts and not words.isdisjoint(_owner(touched)))
                for touched in self.touched
            )
        return any(
            touched == (*path[:2], "within")
            or (touched[-1:] == ("discipline",) and "disciplines" in message)
            for touched in self.touched
        )


def mended(data: dict[str, Any], unread: tuple[KeyPath, ...] = ()) -> Mended | None:
    """Leave out what is wrong in plain data, as little as can be; None if too much is."""
    raw = copy.deepcopy(data)
    touched = {path for path in unread if not isinstance(value_at(raw, path), dict | list)}
    lost = {str(path[-1]) for path in unread if _may_define(path)}
    for path in unread:
        if value_at(raw, path) is None:
            _mend(raw, _of_a_change(path), "")
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
                if found["type"] == "extra_forbidden" and isinstance(value_at(raw, path), dict):
                    lost |= {str(path[-1]), *_values_of(value_at(raw, path), _NAMING)}
                if _shared_evenly(raw, path, found["type"]):
                    continue
                if not _mend(raw, path, found["type"]):
                    return None
                touched.add(path)
        else:
            lost |= set(Counter(_defined(data)) - Counter(_defined(closed_up)))
            return Mended(scenario, frozenset(touched), frozenset(lost), kept)
    return None


def _in_document(path: KeyPath, kept: dict[KeyPath, list[int]]) -> KeyPath:
    found: KeyPath = ()
    for part in path:
        # A policy may be its list of changes.
        numbers = kept.get(found[:-1] if found[2:] == ("changes",) else found) or kept.get(found)
        found = (*found, numbers[part] if numbers and isinstance(part, int) else part)
    return found


def _at_fault(path: KeyPath, found: Any) -> KeyPath:
    """Give the path of the key that is wrong, where a mapping as a whole was found to be."""
    error = found.get("ctx", {}).get("error")
    if isinstance(error, ValueError) and models_at(path):
        inner = faults_of(error)[0][0]
        return (*path, *inner[:1])
    return path


def _shared_evenly(raw: Any, path: KeyPath, kind: str) -> bool:
    """Give alternatives even shares where theirs do not add to 1; tell whether that is new."""
    alternatives = value_at(raw, path)
    if kind != "value_error" or not path or path[-1] not in _SHARED:
        return False
    if isinstance(alternatives, list) and all(isinstance(branch, dict) for branch in alternatives):
        even = [{**branch, "share": 1 / len(alternatives)} for branch in alternatives]
        changed = even != alternatives
        alternatives[:] = even
        return changed
    if isinstance(alternatives, dict):
        shares = dict.fromkeys(alternatives, 1 / max(1, len(alternatives)))
        changed = shares != alternatives
        alternatives.update(shares)
        return changed
    return False


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
        bare = _STAND_INS["volume"] if path[0] == "volumes" else {}
        if isinstance(node[last], list) and models_at((*path, LEFT_OUT)):
            bare = {name: {} for name in node[last] if isinstance(name, str)}
        if kind == "string_type" and isinstance(node[last], int | float):
            node[last] = str(node[last])
        elif (kind in ("model_type", "dict_type") or models_at(path)) and node[last] != bare:
            node[last] = copy.deepcopy(bare)
        elif node[last] != _STAND_INS.get(str(last), node[last]):
            node[last] = copy.deepcopy(_STAND_INS[str(last)])
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


def _of_a_change(path: KeyPath) -> KeyPath:
    """Give the path of a policy's change as a whole; other paths stay."""
    number = next((n for n, part in enumerate(path) if isinstance(part, int)), None)
    return path if path[:1] != ("policies",) or number is None else path[: number + 1]


def _may_define(path: KeyPath) -> bool:
    """Tell whether a key at a path is a name that is given to a part, or that was meant for one."""
    above = models_at(path[:-1])
    return bool(models_at(path)) or any(path[-1] not in keys_of(model) for model in above)


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
            yield from map(str, inner if isinstance(inner, list) else [inner])
        yield from _values_of(inner, keys)
