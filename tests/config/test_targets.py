"""Anchors, URLs and addresses: every form that is taken, and what it becomes."""

from __future__ import annotations

import pytest

from linewatch.config.targets import Listen, address, anchor, endpoint_url, gateway, listen, quoted
from linewatch.config.values import Unfit
from linewatch.sample.target import DnsTarget, HttpTarget, IcmpTarget, Target, TcpTarget

LONG_LABEL = "a" * 63


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("223.5.5.5", IcmpTarget("223.5.5.5")),
        ("anchor.example.com", IcmpTarget("anchor.example.com")),
        ("Anchor.Example.COM.", IcmpTarget("anchor.example.com.")),
        ("localhost", IcmpTarget("localhost")),
        (f"{LONG_LABEL}.example", IcmpTarget(f"{LONG_LABEL}.example")),
        ("::1", IcmpTarget("::1")),
        ("[::1]", IcmpTarget("::1")),
        ("2400:3200:0:0:0:0:0:1", IcmpTarget("2400:3200::1")),
        ("fe80::1%eth0", IcmpTarget("fe80::1%eth0")),
        ("tcp://180.76.76.76:53", TcpTarget("180.76.76.76", 53)),
        ("tcp://[::1]:65535", TcpTarget("::1", 65535)),
        ("tcp://mail.example.com:25", TcpTarget("mail.example.com", 25)),
        ("dns://223.6.6.6/www.gov.cn", DnsTarget("223.6.6.6", "www.gov.cn")),
        ("dns://223.6.6.6:5353/_srv._tcp.Example.com.", DnsTarget("223.6.6.6", "_srv._tcp.example.com.", 5353)),
        ("dns://[2400:3200::1]/1.0.0.127.in-addr.arpa", DnsTarget("2400:3200::1", "1.0.0.127.in-addr.arpa")),
        ("dns://[2400:3200::1]:53/cn", DnsTarget("2400:3200::1", "cn")),
    ],
)
def test_an_anchor(text: str, target: Target) -> None:
    assert anchor(text) == target


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "223.5.5.5 ", "a..b", ".a", "-a", "a-", "a b", "中国", f"{LONG_LABEL}a"),
        *("a." * 127 + "aa", "[::1", "::1]", "[]", "[a]", "223.5.5.5:80", "host:80"),
        *("tcp://", "tcp://host", "tcp://host:", "tcp://host:0", "tcp://host:65536", "tcp://host:80/", "tcp://::1:80", "tcp://:80", "tcp://host:٣"),
        *("dns://", "dns://host", "dns://host/", "dns:///name", "dns://host:0/name", "dns://host/na me", "dns://::1/name", "dns://host/a/b"),
        *("udp://host:53", "icmp://host", "http://host/", "://"),
    ],
)
def test_what_is_no_anchor(text: str) -> None:
    with pytest.raises(Unfit, match=r"^must "):
        anchor(text)


@pytest.mark.parametrize(
    "url",
    [
        *("http://www.example.com", "https://www.example.com/a?b=c#d", "https://www.example.com:8443/", "http://192.0.2.1:80/"),
        *("https://[2001:db8::1]/", "https://[2001:db8::1]:8443/", "https://新华网.cn/", "https://www.example.com/新闻"),
    ],
)
def test_a_web_page_is_asked_for_as_it_is_written(url: str) -> None:
    assert endpoint_url(url) == HttpTarget(url)


def test_other_endpoints() -> None:
    assert endpoint_url("tcp://mail.example.com:25") == TcpTarget("mail.example.com", 25)
    assert endpoint_url("dns://192.0.2.53/www.example.com") == DnsTarget("192.0.2.53", "www.example.com")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "www.example.com",
            "https:/www.example.com",
            "https://",
            "https://:443/",
            "https://a..b/",
            "https://[::1/",
            "https://[v1.x]/",
            "https://[a]/",
        ),
        *("https://www.example.com:0/", "https://www.example.com:x/", "https://192.0.2.256/", "https://新 华.cn/", "https://新..cn/"),
        *("https://www.example.com/\n", "HTTPS://www.example.com/", "ftp://www.example.com/", "223.5.5.5"),
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(Unfit, match=r"^must be a URL such as"):
        endpoint_url(url)


@pytest.mark.parametrize("url", ["https://u:p@example.com/", "https://u@example.com/", "https://:p@example.com/", "https://@example.com/"])
def test_a_url_holds_no_password(url: str) -> None:
    with pytest.raises(Unfit, match=r"^must not hold a user name or password"):
        endpoint_url(url)


def test_a_gateway() -> None:
    assert gateway("auto") == "auto"
    assert gateway("none") is None
    assert gateway("fe80::1%eth0") == IcmpTarget("fe80::1%eth0")


def test_an_address_is_normalised() -> None:
    assert address("2001:0DB8::0001") == "2001:db8::1"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9823", "127.0.0.1", 9823),
        ("0.0.0.0:0", "0.0.0.0", 0),
        ("[::1]:9823", "::1", 9823),
        ("localhost:65535", "localhost", 65535),
    ],
)
def test_where_to_listen(text: str, host: str, port: int) -> None:
    assert listen(text) == Listen(host, port)
    assert str(listen(text)) == text


def test_a_target_is_quoted_on_one_short_line() -> None:
    assert quoted(IcmpTarget("a" * 100)) == f'"{"a" * 59}…"'
