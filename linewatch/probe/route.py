"""The way by which this host reaches one address, asked of the kernel itself: it knows policy routing, which the main table alone does not tell."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from linewatch.probe.gateway import with_interface

# Linux numbers that Python's socket module does not name (include/uapi/linux: rtnetlink.h, netlink.h)
_RTM_NEWROUTE: Final = 24
_RTM_GETROUTE: Final = 26
_NLM_F_REQUEST: Final = 1
_RTA_DST: Final = 1
_RTA_SRC: Final = 2
_RTA_OIF: Final = 4
_RTA_GATEWAY: Final = 5

_HEADER: Final = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ROUTE: Final = struct.Struct("=BBBBBBBBI")  # family, lengths of destination and source, tos, table, protocol, scope, type, flags
_ATTRIBUTE: Final = struct.Struct("=HH")  # length, type; each begins at a multiple of four bytes
_INDEX: Final = struct.Struct("=I")
_ANSWER_BYTES: Final = 8192


@dataclass(frozen=True, slots=True)
class Way:
    """Out by `interface`, to `gateway`; None where the interface leads there by itself (the same network, PPP, a tunnel)."""

    interface: str
    gateway: str | None


def way_to(destination: str, source: str | None = None) -> Way | None:
    """The way to a literal address from the local address `source`; a link-local gateway has its interface: `fe80::1%eth0`.

    None where the kernel says that there is none. Raises OSError where it could not be asked just now (no descriptor left).
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.setblocking(False)  # it answers before the question is sent
        kernel.send(_question(destination, source))
        answer = kernel.recv(_ANSWER_BYTES)
    _, kind, *_ = _HEADER.unpack_from(answer)
    return _way(_attributes(answer)) if kind == _RTM_NEWROUTE else None


def _question(destination: str, source: str | None) -> bytes:
    asked = ip_address(destination.partition("%")[0])
    bits = asked.max_prefixlen
    attributes = _attribute(_RTA_DST, asked.packed)
    if source is not None:
        attributes += _attribute(_RTA_SRC, ip_address(source.partition("%")[0]).packed)
    family = socket.AF_INET if asked.version == 4 else socket.AF_INET6
    body = _ROUTE.pack(family, bits, 0 if source is None else bits, 0, 0, 0, 0, 0, 0) + attributes
    return _HEADER.pack(_HEADER.size + len(body), _RTM_GETROUTE, _NLM_F_REQUEST, 1, 0) + body


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value


def _attributes(answer: bytes) -> dict[int, bytes]:
    found, at = {}, _HEADER.size + _ROUTE.size
    while at + _ATTRIBUTE.size <= len(answer):
        size, kind = _ATTRIBUTE.unpack_from(answer, at)
        found[kind] = answer[at + _ATTRIBUTE.size : at + size]
        at += max(size + 3 & ~3, _ATTRIBUTE.size)
    return found


def _way(found: dict[int, bytes]) -> Way | None:
    if _RTA_OIF not in found:
        return None
    interface = socket.if_indextoname(_INDEX.unpack(found[_RTA_OIF])[0])
    return Way(interface, with_interface(found[_RTA_GATEWAY], interface) if _RTA_GATEWAY in found else None)
