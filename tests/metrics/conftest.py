"""Metrics of a small office and of the largest that the project promises to carry, and a way to read one value out of a scrape."""

from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from linewatch.metrics.exposition import Exposition
from linewatch.metrics.metrics import Metrics
from linewatch.metrics.watched import Watched
from tests.metrics.office import LINE, SITE

Read = Callable[..., float | None]


@pytest.fixture
def metrics() -> Metrics:
    made = Metrics("1.2.3")
    made.expect([LINE, SITE], ["网络专线畅通率"])
    made.expect_receivers(["technician"])
    return made


@pytest.fixture
def read(metrics: Metrics) -> Read:
    """The value of one series as a scraper parses it; None where the series does not exist."""

    def value(name: str, **labels: str) -> float | None:
        body, _, _ = Exposition(metrics)()
        found = [
            sample.value
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples
            if sample.name == name and sample.labels == labels
        ]
        assert len(found) <= 1
        return found[0] if found else None

    return value


@pytest.fixture
def large_site() -> Metrics:
    """Ten lines of six targets and fifty endpoints, every figure shown."""
    made = Metrics("1.2.3")
    anchors = ("223.5.5.5", "119.29.29.29", "tcp://180.76.76.76:53", "dns://223.6.6.6/www.gov.cn")
    lines = [Watched(f"line-{i}", "line", ("192.168.1.1", f"10.8.{i}.1", *anchors)) for i in range(10)]
    endpoints = [Watched(f"endpoint-{i}", "endpoint", (f"https://service-{i}.example.cn/",), certificate=True, phased=True) for i in range(50)]
    made.expect([*lines, *endpoints], [f"指标 {i}" for i in range(25)])
    return made
