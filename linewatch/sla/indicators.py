"""The rows of the performance table (项目绩效目标表) that linewatch fills in, and those that the office declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from linewatch.sla.availability import Availability, Verdict, verdict
from linewatch.sla.months import Served, ServiceMonth, contract_share, served_count
from linewatch.sla.printed import percent
from linewatch.sla.terms import Contract, Terms

Value = Fraction | Decimal | str
LINE_ROWS = ("网络专线服务时间", "网络专线畅通率", "网络专线使用时限", "网络专线使用成本")
"""The rows that a leased line fills in, in the order of the table."""

Source = Literal["measured", "contract", "survey", "declared"]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row: what was promised and what came of it.

    `actual` is None where there is no value (未填报): never a guess. `met` is None where that is so, or where the record does not prove it.
    `weight` is the row's points where the office entered them; `score` what they earned.
    """

    level1: str
    level2: str
    name: str
    operator: str
    target: Value | None
    unit: str
    actual: Value | None
    met: bool | None
    source: Source
    weight: Decimal | None = None
    score: Decimal | None = None
    note: str = ""


def line_indicators(
    number: int, figures: Availability, months: Sequence[ServiceMonth], terms: Terms, contract: Contract, suffix: str = ""
) -> tuple[Indicator, ...]:
    """The four rows of one leased line for the year `number`; `suffix` tells several lines apart."""
    return (
        _service_months(months, suffix),
        _availability(figures, terms, suffix),
        _term(number, contract, suffix),
        _cost(number, contract, suffix),
    )


def _service_months(months: Sequence[ServiceMonth], suffix: str) -> Indicator:
    served = served_count(months)
    open_still = sum(month.served in (Served.UNPROVEN, Served.FUTURE) for month in months)
    met = True if served >= 12 else None if served + open_still >= 12 else False
    return Indicator("产出指标", "数量指标", f"网络专线服务时间{suffix}", "=", Fraction(12), "月", Fraction(served), met, "measured")


def _availability(figures: Availability, terms: Terms, suffix: str) -> Indicator:
    result = verdict(figures, terms)
    met = {Verdict.MET: True, Verdict.NOT_MET: False, Verdict.UNPROVEN: None}[result]
    actual = None if figures.observed is None else figures.observed * 100
    note = f"coverage {percent(figures.coverage)} %"
    return Indicator("产出指标", "质量指标", f"网络专线畅通率{suffix}", "=", terms.target * 100, "%", actual, met, "measured", note=note)


def _term(number: int, contract: Contract, suffix: str) -> Indicator:
    """A fact of the contract; without a date in the configuration there is no contract to speak of."""
    known = contract.start is not None or contract.end is not None
    share = contract_share(number, contract) * 100 if known else None
    met = None if share is None else share >= 100
    return Indicator("产出指标", "时效指标", f"网络专线使用时限{suffix}", "=", Fraction(100), "%", share, met, "contract")


def _cost(number: int, contract: Contract, suffix: str) -> Indicator:
    paid = [payment.amount for payment in contract.payments if payment.on.year == number]
    actual = sum(paid, Decimal(0)) if paid else None
    met = None if actual is None or contract.cost is None else actual == contract.cost
    return Indicator("产出指标", "成本指标", f"网络专线使用成本{suffix}", "=", contract.cost, "万元", actual, met, "contract")
