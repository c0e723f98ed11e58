"""The report as Markdown: headings, paragraphs and the tables of GitHub's dialect. Text from outside stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from linewatch.report.as_table import figure_tables
from linewatch.report.document import Document
from linewatch.report.method import method
from linewatch.report.table import Table
from linewatch.report.words import Words

_MARKUP = re.compile(r"[\\`*_\[\]|~#$]")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_OPENING = re.compile(r"^(?:(?=[-+=])|([0-9]{1,9})(?=[.)]\s))")
"""Where at the start of a line a list or a heading would be made of a paragraph."""


def as_markdown(document: Document, words: Words) -> str:
    """The whole report, every outage and the method statement in it."""
    return "\n\n".join(_blocks(document, words)) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown and the HTML in it leave as it is, on one line."""
    flat = _BREAKS.sub(" ", text).strip()
    return _MARKUP.sub(r"\\\g<0>", flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _blocks(document: Document, words: Words) -> Iterator[str]:
    title, *rest = figure_tables(document, words)
    yield f"# {escaped(title.heading)}"
    for table in rest:
        yield from _block(table, "##")
    yield f"## {escaped(words('Method'))}"
    for section in method(document, words):
        yield f"### {escaped(section.heading)}"
        yield from (_paragraph(text) for text in section.paragraphs)
        for table in section.tables:
            yield from _block(table, "####")


def _block(table: Table, level: str) -> Iterator[str]:
    if not table.columns:
        yield _paragraph(table.heading)
        return
    if table.heading:
        yield f"{level} {escaped(table.heading)}"
    rules = ("---:" if name.startswith(">") else "---" for name in table.columns)
    lines = ((escaped(name.removeprefix(">")) for name in table.columns), rules, *(map(escaped, row) for row in table.rows))
    yield "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _paragraph(text: str) -> str:
    return _OPENING.sub(lambda found: f"{found[1] or ''}\\", escaped(text))
