"""Availability: the laws over arbitrary histories, and cases worked to the second."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.sla.availability import Availability, Verdict, availability, verdict
from linewatch.sla.charge import charged
from linewatch.sla.period import year
from linewatch.sla.printed import percent
from linewatch.sla.terms import Terms
from linewatch.span import ZERO, Span, merged, shared, total, without
from linewatch.verdict.behind import behind
from linewatch.verdict.machine import clock_step
from linewatch.verdict.state import State
from linewatch.verdict.timeline import padded, plain, timeline
from tests.verdict.drawn import RULE, SLOT, START, drawn, history, line, readings, slots, stepped

UP_COUNTS = Terms()
DEGRADED_IS_DOWN = Terms(degraded="down")

terms = st.sampled_from([UP_COUNTS, DEGRADED_IS_DOWN])
rounds = st.text(alphabet=".....xxxxx~~u?    ", max_size=40)
drawings = st.text(alphabet="UUU~lDDd?_cb", max_size=30)
edges = st.integers(-4, 90).map(lambda half: half / 2)
periods = st.tuples(edges, edges).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: slots(*sorted(pair)))
some_spans = st.lists(st.tuples(edges, edges).map(lambda pair: slots(*sorted(pair))), max_size=5)
hours = st.none() | some_spans
histories = rounds.map(history) | drawings.map(line) | st.tuples(rounds, rounds).map(lambda pair: behind(history(pair[0]), history(pair[1])))

RATIOS = ("observed", "low", "high", "gross", "coverage")


# Laws


@settings(max_examples=500)
@given(histories, periods, terms, hours, some_spans)
def test_the_parts_add_up_exactly(whole, period, agreed, service, excluded):
    figures = availability(whole, period, agreed, service, excluded)
    assert figures.up + figures.degraded + figures.down + figures.unknown + figures.excluded == figures.scheduled
    assert figures.owed == figures.scheduled - figures.excluded
    assert figures.measured == figures.up + figures.degraded + figures.down
    assert ZERO <= figures.excluded <= figures.scheduled <= figures.period == period.length
    assert figures.charged == figures.down + (figures.degraded if agreed.degraded == "down" else ZERO)


@settings(max_examples=500)
@given(histories, periods, terms, hours, some_spans)
def test_the_ratios_keep_their_order_between_nothing_and_everything(whole, period, agreed, service, excluded):
    figures = availability(whole, period, agreed, service, excluded)
    assert figures.charged_least <= figures.charged <= figures.charged_most <= figures.measured
    if figures.measured:
        assert 0 <= figures.low <= figures.observed <= figures.high <= 1
        assert (figures.observed == 1) == (figures.charged == ZERO)
    else:
        assert (figures.observed, figures.low, figures.high) == (None, None, None)
    assert (figures.coverage is None) == (figures.owed == ZERO)
    assert figures.coverage is None or 0 <= figures.coverage <= 1
    assert figures.gross is None or 0 <= figures.gross <= 1


@settings(max_examples=500)
@given(histories, edges, edges, edges, terms, hours, some_spans)
def test_the_seconds_of_the_parts_of_a_period_are_those_of_the_whole(whole, first, second, third, agreed, service, excluded):
    first, second, third = sorted((first, second, third))
    one = availability(whole, slots(first, second), agreed, service, excluded)
    two = availability(whole, slots(second, third), agreed, service, excluded)
    both = availability(whole, slots(first, third), agreed, service, excluded)
    for each in fields(Availability):
        assert getattr(one, each.name) + getattr(two, each.name) == getattr(both, each.name), each.name


@given(drawings.filter(bool), st.integers(0, 29), terms, hours, some_spans)
def test_more_downtime_never_raises_a_figure(drawing, slot, agreed, service, excluded):
    slot %= len(drawing)
    worse = drawing[:slot] + "D" + drawing[slot + 1 :]
    before = availability(line(drawing), slots(0, 30), agreed, service, excluded)
    after = availability(line(worse), slots(0, 30), agreed, service, excluded)
    for name in ("observed", "low", "high", "gross"):
        high, low = getattr(before, name), getattr(after, name)
        assert high is None or low <= high, name


@given(histories, periods, terms, hours, some_spans)
def test_overlapping_exclusions_count_once(whole, period, agreed, service, excluded):
    once = availability(whole, period, agreed, service, merged(excluded))
    assert availability(whole, period, agreed, service, [*excluded, *reversed(excluded)]) == once
    assert once.excluded == total(shared(merged(excluded), shared(merged(service), [period]) if service is not None else [period]))


@given(histories, periods, terms, hours, some_spans)
def test_gross_is_what_would_be_observed_without_any_exclusion(whole, period, agreed, service, excluded):
    adjusted = availability(whole, period, agreed, service, excluded)
    plainly = availability(whole, period, agreed, service)
    assert adjusted.gross == plainly.gross == plainly.observed


SHARES = {
    "observed": lambda figures: (figures.charged, figures.measured),
    "low": lambda figures: (figures.charged_most + figures.unknown, figures.owed),
    "high": lambda figures: (figures.charged_least, figures.owed),
    "coverage": lambda figures: (figures.unknown, figures.owed),
}
"""Each figure is 1 - part/whole, of these two."""


@settings(max_examples=500)
@given(histories, periods, terms, hours, some_spans, some_spans)
def test_an_exclusion_raises_a_figure_exactly_where_its_own_share_of_faults_is_above_the_rest(whole, period, agreed, service, excluded, more):
    """The law of docs/sla.md: excluding e, with faults f, from a whole w with faults p: (p-f)/(w-e) < p/w where f/e > p/w, and so on."""
    before = availability(whole, period, agreed, service, excluded)
    after = availability(whole, period, agreed, service, [*excluded, *more])
    taken = without(shared(merged(more), merged([period] if service is None else service)), merged(excluded))
    own = availability(whole, period, agreed, shared(taken, [period]))
    for name, share in SHARES.items():
        (part, of), (fault, taken_of) = share(before), share(own)
        assert share(after) == (part - fault, of - taken_of)
        if before.measured and after.measured:
            low, high = getattr(before, name), getattr(after, name)
            assert (high > low, high == low) == (fault * (of / SLOT) > part * (taken_of / SLOT), fault * (of / SLOT) == part * (taken_of / SLOT)), (
                name
            )


@given(histories, periods, terms, hours, some_spans, st.booleans(), st.integers(0, 12))
def test_excluding_downtime_alone_never_lowers_and_excluding_uptime_alone_never_raises(whole, period, agreed, service, excluded, of_down, count):
    """What follows from the law; of a mixture nothing more is true."""
    states = (State.DOWN,) if of_down else (State.UP,)
    more = [stretch.span for stretch in whole if stretch.state in states][:count]
    before = availability(whole, period, agreed, service, excluded)
    after = availability(whole, period, agreed, service, [*excluded, *more])
    assert after.unknown == before.unknown
    if after.observed is not None:
        assert after.observed >= before.observed if of_down else after.observed <= before.observed
        assert of_down or after.observed < before.observed or before.charged == ZERO or after.measured == before.measured


@given(histories, periods, terms, hours, st.integers(0, 12))
def test_excluding_unknown_time_leaves_what_was_observed_and_raises_coverage(whole, period, agreed, service, count):
    more = [stretch.span for stretch in whole if stretch.state is State.UNKNOWN][:count]
    before, after = availability(whole, period, agreed, service), availability(whole, period, agreed, service, more)
    assert after.observed == before.observed
    assert after.coverage is None or after.coverage >= before.coverage


@given(histories, periods)
def test_charging_degraded_time_never_raises_a_figure(whole, period):
    lenient, strict = availability(whole, period, UP_COUNTS), availability(whole, period, DEGRADED_IS_DOWN)
    for name in RATIOS[:4]:
        assert (getattr(lenient, name) is None) == (getattr(strict, name) is None)
        assert getattr(lenient, name) is None or getattr(strict, name) <= getattr(lenient, name)
    assert (lenient.degraded, lenient.down, lenient.coverage) == (strict.degraded, strict.down, strict.coverage)


@given(histories, periods)
def test_a_history_that_does_not_reach_is_padded_with_unknown_time(whole, period):
    assert availability(padded(whole, period), period, UP_COUNTS).unknown == availability(whole, period, UP_COUNTS).unknown


# Cases worked to the second


def test_an_hour_down_in_a_year():
    period = year(2022, ZoneInfo("Asia/Shanghai")).span
    hour = timedelta(hours=1)
    down = Span(period.start + 1000 * hour, period.start + 1001 * hour)
    whole = (
        plain(Span(period.start, down.start), State.UP, None),
        plain(down, State.DOWN, Cause.LINE),
        plain(Span(down.end, period.end), State.UP, None),
    )
    figures = availability(whole, period, UP_COUNTS)
    assert (figures.scheduled, figures.up, figures.down) == (8760 * hour, 8759 * hour, hour)
    assert figures.observed == figures.low == figures.high == figures.gross == Fraction(8759, 8760)
    assert figures.coverage == 1
    assert percent(figures.observed) == "99.98"
    assert verdict(figures, UP_COUNTS) is Verdict.NOT_MET


def seconds(duration):
    return duration / timedelta(seconds=1)


def test_an_outage_with_its_bounds_and_a_silence():
    # 40 slots of 3 s: 10 up, 4 bad (from 30 s, last bad round at 39 s), 6 up, then nobody looks for 10 slots, 10 up
    figures = availability(history("." * 10 + "x" * 4 + "." * 6 + " " * 10 + "." * 10), slots(0, 40), UP_COUNTS)
    assert seconds(figures.scheduled) == 120
    assert seconds(figures.unknown) == 30
    assert seconds(figures.down) == 12
    assert seconds(figures.up) == 78
    assert (seconds(figures.charged_least), seconds(figures.charged_most)) == (9, 15)
    assert figures.observed == 1 - Fraction(12, 90)
    assert figures.low == 1 - Fraction(15 + 30, 120)
    assert figures.high == 1 - Fraction(9, 120)
    assert figures.coverage == Fraction(90, 120)


def test_an_outage_seen_just_after_the_period_may_have_begun_in_it():
    whole = history("." * 10 + "x" * 10 + "." * 10)
    before = availability(whole, slots(0, 10), UP_COUNTS)
    assert (before.down, before.charged_most) == (ZERO, SLOT)
    assert (before.observed, before.low) == (1, 1 - Fraction(1, 10))
    after = availability(whole, slots(10, 30), UP_COUNTS)
    assert after.charged_most == 10 * SLOT


def test_what_lies_in_unknown_time_cannot_also_be_down_time():
    figures = availability(history(".?xxx.."), slots(0, 7), UP_COUNTS)
    assert (figures.unknown, figures.down, figures.charged_most) == (SLOT, 3 * SLOT, 3 * SLOT)


def test_an_outage_does_not_reach_back_into_time_that_another_account_leaves_unknown():
    """The clock was stepped back over time in which our own side was at fault: the last good round lies under it."""
    standing, before = stepped(readings("????"))
    standing, marks = clock_step(RULE, standing, START + 4 * SLOT, START)
    _, after = stepped(readings("..xxxx"), RULE, standing)
    whole = timeline([*before, *marks, *after], START + 6 * SLOT)
    assert drawn(whole, 6) == "??DDDD"
    figures = availability(whole, slots(0, 6), UP_COUNTS)
    assert (figures.unknown, figures.charged_most, figures.low) == (2 * SLOT, 4 * SLOT, 0)


@pytest.mark.parametrize(
    ("drawing", "excluded", "observed", "gross", "coverage"),
    [
        ("UUUUUUUUDD", [(8, 9)], Fraction(8, 9), Fraction(8, 10), 1),
        ("UUUUUUUUDD", [(8, 10)], 1, Fraction(8, 10), 1),
        ("UUUUUUUUDD", [(8, 10), (7, 9), (8, 9)], 1, Fraction(8, 10), 1),
        ("UUUUUUUUDD", [(0, 5)], Fraction(3, 5), Fraction(8, 10), 1),
        ("UUUU____DD", [(4, 8)], Fraction(4, 6), Fraction(4, 6), 1),
        ("UUUU____DD", [], Fraction(4, 6), Fraction(4, 6), Fraction(6, 10)),
        ("UUUU~~~~DD", [], Fraction(8, 10), Fraction(8, 10), 1),
        ("UUUUUUUUDD", [(-5, 20)], None, Fraction(8, 10), None),
        ("UUUUUUUU__", [(0, 8)], None, 1, 0),
        ("__________", [], None, None, 0),
        ("", [], None, None, 0),
        ("DDDDDDDDDD", [], 0, 0, 1),
    ],
)
def test_exclusions_and_silence(drawing, excluded, observed, gross, coverage):
    figures = availability(line(drawing), slots(0, 10), UP_COUNTS, excluded=[slots(*each) for each in excluded])
    assert (figures.observed, figures.gross, figures.coverage) == (observed, gross, coverage)


@pytest.mark.parametrize(
    ("service", "scheduled", "down"),
    [
        (None, 10, 4),
        ([(0, 10)], 10, 4),
        ([(0, 4), (7, 10)], 7, 1),
        ([(2, 5), (4, 8)], 6, 4),
        ([(-10, 2)], 2, 0),
        ([], 0, 0),
    ],
)
def test_only_service_hours_count(service, scheduled, down):
    hours = None if service is None else [slots(*each) for each in service]
    figures = availability(line("UUUDDDDUUU"), slots(0, 10), UP_COUNTS, hours)
    assert (figures.scheduled, figures.period) == (scheduled * SLOT, 10 * SLOT)
    assert figures.up + figures.down == scheduled * SLOT
    assert figures.down == down * SLOT


def test_nothing_measured_is_neither_nothing_nor_everything():
    figures = availability((), slots(0, 10), UP_COUNTS)
    assert [getattr(figures, name) for name in RATIOS] == [None, None, None, None, 0]
    assert verdict(figures, UP_COUNTS) is Verdict.UNPROVEN


# Against the target


def judged(up, down, unknown, **agreed):
    return verdict(availability(line("U" * up + "D" * down + "_" * unknown), slots(0, up + down + unknown), UP_COUNTS), Terms(**agreed))


@pytest.mark.parametrize(
    ("up", "down", "unknown", "agreed", "result"),
    [
        (100, 0, 0, {}, Verdict.MET),
        (99, 1, 0, {}, Verdict.NOT_MET),
        (1, 1, 98, {}, Verdict.NOT_MET),  # however little was seen: that was downtime
        (99, 0, 1, {}, Verdict.MET),  # exactly 99 % covered
        (98, 0, 2, {}, Verdict.UNPROVEN),
        (989, 0, 11, {}, Verdict.UNPROVEN),
        (0, 0, 10, {}, Verdict.UNPROVEN),
        (99, 1, 0, {"target": Fraction(99, 100)}, Verdict.MET),
        (99, 1, 0, {"target": Fraction(991, 1000)}, Verdict.NOT_MET),
        # judged unrounded: 0.99975 is not 0.9998, and 99.97 is printed of both 0.99975 and 0.9997
        (3999, 1, 0, {"target": Fraction(9998, 10000)}, Verdict.NOT_MET),
        (3999, 1, 0, {"target": Fraction(99975, 100000)}, Verdict.MET),
        (50, 0, 50, {"min_coverage": Fraction(1, 2)}, Verdict.MET),
        (0, 10, 0, {"target": Fraction(0)}, Verdict.MET),
    ],
)
def test_the_result_against_a_target(up, down, unknown, agreed, result):
    assert judged(up, down, unknown, **agreed) is result


# The terms


def test_our_own_faults_are_charged_where_the_terms_say_so():
    whole = line("UU??_DbU")
    lenient, strict = Terms(), Terms(local_faults="down")
    assert charged(whole, lenient) is whole
    figures = availability(charged(whole, strict), slots(0, 8), strict)
    assert (figures.down, figures.unknown) == (3 * SLOT, 2 * SLOT)
    assert [stretch.cause for stretch in charged(whole, strict) if stretch.state is State.DOWN] == [Cause.LOCAL, Cause.LINE]


def test_degraded_time_that_a_history_file_blames_on_us_is_not_downtime():
    whole = (plain(slots(0, 4), State.DEGRADED, Cause.LOCAL),)
    assert charged(whole, Terms(local_faults="down")) == whole


@given(histories, periods)
def test_charging_our_own_faults_never_raises_a_figure(whole, period):
    lenient, strict = Terms(), Terms(local_faults="down")
    before, after = availability(charged(whole, lenient), period, lenient), availability(charged(whole, strict), period, strict)
    for name in ("observed", "low", "high", "gross"):
        assert getattr(before, name) is None or getattr(after, name) <= getattr(before, name)
    assert before.up == after.up


def test_the_history_begins_where_the_record_does():
    assert availability(history("...."), Span(START - 4 * SLOT, START + 4 * SLOT), UP_COUNTS).coverage == Fraction(1, 2)
