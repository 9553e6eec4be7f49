"""``onestop schema``: the JSON Schema of the language."""

from __future__ import annotations

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of the scenario language, for editors."""
    from sim.scenario.json_schema import schema_text

    click.echo(schema_text())
