"""`linewatch sla`: the report over a period."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linewatch.cli import options

if TYPE_CHECKING:
    from linewatch.report.document import Document
    from linewatch.report.words import Language


def sla(
    year: options.Year = None,
    quarter: options.Quarter = None,
    month: options.Month = None,
    start: options.From = None,
    end: options.To = None,
    service: options.Service = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")] = None,
    lang: options.Lang = None,
    as_of: options.AsOf = None,
    fail_under: Annotated[bool, typer.Option("--fail-under", help="Exit with 1 where a target is not met or not proven.")] = False,
    config: options.Config = None,
) -> int:
    """The availability of every service over a period, with its bounds, its outages and the months served."""
    options.one_of("--format", format, ("table", "json"))
    loaded = options.loaded(config)
    zone = loaded.settings.timezone
    period = options.period(zone, year, quarter, month, start, end)
    language = options.language(lang, loaded.settings.language)
    from linewatch.wiring.reports import sla as report

    document = report(loaded, period, options.moment(as_of, zone), service)
    _show(document, format, output, language)
    return int(fail_under and any(each.result != "met" for each in document.services))


def _show(document: Document, format: str, output: Path | None, language: Language) -> None:
    if format == "json":
        from linewatch.report.as_json import as_json

        _put(as_json(document), output)
        return
    from linewatch.cli.drawing import draw, plain
    from linewatch.report.as_table import tables
    from linewatch.report.words import Words

    if output is None:
        draw(tables(document, Words(language)))
    else:
        _put(plain(tables(document, Words(language))), output)


def _put(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
    else:
        from linewatch.cli.writing import write

        write(output, text)
