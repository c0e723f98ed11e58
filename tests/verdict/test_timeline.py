"""Histories: from the record, over one another, cut, padded, joined. Drawn with the letters of `drawn`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.span import Span, merged, total
from linewatch.verdict.state import State, Transition
from linewatch.verdict.timeline import (
    Stretch,
    joined,
    laid_over,
    measured_first,
    overlap,
    padded,
    plain,
    relabelled,
    timeline,
    within,
)
from tests.verdict.drawn import READINGS, START, STATES, at, drawn, gapless, history, line, slots, told

LETTERS = "".join(letter for letter in READINGS) + "...xxxx    "
lines = st.text(alphabet=LETTERS, max_size=40).map(lambda text: ".." + text)


def change(slot, letter, earliest=None):
    state, cause = STATES[letter]
    return Transition(at(slot), state, cause, at(slot if earliest is None else earliest))


def account(text):
    """The changes of a drawing of states."""
    return [change(i, letter) for i, letter in enumerate(text) if i == 0 or text[i - 1] != letter]


def bounded(stretch):
    return (
        stretch.wide.start <= stretch.span.start <= stretch.sure.start
        and stretch.sure.start <= stretch.sure.end <= stretch.span.end <= stretch.wide.end
    )


# From the record


@pytest.mark.parametrize("states", ["", "U", "UUDDUU", "_U~lDd?_cU"])
def test_an_account_holds_until_its_end(states):
    assert drawn(timeline(account(states), at(len(states))), len(states)) == states


def test_nothing_recorded_is_no_history():
    assert timeline([], at(5)) == ()


def test_what_is_recorded_later_than_the_end_is_left_out():
    assert drawn(timeline(account("UUDDUU"), at(3)), 5) == "UUD__"
    assert timeline(account("UU"), at(0)) == ()


def test_an_outage_is_sure_between_its_bad_rounds_and_wide_between_its_good_ones():
    (_, down, _) = history("..xxx..")
    assert down == Stretch(slots(2, 5), State.DOWN, Cause.LINE, slots(2, 4), slots(1, 5))


def test_an_outage_still_open_is_sure_up_to_the_end():
    assert history("..xxx")[-1] == Stretch(slots(2, 5), State.DOWN, Cause.LINE, slots(2, 5), slots(1, 5))


def test_an_end_before_the_last_change_knows_what_the_whole_record_knows():
    changes = told("..xxxx..")
    for half in range(5, 13):
        end = at(half / 2)
        assert timeline(changes, end) == within(timeline(changes, at(8)), Span(START, end))


def test_only_down_time_and_the_beginning_of_our_own_faults_are_unsure():
    *others, ours = (stretch for stretch in history("..xxx~~.  ..!  .?") if stretch.state is not State.DOWN)
    assert all(stretch.sure == stretch.span == stretch.wide for stretch in others)
    assert (ours.sure, ours.span, ours.wide) == (slots(16, 17), slots(16, 17), slots(15, 17))


@settings(max_examples=300)
@given(lines)
def test_the_record_of_any_rounds_makes_a_history_without_a_gap(text):
    whole = history(text)
    assert gapless([stretch.span for stretch in whole])
    assert whole[-1].span.end == at(len(text))
    assert all(bounded(stretch) for stretch in whole)
    assert tuple(joined(whole)) == whole


@pytest.mark.parametrize(
    ("accounts", "states"),
    [
        # (slot at which each begins, its states): the clock was stepped back between them
        ([(0, "UUUUUU"), (3, "UUUUUU")], "UUUUUUUUU"),
        ([(0, "UUUDDD"), (3, "UUUUUU")], "UUUDDDUUU"),
        ([(0, "UUUUUU"), (3, "DDDDUU")], "UUUDDDDUU"),
        ([(0, "DDDDDD"), (2, "UU")], "DDDDDD"),
        ([(0, "~~~~~~"), (3, "???UUU")], "~~~???UUU"),
        ([(0, "?????U"), (2, "~~~~UU")], "?????~UU"),
        ([(3, "UUU"), (0, "DD")], "DDDDDD"),  # the last account goes on to the end
        ([(0, "UUUU"), (2, "UUDD"), (4, "DUUU")], "UUUUDDUU"),
        ([(0, "DDDD"), (2, "dddd")], "DDDDdd"),
    ],
)
def test_where_accounts_overlap_the_worse_stands(accounts, states):
    changes = []
    for start, text in accounts:
        end = start + len(text)
        changes += [change(start + i, letter) for i, letter in enumerate(text) if i == 0 or text[i - 1] != letter]
        changes.append(change(end, "c"))
    whole = timeline(changes[:-1], at(len(states)))
    assert drawn(whole, len(states)) == states


accounts = st.lists(st.tuples(st.integers(0, 20), st.text(alphabet="UU~DDd?_c", min_size=1, max_size=12)), min_size=1, max_size=5)


@settings(max_examples=300)
@given(accounts)
def test_accounts_in_any_order_count_no_slot_twice_and_lose_no_downtime(several):
    changes = []
    for start, text in several:
        changes += [change(start + i, letter) for i, letter in enumerate(text) if i == 0 or text[i - 1] != letter]
        changes.append(change(start + len(text), "c"))
    whole = timeline(changes, at(40))
    assert gapless([stretch.span for stretch in whole])
    assert all(bounded(stretch) for stretch in whole)
    down = {start + i for start, text in several for i, letter in enumerate(text) if letter in "Dd"}
    states = drawn(whole, 40)
    assert {i for i, letter in enumerate(states) if letter in "Dd"} == down


# Cut and padded


@pytest.mark.parametrize(
    ("start", "end", "states"),
    [(0, 6, "UUDDUU"), (1, 5, "UDDU"), (2, 4, "DD"), (3, 3, ""), (-2, 2, "__UU"), (4, 9, "UU___"), (-3, -1, "__"), (7, 9, "__"), (-1, 7, "_UUDDUU_")],
)
def test_a_history_padded_to_a_span(start, end, states):
    inside = padded(line("UUDDUU"), slots(start, end))
    assert drawn(inside, end - start, at(start)) == states
    assert total(stretch.span for stretch in inside) == slots(start, end).length
    assert gapless([stretch.span for stretch in inside])


def test_padding_joins_what_nobody_watched():
    assert [stretch.span for stretch in padded(line("_UU__"), slots(-3, 8))] == [slots(-3, 1), slots(1, 3), slots(3, 8)]


def test_no_history_at_all_is_unknown():
    assert padded((), slots(0, 3)) == (plain(slots(0, 3), State.UNKNOWN, Cause.MONITOR),)
    assert padded((), slots(3, 3)) == ()


@pytest.mark.parametrize(
    ("start", "end", "spans"),
    [
        # the outage of "..xxx..": span 2..5, sure 2..4, wide 1..5
        (0, 7, ((2, 5), (2, 4), (1, 5))),
        (2, 7, ((2, 5), (2, 4), (1, 5))),
        (3, 7, ((3, 5), (3, 4), (3, 5))),
        (4.5, 7, ((4.5, 5), (4.5, 4.5), (4.5, 5))),
        (0, 4, ((2, 4), (2, 4), (1, 4))),
        (0, 3, ((2, 3), (2, 3), (1, 3))),
        (2.5, 3, ((2.5, 3), (2.5, 3), (2.5, 3))),
    ],
)
def test_where_an_outage_is_cut_nothing_is_unsure_any_more(start, end, spans):
    (down,) = [stretch for stretch in within(history("..xxx.."), slots(start, end)) if stretch.state is State.DOWN]
    assert (down.span, down.sure, down.wide) == tuple(slots(*each) for each in spans)


@settings(max_examples=300)
@given(lines, st.integers(0, 40), st.integers(0, 40))
def test_cutting_and_joining_again_loses_nothing(text, first, second):
    whole = history(text)
    end = len(text)
    first, second = sorted((min(first, end), min(second, end)))
    parts = [*within(whole, slots(0, first)), *within(whole, slots(first, second)), *within(whole, slots(second, end))]
    assert all(bounded(stretch) for stretch in parts)
    again = tuple(joined(parts))
    assert [(stretch.span, stretch.state, stretch.cause) for stretch in again] == [(stretch.span, stretch.state, stretch.cause) for stretch in whole]
    assert [stretch.sure for stretch in again] == [stretch.sure for stretch in whole]


# Two records


@pytest.mark.parametrize(
    ("measured", "imported", "states"),
    [
        ("UUUU", "DDDD", "UUUU"),
        ("DDDD", "UUUU", "DDDD"),
        ("__UU", "DDDD", "DDUU"),
        ("U__U", "U~DU", "U~DU"),
        ("????", "DDDD", "????"),
        ("cccc", "DDDD", "cccc"),
        ("__UU", "DD", "DDUU"),
        ("  UU", "DD", "DDUU"),
        ("   U", "DD", "DD_U"),
        ("UU  ", "  DD", "UUDD"),
        ("UU", "", "UU"),
        ("", "DD", "DD"),
        ("____", "??U~", "??U~"),
    ],
)
def test_our_own_measurement_stands(measured, imported, states):
    assert drawn(measured_first(line(measured), line(imported)), len(states)) == states


@pytest.mark.parametrize(
    ("measured", "imported", "spans"),
    [
        ("UUUU", "DDDD", [(0, 4)]),
        ("__UU", "DDDD", [(2, 4)]),
        ("UD__U", "UUDDD", [(0, 2), (4, 5)]),
        ("UU", "  DD", []),
        ("____", "DDDD", []),
        ("", "DD", []),
        ("UU", "", []),
    ],
)
def test_what_of_an_import_does_not_count(measured, imported, spans):
    assert list(overlap(line(measured), line(imported))) == [slots(*each) for each in spans]


histories = st.text(alphabet="UU~lDd?_cb", max_size=25).map(line)


@given(histories, histories)
def test_one_history_over_another_speaks_for_every_slot_of_either(below, above):
    def worst(one, two):
        return one if one.state.badness >= two.state.badness else two

    whole = laid_over(below, above, worst)
    assert gapless([stretch.span for stretch in whole])
    assert merged(stretch.span for stretch in whole) == merged([stretch.span for history in (below, above) for stretch in history])
    for one, two, both in zip(drawn(below, 25), drawn(above, 25), drawn(whole, 25), strict=True):
        assert both in (one, two)


@given(histories)
def test_a_history_over_itself_is_itself(whole):
    assert laid_over(whole, whole, lambda one, _: one) == whole


def test_neighbours_of_one_state_and_cause_are_one():
    parts = [plain(slots(0, 1), State.UP, None), plain(slots(1, 2), State.UP, None), plain(slots(3, 4), State.UP, None)]
    assert [stretch.span for stretch in joined(parts)] == [slots(0, 2), slots(3, 4)]
    assert list(joined([])) == []


def test_joined_outages_keep_their_first_and_last_bad_round():
    first = Stretch(slots(2, 5), State.DOWN, Cause.LINE, slots(2, 4), slots(1, 5))
    second = Stretch(slots(5, 9), State.DOWN, Cause.LINE, slots(6, 8), slots(5, 9))
    assert list(joined([first, second])) == [Stretch(slots(2, 9), State.DOWN, Cause.LINE, slots(2, 8), slots(1, 9))]


def test_relabelled_stretches_are_joined():
    assert drawn(relabelled(line("UU??DD"), lambda stretch: (State.DOWN, Cause.LINE) if stretch.cause else (State.UP, None)), 6) == "UUDDDD"
    assert len(relabelled(line("UU??DD"), lambda stretch: (State.DOWN, Cause.LINE) if stretch.cause else (State.UP, None))) == 2


def test_the_worse_of_two_states():
    assert sorted(State, key=lambda state: state.badness) == [State.UP, State.DEGRADED, State.UNKNOWN, State.DOWN]


def test_a_microsecond_is_not_lost():
    tiny = timedelta(microseconds=1)
    whole = timeline([change(0, "U"), Transition(at(1) + tiny, State.DOWN, Cause.LINE, at(1))], at(2))
    assert [stretch.span.length for stretch in whole] == [timedelta(seconds=3) + tiny, timedelta(seconds=3) - tiny]
