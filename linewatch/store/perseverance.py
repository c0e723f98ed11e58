"""How a thread that must not fail does what may fail: again and again, counted, until it is done or told to give up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from linewatch.sla.printed import clock_time
from linewatch.store.faults import said
from linewatch.trouble import Trouble

logger = logging.getLogger(__name__)

BACKOFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)
LAST_TRIES_S = 0.05


class Pause(Protocol):
    """Sleeps between two tries, and wakes at once where the end has come."""

    @property
    def closed(self) -> bool:
        """Whether the end has come: what is tried now is tried for the last time."""

    def pause(self, seconds: float) -> None:
        """Sleep; wake at once where the end comes meanwhile."""


class Perseverance:
    """The tries of one thread. Its numbers are read by other threads, written by its own alone.

    `what` is what cannot be done, in the log's words; `recover` is called after each failure, before the next try.
    """

    def __init__(self, what: str, sleep: Pause, recover: Callable[[], None]) -> None:
        self._what = what
        self._sleep = sleep
        self._recover = recover
        self.given_up = threading.Event()
        self.errors = 0
        self.last_error: str | None = None
        self._trouble = Trouble()

    def until_done(self, act: Callable[[bool], None]) -> bool:
        """Act until it succeeds; whether it did before we were told to give up. `act` is told whether it was tried before."""
        tries = 0
        while True:
            try:
                act(tries > 0)
            except Exception as error:  # whatever it is: the rows must not die with this thread
                self._note_failure(error)
                self._recover()
            else:
                self._note_success()
                return True
            if self._sleep.closed:
                self.given_up.wait(LAST_TRIES_S)
            else:
                self._sleep.pause(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
            if self.given_up.is_set():
                return False
            tries += 1

    def _note_failure(self, error: Exception) -> None:
        self.errors += 1
        text = said(error)
        if self._trouble.goes_on(text, time.monotonic()):
            logger.warning("%s cannot be written, trying again: %s", self._what, text)
        self.last_error = text

    def _note_success(self) -> None:
        self.last_error = None
        lasted = self._trouble.over(time.monotonic())
        if lasted is not None:
            logger.warning("%s can be written again, after %s", self._what, clock_time(lasted))
