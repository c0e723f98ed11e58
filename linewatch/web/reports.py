"""The pages made of whole reports: HTML under /sla/, JSON under /api/v1/. One is made at a time, and each is kept for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from linewatch.errors import StoreError, UsageError
from linewatch.report.as_html import as_html
from linewatch.report.as_json import as_json, outages_json
from linewatch.report.document import Document
from linewatch.report.words import Language, Words
from linewatch.sla import period as periods
from linewatch.sla.period import Period
from linewatch.web.answer import HTML, JSON, Made, answered, made
from linewatch.web.board import language_of
from linewatch.web.press import Busy, Press

FRESH_SECONDS = 15.0
WAITING = 4
"""How many different reports are made or wait to be; one more is told to come again."""

KEPT = 8
WRITTEN = "a period is written like 2022, 2022Q1 or 2022-03"

Report = Callable[[Period, str | None, bool], Document]
"""The report of a period, of `only` one service where one is named, and whether it is to be drawn. Called in a thread."""


class Reports:
    """Reports on request, of a year at most. What cannot be made now is a 503 with the time to come again."""

    def __init__(self, report: Report, zone: ZoneInfo, language: Language, now: Callable[[], datetime]) -> None:
        self.zone = zone
        self.language = language
        self._report = report
        self._now = now
        self._press = Press("report", waiting=WAITING, kept=KEPT, fresh_seconds=FRESH_SECONDS)

    def close(self) -> None:
        """Make nothing more."""
        self._press.close()

    @property
    def routes(self) -> list[Route]:
        """The pages."""
        return [
            Route("/sla/{period}", self._page),
            Route("/api/v1/sla/{period}", self._json),
            Route("/api/v1/outages", self._outages),
        ]

    async def _page(self, request: Request) -> Response:
        language = language_of(request, self.language)

        def page(document: Document) -> Made:
            return made(as_html(document, Words(language)), HTML)

        return await self._answer(request, ("html", language), page, self._in_path(request), drawn=True)

    async def _json(self, request: Request) -> Response:
        return await self._answer(request, ("json", ""), lambda document: made(as_json(document), JSON), self._in_path(request))

    async def _outages(self, request: Request) -> Response:
        asked = self._in_query(request)
        return await self._answer(request, ("outages", ""), lambda document: made(outages_json(document), JSON), asked)

    async def _answer(
        self, request: Request, kind: tuple[str, str], show: Callable[[Document], Made], asked: Period, drawn: bool = False
    ) -> Response:
        only = request.query_params.get("service")

        def make() -> Made:
            return show(self._report(asked, only, drawn))

        try:
            return answered(request, await self._press.made((kind, asked.label, only), make))
        except Busy:
            raise HTTPException(503, "Too many reports are asked for at once; come again.", {"Retry-After": "5"}) from None
        except StoreError as error:
            raise HTTPException(503, f"The store cannot be read now: {error}", {"Retry-After": "15"}) from None
        except UsageError as error:
            raise HTTPException(400, f"{error}") from None

    def _in_path(self, request: Request) -> Period:
        """The period that the path names. Raises HTTPException 404 where it is none, or has not begun."""
        try:
            return self._begun(request.path_params["period"])
        except UsageError as error:
            raise HTTPException(404, f"{error}") from None

    def _in_query(self, request: Request) -> Period:
        """The period of `?period=`, or of `?year=`; this year where there is none. Raises HTTPException 400 for one that cannot be meant."""
        given = [request.query_params[key] for key in ("period", "year") if key in request.query_params]
        try:
            if len(given) > 1:
                raise UsageError("give year or period, not both")
            return self._begun(given[0] if given else f"{self._now().astimezone(self.zone).year:04d}")
        except UsageError as error:
            raise HTTPException(400, f"{error}") from None

    def _begun(self, label: str) -> Period:
        """The period, which must have begun. Raises UsageError."""
        asked = _period(label, self.zone)
        asked.until(self._now())
        return asked


def _period(label: str, zone: ZoneInfo) -> Period:
    """A year, a quarter or a month: nothing longer is made on request. Raises UsageError."""
    if len(label) == 4 and label.isascii() and label.isdigit():
        return periods.year(int(label), zone)
    if "Q" in label:
        return periods.quarter(label, zone)
    if len(label) == 7:
        return periods.month(label, zone)
    raise UsageError(WRITTEN)
