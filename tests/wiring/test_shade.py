"""How services stand at once: an endpoint that fails behind its line stands UNKNOWN until it is seen bad after the line's return."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from linewatch.sample.cause import Cause
from linewatch.verdict.state import State
from linewatch.wiring.shade import Shade

AT = datetime(2022, 3, 1, tzinfo=UTC)
WORDS = {
    "up": (State.UP, None),
    "down": (State.DOWN, Cause.TIMEOUT),
    "local": (State.UNKNOWN, Cause.LOCAL),
    "monitor": (State.UNKNOWN, Cause.MONITOR),
}


def at(second: int) -> datetime:
    return AT + timedelta(seconds=second)


@pytest.mark.parametrize(
    ("happened", "stands"),
    [
        ("site down", "down"),
        ("line down, site down", "unknown"),
        ("site down, line down", "unknown"),  # whichever was confirmed first
        ("site down, line local", "unknown"),  # our own side is at fault
        ("site down, line monitor", "down"),  # nobody watches the line: the endpoint's failure stands
        ("line down, site down, site up", "up"),
        ("line down, site down, line up", "unknown"),  # not looked at since
        ("line down, site down, site bad", "unknown"),
        ("line down, site down, line up, site bad", "down"),
        ("line down, site down, line up, site up", "up"),
        ("line down, site down, line up, line down, site bad", "unknown"),
        ("line down, line up, site down", "down"),
        ("line down, site down, line monitor, site bad", "unknown"),  # a step of the clock, a standstill: the outage goes on, for all that is known
        ("line down, site down, line monitor, line down, site bad", "unknown"),
        ("line down, line monitor, site down", "unknown"),
        ("line down, site down, line monitor, line up, site bad", "down"),
        ("line up, line monitor, site down", "down"),
    ],
)
def test_an_endpoint_behind_its_line(happened: str, stands: str) -> None:
    shade = Shade({"site": "line"}, {"line": WORDS["up"], "site": WORDS["up"], "other": WORDS["up"]})
    for second, event in enumerate(happened.split(", ")):
        service, what = event.split()
        if what == "bad":
            was = shade.state(service)
            assert shade.seen_bad(service, at(second)) is (was is State.UNKNOWN and shade.state(service) is State.DOWN)
        else:
            assert service in shade.changed(service, *WORDS[what], at(second))
    assert shade.state("site") == stands
    assert shade.state("other") is State.UP


def test_the_round_that_was_under_way_at_the_lines_return_says_nothing() -> None:
    shade = Shade({"site": "line"}, {"line": WORDS["down"], "site": WORDS["down"]})
    assert shade.state("site") is State.UNKNOWN
    shade.changed("line", State.UP, None, at(10))
    assert not shade.seen_bad("site", at(10))
    assert shade.seen_bad("site", at(11))
    assert (shade.state("site"), shade.cause("site")) == (State.DOWN, Cause.TIMEOUT)


def test_a_line_tells_which_endpoints_it_hides() -> None:
    shade = Shade({"site": "line", "shop": "line"}, {"line": WORDS["up"], "site": WORDS["down"], "shop": WORDS["up"]})
    assert shade.changed("line", *WORDS["down"], at(1)) == {"line", "site"}
