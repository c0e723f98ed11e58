"""The states of a service, and the moments at which they change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linewatch.sample.cause import Cause


class State(StrEnum):
    """How a service stands. UNKNOWN is a state like the others, never an absence of rows."""

    UP = "up"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    DOWN = "down"

    @property
    def badness(self) -> int:
        """Their order where two accounts of the same second differ: the worse wins, and not to know is worse than to be degraded."""
        return _BADNESS[self]


_BADNESS = {State.UP: 0, State.DEGRADED: 1, State.UNKNOWN: 2, State.DOWN: 3}


@dataclass(frozen=True, slots=True)
class Transition:
    """From `at` (UTC) on the service is in `state`; it holds until the next one.

    `at` is the send time of the first round that showed the new state (back-dated where it took several to be sure). The true change lies
    in `(earliest_at, at]`: `earliest_at` is the send time of the last round that still showed the old state, and equals `at` where there
    was none, as after UNKNOWN time and in imported states. `cause` is None exactly for UP.
    """

    at: datetime
    state: State
    cause: Cause | None
    earliest_at: datetime

    def __post_init__(self) -> None:
        if self.earliest_at > self.at:
            raise ValueError("a change cannot be seen before it was possible")
        if (self.cause is None) != (self.state is State.UP):
            raise ValueError(f"{self.state} {'has no' if self.state is State.UP else 'needs a'} cause")
