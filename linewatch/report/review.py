"""From the record to the numbers of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from linewatch.report.account import Account, accounts
from linewatch.report.course import course
from linewatch.report.definitions import definitions
from linewatch.report.document import Document, Excluded, ServiceReport
from linewatch.report.history import History, Subject
from linewatch.sample.event import Event, Happening
from linewatch.sla.availability import verdict
from linewatch.sla.exclusions import Exclusion, Note, in_force, windows
from linewatch.sla.hours import scheduled
from linewatch.sla.indicators import Indicator, not_entered
from linewatch.sla.line_rows import LineRow, elsewhere, line_rows, suffixes, table
from linewatch.sla.months import ServiceMonth, equivalent_months, service_months
from linewatch.sla.period import Period
from linewatch.sla.profiles import headline, profiles
from linewatch.span import EPOCH, ZERO, Span, merged, shared, total, without
from linewatch.verdict.loss import Loss
from linewatch.verdict.outage import Outage, outage_id, outages
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, padded, padded_and_next

PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Office:
    """Whose report it is: all that the configuration says about it.

    `declared` are the rows of the performance table that it gives, not judged yet; `budget` is what all of them may cost, in 万元. `entered_for` is
    the year of which the rows tell what came of them; None where the configuration does not say.
    """

    subjects: tuple[Subject, ...]
    declared: tuple[Indicator, ...]
    version: str
    config_sha256: str
    budget: Decimal | None = None
    entered_for: int | None = None

    @property
    def lines(self) -> Mapping[str, str]:
        """Every line's name, with what the names of its rows in the performance table end in."""
        return suffixes({subject.name: subject.title for subject in self.subjects if subject.is_line})


def review(
    record: History, office: Office, period: Period, as_of: datetime, only: str | None = None, drawn: bool = False, figures_only: bool = False
) -> Document:
    """The report over `period` as it stands at `as_of`, on every service or `only` one; where it is to be `drawn`, with the course of each.

    `figures_only` as for `document`. Raises UsageError where the period has not begun.
    """
    told = accounts(record, _wanted(office.subjects, only), as_of, period.span.start)
    names = [subject.name for subject in office.subjects if only in (None, subject.name)]
    return document(record, office, told, names, period, as_of, figures_only, drawn)


def document(
    record: History,
    office: Office,
    told: Mapping[str, Account],
    names: Sequence[str],
    period: Period,
    as_of: datetime,
    figures_only: bool = False,
    drawn: bool = False,
) -> Document:
    """The same from accounts that are at hand; `figures_only` leaves out what the gauges do not show."""
    span = period.until(as_of)
    services = tuple(_service(record, told[name], period, span, as_of, figures_only, drawn) for name in names)
    happened = () if figures_only else _events(record, span, as_of)
    rows, others = _indicators(office, services, period)
    return Document(period, span, as_of, office.version, office.config_sha256, services, rows, happened, office.budget, elsewhere=others)


def percentiles(rtt_us: Mapping[int, int]) -> dict[str, float | None]:
    """Round-trip times in milliseconds that 50, 95 and 99 % of the rounds did not pass; each within the width of its bucket."""
    ordered = sorted(rtt_us.items())
    count = sum(rtt_us.values())
    out: dict[str, float | None] = {}
    for percentile in PERCENTILES:
        below, found = 0, None
        for value, times in ordered:
            below += times
            if below * 100 >= percentile * count:
                found = value / 1000
                break
        out[f"p{percentile}"] = found
    return out


def _events(record: History, span: Span, as_of: datetime) -> tuple[Event, ...]:
    """What a report states of the watching itself: starts and stops, clock steps, lost samples, and every configuration from the one before on.

    That the whole record was made of a damaged one is stated whenever it was.
    """
    configured = record.events(Span(min(EPOCH, span.start), span.end), (Happening.CONFIGURED,))
    before = [event for event in configured if event.at < span.start]
    others = (Happening.CONFIGURED, Happening.STARTED, Happening.STOPPED, Happening.CLOCK_STEPPED, Happening.SAMPLES_LOST)
    recovered = record.events(Span(min(EPOCH, span.start), as_of), (Happening.RECOVERED,))
    return (*before[-1:], *record.events(span, others), *recovered)


def _wanted(subjects: Sequence[Subject], only: str | None) -> list[Subject]:
    """The subjects that the report needs: the one asked for and the line that it stands behind."""
    if only is None:
        return list(subjects)
    lines = {subject.behind for subject in subjects if subject.name == only}
    return [subject for subject in subjects if subject.name == only or subject.name in lines]


def _service(record: History, account: Account, period: Period, span: Span, as_of: datetime, figures_only: bool, drawn: bool) -> ServiceReport:
    subject, terms = account.subject, account.subject.terms
    history = padded(account.history, span)
    hours = scheduled(subject.hours, span, period.zone)
    in_effect = [(entry, windows(entry, span, period.zone)) for entry in in_force(record.exclusions(), subject.name, as_of)]
    left_out = merged(window for _, found in in_effect for window in found)
    others = () if figures_only else definitions(record, account, span, as_of)
    found = outages(account.history, span)
    judged = padded_and_next(account.history, _with_whole_outages(span, found, account.history))
    measured = profiles(judged, span, subject.rule, terms, None if subject.hours.always else hours, left_out, others)
    in_front = headline(measured)
    months = _months(account, period, as_of, hours, left_out)
    drawing = course(record, account, period, span, hours, left_out) if drawn else None
    lost, rtt_us = (None, {}) if figures_only else (drawing.loss, drawing.rtt_us) if drawing else _rounds(record, subject.name, span)
    owed = without(hours, left_out)
    taken_out = shared(left_out, hours)
    return ServiceReport(
        subject=subject,
        figures=in_front.figures,
        result=verdict(in_front.figures, terms),
        outage_count=in_front.outage_count,
        outages=found,
        unknown=tuple(stretch for stretch in history if stretch.state is State.UNKNOWN),
        profiles=measured,
        months=months,
        equivalent_months=equivalent_months(months) if months else None,
        loss=lost,
        rtt_us=rtt_us,
        imported=() if figures_only else account.imported,
        overlapped=account.overlapped,
        around_the_clock=in_front.around_the_clock,
        exclusions=_exclusions(in_effect, hours),
        notes=_notes(record, subject.name, found, span, as_of),
        excluded_of=_lying_in(taken_out, found),
        charged_of=tuple(outage.span.length for outage in found) if owed == [span] else _lying_in(owed, found),
        course=drawing,
    )


def _with_whole_outages(span: Span, found: Sequence[Outage], history: Timeline) -> Span:
    """The span and all of the outages that reach over its edges: how long those were is a matter of the whole of them."""
    if not found:
        return span
    ended_at = found[-1].ended_at or history[-1].span.end
    return Span(min(span.start, found[0].began_at), max(span.end, ended_at))


def _lying_in(spans: Sequence[Span], found: Sequence[Outage]) -> tuple[timedelta, ...]:
    """How much of each outage lies in the spans."""
    return tuple(total(shared(spans, [outage.span])) for outage in found) if spans else (ZERO,) * len(found)


def _rounds(record: History, service: str, span: Span) -> tuple[Loss | None, Mapping[int, int]]:
    """The loss and the round-trip times of the rounds in the span."""
    lost, sent = record.loss(service, span)
    return Loss(lost, sent) if sent else None, record.rtt_counts(service, span)


def _exclusions(in_effect: Sequence[tuple[Exclusion, Sequence[Span]]], hours: Sequence[Span]) -> tuple[Excluded, ...]:
    """What the ledger leaves out of the period, in the order of entry; an exclusion that removes no scheduled time of it is not listed."""
    listed = [(entry, shared(hours, found)) for entry, found in in_effect]
    return tuple(Excluded(entry, tuple(removed), total(removed)) for entry, removed in listed if removed)


def _notes(record: History, service: str, found: Sequence[Outage], span: Span, as_of: datetime) -> Mapping[str, tuple[Note, ...]]:
    """The notes on these outages as they stood at `as_of`, in the order of entry, and those on what was an outage of the span when written."""
    written = [note for note in record.notes() if note.outage.startswith(f"{service}@") and note.entered_at <= as_of]
    ids = {outage.id(service) for outage in found} if written else set()
    first, end = (outage_id(service, at) for at in (span.start, span.end))
    notes: dict[str, tuple[Note, ...]] = {}
    for note in written:
        if note.outage in ids or first <= note.outage < end:
            notes[note.outage] = (*notes.get(note.outage, ()), note)
    return notes


def _months(account: Account, period: Period, as_of: datetime, hours: Sequence[Span], left_out: Sequence[Span]) -> tuple[ServiceMonth, ...]:
    """The twelve months, where the period is a calendar year."""
    if not _is_year(period):
        return ()
    subject = account.subject
    return service_months(account.history, int(period.label), period, as_of, subject.terms, subject.contract, hours, left_out)


def _is_year(period: Period) -> bool:
    return len(period.label) == 4 and period.label.isdigit()


def _indicators(office: Office, services: Sequence[ServiceReport], period: Period) -> tuple[tuple[Indicator, ...], tuple[Indicator, ...]]:
    """The leased lines' rows, filled in, and the declared ones; a declaration of a measured row adds its weight and words to it.

    Beside them the rows of lines that are not among the services.
    """
    if not _is_year(period):
        return (), ()
    lines = office.lines
    measured: list[LineRow] = []
    for service in services:
        each = service.subject
        if each.is_line:
            suffix = lines[each.name]
            measured += line_rows(int(period.label), service.figures, service.months, each.terms, each.contract, suffix, each.name)
    rows = office.declared if office.entered_for in (None, int(period.label)) else tuple(map(not_entered, office.declared))
    return table(measured, rows, lines), elsewhere(measured, rows, lines)
