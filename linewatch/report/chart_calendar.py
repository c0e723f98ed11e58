"""The calendar of a year: one square a day, a month a row, each day under its grade."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from markupsafe import Markup

from linewatch.report.svg import (
    BLUE_TINT,
    DOWN,
    EXCLUDED,
    FAINT,
    GREEN_TINT,
    INK,
    ORANGE_TINT,
    PAPER,
    RULE,
    RUST_TINT,
    UNKNOWN,
    YELLOW_TINT,
    box,
    chart,
    element,
    number,
    text,
)
from linewatch.report.words import Words, coverage_told
from linewatch.sla.days import Day, Grade
from linewatch.sla.printed import clock_time, percent

LEFT, TOP, CELL, STEP = 58, 20, 20, 21
LEGEND_ROW = 24

FILLS = {
    Grade.FULL: GREEN_TINT,
    Grade.A: YELLOW_TINT,
    Grade.B: ORANGE_TINT,
    Grade.C: RUST_TINT,
    Grade.D: DOWN,
    Grade.EXCLUDED: BLUE_TINT,
    Grade.NOT_OWED: PAPER,
}
LETTERS = {Grade.A: "A", Grade.B: "B", Grade.C: "C", Grade.D: "D", Grade.UNKNOWN: "?", Grade.EXCLUDED: "X", Grade.NOT_OWED: "–"}


def meanings(words: Words) -> Mapping[Grade, str]:
    """The words under which the legend shows each grade."""
    return {
        Grade.FULL: words("no downtime"),
        Grade.A: words("at least 99.9 %"),
        Grade.B: words("at least 99 %"),
        Grade.C: words("at least 90 %"),
        Grade.D: words("under 90 %"),
        Grade.UNKNOWN: words("nothing measured"),
        Grade.EXCLUDED: words("excluded"),
        Grade.NOT_OWED: words("no service hours"),
    }


def calendar(name: str, months: Sequence[str], days: Sequence[Day], title: str, words: Words) -> Markup:
    """The calendar of `months` (as 2022-03); their days that are not among `days` are outside the period or still to come."""
    told = {day.day: day for day in days}
    rows = [_row(number_, month, told, name, words) for number_, month in enumerate(months)]
    below = TOP + len(months) * STEP + 14
    heads = [text(LEFT + (day - 1) * STEP + CELL / 2, TOP - 6, str(day), "middle", fill=FAINT, font_size=10) for day in range(1, 32)]
    return chart(name, below + 2 * LEGEND_ROW, title, _description(days, words), *heads, *rows, _legend(below, name, words))


def _row(position: int, month: str, told: Mapping[date, Day], name: str, words: Words) -> Markup:
    year, number_ = int(month[:4]), int(month[5:])
    y = TOP + position * STEP
    squares = [_square(LEFT + (n - 1) * STEP, y, told.get(date(year, number_, n)), name, words) for n in range(1, monthrange(year, number_)[1] + 1)]
    return element("g", text(LEFT - 8, y + 14, month, "end"), *squares)


def _square(x: float, y: float, day: Day | None, name: str, words: Words) -> Markup:
    if day is None:
        return box(x + 0.5, y + 0.5, CELL - 1, CELL - 1, "none", stroke=RULE, stroke_dasharray="2 2", stroke_width=0.5)
    return element("g", element("title", _told(day, words)), *_marks(x, y, day.grade, name, day.partial, bool(day.figures.excluded)))


def _marks(x: float, y: float, grade: Grade, name: str, partial: bool, excluded: bool) -> Iterator[Markup]:
    fill = f"url(#{name}-hatch)" if grade is Grade.UNKNOWN else FILLS[grade]
    yield box(x + 0.25, y + 0.25, CELL - 0.5, CELL - 0.5, fill, stroke=INK if grade is Grade.D else FAINT, stroke_width=0.5)
    if partial:
        yield _corner(x + CELL, y + CELL, -8, UNKNOWN)
    if excluded and grade is not Grade.EXCLUDED:
        yield _corner(x, y, 8, EXCLUDED)
    letter = LETTERS.get(grade)
    if letter is not None:
        if grade is Grade.UNKNOWN:
            yield box(x + 5.5, y + 4, 9, 12, PAPER)
        yield text(x + CELL / 2, y + 14, letter, "middle", fill=PAPER if grade is Grade.D else INK)


def _corner(x: float, y: float, size: float, colour: str) -> Markup:
    path = f"M{number(x)},{number(y)} h{number(size)} L{number(x)},{number(y + size)} Z"
    return element("path", d=path, fill=colour, stroke=PAPER, stroke_width=0.75)


def _told(day: Day, words: Words) -> str:
    """What a square says where one points at it."""
    figures = day.figures
    parts = [f"{day.day}: {meanings(words)[day.grade]}"]
    if figures.observed is not None:
        parts += [f"{percent(figures.observed)} %", coverage_told(figures.coverage, words)]
    if figures.charged:
        parts.append(f"{words('Down')} {clock_time(figures.charged)}")
    return " · ".join(parts)


def _description(days: Sequence[Day], words: Words) -> str:
    """How many days of each grade there are."""
    meant = meanings(words)
    counts = [(meant[grade], sum(day.grade is grade for day in days)) for grade in Grade]
    partial = sum(day.partial for day in days)
    told = [f"{name} {count}" for name, count in [*counts, (words("coverage too low"), partial)] if count]
    return f"{words('Days')}: {len(days)}. " + ", ".join(told)


def _legend(y: float, name: str, words: Words) -> Markup:
    """Two rows: what was measured, and what was not or does not count."""
    meant = meanings(words)
    first = (Grade.FULL, Grade.A, Grade.B, Grade.C, Grade.D)
    second = (Grade.UNKNOWN, Grade.EXCLUDED, Grade.NOT_OWED)
    parts = [_key(LEFT + i * 130, y, grade, name, meant[grade]) for i, grade in enumerate(first)]
    parts += [_key(LEFT + i * 130, y + LEGEND_ROW, grade, name, meant[grade]) for i, grade in enumerate(second)]
    corners = ((words("coverage too low"), True, False), (words("partly excluded"), False, True))
    for i, (meaning, partial, excluded) in enumerate(corners, start=len(second)):
        x = LEFT + i * 130
        marks = _marks(x, y + LEGEND_ROW, Grade.FULL, name, partial, excluded)
        parts.append(element("g", *marks, text(x + CELL + 5, y + LEGEND_ROW + 14, meaning)))
    return element("g", *parts)


def _key(x: float, y: float, grade: Grade, name: str, meaning: str) -> Markup:
    return element("g", *_marks(x, y, grade, name, partial=False, excluded=False), text(x + CELL + 5, y + 14, meaning))
