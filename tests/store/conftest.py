from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from linewatch.store.opening import open_for_writing
from linewatch.store.writer import QUEUE_ROWS, Store
from tests.store.material import url


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "linewatch.db"


@pytest.fixture
def opened() -> Iterator[Callable[..., Store]]:
    """Open a store with a line and an endpoint enrolled; it is closed at the end of the test."""
    stores: list[Store] = []

    def open_it(path: Path, queue_rows: int = QUEUE_ROWS) -> Store:
        store = open_for_writing(url(path), queue_rows)
        stores.append(store)
        store.enrol("line", "line", timedelta(seconds=3))
        store.enrol("site", "endpoint", timedelta(seconds=60))
        return store

    yield open_it
    for store in stores:
        store.close(5)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def make_read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
