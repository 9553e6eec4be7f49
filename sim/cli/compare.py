"""``onestop compare``: policies against a base, on the same citizens."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.options import StudyOptions, study_options


@click.command("compare")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="P",
    help="A policy to compare; by default every one. May be given several times.",
)
@click.option(
    "--against",
    default="base",
    metavar="P",
    help="The policy that the others are held against; by default base.",
)
@study_options
def command(
    scenario: Path, policies: tuple[str, ...], against: str, options: StudyOptions
) -> None:  # fmt: skip
    """Compare policies of SCENARIO: differences paired by replication, with 95 % intervals."""
    from sim.cli.studying import read_as_set, run_study, show_warnings
    from sim.cli.tables import (
        difference_table,
        in_width,
        last_line,
        policy_table,
        print_json,
        published_table,
        show,
        title_of,
    )
    from sim.comparison import compare
    from sim.errors import InputError

    loaded = read_as_set(scenario, options)
    chosen = policies or ("base", *loaded.scenario.policies)
    names = tuple(dict.fromkeys((against, *chosen)))
    if len(names) < 2:
        raise InputError(
            f"there is no policy to hold against `{against}`; name another with --policy, "
            f"or write one under `policies:` in {scenario}"
        )
    show_warnings(loaded, against, options)
    study = run_study(loaded.scenario, names, options)
    comparison = compare(study, against)
    folder = study.folder
    if folder is not None:
        from sim.experiment.folder import Folder

        Folder(folder).write_csv("differences.csv", comparison.differences)
    summary = study.summary()
    if options.as_json:
        print_json(study, summary, comparison.differences)
    else:
        others = [name for name in names if name != against]
        title = title_of(study)
        show(
            *(policy_table(summary, some, title) for some in in_width(names)),
            *(difference_table(comparison.differences, some, against) for some in in_width(others)),
            published_table(study, summary, against),
        )
    if not options.quiet:
        last_line(study)
