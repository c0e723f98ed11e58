"""ICMP echo to many hosts at once, over sockets that icmplib opens: the one door to that library."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from icmplib import ICMPSocketError, ICMPv4Socket, ICMPv6Socket

from linewatch.errors import HostError
from linewatch.probe import echo
from linewatch.probe.flight import Batch, Echo, EchoCounters, Flight, Peer
from linewatch.probe.lane import CONGESTED, Lane, Mode, send_failure
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.span import microseconds

_BURST: Final = 32  # requests sent before replies are read and other tasks have their turn
_PATIENCE: Final = 20  # pauses that a batch makes for a full send buffer, all its echoes together
_PAUSE_S: Final = 0.002
_BRAND_BYTES: Final = 8
_MODES: Final[tuple[Mode, ...]] = ("raw", "datagram")

_NOT_PERMITTED: Final = (
    "ICMP is not permitted here: grant the program CAP_NET_RAW, or let its group send echoes with: sysctl -w net.ipv4.ping_group_range='0 2147483647'"
)
_CLOSED: Final = Outcome(Result.ERROR, cause=Cause.MONITOR, detail="the pinger was closed")
_CROWDED: Final = Outcome(Result.ERROR, cause=Cause.MONITOR, detail="too many echoes are under way: no sequence number is free")


class Pinger:
    """ICMP echo for IPv4 and IPv6: one socket per family, shared by all targets of all lines that send from the same address.

    A reply counts where its source address, identifier, sequence number and token are those of an echo under way. The token is 8 bytes drawn when
    the pinger is made and 8 drawn for each echo, so that no stale or forged reply matches. What matches nothing is counted in `counters`.

    Not to be used by several threads at once. Batches may overlap in time.
    """

    def __init__(self, source: str | None = None) -> None:
        """`source`: the address to send from; requests to hosts of its other IP version are then errors, never sent by another way."""
        self._source = source
        self._flight = Flight()
        self._brand = secrets.token_bytes(_BRAND_BYTES)
        self._identifier = secrets.randbits(16)
        self._mode: Mode | None = None
        self._sockets: dict[bool, ICMPv4Socket | ICMPv6Socket] = {}
        self._lanes: dict[bool, Lane] = {}  # by whether it is IPv6
        self._closed = False

    @property
    def mode(self) -> Mode:
        """Which kind of socket the host permits, once `open` has returned: raw, or datagram without the privilege for raw."""
        if self._mode is None:
            raise RuntimeError("a pinger has no mode before it is opened")
        return self._mode

    @property
    def counters(self) -> EchoCounters:
        """What came in and was credited to nobody, so far."""
        return self._flight.counters

    def open(self) -> None:
        """Open what the host permits. Raises HostError where it permits neither kind of socket.

        That IPv6 is missing, or that the source address is not (yet) on this host, is no error here: `echo` tries again each time, and says so.
        """
        for is_ipv6 in (False, True):
            if self._source is None or is_ipv6 == (":" in self._source):
                with suppress(OSError):
                    self._lane(is_ipv6)

    def close(self) -> None:
        """Close the sockets. Echoes under way end as errors of the monitor, and so do later ones."""
        self._closed = True
        for lane in self._lanes.values():
            lane.forsake()
        for opened in self._sockets.values():
            opened.close()
        self._lanes.clear()
        self._sockets.clear()
        self._flight.abandon(_CLOSED)

    async def echo(
        self, addresses: Sequence[str], timeout: timedelta, answered: Callable[[int], None] | None = None, packet_bytes: int = 0
    ) -> list[Outcome]:
        """One echo to each address; outcome i belongs to address i.

        `addresses` are literal, IPv4 and IPv6 mixed, link-local ones with their scope (`fe80::1%eth0`); one may occur several times. Each echo has
        `timeout` from its own sending. `answered(i)` is called as soon as reply i is read; what it raises, this call raises.
        `packet_bytes` is the size of the IP packets, where they are to be large; none is ever sent in fragments.
        A failure is an outcome: no exception comes from the network or the host.
        """
        if not addresses:
            return []
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        batch = Batch(len(addresses), microseconds(timeout) * 1000, lambda error: _finish(done, error), answered)
        try:
            await self._send_all(batch, addresses, packet_bytes)
            for lane in self._lanes.values():
                lane.attend(loop)
            timer = loop.call_later(timeout.total_seconds(), self._expire, done)
            try:
                await done
            finally:
                timer.cancel()
        finally:
            self._flight.retire(batch)
        return [LOST if outcome is None else outcome for outcome in batch.outcomes]

    async def _send_all(self, batch: Batch, addresses: Sequence[str], packet_bytes: int) -> None:
        """Send in bursts and read between them, so that neither buffer runs over and the loop stays responsive."""
        brand, width = self._brand, echo.TOKEN_BYTES - _BRAND_BYTES
        tokens = os.urandom(width * len(addresses))
        patience = _PATIENCE
        for index, address in enumerate(addresses):
            if index % _BURST == 0:
                self._drain()
                await asyncio.sleep(0)
            token = brand + tokens[index * width : (index + 1) * width]
            ended = self._launch(batch, index, address, token, packet_bytes)
            while ended is CONGESTED and patience > 0:
                patience -= 1
                self._drain()
                await asyncio.sleep(_PAUSE_S)
                ended = self._launch(batch, index, address, token, packet_bytes)
            if ended is not None:
                batch.settle(index, ended)
        self._drain()

    def _launch(self, batch: Batch, index: int, address: str, token: bytes, packet_bytes: int) -> Outcome | None:
        """Send one request; None where it is under way, else what it has come to."""
        if self._closed:
            return _CLOSED
        try:
            is_ipv6 = ":" in address
            peer = _ipv6_peer(address) if is_ipv6 else _ipv4_peer(address)
            lane = self._lane(is_ipv6)
            sequence = self._flight.free_sequence()
            if sequence is None:
                return _CROWDED
            body = echo.body(lane.identifier, sequence, token + lane.padding(packet_bytes))
            sent_ns = lane.send(body, peer)
            self._flight.launch(sequence, Echo(body, peer, sent_ns, batch, index))
        except OSError as error:
            return send_failure(error)
        except (HostError, ValueError) as error:
            return Outcome(Result.ERROR, cause=Cause.MONITOR, detail=f"cannot send: {error}")
        except Exception as error:
            # What we did not foresee is our own failure, never the target's loss, and must not end the other echoes of the batch.
            return Outcome(Result.ERROR, cause=Cause.MONITOR, detail=f"cannot send: {error!r}")
        return None

    def _drain(self) -> None:
        for lane in list(self._lanes.values()):
            lane.drain()

    def _expire(self, done: asyncio.Future[None]) -> None:
        """Time is up; a reply that lies unread came in time, so read first."""
        self._drain()
        _finish(done, None)

    def _lane(self, is_ipv6: bool) -> Lane:
        """The lane of a family, opened where it is not. Raises HostError, or OSError where it is the address or the IP version that is missing."""
        if is_ipv6 in self._lanes:
            return self._lanes[is_ipv6]
        if self._source is not None and is_ipv6 != (":" in self._source):
            raise ValueError(f"the source address {self._source} is of the other IP version")
        for mode in _MODES:
            try:
                opened = _opened_socket(is_ipv6, mode, self._source)
            except PermissionError:
                continue
            except OSError:
                self._mode = mode
                raise
            self._mode = mode
            self._sockets[is_ipv6] = opened
            dialect = echo.ICMPV6 if is_ipv6 else echo.ICMPV4
            self._lanes[is_ipv6] = Lane(opened.sock, dialect, mode, self._identifier, self._flight)
            return self._lanes[is_ipv6]
        raise HostError(_NOT_PERMITTED)


def _opened_socket(is_ipv6: bool, mode: Mode, source: str | None) -> ICMPv4Socket | ICMPv6Socket:
    """A bound socket (a datagram one has its identifier from then on). Raises OSError: icmplib's errors say less than the one behind them."""
    kind, anywhere = (ICMPv6Socket, "::") if is_ipv6 else (ICMPv4Socket, "0.0.0.0")
    try:
        return kind(address=source or anywhere, privileged=mode == "raw")
    except ICMPSocketError as error:
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise OSError(str(error)) from error


def _ipv4_peer(address: str) -> Peer:
    try:
        socket.inet_pton(socket.AF_INET, address)
    except OSError:
        raise ValueError(f"not an IP address: {address!r}") from None
    return address, 0


def _ipv6_peer(address: str) -> Peer:
    """The socket address, spelt as the kernel spells it. Raises OSError where the scope names no interface."""
    host, _, scope = address.partition("%")
    try:
        packed = socket.inet_pton(socket.AF_INET6, host)
    except OSError:
        raise ValueError(f"not an IP address: {address!r}") from None
    return socket.inet_ntop(socket.AF_INET6, packed), 0, 0, _interface_index(scope) if scope else 0


def _interface_index(scope: str) -> int:
    if scope.isdecimal():
        return int(scope)
    try:
        return socket.if_nametoindex(scope)
    except OSError:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV)) from None


def _finish(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
