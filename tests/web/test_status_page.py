"""What the status page shows, read as text: the report's numbers, nobody's markup, both languages."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from linewatch.report.overview import Overview
from linewatch.report.words import Language, Words
from linewatch.sla.printed import clock_time, percent
from linewatch.verdict.state import State
from linewatch.web.status_page import MOST_INCIDENTS, status_page
from tests.report.lately import HOSTILE, NEW_YEAR, lately
from tests.report.page import VOID, Element, read

VOID |= {"input", "polygon", "polyline"}
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@pytest.fixture(scope="module")
def seen() -> Overview:
    return lately()


@pytest.fixture(scope="module")
def page(seen: Overview) -> Element:
    return read(status_page(seen, Words("en"), old=False))


def test_every_day_says_its_figure(seen: Overview, page: Element) -> None:
    for article, service in zip(page.all("article"), seen.services, strict=True):
        told = [each.attributes["aria-label"] for each in article.all("input")]
        assert len(told) == len(service.days) == 90
        for text, day in zip(told, service.days, strict=True):
            figures = day.figures
            assert text.startswith(f"{day.day}")
            assert (f"{percent(figures.observed)} %" in text) == (figures.observed is not None)
            assert (clock_time(figures.charged) in text) == bool(figures.charged)


def test_the_days_of_a_service_are_one_group_for_the_keyboard(page: Element) -> None:
    names = [{each.attributes["name"] for each in article.all("input", type="radio")} for article in page.all("article")]
    assert [len(each) for each in names] == [1] * 10
    assert len(set.union(*names)) == 10
    assert all(fieldset.all("legend") for fieldset in page.all("fieldset"))


def test_the_year_stands_against_its_target(seen: Overview, page: Element) -> None:
    for article, service in zip(page.all("article"), seen.services, strict=True):
        told = dict(zip([each.text for each in article.all("dt")], [each.text for each in article.all("dd")], strict=True))
        figures = service.year.figures
        assert told["2026 · Availability %"] == percent(figures.observed)
        assert told["low … high %"] == f"{percent(figures.low)} … {percent(figures.high)}"
        assert told["Coverage %"] == percent(figures.coverage)
        assert told["Target %"] == percent(service.year.subject.terms.target)
        assert told["Result"] == {"met": "met", "not_met": "not met", "unproven": "unproven"}[service.year.result]
        assert told["Downtime left"] == ("−" if service.left.days < 0 else "") + clock_time(abs(service.left))
        assert ("Months served" in told) == service.year.subject.is_line


def test_outages_are_listed_the_open_one_first(seen: Overview, page: Element) -> None:
    (outages, ahead) = page.all("ol")
    listed = outages.all("li")
    assert len(listed) == MOST_INCIDENTS
    assert "ongoing" in listed[0].text
    assert seen.incidents[0].id in listed[0].text
    assert [each.all("h3")[0].text.split(" · ")[0] for each in listed] == [each.title for each in seen.incidents[:MOST_INCIDENTS]]
    assert "Ticket T-4711" in outages.text or all(not each.told.ticket for each in seen.incidents[:MOST_INCIDENTS])
    assert f"and {len(seen.incidents) - MOST_INCIDENTS} more" in page.text
    assert len(ahead.all("li")) == len(seen.ahead)


def test_the_headline_counts_what_is_not_well(page: Element) -> None:
    (overall,) = page.all("p", **{"class": "overall"})
    assert "down" in overall.attributes["class"].split()
    assert overall.all("strong")[0].text == "down 1 (site-3) · up 9"


def test_where_all_is_well_the_headline_says_no_more(seen: Overview) -> None:
    well = replace(seen, services=tuple(each for each in seen.services if each.now.state is State.UP))
    assert "<strong>All services are up</strong>" in status_page(well, Words("en"), old=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_the_office_is_markup(seen: Overview, language: Language) -> None:
    text = status_page(seen, Words(language), old=False)
    assert "<script" not in text
    assert HOSTILE in read(text).text
    assert not re.search(r"\son[a-z]+=|style=|javascript:", text.replace(HOSTILE, ""))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_loads_nothing_from_elsewhere(seen: Overview, language: Language) -> None:
    page = read(status_page(seen, Words(language), old=False))
    links = [each.attributes["href"] for each in page.elements() if "href" in each.attributes]
    assert all(link.startswith(("/", "?")) for link in links)
    assert not {"script", "img", "iframe", "object"} & {each.tag for each in page.elements()}


def test_ten_services_and_ninety_days_are_under_a_hundred_kilobytes(seen: Overview) -> None:
    assert len(status_page(seen, Words("zh"), old=False).encode()) < 100_000


def test_old_figures_say_so(seen: Overview) -> None:
    assert "These figures are old" in status_page(seen, Words("en"), old=True)
    assert "These figures are old" not in status_page(seen, Words("en"), old=False)


def test_a_service_whose_holidays_are_not_known_keeps_its_state_and_its_days_and_claims_no_figure() -> None:
    seen = lately(NEW_YEAR, holidays_known_to=2025)
    page = read(status_page(seen, Words("en"), old=False))
    line, other = page.all("article")[:2]
    assert line.all("b")[0].text == seen.services[0].now.state
    assert [each.text for each in line.all("dd")[:2]] == ["not known: nobody has told which days of the year are holidays", "100.00"]
    assert "Result" not in line.text
    assert len(line.all("input")) == 89
    assert line.all("legend")[0].text == "Last 90 days"
    assert [each.text for each in line.all("p", **{"class": "ends"})[0].all("span")] == ["2025-10-04", "today"], "where it is today there is no bar"
    assert "Result" in other.text
    later = read(status_page(lately(holidays_known_to=2025), Words("en"), old=False)).all("article")[0]
    assert not later.all("fieldset")


def test_with_nothing_on_record_nothing_is_claimed() -> None:
    page = read(status_page(lately(empty=True), Words("en"), old=False))
    told = [each.attributes["aria-label"] for each in page.all("article")[0].all("input")]
    assert {text.partition(" · ")[2] for text in told} == {"nothing measured"}
    assert page.all("p", **{"class": "overall"})[0].all("strong")[0].text == "unknown 10"
    assert page.all("dd")[0].text == "—"
    assert "No outage in the last 90 days." in page.text
    assert "None is planned." in page.text
