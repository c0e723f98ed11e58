"""What a broken network becomes in the report: the whole road from packets to printed numbers."""

from __future__ import annotations

import re
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.end_to_end.conftest import ANCHORS, HEALED, LINE, ROUND, Config, Daemon, cut, heal, instant, report, same_again, unknown, wait_for
from tests.netns import Namespace

SECOND = timedelta(seconds=1)
Start = Callable[..., Daemon]


def as_of(metrics: str) -> datetime | None:
    shown = re.findall(r"^linewatch_figures_as_of_timestamp_seconds (\S+)", metrics, re.M)
    return datetime.fromtimestamp(float(shown[0]), UTC) if shown and shown[0] != "NaN" else None


def shown(metrics: str, family: str, **labels: str) -> float:
    """The value of the one series with these labels."""
    rows = [line for line in metrics.splitlines() if line.startswith(family + "{") and all(f'{k}="{v}"' in line for k, v in labels.items())]
    assert len(rows) == 1, rows
    return float(rows[0].rsplit(" ", 1)[1])


def test_a_line_broken_and_healed_is_one_outage_true_to_a_round_and_the_gauges_say_what_the_report_says(
    namespace: Namespace, config: Config, daemon: Start
) -> None:
    path = config(LINE)
    watched = daemon(path)
    watched.until("line", "up")
    time.sleep(1.5)
    broken_at = cut(namespace)
    watched.until("line", "down")
    time.sleep(max(0.0, 8 - (datetime.now(UTC) - broken_at).total_seconds()))
    healed_at = heal(namespace)
    watched.until("line", *HEALED)
    wait_for(lambda: (as_of(watched.scrape()) or broken_at) > healed_at + 2 * SECOND, lambda: "figures after the outage", within=25)
    metrics = watched.scrape()
    moment = as_of(metrics)
    line = report(path, moment)["line"]

    (outage,) = line["outages"]
    assert outage["cause"] == "line"
    assert abs(instant(outage["start"]) - broken_at) <= ROUND
    assert abs(instant(outage["end"]) - healed_at) <= ROUND
    assert outage["seconds_min"] <= (healed_at - broken_at).total_seconds() <= outage["seconds_max"]
    assert outage["seconds_max"] - outage["seconds_min"] <= 2 * ROUND.total_seconds() + 0.2
    for bound in ("observed", "low", "high"):
        assert shown(metrics, "linewatch_availability_ratio", service="line", period="year", bound=bound) == line["availability"][bound]
    assert shown(metrics, "linewatch_coverage_ratio", service="line", period="year") == line["coverage"]
    assert shown(metrics, "linewatch_downtime_seconds", service="line", period="year") == line["seconds"]["down"]
    assert shown(metrics, "linewatch_outages_total", service="line", cause="line") == 1
    assert line["availability"]["observed"] < 1
    watched.stop()
    same_again(path)


def test_killed_during_an_outage_the_hole_is_the_monitors_and_nothing_else_is_lost(namespace: Namespace, config: Config, daemon: Start) -> None:
    path = config(LINE)
    first = daemon(path)
    first.until("line", "up")
    time.sleep(1)
    broken_at = cut(namespace)
    first.until("line", "down")
    time.sleep(2)
    killed_at = datetime.now(UTC)
    first.send(signal.SIGKILL)
    first.ended()
    time.sleep(4)
    second = daemon(path)
    second.until("line", "down")
    seen_at = datetime.now(UTC)
    time.sleep(1)
    healed_at = heal(namespace)
    second.until("line", *HEALED)
    second.stop()
    line = report(path)["line"]

    before, after = line["outages"]
    assert [before["cause"], after["cause"]] == ["line", "line"]
    assert abs(instant(before["start"]) - broken_at) <= ROUND
    # A round vouches for one interval; those of the last second may be missing.
    assert killed_at - 2 * SECOND - ROUND <= instant(before["end"]) <= killed_at + ROUND
    assert killed_at + 4 * SECOND <= instant(after["start"]) <= seen_at
    assert abs(instant(after["end"]) - healed_at) <= ROUND
    assert (instant(before["end"]), instant(after["start"])) in unknown(line, "monitor")
    assert line["seconds"]["down"] == round(before["seconds"] + after["seconds"], 6)
    same_again(path)


def test_silence_of_the_gateway_too_is_our_own_side_and_no_downtime(namespace: Namespace, config: Config, daemon: Start) -> None:
    # The scrapes go to 127.0.0.1, too, so that only the echoes are dropped.
    path = config(LINE)
    watched = daemon(path)
    watched.until("line", "up")
    broken_at = datetime.now(UTC)
    namespace.nft("add rule inet filter input icmp type echo-request drop")
    watched.until("line", "unknown")
    time.sleep(2)
    healed_at = heal(namespace)
    watched.until("line", *HEALED)
    watched.stop()
    line = report(path)["line"]
    assert (line["outages"], line["seconds"]["down"], line["availability"]["observed"]) == ([], 0, 1)
    ((start, end),) = unknown(line, "local")
    assert abs(start - broken_at) <= ROUND
    assert abs(end - healed_at) <= ROUND


def test_one_dead_anchor_of_four_proves_nothing(namespace: Namespace, config: Config, daemon: Start) -> None:
    path = config(LINE)
    cut(namespace, "127.0.1.3")
    watched = daemon(path)
    watched.until("line", "up")
    wait_for(lambda: shown(watched.scrape(), "linewatch_probes_total", target="127.0.1.3", outcome="lost") >= 4, lambda: "four lost echoes")
    assert watched.state("line") == "up"
    watched.stop()
    line = report(path)["line"]
    assert (line["outages"], line["seconds"]["down"], line["seconds"]["degraded"], line["availability"]["observed"]) == ([], 0, 0, 1)
    assert line["seconds"]["up"] > 3


def test_an_endpoint_is_not_charged_with_its_lines_outage_but_with_its_own(namespace: Namespace, config: Config, daemon: Start) -> None:
    endpoint = """
        [[endpoint]]
        name = "shop"
        url = "tcp://127.0.1.9:8080"
        interval = "1s"
        timeout = "700ms"
        retry_interval = "500ms"
        stale_after = "2500ms"
        behind = "line"
    """
    path = config(LINE, endpoint)
    with namespace.inside():
        server = socket.create_server(("127.0.1.9", 8080))
    with server:
        watched = daemon(path)
        watched.until("line", "up")
        watched.until("shop", "up")
        time.sleep(1)
        cut(namespace, ANCHORS)
        watched.until("line", "down")
        watched.until("shop", "unknown")
        heal(namespace)
        watched.until("line", *HEALED)
        watched.until("shop", "up")
        closed_at = datetime.now(UTC)
    watched.until("shop", "down")
    with namespace.inside(), socket.create_server(("127.0.1.9", 8080)):
        opened_at = datetime.now(UTC)
        watched.until("shop", "up")
    watched.stop()
    services = report(path)

    assert [outage["cause"] for outage in services["line"]["outages"]] == ["line"]
    assert unknown(services["shop"], "line")
    (own,) = services["shop"]["outages"]
    assert own["cause"] == "connect"
    assert abs(instant(own["start"]) - closed_at) <= ROUND
    assert abs(instant(own["end"]) - opened_at) <= ROUND
    assert services["shop"]["seconds"]["down"] == own["seconds"]
