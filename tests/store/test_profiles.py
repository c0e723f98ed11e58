"""What the profiles ask of the record, on both stores: bad rounds beside the outages, minutes that are missing or lossy, time in doubt."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from linewatch.sample.cause import Cause
from linewatch.sample.event import Event, Happening
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round
from linewatch.sla.minutes import MinuteLoss
from linewatch.span import Span
from linewatch.store.lapses import lapses as lapses_of
from linewatch.store.opening import open_for_import, open_for_reading
from linewatch.store.rollup import minute_of
from linewatch.store.writer import Store
from linewatch.verdict.lapse import Lapse
from linewatch.verdict.outage import outage_spans
from linewatch.verdict.reading import Kind, Reading
from tests.store.material import EVER, PANEL, SECOND, Looked, T, until
from tests.store.test_importing import source
from tests.verdict.drawn import RULE, SLOT, at, history, lapses, readings, slots

Opened = Callable[..., Store]
MINUTE = timedelta(minutes=1)
ANSWER = Outcome(Result.OK, 20_000)


def rounds(drawing: str) -> list[Looked]:
    return [looked(reading) for reading in readings(drawing)]


def looked(reading: Reading) -> Looked:
    lost = reading.kind is Kind.BAD
    return Round(reading.at, PANEL, tuple(LOST if lost else ANSWER for _ in PANEL)), reading


def keep(store: Store, drawing: str) -> None:
    for each in rounds(drawing):
        store.keep("line", *each)
    assert store.flush(20)


@pytest.mark.parametrize(
    "drawing",
    [
        "..x..xx...xxx..x.x..",
        "x",
        "xx?x..x    .xx      x...xxxx.x..",
        "...xxxxxxxx~x~ux..",
        "",
    ],
)
def test_bad_rounds_beside_the_outages_are_found_with_their_neighbours(place: str, opened: Opened, drawing: str) -> None:
    keep(opened(place), drawing)
    beside = outage_spans(history(drawing))
    for end in (len(drawing), len(drawing) + 1, len(drawing) + 10):
        with open_for_reading(place) as record:
            assert record.lapses("line", EVER, beside, RULE, at(end)) == lapses(readings(drawing), beside, RULE, at(end))


def test_long_outages_are_left_out_of_the_question_and_nothing_else_is(place: str, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    drawing = "".join(chance.choice(["....x.", "xxxxxxxxxx..", "x.x..", "..", "   ", "?x?"]) for _ in range(200))
    keep(opened(place), drawing)
    standing = history(drawing)
    monkeypatch.setattr(f"{lapses_of.__module__}._MANY_ROUNDS", 10)
    monkeypatch.setattr(f"{lapses_of.__module__}._WORTH_A_QUESTION", 5 * SLOT)
    monkeypatch.setattr(f"{lapses_of.__module__}._LIST_ROWS", 7)
    beside, end = outage_spans(standing), at(len(drawing) + 50)
    with open_for_reading(place) as record:
        assert record.lapses("line", EVER, beside, RULE, end) == lapses(readings(drawing), beside, RULE, end)
        part = slots(100, 300)
        found = record.lapses("line", part, beside, RULE, end)
        assert all(part.holds(each.first_at) or part.start == each.first_at for each in found)
        assert record.lapses("line", Span(end, end), beside, RULE, at(0)) == []


def test_rounds_of_another_monitor_are_nobody_elses_neighbours(place: str, opened: Opened) -> None:
    keep(opened(place), "..x..")
    theirs = [looked(Reading(reading.at + SECOND, reading.kind, reading.cause)) for reading in readings("xx...")]
    file = source(theirs)
    with open_for_import(place) as importer:
        importer.enrol("line", "line", 3 * SECOND)
        assert importer.import_samples("line", file, theirs, [])
    with open_for_reading(place) as record:
        [ours] = record.lapses("line", EVER, [], RULE, at(100))
        assert (ours.earliest_at, ours.first_at, ours.last_at, ours.ended_at) == (at(1), at(2), at(2), at(3))
        [other] = record.lapses("line", EVER, [], RULE, at(100), file.sha256)
        assert (other.first_at, other.last_at, other.ended_at) == (at(0) + SECOND, at(1) + SECOND, at(2) + SECOND)


@pytest.mark.parametrize(("drawing", "ended"), [("..x", 5), ("..x      ..", 3), ("..x  .", 5)], ids=["not stale yet", "a silence", "in time"])
def test_what_a_last_round_vouches_for_as_of_then_is_what_its_successors_left_it(place: str, opened: Opened, drawing: str, ended: int) -> None:
    keep(opened(place), drawing)
    with open_for_reading(place) as record:
        assert [each.ended_at for each in record.lapses("line", EVER, [], RULE, at(5))] == [at(ended)]


def test_a_service_that_is_not_on_record_has_no_rounds_and_no_minutes(place: str, opened: Opened) -> None:
    opened(place)
    with open_for_reading(place) as record:
        assert record.lapses("nobody", EVER, [], RULE, at(0)) == []
        assert record.pruned_before("nobody") is None
        assert record.doubtful("nobody", EVER, RULE) == []
        assert record.known_minutes("nobody", (0, 100)) == []
        assert record.losses("nobody", [1, 2]) == []


def sparse(seed: int) -> list[int]:
    """Minutes of five days of which some are missing: whole days, single ones, many."""
    chance = random.Random(seed)
    first = minute_of(T)
    whole = [first + n for n in range(1440)]
    holes = [minute for minute in range(first + 1440, first + 2880) if chance.random() > 0.3]
    few = [minute for minute in range(first + 2880, first + 4320) if minute % 700]
    return [*whole, *holes, *few, *range(first + 5760, first + 7200, 1 + seed)]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_known_minutes_are_told_as_ranges(place: str, opened: Opened, seed: int) -> None:
    store = opened(place)
    wanted = sparse(seed)
    for minute in wanted:
        each = T + (minute - minute_of(T)) * MINUTE
        store.keep("line", Round(each, PANEL, (ANSWER,) * 4), Reading(each, Kind.GOOD))
    # A minute in which nothing was sent is not known.
    silent = T + 10 * 1440 * MINUTE
    store.keep(
        "line",
        Round(silent, PANEL, (Outcome(Result.ERROR, cause=Cause.LOCAL, detail="no route"),) * 4),
        Reading(silent, Kind.UNMEASURED, Cause.LOCAL),
    )
    store.close(20)
    first = minute_of(T)
    for start, end in (
        (first - 50, first + 20_000),
        (first, first + 1440),
        (first + 3000, first + 3001),
        (first + 1500, first + 6000),
        (first, first),
    ):
        with open_for_reading(place) as record:
            ranges = record.known_minutes("line", (start, end))
        assert [minute for known in ranges for minute in range(*known)] == [minute for minute in wanted if start <= minute < end]
        assert all(one[1] < two[0] for one, two in itertools.pairwise(ranges))


def test_lossy_minutes_are_those_whose_loss_passes_the_threshold(place: str, opened: Opened) -> None:
    store = opened(place)
    for minute, drawing in enumerate(["." * 20, "x" * 4 + "." * 16, "x" * 5 + "." * 15, "x" * 20]):
        for each in readings(drawing, T + minute * MINUTE):
            store.keep("line", *looked(each))
    store.close(20)
    first = minute_of(T)
    counted = [MinuteLoss(first + n, 20, lost, 0) for n, lost in enumerate((0, 4, 5, 20))]
    with open_for_reading(place) as record:
        assert record.lossy_minutes("line", (first, first + 9), Fraction(20, 100)) == counted[2:]
        assert record.lossy_minutes("line", (first, first + 3), Fraction(20, 100)) == counted[2:3]
        assert record.losses("line", [first, first + 1, first + 7]) == counted[:2]


def test_where_samples_are_gone_a_minute_with_a_bad_round_is_in_doubt(place: str, opened: Opened) -> None:
    store = opened(place)
    hour = timedelta(hours=1)
    rule = replace(RULE)
    for each in (*readings("." * 30 + "x" + "." * 30, T), *readings("..x..", T + 90 * MINUTE), Reading(T + 3 * hour, Kind.GOOD)):
        store.keep("line", *looked(each))
    assert store.flush(20)
    store.prune(T + hour)

    def pruned() -> bool:
        with open_for_reading(place) as record:
            return record.pruned_before("line") == T + hour

    until(pruned)
    with open_for_reading(place) as record:
        assert record.doubtful("line", EVER, rule) == [Span(T + MINUTE, T + 2 * MINUTE + rule.stale_after)]
        [lapse] = record.lapses("line", EVER, [], rule, T + 3 * hour)
        assert lapse == Lapse(T + 90 * MINUTE + 2 * SLOT, T + 90 * MINUTE + 2 * SLOT, T + 90 * MINUTE + 3 * SLOT, T + 90 * MINUTE + SLOT, Cause.LINE)


def test_where_rounds_could_not_be_kept_all_the_time_is_in_doubt(place: str, opened: Opened) -> None:
    store = opened(place)
    lost = {"count": 3, "first_at": T.isoformat(), "last_at": (T + MINUTE).isoformat()}
    store.note(Event(T + 2 * MINUTE, Happening.SAMPLES_LOST, "line", lost))
    store.note(Event(T + 2 * MINUTE, Happening.SAMPLES_LOST, "site", lost))
    store.close(20)
    with open_for_reading(place) as record:
        assert record.doubtful("line", EVER, RULE) == [Span(T, T + MINUTE + RULE.stale_after)]
        assert record.doubtful("line", Span(T + MINUTE, T + 2 * MINUTE), RULE) == [Span(T + MINUTE, T + MINUTE + RULE.stale_after)]
