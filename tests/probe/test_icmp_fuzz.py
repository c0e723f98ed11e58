"""Whatever arrives on a real ICMP socket before the true reply: it is counted, once, and the true reply is credited."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.probe.echo import BODY_BYTES
from linewatch.probe.icmp import Pinger
from linewatch.sample.outcome import Result
from tests.fuzzing import cases
from tests.netns import Network
from tests.probe.test_icmp_strays import Responder, error_quoting, reply_to, summed

PATIENCE = timedelta(seconds=5)
Lie = Callable[[bytes], bytes]
"""An ICMP message made of the request that it does not answer."""

LEAST = 8
"""The kernel passes no shorter message on."""


@st.composite
def flipped_replies(draw: st.DrawFn) -> Lie:
    """The true reply with some bits of its body the other way round."""
    bits = draw(st.sets(st.integers(0, 8 * BODY_BYTES - 1), min_size=1, max_size=4))
    good_sum = draw(st.booleans())

    def lie(request: bytes) -> bytes:
        whole = bytearray(reply_to(request))
        for bit in bits:
            whole[4 + bit // 8] ^= 1 << bit % 8
        return summed(bytes(whole)) if good_sum else bytes(whole)

    return lie


@st.composite
def resized_replies(draw: st.DrawFn) -> Lie:
    """The true reply cut short or made longer."""
    size = draw(st.integers(LEAST, 4 + BODY_BYTES - 1)) if draw(st.booleans()) else 4 + BODY_BYTES + draw(st.integers(1, 2100))
    return lambda request: summed((reply_to(request) + bytes(2100))[:size])


@st.composite
def errors(draw: st.DrawFn) -> Lie:
    """An ICMP error about another request, or about ours with something in it that is not ours."""
    kind, code = draw(st.sampled_from([3, 11])), draw(st.integers(0, 255))
    what = draw(st.sampled_from(["bit", "destination", "protocol", "short", "noise"]))
    bit = draw(st.integers(0, 8 * BODY_BYTES - 1))
    noise = draw(st.binary(max_size=80))

    def lie(request: bytes) -> bytes:
        if what == "noise":
            return summed(struct.pack("!BBHI", kind, code, 0, 0) + noise)
        if what == "destination":
            return error_quoting(kind, code, request, destination="127.0.0.2")
        if what == "protocol":
            return error_quoting(kind, code, request, protocol=17)
        if what == "short":
            return error_quoting(kind, code, request[: bit % 8])  # less than type, code, checksum, identifier and sequence
        other = bytearray(request)
        other[4 + bit // 8] ^= 1 << bit % 8
        return error_quoting(kind, code, bytes(other))

    return lie


@st.composite
def anything(draw: st.DrawFn) -> Lie:
    """Bytes of a type that the socket lets in."""
    kind, rest, good_sum = draw(st.sampled_from([0, 3, 11])), draw(st.binary(min_size=LEAST - 1, max_size=200)), draw(st.booleans())
    message = bytes([kind]) + rest
    return lambda _: summed(message) if good_sum else message


@dataclass
class Place:
    """A pinger, and at the other end whoever answers it."""

    runner: asyncio.Runner
    pinger: Pinger
    responder: Responder

    async def told(self, lies: list[Lie]) -> Result:
        """What comes of an echo that is answered by lies and then by the truth."""
        batch = asyncio.create_task(self.pinger.echo(["127.0.0.1"], PATIENCE))
        request = await self.responder.request()
        for lie in lies:
            self.responder.send(lie(request))
        self.responder.send(reply_to(request))
        (outcome,) = await batch
        return outcome.result

    @property
    def counted(self) -> int:
        return sum(asdict(self.pinger.counters).values())


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Network() as network, ExitStack() as opened:
        namespace = network.namespace()
        responder = Responder(namespace)
        opened.callback(responder.close)
        pinger = Pinger()
        with namespace.inside():
            pinger.open()
        opened.callback(pinger.close)
        yield Place(opened.enter_context(asyncio.Runner()), pinger, responder)
        assert pinger.counters.duplicate == 0, "a lie was credited, so that the truth came second"


@cases(150)
@given(st.lists(st.one_of(flipped_replies(), resized_replies(), errors(), anything()), min_size=1, max_size=12))
def test_no_lie_is_credited_or_keeps_the_truth_out_and_each_is_counted_once(place: Place, lies: list[Lie]) -> None:
    before = place.counted
    assert place.runner.run(place.told(lies)) is Result.OK
    assert place.counted - before == len(lies)
    assert place.pinger.counters.duplicate == 0, "a lie was credited, so that the truth came second"
