"""What one round says of a service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linewatch.sample.cause import Cause


class Kind(StrEnum):
    """The four things a round can say."""

    GOOD = "good"
    DEGRADED = "degraded"
    BAD = "bad"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the round sent at `at` (UTC) says; `cause` is None exactly where it is good."""

    at: datetime
    kind: Kind
    cause: Cause | None = None

    def __post_init__(self) -> None:
        if (self.cause is None) != (self.kind is Kind.GOOD):
            raise ValueError(f"a {self.kind} reading {'has no' if self.kind is Kind.GOOD else 'needs a'} cause")
