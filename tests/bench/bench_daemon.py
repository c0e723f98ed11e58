"""What the whole daemon costs: one line of six targets every 3 s and six endpoints every 60 s, in a network namespace of its own.

`python tests/bench/bench_daemon.py [--seconds 60]` prints the share of one core and the resident memory. Needs root (unshare).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SETTLE_S = 20
TICKS = os.sysconf("SC_CLK_TCK")
ANCHORS = ", ".join(f'"127.0.1.{n}"' for n in range(1, 6))
ENDPOINTS = "".join(f'[[endpoint]]\nname = "e{n}"\nurl = "http://127.0.0.1:18080/{n}"\nbehind = "line"\n' for n in range(6))
CONFIG = f"""[web]
listen = "127.0.0.1:19825"
[[line]]
name = "line"
gateway = "127.0.0.1"
anchors = [{ANCHORS}]
{ENDPOINTS}"""


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"x" * 20_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> tuple[float, float]:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) / 1024, int(status["VmHWM"].split()[0]) / 1024


def measure(seconds: int) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 18080), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "linewatch.toml")
        config.write_text(CONFIG)
        command = [sys.executable, "-c", "from linewatch.cli.main import entry; entry()", "run", "-c", str(config)]
        daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(SETTLE_S)
            before, began = cpu_s(daemon.pid), time.monotonic()
            time.sleep(seconds)
            share = (cpu_s(daemon.pid) - before) / (time.monotonic() - began)
            now_mb, peak_mb = resident_mb(daemon.pid)
        finally:
            daemon.terminate()
            daemon.wait(10)
    print("| what | measured | target |\n|---|---|---|")
    print(f"| CPU over {seconds} s after a start of {SETTLE_S} s | {share:.2%} of one core | under 1 % |")
    print(f"| resident memory now / at most | {now_mb:.0f} / {peak_mb:.0f} MB | under 100 MB |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        measure(options.seconds)
        return 0
    return subprocess.run(["unshare", "-n", sys.executable, __file__, "--inside", "--seconds", str(options.seconds)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
