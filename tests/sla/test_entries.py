"""What may be entered into the ledger, and what is refused before anything is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from linewatch.errors import UsageError
from linewatch.sample.cause import Cause
from linewatch.sla.entries import excluded_span, noted, overlap, repeated, text, unlike_others
from linewatch.sla.exclusions import Exclusion, Note, Revocation
from linewatch.sla.period import instant
from linewatch.span import Span
from linewatch.verdict.outage import Outage

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2022, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("value", "told"), [("  电力检修 ", "电力检修"), ("全角　空格", "全角　空格"), ("=1+1", "=1+1"), ("a" * 500, "a" * 500)])
def test_a_line_of_text_is_taken_as_it_is(value: str, told: str) -> None:
    assert text("--reason", value) == told


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "--reason is empty"),
        (" \t　", "--reason is empty"),
        ("a" * 501, "--reason is longer than 500 characters"),
        ("a\nb", "--reason holds a character that cannot be printed, U+000A at place 2; it must be one line of text"),
        ("a\x1b[2J", "--reason holds a character that cannot be printed, U+001B at place 2; it must be one line of text"),
        ("ab\x00", "--reason holds a character that cannot be printed, U+0000 at place 3; it must be one line of text"),
        ("\u202eabc", "--reason holds a character that cannot be printed, U+202E at place 1; it must be one line of text"),
        ("a\u2028b", "--reason holds a character that cannot be printed, U+2028 at place 2; it must be one line of text"),
        ("a\udc80", "--reason holds a character that cannot be printed, U+DC80 at place 2; it must be one line of text"),
    ],
)
def test_text_that_cannot_be_printed_on_one_line_is_refused(value: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        text("--reason", value)
    assert str(caught.value) == words


def test_a_span_may_lie_in_the_past_or_in_the_near_future() -> None:
    assert excluded_span("2022-03-01", "2022-03-02", ZONE, NOW).length == 24 * HOUR
    assert excluded_span("2024-06-01", "2025-06-01", ZONE, NOW).length == 365 * 24 * HOUR


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2022-03-02", "2022-03-01", 'the exclusion ends before it begins: --from "2022-03-02" is not before --to "2022-03-01"'),
        ("2022-03-01", "2022-03-01T00:00+08:00", "is not before"),
        (
            "2222-03-01",
            "2222-03-02",
            'the exclusion would begin more than two years from now, --from "2222-03-01": it cannot be planned so far ahead',
        ),
        ("2022-03-01", "2032-03-01", 'the exclusion would last 3653 days, --from "2022-03-01" --to "2032-03-01": at most 366 are taken at once'),
        ("0022-03-01", "2022-03-01", "a year lies between 1970 and 9998, not 22"),
        ("noon", "2022-03-01", "an instant is written like"),
    ],
)
def test_a_span_that_cannot_be_meant_is_refused(start: str, end: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        excluded_span(start, end, ZONE, NOW)
    assert words in str(caught.value)


def entry(start: str, end: str, services: tuple[str, ...] = ("line",), repeat: str = "", id: int = 1) -> Exclusion:
    return Exclusion(id, services, Span(instant(start, ZONE), instant(end, ZONE)), "维护", "zhang", NOW, repeat=repeat)


NIGHT = entry("2022-06-15T02:00", "2022-06-15T04:00")
WEEKLY = entry("2022-06-19T02:00", "2022-06-19T04:00", repeat="FREQ=WEEKLY;BYDAY=SU", id=2)


@pytest.mark.parametrize(
    ("new", "hour"),
    [
        (entry("2022-06-15T03:00", "2022-06-15T05:00"), 3),
        (entry("2022-06-15T03:00", "2022-06-15T05:00", ()), 3),
        (entry("2022-06-15T00:00", "2022-06-15T05:00", ("site", "line")), 2),
        (entry("2022-06-15T04:00", "2022-06-15T05:00"), None),
        (entry("2022-06-15T03:00", "2022-06-15T05:00", ("site",)), None),
        (entry("2022-06-26T03:30", "2022-06-26T05:00"), 3.5),  # a Sunday
        (entry("2022-06-25T03:00", "2022-06-25T05:00"), None),
        (entry("2022-06-25T03:00", "2022-06-25T05:00", repeat="FREQ=WEEKLY;BYDAY=SA"), None),
        (entry("2022-07-03T03:00", "2022-07-03T05:00", repeat="FREQ=MONTHLY;BYDAY=1SU"), 3),
        (entry("2022-06-20T02:30", "2022-06-20T03:00", repeat="FREQ=MONTHLY"), 2.5),  # on some Sunday within two years
    ],
)
def test_an_overlap_is_found_where_two_would_leave_out_the_same_time_of_a_service(new: Exclusion, hour: float | None) -> None:
    found = overlap(new, [NIGHT, WEEKLY], ZONE)
    assert (None if found is None else found[1].start.astimezone(ZONE).hour + found[1].start.minute / 60) == hour


def test_a_revoked_exclusion_is_overlapped_by_nothing() -> None:
    assert overlap(NIGHT, [replace(NIGHT, revoked=Revocation("wrong", "li", NOW))], ZONE) is None


def test_an_overlap_is_told_with_the_number_and_the_time_in_both() -> None:
    agree = unlike_others(entry("2022-06-15T03:00", "2022-06-15T05:00"), ZONE, lambda at: f"{at.astimezone(ZONE):%H:%M}")
    agree([])
    with pytest.raises(UsageError) as caught:
        agree([NIGHT])
    assert str(caught.value) == (
        'it overlaps exclusion 1 ("维护", for line) from 03:00 to 04:00; with --overlapping it is entered all the same, and no second counts twice'
    )


def test_a_rule_is_kept_in_capitals() -> None:
    assert repeated("freq=weekly;byday=su", WEEKLY.span, ZONE) == "FREQ=WEEKLY;BYDAY=SU"


OUTAGE = Outage(NOW, NOW + HOUR, Span(NOW, NOW + HOUR), HOUR, HOUR, Cause.LINE)
NOTE = Note("line@20220601T000000Z", "zhang", NOW, "GD-17", carrier_start=NOW, carrier_end=NOW + HOUR)


@pytest.mark.parametrize("note", [NOTE, replace(NOTE, carrier_start=None, carrier_end=None), replace(NOTE, ticket="", carrier_end=None)])
def test_a_note_that_says_something_is_taken(note: Note) -> None:
    assert noted(note, OUTAGE, str) is note


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (replace(NOTE, ticket="", carrier_start=None, carrier_end=None), "the note says nothing: give at least one of --ticket"),
        (replace(NOTE, carrier_end=NOW), "the carrier's outage ends before it begins"),
        (
            replace(NOTE, carrier_start=NOW - timedelta(days=32)),
            "--carrier-start 2022-04-30 00:00:00+00:00 is more than 31 days away from the outage",
        ),
        (replace(NOTE, carrier_end=NOW + timedelta(days=365)), "--carrier-end 2023-06-01 00:00:00+00:00 is more than 31 days away from the outage"),
    ],
)
def test_a_note_that_cannot_be_meant_is_refused(note: Note, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        noted(note, OUTAGE, str)
    assert str(caught.value).startswith(words)
