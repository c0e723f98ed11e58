"""By which ways this host would ask: whether a line is measured where its gateway lies."""

from __future__ import annotations

from dataclasses import dataclass

from linewatch.config.services import LinePath
from linewatch.probe.gateway import default_gateway
from linewatch.probe.line import beyond
from linewatch.probe.route import way_to
from linewatch.sample.target import IcmpTarget


@dataclass(frozen=True, slots=True)
class Astray:
    """The gateway is on one interface, anchors are asked over `others`."""

    gateway: str
    interface: str
    others: tuple[str, ...]


def astray(path: LinePath) -> Astray | None:
    """Whether anchors of a line without a source address are asked by another way than its gateway's, as where a VPN takes what leaves the host."""
    if path.gateway is None or path.source is not None:
        return None
    family, hosts = beyond(path.anchors, None)
    gateway = path.gateway.host if isinstance(path.gateway, IcmpTarget) else default_gateway(family)
    near = way_to(gateway) if gateway is not None else None
    if gateway is None or near is None:
        return None
    ways = [way for way in map(way_to, hosts) if way is not None]
    others = sorted({way.interface for way in ways} - {near.interface})
    return Astray(gateway, near.interface, tuple(others)) if others else None
