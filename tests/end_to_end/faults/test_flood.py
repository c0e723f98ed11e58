"""Ten thousand packets a second that answer nothing, and a forged answer to every request: the line is seen as it is, healthy or broken."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.conftest import HEALED, Config, Daemon, cut, heal, instant, report, wait_for
from tests.end_to_end.faults.fast import LINE, adds_up, near, nowhere_in_doubt, rounds_go_on, total
from tests.netns import Namespace, Network
from tests.toll import Tell, toll

ROOT = Path(__file__).parents[3]
SEED = 4
FLOOD_S = 6
HERE, THERE = "10.77.0.1", "10.77.0.2"
ANCHORS = [f"10.78.0.{n}" for n in (1, 2, 3, 4)]
Start = Callable[..., Daemon]


def test_a_flood_of_garbage_and_forged_replies_neither_hides_the_line_nor_speaks_for_it(
    network: Network, namespace: Namespace, config: Config, daemon: Start, record_property: Tell
) -> None:
    beyond = network.namespace()
    _, interface = network.link(namespace, f"{HERE}/24", beyond, f"{THERE}/24")
    namespace.ip(f"route add default via {THERE}")
    for anchor in ANCHORS:
        beyond.ip(f"addr add {anchor}/32 dev lo")
    line = LINE.replace("127.0.0.1", THERE)
    for n, anchor in enumerate(ANCHORS, start=1):
        line = line.replace(f"127.0.1.{n}", anchor)
    path = config(line)
    watched = daemon(path)
    watched.until("line", "up")
    rounds_go_on(watched, 2)
    assert discarded(watched) == 0
    command = [sys.executable, "-m", "tests.end_to_end.faults.flood", interface, HERE, str(FLOOD_S), str(SEED), THERE, *ANCHORS]
    with beyond.popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as flood:
        wait_for(lambda: discarded(watched) > 1_000, lambda: "the flood comes")
        rounds_go_on(watched, 3, reading="good")
        cut_at = cut(beyond, "10.78.0.0/24")
        watched.until("line", "down")
        healed_at = heal(beyond)
        watched.until("line", *HEALED)
        rounds_go_on(watched, 2)
        told, _ = flood.communicate(timeout=60)
    sent = json.loads(told)
    time.sleep(0.5)
    counted = discarded(watched)
    missed = total(watched, "linewatch_rounds_missed_total")
    watched.stop()
    assert "Traceback" not in watched.complained
    assert sent["noise"] == 10_000 * FLOOD_S
    assert sent["forged"] >= 20
    service = report(path)["line"]
    adds_up(service)
    off_s = near([(instant(each["start"]), instant(each["end"])) for each in service["outages"]], [(cut_at, healed_at)])
    assert [each["cause"] for each in service["outages"]] == ["line"]
    nowhere_in_doubt(service, missed)
    toll(
        record_property,
        f"{sent['noise'] / sent['seconds']:,.0f} garbage ICMP packets a second, and a forged reply with a wrong token to every request",
        f"{sent['noise']:,} garbage and {sent['forged']} forged packets (seed {SEED}), an outage in the middle",
        f"none was credited, {counted:,.0f} counted as discarded; the outage's ends {off_s:.2f} s off, {missed:.0f} rounds missed",
    )


def discarded(watched: Daemon) -> float:
    return total(watched, "linewatch_icmp_discarded_replies_total")
