"""The writer's thread: takes what is due from the backlog, has it committed, and tries again for ever where that fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from linewatch.store.backlog import Backlog, Entry, gap_entries
from linewatch.store.perseverance import Perseverance

logger = logging.getLogger(__name__)

BATCH_ROWS = 5_000
PRUNE_PAUSE_S = 0.05
"""Between two steps of pruning, so that a batch or a reader's disk never waits for more than one."""


class Keeper(Protocol):
    """Where entries go: into the store itself, or into the spool on the way there."""

    def write(self, entries: Sequence[Entry], again: bool) -> None:
        """Have the entries safe on a disk; `again` after a try that failed."""

    def prune(self, before: datetime) -> bool:
        """A step of pruning; whether there may be more."""

    def drop(self) -> None:
        """Let go of what may be broken."""


class Scribe:
    """What the writer's thread knows. Its numbers are read by other threads, written by its own alone."""

    def __init__(self, backlog: Backlog, keeper: Keeper, what: str = "the store") -> None:
        self._backlog = backlog
        self._keeper = keeper
        self._prune_before: datetime | None = None
        self.tries = Perseverance(what, backlog, keeper.drop)
        self.in_flight = 0  # rows taken from the backlog and not yet committed

    def work(self) -> None:
        """Write until the backlog is closed and drained, or given up."""
        while not self.tries.given_up.is_set():
            entries = self._backlog.take(BATCH_ROWS, None if self._prune_before is None else PRUNE_PAUSE_S)
            if entries:
                self._commit(entries)
            elif self._backlog.closed:
                break
            else:
                self.tries.until_done(lambda _: self._prune())
        self._keeper.drop()

    def give_up(self) -> None:
        """Stop trying: what is not committed by now stays uncommitted."""
        self.tries.given_up.set()

    def _commit(self, entries: list[Entry]) -> None:
        entries += gap_entries(self._backlog.take_gaps())
        self.in_flight = sum(entry.rows for entry in entries)
        if not self.tries.until_done(lambda again: self._keeper.write(entries, again)):
            return
        self.in_flight = 0
        for entry in entries:
            self._prune_before = entry.prune_before or self._prune_before
            if entry.on_commit is not None:
                _announce(entry.on_commit)

    def _prune(self) -> None:
        if self._prune_before is None or not self._keeper.prune(self._prune_before):
            self._prune_before = None


def _announce(on_commit: Callable[[], None]) -> None:
    try:
        on_commit()
    except Exception:  # a listener's fault must not stop the writing
        logger.exception("what waited for a commit failed")
