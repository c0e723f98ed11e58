"""The table `line`: a leased line, the path over it and the rule by which it is judged."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from linewatch.config.table import Read, Slug, Table, Words
from linewatch.config.targets import address, anchor, gateway, next_hop
from linewatch.config.terms import ContractTable, Ratio, SlaTable
from linewatch.config.values import Unfit, durations
from linewatch.sample.target import IcmpTarget, Target

Anchor = Annotated[Target, Read(anchor)]
Gateway = Annotated[IcmpTarget | Literal["auto"] | None, Read(gateway)]
NextHop = Annotated[IcmpTarget, Read(next_hop)]
Interval = Annotated[timedelta, Read(durations("200ms", "1h"))]
# A timeout may pass the interval: a round waits for its own answers only, and on a slow line an answer after a whole interval is an answer still.
# A minute bounds it, so that an outage is confirmed within minutes.
Timeout = Annotated[timedelta, Read(durations("1ms", "60s"))]
StaleAfter = Annotated[timedelta, Read(durations("200ms", "24h"))]
Count = Annotated[int, Field(ge=1, le=1000)]


def not_above_interval(value: timedelta | None, info: ValidationInfo) -> timedelta | None:
    """A check of `retry_interval`, where the interval itself is right."""
    interval = info.data.get("interval")
    if value is not None and interval is not None and value > interval:
        raise Unfit("must not be longer than interval")
    return value


def not_below_interval(value: timedelta | None, info: ValidationInfo) -> timedelta | None:
    """A check of `stale_after`, where the interval itself is right."""
    interval = info.data.get("interval")
    if value is not None and interval is not None and value < interval:
        raise Unfit("must be at least one interval")
    return value


class LineTable(Table):
    """A leased line. `retry_interval` and `stale_after` are None where they follow from the interval; `gateway` is None for "none"."""

    name: Slug
    title: Words | None = None
    gateway: Gateway = "auto"
    next_hop: NextHop | None = None
    source: Annotated[str, Read(address)] | None = None
    anchors: tuple[Anchor, ...] = Field(min_length=1, max_length=100, strict=False)
    mtu: Annotated[int, Field(ge=576, le=2000)] | None = None
    quorum: Count = 1
    interval: Interval = timedelta(seconds=3)
    timeout: Timeout = timedelta(seconds=2)
    retry_interval: Interval | None = None
    fall: Count = 3
    rise: Count = 2
    stale_after: StaleAfter | None = None
    degraded_loss: Ratio = Fraction(5, 100)
    degraded_rtt: Timeout | None = None
    set_aside_after: Annotated[timedelta, Read(durations("1m", "36500d"))] = timedelta(hours=24)
    contract: ContractTable = ContractTable()
    sla: SlaTable = SlaTable()

    _retry = field_validator("retry_interval")(not_above_interval)
    _stale = field_validator("stale_after")(not_below_interval)
