"""A record in memory, as a report asks for it: what the store answers, without a store. It has states and neither rounds nor minutes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from linewatch.report.history import Subject
from linewatch.sample.cause import Cause
from linewatch.sample.event import Event, Happening
from linewatch.sla.exclusions import Exclusion, Note
from linewatch.sla.minutes import MinuteLoss, Range
from linewatch.sla.terms import Terms
from linewatch.span import Span
from linewatch.verdict.lapse import Lapse
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State, Transition

START = datetime(2022, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULE = Rule(interval=MINUTE, stale_after=3 * MINUTE)
LETTERS = {
    "U": (State.UP, None),
    "D": (State.DOWN, Cause.LINE),
    "C": (State.DOWN, Cause.CONNECT),
    "~": (State.DEGRADED, Cause.LOSS),
    "?": (State.UNKNOWN, Cause.MONITOR),
    "l": (State.UNKNOWN, Cause.LOCAL),
    "b": (State.UNKNOWN, Cause.LINE),
}
SHOWN = {State.UP: Kind.GOOD, State.DOWN: Kind.BAD, State.DEGRADED: Kind.DEGRADED, State.UNKNOWN: Kind.UNMEASURED}


@dataclass(frozen=True)
class File:
    name: str
    sha256: str
    rows: int
    first_at: datetime
    last_at: datetime
    kind: Literal["samples", "states"] = "states"
    imported_at: datetime = START
    interval: timedelta | None = None


@dataclass(frozen=True)
class Record:
    """A drawing a service, one letter a minute from START; imports are drawings too, each with the minute in which it begins."""

    measured: Mapping[str, str] = field(default_factory=dict)
    imported: Mapping[str, Sequence[tuple[int, str]]] = field(default_factory=dict)
    echoes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    rtts: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    ledger: Sequence[Exclusion] = ()
    written: Sequence[Note] = ()
    happened: Sequence[Event] = ()

    def transitions(self, service: str, _: datetime | None = None) -> list[Transition]:
        return changes(self.measured.get(service, ""))

    def imports(self, service: str, _: datetime | None = None) -> list[tuple[File, list[Transition]]]:
        return [
            (
                File(f"{first}.csv", "ab" * 32, len(drawing), at(first), at(first + len(drawing))),
                [*changes(drawing, first), closing(first + len(drawing))],
            )
            for first, drawing in self.imported.get(service, ())
        ]

    def tail(self, service: str, count: int) -> list[Reading]:
        drawing = self.measured.get(service, "")
        readings = [Reading(at(n), SHOWN[LETTERS[letter][0]], LETTERS[letter][1]) for n, letter in enumerate(drawing)]
        return readings[-count:]

    def loss(self, service: str, span: Span) -> tuple[int, int]:
        return self.echoes.get(service, (0, 0)) if span.start < span.end else (0, 0)

    def lapses(self, *_: object) -> list[Lapse]:
        return []

    def pruned_before(self, _: str) -> datetime | None:
        return None

    def doubtful(self, *_: object) -> list[Span]:
        return []

    def known_minutes(self, *_: object) -> list[Range]:
        return []

    def lossy_minutes(self, *_: object) -> list[MinuteLoss]:
        return []

    def losses(self, *_: object) -> list[MinuteLoss]:
        return []

    def hourly_rtt_counts(self, service: str, span: Span) -> Mapping[datetime, Mapping[int, int]]:
        counts = self.rtt_counts(service, span)
        return {span.start: counts} if counts else {}

    def heard_at(self, service: str) -> datetime | None:
        drawing = self.measured.get(service, "")
        return at(len(drawing) - 1) if drawing else None

    def events(self, span: Span, kinds: Collection[Happening]) -> list[Event]:
        return [event for event in self.happened if span.holds(event.at) and event.kind in kinds]

    def exclusions(self) -> Sequence[Exclusion]:
        return self.ledger

    def notes(self) -> Sequence[Note]:
        return self.written

    def rtt_counts(self, service: str, span: Span) -> Mapping[int, int]:
        return self.rtts.get(service, {}) if span.start < span.end else {}


def at(minute: float) -> datetime:
    return START + minute * MINUTE


def changes(drawing: str, first: int = 0) -> list[Transition]:
    return [Transition(at(first + n), *LETTERS[letter], at(first + n)) for n, letter in enumerate(drawing) if n == 0 or drawing[n - 1] != letter]


def closing(minute: int) -> Transition:
    return Transition(at(minute), State.UNKNOWN, Cause.MONITOR, at(minute))


def line(name: str = "line", terms: Terms | None = None) -> Subject:
    return Subject(name, name, True, RULE, terms or Terms())


def site(name: str = "site", behind: str | None = "line", terms: Terms | None = None) -> Subject:
    return Subject(name, name, False, RULE, terms or Terms(), behind=behind)
