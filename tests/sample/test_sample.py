"""What a look can be, and what it cannot."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import get_args

import pytest

from linewatch.sample.cause import Cause
from linewatch.sample.event import Event, Happening
from linewatch.sample.outcome import Exchange, Outcome, Phases, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import DnsTarget, HttpTarget, IcmpTarget, Role, Target, TcpTarget, kind

AT = datetime(2022, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("target", "text", "name"),
    [
        (IcmpTarget("223.5.5.5"), "223.5.5.5", "icmp"),
        (IcmpTarget("2400:3200::1"), "2400:3200::1", "icmp"),
        (TcpTarget("180.76.76.76", 53), "tcp://180.76.76.76:53", "tcp"),
        (TcpTarget("2400:3200::1", 443), "tcp://[2400:3200::1]:443", "tcp"),
        (DnsTarget("223.6.6.6", "www.gov.cn"), "dns://223.6.6.6/www.gov.cn", "dns"),
        (DnsTarget("223.6.6.6", "www.gov.cn", port=5353), "dns://223.6.6.6:5353/www.gov.cn", "dns"),
        (DnsTarget("2400:3200::1", "www.gov.cn"), "dns://[2400:3200::1]/www.gov.cn", "dns"),
        (HttpTarget("https://weibo.com/"), "https://weibo.com/", "http"),
        (HttpTarget("https://weibo.com/a?token=secret#part"), "https://weibo.com/a?…", "http"),  # a query may hold a token
    ],
)
def test_a_target_reads_as_it_is_configured(target, text, name):
    assert str(target) == text
    assert kind(target) == name


def test_every_kind_of_target_has_a_name_of_its_own():
    examples = [IcmpTarget("a"), TcpTarget("a", 1), DnsTarget("a", "b"), HttpTarget("http://a/")]
    assert {type(example) for example in examples} == set(get_args(Target))
    assert len({kind(example) for example in examples}) == len(examples)


def test_a_password_is_not_in_what_a_target_shows_of_itself():
    assert "secret" not in repr(HttpTarget("https://a/", auth=("user", "secret")))


def test_what_is_expected_of_an_answer_is_part_of_the_target():
    assert TcpTarget("a", 25, reply=re.compile(rb"^220 ")) != TcpTarget("a", 25)
    assert DnsTarget("a", "b", answers=frozenset({"203.0.113.7"})) != DnsTarget("a", "b")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"result": Result.OK}, "an answer has a round-trip time"),
        ({"result": Result.OK, "rtt_us": -1}, "cannot be negative: -1 us"),
        ({"result": Result.LOST}, "a look that ended lost has a cause"),
        ({"result": Result.BAD, "rtt_us": 5}, "a look that ended bad has a cause"),
        ({"result": Result.ERROR}, "a look that ended error has a cause"),
        ({"result": Result.ERROR, "cause": Cause.TIMEOUT}, "local or the monitor's own, not timeout"),
    ],
)
def test_an_outcome_that_contradicts_itself_is_refused(values, said):
    with pytest.raises(ValueError, match=said):
        Outcome(**values)


@pytest.mark.parametrize(
    ("outcome", "answered"),
    [
        (Outcome(Result.OK, 0), True),
        (Outcome(Result.OK, 12_000, Cause.TLS, "ends soon"), True),
        (Outcome(Result.LOST, cause=Cause.TIMEOUT), False),
        (Outcome(Result.BAD, 12_000, Cause.STATUS), False),
        (Outcome(Result.ERROR, cause=Cause.LOCAL), False),
        (Outcome(Result.ERROR, cause=Cause.MONITOR), False),
    ],
)
def test_only_what_was_expected_is_an_answer(outcome, answered):
    assert outcome.answered is answered


def test_a_round_has_one_outcome_for_each_seat():
    seat, outcome = Seat(Role.ANCHOR, "223.5.5.5"), Outcome(Result.OK, 1)
    assert Round(AT, (seat,), (outcome,)).outcomes == (outcome,)
    with pytest.raises(ValueError, match="2 targets were asked, 1 outcomes came back"):
        Round(AT, (seat, seat), (outcome,))


def test_an_exchange_that_learned_nothing():
    assert Exchange() == Exchange(Phases(None, None, None, None, None), None, None, None)


def test_an_event_of_the_whole_watch_names_no_service():
    assert Event(AT, Happening.STARTED).service is None
    assert Event(AT, Happening.STARTED).data == {}


@pytest.mark.parametrize("words", [Cause, Result, Role, Happening])
def test_the_words_of_the_record_are_plain_and_each_is_there_once(words):
    values = [str(word) for word in words]
    assert all(re.fullmatch(r"[a-z_]+", value) for value in values)
    assert len(set(values)) == len(values)
