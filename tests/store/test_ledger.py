"""The ledger: what is entered comes back as it went, beside a busy daemon and from several hands at once; nothing in it can be changed."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.errors import StoreError, UsageError
from linewatch.sla.exclusions import Exclusion, Note, Revocation
from linewatch.span import Span
from linewatch.store.ledger import Ledger
from linewatch.store.ledger_rows import exclusion_of, exclusion_row, note_of, note_row
from linewatch.store.opening import open_for_entry, open_for_reading, open_for_writing
from tests.store.material import SECOND, T, good_rounds, instants, url

HOUR = timedelta(hours=1)
MAINTENANCE = Exclusion(0, ("line",), Span(T, T + HOUR), "维护 'n' \"quotes\"", "张三", T + 2 * HOUR, "GD-2024-17", "FREQ=WEEKLY;BYDAY=MO")
EVERYWHERE = Exclusion(0, (), Span(T + HOUR, T + 3 * HOUR), "power cut", "li", T + 2 * HOUR)
TAKEN_BACK = Revocation("wrong day", "王五", T + 5 * HOUR)
NOTE = Note("line@20240101T000000Z", "张三", T + HOUR, "GD-17", "fibre cut", "挖断光缆", T, T + HOUR)
BARE = Note("line@20240101T000000Z", "li", T + 2 * HOUR, text="called again")


@pytest.fixture
def store(place: str) -> str:
    open_for_writing(place).close(5)
    return place


def ledger(place: str) -> list[Exclusion]:
    with open_for_reading(place) as history:
        assert history.exclusions() is history.exclusions()
        return list(history.exclusions())


def test_what_is_entered_comes_back_in_the_order_of_entry(store: str) -> None:
    with open_for_entry(store) as entries:
        first, second = entries.add(MAINTENANCE), entries.add(EVERYWHERE)
        entries.note(NOTE)
        entries.note(BARE)
    assert (first, second) == (replace(MAINTENANCE, id=1), replace(EVERYWHERE, id=2))
    assert ledger(store) == [first, second]
    with open_for_reading(store) as history:
        assert history.notes() == [NOTE, BARE]


def test_an_exclusion_is_revoked_once_and_stays_on_record(store: str) -> None:
    with open_for_entry(store) as entries:
        first, second = entries.add(MAINTENANCE), entries.add(EVERYWHERE)
        assert entries.revoke(1, TAKEN_BACK) == first
        assert entries.revoke(1, replace(TAKEN_BACK, by="another")) == replace(first, revoked=TAKEN_BACK)
        assert entries.revoke(3, TAKEN_BACK) is None
    assert ledger(store) == [replace(first, revoked=TAKEN_BACK), second]


def test_whoever_does_not_agree_sees_the_ledger_and_nothing_is_written(store: str) -> None:
    seen: list[Exclusion] = []

    def refuse(entered) -> None:
        seen.extend(entered)
        raise UsageError("no")

    with open_for_entry(store) as entries:
        first = entries.add(MAINTENANCE)
        with pytest.raises(UsageError, match="no"):
            entries.add(EVERYWHERE, refuse)
        assert seen == [first]
        assert entries.add(EVERYWHERE).id > first.id
    assert len(ledger(store)) == 2


@pytest.mark.parametrize("table", ["exclusions", "revocations", "notes"])
@pytest.mark.parametrize("act", ["UPDATE {} SET author = 'another'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_what_was_entered(path: Path, table: str, act: str) -> None:
    open_for_writing(url(path)).close(5)
    with open_for_entry(url(path)) as entries:
        entries.add(MAINTENANCE)
        entries.revoke(1, TAKEN_BACK)
        entries.note(NOTE)
    opened = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="the ledger is append-only"):
        opened.execute(act.format(table))
    opened.close()
    assert len(ledger(url(path))) == 1


def test_entries_are_made_while_the_daemons_writer_is_busy_and_neither_loses_a_row(place: str, opened) -> None:
    daemon = opened(place)
    rounds = good_rounds(3_000)
    done = threading.Event()

    def watch() -> None:
        for n, one in enumerate(rounds):
            daemon.keep("line", *one, on_commit=(lambda: None) if n % 10 == 0 else None)  # a commit of its own for every tenth
        done.set()

    watching = threading.Thread(target=watch)
    watching.start()
    with open_for_entry(place) as entries:
        for _ in range(30):
            entries.add(MAINTENANCE)
    watching.join()
    assert done.is_set()
    assert daemon.flush(60)
    assert [entry.id for entry in ledger(place)] == list(range(1, 31))
    with open_for_reading(place) as history:
        assert len(list(history.rounds("line", Span(T, T + 10_000 * SECOND)))) == 3_000


def test_entries_of_several_hands_at_once_get_numbers_of_their_own(store: str) -> None:
    def enter(_: int) -> int:
        with open_for_entry(store) as entries:
            return entries.add(MAINTENANCE).id

    with ThreadPoolExecutor(8) as hands:
        numbers = list(hands.map(enter, range(24)))
    assert sorted(numbers) == list(range(1, 25))


def test_of_several_who_revoke_at_once_one_does(store: str) -> None:
    with open_for_entry(store) as entries:
        entries.add(MAINTENANCE)

    def revoke(n: int) -> bool:
        with open_for_entry(store) as entries:
            before = entries.revoke(1, replace(TAKEN_BACK, by=str(n)))
        assert before is not None
        return before.revoked is None

    with ThreadPoolExecutor(8) as hands:
        assert sum(hands.map(revoke, range(16))) == 1


def test_without_a_store_there_is_nothing_to_enter_into_and_none_is_made(path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_for_entry(url(path))
    assert str(caught.value) == f"no store yet at {path}: start `linewatch run` or `linewatch import`"
    assert not path.exists()


texts = st.text(max_size=30)
spans = st.tuples(instants, instants).map(lambda pair: Span(min(pair), max(pair)))
entered = st.builds(Exclusion, st.just(0), st.lists(texts, max_size=3).map(tuple), spans, texts, texts, instants, texts, texts, st.none())
noted = st.builds(Note, texts, texts, instants, texts, texts, texts, st.none() | instants, st.none() | instants)


class Row:
    """A row as the database gives it."""

    def __init__(self, **columns: object) -> None:
        self.__dict__.update(columns)


@given(entered, st.none() | st.builds(Revocation, texts, texts, instants))
def test_an_exclusion_comes_back_as_it_went(entry: Exclusion, revoked: Revocation | None) -> None:
    about = (
        (None, None, None)
        if revoked is None
        else (revoked.reason, revoked.by, exclusion_row(replace(entry, entered_at=revoked.entered_at))["entered_us"])
    )
    columns = dict(zip(("revoked_reason", "revoked_author", "revoked_us"), about, strict=True))
    assert exclusion_of(Row(id=0, **exclusion_row(entry), **columns)) == replace(entry, revoked=revoked)


@given(noted)
def test_a_note_comes_back_as_it_went(note: Note) -> None:
    assert note_of(Row(**note_row(note))) == note


def test_on_a_full_disk_an_entry_is_refused_in_a_line_and_nothing_is_half_written(small_disk: Path) -> None:
    path = small_disk / "linewatch.db"
    open_for_writing(url(path)).close(5)
    with open_for_entry(url(path)) as entries:
        entries.add(MAINTENANCE)
        with pytest.raises(OSError, match="No space left"):
            (small_disk / "ballast").write_bytes(bytes(2 * 1024 * 1024))  # more than there is: it takes every page
        with pytest.raises(StoreError) as caught:
            fill(entries)
        before = len(ledger(url(path)))
        (small_disk / "ballast").unlink()
        assert entries.add(MAINTENANCE).id == before + 1
    assert str(caught.value) == f"the store {path} cannot be written: no space left on its disk"
    assert caught.value.exit_code == 3


def fill(entries: Ledger) -> None:
    for _ in range(200):
        entries.add(replace(MAINTENANCE, reason="x" * 500))
