"""One replication of one policy: what a worker does, wherever it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.docket import Docket, draw
from sim.engine import Engine, simulate
from sim.errors import InputError, RunError
from sim.experiment.folder import Folder, trace_file
from sim.experiment.memory import free_memory, lack_of_memory
from sim.experiment.study import labelled
from sim.measures import measure
from sim.network import Network, build
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Task:
    """One replication of one policy: all that a worker needs.

    Parameters
    ----------
    scenario
        The base scenario, resolved, as JSON.
    policy, replication, seed, engine
        What is run.
    memory
        About how many bytes it takes.
    traces
        The study's folder if its traces are kept, else None.
    """

    scenario: str
    policy: str
    replication: int
    seed: int
    engine: Engine
    memory: float
    traces: str | None

    def __str__(self) -> str:
        return f"replication {self.replication} of `{self.policy}` (seed {self.seed})"


@dataclass(frozen=True)
class Result:
    """What a worker gives back, ready to be written, as workers have more time than who writes.

    Parameters
    ----------
    policy, replication
        What it ran.
    measures, series
        Their tables as Parquet files.
    docket
        The docket's hash.
    version
        The worker's own.
    traces
        Names of the trace's files, and where they are written aside: who keeps the study puts
        them in their places, as workers may outlive a run.
    """

    policy: str
    replication: int
    measures: bytes
    series: bytes
    docket: str
    version: str
    traces: tuple[tuple[str, str], ...]


def replicate(task: Task) -> Result:
    """Run one replication.

    Raises
    ------
    InputError
        If its traces cannot be written.
    RunError
        If it needs more memory than there is now, or fails in any other way.
    """
    try:
        return _replicate(task)
    except (InputError, RunError):
        raise
    except Exception as error:
        raise RunError(f"{type(error).__name__}: {error}") from error


def _replicate(task: Task) -> Result:
    if not_enough := lack_of_memory(task.memory, free_memory()):
        raise RunError(not_enough)
    network = _network(task.scenario, task.policy)
    docket = draw(network, task.seed, task.replication)
    trace = simulate(network, docket, task.engine)
    measures = measure(network, trace)
    hashed = docket_hash(docket)
    traces = []
    if task.traces is not None:
        folder = Folder(Path(task.traces))
        for kind, table in (("dossiers", trace.dossiers), ("steps", trace.steps)):
            name = trace_file(kind, task.policy, task.replication)
            file = labelled(table, task.policy, task.replication, hashed)
            aside = folder.write_aside(name, partial(file.to_parquet, index=False))
            traces.append((name, str(aside)))
    return Result(
        task.policy,
        task.replication,
        _as_file(labelled(measures.table, task.policy, task.replication, hashed)),
        _as_file(labelled(measures.series, task.policy, task.replication, hashed)),
        hashed,
        version("onestop-sim"),
        tuple(traces),
    )


def _as_file(table: pd.DataFrame) -> bytes:
    buffer = BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


@lru_cache(maxsize=64)
def _network(scenario: str, policy: str) -> Network:
    return build(Scenario.model_validate(json.loads(scenario)).with_policy(policy))


def docket_hash(docket: Docket) -> str:
    """Hash everything random in a replication, in hexadecimal."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (docket, docket.templates):
        for item in fields(part):
            value = getattr(part, item.name)
            if isinstance(value, np.ndarray):
                digest.update(np.ascontiguousarray(value).tobytes())
            elif item.name not in ("shifts", "templates"):
                digest.update(repr(value).encode())
    for calendar in docket.shifts:
        digest.update(np.array([calendar.opens, calendar.closes], np.int64).tobytes())
    return digest.hexdigest()
