"""The overview: its days, its outages and its year are the report's."""

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest

from linewatch.report.as_json import as_json
from linewatch.report.overview import DAYS, Overview
from linewatch.report.overview_json import overview_json, services_json
from linewatch.report.review import review
from linewatch.sla.period import between, year
from linewatch.verdict.state import State
from tests.report.lately import AS_OF, AWAY, NEW_YEAR, OFFICE, RECORD, SUBJECTS, ZONE, lately


@pytest.fixture(scope="module")
def seen() -> Overview:
    return lately()


def test_every_day_is_that_of_the_report(seen: Overview) -> None:
    drawn = review(RECORD, OFFICE, between("2026-03-18", "2026-06-16", ZONE), AS_OF, drawn=True)
    for shown, reported in zip(seen.services, drawn.services, strict=True):
        assert reported.course is not None
        assert shown.days == reported.course.days
        assert [shown.days[0].day, shown.days[-1].day, len(shown.days)] == [date(2026, 3, 18), date(2026, 6, 15), DAYS]


def test_the_days_reach_back_over_new_year() -> None:
    early = lately(NEW_YEAR)
    assert [early.services[0].days[at].day for at in (0, -1)] == [date(2025, 10, 4), date(2026, 1, 1)]
    assert early.year.period.label == "2026"


def test_where_the_holidays_of_the_year_are_not_known_a_service_stands_there_without_the_years_figures() -> None:
    usual, early = lately(NEW_YEAR), lately(NEW_YEAR, holidays_known_to=2025)
    line, *others = early.services
    assert (line.year, line.left) == (None, None)
    assert line.now == usual.services[0].now
    assert [line.days[at].day for at in (0, -1)] == [date(2025, 10, 4), date(2025, 12, 31)]
    assert list(others) == list(usual.services[1:])
    assert early.incidents == usual.incidents
    told = json.loads(overview_json(early))
    assert [each["name"] for each in told["services"]] == [each["name"] for each in json.loads(overview_json(usual))["services"]]
    assert [each["year"] is None for each in told["services"]] == [True] + [False] * 9


def test_its_outages_are_those_of_the_reports(seen: Overview) -> None:
    reported = {
        outage.id(service.subject.name): outage for service in review(RECORD, OFFICE, year(2026, ZONE), AS_OF).services for outage in service.outages
    }
    assert len(seen.incidents) > 40
    assert [reported[each.id] for each in seen.incidents] == [each.outage for each in seen.incidents]
    assert [each.outage.began_at for each in seen.incidents] == sorted((each.outage.began_at for each in seen.incidents), reverse=True)


def test_an_open_outage_comes_first_and_stands_in_its_service(seen: Overview) -> None:
    assert (seen.incidents[0].service, seen.incidents[0].outage.ended_at, seen.incidents[0].outage.began_at) == ("site-3", None, AWAY)
    now = next(each.now for each in seen.services if each.now.name == "site-3")
    assert (now.state, now.cause, now.since) == (State.DOWN, "tls", AWAY)


def test_what_people_wrote_stands_with_its_outage(seen: Overview) -> None:
    (noted,) = (each for each in seen.incidents if each.told.ticket)
    assert (noted.service, noted.told.ticket, noted.written_at) == ("line-0", "T-4711", AS_OF - timedelta(hours=1))


def test_what_the_target_leaves(seen: Overview) -> None:
    """Nine tenths are promised of 365 days less what was excluded so far: 36 days and a half, less what is used up."""
    line = seen.services[1]
    owed = timedelta(days=365) - line.year.figures.excluded
    assert line.left == owed / 10 - line.year.figures.charged
    assert seen.services[0].left == -seen.services[0].year.figures.charged


def test_exclusions_ahead_are_the_next_ones_whole_and_running_ones_among_them(seen: Overview) -> None:
    assert [each.exclusion.id for each in seen.ahead[:3]] == [3, 1, 2]
    assert seen.ahead[0].span == RECORD.ledger[2].span
    weekly = [each for each in seen.ahead if each.exclusion.id == 2]
    assert [later.span.start - sooner.span.start for sooner, later in pairwise(weekly)] == [timedelta(days=7)] * (len(weekly) - 1)
    assert {each.span.length for each in weekly} == {timedelta(hours=2)}
    assert all(each.span.end > AS_OF for each in seen.ahead)
    assert len(weekly[0].titles) == len(SUBJECTS)


def test_nothing_on_record_is_nothing_known() -> None:
    empty = lately(empty=True)
    assert (empty.incidents, empty.ahead, empty.first_at) == ((), (), None)
    assert {each.now.state for each in empty.services} == {State.UNKNOWN}
    assert {day.figures.observed for each in empty.services for day in each.days} == {None}
    assert json.loads(overview_json(empty))["services"][0]["days"][0]["observed"] is None


def test_its_json_says_the_same_of_the_year_as_the_report(seen: Overview) -> None:
    told = json.loads(overview_json(seen))
    report = json.loads(as_json(review(RECORD, OFFICE, year(2026, ZONE), AS_OF)))
    for shown, reported in zip(told["services"], report["services"], strict=True):
        assert shown["year"].pop("downtime_left_seconds") is not None
        assert shown["year"] == {key: reported[key] for key in shown["year"]}
    assert told["services"][0]["days"][5]["observed"] == float(seen.services[0].days[5].figures.observed or Fraction(0))
    assert [each["id"] for each in told["outages"]] == [each.id for each in seen.incidents]


def test_its_services_are_those_of_the_office(seen: Overview) -> None:
    told = json.loads(services_json(seen))["services"]
    assert [(each["name"], each["kind"], each["target"]) for each in told[:3]] == [
        ("line-0", "line", 1.0),
        ("line-1", "line", 0.9),
        ("site-0", "endpoint", 0.99),
    ]
