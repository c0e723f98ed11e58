"""An outage of the line is charged once: an endpoint's DOWN is no fault of the endpoint while the line before it was down or unseen."""

from __future__ import annotations

from collections.abc import Iterator

from linewatch.sample.cause import Cause
from linewatch.span import Span
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Stretch, Timeline, joined, plain

Mask = tuple[Span, Cause]


def behind(endpoint: Timeline, line: Timeline) -> Timeline:
    """The endpoint's history as far as it is its own.

    Where its DOWN overlaps the line's DOWN it becomes UNKNOWN, cause `line`; where it overlaps time in which our own side was at fault (the
    line UNKNOWN, cause `local`) it becomes UNKNOWN, cause `local`. The line's outage is taken as wide as its sampling allows, and what
    follows it stays masked until the endpoint was looked at again: a fault that nobody saw after the line's return is not charged.
    """
    masks = list(_masks(line))
    return tuple(joined(piece for stretch in endpoint for piece in _masked(stretch, masks)))


def _masks(line: Timeline) -> Iterator[Mask]:
    for stretch in line:
        if stretch.state is State.DOWN:
            yield stretch.wide, Cause.LINE
        elif stretch.state is State.UNKNOWN and stretch.cause is Cause.LOCAL:
            yield stretch.span, Cause.LOCAL


def _masked(stretch: Stretch, masks: list[Mask]) -> Iterator[Stretch]:
    if stretch.state is not State.DOWN:
        yield stretch
        return
    at = stretch.span.start
    before: Cause | None = None
    for mask, cause in masks:
        common = mask.clip(Span(at, stretch.span.end))
        if common is None:
            continue
        if at < common.start:
            yield _own(stretch.cut(at, common.start), before)
        yield plain(common, State.UNKNOWN, cause)
        at, before = common.end, cause
    if at < stretch.span.end:
        yield _own(stretch.cut(at, stretch.span.end), before)


def _own(piece: Stretch, before: Cause | None) -> Stretch:
    """A piece of DOWN between masks: the endpoint's own only if a bad round was sent in it, since the masked time before it ended."""
    if before is not None and piece.sure.start == piece.sure.end:
        return plain(piece.span, State.UNKNOWN, before)
    return piece
