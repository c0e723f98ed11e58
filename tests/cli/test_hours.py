"""The year under service hours, as the command prints it: 249 working days in 2022, and a year whose holidays nobody knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CONFIGURATION, Linewatch

HOURS = '\n[line.sla]\nservice_hours = { workdays = "08:30-17:30", holidays = "china" }\n\n[[endpoint]]'


@pytest.fixture
def working_hours(year: Path) -> Path:
    """The year with one hour down, Wednesday 2022-06-15 from 10:00 to 11:00, under working hours."""
    (year / "linewatch.toml").write_text(CONFIGURATION.replace("\n[[endpoint]]", HOURS), "utf-8")
    return year


def test_the_year_owes_249_days_of_nine_hours(working_hours: Path, linewatch: Linewatch) -> None:
    ran = linewatch("sla", "--year", "2022", "--service", "leased-line", "--format", "json")
    [line] = json.loads(ran.out)["services"]
    assert line["seconds"]["scheduled"] == 249 * 9 * 3600
    assert line["seconds"]["down"] == 3600
    assert line["availability"]["observed"] == pytest.approx(1 - 1 / (249 * 9))
    assert line["availability"]["printed"] == "99.95"
    assert line["around_the_clock"]["availability"]["printed"] == "99.98"
    assert line["service_hours"]["text"] == "workdays 08:30-17:30; holidays china"
    assert line["service_months"] == 12


def test_the_table_prints_both(working_hours: Path, linewatch: Linewatch) -> None:
    out = linewatch("sla", "--year", "2022", "--service", "leased-line").out
    assert "The same around the clock (24x7)" in out
    assert "99.95" in out
    assert "99.98" in out
    assert "workdays 08:30-17:30; holidays china (chinesecalendar" in out


def test_a_year_whose_holidays_are_not_known_is_refused(working_hours: Path, linewatch: Linewatch) -> None:
    ran = linewatch("sla", "--year", "2003")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("linewatch: the holidays of 2003 are not known to chinesecalendar")
    assert ran.err.count("\n") == 1


def test_the_configuration_can_supply_them(working_hours: Path, linewatch: Linewatch) -> None:
    with (working_hours / "linewatch.toml").open("a", encoding="utf-8") as file:
        file.write("\n[[calendar]]\nyear = 2003\nholidays = [2003-01-01]\n")
    ran = linewatch("sla", "--year", "2003", "--service", "leased-line", "--format", "json")
    assert json.loads(ran.out)["services"][0]["seconds"]["scheduled"] == (261 - 1) * 9 * 3600


def test_a_chinese_report_tells_the_hours_in_chinese(year: Path, linewatch: Linewatch) -> None:
    override = ', overrides = { 2022-03-08 = "closed" } }'
    (year / "linewatch.toml").write_text(CONFIGURATION.replace("\n[[endpoint]]", HOURS.replace(" }", override, 1)), "utf-8")
    for form in ("table", "markdown", "html", "csv"):
        out = linewatch("sla", "--year", "2022", "--lang", "zh", "--format", form).out
        assert "工作日 08:30-17:30; 法定节假日及调休 依国务院办公厅通知; 2022-03-08 不服务" in out
