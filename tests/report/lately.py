"""An office of two lines and eight sites over some months up to a moment, for what looks back from now: the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

from linewatch.errors import UsageError
from linewatch.report.account import accounts
from linewatch.report.history import Subject
from linewatch.report.overview import Overview, overview
from linewatch.report.review import Office, document
from linewatch.sample.cause import Cause
from linewatch.sla.exclusions import Exclusion, Note
from linewatch.sla.hours import Hours
from linewatch.sla.period import year
from linewatch.sla.terms import Terms
from linewatch.span import Span
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.state import State, Transition
from tests.report.record import Record, line, site

ZONE = ZoneInfo("Asia/Shanghai")
AS_OF = datetime(2026, 6, 15, 8, 30, tzinfo=UTC)
BEGAN = AS_OF - timedelta(days=200)
HOSTILE = "<script>alert(1)</script>\"'&</style><b>"
HOUR = timedelta(hours=1)
KINDS = ((State.DOWN, Cause.LINE), (State.DOWN, Cause.UPSTREAM), (State.DEGRADED, Cause.LOSS), (State.UNKNOWN, Cause.LOCAL))
AWAY = AS_OF - timedelta(minutes=42)
"""Since then one site is down."""


@dataclass(frozen=True)
class Lately(Record):
    """A record by its changes of state; every hour has round-trip times."""

    changed: Mapping[str, list[Transition]] = field(default_factory=dict)

    def transitions(self, service: str, _: datetime | None = None) -> list[Transition]:
        return self.changed.get(service, [])

    def tail(self, service: str, _: int) -> list[Reading]:
        last = self.changed[service][-1]
        return [Reading(AS_OF - timedelta(seconds=20), {State.UP: Kind.GOOD, State.DOWN: Kind.BAD}[last.state], last.cause)]

    def heard_at(self, _: str) -> datetime | None:
        return AS_OF - timedelta(seconds=20)

    def rtt_counts(self, *_: object) -> Mapping[int, int]:
        return {20_000: 40, 90_000: 4}

    def hourly_rtt_counts(self, _: str, span: Span) -> Mapping[datetime, Mapping[int, int]]:
        first = span.start.replace(minute=0) + HOUR
        hours = [first + n * HOUR for n in range(24) if n != 7]
        return {at: {20_000 + 100 * n: 40, 90_000: 4} for n, at in enumerate(hours) if at < span.end}


def _changes(seed: int, mean_hours: float) -> list[Transition]:
    chance = random.Random(seed)
    found = [Transition(BEGAN, State.UP, None, BEGAN)]
    at = BEGAN
    while True:
        at += timedelta(seconds=int(3600 * chance.expovariate(1 / mean_hours)) + 10)
        ends = at + timedelta(seconds=chance.choice([30, 400, 3000, 30_000]))
        if ends > AS_OF - HOUR:
            return found
        state, cause = chance.choice(KINDS)
        found += [Transition(at, state, cause, at - timedelta(seconds=3)), Transition(ends, State.UP, None, ends - timedelta(seconds=1))]
        at = ends


def _lines() -> tuple[Subject, ...]:
    return (replace(line("line-0"), title="融媒体中心网络IP专线"), replace(line("line-1", Terms(target=Fraction(9, 10))), title="备用专线"))


SUBJECTS = (*_lines(), *(site(f"site-{n}", None, Terms(target=Fraction(99, 100))) for n in range(7)), replace(site("hostile", None), title=HOSTILE))
CHANGED = {subject.name: _changes(seed, 20 if seed < 2 else 60) for seed, subject in enumerate(SUBJECTS)}
CHANGED["site-3"].append(Transition(AWAY, State.DOWN, Cause.TLS, AWAY - timedelta(minutes=1)))
NOTED = next(each.at for each in reversed(CHANGED["line-0"]) if each.state is State.DOWN)
LEDGER = (
    Exclusion(1, ("line-0",), Span(AS_OF + 20 * HOUR, AS_OF + 24 * HOUR), HOSTILE, "Li", AS_OF - HOUR, "No. 17"),
    Exclusion(2, (), Span(AS_OF - 300 * HOUR, AS_OF - 298 * HOUR), "weekly", "Li", AS_OF - 400 * HOUR, repeat="FREQ=WEEKLY"),
    Exclusion(3, ("line-1",), Span(AS_OF - HOUR, AS_OF + HOUR), "running", "Li", AS_OF - 2 * HOUR),
)
NOTES = (Note(f"line-0@{NOTED:%Y%m%dT%H%M%SZ}", "Li", AS_OF - HOUR, "T-4711", HOSTILE),)
RECORD = Lately(changed=CHANGED, ledger=LEDGER, written=NOTES)
OFFICE = Office(SUBJECTS, (), "0.0.0", "cd" * 32)


NEW_YEAR = datetime(2026, 1, 1, 3, tzinfo=UTC)
"""Late in the morning of the first day of 2026, in Shanghai."""


@dataclass(frozen=True)
class KnownTo:
    """A calendar of working days up to a year, this one included."""

    last: int

    @property
    def name(self) -> str:
        return f"known to {self.last}"

    def is_workday(self, day: date) -> bool:
        if day.year > self.last:
            raise UsageError(f"the holidays of {day.year} are not known")
        return day.weekday() < 5


@cache
def lately(as_of: datetime = AS_OF, empty: bool = False, holidays_known_to: int | None = None) -> Overview:
    """What the status page is given; with `holidays_known_to` the first line goes by a calendar that knows no later year."""
    record = Record() if empty else RECORD
    subjects, known = list(SUBJECTS), [subject.name for subject in SUBJECTS]
    if holidays_known_to is not None:
        hours = Hours("workdays", calendar=KnownTo(holidays_known_to))
        subjects[0] = replace(subjects[0], terms=replace(subjects[0].terms, hours=hours))
        known = known[1:]
    told = accounts(record, subjects, as_of)
    asked = year(as_of.astimezone(ZONE).year, ZONE)
    names = [subject.name for subject in subjects]
    return overview(record, told, names, document(record, OFFICE, told, known, asked, as_of, figures_only=True))
