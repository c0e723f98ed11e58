"""What may be entered into the ledger: an entry that cannot be meant is refused in one line before anything is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from linewatch.errors import UsageError
from linewatch.sla.exclusions import Exclusion, Note, wall, windows
from linewatch.sla.period import instant
from linewatch.span import Span, shared
from linewatch.verdict.outage import Outage

LONGEST_TEXT = 500
LONGEST_EXCLUSION = timedelta(days=366)
FURTHEST_AHEAD = timedelta(days=731)
FURTHEST_FROM_OUTAGE = timedelta(days=31)
COMPARED = timedelta(days=731)
"""Two rules without an end are held against each other over so much time from the later one's first window on."""


def text(option: str, value: str) -> str:
    """One line of text for people, without blanks around it. Raises UsageError where it is empty, too long, or holds what cannot be printed."""
    told = value.strip()
    if not told:
        raise UsageError(f"{option} is empty")
    if len(told) > LONGEST_TEXT:
        raise UsageError(f"{option} is longer than {LONGEST_TEXT} characters")
    for place, character in enumerate(told, start=1):
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"):
            raise UsageError(
                f"{option} holds a character that cannot be printed, U+{ord(character):04X} at place {place}; it must be one line of text"
            )
    return told


def excluded_span(start: str, end: str, zone: ZoneInfo, now: datetime) -> Span:
    """The span of an exclusion, retroactive or planned. Raises UsageError where it cannot be read, holds nothing, or its years cannot be meant."""
    first, last = instant(start, zone), instant(end, zone)
    if last <= first:
        raise UsageError(f'the exclusion ends before it begins: --from "{start}" is not before --to "{end}"')
    if first > now + FURTHEST_AHEAD:
        raise UsageError(f'the exclusion would begin more than two years from now, --from "{start}": it cannot be planned so far ahead')
    if last - first > LONGEST_EXCLUSION:
        days, most = (last - first).days, LONGEST_EXCLUSION.days
        raise UsageError(f'the exclusion would last {days} days, --from "{start}" --to "{end}": at most {most} are taken at once')
    return Span(first, last)


def repeated(rule: str, span: Span, zone: ZoneInfo) -> str:
    """The rule by which an exclusion of `span` repeats. Raises UsageError where it cannot be meant; recurrence.py says why."""
    from linewatch.sla.recurrence import checked

    start = wall(span.start, zone)
    return checked(text("--repeat", rule), start, wall(span.end, zone) - start, zone)


def overlap(entry: Exclusion, ledger: Sequence[Exclusion], zone: ZoneInfo) -> tuple[Exclusion, Span] | None:
    """The first exclusion in force that leaves out time of `entry` for one of its services already, and the first such time."""
    for other in ledger:
        if other.revoked is None and _share_a_service(entry, other):
            compared = _compared(entry, other)
            twice = shared(windows(entry, compared, zone), windows(other, compared, zone))
            if twice:
                return other, twice[0]
    return None


def unlike_others(entry: Exclusion, zone: ZoneInfo, shown: Callable[[datetime], str]) -> Callable[[Sequence[Exclusion]], None]:
    """What refuses `entry` where it overlaps another (an error for a careful office: most often the same notice entered twice); raises UsageError."""

    def agree(ledger: Sequence[Exclusion]) -> None:
        found = overlap(entry, ledger, zone)
        if found is not None:
            other, twice = found
            whom = ", ".join(other.services) or "every service"
            raise UsageError(
                f'it overlaps exclusion {other.id} ("{other.reason}", for {whom}) from {shown(twice.start)} to {shown(twice.end)}; '
                "with --overlapping it is entered all the same, and no second counts twice"
            )

    return agree


def noted(note: Note, outage: Outage, shown: Callable[[datetime], str]) -> Note:
    """The note, where it says something and the carrier's times can be meant for the outage. Raises UsageError."""
    start, end = note.carrier_start, note.carrier_end
    if not (note.ticket or note.cause or note.text or start or end):
        raise UsageError("the note says nothing: give at least one of --ticket, --cause, --text, --carrier-start and --carrier-end")
    if start is not None and end is not None and end <= start:
        raise UsageError(f"the carrier's outage ends before it begins: --carrier-start {shown(start)} is not before --carrier-end {shown(end)}")
    near = Span(outage.began_at - FURTHEST_FROM_OUTAGE, (outage.ended_at or outage.span.end) + FURTHEST_FROM_OUTAGE)
    for option, at in (("--carrier-start", start), ("--carrier-end", end)):
        if at is not None and not near.start <= at <= near.end:
            raise UsageError(
                f"{option} {shown(at)} is more than {FURTHEST_FROM_OUTAGE.days} days away from the outage, which began {shown(outage.began_at)}"
            )
    return note


def _share_a_service(one: Exclusion, other: Exclusion) -> bool:
    return not one.services or not other.services or not set(one.services).isdisjoint(other.services)


def _compared(one: Exclusion, other: Exclusion) -> Span:
    """The time in which the windows of two exclusions are held against each other."""
    for each in (one, other):
        if not each.repeat:
            return each.span
    later = max(one.span.start, other.span.start)
    return Span(later, later + COMPARED)
