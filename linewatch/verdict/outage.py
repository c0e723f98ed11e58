"""Outages: the DOWN time of a history as things with a name, a cause and an uncertainty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from linewatch.sample.cause import Cause
from linewatch.span import ZERO, Span, merged
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Stretch, Timeline, within


@dataclass(frozen=True, slots=True)
class Outage:
    """DOWN without a break over `span`, as far as it lies in the period asked for.

    It lasted at least `least` and at most `most` (sampling; `least <= span.length <= most`). `began_at` is its true start, which may lie before
    the period, `ended_at` its true end, or None while it lasts. `cause` is that of its longest part.
    """

    began_at: datetime
    ended_at: datetime | None
    span: Span
    least: timedelta
    most: timedelta
    cause: Cause

    def id(self, service: str) -> str:
        """Its name for people and tickets: the service and the UTC second in which it began; the same in every report."""
        return outage_id(service, self.began_at)


def outage_id(service: str, began_at: datetime) -> str:
    """The name of an outage of the service that began at this instant; of one service they sort by time."""
    return f"{service}@{began_at:%Y%m%dT%H%M%SZ}"


def outages(history: Timeline, period: Span) -> tuple[Outage, ...]:
    """The outages of `history` that reach into `period`, cut to it. One still open where the history ends has not ended."""
    end = history[-1].span.end if history else period.end
    found = (_outage(run, period, end) for run in _runs(history))
    return tuple(outage for outage in found if outage is not None)


def longest(found: Sequence[Outage], most: int) -> list[int]:
    """The places in `found` of its `most` longest outages, in order; of equally long ones the first."""
    by_length = sorted(range(len(found)), key=lambda place: found[place].span.length, reverse=True)
    return sorted(by_length[:most])


def outage_spans(history: Timeline) -> list[Span]:
    """The time of each outage of `history` and nothing else of it: what a count needs."""
    return merged(stretch.span for stretch in history if stretch.state is State.DOWN)


def _runs(history: Timeline) -> Iterator[list[Stretch]]:
    """Each longest row of DOWN stretches that touch, whatever their causes."""
    run: list[Stretch] = []
    for stretch in history:
        if stretch.state is State.DOWN:
            run.append(stretch)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _outage(run: list[Stretch], period: Span, history_end: datetime) -> Outage | None:
    """None where the run does not reach into the period."""
    whole = Span(run[0].span.start, run[-1].span.end)
    span = whole.clip(period)
    if span is None:
        return None
    surest = run[0].sure.start
    sure = Span(surest, max((part.sure.end for part in run if part.sure.start < part.sure.end), default=surest)).clip(period)
    wide = Span(run[0].wide.start, run[-1].wide.end).clip(period) or span
    return Outage(
        began_at=whole.start,
        ended_at=None if whole.end == history_end else whole.end,
        span=span,
        least=sure.length if sure else ZERO,
        most=wide.length,
        cause=_cause(within(tuple(run), period) if len(run) > 1 else run),
    )


def _cause(parts: Sequence[Stretch]) -> Cause:
    if len(parts) == 1 and parts[0].cause is not None:
        return parts[0].cause
    lengths: dict[Cause, timedelta] = {}
    for part in parts:
        if part.cause is not None:
            lengths[part.cause] = lengths.get(part.cause, ZERO) + part.span.length
    return max(lengths, key=lambda cause: lengths[cause])
