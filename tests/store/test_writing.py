from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linewatch.sample.event import Event, Happening
from linewatch.store.backlog import Backlog, Entry
from linewatch.store.opening import open_for_reading, open_for_writing
from linewatch.verdict.reading import Kind
from linewatch.verdict.state import Transition
from tests.store.material import EVER, SECOND, Looked, T, bad, down, good, good_rounds, looked, looks, transitions, until, up


@given(st.lists(looked(), unique_by=lambda one: one[0].at), st.lists(transitions()))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_kept_is_read_again(places, rounds: list[Looked], changes: list[Transition]) -> None:
    place = places()
    store = open_for_writing(place)
    store.enrol("line", "line", 3 * SECOND)
    for one in rounds:
        store.keep("line", *one)
    store.mark("line", changes)
    assert store.close(10) == 0
    with open_for_reading(place) as history:
        assert list(history.rounds("line", EVER)) == looks(sorted(rounds, key=lambda one: one[0].at))
        assert list(history.readings("line", EVER)) == [reading for _, reading in history.rounds("line", EVER)]
        assert history.transitions("line") == changes
        assert history.last_transition("line") == (changes[-1] if changes else None)
        assert history.heard_at("line") == (rounds[-1][0].at if rounds else None)


def test_services_are_listed_with_their_last_interval_and_round(place: str, opened) -> None:
    store = opened(place)
    store.keep("line", *good(T))
    store.enrol("line", "line", 5 * SECOND)
    store.close(5)
    with open_for_reading(place) as history:
        line, site = history.services()
    assert (line.name, line.kind, line.interval, line.heard_at) == ("line", "line", 5 * SECOND, T)
    assert (site.name, site.kind, site.interval, site.heard_at, site.pruned_before) == ("site", "endpoint", 60 * SECOND, None, None)


def test_transitions_keep_the_order_of_record_where_the_clock_was_stepped_back(place: str, opened) -> None:
    store = opened(place)
    changes = [up(T), down(T + timedelta(hours=1)), up(T - timedelta(hours=1)), down(T)]
    for change in changes:
        store.mark("line", [change])
    store.close(5)
    with open_for_reading(place) as history:
        assert history.transitions("line") == changes


def test_a_transition_is_announced_after_its_commit_and_without_delay(place: str) -> None:
    store = open_for_writing(place)
    store.enrol("line", "line", 3 * SECOND)
    seen: list[list[Transition]] = []
    threads: list[str] = []

    def announced() -> None:
        threads.append(threading.current_thread().name)
        with open_for_reading(place) as history:
            seen.append(history.transitions("line"))

    store.keep("line", *bad(T), transitions=[down(T)], on_commit=announced)
    until(lambda: bool(seen), 5)
    assert seen == [[down(T)]]
    assert threads == ["linewatch-store"]
    store.close(5)


def test_a_plain_round_is_committed_though_nothing_follows(place: str, opened) -> None:
    store = opened(place)
    store.keep("line", *good(T))
    until(lambda: store.heard_at("line") == T, 5)
    until(lambda: store.queue_rows() == 0)


def test_a_listener_that_fails_stops_nothing(place: str, opened, caplog) -> None:
    store = opened(place)

    def fails() -> None:
        raise RuntimeError("not mine")

    store.mark("line", [up(T)], on_commit=fails)
    store.mark("line", [down(T + SECOND)])
    assert store.flush(5)
    assert store.last_transition("line") == down(T + SECOND)
    assert store.errors() == 0
    assert "not mine" in caplog.text


def test_of_two_rounds_at_the_same_microsecond_the_first_stands_and_the_other_is_counted(place: str, opened) -> None:
    store = opened(place)
    store.keep("line", *good(T))
    store.flush(5)
    store.keep("line", *bad(T), transitions=[down(T)])
    store.keep("site", *good(T))
    store.flush(5)
    assert (store.duplicates(), store.errors()) == (1, 0)
    assert [reading.kind for _, reading in store.tail("line", 5)] == [Kind.GOOD]
    assert store.last_transition("line") == down(T)


@pytest.mark.parametrize("hand_over", ["keep", "mark", "note"])
def test_nothing_is_kept_of_a_service_that_is_not_enrolled(place: str, opened, hand_over: str) -> None:
    store = opened(place)
    calls = {
        "keep": lambda: store.keep("other", *good(T)),
        "mark": lambda: store.mark("other", [up(T)]),
        "note": lambda: store.note(Event(T, Happening.SET_ASIDE, "other")),
    }
    with pytest.raises(ValueError, match="'other' is not enrolled"):
        calls[hand_over]()


def test_a_restart_knows_the_services_and_reads_where_it_stood(place: str, opened) -> None:
    rounds = good_rounds(30)
    first = opened(place)
    for one in rounds:
        first.keep("line", *one)
    first.mark("line", [up(T), down(T + 90 * SECOND)])
    first.close(5)
    again = open_for_writing(place)
    assert again.tail("line", 20) == looks(rounds[-20:])
    assert again.last_transition("line") == down(T + 90 * SECOND)
    assert again.heard_at("line") == rounds[-1][0].at
    again.keep("line", *good(T + 90 * SECOND))  # enrolled by the run before
    assert again.close(5) == 0


def test_after_a_step_back_of_the_clock_the_tail_ends_at_the_round_heard_last(place: str, opened) -> None:
    store = opened(place)
    ahead, after = good_rounds(5, T + timedelta(hours=1)), good_rounds(5, T)
    for one in (*ahead, *after):
        store.keep("line", *one)
    store.flush(5)
    assert store.tail("line", 10) == looks(after)
    with open_for_reading(place) as history:
        assert history.tail("line", 3) == [reading for _, reading in after[-3:]]


def test_events_are_kept_with_their_data_and_asked_for_by_kind(place: str, opened) -> None:
    store = opened(place)
    events = [
        Event(T, Happening.STARTED, None, {"version": "1.0"}),
        Event(T + SECOND, Happening.SET_ASIDE, "line", {"anchor": "223.5.5.5 南京"}),
        Event(T + 2 * SECOND, Happening.CLOCK_STEPPED, None, {"seconds": -3600.5}),
    ]
    for event in events:
        store.note(event)
    store.close(5)
    with open_for_reading(place) as history:
        assert history.events(EVER) == events
        assert history.events(EVER, [Happening.SET_ASIDE]) == [events[1]]


def test_bad_rounds_alone_are_found_through_their_index(place: str, opened) -> None:
    store = opened(place)
    rounds = [bad(T + n * SECOND) if n % 7 == 0 else good(T + n * SECOND) for n in range(50)]
    for one in rounds:
        store.keep("line", *one)
    store.close(5)
    with open_for_reading(place) as history:
        found = list(history.readings("line", EVER, [Kind.BAD]))
    assert found == [reading for _, reading in rounds if reading.kind is Kind.BAD]


def test_a_service_that_is_not_on_record_has_no_rows(place: str, opened) -> None:
    opened(place).flush(5)
    with open_for_reading(place) as history:
        assert history.transitions("other") == []
        assert history.last_transition("other") is None
        assert history.imports("other") == []
        assert list(history.rounds("other", EVER)) == []
        assert history.loss("other", EVER) == (0, 0)
        assert history.rtt_counts("other", EVER) == {}
        assert history.tail("other", 3) == []


# The queue, without a writer.


def taken(backlog: Backlog) -> list[Entry]:
    backlog.close()
    return backlog.take(1_000, None)


def test_a_full_queue_lets_the_oldest_samples_go_and_counts_them() -> None:
    backlog = Backlog(limit=10, linger_s=60)
    rounds = good_rounds(25)
    for one in rounds:
        backlog.put(Entry("line", one))
    assert (backlog.rows, backlog.let_go) == (10, 15)
    [gap] = [backlog.take_gaps()["line"]]
    assert (gap.count, gap.first_at, gap.last_at) == (15, rounds[0][0].at, rounds[14][0].at)
    assert backlog.take_gaps() == {}
    assert [entry.sample for entry in taken(backlog)] == rounds[15:]


def test_a_full_queue_never_lets_a_transition_or_an_event_go() -> None:
    backlog = Backlog(limit=3, linger_s=60)
    changes = [up(T + n * SECOND) for n in range(6)]
    for n, change in enumerate(changes):
        backlog.put(Entry("line", good(T + n * SECOND), (change,)))
    event = Event(T, Happening.STARTED)
    backlog.put(Entry(event=event))
    entries = taken(backlog)
    assert [change for entry in entries for change in entry.transitions] == changes
    assert entries[-1].event == event
    assert all(entry.sample is None for entry in entries)
    assert backlog.let_go == 6


def test_who_waits_for_a_round_that_was_let_go_is_not_told_that_it_was_kept() -> None:
    backlog = Backlog(limit=1, linger_s=0.05)
    backlog.put(Entry("line", good(T), on_commit=lambda: None))
    backlog.put(Entry("line", good(T + SECOND)))
    before = time.monotonic()
    [entry] = backlog.take(10, None)
    assert time.monotonic() - before >= 0.04  # the urgency went with it
    assert entry.on_commit is None


def test_an_idle_queue_gives_nothing_after_the_patience_of_its_writer() -> None:
    assert Backlog(limit=1, linger_s=60).take(10, 0.01) == []


def test_a_restart_reads_which_anchors_were_set_aside(place: str, opened) -> None:
    store = opened(place)
    heard = [("set_aside", "a", 0), ("set_aside", "b", 1), ("counts_again", "a", 5), ("set_aside", "c", 9)]
    for kind, anchor, second in heard:
        store.note(Event(T + second * SECOND, Happening(kind), "line", {"anchor": anchor}))
    store.note(Event(T, Happening.SET_ASIDE, "site", {"anchor": "d"}))
    assert store.flush(10)
    assert [store.aside("line", T + second * SECOND) for second in (0, 5, 6, 10)] == [set(), {"a", "b"}, {"b"}, {"b", "c"}]
