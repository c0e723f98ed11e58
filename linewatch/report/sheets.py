"""The report as sheets: the two forms of the self-evaluation (项目绩效自评), and what stands behind their figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, auto
from fractions import Fraction
from zoneinfo import ZoneInfo

from linewatch.report import performance
from linewatch.report.carrier import NOTHING_TOLD, reported_times, told
from linewatch.report.document import Document, ServiceReport
from linewatch.report.headline import title
from linewatch.report.hours_told import hours_told
from linewatch.report.method import parameters
from linewatch.report.table import local
from linewatch.report.words import Words
from linewatch.sla.availability import Availability
from linewatch.sla.exclusions import Note
from linewatch.sla.indicators import Indicator, Value
from linewatch.sla.printed import NOTHING, exact_seconds, percent, promised
from linewatch.verdict.outage import Outage


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and, where its column does not name it, its unit."""

    number: int | Decimal
    unit: str = ""


Cell = str | Amount | timedelta | datetime | None


class Holds(Enum):
    """What a column holds. Numbers are cut off before they are stored, so that no cell's format can round them up."""

    TEXT = auto()
    LABEL = auto()
    NUMBER = auto()
    DURATION = auto()
    INSTANT = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its least width in half-width characters, and what it holds; a cell that has no such value holds text."""

    heading: str
    least: int
    holds: Holds = Holds.TEXT

    @property
    def width(self) -> int:
        """Its width: no English word of the heading is broken."""
        return max(self.least, *(len(word) + 3 for word in self.heading.split() if word.isascii()), 0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with one table. Of the first `merged` columns equal neighbours are one cell; `closing` are lines under the table."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    merged: int = 0
    closing: tuple[str, ...] = ()


def sheets(document: Document, words: Words) -> Iterator[Sheet]:
    """Every sheet but the method's, in the order of the workbook; the forms only where the period has indicators."""
    if document.indicators:
        yield _self_evaluation(document, words)
        yield _attributes(document, words)
    yield _services(document, words)
    yield _months(document, words)
    yield _outages(document, words)
    yield _exclusions(document, words)
    yield _profiles(document, words)


def _self_evaluation(document: Document, words: Words) -> Sheet:
    """The first form: one row an indicator, with its points."""
    rows = [
        (
            row.level1,
            row.level2,
            row.name,
            _promise(row, words),
            _came(row, row.unit, words),
            _points(row.weight),
            _score(row.score),
            performance.deviation(row, words),
            performance.result(row, words),
            row.note,
        )
        for row in _grouped(document.indicators)
    ]
    found = document.indicator_total
    if found.weight:
        rows.append((words("Total score"), "", "", "", "", _points(found.weight), _score(found.score) or NOTHING, "", "", ""))
    columns = (
        Column(words("Level 1"), 12),
        Column(words("Level 2"), 16),
        Column(words("Level 3"), 32),
        Column(words("Target of the year"), 24),
        Column(words("Actual of the year"), 16, Holds.NUMBER),
        Column(words("Weight"), 8, Holds.NUMBER),
        Column(words("Score"), 8, Holds.NUMBER),
        Column(words("Deviation and measures"), 36),
        Column(words("Met or not"), 10, Holds.LABEL),
        Column(words("Note"), 28),
    )
    closing = tuple(performance.total_lines(found, words))
    return Sheet(words("Self-evaluation"), words("Self-evaluation of the project's performance"), columns, tuple(rows), 2, closing)


def _attributes(document: Document, words: Words) -> Sheet:
    """The second form: the same rows, target and unit in cells of their own."""
    rows = tuple(
        (
            row.level1,
            row.level2,
            row.name,
            row.kind if isinstance(row.target, str) else _sign(row.operator),
            _aim(row, words),
            row.unit,
            _came(row, "", words),
            _points(row.weight),
            _score(row.score),
            performance.deviation(row, words),
            performance.result(row, words),
            row.note,
        )
        for row in _grouped(document.indicators)
    )
    columns = (
        Column(words("Level 1"), 12),
        Column(words("Level 2"), 16),
        Column(words("Level 3"), 32),
        Column(words("Operator"), 10, Holds.LABEL),
        Column(words("Target value"), 22, Holds.NUMBER),
        Column(words("Unit"), 10, Holds.LABEL),
        Column(words("Actual"), 14, Holds.NUMBER),
        Column(words("Points"), 8, Holds.NUMBER),
        Column(words("Score"), 8, Holds.NUMBER),
        Column(words("Reason where missed"), 34),
        Column(words("Met or not"), 10, Holds.LABEL),
        Column(words("Note"), 28),
    )
    return Sheet(words("Indicators"), words("Attributes and completion of the performance indicators"), columns, rows, 2)


def _grouped(rows: tuple[Indicator, ...]) -> list[Indicator]:
    """The rows with those of one level together, each level where its first row stands."""
    first: dict[str, int] = {}
    second: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows):
        first.setdefault(row.level1, number)
        second.setdefault((row.level1, row.level2), number)
    return sorted(rows, key=lambda row: (first[row.level1], second[row.level1, row.level2]))


def _sign(operator: str) -> str:
    return {">=": "≥", "<=": "≤"}.get(operator, operator)


def _promise(row: Indicator, words: Words) -> str:
    if row.target is None:
        return words("not filled in")
    return row.target if isinstance(row.target, str) else f"{_sign(row.operator)}{performance.aim(row, words)}{row.unit}"


def _aim(row: Indicator, words: Words) -> Cell:
    told = performance.aim(row, words)
    return Amount(Decimal(told)) if isinstance(row.target, (Fraction, Decimal)) else told


def _came(row: Indicator, unit: str, words: Words) -> Cell:
    if row.actual is None:
        return words("not filled in")
    if row.kind == "定性":
        return performance.actual(row, words)
    found = _number(row.actual)
    return Amount(found.number, unit) if isinstance(found, Amount) else found


def _number(value: Value) -> Amount | str:
    """A measured value cut off after two places, an entered one as it was entered."""
    if isinstance(value, Fraction):
        return Amount(value.numerator) if value.denominator == 1 else Amount(Decimal(percent(value / 100)))
    return Amount(value) if isinstance(value, Decimal) else value


def _points(value: Decimal | None) -> Cell:
    """A weight as it was entered, without zeros at its end."""
    return None if value is None else Amount(Decimal(performance.number(value)))


def _score(value: Decimal | None) -> Cell:
    return None if value is None else Amount(value)


def _percent(ratio: Fraction | None) -> Cell:
    return NOTHING if ratio is None else Amount(Decimal(percent(ratio)))


def _services(document: Document, words: Words) -> Sheet:
    rows = tuple(
        (
            service.subject.title,
            hours_told(service.subject.hours, words),
            *_ratios(service.figures),
            _percent(service.figures.gross),
            Amount(Decimal(promised(service.subject.terms.target))),
            words(service.result),
            *(getattr(service.figures, name) for name in ("scheduled", "excluded", "up", "degraded", "down", "unknown")),
            Amount(service.outage_count),
            _percent(None if service.around_the_clock is None else service.around_the_clock.observed),
        )
        for service in document.services
    )
    columns = (
        Column(words("Service"), 24),
        Column(words("Service hours"), 14),
        *_ratio_columns(words),
        Column(words("Gross %"), 9, Holds.NUMBER),
        Column(words("Target %"), 9, Holds.NUMBER),
        Column(words("Result"), 9, Holds.LABEL),
        *_durations(words("Scheduled"), words("Excluded"), words("Up"), words("Degraded"), words("Down"), words("Unknown")),
        Column(words("Outages"), 9, Holds.NUMBER),
        Column(words("Availability % (24x7)"), 11, Holds.NUMBER),
    )
    return Sheet(words("Services"), title(document, words), columns, rows)


def _ratios(figures: Availability | None) -> tuple[Cell, ...]:
    if figures is None:
        return (NOTHING,) * 4
    return tuple(_percent(ratio) for ratio in (figures.observed, figures.low, figures.high, figures.coverage))


def _ratio_columns(words: Words) -> tuple[Column, ...]:
    names = (words("Availability %"), words("Low %"), words("High %"), words("Coverage %"))
    return tuple(Column(name, 9, Holds.NUMBER) for name in names)


def _durations(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, 12, Holds.DURATION) for name in names)


def _months(document: Document, words: Words) -> Sheet:
    rows = tuple(
        (
            service.subject.title,
            month.label,
            *_ratios(month.figures),
            month.figures.down if month.figures else NOTHING,
            month.figures.unknown if month.figures else NOTHING,
            words(month.served),
        )
        for service in document.services
        for month in service.months
    )
    columns = (
        Column(words("Service"), 30),
        Column(words("Month"), 10, Holds.LABEL),
        *_ratio_columns(words),
        *_durations(words("Down"), words("Unknown")),
        Column(words("Served"), 12, Holds.LABEL),
    )
    return Sheet(
        words("Months"), words("Month by month"), columns, rows, 1, () if rows else (words("Only the report of a calendar year has months."),)
    )


def _outages(document: Document, words: Words) -> Sheet:
    zone = document.period.zone
    rows = tuple(
        (service.subject.title, *_outage(service, *each, zone, words))
        for service in document.services
        for each in zip(service.outages, service.excluded_of, service.charged_of, strict=True)
    )
    columns = (
        Column(words("Service"), 18),
        Column(words("Outage"), 31),
        Column(f"{words('Start')} ({zone.key})", 20, Holds.INSTANT),
        Column(f"{words('End')} ({zone.key})", 20, Holds.INSTANT),
        *_durations(words("Duration"), words("At least"), words("At most")),
        Column(words("Cause"), 11, Holds.LABEL),
        *_durations(words("Excluded"), words("Charged")),
        Column(words("Ticket"), 12),
        Column(words("Carrier's start"), 20, Holds.INSTANT),
        Column(words("Difference s"), 9, Holds.NUMBER),
        Column(words("Carrier's end"), 20, Holds.INSTANT),
        Column(words("Difference s"), 9, Holds.NUMBER),
        Column(words("Notes"), 26),
    )
    return Sheet(words("Outage list"), words("Outage list"), columns, rows, closing=() if rows else (words("No outages."),))


def _outage(service: ServiceReport, outage: Outage, excluded: timedelta, charged: timedelta, zone: ZoneInfo, words: Words) -> tuple[Cell, ...]:
    name = outage.id(service.subject.name)
    notes = service.notes.get(name, ())
    said = told(outage, notes) if notes else NOTHING_TOLD
    return (
        name,
        outage.span.start,
        words("ongoing") if outage.ended_at is None else outage.span.end,
        outage.span.length,
        outage.least,
        outage.most,
        words(outage.cause),
        excluded,
        charged,
        said.ticket or None,
        said.start,
        _seconds(said.start_difference),
        said.end,
        _seconds(said.end_difference),
        "\n".join([*_cut_off(outage, zone, words), *(_note(note, zone) for note in notes)]) or None,
    )


def _seconds(difference: timedelta | None) -> Cell:
    return None if difference is None else Amount(Decimal(str(exact_seconds(difference))))


def _cut_off(outage: Outage, zone: ZoneInfo, words: Words) -> Iterator[str]:
    """What the period cuts off the outage: the carrier's times are held against the whole of it."""
    if outage.began_at != outage.span.start:
        yield words("began {time}").format(time=local(outage.began_at, zone))
    if outage.ended_at is not None and outage.ended_at > outage.span.end:
        yield words("ended {time}").format(time=local(outage.ended_at, zone))


def _note(note: Note, zone: ZoneInfo) -> str:
    """All that one note says, for a later one may have put other words in its place."""
    return f"{note.by}: {' · '.join(part for part in (note.ticket, note.cause, note.text, reported_times(note, zone)) if part)}"


def _exclusions(document: Document, words: Words) -> Sheet:
    zone = document.period.zone
    rows = tuple(
        (
            service.subject.title,
            Amount(each.exclusion.id),
            span.start,
            span.end,
            span.length,
            each.exclusion.reason,
            each.exclusion.reference or None,
            each.exclusion.by,
            each.exclusion.entered_at,
            words("retroactive") if each.exclusion.is_retroactive(span) else words("planned"),
        )
        for service in document.services
        for each in service.exclusions
        for span in each.spans
    )
    columns = (
        Column(words("Service"), 26),
        Column(words("Entry no."), 7, Holds.NUMBER),
        Column(f"{words('Start')} ({zone.key})", 20, Holds.INSTANT),
        Column(f"{words('End')} ({zone.key})", 20, Holds.INSTANT),
        *_durations(words("Removed")),
        Column(words("Reason"), 32),
        Column(words("Reference"), 20),
        Column(words("By"), 14),
        Column(words("Entered"), 20, Holds.INSTANT),
        Column(words("Kind of entry"), 12, Holds.LABEL),
    )
    closing = () if rows else (words("None in this period."),)
    return Sheet(words("Exclusions"), words("Exclusions, each with the time that it removed"), columns, rows, closing=closing)


def _profiles(document: Document, words: Words) -> Sheet:
    rows = tuple(
        (
            service.subject.title,
            profile.name,
            *_ratios(profile.figures),
            profile.figures.charged,
            profile.figures.unknown,
            Amount(profile.outage_count),
            parameters(profile.parameters),
        )
        for service in document.services
        for profile in service.profiles
    )
    columns = (
        Column(words("Service"), 30),
        Column(words("Profile"), 14),
        *_ratio_columns(words),
        *_durations(words("Charged"), words("Unknown")),
        Column(words("Outages"), 9, Holds.NUMBER),
        Column(words("Parameters"), 44),
    )
    return Sheet(words("Profiles"), words("The same period by other definitions"), columns, rows, 1)
