"""What programs read: the metrics, and whether the monitor is well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Scrape = Callable[[str, str], tuple[bytes, str, str | None]]
"""From the Accept and Accept-Encoding headers to body, content type and content encoding (None: as it is). Called in a thread."""

FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the monitor does its work; `reason` says in a line why not, `facts` are shown either way and must be fit for JSON."""

    ok: bool
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.ok and not self.reason:
            raise ValueError("what is not well needs a reason")


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
