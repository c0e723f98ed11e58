"""From readings to states: the step function, as a literal table.

Its laws:

1. One bad round is an accident, `fall` in a row are an outage; one good round is luck, `rise` in a row are its end. Both verdicts are
   back-dated to the first round of their run (after ITU-T G.826, where the seconds that confirm unavailable time belong to it).
2. Between UP and DEGRADED there is nothing to confirm: the change counts from the round that shows it.
3. Not to have measured is a reading of its own. It ends whatever stood, from its own time on.
4. A round vouches for the time until the next one; where none follows within `stale_after`, for one interval only. The rest is UNKNOWN.
5. A run that is cut off before it decided leaves its own time UNKNOWN: it was no outage and no recovery, and it was not the contrary either.
6. Out of UNKNOWN one good round is enough to be UP: there is no outage to be ended. To be DOWN takes `fall` bad ones, as ever.
7. Nothing here reads a clock. The times are those of the readings, and no transition lies before the one that it follows, except
   where the clock itself was stepped back (`clock_step`); a reading older than the one before it is such a step that nobody announced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from linewatch.sample.cause import Cause
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State, Transition


class Action(Enum):
    """What a reading does to what stands."""

    STAY = auto()  # it agrees; a run against it is over
    TURN = auto()  # it changes the state at once
    COUNT = auto()  # it speaks against the state; enough of its kind in a row change it
    LOSE = auto()  # nothing is known from here on


TABLE: dict[tuple[State, Kind], Action] = {
    (State.UP, Kind.GOOD): Action.STAY,
    (State.UP, Kind.DEGRADED): Action.TURN,
    (State.UP, Kind.BAD): Action.COUNT,
    (State.UP, Kind.UNMEASURED): Action.LOSE,
    (State.DEGRADED, Kind.GOOD): Action.TURN,
    (State.DEGRADED, Kind.DEGRADED): Action.TURN,
    (State.DEGRADED, Kind.BAD): Action.COUNT,
    (State.DEGRADED, Kind.UNMEASURED): Action.LOSE,
    (State.DOWN, Kind.GOOD): Action.COUNT,
    (State.DOWN, Kind.DEGRADED): Action.COUNT,
    (State.DOWN, Kind.BAD): Action.STAY,
    (State.DOWN, Kind.UNMEASURED): Action.LOSE,
    (State.UNKNOWN, Kind.GOOD): Action.TURN,
    (State.UNKNOWN, Kind.DEGRADED): Action.TURN,
    (State.UNKNOWN, Kind.BAD): Action.COUNT,
    (State.UNKNOWN, Kind.UNMEASURED): Action.LOSE,
}

_SHOWN = {Kind.GOOD: State.UP, Kind.DEGRADED: State.DEGRADED}
_SHOWING = {State.UP: Kind.GOOD, State.DEGRADED: Kind.DEGRADED, State.DOWN: Kind.BAD, State.UNKNOWN: Kind.UNMEASURED}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a service stands, and what speaks against it so far.

    `seen` is the last reading (None where nothing has been seen since the clock was stepped or at all), `run` the readings in a row that
    speak against `state` and have not decided yet: fewer than `fall` bad ones, or in an outage fewer than `rise` good ones.
    """

    state: State
    cause: Cause | None
    seen: Reading | None = None
    run: tuple[Reading, ...] = ()
    agreed_at: datetime | None = None  # the last round that showed `state`

    @property
    def pending(self) -> bool:
        """Whether a run is under way: the next round is wanted soon."""
        return bool(self.run)


def nothing_known(cause: Cause = Cause.MONITOR) -> Standing:
    """How a service stands before anyone has looked."""
    return Standing(State.UNKNOWN, cause)


Step = tuple[Standing, tuple[Transition, ...]]


def step(rule: Rule, standing: Standing, reading: Reading) -> Step:
    """One reading more: how the service stands after it, and the changes that it brings, in the order of the record."""
    standing, before = _until(rule, standing, reading.at)
    action = TABLE[standing.state, reading.kind]
    if action is Action.STAY:
        after, changes = _stay(standing, reading)
    elif action is Action.TURN:
        after, changes = _turn(standing, (reading,))
    elif action is Action.COUNT:
        after, changes = _count(rule, standing, reading)
    else:
        after, changes = _lose(standing, reading.at, _cause_of(reading))
    return replace(after, seen=reading), before + changes


def cut_off(rule: Rule, standing: Standing, now: datetime) -> Step:
    """How a service stands at `now` where no round has come since: UNKNOWN, cause `monitor`, once the last one is stale."""
    return _silence(rule, standing, now)


def clock_step(rule: Rule, standing: Standing, left_at: datetime, resumed_at: datetime) -> Step:
    """The host's clock was stepped: it read `left_at` when it was, and `resumed_at` at once after.

    Forward, the time between was never lived and stays UNKNOWN. Back, the account of the hours so far is closed at `left_at` and a new one
    begins at `resumed_at`; where the two overlap, the timeline lets the worse win. A `left_at` before the last reading counts as its time.
    """
    if standing.seen is not None:
        left_at = max(left_at, standing.seen.at)
    standing, silence = _silence(rule, standing, left_at)
    standing, lost = _lose(standing, left_at, Cause.CLOCK)
    changes = silence + lost
    if resumed_at < left_at:
        closed = () if lost and lost[-1].at == left_at else (_blank(left_at),)
        changes = (*changes, *closed, _blank(resumed_at))
    return replace(standing, seen=None), changes


def _blank(at: datetime) -> Transition:
    return Transition(at, State.UNKNOWN, Cause.CLOCK, at)


def _until(rule: Rule, standing: Standing, at: datetime) -> Step:
    """How the service stood when the round at `at` was sent: after a hole, or after a step back of the clock that nobody announced."""
    if standing.seen is not None and at < standing.seen.at:
        return clock_step(rule, standing, standing.seen.at, at)
    return _silence(rule, standing, at)


def _silence(rule: Rule, standing: Standing, at: datetime) -> Step:
    """Law 4: the hole before a round at `at`, where there is one."""
    seen = standing.seen
    if seen is None or at - seen.at <= rule.stale_after:
        return standing, ()
    after, changes = _lose(standing, seen.at + rule.interval, Cause.MONITOR)
    return replace(after, seen=None), changes


def _stay(standing: Standing, reading: Reading) -> Step:
    return replace(standing, run=(), agreed_at=reading.at), ()


def _turn(standing: Standing, run: Sequence[Reading]) -> Step:
    """The state becomes what the readings of `run` show, each from its own time on (all good or degraded).

    Degraded time keeps the cause that it began with: a cause that flickers is no change of state.
    """
    changes: list[Transition] = []
    for reading in run:
        state = _SHOWN[reading.kind]
        cause = standing.cause
        if state is not standing.state:
            cause = reading.cause
            changes.append(_change(standing, reading.at, state, cause))
        standing = Standing(state, cause, standing.seen, (), reading.at)
    return standing, tuple(changes)


def _count(rule: Rule, standing: Standing, reading: Reading) -> Step:
    run = (*standing.run, reading)
    if reading.kind is not Kind.BAD:
        return _turn(standing, run) if len(run) >= rule.rise else (replace(standing, run=run), ())
    if len(run) < rule.fall:
        return replace(standing, run=run), ()
    cause = _commonest(run)
    return Standing(State.DOWN, cause, standing.seen, (), reading.at), (_change(standing, run[0].at, State.DOWN, cause),)


def _lose(standing: Standing, at: datetime, cause: Cause) -> Step:
    """Nothing is known from `at` on, or from the start of an undecided run (law 5)."""
    after = Standing(State.UNKNOWN, cause, standing.seen)
    if standing.state is State.UNKNOWN:
        return after, () if standing.cause is cause else (Transition(at, State.UNKNOWN, cause, at),)
    start = standing.run[0].at if standing.run else at
    return after, (_change(standing, start, State.UNKNOWN, cause),)


def _change(standing: Standing, at: datetime, state: State, cause: Cause | None) -> Transition:
    """The change is no earlier than the last round that showed the old state; out of UNKNOWN there was none."""
    old = standing.agreed_at if standing.state is not State.UNKNOWN else None
    return Transition(at, state, cause, at if old is None else old)


def _commonest(run: Sequence[Reading]) -> Cause:
    """The cause that most rounds of the run name; among equals the later, since the first round may have met the fault half-way."""
    counts = Counter(_cause_of(reading) for reading in reversed(run))
    return counts.most_common(1)[0][0]


def _cause_of(reading: Reading) -> Cause:
    if reading.cause is None:
        raise AssertionError("a reading that is not good has a cause")
    return reading.cause


def resumed(rule: Rule, last: Transition | None, tail: Sequence[Reading]) -> Standing:
    """How the service stood when its record ended: from the last change and the last readings, both in the order of the record.

    `tail` should reach back over more readings than `fall` and `rise`; a run under way is found again in it, so that a restart within
    `stale_after` goes on as if it had not been. A change whose own readings were lost with a crash vouches for itself, no longer than a
    round does. After a step of the clock nothing seen before counts.
    """
    if last is None:
        return replace(nothing_known(), seen=tail[-1] if tail else None, run=_against(rule, State.UNKNOWN, tail))
    if last.cause is Cause.CLOCK:
        return nothing_known(Cause.CLOCK)
    since = [reading for reading in tail if reading.at >= last.at]
    run = _against(rule, last.state, since)
    agreeing = since[: len(since) - len(run)]
    agreed_at = agreeing[-1].at if agreeing else last.at
    return Standing(last.state, last.cause, since[-1] if since else _shown_by(last), run, None if last.state is State.UNKNOWN else agreed_at)


def _shown_by(change: Transition) -> Reading:
    """The round that a change is dated to."""
    return Reading(change.at, _SHOWING[change.state], change.cause)


def _against(rule: Rule, state: State, readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The last readings in a row that speak against `state`, without a hole among them."""
    run: list[Reading] = []
    for reading in reversed(readings):
        if TABLE[state, reading.kind] is not Action.COUNT or (run and run[-1].at - reading.at > rule.stale_after):
            break
        run.append(reading)
    return tuple(reversed(run))
