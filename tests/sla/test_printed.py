"""Printing: cut off, never rounded up."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.sla.printed import NOTHING, clock_time, exact_seconds, percent
from linewatch.span import microseconds

ratios = st.fractions(0, 1)
durations = st.timedeltas(timedelta(0), timedelta(days=365 * 200))


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Fraction(1), "100.00"),
        (Fraction(99996, 100000), "99.99"),
        (1 - Fraction(1, 10**12), "99.99"),
        (Fraction(8759, 8760), "99.98"),
        (Fraction(1, 3), "33.33"),
        (Fraction(5, 10000), "0.05"),
        (Fraction(1, 10**6), "0.00"),
        (Fraction(0), "0.00"),
        (None, NOTHING),
    ],
)
def test_a_percentage_is_cut_off_after_two_places(ratio, text):
    assert percent(ratio) == text


@pytest.mark.parametrize(("places", "text"), [(0, "99"), (1, "99.9"), (3, "99.996"), (5, "99.99600")])
def test_as_many_places_as_asked(places, text):
    assert percent(Fraction(99996, 100000), places) == text


@given(ratios, st.integers(0, 6))
def test_what_is_printed_is_never_more_and_less_than_a_unit_of_its_last_place_below(ratio, places):
    printed = Fraction(percent(ratio, places))
    assert 0 <= ratio * 100 - printed < Fraction(1, 10**places)
    assert (printed == 100) == (ratio == 1)


@given(ratios, ratios)
def test_printing_keeps_the_order(one, other):
    assert (one <= other) <= (Fraction(percent(one)) <= Fraction(percent(other)))


@pytest.mark.parametrize(
    ("duration", "number"),
    [
        (timedelta(0), 0),
        (timedelta(seconds=60), 60),
        (timedelta(seconds=1.5), 1.5),
        (timedelta(microseconds=1), 0.000001),
        (timedelta(days=365, microseconds=999_999), 31536000.999999),
    ],
)
def test_seconds_are_whole_where_they_can_be(duration, number):
    assert exact_seconds(duration) == number
    assert isinstance(exact_seconds(duration), type(number))


@given(durations)
def test_seconds_as_text_are_exact(duration):
    text = repr(exact_seconds(duration))
    assert Decimal(text) * 1_000_000 == microseconds(duration)
    assert Decimal(text).as_tuple().exponent >= -6


@given(st.lists(durations, max_size=6))
def test_printed_seconds_add_up_as_decimals(parts):
    assert sum((Decimal(repr(exact_seconds(part))) for part in parts), Decimal(0)) * 1_000_000 == sum(microseconds(part) for part in parts)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "00:00:00"),
        (timedelta(seconds=59, microseconds=999_999), "00:00:59"),
        (timedelta(hours=1), "01:00:00"),
        (timedelta(hours=23, minutes=59, seconds=59), "23:59:59"),
        (timedelta(days=1), "1 d 00:00:00"),
        (timedelta(days=365, hours=4, minutes=5, seconds=6), "365 d 04:05:06"),
    ],
)
def test_a_duration_for_people(duration, text):
    assert clock_time(duration) == text
