"""The models of the scenario language (docs/language.md), after named routes are expanded."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    PrivateAttr,
    Tag,
    model_validator,
)

from sim.deadlines import LimitKind
from sim.distributions import Distribution, parse_distribution, parse_share
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

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ALWAYS = "always"
REST = "rest"

_NAME = re.compile(r"[\w-]+")
_OFFICE_NAME = re.compile(r"[^@./]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INTERVAL = re.compile(r"(\d{2}:\d{2})\s*-\s*(\d{2}:\d{2})")


class Part(BaseModel):
    """A part of a scenario: frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class Limit(Part):
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


_LIMIT = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>working days?|working h|working hours?|days?|weeks?|h|"
    r"hours?|min|minutes?)"
)


def parse_limit(value: object) -> Limit:
    """Read a time limit such as ``5 working days`` or ``same day``."""
    if isinstance(value, Limit):
        return value
    way_out = (
        "write `same day`, or a number with working days, working hours, days, weeks, h or min"
    )
    if not isinstance(value, str):
        raise ValueError(f"`{value}` is not a time limit; {way_out}")
    if value == "same day":
        return Limit(kind=LimitKind.SAME_DAY)
    match = _LIMIT.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"`{value}` is not a time limit; {way_out}")
    number, unit = float(match["number"]), match["unit"]
    size = MINUTE if unit.startswith("min") else HOUR if "h" in unit else DAY
    if number * size > LONGEST:
        raise ValueError(f"`{value}` is longer than 100 years")
    if number == 0:
        raise ValueError(f"`{value}` is not a time limit: it must be more than 0")
    if unit.startswith(("working day", "day", "week")):
        if number != int(number):
            raise ValueError(f"`{value}`: a limit in days or weeks is a whole number of them")
        if unit.startswith("working"):
            return Limit(kind=LimitKind.WORKING_DAYS, amount=int(number))
        return Limit(kind=LimitKind.DAYS, amount=int(number) * (7 if unit[0] == "w" else 1))
    kind = LimitKind.WORKING_HOURS if unit.startswith("working") else LimitKind.CLOCK
    return Limit(kind=kind, amount=round(number * size))


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError(f"`{value}` is not a name; names have letters, digits, - and _")
    return value


def _office_name(value: object) -> str:
    text = str(value) if isinstance(value, int) else value
    if not isinstance(text, str) or not _OFFICE_NAME.fullmatch(text):
        raise ValueError(f"`{value}` cannot name an office; any text without @ . / can")
    return text


def _date(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"`{value}` is not a date; write YYYY-MM-DD") from None
    if not 1971 <= day.year <= 2199:
        raise ValueError(f"`{value}` is outside the years 1971 to 2199")
    return day


def dates_between(text: object) -> tuple[date, ...]:
    """Read a date, or a range ``2021-04-19..2021-04-20`` with both ends."""
    first, dots, last = str(text).partition("..")
    start = _date(first)
    end = _date(last) if dots else start
    if end < start:
        raise ValueError(f"`{text}` ends before it begins")
    return tuple(start + timedelta(days=n) for n in range((end - start).days + 1))


def parse_hours(text: object) -> tuple[int, int]:
    """Read hours such as ``07:30-11:30``, in microseconds since midnight."""
    match = _INTERVAL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f'`{text}` are not hours; write "07:30-11:30", in quotes')
    start, end = parse_time_of_day(match[1]), parse_time_of_day(match[2])
    if end <= start:
        raise ValueError(
            f"`{text}` ends before it begins; hours across midnight are two: "
            f'"{match[1]}-24:00" and "00:00-{match[2]}" of the next day'
        )
    return start, end


def weekdays_of(text: str) -> tuple[int, ...]:
    """Read a weekday or a range of them, ``mon-fri``; 0 is Monday."""
    first, _, last = text.partition("-")
    if first not in WEEKDAYS or (last and last not in WEEKDAYS):
        raise ValueError(f"`{text}` is not a weekday or a range of them; write mon, … sun, mon-fri")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < start:
        raise ValueError(f"`{text}` ends before it begins")
    return tuple(range(start, end + 1))


def _checked_by(check: Callable[[Any], object]) -> Callable[[Any], Any]:
    def validate(value: Any) -> Any:
        check(value)
        return value

    return validate


def _officers_work(value: object) -> Distribution:
    distribution = parse_distribution(value)
    if any(duration.calendar_unit for duration in distribution.durations):
        raise ValueError("an officer's work is in min, h or working days, not in days or weeks")
    return distribution


def _length(value: object) -> Duration:
    duration = parse_duration(value)
    if duration.us > LONGEST:
        raise ValueError(f"`{value}` is longer than 100 years")
    return duration


def _allotted(value: object) -> Duration:
    duration = _length(value)
    if duration.calendar_unit:
        raise ValueError("an allotment is open time: write working h or working days")
    return duration


def _plain_factor(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"`{value}` is not a weight; write a number from 0 on")
    if not math.isfinite(value):
        raise ValueError("a weight is finite")
    return float(value)


def _cv(value: object) -> float:
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            value = float(value.strip()[:-1]) / 100
        except ValueError:
            raise ValueError(f"`{value}` is not a coefficient of variation") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10:
        raise ValueError(f"`{value}` is not a coefficient of variation; write 25% or 0.25")
    if 0 < value < 1e-6:
        raise ValueError(f"`{value}` is too small a variation; write 0 for none")
    return float(value)


def _share_or_rest(value: object) -> float | str:
    return REST if value == REST else parse_share(value)


Name = Annotated[str, BeforeValidator(_name)]
OfficeName = Annotated[str, BeforeValidator(_office_name)]
Date = Annotated[date, BeforeValidator(_date), PlainSerializer(str)]
Dates = Annotated[str, BeforeValidator(_checked_by(dates_between))]
Hours = Annotated[str, BeforeValidator(_checked_by(parse_hours))]
Weekdays = Annotated[str, BeforeValidator(_checked_by(weekdays_of))]
Time = Annotated[
    int,
    BeforeValidator(parse_time_of_day),
    PlainSerializer(time_of_day),
]
Length = Annotated[Duration, BeforeValidator(_length), PlainSerializer(str)]
Allotment = Annotated[Duration, BeforeValidator(_allotted), PlainSerializer(str)]
Random = Annotated[
    Distribution, BeforeValidator(parse_distribution), PlainSerializer(Distribution.written)
]
Work = Annotated[
    Distribution, BeforeValidator(_officers_work), PlainSerializer(Distribution.written)
]
TimeLimit = Annotated[Limit, BeforeValidator(parse_limit), PlainSerializer(str)]
Share = Annotated[float, BeforeValidator(parse_share)]
ShareOrRest = Annotated[float | str, BeforeValidator(_share_or_rest)]
Weight = Annotated[float, BeforeValidator(_plain_factor)]
Variation = Annotated[float, BeforeValidator(_cv)]
Count = Annotated[int, Field(ge=0, le=100_000, strict=True)]
Clock = Literal["runs", "pauses", "restarts"]
Early = Literal["by_slip", "by_date", "by_time"]
Discipline = Literal["fcfs", "edd", "spt"]
AtClose = Literal["suspend", "finish", "clear"]


def _not_empty(value: Any) -> Any:
    if not value:
        raise ValueError("is empty; name at least one")
    return value


def _add_to_one(shares: Mapping[str, float], what: str) -> None:
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"the shares of {what} add to {sum(shares.values()):.10g}, not to 1")


class Period(Part):
    """The dates that are simulated and measured, both included."""

    first: Date = Field(alias="from")
    last: Date = Field(alias="to")

    @model_validator(mode="after")
    def _forwards(self) -> Period:
        if self.last < self.first:
            raise ValueError("`to` is before `from`")
        return self


class CalendarRule(Part):
    """Opening hours by weekday, less holidays and closed dates, plus dates of their own."""

    hours: dict[Weekdays, tuple[Hours, ...]]
    holidays: str | None = None
    closed: tuple[Dates, ...] = ()
    open: dict[Date, tuple[Hours, ...]] = {}

    @model_validator(mode="after")
    def _each_weekday_once(self) -> CalendarRule:
        named = [day for key in self.hours for day in weekdays_of(key)]
        for day in WEEKDAYS:
            if named.count(WEEKDAYS.index(day)) > 1:
                raise ValueError(f"`{day}` stands in two ranges of hours")
        return self


class Profile(Part):
    """Relative intensity of arrivals; what is not named weighs 1."""

    hours: dict[Hours, Weight] = {}
    weekdays: dict[Weekdays, Weight] = {}
    months: dict[Literal[MONTHS], Weight] = {}  # type: ignore[valid-type]
    dates: dict[Dates, Weight] = {}
    day_cv: Variation = 0.0


class Channel(Part):
    """A way in which dossiers come."""

    calendar: str | None = None
    profile: str | None = None
    priority: int = Field(default=0, strict=True)
    present: bool | None = Field(default=None, strict=True)


class StaffGroup(Part):
    """Officers of one station with one calendar."""

    count: Count
    calendar: str | None = None
    first: Date | None = Field(default=None, alias="from")


def _staff(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return ({"count": value},)
    if isinstance(value, Mapping):
        return (value,)
    if not isinstance(value, list | tuple):
        raise ValueError(f"`{value}` is not staff; write a number, {{count: N}}, or a list of them")
    return value


Staff = Annotated[tuple[StaffGroup, ...], BeforeValidator(_staff), AfterValidator(_not_empty)]


class Station(Part):
    """A queue in each office of a level, with the officers who serve it."""

    kind: Literal["counter", "desk"] = "desk"
    staff: Staff | None = None
    absence: Share = 0.0
    discipline: Discipline = "fcfs"
    at_close: AtClose | None = None
    patience: Random | None = None


class Pool(Part):
    """Officers who serve several stations of each office of a level."""

    staff: Staff
    serves: Annotated[tuple[Name, ...], AfterValidator(_not_empty)]
    absence: Share = 0.0


class Office(Part):
    """One office of a level."""

    share: Weight = 1.0
    within: str | None = None
    calendar: str | None = None
    staff: dict[Name, Count] = {}


def _offices(value: object) -> object:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | tuple):
        names = [str(name) for name in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"office `{twice[0]}` stands twice")
        return {name: {} for name in names}
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= 100_000:
            raise ValueError("a number of offices is from 1 to 100,000")
        return value
    raise ValueError("offices are a list of names, a mapping of names, or a number")


class Level(Part):
    """The offices of one level, all with the same stations."""

    within: str | None = None
    offices: (
        Annotated[
            Annotated[dict[OfficeName, Office], Tag("<names>")] | Annotated[Count, Tag("<count>")],
            Discriminator(lambda v: "<names>" if isinstance(v, Mapping) else "<count>"),
            BeforeValidator(_offices),
        ]
        | None
    ) = None
    calendar: str = ALWAYS
    stations: dict[Name, Station] = Field(min_length=1)
    pools: dict[Name, Pool] = {}


class TransferRule(Part):
    """How dossiers go from one place to another (rule 10)."""

    source: str | None = Field(default=None, alias="from")
    target: str | None = Field(default=None, alias="to")
    within: str | None = None
    departs: tuple[Time, ...] = ()
    cutoff: Time | None = None
    takes: Random | None = None
    calendar: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> TransferRule:
        if (self.within is None) == (self.source is None and self.target is None):
            raise ValueError("a transfer has either `from` and `to`, or `within`")
        if self.within is None and (self.source is None or self.target is None):
            raise ValueError("a transfer has both `from` and `to`")
        if self.departs and self.cutoff is not None:
            raise ValueError("a transfer has `departs` or `cutoff`, not both")
        if self.takes is not None and self.takes.working:
            raise ValueError("`takes` is clock time: write min, h or days")
        if sorted(self.departs) != list(self.departs):
            raise ValueError("the hours of `departs` must ascend")
        return self


class Volume(Part):
    """How many dossiers come: one of the rates, or a share of a named volume."""

    per_year: Weight | None = None
    in_period: Weight | None = None
    per_day: Weight | None = None
    per_working_day: Weight | None = None
    per_hour: Weight | None = None
    of: str | None = None
    share: Share | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Volume:
        rates = [self.per_year, self.in_period, self.per_day, self.per_working_day, self.per_hour]
        given = sum(rate is not None for rate in rates)
        if self.of is None and self.share is None and given == 1:
            return self
        if self.of is not None and self.share is not None and given == 0:
            return self
        raise ValueError(
            "a volume is one of per_year, in_period, per_day, per_working_day, per_hour, "
            "or {of: VOLUME, share: SHARE}"
        )


def _share_by_channel(value: object) -> object:
    if isinstance(value, Mapping) and "" in value:
        raise ValueError("a channel has a name")
    return value if isinstance(value, Mapping) else {"": value}


class Incomplete(Part):
    """Citizens sent away to complete their dossier (rule 12)."""

    share: Annotated[
        dict[str, Share],
        BeforeValidator(_share_by_channel),
        PlainSerializer(lambda shares: shares.get("", shares)),
    ]
    """By channel; the key "" holds for every channel."""
    away: Random
    again: Work | None = None
    at_most: int = Field(default=1, ge=1, le=1000, strict=True)
    clock: Clock = "runs"


class Visit(Part):
    """A stop at a station."""

    id: Name
    at: str
    work: Work
    incomplete: Incomplete | None = None
    allotment: Allotment | None = None
    accepts: bool = Field(default=False, strict=True)
    decides: bool = Field(default=False, strict=True)
    only: tuple[str, ...] = ()


class UntilDue(Part):
    """A wait until the due instant, and then for a while."""

    until: Literal["due"]
    then: Random = Distribution("constant", (Duration(0),))


def _wait(value: object) -> object:
    if isinstance(value, Mapping) and ("until" in value or "then" in value):
        return value
    return parse_distribution(value) if not isinstance(value, UntilDue) else value


def _written_wait(value: Distribution | UntilDue) -> object:
    return value.written() if isinstance(value, Distribution) else value.model_dump()


class Wait(Part):
    """Time that passes without an officer: the citizen's, or until the due instant."""

    id: Name
    wait: Annotated[
        Annotated[Distribution, Tag("<distribution>")] | Annotated[UntilDue, Tag("<until>")],
        Discriminator(
            lambda v: "<until>" if isinstance(v, Mapping | UntilDue) else "<distribution>"
        ),
        BeforeValidator(_wait),
        PlainSerializer(_written_wait),
    ]
    clock: Clock = "runs"
    only: tuple[str, ...] = ()


class Branch(Part):
    """One alternative of a `choose`."""

    share: ShareOrRest
    route: tuple[Step, ...] = ()
    end: Name | None = None


class Choose(Part):
    """One of several branches, drawn by share."""

    id: Name
    choose: Annotated[tuple[Branch, ...], AfterValidator(_not_empty)]
    only: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _shares(self) -> Choose:
        rests = sum(branch.share == REST for branch in self.choose)
        given = sum(branch.share for branch in self.choose if not isinstance(branch.share, str))
        if rests > 1:
            raise ValueError("only one branch can take the `rest`")
        if (rests == 0 and abs(given - 1) > 1e-9) or given > 1 + 1e-9:
            raise ValueError(f"the shares of the branches add to {given:.10g}, not to 1")
        return self

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of each branch, `rest` worked out."""
        given = sum(branch.share for branch in self.choose if not isinstance(branch.share, str))
        return tuple(
            max(0.0, 1 - given) if isinstance(branch.share, str) else branch.share
            for branch in self.choose
        )


class Together(Part):
    """Several branches at once; the route goes on when all have arrived."""

    id: Name
    together: Annotated[tuple[tuple[Step, ...], ...], AfterValidator(_not_empty)]
    only: tuple[str, ...] = ()


def _kind_of_step(value: Any) -> str | None:
    for key, tag in (("choose", "<choose>"), ("together", "<together>"), ("wait", "<wait>")):
        if (isinstance(value, Mapping) and key in value) or (
            isinstance(value, Part) and key in type(value).model_fields
        ):
            return tag
    return "<visit>"


Step = Annotated[
    Annotated[Visit, Tag("<visit>")]
    | Annotated[Wait, Tag("<wait>")]
    | Annotated[Choose, Tag("<choose>")]
    | Annotated[Together, Tag("<together>")],
    Discriminator(_kind_of_step),
]


def steps_of(route: Iterable[Step]) -> Iterator[Step]:
    """Go through the steps of a route in file order, those in branches included."""
    for step in route:
        yield step
        if isinstance(step, Choose):
            for branch in step.choose:
                yield from steps_of(branch.route)
        elif isinstance(step, Together):
            for inner in step.together:
                yield from steps_of(inner)


def _received_at(value: object) -> object:
    return {value: 1.0} if isinstance(value, str) else value


def _priority(value: object) -> object:
    return {value: 1.0} if isinstance(value, int) and not isinstance(value, bool) else value


def _priority_class(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ValueError(f"`{value}` is not a priority class; write a whole number") from None


class Procedure(Part):
    """An administrative procedure (thủ tục hành chính): who comes, its route and its limit."""

    name: str = ""
    field: str | None = None
    received_at: Annotated[dict[str, Share], BeforeValidator(_received_at)] = Field(min_length=1)
    volume: Volume
    channels: dict[str, Share] = {}
    time_limit: TimeLimit | None = None
    statutory_limit: TimeLimit | None = None
    priority: Annotated[
        dict[Annotated[int, BeforeValidator(_priority_class)], Share], BeforeValidator(_priority)
    ] = {1: 1.0}
    early: Early | None = None
    early_margin: Length | None = None
    route: Annotated[tuple[Step, ...], AfterValidator(_not_empty)]

    @model_validator(mode="after")
    def _shares(self) -> Procedure:
        _add_to_one(self.received_at, "`received_at`")
        _add_to_one({str(key): share for key, share in self.priority.items()}, "`priority`")
        if self.channels:
            _add_to_one(self.channels, "`channels`")
        return self


LOST_TO = ("waiting", "closed", "work", "suspended", "transfer", "citizen")
LATE_HOURS = tuple(f"late_{kind}_hours" for kind in LOST_TO)
DOSSIER_MEASURES = (
    "received", "carried_over", "to_resolve", "resolved", "resolved_early", "resolved_on_time",
    "resolved_late", "resolved_late_by_law", "resolved_without_limit", "withdrawn",
    "open_within_limit", "open_overdue", "open_without_limit", "on_time_rate",
    "on_time_rate_of_resolved", "early_rate", "resolution_rate", "progress_766", "in_time_rate",
    "turnaround_working_hours_mean", "turnaround_days_mean", "turnaround_days_p90",
    "lateness_working_hours_mean", "visits_mean", "wait_minutes_mean", "wait_minutes_p90",
    *LATE_HOURS,
)  # fmt: skip
STATION_MEASURES = (
    "served", "left", "wait_minutes_mean", "wait_minutes_p90", "queue_mean", "queue_max",
    "utilisation", "overtime_hours", "over_allotment", *LATE_HOURS,
)  # fmt: skip
POOL_MEASURES = ("served", "utilisation", "overtime_hours")
SHARES = (
    "on_time_rate", "on_time_rate_of_resolved", "early_rate", "resolution_rate", "in_time_rate",
    "utilisation",
)  # fmt: skip
"""Measures that are shares."""


class PublishedFigure(Part):
    """A figure of `seeds/` to print beside the simulated one."""

    value: Annotated[float, BeforeValidator(lambda v: parse_share(v) if isinstance(v, str) else v)]
    source: str
    measure: str
    scope: Literal[
        "all", "level", "office", "station", "office_station", "pool", "procedure", "field",
        "channel",
    ] = "all"  # fmt: skip
    name: str = "all"
    use: Literal["calibrated", "held_back"]

    @model_validator(mode="after")
    def _share(self) -> PublishedFigure:
        if self.measure in SHARES and self.value > 1:
            raise ValueError(f"`{self.measure}` is a share: write {self.value:g}%")
        return self


Change = dict[str, Any]


def _policy(value: object) -> object:
    if isinstance(value, list | tuple):
        return {"changes": value}
    if isinstance(value, Mapping) and not {"about", "changes", "combine"} & set(value):
        raise ValueError("a policy is a list of changes; begin each with a dash: `- staff: …`")
    return value


class Policy(Part):
    """A named patch on the scenario: changes in order, or other policies combined."""

    about: str = ""
    changes: tuple[Change, ...] = ()
    combine: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _one_of(self) -> Policy:
        if bool(self.changes) == bool(self.combine):
            raise ValueError("a policy is a list of changes, {about, changes} or {combine: [..]}")
        return self


class Scenario(Part):
    """A network of service centres, its procedures and its policies."""

    name: str
    about: str = ""
    period: Period
    warm_up: Length = Duration(0)
    seed: int = Field(default=1, ge=0, le=2**63 - 1, strict=True)
    replications: int = Field(default=20, ge=1, le=1_000_000, strict=True)
    demand_cv: Variation = 0.0
    early: Early = "by_slip"
    early_margin: Length = Duration(0)
    same_day_cutoff: Time | None = None
    calendars: dict[Name, CalendarRule] = {}
    profiles: dict[Name, Profile] = {}
    channels: dict[Name, Channel] = Field(default={"counter": Channel()}, min_length=1)
    levels: dict[Name, Level] = Field(min_length=1)
    transfers: tuple[TransferRule, ...] = ()
    volumes: dict[Name, Volume] = {}
    procedures: dict[Name, Procedure] = Field(min_length=1)
    published: tuple[PublishedFigure, ...] = ()
    policies: dict[Name, Annotated[Policy, BeforeValidator(_policy)]] = {}
    _as_read: str = PrivateAttr("")

    @property
    def as_read(self) -> str:
        """The text of the file, or ""."""
        return self._as_read

    @model_validator(mode="after")
    def _whole_days_of_warm_up(self) -> Scenario:
        if self.warm_up.working or self.warm_up.us % DAY:
            raise ValueError("`warm_up` is a whole number of days, such as `60 days`")
        return self

    def __eq__(self, other: object) -> bool:
        """Compare what the scenarios say; how a file was written does not matter."""
        return isinstance(other, Scenario) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def with_policy(self, name: str) -> Scenario:
        """Apply one of the scenario's policies, or ``base``.

        Raises
        ------
        InputError
            If there is no such policy, or it does not fit the scenario.
        """
        from sim.scenario.policies import apply

        return apply(self, name)
