"""Where a store is, and how to connect to it: the URL of the configuration, told apart by backend."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from linewatch.errors import StoreError
from linewatch.store.server import postgresql_engine

Mode = Literal["create", "write", "read", "frozen"]
"""`create` and `write` may change the store; `read` may not; `frozen` reads a file that nobody writes, without its sidecar files."""

_WRITING = ("create", "write")
_SQLITE_MODE = {"create": "mode=rwc", "write": "mode=rw", "read": "mode=ro", "frozen": "mode=ro&immutable=1"}


@dataclass(frozen=True, slots=True)
class Address:
    """A store's place: `name` is what a person is told, `path` the file where it is SQLite's, None where it is PostgreSQL."""

    url: URL
    name: str
    path: Path | None

    @property
    def identity(self) -> str:
        """Which store it is, whoever asks for it and however it is connected to."""
        if self.path is not None:
            return f"sqlite:///{self.path.absolute()}"
        where = {key: value for key, value in self.url.query.items() if key in ("host", "port")}
        return self.url.set(drivername="postgresql", username=None, password=None, query=where).render_as_string()

    def engine(self, mode: Mode, busy_s: float) -> Engine:
        """An engine without a pool. A lock held by another writer is waited for `busy_s` seconds, then raised."""
        if self.path is None:
            return postgresql_engine(self.url, self.name, mode in _WRITING, busy_s)
        return _sqlite_engine(self.path, mode, busy_s)


def address_of(url: str) -> Address:
    """The place that a URL names. Raises StoreError for a URL that is none, another backend, or a PostgreSQL driver that is not installed."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"store.url is not an address of a store: {url!r}; write sqlite:///FILE or postgresql://USER@HOST/DATABASE") from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise StoreError(f"the store must be a file, {url!r} names none; write sqlite:///FILE")
        return Address(parsed, str(parsed.database), Path(str(parsed.database)))
    if backend == "postgresql":
        if find_spec("psycopg") is None:
            raise StoreError("PostgreSQL as the store needs its driver: pip install 'linewatch[postgresql]'")
        return Address(parsed.set(drivername="postgresql+psycopg"), parsed.render_as_string(hide_password=True), None)
    raise StoreError(f"a store is SQLite's or PostgreSQL's, not {backend}'s: {parsed.render_as_string(hide_password=True)}")


def _sqlite_engine(path: Path, mode: Mode, busy_s: float) -> Engine:
    uri = f"file:{quote(str(path.absolute()))}?{_SQLITE_MODE[mode]}"

    def connection() -> sqlite3.Connection:
        # isolation_level None: transactions begin where _begin says so, not where the driver guesses. The threads take turns.
        return sqlite3.connect(uri, uri=True, timeout=busy_s, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connection, poolclass=NullPool)
    writes = mode in _WRITING
    # A writer takes its lock at once: a read lock raised to a write lock half-way cannot be waited for.
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
    event.listen(engine, "begin", lambda opened: opened.exec_driver_sql(begin))
    if writes:
        event.listen(engine, "connect", _prepare_to_write)
    return engine


def _prepare_to_write(opened: DBAPIConnection, _record: object) -> None:
    """Set what a writing connection needs.

    synchronous=FULL on every commit, sample batches included: one fsync a second is cheap, and with NORMAL a power cut would take every
    round since the last checkpoint (minutes of them), which then read as UNKNOWN.
    """
    cursor = opened.cursor()
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA journal_size_limit=67108864")  # the log of a large import is cut back afterwards
    finally:
        cursor.close()
