"""The status page in a real browser: nothing is complained of, it fits a phone, the keyboard reaches every day, and it can be used without eyes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from linewatch.sla.printed import percent
from tests.report.lately import lately
from tests.report.test_chromium import FLAGS, TOO_WIDE
from tests.web.conftest import Daemon, served

Scheme = Literal["light", "dark"]
READOUT = "() => getComputedStyle(document.activeElement, '::after').content"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The pages, served from a loop in a thread of its own: Playwright's is this one."""
    ready: list[str] = []
    up, end = threading.Event(), threading.Event()

    async def serve() -> None:
        async with served(Daemon().pages()) as (_, port):
            ready.append(f"http://127.0.0.1:{port}/")
            up.set()
            await asyncio.get_running_loop().run_in_executor(None, end.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert up.wait(60)
    yield ready[0]
    end.set()
    thread.join(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        launched.close()


def opened(browser: Browser, url: str, complaints: list[str], width: int = 1280, scheme: Scheme = "light", bypass: bool = False) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=bypass, locale="zh-CN")
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(url.split("?")[0]) else None)
    page.goto(url)
    return page


@pytest.mark.parametrize(("scheme", "width", "language"), [("light", 1280, "zh"), ("dark", 390, "en")])
def test_it_can_be_read_by_everyone(browser: Browser, address: str, scheme: Scheme, width: int, language: str) -> None:
    complaints: list[str] = []
    page = opened(browser, f"{address}?lang={language}", complaints, width, scheme, bypass=True)  # so that axe may look at it
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    page.context.close()
    assert complaints == []


def test_the_keyboard_reaches_every_day_and_its_figure_appears(browser: Browser, address: str) -> None:
    complaints: list[str] = []
    page = opened(browser, f"{address}?lang=en", complaints)  # under the policy that it is served with
    (line, *_) = lately().services
    reached = []
    page.locator("article").first.locator("input").first.focus()
    for _ in line.days:
        reached.append(str(page.evaluate(READOUT)).strip('"'))
        page.keyboard.press("ArrowRight")
    assert [text.split(" · ")[:2] for text in reached] == [
        [f"{day.day}", f"{percent(day.figures.observed)} %" if day.figures.observed is not None else "nothing measured"] for day in line.days
    ]
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.name") == "d2"
    page.context.close()
    assert complaints == []


def test_pointing_at_a_day_shows_its_figure_below_the_bars(browser: Browser, address: str) -> None:
    complaints: list[str] = []
    page = opened(browser, address, complaints)
    bar = page.locator("article").nth(1).locator("input").nth(40)
    bar.hover()
    assert bar.evaluate("bar => getComputedStyle(bar, '::after').content").startswith(f'"{lately().services[1].days[40].day} · ')
    page.context.close()
    assert complaints == []


def test_it_is_dark_where_that_is_preferred(browser: Browser, address: str) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page = opened(browser, address, [], scheme="dark" if scheme == "dark" else "light")
        grounds.append(page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor"))
        page.context.close()
    assert [sum(map(int, ground[4:-1].split(","))) > 380 for ground in grounds] == [True, False]


def test_the_links_lead_on(browser: Browser, address: str) -> None:
    complaints: list[str] = []
    page = opened(browser, address, complaints)
    page.get_by_role("link", name="English").click()
    assert page.locator("h2").first.inner_text() == "Services"
    page.get_by_role("link", name="2026-05", exact=True).click()
    assert page.locator("h1").inner_text() == "SLA report"
    page.context.close()
    assert complaints == []
