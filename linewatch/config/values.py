"""Readers of single values: what a TOML value must look like to become a duration, a ratio, money, a name or a pattern, and how it is shown back.

A reader takes what TOML gave and returns the value; it raises Unfit with the problem in plain words.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import AnyStr
from zoneinfo import ZoneInfo

from linewatch.errors import printable

LONGEST_SHOWN = 60
DECIMALS = 12  # an exponent beyond it is a slip of the pen, and exact arithmetic with it would take for ever
GREATEST = 10**15

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OPERATORS = {
    **{sign: sign for sign in ("=", ">=", "<=", "qualitative")},
    "＝": "=",
    "≥": ">=",
    "≧": ">=",
    "＞＝": ">=",
    "≤": "<=",
    "≦": "<=",
    "＜＝": "<=",
    "定性": "qualitative",
}
_UNIT = re.compile(r"(?=.*(?:[^\W\d_]|[%‰°℃]))(?:[^\W\d_]|[%‰°℃/·()（） -]){1,16}")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")


class Unfit(ValueError):
    """A value that cannot be meant; `str()` of it is the problem, to be read after the key."""


def shown(value: object) -> str:
    """A TOML value on one printable line, as it may be quoted in a message; never used for what may hold a secret."""
    if isinstance(value, str):
        return f'"{shown_text(value)}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) >= GREATEST:
        return "so large a number"
    if isinstance(value, int | Decimal | date | time):
        return str(value)
    return f"a {type(value).__name__}"


def shown_text(text: str, longest: int = LONGEST_SHOWN) -> str:
    """The text on one printable line, cut where it is longer than `longest` characters."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return printable(text)


def durations(least: str, most: str) -> Callable[[object], timedelta]:
    """The reader of durations such as "3s" from `least` to `most`: whole numbers of ms, s, m, h or d."""
    low, high = _duration(least), _duration(most)

    def duration(value: object) -> timedelta:
        length = _duration(value)
        if length < low:
            raise Unfit(f"must be at least {least}, not {shown(value)}")
        if length > high:
            raise Unfit(f"must be at most {most}, not {shown(value)}")
        return length

    return duration


def _duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unfit(f'must be a duration such as "3s", not {shown(value)}')
    return int(match[1]) * _UNITS[match[2]]


def ratio(value: object) -> Fraction:
    """A number from 0 to 1, exactly as written."""
    number = _decimal(value)
    if number is None or not 0 <= number <= 1:
        raise Unfit(f"must be a ratio between 0 and 1 such as 0.9995, not {shown(value)}")
    if _decimals(number) > DECIMALS:
        raise Unfit(f"must have at most {DECIMALS} decimals")
    return Fraction(number)


def money(value: object) -> Decimal:
    """An amount in 万元, exactly as written; its sixth decimal is a fen."""
    number = _decimal(value)
    if number is None or not 0 <= number < GREATEST:
        raise Unfit(f"must be an amount in 万元 such as 6 or 5.98, not {shown(value)}")
    if _decimals(number) > 6:
        raise Unfit("must have at most 6 decimals (a fen is 0.000001 万元)")
    return number


def quantity(value: object) -> int | Decimal | str:
    """What an indicator came to: a whole number, a decimal number exactly as written, or words."""
    if isinstance(value, str):
        return words(value)
    number = _decimal(value)
    if number is None or abs(number) >= GREATEST or _decimals(number) > DECIMALS:
        raise Unfit(f"must be a number or text, not {shown(value)}")
    return int(number) if isinstance(value, int) else number


def weight(value: object) -> Decimal:
    """An indicator's share of the hundred points."""
    number = _decimal(value)
    if number is None or not 0 <= number <= 100:
        raise Unfit(f"must be a number of points from 0 to 100, not {shown(value)}")
    if _decimals(number) > 2:
        raise Unfit("must have at most 2 decimals, as a score has")
    return number


def share(value: object) -> Decimal:
    """How far a qualitative target was achieved, in percent."""
    number = _decimal(value)
    if number is None or not 0 <= number <= 100 or _decimals(number) > DECIMALS:
        raise Unfit(f"must be a degree of achievement from 0 to 100 (%), not {shown(value)}")
    return number


def operator(value: object) -> str:
    """How an indicator's value is held against its target; the signs that forms print are taken for ours."""
    found = _OPERATORS.get(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Unfit(f'must be "=", ">=", "<=" or "qualitative", not {shown(value)}')
    return found


def unit(value: object) -> str:
    """What an indicator counts in; empty where it counts in nothing."""
    text = remark(value).strip().replace("％", "%")
    if text and _UNIT.fullmatch(text) is None:
        raise Unfit(f"must be a unit such as 条, % or 万元, not {shown(value)}")
    return text


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if number.is_finite() else None


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def slug(value: object) -> str:
    """A name that the record, the metrics and the command line can carry without quoting."""
    if not isinstance(value, str) or _SLUG.fullmatch(value) is None:
        raise Unfit(f"must be letters a-z, digits, - _ and . (at most 64, a letter or digit first), not {shown(value)}")
    return value


def words(value: object) -> str:
    """One line of text for people, not empty."""
    if not isinstance(value, str):
        raise Unfit(f"must be text in quotes, not {shown(value)}")
    if not value.strip() or not value.isprintable():
        raise Unfit(f"must be one line of text, not {shown(value)}")
    return value


def remark(value: object) -> str:
    """Text for people: several lines or none at all, but no control characters."""
    if not isinstance(value, str):
        raise Unfit(f"must be text in quotes, not {shown(value)}")
    if not all(line.isprintable() for line in value.replace("\t", " ").split("\n")):
        raise Unfit(f"must be text without control characters, not {shown(value)}")
    return value


def some_text(value: object) -> str:
    """Any text that is not empty; it is never quoted in a message, for it may hold a secret."""
    if not isinstance(value, str) or not value:
        raise Unfit("must be text in quotes, and not empty")
    return value


def some_bytes(value: object) -> bytes:
    """Any text that is not empty, in UTF-8."""
    return some_text(value).encode()


def zone(value: object) -> ZoneInfo:
    """A time zone of the IANA database."""
    if isinstance(value, str) and _ZONE.fullmatch(value):
        try:
            return ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            pass
    raise Unfit(f'must be a time zone such as "Asia/Shanghai", not {shown(value)}')


def pattern(value: object) -> re.Pattern[str]:
    """A regular expression for text (Python's `re`, to be searched for)."""
    return _compiled(some_text(value))


def bytes_pattern(value: object) -> re.Pattern[bytes]:
    """A regular expression for bytes; what is not ASCII in it stands for its UTF-8."""
    return _compiled(some_text(value).encode())


def _compiled(source: AnyStr) -> re.Pattern[AnyStr]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "possible nested set" is valid today; the office cannot act on it
        try:
            return re.compile(source)
        except re.error as error:
            raise Unfit(f"is not a regular expression: {error.msg}") from None
        except (OverflowError, RecursionError):
            raise Unfit("is not a regular expression: too large") from None
