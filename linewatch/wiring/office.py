"""From the configuration to what a report speaks of: subjects, declared indicators, and the moment that it is made at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from linewatch.config.indicator import IndicatorTable
from linewatch.config.loading import Loaded
from linewatch.config.services import LineService, services
from linewatch.errors import UsageError
from linewatch.report.history import Subject
from linewatch.report.review import Office
from linewatch.sla.indicators import Indicator, Value
from linewatch.version import __version__


def office(loaded: Loaded) -> Office:
    """What the configuration says about the office."""
    declared = tuple(_declared(table) for table in loaded.settings.indicator)
    about = loaded.settings.indicators
    return Office(tuple(_subjects(loaded)), declared, __version__, loaded.sha256, about.budget, about.year)


def subject(told: Office, name: str) -> Subject:
    """The service of that name. Raises UsageError where the configuration has none."""
    for each in told.subjects:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in told.subjects)
    raise UsageError(f'no service is called "{name}"; the configuration has: {known}')


def now() -> datetime:
    """The host's clock, in UTC."""
    return datetime.now(UTC)


def _subjects(loaded: Loaded) -> Iterator[Subject]:
    for service in services(loaded.settings):
        if isinstance(service, LineService):
            yield Subject(service.name, service.title, True, service.rule, service.terms, service.contract)
        else:
            yield Subject(service.name, service.title, False, service.rule, service.terms, behind=service.behind)


def _declared(table: IndicatorTable) -> Indicator:
    """The row as it was entered; it is judged with the table."""
    return Indicator(
        level1=table.level1 or "",
        level2=table.level2 or "",
        name=table.name,
        operator=table.operator or "",
        target=_value(table.target),
        unit=table.unit or "",
        actual=_value(table.actual),
        met=None,
        source=table.source or "declared",
        weight=table.weight,
        note="；".join(part for part in (table.evidence, table.note) if part),
        kind="定性" if table.qualitative else "定量",
        definition=table.definition or "",
        deviation=table.deviation or "",
        share=table.share,
        achieved=table.achieved,
        measure=table.measure,
        line=table.line or "",
    )


def _value(value: int | Decimal | str | None) -> Value | None:
    return Fraction(value) if isinstance(value, int) else value
