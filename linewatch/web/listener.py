"""The socket of the listener, opened before anything else starts, so that what the host refuses is said at once."""

from __future__ import annotations

import errno
import socket
from ipaddress import ip_address

from linewatch.errors import HostError

BACKLOG = 128

_REASONS = {
    errno.EADDRINUSE: "the port is in use by another program",
    errno.EACCES: "this user may not open a port under 1024",
    errno.EADDRNOTAVAIL: "this host has no such address",
}


def bind(host: str, port: int) -> socket.socket:
    """A listening TCP socket on `host` (an address or a name, the first address of which counts) and `port` (0: any free one).

    Raises HostError, with one line that names the address, where the host does not allow it.
    """
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if not 0 <= port <= 65535:
        # getaddrinfo would take it modulo 65536.
        raise HostError(f"cannot listen on {where}: a port lies between 0 and 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as refusal:
        raise HostError(f"cannot listen on {where}: {_reason(refusal)}") from refusal
    except UnicodeError as refusal:  # a label that is too long or empty
        raise HostError(f"cannot listen on {where}: no such host name") from refusal
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        # Two sockets may be bound to one port; only here is it certain that the port is ours.
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as refusal:
        sock.close()
        raise HostError(f"cannot listen on {where}: {_reason(refusal)}") from refusal
    return sock


def _reason(refusal: OSError) -> str:
    if isinstance(refusal, socket.gaierror):
        return "no such host name"
    return _REASONS.get(refusal.errno or 0) or refusal.strerror or str(refusal)


def on_loopback(sock: socket.socket) -> bool:
    """Whether only this host itself can reach the socket."""
    return ip_address(sock.getsockname()[0].partition("%")[0]).is_loopback
