"""A whole copy of the store while a daemon writes to it, and a store put back from such a copy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL

from linewatch.errors import StoreError, UsageError
from linewatch.progress import Progress, untold
from linewatch.store.address import Address, address_of
from linewatch.store.check import check, is_empty
from linewatch.store.faults import one_line
from linewatch.store.lock import hold
from linewatch.store.owner import hand_over
from linewatch.store.schema import standing

_PAGES_AT_A_TIME = 4096


def backup(url: str, to: Path, progress: Progress = untold) -> int:
    """Copy the store to the new file `to`, as it was at one moment; returns the bytes written.

    SQLite's is copied by its online backup and checked before it gets its name; PostgreSQL's is dumped by `pg_dump` (custom format). Raises
    StoreError where the store cannot be read, UsageError where the file exists or cannot be written.
    """
    address = address_of(url)
    if to.exists():
        raise UsageError(f"{to} exists already and is left as it is; name a new file")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{to.name}.", dir=to.parent)
        os.close(handle)
    except OSError as error:
        raise UsageError(f"cannot write {to}: {error.strerror}") from error
    part = Path(name)
    try:
        if address.path is None:
            progress("dumped", None)
            _run("pg_dump", address, "--format=custom", "--no-owner", "--file", str(part))
        else:
            _copy(address.path, part, progress)
        os.link(part, to)  # unlike a rename it does not replace what came in between
        return to.stat().st_size
    except OSError as error:
        raise UsageError(f"cannot write {to}: {error.strerror}") from error
    finally:
        part.unlink()


def restore(url: str, source: Path, progress: Progress = untold) -> Path | None:
    """Put the store back from a copy that `backup` made; returns where the SQLite file that was there has been moved to (None: there was none).

    No daemon may hold the store meanwhile. Raises StoreError where one does, or where the copy is damaged or no store; then nothing is changed.
    """
    address = address_of(url)
    if not source.is_file():
        raise UsageError(f"{source}: there is no such file")
    with one_line(address.name):
        release = hold(address)
        try:
            if address.path is not None:
                return _put_back(source, address.path, progress)
            progress("put back", None)
            _run("pg_restore", address, "--clean", "--if-exists", "--no-owner", "--single-transaction", str(source))
            return None
        finally:
            release()


def _copy(store: Path, part: Path, progress: Progress) -> None:
    def copied(_status: int, left: int, pages: int) -> None:
        progress("copied", 1 - left / max(1, pages))

    with one_line(str(store)):
        if is_empty(store):
            raise StoreError(f"no store yet at {store}: start `linewatch run` or `linewatch import`")
        with closing(sqlite3.connect(f"file:{quote(str(store.absolute()))}?mode=ro", uri=True)) as live, closing(sqlite3.connect(part)) as copy:
            live.backup(copy, pages=_PAGES_AT_A_TIME, progress=copied)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole in itself
    _checked(part, progress)
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checked(file: Path, progress: Progress) -> None:
    """Raises StoreDamaged where the file is not a whole store of linewatch."""
    progress("checked", None)
    address = Address(URL.create("sqlite", database=str(file)), str(file), file)
    with one_line(str(file)), address.engine("frozen", 0).connect() as connection:
        if is_empty(file) or standing(connection, str(file)) == "none":
            raise StoreError(f"{file} holds no store")
        check(connection, file, whole=True)


def _put_back(source: Path, store: Path, progress: Progress) -> Path | None:
    """Never in place: the copy is whole beside the old file before it takes its name."""
    _checked(source, progress)
    before = store.with_name(f"{store.name}.before-restore")
    if store.exists() and before.exists():
        raise UsageError(f"{before} is there from an earlier restore; move it away first")
    part = store.with_name(f".{store.name}.restored")
    progress("put back", None)
    shutil.copyfile(source, part)
    if not store.exists():
        part.chmod(0o640)
        hand_over(part, store.parent)
        part.rename(store)
        return None
    old = store.stat()
    os.chown(part, old.st_uid, old.st_gid)
    part.chmod(old.st_mode & 0o777)
    _moved_away(store, before)
    part.rename(store)
    return before


def _moved_away(store: Path, before: Path) -> None:
    """What was committed last lies in the log beside the file: it is brought in first. A file that is too damaged for that moves with its log."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(store)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.rename(before)
    for beside in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            store.with_name(store.name + beside).rename(before.with_name(before.name + beside))


def _run(program: str, address: Address, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on the store. Raises StoreError with the first line that it complains with."""
    url = address.url
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    # Not on the command line, where every user of the host could read it.
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    command = [program, "--no-password", "--dbname", plain.render_as_string(), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    except FileNotFoundError:
        raise StoreError(f"{program} is not installed: apt-get install postgresql-client") from None
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise StoreError(f"the store {address.name} cannot be used: {told[0].removeprefix(f'{program}: ').removeprefix('error: ')}")
