"""The course of a period: its months and days are those of the report, made from the same record."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from linewatch.report.review import Office, review
from linewatch.sla.period import between, month, year
from tests.report.record import Record, at, line, site

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = Office((line(), site()), (), "0.0.0", "cd" * 32)
RECORD = Record({"line": "UUDDU~U?UU" * 300}, echoes={"line": (1, 8)}, rtts={"line": {20_000: 4, 9_000: 1}})


def test_only_a_report_that_is_drawn_has_a_course() -> None:
    assert {service.course for service in review(RECORD, OFFICE, year(2022, ZONE), at(3000)).services} == {None}
    drawn = review(RECORD, OFFICE, year(2022, ZONE), at(3000), drawn=True)
    assert all(service.course is not None for service in drawn.services)


def test_the_months_of_a_year_are_its_service_months() -> None:
    told = review(RECORD, OFFICE, year(2022, ZONE), at(3000), drawn=True).services[0]
    assert told.course is not None
    assert [(each.label, each.figures) for each in told.course.months] == [(each.label, each.figures) for each in told.months]


def test_the_days_and_the_history_are_those_up_to_now() -> None:
    told = review(RECORD, OFFICE, month("2022-03", ZONE), at(3000), drawn=True).services[0]
    assert told.course is not None
    assert [day.day.day for day in told.course.days] == [1, 2, 3]
    assert sum(day.figures.down.total_seconds() for day in told.course.days) == told.figures.down.total_seconds() == 2 * 300 * 60
    assert (told.course.history[0].span.start, told.course.history[-1].span.end) == (month("2022-03", ZONE).span.start, at(3000))
    assert [(each.label, each.figures is None) for each in told.course.months] == [("2022-03", False)]


def test_loss_and_round_trips_of_a_drawn_report_are_the_sums_of_its_months() -> None:
    asked = between("2022-02-27", "2022-04-02", ZONE)
    told = review(RECORD, OFFICE, asked, at(60_000), drawn=True).services[0]
    assert told.course is not None
    assert [each.label for each in told.course.months] == ["2022-02", "2022-03", "2022-04"]
    assert told.loss is not None
    assert (told.loss.lost, told.loss.sent, dict(told.rtt_us)) == (3, 24, {9_000: 3, 20_000: 12})
    assert told.loss == told.course.loss
