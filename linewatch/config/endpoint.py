"""The table `endpoint`: one URL that is watched, and what is expected of its answer. Which key fits which kind of URL is told by `FITS`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator

from linewatch.config.line import Count, Interval, StaleAfter, Timeout, not_above_interval, not_below_interval
from linewatch.config.table import Read, ReadAmid, Slug, Surroundings, Table, Words
from linewatch.config.targets import endpoint_url
from linewatch.config.terms import SlaTable
from linewatch.config.values import Unfit, bytes_pattern, pattern, shown, shown_text, some_bytes, some_text
from linewatch.sample.target import DnsTarget, HttpTarget, IpPreference, TcpTarget

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a field name, after RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_AUTH = 'must be "user:password" or { env = "NAME" }'

FITS = {
    "method": {"http"},
    "headers": {"http"},
    "body": {"http"},
    "auth": {"http"},
    "redirects": {"http"},
    "verify_tls": {"http"},
    "ca_file": {"http"},
    "max_bytes": {"http"},
    "ip": {"http", "tcp"},
    "record": {"dns"},
    "send": {"tcp"},
    "expect.status": {"http"},
    "expect.body": {"http"},
    "expect.body_regex": {"http"},
    "expect.not_body_regex": {"http"},
    "expect.header": {"http"},
    "expect.tls_days": {"http"},
    "expect.max_ms": {"http"},
    "expect.answer": {"dns"},
    "expect.rcode": {"dns"},
    "expect.reply_regex": {"tcp"},
}


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise Unfit('must be a table such as { Accept = "text/html" }')
    for name, text in value.items():
        if not _TOKEN.fullmatch(name):
            raise Unfit(f"{shown(name)} cannot be the name of a header")
        if not isinstance(text, str) or not _VALUE.fullmatch(text):
            raise Unfit(f"the value of {name} must be one line of ASCII text")
    return tuple(value.items())


def _header_patterns(value: object) -> tuple[tuple[str, re.Pattern[str]], ...]:
    if not isinstance(value, dict) or not value:
        raise Unfit(f'must be a table such as {{ Server = "nginx" }}, not {shown(value)}')
    found = []
    for name, text in value.items():
        if not _TOKEN.fullmatch(name):
            raise Unfit(f"{shown(name)} cannot be the name of a header")
        try:
            found.append((name, pattern(text)))
        except Unfit as error:
            raise Unfit(f"{name} {error}") from None
    return tuple(found)


def _auth(value: object, surroundings: Surroundings) -> tuple[str, str]:
    if isinstance(value, dict):
        variable = value.get("env")
        if set(value) != {"env"} or not isinstance(variable, str) or not variable:
            raise Unfit(_AUTH)
        if variable not in surroundings.environ:
            raise Unfit(f"the environment variable {shown(variable)} is not set")
        user, colon, password = surroundings.environ[variable].partition(":")
        if not colon:
            raise Unfit(f'the environment variable {shown(variable)} must hold "user:password"')
        return user, password
    user, colon, password = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon:
        raise Unfit(_AUTH)
    return user, password


def _ca_file(value: object, surroundings: Surroundings) -> str:
    path = surroundings.folder / some_text(value)
    name = f'"{shown_text(str(path), longest=4096)}"'
    if not path.is_file():
        raise Unfit(f"there is no file {name}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unfit(f"{name} cannot be read: {error.strerror}") from None
    if b"CERTIFICATE-----" not in content:
        raise Unfit(f"{name} holds no certificate (PEM)")
    return str(path)


def _max_ms(value: object) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 60_000:
        raise Unfit(f"must be a whole number of milliseconds from 1 to 60000, not {shown(value)}")
    return timedelta(milliseconds=value)


class ExpectTable(Table):
    """What is expected of the answer; None and empty: nothing in particular."""

    status: frozenset[Annotated[int, Field(ge=100, le=599)]] = Field(default=frozenset({200}), min_length=1, strict=False)
    body: Annotated[str, Read(some_text)] | None = Field(default=None, repr=False)
    body_regex: Annotated[re.Pattern[str], Read(pattern)] | None = None
    not_body_regex: Annotated[re.Pattern[str], Read(pattern)] | None = None
    header: Annotated[tuple[tuple[str, re.Pattern[str]], ...], Read(_header_patterns)] = ()
    tls_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    max_ms: Annotated[timedelta, Read(_max_ms)] | None = None
    answer: frozenset[Words] = Field(default=frozenset(), min_length=1, strict=False)
    rcode: Literal["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"] = "NOERROR"
    reply_regex: Annotated[re.Pattern[bytes], Read(bytes_pattern)] | None = None


class EndpointTable(Table):
    """An endpoint. `retry_interval` and `stale_after` are None where they follow from the interval."""

    name: Slug
    title: Words | None = None
    url: Annotated[HttpTarget | TcpTarget | DnsTarget, Read(endpoint_url)] = Field(repr=False)
    interval: Interval = timedelta(seconds=60)
    timeout: Timeout = timedelta(seconds=10)
    retry_interval: Interval | None = None
    fall: Count = 3
    rise: Count = 2
    stale_after: StaleAfter | None = None
    behind: Slug | None = None
    expect: ExpectTable = ExpectTable()
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    headers: Annotated[tuple[tuple[str, str], ...], Read(_headers)] = Field(default=(), repr=False)
    body: Annotated[bytes, Read(some_bytes)] = Field(default=b"", repr=False)
    auth: Annotated[tuple[str, str], ReadAmid(_auth)] | None = Field(default=None, repr=False)
    redirects: Annotated[int, Field(ge=0, le=20)] = 5
    verify_tls: bool = True
    ca_file: Annotated[str, ReadAmid(_ca_file)] | None = None
    ip: IpPreference = "any"
    max_bytes: Annotated[int, Field(ge=1, le=1 << 30)] = 1 << 20
    record: Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"] = "A"
    send: Annotated[bytes, Read(some_bytes)] = Field(default=b"", repr=False)
    sla: SlaTable = SlaTable()

    _retry = field_validator("retry_interval")(not_above_interval)
    _stale = field_validator("stale_after")(not_below_interval)
