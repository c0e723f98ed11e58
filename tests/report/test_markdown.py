"""Markdown: GitHub's tables, every outage, the method statement; text from outside stays text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from linewatch.report.as_markdown import as_markdown, escaped
from linewatch.report.review import Office, review
from linewatch.report.words import Words
from tests.report.record import Record, at, line
from tests.report.test_review import TEN_MINUTES


def html(title: str) -> str:
    office = Office((replace(line(), title=title),), (), "0.0.0", "cd" * 32)
    document = review(Record({"line": "UDDUUUUUDU"}), office, TEN_MINUTES, at(10))
    return MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(as_markdown(document, Words("en")))


def test_it_is_headings_and_tables() -> None:
    page = html("line")
    assert page.startswith("<h1>SLA report")
    assert "<h2>Outages, one by one</h2>\n<table>" in page
    assert "<h2>Method</h2>\n<h3>Definitions</h3>\n<p>T is the scheduled time" in page
    assert page.count("line@20220301T00") == 2
    assert '<td style="text-align:right">70.00</td>' in page


@pytest.mark.parametrize(
    "title",
    ["a|b", "<script>alert(1)</script>", "**bold** _it_ `code`", "[x](javascript:alert(1))", "a\nb", "# no heading", "&amp;", "~~s~~", "\\|", "$x$"],
)
def test_text_from_outside_is_shown_as_it_is(title: str) -> None:
    page = html(title)
    shown = title.replace("\n", " ").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert page.count(f"<td>{shown}</td>") >= 4
    assert not any(tag in page for tag in ("<script", "<strong", "<em>", "<code", "<a ", "<s>"))


@pytest.mark.parametrize("text", ["- a", "+ a", "1. a", "123) a", "=== a", "# a", "> a", "    a"])
def test_no_paragraph_becomes_a_list_or_a_heading(text: str) -> None:
    page = html(text)
    assert not any(tag in page for tag in ("<li>", "<blockquote", "<pre>", "<hr"))
    assert page.count("<h1>") == 1


def test_a_control_character_is_a_blank() -> None:
    assert escaped("a\x00\x1b[31m\u2028b") == "a \\[31m b"
