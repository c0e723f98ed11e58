"""The ledger in a report: gross beside adjusted, each exclusion with what it removes, the carrier's account beside ours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from linewatch.report.as_json import as_json
from linewatch.report.as_table import outage_tables, tables
from linewatch.report.carrier import NOTHING_TOLD, told
from linewatch.report.document import Document
from linewatch.report.review import Office, review
from linewatch.report.table import Table
from linewatch.report.words import Words
from linewatch.sample.cause import Cause
from linewatch.sla.exclusions import Exclusion, Note, Revocation
from linewatch.sla.hours import Hours, Window
from linewatch.sla.period import between
from linewatch.sla.printed import exact_seconds
from linewatch.sla.terms import Terms
from linewatch.span import Span
from linewatch.verdict.outage import Outage
from tests.report.record import Record, at, line, site

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = Office((line(), site()), (), "0.0.0", "cd" * 32)
TEN_MINUTES = between("2022-03-01T08:00", "2022-03-01T08:10", ZONE)
MINUTE = timedelta(minutes=1)
DRAWING = "UUUDDDUUUU"


def left_out(start: float, end: float, id: int = 1, entered: float = 0, services: tuple[str, ...] = ("line",), repeat: str = "") -> Exclusion:
    return Exclusion(id, services, Span(at(start), at(end)), "维护", "zhang", at(entered), "GD-1", repeat)


def ten(*ledger: Exclusion, notes: tuple[Note, ...] = (), as_of: float = 10, office: Office = OFFICE) -> Document:
    return review(Record({"line": DRAWING}, ledger=ledger, written=notes), office, TEN_MINUTES, at(as_of))


def test_two_that_overlap_across_the_edge_of_an_outage_list_their_own_time_and_remove_it_once() -> None:
    service, other = ten(left_out(5, 7), left_out(6, 9, id=2, services=())).services
    assert [(each.exclusion.id, each.removed) for each in service.exclusions] == [(1, 2 * MINUTE), (2, 3 * MINUTE)]
    assert (service.figures.excluded, service.figures.down, service.figures.up) == (4 * MINUTE, 2 * MINUTE, 4 * MINUTE)
    assert (service.figures.observed, service.figures.gross) == (Fraction(4, 6), Fraction(7, 10))
    assert service.excluded_of == (MINUTE,)
    assert [each.exclusion.id for each in other.exclusions] == [2]


@pytest.mark.parametrize(("as_of", "ids"), [(4, []), (5, [1]), (7.9, [1]), (8, [])])
def test_the_ledger_counts_as_it_stood_then(as_of: float, ids: list[int]) -> None:
    entry = replace(left_out(0, 2, entered=5), revoked=Revocation("wrong", "li", at(8)))
    [service, _] = ten(entry, as_of=as_of).services
    assert [each.exclusion.id for each in service.exclusions] == ids


def test_what_lies_outside_the_service_hours_removes_nothing_and_is_not_listed() -> None:
    hours = Hours("08:00-08:05", ((Window(timedelta(hours=8), timedelta(hours=8, minutes=5)),),) * 7)
    office = replace(OFFICE, subjects=(line(terms=Terms(hours=hours)),))
    [service] = ten(left_out(4, 7), left_out(6, 9, id=2), office=office).services
    assert [(each.exclusion.id, each.removed) for each in service.exclusions] == [(1, MINUTE)]
    assert (service.figures.scheduled, service.figures.excluded, service.figures.down) == (5 * MINUTE, MINUTE, MINUTE)
    assert service.around_the_clock is not None
    assert service.around_the_clock.excluded == 5 * MINUTE


def table(made: list[Table], column: str) -> Table:
    return next(each for each in made if column in each.columns)


def column(made: Table, name: str) -> list[str]:
    place = made.columns.index(name)
    return [row[place] for row in made.rows]


def test_gross_stands_beside_adjusted_only_where_something_is_left_out() -> None:
    plain = list(tables(ten(), Words("en")))
    assert not any(">gross %" in each.columns or "Reason" in each.columns for each in plain)
    made = list(tables(ten(left_out(5, 7, entered=6)), Words("en")))
    services = table(made, ">gross %")
    assert (column(services, ">Availability %")[0], column(services, ">gross %")[0]) == ("75.00", "70.00")
    assert column(services, ">Excluded") == ["00:02:00", "00:00:00"]
    exclusions = table(made, "Reason")
    assert column(exclusions, ">Removed") == ["00:02:00"]
    assert column(exclusions, "Kind of entry") == ["retroactive"]
    assert column(table(made, "Outage"), ">Excluded") == ["00:01:00"]


def test_of_one_that_comes_again_the_windows_are_counted_and_those_that_it_was_late_for() -> None:
    daily = replace(left_out(0, 1, entered=2 * 1440), repeat="FREQ=DAILY")
    told = review(Record({"line": DRAWING}, ledger=[daily]), OFFICE, between("2022-03-01T08:00", "2022-03-06", ZONE), at(5 * 1440), "line")
    exclusions = table(list(tables(told, Words("en"))), "Reason")
    assert column(exclusions, "Repeats") == ["FREQ=DAILY ×5"]
    assert column(exclusions, ">Removed") == ["00:05:00"]
    assert column(exclusions, "Kind of entry") == ["retroactive 2/5"]  # the third begins at the moment of entry
    planned = replace(daily, entered_at=at(0))
    told = review(Record({"line": DRAWING}, ledger=[planned]), OFFICE, TEN_MINUTES, at(10), "line")
    assert column(table(list(tables(told, Words("zh"))), "登记方式"), "登记方式") == ["事前登记"]


OUTAGE = "line@20220301T000300Z"
NOTE = Note(OUTAGE, "zhang", at(7), "GD-17", "fibre", "at night", at(3.5), at(5))


def test_the_carriers_times_stand_beside_the_measured_ones() -> None:
    made = list(outage_tables(ten(notes=(NOTE, replace(NOTE, outage="line@20220301T001400Z"))), Words("en")))
    outages, carrier, notes = made
    assert column(outages, "Ticket") == ["GD-17"]
    assert carrier.rows[0][2:] == (
        "2022-03-01 08:03:30+08:00",
        "+30",
        "2022-03-01 08:06:00+08:00",
        "2022-03-01 08:05:00+08:00",
        "-60",
    )
    times = "2022-03-01 08:03:30+08:00 … 2022-03-01 08:05:00+08:00"
    assert [row[2:] for row in notes.rows] == [("zhang", "GD-17", "fibre", "at night", times)]


def test_a_note_on_what_is_no_outage_any_more_is_listed_and_marked() -> None:
    stray = replace(NOTE, outage="line@20220301T000400Z", ticket="GD-9")
    elsewhen = replace(NOTE, outage="line@20220228T235959Z")
    elsewhere = replace(NOTE, outage="other@20220301T000400Z")
    told = ten(notes=(stray, elsewhen, elsewhere))
    [_, notes] = outage_tables(told, Words("en"))
    assert column(notes, "Outage") == ["line@20220301T000400Z (not on record any more)"]
    service = json.loads(as_json(told))["services"][0]
    assert [(each["outage"], each["ticket"]) for each in service["stray_notes"]] == [("line@20220301T000400Z", "GD-9")]
    assert service["outages"][0]["notes"] == []
    calm = review(Record({"line": "U" * 10}, written=(stray,)), OFFICE, TEN_MINUTES, at(10))
    assert [table.heading for table in outage_tables(calm, Words("en"))] == ["No outages.", "Notes on outages"]


def test_a_note_without_times_makes_no_table_of_them() -> None:
    made = list(outage_tables(ten(notes=(replace(NOTE, carrier_start=None, carrier_end=None),)), Words("en")))
    assert ["Carrier's start" in each.columns for each in made] == [False, False]


def test_of_an_outage_that_lasts_the_end_has_no_difference_yet() -> None:
    outage = Outage(at(3), None, Span(at(3), at(10)), MINUTE, 7 * MINUTE, Cause.LINE)
    said = told(outage, [NOTE])
    assert (said.start_difference, said.end, said.end_difference) == (MINUTE / 2, at(5), None)
    record = Record({"line": "UUUDDDDDDD"}, written=(replace(NOTE, carrier_end=None),))
    carrier = list(outage_tables(review(record, OFFICE, TEN_MINUTES, at(10)), Words("en")))[1]
    assert carrier.rows[0][4:] == ("ongoing", "—", "—")


def test_of_several_notes_the_last_word_on_each_thing_stands() -> None:
    outage = Outage(at(3), at(6), Span(at(3), at(6)), MINUTE, 4 * MINUTE, Cause.LINE)
    later = Note(OUTAGE, "li", at(8), "GD-18", carrier_start=at(2))
    said = told(outage, [NOTE, later])
    assert (said.ticket, said.cause, said.text, said.start, said.end) == ("GD-18", "fibre", "at night", at(2), at(5))
    assert (said.start_difference, said.end_difference) == (-MINUTE, -MINUTE)
    assert told(outage, []) == NOTHING_TOLD


@pytest.mark.parametrize(("duration", "seconds"), [(-1.5, -1.5), (-0.000001, -0.000001), (-60, -60), (0, 0)])
def test_a_negative_difference_is_exact_too(duration: float, seconds: float) -> None:
    assert exact_seconds(timedelta(seconds=duration)) == seconds
