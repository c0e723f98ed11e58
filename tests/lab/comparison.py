"""Truth beside record: which outages were found, how far off their ends are, and what was invented. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from linewatch.sample.cause import Cause
from linewatch.span import ZERO, Span
from linewatch.verdict.outage import outages
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, padded
from tests.lab.scenario import Expectation
from tests.lab.watcher import Pace

MARGIN = 0.05
"""Of an interval: what a scheduler may be late, and an echo may be under way."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A true fault: when it was, and what it should be called."""

    span: Span
    state: State
    cause: Cause


@dataclass(frozen=True, slots=True)
class Told:
    """What the record says of one outage, or of one time that it calls unknown: its span and its bounds."""

    span: Span
    least: timedelta
    most: timedelta
    state: State
    cause: Cause


@dataclass(frozen=True, slots=True)
class Match:
    """A fault and what the record made of it."""

    fault: Fault
    told: Told

    @property
    def start_error(self) -> timedelta:
        """How much later than the truth the record has it begin."""
        return self.told.span.start - self.fault.span.start

    @property
    def end_error(self) -> timedelta:
        """How much later than the truth the record has it end."""
        return self.told.span.end - self.fault.span.end

    @property
    def length_error(self) -> timedelta:
        return self.told.span.length - self.fault.span.length

    @property
    def within_bounds(self) -> bool:
        return self.told.least <= self.fault.span.length <= self.told.most

    @property
    def cause_is_right(self) -> bool:
        return self.told.cause is self.fault.cause


@dataclass(frozen=True, slots=True)
class Comparison:
    """All faults of some time against all that the record tells of it."""

    matches: tuple[Match, ...]
    missed: tuple[Fault, ...]
    invented: tuple[Told, ...]


def told(history: Timeline, window: Span) -> list[Told]:
    """Every outage and every unknown time of this office's side that the record has in `window`, in order."""
    found = [Told(each.span, each.least, each.most, State.DOWN, each.cause) for each in outages(history, window)]
    for stretch in padded(history, window):
        if stretch.state is State.UNKNOWN and stretch.cause is not None:
            found.append(Told(stretch.span, stretch.span.length, stretch.span.length, State.UNKNOWN, stretch.cause))
    return sorted(found, key=lambda each: each.span)


def compared(history: Timeline, window: Span, faults: Sequence[Fault], pace: Pace) -> Comparison:
    """Each fault with the outage of its state that overlaps it most; a record may lag by an interval."""
    left = told(history, window)
    matches, missed = [], []
    for fault in faults:
        reach = Span(fault.span.start - MARGIN * pace.interval, fault.span.end + pace.interval)
        near = [each for each in left if each.state is fault.state and each.span.clip(reach)]
        if near:
            best = max(near, key=lambda each: _shared(each.span, fault.span))
            left.remove(best)
            matches.append(Match(fault, best))
        else:
            missed.append(fault)
    return Comparison(tuple(matches), tuple(missed), tuple(left))


def faults_found_wanting(comparison: Comparison, pace: Pace) -> list[str]:
    """What is wrong with a record, each in a sentence; a fault that the rule may or may not see is no reproach."""
    wrong = []
    for fault in comparison.missed:
        if fault.span.length >= sure(fault, pace) + MARGIN * pace.interval:
            wrong.append(f"an outage of {_s(fault.span.length)} was not found")
    for match in comparison.matches:
        if match.fault.span.length < possible(match.fault, pace) - MARGIN * pace.interval:
            wrong.append(f"a fault of {_s(match.fault.span.length)} should be no outage by this rule")
        if not match.cause_is_right:
            wrong.append(f"an outage is called {match.told.cause}, not {match.fault.cause}")
        if match.told.state is State.DOWN and not match.within_bounds:
            bounds = f"{_s(match.told.least)} to {_s(match.told.most)}"
            wrong.append(f"an outage of {_s(match.fault.span.length)} lies outside its bounds, {bounds}")
    wrong += [f"{each.state} ({each.cause}) for {_s(each.span.length)} was invented" for each in comparison.invented]
    return wrong


def reproaches(history: Timeline, window: Span, expected: Expectation, faults: Sequence[Fault], pace: Pace) -> list[str]:
    """What the record of a scenario's time does not say as expected; nothing where all is right."""
    comparison = compared(history, window, faults, pace)
    reproachable = tuple(each for each in comparison.invented if each.state.value not in expected.also)
    wrong = faults_found_wanting(replace(comparison, invented=reproachable), pace)
    shown = {State.DEGRADED: ZERO, State.DOWN: ZERO, State.UNKNOWN: ZERO, State.UP: ZERO}
    causes = set()
    for stretch in padded(history, window):
        shown[stretch.state] += stretch.span.length
        if stretch.state.value == expected.state and stretch.cause is not None:
            causes.add(stretch.cause.value)
    if expected.state == "up":
        wrong += [f"{state} for {_s(length)}" for state, length in shown.items() if length and state.value not in ("up", *expected.also)]
    elif expected.state == "degraded":
        if not shown[State.DEGRADED]:
            wrong.append("was never degraded")
        wrong += [f"{state} for {_s(shown[state])}" for state in (State.DOWN, State.UNKNOWN) if shown[state] and state.value not in expected.also]
    elif not shown[State(expected.state)] and any(fault.span.length >= sure(fault, pace) for fault in faults):
        wrong.append(f"was never {expected.state}")
    if expected.causes and causes - expected.causes:
        wrong.append(f"is called {', '.join(sorted(causes - expected.causes))}")
    return list(dict.fromkeys(wrong))


def sure(fault: Fault, pace: Pace) -> timedelta:
    """From which length on the rule cannot miss a fault: of this office's own side one round is enough."""
    return pace.sure if fault.state is State.DOWN else pace.interval


def possible(fault: Fault, pace: Pace) -> timedelta:
    """Up to which length the rule cannot see a fault."""
    return pace.possible if fault.state is State.DOWN else ZERO


def _shared(one: Span, other: Span) -> timedelta:
    both = one.clip(other)
    return both.length if both else ZERO


def _s(duration: timedelta) -> str:
    return f"{duration.total_seconds():.2f} s"
