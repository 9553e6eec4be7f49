"""A recorded replication run again, to look into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from sim.docket import draw
from sim.engine import Trace, engine_for, simulate
from sim.errors import InputError, quoted
from sim.experiment.folder import Folder, table_file
from sim.experiment.memory import free_memory, lack_of_memory
from sim.experiment.replicate import docket_hash
from sim.experiment.runner import Say, make_ready
from sim.experiment.study import Plan
from sim.lint.replication import replication_of
from sim.network import build
from sim.scenario.words import did_you_mean


def replay(
    folder: Folder,
    plan: Plan,
    recorded: Mapping[str, Sequence[int]],
    policy: str,
    replication: int,
    say: Say | None = None,
) -> Trace:
    """Run a recorded replication again.

    Parameters
    ----------
    folder, plan, recorded
        As `sim.experiment.folder.recorded_plan` gives them.
    policy, replication
        Which one.
    say
        Called with a line if the engine has to be compiled.

    Returns
    -------
    Trace
        Of the same dossiers, as the hash of their docket shows.

    Raises
    ------
    InputError
        If the study has no such replication, another version made it, its scenario is not what
        was run, or there is not enough memory.
    """
    if policy not in recorded:
        raise InputError(
            f"{folder.path} has no policy {quoted(policy)}{did_you_mean(policy, recorded)}"
        )
    if replication not in recorded[policy]:
        raise InputError(
            f"{folder.path} has no replication {replication} of `{policy}`; it has "
            f"{_ranges(recorded[policy])}"
        )
    known, here = folder.description(), version("onestop-sim")
    if known.get("version") != here:
        raise InputError(
            f"{folder.path} was made by onestop {known.get('version')}, and this is {here}, which "
            "may go by other rules; run the study again with --fresh"
        )
    if known.get("digest") != plan.digest:
        raise _not_the_same(folder, "the scenario or seed in its study.json is not what was run")
    network = build(plan.scenario.with_policy(policy))
    takes = replication_of(network)
    if lack := lack_of_memory(takes.memory_bytes, free_memory()):
        raise InputError(lack)
    docket = draw(network, plan.seed, replication)
    drawn = known["dockets"].get(f"{policy}/{replication}")
    if docket_hash(docket) != (
        drawn or folder.docket_in(table_file("measures", policy, replication))
    ):
        others = "; ".join(folder.other_surroundings())
        raise _not_the_same(
            folder,
            f"replication {replication} of `{policy}` would have other dossiers than were recorded"
            + (f" (made elsewhere: {others})" if others else ""),
        )
    engine = engine_for(takes.steps)
    make_ready(engine, say)
    return simulate(network, docket, engine)


def _not_the_same(folder: Folder, why: str) -> InputError:
    return InputError(f"{folder.path} cannot be looked into: {why}; run it again with --fresh")


def _ranges(numbers: Sequence[int]) -> str:
    """Write ascending numbers, those that follow each other as ``1 to 5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
