from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest

from linewatch.errors import HistoryFileError, StoreError
from linewatch.store.entry import Source
from linewatch.store.opening import open_for_import, open_for_reading
from tests.store.material import EVER, SECOND, Looked, T, bad, down, good, good_rounds, looks, up


def source(rounds: list[Looked], name: str = "old.csv") -> Source:
    digest = hashlib.sha256(repr(rounds).encode()).hexdigest()
    return Source("samples", name, digest, T, len(rounds), rounds[0][0].at, rounds[-1][0].at, 3 * SECOND)


STATES = Source("states", "2022.csv", "ab" * 32, T, 3, T, T + timedelta(days=365))
CHANGES = [up(T), down(T + timedelta(days=3)), up(T + timedelta(days=3, hours=1))]


def test_a_file_of_states_is_kept_apart_from_what_was_measured(place: str, opened) -> None:
    store = opened(place)
    store.mark("line", [up(T)])
    store.flush(5)
    with open_for_import(place) as importer:
        assert importer.import_states("line", STATES, CHANGES)
    with open_for_reading(place) as history:
        assert history.imports("line") == [(STATES, CHANGES)]
        assert history.transitions("line") == [up(T)]
        assert history.last_transition("line") == up(T)
        assert history.imports("site") == []


def test_the_same_file_twice_changes_nothing(place: str) -> None:
    with open_for_import(place) as importer:
        importer.enrol("line", "line", 3 * SECOND)
        importer.enrol("site", "endpoint", 60 * SECOND)
        assert importer.import_states("line", STATES, CHANGES)
        assert not importer.import_states("line", STATES, CHANGES)
        assert importer.import_states("site", STATES, CHANGES)  # another service's history
    with open_for_reading(place) as history:
        assert history.imports("line") == [(STATES, CHANGES)]


def test_a_file_of_samples_is_kept_with_its_judgement_and_rolled_up(place: str) -> None:
    rounds = good_rounds(2_500)
    with open_for_import(place) as importer:
        importer.enrol("line", "line", 3 * SECOND)
        assert importer.import_samples("line", source(rounds), iter(rounds), CHANGES)
        assert not importer.import_samples("line", source(rounds), iter(rounds), CHANGES)
    with open_for_reading(place) as history:
        assert list(history.rounds("line", EVER)) == []
        assert list(history.rounds("line", EVER, imported=True)) == looks(rounds)
        assert history.imports("line") == [(source(rounds), CHANGES)]
        assert history.loss("line", EVER) == (0, 2_500)
        assert sum(history.rtt_counts("line", EVER).values()) == 2_500
        assert history.heard_at("line") is None


def test_where_a_file_overlaps_what_was_measured_the_measurement_stands(place: str, opened) -> None:
    store = opened(place)
    measured = [bad(T + n * 3 * SECOND) for n in range(20)]  # the first minute
    for one in measured:
        store.keep("line", *one)
    store.flush(5)
    imported = good_rounds(40)  # the same minute, at the same instants, and the next
    with open_for_import(place) as importer:
        assert importer.import_samples("line", source(imported), imported, [])
    store.close(5)
    with open_for_reading(place) as history:
        assert list(history.rounds("line", EVER)) == looks(measured)
        assert list(history.rounds("line", EVER, imported=True)) == looks(measured + imported[20:])
        assert [(minute.bad, minute.sent, minute.lost) for minute in history.minutes("line", EVER)] == [(20, 20, 20), (0, 20, 0)]


def test_what_is_measured_after_the_import_of_its_minute_replaces_it_in_the_roll_ups(place: str, opened) -> None:
    store = opened(place)
    store.flush(5)
    imported = good_rounds(40)
    with open_for_import(place) as importer:
        assert importer.import_samples("line", source(imported), imported, [])
    store.keep("line", *bad(T + timedelta(seconds=1)))
    store.close(5)
    with open_for_reading(place) as history:
        assert [(minute.rounds, minute.lost) for minute in history.minutes("line", EVER)] == [(1, 1), (20, 0)]
        assert sum(history.rtt_counts("line", EVER).values()) == 20


def test_of_two_files_that_overlap_a_minute_is_made_of_the_first(place: str) -> None:
    first = good_rounds(20)
    second = [bad(one.at + SECOND) for one, _ in good_rounds(40)]
    with open_for_import(place) as importer:
        importer.enrol("line", "line", 3 * SECOND)
        importer.import_samples("line", source(first), first, [])
        importer.import_samples("line", source(second, "other.csv"), second, [])
    with open_for_reading(place) as history:
        assert [(minute.rounds, minute.bad) for minute in history.minutes("line", EVER)] == [(20, 0), (20, 20)]


def test_a_file_that_turns_out_bad_half_way_leaves_nothing(place: str) -> None:
    rounds = good_rounds(5_000)

    def read() -> Iterator[Looked]:
        yield from rounds
        raise HistoryFileError("old.csv, line 5001: not an instant")

    with open_for_import(place) as importer:
        importer.enrol("line", "line", 3 * SECOND)
        with pytest.raises(HistoryFileError, match="line 5001"):
            importer.import_samples("line", source(rounds), read(), CHANGES)
        assert importer.import_samples("line", source(rounds), rounds[:3], [])  # not "already there"
    with open_for_reading(place) as history:
        assert list(history.rounds("line", EVER, imported=True)) == looks(rounds[:3])


def test_a_daemon_goes_on_during_an_import(place: str, opened) -> None:
    store = opened(place)
    store.flush(5)
    rounds = good_rounds(3_000)
    told: list[int] = []
    safe_elsewhere = [1] if place.startswith("postgresql") else []  # in the spool

    def read() -> Iterator[Looked]:
        for n, one in enumerate(rounds):
            if n == 2_500:  # the import holds the write lock by now
                store.keep("line", *good(T + timedelta(days=1)), on_commit=lambda: told.append(1))
                assert not store.flush(0.5)
                assert told == safe_elsewhere
            yield one

    with open_for_import(place) as importer:
        assert importer.import_samples("line", source(rounds), read(), [])
    assert store.flush(5)
    assert told == [1]


def test_a_service_must_be_enrolled_before_its_import(place: str) -> None:
    with open_for_import(place) as importer, pytest.raises(StoreError, match=r"^the store .* cannot be used"):
        importer.import_states("line", STATES, CHANGES)
