"""What the network and the host say instead of a reply: each ends its own echo at once, with its reason."""

from __future__ import annotations

import asyncio
import struct
from datetime import timedelta

import pytest

from linewatch.probe.flight import EchoCounters
from linewatch.probe.lane import Mode
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from tests.netns import Namespace, Network
from tests.probe.conftest import Opener
from tests.probe.test_icmp_strays import Responder, error_quoting

BOTH: tuple[Mode, ...] = ("raw", "datagram")
NEVER = timedelta(seconds=10)  # what has a reason has not waited for this: else its cause would be `timeout`
SHORT = timedelta(milliseconds=150)


def lost(cause: Cause, detail: str) -> Outcome:
    return Outcome(Result.LOST, cause=cause, detail=detail)


def local(words: str) -> Outcome:
    return Outcome(Result.ERROR, cause=Cause.LOCAL, detail=f"cannot send: {words}")


@pytest.fixture
def here(network: Network) -> Namespace:
    """A host whose default route leads over a router (10.77.0.2, fd77::2) to a host (10.78.0.3, fd78::3)."""
    here, router, there = network.namespace(), network.namespace(), network.namespace()
    for one, two, three in (("10.77.0.1/24", "10.77.0.2", "24"), ("fd77::1/64", "fd77::2", "64")):
        network.link(here, one, router, f"{two}/{three}")
        here.ip(f"{'-6 ' if ':' in two else ''}route add default via {two}")
    for one, two, three in (("10.78.0.3/24", "10.78.0.2", "24"), ("fd78::3/64", "fd78::2", "64")):
        network.link(there, one, router, f"{two}/{three}")
        there.ip(f"{'-6 ' if ':' in two else ''}route add default via {two}")
    router.sysctl("net/ipv4/ip_forward", "1")
    router.sysctl("net/ipv6/conf/all/forwarding", "1")
    router.ip("route add 10.90.0.0/24 via 10.78.0.3")  # the rules below refuse what takes these two; without a route there is nothing to refuse
    router.ip("-6 route add fd90::/64 via fd78::3")
    router.ip("route add unreachable 10.91.0.0/24")
    for address, kind in (("10.90.0.1", "admin-prohibited"), ("10.90.0.2", "host-unreachable"), ("10.90.0.3", "port-unreachable")):
        router.nft(f"add rule inet filter forward ip daddr {address} reject with icmp type {kind}")
    for address, kind in (("fd90::1", "admin-prohibited"), ("fd90::2", "addr-unreachable"), ("fd90::3", "no-route")):
        router.nft(f"add rule inet filter forward ip6 daddr {address} reject with icmpv6 type {kind}")
    return here


@pytest.mark.parametrize("mode", BOTH)
async def test_a_router_that_says_why_ends_the_wait_with_its_reason(here: Namespace, opened: Opener, mode: Mode) -> None:
    said = {
        "10.78.0.3": None,
        "10.90.0.1": "administratively prohibited, said 10.77.0.2",
        "10.90.0.2": "host unreachable, said 10.77.0.2",
        "fd78::3": None,
        "10.90.0.3": "port unreachable, said 10.77.0.2",
        "10.91.0.1": "host unreachable, said 10.77.0.2",
        "10.92.0.1": "network unreachable, said 10.77.0.2",
        "fd90::1": "administratively prohibited, said fd77::2",
        "fd90::2": "address unreachable, said fd77::2",
        "fd90::3": "no route to destination, said fd77::2",
        "127.0.0.1": None,
    }
    pinger = opened(here, mode)
    with here.inside():
        outcomes = await pinger.echo(list(said), NEVER)
    for outcome, (address, words) in zip(outcomes, said.items(), strict=True):
        if words is None:
            assert outcome.answered, address
        else:
            assert outcome == lost(Cause.UNREACHABLE, words), address
    assert pinger.counters == EchoCounters()


@pytest.mark.parametrize("mode", BOTH)
async def test_a_spent_time_to_live_is_told_as_such(here: Namespace, opened: Opener, mode: Mode) -> None:
    pinger = opened(here, mode)
    here.sysctl("net/ipv4/ip_default_ttl", "1")
    here.sysctl("net/ipv6/conf/near1/hop_limit", "1")
    assert await pinger.echo(["10.78.0.3", "fd78::3"], NEVER) == [
        lost(Cause.TTL, "time to live exceeded, said 10.77.0.2"),
        lost(Cause.TTL, "hop limit exceeded, said fd77::2"),
    ]


@pytest.mark.parametrize("mode", BOTH)
async def test_an_error_that_one_target_met_is_never_charged_to_another(here: Namespace, opened: Opener, mode: Mode) -> None:
    pinger = opened(here, mode)
    for _ in range(5):
        outcomes = await pinger.echo(["10.90.0.2", "10.78.0.3", "fd90::2", "fd78::3"] * 25, NEVER)
        assert [outcome.answered for outcome in outcomes] == [False, True, False, True] * 25
        assert {outcome.cause for outcome in outcomes[::2]} == {Cause.UNREACHABLE}
    assert pinger.counters == EchoCounters()


@pytest.mark.parametrize("mode", BOTH)
async def test_a_neighbour_that_does_not_exist_is_unreachable_by_our_own_word(network: Network, opened: Opener, mode: Mode) -> None:
    here, there = network.namespace(), network.namespace()
    near, _ = network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
    here.sysctl(f"net/ipv4/neigh/{near}/retrans_time_ms", "50")
    pinger = opened(here, mode)
    nobody, neighbour = await pinger.echo(["10.77.0.99", "10.77.0.2"], NEVER)
    assert nobody == lost(Cause.UNREACHABLE, "host unreachable, said 10.77.0.1")
    assert neighbour.answered


@pytest.mark.parametrize("mode", BOTH)
async def test_a_reason_that_comes_after_the_end_is_no_stray(network: Network, opened: Opener, mode: Mode) -> None:
    here, there = network.namespace(), network.namespace()
    near, _ = network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
    here.sysctl(f"net/ipv4/neigh/{near}/retrans_time_ms", "100")
    pinger = opened(here, mode)
    assert await pinger.echo(["10.77.0.99"], SHORT) == [LOST]
    await asyncio.sleep(0.4)
    assert (await pinger.echo(["10.77.0.2"], NEVER))[0].answered
    assert pinger.counters == EchoCounters()


async def test_a_reason_that_quotes_but_eight_bytes_of_the_request_is_enough(network: Network, opened: Opener) -> None:
    namespace = network.namespace()
    responder = Responder(namespace)
    pinger = opened(namespace)
    batch = asyncio.create_task(pinger.echo(["127.0.0.1"], NEVER))
    responder.send_as_another(error_quoting(3, 1, (await responder.request())[:8]))
    assert await batch == [lost(Cause.UNREACHABLE, "host unreachable, said 127.0.0.9")]
    responder.close()


LOCAL_FAULTS = [
    ("no default route", "", "10.90.0.1", "no route to the network"),
    ("no default route, IPv6", "", "fd90::1", "no route to the network"),
    ("a route that says unreachable", "route add unreachable 10.90.0.0/24", "10.90.0.1", "no route to the host"),
    ("a route that prohibits", "route add prohibit 10.90.0.0/24", "10.90.0.1", "this host's routes prohibit it, or it is a broadcast address"),
    ("a route that discards", "route add blackhole 10.90.0.0/24", "10.90.0.1", "this host's routes discard it, or its source address is gone"),
    ("the interface is down", "link set lo down", "10.90.0.1", "no route to the network"),
]


@pytest.mark.parametrize("mode", BOTH)
@pytest.mark.parametrize(("why", "command", "address", "words"), LOCAL_FAULTS)
async def test_what_cannot_leave_this_host_is_an_error_of_its_network(
    network: Network, opened: Opener, mode: Mode, why: str, command: str, address: str, words: str
) -> None:
    namespace = network.namespace()
    if command:
        namespace.ip(command)
    assert await opened(namespace, mode).echo([address], NEVER) == [local(words)], why


@pytest.mark.parametrize("mode", BOTH)
async def test_a_firewall_of_this_host_is_an_error_of_its_network(network: Network, opened: Opener, mode: Mode) -> None:
    namespace = network.namespace()
    namespace.nft("add rule inet filter output ip daddr 127.0.0.5 drop")
    refused, answering = await opened(namespace, mode).echo(["127.0.0.5", "127.0.0.6"], NEVER)
    assert refused == local("a firewall on this host refuses it")
    assert answering.answered


async def test_a_send_buffer_that_stays_full_is_the_monitors_own_failure_and_passes(network: Network, opened: Opener) -> None:
    here, there = network.namespace(), network.namespace()
    near, _ = network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
    pinger = opened(here)
    assert (await pinger.echo(["10.77.0.2"], NEVER))[0].answered
    here.tc(f"qdisc add dev {near} root tbf rate 8kbit burst 256 limit 10000000")
    outcomes = await pinger.echo(["10.77.0.2"] * 1000, SHORT)
    assert {(outcome.result, outcome.cause) for outcome in outcomes} >= {(Result.LOST, Cause.TIMEOUT), (Result.ERROR, Cause.MONITOR)}
    assert outcomes[-1].detail == "cannot send: this host's send buffer stays full"
    here.tc(f"qdisc del dev {near} root")
    assert (await pinger.echo(["10.77.0.2"], NEVER))[0].answered


async def test_a_send_buffer_that_is_full_for_a_moment_costs_nothing(network: Network, opened: Opener) -> None:
    here, there = network.namespace(), network.namespace()
    near, _ = network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
    pinger = opened(here)
    assert (await pinger.echo(["10.77.0.2"], NEVER))[0].answered
    here.tc(f"qdisc add dev {near} root tbf rate 10mbit burst 2000 limit 10000000")
    outcomes = await pinger.echo(["10.77.0.2"] * 600, timedelta(seconds=5))
    assert {outcome.result for outcome in outcomes} == {Result.OK}


async def test_what_is_no_address_is_the_monitors_own_failure_and_the_others_are_asked(network: Network, opened: Opener) -> None:
    pinger = opened(network.namespace())
    outcomes = await pinger.echo(["localhost", "127.0.0.1", "127.0.0.256", ":::", "a\0b", "127.1", "\ud800", ""], NEVER)
    assert [outcome.answered for outcome in outcomes] == [address == "127.0.0.1" for address in ["localhost", "127.0.0.1", *"......"]]
    for outcome in outcomes[:1] + outcomes[2:]:
        assert (outcome.result, outcome.cause) == (Result.ERROR, Cause.MONITOR)
        assert outcome.detail.startswith("cannot send: ")
        assert "\n" not in outcome.detail
    assert outcomes[0].detail == "cannot send: not an IP address: 'localhost'"


def test_the_responders_error_is_well_formed() -> None:
    assert struct.unpack("!BB", error_quoting(3, 1, bytes(8))[:2]) == (3, 1)
