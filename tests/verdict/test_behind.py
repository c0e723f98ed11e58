"""An endpoint behind a line: the line's outages are not the endpoint's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.verdict.behind import as_it_hides, behind
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, timeline
from tests.verdict.drawn import RULE, SLOT, at, drawn, gapless, history, line, readings, slots, stepped


@pytest.mark.parametrize(
    ("line_states", "endpoint_states", "own_states"),
    [
        ("UUUUUU", "UUDDUU", "UUDDUU"),
        ("UUDDUU", "UUDDUU", "UUbbUU"),
        ("UUddUU", "UUDDUU", "UUbbUU"),  # whatever the line's own cause
        ("UUDDDU", "UUUDDU", "UUUbbU"),  # which was confirmed first does not matter
        ("UUUDDU", "UUDDDU", "UUDbbU"),
        ("UDDUUU", "UDDDDU", "UbbDDU"),
        ("UUDUDU", "UDDDDU", "UDbDbU"),
        ("UDDDDU", "UDUUDU", "UbUUbU"),
        ("UUDDUU", "UU~~UU", "UU~~UU"),  # only DOWN is masked
        ("UUDDUU", "UU__UU", "UU__UU"),
        ("UU??UU", "UDDDDU", "UD??DU"),  # our own side was at fault
        ("UD??DU", "UDDDDU", "Ub??bU"),
        ("UDLLDU", "UDDDDU", "Ub??bU"),  # and a history file charges it
        ("U____U", "UDDDDU", "UDDDDU"),  # nobody watched the line: the endpoint's failure stands
        ("UccccU", "UDDDDU", "UDDDDU"),
        ("", "UDDDDU", "UDDDDU"),
        ("DDDDDD", "", ""),
        ("  DD  ", "DDDDDD", "DDbbDD"),
    ],
)
def test_the_time_of_both_outages_is_not_the_endpoints(line_states, endpoint_states, own_states):
    assert drawn(behind(line(endpoint_states), line(line_states)), len(own_states)) == own_states


@pytest.mark.parametrize(
    ("line_states", "endpoint_states", "own_states"),
    [
        ("UD__DU", "UDDDDU", "UbbbbU"),  # a host that was started anew in an outage of the line
        ("UD_cDU", "UDDDDU", "UbbbbU"),
        ("U?__DU", "UDDDDU", "U?bbbU"),
        ("UD__?U", "UDDDDU", "Ub???U"),
        ("UD__UU", "UDDDDU", "UbDDDU"),  # the line was well when it was seen next
        ("UU__DU", "UDDDDU", "UDbbbU"),  # it may have begun at any time since
        ("U____U", "UDDDDU", "UDDDDU"),
        ("D____D", "DDDDDD", "bbbbbb"),
        ("__D___", "DDDDDD", "bbbbbb"),  # as long as nobody knows better
    ],
)
def test_a_hole_beside_a_fault_of_the_line_hides_as_it_does(line_states, endpoint_states, own_states):
    lines = as_it_hides(line(line_states))
    assert gapless([stretch.span for stretch in lines])
    assert drawn(behind(line(endpoint_states), lines), len(own_states)) == own_states


@pytest.mark.parametrize(("states", "hides"), [("UU" + "_" * 1500 + "DU", slots(302, 1503)), ("UD" + "_" * 1500, slots(1, 1202))])
def test_a_hole_hides_for_an_hour_at_most(states, hides):
    own = told(behind(line("D" * len(states)), as_it_hides(line(states))))
    assert [span for span, state, _ in own if state is State.UNKNOWN] == [hides]


def test_our_own_fault_may_have_begun_with_the_last_good_round_of_the_line():
    """The gateway died right before the endpoint's check, and the line's next round was the first to show it."""
    lines = history("." * 20 + "?" * 10 + "." * 20)
    endpoint = line("U" * 19 + "D" * 6 + "U" * 25)
    assert told(behind(endpoint, lines)) == [(slots(19, 25), State.UNKNOWN, Cause.LOCAL)]


MINUTE = replace(RULE, interval=20 * SLOT, stale_after=60 * SLOT)


def checks(drawing: str, until: float) -> Timeline:
    """An endpoint looked at once in twenty slots."""
    spread = "".join(letter + " " * 19 for letter in drawing)
    return timeline(stepped(readings(spread), MINUTE)[1], at(until))


def told(whole):
    return [(stretch.span, stretch.state, stretch.cause) for stretch in whole if stretch.state is not State.UP]


def test_the_lines_outage_is_taken_as_wide_as_its_sampling_allows():
    lines = history("." * 21 + "xxx" + "." * 96)
    endpoint = line("U" * 20 + "D" * 10 + "U" * 90)
    assert told(behind(endpoint, lines)) == [
        (slots(20, 24), State.UNKNOWN, Cause.LINE),
        (slots(24, 30), State.DOWN, Cause.LINE),
    ]


def test_the_tail_after_the_line_came_back_is_not_charged_until_the_endpoint_was_seen_bad_in_it():
    """The endpoint's last bad check fell into the line's outage; its next, a good one, came long after the line's return."""
    lines = history("." * 15 + "x" * 50 + "." * 35)
    endpoint = checks(".xxx..", 120)
    assert told(endpoint) == [(slots(20, 80), State.DOWN, Cause.LINE)]
    assert told(behind(endpoint, lines)) == [(slots(20, 80), State.UNKNOWN, Cause.LINE)]


def test_a_bad_check_after_the_line_came_back_is_charged():
    lines = history("." * 15 + "x" * 30 + "." * 55)
    endpoint = checks(".xxx..", 120)
    assert told(behind(endpoint, lines)) == [
        (slots(20, 45), State.UNKNOWN, Cause.LINE),
        (slots(45, 80), State.DOWN, Cause.LINE),
    ]
    (own,) = [stretch for stretch in behind(endpoint, lines) if stretch.state is State.DOWN]
    assert (own.sure, own.wide) == (slots(45, 60), slots(45, 80))


def test_the_tail_after_our_own_fault_stays_our_own():
    lines = history("." * 15 + "?" * 50 + "." * 35)
    assert told(behind(checks(".xxx..", 120), lines)) == [(slots(20, 80), State.UNKNOWN, Cause.LOCAL)]


def test_a_line_that_was_degraded_masks_nothing():
    assert told(behind(line("UDDU"), line("U~~U"))) == [(slots(1, 3), State.DOWN, Cause.LINE)]


rounds = st.text(alphabet="....xxxx~u?  ", max_size=40)


@settings(max_examples=300)
@given(rounds, rounds)
def test_masking_keeps_every_second_and_touches_only_downtime(line_rounds, endpoint_rounds):
    lines, endpoint = history(line_rounds), history(endpoint_rounds)
    own = behind(endpoint, lines)
    assert gapless([stretch.span for stretch in own])
    count = len(endpoint_rounds)
    masked = drawn(own, count)
    for slot, (before, after) in enumerate(zip(drawn(endpoint, count), masked, strict=True)):
        assert before == after or (before in "Dd" and after in "b?"), slot
    in_line = drawn(lines, count)
    assert all(after not in "Dd" or above not in "Dd?" for above, after in zip(in_line, masked, strict=True))
    for stretch in own:
        assert stretch.wide.start <= stretch.span.start <= stretch.sure.start <= stretch.sure.end <= stretch.span.end <= stretch.wide.end
    assert behind(own, lines) == own
