"""`linewatch notify`: the messages."""

from __future__ import annotations

from typing import Annotated

import typer

from linewatch.cli import options

app = typer.Typer(help="Messages to people.", rich_markup_mode=None)


@app.callback()
def _notify() -> None:
    """Messages to people."""


@app.command("test")
def try_out(
    receiver: Annotated[str | None, typer.Option("--receiver", "-r", help="Only this receiver.")] = None,
    config: options.Config = None,
) -> int:
    """Send a test message to every receiver now; exit code 1 where one does not take it."""
    loaded = options.loaded(config)
    from linewatch.wiring.messenger import tried_out

    took = []
    for name, sent in tried_out(loaded, receiver):
        took.append(sent)
        typer.echo(f"{name}: {'sent' if sent else 'NOT sent: the receiver did not take it, or it could not be reached'}")
    return int(not all(took))
