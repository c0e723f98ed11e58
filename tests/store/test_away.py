"""PostgreSQL's server goes away and comes back: nothing is lost, nothing is doubled, the order holds, and the numbers tell."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from linewatch.errors import StoreAway, StoreError
from linewatch.sample.event import Event, Happening
from linewatch.span import Span
from linewatch.store.address import address_of
from linewatch.store.backlog import Entry
from linewatch.store.batch import Directory, write_batch
from linewatch.store.courier import SILENT_S
from linewatch.store.entry import ServiceRow
from linewatch.store.opening import AT_ONCE_ROWS, open_for_reading, open_for_writing, upgrade
from linewatch.store.spool import Spool
from linewatch.store.writer import Store
from linewatch.verdict.reading import Reading
from tests.postgresql import Server
from tests.store.hammer import number
from tests.store.material import EVER, SECOND, Looked, T, down, good, good_rounds, looks, until, up
from tests.store.test_kill import GAP, Nursery, Told, check_account
from tests.store.test_rolling import pure, rolled
from tests.toll import Tell, toll

LIVES = 8
STALL_S = 2.0
"""For how long a busy machine may leave a writer waiting for its turn and for the disk."""


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server that these tests may stop."""
    with Server() as server:
        yield server


@pytest.fixture
def server(own: Server) -> Server:
    if not own.runs():
        own.start()
    return own


@pytest.fixture
def place(server: Server) -> str:
    return server.url(server.database())


def opened(place: str, folder: Path) -> Store:
    store = open_for_writing(place, spool=folder / "spool")
    store.enrol("line", "line", 3 * SECOND)
    return store


def keep(store: Store, rounds: list[Looked], every: int = 50) -> None:
    """Hand rounds over, every so many with a change of state and an event."""
    for n, one in enumerate(rounds):
        store.keep("line", *one, transitions=[up(one[0].at)] if n % every == 0 else ())
        if n % every == 0:
            store.note(Event(one[0].at, Happening.COUNTS_AGAIN, "line", {"anchor": str(n)}))


def assert_kept(place: str, rounds: list[Looked], every: int = 50) -> None:
    changed = [one[0].at for one in rounds[::every]]
    with open_for_reading(place) as history:
        assert list(history.rounds("line", EVER)) == looks(rounds)
        assert [change.at for change in history.transitions("line")] == changed
        assert [event.at for event in history.events(EVER, [Happening.COUNTS_AGAIN])] == changed
        assert history.heard_at("line") == rounds[-1][0].at


def test_a_server_that_is_cut_off_and_comes_back_loses_nothing(server: Server, place: str, tmp_path: Path, record_property: Tell) -> None:
    store = opened(place, tmp_path)
    rounds = good_rounds(600)
    keep(store, rounds[:200])
    assert store.flush(20)
    server.stop("immediate")
    told: list[int] = []
    keep(store, rounds[200:400])
    store.mark("line", [], on_commit=lambda: told.append(1))
    until(lambda: store.errors() >= 2)
    until(lambda: told == [1])  # what is safe in the spool is announced: an alarm does not wait for the server
    until(lambda: store.queue_rows() == 200 + 4 + 4)
    assert store.last_error() is not None
    assert not store.flush(0.1)
    server.start()
    keep(store, rounds[400:])
    assert store.flush(20)
    assert (store.queue_rows(), store.lost(), store.last_error()) == (0, 0, None)
    assert store.close(5) == 0
    assert_kept(place, rounds)
    with open_for_reading(place) as history:
        assert rolled(history) == pure(rounds)
    toll(record_property, "PostgreSQL's server ended at once (SIGQUIT) under a writer, and started again", "1 try, 600 rounds", "nothing")


def test_killed_again_and_again_while_the_server_comes_and_goes_nothing_is_lost_but_the_last_second(
    server: Server, place: str, tmp_path: Path, record_property: Tell
) -> None:
    chance = random.Random(11)
    spool = tmp_path / "spool"
    open_for_writing(place, spool=spool).close(5)
    told, lives, away, blind = Told(), [], 0, 0
    with Nursery() as nursery:
        for turn in range(LIVES):
            at_birth, afterwards = server.runs(), chance.random() < 0.5
            first = max(told.handed_over, default=0) + GAP
            changing = threading.Timer(chance.uniform(0, 0.5), lambda there=afterwards: there_or_away(server, there))
            changing.start()
            killed_at, said = nursery.killed(place, first, 25, chance.uniform(0.1, 0.7) if turn % 5 else 1.6, True, spool)
            changing.join()
            for line in said:
                told.hear(line)
            lives.append((first, killed_at))
            away += not (at_birth and server.runs())
            blind += not at_birth
    there_or_away(server, True)
    open_for_writing(place, spool=spool).close(20)
    with open_for_reading(place) as history:
        kept = [number(one.at) for one, _ in history.rounds("line", EVER)]
        changes = history.transitions("line")
    assert len({(change.at, change.state, change.cause, change.earliest_at) for change in changes}) == len(changes), "a change is there twice"
    for (first, killed_at), (beyond, _) in itertools.pairwise([*lives, (10**9, 0)]):
        mine = [n for n in sorted(told.handed_over) if first <= n < beyond]
        present = [n for n in kept if first <= n < beyond]
        assert present == mine[: len(present)], "a hole in the middle"
        told.lost += len(mine) - len(present)
        told.oldest_lost_s = max([told.oldest_lost_s, *(killed_at - told.handed_over[n] for n in mine[len(present) :])])
    assert told.oldest_lost_s <= 1.0 + STALL_S, "more than the last second is lost"
    dated = {number(change.at) for change in changes}
    for n, announced in told.announced.items():
        assert n in kept, "the round of an announced change of state is lost"
        assert announced <= dated, "an announced change of state is lost"
    assert told.announced
    holes = check_account(place, told, 25)
    with open_for_reading(place) as history:
        assert rolled(history) == pure(list(history.rounds("line", EVER)))
    assert blind > 0
    toll(
        record_property,
        "kill -9 of a writer while PostgreSQL's server comes and goes",
        f"{LIVES} kills (seed 11), {away} with the server away, {blind} of them from the start; {len(told.handed_over):,} rounds handed over",
        f"of {sum(map(len, told.announced.values()))} announced changes of state none; {told.lost:,} samples, the oldest"
        f" {told.oldest_lost_s:.2f} s old when it died; {holes} holes, all of them UNKNOWN",
    )


def there_or_away(server: Server, there: bool) -> None:
    if there and not server.runs():
        server.start()
    elif not there and server.runs():
        server.stop("immediate")


def test_started_while_the_server_is_away_it_stands_where_it_stood_and_goes_on(server: Server, place: str, tmp_path: Path) -> None:
    rounds = good_rounds(200)
    first = opened(place, tmp_path)
    keep(first, rounds[:100])
    assert first.close(5) == 0
    server.stop()
    again = opened(place, tmp_path)
    assert again.tail("line", 20) == looks(rounds[80:100])
    assert again.last_transition("line") == up(rounds[50][0].at)
    assert again.heard_at("line") == rounds[99][0].at
    keep(again, rounds[100:])
    until(lambda: again.queue_rows() == 1 + 100 + 4)
    last = Span(rounds[190][0].at, EVER.end)
    until(lambda: list(again.rounds("line", last)) == [looked for looked, _ in looks(rounds[190:])])
    with pytest.raises(StoreAway):  # of what the spool does not know, nothing is made up
        again.tail("site", 5)
    server.start()
    assert again.flush(20)
    assert again.tail("site", 5) == []
    assert again.close(5) == 0
    assert_kept(place, rounds)


def test_what_would_hold_up_the_start_is_delivered_beside_the_rounds(place: str, tmp_path: Path) -> None:
    rounds = good_rounds(AT_ONCE_ROWS + 100)
    opened(place, tmp_path).close(5)
    left = Spool(tmp_path / "spool", address_of(place).identity)
    left.append([Entry("line", one) for one in rounds])
    left.close()
    store = opened(place, tmp_path)
    assert store.tail("line", 5) == looks(rounds[-5:])
    assert store.flush(60)
    assert store.close(5) == 0
    assert [reading.at for reading in readings(place)] == [one.at for one, _ in rounds]


def test_with_an_empty_spool_it_does_not_start_while_the_server_is_away(server: Server, place: str, tmp_path: Path) -> None:
    server.stop()
    with pytest.raises(StoreAway, match="is away: "):
        open_for_writing(place, spool=tmp_path / "spool")
    server.start()
    open_for_writing(place, spool=tmp_path / "spool").close(5)


def test_a_store_that_refuses_is_not_away_whatever_the_spool_knows(server: Server, place: str, tmp_path: Path) -> None:
    opened(place, tmp_path).close(5)
    name = address_of(place).url.database
    server.ask(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    with pytest.raises(StoreError, match=f'refuses: database "{name}" is not currently accepting connections$'):
        open_for_writing(place, spool=tmp_path / "spool")


def test_a_frozen_server_holds_up_nothing_and_is_told_of(server: Server, place: str, tmp_path: Path) -> None:
    store = opened(place, tmp_path)
    rounds = good_rounds(100)
    keep(store, rounds[:10])
    assert store.flush(20)
    [backend] = server.backends(address_of(place).url.database or "")
    os.kill(backend, signal.SIGSTOP)
    told: list[int] = []
    for one in rounds[10:]:
        store.keep("line", *one, on_commit=lambda: told.append(1))
    until(lambda: len(told) == 90)
    assert store.last_error() is None
    until(lambda: store.last_error() is not None, SILENT_S + 10)
    assert str(store.last_error()).startswith("the store has not answered for ")
    began = time.monotonic()
    assert store.close(0.5) == 0
    assert time.monotonic() - began < 5
    os.kill(backend, signal.SIGCONT)
    until(lambda: server.backends(address_of(place).url.database or "") == [])
    open_for_writing(place, spool=tmp_path / "spool").close(10)
    assert_kept(place, rounds, every=100)


def test_a_commit_whose_answer_is_lost_is_not_made_twice(place: str) -> None:
    upgrade(place)
    entries = [Entry(enrolled=ServiceRow("line", "line", 3 * SECOND))]
    for n, one in enumerate(good_rounds(50)):
        entries.append(Entry("line", one, (down(one[0].at),) if n % 10 == 0 else ()))
        entries.append(Entry(event=Event(one[0].at, Happening.COUNTS_AGAIN, "line", {"anchor": str(n)})))
    engine = address_of(place).engine("write", 5)
    for count in (60, 101, 101):  # the second try holds more than the first, as after a restart
        with engine.connect() as connection:
            directory = Directory(connection)
            with connection.begin():
                write_batch(directory, entries[:count], again=True)
    with open_for_reading(place) as history:
        assert list(history.rounds("line", EVER)) == looks(good_rounds(50))
        assert history.transitions("line") == [down(T + n * 30 * SECOND) for n in range(5)]
        assert [event.data["anchor"] for event in history.events(EVER)] == [str(n) for n in range(50)]
        assert history.heard_at("line") == T + 147 * SECOND


def test_pruning_goes_on_when_the_server_is_back(server: Server, place: str, tmp_path: Path) -> None:
    store = opened(place, tmp_path)
    for one in good_rounds(2_500):
        store.keep("line", *one)
    assert store.flush(30)
    server.stop()
    store.prune(T + timedelta(hours=1))
    until(lambda: store.errors() > 0)
    server.start()
    until(lambda: len(readings(place)) == 1_300, 30)
    assert store.close(5) == 0


def readings(place: str) -> list[Reading]:
    with open_for_reading(place) as history:
        return list(history.readings("line", EVER))


def test_where_the_spools_disk_is_full_rows_go_straight_to_the_server(server: Server, place: str, small_disk: Path) -> None:
    store = open_for_writing(place, spool=small_disk / "spool")
    store.enrol("line", "line", 3 * SECOND)
    rounds = good_rounds(300)
    keep(store, rounds[:100])
    assert store.flush(20)
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "ballast").write_bytes(bytes(2 * 1024 * 1024))
    keep(store, rounds[100:200])
    assert store.flush(20)
    until(lambda: len(readings(place)) == 200)
    server.stop()
    keep(store, rounds[200:])  # nowhere to go now but memory
    until(lambda: "No space left" in str(store.last_error()) or "away" in str(store.last_error()))
    until(lambda: store.queue_rows() >= 100)
    server.start()
    assert store.flush(30)
    assert store.lost() == 0
    assert store.close(5) == 0
    assert_kept(place, rounds)


def test_a_second_daemon_is_refused_also_when_the_server_has_been_away(server: Server, place: str, tmp_path: Path) -> None:
    store = opened(place, tmp_path)
    keep(store, good_rounds(10))
    assert store.flush(20)
    server.stop()
    server.start()
    keep(store, [good(T + timedelta(hours=1))])
    assert store.flush(20)
    with pytest.raises(StoreError, match="another linewatch writes to the store"):
        open_for_writing(place, spool=tmp_path / "another")
    with pytest.raises(StoreError, match=r"another linewatch \(process \d+\) writes to the spool"):
        open_for_writing(server.url(server.database()), spool=tmp_path / "spool")
    store.close(5)


def test_a_spool_that_cannot_be_made_is_named_at_the_start(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as caught:
        open_for_writing(place, spool=tmp_path / "file" / "spool")
    assert str(caught.value) == f"the spool {tmp_path}/file/spool cannot be used: Not a directory; store.spool may name another folder"
