from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import groupby

import pytest

from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round
from linewatch.span import Span
from linewatch.store.opening import open_for_reading
from linewatch.store.reading import History
from linewatch.store.rollup import bucket_of, judged_places, minute_of, minute_rollup
from linewatch.verdict.loss import lower_median
from linewatch.verdict.reading import Kind, Reading
from tests.store.material import EVER, PANEL, SECOND, Looked, T, bad, good, good_rounds


def uneven(count: int, start=T) -> list[Looked]:
    """Rounds with losses and round-trip times of every size."""
    out = []
    for n in range(count):
        at = start + n * 3 * SECOND
        answers = tuple(
            LOST if (n * 7 + place * 3) % (5 + place) == 0 else Outcome(Result.OK, (n * 37 + place * 1013) % 90_000) for place in range(4)
        )
        out.append((Round(at, PANEL, answers), Reading(at, Kind.GOOD)))
    return out


def pure(rounds: list[Looked]) -> tuple[list, dict[int, int]]:
    """The roll-ups as the definitions give them, straight from the rounds."""
    ordered = sorted(rounds, key=lambda one: one[0].at)
    minutes = [minute_rollup(list(of_minute)) for _, of_minute in groupby(ordered, key=lambda one: minute_of(one[0].at))]
    counts: Counter[int] = Counter()
    for one, _ in ordered:
        answers = sorted(one.outcomes[place].rtt_us for place in judged_places(one.panel) if one.outcomes[place].answered)
        if answers:
            counts[bucket_of(lower_median(answers))] += 1
    return minutes, dict(counts)


def rolled(history: History, service: str = "line") -> tuple[list, dict[int, int]]:
    return list(history.minutes(service, EVER)), history.rtt_counts(service, EVER)


@pytest.mark.parametrize("pieces", [1, 7, 150])
def test_roll_ups_are_those_of_all_rounds_however_the_run_was_cut(place: str, opened, pieces: int) -> None:
    rounds = uneven(1_500)  # over more than an hour
    size = -(-len(rounds) // min(pieces, 15))
    for first in range(0, len(rounds), size):
        store = opened(place)
        for n, one in enumerate(rounds[first : first + size]):
            store.keep("line", *one)
            if pieces == 150 and n % 10 == 0:
                store.flush(5)
        assert store.close(10) == 0
    with open_for_reading(place) as history:
        assert rolled(history) == pure(rounds)
        minutes, _ = pure(rounds)
        assert history.loss("line", EVER) == (sum(m.lost for m in minutes), sum(m.sent for m in minutes))


def test_a_minute_is_rolled_up_when_the_next_one_begins(place: str, opened) -> None:
    store = opened(place)
    rounds = good_rounds(21)
    for one in rounds[:20]:
        store.keep("line", *one)
    store.flush(5)
    with open_for_reading(place) as history:
        assert rolled(history) == ([], {})
    store.keep("line", *rounds[20])
    store.flush(5)
    with open_for_reading(place) as history:
        assert list(history.minutes("line", EVER)) == pure(rounds[:20])[0]


def test_a_clock_stepped_to_and_fro_counts_no_round_twice_and_none_less(place: str, opened) -> None:
    store = opened(place)
    shifts = [timedelta(0), timedelta(hours=1), timedelta(minutes=-2), timedelta(seconds=1, minutes=60)]
    rounds = [one for n, shift in enumerate(shifts) for one in uneven(70, T + shift + timedelta(milliseconds=n))]
    for n, one in enumerate(rounds):
        store.keep("line", *one)
        if n % 30 == 0:
            store.flush(5)
    store.close(10)
    with open_for_reading(place) as history:
        assert rolled(history) == pure(rounds)


def test_bad_rounds_and_services_are_kept_apart(place: str, opened) -> None:
    store = opened(place)
    rounds = [bad(T + n * SECOND) if n % 3 == 0 else good(T + n * SECOND) for n in range(60)]
    for one in rounds:
        store.keep("line", *one)
    others = uneven(40)
    for one in others:
        store.keep("site", *one)
    store.close(10)
    with open_for_reading(place) as history:
        assert rolled(history) == pure(rounds)
        assert rolled(history, "site") == pure(others)


def test_a_period_counts_the_minutes_and_hours_that_begin_in_it(place: str, opened) -> None:
    store = opened(place)
    for one in good_rounds(3 * 1_200):
        store.keep("line", *one)
    store.close(10)
    second_hour = Span(T + timedelta(hours=1), T + timedelta(hours=2))
    odd = Span(T + timedelta(seconds=30), T + timedelta(seconds=130))
    with open_for_reading(place) as history:
        assert sum(history.rtt_counts("line", second_hour).values()) == 1_200
        assert len(list(history.minutes("line", second_hour))) == 60
        assert [minute.at for minute in history.minutes("line", odd)] == [T + timedelta(minutes=1), T + timedelta(minutes=2)]
        assert history.loss("line", odd) == (0, 40)
