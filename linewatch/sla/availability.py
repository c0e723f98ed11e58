"""Availability over a period: the seconds of each state, and the ratios with their bounds (semantics, section 5)."""

from __future__ import annotations

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
    parts = _parts(padded(history, period), terms)
    seconds = {state: _inside(parts.spans[state], owed) for state in State}
    charged = seconds[State.DOWN] + (seconds[State.DEGRADED] if terms.degraded == "down" else ZERO)
    widest = without(merged(parts.wide), parts.spans[State.UNKNOWN])
    return Availability(
        period=period.length,
        scheduled=total(hours),
        excluded=total(left_out),
        up=seconds[State.UP],
        degraded=seconds[State.DEGRADED],
        down=seconds[State.DOWN],
        unknown=seconds[State.UNKNOWN],
        charged=charged,
        charged_least=_inside(parts.sure, owed),
        charged_most=_inside(widest, owed),
        gross_charged=_inside(parts.charged, hours),
        gross_unknown=_inside(parts.spans[State.UNKNOWN], hours),
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
    """A history sorted by state: the spans of each, and of what is charged the nominal, the surest and the widest."""

    spans: dict[State, list[Span]]
    charged: list[Span]
    sure: list[Span]
    wide: list[Span]


def _parts(history: Timeline, terms: Terms) -> _Parts:
    spans: dict[State, list[Span]] = {state: [] for state in State}
    parts = _Parts(spans, [], [], [])
    for stretch in history:
        spans[stretch.state].append(stretch.span)
        if stretch.state is State.DOWN or (stretch.state is State.DEGRADED and terms.degraded == "down"):
            parts.charged.append(stretch.span)
            parts.sure.append(stretch.sure)
            parts.wide.append(stretch.wide)
    return parts


def _inside(spans: list[Span], hours: list[Span]) -> timedelta:
    return total(shared(spans, hours))


def _rest(part: timedelta, whole: timedelta) -> Fraction | None:
    return 1 - Fraction(microseconds(part), microseconds(whole)) if whole else None
