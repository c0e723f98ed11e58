"""One ICMP socket, of one family: how it is set up, how a request leaves by it, and how what arrives on it is read."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Literal

from linewatch.probe import echo
from linewatch.probe.flight import Flight, Peer
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result

Mode = Literal["raw", "datagram"]

# Linux numbers that Python's socket module does not name (include/uapi: asm-generic/socket.h, linux/in.h, in6.h, icmp.h, icmpv6.h, errqueue.h).
_SO_RCVBUFFORCE: Final = 33
_SO_TIMESTAMPNS: Final = 35
_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25
_IP_MTU_DISCOVER: Final = 10
_IPV6_MTU_DISCOVER: Final = 23
_PMTUDISC_PROBE: Final = 3
_SOL_RAW: Final = 255
_ICMP_FILTER: Final = 1
_ICMPV6_FILTER: Final = 1
_SO_EE_ORIGIN_ICMP: Final = 2
_SO_EE_ORIGIN_ICMPV6: Final = 3
_MSG_ERRQUEUE: Final = 0x2000

_TIMESPEC: Final = struct.Struct("@ll")
_EXTENDED_ERROR: Final = struct.Struct("=IBBBxII")  # errno, origin, type, code, info, data; the sender's socket address follows

_RECEIVE_BUFFER_BYTES: Final = 4 << 20  # some thousand replies at once; memory is taken only for what is queued
_PACKET_BYTES: Final = 2048  # more than what answers or quotes us (2,000 bytes at most); a longer packet is cut and then no answer to us
_CONTROL_BYTES: Final = 256
_READS: Final = 256  # packets a wake-up reads at most: about a millisecond of work, then other tasks have their turn
_ATTEMPTS: Final = 3

CONGESTED: Final = Outcome(Result.ERROR, cause=Cause.MONITOR, detail="cannot send: this host's send buffer stays full")

_LOCAL_FAULTS: Final = {
    errno.ENETUNREACH: "no route to the network",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETDOWN: "the network interface is down",
    errno.EADDRNOTAVAIL: "no such source address on this host",
    errno.EPERM: "a firewall on this host refuses it",
    errno.EACCES: "this host's routes prohibit it, or it is a broadcast address",
    errno.EINVAL: "this host's routes discard it, or its source address is gone",  # a blackhole route; a bound address taken away
    errno.EMSGSIZE: "it is longer than the MTU of this host's interface",
    errno.ENODEV: "no such network interface",
    errno.ENXIO: "no such network interface",
    errno.EAFNOSUPPORT: "this host has no such IP version",
}


def send_failure(error: OSError) -> Outcome:
    """What a request that could not leave comes to: this host's network (`local`), a full buffer (`CONGESTED`), or the prober's own failure."""
    if error.errno in (errno.ENOBUFS, errno.EAGAIN):
        return CONGESTED
    if error.errno in _LOCAL_FAULTS:
        return Outcome(Result.ERROR, cause=Cause.LOCAL, detail=f"cannot send: {_LOCAL_FAULTS[error.errno]}")
    words = os.strerror(error.errno) if error.errno else str(error)
    return Outcome(Result.ERROR, cause=Cause.MONITOR, detail=f"cannot send: {words}")


class Lane:
    """A socket that is set up, with the flight to which it reports what arrives. It does not close the socket: whoever opened it does."""

    def __init__(self, sock: socket.socket, dialect: echo.Dialect, mode: Mode, identifier: int, flight: Flight) -> None:
        """`identifier` is for raw mode; in datagram mode the kernel gives the socket one when it is bound, and writes it into every request."""
        self._sock = sock
        self._dialect = dialect
        self._mode: Mode = mode
        self._flight = flight
        self._loop: asyncio.AbstractEventLoop | None = None
        self.identifier: int = identifier if mode == "raw" else sock.getsockname()[1]
        self._has_ip_header = mode == "raw" and dialect is echo.ICMPV4
        _set_up(sock, dialect, mode)

    def attend(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read what arrives as it arrives, on this loop (and no longer on another one)."""
        if self._loop is not loop:
            self.forsake()
            loop.add_reader(self._sock.fileno(), self.drain)
            self._loop = loop

    def forsake(self) -> None:
        """Stop reading, for instance because the socket is about to be closed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._sock.fileno())
        self._loop = None

    def padding(self, packet_bytes: int) -> bytes:
        """What a request of this family needs behind its token to be an IP packet of so many bytes."""
        return echo.padding(self._dialect, packet_bytes) if packet_bytes else b""

    def send(self, body: bytes, peer: Peer) -> int:
        """Send an echo request; the monotonic time right before, in nanoseconds. Raises OSError.

        A datagram socket reports the ICMP error that an earlier request met at whatever call comes next, and that call then does nothing. So
        an error counts as this request's own only if it comes back after the queue of errors was read.
        """
        packet = echo.request(self._dialect, body)
        for _ in range(_ATTEMPTS - 1 if self._mode == "datagram" else 0):
            sent_ns = time.monotonic_ns()
            try:
                self._sock.sendto(packet, peer)
            except OSError:
                self._drain_errors()
            else:
                return sent_ns
        sent_ns = time.monotonic_ns()
        self._sock.sendto(packet, peer)
        return sent_ns

    def drain(self) -> None:
        """Read what has arrived, up to a bound, and report it to the flight."""
        receive, monotonic_ns, time_ns = self._sock.recvmsg, time.monotonic_ns, time.time_ns
        for _ in range(_READS):
            try:
                packet, ancillary, _, peer = receive(_PACKET_BYTES, _CONTROL_BYTES)
            except BlockingIOError:
                break
            except OSError:  # of an earlier request; its particulars are in the queue of errors
                continue
            # The wall clock first: where another process gets in between, the wait is told too short and so the round-trip time too long.
            read_ns, now_ns = time_ns(), monotonic_ns()
            stamped_ns = _kernel_time_ns(ancillary)
            self._read(packet, peer, now_ns, 0 if stamped_ns is None else read_ns - stamped_ns)
        if self._mode == "datagram":
            self._drain_errors()

    def _read(self, packet: bytes, peer: Peer, now_ns: int, waited_ns: int) -> None:
        """One packet: a reply, an ICMP error (raw sockets get these as packets), or something to count."""
        message = echo.ipv4_payload(packet) if self._has_ip_header else packet
        if self._has_ip_header and not echo.is_sound(message):
            self._flight.counters.malformed += 1
            return
        body = echo.reply_body(self._dialect, message)
        if body is not None:
            self._flight.reply(body, peer, now_ns, waited_ns)
            return
        refusal = echo.refusal(self._dialect, message)
        if refusal is None:
            self._flight.counters.malformed += 1
        else:
            self._refused(refusal, str(peer[0]))

    def _drain_errors(self) -> None:
        """Read the ICMP errors that the kernel kept for a datagram socket (ip(7), IP_RECVERR): the packet is the request, as it was quoted."""
        for _ in range(_READS):
            try:
                message, ancillary, _, destination = self._sock.recvmsg(_PACKET_BYTES, _CONTROL_BYTES, _MSG_ERRQUEUE)
            except OSError:
                return
            for level, kind, data in ancillary:
                if (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
                    _, origin, icmp_type, code, _, _ = _EXTENDED_ERROR.unpack_from(data)
                    if origin in (_SO_EE_ORIGIN_ICMP, _SO_EE_ORIGIN_ICMPV6):
                        quoted = echo.request_body(self._dialect, message)
                        self._refused(echo.Refusal(icmp_type, code, str(destination[0]), quoted), _host(data[_EXTENDED_ERROR.size :]))

    def _refused(self, refusal: echo.Refusal, sender: str) -> None:
        reason = echo.reason(self._dialect, refusal.kind, refusal.code)
        if reason is not None:
            cause, words = reason
            result = Result.ERROR if cause is Cause.LOCAL else Result.LOST
            self._flight.refused(refusal, Outcome(result, cause=cause, detail=f"{words}, said {sender}"))


def _set_up(sock: socket.socket, dialect: echo.Dialect, mode: Mode) -> None:
    """Options of the socket. None of them is needed for a right answer: where the kernel refuses one, we go without."""
    sock.setblocking(False)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER_BYTES)
    except OSError:  # without CAP_NET_ADMIN the system's limit holds
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    with suppress(OSError):  # never in fragments, and whatever an earlier ICMP error said of the path: that is what a large echo is to find out
        level, option = (socket.IPPROTO_IP, _IP_MTU_DISCOVER) if dialect is echo.ICMPV4 else (socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER)
        sock.setsockopt(level, option, _PMTUDISC_PROBE)
    with suppress(OSError):
        if mode == "raw":
            _let_in(sock, dialect)
        elif dialect is echo.ICMPV4:
            sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)


def _let_in(sock: socket.socket, dialect: echo.Dialect) -> None:
    """Let the kernel drop every ICMP type but the three that we read: on loopback every request would come back to us too."""
    types = (dialect.reply, dialect.unreachable, dialect.time_exceeded)
    blocked = (1 << 256) - 1 - sum(1 << icmp_type for icmp_type in types)
    words = [blocked >> shift & 0xFFFFFFFF for shift in range(0, 256, 32)]
    if dialect is echo.ICMPV4:
        sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", words[0]))
    else:
        sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, struct.pack("=8I", *words))


def _kernel_time_ns(ancillary: Sequence[tuple[int, int, bytes]]) -> int | None:
    """When the kernel received the packet, on the wall clock; None where it does not say."""
    for level, kind, data in ancillary:
        if kind == _SO_TIMESTAMPNS and level == socket.SOL_SOCKET and len(data) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return None


def _host(address: bytes) -> str:
    """The host of a C `struct sockaddr_in` or `sockaddr_in6`."""
    family = int.from_bytes(address[:2], sys.byteorder)
    if family == socket.AF_INET and len(address) >= 8:
        return socket.inet_ntop(socket.AF_INET, address[4:8])
    if family == socket.AF_INET6 and len(address) >= 24:
        return socket.inet_ntop(socket.AF_INET6, address[8:24])
    return "an unknown host"
