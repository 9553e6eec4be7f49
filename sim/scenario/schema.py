"""The models of the scenario language (docs/language.md), after named routes are expanded."""

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
    model_validator,
)

from sim.distributions import Distribution, parse_distribution, parse_share
from sim.durations import (
    DAY,
    Duration,
)
from sim.scenario.measure_names import SHARES
from sim.scenario.values import (
    ALWAYS,
    MONTHS,
    REST,
    WEEKDAYS,
    Allotment,
    AtClose,
    Clock,
    Count,
    Date,
    Dates,
    Discipline,
    Early,
    Hours,
    Length,
    Moment,
    Name,
    OfficeName,
    Random,
    Share,
    ShareOrRest,
    Time,
    TimeLimit,
    Variation,
    Weekdays,
    Weight,
    Work,
    add_to_one,
    not_empty,
    weekdays_of,
)


class Part(BaseModel):
    """A part of a scenario: frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


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


Staff = Annotated[tuple[StaffGroup, ...], BeforeValidator(_staff), AfterValidator(not_empty)]


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
    serves: Annotated[tuple[Name, ...], AfterValidator(not_empty)]
    absence: Share = 0.0


class Office(Part):
    """One office of a level."""

    share: Weight = 1.0
    within: str | None = None
    calendar: str | None = None
    staff: dict[
        Name,
        Annotated[
            Annotated[Count, Tag("<count>")] | Annotated[Staff, Tag("<groups>")],
            Discriminator(lambda v: "<groups>" if isinstance(v, list | tuple) else "<count>"),
        ],
    ] = {}
    """The number of the first group of a station or pool here, or all its groups."""


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
    raise ValueError(
        "offices are a list of names, a mapping of names, a number, {each: N} or {file: F.csv, …}"
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


class Level(Part):
    """The offices of one level, all with the same stations."""

    within: str | None = None
    offices: (
        Annotated[
            Annotated[dict[OfficeName, Office], Tag("<names>")]
            | Annotated[Count, Tag("<count>")]
            | Annotated[EachParent, Tag("<each>")],
            Discriminator(_form_of_offices),
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
    choose: Annotated[tuple[Branch, ...], AfterValidator(not_empty)]
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
    together: Annotated[tuple[tuple[Step, ...], ...], AfterValidator(not_empty)]
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


def holds_for(step: Step, words: Set[str]) -> bool:
    """Tell whether a step is on the route of dossiers with that channel and receiving level."""
    return not step.only or not words.isdisjoint(step.only)


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
    route: Annotated[tuple[Step, ...], AfterValidator(not_empty)]

    @model_validator(mode="after")
    def _shares(self) -> Procedure:
        add_to_one(self.received_at, "`received_at`")
        add_to_one({str(key): share for key, share in self.priority.items()}, "`priority`")
        if self.channels:
            add_to_one(self.channels, "`channels`")
        return self


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


class OpenDossier(Part):
    """A dossier that is open when the run starts (rule 22)."""

    procedure: str
    office: str
    accepted: Moment
    due: Moment | None = None
    step: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Member:
    """An office of the base within what it became when offices were merged.

    Parameters
    ----------
    became
        Name of the office that it became.
    part
        Its part of that office's share.
    calendar
        Name of the calendar that it had.
    """

    became: str
    part: float
    calendar: str


@dataclass(frozen=True)
class Moved:
    """What policies moved, so that it is mapped and not drawn anew.

    Parameters
    ----------
    channels
        By procedure, the shares of the channels before dossiers of others came online.
    members
        By level, the offices before they were merged, in file order.
    """

    channels: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    members: Mapping[str, tuple[Member, ...]] = field(default_factory=dict)


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
    backlog: tuple[OpenDossier, ...] = ()
    published: tuple[PublishedFigure, ...] = ()
    policies: dict[Name, Annotated[Policy, BeforeValidator(_policy)]] = {}
    _as_read: str = PrivateAttr("")
    _moved: Moved = PrivateAttr(Moved())

    @property
    def as_read(self) -> str:
        """The text of the file, or ""."""
        return self._as_read

    @property
    def moved(self) -> Moved:
        """What policies moved; nothing on a scenario as it was read."""
        return self._moved

    def with_moved(self, moved: Moved) -> Scenario:
        """Give the same scenario with these moves."""
        copied = self.model_copy()
        copied._moved = moved
        return copied

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
