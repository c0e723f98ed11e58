"""What holds for every request: the headers, and who may ask."""

from email.utils import parsedate_to_datetime

import httpx
import pytest

from linewatch.web.guard import is_local
from tests.web.conftest import Daemon, served

LOCAL = ["localhost", "LOCALHOST", "localhost:9823", "127.0.0.1", "127.0.0.1:9823", "127.8.9.10", "[::1]", "[::1]:9823"]
FOREIGN = [
    "",
    "evil.example",
    "evil.example:9823",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example@localhost",
    "localhost/evil.example",
    "evil.example#@127.0.0.1",
    "10.0.0.1",
    "0.0.0.0",
    "::1",
    "[::1",
    "[::2]",
    "2130706433",
    "localhost localhost",
]


@pytest.mark.parametrize("host", LOCAL)
def test_a_local_name(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_name(host: str) -> None:
    assert not is_local(host)


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", "/nothing"])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
async def test_every_response_carries_the_security_headers(client: httpx.AsyncClient, path: str, host: str) -> None:
    headers = (await client.get(path, headers={"Host": host})).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers
    assert parsedate_to_datetime(headers["date"]).tzinfo is not None


@pytest.mark.parametrize("host", LOCAL)
async def test_on_loopback_a_local_name_is_answered(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.1:80", "localhost.evil.example"])
async def test_on_loopback_a_foreign_name_is_refused(client: httpx.AsyncClient, daemon: Daemon, host: str) -> None:
    answer = await client.get("/metrics", headers={"Host": host})
    assert (answer.status_code, answer.text) == (400, "This monitor answers to localhost only.\n")
    assert daemon.asked == []


async def test_elsewhere_any_name_is_answered(daemon: Daemon) -> None:
    async with served(daemon.pages(), "0.0.0.0") as (_, port), httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/healthz", headers={"Host": "monitor.example"})
    assert answer.status_code == 200
