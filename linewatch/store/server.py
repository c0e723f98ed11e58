"""PostgreSQL's server: how it is connected to, and what it means where that fails."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import URL, Dialect, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import NullPool

from linewatch.errors import StoreAway, StoreError

_PATIENCE: dict[str, Any] = {
    "application_name": "linewatch",
    "connect_timeout": 3,
    # A server whose host has vanished says nothing at all; the system's own patience with it is a quarter of an hour and more.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""What a connection is asked for unless the URL says otherwise; seconds, the last in milliseconds."""

_WRITERS_SETTINGS = (
    # What a commit announced survives the server's power cut, whatever the server's own default.
    "SET synchronous_commit = on",
    # The same patience at the other end: until the server finds its client gone, the store is held by a ghost of ourselves.
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
    "SET tcp_user_timeout = 10000",
)

_TURN = 0x6C775F7475726E
"""The number of the advisory lock that a writer holds while a transaction lasts: the letters "lw_turn"."""

_GENERAL = re.compile(r"^connection (failed|is bad): |\s+Is the server running [^?]*\?")
"""What libpq and psycopg say of every failure."""

_SEVERITY = re.compile(r" failed: \S+: +(?P<said>.+)")


def postgresql_engine(url: URL, name: str, writes: bool, busy_s: float) -> Engine:
    """An engine without a pool; it raises StoreAway where no server answers and StoreError where the server refuses us.

    Writers take turns as SQLite's do: a transaction begins by taking the one lock that they share, and waits `busy_s` seconds for it at most.
    """
    if writes:
        engine = create_engine(url, poolclass=NullPool)
        event.listen(engine, "connect", lambda opened, _: _prepare_to_write(opened, busy_s))
        event.listen(engine, "begin", lambda opened: opened.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})"))
    else:
        engine = create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ", execution_options={"postgresql_readonly": True})
    event.listen(engine, "do_connect", lambda dialect, _, cargs, cparams: _connection(dialect, name, *cargs, **{**_PATIENCE, **cparams}))
    return engine


def _connection(dialect: Dialect, name: str, *positional: Any, **named: Any) -> DBAPIConnection:
    from psycopg import OperationalError

    try:
        opened: DBAPIConnection = dialect.connect(*positional, **named)
    except OperationalError as error:
        raise _failure(name, named, str(error)) from error
    return opened


def _failure(name: str, named: dict[str, Any], text: str) -> StoreError:
    """Told apart by asking the server whether it is there, for its messages come in its own language."""
    from psycopg.conninfo import make_conninfo
    from psycopg.pq import PGconn, Ping

    words = " ".join(_GENERAL.sub("", text).split())
    asked = make_conninfo(**{key: value for key, value in named.items() if key != "context"})
    if PGconn.ping(asked.encode()) == Ping.OK:
        said = _SEVERITY.search(words)
        return StoreError(f"the store {name} refuses: {said['said'] if said else words}")
    return StoreAway(f"the store {name} is away: {words}")


def _prepare_to_write(opened: DBAPIConnection, busy_s: float) -> None:
    cursor = opened.cursor()
    try:
        for words in (*_WRITERS_SETTINGS, f"SET lock_timeout = {max(round(busy_s * 1000), 1)}"):
            cursor.execute(words)
    finally:
        cursor.close()
    opened.commit()
