"""The line in a box does to real packets what it was told, says so in its log, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linewatch.probe.flight import EchoCounters
from linewatch.probe.icmp import Pinger
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from tests.lab.box import ADDRESSES, ROOT, Box

ANCHOR = ADDRESSES["anchor1"]
Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with Box(tmp_path_factory.mktemp("box"), "seed") as made:
        until(lambda: echoed(made, 1)[0][0].answered)  # the element runs
        yield made


def until(holds: Callable[[], bool], within_s: float = 20) -> None:
    end_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def echoed(box: Box, count: int, address: str = ANCHOR, timeout_ms: int = 300) -> tuple[list[Outcome], EchoCounters]:
    """So many echoes at once to one host, and what came in that is credited to none of them (a late reply has as long again to come)."""
    pinger = Pinger()

    async def asked() -> list[Outcome]:
        outcomes = await pinger.echo([address] * count, timedelta(milliseconds=timeout_ms))
        await pinger.echo([address], timedelta(milliseconds=timeout_ms))
        return outcomes

    with box.office.inside():
        pinger.open()
        try:
            return asyncio.run(asked()), pinger.counters
        finally:
            pinger.close()


def change(box: Box, link: str, way: str = "both", host: str | None = None, **impairment: Any) -> None:
    """Change the line from now on, and wait until that stands in the truth: what a test counts there is then its own."""
    made = len(box.truth().changes)
    box.change(link, way, host, **impairment)
    until(lambda: len(box.truth().changes) > made)


def impaired(
    box: Box, count: int = 100, way: str = "out", timeout_ms: int = 300, **impairment: Any
) -> tuple[Counter[str], list[Outcome], EchoCounters]:
    """What the element wrote down of the packets on the line that went this way, and what the office saw of its echoes."""
    change(box, "line", way, **impairment)
    before = len(box.truth().packets())
    outcomes, counters = echoed(box, count, timeout_ms=timeout_ms)
    change(box, "line", way)
    logged = [packet for packet in box.truth().packets()[before:] if packet[2:4] == ["line", way]]
    return Counter(packet[8] for packet in logged[:count]), outcomes, counters


def lost(outcomes: list[Outcome]) -> int:
    return sum(outcome.result is Result.LOST for outcome in outcomes)


@pytest.mark.parametrize(
    ("hops", "sender"), [(1, "10.71.0.1"), (2, "10.72.0.2"), (3, "10.73.0.2")], ids=["the gateway", "the carrier's edge", "the router beyond"]
)
def test_every_hop_routes(box: Box, hops: int, sender: str) -> None:
    assert f"ICMP Time Exceeded from {sender}" in box.office.run(["fping", "-H", str(hops), "-c1", ANCHOR]).stderr


@pytest.mark.parametrize(
    ("word", "impairment"), [("loss", {"loss": 0.3}), ("cut", {"cut": True}), ("corrupt", {"corrupt": 0.3}), ("large", {"max_bytes": 40})]
)
@pytest.mark.parametrize("way", ["out", "in"])
def test_what_the_log_calls_lost_is_lost_and_nothing_else(box: Box, way: str, word: str, impairment: dict[str, Any]) -> None:
    logged, outcomes, _ = impaired(box, way=way, **impairment)
    assert 0 < lost(outcomes) == logged[word]


def test_what_the_log_calls_doubled_comes_twice(box: Box) -> None:
    logged, outcomes, counters = impaired(box, duplicate=0.4)
    assert lost(outcomes) == 0
    assert 0 < logged["duplicate"] <= counters.duplicate <= logged["duplicate"] + 1  # the last echo of all may be doubled too


def test_what_is_delayed_is_late_by_so_much(box: Box) -> None:
    _, outcomes, _ = impaired(box, 20, delay_ms=50, jitter_ms=10)
    assert all(outcome.rtt_us is not None and outcome.rtt_us >= 40_000 for outcome in outcomes)


def test_what_is_held_back_is_overtaken_and_what_is_held_too_long_comes_late(box: Box) -> None:
    logged, outcomes, _ = impaired(box, hold=0.3, hold_ms=100)
    assert sum(outcome.rtt_us is None or outcome.rtt_us >= 99_000 for outcome in outcomes) >= logged["hold"] > 0
    logged, outcomes, counters = impaired(box, 50, "in", hold=0.3, hold_ms=700, timeout_ms=500)
    assert 0 < logged["hold"] <= lost(outcomes)
    assert counters.late >= logged["hold"]


def test_only_so_many_a_second_pass(box: Box) -> None:
    logged, outcomes, _ = impaired(box, rate_per_s=20)
    assert logged["pass"] == 100 - lost(outcomes)
    assert 1 <= logged["pass"] < 50


def test_one_host_alone_can_be_cut_off(box: Box) -> None:
    change(box, "upstream", host="anchor2", cut=True)
    assert lost(echoed(box, 5, ADDRESSES["anchor2"])[0]) == 5
    assert lost(echoed(box, 5, ADDRESSES["anchor3"])[0]) == 0
    change(box, "upstream", host="anchor2")


def test_an_interface_put_down_sends_nothing_and_is_in_the_truth(box: Box) -> None:
    box.interface(up=False)
    outcomes, _ = echoed(box, 3)
    box.interface(up=True)
    assert [outcome.cause for outcome in outcomes] == [Cause.LOCAL] * 3
    assert lost(echoed(box, 3)[0]) == 0
    assert [span.length < timedelta(seconds=20) for span in box.truth().interface_down()] == [True]


def test_cuts_are_logged_when_they_were_scripted_and_no_packet_contradicts_them(box: Box) -> None:
    begin_s = time.monotonic() + 0.2
    made = len(box.truth().changes)
    box.change("upstream", at_s=begin_s, cut=True)
    box.change("upstream", at_s=begin_s + 0.5)
    until(lambda: echoed(box, 5, timeout_ms=100)[1] is not None and len(box.truth().changes) == made + 2)
    cut, healed = box.truth().changes[made:]
    assert cut["monotonic_s"] - begin_s >= 0
    assert healed["monotonic_s"] - begin_s - 0.5 >= 0
    span = box.truth().cuts("upstream")[-1]
    assert span.length.total_seconds() == pytest.approx(healed["monotonic_s"] - cut["monotonic_s"], abs=0.01)
    for packet in box.truth().packets():
        if packet[2] == "upstream" and packet[8] in ("pass", "cut"):
            at_s = int(packet[0]) / 1e9
            inside = cut["monotonic_s"] <= at_s < healed["monotonic_s"]
            assert (packet[8] == "cut") is inside or packet[5] == ADDRESSES["anchor2"] or packet[4] == ADDRESSES["anchor2"]


def test_a_play_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    scenario = ROOT / "tests/lab/scenarios/clean.toml"
    play = subprocess.Popen([sys.executable, "-m", "tests.lab.play", str(scenario), "--keep", str(tmp_path)], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        until(lambda: (tmp_path / "strict.db").exists())
        assert len(processes_of(tmp_path)) >= 5  # the play, the element, the hosts, two daemons
    finally:
        play.send_signal(signal.SIGKILL)
        play.wait()
    until(lambda: not processes_of(tmp_path))


def processes_of(folder: Path) -> list[int]:
    """Who was started with this folder among its arguments: they alone hold the box's namespaces and devices."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in arguments:
            found.append(int(process.name))
    return found
