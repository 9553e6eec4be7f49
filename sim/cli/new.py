"""``onestop new``: a small commented scenario to start from."""

from __future__ import annotations

from pathlib import Path

import click

from sim.errors import InputError


@click.command("new")
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path) -> None:
    """Write a small commented scenario to FILE, to start from."""
    from sim.cli.tables import for_shell, program

    text = Path(__file__).with_name("template.yaml").read_text("utf-8")
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise InputError(f"{file} is there already; name a new file") from None
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}") from None
    click.echo(f"{file} written. Next: {program()} compare {for_shell(str(file))}", err=True)
