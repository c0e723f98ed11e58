"""ICMP echo as bytes: what we send is what RFC 792 asks for, and nothing that arrives raises or passes for what it is not."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.probe import echo
from linewatch.probe.echo import ICMPV4, ICMPV6, Dialect
from linewatch.sample.cause import Cause
from tests.fuzzing import cases

TOKEN = bytes(range(16))
dialects = st.sampled_from([ICMPV4, ICMPV6])

# Caught on a veth pair, from Linux 6.18 as router 10.77.0.2 and fd77::2, each about a request of ours; IPv4 with its header, as raw sockets give it.
HOST_UNREACHABLE = bytes.fromhex(
    "45c00048b08b00004001b4cd0a4d00020a4d00010301fcfe000000004500002c1b48400040010ae00a4d00010a5b00010800bbb89b3c0002b9f46e8e6ccbf386014157a1032abc26"
)
TTL_EXCEEDED = bytes.fromhex(
    "45c00048b10b00004001b44d0a4d00020a4d00010b00f4ff000000004500002c5fb740000101057c0a4d00010a4e0003080014129b3c0008b9f46e8e6ccbf3865e280bfb15b13fff"
)
PROHIBITED_V6 = bytes.fromhex(
    "0101a338000000006008c64200183a40fd770000000000000000000000000001fd9000000000000000000000000000018000a89a9b3c0005b9f46e8e6ccbf38644dd684e2a97e02d"
)
HOP_LIMIT_V6 = bytes.fromhex(
    "0300057900000000600e623c00183a01fd770000000000000000000000000001fd78000000000000000000000000000380009c699b3c0009b9f46e8e6ccbf386ace1b25e4ee6160d"
)


def words_sum(message: bytes) -> int:
    """The one's complement sum word by word, as RFC 1071 tells it."""
    if len(message) % 2:
        message += b"\0"
    total = 0
    for (word,) in struct.iter_unpack("!H", message):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return total


@given(st.binary(max_size=80))
def test_the_checksum_is_the_one_of_rfc_1071_word_by_word(message: bytes) -> None:
    assert echo.checksum(message) == ~words_sum(message) & 0xFFFF


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(min_size=16, max_size=16))
def test_a_request_sums_up_to_all_ones_and_its_reply_has_the_same_body(identifier: int, sequence: int, token: bytes) -> None:
    body = echo.body(identifier, sequence, token)
    request = echo.request(ICMPV4, body)
    assert request[:2] == b"\x08\x00"
    assert words_sum(request) == 0xFFFF
    assert echo.is_sound(request)
    assert struct.unpack("!HH", request[4:8]) == (identifier, sequence)
    assert echo.request_body(ICMPV4, request) == body == echo.reply_body(ICMPV4, b"\x00" + request[1:])
    assert len(body) == echo.BODY_BYTES


@pytest.mark.parametrize(
    ("dialect", "message", "destination", "sequence", "cause", "words"),
    [
        (ICMPV4, echo.ipv4_payload(HOST_UNREACHABLE), "10.91.0.1", 2, Cause.UNREACHABLE, "host unreachable"),
        (ICMPV4, echo.ipv4_payload(TTL_EXCEEDED), "10.78.0.3", 8, Cause.TTL, "time to live exceeded"),
        (ICMPV6, PROHIBITED_V6, "fd90::1", 5, Cause.UNREACHABLE, "administratively prohibited"),
        (ICMPV6, HOP_LIMIT_V6, "fd78::3", 9, Cause.TTL, "hop limit exceeded"),
    ],
)
def test_an_error_from_a_real_router_names_the_request_and_the_reason(
    dialect: Dialect, message: bytes, destination: str, sequence: int, cause: Cause, words: str
) -> None:
    refusal = echo.refusal(dialect, message)
    assert refusal is not None
    assert refusal.destination == destination
    assert refusal.body[:4] == struct.pack("!HH", 0x9B3C, sequence)
    assert len(refusal.body) == echo.BODY_BYTES
    assert echo.reason(dialect, refusal.kind, refusal.code) == (cause, words)
    assert echo.reply_body(dialect, message) is None


@pytest.mark.parametrize("quoted_bytes", range(8, 24))
def test_a_router_that_quotes_only_the_head_of_a_request_is_understood(quoted_bytes: int) -> None:
    cut = echo.ipv4_payload(HOST_UNREACHABLE)[: 8 + 20 + quoted_bytes]
    refusal = echo.refusal(ICMPV4, cut)
    assert refusal is not None
    assert echo.quotes(refusal.body, echo.ipv4_payload(HOST_UNREACHABLE)[-20:])


def with_byte(packet: bytes, at: int, value: int) -> bytes:
    return packet[:at] + bytes([value]) + packet[at + 1 :]


MESSAGE = echo.ipv4_payload(HOST_UNREACHABLE)


@pytest.mark.parametrize(
    ("why", "message"),
    [
        ("too short for a header", MESSAGE[:7]),
        ("the quoted IP header is cut", MESSAGE[:27]),
        ("the quoted packet is no IPv4", with_byte(MESSAGE, 8, 0x65)),
        ("a later fragment is quoted", with_byte(MESSAGE, 15, 1)),
        ("a redirect is no error that ends an echo", with_byte(MESSAGE, 0, 5)),
        ("a request is none", echo.request(ICMPV4, echo.body(1, 1, TOKEN))),
    ],
)
def test_what_is_no_error_is_not_read_as_one(why: str, message: bytes) -> None:
    assert echo.refusal(ICMPV4, message) is None, why


@pytest.mark.parametrize(
    ("why", "message"),
    [
        ("UDP is quoted", with_byte(MESSAGE, 17, 17)),
        ("the quoted header length is nonsense", with_byte(MESSAGE, 8, 0x41)),
        ("an echo reply is quoted", with_byte(MESSAGE, 28, 0)),
        ("fewer than eight bytes of it are quoted", MESSAGE[:35]),
    ],
)
def test_an_error_about_something_else_quotes_no_request(why: str, message: bytes) -> None:
    refusal = echo.refusal(ICMPV4, message)
    assert refusal is not None, why
    assert refusal.body == b"", why


@given(st.integers(0, 8 * len(MESSAGE) - 1))
def test_one_wrong_bit_makes_a_message_unsound(bit: int) -> None:
    assert echo.is_sound(MESSAGE)
    assert not echo.is_sound(with_byte(MESSAGE, bit // 8, MESSAGE[bit // 8] ^ 1 << bit % 8))


@pytest.mark.parametrize(
    ("packet", "payload"),
    [
        (b"", b""),
        (b"\x45" + bytes(18), b""),
        (b"\x44" + bytes(30), b""),
        (b"\x45" + bytes(19) + b"payload", b"payload"),
        (b"\x47" + bytes(19) + b"optional" + b"payload", b"payload"),
    ],
)
def test_options_of_an_ip_header_are_taken_off_and_a_broken_header_leaves_nothing(packet: bytes, payload: bytes) -> None:
    assert echo.ipv4_payload(packet) == payload


@pytest.mark.parametrize(
    ("dialect", "kind", "code", "expected"),
    [
        (ICMPV4, 3, 0, (Cause.UNREACHABLE, "network unreachable")),
        (ICMPV4, 3, 15, (Cause.UNREACHABLE, "precedence cutoff in effect")),
        (ICMPV4, 3, 16, (Cause.UNREACHABLE, "destination unreachable (code 16)")),
        (ICMPV4, 11, 1, (Cause.TTL, "fragment reassembly time exceeded")),
        (ICMPV4, 11, 2, (Cause.TTL, "time exceeded (code 2)")),
        (ICMPV4, 5, 0, None),
        (ICMPV6, 1, 6, (Cause.UNREACHABLE, "reject route to destination")),
        (ICMPV6, 1, 255, (Cause.UNREACHABLE, "destination unreachable (code 255)")),
        (ICMPV6, 2, 0, None),
    ],
)
def test_every_code_has_words(dialect: Dialect, kind: int, code: int, expected: tuple[Cause, str] | None) -> None:
    assert echo.reason(dialect, kind, code) == expected


@cases(300)
@given(dialects, st.binary(max_size=120))
def test_no_bytes_make_the_parser_raise(dialect: Dialect, noise: bytes) -> None:
    echo.ipv4_payload(noise)
    echo.request_body(dialect, noise)
    body = echo.reply_body(dialect, noise)
    refusal = echo.refusal(dialect, noise)
    assert body is None or refusal is None, "no message is both a reply and an error"


@cases(100)
@given(dialects, st.data())
def test_a_mutilated_error_never_quotes_a_request_that_was_not_sent(dialect: Dialect, data: st.DataObject) -> None:
    real = MESSAGE if dialect is ICMPV4 else PROHIBITED_V6
    start = len(real) - echo.BODY_BYTES
    at = data.draw(st.integers(start, len(real) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda value: value != real[at]))
    refusal = echo.refusal(dialect, with_byte(real, at, value))
    assert refusal is not None
    assert not echo.quotes(refusal.body, real[start:])
