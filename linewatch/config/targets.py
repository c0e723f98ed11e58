"""Readers of addresses, anchors and URLs: from the text in the configuration to whom a probe asks.

Addresses are normalised and names lower-cased, so that one host written in two ways is seen to be the same.
A URL is never quoted in a message: people put passwords into them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from linewatch.config.values import Unfit, shown, shown_text
from linewatch.sample.target import DnsTarget, HttpTarget, IcmpTarget, Target, TcpTarget

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PORT = re.compile(r"[0-9]{1,5}")
_PLAIN_HOST = re.compile(r"\[(?P<six>[^\[\]]*)\]|(?P<host>[^\[\]]*)")
_HOST_PORT = re.compile(r"(?:\[(?P<six>[^\[\]]*)\]|(?P<host>[^\[\]:]*)):(?P<port>.*)")
_ANCHOR = 'must be an address, a host name, "tcp://host:port" or "dns://server/name"'
_URL = 'must be a URL such as "https://host/", "tcp://host:port" or "dns://server/name"'


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the status page and the metrics are served; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address(value: object) -> str:
    """An IPv4 or IPv6 address, normalised."""
    if isinstance(value, str):
        found = _address(value)
        if found is not None:
            return found
    raise Unfit(f"must be an IPv4 or IPv6 address, not {shown(value)}")


def gateway(value: object) -> IcmpTarget | Literal["auto"] | None:
    """ "auto" (from the routing table), an address, or None for "none"."""
    if value == "auto":
        return "auto"
    if value == "none":
        return None
    found = _address(value) if isinstance(value, str) else None
    if found is None:
        raise Unfit(f'must be "auto", "none" or an address, not {shown(value)}')
    return IcmpTarget(found)


def next_hop(value: object) -> IcmpTarget:
    """The ISP's edge: an address."""
    return IcmpTarget(address(value))


def listen(value: object) -> Listen:
    """A host and a port, an IPv6 address in brackets."""
    match = _HOST_PORT.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        host, port = _matched_host(match), _port(match["port"], least=0)
        if host is not None and port is not None:
            return Listen(host, port)
    raise Unfit(f'must be a host and a port such as "127.0.0.1:9823" or "[::1]:9823", not {shown(value)}')


def anchor(value: object) -> Target:
    """A host beyond the line, asked by echo, by a TCP connection or by a DNS query."""
    if not isinstance(value, str):
        raise Unfit(f"{_ANCHOR}, not {shown(value)}")
    scheme, separator, rest = value.partition("://")
    if separator and scheme in ("http", "https"):
        raise Unfit("must not be a web page; watch that as an [[endpoint]]")
    found = _without_path(scheme, rest) if separator else _echo(value)
    if found is None:
        raise Unfit(f"{_ANCHOR}, not {shown(value)}")
    return found


def endpoint_url(value: object) -> HttpTarget | TcpTarget | DnsTarget:
    """The one target of an endpoint, without what is expected of it."""
    if not isinstance(value, str):
        raise Unfit(f"{_URL}, not {shown(value)}")
    scheme, _, rest = value.partition("://")
    found = _web(value) if scheme in ("http", "https") else _without_path(scheme, rest)
    if found is None:
        raise Unfit(_URL)
    return found


def _echo(text: str) -> IcmpTarget | None:
    match = _PLAIN_HOST.fullmatch(text)
    host = _matched_host(match) if match else None
    return None if host is None else IcmpTarget(host)


def _without_path(scheme: str, rest: str) -> TcpTarget | DnsTarget | None:
    if scheme == "tcp":
        match = _HOST_PORT.fullmatch(rest)
        host, port = (_matched_host(match), _port(match["port"])) if match else (None, None)
        return None if host is None or port is None else TcpTarget(host, port)
    if scheme == "dns":
        return _question(rest)
    return None


def _question(rest: str) -> DnsTarget | None:
    server, slash, asked = rest.partition("/")
    name = _name(asked)
    match = _HOST_PORT.fullmatch(server) or _PLAIN_HOST.fullmatch(server)
    if not slash or name is None or match is None:
        return None
    host, port = _matched_host(match), _port(match.groupdict().get("port", "53"))
    return None if host is None or port is None else DnsTarget(host, name, port)


def _web(url: str) -> HttpTarget | None:
    if not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port  # a property that raises where it is no port
    except ValueError:
        return None
    if parts.username is not None or parts.password is not None:
        raise Unfit("must not hold a user name or password; give them as auth")
    return HttpTarget(url) if port != 0 and _web_host(parts) else None


def _web_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if "[" in parts.netloc:
        return ":" in host and _address(host) is not None
    if host.isascii():
        return _host(host) is not None
    try:
        return _name(host.encode("idna").decode("ascii")) is not None
    except UnicodeError:
        return False


def _matched_host(match: re.Match[str]) -> str | None:
    six = match["six"]
    if six is None:
        return _host(match["host"])
    found = _address(six)
    return found if found is not None and ":" in found else None


def _host(text: str) -> str | None:
    found = _address(text)
    if found is not None:
        return found
    name = _name(text)
    # A name whose last label is a number is a mistyped address (after RFC 3696, section 2).
    return None if name is None or name.rstrip(".").rpartition(".")[2].isdigit() else name


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _name(text: str) -> str | None:
    """A host or domain name in lower case, or None; its lengths after RFC 1035, 2.3.4."""
    name = text.lower()
    labels = name.removesuffix(".").split(".")
    return name if len(name) <= 253 and all(_LABEL.fullmatch(label) for label in labels) else None


def _port(text: str, least: int = 1) -> int | None:
    return int(text) if _PORT.fullmatch(text) and least <= int(text) <= 65535 else None


def readable(value: object) -> Target | None:
    """The anchor that `value` names, or None where it names none: for comparing anchors with each other."""
    try:
        return anchor(value)
    except Unfit:
        return None


def quoted(target: Target) -> str:
    """The target in quotes, for a message."""
    return f'"{shown_text(str(target))}"'
