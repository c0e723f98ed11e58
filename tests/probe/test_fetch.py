"""The HTTP check against servers that answer, misbehave, or say nothing."""

from __future__ import annotations

import asyncio
import gzip
import re
import time
import zlib
from datetime import timedelta

import pytest

from linewatch.probe.fetch import fetch
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.target import HttpTarget
from tests.probe.servers import SHORT, SOON, Handler, Site, page, refused_port, reset, resetting, saying, serving, silent


async def fetched(handler: Handler, timeout: timedelta = SOON, path: str = "/", host: str = "127.0.0.1", **target: object) -> Outcome:
    async with serving(handler, host.strip("[]")) as port:
        return await fetch(HttpTarget(f"http://{host}:{port}{path}", **target), timeout)


def regex(text: str) -> re.Pattern[str]:
    return re.compile(text)


async def test_a_page_as_expected_is_ok_with_its_phases() -> None:
    outcome = await fetched(Site({"/": page(b"hello")}), body="hell")
    assert (outcome.result, outcome.cause, outcome.detail) == (Result.OK, None, "")
    assert outcome.exchange is not None
    assert (outcome.exchange.address, outcome.exchange.status, outcome.exchange.certificate_expires_at) == ("127.0.0.1", 200, None)
    phases = outcome.exchange.phases
    assert phases.tls_us is None
    parts = (phases.resolve_us, phases.connect_us, phases.first_byte_us, phases.transfer_us)
    assert None not in parts
    assert outcome.rtt_us >= sum(part for part in parts if part is not None)


async def test_the_phases_say_where_the_time_went() -> None:
    outcome = await fetched(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", b"def", pause=0.1))
    assert outcome.exchange is not None
    assert outcome.exchange.phases.transfer_us >= 90_000
    assert outcome.exchange.phases.first_byte_us < outcome.exchange.phases.transfer_us


EXPECTED = [
    # (response, what is expected of it, result, cause, told)
    (page(b"x"), {}, Result.OK, None, ""),
    (page(b"", 204), {"status": frozenset({200, 204})}, Result.OK, None, ""),
    (page(b"x", 500), {}, Result.BAD, Cause.STATUS, "status 500, expected 200"),
    (page(b"x", 404), {"status": frozenset({301, 200})}, Result.BAD, Cause.STATUS, "status 404, expected 200 or 301"),
    (page(b"x", 503), {"status": frozenset({503})}, Result.OK, None, ""),
    (page(b"all is well"), {"body": "is well"}, Result.OK, None, ""),
    (page(b"out of order"), {"body": "well"}, Result.BAD, Cause.CONTENT, "the body does not contain 'well'"),
    (page(b"count 12"), {"body_regex": regex(r"count \d+")}, Result.OK, None, ""),
    (page(b"count none"), {"body_regex": regex(r"count \d+")}, Result.BAD, Cause.CONTENT, r"does not match /count \d+/"),
    (page(b"fine"), {"not_body_regex": regex("(?i)error")}, Result.OK, None, ""),
    (page(b"an Error"), {"not_body_regex": regex("(?i)error")}, Result.BAD, Cause.CONTENT, "which it must not"),
    (page(b"", 200, "X-Node: web-7"), {"header": (("x-node", regex(r"web-\d")),)}, Result.OK, None, ""),
    (page(b"", 200, "X-Node: secret"), {"header": (("X-Node", regex(r"web-\d")),)}, Result.BAD, Cause.CONTENT, r"X-Node does not match /web-\d/"),
    (page(b""), {"header": (("X-Node", regex(r"web-\d")),)}, Result.BAD, Cause.CONTENT, "the header X-Node is missing"),
    # characters
    (page("微博".encode("gbk"), 200, "Content-Type: text/html; charset=gb2312"), {"body": "微博"}, Result.OK, None, ""),
    (page("微博".encode("gbk"), 200, 'Content-Type: text/html; charset="GBK"'), {"body": "微博"}, Result.OK, None, ""),
    (page('<meta charset="gb2312">微博'.encode("gbk"), 200, "Content-Type: text/html"), {"body": "微博"}, Result.OK, None, ""),
    (page("微博".encode()), {"body": "微博"}, Result.OK, None, ""),
    (page(b"\xef\xbb\xbfstart"), {"body_regex": regex(r"\Astart")}, Result.OK, None, ""),
    (page("né".encode("latin-1"), 200, "Content-Type: text/plain; charset=iso-8859-1"), {"body": "né"}, Result.OK, None, ""),
    (page(b"a\xff\xfeb"), {"body": "a\ufffd\ufffdb"}, Result.OK, None, ""),
    (page(b"plain", 200, "Content-Type: text/plain; charset=no-such"), {"body": "plain"}, Result.OK, None, ""),
    (page(b"plain", 200, "Content-Type: text/plain; charset=base64"), {"body": "plain"}, Result.OK, None, ""),
    (page(b"a-b", 200, "Content-Type: text/plain; charset=punycode"), {"body": "a-b"}, Result.OK, None, ""),
    (page(rb"\u0041", 200, "Content-Type: text/plain; charset=unicode-escape"), {"body": r"\u0041"}, Result.OK, None, ""),
    # codings
    (page(gzip.compress(b"well", mtime=0), 200, "Content-Encoding: gzip"), {"body": "well"}, Result.OK, None, ""),
    (page(gzip.compress(b"we", mtime=0) + gzip.compress(b"ll"), 200, "Content-Encoding: GZIP"), {"body": "well"}, Result.OK, None, ""),
    (page(gzip.compress(b"well", mtime=0) + b"tail", 200, "Content-Encoding: gzip"), {"body_regex": regex(r"well\Z")}, Result.OK, None, ""),
    (page(zlib.compress(b"well"), 200, "Content-Encoding: deflate"), {"body": "well"}, Result.OK, None, ""),
    (page(zlib.compress(b"well", wbits=-15), 200, "Content-Encoding: deflate"), {"body": "well"}, Result.OK, None, ""),
    (page(b"\xff\xff\xff", 200, "Content-Encoding: gzip"), {}, Result.BAD, Cause.CONTENT, "not compressed as its header says"),
    (page(gzip.compress(b"x", mtime=0)[:12] + b"\xff" * 9, 200, "Content-Encoding: gzip"), {}, Result.BAD, Cause.CONTENT, "compressed"),
    (page(b"\x01\x02", 200, "Content-Encoding: br"), {"body": "well"}, Result.BAD, Cause.CONTENT, "encoded as br"),
    (page(b"\x01\x02", 200, "Content-Encoding: br"), {}, Result.OK, None, ""),
]


@pytest.mark.parametrize(("response", "expect", "result", "cause", "told"), EXPECTED)
async def test_what_is_expected(response: bytes, expect: dict[str, object], result: Result, cause: Cause | None, told: str) -> None:
    outcome = await fetched(Site({"/": response}), **expect)
    assert (outcome.result, outcome.cause) == (result, cause)
    assert told in outcome.detail
    assert "secret" not in outcome.detail
    assert outcome.rtt_us is not None


OK_HEAD = b"HTTP/1.1 200 OK\r\n"
MISBEHAVING = [
    # (server, result, cause, told)
    (silent, Result.LOST, Cause.TIMEOUT, "no end within 0.5 s, waiting for an answer from 127.0.0.1"),
    (saying(then="hold"), Result.LOST, Cause.TIMEOUT, "waiting for an answer from"),
    (saying(*[bytes([byte]) for byte in OK_HEAD], pause=0.05), Result.LOST, Cause.TIMEOUT, "reading the answer of"),
    (saying(OK_HEAD + b"Content-Length: 9\r\n\r\nabc", then="hold"), Result.LOST, Cause.TIMEOUT, "reading the answer of"),
    (saying(), Result.LOST, Cause.CONNECT, "closed the connection without an answer"),
    (saying(then="reset"), Result.LOST, Cause.CONNECT, "closed the connection without an answer"),
    (resetting, Result.LOST, Cause.CONNECT, "closed the connection without an answer"),
    (saying(OK_HEAD), Result.BAD, Cause.CONTENT, "stopped in the middle"),
    (saying(OK_HEAD, pause=0.05, then="reset"), Result.BAD, Cause.CONTENT, "broke off the connection"),
    (saying(OK_HEAD + b"Content-Length: 9\r\n\r\nabc"), Result.BAD, Cause.CONTENT, "stopped in the middle"),
    (saying(OK_HEAD + b"Content-Length: 9\r\n\r\nabc", pause=0.05, then="reset"), Result.BAD, Cause.CONTENT, "broke off"),
    (saying(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"), Result.BAD, Cause.CONTENT, "stopped in the middle"),
    (saying(b"220 mail ready\r\n"), Result.BAD, Cause.CONTENT, "does not speak HTTP"),
    (saying(b"\x00\x01\x02\xff" * 40), Result.BAD, Cause.CONTENT, "does not speak HTTP"),
    (saying(OK_HEAD + b"X: " + b"y" * 300_000), Result.BAD, Cause.CONTENT, "does not speak HTTP"),
    (saying(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"), Result.OK, None, ""),
    (saying(OK_HEAD + b"Content-Length: 3\r\n\r\nabc", then="hold"), Result.OK, None, ""),
    (saying(b"HTTP/1.1 100 Continue\r\n\r\n" + OK_HEAD + b"Content-Length: 0\r\n\r\n"), Result.OK, None, ""),
    (saying(b"HTTP/1.1 101 Switching\r\n\r\n", then="hold"), Result.BAD, Cause.CONTENT, "does not speak HTTP"),
]


@pytest.mark.parametrize(("server", "result", "cause", "told"), MISBEHAVING)
async def test_servers_that_misbehave(server: Handler, result: Result, cause: Cause | None, told: str) -> None:
    outcome = await fetched(server, SHORT if cause is Cause.TIMEOUT else SOON)
    assert (outcome.result, outcome.cause) == (result, cause)
    assert told in outcome.detail


@pytest.mark.parametrize("host", ["[::1]", "localhost"])
async def test_ipv6_and_names(host: str) -> None:
    site = Site({"/": page(b"x")})
    async with serving(site, "::1" if host == "[::1]" else "127.0.0.1") as port:
        outcome = await fetch(HttpTarget(f"http://{host}:{port}/", ip="6" if host == "[::1]" else "4"), SOON)
    assert outcome.result is Result.OK
    assert f"Host: {host}:{port}" in site.heads[0]


@pytest.mark.parametrize(
    ("url", "ip", "result", "cause"),
    [
        ("http://a..b/", "any", Result.LOST, Cause.DNS),
        ("http://[::1]:1/", "4", Result.LOST, Cause.DNS),
        ("ftp://127.0.0.1/", "any", Result.ERROR, Cause.MONITOR),
        ("http://", "any", Result.ERROR, Cause.MONITOR),
        ("http://user:geheim@127.0.0.1:port/", "any", Result.ERROR, Cause.MONITOR),
    ],
)
async def test_urls_that_lead_nowhere(url: str, ip: str, result: Result, cause: Cause) -> None:
    outcome = await fetch(HttpTarget(url, ip=ip), SOON)
    assert (outcome.result, outcome.cause) == (result, cause)
    assert "geheim" not in outcome.detail


async def test_a_refused_port_is_lost() -> None:
    with refused_port() as port:
        outcome = await fetch(HttpTarget(f"http://127.0.0.1:{port}/"), SOON)
    assert (outcome.result, outcome.cause, outcome.detail) == (Result.LOST, Cause.CONNECT, f"127.0.0.1:{port}: connection refused")


async def test_the_deadline_covers_all_phases_together() -> None:
    """Each byte comes soon enough; all of them do not."""
    began = time.monotonic()
    outcome = await fetched(saying(OK_HEAD + b"Content-Length: 900\r\n\r\n", *[b"x"] * 900, pause=0.05), SHORT)
    assert (outcome.result, outcome.cause) == (Result.LOST, Cause.TIMEOUT)
    assert outcome.exchange is not None
    assert outcome.exchange.status == 200
    assert time.monotonic() - began < 5


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(OK_HEAD + b"\r\n")
    while True:
        writer.write(b"z" * 4096)
        await writer.drain()


async def test_an_endless_body_is_judged_on_its_beginning() -> None:
    assert (await fetched(endless, body="zzz", max_bytes=20_000)).result is Result.OK
    outcome = await fetched(endless, body="needle", max_bytes=20_000)
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.CONTENT)
    assert outcome.detail == "the first 20000 bytes of the body does not contain 'needle'"


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b"\0" * 1_048_576) for _ in range(megabytes)) + packer.flush()


async def test_a_gzip_bomb_takes_no_more_than_its_limit() -> None:
    import tracemalloc

    response = page(bomb(200), 200, "Content-Encoding: gzip")
    assert len(response) < 300_000
    tracemalloc.start()
    try:
        outcome = await fetched(Site({"/": response}), max_bytes=100_000, body="needle")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.CONTENT)
    assert peak < 8_000_000


async def test_an_endless_stream_that_decodes_to_nothing_is_left() -> None:
    empty = gzip.compress(b"", mtime=0) * 50_000
    outcome = await fetched(Site({"/": page(empty, 200, "Content-Encoding: gzip")}), max_bytes=1000)
    assert outcome.result is Result.OK


GZIP_HEAD = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ((gzip.compress(b"we", mtime=0), gzip.compress(b"ll")), ""),
        ((gzip.compress(b"well", mtime=0), b"tail", b"and more"), ""),
        (tuple(gzip.compress(b"well", mtime=0)[at : at + 1] for at in range(24)), ""),
        ((gzip.compress(b"well", mtime=0)[:10], b"\x07\xff\xff"), "the compressed body is damaged"),
    ],
)
async def test_compressed_data_that_come_in_pieces(pieces: tuple[bytes, ...], told: str) -> None:
    outcome = await fetched(saying(GZIP_HEAD, *pieces, pause=0.01), body_regex=regex(r"\Awell\Z"))
    assert (outcome.cause, outcome.detail) == ((Cause.CONTENT, told) if told else (None, ""))


async def test_nothing_is_read_where_nothing_may_be() -> None:
    assert (await fetched(Site({"/": page(b"abc")}), max_bytes=0)).result is Result.OK


async def test_what_is_sent() -> None:
    site = Site({"/form": page(b"x")})
    await fetched(site, path="/form", method="POST", content=b"a=1", auth=("user", "geheim"), headers=(("X-Token", "t"), ("User-Agent", "probe/1")))
    head = site.heads[0].lower()
    assert head.startswith("post /form http/1.1\r\n")
    for line in ("x-token: t", "user-agent: probe/1", "authorization: basic dxnlcjpnzwhlaw0=", "connection: close", "content-length: 3"):
        assert line in head.split("\r\n")
    assert head.count("user-agent") == 1
    assert site.bodies == [b"a=1"]


async def test_the_url_may_carry_the_credentials_and_nothing_repeats_them() -> None:
    site = Site({"/": page(b"x", 500)})
    async with serving(site) as port:
        outcome = await fetch(HttpTarget(f"http://user:geheim@127.0.0.1:{port}/"), SOON)
    assert "Basic dXNlcjpnZWhlaW0=" in site.heads[0]
    assert "geheim" not in site.heads[0]
    assert "geheim" not in repr(outcome)


async def test_linewatch_says_who_it_is_and_ignores_the_environments_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    with refused_port() as dead:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{dead}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{dead}")
        site = Site({"/": page(b"x", 200, "Set-Cookie: a=1")})
        async with serving(site) as port:
            target = HttpTarget(f"http://127.0.0.1:{port}/")
            assert [(await fetch(target, SOON)).result for _ in range(2)] == [Result.OK] * 2
    assert "user-agent: linewatch/" in site.heads[0].lower()
    assert "cookie" not in site.heads[1].lower()
    assert len(site.heads) == 2


async def test_head_has_no_body_to_wait_for() -> None:
    assert (await fetched(saying(OK_HEAD + b"Content-Length: 99\r\n\r\n", then="hold"), method="HEAD")).result is Result.OK


async def test_a_server_that_answers_before_it_has_read_all_is_heard() -> None:
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(page(b"too much", 413))
        await writer.drain()
        await asyncio.sleep(0.1)
        reset(writer)

    outcome = await fetched(early, method="POST", content=b"x" * 8_000_000)
    assert (outcome.result, outcome.cause, outcome.detail) == (Result.BAD, Cause.STATUS, "status 413, expected 200")


async def test_slower_than_allowed_is_an_answer_with_a_reservation() -> None:
    outcome = await fetched(saying(page(b"x"), pause=0.0), max=timedelta(microseconds=1))
    assert (outcome.result, outcome.cause) == (Result.OK, Cause.LATENCY)
    assert "more than 0 ms" in outcome.detail


@pytest.mark.parametrize("target", [{"headers": (("X-Bad", "geheim\r\nInjected: 1"),)}, {"headers": (("X-Bad", "geheim é\u4e2d"),)}])
async def test_a_request_that_cannot_be_sent_is_the_monitors_fault_and_quotes_nothing(target: dict[str, object]) -> None:
    outcome = await fetched(Site({"/": page(b"x")}), **target)
    assert (outcome.result, outcome.cause) == (Result.ERROR, Cause.MONITOR)
    assert "geheim" not in outcome.detail


async def test_the_source_address_is_used() -> None:
    seen: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("peername")[0])
        await saying(page(b"x"))(reader, writer)

    async with serving(note) as port:
        outcome = await fetch(HttpTarget(f"http://127.0.0.1:{port}/"), SOON, source="127.0.0.55")
    assert outcome.result is Result.OK
    assert seen == ["127.0.0.55"]


async def test_a_check_that_is_cancelled_is_cancelled() -> None:
    async with serving(silent) as port:
        check = asyncio.create_task(fetch(HttpTarget(f"http://127.0.0.1:{port}/"), SOON))
        await asyncio.sleep(0.05)
        check.cancel()
        with pytest.raises(asyncio.CancelledError):
            await check
