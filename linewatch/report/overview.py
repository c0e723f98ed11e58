"""What the status page states: how everything stands, the last days one by one, the running year, and what lies ahead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from linewatch.report.account import Account
from linewatch.report.carrier import NOTHING_TOLD, Told, told
from linewatch.report.document import Document, ServiceReport
from linewatch.report.history import History, Subject
from linewatch.report.standing import Now, now_of
from linewatch.sla.days import Day, days
from linewatch.sla.exclusions import Exclusion, in_force, windows
from linewatch.sla.hours import known_part, scheduled
from linewatch.sla.period import Period, day_of
from linewatch.span import Span, merged, microseconds, total
from linewatch.verdict.outage import Outage, outages

DAYS = 90
"""How many days are shown one by one, today among them."""

LATELY = timedelta(hours=24)
AHEAD = timedelta(days=90)
MOST_AHEAD = 10
"""How many windows of exclusions are shown ahead, the next ones: a recurring one has many."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One outage of one service, whole, with what people wrote about it; `written_at` is when they last did."""

    service: str
    title: str
    outage: Outage
    told: Told
    written_at: datetime | None

    @property
    def id(self) -> str:
        """Its name, the same in every report."""
        return self.outage.id(self.service)


@dataclass(frozen=True, slots=True)
class Ahead:
    """A window that an exclusion will leave out, or leaves out now."""

    exclusion: Exclusion
    span: Span
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceOverview:
    """One service: `year` is its part of the year's report, `hours` the round-trip times (µs: count) of each hour lately that has any.

    `left` is the downtime that the year's target leaves from now on; negative where more of it was used than there is. Both are None, and `days`
    end, where the service hours are not known because nobody has told which days are holidays.
    """

    subject: Subject
    now: Now
    year: ServiceReport | None
    left: timedelta | None
    days: tuple[Day, ...]
    hours: Mapping[datetime, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything as of `as_of`: `year` is the running year's report on those services whose hours are known, `incidents` the open and the recent
    outages, the latest first.

    `first_at` is the earliest instant on record, None where there is none.
    """

    as_of: datetime
    zone: ZoneInfo
    year: Document
    services: tuple[ServiceOverview, ...]
    incidents: tuple[Incident, ...]
    ahead: tuple[Ahead, ...]
    first_at: datetime | None


def overview(record: History, accounts: Mapping[str, Account], names: Sequence[str], year: Document) -> Overview:
    """The overview of these services that goes with the report of the running year, which may lack some of them, at the same moment."""
    as_of, zone = year.as_of, year.period.zone
    span = last_days(as_of, zone)
    reported = {service.subject.name: service for service in year.services}
    shown = tuple(_service(record, accounts[name], reported.get(name), year.period, span) for name in names)
    incidents = [each for name in names for each in _incidents(record, accounts[name], span)]
    begun = [history[0].span.start for account in accounts.values() if (history := account.history)]
    return Overview(
        as_of,
        zone,
        year,
        shown,
        tuple(sorted(incidents, key=lambda each: (each.outage.began_at, each.service), reverse=True)),
        tuple(_ahead(record, accounts, as_of, zone)),
        min(begun, default=None),
    )


def last_days(as_of: datetime, zone: ZoneInfo) -> Span:
    """From the midnight that begins the first of the days shown, up to now."""
    today = as_of.astimezone(zone).date()
    first = datetime.combine(today - timedelta(days=DAYS - 1), datetime.min.time(), zone)
    return Span(day_of(first, zone).span.start, as_of)


def allowed_seconds(service: ServiceReport, asked: Period) -> Fraction:
    """The downtime that the target leaves for the whole period, what lies ahead of it included."""
    terms = service.subject.terms
    whole = total(scheduled(terms.hours, asked.span, asked.zone)) - service.figures.excluded
    return (1 - terms.target) * Fraction(microseconds(whole), 1_000_000)


def _service(record: History, account: Account, service: ServiceReport | None, year: Period, span: Span) -> ServiceOverview:
    subject, zone = account.subject, year.zone
    left_out = merged(window for entry in in_force(record.exclusions(), subject.name, span.end) for window in windows(entry, span, zone))
    known = span if service else known_part(subject.hours, span, zone)
    return ServiceOverview(
        subject,
        now_of(record, account, span.end),
        service,
        _left(service, year) if service else None,
        days(account.history, known, zone, subject.terms, scheduled(subject.hours, known, zone), left_out),
        record.hourly_rtt_counts(subject.name, Span(span.end - LATELY, span.end)),
    )


def _left(service: ServiceReport, year: Period) -> timedelta:
    return timedelta(microseconds=int(allowed_seconds(service, year) * 1_000_000)) - service.figures.charged


def _incidents(record: History, account: Account, span: Span) -> Iterator[Incident]:
    """The outages that reach into the span, none of them cut to it."""
    history, subject = account.history, account.subject
    found = outages(history, Span(history[0].span.start, span.end)) if history else ()
    for outage in found:
        if outage.ended_at is None or outage.ended_at > span.start:
            name = outage.id(subject.name)
            notes = [note for note in record.notes() if note.outage == name and note.entered_at <= span.end]
            written = max((note.entered_at for note in notes), default=None)
            yield Incident(subject.name, subject.title, outage, told(outage, notes) if notes else NOTHING_TOLD, written)


def _ahead(record: History, accounts: Mapping[str, Account], as_of: datetime, zone: ZoneInfo) -> Sequence[Ahead]:
    """The windows that have not ended, in the order in which they begin."""
    standing: dict[int, tuple[Exclusion, list[str]]] = {}
    for account in accounts.values():
        for entry in in_force(record.exclusions(), account.subject.name, as_of):
            standing.setdefault(entry.id, (entry, []))[1].append(account.subject.title)
    found = [Ahead(entry, window, tuple(titles)) for entry, titles in standing.values() for window in _coming(entry, as_of, zone)]
    return sorted(found, key=lambda each: (each.span.start, each.exclusion.id))[:MOST_AHEAD]


def _coming(entry: Exclusion, as_of: datetime, zone: ZoneInfo) -> list[Span]:
    """The windows of an exclusion that begin within the time looked ahead and have not ended, none of them cut."""
    if entry.repeat:
        around = Span(as_of - entry.span.length - timedelta(days=1), as_of + AHEAD + entry.span.length)
        found = windows(entry, around, zone)
    else:
        found = [entry.span]
    return [window for window in found if window.end > as_of and window.start < as_of + AHEAD]
