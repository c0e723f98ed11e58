"""What a disk and other processes do to a running store: nothing announced before it is safe, nothing lost but what is counted."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from linewatch.report.account import measured
from linewatch.report.history import Subject
from linewatch.sample.event import Event, Happening
from linewatch.sla.terms import Terms
from linewatch.store.opening import open_for_reading, open_for_writing
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State
from linewatch.wiring.reports import readable
from tests.store.material import EVER, SECOND, T, down, good, good_rounds, looks, until, up, url
from tests.toll import Tell, toll

HOLDING = (
    "import sqlite3, sys\nheld = sqlite3.connect(sys.argv[1], isolation_level=None)\nheld.execute('BEGIN EXCLUSIVE')\n"
    "print('held', flush=True)\nsys.stdin.readline()\nheld.rollback()"
)


class Holder:
    """Another process that holds the database's lock until it is told to let go."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", HOLDING, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"held\n"

    def let_go(self) -> None:
        self._process.communicate(b"\n", timeout=10)


def test_while_another_process_holds_the_database_rounds_wait_and_nothing_is_announced(path: Path, opened, caplog) -> None:
    store = opened(url(path))
    store.flush(5)
    holder = Holder(path)
    rounds = good_rounds(300)
    told: list[int] = []
    for n, one in enumerate(rounds):
        store.keep("line", *one, transitions=[up(one[0].at)] if n % 50 == 0 else (), on_commit=lambda n=n: told.append(n))
    store.note(Event(T, Happening.STARTED))
    until(lambda: store.errors() >= 4)
    assert told == []
    assert store.queue_rows() == 300 + 6 + 1
    assert store.last_error() == "database is locked"
    holder.let_go()
    assert store.flush(5)
    assert told == list(range(300))
    assert (store.queue_rows(), store.lost(), store.last_error()) == (0, 0, None)
    with open_for_reading(url(path)) as history:
        assert list(history.rounds("line", EVER)) == looks(rounds)
        assert len(history.transitions("line")) == 6
        assert len(history.events(EVER)) == 1
    assert [record.getMessage().partition(", after 00:")[0] for record in caplog.records if record.name.startswith("linewatch.store")] == [
        "the store cannot be written, trying again: database is locked",
        "the store can be written again",
    ]


def test_a_store_that_stays_away_ends_in_time_and_says_how_much_was_not_written(path: Path, opened) -> None:
    store = opened(url(path))
    store.flush(5)
    holder = Holder(path)
    for one in good_rounds(10):
        store.keep("line", *one)
    began = time.monotonic()
    assert store.close(0.5) == 10
    assert time.monotonic() - began < 2
    holder.let_go()
    open_for_writing(url(path)).close(5)  # it was given back


def test_what_a_full_queue_lets_go_is_counted_on_record_and_unknown(path: Path, opened, record_property: Tell) -> None:
    store = opened(url(path), queue_rows=100)
    store.flush(5)
    holder = Holder(path)
    store.mark("line", [up(T)])
    until(lambda: store.errors() > 0)  # that one is in the writer's hands now
    rounds = good_rounds(250)
    for n, one in enumerate(rounds):
        store.keep("line", *one, transitions=[down(one[0].at)] if n == 20 else ())
    assert (store.lost(), store.queue_rows()) == (151, 1 + 100)
    holder.let_go()
    assert store.flush(5)
    with open_for_reading(url(path)) as history:
        assert list(history.rounds("line", EVER)) == looks(rounds[151:])
        assert history.transitions("line") == [up(T), down(rounds[20][0].at)]
        [event] = history.events(EVER)
    assert event == Event(
        rounds[150][0].at,
        Happening.SAMPLES_LOST,
        "line",
        {"count": 151, "first_at": T.isoformat(), "last_at": rounds[150][0].at.isoformat()},
    )
    rule = Rule(3 * SECOND, 10 * SECOND)
    with readable(url(path)) as record:
        account = measured(record, Subject("line", "line", True, rule, Terms()), T + 250 * 3 * SECOND)
    told = [(stretch.state, (stretch.span.start - T) // (3 * SECOND), (stretch.span.end - T) // (3 * SECOND)) for stretch in account]
    assert told == [(State.UNKNOWN, 0, 20), (State.DOWN, 20, 250)]
    toll(
        record_property,
        "the store stays away until the queue in memory is full (here 100 rows, by default 200,000)",
        "250 rounds, of which 100 fit",
        "the oldest 151 rounds, counted, on record as an event, and UNKNOWN; of 2 changes of state none",
    )


def test_a_full_disk_that_is_freed_again_loses_nothing(small_disk: Path, opened) -> None:
    path = small_disk / "linewatch.db"
    store = opened(url(path))
    store.mark("line", [up(T)])
    assert store.flush(5)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(bytes(2 * 1024 * 1024))  # more than there is: it takes every page
    rounds = good_rounds(3_000)
    told: list[int] = []
    for n, one in enumerate(rounds):
        store.keep("line", *one, transitions=[down(one[0].at)] if n % 500 == 499 else (), on_commit=lambda n=n: told.append(n))
    until(lambda: store.errors() >= 3)
    announced = len(told)
    with open_for_reading(url(path)) as history:  # a reader is welcome all the time
        assert len(list(history.rounds("line", EVER))) >= announced
    assert store.queue_rows() > 0
    ballast.unlink()
    assert store.flush(10)
    assert told == list(range(3_000))
    assert store.lost() == 0
    store.close(5)
    with open_for_reading(url(path)) as history:
        assert list(history.rounds("line", EVER)) == looks(rounds)
        assert len(history.transitions("line")) == 1 + 6
        assert sum(minute.rounds for minute in history.minutes("line", EVER)) == 3_000
    assert integrity(path) == [("ok",)]


def test_a_write_that_is_refused_in_the_middle_leaves_nothing_of_its_batch(path: Path, opened) -> None:
    store = opened(url(path))
    store.flush(5)
    with sqlite3.connect(path) as other:
        other.execute("CREATE TRIGGER refuse BEFORE INSERT ON states BEGIN SELECT RAISE(ABORT, 'not now'); END")
    other.close()
    told: list[int] = []
    store.keep("line", *good(T), transitions=[up(T)], on_commit=lambda: told.append(1))
    until(lambda: store.errors() >= 2)
    assert told == []
    assert store.heard_at("line") is None  # the round and its transition are one: neither is there
    with sqlite3.connect(path) as other:
        other.execute("DROP TRIGGER refuse")
    other.close()
    assert store.flush(5)
    assert told == [1]
    assert store.tail("line", 5) == looks([good(T)])


def test_pruning_that_cannot_write_is_tried_again(path: Path, opened) -> None:
    store = opened(url(path))
    for one in good_rounds(2_500):
        store.keep("line", *one)
    store.flush(5)
    holder = Holder(path)
    store.prune(T + timedelta(hours=1))
    until(lambda: store.errors() > 1)
    holder.let_go()
    store.keep("line", *good(T + timedelta(hours=3)))
    until(lambda: len(list_of_rounds(path)) == 2_500 - 1_200 + 1)


def list_of_rounds(path: Path) -> list:
    with open_for_reading(url(path)) as history:
        return list(history.readings("line", EVER))


def test_readers_never_see_half_a_batch(path: Path, opened) -> None:
    store = opened(url(path))
    store.flush(5)
    for n in range(400):
        at = T + n * SECOND
        store.keep("line", *good(at), transitions=[up(at)])
        if n % 20 == 0:
            with open_for_reading(url(path)) as history:
                changes = history.transitions("line")
                assert [one.at for one, _ in history.rounds("line", EVER)] == [change.at for change in changes]
                assert history.heard_at("line") == (changes[-1].at if changes else None)
    assert store.flush(5)


def integrity(path: Path) -> list:
    opened = sqlite3.connect(path)
    found = opened.execute("PRAGMA integrity_check").fetchall()
    opened.close()
    return found
