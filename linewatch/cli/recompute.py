"""`linewatch recompute`: the stored rounds judged once more, beside the states on record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from linewatch.cli import options

if TYPE_CHECKING:
    from linewatch.verdict.rule import Rule


def recompute(
    year: options.Year = None,
    quarter: options.Quarter = None,
    month: options.Month = None,
    start: options.From = None,
    end: options.To = None,
    service: options.Service = None,
    fall: Annotated[int | None, typer.Option("--fall", min=1, help="Try another number of bad rounds that make an outage.")] = None,
    rise: Annotated[int | None, typer.Option("--rise", min=1, help="Try another number of good rounds that end it.")] = None,
    quorum: Annotated[int | None, typer.Option("--quorum", min=1, help="Try another number of anchors that must answer.")] = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    lang: options.Lang = None,
    config: options.Config = None,
) -> int:
    """Judge the stored rounds once more and compare with the record, which is not touched; exit with 1 where they differ."""
    options.one_of("--format", format, ("table", "json"))
    loaded = options.loaded(config)
    zone = loaded.settings.timezone
    period = options.period(zone, year, quarter, month, start, end)
    language = options.language(lang, loaded.settings.language)
    from linewatch.cli.progress import progress_bar
    from linewatch.wiring.recompute import recompute as recomputed

    def changed(rule: Rule) -> Rule:
        return replace(rule, fall=fall or rule.fall, rise=rise or rule.rise, quorum=quorum or rule.quorum)

    as_of = options.moment(None, zone)
    with progress_bar() as progress:
        found = recomputed(loaded, period.until(as_of), as_of, service, changed, progress)
    if format == "json":
        from linewatch.report.recomputation_shown import recomputation_json

        typer.echo(recomputation_json(found), nl=False)
    else:
        from linewatch.cli.drawing import draw
        from linewatch.report.recomputation_shown import recomputation_tables
        from linewatch.report.words import Words

        draw(recomputation_tables(found, Words(language), zone))
    return int(not all(each.equal for each in found))
