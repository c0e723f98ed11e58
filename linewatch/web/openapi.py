"""The description of the JSON answers, in OpenAPI 3.1: the file beside this one, with the version that runs."""

from __future__ import annotations

import json
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from linewatch.web.answer import JSON, answered, made


def openapi(version: str) -> Route:
    """`/api/v1/openapi.json`."""
    described = json.loads(files("linewatch.web").joinpath("openapi.json").read_text("utf-8"))
    described["info"]["version"] = version
    page = made(json.dumps(described, ensure_ascii=False) + "\n", JSON)

    async def show(request: Request) -> Response:
        return answered(request, page)

    return Route("/api/v1/openapi.json", show)
