"""The samples file, both ways: CSV `at,ok,rtt_ms,cause`, a row for each round, judged by the service's rule like live rounds."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from linewatch.history.cell import after, cause_of, instant, instant_text, rtt_text, rtt_us
from linewatch.history.table import Columns, RefusedError, quoted, read_table
from linewatch.progress import Progress, untold
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.span import MICROSECOND, from_epoch, to_epoch
from linewatch.verdict import loss
from linewatch.verdict.machine import Standing, cut_off, nothing_known, step
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import Transition

COLUMNS = Columns(("at", "ok", "rtt_ms", "cause"), needed=2)

_NOT_ITS_FAULT = frozenset({Cause.LOCAL, Cause.MONITOR, Cause.CLOCK})
_FAULTS = tuple(cause for cause in Cause if cause not in _NOT_ITS_FAULT)
# What each word of `ok` means with a cause beside it, and which causes it may have.
_WITH_CAUSE = {"1": (Kind.DEGRADED, _FAULTS), "0": (Kind.BAD, _FAULTS), "": (Kind.UNMEASURED, (Cause.LOCAL, Cause.MONITOR))}
_WORD = {Kind.GOOD: "1", Kind.DEGRADED: "1", Kind.BAD: "0", Kind.UNMEASURED: ""}
_NO_RTT = -1

Finding = tuple[Kind, Cause | None]


@dataclass(frozen=True, slots=True)
class Rounds:
    """The rounds of a file with their readings, in order of time, made anew at each iteration: a file may hold millions.

    Where any round that was answered has no round-trip time, no round has an outcome (the panel is empty): with the losses alone on record,
    every loss ratio of the file would be 100 %.
    """

    seat: Seat
    findings: Sequence[Finding]
    at_us: Sequence[int]
    rtt_us: Sequence[int]
    found: Sequence[int]
    timed: bool

    def __len__(self) -> int:
        return len(self.at_us)

    def __iter__(self) -> Iterator[tuple[Round, Reading]]:
        panel = (self.seat,) if self.timed else ()
        plain = [(_outcome(self.seat.role, kind, cause),) if self.timed and kind not in _ANSWERED else () for kind, cause in self.findings]
        for at_us, rtt, found in zip(self.at_us, self.rtt_us, self.found, strict=True):
            at = from_epoch(at_us)
            kind, cause = self.findings[found]
            outcomes = plain[found] if rtt == _NO_RTT else (Outcome(Result.OK, rtt, cause),) if self.timed else ()
            yield Round(at, panel, outcomes), Reading(at, kind, cause)


@dataclass(frozen=True, slots=True)
class SamplesFile:
    """A samples file that was read whole, and what the rule makes of it: `transitions`, which end in UNKNOWN where the file does.

    `first_at` and `last_at` are its first and last round (UTC), `interval` is how often the other monitor looked, `sha256` that of its bytes.
    """

    path: Path
    sha256: str
    rounds: Rounds
    transitions: tuple[Transition, ...]
    rows: int
    first_at: datetime
    last_at: datetime
    interval: timedelta


def read_samples(path: Path, target: str, role: Role, rule: Rule, progress: Progress = untold) -> SamplesFile:
    """The samples file at `path`, its rounds those of the one seat `role`, `target`, judged by `rule` (with the other monitor's interval).

    A row is its own reading: 1 good, or with a cause degraded; 0 bad; empty unmeasured. Raises HistoryFileError, with a line for each bad
    row, where the file is not good as a whole.
    """
    said = _Said(
        rule, {"1": (Kind.GOOD, None), "0": (Kind.BAD, Cause.LINE if role is Role.ANCHOR else Cause.TIMEOUT), "": (Kind.UNMEASURED, Cause.MONITOR)}
    )
    taken = read_table(path, COLUMNS, said, progress)
    rounds = Rounds(Seat(role, target), tuple(said.findings), said.at_us, said.rtt_us, said.found, said.timed)
    first_at, last_at = from_epoch(said.at_us[0]), from_epoch(said.at_us[-1])
    _, closing = cut_off(rule, said.standing, last_at + rule.stale_after + MICROSECOND)
    return SamplesFile(path, taken.sha256, rounds, (*said.transitions, *closing), taken.rows, first_at, last_at, rule.interval)


@dataclass(slots=True)
class _Said:
    """What the rows have said so far. The rounds are kept as numbers, eighteen bytes for each."""

    rule: Rule
    unsaid: dict[str, Finding]
    last_at: datetime | None = None
    standing: Standing = field(default_factory=nothing_known)
    transitions: list[Transition] = field(default_factory=list)
    findings: dict[Finding, int] = field(default_factory=dict)
    at_us: array[int] = field(default_factory=lambda: array("q"))
    rtt_us: array[int] = field(default_factory=lambda: array("q"))
    found: array[int] = field(default_factory=lambda: array("B"))
    timed: bool = True

    def take(self, values: Sequence[str]) -> None:
        at, ok, rtt, cause = values
        before, self.last_at = self.last_at, instant(at)
        after(self.last_at, before)
        finding = self._finding(ok, cause)
        if rtt and ok != "1":
            raise RefusedError("rtt_ms", f"only a round that was answered has one (ok is {quoted(ok)})")
        self.rtt_us.append(rtt_us(rtt) if rtt else _NO_RTT)
        self.timed = self.timed and bool(rtt or ok != "1")
        self.at_us.append(to_epoch(self.last_at))
        self.found.append(self.findings.setdefault(finding, len(self.findings)))
        self.standing, changes = step(self.rule, self.standing, Reading(self.last_at, *finding))
        self.transitions.extend(changes)

    def close(self) -> None:
        """Any row may be the last."""

    def _finding(self, ok: str, cause: str) -> Finding:
        if ok not in self.unsaid:
            raise RefusedError("ok", f"must be 1, 0 or empty (not measured), not {quoted(ok)}")
        if not cause:
            return self.unsaid[ok]
        kind, allowed = _WITH_CAUSE[ok]
        return kind, cause_of(cause, allowed)


_ANSWERED = (Kind.GOOD, Kind.DEGRADED)
_WRONG_ANSWERS = (Cause.STATUS, Cause.CONTENT, Cause.REDIRECT)


def _outcome(role: Role, kind: Kind, cause: Cause | None) -> Outcome:
    """What the one target did in a round that was not answered."""
    if kind is Kind.UNMEASURED:
        return Outcome(Result.ERROR, cause=cause)
    if cause in _WRONG_ANSWERS:
        return Outcome(Result.BAD, cause=cause)
    return Outcome(Result.LOST, cause=Cause.TIMEOUT if role is Role.ANCHOR and cause in (Cause.LINE, Cause.UPSTREAM) else cause)


def write_samples(rounds: Iterable[tuple[Round, Reading]], out: TextIO) -> int:
    """Write rounds, in order of time, as a samples file; returns its rows, the header not counted.

    A round's time is the lower median over the anchors that answered; what is read back are the same readings.
    """
    out.write(",".join(COLUMNS.names) + "\n")
    rows = 0
    for looked, reading in rounds:
        rtt = loss.rtt_us([looked]) if reading.kind in _ANSWERED else None
        out.write(f"{instant_text(reading.at)},{_WORD[reading.kind]},{rtt_text(rtt)},{reading.cause or ''}\n")
        rows += 1
    return rows
