"""A line that is never cut is never said to be down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.lab.simulated import day
from tests.lab.watcher import default_rule, strict_rule


@pytest.mark.parametrize("loss", [0.0, 0.05])
def test_no_outage_is_invented_in_a_day_not_even_by_the_strict_rule(loss: float) -> None:
    lived = day("seed", loss, strict_rule())
    assert lived.rounds >= 28_800
    assert (lived.bad, lived.outages) == (0, 0)


def test_one_anchor_alone_would_invent_some() -> None:
    assert day("1", 0.05, default_rule(), anchors=1, length=timedelta(hours=12)).outages > 0
