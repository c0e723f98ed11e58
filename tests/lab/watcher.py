"""The real daemon in the office of a box, by a rule and at a pace, and its record as the store has it afterwards."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from linewatch.config.loading import load
from linewatch.report.account import Account
from linewatch.span import from_epoch
from linewatch.wiring.reports import standing
from tests.lab.box import ADDRESSES, NEXT_HOP, Box

LINE, SITE = "line", "site"
PROMPTLY = ("nice", "-n", "-10")
"""Other work on this host is no fault of the line."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A rule and the rhythm of its rounds, `scale` times as fast as the defaults: in rounds the arithmetic is the same."""

    name: str
    fall: int
    rise: int
    scale: float = 1.0

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=3) / self.scale

    @property
    def timeout(self) -> timedelta:
        return timedelta(seconds=2) / self.scale

    @property
    def retry_interval(self) -> timedelta:
        return timedelta(seconds=1) / self.scale

    @property
    def stale_after(self) -> timedelta:
        return timedelta(seconds=10) / self.scale

    @property
    def sure(self) -> timedelta:
        """So long an outage holds `fall` rounds whatever its phase: the first within an interval, the others after a retry interval each."""
        return self.interval + (self.fall - 1) * self.retry_interval

    @property
    def possible(self) -> timedelta:
        """A shorter outage cannot hold `fall` rounds."""
        return (self.fall - 1) * self.retry_interval


def default_rule(scale: float = 1.0) -> Pace:
    return Pace("default", 3, 2, scale)


def strict_rule(scale: float = 1.0) -> Pace:
    return Pace("strict", 1, 1, scale)


class Watcher:
    """`linewatch run` in the office of `box`. Its configuration and its store are `<rule>.toml` and `<rule>.db` in `folder`."""

    def __init__(self, box: Box, folder: Path, pace: Pace, port: int, extra: str = "") -> None:
        self.pace = pace
        self.config = folder / f"{pace.name}.toml"
        self._store = folder / f"{pace.name}.db"
        self._said = (folder / f"{pace.name}.log").open("w")
        self.config.write_text(configuration(pace, self._store, port, extra), encoding="utf-8")
        command = [*PROMPTLY, sys.executable, "-c", "from linewatch.cli.main import entry; entry()", "run", "-c", str(self.config)]
        self._process = box.popen(command, stdout=self._said, stderr=self._said)

    def wait_for(self, state: str = "up", within_s: float = 30) -> None:
        """Until the line's state on record is this one."""
        end_s = time.monotonic() + within_s
        while self._last_state() != state:
            assert self._process.poll() is None, f"the daemon ended: {Path(self._said.name).read_text()}"
            assert time.monotonic() < end_s, f"not {state} within {within_s} s: {Path(self._said.name).read_text()}"
            time.sleep(0.05)

    def stop(self) -> None:
        """End it; everything is on record then."""
        self._process.terminate()
        self._process.wait(20)
        self._said.close()

    def accounts(self, as_of: datetime) -> Mapping[str, Account]:
        """The history of the line and of the site as a report would have it at `as_of`."""
        return standing(load(self.config), as_of)

    def watch_record(self) -> Noticing:
        """From now on note when each change of the line's state becomes readable in the store."""
        return Noticing(self._store)

    def _last_state(self) -> str | None:
        try:
            with closing(sqlite3.connect(f"file:{self._store}?mode=ro", uri=True, timeout=5)) as store:
                row = store.execute(f"{_OF_LINE} order by states.id desc limit 1").fetchone()
        except sqlite3.OperationalError:  # not made yet
            return None
        return str(row[1]) if row else None


_OF_LINE = "select states.id, state, at_us from states join services on services.id = service_id where services.name = 'line'"


class Noticing:
    """Another reader of the store, which asks it every 20 ms."""

    def __init__(self, store: Path) -> None:
        self.noticed: list[tuple[datetime, str, datetime]] = []
        """When each change was seen, its state, and since when the record says that it stands."""
        self._store = store
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with closing(sqlite3.connect(f"file:{self._store}?mode=ro", uri=True, timeout=5)) as store:
            last = 0
            while not self._over.wait(0.02):
                for number, state, at_us in store.execute(f"{_OF_LINE} and states.id > ? order by states.id", (last,)).fetchall():
                    last = number
                    self.noticed.append((datetime.now(UTC), state, from_epoch(at_us)))


def configuration(pace: Pace, store: Path, port: int, extra: str = "") -> str:
    """The office's configuration file; `extra` is put into the table of the line."""
    anchors = [ADDRESSES[name] for name in ("anchor1", "anchor2", "anchor3")]
    anchors += [f"tcp://{ADDRESSES['anchor4']}:53", f"dns://{ADDRESSES['anchor5']}/www.gov.cn"]
    rhythm = f'timeout = "{_ms(pace.timeout)}"\nretry_interval = "{_ms(pace.retry_interval)}"\nfall = {pace.fall}\nrise = {pace.rise}'
    return f"""
language = "en"
timezone = "UTC"
[store]
url = "sqlite:///{store}"
[web]
listen = "127.0.0.1:{port}"
[[line]]
name = "{LINE}"
gateway = "auto"
next_hop = "{NEXT_HOP}"
mtu = 1500
anchors = [{", ".join(f'"{anchor}"' for anchor in anchors)}]
interval = "{_ms(pace.interval)}"
stale_after = "{_ms(pace.stale_after)}"
{rhythm}
{extra}
[[endpoint]]
name = "{SITE}"
url = "http://{ADDRESSES["site"]}/"
interval = "{_ms(timedelta(seconds=5) / pace.scale)}"
stale_after = "{_ms(timedelta(seconds=15) / pace.scale)}"
{rhythm}
behind = "{LINE}"
"""


def _ms(duration: timedelta) -> str:
    return f"{duration / timedelta(milliseconds=1):.0f}ms"
