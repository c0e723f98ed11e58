"""The one application behind the listener: its pages under its guard."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from linewatch.web.answer import refusal
from linewatch.web.gate import Gate
from linewatch.web.guard import Guard

log = logging.getLogger(__name__)


def application(pages: Sequence[BaseRoute], *, loopback_only: bool, password_hash: str | None = None) -> ASGIApp:
    """These pages and nothing else, for those who give the password where there is one.

    Every other path is a 404, every other method a 405, a failure a 500 and one line of the log.
    """
    inner = Starlette(routes=list(pages), exception_handlers={HTTPException: _refused, Exception: _failed})
    inner.router.redirect_slashes = False
    return Guard(inner if password_hash is None else Gate(inner, password_hash), loopback_only=loopback_only)


async def _refused(request: Request, reason: Exception) -> Response:
    assert isinstance(reason, HTTPException)
    return refusal(request, reason.status_code, reason.detail, reason.headers)


async def _failed(request: Request, failure: Exception) -> Response:
    log.error("%s %s failed: %s: %s", request.method, request.url.path, type(failure).__name__, failure)
    return refusal(request, 500, "The monitor failed to make this page.")
