"""What a database says went wrong, put into one line that names the store and, where there is one, the way out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from linewatch.errors import StoreAway, StoreDamaged, StoreError

_RECOVERY = "it is left as it is; put a backup in its place (linewatch db restore FILE), or what can be read of it (linewatch db recover FILE)"

_PLAIN = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked by another process",
    sqlite3.SQLITE_READONLY: "cannot be written: it or its folder is read-only for this user",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: this user may not read it, or its folder is read-only",
    sqlite3.SQLITE_PERM: "cannot be opened: permission denied",
    sqlite3.SQLITE_FULL: "cannot be written: no space left on its disk",
    sqlite3.SQLITE_IOERR: "cannot be read or written: its disk reports an error",
}

_LOCK_NOT_AVAILABLE = "55P03"
"""What PostgreSQL says where another writer's transaction took longer than we wait."""

_GONE = ("08", "57P")
"""How PostgreSQL's states begin where the server ends or the connection broke; where the driver alone noticed there is none (None)."""


def damaged(name: str, finding: str) -> StoreDamaged:
    """The error for a store that fails its own check."""
    return StoreDamaged(f"the store {name} is damaged ({finding}); {_RECOVERY}")


def no_sqlite(name: str) -> StoreDamaged:
    """The error for a file that does not begin as a database does."""
    return StoreDamaged(f"{name} is not a linewatch store, or its first page is damaged; {_RECOVERY}")


def no_database(name: str) -> StoreDamaged:
    """The error for a file that is something else."""
    return StoreDamaged(f"{name} is not a linewatch store; it is left as it is")


def said(error: BaseException) -> str:
    """What the database itself says of a failure, in one line."""
    cause = getattr(error, "orig", None) or error
    return "database or disk is full" if _is_full(cause) else " ".join(str(cause).split())


def _is_full(cause: BaseException) -> bool:
    """Whether it is SQLite's one way to say "full" that does not: the file that its processes share could not be made larger."""
    return getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE


def store_error(name: str, error: BaseException) -> StoreError:
    """The one line for whatever a database driver raised about the store `name`."""
    cause = getattr(error, "orig", None) or error
    text = " ".join(str(cause).split())
    if not isinstance(cause, sqlite3.Error):
        sqlstate = getattr(cause, "sqlstate", "")
        if sqlstate == _LOCK_NOT_AVAILABLE:
            return StoreError(f"the store {name} {_PLAIN[sqlite3.SQLITE_LOCKED]}")
        if sqlstate.startswith(_GONE) if sqlstate else sqlstate is None and isinstance(error, OperationalError):
            return StoreAway(f"the store {name} is away: {text}")
        return StoreError(f"the store {name} cannot be used: {text}")
    # The low byte is the primary code; the rest only details it.
    code = sqlite3.SQLITE_FULL if _is_full(cause) else getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return no_sqlite(name)
    if code == sqlite3.SQLITE_CORRUPT:
        return damaged(name, text)
    return StoreError(f"the store {name} {_PLAIN.get(code, f'cannot be used: {text}')}")


@contextmanager
def database_line(name: str) -> Iterator[None]:
    """Turn what the database raises inside into a StoreError about the store `name`; other exceptions pass."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise store_error(name, error) from error


@contextmanager
def one_line(name: str) -> Iterator[None]:
    """Turn what the database, the file system or an unreadable row raises inside into a StoreError about the store `name`."""
    try:
        with database_line(name):
            yield
    except OSError as error:
        beside = f" ({error.filename})" if error.filename not in (None, name) else ""
        raise StoreError(f"the store {name} cannot be used: {error.strerror or error}{beside}") from error
    except (KeyError, ValueError) as error:
        raise damaged(name, f"a row cannot be read: {error}") from error
