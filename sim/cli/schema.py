"""``onestop schema``: the JSON Schema of the language."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of the scenario language, for editors."""
    from sim.scenario.json_schema import scenario_schema

    click.echo(json.dumps(scenario_schema(), ensure_ascii=False, indent=1))
