"""A real daemon whose line is cut tells a real receiver, and what could not leave while the receiver was away goes out when it is back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.conftest import LINE, Config, Daemon, cut, heal, linewatch, report, wait_for
from tests.netns import Namespace
from tests.notify.receivers import Web, web

PORT = 18080
NOTIFY = f'[[notify]]\nname = "technician"\nurl = "json://127.0.0.1:{PORT}/"\n'


def titles(server: Web) -> list[str]:
    return [str(got["title"]) for got in server.got]


def test_an_outage_is_told_confirmed_and_ended_with_the_years_figure(namespace: Namespace, config: Config, daemon: Callable[..., Daemon]) -> None:
    path = config(LINE, NOTIFY)
    watched = daemon(path)
    watched.until("line", "up", within=60)
    with namespace.inside():
        receiver = web(PORT)
        server = receiver.__enter__()
    try:
        cut(namespace)
        watched.until("line", "down", within=40)
        wait_for(lambda: titles(server) == ["Outage: line"], lambda: f"{titles(server)}; {watched.complained}", within=40)
        heal(namespace)
        wait_for(lambda: len(server.got) == 2, lambda: f"{titles(server)}; {watched.complained}", within=60)
    finally:
        receiver.__exit__(None, None, None)
    assert re.fullmatch(r"Restored: line, after 00:00:\d\d", titles(server)[1])
    body = str(server.got[1]["message"])
    assert "Cause: line" in body
    [told] = re.findall(r"Availability so far: ([0-9.]+) % \(([0-9.]+) … ([0-9.]+)\)", body)
    watched.stop()
    (outage,) = report(path)["line"]["outages"]
    assert f"Duration: 00:00:{int(outage['seconds']):02d}" in body
    assert all(float(figure) < 100 for figure in told)


def test_what_cannot_leave_waits_on_disk_over_a_restart(namespace: Namespace, config: Config, daemon: Callable[..., Daemon], tmp_path: Path) -> None:
    path = config(LINE, NOTIFY)
    watched = daemon(path)
    watched.until("line", "up", within=60)
    cut(namespace)
    watched.until("line", "down", within=40)
    outbox = tmp_path / "lw.db.outbox" / "technician"
    wait_for(lambda: len(list(outbox.glob("*.json"))) == 1, lambda: watched.complained, within=40)
    wait_for(lambda: 'linewatch_messages_waiting{receiver="technician"} 1' in watched.scrape(), lambda: "the metric says so")
    watched.stop()
    heal(namespace)
    with namespace.inside():
        receiver = web(PORT)
        server = receiver.__enter__()
    try:
        again = daemon(path)
        wait_for(lambda: len(server.got) == 2, lambda: f"{titles(server)}; {again.complained}", within=60)
        assert titles(server)[0] == "Outage: line"
        assert titles(server)[1].startswith("Restored: line")
        wait_for(lambda: 'linewatch_messages_total{receiver="technician",outcome="sent"} 2' in again.scrape(), lambda: again.scrape())
        again.stop()
    finally:
        receiver.__exit__(None, None, None)
    assert not list(outbox.glob("*.json"))


def test_a_test_message_says_whether_it_arrived(config: Config) -> None:
    path = config(LINE, NOTIFY)
    gone = linewatch("notify", "test", "-c", str(path))
    assert (gone.returncode, gone.stdout) == (1, "technician: NOT sent: the receiver did not take it, or it could not be reached\n")
    with web(PORT) as server:
        done = linewatch("notify", "test", "-c", str(path))
        assert (done.returncode, done.stdout) == (0, "technician: sent\n")
    assert titles(server) == ["Test message of linewatch"]


def test_a_test_message_is_in_the_language_of_its_receiver(config: Config) -> None:
    with web(PORT) as server:
        assert linewatch("notify", "test", "-c", str(config(LINE, f'{NOTIFY}\nlanguage = "zh"'))).returncode == 0
    assert titles(server) == ["linewatch 测试消息"]


def test_bad_receivers_are_one_line_each(config: Config) -> None:
    refused = linewatch("notify", "test", "-c", str(config(LINE, NOTIFY.replace("json:", "nonsense:"))))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == 'linewatch: notify[0] "technician": the URL is none that Apprise understands; see its list of services\n'
    refused = linewatch("notify", "test", "-c", str(config(LINE, NOTIFY)), "--receiver", "chief")
    assert refused.stderr == 'linewatch: no receiver is called "chief"; the configuration has: technician\n'
    refused = linewatch("notify", "test", "-c", str(config(LINE)))
    assert refused.stderr == "linewatch: the configuration has no [[notify]]: there is nobody to tell\n"
