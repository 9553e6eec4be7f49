"""What a change of a policy may say: one lever, with its keys."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

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


def _one_or_several(names: Schema) -> Schema:
    return either(names["items"], names)


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ValueError(f"`{name}` stands twice")
    return names


T = TypeVar("T")
Several = Annotated[
    tuple[T, ...], BeforeValidator(_several), AfterValidator(_each_once), ONE_OR_LIST
]
Factor = Annotated[Weight, Field(le=1000), WithJsonSchema(FACTOR)]


class Which(Part):
    """Which procedures a lever acts on."""

    procedures: Annotated[tuple[ProcedureName, ...], *_OneOrSeveral] = ()
    """The procedures by name. For example `[permit]`."""
    fields: Annotated[tuple[FieldName, ...], *_OneOrSeveral] = ()
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
    """So many officers more, or fewer if negative; fewer than 0 is an error. For example `2`."""
    set: Count | None = None
    """So many officers. For example `5`."""
    times: Factor | None = None
    """So many times the officers, rounded to whole officers, halves up. For example `1.5`."""

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
    """Officers who change their station, of the first group of each."""

    source: StaffAddress = Field(alias="from")
    """The station or pool that they leave; with `@OFFICE` unless its level has one office. For
    example `city.reception`.
    """
    target: StaffAddress = Field(alias="to")
    """The station or pool to which they go, likewise. For example `city.land`."""
    count: Many
    """How many officers. For example `2`."""


class MakePool(Part):
    """Stations of a level whose officers become one pool (rule 5)."""

    at: LevelName
    """The level. For example `city`."""
    name: Name
    """What the pool is called. For example `floor`."""
    stations: Annotated[tuple[Name, ...], *_OneOrSeveral, _NotEmpty]
    """The stations that it serves. Their officers have one calendar and one absence, else it is an
    error; the stations have one discipline. For example `[reception, return]`.
    """
    staff: Count | None = None
    """How many officers. By default as many as the stations had. For example `4`."""


class Cut(Which):
    """Shorter limits, less work, fewer incomplete dossiers, steps left out."""

    time_limit: Share | None = None
    """By what share the time limit becomes shorter, less than 100 %. Limits in working days, days
    and weeks are rounded up to whole days, at least 1; `same day` and the statutory limit stay. For
    example `40%`.
    """
    work: Share | None = None
    """By what share all `work` and `again` become shorter: every duration of the distribution is
    scaled. For example `25%`.
    """
    incomplete: Share | None = None
    """By what share all probabilities of `incomplete` become smaller. For example `50%`."""
    drop: Annotated[tuple[StepOrStation, ...], *_OneOrSeveral] = ()
    """Steps, and stations whose visits are left out, at any depth. A name that is in none of the
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
    """More steps."""

    after: StepName
    """The step, on the route of each of the procedures, after which they stand. For example
    `examine`.
    """
    steps: Annotated[tuple[Step, ...], _NotEmpty, WITH_ID]
    """The steps, each with an id that is new to the procedure. For example
    `[{id: check, at: city.land, work: 10 min}]`.
    """


class Delegate(Which):
    """Visits at other stations, which may be of another level."""

    moves: Annotated[dict[Address, Address], _NotEmpty]
    """The station at which a visit is made, by the one at which it was. For example
    `{city.land: ward.clerk}`.
    """


class Online(Which):
    """Dossiers of other channels that come through the channel `online`."""

    share: Share
    """The share that comes online. Where it is as large already, nothing changes; who came online
    still does. For example `93%`.
    """


class Merge(Part):
    """Fewer offices: those within each office of an ancestor level become `into` offices."""

    levels: Annotated[tuple[LevelName, ...], *_OneOrSeveral, _NotEmpty]
    """The levels whose offices are merged, each by itself. For example `[ward]`."""
    into: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    """How many offices of each level are left in each office of `by`; where there are fewer, all
    stay. The j-th of m becomes the ⌊(j − 1)·N/m⌋ + 1-st of these N, which keeps the name and the
    calendar of its first, and has the sum of the shares and officers. For example `1`.
    """
    by: LevelName
    """The ancestor level. For example `city`."""


class Times(Part):
    """A factor of a volume."""

    times: Factor
    """So many times as many dossiers; who comes at the smaller volume comes at the larger too. For
    example `1.2`.
    """


class Demand(Which):
    """More or fewer citizens."""

    volume: Times
    """How the volume changes. For example `{times: 1.2}`."""


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
    """Lets officers change their station. For example
    `{from: city.reception, to: city.land, count: 1}`.
    """
    shift: Annotated[dict[StaffAddress, CalendarName], _NotEmpty] | None = None
    """Lets the officers of a station or pool work on another calendar; with `@OFFICE` those of one
    office (rule 3). For example `{city.land: late}`.
    """
    pool: MakePool | None = None
    """Makes one pool of the officers of several stations (rule 5). For example
    `{at: city, name: floor, stations: [reception, return]}`.
    """
    discipline: Annotated[dict[Address, Discipline], _NotEmpty] | None = None
    """Orders queues another way (rule 6). For example `{city.land: edd}`."""
    cut: Cut | None = None
    """Cuts limits, work, the shares of incomplete dossiers, or steps. For example
    `{fields: [land], time_limit: 40%, work: 25%}`.
    """
    insert: Insert | None = None
    """Adds steps to routes. For example `{procedures: [permit], after: examine, steps:
    [{id: check, at: city.land, work: 10 min}]}`.
    """
    abolish: Annotated[tuple[ProcedureName, ...], *_OneOrSeveral, _NotEmpty] | None = None
    """Removes procedures: nobody comes for them. For example `[permit]`."""
    delegate: Delegate | None = None
    """Lets steps be done at other stations, as at another level. For example
    `{fields: [land], moves: {city.land: ward.clerk}}`.
    """
    online: Online | None = None
    """Lets dossiers of other channels come online. For example `{all: true, share: 93%}`."""
    on_the_spot: Annotated[tuple[LevelName, ...], *_OneOrSeveral, _NotEmpty] | None = None
    """The five-on-the-spot principle: within and between these levels every transfer goes at once
    and takes no time (rule 10). For example `[city, tax]`.
    """
    merge: Merge | None = None
    """Makes fewer offices, which keep shares, officers and everyone's dossiers. For example
    `{levels: [ward], into: 3, by: city}`.
    """
    demand: Demand | None = None
    """Lets more or fewer citizens come. For example `{all: true, volume: {times: 1.2}}`."""
    set: Annotated[dict[Path, Any], _NotEmpty] | None = None
    """Puts a value at any key by its dotted path. For example
    `{procedures.permit.time_limit: 8 working days}`, or `{fields: [land], route.sign.work: 4 min}`.
    """

    @model_validator(mode="before")
    @classmethod
    def _one_lever(cls, change: Any) -> Any:
        if isinstance(change, dict) and len(change) != 1:
            known = ", ".join(cls.model_fields)
            raise ValueError(f"a change has one lever, one of: {known}")
        return change
