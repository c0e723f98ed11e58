"""The months as bars: the availability of each with its bounds and the target, and below it how much of the month was measured."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from markupsafe import Markup

from linewatch.report.course import Month
from linewatch.report.svg import FAINT, INK, PAPER, RULE, SLATE, UP, WIDTH, axis_break, box, chart, element, number, rule, text
from linewatch.report.words import Words
from linewatch.sla.printed import NOTHING, percent, promised
from linewatch.sla.terms import Terms

LEFT, RIGHT, TOP, TALL = 58, 8, 40, 112
COVERAGE_TOP, COVERAGE_TALL = TOP + TALL + 42, 32
HEIGHT = COVERAGE_TOP + COVERAGE_TALL + 8
FLOORS = (Fraction(999, 1000), Fraction(99, 100), Fraction(9, 10), Fraction(1, 2))
"""Where an axis that is cut off may begin."""


def month_bars(name: str, months: Sequence[Month], terms: Terms, title: str, words: Words) -> Markup:
    """The bars. The axis begins at the highest of `FLOORS` that is below every figure, at nought where none is; where it is cut off, axis and
    bars are broken and a line says so."""
    floor = axis_floor(months, terms.target)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(months))
    bars = [_bar(name, month, LEFT + i * step, step, floor, terms) for i, month in enumerate(months)]
    coverage = [_coverage(month, LEFT + i * step, step) for i, month in enumerate(months)]
    labels = [
        text(LEFT + (i + 0.5) * step, TOP + TALL + 15, label, "middle", fill=FAINT, font_size=10) for i, label in enumerate(_labels(months)) if label
    ]
    ground = [rule(LEFT, TOP, LEFT, TOP + TALL, FAINT), rule(LEFT, TOP + TALL, WIDTH - RIGHT, TOP + TALL, FAINT)]
    if floor:
        ground += [axis_break(LEFT - 4, TOP + TALL - 9, 8), text(LEFT, 14, _cut_off(floor, words), font_weight="bold")]
    target = _target(terms.target, floor, words)
    description = f"{title}: " + ", ".join(f"{month.label} {percent(month.figures.observed if month.figures else None)}" for month in months)
    return chart(name, HEIGHT, title, description, *_scale(floor), *bars, *ground, target, *labels, *coverage, _coverage_axis(words))


def axis_floor(months: Sequence[Month], target: Fraction) -> Fraction:
    """Where the axis begins: below every figure and the target."""
    shown = [month.figures.observed for month in months if month.figures and month.figures.observed is not None]
    least = min([*shown, target])
    return next((floor for floor in FLOORS if floor < least), Fraction(0))


def _cut_off(floor: Fraction, words: Words) -> str:
    return words("The axis is cut off: it begins at {floor} %, not at 0").format(floor=_plain(floor))


def _plain(ratio: Fraction) -> str:
    """A ratio as a percentage that is short because it is exact."""
    return f"{float(ratio * 100):g}"


def _y(ratio: Fraction, floor: Fraction) -> float:
    return TOP + TALL * float((1 - max(ratio, floor)) / (1 - floor))


def _scale(floor: Fraction) -> list[Markup]:
    """Five lines across from the floor to 100 %."""
    parts = []
    for quarter in range(5):
        ratio = floor + (1 - floor) * quarter / 4
        y = _y(ratio, floor)
        parts += [rule(LEFT, y, WIDTH - RIGHT, y), text(LEFT - 8, y + 4, _plain(ratio), "end", fill=FAINT, font_size=10)]
    return parts


def _bar(name: str, month: Month, x: float, step: float, floor: Fraction, terms: Terms) -> Markup:
    """One bar, hatched where the coverage does not suffice, with the bounds as a whisker (an arrow where the low one is off the axis)."""
    figures = month.figures
    middle = x + step / 2
    if figures is None or figures.observed is None or figures.low is None or figures.high is None:
        return text(middle, TOP + TALL - 5, NOTHING, "middle", fill=FAINT)
    wide = min(34.0, step * 0.62)
    top = _y(figures.observed, floor)
    proven = figures.coverage is not None and figures.coverage >= terms.min_coverage
    parts = [box(middle - wide / 2, top, wide, TOP + TALL - top, UP if proven else f"url(#{name}-hatch)", stroke=UP, stroke_width=0.75)]
    if floor:
        parts.append(axis_break(middle - wide / 2, TOP + TALL - 9, wide))
    if figures.low != figures.high:
        parts.append(_whisker(middle, _y(figures.low, floor), _y(figures.high, floor), below=figures.low < floor))
    if step >= 34:
        parts.append(text(middle, TOP - 6, percent(figures.observed), "middle", font_size=10))
    return element("g", *parts)


def _whisker(x: float, low: float, high: float, below: bool) -> Markup:
    foot = f"M{number(x - 3)},{number(low - 6)} L{number(x)},{number(low - 1)} L{number(x + 3)},{number(low - 6)}" if below else ""
    ends = "" if below else f"M{number(x - 3)},{number(low)} h6"
    path = f"M{number(x)},{number(high)} L{number(x)},{number(low)} M{number(x - 3)},{number(high)} h6 {ends} {foot}".strip()
    line = [element("path", d=path, fill="none", stroke=colour, stroke_width=wide) for colour, wide in ((PAPER, 2.5), (INK, 1))]
    return element("g", *line)


def _target(target: Fraction, floor: Fraction, words: Words) -> Markup:
    y = _y(target, floor)
    line = element("path", d=f"M{LEFT},{number(y)} H{WIDTH - RIGHT}", stroke=INK, stroke_width=1, stroke_dasharray="6 3", fill="none")
    return element("g", line, text(WIDTH - RIGHT, 14, f"- - - {words('Target %')} {promised(target)}", "end", font_size=10))


def _coverage(month: Month, x: float, step: float) -> Markup:
    figures = month.figures
    wide = min(34.0, step * 0.62)
    left = x + (step - wide) / 2
    frame = box(left, COVERAGE_TOP, wide, COVERAGE_TALL, "none", stroke=RULE, stroke_width=0.75)
    if figures is None or figures.coverage is None:
        return frame
    tall = COVERAGE_TALL * float(figures.coverage)
    parts = [frame, box(left, COVERAGE_TOP + COVERAGE_TALL - tall, wide, tall, SLATE)]
    if step >= 34:
        parts.append(text(left + wide / 2, COVERAGE_TOP - 4, percent(figures.coverage), "middle", font_size=10))
    return element("g", *parts)


def _coverage_axis(words: Words) -> Markup:
    y = COVERAGE_TOP
    return element(
        "g",
        text(0, y - 4, words("Coverage %"), font_weight="bold"),
        text(LEFT - 8, y + 11, "100", "end", fill=FAINT, font_size=10),
        text(LEFT - 8, y + COVERAGE_TALL, "0", "end", fill=FAINT, font_size=10),
        rule(LEFT, y + COVERAGE_TALL, WIDTH - RIGHT, y + COVERAGE_TALL, FAINT),
    )


def _labels(months: Sequence[Month]) -> list[str]:
    """The months' names, of many months only the Januaries."""
    if len(months) <= 14:
        return [month.label for month in months]
    return [month.label[:4] if month.label.endswith("-01") else "" for month in months]
