"""The ledger as tables: what is left out of the account, and what was written about outages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from linewatch.report.carrier import Told, reported_times, told
from linewatch.report.document import Document, Excluded, ServiceReport
from linewatch.report.table import Table, local
from linewatch.report.words import Words, named
from linewatch.sla.exclusions import Note
from linewatch.sla.printed import NOTHING, clock_time, exact_seconds
from linewatch.verdict.outage import Outage


def exclusion_table(document: Document, words: Words) -> Table:
    """What is left out, each exclusion with the scheduled time that it removes; of one that comes again, all its windows in the period."""
    zone = document.period.zone
    columns = named(words, "Entry no.", "Service", "Start", "End", "Repeats", ">Removed", "Reason", "Reference", "By", "Entered", "Kind of entry")
    rows = tuple(
        (
            str(each.exclusion.id),
            service.subject.title,
            local(each.spans[0].start, zone),
            local(each.spans[-1].end, zone),
            f"{each.exclusion.repeat} ×{len(each.spans)}" if each.exclusion.repeat else "",
            clock_time(each.removed),
            each.exclusion.reason,
            each.exclusion.reference,
            each.exclusion.by,
            local(each.exclusion.entered_at, zone),
            kind_of_entry(each, words),
        )
        for service in document.services
        for each in service.exclusions
    )
    return Table(words("Exclusions"), columns, rows)


def kind_of_entry(each: Excluded, words: Words) -> str:
    """Whether it was entered before its time, or after; of one that comes again, how many windows it was late for."""
    late, count = sum(map(each.exclusion.is_retroactive, each.spans)), len(each.spans)
    if late in (0, count):
        return words("retroactive" if late else "planned")
    return f"{words('retroactive')} {late}/{count}"


def note_tables(document: Document, words: Words) -> Iterator[Table]:
    """Where the carrier's times are known, these beside ours, of whole outages; then every note, in the order of entry."""
    zone = document.period.zone
    noted = [each for service in document.services for each in _noted(service)]
    carriers = tuple(_carrier(id, outage, said, words, zone) for id, outage, notes in noted if (said := told(outage, notes)).start or said.end)
    if carriers:
        columns = named(words, "Outage", "Measured start", "Carrier's start", ">Difference s", "Measured end", "Carrier's end", ">Difference s")
        yield Table(words("The carrier's times beside the measured ones"), columns, carriers)
    known = {id for id, _, _ in noted}
    written = [
        (
            id if id in known else f"{id} ({words('not on record any more')})",
            local(note.entered_at, zone),
            note.by,
            note.ticket,
            note.cause,
            note.text,
            reported_times(note, zone),
        )
        for service in document.services
        for id, notes in service.notes.items()
        for note in notes
    ]
    if written:
        columns = named(words, "Outage", "Entered", "By", "Ticket", "Noted cause", "Note", "Carrier's start … end")
        kept = len(columns) if any(row[-1] for row in written) else len(columns) - 1
        yield Table(words("Notes on outages"), columns[:kept], tuple(row[:kept] for row in written))


def _noted(service: ServiceReport) -> Iterator[tuple[str, Outage, tuple[Note, ...]]]:
    """The outages of a service that someone wrote about, each with its name and the notes."""
    for outage in service.outages if service.notes else ():
        id = outage.id(service.subject.name)
        if id in service.notes:
            yield id, outage, service.notes[id]


def _carrier(id: str, outage: Outage, said: Told, words: Words, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        id,
        local(outage.began_at, zone),
        _maybe(said.start, zone),
        _signed(said.start_difference),
        words("ongoing") if outage.ended_at is None else local(outage.ended_at, zone),
        _maybe(said.end, zone),
        _signed(said.end_difference),
    )


def _maybe(at: datetime | None, zone: ZoneInfo) -> str:
    return NOTHING if at is None else local(at, zone)


def _signed(difference: timedelta | None) -> str:
    return NOTHING if difference is None else f"{exact_seconds(difference):+}"
