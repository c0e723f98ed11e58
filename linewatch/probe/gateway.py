"""This host's default gateway, read from the kernel's routing tables."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

_IPV4_TABLE: Final = Path("/proc/net/route")
_IPV6_TABLE: Final = Path("/proc/net/ipv6_route")

# Flags of a route (include/uapi/linux/route.h)
_UP: Final = 0x0001
_GATEWAY: Final = 0x0002
_REJECT: Final = 0x0200


@dataclass(frozen=True, slots=True)
class DefaultRoute:
    """A way to everywhere; `gateway` is None where the interface leads there by itself (PPP, tunnels) or the route refuses."""

    metric: int
    gateway: str | None


def default_gateway(family: Literal[4, 6] = 4) -> str | None:
    """The gateway of the default route in force (the one of lowest metric), a link-local one with its interface: `fe80::1%eth0`.

    None where there is no default route, where it has no gateway, or where the host has no such IP version. Raises OSError where the table could not
    be read just now (no descriptor left): it then says nothing.
    """
    return gateway_in_force(_default_routes(family))


def gateways_in_reserve(family: Literal[4, 6] = 4) -> list[str]:
    """The other gateways to which this host would turn where the route in force goes, by their text. Raises OSError as `default_gateway` does."""
    routes = _default_routes(family)
    return sorted({route.gateway for route in routes if route.gateway is not None} - {gateway_in_force(routes)})


def _default_routes(family: Literal[4, 6]) -> list[DefaultRoute]:
    table, routes = (_IPV4_TABLE, ipv4_default_routes) if family == 4 else (_IPV6_TABLE, ipv6_default_routes)
    try:
        return list(routes(table.read_text(encoding="ascii")))
    except FileNotFoundError:
        return []


def gateway_in_force(routes: list[DefaultRoute]) -> str | None:
    """The gateway of the route of lowest metric, the first of equals. A route without one is not passed over: what it takes goes by no gateway."""
    return min(routes, key=lambda route: route.metric).gateway if routes else None


def ipv4_default_routes(text: str) -> Iterator[DefaultRoute]:
    """The default routes that `/proc/net/route` lists: one line a route, addresses as hexadecimal numbers in the host's byte order."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or int(fields[1], 16) != 0 or int(fields[7], 16) != 0:
            continue
        flags = int(fields[3], 16)
        if flags & _UP:
            address = socket.inet_ntop(socket.AF_INET, int(fields[2], 16).to_bytes(4, sys.byteorder))
            yield DefaultRoute(int(fields[6]), address if _leads_to_gateway(flags) else None)


def ipv6_default_routes(text: str) -> Iterator[DefaultRoute]:
    """The default routes that `/proc/net/ipv6_route` lists: addresses as 32 hexadecimal digits, lengths, metric and flags hexadecimal too."""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 10 or int(fields[0], 16) != 0 or int(fields[1], 16) != 0:
            continue
        flags = int(fields[8], 16)
        if flags & _UP:
            yield DefaultRoute(int(fields[5], 16), with_interface(bytes.fromhex(fields[4]), fields[9]) if _leads_to_gateway(flags) else None)


def _leads_to_gateway(flags: int) -> bool:
    return bool(flags & _GATEWAY and not flags & _REJECT)


def with_interface(packed: bytes, interface: str) -> str:
    """The text of an address as the kernel writes it, a link-local one with the interface without which it says nothing."""
    address = socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
    is_link_local = len(packed) == 16 and packed[0] == 0xFE and packed[1] & 0xC0 == 0x80
    return f"{address}%{interface}" if is_link_local else address
