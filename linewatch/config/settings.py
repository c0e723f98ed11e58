"""The whole configuration file as one value: its root and the two tables of the daemon itself."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from linewatch.config.endpoint import EndpointTable
from linewatch.config.hours import CalendarTable
from linewatch.config.indicator import IndicatorsTable, IndicatorTable
from linewatch.config.line import LineTable
from linewatch.config.notify import NotifyTable
from linewatch.config.table import Read, ReadAmid, Surroundings, Table
from linewatch.config.targets import Listen, listen
from linewatch.config.values import Unfit, durations, some_text, zone

Listening = Annotated[Listen, Read(listen)]
Zone = Annotated[ZoneInfo, Read(zone)]

_SCRYPT = re.compile(r"scrypt\$1[0-7]\$[A-Za-z0-9+/]{64}")

DEFAULT_STORE = "sqlite:///linewatch.db"

_SQLITE = re.compile(r"sqlite(\+[a-z0-9_]+)?://(/(?P<file>[^?]*))?(\?.*)?")
_POSTGRESQL = re.compile(r"postgresql(\+[a-z0-9_]+)?://([^:/]*(:[^@]*)?@)?(\[[^/?]+\]|[^/:?]*)(:[0-9]{1,5})?(/[^?]*)?(\?.*)?")


def store_url(value: object) -> str:
    """A SQLAlchemy URL of a kind that the record can be kept in; never quoted in a message, for it may hold a password."""
    if not isinstance(value, str) or not value.isprintable():
        raise Unfit('must be a SQLAlchemy URL such as "sqlite:///linewatch.db", in quotes')
    if _POSTGRESQL.fullmatch(value):
        return value
    if value.startswith("postgresql"):
        raise Unfit('must look like "postgresql+psycopg://user:password@host:5432/database"')
    sqlite = _SQLITE.fullmatch(value)
    if sqlite is None:
        raise Unfit('must begin with "sqlite:///" or "postgresql://" (a driver may follow the name, as in "postgresql+psycopg://")')
    if sqlite["file"] in (None, "", ":memory:"):
        raise Unfit("must name a file: a record in memory would be gone with the process")
    return value


def _spool(value: object, surroundings: Surroundings) -> Path:
    return surroundings.folder / some_text(value)


class StoreTable(Table):
    """Where the record is kept, and for how long its raw samples are; `spool` is the folder where they wait while the store is away, if any."""

    url: Annotated[str, Read(store_url)] = Field(default=DEFAULT_STORE, repr=False)
    keep_samples: Annotated[timedelta, Read(durations("1h", "36500d"))] = timedelta(days=400)
    spool: Annotated[Path, ReadAmid(_spool)] | None = None


def kept_password(value: object) -> str:
    """What `linewatch web password` printed; never quoted in a message, for it may be a password."""
    if isinstance(value, str) and _SCRYPT.fullmatch(value):
        return value
    raise Unfit("must be what `linewatch web password` prints")


class WebTable(Table):
    """Where the status page and the metrics are served, and what protects them where others can reach them."""

    listen: Listening = Listen("127.0.0.1", 9823)
    password_hash: Annotated[str, Read(kept_password)] | None = Field(default=None, repr=False)
    behind_proxy: bool = False


class Settings(Table):
    """A configuration without a mistake; attributes are named as the keys of the file are."""

    timezone: Zone = ZoneInfo("Asia/Shanghai")
    language: Literal["zh", "en"] = "zh"
    store: StoreTable = StoreTable()
    web: WebTable = WebTable()
    line: tuple[LineTable, ...] = Field(default=(), strict=False)
    endpoint: tuple[EndpointTable, ...] = Field(default=(), strict=False)
    notify: tuple[NotifyTable, ...] = Field(default=(), strict=False)
    calendar: tuple[CalendarTable, ...] = Field(default=(), strict=False)
    indicators: IndicatorsTable = IndicatorsTable()
    indicator: tuple[IndicatorTable, ...] = Field(default=(), strict=False)
