"""The command line: one file a command; each parses, calls and prints."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

import click

from sim import __version__
from sim.errors import InputError, RunError

_INTERRUPTED = 130


class _Commands(click.Group):
    """Finds a command in the module of its name when it is asked for."""

    names = ("new", "check", "run", "compare", "why", "staff", "sweep", "plot", "verify", "schema")

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.names:
            from sim.scenario.words import did_you_mean

            ctx.fail(f"there is no command `{cmd_name}`{did_you_mean(cmd_name, self.names)}")
        from importlib import import_module

        command: click.Command = import_module(f"sim.cli.{cmd_name}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="onestop")
def onestop() -> None:
    """Simulate public-administration one-stop shops (một cửa)."""


def main() -> None:
    """Run the command line; turn what went wrong into one message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a letter shows `?`, and goes on.
            stream.reconfigure(errors="replace")
    sys.exit(_code_of_run())


def _code_of_run() -> int:
    stdout = sys.stdout
    try:
        onestop.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        return _INTERRUPTED
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        return _INTERRUPTED
    except click.ClickException as error:
        error.show()
        if "unexpected extra argument" in error.message and "--set" in sys.argv:
            click.echo('A setting with a space stands in quotes: --set "PATH=VALUE"', err=True)
        return 2
    except InputError as error:
        click.echo(str(error), err=True)
        return 2
    except RunError as error:
        click.echo(str(error), err=True)
        return 3
    except SystemExit as error:
        # On a closed pipe click exits with 1, after it has silenced the output.
        return int(error.code or 0) if sys.stdout is stdout else 0
    except BrokenPipeError:
        # Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0
