"""How a service fared in the course of a period: what the formats need that draw it, and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linewatch.report.account import Account
from linewatch.report.history import History
from linewatch.sla.availability import Availability, availability
from linewatch.sla.days import Day, days
from linewatch.sla.period import Period, months_within
from linewatch.span import Span, shared
from linewatch.verdict.loss import Loss
from linewatch.verdict.timeline import Timeline, padded


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month as far as it lies in the period: `figures` up to now (None: still to come), round-trip times and loss of its rounds."""

    label: str
    figures: Availability | None
    rtt_us: Mapping[int, int]
    loss: Loss | None


@dataclass(frozen=True, slots=True)
class Course:
    """`history` is that of exactly the span that had passed; `days` and `months` are in order, the months to the period's end."""

    history: Timeline
    days: tuple[Day, ...]
    months: tuple[Month, ...]

    @property
    def rtt_us(self) -> Mapping[int, int]:
        """The round-trip times of all months."""
        counts: Counter[int] = Counter()
        for month in self.months:
            counts.update(month.rtt_us)
        return dict(sorted(counts.items()))

    @property
    def loss(self) -> Loss | None:
        """The echoes of all months."""
        lost = sum(month.loss.lost for month in self.months if month.loss)
        sent = sum(month.loss.sent for month in self.months if month.loss)
        return Loss(lost, sent) if sent else None


def course(record: History, account: Account, period: Period, span: Span, scheduled: Sequence[Span], excluded: Sequence[Span]) -> Course:
    """The course of `span`, the part of `period` that has passed; the service hours and the exclusions are sorted and disjoint."""
    terms = account.subject.terms
    months = tuple(_month(record, account, each, span, scheduled, excluded) for each in months_within(period.span, period.zone))
    by_day = days(account.history, span, period.zone, terms, scheduled, excluded)
    return Course(padded(account.history, span), by_day, months)


def _month(record: History, account: Account, month: Period, span: Span, scheduled: Sequence[Span], excluded: Sequence[Span]) -> Month:
    lived = month.span.clip(span)
    if lived is None:
        return Month(month.label, None, {}, None)
    name = account.subject.name
    figures = availability(account.history, lived, account.subject.terms, shared(scheduled, [lived]), shared(excluded, [lived]))
    lost, sent = record.loss(name, lived)
    return Month(month.label, figures, record.rtt_counts(name, lived), Loss(lost, sent) if sent else None)
