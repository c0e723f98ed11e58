"""A PostgreSQL server of a test's own: its files in a folder under /tmp, ended by its process id, and not left behind.

    with Server() as server:
        url = server.url(server.database())
        server.stop("immediate")              # as a power cut does
        server.start()

It listens on a socket in its folder, where it asks for no password (and which is reached from any network namespace), and on a free port of
127.0.0.1, where it does. It refuses to run as root, so root starts it as `postgres`. It ends with the test that started it, however that ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import psycopg
from psycopg.pq import PGconn, Ping

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
PASSWORD = "right"
FAST = ("-F", "-c", "shared_buffers=16MB", "-c", "max_connections=60", "-c", "autovacuum=off")
"""Without a flush to the disk, which a test of the server's end by its own hand does not need: the system stays up."""

Manner = Literal["fast", "immediate"]
_ENDING = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
AS_POSTGRES = ("--reuid=postgres", "--regid=postgres", "--clear-groups") if os.geteuid() == 0 else ()


class Server:
    """A server that runs; user `lw`, password `right`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lw-pg-", dir="/tmp"))
        self._numbers = count(1)
        self._made: list[str] = []
        self._finished: list[str] = []
        (self.folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (self.folder, self.folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        told = ["-U", "lw", "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={self.folder}/password"]
        self._run("initdb", "-D", f"{self.folder}/data", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", *told)
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.runs():
            self.stop("immediate")
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        listen = ("-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}", "-c", f"unix_socket_directories={self.folder}")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", *AS_POSTGRES, "--pdeathsig=QUIT", str(PROGRAMS / "postgres"), "-D", f"{self.folder}/data", *FAST, *listen],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 60
        while PGconn.ping(self.url("postgres").encode()) != Ping.OK:
            assert self.runs(), (self.folder / "log").read_text(errors="replace")
            assert time.monotonic() < end, "the server does not start"
            time.sleep(0.02)

    def stop(self, manner: Manner = "immediate") -> None:
        """End it, and wait until it is gone."""
        self.send(_ENDING[manner])
        self._process.wait(60)

    def send(self, number: signal.Signals) -> None:
        """A signal to the server's first process."""
        self._process.send_signal(number)

    def runs(self) -> bool:
        return self._process.poll() is None

    def backends(self, name: str) -> list[int]:
        """The processes that serve the connections to a database."""
        return [pid for (pid,) in self.ask("SELECT pid FROM pg_stat_activity WHERE datname = %s ORDER BY backend_start", name)]

    def database(self, template: str = "template0") -> str:
        """A new database; its name."""
        name = f"lw{next(self._numbers)}"
        self.ask(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._made.append(name)
        return name

    def keep(self, name: str) -> str:
        """Have a database outlive the test that makes it."""
        self._made.remove(name)
        return name

    def finish(self) -> None:
        """The databases made so far are done with."""
        self._finished += self._made
        self._made.clear()

    def drop_finished(self) -> None:
        """Take away what is done with."""
        while self._finished:
            self.ask(f'DROP DATABASE "{self._finished.pop()}" WITH (FORCE)')

    def url(self, name: str) -> str:
        """The URL of a database, by the socket."""
        return f"postgresql://lw@/{name}?host={self.folder}&port={self.port}"

    def url_by_port(self, name: str, password: str = PASSWORD) -> str:
        """The URL of a database, by the port and with a password."""
        return f"postgresql://lw:{password}@127.0.0.1:{self.port}/{name}"

    def ask(self, words: str, *values: object, name: str = "postgres") -> Sequence[tuple]:
        """The rows that a statement gives, in a connection and a transaction of its own."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            asked = connection.execute(words, values or None)
            return asked.fetchall() if asked.description else []

    def _run(self, program: str, *arguments: str) -> None:
        made = ["setpriv", *AS_POSTGRES, "--no-new-privs", str(PROGRAMS / program), *arguments]
        done = subprocess.run(made, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout.decode(errors="replace")
