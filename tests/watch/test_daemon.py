"""The daemon's own work: rounds on the beat, standstills, steps of the wall clock, reloads, signals. The cycles are real, the ports are fakes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from linewatch.errors import ConfigurationError
from linewatch.sample.event import Event, Happening
from linewatch.sample.outcome import Outcome
from linewatch.verdict.judge import Memory
from linewatch.verdict.machine import nothing_known
from linewatch.watch.clock import Clock, ClockStep
from linewatch.watch.cycle import Beat, Cycle
from linewatch.watch.daemon import Daemon, Every
from linewatch.watch.systemd import Notifier
from tests.watch.world import ENDPOINT_PANEL, OK, REFUSED, RULE, SECOND, Seen, ToldProber, Written, after

HOUR = timedelta(hours=1)


class Shifted(datetime):
    """The system's wall clock as APScheduler and the daemon read it, stepped by the test."""

    by = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + cls.by


class Watch:
    """A daemon with its cycles, and what it did."""

    def __init__(self, *intervals: timedelta, finds: Outcome | None = OK, retry: timedelta = HOUR, chore_every: timedelta = HOUR) -> None:
        self.shift = 0.0
        self.clock = Clock(lambda: time.time() + self.shift)
        self.seen, self.record = Seen(), Written()
        self.probers: dict[str, ToldProber] = {}
        self.steps: list[ClockStep] = []
        self.chores = 0
        self.chore_fails: Exception | None = None
        self.offers: list[Callable[[], Sequence[Cycle]]] = []
        cycles = [self.cycle(str(number), interval, finds, min(retry, interval)) for number, interval in enumerate(intervals)]
        self.daemon = Daemon(
            cycles,
            self.clock,
            Notifier(),
            self.record.note,
            [(self._chore, chore_every)],
            lambda _: self.offers.pop(0)(),
            self.steps.append,
        )

    def cycle(self, name: str, interval: timedelta, finds: Outcome | None = OK, retry: timedelta = HOUR) -> Cycle:
        self.probers[name] = ToldProber(ENDPOINT_PANEL, finds)
        beat = Beat(interval, retry, SECOND)
        return Cycle(name, False, RULE, beat, self.probers[name], self.record, self.seen, self.clock, nothing_known(), Memory())

    def looks(self, name: str = "0") -> int:
        return len(self.probers[name].looks) if name in self.probers else 0

    async def _chore(self) -> None:
        self.chores += 1
        if self.chore_fails is not None:
            raise self.chore_fails


@contextlib.asynccontextmanager
async def running(watch: Watch) -> AsyncIterator[None]:
    """While the daemon runs; it is stopped by a signal, as it would be."""
    task = asyncio.create_task(watch.daemon.run())
    try:
        await asyncio.sleep(0.05)
        yield
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 5)
    finally:
        task.cancel()


def stand_still(seconds: float) -> None:
    """Hold up the whole event loop."""
    time.sleep(seconds)


async def until(holds: Callable[[], bool], within: float = 5) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, f"not within {within} s"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("previous", "now", "expected"),
    [
        (None, after(0), after(0)),
        (after(0), after(0), after(3)),
        (after(0), after(2.9), after(3)),
        (after(0), after(3), after(6)),
        (after(0), after(100), after(102)),
        (after(0), after(10 * 366 * 86_400), after(10 * 366 * 86_400 + 3)),
        (after(0), after(-3600), after(3)),
    ],
    ids=["the first", "the next", "a little late", "on the next beat", "a standstill", "ten years at once", "a step back"],
)
def test_a_beat_is_the_first_after_now(previous: datetime | None, now: datetime, expected: datetime) -> None:
    assert Every(3 * SECOND).get_next_fire_time(previous, now) == expected


async def test_first_rounds_are_spread_over_an_interval_and_chores_are_done_at_once() -> None:
    watch = Watch(SECOND, SECOND, SECOND, SECOND)
    async with running(watch):
        await until(lambda: watch.chores == 1)
        await until(lambda: watch.looks("3") == 1)
        firsts = [watch.probers[str(number)].looks[0].at for number in range(4)]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(firsts)]
    assert all(0.1 < gap < 0.9 for gap in gaps), gaps


async def test_after_a_standstill_a_service_is_looked_at_once_and_the_missed_rounds_are_counted() -> None:
    watch = Watch(SECOND / 5)
    async with running(watch):
        await until(lambda: watch.looks() >= 2)
        before = watch.looks()
        stand_still(1.1)
        await asyncio.sleep(0.05)
        assert watch.looks() - before in (1, 2)
        assert max(rounds for rounds, _ in watch.seen.lags) in (4, 5)


async def test_a_bad_round_is_followed_soon() -> None:
    watch = Watch(HOUR, finds=REFUSED, retry=SECOND / 20)
    async with running(watch):
        await until(lambda: watch.looks() >= 4)


async def test_a_step_of_the_clock_is_recorded_counted_and_puts_every_round_and_chore_back_on_the_beat() -> None:
    watch = Watch(HOUR, HOUR)
    async with running(watch):
        await until(lambda: watch.looks("0") == 1)
        watch.shift = -7200.0
        await until(lambda: (watch.looks("0"), watch.looks("1"), watch.chores) == (2, 1, 2))
    (step,) = watch.steps
    assert step.left_at - step.resumed_at == pytest.approx(2 * HOUR, abs=SECOND)
    (event,) = watch.record.events
    assert event == Event(
        step.resumed_at, Happening.CLOCK_STEPPED, None, {"left_at": step.left_at.isoformat(), "resumed_at": step.resumed_at.isoformat()}
    )


@pytest.mark.parametrize("by", [-HOUR, HOUR, timedelta(days=20 * 365)], ids=["an hour back", "an hour forward", "twenty years forward"])
async def test_rounds_go_on_within_seconds_though_apscheduler_counts_on_the_wall_clock(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Shifted)
    monkeypatch.setattr("linewatch.watch.daemon.datetime", Shifted)
    monkeypatch.setattr(Shifted, "by", timedelta(0))
    watch = Watch(SECOND / 4)
    async with running(watch):
        await until(lambda: watch.looks() >= 2)
        Shifted.by, watch.shift = by, by.total_seconds()
        before = watch.looks()
        await until(lambda: watch.looks() >= before + 4)
        assert [step.resumed_at > step.left_at for step in watch.steps] == [by > timedelta(0)]


async def test_a_reload_takes_new_cycles_and_a_refused_one_keeps_the_old(caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> Sequence[Cycle]:
        raise ConfigurationError(["line[0].interval: is no duration", "line[1].name: is used twice"])

    watch = Watch(SECOND / 10)
    watch.offers = [refuse, lambda: [watch.cycle("new", SECOND / 10)]]
    with caplog.at_level(logging.INFO):
        async with running(watch):
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: len(watch.offers) == 1)
            before = watch.looks()
            await until(lambda: watch.looks() > before)
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: watch.looks("new") >= 2)
            before = watch.looks()
            await asyncio.sleep(0.25)
            assert watch.looks() == before
    told = [record.getMessage() for record in caplog.records if record.name == "linewatch.watch.daemon"]
    assert told == [
        "reload refused, the old configuration stays: line[0].interval: is no duration",
        "reload refused, the old configuration stays: line[1].name: is used twice",
        "configuration reloaded services=1",
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_end_cuts_off_what_is_under_way_without_a_word(number: signal.Signals, caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch(SECOND / 5, SECOND / 5, finds=None)
    task = asyncio.create_task(watch.daemon.run())
    await until(lambda: watch.looks("1") >= 1)
    os.kill(os.getpid(), number)
    await asyncio.wait_for(task, 2)
    await asyncio.sleep(0.05)
    assert watch.record.kept == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_round_that_is_not_begun_for_too_many_under_way_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch(SECOND / 10, finds=None)  # a prober that never comes back, against its promise
    async with running(watch):
        await until(lambda: "round service=0 not begun, too many are under way" in caplog.text)
        await asyncio.sleep(0.5)
    assert watch.looks() == 12
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1, "once, not at every beat"


async def test_a_chore_that_fails_is_told_of_once_and_comes_again(caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch(HOUR, chore_every=SECOND / 20)
    watch.chore_fails = OSError("no descriptors")
    async with running(watch):
        await until(lambda: watch.chores > 3)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == ["chore every=0:00:00.050000 failed"]


async def test_the_watchdog_is_fed_while_the_daemon_runs(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        watch = Watch(HOUR)
        notifier = Notifier(str(tmp_path / "notify"), SECOND / 20)
        daemon = Daemon([], watch.clock, notifier, watch.record.note, [], lambda cycles: cycles, watch.steps.append)
        task = asyncio.create_task(daemon.run())
        told = [await asyncio.wait_for(asyncio.get_running_loop().sock_recv(manager, 4096), 2) for _ in range(4)]
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 2)
    assert told == [b"READY=1\nSTATUS=watching 0 services", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1"]
