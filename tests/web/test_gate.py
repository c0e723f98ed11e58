"""The password: who gives it comes in, who guesses is slowed down, and who gave it once is never kept waiting."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from linewatch.web.application import application
from linewatch.web.gate import TRIES, WAITING, WITHIN_SECONDS, Gate, given
from linewatch.web.guard import Guard
from linewatch.web.listener import bind
from linewatch.web.password import hashed, matches
from linewatch.web.server import Server
from tests.web.conftest import Daemon

PASSWORD = "正确的马 battery:staple"
KEPT = hashed(PASSWORD)


@asynccontextmanager
async def guarded(daemon: Daemon, clock: Callable[[], float] | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """The pages behind the password, on a socket that others could reach."""
    sock = bind("127.0.0.1", 0)
    pages = application(daemon.pages(), loopback_only=False, password_hash=KEPT)
    if clock is not None:
        pages = Guard(Gate(application(daemon.pages(), loopback_only=False), KEPT, clock), loopback_only=False)
    server = Server(pages)
    serving = asyncio.create_task(server.serve(sock))
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{sock.getsockname()[1]}", timeout=60) as client:
            yield client
    finally:
        await server.stop(timedelta(seconds=1))
        await serving


async def test_nothing_is_shown_without_it(daemon: Daemon) -> None:
    async with guarded(daemon) as client:
        for path in ("/", "/metrics", "/healthz", "/api/v1/status", "/nothing"):
            answer = await client.get(path)
            assert (answer.status_code, answer.text) == (401, "The password is needed.\n")
            assert answer.headers["www-authenticate"] == 'Basic realm="linewatch", charset="UTF-8"'
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            assert (await client.get(path, auth=("", "wrong"))).status_code == 401
    assert daemon.asked == []


async def test_with_it_and_any_name_all_is_shown(daemon: Daemon) -> None:
    async with guarded(daemon) as client:
        for name in ("office", "prometheus", ""):
            assert (await client.get("/metrics", auth=httpx.BasicAuth(name.encode(), PASSWORD.encode()))).status_code == 200


async def test_guesses_are_counted_and_the_right_password_is_known_all_the_same(daemon: Daemon) -> None:
    now = [1000.0]
    right = httpx.BasicAuth(b"", PASSWORD.encode())
    async with guarded(daemon, lambda: now[0]) as client:
        assert (await client.get("/healthz", auth=right)).status_code == 200
        assert [(await client.get("/healthz", auth=("", f"guess {n}"))).status_code for n in range(TRIES + 1)] == [401] * TRIES + [429]
        refused = await client.get("/healthz", auth=("", "guess"))
        assert (refused.text, refused.headers["retry-after"]) == ("Too many wrong passwords; come again later.\n", "60")
        assert (await client.get("/healthz", auth=right)).status_code == 200
        now[0] += WITHIN_SECONDS
        assert (await client.get("/healthz", auth=("", "guess"))).status_code == 401


async def test_a_newcomer_who_guessed_too_often_waits_even_with_the_right_one(daemon: Daemon) -> None:
    async with guarded(daemon) as client:
        for n in range(TRIES):
            await client.get("/healthz", auth=("", f"guess {n}"))
        assert (await client.get("/healthz", auth=httpx.BasicAuth(b"", PASSWORD.encode()))).status_code == 429


async def test_many_guesses_at_once_wait_in_a_short_queue(daemon: Daemon) -> None:
    async with guarded(daemon) as client:
        answers = await asyncio.gather(*(client.get("/healthz", auth=("", f"guess {n}")) for n in range(30)))
    codes = sorted(answer.status_code for answer in answers)
    assert set(codes) <= {401, 429, 503}
    assert codes.count(401) <= TRIES
    assert codes.count(401) >= WAITING


@pytest.mark.parametrize(
    ("header", "password"),
    [
        ("", None),
        ("Bearer abc", None),
        ("Basic", None),
        ("Basic !!!", None),
        (f"Basic {base64.b64encode(b'no colon').decode()}", None),
        (f"Basic {base64.b64encode(bytes([255, 58, 65])).decode()}", None),
        (f"basic {base64.b64encode(b'name:pass:word').decode()}", "pass:word"),
        (f"Basic {base64.b64encode(b':').decode()}", ""),
    ],
)
def test_what_the_header_gives(header: str, password: str | None) -> None:
    assert given(header) == password


def test_a_hash_is_salted_and_tells_its_password_from_others() -> None:
    assert hashed("one") != hashed("one")
    assert matches("one", hashed("one"))
    assert not matches("two", hashed("one"))
    assert matches("caf\u00e9 long", hashed("cafe\u0301 long"))
