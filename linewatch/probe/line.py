"""One round over a line's path: an echo to its gateway, its next hop and every anchor at about the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from linewatch.probe.connect import connect
from linewatch.probe.gateway import default_gateway
from linewatch.probe.icmp import Pinger
from linewatch.probe.lookup import lookup
from linewatch.probe.names import NameNotResolved, Names, is_literal
from linewatch.probe.route import way_to
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.round import Panel, Round, Seat
from linewatch.sample.target import DnsTarget, HttpTarget, IcmpTarget, Role, Target, TcpTarget, asked_host

LARGE_EVERY = 10
"""Every so many rounds an echo of the line's MTU goes to the anchors too."""

FOUND_IN_ROUTES = "gateway"
"""The name that the gateway is recorded under where the routing table says which it is."""


@dataclass(frozen=True, slots=True)
class Path:
    """The stations of a line, from this host outward; `gateway` "auto" is looked up in the routing tables for every round.

    `mtu`, where given, is the size in bytes of the largest IP packet that the line should carry.
    """

    gateway: IcmpTarget | Literal["auto"] | None
    next_hop: IcmpTarget | None
    anchors: tuple[Target, ...]
    mtu: int | None = None


@dataclass(frozen=True, slots=True)
class _Station:
    seat: Seat
    target: Target


class LineProber:
    """Looks at one line. A round looks quiet where fewer than `quorum` anchors have answered after `suspicious_after`."""

    def __init__(
        self, path: Path, pinger: Pinger, names: Names, timeout: timedelta, suspicious_after: timedelta, quorum: int, source: str | None = None
    ) -> None:
        self._path = path
        self._pinger = pinger
        self._names = names
        self._timeout = timeout
        self._suspicious_after = suspicious_after
        self._quorum = quorum
        self._source = source
        self._found: str | None = None
        self._family, self._beyond = beyond(path.anchors, source)
        self._looks = 0

    def panel(self) -> Panel:
        """Whom the next round asks; a gateway that the routing table does not name is not asked."""
        return tuple(station.seat for station in self._stations())

    async def look(self, at: datetime, quiet: Callable[[], None], /) -> Round:
        """One round, sent now."""
        stations = self._stations()
        self._looks += 1
        heard = _Heard(self._quorum, quiet)
        timer = asyncio.get_running_loop().call_later(self._suspicious_after.total_seconds(), heard.time_is_up)
        try:
            outcomes = await self._outcomes(stations, heard)
        finally:
            timer.cancel()
        return Round(at, tuple(station.seat for station in stations), tuple(outcomes))

    def _stations(self) -> list[_Station]:
        path = self._path
        stations = []
        if path.gateway == "auto":
            # Where the table cannot be read just now, the gateway is the one that it was: without one, a fault of this host's would be the line's.
            with suppress(OSError):
                self._found = self._gateway()
            if self._found is not None:
                stations.append(_Station(Seat(Role.GATEWAY, FOUND_IN_ROUTES), IcmpTarget(self._found)))
        elif path.gateway is not None:
            stations.append(_Station(Seat(Role.GATEWAY, str(path.gateway)), path.gateway))
        if path.next_hop is not None:
            stations.append(_Station(Seat(Role.NEXT_HOP, str(path.next_hop)), path.next_hop))
        stations += [_Station(Seat(Role.ANCHOR, str(anchor)), anchor) for anchor in path.anchors]
        if path.mtu is not None and self._looks % LARGE_EVERY == 0:
            stations += [_Station(Seat(Role.LARGE, str(anchor)), anchor) for anchor in path.anchors if isinstance(anchor, IcmpTarget)]
        return stations

    def _gateway(self) -> str | None:
        """The gateway now: of several lines, each with a source address, each has its own, which is not told by the main table."""
        if self._source is None or not self._beyond:
            return default_gateway(self._family)
        way = way_to(self._beyond[0], self._source)
        return way.gateway if way is not None else None

    async def _outcomes(self, stations: Sequence[_Station], heard: _Heard) -> list[Outcome]:
        large = [i for i, station in enumerate(stations) if station.seat.role is Role.LARGE]
        echoes = [i for i, station in enumerate(stations) if isinstance(station.target, IcmpTarget) and i not in large]
        others = [i for i in range(len(stations)) if i not in echoes and i not in large]
        replies, large_replies, answers = await asyncio.gather(
            self._echoes([stations[i] for i in echoes], heard),
            self._echoes([stations[i] for i in large], heard, self._path.mtu or 0),
            asyncio.gather(*(self._other(stations[i], heard) for i in others)),
        )
        outcomes = dict(zip([*echoes, *large, *others], [*replies, *large_replies, *answers], strict=True))
        return [outcomes[i] for i in range(len(stations))]

    async def _echoes(self, stations: Sequence[_Station], heard: _Heard, packet_bytes: int = 0) -> list[Outcome]:
        """All addresses as one batch, sent at once; a name that was never resolved follows when it is, and holds up nobody."""
        literal = [i for i, station in enumerate(stations) if is_literal(_host(station))]
        named = [i for i in range(len(stations)) if i not in literal]
        replies, later = await asyncio.gather(
            self._pinger.echo(
                [_host(stations[i]) for i in literal], self._timeout, lambda k: heard.answered(stations[literal[k]].seat), packet_bytes
            ),
            asyncio.gather(*(self._named_echo(stations[i], heard, packet_bytes) for i in named)),
        )
        outcomes = dict(zip(literal, replies, strict=True)) | dict(zip(named, later, strict=True))
        return [outcomes[i] for i in range(len(stations))]

    async def _named_echo(self, station: _Station, heard: _Heard, packet_bytes: int) -> Outcome:
        """A name that does not resolve could not be asked."""
        try:
            address = await self._names.address(_host(station), timeout=self._timeout)
        except NameNotResolved as error:
            return Outcome(Result.ERROR, cause=Cause.LOCAL, detail=str(error))
        (outcome,) = await self._pinger.echo([address], self._timeout, lambda _: heard.answered(station.seat), packet_bytes)
        return outcome

    async def _other(self, station: _Station, heard: _Heard) -> Outcome:
        match station.target:
            case TcpTarget() as target:
                outcome = await connect(target, self._timeout, self._source, self._names, once=True)
            case DnsTarget() as target:
                outcome = await lookup(target, self._timeout, self._source, self._names)
            case IcmpTarget() | HttpTarget():
                raise AssertionError("an anchor is of kind icmp, tcp or dns")
        if outcome.answered:
            heard.answered(station.seat)
        if outcome.result is Result.LOST and outcome.cause is Cause.DNS:  # its name has no address: nothing was sent
            return replace(outcome, result=Result.ERROR, cause=Cause.LOCAL)
        return outcome


def beyond(anchors: Sequence[Target], source: str | None) -> tuple[Literal[4, 6], list[str]]:
    """The IP version of a line (the source address's, or IPv6 where every anchor is an address of it), and its anchors' addresses of that version."""
    hosts = [asked_host(anchor) for anchor in anchors]
    sixes = [host for host in hosts if is_literal(host) and ":" in host]
    fours = [host for host in hosts if is_literal(host) and ":" not in host]
    is_ipv6 = ":" in source if source is not None else len(sixes) == len(hosts)
    return (6, sixes) if is_ipv6 else (4, fours)


def _host(station: _Station) -> str:
    assert isinstance(station.target, IcmpTarget)
    return station.target.host


class _Heard:
    """How many anchors have answered so far."""

    def __init__(self, quorum: int, quiet: Callable[[], None]) -> None:
        self._missing = quorum
        self._quiet = quiet

    def answered(self, seat: Seat) -> None:
        """One more answer; only anchors count."""
        self._missing -= seat.role is Role.ANCHOR

    def time_is_up(self) -> None:
        """Say so where too few have answered."""
        if self._missing > 0:
            self._quiet()
