"""The record judged once more, from the store: what `linewatch recompute` does. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from linewatch.config.loading import Loaded
from linewatch.progress import EVERY, Progress
from linewatch.report.history import Subject
from linewatch.report.recomputation import Minutes, OddMinute, Recomputation, recomputed, recomputed_imports
from linewatch.span import Span, microseconds, to_epoch
from linewatch.store.proof import MinuteProof
from linewatch.store.rollup import MINUTE_US, Minute
from linewatch.verdict.replay import KeptRound
from linewatch.verdict.rule import Rule
from linewatch.wiring.office import office, subject
from linewatch.wiring.reports import Readable, readable


def recompute(
    loaded: Loaded, span: Span, as_of: datetime, only: str | None, changed: Callable[[Rule], Rule], progress: Progress
) -> list[Recomputation]:
    """Every service (or `only` one) over the span, by the rule of the configuration as `changed` makes it.

    Raises UsageError for an unknown service, StoreError where the store cannot be read.
    """
    told = office(loaded)
    chosen = told.subjects if only is None else (subject(told, only),)
    with readable(loaded.settings.store.url) as record:
        return [found for each in chosen for found in _recomputed(record, each, changed(each.rule), span, as_of, progress)]


def _recomputed(record: Readable, about: Subject, rule: Rule, span: Span, as_of: datetime, progress: Progress) -> Iterator[Recomputation]:
    found = recomputed(record, about, rule, span, as_of, _Told(about.name, span, progress))
    proof = _proof(record, about, span, _Told(f"{about.name}: minutes", span, progress))
    odd = tuple(OddMinute(made.at, None if known is None else _counts(known), _counts(made)) for known, made in proof.otherwise)
    yield replace(found, minutes=Minutes(proof.minutes, proof.otherwise_count, odd))
    yield from recomputed_imports(record, about, rule, span, as_of, _Told(f"{about.name}: history files", span, progress))


def _proof(record: Readable, about: Subject, span: Span, look: Callable[[KeptRound], None]) -> MinuteProof:
    """Of the minutes that lie in the span as a whole, and whose rounds are all there; in a pass of its own, for a clock may have gone back."""
    pruned = record.pruned_before(about.name)
    start = span.start if pruned is None else min(max(span.start, pruned), span.end)
    first, end = -(-to_epoch(start) // MINUTE_US), to_epoch(span.end) // MINUTE_US
    proof = MinuteProof(record.history.minutes(about.name, Span(start, span.end)), first, end)
    for kept in record.history.kept_rounds(about.name, Span(start, span.end)):
        proof.take(kept)
        look(kept)
    proof.close()
    return proof


def _counts(minute: Minute) -> tuple[int, ...]:
    return minute.rounds, minute.bad, minute.unmeasured, minute.sent, minute.lost


class _Told:
    """Tells the progress every so many rounds."""

    def __init__(self, name: str, span: Span, progress: Progress) -> None:
        self._name, self._progress = name, progress
        self._start_us, self._length_us = to_epoch(span.start), microseconds(span.length)
        self._count = 0

    def __call__(self, kept: KeptRound) -> None:
        """One round more."""
        self._count += 1
        if self._count % EVERY == 1:
            done = (kept.at_us - self._start_us) / self._length_us  # below 0 while it warms up
            self._progress(self._name, min(max(done, 0.0), 1.0))
