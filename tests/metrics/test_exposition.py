"""The text of a scrape, read back by those who read it: promtool and the client library's own parsers."""

import gzip
import math
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from linewatch.metrics.exposition import OPENMETRICS, TEXT, Exposition
from linewatch.metrics.metrics import Metrics
from linewatch.metrics.text import number
from linewatch.metrics.watched import Watched
from linewatch.sample.outcome import Outcome, Result
from linewatch.verdict.reading import Kind, Reading
from tests.metrics.office import AT, SITE, round_of

NAMES = {
    "linewatch_probe_duration_seconds": "histogram",
    "linewatch_probes_total": "counter",
    "linewatch_service_state": "gauge",
    "linewatch_availability_ratio": "gauge",
    "linewatch_coverage_ratio": "gauge",
    "linewatch_coverage_required_ratio": "gauge",
    "linewatch_downtime_allowed_seconds": "gauge",
    "linewatch_interval_seconds": "gauge",
    "linewatch_http_phase_seconds": "gauge",
    "linewatch_messages_total": "counter",
    "linewatch_messages_waiting": "gauge",
    "linewatch_service_info": "gauge",
    "linewatch_target_ratio": "gauge",
    "linewatch_downtime_seconds": "gauge",
    "linewatch_outages_total": "counter",
    "linewatch_service_months": "gauge",
    "linewatch_indicator_actual": "gauge",
    "linewatch_indicator_target": "gauge",
    "linewatch_tls_certificate_expiry_timestamp_seconds": "gauge",
    "linewatch_rounds_missed_total": "counter",
    "linewatch_round_lag_seconds": "gauge",
    "linewatch_store_queue_rows": "gauge",
    "linewatch_store_errors_total": "counter",
    "linewatch_clock_steps_total": "counter",
    "linewatch_build_info": "gauge",
    "linewatch_rounds_total": "counter",
    "linewatch_last_round_timestamp_seconds": "gauge",
    "linewatch_icmp_discarded_replies_total": "counter",
    "linewatch_figures_as_of_timestamp_seconds": "gauge",
}

PROMETHEUS = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


@pytest.fixture
def expose(metrics: Metrics) -> Exposition:
    metrics.count_round("weibo", round_of(SITE, Outcome(Result.OK, 12_345)), Reading(AT, Kind.GOOD))
    metrics.show_figures("weibo", "year", observed=2 / 3, low=0.0, high=1.0, coverage=None, downtime_seconds=1e-6, allowed_seconds=0.0)
    metrics.show_as_of(AT)
    return Exposition(metrics)


def test_the_names_and_types_are_those_that_dashboards_rely_on(expose) -> None:
    types = dict(line.split()[2:] for line in expose()[0].decode().splitlines() if line.startswith("# TYPE linewatch_"))
    assert types == NAMES


def test_promtool_finds_nothing_to_say_of_a_small_site(expose) -> None:
    checked = subprocess.run(["promtool", "check", "metrics"], input=expose()[0], capture_output=True, timeout=30, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_promtool_finds_nothing_to_say_of_a_large_site(large_site) -> None:
    checked = subprocess.run(["promtool", "check", "metrics"], input=Exposition(large_site)()[0], capture_output=True, timeout=30, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_promtool_would_find_a_fault(expose) -> None:
    body = expose()[0].replace(b"linewatch_probes_total", b"linewatch_probes")
    checked = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, timeout=30, check=False)
    assert checked.returncode != 0


def test_both_formats_carry_the_same_samples(expose) -> None:
    def samples(families):
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): repr(float(sample.value))
            for family in families
            for sample in family.samples
            if sample.name.startswith("linewatch_")
        }

    as_text = samples(text_families(expose()[0].decode()))
    as_openmetrics = samples(openmetrics_families(expose(PROMETHEUS)[0].decode()))
    assert as_text == as_openmetrics
    assert len(as_text) == len([line for line in expose()[0].splitlines() if line.startswith(b"linewatch_")])


def test_every_family_has_a_help_text_and_appears_once(expose) -> None:
    families = list(openmetrics_families(expose(PROMETHEUS)[0].decode()))
    assert all(family.documentation for family in families)
    assert len({family.name for family in families}) == len(families)


def test_the_process_and_the_build_are_told_of(expose) -> None:
    samples = {sample.name: sample for family in text_families(expose()[0].decode()) for sample in family.samples}
    assert samples["process_resident_memory_bytes"].value > 1e6
    assert samples["process_cpu_seconds_total"].value > 0
    assert samples["linewatch_build_info"].labels.keys() == {"version", "python"}
    assert samples["linewatch_build_info"].labels["version"] == "1.2.3"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/html,application/xhtml+xml,*/*;q=0.8", TEXT),
        ("text/plain;version=0.0.4", TEXT),
        ("text/plain;version=1.0.0;escaping=allow-utf-8", TEXT),
        ("application/openmetrics-text", OPENMETRICS),
        ("application/openmetrics-text;version=1.0.0;escaping=dots", OPENMETRICS),
        ("application/openmetrics-text;version=0.0.1", TEXT),
        (PROMETHEUS, OPENMETRICS),
    ],
)
def test_the_accept_header_chooses_the_format(expose, accept, content_type) -> None:
    body, kind, encoding = expose(accept)
    assert (kind, encoding) == (content_type, None)
    assert body.endswith(b"# EOF\n") is (content_type == OPENMETRICS)
    assert b"process__" not in body


@pytest.mark.parametrize(
    ("accept_encoding", "zipped"),
    [
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("GZIP", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, br", False),
        ("x-gzip", False),
    ],
)
def test_gzip_is_used_where_it_is_asked_for(expose, accept_encoding, zipped) -> None:
    body, _, encoding = expose("", accept_encoding)
    assert encoding == ("gzip" if zipped else None)
    assert (gzip.decompress(body) if zipped else body).startswith(b"# HELP linewatch_")


@given(st.floats())
def test_a_number_reads_back_as_the_same_float(value: float) -> None:
    read = float(number(value))
    assert read == value or (math.isnan(read) and math.isnan(value))


@given(st.floats(min_value=0, max_value=1) | st.floats(min_value=0, max_value=4e8))
def test_a_gauge_carries_the_very_number_of_the_report(value: float) -> None:
    metrics = Metrics("1")
    metrics.expect([SITE])
    metrics.show_figures("weibo", "day", observed=value, low=None, high=None, coverage=None, downtime_seconds=value, allowed_seconds=0.0)
    metrics.show_as_of(AT)
    for accept, families in (("", text_families), (PROMETHEUS, openmetrics_families)):
        read = {
            sample.name: sample.value
            for family in families(Exposition(metrics)(accept)[0].decode())
            for sample in family.samples
            if sample.labels.get("period") == "day" and sample.labels.get("bound") in ("observed", None)
        }
        assert read["linewatch_availability_ratio"] == value
        assert read["linewatch_downtime_seconds"] == value


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1))
def test_any_name_survives_as_a_label(name: str) -> None:
    # But for a carriage return, which the client library's text parser takes for the end of a line.
    metrics = Metrics("1")
    metrics.expect([Watched(name, "line", (name,))], [name])
    for accept, families in (("", text_families), (PROMETHEUS, openmetrics_families)):
        samples = [sample for family in families(Exposition(metrics)(accept)[0].decode()) for sample in family.samples]
        assert {sample.labels["service"] for sample in samples if "service" in sample.labels} == {name}
        assert {sample.labels["indicator"] for sample in samples if "indicator" in sample.labels} == {name}
