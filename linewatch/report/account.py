"""Each service's history as it is judged: measured here, filled from imports, masked by its line, under its terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from linewatch.report.history import History, Source, Subject
from linewatch.sample.cause import Cause
from linewatch.sample.event import Happening
from linewatch.sla.charge import charged
from linewatch.span import EPOCH, ZERO, Span, merged, total, without
from linewatch.verdict.behind import as_it_hides, behind
from linewatch.verdict.machine import Standing, cut_off, resumed
from linewatch.verdict.state import State, Transition
from linewatch.verdict.timeline import Timeline, laid_over, measured_first, overlap, plain, timeline, within

_EVER = datetime.max.replace(tzinfo=UTC)
LOOKED_BACK = timedelta(days=1)
"""How much further back an account is told than it is asked for: what a line masked then may still be the tail of an endpoint's outage."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A history file in an account.

    `overlapped` is how much of its time did not count because it was measured here, `told_before` how much of the rest because a file
    that was imported earlier tells of it.
    """

    source: Source
    overlapped: timedelta
    told_before: timedelta = ZERO

    def __str__(self) -> str:
        return f"{self.source.name} (sha256 {self.source.sha256})"


@dataclass(frozen=True, slots=True)
class Part:
    """What one source tells: this monitor (`source` None), or a history file."""

    source: Source | None
    history: Timeline


@dataclass(frozen=True, slots=True)
class Account:
    """The history of one service up to now.

    `imported` are the history files in it; `overlapped` is how much of their time, together, did not count because it was measured here.
    `parts` are the accounts that it was made of, ours first, and `line` is that of the line which an endpoint stands behind, as it hides and
    before that line's terms. `agreed_at` is the last bad round of an outage of the endpoint that is under way.
    """

    subject: Subject
    history: Timeline
    imported: tuple[Imported, ...]
    overlapped: timedelta
    parts: tuple[Part, ...] = ()
    line: Timeline = ()
    agreed_at: datetime | None = None


def accounts(record: History, subjects: Sequence[Subject], as_of: datetime, since: datetime | None = None) -> Mapping[str, Account]:
    """The account of every subject at `as_of`, lines before the endpoints behind them.

    With `since` an account may begin later than the record does, but tells that instant and all that follows as the whole record would.
    """
    if since is not None:
        since -= LOOKED_BACK
    told: dict[str, Account] = {}
    for subject in sorted(subjects, key=lambda each: not each.is_line):
        account = _told(record, subject, as_of, since)
        if subject.behind is not None and subject.behind in told:
            line, agreed_at = as_it_hides(told[subject.behind].history), _agreed_at(record, subject, account.history)
            account = replace(account, history=behind(account.history, line, agreed_at), line=line, agreed_at=agreed_at)
        told[subject.name] = account
    return {name: replace(account, history=charged(account.history, account.subject.terms)) for name, account in told.items()}


def told_twice(ours: Timeline, theirs: Timeline, last_at: datetime) -> list[Span]:
    """The time of an imported history that was measured here (or told by another) too; after its last row, at `last_at`, a file says nothing."""
    if not ours or not theirs or last_at <= max(ours[0].span.start, theirs[0].span.start) or ours[-1].span.end <= theirs[0].span.start:
        return []
    return list(overlap(ours, within(theirs, Span(theirs[0].span.start, last_at))))


def _told(record: History, subject: Subject, as_of: datetime, since: datetime | None) -> Account:
    ours = measured(record, subject, as_of, since)
    parts = [Part(None, ours)]
    twice: list[Span] = []
    files = []
    for source, transitions in record.imports(subject.name, since):
        theirs = timeline(transitions, as_of)  # a history file closes itself with UNKNOWN
        again = told_twice(ours, theirs, source.last_at)
        before = merged(span for part in parts[1:] for span in told_twice(part.history, theirs, source.last_at))
        parts.append(Part(source, theirs))
        twice += again
        files.append(Imported(source, total(again), total(without(before, again))))
    return Account(subject, whole(parts), tuple(files), total(merged(twice)), tuple(parts))


def whole(parts: Sequence[Part]) -> Timeline:
    """The parts as one history: what was measured here stands, then what was imported first."""
    ours, *imported = (part.history for part in parts)
    theirs: Timeline = ()
    for history in imported:
        theirs = measured_first(theirs, history) if theirs and history else theirs or history
    return measured_first(ours, theirs) if ours and theirs else ours or theirs


def measured(record: History, subject: Subject, as_of: datetime, since: datetime | None = None) -> Timeline:
    """What was measured here; where the last round is stale at `as_of`, nobody has looked since.

    Where rounds came after `as_of`, the changes that they brought tell of every silence before them. Where rounds were lost before they could be
    written, no record vouches for what they showed: UNKNOWN, but for an outage, itself on record.
    """
    transitions = list(record.transitions(subject.name, since))
    heard_at = record.heard_at(subject.name)
    if heard_at is None or heard_at < as_of:
        _, silence = cut_off(subject.rule, _standing(record, subject, transitions), as_of)
        transitions += silence
    told = timeline(transitions, as_of)
    for lost in lost_rounds(record, subject, as_of):
        told = laid_over(told, (plain(lost, State.UNKNOWN, Cause.MONITOR),), lambda shown, unseen: shown if shown.state is State.DOWN else unseen)
    return told


def _standing(record: History, subject: Subject, transitions: Sequence[Transition]) -> Standing:
    """How the service stood when its record ended."""
    rule = subject.rule
    return resumed(rule, transitions[-1] if transitions else None, record.tail(subject.name, max(rule.fall, rule.rise) + 1))


def _agreed_at(record: History, subject: Subject, history: Timeline) -> datetime | None:
    """The last round that showed an outage that is under way; None where there is no such outage."""
    if not history or history[-1].state is not State.DOWN:
        return None
    return _standing(record, subject, record.transitions(subject.name, history[-1].span.start)).agreed_at


def lost_rounds(record: History, subject: Subject, as_of: datetime) -> Iterator[Span]:
    """The time of the rounds that a full queue let go, in the order of record."""
    for event in record.events(Span(EPOCH, _EVER), (Happening.SAMPLES_LOST,)):  # an event is dated to the last of them
        if event.service == subject.name:
            first_at, last_at = (datetime.fromisoformat(str(event.data[key])) for key in ("first_at", "last_at"))
            if first_at < as_of:
                yield Span(first_at, min(last_at + subject.rule.interval, as_of))
