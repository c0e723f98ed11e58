from __future__ import annotations

from datetime import timedelta

from linewatch.store.opening import open_for_import, open_for_reading
from tests.store.material import EVER, SECOND, T, bad, good, good_rounds, looks, until, up
from tests.store.test_importing import source

HOUR = timedelta(hours=1)


def pruned_before(place: str):
    with open_for_reading(place) as history:
        return history.services()[0].pruned_before


def test_old_samples_go_by_whole_hours_and_all_else_stays(place: str, opened) -> None:
    store = opened(place)
    rounds = good_rounds(10 * 1_200)  # ten hours, three steps of pruning
    store.mark("line", [up(T)])
    for one in rounds:
        store.keep("line", *one)
    store.flush(20)
    with open_for_reading(place) as history:
        before = list(history.minutes("line", EVER)), history.rtt_counts("line", EVER)
    store.prune(T + 7.5 * HOUR)
    until(lambda: pruned_before(place) == T + 7 * HOUR)
    with open_for_reading(place) as history:
        assert list(history.rounds("line", EVER)) == looks(rounds[7 * 1_200 :])
        assert (list(history.minutes("line", EVER)), history.rtt_counts("line", EVER)) == before
        assert history.transitions("line") == [up(T)]


def test_what_is_handed_over_meanwhile_is_kept(place: str, opened) -> None:
    store = opened(place)
    for one in good_rounds(8 * 1_200):
        store.keep("line", *one)
    store.flush(20)
    store.prune(T + 8 * HOUR)
    told: list[int] = []
    for n in range(20):
        store.keep("line", *good(T + 8 * HOUR + n * SECOND), transitions=[up(T)], on_commit=lambda n=n: told.append(n))
    until(lambda: len(told) == 20)
    # The hour of the minute that is still open stays, and which that is depends on who came first.
    until(lambda: pruned_before(place) in (T + 7 * HOUR, T + 8 * HOUR))
    assert store.errors() == 0


def test_a_round_that_comes_late_to_a_pruned_hour_does_not_spoil_its_roll_ups(place: str, opened) -> None:
    store = opened(place)
    for one in good_rounds(3 * 1_200):
        store.keep("line", *one)
    store.flush(10)
    store.prune(T + HOUR)
    until(lambda: pruned_before(place) == T + HOUR)
    with open_for_reading(place) as history:
        before = list(history.minutes("line", EVER))[:60]
    store.keep("line", *bad(T + timedelta(minutes=30)))  # the clock was stepped back
    store.close(5)
    with open_for_reading(place) as history:
        assert list(history.minutes("line", EVER))[:60] == before
        assert sum(history.rtt_counts("line", EVER).values()) == 3_600


def test_imported_samples_are_not_pruned(place: str, opened) -> None:
    store = opened(place)
    imported = good_rounds(1_200, T - 5 * HOUR)
    with open_for_import(place) as importer:
        importer.enrol("line", "line", 3 * SECOND)
        assert importer.import_samples("line", source(imported), imported, [])
    for one in good_rounds(2_400):
        store.keep("line", *one)
    store.flush(10)
    store.prune(T + HOUR)
    until(lambda: pruned_before(place) == T + HOUR)
    with open_for_reading(place) as history:
        assert list(history.rounds("line", EVER, imported=True)) == looks(imported + good_rounds(2_400)[1_200:])


def test_an_hour_with_more_rows_than_a_step_goes_whole(place: str, opened) -> None:
    store = opened(place)
    for one in good_rounds(2 * 6_000, every=timedelta(seconds=0.6)):
        store.keep("line", *one)
    store.keep("line", *good(T + 3 * HOUR))
    store.flush(20)
    store.prune(T + 2 * HOUR)
    until(lambda: pruned_before(place) == T + 2 * HOUR)
    with open_for_reading(place) as history:
        assert [reading.at for reading in history.readings("line", EVER)] == [T + 3 * HOUR]
