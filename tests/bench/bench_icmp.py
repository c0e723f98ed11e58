"""What an echo costs: linewatch, fping and blackbox_exporter on the same targets of 127.1.0.0/16, in turns.

    python tests/bench/bench_icmp.py [--targets 1000] [--rounds 5] [--repetitions 3]

CPU is user and system time of the whole process that probes (its start-up included for fping, which is negligible, and taken off for the exporter,
which serves HTTP beside it); on loopback the kernel's answer is part of it, for all alike. It prints, and judges nothing. Needs root or CAP_NET_RAW.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles

from linewatch.probe.icmp import Pinger

PAUSE_S = 0.2
EXPORTER = "prometheus-blackbox-exporter"
EXPORTER_CONFIGURATION = "modules: {icmp: {prober: icmp, timeout: 2s, icmp: {preferred_ip_protocol: ip4}}}\n"
EXPORTER_RTT = re.compile(rb'probe_icmp_duration_seconds\{phase="rtt"\} (\S+)')


@dataclass(frozen=True)
class Run:
    """One repetition of one contender: what it used, and the round-trip times in microseconds by target."""

    cpu_us: float
    sent: int
    rtts_us: dict[str, list[float]]

    @property
    def cpu_us_per_echo(self) -> float:
        return self.cpu_us / self.sent

    @property
    def all_rtts_us(self) -> list[float]:
        return [rtt for rtts in self.rtts_us.values() for rtt in rtts]


Contender = Callable[[Sequence[str], int], Run]


def linewatch(targets: Sequence[str], rounds: int) -> Run:
    return asyncio.run(_linewatch(targets, rounds))


async def _linewatch(targets: Sequence[str], rounds: int) -> Run:
    pinger = Pinger()
    pinger.open()
    rtts: dict[str, list[float]] = {target: [] for target in targets}
    cpu_us = 0.0
    for _ in range(rounds):
        before = _cpu_us(resource.getrusage(resource.RUSAGE_SELF))
        outcomes = await pinger.echo(targets, timedelta(seconds=2))
        cpu_us += _cpu_us(resource.getrusage(resource.RUSAGE_SELF)) - before
        for target, outcome in zip(targets, outcomes, strict=True):
            if outcome.rtt_us is not None:
                rtts[target].append(float(outcome.rtt_us))
        await asyncio.sleep(PAUSE_S)
    pinger.close()
    return Run(cpu_us, rounds * len(targets), rtts)


def fping(interval_ms: int) -> Contender:
    def run(targets: Sequence[str], rounds: int) -> Run:
        with tempfile.TemporaryFile("w+") as said:
            command = ["fping", "-q", "-C", str(rounds), "-p", str(int(PAUSE_S * 1000)), "-i", str(interval_ms), *targets]
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
            usage = _ended(child)
            said.seek(0)
            rtts = {}
            for line in said:
                target, _, times = line.partition(" : ")
                rtts[target.strip()] = [float(one) * 1000 for one in times.split() if one != "-"]
        return Run(_cpu_us(usage), rounds * len(targets), rtts)

    return run


def exporter(targets: Sequence[str], rounds: int) -> Run:
    """One round only: it is asked over HTTP, target by target, on one connection."""
    idle_us, _ = _exporter([])
    cpu_us, rtts = _exporter(targets)
    return Run(cpu_us - idle_us, len(targets), rtts)


def _exporter(targets: Sequence[str]) -> tuple[float, dict[str, list[float]]]:
    with socket.socket() as reserved, tempfile.TemporaryDirectory() as folder:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        reserved.close()
        configuration = Path(folder, "blackbox.yml")
        configuration.write_text(EXPORTER_CONFIGURATION, encoding="utf-8")
        command = [EXPORTER, f"--config.file={configuration}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            connection = _connected(port)
            rtts = {target: _asked(connection, target) for target in targets}
            connection.close()
        finally:
            child.send_signal(signal.SIGTERM)
            usage = _ended(child)
    return _cpu_us(usage), rtts


def _connected(port: int) -> http.client.HTTPConnection:
    for _ in range(200):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with suppress(ConnectionRefusedError):
            connection.connect()
            return connection
        time.sleep(0.025)
    raise ConnectionError(f"{EXPORTER} does not listen")


def _asked(connection: http.client.HTTPConnection, target: str) -> list[float]:
    connection.request("GET", f"/probe?module=icmp&target={target}")
    found = EXPORTER_RTT.search(connection.getresponse().read())
    return [float(found[1]) * 1e6] if found and float(found[1]) > 0 else []


def _ended(child: subprocess.Popen[bytes]) -> resource.struct_rusage:
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage


def _cpu_us(usage: resource.struct_rusage) -> float:
    return (usage.ru_utime + usage.ru_stime) * 1e6


def medians_apart_us(ours: Sequence[Run], theirs: Sequence[Run]) -> str:
    """How far the median of all round-trip times is from the peer's, and the median of the same over single targets."""
    overall = abs(median(_pooled(ours)) - median(_pooled(theirs)))
    by_target = [abs(median(mine) - median(yours)) for target in ours[0].rtts_us if (mine := _of(ours, target)) and (yours := _of(theirs, target))]
    return f"{overall:.1f} us overall, {median(by_target):.1f} us target by target (median), {max(by_target):.1f} us at most"


def _pooled(runs: Sequence[Run]) -> list[float]:
    return [rtt for run in runs for rtt in run.all_rtts_us]


def _of(runs: Sequence[Run], target: str) -> list[float]:
    return [rtt for run in runs for rtt in run.rtts_us.get(target, [])]


def row(name: str, runs: Sequence[Run], ours: Sequence[Run]) -> str:
    if not runs:
        return f"{name:<34} not installed or failed"
    costs = [run.cpu_us_per_echo for run in runs]
    answered, sent = len(_pooled(runs)), sum(run.sent for run in runs)
    rtts = _pooled(runs)
    p95 = quantiles(rtts, n=20)[-1] if len(rtts) > 1 else float("nan")
    ratio = median(run.cpu_us_per_echo for run in ours) / median(costs)
    cost = f"{min(costs):7.1f} {median(costs):7.1f} {max(costs):7.1f}"
    return f"{name:<34} {answered:>6}/{sent:<6} {cost}  {median(rtts) if rtts else float('nan'):9.1f} {p95:9.1f}   {ratio:6.3f}"


def measured(contenders: dict[str, Contender], targets: Sequence[str], rounds: int, repetitions: int) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, contender in contenders.items():
            with suppress(OSError):  # a peer that is not there or does not start: its row says so
                runs[name].append(contender(targets, rounds))
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repetitions", type=int, default=3)
    asked = parser.parse_args()
    targets = [f"127.1.{number >> 8 & 255}.{number & 255}" for number in range(1, min(asked.targets, 65_534) + 1)]
    contenders: dict[str, Contender] = {
        "linewatch": linewatch,
        "fping -i 0 (sends as we do)": fping(0),
        "fping -i 1 (a packet each ms)": fping(1),
        "blackbox_exporter (1 round)": exporter,
    }
    present = {name: run for name, run in contenders.items() if "fping" not in name or shutil.which("fping")}
    runs = measured(present, targets, asked.rounds, asked.repetitions)
    ours = runs["linewatch"]
    print(f"{len(targets)} targets, {asked.rounds} rounds, {asked.repetitions} repetitions in turns; {os.cpu_count()} cores")
    print(f"{'':<34} {'answered':^13} {'CPU us/echo':^23}  {'RTT us':^19}   {'ours/'}")
    print(f"{'':<34} {'':^13} {'min':>7} {'median':>7} {'max':>7}  {'median':>9} {'p95':>9}   {'theirs'}")
    for name in contenders:
        print(row(name, runs.get(name, []), ours))
    for name in ("fping -i 0 (sends as we do)", "fping -i 1 (a packet each ms)"):
        if runs.get(name):
            print(f"median RTT, linewatch against {name}: {medians_apart_us(ours, runs[name])}")


if __name__ == "__main__":
    main()
