"""What was measured here, as the commands tell it: outages and their uncertainty, imports beside measurement, samples, the store's upgrade."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Linewatch
from tests.cli.record import INTERVAL, record

START = datetime(2024, 3, 1, 0, 0, tzinfo=UTC)
HOUR = ("--from", "2024-03-01T08:00", "--to", "2024-03-01T09:00")
OUTAGE = "." * 100 + "x" * 20 + "." * 1080  # 300 s good, 60 s bad, good to the end of the hour


def line(linewatch: Linewatch, *arguments: str) -> dict[str, Any]:
    ran = linewatch("sla", *HOUR, "--service", "leased-line", "--format", "json", *arguments)
    assert ran.code == 0, ran.err
    told: dict[str, Any] = json.loads(ran.out)["services"][0]
    return told


def test_an_outage_states_what_sampling_leaves_open(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, OUTAGE)
    told = line(linewatch)
    [outage] = told["outages"]
    assert (outage["start"], outage["end"]) == ("2024-03-01T00:05:00Z", "2024-03-01T00:06:00Z")
    assert (outage["seconds"], outage["seconds_min"], outage["seconds_max"]) == (60, 57, 63)
    assert told["availability"]["low"] < told["availability"]["observed"] < told["availability"]["high"] < 1
    assert told["availability"]["printed"] == "98.33"
    assert told["loss"] == 20 / 1200
    assert abs(told["rtt_ms"]["p50"] - 20) < 1
    assert told["profiles"]["standard"]["outage_count"] == 1
    assert (told["profiles"]["carrier"]["outage_count"], told["profiles"]["carrier"]["availability"]["observed"]) == (0, 1)


def test_the_time_after_the_last_round_is_unknown_and_not_up(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, "." * 600)
    told = line(linewatch, "--as-of", "2024-03-01T09:00")
    assert (told["seconds"]["up"], told["seconds"]["unknown"]) == (1800, 1800)
    assert [(each["start"], each["cause"]) for each in told["unknown"]] == [("2024-03-01T00:30:00Z", "monitor")]
    assert (told["availability"]["printed"], told["coverage"], told["result"]) == ("100.00", 0.5, "unproven")


def test_an_outage_that_lasts_is_told_as_ongoing(folder: Path, linewatch: Linewatch) -> None:
    start = datetime.now(UTC) - timedelta(seconds=1) - 9 * INTERVAL
    record(folder, "leased-line", start, "....xxxxxx")
    zone_day = f"{start + timedelta(hours=8):%Y-%m-%d}"
    ran = linewatch("outages", "--from", zone_day, "--to", "2100-01-01", "--format", "json")
    [outage] = json.loads(ran.out)["outages"]
    assert (outage["service"], outage["ongoing"], outage["cause"]) == ("leased-line", True, "line")
    assert "ongoing" in linewatch("outages", "--from", zone_day, "--to", "2100-01-01").out


def spelled(value: object) -> str:
    """As a CSV has what JSON told."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_outages_as_table_json_and_csv_tell_the_same(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, OUTAGE)
    [told] = json.loads(linewatch("outages", *HOUR, "--format", "json").out)["outages"]
    text = linewatch("outages", *HOUR, "--format", "csv").out
    assert (text[0], text.count("\r\n"), text.count("\n")) == ("\ufeff", 2, 2)  # as Excel wants it, and RFC 4180
    [row] = csv.DictReader(text[1:].splitlines())
    assert row == {name: spelled(told[name]) for name in row}
    assert row["charged_seconds"] == "60"
    table = linewatch("outages", *HOUR).out
    assert all(words in table for words in (told["id"], "2024-03-01 08:05:00+08:00", "00:01:00", "00:00:57 … 00:01:03", "line"))


def test_without_an_outage_it_says_so(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, "." * 10)
    assert linewatch("outages", *HOUR).out == "No outages.\n"
    assert linewatch("outages", *HOUR, "--lang", "zh").out == "本时段无中断。\n"
    assert json.loads(linewatch("outages", *HOUR, "--format", "json").out) == {"outages": []}
    assert linewatch("outages", *HOUR, "--format", "csv").out.count("\n") == 1


def test_where_an_import_overlaps_what_was_measured_the_measurement_stands_and_the_overlap_is_told(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, "." * 600)  # up until half past eight in Shanghai, then nobody looked
    rows = ["2024-03-01T00:00:00Z,down,line", "2024-03-01T00:45:00Z,up,", "2024-03-01T01:00:00Z,unknown,"]
    (folder / "other.csv").write_text("\n".join(["at,state,cause", *rows, ""]), "utf-8")
    ran = linewatch("import", "other.csv", "-s", "leased-line", "-k", "states")
    assert "imported 3 rows of other.csv into leased-line" in ran.out
    assert "00:30:00 of it was measured here too; the measurement stands" in ran.out
    told = line(linewatch)
    assert (told["seconds"]["up"], told["seconds"]["down"], told["seconds"]["unknown"]) == (2700, 900, 0)
    assert told["imported_overlap_seconds"] == 1800


def test_a_history_that_ends_before_the_measurement_begins_does_not_overlap_it(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, "." * 600)
    (folder / "other.csv").write_text("at,state,cause\n2024-02-01T00:00:00Z,up,\n2024-03-01T00:00:00Z,unknown,\n", "utf-8")
    assert "measured here too" not in linewatch("import", "other.csv", "-s", "leased-line", "-k", "states").out
    assert line(linewatch)["imported_overlap_seconds"] == 0


@pytest.mark.parametrize("kind", ["states", "samples"])
def test_a_malformed_row_stores_nothing_beside_what_is_there(folder: Path, linewatch: Linewatch, kind: str) -> None:
    record(folder, "leased-line", START, "." * 600)
    before = line(linewatch, "--as-of", "2024-03-02")
    good = {"states": "at,state,cause\n2024-03-01T00:30:00Z,down,line\n", "samples": "at,ok,rtt_ms,cause\n2024-03-01T00:30:00Z,1,20,\n"}[kind]
    (folder / "other.csv").write_text(good + "the day before yesterday,1,,\n", "utf-8")
    ran = linewatch("import", "other.csv", "-s", "leased-line", "-k", kind)
    assert (ran.code, ran.out) == (2, "")
    assert "other.csv:3:" in ran.err
    assert line(linewatch, "--as-of", "2024-03-02") == before


def test_rounds_are_exported_as_samples(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, "..x?.")
    rows = list(csv.DictReader(linewatch("export", "-s", "leased-line", "-k", "samples").out.splitlines()))
    assert [row["ok"] for row in rows] == ["1", "1", "0", "", "1"]
    assert [row["at"] for row in rows[:2]] == ["2024-03-01T00:00:00Z", "2024-03-01T00:00:03Z"]
    assert float(rows[0]["rtt_ms"]) == pytest.approx(20, abs=1)
    given = ("--from", "2024-03-01T08:00:03", "--to", "2024-03-01T08:00:09")
    assert linewatch("export", "-s", "leased-line", "-k", "samples", *given).out.count("\n") == 3


def test_the_store_is_made_and_upgraded(folder: Path, linewatch: Linewatch) -> None:
    first, again = linewatch("db", "upgrade"), linewatch("db", "upgrade")
    assert (first.code, first.out) == (0, again.out)
    assert first.out.startswith("the store has schema ")
    assert stands_empty(linewatch)


def stands_empty(linewatch: Linewatch) -> bool:
    told = json.loads(linewatch("sla", "--year", "2022", "--format", "json").out)["services"]
    return all(each["availability"]["observed"] is None and each["result"] == "unproven" for each in told)


def test_an_outage_of_the_line_is_not_the_sites(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, OUTAGE)
    rows = ["2024-03-01T00:00:00Z,up,", "2024-03-01T00:05:00Z,down,connect", "2024-03-01T00:06:00Z,up,", "2024-03-01T01:00:00Z,unknown,"]
    (folder / "site.csv").write_text("\n".join(["at,state,cause", *rows, ""]), "utf-8")
    assert linewatch("import", "site.csv", "-s", "site", "-k", "states").code == 0
    told = {each["name"]: each for each in json.loads(linewatch("sla", *HOUR, "--format", "json").out)["services"]}
    assert (told["leased-line"]["seconds"]["down"], told["site"]["seconds"]["down"], told["site"]["seconds"]["unknown"]) == (60, 0, 60)
    assert [each["cause"] for each in told["site"]["unknown"]] == ["line"]
    alone = json.loads(linewatch("sla", *HOUR, "--service", "site", "--format", "json").out)["services"]
    assert alone == [told["site"]]
