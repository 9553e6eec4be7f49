r"""How values are written in a scenario, as JSON Schemas.

A pattern refuses what cannot be the value; whether dates exist, shares add to 1 or means fit
is told when the scenario is loaded. Patterns keep to what the dialects of Python and of
JavaScript read alike: no `\d`, no `\w`, no classes of Unicode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

Schema = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """Annotates a type with how its values are written.

    Parameters
    ----------
    schema
        Gives it from the schema of what is checked once the written value is read.
    """

    schema: Callable[[Schema], Schema]

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> Schema:
        return self.schema(handler(core_schema))


def either(*ways: Schema) -> Schema:
    """Give the schema of a value that may be written in several ways."""
    return {"anyOf": list(ways)}


def ref(name: str) -> Schema:
    """Give the schema that stands under a name in the definitions."""
    return {"$ref": f"#/definitions/{name}"}


def text(title: str) -> Schema:
    """Give the schema of any text, called by what it names."""
    return {"title": title, "type": "string"}


COUNT = {"title": "number of officers", "type": "integer", "minimum": 0, "maximum": 100_000}
NUMBER_OF_OFFICES = {
    "title": "number of offices", "type": "integer", "minimum": 1, "maximum": 100_000
}  # fmt: skip
CHANGE = {"title": "change"}
NAMED_STEP = {"title": "step"}
KEYS_OF_STEP = {"title": "keys of a step"}
"""These stand for definitions of `sim.scenario.json_schema`."""
AT_LEAST_ONE = Written(
    lambda many: {**many, "minItems" if many["type"] == "array" else "minProperties": 1}
)
ONE_OR_LIST = Written(lambda listed: either(listed["items"], listed))
WITH_ID = Written(lambda steps: {**steps, "items": {**steps["items"], "required": ["id"]}})

_NUMBER = r"[0-9]+(\.[0-9]+)?"
_SHORT = "s|seconds?|min|minutes?|h|hours?"
_WORKING = r"working\s+(min|minutes?|h|hours?|days?)"
_WEEKDAY = "(mon|tue|wed|thu|fri|sat|sun)"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_DATE = "(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"


def _pattern(title: str, pattern: str, *ways: str) -> Schema:
    """Give the schema of text of one form, and for editors the ways to write it."""
    *others, last = ways
    written = f"{', '.join(others)} or {last}" if others else last
    wrong = f"Not a value of this kind: {title}. Write {written}."
    return {
        **text(title),
        "pattern": f"^{pattern}$",
        "patternErrorMessage": wrong,
        "errorMessage": wrong,
    }


NAME = _pattern("name", r"[^\x00-,./:-@\[-\^`\{-\x7f]+", "letters, digits, - and _")
OFFICE_NAME = _pattern("name of an office", "[^@./]+", "any text without @, . and /")
CLASS = _pattern("priority class", r"[-+]?[0-9]+", "a whole number")
DATE = _pattern("date", _DATE, "2021-02-08")
DATES = _pattern("dates", rf"{_DATE}(\.\.{_DATE})?", "2021-02-08", "2021-04-19..2021-04-20")
MOMENT = _pattern(
    "date, or date and hour",
    rf"{_DATE}( +({_TIME}|24:00) *)?",
    "2021-02-08",
    "2021-02-08 14:30",
)
TIME = _pattern("hour of the day", f"({_TIME}|24:00)", "15:00")
HOURS = _pattern("hours", rf"{_TIME}\s*-\s*({_TIME}|24:00)", "07:30-11:30", "13:30-17:00")
WEEKDAYS = _pattern("weekdays", f"{_WEEKDAY}(-{_WEEKDAY})?", "mon-fri", "sat")
DURATION = _pattern(
    "duration",
    rf"\s*{_NUMBER}\s*({_SHORT}|days?|weeks?|{_WORKING})\s*",
    "15 min", "2 h", "1.5 days", "2 working days",
)  # fmt: skip
OPEN_TIME = _pattern(
    "duration, open time",
    rf"\s*{_NUMBER}\s*({_SHORT}|{_WORKING})\s*",
    "30 min", "4 working h", "1 working day",
)  # fmt: skip
OFFICERS_TIME = _pattern(
    "duration, an officer's time",
    rf"\s*{_NUMBER}\s*({_SHORT}|{_WORKING})\s*",
    "15 min", "2 h", "1 working day",
)  # fmt: skip
TIME_LIMIT = _pattern(
    "time limit",
    rf"(same day|\s*{_NUMBER}\s*(working (days?|h|hours?)|days?|weeks?|h|hours?|min|minutes?)\s*)",
    "same day", "5 working days", "4 working h", "10 days", "24 h",
)  # fmt: skip
WORKING_DAYS = _pattern(
    "number of working days",
    rf"\s*{_NUMBER}\s*working days?\s*",
    "1 working day",
    "3 working days",
)
PER_CENT = _pattern("per cent", rf"\s*{_NUMBER}\s*%\s*", "25%")
_UP_TO_100 = r"\s*(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)\s*%\s*"
SHARE = {
    "title": "share",
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "string", "pattern": f"^{_UP_TO_100}$"},
    ],
}
SHARE_OR_REST = {"title": "share, or `rest`", "anyOf": [SHARE, {"const": "rest"}]}
FIGURE = {"title": "number, or share", "anyOf": [{"type": "number"}, SHARE]}
WEIGHT = {"title": "weight", "type": "number", "minimum": 0}
FACTOR = {"title": "factor", "type": "number", "minimum": 0, "maximum": 1000}
RATE = {"title": "number of dossiers", "type": "number", "minimum": 0}
VARIATION = {
    "title": "coefficient of variation",
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 10}, PER_CENT],
}


def _distribution(title: str, duration: Schema) -> Schema:
    def of(about: str, **parameters: Schema) -> Schema:
        return {
            "description": about,
            "type": "object",
            "properties": parameters,
            "required": list(parameters),
            "additionalProperties": False,
        }

    def durations(about: str, count: int) -> Schema:
        return {
            "description": about,
            "type": "array",
            "items": duration,
            "minItems": count,
            "maxItems": count,
        }

    of_file: Schema = {
        "file": text("CSV file in the folder of the scenario, or below"),
        "column": text("its column of times"),
        "unit": text("the unit of its numbers, such as min"),
    }
    variation = either({"type": "number", "minimum": 0, "maximum": 100}, PER_CENT)
    families: Schema = {
        "exponential": {"description": "`exponential: MEAN`", "allOf": [duration]},
        "uniform": durations("`uniform: [A, B]`, A ≤ B.", 2),
        "triangular": durations("`triangular: [A, MODE, B]`, A ≤ MODE ≤ B.", 3),
        "lognormal": of("`lognormal: {mean: M, cv: C}`", mean=duration, cv=variation),
        "gamma": of("`gamma: {mean: M, cv: C}`", mean=duration, cv=variation),
        "weibull": of("`weibull: {mean: M, cv: C}`, C from 0.01.", mean=duration, cv=variation),
        "erlang": of("`erlang: {mean: M, k: K}`, K phases.", mean=duration,
                     k={"type": "integer", "minimum": 1}),
        "discrete": {
            "description": "`discrete: {VALUE: SHARE, …}`; the shares add to 1.",
            "type": "object",
            "propertyNames": duration,
            "additionalProperties": SHARE,
            "minProperties": 1,
        },
        "empirical": of("`empirical: {file: F.csv, column: C, unit: U}`, times from a table.",
                        **of_file),
    }  # fmt: skip
    return {
        "title": title,
        "if": {"type": "object"},
        "then": {
            "properties": families,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
        "else": duration,
    }


DISTRIBUTION = _distribution("distribution", DURATION)
OFFICERS_WORK = _distribution("distribution of an officer's time", OFFICERS_TIME)
