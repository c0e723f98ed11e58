"""The writer's thread: takes what is due from the backlog, commits it, and tries again for ever where that fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from linewatch.sample.event import Event, Happening
from linewatch.store.backlog import Backlog, Entry, Gap
from linewatch.store.batch import Directory, write_batch
from linewatch.store.pruning import prune_step

logger = logging.getLogger(__name__)

BATCH_ROWS = 5_000
PRUNE_PAUSE_S = 0.05
"""Between two steps of pruning, so that a batch or a reader's disk never waits for more than one."""
BACKOFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)
LAST_TRIES_S = 0.05


class Scribe:
    """What the writer's thread knows. Its numbers are read by other threads, written by its own alone."""

    def __init__(self, backlog: Backlog, connect: Callable[[], Connection]) -> None:
        self._backlog = backlog
        self._connect = connect
        self._directory: Directory | None = None
        self._prune_before: datetime | None = None
        self._given_up = threading.Event()
        self.in_flight = 0  # rows taken from the backlog and not yet committed
        self.errors = 0
        self.duplicates = 0
        self.last_error: str | None = None

    def work(self) -> None:
        """Write until the backlog is closed and drained, or given up."""
        while not self._given_up.is_set():
            entries = self._backlog.take(BATCH_ROWS, None if self._prune_before is None else PRUNE_PAUSE_S)
            if entries:
                self._commit(entries)
            elif self._backlog.closed:
                break
            else:
                self._persevere(self._prune)
        self._disconnect()

    def give_up(self) -> None:
        """Stop trying: what is not committed by now stays uncommitted."""
        self._given_up.set()

    def _commit(self, entries: list[Entry]) -> None:
        entries += _gap_entries(self._backlog.take_gaps())
        self.in_flight = sum(entry.rows for entry in entries)
        if not self._persevere(lambda: self._write(entries)):
            return
        self.in_flight = 0
        for entry in entries:
            self._prune_before = entry.prune_before or self._prune_before
            if entry.on_commit is not None:
                _announce(entry.on_commit)

    def _write(self, entries: list[Entry]) -> None:
        directory = self._connected()
        with directory.connection.begin():
            duplicates = write_batch(directory, entries)
        self.duplicates += duplicates

    def _prune(self) -> None:
        before = self._prune_before
        with (connection := self._connected().connection).begin():
            if before is None or not prune_step(connection, before):
                self._prune_before = None

    def _persevere(self, act: Callable[[], None]) -> bool:
        """Act until it succeeds; whether it did before we were told to give up."""
        tries = 0
        while True:
            try:
                act()
            except Exception as error:  # whatever it is: the rows must not die with this thread
                self._note_failure(error)
                self._disconnect()
            else:
                self._note_success()
                return True
            if self._backlog.closed:
                self._given_up.wait(LAST_TRIES_S)
            else:
                self._backlog.pause(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
            if self._given_up.is_set():
                return False
            tries += 1

    def _note_failure(self, error: Exception) -> None:
        self.errors += 1
        text = " ".join(str(getattr(error, "orig", None) or error).split())
        if text != self.last_error:
            logger.warning("the store cannot be written, trying again: %s", text)
        self.last_error = text

    def _note_success(self) -> None:
        if self.last_error is not None:
            logger.warning("the store can be written again")
        self.last_error = None

    def _connected(self) -> Directory:
        if self._directory is None:
            self._directory = Directory(self._connect())
        return self._directory

    def _disconnect(self) -> None:
        """Drop the connection and what was looked up on it: after a failure neither is to be trusted."""
        directory, self._directory = self._directory, None
        if directory is not None:
            try:
                directory.connection.close()
            except Exception:  # it is broken already
                logger.debug("closing a broken connection failed", exc_info=True)


def _gap_entries(gaps: Mapping[str, Gap]) -> list[Entry]:
    """The events that say which samples a full queue let go, each at the time of the last of them."""
    return [
        Entry(
            event=Event(
                gap.last_at,
                Happening.SAMPLES_LOST,
                service,
                {"count": gap.count, "first_at": gap.first_at.isoformat(), "last_at": gap.last_at.isoformat()},
            )
        )
        for service, gap in gaps.items()
    ]


def _announce(on_commit: Callable[[], None]) -> None:
    try:
        on_commit()
    except Exception:  # a listener's fault must not stop the writing
        logger.exception("what waited for a commit failed")
