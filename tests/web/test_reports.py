"""Whole reports over HTTP: the same bytes as the commands print, one at a time, and never more than is bearable."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest

from linewatch.errors import StoreError, UsageError
from linewatch.report.as_html import as_html
from linewatch.report.as_json import as_json, outages_json
from linewatch.report.document import Document
from linewatch.report.review import review
from linewatch.report.words import Words
from linewatch.sla.period import Period, month, year
from linewatch.web.reports import WAITING, Reports
from tests.report.lately import AS_OF, OFFICE, RECORD, ZONE
from tests.web.conftest import Daemon, served


async def test_the_page_is_the_html_report(client: httpx.AsyncClient) -> None:
    expected = as_html(review(RECORD, OFFICE, month("2026-05", ZONE), AS_OF, drawn=True), Words("en"))
    assert (await client.get("/sla/2026-05?lang=en")).text == expected


async def test_the_json_is_the_json_report(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/sla/2026Q2")).json()["period"]["label"] == "2026Q2"
    assert (await client.get("/api/v1/sla/2026")).text == as_json(review(RECORD, OFFICE, year(2026, ZONE), AS_OF))
    assert (await client.get("/api/v1/sla/2026?service=site-1")).text == as_json(review(RECORD, OFFICE, year(2026, ZONE), AS_OF, "site-1"))


@pytest.mark.parametrize("query", ["", "?year=2026", "?period=2026"])
async def test_the_outages_are_those_of_the_year(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/api/v1/outages{query}")).text == outages_json(review(RECORD, OFFICE, year(2026, ZONE), AS_OF))


REFUSED = [
    ("/sla/2027", 404, "the period 2027 has not begun: it starts at 2027-01-01T00:00:00+08:00"),
    ("/sla/2022Q5", 404, 'a quarter is written like 2022Q1, not "2022Q5"'),
    ("/sla/2022-13", 404, 'a month is written like 2022-03, not "2022-13"'),
    ("/sla/today", 404, "a period is written like 2022, 2022Q1 or 2022-03"),
    ("/sla/0000", 404, "a year lies between 1970 and 9998, not 0"),
    ("/sla/٢٠٢٢", 404, "a period is written like 2022, 2022Q1 or 2022-03"),
    ("/sla/2026?lang=fr", 400, "lang is zh or en."),
    ("/sla/2026?service=nobody", 400, "there is no such service"),
]


async def test_what_has_no_report_is_refused_in_one_line(daemon: Daemon) -> None:
    def refuse(asked: Period, only: str | None, drawn: bool) -> Document:
        raise UsageError("there is no such service")

    daemon.reports = Reports(refuse, ZONE, "zh", lambda: AS_OF)
    async with served(daemon.pages()) as (_, port), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as asking:
        for path, status, words in REFUSED:
            answer = await asking.get(path)
            assert (answer.status_code, answer.text) == (status, f"{words}\n"), path


MEANINGLESS = [
    ("year=x", "a period is written like 2022, 2022Q1 or 2022-03"),
    ("year=2027", "the period 2027 has not begun: it starts at 2027-01-01T00:00:00+08:00"),
    ("year=2026&period=2026", "give year or period, not both"),
]


async def test_a_question_that_cannot_be_meant(client: httpx.AsyncClient) -> None:
    for query, words in MEANINGLESS:
        answer = await client.get(f"/api/v1/outages?{query}")
        assert (answer.status_code, answer.json()) == (400, {"error": words}), query


async def test_a_report_is_kept_for_a_while(client: httpx.AsyncClient, daemon: Daemon) -> None:
    first = await client.get("/api/v1/sla/2026-05")
    assert (await client.get("/api/v1/sla/2026-05")).headers["etag"] == first.headers["etag"]
    assert daemon.reported == [("2026-05", None, False)]


async def test_one_is_made_at_a_time_and_more_than_is_bearable_is_refused() -> None:
    go, making = threading.Event(), threading.Semaphore(1)

    def slow(asked: Period, only: str | None, drawn: bool) -> Document:
        assert making.acquire(blocking=False), "two at once"
        go.wait(30)
        making.release()
        return review(RECORD, OFFICE, asked, AS_OF, only, drawn)

    reports = Reports(slow, ZONE, "zh", lambda: AS_OF)
    async with served(reports.routes) as (_, port), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        asked = {asyncio.create_task(client.get(f"/api/v1/sla/2026-0{n}?service=site-0")): n for n in range(1, 2 + WAITING)}
        (refused,), taken = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        again = asyncio.create_task(client.get(f"/api/v1/sla/2026-0{asked[next(iter(taken))]}?service=site-0"))
        go.set()
        answers = [await each for each in (*taken, again)]
    assert (refused.result().status_code, refused.result().headers["retry-after"]) == (503, "5")
    assert refused.result().json() == {"error": "Too many reports are asked for at once; come again."}
    assert [each.status_code for each in answers] == [200] * (WAITING + 1)
    assert answers[0].content == answers[-1].content


async def test_a_store_that_cannot_be_read_is_a_503_and_is_asked_again() -> None:
    failures = [StoreError("linewatch.db: disk I/O error")]

    def shaky(asked: Period, only: str | None, drawn: bool) -> Document:
        if failures:
            raise failures.pop()
        return review(RECORD, OFFICE, asked, AS_OF, only, drawn)

    async with (
        served(Reports(shaky, ZONE, "zh", lambda: AS_OF).routes) as (_, port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        refused = await client.get("/api/v1/sla/2026-05")
        assert (refused.status_code, refused.json()) == (503, {"error": "The store cannot be read now: linewatch.db: disk I/O error"})
        assert (await client.get("/api/v1/sla/2026-05")).status_code == 200
