"""Host names into addresses, off the event loop: one fresh look, and `Names`, which remembers. Nothing here connects to what it found."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta

from linewatch.sample.target import IpPreference

_FAMILY: dict[IpPreference, socket.AddressFamily] = {"any": socket.AF_UNSPEC, "4": socket.AF_INET, "6": socket.AF_INET6}
_REASON = {
    socket.EAI_NONAME: "the name does not exist",
    socket.EAI_NODATA: "the name has no address of the kind asked for",
    socket.EAI_AGAIN: "the name server failed, did not answer or could not be reached",
    socket.EAI_FAIL: "the name server refused to answer",
}

_NAME = re.compile(r"[\w.\-]+")  # letters of any script: the system turns them into their ASCII form

_Key = tuple[str, IpPreference]
_under_way: dict[_Key, Future[tuple[str, ...]]] = {}
_guard = threading.Lock()


class NameNotResolved(Exception):
    """A host name gave no address; `str()` of it says which and why, in one line."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"{host}: {reason}")


def is_literal(host: str) -> bool:
    """Whether `host` is an IPv4 or IPv6 address (a scope, as in `fe80::1%eth0`, is allowed) and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def resolved(host: str, ip: IpPreference = "any") -> tuple[str, ...]:
    """The addresses of `host` as the system's resolver sorts them (RFC 6724), asked anew; at least one. A literal address is its own answer.

    The resolver blocks for as long as it likes, so that it runs in a thread of its own, which does not hold up the end of the program; whoever
    asks for a name that is being asked for already waits for that answer, so a dead name server ties up one thread a name and no more.
    The caller sets the deadline.

    Raises NameNotResolved; OSError where this host could not ask (no descriptor left).
    """
    if is_literal(host):
        return (_literal(host, ip),)
    answer = _asked((host, ip))
    loop = asyncio.get_running_loop()
    answered = loop.create_future()
    answer.add_done_callback(lambda _: _wake(loop, answered))
    await answered
    return answer.result()


def _literal(host: str, ip: IpPreference) -> str:
    if ip != "any" and ipaddress.ip_address(host).version != int(ip):
        raise NameNotResolved(host, f"is no IPv{ip} address")
    return host


def _wake(loop: asyncio.AbstractEventLoop, answered: asyncio.Future[None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(lambda: None if answered.done() else answered.set_result(None))


def _asked(key: _Key) -> Future[tuple[str, ...]]:
    with _guard:
        answer = _under_way.get(key)
        if answer is None:
            answer = Future()
            threading.Thread(target=_ask, args=(key, answer), name=f"resolve {key[0]}", daemon=True).start()
            _under_way[key] = answer
    return answer


def _ask(key: _Key, answer: Future[tuple[str, ...]]) -> None:
    try:
        addresses = _addresses(*key)
    except Exception as error:
        _forget(key)
        answer.set_exception(error)
    else:
        _forget(key)
        answer.set_result(addresses)


def _forget(key: _Key) -> None:
    with _guard:
        _under_way.pop(key, None)


def _addresses(host: str, ip: IpPreference) -> tuple[str, ...]:
    if not _NAME.fullmatch(host):  # the C library would ask for most of them, and at a NUL for what stands before it
        raise NameNotResolved(host, "cannot be a host name")
    try:
        rows = socket.getaddrinfo(host, None, _FAMILY[ip], socket.SOCK_STREAM)
    except socket.gaierror as error:
        # The resolver reports a lack of descriptors as a failing name server; opening a socket here tells the two apart.
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).close()
        raise NameNotResolved(host, _REASON.get(error.errno or 0, error.strerror or "not resolved")) from None
    except ValueError:
        raise NameNotResolved(host, "cannot be a host name") from None
    return tuple(dict.fromkeys(_text(row[4]) for row in rows))


def _text(address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]) -> str:
    host = str(address[0])
    return f"{host}%{address[3]}" if len(address) == 4 and address[3] else host


@dataclass(slots=True)
class _Known:
    address: str
    stale_at: float  # on the monotonic clock, in seconds


class Names:
    """Addresses of host names, remembered for `keep`, then asked for again in the background.

    While a refresh is under way or fails, the last good address is served, so that a dead name server never looks like a dead line; a failed
    refresh is tried again after `retry`. An address stays as long as the name still has it, so that a name with several does not wander.
    One event loop's own.
    """

    def __init__(self, keep: timedelta = timedelta(minutes=5), retry: timedelta = timedelta(seconds=30)) -> None:
        self._keep = keep.total_seconds()
        self._retry = retry.total_seconds()
        self._known: dict[_Key, _Known] = {}
        self._refreshing: dict[_Key, asyncio.Task[None]] = {}

    async def address(self, host: str, ip: IpPreference = "any", timeout: timedelta = timedelta(seconds=5)) -> str:
        """An address of `host`; a literal address passes through. Waits, up to `timeout`, only for a name that was never resolved before.

        Raises NameNotResolved; OSError where this host could not ask.
        """
        if is_literal(host):
            return _literal(host, ip)
        key = (host, ip)
        known = self._known.get(key)
        if known is None:
            return await self._first(key, timeout)
        if time.monotonic() >= known.stale_at and key not in self._refreshing:
            self._refreshing[key] = asyncio.create_task(self._refresh(key, known))
        return known.address

    async def _first(self, key: _Key, timeout: timedelta) -> str:
        try:
            async with asyncio.timeout(timeout.total_seconds()):
                addresses = await resolved(*key)
        except TimeoutError:
            raise NameNotResolved(key[0], f"no answer from the name server within {timeout.total_seconds():g} s") from None
        known = self._known.setdefault(key, _Known(addresses[0], time.monotonic() + self._keep))
        return known.address

    async def _refresh(self, key: _Key, known: _Known) -> None:
        try:
            addresses = await resolved(*key)
        except (NameNotResolved, OSError, RuntimeError):  # RuntimeError: no thread to be had
            known.stale_at = time.monotonic() + self._retry
        else:
            known.address = known.address if known.address in addresses else addresses[0]
            known.stale_at = time.monotonic() + self._keep
        finally:
            self._refreshing.pop(key, None)
