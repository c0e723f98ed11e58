"""The drawings: figures in, SVG out. What is drawn where, what is marked, what is said to those who do not see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from linewatch.report.chart_calendar import FILLS, LETTERS, calendar
from linewatch.report.chart_months import axis_floor, month_bars
from linewatch.report.chart_rounds import nice, round_charts
from linewatch.report.chart_timeline import LEFT, RIGHT, THINNEST, Track, thinnest, timeline
from linewatch.report.course import Month
from linewatch.report.svg import DARK, DEGRADED, DOWN, EXCLUDED, FAINT, INK, PAPER, UNKNOWN, UP, WIDTH, element, number, text
from linewatch.report.words import Words
from linewatch.sla.availability import Availability, availability
from linewatch.sla.days import Day, Grade, days
from linewatch.sla.period import month, year
from linewatch.sla.terms import Terms
from linewatch.span import Span
from linewatch.verdict.loss import Loss
from linewatch.verdict.state import State
from linewatch.verdict.timeline import plain
from tests.report.page import Element, read

ZONE = ZoneInfo("Asia/Shanghai")
EN = Words("en")
HOUR = timedelta(hours=1)
START = datetime(2022, 2, 28, 16, tzinfo=UTC)
MARCH = month("2022-03", ZONE).span
YEAR = year(2022, ZONE).span
HOSTILE = "</svg><script>"


def figures(up: float, down: float = 0.0, unknown: float = 0.0) -> Availability:
    """The figures of hours up, down and unknown, one after the other."""
    edges = [START, START + up * HOUR, START + (up + down) * HOUR, START + (up + down + unknown) * HOUR]
    spans = [Span(first, last) for first, last in pairwise(edges)]
    states = (State.UP, State.DOWN, State.UNKNOWN)
    history = tuple(plain(span, state, None) for span, state in zip(spans, states, strict=True) if span.start < span.end)
    return availability(history, Span(edges[0], edges[-1]), Terms())


def drawn(svg: str) -> Element:
    [root] = read(svg).all("svg")
    return root


def attribute(found: list[Element], name: str) -> list[float]:
    return [float(each.attributes[name]) for each in found]


def filled(root: Element, fill: str) -> list[Element]:
    return [each for each in root.all("rect") if each.attributes.get("fill") == fill]


# Elements


@pytest.mark.parametrize(("value", "told"), [(0, "0"), (1.0, "1"), (0.5, "0.5"), (1 / 3, "0.33"), (-2.25, "-2.25"), (10.0, "10"), (0.001, "0")])
def test_a_coordinate_has_no_idle_noughts(value: float, told: str) -> None:
    assert number(value) == told


def test_texts_and_attributes_are_escaped_and_elements_are_not() -> None:
    assert element("g", element("rect", x=1), "<b>", data_note='"&') == '<g data-note="&#34;&amp;"><rect x="1"/>&lt;b&gt;</g>'
    assert text(1, 2, HOSTILE, "end") == '<text x="1" y="2" text-anchor="end">&lt;/svg&gt;&lt;script&gt;</text>'


# The calendar


def test_a_year_has_a_square_a_day_and_a_row_a_month() -> None:
    told = days((plain(YEAR, State.UP, None),), YEAR, ZONE, Terms(), [YEAR])
    root = drawn(calendar("c", [f"2022-{n:02d}" for n in range(1, 13)], told, "Calendar", EN))
    assert len(root.all("title")) == 365 + 1
    assert [each.text for each in root.all("text")].count("2022-02") == 1
    assert root.all("desc")[0].text == "Days: 365. no downtime 365"


def test_a_day_shows_its_grade_by_a_letter_and_not_by_colour_alone() -> None:
    told = [Day(date(2022, 3, n), figures(23, 1), grade, False) for n, grade in enumerate(Grade, start=1)]
    root = drawn(calendar("c", ["2022-03"], told, "March", EN))
    letters = [each.all("text")[0].text for each in root.all("g") if each.all("title") and len(each.all("g")) == 0 and each.all("text")]
    assert letters == ["A", "B", "C", "D", "?", "X", "–"]
    assert root.all("title")[1].text == "2022-03-01: no downtime · 95.83 % · coverage 100.00 % · Down 01:00:00"


def test_partial_coverage_and_part_exclusion_are_marked_in_corners() -> None:
    plain_day = Day(date(2022, 3, 1), figures(24), Grade.FULL, False)
    legend = len(drawn(calendar("c", ["2022-03"], [plain_day], "March", EN)).all("path"))
    partial = replace(plain_day, partial=True)
    excluded = replace(plain_day, figures=replace(plain_day.figures, excluded=HOUR))
    assert len(drawn(calendar("c", ["2022-03"], [partial], "March", EN)).all("path")) == legend + 1
    assert len(drawn(calendar("c", ["2022-03"], [excluded], "March", EN)).all("path")) == legend + 1


def test_days_to_come_are_dashed() -> None:
    root = drawn(calendar("c", ["2022-03"], [Day(date(2022, 3, 1), figures(24), Grade.FULL, False)], "March", EN))
    assert len([each for each in root.all("rect") if "stroke-dasharray" in each.attributes]) == 30


# The timeline


def track(*spans: Span, title: str = "line") -> Track:
    return Track(title, spans, (), (), ())


def test_a_span_is_drawn_where_it_lies_and_never_too_thin_to_see() -> None:
    half = Span(YEAR.start + YEAR.length / 2, YEAR.start + YEAR.length / 2 + HOUR)
    [mark] = filled(drawn(timeline("t", YEAR, [track(half)], ZONE, "Timeline", EN)), "#8f1d1d")
    wide = WIDTH - LEFT - RIGHT
    assert (float(mark.attributes["x"]), float(mark.attributes["width"])) == (LEFT + wide / 2, THINNEST)
    assert thinnest(YEAR) == YEAR.length * (THINNEST / wide)


def test_marks_that_would_touch_are_one_and_none_leaves_the_frame() -> None:
    many = tuple(Span(YEAR.start + n * HOUR, YEAR.start + n * HOUR + HOUR / 2) for n in range(8760))
    marks = filled(drawn(timeline("t", YEAR, [track(*many)], ZONE, "Timeline", EN)), "#8f1d1d")
    assert [(each.attributes["x"], each.attributes["width"]) for each in marks] == [("66", "650")]
    [last] = filled(drawn(timeline("t", YEAR, [track(Span(YEAR.end - HOUR, YEAR.end))], ZONE, "Timeline", EN)), "#8f1d1d")
    assert float(last.attributes["x"]) + float(last.attributes["width"]) <= WIDTH - RIGHT


def test_every_kind_of_time_has_a_lane_with_its_name_and_empty_ones_are_left_out_but_that_of_downtime() -> None:
    span = (Span(YEAR.start, YEAR.start + 24 * HOUR),)
    whole = drawn(timeline("t", YEAR, [Track(HOSTILE, span, span, span, span), track(title="quiet")], ZONE, "Timeline", EN))
    texts = [each.text for each in whole.all("text")]
    assert texts[-7:] == [HOSTILE, "down", "degraded", "unknown", "excluded", "quiet", "down"]
    assert whole.all("desc")[0].text == f"{HOSTILE}: down 1, degraded 1, unknown 1, excluded 1"


@pytest.mark.parametrize(
    ("period", "first", "most"),
    [
        (YEAR, "2022-01", 12),
        (MARCH, "03-01", 16),
        (Span(MARCH.start, MARCH.start + HOUR), "03-01", 1),
        (Span(YEAR.start, START + 90_000 * HOUR), "2022-01", 16),
    ],
)
def test_the_axis_has_as_many_labels_as_fit(period: Span, first: str, most: int) -> None:
    labels = [each.text for each in drawn(timeline("t", period, [track()], ZONE, "Timeline", EN)).all("text")][:-2]
    assert labels[0] == first
    assert 0 < len(labels) <= most


# The months


def bar(*shares: Availability | None) -> tuple[Month, ...]:
    return tuple(Month(f"2022-{n:02d}", each, {}, None) for n, each in enumerate(shares, start=1))


@pytest.mark.parametrize(
    ("downs", "target", "floor"),
    [
        ([0], Fraction(1), Fraction(999, 1000)),
        ([0, 1], Fraction(1), Fraction(99, 100)),
        ([0], Fraction(995, 1000), Fraction(99, 100)),
        ([10], Fraction(1), Fraction(9, 10)),
        ([400], Fraction(1), Fraction(1, 2)),
        ([600], Fraction(1), Fraction(0)),
        ([1000], Fraction(1), Fraction(0)),
        ([], Fraction(999, 1000), Fraction(99, 100)),
    ],
)
def test_the_axis_begins_below_every_figure(downs: list[int], target: Fraction, floor: Fraction) -> None:
    assert axis_floor(bar(*(figures(1000 - down, down) for down in downs)), target) == floor


def test_an_axis_that_is_cut_off_says_so_and_is_broken() -> None:
    cut = drawn(month_bars("m", bar(figures(743, 1)), Terms(), "Months", EN))
    whole = drawn(month_bars("m", bar(figures(300, 444)), Terms(), "Months", EN))
    said = "The axis is cut off: it begins at 99 %, not at 0"
    assert [said in [each.text for each in root.all("text")] for root in (cut, whole)] == [True, False]
    zigzags = [
        [each for each in root.all("path") if each.attributes["d"].count("L") >= 2 and each.attributes["stroke"] == "#fff"] for root in (cut, whole)
    ]
    assert [len(found) for found in zigzags] == [2, 0]  # the axis and the bar


def test_a_bar_is_as_high_as_its_figure_and_hatched_where_the_coverage_does_not_suffice() -> None:
    root = drawn(month_bars("m", bar(figures(500, 500), figures(500, 0, 500), None), Terms(), "Months", EN))
    low, full = filled(root, "#2f6b46")[0], filled(root, "url(#m-hatch)")[0]
    assert float(low.attributes["height"]) * 2 == float(full.attributes["height"])
    texts = [each.text for each in root.all("text")]
    assert [texts.count(each) for each in ("50.00", "100.00", "—")] == [2, 2, 1]  # a figure and a coverage each, and a month without either


def test_a_figure_just_below_the_whole_is_not_printed_as_the_whole() -> None:
    root = drawn(month_bars("m", bar(figures(99_999, 1)), Terms(), "Months", EN))
    assert "99.99" in [each.text for each in root.all("text")]
    assert "2022-01 99.99" in root.all("desc")[0].text


def test_of_many_months_only_the_years_are_named() -> None:
    months = tuple(Month(f"{y}-{m:02d}", figures(10), {}, None) for y in range(2013, 2023) for m in range(1, 13))
    texts = [each.text for each in drawn(month_bars("m", months, Terms(), "Months", EN)).all("text")]
    assert [str(y) in texts for y in range(2013, 2023)] == [True] * 10
    assert "2013-01" not in texts


# Round-trip times and loss


def test_times_and_losses_are_drawn_from_nought() -> None:
    months = (Month("2022-01", figures(10), {20_000: 10, 40_000: 90}, Loss(1, 200)), Month("2022-02", None, {}, None))
    root = drawn(round_charts("r", months, "Rounds", EN))
    scales = [each.text for each in root.all("text")]
    assert scales[:6] == ["0", "20", "40", "0", "0.4", "0.8"]
    assert len(root.all("circle")) == 1
    assert root.all("desc")[0].text == "Round-trip time, ms: 2022-01: p50 40.0, p95 40.0"


def test_a_line_is_broken_where_a_month_has_no_samples() -> None:
    known = {20_000: 10}
    months = tuple(Month(f"2022-{n:02d}", figures(10), known if n != 3 else {}, None) for n in range(1, 6))
    lines = [each for each in drawn(round_charts("r", months, "Rounds", EN)).all("path") if each.attributes.get("stroke") == "#24508f"]
    assert [each.attributes["d"].count("L") for each in lines] == [1, 1]


@pytest.mark.parametrize(
    ("most", "end"), [(0.1, 0.1), (0.11, 0.2), (0.63, 0.8), (1, 1), (3, 4), (39, 40), (41, 80), (81, 100), (900, 1000), (0.001, 0.01)]
)
def test_a_scale_ends_at_a_number_that_is_easily_quartered(most: float, end: float) -> None:
    assert nice(most) == pytest.approx(end)


def contrast(one: str, other: str) -> float:
    """Source: WCAG 2.2, "contrast ratio" and "relative luminance"."""
    darker, lighter = sorted(luminance(colour) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [{colour: colour for colour in DARK}, DARK], ids=["light", "dark"])
def test_what_is_written_and_drawn_stands_out_from_what_is_below_it(scheme: dict[str, str]) -> None:
    on_paper = (INK, FAINT, UP, DOWN, DEGRADED, UNKNOWN, EXCLUDED)
    letters = [(PAPER if grade is Grade.D else INK, fill) for grade, fill in FILLS.items() if grade in LETTERS]
    pairs = [*((colour, PAPER) for colour in on_paper), *letters]
    assert [(one, other) for one, other in pairs if contrast(scheme[one], scheme[other]) < 4.5] == []
    assert len({scheme[fill] for fill in FILLS.values()}) == len(FILLS)
