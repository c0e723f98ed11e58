"""Availability by the loss of whole minutes. A drawing is a minute a character: how many of ten echoes were lost, or a blank for no round."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.sla.minutes import (
    Y1540,
    Y1540_2011,
    LossCriterion,
    MinuteLoss,
    Range,
    history_of,
    minutes_of,
    rounded_out,
    suspects,
    verdicts,
)
from linewatch.span import Span, from_epoch, to_epoch, total
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, joined
from tests.verdict.drawn import START, gapless, line

FIRST = to_epoch(START) // 60_000_000  # a full hour, so blocks of five begin at it


def minutes(drawing: str) -> list[MinuteLoss]:
    return [MinuteLoss(FIRST + n, 10, 10 if letter == "X" else int(letter), 0) for n, letter in enumerate(drawing) if letter != " "]


def known(drawing: str) -> list[Range]:
    out: list[Range] = []
    for n, letter in enumerate(drawing):
        if letter != " ":
            at = FIRST + n
            out[-1:] = [(out[-1][0], at + 1)] if out and out[-1][1] == at else [*out[-1:], (at, at + 1)]
    return out


def told(criterion: LossCriterion, drawing: str) -> Timeline:
    """As a report does it: only the blocks that may be unavailable are looked at."""
    blocks = {first // criterion.minutes for first in suspects(criterion, minutes(drawing))}
    looked_at = [each for each in minutes(drawing) if each.minute // criterion.minutes in blocks]
    return history_of(criterion, known(drawing), verdicts(criterion, looked_at, is_line=True), (FIRST, FIRST + len(drawing)))


def drawn(whole: Timeline) -> str:
    letters = {State.UP: "U", State.DOWN: "D", State.UNKNOWN: "_"}
    return "".join(letters[stretch.state] * (stretch.span.length // timedelta(minutes=1)) for stretch in whole)


@pytest.mark.parametrize(
    ("loss", "by_minute", "by_five"),
    [
        ("0000000000", "UUUUUUUUUU", "UUUUUUUUUU"),
        ("0023400000", "UUUDDUUUUU", "UUUUUUUUUU"),  # two of ten are 20 %, which does not pass it
        ("XXXXX00000", "DDDDDUUUUU", "DDDDDUUUUU"),
        ("0XXXX00000", "UDDDDUUUUU", "DDDDDUUUUU"),  # 80 % of the five minutes: also the good one
        ("XX0XX0000X", "DDUDDUUUUD", "DDDDDUUUUU"),
        ("XXX5200000", "DDDDUUUUUU", "UUUUUUUUUU"),  # 74 %
        ("78787     ", "DDDDD_____", "UUUUU_____"),  # 74 %
        ("88788 0   ", "DDDDD_U___", "DDDDD_U___"),
        ("X    00 00", "D____UU_UU", "D____UU_UU"),  # the only minute of its five speaks for itself and not for those without a round
        ("          ", "__________", "__________"),
        ("", "", ""),
    ],
)
def test_a_block_is_unavailable_where_its_loss_passes_the_threshold(loss: str, by_minute: str, by_five: str) -> None:
    assert drawn(told(Y1540, loss)) == by_minute
    assert drawn(told(Y1540_2011, loss)) == by_five


@pytest.mark.parametrize(
    ("minute", "of_line", "of_endpoint"),
    [
        (MinuteLoss(FIRST, 20, 4, 0), None, None),
        (MinuteLoss(FIRST, 20, 5, 0), State.DOWN, State.DOWN),
        (MinuteLoss(FIRST, 20, 5, 1), State.DOWN, State.DOWN),  # 4 of 19 pass too
        (MinuteLoss(FIRST, 20, 5, 2), State.UNKNOWN, State.DOWN),  # 3 of 18 do not
        (MinuteLoss(FIRST, 20, 20, 20), State.UNKNOWN, State.DOWN),  # the gateway was silent all the minute
        (MinuteLoss(FIRST, 20, 19, 1), State.DOWN, State.DOWN),  # whatever became of the one
        (MinuteLoss(FIRST, 1, 1, 0), State.DOWN, State.DOWN),
        (MinuteLoss(FIRST, 0, 0, 5), None, None),
    ],
)
def test_what_was_lost_on_this_side_is_not_held_against_a_line(minute: MinuteLoss, of_line: State | None, of_endpoint: State | None) -> None:
    assert verdicts(Y1540, [minute], is_line=True).get(FIRST) == of_line
    assert verdicts(Y1540, [minute], is_line=False).get(FIRST) == of_endpoint


def test_a_minute_has_to_have_ended_by_now() -> None:
    span = Span(START + timedelta(seconds=30), START + timedelta(minutes=7))
    assert minutes_of(span, START + timedelta(hours=1)) == (FIRST, FIRST + 7)
    assert minutes_of(span, START + timedelta(hours=1), 5) == (FIRST, FIRST + 10)
    assert minutes_of(span, START + timedelta(minutes=6, seconds=59), 5) == (FIRST, FIRST + 6)
    assert minutes_of(span, START - timedelta(hours=1)) == (FIRST, FIRST)


def test_what_a_line_masks_is_made_whole_blocks() -> None:
    whole = line("U" * 30 + "D" * 5 + "U" * 2 + "D" * 23 + "U" * 60 + "?" * 20 + "U" * 9 + "_" * 11)  # slots of three seconds, twenty a minute
    assert [(each.span, each.cause) for each in rounded_out(whole, Y1540)] == [
        (Span(START + timedelta(minutes=1), START + timedelta(minutes=2)), Cause.LINE),
        (Span(START + timedelta(minutes=2), START + timedelta(minutes=3)), Cause.LINE),
        (Span(START + timedelta(minutes=6), START + timedelta(minutes=7)), Cause.LOCAL),
    ]
    assert [each.span for each in rounded_out(whole, Y1540_2011)] == [
        Span(START, START + timedelta(minutes=5)),
        Span(START + timedelta(minutes=5), START + timedelta(minutes=10)),
    ]


@given(st.text(alphabet="0000123789X ", max_size=40), st.sampled_from((Y1540, Y1540_2011)))
def test_the_shortcuts_change_nothing(drawing: str, criterion: LossCriterion) -> None:
    """Against the definition, block by block; and the minutes add up to what was asked for."""
    letters = ""
    for start in range(0, len(drawing), criterion.minutes):
        block = drawing[start : start + criterion.minutes]
        found = [10 if letter == "X" else int(letter) for letter in block if letter != " "]
        down = bool(found) and Fraction(sum(found), 10 * len(found)) > criterion.above
        letters += "".join("_" if letter == " " else "D" if down else "U" for letter in block)
    whole = told(criterion, drawing)
    assert drawn(whole) == letters
    assert gapless([stretch.span for stretch in whole])
    assert total(stretch.span for stretch in whole) == timedelta(minutes=len(drawing))
    assert tuple(joined(whole)) == whole
    assert not whole or whole[0].span.start == from_epoch(FIRST * 60_000_000)
