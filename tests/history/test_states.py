from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.history.states import read_states, write_states
from linewatch.sample.cause import Cause
from linewatch.sla.availability import availability
from linewatch.sla.period import year
from linewatch.sla.printed import percent
from linewatch.sla.terms import Terms
from linewatch.span import EPOCH, MICROSECOND, Span
from linewatch.verdict.outage import outages
from linewatch.verdict.state import State, Transition
from linewatch.verdict.timeline import Stretch, Timeline, joined, plain, timeline

NEW_YEAR = datetime(2022, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.csv"


def change(at: datetime, state: State, cause: Cause | None = None) -> Transition:
    return Transition(at, state, cause, at)


def test_one_hour_down_in_2022_prints_9998(path: Path) -> None:
    path.write_text(
        "at,state,cause\n"
        "2022-01-01T00:00:00+08:00,up,\n"
        "2022-06-15T09:30:00+08:00,down,line\n"
        "2022-06-15T10:30:00+08:00,up,\n"
        "2023-01-01T00:00:00+08:00,unknown,\n"
    )
    file = read_states(path)
    history = timeline(file.transitions, file.last_at)
    period = year(2022, ZoneInfo("Asia/Shanghai")).span
    figures = availability(history, period, Terms())
    assert (figures.scheduled, figures.down, figures.unknown) == (8760 * HOUR, HOUR, timedelta(0))
    assert (figures.up, figures.charged_least, figures.charged_most) == (8759 * HOUR, HOUR, HOUR)
    assert percent(figures.observed) == percent(figures.low) == percent(figures.high) == "99.98"
    (outage,) = outages(history, period)
    assert (outage.least, outage.span.length, outage.most) == (HOUR, HOUR, HOUR)
    assert outage.cause is Cause.LINE
    assert (file.rows, file.first_at, file.last_at) == (4, period.start, period.end)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert file.path == path


def test_states_without_a_cause_get_one_that_says_so(path: Path) -> None:
    path.write_text("at,state\n0,UP\n1,Degraded\n2,down\n3.5,unknown\n")
    assert read_states(path).transitions == (
        change(datetime(1970, 1, 1, tzinfo=UTC), State.UP),
        change(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), State.DEGRADED, Cause.IMPORTED),
        change(datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC), State.DOWN, Cause.IMPORTED),
        change(datetime(1970, 1, 1, 0, 0, 3, 500_000, tzinfo=UTC), State.UNKNOWN, Cause.MONITOR),
    )


def test_a_row_that_changes_nothing_is_no_transition(path: Path) -> None:
    path.write_text(
        "at,state,cause\n10,up,\n20,up,\n30,down,line\n40,down,LINE\n50,down,upstream\n60,unknown,local\n70,unknown,\n80,unknown,monitor\n"
    )
    file = read_states(path)
    kept = [(row.at.second + 60 * row.at.minute, row.state.value, row.cause) for row in file.transitions]
    assert kept == [
        (10, "up", None),
        (30, "down", Cause.LINE),
        (50, "down", Cause.UPSTREAM),
        (60, "unknown", Cause.LOCAL),
        (70, "unknown", Cause.MONITOR),
    ]
    assert file.rows == 8
    assert file.last_at == datetime(1970, 1, 1, 0, 1, 20, tzinfo=UTC)


SAME_INSTANT = [
    "2022-01-01T00:00:00Z",
    "2022-01-01 00:00:00Z",
    "2022-01-01T00:00Z",
    "2022-01-01T00:00:00.0Z",
    "2022-01-01T08:00:00+08:00",
    "2022-01-01T08:00:00.000000+0800",
    "2022-01-01T08:00+08",
    "2021-12-31T19:30:00-04:30",
    "1640995200",
    "1640995200.000000",
    '"2022-01-01T00:00:00Z"',
    "  2022-01-01T00:00:00Z ",
]


@pytest.mark.parametrize("text", SAME_INSTANT)
def test_an_instant_may_be_written_in_many_ways(path: Path, text: str) -> None:
    path.write_text(f"at,state\n{text},up\n2022-02-01T00:00:00Z,unknown\n")
    assert read_states(path).first_at == NEW_YEAR


@pytest.mark.parametrize("text", ["2022-01-01T00:00:00.123456Z", "1640995200.123456", "2022-01-01T08:00:00.123456+08:00"])
def test_an_instant_is_exact_to_the_microsecond(path: Path, text: str) -> None:
    path.write_text(f"at,state\n{text},up\n2022-02-01T00:00:00Z,unknown\n")
    assert read_states(path).first_at == NEW_YEAR + timedelta(microseconds=123_456)


ROWS = "at,state,cause\n2022-01-01T00:00:00Z,up,\n2022-02-01T00:00:00Z,unknown,\n"
DRESSED = {
    "a byte order mark": b"\xef\xbb\xbf" + ROWS.encode(),
    "CRLF": ROWS.replace("\n", "\r\n").encode(),
    "CR": ROWS.replace("\n", "\r").encode(),
    "no line end at the end": ROWS.rstrip().encode(),
    "blank lines": ROWS.replace("\n", "\n\n  \n").encode(),
    "GBK": ROWS.replace("Z,up", 'Z,"up"').encode("gb18030"),
    "columns in another order": b"cause,state,at\n,up,2022-01-01T00:00:00Z\n,unknown,2022-02-01T00:00:00Z\n",
    "no cause column": b"state,at\nup,2022-01-01T00:00:00Z\nunknown,2022-02-01T00:00:00Z\n",
    "trailing commas": b"at,state,cause,,\n2022-01-01T00:00:00Z,up,,,\n2022-02-01T00:00:00Z,unknown,,,\n",
    "causes left out": b"at,state,cause\n2022-01-01T00:00:00Z,up\n2022-02-01T00:00:00Z,unknown\n",
}


@pytest.mark.parametrize("dress", DRESSED)
def test_the_same_rows_in_another_dress(path: Path, dress: str) -> None:
    path.write_bytes(DRESSED[dress])
    assert read_states(path).transitions == (change(NEW_YEAR, State.UP), change(datetime(2022, 2, 1, tzinfo=UTC), State.UNKNOWN, Cause.MONITOR))


def test_what_is_written_is_plain(path: Path) -> None:
    start = NEW_YEAR
    history = (
        plain(Span(start, start + HOUR), State.UP, None),
        plain(Span(start + HOUR, start + HOUR + MICROSECOND), State.DOWN, Cause.UPSTREAM),
        plain(Span(start + HOUR + MICROSECOND, start + 2 * HOUR), State.UNKNOWN, Cause.LOCAL),
    )
    out = io.StringIO()
    assert write_states(history, out) == 4
    assert out.getvalue() == (
        "at,state,cause\n"
        "2022-01-01T00:00:00Z,up,\n"
        "2022-01-01T01:00:00Z,down,upstream\n"
        "2022-01-01T01:00:00.000001Z,unknown,local\n"
        "2022-01-01T02:00:00Z,unknown,monitor\n"
    )


def test_a_history_that_says_nothing_is_a_header() -> None:
    out = io.StringIO()
    assert write_states((), out) == 0
    assert out.getvalue() == "at,state,cause\n"


@st.composite
def histories(draw: st.DrawFn) -> Timeline:
    """Any gapless history of a few stretches, sampling uncertainty included."""
    edge = EPOCH + timedelta(microseconds=draw(st.integers(10**9, 229 * 365 * 86_400 * 10**6)))
    out: list[Stretch] = []
    for _ in range(draw(st.integers(1, 12))):
        end = edge + timedelta(microseconds=draw(st.integers(1, 10**12)))
        state = draw(st.sampled_from(State))
        cause = None if state is State.UP else draw(st.sampled_from(Cause))
        span = Span(edge, end)
        unsure = timedelta(microseconds=draw(st.integers(0, 1000))) if state is State.DOWN else timedelta(0)
        sure = Span(edge, max(edge, end - unsure))
        out.append(Stretch(span, state, cause, sure, Span(edge - unsure, end)) if state is State.DOWN else plain(span, state, cause))
        edge = end
    return tuple(joined(out))


@given(history=histories())
def test_what_was_exported_comes_back_as_the_same_history(history: Timeline, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "exported-states.csv"
    with path.open("w", encoding="utf-8") as out:
        written = write_states(history, out)
    file = read_states(path)
    assert timeline(file.transitions, file.last_at) == tuple(plain(stretch.span, stretch.state, stretch.cause) for stretch in history)
    assert file.rows == written
    assert (file.first_at, file.last_at) == (history[0].span.start, history[-1].span.end)
