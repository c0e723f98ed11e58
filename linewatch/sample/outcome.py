"""What one look at one target came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linewatch.sample.cause import Cause


class Result(StrEnum):
    """How one look ended."""

    OK = "ok"  # it answered as expected
    LOST = "lost"  # no answer in time, or an ICMP error instead of one
    BAD = "bad"  # it answered, but not as expected
    ERROR = "error"  # this host could not look: no route, no permission, no descriptor, an exception


@dataclass(frozen=True, slots=True)
class Phases:
    """How long each phase of an HTTP exchange took, in microseconds; None where it was not reached or not needed."""

    resolve_us: int | None = None
    connect_us: int | None = None
    tls_us: int | None = None
    first_byte_us: int | None = None
    transfer_us: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What an HTTP, TCP or DNS check learned beside its result.

    `address` is the IP address that was talked to last, `status` the HTTP status of the last response, `certificate_expires_at` the end (UTC)
    of the leaf certificate's validity, known also where its verification failed if the certificate could be read.
    """

    phases: Phases = Phases()
    address: str | None = None
    status: int | None = None
    certificate_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One look at one target.

    `rtt_us` is the round-trip time in microseconds (for HTTP the whole exchange), present where `result` is OK, and for BAD where an answer came.
    `cause` is None for a plain OK; an OK with a cause is an answer with a reservation (a certificate near its end: `tls`; slower than
    `max_ms`: `latency`). For LOST and BAD it names the fault; for ERROR it is `local` (this office's network: no route, interface down)
    or `monitor` (the prober's own failure: no permission, no descriptor, an exception).
    `detail` is one line for a person, in English, empty for a plain OK.
    """

    result: Result
    rtt_us: int | None = None
    cause: Cause | None = None
    detail: str = ""
    exchange: Exchange | None = None

    def __post_init__(self) -> None:
        if self.rtt_us is not None and self.rtt_us < 0:
            raise ValueError(f"a round-trip time cannot be negative: {self.rtt_us} us")
        if self.result is Result.OK and self.rtt_us is None:
            raise ValueError("an answer has a round-trip time")
        if self.result is not Result.OK and self.cause is None:
            raise ValueError(f"a look that ended {self.result} has a cause")
        if self.result is Result.ERROR and self.cause not in (Cause.LOCAL, Cause.MONITOR):
            raise ValueError(f"an error is local or the monitor's own, not {self.cause}")

    @property
    def answered(self) -> bool:
        """Whether the target answered as expected."""
        return self.result is Result.OK


LOST = Outcome(Result.LOST, cause=Cause.TIMEOUT)
