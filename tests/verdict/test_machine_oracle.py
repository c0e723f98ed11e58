"""The step function against the oracle, and against itself after a restart, over arbitrary rounds with arbitrary silences."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.verdict.machine import clock_step, cut_off, nothing_known, resumed, step
from linewatch.verdict.reading import Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State
from linewatch.verdict.timeline import timeline
from tests.verdict.drawn import READINGS, START, gapless, stepped
from tests.verdict.oracle import account

SECOND = timedelta(seconds=1)
GAPS = [timedelta(microseconds=1), SECOND, 3 * SECOND, 3 * SECOND, 10 * SECOND, 10 * SECOND + timedelta(microseconds=1), 60 * SECOND]

rules = st.builds(
    lambda fall, rise: Rule(interval=3 * SECOND, stale_after=10 * SECOND, fall=fall, rise=rise),
    st.integers(1, 4),
    st.integers(1, 4),
)
letters = st.sampled_from("....~lxxxxxuu?!")
looks = st.lists(st.tuples(letters, st.sampled_from(GAPS)), max_size=30)


def rounds(drawn):
    at, out = START, []
    for letter, gap in drawn:
        out.append(Reading(at, *READINGS[letter]))
        at += gap
    return out


@settings(max_examples=1500)
@given(rules, looks)
def test_the_step_function_agrees_with_the_grammar_of_the_whole_list(rule, drawn):
    readings = rounds(drawn)
    assert stepped(readings, rule)[1] == account(rule, readings)


@given(rules, looks)
def test_no_change_lies_before_the_one_that_it_follows_and_each_says_something_new(rule, drawn):
    _, changes = stepped(rounds(drawn), rule)
    for one, two in pairwise(changes):
        assert one.at < two.at
        assert (one.state, one.cause) != (two.state, two.cause)
        assert two.earliest_at >= one.at or one.state is State.UNKNOWN


@settings(max_examples=500)
@given(rules, looks, st.data())
def test_a_restart_at_any_round_changes_nothing_that_follows(rule, drawn, data):
    readings = rounds(drawn)
    k = data.draw(st.integers(0, len(readings)))
    standing, before = stepped(readings[:k], rule)
    noticed = data.draw(st.booleans(), label="the daemon noticed the silence before it ended")
    if noticed and 0 < k < len(readings):
        standing, silence = cut_off(rule, standing, readings[k].at)
        before += silence
    tail = readings[max(0, k - max(rule.fall, rule.rise) - 1) : k]
    again = resumed(rule, before[-1] if before else None, tail)
    assert stepped(readings[k:], rule, again)[1] == stepped(readings[k:], rule, standing)[1]
    assert noticed or again.pending == standing.pending


@given(rules, looks, st.data())
def test_rounds_lost_with_a_crash_never_make_up_time_that_was_not_seen(rule, drawn, data):
    readings = rounds(drawn)
    k = data.draw(st.integers(0, len(readings)))
    kept = data.draw(st.integers(0, k))
    _, before = stepped(readings[:k], rule)
    until = START + timedelta(days=2)
    standing = resumed(rule, before[-1] if before else None, readings[:kept])
    _, after = stepped([Reading(START + timedelta(days=1), *READINGS["."])], rule, standing)
    asleep = timeline([*before, *after], until)
    seen_until = readings[k - 1].at + rule.interval if k else START
    for stretch in asleep:
        if stretch.state is not State.UNKNOWN and stretch.span.start < START + timedelta(days=1):
            assert stretch.span.end <= seen_until


@settings(max_examples=500)
@given(rules, st.lists(st.tuples(letters, st.sampled_from([*GAPS, -SECOND, -7 * SECOND, -60 * SECOND])), max_size=30))
def test_a_clock_that_goes_back_unnoticed_is_a_step_back(rule, drawn):
    readings = rounds(drawn)
    noticed, standing = [], nothing_known()
    for before, reading in zip([None, *readings], readings, strict=False):
        if before is not None and reading.at < before.at:
            standing, more = clock_step(rule, standing, before.at, reading.at)
            noticed += more
        standing, more = step(rule, standing, reading)
        noticed += more
    assert stepped(readings, rule)[1] == noticed


@settings(max_examples=500)
@given(rules, looks, looks, st.integers(-200, 200))
def test_a_clock_step_loses_no_downtime_and_counts_no_second_twice(rule, first, second, jump):
    """The hours before the step and those after it, each told alone, against the record of both: in every second the worse of the two stands."""
    early = rounds(first)
    left_at = early[-1].at + SECOND if early else START
    resumed_at = left_at + jump * SECOND
    late = [Reading(reading.at - START + resumed_at + SECOND, reading.kind, reading.cause) for reading in rounds(second)]
    until = max([left_at, resumed_at, *(reading.at for reading in late)]) + 5 * SECOND
    standing, changes = stepped(early, rule)
    standing, marks = clock_step(rule, standing, left_at, resumed_at)
    _, more = stepped(late, rule, standing)
    both = timeline([*changes, *marks, *more], until)
    assert gapless([stretch.span for stretch in both])
    alone = timeline([*changes, *clock_step(rule, stepped(early, rule)[0], left_at, left_at)[1]], left_at)
    for history in (alone, timeline(stepped(late, rule)[1], until)):
        for stretch in history:
            for other in both:
                if stretch.span.clip(other.span):
                    assert other.state.badness >= stretch.state.badness
    if jump > 0:
        lost = [stretch for stretch in both if stretch.span.holds(left_at)]
        assert [(stretch.state, stretch.cause) for stretch in lost] == [(State.UNKNOWN, Cause.CLOCK)]
