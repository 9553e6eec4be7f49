"""YAML text to plain data, strictly, with the place of every key.

Read by the YAML 1.2 core rules: only ``true`` and ``false`` are truth values, ``8:30`` and
``NO`` are text, ``012`` is refused. Aliases, tags, duplicate keys and deep nesting are refused
before anything is built.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

import yaml

from sim.errors import MOST_FOUND, InputError, Problem, one_line, quoted
from sim.habits import way_out
from sim.scenario.syntax import explained, place_of
from sim.scenario.words import NEARLY, likely

MOST_BYTES = 4_000_000
MOST_LETTERS = 10_000
DEEPEST = 64
_MOST_FILES = 1000
_KINDS = (".yaml", ".yml")
"""What a scenario's name may end in."""

KeyPath = tuple[str | int, ...]


class Decimal(float):
    """A number with a point or an exponent, which messages quote as it was written."""

    written: str

    def __str__(self) -> str:
        return self.written


class Null(Enum):
    """What `null` is read as: it deletes a key of a file that a scenario extends."""

    NULL = "null"


_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_OCTAL_OR_HEXADECIMAL = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_UNWRITABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_TAG_OF_UNION = re.compile("<[a-z]+>")
_NO_SPACE = re.compile(r"([\w-]+):[\u00a0\u2000-\u200f\u202f\u3000]*(\S.*)", re.DOTALL)
_LIKE_A_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)*")
_REST_OF_A_NUMBER = re.compile(r"[0-9]+(\s*[^\d\s.,:-][^\d]*)?")
_SURE_REST_OF_A_NUMBER = re.compile(r"[0-9]{3}|[0-9]+\s*[^\d\s.,:-][^\d]*")
_A_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?\s*[^\d.,]*")


def path_in_file(loc: tuple[str | int, ...]) -> KeyPath:
    """Leave out what a validator puts between the keys: union tags and key markers."""
    return tuple(part for part in loc if part != "[key]" and not _TAG_OF_UNION.fullmatch(str(part)))


def glued(text: str) -> tuple[str, str] | None:
    """Part a key from a value that follows its colon without a space."""
    match = _NO_SPACE.fullmatch(text)
    return (match[1], match[2]) if match else None


def written_path(path: KeyPath) -> str:
    """Write the path of a key as in ``procedures.copies.route.0.work``, very long keys cut."""
    parts = (str(part) for part in path)
    return ".".join(one_line(part if len(part) <= 60 else part[:59] + "…") for part in parts)


@dataclass(frozen=True)
class Place:
    """Where a key or an item stands."""

    file: str
    line: int
    column: int
    path: KeyPath | None = None
    """Its path in the file, where that is not the path at which it is checked."""
    trap: str = ""
    """What the writer may have meant by a list that YAML reads in another way."""


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
    unread: tuple[KeyPath, ...] = ()
    """Where a value could not be read, which is told; what is there is no further problem."""
    alike: Mapping[KeyPath, str] = field(default_factory=dict)
    """Names that are new beside nearly the same of a file that it extends, and what those are."""

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Make a problem at `path`, or at the nearest key around it that has a place."""
        written = as_written(self.data, path)
        for length in range(len(written), -1, -1):
            place = self.places.get(written[:length])
            if place is not None:
                break
        else:
            place = Place(self.file, 0, 0)
        if length == len(written):
            message = place.trap or message
            written = place.path or written
        return Problem(place.file, place.line, place.column, written_path(written), message)


def as_written(data: object, path: KeyPath) -> KeyPath:
    """Give the path of a key in plain data, which may have a short form of what is checked.

    One entry may stand for a list of one, a list of names for a mapping, and a word for a mapping
    of it.
    """
    written: KeyPath = ()
    node: Any = data
    for number, part in enumerate(path):
        step: str | int | None = part
        if isinstance(node, list) and isinstance(part, str):
            step = next((n for n, item in enumerate(node) if str(item) == part), None)
        elif isinstance(node, dict) and isinstance(part, int):
            step = None
        elif not isinstance(node, dict | list):
            break
        if step is None:
            continue
        written = (*written, step)
        try:
            node = node[step]
        except (KeyError, IndexError):
            return (*written, *path[number + 1 :])
    return written


def value_at(data: object, path: KeyPath) -> Any:
    """Give what stands at a path of plain data; None where there is nothing."""
    node: Any = data
    for part in path:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return None
    return node


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
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(Problem(file, 0, 0, "", "is not UTF-8 but UTF-16; save it as UTF-8"))
    try:
        return unicodedata.normalize("NFC", raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig").splitlines() or [""]
        message = "is not UTF-8 from here on; save it as UTF-8"
        raise InputError(Problem(file, len(before), len(before[-1]) + 1, "", message)) from None


def _what_is_there(path: Path) -> str:
    if path.is_dir():
        return "is a folder"
    if path.exists():
        return "is not a file"
    names = islice(path.parent.iterdir(), _MOST_FILES) if path.parent.is_dir() else ()
    kinds = (path.suffix,) if path.suffix and path.suffix not in _KINDS else _KINDS
    alike = {file.name if path.suffix else file.stem: file.name for file in names
             if file.suffix in kinds}  # fmt: skip
    meant = alike.get(path.name) or alike.get(likely(path.name, alike, NEARLY) or "")
    return "no such file" + (f" (did you mean {quoted(meant)}?)" if meant else "")


def parse_document(text: str, file: str) -> Document:
    """Parse text as one YAML mapping; see `read_document`."""
    text = unicodedata.normalize("NFC", text).removeprefix("\ufeff")
    unwritable = _UNWRITABLE.search(text)
    if unwritable is not None:
        line, column = place_of(text, unwritable.start())
        why = f"the character U+{ord(unwritable[0]):04X} cannot stand in a text; delete it"
        raise InputError(Problem(file, line, column, "", why))
    builder = _Builder(file, text, yaml.parse(text, Loader=_PARSER))
    try:
        return replace(builder.document(), text=text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column, why = explained(text, mark.index if mark else len(text))
    builder.forget_what_follows(line)
    raise InputError(*builder.problems, Problem(file, line, column, "", why))


class _Builder:
    """Builds plain data from a stream of YAML events, and notes what is wrong on the way."""

    def __init__(self, file: str, text: str, events: Iterator[yaml.Event]) -> None:
        self.file = file
        self.text = text
        self.end = len(text.rstrip())
        self.events = events
        self.places: dict[KeyPath, Place] = {}
        self.problems: list[Problem] = []
        self.unread: list[KeyPath] = []

    def document(self) -> Document:
        data: Any = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message = "`---` begins a second document; a scenario file has one"
                    self._refuse(event, (), message)
                self.places[()] = self._place(event)
                data = self._node(next(self.events), ())
        if documents == 0:
            self.problems.append(Problem(self.file, 1, 1, "", "is empty"))
        elif not isinstance(data, dict):
            message = "is not a mapping of keys to values; begin with `period: …`"
            self.problems.append(Problem(self.file, 1, 1, "", message))
        if not isinstance(data, dict):
            raise InputError(*self.problems)
        problems, unread = tuple(self.problems), tuple(self.unread)
        return Document(self.file, data, self.places, problems=problems, unread=unread)

    def forget_what_follows(self, line: int) -> None:
        """Forget what was noted right above the line where the text breaks off."""
        while self.problems and line - 2 <= self.problems[-1].line <= line:
            self.problems.pop()

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        assert mark is not None
        if mark.index >= self.end:  # a value that is missing at the end may be told beyond it
            return Place(self.file, *place_of(self.text, self.end))
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _note(self, event: yaml.Event, path: KeyPath, message: str) -> None:
        place = self._place(event)
        problem = Problem(place.file, place.line, place.column, written_path(path), message)
        self.problems.append(problem)
        if len(self.problems) == MOST_FOUND:
            raise InputError(*self.problems)

    def _refuse(self, event: yaml.Event, path: KeyPath, message: str) -> NoReturn:
        self._note(event, path, message)
        raise InputError(*self.problems)

    def _node(self, event: yaml.Event, path: KeyPath) -> Any:
        if len(path) > DEEPEST:
            self._refuse(event, (), f"nested deeper than {DEEPEST} levels")
        if isinstance(event, yaml.AliasEvent):
            message = "an alias (*name) is not part of the language; a text that begins with"
            self._note(event, path, f"{message} * stands in quotes")
            self.unread.append(path)
            return None
        self._note_marks(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, path)
        assert isinstance(event, yaml.ScalarEvent)
        if len(event.value) > MOST_LETTERS:
            message = f"has {len(event.value):,} letters; a text has at most {MOST_LETTERS:,}"
            self._note(event, path, message)
            self.unread.append(path)
            return None
        if not event.implicit[0]:
            return event.value
        return self._plain(event, path)

    def _note_marks(self, event: yaml.Event, path: KeyPath) -> None:
        bare = isinstance(event, yaml.ScalarEvent) and self._from(event) == "!"
        if getattr(event, "anchor", None) is not None:
            message = "an anchor (&name) is not part of the language; a text that begins with"
            self._note(event, path, f"{message} & stands in quotes")
        elif getattr(event, "tag", None) is not None or bare:
            message = "a tag (!name) is not part of the language; a text that begins with"
            self._note(event, path, f"{message} ! stands in quotes")

    def _from(self, event: yaml.Event, length: int = 1) -> str:
        """Give the text that begins where an event does."""
        mark = event.start_mark
        assert mark is not None
        return self.text[mark.index : mark.index + length]

    def _between(self, first: yaml.Event, second: yaml.Event) -> str:
        assert first.end_mark is not None
        assert second.start_mark is not None
        return self.text[first.end_mark.index : second.start_mark.index]

    def _mapping(self, start: yaml.MappingStartEvent, path: KeyPath) -> Any:
        built: dict[str, Any] = {}
        lone: list[tuple[yaml.ScalarEvent, str]] = []
        before: tuple[KeyPath, yaml.ScalarEvent] | None = None
        while not isinstance(key_event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(key_event, yaml.ScalarEvent):
                self._refuse(key_event, path, "a key must be a word, not a list or a mapping")
            value_event = next(self.events)
            if _is_empty(value_event) and ":" not in self._between(key_event, value_event):
                if not self._misread(key_event, path, built, before):
                    lone.append((key_event, _why_alone(key_event, before)))
                continue
            below = self._key(key_event, path, built)
            built[key_event.value] = self._node(value_event, below)
            before = (below, value_event) if _is_plain(value_event) else None
        if built or not lone:
            for event, why in lone:
                self._note(event, path, why)
            return built
        items = [event.value for event, _ in lone]
        way = quoted(f"[{', '.join(items)}]")
        why = f"what stands in {{ }} has no colon; a mapping is `{{KEY: VALUE}}`, a list is {way}"
        self._note(start, path, why)
        self.unread.append(path)
        return items

    def _key(self, event: yaml.ScalarEvent, path: KeyPath, built: dict[str, Any]) -> KeyPath:
        """Note where a key stands, and what is wrong with it."""
        self._note_marks(event, path)
        below = (*path, event.value)
        if not event.value and event.implicit[0]:
            self._note(event, below, "a key is missing before the colon")
            self.unread.append(below)
        elif event.value == "<<":
            message = "a merge key (<<) is not part of the language; share steps by `routes`, files"
            self._note(event, below, f"{message} by `extends`")
            self.unread.append(below)
        elif event.value in built and None in built.values():
            pass  # it belongs to the key above that has no value, and is not indented deeper
        elif event.value in built:
            first = self.places[below].line
            self._note(event, below, f"this key stands twice; the first is in line {first}")
        elif len(event.value) > MOST_LETTERS:
            self._refuse(event, path, f"a key of {len(event.value):,} letters")
        self.places.setdefault(below, self._place(event))
        return below

    def _misread(
        self,
        event: yaml.ScalarEvent,
        path: KeyPath,
        built: dict[str, Any],
        before: tuple[KeyPath, yaml.ScalarEvent] | None,
    ) -> bool:
        """Read a key without a colon as it was meant, if that is plain."""
        parted = glued(event.value) if event.implicit[0] else None
        if parted is not None:
            key, value = parted
            missing = "space" if f"{key}:{value}" == event.value else "ordinary space"
            message = f"no {missing} after the colon: write {quoted(f'{key}: {value}')}"
            self._note(event, (*path, key), message)
            self.places.setdefault((*path, key), self._place(event))
            built.setdefault(key, plain_value(value))
            return True
        if before is None or not _parts_a_number(before[1], event, self._between(before[1], event)):
            return False
        at, first = before
        self._note(first, at, _why_parted(first, event, "entries"))
        self.unread.append(at)
        return True

    def _sequence(self, start: yaml.SequenceStartEvent, path: KeyPath) -> list[Any]:
        built: list[Any] = []
        before: yaml.Event = start
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            below = (*path, len(built))
            self.places[below] = self._place(event)
            built.append(self._node(event, below))
            if start.flow_style and not self.places[path].trap:
                between = self._between(before, event)
                if _parts_a_number(before, event, between, sure=True):
                    trap = _why_parted(before, event, "items")
                    for at in (path, (*path, len(built) - 2), below):
                        self.places[at] = replace(self.places[at], trap=trap)
            before = event
        return built

    def _plain(self, event: yaml.ScalarEvent, path: KeyPath) -> Any:
        text = event.value
        if not text:
            self._note(event, path, f"has no value; {self._why_empty(event)}")
            self.unread.append(path)
            return None
        if text in {"~", "null", "Null", "NULL"}:
            return Null.NULL
        if _LEADING_ZERO.fullmatch(text):
            bare = quoted(text.lstrip("+-0") or "0")
            why = f"{quoted(text)} has a leading zero; write {bare} for a number, or quote a text"
            self._note(event, path, why)
            self.unread.append(path)
        return plain_value(text)

    def _why_empty(self, event: yaml.ScalarEvent) -> str:
        if re.match(r"[ \t]+#\S", self._from(event, 80)):
            return "what follows a # is a remark: a text that begins with # stands in quotes"
        return "write it here, or below in lines that are indented deeper, or leave the key out"


def _is_plain(event: yaml.Event) -> TypeGuard[yaml.ScalarEvent]:
    return isinstance(event, yaml.ScalarEvent) and event.implicit[0]


def _is_empty(event: yaml.Event) -> bool:
    return _is_plain(event) and not event.value


def _parts_a_number(
    first: yaml.Event, second: yaml.Event, between: str, *, sure: bool = False
) -> bool:
    """Tell whether a comma parts what was meant as one number, such as ``0,5 h``.

    In a list two numbers may be two items; only a rest of three digits, or with a unit, is sure.
    """
    rest = _SURE_REST_OF_A_NUMBER if sure else _REST_OF_A_NUMBER
    return (
        between == ","
        and _is_plain(first)
        and _is_plain(second)
        and _LIKE_A_NUMBER.fullmatch(first.value) is not None
        and rest.fullmatch(second.value) is not None
    )


def _why_parted(first: yaml.Event, second: yaml.Event, what: str) -> str:
    assert isinstance(first, yaml.ScalarEvent)
    assert isinstance(second, yaml.ScalarEvent)
    written = f"{first.value},{second.value}"
    way = way_out(written, _number_with_unit)
    return f"{quoted(written)} is two {what}, since a comma parts them; {way}"


def _number_with_unit(text: object) -> None:
    if not isinstance(text, str) or not _A_NUMBER.fullmatch(text):
        raise ValueError


def _why_alone(event: yaml.ScalarEvent, before: tuple[KeyPath, yaml.ScalarEvent] | None) -> str:
    alone = f"{quoted(event.value)} has no colon and no value"
    if before is None:
        return f"{alone}; write `KEY: VALUE`"
    path, value = before
    text = f'{path[-1]}: "{value.value}, {event.value}"'
    items = f"{path[-1]}: [{value.value}, {event.value}]"
    return f"{alone}; quote a text with a comma, {quoted(text)}, or write a list, {quoted(items)}"


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
    if _DECIMAL.fullmatch(text) and not _LEADING_ZERO.fullmatch(text) and len(text) < 400:
        number = Decimal(text)
        number.written = text
        return number if isfinite(number) else text
    return text
