"""A record as the daemon makes it: rounds drawn one character each, read by the real judge, stepped by the real machine, kept in a real store."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from linewatch.sample.cause import Cause
from linewatch.sample.event import Event, Happening
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.store.opening import open_for_writing
from linewatch.verdict.judge import Memory, endpoint_reading, line_verdict
from linewatch.verdict.machine import clock_step, nothing_known, step
from linewatch.verdict.rule import Rule

ANSWER, NO_ROUTE = Outcome(Result.OK, 20_000), Outcome(Result.ERROR, cause=Cause.LOCAL, detail="no route")
LINE = (Seat(Role.ANCHOR, "127.0.1.1"), Seat(Role.ANCHOR, "127.0.1.2"))
SITE = (Seat(Role.ENDPOINT, "tcp://127.0.0.1:9"),)
LETTERS = {".": (ANSWER, ANSWER), "x": (LOST, LOST), "p": (ANSWER, LOST), "?": (NO_ROUTE, NO_ROUTE)}


class Judged:
    """One service's rounds; `close` commits them."""

    def __init__(self, folder: Path, service: str = "leased-line", every: timedelta = timedelta(seconds=3)) -> None:
        self._service, self._every = service, every
        self._is_line = service == "leased-line"
        self._rule = Rule(every, max(3 * every, timedelta(seconds=10)))
        self._standing, self._memory = nothing_known(), Memory()
        self._store = open_for_writing(f"sqlite:///{folder / 'linewatch.db'}")
        self._store.enrol(service, "line" if self._is_line else "endpoint", every)

    def rounds(self, start: datetime, drawing: str) -> datetime:
        """The first at `start`; a blank is one that did not take place. Returns when the next would be."""
        for number, letter in enumerate(drawing):
            if letter != " ":
                self._round(start + number * self._every, letter)
        return start + len(drawing) * self._every

    def step_clock(self, left_at: datetime, resumed_at: datetime) -> None:
        self._standing, changes = clock_step(self._rule, self._standing, left_at, resumed_at)
        self._store.mark(self._service, changes)
        data = {"left_at": left_at.isoformat(), "resumed_at": resumed_at.isoformat()}
        self._store.note(Event(resumed_at, Happening.CLOCK_STEPPED, None, data))

    def configured(self, at: datetime, sha256: str) -> None:
        self._store.note(Event(at, Happening.CONFIGURED, None, {"sha256": sha256}))

    def close(self) -> None:
        assert self._store.close(30) == 0

    def _round(self, at: datetime, letter: str) -> None:
        panel = LINE if self._is_line else SITE
        looked = Round(at, panel, LETTERS[letter][: len(panel)])
        if self._is_line:
            reading, self._memory, asides = line_verdict(self._rule, self._memory, looked)
            for aside in asides:
                kind = Happening.SET_ASIDE if aside.aside else Happening.COUNTS_AGAIN
                self._store.note(Event(aside.at, kind, self._service, {"anchor": aside.anchor}))
        else:
            reading = endpoint_reading(looked)
        self._standing, changes = step(self._rule, self._standing, reading)
        self._store.keep(self._service, looked, reading, changes)
