"""Named routes expanded, and ids given to steps, on plain data before it is validated.

Ids are given on the base scenario, before any policy, so that what a step draws does not
depend on the policy (docs/language.md, "Identity").
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sim.errors import Problem, quoted
from sim.scenario.text import Document, KeyPath, Place
from sim.scenario.words import did_you_mean

Raw = dict[str, Any]


def expand_routes(document: Document) -> Document:
    """Put each procedure's route in place of its name, with `steps` laid over it.

    A route or a step that is named and does not exist, or two steps with one id, are problems of
    the document; the rest of it can still be checked.
    """
    data = copy.deepcopy(document.data)
    places = dict(document.places)
    named = data.pop("routes", None) or {}
    problems: list[Problem] = []
    unread: list[KeyPath] = []
    procedures = data.get("procedures")
    if not isinstance(named, dict):
        problems.append(
            document.problem(("routes",), "is not a mapping of names to lists of steps")
        )
        named = {}
    for name, procedure in procedures.items() if isinstance(procedures, dict) else ():
        if not isinstance(procedure, dict):
            continue
        path: KeyPath = ("procedures", name, "route")
        route = procedure.get("route")
        if isinstance(route, str):
            if route not in named:
                message = f"there is no route {quoted(route)}{did_you_mean(route, named)}"
                problems.append(document.problem(path, message))
                unread.append(path)
                procedure["route"] = [_stand_in(data)]
                procedure.pop("steps", None)
                continue
            procedure["route"] = copy.deepcopy(named[route])
            _move_places(places, ("routes", route), path)
        steps = _numbered(procedure["route"], path) if "route" in procedure else {}
        for twice in _give_ids(steps):
            message = f"a second step with the id `{steps[twice]['id']}`; ids differ in a procedure"
            problems.append(Document(document.file, data, places).problem(twice, message))
        by_id = {str(step["id"]): (place, step) for place, step in steps.items()}
        overrides = procedure.pop("steps", None) or {}
        for step_id, keys in overrides.items() if isinstance(overrides, dict) else ():
            over: KeyPath = ("procedures", name, "steps", step_id)
            if step_id not in by_id:
                message = f"the route has no step {quoted(step_id)}{did_you_mean(step_id, by_id)}"
                problems.append(document.problem(over, message))
            elif not isinstance(keys, dict):
                message = "is not a mapping of keys to put over the step's: {work: 5 min}"
                problems.append(document.problem(over, message))
            else:
                place, step = by_id[step_id]
                for key, value in keys.items():
                    if key == "id":
                        problems.append(document.problem((*over, key), "a step keeps its id"))
                        continue
                    step[key] = value
                    _move_places(places, (*over, key), (*place, key))
    return replace(
        document,
        data=data,
        places=places,
        problems=(*document.problems, *problems),
        unread=(*document.unread, *unread),
    )


def _stand_in(data: Raw) -> Raw:
    """Give a step for a route that does not exist, at some station that does."""
    levels = data.get("levels")
    for name, level in levels.items() if isinstance(levels, dict) else ():
        stations = level.get("stations") if isinstance(level, dict) else None
        for station in stations if isinstance(stations, dict) else ():
            return {"id": "step", "at": f"{name}.{station}", "work": "0 min"}
    return {"id": "step", "wait": "0 min"}


def _move_places(places: dict[KeyPath, Place], source: KeyPath, target: KeyPath) -> None:
    """Let `target` and what is below stand where `source` stood."""
    for path in [path for path in places if path[: len(target)] == target]:
        if path != target:
            del places[path]
    for path, place in list(places.items()):
        if path[: len(source)] == source:
            places[target + path[len(source) :]] = place


def _numbered(route: object, path: KeyPath) -> dict[KeyPath, Raw]:
    return dict(_walk(route, path))


def _walk(route: object, path: KeyPath) -> Iterator[tuple[KeyPath, Raw]]:
    """Go through the steps of a route in file order, branches included."""
    for number, step in enumerate(route if isinstance(route, list) else ()):
        if not isinstance(step, dict):
            continue
        here = (*path, number)
        yield here, step
        branches = step.get("choose")
        for at, branch in enumerate(branches if isinstance(branches, list) else ()):
            if isinstance(branch, dict):
                yield from _walk(branch.get("route"), (*here, "choose", at, "route"))
        branches = step.get("together")
        for at, branch in enumerate(branches if isinstance(branches, list) else ()):
            yield from _walk(branch, (*here, "together", at))


def _give_ids(steps: dict[KeyPath, Raw]) -> list[KeyPath]:
    """Give an id to each step that has none; list the places whose own id is not unique."""
    used: set[str] = set()
    twice = []
    for path, step in steps.items():
        if "id" in step:
            if str(step["id"]) in used:
                twice.append(path)
            used.add(str(step["id"]))
    for step in steps.values():
        if "id" not in step:
            base = _default_id(step)
            number, given = 1, base
            while given in used:
                number += 1
                given = f"{base}-{number}"
            used.add(given)
            step["id"] = given
    return twice


def _default_id(step: Raw) -> str:
    for kind in ("wait", "choose", "together"):
        if kind in step:
            return kind
    return str(step.get("at", "step")).rpartition(".")[2] or "step"
