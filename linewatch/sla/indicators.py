"""The rows of the performance table (项目绩效目标表): what was promised, what came of it, and what all rows come to together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from linewatch.sla.score import MONEY_UNITS, Achieved, Number, achieved, is_money, keeps, qualitative_score, score

Value = Fraction | Decimal | str
Kind = Literal["定量", "定性"]
Measure = Literal["service_months", "availability", "term", "cost"]
Source = Literal["measured", "contract", "survey", "declared"]
Result = Literal["met", "not_met", "unproven", "not_filled_in"]

COST_LEVEL = "成本指标"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row: what was promised and what came of it.

    `operator` is `=`, `>=`, `<=`, `qualitative` or empty (not given). `actual` is None where there is no value (未填报): never a guess. `met` is
    None where that is so, or where the record does not prove it; it is judged on the unrounded value.
    `weight` is the row's points (分值) where the office entered them; `score` (得分) what they earned, at two places.
    `kind` is 定量 or 定性. A qualitative row has words for its target; `share` is its degree of achievement in percent and `achieved` its level.
    `definition` is 指标解释, `deviation` 偏差原因分析及改进措施 in the office's words. `flagged`: money that is not the very amount under `=`, for a
    person to judge. `coverage` is there for a measured availability. `measure` and `line` say what fills the row in; `overruled` is
    what the office entered for it nevertheless, where that is another value.
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
    kind: Kind = "定量"
    definition: str = ""
    deviation: str = ""
    share: Decimal | None = None
    achieved: Achieved | None = None
    flagged: bool = False
    coverage: Fraction | None = None
    measure: Measure | None = None
    line: str = ""
    overruled: Value | None = None

    @property
    def result(self) -> Result:
        """达标, 未达标, 未证明 or 未填报."""
        if self.actual is None:
            return "not_filled_in"
        return "unproven" if self.met is None else "met" if self.met else "not_met"

    @property
    def deviation_missing(self) -> bool:
        """Whether the row was missed and the office has not said why (偏差原因分析及改进措施 is demanded then)."""
        return self.result == "not_met" and not self.deviation.strip()


@dataclass(frozen=True, slots=True)
class Total:
    """What the rows come to together. `score` (总分) is None while a row lacks its value or its score, which `lacking` names, or none has a weight.

    `weight` is the sum of the weights. `cost_target` and `cost_actual` are the sums of the cost rows (成本指标) in 万元, None where there are none or
    one of them has no number; `budget` is what the project may cost, where the configuration says it.
    """

    score: Decimal | None
    weight: Decimal
    lacking: tuple[str, ...]
    cost_target: Decimal | None
    cost_actual: Decimal | None
    budget: Decimal | None = None

    @property
    def cost_agrees(self) -> bool | None:
        """Whether the targets of the cost rows add up to the budget; None where one of the two is not known."""
        return None if self.budget is None or self.cost_target is None else self.cost_target == self.budget


def not_entered(row: Indicator) -> Indicator:
    """The row as it was promised, without what the office entered about what came of it."""
    return replace(row, actual=None, share=None, achieved=None, deviation="", note="")


def judged(row: Indicator, proven: bool = True, possible: Number | None = None) -> Indicator:
    """The row with `met`, `score` and `flagged`, from its target and its value.

    `proven` is False where too little was measured for the target to count as met. `possible` is what the value may still come to, where that is
    more. The target is met where a proven value keeps it, missed where even the possible one does not, and unproven otherwise; an unproven row has
    no score yet.
    """
    if row.kind == "定性":
        return _qualitative(row)
    target, actual = row.target, row.actual
    if target is None or actual is None or isinstance(target, str) or isinstance(actual, str):
        return row
    kept = keeps(row.operator, target, actual, row.unit)
    reachable = kept or (possible is not None and keeps(row.operator, target, possible, row.unit))
    met = True if kept and proven else None if reachable else False
    earned = None if met is None or row.weight is None else score(row.operator, target, actual, row.weight)
    return replace(row, met=met, score=earned, flagged=is_money(row.operator, row.unit) and actual != target)


def total(rows: Sequence[Indicator], budget: Decimal | None = None, elsewhere: Sequence[Indicator] = ()) -> Total:
    """The whole table's points, and its cost rows added up. The total is the sum of the scores as they are printed, so that it can be checked.

    `elsewhere` are rows of the table that are not among `rows`: they are lacking, and with one of them that is a cost no costs are added up.
    """
    lacking = tuple(row.name for row in rows if row.actual is None or (row.weight is not None and row.score is None))
    lacking += tuple(row.name for row in elsewhere)
    scores = [row.score for row in rows if row.score is not None]
    weight = sum((row.weight for row in (*rows, *elsewhere) if row.weight is not None), Decimal(0))
    whole_costs = not any(row.measure == "cost" or row.level2 == COST_LEVEL for row in elsewhere)
    costs = [row for row in rows if row.level2 == COST_LEVEL and row.unit in MONEY_UNITS] if whole_costs else []
    whole = sum(scores, Decimal(0)) if scores and not lacking else None
    return Total(whole, weight, lacking, _sum(costs, "target"), _sum(costs, "actual"), budget)


def _qualitative(row: Indicator) -> Indicator:
    """Its level follows from the share; words alone are not judged here, and a level alone has no score."""
    level = row.achieved if row.share is None else achieved(row.share)
    actual = row.actual if row.actual is not None or level is None else level.value
    earned = None if row.share is None or row.weight is None else qualitative_score(row.share, row.weight)
    return replace(row, actual=actual, achieved=level, met=None if level is None else level is Achieved.REACHED, score=earned)


def _sum(costs: Sequence[Indicator], which: Literal["target", "actual"]) -> Decimal | None:
    """One column of the cost rows added up, in 万元."""
    amounts = [(row.target if which == "target" else row.actual, MONEY_UNITS[row.unit]) for row in costs]
    numbers = [Fraction(amount) * yuan / 10_000 for amount, yuan in amounts if amount is not None and not isinstance(amount, str)]
    whole = sum(numbers, Fraction(0))
    return Decimal(whole.numerator) / whole.denominator if numbers and len(numbers) == len(amounts) else None
