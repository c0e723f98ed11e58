"""Days of a line in seconds: the judge and the machine alone, over rounds whose losses a seed draws. No packet is sent and no time passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Panel, Round, Seat
from linewatch.sample.target import Role
from linewatch.verdict.judge import Memory, line_verdict
from linewatch.verdict.machine import nothing_known, step
from linewatch.verdict.reading import Kind
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State
from tests.lab.watcher import Pace

START = datetime(2022, 3, 1, tzinfo=UTC)
ANSWER = Outcome(Result.OK, 12_000)


@dataclass(frozen=True, slots=True)
class Day:
    """What was made of it: how many rounds there were, how many bad, and how often the line is said to have been down."""

    rounds: int
    bad: int
    outages: int


def day(seed: str, loss: float, pace: Pace, anchors: int = 5, length: timedelta = timedelta(hours=24)) -> Day:
    """A line that is never cut and loses this share of its echoes, each by itself; the gateway stands before it and always answers."""
    random = Random(seed)
    rule = Rule(pace.interval, pace.stale_after, pace.fall, pace.rise)
    panel = (Seat(Role.GATEWAY, "gateway"), Seat(Role.NEXT_HOP, "edge"), *(Seat(Role.ANCHOR, f"anchor{n}") for n in range(anchors)))
    standing, memory, at = nothing_known(), Memory(), START
    bad = outages = 0
    for rounds, looked in enumerate(_rounds(random, loss, panel)):
        if at >= START + length:
            return Day(rounds, bad, outages)
        reading, memory, _ = line_verdict(rule, memory, Round(at, panel, looked))
        standing, changes = step(rule, standing, reading)
        bad += reading.kind is Kind.BAD
        outages += sum(change.state is State.DOWN for change in changes)
        at += pace.retry_interval if reading.kind is Kind.BAD or standing.pending else pace.interval
    raise AssertionError("rounds never end")


def _rounds(random: Random, loss: float, panel: Panel) -> Iterator[tuple[Outcome, ...]]:
    while True:
        yield tuple(ANSWER if seat.role is Role.GATEWAY or random.random() >= loss else LOST for seat in panel)
