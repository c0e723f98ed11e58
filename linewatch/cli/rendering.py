"""The report in each of its formats: text as UTF-8, whatever the terminal speaks. Each renderer is imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linewatch.report.document import Document
    from linewatch.report.words import Language, Words

FORMATS = ("table", "json", "csv", "markdown", "xlsx", "html", "pdf")
DRAWN = ("html", "pdf")
"""What shows the course of each service too."""
BINARY = ("xlsx", "pdf")
"""What a terminal cannot show."""


def rendered(document: Document, format: str, language: Language) -> bytes:
    """The whole report as the bytes of a file."""
    if format == "json":
        from linewatch.report.as_json import as_json

        return as_json(document).encode()
    from linewatch.report.words import Words

    words = Words(language)
    if format == "xlsx":
        from linewatch.report.as_xlsx import as_xlsx

        return as_xlsx(document, words)
    if format == "pdf":
        from linewatch.report.as_pdf import as_pdf

        return as_pdf(document, words)
    return _text(document, format, words).encode()


def _text(document: Document, format: str, words: Words) -> str:
    if format == "csv":
        from linewatch.report.as_csv import as_csv

        return as_csv(document, words)
    if format == "html":
        from linewatch.report.as_html import as_html

        return as_html(document, words)
    if format == "markdown":
        from linewatch.report.as_markdown import as_markdown

        return as_markdown(document, words)
    from linewatch.cli.drawing import plain
    from linewatch.report.as_table import tables

    return plain(tables(document, words))
