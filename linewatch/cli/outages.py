"""`linewatch outages`: the outages of a period, and the notes on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from linewatch.cli import options
from linewatch.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@app.callback()
def outages(
    context: typer.Context,
    year: options.Year = None,
    quarter: options.Quarter = None,
    month: options.Month = None,
    start: options.From = None,
    end: options.To = None,
    service: options.Service = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table, json or csv.")] = "table",
    lang: options.Lang = None,
    as_of: options.AsOf = None,
    config: options.Config = None,
) -> None:
    """The outages of a period, each with its duration, what sampling leaves open of it, and its cause; `note` writes to one of them."""
    if context.invoked_subcommand is not None:
        if any(each is not None for each in (year, quarter, month, start, end, service, lang, as_of, config)) or format != "table":
            raise UsageError(f"the options of `outages {context.invoked_subcommand}` stand after that word")
        return
    options.one_of("--format", format, ("table", "json", "csv"))
    loaded = options.loaded(config)
    zone = loaded.settings.timezone
    period = options.period(zone, year, quarter, month, start, end)
    language = options.language(lang, loaded.settings.language)
    from linewatch.report.as_json import outages_json
    from linewatch.report.as_table import outage_tables
    from linewatch.report.words import Words
    from linewatch.wiring.reports import outages_alone

    document = outages_alone(loaded, period, options.moment(as_of, zone), service)
    if format == "json":
        typer.echo(outages_json(document), nl=False)
    elif format == "csv":
        from linewatch.report.as_csv import outages_csv

        typer.echo(outages_csv(document).encode(), nl=False)  # UTF-8, whatever the terminal speaks
    else:
        from linewatch.cli.drawing import draw

        draw(outage_tables(document, Words(language)))


@app.command()
def note(
    id: Annotated[str, typer.Argument(metavar="ID", help="The outage, as the list names it: leased-line@20220615T020000Z.")],
    by: Annotated[str, typer.Option("--by", help="Who writes it.")],
    ticket: Annotated[str | None, typer.Option("--ticket", help="The number of the carrier's ticket.")] = None,
    cause: Annotated[str | None, typer.Option("--cause", help="The cause that was found.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="What there is to say.")] = None,
    carrier_start: Annotated[str | None, typer.Option("--carrier-start", help="When it began by the carrier's report.")] = None,
    carrier_end: Annotated[str | None, typer.Option("--carrier-end", help="When it ended by the carrier's report.")] = None,
    config: options.Config = None,
) -> None:
    """Write to an outage: ticket, cause, the carrier's own times. A note is never changed; a later one is added, and its words go first."""
    loaded = options.loaded(config)
    from linewatch.report.table import local
    from linewatch.sla import entries
    from linewatch.sla.exclusions import Note
    from linewatch.sla.printed import clock_time
    from linewatch.wiring.ledger import write_note
    from linewatch.wiring.office import now

    zone = loaded.settings.timezone
    written = Note(
        outage=id,
        by=entries.text("--by", by),
        entered_at=now(),
        ticket="" if ticket is None else entries.text("--ticket", ticket),
        cause="" if cause is None else entries.text("--cause", cause),
        text="" if text is None else entries.text("--text", text),
        carrier_start=_at(carrier_start, zone),
        carrier_end=_at(carrier_end, zone),
    )
    outage = write_note(loaded, written)
    typer.echo(f"noted on {id}: began {local(outage.began_at, zone)}, lasted {clock_time(outage.span.length)}")


def _at(text: str | None, zone: ZoneInfo) -> datetime | None:
    from linewatch.sla.period import instant

    return None if text is None else instant(text, zone)
