"""People are told of the outages that the record has in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linewatch.config.loading import Loaded, load
from linewatch.notify.outbox import Outbox
from linewatch.report.account import accounts
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.store.opening import open_for_writing
from linewatch.store.writer import Store
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.state import State, Transition
from linewatch.wiring.messenger import Messenger, View, outbox_folder
from linewatch.wiring.office import office
from linewatch.wiring.reports import readable
from tests.wiring.conftest import OFFICE

NOON = datetime(2022, 3, 1, 4, tzinfo=UTC)  # in Shanghai
SECOND = timedelta(seconds=1)
NOTIFY = '[[notify]]\nname = "people"\nurl = "json://127.0.0.1:9/"\n'


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """The small office, whose shop is down by a single bad check."""
    path = tmp_path / "linewatch.toml"
    path.write_text(OFFICE.format(folder=tmp_path).replace('behind = "line"', 'behind = "line"\nfall = 1') + NOTIFY, "utf-8")
    return load(path)


@pytest.fixture
def store(loaded: Loaded) -> Iterator[Store]:
    """Line and shop have worked since noon; the shop's check five seconds later failed."""
    store = open_for_writing(loaded.settings.store.url)
    store.enrol("line", "line", 3 * SECOND)
    store.enrol("shop", "endpoint", 60 * SECOND)
    for name in ("line", "shop"):
        keep(store, name, 0, Transition(NOON, State.UP, None, NOON))
    keep(store, "line", 3)
    keep(store, "shop", 5, Transition(NOON + 5 * SECOND, State.DOWN, Cause.CONNECT, NOON))
    yield store
    store.close(10)


def keep(store: Store, name: str, second: int, change: Transition | None = None) -> None:
    at, bad = NOON + second * SECOND, change is not None and change.state is State.DOWN
    seat = Seat(Role.ANCHOR if name == "line" else Role.ENDPOINT, name)
    reading = Reading(at, Kind.BAD, Cause.LINE) if bad else Reading(at, Kind.GOOD)
    store.keep(name, Round(at, (seat,), (LOST if bad else Outcome(Result.OK, 1000),)), reading, () if change is None else (change,))


@pytest.fixture
def told(loaded: Loaded, store: Store) -> Callable[[int], list[str]]:
    """The titles of the messages that wait after a look so many seconds after noon; each is told once."""
    messenger = Messenger(loaded, lambda *_: None)

    def look(second: int) -> list[str]:
        assert store.flush(10)
        as_of = NOON + second * SECOND
        with readable(loaded.settings.store.url) as record:
            seen = accounts(record, office(loaded).subjects, as_of)
        messenger.look(View(as_of, seen, None, None, {}, lambda _: pytest.fail("nobody asked for a summary")))
        outbox, titles = Outbox(outbox_folder(loaded) / "people"), []
        while (waiting := outbox.oldest()) is not None:
            titles.append(waiting[1].title)
            outbox.done(waiting[0])
        return titles

    return look


def test_an_outage_behind_a_line_is_told_when_the_line_has_had_its_turn(store: Store, told: Callable[[int], list[str]]) -> None:
    assert told(6) == []
    for second in (6, 9, 12):
        keep(store, "line", second)
    [shop] = told(15)
    assert "shop" in shop


def test_an_outage_that_turns_out_to_be_the_lines_is_told_as_the_lines_alone(store: Store, told: Callable[[int], list[str]]) -> None:
    assert told(6) == []
    keep(store, "line", 8, Transition(NOON + 6 * SECOND, State.DOWN, Cause.LINE, NOON + 3 * SECOND))
    [line] = told(9)
    assert "line" in line
    assert told(30) == []
