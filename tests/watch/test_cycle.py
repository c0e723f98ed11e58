"""One service's rounds in simulated time: their order, their hurry, their failures, the steps of the clock between them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from linewatch.sample.cause import Cause
from linewatch.sample.event import Happening
from linewatch.sample.outcome import LOST
from linewatch.verdict.machine import Standing
from linewatch.verdict.reading import Kind
from linewatch.verdict.state import State, Transition
from tests.watch.world import ENDPOINT_PANEL, OK, REFUSED, RULE, SECOND, World, after, settle

UP = Standing(State.UP, None)


async def test_overlapping_rounds_are_taken_in_the_order_in_which_they_were_sent() -> None:
    world = World(standing=UP)
    first, slow = await world.begin()
    world.host.pass_by(1)
    second, quick = await world.begin()
    world.host.pass_by(1)
    third, quicker = await world.begin()
    quicker.ends(LOST)
    quick.ends(OK)
    await settle()
    assert world.record.kept == []
    slow.ends(LOST)
    await asyncio.gather(first, second, third)
    assert [(looked.at, reading.kind) for looked, reading in world.record.kept] == [
        (after(0), Kind.BAD),
        (after(1), Kind.GOOD),
        (after(2), Kind.BAD),
    ]
    assert world.seen.readings == [reading for _, reading in world.record.kept]
    assert world.record.transitions == []


async def test_a_prober_that_raises_has_not_measured_and_the_next_round_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    world = World(standing=UP)
    task, look = await world.begin()
    look.fails(RuntimeError("secret"))
    await task
    ((looked, reading),) = world.record.kept
    assert (reading.kind, reading.cause) == (Kind.UNMEASURED, Cause.MONITOR)
    assert {outcome.detail for outcome in looked.outcomes} == {"the prober failed: RuntimeError"}
    assert world.record.transitions == [Transition(after(0), State.UNKNOWN, Cause.MONITOR, after(0))]
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(logging.ERROR, "prober failed service=service")]
    world.host.pass_by(3)
    await world.round(OK)
    assert world.record.transitions[-1].state is State.UP


async def test_a_prober_that_raises_at_every_round_is_told_of_once_and_when_it_works_again(caplog: pytest.LogCaptureFixture) -> None:
    world = World(standing=UP)
    for error in [RuntimeError("one"), RuntimeError("one"), ValueError("two"), RuntimeError("one")]:
        task, look = await world.begin()
        look.fails(error)
        await task
        world.host.pass_by(3)
    for _ in range(22):
        await world.round(OK)
        world.host.pass_by(3)
    assert len(world.record.kept) == 26
    assert [record.getMessage() for record in caplog.records] == [
        *["prober failed service=service"] * 2,
        "prober works again service=service after=00:00:12",
    ]


async def test_a_round_that_is_cut_off_does_not_hold_up_the_next() -> None:
    world = World(standing=UP)
    cut, _ = await world.begin()
    world.host.pass_by(3)
    following, look = await world.begin()
    cut.cancel()
    look.ends(OK)
    await following
    assert [looked.at for looked, _ in world.record.kept] == [after(3)]


async def test_a_change_is_announced_only_once_it_is_committed() -> None:
    world = World()
    await world.round(OK)
    await settle()
    assert world.record.transitions == [Transition(after(0), State.UP, None, after(0))]
    assert world.seen.changes == []
    world.record.commit()
    await settle()
    assert world.seen.changes == world.record.transitions
    assert world.seen.services == world.record.services == {"service"}


async def test_a_commit_is_announced_from_another_thread_in_the_loops_own() -> None:
    world = World()
    await world.round(OK)
    await asyncio.to_thread(world.record.commit)
    await settle()
    assert [change.state for change in world.seen.changes] == [State.UP]


def test_a_commit_after_the_end_of_the_loop_is_announced_to_nobody() -> None:
    world = asyncio.run(_one_round())
    world.record.commit()
    assert world.seen.changes == []


async def _one_round() -> World:
    world = World()
    await world.round(OK)
    return world


async def test_where_nothing_changes_nothing_waits_for_a_commit() -> None:
    world = World(standing=UP)
    await world.round(OK)
    assert (world.record.waiting, world.record.transitions) == ([], [])


@pytest.mark.parametrize(
    ("lasting", "delay"), [(0, 1), (0.25, 0.75), (2, 0)], ids=["answered at once", "answered within the retry interval", "timed out"]
)
async def test_after_a_bad_round_the_next_is_due_a_retry_interval_after_it_was_sent(lasting: float, delay: float) -> None:
    world = World(panel=ENDPOINT_PANEL, standing=UP)
    await world.round(REFUSED, lasting=lasting)
    assert world.hurried == [timedelta(seconds=delay)]
    world.host.pass_by(delay)
    await world.round(OK)
    assert world.seen.lags == [(0, 0.0)]


async def test_a_quiet_round_hurries_the_next_one_before_its_time_is_up() -> None:
    world = World(standing=UP)
    task, look = await world.begin()
    world.host.pass_by(1)
    look.quiet()
    assert world.hurried == [timedelta(0)]
    look.ends(OK)
    await task


async def test_a_round_hurries_nobody_where_a_later_one_is_on_its_way() -> None:
    world = World(standing=UP)
    first, slow = await world.begin()
    world.host.pass_by(1)
    second, look = await world.begin()
    slow.quiet()
    slow.ends(LOST)
    await first
    assert world.hurried == []
    look.ends(OK)
    await second


async def test_a_recovery_that_is_not_confirmed_hurries_too_and_a_good_round_does_not() -> None:
    world = World(standing=Standing(State.DOWN, Cause.LINE))
    await world.round(OK)
    assert world.hurried == [SECOND]
    world.host.pass_by(1)
    await world.round(OK)
    assert world.hurried == [SECOND]
    assert world.record.transitions == [Transition(after(0), State.UP, None, after(0))]


async def test_an_outage_is_dated_back_to_its_first_bad_round() -> None:
    world = World(standing=UP)
    await world.round(OK)
    world.host.pass_by(3)
    for _ in range(3):
        await world.round(LOST)
        world.host.pass_by(1)
    assert world.record.transitions == [Transition(after(3), State.DOWN, Cause.LINE, after(0))]


@pytest.mark.parametrize(
    ("pause", "told"), [(3, (0, 0.0)), (5, (0, 2.0)), (6, (1, 3.0)), (31, (9, 28.0))], ids=["on time", "late", "one missed", "nine missed"]
)
async def test_missed_rounds_are_counted_and_lateness_is_told(pause: float, told: tuple[int, float]) -> None:
    world = World(standing=UP)
    await world.round(OK)
    world.host.pass_by(pause)
    await world.round(OK)
    assert world.seen.lags == [told]


async def test_a_hole_is_unknown_time_of_the_monitors() -> None:
    world = World(standing=UP)
    await world.round(OK)
    world.host.pass_by(31)
    await world.round(OK)
    assert [(change.at, change.state, change.cause) for change in world.record.transitions] == [
        (after(3), State.UNKNOWN, Cause.MONITOR),
        (after(31), State.UP, None),
    ]


async def test_a_step_back_closes_one_account_and_begins_another() -> None:
    world = World(standing=UP)
    await world.round(OK)
    world.host.pass_by(2)
    world.host.step(-3600)
    world.host.pass_by(1)
    await world.round(OK)
    assert [(change.at, change.state, change.cause) for change in world.record.transitions] == [
        (after(2), State.UNKNOWN, Cause.CLOCK),
        (after(2 - 3600), State.UNKNOWN, Cause.CLOCK),
        (after(3 - 3600), State.UP, None),
    ]
    world.record.commit()
    await settle()
    assert world.seen.changes == world.record.transitions


async def test_a_step_forward_leaves_unknown_time_and_counts_no_round_as_missed() -> None:
    world = World(standing=UP)
    await world.round(OK)
    world.host.pass_by(3)
    world.host.step(3600)
    await world.round(OK)
    assert [(change.at, change.state, change.cause) for change in world.record.transitions] == [
        (after(3), State.UNKNOWN, Cause.CLOCK),
        (after(3603), State.UP, None),
    ]
    assert world.seen.lags == [(0, 0.0)]


async def test_a_step_while_a_round_is_under_way_is_taken_between_it_and_the_next() -> None:
    world = World(standing=UP)
    first, slow = await world.begin()
    world.host.pass_by(1)
    world.host.step(-60)
    second, look = await world.begin()
    look.ends(OK)
    slow.ends(OK)
    await asyncio.gather(first, second)
    assert [looked.at for looked, _ in world.record.kept] == [after(0), after(-59)]
    assert [(change.at, change.cause) for change in world.record.transitions] == [
        (after(1), Cause.CLOCK),
        (after(-59), Cause.CLOCK),
        (after(-59), None),
    ]


async def test_two_steps_between_two_rounds_are_taken_in_their_order_and_once() -> None:
    world = World(standing=UP)
    await world.round(OK)
    world.host.pass_by(1)
    world.host.step(100)
    world.host.pass_by(1)
    world.host.step(-200)
    for _ in range(2):
        await world.round(OK)
        world.host.pass_by(1)
    assert [(change.at, change.state) for change in world.record.transitions] == [
        (after(1), State.UNKNOWN),
        (after(102), State.UNKNOWN),
        (after(-98), State.UNKNOWN),
        (after(-98), State.UP),
    ]


async def test_two_rounds_in_one_microsecond_have_times_of_their_own() -> None:
    world = World(standing=UP)
    await world.round(OK)
    await world.round(OK)
    assert [looked.at for looked, _ in world.record.kept] == [after(0), after(0.000001)]


async def test_an_anchor_that_is_set_aside_is_noted_and_so_is_its_return(caplog: pytest.LogCaptureFixture) -> None:
    world = World(rule=replace(RULE, set_aside_after=timedelta(seconds=5)), standing=UP)
    for _ in range(4):
        await world.round(OK, OK, OK, LOST)
        world.host.pass_by(3)
    await world.round(OK)
    assert [(event.kind, event.service, event.data) for event in world.record.events] == [
        (Happening.SET_ASIDE, "service", {"anchor": "d"}),
        (Happening.COUNTS_AGAIN, "service", {"anchor": "d"}),
    ]
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


async def test_what_is_under_way_when_another_cycle_takes_over_is_not_taken() -> None:
    world = World(standing=Standing(State.DOWN, Cause.LINE))
    first, look = await world.begin()
    world.cycle.retire()
    look.ends(OK)
    await first
    assert (world.record.kept, world.seen.readings, world.hurried) == ([], [], [])
