"""The period that a report speaks of: years, quarters, months and free spans, in the contract's time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from linewatch.errors import UsageError
from linewatch.span import Span

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")


@dataclass(frozen=True, slots=True)
class Period:
    """What was asked for: `label` as people write it, `span` in UTC, and the zone in which its days begin."""

    label: str
    span: Span
    zone: ZoneInfo

    def until(self, as_of: datetime) -> Span:
        """The part of it that has been lived through at `as_of`: a running period counts up to now.

        Raises UsageError where that is nothing: a period in the future has no figures.
        """
        if as_of <= self.span.start:
            raise UsageError(f"the period {self.label} has not begun: it starts at {self.span.start.astimezone(self.zone).isoformat()}")
        return Span(self.span.start, min(self.span.end, as_of))


def year(number: int, zone: ZoneInfo) -> Period:
    """The calendar year. Raises UsageError for one outside 1970 to 9998."""
    return Period(f"{_checked(number):04d}", _months(number, 1, 12, zone), zone)


def quarter(text: str, zone: ZoneInfo) -> Period:
    """A quarter written `2022Q1`. Raises UsageError for anything else."""
    found = re.fullmatch(r"([0-9]{4})-?[Qq]([1-4])", text)
    if found is None:
        raise UsageError(f'a quarter is written like 2022Q1, not "{text}"')
    number, part = _checked(int(found[1])), int(found[2])
    return Period(f"{number:04d}Q{part}", _months(number, 3 * part - 2, 3, zone), zone)


def month(text: str, zone: ZoneInfo) -> Period:
    """A calendar month written `2022-03`. Raises UsageError for anything else."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
    if found is None:
        raise UsageError(f'a month is written like 2022-03, not "{text}"')
    return Period(text, _months(_checked(int(found[1])), int(found[2]), 1, zone), zone)


def between(start: str, end: str, zone: ZoneInfo) -> Period:
    """From `start` up to but not including `end`. Raises UsageError where an instant cannot be read or the span holds nothing."""
    span_start, span_end = instant(start, zone), instant(end, zone)
    if span_end <= span_start:
        raise UsageError(f'the period ends before it begins: --from "{start}" is not before --to "{end}"')
    return Period(f"{start.strip()}/{end.strip()}", Span(span_start, span_end), zone)


def instant(text: str, zone: ZoneInfo) -> datetime:
    """An instant in UTC from ISO 8601; without an offset it is the zone's local time, a date alone is its midnight.

    An hour that the zone repeats is the first of the two. Raises UsageError where it cannot be read, lies outside the years that a period can
    have, or names an hour that the zone skips.
    """
    written = text.strip()
    try:
        if not written.isprintable():  # Python takes any sign between the date and the time
            raise ValueError
        at = datetime.fromisoformat(written)
    except ValueError:
        if _ISO.fullmatch(written):
            raise UsageError(f'there is no such instant: "{written}"') from None
        raise UsageError(f'an instant is written like 2022-03-01 or 2022-03-01T08:00+08:00, not "{text}"') from None
    _checked(at.year)
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    local = at.replace(tzinfo=zone).astimezone(UTC)
    if local.astimezone(zone).replace(tzinfo=None) != at:
        raise UsageError(f'"{text}" does not exist in {zone.key}: the clocks skip it')
    return local


def day_of(at: datetime, zone: ZoneInfo) -> Period:
    """The calendar day of the zone that holds `at`."""
    local = at.astimezone(zone)
    start = datetime(local.year, local.month, local.day, tzinfo=zone)
    following = datetime.fromordinal(start.toordinal() + 1).replace(tzinfo=zone)
    return Period(f"{local:%Y-%m-%d}", Span(start.astimezone(UTC), following.astimezone(UTC)), zone)


def months_of(number: int, zone: ZoneInfo) -> tuple[Period, ...]:
    """The twelve months of a year."""
    return tuple(month(f"{_checked(number):04d}-{index:02d}", zone) for index in range(1, 13))


def months_within(span: Span, zone: ZoneInfo) -> tuple[Period, ...]:
    """The calendar months that reach into `span`, each cut to it."""
    found = []
    start = span.start
    while start < span.end:
        whole = month(f"{start.astimezone(zone):%Y-%m}", zone)
        found.append(Period(whole.label, Span(start, min(whole.span.end, span.end)), zone))
        start = whole.span.end
    return tuple(found)


def _checked(number: int) -> int:
    if not 1970 <= number <= 9998:
        raise UsageError(f"a year lies between 1970 and 9998, not {number}")
    return number


def _months(number: int, first: int, count: int, zone: ZoneInfo) -> Span:
    """`count` months from the first of month `first` on; midnights of the zone, as instants."""
    after = number * 12 + first - 1 + count
    start = datetime(_checked(number), first, 1, tzinfo=zone)
    end = datetime(after // 12, after % 12 + 1, 1, tzinfo=zone)
    return Span(start.astimezone(UTC), end.astimezone(UTC))
