"""What may stand in a file and is worked in before the models of `sim.scenario.schema` read it.

Nothing is validated by these models; what is said beneath their keys is read by
`sim.scenario.keys`, as that of the others is.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, WithJsonSchema

from sim.scenario.values import Name
from sim.scenario.written import (
    AT_LEAST_ONE,
    KEYS_OF_STEP,
    NAMED_STEP,
    ONE_OR_LIST,
    Schema,
    ref,
    text,
)

FileName = Annotated[str, WithJsonSchema(text("CSV file"))]
ColumnName = Annotated[str, WithJsonSchema(text("column"))]
OtherScenario = Annotated[str, WithJsonSchema(text("scenario file"))]
RouteName = Annotated[str, WithJsonSchema(text("name of a route"))]
NamedStep = Annotated[dict[str, Any], WithJsonSchema(NAMED_STEP)]
KeysOfStep = Annotated[dict[str, Any], WithJsonSchema(KEYS_OF_STEP)]


class RawScenario(BaseModel):
    """Keys of a scenario."""

    extends: Annotated[tuple[OtherScenario, ...], ONE_OR_LIST] = ()
    """The scenarios over which this one is laid; with `[]`, it is a part for others. By default
    none. For example `small-city.yaml`, or `[small-city.yaml, more-staff.yaml]`.
    """
    routes: dict[RouteName, Annotated[tuple[NamedStep, ...], AT_LEAST_ONE]] = {}
    """Routes that procedures share, by name; a step may lack what each procedure gives with
    `steps`. For example `{signed: [{at: city.reception, work: 8 min}, {id: sign, at: city.signing,
    decides: true}]}`.
    """


class RawProcedure(BaseModel):
    """Keys of a procedure."""

    steps: dict[Name, KeysOfStep] = {}
    """Keys of steps, by step id and at any depth, put in place of what the route has; a step keeps
    its `id`. For example `{sign: {work: 2 min}}`.
    """


class TableOfOffices(BaseModel):
    """Offices read from a table: a row each, an empty cell for the default."""

    file: FileName
    """The table, in the scenario's folder or below. For example `wards.csv`."""
    name: ColumnName
    """The column of their names. For example `ward`."""
    within: ColumnName | None = None
    """The column of their parents. For example `city`."""
    share: ColumnName | None = None
    """The column of their shares. For example `people`."""
    calendar: ColumnName | None = None
    """The column of their calendars. For example `hours`."""
    staff: dict[Name, ColumnName] = {}
    """By station or pool, the column of the numbers of officers. For example
    `{reception: counters}`.
    """


class TableOfBacklog(BaseModel):
    """Open dossiers read from a table: a row each, with columns called as their keys."""

    file: FileName
    """The table, in the scenario's folder or below. For example `open.csv`."""


RAW_FORMS: tuple[type[BaseModel], ...] = (TableOfOffices, TableOfBacklog)
RAW_KEYS: dict[str, type[BaseModel]] = {"Scenario": RawScenario, "Procedure": RawProcedure}
"""More keys of a model, by its name."""
RAW_VALUES: dict[tuple[str, str], Schema] = {
    ("Procedure", "route"): text("name of a route"),
    ("Level", "offices"): ref("TableOfOffices"),
    ("Scenario", "backlog"): ref("TableOfBacklog"),
}
"""By model and key, another way to write its value."""
