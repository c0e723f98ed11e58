"""Spans against sets of seconds: every operation is what it is on the instants themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.span import EPOCH, Span, from_epoch, merged, microseconds, shared, to_epoch, total, without

DAY = datetime(2022, 1, 1, tzinfo=UTC)


def span(start, end):
    return Span(DAY + timedelta(seconds=start), DAY + timedelta(seconds=end))


def seconds_in(spans):
    return {second for each in spans for second in range(int((each.start - DAY).total_seconds()), int((each.end - DAY).total_seconds()))}


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda pair: span(pair[0], pair[0] + pair[1])), max_size=12)


def tidy(result):
    """Sorted, disjoint and without an empty one."""
    return all(each.start < each.end for each in result) and all(one.end <= two.start for one, two in pairwise(result))


@given(spans)
def test_merged_spans_hold_the_same_seconds_once(some):
    result = merged(some)
    assert seconds_in(result) == seconds_in(some)
    assert tidy(result)
    assert all(one.end < two.start for one, two in pairwise(result))
    assert total(result) == timedelta(seconds=len(seconds_in(some)))


@given(spans, spans)
def test_shared_spans_hold_the_seconds_of_both(some, others):
    result = shared(merged(some), merged(others))
    assert seconds_in(result) == seconds_in(some) & seconds_in(others)
    assert tidy(result)


@given(spans, spans)
def test_a_difference_holds_the_seconds_of_one_alone(some, others):
    result = without(merged(some), merged(others))
    assert seconds_in(result) == seconds_in(some) - seconds_in(others)
    assert tidy(result)


@given(spans, spans)
def test_what_is_shared_and_what_is_not_add_up(some, others):
    some, others = merged(some), merged(others)
    assert total(shared(some, others)) + total(without(some, others)) == total(some)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ((0, 10), (5, 15), (5, 10)),
        ((0, 10), (2, 3), (2, 3)),
        ((2, 3), (0, 10), (2, 3)),
        ((0, 10), (0, 10), (0, 10)),
        ((0, 10), (10, 20), None),
        ((0, 10), (11, 20), None),
        ((5, 5), (0, 10), None),
    ],
)
def test_a_span_clipped_by_another(one, other, common):
    assert span(*one).clip(span(*other)) == (common and span(*common))
    assert span(*other).clip(span(*one)) == (common and span(*common))


def test_a_span_holds_its_start_and_not_its_end():
    assert span(0, 2).holds(DAY)
    assert span(0, 2).holds(DAY + timedelta(seconds=2, microseconds=-1))
    assert not span(0, 2).holds(DAY + timedelta(seconds=2))
    assert not span(0, 0).holds(DAY)


def test_a_span_knows_its_length():
    assert span(3, 5).length == timedelta(seconds=2)


def test_a_span_cannot_end_before_it_starts():
    with pytest.raises(ValueError, match=r"2022-01-01T00:00:02\+00:00 > 2022-01-01T00:00:01\+00:00"):
        span(2, 1)


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_survives_its_number_of_microseconds(at):
    assert from_epoch(to_epoch(at)) == at


@given(st.integers(-(10**15), 10**15))
def test_microseconds_survive_their_duration(count):
    assert microseconds(timedelta(microseconds=count)) == count
    assert to_epoch(EPOCH + timedelta(microseconds=count)) == count
