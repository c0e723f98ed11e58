"""The listener as the daemon runs it: on a real socket, in the loop of the test."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from starlette.routing import BaseRoute

from linewatch.report.document import Document
from linewatch.report.review import review
from linewatch.sla.period import Period
from linewatch.web.application import application
from linewatch.web.board import Board
from linewatch.web.listener import bind, on_loopback
from linewatch.web.openapi import openapi
from linewatch.web.pages import Health, healthz, metrics
from linewatch.web.reports import Reports
from linewatch.web.server import Server
from tests.report.lately import AS_OF, OFFICE, RECORD, ZONE, lately


@asynccontextmanager
async def served(pages: list[BaseRoute], host: str = "127.0.0.1", *, patience_seconds: int = 10) -> AsyncIterator[tuple[Server, int]]:
    """The pages on a free port, until the block ends."""
    sock = bind(host, 0)
    port = sock.getsockname()[1]
    server = Server(application(pages, loopback_only=on_loopback(sock)), patience_seconds=patience_seconds)
    serving = asyncio.create_task(server.serve(sock))
    try:
        yield server, port
    finally:
        await server.stop(timedelta(seconds=1))
        await serving


class Daemon:
    """What the pages show; a test sets it."""

    def __init__(self) -> None:
        self.health = Health(True, facts={"queue_rows": 0, "seconds_since_round": {"leased-line": 1.5}})
        self.asked: list[tuple[str, str]] = []
        self.encoding: str | None = None
        self.now = AS_OF
        self.board = Board("zh", lambda: self.now)
        self.board.show(lately())
        self.reports = Reports(self.report, ZONE, "zh", lambda: self.now)
        self.reported: list[tuple[str, str | None, bool]] = []

    def scrape(self, accept: str, accept_encoding: str) -> tuple[bytes, str, str | None]:
        self.asked.append((accept, accept_encoding))
        return b"up 1\n", "text/plain; version=0.0.4; charset=utf-8", self.encoding

    def report(self, asked: Period, only: str | None, drawn: bool) -> Document:
        self.reported.append((asked.label, only, drawn))
        return review(RECORD, OFFICE, asked, AS_OF, only, drawn)

    def pages(self) -> list[BaseRoute]:
        return [*self.board.routes, *self.reports.routes, openapi("1.2.3"), healthz(lambda: self.health), metrics(self.scrape)]


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
async def client(daemon: Daemon) -> AsyncIterator[httpx.AsyncClient]:
    async with served(daemon.pages()) as (_, port), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as opened:
        yield opened


def connected(port: int) -> socket.socket:
    """A client's plain socket."""
    return socket.create_connection(("127.0.0.1", port))
