"""`linewatch db`: the store itself."""

from __future__ import annotations

import typer

from linewatch.cli import options

app = typer.Typer(help="The store.", rich_markup_mode=None)


@app.callback()
def _db() -> None:
    """The store."""


@app.command()
def upgrade(config: options.Config = None) -> None:
    """Bring the store's schema up to this version; `run` does it too."""
    loaded = options.loaded(config)
    from linewatch.wiring.reports import upgraded

    typer.echo(f"the store has schema {upgraded(loaded)}")
