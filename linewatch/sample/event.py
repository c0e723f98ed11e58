"""What happens to the watching itself: clock steps, starts and stops, configurations, anchors set aside, imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Happening(StrEnum):
    """The kinds of event that the record keeps."""

    STARTED = "started"  # data: version
    STOPPED = "stopped"
    CONFIGURED = "configured"  # data: sha256
    CLOCK_STEPPED = "clock_stepped"  # data: left_at, resumed_at
    SET_ASIDE = "set_aside"  # data: anchor
    COUNTS_AGAIN = "counts_again"  # data: anchor
    IMPORTED = "imported"  # data: file, sha256, kind, rows
    SAMPLES_LOST = "samples_lost"  # data: count, first_at, last_at; the store could not be written for too long
    RECOVERED = "recovered"  # data: breaks, dropped, judged_anew; this store was made of a damaged one


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at `at` (UTC), to one service or (None) to the whole watch; `data` is JSON-ready."""

    at: datetime
    kind: Happening
    service: str | None = None
    data: Mapping[str, str | int | float] = field(default_factory=dict)


ASIDE = (Happening.SET_ASIDE, Happening.COUNTS_AGAIN)
"""What tells of anchors that are set aside."""


def set_aside(events: Iterable[Event], service: str) -> frozenset[str]:
    """The anchors of a service that are set aside after these events of ASIDE, in the order of record."""
    aside: set[str] = set()
    for event in events:
        if event.service == service:
            (aside.add if event.kind is Happening.SET_ASIDE else aside.discard)(str(event.data["anchor"]))
    return frozenset(aside)
