"""Whatever bytes a server sends, and however it ends, the real check comes to an outcome about the server: never an exception, never a fault of ours.

In a namespace that has nothing but loopback, so that a redirect to a made-up address leads nowhere.
"""

from __future__ import annotations

import asyncio
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linewatch.probe.fault import LONGEST
from linewatch.probe.fetch import fetch
from linewatch.sample.outcome import Result
from linewatch.sample.target import HttpTarget
from tests.fuzzing import cases
from tests.netns import Network
from tests.probe.servers import reset

PATIENCE = timedelta(seconds=2)
HELD = timedelta(milliseconds=30)
"""How long a check waits for a server that holds the line: it has said all that it says long before."""

STATUS = (
    *(b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK", b"HTTP/1.1 302 Found", b"HTTP/1.1 307 x", b"HTTP/1.1 204 None", b"HTTP/1.1 100 Continue"),
    *(b"HTTP/1.1 304 x", b"HTTP/1.1 101 Switching Protocols", b"HTTP/2 200", b"HTTP/1.1 999 ", b"HTTP/1.1 2000 x", b"HTTP/1.1 -1 x"),
    *(
        b"HTTP/1.1 200",
        b"ICY 200 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1 200 \xff\xfe",
        b"HTTP/9.9 200 OK",
        b"http/1.1 200 ok",
        b"",
        b"\x16\x03\x01\x02",
    ),
)
CHARSETS = (
    *(b"utf-8", b"gbk", b"utf-7", b"utf-16", b"idna", b"punycode", b"unicode_escape", b"hex", b"rot13", b"zlib", b"mbcs", b"undefined", b"cp65001"),
)
PLACES = (
    *(b"/", b"/a", b"?", b"#", b"", b".", b"..", b"//", b"///", b"http:", b"http://", b"http:///x", b"//127.0.0.1:@/", b"//127.0.0.1:PORT/b"),
    *(b"http://127.0.0.1:PORT/c", b"http://u:p@127.0.0.1:PORT/", b"http://127.0.0.1:99999/", b"http://127.0.0.1:0/", b"http://127.0.0.1:1/"),
    *(b"http://[", b"http://[::1", b"http://[::1]x/", b"http://[fe80::1%25lo]/", b"http://127.0.0.1:port/", b"https://127.0.0.1:PORT/", b"http://%/"),
    *(b"mailto:a", b"javascript:0", b"file:///etc/passwd", b"ftp://127.0.0.1/", b"data:,x", b"/\xff\xfe", b"/\xe5\xbe\xae", b"/ a b", b"/\x7f"),
    *(
        b"/%zz",
        b"/" + b"x" * 9000,
        b"http://127.0.0.1:PORT/" + b"%41" * 3000,
        b"\\\\127.0.0.1:PORT\\",
        b"/\t",
        b"http://127.1:PORT/",
        b"http://0x7f.1/",
    ),
)
LENGTHS = (b"0", b"4", b"5", b"-1", b"+5", b"5, 5", b"5, 6", b"0x5", b"5.0", b"", b" ", b"9" * 30, b"\xb2", b"1_0")
CODINGS = (b"gzip", b"deflate", b"x-gzip", b"br", b"gzip, gzip", b"identity", b"GZIP", b"", b"\xff", b"zstd")
FRAMINGS = (b"chunked", b"Chunked", b"gzip, chunked", b"chunked, chunked", b"identity", b"x")
COOKIES = (*(b"a=b", b"a=b; Expires=Thu, 99 Foo 99999 99:99:99", b"=", b"a=\xff", b"a=b; Max-Age=" + b"9" * 40, b"a=b; Domain=.", b"; ; ;"),)
HEADER = st.one_of(
    st.tuples(st.just(b"Content-Length"), st.sampled_from(LENGTHS)),
    st.tuples(st.just(b"Transfer-Encoding"), st.sampled_from(FRAMINGS)),
    st.tuples(st.just(b"Content-Encoding"), st.sampled_from(CODINGS)),
    st.tuples(st.just(b"Content-Type"), st.sampled_from(CHARSETS).map(lambda name: b"text/html; charset=" + name)),
    st.tuples(st.just(b"Location"), st.sampled_from(PLACES)),
    st.tuples(st.just(b"Set-Cookie"), st.sampled_from(COOKIES)),
    st.tuples(st.binary(max_size=8), st.binary(max_size=12)),
)
PLAIN = st.one_of(
    st.binary(max_size=60), st.sampled_from([b"well", b"x" * 70_000, b'<meta charset="utf-7">+AGE-', b"<meta charset=hex>zz", "微".encode("gbk") * 9])
)


def chunked(body: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, min(len(body), 70), 7)) + b"0\r\n\r\n"


BODY = st.one_of(
    PLAIN,
    PLAIN.map(gzip.compress),
    PLAIN.map(zlib.compress),
    PLAIN.map(lambda body: gzip.compress(gzip.compress(body))),
    PLAIN.map(chunked),
    PLAIN.map(lambda body: chunked(gzip.compress(body))),
    st.sampled_from([b"fffffffff\r\nx", b"-1\r\n", b"5;a=b\r\nabcde\r\n0\r\nX: y\r\n\r\n", b"0\r\n" + b"T: x\r\n" * 500, b"G\r\n", b"1\r\nab"]),
)


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    """An answer that is nearly right: a status line, headers, a body, and then perhaps some of its bytes cut, doubled or changed."""
    head = [draw(st.sampled_from(STATUS)), *(b"%s: %s" % header for header in draw(st.lists(HEADER, max_size=5)))]
    end = draw(st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"]))
    whole = end.join(head) + end * 2 + draw(BODY)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        start = draw(st.integers(0, len(whole)))
        stop = start + draw(st.integers(0, 9))
        whole = whole[:start] + draw(st.sampled_from([b"", whole[start:stop] * 2, b"\0", b"\r\n", b": ", b"\xff", b"0"])) + whole[stop:]
    return whole


@dataclass
class Says:
    """A server on loopback that says what it is told to, in two pieces, and then closes, resets, or holds the line."""

    runner: asyncio.Runner
    port: int = 0
    answer: bytes = b""
    cut: int = 0
    then: str = "close"
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            await reader.readuntil(b"\r\n\r\n")
            for piece in (self.answer[: self.cut], self.answer[self.cut :]):
                writer.write(piece)
                await writer.drain()
            if self.then == "hold":
                await reader.read()
            elif self.then == "reset":
                reset(writer)
        except (OSError, EOFError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()
            self._ends.discard(writer)


@pytest.fixture(scope="module")
def server() -> Iterator[Says]:
    with Network() as network, network.namespace().inside(), asyncio.Runner() as runner:
        says = Says(runner)

        async def start() -> asyncio.Server:
            return await asyncio.start_server(says, "127.0.0.1", 0, limit=1 << 20)

        listening = runner.run(start())
        says.port = listening.sockets[0].getsockname()[1]
        yield says

        async def stop() -> None:
            listening.close()
            await asyncio.sleep(0.05)

        runner.run(stop())


@cases(300)
@given(
    response=st.one_of(responses(), responses(), responses(), st.binary(max_size=200)),
    cut=st.integers(0, 400),
    then=st.sampled_from(["close", "close", "close", "reset", "hold"]),
    method=st.sampled_from(["GET", "GET", "HEAD", "POST"]),
)
@example(response=b"HTTP/1.1 302 Found\r\nLocation: /\r\nSet-Cookie: a=\xff\r\n\r\n", cut=0, then="close", method="GET")
@example(response=b"HTTP/1.1 302 Found\r\nLocation: http://[fe80::1%25lo]/\r\n\r\n", cut=0, then="close", method="GET")
def test_whatever_a_server_sends_is_an_outcome_about_the_server(server: Says, response: bytes, cut: int, then: str, method: str) -> None:
    server.answer = response.replace(b"PORT", str(server.port).encode())
    server.cut, server.then = cut, then
    target = HttpTarget(
        f"http://127.0.0.1:{server.port}/", method=method, content=b"x" if method == "POST" else b"", body_regex=re.compile("well"), redirects=3
    )
    outcome = server.runner.run(fetch(target, HELD if then == "hold" else PATIENCE))
    assert outcome.result in (Result.OK, Result.LOST, Result.BAD), outcome
    assert outcome.detail.isprintable()
    assert len(outcome.detail) <= LONGEST
    assert (outcome.result is Result.OK) == (outcome.detail == "")
    assert outcome.rtt_us is None or outcome.rtt_us >= 0
