"""The write side of the record, as the daemon sees it: what it hands over and what it may ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from linewatch.sample.event import Event
from linewatch.sample.round import Round
from linewatch.store.backlog import Backlog, Entry
from linewatch.store.entry import ServiceKind, ServiceRow
from linewatch.store.reading import History
from linewatch.store.scribe import Scribe
from linewatch.verdict.reading import Reading
from linewatch.verdict.state import Transition

QUEUE_ROWS = 200_000
LINGER_S = 0.7
"""How long a plain sample waits for company; with the commit itself it stays under the promised second."""


class Store:
    """The store of a daemon that writes.

    Every method but `close`, `flush` and the three that read may be called from any thread and returns at once. What is handed over is committed
    in order, within a second; transitions and whatever asks for `on_commit` without delay. A write that fails (disk full, locked, I/O error) is
    tried again until it succeeds, and counted. Where the disk stays away for so long that the queue is full, the oldest samples are let go,
    counted, and recorded as an event `samples_lost` by the next commit; transitions and events never are.
    Every commit is synchronised to the disk (address.py says why), so what `on_commit` announced survives a power cut.
    """

    def __init__(
        self, connect: Callable[[], Connection], read: Callable[[], History], release: Callable[[], None], queue_rows: int = QUEUE_ROWS
    ) -> None:
        self._read = read
        self._release = release
        with read() as history:
            self._known = {service.name for service in history.services()}
        self._backlog = Backlog(queue_rows, LINGER_S)
        self._scribe = Scribe(self._backlog, connect)
        self._thread = threading.Thread(target=self._scribe.work, name="linewatch-store", daemon=True)
        self._thread.start()
        self._closed = False

    # What the daemon hands over.

    def enrol(self, service: str, kind: ServiceKind, interval: timedelta) -> None:
        """Make a service known, or note its new interval; once before anything is kept of it."""
        self._known.add(service)
        self._backlog.put(Entry(enrolled=ServiceRow(service, kind, interval)))

    def keep(
        self,
        service: str,
        looked: Round,
        reading: Reading,
        transitions: Sequence[Transition] = (),
        on_commit: Callable[[], None] | None = None,
    ) -> None:
        """Keep the round `looked`, its reading and the transitions that it made, in one transaction.

        `on_commit` is called from the writer's thread after the commit that holds them; never, where the full queue let the round go and it made
        no transition. Raises ValueError for a service that is not enrolled.
        """
        self._backlog.put(Entry(self._enrolled(service), (looked, reading), tuple(transitions), on_commit=on_commit))

    def mark(self, service: str, transitions: Sequence[Transition], on_commit: Callable[[], None] | None = None) -> None:
        """Keep transitions that no round made: holes found at start, steps of the clock."""
        self._backlog.put(Entry(self._enrolled(service), transitions=tuple(transitions), on_commit=on_commit))

    def note(self, event: Event) -> None:
        """Keep an event."""
        if event.service is not None:
            self._enrolled(event.service)
        self._backlog.put(Entry(event=event))

    def prune(self, before: datetime) -> None:
        """Delete live samples older than `before`, little by little, whenever there is nothing else to write."""
        self._backlog.put(Entry(prune_before=before))

    def _enrolled(self, service: str) -> str:
        if service not in self._known:
            raise ValueError(f"the service {service!r} is not enrolled")
        return service

    # What the metrics ask.

    def queue_rows(self) -> int:
        """Rows that wait for their commit."""
        return self._backlog.rows + self._scribe.in_flight

    def errors(self) -> int:
        """Writes that failed and were, or are being, tried again."""
        return self._scribe.errors

    def lost(self) -> int:
        """Samples that the full queue let go."""
        return self._backlog.let_go

    def duplicates(self) -> int:
        """Samples left out because the service had one of the same microsecond."""
        return self._scribe.duplicates

    def last_error(self) -> str | None:
        """What the failing write says, in one line; None while writes succeed."""
        return self._scribe.last_error

    # What a restart reads.

    def tail(self, service: str, count: int) -> list[tuple[Round, Reading]]:
        """The last `count` live rounds up to the one heard last, in order of time."""
        with self._read() as history:
            return history.last_rounds(service, count)

    def last_transition(self, service: str) -> Transition | None:
        """The live transition recorded last."""
        with self._read() as history:
            return history.last_transition(service)

    def heard_at(self, service: str) -> datetime | None:
        """The time of the round kept last."""
        with self._read() as history:
            return history.heard_at(service)

    # The end.

    def flush(self, timeout: float) -> bool:
        """Wait until everything handed over so far is committed; whether it was within `timeout` seconds."""
        committed = threading.Event()
        self._backlog.put(Entry(on_commit=committed.set))
        return committed.wait(timeout)

    def close(self, timeout: float) -> int:
        """Commit what waits, roll up the open minutes, end the thread, give the store back.

        Returns how many rows `timeout` seconds were not enough for.
        """
        if not self._closed:
            self._closed = True
            self._backlog.put(Entry(settles=True))
            self._backlog.close()
            self._thread.join(timeout)
            self._scribe.give_up()
            self._thread.join()
            self._release()
        return self.queue_rows()
