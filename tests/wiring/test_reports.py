"""Reports from a real store: one consistent reading of it, beside a daemon that writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from linewatch.config.loading import Loaded, load
from linewatch.errors import StoreError, UsageError
from linewatch.sample.cause import Cause
from linewatch.sla.period import between, year
from linewatch.store.opening import open_for_writing
from linewatch.verdict.state import State, Transition
from linewatch.wiring.reports import readable, sla, standing, standing_now, upgraded
from tests.cli.record import INTERVAL, record

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2022, 3, 1, tzinfo=UTC)
CONFIGURATION = """\
[[line]]
name = "line"
gateway = "none"
anchors = ["127.0.1.1", "127.0.1.2"]

[[endpoint]]
name = "site"
url = "tcp://127.0.0.1:9"
behind = "line"
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    (tmp_path / "linewatch.toml").write_text(CONFIGURATION, "utf-8")
    return load(tmp_path / "linewatch.toml")


def test_a_report_of_what_the_store_holds(loaded: Loaded, tmp_path: Path) -> None:
    record(tmp_path, "line", START, "." * 10 + "x" * 5 + "." * 5)
    told = sla(loaded, between("2022-03-01T08:00", "2022-03-01T08:01", ZONE), START + timedelta(days=1))
    line, site = told.services
    assert [(outage.began_at, outage.ended_at) for outage in line.outages] == [(START + 10 * INTERVAL, START + 15 * INTERVAL)]
    assert line.figures.down == timedelta(seconds=15)
    assert line.loss is not None
    assert (line.loss.lost, line.loss.sent) == (5, 20)  # the lower median of the anchors
    assert site.figures.unknown == timedelta(minutes=1)


def test_round_trip_times_are_those_of_the_rounds_to_the_width_of_a_bucket(loaded: Loaded, tmp_path: Path) -> None:
    record(tmp_path, "line", START, "." * 1300)
    with readable(loaded.settings.store.url) as opened:
        counts = opened.rtt_counts("line", year(2022, ZONE).span)
    assert sum(counts.values()) == 1300
    assert all(19_000 < rtt_us < 22_000 for rtt_us in counts)


def test_the_standing_is_the_record_as_it_was_then(loaded: Loaded, tmp_path: Path) -> None:
    record(tmp_path, "line", START, "." * 10 + "x" * 5 + "." * 5)
    history = standing(loaded, START + 12 * INTERVAL)["line"].history
    assert [stretch.state for stretch in history] == [State.UP, State.DOWN]
    assert [(each.name, each.state, each.since) for each in standing_now(loaded, START + 12 * INTERVAL)] == [
        ("line", State.DOWN, START + 10 * INTERVAL),
        ("site", State.UNKNOWN, None),
    ]


def test_a_report_is_made_beside_a_daemon_that_writes(loaded: Loaded, tmp_path: Path) -> None:
    store = open_for_writing(loaded.settings.store.url)
    try:
        store.enrol("line", "line", INTERVAL)
        store.mark("line", [Transition(START, State.UP, None, START)])
        assert store.flush(10)
        with readable(loaded.settings.store.url) as opened:
            before = opened.transitions("line")
            store.mark("line", [Transition(START + INTERVAL, State.DOWN, Cause.LINE, START)])
            assert store.flush(10)
            assert opened.transitions("line") == before
        with readable(loaded.settings.store.url) as opened:
            assert len(opened.transitions("line")) == 2
    finally:
        store.close(10)


def test_what_cannot_be_meant_is_refused_before_the_store_is_opened(loaded: Loaded) -> None:
    with pytest.raises(UsageError, match="no service is called"):
        sla(loaded, year(2022, ZONE), START, "nobody")
    with pytest.raises(UsageError, match="has not begun"):
        sla(loaded, year(2023, ZONE), START)
    with pytest.raises(StoreError, match="no store yet"):
        sla(loaded, year(2022, ZONE), START)


def test_an_upgrade_makes_the_store_and_says_its_version(loaded: Loaded) -> None:
    assert upgraded(loaded) == upgraded(loaded)
    assert all(each.figures.observed is None for each in sla(loaded, year(2022, ZONE), START).services)
