"""Bad input: one clear line on standard error, the exit code of its kind, nothing on standard output, nothing half-written."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import CONFIGURATION, Linewatch

USAGE: list[tuple[str, str]] = [
    ("sla", "say which period: one of --year, --quarter, --month, or --from with --to"),
    ("sla --year 2022 --month 2022-03", "say which period: one of --year, --quarter, --month, or --from with --to, not --year and --month"),
    ("sla --year 2022 --from 2022-01-01", "not --year and --from/--to"),
    ("sla --from 2022-03-01", "--from and --to go together"),
    ("sla --to 2022-03-01", "--from and --to go together"),
    ("sla --from 2022-03-02 --to 2022-03-01", "2022-03-02"),
    ("sla --from 2022-03-01 --to 2022-03-01", "2022-03-01"),
    ("sla --year 9000", "the period 9000 has not begun: it starts at 9000-01-01T00:00:00+08:00"),
    ("sla --year 2022 --as-of 2021-06-01", "the period 2022 has not begun"),
    ("sla --year 99999", "a year lies between 1970 and 9998, not 99999"),
    ("sla --year twenty", "--year"),
    ("sla --year", "--year"),
    ("sla --quarter 2022Q5", 'a quarter is written like 2022Q1, not "2022Q5"'),
    ("sla --month 2022-13", "2022-13"),
    ("sla --from yesterday --to 2022-03-01", 'an instant is written like 2022-03-01 or 2022-03-01T08:00+08:00, not "yesterday"'),
    ("sla --year 2022 --as-of soon", '"soon"'),
    ("sla --year 2022 --lang fr", '--lang is zh or en, not "fr"'),
    ("sla --year 2022 --format docx", "--format is one of table, json"),
    ("sla --year 2022 --service nobody", 'no service is called "nobody"; the configuration has: leased-line, site'),
    ("sla --yaer 2022", "--yaer"),
    (f"db restore {300 * 'x'}", f"linewatch: {300 * 'x'}: File name too long"),
    ("outages", "say which period"),
    ("outages --year 9000", "has not begun"),
    ("outages --year 2022 --format yaml", '--format is one of table, json, csv, not "yaml"'),
    ("outages --year 2022 --service nobody", 'no service is called "nobody"'),
    ("status --lang fr", '--lang is zh or en, not "fr"'),
    ("check --lang fr", '--lang is zh or en, not "fr"'),
    ("init --lang fr --config new.toml", '--lang is zh or en, not "fr"'),
    ("import", "file"),
    ("import none.csv --service leased-line --kind states", "none.csv"),
    ("import none.csv --service nobody --kind states", 'no service is called "nobody"'),
    ("import none.csv --service leased-line --kind rows", '--kind is one of samples, states, not "rows"'),
    ("import none.csv --service leased-line --kind states --interval 60s", "--interval goes with --kind samples"),
    ("import none.csv --service leased-line --kind samples --interval often", '--interval is a duration such as 60s or 5m, not "often"'),
    ("export --service nobody --kind states", 'no service is called "nobody"'),
    ("export --service leased-line --kind rows", '--kind is one of samples, states, not "rows"'),
    ("export --service leased-line --kind states --from 2022-01-01", "--from and --to go together"),
    ("bogus", "bogus"),
    ("db", "command"),
    ("db downgrade", "downgrade"),
]


@pytest.mark.parametrize(("command", "words"), USAGE, ids=[command for command, _ in USAGE])
def test_usage_that_makes_no_sense_is_one_line_and_exit_code_2(year: Path, linewatch: Linewatch, command: str, words: str) -> None:
    before = sorted(path.name for path in year.iterdir())
    ran = linewatch(*command.split())
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("linewatch: ")
    assert ran.err.count("\n") == 1
    assert words in ran.err
    assert sorted(path.name for path in year.iterdir()) == before


@pytest.mark.parametrize(
    "command", ["sla --year 2022", "outages --year 2022", "status", "check", "run", "db upgrade", "export -s leased-line -k states"]
)
def test_without_a_configuration_it_says_how_to_make_one(folder: Path, linewatch: Linewatch, command: str) -> None:
    (folder / "linewatch.toml").unlink()
    ran = linewatch(*command.split(), "--config", "missing.toml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == 'linewatch: missing.toml: there is no such file; "linewatch init" writes one\n'


def test_with_no_configuration_anywhere_every_place_is_named(folder: Path, linewatch: Linewatch) -> None:
    (folder / "linewatch.toml").unlink()
    ran = linewatch("status")
    assert (ran.code, ran.out) == (2, "")
    assert all(words in ran.err for words in ("--config", "$LINEWATCH_CONFIG", "./linewatch.toml", "/etc/linewatch/linewatch.toml", "linewatch init"))


def test_every_mistake_of_a_configuration_is_told_at_once(folder: Path, linewatch: Linewatch) -> None:
    text = CONFIGURATION.replace('language = "en"', 'language = "fr"').replace('"leased-line"\n\n', '"nowhere"\n').replace("cost = 6", "coast = 6")
    text = text.replace('behind = "leased-line"', 'behind = "nowhere"')
    (folder / "linewatch.toml").write_text(text, "utf-8")
    ran = linewatch("check")
    assert (ran.code, ran.out) == (2, "")
    told = ran.err.splitlines()
    assert all(line.startswith("linewatch: linewatch.toml:") for line in told)
    assert any("language" in line for line in told)
    assert any("coast" in line for line in told)
    assert any("nowhere" in line for line in told)
    assert len(told) == 3


@pytest.mark.parametrize(
    "command", ["sla --year 2022", "outages --year 2022", "status", "export -s leased-line -k states", "export -s leased-line -k samples"]
)
def test_without_a_store_there_is_nothing_to_report_and_none_is_made(folder: Path, linewatch: Linewatch, command: str) -> None:
    ran = linewatch(*command.split())
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == f"linewatch: no store yet at {folder}/linewatch.db: start `linewatch run` or `linewatch import`\n"
    assert not (folder / "linewatch.db").exists()


STORE_COMMANDS = ["sla --year 2022", "outages --year 2022", "status", "db upgrade", "run", "import states.csv -s leased-line -k states"]


@pytest.mark.parametrize("command", STORE_COMMANDS)
def test_a_file_that_is_no_store_is_refused_and_left_as_it_is(year: Path, linewatch: Linewatch, command: str) -> None:
    garbage = os.urandom(8192)
    (year / "linewatch.db").write_bytes(garbage)
    (year / "linewatch.toml").write_text(CONFIGURATION + '\n[web]\nlisten = "127.0.0.1:0"\n', "utf-8")
    ran = linewatch(*command.split())
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith(f"linewatch: {year}/linewatch.db is not a linewatch store, or its first page is damaged; it is left as it is; ")
    assert ran.err.count("\n") == 1
    assert (year / "linewatch.db").read_bytes() == garbage


@pytest.mark.parametrize("command", STORE_COMMANDS)
def test_a_store_of_a_newer_schema_is_refused(year: Path, linewatch: Linewatch, command: str) -> None:
    store = sqlite3.connect(year / "linewatch.db")
    assert store.execute("UPDATE alembic_version SET version_num = 'v9999'").rowcount == 1
    store.commit()
    store.close()
    (year / "linewatch.toml").write_text(CONFIGURATION + '\n[web]\nlisten = "127.0.0.1:0"\n', "utf-8")
    ran = linewatch(*command.split())
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.count("\n") == 1
    assert "newer" in ran.err


@pytest.mark.parametrize("output", ["missing/report.json", ".", "linewatch.toml/report.json"])
@pytest.mark.parametrize("command", ["sla --year 2022 --format json", "sla --year 2022", "export -s leased-line -k states"])
def test_an_output_that_cannot_be_written_leaves_nothing_behind(year: Path, linewatch: Linewatch, command: str, output: str) -> None:
    before = sorted(path.name for path in year.rglob("*"))
    ran = linewatch(*command.split(), "--output", output)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"linewatch: cannot write {output}: ")
    assert ran.err.count("\n") == 1
    assert sorted(path.name for path in year.rglob("*")) == before


def test_an_output_replaces_what_was_there_whole(year: Path, linewatch: Linewatch) -> None:
    (year / "report.txt").write_text("what was there", "utf-8")
    assert linewatch("sla", "--year", "2022", "--output", "report.txt").out == ""
    text = (year / "report.txt").read_text("utf-8")
    assert "99.98" in text
    assert "what was there" not in text
    assert (year / "report.txt").stat().st_mode & 0o777 == 0o644


def test_init_does_not_touch_a_file_that_exists(folder: Path, linewatch: Linewatch) -> None:
    ran = linewatch("init", "--config", "linewatch.toml")
    assert (ran.code, ran.out) == (2, "")
    assert "linewatch.toml" in ran.err
    assert ran.err.count("\n") == 1
    assert (folder / "linewatch.toml").read_text("utf-8") == CONFIGURATION


def test_init_writes_what_the_other_commands_read(folder: Path, linewatch: Linewatch) -> None:
    assert linewatch("init", "--config", "new.toml").out.startswith("wrote new.toml; gateway: ")
    ran = linewatch("sla", "--year", "2022", "--config", "new.toml")
    assert (ran.code, "no store yet" in ran.err) == (3, True)


@pytest.mark.parametrize(
    ("target", "service", "code"),
    [("0.99", "leased-line", 0), ("0.9999", "leased-line", 1), ("1.0", "leased-line", 1), ("0.99", "site", 1)],
    ids=["met", "not met", "printed alike and not met", "unproven"],
)
def test_fail_under_tells_by_the_exit_code(year: Path, linewatch: Linewatch, target: str, service: str, code: int) -> None:
    text = CONFIGURATION.replace("[[endpoint]]", f"[line.sla]\ntarget = {target}\n\n[[endpoint]]")
    (year / "linewatch.toml").write_text(text, "utf-8")
    given = ("sla", "--year", "2022", "--service", service)
    assert linewatch(*given, "--fail-under").code == code
    assert linewatch(*given).code == 0
