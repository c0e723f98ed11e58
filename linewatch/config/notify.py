"""The table `notify`: who is told of what, and when."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import Field

from linewatch.config.table import Read, ReadAmid, Slug, Surroundings, Table
from linewatch.config.values import Unfit, durations, shown

Topic = Literal["outage", "ended", "degraded", "certificate", "coverage", "summary"]
EVENTS: tuple[Topic, ...] = ("outage", "ended", "degraded", "certificate", "coverage", "summary")

_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def _receiver(value: object, surroundings: Surroundings) -> str:
    """A URL of Apprise's, or the variable that holds it; never quoted in a message, for it holds a token or a password."""
    if isinstance(value, dict):
        variable = value.get("env")
        if set(value) != {"env"} or not isinstance(variable, str) or not variable:
            raise Unfit('must be a URL or { env = "NAME" }')
        if variable not in surroundings.environ:
            raise Unfit(f"the environment variable {shown(variable)} is not set")
        value = surroundings.environ[variable]
    if not isinstance(value, str) or _URL.fullmatch(value) is None:
        raise Unfit('must be a URL of a service that Apprise knows, such as "mailtos://user:password@example.com", or { env = "NAME" }')
    return value


def _clock(value: object) -> time:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unfit(f'must be a time of the day such as "08:30", not {shown(value)}')
    return time(int(match[1]), int(match[2]))


Wait = Annotated[timedelta, Read(durations("1s", "7d"))]


class NotifyTable(Table):
    """A receiver of messages. `services` empty: all of them; `language` None: the configuration's."""

    name: Slug
    url: Annotated[str, ReadAmid(_receiver)] = Field(repr=False)
    events: tuple[Topic, ...] = Field(default=EVENTS, strict=False, min_length=1)
    services: tuple[str, ...] = Field(default=(), strict=False)
    language: Literal["zh", "en"] | None = None
    summary: Literal["none", "daily", "monthly"] = "none"
    summary_at: Annotated[time, Read(_clock)] = time(8, 30)
    degraded_after: Wait = timedelta(minutes=15)
    quiet: Wait = timedelta(minutes=10)
    certificate_days: Annotated[int, Field(ge=1, le=365)] = 14
