"""The strict account: every bad round is downtime, laid over what the rule in force says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.sla.availability import availability
from linewatch.sla.terms import Terms
from linewatch.span import Span, merged, shared, total
from linewatch.verdict.behind import behind
from linewatch.verdict.lapse import with_doubt, with_lapses
from linewatch.verdict.outage import outage_spans
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, padded, relabelled
from tests.verdict.drawn import RULE, SLOT, at, drawn, history, lapses, line, readings, slots


def strictly(drawing: str, rule: Rule = RULE) -> Timeline:
    standing = history(drawing, rule)
    return with_lapses(standing, lapses(readings(drawing), outage_spans(standing), rule, at(len(drawing))))


@pytest.mark.parametrize(
    ("rounds", "standard", "strict"),
    [
        ("..x..", "UUUUU", "UUDUU"),
        ("..xx..x.", "UUUUUUUU", "UUDDUUDU"),
        ("..xxx...", "UUDDDUUU", "UUDDDUUU"),
        ("..xxx.x..", "UUDDDDDUU", "UUDDDDDUU"),  # one good round did not end the outage, and strict is no better
        ("..xu..", "UUUUUU", "UUDDUU"),
        ("x..", "_UU", "DUU"),  # out of the unknown one bad round is downtime at once
        ("..x?..", "UU??UU", "UUD?UU"),  # an undecided run that is cut off is unknown, and strictly down
        ("..x      ..", "UU_______UU", "UUD______UU"),
        ("..~x~..", "UU~~~UU", "UU~D~UU"),
        ("??x??", "?????", "??D??"),
    ],
)
def test_every_bad_round_counts(rounds: str, standard: str, strict: str) -> None:
    assert drawn(history(rounds), len(standard)) == standard
    assert drawn(strictly(rounds), len(strict)) == strict


def test_a_lapse_states_what_sampling_leaves_open() -> None:
    figures = availability(strictly("...x..."), slots(0, 7), Terms())
    assert (figures.charged_least, figures.charged, figures.charged_most) == (0 * SLOT, 1 * SLOT, 2 * SLOT)
    figures = availability(strictly("...xx.."), slots(0, 7), Terms())
    assert (figures.charged_least, figures.charged, figures.charged_most) == (1 * SLOT, 2 * SLOT, 3 * SLOT)


def test_where_the_clock_was_stepped_nothing_is_charged() -> None:
    standing = line("UUccUU")
    assert drawn(with_lapses(standing, lapses(readings("..xx.."), [], RULE, at(6))), 6) == "UUccUU"


ROUNDS = st.text(alphabet="....xxxu~?!    ", max_size=60)
RULES = st.builds(lambda fall, rise: replace(RULE, fall=fall, rise=rise), st.integers(1, 4), st.integers(1, 3))


@given(ROUNDS, RULES)
def test_strict_is_never_better_than_standard_on_the_same_rounds(drawing: str, rule: Rule) -> None:
    standing, strict = history(drawing, rule), strictly(drawing, rule)
    standing_down, strict_down = outage_spans(standing), merged(outage_spans(strict))
    assert total(shared(strict_down, standing_down)) == total(standing_down)
    before, after = (availability(each, slots(0, 60), Terms()) for each in (standing, strict))
    assert after.unknown <= before.unknown
    if before.observed is None:
        assert after.observed in (None, 0)
        return
    assert after.observed is not None
    assert before.low is not None
    assert after.low is not None
    assert after.observed <= before.observed
    assert after.low <= before.low
    assert after.low <= after.observed <= 1


@given(ROUNDS, st.integers(1, 4))
def test_where_one_good_round_ends_an_outage_strict_is_the_rule_with_fall_one(drawing: str, fall: int) -> None:
    strict = strictly(drawing, replace(RULE, fall=fall, rise=1))
    plain = history(drawing, replace(RULE, fall=1, rise=1))
    assert states(strict, len(drawing)) == states(plain, len(drawing))


def states(whole: Timeline, count: int) -> list[tuple[Span, State]]:
    """The states alone, over so many slots."""
    causes = {State.UP: None, State.DEGRADED: Cause.LOSS, State.DOWN: Cause.LINE, State.UNKNOWN: Cause.MONITOR}
    return [(each.span, each.state) for each in relabelled(padded(whole, slots(0, count)), lambda stretch: (stretch.state, causes[stretch.state]))]


@pytest.mark.parametrize(
    ("told", "doubtful", "comes_to"),
    [("UUUU", [(1, 3)], "U__U"), ("UDDU", [(0, 4)], "_DD_"), ("U~?U", [(0, 4)], "__?_"), ("UUUU", [], "UUUU"), ("UUUU", [(0, 1), (3, 4)], "_UU_")],
)
def test_doubtful_time_is_unknown_unless_an_outage_stands(told: str, doubtful: list[tuple[int, int]], comes_to: str) -> None:
    assert drawn(with_doubt(line(told), [slots(*each) for each in doubtful], Cause.MONITOR), 4) == comes_to


def test_degraded_time_that_is_charged_is_not_doubted() -> None:
    assert drawn(with_doubt(line("U~D?"), [slots(0, 4)], Cause.MONITOR, (State.UP,)), 4) == "_~D?"


@given(ROUNDS, ROUNDS, RULES)
def test_the_mask_of_a_line_leaves_that_law_to_the_endpoint_behind_it(of_line: str, of_site: str, rule: Rule) -> None:
    mask = history(of_line)
    standing_down = outage_spans(behind(history(of_site, rule), mask))
    strict_down = merged(outage_spans(behind(strictly(of_site, rule), mask)))
    assert total(shared(strict_down, standing_down)) == total(standing_down)
