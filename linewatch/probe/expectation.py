"""What an HTTP response has to be like, and in which words it is not. Pure: it looks at values only."""

from __future__ import annotations

from collections.abc import Mapping

from linewatch.probe.body import CODINGS, Body, text_of
from linewatch.probe.fault import Fault
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Result
from linewatch.sample.target import HttpTarget


def expects_content(target: HttpTarget) -> bool:
    """Whether more is expected than a status."""
    return bool(target.header) or any(each is not None for each in (target.body, target.body_regex, target.not_body_regex))


def fault_of_head(target: HttpTarget, status: int, headers: Mapping[str, str]) -> Fault | None:
    """What is wrong with status and headers; a header's value is never quoted. `headers` is asked without regard to case."""
    if status not in target.status:
        return Fault(Result.BAD, Cause.STATUS, f"status {status}, expected {_listed(target.status)}")
    for name, pattern in target.header:
        if name not in headers:
            return Fault(Result.BAD, Cause.CONTENT, f"the header {name} is missing")
        if not pattern.search(headers[name]):
            return Fault(Result.BAD, Cause.CONTENT, f"the header {name} does not match /{pattern.pattern}/")
    return None


def fault_of_body(target: HttpTarget, body: Body, headers: Mapping[str, str]) -> Fault | None:
    """What is wrong with the body, judged on what was read of it; the body is never quoted."""
    if target.body is None and target.body_regex is None and target.not_body_regex is None:
        return None
    coding = coding_of(headers)
    if body.data and coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        return Fault(Result.BAD, Cause.CONTENT, f"the body is encoded as {coding}, only {CODINGS} was asked for")
    text = text_of(body.data, headers.get("content-type", ""))
    where = "the body" if body.whole else f"the first {len(body.data)} bytes of the body"
    if target.body is not None and target.body not in text:
        return Fault(Result.BAD, Cause.CONTENT, f"{where} does not contain {target.body!r}")
    if target.body_regex is not None and not target.body_regex.search(text):
        return Fault(Result.BAD, Cause.CONTENT, f"{where} does not match /{target.body_regex.pattern}/")
    if target.not_body_regex is not None and target.not_body_regex.search(text):
        return Fault(Result.BAD, Cause.CONTENT, f"{where} matches /{target.not_body_regex.pattern}/, which it must not")
    return None


def coding_of(headers: Mapping[str, str]) -> str:
    """The Content-Encoding, in small letters; empty where there is none."""
    return headers.get("content-encoding", "").strip().lower()


def _listed(status: frozenset[int]) -> str:
    return " or ".join(str(code) for code in sorted(status))
