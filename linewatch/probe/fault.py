"""How a check ends early: `Fault`, and what an error of the operating system says about the target or about this host."""

from __future__ import annotations

import errno
import os
import unicodedata

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Result

LONGEST = 200

_NO_NETWORK = frozenset({errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EADDRINUSE, errno.EAFNOSUPPORT, errno.ENODEV, errno.ENXIO})
_FORBIDDEN = frozenset({errno.EPERM, errno.EACCES})  # a firewall of this host, a route that prohibits
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}) | _FORBIDDEN
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH})


class Fault(Exception):
    """Ends a check with what it came to; never leaves the probe. `detail` says it in a line for a person."""

    def __init__(self, result: Result, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.result = result
        self.cause = cause
        self.detail = detail


def one_line(text: str) -> str:
    """`text` as one line of at most 200 characters, without anything that a terminal or a page would obey: it may come from the network."""
    plain = "".join(" " if unicodedata.category(char).startswith(("C", "Z")) else char for char in text)
    short = " ".join(plain.split())
    return short if len(short) <= LONGEST else short[: LONGEST - 1] + "…"


def fault_of(error: OSError, whom: str, at_once: bool = False) -> Fault:
    """What a failed system call means; `whom` is the address that was talked to.

    `at_once` says that the kernel refused before it sent anything: no route then is this host's own fault. The same error code, come later, is
    what a router reported of the way beyond (ICMP destination unreachable) or an unanswered ARP request, and so an answer that never came.
    """
    reason = f"{whom}: {(os.strerror(error.errno) if error.errno else str(error) or type(error).__name__).lower()}"
    if at_once and error.errno in _FORBIDDEN:
        return Fault(Result.ERROR, Cause.LOCAL, reason)
    if error.errno in _EXHAUSTED:
        return Fault(Result.ERROR, Cause.MONITOR, reason)
    if error.errno in _NO_NETWORK or (at_once and error.errno in _NO_ROUTE):
        return Fault(Result.ERROR, Cause.LOCAL, reason)
    if at_once and error.errno != errno.ECONNREFUSED:
        return Fault(Result.ERROR, Cause.MONITOR, reason)
    if error.errno == errno.ETIMEDOUT:
        return Fault(Result.LOST, Cause.TIMEOUT, reason)
    return Fault(Result.LOST, Cause.CONNECT, reason)
