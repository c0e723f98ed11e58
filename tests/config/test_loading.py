"""Loading a whole file: what comes out of a right one, and all that is said of a wrong one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from linewatch.config.loading import Loaded, load
from linewatch.config.services import services
from linewatch.errors import ConfigurationError
from linewatch.sample.target import DnsTarget, HttpTarget, IcmpTarget, TcpTarget
from tests.config.file import SMALL, refusal, written

# The sample of the interface description, as it is printed there.
SAMPLE = """\
timezone = "Asia/Shanghai"
language = "zh"

[store]
url = "sqlite:///linewatch.db"        # any SQLAlchemy URL; PostgreSQL for a shared store
keep_samples = "400d"                 # raw samples; state history is never pruned

[web]
listen = "127.0.0.1:9823"             # /metrics, status page, JSON

[[line]]
name = "leased-line"
title = "融媒体中心网络IP专线"
gateway = "auto"                      # or an address, or "none"
next_hop = "10.8.0.1"                 # optional: the ISP's edge
anchors = ["223.5.5.5", "119.29.29.29", "114.114.114.114", "tcp://180.76.76.76:53", "dns://223.6.6.6/www.gov.cn"]
quorum = 1
interval = "3s"
timeout = "2s"
retry_interval = "1s"
fall = 3
rise = 2

[line.contract]
provider = "…"
circuit = "…"
start = 2022-01-01
end = 2024-12-31
cost = 6                              # 万元 a year
payments = [{ on = 2022-03-15, amount = 6, ref = "…" }]

[line.sla]
target = 1.0
min_coverage = 0.99
service_hours = "24x7"                # or { workdays = "08:30-17:30", holidays = "china" } …

[[endpoint]]
name = "weibo"
title = "微博"
url = "https://weibo.com/"            # http(s)://, tcp://host:port, dns://server/name
interval = "60s"
expect = { status = [200], body = "…", tls_days = 14 }     # also body_regex, not_body_regex, header = { Name = "regex" }, max_ms
behind = "leased-line"

[[indicator]]                         # the 绩效目标表: measured rows are filled in, the others are declared here
name = "微博信息发布条数"
actual = 15230
evidence = "…"
"""


def loaded(folder: Path, text: str, **environ: str) -> Loaded:
    return load(written(folder, text), environ)


def test_the_sample_of_the_interface_description_loads(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SAMPLE).settings
    assert settings.timezone.key == "Asia/Shanghai"
    assert settings.store.keep_samples == timedelta(days=400)
    assert (settings.web.listen.host, settings.web.listen.port) == ("127.0.0.1", 9823)
    (line,) = settings.line
    assert line.next_hop == IcmpTarget("10.8.0.1")
    assert line.anchors == (
        IcmpTarget("223.5.5.5"),
        IcmpTarget("119.29.29.29"),
        IcmpTarget("114.114.114.114"),
        TcpTarget("180.76.76.76", 53),
        DnsTarget("223.6.6.6", "www.gov.cn"),
    )
    assert (line.contract.start, line.contract.end, line.contract.cost) == (date(2022, 1, 1), date(2024, 12, 31), Decimal(6))
    (endpoint,) = settings.endpoint
    assert endpoint.url == HttpTarget("https://weibo.com/")
    assert (endpoint.expect.body, endpoint.expect.tls_days, endpoint.behind) == ("…", 14, "leased-line")
    assert settings.indicator[0].actual == 15230


def test_ten_mistakes_are_told_at_once_from_the_top_to_the_end(tmp_path: Path) -> None:
    text = """\
timezone = "Shanghai"
langauge = "zh"

[store]
keep_samples = "forever"

[[line]]
name = "leased-line"
anchors = [
    "192.0.2.1",
    "192.0.2.300",
    "192.0.2.1",
]
quorum = 4

[[endpoint]]
name = "leased-line"
url = "https://www.example.com/"
behind = "leased_line"
expect = { rcode = "NOERROR", status = [99] }
"""
    path = written(tmp_path, text)
    assert [problem.removeprefix(f"{path}:") for problem in refusal(path)] == [
        '1: timezone: must be a time zone such as "Asia/Shanghai", not "Shanghai"',
        '2: langauge: unknown key; did you mean "language"?',
        '5: store.keep_samples: must be a duration such as "3s", not "forever"',
        '11: line[0].anchors[1]: must be an address, a host name, "tcp://host:port" or "dns://server/name", not "192.0.2.300"',
        '12: line[0].anchors[2]: "192.0.2.1" is there twice',
        "14: line[0].quorum: must be at most the number of anchors, 3, not 4",
        '17: endpoint[0].name: "leased-line" is the name of line[0] already',
        '19: endpoint[0].behind: no [[line]] is named "leased_line"; there is "leased-line"',
        "20: endpoint[0].expect.rcode: belongs to a dns:// URL, not to an http:// or https:// one",
        "20: endpoint[0].expect.status[0]: must be at least 100, not 99",
    ]


def test_the_error_prints_as_its_problems_and_has_the_exit_code_of_a_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(tmp_path, 'language = "fr"\n')
    assert str(caught.value) == f'{tmp_path}/linewatch.toml:1: language: must be "zh" or "en", not "fr"'
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("a-b_1", "a-b_1"),
        ('"two words"', '"two words"'),
        ('"a.b"', '"a.b"'),
        ('"line\\nfeed\\u0007"', '"line\\nfeed\\x07"'),
        ('""', '""'),
        ('"' + "long" * 30 + '"', '"' + ("long" * 30)[:59] + '…"'),
    ],
)
def test_a_strange_key_is_shown_on_one_line(tmp_path: Path, key: str, shown: str) -> None:
    path = written(tmp_path, f"{key} = 1\n{SMALL}")
    assert refusal(path) == (f"{path}:1: {shown}: unknown key",)


def test_every_number_is_exact(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        SMALL
        + "degraded_loss = 0.1\n"
        + "[line.sla]\ntarget = 0.9995\nmin_coverage = 1\nmonth_coverage = 0.123456789012\n"
        + "[line.contract]\ncost = 0.1\npayments = [{ on = 2022-01-01, amount = 5.98 }, { on = 2022-02-01, amount = 0.000001 }]\n"
        + '[[indicator]]\nname = "a"\nactual = 99.95\ntarget = 100\nweight = 2.5\n'
        + '[[indicator]]\nname = "b"\nactual = "达成"\n',
    ).settings
    line = settings.line[0]
    assert line.degraded_loss == Fraction(1, 10)
    assert line.sla.target == Fraction("0.9995")
    assert line.sla.min_coverage == Fraction(1)
    assert line.sla.month_coverage == Fraction(123456789012, 10**12)
    assert str(line.contract.cost) == "0.1"
    assert [paid.amount for paid in line.contract.payments] == [Decimal("5.98"), Decimal("0.000001")]
    first, second = settings.indicator
    assert (first.actual, first.target, first.weight, second.actual) == (Decimal("99.95"), 100, Decimal("2.5"), "达成")
    assert isinstance(first.actual, Decimal)
    assert isinstance(first.target, int)


WITH_AUTH = """
[[endpoint]]
name = "site"
url = "https://www.example.com/"
headers = { Authorization = "Bearer hunter2" }
body = "token=hunter2"
"""


@pytest.mark.parametrize("auth", ['"admin:hunter2:x"', '{ env = "SITE_AUTH" }'])
def test_a_password_from_the_file_or_the_environment_arrives_and_is_never_shown(tmp_path: Path, auth: str) -> None:
    text = f'[store]\nurl = "postgresql://linewatch:hunter2@db/linewatch"\n{SMALL}{WITH_AUTH}auth = {auth}\n'
    found = loaded(tmp_path, text, SITE_AUTH="admin:hunter2:x")
    (_, endpoint) = services(found.settings)
    assert found.settings.endpoint[0].auth == ("admin", "hunter2:x")
    assert "hunter2" not in repr(found) + str(found.settings) + repr(found.settings.store) + repr(found.settings.endpoint[0]) + repr(endpoint)


def test_an_authority_of_ones_own_lies_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n")
    found = loaded(tmp_path, SMALL + WITH_AUTH + 'ca_file = "ca.pem"\n')
    assert found.settings.endpoint[0].ca_file == f"{tmp_path}/ca.pem"


def test_an_authority_that_cannot_be_read(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL + WITH_AUTH + 'ca_file = "/proc/self/mem"\n')
    assert refusal(path) == (f'{path}:10: endpoint[0].ca_file: "/proc/self/mem" cannot be read: Input/output error',)


def test_a_configuration_cannot_be_changed_afterwards(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SMALL).settings
    with pytest.raises(ValueError, match="frozen"):
        settings.line[0].fall = 1
