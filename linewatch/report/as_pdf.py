"""The report as PDF: the very HTML page, laid out by WeasyPrint, which the extra `linewatch[pdf]` brings."""

from __future__ import annotations

import logging
from typing import Any

from linewatch.errors import UsageError
from linewatch.report.as_html import as_html
from linewatch.report.document import Document
from linewatch.report.words import Words

MISSING = "--format pdf needs WeasyPrint: pip install 'linewatch[pdf]'"


def as_pdf(document: Document, words: Words) -> bytes:
    """The whole report, tagged for readers that do not see it; the same document gives the same bytes.

    Raises UsageError where WeasyPrint is not installed, or no font of the host can write Chinese.
    """
    html = _weasyprint()
    from weasyprint.urls import URLFetcher

    said = _Said()
    log = logging.getLogger("weasyprint")
    log.addHandler(said)
    try:
        made = html(string=as_html(document, words), url_fetcher=URLFetcher(allowed_protocols=())).write_pdf(pdf_tags=True)
    finally:
        log.removeHandler(said)
    if said.unwritten:
        raise UsageError(f"no font on this host has {said.unwritten}: install one that has Chinese, such as Debian's fonts-noto-cjk")
    return bytes(made)


def _weasyprint() -> Any:
    """WeasyPrint's way in."""
    try:
        from weasyprint import HTML
    except ImportError as error:
        raise UsageError(MISSING) from error
    except OSError as error:  # its libraries are loaded at import
        raise UsageError(f"--format pdf needs Pango: {str(error).splitlines()[0]}; on Debian install libpango-1.0-0 and libpangoft2-1.0-0") from error
    return HTML


class _Said(logging.Handler):
    """What WeasyPrint complains of; what counts is a Han character that no font has, for a report of boxes is none."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.unwritten = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first such character."""
        told = record.getMessage()
        if ".notdef" in told and not self.unwritten:
            self.unwritten = next((c for c in told if "\u4e00" <= c <= "\u9fff"), "")
