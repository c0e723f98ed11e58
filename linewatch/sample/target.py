"""Whom one look asks, and what is expected of the answer: one variant for each kind of probe."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

IpPreference = Literal["any", "4", "6"]


@dataclass(frozen=True, slots=True)
class IcmpTarget:
    """One echo request to `host` (an address or a name)."""

    host: str

    def __str__(self) -> str:
        return self.host


@dataclass(frozen=True, slots=True)
class TcpTarget:
    """A TCP connection to `host`:`port`; where `send` is given it is sent, where `reply` is given what comes back must match it (search)."""

    host: str
    port: int
    send: bytes = b""
    reply: re.Pattern[bytes] | None = None
    ip: IpPreference = "any"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class DnsTarget:
    """A query to `server` for `name`.

    `answers`, where given, is the exact set of expected record texts, `rcode` the expected response code (RFC 1035, 4.1.1).
    """

    server: str
    name: str
    port: int = 53
    record: str = "A"
    answers: frozenset[str] = frozenset()
    rcode: str = "NOERROR"

    def __str__(self) -> str:
        host = f"[{self.server}]" if ":" in self.server else self.server
        return f"dns://{host}{'' if self.port == 53 else f':{self.port}'}/{self.name}"


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """An HTTP(S) exchange with `url` and everything that is expected of it.

    `status` is the set of accepted codes of the final response. `body` must occur in the decoded body, `body_regex` must match (search),
    `not_body_regex` must not; `header` pairs a name with what its value must match (search). At most `max_bytes` of the decoded body are read.
    `redirects` is how many are followed (0: a redirect is the final response). `tls_days` and `max` make an OK with a reservation, not a failure.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    auth: tuple[str, str] | None = field(default=None, repr=False)
    status: frozenset[int] = frozenset({200})
    body: str | None = None
    body_regex: re.Pattern[str] | None = None
    not_body_regex: re.Pattern[str] | None = None
    header: tuple[tuple[str, re.Pattern[str]], ...] = ()
    tls_days: int | None = None
    max: timedelta | None = None
    redirects: int = 5
    verify_tls: bool = True
    ca_file: str | None = None
    ip: IpPreference = "any"
    max_bytes: int = 1_048_576

    def __str__(self) -> str:
        """The URL without its query, which may hold a token: this is what metrics, log and record call the target."""
        address, _, query = self.url.partition("#")[0].partition("?")
        return f"{address}?…" if query else address


Target = IcmpTarget | TcpTarget | DnsTarget | HttpTarget


class Role(StrEnum):
    """What a target is to its service."""

    GATEWAY = "gateway"  # this office's own gateway or CPE
    NEXT_HOP = "next_hop"  # the ISP's edge
    ANCHOR = "anchor"  # an independent host beyond the line
    LARGE = "large"  # an anchor once more, by an echo of the largest packet that the line should carry
    ENDPOINT = "endpoint"  # the one target of an endpoint


def kind(target: Target) -> Literal["icmp", "tcp", "dns", "http"]:
    """The name of the probe that asks `target`."""
    match target:
        case IcmpTarget():
            return "icmp"
        case TcpTarget():
            return "tcp"
        case DnsTarget():
            return "dns"
        case HttpTarget():
            return "http"


def asked_host(target: Target) -> str:
    """The host that is asked first, an address or a name."""
    match target:
        case IcmpTarget() | TcpTarget():
            return target.host
        case DnsTarget():
            return target.server
        case HttpTarget():
            return urlsplit(target.url).hostname or ""
