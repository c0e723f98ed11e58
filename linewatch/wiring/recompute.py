"""The record judged once more, from the store: what `linewatch recompute` does. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from linewatch.config.loading import Loaded
from linewatch.progress import Progress, told
from linewatch.report.history import Subject
from linewatch.report.recomputation import Look, Minutes, OddMinute, Recomputation, recomputed, recomputed_imports
from linewatch.span import Span, microseconds, to_epoch
from linewatch.store.proof import MinuteProof
from linewatch.store.rollup import MINUTE_US, Minute
from linewatch.verdict.rule import Rule
from linewatch.wiring.office import office, subject
from linewatch.wiring.reports import Readable, readable


def recompute(
    loaded: Loaded, span: Span, as_of: datetime, only: str | None, changed: Callable[[Rule], Rule], progress: Progress
) -> list[Recomputation]:
    """Every service (or `only` one) over the span, by the rule of the configuration as `changed` makes it.

    Raises UsageError for an unknown service, StoreError where the store cannot be read.
    """
    ours = office(loaded)
    chosen = ours.subjects if only is None else (subject(ours, only),)
    with readable(loaded.settings.store.url) as record:
        return [found for each in chosen for found in _recomputed(record, each, changed(each.rule), span, as_of, progress)]


def _recomputed(record: Readable, about: Subject, rule: Rule, span: Span, as_of: datetime, progress: Progress) -> Iterator[Recomputation]:
    found = recomputed(record, about, rule, span, as_of, _telling(about.name, span, progress))
    proof = _proof(record, about, span, _telling(f"{about.name}: minutes", span, progress))
    odd = tuple(OddMinute(made.at, None if known is None else _counts(known), _counts(made)) for known, made in proof.otherwise)
    yield replace(found, minutes=Minutes(proof.minutes, proof.otherwise_count, odd))
    yield from recomputed_imports(record, about, rule, span, as_of, _telling(f"{about.name}: history files", span, progress))


def _proof(record: Readable, about: Subject, span: Span, look: Look) -> MinuteProof:
    """Of the minutes that lie in the span as a whole, and whose rounds are all there; in a pass of its own, for a clock may have gone back."""
    pruned = record.pruned_before(about.name)
    start = span.start if pruned is None else min(max(span.start, pruned), span.end)
    first, end = -(-to_epoch(start) // MINUTE_US), to_epoch(span.end) // MINUTE_US
    proof = MinuteProof(record.history.minutes(about.name, Span(start, span.end)), first, end)
    for kept in look(record.history.kept_rounds(about.name, Span(start, span.end))):
        proof.take(kept)
    proof.close()
    return proof


def _counts(minute: Minute) -> tuple[int, ...]:
    return minute.rounds, minute.bad, minute.unmeasured, minute.sent, minute.lost


def _telling(what: str, span: Span, progress: Progress) -> Look:
    """Tells the progress of the rounds of a span; none of it is done while the judge warms up."""
    start_us, length_us = to_epoch(span.start), microseconds(span.length)
    return lambda rounds: told(rounds, what, progress, lambda _, kept: (kept.at_us - start_us) / length_us)
