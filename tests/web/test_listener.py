"""What the host refuses, in one line that names the address."""

import os
import socket
import subprocess
import sys

import pytest

from linewatch.errors import HostError
from linewatch.web.listener import bind, on_loopback


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.3.4.5", True), ("0.0.0.0", False), ("::", False)]
)
def test_a_socket_that_listens_and_knows_who_can_reach_it(host: str, loopback: bool) -> None:
    with bind(host, 0) as sock:
        assert on_loopback(sock) is loopback
        assert sock.getsockname()[1] > 0
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1


def test_a_port_in_use() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(HostError) as refusal:
            bind("127.0.0.1", port)
    assert str(refusal.value) == f"cannot listen on 127.0.0.1:{port}: the port is in use by another program"
    assert refusal.value.exit_code == 2


def test_a_port_is_free_again_right_after_its_last_connection_ended() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            first.setblocking(True)
            first.accept()[0].close()
    bind("127.0.0.1", port).close()


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("192.0.2.1", 9823, "cannot listen on 192.0.2.1:9823: this host has no such address"),
        ("2001:db8::1", 9823, "cannot listen on [2001:db8::1]:9823: this host has no such address"),
        ("fe80::1%no-such-link", 9823, "cannot listen on [fe80::1%no-such-link]:9823: no such host name"),
        ("x" * 80 + ".example", 9823, f"cannot listen on {'x' * 80}.example:9823: no such host name"),
        ("127.0.0.1", 70000, "cannot listen on 127.0.0.1:70000: a port lies between 0 and 65535"),
        ("127.0.0.1", -1, "cannot listen on 127.0.0.1:-1: a port lies between 0 and 65535"),
    ],
)
def test_an_address_that_this_host_does_not_have(host: str, port: int, message: str) -> None:
    with pytest.raises(HostError) as refusal:
        bind(host, port)
    assert str(refusal.value) == message


UNPRIVILEGED = """
import encodings.idna, os  # before the rights are gone: the interpreter may lie where nobody else can read
from pathlib import Path
from linewatch.errors import HostError
from linewatch.web.listener import bind
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    bind("127.0.0.1", 81)
except HostError as refusal:
    print(refusal)
"""


def test_a_port_that_an_ordinary_user_may_not_open() -> None:
    """In a network namespace of its own, where ports under 1024 are kept for root as they are by default, whatever this machine allows."""
    assert os.geteuid() == 0, "this test gives up root's rights and so needs them"
    # An ordinary user cannot write the measurement of coverage beside root's.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    told = subprocess.run(
        ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$0" -c "$1"', sys.executable, UNPRIVILEGED],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=unmeasured,
    )
    assert (told.stdout, told.stderr) == ("cannot listen on 127.0.0.1:81: this user may not open a port under 1024\n", "")
