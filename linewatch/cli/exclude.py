"""`linewatch exclude`: the ledger of time that is left out of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewatch.cli import options
from linewatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from linewatch.report.table import Table
    from linewatch.report.words import Words
    from linewatch.sla.exclusions import Exclusion
    from linewatch.sla.period import Period

app = typer.Typer(rich_markup_mode=None)

By = Annotated[str, typer.Option("--by", help="Who enters it.")]


@app.callback()
def _exclude() -> None:
    """The ledger of approved time that is left out of the account: add, list, revoke.

    An entry is never changed nor deleted; to revoke one is another entry.
    """


@app.command()
def add(
    start: Annotated[str, typer.Option("--from", help="Its first instant: 2022-03-01T02:00, in the contract's zone or with an offset.")],
    end: Annotated[str, typer.Option("--to", help="The first instant that is no longer left out.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is left out.")],
    by: By,
    service: Annotated[list[str] | None, typer.Option("--service", "-s", help="For this service; may be given more than once.")] = None,
    every: Annotated[bool, typer.Option("--all", help="For every service.")] = False,
    reference: Annotated[str | None, typer.Option("--reference", help="The number of a notice or a ticket.")] = None,
    repeat: Annotated[str | None, typer.Option("--repeat", help='A rule (RFC 5545) by which it comes again, such as "FREQ=WEEKLY;BYDAY=SU".')] = None,
    overlapping: Annotated[bool, typer.Option("--overlapping", help="Enter it although it overlaps another one.")] = False,
    config: options.Config = None,
) -> None:
    """Leave out a span of time, past (retroactive) or to come (planned)."""
    if every == bool(service):
        raise UsageError("say for whom: --service NAME (one or more), or --all")
    loaded = options.loaded(config)
    from linewatch.report.table import local
    from linewatch.sla import entries
    from linewatch.sla.exclusions import Exclusion
    from linewatch.sla.printed import clock_time
    from linewatch.wiring.ledger import enter
    from linewatch.wiring.office import now

    zone, at = loaded.settings.timezone, now()
    span = entries.excluded_span(start, end, zone, at)
    entry = Exclusion(
        id=0,
        services=tuple(dict.fromkeys(service or ())),
        span=span,
        reason=entries.text("--reason", reason),
        by=entries.text("--by", by),
        entered_at=at,
        reference="" if reference is None else entries.text("--reference", reference),
        repeat="" if repeat is None else entries.repeated(repeat, span, zone),
    )
    made = enter(loaded, entry, overlapping)
    whom = ", ".join(made.services) or "every service"
    again = f", and again by {made.repeat}" if made.repeat else ""
    kind = "retroactive" if made.is_retroactive(made.span) else "planned"
    span_words = f"from {local(span.start, zone)} to {local(span.end, zone)} ({clock_time(span.length)})"
    typer.echo(f"exclusion {made.id}, {kind}: {whom} {span_words}{again}")


@app.command()
def revoke(
    id: Annotated[int, typer.Argument(metavar="ID", help="The number of the exclusion.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why it is taken back.")],
    config: options.Config = None,
) -> None:
    """Take an exclusion back: its time counts again. It stays in the ledger, revoked."""
    loaded = options.loaded(config)
    from linewatch.sla import entries
    from linewatch.sla.exclusions import Revocation
    from linewatch.wiring.ledger import take_back
    from linewatch.wiring.office import now

    revocation = Revocation(entries.text("--reason", reason), entries.text("--by", by), now())
    taken = take_back(loaded, id, revocation)
    typer.echo(f'exclusion {taken.id} ("{taken.reason}") is revoked')


@app.command("list")
def list_(
    year: options.Year = None,
    quarter: options.Quarter = None,
    month: options.Month = None,
    start: options.From = None,
    end: options.To = None,
    service: options.Service = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    lang: options.Lang = None,
    config: options.Config = None,
) -> None:
    """The whole ledger in the order of entry, revoked exclusions included, or what of it touches a period."""
    loaded = options.loaded(config)
    zone = loaded.settings.timezone
    asked = any(each is not None for each in (year, quarter, month, start, end))
    period = options.period(zone, year, quarter, month, start, end) if asked else None
    language = options.language(lang, loaded.settings.language)
    from linewatch.wiring.ledger import entries

    found = [each for each in entries(loaded, service) if period is None or _touches(each, period)]
    if as_json:
        import json

        typer.echo(json.dumps({"exclusions": [_facts(each, period) for each in found]}, ensure_ascii=False, allow_nan=False))
        return
    from linewatch.cli.drawing import draw
    from linewatch.report.words import Words

    draw([_table(found, Words(language), zone, period)])


def _touches(entry: Exclusion, period: Period) -> bool:
    from linewatch.sla.exclusions import windows

    return bool(windows(entry, period.span, period.zone))


def _facts(entry: Exclusion, period: Period | None) -> dict[str, Any]:
    from linewatch.report.as_json import instant
    from linewatch.sla.exclusions import windows
    from linewatch.sla.printed import exact_seconds

    revoked = entry.revoked
    facts: dict[str, Any] = {
        "id": entry.id,
        "services": list(entry.services) or None,
        "start": instant(entry.span.start),
        "end": instant(entry.span.end),
        "repeat": entry.repeat or None,
        "reason": entry.reason,
        "reference": entry.reference,
        "by": entry.by,
        "entered_at": instant(entry.entered_at),
        "retroactive": entry.is_retroactive(entry.span),
        "revoked": revoked and {"reason": revoked.reason, "by": revoked.by, "entered_at": instant(revoked.entered_at)},
    }
    if period is not None:
        inside = [] if revoked else windows(entry, period.span, period.zone)
        facts["windows"] = [{"start": instant(each.start), "end": instant(each.end), "seconds": exact_seconds(each.length)} for each in inside]
    return facts


def _table(found: Sequence[Exclusion], words: Words, zone: ZoneInfo, period: Period | None) -> Table:
    from linewatch.report.table import Table, local
    from linewatch.report.words import named
    from linewatch.sla.exclusions import windows
    from linewatch.sla.printed import NOTHING, clock_time
    from linewatch.span import total

    if not found:
        return Table(words("No exclusions."))
    columns = named(
        words,
        "Entry no.",
        "Service",
        "Start",
        "End",
        "Repeats",
        "Reason",
        "Reference",
        "By",
        "Entered",
        "Kind of entry",
        "Revoked",
        *([">In the period"] if period else []),
    )
    rows = []
    for each in found:
        revoked = each.revoked
        row = [
            str(each.id),
            ", ".join(each.services) or words("every service"),
            local(each.span.start, zone),
            local(each.span.end, zone),
            each.repeat,
            each.reason,
            each.reference,
            each.by,
            local(each.entered_at, zone),
            words("retroactive" if each.is_retroactive(each.span) else "planned"),
            f"{local(revoked.entered_at, zone)} {revoked.by}: {revoked.reason}" if revoked else "",
        ]
        if period:
            row.append(NOTHING if revoked else clock_time(total(windows(each, period.span, zone))))
        rows.append(tuple(row))
    return Table("", columns, tuple(rows))
