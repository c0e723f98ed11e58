"""What the series say after what the daemon told them."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from math import isnan
from typing import Any

import pytest

from linewatch.metrics.exposition import Exposition
from linewatch.metrics.figures import PERIODS
from linewatch.metrics.metrics import DISCARDED, PHASES, Metrics
from linewatch.metrics.watched import Watched
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Exchange, Outcome, Phases, Result
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.state import State
from tests.metrics.office import AT, LINE, SITE, round_of

GOOD = Reading(AT, Kind.GOOD)
OK = Outcome(Result.OK, 12_345)


def series(metrics: Metrics) -> list[str]:
    """Every series of linewatch itself, as `name{labels}`."""
    text = Exposition(metrics)()[0].decode()
    return [line.rpartition(" ")[0] for line in text.splitlines() if line.startswith("linewatch_")]


def test_every_series_is_there_before_the_first_round(metrics, read) -> None:
    for result in Result:
        assert read("linewatch_probes_total", service="leased-line", target="223.5.5.5", outcome=result) == 0
    assert read("linewatch_probe_duration_seconds_count", service="weibo", target="https://weibo.com/") == 0
    assert read("linewatch_probe_duration_seconds_bucket", service="weibo", target="https://weibo.com/", le="0.01") == 0
    for kind in Kind:
        assert read("linewatch_rounds_total", service="leased-line", reading=kind) == 0
    for cause in ("line", "upstream"):
        assert read("linewatch_outages_total", service="leased-line", cause=cause) == 0
    for cause in ("dns", "connect", "tls", "timeout", "status", "content", "redirect"):
        assert read("linewatch_outages_total", service="weibo", cause=cause) == 0
    for reason in DISCARDED:
        assert read("linewatch_icmp_discarded_replies_total", reason=reason) == 0
    for name in ("linewatch_store_errors_total", "linewatch_clock_steps_total", "linewatch_store_queue_rows"):
        assert read(name) == 0
    assert read("linewatch_rounds_missed_total", service="weibo") == 0


def test_what_is_not_known_is_not_a_number(metrics, read) -> None:
    for service in ("leased-line", "weibo"):
        for period in PERIODS:
            for bound in ("observed", "low", "high"):
                assert isnan(read("linewatch_availability_ratio", service=service, period=period, bound=bound))
            assert isnan(read("linewatch_coverage_ratio", service=service, period=period))
            assert isnan(read("linewatch_downtime_seconds", service=service, period=period))
        assert isnan(read("linewatch_service_months", service=service))
        assert isnan(read("linewatch_last_round_timestamp_seconds", service=service))
    assert isnan(read("linewatch_indicator_actual", indicator="网络专线畅通率"))
    assert isnan(read("linewatch_indicator_target", indicator="网络专线畅通率"))
    assert isnan(read("linewatch_tls_certificate_expiry_timestamp_seconds", service="weibo"))
    assert isnan(read("linewatch_round_lag_seconds"))
    assert isnan(read("linewatch_figures_as_of_timestamp_seconds"))


def test_a_line_has_no_certificate(metrics, read) -> None:
    assert read("linewatch_tls_certificate_expiry_timestamp_seconds", service="leased-line") is None


def test_a_service_stands_in_unknown_and_then_in_one_state_at_a_time(metrics, read) -> None:
    def standing() -> dict[str, float | None]:
        return {state: read("linewatch_service_state", service="weibo", state=state) for state in State}

    assert standing() == {"up": 0, "degraded": 0, "unknown": 1, "down": 0}
    metrics.show_state("weibo", State.UP)
    assert standing() == {"up": 1, "degraded": 0, "unknown": 0, "down": 0}
    metrics.show_state("weibo", State.DOWN)
    assert standing() == {"up": 0, "degraded": 0, "unknown": 0, "down": 1}


def test_a_round_counts_each_outcome_and_the_time_of_every_answer(metrics, read) -> None:
    bad = Outcome(Result.BAD, 700, cause=Cause.CONTENT)
    metrics.count_round("leased-line", round_of(LINE, OK, LOST, bad), Reading(AT, Kind.DEGRADED, Cause.PARTIAL))
    metrics.count_round("leased-line", round_of(LINE, OK, Outcome(Result.ERROR, cause=Cause.LOCAL), LOST), GOOD)
    gateway, anchor, server = LINE.targets
    counts = {
        (target, result): read("linewatch_probes_total", service="leased-line", target=target, outcome=result)
        for target in LINE.targets
        for result in Result
    }
    assert {key: count for key, count in counts.items() if count} == {
        (gateway, "ok"): 2,
        (anchor, "lost"): 1,
        (anchor, "error"): 1,
        (server, "bad"): 1,
        (server, "lost"): 1,
    }
    durations = "linewatch_probe_duration_seconds"
    assert [read(f"{durations}_count", service="leased-line", target=target) for target in LINE.targets] == [2, 0, 1]
    assert read(f"{durations}_sum", service="leased-line", target=gateway) == 0.02469
    assert read("linewatch_rounds_total", service="leased-line", reading="degraded") == 1
    assert read("linewatch_rounds_total", service="leased-line", reading="good") == 1
    assert read("linewatch_last_round_timestamp_seconds", service="leased-line") == AT.timestamp()


@pytest.mark.parametrize(
    ("rtt_us", "smallest"),
    [
        (0, "0.0001"),
        (100, "0.0001"),
        (101, "0.0003"),
        (10_000, "0.01"),
        (10_001, "0.02"),
        (2_000_000, "2.0"),
        (10_000_000, "10.0"),
        (10_000_001, "+Inf"),
    ],
)
def test_a_duration_falls_into_every_bucket_from_its_own_up(metrics, read, rtt_us, smallest) -> None:
    metrics.count_round("weibo", round_of(SITE, Outcome(Result.OK, rtt_us)), GOOD)
    bounds = ["0.0001", "0.0003", "0.001", "0.003", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "2.0", "10.0", "+Inf"]
    held = [read("linewatch_probe_duration_seconds_bucket", service="weibo", target="https://weibo.com/", le=le) for le in bounds]
    first = bounds.index(smallest)
    assert held == [0] * first + [1] * (len(bounds) - first)


def test_a_target_that_nobody_foresaw_is_counted_all_the_same(metrics, read) -> None:
    moved = replace(LINE, targets=("198.51.100.1",))
    metrics.count_round("leased-line", round_of(moved, OK), GOOD)
    assert read("linewatch_probes_total", service="leased-line", target="198.51.100.1", outcome="ok") == 1


def test_a_cause_that_nobody_foresaw_is_counted_all_the_same(metrics, read) -> None:
    metrics.count_outage("leased-line", Cause.LINE)
    metrics.count_outage("leased-line", Cause.LOCAL)
    assert read("linewatch_outages_total", service="leased-line", cause="line") == 1
    assert read("linewatch_outages_total", service="leased-line", cause="local") == 1


def test_the_daemons_own_numbers(metrics, read) -> None:
    metrics.count_missed("weibo", 3)
    metrics.count_missed("weibo")
    metrics.show_lag(0.0125)
    metrics.show_queue(17)
    metrics.count_store_error()
    metrics.count_store_error(2)
    metrics.count_clock_step()
    metrics.show_discarded({"late": 4, "foreign": 1})
    metrics.show_discarded({"late": 5})
    assert read("linewatch_rounds_missed_total", service="weibo") == 4
    assert read("linewatch_round_lag_seconds") == 0.0125
    assert read("linewatch_store_queue_rows") == 17
    assert read("linewatch_store_errors_total") == 3
    assert read("linewatch_clock_steps_total") == 1
    assert [read("linewatch_icmp_discarded_replies_total", reason=reason) for reason in DISCARDED] == [5, 0, 1, 0]


def test_a_certificates_end_is_shown_and_unknown_again_when_it_cannot_be_read(metrics, read) -> None:
    name = "linewatch_tls_certificate_expiry_timestamp_seconds"
    metrics.show_certificate("weibo", datetime(2022, 6, 1, tzinfo=UTC))
    assert read(name, service="weibo") == datetime(2022, 6, 1, tzinfo=UTC).timestamp()
    metrics.show_certificate("weibo", None)
    assert isnan(read(name, service="weibo"))


def test_what_a_service_is_and_promises_is_there_from_the_start(metrics, read) -> None:
    assert read("linewatch_service_info", service="weibo", kind="endpoint", title="微博") == 1
    assert read("linewatch_service_info", service="leased-line", kind="line", title="leased-line") == 1
    assert read("linewatch_target_ratio", service="weibo") == 0.999
    assert read("linewatch_coverage_required_ratio", service="weibo") == 0.95
    assert read("linewatch_target_ratio", service="leased-line") == 1
    assert (read("linewatch_interval_seconds", service="leased-line"), read("linewatch_interval_seconds", service="weibo")) == (3, 60)


def test_the_phases_of_the_last_exchange(metrics, read) -> None:
    name = "linewatch_http_phase_seconds"
    assert isnan(read(name, service="weibo", phase="resolve"))
    exchange = Exchange(Phases(resolve_us=1_500, connect_us=20_000, tls_us=45_000, first_byte_us=90_000, transfer_us=250))
    metrics.count_round("weibo", round_of(SITE, replace(OK, exchange=exchange)), GOOD)
    found = [read(name, service="weibo", phase=phase) for phase in PHASES]
    assert found == [0.0015, 0.02, 0.045, 0.09, 0.00025]
    metrics.count_round("weibo", round_of(SITE, replace(OK, exchange=Exchange(Phases(resolve_us=1_000)))), GOOD)
    assert read(name, service="weibo", phase="resolve") == 0.001
    assert isnan(read(name, service="weibo", phase="tls"))
    assert read(name, service="leased-line", phase="tls") is None


def show(metrics: Metrics, service: str, **figures: Any) -> None:
    stated = {"observed": 0.5, "low": 0.25, "high": 0.75, "coverage": 1.0, "downtime_seconds": 60.0, "allowed_seconds": 0.0} | figures
    metrics.show_figures(service, "year", **stated)


def test_figures_appear_together_when_it_is_said_up_to_when_they_count(metrics, read) -> None:
    show(metrics, "weibo", observed=0.9997146118721462, downtime_seconds=9000.000001, allowed_seconds=31536.0)
    show(metrics, "leased-line", observed=None, coverage=0.0)
    metrics.show_service_months("leased-line", 3)
    metrics.show_indicator("网络专线畅通率", 0.9997, None)
    assert isnan(read("linewatch_availability_ratio", service="weibo", period="year", bound="observed"))
    metrics.show_as_of(AT)
    assert read("linewatch_availability_ratio", service="weibo", period="year", bound="observed") == 0.9997146118721462
    assert read("linewatch_availability_ratio", service="weibo", period="year", bound="low") == 0.25
    assert read("linewatch_availability_ratio", service="weibo", period="year", bound="high") == 0.75
    assert read("linewatch_downtime_seconds", service="weibo", period="year") == 9000.000001
    assert read("linewatch_downtime_allowed_seconds", service="weibo", period="year") == 31536
    assert isnan(read("linewatch_availability_ratio", service="leased-line", period="year", bound="observed"))
    assert read("linewatch_coverage_ratio", service="leased-line", period="year") == 0
    assert isnan(read("linewatch_coverage_ratio", service="leased-line", period="month"))
    assert read("linewatch_service_months", service="leased-line") == 3
    assert read("linewatch_indicator_actual", indicator="网络专线畅通率") == 0.9997
    assert isnan(read("linewatch_indicator_target", indicator="网络专线畅通率"))
    assert read("linewatch_figures_as_of_timestamp_seconds") == 1646107200.123456


def test_a_figure_that_becomes_unknown_forgets_its_old_value(metrics, read) -> None:
    show(metrics, "weibo", observed=1.0)
    metrics.show_as_of(AT)
    show(metrics, "weibo", observed=None)
    metrics.show_as_of(AT)
    assert isnan(read("linewatch_availability_ratio", service="weibo", period="year", bound="observed"))


def test_a_reload_removes_what_is_gone_keeps_what_stays_and_starts_what_is_new(metrics, read) -> None:
    metrics.count_round("weibo", round_of(SITE, OK), GOOD)
    metrics.count_round("leased-line", round_of(LINE, OK, OK, OK), GOOD)
    metrics.show_state("leased-line", State.UP)
    for service in ("weibo", "leased-line"):
        show(metrics, service)
    metrics.show_as_of(AT)

    metrics.expect([replace(LINE, targets=LINE.targets[:2]), Watched("mail", "endpoint", ("tcp://192.0.2.9:25",))], ["满意度"])

    assert not [name for name in series(metrics) if "weibo" in name or LINE.targets[2] in name or "畅通率" in name]
    assert read("linewatch_probes_total", service="leased-line", target="223.5.5.5", outcome="ok") == 1
    assert read("linewatch_service_state", service="leased-line", state="up") == 1
    assert read("linewatch_availability_ratio", service="leased-line", period="year", bound="low") == 0.25
    assert read("linewatch_probes_total", service="mail", target="tcp://192.0.2.9:25", outcome="ok") == 0
    assert read("linewatch_service_state", service="mail", state="unknown") == 1
    assert isnan(read("linewatch_availability_ratio", service="mail", period="year", bound="low"))
    assert isnan(read("linewatch_indicator_actual", indicator="满意度"))
    metrics.count_round("leased-line", round_of(replace(LINE, targets=LINE.targets[:2]), OK, OK), GOOD)
    assert read("linewatch_probes_total", service="leased-line", target="223.5.5.5", outcome="ok") == 2


def test_a_service_that_comes_back_after_a_reload_starts_afresh(metrics, read) -> None:
    metrics.count_round("weibo", round_of(SITE, OK), GOOD)
    show(metrics, "weibo")
    metrics.show_as_of(AT)
    metrics.expect([LINE])
    metrics.expect([LINE, SITE])
    assert read("linewatch_rounds_total", service="weibo", reading="good") == 0
    assert isnan(read("linewatch_coverage_ratio", service="weibo", period="year"))


def test_what_is_told_of_a_service_that_a_reload_removed_brings_nothing_back(metrics) -> None:
    metrics.expect([LINE])
    before = series(metrics)
    metrics.count_round("weibo", round_of(SITE, OK), GOOD)
    metrics.show_state("weibo", State.UP)
    metrics.count_outage("weibo", Cause.DNS)
    metrics.count_missed("weibo", 1)
    metrics.show_certificate("weibo", AT)
    show(metrics, "weibo")
    metrics.show_as_of(AT)
    assert series(metrics) == before


def test_two_of_them_share_nothing(metrics) -> None:
    other = Metrics("1.2.3")
    other.expect([SITE])
    other.count_store_error()
    assert "linewatch_store_errors_total 0\n" in Exposition(metrics)()[0].decode()
    assert not [name for name in series(other) if "leased-line" in name]


def test_no_scrape_sees_half_of_the_figures(metrics, read) -> None:
    """While one thread publishes the same number for both services over and over, a scrape never finds two different ones."""
    done = threading.Event()

    def publish() -> None:
        for n in range(20_000):
            if done.is_set():
                return
            for service in ("weibo", "leased-line"):
                show(metrics, service, downtime_seconds=float(n))
            metrics.show_as_of(datetime.fromtimestamp(n, UTC))

    publisher = threading.Thread(target=publish)
    show(metrics, "weibo", downtime_seconds=0.0)
    show(metrics, "leased-line", downtime_seconds=0.0)
    metrics.show_as_of(datetime.fromtimestamp(0, UTC))
    expose = Exposition(metrics)
    publisher.start()
    try:
        for _ in range(300):
            lines = dict(
                line.rsplit(" ", 1)
                for line in expose()[0].decode().splitlines()
                if ("downtime_seconds{" in line and "year" in line) or ("as_of" in line and line[0] != "#")
            )
            assert len(lines) == 3
            assert len(set(map(float, lines.values()))) == 1, lines
    finally:
        done.set()
        publisher.join()


def test_ten_lines_and_fifty_endpoints_stay_under_five_thousand_series(large_site) -> None:
    count = len([line for line in Exposition(large_site)()[0].splitlines() if not line.startswith(b"#")])
    print(f"10 lines of 6 targets and 50 endpoints: {count} series")
    assert len(set(series(large_site))) == len(series(large_site))
    assert 3000 < count < 5000
