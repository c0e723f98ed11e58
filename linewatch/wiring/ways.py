"""By which ways this host would ask: whether a line is measured where its gateway lies, and by a way of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from linewatch.config.services import LinePath
from linewatch.probe.gateway import default_gateway
from linewatch.probe.line import beyond
from linewatch.probe.route import Way, way_to
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


def shared_ways(paths: Mapping[str, LinePath]) -> dict[Way, list[str]]:
    """The ways by which several lines, by their names, ask their first anchor; a line whose anchors have no literal address is left out."""
    found: defaultdict[Way, list[str]] = defaultdict(list)
    for name, path in paths.items():
        _, hosts = beyond(path.anchors, path.source)
        way = way_to(hosts[0], path.source) if hosts else None
        if way is not None:
            found[way].append(name)
    return {way: names for way, names in found.items() if len(names) > 1}
