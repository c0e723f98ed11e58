"""The windows of exclusions by the wall clock, which of the ledger is in force when, and cases worked to the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.sla.availability import Availability, availability
from linewatch.sla.exclusions import Exclusion, Revocation, in_force, windows
from linewatch.sla.period import Period, between, day_of, instant, year
from linewatch.sla.terms import Terms
from linewatch.span import Span, merged, total
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, plain

SHANGHAI, RIGA, APIA = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Riga"), ZoneInfo("Pacific/Apia")
ENTERED = datetime(2022, 1, 1, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def left_out(start: str, end: str, zone: ZoneInfo = SHANGHAI, repeat: str = "", services: tuple[str, ...] = (), id: int = 1) -> Exclusion:
    return Exclusion(id, services, Span(instant(start, zone), instant(end, zone)), "maintenance", "zhang", ENTERED, repeat=repeat)


def whole(start: str, *changes: tuple[str, State], end: str, zone: ZoneInfo = SHANGHAI) -> Timeline:
    """UP from `start` on, then as the changes say, up to `end`."""
    edges = [(instant(start, zone), State.UP), *((instant(at, zone), state) for at, state in changes), (instant(end, zone), State.UP)]
    return tuple(plain(Span(at, after), state, Cause.LINE if state is State.DOWN else None) for (at, state), (after, _) in pairwise(edges))


def seconds(duration: timedelta) -> float:
    return duration / SECOND


def figures(history: Timeline, period: Period, *exclusions: Exclusion) -> Availability:
    taken = [window for each in exclusions for window in windows(each, period.span, period.zone)]
    return availability(history, period.span, Terms(), excluded=taken)


# Cases worked to the second


def test_exclusions_that_overlap_across_the_edge_of_an_outage_count_once() -> None:
    history = whole("2022-06-15", ("2022-06-15T10:00", State.DOWN), ("2022-06-15T11:00", State.UP), end="2022-06-16")
    one, other = left_out("2022-06-15T10:45", "2022-06-15T11:15"), left_out("2022-06-15T11:00", "2022-06-15T12:00", id=2)
    told = figures(history, between("2022-06-15", "2022-06-16", SHANGHAI), one, other)
    assert (seconds(told.scheduled), seconds(told.excluded)) == (86_400, 4_500)  # 10:45 to 12:00
    assert (seconds(told.down), seconds(told.up)) == (2_700, 79_200)
    assert told.observed == 1 - Fraction(2_700, 81_900)
    assert told.gross == 1 - Fraction(3_600, 86_400)


def test_an_exclusion_across_the_new_year_is_cut_at_midnight_of_the_contracts_zone() -> None:
    history = whole("2022-01-01", ("2022-12-31T23:30", State.DOWN), ("2023-01-01T00:45", State.UP), end="2024-01-01")
    entry = left_out("2022-12-31T23:50", "2023-01-01T00:20")
    before, after = (figures(history, year(number, SHANGHAI), entry) for number in (2022, 2023))
    assert (seconds(before.excluded), seconds(before.down)) == (600, 1_200)
    assert (seconds(after.excluded), seconds(after.down)) == (1_200, 1_500)
    assert before.observed == 1 - Fraction(1_200, 31_536_000 - 600)
    assert after.observed == 1 - Fraction(1_500, 31_536_000 - 1_200)


SUNDAYS = left_out("2022-01-02T02:00", "2022-01-02T04:00", RIGA, "FREQ=WEEKLY;BYDAY=SU")


@pytest.mark.parametrize(
    ("day", "scheduled", "excluded"),
    [("2022-03-20", 24, 2), ("2022-03-27", 23, 1), ("2022-04-03", 24, 2), ("2022-10-30", 25, 3), ("2022-11-06", 24, 2), ("2022-11-07", 24, 0)],
)
def test_a_window_of_every_sunday_on_the_days_on_which_riga_changes_its_clocks(day: str, scheduled: int, excluded: int) -> None:
    period = day_of(instant(f"{day}T12:00", RIGA), RIGA)
    history = (plain(period.span, State.DOWN, Cause.LINE),)
    told = figures(history, period, SUNDAYS)
    assert (told.scheduled, told.excluded, told.down) == (scheduled * HOUR, excluded * HOUR, (scheduled - excluded) * HOUR)


def test_a_year_of_sundays_in_riga_loses_an_hour_and_wins_it_back() -> None:
    found = windows(SUNDAYS, year(2022, RIGA).span, RIGA)
    assert (len(found), total(found)) == (52, 104 * HOUR)


def test_a_window_within_the_hour_that_the_clocks_skip_is_none_and_within_the_one_that_they_repeat_there_are_two() -> None:
    entry = left_out("2022-01-02T03:15", "2022-01-02T03:45", RIGA, "FREQ=WEEKLY;BYDAY=SU")
    assert windows(entry, day_of(instant("2022-03-27T12:00", RIGA), RIGA).span, RIGA) == []
    assert windows(entry, day_of(instant("2022-10-30T12:00", RIGA), RIGA).span, RIGA) == [
        Span(datetime(2022, 10, 30, 0, 15, tzinfo=UTC), datetime(2022, 10, 30, 0, 45, tzinfo=UTC)),
        Span(datetime(2022, 10, 30, 1, 15, tzinfo=UTC), datetime(2022, 10, 30, 1, 45, tzinfo=UTC)),
    ]


def test_a_window_over_midnight_begins_on_the_day_that_the_rule_names() -> None:
    entry = left_out("2022-01-01T23:00", "2022-01-02T01:00", repeat="FREQ=MONTHLY;BYMONTHDAY=1")
    march = between("2022-03-02", "2022-03-03", SHANGHAI).span
    assert windows(entry, march, SHANGHAI) == [Span(march.start, march.start + HOUR)]


def test_a_window_of_days_reaches_into_a_span_that_begins_long_after_it() -> None:
    entry = left_out("2022-01-01", "2022-01-04", repeat="FREQ=MONTHLY")
    third = between("2022-03-03T20:00", "2022-03-05", SHANGHAI).span
    assert windows(entry, third, SHANGHAI) == [Span(third.start, third.start + 4 * HOUR)]


def test_a_day_that_a_zone_leaves_out_has_no_window() -> None:
    entry = left_out("2011-12-01T10:00", "2011-12-01T11:00", APIA, "FREQ=DAILY")
    assert len(windows(entry, between("2011-12-28", "2012-01-03", APIA).span, APIA)) == 5  # the 30th did not take place


def test_the_first_window_is_as_it_was_entered_whatever_the_wall_clock_says() -> None:
    start, end = instant("2022-10-30T03:30+03:00", RIGA), instant("2022-10-30T03:45+02:00", RIGA)
    entry = replace(SUNDAYS, span=Span(start, end))
    assert windows(entry, year(2022, RIGA).span, RIGA)[0] == Span(start, end)
    assert end - start == HOUR + 15 * MINUTE
    late = replace(entry, span=Span(end - 15 * MINUTE, end))  # the second of the two hours alone
    assert windows(late, day_of(start, RIGA).span, RIGA) == [late.span]
    assert windows(entry, year(2022, RIGA).span, RIGA)[1].length == 15 * MINUTE


@pytest.mark.parametrize(("repeat", "days"), [("FREQ=WEEKLY;COUNT=3", [2, 9, 16]), ("FREQ=WEEKLY;UNTIL=20220109", [2, 9]), ("", [2])])
def test_a_rule_ends_where_it_says(repeat: str, days: list[int]) -> None:
    entry = left_out("2022-01-02T02:00", "2022-01-02T04:00", repeat=repeat)
    assert [each.start.astimezone(SHANGHAI).day for each in windows(entry, year(2022, SHANGHAI).span, SHANGHAI)] == days
    assert windows(entry, year(2021, SHANGHAI).span, SHANGHAI) == []
    assert windows(entry, year(2023, SHANGHAI).span, SHANGHAI) == []


def test_a_rule_without_an_end_is_followed_no_further_than_it_is_asked() -> None:
    entry = left_out("2022-01-02T02:00", "2022-01-02T04:00", repeat="FREQ=DAILY")
    assert len(windows(entry, between("2150-01-01", "2150-01-08", SHANGHAI).span, SHANGHAI)) == 7


# Laws

LENGTHS = st.integers(1, 30 * 60).map(lambda minutes: minutes * MINUTE)
RULES = st.sampled_from(
    ["", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SU,WE,SA", "FREQ=MONTHLY;BYMONTHDAY=-1,30,1", "FREQ=DAILY;INTERVAL=3", "FREQ=DAILY;COUNT=9"]
)
ZONES = st.sampled_from([SHANGHAI, RIGA, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")])
INSTANTS = st.integers(0, 60 * 24 * 70).map(lambda minutes: datetime(2022, 3, 1, tzinfo=UTC) + minutes * MINUTE)


@st.composite
def entries(draw: st.DrawFn) -> Exclusion:
    start = draw(INSTANTS)
    return replace(SUNDAYS, span=Span(start, start + draw(LENGTHS)), repeat=draw(RULES))


@settings(max_examples=150, deadline=None)
@given(entries(), ZONES, st.lists(INSTANTS, min_size=3, max_size=3, unique=True).map(sorted))
def test_the_windows_of_the_parts_of_a_span_are_those_of_the_whole(entry: Exclusion, zone: ZoneInfo, edges: list[datetime]) -> None:
    first, second, third = edges
    together = windows(entry, Span(first, third), zone)
    assert merged([*windows(entry, Span(first, second), zone), *windows(entry, Span(second, third), zone)]) == together == merged(together)
    assert all(first <= each.start < each.end <= third for each in together)


@settings(max_examples=60, deadline=None)
@given(ZONES, st.integers(0, 23 * 60), st.integers(1, 600), st.integers(0, 80))
def test_an_instant_is_left_out_where_the_wall_clock_reads_a_time_of_the_window(zone: ZoneInfo, minute: int, length: int, day: int) -> None:
    """Against an oracle that asks the clock every quarter of an hour; a window of every day, over midnight or not."""
    first = datetime(2022, 2, 1, tzinfo=zone) + timedelta(minutes=minute)  # local arithmetic: the wall clock's
    start = first.astimezone(UTC)
    entry = replace(SUNDAYS, span=Span(start, start + length * MINUTE), repeat="FREQ=DAILY")
    asked = Span(datetime(2022, 2, 20, tzinfo=UTC) + timedelta(days=day), datetime(2022, 2, 22, tzinfo=UTC) + timedelta(days=day))
    found = windows(entry, asked, zone)
    for step in range(int(asked.length / (15 * MINUTE))):
        at = asked.start + step * 15 * MINUTE
        local = at.astimezone(zone)
        since = local.hour * 60 + local.minute - minute
        assert any(each.holds(at) for each in found) == (0 <= since % 1440 < length)


# The ledger at a moment


def test_what_was_entered_or_revoked_later_does_not_count_then() -> None:
    entry = left_out("2022-06-15", "2022-06-16", services=("line",))
    revoked = replace(entry, id=2, revoked=Revocation("wrong", "li", ENTERED + 10 * HOUR))
    late = replace(entry, id=3, entered_at=ENTERED + 5 * HOUR)
    other = replace(entry, id=4, services=("site",))
    every = replace(entry, id=5, services=())
    ledger = [entry, revoked, late, other, every]

    def ids(service: str, hour: float) -> list[int]:
        return [each.id for each in in_force(ledger, service, ENTERED + hour * HOUR)]

    assert ids("line", -0.1) == []
    assert ids("line", 0) == [1, 2, 5]
    assert ids("line", 5) == [1, 2, 3, 5]
    assert ids("line", 9.9) == [1, 2, 3, 5]
    assert ids("line", 10) == [1, 3, 5]
    assert ids("site", 10) == [4, 5]


def test_an_entry_is_retroactive_for_the_windows_that_had_begun() -> None:
    entry = replace(SUNDAYS, entered_at=instant("2022-01-10", RIGA))
    found = windows(entry, between("2022-01-01", "2022-01-20", RIGA).span, RIGA)
    assert [entry.is_retroactive(each) for each in found] == [True, True, False]
