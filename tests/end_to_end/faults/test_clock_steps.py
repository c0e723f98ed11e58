"""The wall clock of the host is slewed, put an hour forward and put an hour back under a running daemon.

By libfaketime: it stands between the daemon and the C library, so that the interpreter, APScheduler, SQLite and the log all live by the wrong
clock, and the machine that runs the test keeps its time. The port of the clock (tests/watch/test_clock.py) proves the rules one by one; this
proves that nobody in the process reads time past it. The monotonic clock is left alone, as a real step leaves it. What libfaketime cannot
change is the kernel's stamp on a packet: round-trip times read 0 here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.end_to_end.conftest import HEALED, Config, Daemon, cut, heal, instant, report, same_again, unknown, wait_for
from tests.end_to_end.faults.fast import LINE, ROUND, SLACK, adds_up, near, rounds_go_on, total
from tests.netns import Namespace
from tests.toll import Tell, toll

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Start = Callable[..., Daemon]


class WrongClock:
    """The wall clock that the daemon sees: noon of a day in 2024 when it is made, and from then on as the test says."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._offset = NOON - datetime.now(UTC)
        self._write()
        self.environment = {
            "LD_PRELOAD": LIBRARY,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # a remedy for an older glibc, with which a timed wait of this one burns time and comes late
        }

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def put(self, by: timedelta) -> None:
        self._offset += by
        self._write()

    def slew(self, by: timedelta, steps: int, pause_s: float) -> None:
        for _ in range(steps):
            self.put(by / steps)
            time.sleep(pause_s)

    def _write(self) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{self._offset.total_seconds():+.6f}\n")
        fresh.replace(self._file)


def outage(namespace: Namespace, watched: Daemon, clock: WrongClock) -> tuple[datetime, datetime]:
    """Cut the line until it is DOWN, heal it until it is not; when that was, by the clock of the daemon."""
    cut(namespace)
    began = clock.now()
    watched.until("line", "down")
    heal(namespace)
    ended = clock.now()
    watched.until("line", *HEALED)
    return began, ended


def test_a_clock_slewed_and_stepped_an_hour_either_way_loses_no_outage_and_counts_no_second_twice(
    namespace: Namespace, config: Config, daemon: Start, tmp_path: Path, record_property: Tell
) -> None:
    path = config(LINE)
    clock = WrongClock(tmp_path)
    watched = daemon(path, **clock.environment)
    watched.until("line", "up")
    clock.slew(timedelta(seconds=0.5), steps=20, pause_s=0.05)  # a thousand times as fast as NTP may
    clock.slew(timedelta(seconds=-0.5), steps=20, pause_s=0.05)
    assert total(watched, "linewatch_clock_steps_total") == 0
    truth = [outage(namespace, watched, clock)]

    left_at = clock.now()
    clock.put(HOUR)
    wait_for(lambda: total(watched, "linewatch_clock_steps_total") == 1, lambda: "the step forward is noticed")
    truth.append(outage(namespace, watched, clock))

    clock.put(-HOUR)
    wait_for(lambda: total(watched, "linewatch_clock_steps_total") == 2, lambda: "the step back is noticed")
    truth.append(outage(namespace, watched, clock))
    rounds_go_on(watched, 2)
    watched.stop()
    assert "Traceback" not in watched.complained

    line = report(path, NOON + 3 * HOUR)["line"]
    adds_up(line)
    off_s = near([(instant(each["start"]), instant(each["end"])) for each in line["outages"]], sorted(truth))
    assert {each["cause"] for each in line["outages"]} == {"line"}
    same_again(path, NOON)
    by_clock = unknown(line, "clock")
    hour = [(start, end) for start, end in by_clock if end - start > HOUR / 2]
    assert sum((end - start for start, end in by_clock), timedelta(0)) <= HOUR + 10 * SLACK
    assert abs(by_clock[0][0] - left_at) <= ROUND + SLACK
    assert abs(hour[-1][1] - (left_at + HOUR)) <= ROUND + SLACK
    down = sum((end - start for start, end in truth), timedelta(0)).total_seconds()
    toll(
        record_property,
        "wall clock slewed by half a second forth and back, stepped an hour forward, stepped an hour back (libfaketime)",
        "4 changes of the clock, an outage before, between and after the steps",
        f"no outage: 3 of 3 found, their ends at most {off_s:.2f} s off, {line['seconds']['down']:.2f} s down for {down:.2f} s;"
        " the hour that was not lived is UNKNOWN (clock)",
    )
