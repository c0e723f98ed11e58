"""Half-open intervals of UTC time, `[start, end)`: to clip, to merge, to subtract and to add up. Nothing else lives here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

ZERO = timedelta(0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_START = attrgetter("start")
_END = attrgetter("end")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The instants `start <= t < end`, both in UTC.

    UTC and nothing else, because a subtraction of zone-aware instants is wrong across a DST change.
    An empty span (`start == end`) is allowed and holds no instant.

    Raises ValueError where `end` lies before `start`.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a span cannot end before it starts: {self.start.isoformat()} > {self.end.isoformat()}")

    @property
    def length(self) -> timedelta:
        """Its duration, exact to the microsecond."""
        return self.end - self.start

    def holds(self, at: datetime) -> bool:
        """Whether the instant `at` lies in it; its end does not."""
        return self.start <= at < self.end

    def clip(self, other: Span) -> Span | None:
        """What it shares with `other`, or None where that is nothing."""
        start = self.start if self.start >= other.start else other.start
        end = self.end if self.end <= other.end else other.end
        if start >= end:
            return None
        return self if start is self.start and end is self.end else Span(start, end)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same instants as sorted, disjoint, non-empty spans that do not touch: what is covered twice counts once."""
    out: list[Span] = []
    for span in sorted(spans, key=attrgetter("start", "end")):
        if span.start == span.end:
            continue
        if out and span.start <= out[-1].end:
            if span.end > out[-1].end:
                out[-1] = Span(out[-1].start, span.end)
        else:
            out.append(span)
    return out


def shared(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """The instants in both; each argument sorted and disjoint, as `merged` gives them."""
    out: list[Span] = []
    for other in others:
        first = bisect_right(some, other.start, key=_END)
        inside = list(some[first : bisect_left(some, other.end, lo=first, key=_START)])
        if inside and other.start < other.end:  # only the outermost can reach beyond
            inside[0] = inside[0].clip(other) or inside[0]
            inside[-1] = inside[-1].clip(other) or inside[-1]
            out += [span for span in inside if span.start < span.end]
    return out


def without(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """The instants in `some` that are not in `others`; each argument sorted and disjoint."""
    out: list[Span] = []
    j = 0
    for span in some:
        start = span.start
        while j < len(others) and others[j].end <= start:
            j += 1
        k = j
        while k < len(others) and others[k].start < span.end:
            if start < others[k].start:
                out.append(Span(start, others[k].start))
            start = max(start, others[k].end)
            k += 1
        if start < span.end:
            out.append(span if start == span.start else Span(start, span.end))
    return out


def total(spans: Iterable[Span]) -> timedelta:
    """The sum of the lengths; merge first where spans may overlap."""
    return sum((span.end - span.start for span in spans), ZERO)


def microseconds(duration: timedelta) -> int:
    """A duration as a whole number of microseconds, exactly."""
    return duration // MICROSECOND


def from_epoch(microseconds_since: int) -> datetime:
    """The instant so many microseconds after 1970-01-01T00:00Z."""
    return EPOCH + timedelta(microseconds=microseconds_since)


def to_epoch(at: datetime) -> int:
    """The whole microseconds from 1970-01-01T00:00Z to `at`."""
    return (at - EPOCH) // MICROSECOND
