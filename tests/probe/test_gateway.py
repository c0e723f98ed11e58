"""The default gateway: from tables as the kernel prints them, and from the kernel itself."""

from __future__ import annotations

import sys
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.probe.gateway import DefaultRoute, default_gateway, gateway_in_force, ipv4_default_routes, ipv6_default_routes
from tests.netns import Network

IPV4_HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
LAN = "eth0\t0008A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
NOWHERE, ANY = "0" * 32, "00"


def ipv4(metric: int, gateway: str = "0108A8C0", flags: str = "0003", destination: str = "00000000", mask: str = "00000000") -> str:
    return f"eth0\t{destination}\t{gateway}\t{flags}\t0\t0\t{metric}\t{mask}\t0\t0\t0\n"


def ipv6(metric: int, gateway: str, flags: int = 0x3, destination: str = NOWHERE, length: str = "00", interface: str = "eth0") -> str:
    return f"{destination} {length} {NOWHERE} {ANY} {gateway} {metric:08x} 00000001 00000000 {flags:08x} {interface:>8}\n"


FE80_1 = "fe80" + "0" * 27 + "1"
FD00_1 = "fd00" + "0" * 27 + "1"


@pytest.mark.parametrize(
    ("why", "text", "expected"),
    [
        ("an empty file", "", None),
        ("no default route", IPV4_HEAD + LAN, None),
        ("one", IPV4_HEAD + ipv4(0) + LAN, "192.168.8.1"),
        ("the lowest metric is in force", IPV4_HEAD + ipv4(600) + ipv4(100, "FE08A8C0") + ipv4(200), "192.168.8.254"),
        ("the first of equals", IPV4_HEAD + ipv4(100, "FE08A8C0") + ipv4(100), "192.168.8.254"),
        ("PPP in force: no gateway, though another route has one", IPV4_HEAD + ipv4(0, "00000000", "0001") + ipv4(100), None),
        ("down", IPV4_HEAD + ipv4(0, flags="0002"), None),
        ("a route in force that refuses", IPV4_HEAD + ipv4(0, flags="0203") + ipv4(100), None),
        ("a route that would refuse, were there no other", IPV4_HEAD + ipv4(200, flags="0203") + ipv4(100), "192.168.8.1"),
        ("half of everything is not everything", IPV4_HEAD + ipv4(0, mask="00000080"), None),
        ("a cut line", IPV4_HEAD + "eth0\t00000000\t01", None),
    ],
)
def test_the_ipv4_gateway_of_a_table(why: str, text: str, expected: str | None) -> None:
    assert sys.byteorder == "little", "the tables above are a little-endian host's"
    assert gateway_in_force(list(ipv4_default_routes(text))) == expected, why


@pytest.mark.parametrize(
    ("why", "text", "expected"),
    [
        ("no table", "", None),
        ("the route that every kernel has and that rejects", ipv6(0xFFFFFFFF, NOWHERE, 0x00200200, interface="lo"), None),
        ("link-local, with its interface", ipv6(1024, FE80_1), "fe80::1%eth0"),
        ("the end of the link-local range", ipv6(1024, "febf" + "0" * 27 + "1"), "febf::1%eth0"),
        ("global", ipv6(1024, FD00_1), "fd00::1"),
        ("the lowest metric is in force", ipv6(1024, FE80_1) + ipv6(512, FD00_1, interface="wlan0"), "fd00::1"),
        ("a tunnel in force", ipv6(1, NOWHERE, 0x1, interface="tun0") + ipv6(1024, FE80_1), None),
        ("a network, not everything", ipv6(1, FE80_1, destination="2000" + "0" * 28, length="03"), None),
        ("half of everything", ipv6(1, FE80_1, length="01"), None),
        ("a cut line", ipv6(1024, FE80_1)[:80], None),
    ],
)
def test_the_ipv6_gateway_of_a_table(why: str, text: str, expected: str | None) -> None:
    assert gateway_in_force(list(ipv6_default_routes(text))) == expected, why


@given(st.lists(st.builds(DefaultRoute, st.integers(0, 5), st.sampled_from([None, "10.0.0.1", "10.0.0.2"]))))
def test_no_route_of_lower_metric_is_passed_over(routes: list[DefaultRoute]) -> None:
    chosen = gateway_in_force(routes)
    lowest = [route for route in routes if route.metric == min(each.metric for each in routes)]
    assert chosen == (lowest[0].gateway if lowest else None)


PRINT_BOTH = "from linewatch.probe.gateway import default_gateway; print(default_gateway(), default_gateway(6))"


@pytest.mark.parametrize(
    ("commands", "printed"),
    [
        ((), "None None"),
        (("route add default via 10.77.0.2", "-6 route add default via fe80::2 dev near0"), "10.77.0.2 fe80::2%near0"),
        (("route add default via 10.77.0.2 metric 50", "route add default via 10.77.0.3 metric 20"), "10.77.0.3 None"),
        (("route add default dev near0",), "None None"),
        (("route add unreachable default", "-6 route add default via fd77::2"), "None fd77::2"),
    ],
)
def test_the_gateway_of_a_real_host(network: Network, commands: tuple[str, ...], printed: str) -> None:
    here, there = network.namespace(), network.namespace()
    near, _ = network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
    here.ip(f"addr add fd77::1/64 dev {near}")
    for command in commands:
        here.ip(command)
    done = here.run([sys.executable, "-c", PRINT_BOTH])
    assert (done.stdout.strip(), done.stderr) == (printed, "")


def test_a_table_that_is_not_there_means_no_gateway(network: Network) -> None:
    """As on a kernel without IPv6: in a mount namespace of its own an empty folder lies over the child's tables."""
    here, there = network.namespace(), network.namespace()
    network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
    here.ip("route add default via 10.77.0.2")
    covered = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc/$$/net && exec "$@"', "sh"]
    for before, printed in (([], "10.77.0.2 None"), (covered, "None None")):
        done = here.run([*before, sys.executable, "-c", PRINT_BOTH])
        assert (done.stdout.strip(), done.stderr) == (printed, "")


def test_this_host_has_a_gateway_or_none() -> None:
    families: tuple[tuple[Literal[4, 6], str], ...] = ((4, "."), (6, ":"))
    for family, mark in families:
        gateway = default_gateway(family)
        assert gateway is None or mark in gateway
