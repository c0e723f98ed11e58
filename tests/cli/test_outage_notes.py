"""Notes on outages: the carrier's ticket and its own times beside the measured ones."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import Linewatch

ID = "leased-line@20220615T020000Z"
YEAR = ("outages", "--year", "2022")
CARRIER = ("--carrier-start", "2022-06-15T10:05", "--carrier-end", "2022-06-15T10:50:30.5")


def outage(linewatch: Linewatch, *options: str) -> dict[str, Any]:
    [told] = json.loads(linewatch(*YEAR, "--format", "json", *options).out)["outages"]
    found: dict[str, Any] = told
    return found


def test_a_note_is_shown_beside_the_outage_with_the_difference_in_seconds(year: Path, linewatch: Linewatch) -> None:
    ran = linewatch("outages", "note", ID, "--ticket", "GD-17", "--cause", "光缆中断", "--by", "张三", "--text", "夜间抢修", *CARRIER)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"noted on {ID}: began 2022-06-15 10:00:00+08:00, lasted 01:00:00\n"
    told = outage(linewatch)
    assert (told["ticket"], told["noted_cause"]) == ("GD-17", "光缆中断")
    assert (told["start"], told["carrier_start"], told["carrier_start_difference_seconds"]) == ("2022-06-15T02:00:00Z", "2022-06-15T02:05:00Z", 300)
    assert (told["end"], told["carrier_end_difference_seconds"]) == ("2022-06-15T03:00:00Z", -569.5)
    [note] = told["notes"]
    assert (note["by"], note["text"], note["carrier_end"]) == ("张三", "夜间抢修", "2022-06-15T02:50:30.500000Z")
    out = linewatch(*YEAR).out
    assert all(words in out for words in ("GD-17", "光缆中断", "夜间抢修", "+300", "-569.5", "2022-06-15 10:05:00+08:00"))
    assert "GD-17" in linewatch("sla", "--year", "2022").out


def test_the_note_written_last_goes_first_and_the_earlier_ones_stay(year: Path, linewatch: Linewatch) -> None:
    linewatch("outages", "note", ID, "--by", "张三", "--ticket", "GD-17", *CARRIER)
    linewatch("outages", "note", ID, "--by", "李四", "--ticket", "GD-18", "--carrier-start", "2022-06-15T09:59")
    told = outage(linewatch)
    assert (told["ticket"], told["carrier_start_difference_seconds"], told["carrier_end_difference_seconds"]) == ("GD-18", -60, -569.5)
    assert [note["ticket"] for note in told["notes"]] == ["GD-17", "GD-18"]
    assert outage(linewatch, "--as-of", "2023-06-01")["notes"] == []


def test_a_note_is_about_the_whole_outage_whatever_the_period_cuts_off_it(year: Path, linewatch: Linewatch) -> None:
    linewatch("outages", "note", ID, "--by", "张三", *CARRIER)
    [told] = json.loads(linewatch("outages", "--from", "2022-06-15T10:30", "--to", "2022-06-15T10:40", "--format", "json").out)["outages"]
    assert (told["id"], told["seconds"], told["carrier_start_difference_seconds"], told["carrier_end_difference_seconds"]) == (ID, 600, 300, -569.5)


def test_the_csv_has_the_carriers_times_and_no_formula(year: Path, linewatch: Linewatch) -> None:
    linewatch("outages", "note", ID, "--by", "张三", "--ticket", "=cmd|' /C calc'!A0", "--cause", "+49", *CARRIER)
    [row] = csv.DictReader(io.StringIO(linewatch(*YEAR, "--format", "csv").out.removeprefix("\ufeff")))
    assert (row["ticket"], row["noted_cause"]) == ("'=cmd|' /C calc'!A0", "'+49")
    assert (row["carrier_start"], row["carrier_start_difference_seconds"]) == ("2022-06-15T02:05:00Z", "300")
    assert row["carrier_end_difference_seconds"] == "-569.5"
    assert (row["seconds"], row["excluded_seconds"]) == ("3600", "0")


REFUSED: list[tuple[str, str]] = [
    (f"{ID} --ticket T", "Missing option '--by'."),
    (f"{ID} --by b", "the note says nothing: give at least one of --ticket, --cause, --text, --carrier-start and --carrier-end"),
    (f"{ID} --by _ --ticket T", "--by is empty"),
    (f"{ID} --by b --ticket _", "--ticket is empty"),
    (f"{ID} --by b --text a\nb", "--text holds a character that cannot be printed, U+000A at place 2; it must be one line of text"),
    ("leased-line@20220615T020001Z --by b --ticket T", "there is no outage leased-line@20220615T020001Z on record; `linewatch outages` lists those"),
    ("site@20220615T020000Z --by b --ticket T", "there is no outage site@20220615T020000Z on record; `linewatch outages` lists those of a period"),
    ("nobody@20220615T020000Z --by b --ticket T", 'no service is called "nobody"; the configuration has: leased-line, site'),
    ("17 --by b --ticket T", 'an outage is named like leased-line@20220615T020000Z, not "17"; `linewatch outages` lists them'),
    (f"{ID} --by b --carrier-start ten", 'an instant is written like 2022-03-01 or 2022-03-01T08:00+08:00, not "ten"'),
    (
        f"{ID} --by b --carrier-start 2022-06-15T10:50 --carrier-end 2022-06-15T10:05",
        "the carrier's outage ends before it begins: --carrier-start 2022-06-15 10:50:00+08:00 is not before --carrier-end 2022-06-15 10:05:00+08:00",
    ),
    (
        f"{ID} --by b --carrier-start 2021-06-15T10:05",
        "--carrier-start 2021-06-15 10:05:00+08:00 is more than 31 days away from the outage, which began 2022-06-15 10:00:00+08:00",
    ),
]


def test_a_note_that_cannot_be_meant_is_one_line_and_nothing_is_written(year: Path, linewatch: Linewatch) -> None:
    for given, words in REFUSED:
        ran = linewatch("outages", "note", *(" " if word == "_" else word for word in given.split(" ")))
        assert (ran.code, ran.out) == (2, ""), given
        assert ran.err.startswith(f"linewatch: {words}"), given
        assert ran.err.count("\n") == 1, given
    assert outage(linewatch)["notes"] == []


def test_options_of_the_list_before_the_word_note_are_not_lost_without_a_word(year: Path, linewatch: Linewatch) -> None:
    ran = linewatch("outages", "--config", "other.toml", "note", ID, "--by", "b", "--ticket", "T")
    assert (ran.code, ran.err) == (2, "linewatch: the options of `outages note` stand after that word\n")
