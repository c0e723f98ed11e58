"""The history of a service as stretches of one state each: built from the record, laid over one another, cut and masked."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from linewatch.sample.cause import Cause
from linewatch.span import Span, merged, shared
from linewatch.verdict.state import State, Transition


@dataclass(frozen=True, slots=True)
class Stretch:
    """The service was in `state` over `span`.

    For DOWN, sampling leaves both ends unsure: `sure` runs from the first to the last bad round and `wide` from the last good round
    before to the first good one after, so that `sure <= span <= wide`. UNKNOWN of cause `local` is `wide` at its start, where it began after the
    last round that showed something else. For the other states they are the span itself.
    """

    span: Span
    state: State
    cause: Cause | None
    sure: Span
    wide: Span

    def cut(self, start: datetime, end: datetime) -> Stretch:
        """The part of it in `[start, end)`, which must lie within it; where it is cut, nothing is unsure any more."""
        if start == self.span.start and end == self.span.end:
            return self
        span = Span(start, end)
        sure = self.sure.clip(span) or Span(start, start)
        wide_start = self.wide.start if start == self.span.start else start
        wide_end = self.wide.end if end == self.span.end else end
        return Stretch(span, self.state, self.cause, sure, Span(wide_start, wide_end))


Timeline = tuple[Stretch, ...]
"""Stretches in order, disjoint and without a gap between the first and the last."""


def plain(span: Span, state: State, cause: Cause | None) -> Stretch:
    """A stretch whose ends are what they are."""
    return Stretch(span, state, cause, span, span)


def _unwatched(start: datetime, end: datetime) -> Stretch:
    return plain(Span(start, end), State.UNKNOWN, Cause.MONITOR)


def timeline(transitions: Sequence[Transition], until: datetime) -> Timeline:
    """The account that `transitions`, in the order of their record, give of the time up to `until`; what is recorded later than that is left out.

    Where the clock was stepped back, `at` goes down: the account before it ends there and another begins. Where accounts overlap, the
    worse state wins.
    """
    whole: Timeline = ()
    for account in _accounts(transitions, until):
        whole = laid_over(whole, account, _worse) if whole else account
    return whole


def laid_over(below: Timeline, above: Timeline, pick: Callable[[Stretch, Stretch], Stretch]) -> Timeline:
    """Two accounts as one: where only one speaks it stands, where both do `pick(below, above)` says which; where neither does, UNKNOWN."""
    return tuple(joined(_laid_over(below, above, pick)))


def padded(history: Timeline, span: Span) -> Timeline:
    """The history of exactly `span`: cut to it, and UNKNOWN (cause `monitor`) where it does not reach."""
    inside = within(history, span)
    if not inside:
        return (_unwatched(span.start, span.end),) if span.start < span.end else ()
    head = (_unwatched(span.start, inside[0].span.start),) if span.start < inside[0].span.start else ()
    tail = (_unwatched(inside[-1].span.end, span.end),) if inside[-1].span.end < span.end else ()
    return tuple(joined((*head, *inside, *tail))) if head or tail else inside


def padded_and_next(history: Timeline, span: Span) -> Timeline:
    """The same with the first stretch that begins after the span, where it may have begun in it: before a round showed it."""
    inside = padded(history, span)
    after = bisect_left(history, span.end, key=lambda stretch: stretch.span.start)
    return (*inside, *(stretch for stretch in history[after : after + 1] if stretch.wide.start < span.end))


def within(history: Timeline, span: Span) -> Timeline:
    """The part of the history that lies in `span`."""
    if span.start == span.end:
        return ()
    first = bisect_right(history, span.start, key=lambda stretch: stretch.span.end)
    after = bisect_left(history, span.end, first, key=lambda stretch: stretch.span.start)
    inside = list(history[first:after])
    if inside:
        inside[0] = inside[0].cut(max(inside[0].span.start, span.start), inside[0].span.end)
        inside[-1] = inside[-1].cut(inside[-1].span.start, min(inside[-1].span.end, span.end))
    return tuple(inside)


def measured_first(measured: Timeline, imported: Timeline) -> Timeline:
    """Our own measurement stands; what another monitor saw fills only the time when nobody here looked (UNKNOWN, cause `monitor`)."""
    return laid_over(imported, measured, lambda other, ours: other if nobody_looked(ours) else ours)


def overlap(measured: Timeline, imported: Timeline) -> Iterator[Span]:
    """Where both were looking: the time of `imported` that does not count."""
    looked = merged(ours.span for ours in measured if not nobody_looked(ours))
    yield from shared(looked, merged(other.span for other in imported))


def joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """The same with neighbours of one state and cause made one."""
    last: Stretch | None = None
    for stretch in stretches:
        if last is not None and last.state is stretch.state and last.cause is stretch.cause and last.span.end == stretch.span.start:
            last = _one(last, stretch)
        else:
            if last is not None:
                yield last
            last = stretch
    if last is not None:
        yield last


def _one(first: Stretch, second: Stretch) -> Stretch:
    span = Span(first.span.start, second.span.end)
    if first.state is not State.DOWN:
        return Stretch(span, first.state, first.cause, span, Span(first.wide.start, second.wide.end))
    sure = [part for part in (first.sure, second.sure) if part.start < part.end] or [first.sure]
    return Stretch(span, first.state, first.cause, Span(sure[0].start, sure[-1].end), Span(first.wide.start, second.wide.end))


def _accounts(transitions: Sequence[Transition], until: datetime) -> Iterator[Timeline]:
    """The stretches told in one go, without a step back of the clock among them."""
    first = 0
    for i in range(1, len(transitions) + 1):
        if i == len(transitions):
            yield tuple(_account(transitions[first:i], until))
        elif transitions[i].at < transitions[i - 1].at:
            yield tuple(_account(transitions[first:i], min(until, transitions[i - 1].at)))
            first = i


def _account(transitions: Sequence[Transition], until: datetime) -> Iterator[Stretch]:
    for change, following in itertools.zip_longest(transitions, transitions[1:]):
        end = until if following is None or following.at > until else following.at
        if change.at >= end:
            continue
        span = Span(change.at, end)
        if change.state is State.UNKNOWN and change.cause is Cause.LOCAL:
            yield Stretch(span, State.UNKNOWN, Cause.LOCAL, span, Span(change.earliest_at, end))
            continue
        if change.state is not State.DOWN:
            yield plain(span, change.state, change.cause)
            continue
        sure_end = end if following is None else min(end, max(change.at, following.earliest_at))
        yield Stretch(span, State.DOWN, change.cause, Span(change.at, sure_end), Span(change.earliest_at, end))


def _worse(first: Stretch, second: Stretch) -> Stretch:
    return first if first.state.badness >= second.state.badness else second


def nobody_looked(stretch: Stretch) -> bool:
    """Whether this monitor did not look."""
    return stretch.state is State.UNKNOWN and stretch.cause is Cause.MONITOR


def _laid_over(below: Timeline, above: Timeline, pick: Callable[[Stretch, Stretch], Stretch]) -> Iterator[Stretch]:
    edges = sorted({edge for history in (below, above) for stretch in history for edge in (stretch.span.start, stretch.span.end)})
    i = j = 0
    for start, end in itertools.pairwise(edges):
        while i < len(below) and below[i].span.end <= start:
            i += 1
        while j < len(above) and above[j].span.end <= start:
            j += 1
        one = below[i].cut(start, end) if i < len(below) and below[i].span.start <= start else None
        two = above[j].cut(start, end) if j < len(above) and above[j].span.start <= start else None
        if one is not None and two is not None:
            yield pick(one, two)
        else:
            yield one or two or _unwatched(start, end)


def relabelled(history: Timeline, name: Callable[[Stretch], tuple[State, Cause | None]]) -> Timeline:
    """The same stretches under the states and causes that `name` gives them."""
    return tuple(joined(replace(stretch, state=state, cause=cause) for stretch in history for state, cause in (name(stretch),)))
