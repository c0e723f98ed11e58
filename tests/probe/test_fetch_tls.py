"""HTTPS: certificates good, bad and ending; handshakes that go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linewatch.probe.certificate import tls_context
from linewatch.probe.fetch import fetch
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.target import HttpTarget
from tests.probe.servers import (
    NAME_SERVER_HERE,
    SHORT,
    SOON,
    Authority,
    Handler,
    Site,
    moved,
    page,
    reset,
    run_apart,
    run_in_namespace,
    saying,
    serving,
    silent,
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


async def fetched(
    tls: ssl.SSLContext, handler: Handler | None = None, host: str = "localhost", timeout: timedelta = SOON, **target: object
) -> Outcome:
    async with serving(handler or Site({"/": page(b"hello")}), tls=tls) as port:
        return await fetch(HttpTarget(f"https://{host}:{port}/", ip="4", **target), timeout)


def days_left(outcome: Outcome) -> float:
    assert outcome.exchange is not None
    assert outcome.exchange.certificate_expires_at is not None
    assert outcome.exchange.certificate_expires_at.tzinfo is UTC
    return (outcome.exchange.certificate_expires_at - datetime.now(UTC)) / timedelta(days=1)


@pytest.mark.parametrize(("host", "names"), [("localhost", ["localhost"]), ("127.0.0.1", ["127.0.0.1"])])
async def test_a_good_certificate_is_verified_against_the_name_asked_for(authority: Authority, host: str, names: list[str]) -> None:
    outcome = await fetched(authority.server(*names), host=host, ca_file=str(authority.file), body="hello")
    assert (outcome.result, outcome.cause, outcome.detail) == (Result.OK, None, "")
    assert outcome.exchange is not None
    assert outcome.exchange.phases.tls_us is not None
    assert days_left(outcome) == pytest.approx(90, abs=0.1)


FAULTS = [
    # (names, days left, begins in, told)
    (["localhost"], -2, timedelta(days=-30), "is expired"),
    (["localhost"], 90, timedelta(days=2), "is not valid yet"),
    (["elsewhere.test"], 90, timedelta(days=-30), "is made out to another host"),
]


@pytest.mark.parametrize(("names", "days", "begins", "told"), FAULTS)
async def test_faults_are_told_apart_and_the_end_is_read_all_the_same(
    authority: Authority, names: list[str], days: float, begins: timedelta, told: str
) -> None:
    outcome = await fetched(authority.server(*names, days=days, begins=begins), ca_file=str(authority.file))
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.TLS)
    assert outcome.detail == f"the certificate of localhost {told}"
    assert days_left(outcome) == pytest.approx(days, abs=0.1)


async def test_a_certificate_for_another_address(authority: Authority) -> None:
    outcome = await fetched(authority.server("127.0.0.9"), host="127.0.0.1", ca_file=str(authority.file))
    assert outcome.detail == "the certificate of 127.0.0.1 is made out to another address"


async def test_self_signed_and_unknown_authorities(authority: Authority, tmp_path: Path) -> None:
    outcome = await fetched(authority.self_signed("localhost"), ca_file=str(authority.file))
    assert (outcome.result, outcome.cause, outcome.detail) == (Result.BAD, Cause.TLS, "the certificate of localhost is self-signed")
    assert days_left(outcome) == pytest.approx(30, abs=0.1)
    stranger = Authority(tmp_path)
    for ca_file in (str(authority.file), None):
        outcome = await fetched(stranger.server("localhost"), ca_file=ca_file)
        assert (outcome.result, outcome.cause) == (Result.BAD, Cause.TLS)
        assert "unknown authority" in outcome.detail


@pytest.mark.parametrize("days", [-2, 30])
async def test_without_verification_the_end_is_still_read(authority: Authority, days: float) -> None:
    outcome = await fetched(authority.server("elsewhere.test", days=days), verify_tls=False)
    assert outcome.result is Result.OK
    assert days_left(outcome) == pytest.approx(days, abs=0.1)


async def test_a_certificate_that_ends_soon_is_an_answer_with_a_reservation(authority: Authority) -> None:
    tls, ca_file = authority.server("localhost", days=3), str(authority.file)
    outcome = await fetched(tls, ca_file=ca_file, tls_days=14)
    assert (outcome.result, outcome.cause) == (Result.OK, Cause.TLS)
    assert "in fewer than 14 days" in outcome.detail
    both = await fetched(tls, ca_file=ca_file, tls_days=14, max=timedelta(microseconds=1))
    assert both.cause is Cause.TLS
    assert "; took " in both.detail
    assert (await fetched(tls, ca_file=ca_file, tls_days=2)).cause is None


async def test_the_hop_that_ends_first_counts(authority: Authority) -> None:
    async with serving(Site({"/": page(b"end")}), tls=authority.server("localhost", days=50)) as port:
        soon = Site({"/": moved(f"https://localhost:{port}/")})
        outcome = await fetched(authority.server("localhost", days=5), soon, ca_file=str(authority.file))
    assert outcome.result is Result.OK
    assert days_left(outcome) == pytest.approx(5, abs=0.1)


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)


async def cut_hard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    reset(writer)


async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(page(b"you speak TLS to a plain port", 400))
    await writer.drain()


@pytest.mark.parametrize(
    ("handler", "result", "cause", "told"),
    [
        (silent, Result.LOST, Cause.TIMEOUT, "in the TLS handshake with 127.0.0.1"),
        (cut, Result.LOST, Cause.TLS, "the TLS handshake was cut off"),
        (cut_hard, Result.LOST, Cause.TLS, "the TLS handshake was cut off"),
        (plain, Result.BAD, Cause.TLS, "TLS failed"),
    ],
)
async def test_handshakes_that_go_wrong(handler: Handler, result: Result, cause: Cause, told: str) -> None:
    async with serving(handler) as port:
        outcome = await fetch(HttpTarget(f"https://127.0.0.1:{port}/"), SHORT)
    assert (outcome.result, outcome.cause) == (result, cause)
    assert told in outcome.detail


@contextlib.asynccontextmanager
async def blocking(treat: Callable[[socket.socket], None]) -> AsyncIterator[int]:
    """One connection treated in a thread by Python's own blocking TLS, which says goodbye as servers do."""

    def once() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            treat(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        serving_one = asyncio.create_task(asyncio.to_thread(once))
        yield listener.getsockname()[1]
        await serving_one


async def test_a_server_that_wants_a_certificate_of_ours(authority: Authority) -> None:
    tls = authority.server("localhost")
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    async with blocking(lambda connection: tls.wrap_socket(connection, server_side=True).close()) as port:
        outcome = await fetch(HttpTarget(f"https://localhost:{port}/", ip="4", ca_file=str(authority.file)), SOON)
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.TLS)
    assert "alert handshake failure" in outcome.detail


async def test_a_server_that_forgets_its_tls(authority: Authority) -> None:
    tls = authority.server("localhost")

    def forget(connection: socket.socket) -> None:
        secure = tls.wrap_socket(connection, server_side=True)
        secure.recv(65536)
        with socket.socket(fileno=secure.detach()) as bare:
            bare.sendall(page(b"in the clear"))

    async with blocking(forget) as port:
        outcome = await fetch(HttpTarget(f"https://localhost:{port}/", ip="4", ca_file=str(authority.file)), SOON)
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.TLS)
    assert "TLS failed" in outcome.detail


def test_a_name_with_the_root_dot_is_verified_without_it() -> None:
    """In a namespace of its own, where the system's resolver asks a server of ours: the file of hosts knows no such name."""
    script = """
        import asyncio, tempfile
        from datetime import timedelta
        from pathlib import Path
        import dns.message, dns.rrset
        from linewatch.probe.fetch import fetch
        from linewatch.sample.target import HttpTarget
        from tests.probe.servers import Authority, Site, name_server, page, serving

        def answer(query):
            reply = dns.message.make_response(query)
            if query.question[0].rdtype.name == "A":
                reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "127.0.0.1"))
            return [reply.to_wire()]

        async def main():
            with tempfile.TemporaryDirectory() as folder:
                authority = Authority(Path(folder))
                site = Site({"/": page(b"hello")})
                async with name_server(answer, port=53), serving(site, tls=authority.server("web.test")) as port:
                    outcome = await fetch(HttpTarget(f"https://web.test.:{port}/", ca_file=str(authority.file)), timedelta(seconds=5))
                print(outcome.result, outcome.detail)

        asyncio.run(main())
    """
    assert run_in_namespace(script, NAME_SERVER_HERE) == "ok"


async def test_a_fault_stands_where_its_date_cannot_be_read(authority: Authority) -> None:
    """The second look meets a server that has had enough, or one that says nothing until the deadline."""
    with_fault = authority.server("localhost", days=-1)
    for then in ("close", "hold"):
        connections = 0

        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, then: str = then) -> None:
            nonlocal connections
            connections += 1
            if connections == 1:
                await writer.start_tls(with_fault)
            elif then == "hold":
                await asyncio.sleep(30)

        async with serving(once) as port:
            outcome = await fetch(HttpTarget(f"https://localhost:{port}/", ip="4", ca_file=str(authority.file)), timedelta(seconds=1))
        assert (outcome.result, outcome.cause, outcome.detail) == (Result.BAD, Cause.TLS, "the certificate of localhost is expired")
        assert outcome.exchange is not None
        assert outcome.exchange.certificate_expires_at is None
        assert connections == 2


async def test_a_body_over_tls_that_ends_without_a_goodbye(authority: Authority) -> None:
    """The framing vouches for the whole, not TLS's own end."""
    ca_file, tls = str(authority.file), authority.server("localhost")
    whole = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", then="reset")
    short = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
    assert (await fetched(tls, whole, ca_file=ca_file, body="abc")).result is Result.OK
    outcome = await fetched(tls, short, ca_file=ca_file)
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.CONTENT)


async def test_much_is_sent_and_received_over_tls(authority: Authority) -> None:
    site = Site({"/": page(b"z" * 900_000)})
    outcome = await fetched(authority.server("localhost"), site, ca_file=str(authority.file), method="POST", content=b"y" * 500_000, body="zzz")
    assert outcome.result is Result.OK
    assert len(site.bodies[0]) == 500_000


@pytest.mark.parametrize(("content", "told"), [(None, "cannot be read: no such file or directory"), ("no certificate", "holds no certificates")])
async def test_a_ca_file_that_cannot_be_used_is_the_monitors_fault(tmp_path: Path, content: str | None, told: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    outcome = await fetch(HttpTarget("https://127.0.0.1:1/", ca_file=str(file)), SOON)
    assert (outcome.result, outcome.cause) == (Result.ERROR, Cause.MONITOR)
    assert told in outcome.detail


def test_a_host_without_certificates_of_its_own_trusts_those_of_httpx() -> None:
    script = """
        import os
        os.environ["SSL_CERT_FILE"] = os.environ["SSL_CERT_DIR"] = "/nonexistent"
        from linewatch.probe.certificate import tls_context
        print(len(tls_context(True, None).get_ca_certs()) > 50)
    """
    assert run_apart(script) == "True"


async def test_contexts_are_shared_until_the_ca_file_changes(authority: Authority, tmp_path: Path) -> None:
    copy = tmp_path / "ca.pem"
    copy.write_bytes(authority.file.read_bytes())
    first = tls_context(True, str(copy))
    assert tls_context(True, str(copy)) is first
    assert tls_context(True, None) is tls_context(True, None)
    assert tls_context(False, None) is tls_context(False, str(copy))
    os.utime(copy, ns=(1, 1))
    assert tls_context(True, str(copy)) is not first
