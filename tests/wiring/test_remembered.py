"""A restarted judge remembers what it would have remembered without the restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.verdict.judge import Memory, line_verdict
from linewatch.verdict.rule import Rule
from linewatch.wiring.watch import remembered

START = datetime(2022, 3, 1, tzinfo=UTC)
RULE = Rule(interval=timedelta(seconds=3), stale_after=timedelta(seconds=10), window=2, set_aside_after=timedelta(seconds=30))
PANEL = (Seat(Role.GATEWAY, "g"), *(Seat(Role.ANCHOR, name) for name in ("a", "b", "c")))
OUTCOMES = [Outcome(Result.OK, 1000), LOST, Outcome(Result.ERROR, cause=Cause.LOCAL, detail="no route")]
ANY_ROUND = st.tuples(st.sampled_from([3, 3, 3, 1, 60]), st.tuples(*[st.sampled_from([0, 0, 0, 1, 1, 2])] * 4))


@settings(max_examples=200, deadline=None)
@given(st.lists(ANY_ROUND, max_size=15), st.lists(ANY_ROUND, max_size=60))
def test_as_if_it_had_judged_every_round_itself(first: list[tuple[int, tuple[int, ...]]], then: list[tuple[int, tuple[int, ...]]]) -> None:
    at, rounds, plain = START, [], Memory()
    for pause, kinds in (*first, *then):
        at += timedelta(seconds=pause)
        rounds.append(Round(at, PANEL, tuple(OUTCOMES[kind] for kind in kinds)))
    for looked in rounds:
        _, plain, _ = line_verdict(RULE, plain, looked)
    assert remembered(RULE, rounds) == plain


def test_an_anchor_that_was_silent_for_long_is_still_set_aside() -> None:
    rounds = [Round(START + timedelta(seconds=3 * n), PANEL, (OUTCOMES[0], OUTCOMES[0], OUTCOMES[0], LOST)) for n in range(200)]
    memory = remembered(RULE, rounds)
    assert memory.aside == {"c"}
    assert len(memory.window) == RULE.window


def test_an_anchor_that_was_set_aside_long_ago_stays_so_however_little_was_lived_since() -> None:
    silent = [Round(START + timedelta(seconds=3 * n), PANEL, (*OUTCOMES[:1] * 3, LOST)) for n in range(5)]
    assert remembered(RULE, silent).aside == frozenset()
    assert remembered(RULE, silent, frozenset({"c"})).aside == {"c"}
    answers = Round(START + timedelta(seconds=15), PANEL, (OUTCOMES[0],) * 4)
    assert remembered(RULE, [*silent, answers], frozenset({"c"})).aside == frozenset()


def test_the_window_of_before_a_long_fault_of_our_own_is_remembered() -> None:
    kinds = [(0, 0, 0, 0)] * 5 + [(1, 1, 1, 1)] * 300
    rounds = [Round(START + timedelta(seconds=3 * n), PANEL, tuple(OUTCOMES[kind] for kind in each)) for n, each in enumerate(kinds)]
    assert remembered(RULE, rounds).window == tuple(rounds[3:5])
