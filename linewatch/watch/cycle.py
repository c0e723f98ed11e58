"""One service's rounds: look, judge, step, keep, publish, in the order in which the rounds were sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from linewatch.sample.cause import Cause
from linewatch.sample.event import Event, Happening
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.round import Round
from linewatch.sla.printed import clock_time
from linewatch.trouble import CALM_S, Trouble
from linewatch.verdict.judge import Memory, SetAside, endpoint_reading, line_verdict
from linewatch.verdict.machine import Standing, clock_step, step
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import Transition
from linewatch.watch.clock import Clock
from linewatch.watch.ports import Onlooker, Prober, Record

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Beat:
    """How often a service is looked at: every `interval`, and `retry_interval` after a round that was bad or left the verdict open."""

    interval: timedelta
    retry_interval: timedelta
    timeout: timedelta


@dataclass(slots=True)
class _Sent:
    """A round on its way."""

    at: datetime
    monotonic: float
    epoch: int
    taken: asyncio.Event


class Cycle:
    """The rounds of one service. Rounds may overlap (the next is sent before a silent one has timed out); they are judged in order."""

    def __init__(
        self,
        service: str,
        is_line: bool,
        rule: Rule,
        beat: Beat,
        prober: Prober,
        record: Record,
        onlooker: Onlooker,
        clock: Clock,
        standing: Standing,
        memory: Memory,
    ) -> None:
        self.service = service
        self.beat = beat
        self.standing = standing
        self.memory = memory
        self.hurry: Callable[[timedelta], None] = _nobody_to_hurry
        self._is_line = is_line
        self._rule = rule
        self._prober = prober
        self._record = record
        self._onlooker = onlooker
        self._clock = clock
        self._epoch = clock.epoch
        self._latest: _Sent | None = None
        self._due: float | None = None
        self._retired = False
        self._prober_fails = Trouble(CALM_S)

    def retire(self) -> None:
        """Another cycle takes over from where this one stands: what is still under way is not taken, lest one round be judged by both."""
        self._retired = True

    async def round(self) -> None:
        """One round, from the first packet to the record."""
        before, sent = self._latest, self._send()
        try:
            looked = await self._look(sent)
            if before is not None:
                await before.taken.wait()
            if not self._retired:
                self._take(sent, looked)
        finally:
            sent.taken.set()

    def _send(self) -> _Sent:
        at, monotonic = self._clock.now(), self._clock.monotonic()
        if self._latest is not None and at <= self._latest.at and self._latest.epoch == self._clock.epoch:
            at = self._latest.at + timedelta(microseconds=1)
        if self._latest is not None and self._due is not None:
            late = max(0.0, monotonic - self._due)
            self._onlooker.missed(self.service, int(late / self.beat.interval.total_seconds()), late)
        self._due = monotonic + self.beat.interval.total_seconds()
        self._latest = _Sent(at, monotonic, self._clock.epoch, asyncio.Event())
        return self._latest

    async def _look(self, sent: _Sent) -> Round:
        try:
            looked = await self._prober.look(sent.at, lambda: self._next_soon(sent))
        except Exception as error:  # the prober's own failure is a value from here on
            if self._prober_fails.goes_on(repr(error), self._clock.monotonic()):
                log.exception("prober failed service=%s", self.service)
            failure = Outcome(Result.ERROR, cause=Cause.MONITOR, detail=f"the prober failed: {type(error).__name__}")
            panel = self._prober.panel()
            return Round(sent.at, panel, (failure,) * len(panel))
        lasted = self._prober_fails.over(self._clock.monotonic())
        if lasted is not None:
            log.warning("prober works again service=%s after=%s", self.service, clock_time(lasted))
        return looked

    def _take(self, sent: _Sent, looked: Round) -> None:
        self._take_clock_steps(sent.epoch)
        reading, asides = self._judge(looked)
        self.standing, transitions = step(self._rule, self.standing, reading)
        self._record.keep(self.service, looked, reading, transitions, self._announcement(transitions))
        for aside in asides:
            self._note_aside(aside)
        self._onlooker.saw(self.service, looked, reading)
        if reading.kind is Kind.BAD or self.standing.pending:
            self._next_soon(sent)

    def _judge(self, looked: Round) -> tuple[Reading, Sequence[SetAside]]:
        if not self._is_line:
            return endpoint_reading(looked), ()
        reading, self.memory, asides = line_verdict(self._rule, self.memory, looked)
        return reading, asides

    def _take_clock_steps(self, epoch: int) -> None:
        """The steps of the clock between the rounds taken so far and one sent in `epoch`."""
        for stepped in self._clock.steps[self._epoch : epoch]:
            self.standing, transitions = clock_step(self._rule, self.standing, stepped.left_at, stepped.resumed_at)
            self._record.mark(self.service, transitions, self._announcement(transitions))
        self._epoch = max(self._epoch, epoch)

    def _announcement(self, transitions: Sequence[Transition]) -> Callable[[], None] | None:
        """A state change is committed before it is announced; the commit happens in another thread."""
        if not transitions:
            return None
        loop = asyncio.get_running_loop()

        def committed() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._announce, transitions)

        return committed

    def _announce(self, transitions: Sequence[Transition]) -> None:
        for transition in transitions:
            self._onlooker.changed(self.service, transition)

    def _note_aside(self, aside: SetAside) -> None:
        kind = Happening.SET_ASIDE if aside.aside else Happening.COUNTS_AGAIN
        log.warning("anchor service=%s anchor=%s %s", self.service, aside.anchor, kind)
        self._record.note(Event(aside.at, kind, self.service, {"anchor": aside.anchor}))

    def _next_soon(self, sent: _Sent) -> None:
        """The round after `sent` is due `retry_interval` after it, at once where that is past, unless a later one is on its way already."""
        if sent is not self._latest:
            return
        now = self._clock.monotonic()
        self._due = max(now, sent.monotonic + self.beat.retry_interval.total_seconds())
        self.hurry(timedelta(seconds=self._due - now))


def _nobody_to_hurry(_: timedelta) -> None:
    """Until a daemon runs the rounds."""
