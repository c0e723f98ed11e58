"""The options that several commands share, and what they make of them."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from linewatch.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from linewatch.config.loading import Loaded
    from linewatch.sla.period import Period

_PLACES = "$LINEWATCH_CONFIG, ./linewatch.toml, /etc/linewatch/linewatch.toml"
Config = Annotated[Path | None, typer.Option("--config", "-c", help=f"The configuration [default: {_PLACES}].")]
Year = Annotated[int | None, typer.Option("--year", help="A calendar year, such as 2022.")]
Quarter = Annotated[str | None, typer.Option("--quarter", help="A quarter, such as 2022Q1.")]
Month = Annotated[str | None, typer.Option("--month", help="A month, such as 2022-03.")]
From = Annotated[str | None, typer.Option("--from", help="The first instant: 2022-03-01, or with a time and an offset.")]
To = Annotated[str | None, typer.Option("--to", help="The first instant that no longer counts.")]
Service = Annotated[str | None, typer.Option("--service", "-s", help="Only this service.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="As the record stood at this instant [default: now].")]
Lang = Annotated[str | None, typer.Option("--lang", help="zh or en [default: the configuration's].")]


def loaded(config: Path | None) -> Loaded:
    """The configuration. Raises ConfigurationError with every mistake of it."""
    from linewatch.config.loading import find, load

    return load(find(config, os.environ))


def spared(output: Path | None, loaded: Loaded) -> None:
    """Raises UsageError where the output would take the place of the configuration, of its table of indicators, or of a database."""
    from linewatch.cli.writing import spare

    table = loaded.settings.indicators.file
    spare(output, [loaded.path, *([] if table is None else [loaded.path.parent / table])])


def period(zone: ZoneInfo, year: int | None, quarter: str | None, month: str | None, start: str | None, end: str | None) -> Period:
    """The one period that was asked for. Raises UsageError where it is none or more than one."""
    from linewatch.sla import period as periods

    given = (("--year", year), ("--quarter", quarter), ("--month", month), ("--from/--to", start or end))
    asked = [name for name, value in given if value is not None]
    if len(asked) != 1:
        wrong = f", not {' and '.join(asked)}" if asked else ""
        raise UsageError(f"say which period: one of --year, --quarter, --month, or --from with --to{wrong}")
    if year is not None:
        return periods.year(year, zone)
    if quarter is not None:
        return periods.quarter(quarter, zone)
    if month is not None:
        return periods.month(month, zone)
    if start is None or end is None:
        raise UsageError("--from and --to go together")
    return periods.between(start, end, zone)


def moment(text: str | None, zone: ZoneInfo) -> datetime:
    """The instant of --as-of, or now. Raises UsageError where it cannot be read, or is still to come: nobody knows the record of then."""
    from linewatch.sla.period import instant
    from linewatch.wiring.office import now

    at = now()
    asked = at if text is None else instant(text, zone)
    if asked > at:
        raise UsageError(f'--as-of "{text}" is still to come: a report counts up to now at most')
    return asked


def language(option: str | None, settings: Literal["zh", "en"]) -> Literal["zh", "en"]:
    """The language of the output. Raises UsageError for one that is not spoken here."""
    if option is None:
        return settings
    if option not in ("zh", "en"):
        raise UsageError(f'--lang is zh or en, not "{option}"')
    return "zh" if option == "zh" else "en"


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """A value out of a fixed set. Raises UsageError that names the set."""
    if value not in allowed:
        raise UsageError(f'{name} is one of {", ".join(allowed)}, not "{value}"')
    return value
