"""The world around the loop, as a test wants it: a host's two clocks, and fakes at the three ports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from linewatch.sample.cause import Cause
from linewatch.sample.event import Event
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.round import Panel, Round, Seat
from linewatch.sample.target import Role
from linewatch.verdict.judge import Memory
from linewatch.verdict.machine import Standing, nothing_known
from linewatch.verdict.reading import Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import Transition
from linewatch.watch.clock import Clock
from linewatch.watch.cycle import Beat, Cycle

NOON = datetime(2022, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OK = Outcome(Result.OK, 1000)
REFUSED = Outcome(Result.LOST, cause=Cause.CONNECT, detail="refused")
RULE = Rule(interval=3 * SECOND, stale_after=10 * SECOND)
BEAT = Beat(interval=3 * SECOND, retry_interval=SECOND, timeout=2 * SECOND)
LINE_PANEL = tuple(Seat(Role.ANCHOR, name) for name in ("a", "b", "c", "d"))
ENDPOINT_PANEL = (Seat(Role.ENDPOINT, "shop"),)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class Host:
    """Its clocks go as the test says."""

    def __init__(self) -> None:
        self.wall, self.monotonic = NOON.timestamp(), 50.0
        self.clock = Clock(lambda: self.wall, lambda: self.monotonic)

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds
        self.clock.now()

    def step(self, seconds: float) -> None:
        self.wall += seconds
        self.clock.now()


class Look:
    """One look under way, which ends as the test says."""

    def __init__(self, at: datetime, panel: Panel, quiet: Callable[[], None]) -> None:
        self.at, self.panel, self.quiet = at, panel, quiet
        self.answer: asyncio.Future[Round] = asyncio.get_running_loop().create_future()

    def ends(self, *outcomes: Outcome) -> None:
        self.answer.set_result(Round(self.at, self.panel, outcomes * (len(self.panel) if len(outcomes) == 1 else 1)))

    def fails(self, error: Exception) -> None:
        self.answer.set_exception(error)


@dataclass
class ToldProber:
    """A prober that finds what the test tells it to: at once where `finds` is given, else when the test ends the look."""

    seats: Panel
    finds: Outcome | None = None
    looks: list[Look] = field(default_factory=list)

    def panel(self) -> Panel:
        return self.seats

    async def look(self, at: datetime, quiet: Callable[[], None]) -> Round:
        self.looks.append(Look(at, self.seats, quiet))
        if self.finds is not None:
            self.looks[-1].ends(self.finds)
        return await self.looks[-1].answer


@dataclass
class Written:
    """A record in memory; `commit` calls what waits for it."""

    services: set[str] = field(default_factory=set)
    kept: list[tuple[Round, Reading]] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def keep(
        self, service: str, looked: Round, reading: Reading, transitions: Sequence[Transition] = (), on_commit: Callable[[], None] | None = None
    ) -> None:
        self.kept.append((looked, reading))
        self.services.add(service)
        self.mark(service, transitions, on_commit)

    def mark(self, service: str, transitions: Sequence[Transition], on_commit: Callable[[], None] | None = None) -> None:
        self.services.add(service)
        self.transitions += transitions
        if on_commit is not None:
            self.waiting.append(on_commit)

    def note(self, event: Event) -> None:
        self.events.append(event)

    def commit(self) -> None:
        for announce in self.waiting:
            announce()
        self.waiting.clear()


@dataclass
class Seen:
    """An onlooker that remembers what it was told."""

    services: set[str] = field(default_factory=set)
    rounds: list[Round] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    changes: list[Transition] = field(default_factory=list)
    lags: list[tuple[int, float]] = field(default_factory=list)

    def saw(self, service: str, looked: Round, reading: Reading) -> None:
        self.services.add(service)
        self.rounds.append(looked)
        self.readings.append(reading)

    def changed(self, service: str, transition: Transition) -> None:
        self.services.add(service)
        self.changes.append(transition)

    def missed(self, service: str, rounds: int, lag_seconds: float) -> None:
        self.services.add(service)
        self.lags.append((rounds, lag_seconds))


class World:
    """One service in it, and what became of its rounds."""

    def __init__(
        self, panel: Panel = LINE_PANEL, rule: Rule = RULE, beat: Beat = BEAT, standing: Standing | None = None, finds: Outcome | None = None
    ) -> None:
        self.host, self.record, self.seen = Host(), Written(), Seen()
        self.prober = ToldProber(panel, finds)
        self.hurried: list[timedelta] = []
        standing = standing or nothing_known()
        is_line = panel[0].role is not Role.ENDPOINT
        self.cycle = Cycle("service", is_line, rule, beat, self.prober, self.record, self.seen, self.host.clock, standing, Memory())
        self.cycle.hurry = self.hurried.append

    async def begin(self) -> tuple[asyncio.Task[None], Look]:
        """A round on its way, and its look."""
        task = asyncio.create_task(self.cycle.round())
        await settle()
        return task, self.prober.looks[-1]

    async def round(self, *outcomes: Outcome, lasting: float = 0) -> None:
        """A whole round that ends so."""
        task, look = await self.begin()
        self.host.pass_by(lasting)
        look.ends(*outcomes)
        await task


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)
