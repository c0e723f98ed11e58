"""Service hours by the wall clock: days of the week, working days, days on which the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.errors import UsageError
from linewatch.sla.hours import ALWAYS, WHOLE_DAY, Hours, Window, known_part, scheduled
from linewatch.sla.period import day_of, month, year
from linewatch.span import Span, total

SHANGHAI, RIGA, APIA = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Riga"), ZoneInfo("Pacific/Apia")
H = timedelta(hours=1)


def window(start: float, end: float) -> Window:
    return Window(start * H, end * H)


def daily(*windows: Window) -> Hours:
    return Hours("daily", (windows,) * 7)


OFFICE = (window(8.5, 12), window(14, 17.5))
MON_TO_FRI = Hours("mon-fri", (*((OFFICE,) * 5), (), ()))


class Tuesdays:
    """A calendar in which people work on Tuesdays of 2022."""

    name = "tuesdays"

    def is_workday(self, day: date) -> bool:
        if day.year != 2022:
            raise UsageError(f"the holidays of {day.year} are not known")
        return day.weekday() == 1


def hours_of(hours: Hours, span: Span, zone: ZoneInfo) -> float:
    return total(scheduled(hours, span, zone)) / H


def test_24x7_is_the_whole_period() -> None:
    span = year(2022, SHANGHAI).span
    assert ALWAYS.always
    assert scheduled(ALWAYS, span, SHANGHAI) == [span]


def test_a_week_that_is_whole_every_day_is_24x7_too() -> None:
    assert daily(*WHOLE_DAY).always


@pytest.mark.parametrize("narrower", [MON_TO_FRI, Hours("", calendar=Tuesdays()), Hours("", overrides={date(2022, 1, 1): ()})])
def test_what_is_narrower_is_not(narrower: Hours) -> None:
    assert not narrower.always


def test_a_working_week_in_shanghai() -> None:
    # 2022-03-07 is a Monday.
    span = Span(datetime(2022, 3, 6, 16, tzinfo=UTC), datetime(2022, 3, 13, 16, tzinfo=UTC))
    found = scheduled(MON_TO_FRI, span, SHANGHAI)
    assert len(found) == 10
    assert found[0] == Span(datetime(2022, 3, 7, 0, 30, tzinfo=UTC), datetime(2022, 3, 7, 4, tzinfo=UTC))
    assert total(found) == 35 * H


def test_the_period_cuts_the_hours() -> None:
    span = Span(datetime(2022, 3, 7, 3, tzinfo=UTC), datetime(2022, 3, 7, 6, 30, tzinfo=UTC))
    assert hours_of(MON_TO_FRI, span, SHANGHAI) == 1.5


def test_a_calendar_decides_between_mondays_hours_and_sundays() -> None:
    hours = Hours("", (*((OFFICE,) * 5), *(((window(10, 11),),) * 2)), Tuesdays())
    assert hours_of(hours, month("2022-03", SHANGHAI).span, SHANGHAI) == 5 * 7 + 26 * 1


def test_a_year_that_the_calendar_does_not_know_is_refused() -> None:
    with pytest.raises(UsageError, match="the holidays of 2023 are not known"):
        scheduled(Hours("", calendar=Tuesdays()), year(2023, SHANGHAI).span, SHANGHAI)


def test_what_is_known_ends_before_the_first_day_that_is_not() -> None:
    hours, midnight = Hours("", calendar=Tuesdays()), datetime(2022, 12, 31, 16, tzinfo=UTC)
    around, before, after = (Span(midnight + a * H, midnight + b * H) for a, b in ((-100, 30), (-100, -50), (3, 30)))
    assert known_part(hours, around, SHANGHAI) == Span(around.start, midnight)
    assert known_part(hours, before, SHANGHAI) == before
    assert known_part(hours, after, SHANGHAI) == Span(after.start, after.start)
    assert known_part(ALWAYS, around, SHANGHAI) == around


def test_a_single_day_goes_before_the_week_and_the_calendar() -> None:
    hours = Hours("", (OFFICE,) * 7, Tuesdays(), {date(2022, 3, 1): (), date(2022, 3, 2): (window(0, 24),), date(2023, 1, 1): ()})
    days = Span(datetime(2022, 2, 28, 16, tzinfo=UTC), datetime(2022, 3, 2, 16, tzinfo=UTC))
    assert hours_of(hours, days, SHANGHAI) == 24
    assert scheduled(hours, day_of(datetime(2023, 1, 1, tzinfo=UTC), SHANGHAI).span, SHANGHAI) == []


# Riga: on 2022-03-27 the clocks go from 03:00 to 04:00, on 2022-10-30 from 04:00 back to 03:00.
@pytest.mark.parametrize(
    ("day", "windows", "owed"),
    [
        (date(2022, 3, 26), (window(0, 24),), 24),
        (date(2022, 3, 27), (window(0, 24),), 23),
        (date(2022, 10, 30), (window(0, 24),), 25),
        (date(2022, 3, 27), (window(3, 4),), 0),
        (date(2022, 3, 27), (window(2, 5),), 2),
        (date(2022, 3, 27), (window(3.5, 4.5),), 0.5),
        (date(2022, 10, 30), (window(3, 4),), 2),
        (date(2022, 10, 30), (window(2, 5),), 4),
        (date(2022, 10, 30), (window(2, 3.5),), 2),
        (date(2022, 10, 30), (window(3.5, 5),), 2),
        (date(2022, 10, 30), (window(8.5, 17.5),), 9),
    ],
)
def test_days_on_which_the_clocks_change_in_riga(day: date, windows: tuple[Window, ...], owed: float) -> None:
    noon = datetime.combine(day, time(12), RIGA)
    assert hours_of(daily(*windows), day_of(noon, RIGA).span, RIGA) == owed


def test_shanghai_has_no_such_day() -> None:
    days = [day_of(datetime(2022, 1, 1, tzinfo=UTC) + n * timedelta(days=1), SHANGHAI) for n in range(365)]
    assert {hours_of(daily(window(0, 24)), day.span, SHANGHAI) for day in days} == {24}


def test_a_day_that_a_zone_left_out_owes_nothing() -> None:
    # Samoa crossed the date line: after 2011-12-29 came the 31st.
    span = Span(datetime(2011, 12, 29, 10, tzinfo=UTC), datetime(2011, 12, 31, 10, tzinfo=UTC))
    assert hours_of(daily(window(8, 10)), span, APIA) == 4


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (-1, 1), (23, 25)])
def test_a_window_that_is_none(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="a window lies within a day"):
        window(start, end)


@given(
    at=st.integers(0, 3 * 365 * 86_400).map(lambda seconds: datetime(2021, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
    zone=st.sampled_from([SHANGHAI, RIGA, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu")]),
    edges=st.lists(st.integers(0, 24 * 60), min_size=2, max_size=6, unique=True).map(sorted),
)
def test_an_instant_is_owed_exactly_where_the_wall_clock_reads_a_time_in_a_window(at: datetime, zone: ZoneInfo, edges: list[int]) -> None:
    windows = [Window(timedelta(minutes=a), timedelta(minutes=b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    local = at.astimezone(zone)
    reads = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    around = Span(at - timedelta(days=1), at + timedelta(days=1))
    owed = any(span.holds(at) for span in scheduled(daily(*windows), around, zone))
    assert owed == any(window.start <= reads < window.end for window in windows)


@given(cut=st.integers(0, 365 * 24 * 60))
def test_a_period_cut_in_two_owes_what_the_whole_does(cut: int) -> None:
    whole = year(2022, RIGA).span
    at = whole.start + timedelta(minutes=cut)
    parts = [Span(whole.start, at), Span(at, whole.end)]
    assert sum((total(scheduled(MON_TO_FRI, part, RIGA)) for part in parts), timedelta(0)) == total(scheduled(MON_TO_FRI, whole, RIGA))
