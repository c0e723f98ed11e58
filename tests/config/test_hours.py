"""Service hours as the configuration writes them, and the Chinese calendar behind "china"."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from linewatch.config.holidays import Announced, ChineseCalendar
from linewatch.config.loading import load
from linewatch.config.services import services
from linewatch.errors import UsageError
from linewatch.sla.hours import ALWAYS, Hours, scheduled
from linewatch.sla.period import year
from linewatch.span import total
from tests.config.file import SMALL

LINE = f"{SMALL}[line.sla]\nservice_hours = "
MAKE_UP_DAYS = [date(2022, month, day) for month, day in ((1, 29), (1, 30), (4, 2), (4, 24), (5, 7), (10, 8), (10, 9))]
SHANGHAI = ZoneInfo("Asia/Shanghai")
H = timedelta(hours=1)


def hours(folder: Path, text: str) -> Hours:
    (folder / "linewatch.toml").write_text(LINE + text, "utf-8")
    return services(load(folder / "linewatch.toml", {}).settings)[0].terms.hours


def of_year(found: Hours, number: int = 2022) -> float:
    return total(scheduled(found, year(number, SHANGHAI).span, SHANGHAI)) / H


def test_24x7_is_the_default(tmp_path: Path) -> None:
    assert hours(tmp_path, '"24x7"') is ALWAYS
    assert hours(tmp_path, '"24x7"\ntarget = 1') is ALWAYS


@pytest.mark.parametrize(
    ("text", "written", "owed"),
    [
        ('{ workdays = "08:30-17:30", holidays = "china" }', "workdays 08:30-17:30; holidays china", 249 * 9),
        ('{ workdays = "08:30-17:30" }', "workdays 08:30-17:30", 260 * 9),
        (
            '{ workdays = "08:30-12:00, 14:00-17:30", restdays = "09:00-10:00" }',
            "workdays 08:30-12:00, 14:00-17:30; restdays 09:00-10:00",
            260 * 7 + 105,
        ),
        ('{ mon = "00:00-24:00", sun = "09:00-12:00" }', "mon 00:00-24:00; sun 09:00-12:00", 52 * 24 + 52 * 3),
        ('{ overrides = { 2022-02-01 = "closed", 2022-01-31 = "00:00-12:00" } }', "2022-01-31 00:00-12:00; 2022-02-01 closed", 8760 - 36),
        (
            '{ workdays = "08:30-17:30", holidays = "china", overrides = { 2022-10-08 = "closed" } }',
            "workdays 08:30-17:30; holidays china; 2022-10-08 closed",
            248 * 9,
        ),
    ],
)
def test_what_the_year_2022_owes(tmp_path: Path, text: str, written: str, owed: float) -> None:
    found = hours(tmp_path, text)
    assert (found.text, of_year(found)) == (written, owed)


def test_2022_has_249_workdays_seven_of_them_at_the_weekend() -> None:
    calendar = ChineseCalendar()
    days = [date(2022, 1, 1) + timedelta(days=n) for n in range(365)]
    worked = [day for day in days if calendar.is_workday(day)]
    assert len(worked) == 249
    assert [day for day in worked if day.weekday() > 4] == MAKE_UP_DAYS
    assert calendar.name.startswith("chinesecalendar 1.")


def test_a_year_that_is_not_announced_is_refused_with_the_way_out(tmp_path: Path) -> None:
    found = hours(tmp_path, '{ workdays = "08:30-17:30", holidays = "china" }')
    with pytest.raises(UsageError) as refused:
        of_year(found, 2098)
    assert str(refused.value).startswith("the holidays of 2098 are not known to chinesecalendar 1.")
    assert "give them in the configuration as a [[calendar]] with year = 2098" in str(refused.value)


def test_the_configuration_can_supply_a_year(tmp_path: Path) -> None:
    own = "\n[[calendar]]\nyear = 2098\nholidays = [2098-01-01]\nworkdays = [2098-01-04]\n"
    found = hours(tmp_path, '{ workdays = "08:30-17:30", holidays = "china" }' + own)
    assert found.calendar == ChineseCalendar({2098: Announced(frozenset({date(2098, 1, 1)}), frozenset({date(2098, 1, 4)}))})
    assert found.calendar is not None
    assert found.calendar.name.endswith(", 2098 as configured")
    # 2098-01-01 is a Wednesday, the 4th a Saturday; the year has 261 days from Monday to Friday.
    assert of_year(found, 2098) == 261 * 9
    assert of_year(found) == 249 * 9
