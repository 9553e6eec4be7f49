"""The values that keys of a scenario take: names, dates, hours, shares, limits, lengths of time."""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from unicodedata import normalize

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from sim.deadlines import LimitKind
from sim.distributions import (
    Distribution,
    number_or_percentage,
    parse_distribution,
    parse_share,
)
from sim.durations import (
    DAY,
    HOUR,
    LONGEST,
    MINUTE,
    Duration,
    parse_duration,
    parse_time_of_day,
    time_of_day,
)
from sim.errors import quoted
from sim.habits import knowing_habits
from sim.scenario import written
from sim.scenario.measure_names import ALL_MEASURES

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ALWAYS = "always"
REST = "rest"
ONLINE = "online"
"""The channel through which the lever `online` lets dossiers come."""
WITHDRAWN = "withdrawn"

_NAME = re.compile(r"[\w-]+")
_OFFICE_NAME = re.compile(r"[^@./]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_AND_MONTH = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})")
_INTERVAL = re.compile(r"[0-9]{2}:[0-9]{2}\s*-\s*[0-9]{2}:[0-9]{2}")


@dataclass(frozen=True)
class Limit:
    """A time limit: a kind (rule 14) with its days, or its microseconds."""

    kind: LimitKind
    amount: int = 0

    def __str__(self) -> str:
        match self.kind:
            case LimitKind.SAME_DAY:
                return "same day"
            case LimitKind.WORKING_DAYS:
                return f"{self.amount} working days"
            case LimitKind.WORKING_HOURS:
                return f"{np.format_float_positional(self.amount / HOUR, trim='-')} working h"
            case LimitKind.DAYS:
                return f"{self.amount} days"
            case _:
                return f"{np.format_float_positional(self.amount / MINUTE, trim='-')} min"


_SAID_WORKING_DAYS = re.compile(r"working\s*days?\s*$", re.IGNORECASE)
_LIMIT = re.compile(
    r"(?P<number>[0-9]{1,30}(?:\.[0-9]{1,30})?)\s*"
    r"(?P<unit>working days?|working h|working hours?|days?|weeks?|h|hours?|min|minutes?)"
)


@knowing_habits
def parse_limit(value: object) -> Limit:
    """Read a time limit such as ``5 working days`` or ``same day``."""
    if isinstance(value, Limit):
        return value
    if value == "same day":
        return Limit(kind=LimitKind.SAME_DAY)
    match = _LIMIT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            f"{quoted(value)} is not a time limit; write `same day`, or a number with working "
            "days, working hours, days, weeks, h or min"
        )
    number, unit = float(match["number"]), match["unit"]
    size = MINUTE if unit.startswith("min") else HOUR if "h" in unit else DAY
    if number * size > LONGEST:
        raise ValueError(f"{quoted(value)} is too long a limit; it is at most 100 years")
    if number == 0:
        raise ValueError(f"{quoted(value)} is not a time limit; it must be more than 0")
    if unit.startswith(("working day", "day", "week")):
        if number != int(number):
            way = f"write `{_in_hours(number, unit)}`"
            raise ValueError(
                f"{quoted(value)}: a limit in days or weeks is a whole number of them; {way}"
            )
        if unit.startswith("working"):
            return Limit(kind=LimitKind.WORKING_DAYS, amount=int(number))
        return Limit(kind=LimitKind.DAYS, amount=int(number) * (7 if unit[0] == "w" else 1))
    kind = LimitKind.WORKING_HOURS if unit.startswith("working") else LimitKind.CLOCK
    return Limit(kind=kind, amount=round(number * size))


def _working_days(value: object) -> Limit:
    if isinstance(value, Limit) or (isinstance(value, str) and _SAID_WORKING_DAYS.search(value)):
        limit = parse_limit(value)
        if limit.kind == LimitKind.WORKING_DAYS:
            return limit
    raise ValueError(f"{quoted(value)} is not a number of working days; write `1 working day`")


def _in_hours(number: float, unit: str) -> str:
    """Write a limit in days or weeks by its hours; a working day has 8."""
    if unit.startswith("working"):
        return f"{8 * number:g} working h"
    return f"{(7 if unit.startswith('week') else 1) * 24 * number:g} h"


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(
            f'{quoted(value)} is not text; a name of digits stands in quotes: "{value}"'
        )
    if not _NAME.fullmatch(value):
        *others, last = _NAME.findall(normalize("NFKC", value)) or [""]
        likely = last if "." in value else "-".join((*others, last))
        way = f"write {quoted(likely)}: " if last else ""
        raise ValueError(f"{quoted(value)} is not a name; {way}names have letters, digits, - and _")
    return value


def _office_name(value: object) -> str:
    text = str(value) if isinstance(value, int) else value
    if not isinstance(text, str) or not _OFFICE_NAME.fullmatch(text):
        raise ValueError(f"{quoted(value)} cannot name an office; any text without @ . / can")
    return text


def _strict_date(value: object) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        yearless = _DAY_AND_MONTH.fullmatch(value) if isinstance(value, str) else None
        if yearless is not None:
            way = f"YYYY-{yearless[2]:0>2}-{yearless[1]:0>2}"
            raise ValueError(f"{quoted(value)} has no year; write {way}, for each year")
        raise ValueError(f"{quoted(value)} is not a date; write YYYY-MM-DD")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{quoted(value)} is not a date; {_why_no_day(value)}") from None
    if not 1971 <= day.year <= 2199:
        raise ValueError(f"{quoted(value)} is outside the years 1971 to 2199")
    return day


def _why_no_day(text: str) -> str:
    year, month, _ = map(int, text.split("-"))
    if not 1 <= month <= 12:
        return f"there is no month {month}"
    if not year:
        return "there is no year 0"
    return f"{text[:7]} has {monthrange(year, month)[1]} days"


_date = knowing_habits(_strict_date)


@knowing_habits
def parse_moment(value: object) -> tuple[date, int | None]:
    """Read a date, or a date and an hour, ``2021-04-19 14:30``, in microseconds since midnight."""
    if not isinstance(value, str):
        raise ValueError(f"{quoted(value)} is not a date; write YYYY-MM-DD, or YYYY-MM-DD HH:MM")
    day, _, hour = value.partition(" ")
    return _strict_date(day), parse_time_of_day(hour.strip()) if hour else None


@knowing_habits
def _ends_of_dates(text: object) -> tuple[date, date]:
    first, dots, last = str(text).partition("..")
    if dots and not (_DATE.fullmatch(first) and _DATE.fullmatch(last)):
        raise ValueError(f"{quoted(text)} is not a range of dates; write 2021-04-19..2021-04-20")
    start = _strict_date(first if dots else text)
    end = _strict_date(last) if dots else start
    if end < start:
        raise ValueError(f"{quoted(text)} ends before it begins")
    return start, end


def dates_between(text: object) -> tuple[date, ...]:
    """Read a date, or a range ``2021-04-19..2021-04-20`` with both ends."""
    start, end = _ends_of_dates(text)
    return tuple(start + timedelta(days=n) for n in range((end - start).days + 1))


@knowing_habits
def parse_hours(text: object) -> tuple[int, int]:
    """Read hours such as ``07:30-11:30``, in microseconds since midnight."""
    match = _INTERVAL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        several = _INTERVAL.findall(text) if isinstance(text, str) else []
        if len(several) > 1:
            each = ", ".join(f'"{hours}"' for hours in several)
            raise ValueError(
                f"{quoted(text)} is {len(several)} ranges of hours; write each in quotes of its "
                f"own: {each}"
            )
        raise ValueError(f'{quoted(text)} is not a range of hours; write "07:30-11:30", in quotes')
    first, last = (part.strip() for part in match[0].split("-"))
    start, end = parse_time_of_day(first), parse_time_of_day(last)
    if end <= start:
        raise ValueError(
            f"{quoted(text)} ends before it begins; hours across midnight are two: "
            f'"{first}-24:00" and "00:00-{last}" of the next day'
        )
    return start, end


@knowing_habits
def weekdays_of(text: object) -> tuple[int, ...]:
    """Read a weekday or a range of them, ``mon-fri``; 0 is Monday."""
    first, _, last = str(text).partition("-")
    if first not in WEEKDAYS or (last and last not in WEEKDAYS):
        raise ValueError(
            f"{quoted(text)} is not a weekday or a range of them; write mon, … sun, or mon-fri"
        )
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < start:
        raise ValueError(f"{quoted(text)} ends before it begins; a week begins with mon")
    return tuple(range(start, end + 1))


def _checked_by(check: Callable[[Any], object]) -> Callable[[Any], Any]:
    def validate(value: Any) -> Any:
        check(value)
        return value

    return validate


def _officers_work(value: object) -> Distribution:
    return _not_in_days(value, "an officer's work is in min, h or working days")


def _patience(value: object) -> Distribution:
    return _not_in_days(value, "patience is open time: write min, h, working h or working days")


def _not_in_days(value: object, way_out: str) -> Distribution:
    distribution = parse_distribution(value)
    for duration in distribution.durations:
        if duration.calendar_unit:
            raise ValueError(f"{quoted(duration)} is clock time; {way_out}")
    return distribution


def _length(value: object) -> Duration:
    duration = parse_duration(value)
    if duration.us > LONGEST:
        raise ValueError(f"{quoted(value)} is longer than 100 years")
    return duration


def _whole_days(value: object) -> Duration:
    duration = _length(value)
    if duration.working or duration.us % DAY:
        raise ValueError(f"{quoted(value)} is not a whole number of days, such as `60 days`")
    return duration


def _allotted(value: object) -> Duration:
    duration = _length(value)
    if duration.calendar_unit:
        raise ValueError(
            f"{quoted(value)} is clock time; an allotment is open time: write min, h, working h "
            "or working days"
        )
    return duration


@knowing_habits
def _plain_factor(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{quoted(value)} is not a number; write a number from 0 on")
    if not 0 <= value < math.inf:
        raise ValueError(f"{quoted(value)} is not a number from 0 on")
    return float(value)


@knowing_habits
def parse_figure(value: object) -> float:
    """Read a published figure: a number, or a share in per cent."""
    figure = number_or_percentage(value)
    if figure is None or not math.isfinite(figure):
        raise ValueError(f"{quoted(value)} is not a figure; write a number, or a share as 95.35%")
    return figure


@knowing_habits
def _cv(value: object) -> float:
    variation = number_or_percentage(value)
    if variation is None:
        raise ValueError(f"{quoted(value)} is not a coefficient of variation; write 25% or 0.25")
    if not 0 <= variation <= 10:
        raise ValueError(
            f"{quoted(value)} is not a coefficient of variation; it is from 0 to 10 (1000%)"
        )
    if 0 < variation < 1e-6:
        raise ValueError(f"{quoted(value)} is too small a variation; write 0 for none")
    return variation


def _share_or_rest(value: object) -> float | str:
    if value == REST:
        return REST
    if isinstance(value, str) and value.strip()[-1:] != "%":
        raise ValueError(f"{quoted(value)} is not a share; write 25%, 0.25 or rest")
    return parse_share(value)


Name = Annotated[str, BeforeValidator(_name), WithJsonSchema(written.NAME)]
OfficeName = Annotated[str, BeforeValidator(_office_name), WithJsonSchema(written.OFFICE_NAME)]
Date = Annotated[date, BeforeValidator(_date), PlainSerializer(str), WithJsonSchema(written.DATE)]
Dates = Annotated[str, BeforeValidator(_checked_by(_ends_of_dates)), WithJsonSchema(written.DATES)]
Moment = Annotated[str, BeforeValidator(_checked_by(parse_moment)), WithJsonSchema(written.MOMENT)]
Hours = Annotated[str, BeforeValidator(_checked_by(parse_hours)), WithJsonSchema(written.HOURS)]
Weekdays = Annotated[
    str, BeforeValidator(_checked_by(weekdays_of)), WithJsonSchema(written.WEEKDAYS)
]
Time = Annotated[
    int,
    BeforeValidator(parse_time_of_day),
    PlainSerializer(time_of_day),
    WithJsonSchema(written.TIME),
]
Length = Annotated[
    Duration, BeforeValidator(_length), PlainSerializer(str), WithJsonSchema(written.DURATION)
]
WarmUp = Annotated[
    Duration, BeforeValidator(_whole_days), PlainSerializer(str), WithJsonSchema(written.DURATION)
]
Allotment = Annotated[
    Duration, BeforeValidator(_allotted), PlainSerializer(str), WithJsonSchema(written.OPEN_TIME)
]
Random = Annotated[
    Distribution,
    BeforeValidator(parse_distribution),
    PlainSerializer(Distribution.written),
    WithJsonSchema(written.DISTRIBUTION),
]
Patience = Annotated[
    Distribution,
    BeforeValidator(_patience),
    PlainSerializer(Distribution.written),
    WithJsonSchema(written.DISTRIBUTION),
]
Work = Annotated[
    Distribution,
    BeforeValidator(_officers_work),
    PlainSerializer(Distribution.written),
    WithJsonSchema(written.OFFICERS_WORK),
]
TimeLimit = Annotated[
    Limit, BeforeValidator(parse_limit), PlainSerializer(str), WithJsonSchema(written.TIME_LIMIT)
]
WorkingDays = Annotated[
    Limit,
    BeforeValidator(_working_days),
    PlainSerializer(str),
    WithJsonSchema(written.WORKING_DAYS),
]
Share = Annotated[float, BeforeValidator(parse_share), WithJsonSchema(written.SHARE)]
ShareOrRest = Annotated[
    float | str, BeforeValidator(_share_or_rest), WithJsonSchema(written.SHARE_OR_REST)
]
Weight = Annotated[float, BeforeValidator(_plain_factor), WithJsonSchema(written.WEIGHT)]
Rate = Annotated[float, BeforeValidator(_plain_factor), WithJsonSchema(written.RATE)]
Variation = Annotated[float, BeforeValidator(_cv), WithJsonSchema(written.VARIATION)]
Count = Annotated[int, Field(ge=0, le=100_000, strict=True), WithJsonSchema(written.COUNT)]
Clock = Literal["runs", "pauses", "restarts"]
Early = Literal["by_slip", "by_date", "by_time"]
Discipline = Literal["fcfs", "edd", "spt"]
AtClose = Literal["suspend", "finish", "clear"]
CalendarName = Annotated[str, WithJsonSchema(written.text("name of a calendar"))]
ProfileName = Annotated[str, WithJsonSchema(written.text("name of a profile"))]
ChannelName = Annotated[str, WithJsonSchema(written.text("name of a channel"))]
LevelName = Annotated[str, WithJsonSchema(written.text("name of a level"))]
ChannelOrLevel = Annotated[str, WithJsonSchema(written.text("channel or receiving level"))]
VolumeName = Annotated[str, WithJsonSchema(written.text("name of a volume"))]
HomeOffice = Annotated[str, WithJsonSchema(written.text("office, or `LEVEL@OFFICE`"))]
ParentOffice = Annotated[str, WithJsonSchema(written.text("office of the parent level"))]
PlaceName = Annotated[str, WithJsonSchema(written.text("level or station"))]
Address = Annotated[str, WithJsonSchema(written.text("address of a station"))]
StaffAddress = Annotated[str, WithJsonSchema(written.text("address of a station or pool"))]
ProcedureName = Annotated[str, WithJsonSchema(written.text("name of a procedure"))]
FieldName = Annotated[str, WithJsonSchema(written.text("field"))]
StepName = Annotated[str, WithJsonSchema(written.text("step"))]
StepOrStation = Annotated[str, WithJsonSchema(written.text("step or station"))]
Path = Annotated[str, WithJsonSchema(written.text("dotted path"))]
CountryCode = Annotated[str, WithJsonSchema(written.text("country code (ISO 3166)"))]
MeasureName = Annotated[
    str, WithJsonSchema({**written.text("name of a measure"), "enum": list(ALL_MEASURES)})
]


def not_empty(value: Any) -> Any:
    """Refuse an empty list or mapping."""
    if not value:
        raise ValueError("is empty; name at least one")
    return value


def _add_to_one(shares: Any) -> Any:
    total = sum(shares.values())
    if shares and abs(total - 1) > 1e-9:
        raise ValueError(f"the shares add to {total:.10g}, not to 1")
    return shares


ALL = AfterValidator(_add_to_one)
"""Of shares of alternatives: they add to 1."""
