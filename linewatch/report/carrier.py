"""What people wrote about an outage, held against the measurement: the carrier's ticket, and its own times beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from linewatch.report.table import local
from linewatch.sla.exclusions import Note
from linewatch.sla.printed import NOTHING
from linewatch.verdict.outage import Outage


@dataclass(frozen=True, slots=True)
class Told:
    """The notes on one outage taken together: of each thing what was written last, empty or None where nothing was.

    The differences are the carrier's times less the measured ones of the whole outage, whatever the report's period cuts off it: positive where the
    carrier's is later; None while there is no such time on either side.
    """

    ticket: str = ""
    cause: str = ""
    text: str = ""
    start: datetime | None = None
    end: datetime | None = None
    start_difference: timedelta | None = None
    end_difference: timedelta | None = None


NOTHING_TOLD = Told()


def told(outage: Outage, notes: Sequence[Note]) -> Told:
    """The notes on the outage, in the order of entry, taken together."""
    start = next((note.carrier_start for note in reversed(notes) if note.carrier_start), None)
    end = next((note.carrier_end for note in reversed(notes) if note.carrier_end), None)
    return Told(
        ticket=_last([note.ticket for note in notes]),
        cause=_last([note.cause for note in notes]),
        text=_last([note.text for note in notes]),
        start=start,
        end=end,
        start_difference=_difference(start, outage.began_at),
        end_difference=_difference(end, outage.ended_at),
    )


def reported_times(note: Note, zone: ZoneInfo) -> str:
    """When it began and ended by this one note, for a later one may have put other times in their place; empty where it has neither."""
    if note.carrier_start is None and note.carrier_end is None:
        return ""
    return " … ".join(NOTHING if at is None else local(at, zone) for at in (note.carrier_start, note.carrier_end))


def _last(texts: Sequence[str]) -> str:
    return next((text for text in reversed(texts) if text), "")


def _difference(theirs: datetime | None, ours: datetime | None) -> timedelta | None:
    return None if theirs is None or ours is None else theirs - ours
