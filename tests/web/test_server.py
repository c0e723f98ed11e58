"""The server in the daemon's loop: it leaves the signals alone, and stops in time whatever its clients do."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from linewatch.web.application import application
from linewatch.web.listener import bind
from linewatch.web.server import CONNECTIONS, MOST_CONNECTIONS, Server
from tests.web.conftest import Daemon, connected, served

WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def answered(client: socket.socket) -> bytes:
    """What the client receives next."""
    client.setblocking(False)
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 65536), 5)


async def test_signals_stay_with_the_daemon(daemon: Daemon) -> None:
    caught: list[str] = []
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, caught.append, "term")
    before = signal.getsignal(signal.SIGINT)
    try:
        async with served(daemon.pages()) as (_, port), httpx.AsyncClient() as client:
            os.kill(os.getpid(), signal.SIGTERM)
            assert (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200
            assert signal.getsignal(signal.SIGINT) is before
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
    assert caught == ["term"]


async def test_it_prints_and_logs_nothing(daemon: Daemon, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(1)
    async with served(daemon.pages()) as (_, port):
        with connected(port) as client:
            client.sendall(WHOLE)
            assert (await answered(client)).startswith(b"HTTP/1.1 200 OK\r\n")
        with connected(port) as client:
            client.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
            assert (await answered(client)).startswith(b"HTTP/1.1 400 ")
        with connected(port) as client:
            client.sendall(WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"))
            assert (await answered(client)).startswith(b"HTTP/1.1 200 ")
    assert [record for record in caplog.records if record.name != "asyncio"] == []
    assert capfd.readouterr() == ("", "")


async def stopping_time(daemon: Daemon, *pieces: bytes, pages: list[Route] | None = None, clients: int = 1) -> float:
    """How many seconds a stop within one second took (the daemon has two), with clients that sent these pieces and then nothing more."""
    async with served([*daemon.pages(), *(pages or [])]) as (server, port):
        with contextlib.ExitStack() as stack:
            for _ in range(clients):
                client = stack.enter_context(connected(port))
                for piece in pieces:
                    client.sendall(piece)
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.05)
            began = time.monotonic()
            await server.stop(timedelta(seconds=1))
            took = time.monotonic() - began
        with pytest.raises(ConnectionRefusedError):
            connected(port)
    return took


HANGING = pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((), id="connected and silent"),
        pytest.param((WHOLE,), id="idle after an answer"),
        pytest.param((WHOLE[:20],), id="half a request"),
        pytest.param((WHOLE, WHOLE[:20]), id="a request and a half"),
        pytest.param((b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx",), id="a body that does not come"),
    ],
)


@HANGING
async def test_clients_that_hang_do_not_keep_it(daemon: Daemon, pieces: tuple[bytes, ...]) -> None:
    assert await stopping_time(daemon, *pieces, clients=3) < 2


@HANGING
async def test_a_client_that_hangs_loses_its_place(daemon: Daemon, pieces: tuple[bytes, ...]) -> None:
    async with served(daemon.pages(), patience_seconds=1) as (_, port):
        with connected(port) as client:
            for piece in pieces:
                client.sendall(piece)
                await asyncio.sleep(0.05)
            with contextlib.suppress(ConnectionResetError):
                while await answered(client):
                    pass


async def test_a_client_that_reads_nothing_loses_its_place(daemon: Daemon) -> None:
    async def large(_: Request) -> Response:
        return Response(b"x" * 30_000_000)

    async with served([Route("/large", large)], patience_seconds=1) as (_, port):
        with connected(port) as client:
            client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await asyncio.sleep(1.3)
            received = 0
            with contextlib.suppress(ConnectionResetError):
                while piece := await answered(client):
                    received += len(piece)
    assert received < 30_000_000


async def test_a_client_that_reads_late_is_waited_for_and_forgiven(daemon: Daemon) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * 10_000_000
        await asyncio.sleep(1.3)
        yield b"end"

    async def page(_: Request) -> Response:
        return StreamingResponse(pieces())

    async with served([Route("/slow", page)], patience_seconds=1) as (_, port):
        with connected(port) as client:
            client.sendall(b"GET /slow HTTP/1.0\r\nHost: localhost\r\n\r\n")
            await asyncio.sleep(0.4)
            received = b""
            while piece := await answered(client):
                received = received[-100:] + piece
    assert received.endswith(b"xend")


async def test_a_client_that_reads_nothing_does_not_keep_it(daemon: Daemon) -> None:
    async def endless(_: Request) -> Response:
        return Response(b"x" * 30_000_000)

    took = await stopping_time(daemon, b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n", pages=[Route("/endless", endless)])
    assert took < 2


async def test_a_page_that_hangs_does_not_keep_it(daemon: Daemon) -> None:
    ended: list[str] = []

    async def hang(_: Request) -> Response:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("cancelled")
        return Response()

    took = await stopping_time(daemon, b"GET /hang HTTP/1.1\r\nHost: localhost\r\n\r\n", pages=[Route("/hang", hang)])
    assert took < 2
    assert ended == ["cancelled"]


async def test_a_request_under_way_is_answered_before_the_end(daemon: Daemon) -> None:
    async def slow(_: Request) -> Response:
        await asyncio.sleep(0.3)
        return Response("done")

    async with served([Route("/slow", slow)]) as (server, port), httpx.AsyncClient() as client:
        asked = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/slow"))
        await asyncio.sleep(0.1)
        await server.stop(timedelta(seconds=1))
        assert (await asked).text == "done"


async def test_to_stop_twice_or_before_the_start_is_no_fault(daemon: Daemon) -> None:
    never = Server(application(daemon.pages(), loopback_only=True))
    await never.stop()
    async with served(daemon.pages()) as (server, _):
        await server.stop()
        await server.stop()


async def test_a_stop_asked_for_before_the_start_ends_it_at_once(daemon: Daemon) -> None:
    server = Server(application(daemon.pages(), loopback_only=True))
    await server.stop()
    await asyncio.wait_for(server.serve(bind("127.0.0.1", 0)), 1)


async def test_cancelled_it_leaves_nothing_open(daemon: Daemon) -> None:
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    serving = asyncio.create_task(Server(application(daemon.pages(), loopback_only=True)).serve(sock))
    with connected(port) as client:
        client.sendall(WHOLE)
        assert b"200 OK" in await answered(client)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        with contextlib.suppress(ConnectionResetError):
            assert await answered(client) == b""
    with pytest.raises(ConnectionRefusedError):
        connected(port)


async def test_too_many_connections_are_refused_and_not_kept(daemon: Daemon) -> None:
    async with served(daemon.pages()) as (_, port):
        with contextlib.ExitStack() as stack:
            for _ in range(CONNECTIONS):
                stack.enter_context(connected(port))
            await asyncio.sleep(0.05)
            late = stack.enter_context(connected(port))
            late.sendall(WHOLE)
            assert (await answered(late)).startswith(b"HTTP/1.1 503 ")
            for _ in range(MOST_CONNECTIONS - CONNECTIONS + 1):
                late = stack.enter_context(connected(port))
            with contextlib.suppress(ConnectionResetError):
                assert await answered(late) == b"", "cut, without an answer"
        await asyncio.sleep(0.05)
        with connected(port) as client:
            client.sendall(WHOLE)
            assert (await answered(client)).startswith(b"HTTP/1.1 200 ")
