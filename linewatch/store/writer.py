"""The write side of the record, as the daemon sees it: what it hands over and what it may ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from linewatch.sample.event import ASIDE, Event, set_aside
from linewatch.sample.round import Round
from linewatch.span import EPOCH, Span
from linewatch.store.backlog import Backlog, Entry
from linewatch.store.book import Book
from linewatch.store.courier import Courier
from linewatch.store.entry import ServiceKind, ServiceRow
from linewatch.store.reading import History
from linewatch.store.recall import KEPT_ROUNDS, Recall
from linewatch.store.scribe import Scribe
from linewatch.verdict.reading import Reading
from linewatch.verdict.state import Transition

QUEUE_ROWS = 200_000
LINGER_S = 0.7
"""How long a plain sample waits for company; with the commit itself it stays under the promised second."""


class Store:
    """The store of a daemon that writes.

    Every method but `close`, `flush` and those that read may be called from any thread and returns at once. What is handed over is committed
    in order, within a second; transitions and whatever asks for `on_commit` without delay. A write that fails (disk full, locked, I/O error) is
    tried again until it succeeds, and counted. Where the disk stays away for so long that the queue is full, the oldest samples are let go,
    counted, and recorded as an event `samples_lost` by the next commit; transitions and events never are.
    Every commit is synchronised to the disk (address.py says why), so what `on_commit` announced survives a power cut.

    With a spool, committed means: safe in the spool, from which a courier delivers to the store; spool.py says what becomes of it while the
    store is away.
    """

    def __init__(
        self,
        read: Callable[[], History],
        release: Callable[[], None],
        known: Iterable[str],
        book: Book,
        courier: Courier | None = None,
        queue_rows: int = QUEUE_ROWS,
    ) -> None:
        """`known` are the services on record; `courier`, where there is one, delivers from its spool into `book`."""
        self._read = read
        self._release = release
        self._known_at_first = frozenset(known)
        self._known = set(known)
        self._book = book
        self._courier = courier
        self._backlog = Backlog(queue_rows, LINGER_S)
        self._scribe = Scribe(self._backlog, courier or book, "the spool" if courier else "the store")
        self._thread = threading.Thread(target=self._scribe.work, name="linewatch-store", daemon=True)
        self._thread.start()
        if courier is not None:
            courier.start()
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
        """Rows that wait to be in the store."""
        waiting = self._backlog.rows + self._scribe.in_flight
        return waiting if self._courier is None else waiting + self._courier.spool.rows

    def errors(self) -> int:
        """Writes that failed and were, or are being, tried again."""
        return self._scribe.tries.errors + (0 if self._courier is None else self._courier.tries.errors)

    def lost(self) -> int:
        """Samples that the full queue and the full spool let go."""
        return self._backlog.let_go + (0 if self._courier is None else self._courier.spool.let_go)

    def duplicates(self) -> int:
        """Samples left out because the service had one of the same microsecond."""
        return self._book.duplicates

    def last_error(self) -> str | None:
        """What the failing write says, in one line; None while writes succeed."""
        if self._courier is None or self._scribe.tries.last_error is not None:
            return self._scribe.tries.last_error
        return self._courier.tries.last_error or self._courier.silence()

    # What a restart reads. The spool's recollection is the newest there is, and there while the store is away; what it does not hold, the store does.

    def tail(self, service: str, count: int) -> list[tuple[Round, Reading]]:
        """The last `count` live rounds up to the one heard last, in order of time."""
        recall = self._recalled(service)
        if recall is not None and count <= KEPT_ROUNDS:
            return recall.rounds(service, count)
        with self._read() as history:
            return history.last_rounds(service, count)

    def last_transition(self, service: str) -> Transition | None:
        """The live transition recorded last."""
        recall = self._recalled(service)
        if recall is not None:
            return recall.last_transition(service)
        with self._read() as history:
            return history.last_transition(service)

    def heard_at(self, service: str) -> datetime | None:
        """The time of the round kept last."""
        recall = self._recalled(service)
        if recall is not None:
            return recall.heard_at(service)
        with self._read() as history:
            return history.heard_at(service)

    def rounds(self, service: str, span: Span) -> Iterator[Round]:
        """The live rounds of a span, in order of time, as a stream; of a store that is away, or to which rows are on their way, those recalled."""
        recall = self._newest(service)
        if recall is not None:
            yield from (looked for looked, _ in recall.rounds(service) if span.holds(looked.at))
        else:
            with self._read() as history:
                yield from (looked for looked, _ in history.rounds(service, span))

    def aside(self, service: str, before: datetime) -> frozenset[str]:
        """The anchors that were set aside before this instant and did not answer up to it; none where the recalled rounds stand for the store's."""
        if self._newest(service) is not None:
            return frozenset()
        with self._read() as history:
            return set_aside(history.events(Span(EPOCH, before), ASIDE), service)

    def _newest(self, service: str) -> Recall | None:
        """Who has newer rounds than the store: it is away, or rows are on their way to it."""
        recall = self._recalled(service)
        return recall if self._courier is not None and (self._courier.spool.rows or not self._courier.spool.has_learnt) else None

    def _recalled(self, service: str) -> Recall | None:
        """Who answers for the store: what was opened while it was away knows no service that the spool did not know then."""
        if self._courier is None:
            return None
        spool = self._courier.spool
        vouched = spool.recall.knows(service) if spool.has_learnt else service in self._known_at_first
        return spool.recall if vouched else None

    # The end.

    def flush(self, timeout: float) -> bool:
        """Wait until everything handed over so far is in the store; whether it was within `timeout` seconds."""
        end = time.monotonic() + timeout
        committed = threading.Event()
        self._backlog.put(Entry(on_commit=committed.set))
        if not committed.wait(timeout):
            return False
        return self._courier is None or self._courier.spool.wait_until_delivered(max(0.0, end - time.monotonic()))

    def close(self, timeout: float) -> int:
        """Commit what waits, roll up the open minutes, end the thread, give the store back.

        Returns how many rows `timeout` seconds were not enough for; what is in the spool is safe, and not counted.
        """
        if not self._closed:
            self._closed = True
            end = time.monotonic() + timeout
            self._backlog.put(Entry(settles=True))
            self._backlog.close()
            self._thread.join(timeout)
            self._scribe.give_up()
            self._thread.join()
            if self._courier is not None:
                self._courier.end(max(0.0, end - time.monotonic()))
                self._courier.spool.close()
            self._release()
        return self._backlog.rows + self._scribe.in_flight
