"""A report of one year reads what matters to it, and tells it as the whole record would."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from linewatch.report.account import LOOKED_BACK, accounts
from linewatch.sample.cause import Cause
from linewatch.span import Span
from linewatch.store.opening import open_for_import, open_for_reading
from linewatch.store.writer import Store
from linewatch.verdict.outage import outages
from linewatch.verdict.state import State, Transition
from linewatch.verdict.timeline import padded
from linewatch.wiring.reports import Readable
from tests.report.record import line, site
from tests.store.material import SECOND, T
from tests.store.test_importing import STATES

Opened = Callable[..., Store]
HOUR = timedelta(hours=1)
DAYS = 12 * 24


def changes(seed: int, back: bool = True) -> list[Transition]:
    """A change an hour or so for twelve days; on the fifth the clock is put back by six hours."""
    chance = random.Random(seed)
    at, out, stepped = T, [Transition(T, State.UP, None, T)], not back
    while at < T + DAYS * HOUR:
        at += chance.randint(1, 7_000) * SECOND
        if not stepped and at > T + 5 * 24 * HOUR:
            stepped = True
            out.append(Transition(at, State.UNKNOWN, Cause.CLOCK, at))
            at -= 6 * HOUR
            out.append(Transition(at, State.UNKNOWN, Cause.CLOCK, at))
            continue
        state, cause = chance.choice([(State.UP, None), (State.DOWN, Cause.LINE), (State.DOWN, Cause.UPSTREAM), (State.UNKNOWN, Cause.LOCAL)])
        if state is not out[-1].state:
            out.append(Transition(at, state, cause, at - SECOND))
    return out


@pytest.mark.parametrize("seed", [1, 2])
def test_the_later_part_is_told_as_by_the_whole_record(place: str, opened: Opened, seed: int) -> None:
    store = opened(place)
    store.mark("line", changes(seed))
    store.mark("site", changes(seed + 10))
    assert store.close(20) == 0
    as_of = T + (DAYS + 10) * HOUR
    with open_for_reading(place) as history:
        record = Readable(history)
        whole = accounts(record, [line(), site()], as_of)
        fewer = 0
        for hour in range(30, DAYS, 13):
            span = Span(T + hour * HOUR, as_of)
            part = accounts(record, [line(), site()], as_of, span.start)
            for name, account in whole.items():
                assert padded(part[name].history, span) == padded(account.history, span)
                assert outages(part[name].history, span) == outages(account.history, span)
                fewer += len(part[name].history) < len(account.history)
        assert fewer > 10


def test_a_file_is_cut_likewise_unless_it_stands_beside_a_measurement(place: str, opened: Opened) -> None:
    store = opened(place)
    told = [*changes(4, back=False), Transition(T + (DAYS + 2) * HOUR, State.UNKNOWN, Cause.MONITOR, T + (DAYS + 2) * HOUR)]
    with open_for_import(place) as importer:
        importer.enrol("line", "line", 3 * SECOND)
        assert importer.import_states("line", STATES, told)
    since = T + 200 * HOUR
    with open_for_reading(place) as history:
        [(_, some)] = history.imports("line", since)
        assert 0 < len(some) < len(told)
        assert some == told[-len(some) :]
        assert some[0].state is State.UP
        assert some[0].at < since
        assert history.imports("line", T + 400 * HOUR)[0][1][0].at < T + 400 * HOUR
    store.mark("line", changes(5, back=False))
    assert store.flush(20)
    with open_for_reading(place) as history:
        assert history.imports("line", since)[0][1] == told
        assert history.transitions("line", since) == history.transitions("line")
    assert timedelta(0) < LOOKED_BACK
