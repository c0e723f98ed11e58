"""What a fault took: how often a test tried it and what was lost, told by the test; and the page that this becomes.

    python -m tests.toll

runs the tests of faults at full length and, with LINEWATCH_FUZZ times their cases, the fuzz tests, and writes what they tell
between the marks in docs/faults.md.
"""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linewatch.version import __version__

Tell = Callable[[str, object], None]
"""pytest's `record_property`."""

KEYS = ("fault", "tries", "lost")
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "faults.md"
BEGIN, END = "<!-- made by `make faults` -->\n", "<!-- end of what `make faults` made -->"
FAULTS = ["tests/end_to_end/faults", "tests/store/test_kill.py", "tests/store/test_faults.py", "tests/store/test_recovery.py"]
SEED = 2022


def toll(record_property: Tell, fault: str, tries: str, lost: str) -> None:
    """A row of the table of faults, once the test has proved it."""
    for key, value in zip(KEYS, (fault, tries, lost), strict=True):
        record_property(key, value)


class Clerk:
    """Writes down what the tests tell while pytest runs them."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, ...]] = []
        self.cases: list[tuple[str, int, int]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = {key: str(value) for key, value in report.user_properties}
        if report.when == "call" and report.passed and set(KEYS) <= set(told):
            self.faults.append(tuple(told[key] for key in KEYS))

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        said = re.findall(r"(\d+) passing, (\d+) failing", getattr(item, "hypothesis_statistics", ""))
        if said:
            passed, failed = (sum(int(each[column]) for each in said) for column in (0, 1))
            self.cases.append((item.nodeid, passed + failed, failed))


def machine() -> str:
    cpus = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return (
        f"linewatch {__version__}, {len(cpus)} × {cpus[0]}, Linux {platform.release()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


def page(clerk: Clerk, times: int, took_s: float) -> str:
    faults = "".join(f"| {' | '.join(row)} |\n" for row in clerk.faults)
    fuzzed = "".join(
        f"| {test.rpartition('::')[2].removeprefix('test_').replace('_', ' ')} | `{test.partition('::')[0]}` | {count:,} | {failed} |\n"
        for test, count, failed in clerk.cases
    )
    whole = sum(count for _, count, _ in clerk.cases)
    return (
        f"{machine()}; {took_s / 60:.0f} min. The line of these tests is looked at every 0.5 s.\n\n"
        f"| fault | tries | lost |\n|---|---|---|\n{faults}\n"
        f"Fuzzing, seed {SEED}, {times} times the cases of the suite: {whole:,} cases, {sum(failed for _, _, failed in clerk.cases)} failures.\n\n"
        f"| what holds | where | cases | failures |\n|---|---|---:|---:|\n{fuzzed}"
    )


def main() -> int:
    os.environ["LINEWATCH_FULL_LENGTH"] = "1"
    times = int(os.environ.setdefault("LINEWATCH_FUZZ", "20"))
    clerk, began = Clerk(), time.monotonic()
    failed = pytest.main(["-q", "-o", "timeout=3600", *FAULTS], plugins=[clerk])
    failed = pytest.main(["-q", "-o", "timeout=3600", "-m", "fuzz", f"--hypothesis-seed={SEED}", "tests"], plugins=[clerk]) or failed
    if failed:
        return int(failed)
    before, after = PAGE.read_text().split(BEGIN)[0], PAGE.read_text().split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}{page(clerk, times, time.monotonic() - began)}{END}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
