"""The method statement: what a reviewer asks is answered in it, from the record and in both languages."""

from __future__ import annotations

from datetime import timedelta

from linewatch.report.method import method
from linewatch.report.review import Office, review
from linewatch.report.table import Section
from linewatch.report.words import Language, Words
from linewatch.sample.event import Event, Happening
from linewatch.sla.period import Period, between
from tests.report.record import Record, at, line, site
from tests.report.test_review import ZONE

OFFICE = Office((line(), site()), (), "1.2.3", "cd" * 32)
DAY = between("2022-03-01T08:00", "2022-03-02T08:00", ZONE)


def told(record: Record, language: Language = "en", period: Period = DAY) -> dict[str, Section]:
    return {section.heading: section for section in method(review(record, OFFICE, period, at(1440)), Words(language))}


def rows(section: Section) -> list[tuple[str, ...]]:
    return [row for table in section.tables for row in table.rows]


def test_it_has_an_answer_to_every_question() -> None:
    headings = list(told(Record({"line": "U"})))
    assert headings == [
        *("Definitions", "Parameters", "Service hours", "Profiles", "Coverage", "Exclusions", "Imported history"),
        "Software, configuration and watching",
    ]
    assert list(told(Record({"line": "U"}), "zh"))[:3] == ["定义", "参数", "服务时间"]


def test_unknown_time_over_an_hour_is_listed_with_its_cause_and_the_rest_is_counted() -> None:
    section = told(Record({"line": "U" + "l" * 61 + "U" * 10 + "l" * 60 + "U" * (1440 - 132), "site": "U" * 1440}))["Coverage"]
    assert rows(section) == [("line", "2022-03-01 08:01:00+08:00", "2022-03-01 09:02:00+08:00", "01:01:00", "local")]
    assert section.paragraphs[0] == "line: coverage 91.59 %, 1 unknown stretches over an hour, 1 shorter ones of 01:00:00 together."


def test_unknown_time_over_an_hour_of_two_causes_is_one_stretch_and_both_are_listed() -> None:
    section = told(Record({"line": "U" + "l" * 31 + "?" * 30 + "U" * (1440 - 62), "site": "U" * 1440}))["Coverage"]
    assert [(row[3], row[4]) for row in rows(section)] == [("00:31:00", "local"), ("00:30:00", "monitor")]


def test_a_day_without_unknown_time_lists_none() -> None:
    assert told(Record({"line": "U" * 1440, "site": "U" * 1440}))["Coverage"].tables == ()


def test_the_configuration_and_its_changes_are_told_and_no_restart_is_taken_for_one() -> None:
    happened = [
        Event(at(-60), Happening.CONFIGURED, None, {"sha256": "00" * 32}),
        Event(at(-50), Happening.CONFIGURED, None, {"sha256": "aa" * 32}),
        Event(at(10), Happening.STARTED, None, {"version": "1.2.3"}),
        Event(at(10), Happening.CONFIGURED, None, {"sha256": "aa" * 32}),
        Event(at(20), Happening.CONFIGURED, None, {"sha256": "bb" * 32}),
        Event(at(30), Happening.STOPPED),
        Event(at(1500), Happening.CONFIGURED, None, {"sha256": "ff" * 32}),
    ]
    section = told(Record({"line": "U"}, happened=happened))["Software, configuration and watching"]
    assert [(row[0], row[1], row[2][-4:]) for row in rows(section)] == [
        ("2022-03-01 07:10:00+08:00", "configuration", "aaaa"),
        ("2022-03-01 08:20:00+08:00", "configuration changed", "bbbb"),
    ]
    text = " ".join(section.paragraphs)
    assert "linewatch 1.2.3" in text
    assert "cd" * 32 in text
    assert "started 1 times and stopped in an orderly way 1 times" in text


def test_steps_of_the_clock_and_lost_samples_are_told_with_their_size() -> None:
    steps = {"left_at": at(60).isoformat(), "resumed_at": (at(58) + timedelta(milliseconds=250)).isoformat()}
    lost = {"count": 7, "first_at": at(70).isoformat(), "last_at": at(71).isoformat()}
    happened = [Event(at(58), Happening.CLOCK_STEPPED, None, steps), Event(at(72), Happening.SAMPLES_LOST, "line", lost)]
    section = told(Record({"line": "U"}, happened=happened), "zh")["软件、配置与监测过程"]
    assert rows(section) == [
        ("2022-03-01 08:58:00+08:00", "时钟跳变", "2022-03-01 09:00:00+08:00 → 2022-03-01 08:58:00+08:00 (-119.750 s)"),
        ("2022-03-01 09:12:00+08:00", "采样丢失", "line: 7 (2022-03-01 09:10:00+08:00 … 2022-03-01 09:11:00+08:00)"),
    ]
    assert "时钟跳变 1 次；采样丢失 1 次。" in section.paragraphs


def test_a_record_that_was_made_of_a_damaged_one_says_so_in_every_report_of_it() -> None:
    told_of = {"breaks": 2, "dropped": 1, "judged_anew": 3}
    happened = [Event(at(1000), Happening.RECOVERED, None, told_of)]  # after the hour that is asked for
    hour = between("2022-03-01T08:00", "2022-03-01T09:00", ZONE)
    section = told(Record({"line": "U"}, happened=happened), period=hour)["Software, configuration and watching"]
    [row] = rows(section)
    assert row[1:] == ("record recovered from a damaged store", "2 stretches unreadable, 1 rows without sense, 3 changes of state judged anew")


def test_imported_history_is_told_with_its_fingerprint_and_its_overlap() -> None:
    section = told(Record({"line": "UUU"}, {"line": [(2, "DDDD")]}))["Imported history"]
    [row] = rows(section)
    assert row[1:4] == ("2.csv", "states", "4")
    assert row[-3:] == ("00:01:00", "00:00:00", "ab" * 32)
    assert told(Record({"line": "U"}))["Imported history"].tables == ()
