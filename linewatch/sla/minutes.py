"""Availability by the loss of whole minutes: a history made of the roll-ups, for the profiles after ITU-T Y.1540."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from linewatch.sample.cause import Cause
from linewatch.span import MICROSECOND, Span, from_epoch, to_epoch
from linewatch.verdict.behind import hidden_by
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Stretch, Timeline, plain

MINUTE_US = 60_000_000


class MinuteLoss(NamedTuple):
    """A minute of the epoch: `lost` of the `sent` echoes (of an endpoint: checks) were lost; `unmeasured` of its rounds did not see the service.

    A tuple and no dataclass, for a year may hold half a million of them.
    """

    minute: int
    sent: int
    lost: int
    unmeasured: int


@dataclass(frozen=True, slots=True)
class LossCriterion:
    """Unavailable is a block of so many `minutes`, counted from the epoch, in which the loss passes `above`."""

    above: Fraction
    minutes: int


Y1540 = LossCriterion(Fraction(20, 100), 1)
Y1540_2011 = LossCriterion(Fraction(75, 100), 5)

Range = tuple[int, int]
"""Minutes of the epoch, the first and the first that is not meant."""


def minutes_of(span: Span, until: datetime, block: int = 1) -> Range:
    """The minutes whose blocks reach into the span, as far as they have ended by `until`."""
    unit = block * MINUTE_US
    first, end = to_epoch(span.start) // unit, -(-to_epoch(span.end) // unit)
    return first * block, max(first * block, min(end * block, to_epoch(until) // MINUTE_US))


def suspects(criterion: LossCriterion, minutes: Iterable[MinuteLoss]) -> list[int]:
    """The first minutes of the blocks that can be unavailable: no block loses more than the worst minute in it."""
    above, size = criterion.above, criterion.minutes
    return sorted({each.minute // size * size for each in minutes if each.lost * above.denominator > each.sent * above.numerator})


def verdicts(criterion: LossCriterion, minutes: Iterable[MinuteLoss], is_line: bool) -> dict[int, State]:
    """What the blocks of these minutes are that are not UP, by their first minute; every minute of a block must be among `minutes`, in order.

    A line's unmeasured rounds may have sent echoes, and lost them on this side (the gateway was silent): a block whose loss passes only if those
    are counted is UNKNOWN. An endpoint's unmeasured checks were never sent.
    """
    out: dict[int, State] = {}
    for block, of_block in groupby(minutes, key=lambda each: each.minute // criterion.minutes):
        sent = lost = doubtful = 0
        for each in of_block:
            sent += each.sent
            lost += each.lost
            doubtful += min(each.unmeasured, each.lost) if is_line else 0
        if _passes(criterion, sent, lost):
            sure = _passes(criterion, sent - doubtful, lost - doubtful)
            out[block * criterion.minutes] = State.DOWN if sure else State.UNKNOWN
    return out


def history_of(criterion: LossCriterion, known: Sequence[Range], found: Mapping[int, State], wanted: Range) -> Timeline:
    """The history of the `wanted` minutes: UP where a minute is known, but for the blocks in `found`; UNKNOWN (`monitor`) where none is.

    `known` are the minutes in which anything was sent, as sorted, disjoint ranges that do not touch.
    """
    at = wanted[0]
    out: list[Stretch] = []
    for first, end, state in _runs(known, _marked(criterion.minutes, found)):
        if at < first:
            out.append(_stretch(at, first, State.UNKNOWN, Cause.MONITOR))
        out.append(_stretch(first, end, state, _CAUSES[state]))
        at = end
    if at < wanted[1]:
        out.append(_stretch(at, wanted[1], State.UNKNOWN, Cause.MONITOR))
    return tuple(out)


def whole_blocks(span: Span, criterion: LossCriterion) -> Span:
    """The blocks that the span reaches into."""
    unit_us = timedelta(minutes=criterion.minutes) // MICROSECOND
    first, end = to_epoch(span.start) // unit_us, -(-to_epoch(span.end) // unit_us)
    return Span(from_epoch(first * unit_us), from_epoch(end * unit_us))


def rounded_out(history: Timeline, criterion: LossCriterion) -> Timeline:
    """Each stretch that hides what is behind it (DOWN, UNKNOWN of cause `local`), at its widest, as whole blocks; all else is left out.

    What a line masks of an endpoint behind it: a block that it reaches into cannot be told apart any more.
    """
    out: list[Stretch] = []
    for stretch in history:
        if hidden_by(stretch.state, stretch.cause) is not None:
            wide = whole_blocks(stretch.wide, criterion)
            start = max(wide.start, out[-1].span.end) if out else wide.start
            if start < wide.end:
                out.append(plain(Span(start, wide.end), stretch.state, stretch.cause))
    return tuple(out)


def _passes(criterion: LossCriterion, sent: int, lost: int) -> bool:
    return lost * criterion.above.denominator > sent * criterion.above.numerator


_CAUSES = {State.UP: None, State.DOWN: Cause.LOSS, State.UNKNOWN: Cause.LOCAL}


Run = tuple[int, int, State]


def _runs(known: Sequence[Range], marked: Sequence[Run]) -> Iterator[Run]:
    """The known minutes as runs of one state; as numbers, for a year may hold tens of thousands."""
    i = 0
    for first, end in known:
        at = first
        while i < len(marked) and marked[i][1] <= first:
            i += 1
        j = i
        while j < len(marked) and marked[j][0] < end:
            start, stop, state = max(marked[j][0], first), min(marked[j][1], end), marked[j][2]
            if at < start:
                yield at, start, State.UP
            yield start, stop, state
            at = stop
            j += 1
        if at < end:
            yield at, end, State.UP


def _marked(size: int, found: Mapping[int, State]) -> list[Run]:
    """The blocks that are not UP, neighbours of one state made one."""
    out: list[Run] = []
    for block in sorted(found):
        if out and out[-1][1] == block and out[-1][2] is found[block]:
            out[-1] = (out[-1][0], block + size, found[block])
        else:
            out.append((block, block + size, found[block]))
    return out


def _stretch(first: int, end: int, state: State, cause: Cause | None) -> Stretch:
    return plain(Span(from_epoch(first * MINUTE_US), from_epoch(end * MINUTE_US)), state, cause)
