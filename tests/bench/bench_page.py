"""What the status page costs, and whether it costs the rounds anything. Needs root (a network namespace of its own).

First ten services with 120 days of history: the first byte of the page, and its size. Then forty lines every 200 ms, 200 rounds a second, while the
page, its JSON, the feed and whole reports are asked for 50 times a second for a minute: how long the answers take, and whether any round was late by
more than an interval.

`python tests/bench/bench_page.py [--seconds 60] [--requests 50]`
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from linewatch.sample.cause import Cause
from linewatch.store.opening import open_for_writing
from linewatch.verdict.state import State, Transition

PORT = 19827
ADDRESS = f"http://127.0.0.1:{PORT}"
HISTORY = timedelta(days=120)
SETTLE_S = 20
MIX = ["/"] * 30 + ["/?lang=en"] * 8 + ["/api/v1/status"] * 4 + ["/feed.atom"] * 3 + ["/badge/line-1.svg"] * 3 + ["/metrics", "/sla/{month}"]
"""What is asked for, one after the other: among fifty one whole report."""


def configured(folder: Path, lines: int, interval: str) -> Path:
    """A configuration of so many lines, and their history."""
    path = folder / f"{lines}.toml"
    tables = [
        f'[[line]]\nname = "line-{n}"\ngateway = "none"\nanchors = ["127.0.1.{n % 200 + 1}", "127.0.2.{n % 200 + 1}"]\ninterval = "{interval}"\n'
        'timeout = "150ms"\nretry_interval = "200ms"\n'
        for n in range(lines)
    ]
    path.write_text(f'[store]\nurl = "sqlite:///{lines}.db"\n[web]\nlisten = "127.0.0.1:{PORT}"\n' + "".join(tables))
    store = open_for_writing(f"sqlite:///{folder / f'{lines}.db'}")
    for n in range(lines):
        store.enrol(f"line-{n}", "line", timedelta(seconds=1))
        store.mark(f"line-{n}", changes(n))
    store.flush(60)
    store.close(60)
    return path


def changes(seed: int) -> list[Transition]:
    """An outage every other day, of seconds to hours."""
    chance = random.Random(seed)
    end = datetime.now(UTC)
    at = end - HISTORY
    found = [Transition(at, State.UP, None, at)]
    while True:
        at += timedelta(seconds=chance.expovariate(1 / 170_000) + 5)
        healed = at + timedelta(seconds=chance.choice([20, 300, 4000]))
        if healed > end:
            return found
        state, cause = chance.choice([(State.DOWN, Cause.LINE), (State.DEGRADED, Cause.LOSS), (State.UNKNOWN, Cause.LOCAL)])
        found += [Transition(at, state, cause, at - timedelta(seconds=1)), Transition(healed, State.UP, None, healed - timedelta(seconds=1))]
        at = healed


@contextlib.contextmanager
def running(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", "from linewatch.cli.main import entry; entry()", "run", "-c", str(config)]
    daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(SETTLE_S)
        yield daemon
    finally:
        daemon.terminate()
        daemon.wait(20)


def first_byte(path: str) -> tuple[float, int]:
    """Milliseconds to the first byte over a new connection, and the bytes of the whole page as it is sent uncompressed."""
    began = time.perf_counter()
    with urllib.request.urlopen(ADDRESS + path, timeout=20) as answer:
        body = answer.read(1)
        took = (time.perf_counter() - began) * 1000
        return took, len(body + answer.read())


def counted(name: str) -> float:
    """The sum of a counter over all services."""
    with urllib.request.urlopen(f"{ADDRESS}/metrics", timeout=20) as answer:
        return sum(float(value) for value in re.findall(rf"^{name}{{[^}}]*}} (\S+)$", answer.read().decode(), re.M))


def rounds_over(meanwhile: Callable[[], object]) -> tuple[float, float]:
    """Rounds a second, and how many of them were late by more than an interval, over the time that something else takes."""
    rounds, late, began = counted("linewatch_rounds_total"), counted("linewatch_rounds_missed_total"), time.monotonic()
    meanwhile()
    return (counted("linewatch_rounds_total") - rounds) / (time.monotonic() - began), counted("linewatch_rounds_missed_total") - late


async def flood(seconds: int, requests: int) -> tuple[list[float], dict[int, int]]:
    """So many requests a second, each on its beat whether the others are answered or not: the milliseconds of each, and how many had each status."""
    took: list[float] = []
    codes: dict[int, int] = {}
    month = f"{datetime.now(UTC):%Y-%m}"

    async def ask(client: httpx.AsyncClient, path: str) -> None:
        began = time.perf_counter()
        answer = await client.get(path.format(month=month))
        took.append((time.perf_counter() - began) * 1000)
        codes[answer.status_code] = codes.get(answer.status_code, 0) + 1

    async with httpx.AsyncClient(base_url=ADDRESS, timeout=30, limits=httpx.Limits(max_connections=32)) as client:
        start, asked = time.perf_counter(), []
        for n in range(seconds * requests):
            await asyncio.sleep(max(0.0, start + n / requests - time.perf_counter()))
            asked.append(asyncio.create_task(ask(client, MIX[n % len(MIX)])))
        await asyncio.gather(*asked)
    return took, codes


def measure(seconds: int, requests: int) -> None:
    print("| what | measured | target |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(configured(folder, 10, "3s")):
            once, size = first_byte("/")
            again = []
            for _ in range(60):
                time.sleep(0.5)  # half a minute: new figures come in between
                again.append(first_byte("/")[0])
        print(f"| page of 10 services and 90 days, uncompressed | {size / 1000:.1f} kB | under 100 kB |")
        shown = f"{once:.1f} / {statistics.median(again):.1f} / {max(again):.1f} ms"
        print(f"| its first byte: the first time / median / worst of 60 over 30 s | {shown} | 50 ms |")
        with running(configured(folder, 40, "200ms")):
            calm, calm_late = rounds_over(lambda: time.sleep(seconds / 3))
            answers: list[tuple[list[float], dict[int, int]]] = []
            began = time.monotonic()
            busy, busy_late = rounds_over(lambda: answers.append(asyncio.run(flood(seconds, requests))))
            passed = time.monotonic() - began
    ((took, codes),) = answers
    of = statistics.quantiles(took, n=100)
    print(f"| requests a second over {passed:.0f} s; statuses | {len(took) / passed:.0f}; {codes} | 50 |")
    print(f"| an answer meanwhile: median / p95 / p99 / worst | {of[49]:.1f} / {of[94]:.1f} / {of[98]:.1f} / {max(took):.0f} ms | |")
    print(f"| rounds a second: with nobody asking / meanwhile | {calm:.0f} / {busy:.0f} | 200 |")
    print(f"| rounds late by more than an interval: with nobody asking / meanwhile | {calm_late:.0f} / {busy_late:.0f} | 0 |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        measure(options.seconds, options.requests)
        return 0
    again = [sys.executable, __file__, "--inside", "--seconds", str(options.seconds), "--requests", str(options.requests)]
    return subprocess.run(["unshare", "-n", *again], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
