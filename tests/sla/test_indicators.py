"""The four rows of a leased line in the performance table."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from linewatch.sample.cause import Cause
from linewatch.sla.availability import availability
from linewatch.sla.line_rows import line_indicators
from linewatch.sla.months import service_months
from linewatch.sla.period import months_of, year
from linewatch.sla.terms import Contract, Payment, Terms
from linewatch.span import Span
from linewatch.verdict.state import State
from linewatch.verdict.timeline import plain

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = year(2022, ZONE)
MONTHS = [month.span for month in months_of(2022, ZONE)]
AFTER = datetime(2023, 6, 1, tzinfo=UTC)
LEASE = Contract(start=date(2022, 1, 1), end=date(2024, 12, 31), cost=Decimal(6), payments=(Payment(date(2022, 3, 15), Decimal(6)),))

STATES = {"U": (State.UP, None), "D": (State.DOWN, Cause.LINE), "_": (State.UNKNOWN, Cause.MONITOR)}


def rows(drawing="U" * 12, as_of=AFTER, contract=LEASE, terms=None, suffix=""):
    """The rows for a year drawn month by month."""
    terms = terms or Terms()
    whole = tuple(plain(span, *STATES[letter]) for span, letter in zip(MONTHS, drawing, strict=True))
    figures = availability(whole, YEAR.until(as_of), terms)
    return line_indicators(2022, figures, service_months(whole, 2022, YEAR, as_of, terms, contract), terms, contract, suffix)


def test_a_year_as_it_was_promised():
    found = rows()
    assert [(row.level1, row.level2, row.name, row.operator, row.target, row.unit, row.actual, row.met, row.source) for row in found] == [
        ("产出指标", "数量指标", "网络专线服务时间", "=", Fraction(12), "月", Fraction(12), True, "measured"),
        ("产出指标", "质量指标", "网络专线畅通率", "=", Fraction(100), "%", Fraction(100), True, "measured"),
        ("产出指标", "时效指标", "网络专线使用时限", "=", Fraction(100), "%", Fraction(100), True, "contract"),
        ("产出指标", "成本指标", "网络专线使用成本", "=", Decimal(6), "万元", Decimal(6), True, "contract"),
    ]
    assert all(row.weight is None and row.score is None for row in found)


def test_several_lines_are_told_apart():
    assert [row.name for row in rows(suffix="（二号）")] == [
        "网络专线服务时间（二号）",
        "网络专线畅通率（二号）",
        "网络专线使用时限（二号）",
        "网络专线使用成本（二号）",
    ]


@pytest.mark.parametrize(
    ("drawing", "as_of", "actual", "met"),
    [
        ("UUUUUUUUUUUU", AFTER, 12, True),
        ("UUUUUUDUUUUU", AFTER, 11, False),
        ("UUUUUU_UUUUU", AFTER, 11, None),  # nobody can say
        ("D_UUUUUUUUUU", AFTER, 10, False),
        ("UUUUUUUUUUUU", MONTHS[5].end, 6, None),  # the year is not over
        ("UUDUUUUUUUUU", MONTHS[5].end, 5, False),  # and cannot be saved any more
    ],
)
def test_the_service_months_are_missed_as_soon_as_they_cannot_be_reached(drawing, as_of, actual, met):
    row = rows(drawing, as_of)[0]
    assert (row.actual, row.met) == (actual, met)


@pytest.mark.parametrize(
    ("drawing", "actual", "met"),
    [
        ("UUUUUUUUUUUU", 100, True),
        ("UUUUUUUUUUUD", Fraction(100 * (365 - 31), 365), False),
        ("UUUUUUUUUUU_", 100, None),
        ("____________", None, None),
    ],
)
def test_the_availability_is_met_missed_or_unproven(drawing, actual, met):
    row = rows(drawing)[1]
    assert (row.actual, row.met) == (actual, met)


def test_the_coverage_stands_beside_the_availability():
    assert rows()[1].coverage == 1
    assert rows("UUUUUUUUUUU_")[1].coverage == Fraction(365 - 31, 365)


@pytest.mark.parametrize(
    ("start", "end", "actual", "met"),
    [
        (None, None, None, None),
        (date(2022, 1, 1), None, 100, True),
        (None, date(2022, 12, 31), 100, True),
        (date(2022, 4, 1), None, 75, False),
        (None, date(2021, 12, 31), 0, False),
    ],
)
def test_the_term_is_a_fact_of_the_contract(start, end, actual, met):
    row = rows(contract=Contract(start=start, end=end))[2]
    assert (row.actual, row.met) == (actual, met)


@pytest.mark.parametrize(
    ("cost", "payments", "actual", "met"),
    [
        (Decimal(6), [("2022-03-15", "6")], Decimal(6), True),
        (Decimal(6), [("2022-03-15", "2.5"), ("2022-09-15", "3.5")], Decimal("6.0"), True),
        (Decimal(6), [("2022-01-01", "3"), ("2022-12-31", "3"), ("2021-12-31", "6"), ("2023-01-01", "6")], Decimal(6), True),
        (Decimal(6), [("2022-03-15", "5.99")], Decimal("5.99"), False),
        (Decimal(6), [("2022-03-15", "6.01")], Decimal("6.01"), False),
        (Decimal(6), [("2021-03-15", "6")], None, None),
        (Decimal(6), [], None, None),
        (None, [("2022-03-15", "6")], Decimal(6), None),
        (Decimal(0), [("2022-03-15", "0")], Decimal(0), True),
        (Decimal("0.3"), [("2022-03-15", "0.1"), ("2022-03-16", "0.2")], Decimal("0.3"), True),
    ],
)
def test_the_cost_is_the_sum_of_the_payments_of_the_year(cost, payments, actual, met):
    contract = Contract(cost=cost, payments=tuple(Payment(date.fromisoformat(on), Decimal(amount)) for on, amount in payments))
    row = rows(contract=contract)[3]
    assert (row.actual, row.met, row.target) == (actual, met, cost)


def test_half_a_day_down_is_not_a_hundred_per_cent():
    half = MONTHS[0].start + (MONTHS[0].end - MONTHS[0].start) / 62
    whole = (plain(Span(MONTHS[0].start, half), State.DOWN, Cause.LINE), plain(Span(half, MONTHS[-1].end), State.UP, None))
    figures = availability(whole, YEAR.span, Terms())
    row = line_indicators(2022, figures, service_months(whole, 2022, YEAR, AFTER, Terms(), LEASE), Terms(), LEASE)[1]
    assert (row.actual, row.met) == (100 * (1 - Fraction(1, 730)), False)
