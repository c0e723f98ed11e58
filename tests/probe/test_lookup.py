from __future__ import annotations

import asyncio
from datetime import timedelta

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.probe.lookup import lookup
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.target import DnsTarget
from tests.fuzzing import cases
from tests.probe.servers import SHORT, SOON, Answer, Handler, name_server, refused_port

ZONE = {
    "A": ["203.0.113.7", "203.0.113.8"],
    "AAAA": ["2001:db8::7"],
    "MX": ["10 Mail.Example.test."],
    "TXT": ['"v=spf1 -all" " more"'],
    "CNAME": ["other.test."],
}


def reply(query: dns.message.Message, rcode: str = "NOERROR", texts: list[str] | None = None, **flags: bool) -> bytes:
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.from_text(rcode))
    question = query.question[0]
    answers = ZONE.get(question.rdtype.name, []) if texts is None else texts
    if rcode == "NOERROR" and answers:
        response.answer.append(dns.rrset.from_text(question.name, 60, "IN", question.rdtype.name, *answers))
    if flags.get("truncated"):
        response.flags |= dns.flags.TC
        response.answer.clear()
    return response.to_wire()


def zone(query: dns.message.Message) -> list[bytes]:
    return [reply(query)]


def saying(rcode: str) -> Answer:
    return lambda query: [reply(query, rcode)]


def another_id(query: dns.message.Message) -> list[bytes]:
    wire = reply(query)
    return [bytes([wire[0] ^ 1]) + wire[1:]]


def another_question(query: dns.message.Message) -> list[bytes]:
    other = dns.message.make_query("elsewhere.test", "A", id=query.id)
    return [reply(other, texts=["203.0.113.66"])]


def forged_then_true(query: dns.message.Message) -> list[bytes]:
    return another_id(query) + another_question(query) + [b"junk"] + zone(query)


def garbage(query: dns.message.Message) -> list[bytes]:
    """Bytes with the right id, whose flags happen to say "truncated"."""
    return [query.to_wire()[:2] + b"\xff" * 30]


def nothing(query: dns.message.Message) -> list[bytes]:
    return []


def truncated(query: dns.message.Message) -> list[bytes]:
    return [reply(query, truncated=True)]


async def asked(udp: Answer, timeout: timedelta = SOON, tcp: Handler | None = None, **target: object) -> Outcome:
    async with name_server(udp, tcp) as port:
        return await lookup(DnsTarget("127.0.0.1", "www.example.test", port, **target), timeout)


@pytest.mark.parametrize(
    ("record", "answers"),
    [
        ("A", set()),
        ("A", {"203.0.113.8", "203.0.113.7"}),
        ("AAAA", {"2001:DB8:0::7"}),
        ("MX", {"10 mail.example.test"}),
        ("mx", {"10 mail.example.test."}),
        ("CNAME", {"other.test"}),
        ("TXT", {"v=spf1 -all more"}),
        ("NS", set()),
    ],
)
async def test_the_expected_answer_is_ok_however_it_is_spelled(record: str, answers: set[str]) -> None:
    outcome = await asked(zone, record=record, answers=frozenset(answers))
    assert (outcome.result, outcome.cause, outcome.detail) == (Result.OK, None, "")
    assert outcome.rtt_us is not None
    assert outcome.exchange is not None
    assert outcome.exchange.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("record", "answers", "told"),
    [
        ("A", {"203.0.113.7"}, "203.0.113.7, 203.0.113.8 for A www.example.test, expected 203.0.113.7"),
        ("A", {"203.0.113.7", "203.0.113.9"}, "expected 203.0.113.7, 203.0.113.9"),
        ("AAAA", {"2001:db8::8"}, "2001:db8::7"),
        ("NS", {"ns.example.test"}, "no record"),
        ("A", {"no address"}, "expected no address"),
    ],
)
async def test_any_other_answer_is_bad(record: str, answers: set[str], told: str) -> None:
    outcome = await asked(zone, record=record, answers=frozenset(answers))
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.DNS)
    assert told in outcome.detail
    assert outcome.rtt_us is not None


@pytest.mark.parametrize(
    ("said", "expected", "result", "told"),
    [
        ("NXDOMAIN", "NOERROR", Result.BAD, "says NXDOMAIN (the name does not exist)"),
        ("SERVFAIL", "NOERROR", Result.BAD, "says SERVFAIL (the server failed)"),
        ("REFUSED", "NOERROR", Result.BAD, "says REFUSED for"),
        ("NOERROR", "NXDOMAIN", Result.BAD, "says NOERROR for www.example.test, expected NXDOMAIN"),
        ("NXDOMAIN", "nxdomain", Result.OK, ""),
    ],
)
async def test_the_response_code(said: str, expected: str, result: Result, told: str) -> None:
    outcome = await asked(saying(said), rcode=expected)
    assert outcome.result is result
    assert told in outcome.detail


@pytest.mark.parametrize(
    ("udp", "result", "cause"),
    [
        (nothing, Result.LOST, Cause.TIMEOUT),
        (another_id, Result.BAD, Cause.DNS),
        (another_question, Result.BAD, Cause.DNS),
        (garbage, Result.BAD, Cause.DNS),
        (forged_then_true, Result.OK, None),
    ],
)
async def test_what_is_no_answer_to_the_query_is_never_credited(udp: Answer, result: Result, cause: Cause | None) -> None:
    outcome = await asked(udp, SHORT)
    assert (outcome.result, outcome.cause) == (result, cause)


async def test_a_closed_port_is_lost_at_once() -> None:
    with refused_port() as port:
        outcome = await lookup(DnsTarget("127.0.0.1", "www.example.test", port), SOON)
    assert (outcome.result, outcome.cause) == (Result.LOST, Cause.CONNECT)
    assert "connection refused" in outcome.detail


async def test_ipv6_a_named_server_and_a_source_address() -> None:
    async with name_server(zone, host="::1") as port:
        assert (await lookup(DnsTarget("::1", "www.example.test", port), SOON)).result is Result.OK
    async with name_server(zone) as port:
        assert (await lookup(DnsTarget("localhost", "www.example.test", port), SOON, source="127.0.0.8")).result is Result.OK


def over_tcp(*pieces: bytes, length: int | None = None) -> Handler:
    """Answers over TCP: with the zone's answer, or with `pieces` and perhaps a wrong length."""

    async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2), "big")
        query = dns.message.from_wire(await reader.readexactly(size))
        wire = b"".join(pieces) or reply(query)
        writer.write((len(wire) if length is None else length).to_bytes(2, "big"))
        await writer.drain()
        for byte in (wire[:5], wire[5:]):
            writer.write(byte)
            await writer.drain()
            await asyncio.sleep(0.01)

    return treat


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(2)


@pytest.mark.parametrize(
    ("tcp", "result", "cause"),
    [
        (over_tcp(), Result.OK, None),
        (over_tcp(b"this is no message at all"), Result.BAD, Cause.DNS),
        (over_tcp(length=5000), Result.LOST, Cause.CONNECT),
        (cut, Result.LOST, Cause.CONNECT),
        (None, Result.LOST, Cause.CONNECT),
    ],
)
async def test_a_truncated_answer_is_asked_for_again_over_tcp(tcp: Handler | None, result: Result, cause: Cause | None) -> None:
    outcome = await asked(truncated, tcp=tcp, answers=frozenset(ZONE["A"]))
    assert (outcome.result, outcome.cause) == (result, cause)
    if result is Result.OK:
        assert outcome.exchange is not None
        assert outcome.exchange.phases.connect_us is not None
        assert outcome.rtt_us > outcome.exchange.phases.connect_us


@pytest.mark.parametrize("target", [{"record": "NOSUCH"}, {"record": ""}])
async def test_a_query_that_cannot_be_made_is_the_monitors_fault(target: dict[str, str]) -> None:
    outcome = await asked(zone, **target)
    assert (outcome.result, outcome.cause) == (Result.ERROR, Cause.MONITOR)


async def test_a_name_that_cannot_be_is_the_monitors_fault() -> None:
    outcome = await lookup(DnsTarget("127.0.0.1", "x" * 64), SOON)
    assert (outcome.result, outcome.cause) == (Result.ERROR, Cause.MONITOR)


@cases(60)
@given(tail=st.binary(min_size=1, max_size=80), head=st.booleans())
def test_whatever_a_server_sends_is_an_outcome(tail: bytes, head: bool) -> None:
    """Arbitrary bytes, alone or behind the header of a true answer."""

    def arbitrary(query: dns.message.Message) -> list[bytes]:
        return [(reply(query)[:12] if head else b"") + tail]

    outcome = asyncio.run(asked(arbitrary, timedelta(milliseconds=30)))
    assert outcome.result in (Result.OK, Result.BAD, Result.LOST)
    assert outcome.detail.isprintable()
