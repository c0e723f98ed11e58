"""What the host permits and has: the kind of socket, IP versions, source addresses, descriptors."""

from __future__ import annotations

import json
import os
import resource
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from linewatch.errors import HostError
from linewatch.probe.icmp import Pinger
from linewatch.probe.lane import Mode
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from tests.netns import Network, without_raw_sockets
from tests.probe.conftest import Opener

BOTH: tuple[Mode, ...] = ("raw", "datagram")
SOON = timedelta(seconds=2)
NOT_PERMITTED = (
    "ICMP is not permitted here: grant the program CAP_NET_RAW, or let its group send echoes with: sysctl -w net.ipv4.ping_group_range='0 2147483647'"
)

SCRIPT = """
import asyncio, json
from datetime import timedelta
from linewatch.errors import HostError
from linewatch.probe.icmp import Pinger
pinger = Pinger()
try:
    pinger.open()
    print(json.dumps([pinger.mode, [outcome.result for outcome in asyncio.run(pinger.echo(["127.0.0.1", "::1"], timedelta(seconds=2)))]]))
except HostError as error:
    print(json.dumps(str(error)))
"""


@pytest.mark.parametrize(
    ("who", "groups", "said"),
    [
        ("a user whose group may not", "1 0", NOT_PERMITTED),
        ("a user whose group may", "0 2147483647", ["datagram", ["ok", "ok"]]),
    ],
)
def test_a_process_without_privilege_pings_or_is_told_the_remedy_in_one_line(network: Network, who: str, groups: str, said: object) -> None:
    namespace = network.namespace()
    namespace.sysctl("net/ipv4/ping_group_range", groups)
    done = namespace.run(["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", sys.executable, "-c", SCRIPT])
    assert done.stderr == "", who
    assert json.loads(done.stdout) == said, who


async def test_without_permission_an_echo_is_the_monitors_own_failure_never_a_loss(network: Network) -> None:
    namespace = network.namespace()
    namespace.sysctl("net/ipv4/ping_group_range", "1 0")
    pinger = Pinger()
    with namespace.inside(), without_raw_sockets():
        with pytest.raises(HostError) as raised:
            pinger.open()
        assert str(raised.value) == NOT_PERMITTED
        assert await pinger.echo(["127.0.0.1"], SOON) == [Outcome(Result.ERROR, cause=Cause.MONITOR, detail=f"cannot send: {NOT_PERMITTED}")]
    with namespace.inside():
        assert (await pinger.echo(["127.0.0.1"], SOON))[0].answered, "it works once it is permitted"
    assert pinger.mode == "raw"
    pinger.close()


def test_a_pinger_has_no_mode_before_it_is_opened() -> None:
    with pytest.raises(RuntimeError):
        _ = Pinger().mode


@pytest.mark.parametrize("mode", BOTH)
async def test_a_pinger_with_a_source_sends_from_it_and_never_by_the_other_ip_version(network: Network, opened: Opener, mode: Mode) -> None:
    here, there = network.namespace(), network.namespace()
    near, _ = network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
    here.ip(f"addr add 10.77.0.7/24 dev {near}")
    there.nft("add rule inet filter input ip saddr 10.77.0.1 drop")
    from_anywhere, from_the_second = opened(here, mode), opened(here, mode, "10.77.0.7")
    assert [(await pinger.echo(["10.77.0.2"], timedelta(milliseconds=200)))[0].answered for pinger in (from_anywhere, from_the_second)] == [
        False,
        True,
    ]
    assert await from_the_second.echo(["::1"], SOON) == [
        Outcome(Result.ERROR, cause=Cause.MONITOR, detail="cannot send: the source address 10.77.0.7 is of the other IP version")
    ]


@pytest.mark.parametrize(("source", "target", "family"), [("10.77.0.7", "10.77.0.7", ""), ("fd77::7", "fd77::7", "-6 ")])
async def test_a_source_address_may_come_and_go_while_the_pinger_lasts(
    network: Network, opened: Opener, source: str, target: str, family: str
) -> None:
    namespace = network.namespace()
    pinger = opened(namespace, "raw", source)
    with namespace.inside():
        missing = (await pinger.echo([target], SOON))[0]
        assert (missing.result, missing.cause) == (Result.ERROR, Cause.LOCAL)
        assert missing.detail == "cannot send: no such source address on this host"
        namespace.ip(f"{family}addr add {source} dev lo")
        assert (await pinger.echo([target], SOON))[0].answered
        namespace.ip(f"{family}addr del {source} dev lo")
        gone = (await pinger.echo([target], SOON))[0]
        assert (gone.result, gone.cause) == (Result.ERROR, Cause.LOCAL)
        namespace.ip(f"{family}addr add {source} dev lo")
        assert (await pinger.echo([target], SOON))[0].answered


async def test_a_host_without_ipv6_pings_by_ipv4_and_says_so_of_the_rest(network: Network, opened: Opener) -> None:
    namespace = network.namespace()
    namespace.sysctl("net/ipv6/conf/all/disable_ipv6", "1")
    four, six = await opened(namespace).echo(["127.0.0.1", "::1"], SOON)
    assert four.answered
    assert (six.result, six.cause) == (Result.ERROR, Cause.LOCAL)


async def test_a_process_out_of_descriptors_fails_itself_and_recovers(network: Network) -> None:
    namespace = network.namespace()
    pinger = Pinger()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with namespace.inside():
        lowest_free = os.dup(0)
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, limits[1]))
        try:
            outcomes = await pinger.echo(["127.0.0.1"], SOON)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert outcomes == [Outcome(Result.ERROR, cause=Cause.MONITOR, detail="cannot send: Too many open files")]
        assert (await pinger.echo(["127.0.0.1"], SOON))[0].answered
    pinger.close()


@pytest.mark.parametrize("mode", BOTH)
def test_closing_gives_back_every_descriptor_and_may_be_done_twice(network: Network, opened: Opener, mode: Mode) -> None:
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    pinger = opened(network.namespace(), mode)
    pinger.close()
    pinger.close()
    assert len(list(descriptors.iterdir())) == before + 1, "the namespace's own is left"
