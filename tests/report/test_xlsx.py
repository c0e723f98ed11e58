"""The workbook, opened again: the forms' columns, numbers as numbers that no format rounds up, text that is no formula, no trace of the clock."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell

from linewatch.report.as_xlsx import as_xlsx
from linewatch.report.document import Document
from linewatch.report.review import Office, review
from linewatch.report.words import Language, Words
from linewatch.sla.exclusions import Exclusion, Note
from linewatch.sla.indicators import Indicator, judged
from linewatch.sla.period import Period
from linewatch.span import Span
from tests.report.record import START, Record, at, line, site
from tests.report.test_review import TEN_MINUTES

EVALUATION = ["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分", "偏差原因分析及改进措施"]
ATTRIBUTES = ["指标性质", "指标值", "度量单位", "完成值", "权重", "得分", "未完成原因分析"]
AVAILABILITY = Indicator("产出指标", "质量指标", "畅通率", "=", Fraction(100), "%", Fraction(99_996, 1000), None, "measured", Decimal("10.0"))
ROWS = (
    Indicator("产出指标", "数量指标", "条数", ">=", Decimal(3000), "期", Decimal(3120), None, "declared", Decimal(10)),
    AVAILABILITY,
    Indicator("效益指标", "社会效益指标", "关注人数", "qualitative", "进一步增加", "%", None, None, "declared", Decimal(10), kind="定性"),
    Indicator("产出指标", "数量指标", "篇数", ">=", Decimal(2000), "篇", Decimal("1900.5"), None, "declared", Decimal(10)),
)


def clock(text: str) -> datetime:
    """As a cell holds it: without a zone."""
    return datetime.fromisoformat(text)


def told(title: str = "line", rows: tuple[Indicator, ...] = ROWS, *ledger: Exclusion, notes: tuple[Note, ...] = ()) -> Document:
    office = Office((replace(line(), title=title), site()), (), "0.0.0", "cd" * 32)
    document = review(Record({"line": "UDDUU?UUDU"}, ledger=ledger, written=notes), office, TEN_MINUTES, at(10))
    return replace(document, indicators=tuple(map(judged, rows)))


def opened(document: Document, language: Language = "zh") -> Workbook:
    return load_workbook(io.BytesIO(as_xlsx(document, Words(language))))


@pytest.fixture(scope="module")
def book() -> Workbook:
    return opened(told())


def row(book: Workbook, sheet: str, number: int) -> list[object]:
    return [cell.value for cell in book[sheet][number]]


def cells(book: Workbook) -> list[Cell]:
    return [cell for sheet in book for line in sheet.iter_rows() for cell in line if isinstance(cell, Cell) and cell.value is not None]


def test_the_two_forms_have_the_columns_of_the_self_evaluation(book: Workbook) -> None:
    assert book.sheetnames == ["绩效自评", "绩效指标", "服务", "逐月数据", "中断明细", "除外", "统计口径", "方法说明"]
    assert row(book, "绩效自评", 1)[:8] == EVALUATION
    assert row(book, "绩效指标", 1)[:3] == EVALUATION[:3]
    assert row(book, "绩效指标", 1)[3:10] == ATTRIBUTES
    assert row(book, "绩效自评", 1)[8:] == row(book, "绩效指标", 1)[10:] == ["是否达标", "备注"]


def test_a_period_without_indicators_has_no_forms() -> None:
    assert opened(told(rows=())).sheetnames[0] == "服务"


def test_levels_stand_together_and_are_merged(book: Workbook) -> None:
    assert [row(book, "绩效自评", number)[2] for number in range(2, 6)] == ["条数", "篇数", "畅通率", "关注人数"]
    assert {str(area) for area in book["绩效自评"].merged_cells.ranges} >= {"A2:A4", "B2:B3"}


def test_99_996_percent_is_99_99_and_its_full_marks_stand_beside_not_met(book: Workbook) -> None:
    [level1, level2, name, promised, came, weight, score, deviation, met] = row(book, "绩效自评", 4)[:9]
    assert (level1, level2, name, promised, weight, score, met) == (None, "质量指标", "畅通率", "=100%", 10, 10, "未达标")
    assert came == 99.99
    assert book["绩效自评"]["E4"].number_format == '0.00"%"'
    assert book["绩效自评"]["G4"].number_format == "0.00"
    assert "须填写偏差原因" in str(deviation)
    assert row(book, "绩效指标", 4)[3:7] == ["=", 100, "%", 99.99]


def test_numbers_are_numbers_with_as_many_decimals_as_they_have(book: Workbook) -> None:
    assert (book["绩效自评"]["E2"].value, book["绩效自评"]["E2"].number_format) == (3120, '0"期"')
    assert (book["绩效指标"]["G3"].value, book["绩效指标"]["G3"].number_format) == (1900.5, "0.0")
    assert row(book, "绩效自评", 5)[3:5] == ["进一步增加", "未填报"]
    assert row(book, "绩效自评", 6)[0] == "总分"
    assert row(book, "绩效自评", 6)[5:7] == [40, "—"]


def test_outages_have_times_of_the_contracts_zone_and_durations_that_can_be_added() -> None:
    notes = (Note("line@20220301T000100Z", "Li", START, "T-1", "cable", "cut", at(0), at(4)),)
    book = opened(told("line", ROWS, notes=notes))
    found = row(book, "中断明细", 2)
    assert row(book, "中断明细", 1)[2] == "开始 (Asia/Shanghai)"
    assert found[:5] == ["line", "line@20220301T000100Z", clock("2022-03-01 08:01"), clock("2022-03-01 08:03"), timedelta(minutes=2)]
    assert found[10:] == [
        "T-1",
        clock("2022-03-01 08:00"),
        -60,
        clock("2022-03-01 08:04"),
        60,
        "Li: T-1 · cable · cut · 2022-03-01 08:00:00+08:00 … 2022-03-01 08:04:00+08:00",
    ]
    assert book["中断明细"]["E2"].number_format == "[h]:mm:ss"


def test_of_an_outage_that_is_cut_the_carriers_times_are_held_against_the_whole_and_its_ends_are_told() -> None:
    notes = (Note("line@20220301T000100Z", "Li", START, "T-1", carrier_start=at(0)), Note("line@20220301T000100Z", "Wu", START, "T-2"))
    half = Period("half", Span(at(1.5), at(2.5)), ZoneInfo("Asia/Shanghai"))
    office = Office((line(),), (), "0.0.0", "cd" * 32)
    found = row(opened(review(Record({"line": "UDDUU"}, written=notes), office, half, at(5))), "中断明细", 2)
    assert found[2:5] == [clock("2022-03-01 08:01:30"), clock("2022-03-01 08:02:30"), timedelta(minutes=1)]
    assert found[10:13] == ["T-2", clock("2022-03-01 08:00"), -60]
    assert str(found[15]).splitlines() == [
        "（始于 2022-03-01 08:01:00+08:00）",
        "（止于 2022-03-01 08:03:00+08:00）",
        "Li: T-1 · 2022-03-01 08:00:00+08:00 … —",
        "Wu: T-2",
    ]


def test_exclusions_are_itemised(book: Workbook) -> None:
    assert row(book, "除外", 3)[0] == "本时段无。"
    full = opened(told("line", ROWS, Exclusion(7, ("line",), Span(at(1), at(2)), "planned work", "Li", START, reference="NO-3")))
    assert row(full, "除外", 2) == [
        *("line", 7, clock("2022-03-01 08:01"), clock("2022-03-01 08:02"), timedelta(minutes=1)),
        *("planned work", "NO-3", "Li", clock("2022-03-01 08:00"), "事前登记"),
    ]


def test_each_sheet_prints_on_a4_across_one_page_under_its_heading(book: Workbook) -> None:
    for sheet in book:
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == (9, "landscape", 0)
        assert sheet.sheet_properties.pageSetUpPr is not None
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.title == "方法说明" or (sheet.freeze_panes, sheet.print_title_rows) == ("A2", "$1:$1")


def test_the_method_statement_is_a_sheet() -> None:
    texts = [str(cell.value) for cell in cells(opened(told(), "en")) if cell.parent.title == "Method"]
    assert "Availability (observed) = 1 − D / (T − X − U). Gross is the same with nothing excluded." in texts
    assert any("cd" * 32 in text for text in texts)


HOSTILE = ["=1+1", "+1", "-2+3", "@SUM(1)", "\t=1", '=HYPERLINK("http://evil.example")', "＝1"]


def test_text_from_outside_is_no_formula_and_stays_none_when_it_is_edited() -> None:
    ledger = [Exclusion(n, (), Span(at(2), at(3)), text, text, START, reference=text) for n, text in enumerate(HOSTILE)]
    rows = tuple(replace(ROWS[0], name=text, unit=text, deviation=text, target=text, level1=text, level2=text) for text in HOSTILE)
    book = opened(told(HOSTILE[0], rows, *ledger, notes=(Note("line@20220301T000100Z", "Li", START, *HOSTILE[:2]),)))
    assert [cell.coordinate for cell in cells(book) if cell.data_type == "f"] == []
    found = [cell for cell in cells(book) if cell.value in HOSTILE]
    assert len(found) > 70
    assert [cell.coordinate for cell in found if cell.data_type != "s" or not cell.quotePrefix] == []


def test_what_a_workbook_cannot_hold_is_a_blank() -> None:
    assert row(opened(told("a\x00\x1b\ufffeb")), "服务", 2)[0] == "a   b"


def test_nothing_in_the_file_tells_the_time_but_as_of() -> None:
    made = as_xlsx(told(), Words("zh"))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2022, 3, 1, 0, 10, 0)}
    properties = load_workbook(io.BytesIO(made)).properties
    assert (properties.created, properties.modified, properties.creator) == (
        clock("2022-03-01 00:10"),
        clock("2022-03-01 00:10"),
        "linewatch 0.0.0",
    )
    assert made == as_xlsx(told(), Words("zh"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_word_of_a_heading_is_broken(language: Language) -> None:
    for sheet in opened(told(), language).worksheets[:-1]:
        for cell in sheet[1]:
            longest = max((len(word) for word in f"{cell.value}".split() if word.isascii()), default=0)
            assert sheet.column_dimensions[cell.column_letter].width >= longest + 3, (sheet.title, cell.value)
