"""One HTTP exchange over a connection of its own: httpx's values in and out, httpcore speaking, our own sockets under it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpcore
import httpx

from linewatch.probe.certificate import tls_context
from linewatch.probe.dial import dialled, located
from linewatch.probe.progress import Progress
from linewatch.probe.stream import Plain
from linewatch.sample.target import IpPreference


class Transport(httpx.AsyncBaseTransport):
    """Sends each request over a connection of its own: HTTP/1.1, no proxy, nothing kept alive.

    httpx's own transport chooses the address and the family itself, which leaves resolving untimed; this one speaks through `_Backend`.
    """

    def __init__(self, progress: Progress, verify: bool, ca_file: str | None, ip: IpPreference, source: str | None) -> None:
        self._progress = progress
        self._verify = verify
        self._ca_file = ca_file
        self._backend = _Backend(progress, ip, source)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange up to the headers of the response. Raises Fault, NameNotResolved, OSError or httpcore's errors."""
        url = httpcore.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        secure = request.url.scheme == "https"
        connection = httpcore.AsyncHTTPConnection(
            url.origin, ssl_context=tls_context(self._verify, self._ca_file) if secure else None, network_backend=self._backend
        )
        asked = httpcore.Request(request.method, url, headers=request.headers.raw, content=request.stream)
        try:
            response = await connection.handle_async_request(asked)
        except BaseException:
            await connection.aclose()
            raise
        return httpx.Response(response.status, headers=response.headers, stream=_Stream(response, connection), request=request)


class _Stream(httpx.AsyncByteStream):
    """The body; closing it closes the connection."""

    def __init__(self, response: httpcore.Response, connection: httpcore.AsyncHTTPConnection) -> None:
        self._response = response
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._response.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._response.aclose()
        await self._connection.aclose()


class _Backend(httpcore.AsyncNetworkBackend):
    """Where httpcore gets its connections from."""

    def __init__(self, progress: Progress, ip: IpPreference, source: str | None) -> None:
        self._progress = progress
        self._ip: IpPreference = ip
        self._source = source

    async def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        """A plain connection to `host`."""
        addresses = await located(host, self._progress, self._ip, self._source)
        return Plain(await dialled(addresses, port, self._progress, self._source), self._progress)
