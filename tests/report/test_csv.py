"""The CSV: what the JSON says, a fact a row, for Excel and for a program; nothing in it is a formula."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from linewatch.report.as_csv import BOM, COLUMNS, as_csv
from linewatch.report.as_json import as_json
from linewatch.report.document import Document
from linewatch.report.harmless import harmless
from linewatch.report.review import Office, review
from linewatch.report.words import Words
from linewatch.sla.exclusions import Exclusion
from linewatch.sla.indicators import Indicator
from linewatch.span import Span
from tests.report.record import START, Record, at, line, site
from tests.report.test_review import TEN_MINUTES


def told(title: str = "line", *ledger: Exclusion) -> Document:
    office = Office((replace(line(), title=title), site()), (), "0.0.0", "cd" * 32)
    return review(Record({"line": "UDDUU?UUDU"}, {"line": [(20, "U")]}, ledger=ledger), office, TEN_MINUTES, at(10))


def rows(document: Document) -> list[dict[str, str]]:
    text = as_csv(document, Words("zh"))
    assert text.startswith(BOM + ",".join(COLUMNS) + "\r\n")
    assert text.count("\r\n") == text.count("\n")
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


def test_each_fact_is_a_row_that_its_names_find() -> None:
    facts = {(row["section"], row["service"], row["item"], row["measure"]): (row["value"], row["unit"]) for row in rows(told())}
    assert facts["report", "", "", "generated_at"] == ("2022-03-01T00:10:00Z", "")
    assert facts["period", "", "", "timezone"] == ("Asia/Shanghai", "")
    assert facts["service", "line", "", "result"] == ("not_met", "")
    assert facts["seconds", "line", "", "down"] == ("180", "s")
    assert facts["availability", "line", "", "printed"] == ("66.66", "%")
    assert facts["outages", "line", "line@20220301T000100Z", "seconds"] == ("120", "s")
    assert facts["profiles", "line", "standard", "availability.observed"][1] == "ratio"
    assert facts["profiles", "line", "standard", "parameters.fall"] == ("3", "")
    assert facts["availability", "site", "", "observed"] == ("", "ratio")
    assert facts["sources", "line", "20.csv", "rows"] == ("1", "")


def test_the_rows_that_a_total_lacks_are_named() -> None:
    rows_of_the_table = (Indicator("产出指标", "成本指标", "成本", "=", Decimal(6), "万元", None, None, "declared", Decimal(10)),)
    found = [row for row in rows(replace(told(), indicators=rows_of_the_table)) if row["section"] == "indicator_total"]
    assert {row["measure"]: (row["value"], row["unit"]) for row in found}.items() >= {("lacking.1", ("成本", "")), ("cost_target", ("6", "万元"))}


def test_the_ratios_are_those_of_the_json_to_the_last_digit() -> None:
    document = told()
    [observed] = [row["value"] for row in rows(document) if (row["section"], row["service"], row["measure"]) == ("availability", "line", "observed")]
    assert float(observed) == json.loads(as_json(document))["services"][0]["availability"]["observed"]


def test_no_two_rows_have_one_name() -> None:
    ledger = [Exclusion(1, (), Span(at(n), at(n + 1)), "planned", "Li", START) for n in (2, 4)]
    names = [(row["section"], row["service"], row["item"], row["measure"]) for row in rows(told("line", *ledger))]
    assert len(set(names)) == len(names)


def test_the_method_statement_is_in_it() -> None:
    method = [row for row in rows(told()) if row["section"] == "method"]
    assert any(row["item"] == "定义" and "1 − D / (T − X − U)" in row["value"] for row in method)
    assert any(row["measure"] == "SHA-256" and row["value"] == "ab" * 32 for row in method)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A1"])
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "'=1", " =1", "2022-01-01", "≥ 3000"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_no_cell_of_a_hostile_configuration_and_ledger_begins_a_formula() -> None:
    hostile = '=HYPERLINK("http://evil.example","报告")'
    ledger = Exclusion(1, (), Span(at(2), at(3)), "+cmd|' /C calc'!A0", "@Li", START, reference="-2+3")
    found = [value for row in rows(told(hostile, ledger)) for value in row.values()]
    assert f"'{hostile}" in found
    assert "'+cmd|' /C calc'!A0" in found
    assert [value for value in found if value.startswith(("=", "+", "-", "@"))] == []
