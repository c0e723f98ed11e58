"""Semantics section 4, law by law: rounds drawn in, states drawn back (the letters are those of `drawn`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from linewatch.sample.cause import Cause
from linewatch.verdict.machine import TABLE, clock_step, cut_off, nothing_known, resumed, step
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule, default_stale_after
from linewatch.verdict.state import State, Transition
from linewatch.verdict.timeline import timeline
from tests.verdict.drawn import READINGS, RULE, SLOT, at, drawn, judged, readings, stepped, told

DEFAULT_RULE = [
    # nothing and little
    ("", ""),
    (".", "U"),
    ("....", "UUUU"),
    # fall: three bad rounds make DOWN, from the first of them on
    ("..x...", "UUUUUU"),
    ("..xx..", "UUUUUU"),
    ("..xxx..", "UUDDDUU"),
    ("..xx.xx.xxx", "UUUUUUUUDDD"),
    ("..xxxxxx..", "UUDDDDDDUU"),
    # rise: two good rounds end it, from the first of them on
    ("..xxx.x..", "UUDDDDDUU"),
    ("..xxx.x.x..", "UUDDDDDDDUU"),
    ("..xxx.", "UUDDDD"),
    ("..xxx..xxx..", "UUDDDUUDDDUU"),
    # degraded: at once, and good for rise
    ("..~~..", "UU~~UU"),
    ("~.~.", "~U~U"),
    ("..xxx~~", "UUDDD~~"),
    ("..xxx~.", "UUDDD~U"),
    ("..xxx.~", "UUDDDU~"),
    ("..xxx~x~.", "UUDDDDD~U"),
    ("~xx~.", "~~~~U"),
    ("~xx.", "~~~U"),
    ("~xxx..", "~DDDUU"),
    (".xx~", "UUU~"),
    # unmeasured: unknown from its own time on; it breaks a run
    ("..?..", "UU?UU"),
    ("..?", "UU?"),
    ("..!?!..", "UU_?_UU"),
    ("..xx?", "UU???"),
    ("..xx?x..", "UU????UU"),
    ("..xx!", "UU___"),
    ("..xxx?..", "UUDDD?UU"),
    ("..xxx?xx.", "UUDDD???U"),
    ("..xxx?xxx.", "UUDDD?DDDD"),
    ("..xxx.?", "UUDDD??"),
    ("..xxx.?x..", "UUDDD???UU"),
    # out of unknown: one good round is enough, bad ones take three; too few before a good one stay unknown
    ("?.", "?U"),
    ("?~", "?~"),
    ("xx.", "__U"),
    ("xx", "__"),
    ("xxx", "DDD"),
    ("?xx.", "???U"),
    ("?xxx", "?DDD"),
    ("!x?x.", "__??U"),
    # silence: up to 10 s a round vouches for, after more it vouches for one interval
    (".  .", "UUUU"),
    (".   .", "U___U"),
    ("..  ", "UUUU"),
    ("..    ", "UU____"),
    ("xxx   ...", "DDD___UUU"),
    ("xxx  x", "DDDDDD"),
    ("..xxx    xxx", "UUDDD____DDD"),
    ("~~    ~", "~~____~"),
    ("?     .", "?_____U"),
    ("!     .", "______U"),
    # ... and a run that it cuts off undecided is unknown
    ("..x    ..", "UU_____UU"),
    ("..xx    x..", "UU_______UU"),
    ("..xx    xxx", "UU______DDD"),
    ("..xxx.    ..", "UUDDD_____UU"),
    ("xx   x..", "______UU"),
    ("?xx   .", "???___U"),
    # causes: the commonest of the run that made it, the later among equals; kept while the state lasts
    ("..xxu", "UUDDD"),
    ("..xuu", "UUddd"),
    ("..uxu", "UUddd"),
    ("xxxuuu", "DDDDDD"),
    ("~l~", "~~~"),
    ("l~xl", "llll"),
    ("~.l", "~Ul"),
    (".~xl?", "U~~~?"),
]


@pytest.mark.parametrize(("rounds", "states"), DEFAULT_RULE)
def test_with_fall_3_and_rise_2(rounds, states):
    assert judged(rounds) == states


@pytest.mark.parametrize(
    ("fall", "rise", "rounds", "states"),
    [
        (1, 1, ".x.x", "UDUD"),
        (1, 2, ".x.x..", "UDDDUU"),
        (1, 3, "x..x...", "DDDDUUU"),
        (2, 1, ".x.xx.", "UUUDDU"),
        (2, 1, "ux..", "DDUU"),
        (2, 1, "xu..", "ddUU"),
        (4, 1, "xuxu.", "ddddU"),
        (4, 1, "uxxu.", "ddddU"),
        (4, 1, "xuux.", "DDDDU"),
        (3, 1, "xxx?x.", "DDD??U"),
        (3, 4, "xxx...x....", "DDDDDDDUUUU"),
        (3, 4, "xxx.~.~", "DDDU~U~"),
    ],
)
def test_with_another_fall_and_rise(fall, rise, rounds, states):
    assert judged(rounds, replace(RULE, fall=fall, rise=rise)) == states


@pytest.mark.parametrize(
    ("rounds", "bounds"),
    [
        # (slot of the change, slot of the last round that still showed the old state)
        ("..xxx..", [(0, 0), (2, 1), (5, 4)]),
        ("..xx.xxx", [(0, 0), (5, 4)]),
        ("..xxx.x..", [(0, 0), (2, 1), (7, 6)]),
        ("..xxx~.", [(0, 0), (2, 1), (5, 4), (6, 5)]),
        (".~~.", [(0, 0), (1, 0), (3, 2)]),
        ("~xx.", [(0, 0), (3, 0)]),
        ("~.xx~", [(0, 0), (1, 0), (4, 1)]),
        ("..?.", [(0, 0), (2, 1), (3, 3)]),
        ("..x?", [(0, 0), (2, 1)]),
        ("?xxx", [(0, 0), (1, 1)]),
        ("xxx.?", [(0, 0), (3, 2)]),
        ("..xx    .", [(0, 0), (2, 1), (8, 8)]),
        ("..   .", [(0, 0), (2, 1), (5, 5)]),
        ("xxx    .", [(0, 0), (3, 2), (7, 7)]),
    ],
)
def test_each_change_knows_how_early_it_can_have_been(rounds, bounds):
    assert [(change.at, change.earliest_at) for change in told(rounds)] == [(at(slot), at(earliest)) for slot, earliest in bounds]


def test_every_pair_of_state_and_reading_has_an_action():
    assert set(TABLE) == {(state, kind) for state in State for kind in Kind}


def test_a_silence_of_exactly_stale_after_is_no_hole_and_a_microsecond_more_is_one():
    first = Reading(at(0), Kind.GOOD)
    standing, _ = step(RULE, nothing_known(), first)
    assert cut_off(RULE, standing, at(0) + RULE.stale_after) == (standing, ())
    _, changes = cut_off(RULE, standing, at(0) + RULE.stale_after + timedelta(microseconds=1))
    assert changes == (Transition(at(1), State.UNKNOWN, Cause.MONITOR, at(0)),)


def test_a_silence_is_said_once():
    standing, _ = stepped(readings(".."))
    standing, first = cut_off(RULE, standing, at(20))
    assert len(first) == 1
    assert cut_off(RULE, standing, at(40)) == (standing, ())


def test_a_run_is_pending_until_it_decides():
    pending = [stepped(readings(".xxx.."[:count]))[0].pending for count in range(7)]
    assert pending == [False, False, True, True, False, True, False]


CLOCK_FORWARD = [
    # rounds before, slots jumped, rounds after, states
    ("...", 4, "...", "UUUccccUUU"),
    ("..xx", 4, "x..", "UUcccccccUU"),
    ("xxx", 4, "xxx", "DDDccccDDD"),
    ("xxx.", 4, "..", "DDDcccccUU"),
    ("??", 4, "..", "??ccccUU"),
    ("..", 1, "...", "UUcUUU"),
]


@pytest.mark.parametrize(("before", "jump", "after", "states"), CLOCK_FORWARD)
def test_a_clock_stepped_forward_leaves_the_time_between_unknown(before, jump, after, states):
    left = len(before)
    standing, changes = stepped(readings(before))
    standing, marks = clock_step(RULE, standing, at(left), at(left + jump))
    _, more = stepped(readings(after, at(left + jump)), RULE, standing)
    end = left + jump + len(after)
    assert drawn(timeline([*changes, *marks, *more], at(end)), end) == states


@pytest.mark.parametrize(
    ("before", "jump", "after", "states"),
    [
        ("......", 3, "......", "UUUUUUUUU"),
        ("...xxx", 3, "......", "UUUDDDUUU"),
        ("......", 3, "xxx...", "UUUDDDUUU"),
        ("xxx...", 6, "......", "DDDUUU"),
        ("...xx", 2, "......", "UUUccUUUU"),  # a run that the step cuts off is undecided
        ("xxxxxx", 9, ".........", "UUUDDDDDD"),
    ],
)
def test_a_clock_stepped_back_overlays_the_hours_and_the_worse_stands(before, jump, after, states):
    left = len(before)
    standing, changes = stepped(readings(before))
    standing, marks = clock_step(RULE, standing, at(left), at(left - jump))
    _, more = stepped(readings(after, at(left - jump)), RULE, standing)
    start, end = min(0, left - jump), left - jump + len(after)
    assert drawn(timeline([*changes, *marks, *more], at(end)), max(end, left) - start, at(start)) == states


def test_a_silence_before_a_clock_step_is_still_the_monitors():
    standing, _ = stepped(readings("."))
    _, changes = clock_step(RULE, standing, at(10), at(50))
    assert [(change.at, change.cause) for change in changes] == [(at(1), Cause.MONITOR), (at(10), Cause.CLOCK)]


def test_a_step_back_that_nobody_announced_closes_the_hours_before_it():
    rounds = [*readings("..xxxxxx"), *readings("......", at(1))]
    _, changes = stepped(rounds)
    assert drawn(timeline(changes, at(8)), 8) == "UUDDDDDU"


def test_a_step_dated_before_the_last_round_counts_as_its_time():
    standing, _ = stepped(readings("..."))
    _, changes = clock_step(RULE, standing, at(1), at(9))
    assert changes == (Transition(at(2), State.UNKNOWN, Cause.CLOCK, at(2)),)


def test_nothing_recorded_and_nothing_seen_is_nothing_known():
    assert resumed(RULE, None, []) == nothing_known()


def test_a_change_whose_rounds_were_lost_with_a_crash_vouches_for_one_interval():
    standing = resumed(RULE, Transition(at(0), State.UP, None, at(0)), [])
    _, changes = step(RULE, standing, Reading(at(1000), Kind.GOOD))
    assert [(change.at, change.state) for change in changes] == [(at(1), State.UNKNOWN), (at(1000), State.UP)]


def test_a_restart_on_a_clock_that_went_back_goes_on():
    standing = resumed(RULE, Transition(at(1000), State.UP, None, at(1000)), [])
    _, changes = step(RULE, standing, Reading(at(0), Kind.DEGRADED, Cause.LOSS))
    assert [(change.at, change.state) for change in changes] == [
        (at(1000), State.UNKNOWN),
        (at(0), State.UNKNOWN),
        (at(0), State.DEGRADED),
    ]


def test_after_a_clock_step_a_restart_counts_nothing_seen_before_it():
    standing, changes = stepped(readings("..xx"))
    _, marks = clock_step(RULE, standing, at(4), at(5))
    again = resumed(RULE, marks[-1], readings("..xx"))
    assert not again.pending
    _, more = stepped(readings("xx.", at(5)), RULE, again)
    assert drawn(timeline([*changes, *marks, *more], at(8)), 8) == "UUcccccU"


@pytest.mark.parametrize(
    ("interval", "stale_after"),
    [(timedelta(seconds=1), timedelta(seconds=10)), (SLOT, timedelta(seconds=10)), (timedelta(seconds=60), timedelta(seconds=180))],
)
def test_staleness_is_three_intervals_and_at_least_ten_seconds(interval, stale_after):
    assert default_stale_after(interval) == stale_after


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"interval": timedelta(0)}, "interval must be positive"),
        ({"stale_after": timedelta(seconds=2)}, "at least one interval"),
        ({"fall": 0}, "count from 1"),
        ({"rise": 0}, "count from 1"),
        ({"quorum": 0}, "count from 1"),
        ({"window": 0}, "count from 1"),
        ({"degraded_loss": -0.1}, "ratio between 0 and 1"),
        ({"degraded_loss": 1.1}, "ratio between 0 and 1"),
        ({"degraded_loss": float("nan")}, "ratio between 0 and 1"),
    ],
)
def test_a_rule_out_of_range_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        replace(RULE, **change)


def test_the_defaults_are_those_of_the_page():
    rule = Rule(interval=SLOT, stale_after=timedelta(seconds=10))
    assert (rule.fall, rule.rise, rule.quorum, rule.degraded_loss, rule.degraded_rtt, rule.window) == (3, 2, 1, 0.05, None, 20)
    assert rule.set_aside_after == timedelta(hours=24)


@pytest.mark.parametrize("letter", READINGS)
def test_a_reading_has_a_cause_exactly_where_it_is_not_good(letter):
    kind, cause = READINGS[letter]
    with pytest.raises(ValueError, match="cause"):
        Reading(at(0), kind, None if cause else Cause.LINE)


@pytest.mark.parametrize("state", State)
def test_a_change_has_a_cause_exactly_where_it_is_not_to_up(state):
    with pytest.raises(ValueError, match="cause"):
        Transition(at(0), state, Cause.LINE if state is State.UP else None, at(0))


def test_a_change_cannot_be_seen_before_it_was_possible():
    with pytest.raises(ValueError, match="before it was possible"):
        Transition(at(0), State.UP, None, at(1))
