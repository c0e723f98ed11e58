"""Rounds judged once more come to what they came to, whether one by one or in a stride."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.span import Span, to_epoch
from linewatch.store.kept import KeptRound, kept_rounds
from linewatch.store.rows import LETTER, outcomes_text
from linewatch.verdict.judge import Memory, endpoint_reading, line_verdict
from linewatch.verdict.machine import cut_off, nothing_known, step
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.replay import Replay
from linewatch.verdict.rule import Rule

START = datetime(2022, 3, 1, tzinfo=UTC)
RULE = Rule(timedelta(seconds=3), timedelta(seconds=10), window=4, set_aside_after=timedelta(seconds=60))
PANELS = {
    1: (Seat(Role.GATEWAY, "g"), *(Seat(Role.ANCHOR, name) for name in "abcde")),
    2: (Seat(Role.GATEWAY, "g"), *(Seat(Role.ANCHOR, name) for name in "bcdef")),
}
ANSWER = Outcome(Result.OK, 20_000)
LOOKS = {
    "all": (ANSWER,) * 6,
    "b lost": (ANSWER, ANSWER, LOST, ANSWER, ANSWER, ANSWER),
    "a and b lost": (ANSWER, LOST, LOST, ANSWER, ANSWER, ANSWER),
    "one left": (ANSWER, LOST, LOST, LOST, LOST, ANSWER),
    "none": (ANSWER, LOST, LOST, LOST, LOST, LOST),
    "gateway lost too": (LOST,) * 6,
    "gateway lost alone": (LOST, *(ANSWER,) * 5),
    "no route": (Outcome(Result.ERROR, cause=Cause.LOCAL, detail=""),) * 6,
    "b answers wrongly": (ANSWER, ANSWER, Outcome(Result.BAD, 5, Cause.CONTENT), ANSWER, ANSWER, ANSWER),
    "b is unreachable": (ANSWER, ANSWER, Outcome(Result.LOST, cause=Cause.UNREACHABLE), ANSWER, ANSWER, ANSWER),
}
# Runs of rounds, so that there are strides: what they see, how many, the pause before each, whom they ask.
RUNS = st.lists(
    st.tuples(
        st.sampled_from([*LOOKS, "all", "all", "b lost", "b lost", "gateway lost alone"]),
        st.integers(1, 30),
        st.sampled_from([3, 3, 3, 1, 10, 11]),
        st.sampled_from([1, 1, 1, 2]),
    ),
    max_size=8,
)


def rounds(runs: list[tuple[str, int, int, int]], panels: dict[int, tuple[Seat, ...]] = PANELS) -> list[tuple[int, Round]]:
    at, out = START, []
    for look, count, pause, panel in runs:
        for _ in range(count):
            at += timedelta(seconds=pause)
            out.append((panel, Round(at, panels[panel], LOOKS[look][: len(panels[panel])])))
    return out


def kept(looked: list[tuple[int, Round]], readings: list[Reading], panels: dict[int, tuple[Seat, ...]] = PANELS) -> list[KeptRound]:
    rows = [
        (to_epoch(reading.at), LETTER[reading.kind], reading.cause, panel, outcomes_text(one.outcomes))
        for (panel, one), reading in zip(looked, readings, strict=True)
    ]
    return list(kept_rounds(rows, panels))


@settings(max_examples=80, deadline=None)
@given(RUNS, st.integers(1, 3), st.integers(1, 2), st.sampled_from([None, timedelta(milliseconds=15)]))
def test_a_stride_leaves_a_line_where_single_steps_would(runs: list[tuple[str, int, int, int]], fall: int, rise: int, rtt: timedelta | None) -> None:
    rule = Rule(RULE.interval, RULE.stale_after, fall, rise, degraded_rtt=rtt, window=RULE.window, set_aside_after=RULE.set_aside_after)
    looked = rounds(runs)
    standing, memory, changes, readings = nothing_known(), Memory(), [], []
    for _, one in looked:
        reading, memory, _ = line_verdict(rule, memory, one)
        standing, more = step(rule, standing, reading)
        readings.append(reading)
        changes += more
    end = START + timedelta(seconds=sum(count * pause for _, count, pause, _ in runs) + 60)
    standing, more = cut_off(rule, standing, end)
    replay = Replay(rule, is_line=True)
    for each in kept(looked, readings):
        replay.take(each)
    replay.end(end)
    assert (replay.standing, replay.memory, replay.transitions) == (standing, memory, [*changes, *more])
    assert (replay.rounds, replay.otherwise_count) == (len(looked), 0)


ONE = {1: (Seat(Role.ENDPOINT, "e"),), 2: (Seat(Role.ENDPOINT, "f"),)}


@settings(max_examples=50)
@given(RUNS)
def test_a_stride_leaves_an_endpoint_where_single_steps_would(runs: list[tuple[str, int, int, int]]) -> None:
    looked = rounds(runs, ONE)
    standing, changes, readings = nothing_known(), [], []
    for _, one in looked:
        readings.append(endpoint_reading(one))
        standing, more = step(RULE, standing, readings[-1])
        changes += more
    replay = Replay(RULE, is_line=False)
    for each in kept(looked, readings, ONE):
        replay.take(each)
    assert replay.transitions == changes
    replay.end(START)
    assert replay.standing == standing


def test_a_round_that_reads_otherwise_is_told_and_an_outlier_in_a_stride_too() -> None:
    looked = rounds([("all", 50, 3, 1)])
    readings = [Reading(one.at, Kind.GOOD) for _, one in looked]
    readings[30] = Reading(readings[30].at, Kind.BAD, Cause.LINE)
    replay = Replay(RULE, is_line=True, counts=[Span(START, readings[40].at)])
    for each in kept(looked, readings):
        replay.take(each)
    assert replay.otherwise == [(readings[30], Reading(readings[30].at, Kind.GOOD))]
    assert (replay.otherwise_count, replay.rounds) == (1, 40)


def test_the_rounds_of_a_file_are_their_own_readings() -> None:
    looked = rounds([("all", 10, 3, 1)])
    readings = [Reading(one.at, Kind.BAD if 3 <= n < 7 else Kind.GOOD, Cause.LINE if 3 <= n < 7 else None) for n, (_, one) in enumerate(looked)]
    replay = Replay(RULE, is_line=True, judges=False)
    for each in kept(looked, readings):
        replay.take(each)
    assert [(change.at, change.state) for change in replay.transitions] == [
        (readings[0].at, "up"),
        (readings[3].at, "down"),
        (readings[7].at, "up"),
    ]
    assert replay.otherwise_count == 0
