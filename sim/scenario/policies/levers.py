"""What a change of a policy may say: one lever, with its keys."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from sim.durations import parse_duration
from sim.errors import quoted
from sim.scenario.schema import Part, Step
from sim.scenario.text import KeyPath
from sim.scenario.values import (
    Address,
    CalendarName,
    Count,
    Discipline,
    FieldName,
    LevelName,
    Name,
    Path,
    ProcedureName,
    Share,
    StaffAddress,
    StepName,
    StepOrStation,
    Weight,
    not_empty,
)
from sim.scenario.written import AT_LEAST_ONE, FACTOR, ONE_OR_LIST, WITH_ID


class UnfitError(Exception):
    """A change that does not fit the scenario: the path of its key, and why."""

    def __init__(self, path: KeyPath, message: str) -> None:
        super().__init__(message)
        self.path = path


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ValueError(f"`{name}` stands twice")
    return names


def _by_a_share(value: object) -> object:
    try:
        parse_duration(value)
    except ValueError:
        return value
    raise ValueError(
        f"{quoted(value)} is not a share; a cut is by a share, such as 40%; a new value is given "
        "by the lever `set`"
    )


T = TypeVar("T")
Several = Annotated[
    tuple[T, ...], BeforeValidator(_several), AfterValidator(_each_once), ONE_OR_LIST
]
ShareCut = Annotated[Share, BeforeValidator(_by_a_share)]
Factor = Annotated[Weight, Field(le=1000), WithJsonSchema(FACTOR)]


class Which(Part):
    """Which procedures a lever acts on."""

    procedures: Several[ProcedureName] = ()
    """These procedures. For example `[permit, copies]`, or `permit`."""
    fields: Several[FieldName] = ()
    """All procedures of these fields. For example `[land]`."""
    all: Literal[True] | None = None
    """All procedures. For example `true`."""

    @model_validator(mode="after")
    def _says_which(self) -> Which:
        if sum([bool(self.procedures), bool(self.fields), self.all is True]) != 1:
            raise ValueError("say which: one of procedures: [..], fields: [..], all: true")
        return self


class StaffChange(Part):
    """A change of the number of officers."""

    add: int | None = Field(default=None, strict=True)
    """So many more or, if negative, fewer; less than 0 officers is an error. For example `2`, or
    `-1`.
    """
    set: Count | None = None
    """So many. For example `5`."""
    times: Factor | None = None
    """So many times as many, rounded to whole officers, halves up. For example `1.5`."""

    @model_validator(mode="before")
    @classmethod
    def _says_how(cls, change: Any) -> Any:
        number = re.fullmatch(r"[-+]?[0-9]+", str(change))
        if isinstance(change, str | int) and number is not None:
            ways = f"{{add: {int(change)}}}"
            if str(change).isdecimal():
                ways = f"{{set: {int(change)}}} for so many in all, {ways} for so many more"
            raise ValueError(f"{quoted(change)} does not say what changes; write {ways}")
        return change

    @model_validator(mode="after")
    def _one_of(self) -> StaffChange:
        if sum(change is not None for change in (self.add, self.set, self.times)) != 1:
            raise ValueError("write one of {add: N}, {set: N}, {times: X}")
        return self

    def of(self, count: int) -> int:
        """Give the new number of officers; `times` rounds half up."""
        if self.add is not None:
            return count + self.add
        if self.set is not None:
            return self.set
        return math.floor(count * (self.times or 0.0) + 0.5)


class Move(Part):
    """Officers who change their station."""

    source: StaffAddress = Field(alias="from")
    """The station or pool that they leave, with `@OFFICE` where its level has several offices. For
    example `city.reception@Uông Bí`.
    """
    target: StaffAddress = Field(alias="to")
    """The station or pool to which they go, likewise. For example `city.land@Uông Bí`."""
    count: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    """How many, of the first group if there are several. For example `1`."""


class MakePool(Part):
    """Stations of a level whose officers become one pool."""

    at: LevelName
    """The level. For example `city`."""
    name: Name
    """The name of the pool, which no station or pool of the level has. For example `counters`."""
    stations: Annotated[Several[Name], AfterValidator(not_empty)]
    """The stations of the level whose officers it takes and which it serves; their officers have
    one calendar and one absence. For example `[reception, return]`.
    """
    staff: Count | None = None
    """How many officers it has in each office. By default as many as the stations had. For example
    `5`.
    """


class Cut(Which):
    """Shorter limits, less work, fewer incomplete dossiers, steps left out."""

    time_limit: ShareCut | None = None
    """By which share time limits become shorter, less than 100 %. Limits in working days, days and
    weeks are rounded up to whole days, at least 1; `same day` and the statutory limit stay. For
    example `40%`.
    """
    work: ShareCut | None = None
    """By which share `work` and `again` become shorter: every duration of the distribution is
    scaled. For example `25%`.
    """
    incomplete: Share | None = None
    """By which share the probabilities of `incomplete` become smaller. For example `50%`."""
    drop: Several[StepOrStation] = ()
    """Steps, and stations whose visits are left out, at any depth; a name that is in none of the
    procedures is an error. For example `[pay, tax.desk]`.
    """

    @model_validator(mode="after")
    def _cuts_something(self) -> Cut:
        if self.time_limit is self.work is self.incomplete is None and not self.drop:
            raise ValueError("says nothing to cut: time_limit, work, incomplete or drop")
        if self.time_limit == 1:
            raise ValueError("a limit cannot be cut by 100%")
        return self


class Insert(Which):
    """More steps, each with an id that is new to the procedure."""

    after: StepName
    """The step, at any depth, after which they come; it is on the route of each procedure. For
    example `intake`.
    """
    steps: Annotated[tuple[Step, ...], AfterValidator(not_empty), WITH_ID, AT_LEAST_ONE]
    """The steps, each with an `id` that is new to the procedure. For example
    `[{id: check, at: city.land, work: 10 min}]`.
    """


class Delegate(Which):
    """Visits at other stations, which may be of another level."""

    moves: Annotated[dict[Address, Address], AfterValidator(not_empty), AT_LEAST_ONE]
    """From which station to which. For example `{city.reception: ward.reception}`."""


class Online(Which):
    """Dossiers of other channels that come online."""

    share: Share
    """The share that comes online. Where it is as large already, nothing changes; who came online
    still does. For example `93%`.
    """


class Merge(Part):
    """Fewer offices: those of each office of an ancestor level become `into` offices."""

    levels: Annotated[Several[LevelName], AfterValidator(not_empty)]
    """The levels whose offices are merged, each by itself. For example `[ward]`."""
    into: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    """How many offices of each level are left in each office of `by`; where there are fewer, all
    stay. The j-th of m becomes the ⌊(j − 1)·N/m⌋ + 1-st of these N, which keeps the name and the
    calendar of its first, and has the sum of the shares and officers. For example `1`.
    """
    by: LevelName
    """A level within which all of them lie. For example `city`."""


class Times(Part):
    """A factor of a volume."""

    times: Factor
    """So many times as many dossiers; who comes at the smaller volume comes at the larger too. For
    example `1.2`.
    """


class Demand(Which):
    """More or fewer citizens."""

    volume: Times
    """How many. For example `{times: 1.2}`."""


class Levers(Part):
    """One change: exactly one lever."""

    staff: (
        Annotated[dict[StaffAddress, StaffChange], AfterValidator(not_empty), AT_LEAST_ONE] | None
    ) = None
    """Numbers of officers of stations and pools, in every office, or with `@OFFICE` in one; where
    there are several groups, of the first (rule 5). For example
    `{city.land: {add: 2}, ward.reception@Quang Trung: {times: 1.5}}`.
    """
    move: Move | None = None
    """Officers change their station. For example
    `{from: city.reception@Uông Bí, to: city.land@Uông Bí, count: 1}`.
    """
    shift: (
        Annotated[dict[StaffAddress, CalendarName], AfterValidator(not_empty), AT_LEAST_ONE] | None
    ) = None
    """The officers of stations and pools, everywhere or `@OFFICE`, work on another calendar
    (rule 3). For example `{city.signing: office}`.
    """
    pool: MakePool | None = None
    """The officers of several stations become one pool that serves them all (rule 5). For example
    `{at: city, name: counters, stations: [reception, return]}`.
    """
    discipline: (
        Annotated[dict[Address, Discipline], AfterValidator(not_empty), AT_LEAST_ONE] | None
    ) = None
    """How the queues of stations are ordered (rule 6). For example `{city.land: edd}`."""
    cut: Cut | None = None
    """Shorter limits, less work, fewer incomplete dossiers, steps left out. For example
    `{fields: [land], time_limit: 40%, work: 25%}`.
    """
    insert: Insert | None = None
    """More steps. For example
    `{fields: land, after: intake, steps: [{id: check, at: city.land, work: 10 min}]}`.
    """
    abolish: Annotated[Several[ProcedureName], AfterValidator(not_empty)] | None = None
    """Procedures for which nobody comes any more. For example `[copies]`."""
    delegate: Delegate | None = None
    """Visits are made at other stations, such as those of another level. For example
    `{procedures: copies, moves: {city.reception: ward.reception}}`.
    """
    online: Online | None = None
    """Dossiers of other channels come by the channel `online`, until that is their share. For
    example `{fields: [land], share: 93%}`.
    """
    on_the_spot: Annotated[Several[LevelName], AfterValidator(not_empty)] | None = None
    """The five-on-the-spot principle: within and between these levels every transfer goes at once
    and takes no time (rule 10). For example `[city, tax]`.
    """
    merge: Merge | None = None
    """Fewer offices. For example `{levels: [ward], into: 1, by: city}`."""
    demand: Demand | None = None
    """More or fewer dossiers. For example `{all: true, volume: {times: 1.2}}`."""
    set: Annotated[dict[Path, Any], AfterValidator(not_empty), AT_LEAST_ONE] | None = None
    """Any other key, by its dotted path. For example
    `{procedures.permit.time_limit: 8 working days}`, or `{fields: [land], route.sign.work: 4 min}`.
    """

    @model_validator(mode="before")
    @classmethod
    def _one_lever(cls, change: Any) -> Any:
        if isinstance(change, dict) and len(change) != 1:
            known = ", ".join(cls.model_fields)
            if len(change) > 1 and set(change) <= set(cls.model_fields):
                way = ", ".join(f"`- {lever}: …`" for lever in change)
                raise ValueError(f"a change has one lever; write each in an item of its own: {way}")
            raise ValueError(f"a change has one lever, one of: {known}")
        return change
