"""What the service manager hears, at the far end of a real datagram socket."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from linewatch.watch.systemd import Notifier

ABSTRACT = f"linewatch-test-{os.getpid()}"


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """The manager's socket, and the name that it puts into NOTIFY_SOCKET."""
    named = str(tmp_path / "notify") if request.param == "path" else "@" + ABSTRACT
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0" + ABSTRACT if named[0] == "@" else named)
        sock.settimeout(2)
        yield sock, named


@pytest.mark.parametrize(
    ("say", "heard"),
    [
        (lambda notifier: notifier.ready("1 line, 6 endpoints"), b"READY=1\nSTATUS=1 line, 6 endpoints"),
        (lambda notifier: notifier.ready(), b"READY=1"),
        (lambda notifier: notifier.status("网络专线 up"), "STATUS=网络专线 up".encode()),
        (lambda notifier: notifier.status("two\nREADY=1 lines"), b"STATUS=two READY=1 lines"),
        (lambda notifier: notifier.stopping(), b"STOPPING=1"),
        (lambda notifier: notifier.watchdog(), b"WATCHDOG=1"),
    ],
)
def test_each_word_arrives_as_its_own_datagram(manager, say, heard) -> None:
    sock, named = manager
    say(Notifier.from_environment({"NOTIFY_SOCKET": named}))
    assert sock.recv(4096) == heard


def test_a_reload_carries_the_monotonic_time_of_its_beginning(manager) -> None:
    sock, named = manager
    before = time.monotonic_ns() // 1000
    Notifier.from_environment({"NOTIFY_SOCKET": named}).reloading()
    word, at = sock.recv(4096).decode().split("\n")
    assert word == "RELOADING=1"
    assert before <= int(at.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000


@pytest.mark.parametrize("named", [None, "", "relative", "vsock:2:1234", "/no/such/socket", "@nobody-listens-here", "/with\0zero", "/" + "x" * 300])
def test_without_a_manager_nothing_happens(named: str | None) -> None:
    notifier = Notifier.from_environment({} if named is None else {"NOTIFY_SOCKET": named})
    notifier.ready("up")
    notifier.reloading()
    notifier.status("")
    notifier.watchdog()
    notifier.stopping()


def test_a_manager_that_reads_nothing_holds_nobody_up(tmp_path: Path) -> None:
    named = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
        deaf.bind(named)
        filler.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                filler.sendto(b"x", named)
        Notifier.from_environment({"NOTIFY_SOCKET": named}).watchdog()
        assert deaf.recv(4096) == b"x"


@pytest.mark.parametrize(
    ("environ", "interval"),
    [
        ({"WATCHDOG_USEC": "30000000"}, timedelta(seconds=15)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, timedelta(seconds=15)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": ""}, timedelta(seconds=15)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid() + 1)}, None),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "mine"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "9" * 40}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_it_bites(environ: dict[str, str], interval: timedelta | None) -> None:
    assert Notifier.from_environment({"NOTIFY_SOCKET": "/run/x", **environ}).watchdog_interval == interval


def test_no_socket_no_watchdog() -> None:
    assert Notifier.from_environment({"WATCHDOG_USEC": "30000000"}).watchdog_interval is None
