"""What is sent back: bytes made once, with a tag by which a client knows whether it has them already, compressed where it takes that."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

WORTH_COMPRESSING = 1024
JSON = "application/json"
HTML = "text/html; charset=utf-8"

_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
"""An Accept-Encoding header that names gzip and does not refuse it with a weight of zero (RFC 9110, 12.5.3)."""

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Made:
    """A whole answer, ready to be sent many times; `packed` is its body under gzip, empty where that is not worth it."""

    body: bytes
    packed: bytes
    tag: str
    headers: Mapping[str, str] = field(default_factory=dict)


def made(text: str, kind: str) -> Made:
    """The answer of this text; a page's own style sheets are let through the content security policy by their digests, and nothing else is."""
    body = text.encode()
    headers = {"Content-Type": kind, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if kind == HTML:
        headers["Content-Security-Policy"] = page_policy(text)
    packed = gzip.compress(body, compresslevel=5, mtime=0) if len(body) >= WORTH_COMPRESSING else b""
    return Made(body, packed, f'W/"{hashlib.sha256(body).hexdigest()[:32]}"', headers)


def page_policy(text: str) -> str:
    """The content security policy of a page without scripts: nothing from elsewhere, its own icon, and the style sheets that stand in it."""
    digests = (base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in _STYLE.findall(text))
    styles = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; style-src {styles}; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def answered(request: Request, answer: Made) -> Response:
    """The answer, or 304 where the client names its tag (RFC 9110, 13.1.2; a weak comparison)."""
    headers = {"ETag": answer.tag, **answer.headers}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or answer.tag.removeprefix("W/") in (each.strip().removeprefix("W/") for each in known.split(",")):
        del headers["Content-Type"]
        return Response(status_code=304, headers=headers)
    if answer.packed and _GZIP.search(request.headers.get("accept-encoding", "")):
        return Response(answer.packed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(answer.body, headers=headers)


def refusal(request: Request, status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
    """Why not: JSON where the API is asked, one plain line everywhere else."""
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": words}, status, headers)
    return PlainTextResponse(f"{words}\n", status, headers)
