"""Scenarios: what is done to the line and when, and what the record should say of it. The format of their files is told in scenarios/README.md."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.impairment import Impairment

SCENARIOS = Path(__file__).with_name("scenarios")
LINKS = ("lan", "line", "upstream")
WAYS = ("both", "out", "in")
HOSTS = ("anchor1", "anchor2", "anchor3", "anchor4", "anchor5", "site")
SERVERS = ("dns", "site")
STATES = ("up", "degraded", "down", "unknown")


@dataclass(frozen=True, slots=True)
class OnLink:
    """From `at_s` on the packets on a link meet this impairment; `host` names the one whose packets alone do."""

    at_s: float
    link: str
    way: str
    host: str | None
    impairment: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OnInterface:
    """At `at_s` the office host's own interface goes down, or up again."""

    at_s: float
    up: bool


@dataclass(frozen=True, slots=True)
class OnServer:
    """From `at_s` on the DNS anchor or the site answers rightly, or wrongly."""

    at_s: float
    server: str
    rightly: bool


Step = OnLink | OnInterface | OnServer


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the record of one service should say.

    `state` is what the fault is worth: "down" and "unknown" (each true outage that the rule cannot miss is found, nothing else is), "degraded"
    (some of the time, and nothing worse) or "up" (nothing but UP; with `also`, these states too). `causes` are the right ones.
    """

    state: str
    causes: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A piece of a line's life, at the pace of the default rule (a round every 3 s)."""

    name: str
    title: str
    seconds: float
    steps: tuple[Step, ...]
    line: Expectation
    strict: Expectation  # of the line too, by the strict rule
    site: Expectation | None = None  # None: not looked at


def read(path: Path) -> Scenario:
    """The scenario in a file. Raises ValueError, which names the file, for what it cannot mean."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        steps = tuple(sorted((_step(entry) for entry in table.pop("change", [])), key=lambda step: step.at_s))
        expect = table.pop("expect")
        line = _expectation(expect.pop("line"))
        strict = _expectation(expect.pop("strict")) if "strict" in expect else line
        site = _expectation(expect.pop("site")) if "site" in expect else None
        scenario = Scenario(path.stem, table.pop("title"), float(table.pop("seconds")), steps, line, strict, site)
        if left := [*table, *expect]:
            raise ValueError(f"unknown key {', '.join(left)}")
        if late := [step for step in steps if not 0 <= step.at_s <= scenario.seconds]:
            raise ValueError(f"a change at {late[0].at_s} s lies outside its {scenario.seconds} s")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error if isinstance(error, ValueError) else f'missing or wrong: {error}'}") from None
    return scenario


def catalogue() -> list[Scenario]:
    """All scenarios, in the order of their names."""
    return [read(path) for path in sorted(SCENARIOS.glob("*.toml"))]


def _step(entry: dict[str, Any]) -> Step:
    at_s = float(entry.pop("at"))
    if "interface" in entry:
        return OnInterface(at_s, up=_one_of(("up", "down"), entry["interface"]) == "up")
    if "server" in entry:
        return OnServer(at_s, _one_of(SERVERS, entry["server"]), rightly=_one_of(("right", "wrong"), entry["answers"]) == "right")
    link, way = _one_of(LINKS, entry.pop("link")), _one_of(WAYS, entry.pop("way", "both"))
    host = entry.pop("host", None)
    Impairment.told(entry)
    return OnLink(at_s, link, way, host if host is None else _one_of(HOSTS, host), entry)


def _expectation(table: dict[str, Any]) -> Expectation:
    return Expectation(_one_of(STATES, table["state"]), frozenset(table.get("causes", ())), frozenset(table.get("also", ())))


def _one_of(known: tuple[str, ...], word: str) -> str:
    if word not in known:
        raise ValueError(f"{word!r} is none of {', '.join(known)}")
    return word
