"""What systemd is told of the daemon's life: a datagram to the socket that it names. Source: sd_notify(3), sd_watchdog_enabled(3).

Without that socket nothing happens, and nothing that goes wrong here can end the daemon.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

PATIENCE_SECONDS = 0.1
"""How long a datagram may wait for room in systemd's queue: long enough not to lose READY, short enough not to hold up a round."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """The way to the service manager; `address` is None where there is none.

    `watchdog_interval` is how often `watchdog` is to be called: half of the time after which systemd gives the daemon up; None where it does
    not watch.
    """

    address: str | None = None
    watchdog_interval: timedelta | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Notifier:
        """As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say; what they say wrongly counts as unsaid."""
        named = environ.get("NOTIFY_SOCKET", "")
        if not named.startswith(("/", "@")):
            return cls()
        # A leading @ stands for the zero byte of an abstract address (unix(7)).
        return cls("\0" + named[1:] if named[0] == "@" else named, _watchdog_interval(environ))

    def ready(self, status: str = "") -> None:
        """Start-up, or a reload, is finished."""
        self._tell("READY=1", _status(status))

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._tell(_status(text))

    def stopping(self) -> None:
        """The daemon is on its way out."""
        self._tell("STOPPING=1")

    def reloading(self) -> None:
        """A reload begins; `ready` ends it. The monotonic time is what Type=notify-reload asks for."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def watchdog(self) -> None:
        """The daemon is alive."""
        self._tell("WATCHDOG=1")

    def _tell(self, *assignments: str) -> None:
        message = "\n".join(filter(None, assignments)).encode(errors="replace")
        if self.address is None or not message:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.settimeout(PATIENCE_SECONDS)
                sock.sendto(message, self.address)
        except (OSError, ValueError):
            # The manager is gone or stuck: there is nobody to tell, and the line has to be watched all the same.
            return


def _status(text: str) -> str:
    """An assignment of one line; nothing for an empty text."""
    return f"STATUS={' '.join(text.split())}" if text.strip() else ""


def _watchdog_interval(environ: Mapping[str, str]) -> timedelta | None:
    try:
        limit_us = int(environ.get("WATCHDOG_USEC", ""))
        watched = int(environ.get("WATCHDOG_PID", "") or os.getpid())
        interval = timedelta(microseconds=limit_us // 2)
    except (ValueError, OverflowError):
        return None
    return interval if interval > timedelta(0) and watched == os.getpid() else None
