"""Large echoes: exactly as large as asked, never in fragments, and told from small ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from linewatch.probe.lane import Mode
from linewatch.probe.line import LARGE_EVERY, LineProber, Path
from linewatch.probe.names import Names
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Seat
from linewatch.sample.target import IcmpTarget, Role, TcpTarget
from tests.netns import Namespace, Network
from tests.probe.conftest import Opener

SOON, SHORT = timedelta(seconds=3), timedelta(milliseconds=400)
AT = datetime(2022, 3, 1, tzinfo=UTC)
BOTH: tuple[Mode, ...] = ("raw", "datagram")
FAMILIES = {
    "10.77.0.2": "ip length != {1500} icmp type echo-request drop",
    "fd00:77::2": "ip6 length != {1460} icmpv6 type echo-request drop",  # without its own header of 40 bytes
}


@pytest.fixture
def pair(network: Network) -> tuple[Namespace, Namespace]:
    here, there = network.namespace(), network.namespace()
    near, far = network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
    here.ip(f"addr add fd00:77::1/64 dev {near}")
    there.ip(f"addr add fd00:77::2/64 dev {far}")
    return here, there


@pytest.mark.parametrize("mode", BOTH)
@pytest.mark.parametrize("address", FAMILIES)
async def test_an_echo_is_exactly_as_large_as_asked(pair: tuple[Namespace, Namespace], opened: Opener, mode: Mode, address: str) -> None:
    here, there = pair
    pinger = opened(here, mode)
    assert (await pinger.echo([address], SOON))[0].answered
    there.nft("add rule inet filter input " + FAMILIES[address].replace("{", "").replace("}", ""))
    assert await pinger.echo([address], SHORT) == [LOST]
    assert (await pinger.echo([address], SOON, packet_bytes=1500))[0].answered
    assert await pinger.echo([address], SHORT, packet_bytes=1499) == [LOST]


async def test_a_size_below_the_smallest_echo_is_the_smallest_echo(pair: tuple[Namespace, Namespace], opened: Opener) -> None:
    here, there = pair
    there.nft("add rule inet filter input ip length != 44 icmp type echo-request drop")
    assert (await opened(here).echo(["10.77.0.2"], SOON, packet_bytes=30))[0].answered


@pytest.mark.parametrize("mode", BOTH)
async def test_what_the_own_interface_cannot_take_is_no_loss(pair: tuple[Namespace, Namespace], opened: Opener, mode: Mode) -> None:
    here, _ = pair
    here.ip("link set near0 mtu 1400")
    (outcome,) = await opened(here, mode).echo(["10.77.0.2"], SOON, packet_bytes=1500)
    assert outcome == Outcome(Result.ERROR, cause=Cause.LOCAL, detail="cannot send: it is longer than the MTU of this host's interface")


@pytest.mark.parametrize("mode", BOTH)
async def test_a_router_that_says_what_it_cannot_carry_is_asked_again_all_the_same(network: Network, opened: Opener, mode: Mode) -> None:
    here, router, there = (network.namespace() for _ in range(3))
    network.link(here, "10.77.0.2/24", router, "10.77.0.1/24")
    network.link(router, "10.78.0.1/24", there, "10.78.0.2/24")
    router.sysctl("net/ipv4/ip_forward", "1")
    router.ip("link set near1 mtu 1400")
    here.ip("route add default via 10.77.0.1")
    there.ip("route add default via 10.78.0.1")
    pinger = opened(here, mode)
    refused = Outcome(Result.LOST, cause=Cause.UNREACHABLE, detail="fragmentation needed, said 10.77.0.1")
    for _ in range(2):
        assert await pinger.echo(["10.78.0.2"], SOON, packet_bytes=1500) == [refused]
    assert (await pinger.echo(["10.78.0.2"], SOON, packet_bytes=1400))[0].answered


async def test_every_tenth_round_asks_the_anchors_by_a_large_echo_too(pair: tuple[Namespace, Namespace], opened: Opener) -> None:
    here, there = pair
    there.nft("add rule inet filter input ip length > 1000 drop")
    anchors = (IcmpTarget("10.77.0.2"), TcpTarget("10.77.0.2", 9))
    prober = LineProber(Path(None, None, anchors, mtu=1500), opened(here), Names(), SHORT, SHORT, 1)
    small = (Seat(Role.ANCHOR, "10.77.0.2"), Seat(Role.ANCHOR, "tcp://10.77.0.2:9"))
    large = Seat(Role.LARGE, "10.77.0.2")
    with here.inside():
        rounds = []
        for _ in range(LARGE_EVERY + 1):
            assert prober.panel() == ((*small, large) if len(rounds) % LARGE_EVERY == 0 else small)
            rounds.append(await prober.look(AT, lambda: None))
    assert [len(looked.panel) for looked in rounds] == [3, *[2] * (LARGE_EVERY - 1), 3]
    assert all(looked.outcomes[0].answered for looked in rounds)
    assert [looked.outcomes[2] for looked in rounds[::LARGE_EVERY]] == [LOST, LOST]
    assert large.label == "10.77.0.2 (large)"
