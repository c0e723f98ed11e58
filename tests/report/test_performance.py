"""The performance table in words: the score beside the judgement, reasons that are demanded, and what the rows come to together."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from linewatch.report import performance
from linewatch.report.words import Words
from linewatch.sla.indicators import Indicator, judged, total
from linewatch.sla.score import Achieved

ZH = Words("zh")
ROW = Indicator("产出指标", "质量指标", "网络专线畅通率", "=", Fraction(100), "%", Fraction(9995, 100), None, "measured", weight=Decimal(10))
MONEY = Indicator("产出指标", "成本指标", "网络专线使用成本", "=", Decimal(6), "万元", Decimal("5.4"), None, "contract", weight=Decimal(10))
WORDS = Indicator("满意度指标", "满意度指标", "使用人员满意度", "=", "较满意", "%", None, None, "survey", weight=Decimal(5), kind="定性")


def test_full_marks_and_missed_stand_side_by_side() -> None:
    row = judged(ROW)
    assert (
        performance.target(row, ZH),
        performance.actual(row, ZH),
        performance.weight(row),
        performance.score(row),
        performance.result(row, ZH),
    ) == (*("= 100 %", "99.95", "10", "10.00", "未达标"),)
    assert performance.deviation(row, ZH) == "须填写偏差原因及改进措施（未填）"
    assert performance.deviation(replace(row, deviation="光缆中断"), ZH) == "光缆中断"


def test_money_off_its_target_is_for_a_person_to_judge() -> None:
    row = judged(replace(MONEY, deviation="末月停用"))
    assert (performance.score(row), performance.result(row, ZH)) == ("9.00", "未达标")
    assert performance.deviation(row, ZH) == "末月停用；金额与目标不符，须人工判断"


def test_nothing_is_rounded_up_but_the_score() -> None:
    row = judged(replace(ROW, actual=Fraction(99996, 1000)))
    assert (performance.actual(row, ZH), performance.score(row), performance.result(row, ZH)) == ("99.99", "10.00", "未达标")


def test_a_value_that_was_entered_for_a_measured_row_is_named_as_not_used() -> None:
    row = judged(replace(ROW, actual=Fraction(100), overruled=Decimal("99.5")))
    assert performance.deviation(row, ZH) == "填报值未采用（本行由监测或合同得出）: 99.5"


@pytest.mark.parametrize(
    ("entered", "shown", "result"),
    [
        ({}, "未填报", "未填报"),
        ({"actual": "较满意"}, "较满意", "未证明"),
        ({"actual": "较满意", "share": Decimal("92.50")}, "较满意 (达成预期指标, 92.5 %)", "达标"),
        ({"share": Decimal(70)}, "部分达成 (70 %)", "未达标"),
        ({"achieved": Achieved.MISSED}, "未达成", "未达标"),
    ],
)
def test_a_qualitative_row_shows_its_level_and_its_share(entered: dict[str, Decimal], shown: str, result: str) -> None:
    row = judged(replace(WORDS, **entered))
    assert (performance.target(row, ZH), performance.actual(row, ZH), performance.result(row, ZH)) == ("较满意", shown, result)


def test_the_total_is_printed_or_what_it_lacks() -> None:
    whole = [judged(ROW), judged(MONEY)]
    assert list(performance.total_lines(total(whole, Decimal(6)), ZH)) == [
        "总分 19.00 / 20",
        "成本指标合计 6 万元 · 完成值 5.4 万元 · 项目预算 6 万元: 相符",
    ]
    assert list(performance.total_lines(total([*whole, judged(WORDS)], Decimal(7)), ZH)) == [
        "总分 — / 25 · 尚缺: 使用人员满意度",
        "成本指标合计 6 万元 · 完成值 5.4 万元 · 项目预算 7 万元: 不相符",
    ]
    assert list(performance.total_lines(total([replace(judged(WORDS), weight=None)]), ZH)) == []
    [line] = performance.total_lines(total([replace(MONEY, actual=None, weight=None)]), ZH)
    assert line == "成本指标合计 6 万元 · 完成值 未填报"


@pytest.mark.parametrize(("value", "text"), [("0", "0"), ("0.00", "0"), ("100", "100"), ("1E+3", "1000"), ("5.40", "5.4"), ("-2.50", "-2.5")])
def test_a_number_is_printed_as_it_was_meant(value: str, text: str) -> None:
    assert performance.number(Decimal(value)) == text
