"""The rounds of a record judged once more, by the functions that judged them when they were sent; the quiet ones in a stride."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from linewatch.sample.round import Round
from linewatch.sample.target import Role
from linewatch.span import EPOCH, ZERO, Span, from_epoch, microseconds, to_epoch
from linewatch.verdict.judge import Memory, endpoint_reading, line_verdict
from linewatch.verdict.loss import came_back
from linewatch.verdict.machine import Standing, clock_step, cut_off, nothing_known, step
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State, Transition

ALWAYS = Span(EPOCH, datetime(9999, 1, 1, tzinfo=UTC))
EXAMPLES = 100
"""So many rounds that read otherwise are kept to be shown; the others are counted."""


class KeptRound(Protocol):
    """A round of the record, which need not be read in full to be told apart.

    Rounds of one `shape` asked the same targets, had plain answers and plain timeouts at the same places, and none of anything else; None for
    any other round. `reading` is what the record says of it.
    """

    @property
    def at_us(self) -> int:
        """When it was sent, in microseconds of the epoch."""

    @property
    def shape(self) -> Hashable:
        """What it has in common with rounds like it, or None."""

    @property
    def looked(self) -> Round:
        """What it saw."""

    @property
    def reading(self) -> Reading:
        """What it was judged to be."""


@dataclass(slots=True)
class Replay:
    """Rounds, in order of time, on their way through judge and machine.

    `judges` is False for the rounds of a history file, each of which is its own reading. After the last round `transitions` has the changes,
    `rounds` how many were judged, `otherwise` the first of those that read otherwise than the record says (the record's reading, ours), and
    `otherwise_count` how many did; rounds out of `counts` (sorted, disjoint) are judged for what comes before or after them and count in none
    of these.
    """

    rule: Rule
    is_line: bool
    judges: bool = True
    memory: Memory = field(default_factory=Memory)
    counts: Sequence[Span] = (ALWAYS,)
    standing: Standing = field(default_factory=nothing_known)
    transitions: list[Transition] = field(default_factory=list)
    rounds: int = 0
    otherwise: list[tuple[Reading, Reading]] = field(default_factory=list)
    otherwise_count: int = 0
    _last_us: int = 0
    _stride: _Stride | None = None
    _alike: deque[KeptRound] = field(default_factory=deque)
    _alike_silent: frozenset[str] = frozenset()

    def take(self, kept: KeptRound) -> None:
        """One round more."""
        stride = self._stride
        if stride is not None and kept.shape == stride.shape and 0 <= kept.at_us - self._last_us <= stride.stale_us and kept.at_us < stride.until_us:
            self._last_us = kept.at_us
            self._alike.append(kept)
            self.rounds += stride.counts
            return
        self._stop()
        looked = kept.looked
        self._judge(kept, looked)
        self._last_us = kept.at_us
        self._stride = self._begun(kept, looked)

    def step_clock(self, left_at: datetime, resumed_at: datetime) -> None:
        """The clock was stepped before the next round."""
        self._stop()
        self.standing, changes = clock_step(self.rule, self.standing, left_at, resumed_at)
        self.transitions += changes

    def end(self, now: datetime) -> None:
        """No round has followed by `now`."""
        self._stop()
        self.standing, changes = cut_off(self.rule, self.standing, now)
        self.transitions += changes

    def _judge(self, kept: KeptRound, looked: Round) -> None:
        told = kept.reading
        reading = told
        if self.judges and self.is_line:
            reading, self.memory, _ = line_verdict(self.rule, self.memory, looked)
        elif self.judges:
            reading = endpoint_reading(looked)
        self.standing, changes = step(self.rule, self.standing, reading)
        self.transitions += changes
        if not self._counted(kept.at_us)[0]:
            return
        self.rounds += 1
        if reading != told:
            self.otherwise_count += 1
            if len(self.otherwise) < EXAMPLES:
                self.otherwise.append((told, reading))

    def _begun(self, kept: KeptRound, looked: Round) -> _Stride | None:
        """Whether rounds like this one change nothing from here on.

        The service is UP with nothing against it. For a line, the whole window reads good with the same anchors silent: so will the next round of
        this shape, until an anchor has been silent for long enough to be set aside. A large echo that was missed is watched round by round, and so
        is a gateway until it is known whether its silence is a habit.
        """
        judges_line = self.is_line and self.judges
        silent = _silent(looked) if judges_line else frozenset()
        self._note_alike(kept, silent)
        standing, memory = self.standing, self.memory
        if kept.shape is None or standing.state is not State.UP or standing.run or standing.seen is None or standing.seen.kind is not Kind.GOOD:
            return None
        if judges_line and (self.rule.degraded_rtt is not None or len(self._alike) < self.rule.window or memory.narrow):
            return None
        if judges_line and not memory.witness.is_settled:
            return None
        patience = [self.rule.set_aside_after - memory.silence.get(anchor, ZERO) for anchor in silent if anchor not in memory.aside]
        counts, until_us = self._counted(kept.at_us)
        if patience:
            until_us = min(until_us, kept.at_us + microseconds(min(patience)))
        return _Stride(kept.shape, kept.at_us, until_us, microseconds(self.rule.stale_after), counts, silent)

    def _counted(self, at_us: int) -> tuple[bool, int]:
        """Whether a round of this time counts, and up to when that is so."""
        for span in self.counts:
            if at_us < to_epoch(span.start):
                return False, to_epoch(span.start)
            if at_us < to_epoch(span.end):
                return True, to_epoch(span.end)
        return False, to_epoch(ALWAYS.end)

    def _note_alike(self, kept: KeptRound, silent: frozenset[str]) -> None:
        """Keep the last plain rounds with the same anchors silent and without a hole among them, as many as the window holds."""
        before = self._alike[-1] if self._alike else None
        hole = before is None or not 0 <= kept.at_us - before.at_us <= microseconds(self.rule.stale_after)
        if hole or kept.shape is None or silent != self._alike_silent:
            self._alike = deque(maxlen=self.rule.window)
            self._alike_silent = silent
        if kept.shape is not None:
            self._alike.append(kept)

    def _stop(self) -> None:
        """Catch up with what the rounds of the stride have left behind."""
        stride, self._stride = self._stride, None
        if stride is None or stride.began_us == self._last_us:
            return
        at = from_epoch(self._last_us)
        self.standing = Standing(State.UP, None, Reading(at, Kind.GOOD), (), at)
        if self.is_line and self.judges:
            lived = at - from_epoch(stride.began_us)
            silence: Mapping[str, timedelta] = {anchor: self.memory.silence.get(anchor, ZERO) + lived for anchor in stride.silent}
            self.memory = replace(self.memory, window=tuple(each.looked for each in self._alike), silence=silence, looked_at=at)


@dataclass(frozen=True, slots=True)
class _Stride:
    """Rounds of one shape that change nothing: since `began_us`, and no longer than to `until_us`; `silent` are the anchors that do not answer."""

    shape: Hashable
    began_us: int
    until_us: int
    stale_us: int
    counts: bool
    silent: frozenset[str]


def _silent(looked: Round) -> frozenset[str]:
    return frozenset(
        seat.target for seat, outcome in zip(looked.panel, looked.outcomes, strict=True) if seat.role is Role.ANCHOR and not came_back(outcome)
    )
