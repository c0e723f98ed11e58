"""The doors of the store: for writing by the daemon, for importing and for entries of the ledger by commands, for reading by whoever reports."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from linewatch.errors import StoreAway, StoreError
from linewatch.store.address import Address, Mode, address_of
from linewatch.store.book import Book
from linewatch.store.check import check, is_empty
from linewatch.store.courier import Courier
from linewatch.store.faults import database_line, one_line
from linewatch.store.importing import Importer
from linewatch.store.ledger import Ledger
from linewatch.store.lock import hold, hold_file, hold_on
from linewatch.store.owner import open_or_make
from linewatch.store.reading import History
from linewatch.store.schema import VERSIONS, Standing, migrate, standing
from linewatch.store.spool import Spool
from linewatch.store.writer import QUEUE_ROWS, Store

logger = logging.getLogger(__name__)

AT_ONCE_ROWS = 5_000
"""Up to so many rows (a second's work or two) a start delivers from the spool before the first round; more are delivered beside the rounds."""

OPENING_BUSY_S = 5.0
READING_BUSY_S = 5.0
WRITING_BUSY_S = 0.2
"""Short, for the writer tries again by itself, and must end within two seconds of being told to."""
IMPORTING_BUSY_S = 30.0
ENTERING_BUSY_S = 30.0

_WAY_UP = "run `linewatch db upgrade`, or start the daemon of this version again, which does it too"


def open_for_writing(url: str, queue_rows: int = QUEUE_ROWS, spool: Path | None = None) -> Store:
    """The store of a daemon: made where there is none, migrated where it is older, checked, and held against a second daemon.

    With a folder for a spool it opens too where PostgreSQL's server is away, if the spool recalls how the services stood.
    Raises StoreError (StoreAway, StoreTooNew, StoreDamaged) with one line that names the store; a file that is damaged or not ours is left as it is.
    """
    address = address_of(url)
    read = partial(open_for_reading, url)
    with one_line(address.name), ExitStack() as opened:
        connect = _writer(address, opened)
        if spool is None:
            book = Book(connect)
            opened.callback(book.drop)
            book.open()
            with read() as history:
                known = [service.name for service in history.services()]
            return Store(read, opened.pop_all().close, known, book, None, queue_rows)
        kept = _spool(spool, address, opened)
        courier = _courier(kept, connect, read, address.name)
        return Store(read, opened.pop_all().close, kept.recall.services, courier.book, courier, queue_rows)


def _writer(address: Address, opened: ExitStack) -> Callable[[], Connection]:
    """Returns what gives a connection that may write to the store; the store is held and made ready.

    PostgreSQL's is held by the very connection that writes, for with the server goes whatever else held it; so each is made ready anew.
    """
    engine = address.engine("write", WRITING_BUSY_S)
    if address.path is None:
        return lambda: _held(address, engine.connect())
    _folder_exists(address)
    _refuse_foreign_file(address)
    opened.callback(hold(address))
    _make_ready(address)
    return engine.connect


def _held(address: Address, connection: Connection) -> Connection:
    try:
        hold_on(connection, address.name)
        _make_ready(address)
    except BaseException:
        connection.close()
        raise
    return connection


def _spool(folder: Path, address: Address, opened: ExitStack) -> Spool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened.callback(hold_file(folder / "lock", f"writes to the spool {folder}"))
        return Spool(folder, address.identity)
    except OSError as error:
        raise StoreError(f"the spool {folder} cannot be used: {error.strerror or error}; store.spool may name another folder") from error


def _courier(spool: Spool, connect: Callable[[], Connection], read: Callable[[], History], name: str) -> Courier:
    """Who delivers from the spool; what waits there from the last run is in the store already, unless it is much or the store is away."""
    book = Book(connect)
    try:
        with database_line(name):
            book.open()
            courier = Courier(spool, book)
            if spool.rows <= AT_ONCE_ROWS and courier.delivered_now():
                with read() as history:
                    spool.learn(history)
            return courier
    except BaseException as error:
        book.drop()
        if not isinstance(error, StoreAway) or not spool.recall.services:
            raise
        logger.warning("%s; what is seen waits in %s", error, spool.folder)
        return Courier(spool, book)


def open_for_import(url: str) -> Importer:
    """The store for history files; a daemon may be running beside it. It is made where there is none. Raises StoreError as open_for_writing does."""
    address = address_of(url)
    with one_line(address.name):
        _folder_exists(address)
        _refuse_foreign_file(address)
        found = _standing(address)
        if found == "current":
            _refuse_damaged(address)
        else:
            _upgrade(address)
        return Importer(address.engine("write", IMPORTING_BUSY_S).connect(), address.name)


def open_for_entry(url: str) -> Ledger:
    """The store for entries of the ledger; a daemon may be running beside it, and an older schema is brought up to date.

    Raises StoreError as open_for_writing does, and where there is no store: what people enter is about a record that is there.
    """
    address = address_of(url)
    with one_line(address.name):
        _folder_exists(address)
        found = _standing(address)
        if found == "none":
            raise _no_store(address)
        if found == "current":
            _refuse_damaged(address)
        else:
            _upgrade(address)
        return Ledger(address.engine("write", ENTERING_BUSY_S).connect(), address.name)


def open_for_reading(url: str) -> History:
    """A snapshot of the store, which is not changed, nor made, nor migrated.

    Raises StoreError where there is none yet or its schema is older, StoreTooNew where it is newer, StoreDamaged where it is none.
    """
    address = address_of(url)
    with one_line(address.name):
        _refuse_folder(address)
        if address.path is not None and is_empty(address.path):
            raise _no_store(address)
        connection = _reading(address)
        try:
            found = standing(connection, address.name)
        except BaseException:
            connection.close()
            raise
    if found != "current":
        connection.close()
        raise _no_store(address) if found == "none" else StoreError(f"the store {address.name} is of an older schema: {_WAY_UP}")
    return History(connection, address.name)


def upgrade(url: str) -> str:
    """Bring the store up to date, or make it; returns the schema's version. Raises StoreError as open_for_writing does."""
    address = address_of(url)
    with one_line(address.name):
        _folder_exists(address)
        _refuse_foreign_file(address)
        _upgrade(address)
    return VERSIONS[-1]


def _upgrade(address: Address) -> None:
    release = hold(address)
    try:
        _make_ready(address)
    finally:
        release()


def _make_ready(address: Address) -> None:
    """Check the store and migrate it where needed; the caller holds it."""
    found = _standing(address)
    if found != "none":
        _refuse_damaged(address)
    elif address.path is not None:
        os.close(open_or_make(address.path))  # SQLite takes an empty file for a database that is still to be made
    if found != "current":
        with address.engine("create", OPENING_BUSY_S).begin() as connection:
            # Asked again under the write lock: another process may have migrated meanwhile.
            if standing(connection, address.name) != "current":
                migrate(connection)


def _standing(address: Address) -> Standing:
    if address.path is not None and is_empty(address.path):
        return "none"
    with _reading(address) as connection:
        return standing(connection, address.name)


def _reading(address: Address) -> Connection:
    """A connection that only reads.

    A WAL store that nobody has open needs its sidecar files made, which a reader without write permission on the folder cannot do;
    as nobody writes then, the file alone is the whole store and is read as such.
    """
    try:
        return _opened(address, "read")
    except OperationalError:
        if address.path is None or Path(f"{address.path}-wal").exists():
            raise
        return _opened(address, "frozen")


def _opened(address: Address, mode: Mode) -> Connection:
    connection = address.engine(mode, READING_BUSY_S).connect()
    try:
        if address.path is not None:
            connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1")  # SQLite opens the file at the first question only
    except BaseException:
        connection.close()
        raise
    return connection


def _folder_exists(address: Address) -> None:
    if address.path is None:
        return
    if not address.path.parent.is_dir():
        raise StoreError(f"the folder of the store {address.name} does not exist: make {address.path.parent}")
    _refuse_folder(address)


def _refuse_folder(address: Address) -> None:
    if address.path is not None and address.path.is_dir():
        raise StoreError(f"the store {address.name} is a folder; store.url must name a file")


def _refuse_foreign_file(address: Address) -> None:
    """Before anything is made beside it, the lock's file for one."""
    if address.path is not None:
        _standing(address)


def _refuse_damaged(address: Address) -> None:
    if address.path is not None:
        with _reading(address) as connection:
            check(connection, address.path)


def _no_store(address: Address) -> StoreError:
    return StoreError(f"no store yet at {address.name}: start `linewatch run` or `linewatch import`")
