"""One look at every service, now, without a store: what `linewatch check` does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from linewatch.config.loading import Loaded
from linewatch.config.services import LineService, Service, services
from linewatch.sample.round import Round
from linewatch.sample.target import HttpTarget, Role, TcpTarget
from linewatch.verdict.judge import Memory, endpoint_reading, line_verdict
from linewatch.verdict.reading import Reading
from linewatch.watch.ports import Prober
from linewatch.wiring.office import now
from linewatch.wiring.probers import Probers


@dataclass(frozen=True, slots=True)
class Looked:
    """What one round of a service saw, and what it says; `kinds[i]` is the kind of probe of the round's target i."""

    name: str
    title: str
    looked: Round
    reading: Reading
    kinds: tuple[str, ...]


def look_once(loaded: Loaded) -> list[Looked]:
    """One round of every service at the same time. Raises HostError where ICMP is not permitted."""
    probers = Probers()
    try:
        chosen = [(service, probers.prober(service)) for service in services(loaded.settings)]
        return asyncio.run(_all(chosen))
    finally:
        probers.close()


async def _all(chosen: list[tuple[Service, Prober]]) -> list[Looked]:
    return list(await asyncio.gather(*(_one(service, prober) for service, prober in chosen)))


async def _one(service: Service, prober: Prober) -> Looked:
    looked = await prober.look(now(), lambda: None)
    reading = line_verdict(service.rule, Memory(), looked)[0] if isinstance(service, LineService) else endpoint_reading(looked)
    return Looked(service.name, service.title, looked, reading, tuple(_kind(service, looked, i) for i in range(len(looked.panel))))


def _kind(service: Service, looked: Round, place: int) -> str:
    seat = looked.panel[place]
    if isinstance(service, LineService):
        scheme = seat.target.partition("://")[0]
        return scheme if seat.role is Role.ANCHOR and scheme in ("tcp", "dns") and "://" in seat.target else "icmp"
    target = service.target
    return "http" if isinstance(target, HttpTarget) else "tcp" if isinstance(target, TcpTarget) else "dns"
