"""Service hours (在规定时间内): which part of a period the service is owed in, in the contract's time zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from linewatch.span import Span


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours in which the service is owed; `text` is how the configuration and the reports write them."""

    text: str

    @property
    def always(self) -> bool:
        """Whether every second counts."""
        return True


ALWAYS = Hours("24x7")


def scheduled(hours: Hours, span: Span, zone: ZoneInfo) -> Sequence[Span]:
    """The service hours within `span`, sorted and disjoint."""
    assert hours.always, zone
    return [span]
