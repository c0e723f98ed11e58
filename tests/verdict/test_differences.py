from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.span import ZERO, merged, total
from linewatch.verdict.differences import differences, seconds_by_state
from linewatch.verdict.state import State
from tests.verdict.drawn import SLOT, STATES, line, slots

STATES_DRAWN = st.text(alphabet="UUDd~_?", max_size=20)


@pytest.mark.parametrize(
    ("recorded", "recomputed", "found"),
    [
        ("UUDDUU", "UUDDUU", []),
        ("UUDDUU", "UUUUUU", [(2, 4, "D", "U")]),
        ("UUDDUU", "UUddUU", [(2, 4, "D", "d")]),
        ("UUDDUU", "UDDDDU", [(1, 2, "U", "D"), (4, 5, "U", "D")]),
        ("UUDD??", "DDDDDD", [(0, 2, "U", "D"), (4, 6, "?", "D")]),
        ("UU", "UUUU", [(2, 4, "_", "U")]),
        ("", "", []),
        ("", "__", []),  # what an account does not reach is unknown in it
    ],
)
def test_where_two_accounts_differ(recorded: str, recomputed: str, found: list[tuple[int, int, str, str]]) -> None:
    told = differences(line(recorded), line(recomputed), [slots(0, 6)] if len(recorded) == 6 else [slots(0, 4)])
    assert [(each.span, each.recorded, each.recomputed) for each in told] == [
        (slots(start, end), STATES[one], STATES[two]) for start, end, one, two in found
    ]


@given(STATES_DRAWN, STATES_DRAWN, st.integers(0, 10), st.integers(0, 10))
def test_they_differ_exactly_where_the_drawings_do(one: str, two: str, start: int, length: int) -> None:
    spans = [slots(start, start + length)] if length else []
    found = differences(line(one), line(two), spans)
    padded_one, padded_two = one.ljust(20, "_"), two.ljust(20, "_")
    unlike = merged(slots(n, n + 1) for n in range(start, start + length) if padded_one[n] != padded_two[n])
    assert merged(each.span for each in found) == unlike
    assert not found or all(each.recorded != each.recomputed for each in found)
    recorded = seconds_by_state(line(one), spans)
    assert sum(recorded.values(), ZERO) == total(spans) == length * SLOT
    assert set(recorded) == set(State)
