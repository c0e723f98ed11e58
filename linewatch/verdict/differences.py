"""Where two accounts of one service differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from linewatch.sample.cause import Cause
from linewatch.span import Span, shared, total
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, padded

Said = tuple[State, Cause | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """Over `span` the one account says `recorded`, the other `recomputed`."""

    span: Span
    recorded: Said
    recomputed: Said


def differences(recorded: Timeline, recomputed: Timeline, spans: Sequence[Span]) -> tuple[Difference, ...]:
    """Where the accounts differ in state or cause within the spans (sorted, disjoint), in order; where an account does not reach it is UNKNOWN."""
    return tuple(difference for span in spans for difference in _joined(_within(padded(recorded, span), padded(recomputed, span))))


def seconds_by_state(history: Timeline, spans: Sequence[Span]) -> dict[State, timedelta]:
    """How long the account stands in each state within the spans (sorted, disjoint)."""
    stretches = [stretch for span in spans for stretch in padded(history, span)]
    return {state: total(shared([stretch.span for stretch in stretches if stretch.state is state], spans)) for state in State}


def _within(recorded: Timeline, recomputed: Timeline) -> Iterator[Difference]:
    """Both accounts cover the very same span."""
    i = j = 0
    while i < len(recorded) and j < len(recomputed):
        one, two = recorded[i], recomputed[j]
        both = one.span.clip(two.span)
        said, again = (one.state, one.cause), (two.state, two.cause)
        if both is not None and said != again:
            yield Difference(both, said, again)
        i, j = i + (one.span.end <= two.span.end), j + (two.span.end <= one.span.end)


def _joined(found: Iterator[Difference]) -> Iterator[Difference]:
    last: Difference | None = None
    for each in found:
        if last is not None and last.span.end == each.span.start and (last.recorded, last.recomputed) == (each.recorded, each.recomputed):
            last = Difference(Span(last.span.start, each.span.end), each.recorded, each.recomputed)
            continue
        if last is not None:
            yield last
        last = each
    if last is not None:
        yield last
