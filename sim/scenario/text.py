"""YAML text to plain data, strictly, with the place of every key.

Read by the YAML 1.2 core rules: only ``true`` and ``false`` are truth values, ``8:30`` and
``NO`` are text, ``012`` is refused. Aliases, tags, duplicate keys and deep nesting are refused
before anything is built.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn

import yaml

from sim.errors import InputError, Problem

MOST_BYTES = 4_000_000
DEEPEST = 64

KeyPath = tuple[str | int, ...]


class Null(Enum):
    """What `null` is read as: it deletes a key of a file that a scenario extends."""

    NULL = "null"


_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_OCTAL_OR_HEXADECIMAL = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")


def path_in_file(loc: tuple[str | int, ...]) -> KeyPath:
    """Leave out what a validator puts between the keys: union tags and key markers."""
    return tuple(part for part in loc if part != "[key]" and not str(part).startswith("<"))


@dataclass(frozen=True)
class Place:
    """Where a key or an item stands."""

    file: str
    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """A file's plain data (mappings have text keys) and the place of every key path."""

    file: str
    data: dict[str, Any]
    places: dict[KeyPath, Place]
    text: str = ""
    folder: Path | None = None
    """Where the files that it names lie, or below; None for a text without a file."""
    problems: tuple[Problem, ...] = ()
    """What is wrong without keeping the rest from being read."""

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Make a problem at `path`, or at the nearest key around it that has a place."""
        for length in range(len(path), -1, -1):
            place = self.places.get(path[:length])
            if place is not None:
                break
        else:
            place = Place(self.file, 0, 0)
        return Problem(
            place.file, place.line, place.column, ".".join(str(part) for part in path), message
        )


def read_document(path: Path) -> Document:
    """Read a file as one YAML mapping.

    Raises
    ------
    InputError
        If the file cannot be read, is not YAML, or uses what the language does not.
    """
    return replace(parse_document(read_text(path), str(path)), folder=path.parent)


def read_text(path: Path) -> str:
    """Read a file of UTF-8 text, at most `MOST_BYTES` long, as NFC.

    Raises
    ------
    InputError
        If it is no ordinary file, or is too large, or is not UTF-8.
    """
    file = str(path)
    try:
        if not path.is_file():
            raise InputError(Problem(file, 0, 0, "", _what_is_there(path)))
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(Problem(file, 0, 0, "", f"cannot be read: {error.strerror}")) from None
    if len(raw) > MOST_BYTES:
        raise InputError(Problem(file, 0, 0, "", "is larger than 4 MB, the most that is read"))
    try:
        return unicodedata.normalize("NFC", raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(Problem(file, 0, 0, "", "is not UTF-8; save it as UTF-8")) from None


def _what_is_there(path: Path) -> str:
    if path.is_dir():
        return "is a folder"
    return "is not a file" if path.exists() else "no such file"


def parse_document(text: str, file: str) -> Document:
    """Parse text as one YAML mapping; see `read_document`."""
    text = unicodedata.normalize("NFC", text)
    try:
        document = _Builder(file, yaml.parse(text, Loader=_PARSER)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        reason = " ".join(part for part in (error.context, error.problem) if part)
        at = text.splitlines()[mark.line : mark.line + 1] if mark is not None else []
        if at and mark is not None and at[0].startswith("\t", mark.column):
            reason = "a tab; indent with spaces"
        raise InputError(Problem(file, line, column, "", f"is not YAML here: {reason}")) from None
    except yaml.reader.ReaderError as error:
        # The position counts bytes in one parser and letters in the other.
        before = text[: text.find(chr(error.character))]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = (
            f"is not YAML here: the character U+{int(error.character):04X} cannot stand in text"
        )
        raise InputError(Problem(file, line, column, "", message)) from None
    return replace(document, text=text)


class _Builder:
    """Builds plain data from a stream of YAML events."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self.file = file
        self.events = events
        self.places: dict[KeyPath, Place] = {}
        self.problems: list[Problem] = []

    def document(self) -> Document:
        data: Any = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, (), "a second document; a scenario file has one")
                self.places[()] = self._place(event)
                data = self._node(next(self.events), ())
        if documents == 0:
            self.problems.append(Problem(self.file, 1, 1, "", "is empty"))
        elif not isinstance(data, dict):
            self.problems.append(Problem(self.file, 1, 1, "", "is not a mapping of keys to values"))
        if not isinstance(data, dict):
            raise InputError(*self.problems)
        return Document(self.file, data, self.places, problems=tuple(self.problems))

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        assert mark is not None
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _refuse(self, event: yaml.Event, path: KeyPath, message: str) -> NoReturn:
        place = self._place(event)
        text = ".".join(str(part) for part in path)
        raise InputError(
            *self.problems, Problem(place.file, place.line, place.column, text, message)
        )

    def _node(self, event: yaml.Event, path: KeyPath) -> Any:
        if len(path) > DEEPEST:
            self._refuse(event, (), f"nested deeper than {DEEPEST} levels")
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, path, "aliases (*name) are not part of the language; use a route")
        self._refuse_marks(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        assert isinstance(event, yaml.ScalarEvent)
        if not event.implicit[0]:
            return event.value
        return self._plain(event, path)

    def _refuse_marks(self, event: yaml.Event, path: KeyPath) -> None:
        if getattr(event, "tag", None) is not None or getattr(event, "anchor", None) is not None:
            message = "tags (!name) and anchors (&name) are not part of the language"
            self._refuse(event, path, message)

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        built: dict[str, Any] = {}
        while not isinstance(key_event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(key_event, yaml.ScalarEvent):
                self._refuse(key_event, path, "a key must be a word, not a list or a mapping")
            self._refuse_marks(key_event, path)
            key = key_event.value
            below = (*path, key)
            if key in built:
                first = self.places[below].line
                self._note(key_event, below, f"this key stands twice; the first is in line {first}")
            self.places.setdefault(below, self._place(key_event))
            built[key] = self._node(next(self.events), below)
        return built

    def _sequence(self, path: KeyPath) -> list[Any]:
        built: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            below = (*path, len(built))
            self.places[below] = self._place(event)
            built.append(self._node(event, below))
        return built

    def _note(self, event: yaml.Event, path: KeyPath, message: str) -> None:
        place = self._place(event)
        text = ".".join(str(part) for part in path)
        self.problems.append(Problem(place.file, place.line, place.column, text, message))

    def _plain(self, event: yaml.ScalarEvent, path: KeyPath) -> Any:
        text = event.value
        if not text:
            self._note(event, path, "has no value; give it one, or leave the key out")
            return None
        if text in {"~", "null", "Null", "NULL"}:
            return Null.NULL
        if _LEADING_ZERO.fullmatch(text):
            self._note(event, path, f"`{text}` has a leading zero; quote it, or leave the zero out")
        return plain_value(text)


def plain_value(text: str) -> bool | int | float | str:
    """Give what text without quotes stands for by the YAML 1.2 core rules, `null` apart."""
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    if _WHOLE.fullmatch(text) and len(text) < 32:
        return int(text)
    if _OCTAL_OR_HEXADECIMAL.fullmatch(text) and len(text) < 32:
        return int(text, 0)
    if _DECIMAL.fullmatch(text) and not _LEADING_ZERO.fullmatch(text):
        return float(text)
    return text
