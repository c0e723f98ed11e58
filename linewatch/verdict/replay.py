"""The rounds of a record judged once more, by the functions that judged them when they were sent; the quiet ones in a stride."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from linewatch.sample.round import Round
from linewatch.sample.target import Role
from linewatch.span import ZERO, Span, from_epoch, microseconds, to_epoch
from linewatch.verdict.judge import Memory, endpoint_reading, line_verdict
from linewatch.verdict.loss import came_back
from linewatch.verdict.machine import Standing, clock_step, cut_off, nothing_known, step
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State, Transition

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
    `otherwise_count` how many did; rounds out of `counts` are judged for what comes before or after them and count in none of these.
    """

    rule: Rule
    is_line: bool
    judges: bool = True
    memory: Memory = field(default_factory=Memory)
    counts: Span | None = None
    standing: Standing = field(default_factory=nothing_known)
    transitions: list[Transition] = field(default_factory=list)
    rounds: int = 0
    otherwise: list[tuple[Reading, Reading]] = field(default_factory=list)
    otherwise_count: int = 0
    _last_us: int = 0
    _stride: _Stride | None = None
    _alike: deque[KeptRound] = field(default_factory=deque)

    def take(self, kept: KeptRound) -> None:
        """One round more."""
        stride = self._stride
        if stride is not None and kept.shape == stride.shape and 0 <= kept.at_us - self._last_us <= stride.stale_us and kept.at_us < stride.until_us:
            self._last_us = kept.at_us
            self._alike.append(kept)
            self.rounds += stride.counts_us[0] <= kept.at_us < stride.counts_us[1]
            return
        self._stop()
        self._judge(kept)
        self._last_us = kept.at_us
        self._stride = self._begun(kept)

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

    def _judge(self, kept: KeptRound) -> None:
        told = kept.reading
        reading = told
        if self.judges and self.is_line:
            reading, self.memory, _ = line_verdict(self.rule, self.memory, kept.looked)
        elif self.judges:
            reading = endpoint_reading(kept.looked)
        self.standing, changes = step(self.rule, self.standing, reading)
        self.transitions += changes
        if self.counts is not None and not self.counts.holds(reading.at):
            return
        self.rounds += 1
        if reading != told:
            self.otherwise_count += 1
            if len(self.otherwise) < EXAMPLES:
                self.otherwise.append((told, reading))

    def _begun(self, kept: KeptRound) -> _Stride | None:
        """Whether rounds like this one change nothing from here on.

        The service is UP with nothing against it, and the whole window is of one shape, which reads good: so will the next one of that
        shape, until an anchor has been silent for long enough to be set aside.
        """
        self._note_alike(kept)
        standing = self.standing
        if kept.shape is None or standing.state is not State.UP or standing.run or standing.seen is None or kept.reading.kind is not Kind.GOOD:
            return None
        if standing.seen.kind is not Kind.GOOD or (self.is_line and self.judges and not self._settled()):
            return None
        silent = _silent(kept) if self.is_line and self.judges else frozenset()
        patience = [self.rule.set_aside_after - self.memory.silence.get(anchor, ZERO) for anchor in silent if anchor not in self.memory.aside]
        until_us = kept.at_us + microseconds(min(patience, default=timedelta.max // 2))
        counts_us = (0, until_us) if self.counts is None else (to_epoch(self.counts.start), to_epoch(self.counts.end))
        return _Stride(kept.shape, kept.at_us, until_us, microseconds(self.rule.stale_after), counts_us, silent)

    def _note_alike(self, kept: KeptRound) -> None:
        """Keep the last rounds of one shape without a hole among them, as many as the window holds."""
        before = self._alike[-1] if self._alike else None
        if before is None or before.shape != kept.shape or not 0 <= kept.at_us - before.at_us <= microseconds(self.rule.stale_after):
            self._alike = deque(maxlen=self.rule.window)
        self._alike.append(kept)

    def _settled(self) -> bool:
        return self.rule.degraded_rtt is None and len(self._alike) == self.rule.window

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
    counts_us: tuple[int, int]
    silent: frozenset[str]


def _silent(kept: KeptRound) -> frozenset[str]:
    looked = kept.looked
    return frozenset(
        seat.target for seat, outcome in zip(looked.panel, looked.outcomes, strict=True) if seat.role is Role.ANCHOR and not came_back(outcome)
    )
