"""`linewatch run`: the daemon, in the foreground."""

from __future__ import annotations

import gc
import logging
import time
from typing import TYPE_CHECKING, Annotated

import typer

from linewatch.cli import options
from linewatch.errors import LinewatchError

if TYPE_CHECKING:
    from linewatch.config.loading import Loaded


def run(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every round.")] = False,
    config: options.Config = None,
) -> None:
    """Watch until SIGTERM or Ctrl-C; SIGHUP reloads the configuration. Ends with the availability so far."""
    gc.enable()
    loaded = options.loaded(config)
    _log_to_stderr()
    from linewatch.wiring.watch import Watch
    from linewatch.wiring.watch import run as watch_until_told

    watch = Watch(loaded, verbose)
    mode = f"ICMP by {watch.icmp_mode} sockets, " if watch.icmp_mode else ""
    typer.echo(f"linewatch watches with {loaded.path}; {mode}status page {watch.address}")
    watch_until_told(watch)
    _say_so_far(loaded)


def _log_to_stderr() -> None:
    """One structured line for each event, dated in UTC."""
    handler = logging.StreamHandler()
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("apscheduler", "httpx", "httpcore", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _say_so_far(loaded: Loaded) -> None:
    """The year so far, a line for each service."""
    from linewatch.report.words import Words, coverage_told
    from linewatch.sla.period import year
    from linewatch.sla.printed import percent
    from linewatch.wiring.office import now
    from linewatch.wiring.reports import sla

    words, zone, as_of = Words(loaded.settings.language), loaded.settings.timezone, now()
    try:
        document = sla(loaded, year(as_of.astimezone(zone).year, zone), as_of)
    except LinewatchError as error:
        typer.echo(f"linewatch: {error}", err=True)
        return
    typer.echo(f"{words('Availability so far')} ({document.period.label}):")
    for service in document.services:
        figures = service.figures
        coverage = coverage_told(figures.coverage, words)
        typer.echo(f"  {service.subject.title}  {percent(figures.observed)} %  {coverage}  {words('Outages')} {len(service.outages)}")
