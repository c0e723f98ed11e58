"""The HTML report: whole and well-formed, the same figures as the JSON, nothing from outside, no text of others as markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from linewatch.report.as_html import as_html, css_string, ticked
from linewatch.report.as_json import as_json
from linewatch.report.html_tables import MOST_OUTAGES, Stamps, loss_percent, milliseconds, numeric, wrapping
from linewatch.report.words import Language, Words
from linewatch.sla.hours import Hours, Window
from linewatch.sla.period import Period, between, month, quarter, year
from linewatch.sla.printed import percent
from linewatch.sla.terms import Terms
from linewatch.verdict.loss import Loss
from tests.report.drawn import HOSTILE, OFFICE, OUTAGE, told
from tests.report.page import Element, cells, read
from tests.report.record import Record, at, line, site

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def page() -> Element:
    return read(as_html(told(), Words("zh")))


def table(page: Element, kind: str) -> list[list[str]]:
    return cells(page.all("table", **{"class": kind})[0])


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("period", [year(2022, ZONE), quarter("2022Q1", ZONE), month("2022-03", ZONE), between("2021-11-01", "2022-03-02", ZONE)])
def test_a_page_is_well_formed_in_both_languages_for_every_kind_of_period(period: Period, language: Language) -> None:
    page = read(as_html(told(period), Words(language)))
    [root] = page.all("html")
    assert root.attributes["lang"] == {"zh": "zh-CN", "en": "en"}[language]
    ids = [each.attributes["id"] for each in page.elements() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    named = [name for each in page.elements() for name in each.attributes.get("aria-labelledby", "").split()]
    assert named
    assert set(named) <= set(ids)
    used = {name for each in page.elements() for value in each.attributes.values() for name in re.findall(r"url\(#(.*?)\)", value)}
    assert used <= set(ids)


def test_headings_come_in_order_and_tables_say_what_their_heads_stand_over(page: Element) -> None:
    levels = [int(each.tag[1]) for each in page.elements() if re.fullmatch(r"h[1-6]", each.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    for each in page.all("table"):
        rows = each.all("tr")
        assert {head.attributes["scope"] for head in rows[0].all("th")} == {"col"}
        assert all([head.attributes["scope"] for head in row.all("th")] == ["row"] for row in rows[1:])
        assert len({len(row) for row in cells(each)}) == 1
    assert all(each.all("title") and each.all("desc") and each.attributes["role"] == "img" for each in page.all("svg"))


def test_the_figures_are_those_of_the_json() -> None:
    document = told()
    page = read(as_html(document, Words("en")))
    for article, service in zip(page.all("article"), json.loads(as_json(document))["services"], strict=True):
        shown = dict(zip((each.text for each in article.all("dt")), (each.text for each in article.all("dd")), strict=True))
        ratios = {name: percent(None if value is None else Fraction(value)) for name, value in service["availability"].items() if name != "printed"}
        assert shown["Availability %"] == service["availability"]["printed"] == ratios["observed"]
        assert shown["low … high %"] == f"{ratios['low']} … {ratios['high']}"
        assert shown["Gross %"] == ratios["gross"]
        assert shown["Coverage %"] == percent(Fraction(service["coverage"]))
        assert shown["Outages"] == str(service["outage_count"])
        assert article.all("span", **{"class": "badge"})[0].text == Words("en")(service["result"])
        assert service["result"] in article.attributes["class"]
        # and month by month
    for months, service in zip(page.all("table", **{"class": "months"}), json.loads(as_json(document))["services"], strict=True):
        for row, each in zip(cells(months)[1:], service["months"], strict=True):
            assert row[0] == each["month"]
            assert row[1] == percent(None if each["availability"] is None else Fraction(each["availability"]))
            assert row[3] == percent(None if each["coverage"] is None else Fraction(each["coverage"]))
            assert row[-1] == Words("en")(each["served"])


def test_every_outage_stands_in_its_table_with_what_the_carrier_says_of_it(page: Element) -> None:
    document = told()
    first = table(page, "outages")
    assert len(first) == len(document.services[0].outages) + 1
    row = next(row for row in first if OUTAGE in row[1])
    assert row[1:3] == [f"2022-03-01 08:05:00\n{OUTAGE}", "2022-03-01 08:08:00\n00:03:00"]
    assert "00:01:00\n00:02:00" in row  # excluded and counted
    assert f"{HOSTILE}\n自 2022-03-01 08:04:00 (−00:01:00)\n至 2022-03-01 08:09:00 (+00:01:00)" in row
    assert f"专线\n{HOSTILE}" in row


def test_every_note_is_listed_with_its_author(page: Element) -> None:
    measured, written = page.all("table", **{"class": "notes"})
    assert cells(measured)[1][0] == OUTAGE
    times = "2022-03-01 08:04:00+08:00 … 2022-03-01 08:09:00+08:00"
    assert cells(written)[1] == [OUTAGE, "2022-03-01 08:20:00+08:00", HOSTILE, HOSTILE, HOSTILE, HOSTILE, times]


def test_an_outage_that_is_cut_by_the_period_says_when_it_began_and_ended() -> None:
    page = read(as_html(told(between("2022-03-01T08:06", "2022-03-01T08:07", ZONE)), Words("en")))
    [row] = table(page, "outages")[1:]
    assert row[1:3] == [f"2022-03-01 08:06:00\n{OUTAGE}\nbegan 2022-03-01 08:05:00", "2022-03-01 08:07:00\nended 2022-03-01 08:08:00\n00:01:00"]


def test_each_exclusion_is_listed_with_the_time_that_it_removed(page: Element) -> None:
    rows = table(page, "exclusions")[1:]
    assert [(row[0], row[1], row[3], row[-1]) for row in rows] == [
        ("1", f"{HOSTILE}\nsite", HOSTILE, "00:01:00"),
        ("2", HOSTILE, "planned work", "01:00:00"),
    ]


def test_text_of_others_is_text_and_never_markup(page: Element) -> None:
    assert page.all("script") == []
    assert page.all("b") == []
    assert len(page.all("style")) == 1
    assert not any(name.startswith("on") for each in page.elements() for name in each.attributes)
    assert HOSTILE in page.text
    assert HOSTILE in page.all("title")[0].text


def test_nothing_comes_from_outside(page: Element) -> None:
    text = as_html(told(), Words("zh"))
    assert set(re.findall(r"https?://[^\s\"'<)]*", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\((?!#)", text)
    assert [each for each in page.elements() if {"src", "href"} & each.attributes.keys()] == []


def test_the_same_document_gives_the_same_bytes() -> None:
    assert as_html(told(), Words("zh")) == as_html(told(), Words("zh"))


def test_a_record_that_says_nothing_has_dashes_and_no_figure() -> None:
    document = told(record=Record())
    page = read(as_html(document, Words("zh")))
    for article in page.all("article"):
        assert [each.text for each in article.all("dd")][:3] == ["—", "— … —", "—"]
        assert "未证明" in article.text
    assert "100.00" not in "".join(each.text for row in page.all("article") for each in row.all("dd", **{"class": "main"}))


def test_of_very_many_outages_the_longest_are_printed_and_the_page_says_so() -> None:
    record = Record({"line": "UD" * (MOST_OUTAGES + 100) + "DDDU"})  # the longest comes last
    page = read(as_html(told(record=record, as_of=2000), Words("en")))
    rows = table(page, "outages")
    assert len(rows) == MOST_OUTAGES + 1
    assert [row[0] for row in rows[1:]] == [str(number) for number in (*range(1, MOST_OUTAGES), MOST_OUTAGES + 100)]
    assert f"{MOST_OUTAGES} longest of {MOST_OUTAGES + 100}" in page.text


def test_the_command_that_makes_the_page_again_is_in_it() -> None:
    for period, asked in (
        (year(2022, ZONE), "--year 2022"),
        (quarter("2022Q1", ZONE), "--quarter 2022Q1"),
        (month("2022-03", ZONE), "--month 2022-03"),
        (between("2022-03-01", "2022-03-02", ZONE), "--from 2022-03-01 --to 2022-03-02"),
    ):
        page = read(as_html(told(period), Words("en")))
        assert page.all("pre")[0].text == f"linewatch sla {asked} --as-of 2022-03-01T15:00:00+00:00 --lang en --format html"


@pytest.mark.parametrize(
    ("text", "written"),
    [("IP专线2", '"IP专线2"'), ('"', '"\\000022"'), ("</style>", '"\\00003c\\00002fstyle\\00003e"'), ("a\\\nb", '"a\\00005c\\00000ab"')],
)
def test_a_text_in_the_style_can_end_neither_string_nor_style(text: str, written: str) -> None:
    assert css_string(text) == written


@pytest.mark.parametrize(
    ("cell", "how"),
    [
        ("99.98", "t"),
        ("2022-03-08 14:05:03\nleased-line@20220308T060503Z", "t"),
        ("99.97 … 99.98", "t"),
        ("—", "t"),
        ("4 d 09:20:00", "t"),
        ("2022-03-08 14:05:03+08:00", ""),
        ("运营商光缆割接", ""),
        ("planned work", ""),
        ("ab" * 32, "l"),
    ],
)
def test_numbers_and_times_are_not_broken_and_long_words_are(cell: str, how: str) -> None:
    assert wrapping(cell) == how


def test_what_stands_between_backticks_is_code() -> None:
    assert ticked("`fall` < `rise`, <b>") == "<code>fall</code> &lt; <code>rise</code>, &lt;b&gt;"


def test_instants_show_their_offset_only_where_it_changes() -> None:
    riga = ZoneInfo("Europe/Riga")
    assert Stamps(ZONE, year(2022, ZONE).span)(at(0)) == "2022-03-01 08:00:00"
    assert Stamps(riga, year(2022, riga).span)(at(0)) == "2022-03-01 02:00:00+02:00"
    assert [Stamps(ZONE, year(2022, ZONE).span).zone, Stamps(riga, year(2022, riga).span).zone] == ["Asia/Shanghai, UTC+08:00", "Europe/Riga"]
    winter = Stamps(riga, month("2022-02", riga).span)
    assert [winter(at(0)), winter(at(0) + timedelta(days=60))] == ["2022-03-01 02:00:00", "2022-04-30 03:00:00+03:00"]


def test_times_and_losses_are_cut_off_and_a_trace_of_loss_is_not_hidden() -> None:
    assert [milliseconds(value) for value in (None, 0.0, 20.19, 19.99)] == ["—", "0.0", "20.1", "19.9"]
    assert [loss_percent(each) for each in (None, Loss(0, 9), Loss(1, 8), Loss(1, 10**6))] == ["—", "0.000", "12.500", "< 0.001"]


def test_a_service_with_hours_of_its_own_shows_the_whole_day_beside_them() -> None:
    mornings = Hours("08:00-12:00", ((Window(timedelta(hours=8), timedelta(hours=12)),),) * 7)
    office = replace(OFFICE, subjects=(line(terms=Terms(hours=mornings)), site()))
    first, second = read(as_html(told(office=office), Words("en"))).all("article")
    assert [each.text for each in first.all("dt")][-2:] == ["24x7 %", "Service hours"]
    assert [each.text for each in first.all("dd")][-1] == "08:00-12:00"
    assert "24x7 %" not in second.text


@pytest.mark.parametrize("cell", ["99.98", "2 d 20:14:31", "< 0.001", "—", "— … —", "+600", "−600", "-1815", "60 s", "8760 h"])
def test_a_number_stands_at_the_right_of_its_column(cell: str) -> None:
    assert numeric(cell)


@pytest.mark.parametrize("cell", ["未填报", "not filled in", "较满意 (达成预期指标, 92 %)", ""])
def test_words_in_a_column_of_numbers_are_set_like_words(cell: str) -> None:
    assert not numeric(cell)
