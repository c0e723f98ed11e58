"""`linewatch db`: the store itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The new file to write; one that exists is left as it is.")],
    config: options.Config = None,
) -> None:
    """Copy the whole store to a file, while the daemon goes on; for PostgreSQL with pg_dump."""
    loaded = options.loaded(config)
    from linewatch.cli.progress import progress_bar
    from linewatch.store.backup import backup as copy

    with progress_bar() as progress:
        size = copy(loaded.settings.store.url, file, progress)
    typer.echo(f"wrote {file}: {size} bytes, checked")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `db backup` wrote.")],
    config: options.Config = None,
) -> None:
    """Put the store back from a copy; stop the daemon first. The store that was there is kept beside it."""
    loaded = options.loaded(config)
    from linewatch.cli.progress import progress_bar
    from linewatch.store.backup import restore as put_back

    with progress_bar() as progress:
        before = put_back(loaded.settings.store.url, file, progress)
    typer.echo(f"the store is that of {file}" + (f"; the one before it is {before}" if before else ""))


@app.command()
def recover(
    file: Annotated[Path, typer.Argument(help="The new store to write; one that exists is left as it is.")],
    config: options.Config = None,
) -> None:
    """Make a new store of what can be read of a damaged one, which is left as it is; stop the daemon first."""
    loaded = options.loaded(config)
    from linewatch.cli.progress import progress_bar
    from linewatch.wiring.recovery import recovered

    with progress_bar() as progress:
        made = recovered(loaded, file, progress)
    kept = ", ".join(f"{table} {count}" for table, count in made.rows.items() if count)
    typer.echo(f"recovered into {file}: {kept or 'nothing'}")
    typer.echo(
        f"{made.breaks} stretches could not be read, {made.dropped} rows made no sense,"
        f" {made.judged_anew} changes of state were judged anew from the rounds that are left"
    )
    typer.echo(f"put it in the place of the damaged store, which is kept, with: linewatch db restore {file}")
