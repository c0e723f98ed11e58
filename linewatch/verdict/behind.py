"""An outage of the line is charged once: an endpoint's DOWN is no fault of the endpoint while the line before it was down or unseen."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from linewatch.sample.cause import Cause
from linewatch.span import Span
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Stretch, Timeline, joined, plain, within

Mask = tuple[Span, Cause]

_HOLES = (Cause.MONITOR, Cause.CLOCK)
HOLE_HIDES = timedelta(hours=1)
"""How far from a fault of the line a hole beside it hides: one between the files of other monitors may be of months, and a first bad round chance."""


def behind(endpoint: Timeline, line: Timeline, agreed_at: datetime | None = None) -> Timeline:
    """The endpoint's history as far as it is its own.

    Where its DOWN overlaps the line's DOWN it becomes UNKNOWN, cause `line`; where it overlaps time in which our own side was at fault (the
    line UNKNOWN, cause `local`, or DOWN by it in a history file whose terms charged that) it becomes UNKNOWN, cause `local`. Either is
    taken as wide as its sampling allows. What follows it is the endpoint's own only if a bad round was sent in it: a fault that nobody saw
    after the line's return is not charged. Of an outage that is under way where the endpoint's history ends, `agreed_at` is the last bad round
    (None: it may have been sent at any time).
    """
    masks = list(_masks(line))
    starts = [mask.start for mask, _ in masks]
    ends = [mask.end for mask, _ in masks]

    pieces: list[Stretch] = []
    for stretch in endpoint:
        over = masks[bisect_right(ends, stretch.span.start) : bisect_left(starts, stretch.span.end)] if stretch.state is State.DOWN else ()
        if over:
            pieces.extend(_masked(stretch, over, agreed_at if stretch is endpoint[-1] else None))
        else:
            pieces.append(stretch)
    return tuple(joined(pieces))


def as_it_hides(line: Timeline) -> Timeline:
    """The line's history with a hole (UNKNOWN, `monitor` or `clock`) before a fault told as that fault, and one after which nobody has looked again
    as the fault before it: of a hole the hour beside the fault.

    The fault may have begun at any time since the line was seen last, and an outage outlives a reboot of this host, while an endpoint's last
    check may vouch for the time in which nobody looked.
    """
    out: list[Stretch] = []
    hole: list[Stretch] = []
    for stretch in line:
        if stretch.state is State.UNKNOWN and stretch.cause in _HOLES:
            hole.append(stretch)
            continue
        if hole and hidden_by(stretch.state, stretch.cause) is not None:
            edge, end = max(hole[0].span.start, stretch.span.start - HOLE_HIDES), hole[-1].span.end
            hole = [*within(tuple(hole), Span(hole[0].span.start, edge)), plain(Span(edge, end), stretch.state, stretch.cause)]
        out += [*hole, stretch]
        hole = []
    if out and hole and hidden_by(out[-1].state, out[-1].cause) is not None:
        start, edge = hole[0].span.start, min(hole[-1].span.end, hole[0].span.start + HOLE_HIDES)
        hole = [plain(Span(start, edge), out[-1].state, out[-1].cause), *within(tuple(hole), Span(edge, hole[-1].span.end))]
    return tuple(joined((*out, *hole)))


def hidden_by(state: State, cause: Cause | None) -> Cause | None:
    """As what an endpoint's outage is UNKNOWN while its line stands so; None where the line hides nothing."""
    if cause is Cause.LOCAL and state in (State.DOWN, State.UNKNOWN):
        return Cause.LOCAL
    return Cause.LINE if state is State.DOWN else None


def _masks(line: Timeline) -> Iterator[Mask]:
    """In order and disjoint: one mask at a time."""
    end: datetime | None = None
    for stretch in line:
        cause = hidden_by(stretch.state, stretch.cause)
        if cause is not None:
            start = stretch.wide.start if end is None else max(stretch.wide.start, end)
            end = stretch.wide.end
            yield Span(start, end), cause


def _masked(stretch: Stretch, masks: Sequence[Mask], agreed_at: datetime | None) -> Iterator[Stretch]:
    """A stretch of DOWN under the masks that reach into it; `agreed_at` is the last bad round of one that is under way."""
    at = stretch.span.start
    before: Cause | None = None
    for mask, cause in masks:
        start, end = max(mask.start, at), min(mask.end, stretch.span.end)
        if at < start:
            yield _own(stretch.cut(at, start), before)
        yield plain(Span(start, end), State.UNKNOWN, cause)
        at, before = end, cause
    if at < stretch.span.end:
        rest = stretch.cut(at, stretch.span.end)
        unseen = before is not None and agreed_at is not None and agreed_at <= at
        yield plain(rest.span, State.UNKNOWN, before) if unseen else _own(rest, before)


def _own(piece: Stretch, before: Cause | None) -> Stretch:
    """A piece of DOWN between masks: the endpoint's own only if a bad round was sent in it, since the masked time before it ended."""
    if before is not None and piece.sure.start == piece.sure.end:
        return plain(piece.span, State.UNKNOWN, before)
    return piece
