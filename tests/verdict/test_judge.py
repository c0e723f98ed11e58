"""Semantics section 3, row by row.

A look is drawn: . answers, s answers slowly, x lost, u unreachable, b a wrong answer, n a failure without an answer, ? no route, ! own failure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.verdict.judge import Memory, SetAside, endpoint_reading, line_verdict
from linewatch.verdict.loss import Loss, loss, lower_median, rtt_us
from linewatch.verdict.reading import Kind, Reading
from tests.verdict.drawn import RULE, START, at

LOOKS = {
    ".": Outcome(Result.OK, 10_000),
    "s": Outcome(Result.OK, 90_000),
    "x": Outcome(Result.LOST, cause=Cause.TIMEOUT, detail="no reply"),
    "u": Outcome(Result.LOST, cause=Cause.UNREACHABLE, detail="host unreachable"),
    "b": Outcome(Result.BAD, 12_000, Cause.CONTENT, "another answer"),
    "n": Outcome(Result.BAD, cause=Cause.TLS, detail="no answer"),
    "?": Outcome(Result.ERROR, cause=Cause.LOCAL, detail="no route"),
    "!": Outcome(Result.ERROR, cause=Cause.MONITOR, detail="no descriptor"),
}


def looked(anchors, next_hop="-", gateway="-", when=START):
    """One round; `-` is a hop that is not configured."""
    seats = [(Role.GATEWAY, "gw", gateway), (Role.NEXT_HOP, "hop", next_hop)]
    seats = [seat for seat in seats if seat[2] != "-"] + [(Role.ANCHOR, f"a{i}", letter) for i, letter in enumerate(anchors)]
    return Round(when, tuple(Seat(role, name) for role, name, _ in seats), tuple(LOOKS[letter] for *_, letter in seats))


def seen(anchors, next_hop="-", gateway="-", rule=RULE):
    reading, _, _ = line_verdict(rule, Memory(), looked(anchors, next_hop, gateway))
    return reading.kind, reading.cause


GOOD = (Kind.GOOD, None)
PARTIAL = (Kind.DEGRADED, Cause.PARTIAL)
UPSTREAM = (Kind.BAD, Cause.UPSTREAM)
LINE = (Kind.BAD, Cause.LINE)
LOCAL = (Kind.UNMEASURED, Cause.LOCAL)
MONITOR = (Kind.UNMEASURED, Cause.MONITOR)


@pytest.mark.parametrize(
    ("anchors", "next_hop", "gateway", "reading"),
    [
        # a majority answers: good, whatever the hops do
        ("....", ".", ".", GOOD),
        ("...x", ".", ".", GOOD),
        ("...x", "x", "x", GOOD),
        ("...", "-", "-", GOOD),
        (".", "-", "-", GOOD),
        ("..x", "x", ".", GOOD),
        # at least the quorum, under a majority (half is no majority): degraded
        ("..xx", ".", ".", PARTIAL),
        (".xxx", "x", "x", PARTIAL),
        (".x", "-", "-", PARTIAL),
        # under the quorum: the next hop answers
        ("xxxx", ".", ".", UPSTREAM),
        ("xxxx", ".", "x", UPSTREAM),
        ("xxxx", ".", "-", UPSTREAM),
        # ... the next hop is silent or not configured, the gateway answers or is not configured
        ("xxxx", "x", ".", LINE),
        ("xxxx", "-", ".", LINE),
        ("xxxx", "x", "-", LINE),
        ("xxxx", "-", "-", LINE),
        ("x", "-", "-", LINE),
        # ... the gateway is silent as well
        ("xxxx", "x", "x", LOCAL),
        ("xxxx", "-", "x", LOCAL),
        ("xxxx", "-", "?", LOCAL),
        ("xxxx", "!", "x", LOCAL),
        # every send failed on this host
        ("????", "?", "?", LOCAL),
        ("????", "-", "-", LOCAL),
        ("??!!", "!", "!", LOCAL),
        # ... at the anchors, whatever answers before the line: nothing was sent over it
        ("????", "-", ".", LOCAL),
        ("????", ".", ".", LOCAL),
        ("??!!", "x", ".", LOCAL),
        # the prober's own failure is unmeasured, never loss
        ("!!!!", "!", "!", MONITOR),
        ("!!!!", ".", ".", MONITOR),
        ("!!!.", ".", ".", GOOD),
        ("!!..", ".", ".", GOOD),
        ("!!.x", ".", ".", PARTIAL),
        ("!!!x", "x", ".", LINE),
        ("xxxx", "-", "!", MONITOR),
        ("xxxx", "!", ".", LINE),
        # what could not be sent for want of a route is no silence either
        ("??xx", "-", ".", LINE),
        ("??..", "-", ".", GOOD),
        ("??.x", "-", ".", PARTIAL),
        # a reply is a reply, also a wrong one; a failure without an answer is none
        ("bxxx", "x", ".", PARTIAL),
        ("bbbx", "x", ".", GOOD),
        ("nnnn", "x", ".", LINE),
        ("xxxx", "b", ".", UPSTREAM),
        ("xxxx", "x", "b", LINE),
    ],
)
def test_the_table_of_a_round(anchors, next_hop, gateway, reading):
    assert seen(anchors, next_hop, gateway) == reading


@pytest.mark.parametrize(
    ("quorum", "anchors", "reading"),
    [
        (2, ".xxx", LINE),
        (2, "..xx", PARTIAL),
        (3, "..xx", LINE),
        (3, "...x", GOOD),
        (4, "...x", GOOD),
        (9, "xx", LINE),
        (9, ".x", LINE),
        (2, "!!.x", LINE),
        (9, "!!!.", GOOD),
    ],
)
def test_the_quorum_is_what_is_needed_under_a_majority(quorum, anchors, reading):
    assert seen(anchors, "-", ".", replace(RULE, quorum=quorum)) == reading


def test_an_anchor_that_answers_clears_this_side_also_where_more_are_wanted():
    assert seen(".xxx", "-", "x", replace(RULE, quorum=2)) == LINE


def watched(rounds, rule=RULE, memory=None, first=0.0, slots=1.0):
    """Judge one round after another; what was read, what is remembered, what was set aside."""
    memory = memory or Memory()
    read, changes = [], []
    for i, anchors in enumerate(rounds):
        reading, memory, more = line_verdict(rule, memory, looked(*anchors.split("|"), when=at(first + i * slots)))
        read.append((reading.kind, reading.cause))
        changes += more
    return read, memory, changes


UP, CUT, CLEARED, DEAF = "...|-|x", "xxx|-|x", "xxx|-|.", "xxx|-|u"


@pytest.mark.parametrize(
    ("rounds", "last"),
    [
        # twenty rounds of a working line in which the gateway is silent: so it is always
        ([UP] * 20 + [CUT] * 50, [LINE] * 50),
        ([UP] * 19 + [CUT] * 2, [LOCAL] * 2),
        # an answer of the gateway, or a while in which nothing answers, and it has to be seen anew
        ([UP] * 20 + ["...|-|."] + [UP] * 5 + [CUT], [LOCAL]),
        ([UP] * 20 + [CLEARED] + [CUT], [LOCAL]),
        ([UP] * 10 + [CUT] + [UP] * 10 + [CUT], [LOCAL]),
        # unreachable is another silence than none at all, and the one forgets the other
        ([UP] * 20 + [CUT, DEAF, CUT], [LINE, LOCAL, LOCAL]),
        (["...|-|u"] * 20 + [DEAF] * 3, [LINE] * 3),
        # what lies beyond the gateway shows its habit too, and the prober's own failure shows nothing
        (["xxx|.|x"] * 20 + ["xxx|x|x"], [LINE]),
        ([UP] * 19 + ["...|-|!"] + [UP] + [CUT], [LINE]),
        ([UP] * 20 + ["xxx|-|!"], [MONITOR]),
    ],
)
def test_a_gateway_that_is_always_silent_says_nothing_by_it(rounds, last):
    read, _, _ = watched(rounds)
    assert read[-len(last) :] == last


@pytest.mark.parametrize(
    ("rounds", "last"),
    [
        # an outage that the gateway has cleared this side of three times outlives what the gateway loses now and then
        ([CLEARED] * 3 + [CUT, CLEARED, CUT, CUT, CLEARED], [LINE] * 5),
        # ... but not three in a row, and this side has to be cleared again then
        ([CLEARED] * 3 + [CUT] * 4 + [CLEARED, CUT], [LINE, LINE, LOCAL, LOCAL, LINE, LOCAL]),
        (["xxx|.|."] * 3 + ["xxx|x|x"] * 3, [LINE, LINE, LOCAL]),
        # a gateway that answers every third echo has cleared this side at its third answer
        ([CLEARED, CUT, CUT] * 5, [LINE, LOCAL, LOCAL] * 2 + [LINE] * 9),
        ([CLEARED, CUT, CUT, CUT] * 5, [LINE, LOCAL, LOCAL, LOCAL] * 5),
        # before that its silence is this side's, and nothing is carried over an answer of the line, a hole, or a missing route
        ([CLEARED] * 2 + [CUT], [LINE, LOCAL]),
        ([CLEARED] * 3 + ["..x|-|."] + [CUT], [LOCAL]),
        ([CLEARED] * 3 + ["???|-|."] + [CUT], [LOCAL]),
    ],
)
def test_one_lost_echo_at_the_gateway_does_not_end_an_outage_of_the_line(rounds, last):
    read, _, _ = watched(rounds)
    assert read[-len(last) :] == last


def test_a_gateway_has_to_clear_this_side_anew_after_a_hole():
    _, memory, _ = watched([CLEARED] * 5)
    reading, _, _ = line_verdict(RULE, memory, looked("xxx", "-", "x", at(100)))
    assert (reading.kind, reading.cause) == LOCAL


def test_the_strict_rule_forgives_a_gateway_nothing():
    read, _, _ = watched([CLEARED, CUT], replace(RULE, fall=1))
    assert read == [LINE, LOCAL]


LOSS = (Kind.DEGRADED, Cause.LOSS)
LATENCY = (Kind.DEGRADED, Cause.LATENCY)


@pytest.mark.parametrize(
    ("rounds", "last"),
    [
        (["..."] * 20, GOOD),
        (["xxx"] + ["..."] * 19, GOOD),  # 1 of 20 is exactly 5 %: not past it
        (["xxx"] * 2 + ["..."] * 18, LOSS),  # 10 %
        (["xxx"] * 2 + ["..."] * 19, GOOD),  # the older has left the window
        (["xxx"] * 2 + ["..."] * 17, GOOD),  # no full window yet
        (["..x"] * 20, GOOD),  # one dead anchor does not speak for the line
        (["..xx"] * 2 + ["...."] * 18, GOOD),  # the lower of the two middle ones
        (["x..", ".x.", "..x", "x..", ".x.", "..x"] + ["..."] * 14, LOSS),  # 10 % each, although always two answered
        (["!!!"] * 2 + ["..."] * 18, GOOD),  # own failures are no loss
        (["???"] * 2 + ["..."] * 18, GOOD),
        (["xxx|-|x"] * 5 + ["...|-|."] * 20, GOOD),  # this office's gateway was silent: not the line's loss
        (["xxx|-|.", "xxx|-|x", "xxx|-|."] + ["...|-|."] * 18, LOSS),  # ... and the line's own loss is not forgotten for it
        (["bbb"] * 2 + ["..."] * 18, GOOD),
    ],
)
def test_line_loss_over_the_last_twenty_rounds(rounds, last):
    read, _, _ = watched(rounds)
    assert read[-1] == last


def test_degraded_by_loss_lasts_as_long_as_the_window_shows_it():
    read, _, _ = watched(["..."] * 20 + ["xxx"] * 2 + ["..."] * 20)
    assert read[20:22] == [LINE, LINE]
    assert read[22:40] == [LOSS] * 18
    assert read[40:] == [GOOD] * 2


@pytest.mark.parametrize(
    ("threshold_ms", "rounds", "last"),
    [
        (None, ["sss"] * 20, GOOD),
        (50, ["sss"] * 20, LATENCY),
        (50, ["..s"] * 20, GOOD),
        (50, [".s"] * 20, GOOD),  # the lower of two anchors
        (50, ["sss"] * 10 + ["..."] * 10, GOOD),  # the lower median over the rounds
        (50, ["..."] * 9 + ["sss"] * 11, LATENCY),
        (90, ["sss"] * 20, GOOD),  # exactly at the threshold
        (50, ["sss"] * 19, GOOD),
        (50, ["xxx"] * 2 + ["sss"] * 18, LOSS),  # loss is said first
    ],
)
def test_latency_over_the_last_twenty_rounds(threshold_ms, rounds, last):
    threshold = None if threshold_ms is None else timedelta(milliseconds=threshold_ms)
    read, _, _ = watched(rounds, replace(RULE, degraded_rtt=threshold))
    assert read[-1] == last


@pytest.mark.parametrize(
    ("pause", "last"),
    [
        (timedelta(seconds=10), LOSS),
        (timedelta(seconds=10, microseconds=1), GOOD),
        (timedelta(hours=1), GOOD),
        (timedelta(seconds=-1), GOOD),
    ],
)
def test_a_hole_or_a_clock_stepped_back_empties_the_window(pause, last):
    _, memory, _ = watched(["xxx"] * 3 + ["..."] * 17)
    reading, _, _ = line_verdict(RULE, memory, looked("...", when=at(19) + pause))
    assert (reading.kind, reading.cause) == last


DAY = timedelta(hours=24)
HOURLY = replace(RULE, interval=timedelta(hours=1), stale_after=timedelta(hours=3))
HOUR = 1200.0  # slots of three seconds


def test_an_anchor_silent_for_a_day_of_an_up_line_is_set_aside_and_counts_again_from_its_first_answer():
    read, memory, changes = watched(["..."] + ["..x"] * 24 + ["..."], HOURLY, slots=HOUR)
    assert [(change.at - START, change.anchor, change.aside) for change in changes] == [(DAY, "a2", True), (timedelta(hours=25), "a2", False)]
    assert memory.aside == frozenset()
    assert set(read) == {GOOD}


def test_what_is_set_aside_does_not_count():
    before, memory, _ = watched(["..xx"] * 24, HOURLY, slots=HOUR)
    assert before == [PARTIAL] * 24
    assert memory.aside == frozenset()
    after, memory, changes = watched(["..xx"] * 2, HOURLY, memory, first=24 * HOUR, slots=HOUR)
    assert [change.anchor for change in changes] == ["a2", "a3"]
    assert after == [PARTIAL, GOOD]
    assert watched(["xx.x"], HOURLY, memory, first=26 * HOUR)[0] == [PARTIAL]


def test_the_time_in_which_the_line_was_down_does_not_count_against_an_anchor():
    _, memory, changes = watched(["..."] + ["..x"] * 20 + ["xxx"] * 50 + ["..x"] * 3, HOURLY, slots=HOUR)
    assert changes == []
    _, _, changes = watched(["..x"], HOURLY, memory, first=74 * HOUR)
    assert [change.anchor for change in changes] == ["a2"]


def test_the_time_in_which_nobody_looked_does_not_count_against_an_anchor():
    _, memory, _ = watched(["..."] + ["..x"] * 20, HOURLY, slots=HOUR)
    _, memory, changes = watched(["..x"], HOURLY, memory, first=70 * HOUR)
    assert changes == []
    assert memory.silence == {"a2": timedelta(hours=20)}


def test_own_failures_do_not_count_against_an_anchor():
    _, memory, changes = watched(["..."] + ["..!"] * 30, HOURLY, slots=HOUR)
    assert changes == []
    assert memory.silence == {"a2": timedelta(0)}


def test_an_answer_ends_the_silence_of_an_anchor():
    _, memory, changes = watched(["..x"] * 20 + ["..."] + ["..x"] * 20, HOURLY, slots=HOUR)
    assert changes == []
    assert memory.silence == {"a2": timedelta(hours=20)}


def test_an_anchor_is_set_aside_also_where_the_window_is_one_round():
    _, _, changes = watched(["..x"] * 25, replace(HOURLY, window=1), slots=HOUR)
    assert [(change.anchor, change.aside) for change in changes] == [("a2", True)]


def test_a_line_whose_other_anchors_are_set_aside_goes_down_with_the_last():
    memory = Memory(aside=frozenset({"a1", "a2"}))
    reading, memory, changes = line_verdict(RULE, memory, looked("xxx", "-", "."))
    assert (reading.kind, reading.cause) == LINE
    reading, memory, changes = line_verdict(RULE, memory, looked("x.x", "-", ".", at(1)))
    assert (reading.kind, reading.cause) == PARTIAL
    assert changes == (SetAside(at(1), "a1", aside=False),)


@pytest.mark.parametrize(
    ("outcome", "kind", "cause"),
    [
        (LOOKS["."], Kind.GOOD, None),
        (Outcome(Result.OK, 5_000, Cause.TLS, "the certificate ends in 3 days"), Kind.DEGRADED, Cause.TLS),
        (Outcome(Result.OK, 9_000_000, Cause.LATENCY, "slow"), Kind.DEGRADED, Cause.LATENCY),
        (LOOKS["x"], Kind.BAD, Cause.TIMEOUT),
        (LOOKS["b"], Kind.BAD, Cause.CONTENT),
        (LOOKS["n"], Kind.BAD, Cause.TLS),
        (LOOKS["?"], Kind.UNMEASURED, Cause.LOCAL),
        (LOOKS["!"], Kind.UNMEASURED, Cause.MONITOR),
    ],
)
def test_the_table_of_a_check(outcome, kind, cause):
    check = Round(START, (Seat(Role.ENDPOINT, "https://example.org/"),), (outcome,))
    assert endpoint_reading(check) == Reading(START, kind, cause)


@pytest.mark.parametrize(("ordered", "middle"), [([], None), ([1], 1), ([1, 2], 1), ([1, 2, 3], 2), ([1, 2, 3, 4], 2)])
def test_the_lower_median(ordered, middle):
    assert lower_median(ordered) == middle


def test_loss_is_the_lower_median_over_the_anchors_and_hops_do_not_count():
    rounds = [looked(anchors, "x", "x") for anchors in ("..xx", "..xx", ".xxx", ".xx!")]
    assert loss(rounds) == Loss(2, 4)
    assert loss(rounds, aside={"a2", "a3"}) == Loss(0, 4)
    assert loss([]) is None
    assert loss([looked("!!?")]) is None


def test_loss_of_an_endpoint_is_the_share_of_its_failed_checks():
    seat = (Seat(Role.ENDPOINT, "e"),)
    assert loss([Round(START, seat, (LOOKS[letter],)) for letter in ".xbn!"]) == Loss(3, 4)


def test_a_share_of_nothing_is_none_lost():
    assert Loss(0, 0).ratio == 0.0
    assert Loss(1, 4).ratio == 0.25


def test_round_trip_time_is_a_median_of_medians():
    assert rtt_us([looked("..s"), looked(".ss"), looked("xss")]) == 90_000
    assert rtt_us([looked("..s"), looked(".xs")]) == 10_000
    assert rtt_us([looked("xx")]) is None


def narrow(drawing):
    """The last reading after rounds of which each letter is an anchor's large echo, and a small one before it, of which all come back."""
    memory, reading = Memory(), None
    for number, (small, large) in enumerate(drawing):
        plain = looked(small, when=at(number))
        seats = tuple(Seat(Role.LARGE, f"a{i}") for i in range(len(large)))
        reading, memory, _ = line_verdict(RULE, memory, Round(plain.at, plain.panel + seats, plain.outcomes + tuple(LOOKS[look] for look in large)))
    return reading.kind, reading.cause


MTU = (Kind.DEGRADED, Cause.MTU)


@pytest.mark.parametrize(
    ("rounds", "reading"),
    [
        # two rounds in a row in which small echoes come back and large ones do not
        ([("...", "..."), ("...", "xxx")], GOOD),
        ([("...", "..."), ("...", "xxx"), ("...", "xxx")], MTU),
        ([("...", "..."), ("...", "xxx"), ("...", "xxx"), ("...", "")], MTU),  # most rounds have no large echo: what stands stands
        ([("...", "..."), ("...", "xxx"), ("...", ""), ("...", "xxx")], MTU),
        # one large answer from anywhere clears the line
        ([("...", "..."), ("...", "xxx"), ("...", "x.x"), ("...", "xxx")], GOOD),
        ([("...", "..."), ("...", "xxx"), ("...", "xxx"), ("...", "x.x")], GOOD),
        # who never answered a large echo proves nothing
        ([("...", "xxx"), ("...", "xxx"), ("...", "xxx")], GOOD),
        ([("...", "xx."), (".x.", "xxx"), (".x.", "xxx")], MTU),
        ([("...", "xx."), ("..x", "xxx"), ("..x", "xxx")], GOOD),
        # what this host could not send proves nothing either
        ([("...", "..."), ("...", "???"), ("...", "!!!")], GOOD),
        # a line that carries nothing is down, not narrow
        ([("...", "..."), ("...", "xxx"), ("xxx", "xxx")], LINE),
    ],
)
def test_a_line_that_carries_small_packets_only_is_degraded(rounds, reading):
    assert narrow(rounds) == reading


def test_large_echoes_are_in_no_loss():
    one = looked("...")
    large = Round(one.at, (*one.panel, Seat(Role.LARGE, "a0")), (*one.outcomes, LOOKS["x"]))
    assert loss([large]) == Loss(0, 1)
