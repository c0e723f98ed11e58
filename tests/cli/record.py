"""A record as the daemon would have made it: rounds drawn one character each, stepped by the real machine, kept in a real store."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from linewatch.sample.cause import Cause
from linewatch.sample.event import Event
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.store.opening import open_for_writing
from linewatch.verdict.machine import nothing_known, step
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule

INTERVAL = timedelta(seconds=3)
RULE = Rule(INTERVAL, timedelta(seconds=10))
ANCHORS = (Seat(Role.ANCHOR, "127.0.1.1"), Seat(Role.ANCHOR, "127.0.1.2"))
LETTERS = {".": (Kind.GOOD, None), "x": (Kind.BAD, Cause.LINE), "~": (Kind.DEGRADED, Cause.LOSS), "?": (Kind.UNMEASURED, Cause.LOCAL)}


def record(folder: Path, service: str, start: datetime, drawing: str, every: timedelta = INTERVAL, events: tuple[Event, ...] = ()) -> None:
    """Keep the rounds of `drawing`, the first at `start`; a blank is a round that did not take place."""
    store = open_for_writing(f"sqlite:///{folder / 'linewatch.db'}")
    try:
        store.enrol(service, "line", INTERVAL)
        standing = nothing_known()
        for number, letter in enumerate(drawing):
            if letter == " ":
                continue
            kind, cause = LETTERS[letter]
            reading = Reading(start + number * every, kind, cause)
            standing, changes = step(RULE, standing, reading)
            answers = (LOST, LOST) if kind is Kind.BAD else (Outcome(Result.OK, 20_000), Outcome(Result.OK, 21_000))
            store.keep(service, Round(reading.at, ANCHORS, answers), reading, changes)
        for event in events:
            store.note(event)
    finally:
        assert store.close(30) == 0
