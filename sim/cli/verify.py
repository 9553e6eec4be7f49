"""``onestop verify``: a study's replications run again, and every number compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from sim.cli.options import cluster_option, jobs_option


@click.command("verify")
@click.argument("study", type=click.Path(path_type=Path))
@jobs_option
@cluster_option
@click.option("-q", "--quiet", is_flag=True, help="Print what differs and nothing else.")
def command(study: Path, jobs: int | None, cluster: str | None, quiet: bool) -> None:
    """Run the recorded replications of STUDY again and compare every number."""
    from sim.cli.studying import executor_for, reporting
    from sim.experiment.folder import recorded_plan
    from sim.experiment.runner import needs_of
    from sim.experiment.verify import Finding, verify

    folder, plan, recorded = recorded_plan(study)
    if (others := folder.other_surroundings()) and not quiet:
        click.echo(f"{study} was made elsewhere: {'; '.join(others)}.", err=True)
    needs = needs_of(plan.scenario, plan.policies)
    engine = needs.engine("auto", plan.replications)
    plan = replace(plan, engine=engine)
    count = sum(map(len, recorded.values()))
    differing: list[Finding] = []
    with (
        reporting(quiet) as (progress, say),
        executor_for(jobs, cluster, needs, engine, plan.replications, say) as executor,
    ):
        for finding in verify(folder, plan, recorded, needs, executor, progress, say):
            differing.append(finding)
            click.echo(str(finding))
    if differing:
        raise SystemExit(3 if any(finding.failed for finding in differing) else 1)
    if not quiet:
        click.echo(f"{count:,} replication{'' if count == 1 else 's'} verified: every number is "
                   "as it was recorded.")  # fmt: skip
