"""`linewatch status`: how everything stands now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewatch.cli import options

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from linewatch.report.words import Words
    from linewatch.wiring.reports import Now


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    lang: options.Lang = None,
    config: options.Config = None,
) -> None:
    """What is up now and since when, the last round of each service, its last outage, and anchors that are set aside."""
    loaded = options.loaded(config)
    language = options.language(lang, loaded.settings.language)
    from linewatch.wiring.office import now
    from linewatch.wiring.reports import standing_now

    as_of = now()
    stands = standing_now(loaded, as_of)
    if as_json:
        typer.echo(json.dumps({"at": as_of.isoformat(), "services": [_facts(each) for each in stands]}, ensure_ascii=False, indent=2))
        return
    from linewatch.report.words import Words

    _draw(stands, Words(language), loaded.settings.timezone)


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


def _draw(stands: list[Now], words: Words, zone: ZoneInfo) -> None:
    from linewatch.cli.drawing import draw
    from linewatch.report.table import Table, local
    from linewatch.report.words import named
    from linewatch.sla.printed import NOTHING, clock_time

    rows = []
    for each in stands:
        last = each.last_outage
        outage = NOTHING if last is None else f"{local(last.began_at, zone)} {clock_time(last.span.length)} {words(last.cause)}"
        state = words(each.state) + (f" ({words(each.cause)})" if each.cause else "")
        since = NOTHING if each.since is None else local(each.since, zone)
        heard = NOTHING if each.heard_at is None else local(each.heard_at, zone)
        rows.append((each.title, state, since, heard, outage))
    draw([Table("", named(words, "Service", "State", "Since", "Last round", "Outage"), tuple(rows))])
    draw([Table(f"{words('Set aside')}: {each.name} {', '.join(each.aside)}") for each in stands if each.aside])
