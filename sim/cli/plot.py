"""``onestop plot``: figures of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click


@click.command("plot")
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--figure",
    "figures",
    multiple=True,
    metavar="NAME",
    help="Which figure; by default those that suit the study. May be given several times.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["png", "svg"]),
    default="png",
    help="The files' format; by default png.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing.")
def command(
    study: Path, figures: tuple[str, ...], file_format: Literal["png", "svg"], quiet: bool
) -> None:  # fmt: skip
    """Draw the figures of STUDY, the folder that `run`, `compare` or `sweep` made."""
    from sim.errors import InputError
    from sim.experiment.folder import open_study
    from sim.plots import draw_figures, suitable

    opened = open_study(study)
    wanted = figures or suitable(opened)
    if not wanted:
        raise InputError(f"no figure suits {study}; name one with --figure, or read its sweep.csv")
    for file in draw_figures(opened, wanted, file_format):
        if not quiet:
            click.echo(str(file))
