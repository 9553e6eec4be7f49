"""``onestop compare``: policies against a base, on the same citizens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.options import StudyOptions, share, study_options, widths

if TYPE_CHECKING:
    from sim.scenario.load import Loaded


@click.command("compare")
@click.argument(
    "scenarios", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="SCENARIO..."
)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="P",
    help="A policy to compare; by default every one. May be given several times.",
)
@click.option(
    "--against",
    metavar="P",
    help="The policy that the others are held against; by default base.",
)
@click.option(
    "--target",
    metavar="SHARE",
    callback=share,
    help="Tell the chance that a replication's on_time_rate reaches it, such as 99%.",
)
@click.option(
    "--difference-precision",
    "difference_widths",
    multiple=True,
    metavar="MEASURE=HALFWIDTH",
    callback=widths,
    help="Add replications until the intervals of the differences are that narrow, as the "
    "measure is: on_time_rate=0.1%. May be given several times.",
)
@click.option(
    "--flipped",
    "looked_into",
    type=click.IntRange(min=1),
    metavar="N",
    help="Name the dossiers of the first N replications that are late under one policy and not "
    "under the other, in flipped.csv.",
)
@study_options
def command(
    scenarios: tuple[Path, ...],
    policies: tuple[str, ...],
    against: str | None,
    target: float | None,
    difference_widths: dict[str, float],
    looked_into: int | None,
    options: StudyOptions,
) -> None:
    """Compare policies of SCENARIO: differences paired by replication, with 95 % intervals.

    Of several scenarios, policies are called SCENARIO:POLICY.
    """
    from sim.cli.comparing import (
        difference_table,
        flipped_table,
        flips_of,
        ranking,
        target_table,
    )
    from sim.cli.lateness import moved_lateness_table
    from sim.cli.studying import read_as_set, run_study, run_together, show_warnings
    from sim.cli.tables import (
        headlines_of,
        in_width,
        last_line,
        policy_table,
        print_json,
        published_table,
        records,
        show,
    )
    from sim.comparison import chances_to_reach, compare, difference
    from sim.errors import InputError
    from sim.experiment.folder import DIFFERENCES, FLIPPED, Folder

    loaded = _by_name([(path, read_as_set(path, options)) for path in scenarios])
    available = {
        policy if len(loaded) == 1 else f"{name}:{policy}": (name, policy)
        for name, one in loaded.items() for policy in ("base", *one.scenario.policies)
    }  # fmt: skip
    base = _chosen([against or "base"], available)[0]
    chosen = _chosen(policies, available) if policies else list(available)
    names = tuple(dict.fromkeys((base, *chosen)))
    if len(names) < 2:
        raise InputError(
            f"there is no policy to hold against `{base}`; name another with --policy, "
            f"or write one under `policies:` in {scenarios[0]}"
        )
    scenario, policy = available[base]
    show_warnings(loaded[scenario], policy, options)
    if len(loaded) == 1:
        goals = [difference(*given, base) for given in difference_widths.items()]
        study = run_study(loaded[scenario].scenario, names, options, goals)
    elif difference_widths:
        raise InputError("--difference-precision is of one scenario; take --precision or -n")
    else:
        wanted = [available[name] for name in names]
        by_scenario = {one: [policy for own, policy in wanted if own == one] for one in loaded}
        study = run_together(
            {name: one.scenario for name, one in loaded.items()}, by_scenario, options
        )
    comparison = compare(study, base)
    summary = study.summary()
    if study.folder is not None:
        if len(loaded) > 1:  # of one scenario, its run has written what is known of all policies
            Folder(study.folder).write_csv("summary.csv", summary)
        Folder(study.folder).write_csv(DIFFERENCES, comparison.differences)
    chances = None if target is None else chances_to_reach(study, target)
    others = [name for name in names if name != base]
    flips = None
    if looked_into is not None and study.folder is not None:
        places = {
            name: (study.folder / own if len(loaded) > 1 else study.folder, policy_there)
            for name, (own, policy_there) in ((name, available[name]) for name in names)
        }
        flips = flips_of(places, range(1, min(looked_into, study.plan.replications) + 1))
        Folder(study.folder).write_csv(FLIPPED, flips)
    if options.as_json:
        further = {} if chances is None else {"target": target, "chances": records(chances)}
        print_json(
            study, summary, differences=records(comparison.differences),
            leaders=comparison.leaders, **further,
        )  # fmt: skip
    else:
        differences = comparison.differences
        show(
            *(policy_table(study, summary, some) for some in in_width(names)),
            *(
                difference_table(differences, headlines_of(summary), some, base)
                for some in in_width(others)
            ),
            ranking(comparison),
            None if target is None or chances is None else target_table(chances, target),
            *(
                moved_lateness_table(summary, differences, some, base)
                for some in in_width(others)
            ),
            None if flips is None else flipped_table(flips, others, base),
            published_table(loaded[scenario].scenario.with_policy(policy), summary, base),
        )  # fmt: skip
    if not options.quiet:
        last_line(study)


def _by_name(read: Sequence[tuple[Path, Loaded]]) -> dict[str, Loaded]:
    """Name scenarios after their files."""
    from sim.errors import InputError

    named = {path.stem: loaded for path, loaded in read}
    if len(named) < len(read):
        raise InputError("two scenarios have one file name; policies are named after it")
    return named


def _chosen(wanted: Sequence[str], available: Mapping[str, tuple[str, str]]) -> list[str]:
    """Find policies by name; one without its scenario's is that of each that has it."""
    from sim.errors import InputError
    from sim.scenario.words import did_you_mean

    found = []
    for name in wanted:
        matching = [label for label, (_, own) in available.items() if name in (label, own)]
        if not matching:
            raise InputError(f"there is no policy `{name}`{did_you_mean(name, available)}")
        found += matching
    return found
