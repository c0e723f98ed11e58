"""Exclusions: approved time that is left out of the account, as an append-only ledger records it (semantics, section 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from linewatch.sla.hours import DAY, by_wall_clock
from linewatch.span import Span, merged, shared


@dataclass(frozen=True, slots=True)
class Revocation:
    """The entry that takes an exclusion back."""

    reason: str
    by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One entry of the ledger: `span` is left out for `services` (empty: for every one).

    `reference` is a notice's or ticket's number, `by` who entered it, `entered_at` (UTC) when. `repeat` is an RFC 5545 recurrence rule (RRULE) by
    which windows as long as `span` follow it in the contract's zone, or empty.
    """

    id: int
    services: tuple[str, ...]
    span: Span
    reason: str
    by: str
    entered_at: datetime
    reference: str = ""
    repeat: str = ""
    revoked: Revocation | None = None

    def is_retroactive(self, window: Span) -> bool:
        """Whether it was entered after this window of it had begun."""
        return self.entered_at > window.start


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wrote about an outage: the carrier's ticket, the cause found, and the carrier's own times where it reported any (UTC)."""

    outage: str
    by: str
    entered_at: datetime
    ticket: str = ""
    cause: str = ""
    text: str = ""
    carrier_start: datetime | None = None
    carrier_end: datetime | None = None


def windows(exclusion: Exclusion, span: Span, zone: ZoneInfo) -> list[Span]:
    """The windows of an exclusion within `span`, sorted and disjoint.

    The first is the span as it was entered. Those that a rule adds are where the wall clock of the zone reads the same times again, so on a day on
    which the clocks change they are as much shorter or longer as that day is.
    """
    if exclusion.repeat and exclusion.span.start < span.end:
        return list(_repeated(exclusion.repeat, exclusion.span, span, zone))
    only = exclusion.span.clip(span)
    return [] if only is None else [only]


@lru_cache(maxsize=32)  # an exclusion of every service is asked for by each of them
def _repeated(rule: str, first: Span, span: Span, zone: ZoneInfo) -> tuple[Span, ...]:
    from linewatch.sla.recurrence import starts  # dateutil takes ten milliseconds that a ledger without rules need not spend

    start, length = wall(first.start, zone), wall(first.end, zone) - wall(first.start, zone)
    since, before = wall(span.start, zone) - length - DAY, wall(span.end, zone) + DAY
    found = [first]
    for again in starts(rule, start, before, zone, since):
        if again > start:
            found += by_wall_clock(again, again + length, zone)
    return tuple(shared(merged(found), [span]))


def wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What the wall clock of the zone reads at an instant, without a zone."""
    return at.astimezone(zone).replace(tzinfo=None)


def in_force(ledger: Sequence[Exclusion], service: str, as_of: datetime) -> list[Exclusion]:
    """The exclusions that hold for `service` as the ledger stood at `as_of`: entered by then and not yet revoked."""
    return [
        each
        for each in ledger
        if each.entered_at <= as_of and (not each.services or service in each.services) and (each.revoked is None or each.revoked.entered_at > as_of)
    ]
