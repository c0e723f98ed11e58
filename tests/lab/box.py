"""A line in a box: an office, its gateway, the carrier's edge, a router beyond it and the hosts of other people, each a network namespace of its own.

    office --lan-- cpe --line-- edge --upstream-- core --+-- anchor1 ... anchor5
                                                         +-- site

Every hop routes, so that TTL and ICMP errors are real. The three links with a name are the impairment element's (`tests.lab.element`). Nothing is
left behind, whatever happens to the process: the namespaces hang on its descriptors, the TUN devices on the element's, the element and the hosts on
its pipes, and whom `popen` starts is killed with it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from linewatch.span import Span, merged
from tests.lab.element import Change
from tests.lab.hosts import Answering
from tests.lab.impairment import Impairment
from tests.lab.scenario import OnInterface, OnLink, Scenario
from tests.netns import Namespace, Network

ROOT = Path(__file__).parents[2]
OFFICE, GATEWAY = "10.71.0.2", "10.71.0.1"
NEXT_HOP = "10.72.0.2"
ADDRESSES = {
    "anchor1": "10.80.1.2",
    "anchor2": "10.80.2.2",
    "anchor3": "10.80.3.2",
    "anchor4": "10.80.4.2",
    "anchor5": "10.80.5.2",
    "site": "10.80.6.2",
}
ANCHORS = tuple(address for name, address in ADDRESSES.items() if name != "site")
SLACK_S = 0.25
"""How long after its call a scenario begins, so that its first changes are not late."""


@dataclass(frozen=True, slots=True)
class Played:
    """A scenario that was played: the time that it took on the wall clock, and when it began on the monotonic one."""

    scenario: Scenario
    scale: float
    span: Span
    began_s: float


class Box:
    """The network, up and in good order when the `with` begins. `folder` takes the truth that is logged, `seed` decides what chance does."""

    def __init__(self, folder: Path, seed: str) -> None:
        self.folder = folder
        self.seed = seed
        self._stack = ExitStack()

    def __enter__(self) -> Box:
        try:
            self._network = self._stack.enter_context(Network())
            self._build()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def popen(self, command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a command in the office; it is killed when this thread ends, and with the box."""
        started = self.office.popen(["setpriv", "--pdeathsig", "KILL", "--", *command], **options)
        self._stack.callback(_ended, started)
        return started

    def change(self, link: str, way: str = "both", host: str | None = None, at_s: float | None = None, **impairment: Any) -> None:
        """Have the packets on a link meet an impairment, from `at_s` (monotonic) or from now on; none heals it."""
        self._tell(self._element, Change(at_s or time.monotonic(), link, Impairment(**impairment), way, host and ADDRESSES[host]).line())

    def play(self, scenario: Scenario, scale: float = 1.0) -> Played:
        """Play a scenario to its end, `scale` times as fast as it is written; then everything is in good order again."""
        began_s = time.monotonic() + SLACK_S
        span_start = _wall(began_s)
        for step in scenario.steps:
            at_s = began_s + step.at_s / scale
            if isinstance(step, OnLink):
                host = step.host and ADDRESSES[step.host]
                self._tell(self._element, Change(at_s, step.link, Impairment.told(step.impairment, scale), step.way, host).line())
            elif not isinstance(step, OnInterface):
                self._tell(self._hosts, Answering(at_s, step.server, step.rightly).line())
        for step in scenario.steps:
            if isinstance(step, OnInterface):
                _sleep_until(began_s + step.at_s / scale)
                self.interface(step.up)
        end_s = began_s + scenario.seconds / scale
        self._heal(scenario, end_s)
        _sleep_until(end_s)
        return Played(scenario, scale, Span(span_start, _wall(end_s)), began_s)

    def interface(self, up: bool) -> None:
        """Put the office host's interface down, or up again with its route. It was done between the two times of the truth that is logged."""
        before_s = time.time()
        self.office.ip(f"link set lan {'up' if up else 'down'}")
        if up:
            self.office.ip(f"route replace default via {GATEWAY}")
        self._note("interface.jsonl", {"up": up, "before_s": before_s, "wall_s": time.time()})

    def truth(self) -> Truth:
        """What was done so far."""
        return Truth(self.folder)

    def _build(self) -> None:
        names = ("office", "cpe", "edge", "core", *ADDRESSES)
        made = {name: self._network.namespace() for name in names}
        self.office = made["office"]
        links = {
            "lan": (self.office.tun("lan", f"{OFFICE}/30"), made["cpe"].tun("lan", f"{GATEWAY}/30")),
            "line": (made["cpe"].tun("line", "10.72.0.1/30"), made["edge"].tun("line", f"{NEXT_HOP}/30")),
            "upstream": (made["edge"].tun("upstream", "10.73.0.1/30"), made["core"].tun("upstream", "10.73.0.2/30")),
        }
        self.office.ip(f"route add default via {GATEWAY}")
        made["cpe"].ip(f"route add default via {NEXT_HOP}")
        made["edge"].ip("route add default via 10.73.0.2")
        made["edge"].ip("route add 10.71.0.0/30 via 10.72.0.1")
        made["core"].ip("route add default via 10.73.0.1")
        for router in ("cpe", "edge", "core"):
            made[router].sysctl("net/ipv4/ip_forward", "1")
        for name, address in ADDRESSES.items():
            near = address[:-1] + "1"
            self._network.link(made["core"], f"{near}/30", made[name], f"{address}/30")
            made[name].ip(f"route add default via {near}")
        self._start_element(links)
        self._start_hosts(made)

    def _start_element(self, links: dict[str, tuple[int, int]]) -> None:
        fds = [fd for pair in links.values() for fd in pair]
        self._element = self._started("element", [self.seed, *(f"{name}={near},{far}" for name, (near, far) in links.items())], fds)
        for fd in fds:  # from here on the devices are the element's alone
            os.close(fd)

    def _start_hosts(self, made: dict[str, Namespace]) -> None:
        with made["anchor4"].inside():
            tcp = socket.create_server((ADDRESSES["anchor4"], 53), backlog=50)
        with made["anchor5"].inside():
            dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            dns.bind((ADDRESSES["anchor5"], 53))
        with made["site"].inside():
            web = socket.create_server((ADDRESSES["site"], 80), backlog=50)
        with tcp, dns, web:
            fds = [each.fileno() for each in (tcp, dns, web)]
            self._hosts = self._started("hosts", [str(fd) for fd in fds], fds)

    def _started(self, module: str, arguments: Sequence[str], fds: Sequence[int]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"tests.lab.{module}", str(self.folder), *arguments]
        started = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=fds, cwd=ROOT)
        self._stack.callback(_ended, started)
        return started

    def _heal(self, scenario: Scenario, at_s: float) -> None:
        """Whatever the scenario left behind, undone at its end."""
        for link, way, host in {(step.link, step.way, step.host) for step in scenario.steps if isinstance(step, OnLink)}:
            self._tell(self._element, Change(at_s, link, Impairment(), way, host and ADDRESSES[host]).line())
        for server in {step.server for step in scenario.steps if not isinstance(step, (OnLink, OnInterface))}:
            self._tell(self._hosts, Answering(at_s, server, rightly=True).line())

    def _tell(self, process: subprocess.Popen[bytes], line: str) -> None:
        pipe: IO[bytes] | None = process.stdin
        assert pipe is not None
        pipe.write(line.encode())
        pipe.flush()

    def _note(self, name: str, facts: dict[str, Any]) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(facts) + "\n")


class Truth:
    """What was done to the line, from the logs in a box's folder. All times are of the wall clock, as those of the record are."""

    def __init__(self, folder: Path) -> None:
        self.changes = list(_logged(folder / "changes.jsonl"))
        self._answers = list(_logged(folder / "answers.jsonl"))
        self._interface = list(_logged(folder / "interface.jsonl"))
        self._packets = folder / "packets.tsv"

    def cuts(self, *links: str) -> list[Span]:
        """When one of these links was cut, in one direction or in both, for all hosts alike."""
        found: list[Span] = []
        for link in links:
            for way in ("out", "in"):
                mine = [each for each in self.changes if each["link"] == link and each["way"] in (way, "both") and each["host"] is None]
                found += _spans((each["wall_s"], bool(each["impairment"]["cut"])) for each in mine)
        return merged(found)

    def interface_down(self) -> list[Span]:
        """When the office host's interface was down."""
        return _spans((each["wall_s"] if each["up"] else each["before_s"], not each["up"]) for each in self._interface)

    def local(self) -> list[Span]:
        """When this office's own side was at fault: the LAN cut, or the interface down."""
        return merged([*self.cuts("lan"), *self.interface_down()])

    def wrong(self, server: str) -> list[Span]:
        """When a server answered wrongly."""
        return _spans((each["wall_s"], not each["rightly"]) for each in self._answers if each["server"] == server)

    def packets(self) -> list[list[str]]:
        """Of each packet what the element wrote down, complete once the box is closed: the columns are told in `tests.lab.element`."""
        return [line.split("\t") for line in _whole_lines(self._packets)]


def _spans(changes: Iterator[tuple[float, bool]] | Any) -> list[Span]:
    """The times in which something was so; what never ended lasts to the end of time as far as anyone knows, a year."""
    found, since = [], None
    for wall_s, on in changes:
        if on and since is None:
            since = wall_s
        elif not on and since is not None:
            found.append(Span(_instant(since), _instant(wall_s)))
            since = None
    return found + ([Span(_instant(since), _instant(since + 366 * 86_400))] if since is not None else [])


def _logged(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        yield from map(json.loads, _whole_lines(path))


def _whole_lines(path: Path) -> list[str]:
    """Without what is being written at the end."""
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def _instant(wall_s: float) -> datetime:
    return datetime.fromtimestamp(wall_s, UTC)


def _wall(monotonic_s: float) -> datetime:
    return _instant(time.time() + monotonic_s - time.monotonic())


def _sleep_until(monotonic_s: float) -> None:
    time.sleep(max(0.0, monotonic_s - time.monotonic()))


def _ended(process: subprocess.Popen[Any]) -> None:
    """Its input ended, it has a moment to end by itself."""
    if process.stdin is not None:
        process.stdin.close()
    else:
        process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
