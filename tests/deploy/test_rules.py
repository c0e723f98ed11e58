"""The files for Prometheus and Alertmanager: valid to their own tools, true to the daemon's metrics, explained in the runbook."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from linewatch.metrics.exposition import Exposition
from linewatch.metrics.metrics import Metrics
from tests.metrics.office import LINE, SITE

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus/linewatch.rules.yml"


def ran(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def exposed() -> set[str]:
    metrics = Metrics("0")
    metrics.expect([LINE, SITE], ["网络专线畅通率"])
    text = Exposition(metrics)()[0].decode()
    return set(re.findall(r"(?m)^(linewatch_\w+)[{ ]", text))


def test_promtool_finds_nothing_wrong_with_the_rules() -> None:
    assert "21 rules found" in ran("promtool", "check", "rules", RULES)


def test_promtool_finds_nothing_wrong_with_the_configuration() -> None:
    ran("promtool", "check", "config", ROOT / "deploy/prometheus/prometheus.yml")


def test_amtool_finds_nothing_wrong_with_the_example() -> None:
    ran("amtool", "check-config", ROOT / "deploy/alertmanager.yml")


def test_the_rules_fire_when_they_should_and_not_otherwise() -> None:
    ran("promtool", "test", "rules", ROOT / "tests/deploy/rules.test.yml")


def test_every_alert_is_tried() -> None:
    alerts = set(re.findall(r"alert: (\w+)", RULES.read_text("utf-8")))
    tried = (ROOT / "tests/deploy/rules.test.yml").read_text("utf-8")
    assert {alert for alert in alerts if f"alertname: {alert}\n        exp_alerts" not in tried} == set()


def test_no_rule_asks_for_a_metric_that_the_daemon_does_not_have() -> None:
    rules = RULES.read_text("utf-8")
    asked = set(re.findall(r"(?<![:\w])linewatch_\w+", re.sub(r"name: \S+|service:\w+:\w+", "", rules)))
    assert len(asked) > 10
    assert asked - exposed() == set()


@pytest.mark.parametrize("alert", re.findall(r"alert: (\w+)", RULES.read_text("utf-8")))
def test_every_alert_has_its_paragraph_in_the_runbook(alert: str) -> None:
    runbook = (ROOT / "docs/runbook.md").read_text("utf-8")
    [paragraph] = re.findall(rf"(?ms)^## {alert}\n\n(.*?)(?=^## |\Z)", runbook)
    assert re.search(r"[\u4e00-\u9fff]", paragraph)
    assert re.search(r"(?m)^[A-Z][a-z ]", paragraph)
    assert f'runbook: "docs/runbook.md#{alert.lower()}"' in RULES.read_text("utf-8")
