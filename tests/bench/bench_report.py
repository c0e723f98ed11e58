"""How long the yearly report and the help take as whole processes: ten services with 5,000 changes of state each over 2022.

Targets: `linewatch sla --year 2022` under 1 s, `linewatch --help` under 0.3 s (median, start-up included).
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from linewatch.sample.cause import Cause
from linewatch.store.entry import ServiceKind
from linewatch.store.opening import open_for_writing
from linewatch.verdict.state import State, Transition

SERVICES = 10
CHANGES = 5_000
RUNS = 7
START = datetime(2021, 12, 31, 16, tzinfo=UTC)
YEAR = timedelta(days=365)
COMMANDS = {
    "sla --year 2022": (("sla", "--year", "2022"), 1.0),
    "sla --year 2022 --format json": (("sla", "--year", "2022", "--format", "json"), 1.0),
    "--help": (("--help",), 0.3),
}


def configuration() -> str:
    lines = ['timezone = "Asia/Shanghai"', "[store]", 'url = "sqlite:///linewatch.db"']
    for service, kind in names():
        if kind == "line":
            lines += ["[[line]]", f'name = "{service}"', 'gateway = "none"', 'anchors = ["127.0.0.1"]']
        else:
            lines += ["[[endpoint]]", f'name = "{service}"', 'url = "tcp://127.0.0.1:1"', 'behind = "line-0"']
    return "\n".join(lines) + "\n"


def names() -> list[tuple[str, ServiceKind]]:
    """Two lines, and eight endpoints behind the first of them."""
    return [(f"line-{n}", "line") for n in range(2)] + [(f"site-{n}", "endpoint") for n in range(SERVICES - 2)]


def changes(seed: int) -> list[Transition]:
    """A year of ups, outages with what sampling leaves open, degraded and unknown time; the same for the same seed."""
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(1, int(YEAR.total_seconds())), CHANGES - 1))
    states = [(State.UP, None)]
    for _ in range(CHANGES - 1):
        after = [
            (State.UP, None),
            (State.DOWN, Cause.LINE),
            (State.DEGRADED, Cause.LOSS),
            (State.UNKNOWN, Cause.LOCAL),
        ]
        states.append(chance.choices([each for each in after if each != states[-1]], [12, 6, 2, 1][: len(after) - 1])[0])
    made = []
    for second, (state, cause) in zip([0, *moments], states, strict=True):
        at = START + timedelta(seconds=second)
        made.append(Transition(at, state, cause, at - timedelta(seconds=min(second, 1))))
    return made


def store(folder: Path) -> Path:
    """The configuration of a store with the year in it."""
    path = folder / "linewatch.toml"
    path.write_text(configuration(), "utf-8")
    opened = open_for_writing(f"sqlite:///{folder / 'linewatch.db'}")
    for seed, (service, kind) in enumerate(names()):
        opened.enrol(service, kind, timedelta(seconds=3))
        opened.mark(service, changes(seed))
        if not opened.flush(60):
            raise SystemExit("the store did not take the changes in")
    opened.close(60)
    return path


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> int:
    linewatch = str(Path(sys.executable).with_name("linewatch"))
    with tempfile.TemporaryDirectory() as folder:
        config = store(Path(folder))
        print(f"{SERVICES} services, {CHANGES} changes of state each, {RUNS} runs, whole process, seconds")
        print(f"{'linewatch':<32}{'minimum':>9}{'median':>9}{'maximum':>9}{'target':>9}")
        for name, (arguments, target) in COMMANDS.items():
            command = [linewatch, *arguments, *(() if arguments == ("--help",) else ("--config", str(config)))]
            seconds(command)  # the first reads the files from the disk
            took = [seconds(command) for _ in range(RUNS)]
            median = statistics.median(took)
            print(f"{name:<32}{min(took):>9.3f}{median:>9.3f}{max(took):>9.3f}{f'< {target}':>9}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
