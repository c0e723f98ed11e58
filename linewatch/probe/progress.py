"""How far a check has come: its deadline, the phase that is under way, and what was learned so far. It judges nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from linewatch.probe.fault import Fault
from linewatch.sample.outcome import Exchange, Phases


class Phase(StrEnum):
    """A part of a check; the value is how a deadline that passes in it is told."""

    START = "starting"
    RESOLVE = "resolving"
    CONNECT = "connecting to"
    TLS = "in the TLS handshake with"
    FIRST_BYTE = "waiting for an answer from"
    TRANSFER = "reading the answer of"


def _now_us() -> int:
    return time.monotonic_ns() // 1000


@dataclass(slots=True)
class Progress:
    """One check under way, on the monotonic clock.

    `whom` is the name or address that the present phase concerns; `if_late` what a deadline means should it pass now, where that is more than
    that nothing came.
    """

    timeout: timedelta
    started_us: int = field(default_factory=_now_us)
    phase: Phase = Phase.START
    whom: str = ""
    address: str | None = None
    status: int | None = None
    certificate_expires_at: datetime | None = None
    if_late: Fault | None = None
    _phase_us: int = 0
    _took: dict[Phase, int] = field(default_factory=dict)

    def begin(self, phase: Phase, whom: str | None = None) -> None:
        """`phase` starts now, and with the first one the check: what was prepared before (a TLS context, a module) is not the target's time."""
        self._phase_us = _now_us()
        if self.phase is Phase.START:
            self.started_us = self._phase_us
        self.phase = phase
        self.whom = self.whom if whom is None else whom

    def end(self) -> int:
        """The present phase is done; microseconds that it took."""
        took = self._took[self.phase] = _now_us() - self._phase_us
        return took

    def reset(self) -> None:
        """The next hop starts: timings, address and status are those of the last one."""
        self._took.clear()
        self.address = self.status = self.if_late = None

    def expires(self, at: datetime) -> None:
        """A certificate that ends at `at` was met; the one that ends first counts, as any hop's end breaks the whole."""
        known = self.certificate_expires_at
        self.certificate_expires_at = at if known is None else min(known, at)

    @property
    def elapsed_us(self) -> int:
        """Microseconds since the check began."""
        return _now_us() - self.started_us

    @property
    def left(self) -> float:
        """Seconds until its deadline, never below 0."""
        return max(0.0, self.timeout.total_seconds() - self.elapsed_us / 1e6)

    def took(self, phase: Phase) -> int | None:
        """Microseconds that `phase` took; None where it did not end in this hop."""
        return self._took.get(phase)

    def exchange(self) -> Exchange:
        """What is known now, as it is recorded."""
        phases = Phases(
            resolve_us=self._took.get(Phase.RESOLVE),
            connect_us=self._took.get(Phase.CONNECT),
            tls_us=self._took.get(Phase.TLS),
            first_byte_us=self._took.get(Phase.FIRST_BYTE),
            transfer_us=self._took.get(Phase.TRANSFER),
        )
        return Exchange(phases, self.address, self.status, self.certificate_expires_at)
