"""Why a text is no YAML, in the words of the one who wrote it.

A parser says at which letter it gave up, often a line too late. What was meant is told from the
lines around: the quotes and brackets that are open there, the colons and the indentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sim.errors import quoted

Explanation = tuple[int, int, str]
"""Line and column, from 1, and what is wrong there."""

_ODD_SPACE = re.compile("[\u00a0\u00ad\u2000-\u200f\u202f\u2060\u3000\ufeff]")
_ODD_SPACE_AFTER = re.compile(rf"^(?:\s*[\w-]+:|\s*-)(?={_ODD_SPACE.pattern})")
_ORDINARY = re.compile(r"[^\s\[\]{},:#]+")
_STRING = {
    '"': re.compile(r'"(?:[^"\\]++|\\.)*+(?P<end>"|\Z)', re.DOTALL),
    "'": re.compile(r"'(?:[^']++|'')*+(?P<end>'|\Z)", re.DOTALL),
}
_HAS_COLON = re.compile(r":(?=\s|$)")
_GLUED = re.compile(r"\s*(?:-\s+)*(?P<key>[\w-]+):(?P<value>[^\s:].*)")
_BARE_WORD = re.compile(r"\s*(?:-\s+)*[\w-]+\s*")
_GLUED_DASH = re.compile(r"\s*-(?=[^\s\d.-])")
_CLOSES = {"[": "]", "{": "}"}
_RESERVED = "@`%>|*&!"


@dataclass
class _Open:
    """What is open at some letter of a text."""

    brackets: list[int] = field(default_factory=list)
    quote: int | None = None
    """Where a quoted text begins that holds the letter, or ended before it on another line."""
    closed: int = -1
    """Where the last quoted text or bracket ended."""
    token: int = 0
    """Where the last key, value or item began."""
    entry: int = 0
    """Where the last entry in brackets began."""


def explained(text: str, index: int) -> Explanation:
    """Explain why a text is no YAML at the letter where a parser gave up."""
    index = len(text.rstrip()) if index >= len(text.rstrip()) else index
    lines = text.splitlines() or [""]
    row, column = (number - 1 for number in place_of(text, index))
    open_there = _open_at(text, index)
    return (
        _odd_letter(lines, row)
        or _glued_dash(lines, row)
        or _odd_line(lines, row)
        or _open_quote(text, index, open_there)
        or _reserved(text, index, open_there)
        or _bare_word_above(lines, row, column, text, open_there)
        or _in_brackets(text, index, open_there)
        or _after_an_end(text, index, open_there)
        or _missing_dash(lines, row)
        or _second_colon(lines, row, column)
        or _no_colon(lines, row)
        or _indentation(lines, row)
        or (
            row + 1,
            column + 1,
            "cannot be read; look at the quotes, brackets, colons and indentation of this line and "
            "of the one before",
        )
    )


def place_of(text: str, index: int) -> tuple[int, int]:
    """Give the line and the column of a letter, from 1."""
    lines = (text[:index] + "x").splitlines()
    return len(lines), len(lines[-1])


def _open_at(text: str, index: int) -> _Open:
    """Go through a text up to a letter as a reader of YAML does."""
    found = _Open()
    at, fresh = 0, True
    while at < index:
        letter = text[at]
        if letter in "\n\r":
            fresh = True
        elif letter == "#" and (at == 0 or text[at - 1].isspace()):
            at = _end_of_line(text, at)
            continue
        elif fresh and letter in _STRING:
            found.token = at
            string = _STRING[letter].match(text, at)
            assert string is not None
            spans_lines = "\n" in string[0]
            if string.end() > index or not string["end"] or spans_lines:
                found.quote = at
            at, fresh, found.closed = string.end(), False, string.end() - 1
            continue
        elif letter in "[{" and (fresh or found.brackets):
            found.brackets.append(at)
            found.token, found.entry, fresh = at, at + 1, True
        elif letter in "]}" and found.brackets:
            found.brackets.pop()
            found.closed, fresh = at, False
        elif letter == "," and found.brackets:
            found.entry, fresh = at + 1, True
        elif letter == ":" and text[at + 1 : at + 2] in ("", " ", "\t", "\n", "\r"):
            fresh = True
        elif fresh and letter in "|>" and not found.brackets:
            found.token = at
            at, fresh = _end_of_block(text, at), True
            if at > index:
                return found
            continue
        elif fresh and letter in "-?" and text[at + 1 : at + 2].isspace():
            pass
        elif not letter.isspace():
            if fresh:
                found.token, fresh = at, False
            ordinary = _ORDINARY.match(text, at)
            at = ordinary.end() if ordinary else at + 1
            continue
        at += 1
    if fresh:
        found.token = index
    return found


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _begin_of_line(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _end_of_block(text: str, at: int) -> int:
    """Find where a text of several lines, begun by ``|`` or ``>``, ends."""
    begin = _begin_of_line(text, at)
    indent = len(text[begin:]) - len(text[begin:].lstrip(" "))
    more = re.compile(rf"[^\n]*(?:\n(?:[ \t]*(?=\n|\Z)| {{{indent + 1}}}[^\n]*))*")
    match = more.match(text, at)
    return match.end() if match else len(text)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _is_said(line: str) -> bool:
    """Tell whether a line is neither blank nor a remark."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _said_before(lines: list[str], row: int) -> int | None:
    return next((n for n in range(row - 1, -1, -1) if _is_said(lines[n])), None)


def _odd_letter(lines: list[str], row: int) -> Explanation | None:
    """Find a tab, an odd space or a full-width colon in a line or in the one before."""
    for number in (row, row - 1):
        line = lines[number] if number >= 0 else ""
        start = len(line) - len(line.lstrip())
        tab = line.find("\t", 0, start)
        if tab >= 0:
            return number + 1, tab + 1, "a tab stands here; indent with spaces"
        odd = _ODD_SPACE.search(line, 0, start)
        if odd is not None:
            letter = f"U+{ord(odd[0]):04X}"
            return (
                number + 1,
                odd.start() + 1,
                f"the space {letter} stands here; indent with spaces",
            )
        glued = _ODD_SPACE_AFTER.search(line)
        if glued is not None:
            letter = f"U+{ord(line[glued.end()]):04X}"
            why = f"the space {letter} stands here; write an ordinary one"
            return number + 1, glued.end() + 1, why
        wide = line.find("：")
        if wide >= 0 and not _HAS_COLON.search(line):
            return number + 1, wide + 1, "the colon `：` is not the ordinary one; write `: `"
    return None


def _glued_dash(lines: list[str], row: int) -> Explanation | None:
    glued = _GLUED_DASH.match(lines[row])
    if glued is None:
        return None
    return row + 1, glued.end(), "a space is missing between the dash and what follows it"


def _odd_line(lines: list[str], row: int) -> Explanation | None:
    for number in (row, row - 1):
        if number >= 0 and lines[number].strip() == "...":
            return number + 1, 1, "`...` ends a file; delete it"
    words = lines[row].strip()
    place = (row + 1, _indent(lines[row]) + 1)
    if re.match(r"(?:-\s+)*:(?=\s|$)", words):
        return *place, "a key is missing before the colon"
    return None


def _bare_word_above(
    lines: list[str], row: int, column: int, text: str, found: _Open
) -> Explanation | None:
    """Tell of a key without its colon in the line before, with which this one was read."""
    before = _said_before(lines, row)
    if before is None or not _HAS_COLON.match(lines[row], column):
        return None
    began = [place_of(text, bracket)[0] for bracket in found.brackets]
    if not _BARE_WORD.fullmatch(lines[before]) or any(line <= row for line in began):
        return None
    words = lines[before].strip()
    place = (before + 1, _indent(lines[before]) + 1)
    return *place, f"{quoted(words)} has no colon; write a key, a colon, a space and its value"


def _open_quote(text: str, index: int, found: _Open) -> Explanation | None:
    line, column = place_of(text, index)
    if "\\" in text[max(index - 1, 0) : index + 1]:
        why = r"a \ in double quotes stands for another letter; write the text in single quotes"
        return line, column, why
    if found.quote is None:
        return None
    why = f"the quote {text[found.quote]} that opens here is not closed in its line"
    return *place_of(text, found.quote), why


def _reserved(text: str, index: int, found: _Open) -> Explanation | None:
    """Tell of a text that begins with a letter that YAML keeps for itself."""
    letter = text[found.token : found.token + 1]
    place = place_of(text, found.token)
    if "\n" in text[found.token : index]:
        return None
    if letter and letter in _RESERVED:
        words = text[found.token : _end_of_line(text, index)].split(" #", maxsplit=1)[0].strip()
        way = quoted(f'"{words}"')
        return *place, f"a text that begins with {letter} stands in quotes: {way}"
    if letter == "-" and _HAS_COLON.search(text[_begin_of_line(text, index) : index]):
        return *place, "an item with a dash begins a line of its own; in one line write `[A, B]`"
    return None


def _in_brackets(text: str, index: int, found: _Open) -> Explanation | None:
    letter = text[index : index + 1]
    here = place_of(text, index)
    if not found.brackets:
        return _no_bracket(text, index) if letter and letter in "]}" else None
    opened = found.brackets[-1]
    bracket, closes = text[opened], _CLOSES[text[opened]]
    line, column = place_of(text, opened)
    if letter and letter in "]}":
        return *here, f"`{letter}` does not close the `{bracket}` of line {line}, column {column}"
    lines = text.splitlines()
    if not letter or (here[0] > line and _indent(lines[here[0] - 1]) <= _indent(lines[line - 1])):
        return line, column, f"the `{bracket}` that opens here is not closed by `{closes}`"
    entry = text[found.entry : index]
    if letter == ":" and not _HAS_COLON.search(entry):
        return *here, f"{quoted(entry.strip() + ':')} has no value"
    if letter == ":":
        words = quoted(" ".join((entry + _end_of_entry(text, index)).split()))
        return *here, f"two colons in {words}; part entries by commas, or quote a text with a colon"
    if found.closed == index - 1 and text[found.closed] in _STRING:
        why = f"the quote {text[found.closed]} before this closes a text; a quote is missing"
        return *here, why
    return *here, "a comma is missing before this; part entries by commas, or quote a whole text"


def _no_bracket(text: str, index: int) -> Explanation:
    """Tell of a bracket that closes nothing."""
    letter = text[index]
    opens = "[" if letter == "]" else "{"
    begin = _begin_of_line(text, index)
    lone = re.search(rf"[^\s:,\[{{-]\s*\{opens}", text[begin:index])
    if lone is not None:
        place = place_of(text, begin + lone.end() - 1)
        return *place, f"a colon and a space are missing before this `{opens}`"
    return *place_of(
        text, index
    ), f"`{letter}` closes nothing; there is no open `{opens}` before it"


def _end_of_entry(text: str, index: int) -> str:
    match = re.compile(r"[^\n,\]}]*").match(text, index)
    return match[0] if match else ""


def _after_an_end(text: str, index: int, found: _Open) -> Explanation | None:
    """Tell of words after a quoted text or a bracket has ended."""
    if found.closed < 0 or found.brackets or text[found.closed + 1 : index].strip(" \t"):
        return None
    letter = text[found.closed]
    what = "quote" if letter in _STRING else "bracket"
    why = f"more stands after the closing {what} {letter}; quote all of a text, by other quotes"
    return *place_of(text, index), why


def _missing_dash(lines: list[str], row: int) -> Explanation | None:
    """Tell of a list item without its dash, in this line or in the one before."""
    for number in (row, _said_before(lines, row)):
        if number is None or lines[number].lstrip()[:1] not in ("{", "["):
            continue
        own = _indent(lines[number])
        for above in range(number - 1, -1, -1):
            if _is_said(lines[above]) and _indent(lines[above]) <= own:
                if _indent(lines[above]) == own and lines[above].lstrip().startswith("- "):
                    return number + 1, own + 1, "a dash is missing before this list item"
                break
    return None


def _second_colon(lines: list[str], row: int, column: int) -> Explanation | None:
    """Tell of a colon after a value, in the same line or in a line that goes on the one before."""
    line = lines[row]
    if not _HAS_COLON.match(line, column):
        return None
    first = _HAS_COLON.search(line, 0, column)
    if first is not None:
        lone = re.search(r"[^\s:,\[{-]\s+([\[{])", line[: first.start()])
        if lone is not None:
            why = f"a colon and a space are missing before this `{lone[1]}`"
            return row + 1, lone.start(1) + 1, why
        bracket = re.search(r"[^\s:]:[\[{]", line[:column])
        if bracket is not None and bracket.start() < first.start():
            return row + 1, bracket.end(), "a space is missing before this, after the colon"
        key = line[: first.start()].strip().removeprefix("- ")
        text = line[first.end() :].strip()
        way = quoted(f'{key}: "{text}"')
        return row + 1, column + 1, f"a text with a colon and a space stands in quotes: {way}"
    before = _said_before(lines, row)
    if before is None:
        return None
    above = lines[before]
    if not _HAS_COLON.search(above):
        return _no_colon(lines, row)
    why = f"is indented deeper than line {before + 1}, which has its value already"
    return row + 1, _indent(line) + 1, f"this line {why}; indent them alike"


def _no_colon(lines: list[str], row: int) -> Explanation | None:
    """Find a line without a colon: this one, or the one before."""
    before = _said_before(lines, row)
    for number in (row, before):
        if number is None or _HAS_COLON.search(lines[number]):
            continue
        line = lines[number].rstrip()
        words = line.strip()
        column = _indent(line) + 1
        glued = _GLUED.fullmatch(line)
        if glued is not None:
            way = quoted(f"{glued['key']}: {glued['value']}")
            return number + 1, column, f"no space after the colon: write {way}"
        if _is_said(line) and not words.startswith("- ") and words[-1] not in "]}\"',":
            why = f"{quoted(words)} has no colon; write a key, a colon, a space and its value"
            return number + 1, column, why
    return None


def _indentation(lines: list[str], row: int) -> Explanation | None:
    """Tell of a line that begins where none of the lines around it that are open do."""
    line = lines[row]
    own = _indent(line)
    levels: list[int] = []
    for number in range(row - 1, -1, -1):
        if _is_said(lines[number]) and (not levels or _indent(lines[number]) < levels[-1]):
            levels.append(_indent(lines[number]))
    place = (row + 1, own + 1)
    above = _said_before(lines, row)
    if above is None:
        return None
    if own not in levels:
        before = f"line {above + 1} before it by {_indent(lines[above])}"
        why = f"this line is indented by {own}, {before}; indent what belongs together alike"
        return *place, why
    if line.lstrip().startswith("- "):
        why = "a list item stands among keys"
        way = f"look at the indentation of line {above + 1}, or for a key that is missing there"
        return *place, f"{why}; {way}"
    for number in range(row - 1, -1, -1):
        if lines[number].lstrip().startswith("- ") and _indent(lines[number]) == own:
            why = f"a key stands among list items, such as that of line {number + 1}"
            way = "begin it with a dash, indent it deeper, or write the key missing before it"
            return *place, f"{why}; {way}"
    return None
