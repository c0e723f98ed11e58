"""Rounds and histories as drawings: one character is one slot of three seconds.

Readings:  . good   ~ degraded (loss)   l degraded (latency)   x bad (line)   u bad (upstream)   ? unmeasured (local)   ! unmeasured (monitor)
           a space is a slot without a round
States:    U up     ~ degraded (loss)   l degraded (latency)   D down (line)  d down (upstream)  ? unknown (local)      _ unknown (monitor)
           c unknown (clock)   b unknown (line, of an endpoint behind it)   L down (local, as terms may have had it)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, zip_longest

from linewatch.sample.cause import Cause
from linewatch.span import Span
from linewatch.verdict.lapse import Lapse
from linewatch.verdict.machine import Standing, cut_off, nothing_known, step
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State, Transition
from linewatch.verdict.timeline import Timeline, joined, padded, plain, timeline

SLOT = timedelta(seconds=3)
START = datetime(2022, 3, 1, tzinfo=UTC)
RULE = Rule(interval=SLOT, stale_after=timedelta(seconds=10))
"""The default rule of a line: fall 3, rise 2."""

READINGS: dict[str, tuple[Kind, Cause | None]] = {
    ".": (Kind.GOOD, None),
    "~": (Kind.DEGRADED, Cause.LOSS),
    "l": (Kind.DEGRADED, Cause.LATENCY),
    "x": (Kind.BAD, Cause.LINE),
    "u": (Kind.BAD, Cause.UPSTREAM),
    "?": (Kind.UNMEASURED, Cause.LOCAL),
    "!": (Kind.UNMEASURED, Cause.MONITOR),
}

STATES: dict[str, tuple[State, Cause | None]] = {
    "U": (State.UP, None),
    "~": (State.DEGRADED, Cause.LOSS),
    "l": (State.DEGRADED, Cause.LATENCY),
    "D": (State.DOWN, Cause.LINE),
    "d": (State.DOWN, Cause.UPSTREAM),
    "?": (State.UNKNOWN, Cause.LOCAL),
    "_": (State.UNKNOWN, Cause.MONITOR),
    "c": (State.UNKNOWN, Cause.CLOCK),
    "b": (State.UNKNOWN, Cause.LINE),
    "L": (State.DOWN, Cause.LOCAL),
}

_LETTERS = {state: letter for letter, state in STATES.items()}


def at(slot: float, first: datetime = START) -> datetime:
    """The instant at which a slot begins."""
    return first + slot * SLOT


def slots(start: float, end: float) -> Span:
    """The span of the slots `[start, end)`."""
    return Span(at(start), at(end))


def readings(drawing: str, first: datetime = START) -> list[Reading]:
    """The rounds of a drawing, the first slot at `first`."""
    return [Reading(at(i, first), *READINGS[letter]) for i, letter in enumerate(drawing) if letter != " "]


def stepped(rounds: Iterable[Reading], rule: Rule = RULE, standing: Standing | None = None) -> tuple[Standing, list[Transition]]:
    """The standing after the rounds, and the changes that they brought."""
    standing = standing or nothing_known()
    changes: list[Transition] = []
    for reading in rounds:
        standing, more = step(rule, standing, reading)
        changes.extend(more)
    return standing, changes


def told(drawing: str, rule: Rule = RULE) -> list[Transition]:
    """The changes that a drawing of rounds brings, a silence at its end included."""
    standing, changes = stepped(readings(drawing), rule)
    return [*changes, *cut_off(rule, standing, at(len(drawing)))[1]]


def history(drawing: str, rule: Rule = RULE) -> Timeline:
    """The history that a drawing of rounds comes to."""
    return timeline(told(drawing, rule), at(len(drawing)))


def judged(drawing: str, rule: Rule = RULE) -> str:
    """A drawing of rounds as a drawing of states."""
    return drawn(history(drawing, rule), len(drawing))


def lapses(rounds: Sequence[Reading], beside: Sequence[Span], rule: Rule, as_of: datetime) -> list[Lapse]:
    """The rows of bad rounds that do not lie in `beside`, one round after the other: what the store finds through its index."""
    out: list[Lapse] = []
    row: list[Reading] = []
    last_good: datetime | None = None
    for reading, following in zip_longest(rounds, rounds[1:]):
        vouched = following is not None and following.at - reading.at <= rule.stale_after
        counts = reading.kind is Kind.BAD and not any(span.holds(reading.at) for span in beside)
        if counts:
            row.append(reading)
        if row and (not vouched or (following is not None and not _goes_on(following, beside))):
            fresh = as_of if as_of - reading.at <= rule.stale_after else reading.at + rule.interval
            ended = following.at if vouched and following is not None else fresh
            reached = last_good is not None and row[0].at - last_good <= rule.stale_after
            assert row[0].cause is not None
            out.append(Lapse(row[0].at, row[-1].at, ended, last_good if reached and last_good is not None else row[0].at, row[0].cause))
            row = []
        if not counts:
            last_good = reading.at if reading.kind in (Kind.GOOD, Kind.DEGRADED) else None
    return out


def _goes_on(reading: Reading, beside: Sequence[Span]) -> bool:
    return reading.kind is Kind.BAD and not any(span.holds(reading.at) for span in beside)


def line(drawing: str, first: datetime = START) -> Timeline:
    """A history from a drawing of its states, without sampling uncertainty; a space is a slot of which it does not speak (at its ends only)."""
    return tuple(joined(plain(Span(at(i, first), at(i + 1, first)), *STATES[letter]) for i, letter in enumerate(drawing) if letter != " "))


def drawn(whole: Timeline, count: int, first: datetime = START) -> str:
    """A history as a drawing of `count` slots; a slot in which it changes is an error of the test."""
    letters = []
    for i in range(count):
        inside = padded(whole, Span(at(i, first), at(i + 1, first)))
        if len(inside) != 1:
            raise AssertionError(f"slot {i} holds {len(inside)} states")
        letters.append(_LETTERS[inside[0].state, inside[0].cause])
    return "".join(letters)


def gapless(whole: Sequence[Span]) -> bool:
    """Whether each span begins where the one before it ends, and none is empty."""
    follows = all(one.end == two.start for one, two in pairwise(whole))
    return follows and all(one.start < one.end for one in whole)
