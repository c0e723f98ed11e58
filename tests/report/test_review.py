"""From the record to the figures: percentiles, years and other periods, indicators, what only the gauges need."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from linewatch.errors import UsageError
from linewatch.report.account import accounts
from linewatch.report.as_json import as_json, instant, outages_json
from linewatch.report.as_table import hours, outage_tables, tables
from linewatch.report.document import Document
from linewatch.report.review import Office, document, percentiles, review
from linewatch.report.table import Table
from linewatch.report.words import Words
from linewatch.sample.cause import Cause
from linewatch.sla.indicators import Indicator
from linewatch.sla.period import between, month, year
from linewatch.verdict.state import State, Transition
from tests.report.record import Record, at, changes, line, site

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = Office((line(), site()), (), "0.0.0", "cd" * 32)
TEN_MINUTES = between("2022-03-01T08:00", "2022-03-01T08:10", ZONE)
DECLARED = Indicator(
    "产出指标", "数量指标", "信息发布条数", ">=", Fraction(15000), "条", Decimal("15230.5"), True, "declared", weight=Decimal(10), note="截图"
)


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ({}, (None, None, None)),
        ({20_000: 1}, (20.0, 20.0, 20.0)),
        ({1_000: 50, 2_000: 50}, (1.0, 2.0, 2.0)),
        ({1_000: 95, 9_000: 5}, (1.0, 1.0, 9.0)),
        ({9_000: 1, 1_000: 99}, (1.0, 1.0, 1.0)),
        ({9_000: 2, 1_000: 98}, (1.0, 1.0, 9.0)),
    ],
)
def test_percentiles_are_the_times_that_so_many_rounds_did_not_pass(counts: dict[int, int], found: tuple[float | None, ...]) -> None:
    assert percentiles(counts) == dict(zip(("p50", "p95", "p99"), found, strict=True))


def ten(measured: str, as_of: float = 10) -> Document:
    return review(Record({"line": measured}), OFFICE, TEN_MINUTES, at(as_of))


def test_a_period_counts_up_to_now() -> None:
    told = ten("UUUU", as_of=4)
    assert told.span.length == timedelta(minutes=4)
    assert told.services[0].figures.scheduled == timedelta(minutes=4)


def test_a_period_in_the_future_has_no_figures() -> None:
    with pytest.raises(UsageError, match="has not begun"):
        ten("UUUU", as_of=0)


def test_one_service_alone_is_told_as_it_is_told_among_others() -> None:
    record = Record({"line": "UUDDDUUUUU", "site": "UUCCCUUUUU"})
    whole = review(record, OFFICE, TEN_MINUTES, at(10))
    for number, name in enumerate(("line", "site")):
        assert review(record, OFFICE, TEN_MINUTES, at(10), name).services == (whole.services[number],)


def test_an_outage_at_the_end_is_ongoing_and_one_carried_in_keeps_its_name() -> None:
    [outage] = ten("UUUUUUUDDD").services[0].outages
    assert (outage.ended_at, outage.span.length) == (None, timedelta(minutes=3))
    record = Record({"line": "UUDDDDDDUU"})
    later = review(record, OFFICE, between("2022-03-01T08:05", "2022-03-01T08:10", ZONE), at(10))
    assert [(each.began_at, each.ended_at, each.span.start) for each in later.services[0].outages] == [(at(2), at(8), at(5))]
    assert later.services[0].outages[0].id("line") == "line@20220301T000200Z"


def test_loss_and_round_trips_are_there_where_samples_are() -> None:
    looked = Record({"line": "U" * 10}, echoes={"line": (1, 8)}, rtts={"line": {20_000: 4}})
    some, none = review(looked, OFFICE, TEN_MINUTES, at(10)).services
    assert (none.loss, dict(none.rtt_us)) == (None, {})
    assert some.loss is not None
    assert (some.loss.ratio, dict(some.rtt_us)) == (0.125, {20_000: 4})


def test_the_gauges_ask_for_nothing_that_they_do_not_show() -> None:
    record = Record({"line": "U" * 10}, {"line": [(0, "D")]}, {"line": (1, 8)}, {"line": {20_000: 4}})
    told = document(record, OFFICE, accounts(record, OFFICE.subjects, at(10)), ["line"], TEN_MINUTES, at(10), figures_only=True)
    [service] = told.services
    assert (service.loss, dict(service.rtt_us), service.imported) == (None, {}, ())
    assert service.figures == ten("U" * 10).services[0].figures


def test_only_a_calendar_year_has_months_and_indicators() -> None:
    record = Record({"line": "U" * 10})
    declared = replace(OFFICE, declared=(DECLARED,))
    whole = review(record, declared, year(2022, ZONE), at(10))
    assert ([len(each.months) for each in whole.services], len(whole.indicators)) == ([12, 12], 5)
    part = review(record, declared, month("2022-03", ZONE), at(10))
    assert ([len(each.months) for each in part.services], part.indicators) == ([0, 0], ())


def test_a_declared_row_of_a_measured_name_lends_it_weight_and_words_and_never_its_value() -> None:
    entered = replace(DECLARED, name="网络专线畅通率", actual=Decimal(100), weight=Decimal(20))
    told = review(Record({"line": "UD" * 5}), replace(OFFICE, declared=(entered, DECLARED)), year(2022, ZONE), at(10))
    rows = {row.name: row for row in told.indicators}
    assert (rows["网络专线畅通率"].source, rows["网络专线畅通率"].actual, rows["网络专线畅通率"].weight) == ("measured", Fraction(50), Decimal(20))
    assert rows["信息发布条数"] == replace(DECLARED, score=Decimal("10.00"))


def test_two_lines_have_their_own_rows() -> None:
    two = replace(OFFICE, subjects=(line("one"), line("two")))
    names = [row.name for row in review(Record(), two, year(2022, ZONE), at(10)).indicators]
    assert len(names) == len(set(names)) == 8
    assert names[0] == "网络专线服务时间（one）"


def test_the_json_of_a_record_that_says_nothing_holds_null_and_no_figure() -> None:
    told = json.loads(as_json(ten("")))
    for service in told["services"]:
        assert set(service["availability"].values()) == {None}
        assert (service["coverage"], service["loss"], service["mtbf_seconds"], service["result"]) == (0, None, None, "unproven")


def test_the_json_keeps_declared_values_as_they_were_given() -> None:
    words = replace(DECLARED, name="定性", target="满意", actual=None, met=None, weight=None, note="")
    told = review(Record(), replace(OFFICE, declared=(DECLARED, words)), year(2022, ZONE), at(10))
    *_, number, text = json.loads(as_json(told))["indicators"]
    assert (number["target"], number["actual"], number["weight"], number["note"]) == (15000, 15230.5, 10, "截图")
    assert (text["target"], text["actual"], text["met"], text["weight"]) == ("满意", None, None, None)


def test_the_outages_alone_name_their_service() -> None:
    [row] = json.loads(outages_json(ten("UUUDDDUUUU")))["outages"]
    assert (row["service"], row["seconds"], row["ongoing"]) == ("line", 180, False)
    assert instant(at(0)) == "2022-03-01T00:00:00Z"


def cells(made: list[Table]) -> set[str]:
    return {cell for table in made for row in table.rows for cell in row}


def test_every_row_of_a_table_has_as_many_cells_as_columns() -> None:
    told = review(
        Record({"line": "UUUDDDUU~~"}, echoes={"line": (1, 8)}, rtts={"line": {20_000: 4}}),
        replace(OFFICE, declared=(DECLARED,)),
        year(2022, ZONE),
        at(10),
    )
    for language in ("zh", "en"):
        made = list(tables(told, Words(language)))
        assert all(len(row) == len(table.columns) for table in made for row in table.rows)
        assert any(table.columns for table in made)


def test_a_table_prints_a_dash_where_nothing_was_measured() -> None:
    services = next(table for table in tables(ten(""), Words("en")) if table.columns)
    assert {row[1:3] for row in services.rows} == {("—", "— … —")}


def test_a_table_never_rounds_up() -> None:
    almost = "U" * 29_999 + "D"
    told = review(Record({"line": almost}), OFFICE, between("2022-03-01T08:00", "2022-03-22T04:00", ZONE), at(30_000), "line")
    assert told.services[0].figures.observed == Fraction(29_999, 30_000)
    services = next(table for table in tables(told, Words("en")) if table.columns)
    assert services.rows[0][1:3] == ("99.99", "99.99 … 99.99")


def test_indicators_without_a_value_print_that_they_are_not_filled_in() -> None:
    told = review(Record(), replace(OFFICE, declared=(replace(DECLARED, actual=None, met=None),)), year(2022, ZONE), at(10))
    assert "未填报" in cells(list(tables(told, Words("zh"))))
    assert "not filled in" in cells(list(tables(told, Words("en"))))


def test_an_outage_that_lasts_prints_as_ongoing() -> None:
    assert "未结束" in cells(list(outage_tables(ten("UUUUUUUDDD"), Words("zh"))))
    assert [table.heading for table in outage_tables(ten("UUUU"), Words("en"))] == ["No outages."]


@pytest.mark.parametrize(
    ("duration", "text"),
    [(timedelta(hours=8760), "8760 h"), (timedelta(minutes=10), "0.16 h"), (timedelta(0), "0 h"), (timedelta(hours=1, microseconds=-1), "0.99 h")],
)
def test_hours_are_cut_off_and_whole_where_they_are(duration: timedelta, text: str) -> None:
    assert hours(duration) == text


def test_a_table_of_some_outages_shows_the_longest_in_order_and_says_what_is_left_out():
    many = ten("DUDDUDDDUD")
    whole, some = (list(outage_tables(many, Words("en"), most)) for most in (None, 2))
    assert len(whole[0].rows) == 4
    assert some[0].rows == (whole[0].rows[1], whole[0].rows[2])
    assert some[1].heading == "the 2 longest of 4; `linewatch outages` lists all"
    assert list(outage_tables(many, Words("en"), 4)) == whole


def test_an_outage_seen_just_after_the_period_is_in_its_lower_bound_as_it_is_in_the_months() -> None:
    # The last good round is a minute before the first bad one, which lies at the very end of the period.
    [service, _] = ten("UUUUUUUUUUDD", as_of=12).services
    assert (service.figures.observed, service.figures.charged_most) == (1, timedelta(0))
    earlier = [*changes("UUUUUUUUUU"), Transition(at(10), State.DOWN, Cause.LINE, at(9))]

    class Seen(Record):
        def transitions(self, service: str, *_: object) -> list[Transition]:
            return earlier if service == "line" else []

    [service, _] = review(Seen({"line": "UUUUUUUUUUDD"}), OFFICE, TEN_MINUTES, at(12)).services
    assert (service.figures.observed, service.figures.charged_most, service.outages) == (1, timedelta(minutes=1), ())
    assert service.figures.low == Fraction(9, 10)
