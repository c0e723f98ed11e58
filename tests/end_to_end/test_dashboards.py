"""Every query of every dashboard, asked of a real Prometheus that scrapes a real daemon: each parses and each returns data."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from linewatch.metrics.exposition import Exposition
from linewatch.metrics.metrics import Metrics
from tests.end_to_end.conftest import LINE, PORT, Config, Daemon, cut, heal, wait_for
from tests.metrics import office
from tests.netns import Namespace
from tests.probe.servers import Authority
from tests.prometheus import Prometheus, prometheus

ROOT = Path(__file__).parents[2]
BOARDS = ROOT / "grafana/provisioning/dashboards"
SITE_PORT = 18443


def boards(language: str) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((BOARDS / language).glob("*.json"))}


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in board["panels"]:
        yield from (panel["panels"] if panel.get("panels") else [panel])


def chosen(expression: str) -> str:
    return expression.replace("$line", "line").replace("$endpoint", "site")


def queries(board: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Panel title and expression, with the variables of Grafana filled in as a person would have chosen them."""
    for panel in panels(board):
        for target in panel.get("targets", []):
            expression = chosen(target["expr"]).replace("$period", "year")
            yield panel["title"], expression.replace("$__rate_interval", "15s").replace("$__range", "10m")
    for marks in board.get("annotations", {}).get("list", []):
        if "expr" in marks:
            yield marks["name"], f"max_over_time(({chosen(marks['expr'])})[60s:1s])"


def columns(board: dict[str, Any], beside: Prometheus) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """The labels of each query of a table: the rows of several queries are one where their labels are the same."""
    for panel in panels(board):
        if panel["type"] == "table":
            asked = [chosen(target["expr"]).replace("$period", "year") for target in panel["targets"]]
            yield panel["title"], [tuple(sorted(set(beside.query(each)[0]["metric"]) - {"__name__"})) for each in asked]


@contextmanager
def site(namespace: Namespace, authority: Authority) -> Iterator[threading.Event]:
    """A site with a certificate; while the event is set it is out of order."""
    broken = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503 if broken.is_set() else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    with namespace.inside():
        server = ThreadingHTTPServer(("127.0.0.1", SITE_PORT), Handler)
    server.daemon_threads = True
    server.socket = authority.server("127.0.0.1").wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield broken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answered(beside: Prometheus, expression: str, what: str) -> int:
    """How many series the expression gives, once it gives any."""
    counts = [0]

    def found() -> bool:
        counts.append(len(beside.query(expression)))
        return counts[-1] > 0

    wait_for(found, lambda: f"{what}: no data for {expression}", within=40)
    return counts[-1]


def test_every_panel_has_data(namespace: Namespace, config: Config, daemon: Callable[..., Daemon], tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    endpoint = (
        f'[[endpoint]]\nname = "site"\nurl = "https://127.0.0.1:{SITE_PORT}/"\nca_file = "{authority.file}"\ninterval = "1s"\ntimeout = "900ms"\n'
    )
    with site(namespace, authority) as broken, prometheus(namespace, tmp_path / "prometheus", PORT) as beside:
        watched = daemon(config(LINE, endpoint))
        watched.until("line", "up", within=60)
        watched.until("site", "up", within=60)
        wait_for(lambda: bool(beside.query("linewatch_outages_total == 0")), lambda: "Prometheus has not seen the counters before the outage")
        broken.set()
        watched.until("site", "down", within=60)
        broken.clear()
        cut(namespace)
        watched.until("line", "down", within=60)
        wait_for(
            lambda: bool(beside.query('linewatch_service_state{service="line", state="down"} == 1')), lambda: "Prometheus has not seen the outage"
        )
        heal(namespace)
        watched.until("line", "up", "degraded", within=60)
        wait_for(lambda: bool(beside.query('linewatch_availability_ratio{period="year"} >= 0')), lambda: "the figures are not there", within=60)
        covered = []
        for name, board in boards("zh").items():
            for title, expression in queries(board):
                points = answered(beside, expression, f"{name}: {title}")
                covered.append((name, title, expression, points))
        for board in boards("zh").values():
            for title, labels in columns(board, beside):
                assert len(set(labels)) == 1, f"{title}: rows of different labels are not merged into one: {labels}"
        print(*(f"{name} | {title} | {expression} | {points}" for name, title, expression, points in covered), sep="\n")
        assert len(covered) > 40
        watched.stop()


def test_no_dashboard_asks_for_a_metric_that_the_daemon_does_not_have() -> None:
    metrics = Metrics("0")
    metrics.expect([office.LINE, office.SITE], ["网络专线畅通率"])
    exposed = set(re.findall(r"(?m)^# TYPE (\w+) ", Exposition(metrics)()[0].decode()))
    asked = {
        re.sub(r"_(bucket|sum|count)$", "", metric)
        for name, board in boards("zh").items()
        for _, expression in queries(board)
        for metric in re.findall(r"\b(?:linewatch|process)_\w+", expression)
    }
    assert len(asked) > 20
    assert asked - exposed == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_files_are_what_the_code_makes(language: str) -> None:
    code = (
        "import sys; sys.path.insert(0, 'grafana'); import build, json; print(json.dumps({b.uid: build.built(b, sys.argv[1]) for b in build.BOARDS}))"
    )
    made = subprocess.run([sys.executable, "-c", code, language], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60)
    assert {name: json.dumps(board) for name, board in boards(language).items()} == {
        name: json.dumps(json.loads(text)) for name, text in json.loads(made.stdout).items()
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_columns_of_a_table_have_names_and_what_is_not_known_is_a_dash(language: str) -> None:
    tables = [panel for board in boards(language).values() for panel in panels(board) if panel["type"] == "table"]
    assert len(tables) == 3
    for panel in tables:
        (options,) = (each["options"] for each in panel["transformations"] if each["id"] == "organize")
        values = [f"Value #{target['refId']}" for target in panel["targets"]] if len(panel["targets"]) > 1 else ["Value"]
        assert all(options["excludeByName"].get(value) or options["renameByName"].get(value) for value in values)
        assert panel["fieldConfig"]["defaults"]["mappings"][0]["options"] == {"match": "null+nan", "result": {"text": "—"}}


def test_a_variable_is_not_handed_on_to_a_dashboard_of_another_kind() -> None:
    named = [each["name"] for board in boards("en").values() for each in board["templating"]["list"] if each["type"] == "query"]
    assert sorted(named) == ["endpoint", "line"]


def test_nothing_is_named_that_an_office_would_have_to_change() -> None:
    for name, board in boards("en").items():
        text = json.dumps(board, ensure_ascii=False)
        assert not re.search(r"[\u4e00-\u9fff]", text), f"{name} has Chinese in its English form"
        assert "leased-line" not in text
        assert {panel["datasource"]["uid"] for panel in panels(board) if panel["type"] != "row"} == {"${datasource}"}
        ids = [panel["id"] for panel in panels(board)]
        assert len(ids) == len(set(ids))
