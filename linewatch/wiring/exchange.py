"""History files in and out: between `history`, which reads and writes them, and the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TextIO

from linewatch.config.loading import Loaded
from linewatch.errors import HistoryFileError
from linewatch.history.cell import instant_text
from linewatch.history.lines import kept_name, shown
from linewatch.history.samples import SamplesFile, read_samples, write_samples
from linewatch.history.states import StatesFile, read_states, write_states
from linewatch.progress import Progress, told, untold
from linewatch.report import account
from linewatch.report.history import Subject
from linewatch.sample.target import Role
from linewatch.span import EPOCH, Span
from linewatch.store.entry import Source
from linewatch.store.opening import open_for_import
from linewatch.verdict.rule import default_stale_after
from linewatch.verdict.timeline import within
from linewatch.wiring.office import now, office, subject
from linewatch.wiring.reports import readable, standing

Kind = Literal["samples", "states"]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: `new` is False where the same file was there already.

    `overlapped` is the time of the file that was measured here, and `told_before` what files imported earlier tell of the rest: those stand.
    """

    rows: int
    first_at: datetime
    last_at: datetime
    new: bool
    overlapped: timedelta
    told_before: timedelta


def take_in(loaded: Loaded, path: Path, service: str, kind: Kind, interval: timedelta | None, progress: Progress = untold) -> Imported:
    """Store a history file, all of it or nothing. Raises HistoryFileError, UsageError for an unknown service, StoreError.

    A file that goes on beyond now is refused: it would vouch for time that nobody has seen yet.
    """
    about = subject(office(loaded), service)
    if kind == "states":
        file: StatesFile | SamplesFile = read_states(path, progress)
    else:
        rule = about.rule if interval is None else replace(about.rule, interval=interval, stale_after=default_stale_after(interval))
        file = read_samples(path, f"import:{kept_name(path)}", Role.ANCHOR if about.is_line else Role.ENDPOINT, rule, progress)
    at = now()
    if file.last_at > at:
        raise HistoryFileError(f"{shown(str(path))}: its last row, {instant_text(file.last_at)}, is still to come; history ends by now")
    source = Source(kind, kept_name(path), file.sha256, at, file.rows, file.first_at, file.last_at, interval)
    with open_for_import(loaded.settings.store.url) as importer:
        importer.enrol(service, about.kind, about.rule.interval)
        if isinstance(file, StatesFile):
            new = importer.import_states(service, source, file.transitions)
        else:
            new = importer.import_samples(service, source, file.rounds, file.transitions, progress)
    taken = _taken(loaded, about, source)
    return Imported(file.rows, file.first_at, file.last_at, new, taken.overlapped, taken.told_before)


def give_out(loaded: Loaded, service: str, kind: Kind, span: Span | None, out: TextIO, progress: Progress = untold) -> int:
    """Write the service's states (as they are judged now) or its rounds; returns the rows written."""
    about = subject(office(loaded), service)
    if kind == "states":
        history = standing(loaded, now())[about.name].history
        return write_states(within(history, span) if span else history, out)
    with readable(loaded.settings.store.url) as record:
        wanted = span or Span(EPOCH, now())
        rounds = record.history.rounds(service, wanted, imported=True)
        extent = record.history.extent(service, wanted)
        return write_samples(told(rounds, "rounds", progress, lambda _, looked: (looked[0].at - extent.start) / extent.length), out)


def _taken(loaded: Loaded, about: Subject, source: Source) -> account.Imported:
    """The file as the account of its service has it."""
    with readable(loaded.settings.store.url) as record:
        its = account.accounts(record, (about,), now())[about.name]
    return next(each for each in its.imported if (each.source.kind, each.source.sha256) == (source.kind, source.sha256))
