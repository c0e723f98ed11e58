"""The impairment element: a process of its own that carries IP packets between pairs of TUN devices and does to them what its script says.

    python -m tests.lab.element FOLDER SEED NAME=OUT_FD,IN_FD ...

A link is a pair of TUN devices, the first on the office's side. On standard input comes one JSON object a line: a `Change`; it is made at
its time of the monotonic clock. At the end of the input, hence also when the process that feeds it is gone, the element ends, and its
devices vanish with it. It writes the truth into FOLDER: `changes.jsonl` (when each change was made, on both clocks) and `packets.tsv` (of each
packet: both clocks in nanoseconds, link, way, source, destination, protocol, bytes, what was done, and the delays of its copies in microseconds).
"""

from __future__ import annotations

import heapq
import json
import os
import select
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.lab.impairment import Fate, Gate, Impairment

PACKET_BYTES = 65_536
OUT, IN = "out", "in"
"""Away from the office, and towards it."""


@dataclass(frozen=True, slots=True)
class Change:
    """From `at_s` (monotonic) on the packets on `link` that go `way` ("out", "in" or "both"), of `host` alone or of all, meet `impairment`."""

    at_s: float
    link: str
    impairment: Impairment
    way: str = "both"
    host: str | None = None  # an address: only packets from it or to it

    def line(self) -> str:
        """What the element reads."""
        return json.dumps(asdict(self)) + "\n"

    @staticmethod
    def read(line: str) -> Change:
        told: dict[str, Any] = json.loads(line)
        return Change(**{**told, "impairment": Impairment(**told["impairment"])})


@dataclass(order=True, slots=True)
class _Due:
    at_s: float
    number: int
    change: Change | None = field(compare=False, default=None)
    packet: bytes = field(compare=False, default=b"")
    fd: int = field(compare=False, default=-1)


class Element:
    """The links, the gates on them, and what is still to be done."""

    def __init__(self, folder: Path, seed: str, links: dict[str, tuple[int, int]]) -> None:
        self._seed = seed
        self._log = _Log(folder)
        # The device that is read from tells the link, the way and the device to write to.
        self._wires = {near: (name, OUT, far) for name, (near, far) in links.items()}
        self._wires |= {far: (name, IN, near) for name, (near, far) in links.items()}
        self._gates: dict[tuple[str, str], dict[str | None, Gate]] = {(name, way): {} for name, way, _ in self._wires.values()}
        self._due: list[_Due] = []
        self._numbers = count()
        self._made = 0

    def run(self, commands: int) -> None:
        """Until `commands` ends."""
        waiting = [commands, *self._wires]
        rest = b""
        while True:
            ready, _, _ = select.select(waiting, (), (), self._patience_s())
            self._do_what_is_due()
            for fd in ready:
                if fd != commands:
                    self._carry(fd)
                    continue
                chunk = os.read(commands, PACKET_BYTES)
                if not chunk:
                    return
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    change = Change.read(line.decode())
                    heapq.heappush(self._due, _Due(change.at_s, next(self._numbers), change))

    def close(self) -> None:
        self._log.close()

    def _patience_s(self) -> float | None:
        return max(0.0, self._due[0].at_s - time.monotonic()) if self._due else None

    def _do_what_is_due(self) -> None:
        while self._due and self._due[0].at_s <= time.monotonic():
            due = heapq.heappop(self._due)
            if due.change is not None:
                self._change(due.change)
            else:
                self._write(due.fd, due.packet)

    def _change(self, change: Change) -> None:
        now_s, wall_s = time.monotonic(), time.time()
        self._made += 1
        for way in (OUT, IN) if change.way == "both" else (change.way,):
            gates = self._gates[change.link, way]
            if change.impairment == Impairment():
                gates.pop(change.host, None)
            else:
                gates[change.host] = Gate(change.impairment, f"{self._seed} {self._made} {change.link} {way} {change.host}", now_s)
        self._log.changes.append(json.dumps({"monotonic_s": now_s, "wall_s": wall_s, **asdict(change)}) + "\n")

    def _carry(self, fd: int) -> None:
        packet = os.read(fd, PACKET_BYTES)
        if packet[0] >> 4 != 4:
            return
        name, way, other = self._wires[fd]
        now_s = time.monotonic()
        source, destination = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        word, copies = "pass", [(0.0, packet)]
        for host, gate in self._gates[name, way].items():
            if host is None or host in (source, destination):
                word, copies = _through(gate, now_s, word, copies)
        for delay_s, copy in copies:
            if delay_s <= 0:
                self._write(other, copy)
            else:
                heapq.heappush(self._due, _Due(now_s + delay_s, next(self._numbers), None, copy, other))
        delays = ",".join(f"{delay_s * 1e6:.0f}" for delay_s, _ in copies)
        facts = (int(now_s * 1e9), time.time_ns(), name, way, source, destination, packet[9], len(packet), word, delays)
        self._log.packets.append("\t".join(map(str, facts)) + "\n")

    def _write(self, fd: int, packet: bytes) -> None:
        with suppress(OSError):  # the device is down: an interface of the office that the scenario has put down
            os.write(fd, packet)


class _Log:
    """Both files, written by a thread of their own: a packet waits for no disk. Whoever reads a change there can read every packet before it."""

    def __init__(self, folder: Path) -> None:
        self.changes: list[str] = []
        self.packets: list[str] = []
        self._files = (folder / "packets.tsv").open("a", encoding="utf-8"), (folder / "changes.jsonl").open("a", encoding="utf-8")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.02):
            self._write()
        self._write()
        for file in self._files:
            file.close()

    def _write(self) -> None:
        changes, packets = len(self.changes), len(self.packets)  # those packets that came after these changes may stand before them
        for file, lines, ready in zip(self._files, (self.packets, self.changes), (packets, changes), strict=True):
            if ready:
                file.writelines(lines[:ready])
                file.flush()
                del lines[:ready]


def _through(gate: Gate, now_s: float, word: str, copies: list[tuple[float, bytes]]) -> tuple[str, list[tuple[float, bytes]]]:
    words, passed = [] if word == "pass" else [word], []
    for waited_s, packet in copies:
        fate: Fate = gate.fate(packet, now_s)
        if fate.word != "pass":
            words.append(fate.word)
        passed += [(waited_s + delay_s, copy) for delay_s, copy in fate.copies]
    return "+".join(words) or "pass", passed


def main() -> None:
    folder, seed, *links = sys.argv[1:]
    with suppress(PermissionError):  # the line must not depend on how busy this host is
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    pairs = {}
    for link in links:
        name, _, fds = link.partition("=")
        near, far = fds.split(",")
        pairs[name] = int(near), int(far)
    element = Element(Path(folder), seed, pairs)
    try:
        element.run(sys.stdin.fileno())
    finally:
        element.close()


if __name__ == "__main__":
    main()
