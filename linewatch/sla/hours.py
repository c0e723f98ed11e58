"""Service hours (在规定时间内): which part of a period the service is owed in, by the wall clock of the contract's time zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from linewatch.errors import UsageError
from linewatch.span import ZERO, Span, merged, shared

DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class WorkCalendar(Protocol):
    """Which days are working days, statutory holidays and make-up days considered."""

    @property
    def name(self) -> str:
        """Whose calendar it is, with its version, as a report states it."""

    def is_workday(self, day: date) -> bool:
        """Whether people work on that day. Raises UsageError for a year that it does not know."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a day by the wall clock: from `start` up to but not including `end`, each since midnight.

    Raises ValueError unless `0 <= start < end <= 24 h`.
    """

    start: timedelta
    end: timedelta

    def __post_init__(self) -> None:
        if not ZERO <= self.start < self.end <= DAY:
            raise ValueError(f"a window lies within a day and ends after it starts: {self.start} to {self.end}")


Windows = tuple[Window, ...]
WHOLE_DAY = (Window(ZERO, DAY),)


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours in which the service is owed.

    `text` is how reports write them. `week` are the windows of each day of the week, Monday first. With a `calendar`, a working day has those of
    Monday and any other day those of Sunday. `overrides` are the windows of single days and go before both.
    """

    text: str
    week: tuple[Windows, ...] = (WHOLE_DAY,) * 7
    calendar: WorkCalendar | None = None
    overrides: Mapping[date, Windows] = field(default_factory=dict)

    @property
    def always(self) -> bool:
        """Whether every second counts."""
        return self.calendar is None and not self.overrides and set(self.week) == {WHOLE_DAY}

    def of(self, day: date) -> Windows:
        """The windows of a day. Raises UsageError for a day that the calendar does not know."""
        if day in self.overrides:
            return self.overrides[day]
        if self.calendar is None:
            return self.week[day.weekday()]
        return self.week[0] if self.calendar.is_workday(day) else self.week[6]


ALWAYS = Hours("24x7")


def scheduled(hours: Hours, span: Span, zone: ZoneInfo) -> list[Span]:
    """The service hours within `span`, sorted and disjoint.

    An instant belongs to them where the wall clock of the zone then reads a time within a window of that day. So an hour that the clocks skip is
    not owed, and one that they repeat is owed twice.

    Raises UsageError where a day of the span lies in a year that the calendar does not know.
    """
    if hours.always:
        return [span]
    return shared(merged(_all(hours, span, zone)), [span])


def known_part(hours: Hours, span: Span, zone: ZoneInfo) -> Span:
    """The span up to the first day that the calendar does not know; empty where that is its first."""
    if hours.calendar is not None and span.start != span.end:
        day = span.start.astimezone(zone).date()
        while (start := max(span.start, _midnight(day, zone))) < span.end:
            try:
                hours.of(day)
            except UsageError:
                return Span(span.start, start)
            day += DAY
    return span


def by_wall_clock(start: datetime, end: datetime, zone: ZoneInfo) -> list[Span]:
    """The instants at which the wall clock of the zone reads a date and time from `start` up to but not including `end`, sorted and disjoint.

    Both come without a zone, `start` before `end`. As for service hours: an hour that the clocks skip holds none, one that they repeat is held twice.
    """
    found: list[Span] = []
    for day in (start.date() + n * DAY for n in range((end.date() - start.date()).days + 1)):
        midnight = datetime.combine(day, time.min)
        since, until = max(start - midnight, ZERO), min(end - midnight, DAY)
        if since < until:
            found += _of_day((Window(since, until),), day, Span(_midnight(day, zone), _midnight(day + DAY, zone)), zone)
    return merged(found)


def _all(hours: Hours, span: Span, zone: ZoneInfo) -> Iterator[Span]:
    """The hours of every day that reaches into the span."""
    if span.start == span.end:
        return
    day = span.start.astimezone(zone).date()
    start = _midnight(day, zone)
    while start < span.end:
        following = day + timedelta(days=1)
        end = _midnight(following, zone)
        yield from _of_day(hours.of(day), day, Span(start, end), zone)
        day, start = following, end


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _of_day(windows: Windows, day: date, whole: Span, zone: ZoneInfo) -> Iterator[Span]:
    """The windows of one day; on a day on which the clocks change, its parts before and after have each its own offset."""
    if not windows or whole.start == whole.end:  # a zone that crossed the date line has left out a day
        return
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for part in _steady(whole, zone):
        offset = _offset(part.start, zone)
        for window in windows:
            span = Span(midnight + window.start - offset, midnight + window.end - offset).clip(part)
            if span is not None:
                yield span


def _steady(whole: Span, zone: ZoneInfo) -> Iterator[Span]:
    """The day in parts of one UTC offset: one part, or two around a change of the clocks (which falls on a whole second)."""
    if _offset(whole.start, zone) == _offset(whole.end - _SECOND, zone):
        yield whole
        return
    before, after = whole.start, whole.end - _SECOND
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        if _offset(middle, zone) == _offset(whole.start, zone):
            before = middle
        else:
            after = middle
    yield Span(whole.start, after)
    yield Span(after, whole.end)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or ZERO
