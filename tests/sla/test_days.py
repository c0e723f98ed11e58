"""The days of a period: they add up to it, they follow the zone's midnights, and each has its grade."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.sla.availability import availability
from linewatch.sla.days import Grade, days
from linewatch.sla.period import month, months_within, year
from linewatch.sla.terms import Terms
from linewatch.span import ZERO, Span, merged
from linewatch.verdict.state import State
from linewatch.verdict.timeline import joined, plain

SHANGHAI, RIGA = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Riga")
HOUR = timedelta(hours=1)
DAY = Span(datetime(2022, 3, 8, 16, tzinfo=UTC), datetime(2022, 3, 9, 16, tzinfo=UTC))
CAUSES = {State.UP: None, State.DOWN: Cause.LINE, State.DEGRADED: Cause.LOSS, State.UNKNOWN: Cause.MONITOR}
SPRING = datetime(2022, 3, 24, tzinfo=UTC)  # the clocks of Riga change on the 27th

lengths = st.lists(st.tuples(st.integers(1, 3000), st.sampled_from(list(State))), max_size=12)
spans = st.tuples(st.integers(-2000, 12_000), st.integers(-2000, 12_000)).map(
    lambda pair: Span(SPRING + timedelta(minutes=min(pair)), SPRING + timedelta(minutes=max(pair)))
)


def history(parts, start=SPRING):
    """Stretches of so many minutes in these states."""
    edges = [start + timedelta(minutes=minutes) for minutes in accumulate((minutes for minutes, _ in parts), initial=0)]
    return tuple(joined(plain(Span(*edge), state, CAUSES[state]) for edge, (_, state) in zip(pairwise(edges), parts, strict=True)))


@settings(max_examples=200)
@given(lengths, spans, st.sampled_from([SHANGHAI, RIGA]), st.lists(spans, max_size=3), st.lists(spans, max_size=3))
def test_their_seconds_add_up_to_the_period(parts, span, zone, service, excluded):
    hours, left_out = merged(service), merged(excluded)
    whole = availability(history(parts), span, Terms(), hours, left_out)
    found = days(history(parts), span, zone, Terms(), hours, left_out)
    for name in ("period", "scheduled", "excluded", "up", "degraded", "down", "unknown", "charged", "gross_charged", "gross_unknown"):
        assert sum((getattr(day.figures, name) for day in found), ZERO) == getattr(whole, name)
    assert [later.day - earlier.day for earlier, later in pairwise(found)] == [timedelta(days=1)] * (len(found) - 1 if found else 0)


def test_a_day_is_as_long_as_its_clock_makes_it():
    found = days((), Span(SPRING, SPRING + timedelta(days=5)), RIGA, Terms(), [])
    assert [(day.day.day, day.figures.period // HOUR) for day in found] == [(24, 22), (25, 24), (26, 24), (27, 23), (28, 24), (29, 3)]
    assert len(days((), year(2024, SHANGHAI).span, SHANGHAI, Terms(), [])) == 366


@pytest.mark.parametrize(
    ("parts", "grade", "partial"),
    [
        ([(1440, State.UP)], Grade.FULL, False),
        ([(1000, State.DEGRADED), (440, State.UP)], Grade.FULL, False),
        ([(1439, State.UP), (1, State.DOWN)], Grade.A, False),
        ([(14, State.DOWN), (1426, State.UP)], Grade.B, False),
        ([(144, State.DOWN), (1296, State.UP)], Grade.C, False),
        ([(145, State.DOWN), (1295, State.UP)], Grade.D, False),
        ([(1440, State.DOWN)], Grade.D, False),
        ([(1440, State.UNKNOWN)], Grade.UNKNOWN, False),
        ([(15, State.UNKNOWN), (1425, State.UP)], Grade.FULL, True),
        ([(1439, State.UNKNOWN), (1, State.DOWN)], Grade.D, True),
    ],
)
def test_a_day_has_its_grade(parts, grade, partial):
    [day] = days(history(parts, DAY.start), DAY, SHANGHAI, Terms(), [DAY])
    assert (day.day, day.grade, day.partial) == (date(2022, 3, 9), grade, partial)


def test_a_day_that_is_not_owed_or_left_out_has_no_grade_of_its_own():
    whole = history([(1440, State.DOWN)], DAY.start)
    assert [day.grade for day in days(whole, DAY, SHANGHAI, Terms(), [])] == [Grade.NOT_OWED]
    assert [day.grade for day in days(whole, DAY, SHANGHAI, Terms(), [DAY], [DAY])] == [Grade.EXCLUDED]


def test_the_months_of_a_span_are_cut_to_it():
    found = months_within(Span(month("2022-01", SHANGHAI).span.start + HOUR, month("2022-03", SHANGHAI).span.start + HOUR), SHANGHAI)
    assert [(each.label, each.span.length) for each in found] == [
        ("2022-01", timedelta(days=31) - HOUR),
        ("2022-02", timedelta(days=28)),
        ("2022-03", HOUR),
    ]
    assert months_within(Span(SPRING, SPRING), SHANGHAI) == ()
