"""One daemon to a store: a lock that the operating system or the server takes back when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPICursor

from linewatch.errors import StoreError
from linewatch.store.address import Address
from linewatch.store.owner import open_or_make

_POSTGRESQL_KEY = 0x6C696E6577617463
"""Our advisory lock's number: the letters "linewatc"."""

_GHOST_S = 1.0


def hold(address: Address) -> Callable[[], None]:
    """Take the store for this process; returns what gives it back. Readers and imports need no such lock.

    Raises StoreError where another process holds it, or OSError where the file beside the store cannot be made.
    """
    if address.path is None:
        return _hold_postgresql(address)
    # Beside the store and not on it: SQLite drops its own locks when any other descriptor of its file is closed.
    return hold_file(address.path.with_name(address.path.name + ".lock"), f"writes to the store {address.path}")


def hold_file(path: Path, does: str) -> Callable[[], None]:
    """Lock a file, made where there is none, with our process id in it; returns what lets go of it.

    Raises StoreError, which names its holder and says what it `does`, where it is locked, or OSError.
    """
    descriptor = open_or_make(path)
    try:
        _lock(descriptor, does)
    except BaseException:
        os.close(descriptor)
        raise
    return lambda: os.close(descriptor)


def _lock(descriptor: int, does: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
        raise StoreError(f"another linewatch (process {holder or 'unknown'}) {does}") from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())


def _hold_postgresql(address: Address) -> Callable[[], None]:
    connection = address.engine("read", 0).connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        hold_on(connection, address.name)
    except BaseException:
        connection.close()
        raise
    return connection.close


def hold_on(connection: Connection, name: str) -> None:
    """Take the store for as long as this connection to PostgreSQL lives, be it in a transaction or not.

    The server takes notice of a dead connection some milliseconds late, so a little patience is needed.
    Raises StoreError where another connection goes on holding it, and where a pooler is seen to lend this connection's session to others.
    """
    driver = connection.connection.dbapi_connection
    assert driver is not None
    if _is_lent(connection):
        raise StoreError(
            f"the store {name} is behind a pooler that lends one session to many between transactions (PgBouncer's pool_mode = transaction), and"
            " nothing there keeps a second daemon out; store.url must name the server itself, or a pool with pool_mode = session"
        )
    cursor = driver.cursor()
    end = time.monotonic() + _GHOST_S
    try:
        while not _taken(cursor):
            if time.monotonic() > end:
                raise StoreError(f"another linewatch writes to the store {name}")
            time.sleep(_GHOST_S / 20)
    finally:
        cursor.close()


def _is_lent(connection: Connection) -> bool:
    """Whether somebody between us and the server gives our session to others while we are connected.

    True is certain: two connections of ours were served by one session, or one of ours by two. A pooler that others use much at this very
    moment may escape. Without a pooler it costs one question.
    """
    driver: Any = connection.connection.dbapi_connection  # psycopg's, of whose own we need more than is every driver's
    ours = _session(driver)
    driver.commit()  # between transactions, where a session is lent
    if ours == driver.info.backend_pid:  # what the server says when one connects; a pooler says something of its own
        return False
    beside = connection.engine.raw_connection()
    try:
        # The second stays in its transaction meanwhile.
        return _session(beside.dbapi_connection) == ours or _session(driver) != ours
    finally:
        driver.rollback()
        beside.close()


def _session(driver: Any) -> int:
    """The process of the server that serves the connection just now; outside of a transaction this begins one."""
    pid: int = driver.execute("SELECT pg_backend_pid()").fetchone()[0]
    return pid


def _taken(cursor: DBAPICursor) -> bool:
    cursor.execute(f"SELECT pg_try_advisory_lock({_POSTGRESQL_KEY})")
    row = cursor.fetchone()
    return bool(row and row[0])
