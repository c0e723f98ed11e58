"""A line that is looked at twice a second, so that a fault and what comes of it take seconds; and what its daemon counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.end_to_end.conftest import Daemon, unknown, wait_for

LINE = """
[[line]]
name = "line"
gateway = "127.0.0.1"
anchors = ["127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"]
interval = "500ms"
timeout = "400ms"
retry_interval = "250ms"
stale_after = "5s"
"""
SOON_IN_DOUBT = LINE.replace('"5s"', '"2500ms"')
"""The same where a silence is soon a hole."""

ROUND = timedelta(seconds=0.5)
SLACK = timedelta(seconds=1.5)
"""What a busy machine may add to a round; how far off the ends really were is told."""


def total(daemon: Daemon, family: str, **labels: str) -> float:
    """The sum over the series of a family with these labels."""
    rows = [row for row in daemon.scrape().splitlines() if re.match(rf"{family}[{{ ]", row)]
    return sum(float(row.rsplit(" ", 1)[1]) for row in rows if all(f'{key}="{value}"' in row for key, value in labels.items()))


def rounds_go_on(daemon: Daemon, rounds: int = 3, within: float = 15, **labels: str) -> None:
    """Wait until so many rounds more have been judged."""
    before = total(daemon, "linewatch_rounds_total", **labels)
    wait_for(
        lambda: total(daemon, "linewatch_rounds_total", **labels) >= before + rounds, lambda: f"{rounds} rounds {labels}; {daemon.complained}", within
    )


def adds_up(service: dict[str, Any]) -> None:
    """No second is counted twice and none is missing."""
    seconds = service["seconds"]
    parts = sum(round(seconds[part] * 1e6) for part in ("up", "degraded", "down", "unknown", "excluded"))
    assert parts == round(seconds["scheduled"] * 1e6)
    assert all(share is None or 0 <= share <= 1 for share in (*[service["availability"][b] for b in ("observed", "low", "high", "gross")],))


def near(told: Sequence[tuple[datetime, datetime]], truth: Sequence[tuple[datetime, datetime]], by: timedelta = ROUND + SLACK) -> float:
    """The same spans, each end no farther off than `by`. Returns how far off the worst end is, in seconds."""
    assert len(told) == len(truth), (told, truth)
    off = [abs(end - true_end) for span, true in zip(told, truth, strict=True) for end, true_end in zip(span, true, strict=True)]
    assert max(off) <= by, (told, truth)
    return max(off).total_seconds()


def nowhere_in_doubt(service: dict[str, Any], missed: float) -> None:
    """No hole but the time before the start, and those that the machine itself makes when it is too busy: the daemon counts the rounds in them."""
    assert len(unknown(service, "monitor")) - 1 <= missed / 5
