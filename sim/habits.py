"""What people write by habit where the language has another way, and the way out.

A habit is a pattern with what to write instead. It is offered where the reader of the value
accepts the result, so that `07.30` leads to `07:30` where an hour is wanted, and to nothing where
a name is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar

from sim.errors import FaultsError, quoted

T = TypeVar("T")

_LONGEST = 60
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")
_UNITS = {
    "giây": "s", "giay": "s", "sec": "s", "secs": "s",
    "phút": "min", "phut": "min", "mins": "min", "m": "min",
    "giờ": "h", "gio": "h", "hr": "h", "hrs": "h", "tiếng": "h",
    "ngày": "days", "ngay": "days", "d": "days",
    "tuần": "weeks", "tuan": "weeks", "wk": "weeks", "wks": "weeks",
}  # fmt: skip
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ORDINALS = ("hai", "ba", "tư", "năm", "sáu", "bảy")


@dataclass(frozen=True)
class Habit:
    """A way of writing: its pattern, what is to be written instead, and why."""

    pattern: re.Pattern[str]
    instead: str | Callable[[re.Match[str]], str]
    why: str


def _plain_letters(match: re.Match[str]) -> str:
    text = unicodedata.normalize("NFKC", match[0])
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


def _unit(match: re.Match[str]) -> str:
    unit = _UNITS[match["unit"].lower()]
    return f" working {unit}" if match["working"] else f" {unit}"


def _twenty_four(match: re.Match[str]) -> str:
    afternoon = match["half"].lower() in ("pm", "ch")
    hour = int(match["hour"]) % 12 + (12 if afternoon else 0)
    return f"{hour:02}:{match['minute'] or '00'}"


def _weekday(match: re.Match[str]) -> str:
    day = match["day"].lower()
    return _WEEKDAYS[int(day) - 2 if day.isdecimal() else _ORDINALS.index(day)]


def _month(match: re.Match[str]) -> str:
    number = int(match["month"])
    return _MONTHS[number - 1] if 1 <= number <= 12 else match[0]


def _habit(pattern: str, instead: str | Callable[[re.Match[str]], str], why: str) -> Habit:
    return Habit(re.compile(pattern, re.IGNORECASE), instead, why)


HABITS = (
    _habit("[\u00a0\u00ad\u2000-\u200f\u202f\u2060\u3000\ufeff\uff00-\uffef]+", _plain_letters,
           "one of its letters only looks like an ordinary one"),
    _habit("^[“”„‟‘’«»]+|[“”„‟‘’«»]+$", "", "curly quotes are letters of the text"),
    _habit("^[\"']+|[\"']+$", "", "a quote that does not surround a value is a letter of it"),
    _habit("[‐‑‒–—―−]", "-", "a dash is not the hyphen `-`"),
    _habit(r"^\+(?=\d)", "", "numbers have no plus sign"),
    _habit(r"^(\d+)\.0+$", r"\1", "a whole number has no decimals"),
    _habit(r"^0+(?=[1-9])", "", "numbers have no leading zero"),
    _habit(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+),(\d+)", lambda m: f"{m[1].replace('.', '')}.{m[2]}",
           "thousands are not parted, decimals come after a point"),
    _habit(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+)\.(\d+)", lambda m: f"{m[1].replace(',', '')}.{m[2]}",
           "thousands are not parted"),
    _habit(r"(?<![\d.,])\d{1,3}(?:([.,' _])\d{3})(?:\1\d{3})*(?![\d.,])",
           lambda m: re.sub(r"\D", "", m[0]), "thousands are not parted"),
    _habit(r"(?<=\d),(?=\d)", ".", "decimals come after a point"),
    _habit(r"(?<=\d)\s+%$", "%", "the number and its % stand together"),
    _habit(r"\s*(?<![^\W\d_])(?P<unit>" + "|".join(_UNITS) + r")(?P<working>\s+làm\s+việc)?\b\.?",
           _unit, "units are s, min, h, days, weeks and `working` min, h, days"),
    _habit(r"\s*(?<![^\W\d_])(?:ngày|ngay)\b(?!\s+làm)", " working days",
           "days on which offices are open"),
    _habit(r"\bworking[-_]?(?=days?\b|h\b|hours?\b|min\b)", "working ",
           "`working` is a word of its own"),
    _habit(r"\b(?:business|work|office)\s*(?=days?\b|h\b|hours?\b)", "working ",
           "open time is written with `working`"),
    _habit(r"^(\d+)\s*h(?:ours?)?\s*(\d+)\s*(?:min(?:utes?)?|m)?$",
           lambda m: f"{int(m[1]) * 60 + int(m[2])} min", "a duration has one unit"),
    _habit(r"(?<![\d:])(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))?\s*(?P<half>am|pm|sa|ch)\b",
           _twenty_four, "hours go from 00:00 to 24:00"),
    _habit(r"(?<![\d:.])(\d{1,2})\s*(?:h|giờ|g|\.)\s*(\d\d)?(?![\d.])",
           lambda m: f"{m[1]:0>2}:{m[2] or '00'}", "hours are written HH:MM"),
    _habit(r"(?<![\d:])(\d):(\d\d)(?!\d)", r"0\1:\2", "hours have two digits"),
    _habit(r"(?<!\d)(\d\d:\d\d):\d\d(?!\d)", r"\1", "hours have no seconds"),
    _habit(r"^\d$|^1\d$|^2[0-4]$", lambda m: f"{m[0]:0>2}:00", "hours are written HH:MM"),
    _habit(r"(?<![\d-])(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)",
           lambda m: f"{m[3]}-{m[2]:0>2}-{m[1]:0>2}", "day, month, year are written YYYY-MM-DD"),
    _habit(r"(?<![\d-])(\d{1,2})[/.-](1[3-9]|2\d|3[01])[/.-](\d{4})(?!\d)",
           lambda m: f"{m[3]}-{m[1]:0>2}-{m[2]}", "month, day, year are written YYYY-MM-DD"),
    _habit(r"(?<![\d-])(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?!\d)",
           lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}", "a date is YYYY-MM-DD"),
    _habit(r"(?<![\d-])(\d{1,2})[/.-](\d{1,2})[/.-](\d\d)(?!\d)",
           lambda m: f"20{m[3]}-{m[2]:0>2}-{m[1]:0>2}", "day, month, year are written YYYY-MM-DD"),
    _habit(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d)?$", r"\1 \2",
           "a space stands between a day and its hour, which has no seconds"),
    _habit(r"^(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d(?::\d\d)?$", r"\1", "a day has no hour"),
    _habit(r"^(\d{4}-\d\d-)(\d\d)\.\.(\d\d)$", r"\1\2..\1\3", "both ends are whole dates"),
    _habit(r"^(\d{4}-)(\d\d-\d\d)\.\.(\d\d-\d\d)$", r"\1\2..\1\3",
           "both ends are whole dates"),
    _habit(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", "a date is YYYY-MM-DD"),
    _habit(r"(?<=\d{4}-\d\d-\d\d)\s*-\s*(?=\d{4}-)", "..",
           "a range of dates has two points between its ends"),
    _habit(r"(?<=\d)(?:\s*(?:\.{3}|…|->|→|~|đến|tới|to|until|\s-\s)\s*|\s+\.\.\s*|\.\.\s+)(?=\d)",
           "..", "a range of dates has two points between its ends"),
    _habit(r"\s*(?:\.{2,}|…|->|→|~|đến|tới|to|until)\s*", "-", "a range has a hyphen"),
    _habit(r"\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*", lambda m: m[1].lower(),
           "weekdays are mon, tue, wed, thu, fri, sat, sun"),
    _habit(r"\b(?:t|thứ\s*)(?P<day>[2-7]|" + "|".join(_ORDINALS) + r")\b", _weekday,
           "weekdays are mon, tue, wed, thu, fri, sat, sun"),
    _habit(r"\b(?:cn|chủ\s+nhật)\b", "sun", "weekdays are mon, tue, wed, thu, fri, sat, sun"),
    _habit(r"^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*$", lambda m: m[1].lower(),
           "months are jan, feb, mar, … dec"),
    _habit(r"^(?:tháng\s*|t|th)?0?(?P<month>\d{1,2})$", _month, "months are jan, feb, mar, … dec"),
    _habit(r"^(\d+(?:\.\d+)?)$", r"\1%", "a share is up to 1, or in per cent"),
    _habit(r"^(\d+(?:\.\d+)?)\s*%$", lambda m: f"{float(m[1]) / 100:g}",
           "it is a number, not a share"),
    _habit(r"^([\d.]+)\s*(?:percent|per\s+cent|phần\s+trăm|pct)$", r"\1%", "per cent is written %"),
    _habit(r"^(?:same[-_]?day|(?:trong|cùng)\s+ngày)$", "same day", "the limit is `same day`"),
    _habit(r"^(?:yes|on|y|có|đúng|1)$", "true", "it is `true` or `false`"),
    _habit(r"^(?:no|off|n|không|sai|0)$", "false", "it is `true` or `false`"),
    _habit("(?<=.)[A-Z]|^[A-Z]", lambda m: m[0].lower(), "it is written in small letters"),
)  # fmt: skip


def knowing_habits(read: Callable[[object], T]) -> Callable[[object], T]:
    """Let a reader that refuses a value say what to write instead, if that is known.

    Its messages are ``what is wrong; what is right``; the second part gives way.
    """

    @wraps(read)
    def reading(written: object) -> T:
        try:
            return read(written)
        except FaultsError:
            raise
        except ValueError as error:
            way = way_out(written, read)
            if not way:
                raise
            raise ValueError(f"{str(error).partition('; ')[0]}; {way}") from None

    return reading


def way_out(written: object, read: Callable[[Any], object]) -> str:
    """Say what to write instead of what a reader refuses, or nothing."""
    if not isinstance(written, str | int | float) or isinstance(written, bool):
        return ""
    text = str(written)
    if len(text) > _LONGEST:
        return ""
    if isinstance(written, str) and _is_read(text, read):
        return f"it is text; write it without quotes: {text}"
    return _ways_out(text, read)


@lru_cache(maxsize=4096)
def _ways_out(text: str, read: Callable[[Any], object]) -> str:
    ways: dict[str, str] = {}
    for way, why in _ways(text, read):
        ways.setdefault(way, why)
    return " or ".join(f"write {quoted(way)} ({why})" for way, why in ways.items())


def _ways(text: str, read: Callable[[Any], object]) -> Iterator[tuple[str, str]]:
    """Give what is read after one habit, or else after several one after the other."""
    found = False
    for habit in HABITS:
        instead = habit.pattern.sub(habit.instead, text)
        if instead != text and _is_read(instead, read):
            found = True
            yield instead, habit.why
    whys: list[str] = []
    for habit in () if found else HABITS:
        instead = habit.pattern.sub(habit.instead, text).strip()
        if instead != text:
            text = instead
            whys.append(habit.why)
            if _is_read(text, read):
                yield text, "; ".join(whys)
                return


def _is_read(written: object, read: Callable[[Any], object]) -> bool:
    try:
        read(written)
    except ValueError:
        is_number = isinstance(written, str) and _NUMBER.fullmatch(written)
        return bool(is_number) and _is_read(_number_of(str(written)), read)
    return True


def _number_of(text: str) -> int | float:
    return float(text) if "." in text else int(text)
