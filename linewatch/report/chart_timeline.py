"""The timeline of a period: for each service when it was down, degraded, not known or excluded, each on a lane of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from linewatch.report.svg import DEGRADED, DOWN, EXCLUDED, FAINT, RULE, WIDTH, box, chart, element, rule, text
from linewatch.report.words import Words
from linewatch.sla.period import months_within
from linewatch.span import Span, microseconds

LEFT, RIGHT, TOP = 66, 4, 22
TITLE, LANE, LANE_GAP, BLOCK_GAP = 18, 9, 4, 10
THINNEST = 1.5
"""What is shorter than this many units is drawn as wide as this, or it would not be seen."""


@dataclass(frozen=True, slots=True)
class Track:
    """One service: its title, and the spans of each lane, sorted and disjoint."""

    title: str
    down: Sequence[Span]
    degraded: Sequence[Span]
    unknown: Sequence[Span]
    excluded: Sequence[Span]


def timeline(name: str, period: Span, tracks: Sequence[Track], zone: ZoneInfo, title: str, words: Words) -> Markup:
    """The tracks one below the other over the whole period; a lane without a span is left out, that of downtime never."""
    drawn = []
    y = float(TOP)
    for track in tracks:
        block, y = _block(name, track, period, y, words)
        drawn.append(block)
    grid = [rule(x, TOP - 4, x, y - BLOCK_GAP + 2) for x, _ in _ticks(period, zone)]
    labels = [text(x + 2, TOP - 8, label, fill=FAINT, font_size=10) for x, label in _labels(period, zone)]
    return chart(name, y, title, _description(tracks, words), *grid, *labels, *drawn)


def thinnest(period: Span) -> timedelta:
    """The time that the narrowest mark stands for."""
    return period.length * (THINNEST / (WIDTH - LEFT - RIGHT))


def _block(name: str, track: Track, period: Span, y: float, words: Words) -> tuple[Markup, float]:
    lanes = [lane for lane in _lanes(name, track, words) if lane.spans or lane.fill == DOWN]
    parts = [text(0, y + 11, track.title, font_weight="bold")]
    y += TITLE
    for lane in lanes:
        parts.append(text(LEFT - 6, y + 8.5, lane.name, "end", font_size=10, fill=FAINT))
        parts.append(box(LEFT, y, WIDTH - LEFT - RIGHT, LANE, "none", stroke=RULE, stroke_width=0.5))
        parts += [box(x, y, width, LANE, lane.fill) for x, width in _marks(lane.spans, period)]
        y += LANE + LANE_GAP
    return element("g", *parts), y + BLOCK_GAP


@dataclass(frozen=True, slots=True)
class _Lane:
    name: str
    spans: Sequence[Span]
    fill: str


def _lanes(name: str, track: Track, words: Words) -> tuple[_Lane, ...]:
    return (
        _Lane(words("down"), track.down, DOWN),
        _Lane(words("degraded"), track.degraded, DEGRADED),
        _Lane(words("unknown"), track.unknown, f"url(#{name}-hatch)"),
        _Lane(words("excluded"), track.excluded, EXCLUDED),
    )


def _marks(spans: Sequence[Span], period: Span) -> Iterator[tuple[float, float]]:
    """Where the spans begin and how wide they are; what would touch is one mark, so that a lane has no more marks than it has room for."""
    start, end = 0.0, -1.0
    for span in spans:
        first, last = _x(span.start, period), _x(span.end, period)
        last = max(last, first + THINNEST)
        if end < start:
            start, end = first, last
        elif first <= end + 0.5:
            end = max(end, last)
        else:
            yield start, end - start
            start, end = first, last
    if end >= start:
        start = min(start, WIDTH - RIGHT - THINNEST)
        yield start, min(end, WIDTH - RIGHT) - start


def _x(at: datetime, period: Span) -> float:
    share = microseconds(at - period.start) / microseconds(period.length)
    return LEFT + (WIDTH - LEFT - RIGHT) * share


def _ticks(period: Span, zone: ZoneInfo) -> Iterator[tuple[float, str]]:
    """The first of every month, or of a short period the midnights, with their labels."""
    if period.length > timedelta(days=62):
        for month in months_within(period, zone):
            yield _x(month.span.start, period), month.label
        return
    at = period.start
    while at < period.end:
        yield _x(at, period), f"{at.astimezone(zone):%m-%d}"
        following = datetime.fromordinal(at.astimezone(zone).toordinal() + 1).replace(tzinfo=zone)
        at = following.astimezone(period.start.tzinfo)


def _labels(period: Span, zone: ZoneInfo) -> Iterator[tuple[float, str]]:
    """As many labels as fit beside each other."""
    free = 0.0
    for x, label in _ticks(period, zone):
        if x >= free and x < WIDTH - 40:
            yield x, label
            free = x + 46


def _description(tracks: Sequence[Track], words: Words) -> str:
    """How many spans of each kind every service has."""
    told = [(track.title, [f"{lane.name} {len(lane.spans)}" for lane in _lanes("", track, words) if lane.spans]) for track in tracks]
    return "; ".join(f"{title}: {', '.join(lanes)}" for title, lanes in told if lanes) or words("No outages.")
