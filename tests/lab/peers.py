"""What others make of the same line at the same time: blackbox_exporter scraped by Prometheus, smokeping_prober, and fping's loop.

Each looks at the same five anchors by ICMP, at the interval nearest to ours, and is asked for what its documentation would have one ask for: the mean
of `probe_success`, the share of pings answered, the share of fping's lines that are answers.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from linewatch.span import Span
from tests.lab.box import ANCHORS, Box
from tests.lab.watcher import PROMPTLY, Pace

PROMETHEUS = "127.0.0.1:9090"
BLACKBOX = "127.0.0.1:9115"
SMOKEPING = "127.0.0.1:9374"
_FPING_LINE = re.compile(r"\[(?P<at>[0-9.]+)\] (?P<host>\S+) +: \[(?P<round>\d+)\], (?P<what>.*)")

Availability = Mapping[str, float | None]
"""By the name under which the table has it; None where the peer has nothing to say of the time."""


class Peers:
    """The peers, running in the office of a box until it is closed."""

    def __init__(self, box: Box, folder: Path, pace: Pace) -> None:
        self._box = box
        self._pace = pace
        interval_ms = round(pace.interval.total_seconds() * 1000)
        timeout_ms = round(pace.timeout.total_seconds() * 1000)
        (folder / "blackbox.yml").write_text(
            f"modules: {{icmp: {{prober: icmp, timeout: {timeout_ms}ms, icmp: {{preferred_ip_protocol: ip4}}}}}}\n", encoding="utf-8"
        )
        (folder / "prometheus.yml").write_text(_prometheus(interval_ms), encoding="utf-8")
        (folder / "smokeping.yml").write_text(
            f"targets: [{{hosts: [{', '.join(ANCHORS)}], interval: {interval_ms}ms, network: ip4, protocol: icmp}}]\n", encoding="utf-8"
        )
        self._fping_said = folder / "fping.txt"
        # Of the time that Prometheus gives it the exporter would keep half a second for itself.
        self._start("prometheus-blackbox-exporter", f"--config.file={folder}/blackbox.yml", f"--web.listen-address={BLACKBOX}", "--timeout-offset=0")
        self._start("prometheus-smokeping-prober", f"--config.file={folder}/smokeping.yml", f"--web.listen-address={SMOKEPING}", "--privileged")
        self._start(
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/prometheus",
            f"--web.listen-address={PROMETHEUS}",
            "--log.level=error",
        )
        with self._fping_said.open("w") as said:
            command = [*PROMPTLY, "stdbuf", "-oL", "fping", "-l", "-D", "-p", str(interval_ms), "-t", str(timeout_ms), "-i", "1", *ANCHORS]
            box.popen(command, stdout=said, stderr=subprocess.DEVNULL)
        self._wait()

    def availability(self, window: Span) -> Availability:
        """What each says of the time, once it is over."""
        milliseconds = round(window.length.total_seconds() * 1000)
        step = round(self._pace.interval.total_seconds() * 1000)
        over, of = f"[{milliseconds}ms]", f"[{milliseconds}ms:{step}ms]"
        answered = f"sum(increase(smokeping_response_duration_seconds_count{over}))"
        return {
            "blackbox_exporter, mean of the anchors": self._asked(f"avg(avg_over_time(probe_success{over}))", window.end),
            "blackbox_exporter, any anchor": self._asked(f"avg_over_time(max(probe_success){of})", window.end),
            "smokeping_prober, 1 - loss ratio": self._asked(f"{answered} / sum(increase(smokeping_requests_total{over}))", window.end),
            **self._fping(window),
        }

    def _start(self, *command: str) -> None:
        self._box.popen([*PROMPTLY, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _wait(self) -> None:
        """Until each has been seen by Prometheus, or half a minute."""
        end_s = time.monotonic() + 30
        while time.monotonic() < end_s:
            with suppress(OSError):
                seen = self._query("count(probe_success == 1) + count(smokeping_requests_total > 2)", time.time())
                if seen == 2 * len(ANCHORS):
                    return
            time.sleep(0.2)
        raise TimeoutError("the peers have not begun within 30 s")

    def _asked(self, query: str, at: datetime) -> float | None:
        return self._query(query, at.timestamp())

    def _query(self, query: str, at_s: float) -> float | None:
        asked = urllib.parse.urlencode({"query": query, "time": f"{at_s:.3f}"})
        with self._box.office.inside(), urllib.request.urlopen(f"http://{PROMETHEUS}/api/v1/query?{asked}", timeout=10) as answer:
            found = json.loads(answer.read())["data"]["result"]
        return float(found[0]["value"][1]) if found and found[0]["value"][1] != "NaN" else None

    def _fping(self, window: Span) -> Availability:
        """The share of its lines in the window that are answers, and of its loops of which any is."""
        start_s, end_s = window.start.timestamp(), window.end.timestamp()
        loops: dict[str, list[bool]] = {}
        for line in self._fping_said.read_text(encoding="utf-8", errors="replace").splitlines():
            found = _FPING_LINE.match(line)
            if found and start_s <= float(found["at"]) < end_s:
                loops.setdefault(found["round"], []).append("bytes" in found["what"])
        lines = [answered for loop in loops.values() for answered in loop]
        return {
            "fping -l, share of answers": sum(lines) / len(lines) if lines else None,
            "fping -l, loops with any answer": sum(map(any, loops.values())) / len(loops) if loops else None,
        }


def _prometheus(interval_ms: int) -> str:
    targets = ", ".join(ANCHORS)
    return f"""
global: {{scrape_interval: {interval_ms}ms, scrape_timeout: {interval_ms}ms}}
scrape_configs:
- job_name: blackbox
  metrics_path: /probe
  params: {{module: [icmp]}}
  static_configs: [{{targets: [{targets}]}}]
  relabel_configs:
  - {{source_labels: [__address__], target_label: __param_target}}
  - {{source_labels: [__param_target], target_label: instance}}
  - {{target_label: __address__, replacement: "{BLACKBOX}"}}
- job_name: smokeping
  static_configs: [{{targets: ["{SMOKEPING}"]}}]
"""
