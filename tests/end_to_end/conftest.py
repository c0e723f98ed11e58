"""The real daemon as a child process in a network namespace of the test's own, and what a user sees of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.netns import Namespace, Network

COMMAND = [sys.executable, "-c", "from linewatch.cli.main import entry; entry()"]
PORT = 19823
ANCHORS = "127.0.1.0/24"
LINE = """
[[line]]
name = "line"
gateway = "127.0.0.1"
anchors = ["127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"]
interval = "1s"
timeout = "700ms"
retry_interval = "500ms"
stale_after = "2500ms"
"""
ROUND = timedelta(seconds=1)

Config = Callable[..., Path]


HEALED = ("up", "degraded")
"""Right after a long outage the loss of the last rounds may still be high."""


class Daemon:
    """A running `linewatch run`; what it says goes to files beside its configuration."""

    def __init__(self, namespace: Namespace, config: Path, before: Sequence[str] = (), **environment: str) -> None:
        self.namespace = namespace
        self.config = config
        self._said = config.with_suffix(f".{time.monotonic_ns()}.out")
        self._complained = self._said.with_suffix(".err")
        with self._said.open("w") as out, self._complained.open("w") as err:
            self._process = namespace.popen(
                [*before, *COMMAND, "run", "-c", str(config)], stdout=out, stderr=err, cwd=config.parent, env=os.environ | environment
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        return self._said.read_text()

    @property
    def complained(self) -> str:
        return self._complained.read_text()

    def get(self, path: str) -> str:
        """What its listener answers; raises OSError where it refuses."""
        with self.namespace.inside(), urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=20) as answer:
            text: str = answer.read().decode()
            return text

    def scrape(self) -> str:
        return self.get("/metrics")

    def state(self, service: str) -> str:
        """The state in which the service stands in the metrics; nothing while the daemon does not serve them yet."""
        try:
            shown = re.findall(rf'^linewatch_service_state{{service="{service}",state="(\w+)"}} 1\b', self.scrape(), re.M)
        except OSError:
            return ""
        return shown[0] if shown else ""

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self, within: float = 60) -> int:
        """Its exit code."""
        return self._process.wait(within)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """End it; the seconds that it took."""
        began = time.monotonic()
        self.send(number)
        self.ended()
        return time.monotonic() - began

    def tidy(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def until(self, service: str, *states: str, within: float = 40) -> None:
        wait_for(lambda: self.state(service) in states, lambda: f"{service} {states}; it said {self.complained}", within)


def wait_for(holds: Callable[[], bool], what: Callable[[], str], within: float = 40) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, f"not within {within} s: {what()}"
        time.sleep(0.1)


def linewatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)


def report(config: Path, as_of: datetime | None = None) -> dict[str, Any]:
    """What `linewatch sla --format json` says of this year, by service."""
    moment = as_of or datetime.now(UTC)
    done = linewatch("sla", "-c", str(config), "--year", str(moment.year), "--format", "json", "--as-of", moment.isoformat())
    assert done.returncode == 0, done.stderr
    return {service["name"]: service for service in json.loads(done.stdout)["services"]}


def same_again(config: Path, of: datetime | None = None) -> None:
    """The rounds of the year, judged once more, come to the states, readings and minutes on record; some were judged."""
    year = (of or datetime.now(UTC)).year
    done = linewatch("recompute", "-c", str(config), "--year", str(year), "--format", "json")
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert all(service["rounds"] for service in json.loads(done.stdout)["services"])


def unknown(service: dict[str, Any], cause: str) -> list[tuple[datetime, datetime]]:
    return [(instant(each["start"]), instant(each["end"])) for each in service["unknown"] if each["cause"] == cause]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cut(namespace: Namespace, addresses: str = ANCHORS) -> datetime:
    """Have the namespace drop what goes to these addresses; when it began."""
    before = datetime.now(UTC)
    namespace.nft(f"add rule inet filter input ip daddr {addresses} drop")
    return before


def heal(namespace: Namespace) -> datetime:
    namespace.nft("flush chain inet filter input")
    return datetime.now(UTC)


@pytest.fixture
def network() -> Iterator[Network]:
    with Network() as made:
        yield made


@pytest.fixture
def namespace(network: Network) -> Namespace:
    return network.namespace()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """`config(*tables)`: a configuration file with these tables and a store beside it."""

    def config(*tables: str, language: str = "en", store: str = f"sqlite:///{tmp_path}/lw.db") -> Path:
        path = tmp_path / "linewatch.toml"
        head = f'language = "{language}"\ntimezone = "UTC"\n[store]\nurl = "{store}"\n[web]\nlisten = "127.0.0.1:{PORT}"\n'
        path.write_text(head + "\n".join(tables))
        return path

    return config


@pytest.fixture
def daemon(namespace: Namespace) -> Iterator[Callable[..., Daemon]]:
    """`daemon(config, before=(), **environment)`: started in the test's namespace, and not left behind."""
    started: list[Daemon] = []

    def daemon(config: Path, before: Sequence[str] = (), **environment: str) -> Daemon:
        started.append(Daemon(namespace, config, before, **environment))
        return started[-1]

    yield daemon
    for each in started:
        each.tidy()
