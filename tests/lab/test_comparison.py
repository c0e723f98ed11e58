"""The comparison itself can be failed: what a record says wrongly is said to be wrong. Slots of three seconds, drawn as in tests/verdict/drawn.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linewatch.sample.cause import Cause
from linewatch.span import Span
from linewatch.verdict.state import State
from tests.lab.comparison import Fault, compared, reproaches
from tests.lab.scenario import Expectation
from tests.lab.watcher import Pace, default_rule, strict_rule
from tests.verdict.drawn import at, history, slots

WINDOW = slots(0, 20)
DOWN, UP, DEGRADED, UNKNOWN = (Expectation(state) for state in ("down", "up", "degraded", "unknown"))


def fault(start: float, end: float, cause: Cause = Cause.LINE) -> Fault:
    return Fault(Span(at(start), at(end)), State.UNKNOWN if cause is Cause.LOCAL else State.DOWN, cause)


@pytest.mark.parametrize(
    ("drawing", "expected", "faults", "wrong"),
    [
        ("....................", UP, [], []),
        (".....xxxxx..........", DOWN, [fault(4.5, 9.5)], []),
        (".....xxxxx..........", UP, [fault(4.5, 9.5)], ["down for 15.00 s"]),
        (".....xxxxx..........", DOWN, [], ["down (line) for 15.00 s was invented"]),
        ("....................", DOWN, [fault(4.5, 9.5)], ["an outage of 15.00 s was not found", "was never down"]),
        (".....xx.............", DOWN, [fault(4.9, 6.2)], []),  # 3.9 s hold three rounds or not
        (".....uuuuu..........", DOWN, [fault(4.5, 9.5)], ["an outage is called upstream, not line"]),
        (
            ".....xxxxx..........",
            DOWN,
            [fault(4.5, 5.0)],
            ["a fault of 1.50 s should be no outage by this rule", "an outage of 1.50 s lies outside its bounds, 12.00 s to 18.00 s"],
        ),
        (".....xxxxx..........", DOWN, [fault(3.5, 9.5)], []),
        (".....xxxxx..........", DOWN, [fault(3.0, 9.5)], ["an outage of 19.50 s lies outside its bounds, 12.00 s to 18.00 s"]),
        (".....xxxxx....xxxx..", DOWN, [fault(4.5, 9.5)], ["down (line) for 12.00 s was invented"]),
        (".....?????..........", UNKNOWN, [fault(4.5, 9.5, Cause.LOCAL)], []),
        (
            ".....xxxxx..........",
            UNKNOWN,
            [fault(4.5, 9.5, Cause.LOCAL)],
            ["an outage of 15.00 s was not found", "down (line) for 15.00 s was invented", "was never unknown"],
        ),
        (".....~~~~~..........", DEGRADED, [], []),
        (".....lllll..........", Expectation("degraded", frozenset({"loss"})), [], ["is called latency"]),
        ("....................", DEGRADED, [], ["was never degraded"]),
        (".....~~~~~..........", UP, [], ["degraded for 15.00 s"]),
        (".....~~~~~..........", Expectation("up", also=frozenset({"degraded"})), [], []),
        (".....xxxxx~~~~......", Expectation("degraded", also=frozenset({"down"})), [], []),
    ],
)
def test_what_a_record_says_wrongly(drawing: str, expected: Expectation, faults: list[Fault], wrong: list[str]) -> None:
    assert reproaches(history(drawing), WINDOW, expected, faults, default_rule()) == wrong


def test_errors_are_record_less_truth() -> None:
    (match,) = compared(history(".....xxxxx.........."), WINDOW, [fault(4.5, 9.8)], default_rule()).matches
    assert (match.start_error, match.end_error) == (timedelta(seconds=1.5), timedelta(seconds=0.6))
    assert match.length_error == timedelta(seconds=-0.9)
    assert match.within_bounds
    assert match.cause_is_right


@pytest.mark.parametrize(("pace", "sure_s", "possible_s"), [(default_rule(), 5, 2), (strict_rule(), 3, 0), (default_rule(5), 1, 0.4)])
def test_from_which_length_on_an_outage_is_sure_to_be_found(pace: Pace, sure_s: float, possible_s: float) -> None:
    assert (pace.sure.total_seconds(), pace.possible.total_seconds()) == (sure_s, possible_s)
