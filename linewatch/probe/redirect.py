"""Redirects of an HTTP check: the request that follows one, what may go along with it, and where following ends."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import httpx

from linewatch.probe.body import CODINGS
from linewatch.probe.fault import Fault
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Result
from linewatch.sample.target import HttpTarget
from linewatch.version import __version__

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_BYTES = "iso-8859-1"  # a character for each byte, and back
# What goes along to another host; any other header of the configuration may be a secret.
_HARMLESS = frozenset({"accept", "accept-language", "user-agent"})


@dataclass(slots=True)
class Trail:
    """The way of one check from its first URL through the redirects. Cookies live as long as the check."""

    target: HttpTarget
    at_home: bool = True
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    _login: tuple[str, str] | None = field(default=None, repr=False)
    _way: list[str] = field(default_factory=list)
    _been: set[tuple[str, str, str]] = field(default_factory=set)

    def first(self) -> httpx.Request:
        """The request that the check begins with. Raises Fault where the URL cannot be read."""
        try:
            url = httpx.URL(self.target.url)
        except (httpx.InvalidURL, ValueError):
            raise Fault(Result.ERROR, Cause.MONITOR, "the URL cannot be read") from None
        if url.scheme not in _PORTS or not url.host:
            raise Fault(Result.ERROR, Cause.MONITOR, f"{shown(url)} is no http or https URL")
        self._login = self.target.auth or ((url.username, url.password) if url.userinfo else None)
        return self._request(self.target.method, url, self.target.content)

    def next(self, response: httpx.Response) -> httpx.Request | None:
        """The request that follows `response`; None where it is the final one. Raises Fault where the redirect cannot be followed."""
        self._keep_cookies(response)
        location = response.headers.get("location", "")
        if self.target.redirects == 0 or response.status_code not in _REDIRECTS or not location:
            return None
        before = response.request
        if len(self._way) > self.target.redirects:
            raise _fault(f"more redirects than the {self.target.redirects} allowed, the last from {shown(before.url)}")
        url = _joined(before.url, location)
        self.at_home = self.at_home and _same_site(before.url, url)
        method, content = _method(response)
        if content and not self.at_home:
            raise _fault(f"{shown(before.url)} asks to send the body of the request on to {shown(url)}")
        return self._request(method, url, content)

    def _keep_cookies(self, response: httpx.Response) -> None:
        """Byte for byte: sites set cookies in whatever coding their pages have, and want them back so."""
        seen = httpx.Response(response.status_code, headers=response.headers.raw, request=response.request)
        seen.headers.encoding = _BYTES
        self.cookies.extract_cookies(seen)

    def blamed(self, fault: Fault) -> Fault:
        """Whose fault it is that a request could not be sent: where a site that could be reached redirects to where no way leads, the site's."""
        if len(self._way) > 1 and fault.result is Result.ERROR and fault.cause is Cause.LOCAL:
            return _fault(f"redirects to where this host knows no way, {fault.detail}")
        return fault

    def _request(self, method: str, url: httpx.URL, content: bytes) -> httpx.Request:
        request = httpx.Request(method, url, headers=self._headers(), content=content or None)
        request.headers.encoding = _BYTES
        self.cookies.set_cookie_header(request)
        self._way.append(shown(url))
        # A site may set a cookie and redirect to the same page, so that only the same request with the same cookies makes a loop.
        step = (method, str(url), request.headers.get("cookie", ""))
        if step in self._been:
            raise _fault(f"redirect loop: {' -> '.join(self._way[self._way.index(shown(url)) :])}")
        self._been.add(step)
        return request

    def _headers(self) -> httpx.Headers:
        headers = httpx.Headers({"user-agent": f"linewatch/{__version__}", "accept": "*/*", "accept-encoding": CODINGS})
        headers.update([(name, value) for name, value in self.target.headers if self.at_home or name.lower() in _HARMLESS])
        headers["connection"] = "close"
        if self._login is not None and self.at_home:
            headers["authorization"] = "Basic " + base64.b64encode(":".join(self._login).encode()).decode("ascii")
        return headers


def shown(url: httpx.URL) -> str:
    """A URL for a person: without credentials, and without its query, which may hold a token."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme}://{host}{port}{url.path}{'?…' if url.query else ''}"


def _fault(detail: str) -> Fault:
    return Fault(Result.BAD, Cause.REDIRECT, detail)


def _joined(base: httpx.URL, location: str) -> httpx.URL:
    try:
        url = base.join(location).copy_with(fragment=None)
        port = url.port
    except (httpx.InvalidURL, ValueError):
        raise _fault(f"{shown(base)} redirects to what is no URL") from None
    if url.scheme not in _PORTS:
        raise _fault(f"{shown(base)} redirects to a {url.scheme or 'nameless'}: URL")
    if not url.host or (port is not None and not 0 < port < 65_536):
        raise _fault(f"{shown(base)} redirects to what is no URL")
    return url


def _same_site(a: httpx.URL, b: httpx.URL) -> bool:
    """Whether credentials for `a` may be shown to `b`: the same origin, or the same host gone from http to https on their usual ports."""
    ports = (a.port or _PORTS[a.scheme], b.port or _PORTS[b.scheme])
    if a.host != b.host:
        return False
    return (a.scheme, ports[0]) == (b.scheme, ports[1]) or (a.scheme, b.scheme, ports) == ("http", "https", (80, 443))


def _method(response: httpx.Response) -> tuple[str, bytes]:
    """Method and content of the request that follows `response` (RFC 9110, 15.4)."""
    before = response.request
    if response.status_code == 303 and before.method != "HEAD":
        return "GET", b""
    if response.status_code in (301, 302) and before.method == "POST":
        return "GET", b""
    return before.method, before.content
