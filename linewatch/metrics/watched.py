"""What the metrics have to know of a service before its first round, so that every series exists from the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linewatch.sample.cause import Cause

OUTAGE_CAUSES: dict[Literal["line", "endpoint"], tuple[Cause, ...]] = {
    "line": (Cause.LINE, Cause.UPSTREAM),
    "endpoint": (Cause.DNS, Cause.CONNECT, Cause.TLS, Cause.TIMEOUT, Cause.STATUS, Cause.CONTENT, Cause.REDIRECT),
}
"""The causes that a confirmed outage usually has (semantics, section 3).

Another one, such as `local` under terms that charge it, adds its series when it first occurs.
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """A service as the metrics see it.

    `targets` are the names under which its rounds record whom they asked (`Seat.target`); `certificate` says whether a TLS certificate is
    expected of it, `phased` whether its checks have the phases of an HTTP exchange. `target` and `min_coverage` are those of its terms,
    `interval_seconds` says how often it is looked at.
    """

    name: str
    kind: Literal["line", "endpoint"]
    targets: tuple[str, ...]
    certificate: bool = False
    phased: bool = False
    title: str = ""
    target: float = 1.0
    min_coverage: float = 0.99
    interval_seconds: float = 3.0
