"""The store cannot be written for a while: its disk is full, or another process holds its lock. The line is watched on, and the record waits.

The writer waits 0.2 s for a lock and tries again after at most a second (perseverance.py), and what waits is bounded by rows, not by time
(tests/store/test_faults.py fills that bound). So four seconds show what half a minute does, which `make test` takes all the same.
"""

from __future__ import annotations

import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.end_to_end.conftest import HEALED, PORT, Config, Daemon, cut, heal, instant, linewatch, report, unknown, wait_for
from tests.end_to_end.faults.fast import LINE, SOON_IN_DOUBT, adds_up, near, nowhere_in_doubt, rounds_go_on, total
from tests.lengths import MINUTES, Length
from tests.netns import Namespace
from tests.store.test_faults import Holder, integrity
from tests.toll import Tell, toll

LASTS = Length(30, short_s=4)
pytestmark = MINUTES
Start = Callable[..., Daemon]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def path(config: Config, disk: Path) -> Path:
    """A configuration whose store is on that disk."""
    made = config(LINE)
    made.write_text(made.read_text().replace(f"{disk.parent}/lw.db", f"{disk}/lw.db"))
    return made


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Something else writes until the disk is full, and takes every page that becomes free: SQLite gives back its log when it closes the file."""
    over = threading.Event()
    taken = threading.Event()

    def grow() -> None:
        with (disk / "ballast").open("wb", buffering=0) as ballast:
            while not over.is_set():
                try:
                    ballast.write(bytes(65536 if not taken.is_set() else 4096))
                except OSError:
                    taken.set()
                    time.sleep(0.005)

    growing = threading.Thread(target=grow)
    growing.start()
    assert taken.wait(10)
    try:
        yield
    finally:
        over.set()
        growing.join()
        (disk / "ballast").unlink()


@contextmanager
def locked(disk: Path) -> Iterator[None]:
    holder = Holder(disk / "lw.db")
    try:
        yield
    finally:
        holder.let_go()


def health(watched: Daemon) -> int:
    with watched.namespace.inside():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


def rounds_kept(path: Path) -> int:
    return len(linewatch("export", "-c", str(path), "--service", "line", "--kind", "samples").stdout.splitlines()) - 1


@pytest.mark.parametrize(("hindered", "said"), [(full, "disk is full"), (locked, "database is locked")], ids=["full", "locked"])
def test_while_the_store_cannot_be_written_the_line_is_watched_and_nothing_is_lost(
    namespace: Namespace, disk: Path, path: Path, daemon: Start, record_property: Tell, hindered: Callable, said: str
) -> None:
    watched = daemon(path)
    watched.until("line", "up")
    rounds_go_on(watched)
    assert health(watched) == 200
    with hindered(disk):
        began = time.monotonic()
        wait_for(lambda: total(watched, "linewatch_store_errors_total") >= 2, lambda: "the store fails")
        LASTS.pass_by(1 / 4, began)
        cut_at = cut(namespace)
        rounds_go_on(watched, 4, reading="bad")
        LASTS.pass_by(1 / 2, began)
        healed_at = heal(namespace)
        rounds_go_on(watched, 3, reading="good")
        LASTS.pass_by(1, began)
        assert health(watched) == 503
        waiting = total(watched, "linewatch_store_queue_rows")
        assert waiting >= 10
        assert watched.state("line") == "up"  # a change is announced once it is committed
        errors = total(watched, "linewatch_store_errors_total")
    wait_for(lambda: total(watched, "linewatch_store_queue_rows") == 0, lambda: watched.complained)
    wait_for(lambda: health(watched) == 200, lambda: "well again")
    counted, missed = total(watched, "linewatch_rounds_total"), total(watched, "linewatch_rounds_missed_total")
    watched.stop()
    assert rounds_kept(path) >= counted
    assert said in watched.complained
    assert "the store can be written again" in watched.complained
    assert "Traceback" not in watched.complained
    assert integrity(disk / "lw.db") == [("ok",)]
    line = report(path)["line"]
    adds_up(line)
    off_s = near([(instant(each["start"]), instant(each["end"])) for each in line["outages"]], [(cut_at, healed_at)])
    nowhere_in_doubt(line, missed)
    toll(
        record_property,
        f"{said} for {LASTS}, with an outage in the middle of it",
        f"{errors:.0f} writes refused",
        f"nothing: {waiting:.0f} rows waited in memory and are on record, {counted:.0f} of {counted:.0f} rounds, the outage's ends {off_s:.2f} s off",
    )


def test_ended_while_the_disk_is_full_what_waited_is_counted_and_unknown(
    namespace: Namespace, disk: Path, path: Path, daemon: Start, record_property: Tell
) -> None:
    path.write_text(path.read_text().replace(LINE, SOON_IN_DOUBT))
    first = daemon(path)
    first.until("line", "up")
    rounds_go_on(first)
    with full(disk):
        full_at = datetime.now(UTC)
        wait_for(lambda: total(first, "linewatch_store_errors_total") >= 2, lambda: "the store fails")
        rounds_go_on(first, 6)
        assert first.stop() < 20
        waited = [line for line in first.complained.splitlines() if "rows could not be written" in line]
    assert len(waited) == 1, first.complained
    assert "Traceback" not in first.complained
    assert integrity(disk / "lw.db") == [("ok",)]
    second = daemon(path)
    second.until("line", *HEALED)
    started_at = datetime.now(UTC)
    rounds_go_on(second, 2)
    second.stop()
    line = report(path)["line"]
    adds_up(line)
    assert line["outages"] == []
    near(unknown(line, "monitor")[1:], [(full_at, started_at)])
    toll(
        record_property,
        "disk full, and the daemon ended while it is",
        "1 end",
        f"what waited in memory, counted ({waited[0].split(' ', 2)[2]}) and UNKNOWN (monitor) from the last commit to the next start",
    )
