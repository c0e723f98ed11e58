"""A line's round: real echoes, connections and queries on networks of the test's own."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from linewatch.probe.icmp import Pinger
from linewatch.probe.line import FOUND_IN_ROUTES, LineProber, Path
from linewatch.probe.names import Names
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Result
from linewatch.sample.round import Seat
from linewatch.sample.target import DnsTarget, HttpTarget, IcmpTarget, Role, Target, TcpTarget
from tests.netns import Namespace, Network
from tests.probe.conftest import Opener
from tests.probe.servers import NAME_SERVER_HERE, SOON, name_server, refused_port, run_in_namespace, serving, silent
from tests.probe.test_lookup import zone

AT = datetime(2022, 3, 1, tzinfo=UTC)
TIMEOUT = timedelta(milliseconds=400)
SUSPICIOUS_AFTER = timedelta(milliseconds=150)
ANCHORS = tuple(IcmpTarget(f"127.0.1.{number}") for number in (1, 2, 3))


def prober(
    pinger: Pinger,
    anchors: tuple[Target, ...] = ANCHORS,
    gateway: IcmpTarget | Literal["auto"] | None = None,
    next_hop: IcmpTarget | None = None,
    quorum: int = 1,
    source: str | None = None,
    timeout: timedelta = TIMEOUT,
) -> LineProber:
    return LineProber(Path(gateway, next_hop, anchors), pinger, Names(), timeout, SUSPICIOUS_AFTER, quorum, source)


def silence(namespace: Namespace, address: str) -> None:
    namespace.nft(f"add rule inet filter input ip daddr {address} drop")


@pytest.fixture
def here(network: Network) -> Namespace:
    return network.namespace()


async def test_every_station_is_asked_from_near_to_far(here: Namespace, opened: Opener) -> None:
    looker = prober(opened(here), gateway=IcmpTarget("127.0.0.1"), next_hop=IcmpTarget("127.0.0.2"))
    quiet: list[str] = []
    looked = await looker.look(AT, lambda: quiet.append("quiet"))
    assert looked.at == AT
    assert [(seat.role, seat.target) for seat in looked.panel] == [
        (Role.GATEWAY, "127.0.0.1"),
        (Role.NEXT_HOP, "127.0.0.2"),
        *((Role.ANCHOR, f"127.0.1.{number}") for number in (1, 2, 3)),
    ]
    assert looked.panel == looker.panel()
    assert {outcome.result for outcome in looked.outcomes} == {Result.OK}
    assert quiet == []


async def test_outcomes_stand_in_the_order_of_the_panel_whatever_their_kind(here: Namespace, opened: Opener) -> None:
    silence(here, "127.0.1.2")
    async with serving(silent) as port, name_server(zone) as server:
        with refused_port() as refused:
            anchors = (
                TcpTarget("127.0.0.1", port),
                IcmpTarget("127.0.1.1"),
                DnsTarget("127.0.0.1", "www.example.test", port=server),
                IcmpTarget("127.0.1.2"),
                TcpTarget("127.0.0.1", refused),
            )
            looked = await prober(opened(here), anchors).look(AT, lambda: None)
    assert [seat.target for seat in looked.panel] == [str(anchor) for anchor in anchors]
    assert [outcome.result for outcome in looked.outcomes] == [Result.OK, Result.OK, Result.OK, Result.LOST, Result.LOST]
    assert [outcome.cause for outcome in looked.outcomes[3:]] == [Cause.TIMEOUT, Cause.CONNECT]


@pytest.mark.parametrize(
    ("silenced", "quorum", "told"),
    [
        ("127.0.1.0/24", 1, ["quiet"]),
        ("{ 127.0.1.1, 127.0.1.2 }", 1, []),
        ("{ 127.0.1.1, 127.0.1.2 }", 2, ["quiet"]),
        ("127.0.0.9", 3, []),
    ],
    ids=["all anchors are silent", "one answers, one is enough", "one answers, two are wanted", "the gateway alone is silent"],
)
async def test_a_round_looks_quiet_where_too_few_anchors_have_answered(
    here: Namespace, opened: Opener, silenced: str, quorum: int, told: list[str]
) -> None:
    silence(here, silenced)
    quiet: list[str] = []
    looker = prober(opened(here), gateway=IcmpTarget("127.0.0.9"), quorum=quorum)
    task = asyncio.create_task(looker.look(AT, lambda: quiet.append("quiet")))
    await asyncio.sleep((SUSPICIOUS_AFTER + TIMEOUT).total_seconds() / 2)
    assert quiet == told
    assert not task.done()
    looked = await task
    assert LOST in looked.outcomes
    assert quiet == told


async def test_an_answer_of_another_kind_than_icmp_breaks_the_silence_too(here: Namespace, opened: Opener) -> None:
    silence(here, "127.0.1.0/24")
    quiet: list[str] = []
    async with serving(silent) as port:
        looked = await prober(opened(here), (*ANCHORS, TcpTarget("127.0.0.1", port))).look(AT, lambda: quiet.append("quiet"))
    assert [outcome.result for outcome in looked.outcomes] == [Result.LOST] * 3 + [Result.OK]
    assert quiet == []


async def test_the_gateway_is_looked_up_in_the_routing_table_for_every_round(network: Network, opened: Opener) -> None:
    here, there = network.namespace(), network.namespace()
    network.link(here, "10.77.0.2/24", there, "10.77.0.1/24")
    there.ip("addr add 10.77.0.9/24 dev far0")
    looker = prober(opened(here), gateway="auto")
    with here.inside():
        assert looker.panel() == tuple(Seat(Role.ANCHOR, str(anchor)) for anchor in ANCHORS)
        for gateway in ("10.77.0.1", "10.77.0.9"):
            here.ip(f"route replace default via {gateway}")
            looked = await looker.look(AT, lambda: None)
            assert looked.panel[0] == Seat(Role.GATEWAY, FOUND_IN_ROUTES)
            assert looked.outcomes[0].result is Result.OK
        there.ip("addr del 10.77.0.9/24 dev far0")
        looked = await looker.look(AT, lambda: None)
    assert looked.outcomes[0].result is not Result.OK


async def test_a_source_of_ip_version_6_has_its_own_gateway(network: Network, opened: Opener) -> None:
    here, there = network.namespace(), network.namespace()
    network.link(here, "fd00:77::2/64", there, "fd00:77::1/64")
    there.ip("addr add fd00:78::1/128 dev lo")
    here.ip("-6 route add default via fd00:77::1")
    with here.inside():
        looker = prober(opened(here, "raw", "fd00:77::2"), (IcmpTarget("fd00:78::1"),), gateway="auto", source="fd00:77::2", timeout=SOON)
        looked = await looker.look(AT, lambda: None)
    assert [seat.role for seat in looked.panel] == [Role.GATEWAY, Role.ANCHOR]
    assert {outcome.result for outcome in looked.outcomes} == {Result.OK}


async def test_a_line_of_ipv6_anchors_has_the_gateway_of_ipv6(network: Network, opened: Opener) -> None:
    here, there = network.namespace(), network.namespace()
    near, far = network.link(here, "10.77.0.2/24", there, "10.77.0.1/24")
    here.ip("route add default via 10.77.0.1")
    for namespace, device, number in ((here, near, 2), (there, far, 1)):
        namespace.ip(f"-6 addr add fe80::{number}/64 dev {device}")
    here.ip(f"-6 route add default via fe80::1 dev {near}")
    there.ip("addr add fd00:78::1/128 dev lo")
    there.nft("add rule inet filter input ip daddr 10.77.0.1 reject with icmp type admin-prohibited")
    six, closed, four = IcmpTarget("fd00:78::1"), TcpTarget("fd00:78::1", 9), IcmpTarget("10.77.0.1")
    with here.inside():
        for anchors, answered in (((six,), [True, True]), ((six, closed), [True, True, False]), ((six, four), [False, True, False])):
            looked = await prober(opened(here), anchors, gateway="auto", timeout=SOON).look(AT, lambda: None)
            assert [outcome.answered for outcome in looked.outcomes] == answered


@pytest.mark.parametrize("mode", ["raw", "datagram"])
async def test_a_host_that_has_only_a_link_local_address_left_has_not_asked_although_the_gateway_answers_it(
    network: Network, opened: Opener, mode: str
) -> None:
    here, there, beyond = network.namespace(), network.namespace(), network.namespace()
    near, far = network.link(here, "10.77.0.2/24", there, "10.77.0.1/24")
    network.link(there, "fd00:78::2/64", beyond, "fd00:78::1/64")
    for namespace, device, number in ((here, near, 2), (there, far, 1)):
        namespace.ip(f"-6 addr add fe80::{number}/64 dev {device}")
    here.ip(f"-6 route add default via fe80::1 dev {near}")
    there.sysctl("net/ipv6/conf/all/forwarding", "1")
    anchors = (IcmpTarget("fd00:78::1"), TcpTarget("fd00:78::1", 9), DnsTarget("fd00:78::1", "www.example.test"))
    with here.inside():
        looked = await prober(opened(here, mode), anchors, gateway="auto", timeout=SOON).look(AT, lambda: None)
    assert looked.outcomes[0].answered
    assert {(outcome.result, outcome.cause) for outcome in looked.outcomes[1:]} == {(Result.ERROR, Cause.LOCAL)}, looked.outcomes


async def test_of_two_lines_each_has_the_gateway_to_which_its_source_address_is_routed(network: Network, opened: Opener) -> None:
    here, one, two = network.namespace(), network.namespace(), network.namespace()
    for number, there in enumerate((one, two)):
        near, _ = network.link(here, f"10.7{number}.0.2/24", there, f"10.7{number}.0.1/24")
        there.ip("addr add 10.80.0.1/32 dev lo")
        there.ip(f"route add default via 10.7{number}.0.2")
        here.ip(f"route add default via 10.7{number}.0.1 table {100 + number}")
        here.ip(f"route add 10.7{number}.0.0/24 dev {near} table {100 + number}")
        here.ip(f"rule add from 10.7{number}.0.2 lookup {100 + number}")
    here.ip("route add default via 10.70.0.1")
    two.nft("add rule inet filter input ip daddr 10.71.0.1 reject with icmp type admin-prohibited")
    with here.inside():
        for source, answered in (("10.70.0.2", [True, True]), ("10.71.0.2", [False, True])):
            looker = prober(opened(here, source=source), (IcmpTarget("10.80.0.1"),), gateway="auto", source=source, timeout=SOON)
            looked = await looker.look(AT, lambda: None)
            assert [outcome.answered for outcome in looked.outcomes] == answered, source
        here.ip("rule del from 10.71.0.2 lookup 101")
        here.ip("route add unreachable 10.80.0.0/16")
        assert [seat.role for seat in looker.panel()] == [Role.ANCHOR], "where no way leads there is no gateway"


async def test_an_anchor_on_the_same_network_has_no_gateway_before_it(network: Network, opened: Opener) -> None:
    here, there = network.namespace(), network.namespace()
    network.link(here, "10.77.0.2/24", there, "10.77.0.1/24")
    here.ip("route add default via 10.77.0.1")
    with here.inside():
        looker = prober(opened(here, source="10.77.0.2"), (IcmpTarget("10.77.0.1"),), gateway="auto", source="10.77.0.2")
        assert [seat.role for seat in looker.panel()] == [Role.ANCHOR]
        named = prober(opened(here, source="10.77.0.2"), (IcmpTarget("anchor.example.test"),), gateway="auto", source="10.77.0.2")
        assert [seat.role for seat in named.panel()] == [Role.GATEWAY, Role.ANCHOR], "of a name no way is known before it is resolved"


async def test_a_name_that_cannot_be_resolved_is_this_sides_failure_and_the_others_are_asked(here: Namespace, opened: Opener) -> None:
    named = (IcmpTarget("no such name"), TcpTarget("no such name", 53), DnsTarget("no such name", "www.example.test"))
    looked = await prober(opened(here), (*named, *ANCHORS)).look(AT, lambda: None)
    assert [outcome.result for outcome in looked.outcomes] == [Result.ERROR] * 3 + [Result.OK] * 3
    assert {(outcome.cause, outcome.detail) for outcome in looked.outcomes[:3]} == {(Cause.LOCAL, "no such name: cannot be a host name")}


async def test_a_name_that_resolves_is_asked_by_its_address(here: Namespace, opened: Opener) -> None:
    looked = await prober(opened(here), (IcmpTarget("localhost"), *ANCHORS)).look(AT, lambda: None)
    assert looked.panel[0].target == "localhost"
    assert {outcome.result for outcome in looked.outcomes} == {Result.OK}


async def test_a_dns_anchor_that_answers_wrongly_has_not_broken_the_silence(here: Namespace, opened: Opener) -> None:
    quiet: list[str] = []
    silence(here, "127.0.1.0/24")
    async with name_server(zone) as port:
        anchor = DnsTarget("127.0.0.1", "www.example.test", port=port, rcode="NXDOMAIN")
        looked = await prober(opened(here), (IcmpTarget("127.0.1.1"), anchor)).look(AT, lambda: quiet.append("quiet"))
    assert [outcome.result for outcome in looked.outcomes] == [Result.LOST, Result.BAD]
    assert quiet == ["quiet"]


async def test_a_tcp_anchor_that_answers_a_repeated_request_was_silent_in_this_round(here: Namespace, opened: Opener) -> None:
    with here.inside(), socket.create_server(("127.0.1.4", 8080)):
        looker = prober(opened(here), (TcpTarget("127.0.1.4", 8080),), timeout=timedelta(seconds=3))
        silence(here, "127.0.1.4")
        asked = asyncio.create_task(looker.look(AT, lambda: None))
        await asyncio.sleep(0.3)
        here.nft("flush chain inet filter input")
        assert [outcome.result for outcome in (await asked).outcomes] == [Result.LOST]
        assert [outcome.result for outcome in (await looker.look(AT, lambda: None)).outcomes] == [Result.OK]


async def test_a_web_page_is_no_anchor(here: Namespace, opened: Opener) -> None:
    with pytest.raises(AssertionError, match="icmp, tcp or dns"):
        await prober(opened(here), (HttpTarget("http://127.0.0.1/"),)).look(AT, lambda: None)


def test_a_dead_name_server_holds_up_no_address() -> None:
    """The name server takes questions and never answers; the echoes of the addresses go out at once, and one answer is enough."""
    script = """
        import asyncio, socket
        from datetime import UTC, datetime, timedelta
        from linewatch.probe.icmp import Pinger
        from linewatch.probe.line import LineProber, Path
        from linewatch.probe.names import Names
        from linewatch.sample.target import IcmpTarget

        async def main():
            pinger = Pinger(None)
            pinger.open()
            anchors = (IcmpTarget("anchor.example.test"), IcmpTarget("127.0.1.1"))
            prober = LineProber(Path(None, None, anchors), pinger, Names(), timedelta(milliseconds=600), timedelta(milliseconds=300), 1)
            quiet = []
            looked = await prober.look(datetime.now(UTC), lambda: quiet.append("quiet"))
            pinger.close()
            print([str(outcome.result) for outcome in looked.outcomes], str(looked.outcomes[0].cause), quiet)

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 53))
            asyncio.run(main())
    """
    assert run_in_namespace(script, NAME_SERVER_HERE) == "['error', 'ok'] local []"
