"""Bad rounds that made no outage: what the strict account charges beside the standing one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from linewatch.sample.cause import Cause
from linewatch.span import Span
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Stretch, Timeline, joined, laid_over, plain


@dataclass(frozen=True, slots=True)
class Lapse:
    """A row of bad rounds, the first and the last sent at `first_at` and `last_at`, all of it over at `ended_at`.

    `ended_at` is the next round, or where the last one went stale the end of the interval that it vouches for. `earliest_at` is the last good or
    degraded round before it, and equals `first_at` where there was none.
    """

    first_at: datetime
    last_at: datetime
    ended_at: datetime
    earliest_at: datetime
    cause: Cause


def with_lapses(history: Timeline, lapses: Sequence[Lapse]) -> Timeline:
    """The history with every lapse as DOWN, laid over what it says otherwise.

    What stands DOWN stays as it is, and where the clock was stepped (UNKNOWN, `clock`) nothing is charged.
    """
    above = tuple(
        Stretch(
            Span(lapse.first_at, lapse.ended_at),
            State.DOWN,
            lapse.cause,
            Span(lapse.first_at, lapse.last_at),
            Span(lapse.earliest_at, lapse.ended_at),
        )
        for lapse in lapses
    )
    return laid_over(history, above, _charged) if above else history


def with_doubt(history: Timeline, doubtful: Sequence[Span], cause: Cause, instead_of: Collection[State] = (State.UP, State.DEGRADED)) -> Timeline:
    """The history with the doubtful time (sorted and disjoint) as UNKNOWN wherever it says UP or DEGRADED, or one of these states alone."""
    above = tuple(plain(span, State.UNKNOWN, cause) for span in doubtful)
    if not above:
        return history
    return tuple(joined(laid_over(history, above, lambda told, doubt: doubt if told.state in instead_of else told)))


def _charged(told: Stretch, lapse: Stretch) -> Stretch:
    stands = told.state is State.DOWN or (told.state is State.UNKNOWN and told.cause is Cause.CLOCK)
    return told if stands else lapse
