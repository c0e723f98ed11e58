"""A report under service hours: what counts, what an exclusion removes of it, and the whole day beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from linewatch.report.as_json import as_json
from linewatch.report.as_table import outage_tables, tables
from linewatch.report.document import Document
from linewatch.report.headline import under
from linewatch.report.review import Office, review
from linewatch.report.words import Words
from linewatch.sla.exclusions import Exclusion
from linewatch.sla.hours import Hours, Window
from linewatch.sla.terms import Terms
from linewatch.span import Span
from tests.report.record import MINUTE, START, Record, at, line
from tests.report.test_ledger import column
from tests.report.test_review import TEN_MINUTES

# The record begins at 08:00 in Shanghai; owed is 08:02 to 08:08.
SIX_MINUTES = Hours("daily 08:02-08:08", ((Window(timedelta(hours=8, minutes=2), timedelta(hours=8, minutes=8)),),) * 7)
OFFICE = Office((line(terms=Terms(hours=SIX_MINUTES)),), (), "0.0.0", "cd" * 32)


def told(drawing: str, *ledger: Exclusion) -> Document:
    return review(Record({"line": drawing}, ledger=ledger), OFFICE, TEN_MINUTES, at(10))


def left_out(start: float, end: float, services: tuple[str, ...] = ()) -> Exclusion:
    return Exclusion(1, services, Span(at(start), at(end)), "planned work", "Li", datetime(2022, 1, 1, tzinfo=UTC))


def test_an_outage_outside_the_hours_is_listed_and_not_charged() -> None:
    [service] = told("DUUUUUUUUU").services
    assert (len(service.outages), service.charged_of) == (1, (timedelta(0),))
    assert (service.figures.scheduled, service.figures.down, service.figures.observed) == (6 * MINUTE, timedelta(0), 1)
    assert service.around_the_clock is not None
    assert (service.around_the_clock.scheduled, service.around_the_clock.down) == (10 * MINUTE, MINUTE)


def test_an_outage_across_the_edge_is_charged_for_what_lies_in_them() -> None:
    [service] = told("UDDDDUUUUU").services
    assert service.charged_of == (3 * MINUTE,)
    assert service.figures.down == 3 * MINUTE


def test_the_list_of_outages_tells_what_of_each_counts_wherever_that_is_not_all_of_it() -> None:
    [outages] = outage_tables(told("UDDDDUUUUD"), Words("en"))
    assert column(outages, ">Duration") == ["00:04:00", "00:01:00"]
    assert column(outages, ">Charged") == ["00:03:00", "00:00:00"]
    [outages] = outage_tables(told("UUUDUUUUUU"), Words("en"))
    assert ">Charged" not in outages.columns


def test_an_exclusion_removes_scheduled_time_only() -> None:
    [service] = told("UDDDDUUUUU", left_out(0, 4)).services
    [excluded] = service.exclusions
    assert excluded.spans == (Span(at(2), at(4)),)
    assert (excluded.removed, service.figures.excluded, service.figures.down) == (2 * MINUTE, 2 * MINUTE, MINUTE)
    assert (service.excluded_of, service.charged_of) == ((2 * MINUTE,), (MINUTE,))
    assert service.around_the_clock is not None
    assert (service.around_the_clock.excluded, service.around_the_clock.down) == (4 * MINUTE, MINUTE)


def test_an_exclusion_outside_the_hours_is_not_listed() -> None:
    [service] = told("UDDDDUUUUU", left_out(8, 10)).services
    assert (service.exclusions, service.figures.excluded) == ((), timedelta(0))


def test_the_json_says_which_hours_and_what_the_whole_day_was() -> None:
    [service] = json.loads(as_json(told("DUUUUUUUUU")))["services"]
    assert service["service_hours"] == {"text": "daily 08:02-08:08", "calendar": None}
    assert service["availability"]["observed"] == 1
    assert service["around_the_clock"]["availability"]["observed"] == 0.9
    assert service["outages"][0]["charged_seconds"] == 0
    assert service["seconds"]["scheduled"] == 360


def test_the_whole_day_is_printed_beside_the_hours() -> None:
    [table] = [table for table in tables(told("DUUUUUUUUU"), Words("en")) if "24x7" in table.heading]
    assert table.rows == (("line", "daily 08:02-08:08", "90.00", "90.00 … 90.00", "100.00", "00:01:00", "0.16 h"),)


def test_under_another_profile_the_whole_day_is_that_of_the_profile() -> None:
    [service] = under(told("DDUUUUUUDU"), "carrier").services
    assert service.around_the_clock is not None
    assert (service.around_the_clock.scheduled, service.around_the_clock.down, service.around_the_clock.observed) == (10 * MINUTE, timedelta(0), 1)
    assert "The same around the clock (24x7)" in [table.heading for table in tables(under(told("DDUUUUUUDU"), "carrier"), Words("en"))]


def test_nothing_is_printed_beside_24x7() -> None:
    document = review(Record({"line": "U"}), Office((line(),), (), "0.0.0", ""), TEN_MINUTES, at(10))
    assert document.services[0].around_the_clock is None
    assert not [table for table in tables(document, Words("en")) if "24x7" in table.heading]
    assert document.span.start == START
