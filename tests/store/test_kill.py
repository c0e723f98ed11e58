from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from linewatch.report.account import measured
from linewatch.report.history import Subject
from linewatch.sample.cause import Cause
from linewatch.sla.terms import Terms
from linewatch.span import Span
from linewatch.store.opening import open_for_reading, open_for_writing
from linewatch.verdict.state import State
from linewatch.verdict.timeline import within
from linewatch.wiring.reports import readable
from tests.store.hammer import RULE, number, truth
from tests.store.material import EVER, SECOND, T, url
from tests.store.test_faults import integrity
from tests.store.test_rolling import pure, rolled
from tests.toll import Tell, toll

ROOT = Path(__file__).parents[2]
KILLS = 200
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
BIRTHS = 20
GAP = 5
"""How many rounds lie between two lives: more than `stale_after`."""


@dataclass
class Told:
    """What the killed writers said, by number of round."""

    handed_over: dict[int, float] = field(default_factory=dict)
    announced: dict[int, set[int]] = field(default_factory=dict)
    oldest_lost_s: float = 0.0
    lost: int = 0

    def hear(self, line: str) -> None:
        word, n, *rest = line.split()
        if word == "k":
            self.handed_over[int(n)] = float(rest[0])
        elif word == "a":
            self.announced.setdefault(int(n), set()).add(int(rest[0]))


class Nursery:
    """Where the writers are born that are to be killed."""

    def __enter__(self) -> Nursery:
        # The pipe holds what a writer says in its life: nobody reads before it is dead.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.hammer"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pipesize=1 << 20
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=10)

    def killed(self, address: str, first: int, change_every: int, after_s: float, at_work: bool, *spool: Path) -> tuple[float, list[str]]:
        """A life cut short, counted from its birth or from its first round: when it was, and what it said."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        print(address, first, change_every, *spool, file=to, flush=True)
        pid = int(back.readline().split()[1])
        said = [back.readline()] if at_work else []
        time.sleep(after_s)
        killed_at = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        while not (line := back.readline()).startswith("gone"):
            said.append(line)
        return killed_at, said


def kill_again_and_again(path: Path, seed: int, times: int, change_every: int) -> Told:
    chance = random.Random(seed)
    told = Told()
    with Nursery() as nursery:
        for turn in range(times):
            # Four lives in ten end while the store is opened or soon after, one is long enough for batches that time alone has cut.
            after_s = chance.uniform(0, 0.3) if turn % 10 else chance.uniform(0.7, 1.6)
            first = max(told.handed_over, default=0) + GAP
            killed_at, said = nursery.killed(url(path), first, change_every, after_s, at_work=turn % 5 not in (1, 2))
            for line in said:
                told.hear(line)
            check_after_death(path, told, first, killed_at)
    return told


def check_after_death(path: Path, told: Told, first: int, killed_at: float) -> None:
    assert integrity(path) == [("ok",)]
    with open_for_reading(url(path)) as history:
        heard = history.heard_at("line")
        present = [number(one.at) for one, _ in history.rounds("line", Span(T + first * 3 * SECOND, EVER.end))]
        changes = {number(change.at) for change in history.transitions("line")}
    mine = [n for n in sorted(told.handed_over) if n >= first]
    assert present == mine[: len(present)], "a hole in the middle"
    assert not present or (heard is not None and number(heard) == present[-1])
    for n, dated in told.announced.items():
        assert n < first or n in present, "the round of an announced change of state is lost"
        assert dated <= changes, "an announced change of state is lost"
    lost = mine[len(present) :]
    told.lost += len(lost)
    told.oldest_lost_s = max([told.oldest_lost_s, *(killed_at - told.handed_over[n] for n in lost)])
    assert told.oldest_lost_s <= 1.0, "more than the last second is lost"


def check_account(place: str, told: Told, change_every: int) -> int:
    """What is reported of all these lives together: the truth where it was kept, UNKNOWN in every hole. Returns how many holes there are."""
    with readable(place) as record:
        kept = [number(one.at) for one, _ in record.history.rounds("line", EVER)]
        subject = Subject("line", "line", True, RULE, Terms())
        account = measured(record, subject, T + (kept[-1] + 1) * 3 * SECOND)
    assert {change for dated in told.announced.values() for change in dated} <= {number(stretch.span.start) for stretch in account}
    holes = [(a, b) for a, b in itertools.pairwise(kept) if b - a > 1]
    for a, b in holes:
        (hole,) = within(account, Span(T + (a + 1) * 3 * SECOND, T + b * 3 * SECOND))
        assert (hole.state, hole.cause) == (State.UNKNOWN, Cause.MONITOR)
    unsure = 0
    for n in kept[:-1]:
        (stretch,) = within(account, Span(T + n * 3 * SECOND, T + (n + 1) * 3 * SECOND))
        assert stretch.state in (truth(n, change_every), State.UNKNOWN)
        unsure += stretch.state is State.UNKNOWN
    assert unsure <= (RULE.fall - 1) * 2 * len(holes), "more is unknown than the runs that a death cuts off undecided"
    return len(holes)


def life_of_a_store(path: Path, seed: int, times: int, change_every: int) -> tuple[Told, int]:
    told = kill_again_and_again(path, seed, times, change_every)
    holes = check_account(url(path), told, change_every)
    open_for_writing(url(path)).close(10)
    with open_for_reading(url(path)) as history:
        assert rolled(history) == pure(list(history.rounds("line", EVER)))
    return told, holes


@pytest.mark.timeout(300)
def test_a_store_survives_being_killed_at_any_moment(tmp_path: Path, record_property: Tell) -> None:
    paths = [tmp_path / f"{seed}.db" for seed in range(SIDE_BY_SIDE)]
    for path in paths:
        open_for_writing(url(path)).close(5)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as together:
        lives = [
            together.submit(life_of_a_store, path, seed, KILLS // SIDE_BY_SIDE, 25 if seed % 2 else 1_000_000) for seed, path in enumerate(paths)
        ]
        told = [life.result() for life in lives]
    handed_over = sum(len(each.handed_over) for each, _ in told)
    announced = sum(len(dated) for each, _ in told for dated in each.announced.values())
    lost, oldest_s = sum(each.lost for each, _ in told), max(each.oldest_lost_s for each, _ in told)
    assert announced >= KILLS // 10
    assert handed_over > 10 * KILLS
    toll(
        record_property,
        "kill -9 of a writer at full speed, at random moments",
        f"{KILLS} kills (seeds 0 to {SIDE_BY_SIDE - 1}), {handed_over:,} rounds handed over",
        f"of {announced} announced changes of state none; {lost:,} samples, the oldest {oldest_s:.2f} s old when it died;"
        f" integrity clean {KILLS} times; {sum(holes for _, holes in told)} holes, all of them UNKNOWN",
    )


def test_a_store_whose_making_is_cut_short_is_made_by_the_next_start(tmp_path: Path, record_property: Tell) -> None:
    chance = random.Random(7)
    half_made = 0
    with Nursery() as nursery:
        for turn in range(BIRTHS):
            path = tmp_path / f"{turn}.db"
            _, said = nursery.killed(url(path), 0, 25, chance.uniform(0, 0.06), at_work=False)
            half_made += path.exists() and not said
            open_for_writing(url(path)).close(5)
            assert integrity(path) == [("ok",)]
            with open_for_reading(url(path)) as history:
                assert {service.name for service in history.services()} <= {"line"}
    assert half_made > 0
    toll(
        record_property,
        "kill -9 while the store is made",
        f"{BIRTHS} kills (seed 7), {half_made} with the file begun and nothing written yet",
        "nothing; the next start makes or finishes it",
    )


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
