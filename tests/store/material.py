"""What the store's tests are made of: rounds by the dozen, and whatever hypothesis can think of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Panel, Round, Seat
from linewatch.sample.target import Role
from linewatch.span import Span, from_epoch, to_epoch
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.state import State, Transition

T = datetime(2024, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EVER = Span(datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
PANEL: Panel = (Seat(Role.GATEWAY, "10.0.0.1"), *(Seat(Role.ANCHOR, f"192.0.2.{n}") for n in (1, 2, 3)))
Looked = tuple[Round, Reading]


def good(at: datetime, rtt_us: int = 20_000) -> Looked:
    return Round(at, PANEL, tuple(Outcome(Result.OK, rtt_us + n) for n in range(len(PANEL)))), Reading(at, Kind.GOOD)


def bad(at: datetime) -> Looked:
    return Round(at, PANEL, (Outcome(Result.OK, 500), LOST, LOST, LOST)), Reading(at, Kind.BAD, Cause.LINE)


def good_rounds(count: int, start: datetime = T, every: timedelta = 3 * SECOND) -> list[Looked]:
    return [good(start + n * every, 20_000 + n % 100) for n in range(count)]


def up(at: datetime) -> Transition:
    return Transition(at, State.UP, None, at)


def down(at: datetime) -> Transition:
    return Transition(at, State.DOWN, Cause.LINE, at - 3 * SECOND)


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that another thread does; fail where it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def looks(rounds: Iterable[Looked]) -> list[Looked]:
    """Rounds as the record gives them back: without the details that it does not keep."""
    return [(Round(looked.at, looked.panel, tuple(map(kept, looked.outcomes))), reading) for looked, reading in rounds]


def kept(outcome: Outcome) -> Outcome:
    return Outcome(outcome.result, outcome.rtt_us if outcome.result in (Result.OK, Result.BAD) else None, outcome.cause)


instants = st.integers(0, to_epoch(EVER.end) - 1).map(from_epoch)
rtts = st.integers(0, 60_000_000)
causes = st.sampled_from(Cause)
details = st.text(max_size=20)
outcomes = st.one_of(
    st.builds(Outcome, st.just(Result.OK), rtts, st.none() | causes, details),
    st.builds(Outcome, st.just(Result.LOST), st.none(), causes, details),
    st.builds(Outcome, st.just(Result.BAD), st.none() | rtts, causes, details),
    st.builds(Outcome, st.just(Result.ERROR), st.none(), st.sampled_from((Cause.LOCAL, Cause.MONITOR)), details),
)
panels = st.lists(st.builds(Seat, st.sampled_from(Role), st.text(min_size=1, max_size=12)), max_size=7).map(tuple)
kinds = st.sampled_from(Kind)


@st.composite
def looked(draw: st.DrawFn, at: st.SearchStrategy[datetime] = instants, panel: st.SearchStrategy[Panel] = panels) -> Looked:
    moment, seats, kind = draw(at), draw(panel), draw(kinds)
    answers = tuple(draw(outcomes) for _ in seats)
    return Round(moment, seats, answers), Reading(moment, kind, None if kind is Kind.GOOD else draw(causes))


@st.composite
def transitions(draw: st.DrawFn) -> Transition:
    first, second, state = draw(instants), draw(instants), draw(st.sampled_from(State))
    return Transition(max(first, second), state, None if state is State.UP else draw(causes), min(first, second))
