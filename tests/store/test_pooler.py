"""A PgBouncer between us and the server: where it lends our session to others nothing keeps a second daemon out, and it is refused."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import PGconn, Ping

from linewatch.errors import StoreError
from linewatch.store.opening import open_for_reading, open_for_writing, upgrade
from tests.postgresql import AS_POSTGRES, Server
from tests.store.material import EVER, SECOND, T, good, looks, until

CONFIGURATION = """\
[databases]
* = host={server} port={server_port}
[pgbouncer]
unix_socket_dir = {folder}
listen_port = {port}
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = {size}
"""


@contextmanager
def pooler(server: Server, mode: str, size: int = 4) -> Iterator[str]:
    """A URL that leads through a PgBouncer, with a gap for the database's name."""
    with tempfile.TemporaryDirectory(prefix="lw-pool-", dir="/tmp") as name:
        folder = Path(name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        told = CONFIGURATION.format(server=server.folder, server_port=server.port, folder=folder, port=port, mode=mode, size=size)
        (folder / "pgbouncer.ini").write_text(told)
        (folder / "users").write_text('"lw" ""\n')
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        command = ["setpriv", *AS_POSTGRES, "--pdeathsig=KILL", "pgbouncer", "-q", str(folder / "pgbouncer.ini")]
        with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
            try:
                url = f"postgresql://lw@/{{}}?host={folder}&port={port}"
                until(lambda: PGconn.ping(url.format("postgres").encode()) == Ping.OK)  # its socket is there before it listens
                yield url
            finally:
                process.terminate()


@pytest.mark.parametrize("size", [1, 4])
def test_a_pooler_that_lends_our_session_is_refused(postgresql: Server, size: int) -> None:
    name = postgresql.database()
    upgrade(postgresql.url(name))
    with pooler(postgresql, "transaction", size) as url:
        for door in (open_for_writing, upgrade):
            with pytest.raises(StoreError, match="is behind a pooler that lends one session to many between transactions") as caught:
                door(url.format(name))
            assert caught.value.exit_code == 3
            assert "\n" not in str(caught.value)
    open_for_writing(postgresql.url(name)).close(5)  # nothing holds it


def test_a_pooler_that_others_use_is_refused_too(postgresql: Server) -> None:
    name = postgresql.database()
    upgrade(postgresql.url(name))
    with pooler(postgresql, "transaction") as url, psycopg.connect(url.format(name)) as other:
        other.execute("SELECT 1")  # its transaction stays open
        with pytest.raises(StoreError, match="is behind a pooler"):
            open_for_writing(url.format(name))


def test_a_pool_of_sessions_is_as_good_as_the_server(postgresql: Server, opened) -> None:
    name = postgresql.database()
    with pooler(postgresql, "session") as url:
        store = opened(url.format(name))
        store.enrol("line", "line", 3 * SECOND)
        store.keep("line", *good(T))
        assert store.flush(10)
        with pytest.raises(StoreError, match="another linewatch writes to the store"):
            open_for_writing(postgresql.url(name))
        with open_for_reading(url.format(name)) as history:
            assert list(history.rounds("line", EVER)) == looks([good(T)])
        store.close(5)
