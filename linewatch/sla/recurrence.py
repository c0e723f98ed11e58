"""Recurring windows: which starts a recurrence rule of RFC 5545 names, by the wall clock. The one door to dateutil."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from linewatch.errors import UsageError

LONGEST_WINDOW = timedelta(days=31)
LONGEST_RULE = 200
WINDOWS_COMPARED = 400
WIDEST_INTERVAL = "9999"
_SECOND = timedelta(seconds=1)

_DAY = "MO|TU|WE|TH|FR|SA|SU"
_WEEK, _MONTHDAY, _YEARDAY = "0?[1-9]|[1-4][0-9]|5[0-3]", "0?[1-9]|[12][0-9]|3[01]", "0{0,2}[1-9]|0?[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6]"
_PARTS = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": "[1-9][0-9]{0,2}",
    "COUNT": "[1-9][0-9]{0,3}",
    "UNTIL": "[0-9]{8}(T[0-9]{6}Z?)?",
    "WKST": _DAY,
    "BYMONTH": "0?[1-9]|1[0-2]",
    "BYMONTHDAY": f"[+-]?({_MONTHDAY})",
    "BYDAY": f"([+-]?({_WEEK}))?({_DAY})",
    "BYYEARDAY": f"[+-]?({_YEARDAY})",
    "BYSETPOS": f"[+-]?({_YEARDAY})",
}
"""What may stand behind each part's name; those that begin with BY take several, with commas between them."""
_WEEKS = "BYWEEKNO"  # python-dateutil 4.0 misses some: 2022-01-02, the Sunday of week 52 of 2021
_TOO_FINE = ("SECONDLY", "MINUTELY", "HOURLY", "BYSECOND", "BYMINUTE", "BYHOUR")


def rule(text: str, zone: ZoneInfo) -> str:
    """The rule in capitals and without blanks around it, checked part by part; no more than the RFC allows (its section 3.3.10).

    Raises UsageError for anything else, and for a rule by hours, minutes or seconds: the time of day is that of the first window.
    """
    told = text.strip().upper().removeprefix("RRULE:")
    if len(told) > LONGEST_RULE:
        raise _refused(text[:40] + "…", f"is longer than {LONGEST_RULE} characters")
    parts: dict[str, str] = {}
    for part in told.split(";"):
        name, _, value = part.partition("=")
        if name in _TOO_FINE or value in _TOO_FINE:
            raise _refused(text, "goes by parts of a day; a rule repeats daily, weekly, monthly or yearly, at the time of --from")
        if name == _WEEKS:
            raise _refused(text, "counts weeks of the year, which is not done here; say the months and days")
        if name not in _PARTS or not all(re.fullmatch(_PARTS[name], each, re.ASCII) for each in _values(name, value)):
            raise _refused(text, f'has no meaning at "{part}"; a rule is written like FREQ=WEEKLY;BYDAY=SU (RFC 5545)')
        if name in parts:
            raise _refused(text, f"says {name} twice")
        parts[name] = value
    if "FREQ" not in parts:
        raise _refused(text, "does not say FREQ; a rule is written like FREQ=WEEKLY;BYDAY=SU (RFC 5545)")
    _agreed(text, parts)
    _until(text, parts.get("UNTIL"), zone)
    return told


def starts(told: str, first: datetime, before: datetime, zone: ZoneInfo, since: datetime | None = None) -> Iterator[datetime]:
    """The starts that a checked rule names up to but not including `before`, in order, without those before `since`.

    All of them are by the wall clock, without a zone, `first` being the first. Raises UsageError for a rule that `rule` would refuse.
    """
    parts = _parts(rule(told, zone))
    ends = _until(told, parts.pop("UNTIL", None), zone)
    count = int(parts.pop("COUNT", 0)) or None
    bound = before if ends is None else min(before, ends + _SECOND)
    if bound <= first:
        return
    anchor = first if since is None or count else _ahead(parts, first, since)
    for at in takewhile(lambda at: at < bound, islice(_series(parts, anchor).replace(until=bound), count)):
        if since is None or at >= since:
            yield at


def _ahead(parts: Mapping[str, str], first: datetime, since: datetime) -> datetime:
    """A start from which a rule by days or weeks names the same from `since` on: whole intervals after `first`, one of them before `since`."""
    days = {"DAILY": 1, "WEEKLY": 7}.get(parts["FREQ"], 0) * int(parts.get("INTERVAL", 1))
    skipped = (since - first) // timedelta(days=days) - 1 if days else 0
    return first + max(skipped, 0) * timedelta(days=days)


def checked(text: str, first: datetime, length: timedelta, zone: ZoneInfo) -> str:
    """The rule, where windows of `length` from `first` on can be meant by it.

    Raises UsageError where the rule cannot be read, does not name the first window itself (so it never fires, or the days of one of the two are
    wrong), or would have a window begin before the one before it has ended.
    """
    told = rule(text, zone)
    if length <= timedelta(0) or first.microsecond:
        raise _refused(text, "needs a first window that begins on a whole second and before it ends, by the wall clock")
    if length > LONGEST_WINDOW:
        raise _refused(text, f"would repeat a window of {length.days} days; at most {LONGEST_WINDOW.days} are taken")
    if not _names(told, first) or next(starts(told, first, first + _SECOND, zone), None) is None:
        raise _refused(text, f"does not name the first window itself, {first:%A %Y-%m-%d %H:%M}")
    some = list(islice(starts(told, first, first.replace(year=first.year + 1, day=min(first.day, 28)), zone), WINDOWS_COMPARED))
    for one, following in pairwise(some):
        if following - one < length:
            raise _refused(text, f"would begin a window at {following:%Y-%m-%d %H:%M} before that of {one:%Y-%m-%d %H:%M} has ended")
    return told


def _names(told: str, first: datetime) -> bool:
    """Whether the rule names `first` itself. Asked at the widest interval, for dateutil follows a rule that never fires to the year 9999."""
    parts = {name: value for name, value in _parts(told).items() if name not in ("UNTIL", "COUNT")}
    return next(iter(_series(parts | {"INTERVAL": WIDEST_INTERVAL}, first)), None) == first


def _series(parts: Mapping[str, str], first: datetime) -> rrule:
    series = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
    assert isinstance(series, rrule)
    return series


def _parts(told: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in told.split(";"))


def _values(name: str, value: str) -> list[str]:
    return value.split(",") if name.startswith("BY") else [value]


def _agreed(text: str, parts: Mapping[str, str]) -> None:
    """What the parts of a rule owe each other."""
    freq, ordinal = parts["FREQ"], re.search("[0-9]", parts.get("BYDAY", "")) is not None
    disagreements = (
        ("COUNT" in parts and "UNTIL" in parts, "says both COUNT and UNTIL"),
        ("BYMONTHDAY" in parts and freq == "WEEKLY", "says BYMONTHDAY of a week"),
        ("BYYEARDAY" in parts and freq != "YEARLY", "says BYYEARDAY, which belongs to FREQ=YEARLY"),
        (ordinal and freq in ("DAILY", "WEEKLY"), "numbers the days of BYDAY, which belongs to months and years"),
        ("BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts), "says BYSETPOS and nothing to choose from"),
    )
    for found, words in disagreements:
        if found:
            raise _refused(text, words)


def _until(text: str, value: str | None, zone: ZoneInfo) -> datetime | None:
    """The last instant of a rule by the wall clock: a date is meant to its end, a time with a Z is UTC."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        if len(value) == len("20221231"):
            return at + timedelta(days=1) - _SECOND
        return at if at.tzinfo is None else at.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise _refused(text, f'has no meaning at "UNTIL={value}"') from None


def _refused(text: str, words: str) -> UsageError:
    return UsageError(f'the rule "{text}" {words}')
