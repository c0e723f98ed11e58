"""An endpoint's round: one check of the kind that its target asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linewatch.probe.endpoint import EndpointProber
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import DnsTarget, HttpTarget, Role, TcpTarget
from tests.probe.servers import SHORT, SOON, name_server, page, refused_port, saying, serving, silent
from tests.probe.test_lookup import zone

AT = datetime(2022, 3, 1, tzinfo=UTC)


async def looked(target: HttpTarget | TcpTarget | DnsTarget, quiet: list[str] | None = None) -> Round:
    prober = EndpointProber(target, SOON)
    told: list[str] = [] if quiet is None else quiet
    found = await prober.look(AT, lambda: told.append("quiet"))
    assert (found.at, found.panel) == (AT, prober.panel())
    assert prober.panel() == (Seat(Role.ENDPOINT, str(target)),)
    return found


async def test_a_web_page() -> None:
    async with serving(saying(page(b"hello"))) as port:
        (outcome,) = (await looked(HttpTarget(f"http://127.0.0.1:{port}/"))).outcomes
    assert outcome.result is Result.OK
    assert outcome.exchange is not None
    assert outcome.exchange.status == 200


async def test_a_tcp_port() -> None:
    async with serving(silent) as port:
        (outcome,) = (await looked(TcpTarget("127.0.0.1", port))).outcomes
    assert outcome.result is Result.OK


async def test_a_name_server() -> None:
    async with name_server(zone) as port:
        (outcome,) = (await looked(DnsTarget("127.0.0.1", "www.example.test", port=port))).outcomes
    assert outcome.result is Result.OK


@pytest.mark.parametrize("kind", ["http", "tcp", "dns"])
async def test_an_address_that_is_not_this_hosts_cannot_be_asked_from(kind: str) -> None:
    targets = {"http": HttpTarget("http://127.0.0.1/"), "tcp": TcpTarget("127.0.0.1", 80), "dns": DnsTarget("127.0.0.1", "www.example.test")}
    (outcome,) = (await EndpointProber(targets[kind], SOON, "192.0.2.9").look(AT, lambda: None)).outcomes
    assert (outcome.result, outcome.cause) == (Result.ERROR, Cause.LOCAL)


@pytest.mark.parametrize("kind", ["http", "tcp"])
async def test_a_closed_port_is_lost_and_nobody_is_told_before(kind: str) -> None:
    quiet: list[str] = []
    with refused_port() as port:
        target = HttpTarget(f"http://127.0.0.1:{port}/") if kind == "http" else TcpTarget("127.0.0.1", port)
        (outcome,) = (await looked(target, quiet)).outcomes
    assert (outcome.result, outcome.cause) == (Result.LOST, Cause.CONNECT)
    assert quiet == []


async def test_the_timeout_is_the_whole_rounds() -> None:
    async with serving(silent) as port:
        found = await EndpointProber(HttpTarget(f"http://127.0.0.1:{port}/"), SHORT).look(AT, lambda: None)
    assert (found.outcomes[0].result, found.outcomes[0].cause) == (Result.LOST, Cause.TIMEOUT)
