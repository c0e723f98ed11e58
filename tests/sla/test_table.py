"""How the rows that a line fills in and those that the office enters become one table."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from linewatch.sla.indicators import Indicator
from linewatch.sla.line_rows import NAMES, LineRow, suffixes, table, table_names

ONE = {"line": ""}
TWO = {"line": "（一）", "spare": "（二）"}


def filled(lines=ONE, **actual):
    """The rows of every line, each with 100 of 100 or the actual value given."""
    return [
        LineRow(
            Indicator(
                "产出指标",
                "数量指标",
                f"{name}{suffix}",
                "=",
                Fraction(100),
                "%",
                actual.get(measure, Fraction(100)),
                None,
                "measured",
                measure=measure,
                line=line,
            )
        )
        for line, suffix in lines.items()
        for measure, name in NAMES.items()
    ]


def entered(name, **more):
    return replace(Indicator("", "", name, "", None, "", None, None, "declared"), **more)


def test_nothing_entered_leaves_the_line_s_rows_in_their_order():
    rows = table(filled(), [], ONE)
    assert [row.name for row in rows] == list(NAMES.values())
    assert [row.met for row in rows] == [True] * 4


def test_rows_that_are_not_listed_stand_before_those_that_are():
    rows = table(filled(), [entered("条数"), entered("网络专线畅通率"), entered("期数")], ONE)
    assert [row.name for row in rows] == ["网络专线服务时间", "网络专线使用时限", "网络专线使用成本", "条数", "网络专线畅通率", "期数"]


def test_what_the_office_enters_adds_words_and_points_and_never_the_value():
    mine = entered(
        "网络专线畅通率",
        weight=Decimal(10),
        definition="在规定时间内服务畅通情况",
        deviation="光缆中断",
        note="月报",
        actual=Decimal(100),
        level2="质量指标",
    )
    [row] = [row for row in table(filled(availability=Fraction(9995, 100)), [mine], ONE) if row.measure == "availability"]
    assert (row.actual, row.met, row.score, row.source) == (Fraction(9995, 100), False, Decimal("10.00"), "measured")
    assert (row.level1, row.level2, row.operator, row.target, row.unit) == ("产出指标", "质量指标", "=", 100, "%")
    assert (row.definition, row.deviation, row.note, row.overruled, row.deviation_missing) == (
        "在规定时间内服务畅通情况",
        "光缆中断",
        "月报",
        100,
        False,
    )


def test_the_target_of_the_office_is_the_one_that_judges():
    mine = entered("网络专线畅通率", target=Decimal("99.9"), operator=">=")
    row = table(filled(availability=Fraction(9995, 100)), [mine], ONE)[-1]
    assert (row.operator, row.target, row.met) == (">=", Decimal("99.9"), True)


def test_a_measure_gives_a_row_any_name():
    rows = table(filled(), [entered("专线畅通情况", measure="availability")], ONE)
    assert [row.name for row in rows] == ["网络专线服务时间", "网络专线使用时限", "网络专线使用成本", "专线畅通情况"]
    assert (rows[-1].actual, rows[-1].source) == (100, "measured")


@pytest.mark.parametrize("row", [entered("网络专线畅通率（二）"), entered("备用线", measure="availability", line="spare")])
def test_of_several_lines_a_row_belongs_to_one(row):
    rows = table(filled(TWO), [row], TWO)
    assert len(rows) == 8
    assert (rows[-1].name, rows[-1].measure, rows[-1].line) == (row.name, "availability", "spare")


def test_a_report_on_one_line_leaves_out_the_rows_of_the_other_rather_than_call_them_empty():
    alone = [each for each in filled(TWO) if each.row.line == "line"]
    rows = table(alone, [entered("网络专线畅通率（二）", actual=Decimal(100)), entered("条数")], TWO)
    assert [row.name for row in rows] == [f"{name}（一）" for name in NAMES.values()] + ["条数"]


@pytest.mark.parametrize("lines", [ONE, TWO])
@pytest.mark.parametrize("declared", [[], [entered("条数"), entered("网络专线畅通率")], [entered("备用", measure="cost", line="line")]])
def test_the_names_of_the_table_are_known_before_anything_is_measured(lines, declared):
    assert table_names(declared, lines) == [row.name for row in table(filled(lines), declared, lines)]


def test_lines_are_told_apart_by_their_titles_and_where_those_agree_by_their_names():
    assert suffixes({"a": "专线"}) == {"a": ""}
    assert suffixes({"a": "专线", "b": "专线", "c": "备用"}) == {"a": "（a）", "b": "（b）", "c": "（备用）"}
    assert suffixes({}) == {}
