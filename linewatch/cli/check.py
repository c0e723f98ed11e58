"""`linewatch check`: is the configuration right, and does every probe get an answer?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewatch.cli import options

if TYPE_CHECKING:
    from linewatch.report.table import Table
    from linewatch.report.words import Words
    from linewatch.wiring.looking import Looked


def check(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    lang: options.Lang = None,
    config: options.Config = None,
) -> int:
    """Validate the configuration, every mistake at once, then try each probe once; exit code 1 where one fails."""
    loaded = options.loaded(config)
    language = options.language(lang, loaded.settings.language)
    from linewatch.wiring.looking import look_once

    seen = look_once(loaded)
    if as_json:
        typer.echo(json.dumps({"services": [_service(each) for each in seen]}, ensure_ascii=False, indent=2))
    else:
        from linewatch.cli.drawing import draw
        from linewatch.report.words import Words

        draw([_table(seen, Words(language))])
    return int(any(not outcome.answered for each in seen for outcome in each.looked.outcomes))


def _service(seen: Looked) -> dict[str, Any]:
    rows = zip(seen.looked.panel, seen.looked.outcomes, seen.kinds, strict=True)
    return {
        "name": seen.name,
        "reading": seen.reading.kind,
        "cause": seen.reading.cause,
        "targets": [
            {
                "target": seat.target,
                "role": seat.role,
                "kind": kind,
                "outcome": outcome.result,
                "cause": outcome.cause,
                "detail": outcome.detail,
                "rtt_ms": None if outcome.rtt_us is None else outcome.rtt_us / 1000,
            }
            for seat, outcome, kind in rows
        ],
    }


def _table(seen: list[Looked], words: Words) -> Table:
    from linewatch.report.table import Table
    from linewatch.report.words import named

    rows = tuple(
        (
            each.title,
            words(each.reading.kind),
            seat.target,
            kind,
            outcome.result.value,
            words(outcome.cause) if outcome.cause else "",
            "" if outcome.rtt_us is None else f"{outcome.rtt_us / 1000:.1f}",
            outcome.detail,
        )
        for each in seen
        for seat, outcome, kind in zip(each.looked.panel, each.looked.outcomes, each.kinds, strict=True)
    )
    return Table("", named(words, "Service", "Reading", "Target host", "Kind", "Outcome", "Cause", ">ms", "Detail"), rows)
