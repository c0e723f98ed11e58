"""Slips: how entries wait in the spool, a checked line of text each, and how they are read again, whatever has become of the file.

    slip     = LENGTH " " CHECKSUM " " entry LF
    LENGTH   = 8 hexadecimal digits, the bytes of the entry
    CHECKSUM = 8 hexadecimal digits, the CRC-32 of those bytes
    entry    = a JSON object on one line, of these what there is, in the grammar of rows.py:
               "service":  NAME
               "sample":   [at_us, panel, letter, cause, outcomes]
               "states":   [[at_us, state, cause, earliest_us], …]
               "event":    [at_us, kind, service, data]
               "enrolled": [name, kind, interval_us]

What a batch asks for beside its rows (to be told of the commit, to prune, to settle) is for the process that asked, and not kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zlib import crc32

from linewatch.sample.event import Event, Happening
from linewatch.sample.round import Round
from linewatch.span import microseconds, to_epoch
from linewatch.store.backlog import Entry
from linewatch.store.entry import ServiceRow
from linewatch.store.rows import LETTER, instant, outcomes_of, outcomes_text, panel_of, panel_text, reading_of, transitions_of
from linewatch.verdict.reading import Reading

_HEAD = re.compile(rb"([0-9a-f]{8}) ([0-9a-f]{8}) ")
_HEAD_BYTES = 18


@dataclass(frozen=True, slots=True)
class Slips:
    """What a file of slips held.

    `torn` bytes at its end are a slip that was not written to its end; `spoilt` ones before that are slips that were, and cannot be read now.
    """

    entries: tuple[Entry, ...]
    torn: int = 0
    spoilt: int = 0


def slip(entry: Entry) -> bytes:
    """An entry as a line of the spool."""
    text = json.dumps(_object(entry), ensure_ascii=False, separators=(",", ":")).encode()
    return b"%08x %08x %s\n" % (len(text), crc32(text), text)


def slips(content: bytes) -> Slips:
    """The entries of a file, or of a part of it that begins with a slip."""
    entries: list[Entry] = []
    at = spoilt = doubtful = 0
    while at < len(content):
        text = _checked(content, at)
        entry = None if text is None else _entry(text)
        if entry is None:
            # Whatever it is, the next line may be a slip again: an entry holds no line feed.
            end = content.find(b"\n", at) + 1 or len(content)
            doubtful += end - at
            at = end
            continue
        spoilt, doubtful = spoilt + doubtful, 0
        entries.append(entry)
        at += _HEAD_BYTES + len(text or b"") + 1
    # At the end, only a last line without its end is what a cut-off write leaves.
    torn = len(content) - (content.rfind(b"\n") + 1)
    return Slips(tuple(entries), min(torn, doubtful), spoilt + max(0, doubtful - torn))


def _checked(content: bytes, at: int) -> bytes | None:
    head = _HEAD.match(content, at)
    if head is None:
        return None
    begin = at + _HEAD_BYTES
    end = begin + int(head[1], 16)
    text = content[begin:end]
    return text if content[end : end + 1] == b"\n" and crc32(text) == int(head[2], 16) else None


def _object(entry: Entry) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if entry.service is not None:
        out["service"] = entry.service
    if entry.sample is not None:
        looked, reading = entry.sample
        out["sample"] = [to_epoch(looked.at), panel_text(looked.panel), LETTER[reading.kind], reading.cause, outcomes_text(looked.outcomes)]
    if entry.transitions:
        out["states"] = [[to_epoch(change.at), change.state, change.cause, to_epoch(change.earliest_at)] for change in entry.transitions]
    if entry.event is not None:
        event = entry.event
        out["event"] = [to_epoch(event.at), event.kind, event.service, dict(event.data)]
    if entry.enrolled is not None:
        out["enrolled"] = [entry.enrolled.name, entry.enrolled.kind, microseconds(entry.enrolled.interval)]
    return out


def _entry(text: bytes) -> Entry | None:
    """None where the line is whole and says what this version does not understand."""
    try:
        found: Mapping[str, Any] = json.loads(text)
        return Entry(
            service=found.get("service"),
            sample=_sample(*found["sample"]) if "sample" in found else None,
            transitions=tuple(transitions_of(found.get("states", ()))),
            event=_event(*found["event"]) if "event" in found else None,
            enrolled=_enrolled(*found["enrolled"]) if "enrolled" in found else None,
        )
    except (ValueError, KeyError, TypeError):
        return None


def _sample(at_us: int, panel: str, letter: str, cause: str | None, outcomes: str) -> tuple[Round, Reading]:
    reading = reading_of(at_us, letter, cause)
    return Round(reading.at, panel_of(panel), outcomes_of(outcomes)), reading


def _event(at_us: int, kind: str, service: str | None, data: Mapping[str, Any]) -> Event:
    return Event(instant(at_us), Happening(kind), service, data)


def _enrolled(name: str, kind: Any, interval_us: int) -> ServiceRow:
    return ServiceRow(name, kind, timedelta(microseconds=interval_us))


def total_rows(entries: Sequence[Entry]) -> int:
    """How many rows the entries make."""
    return sum(entry.rows for entry in entries)
