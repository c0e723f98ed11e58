"""The daemon: rounds on time, the clock watched, signals obeyed, and a clean end."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_SUBMITTED, JobSubmissionEvent
from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from linewatch.errors import LinewatchError
from linewatch.sample.event import Event, Happening
from linewatch.sla.printed import clock_time
from linewatch.trouble import CALM_S, Trouble
from linewatch.watch.clock import Clock, ClockStep
from linewatch.watch.cycle import Cycle
from linewatch.watch.systemd import Notifier

log = logging.getLogger(__name__)

HEARTBEAT = timedelta(seconds=1)


class Chore(Protocol):
    """Something to be done now and then, beside the rounds."""

    async def __call__(self) -> None:
        """Do it once."""


class Every:
    """An APScheduler trigger: every `interval`, and after a standstill or a step of the clock straight to the next beat.

    APScheduler's own lists every run time that was left out, before it coalesces them: minutes and gigabytes where a host without a battery
    comes up in 1970 and is then given the time.
    """

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The first beat after `now`; the one after `previous` where that is later."""
        if previous is None:
            return now
        beats = max(1, (now - previous) // self._interval + 1)
        return previous + beats * self._interval


BaseTrigger.register(Every)


class Daemon:
    """Walks the road from probe to store for every service, until it is told to stop.

    Rounds are APScheduler jobs. Coalescing is on and the grace has no end: after a standstill a service is looked at once, without delay,
    and the rounds that were missed are UNKNOWN time and a metric, never made up for. APScheduler counts on the wall clock and would sleep
    through a step back, so the heartbeat beats beside it, on the monotonic clock, and puts all jobs back on the beat within a second.
    """

    def __init__(
        self,
        cycles: Sequence[Cycle],
        clock: Clock,
        notifier: Notifier,
        note: Callable[[Event], None],
        chores: Iterable[tuple[Chore, timedelta]],
        reload: Callable[[Sequence[Cycle]], Sequence[Cycle]],
        on_clock_step: Callable[[ClockStep], None],
    ) -> None:
        """`reload` makes new cycles, which take over what the old ones know, or raises LinewatchError to keep the old."""
        self._cycles = list(cycles)
        self._clock = clock
        self._notifier = notifier
        self._note = note
        self._chores = list(chores)
        self._reload = reload
        self._on_clock_step = on_clock_step
        self._steps_seen = clock.epoch
        self._stop = asyncio.Event()
        self._jobs: dict[str, Job] = {}
        self._crowded = defaultdict[str, Trouble](lambda: Trouble(CALM_S))
        self._failing = defaultdict[str, Trouble](lambda: Trouble(CALM_S))
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None})

    async def run(self) -> None:
        """Watch until SIGTERM or SIGINT; SIGHUP reloads the configuration."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        self._scheduler.add_listener(self._not_begun, EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_listener(self._begun, EVENT_JOB_SUBMITTED)
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)  # it warns of every job that is not begun; we do when it is new
        self._scheduler.start()
        self._start_rounds()
        for chore, every in self._chores:
            name = f"chore every={every}"
            self._scheduler.add_job(self._in_order, Every(every), [name, chore], id=name, next_run_time=datetime.now(UTC))
        self._notifier.ready(f"watching {len(self._cycles)} services")
        beside = [asyncio.create_task(self._heartbeat()), asyncio.create_task(self._watchdog())]
        await self._stop.wait()
        self._notifier.stopping()
        for task in beside:
            task.cancel()
        self._scheduler.pause()
        await asyncio.sleep(0)  # what was submitted just now begins, so that it can end in order
        self._scheduler.shutdown(wait=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)

    def reload(self) -> None:
        """Take the new configuration, or keep the old one and say why."""
        self._notifier.reloading()
        try:
            cycles = self._reload(self._cycles)
        except LinewatchError as error:
            for line in str(error).splitlines():
                log.warning("reload refused, the old configuration stays: %s", line)
        else:
            for job in self._jobs.values():
                job.remove()
            self._jobs.clear()
            self._cycles = list(cycles)
            self._start_rounds()
            log.info("configuration reloaded services=%d", len(self._cycles))
        self._notifier.ready(f"watching {len(self._cycles)} services")

    def _start_rounds(self) -> None:
        """One job for each service, their first rounds spread over an interval so that they do not all come at once."""
        now = datetime.now(UTC)
        for number, cycle in enumerate(self._cycles):
            beat = cycle.beat
            name = f"round service={cycle.service}"
            first = now + min(beat.interval, timedelta(seconds=10)) * number / max(1, len(self._cycles))
            self._jobs[cycle.service] = self._scheduler.add_job(
                self._in_order,
                Every(beat.interval),
                [name, cycle.round],
                id=name,
                next_run_time=first,
                max_instances=math.ceil(beat.timeout / beat.retry_interval) + 2,
            )
            cycle.hurry = self._hurry(cycle.service)

    def _hurry(self, service: str) -> Callable[[timedelta], None]:
        def hurry(delay: timedelta) -> None:
            job = self._jobs.get(service)
            if job is not None and not self._stop.is_set():
                job.modify(next_run_time=datetime.now(UTC) + delay)

        return hurry

    async def _in_order(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        """Whatever becomes of it the next one comes, and what fails again and again is told of once. That the end cuts it off is no failure."""
        try:
            await act()
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise
        except Exception as error:
            if self._failing[name].goes_on(repr(error), self._clock.monotonic()):
                log.exception("%s failed", name)
        else:
            self._tell_over(self._failing[name], f"{name} succeeds again")

    def _tell_over(self, trouble: Trouble, words: str) -> None:
        lasted = trouble.over(self._clock.monotonic())
        if lasted is not None:
            log.warning("%s, after %s", words, clock_time(lasted))

    async def _heartbeat(self) -> None:
        while True:
            self._beat()
            await asyncio.sleep(HEARTBEAT.total_seconds())

    def _beat(self) -> None:
        """Look at the clock; after a step put every job back on its beat."""
        self._clock.now()
        for stepped in self._clock.steps[self._steps_seen :]:
            log.warning("clock stepped left=%s resumed=%s", stepped.left_at.isoformat(), stepped.resumed_at.isoformat())
            data = {"left_at": stepped.left_at.isoformat(), "resumed_at": stepped.resumed_at.isoformat()}
            self._note(Event(stepped.resumed_at, Happening.CLOCK_STEPPED, None, data))
            self._on_clock_step(stepped)
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))
        self._steps_seen = self._clock.epoch

    async def _watchdog(self) -> None:
        """Beside the scheduler, on the monotonic clock: a step of the wall clock must not cost the daemon its life."""
        interval = self._notifier.watchdog_interval
        while interval is not None:
            self._notifier.watchdog()
            await asyncio.sleep(interval.total_seconds())

    def _not_begun(self, event: JobSubmissionEvent) -> None:
        if self._crowded[event.job_id].goes_on("", self._clock.monotonic()):
            log.warning("%s not begun, too many are under way", event.job_id)

    def _begun(self, event: JobSubmissionEvent) -> None:
        self._tell_over(self._crowded[event.job_id], f"{event.job_id} begun again")
