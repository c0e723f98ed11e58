from __future__ import annotations

import random
import select
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from linewatch.span import to_epoch
from linewatch.store.opening import open_for_reading, open_for_writing
from tests.store.material import EVER, T, url
from tests.store.test_faults import integrity
from tests.store.test_rolling import pure, rolled

ROOT = Path(__file__).parents[2]
KILLS = 20
IMPORTING = """
import itertools, sys
from linewatch.store.entry import Source
from linewatch.store.opening import open_for_import
from tests.store.material import SECOND, T, good

def rounds():
    for n in itertools.count():
        if n == 30_000:
            print("busy", flush=True)
        yield good(T + n * 3 * SECOND)

importer = open_for_import(sys.argv[1])
importer.enrol("line", "line", 3 * SECOND)
importer.import_samples("line", Source("samples", "old.csv", "ab", T, 1, T, T, 3 * SECOND), rounds(), [])
"""
SIDE_BY_SIDE = 4


@dataclass
class Told:
    """What the killed runs said, by number of round."""

    handed_over: dict[int, float] = field(default_factory=dict)
    announced: set[int] = field(default_factory=set)
    killed_at: list[float] = field(default_factory=list)


def run_and_kill(path: Path, told: Told, first: int, change_every: int, after_s: float) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.store.hammer", url(path), str(first), str(change_every)], cwd=ROOT, stdout=subprocess.PIPE
    ) as daemon:
        assert daemon.stdout is not None
        ready, _, _ = select.select([daemon.stdout], [], [], 20)
        assert ready, "the daemon said nothing"
        time.sleep(after_s)
        told.killed_at.append(time.monotonic())
        daemon.kill()
        said = daemon.stdout.read().decode().splitlines()
    for line in said:
        words = line.split()
        if len(words) == 3 and words[0] == "k":
            told.handed_over[int(words[1])] = float(words[2])
        elif len(words) == 3:
            told.announced.add(int(words[1]))


def kill_again_and_again(path: Path, seed: int, times: int, change_every: int) -> None:
    chance = random.Random(seed)
    told = Told()
    for _ in range(times):
        first = max(told.handed_over, default=0) + 1
        run_and_kill(path, told, first, change_every, chance.uniform(0.05, 1.6))
        assert integrity(path) == [("ok",)]
        with open_for_reading(url(path)) as history:
            changes = {number(change.at) for change in history.transitions("line")}
            heard = history.heard_at("line")
            rounds = {number(one.at) for one, _ in history.rounds("line", EVER)}
        assert told.announced <= changes, "an announced change of state is lost"
        assert changes <= rounds, "a change is there without its round"
        assert heard is None or number(heard) == max(rounds)
        mine = [n for n in sorted(told.handed_over) if n >= first]
        present = [n for n in mine if n in rounds]
        assert present == mine[: len(present)], "a hole in the middle"
        missing = [n for n in mine[len(present) :] if told.handed_over[n] < told.killed_at[-1] - 1.0]
        assert missing == [], "more than the last second is lost"
    assert told.announced
    assert len(rounds) > 100 * times
    open_for_writing(url(path)).close(10)
    with open_for_reading(url(path)) as history:
        assert rolled(history) == pure(list(history.rounds("line", EVER)))


def number(at) -> int:
    return (to_epoch(at) - to_epoch(T)) // 3_000_000


@pytest.mark.timeout(300)
def test_a_store_survives_being_killed_at_any_moment(tmp_path: Path) -> None:
    with ThreadPoolExecutor(SIDE_BY_SIDE) as together:
        runs = [
            together.submit(kill_again_and_again, tmp_path / f"{seed}.db", seed, KILLS // SIDE_BY_SIDE, 25 if seed % 2 else 1_000_000)
            for seed in range(SIDE_BY_SIDE)
        ]
        for run in runs:
            run.result()


def test_an_import_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "linewatch.db"
    open_for_writing(url(path)).close(5)
    with subprocess.Popen([sys.executable, "-c", IMPORTING, url(path)], cwd=ROOT, stdout=subprocess.PIPE) as importing:
        assert importing.stdout is not None
        assert importing.stdout.readline() == b"busy\n"
        importing.kill()
    assert integrity(path) == [("ok",)]
    with open_for_reading(url(path)) as history:
        assert list(history.readings("line", EVER, imported=True)) == []
        assert history.imports("line") == []
        assert [service.name for service in history.services()] == ["line"]
