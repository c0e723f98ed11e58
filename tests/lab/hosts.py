"""What the hosts beyond the line serve, as one process: a TCP port, a DNS server and a web page, which answer rightly or wrongly as they are told.

    python -m tests.lab.hosts FOLDER TCP_FD DNS_FD WEB_FD

The sockets are made by the lab, each in its host's namespace. On standard input comes one JSON object a line, an `Answering`; the process ends
with the input. When each was taken up is written into FOLDER, `answers.jsonl`.
"""

from __future__ import annotations

import heapq
import json
import os
import select
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

ADDRESS = "203.0.113.7"
NXDOMAIN = 3


@dataclass(frozen=True, slots=True, order=True)
class Answering:
    """From `at_s` (monotonic) on `server` ("dns" or "site") answers rightly or wrongly: NXDOMAIN, status 500."""

    at_s: float
    server: str
    rightly: bool

    def line(self) -> str:
        """What the process reads."""
        return json.dumps(asdict(self)) + "\n"


class Hosts:
    """The servers; requests are small and answered at once, each by itself."""

    def __init__(self, folder: Path, tcp: socket.socket, dns: socket.socket, web: socket.socket) -> None:
        self._log = (folder / "answers.jsonl").open("a", encoding="utf-8")
        self._tcp, self._dns, self._web = tcp, dns, web
        self._rightly = {"dns": True, "site": True}
        self._due: list[Answering] = []
        self._asking: list[socket.socket] = []

    def run(self, commands: int) -> None:
        """Until `commands` ends."""
        rest = b""
        while True:
            patience_s = max(0.0, self._due[0].at_s - time.monotonic()) if self._due else None
            sockets = {each.fileno(): each for each in (self._tcp, self._dns, self._web, *self._asking)}
            ready, _, _ = select.select([commands, *sockets], (), (), patience_s)
            self._do_what_is_due()
            for fd in ready:
                if fd != commands:
                    with suppress(OSError):  # who asked is gone
                        self._serve(sockets[fd])
                    continue
                chunk = os.read(commands, 65_536)
                if not chunk:
                    return
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    heapq.heappush(self._due, Answering(**json.loads(line)))

    def _do_what_is_due(self) -> None:
        while self._due and self._due[0].at_s <= time.monotonic():
            change = heapq.heappop(self._due)
            self._rightly[change.server] = change.rightly
            self._log.write(json.dumps({"monotonic_s": time.monotonic(), "wall_s": time.time(), **asdict(change)}) + "\n")
            self._log.flush()

    def _serve(self, asked: socket.socket) -> None:
        if asked is self._tcp:
            asked.accept()[0].close()
        elif asked is self._dns:
            query, peer = asked.recvfrom(4096)
            asked.sendto(dns_answer(query, self._rightly["dns"]), peer)
        elif asked is self._web:
            self._asking.append(asked.accept()[0])
        else:
            self._asking.remove(asked)
            with asked:
                asked.settimeout(0.5)
                if asked.recv(65_536):
                    asked.sendall(web_answer(self._rightly["site"]))


def dns_answer(query: bytes, rightly: bool) -> bytes:
    """An A record for any question, or that there is no such name (RFC 1035, clause 4.1)."""
    question = query[12 : query.index(b"\0", 12) + 5]
    flags = 0x8180 if rightly else 0x8180 | NXDOMAIN
    head = query[:2] + b"".join(word.to_bytes(2, "big") for word in (flags, 1, int(rightly), 0, 0))
    record = b"\xc0\x0c\0\1\0\1" + (60).to_bytes(4, "big") + b"\0\4" + socket.inet_aton(ADDRESS)
    return head + question + (record if rightly else b"")


def web_answer(rightly: bool) -> bytes:
    """A page, or an internal error."""
    status = "200 OK" if rightly else "500 Internal Server Error"
    return f"HTTP/1.1 {status}\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n".encode()


def main() -> None:
    folder, *fds = sys.argv[1:]
    tcp, dns, web = (socket.socket(fileno=int(fd)) for fd in fds)
    Hosts(Path(folder), tcp, dns, web).run(sys.stdin.fileno())


if __name__ == "__main__":
    main()
