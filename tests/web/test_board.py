"""The pages made of the overview, over real HTTP: kept, tagged, compressed, in the language asked for."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from xml.etree import ElementTree

import httpx

from linewatch.report.words import Words
from linewatch.web.badge import badge
from linewatch.web.board import Board
from linewatch.web.status_page import status_page
from tests.report.lately import AS_OF, AWAY, HOSTILE, NEW_YEAR, RECORD, lately
from tests.web.conftest import Daemon, served

ATOM = "{http://www.w3.org/2005/Atom}"


PATHS = ["/", "/feed.atom", "/api/v1/status", "/api/v1/services", "/badge/line-0.svg", "/icon.svg", "/sla/2026-05"]


async def test_who_has_it_already_is_sent_nothing(client: httpx.AsyncClient) -> None:
    for path in PATHS:
        first = await client.get(path)
        assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache"), path
        again = await client.get(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"]), path
        assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200, path


async def test_new_figures_are_a_new_page(client: httpx.AsyncClient, daemon: Daemon) -> None:
    first = await client.get("/")
    daemon.board.show(lately(as_of=AS_OF + timedelta(seconds=15)))
    second = await client.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert "2026-06-15 16:30:15" in second.text


CODINGS = [("gzip", True), ("identity", False), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("gzip; q=0.0, br", False)]


async def test_it_is_compressed_where_that_is_taken(client: httpx.AsyncClient) -> None:
    for coding, packed in CODINGS:
        answer = await client.get("/", headers={"Accept-Encoding": coding})
        assert (answer.headers.get("content-encoding") == "gzip") is packed, coding
        assert answer.text.startswith("<!DOCTYPE html>")
        assert answer.headers["vary"] == "Accept-Encoding"


async def test_it_speaks_the_language_asked_for(client: httpx.AsyncClient) -> None:
    for query, lang, word in (("", "zh-CN", "服务"), ("?lang=zh", "zh-CN", "服务"), ("?lang=en", "en", "Services")):
        text = (await client.get(f"/{query}")).text
        assert f'<html lang="{lang}">' in text
        assert f'<h2 id="services">{word}</h2>' in text


async def test_a_language_that_is_not_spoken(client: httpx.AsyncClient) -> None:
    answer = await client.get("/?lang=fr")
    assert (answer.status_code, answer.text) == (400, "lang is zh or en.\n")
    assert (await client.get("/api/v1/status?lang=fr")).json() == {"error": "lang is zh or en."}


async def test_only_the_style_sheet_in_it_is_let_through(client: httpx.AsyncClient) -> None:
    for path in ("/", "/sla/2026-05"):
        policy = (await client.get(path)).headers["content-security-policy"]
        assert re.fullmatch(
            r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            policy,
        )


async def test_before_the_first_figures_it_asks_for_patience() -> None:
    async with served(Board("en", lambda: AS_OF).routes) as (_, port), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.get("/")
        assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "The first figures are being made.\n", "1")
        assert (await client.get("/api/v1/status")).json() == {"error": "The first figures are being made."}


async def test_figures_that_are_not_made_anew_are_called_old(client: httpx.AsyncClient, daemon: Daemon) -> None:
    old = "These figures are old"
    assert old not in (await client.get("/?lang=en")).text
    daemon.now += timedelta(minutes=3)
    assert old in (await client.get("/?lang=en")).text


async def test_the_feed_is_atom_and_its_entries_are_the_outages(client: httpx.AsyncClient) -> None:
    answer = await client.get("/feed.atom?lang=en")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(answer.text)
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}title", "").endswith(" · Open and recent outages")
    for element in (root, *root.findall(f"{ATOM}entry")):  # RFC 4287, 4.1.1 and 4.1.2
        assert [len(element.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
    seen = lately()
    entries = {entry.findtext(f"{ATOM}id"): entry for entry in root.findall(f"{ATOM}entry")}
    assert len(entries) == min(50, len(seen.incidents))
    assert set(entries) <= {f"tag:linewatch,2026:{each.id}" for each in seen.incidents}
    updated = [datetime.fromisoformat(entry.findtext(f"{ATOM}updated") or "") for entry in entries.values()]
    assert updated == sorted(updated, reverse=True)
    assert datetime.fromisoformat(root.findtext(f"{ATOM}updated") or "") == updated[0]
    running = entries[f"tag:linewatch,2026:site-3@{AWAY:%Y%m%dT%H%M%SZ}"]
    assert "ongoing" in (running.findtext(f"{ATOM}content") or "")
    noted = entries[f"tag:linewatch,2026:{RECORD.written[0].outage}"]
    assert HOSTILE in (noted.findtext(f"{ATOM}content") or "")
    assert datetime.fromisoformat(noted.findtext(f"{ATOM}updated") or "") == RECORD.written[0].entered_at


async def test_a_feed_with_nothing_new_is_the_same(client: httpx.AsyncClient, daemon: Daemon) -> None:
    first = await client.get("/feed.atom")
    daemon.board.show(lately(as_of=AS_OF + timedelta(seconds=15)))
    assert (await client.get("/feed.atom")).headers["etag"] == first.headers["etag"]


async def test_a_badge_shows_state_and_figure(client: httpx.AsyncClient) -> None:
    answer = await client.get("/badge/hostile.svg?lang=en")
    assert answer.headers["content-type"] == "image/svg+xml"
    root = ElementTree.fromstring(answer.text)
    year = lately().services[-1].year
    assert root.attrib["aria-label"].startswith(f"{HOSTILE}: up · 2026 {float(year.figures.observed or 0) * 100:.1f}"[: len(HOSTILE) + 14])
    assert HOSTILE in [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_badge_without_the_years_figure_shows_the_state() -> None:
    (line, *_) = lately(NEW_YEAR, holidays_known_to=2025).services
    root = ElementTree.fromstring(badge(line, "2026", Words("en")))
    assert root.attrib["aria-label"] == f"{line.now.title}: {line.now.state}"


async def test_a_badge_of_nobody(client: httpx.AsyncClient) -> None:
    answer = await client.get("/badge/nobody.svg")
    assert (answer.status_code, answer.text) == (404, "There is no service of that name.\n")


async def test_the_status_is_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/status")
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.text)["schema"] == "linewatch.status/1"


async def test_who_looks_again_finds_the_new_page_ready_in_each_language(client: httpx.AsyncClient, daemon: Daemon) -> None:
    await client.get("/?lang=en")
    later = lately(as_of=AS_OF + timedelta(seconds=15))
    daemon.board.show(later)
    for language in ("en", "zh", "en"):
        answer = await client.get(f"/?lang={language}")
        assert answer.text == status_page(later, Words("en" if language == "en" else "zh"), old=False)
