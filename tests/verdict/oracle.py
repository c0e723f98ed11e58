"""Semantics section 4, said a second time and in another way: the whole list of readings at once, cut into pieces and matched as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from linewatch.sample.cause import Cause
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State, Transition

_TEXT = {Kind.GOOD: "g", Kind.DEGRADED: "d", Kind.BAD: "b"}
_SHOWN = {Kind.GOOD: State.UP, Kind.DEGRADED: State.DEGRADED, Kind.BAD: State.DOWN}


@dataclass
class _Piece:
    """Measured rounds in a row, without a hole or an unmeasured one among them: before it nothing was known."""

    rounds: list[Reading]

    def painted(self, rule: Rule) -> tuple[list[State], int]:
        """The state of each round, and how many at the end of the piece are undecided."""
        text = "".join(_TEXT[reading.kind] for reading in self.rounds)
        head = re.match(rf"(?:b{{1,{rule.fall - 1}}}(?!b))?", text) if rule.fall > 1 else None
        states = [State.UNKNOWN] * (head.end() if head else 0)
        down = re.compile(rf"b{{{rule.fall}}}(?:[gd]{{0,{rule.rise - 1}}}b)*")
        up = re.compile(rf"[gd](?:b{{0,{rule.fall - 1}}}[gd])*")
        recovery = re.compile(rf"[gd]{{{rule.rise}}}")
        while True:
            here = len(states)
            if phase := down.match(text, here):
                states += [State.DOWN] * len(phase[0])
            elif (phase := up.match(text, here)) and (State.DOWN not in states or recovery.match(text, here)):
                for letter in phase[0]:
                    states.append({"g": State.UP, "d": State.DEGRADED}.get(letter) or states[-1])
            else:
                undecided = len(text) - here
                return states + [states[-1] if states else State.UNKNOWN] * undecided, undecided


def account(rule: Rule, readings: Sequence[Reading]) -> list[Transition]:
    """Every change that the readings bring, from nothing known."""
    out: list[Transition] = []
    for change in _changes(rule, readings):
        before = (out[-1].state, out[-1].cause) if out else (State.UNKNOWN, Cause.MONITOR)
        same = before[0] is change.state and (before[1] is change.cause or change.state is State.DEGRADED)
        if not same:
            out.append(change)
    return out


def _changes(rule: Rule, readings: Sequence[Reading]) -> Iterator[Transition]:
    i = 0
    while i < len(readings):
        if readings[i].kind is Kind.UNMEASURED:
            yield Transition(readings[i].at, State.UNKNOWN, readings[i].cause, readings[i].at)
            last = i
        else:
            last = i
            while last + 1 < len(readings) and readings[last + 1].kind is not Kind.UNMEASURED and not _hole(rule, readings, last):
                last += 1
            yield from _of_piece(rule, readings, i, last)
        if _hole(rule, readings, last):
            yield _lost(rule, readings, i, last)
        i = last + 1


def _hole(rule: Rule, readings: Sequence[Reading], i: int) -> bool:
    return i + 1 < len(readings) and readings[i + 1].at - readings[i].at > rule.stale_after


def _lost(rule: Rule, readings: Sequence[Reading], first: int, last: int) -> Transition:
    """The hole after reading `last`; where it cut a run off, that was said with the piece."""
    end = readings[last].at + rule.interval
    rounds = readings[first : last + 1]
    if rounds[0].kind is Kind.UNMEASURED:
        return Transition(end, State.UNKNOWN, Cause.MONITOR, end)
    states, _ = _Piece(list(rounds)).painted(rule)
    return Transition(end, State.UNKNOWN, Cause.MONITOR, _last_shown(rounds, states[-1], len(rounds)) or end)


def _of_piece(rule: Rule, readings: Sequence[Reading], first: int, last: int) -> Iterator[Transition]:
    rounds = list(readings[first : last + 1])
    states, undecided = _Piece(rounds).painted(rule)
    for i, state in enumerate(states):
        if state is not State.UNKNOWN and (i == 0 or states[i - 1] is not state):
            earliest = _last_shown(rounds, states[i - 1], i) if i else None
            yield Transition(rounds[i].at, state, _cause(rule, rounds, i, state), earliest or rounds[i].at)
    if undecided and states[-1] is not State.UNKNOWN and last + 1 < len(readings):
        cut = rounds[-undecided]
        cause = Cause.MONITOR if _hole(rule, readings, last) else readings[last + 1].cause
        yield Transition(cut.at, State.UNKNOWN, cause, _last_shown(rounds, states[-1], len(rounds) - undecided) or cut.at)
    elif not undecided and last + 1 < len(readings) and not _hole(rule, readings, last):
        following = readings[last + 1]
        yield Transition(following.at, State.UNKNOWN, following.cause, _last_shown(rounds, states[-1], len(rounds)) or following.at)


def _last_shown(rounds: Sequence[Reading], state: State, before: int):
    """When a round before index `before` last showed `state`."""
    return next((reading.at for reading in reversed(rounds[:before]) if _SHOWN[reading.kind] is state), None)


def _cause(rule: Rule, rounds: Sequence[Reading], i: int, state: State) -> Cause | None:
    if state is not State.DOWN:
        return rounds[i].cause
    causes = [reading.cause for reading in rounds[i : i + rule.fall]]
    most = max(causes.count(cause) for cause in causes)
    return next(cause for cause in reversed(causes) if causes.count(cause) == most)
