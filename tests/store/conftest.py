from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from linewatch.store.address import address_of
from linewatch.store.opening import open_for_writing, upgrade
from linewatch.store.writer import QUEUE_ROWS, Store
from tests.postgresql import Server
from tests.store.material import url

Places = Callable[[], str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where SQLite's file would be, for what is SQLite's alone."""
    return tmp_path / "linewatch.db"


@pytest.fixture(scope="session")
def migrated(postgresql_server: Server) -> str:
    """A database with an empty store in it, to be copied."""
    name = postgresql_server.keep(postgresql_server.database())
    upgrade(postgresql_server.url(name))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """The contract of the store holds whatever `store.url` names: each call gives the URL of another empty one."""
    if request.param == "sqlite":
        numbers = count(1)
        return lambda: url(tmp_path / f"{next(numbers)}.db")
    server: Server = request.getfixturevalue("postgresql")
    template: str = request.getfixturevalue("migrated")
    return lambda: server.url(server.database(template))


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, path: Path) -> str:
    """The URL of a store that is still to be made."""
    if request.param == "sqlite":
        return url(path)
    server: Server = request.getfixturevalue("postgresql")
    return server.url(server.database())


@pytest.fixture
def place(places: Places) -> str:
    """The URL of an empty store."""
    return places()


def spool_for(place: str, folder: Path) -> Path | None:
    return folder / f"spool-{address_of(place).url.database}" if place.startswith("postgresql") else None


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Open a store with a line and an endpoint enrolled, PostgreSQL's with a spool as the daemon does; it is closed at the end of the test."""
    stores: list[Store] = []

    def open_it(place: str, queue_rows: int = QUEUE_ROWS) -> Store:
        store = open_for_writing(place, queue_rows, spool_for(place, tmp_path))
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
