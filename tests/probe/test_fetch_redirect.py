"""Redirects: followed up to a limit, loops named, secrets kept at home."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linewatch.probe.fetch import fetch
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.target import HttpTarget
from tests.probe.servers import SOON, Site, moved, page, serving

SECRETS = {"auth": ("user", "geheim"), "headers": (("X-Api-Key", "geheim"), ("Cookie", "k=geheim"), ("Accept-Language", "zh"))}


async def fetched(site: Site, path: str = "/", timeout: timedelta = SOON, **target: object) -> Outcome:
    async with serving(site) as port:
        return await fetch(HttpTarget(f"http://127.0.0.1:{port}{path}", **target), timeout)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/there", "there", "//127.0.0.1:{port}/there", "http://127.0.0.1:{port}/there#part", "./x/../there?"])
async def test_redirects_are_followed(status: int, location: str) -> None:
    site = Site({"/there": page(b"arrived"), "/there?": page(b"arrived")})
    async with serving(site) as port:
        site.pages["/"] = moved(location.format(port=port), status)
        outcome = await fetch(HttpTarget(f"http://127.0.0.1:{port}/", body="arrived"), SOON)
    assert outcome.result is Result.OK
    assert outcome.exchange is not None
    assert outcome.exchange.status == 200


async def test_no_redirect_is_followed_where_none_may_be() -> None:
    site = Site({"/": moved("/there")})
    assert (await fetched(site, redirects=0, status=frozenset({302}))).result is Result.OK
    outcome = await fetched(site, redirects=0)
    assert (outcome.result, outcome.cause, outcome.detail) == (Result.BAD, Cause.STATUS, "status 302, expected 200")
    assert site.paths == ["/", "/"]


async def test_a_redirect_without_a_location_is_the_final_response() -> None:
    assert (await fetched(Site({"/": page(b"", 302)}), status=frozenset({302}))).result is Result.OK
    assert (await fetched(Site({"/": page(b"", 304)}), status=frozenset({304}))).result is Result.OK


async def test_the_limit_is_as_many_as_it_says() -> None:
    site = Site({f"/{n}": moved(f"/{n + 1}") for n in range(3)} | {"/3": page(b"end")})
    assert (await fetched(site, "/0", redirects=3)).result is Result.OK
    site.heads.clear()
    outcome = await fetched(site, "/0", redirects=2)
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.REDIRECT)
    assert "more redirects than the 2 allowed" in outcome.detail
    assert site.paths == ["/0", "/1", "/2"]


async def test_an_endless_way_ends_at_the_limit() -> None:
    site = Site({f"/{n}": moved(f"/{n + 1}") for n in range(60)})
    outcome = await fetched(site, "/0", redirects=50)
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.REDIRECT)
    assert len(site.heads) == 51


async def test_a_loop_is_named() -> None:
    site = Site({"/start": moved("/a?token=geheim"), "/a?token=geheim": moved("/b"), "/b": moved("/a?token=geheim")})
    async with serving(site) as port:
        outcome = await fetch(HttpTarget(f"http://127.0.0.1:{port}/start"), SOON)
    here = f"http://127.0.0.1:{port}"
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.REDIRECT)
    assert outcome.detail == f"redirect loop: {here}/a?… -> {here}/b -> {here}/a?…"


async def test_a_page_that_sets_a_cookie_and_sends_back_to_itself_is_no_loop() -> None:
    class Gate(Site):
        async def __call__(self, reader, writer):
            await super().__call__(reader, writer)
            self.pages["/"] = page(b"in")

    gate = Gate({"/": moved("/", 302, "Set-Cookie: pass=1; Path=/")})
    outcome = await fetched(gate, body="in")
    assert outcome.result is Result.OK
    assert "pass=1" in gate.heads[1]


BAD_LOCATIONS = [
    "ftp://127.0.0.1/x",
    "javascript:alert(1)",
    "mailto:a@b.test",
    "http://",
    "http://[::1",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:99999/",
]


@pytest.mark.parametrize("location", ["http://user:geheim@[/", "http://" + "y" * 64 + "/", "http://a..b/"])
async def test_a_redirect_to_a_name_that_cannot_be_is_lost(location: str) -> None:
    outcome = await fetched(Site({"/": moved(location)}))
    assert (outcome.result, outcome.cause) in ((Result.LOST, Cause.DNS), (Result.BAD, Cause.REDIRECT))
    assert "geheim" not in outcome.detail


@pytest.mark.parametrize("location", [*BAD_LOCATIONS, "http://" + "y" * 70_000])
async def test_a_redirect_to_nowhere(location: str) -> None:
    outcome = await fetched(Site({"/": moved(location)}))
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.REDIRECT)
    assert "geheim" not in outcome.detail


async def test_what_belongs_to_one_host_is_not_told_to_another() -> None:
    """127.0.0.2 is another host, and so is another port; once away, nothing is told to the first one again either."""
    home, away = Site({}), Site({})
    async with serving(home) as port, serving(away, "127.0.0.2") as other:
        home.pages.update({"/": moved("/in"), "/in": moved(f"http://127.0.0.2:{other}/"), "/back": page(b"end")})
        away.pages["/"] = moved(f"http://127.0.0.1:{port}/back")
        outcome = await fetch(HttpTarget(f"http://127.0.0.1:{port}/", **SECRETS), SOON)
    assert outcome.result is Result.OK
    told = [head.lower() for head in home.heads[:2]]
    kept = [head.lower() for head in (*away.heads, *home.heads[2:])]
    assert len(told) == len(kept) == 2
    for name in ("authorization", "x-api-key", "cookie"):
        assert all(f"{name}: " in head for head in told)
        assert not any(f"{name}: " in head for head in kept)
    assert all("accept-language: zh" in head for head in (*told, *kept))


@pytest.mark.parametrize(
    ("method", "status", "then", "body"),
    [
        ("POST", 301, "GET", False),
        ("POST", 302, "GET", False),
        ("POST", 303, "GET", False),
        ("PUT", 303, "GET", False),
        ("PUT", 302, "PUT", True),
        ("POST", 307, "POST", True),
        ("POST", 308, "POST", True),
        ("HEAD", 303, "HEAD", False),
        ("GET", 301, "GET", False),
    ],
)
async def test_the_method_and_the_body_that_follow(method: str, status: int, then: str, body: bool) -> None:
    content = b"a=1" if method in ("POST", "PUT") else b""
    site = Site({"/": moved("/there", status), "/there": page(b"")})
    outcome = await fetched(site, method=method, content=content)
    assert outcome.result is Result.OK
    assert site.heads[1].startswith(f"{then} /there ")
    assert site.bodies == [b"a=1"] * (bool(content) + body)


async def test_a_body_is_not_carried_on_to_another_host() -> None:
    away = Site({"/": page(b"")})
    async with serving(away, "127.0.0.2") as other:
        outcome = await fetched(Site({"/": moved(f"http://127.0.0.2:{other}/", 307)}), method="POST", content=b"password=geheim")
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.REDIRECT)
    assert away.heads == []


@pytest.mark.parametrize("value", ["微博".encode("gbk"), "微博".encode(), b"\xff\xfe"], ids=["GBK", "UTF-8", "neither"])
async def test_a_cookie_goes_back_byte_for_byte_in_whatever_coding_it_was_set(value: bytes) -> None:
    site = Site({"/": moved("/there").replace(b"\r\nLocation", b"\r\nSet-Cookie: a=" + value + b"\r\nLocation"), "/there": page(b"arrived")})
    assert (await fetched(site, body="arrived")).result is Result.OK
    assert "Cookie: a=" + value.decode("latin-1") in site.heads[1]


async def test_a_redirect_to_where_no_way_leads_is_the_sites_fault_and_not_this_hosts() -> None:
    outcome = await fetched(Site({"/": moved("http://[fe80::1%25nowhere]/")}))
    assert (outcome.result, outcome.cause) == (Result.BAD, Cause.REDIRECT)
    assert "redirects to where this host knows no way" in outcome.detail
