"""Whether the minutes on record are those that the rounds make, on both stores."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round
from linewatch.span import Span
from linewatch.store.opening import open_for_reading
from linewatch.store.proof import EXAMPLES, MinuteProof
from linewatch.store.rollup import Minute
from linewatch.store.writer import Store
from linewatch.verdict.reading import Kind, Reading
from tests.store.material import EVER, PANEL, SECOND, T, bad, good

Opened = Callable[..., Store]
MINUTE = timedelta(minutes=1)


def kept(store: Store, count: int) -> None:
    """Rounds of many shapes: good ones, bad ones, one anchor silent, times that are cut at any place."""
    chance = random.Random(5)
    at = T + 7 * SECOND
    for _ in range(count):
        at += chance.choice([1, 3, 3, 3, 3, 90]) * SECOND
        kind = chance.choices(["good", "bad", "partly"], [20, 2, 2])[0]
        if kind == "partly":
            silent = tuple(LOST if place == 2 else Outcome(Result.OK, 20_000) for place in range(len(PANEL)))
            store.keep("line", Round(at, PANEL, silent), Reading(at, Kind.GOOD))
        else:
            store.keep("line", *(good(at) if kind == "good" else bad(at)))
    store.close(20)


def proof(place: str, change: Callable[[Minute], Minute | None] = lambda minute: minute, first: int = 0, end: int = 10**9) -> MinuteProof:
    with open_for_reading(place) as record:
        recorded = [changed for minute in record.minutes("line", EVER) if (changed := change(minute)) is not None]
        made = MinuteProof(iter(recorded), first, end)
        for each in record.kept_rounds("line", EVER):
            made.take(each)
        made.close()
        return made


def test_the_rounds_make_the_minutes_on_record(place: str, opened: Opened) -> None:
    kept(opened(place), 600)
    made = proof(place)
    assert (made.otherwise, made.otherwise_count) == ([], 0)
    assert made.minutes > 40


def test_a_minute_that_says_otherwise_shows_and_one_that_is_missing_too(place: str, opened: Opened) -> None:
    kept(opened(place), 300)
    with open_for_reading(place) as record:
        known = list(record.minutes("line", EVER))
        rounds = list(record.kept_rounds("line", EVER))
    assert [(each.looked, each.reading) for each in rounds] == list(_rounds(place))
    wrong = known[3].minute
    made = proof(
        place, lambda minute: Minute(minute.minute, minute.rounds, minute.bad, 0, minute.sent, minute.lost + 1) if minute.minute == wrong else minute
    )
    assert [(told and told.lost, ours.lost) for told, ours in made.otherwise] == [(known[3].lost + 1, known[3].lost)]
    made = proof(place, lambda minute: None if minute.minute == wrong else minute)
    assert made.otherwise == [(None, known[3])]
    # Out of the span nobody looks, and the last minute may still be open.
    assert proof(place, lambda minute: None if minute.minute == wrong else minute, first=wrong + 1).otherwise_count == 0
    assert proof(place, lambda minute: None if minute == known[-1] else minute).otherwise_count == 0
    assert proof(place, lambda _: None).otherwise_count == len(known) - 1
    assert len(proof(place, lambda _: None).otherwise) <= EXAMPLES


def _rounds(place: str) -> list[tuple[Round, Reading]]:
    with open_for_reading(place) as record:
        return list(record.rounds("line", EVER))


def test_rounds_have_a_shape_where_they_are_plain_and_read_good(place: str, opened: Opened) -> None:
    store = opened(place)
    silent = Round(T + 2 * SECOND, PANEL, (Outcome(Result.OK, 1), LOST, Outcome(Result.OK, 2), Outcome(Result.OK, 3)))
    for looked in (good(T), good(T + SECOND, 7), (silent, Reading(silent.at, Kind.GOOD)), bad(T + 3 * SECOND)):
        store.keep("line", *looked)
    store.close(20)
    with open_for_reading(place) as record:
        one, two, partly, none = (each.shape for each in record.kept_rounds("line", Span(T, T + MINUTE)))
    assert one == two != partly
    assert partly is not None
    assert none is None
