"""The models of the scenario language (docs/language.md), after named routes are expanded.

What is said beneath a key is read by `sim.scenario.keys`: its meaning, then perhaps "By
default …." in words, then "For example …." in YAML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

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
    WithJsonSchema,
    model_validator,
)

from sim.deadlines import LimitKind
from sim.distributions import Distribution, parse_distribution
from sim.durations import (
    Duration,
)
from sim.errors import Fault, FaultsError, quoted
from sim.habits import knowing_habits
from sim.scenario.measure_names import SHARES
from sim.scenario.text import KeyPath
from sim.scenario.values import (
    ALL,
    ALWAYS,
    MONTHS,
    REST,
    WEEKDAYS,
    Address,
    Allotment,
    AtClose,
    CalendarName,
    ChannelName,
    ChannelOrLevel,
    Clock,
    Count,
    CountryCode,
    Date,
    Dates,
    Discipline,
    Early,
    HomeOffice,
    Hours,
    Length,
    LevelName,
    Limit,
    MeasureName,
    Moment,
    Name,
    OfficeName,
    ParentOffice,
    Patience,
    PlaceName,
    ProcedureName,
    ProfileName,
    Random,
    Rate,
    Share,
    ShareOrRest,
    StepName,
    Time,
    TimeLimit,
    Variation,
    VolumeName,
    WarmUp,
    Weekdays,
    Weight,
    Work,
    WorkingDays,
    not_empty,
    parse_figure,
    weekdays_of,
)
from sim.scenario.written import (
    AT_LEAST_ONE,
    CHANGE,
    CLASS,
    COUNT,
    DISTRIBUTION,
    FIGURE,
    NUMBER_OF_OFFICES,
    OFFICE_NAME,
    SHARE,
    Schema,
    Written,
    either,
)


class Part(BaseModel):
    """A part of a scenario: frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class Period(Part):
    """The dates that are simulated and measured, both included."""

    first: Date = Field(alias="from")
    """The first date that is measured (rule 17). For example `2021-01-01`."""
    last: Date = Field(alias="to")
    """The last date that is measured (rule 17). For example `2021-12-31`."""

    @model_validator(mode="after")
    def _forwards(self) -> Period:
        if self.last < self.first:
            why = f"`{self.last}` is before `from`, which is {self.first}"
            raise FaultsError((("to",), why))
        return self


def _each_weekday_once(hours: dict[str, Any]) -> dict[str, Any]:
    key_of: dict[int, str] = {}
    for key in hours:
        twice = [day for day in weekdays_of(key) if day in key_of]
        if twice:
            why = f"`{WEEKDAYS[twice[0]]}` stands in `{key_of[twice[0]]}` already"
            raise FaultsError(((key,), f"{why}; each weekday stands once"))
        key_of |= dict.fromkeys(weekdays_of(key), key)
    return hours


class CalendarRule(Part):
    """Opening hours by weekday, less holidays and closed dates, plus dates of their own."""

    hours: Annotated[dict[Weekdays, tuple[Hours, ...]], AfterValidator(_each_weekday_once)]
    """The opening hours of the week; each weekday stands at most once, and what is not named is
    closed (rule 1). For example `{mon-fri: ["07:30-11:30", "13:30-17:00"], sat: ["07:30-11:30"]}`.
    """
    holidays: CountryCode | None = None
    """Closed on the public holidays of this country, days in lieu included (rule 1). For example
    `VN`.
    """
    closed: tuple[Dates, ...] = ()
    """Closed all day on these dates (rule 1). For example `[2021-02-08, 2021-04-19..2021-04-20]`.
    """
    open: dict[Date, tuple[Hours, ...]] = {}
    """Dates with hours of their own, such as make-up days, whatever the week, `holidays` and
    `closed` say (rule 1). For example `{2021-02-06: ["07:30-11:30"]}`.
    """


class Profile(Part):
    """Relative intensity of arrivals; what is not named weighs 1."""

    hours: dict[Hours, Weight] = {}
    """Weights by the hour of the day; where hours overlap, they are multiplied. For example
    `{"07:30-09:30": 1.6, "15:30-17:00": 0.6}`.
    """
    weekdays: dict[Weekdays, Weight] = {}
    """Weights by weekday; where ranges overlap, they are multiplied. For example
    `{mon: 1.3, thu-fri: 0.85}`.
    """
    months: dict[Literal[MONTHS], Weight] = {}  # type: ignore[valid-type]
    """Weights by month. For example `{feb: 0.7, mar: 1.2}`."""
    dates: dict[Dates, Weight] = {}
    """Weights by date; where ranges overlap, the last counts. For example
    `{2021-07-24..2021-09-21: 0.4}`.
    """
    day_cv: Variation = 0.0
    """Variation beyond Poisson: one gamma factor of mean 1 for each date, shared by all who come by
    this profile (rule 9). For example `25%`.
    """


class Channel(Part):
    """A way in which dossiers come."""

    calendar: CalendarName | None = None
    """When dossiers come (rule 9). By default the calendar of the home office. For example
    `always`.
    """
    profile: ProfileName | None = None
    """How intensely they come (rule 9). By default flat. For example `mornings`."""
    priority: int = Field(default=0, strict=True)
    """Added to the dossier's priority class; the smaller goes first (rule 6). For example `1`."""
    present: bool | None = Field(default=None, strict=True)
    """Whether its citizens are present at counters (rules 7, 12 and 20). By default `true` for the
    channel named `counter`, `false` for any other. For example `true`.
    """


class StaffGroup(Part):
    """Officers of one station with one calendar."""

    count: Count
    """How many officers (rule 5). For example `2`."""
    calendar: CalendarName | None = None
    """Their shifts (rule 3). By default the calendar of the office. For example `signing`."""
    first: Date | None = Field(default=None, alias="from")
    """The first date on which they work (rule 3). By default from the beginning. For example
    `2021-07-01`.
    """


@knowing_habits
def _staff(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return ({"count": value},)
    if isinstance(value, Mapping):
        return (value,)
    if not isinstance(value, list | tuple):
        raise ValueError(
            f"{quoted(value)} is not staff; write a whole number, {{count: N}}, or a list of these"
        )
    return value


Staff = Annotated[
    tuple[StaffGroup, ...],
    BeforeValidator(_staff),
    AfterValidator(not_empty),
    Written(lambda groups: either(COUNT, groups["items"], {**groups, "minItems": 1})),
]


class Station(Part):
    """A queue in each office of a level, with the officers who serve it."""

    kind: Literal["counter", "desk"] = "desk"
    """Whether the citizen is present there, as at a counter, or only the dossier (rules 4, 10, 12
    and 13). For example `counter`.
    """
    staff: Staff | None = None
    """Its own officers in each office (rule 5). By default 1, or 0 if a pool serves it. For example
    `3`, or `[{count: 1, calendar: signing}, {count: 1, from: 2021-07-01}]`.
    """
    absence: Share = 0.0
    """The probability that an officer is absent on a date, drawn for each officer and date
    (rule 3). For example `4%`.
    """
    discipline: Discipline = "fcfs"
    """How the queue is ordered: first come, first served; earliest due date; or shortest work
    (rule 6). For example `edd`.
    """
    at_close: AtClose | None = None
    """What happens to the step in hand at the end of a shift (rule 4). By default `finish` at a
    counter, `suspend` at a desk. For example `clear`.
    """
    owner: bool = Field(default=False, strict=True)
    """Whether an officer who has begun a step of a dossier here does all of its later steps here
    (rule 23). For example `true`.
    """
    patience: Patience | None = None
    """After how much open time of the office a present citizen leaves the queue; not in days or
    weeks (rule 7). By default nobody leaves. For example `{exponential: 90 min}`.
    """


class Pool(Part):
    """Officers who serve several stations of each office of a level."""

    staff: Staff
    """Its officers in each office (rule 5). For example `2`, or `{count: 2, calendar: office}`."""
    serves: Annotated[tuple[Name, ...], AfterValidator(not_empty), AT_LEAST_ONE]
    """The stations of the level that they serve, all of one discipline (rule 5). For example
    `[reception, return]`.
    """
    absence: Share = 0.0
    """The probability that an officer is absent on a date (rule 3). For example `4%`."""


class Office(Part):
    """One office of a level."""

    share: Weight = 1.0
    """Its share of what its level receives, and of what is drawn among equally near offices;
    relative to the other offices (rule 9). For example `2.5`.
    """
    within: ParentOffice | None = None
    """Its parent (rule 9). By default the only office of the parent level; required where there are
    several. For example `Uông Bí`.
    """
    calendar: CalendarName | None = None
    """Its opening hours (rule 1). By default the calendar of the level. For example `office`."""
    staff: dict[
        Name,
        Annotated[
            Annotated[Count, Tag("<count>")] | Annotated[Staff, Tag("<groups>")],
            Discriminator(lambda v: "<groups>" if isinstance(v, list | tuple) else "<count>"),
        ],
    ] = {}
    """Its own officers by station or pool: the number of the first group, or all groups (rule 5).
    By default those of the level. For example `{reception: 3}`, or
    `{clerk: [{count: 1}, {count: 1, from: 2021-07-01}]}`.
    """


@knowing_habits
def _offices(value: object) -> object:
    if value in ([], {}, ()):
        raise ValueError("is empty; a level has at least one office")
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | tuple):
        faults: list[Fault] = []
        names: list[str] = []
        for number, name in enumerate(value):
            if isinstance(name, bool) or not isinstance(name, str | int):
                why = f"{quoted(name)} is not an office's name; with keys, write {{NAME: {{…}}, …}}"
                faults.append(((number,), why))
            elif str(name) in names:
                faults.append(((number,), f"office {quoted(name)} stands twice"))
            names.append(str(name))
        if faults:
            raise FaultsError(*faults)
        return {name: {} for name in names}
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= 100_000:
            raise ValueError(f"{quoted(value)} offices; a level has from 1 to 100,000")
        return value
    raise ValueError(
        f"{quoted(value)} does not say offices; write a number, a list of names [A, B], a mapping "
        "of names {A: {…}}, {each: N} or {file: F.csv, …}"
    )


def _form_of_offices(value: object) -> str:
    if isinstance(value, EachParent) or (
        isinstance(value, Mapping) and set(value) == {"each"} and isinstance(value["each"], int)
    ):
        return "<each>"
    return "<names>" if isinstance(value, Mapping) else "<count>"


class EachParent(Part):
    """As many offices in each office of the parent level."""

    each: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    """How many in each, called by the level and a number (rule 9). For example `3`."""


def _names_or_mapping(mapping: Schema) -> Schema:
    name = {"title": OFFICE_NAME["title"], **either(OFFICE_NAME, {"type": "integer"})}
    return either({"type": "array", "items": name, "minItems": 1}, mapping)


class Level(Part):
    """The offices of one level, all with the same stations."""

    within: LevelName | None = None
    """The parent level, which stands before it (rule 9). For example `city`."""
    offices: (
        Annotated[
            Annotated[dict[OfficeName, Office], Tag("<names>"), Written(_names_or_mapping)]
            | Annotated[Count, Tag("<count>"), WithJsonSchema(NUMBER_OF_OFFICES)]
            | Annotated[EachParent, Tag("<each>")],
            Discriminator(_form_of_offices),
            BeforeValidator(_offices),
        ]
        | None
    ) = None
    """Its offices: names, with keys of their own or without; a number, dealt to the offices of the
    parent level in turn; so many in each of these; or a table (rule 9). By default one, called as
    the level; within a parent level, one in each of its offices. For example
    `[Quang Trung, Thanh Sơn]`, or `{Quang Trung: {share: 2}, Thanh Sơn: {}}`, or `5`, or
    `{each: 3}`.
    """
    calendar: CalendarName = ALWAYS
    """The opening hours of its offices (rule 1). For example `office`."""
    stations: dict[Name, Station] = Field(min_length=1)
    """Its stations in network order; each of its offices has all of them (rules 6 and 8). For
    example `{reception: {kind: counter, staff: 3}, land: {staff: 5}}`.
    """
    pools: dict[Name, Pool] = {}
    """Officers who serve several of its stations; a pool is not called as a station (rule 5). For
    example `{floor: {staff: 2, serves: [reception, return]}}`.
    """


class TransferRule(Part):
    """How dossiers go from one place to another (rule 10)."""

    source: PlaceName | None = Field(default=None, alias="from")
    """The place left. For example `ward`, or `city.reception`."""
    target: PlaceName | None = Field(default=None, alias="to")
    """The place reached. For example `city`, or `city.land`."""
    within: LevelName | None = None
    """Instead of `from` and `to`: between a counter and a desk of one office of this level, in
    either direction. For example `city`.
    """
    departs: tuple[Time, ...] = ()
    """Departures on each open day, ascending; `"24:00"` is the midnight that ends it. By default at
    any time. For example `["10:00", "15:30"]`.
    """
    cutoff: Time | None = None
    """Before this hour of an open day at once, else at the first opening of the next open day. The
    calendar must close: neither `calendar` nor that of an office left is `always`. For example
    `"15:00"`.
    """
    takes: Random | None = None
    """The travel time, in clock time. By default 0. For example `1 h`, or
    `{uniform: [30 min, 1 h]}`.
    """
    calendar: CalendarName | None = None
    """The open days of `departs` and `cutoff`. By default the calendar of the office left. For
    example `office`.
    """

    @model_validator(mode="after")
    def _one_way(self) -> TransferRule:
        if (self.within is None) == (self.source is None and self.target is None):
            raise ValueError("a transfer has either `from` and `to`, or `within`")
        if self.within is None and (self.source is None or self.target is None):
            missing, given = ("from", "to") if self.source is None else ("to", "from")
            raise ValueError(
                f"a transfer has both `from` and `to`; beside `{given}` add `{missing}`"
            )
        faults: list[Fault] = []
        if self.departs and self.cutoff is not None:
            faults.append((("cutoff",), "a transfer has `departs` or `cutoff`, not both"))
        if self.takes is not None and self.takes.working:
            faults.append((("takes",), "a way takes clock time; write min, h or days"))
        if sorted(self.departs) != list(self.departs):
            faults.append((("departs",), "the hours of `departs` must ascend"))
        if faults:
            raise FaultsError(*faults)
        return self


RATES = ("per_year", "in_period", "per_day", "per_working_day", "per_hour")
"""The keys of a volume by one of which it says how many dossiers come."""


class Volume(Part):
    """How many dossiers come: one of the rates, or a share of a named volume."""

    per_year: Rate | None = None
    """Dossiers in 365 days. For example `3853`."""
    in_period: Rate | None = None
    """Dossiers in the period. For example `1200`."""
    per_day: Rate | None = None
    """Dossiers on a day of the period, open or not. For example `40`."""
    per_working_day: Rate | None = None
    """Dossiers on an open day of the receiving level's calendar. For example `12.5`."""
    per_hour: Rate | None = None
    """Dossiers in an open hour of the receiving level's calendar. For example `2.5`."""
    of: VolumeName | None = None
    """The named volume of which this is a `share`. For example `centre`."""
    share: Share | None = None
    """The share of the volume `of`. For example `6%`."""

    @model_validator(mode="after")
    def _one_of(self) -> Volume:
        rates = [rate for rate in RATES if getattr(self, rate) is not None]
        if len(rates) + (self.of is not None) > 1:
            given = " and ".join(f"`{key}`" for key in (*rates, *(["of"] if self.of else [])))
            raise ValueError(f"{given} are two volumes; a volume is one of them")
        if self.of is not None and self.share is None:
            raise ValueError(f"say what share of it comes here: {{of: {self.of}, share: 50%}}")
        if self.of is None and self.share is not None:
            raise ValueError("a share is of a named volume: {of: VOLUME, share: 50%}")
        if not rates and self.of is None:
            raise ValueError(
                f"a volume is one of {', '.join(RATES)}, or {{of: VOLUME, share: SHARE}}"
            )
        return self


def _share_by_channel(value: object) -> object:
    if isinstance(value, Mapping) and "" in value:
        raise ValueError("a channel has a name")
    return value if isinstance(value, Mapping) else {"": value}


class Incomplete(Part):
    """Citizens sent away to complete their dossier (rule 12)."""

    share: Annotated[
        dict[ChannelName, Share],
        BeforeValidator(_share_by_channel),
        PlainSerializer(lambda shares: shares.get("", shares)),
        Written(lambda by_channel: either(SHARE, by_channel)),
    ]  # The key "" holds for every channel.
    """The probability in each round, for all channels or by channel; a channel that is not named
    has 0 (rule 12). For example `20%`, or `{counter: 25%, online: 8%}`.
    """
    away: Random
    """The time away: clock time, or open time of the home office (rule 12). For example
    `{exponential: 2 working days}`.
    """
    again: Work | None = None
    """An officer's work in a further round (rule 12). By default `work`, drawn anew. For example
    `5 min`.
    """
    at_most: int = Field(default=1, ge=1, le=1000, strict=True)
    """How many times the visit is done again (rule 12). For example `2`."""
    clock: Clock = "runs"
    """What the time away does to the limit (rule 15). For example `pauses`."""

    def share_through(self, channel: str) -> float:
        """Give the probability in each round for dossiers of a channel."""
        return self.share.get(channel, self.share.get("", 0.0))


class Visit(Part):
    """A stop at a station."""

    id: Name
    """Names the step and its random numbers, once in a procedure. By default the station's name
    without the level, with `-2`, `-3`, … for the second, third, … in file order. For example
    `examine`.
    """
    at: Address
    """Where; at an office on the dossier's own line (rule 9). For example `city.land`."""
    work: Work
    """The officer's work, in min, h or working days (rule 4). For example `15 min`, or
    `{triangular: [5 min, 8 min, 15 min]}`, or `{lognormal: {mean: 2 h, cv: 80%}}`.
    """
    incomplete: Incomplete | None = None
    """Whether and how citizens are sent away to complete their dossier (rule 12). For example
    `{share: 20%, away: {exponential: 2 working days}}`.
    """
    allotment: Allotment | None = None
    """How much open time of its office the visit may take, from joining the queue to its end; not
    in days or weeks (rule 16). For example `4 working h`.
    """
    accepts: bool = Field(default=False, strict=True)
    """Whether the dossier is accepted at its end; without such a mark, rule 13 says where it is.
    For example `true`.
    """
    decides: bool = Field(default=False, strict=True)
    """Whether the dossier is resolved at its end; without such a mark, rule 13 says where it is.
    For example `true`.
    """
    only: tuple[ChannelOrLevel, ...] = ()
    """The step is on the route of those dossiers alone whose channel or receiving level is named
    (rule 10). By default all. For example `[counter]`.
    """


class UntilDue(Part):
    """A wait until the due instant, and then for a while."""

    until: Literal["due"]
    """Until the due instant of the time limit, which is read once, as the wait begins (rule 15).
    For example `due`.
    """
    then: Random = Distribution("constant", (Duration(0),))
    """And then for this time: clock time, or open time of the home office (rule 15). For example
    `{uniform: [0 working h, 16 working h]}`.
    """


def _wait(value: object) -> object:
    if isinstance(value, Mapping) and ("until" in value or "then" in value):
        return value
    return parse_distribution(value) if not isinstance(value, UntilDue) else value


def _written_wait(value: Distribution | UntilDue) -> object:
    return value.written() if isinstance(value, Distribution) else value.model_dump()


class Wait(Part):
    """Time that passes without an officer: the citizen's, or until the due instant."""

    id: Name
    """Names the step and its random numbers, once in a procedure. By default `wait`, with `-2`,
    `-3`, … for the second, third, … in file order. For example `pay`.
    """
    wait: Annotated[
        Annotated[Distribution, Tag("<distribution>"), WithJsonSchema(DISTRIBUTION)]
        | Annotated[UntilDue, Tag("<until>")],
        Discriminator(
            lambda v: "<until>" if isinstance(v, Mapping | UntilDue) else "<distribution>"
        ),
        BeforeValidator(_wait),
        PlainSerializer(_written_wait),
    ]
    """How long: clock time, or open time of the home office; or until the dossier is due (rules 12
    and 15). For example `2 working days`, or `{until: due, then: 1 working day}`.
    """
    clock: Clock = "runs"
    """What the wait does to the limit (rule 15). For example `pauses`."""
    only: tuple[ChannelOrLevel, ...] = ()
    """The step is on the route of those dossiers alone whose channel or receiving level is named
    (rule 10). By default all. For example `[counter]`.
    """


class Branch(Part):
    """One alternative of a `choose`."""

    share: ShareOrRest
    """Its probability; one branch may have the rest (rule 11). For example `3%`, or `rest`."""
    route: tuple[Step, ...] = ()
    """Its steps (rule 11). For example
    `[{id: refuse, at: city.signing, work: 5 min, decides: true}]`.
    """
    end: Name | None = None
    """Ends the dossier there, with this word; `withdrawn` resolves nothing (rules 11 and 13). For
    example `refused`.
    """


class Choose(Part):
    """One of several branches, drawn by share."""

    id: Name
    """Names the step and its random numbers, once in a procedure. By default `choose`, with `-2`,
    `-3`, … for the second, third, … in file order. For example `outcome`.
    """
    choose: Annotated[tuple[Branch, ...], AfterValidator(not_empty), AT_LEAST_ONE]
    """The branches, of which each dossier takes one (rule 11). For example
    `[{share: 3%, end: refused}, {share: rest, route: [{at: city.signing, work: 5 min}]}]`.
    """
    only: tuple[ChannelOrLevel, ...] = ()
    """The step is on the route of those dossiers alone whose channel or receiving level is named
    (rule 10). By default all. For example `[counter]`.
    """

    @model_validator(mode="after")
    def _shares(self) -> Choose:
        rests = sum(branch.share == REST for branch in self.choose)
        given = sum(branch.share for branch in self.choose if not isinstance(branch.share, str))
        if rests > 1:
            raise FaultsError((("choose",), "only one branch can take the `rest`"))
        if (rests == 0 and abs(given - 1) > 1e-9) or given > 1 + 1e-9:
            why = f"the shares of the branches add to {given:.10g}, not to 1"
            raise FaultsError((("choose",), why))
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
    """Names the step, once in a procedure. By default `together`, with `-2`, `-3`, … for the
    second, third, … in file order. For example `consult`.
    """
    together: Annotated[tuple[tuple[Step, ...], ...], AfterValidator(not_empty), AT_LEAST_ONE]
    """Routes that begin at once; the dossier goes on when all have arrived (rule 11). For example
    `[[{at: city.land, work: 2 h}], [{at: tax.desk, work: 40 min}]]`.
    """
    only: tuple[ChannelOrLevel, ...] = ()
    """The step is on the route of those dossiers alone whose channel or receiving level is named
    (rule 10). By default all. For example `[counter]`.
    """


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


def placed_steps(path: KeyPath, route: Iterable[Step]) -> Iterator[tuple[KeyPath, Step]]:
    """Go through the steps of a route at a path in file order, those in branches included."""
    for number, step in enumerate(route):
        here = (*path, number)
        yield here, step
        if isinstance(step, Choose):
            for at, branch in enumerate(step.choose):
                yield from placed_steps((*here, "choose", at, "route"), branch.route)
        elif isinstance(step, Together):
            for at, inner in enumerate(step.together):
                yield from placed_steps((*here, "together", at), inner)


def steps_of(route: Iterable[Step]) -> Iterator[Step]:
    """Go through the steps of a route in file order, those in branches included."""
    return (step for _, step in placed_steps((), route))


def holds_for(step: Step, words: Set[str]) -> bool:
    """Tell whether a step is on the route of dossiers with that channel and receiving level."""
    return not step.only or not words.isdisjoint(step.only)


def _received_at(value: object) -> object:
    if isinstance(value, list | tuple):
        raise ValueError("a list has no shares; write {LEVEL: 80%, LEVEL: 20%}")
    return {value: 1.0} if isinstance(value, str) else value


def _level_or_shares(by_level: Schema) -> Schema:
    return either(by_level["propertyNames"], {**by_level, "minProperties": 1})


@knowing_habits
def _priority(value: object) -> object:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(
            f"{quoted(value)} is not a priority class; write a whole number, or {{1: 10%, 2: 90%}}"
        )
    return {value: 1.0}


def _priority_class(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ValueError(f"{quoted(value)} is not a priority class; write a whole number") from None


class Apology(Part):
    """What is promised anew to whom a dossier is not resolved in time (rule 25)."""

    before: WorkingDays = Limit(LimitKind.WORKING_DAYS, 1)
    """How many working days before the due date the apology is sent. By default `1 working day`.
    For example `1 working day`.
    """
    extension: WorkingDays
    """By how many working days the new date lies after the due date or, if that is closed, after
    the first open day that follows it. For example `3 working days`.
    """


class Procedure(Part):
    """An administrative procedure (thủ tục hành chính): who comes, its route and its limit."""

    name: str = ""
    """What the procedure is called. By default the key. For example `Đăng ký khai sinh`."""
    field: str | None = None
    """Its field, by which levers and measures may name it. For example `land`."""
    received_at: Annotated[
        dict[LevelName, Share],
        BeforeValidator(_received_at),
        AfterValidator(not_empty),
        ALL,
        Written(_level_or_shares),
    ]
    """The level at which its dossiers arrive, or levels with their shares (rule 9). For example
    `city`, or `{city: 80%, ward: 20%}`.
    """
    volume: Volume
    """How many dossiers come. For example `{per_year: 3853}`, or `{of: centre, share: 6%}`."""
    channels: Annotated[dict[ChannelName, Share], ALL] = {}
    """The channels by which they come, with their shares (rule 9). By default all by the channel
    declared first. For example `{counter: 90%, online: 10%}`.
    """
    time_limit: TimeLimit | None = None
    """The limit to which the office commits itself (rule 14). For example `10 working days`, or
    `same day`.
    """
    statutory_limit: TimeLimit | None = None
    """The limit of the law (rule 16). By default none: nothing is late by law. For example
    `15 working days`.
    """
    priority: Annotated[
        dict[
            Annotated[int, BeforeValidator(_priority_class), WithJsonSchema(CLASS)],
            Share,
        ],
        BeforeValidator(_priority),
        ALL,
        Written(lambda by_class: either({"type": "integer"}, by_class)),
    ] = {1: 1.0}
    """The priority class, or classes with their shares; the smaller goes first (rule 6). By default
    1. For example `2`, or `{1: 10%, 2: 90%}`.
    """
    early: Early | None = None
    """What counts as early (rule 16). By default as in the scenario. For example `by_date`."""
    early_margin: Length | None = None
    """For `by_time`, in open time of the accepting office (rule 16). By default as in the scenario.
    For example `2 h`.
    """
    apology: Apology | None = None
    """The apology for a dossier that is not resolved in time (rule 25). By default as in the
    scenario. For example `{extension: 3 working days}`.
    """
    route: Annotated[tuple[Step, ...], AfterValidator(not_empty), AT_LEAST_ONE]
    """What is done, as a list of steps or the name of a route (rule 10). For example
    `[{at: city.reception, work: 10 min}]`, or `signed`.
    """


class PublishedFigure(Part):
    """A figure of `seeds/` to print beside the simulated one."""

    value: Annotated[
        float,
        BeforeValidator(parse_figure),
        WithJsonSchema(FIGURE),
    ]
    """The figure; a share is written in per cent. For example `95.35%`."""
    source: str
    """Where it is from, such as a file and an id of `seeds/`. For example
    `seeds/uong-bi-2021#early`.
    """
    measure: MeasureName
    """The measure with which it is compared, one of its scope (docs/results.md). For example
    `early_rate`.
    """
    scope: Literal[
        "all", "level", "office", "station", "office_station", "pool", "procedure", "field",
        "channel",
    ] = "all"  # fmt: skip
    """What the measure is of. For example `level`."""
    name: str = "all"
    """The name within the scope, such as `city`, `city.land` or `city@Uông Bí`. For example `city`.
    """
    use: Literal["calibrated", "held_back"]
    """Whether the scenario was fitted to it. For example `calibrated`."""

    @model_validator(mode="after")
    def _share(self) -> PublishedFigure:
        if self.measure in SHARES and self.value > 1:
            way = f"write `{self.value:g}%`" if self.value <= 100 else "it is at most 100%"
            why = f"`{self.measure}` is a share; {way}"
            raise FaultsError((("value",), why))
        return self


class OpenDossier(Part):
    """A dossier that is open when the run starts (rule 22)."""

    procedure: ProcedureName
    """Its procedure. For example `permit`."""
    office: HomeOffice
    """The office that received it. For example `Uông Bí`, or `city@Uông Bí`."""
    accepted: Moment
    """When it was accepted, before the period; a date alone is its first instant (rule 22). For
    example `2020-12-30 09:30`.
    """
    due: Moment | None = None
    """When it is due; a date alone is its last closing (rule 22). By default what the limit gives
    from its acceptance. For example `2021-01-08`.
    """
    step: StepName | None = None
    """The step that it has reached, which it begins anew. By default the first of its route. For
    example `sign`.
    """
    channel: ChannelName | None = None
    """The channel by which it came. By default drawn by the procedure's shares. For example
    `online`.
    """


@dataclass(frozen=True)
class Member:
    """An office of the base, and what it became when offices were merged.

    Parameters
    ----------
    name, within
        Its name, and that of the office of the base in which it lay.
    became
        Name of the office that it became.
    part
        Its part of that office's share.
    calendar
        Name of the calendar that it had, None for that of its level.
    """

    name: str
    within: str | None
    became: str
    part: float
    calendar: str | None


@dataclass(frozen=True)
class Moved:
    """What policies moved, so that it is mapped and not drawn anew.

    Parameters
    ----------
    channels
        By procedure, the shares of the channels before dossiers of others came online.
    members
        By level, the offices before any were merged, in file order; of all levels, or of none.
    """

    channels: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    members: Mapping[str, tuple[Member, ...]] = field(default_factory=dict)


Change = Annotated[dict[str, Any], WithJsonSchema(CHANGE)]


def _policy(value: object) -> object:
    if isinstance(value, list | tuple):
        return {"changes": value}
    if isinstance(value, Mapping) and not {"about", "changes", "combine"} & set(value):
        raise ValueError("a policy is a list of changes; begin each with a dash: `- staff: …`")
    return value


def _changes_or_policy(policy: Schema) -> Schema:
    return either({"type": "array", "items": CHANGE, "minItems": 1}, policy)


class Policy(Part):
    """A named patch on the scenario: changes in order, or other policies combined."""

    about: str = ""
    """What the policy is. For example `Limits cut by 40 %`."""
    changes: tuple[Change, ...] = ()
    """The changes, in order; each is one lever. For example `[{staff: {city.land: {add: 2}}}]`."""
    combine: tuple[Name, ...] = ()
    """Other policies, applied one after the other. For example `[two-more-officers, cut-forty]`."""

    @model_validator(mode="after")
    def _one_of(self) -> Policy:
        if bool(self.changes) == bool(self.combine):
            both = "`changes` or `combine`, not both" if self.changes else "`changes` or `combine`"
            raise ValueError(f"a policy is a list of changes, or has {both}")
        return self


class Scenario(Part):
    """A network of service centres, its procedures and its policies."""

    name: str
    """What the scenario is called. By default the file's name, without its ending. For example
    `A small city`.
    """
    about: str = ""
    """What it models, and where its numbers come from. For example
    `A city with two wards; all numbers are made up.`.
    """
    period: Period
    """The dates that are simulated and measured, both included (rule 17). For example
    `{from: 2021-01-01, to: 2021-12-31}`.
    """
    warm_up: WarmUp = Duration(0)
    """Simulated before the period and not measured: a whole number of days (rule 17). For example
    `60 days`.
    """
    seed: int = Field(default=1, ge=0, le=2**63 - 1, strict=True)
    """The source of all random numbers. For example `1`."""
    replications: int = Field(default=20, ge=1, le=1_000_000, strict=True)
    """How many replications a study has. For example `30`."""
    demand_cv: Variation = 0.0
    """Uncertainty of demand as a whole: one lognormal factor of mean 1 for each replication
    (rule 9). For example `5%`.
    """
    early: Early = "by_slip"
    """What counts as early; a procedure may have its own (rule 16). For example `by_date`."""
    early_margin: Length = Duration(0)
    """For `by_time`, in open time of the accepting office; a procedure may have its own (rule 16).
    For example `2 h`.
    """
    apology: Apology | None = None
    """An apology and a new date for a dossier that is not resolved shortly before it is due; a
    procedure may have its own (rule 25). By default there is none. For example
    `{before: 1 working day, extension: 3 working days}`.
    """
    same_day_cutoff: Time | None = None
    """Accepted before this hour, a dossier with the limit `same day` is due on that day (rule 14).
    For example `"15:00"`.
    """
    calendars: dict[Name, CalendarRule] = {}
    """Opening hours by name; `always` exists and is always open (rule 1). For example
    `{office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}, holidays: VN}}`.
    """
    profiles: dict[Name, Profile] = {}
    """Relative intensities of arrivals by name (rule 9). For example
    `{mornings: {hours: {"07:30-09:30": 1.6}}}`.
    """
    channels: dict[Name, Channel] = Field(default={"counter": Channel()}, min_length=1)
    """The ways in which dossiers come (rule 9). By default one, `counter`. For example
    `{counter: {calendar: office}, online: {calendar: always, priority: 1}}`.
    """
    levels: dict[Name, Level] = Field(min_length=1)
    """The levels of the network in network order, a parent before those within it (rules 8 and 9).
    For example `{ward: {calendar: office, stations: {reception: {kind: counter}}}}`.
    """
    transfers: tuple[TransferRule, ...] = ()
    """How dossiers go from place to place; the first rule that matches counts (rule 10). For
    example `[{from: ward, to: city, departs: ["10:00", "15:30"], takes: 1 h}]`.
    """
    volumes: dict[Name, Volume] = {}
    """Volumes that procedures share, by name. For example `{centre: {per_year: 128443}}`."""
    procedures: dict[Name, Procedure] = Field(min_length=1)
    """The procedures by name. For example `{copies: {received_at: city, volume: {per_day: 40},
    route: [{at: city.reception, work: 8 min}]}}`.
    """
    backlog: tuple[OpenDossier, ...] = ()
    """Dossiers that are open when the run starts, or a table of them; without `warm_up` (rule 22).
    For example `[{procedure: copies, office: Uông Bí, accepted: 2020-12-30 09:30}]`.
    """
    published: tuple[PublishedFigure, ...] = ()
    """Figures of reality, to print beside the simulated ones. For example `[{value: 95.35%, source:
    seeds/uong-bi-2021#early, measure: early_rate, use: calibrated}]`.
    """
    policies: dict[
        Name, Annotated[Policy, BeforeValidator(_policy), Written(_changes_or_policy)]
    ] = {}
    """Named patches on the scenario; `base` is always there and changes nothing. For example
    `{two-more-officers: [{staff: {city.land: {add: 2}}}]}`.
    """
    _as_read: str = PrivateAttr("")
    _moved: Moved = PrivateAttr(Moved())

    @property
    def as_read(self) -> str:
        """The text of the file, or ""."""
        return self._as_read

    def channels_of(self, procedure: str) -> dict[str, float]:
        """Give the share of each channel of a procedure: all through the first by default."""
        return dict(self.procedures[procedure].channels) or {next(iter(self.channels)): 1.0}

    @property
    def moved(self) -> Moved:
        """What policies moved; nothing on a scenario as it was read."""
        return self._moved

    def with_moved(self, moved: Moved) -> Scenario:
        """Give the same scenario with these moves."""
        copied = self.model_copy()
        copied._moved = moved
        return copied

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
