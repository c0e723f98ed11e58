from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.history.samples import SamplesFile, read_samples, write_samples
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.span import MICROSECOND
from linewatch.verdict.loss import loss
from linewatch.verdict.machine import cut_off, nothing_known, step
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State, Transition

MINUTE = timedelta(minutes=1)
RULE = Rule(interval=MINUTE, stale_after=3 * MINUTE)
T = datetime(2022, 3, 1, tzinfo=UTC)
ANCHOR = Seat(Role.ANCHOR, "192.0.2.1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.csv"


def read(path: Path, *rows: str, role: Role = Role.ANCHOR, header: str = "at,ok,rtt_ms,cause") -> SamplesFile:
    """A file of one row a minute from T on, each given without its time."""
    path.write_text(header + "\n" + "".join(f"{(T + i * MINUTE).isoformat()},{row}\n" for i, row in enumerate(rows)))
    return read_samples(path, "192.0.2.1", role, RULE)


def told(file: SamplesFile) -> list[tuple[float, str, Cause | None]]:
    return [((change.at - T) / MINUTE, change.state.value, change.cause) for change in file.transitions]


def test_rounds_are_judged_by_the_rule_like_live_ones(path: Path) -> None:
    file = read(path, "1,1.0,", "1,1.0,", "0,,", "0,,upstream", "0,,", "0,,", "1,1.0,", "1,1.0,", "0,,", "1,1.0,")
    assert told(file) == [(0, "up", None), (2, "down", Cause.LINE), (6, "up", None), (10, "unknown", Cause.MONITOR)]
    down, up = file.transitions[1:3]
    assert (down.earliest_at, up.earliest_at) == (T + MINUTE, T + 5 * MINUTE)  # sampled, so not exact
    assert (file.rows, file.first_at, file.last_at, file.interval) == (10, T, T + 9 * MINUTE, MINUTE)
    assert len(file.rounds) == 10


def test_an_outage_at_the_end_lasts_one_interval_and_no_longer(path: Path) -> None:
    assert told(read(path, "1,1,", "0,,", "0,,", "0,,")) == [(0, "up", None), (1, "down", Cause.LINE), (4, "unknown", Cause.MONITOR)]


def test_a_silence_is_a_hole(path: Path) -> None:
    path.write_text("at,ok\n2022-03-01T00:00:00Z,1\n2022-03-01T01:00:00Z,1\n")
    assert told(read_samples(path, "x", Role.ENDPOINT, RULE)) == [
        (0, "up", None),
        (1, "unknown", Cause.MONITOR),
        (60, "up", None),
        (61, "unknown", Cause.MONITOR),
    ]


# role, row -> reading and outcome
ROWS = [
    (Role.ANCHOR, "1,12.345,", (Kind.GOOD, None), Outcome(Result.OK, 12_345)),
    (Role.ANCHOR, "1,0.5,partial", (Kind.DEGRADED, Cause.PARTIAL), Outcome(Result.OK, 500, Cause.PARTIAL)),
    (Role.ANCHOR, "0,,", (Kind.BAD, Cause.LINE), LOST),
    (Role.ANCHOR, "0,,upstream", (Kind.BAD, Cause.UPSTREAM), LOST),
    (Role.ANCHOR, "0,,TTL", (Kind.BAD, Cause.TTL), Outcome(Result.LOST, cause=Cause.TTL)),
    (Role.ANCHOR, ",,", (Kind.UNMEASURED, Cause.MONITOR), Outcome(Result.ERROR, cause=Cause.MONITOR)),
    (Role.ANCHOR, ",,local", (Kind.UNMEASURED, Cause.LOCAL), Outcome(Result.ERROR, cause=Cause.LOCAL)),
    (Role.ENDPOINT, "0,,", (Kind.BAD, Cause.TIMEOUT), LOST),
    (Role.ENDPOINT, "0,,connect", (Kind.BAD, Cause.CONNECT), Outcome(Result.LOST, cause=Cause.CONNECT)),
    (Role.ENDPOINT, "0,,status", (Kind.BAD, Cause.STATUS), Outcome(Result.BAD, cause=Cause.STATUS)),
    (Role.ENDPOINT, "1,40,tls", (Kind.DEGRADED, Cause.TLS), Outcome(Result.OK, 40_000, Cause.TLS)),
]


@pytest.mark.parametrize(("role", "row", "finding", "outcome"), ROWS)
def test_a_row_is_its_own_reading(path: Path, role: Role, row: str, finding: tuple[Kind, Cause | None], outcome: Outcome) -> None:
    ((looked, reading),) = read(path, row, role=role).rounds
    assert reading == Reading(T, *finding)
    assert looked == Round(T, (Seat(role, "192.0.2.1"),), (outcome,))


@pytest.mark.parametrize(
    ("text", "rtt_us"),
    [
        ("0", 0),
        ("0.001", 1),
        ("12", 12_000),
        ("12.3", 12_300),
        ("0.0005", 0),
        ("0.0015", 2),
        ("1.2345678", 1_235),
        ("999999999.999", 999_999_999_999),
    ],
)
def test_a_round_trip_time_is_rounded_to_the_microsecond(path: Path, text: str, rtt_us: int) -> None:
    ((looked, _),) = read(path, f"1,{text},").rounds
    assert looked.outcomes[0].rtt_us == rtt_us


def test_without_round_trip_times_there_are_readings_alone(path: Path) -> None:
    file = read(path, "1,1.0,", "0,,", "1,,", ",,")
    assert [reading.kind for _, reading in file.rounds] == [Kind.GOOD, Kind.BAD, Kind.GOOD, Kind.UNMEASURED]
    assert {looked.panel for looked, _ in file.rounds} == {()}
    assert loss(looked for looked, _ in file.rounds) is None
    assert told(file) == [(0, "up", None), (3, "unknown", Cause.MONITOR)]


def test_rounds_can_be_gone_through_twice(path: Path) -> None:
    rounds = read(path, "1,1.0,", "0,,").rounds
    assert list(rounds) == list(rounds)
    assert len(list(rounds)) == len(rounds) == 2


ANCHORS = tuple(Seat(Role.ANCHOR, f"192.0.2.{i}") for i in range(1, 4))
GATEWAY = Seat(Role.GATEWAY, "10.0.0.1")


def test_what_is_written_is_plain() -> None:
    panel = (GATEWAY, *ANCHORS)
    quick, a, b = Outcome(Result.OK, 100), Outcome(Result.OK, 20_001), Outcome(Result.OK, 30_000)
    late = T + MINUTE + MICROSECOND
    rounds = [
        (Round(T, panel, (quick, a, LOST, b)), Reading(T, Kind.GOOD)),
        (Round(late, panel, (quick, LOST, LOST, b)), Reading(late, Kind.DEGRADED, Cause.PARTIAL)),
        (Round(T + 2 * MINUTE, panel, (quick, LOST, LOST, b)), Reading(T + 2 * MINUTE, Kind.BAD, Cause.LINE)),
        (Round(T + 3 * MINUTE, panel, (LOST,) * 4), Reading(T + 3 * MINUTE, Kind.UNMEASURED, Cause.LOCAL)),
        (Round(T + 4 * MINUTE, (), ()), Reading(T + 4 * MINUTE, Kind.GOOD)),
    ]
    out = io.StringIO()
    assert write_samples(rounds, out) == 5
    assert out.getvalue() == (
        "at,ok,rtt_ms,cause\n"
        "2022-03-01T00:00:00Z,1,20.001,\n"
        "2022-03-01T00:01:00.000001Z,1,30.000,partial\n"
        "2022-03-01T00:02:00Z,0,,line\n"
        "2022-03-01T00:03:00Z,,,local\n"
        "2022-03-01T00:04:00Z,1,,\n"
    )


NOT_ITS_FAULT = (Cause.LOCAL, Cause.MONITOR, Cause.CLOCK)
FAULT = st.sampled_from([cause for cause in Cause if cause not in NOT_ITS_FAULT])
RTT_US = st.integers(0, 10**11)
LOOKS = st.one_of(
    st.tuples(st.just(Kind.GOOD), st.none(), RTT_US),
    st.tuples(st.just(Kind.DEGRADED), FAULT, RTT_US),
    st.tuples(st.just(Kind.BAD), FAULT, st.none()),
    st.tuples(st.just(Kind.UNMEASURED), st.sampled_from((Cause.LOCAL, Cause.MONITOR)), st.none()),
)


def looked_at(at: datetime, kind: Kind, cause: Cause | None, rtt_us: int | None) -> tuple[Round, Reading]:
    if kind is Kind.UNMEASURED:
        outcome = Outcome(Result.ERROR, cause=cause)
    elif kind is Kind.BAD:
        outcome = LOST
    else:
        outcome = Outcome(Result.OK, rtt_us, cause)
    return Round(at, (ANCHOR,), (outcome,)), Reading(at, kind, cause)


def judged(readings: list[Reading]) -> list[Transition]:
    standing, changes = nothing_known(), []
    for reading in readings:
        standing, more = step(RULE, standing, reading)
        changes += more
    return changes + list(cut_off(RULE, standing, readings[-1].at + RULE.stale_after + MICROSECOND)[1])


@given(looks=st.lists(st.tuples(st.integers(1, 4 * 60_000_000), LOOKS), min_size=1, max_size=30))
def test_what_was_exported_comes_back_as_the_same_readings(looks: list, tmp_path_factory: pytest.TempPathFactory) -> None:
    rounds, at = [], T
    for gap_us, look in looks:
        at += timedelta(microseconds=gap_us)
        rounds.append(looked_at(at, *look))
    path = tmp_path_factory.getbasetemp() / "exported-samples.csv"
    with path.open("w", encoding="utf-8") as out:
        write_samples(rounds, out)
    file = read_samples(path, ANCHOR.target, Role.ANCHOR, RULE)
    assert [reading for _, reading in file.rounds] == [reading for _, reading in rounds]
    assert [looked.outcomes[0].rtt_us for looked, _ in file.rounds] == [looked.outcomes[0].rtt_us for looked, _ in rounds]
    assert list(file.transitions) == judged([reading for _, reading in rounds])
    assert not file.transitions or file.transitions[-1].state is State.UNKNOWN
    again = io.StringIO()
    assert write_samples(file.rounds, again) == file.rows
    assert again.getvalue() == path.read_text(encoding="utf-8")
