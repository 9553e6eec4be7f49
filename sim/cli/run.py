"""``onestop run``: one policy, its measures beside the published figures."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.options import StudyOptions, study_options


@click.command("run")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--policy", default="base", metavar="P", help="Which policy; by default base.")
@study_options
def command(scenario: Path, policy: str, options: StudyOptions) -> None:
    """Run one policy of SCENARIO and print its measures with 95 % intervals."""
    from sim.cli.lateness import lateness_table
    from sim.cli.studying import read_as_set, run_study, show_warnings
    from sim.cli.tables import (
        last_line,
        place_tables,
        policy_table,
        print_json,
        published_table,
        show,
    )

    loaded = read_as_set(scenario, options)
    show_warnings(loaded, policy, options)
    study = run_study(loaded.scenario, (policy,), options)
    summary = study.summary()
    if options.as_json:
        print_json(study, summary)
    else:
        show(
            policy_table(study, summary, [policy]),
            *place_tables(summary, policy),
            lateness_table(summary, policy),
            published_table(loaded.scenario.with_policy(policy), summary, policy),
        )
    if not options.quiet:
        last_line(study)
