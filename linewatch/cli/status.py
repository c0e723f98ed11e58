"""`linewatch status`: how everything stands now."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewatch.cli import options
from linewatch.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from linewatch.report.standing import Now
    from linewatch.report.table import Table
    from linewatch.report.words import Words

WATCHED_EVERY_S = 2.0


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it live, until Ctrl-C.")] = False,
    lang: options.Lang = None,
    config: options.Config = None,
) -> None:
    """What is up now and since when, the last round of each service, its last outage, and anchors that are set aside."""
    if watch and (as_json or not sys.stdout.isatty()):
        raise UsageError("--watch needs a terminal, and goes without --json")
    loaded = options.loaded(config)
    language = options.language(lang, loaded.settings.language)
    from linewatch.wiring.office import now
    from linewatch.wiring.reports import standing_now

    as_of = now()
    if as_json:
        stands = standing_now(loaded, as_of)
        typer.echo(json.dumps({"at": as_of.isoformat(), "services": [_facts(each) for each in stands]}, ensure_ascii=False, indent=2))
        return
    from linewatch.report.words import Words

    words, zone = Words(language), loaded.settings.timezone
    if watch:
        _watch(lambda: _live(standing_now(loaded, now()), words, zone, now()))
    else:
        from linewatch.cli.drawing import draw
        from linewatch.report.table import local

        draw(_tables(standing_now(loaded, as_of), words, zone, local))


def _watch(tables: Callable[[], Iterator[Table]]) -> None:
    """Draw the tables anew every other second, on a screen of their own, until Ctrl-C."""
    from datetime import datetime

    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    from linewatch.cli.drawing import renderables

    def shown() -> Group:
        return Group(*renderables(tables()), Text(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}  Ctrl-C", style="dim"))

    with suppress(KeyboardInterrupt), Live(shown(), screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(WATCHED_EVERY_S)
            live.update(shown(), refresh=True)


def _facts(each: Now) -> dict[str, Any]:
    last = each.last_outage
    return {
        "name": each.name,
        "title": each.title,
        "state": each.state,
        "cause": each.cause,
        "since": _iso(each.since),
        "last_round": _iso(each.heard_at),
        "last_outage": None
        if last is None
        else {
            "id": last.id(each.name),
            "start": _iso(last.began_at),
            "end": _iso(last.ended_at),
            "seconds": last.span.length.total_seconds(),
            "cause": last.cause,
        },
        "set_aside": list(each.aside),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _live(stands: list[Now], words: Words, zone: ZoneInfo, as_of: datetime) -> Iterator[Table]:
    """For a screen, where each service should have one line, and what does not fit is below its edge: the worst first, and short times."""

    def brief(at: datetime, zone: ZoneInfo) -> str:
        there = at.astimezone(zone)
        return f"{there:%H:%M:%S}" if there.date() == as_of.astimezone(zone).date() else f"{there:%m-%d %H:%M}"

    return _tables(sorted(stands, key=lambda each: -each.state.badness), words, zone, brief)


def _tables(stands: list[Now], words: Words, zone: ZoneInfo, written: Callable[[datetime, ZoneInfo], str]) -> Iterator[Table]:
    from linewatch.report.table import Table
    from linewatch.report.words import named
    from linewatch.sla.printed import NOTHING, clock_time

    rows = []
    for each in stands:
        last = each.last_outage
        outage = NOTHING if last is None else f"{written(last.began_at, zone)} {clock_time(last.span.length)} {words(last.cause)}"
        state = words(each.state) + (f" ({words(each.cause)})" if each.cause else "")
        since = NOTHING if each.since is None else written(each.since, zone)
        heard = NOTHING if each.heard_at is None else written(each.heard_at, zone)
        rows.append((each.title, state, since, heard, outage))
    yield Table("", named(words, "Service", "State", "Since", "Last round", "Outage"), tuple(rows))
    yield from (Table(f"{words('Set aside')}: {each.name} {', '.join(each.aside)}") for each in stands if each.aside)
