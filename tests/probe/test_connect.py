from __future__ import annotations

import asyncio
import errno
import re
import socket
from datetime import timedelta

import pytest

from linewatch.probe.connect import LONGEST_REPLY, connect
from linewatch.probe.fault import LONGEST, fault_of, one_line
from linewatch.probe.names import Names
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Result
from linewatch.sample.target import TcpTarget
from tests.netns import Network
from tests.probe.servers import SHORT, SOON, Handler, refused_port, reset, run_apart, run_in_namespace, serving, silent


def after_reading(wanted: bytes, *pieces: bytes, then: str = "close") -> Handler:
    async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(wanted))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        if then == "hold":
            await asyncio.sleep(30)
        if then == "reset":
            reset(writer)

    return treat


async def test_a_port_that_accepts_is_ok_and_its_time_is_the_connection() -> None:
    async with serving(silent) as port:
        outcome = await connect(TcpTarget("127.0.0.1", port), SOON)
    assert outcome.result is Result.OK
    assert outcome.cause is None
    assert outcome.detail == ""
    assert outcome.exchange is not None
    assert outcome.exchange.address == "127.0.0.1"
    assert outcome.rtt_us == outcome.exchange.phases.connect_us
    assert outcome.exchange.phases.resolve_us is not None


@pytest.mark.parametrize(("listens", "host", "ip"), [("::1", "::1", "any"), ("127.0.0.1", "localhost", "4"), ("127.0.0.1", "localhost", "any")])
async def test_both_families_and_names(listens: str, host: str, ip: str) -> None:
    """`localhost` has ::1 first where the host says so; a server on the other family alone is found all the same."""
    async with serving(silent, listens) as port:
        outcome = await connect(TcpTarget(host, port, ip=ip), SOON)
        assert outcome.result is Result.OK
        assert outcome.exchange is not None
        assert outcome.exchange.address == listens


@pytest.mark.parametrize("once", [False, True])
async def test_a_connection_that_needed_a_second_request_is_no_answer_to_the_first(once: bool) -> None:
    """The kernel repeats a lost SYN after a second. Whoever asks about this moment must not be answered about the next one."""
    with Network() as network:
        namespace = network.namespace()
        with namespace.inside():
            server = socket.create_server(("127.0.0.9", 8080))
            namespace.nft("add rule inet filter input tcp dport 8080 drop")
            asked = asyncio.create_task(connect(TcpTarget("127.0.0.9", 8080), timedelta(seconds=5), once=once))
            await asyncio.sleep(0.3)
            namespace.nft("flush chain inet filter input")
            late = await asked
            prompt = await connect(TcpTarget("127.0.0.9", 8080), timedelta(seconds=5), once=once)
            server.close()
    assert prompt.result is Result.OK
    if once:
        assert (late.result, late.cause, late.detail) == (Result.LOST, Cause.TIMEOUT, "127.0.0.9:8080: answered only when asked again")
    else:
        assert late.result is Result.OK
        assert (late.rtt_us or 0) > 900_000


async def test_a_request_that_a_firewall_of_this_host_kept_is_not_lost_on_the_way() -> None:
    """The kernel does not say that a SYN was refused; of the one that it repeats after a second it tells whether it left."""
    asked = [TcpTarget("127.0.0.8", 8080), TcpTarget("127.0.0.9", 8080)]
    with Network() as network:
        namespace = network.namespace()
        namespace.nft("add rule inet filter output ip daddr 127.0.0.8 tcp dport 8080 drop")
        namespace.nft("add rule inet filter input ip daddr 127.0.0.9 tcp dport 8080 drop")
        with namespace.inside():
            kept, lost = await asyncio.gather(*(connect(target, timedelta(milliseconds=1500)) for target in asked))
    assert (kept.result, kept.cause) == (Result.ERROR, Cause.LOCAL)
    assert kept.detail == "127.0.0.8:8080: this host lets no request out: a firewall of its own?"
    assert (lost.result, lost.cause) == (Result.LOST, Cause.TIMEOUT)


async def test_the_source_address_and_the_remembered_name_are_used() -> None:
    seen: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("peername")[0])

    async with serving(note) as port:
        outcome = await connect(TcpTarget("localhost", port), SOON, source="127.0.0.77", names=Names())
        assert outcome.result is Result.OK
        await asyncio.sleep(0.02)
    assert seen == ["127.0.0.77"]


async def test_a_refused_port_is_lost() -> None:
    with refused_port() as port:
        outcome = await connect(TcpTarget("127.0.0.1", port), SOON)
        named = await connect(TcpTarget("localhost", port), SOON)
    assert (outcome.result, outcome.cause, outcome.detail) == (Result.LOST, Cause.CONNECT, f"127.0.0.1:{port}: connection refused")
    assert (named.result, named.cause) == (Result.LOST, Cause.CONNECT)


@pytest.mark.parametrize("host", ["a..b", "y" * 64])
async def test_a_name_that_does_not_resolve_is_lost_to_dns(host: str) -> None:
    outcome = await connect(TcpTarget(host, 80), SOON)
    assert (outcome.result, outcome.cause) == (Result.LOST, Cause.DNS)


REPLIES = [
    # (the peer, send, reply, result, cause)
    (after_reading(b"", b"220 mail ready\r\n", then="hold"), b"", rb"^220 ", Result.OK, None),
    (after_reading(b"PING\r\n", b"+PO", b"NG\r\n", then="hold"), b"PING\r\n", rb"\+PONG", Result.OK, None),
    (after_reading(b"PING\r\n", b"-ERR", then="hold"), b"PING\r\n", rb"\+PONG", Result.BAD, Cause.CONTENT),
    (after_reading(b"PING\r\n", b"-ERR"), b"PING\r\n", rb"\+PONG", Result.BAD, Cause.CONTENT),
    (after_reading(b"PING\r\n", b"-ERR", then="reset"), b"PING\r\n", rb"\+PONG", Result.BAD, Cause.CONTENT),
    (after_reading(b"PING\r\n", then="hold"), b"PING\r\n", rb"\+PONG", Result.LOST, Cause.TIMEOUT),
    (after_reading(b"PING\r\n"), b"PING\r\n", rb"\+PONG", Result.LOST, Cause.CONNECT),
    (after_reading(b"PI", then="reset"), b"PING\r\n", rb"\+PONG", Result.LOST, Cause.CONNECT),
    (after_reading(b"", b"x" * (2 * LONGEST_REPLY), then="hold"), b"", rb"never", Result.BAD, Cause.CONTENT),
    (after_reading(b"PING\r\n", then="hold"), b"PING\r\n", None, Result.OK, None),
]


@pytest.mark.parametrize(("peer", "send", "reply", "result", "cause"), REPLIES)
async def test_what_is_sent_and_what_comes_back(peer: Handler, send: bytes, reply: bytes | None, result: Result, cause: Cause | None) -> None:
    async with serving(peer) as port:
        target = TcpTarget("127.0.0.1", port, send=send, reply=re.compile(reply) if reply else None)
        outcome = await connect(target, SOON if result is Result.OK else SHORT)
    assert (outcome.result, outcome.cause) == (result, cause)
    assert (outcome.detail == "") is (result is Result.OK)


async def test_a_backlog_that_is_full_is_a_timeout_that_names_its_phase() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        for taker in (first, second):
            taker.setblocking(False)
            taker.connect_ex(("127.0.0.1", port))
        outcome = await connect(TcpTarget("127.0.0.1", port), SHORT)
    assert (outcome.result, outcome.cause) == (Result.LOST, Cause.TIMEOUT)
    assert outcome.detail == f"no end within 0.5 s, connecting to 127.0.0.1:{port}"


async def test_a_check_that_is_cancelled_is_cancelled() -> None:
    async with serving(silent) as port:
        check = asyncio.create_task(connect(TcpTarget("127.0.0.1", port, reply=re.compile(b"x")), SOON))
        await asyncio.sleep(0.05)
        check.cancel()
        with pytest.raises(asyncio.CancelledError):
            await check


@pytest.mark.parametrize(
    ("target", "source", "cause"),
    [
        (TcpTarget("127.0.0.1", 80), "192.0.2.1", Cause.LOCAL),  # an address that this host does not have
        (TcpTarget("127.0.0.1", 80), "::1", Cause.MONITOR),  # of the other family
        (TcpTarget("127.0.0.1", 99_999), None, Cause.MONITOR),  # no port
        (TcpTarget("fe80::1%nosuch", 80), None, Cause.LOCAL),  # no such interface
        (TcpTarget("255.255.255.255", 80), None, Cause.LOCAL),  # the limited broadcast, which TCP has no route to
    ],
)
async def test_this_hosts_own_faults_are_errors(target: TcpTarget, source: str | None, cause: Cause) -> None:
    outcome = await connect(target, SOON, source=source)
    assert outcome.result is Result.ERROR
    assert outcome.cause is cause
    assert outcome.detail


def test_out_of_descriptors_is_the_monitors_own_fault_and_nothing_else_is() -> None:
    script = """
        import asyncio, os, resource
        from datetime import timedelta
        from linewatch.probe.connect import connect
        from linewatch.probe.fetch import fetch
        from linewatch.probe.lookup import lookup
        from linewatch.sample.target import DnsTarget, HttpTarget, TcpTarget

        async def main():
            await connect(TcpTarget("127.0.0.1", 1), timedelta(seconds=2))
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
            held = []
            try:
                while True:
                    held.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                pass
            outcomes = [
                await connect(TcpTarget("127.0.0.1", 1), timedelta(seconds=2)),
                await connect(TcpTarget("localhost", 1), timedelta(seconds=2)),
                await fetch(HttpTarget("http://127.0.0.1:1/"), timedelta(seconds=2)),
                await lookup(DnsTarget("127.0.0.1", "www.test"), timedelta(seconds=2)),
            ]
            for fd in held:
                os.close(fd)
            for outcome in outcomes:
                print(outcome.result, outcome.cause, outcome.detail)

        asyncio.run(main())
    """
    lines = run_apart(script).splitlines()
    assert [line.split(" ")[:2] for line in lines] == [["error", "monitor"]] * 4
    assert all("too many open files" in line for line in lines)


def test_no_network_is_local_and_what_a_router_reports_is_lost() -> None:
    """A network namespace with nothing but loopback, and one behind a router that knows no way on."""
    script = """
        import asyncio
        from datetime import timedelta
        from linewatch.probe.connect import connect
        from linewatch.probe.fetch import fetch
        from linewatch.probe.lookup import lookup
        from linewatch.sample.target import DnsTarget, HttpTarget, TcpTarget

        async def main():
            for host in ("192.0.2.1", "2001:db8::1", "198.51.100.1", "203.0.113.1", "198.18.0.1"):
                at = f"[{host}]" if ":" in host else host
                for outcome in (
                    await connect(TcpTarget(host, 80), timedelta(seconds=5)),
                    await fetch(HttpTarget(f"http://{at}/"), timedelta(seconds=5)),
                    await lookup(DnsTarget(host, "www.test"), timedelta(seconds=5)),
                ):
                    print(host, outcome.result, outcome.cause, outcome.detail.split(": ")[-1])

        asyncio.run(main())
    """
    beyond = [
        "ip link set lo up",
        "ip addr add 10.77.0.1/24 dev there",
        "ip link set there up",
        "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit",
        "nft add table ip told",
        r"nft add chain ip told first { type filter hook prerouting priority 0 \; }",
        "nft add rule ip told first ip daddr 198.51.100.0/24 reject with icmp type admin-prohibited",
        "nft add rule ip told first ip daddr 203.0.113.0/24 reject with icmp type host-unreachable",
        "nft add rule ip told first ip daddr 198.18.0.0/15 reject with icmp type net-unreachable",
    ]
    router = [
        "ip link add here type veth peer name there",
        "{ unshare --net sleep 30 >/dev/null 2>&1 & } ; router=$!; trap 'kill $router' EXIT; sleep 0.3; ip link set there netns $router",
        "ip addr add 10.77.0.2/24 dev here && ip link set here up",
        f'nsenter --net=/proc/$router/ns/net sh -c "{" && ".join(beyond)}"',
        "for beyond in 203.0.113.0/24 198.51.100.0/24 198.18.0.0/15; do ip route add $beyond via 10.77.0.1; done",
    ]
    lines = run_in_namespace(script, *router).splitlines()
    assert lines[:3] == ["192.0.2.1 error local network is unreachable"] * 3
    assert lines[3:6] == ["2001:db8::1 error local network is unreachable"] * 3
    assert (
        lines[6:]
        == ["198.51.100.1 lost connect no route to host"] * 3
        + ["203.0.113.1 lost connect no route to host"] * 3
        + ["198.18.0.1 lost connect network is unreachable"] * 3
    )


def test_a_fault_is_told_in_one_short_line_without_control_characters() -> None:
    assert one_line("a\nb\x1b[31m\u202ec\t d\x00") == "a b [31m c d"
    assert len(one_line("x" * 1000)) == LONGEST
    assert fault_of(OSError("odd"), "host").detail == "host: odd"


@pytest.mark.parametrize(
    ("code", "at_once", "result", "cause"),
    [
        (errno.ECONNREFUSED, True, Result.LOST, Cause.CONNECT),
        (errno.ECONNREFUSED, False, Result.LOST, Cause.CONNECT),
        (errno.ECONNRESET, False, Result.LOST, Cause.CONNECT),
        (errno.ETIMEDOUT, False, Result.LOST, Cause.TIMEOUT),
        (errno.ENETUNREACH, True, Result.ERROR, Cause.LOCAL),
        (errno.EHOSTUNREACH, True, Result.ERROR, Cause.LOCAL),
        (errno.ENETUNREACH, False, Result.LOST, Cause.CONNECT),
        (errno.EHOSTUNREACH, False, Result.LOST, Cause.CONNECT),
        (errno.ENETDOWN, False, Result.ERROR, Cause.LOCAL),
        (errno.EADDRNOTAVAIL, True, Result.ERROR, Cause.LOCAL),
        (errno.EMFILE, False, Result.ERROR, Cause.MONITOR),
        (errno.ENFILE, False, Result.ERROR, Cause.MONITOR),
        (errno.EACCES, True, Result.ERROR, Cause.LOCAL),
        (errno.EINVAL, True, Result.ERROR, Cause.MONITOR),
    ],
)
def test_what_an_error_of_the_system_means(code: int, at_once: bool, result: Result, cause: Cause) -> None:
    fault = fault_of(OSError(code, "text"), "host", at_once)
    assert (fault.result, fault.cause) == (result, cause)
    assert fault.detail.startswith("host: ")


async def test_a_name_with_a_dead_first_address_reaches_the_next() -> None:
    """127.0.0.2 refuses, the name's other address answers."""
    from linewatch.probe.dial import dialled
    from linewatch.probe.progress import Progress

    async with serving(silent, "127.0.0.3") as port:
        progress = Progress(timedelta(seconds=5))
        with await dialled(("127.0.0.2", "127.0.0.3"), port, progress) as connection:
            assert connection.getpeername() == ("127.0.0.3", port)
        assert progress.address == "127.0.0.3"
