"""Minutes and histograms made of rounds: the arithmetic of the roll-ups, pure. What writes them is rolling.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.span import from_epoch, to_epoch
from linewatch.verdict.loss import Loss, loss
from linewatch.verdict.reading import Kind, Reading

MINUTE_US = 60_000_000
HOUR_US = 3_600_000_000
MINUTES_PER_HOUR = 60

GAMMA = 1.04
"""The ratio of a bucket's bounds: a value told from its bucket is wrong by at most (GAMMA - 1) / (GAMMA + 1), under 2 %."""
_LOG_GAMMA = math.log(GAMMA)

JUDGED = frozenset({Role.ANCHOR, Role.ENDPOINT})
"""The seats that loss and round-trip times are taken from; gateway and next hop only help to name a cause."""


@dataclass(frozen=True, slots=True)
class Minute:
    """One service's minute of the epoch: its rounds, how many were bad or unmeasured, and the echoes `sent` and `lost`.

    `sent` and `lost` are those of one target: for a line the lower median of its anchors by their share of lost echoes (semantics, section 3),
    for an endpoint its only one. verdict/loss.py says what is sent and what is lost.
    """

    minute: int
    rounds: int
    bad: int
    unmeasured: int
    sent: int
    lost: int

    @property
    def at(self) -> datetime:
        """When it begins, UTC."""
        return from_epoch(self.minute * MINUTE_US)


def minute_of(at: datetime) -> int:
    """The whole minutes from 1970-01-01T00:00Z to `at`."""
    return to_epoch(at) // MINUTE_US


def minute_rollup(rounds: Sequence[tuple[Round, Reading]]) -> Minute:
    """The roll-up of one minute's rounds; `rounds` is not empty and all of one minute."""
    lost = loss(looked for looked, _ in rounds) or Loss(0, 0)
    return Minute(
        minute=minute_of(rounds[0][0].at),
        rounds=len(rounds),
        bad=sum(reading.kind is Kind.BAD for _, reading in rounds),
        unmeasured=sum(reading.kind is Kind.UNMEASURED for _, reading in rounds),
        sent=lost.sent,
        lost=lost.lost,
    )


def judged_places(panel: Sequence[Seat]) -> tuple[int, ...]:
    """The places of a panel whose answers count."""
    return tuple(place for place, seat in enumerate(panel) if seat.role in JUDGED)


def bucket_of(rtt_us: int) -> int:
    """The histogram bucket of a round-trip time: bucket i holds GAMMA**(i-1) < rtt <= GAMMA**i; 0 µs counts as 1 µs (after DDSketch, 2019)."""
    return math.ceil(math.log(max(rtt_us, 1)) / _LOG_GAMMA)


def bucket_rtt_us(bucket: int) -> float:
    """The round-trip time in microseconds that stands for a bucket: within 2 % of every value in it."""
    return 2 * GAMMA**bucket / (GAMMA + 1)
