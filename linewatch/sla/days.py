"""The days of a period, one by one: each with its own figures, and the grade under which a calendar shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from linewatch.sla.availability import Availability, availability
from linewatch.sla.period import day_of
from linewatch.sla.terms import Terms
from linewatch.span import Span, shared
from linewatch.verdict.timeline import Timeline


class Grade(StrEnum):
    """What a day looks like in a calendar. The steps of a day with downtime are our own: 86 s, 14 min 24 s and 2 h 24 min of a whole day."""

    FULL = "full"  # no downtime in what was measured
    A = "a"  # 99.9 % or more
    B = "b"  # 99 % or more
    C = "c"  # 90 % or more
    D = "d"  # under 90 %
    UNKNOWN = "unknown"  # nothing was measured
    EXCLUDED = "excluded"  # all of the service hours are left out
    NOT_OWED = "not_owed"  # no service hours on that day


STEPS = ((Fraction(999, 1000), Grade.A), (Fraction(99, 100), Grade.B), (Fraction(9, 10), Grade.C))


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day of the contract's zone, as far as it lies in the period. `partial`: its coverage is below what the terms ask for."""

    day: date
    figures: Availability
    grade: Grade
    partial: bool


def days(history: Timeline, span: Span, zone: ZoneInfo, terms: Terms, scheduled: Sequence[Span], excluded: Sequence[Span] = ()) -> tuple[Day, ...]:
    """Every day that reaches into `span`, in order; their seconds add up to those of the span, exactly.

    `scheduled` are the service hours and `excluded` the exclusions, each sorted and disjoint.
    """
    found = []
    start = span.start
    while start < span.end:
        whole = day_of(start, zone)
        lived = Span(start, min(whole.span.end, span.end))
        figures = availability(history, lived, terms, shared(scheduled, [lived]), shared(excluded, [lived]))
        found.append(_day(date.fromisoformat(whole.label), figures, terms))
        start = whole.span.end
    return tuple(found)


def _day(day: date, figures: Availability, terms: Terms) -> Day:
    partial = figures.measured != timedelta(0) and figures.coverage is not None and figures.coverage < terms.min_coverage
    return Day(day, figures, _grade(figures), partial)


def _grade(figures: Availability) -> Grade:
    if not figures.scheduled:
        return Grade.NOT_OWED
    if not figures.owed:
        return Grade.EXCLUDED
    if figures.observed is None:
        return Grade.UNKNOWN
    if not figures.charged:
        return Grade.FULL
    return next((grade for least, grade in STEPS if figures.observed >= least), Grade.D)
