"""What one cell of a history file says, both ways: instants, round-trip times and causes, exact to the microsecond."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from linewatch.history.table import RefusedError, quoted
from linewatch.sample.cause import Cause
from linewatch.span import EPOCH

FIRST_AT = EPOCH
END_AT = datetime(2200, 1, 1, tzinfo=UTC)
"""Instants lie in [FIRST_AT, END_AT): what lies outside is a slip (milliseconds for seconds), not a history."""

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_OFFSET = r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
_ISO = re.compile(rf"{_DATE}[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,6}})?)?{_OFFSET}")
_NAIVE = re.compile(rf"{_DATE}(?:[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]+)?)?)?")
_FINE = re.compile(rf"{_DATE}[T ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}\.[0-9]{{7,}}{_OFFSET}|[0-9]+\.[0-9]{{7,}}")
_SECONDS = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,6}))?")
_MILLISECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,12})?")
_LAST_SECOND = (END_AT - EPOCH) // timedelta(seconds=1)
_CAUSES = {cause.value: cause for cause in Cause}


def instant(text: str) -> datetime:
    """The instant in UTC that `text` names: ISO 8601 with an offset or Z, or seconds of the epoch; at most six decimals. Raises RefusedError."""
    if _ISO.fullmatch(text):
        try:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo is UTC else at.astimezone(UTC)
        except (ValueError, OverflowError):
            raise RefusedError("at", f"there is no such instant: {quoted(text)}") from None
    else:
        at = _of_epoch(text)
    if not FIRST_AT <= at < END_AT:
        raise _outside(text)
    return at


def _of_epoch(text: str) -> datetime:
    found = _SECONDS.fullmatch(text)
    if found is None:
        raise RefusedError("at", _why_not(text))
    seconds, decimals = int(found[1]), found[2] or ""
    if seconds >= _LAST_SECOND:
        raise _outside(text)
    return EPOCH + timedelta(seconds=seconds, microseconds=int(decimals.ljust(6, "0")))


def _outside(text: str) -> RefusedError:
    hint = "; epoch times are in seconds" if text.isdigit() else ""
    return RefusedError("at", f"lies outside the years 1970 to 2199{hint}: {quoted(text)}")


def _why_not(text: str) -> str:
    if not text:
        return "is missing"
    if _FINE.fullmatch(text):
        return f"has more than six decimals: {quoted(text)}"
    if _NAIVE.fullmatch(text):
        return f"has no offset; add Z for UTC, or one such as +08:00: {quoted(text)}"
    return f"must be an instant such as 2022-03-01T08:00:00+08:00 or epoch seconds, not {quoted(text)}"


def instant_text(at: datetime) -> str:
    """The instant as ISO 8601 in UTC, with microseconds where there are any."""
    return at.replace(tzinfo=None).isoformat() + "Z"


def rtt_us(text: str) -> int:
    """A round-trip time in decimal milliseconds, in microseconds; what is finer is rounded. Raises RefusedError."""
    if not _MILLISECONDS.fullmatch(text):
        raise RefusedError("rtt_ms", f"must be decimal milliseconds such as 12.345, not {quoted(text)}")
    whole, _, decimals = text.partition(".")
    if len(decimals) <= 3:
        return int(whole) * 1000 + int(decimals.ljust(3, "0"))
    return int((Decimal(text) * 1000).to_integral_value(ROUND_HALF_EVEN))


def rtt_text(rtt: int | None) -> str:
    """Microseconds as milliseconds with three decimals; empty for None."""
    return "" if rtt is None else f"{rtt // 1000}.{rtt % 1000:03d}"


def cause_of(text: str, allowed: Collection[Cause] = tuple(Cause)) -> Cause | None:
    """The cause that `text` names, None for nothing. Raises RefusedError for one that is not among `allowed`."""
    if not text:
        return None
    cause = _CAUSES.get(text.lower())
    if cause is None or cause not in allowed:
        words = ", ".join(cause for cause in Cause if cause in allowed)
        raise RefusedError("cause", f"must be empty or one of {words}, not {quoted(text)}")
    return cause


def after(at: datetime, before: datetime | None) -> datetime:
    """`at` itself, which must lie after the row before it. Raises RefusedError."""
    if before is not None and at <= before:
        raise RefusedError("at", f"{instant_text(at)} is not after the row before, {instant_text(before)}")
    return at
