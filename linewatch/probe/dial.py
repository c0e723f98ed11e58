"""A TCP connection to a host by name or address: the part that an HTTP check, a TCP check and a truncated DNS answer share."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket

from linewatch.probe.fault import Fault, fault_of
from linewatch.probe.names import Names, is_literal, resolved
from linewatch.probe.progress import Phase, Progress
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Result
from linewatch.sample.target import IpPreference

_LEAST_SHARE_S = 1.0

# Of `struct tcp_info` (include/uapi/linux/tcp.h), four bytes each: what was sent again and is not acknowledged (tcpi_retrans), and all attempts to
_RETRANS_AT = 36
_TOTAL_RETRANS_AT = 100


async def located(host: str, progress: Progress, ip: IpPreference = "any", source: str | None = None, names: Names | None = None) -> tuple[str, ...]:
    """The addresses of `host`, of the source address's family where one is given.

    Asked anew, as the name is part of what an endpoint's check looks at; with `names`, the remembered one (for a line's anchors, which ask
    about the line and not about the name).

    Raises NameNotResolved; Fault where the source address is of the other family.
    """
    progress.begin(Phase.RESOLVE, host)
    if source is not None and ip == "any":
        ip = "6" if _version(source) == 6 else "4"
        if is_literal(host) and _version(host) != _version(source):
            raise Fault(Result.ERROR, Cause.MONITOR, f"{host} cannot be reached from {source}: one is IPv4, the other IPv6")
    addresses = await resolved(host, ip) if names is None else (await names.address(host, ip, progress.timeout),)
    progress.end()
    return addresses


async def dialled(addresses: tuple[str, ...], port: int, progress: Progress, source: str | None = None) -> socket.socket:
    """A connected, non-blocking socket to the first of `addresses` that accepts.

    Each has its fair share of the time that is left, at least one second. Where all fail, a failure out there is told rather than one of
    this host's own (a host without IPv6 cannot try the second address of most names).

    Raises Fault.
    """
    told: Fault | None = None
    for turn, address in enumerate(addresses, start=1):
        share = None if turn == len(addresses) else max(progress.left / (len(addresses) - turn + 1), _LEAST_SHARE_S)
        progress.begin(Phase.CONNECT, endpoint(address, port))
        progress.address, progress.if_late = address, None
        try:
            async with asyncio.timeout(share) as limit:
                connection = await _connected(address, port, source, progress)
        except Fault as fault:
            failure = fault
        except OSError as error:
            silence = progress.if_late or Fault(Result.LOST, Cause.TIMEOUT, f"{progress.whom}: no answer")
            failure = silence if limit.expired() else fault_of(error, progress.whom)
        except asyncio.CancelledError:  # the deadline of the whole check
            if told is not None and told.result is not Result.ERROR:
                progress.if_late = None
            raise
        else:
            progress.end()
            return connection
        if told is None or told.result is Result.ERROR:
            told = failure
    raise told or Fault(Result.LOST, Cause.DNS, "the name has no address")


async def _connected(address: str, port: int, source: str | None, progress: Progress) -> socket.socket:
    connection = socket.socket(socket.AF_INET6 if _version(address) == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        if source is not None:
            connection.bind((source, 0))
        await _connect(connection, address, port, progress)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection


async def _connect(connection: socket.socket, address: str, port: int, progress: Progress) -> None:
    """Connect, and tell what the kernel refuses at once from what comes back later, and from what never left this host."""
    code = connection.connect_ex(socket_address(address, port))
    if code in (0, errno.EINPROGRESS):
        refuse_link_local(connection, address)
    if code == errno.EINPROGRESS:
        try:
            await _writable(connection)
        except asyncio.CancelledError:
            if _was_kept_here(connection):
                words = f"{progress.whom}: this host lets no request out: a firewall of its own?"
                progress.if_late = Fault(Result.ERROR, Cause.LOCAL, words)
            raise
        code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        at_once = False
    else:
        at_once = True
    if code:
        raise fault_of(OSError(code, os.strerror(code)), endpoint(address, port), at_once)


def _was_kept_here(connection: socket.socket) -> bool:
    """Whether this host dropped the SYN that it repeated: of the first one, and so in the first second, the kernel does not tell."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TOTAL_RETRANS_AT + 4)
    return any(info[_TOTAL_RETRANS_AT:]) and not any(info[_RETRANS_AT : _RETRANS_AT + 4])


def refuse_link_local(connection: socket.socket, address: str) -> None:
    """Raise Fault where this host, having lost its other addresses, would ask from a link-local one, which no router passes on (RFC 4007, 9)."""
    own = ipaddress.ip_address(connection.getsockname()[0].partition("%")[0])
    if own.is_link_local and not ipaddress.ip_address(address.partition("%")[0]).is_link_local:
        raise Fault(Result.ERROR, Cause.LOCAL, f"{address}: this host has only the link-local address {own}")


async def _writable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_writer(connection, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_writer(connection)


def socket_address(address: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    """What the socket calls take for a literal address, with the scope of a link-local one. Raises Fault where that is no interface."""
    bare, _, scope = address.partition("%")
    if not scope:
        return (bare, port)
    try:
        return (bare, port, 0, int(scope) if scope.isdigit() else socket.if_nametoindex(scope))
    except OSError:
        raise Fault(Result.ERROR, Cause.LOCAL, f"{address}: this host has no interface {scope}") from None


def endpoint(address: str, port: int) -> str:
    """Address and port as people write them."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _version(address: str) -> int:
    return ipaddress.ip_address(address).version
