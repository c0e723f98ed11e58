"""The pages of the listener and what each of them shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

Scrape = Callable[[str, str], tuple[bytes, str, str | None]]
"""From the Accept and Accept-Encoding headers to body, content type and content encoding (None: as it is). Called in a thread."""

FRESH = {"Cache-Control": "no-store"}

_INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>linewatch</title>
</head>
<body>
<main>
<h1>linewatch</h1>
<p>Version {version}</p>
<ul>
<li><a href="/metrics">Metrics</a> for Prometheus</li>
<li><a href="/healthz">Health</a> of the monitor itself</li>
</ul>
</main>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the monitor does its work; `reason` says in a line why not, `facts` are shown either way and must be fit for JSON."""

    ok: bool
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.ok and not self.reason:
            raise ValueError("what is not well needs a reason")


def index(version: str) -> Route:
    """`/`: what this is, and where to go from here."""
    page = _INDEX.format(version=escape(version))

    async def show(_: Request) -> Response:
        return HTMLResponse(page)

    return Route("/", show)


def healthz(health: Callable[[], Health]) -> Route:
    """`/healthz`: 200 while the monitor does its work, else 503 with the reason. `health` is called on the event loop and must be quick."""

    async def show(_: Request) -> Response:
        state = health()
        if state.ok:
            return JSONResponse({"status": "ok", **state.facts}, headers=FRESH)
        return JSONResponse({"status": "failing", "reason": state.reason, **state.facts}, status_code=503, headers=FRESH)

    return Route("/healthz", show)


def metrics(scrape: Scrape) -> Route:
    """`/metrics`: what Prometheus reads.

    One thread of its own makes it, one scrape at a time: many scrapers cannot take the processor from the rounds, and name look-ups that
    hang while the line is down, which fill the loop's own pool of threads, cannot keep a scrape waiting.
    """
    scraper = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scrape")

    async def show(request: Request) -> Response:
        accept, encodings = (", ".join(request.headers.getlist(name)) for name in ("accept", "accept-encoding"))
        body, content_type, encoding = await asyncio.get_running_loop().run_in_executor(scraper, scrape, accept, encodings)
        headers = FRESH | {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if encoding is not None:
            headers["Content-Encoding"] = encoding
        return Response(body, headers=headers)

    return Route("/metrics", show)
