"""Named routes expanded, and ids given to steps, on plain data before it is validated.

Ids are given on the base scenario, before any policy, so that what a step draws does not
depend on the policy (docs/language.md, "Identity").
"""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sim.errors import Problem, quoted
from sim.scenario.text import Document, KeyPath
from sim.scenario.words import did_you_mean, likely

Raw = dict[str, Any]


def expand_routes(document: Document) -> Document:
    """Put each procedure's route in place of its name, with `steps` laid over it.

    A route or a step that is named and does not exist, or two steps with one id, are problems of
    the document; the rest of it can still be checked.
    """
    expanding = _Expanding(document)
    data = copy.deepcopy(document.data)
    named = data.pop("routes", None) or {}
    if not isinstance(named, dict):
        expanding.tell(("routes",), "is not a mapping of names to lists of steps")
        named = {}
    procedures = data.get("procedures")
    for name, procedure in procedures.items() if isinstance(procedures, dict) else ():
        if isinstance(procedure, dict):
            expanding.procedure(("procedures", name), procedure, named, _stand_in(data))
    return replace(
        document,
        data=data,
        places=expanding.places,
        problems=(*document.problems, *expanding.problems),
        unread=tuple(expanding.unread),
    )


class _Expanding:
    """The places, problems and unread paths of a document whose routes are being expanded."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.places = dict(document.places)
        self.by_part: dict[KeyPath, list[KeyPath]] = defaultdict(list)
        for path in document.places:
            self.by_part[_part(path)].append(path)
        self.problems: list[Problem] = []
        self.unread = list(document.unread)

    def tell(self, path: KeyPath, message: str) -> None:
        self.problems.append(self.document.problem(path, message))

    def procedure(self, path: KeyPath, procedure: Raw, named: Raw, stand_in: Raw) -> None:
        """Expand the route of one procedure, in place."""
        at: KeyPath = (*path, "route")
        route = procedure.get("route")
        overrides = procedure.pop("steps", None) or {}
        if isinstance(route, str) and route not in named:
            self.tell(at, f"there is no route {quoted(route)}{did_you_mean(route, named)}")
            route = likely(route, named)
            if route is None:
                self.unread.append(at)
                procedure["route"] = [stand_in]
                return
        if isinstance(route, str):
            self.move(("routes", route), at)
            route = procedure["route"] = copy.deepcopy(named[route])
        steps = dict(_walk(route, at))
        for twice in _give_ids(steps):
            given = quoted(steps[twice]["id"])
            why = f"a second step with the id {given}; ids differ in a procedure"
            self.problems.append(replace(self.document, places=self.places).problem(twice, why))
        if steps:
            self.lay_over(path, steps, overrides)

    def lay_over(self, path: KeyPath, steps: dict[KeyPath, Raw], overrides: object) -> None:
        """Put the keys of `steps` in place of those of the route's steps."""
        at: KeyPath = (*path, "steps")
        lacking = [(*place, key) for place in steps for key in ("at", "work")]
        if not isinstance(overrides, dict):
            self.tell(at, "is not a mapping of step ids; write `{sign: {work: 5 min}}`")
            self.unread += lacking
            return
        by_id = {str(step["id"]): (place, step) for place, step in steps.items()}
        for step_id, keys in overrides.items():
            meant: str | None = step_id
            if step_id not in by_id:
                why = f"the route has no step {quoted(step_id)}{did_you_mean(step_id, by_id)}"
                self.tell((*at, step_id), why)
                meant = likely(step_id, by_id)
            if meant is None:
                self.unread += lacking
                continue
            place, step = by_id[meant]
            if not isinstance(keys, dict):
                why = f"{quoted(keys)} is not a mapping of keys; write `{{work: 5 min}}`"
                self.tell((*at, step_id), why)
                self.unread += [(*place, key) for key in ("at", "work")]
                continue
            for key, value in keys.items():
                if key == "id":
                    self.tell((*at, step_id, key), "a step keeps its id")
                else:
                    step[key] = value
                    self.move((*at, step_id, key), (*place, key))

    def move(self, source: KeyPath, target: KeyPath) -> None:
        """Let `target` and what is below stand where `source` stood."""
        for path in self.below(target):
            if path != target:
                del self.places[path]
        for path in self.below(source):
            place = self.places[path]
            moved = target + path[len(source) :]
            self.places[moved] = replace(place, path=place.path or path)
            self.by_part[_part(moved)].append(moved)
        self.unread += [
            target + path[len(source) :] for path in self.unread if path[: len(source)] == source
        ]

    def below(self, path: KeyPath) -> list[KeyPath]:
        """List the paths that have a place at a path and below."""
        found = (at for at in self.by_part[_part(path)] if at[: len(path)] == path)
        return [at for at in dict.fromkeys(found) if at in self.places]


def _part(path: KeyPath) -> KeyPath:
    """Give the named route, or the key of a procedure, that a path lies in."""
    return path[:2] if path[:1] == ("routes",) else path[:3]


def _stand_in(data: Raw) -> Raw:
    """Give a step for a route that does not exist, at some station that does."""
    levels = data.get("levels")
    for name, level in levels.items() if isinstance(levels, dict) else ():
        stations = level.get("stations") if isinstance(level, dict) else None
        for station in stations if isinstance(stations, dict) else ():
            return {"id": "step", "at": f"{name}.{station}", "work": "0 min"}
    return {"id": "step", "wait": "0 min"}


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
    given: Counter[str] = Counter()
    for step in steps.values():
        if "id" in step:
            continue
        base = _default_id(step)
        given[base] += 1
        while (name := f"{base}-{given[base]}" if given[base] > 1 else base) in used:
            given[base] += 1
        used.add(name)
        step["id"] = name
    return twice


def _default_id(step: Raw) -> str:
    for kind in ("wait", "choose", "together"):
        if kind in step:
            return kind
    return str(step.get("at", "step")).rpartition(".")[2] or "step"
