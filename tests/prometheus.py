"""A real Prometheus beside a daemon, in the same network namespace: its answers and its alerts."""

from __future__ import annotations

import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.netns import Namespace

PORT = 19090
ROOT = Path(__file__).parents[1]


class Prometheus:
    """A running Prometheus that scrapes and evaluates every second."""

    def __init__(self, namespace: Namespace, folder: Path, scraped: int) -> None:
        self._namespace = namespace
        rules = (ROOT / "deploy/prometheus/linewatch.rules.yml").read_text("utf-8")
        (folder / "linewatch.rules.yml").write_text(rules.replace("for: 30s", "for: 3s"), "utf-8")  # the wait is the rule's, not what is tried
        shipped = (ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8")
        config = shipped.replace("interval: 15s", "interval: 1s").replace("127.0.0.1:9823", f"127.0.0.1:{scraped}")
        (folder / "prometheus.yml").write_text(config, "utf-8")
        self._process = namespace.popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{PORT}",
                "--log.level=error",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def get(self, path: str, **parameters: str) -> Any:
        """What its HTTP API answers; None while it is not up yet."""
        url = f"http://127.0.0.1:{PORT}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with self._namespace.inside(), urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The vector that an expression gives now."""
        answer = self.get("query", query=expression)
        found: list[dict[str, Any]] = answer["result"] if answer else []
        return found

    def alert(self, name: str) -> str:
        """How the alert stands: inactive, pending or firing; nothing while there is no Prometheus yet."""
        rules = self.get("rules", type="alert")
        states = [rule["state"] for group in rules["groups"] for rule in group["rules"] if rule["name"] == name] if rules else []
        return states[0] if states else ""

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)


@contextmanager
def prometheus(namespace: Namespace, folder: Path, scraped: int) -> Iterator[Prometheus]:
    """A Prometheus with the project's own configuration and rules, for the daemon that listens on `scraped`."""
    folder.mkdir()
    running = Prometheus(namespace, folder, scraped)
    try:
        yield running
    finally:
        running.end()
