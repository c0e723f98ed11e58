"""Rules by which an exclusion comes again: those of RFC 5545 that name days, and a clear line for every other."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.errors import UsageError
from linewatch.sla.recurrence import checked, starts

RIGA = ZoneInfo("Europe/Riga")
FIRST = datetime.fromisoformat("2022-01-02T02:00")  # a Sunday
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("rule", "then"),
    [
        ("FREQ=WEEKLY;BYDAY=SU", ["01-02", "01-09", "01-16"]),
        ("rrule:freq=weekly", ["01-02", "01-09", "01-16"]),
        ("FREQ=DAILY;INTERVAL=2", ["01-02", "01-04", "01-06"]),
        ("FREQ=MONTHLY;BYDAY=1SU", ["01-02", "02-06", "03-06"]),
        ("FREQ=MONTHLY;BYDAY=SU;BYSETPOS=+1", ["01-02", "02-06", "03-06"]),
        ("FREQ=WEEKLY;BYDAY=SU,WE;WKST=MO", ["01-02", "01-05", "01-09"]),
        ("FREQ=YEARLY;BYMONTH=1,07;BYMONTHDAY=2", ["01-02", "07-02", "01-02"]),
        ("FREQ=DAILY;COUNT=2", ["01-02", "01-03"]),
        ("FREQ=DAILY;UNTIL=20220103", ["01-02", "01-03"]),
        ("FREQ=DAILY;UNTIL=20220103T015959", ["01-02"]),
        ("FREQ=DAILY;UNTIL=20220103T000000Z", ["01-02", "01-03"]),  # 02:00 in Riga
        ("FREQ=YEARLY;BYYEARDAY=2,-1", ["01-02", "12-31", "01-02"]),
    ],
)
def test_a_rule_names_its_days(rule: str, then: list[str]) -> None:
    told = checked(rule, FIRST, HOUR, RIGA)
    found = list(starts(told, FIRST, datetime.fromisoformat("2023-01-03T00:00"), RIGA))
    assert [f"{each:%m-%d}" for each in found][: len(then)] == then
    assert all((each.hour, each.minute) == (2, 0) for each in found)


LIKE = "; a rule is written like FREQ=WEEKLY;BYDAY=SU (RFC 5545)"
FINE = "goes by parts of a day; a rule repeats daily, weekly, monthly or yearly, at the time of --from"
REFUSED = [
    ("", f'has no meaning at ""{LIKE}'),
    ("every Sunday", f'has no meaning at "EVERY SUNDAY"{LIKE}'),
    ("BYDAY=SU", f"does not say FREQ{LIKE}"),
    ("FREQ=SECONDLY", FINE),
    ("FREQ=MINUTELY;INTERVAL=5", FINE),
    ("FREQ=HOURLY", FINE),
    ("FREQ=DAILY;BYHOUR=2,3", FINE),
    ("FREQ=DAILY;BYEASTER=0", f'has no meaning at "BYEASTER=0"{LIKE}'),
    ("FREQ=DAILY;INTERVAL=0", f'has no meaning at "INTERVAL=0"{LIKE}'),
    ("FREQ=DAILY;INTERVAL=1000", f'has no meaning at "INTERVAL=1000"{LIKE}'),
    ("FREQ=DAILY;COUNT=-1", f'has no meaning at "COUNT=-1"{LIKE}'),
    ("FREQ=DAILY;BYMONTH=13", f'has no meaning at "BYMONTH=13"{LIKE}'),
    ("FREQ=DAILY;BYDAY=", f'has no meaning at "BYDAY="{LIKE}'),
    ("FREQ=DAILY;", f'has no meaning at ""{LIKE}'),
    ("FREQ=DAILY;UNTIL=tomorrow", f'has no meaning at "UNTIL=TOMORROW"{LIKE}'),
    ("FREQ=DAILY;UNTIL=20221345", 'has no meaning at "UNTIL=20221345"'),
    ("FREQ=DAILY;UNTIL=99991231", 'has no meaning at "UNTIL=99991231"'),
    ("FREQ=DAILY;FREQ=WEEKLY", "says FREQ twice"),
    ("FREQ=DAILY;COUNT=2;UNTIL=20230101", "says both COUNT and UNTIL"),
    ("FREQ=WEEKLY;BYMONTHDAY=2", "says BYMONTHDAY of a week"),
    ("FREQ=MONTHLY;BYYEARDAY=2", "says BYYEARDAY, which belongs to FREQ=YEARLY"),
    ("FREQ=YEARLY;BYWEEKNO=52;BYDAY=SU", "counts weeks of the year, which is not done here; say the months and days"),
    ("FREQ=WEEKLY;BYDAY=1SU", "numbers the days of BYDAY, which belongs to months and years"),
    ("FREQ=DAILY;BYSETPOS=1", "says BYSETPOS and nothing to choose from"),
    ("FREQ=WEEKLY;BYDAY=SA", "does not name the first window itself, Sunday 2022-01-02 02:00"),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "does not name the first window itself, Sunday 2022-01-02 02:00"),
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "does not name the first window itself, Sunday 2022-01-02 02:00"),
    ("FREQ=DAILY;UNTIL=20220101", "does not name the first window itself, Sunday 2022-01-02 02:00"),
]


@pytest.mark.parametrize(("rule", "words"), REFUSED)
def test_a_rule_that_cannot_be_meant_is_refused_in_a_line_and_at_once(rule: str, words: str) -> None:
    begun = time.process_time()
    with pytest.raises(UsageError) as caught:
        checked(rule, FIRST, HOUR, RIGA)
    assert str(caught.value) == f'the rule "{rule}" {words}'
    assert time.process_time() - begun < 1  # whatever the rule would cost to follow


@pytest.mark.parametrize(
    ("rule", "first", "length", "words"),
    [
        ("FREQ=DAILY", FIRST, 25 * HOUR, "would begin a window at 2022-01-03 02:00 before that of 2022-01-02 02:00 has ended"),
        ("FREQ=WEEKLY;BYDAY=SU,MO", FIRST, 25 * HOUR, "would begin a window at 2022-01-03 02:00 before that of 2022-01-02 02:00 has ended"),
        ("FREQ=YEARLY", FIRST, 32 * 24 * HOUR, "would repeat a window of 32 days; at most 31 are taken"),
        ("FREQ=DAILY", FIRST, 0 * HOUR, "needs a first window that begins on a whole second and before it ends, by the wall clock"),
        (
            "FREQ=DAILY",
            FIRST.replace(microsecond=5),
            HOUR,
            "needs a first window that begins on a whole second and before it ends, by the wall clock",
        ),
    ],
)
def test_windows_that_cannot_follow_each_other_are_refused(rule: str, first: datetime, length: timedelta, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(rule, first, length, RIGA)
    assert str(caught.value) == f'the rule "{rule}" {words}'


def test_a_rule_that_is_too_long_is_not_read() -> None:
    with pytest.raises(UsageError, match="is longer than 200 characters"):
        checked("FREQ=DAILY;BYMONTHDAY=" + "1," * 500 + "2", FIRST, HOUR, RIGA)


PERIODS = [
    "DAILY",
    "WEEKLY",
    "WEEKLY;BYDAY=SU,WE",
    "WEEKLY;BYDAY=SU,MO,SA;BYSETPOS=-1;WKST=SU",
    "DAILY;BYMONTHDAY=2,3,29",
    "MONTHLY",
    "YEARLY;BYMONTH=1",
]


@given(
    st.sampled_from(PERIODS), st.integers(1, 9), st.sampled_from(["", ";COUNT=30", ";UNTIL=20240101"]), st.integers(-10, 1500), st.integers(1, 500)
)
def test_the_starts_since_a_moment_are_those_of_the_whole_rule_from_it_on(period: str, interval: int, end: str, days: int, length: int) -> None:
    rule = f"FREQ={period};INTERVAL={interval}{end}"
    since = FIRST + timedelta(days=days, hours=1)
    before = since + timedelta(days=length)
    assert list(starts(rule, FIRST, before, RIGA, since)) == [at for at in starts(rule, FIRST, before, RIGA) if at >= since]


ALPHABET = "FREQ=DAILYWKMONTHUNCBSP;,+-0123456789Z: "


@given(st.text(ALPHABET, max_size=40) | st.text(max_size=20) | st.text(ALPHABET, max_size=20).map(lambda rest: f"FREQ=DAILY;{rest}"))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        told = checked(text, FIRST, HOUR, RIGA)
    except UsageError:
        return
    assert next(starts(told, FIRST, FIRST + HOUR, RIGA)) == FIRST
