"""The record judged once more: its rounds through the same functions, and where the states that come of it are not those on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Protocol

from linewatch.report.account import lost_rounds, measured
from linewatch.report.history import History, Source, Subject
from linewatch.sample.event import ASIDE, Happening, set_aside
from linewatch.span import EPOCH, MICROSECOND, Span, merged, to_epoch, without
from linewatch.verdict.differences import Difference, differences, seconds_by_state
from linewatch.verdict.judge import Memory
from linewatch.verdict.reading import Reading
from linewatch.verdict.replay import KeptRound, Replay
from linewatch.verdict.rule import Rule, default_stale_after
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, timeline

WARM_UP = timedelta(hours=1)
"""How much more than the silence that sets an anchor aside is judged before the span, so that judge and machine remember what they would have."""


class Rounds(History, Protocol):
    """The record with its rounds."""

    def kept_rounds(self, service: str, span: Span, sha256: str | None = None) -> Iterable[KeptRound]:
        """The rounds of a span measured here, or those of the imported file with that SHA-256, in order of time."""


class Why(StrEnum):
    """Why a part of the span cannot be judged again."""

    PRUNED = "pruned"  # the rounds are gone, after keep_samples
    LOST = "lost"  # the rounds could not be kept at the time
    CLOCK = "clock"  # the clock was stepped back, and went through this time twice: whose the rounds are is not known
    STATES = "states"  # a file of states has no rounds


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of the span that was not judged again."""

    span: Span
    why: Why


@dataclass(frozen=True, slots=True)
class OddMinute:
    """A minute that the rounds do not make as it is on record: (rounds, bad, unmeasured, sent, lost) of the record (None: it has none) and ours."""

    at: datetime
    recorded: tuple[int, ...] | None
    recomputed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Minutes:
    """How many minutes were made anew from their rounds, how many of them are not as on record, and the first of those."""

    count: int
    otherwise_count: int
    otherwise: tuple[OddMinute, ...]


@dataclass(frozen=True, slots=True)
class Recomputation:
    """What became of one service's rounds: those measured here (`source` None), or those of one history file.

    `computed` is the part of the span that was judged again, `left_out` the rest. `recorded` and `recomputed` are the durations of the states in
    the computed part. `rounds` were judged, of which `otherwise_count` read otherwise than on record; `otherwise` has the first of them (the
    record's reading, ours). `configurations` is how many configurations came into force within the span. `minutes` are there for what was
    measured here.
    """

    subject: Subject
    rule: Rule
    source: Source | None
    span: Span
    computed: tuple[Span, ...]
    left_out: tuple[LeftOut, ...]
    recorded: Mapping[State, timedelta]
    recomputed: Mapping[State, timedelta]
    differences: tuple[Difference, ...]
    rounds: int
    otherwise: tuple[tuple[Reading, Reading], ...]
    otherwise_count: int
    configurations: int
    minutes: Minutes | None = None

    @property
    def equal(self) -> bool:
        """Whether states, readings and minutes are those on record, as far as they could be computed."""
        return not (self.differences or self.otherwise_count or (self.minutes is not None and self.minutes.otherwise_count))


Look = Callable[[Iterable[KeptRound]], Iterable[KeptRound]]
"""Looks on: gives the rounds as it was given them."""


def recomputed(record: Rounds, subject: Subject, rule: Rule, span: Span, as_of: datetime, look: Look) -> Recomputation:
    """What was measured here, judged by `rule`; `look` looks on at every round that is judged.

    The account goes on a little beyond the span where a run of rounds is undecided at its end. Where the clock was stepped the rounds before and
    after each step are judged one after the other, as they were sent.
    """
    warm_from = span.start - rule.set_aside_after - WARM_UP
    epochs = _epochs(record, warm_from, as_of)
    left_out = _left_out(record, subject, rule, span, as_of, epochs)
    aside = set_aside(record.events(Span(EPOCH, warm_from), ASIDE), subject.name)
    replay = Replay(rule, subject.is_line, memory=Memory(aside=aside), counts=_rest(span, left_out))
    for number, epoch in enumerate(epochs):
        if number:
            replay.step_clock(epochs[number - 1].lived.end, epoch.lived.start)
        done = _replay(replay, look(record.kept_rounds(subject.name, epoch.span)), span)
    if not done:
        replay.end(as_of)
    configured = {event.data["sha256"] for event in record.events(span, (Happening.CONFIGURED,))}
    return _compared(replay, subject, None, span, left_out, measured(record, subject, as_of), as_of, len(configured))


def recomputed_imports(record: Rounds, subject: Subject, rule: Rule, span: Span, as_of: datetime, look: Look) -> tuple[Recomputation, ...]:
    """The same for each history file that reaches into the span: its rounds are their own readings, a file of states has none."""
    found = []
    for source, transitions in record.imports(subject.name):
        lived = Span(source.first_at, source.last_at + MICROSECOND).clip(span)
        if lived is None:
            continue
        at = rule if source.interval is None else replace(rule, interval=source.interval, stale_after=default_stale_after(source.interval))
        replay = Replay(at, subject.is_line, judges=False, counts=(lived,))
        if source.kind == "samples":
            rounds = record.kept_rounds(subject.name, Span(max(source.first_at, lived.start - rule.set_aside_after), as_of), source.sha256)
            if not _replay(replay, look(rounds), lived):
                replay.end(min(as_of, source.last_at + at.stale_after + MICROSECOND))
        left_out = [] if source.kind == "samples" else [LeftOut(lived, Why.STATES)]
        found.append(_compared(replay, subject, source, lived, left_out, timeline(transitions, as_of), as_of, 0))
    return tuple(found)


def _replay(replay: Replay, rounds: Iterable[KeptRound], span: Span) -> bool:
    """Judge the rounds; whether it was over before they were: beyond the span nothing is judged but what decides how it ended."""
    end_us = to_epoch(span.end)
    for kept in rounds:
        over = kept.at_us >= end_us and not replay.standing.pending
        replay.take(kept)  # also the first one after the span: it tells how long the last one vouched
        if over:
            return True
    return False


def _compared(
    replay: Replay,
    subject: Subject,
    source: Source | None,
    span: Span,
    left_out: Sequence[LeftOut],
    recorded: Timeline,
    as_of: datetime,
    configured: int,
) -> Recomputation:
    ours = timeline(replay.transitions, as_of)
    began = min((account[0].span.start for account in (recorded, ours) if account), default=span.start)
    told_of = Span(began, max(began, span.end)).clip(span)  # before the first round and the first state there is nothing to compare
    computed = _rest(told_of, left_out) if told_of else []
    return Recomputation(
        subject=subject,
        rule=replay.rule,
        source=source,
        span=span,
        computed=tuple(computed),
        left_out=tuple(left_out),
        recorded=seconds_by_state(recorded, computed),
        recomputed=seconds_by_state(ours, computed),
        differences=differences(recorded, ours, computed),
        rounds=replay.rounds,
        otherwise=tuple(replay.otherwise),
        otherwise_count=replay.otherwise_count,
        configurations=configured,
    )


def _rest(span: Span, left_out: Sequence[LeftOut]) -> list[Span]:
    return without([span], merged(part.span for part in left_out))


@dataclass(frozen=True, slots=True)
class _Epoch:
    """The time between two steps of the clock, by the clock of then, up to `lived.end`; its rounds lie in `span`, of which that instant is part."""

    lived: Span

    @property
    def span(self) -> Span:
        return Span(self.lived.start, self.lived.end + MICROSECOND)


def _epochs(record: Rounds, start: datetime, end: datetime) -> list[_Epoch]:
    """In the order in which they were lived."""
    out = []
    for event in record.events(Span(start, end), (Happening.CLOCK_STEPPED,)):
        left_at, resumed_at = (datetime.fromisoformat(str(event.data[key])) for key in ("left_at", "resumed_at"))
        out.append(_Epoch(Span(min(start, left_at), left_at)))
        start = resumed_at
    return [*out, _Epoch(Span(min(start, end), end))]


def _left_out(record: Rounds, subject: Subject, rule: Rule, span: Span, as_of: datetime, epochs: Sequence[_Epoch]) -> list[LeftOut]:
    """Each with as long after it as judge and machine need to forget what they have not seen."""
    margin = max(rule.window * rule.interval, rule.stale_after)
    found: list[tuple[Span, Why]] = []
    pruned = record.pruned_before(subject.name)
    if pruned is not None:
        found.append((Span(EPOCH, pruned), Why.PRUNED))
    found += [(lost, Why.LOST) for lost in lost_rounds(record, subject, as_of)]
    found += [(twice, Why.CLOCK) for one, two in combinations(epochs, 2) if (twice := one.lived.clip(two.lived)) is not None]
    return [LeftOut(part, why) for each, why in found if (part := Span(each.start, each.end + margin).clip(span)) is not None]
