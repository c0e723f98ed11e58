"""Carries messages out in a thread of its own for each receiver, so that one that hangs delays neither a round nor another receiver."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from linewatch.notify.delivery import Send
from linewatch.notify.message import Message
from linewatch.notify.outbox import Outbox
from linewatch.sla.printed import clock_time
from linewatch.trouble import Trouble

log = logging.getLogger(__name__)

LATE = timedelta(minutes=2)
"""A message that leaves so long after it was written says when that was."""

GIVEN_UP = timedelta(days=7)
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 300.0

Outcome = Literal["sent", "failed", "given_up"]


@dataclass(frozen=True, slots=True)
class Lateness:
    """How a late message is marked: `title` has {title} in it, `body` {body} and {at}."""

    title: str
    body: str


class Postman:
    """Empties one outbox: oldest first, each until it is handed over, waiting longer after each failure.

    `told` hears of every try.
    """

    def __init__(self, name: str, outbox: Outbox, send: Send, lateness: Callable[[Message], Lateness], told: Callable[[str, Outcome], None]) -> None:
        self._name = name
        self._outbox = outbox
        self._send = send
        self._lateness = lateness
        self._told = told
        self._wake = threading.Event()
        self._ended = False
        self._receiver_fails, self._outbox_fails = Trouble(), Trouble()
        self._thread = threading.Thread(target=self._work, name=f"linewatch-notify-{name}", daemon=True)

    def start(self) -> None:
        """Begin; what waits from before goes out now."""
        self._thread.start()

    def wake(self) -> None:
        """There is something new: try at once."""
        self._wake.set()

    def close(self) -> None:
        """Begin nothing more. A try that is under way is not waited for; its message stays, and may be sent twice."""
        self._ended = True
        self._wake.set()

    def _work(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._ended:
            self._wake.clear()
            if self._tried():
                wait_s = FIRST_WAIT_S
                self._wake.wait()
            else:
                self._wake.wait(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _tried(self) -> bool:
        try:
            emptied = self._emptied()
        except OSError as error:  # the outbox's disk, or a file that is not ours: neither may end the thread
            if self._outbox_fails.goes_on(str(error), time.monotonic()):
                log.warning("outbox cannot be used receiver=%s: %s", self._name, error)
            return False
        lasted = self._outbox_fails.over(time.monotonic())
        if lasted is not None:
            log.warning("outbox can be used again receiver=%s after=%s", self._name, clock_time(lasted))
        return emptied

    def _emptied(self) -> bool:
        """Send what waits; False where a message could not leave."""
        while not self._ended:
            found = self._outbox.oldest()
            if found is None:
                return True
            path, message = found
            age = datetime.now(UTC) - message.written_at
            fault = self._fault(message, age)
            if not fault:
                self._tell_sent(message, age)
                self._told(self._name, "sent")
            elif age < GIVEN_UP:
                self._told(self._name, "failed")
                if self._receiver_fails.goes_on(fault, time.monotonic()):
                    log.warning("message waits, %s receiver=%s topic=%s", fault, self._name, message.topic)
                return False
            else:
                log.warning("message given up receiver=%s topic=%s id=%s", self._name, message.topic, message.id)
                self._told(self._name, "given_up")
            self._outbox.done(path)
        return True

    def _tell_sent(self, message: Message, age: timedelta) -> None:
        lasted = self._receiver_fails.over(time.monotonic())
        if lasted is not None:
            log.warning("messages leave again receiver=%s after=%s", self._name, clock_time(lasted))
        log.info("message sent receiver=%s topic=%s id=%s late=%s", self._name, message.topic, message.id, age >= LATE)

    def _fault(self, message: Message, age: timedelta) -> str:
        """Try to send it; why it could not, nothing where it has left."""
        title, body = message.title, message.body
        if age >= LATE:
            mark = self._lateness(message)
            title, body = mark.title.format(title=title), mark.body.format(body=body)
        try:
            return "" if self._send(title, body) else "the receiver did not take it or could not be reached"
        except Exception as error:  # a plug-in's fault is a try that failed
            return f"sending it failed with {type(error).__name__}"
