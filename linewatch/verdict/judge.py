"""From a round to a reading: the table of semantics, section 3, and what a judge has to remember for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.round import Round
from linewatch.sample.target import Role
from linewatch.span import ZERO
from linewatch.verdict.loss import came_back, loss, rtt_us
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.witness import Witness, after_answers, after_silence, is_excused, unseen


@dataclass(frozen=True, slots=True)
class Memory:
    """What a line's judge remembers from round to round.

    `window` holds the last rounds that saw the line, without a hole among them, at most `rule.window`; `silence` how long each anchor has not
    answered while the line was up; `aside` the anchors that were silent for too long and do not count until they answer again; `looked_at`
    when the last round was sent. `carried` are the anchors that have ever answered a large echo, `narrow` in how many rounds in a row none of
    theirs came back though their small ones did. `witness` is what the gateway's silence is worth.
    """

    window: tuple[Round, ...] = ()
    silence: Mapping[str, timedelta] = field(default_factory=dict)
    aside: frozenset[str] = frozenset()
    looked_at: datetime | None = None
    carried: frozenset[str] = frozenset()
    narrow: int = 0
    witness: Witness = field(default_factory=Witness)


@dataclass(frozen=True, slots=True)
class SetAside:
    """From `at` on the anchor does not count (`aside`), or counts again."""

    at: datetime
    anchor: str
    aside: bool


NARROW_AFTER = 2
"""Rounds in a row without a large answer that make a line narrow; once may be chance."""

Verdict = tuple[Reading, Memory, tuple[SetAside, ...]]


def line_verdict(rule: Rule, memory: Memory, looked: Round) -> Verdict:
    """What the round says of the line, what its judge remembers after it, and the anchors that it set aside or counts again."""
    gap = _gap(rule, memory.looked_at, looked.at)
    back = frozenset(anchor for anchor, outcome in _anchors(looked) if came_back(outcome) and anchor in memory.aside)
    witness = memory.witness if gap is not None else unseen(memory.witness)
    memory = replace(memory, aside=memory.aside - back, looked_at=looked.at, witness=witness)
    kind, cause = _line_kind(rule, memory, looked)
    window = _window(rule, memory, looked, whole=gap is not None, seen=kind is not Kind.UNMEASURED)
    memory = replace(memory, witness=_witness(rule, witness, looked, kind), window=window)
    memory = _with_large(memory, looked)
    if kind is Kind.GOOD:
        kind, cause = _quality(rule, memory)
    lived = gap if gap is not None and kind in (Kind.GOOD, Kind.DEGRADED) else ZERO
    memory, gone = _with_silence(rule, memory, looked, lived)
    changes = [SetAside(looked.at, anchor, aside=False) for anchor in sorted(back)] + [SetAside(looked.at, anchor, aside=True) for anchor in gone]
    return Reading(looked.at, kind, cause), memory, tuple(changes)


def endpoint_reading(looked: Round) -> Reading:
    """What a check says of its endpoint: an answer with a reservation is degraded, a host that could not look is unmeasured."""
    (outcome,) = looked.outcomes
    if outcome.result is Result.OK:
        return Reading(looked.at, Kind.DEGRADED if outcome.cause else Kind.GOOD, outcome.cause)
    return Reading(looked.at, Kind.UNMEASURED if outcome.result is Result.ERROR else Kind.BAD, outcome.cause)


Finding = tuple[Kind, Cause | None]


def _line_kind(rule: Rule, memory: Memory, looked: Round) -> Finding:
    counted = [outcome for anchor, outcome in _anchors(looked) if anchor not in memory.aside]
    if all(outcome.result is Result.ERROR for outcome in counted):  # nothing went over the line, so nothing is said of it
        return Kind.UNMEASURED, Cause.LOCAL if any(outcome.cause is Cause.LOCAL for outcome in counted) else Cause.MONITOR
    asked = [outcome for outcome in counted if outcome.result is not Result.ERROR]
    answers = sum(came_back(outcome) for outcome in asked)
    if 2 * answers > len(asked):
        return Kind.GOOD, None
    if answers >= min(rule.quorum, len(asked)):
        return Kind.DEGRADED, Cause.PARTIAL
    next_hop, gateway = _one(looked, Role.NEXT_HOP), _one(looked, Role.GATEWAY)
    if next_hop is not None and came_back(next_hop):
        return Kind.BAD, Cause.UPSTREAM
    if answers or gateway is None or came_back(gateway) or is_excused(rule, memory.witness, gateway):
        return Kind.BAD, Cause.LINE
    return Kind.UNMEASURED, Cause.MONITOR if _own_failure(gateway) else Cause.LOCAL


def _witness(rule: Rule, witness: Witness, looked: Round, kind: Kind) -> Witness:
    anchors = [outcome for _, outcome in _anchors(looked)]
    gateway = _one(looked, Role.GATEWAY)
    if any(came_back(outcome) for outcome in anchors):
        return after_answers(witness, gateway)
    if all(outcome.result is Result.ERROR for outcome in anchors):
        return unseen(witness)
    return after_silence(rule, witness, _one(looked, Role.NEXT_HOP), gateway, excused=kind is Kind.BAD)


def _quality(rule: Rule, memory: Memory) -> Finding:
    """A line that carries traffic may still carry it badly; of loss and time it takes a whole window to say so."""
    if len(memory.window) == rule.window:
        lost = loss(memory.window, memory.aside)
        if lost is not None and lost.ratio > rule.degraded_loss:
            return Kind.DEGRADED, Cause.LOSS
        if rule.degraded_rtt is not None:
            rtt = rtt_us(memory.window, memory.aside)
            if rtt is not None and timedelta(microseconds=rtt) > rule.degraded_rtt:
                return Kind.DEGRADED, Cause.LATENCY
    return (Kind.DEGRADED, Cause.MTU) if memory.narrow >= NARROW_AFTER else (Kind.GOOD, None)


def _with_large(memory: Memory, looked: Round) -> Memory:
    """What the round's large echoes say, where it has any. An anchor that never answered one proves nothing: many hosts answer small ones only."""
    large = [(seat.target, outcome) for seat, outcome in zip(looked.panel, looked.outcomes, strict=True) if seat.role is Role.LARGE]
    if not large:
        return memory
    back = frozenset(anchor for anchor, outcome in large if came_back(outcome))
    if back:
        return replace(memory, carried=memory.carried | back, narrow=0)
    small = {anchor for anchor, outcome in _anchors(looked) if came_back(outcome)}
    lost = [anchor for anchor, outcome in large if outcome.result is Result.LOST and anchor in small & memory.carried]
    return replace(memory, narrow=memory.narrow + 1) if lost else memory


def _window(rule: Rule, memory: Memory, looked: Round, whole: bool, seen: bool) -> tuple[Round, ...]:
    """A hole or a clock stepped back empties the window: rounds on both its sides are no row of rounds.

    A round that did not see the line (unmeasured) says nothing of its loss: what was lost in it was lost on this side.
    """
    window = memory.window if whole else ()
    return (*window, looked)[-rule.window :] if seen else window


def _with_silence(rule: Rule, memory: Memory, looked: Round, lived: timedelta) -> tuple[Memory, list[str]]:
    """What is remembered of the anchors after the line was up for another `lived`, and those that are set aside by it."""
    silence: dict[str, timedelta] = {}
    gone = []
    for anchor, outcome in _anchors(looked):
        if came_back(outcome):
            continue
        silence[anchor] = memory.silence.get(anchor, ZERO) + (ZERO if _own_failure(outcome) else lived)
        if silence[anchor] >= rule.set_aside_after and anchor not in memory.aside:
            gone.append(anchor)
    return replace(memory, silence=silence, aside=memory.aside.union(gone)), gone


def _gap(rule: Rule, before: datetime | None, at: datetime) -> timedelta | None:
    """The time since the round before, or None where none vouches for it."""
    gap = at - before if before is not None else None
    return gap if gap is not None and ZERO <= gap <= rule.stale_after else None


def _anchors(looked: Round) -> list[tuple[str, Outcome]]:
    return [(seat.target, outcome) for seat, outcome in zip(looked.panel, looked.outcomes, strict=True) if seat.role is Role.ANCHOR]


def _one(looked: Round, role: Role) -> Outcome | None:
    return next((outcome for seat, outcome in zip(looked.panel, looked.outcomes, strict=True) if seat.role is role), None)


def _own_failure(outcome: Outcome) -> bool:
    """The prober itself failed: that is never loss."""
    return outcome.result is Result.ERROR and outcome.cause is Cause.MONITOR
