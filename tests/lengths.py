"""How long a fault of a test lasts: its full length where LINEWATCH_FULL_LENGTH is 1, as in `make test` and `make faults`, else some seconds.

The test is the same, and takes up to three minutes at full length.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import pytest

FULL = bool(int(os.environ.get("LINEWATCH_FULL_LENGTH", "0")))
MINUTES = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Length:
    """In seconds; printed as it is now."""

    full_s: float
    short_s: float

    @property
    def s(self) -> float:
        """How long it is now."""
        return self.full_s if FULL else self.short_s

    def __str__(self) -> str:
        return f"{self.s:g} s"

    def pass_by(self, share: float, since: float) -> None:
        """Sleep until that share of it has passed since then, an instant of time.monotonic(); no longer where it has already."""
        time.sleep(max(0.0, since + share * self.s - time.monotonic()))
