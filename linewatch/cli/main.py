"""The command line: its commands by name, and how it ends. Each command lives in a file of its own and is imported when it is called."""

from __future__ import annotations

import os
import sys

import click
import typer

from linewatch.cli import check, db, export, importing, init, outages, run, sla, status
from linewatch.errors import LinewatchError
from linewatch.version import __version__

app = typer.Typer(
    name="linewatch",
    help="Watches a leased line and the endpoints behind it, keeps the record, and prints the year as evidence.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)

app.command("init")(init.init)
app.command("check")(check.check)
app.command("run")(run.run)
app.command("status")(status.status)
app.command("sla")(sla.sla)
app.command("outages")(outages.outages)
app.command("import")(importing.import_)
app.command("export")(export.export)
app.add_typer(db.app, name="db")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"linewatch {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and end."),
) -> None:
    """Watches a leased line and the endpoints behind it, keeps the record, and prints the year as evidence."""


def run_app() -> int:
    """Run the command and return its exit code; every refusal is one clear line (or one a mistake) on standard error."""
    try:
        result = app(standalone_mode=False)
    except LinewatchError as error:
        for line in str(error).splitlines():
            typer.echo(f"linewatch: {line}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def entry() -> None:
    """The console script."""
    sys.exit(run_app())
