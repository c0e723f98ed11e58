"""From settings to the inner floors' own words."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from linewatch.config.loading import load
from linewatch.config.services import EndpointService, LinePath, LineService, Service, services
from linewatch.sample.target import DnsTarget, HttpTarget, IcmpTarget, TcpTarget
from linewatch.sla.terms import Contract, Payment, Terms
from linewatch.verdict.rule import Rule

LINE = '[[line]]\nname = "leased-line"\nanchors = ["192.0.2.1", "tcp://192.0.2.2:443", "192.0.2.3"]\n'
SITE = '[[endpoint]]\nname = "site"\nurl = "https://www.example.com/"\n'
SECOND = timedelta(seconds=1)


def asked(folder: Path, text: str) -> tuple[Service, ...]:
    path = folder / "linewatch.toml"
    path.write_text(text)
    return services(load(path, {}).settings)


def endpoint(folder: Path, text: str) -> EndpointService:
    (found,) = asked(folder, text)
    assert isinstance(found, EndpointService)
    return found


def line(folder: Path, text: str) -> LineService:
    (found,) = asked(folder, text)
    assert isinstance(found, LineService)
    return found


def test_a_line_by_default(tmp_path: Path) -> None:
    assert line(tmp_path, LINE) == LineService(
        name="leased-line",
        title="leased-line",
        path=LinePath("auto", None, (IcmpTarget("192.0.2.1"), TcpTarget("192.0.2.2", 443), IcmpTarget("192.0.2.3")), None),
        rule=Rule(interval=3 * SECOND, stale_after=10 * SECOND),
        interval=3 * SECOND,
        timeout=2 * SECOND,
        retry_interval=SECOND,
        contract=Contract(),
        terms=Terms(),
    )


def test_a_line_with_everything_said(tmp_path: Path) -> None:
    text = LINE + (
        'title = "专线"\ngateway = "192.168.1.1"\nnext_hop = "10.8.0.1"\nsource = "192.168.1.9"\nquorum = 2\nmtu = 1492\n'
        'interval = "500ms"\ntimeout = "1s"\nretry_interval = "200ms"\nfall = 4\nrise = 1\nstale_after = "2m"\n'
        'degraded_loss = 0.2\ndegraded_rtt = "150ms"\nset_aside_after = "7d"\n'
        '[line.contract]\nprovider = "某某"\ncircuit = "1"\nstart = 2022-01-01\nend = 2022-01-01\ncost = 6.5\n'
        'payments = [{ on = 2022-03-15, amount = 6.5, ref = "凭证" }]\n'
        "[line.sla]\ntarget = 0.999\nmin_coverage = 0.98\nmonth_availability = 0.95\nmonth_coverage = 0.8\n"
        'degraded = "down"\nlocal_faults = "down"\n'
    )
    found = line(tmp_path, text)
    assert (found.title, found.timeout, found.retry_interval) == ("专线", SECOND, SECOND / 5)
    assert (found.path.gateway, found.path.next_hop, found.path.source) == (IcmpTarget("192.168.1.1"), IcmpTarget("10.8.0.1"), "192.168.1.9")
    assert found.path.mtu == 1492
    assert found.rule == Rule(
        interval=SECOND / 2,
        stale_after=120 * SECOND,
        fall=4,
        rise=1,
        quorum=2,
        degraded_loss=0.2,
        degraded_rtt=timedelta(milliseconds=150),
        set_aside_after=timedelta(days=7),
    )
    paid = (Payment(date(2022, 3, 15), Decimal("6.5"), "凭证"),)
    assert found.contract == Contract("某某", "1", date(2022, 1, 1), date(2022, 1, 1), Decimal("6.5"), paid)
    assert found.terms == Terms(Fraction("0.999"), Fraction("0.98"), Fraction("0.95"), Fraction("0.8"), "down", "down")


def test_a_line_without_a_gateway(tmp_path: Path) -> None:
    assert line(tmp_path, LINE + 'gateway = "none"\n').path.gateway is None


@pytest.mark.parametrize(
    ("interval", "retry", "stale"),
    [("200ms", 0.2, 10), ("1s", 1, 10), ("3s", 1, 10), ("5s", 1, 15), ("1h", 1, 3 * 3600)],
)
def test_what_follows_from_the_interval_of_a_line(tmp_path: Path, interval: str, retry: float, stale: int) -> None:
    found = line(tmp_path, LINE + f'interval = "{interval}"\n')
    assert (found.retry_interval, found.rule.stale_after) == (retry * SECOND, stale * SECOND)
    assert found.rule.interval == found.interval


@pytest.mark.parametrize(("interval", "retry", "stale"), [("2s", 2, 10), ("60s", 10, 180), ("5m", 10, 900)])
def test_what_follows_from_the_interval_of_an_endpoint(tmp_path: Path, interval: str, retry: int, stale: int) -> None:
    found = endpoint(tmp_path, SITE + f'interval = "{interval}"\n')
    assert (found.retry_interval, found.rule.stale_after) == (retry * SECOND, stale * SECOND)


def test_an_endpoint_by_default(tmp_path: Path) -> None:
    assert endpoint(tmp_path, SITE) == EndpointService(
        name="site",
        title="site",
        target=HttpTarget("https://www.example.com/"),
        rule=Rule(interval=60 * SECOND, stale_after=180 * SECOND),
        interval=60 * SECOND,
        timeout=10 * SECOND,
        retry_interval=10 * SECOND,
        behind=None,
        source=None,
        terms=Terms(),
    )


@pytest.mark.parametrize(
    ("url", "more", "source", "asked_from"),
    [
        ("https://www.example.com/", "", "192.0.2.9", "192.0.2.9"),
        ("https://www.example.com/", 'ip = "4"', "192.0.2.9", "192.0.2.9"),
        ("https://www.example.com/", 'ip = "6"', "192.0.2.9", None),
        ("https://www.example.com/", 'ip = "6"', "2001:db8::9", "2001:db8::9"),
        ("https://[2001:db8::1]/", "", "192.0.2.9", None),
        ("https://192.0.2.1:8443/", "", "192.0.2.9", "192.0.2.9"),
        ("tcp://192.0.2.1:25", "", "2001:db8::9", None),
        ("tcp://mail.example.com:25", 'ip = "6"', "2001:db8::9", "2001:db8::9"),
        ("dns://192.0.2.1/www.example.com", "", "192.0.2.9", "192.0.2.9"),
        ("dns://[2001:db8::1]/www.example.com", "", "192.0.2.9", None),
    ],
)
def test_an_endpoint_behind_a_line_is_asked_from_that_lines_address(tmp_path: Path, url: str, more: str, source: str, asked_from: str | None) -> None:
    other = LINE.replace("leased-line", "other") + 'source = "192.0.2.8"\n'
    site = f'[[endpoint]]\nname = "site"\nurl = "{url}"\nbehind = "leased-line"\n{more}\n'
    line = LINE if "." in source else '[[line]]\nname = "leased-line"\nanchors = ["2001:db8::1"]\n'
    *_, found = asked(tmp_path, f'{other}{line}source = "{source}"\n{site}')
    assert isinstance(found, EndpointService)
    assert found.source == asked_from


def test_a_web_page_with_everything_said(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    text = SITE + (
        'title = "门户"\nmethod = "POST"\nheaders = { Accept = "text/html", X-Token = "1" }\nbody = "问"\nauth = "user:"\nredirects = 0\n'
        'verify_tls = false\nca_file = "ca.pem"\nip = "6"\nmax_bytes = 1000\nfall = 2\nrise = 4\n'
        '[endpoint.expect]\nstatus = [200, 204, 200]\nbody = "欢迎"\nbody_regex = "a.c"\nnot_body_regex = "(?i)error"\n'
        'header = { Content-Type = "^text/" }\ntls_days = 14\nmax_ms = 1500\n[endpoint.sla]\ntarget = 0.99\n'
    )
    found = endpoint(tmp_path, text)
    assert found.target == HttpTarget(
        "https://www.example.com/",
        method="POST",
        headers=(("Accept", "text/html"), ("X-Token", "1")),
        content="问".encode(),
        auth=("user", ""),
        status=frozenset({200, 204}),
        body="欢迎",
        body_regex=re.compile("a.c"),
        not_body_regex=re.compile("(?i)error"),
        header=(("Content-Type", re.compile("^text/")),),
        tls_days=14,
        max=timedelta(milliseconds=1500),
        redirects=0,
        verify_tls=False,
        ca_file=f"{tmp_path}/ca.pem",
        ip="6",
        max_bytes=1000,
    )
    assert (found.title, found.rule.fall, found.rule.rise, found.terms.target) == ("门户", 2, 4, Fraction("0.99"))


def test_a_tcp_endpoint(tmp_path: Path) -> None:
    text = '[[endpoint]]\nname = "mail"\nurl = "tcp://192.0.2.1:25"\nsend = "QUIT\\r\\n问"\nip = "4"\nexpect = { reply_regex = "^220 " }\n'
    assert endpoint(tmp_path, text).target == TcpTarget("192.0.2.1", 25, "QUIT\r\n问".encode(), re.compile(b"^220 "), "4")


def test_a_dns_endpoint(tmp_path: Path) -> None:
    text = '[[endpoint]]\nname = "dns"\nurl = "dns://192.0.2.1:5353/a.example"\nrecord = "TXT"\nexpect = { answer = ["x", "y"] }\n'
    assert endpoint(tmp_path, text).target == DnsTarget("192.0.2.1", "a.example", 5353, "TXT", frozenset({"x", "y"}), "NOERROR")
    assert endpoint(tmp_path, text.replace('answer = ["x", "y"]', 'rcode = "NXDOMAIN"')).target == DnsTarget(
        "192.0.2.1", "a.example", 5353, "TXT", frozenset(), "NXDOMAIN"
    )


def test_a_pattern_that_python_has_doubts_about_is_taken(tmp_path: Path) -> None:
    target = endpoint(tmp_path, SITE + 'expect = { body_regex = "[[a]" }\n').target
    assert isinstance(target, HttpTarget)
    assert target.body_regex is not None
    assert target.body_regex.search("[") is not None


def test_lines_come_first_and_each_kind_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = SITE + 'behind = "b"\n' + LINE.replace("leased-line", "b") + SITE.replace('"site"', '"alpha"') + LINE.replace("leased-line", "a")
    found = asked(tmp_path, text)
    assert [service.name for service in found] == ["b", "a", "site", "alpha"]
    assert isinstance(found[2], EndpointService)
    assert found[2].behind == "b"
