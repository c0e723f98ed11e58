"""The clock of the record: slewing followed, steps noticed, never down within an epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.watch.clock import Clock, ClockStep

NOON = datetime(2022, 3, 1, 12, tzinfo=UTC)


class Host:
    """A host whose two clocks go as the test says."""

    def __init__(self) -> None:
        self.wall, self.monotonic = NOON.timestamp(), 50.0
        self.clock = Clock(lambda: self.wall, lambda: self.monotonic)

    def pass_by(self, seconds: float, wall_seconds: float | None = None) -> datetime:
        """So long passes in truth, and so long on the wall clock; what the clock says then."""
        self.monotonic += seconds
        self.wall += seconds if wall_seconds is None else wall_seconds
        return self.clock.now()


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_it_follows_the_wall_clock() -> None:
    host = Host()
    assert [host.clock.now(), host.pass_by(3), host.pass_by(0.25)] == [NOON, after(3), after(3.25)]
    assert host.clock.epoch == 0
    assert host.clock.monotonic() == 53.25


@pytest.mark.parametrize("slewed", [3.4, 2.6], ids=["fast", "slow"])
def test_slewing_is_followed_however_much_it_adds_up_to(slewed: float) -> None:
    host = Host()
    for _ in range(100):
        last = host.pass_by(3, slewed)
    assert abs(last - after(100 * slewed)) < timedelta(milliseconds=1)
    assert host.clock.steps == []


@pytest.mark.parametrize(
    ("wall_seconds", "resumed"),
    [(3605, 3605), (-3595, -3595), (5.6, 5.6), (4.4, 4.4)],
    ids=["an hour forward", "an hour back", "a little forward", "a little back"],
)
def test_a_step_is_dated_to_the_moment_it_was_noticed_on_either_side(wall_seconds: float, resumed: float) -> None:
    host = Host()
    assert host.pass_by(5, wall_seconds) == after(resumed)
    assert host.clock.steps == [ClockStep(after(5), after(resumed))]
    assert host.pass_by(1) == after(resumed + 1)
    assert host.clock.epoch == 1


def test_a_small_fall_within_an_epoch_is_held() -> None:
    host = Host()
    host.pass_by(10)
    assert host.pass_by(0.01, -0.2) == after(10)
    assert host.pass_by(0.1) == after(10)
    assert host.pass_by(1) == after(10.9)
    assert host.clock.epoch == 0


def test_a_suspended_host_whose_monotonic_clock_stood_still_looks_like_a_step_forward() -> None:
    host = Host()
    host.pass_by(0.5, 8 * 3600)
    assert host.clock.steps == [ClockStep(after(0.5), after(8 * 3600))]


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(-4000, 4000)), max_size=40))
def test_whatever_the_clocks_do_it_never_goes_down_within_an_epoch(moves: list[tuple[float, float]]) -> None:
    host = Host()
    last, epoch = host.clock.now(), host.clock.epoch
    for seconds, wall_seconds in moves:
        now = host.pass_by(seconds, wall_seconds)
        assert now >= last or host.clock.epoch == epoch + 1
        if host.clock.epoch > epoch:
            assert host.clock.steps[-1].left_at >= last
        last, epoch = now, host.clock.epoch
