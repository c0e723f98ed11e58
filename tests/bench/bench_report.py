"""How long the yearly report and the help take as whole processes, start-up included.

Two stores: ten services with 5,000 changes of state each over 2022; and one line with 50,000 changes over ten years, of which 2022 has all its
minutes (a hundred of them missing, one in seventy lossy) and 5,000 bad rounds beside the outages.
Targets: `linewatch sla --year 2022` in any text format under 1 s, HTML under 2 s, XLSX under 3 s, `linewatch --help` under 0.3 s (median).
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
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.span import to_epoch
from linewatch.store.address import address_of
from linewatch.store.entry import ServiceKind
from linewatch.store.opening import open_for_writing
from linewatch.store.rollup import MINUTE_US
from linewatch.store.tables import minutes
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.state import State, Transition

SERVICES = 10
CHANGES = 5_000
DECADE_CHANGES = 50_000
LONE_BAD_ROUNDS = 5_000
RUNS = 7
START = datetime(2021, 12, 31, 16, tzinfo=UTC)
YEAR = timedelta(days=365)
COMMANDS = {
    "sla --year 2022": (("sla", "--year", "2022"), 1.0),
    "sla --year 2022 --format json": (("sla", "--year", "2022", "--format", "json"), 1.0),
    "sla --year 2022 --format html": (("sla", "--year", "2022", "--format", "html"), 2.0),
    "--help": (("--help",), 0.3),
}
FORMATS = {
    **{f"sla --year 2022 --format {name}": (("sla", "--year", "2022", "--format", name), 1.0) for name in ("csv", "markdown")},
    "sla --year 2022 --format html": (("sla", "--year", "2022", "--format", "html"), 2.0),
    "sla --year 2022 --format xlsx": (("sla", "--year", "2022", "--format", "xlsx"), 3.0),
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


def changes(seed: int, count: int = CHANGES, start: datetime = START, length: timedelta = YEAR) -> list[Transition]:
    """Ups, outages with what sampling leaves open, degraded and unknown time; the same for the same seed."""
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(1, int(length.total_seconds())), count - 1))
    states = [(State.UP, None)]
    for _ in range(count - 1):
        after = [
            (State.UP, None),
            (State.DOWN, Cause.LINE),
            (State.DEGRADED, Cause.LOSS),
            (State.UNKNOWN, Cause.LOCAL),
        ]
        states.append(chance.choices([each for each in after if each != states[-1]], [12, 6, 2, 1][: len(after) - 1])[0])
    made = []
    for second, (state, cause) in zip([0, *moments], states, strict=True):
        at = start + timedelta(seconds=second)
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


def decade(folder: Path) -> Path:
    """The configuration of a store with ten years of one line in it, and the rounds and minutes of one of them."""
    path = folder / "decade.toml"
    path.write_text(
        'timezone = "Asia/Shanghai"\n[store]\nurl = "sqlite:///decade.db"\n[[line]]\nname = "line"\ngateway = "none"\nanchors = ["127.0.0.1"]\n',
        "utf-8",
    )
    url = f"sqlite:///{folder / 'decade.db'}"
    opened = open_for_writing(url)
    opened.enrol("line", "line", timedelta(seconds=3))
    opened.mark("line", changes(0, DECADE_CHANGES, START - 5 * YEAR, 10 * YEAR))
    opened.flush(60)
    for second in sorted(random.Random(1).sample(range(10, int(YEAR.total_seconds()), 10), LONE_BAD_ROUNDS)):
        for offset, kind in ((0, Kind.GOOD), (3, Kind.BAD), (4, Kind.GOOD)):
            at = START + timedelta(seconds=second + offset)
            cause, outcome = (Cause.LINE, LOST) if kind is Kind.BAD else (None, Outcome(Result.OK, 20_000))
            opened.keep("line", Round(at, (Seat(Role.ANCHOR, "127.0.0.1"),), (outcome,)), Reading(at, kind, cause), ())
        if second % 1000 == 0:
            opened.flush(60)
    opened.close(600)
    _fill_minutes(url)
    return path


def _fill_minutes(url: str) -> None:
    chance = random.Random(2)
    first = to_epoch(START) // MINUTE_US
    columns = ("service_id", "minute", "rounds", "bad", "unmeasured", "sent", "lost")
    rows = []
    for minute in range(first, first + YEAR // timedelta(minutes=1)):
        lost = chance.choices([0, 1, 3, 8, 20], [900, 60, 25, 13, 2])[0]
        if chance.random() > 0.0002:
            rows.append(dict(zip(columns, (1, minute, 20, lost if lost > 10 else 0, 0, 20, lost), strict=True)))
    with address_of(url).engine("write", 60).begin() as connection:
        connection.execute(minutes.delete())
        connection.execute(minutes.insert(), rows)


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> int:
    linewatch = str(Path(sys.executable).with_name("linewatch"))
    with tempfile.TemporaryDirectory() as folder:
        for about, config, commands in (
            (f"{SERVICES} services, {CHANGES} changes of state each", store(Path(folder)), COMMANDS),
            (f"one line, {DECADE_CHANGES} changes over ten years, a year of minutes", decade(Path(folder)), COMMANDS | FORMATS),
        ):
            print(f"{about}, {RUNS} runs, whole process, seconds")
            print(f"{'linewatch':<32}{'minimum':>9}{'median':>9}{'maximum':>9}{'target':>9}")
            for name, (arguments, target) in commands.items():
                command = [linewatch, *arguments, *(() if arguments == ("--help",) else ("--config", str(config)))]
                seconds(command)  # the first reads the files from the disk
                took = [seconds(command) for _ in range(RUNS)]
                median = statistics.median(took)
                print(f"{name:<32}{min(took):>9.3f}{median:>9.3f}{max(took):>9.3f}{f'< {target}':>9}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
