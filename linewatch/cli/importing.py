"""`linewatch import`: history from another monitor."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from linewatch.cli import options
from linewatch.errors import UsageError

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}
LONGEST_INTERVAL = timedelta(hours=1)
"""The longest that a configuration may have: a round vouches for an interval, and one must not vouch for days."""


def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file: at,state,cause or at,ok,rtt_ms,cause.")],
    service: Annotated[str, typer.Option("--service", "-s", help="Whose history it is.")],
    kind: Annotated[str, typer.Option("--kind", "-k", help="samples or states.")],
    interval: Annotated[str | None, typer.Option("--interval", help="Samples: how often the other monitor looked, such as 60s.")] = None,
    config: options.Config = None,
) -> None:
    """Take in a history file, all of it or nothing; the same file twice changes nothing, and what was measured here stands."""
    options.one_of("--kind", kind, ("samples", "states"))
    every = None if interval is None else _duration(interval)
    if every is not None and kind == "states":
        raise UsageError("--interval goes with --kind samples: states hold until the next row")
    loaded = options.loaded(config)
    from linewatch.cli.progress import progress_bar
    from linewatch.history.lines import kept_name
    from linewatch.report.table import local
    from linewatch.sla.printed import clock_time
    from linewatch.wiring.exchange import take_in

    with progress_bar() as progress:
        done = take_in(loaded, file, service, cast(Literal["samples", "states"], kind), every, progress)
    zone = loaded.settings.timezone
    span = f"{local(done.first_at, zone)} to {local(done.last_at, zone)}"
    if not done.new:
        typer.echo(f"{kept_name(file)} was imported before; nothing changed ({done.rows} rows, {span})")
        return
    typer.echo(f"imported {done.rows} rows of {kept_name(file)} into {service}: {span}")
    if done.overlapped:
        typer.echo(f"{clock_time(done.overlapped)} of it was measured here too; the measurement stands")
    if done.told_before:
        typer.echo(f"{clock_time(done.told_before)} of it is told by files imported before; those stand")


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,6})(ms|s|m|h)", text)
    if found is None:
        raise UsageError(f'--interval is a duration such as 60s or 5m, not "{text}"')
    every = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if every > LONGEST_INTERVAL:
        raise UsageError(f'--interval is at most 1h, not "{text}": a look vouches for the time until the next one')
    return every
