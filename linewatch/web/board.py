"""The pages made of the overview: status page, feed, badges, and their JSON. Each is made once for each overview, and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from linewatch.report.overview import Overview
from linewatch.report.overview_json import overview_json, services_json
from linewatch.report.words import Language, Words
from linewatch.web import badge as badges
from linewatch.web import feed as feeds
from linewatch.web.answer import HTML, JSON, Made, answered, made
from linewatch.web.press import Press
from linewatch.web.status_page import status_page

OLD_AFTER = timedelta(minutes=2)
"""How old the figures may be before the page says so; they are made anew every 15 s."""

_KEPT = 64
_HOUR = 3600.0

_ICON = made(badges.icon(), badges.TYPE)

Page = Callable[[Overview, Words, bool], tuple[str, str]]
"""From the overview, the words and whether it is old to a text and its media type."""


@cache
def _words(language: Language) -> Words:
    return Words(language)


class Board:
    """Shows the overview that it was given last; until the first has come, every page of it is a 503."""

    def __init__(self, language: Language, now: Callable[[], datetime]) -> None:
        self.language = language
        self._now = now
        self._seen: Overview | None = None
        self._ready: tuple[Overview | None, Mapping[Language, Made]] = (None, {})
        self._asked: set[Language] = {language}
        self._press = Press("page", waiting=_KEPT, kept=_KEPT, fresh_seconds=_HOUR)

    def show(self, seen: Overview) -> None:
        """From now on this one; called in the thread that made it."""
        # Whoever looks at the page will look again, and is not to wait for it; the first time this also reads templates and words.
        asked, self._asked = self._asked, set()
        self._ready = (seen, {language: made(status_page(seen, _words(language), old=False), HTML) for language in asked})
        self._seen = seen

    def close(self) -> None:
        """Make nothing more."""
        self._press.close()

    @property
    def routes(self) -> list[Route]:
        """Everything that is made of the overview."""
        return [
            self._route("/", lambda seen, words, old: (status_page(seen, words, old), HTML)),
            self._route("/feed.atom", lambda seen, words, _: (feeds.feed(seen, words), feeds.TYPE)),
            self._route("/api/v1/status", lambda seen, *_: (overview_json(seen), JSON)),
            self._route("/api/v1/services", lambda seen, *_: (services_json(seen), JSON)),
            Route("/badge/{name}.svg", self._badge),
            Route("/icon.svg", self._icon),
        ]

    def _route(self, path: str, page: Page) -> Route:
        async def show(request: Request) -> Response:
            return await self._answer(request, path, page)

        return Route(path, show)

    async def _badge(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in [each.now.name for each in self._overview.services]:
            raise HTTPException(404, "There is no service of that name.")

        def page(seen: Overview, words: Words, _: bool) -> tuple[str, str]:
            (each,) = (each for each in seen.services if each.now.name == name)
            return badges.badge(each, seen.year.period.label, words), badges.TYPE

        return await self._answer(request, f"badge {name}", page)

    async def _icon(self, request: Request) -> Response:
        return answered(request, _ICON)

    async def _answer(self, request: Request, key: str, page: Page) -> Response:
        seen, language = self._overview, language_of(request, self.language)
        old = self._now() - seen.as_of > OLD_AFTER
        if key == "/":
            self._asked.add(language)
            of, ready = self._ready
            if of is seen and not old and language in ready:
                return answered(request, ready[language])

        def make() -> Made:
            return made(*page(seen, _words(language), old))

        return answered(request, await self._press.made((key, language, seen.as_of, old), make))

    @property
    def _overview(self) -> Overview:
        if self._seen is None:
            raise HTTPException(503, "The first figures are being made.", {"Retry-After": "1"})
        return self._seen


def language_of(request: Request, otherwise: Language) -> Language:
    """The language that `?lang` asks for. Raises HTTPException 400 for one that is not spoken here."""
    asked = request.query_params.get("lang", otherwise)
    if asked not in ("zh", "en"):
        raise HTTPException(400, "lang is zh or en.")
    return "zh" if asked == "zh" else "en"
