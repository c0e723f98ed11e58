"""One round: one look at one service, every target of it at about the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from linewatch.sample.outcome import Outcome
from linewatch.sample.target import Role


@dataclass(frozen=True, slots=True)
class Seat:
    """One target's place in a round: what it is to the service, and the name that it is recorded under."""

    role: Role
    target: str

    @property
    def label(self) -> str:
        """A name that no other seat of the panel has: an anchor that is asked by a large echo too is two series."""
        return f"{self.target} ({self.role})" if self.role is Role.LARGE else self.target


Panel = tuple[Seat, ...]
"""Whom a round asks, in order."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round saw: `outcomes[i]` is the answer of `panel[i]`; `at` (UTC) is when the first packet was sent."""

    at: datetime
    panel: Panel
    outcomes: tuple[Outcome, ...]

    def __post_init__(self) -> None:
        if len(self.panel) != len(self.outcomes):
            raise ValueError(f"{len(self.panel)} targets were asked, {len(self.outcomes)} outcomes came back")
