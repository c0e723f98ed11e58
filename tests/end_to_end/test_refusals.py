"""What the host does not allow ends the daemon before it begins: one clear line, the right exit code, no traceback."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.conftest import LINE, PORT, Config, Daemon
from tests.netns import Namespace

Start = Callable[..., Daemon]


def refusal(daemon: Daemon, code: int) -> str:
    """The one line that it ended with."""
    assert daemon.ended() == code, daemon.complained
    (line,) = daemon.complained.splitlines()
    assert line.startswith("linewatch: ")
    return line


def without(capability: str) -> list[str]:
    """Root without a capability is refused as an ordinary user is."""
    return ["setpriv", f"--bounding-set=-{capability}", f"--inh-caps=-{capability}"]


def test_a_port_in_use(namespace: Namespace, config: Config, daemon: Start, tmp_path: Path) -> None:
    with namespace.inside(), socket.create_server(("127.0.0.1", PORT)):
        line = refusal(daemon(config(LINE)), 2)
    assert f"127.0.0.1:{PORT}" in line
    assert not list(tmp_path.glob("lw.db*"))


def test_no_permission_for_icmp(namespace: Namespace, config: Config, daemon: Start, tmp_path: Path) -> None:
    namespace.sysctl("net/ipv4/ping_group_range", "1 0")
    line = refusal(daemon(config(LINE), without("net_raw")), 2)
    assert "ICMP" in line
    assert "ping_group_range" in line
    assert not list(tmp_path.glob("lw.db*"))


def test_ordinary_users_permitted_to_ping_watch_by_datagram_sockets(namespace: Namespace, config: Config, daemon: Start) -> None:
    namespace.sysctl("net/ipv4/ping_group_range", "0 2147483647")
    watched = daemon(config(LINE), without("net_raw"))
    watched.until("line", "up")
    watched.stop()
    assert "ICMP by datagram sockets" in watched.said


def test_a_store_folder_that_cannot_be_written(config: Config, daemon: Start, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir(mode=0o555)
    path = config(LINE)
    path.write_text(path.read_text().replace(f"{tmp_path}/lw.db", f"{folder}/lw.db"))
    line = refusal(daemon(path, without("dac_override")), 3)
    assert str(folder) in line
    assert not list(folder.iterdir())


def test_a_second_daemon_on_one_store(config: Config, daemon: Start, tmp_path: Path) -> None:
    first = daemon(config(LINE))
    first.until("line", "up")
    other = tmp_path / "other.toml"
    other.write_text((tmp_path / "linewatch.toml").read_text().replace(str(PORT), str(PORT + 1)))
    line = refusal(daemon(other), 3)
    assert "lw.db" in line
    assert first.state("line") == "up"


def test_mistakes_in_the_configuration_are_told_one_a_line(config: Config, daemon: Start) -> None:
    watched = daemon(config(LINE.replace('"1s"', '"never"').replace("anchors", "ankers")))
    assert watched.ended() == 2
    lines = watched.complained.splitlines()
    assert len(lines) >= 3
    assert all(line.startswith("linewatch: ") for line in lines)
