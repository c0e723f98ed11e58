"""Round-trip times and loss by month: two panels over the same months, both from nought."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from linewatch.report.course import Month
from linewatch.report.review import percentiles
from linewatch.report.svg import DOWN, EXCLUDED, FAINT, INK, PAPER, RULE, WIDTH, box, chart, element, number, rule, text
from linewatch.report.words import Words

LEFT, RIGHT = 58, 34
TOP, TALL = 26, 84
LOSS_TOP, LOSS_TALL = TOP + TALL + 34, 44
HEIGHT = LOSS_TOP + LOSS_TALL + 22
LEAST_LOSS_PERCENT = 0.1
"""The scale of the loss never ends below this, so that a trace of it does not look like a disaster."""


def round_charts(name: str, months: Sequence[Month], title: str, words: Words) -> Markup:
    """The median and the 95th percentile of the round-trip times as lines, the loss as bars; a month without a sample has neither."""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(months))
    middles = [LEFT + (i + 0.5) * step for i in range(len(months))]
    times = [percentiles(month.rtt_us) for month in months]
    highest = nice(max((each["p95"] or 0 for each in times), default=0) or 1)
    losses = [None if month.loss is None else month.loss.ratio * 100 for month in months]
    most = nice(max([LEAST_LOSS_PERCENT, *(loss for loss in losses if loss is not None)]))
    lines = [_line(middles, [each[key] for each in times], highest, key) for key in ("p95", "p50")]
    bars = [_bar(x, step, loss, most) for x, loss in zip(middles, losses, strict=True) if loss is not None]
    every = 1 if len(months) <= 14 else 12
    labels = [text(x, HEIGHT - 6, month.label, "middle", fill=FAINT, font_size=10) for x, month in list(zip(middles, months, strict=True))[::every]]
    heads = [text(0, 14, words("Round-trip time, ms"), font_weight="bold"), text(0, LOSS_TOP - 12, words("Loss %"), font_weight="bold")]
    frames = [*_scale(TOP, TALL, highest), *_scale(LOSS_TOP, LOSS_TALL, most)]
    return chart(name, HEIGHT, title, _description(months, times, words), *frames, *heads, *lines, *bars, *labels)


def nice(most: float) -> float:
    """The end of a scale that holds `most` and is easily quartered: 1, 2, 4 or 8 times a power of ten."""
    unit = 10.0 ** (len(str(int(most))) - 1) if most >= 1 else 0.01
    while True:
        for times in (1, 2, 4, 8):
            if unit * times >= most:
                return unit * times
        unit *= 10


def _scale(top: float, tall: float, most: float) -> Iterator[Markup]:
    for quarter in (0, 2, 4):
        y = top + tall * (1 - quarter / 4)
        yield rule(LEFT, y, WIDTH - RIGHT, y, FAINT if quarter == 0 else RULE)
        yield text(LEFT - 8, y + 4, f"{most * quarter / 4:g}", "end", fill=FAINT, font_size=10)


def _line(middles: Sequence[float], values: Sequence[float | None], highest: float, key: str) -> Markup:
    """A line with a mark a month, broken where a month has no value: squares for p95, circles for p50."""
    points = [(x, None if value is None else TOP + TALL * (1 - value / highest)) for x, value in zip(middles, values, strict=True)]
    parts = []
    for known, run in groupby(points, key=lambda point: point[1] is not None):
        if known:
            path = " ".join(f"{'M' if i == 0 else 'L'}{number(x)},{number(y or 0)}" for i, (x, y) in enumerate(run))
            parts.append(element("path", d=path, fill="none", stroke=_COLOURS[key], stroke_width=1.5, **_DASHES[key]))
    marks = [(x, y) for x, y in points if y is not None]
    parts += [_mark(x, y, key) for x, y in marks]
    if marks:
        parts.append(text(marks[-1][0] + 7, marks[-1][1] + 4, key, font_size=10, fill=_COLOURS[key]))
    return element("g", *parts)


_COLOURS = {"p50": EXCLUDED, "p95": DOWN}
_DASHES: Mapping[str, Mapping[str, str]] = {"p50": {}, "p95": {"stroke_dasharray": "5 3"}}


def _mark(x: float, y: float, key: str) -> Markup:
    if key == "p95":
        return box(x - 2.5, y - 2.5, 5, 5, PAPER, stroke=_COLOURS[key], stroke_width=1.5)
    return element("circle", cx=x, cy=y, r=2.75, fill=_COLOURS[key])


def _bar(x: float, step: float, loss: float, most: float) -> Markup:
    wide = min(34.0, step * 0.62)
    tall = LOSS_TALL * loss / most
    return box(x - wide / 2, LOSS_TOP + LOSS_TALL - tall, wide, tall, FAINT, stroke=INK, stroke_width=0.5)


def _description(months: Sequence[Month], times: Sequence[Mapping[str, float | None]], words: Words) -> str:
    told = [
        f"{month.label}: p50 {each['p50']:.1f}, p95 {each['p95']:.1f}" for month, each in zip(months, times, strict=True) if each["p50"] is not None
    ]
    return f"{words('Round-trip time, ms')}: " + "; ".join(told)
