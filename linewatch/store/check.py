"""Whether a store's file is whole: what is looked at before anything is written to it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect

from linewatch.store.faults import damaged
from linewatch.store.tables import metadata, samples

SMALL_BYTES = 256 * 1024 * 1024
"""Up to this size the samples are checked too (well under a second)."""


def is_empty(path: Path) -> bool:
    """Whether there is nothing at `path` yet. Raises OSError where that cannot be told.

    The file system is asked, and the file itself never opened but by SQLite: to close any other descriptor of it drops the locks that this process
    has on it (POSIX), and the next process to leave would take itself for the last one and delete the log from under a daemon that writes.
    """
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return True


def check(connection: Connection, path: Path, whole: bool = False) -> None:
    """Let SQLite check the structure of the tables; those of the samples only where the file is small, or `whole` says so.

    A year's samples are half a gigabyte, and reading them all would leave the line unwatched for seconds at every start. What a report is made of
    (states, roll-ups, events) is a hundredth of it and is checked always. Raises StoreDamaged with the first finding.
    """
    known = set(inspect(connection).get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in known:  # the store is of an older schema
            continue
        if table is samples and not whole and path.stat().st_size > SMALL_BYTES:
            continue
        finding = connection.exec_driver_sql(f"PRAGMA quick_check('{table.name}')").scalar()
        if finding != "ok":
            raise damaged(str(path), " ".join(str(finding).split()))
