"""The folder `bad`: configurations with one mistake each, and the exact line that each of them gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from linewatch.config.loading import load
from linewatch.errors import ConfigurationError

BAD = Path(__file__).parent / "bad"
ENVIRON = {"NO_COLON": "hunter2"}

# What follows the file's name; {folder} is the folder that the file lies in.
MESSAGES = {
    "empty": ":1: line: there is nothing to watch: write a [[line]] or an [[endpoint]]",
    "unknown-key": ':1: timezon: unknown key; did you mean "timezone"?',
    "unknown-table": ':1: indicators: unknown key; did you mean "indicator"?',
    "unknown-unlike-any": ":1: xyzzy: unknown key",
    "timezone": ':1: timezone: must be a time zone such as "Asia/Shanghai", not "Asia/Kunming"',
    "timezone-number": ':1: timezone: must be a time zone such as "Asia/Shanghai", not 8',
    "language": ':1: language: must be "zh" or "en", not "fr"',
    "store-scheme": ':2: store.url: must begin with "sqlite:///" or "postgresql://" (a driver may follow the name, as in "postgresql+psycopg://")',
    "store-memory": ":2: store.url: must name a file: a record in memory would be gone with the process",
    "store-postgresql": ':2: store.url: must look like "postgresql+psycopg://user:password@host:5432/database"',
    "store-number": ':2: store.url: must be a SQLAlchemy URL such as "sqlite:///linewatch.db", in quotes',
    "store-not-a-table": ':1: store: must be a table, not "sqlite:///linewatch.db"',
    "keep-samples": ':2: store.keep_samples: must be a duration such as "3s", not 400',
    "keep-samples-short": ':2: store.keep_samples: must be at least 1h, not "10m"',
    "listen": ':2: web.listen: must be a host and a port such as "127.0.0.1:9823" or "[::1]:9823", not ":9823"',
    "listen-port": ':2: web.listen: must be a host and a port such as "127.0.0.1:9823" or "[::1]:9823", not "127.0.0.1:99999"',
    "listen-six": ':2: web.listen: must be a host and a port such as "127.0.0.1:9823" or "[::1]:9823", not "::1:9823"',
    "syntax": ':3: is not valid TOML: a key is followed by "=" and a value (column 8)',
    "syntax-open": ":4: is not valid TOML: Invalid value (at the end of the file)",
    "syntax-twice": ":3: is not valid TOML: this key is given already (column 21)",
    "syntax-digits": ": is not valid TOML: it holds a number of too many digits",
    "syntax-table-twice": ":2: is not valid TOML: this table is there already; a list of tables has double brackets (column 5)",
    "endpoint-ca-file-nul": ':8: endpoint[0].ca_file: there is no file "{folder}/a\\x00.pem"',
    "syntax-deep": ": is not valid TOML: nested too deeply",
    "line-single-brackets": ":1: line: must be written [[line]], with double brackets, not a table",
    "line-not-a-table": ':1: line[0]: must be a table, not "leased-line"',
    "line-name-missing": ":1: line[0].name: must be given",
    "line-name": ':2: line[0].name: must be letters a-z, digits, - _ and . (at most 64, a letter or digit first), not "leased line"',
    "line-name-twice": ':6: line[1].name: "leased-line" is the name of line[0] already',
    "line-title": ':4: line[0].title: must be one line of text, not ""',
    "line-title-number": ":4: line[0].title: must be text in quotes, not 7",
    "line-gateway": ':4: line[0].gateway: must be "auto", "none" or an address, not "192.168.1.256"',
    "line-next-hop": ':4: line[0].next_hop: must be an IPv4 or IPv6 address, not "router.example.com"',
    "line-source": ':4: line[0].source: must be an IPv4 or IPv6 address, not "eth0"',
    "line-source-family": ':3: line[0].anchors[1]: "tcp://192.0.2.1:443" cannot be asked from source, which is IPv6',
    "anchors-missing": ":1: line[0].anchors: must be given",
    "anchors-empty": ":3: line[0].anchors: must hold at least one value",
    "anchors-text": ':3: line[0].anchors: must be a list, not "192.0.2.1"',
    "anchors-many": ":3: line[0].anchors: must hold at most 100 values",
    "anchor-address": ':5: line[0].anchors[1]: must be an address, a host name, "tcp://host:port" or "dns://server/name", not "192.0.2.256"',
    "anchor-number": ':3: line[0].anchors[1]: must be an address, a host name, "tcp://host:port" or "dns://server/name", not 8',
    "anchor-tcp": ':3: line[0].anchors[0]: must be an address, a host name, "tcp://host:port" or "dns://server/name", not "tcp://192.0.2.1"',
    "anchor-dns": ':3: line[0].anchors[0]: must be an address, a host name, "tcp://host:port" or "dns://server/name", not "dns://192.0.2.1"',
    "anchor-http": ":3: line[0].anchors[0]: must not be a web page; watch that as an [[endpoint]]",
    "anchor-brackets": ':3: line[0].anchors[0]: must be an address, a host name, "tcp://host:port" or "dns://server/name", not "[192.0.2.1]"',
    "anchor-twice": ':3: line[0].anchors[1]: "2001:db8::1" is there twice',
    "anchor-gateway": ':3: line[0].anchors[1]: "192.0.2.2" is the gateway too; an anchor lies beyond the line',
    "anchor-next-hop": ':3: line[0].anchors[0]: "192.0.2.1" is the next_hop too; an anchor lies beyond the line',
    "quorum": ":4: line[0].quorum: must be at most the number of anchors, 2, not 3",
    "quorum-zero": ":4: line[0].quorum: must be at least 1, not 0",
    "interval": ':4: line[0].interval: must be a duration such as "3s", not "3"',
    "interval-number": ':4: line[0].interval: must be a duration such as "3s", not 3',
    "interval-short": ':4: line[0].interval: must be at least 200ms, not "100ms"',
    "interval-long": ':4: line[0].interval: must be at most 1h, not "2h"',
    "timeout": ':4: line[0].timeout: must be at most 60s, not "2m"',
    "timeout-zero": ':4: line[0].timeout: must be at least 1ms, not "0s"',
    "retry-interval": ":4: line[0].retry_interval: must not be longer than interval",
    "stale-after": ":5: line[0].stale_after: must be at least one interval",
    "fall-text": ':4: line[0].fall: must be a whole number, not "3"',
    "fall-true": ":4: line[0].fall: must be a whole number, not true",
    "fall-decimal": ":4: line[0].fall: must be a whole number, not 3.0",
    "rise-great": ":4: line[0].rise: must be at most 1000, not 1001",
    "degraded-loss": ':4: line[0].degraded_loss: must be a ratio between 0 and 1 such as 0.9995, not "5%"',
    "degraded-rtt": ':4: line[0].degraded_rtt: must be a duration such as "3s", not "fast"',
    "line-key": ':4: line[0].anchor: unknown key; did you mean "anchors"?',
    "contract-key": ':5: line[0].contract.providor: unknown key; did you mean "provider"?',
    "contract-date-text": ':5: line[0].contract.start: must be a date such as 2022-01-31, without quotes, not "2022-01-01"',
    "contract-date-time": ":5: line[0].contract.start: must be a date such as 2022-01-31, without quotes, not 2022-01-01 00:00:00+08:00",
    "contract-end": ":6: line[0].contract.end: 2021-12-31 is before start, 2022-01-01",
    "contract-cost": ':5: line[0].contract.cost: must be an amount in 万元 such as 6 or 5.98, not "6万元"',
    "contract-cost-negative": ":5: line[0].contract.cost: must be an amount in 万元 such as 6 or 5.98, not -6",
    "contract-cost-infinite": ":5: line[0].contract.cost: must be an amount in 万元 such as 6 or 5.98, not Infinity",
    "payment-amount": ":5: line[0].contract.payments[1].amount: must have at most 6 decimals (a fen is 0.000001 万元)",
    "payment-on": ":7: line[0].contract.payments[1].on: must be given",
    "payment-not-a-list": ":5: line[0].contract.payments: must be a list, not 6",
    "payment-key": ":7: line[0].contract.payments[0].reference: unknown key",
    "sla-target": ":5: line[0].sla.target: must be a ratio between 0 and 1 such as 0.9995, not 99.95",
    "sla-target-text": ':5: line[0].sla.target: must be a ratio between 0 and 1 such as 0.9995, not "99.95%"',
    "sla-target-fine": ":5: line[0].sla.target: must have at most 12 decimals",
    "hours-text": ':5: line[0].sla.service_hours: must be "24x7" or a table such as { workdays = "08:30-17:30", holidays = "china" }, not "office"',
    "hours-empty": ':5: line[0].sla.service_hours: is empty; write "24x7" where every hour counts',
    "hours-key": ':5: line[0].sla.service_hours.workday: unknown key; did you mean "workdays"?',
    "hours-window": ':5: line[0].sla.service_hours.workdays: must be hours such as "08:30-12:00, 14:00-17:30", or "closed", not "9 to 5"',
    "hours-number": ':5: line[0].sla.service_hours.mon: must be hours such as "08:30-17:30", or "closed", not 8',
    "hours-inverted": ':5: line[0].sla.service_hours.mon: must end after they start and by 24:00, not "22:00-06:00"; '
    "hours over midnight are two windows on two days",
    "hours-late": ':5: line[0].sla.service_hours.mon: must end after they start and by 24:00, not "22:00-24:30"; '
    "hours over midnight are two windows on two days",
    "hours-overlap": ':5: line[0].sla.service_hours.mon: must be in order and not overlap, "11:00-12:00" does',
    "hours-both": ":5: line[0].sla.service_hours: has workdays or restdays beside sat: write working days or days of the week, not both",
    "hours-holidays": ":5: line[0].sla.service_hours: has restdays or holidays without workdays: write the hours of a working day too",
    "hours-country": ':5: line[0].sla.service_hours.holidays: must be "none" or "china", not "latvia"',
    "hours-none": ":5: line[0].sla.service_hours: leaves no hour in which the service is owed",
    "hours-overrides": ':5: line[0].sla.service_hours.overrides: must be a table such as { 2022-10-05 = "closed" }, not "closed"',
    "hours-override-key": ':5: line[0].sla.service_hours.overrides: must have dates such as 2022-10-05 as keys, not "christmas"',
    "hours-override": ':5: line[0].sla.service_hours.overrides: 2022-10-05 must be hours such as "08:30-17:30", or "closed", not true',
    "calendar-year": ":5: calendar[0].year: must be given",
    "calendar-other-year": ":7: calendar[0].holidays: must lie in 2028, 2027-12-31 does not",
    "calendar-text": ':7: calendar[0].workdays[0]: must be a date such as 2022-01-31, without quotes, not "2028-01-08"',
    "calendar-twice": ":8: calendar[1].year: 2028 is the year of calendar[0] already",
    "calendar-single-brackets": ":5: calendar: must be written [[calendar]], with double brackets, not a table",
    "sla-degraded": ':5: line[0].sla.degraded: must be "up" or "down", not "unknown"',
    "sla-dotted": ":4: line[0].sla.min_coverage: must be a ratio between 0 and 1 such as 0.9995, not 2",
    "endpoint-name-twice": ':6: endpoint[0].name: "leased-line" is the name of line[0] already',
    "endpoint-url-missing": ":5: endpoint[0].url: must be given",
    "endpoint-url": ':7: endpoint[0].url: must be a URL such as "https://host/", "tcp://host:port" or "dns://server/name"',
    "endpoint-url-host": ':7: endpoint[0].url: must be a URL such as "https://host/", "tcp://host:port" or "dns://server/name"',
    "endpoint-url-port": ':7: endpoint[0].url: must be a URL such as "https://host/", "tcp://host:port" or "dns://server/name"',
    "endpoint-url-blank": ':7: endpoint[0].url: must be a URL such as "https://host/", "tcp://host:port" or "dns://server/name"',
    "endpoint-url-password": ":7: endpoint[0].url: must not hold a user name or password; give them as auth",
    "endpoint-url-number": ':7: endpoint[0].url: must be a URL such as "https://host/", "tcp://host:port" or "dns://server/name", not 80',
    "endpoint-behind": ':8: endpoint[0].behind: no [[line]] is named "leasedline"; there is "leased-line"',
    "endpoint-behind-no-line": ':4: endpoint[0].behind: no [[line]] is named "leased-line"; there is none at all',
    "endpoint-retry-interval": ":9: endpoint[0].retry_interval: must not be longer than interval",
    "endpoint-method": ':8: endpoint[0].method: must be "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" or "OPTIONS", not "get"',
    "endpoint-headers": ':8: endpoint[0].headers: "X Token" cannot be the name of a header',
    "endpoint-headers-value": ":8: endpoint[0].headers: the value of Authorization must be one line of ASCII text",
    "endpoint-headers-text": ':8: endpoint[0].headers: must be a table such as { Accept = "text/html" }',
    "endpoint-body": ":8: endpoint[0].body: must be text in quotes, and not empty",
    "endpoint-auth": ':8: endpoint[0].auth: must be "user:password" or { env = "NAME" }',
    "endpoint-auth-env": ':8: endpoint[0].auth: the environment variable "SITE_AUTH" is not set',
    "endpoint-auth-env-colon": ':8: endpoint[0].auth: the environment variable "NO_COLON" must hold "user:password"',
    "endpoint-auth-table": ':8: endpoint[0].auth: must be "user:password" or { env = "NAME" }',
    "endpoint-redirects": ":8: endpoint[0].redirects: must be at most 20, not 21",
    "endpoint-verify-tls": ':8: endpoint[0].verify_tls: must be true or false, not "no"',
    "endpoint-ca-file": ':8: endpoint[0].ca_file: there is no file "{folder}/no-such.pem"',
    "endpoint-ca-file-folder": ':8: endpoint[0].ca_file: there is no file "{folder}"',
    "endpoint-ca-file-no-pem": ':8: endpoint[0].ca_file: "{folder}/empty.toml" holds no certificate (PEM)',
    "endpoint-ip": ':8: endpoint[0].ip: must be "any", "4" or "6", not 4',
    "endpoint-max-bytes": ":8: endpoint[0].max_bytes: must be at least 1, not 0",
    "endpoint-record-on-http": ":8: endpoint[0].record: belongs to a dns:// URL, not to an http:// or https:// one",
    "endpoint-send-on-dns": ":8: endpoint[0].send: belongs to a tcp:// URL, not to a dns:// one",
    "endpoint-method-on-tcp": ":8: endpoint[0].method: belongs to an http:// or https:// URL, not to a tcp:// one",
    "endpoint-ip-on-dns": ":8: endpoint[0].ip: belongs to an http:// or https:// or a tcp:// URL, not to a dns:// one",
    "endpoint-record": ':8: endpoint[0].record: must be "A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV" or "TXT", not "ANY"',
    "endpoint-sla": ':9: endpoint[0].sla.local_faults: must be "unknown" or "down", not "up"',
    "expect-status": ":8: endpoint[0].expect.status: must be a list, not 200",
    "expect-status-empty": ":8: endpoint[0].expect.status: must hold at least one value",
    "expect-status-range": ":8: endpoint[0].expect.status[1]: must be at most 599, not 600",
    "expect-key": ':8: endpoint[0].expect.statsu: unknown key; did you mean "status"?',
    "expect-body": ":8: endpoint[0].expect.body: must be text in quotes, and not empty",
    "expect-body-regex": ":8: endpoint[0].expect.body_regex: is not a regular expression: missing ), unterminated subpattern",
    "expect-body-regex-large": ":8: endpoint[0].expect.body_regex: is not a regular expression: too large",
    "expect-header": ":8: endpoint[0].expect.header: Server is not a regular expression: nothing to repeat",
    "expect-header-name": ':8: endpoint[0].expect.header: "Ser ver" cannot be the name of a header',
    "expect-header-text": ':8: endpoint[0].expect.header: must be a table such as { Server = "nginx" }, not "Server: nginx"',
    "expect-tls-days": ":8: endpoint[0].expect.tls_days: must be at least 1, not -1",
    "expect-max-ms": ':8: endpoint[0].expect.max_ms: must be a whole number of milliseconds from 1 to 60000, not "3s"',
    "expect-on-tcp": ":8: endpoint[0].expect.status: belongs to an http:// or https:// URL, not to a tcp:// one",
    "expect-on-dns": ":8: endpoint[0].expect.reply_regex: belongs to a tcp:// URL, not to a dns:// one",
    "expect-answer-empty": ":8: endpoint[0].expect.answer: must hold at least one value",
    "expect-answer-number": ":8: endpoint[0].expect.answer[0]: must be text in quotes, not 1",
    "expect-rcode": ':8: endpoint[0].expect.rcode: must be "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP" or "REFUSED", not "OK"',
    "expect-answer-rcode": ":8: endpoint[0].expect.answer: cannot be expected together with an rcode other than NOERROR",
    "expect-reply-regex": ":8: endpoint[0].expect.reply_regex: is not a regular expression: unterminated character set",
    "indicator-name": ":5: indicator[0].name: must be given",
    "indicator-name-twice": ':9: indicator[1].name: "条数" is the name of indicator[0] already',
    "indicator-operator": ':7: indicator[0].operator: must be "=", ">=", "<=" or "qualitative", not ">"',
    "indicator-actual": ":7: indicator[0].actual: must be a number or text, not a list",
    "indicator-actual-nan": ":7: indicator[0].actual: must be a number or text, not NaN",
    "indicator-actual-great": ":7: indicator[0].actual: must be a number or text, not so large a number",
    "indicator-weight": ":7: indicator[0].weight: must be a number of points from 0 to 100, not 101",
    "indicator-note": ':7: indicator[0].note: must be text without control characters, not "\\x07"',
    "indicator-note-number": ":7: indicator[0].note: must be text in quotes, not 1",
}


def problems(name: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load(BAD / f"{name}.toml", ENVIRON)
    return caught.value.problems


@pytest.mark.parametrize("name", MESSAGES)
def test_the_mistake_gets_its_line_and_nothing_else(name: str) -> None:
    assert problems(name) == (f"{BAD / name}.toml{MESSAGES[name].replace('{folder}', str(BAD))}",)


def test_every_file_of_the_folder_is_in_the_table() -> None:
    assert {file.name for file in BAD.iterdir()} == {f"{name}.toml" for name in MESSAGES}


def test_what_may_be_a_password_is_never_shown() -> None:
    told = [name for name in MESSAGES if "hunter2" in "".join(problems(name))]
    assert told == []
    assert len([file for file in BAD.iterdir() if "hunter2" in file.read_text()]) >= 8
