"""The TCP check: a connection, and where asked for something sent and a reply that must match."""

from __future__ import annotations

import asyncio
import re
import socket
from datetime import timedelta

from linewatch.probe.attempt import attempted
from linewatch.probe.dial import dialled, located
from linewatch.probe.fault import Fault
from linewatch.probe.names import Names
from linewatch.probe.progress import Phase, Progress
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.target import TcpTarget

LONGEST_REPLY = 16_384
_TOTAL_RETRANS_AT = 100  # of `struct tcp_info` (include/uapi/linux/tcp.h): tcpi_total_retrans, four bytes


async def connect(target: TcpTarget, timeout: timedelta, source: str | None = None, names: Names | None = None, once: bool = False) -> Outcome:
    """Connect to `target` within `timeout`, from the local address `source` where one is given.

    `rtt_us` is the time from the SYN to the connection, or to the reply that matched where one is expected; resolving is not part of it. With
    `names`, remembered addresses are used. At most 16 KiB of a reply are looked at. `once`: the kernel repeats a SYN after a second; a connection
    that needed this is lost, since it says nothing of the moment at which the look was sent.
    """
    return await attempted(lambda progress: _checked(target, progress, source, names, once), timeout)


async def _checked(target: TcpTarget, progress: Progress, source: str | None, names: Names | None, once: bool) -> Outcome:
    addresses = await located(target.host, progress, target.ip, source, names)
    connection = await dialled(addresses, target.port, progress, source)
    rtt_us = progress.took(Phase.CONNECT) or 0
    try:
        if once and _was_repeated(connection):
            raise Fault(Result.LOST, Cause.TIMEOUT, f"{progress.whom}: answered only when asked again")
        progress.begin(Phase.FIRST_BYTE)
        if target.send:
            await asyncio.get_running_loop().sock_sendall(connection, target.send)
        if target.reply is not None:
            await _replied(connection, target.reply, progress)
            rtt_us += progress.end()
    finally:
        connection.close()
    return Outcome(Result.OK, rtt_us, exchange=progress.exchange())


def _was_repeated(connection: socket.socket) -> bool:
    """Whether a packet of this connection, until now its SYN alone, was sent again."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TOTAL_RETRANS_AT + 4)
    return any(info[_TOTAL_RETRANS_AT:])


async def _replied(connection: socket.socket, reply: re.Pattern[bytes], progress: Progress) -> None:
    """Read until `reply` matches. What came and does not match is a wrong answer, also where the deadline or the peer cuts it off."""
    loop = asyncio.get_running_loop()
    came = bytearray()
    try:
        while len(came) < LONGEST_REPLY and (piece := await loop.sock_recv(connection, LONGEST_REPLY - len(came))):
            came += piece
            if reply.search(came):
                return
            progress.if_late = _mismatch(progress.whom, came, reply)
    except ConnectionError:
        if not came:
            raise
    if came:
        raise _mismatch(progress.whom, came, reply)
    raise Fault(Result.LOST, Cause.CONNECT, f"{progress.whom}: closed without a reply")


def _mismatch(whom: str, came: bytearray, reply: re.Pattern[bytes]) -> Fault:
    pattern = reply.pattern.decode("utf-8", "replace")
    return Fault(Result.BAD, Cause.CONTENT, f"{whom}: the reply ({len(came)} bytes) does not match /{pattern}/")
