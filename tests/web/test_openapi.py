"""The description of the API is true: every path of it answers as it says, and nothing under /api/ is left out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from linewatch.report.overview import Overview
from linewatch.web.board import Board
from tests.report.lately import AS_OF, NEW_YEAR, lately
from tests.web.conftest import Daemon, served

ASKED = {
    "/api/v1/status": ["/api/v1/status"],
    "/api/v1/services": ["/api/v1/services"],
    "/api/v1/sla/{period}": ["/api/v1/sla/2026", "/api/v1/sla/2026Q2", "/api/v1/sla/2026-05?service=site-3", "/api/v1/sla/2025"],
    "/api/v1/outages": ["/api/v1/outages", "/api/v1/outages?year=2025", "/api/v1/outages?period=2026-06"],
    "/api/v1/openapi.json": ["/api/v1/openapi.json"],
}
REFUSED = [
    ("/api/v1/sla/{period}", "/api/v1/sla/2099", 404),
    ("/api/v1/sla/{period}", "/api/v1/sla/x", 404),
    ("/api/v1/outages", "/api/v1/outages?year=x", 400),
]


@pytest.fixture
async def described(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/api/v1/openapi.json")).json()
    return found


def complaints(described: dict[str, Any], path: str, status: int, answer: Any) -> list[str]:
    """What in the answer is not as the description says."""
    schema = described["paths"][path]["get"]["responses"][f"{status}"]["content"]["application/json"]["schema"]
    Draft202012Validator.check_schema({**schema, "components": described["components"]})
    validator = Draft202012Validator({**schema, "components": described["components"]})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(answer)]


async def test_it_is_openapi_of_this_version(described: dict[str, Any]) -> None:
    assert (described["openapi"], described["info"]["version"]) == ("3.1.0", "1.2.3")


@pytest.mark.parametrize("path", ASKED)
async def test_every_answer_is_as_described(client: httpx.AsyncClient, described: dict[str, Any], path: str) -> None:
    for asked in ASKED[path]:
        answer = await client.get(asked)
        assert answer.status_code == 200
        assert complaints(described, path, 200, answer.json()) == []


@pytest.mark.parametrize(("path", "asked", "status"), REFUSED)
async def test_every_refusal_is_as_described(client: httpx.AsyncClient, described: dict[str, Any], path: str, asked: str, status: int) -> None:
    answer = await client.get(asked)
    assert answer.status_code == status
    assert complaints(described, path, status, answer.json()) == []


@pytest.mark.parametrize("seen", [lately(empty=True), lately(NEW_YEAR, holidays_known_to=2025)], ids=["no record", "no holidays"])
async def test_an_office_of_which_little_is_known_is_described_too(described: dict[str, Any], seen: Overview) -> None:
    board = Board("en", lambda: AS_OF)
    board.show(seen)
    async with served(board.routes) as (_, port), httpx.AsyncClient() as client:
        answer = (await client.get(f"http://127.0.0.1:{port}/api/v1/status")).json()
    assert complaints(described, "/api/v1/status", 200, answer) == []


async def test_a_wrong_answer_would_be_noticed(client: httpx.AsyncClient, described: dict[str, Any]) -> None:
    answer = (await client.get("/api/v1/status")).json()
    answer["services"][0]["days"][0]["observed"] = 99.98
    del answer["services"][1]["since"]
    assert len(complaints(described, "/api/v1/status", 200, answer)) == 2


async def test_nothing_is_left_out(daemon: Daemon, described: dict[str, Any]) -> None:
    routes = {route.path for route in daemon.pages() if isinstance(route, Route) and route.path.startswith("/api/")}
    assert set(described["paths"]) == routes == set(ASKED)
