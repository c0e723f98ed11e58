"""`linewatch sla`: the report over a period."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linewatch.cli import options
from linewatch.cli.rendering import BINARY, DRAWN, FORMATS, rendered
from linewatch.errors import UsageError

if TYPE_CHECKING:
    from linewatch.report.document import Document
    from linewatch.report.words import Language

PROFILES = ("standard", "strict", "y1540", "y1540-2011", "carrier")


def sla(
    year: options.Year = None,
    quarter: options.Quarter = None,
    month: options.Month = None,
    start: options.From = None,
    end: options.To = None,
    service: options.Service = None,
    profile: Annotated[str, typer.Option("--profile", "-p", help=f"The definition of the figures: {', '.join(PROFILES)}.")] = PROFILES[0],
    format: Annotated[str, typer.Option("--format", "-f", help="table, json, csv, markdown, xlsx, html or pdf.")] = "table",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")] = None,
    lang: options.Lang = None,
    as_of: options.AsOf = None,
    fail_under: Annotated[bool, typer.Option("--fail-under", help="Exit with 1 where a target is not met or not proven.")] = False,
    config: options.Config = None,
) -> int:
    """The availability of every service over a period, with its bounds, its outages and the months served."""
    options.one_of("--profile", profile, PROFILES)
    options.one_of("--format", format, FORMATS)
    _presentable(format, output)
    loaded = options.loaded(config)
    options.spared(output, loaded)
    zone = loaded.settings.timezone
    period = options.period(zone, year, quarter, month, start, end)
    language = options.language(lang, loaded.settings.language)
    from linewatch.wiring.reports import sla as report

    document = report(loaded, period, options.moment(as_of, zone), service, format in DRAWN, profile)
    _show(document, format, output, language)
    return int(fail_under and any(each.result != "met" for each in document.services))


def _show(document: Document, format: str, output: Path | None, language: Language) -> None:
    if output is None and format == "table":
        from linewatch.cli.drawing import draw
        from linewatch.report.as_table import tables
        from linewatch.report.words import Words

        draw(tables(document, Words(language)))
        return
    content = rendered(document, format, language)
    if output is None:
        typer.echo(content, nl=False)
    else:
        from linewatch.cli.writing import write

        write(output, content)


def _presentable(format: str, output: Path | None) -> None:
    """Raises UsageError where a terminal would be sent what it cannot show."""
    if format in BINARY and output is None and sys.stdout.isatty():
        raise UsageError(f"--format {format} is no text for a terminal: name a file with --output")
