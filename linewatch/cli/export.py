"""`linewatch export`: the record in the shapes that `import` reads."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from linewatch.cli import options
from linewatch.errors import UsageError


def export(
    service: Annotated[str, typer.Option("--service", "-s", help="Whose history.")],
    kind: Annotated[str, typer.Option("--kind", "-k", help="samples or states.")],
    start: options.From = None,
    end: options.To = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")] = None,
    config: options.Config = None,
) -> None:
    """Write a service's states, as they are judged now, or its rounds."""
    options.one_of("--kind", kind, ("samples", "states"))
    if (start is None) != (end is None):
        raise UsageError("--from and --to go together")
    loaded = options.loaded(config)
    options.spared(output, loaded)
    from linewatch.cli.progress import progress_bar
    from linewatch.cli.writing import write
    from linewatch.sla.period import between
    from linewatch.wiring.exchange import give_out

    span = between(start, end, loaded.settings.timezone).span if start is not None and end is not None else None
    which = cast(Literal["samples", "states"], kind)
    if output is None:
        # On a terminal, and in a pipe to a pager, the rows themselves are what moves.
        with progress_bar(wanted=Path("/dev/stdout").is_file()) as progress:
            give_out(loaded, service, which, span, sys.stdout, progress)
        return
    text = io.StringIO()
    with progress_bar() as progress:
        rows = give_out(loaded, service, which, span, text, progress)
    write(output, text.getvalue())
    typer.echo(f"wrote {rows} rows to {output}", err=True)
