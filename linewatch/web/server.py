"""uvicorn inside the daemon's own event loop: it serves until it is told to stop, and stops in time whatever its clients do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from linewatch.web.listener import BACKLOG

CONNECTIONS = 64
"""Beyond so many open connections a request is answered with 503."""

MOST_CONNECTIONS = 2 * CONNECTIONS
"""Beyond so many a connection is cut: whoever opens thousands does not take the descriptors from the rounds."""

PATIENCE_SECONDS = 10
"""How long a client may be idle, take to send a request, or to read an answer that fills the buffers, before its place is given to another."""

_LAST_STEPS = timedelta(seconds=0.4)
"""What uvicorn needs to notice, at its 0.1 s polls, that the connections are gone."""


class Server:
    """Serves one application on one socket, once."""

    def __init__(self, application: ASGIApp, *, patience_seconds: int = PATIENCE_SECONDS) -> None:
        # The daemon owns the signals, the log and the life of what is served; uvicorn's own notices, tracebacks among them, are for nobody here.
        config = uvicorn.Config(
            application,
            http=_Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            limit_concurrency=CONNECTIONS,
            backlog=BACKLOG,  # so many are accepted before the loop turns to those that it has, and cuts what is too many
            timeout_keep_alive=patience_seconds,
        )
        self._server = _Embedded(config)
        self._done = asyncio.Event()
        self._begun = False

    async def serve(self, sock: socket.socket) -> None:
        """Answer requests on `sock`, which `bind` gave, until `stop`; it is closed then, as it is where this task is cancelled."""
        self._begun = True
        try:
            await self._server.serve(sockets=[sock])
        finally:
            self._server.drop_clients()
            for listener in getattr(self._server, "servers", []):
                listener.close()
            sock.close()
            self._done.set()

    async def stop(self, within: timedelta = timedelta(seconds=1)) -> None:
        """Take no new connections, let the requests under way finish, and cut off whoever is left when `within` is nearly over."""
        self._server.leave.set()
        if not self._begun:
            return
        try:
            await asyncio.wait_for(self._done.wait(), max(within - _LAST_STEPS, timedelta(0)).total_seconds())
        except TimeoutError:
            self._server.drop_clients()
            await self._done.wait()


class _Embedded(uvicorn.Server):
    """uvicorn without its signal handlers and without its ten wake-ups a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leave = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves SIGTERM and SIGINT to the daemon."""
        yield

    async def main_loop(self) -> None:
        """Waits for the end; the ticks that it replaces would only renew the Date header, which the guard adds."""
        await self.leave.wait()

    def drop_clients(self) -> None:
        """Cut every connection and cancel every request under way."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()


class _Connection(H11Protocol):
    """A connection that is dropped where the client keeps it without using it, which uvicorn does only after a first answer."""

    _impatience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected and has to ask something soon."""
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self._wait_for_client()
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()

    def pause_writing(self) -> None:
        """The client does not read what it asked for."""
        super().pause_writing()
        self._wait_for_client()

    def resume_writing(self) -> None:
        """The client reads on."""
        super().resume_writing()
        self._stop_waiting()

    def data_received(self, data: bytes) -> None:
        """Something arrived: a whole request ends the wait, a piece of one does not."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting()
        elif self._impatience is None and (self.cycle is None or self.cycle.response_complete):
            self._wait_for_client()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is left to wait for."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_client(self) -> None:
        self._stop_waiting()
        self._impatience = self.loop.call_later(self.timeout_keep_alive, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None
