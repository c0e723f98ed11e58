"""Replies that are not the reply: forged, doubled, late, mutilated. They are counted and never credited."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta

import pytest

from linewatch.probe.echo import ICMPV4, checksum, ipv4_payload
from linewatch.probe.icmp import Pinger
from linewatch.probe.lane import Mode
from linewatch.sample.outcome import LOST
from tests.netns import Namespace, Network
from tests.probe.conftest import Opener

SOON = timedelta(seconds=2)
SHORT = timedelta(milliseconds=150)


class Responder:
    """Sits at 127.0.0.1 of a namespace whose kernel answers no echo: what comes back to a request is what the test sends."""

    def __init__(self, namespace: Namespace) -> None:
        namespace.sysctl("net/ipv4/icmp_echo_ignore_all", "1")
        with namespace.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            self.liar = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.sock.setsockopt(255, 1, struct.pack("=I", 0xFFFFFFFF ^ 1 << ICMPV4.request))
        self.liar.bind(("127.0.0.9", 0))

    async def request(self) -> bytes:
        """The next echo request that arrives."""
        self.sock.setblocking(False)
        return ipv4_payload(await asyncio.get_running_loop().sock_recv(self.sock, 576))

    def send(self, message: bytes) -> None:
        self.sock.sendto(message, ("127.0.0.1", 0))

    def send_as_another(self, message: bytes) -> None:
        self.liar.sendto(message, ("127.0.0.1", 0))

    def close(self) -> None:
        self.sock.close()
        self.liar.close()


def summed(message: bytes) -> bytes:
    """The message with the checksum that it should have."""
    total = checksum(message[:2] + b"\0\0" + message[4:])
    return message[:2] + struct.pack("!H", total) + message[4:]


def reply_to(request: bytes) -> bytes:
    return summed(b"\0" + request[1:])


def changed(at: int) -> Callable[[bytes], bytes]:
    """A reply to a request with one byte of it changed."""
    return lambda request: summed(reply_to(request)[:at] + bytes([request[at] ^ 1]) + request[at + 1 :])


def error_quoting(kind: int, code: int, inner: bytes, destination: str = "127.0.0.1", protocol: int = 1) -> bytes:
    header = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(inner), 1, 0, 64, protocol, 0, socket.inet_aton("127.0.0.1"), socket.inet_aton(destination)
    )
    return summed(struct.pack("!BBHI", kind, code, 0, 0) + header + inner)


@pytest.fixture
def namespace(network: Network) -> Namespace:
    return network.namespace()


@pytest.fixture
def responder(namespace: Namespace) -> Iterator[Responder]:
    made = Responder(namespace)
    yield made
    made.close()


def counted(pinger: Pinger) -> dict[str, int]:
    return {name: number for name, number in asdict(pinger.counters).items() if number}


async def until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < give_up_at, "it did not come to pass"
        await asyncio.sleep(0.005)


FORGERIES: list[tuple[str, tuple[Mode, ...], Callable[[bytes], bytes], str]] = [
    ("another identifier", ("raw",), changed(4), "foreign"),  # a datagram socket never sees it
    ("another sequence number", ("raw", "datagram"), changed(7), "foreign"),
    ("another process's token", ("raw", "datagram"), changed(8), "foreign"),
    ("another echo's token", ("raw", "datagram"), changed(23), "foreign"),
    ("a token cut short", ("raw", "datagram"), lambda request: summed(reply_to(request)[:-1]), "foreign"),
    ("a byte too many", ("raw", "datagram"), lambda request: summed(reply_to(request) + b"\0"), "foreign"),
    ("no token", ("raw", "datagram"), lambda request: summed(reply_to(request)[:8]), "foreign"),
    ("a reply with a code", ("raw",), lambda request: summed(b"\0\1" + request[2:]), "malformed"),
    ("a wrong checksum", ("raw",), lambda request: b"\0" + request[1:], "malformed"),
    ("an error without a quotation", ("raw",), lambda _: summed(struct.pack("!BBHI", 3, 1, 0, 0)), "malformed"),
    ("an error about UDP", ("raw",), lambda request: error_quoting(3, 3, request, protocol=17), "foreign"),
    ("an error about another host", ("raw",), lambda request: error_quoting(3, 1, request, destination="127.0.0.2"), "foreign"),
    ("an error about another token", ("raw",), lambda request: error_quoting(3, 1, request[:-1] + b"?"), "foreign"),
]


@pytest.mark.parametrize(
    ("why", "mode", "forged", "counter"), [(why, mode, forged, counter) for why, modes, forged, counter in FORGERIES for mode in modes]
)
async def test_a_forged_answer_is_counted_and_the_true_one_still_credited(
    namespace: Namespace, responder: Responder, opened: Opener, why: str, mode: Mode, forged: Callable[[bytes], bytes], counter: str
) -> None:
    pinger = opened(namespace, mode)
    batch = asyncio.create_task(pinger.echo(["127.0.0.1"], SOON))
    request = await responder.request()
    responder.send(forged(request))
    await until(lambda: bool(counted(pinger)))
    assert counted(pinger) == {counter: 1}, why
    assert not batch.done(), why
    responder.send(reply_to(request))
    assert (await batch)[0].answered
    assert counted(pinger) == {counter: 1}, why


@pytest.mark.parametrize("mode", ["raw", "datagram"])
async def test_the_right_reply_from_the_wrong_address_is_foreign(namespace: Namespace, responder: Responder, opened: Opener, mode: Mode) -> None:
    pinger = opened(namespace, mode)
    batch = asyncio.create_task(pinger.echo(["127.0.0.1"], SHORT))
    responder.send_as_another(reply_to(await responder.request()))
    assert await batch == [LOST]
    assert counted(pinger) == {"foreign": 1}


@pytest.mark.parametrize("mode", ["raw", "datagram"])
async def test_the_second_of_two_replies_is_a_duplicate(namespace: Namespace, responder: Responder, opened: Opener, mode: Mode) -> None:
    pinger = opened(namespace, mode)
    batch = asyncio.create_task(pinger.echo(["127.0.0.1"], SOON))
    request = await responder.request()
    responder.send(reply_to(request))
    responder.send(reply_to(request))
    assert (await batch)[0].answered
    await until(lambda: pinger.counters.duplicate == 1)
    responder.send(reply_to(request))
    await until(lambda: pinger.counters.duplicate == 2)
    assert counted(pinger) == {"duplicate": 2}


@pytest.mark.parametrize("mode", ["raw", "datagram"])
async def test_a_reply_after_the_end_is_late_and_no_later_echo_is_credited_with_it(
    namespace: Namespace, responder: Responder, opened: Opener, mode: Mode
) -> None:
    pinger = opened(namespace, mode)
    batch = asyncio.create_task(pinger.echo(["127.0.0.1"], SHORT))
    request = await responder.request()
    assert await batch == [LOST]
    following = asyncio.create_task(pinger.echo(["127.0.0.1"], SHORT))
    await responder.request()
    responder.send(reply_to(request))
    assert await following == [LOST]
    assert counted(pinger) == {"late": 1}


async def test_the_requests_of_two_pingers_and_of_two_echoes_have_no_body_in_common(
    namespace: Namespace, responder: Responder, opened: Opener
) -> None:
    bodies = set()
    for pinger in (opened(namespace), opened(namespace)):
        batch = asyncio.create_task(pinger.echo(["127.0.0.1"] * 3, SHORT))
        bodies |= {(await responder.request())[8:] for _ in range(3)}
        await batch
    assert len(bodies) == 6


async def test_a_flood_of_strays_keeps_no_reply_out_and_the_loop_running(namespace: Namespace, responder: Responder, opened: Opener) -> None:
    pinger = opened(namespace)
    batch = asyncio.create_task(pinger.echo(["127.0.0.1"], SOON))
    request = await responder.request()
    for _ in range(1000):
        responder.send(changed(8)(request))
    responder.send(reply_to(request))
    assert (await batch)[0].answered
    assert counted(pinger) == {"foreign": 1000}
