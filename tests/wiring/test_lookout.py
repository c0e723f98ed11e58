"""Who looks on: what rounds and changes become in the metrics and the log, and when the monitor itself is not well."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from linewatch.config.loading import Loaded
from linewatch.config.services import services
from linewatch.metrics.metrics import Metrics
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Exchange, Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.verdict.machine import Standing, nothing_known
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.state import State, Transition
from linewatch.watch.clock import Clock
from linewatch.wiring.lookout import Lookout
from linewatch.wiring.probers import Probers
from tests.wiring.conftest import shown

AT = datetime(2022, 3, 1, tzinfo=UTC)
LINE_ROUND = Round(
    AT,
    (Seat(Role.GATEWAY, "127.0.0.1"), Seat(Role.ANCHOR, "127.0.1.1"), Seat(Role.ANCHOR, "127.0.1.2")),
    (Outcome(Result.OK, 200), Outcome(Result.OK, 300), LOST),
)


class Host:
    """Its monotonic clock goes as the test says."""

    def __init__(self) -> None:
        self.monotonic = 1000.0
        self.clock = Clock(lambda: AT.timestamp() + self.monotonic, lambda: self.monotonic)


class Looking:
    """A lookout over the office's services, and what it shows."""

    def __init__(self, loaded: Loaded, probers: Probers, verbose: bool = False) -> None:
        self.host, self.metrics = Host(), Metrics("1.2.3")
        self.lookout = Lookout(self.metrics, self.host.clock, verbose)
        watched = [(service, probers.prober(service)) for service in services(loaded.settings)]
        self.lookout.expect(watched, [Standing(State.DOWN, Cause.LINE), nothing_known()], ["微博信息发布条数"])

    def shows(self, series: str) -> float:
        return shown(self.metrics)[series]


@pytest.fixture
def probers() -> Iterator[Probers]:
    made = Probers()
    yield made
    made.close()


def test_before_the_first_round_every_series_is_there_and_each_service_stands_as_the_record_left_it(office_file: Loaded, probers: Probers) -> None:
    looking = Looking(office_file, probers)
    assert looking.shows('linewatch_service_state{service="line",state="down"}') == 1
    assert looking.shows('linewatch_service_state{service="shop",state="unknown"}') == 1
    assert looking.shows('linewatch_probes_total{service="line",target="127.0.1.2",outcome="lost"}') == 0
    assert looking.shows('linewatch_outages_total{service="shop",cause="connect"}') == 0
    assert looking.shows('linewatch_interval_seconds{service="shop"}') == 60
    assert 'linewatch_tls_certificate_expiry_timestamp_seconds{service="shop"}' in shown(looking.metrics)
    assert 'linewatch_tls_certificate_expiry_timestamp_seconds{service="line"}' not in shown(looking.metrics)


@pytest.mark.parametrize(("silent_for", "state"), [(9, "up"), (11, "unknown")])
def test_a_state_that_has_gone_stale_is_shown_as_unknown_from_the_start(office_file: Loaded, probers: Probers, silent_for: int, state: str) -> None:
    looking = Looking(office_file, probers)
    seen = Reading(looking.host.clock.now() - timedelta(seconds=silent_for), Kind.GOOD)
    watched = [(service, probers.prober(service)) for service in services(office_file.settings)]
    looking.lookout.expect(watched, [Standing(State.UP, None, seen), nothing_known()], [])
    assert looking.shows(f'linewatch_service_state{{service="line",state="{state}"}}') == 1


@pytest.mark.parametrize("verbose", [True, False])
def test_a_round_is_counted_and_told_in_the_log_only_where_that_is_wanted(
    office_file: Loaded, probers: Probers, verbose: bool, caplog: pytest.LogCaptureFixture
) -> None:
    looking = Looking(office_file, probers, verbose)
    with caplog.at_level(logging.INFO):
        looking.lookout.saw("line", LINE_ROUND, Reading(AT, Kind.DEGRADED, Cause.PARTIAL))
    assert looking.shows('linewatch_probes_total{service="line",target="127.0.1.1",outcome="ok"}') == 1
    assert looking.shows('linewatch_probes_total{service="line",target="127.0.1.2",outcome="lost"}') == 1
    told = ["round service=line at=2022-03-01T00:00:00+00:00 reading=degraded cause=partial"]
    assert [record.getMessage() for record in caplog.records] == told * verbose


def test_a_certificate_that_was_seen_is_shown(office_file: Loaded, probers: Probers) -> None:
    looking = Looking(office_file, probers)
    expires_at = AT + timedelta(days=30)
    outcome = Outcome(Result.OK, 5000, exchange=Exchange(certificate_expires_at=expires_at))
    looking.lookout.saw("shop", Round(AT, (Seat(Role.ENDPOINT, "https://127.0.0.1:9/"),), (outcome,)), Reading(AT, Kind.GOOD))
    assert looking.shows('linewatch_tls_certificate_expiry_timestamp_seconds{service="shop"}') == expires_at.timestamp()


def test_a_change_is_shown_logged_and_an_outage_counted(office_file: Loaded, probers: Probers, caplog: pytest.LogCaptureFixture) -> None:
    looking = Looking(office_file, probers)
    with caplog.at_level(logging.INFO):
        looking.lookout.changed("line", Transition(AT, State.UP, None, AT))
        looking.lookout.changed("line", Transition(AT, State.DOWN, Cause.UPSTREAM, AT))
    assert looking.shows('linewatch_service_state{service="line",state="down"}') == 1
    assert looking.shows('linewatch_outages_total{service="line",cause="upstream"}') == 1
    assert looking.shows('linewatch_outages_total{service="line",cause="line"}') == 0
    assert [record.getMessage() for record in caplog.records] == [
        "state service=line from=down to=up cause=- at=2022-03-01T00:00:00+00:00",
        "state service=line from=up to=down cause=upstream at=2022-03-01T00:00:00+00:00",
    ]


def test_an_outage_behind_the_line_is_neither_shown_nor_counted_until_it_is_the_endpoints_own(office_file: Loaded, probers: Probers) -> None:
    looking = Looking(office_file, probers)
    outages = 'linewatch_outages_total{service="shop",cause="timeout"}'
    bad = Round(AT + timedelta(seconds=9), (Seat(Role.ENDPOINT, "https://127.0.0.1:9/"),), (LOST,))
    looking.lookout.changed("shop", Transition(AT, State.DOWN, Cause.TIMEOUT, AT))
    assert looking.shows('linewatch_service_state{service="shop",state="unknown"}') == 1
    looking.lookout.changed("line", Transition(AT + timedelta(seconds=5), State.UP, None, AT))
    assert looking.shows(outages) == 0
    looking.lookout.saw("shop", bad, Reading(bad.at, Kind.BAD, Cause.TIMEOUT))
    assert looking.shows('linewatch_service_state{service="shop",state="down"}') == 1
    assert looking.shows(outages) == 1


def test_lateness_is_shown_and_missed_rounds_are_counted(office_file: Loaded, probers: Probers) -> None:
    looking = Looking(office_file, probers)
    looking.lookout.missed("line", 0, 0.25)
    assert looking.shows('linewatch_rounds_missed_total{service="line"}') == 0
    looking.lookout.missed("line", 4, 12.5)
    assert looking.shows('linewatch_rounds_missed_total{service="line"}') == 4
    assert looking.shows("linewatch_round_lag_seconds") == 12.5


def test_the_monitor_is_well_while_rounds_come_and_are_kept(office_file: Loaded, probers: Probers) -> None:
    looking = Looking(office_file, probers)
    assert looking.lookout.health(None, 3).ok
    assert looking.lookout.health(None, 3).facts == {"services": 2, "silent": [], "store_queue_rows": 3, "store_error": None}
    assert looking.lookout.health("disk full", 3).reason == "the store fails: disk full"
    looking.host.monotonic += 40  # a line's 3 s, 2 s and half a minute; the endpoint has more time
    health = looking.lookout.health("disk full", 3)
    assert (health.ok, health.reason) == (False, "no round for too long: line")
    looking.lookout.saw("line", LINE_ROUND, Reading(AT, Kind.GOOD))
    assert looking.lookout.health(None, 0).ok


def test_a_service_that_a_reload_took_away_is_missed_by_nobody(office_file: Loaded, probers: Probers) -> None:
    looking = Looking(office_file, probers)
    line = services(office_file.settings)[0]
    looking.lookout.expect([(line, probers.prober(line))], [nothing_known()], [])
    looking.host.monotonic += 30
    assert looking.lookout.health(None, 0).facts["services"] == 1
    assert not [series for series in shown(looking.metrics) if "shop" in series]
