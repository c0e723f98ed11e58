"""What each page answers, over real HTTP."""

import asyncio
import gzip
import threading
import time

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from linewatch.metrics.exposition import Exposition
from linewatch.metrics.metrics import Metrics
from linewatch.web.pages import Health, metrics
from tests.web.conftest import Daemon, served


async def test_health_is_ok_with_its_facts(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "queue_rows": 0, "seconds_since_round": {"leased-line": 1.5}}


async def test_ill_health_is_503_with_its_reason(client: httpx.AsyncClient, daemon: Daemon) -> None:
    daemon.health = Health(False, "no round of leased-line for 42 s", {"queue_rows": 9})
    answer = await client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "reason": "no round of leased-line for 42 s", "queue_rows": 9}


def test_ill_health_without_a_reason_cannot_be_stated() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Health(False)


async def test_metrics_are_what_the_scrape_gave(client: httpx.AsyncClient, daemon: Daemon) -> None:
    answer = await client.get("/metrics", headers=[("Accept", "text/plain"), ("Accept", "*/*;q=0.1"), ("Accept-Encoding", "identity")])
    assert (answer.status_code, answer.content) == (200, b"up 1\n")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert "content-encoding" not in answer.headers
    assert daemon.asked == [("text/plain, */*;q=0.1", "identity")]


async def test_an_encoding_is_named() -> None:
    async with (
        served([metrics(lambda *_: (gzip.compress(b"up 1\n"), "text/plain", "gzip"))]) as (_, port),
        httpx.AsyncClient() as client,
    ):
        answer = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert (answer.headers["content-encoding"], answer.content) == ("gzip", b"up 1\n")


async def test_the_real_metrics_pass_through(client: httpx.AsyncClient) -> None:
    async with served([metrics(Exposition(Metrics("1.2.3")))]) as (_, port), httpx.AsyncClient() as scraper:
        answer = await scraper.get(f"http://127.0.0.1:{port}/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert 'linewatch_build_info{version="1.2.3"' in answer.text
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", "/feed.atom", "/api/v1/status"])
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
async def test_what_changes_is_not_kept_by_caches(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/nothing", 404, "Not Found\n"),
        ("GET", "/metrics/", 404, "Not Found\n"),
        ("GET", "/../../etc/passwd", 404, "Not Found\n"),
        ("POST", "/metrics", 405, "Method Not Allowed\n"),
        ("DELETE", "/healthz", 405, "Method Not Allowed\n"),
    ],
)
async def test_a_refusal_is_one_plain_line(client: httpx.AsyncClient, method: str, path: str, status: int, text: str) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    if status == 405:
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_a_page_that_fails_is_a_500_and_one_line_of_the_log(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    async def fail(_: Request) -> Response:
        raise RuntimeError("secret detail")

    async with served([Route("/broken", fail)]) as (_, port), httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/broken")
        again = await client.get(f"http://127.0.0.1:{port}/nothing")
    assert (answer.status_code, answer.text) == (500, "The monitor failed to make this page.\n")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert again.status_code == 404
    assert [record.getMessage() for record in caplog.records] == ["GET /broken failed: RuntimeError: secret detail"]
    assert not any(record.exc_info for record in caplog.records)
    assert capfd.readouterr().err == ""


async def test_fifty_scrapers_at_once_are_served_one_by_one_and_off_the_loop() -> None:
    busy = threading.Lock()
    threads = set()

    def scrape(*_: str) -> tuple[bytes, str, None]:
        assert busy.acquire(blocking=False), "two scrapes at the same time"
        threads.add(threading.get_ident())
        time.sleep(0.002)
        busy.release()
        return b"up 1\n", "text/plain", None

    async with served([metrics(scrape)]) as (_, port), httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(client.get(f"http://127.0.0.1:{port}/metrics") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert threading.get_ident() not in threads
