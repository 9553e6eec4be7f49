"""A scenario on other scenarios: what `extends` takes, merged on plain data.

Mappings are merged by key, everything else is replaced, `null` deletes a key. Each key keeps the
place at which it stands, in whichever file.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.errors import InputError, quoted
from sim.scenario.files import file_beside, placed
from sim.scenario.text import Document, KeyPath, Null, Place, read_document
from sim.scenario.words import NEARLY, likely

MOST_FILES = 64

_ONE_VALUE = (
    "levels.*.stations.*.staff",
    "levels.*.stations.*.patience",
    "levels.*.pools.*.staff",
    "levels.*.offices.*.staff",
    "volumes.*",
    "procedures.*.volume",
    "procedures.*.received_at",
    "procedures.*.channels",
    "procedures.*.priority",
    "procedures.*.steps.*.work",
    "procedures.*.steps.*.wait",
    "procedures.*.steps.*.incomplete.share",
    "procedures.*.steps.*.incomplete.away",
    "procedures.*.steps.*.incomplete.again",
)
"""Mappings that are one value (a distribution, shares, a volume, staff), replaced whole."""


def extended(document: Document) -> Document:
    """Lay a document over those that it extends; a document without `extends` stays as it is.

    Raises
    ------
    InputError
        If a file that is named cannot be read, lies outside the scenario's folder, or extends
        itself in the end; or if `null` stands where it deletes nothing.
    """
    return _without_nulls(_Files(document.folder).extended(document, ()))


class _Files:
    """The files of one scenario, each read once."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.read: dict[Path, Document] = {}
        self.opened = 0

    def extended(self, document: Document, above: tuple[Path, ...]) -> Document:
        """Merge what a document extends, in order, and the document over it."""
        data = dict(document.data)
        names = data.pop("extends", [])
        listed = isinstance(names, list)
        paths: list[KeyPath] = [("extends", n) for n in range(len(names))] if listed else []
        below: Document | None = None
        for path, name in zip(paths or [("extends",)], names if listed else [names], strict=False):
            if not isinstance(name, str):
                message = "names the scenario to build on, or a list of them: `extends: other.yaml`"
                raise InputError(*document.problems, document.problem(path, message))
            if listed and names.index(name) != path[-1]:
                raise InputError(
                    *document.problems, document.problem(path, f"`{name}` stands twice")
                )
            taken = self._taken(document, path, name, above)
            below = taken if below is None else _laid_over(below, taken)
        top = replace(document, data=data)
        return top if below is None else _laid_over(below, top)

    def _taken(
        self, document: Document, path: KeyPath, name: str, above: tuple[Path, ...]
    ) -> Document:
        file = file_beside(document, path, name)
        real = file.resolve()
        if not above:
            above = (Path(document.file).resolve(),)
        if real in above:
            way = " → ".join([*(other.name for other in above[above.index(real) :]), real.name])
            message = f"a scenario cannot extend itself: {way}"
            raise InputError(*document.problems, document.problem(path, message))
        if real not in self.read:
            self.opened += 1
            if self.opened > MOST_FILES:
                message = f"more than {MOST_FILES} files are extended in all"
                raise InputError(*document.problems, document.problem(path, message))
            try:
                other = replace(read_document(file), folder=self.folder)
            except InputError as error:
                raise placed(error, document, path) from None
            self.read[real] = self.extended(other, (*above, real))
        return self.read[real]


def _laid_over(base: Document, over: Document) -> Document:
    places: dict[KeyPath, Place] = {}
    alike = {**base.alike, **over.alike}

    def keep(source: Document, path: KeyPath, value: object) -> None:
        if path in source.places:
            places[path] = source.places[path]
        if isinstance(value, dict | list):
            entries = value.items() if isinstance(value, dict) else enumerate(value)
            for key, inner in entries:
                keep(source, (*path, key), inner)

    def merge(path: KeyPath, below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
        places[path] = over.places[path]
        merged: dict[str, Any] = {}
        for key in {**below, **above}:
            here = (*path, key)
            if key not in above:
                keep(base, here, below[key])
                merged[key] = below[key]
            elif above[key] is Null.NULL and below.get(key, Null.NULL) is not Null.NULL:
                continue
            elif key in below and _by_key(here, below[key], above[key]):
                merged[key] = merge(here, below[key], above[key])
            else:
                if key not in below and isinstance(above[key], dict | list | Null):
                    meant = likely(key, below.keys() - above.keys(), NEARLY)
                    if meant is not None:
                        alike[here] = meant
                keep(over, here, above[key])
                merged[key] = above[key]
        return merged

    data = merge((), base.data, over.data)
    problems = tuple(dict.fromkeys((*base.problems, *over.problems)))
    unread = tuple(dict.fromkeys((*base.unread, *over.unread)))
    return replace(over, data=data, places=places, problems=problems, unread=unread, alike=alike)


def _by_key(path: KeyPath, below: object, above: object) -> bool:
    """Tell whether two values are merged by key; offices in another form are replaced."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return False
    if _is_at(path, "levels.*.offices"):
        return all(isinstance(office, dict | Null) for office in (*below.values(), *above.values()))
    return not any(_is_at(path, pattern) for pattern in _ONE_VALUE)


def _is_at(path: KeyPath, pattern: str) -> bool:
    parts = pattern.split(".")
    return len(parts) == len(path) and all(
        part in ("*", key) for part, key in zip(parts, path, strict=True)
    )


def _without_nulls(document: Document) -> Document:
    """Report each `null` that is left: it deletes nothing."""
    problems = list(document.problems)
    unread = list(document.unread)
    message = (
        "`null` deletes a key of a scenario that this one extends, and here there is none; "
        "give a value, or leave the key out"
    )

    def cleared(path: KeyPath, value: object) -> object:
        if value is Null.NULL:
            meant = document.alike.get(path)
            hint = f" (did you mean {quoted(meant)}?)" if meant else ""
            problems.append(document.problem(path, message + hint))
            unread.append(path)
            return None
        if isinstance(value, dict):
            return {key: cleared((*path, key), inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [cleared((*path, number), inner) for number, inner in enumerate(value)]
        return value

    data = {key: cleared((key,), value) for key, value in document.data.items()}
    return replace(document, data=data, problems=tuple(problems), unread=tuple(unread))
