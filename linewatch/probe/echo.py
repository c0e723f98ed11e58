"""ICMP echo as bytes: requests built, replies and ICMP errors read. Pure: no socket, no clock, and no bytes that make it raise.

A request and its reply carry the same identifier, sequence number and data (RFC 792, RFC 4443 clause 4). We call these together the
`body` of an echo and match on it as one piece: identifier (2 bytes), sequence (2), and as data a token of 16 random bytes, in a large echo with zeros
behind it. Whoever has not seen the request cannot make up its body.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Final

from linewatch.sample.cause import Cause

TOKEN_BYTES: Final = 16
BODY_BYTES: Final = 4 + TOKEN_BYTES

_HEADER_BYTES: Final = 8  # of an ICMP message: type, code, checksum, four bytes more
_IPV4_HEADER_BYTES: Final = 20  # at least
_IPV6_HEADER_BYTES: Final = 40


@dataclass(frozen=True, slots=True)
class Dialect:
    """What ICMP's message types are numbered in one IP version, and what its errors mean by their codes."""

    family: socket.AddressFamily
    protocol: int
    request: int
    reply: int
    unreachable: int
    time_exceeded: int
    unreachable_codes: tuple[str, ...]
    time_exceeded_codes: tuple[str, ...]


ICMPV4: Final = Dialect(
    family=socket.AF_INET,
    protocol=socket.IPPROTO_ICMP,
    request=8,
    reply=0,
    unreachable=3,
    time_exceeded=11,
    # RFC 792 (0 to 5), RFC 1122 clause 3.2.2.1 (6 to 12), RFC 1812 clause 5.2.7.1 (13 to 15)
    unreachable_codes=(
        "network unreachable",
        "host unreachable",
        "protocol unreachable",
        "port unreachable",
        "fragmentation needed",
        "source route failed",
        "network unknown",
        "host unknown",
        "source host isolated",
        "network administratively prohibited",
        "host administratively prohibited",
        "network unreachable for this type of service",
        "host unreachable for this type of service",
        "administratively prohibited",
        "host precedence violation",
        "precedence cutoff in effect",
    ),
    time_exceeded_codes=("time to live exceeded", "fragment reassembly time exceeded"),
)

ICMPV6: Final = Dialect(
    family=socket.AF_INET6,
    protocol=socket.IPPROTO_ICMPV6,
    request=128,
    reply=129,
    unreachable=1,
    time_exceeded=3,
    # RFC 4443 clauses 3.1 and 3.3
    unreachable_codes=(
        "no route to destination",
        "administratively prohibited",
        "beyond scope of source address",
        "address unreachable",
        "port unreachable",
        "source address failed policy",
        "reject route to destination",
    ),
    time_exceeded_codes=("hop limit exceeded", "fragment reassembly time exceeded"),
)


BEYOND_SCOPE: Final = 2
"""The code of ICMPv6's destination unreachable that a router sends who may not pass the source address on."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An ICMP error: why, and of what. `destination` and `body` are of the echo request that it quotes.

    `body` may be cut short (RFC 792 asks for 8 bytes of the ICMP message, hence 4 of the body), and is empty where something else than an echo
    request is quoted.
    """

    kind: int
    code: int
    destination: str
    body: bytes


def checksum(message: bytes) -> int:
    """The Internet checksum (RFC 1071) of a message whose checksum field is zero.

    The one's complement sum of 16-bit words is the number that the bytes spell, modulo 65,535; a multiple of it is written 0xffff there, never 0.
    """
    if len(message) % 2:
        message += b"\0"
    number = int.from_bytes(message, "big")
    return 0xFFFF - (number % 0xFFFF or 0xFFFF) if number else 0xFFFF


def body(identifier: int, sequence: int, token: bytes) -> bytes:
    """What the request `sequence` of `identifier` and its reply have in common."""
    return (identifier << 16 | sequence).to_bytes(4, "big") + token


def padding(dialect: Dialect, packet_bytes: int) -> bytes:
    """The zeros behind the token that make a request an IP packet of `packet_bytes`; none where it is as long by itself."""
    header_bytes = _IPV4_HEADER_BYTES if dialect.family == socket.AF_INET else _IPV6_HEADER_BYTES
    return bytes(max(0, packet_bytes - header_bytes - _HEADER_BYTES - TOKEN_BYTES))


def request(dialect: Dialect, body: bytes) -> bytes:
    """An echo request. The checksum is ICMPv4's; for ICMPv6 and for datagram sockets the kernel writes its own."""
    head = dialect.request << 8
    total = checksum(head.to_bytes(4, "big") + body)
    return (head << 16 | total).to_bytes(4, "big") + body


def ipv4_payload(packet: bytes) -> bytes:
    """What an IPv4 packet carries, its header and options taken off; empty where it is no whole header."""
    if len(packet) < _IPV4_HEADER_BYTES:
        return b""
    header_bytes = (packet[0] & 0x0F) * 4
    return packet[header_bytes:] if header_bytes >= _IPV4_HEADER_BYTES else b""


def is_sound(message: bytes) -> bool:
    """Whether an ICMPv4 message is whole and its checksum right. Only raw IPv4 sockets need to ask: elsewhere the kernel has seen to it."""
    return len(message) >= _HEADER_BYTES and int.from_bytes(message + b"\0" * (len(message) % 2), "big") % 0xFFFF == 0


def reply_body(dialect: Dialect, message: bytes) -> bytes | None:
    """The body of an echo reply, or None where the message is something else."""
    if len(message) >= _HEADER_BYTES and message[0] == dialect.reply and message[1] == 0:
        return message[4:]
    return None


def refusal(dialect: Dialect, message: bytes) -> Refusal | None:
    """The ICMP error that a message is, or None where it is no error that we know of or its quotation has no whole IP header."""
    if len(message) < _HEADER_BYTES or message[0] not in (dialect.unreachable, dialect.time_exceeded):
        return None
    quotation = message[_HEADER_BYTES:]
    quoted = _quoted_ipv4(quotation) if dialect.family == socket.AF_INET else _quoted_ipv6(quotation)
    if quoted is None:
        return None
    protocol, destination, inner = quoted
    ours = protocol == dialect.protocol
    return Refusal(message[0], message[1], destination, request_body(dialect, inner) if ours else b"")


def request_body(dialect: Dialect, message: bytes) -> bytes:
    """The body of an echo request, cut short as quotations are; empty where the message is something else."""
    if len(message) >= _HEADER_BYTES and message[0] == dialect.request and message[1] == 0:
        return message[4 : 4 + BODY_BYTES]
    return b""


def quotes(quoted: bytes, body: bytes) -> bool:
    """Whether a quoted body, cut short or not, is this one; it must reach over identifier and sequence at least."""
    return len(quoted) >= 4 and body.startswith(quoted)


def reason(dialect: Dialect, kind: int, code: int) -> tuple[Cause, str] | None:
    """What an ICMP error's type and code say, or None where its type is none of those that end an echo.

    `local` where it is this host that asked wrongly: from a link-local address, as one does that has lost its others (RFC 4007, 9), no line is seen.
    """
    if kind == dialect.unreachable:
        if dialect is ICMPV6 and code == BEYOND_SCOPE:
            return Cause.LOCAL, _worded(dialect.unreachable_codes, code, "")
        return Cause.UNREACHABLE, _worded(dialect.unreachable_codes, code, "destination unreachable")
    if kind == dialect.time_exceeded:
        return Cause.TTL, _worded(dialect.time_exceeded_codes, code, "time exceeded")
    return None


def _worded(words: tuple[str, ...], code: int, otherwise: str) -> str:
    return words[code] if code < len(words) else f"{otherwise} (code {code})"


def _quoted_ipv4(packet: bytes) -> tuple[int, str, bytes] | None:
    """Protocol, destination and payload of a quoted IPv4 packet; a later fragment holds no ICMP header and counts as no quotation."""
    if len(packet) < _IPV4_HEADER_BYTES or packet[0] >> 4 != 4 or (packet[6] & 0x1F or packet[7]):
        return None
    return packet[9], socket.inet_ntop(socket.AF_INET, packet[16:20]), ipv4_payload(packet)


def _quoted_ipv6(packet: bytes) -> tuple[int, str, bytes] | None:
    """Next header, destination and payload of a quoted IPv6 packet; our requests have no extension headers."""
    if len(packet) < _IPV6_HEADER_BYTES or packet[0] >> 4 != 6:
        return None
    return packet[6], socket.inet_ntop(socket.AF_INET6, packet[24:40]), packet[_IPV6_HEADER_BYTES:]
