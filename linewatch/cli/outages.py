"""`linewatch outages`: the outages of a period."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Annotated

import typer

from linewatch.cli import options

if TYPE_CHECKING:
    from linewatch.report.document import Document


def outages(
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
    """The outages of a period, each with its duration, what sampling leaves open of it, and its cause."""
    options.one_of("--format", format, ("table", "json", "csv"))
    loaded = options.loaded(config)
    zone = loaded.settings.timezone
    period = options.period(zone, year, quarter, month, start, end)
    language = options.language(lang, loaded.settings.language)
    from linewatch.report.as_json import outages_json
    from linewatch.report.as_table import outage_tables
    from linewatch.report.words import Words
    from linewatch.wiring.reports import sla

    document = sla(loaded, period, options.moment(as_of, zone), service)
    if format == "json":
        typer.echo(outages_json(document), nl=False)
    elif format == "csv":
        typer.echo(_csv(document), nl=False)
    else:
        from linewatch.cli.drawing import draw

        draw(outage_tables(document, Words(language)))


def _csv(document: Document) -> str:
    from linewatch.report.as_json import outage_rows

    out = io.StringIO()
    columns = ("service", "id", "start", "end", "ongoing", "seconds", "seconds_min", "seconds_max", "cause")
    writer = csv.DictWriter(out, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({"service": service.subject.name, **row} for service in document.services for row in outage_rows(service))
    return out.getvalue()
