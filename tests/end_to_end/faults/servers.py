"""Servers in the namespace of a test, good and hostile, each in threads of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import dns.message
import dns.rrset

from tests.netns import Namespace

Treat = Callable[[socket.socket], None]
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell"


class Hosts:
    """Whoever listens in a namespace, until the `with` ends."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._open: list[socket.socket] = []
        self.asked: dict[int, int] = {}

    def __enter__(self) -> Hosts:
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._open:
            listener.close()

    def page(self, host: str, port: int, answer: bytes = PAGE) -> None:
        """An HTTP server that says the same to everybody."""

        def treat(client: socket.socket) -> None:
            client.recv(4096)
            client.sendall(answer)

        self.treating(host, port, treat)

    def treating(self, host: str, port: int, treat: Treat) -> None:
        """A TCP server that treats every connection so, and closes it then."""
        with self._namespace.inside():
            listener = socket.create_server((host, port), backlog=100)
        listener.settimeout(0.1)
        self._serve(listener, lambda: self._accept(listener, port, treat))

    def names(self, host: str, port: int, answers: bool = True) -> None:
        """A name server that knows one address for every name, or that never answers."""
        with self._namespace.inside():
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((host, port))
        sock.settimeout(0.1)

        def answer() -> None:
            wire, peer = sock.recvfrom(512)
            self.asked[port] = self.asked.get(port, 0) + 1
            if answers:
                query = dns.message.from_wire(wire)
                response = dns.message.make_response(query)
                response.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "192.0.2.1"))
                sock.sendto(response.to_wire(), peer)

        self._serve(sock, answer)

    def _accept(self, listener: socket.socket, port: int, treat: Treat) -> None:
        client, _ = listener.accept()
        self.asked[port] = self.asked.get(port, 0) + 1
        client.settimeout(60)
        threading.Thread(target=_treated, args=(client, treat), daemon=True).start()

    def _serve(self, sock: socket.socket, once: Callable[[], None]) -> None:
        self._open.append(sock)

        def serve() -> None:
            while True:
                try:
                    once()
                except TimeoutError:
                    continue
                except OSError:  # closed: the test is over
                    return

        threading.Thread(target=serve, daemon=True).start()


def _treated(client: socket.socket, treat: Treat) -> None:
    with client:
        try:
            treat(client)
        except OSError:  # the other side has had enough
            return


def hanging(client: socket.socket) -> None:
    """Takes the request and says nothing."""
    client.recv(4096)
    while client.recv(4096):
        pass


def slow_loris(client: socket.socket) -> None:
    """A header that grows by a byte now and then and never ends."""
    client.recv(4096)
    client.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        client.sendall(b"x")
        time.sleep(0.05)
