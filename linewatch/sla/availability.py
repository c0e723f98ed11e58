"""Availability over a period: the seconds of each state, and the ratios with their bounds (semantics, section 5)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from linewatch.sla.terms import Terms
from linewatch.span import ZERO, Span, merged, microseconds, shared, total, without
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, padded


class Verdict(StrEnum):
    """A figure against its target. Too little coverage proves nothing, however good it looks."""

    MET = "met"
    NOT_MET = "not_met"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Availability:
    """The seconds of one service over one period, and the ratios made of them.

    `scheduled` is the time in which the service was owed, `excluded` the approved part of it that is left out; `up`, `degraded`, `down` and
    `unknown` share the rest: `up + degraded + down + unknown + excluded == scheduled`, exactly. `charged` is the time that counts as
    downtime (`down`, with `degraded` where the terms say so); sampling leaves it between `charged_least` and `charged_most`.
    `gross_charged` and `gross_unknown` are the same with nothing excluded.
    """

    period: timedelta
    scheduled: timedelta
    excluded: timedelta
    up: timedelta
    degraded: timedelta
    down: timedelta
    unknown: timedelta
    charged: timedelta
    charged_least: timedelta
    charged_most: timedelta
    gross_charged: timedelta
    gross_unknown: timedelta

    @property
    def owed(self) -> timedelta:
        """T - X: the time that is judged."""
        return self.scheduled - self.excluded

    @property
    def measured(self) -> timedelta:
        """T - X - U."""
        return self.owed - self.unknown

    @property
    def observed(self) -> Fraction | None:
        """1 - D/(T-X-U): what was seen. None where nothing was measured; never 0 and never 1 for that."""
        return _rest(self.charged, self.measured)

    @property
    def low(self) -> Fraction | None:
        """1 - (Dmax+U)/(T-X): as bad as it can have been. None where nothing was measured."""
        return _rest(self.charged_most + self.unknown, self.owed) if self.measured else None

    @property
    def high(self) -> Fraction | None:
        """1 - Dmin/(T-X): as good as it can have been. None where nothing was measured."""
        return _rest(self.charged_least, self.owed) if self.measured else None

    @property
    def gross(self) -> Fraction | None:
        """What was seen, with nothing excluded."""
        return _rest(self.gross_charged, self.scheduled - self.gross_unknown)

    @property
    def coverage(self) -> Fraction | None:
        """(T-X-U)/(T-X): the share of the judged time that was measured. None where nothing was owed."""
        return Fraction(microseconds(self.measured), microseconds(self.owed)) if self.owed else None


def availability(
    history: Timeline, period: Span, terms: Terms, scheduled: Sequence[Span] | None = None, excluded: Iterable[Span] = ()
) -> Availability:
    """The availability that `history` shows over `period`.

    `scheduled` are the service hours (default: all of it), `excluded` the approved exclusions; both may reach beyond the period, and
    exclusions may overlap. Where the history does not reach, the time is UNKNOWN.
    """
    hours = [period] if scheduled is None else shared(merged(scheduled), [period])
    left_out = shared(merged(excluded), hours)
    owed = without(hours, left_out)
    parts = _parts(history, period, terms)
    seconds = _seconds(parts, owed)
    gross = _seconds(parts, hours) if left_out else seconds
    widest = without(merged(parts.wide), parts.spans[State.UNKNOWN])
    return Availability(
        period=period.length,
        scheduled=total(hours),
        excluded=total(left_out),
        up=seconds[State.UP],
        degraded=seconds[State.DEGRADED],
        down=seconds[State.DOWN],
        unknown=seconds[State.UNKNOWN],
        charged=_charged(seconds, terms),
        charged_least=total(shared(parts.sure, owed)),
        charged_most=total(shared(widest, owed)),
        gross_charged=_charged(gross, terms),
        gross_unknown=gross[State.UNKNOWN],
    )


def verdict(figures: Availability, terms: Terms) -> Verdict:
    """The figures against the promise, judged on unrounded values (semantics, section 5)."""
    if figures.observed is None or figures.coverage is None:
        return Verdict.UNPROVEN
    if figures.observed < terms.target:
        return Verdict.NOT_MET
    return Verdict.MET if figures.coverage >= terms.min_coverage else Verdict.UNPROVEN


@dataclass(frozen=True, slots=True)
class _Parts:
    """A history over a period sorted by state: the spans of each, and of what is charged the surest and the widest."""

    spans: dict[State, list[Span]]
    sure: list[Span]
    wide: list[Span]


def _parts(history: Timeline, period: Span, terms: Terms) -> _Parts:
    spans: dict[State, list[Span]] = {state: [] for state in State}
    parts = _Parts(spans, [], [])
    counts = _charged_states(terms)
    for stretch in padded(history, period):
        spans[stretch.state].append(stretch.span)
        if stretch.state in counts:
            parts.sure.append(stretch.sure)
            parts.wide.append(stretch.wide)
    # What follows the period may have begun in it, before a round showed it.
    after = bisect_left(history, period.end, key=lambda stretch: stretch.span.start)
    parts.wide.extend(stretch.wide for stretch in history[after : after + 1] if stretch.state in counts)
    return parts


def _seconds(parts: _Parts, hours: list[Span]) -> dict[State, timedelta]:
    return {state: total(shared(spans, hours)) for state, spans in parts.spans.items()}


def _charged_states(terms: Terms) -> tuple[State, ...]:
    return (State.DOWN, State.DEGRADED) if terms.degraded == "down" else (State.DOWN,)


def _charged(seconds: dict[State, timedelta], terms: Terms) -> timedelta:
    return sum((seconds[state] for state in _charged_states(terms)), ZERO)


def _rest(part: timedelta, whole: timedelta) -> Fraction | None:
    return 1 - Fraction(microseconds(part), microseconds(whole)) if whole else None
