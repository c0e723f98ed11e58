"""Who may come in, where others than this host can reach the listener: those who know the password (HTTP Basic, RFC 7617)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import os
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from linewatch.web.password import matches, plain_bytes

TRIES = 5
WITHIN_SECONDS = 60.0
"""An address has so many wrong tries in so long; then it waits."""

WAITING = 4
"""How many passwords wait to be checked: each costs 50 ms of a thread of its own."""

ADDRESSES = 1024
"""How many addresses' wrong tries are remembered."""


class Gate:
    """Lets through who gives the password; any name will do beside it.

    A password that was right once is known again without scrypt, by a digest under a key of this process, so that a scraper costs nothing and
    is never kept waiting by the wrong tries of others.
    """

    def __init__(self, pages: ASGIApp, kept: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`kept` is what password.hashed gave."""
        self._pages = pages
        self._kept = kept
        self._clock = clock
        self._key = os.urandom(32)
        self._right: bytes | None = None
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._waiting = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        refused = await self._refused(scope)
        await (self._pages if refused is None else refused)(scope, receive, send)

    async def _refused(self, scope: Scope) -> Response | None:
        password = given(Headers(scope=scope).get("authorization", ""))
        if password is None:
            return _asked()
        if self._right is not None and hmac.compare_digest(self._digest(password), self._right):
            return None
        tries = self._tries(_address(scope))
        if len(tries) >= TRIES:
            return _later(429, "Too many wrong passwords; come again later.", tries[0] + WITHIN_SECONDS - self._clock())
        if self._waiting >= WAITING:
            return _later(503, "Too many passwords are being checked; come again.", 1)
        tries.append(self._clock())  # before it is known to be wrong, so that many at once count too
        self._waiting += 1
        try:
            right = await asyncio.get_running_loop().run_in_executor(self._thread, matches, password, self._kept)
        finally:
            self._waiting -= 1
        if not right:
            return _asked()
        tries.pop()
        self._right = self._digest(password)
        return None

    def _digest(self, password: str) -> bytes:
        return hmac.digest(self._key, plain_bytes(password), "sha256")

    def _tries(self, address: str) -> deque[float]:
        """When this address was wrong lately."""
        tries = self._wrong.setdefault(address, deque())
        self._wrong.move_to_end(address)
        while len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)
        while tries and tries[0] <= self._clock() - WITHIN_SECONDS:
            tries.popleft()
        return tries


def given(authorization: str) -> str | None:
    """The password of an Authorization header; None where it holds none."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, colon, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return password if colon else None


def _address(scope: Scope) -> str:
    """Who asks; of IPv6 the network of a site, since whoever has one address there has all."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    return str(ip_network(f"{address}/64", strict=False)) if isinstance(address, IPv6Address) else host


def _asked() -> Response:
    return PlainTextResponse("The password is needed.\n", 401, {"WWW-Authenticate": 'Basic realm="linewatch", charset="UTF-8"'})


def _later(status: int, words: str, seconds: float) -> Response:
    return PlainTextResponse(f"{words}\n", status, {"Retry-After": str(max(1, round(seconds)))})
