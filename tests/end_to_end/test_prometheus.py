"""A real Prometheus with the project's own files scrapes a real daemon whose line is cut and healed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.end_to_end.conftest import LINE, PORT, Config, Daemon, cut, heal, report, wait_for
from tests.netns import Namespace
from tests.prometheus import Prometheus, prometheus


def said(beside: Prometheus, name: str, *states: str, within: float = 40) -> None:
    wait_for(lambda: beside.alert(name) in states, lambda: f"{name} {states}, it is {beside.alert(name)!r}", within)


def value(beside: Prometheus, expression: str) -> float:
    [found] = beside.query(expression)
    return float(found["value"][1])


def test_an_outage_goes_pending_firing_and_resolved_and_the_recorded_year_is_the_reports(
    namespace: Namespace, config: Config, daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    written = config(LINE)
    running = daemon(written)
    running.until("line", "up")
    with prometheus(namespace, tmp_path / "prometheus", PORT) as beside:
        said(beside, "LinewatchLineDown", "inactive")
        wait_for(lambda: bool(beside.query("service:linewatch_availability:year")), lambda: "the recording rule has no value")
        cut(namespace)
        said(beside, "LinewatchLineDown", "pending")
        said(beside, "LinewatchLineDown", "firing")
        heal(namespace)
        said(beside, "LinewatchLineDown", "inactive")
        said(beside, "LinewatchTargetLost", "firing")

        def told() -> tuple[datetime, float, float]:
            as_of = value(beside, "linewatch_figures_as_of_timestamp_seconds")
            recorded = value(beside, "service:linewatch_availability:year")
            return datetime.fromtimestamp(as_of, UTC), recorded, value(beside, "service:linewatch_coverage:year")

        # The gauges are made anew every 15 s, and the rule is a scrape and an evaluation behind: what stays for three seconds belongs together.
        seen = [told()]

        def settled() -> bool:
            time.sleep(3)
            seen.append(told())
            return seen[-1] == seen[-2] and seen[-1][1] < 1

        wait_for(settled, lambda: f"the figures do not settle: {seen[-2:]}", within=60)
        as_of, availability, coverage = seen[-1]
        line = report(written, as_of)["line"]
        assert (line["availability"]["observed"], line["coverage"]) == (availability, coverage)
    running.stop()


def test_promtool_finds_nothing_wrong_with_what_the_daemon_exposes(namespace: Namespace, config: Config, daemon: Callable[..., Daemon]) -> None:
    running = daemon(config(LINE))
    running.until("line", "up")
    text = running.scrape()
    checked = namespace.run(["sh", "-c", f"curl -s http://127.0.0.1:{PORT}/metrics | promtool check metrics"])
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    assert "linewatch_service_info" in text
    running.stop()
