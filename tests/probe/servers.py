"""Real servers on loopback, made to behave and to misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import struct
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.message
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SOON = timedelta(seconds=5)
SHORT = timedelta(milliseconds=500)
# For run_in_namespace: the system's resolver asks port 53 of this host.
NAME_SERVER_HERE = 'f=$(mktemp) && printf "nameserver 127.0.0.1\\noptions timeout:1 attempts:1\\n" > $f && mount --bind $f /etc/resolv.conf'

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A TCP server that treats each connection with `handler`; yields its port. What is still open at the end is cut."""
    tasks: set[asyncio.Task[None]] = set()
    writers: set[asyncio.StreamWriter] = set()

    async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        writers.add(writer)
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            await handler(reader, writer)
        writer.close()

    server = await asyncio.start_server(treat, host, port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            with contextlib.suppress(AttributeError):  # Python 3.11.2, Debian 12's, does not know any more that this one has ended
                writer.transport.abort()
        await asyncio.sleep(0.01)


@dataclass
class Site:
    """An HTTP server: pages by path, the heads of the requests that came. A page is the raw bytes of its response."""

    pages: dict[str, bytes]
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        for line in head.lower().split("\r\n"):
            if line.startswith("content-length: "):
                self.bodies.append(await reader.readexactly(int(line.split(": ")[1])))
        path = head.split(" ")[1]
        writer.write(self.pages.get(path, page(b"no such page", 404)))
        await writer.drain()

    @property
    def paths(self) -> list[str]:
        return [head.split(" ")[1] for head in self.heads]


def page(body: bytes = b"", status: int = 200, *headers: str) -> bytes:
    """The raw bytes of a response."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body


def moved(location: str, status: int = 302, *headers: str) -> bytes:
    """The raw bytes of a redirect."""
    return page(b"", status, f"Location: {location}", *headers)


def saying(*pieces: bytes, pause: float = 0.0, then: str = "close") -> Handler:
    """Reads the head of a request, says `pieces` with pauses between, then closes, holds the line, or resets the connection."""

    async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        await ending(writer, then)

    return treat


async def ending(writer: asyncio.StreamWriter, then: str) -> None:
    """Close, hold or reset."""
    if then == "hold":
        await asyncio.sleep(30)
    if then == "reset":
        reset(writer)


def reset(writer: asyncio.StreamWriter) -> None:
    """End with a RST instead of a FIN."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SOL_SOCKET, SO_LINGER
    writer.transport.abort()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts and says nothing."""
    await asyncio.sleep(30)


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts and resets."""
    await reader.read(1)
    reset(writer)


@contextlib.contextmanager
def refused_port() -> object:
    """A port of 127.0.0.1 that refuses: bound, and listened on by nobody."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


class Authority:
    """A certificate authority of the test's own, and what it, or nobody, has signed."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.file))
        self._folder = folder

    def server(self, *names: str, days: float = 90, begins: timedelta = timedelta(days=-900)) -> ssl.SSLContext:
        """What a server needs whose certificate is made out to `names` and ends in `days` from now."""
        now = datetime.now(UTC)
        issued = self._ca.issue_cert(*names, not_before=now + begins, not_after=now + timedelta(days=days))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(context)
        return context

    def self_signed(self, name: str) -> ssl.SSLContext:
        """A server whose certificate vouches for itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(7)
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        path = self._folder / "self.pem"
        path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


Answer = Callable[[dns.message.Message], list[bytes]]


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: object) -> None:
        for wire in self._answer(dns.message.from_wire(data)):
            self._transport.sendto(wire, address)


@contextlib.asynccontextmanager
async def name_server(udp: Answer, tcp: Handler | None = None, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """A DNS server whose datagrams `udp` makes, and `tcp` on the same port where it is given; yields the port."""
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        if tcp is not None:
            port = await stack.enter_async_context(serving(tcp, host, port))
        transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(udp), local_addr=(host, port))
        stack.callback(transport.close)
        yield transport.get_extra_info("sockname")[1]
    await asyncio.sleep(0)


def run_in_namespace(script: str, *before: str) -> str:
    """Run `script` with this Python in fresh network and mount namespaces, after the shell commands `before`; what it printed."""
    command = " && ".join(["ip link set lo up", *before, f'"{sys.executable}" -W error -'])
    return _run(["unshare", "--net", "--mount", "sh", "-c", command], script)


def run_apart(script: str) -> str:
    """Run `script` with this Python in a process of its own; what it printed."""
    return _run([sys.executable, "-W", "error", "-"], script)


def _run(command: list[str], script: str) -> str:
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run(command, input=textwrap.dedent(script), cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()
