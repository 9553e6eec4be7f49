"""Running a study's replications again, and comparing every number with what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import InputError
from sim.experiment.folder import Folder
from sim.experiment.replicate import Result, replicate
from sim.experiment.runner import Needs, Say, outcomes, tasks_of
from sim.experiment.study import Plan

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Finding:
    """What is not as it was recorded.

    Parameters
    ----------
    where
        A replication, such as ``base/17``, or a file.
    what
        In words.
    failed
        Whether it could not be run again, so that nothing is known of it.
    """

    where: str
    what: str
    failed: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def verify(
    folder: Folder,
    plan: Plan,
    recorded: Mapping[str, list[int]],
    needs: Needs,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    say: Say | None = None,
) -> Iterator[Finding]:
    """Run the recorded replications of a study again.

    Parameters
    ----------
    folder, plan, recorded
        As `sim.experiment.folder.recorded_plan` gives them.
    needs
        What a replication takes, as `sim.experiment.runner.needs_of` works out.
    executor, progress, say
        See `sim.experiment.run`.

    Yields
    ------
    Finding
        Whatever is not as it was recorded: of a replication whether the docket is another, or
        the docket is the same and the result another.
    """
    description = folder.description()
    if description.get("digest") != plan.digest:
        yield Finding("study.json", "its scenario or seed is not what was run: its hash differs")
    for name in folder.changed():
        yield Finding(name, "is not as it was written" if (folder.path / name).exists()
                      else "is missing")  # fmt: skip
    wanted = sorted((number, policy) for policy, own in recorded.items() for number in own)
    tasks = tasks_of(plan, ((policy, number) for number, policy in wanted), needs)
    for done, (task, outcome) in enumerate(
        outcomes(replicate, tasks, executor, say or (lambda _: None)), start=1
    ):
        where = f"{task.policy}/{task.replication}"
        if isinstance(outcome, str):
            yield Finding(where, outcome, failed=True)
        elif what := _difference(folder, outcome, description["dockets"].get(where)):
            yield Finding(where, what)
        if progress is not None:
            progress(done, len(wanted))


def _difference(folder: Folder, result: Result, docket: str | None) -> str:
    """Say how a result differs from what is recorded; empty if it does not."""
    import pandas as pd

    if docket is not None and result.docket != docket:
        return "another docket: other citizens were drawn than were recorded"
    told = []
    for part, content in (("measures", result.measures), ("series", result.series)):
        try:
            theirs = folder.table(part, result.policy, result.replication).to_pandas()
        except InputError as error:
            return str(error)
        told += _other_numbers(pd.read_parquet(BytesIO(content)), theirs)
    if not told:
        return ""
    more = f", and {len(told) - 1:,} more numbers" if len(told) > 1 else ""
    return f"another result from the same docket: {told[0]}{more}"


def _other_numbers(mine: pd.DataFrame, theirs: pd.DataFrame) -> list[str]:
    keys = list(mine.columns[:-1])
    both = mine.merge(theirs, "outer", keys, suffixes=("", "_recorded"), indicator=True)
    now, then = both["value"].to_numpy(np.float64), both["value_recorded"].to_numpy(np.float64)
    same = (now == then) | (np.isnan(now) & np.isnan(then))
    other = both[~same | (both["_merge"] != "both").to_numpy()]
    return [
        f"{row[4]} of {row[3]}{' at ' + row[5] if len(keys) > 5 else ''} is {row[-3]:g}"
        f", recorded is {row[-2]:g}"
        for row in other.itertuples(index=False)
    ]
