"""The command line: its commands by name, and how it ends. Each command lives in a file of its own and is imported when it is called."""

from __future__ import annotations

import gc
import io
import os
import sys

import typer

from linewatch.cli import check, db, doctor, exclude, export, importing, init, notify, outages, recompute, run, sla, status, web
from linewatch.errors import ConfigurationError, HistoryFileError, LinewatchError, UsageError, printable
from linewatch.version import __version__

app = typer.Typer(
    name="linewatch",
    help="Watches a leased line and the endpoints behind it, keeps the record, and prints the year as evidence.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)

app.command("init")(init.init)
app.command("check")(check.check)
app.command("run")(run.run)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("sla")(sla.sla)
app.add_typer(outages.app, name="outages")
app.add_typer(exclude.app, name="exclude")
app.command("recompute")(recompute.recompute)
app.command("import")(importing.import_)
app.command("export")(export.export)
app.add_typer(notify.app, name="notify")
app.add_typer(db.app, name="db")
app.add_typer(web.app, name="web")


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
        result = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.stdout.flush()
    except (ConfigurationError, HistoryFileError) as error:  # a line for each mistake
        return _refused(str(error), error.exit_code)
    except LinewatchError as error:
        return _refused(str(error).replace("\n", "\\n"), error.exit_code)
    except typer.TyperException as error:
        return _refused(error.format_message(), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except (BrokenPipeError, SystemExit):
        # The reader of our output has gone (Typer makes a SystemExit of it); nothing more can be said to it.
        _forget_output()
        return 0
    except OSError as error:
        if error.filename is not None:
            return _refused(f"{error.filename}: {error.strerror}", UsageError.exit_code)
        _forget_output()
        return _refused(f"cannot write the output: {error.strerror or error}", UsageError.exit_code)
    return result if isinstance(result, int) else 0


def _refused(words: str, exit_code: int) -> int:
    """Every line of it, with what would move the cursor or colour the terminal made visible."""
    for line in words.split("\n"):
        typer.echo(f"linewatch: {printable(line)}", err=True)
    return exit_code


def _forget_output() -> None:
    """What waits to be written goes nowhere, so that the interpreter does not try it again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def entry() -> None:
    """The console script. What the terminal's encoding lacks is shown as a question mark rather than ending the report."""
    gc.disable()  # a command ends soon and has no rings of objects to speak of; `run` turns it on again
    if sys.stdout is None:  # closed by the caller
        sys.stdout = io.TextIOWrapper(io.BytesIO())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    code = run_app()
    gc.freeze()  # the interpreter's last look for rings would take a tenth of a second after a long report
    sys.exit(code)
