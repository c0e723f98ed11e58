"""What the settings ask for, in the words of the inner floors: each service with its targets, its rule and its terms."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_address
from typing import ClassVar, Literal, assert_never

from linewatch.config.endpoint import EndpointTable
from linewatch.config.line import LineTable
from linewatch.config.settings import Settings
from linewatch.sample.target import DnsTarget, HttpTarget, IcmpTarget, Target, TcpTarget, asked_host
from linewatch.sla.terms import Contract, Terms
from linewatch.verdict.rule import Rule, default_stale_after

LINE_RETRY = timedelta(seconds=1)
ENDPOINT_RETRY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class LinePath:
    """Whom a round over a line asks, from near to far. `gateway` "auto" is looked up in the routing table; `source` is the address to ask from.

    `mtu` is the size in bytes of the packets that the line should carry, where that is to be watched.
    """

    gateway: IcmpTarget | Literal["auto"] | None
    next_hop: IcmpTarget | None
    anchors: tuple[Target, ...]
    source: str | None
    mtu: int | None = None


@dataclass(frozen=True, slots=True)
class LineService:
    """A leased line."""

    kind: ClassVar[Literal["line"]] = "line"

    name: str
    title: str
    path: LinePath
    rule: Rule
    interval: timedelta
    timeout: timedelta
    retry_interval: timedelta
    contract: Contract
    terms: Terms


@dataclass(frozen=True, slots=True)
class EndpointService:
    """An endpoint; `behind` names the line whose outages are not its own, from whose `source` address it is asked. The target is not shown, for its
    headers may hold a secret.
    """

    kind: ClassVar[Literal["endpoint"]] = "endpoint"

    name: str
    title: str
    target: HttpTarget | TcpTarget | DnsTarget = field(repr=False)
    rule: Rule
    interval: timedelta
    timeout: timedelta
    retry_interval: timedelta
    behind: str | None
    source: str | None
    terms: Terms


Service = LineService | EndpointService


def services(settings: Settings) -> tuple[Service, ...]:
    """Every service of the configuration, the lines first, each kind in the file's order."""
    supplied = {table.year: table.announced() for table in settings.calendar}
    lines = (_line(table, table.sla.terms(supplied)) for table in settings.line)
    sources = {table.name: table.source for table in settings.line}
    return (*lines, *(_endpoint(table, sources, table.sla.terms(supplied)) for table in settings.endpoint))


def _line(table: LineTable, terms: Terms) -> LineService:
    rule = Rule(
        interval=table.interval,
        stale_after=table.stale_after or default_stale_after(table.interval),
        fall=table.fall,
        rise=table.rise,
        quorum=table.quorum,
        degraded_loss=float(table.degraded_loss),
        degraded_rtt=table.degraded_rtt,
        set_aside_after=table.set_aside_after,
    )
    return LineService(
        name=table.name,
        title=table.title or table.name,
        path=LinePath(table.gateway, table.next_hop, table.anchors, table.source, table.mtu),
        rule=rule,
        interval=table.interval,
        timeout=table.timeout,
        retry_interval=table.retry_interval or min(LINE_RETRY, table.interval),
        contract=table.contract.contract(),
        terms=terms,
    )


def _endpoint(table: EndpointTable, sources: Mapping[str, str | None], terms: Terms) -> EndpointService:
    rule = Rule(
        interval=table.interval,
        stale_after=table.stale_after or default_stale_after(table.interval),
        fall=table.fall,
        rise=table.rise,
    )
    target = _target(table)
    return EndpointService(
        name=table.name,
        title=table.title or table.name,
        target=target,
        rule=rule,
        interval=table.interval,
        timeout=table.timeout,
        retry_interval=table.retry_interval or min(ENDPOINT_RETRY, table.interval),
        behind=table.behind,
        source=_fitting(sources.get(table.behind or ""), target),
        terms=terms,
    )


def _fitting(source: str | None, target: HttpTarget | TcpTarget | DnsTarget) -> str | None:
    """The source address, unless the endpoint is to be asked by the other version of IP."""
    if source is None:
        return None
    wanted = "any" if isinstance(target, DnsTarget) else target.ip
    version = ip_address(source).version
    with suppress(ValueError):  # a name
        return source if ip_address(asked_host(target)).version == version else None
    return source if wanted in ("any", str(version)) else None


def _target(table: EndpointTable) -> HttpTarget | TcpTarget | DnsTarget:
    match table.url:
        case HttpTarget():
            return _web(table, table.url)
        case TcpTarget():
            return replace(table.url, send=table.send, reply=table.expect.reply_regex, ip=table.ip)
        case DnsTarget():
            return replace(table.url, record=table.record, answers=table.expect.answer, rcode=table.expect.rcode)
    assert_never(table.url)


def _web(table: EndpointTable, plain: HttpTarget) -> HttpTarget:
    expect = table.expect
    return replace(
        plain,
        method=table.method,
        headers=table.headers,
        content=table.body,
        auth=table.auth,
        status=expect.status,
        body=expect.body,
        body_regex=expect.body_regex,
        not_body_regex=expect.not_body_regex,
        header=expect.header,
        tls_days=expect.tls_days,
        max=expect.max_ms,
        redirects=table.redirects,
        verify_tls=table.verify_tls,
        ca_file=table.ca_file,
        ip=table.ip,
        max_bytes=table.max_bytes,
    )
