"""What a reviewer tries who believes nothing: time that nobody saw, two records of one day, figures that hide what was promised."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.cli.conftest import CONFIGURATION, ONE_HOUR_DOWN, Linewatch

ONE_LOOK = "at,ok,rtt_ms,cause\n2022-01-01T00:00:00+08:00,1,5,\n"
JUNE_UP = "at,state,cause\n2022-06-15T10:30:00+08:00,up,\n2022-06-15T12:00:00+08:00,unknown,\n"
LINE = ("--service", "leased-line", "--kind", "states")


def line(linewatch: Linewatch, *given: str) -> dict[str, Any]:
    ran = linewatch("sla", *given, "--service", "leased-line", "--format", "json")
    assert ran.code == 0, ran.err
    told: dict[str, Any] = json.loads(ran.out)["services"][0]
    return told


def imported(folder: Path, linewatch: Linewatch, **files: str) -> list[str]:
    """What each import said."""
    said = []
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
        ran = linewatch("import", f"{name}.csv", *LINE)
        assert ran.code == 0, ran.err
        said.append(ran.out)
    return said


def test_a_file_vouches_for_no_time_that_is_still_to_come(folder: Path, linewatch: Linewatch) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for kind, text in (
        ("states", f"at,state,cause\n2022-01-01T00:00:00Z,up,\n{tomorrow},unknown,\n"),
        ("samples", f"at,ok,rtt_ms,cause\n2022-01-01T00:00:00Z,1,5,\n{tomorrow},1,5,\n"),
    ):
        (folder / "ahead.csv").write_text(text, "utf-8")
        ran = linewatch("import", "ahead.csv", "--service", "leased-line", "--kind", kind)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("linewatch: ahead.csv: its last row, ")
        assert ran.err.endswith("is still to come; history ends by now\n")
    assert not (folder / "linewatch.db").exists()


@pytest.mark.parametrize("command", ["sla", "outages"])
def test_no_report_is_dated_ahead(year: Path, linewatch: Linewatch, command: str) -> None:
    ran = linewatch(command, "--year", "2022", "--as-of", "9000-01-01")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == 'linewatch: --as-of "9000-01-01" is still to come: a report counts up to now at most\n'


def test_one_look_vouches_for_an_hour_at_most(folder: Path, linewatch: Linewatch) -> None:
    (folder / "look.csv").write_text(ONE_LOOK, "utf-8")
    given = ("import", "look.csv", "--service", "leased-line", "--kind", "samples", "--interval")
    for interval in ("3601s", "24h", "9999999h"):
        ran = linewatch(*given, interval)
        assert (ran.code, ran.err) == (2, f'linewatch: --interval is at most 1h, not "{interval}": a look vouches for the time until the next one\n')
    assert linewatch(*given, "60m").code == 0
    told = line(linewatch, "--year", "2022")
    assert (told["seconds"]["up"], told["seconds"]["unknown"], told["result"]) == (3600, 31_532_400, "unproven")


def test_of_two_files_that_contradict_each_other_the_first_stands_and_the_report_says_how_much_did_not_count(
    folder: Path, linewatch: Linewatch
) -> None:
    first, second = imported(folder, linewatch, first=ONE_HOUR_DOWN, second=JUNE_UP)
    assert "told by files imported before" not in first
    assert second.endswith("01:30:00 of it is told by files imported before; those stand\n")
    told = line(linewatch, "--year", "2022")
    assert told["seconds"]["down"] == 3600
    assert [(each["file"], each["overlap_seconds"], each["told_before_seconds"]) for each in told["sources"]] == [
        ("first.csv", 0, 0),
        ("second.csv", 0, 5400),
    ]
    shown = linewatch("sla", "--year", "2022").out
    assert "Where files overlap, the one that was imported first stands" in shown
    assert next(row for row in shown.splitlines() if "second.csv" in row and "states" in row).split()[-3:-1] == ["00:00:00", "01:30:00"]


def test_files_that_follow_one_another_or_leave_a_gap_are_not_told_twice(folder: Path, linewatch: Linewatch) -> None:
    gap = "at,state,cause\n2022-01-01T00:00:00Z,up,\n2022-01-02T00:00:00Z,unknown,\n2022-01-03T00:00:00Z,up,\n2022-01-04T00:00:00Z,unknown,\n"
    within = "at,state,cause\n2022-01-02T00:00:00Z,up,\n2022-01-03T00:00:00Z,unknown,\n"
    after = "at,state,cause\n2022-01-04T00:00:00Z,up,\n2022-01-05T00:00:00Z,unknown,\n"
    assert not any("told by" in said for said in imported(folder, linewatch, gap=gap, within=within, after=after))
    assert line(linewatch, "--from", "2022-01-01T00:00Z", "--to", "2022-01-05T00:00Z")["coverage"] == 1


def test_between_failures_counts_what_is_judged(year: Path, linewatch: Linewatch) -> None:
    told = line(linewatch, "--year", "2022")
    assert (told["outage_count"], told["mttr_seconds"], told["mtbf_seconds"]) == (1, 3600, 31_532_400)
    window = ("--from", "2022-06-15T10:00", "--to", "2022-06-15T11:00")
    assert linewatch("exclude", "add", "--service", "leased-line", *window, "--reason", "notice", "--by", "me").code == 0
    told = line(linewatch, "--year", "2022")
    assert (told["outage_count"], told["mttr_seconds"], told["mtbf_seconds"]) == (1, 3600, None)
    told = line(linewatch, *window)  # nothing of it is owed: there is no mean of anything
    assert (told["availability"]["printed"], told["coverage"], told["mtbf_seconds"]) == (None, None, None)


def test_a_target_is_printed_as_it_was_agreed(year: Path, linewatch: Linewatch) -> None:
    """One hour in a year is 99.9885 %: against 99.99 % as cut off it would look kept."""
    target = "\n[line.sla]\ntarget = 0.99995\n\n[[endpoint]]"
    (year / "linewatch.toml").write_text(CONFIGURATION.replace("\n[[endpoint]]", target), "utf-8")
    assert "  99.995  " in linewatch("sla", "--year", "2022").out
    assert "= 99.995 %" in linewatch("sla", "--year", "2022").out
    assert "99.995 |" in linewatch("sla", "--year", "2022", "--format", "markdown").out
    assert "<dd>99.995</dd>" in linewatch("sla", "--year", "2022", "--format", "html").out
    assert linewatch("sla", "--year", "2022", "--format", "xlsx", "--output", "year.xlsx").code == 0
    book = load_workbook(year / "year.xlsx")
    cells = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert {99.995, "=99.995%"} <= cells


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("2022-02-30", 'there is no such instant: "2022-02-30"'),
        ("2022-01-01T24:00", 'there is no such instant: "2022-01-01T24:00"'),
        ("2022-01-01T00:00+25:00", 'there is no such instant: "2022-01-01T00:00+25:00"'),
        ("0000-01-01", 'there is no such instant: "0000-01-01"'),
        ("10000-01-01", 'an instant is written like 2022-03-01 or 2022-03-01T08:00+08:00, not "10000-01-01"'),
        ("2022-01-01\n00:00", 'an instant is written like 2022-03-01 or 2022-03-01T08:00+08:00, not "2022-01-01\\n00:00"'),
        ("2022-01-01\x1b[31m", 'an instant is written like 2022-03-01 or 2022-03-01T08:00+08:00, not "2022-01-01\\x1b[31m"'),
    ],
)
def test_a_day_that_does_not_exist_is_called_so(folder: Path, linewatch: Linewatch, asked: str, said: str) -> None:
    ran = linewatch("sla", "--from", asked, "--to", "2022-03-01")
    assert (ran.code, ran.err) == (2, f"linewatch: {said}\n")


def test_blanks_around_an_instant_are_no_part_of_the_periods_name(year: Path, linewatch: Linewatch) -> None:
    ran = linewatch("sla", "--from", "2022-01-01\n", "--to", " 2022-01-02\t", "--format", "json")
    assert json.loads(ran.out)["period"]["label"] == "2022-01-01/2022-01-02"


def test_a_name_with_control_characters_is_refused_in_one_visible_line(folder: Path, linewatch: Linewatch) -> None:
    ran = linewatch("sla", "--year", "2022", "--service", "a\n\x1b[31mb")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert ran.err.startswith('linewatch: no service is called "a\\n\\x1b[31mb"; ')


def test_a_folder_in_the_stores_place_is_called_so(folder: Path, linewatch: Linewatch) -> None:
    (folder / "linewatch.db").mkdir()
    for command in (("sla", "--year", "2022"), ("exclude", "list"), ("status",)):
        ran = linewatch(*command)
        assert (ran.code, ran.err) == (3, f"linewatch: the store {folder / 'linewatch.db'} is a folder; store.url must name a file\n")


def test_a_pipe_in_the_place_of_the_table_is_not_waited_for(folder: Path, linewatch: Linewatch) -> None:
    os.mkfifo(folder / "indicators.csv")
    with (folder / "linewatch.toml").open("a", encoding="utf-8") as file:
        file.write('\n[indicators]\nfile = "indicators.csv"\n')
    ran = linewatch("sla", "--year", "2022")
    assert (ran.code, ran.err) == (2, "linewatch: indicators.csv: is not a regular file\n")


SHORT = """\
at,state,cause
2022-01-01T00:00:00+08:00,up,
2022-06-15T10:00:00+08:00,down,line
2022-06-15T11:00:00+08:00,up,
2022-07-15T10:00:00+08:00,down,line
2022-07-15T10:04:59+08:00,up,
2023-01-01T00:00:00+08:00,unknown,
"""


def test_the_headline_counts_the_outages_of_its_own_definition(folder: Path, linewatch: Linewatch) -> None:
    imported(folder, linewatch, short=SHORT)
    asked = ("sla", "--year", "2022", "--service", "leased-line")
    for profile, count in (("standard", "2"), ("carrier", "1")):
        row = next(row for row in linewatch(*asked, "--profile", profile).out.splitlines() if row.startswith("专线"))
        assert row.split()[-1] == count
        assert f"<dt>Outages</dt><dd>{count}</dd>" in linewatch(*asked, "--profile", profile, "--format", "html").out
        told = line(linewatch, "--year", "2022", "--profile", profile)  # the list, its count and its means stay those of the rule in force
        assert (len(told["outages"]), told["outage_count"], told["mtbf_seconds"]) == (2, 2, (31_536_000 - 3600 - 299) / 2)


def test_a_profile_has_one_place_in_the_method_whatever_the_services_intervals(year: Path, linewatch: Linewatch) -> None:
    shown = linewatch("sla", "--year", "2022").out.split("The headline is")[1].splitlines()
    names = [row.split()[0] for row in shown if row.startswith(("strict", "standard", "y1540", "carrier"))]
    assert names == ["strict", "standard", "standard", "y1540", "y1540-2011", "carrier"]


def test_the_numbers_of_a_sheet_stand_under_one_another(year: Path, linewatch: Linewatch) -> None:
    """LibreOffice forgets the indent of some cells of a column, so no number has one."""
    assert linewatch("sla", "--year", "2022", "--format", "xlsx", "--output", "year.xlsx").code == 0
    book = load_workbook(year / "year.xlsx")
    numbers = [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, (int, float))]
    assert numbers
    assert {(cell.alignment.horizontal, cell.alignment.indent) for cell in numbers} == {("right", 0)}


@pytest.mark.parametrize("sign", [";", "\t", "，"])
def test_a_table_whose_cells_are_kept_apart_by_something_else_is_refused_in_one_line(folder: Path, linewatch: Linewatch, sign: str) -> None:
    rows = (("三级指标", "指标性质", "指标值", "度量单位", "完成值"), ("甲, 乙", ">=", "3", "条", "3"))
    (folder / "indicators.csv").write_text("\n".join(sign.join(row) for row in rows), "utf-8")
    with (folder / "linewatch.toml").open("a", encoding="utf-8") as file:
        file.write('\n[indicators]\nfile = "indicators.csv"\n')
    shown = '"\\t"' if sign == "\t" else f'"{sign}"'
    said = f"linewatch: indicators.csv:1: must be kept apart by commas, not by {shown}: save it as CSV with commas\n"
    assert (linewatch("sla", "--year", "2022").code, linewatch("sla", "--year", "2022").err) == (2, said)


OVER_TWO_NEW_YEARS = """\
at,state,cause
2021-12-01T00:00:00+08:00,up,
2021-12-31T22:00:00+08:00,down,line
2022-01-01T00:04:00+08:00,up,
2022-12-31T23:57:00+08:00,down,line
2023-01-01T03:00:00+08:00,up,
2023-02-01T00:00:00+08:00,unknown,
"""


def test_an_outage_that_a_period_cuts_short_is_not_a_short_outage(folder: Path, linewatch: Linewatch) -> None:
    """Two hours and three, of which four and three minutes lie in the year: the carrier who ignores five minutes ignores neither."""
    imported(folder, linewatch, years=OVER_TWO_NEW_YEARS)
    told = line(linewatch, "--year", "2022")
    assert {name: told["profiles"][name]["downtime_seconds"] for name in ("standard", "carrier")} == {"standard": 420, "carrier": 420}
    assert told["profiles"]["carrier"]["outage_count"] == 2
    assert told["profiles"]["carrier"]["availability"] == told["availability"]


def test_a_bad_round_of_a_slow_monitor_reaches_into_the_period_that_follows_it(folder: Path, linewatch: Linewatch) -> None:
    """A look a minute, one of them bad, in a file for a line that is looked at every three seconds: the parts add up to the whole."""
    looks = "".join(f"2022-01-15T10:{minute:02d}:00+08:00,{int(minute != 5)},,\n" for minute in range(10))
    (folder / "looks.csv").write_text(f"at,ok,rtt_ms,cause\n{looks}", "utf-8")
    given = ("import", "looks.csv", "--service", "leased-line", "--kind", "samples", "--interval", "60s")
    assert linewatch(*given).code == 0
    parts = [("2022-01-15T10:00", "2022-01-15T10:05:50"), ("2022-01-15T10:05:50", "2022-01-15T10:10")]
    strict = [line(linewatch, "--from", start, "--to", end)["profiles"]["strict"]["downtime_seconds"] for start, end in parts]
    assert strict == [50, 10]


def page(linewatch: Linewatch, *given: str) -> str:
    ran = linewatch("sla", *given, "--service", "leased-line", "--lang", "en", "--format", "html")
    assert ran.code == 0, ran.err
    return ran.out


def test_the_page_of_a_part_of_a_second_has_whole_offsets_and_no_widths_of_nothing(year: Path, linewatch: Linewatch) -> None:
    told = page(linewatch, "--from", "2022-06-15T10:00:00.25", "--to", "2022-06-15T10:00:00.75")
    assert "2022-06-15 10:00:00 — 2022-06-15 10:00:00 (Asia/Shanghai, UTC+08:00)" in told
    assert "A mark is at least as wide as" not in told
    assert "<dd>00:00:00</dd>" in told
    assert "0.00 h" not in told


def test_the_page_says_why_there_is_nothing_to_judge(year: Path, linewatch: Linewatch) -> None:
    day = ("--from", "2022-06-18", "--to", "2022-06-19")
    assert linewatch("exclude", "add", "--service", "leased-line", *day, "--reason", "notice", "--by", "me").code == 0
    assert "All of the service time is excluded" in page(linewatch, *day)
    assert "Nothing was measured" in page(linewatch, "--year", "2003")
    closed = '\n[line.sla]\nservice_hours = { mon = "08:00-18:00" }\n\n[[endpoint]]'
    (year / "linewatch.toml").write_text(CONFIGURATION.replace("\n[[endpoint]]", closed), "utf-8")
    assert "No service hours lie in the period" in page(linewatch, *day)


def test_the_page_of_a_year_without_figures_says_so_in_the_months_and_without_signs_of_nothing(year: Path, linewatch: Linewatch) -> None:
    span = ("--from", "2003-01-01", "--to", "2003-02-01")
    assert linewatch("exclude", "add", "--service", "leased-line", *span, "--reason", "notice", "--by", "me").code == 0
    told = page(linewatch, "--year", "2003")
    assert '<th scope="col" class="n">Availability %</th>' in told.split("<h3>Months</h3>")[1]
    assert "gross —, adjusted —." in told
    assert "— %" not in told


def test_the_command_on_the_page_makes_the_page_again(year: Path, linewatch: Linewatch) -> None:
    told = page(linewatch, "--from", "2022-06-15 09:00", "--to", "2022-06-15 12:00 +08:00")
    [asked] = map(unescape, re.findall(r"linewatch (sla [^<]*)", told))
    assert linewatch(*shlex.split(asked)).out == told


def test_the_floors_of_a_month_are_printed_as_they_were_agreed(year: Path, linewatch: Linewatch) -> None:
    floor = "\n[line.sla]\nmonth_availability = 0.99995\n\n[[endpoint]]"
    (year / "linewatch.toml").write_text(CONFIGURATION.replace("\n[[endpoint]]", floor), "utf-8")
    assert "at least 99.995 % and its coverage at least 90.00 %" in page(linewatch, "--year", "2022")


def test_no_report_takes_the_place_of_the_record_or_of_the_configuration(year: Path, linewatch: Linewatch) -> None:
    (year / "table.csv").write_text("三级指标,完成值\n甲,3\n", "utf-8")
    with (year / "linewatch.toml").open("a", encoding="utf-8") as file:
        file.write('\n[indicators]\nfile = "table.csv"\n')
    (year / "a link").symlink_to("linewatch.db")
    before = {name: (year / name).read_bytes() for name in ("linewatch.db", "linewatch.toml", "table.csv")}
    asked = (("sla", "--year", "2022"), ("export", "--service", "leased-line", "--kind", "states"))
    for given in asked:
        for name in ("linewatch.db", "a link"):
            ran = linewatch(*given, "--output", name)
            assert (ran.code, ran.err) == (2, f"linewatch: cannot write {name}: it is a database\n")
        for name in ("linewatch.toml", "table.csv"):
            ran = linewatch(*given, "--output", name)
            assert (ran.code, ran.err) == (2, f"linewatch: cannot write {name}: the configuration is in it\n")
    assert {name: (year / name).read_bytes() for name in before} == before
    assert linewatch(*asked[0], "--output", "report.txt").code == linewatch(*asked[0], "--output", "report.txt").code == 0


@pytest.mark.parametrize(
    ("raw", "kept"),
    [("专线2022.csv".encode("gbk"), "专线2022.csv"), (b"line\xff.csv", "line\\xff.csv"), (b"a\nb\x1b[31m.csv", "a\\nb\\x1b[31m.csv")],
)
def test_a_history_file_may_have_any_name(folder: Path, linewatch: Linewatch, raw: bytes, kept: str) -> None:
    name = os.fsdecode(raw)
    (folder / name).write_text(ONE_HOUR_DOWN, "utf-8")
    for said in (f"imported 4 rows of {kept} into leased-line", f"{kept} was imported before"):
        ran = linewatch("import", name, *LINE)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(said)
    assert [each["file"] for each in line(linewatch, "--year", "2022")["sources"]] == [kept]
    assert kept in linewatch("sla", "--year", "2022").out


def test_the_list_of_outages_as_csv_says_true_and_false_as_the_report_does(year: Path, linewatch: Linewatch) -> None:
    [row] = csv.DictReader(io.StringIO(linewatch("outages", "--year", "2022", "--format", "csv").out.removeprefix("\ufeff")))
    assert row["ongoing"] == "false"
    assert "ongoing,false," in linewatch("sla", "--year", "2022", "--format", "csv").out
