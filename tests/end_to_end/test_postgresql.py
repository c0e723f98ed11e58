"""The daemon with PostgreSQL as its store: the same road, and a server that may go away and come back."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import HEALED, LINE, ROUND, Config, Daemon, cut, heal, instant, report, unknown, wait_for
from tests.end_to_end.test_refusals import refusal
from tests.end_to_end.test_signals import rounds_counted, rounds_kept
from tests.netns import Namespace
from tests.postgresql import Server

Start = Callable[..., Daemon]


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that the test may stop."""
    with Server() as server:
        yield server


def shown(daemon: Daemon, family: str) -> float:
    found = re.findall(rf"^{family} (\S+)$", daemon.scrape(), re.M)
    return float(found[0])


def test_while_the_server_is_away_an_outage_shows_and_a_kill_and_a_start_lose_nothing_of_it(
    namespace: Namespace, config: Config, daemon: Start, own: Server, tmp_path: Path
) -> None:
    path = config(LINE, store=own.url(own.database()))
    first = daemon(path)
    first.until("line", "up")
    assert shown(first, "linewatch_store_errors_total") == 0
    own.stop()
    broken_at = cut(namespace)
    first.until("line", "down")  # it is safe in the spool
    assert shown(first, "linewatch_store_errors_total") > 0
    assert shown(first, "linewatch_store_queue_rows") >= 4
    first.stop(signal.SIGKILL)
    again = daemon(path)
    wait_for(lambda: again.state("line") == "down", lambda: again.complained)
    assert "is away" in again.complained
    assert f"waits in {tmp_path}/linewatch.spool" in again.complained
    heal(namespace)
    again.until("line", *HEALED)
    own.start()
    wait_for(lambda: shown(again, "linewatch_store_queue_rows") <= 2, lambda: again.complained)
    counted = rounds_counted(again)
    again.stop()
    assert again.ended() == 0
    assert "Traceback" not in again.complained
    assert rounds_kept(path) >= counted + 3
    assert not list((tmp_path / "linewatch.spool").glob("*.slips"))
    line = report(path)["line"]
    assert [outage["cause"] for outage in line["outages"]] in (["line"], ["line", "line"])  # two, where the new start took longer than `stale_after`
    assert abs(instant(line["outages"][0]["start"]) - broken_at) < 2 * ROUND
    nobody_looked = [end - start for start, end in unknown(line, "monitor") if start > broken_at]
    assert sum(nobody_looked, 0 * ROUND) < 60 * ROUND


def test_a_store_that_is_away_at_the_first_start_is_one_line_and_exit_3(config: Config, daemon: Start) -> None:
    assert "is away: " in refusal(daemon(config(LINE, store="postgresql://lw@127.0.0.1:1/lw")), 3)
