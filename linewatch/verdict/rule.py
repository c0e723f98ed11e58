"""The rule by which rounds are judged: every parameter of a verdict, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """How rounds become readings and readings become states.

    `fall` consecutive bad rounds make DOWN, `rise` consecutive good ones end it (HAProxy's words). A round vouches for the time until
    the next one, unless none follows within `stale_after`: then for one `interval` only. `quorum`, `degraded_loss` (a ratio),
    `degraded_rtt`, `window` (in rounds) and `set_aside_after` concern lines alone.

    Raises ValueError for a parameter out of its range.
    """

    interval: timedelta
    stale_after: timedelta
    fall: int = 3
    rise: int = 2
    quorum: int = 1
    degraded_loss: float = 0.05
    degraded_rtt: timedelta | None = None
    window: int = 20
    set_aside_after: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        if self.interval <= timedelta(0):
            raise ValueError("the interval must be positive")
        if self.stale_after < self.interval:
            raise ValueError("stale_after must be at least one interval")
        if min(self.fall, self.rise, self.quorum, self.window) < 1:
            raise ValueError("fall, rise, quorum and window count from 1")
        if not 0 <= self.degraded_loss <= 1:
            raise ValueError("degraded_loss is a ratio between 0 and 1")


def default_stale_after(interval: timedelta) -> timedelta:
    """Three intervals, at least ten seconds (semantics, section 4)."""
    return max(3 * interval, timedelta(seconds=10))
