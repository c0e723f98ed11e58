"""What the record holds beside rounds, transitions and events: services and imported files, as values without a trace of SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

ServiceKind = Literal["line", "endpoint"]
SourceKind = Literal["samples", "states"]


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service that the record knows.

    `heard_at` is the time of the round kept last (None: none yet). Live rounds before `pruned_before` are gone (None: none is);
    it lies on a whole hour of the epoch.
    """

    name: str
    kind: ServiceKind
    interval: timedelta
    heard_at: datetime | None = None
    pruned_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A history file that was imported: its name without folders, the SHA-256 of its bytes in hex, and what it held.

    `first_at` and `last_at` are the instants of its first and last row; `interval`, for samples, is how often the other monitor looked.
    """

    kind: SourceKind
    name: str
    sha256: str
    imported_at: datetime
    rows: int
    first_at: datetime
    last_at: datetime
    interval: timedelta | None = None
