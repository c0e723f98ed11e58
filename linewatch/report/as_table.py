"""The report as tables of text, for a terminal or a pipe: what is in them; how they are drawn is the terminal's business."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from linewatch.report import performance
from linewatch.report.carrier import told
from linewatch.report.document import Document, ServiceReport
from linewatch.report.headline import title
from linewatch.report.hours_told import hours_told
from linewatch.report.ledger import exclusion_table, note_tables
from linewatch.report.method import method, parameters
from linewatch.report.review import percentiles
from linewatch.report.table import Table, local
from linewatch.report.words import Words, named
from linewatch.sla.exclusions import Note
from linewatch.sla.months import served_count
from linewatch.sla.printed import NOTHING, clock_time, percent, promised
from linewatch.span import ZERO
from linewatch.verdict.outage import Outage, longest

MOST_OUTAGES = 200
"""How many outages the report prints one by one on a terminal; the other formats and `linewatch outages` have them all."""


def tables(document: Document, words: Words) -> Iterator[Table]:
    """The whole report for a terminal: the figures, and the statement of their method."""
    yield from figure_tables(document, words, MOST_OUTAGES)
    yield Table("")
    yield Table(words("Method"))
    for section in method(document, words):
        yield Table("")
        yield Table(section.heading)
        yield from (Table(paragraph) for paragraph in section.paragraphs)
        yield from section.tables


def figure_tables(document: Document, words: Words, most: int | None = None) -> Iterator[Table]:
    """The services, and for each its months, profiles and outages (no more than `most`), then the indicators and where all this comes from."""
    zone = document.period.zone
    yield Table(f"{title(document, words)} · {words('Period')} {document.period.label} ({zone.key})")
    yield Table(f"{local(document.span.start, zone)} — {local(document.span.end, zone)} · {words('counted to')} {local(document.as_of, zone)}")
    yield _services(document, words)
    narrower = [service for service in document.services if service.around_the_clock is not None]
    if narrower:
        yield _around_the_clock(narrower, words)
    if any(service.exclusions for service in document.services):
        yield exclusion_table(document, words)
    for service in document.services:
        if service.months and service.subject.is_line:
            yield _months(service, words)
    yield from _profiles(document, words)
    yield from outage_tables(document, words, most)
    if document.indicators:
        yield from _indicators(document, words)
    yield from _provenance(document, words)


def outage_tables(document: Document, words: Words, most: int | None = None) -> Iterator[Table]:
    """The outages of all services in one table, or a line that says that there are none.

    With `most`, no more than the so many longest of them, and a line that says how many are left out and which command lists all.
    """
    found = [each for service in document.services for each in _found(service)]
    shown = [found[place] for place in longest([each.outage for each in found], most or len(found))]
    if not found:
        yield Table(words("No outages."))
        yield from note_tables(document, words)
        return
    with_excluded = any(each.excluded for each in found)
    with_charged = any(each.charged != each.outage.span.length for each in found)
    with_ticket = any(each.notes for each in found)
    columns = named(
        words,
        "Outage",
        "Start",
        "End",
        ">Duration",
        ">at least … at most",
        "Cause",
        *([">Excluded"] if with_excluded else []),
        *([">Charged"] if with_charged else []),
        *(["Ticket"] if with_ticket else []),
    )
    rows = tuple(_outage(each, with_excluded, with_charged, with_ticket, words, document.period.zone) for each in shown)
    yield Table(words("Outage list"), columns, rows)
    if len(shown) < len(found):
        yield Table(words("{shown} longest of {found}; `linewatch outages` lists all").format(shown=len(shown), found=len(found)))
    yield from note_tables(document, words)


@dataclass(frozen=True, slots=True)
class _Found:
    """An outage with its name, how much of it is left out, how much counts as downtime, and what was written about it."""

    id: str
    outage: Outage
    excluded: timedelta
    charged: timedelta
    notes: tuple[Note, ...]


def _found(service: ServiceReport) -> Iterator[_Found]:
    for outage, excluded, charged in zip(service.outages, service.excluded_of, service.charged_of, strict=True):
        id = outage.id(service.subject.name)
        yield _Found(id, outage, excluded, charged, service.notes.get(id, ()))


def _outage(found: _Found, with_excluded: bool, with_charged: bool, with_ticket: bool, words: Words, zone: ZoneInfo) -> tuple[str, ...]:
    outage = found.outage
    return (
        found.id,
        local(outage.span.start, zone),
        words("ongoing") if outage.ended_at is None else local(outage.span.end, zone),
        clock_time(outage.span.length),
        f"{clock_time(outage.least)} … {clock_time(outage.most)}",
        words(outage.cause),
        *([clock_time(found.excluded)] if with_excluded else []),
        *([clock_time(found.charged)] if with_charged else []),
        *([told(outage, found.notes).ticket] if with_ticket else []),
    )


def _services(document: Document, words: Words) -> Table:
    """The figures; where something is left out, gross beside adjusted, and how much that is."""
    excluded = any(service.figures.excluded for service in document.services)
    columns = named(
        words,
        "Service",
        ">Availability %",
        *([">gross %"] if excluded else []),
        ">low … high %",
        ">Coverage %",
        ">Target %",
        "Result",
        ">Down",
        ">Degraded",
        ">Unknown",
        *([">Excluded"] if excluded else []),
        ">Scheduled",
        ">Outages",
    )
    rows = []
    for service in document.services:
        figures = service.figures
        rows.append(
            (
                service.subject.title,
                percent(figures.observed),
                *([percent(figures.gross)] if excluded else []),
                f"{percent(figures.low)} … {percent(figures.high)}",
                percent(figures.coverage),
                promised(service.subject.terms.target),
                words(service.result),
                clock_time(figures.down),
                clock_time(figures.degraded),
                clock_time(figures.unknown),
                *([clock_time(figures.excluded)] if excluded else []),
                hours(figures.scheduled),
                str(service.outage_count),
            )
        )
    return Table("", columns, tuple(rows))


def _around_the_clock(narrower: list[ServiceReport], words: Words) -> Table:
    """What service hours leave out of account, in plain sight: the figures of the whole day."""
    columns = named(words, "Service", "Service hours", ">Availability %", ">low … high %", ">Coverage %", ">Down", ">Scheduled")
    rows = []
    for service in narrower:
        calendar, figures = service.subject.hours.calendar, service.around_the_clock
        assert figures is not None
        rows.append(
            (
                service.subject.title,
                hours_told(service.subject.hours, words) + (f" ({calendar.name})" if calendar else ""),
                percent(figures.observed),
                f"{percent(figures.low)} … {percent(figures.high)}",
                percent(figures.coverage),
                clock_time(figures.down),
                hours(figures.scheduled),
            )
        )
    return Table(words("The same around the clock (24x7)"), columns, tuple(rows))


def _months(service: ServiceReport, words: Words) -> Table:
    equivalent = NOTHING if service.equivalent_months is None else percent(service.equivalent_months / 100)
    heading = f"{service.subject.title} · {words('Service months')} {served_count(service.months)} ({words('equivalent')} {equivalent})"
    rows = tuple(
        (
            month.label,
            percent(month.figures.observed if month.figures else None),
            percent(month.figures.coverage if month.figures else None),
            words(month.served),
        )
        for month in service.months
    )
    return Table(heading, named(words, "Month", ">Availability %", ">Coverage %", "Served"), rows)


def _profiles(document: Document, words: Words) -> Iterator[Table]:
    """Of the services that were measured at all: five dashes in a row say no more than the first table does."""
    rows = tuple(
        (
            service.subject.title,
            profile.name,
            percent(profile.figures.observed),
            percent(profile.figures.coverage),
            str(profile.outage_count),
            parameters(profile.parameters),
        )
        for service in document.services
        for profile in service.profiles
        if service.figures.observed is not None
    )
    if rows:
        yield Table("", named(words, "Service", "Profile", ">Availability %", ">Coverage %", ">Outages", "Parameters"), rows)


def _indicators(document: Document, words: Words) -> Iterator[Table]:
    """The performance table, with points and reasons only where there are any, and what its rows come to together."""
    rows = document.indicators
    names = list(named(words, "Indicator", "Target", ">Actual"))
    columns = [
        [row.name for row in rows],
        [performance.target(row, words) for row in rows],
        [performance.actual(row, words) for row in rows],
    ]
    if any(row.weight is not None for row in rows):
        names += named(words, ">Weight", ">Score")
        columns += [[performance.weight(row) for row in rows], [performance.score(row) for row in rows]]
    names += named(words, "Result")
    columns.append([performance.result(row, words) for row in rows])
    reasons = [performance.deviation(row, words) for row in rows]
    if any(reasons):
        names += named(words, "Deviation and measures")
        columns.append(reasons)
    yield Table("", tuple(names), tuple(zip(*columns, strict=True)))
    for line in performance.total_lines(document.indicator_total, words):
        yield Table(line)


def _provenance(document: Document, words: Words) -> Iterator[Table]:
    for service in document.services:
        for source in service.imported:
            yield Table(f"{words('Imported')}: {service.subject.name} ← {source}")
        if service.loss is not None:
            spread = " ".join(f"{name} {value:.1f} ms" for name, value in percentiles(service.rtt_us).items() if value is not None)
            yield Table(f"{service.subject.name}: {words('Loss %')} {percent(Fraction(service.loss.lost, service.loss.sent))} {spread}".rstrip())
    yield Table(f"{words('Version')} {document.version} · {words('Configuration')} sha256 {document.config_sha256}")


def hours(duration: timedelta) -> str:
    """A duration in hours, cut off to two places, none where they are whole; what that would not show as the clock tells it."""
    if ZERO < duration < timedelta(seconds=36):  # two places would read 0.00
        return clock_time(duration)
    exact = Fraction(duration // timedelta(microseconds=1), 3_600_000_000)
    return f"{exact.numerator} h" if exact.denominator == 1 else f"{percent(exact / 100)} h"
