"""`linewatch doctor`: each look has its own plain verdict, and one that fails stops no other."""

from __future__ import annotations

import json
import socket
import subprocess
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from linewatch.config.loading import load
from linewatch.wiring.doctor import Finding, findings, holidays
from tests.cli.conftest import LINEWATCH, Linewatch
from tests.cli.record import INTERVAL, record
from tests.netns import Network

CONFIGURATION = """\
language = "en"
timezone = "UTC"
[web]
listen = "127.0.0.1:{port}"
[[line]]
name = "leased-line"
gateway = "127.0.0.1"
anchors = {anchors}
timeout = "500ms"
"""
SUBJECTS = ["program", "configuration", "ICMP", "clock", "route", "probe leased-line", "store", "disk", "daemon"]


def configure(folder: Path, anchors: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (folder / "linewatch.toml").write_text(CONFIGURATION.format(port=port, anchors=json.dumps(anchors)), "utf-8")


def found(linewatch: Linewatch, code: int) -> dict[str, tuple[str, str, str]]:
    ran = linewatch("doctor", "--json")
    assert ran.code == code, ran.out
    return {each["subject"]: (each["grade"], each["seen"], each["advice"]) for each in json.loads(ran.out)["findings"]}


def recorded(folder: Path, drawing: str) -> None:
    record(folder, "leased-line", datetime.now(UTC) - timedelta(seconds=1) - (len(drawing) - 1) * INTERVAL, drawing)


def test_all_that_is_looked_at_has_a_verdict(folder: Path, linewatch: Linewatch) -> None:
    configure(folder, ["127.0.1.1", "127.0.1.2"])
    recorded(folder, "." * 20)
    seen = found(linewatch, 0)
    assert list(seen) == [*SUBJECTS, "coverage today leased-line"]
    assert seen["ICMP"][0] == "ok"
    assert seen["probe leased-line"] == ("ok", "3 of 3 targets answer", "")
    assert seen["store"][0] == "ok"
    assert "whole, schema" in seen["store"][1]
    assert seen["daemon"][0] == "warning"
    assert all(advice for grade, _, advice in seen.values() if grade != "ok")


def test_what_fails_says_what_to_do_and_stops_no_other_look(folder: Path, linewatch: Linewatch) -> None:
    configure(folder, ["127.0.1.1", "tcp://127.0.0.1:9"])
    seen = found(linewatch, 1)
    grade, said, _ = seen["probe leased-line"]
    assert grade == "warning"
    assert said.startswith("2 of 3 targets answer; not: tcp://127.0.0.1:9 connect")
    assert seen["store"][:2] == ("failing", f"no store yet at {folder / 'linewatch.db'}: start `linewatch run` or `linewatch import`")
    assert seen["coverage today"][0] == "failing"


def test_a_line_that_reads_down_is_failing_though_its_gateway_answers(folder: Path, linewatch: Linewatch) -> None:
    configure(folder, ["tcp://127.0.0.1:9", "tcp://127.0.1.1:9"])
    grade, said, advice = found(linewatch, 1)["probe leased-line"]
    assert (grade, said.startswith("1 of 3 targets answer")) == ("failing", True)
    assert advice.startswith("the line reads down now")


def test_the_daemon_is_asked_here_whatever_proxy_the_office_has(folder: Path, process: Linewatch) -> None:
    configure(folder, ["127.0.1.1"])
    with HTTPServer(("127.0.0.1", load(folder / "linewatch.toml").settings.web.listen.port), Well) as here:
        Thread(target=here.handle_request, daemon=True).start()
        ran = process("doctor", http_proxy="http://127.0.0.1:9", no_proxy="")
    assert "      ok  daemon: runs and is well" in ran.out


class Well(BaseHTTPRequestHandler):
    """A daemon that is well."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_gateway_that_never_answers_is_told_what_it_costs(folder: Path, linewatch: Linewatch) -> None:
    configure(folder, ["127.0.1.1", "127.0.1.2"])
    with Network() as network:
        office = network.namespace()
        office.nft("add rule inet filter input ip daddr { 127.0.0.1, 127.0.1.2 } icmp type echo-request drop")
        with office.inside():
            grade, said, advice = found(linewatch, 1)["probe leased-line"]
    assert (grade, said) == ("warning", "1 of 3 targets answer; not: 127.0.0.1 timeout, 127.0.1.2 timeout")
    assert "is charged to it" in advice


def test_a_line_on_which_no_packet_of_its_mtu_passes_is_told_what_to_set(folder: Path, linewatch: Linewatch) -> None:
    configure(folder, ["127.0.1.1", "127.0.1.2"])
    path = folder / "linewatch.toml"
    path.write_text(path.read_text("utf-8") + "mtu = 1500\n", "utf-8")
    with Network() as network:
        office = network.namespace()
        office.ip("link set lo mtu 1492")
        with office.inside():
            grade, said, advice = found(linewatch, 1)["probe leased-line"]
    assert (grade, said.startswith("3 of 5 targets answer")) == ("warning", True)
    assert "set it to what the line carries" in advice


def test_an_endpoint_for_which_any_page_will_do_is_told(folder: Path, linewatch: Linewatch) -> None:
    configure(folder, ["127.0.1.1"])
    path = folder / "linewatch.toml"
    endpoints = {"plain": "", "safe": "s", "named": ""}
    text = "".join(f'[[endpoint]]\nname = "{name}"\nurl = "http{s}://127.0.0.1:9/"\n' for name, s in endpoints.items())
    path.write_text(path.read_text("utf-8") + text + 'expect = { header = { Server = "nginx" } }\n', "utf-8")
    seen = found(linewatch, 1)
    assert [subject for subject in seen if subject.startswith("expectation")] == ["expectation plain"]


def test_a_vpn_that_takes_what_leaves_this_host_and_a_second_default_route_are_told(folder: Path, linewatch: Linewatch) -> None:
    configure(folder, ["10.80.0.1", "tcp://10.80.0.2:53", "anchor.example.test"])
    path = folder / "linewatch.toml"
    path.write_text(path.read_text("utf-8").replace('gateway = "127.0.0.1"', 'gateway = "auto"'), "utf-8")
    with Network() as network:
        office, lan, vpn = network.namespace(), network.namespace(), network.namespace()
        network.link(office, "10.77.0.2/24", lan, "10.77.0.1/24")
        tunnel, _ = network.link(office, "10.78.0.2/24", vpn, "10.78.0.1/24")
        office.ip("route add default via 10.77.0.1")
        with office.inside():
            assert [each.subject for each in seen_of_the_ways(path)] == ["route"]
            office.ip(f"route add 0.0.0.0/1 dev {tunnel}")
            office.ip("route add default via 10.77.0.9 metric 700")
            route, way = seen_of_the_ways(path)
    assert (route.grade, route.seen) == ("warning", "default gateway 10.77.0.1, in reserve 10.77.0.9")
    assert (way.subject, way.seen) == ("way leased-line", f"the gateway 10.77.0.1 is on near0, anchors are asked over {tunnel}")


def test_two_lines_that_leave_by_the_same_way_are_told(folder: Path, linewatch: Linewatch) -> None:
    configure(folder, ["10.80.0.1"])
    path = folder / "linewatch.toml"
    lines = "".join(
        f'[[line]]\nname = "{name}"\ntimeout = "200ms"\ngateway = "auto"\nanchors = ["10.80.0.1"]\nsource = "{source}"\n'
        for name, source in (("one", "10.77.0.2"), ("two", "10.78.0.2"))
    )
    path.write_text(lines, "utf-8")
    with Network() as network:
        office, first, second = network.namespace(), network.namespace(), network.namespace()
        network.link(office, "10.77.0.2/24", first, "10.77.0.1/24")
        network.link(office, "10.78.0.2/24", second, "10.78.0.1/24")
        office.ip("route add default via 10.77.0.1")
        office.ip("rule add from 10.78.0.2 lookup 102")
        office.ip("route add default via 10.78.0.1 table 102")
        with office.inside():
            assert [each.subject for each in seen_of_the_ways(path)] == ["route"]
            office.ip("route del default via 10.78.0.1 table 102")  # as when its interface went down and up again
            _, way = seen_of_the_ways(path)
    assert (way.subject, way.grade, way.seen) == ("way one, two", "warning", "these lines leave by the same way, 10.77.0.1 on near0")


def seen_of_the_ways(path: Path) -> list[Finding]:
    return [each for each in findings(load(path)) if each.subject == "route" or each.subject.startswith("way")]


def test_a_damaged_store_is_found(folder: Path, linewatch: Linewatch) -> None:
    configure(folder, ["127.0.1.1"])
    recorded(folder, "." * 400)
    store = folder / "linewatch.db"
    whole = store.read_bytes()
    store.write_bytes(whole[:16_384] + b"\xff" * 16_384 + whole[32_768:])
    grade, said, _ = found(linewatch, 1)["store"]
    assert grade == "failing"
    assert "is damaged" in said


def test_for_people_it_is_a_line_each_and_an_arrow_to_the_remedy(folder: Path, linewatch: Linewatch) -> None:
    configure(folder, ["127.0.1.1"])
    recorded(folder, ".....")
    ran = linewatch("doctor")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("      ok  program: linewatch ")
    assert any(line.strip().startswith("→ systemctl status linewatch") for line in lines)


@pytest.mark.parametrize("arguments", [("--watch", "--json"), ("--watch",)])
def test_a_live_view_needs_a_terminal(folder: Path, linewatch: Linewatch, arguments: tuple[str, ...]) -> None:
    ran = linewatch("status", *arguments)
    assert (ran.code, ran.err) == (2, "linewatch: --watch needs a terminal, and goes without --json\n")


CALENDAR = """
[line.sla]
service_hours = { workdays = "08:30-17:30", holidays = "china" }
[[calendar]]
year = 2002
"""


@pytest.mark.parametrize(
    ("today", "grade", "seen"),
    [
        (date(2022, 6, 1), "ok", "known to chinesecalendar"),
        (date(2002, 6, 1), "ok", "known to chinesecalendar"),
        (date(2002, 12, 15), "warning", "the holidays of 2003 are not known to chinesecalendar"),
        (date(2003, 1, 1), "failing", "the holidays of 2003 are not known to chinesecalendar"),
    ],
)
def test_holidays_that_are_not_announced_are_missed_a_month_before_they_are_needed(folder: Path, today: date, grade: str, seen: str) -> None:
    configure(folder, ["127.0.1.1"])
    path = folder / "linewatch.toml"
    path.write_text(path.read_text("utf-8") + CALENDAR, "utf-8")
    [found] = holidays(load(path), today)
    assert (found.subject, found.grade) == ("holidays", grade)
    assert found.seen.startswith(seen)
    assert ("[[calendar]]" in found.advice) == (grade != "ok")


def test_in_a_year_whose_holidays_are_not_known_the_coverage_of_today_says_so_and_what_to_do(folder: Path) -> None:
    configure(folder, ["127.0.1.1"])
    path = folder / "linewatch.toml"
    path.write_text(path.read_text("utf-8") + CALENDAR, "utf-8")
    recorded(folder, ".....")
    command = ["faketime", "--exclude-monotonic", "-f", "@2003-01-02 10:00:00", LINEWATCH, "doctor", "--json", "-c", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    seen = {each["subject"]: (each["grade"], each["seen"], each["advice"]) for each in json.loads(done.stdout)["findings"]}
    assert seen["coverage today"] == seen["holidays"]
    assert seen["holidays"][0] == "failing"
    assert "[[calendar]]" in seen["holidays"][2]


def test_who_goes_by_no_calendar_is_not_told_of_holidays(folder: Path) -> None:
    configure(folder, ["127.0.1.1"])
    assert list(holidays(load(folder / "linewatch.toml"), date(2003, 1, 1))) == []
