"""What a change of a policy may say: one lever, with its keys."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from sim.scenario.schema import Part, Step
from sim.scenario.text import KeyPath
from sim.scenario.values import Count, Discipline, Name, Share, Weight, not_empty


class UnfitError(Exception):
    """A change that does not fit the scenario: the path of its key, and why."""

    def __init__(self, path: KeyPath, message: str) -> None:
        super().__init__(message)
        self.path = path


MostTimes = Annotated[float, Field(ge=0, le=1000)]


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_several)]


class Which(Part):
    """Which procedures a lever acts on."""

    procedures: Names = ()
    fields: Names = ()
    all: Literal[True] | None = None

    @model_validator(mode="after")
    def _says_which(self) -> Which:
        if sum([bool(self.procedures), bool(self.fields), self.all is True]) != 1:
            raise ValueError("say which: one of procedures: [..], fields: [..], all: true")
        return self


class StaffChange(Part):
    """A change of the number of officers."""

    add: int | None = Field(default=None, strict=True)
    set: Count | None = None
    times: MostTimes | None = None

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

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    count: Annotated[int, Field(ge=1, le=100_000, strict=True)]


class MakePool(Part):
    """Stations of a level whose officers become one pool."""

    at: str
    name: Name
    stations: Annotated[Names, AfterValidator(not_empty)]
    staff: Count | None = None


class Cut(Which):
    """Shorter limits, less work, fewer incomplete dossiers, steps left out."""

    time_limit: Share | None = None
    work: Share | None = None
    incomplete: Share | None = None
    drop: Names = ()

    @model_validator(mode="after")
    def _cuts_something(self) -> Cut:
        if self.time_limit is self.work is self.incomplete is None and not self.drop:
            raise ValueError("says nothing to cut: time_limit, work, incomplete or drop")
        if self.time_limit == 1:
            raise ValueError("a limit cannot be cut by 100%")
        return self


class Insert(Which):
    """More steps, each with an id that is new to the procedure."""

    after: str
    steps: Annotated[tuple[Step, ...], AfterValidator(not_empty)]


class Delegate(Which):
    """Visits at other stations, which may be of another level."""

    moves: Annotated[dict[str, str], AfterValidator(not_empty)]


class Online(Which):
    """Dossiers of other channels that come online."""

    share: Share


class Merge(Part):
    """Fewer offices: those of each office of an ancestor level become `into` offices."""

    levels: Annotated[Names, AfterValidator(not_empty)]
    into: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    by: str


class Times(Part):
    """A factor of a volume."""

    times: Weight


class Demand(Which):
    """More or fewer citizens."""

    volume: Times


class Levers(Part):
    """One change: exactly one lever."""

    staff: Annotated[dict[str, StaffChange], AfterValidator(not_empty)] | None = None
    move: Move | None = None
    shift: Annotated[dict[str, str], AfterValidator(not_empty)] | None = None
    pool: MakePool | None = None
    discipline: Annotated[dict[str, Discipline], AfterValidator(not_empty)] | None = None
    cut: Cut | None = None
    insert: Insert | None = None
    abolish: Annotated[Names, AfterValidator(not_empty)] | None = None
    delegate: Delegate | None = None
    online: Online | None = None
    on_the_spot: Annotated[Names, AfterValidator(not_empty)] | None = None
    merge: Merge | None = None
    demand: Demand | None = None
    set: Annotated[dict[str, Any], AfterValidator(not_empty)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_lever(cls, change: Any) -> Any:
        if isinstance(change, dict) and len(change) != 1:
            known = ", ".join(cls.model_fields)
            raise ValueError(f"a change has one lever, one of: {known}")
        return change
