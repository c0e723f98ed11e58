"""What holds for every request and every response, whichever page is asked for."""

from __future__ import annotations

from contextlib import suppress
from email.utils import formatdate
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_DELIMITERS = frozenset("@/?#\\")
"""What a host and a port never hold, and what would make another part of it look like the host."""


class Guard:
    """Adds the security headers and the date to every response and refuses foreign host names.

    With `loopback_only`, a request must name this host as a loopback address or `localhost`: a web page whose own name was made to resolve to
    127.0.0.1 (DNS rebinding) cannot read what is shown here. A request without a Host header comes from no browser and passes.
    """

    def __init__(self, pages: ASGIApp, *, loopback_only: bool) -> None:
        self._pages = pages
        self._loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Date"] = formatdate(usegmt=True)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        if self._loopback_only and not all(is_local(host) for host in Headers(scope=scope).getlist("host")):
            await PlainTextResponse("This monitor answers to localhost only.\n", 400)(scope, receive, send_guarded)
            return
        # A page's failure was answered and reported before it came here; the server would print its traceback.
        with suppress(Exception):
            await self._pages(scope, receive, send_guarded)


def is_local(host: str) -> bool:
    """Whether a Host header (RFC 9110, 7.2) names the loopback: `localhost`, 127.0.0.0/8 or [::1], with or without a port."""
    if not _DELIMITERS.isdisjoint(host):
        return False
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
