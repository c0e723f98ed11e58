"""Receivers of messages on loopback: a web server that takes Apprise's JSON, and a mail server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Web:
    """What a web server was told; `refuses` makes it answer 503, `hangs` not at all until the event is set."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.tries = 0
        self.refuses = False
        self.hangs: threading.Event | None = None
        self.port = 0


@contextmanager
def web(port: int = 0) -> Iterator[Web]:
    told = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.tries += 1
            if told.hangs is not None:
                told.hangs.wait(30)
            self.send_response(503 if told.refuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            if not told.refuses:
                told.got.append(json.loads(body))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    told.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Mail:
    """The mails that arrived."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.got.append(content)
        return "250 OK"


@contextmanager
def mail(port: int) -> Iterator[Mail]:
    told = Mail()
    server = Controller(told, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield told
    finally:
        server.stop()
