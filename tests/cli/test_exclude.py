"""The ledger from the command line: what is entered changes the figures as said, what cannot be meant changes nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Linewatch

BY = ("--by", "张三", "--reason", "电力检修")
LINE = ("exclude", "add", "--service", "leased-line", *BY)


def figures(linewatch: Linewatch, *options: str) -> dict[str, Any]:
    ran = linewatch("sla", "--year", "2022", "--service", "leased-line", "--format", "json", *options)
    assert ran.code == 0, ran.err
    told: dict[str, Any] = json.loads(ran.out, parse_float=Decimal)["services"][0]
    return told


def ledger(linewatch: Linewatch, *options: str) -> list[dict[str, Any]]:
    ran = linewatch("exclude", "list", "--json", *options)
    assert ran.code == 0, ran.err
    told: list[dict[str, Any]] = json.loads(ran.out)["exclusions"]
    return told


def test_half_of_the_outage_is_left_out_and_gross_stands_beside(year: Path, linewatch: Linewatch) -> None:
    ran = linewatch(*LINE, "--from", "2022-06-15T10:30", "--to", "2022-06-15T12:00", "--reference", "停电公告 17")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "exclusion 1, retroactive: leased-line from 2022-06-15 10:30:00+08:00 to 2022-06-15 12:00:00+08:00 (01:30:00)\n"
    told = figures(linewatch)
    assert (told["seconds"]["excluded"], told["seconds"]["down"], told["seconds"]["up"]) == (5_400, 1_800, 31_536_000 - 7_200)
    assert told["availability"]["observed"] > told["availability"]["gross"]
    assert abs(told["availability"]["gross"] - (1 - Decimal(3600) / 31_536_000)) < Decimal("1e-15")
    [row] = told["exclusions"]
    assert {name: row[name] for name in ("start", "end", "seconds", "reason", "reference", "by", "retroactive")} == {
        "start": "2022-06-15T02:30:00Z",
        "end": "2022-06-15T04:00:00Z",
        "seconds": 5_400,
        "reason": "电力检修",
        "reference": "停电公告 17",
        "by": "张三",
        "retroactive": True,
    }
    assert told["outages"][0]["excluded_seconds"] == 1_800
    out = linewatch("sla", "--year", "2022").out
    assert "gross %" in out
    [listed] = [line for line in out.splitlines() if "停电公告 17" in line]
    assert "01:30:00" in listed
    assert "retroactive" in listed


def test_what_was_entered_later_than_the_moment_of_the_report_does_not_count(year: Path, linewatch: Linewatch) -> None:
    before = figures(linewatch, "--as-of", "2023-06-01")
    linewatch(*LINE, "--from", "2022-06-15T10:30", "--to", "2022-06-15T12:00")
    assert figures(linewatch, "--as-of", "2023-06-01") == before
    assert figures(linewatch) != before


def test_a_revoked_exclusion_removes_nothing_and_stays_in_the_ledger(year: Path, linewatch: Linewatch) -> None:
    before = figures(linewatch)
    linewatch(*LINE, "--from", "2022-06-15T10:30", "--to", "2022-06-15T12:00")
    ran = linewatch("exclude", "revoke", "1", "--by", "李四", "--reason", "日期有误")
    assert (ran.code, ran.out) == (0, 'exclusion 1 ("电力检修") is revoked\n')
    assert figures(linewatch) == before
    [entry] = ledger(linewatch, "--year", "2022")
    assert (entry["revoked"]["by"], entry["revoked"]["reason"], entry["windows"]) == ("李四", "日期有误", [])
    out = linewatch("exclude", "list", "--month", "2022-06").out
    assert "李四: 日期有误" in out
    again = linewatch(*LINE, "--from", "2022-06-15T10:30", "--to", "2022-06-15T12:00")
    assert again.out.startswith("exclusion 2, ")  # a revoked one is overlapped by nothing


def test_a_planned_exclusion_for_every_service_that_comes_again(year: Path, linewatch: Linewatch) -> None:
    ran = linewatch("exclude", "add", "--all", *BY, "--from", "2022-01-02T02:00", "--to", "2022-01-02T04:00", "--repeat", "freq=weekly;byday=su")
    assert ran.out.endswith("(02:00:00), and again by FREQ=WEEKLY;BYDAY=SU\n")
    told = figures(linewatch)
    assert (told["seconds"]["excluded"], len(told["exclusions"])) == (52 * 7_200, 52)
    assert figures(linewatch)["availability"]["observed"] < told["availability"]["gross"]  # uptime alone was left out
    [entry] = ledger(linewatch, "--month", "2022-06", "--service", "site")
    assert (entry["services"], entry["repeat"], len(entry["windows"])) == (None, "FREQ=WEEKLY;BYDAY=SU", 4)
    assert ledger(linewatch, "--year", "2021") == []
    assert linewatch("exclude", "list", "--year", "2021").out == "No exclusions.\n"


def test_overlapping_exclusions_are_entered_on_request_and_count_once(year: Path, linewatch: Linewatch) -> None:
    linewatch(*LINE, "--from", "2022-06-15T10:45", "--to", "2022-06-15T11:15")
    refused = linewatch("exclude", "add", "--all", *BY, "--from", "2022-06-15T11:00", "--to", "2022-06-15T12:00")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        'linewatch: it overlaps exclusion 1 ("电力检修", for leased-line) from 2022-06-15 11:00:00+08:00 to 2022-06-15 11:15:00+08:00; '
        "with --overlapping it is entered all the same, and no second counts twice\n"
    )
    assert len(ledger(linewatch)) == 1
    assert linewatch("exclude", "add", "--all", *BY, "--from", "2022-06-15T11:00", "--to", "2022-06-15T12:00", "--overlapping").code == 0
    told = figures(linewatch)
    assert (told["seconds"]["excluded"], told["seconds"]["down"]) == (4_500, 2_700)
    assert [row["seconds"] for row in told["exclusions"]] == [1_800, 3_600]


def test_the_ledger_is_listed_for_people(year: Path, linewatch: Linewatch) -> None:
    assert linewatch("exclude", "list").out == "No exclusions.\n"
    linewatch(*LINE, "--from", "2022-06-15T10:30", "--to", "2022-06-15T12:00", "--reference", "=1+1")
    header, row = linewatch("exclude", "list", "--lang", "zh").out.splitlines()
    assert header.split()[:2] == ["编号", "服务"]
    assert row.split()[:2] == ["1", "leased-line"]
    assert "=1+1" in row
    assert ledger(linewatch, "--service", "site") == []


SPAN = "--from 2022-06-15T10:30 --to 2022-06-15T12:00"
REFUSED: list[tuple[str, str]] = [
    (f"exclude add {SPAN} --reason r --by b", "say for whom: --service NAME (one or more), or --all"),
    (f"exclude add --all --service site {SPAN} --reason r --by b", "say for whom: --service NAME (one or more), or --all"),
    (f"exclude add --service nobody {SPAN} --reason r --by b", 'no service is called "nobody"; the configuration has: leased-line, site'),
    (f"exclude add --all {SPAN} --by b", "Missing option '--reason'."),
    (f"exclude add --all {SPAN} --reason r", "Missing option '--by'."),
    ("exclude add --all --from 2022-06-15 --reason r --by b", "Missing option '--to'."),
    (f"exclude add --all {SPAN} --reason _ --by b", "--reason is empty"),
    (f"exclude add --all {SPAN} --reason r --by _", "--by is empty"),
    (f"exclude add --all {SPAN} --reason r --by b --reference _", "--reference is empty"),
    (
        f"exclude add --all {SPAN} --reason a\x1b[2Jb --by b",
        "--reason holds a character that cannot be printed, U+001B at place 2; it must be one line of text",
    ),
    (
        "exclude add --all --from 2022-06-15T12:00 --to 2022-06-15T10:30 --reason r --by b",
        'the exclusion ends before it begins: --from "2022-06-15T12:00" is not before --to "2022-06-15T10:30"',
    ),
    (
        "exclude add --all --from soon --to later --reason r --by b",
        'an instant is written like 2022-03-01 or 2022-03-01T08:00+08:00, not "soon"',
    ),
    (
        "exclude add --all --from 2222-06-15 --to 2222-06-16 --reason r --by b",
        'the exclusion would begin more than two years from now, --from "2222-06-15": it cannot be planned so far ahead',
    ),
    (
        "exclude add --all --from 2022-06-15 --to 2024-06-15 --reason r --by b",
        'the exclusion would last 731 days, --from "2022-06-15" --to "2024-06-15": at most 366 are taken at once',
    ),
    (
        f"exclude add --all {SPAN} --reason r --by b --repeat FREQ=SECONDLY",
        'the rule "FREQ=SECONDLY" goes by parts of a day; a rule repeats daily, weekly, monthly or yearly, at the time of --from',
    ),
    (
        f"exclude add --all {SPAN} --reason r --by b --repeat FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        'the rule "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" does not name the first window itself, Wednesday 2022-06-15 10:30',
    ),
    ("exclude revoke 1 --by b --reason r", "exclusion 1 was revoked before, on "),
    ("exclude revoke 7 --by b --reason r", "there is no exclusion 7; `linewatch exclude list` shows those that there are"),
    ("exclude revoke 99999999999999999999 --by b --reason r", "there is no exclusion 99999999999999999999; `linewatch exclude list` shows"),
    ("exclude revoke one --by b --reason r", "Invalid value for 'ID'"),
    ("exclude revoke 1 --by b", "Missing option '--reason'."),
    ("exclude revoke 1 --by _ --reason r", "--by is empty"),
    ("exclude list --service nobody", 'no service is called "nobody"; the configuration has: leased-line, site'),
    ("exclude list --year 2022 --month 2022-03", "say which period: one of --year, --quarter, --month, or --from with --to, not --year and --month"),
    ("exclude list --from 2022-03-01", "--from and --to go together"),
    ("exclude list --lang fr", '--lang is zh or en, not "fr"'),
    ("exclude", "Missing command."),
    ("exclude forget 1", "No such command 'forget'."),
]


def test_what_cannot_be_meant_is_one_line_and_nothing_is_written(year: Path, linewatch: Linewatch) -> None:
    linewatch("exclude", "add", "--all", *BY, "--from", "2022-01-01", "--to", "2022-01-02")
    linewatch("exclude", "revoke", "1", *BY)
    before = ledger(linewatch)
    for command, words in REFUSED:
        ran = linewatch(*(" " if word == "_" else word for word in command.split(" ")))
        assert (ran.code, ran.out) == (2, ""), command
        assert ran.err.startswith(f"linewatch: {words}"), command
        assert ran.err.count("\n") == 1, command
        assert ledger(linewatch) == before, command


@pytest.mark.parametrize(
    "command",
    [f"exclude add --all {SPAN} --reason r --by b", "exclude revoke 1 --reason r --by b", "exclude list", "outages note leased-line@x --by b"],
)
def test_without_a_store_there_is_nothing_to_enter_into_and_none_is_made(folder: Path, linewatch: Linewatch, command: str) -> None:
    ran = linewatch(*command.split())
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == f"linewatch: no store yet at {folder}/linewatch.db: start `linewatch run` or `linewatch import`\n"
    assert not (folder / "linewatch.db").exists()
