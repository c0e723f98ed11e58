"""Years, quarters, months, days and free spans in the contract's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.errors import UsageError
from linewatch.sla.period import between, day_of, instant, month, months_of, quarter, year
from linewatch.span import Span

SHANGHAI, RIGA = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Riga")
HOUR = timedelta(hours=1)


def utc(text):
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("period", "label", "start", "end", "hours"),
    [
        (year(2022, SHANGHAI), "2022", "2022-01-01T00:00+08:00", "2023-01-01T00:00+08:00", 8760),
        (year(2024, SHANGHAI), "2024", "2024-01-01T00:00+08:00", "2025-01-01T00:00+08:00", 8784),
        (year(2022, RIGA), "2022", "2022-01-01T00:00+02:00", "2023-01-01T00:00+02:00", 8760),
        (year(1970, SHANGHAI), "1970", "1970-01-01T00:00+08:00", "1971-01-01T00:00+08:00", 8760),
        (year(9998, SHANGHAI), "9998", "9998-01-01T00:00+08:00", "9999-01-01T00:00+08:00", 8760),
        (quarter("2022Q1", SHANGHAI), "2022Q1", "2022-01-01T00:00+08:00", "2022-04-01T00:00+08:00", 90 * 24),
        (quarter("2022Q4", SHANGHAI), "2022Q4", "2022-10-01T00:00+08:00", "2023-01-01T00:00+08:00", 92 * 24),
        (quarter("2022Q1", RIGA), "2022Q1", "2022-01-01T00:00+02:00", "2022-04-01T00:00+03:00", 90 * 24 - 1),
        (quarter("2022-q2", RIGA), "2022Q2", "2022-04-01T00:00+03:00", "2022-07-01T00:00+03:00", 91 * 24),
        (month("2022-02", SHANGHAI), "2022-02", "2022-02-01T00:00+08:00", "2022-03-01T00:00+08:00", 28 * 24),
        (month("2024-02", SHANGHAI), "2024-02", "2024-02-01T00:00+08:00", "2024-03-01T00:00+08:00", 29 * 24),
        (month("2022-12", SHANGHAI), "2022-12", "2022-12-01T00:00+08:00", "2023-01-01T00:00+08:00", 31 * 24),
        (month("2022-03", RIGA), "2022-03", "2022-03-01T00:00+02:00", "2022-04-01T00:00+03:00", 31 * 24 - 1),
        (month("2022-10", RIGA), "2022-10", "2022-10-01T00:00+03:00", "2022-11-01T00:00+02:00", 31 * 24 + 1),
    ],
)
def test_a_calendar_period(period, label, start, end, hours):
    assert (period.label, period.span) == (label, Span(utc(start), utc(end)))
    assert period.span.length == hours * HOUR
    assert period.span.start.tzinfo is UTC


@pytest.mark.parametrize(
    ("at", "zone", "label", "start", "hours"),
    [
        ("2022-03-15T12:00+08:00", SHANGHAI, "2022-03-15", "2022-03-15T00:00+08:00", 24),
        ("2022-03-15T16:00+00:00", SHANGHAI, "2022-03-16", "2022-03-16T00:00+08:00", 24),
        ("2022-03-15T15:59:59.999999+00:00", SHANGHAI, "2022-03-15", "2022-03-15T00:00+08:00", 24),
        ("2022-03-27T12:00+03:00", RIGA, "2022-03-27", "2022-03-27T00:00+02:00", 23),
        ("2022-10-30T12:00+02:00", RIGA, "2022-10-30", "2022-10-30T00:00+03:00", 25),
        ("2024-02-29T12:00+02:00", RIGA, "2024-02-29", "2024-02-29T00:00+02:00", 24),
        ("2022-12-31T23:00+02:00", RIGA, "2022-12-31", "2022-12-31T00:00+02:00", 24),
        # a zone that skips midnight: the day begins at one o'clock
        ("2018-11-04T12:00-02:00", ZoneInfo("America/Sao_Paulo"), "2018-11-04", "2018-11-04T01:00-02:00", 23),
    ],
)
def test_the_day_of_an_instant(at, zone, label, start, hours):
    day = day_of(utc(at), zone)
    assert (day.label, day.span.start, day.span.length) == (label, utc(start), hours * HOUR)
    assert day.span.holds(utc(at))


zones = st.sampled_from([SHANGHAI, RIGA, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")])


@given(st.integers(1970, 9998), zones)
def test_twelve_months_and_four_quarters_are_the_year(number, zone):
    whole = year(number, zone).span
    quarters = [quarter(f"{number}Q{part}", zone).span for part in (1, 2, 3, 4)]
    for parts in ([each.span for each in months_of(number, zone)], quarters):
        assert (parts[0].start, parts[-1].end) == (whole.start, whole.end)
        assert all(one.end == two.start for one, two in pairwise(parts))


@given(st.integers(0, 130 * 365 * 86_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)), zones)
def test_days_follow_one_another(at, zone):
    day = day_of(at, zone)
    assert day.span.holds(at)
    assert day_of(day.span.end, zone).span.start == day.span.end


def test_the_months_of_a_year_in_order():
    assert [each.label for each in months_of(2022, SHANGHAI)] == [f"2022-{index:02d}" for index in range(1, 13)]


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("2022-03-01", SHANGHAI, "2022-02-28T16:00+00:00"),
        (" 2022-03-01 ", SHANGHAI, "2022-02-28T16:00+00:00"),
        ("2022-03-01T08:30", SHANGHAI, "2022-03-01T00:30+00:00"),
        ("2022-03-01T08:30:15.25", SHANGHAI, "2022-03-01T00:30:15.250000+00:00"),
        ("2022-03-01T08:30Z", SHANGHAI, "2022-03-01T08:30+00:00"),
        ("2022-03-01T08:30-05:00", SHANGHAI, "2022-03-01T13:30+00:00"),
        ("2022-03-27T02:59", RIGA, "2022-03-27T00:59+00:00"),
        ("2022-03-27T04:00", RIGA, "2022-03-27T01:00+00:00"),
        ("2022-10-30T03:30", RIGA, "2022-10-30T00:30+00:00"),  # it comes twice: the first
        ("2022-10-30T03:30+02:00", RIGA, "2022-10-30T01:30+00:00"),
        ("1970-01-01", SHANGHAI, "1969-12-31T16:00+00:00"),
        ("9998-12-31T23:59-12:00", SHANGHAI, "9999-01-01T11:59+00:00"),
    ],
)
def test_an_instant_that_is_meant_in_the_zone(text, zone, at):
    assert instant(text, zone) == utc(at)
    assert instant(text, zone).tzinfo is UTC


def test_from_and_to():
    period = between("2022-03-01", "2022-03-02T12:00Z", SHANGHAI)
    assert period.label == "2022-03-01/2022-03-02T12:00Z"
    assert period.span == Span(utc("2022-03-01T00:00+08:00"), utc("2022-03-02T20:00+08:00"))


def test_a_span_across_a_change_of_the_clocks_is_as_long_as_it_is():
    assert between("2022-03-27", "2022-03-28", RIGA).span.length == 23 * HOUR
    assert between("2022-10-30", "2022-10-31", RIGA).span.length == 25 * HOUR


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: year(1969, SHANGHAI), "a year lies between 1970 and 9998, not 1969"),
        (lambda: year(9999, SHANGHAI), "a year lies between 1970 and 9998, not 9999"),
        (lambda: year(-5, SHANGHAI), "a year lies between 1970 and 9998, not -5"),
        (lambda: quarter("2022Q5", SHANGHAI), 'a quarter is written like 2022Q1, not "2022Q5"'),
        (lambda: quarter("2022Q0", SHANGHAI), 'a quarter is written like 2022Q1, not "2022Q0"'),
        (lambda: quarter("22Q1", SHANGHAI), 'a quarter is written like 2022Q1, not "22Q1"'),
        (lambda: quarter("2022Q1\n", SHANGHAI), 'a quarter is written like 2022Q1, not "2022Q1\n"'),
        (lambda: quarter("\uff12022Q1", SHANGHAI), 'a quarter is written like 2022Q1, not "\uff12022Q1"'),
        (lambda: quarter("1969Q4", SHANGHAI), "a year lies between 1970 and 9998, not 1969"),
        (lambda: month("2022-13", SHANGHAI), 'a month is written like 2022-03, not "2022-13"'),
        (lambda: month("2022-00", SHANGHAI), 'a month is written like 2022-03, not "2022-00"'),
        (lambda: month("2022-3", SHANGHAI), 'a month is written like 2022-03, not "2022-3"'),
        (lambda: month("\uff12022-03", SHANGHAI), 'a month is written like 2022-03, not "\uff12022-03"'),
        (lambda: month("0001-01", SHANGHAI), "a year lies between 1970 and 9998, not 1"),
        (lambda: month("", SHANGHAI), 'a month is written like 2022-03, not ""'),
        (lambda: months_of(1969, SHANGHAI), "a year lies between 1970 and 9998, not 1969"),
        (
            lambda: between("2022-03-02", "2022-03-01", SHANGHAI),
            'the period ends before it begins: --from "2022-03-02" is not before --to "2022-03-01"',
        ),
        (
            lambda: between("2022-03-01", "2022-03-01", SHANGHAI),
            'the period ends before it begins: --from "2022-03-01" is not before --to "2022-03-01"',
        ),
        (lambda: instant("yesterday", SHANGHAI), 'an instant is written like 2022-03-01 or 2022-03-01T08:00+08:00, not "yesterday"'),
        (lambda: instant("2022-02-30", SHANGHAI), 'there is no such instant: "2022-02-30"'),
        (lambda: instant("", SHANGHAI), 'an instant is written like 2022-03-01 or 2022-03-01T08:00+08:00, not ""'),
        (lambda: instant("2022-03-27T03:30", RIGA), '"2022-03-27T03:30" does not exist in Europe/Riga: the clocks skip it'),
        (lambda: instant("1986-05-04T02:30", SHANGHAI), '"1986-05-04T02:30" does not exist in Asia/Shanghai: the clocks skip it'),
        (lambda: instant("0001-01-01T00:00+08:00", SHANGHAI), "a year lies between 1970 and 9998, not 1"),
        (lambda: instant("0001-01-01", SHANGHAI), "a year lies between 1970 and 9998, not 1"),
        (lambda: instant("9999-12-31T23:00-05:00", SHANGHAI), "a year lies between 1970 and 9998, not 9999"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_line(asked, said):
    with pytest.raises(UsageError) as caught:
        asked()
    assert str(caught.value) == said
    assert caught.value.exit_code == 2


def test_a_running_period_counts_up_to_now():
    whole = year(2022, SHANGHAI)
    now = utc("2022-03-01T12:00+08:00")
    assert whole.until(now) == Span(whole.span.start, now)
    assert whole.until(whole.span.end) == whole.span
    assert whole.until(whole.span.end + HOUR) == whole.span


@pytest.mark.parametrize("early", [timedelta(0), timedelta(microseconds=1), timedelta(days=400)])
def test_a_period_in_the_future_has_no_figures(early):
    whole = year(2022, SHANGHAI)
    with pytest.raises(UsageError, match=r"the period 2022 has not begun: it starts at 2022-01-01T00:00:00\+08:00"):
        whole.until(whole.span.start - early)
