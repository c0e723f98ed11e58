"""Outages: downtime without a break, with a name that stays the same and an uncertainty that is stated."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.span import ZERO, shared, total
from linewatch.verdict.outage import outage_spans, outages
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Stretch, padded
from tests.verdict.drawn import SLOT, at, history, line, slots

WHOLE = slots(0, 40)


def test_an_outage_lasts_from_its_first_bad_round_to_the_first_good_one():
    (outage,) = outages(history("..xxxx..."), WHOLE)
    assert (outage.began_at, outage.ended_at, outage.span, outage.cause) == (at(2), at(6), slots(2, 6), Cause.LINE)
    assert (outage.least, outage.span.length, outage.most) == (3 * SLOT, 4 * SLOT, 5 * SLOT)


@pytest.mark.parametrize(
    ("states", "start", "end", "spans"),
    [
        ("UUUU", 0, 4, []),
        ("", 0, 4, []),
        ("UDDU", 0, 4, [(1, 3)]),
        ("DUDU", 0, 4, [(0, 1), (2, 3)]),
        ("DDUU", 1, 4, [(1, 2)]),
        ("UUDD", 0, 3, [(2, 3)]),
        ("DDDD", 1, 3, [(1, 3)]),
        ("DDUU", 2, 4, []),
        ("UUDD", 0, 2, []),
        ("UDdU", 0, 4, [(1, 3)]),
        ("UD_DU", 0, 5, [(1, 2), (3, 4)]),
    ],
)
def test_the_outages_that_reach_into_a_period(states, start, end, spans):
    assert [outage.span for outage in outages(line(states), slots(start, end))] == [slots(*each) for each in spans]


def test_an_outage_carried_in_keeps_its_beginning_and_its_name():
    whole = line("UDDDDU")
    for start in range(5):
        (outage,) = outages(whole, slots(start, 6))
        assert outage.began_at == at(1)
        assert outage.id("leased-line") == "leased-line@20220301T000003Z"
        assert outage.span == slots(max(1, start), 5)


def test_an_outage_across_the_end_of_a_period_has_ended_after_it():
    (outage,) = outages(line("UDDDDU"), slots(0, 3))
    assert (outage.span, outage.ended_at) == (slots(1, 3), at(5))


def test_an_outage_still_open_has_not_ended():
    (outage,) = outages(history("..xxx"), WHOLE)
    assert outage.ended_at is None
    assert outage.span == slots(2, 5)


def test_an_outage_that_stopped_to_be_seen_ended_there():
    (outage,) = outages(history("..xxx     "), WHOLE)
    assert outage.ended_at == at(5)
    assert (outage.least, outage.most) == (2 * SLOT, 4 * SLOT)


@pytest.mark.parametrize(
    ("states", "cause"),
    [("DDDd", Cause.LINE), ("Dddd", Cause.UPSTREAM), ("DdDd", Cause.LINE), ("DdddDDD", Cause.LINE)],
)
def test_the_cause_of_an_outage_is_that_of_its_longest_part(states, cause):
    (outage,) = outages(line(states), WHOLE)
    assert outage.cause is cause


def test_the_cause_is_that_of_the_part_in_the_period():
    (outage,) = outages(line("DDDDdd"), slots(3, 6))
    assert outage.cause is Cause.UPSTREAM


def test_an_outage_is_sure_only_as_far_as_its_bad_rounds_reach():
    """The last part is what a cut left: no bad round of its own."""
    first = Stretch(slots(0, 4), State.DOWN, Cause.LINE, slots(0, 3), slots(0, 4))
    second = Stretch(slots(4, 5), State.DOWN, Cause.UPSTREAM, slots(4, 4), slots(4, 5))
    (outage,) = outages((first, second), WHOLE)
    assert (outage.least, outage.most) == (3 * SLOT, 5 * SLOT)


def test_an_outage_of_which_the_period_holds_no_bad_round_may_be_nothing():
    (outage,) = outages(history("..xxxx..."), slots(5.5, 9))
    assert (outage.least, outage.span.length, outage.most) == (ZERO, SLOT / 2, SLOT / 2)


@settings(max_examples=300)
@given(st.text(alphabet="....xxxxu~?   ", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_outages_are_the_downtime_and_their_bounds_hold_it(text, first, second):
    whole, period = history(text), slots(*sorted((first, second)))
    found = outages(whole, period)
    down = total(stretch.span for stretch in padded(whole, period) if stretch.state is State.DOWN)
    assert total(outage.span for outage in found) == down
    for outage in found:
        assert ZERO <= outage.least <= outage.span.length <= outage.most
        assert outage.began_at <= outage.span.start
        assert outage.ended_at is None or outage.ended_at >= outage.span.end
    assert [outage.span for outage in found] == shared(outage_spans(whole), [period])
