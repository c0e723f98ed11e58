"""The HTML report in a real browser: it loads nothing, complains of nothing, fits a phone and a sheet of A4, and can be used without eyes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from linewatch.report.as_html import as_html
from linewatch.report.svg import DARK
from linewatch.report.words import Language, Words
from tests.report.drawn import told

Scheme = Literal["light", "dark"]
Media = Literal["screen", "print"]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHEET = round(180 / 25.4 * 96)
"""The width of A4 without its margins, in CSS pixels."""
TOO_WIDE = """() => [...document.querySelectorAll('*')].filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1
  && !each.closest('.scroll')).map(each => each.outerHTML.slice(0, 100))"""
COLOURS = """() => { const written = colour => '#' + colour.match(/\\d+/g).slice(0, 3).map(n => Number(n).toString(16).padStart(2, '0')).join('');
  return [...document.querySelectorAll('svg, svg *')].map(each => getComputedStyle(each))
    .flatMap(style => [style.fill, style.stroke]).filter(colour => colour.startsWith('rgb(')).map(written); }"""
"""The colours of the drawings."""
THIN = """() => [...document.querySelectorAll('th:not(.n, .t), td:not(.n, .t)')].filter(each => each.textContent.length > 6 && each.clientWidth < 60)
  .map(each => each.outerHTML)"""
"""Cells with text in them that are too narrow to read."""
OVERLAPPING = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const texts = [...svg.querySelectorAll('text')].map(each => [each.textContent, each.getBoundingClientRect()]);
  return texts.flatMap(([one, a], i) => texts.slice(i + 1).filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4).map(([other]) => [one, other])); })"""
"""The texts of the drawings that lie over one another."""
CUT_OFF = "() => [...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.ariaLabel)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(as_html(told(), Words("zh")), "utf-8")
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    """The report, opened; whatever it asks for or complains of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)  # so that axe may look at it
    opened = context.new_page()
    told: list[str] = []
    opened.on("console", lambda message: told.append(message.text))
    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.on("request", lambda request: told.append(request.url))
    opened.goto(file.as_uri())
    yield opened
    context.close()
    assert told == [file.as_uri()]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("dark", 390)])
def test_it_can_be_read_without_eyes_and_without_a_mouse(page: Page, scheme: Scheme, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen_but_what_can_be_scrolled(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("media", "scheme", "is_dark"), [("screen", "light", False), ("screen", "dark", True), ("print", "dark", False)])
def test_it_is_dark_on_a_screen_that_is_set_to_dark_and_on_paper_never(page: Page, media: Media, scheme: Scheme, is_dark: bool) -> None:
    page.emulate_media(media=media, color_scheme=scheme)
    ground = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert ground == ("rgb(21, 24, 28)" if is_dark else "rgb(255, 255, 255)")
    wanted = DARK.values() if is_dark else DARK.keys()
    assert set(page.evaluate(COLOURS)) == {colour.replace("#fff", "#ffffff") if len(colour) == 4 else colour for colour in wanted}


def test_the_texts_of_a_table_are_not_squeezed_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(THIN) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_text_of_a_drawing_lies_over_another(browser: Browser, language: Language) -> None:
    shown = browser.new_page(viewport={"width": 1280, "height": 900})
    shown.set_content(as_html(told(), Words(language)))
    assert shown.evaluate(OVERLAPPING) == []


def test_it_prints_on_a4_with_nothing_cut_off(page: Page, tmp_path: Path) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": SHEET, "height": 900})
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(CUT_OFF) == []
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    told = subprocess.run(["pdfinfo", str(tmp_path / "report.pdf")], capture_output=True, text=True, check=True).stdout
    assert "(A4)" in told
    text = subprocess.run(["pdftotext", "-layout", str(tmp_path / "report.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    pages = text.split("\f")[:-1]
    assert all(f"第 {number} 页 / 共 {len(pages)} 页" in each for number, each in enumerate(pages, start=1))
