"""The store's writing hand: one connection, kept as long as it holds, on which batches are written and old samples pruned."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from linewatch.store.backlog import Entry
from linewatch.store.batch import Directory, write_batch
from linewatch.store.pruning import prune_step

logger = logging.getLogger(__name__)


class Book:
    """Writes, in one transaction each, what it is given. Used by one thread at a time."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        """`connect` gives a connection that may write, or raises."""
        self._connect = connect
        self._directory: Directory | None = None
        self.duplicates = 0

    def open(self) -> None:
        """Connect now rather than with the first batch. Raises whatever refuses."""
        self._connected()

    def write(self, entries: Sequence[Entry], again: bool) -> None:
        """Commit the entries; with `again`, without those of their rows that an earlier try may have committed after all."""
        directory = self._connected()
        with directory.connection.begin():
            duplicates = write_batch(directory, entries, again)
        if not again:
            self.duplicates += duplicates

    def prune(self, before: datetime) -> bool:
        """Delete one step of the old samples; whether there may be more."""
        with (connection := self._connected().connection).begin():
            return prune_step(connection, before)

    def drop(self) -> None:
        """Drop the connection and what was looked up on it: after a failure neither is to be trusted."""
        directory, self._directory = self._directory, None
        if directory is not None:
            try:
                directory.connection.close()
            except Exception:  # it is broken already
                logger.debug("closing a broken connection failed", exc_info=True)

    def _connected(self) -> Directory:
        if self._directory is None:
            self._directory = Directory(self._connect())
        return self._directory
