"""Servers that hang, dribble, flood, bomb and lead in circles, and a name server that never answers, all at once and all watched by one daemon.

Each costs its own service the time that is its due and nobody else anything: the line and the good page are looked at on time, and no body that
is sent finds its way into memory.
"""

from __future__ import annotations

import gzip
import itertools
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.end_to_end.conftest import Config, Daemon, report
from tests.end_to_end.faults.fast import LINE, adds_up, rounds_go_on, total
from tests.end_to_end.faults.servers import Hosts, hanging, slow_loris
from tests.netns import Namespace
from tests.toll import Tell, toll

Start = Callable[..., Daemon]
GIGABYTE = 1 << 30
PACE = 'interval = "1s"\ntimeout = "700ms"\nretry_interval = "500ms"\nstale_after = "2500ms"\n'
NAMES = [f"named{number}" for number in range(8)]
MEMORY_MB = 30
"""How much more the daemon may hold than before: buffers, eight threads that ask for names, and what Python keeps."""

HOSTILE = {
    # service: (url, expected, the state it is in, cause)
    "hanging": ("http://127.0.0.1:8001/", "", "down", "timeout"),
    "loris": ("http://127.0.0.1:8002/", "", "down", "timeout"),
    "gigabyte": ("http://127.0.0.1:8003/", 'expect = { body = "never in it" }', "down", "content"),
    "endless": ("http://127.0.0.1:8003/", "", "up", None),
    "bomb": ("http://127.0.0.1:8004/", 'expect = { body = "never in it" }', "down", "content"),
    "circle": ("http://127.0.0.1:8005/", "", "down", "redirect"),
    "ever-on": ("http://127.0.0.1:8006/", "", "down", "redirect"),
    "mute": ("dns://127.0.0.1:5300/www.gov.cn", "", "down", "timeout"),
    **{name: (f"http://{name}.test/", "", "down", "dns") for name in NAMES},
    "good": ("http://127.0.0.1:8080/", "", "up", None),
}
OFFENDERS = len(HOSTILE) - 2


def endpoint(name: str, url: str, expect: str) -> str:
    return f'[[endpoint]]\nname = "{name}"\nurl = "{url}"\n{expect}\n{PACE}'


class Sent:
    """How many bytes of a body a server got rid of."""

    def __init__(self) -> None:
        self.most = 0

    def endless_body(self, client: socket.socket) -> None:
        """A gigabyte, as fast as it is taken."""
        client.recv(4096)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIGABYTE)
        piece = b"x" * 65536
        for sent in range(0, GIGABYTE, len(piece)):
            self.most = max(self.most, sent)
            client.sendall(piece)


def bomb() -> bytes:
    """A gigabyte of zeros in one megabyte of gzip."""
    member = gzip.compress(bytes(16 << 20), 9)
    body = member * (GIGABYTE // (16 << 20))
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def resident_mb(pid: int) -> float:
    """The most memory that the process ever held."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def test_hostile_servers_cost_nobody_else_anything(
    namespace: Namespace, config: Config, daemon: Start, tmp_path: Path, record_property: Tell
) -> None:
    sent, bombs, numbers = Sent(), bomb(), itertools.count()

    def ever_on(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /%d\r\n\r\n" % next(numbers))

    calm = config(LINE, endpoint("good", *HOSTILE["good"][:2]))
    asked = config(LINE, *(endpoint(name, url, expect) for name, (url, expect, _, _) in HOSTILE.items()))
    text = asked.read_text()
    assert calm == asked
    calm.write_text(text[: text.index('[[endpoint]]\nname = "hanging"')] + endpoint("good", *HOSTILE["good"][:2]))
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
    with Hosts(namespace) as hosts:
        hosts.page("127.0.0.1", 8080)
        hosts.treating("127.0.0.1", 8001, hanging)
        hosts.treating("127.0.0.1", 8002, slow_loris)
        hosts.treating("127.0.0.1", 8003, sent.endless_body)
        hosts.page("127.0.0.1", 8004, bombs)
        hosts.page("127.0.0.1", 8005, b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /\r\n\r\n")
        hosts.treating("127.0.0.1", 8006, ever_on)
        hosts.names("127.0.0.1", 5300, answers=False)
        hosts.names("127.0.0.1", 53, answers=False)
        # A resolver of the daemon's own: its mount namespace sees this file in the place of the host's.
        mounted = ["unshare", "--mount", "sh", "-c", f'mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec "$@"', "sh"]
        watched = daemon(calm, before=mounted)
        watched.until("line", "up")
        watched.until("good", "up")
        rounds_go_on(watched, 4, service="good")
        before_mb = resident_mb(watched.pid)
        asked.write_text(text)
        watched.send(signal.SIGHUP)
        for service, (_, _, state, _) in HOSTILE.items():
            watched.until(service, state, within=30)
        began = datetime.now(UTC)
        missed = total(watched, "linewatch_rounds_missed_total", service="line")
        rounds_go_on(watched, 4, service="line")
        rounds_go_on(watched, 2, service="good")
        assert total(watched, "linewatch_rounds_missed_total", service="line") - missed <= 1
        grown_mb = resident_mb(watched.pid) - before_mb
        looks = total(watched, "linewatch_rounds_total") - total(watched, "linewatch_rounds_total", service="line")
        threads = len(list(Path(f"/proc/{watched.pid}/task").iterdir()))
        assert watched.stop() < 20
    assert "Traceback" not in watched.complained, watched.complained
    assert grown_mb < MEMORY_MB
    assert sent.most < 16 << 20
    assert threads < len(NAMES) + 12
    services = report(asked)
    for service, (_, _, state, cause) in HOSTILE.items():
        adds_up(services[service])
        assert [each["cause"] for each in services[service]["outages"]] == ([cause] if state == "down" else []), service
    assert services["line"]["outages"] == []
    toll(
        record_property,
        "a hanging server, a slow-loris header, a body of 1 GB, a bomb of 1 GB in 1 MB of gzip, a redirect to itself and one that never ends, "
        "name servers that never answer, all at once",
        f"{OFFENDERS} offenders, {looks:.0f} looks at endpoints in {(datetime.now(UTC) - began).total_seconds():.0f} s and the start",
        f"of the line and the good page nothing; each offender DOWN with its own cause; the daemon grew by {grown_mb:.0f} MB,"
        f" {sent.most / (1 << 20):.1f} MB of the gigabyte left its server",
    )
