"""``onestop why``: the life of one dossier, or the dossiers that were latest."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("why")
@click.argument("study", type=click.Path(path_type=Path))
@click.argument("dossier", type=int, required=False)
@click.option(
    "--late", type=click.IntRange(min=1), metavar="N", help="List the N latest dossiers instead."
)
@click.option(
    "--policy", metavar="P", help="Under which policy; by default base, or the study's first."
)
@click.option(
    "--replication", type=int, default=1, metavar="R", help="In which replication; by default 1."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    study: Path,
    dossier: int | None,
    late: int | None,
    policy: str | None,
    replication: int,
    as_json: bool,
) -> None:
    """Tell the life of one DOSSIER of STUDY: when it was due and why, and where its time went."""
    from sim.cli.printing import print_object
    from sim.cli.tables import for_shell, program, show
    from sim.cli.timeline_json import latest_as_json, timeline_as_json
    from sim.cli.timeline_tables import late_table, timeline_tables
    from sim.errors import InputError
    from sim.experiment.folder import recorded_plan
    from sim.experiment.replay import replay
    from sim.timeline import late_dossiers, timeline

    if (dossier is None) == (late is None):
        raise InputError(
            "give the number of a dossier or --late N, one of the two; --late lists the numbers "
            "of the N latest dossiers"
        )
    folder, plan, recorded = recorded_plan(study)
    chosen = policy if policy is not None else min(recorded, key=lambda name: name != "base")
    trace = replay(
        folder, plan, recorded, chosen, replication, lambda line: click.echo(line, err=True)
    )
    where = f"replication {replication} of `{chosen}`"
    if dossier is not None:
        count = trace.accepted.size
        if not 0 <= dossier < count:
            there = f"its dossiers are 0 to {count - 1}" if count else "it has none"
            raise InputError(f"{where} has no dossier {dossier}; {there}")
        told = timeline(trace, dossier)
        if as_json:
            print_object(timeline_as_json(trace, chosen, told))
        else:
            show(*timeline_tables(trace, chosen, told))
        return
    assert late is not None
    numbers = late_dossiers(trace)
    latest = [timeline(trace, number) for number in numbers[:late]]
    if as_json:
        print_object(latest_as_json(trace, chosen, latest, len(numbers)))
    elif latest:
        show(late_table(latest, len(numbers), where))
    else:
        click.echo(f"No dossier in {where} was late.")
    if latest:
        options = f" --policy {for_shell(chosen)} --replication {replication}"
        click.echo(
            f"Next: {program()} why {for_shell(str(study))} {latest[0].dossier}{options}", err=True
        )
