"""The daemon with PostgreSQL as its store: the same road, and a server that may go away and come back."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import HEALED, LINE, PORT, ROUND, Config, Daemon, cut, heal, instant, report, unknown, wait_for
from tests.end_to_end.test_refusals import refusal
from tests.end_to_end.test_signals import rounds_counted, rounds_kept
from tests.netns import Namespace
from tests.postgresql import Server

Start = Callable[..., Daemon]


def test_a_second_daemon_is_refused(config: Config, daemon: Start, postgresql: Server, tmp_path: Path) -> None:
    store = postgresql.url(postgresql.database())
    first = daemon(config(LINE, store=store))
    first.until("line", "up")
    other = tmp_path / "other" / "other.toml"
    other.parent.mkdir()
    other.write_text((tmp_path / "linewatch.toml").read_text().replace(str(PORT), str(PORT + 1)))
    line = refusal(daemon(other), 3)
    assert line.startswith("linewatch: another linewatch writes to the store postgresql://lw@/")
    assert first.state("line") == "up"


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that the test may stop."""
    with Server() as server:
        yield server


def shown(daemon: Daemon, family: str) -> float:
    found = re.findall(rf"^{family} (\S+)$", daemon.scrape(), re.M)
    return float(found[0])


def test_an_outage_while_the_server_is_away_is_told_at_once_and_kept(namespace: Namespace, config: Config, daemon: Start, own: Server) -> None:
    path = config(LINE, store=own.url(own.database()))
    watched = daemon(path)
    watched.until("line", "up")
    assert (shown(watched, "linewatch_store_errors_total"), shown(watched, "linewatch_store_queue_rows")) <= (0, 3)
    own.stop()
    cut(namespace)
    watched.until("line", "down")  # announced once it is safe in the spool
    heal(namespace)
    watched.until("line", *HEALED)
    assert shown(watched, "linewatch_store_errors_total") > 0
    assert shown(watched, "linewatch_store_queue_rows") >= 4
    own.start()
    wait_for(lambda: shown(watched, "linewatch_store_queue_rows") <= 2, lambda: watched.complained)
    counted = rounds_counted(watched)
    watched.stop()
    assert watched.ended() == 0
    assert "Traceback" not in watched.complained
    assert rounds_kept(path) >= counted
    (outage,) = report(path)["line"]["outages"]
    assert outage["cause"] == "line"


def test_killed_and_started_again_while_the_server_is_away_it_goes_on_with_the_outage(
    namespace: Namespace, config: Config, daemon: Start, own: Server, tmp_path: Path
) -> None:
    path = config(LINE, store=own.url(own.database()))
    first = daemon(path)
    first.until("line", "up")
    own.stop()
    broken_at = cut(namespace)
    first.until("line", "down")
    first.stop(signal.SIGKILL)
    again = daemon(path)
    wait_for(lambda: again.state("line") == "down", lambda: again.complained)
    assert "is away" in again.complained
    assert f"waits in {tmp_path}/linewatch.spool" in again.complained
    heal(namespace)
    again.until("line", *HEALED)
    own.start()
    wait_for(lambda: shown(again, "linewatch_store_queue_rows") <= 2, lambda: again.complained)
    again.stop()
    line = report(path)["line"]
    assert [outage["cause"] for outage in line["outages"]] in (["line"], ["line", "line"])  # two, where the new start took longer than `stale_after`
    assert abs(instant(line["outages"][0]["start"]) - broken_at) < 2 * ROUND
    nobody_looked = [end - start for start, end in unknown(line, "monitor") if start > broken_at]
    assert sum(nobody_looked, 0 * ROUND) < 60 * ROUND
    assert not list((tmp_path / "linewatch.spool").glob("*.slips"))


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("postgresql://lw@127.0.0.1:1/lw", "is away"),
        ("postgresql://lw@/nowhere?host={server.folder}&port={server.port}", 'refuses: database "nowhere" does not exist'),
    ],
)
def test_a_store_that_cannot_be_used(config: Config, daemon: Start, postgresql: Server, store: str, said: str) -> None:
    assert said in refusal(daemon(config(LINE, store=store.format(server=postgresql))), 3)
