"""The time of the record: the host's wall clock, watched for steps against the monotonic one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STEP = timedelta(milliseconds=500)
"""A disagreement of the two clocks since the last look that is no slewing any more (NTP slews at most 0.5 ms in a second)."""


@dataclass(frozen=True, slots=True)
class ClockStep:
    """The clock read `left_at` when it was stepped, and `resumed_at` at once after."""

    left_at: datetime
    resumed_at: datetime


class Clock:
    """Instants for the record: within one epoch they never go down; a step of the wall clock begins a new epoch.

    Look at it at least every few seconds (`now`), so that slewing is not taken for a step and a step is dated well.
    """

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._last_wall = wall()
        self._last_monotonic = monotonic()
        self._last = _instant(self._last_wall)
        self.steps: list[ClockStep] = []

    @property
    def epoch(self) -> int:
        """How many steps there have been."""
        return len(self.steps)

    def monotonic(self) -> float:
        """Seconds that only ever go forward."""
        return self._monotonic()

    def now(self) -> datetime:
        """The instant, in UTC; notices a step first."""
        wall, monotonic = self._wall(), self._monotonic()
        expected = self._last_wall + (monotonic - self._last_monotonic)
        self._last_wall, self._last_monotonic = wall, monotonic
        if abs(wall - expected) > STEP.total_seconds():
            self.steps.append(ClockStep(max(self._last, _instant(expected)), _instant(wall)))
            self._last = _instant(wall)
        else:
            self._last = max(self._last, _instant(wall))
        return self._last


def _instant(wall: float) -> datetime:
    return datetime.fromtimestamp(wall, UTC)
