"""What a row of the performance table earned: met or missed, and its points (semantics, section 8). Exact until the last step, which rounds."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

Number = Fraction | Decimal

MONEY_UNITS = {"元": 1, "千元": 1_000, "万元": 10_000, "百万元": 1_000_000, "亿元": 100_000_000}
"""Units of money, in yuan. Under a target of `=` an amount is kept only where it is that amount; both less and more are for a person to judge."""


class Achieved(StrEnum):
    """The three levels of a qualitative target (达成程度): [80, 100] %, [60, 80) % and [0, 60) %."""

    REACHED = "达成预期指标"
    PARTLY = "部分达成"
    MISSED = "未达成"


def achieved(share: Number) -> Achieved:
    """The level that a degree of achievement, in percent, belongs to."""
    return Achieved.REACHED if share >= 80 else Achieved.PARTLY if share >= 60 else Achieved.MISSED


def keeps(operator: str, target: Number, actual: Number, unit: str = "") -> bool:
    """Whether the unrounded value keeps the target. `=` is kept from the target upwards, but money by the very amount alone."""
    if operator == "<=":
        return actual <= target
    return actual == target if is_money(operator, unit) else actual >= target


def is_money(operator: str, unit: str) -> bool:
    """Whether the row is money under `=`."""
    return operator == "=" and unit in MONEY_UNITS


def score(operator: str, target: Number, actual: Number, weight: Decimal) -> Decimal:
    """The points of a quantitative row: never below 0, never above its weight.

    `=` and `>=`: all of them from the target upwards, below it in proportion. `<=`: all of them up to the target, above it less by the share
    of the excess. Where the target is 0 or negative there is no proportion: all or nothing.
    """
    aim, came = Fraction(target), Fraction(actual)
    if operator == "<=":
        share = Fraction(1) if came <= aim else 1 - (came - aim) / aim if aim > 0 else Fraction(0)
    else:
        share = Fraction(1) if came >= aim else came / aim if aim > 0 else Fraction(0)
    return points(max(share, Fraction(0)) * Fraction(weight))


def qualitative_score(share: Number, weight: Decimal) -> Decimal:
    """The points of a qualitative row whose degree of achievement, in percent, was entered."""
    return points(Fraction(share) * Fraction(weight) / 100)


def points(exact: Fraction) -> Decimal:
    """Points, half-up at two places: the one rounding of a score. Never for a negative number."""
    return Decimal((exact * 200 + 1) // 2).scaleb(-2)
