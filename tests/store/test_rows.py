from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.span import from_epoch, to_epoch
from linewatch.store.rollup import judged_places
from linewatch.store.rows import (
    LETTER,
    answered_us,
    instant,
    outcome_of,
    outcome_text,
    outcomes_of,
    outcomes_text,
    panel_of,
    panel_text,
    reading_of,
    transitions_of,
)
from linewatch.verdict.state import Transition
from tests.store.material import Looked, instants, kept, looked, looks, outcomes, panels, transitions

SPELLINGS = [
    (Outcome(Result.OK, 1234), "1234"),
    (Outcome(Result.OK, 0), "0"),
    (Outcome(Result.OK, 1234, Cause.LATENCY, "slow"), "1234!latency"),
    (LOST, "-"),
    (Outcome(Result.LOST, cause=Cause.UNREACHABLE), "-unreachable"),
    (Outcome(Result.BAD, 1234, Cause.CONTENT), "x1234:content"),
    (Outcome(Result.BAD, cause=Cause.CONNECT), "x:connect"),
    (Outcome(Result.ERROR, cause=Cause.LOCAL), "?local"),
    (Outcome(Result.ERROR, cause=Cause.MONITOR), "?monitor"),
]


@pytest.mark.parametrize(("outcome", "text"), SPELLINGS)
def test_an_outcome_is_spelt_as_the_grammar_says(outcome: Outcome, text: str) -> None:
    assert outcome_text(outcome) == text
    assert outcome_of(text) == kept(outcome)


@pytest.mark.parametrize("text", ["", "?", "?line", "x", "x12", "x12:", "x:nonsense", "12!", "!latency", "-nonsense", "12.5", "ok"])
def test_what_is_not_in_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        outcome_of(text)


@given(st.lists(outcomes, max_size=8))
def test_outcomes_come_back_as_they_went(several: list[Outcome]) -> None:
    assert outcomes_of(outcomes_text(several)) == tuple(map(kept, several))


@given(panels)
def test_a_panel_comes_back_as_it_went(panel) -> None:
    assert panel_of(panel_text(panel)) == panel


@given(looked())
def test_a_reading_comes_back_as_it_went(one: Looked) -> None:
    reading = one[1]
    assert reading_of(to_epoch(reading.at), LETTER[reading.kind], reading.cause) == reading


@given(st.lists(transitions()))
def test_transitions_come_back_as_they_went(several: list[Transition]) -> None:
    rows = [(to_epoch(one.at), str(one.state), one.cause and str(one.cause), to_epoch(one.earliest_at)) for one in several]
    assert transitions_of(rows) == several


@given(instants)
def test_the_quick_way_to_an_instant_is_exact(at) -> None:
    assert instant(to_epoch(at)) == at == from_epoch(to_epoch(at))


@given(looked())
def test_the_answers_read_from_the_text_are_those_of_the_round(one: Looked) -> None:
    [(round_kept, _)] = looks([one])
    places = judged_places(round_kept.panel)
    answers = sorted(round_kept.outcomes[place].rtt_us for place in places if round_kept.outcomes[place].answered)
    assert answered_us(outcomes_text(round_kept.outcomes), places) == answers
