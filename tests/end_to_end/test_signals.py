"""How the daemon obeys: SIGTERM, Ctrl-C, SIGHUP, and what systemd is told."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.end_to_end.conftest import LINE, Config, Daemon, cut, linewatch, report, wait_for
from tests.netns import Namespace

Start = Callable[..., Daemon]
SECOND_LINE = LINE.replace('name = "line"', 'name = "reserve"')


def rounds_kept(config: Path) -> int:
    exported = linewatch("export", "-c", str(config), "--service", "line", "--kind", "samples")
    assert exported.returncode == 0, exported.stderr
    return len(exported.stdout.splitlines()) - 1


def rounds_counted(daemon: Daemon) -> int:
    return sum(int(float(row.rsplit(" ", 1)[1])) for row in daemon.scrape().splitlines() if row.startswith("linewatch_rounds_total{"))


@pytest.mark.parametrize("broken", [False, True], ids=["while all is well", "while rounds wait for answers"])
def test_sigterm_ends_in_time_with_everything_committed(namespace: Namespace, config: Config, daemon: Start, broken: bool) -> None:
    path = config(LINE)
    watched = daemon(path)
    watched.until("line", "up")
    if broken:
        cut(namespace)
        watched.until("line", "down")
    counted = rounds_counted(watched)
    assert watched.stop() < 2
    assert watched.ended() == 0
    assert rounds_kept(path) >= counted
    assert "Traceback" not in watched.complained
    assert len(report(path)["line"]["outages"]) == int(broken)


def test_ctrl_c_prints_the_availability_so_far(config: Config, daemon: Start) -> None:
    watched = daemon(config(LINE))
    watched.until("line", "up")
    watched.stop(signal.SIGINT)
    assert watched.ended() == 0
    assert "Availability so far" in watched.said
    assert "  line  100.00 %  " in watched.said
    assert "Traceback" not in watched.complained


def test_sighup_takes_a_good_file_and_keeps_the_old_one_for_a_bad(config: Config, daemon: Start) -> None:
    path = config(LINE)
    watched = daemon(path)
    watched.until("line", "up")
    config(LINE, SECOND_LINE)
    watched.send(signal.SIGHUP)
    watched.until("reserve", "up")
    config(LINE.replace('"1s"', '"never"'), SECOND_LINE.replace("anchors", "ankers"))
    watched.send(signal.SIGHUP)
    wait_for(lambda: "line[0].interval" in watched.complained and "line[1].anchors" in watched.complained, lambda: "every mistake is told")
    counted = rounds_counted(watched)
    wait_for(lambda: rounds_counted(watched) > counted + 2, lambda: "the rounds go on")
    assert (watched.state("line"), watched.state("reserve")) == ("up", "up")
    config(LINE)
    watched.send(signal.SIGHUP)
    wait_for(lambda: watched.state("reserve") == "", lambda: "the second line is gone")
    watched.stop()
    assert "Traceback" not in watched.complained
    assert report(path)["line"]["outages"] == []


def test_store_and_page_of_a_reload_wait_for_the_next_start_and_are_told_of_as_long_as_they_wait(
    config: Config, daemon: Start, tmp_path: Path
) -> None:
    path = config(LINE)
    watched = daemon(path)
    watched.until("line", "up")
    waits = "the change of [store] takes effect at the next start"
    reloads = 0

    def reloaded(**changed: str) -> int:
        """Reload the configuration with this change, or none; how often the daemon has told of [store] since the start."""
        nonlocal reloads
        reloads += 1
        config(LINE, **changed)
        watched.send(signal.SIGHUP)
        wait_for(lambda: watched.complained.count("configuration reloaded") == reloads, lambda: watched.complained)
        return watched.complained.count(waits)

    elsewhere = f"sqlite:///{tmp_path}/elsewhere.db"
    assert reloaded(store=elsewhere) == 1
    year = watched.get(f"/api/v1/sla/{datetime.now(UTC).year}")
    assert json.loads(year)["services"][0]["seconds"]["up"] > 0  # of the store into which the daemon writes
    assert reloaded(store=elsewhere) == 2
    assert reloaded() == 2
    watched.stop()


def test_a_reload_during_an_outage_neither_ends_it_nor_counts_it_twice(namespace: Namespace, config: Config, daemon: Start) -> None:
    path = config(LINE)
    watched = daemon(path)
    watched.until("line", "up")
    cut(namespace)
    watched.until("line", "down")
    config(LINE.replace("[[line]]", '[[line]]\ntitle = "Renamed"'))
    watched.send(signal.SIGHUP)
    wait_for(lambda: "configuration reloaded" in watched.complained, lambda: watched.complained)
    time.sleep(1.5)
    assert watched.state("line") == "down"
    assert 'linewatch_outages_total{service="line",cause="line"} 1' in watched.scrape()
    watched.stop()
    (outage,) = report(path)["line"]["outages"]
    assert outage["cause"] == "line"


def test_systemd_is_told_of_the_start_the_life_and_the_end(config: Config, daemon: Start, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        watched = daemon(config(LINE), NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="1000000")
        told = [manager.recv(4096).decode() for _ in range(3)]
        watched.send(signal.SIGHUP)
        while "RELOADING=1" not in told[-1]:
            told.append(manager.recv(4096).decode())
        told.append(manager.recv(4096).decode())
        time.sleep(0.2)
        watched.stop()
        manager.setblocking(False)
        while "STOPPING=1" not in told[-1]:
            told.append(manager.recv(4096).decode())
    assert told[0].startswith("READY=1\nSTATUS=watching 1 services")
    assert told[1:3] == ["WATCHDOG=1", "WATCHDOG=1"]
    assert any(message.startswith("READY=1") for message in told[3:])
