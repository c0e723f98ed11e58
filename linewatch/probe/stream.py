"""The streams that httpcore reads and writes: a connected socket, and one behind TLS, each noting when the first byte came.

The timeouts that httpcore could hand down are not used: one deadline covers a whole check.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

import httpcore

from linewatch.probe.certificate import expiry, fault_of_certificate, fault_of_tls, tls_context
from linewatch.probe.fault import Fault
from linewatch.probe.progress import Phase, Progress
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Result

_PIECE = 65_536
_LONGEST_LOOK_S = 2.0

T = TypeVar("T")


class Plain(httpcore.AsyncNetworkStream):
    """A connected socket. Read by the loop's socket calls: an asyncio stream forgets what it has buffered when a reset follows."""

    def __init__(self, connection: socket.socket, progress: Progress) -> None:
        self._connection = connection
        self._progress = progress
        self._loop = asyncio.get_running_loop()

    async def read(self, max_bytes: int, *_: object, **__: object) -> bytes:
        """What came next; empty at its end."""
        self._wait()
        data = await self._loop.sock_recv(self._connection, max_bytes)
        self._came(data)
        return data

    async def write(self, buffer: bytes, *_: object, **__: object) -> None:
        """Send `buffer`. A server may answer and close before it has read all: httpcore then goes on to read the answer."""
        self._wait()
        try:
            await self._loop.sock_sendall(self._connection, buffer)
        except ConnectionError as error:
            raise httpcore.WriteError from error

    def _wait(self) -> None:
        if self._progress.phase in (Phase.CONNECT, Phase.TLS):
            self._progress.begin(Phase.FIRST_BYTE)

    def _came(self, data: bytes) -> None:
        if data and self._progress.phase is Phase.FIRST_BYTE:
            self._progress.end()
            self._progress.begin(Phase.TRANSFER)

    async def aclose(self) -> None:
        """Let go of the socket at once."""
        self._connection.close()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, *_: object, **__: object
    ) -> httpcore.AsyncNetworkStream:
        """The same connection behind TLS, its certificate verified against `server_hostname`. Raises Fault."""
        self._progress.begin(Phase.TLS)
        try:
            stream = await self._secured(ssl_context, server_hostname)
        except BaseException:
            self._connection.close()
            raise
        self._progress.end()
        return stream

    async def _secured(self, context: ssl.SSLContext, server_hostname: str | None) -> Secure:
        here, there = self._connection.getsockname(), self._connection.getpeername()
        try:
            stream = Secure(self._connection, self._progress, context, server_hostname)
            await stream.shake_hands()
        except ssl.SSLCertVerificationError as error:
            self._progress.if_late = fault_of_certificate(error, server_hostname or self._progress.whom)
            self._connection.close()
            await self._look(here, there, server_hostname)
            raise self._progress.if_late from None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError):  # an early end is the one or the other, as Python was built
            raise Fault(Result.LOST, Cause.TLS, f"{self._progress.whom}: the TLS handshake was cut off") from None
        except ssl.SSLError as error:
            raise fault_of_tls(error, self._progress.whom) from None
        return stream

    async def _look(self, here: tuple[Any, ...], there: tuple[Any, ...], server_hostname: str | None) -> None:
        """Read when the refused certificate ends, over a second connection that trusts anything and sends nothing, where that is quickly done.

        OpenSSL does not hand out the certificate of a handshake that failed.
        """
        with contextlib.suppress(OSError), socket.socket(self._connection.family, socket.SOCK_STREAM) as connection:
            connection.setblocking(False)
            connection.bind((here[0], 0, *here[2:]))
            async with asyncio.timeout(_LONGEST_LOOK_S):
                await self._loop.sock_connect(connection, there)
                await Secure(connection, self._progress, tls_context(False, None), server_hostname).shake_hands()


class Secure(Plain):
    """A socket behind TLS, through memory buffers: closing waits for nobody."""

    def __init__(self, connection: socket.socket, progress: Progress, context: ssl.SSLContext, server_hostname: str | None) -> None:
        super().__init__(connection, progress)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        # A certificate names no root dot.
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname and server_hostname.rstrip("."))

    async def shake_hands(self) -> None:
        """The handshake; notes when the peer's certificate ends. Raises ssl.SSLError, ConnectionError."""
        await self._driven(self._tls.do_handshake)
        expires_at = expiry(self._tls)
        if expires_at is not None:
            self._progress.expires(expires_at)

    async def read(self, max_bytes: int, *_: object, **__: object) -> bytes:
        """What came next, decrypted; empty at its end, which HTTP's own framing has to vouch for."""
        self._wait()
        try:
            data = await self._driven(lambda: self._tls.read(max_bytes))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            data = b""
        self._came(data)
        return data

    async def write(self, buffer: bytes, *_: object, **__: object) -> None:
        """Encrypt and send `buffer`."""
        self._wait()
        try:
            await self._driven(lambda: self._tls.write(buffer))
        except ConnectionError as error:
            raise httpcore.WriteError from error

    async def _driven(self, step: Callable[[], T]) -> T:
        """The result of `step`, taken again as often as OpenSSL wants more from the peer, with what it wants to say to the peer sent."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._loop.sock_recv(self._connection, _PIECE)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                with contextlib.suppress(OSError):  # the alert that tells the peer why; it need not arrive
                    self._connection.send(self._outgoing.read())
                raise
            else:
                await self._flush()
                return done

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._loop.sock_sendall(self._connection, self._outgoing.read())
