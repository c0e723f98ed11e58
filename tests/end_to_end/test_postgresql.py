"""The daemon with PostgreSQL as its store: the same road, and a server that may go away and come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.conftest import LINE, PORT, Config, Daemon, cut, heal, report
from tests.end_to_end.test_refusals import refusal
from tests.end_to_end.test_signals import rounds_counted, rounds_kept
from tests.netns import Namespace
from tests.postgresql import Server

Start = Callable[..., Daemon]


def test_an_outage_is_kept_and_reported(namespace: Namespace, config: Config, daemon: Start, postgresql: Server) -> None:
    path = config(LINE, store=postgresql.url(postgresql.database()))
    watched = daemon(path)
    watched.until("line", "up")
    cut(namespace)
    watched.until("line", "down")
    heal(namespace)
    watched.until("line", "up", "degraded")
    counted = rounds_counted(watched)
    watched.stop()
    assert watched.ended() == 0
    assert "Traceback" not in watched.complained
    assert rounds_kept(path) >= counted
    (outage,) = report(path)["line"]["outages"]
    assert outage["cause"] == "line"


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


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("postgresql://lw@127.0.0.1:1/lw", "is away"),
        ("postgresql://lw@/nowhere?host={server.folder}&port={server.port}", 'refuses: database "nowhere" does not exist'),
    ],
)
def test_a_store_that_cannot_be_used(config: Config, daemon: Start, postgresql: Server, store: str, said: str) -> None:
    assert said in refusal(daemon(config(LINE, store=store.format(server=postgresql))), 3)
