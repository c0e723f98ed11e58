"""The points of the performance table (semantics, section 8): worked rows, and the laws that hold for any row."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.sla.indicators import Indicator, judged, total
from linewatch.sla.score import Achieved, achieved, keeps, points, qualitative_score, score

PAGE = (Path(__file__).parents[2] / "docs" / "sla.md").read_text("utf-8")

# Operator, target, unit, actual, points; then the score, whether it is met, whether it is flagged. Each stands in docs/sla.md.
WORKED = [
    ("=", "100", "%", "99.95", "10", "10.00", False, False),
    ("=", "100", "%", "100", "10", "10.00", True, False),
    ("=", "100", "%", "105", "10", "10.00", True, False),
    ("=", "12", "月", "11", "10", "9.17", False, False),
    (">=", "15000", "条", "15230", "10", "10.00", True, False),
    (">=", "1000", "条", "986", "2.5", "2.47", False, False),
    ("<=", "20", "小时", "20", "10", "10.00", True, False),
    ("<=", "20", "小时", "25", "10", "7.50", False, False),
    ("<=", "20", "小时", "41", "10", "0.00", False, False),
    ("=", "6", "万元", "6", "10", "10.00", True, False),
    ("=", "6", "万元", "5.4", "10", "9.00", False, True),
    ("=", "6", "万元", "6.6", "10", "10.00", False, True),
    ("=", "0", "次", "0", "10", "10.00", True, False),
    ("<=", "0", "次", "1", "10", "0.00", False, False),
    (">=", "100", "万人", "-3", "10", "0.00", False, False),
]


def row(operator="=", target="100", unit="%", actual="100", weight="10", **more):
    """A declared row, not judged yet."""
    goal, came = (None if text is None else Decimal(text) for text in (target, actual))
    points = None if weight is None else Decimal(weight)
    return replace(Indicator("产出指标", "数量指标", "指标", operator, goal, unit, came, None, "declared", points), **more)


@pytest.mark.parametrize(("operator", "target", "unit", "actual", "weight", "earned", "met", "flagged"), WORKED)
def test_a_worked_row(operator, target, unit, actual, weight, earned, met, flagged):
    found = judged(row(operator, target, unit, actual, weight))
    assert (f"{found.score:.2f}", found.met, found.flagged) == (earned, met, flagged)


@pytest.mark.parametrize(("operator", "target", "unit", "actual", "weight", "earned", "met", "flagged"), WORKED)
def test_the_worked_rows_are_those_of_the_page(operator, target, unit, actual, weight, earned, met, flagged):
    line = f"| {operator} {target} {unit} | {actual} | {weight} | {earned} | {'达标' if met else '未达标'} |"
    assert line + (" yes |" if flagged else " |") in PAGE


@pytest.mark.parametrize(
    ("share", "level", "earned"),
    [
        ("100", "达成预期指标", "10.00"),
        ("80", "达成预期指标", "8.00"),
        ("79.99", "部分达成", "8.00"),
        ("60", "部分达成", "6.00"),
        ("59.99", "未达成", "6.00"),
        ("0", "未达成", "0.00"),
    ],
)
def test_a_qualitative_row_scores_by_its_share(share, level, earned):
    found = judged(replace(row(), kind="定性", target="较满意", actual=None, share=Decimal(share)))
    assert (found.achieved, found.actual, f"{found.score:.2f}", found.met) == (level, level, earned, level == "达成预期指标")
    assert f"| {share} % | {level} | 10 | {earned} | {'达标' if found.met else '未达标'} |" in PAGE


def test_words_alone_are_not_judged_and_a_level_alone_has_no_score():
    words = judged(replace(row(), kind="定性", target="较满意", actual="较满意"))
    assert (words.met, words.score, words.result) == (None, None, "unproven")
    level = judged(replace(row(), kind="定性", target="较满意", actual=None, achieved=Achieved.PARTLY))
    assert (level.actual, level.met, level.score, level.deviation_missing) == ("部分达成", False, None, True)


def test_a_row_without_a_value_is_not_filled_in():
    found = judged(row(actual=None))
    assert (found.result, found.met, found.score, found.flagged, found.deviation_missing) == ("not_filled_in", None, None, False, False)


def test_a_row_without_points_is_judged_and_has_no_score():
    assert (judged(row(weight=None)).met, judged(row(weight=None)).score) == (True, None)
    assert judged(row(weight="0")).score == Decimal("0.00")


def test_what_was_missed_wants_its_reason():
    missed = judged(row(actual="99"))
    assert missed.deviation_missing
    assert not replace(missed, deviation="光缆被挖断，已改为双路由").deviation_missing
    assert replace(missed, deviation=" \n").deviation_missing
    assert not judged(row()).deviation_missing


def test_what_is_not_proven_has_no_score_yet():
    found = judged(row(), proven=False)
    assert (found.met, found.score, found.result) == (None, None, "unproven")
    assert judged(row(actual="99"), proven=False).met is False
    running = judged(row(target="12", actual="6"), possible=Fraction(12))
    assert (running.met, running.score) == (None, None)
    lost = judged(row(target="12", actual="5"), possible=Fraction(11))
    assert (lost.met, f"{lost.score:.2f}") == (False, "4.17")


@pytest.mark.parametrize(
    ("exact", "printed"), [("2.465", "2.47"), ("2.4649999", "2.46"), ("0.005", "0.01"), ("0.0049999", "0.00"), ("99.995", "100.00")]
)
def test_points_are_rounded_half_up_and_once(exact, printed):
    assert str(points(Fraction(exact))) == printed


def test_the_total_is_there_once_no_row_lacks_its_value():
    rows = [judged(row(actual=actual, weight=weight)) for actual, weight in (("99.95", "10"), ("50", "20"), ("7", None))]
    assert (total(rows).score, total(rows).weight, total(rows).lacking) == (Decimal("20.00"), Decimal(30), ())
    missing = [*rows, replace(judged(row(actual=None)), name="空缺")]
    assert (total(missing).score, total(missing).lacking) == (None, ("空缺",))
    unweighted = [*rows, replace(judged(row(actual=None, weight=None)), name="空缺")]
    assert (total(unweighted).score, total(unweighted).lacking) == (None, ("空缺",))
    assert total([judged(row(weight=None))]).score is None


def cost(target, actual="1", unit="万元", level2="成本指标"):
    return replace(judged(row("=", target, unit, actual)), level2=level2)


def test_the_cost_rows_are_added_up_and_held_against_the_budget():
    rows = [cost(target) for target in ("20", "6", "20", "10", "10", "35")]
    found = total([*rows, cost("999", level2="数量指标"), cost("999", unit="次")], Decimal(101))
    assert (found.cost_target, found.cost_actual, found.cost_agrees) == (Decimal(101), Decimal(6), True)
    assert total(rows, Decimal(100)).cost_agrees is False
    assert total(rows).cost_agrees is None


def test_costs_in_yuan_add_up_in_ten_thousands_and_one_that_is_missing_leaves_no_sum():
    assert total([cost("60000", unit="元"), cost("0.5")]).cost_target == Decimal("6.5")
    assert total([cost("6"), cost("6", actual=None)]).cost_actual is None
    assert total([]).cost_target is None


numbers = st.decimals(min_value=-(10**6), max_value=10**6, places=4, allow_nan=False)
weights = st.decimals(min_value=0, max_value=100, places=2, allow_nan=False)
operators = st.sampled_from(["=", ">=", "<="])


@given(operator=operators, target=numbers, actual=numbers, weight=weights)
def test_a_score_lies_between_nothing_and_the_weight(operator, target, actual, weight):
    earned = score(operator, target, actual, weight)
    assert 0 <= earned <= weight
    assert earned.as_tuple().exponent == -2


@given(operator=operators, target=numbers, first=numbers, second=numbers, weight=weights)
def test_more_never_scores_less_and_under_a_ceiling_never_more(operator, target, first, second, weight):
    low, high = sorted([first, second])
    less, more = score(operator, target, low, weight), score(operator, target, high, weight)
    assert more <= less if operator == "<=" else more >= less


@given(operator=operators, target=numbers, actual=st.one_of(numbers, st.fractions(-1000, 1000)), unit=st.sampled_from(["条", "%", "万元"]))
def test_met_is_the_comparison_of_unrounded_values_and_nothing_else(operator, target, actual, unit):
    found = judged(replace(row(operator, unit=unit), target=target, actual=actual))
    exact = Fraction(actual) - Fraction(target)
    assert (
        found.met
        == keeps(operator, target, actual, unit)
        == (exact <= 0 if operator == "<=" else exact == 0 if found_money(operator, unit) else exact >= 0)
    )
    assert found.flagged == (found_money(operator, unit) and exact != 0)


def found_money(operator, unit):
    return operator == "=" and unit == "万元"


@given(operator=operators, target=numbers, actual=numbers, weight=weights)
def test_a_target_that_is_met_scores_all_its_points(operator, target, actual, weight):
    if keeps(operator, target, actual):
        assert score(operator, target, actual, weight) == weight


@given(share=st.decimals(min_value=0, max_value=100, places=3, allow_nan=False), weight=weights)
def test_a_qualitative_score_is_its_share_of_the_weight(share, weight):
    assert abs(qualitative_score(share, weight) - share * weight / 100) <= Decimal("0.005")
    assert (achieved(share) is Achieved.REACHED, achieved(share) is Achieved.MISSED) == (share >= 80, share < 60)
