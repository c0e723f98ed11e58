"""The rows of the ledger and their values, both ways: exclusions, revocations, notes on outages."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from linewatch.sla.exclusions import Exclusion, Note, Revocation
from linewatch.span import Span, from_epoch, to_epoch
from linewatch.store.sql import Row


def exclusion_row(entry: Exclusion) -> Row:
    """An exclusion without its number, which the database gives, and without its revocation, which is a row of its own."""
    return {
        "services": json.dumps(list(entry.services), ensure_ascii=False),
        "start_us": to_epoch(entry.span.start),
        "end_us": to_epoch(entry.span.end),
        "repeat": entry.repeat,
        "reason": entry.reason,
        "reference": entry.reference,
        "author": entry.by,
        "entered_us": to_epoch(entry.entered_at),
    }


def exclusion_of(row: Any) -> Exclusion:
    """The exclusion of a row of `exclusions`, with the columns of its revocation as `revoked_reason`, `revoked_author` and `revoked_us`.

    Raises ValueError for a span or services that make no sense.
    """
    revoked = None if row.revoked_us is None else Revocation(row.revoked_reason, row.revoked_author, from_epoch(row.revoked_us))
    return Exclusion(
        id=row.id,
        services=tuple(json.loads(row.services)),
        span=Span(from_epoch(row.start_us), from_epoch(row.end_us)),
        reason=row.reason,
        by=row.author,
        entered_at=from_epoch(row.entered_us),
        reference=row.reference,
        repeat=row.repeat,
        revoked=revoked,
    )


def revocation_row(exclusion_id: int, entry: Revocation) -> Row:
    """The revocation of an exclusion."""
    return {"exclusion_id": exclusion_id, "reason": entry.reason, "author": entry.by, "entered_us": to_epoch(entry.entered_at)}


def note_row(note: Note) -> Row:
    """A note on an outage."""
    return {
        "outage": note.outage,
        "ticket": note.ticket,
        "cause": note.cause,
        "text": note.text,
        "carrier_start_us": None if note.carrier_start is None else to_epoch(note.carrier_start),
        "carrier_end_us": None if note.carrier_end is None else to_epoch(note.carrier_end),
        "author": note.by,
        "entered_us": to_epoch(note.entered_at),
    }


def note_of(row: Any) -> Note:
    """The note of a row of `notes`."""
    return Note(
        outage=row.outage,
        by=row.author,
        entered_at=from_epoch(row.entered_us),
        ticket=row.ticket,
        cause=row.cause,
        text=row.text,
        carrier_start=_maybe(row.carrier_start_us),
        carrier_end=_maybe(row.carrier_end_us),
    )


def _maybe(at_us: int | None) -> datetime | None:
    return None if at_us is None else from_epoch(at_us)
