"""What the tables of a configuration owe each other: names used once, a line for every `behind`, anchors that differ, keys that fit the URL.

All of it is read from the plain TOML values, tolerantly: a table that has a mistake of its own is still compared with the others,
so that every mistake is reported at once. What is malformed in itself is the tables' own business and passed over here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from linewatch.config.endpoint import FITS
from linewatch.config.lines import Place
from linewatch.config.targets import listen, quoted, readable
from linewatch.config.values import Unfit, shown
from linewatch.sample.target import DnsTarget, IcmpTarget, TcpTarget

Finding = tuple[Place, str]
"""Where a mistake is, and what it is."""

_REACHABLE = """others can reach it there: give web.password_hash (`linewatch web password` prints it), \
or say web.behind_proxy = true where a reverse proxy protects the page"""
_KINDS = {"http": "http", "https": "http", "tcp": "tcp", "dns": "dns"}
_SPOKEN = {"http": "an http:// or https://", "tcp": "a tcp://", "dns": "a dns://"}


def disagreements(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Every mistake that shows only where two values are compared."""
    lines, endpoints = tables(document, "line"), tables(document, "endpoint")
    yield from _names([*lines, *endpoints])
    yield from _names(tables(document, "calendar"), "year")
    yield from _names(tables(document, "notify"))
    yield from _receivers(tables(document, "notify"), [*lines, *endpoints])
    yield from _reachable(document.get("web"))
    for place, table in lines:
        yield from _anchors(place, table)
    names = [table.get("name") for _, table in lines]
    for place, table in endpoints:
        yield from _behind(place, table, names)
        yield from _fit(place, table)


def _reachable(web: object) -> Iterator[Finding]:
    """A page that others can reach needs a password, or a proxy that asks for one."""
    if not isinstance(web, dict) or "listen" not in web or "password_hash" in web or web.get("behind_proxy") is True:
        return
    try:
        host = listen(web["listen"]).host
    except Unfit:
        return
    if not _is_loopback(host):
        yield ("web", "listen"), _REACHABLE


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name may lead anywhere
        return False


def nothing_to_watch(document: Mapping[str, Any]) -> bool:
    """Whether there is neither a line nor an endpoint."""
    return not document.get("line") and not document.get("endpoint")


def tables(document: Mapping[str, Any], key: str) -> list[tuple[Place, dict[str, Any]]]:
    """The tables of a list of tables, as far as they are any, each with its place."""
    found = document.get(key)
    if not isinstance(found, list):
        return []
    return [((key, position), table) for position, table in enumerate(found) if isinstance(table, dict)]


def _names(found: list[tuple[Place, dict[str, Any]]], called: str = "name") -> Iterator[Finding]:
    """What is `called` the same in two tables."""
    owners: dict[str | int, Place] = {}
    for place, table in found:
        name = table.get(called)
        if not isinstance(name, str | int):
            continue
        if name in owners:
            key, position = owners[name]
            yield (*place, called), f"{shown(name)} is the {called} of {key}[{position}] already"
        owners.setdefault(name, place)


def _receivers(receivers: list[tuple[Place, dict[str, Any]]], watched: list[tuple[Place, dict[str, Any]]]) -> Iterator[Finding]:
    names = [table.get("name") for _, table in watched]
    for place, table in receivers:
        wanted = table.get("services")
        for position, name in enumerate(wanted if isinstance(wanted, list) else ()):
            if name not in names:
                yield (*place, "services", position), f"no [[line]] or [[endpoint]] is named {shown(name)}"


def _anchors(place: Place, table: dict[str, Any]) -> Iterator[Finding]:
    anchors = table.get("anchors")
    if not isinstance(anchors, list):
        return
    taken = {readable(table[key]): f"is the {key} too; an anchor lies beyond the line" for key in ("gateway", "next_hop") if key in table}
    source = readable(table.get("source"))
    for position, text in enumerate(anchors):
        target = readable(text)
        if target is None:
            continue
        if target in taken:
            yield (*place, "anchors", position), f"{quoted(target)} {taken[target]}"
        elif _family(source) and _family(target) and _family(source) != _family(target):
            yield (*place, "anchors", position), f"{quoted(target)} cannot be asked from source, which is IPv{_family(source)}"
        taken.setdefault(target, "is there twice")
    if "mtu" in table and anchors and all(target is not None and not isinstance(target, IcmpTarget) for target in map(readable, anchors)):
        yield (*place, "mtu"), "needs an anchor that is asked by ICMP, an address or a host name"
    quorum = table.get("quorum")
    if anchors and isinstance(quorum, int) and quorum > len(anchors):
        yield (*place, "quorum"), f"must be at most the number of anchors, {len(anchors)}, not {shown(quorum)}"


def _family(target: object) -> int | None:
    """4 or 6 for a target that is an address; None for a name."""
    match target:
        case IcmpTarget(host=host) | TcpTarget(host=host) | DnsTarget(server=host):
            try:
                return ip_address(host).version
            except ValueError:
                return None
    return None


def _behind(place: Place, table: dict[str, Any], names: list[Any]) -> Iterator[Finding]:
    line = table.get("behind")
    if isinstance(line, str) and line not in names:
        known = ", ".join(shown(name) for name in names if isinstance(name, str))
        yield (*place, "behind"), f"no [[line]] is named {shown(line)}; {f'there is {known}' if known else 'there is none at all'}"


def _fit(place: Place, table: dict[str, Any]) -> Iterator[Finding]:
    url = table.get("url")
    kind = _KINDS.get(url.partition("://")[0]) if isinstance(url, str) else None
    if kind is None:
        return
    expect = table.get("expect")
    given = [(key,) for key in table] + ([("expect", key) for key in expect] if isinstance(expect, dict) else [])
    for key in given:
        fitting = FITS.get(".".join(key))
        if fitting is not None and kind not in fitting:
            yield (*place, *key), f"belongs to {' or '.join(_SPOKEN[other] for other in sorted(fitting))} URL, not to {_SPOKEN[kind]} one"
    if kind == "dns" and isinstance(expect, dict) and "answer" in expect and expect.get("rcode", "NOERROR") != "NOERROR":
        yield (*place, "expect", "answer"), "cannot be expected together with an rcode other than NOERROR"
