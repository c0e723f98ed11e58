"""The road from the spool to the store: a thread that delivers what waits, in order, as soon as the store takes it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from linewatch.store.backlog import Entry
from linewatch.store.book import Book
from linewatch.store.perseverance import LAST_TRIES_S, Perseverance
from linewatch.store.spool import Batch, Spool

logger = logging.getLogger(__name__)

PRUNE_PAUSE_S = 0.05
SILENT_S = 3.0
"""A delivery that takes so long is a fault, though nothing has failed yet: a server that is frozen says nothing."""


class Courier:
    """Takes entries from the scribe into the spool, and from there, in a thread of its own, into the store."""

    def __init__(self, spool: Spool, book: Book) -> None:
        self.spool = spool
        self.book = book
        self._hands = threading.Lock()  # held while the book is written in
        self._began: float | None = None
        self._ending = threading.Event()
        self._prune_before: datetime | None = None
        self.tries = Perseverance("the store", self, book.drop)
        self._thread = threading.Thread(target=self._work, name="linewatch-courier", daemon=True)

    # What the scribe asks.

    def write(self, entries: Sequence[Entry], again: bool) -> None:
        """Have the entries safe in the spool; where its disk refuses and nothing waits in it, straight in the store."""
        try:
            self.spool.append(entries)
        except OSError:
            if not self._wrote_straight(entries, again):
                raise

    def _wrote_straight(self, entries: Sequence[Entry], again: bool) -> bool:
        if not self.spool.wait_until_delivered(0) or not self._hands.acquire(timeout=1):
            return False
        try:
            self.book.write(entries, again)
        except Exception:
            self.book.drop()
            raise
        finally:
            self._hands.release()
        self.spool.recall.take(entries)
        return True

    def prune(self, before: datetime) -> bool:
        """Prune whenever nothing waits for delivery."""
        self._prune_before = before
        self.spool.nudge()
        return False

    def drop(self) -> None:
        """Nothing of the scribe's can be broken."""

    # Its own thread.

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def delivered_now(self) -> bool:
        """Deliver all that waits, before the thread is started; whether the store took it."""
        try:
            while (batch := self.spool.next_batch(0)) is not None:
                self.book.write(batch.entries, batch.before)
                self.spool.done(batch)
        except Exception as error:  # the thread will say so, and try again
            logger.debug("delivering at the start failed: %s", error)
            self.book.drop()
            return False
        return True

    def _work(self) -> None:
        while not self.tries.given_up.is_set():
            batch = self.spool.next_batch(None if self._prune_before is None else PRUNE_PAUSE_S)
            if batch is not None:
                self._deliver(batch)
            elif self._ending.is_set():
                self.tries.until_done(lambda again: self._in_turn(lambda: self.book.write([Entry(settles=True)], again)))
                break
            elif self._prune_before is not None:
                self.tries.until_done(lambda _: self._in_turn(self._prune_a_step))
        self.book.drop()

    def _deliver(self, batch: Batch) -> None:
        if self.tries.until_done(lambda again: self._in_turn(lambda: self.book.write(batch.entries, again or batch.before))):
            self.spool.done(batch)

    def _prune_a_step(self) -> None:
        if self._prune_before is None or not self.book.prune(self._prune_before):
            self._prune_before = None

    def _in_turn(self, act: Callable[[], None]) -> None:
        with self._hands:
            self._began = time.monotonic()
            try:
                act()
            finally:
                self._began = None

    def silence(self) -> str | None:
        """What there is to say of a delivery that takes too long; None where none does."""
        began = self._began
        if began is None or time.monotonic() - began < SILENT_S:
            return None
        return f"the store has not answered for {time.monotonic() - began:.0f} s"

    # The end.

    @property
    def closed(self) -> bool:
        """Whether what is tried now is tried for the last time."""
        return self._ending.is_set()

    def pause(self, seconds: float) -> None:
        """Sleep; wake at once where the end comes meanwhile."""
        self._ending.wait(seconds)

    def end(self, timeout: float) -> None:
        """Deliver what waits and roll up the open minutes, within `timeout` seconds; a delivery that no one answers is left to itself."""
        self._ending.set()
        self.spool.finish()
        self._thread.join(timeout)
        self.tries.given_up.set()
        self._thread.join(LAST_TRIES_S * 4)
