"""The page of the real daemon while its line is cut and healed, and behind its password."""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from linewatch.web.password import hashed
from tests.end_to_end.conftest import HEALED, LINE, PORT, Config, Daemon, cut, heal, linewatch, wait_for
from tests.netns import Namespace


def page(namespace: Namespace, path: str, password: str = "") -> str:
    """What the daemon answers; nothing while it does not yet."""
    asked = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}")
    if password:
        asked.add_header("Authorization", f"Basic {base64.b64encode(f'office:{password}'.encode()).decode()}")
    with namespace.inside():
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                text: str = answer.read().decode()
                return text
        except urllib.error.HTTPError as refusal:
            return f"{refusal.code}"


def status(namespace: Namespace) -> dict[str, Any]:
    """The line as the page's JSON shows it."""
    told = page(namespace, "/api/v1/status")
    return {} if told == "503" else json.loads(told)


def test_the_page_follows_the_line_and_its_numbers_are_the_reports(config: Config, daemon: Callable[..., Daemon], namespace: Namespace) -> None:
    file = config(LINE)
    running = daemon(file)
    running.until("line", "up")
    cut(namespace)
    running.until("line", "down")
    wait_for(lambda: status(namespace)["services"][0]["state"] == "down", lambda: str(status(namespace)))
    text = page(namespace, "/")
    assert re.search(r'<p class="overall down"><strong>down 1 \(line\)</strong>', text)
    assert '<b class="badge">ongoing</b>' in text
    heal(namespace)
    running.until("line", *HEALED)
    wait_for(lambda: not status(namespace)["outages"][0]["ongoing"], lambda: str(status(namespace)))
    told = status(namespace)
    (service,) = told["services"]
    (outage,) = told["outages"]
    done = linewatch("sla", "-c", str(file), "--year", told["year"], "--format", "json", "--as-of", told["generated_at"])
    (reported,) = json.loads(done.stdout)["services"]
    assert {key: reported["outages"][0][key] for key in ("id", "seconds", "seconds_min", "seconds_max", "cause")} == {
        key: outage[key] for key in ("id", "seconds", "seconds_min", "seconds_max", "cause")
    }
    assert service["year"].pop("downtime_left_seconds") == -reported["seconds"]["down"]
    assert service["year"] == {key: reported[key] for key in service["year"]}
    assert service["days"][-1]["down_seconds"] == reported["seconds"]["down"]
    assert outage["id"] in page(namespace, "/feed.atom")
    assert outage["id"] in page(namespace, f"/sla/{told['year']}")


def test_a_page_that_others_reach_asks_for_the_password(config: Config, daemon: Callable[..., Daemon], namespace: Namespace, tmp_path: Path) -> None:
    file = config(LINE)
    text = file.read_text().replace(f'listen = "127.0.0.1:{PORT}"', f'listen = "0.0.0.0:{PORT}"\npassword_hash = "{hashed("correct horse")}"')
    file.write_text(text)
    running = daemon(file)
    wait_for(lambda: "status page" in running.said, lambda: running.complained)
    assert [page(namespace, path) for path in ("/", "/metrics", "/healthz")] == ["401"] * 3
    assert page(namespace, "/", "wrong horse") == "401"
    assert "linewatch_build_info" in page(namespace, "/metrics", "correct horse")
    with namespace.inside():
        looked = linewatch("doctor", "-c", str(file), "--json")
    assert f"http://0.0.0.0:{PORT}/ asks for its password" in looked.stdout
    assert "no default gateway; every line names its own, or none" in looked.stdout
