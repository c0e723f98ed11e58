"""A store is damaged, page by page; what the message says to do is done, and what comes of it is never better than the truth."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from linewatch.errors import StoreDamaged, StoreError, UsageError
from linewatch.report.account import measured
from linewatch.report.history import Subject
from linewatch.sample.event import Happening
from linewatch.sla.terms import Terms
from linewatch.span import Span
from linewatch.store.opening import open_for_reading, open_for_writing
from linewatch.store.recovery import Recovered, recover
from linewatch.verdict.machine import clock_step, nothing_known, step
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, within
from linewatch.wiring.reports import readable
from tests.fuzzing import TIMES
from tests.store.hammer import RULE, truth
from tests.store.material import EVER, T, bad, good, url
from tests.store.test_faults import integrity
from tests.store.test_rolling import pure, rolled
from tests.toll import Tell, toll

ROUNDS = 1_400
TURN = 7
"""The line breaks and heals every so many rounds."""
PAGE_BYTES = 4096
SEED = 5
RULES = {"line": RULE}
NOW = T + timedelta(days=30)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store of two hundred changes of state."""
    path = tmp_path_factory.mktemp("sound") / "linewatch.db"
    store = open_for_writing(url(path))
    store.enrol("line", "line", RULE.interval)
    standing = nothing_known()
    for n in range(ROUNDS):
        at = T + n * RULE.interval
        looked, reading = good(at) if truth(n, TURN) is State.UP else bad(at)
        standing, changes = step(RULE, standing, reading)
        store.keep("line", looked, reading, changes)
    assert store.close(10) == 0
    return path.read_bytes()


def account(path: Path) -> Timeline:
    with readable(url(path)) as record:
        return measured(record, Subject("line", "line", True, RULE, Terms()), T + ROUNDS * RULE.interval)


def never_better_than_the_truth(path: Path) -> timedelta:
    """Everywhere the state is the true one or UNKNOWN. Returns how much is UNKNOWN."""
    unknown = timedelta(0)
    whole = account(path)
    for n in range(ROUNDS):
        for stretch in within(whole, Span(T + n * RULE.interval, T + (n + 1) * RULE.interval)):
            assert stretch.state in (truth(n, TURN), State.UNKNOWN), (n, stretch)
            unknown += stretch.span.length if stretch.state is State.UNKNOWN else timedelta(0)
    return unknown


def damages(sound: bytes) -> Iterator[tuple[int, bytes]]:
    """Every page in turn, overwritten with noise; in the suite every third."""
    chance = random.Random(SEED)
    for page in range(0, len(sound) // PAGE_BYTES, 3 if TIMES == 1 else 1):
        yield page, sound[: page * PAGE_BYTES] + chance.randbytes(PAGE_BYTES) + sound[(page + 1) * PAGE_BYTES :]


def refusal(path: Path) -> str:
    """What the daemon says to this store; nothing where it takes it."""
    before = path.read_bytes()
    try:
        open_for_writing(url(path)).close(5)
    except StoreDamaged as error:
        assert path.read_bytes() == before, "a damaged store was written to"
        return str(error)
    return ""


def test_whatever_page_is_broken_the_store_is_refused_or_whole_and_what_is_recovered_is_the_truth_or_unknown(
    sound: bytes, tmp_path: Path, record_property: Tell
) -> None:
    stores, refused, beyond_help, unknown = 0, 0, 0, timedelta(0)
    lost: list[int] = []
    for page, content in damages(sound):
        path, to = tmp_path / f"{page}.db", tmp_path / f"{page}.new"
        path.write_bytes(content)
        stores += 1
        said = refusal(path)
        if not said:
            assert never_better_than_the_truth(path) == timedelta(0)
            continue
        refused += 1
        try:
            made = recover(url(path), to, RULES, NOW)
        except StoreError:  # the page that names the services
            beyond_help += 1
            assert not to.exists()
            continue
        assert "linewatch db recover" in said
        assert path.read_bytes() == content
        open_for_writing(url(to)).close(5)
        assert integrity(to) == [("ok",)]
        lost.append(ROUNDS - made.rows["samples"])
        unknown = max(unknown, never_better_than_the_truth(to))
    ways_in = lost.count(ROUNDS)  # the root of the samples, and the page that says whom a round asked
    assert beyond_help <= 1
    assert ways_in <= 2
    assert refused >= stores - 8  # some pages are free, or roots of tables without a row
    worst = max(some for some in lost if some < ROUNDS)
    assert worst < ROUNDS / 4
    toll(
        record_property,
        "a store with one page overwritten by noise, each page in turn",
        f"{stores} damaged stores (seed {SEED}) of {ROUNDS:,} rounds and {ROUNDS // TURN:,} changes of state",
        f"refused {refused} times and never written to, the other {stores - refused} had lost nothing;"
        f" `db recover` could do nothing {beyond_help} times (names of services), lost all rounds {ways_in} times, else at most {worst};"
        f" the account was the truth or UNKNOWN, at most {unknown.total_seconds():.0f} s of {ROUNDS * RULE.interval.total_seconds():.0f} s",
    )


def recovered(path: Path, to: Path) -> Recovered:
    made = recover(url(path), to, RULES, NOW)
    open_for_writing(url(to)).close(5)
    return made


def test_changes_of_state_that_are_missing_are_judged_anew_from_the_rounds(sound: bytes, tmp_path: Path) -> None:
    path, to = tmp_path / "old.db", tmp_path / "new.db"
    path.write_bytes(sound)
    with open_for_reading(url(path)) as history:
        whole = history.transitions("line")
    with sqlite3.connect(path) as opened:
        opened.execute("DELETE FROM states WHERE id BETWEEN 3 AND 20 OR id > 150 OR id = 50")
    opened.close()
    made = recovered(path, to)
    assert made.judged_anew == 18 + len(whole) - 150 + 1
    with open_for_reading(url(to)) as history:
        told = history.transitions("line")
        (event,) = history.events(EVER, (Happening.RECOVERED,))
    assert [(each.at, each.state, each.cause) for each in told] == [(each.at, each.state, each.cause) for each in whole]
    assert (event.at, event.data["judged_anew"]) == (NOW, made.judged_anew)


def test_a_sound_store_is_recovered_as_it_is_though_the_clock_was_stepped_back(tmp_path: Path) -> None:
    path, to = tmp_path / "old.db", tmp_path / "new.db"
    store = open_for_writing(url(path))
    store.enrol("line", "line", RULE.interval)
    standing = nothing_known()
    for n in (*range(30), *(n - 20.5 for n in range(30, 35))):
        at = T + n * RULE.interval
        if n == 9.5:
            standing, changes = clock_step(RULE, standing, T + 30 * RULE.interval, at)
            store.mark("line", changes)
        looked, reading = bad(at) if 20 <= n < 25 else good(at)
        standing, changes = step(RULE, standing, reading)
        store.keep("line", looked, reading, changes)
    assert store.close(10) == 0
    assert recovered(path, to).judged_anew == 0
    with open_for_reading(url(path)) as before, open_for_reading(url(to)) as after:
        assert after.transitions("line") == before.transitions("line")
        assert len(before.transitions("line")) == 6


def test_where_the_rounds_are_missing_too_the_time_is_unknown(sound: bytes, tmp_path: Path) -> None:
    path, to = tmp_path / "old.db", tmp_path / "new.db"
    path.write_bytes(sound)
    first, last = 10 * TURN, 20 * TURN  # rounds; the changes of state at them are the 11th and the 21st
    with sqlite3.connect(path) as opened:
        opened.execute("DELETE FROM states WHERE id BETWEEN 12 AND 20")
        opened.execute(
            "DELETE FROM samples WHERE at_us >= ? AND at_us < ?", [int((T + n * RULE.interval).timestamp() * 1e6) for n in (first + 3, last)]
        )
    opened.close()
    recovered(path, to)
    assert never_better_than_the_truth(to) == (last - first - 3) * RULE.interval


def test_nothing_of_a_sound_store_is_lost_and_its_roll_ups_are_made_where_they_are_missing(sound: bytes, tmp_path: Path) -> None:
    path, to = tmp_path / "old.db", tmp_path / "new.db"
    path.write_bytes(sound)
    with sqlite3.connect(path) as opened:
        opened.execute("DELETE FROM minutes WHERE minute % 3 = 0")
    opened.close()
    made = recovered(path, to)
    assert (made.breaks, made.dropped, made.judged_anew, made.rows["samples"]) == (0, 0, 0, ROUNDS)
    with open_for_reading(url(to)) as history:
        assert rolled(history) == pure(list(history.rounds("line", EVER)))


def test_round_trip_times_are_all_recovered(tmp_path: Path) -> None:
    path, to = tmp_path / "old.db", tmp_path / "new.db"
    store = open_for_writing(url(path))
    store.enrol("line", "line", RULE.interval)
    for n in range(ROUNDS):
        store.keep("line", *good(T + n * RULE.interval, 10_000 + n % 40 * 1_000))
    assert store.close(10) == 0
    with open_for_reading(url(path)) as history:
        before = history.hourly_rtt_counts("line", EVER)
    assert len(before) > 60  # many to an hour
    assert recovered(path, to).breaks == 0
    with open_for_reading(url(to)) as history:
        assert history.hourly_rtt_counts("line", EVER) == before


def test_a_store_of_an_older_schema_is_recovered_into_one_of_this(sound: bytes, tmp_path: Path) -> None:
    path, to = tmp_path / "old.db", tmp_path / "new.db"
    path.write_bytes(sound)
    with sqlite3.connect(path) as opened:
        for table in ("revocations", "exclusions", "notes"):
            opened.execute(f"DROP TABLE {table}")
        opened.execute("UPDATE alembic_version SET version_num = '0001'")
    opened.close()
    assert recovered(path, to).breaks == 0
    assert never_better_than_the_truth(to) == timedelta(0)


def test_what_was_committed_last_and_lies_in_the_log_is_recovered(tmp_path: Path) -> None:
    path, to = tmp_path / "old.db", tmp_path / "new.db"
    store = open_for_writing(url(path))
    store.enrol("line", "line", RULE.interval)
    store.keep("line", *good(T))
    assert store.flush(10)
    other = tmp_path / "crashed.db"
    for beside in ("", "-wal"):  # as a power cut would leave them
        shutil.copyfile(f"{path}{beside}", f"{other}{beside}")
    store.close(10)
    assert recovered(other, to).rows["samples"] == 1


def test_rows_that_make_no_sense_are_left_out_and_counted(sound: bytes, tmp_path: Path) -> None:
    path, to = tmp_path / "old.db", tmp_path / "new.db"
    path.write_bytes(sound)
    with sqlite3.connect(path) as opened:
        for nonsense in (
            "UPDATE states SET state = 'sideways' WHERE id = 3",
            "UPDATE samples SET outcomes = '12 nonsense' WHERE at_us = (SELECT min(at_us) FROM samples)",
            "UPDATE samples SET outcomes = '12' WHERE at_us = (SELECT max(at_us) FROM samples)",
            "UPDATE samples SET panel_id = 77 WHERE at_us = (SELECT at_us FROM samples LIMIT 1 OFFSET 9)",
            "UPDATE samples SET reading = x'00ff' WHERE at_us = (SELECT at_us FROM samples LIMIT 1 OFFSET 19)",
            "INSERT INTO events (at_us, kind, data) VALUES (1, 'a party', '{}')",
        ):
            opened.execute(nonsense)
    opened.close()
    made = recovered(path, to)
    assert (made.dropped, made.judged_anew) == (6, 1)
    assert never_better_than_the_truth(to) <= 3 * RULE.interval


def test_a_file_that_is_no_store_at_all_is_not_made_one(tmp_path: Path) -> None:
    path, to = tmp_path / "old.db", tmp_path / "new.db"
    path.write_bytes(b"this is a letter, and not a database" * 1000)
    with pytest.raises(StoreError, match="not even the names of the services"):
        recover(url(path), to, RULES, NOW)
    assert not to.exists()


def test_what_cannot_be_meant_is_refused(sound: bytes, tmp_path: Path) -> None:
    path, to = tmp_path / "old.db", tmp_path / "new.db"
    path.write_bytes(sound)
    to.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        recover(url(path), to, RULES, NOW)
    assert to.read_text() == "mine"
    with pytest.raises(UsageError, match="cannot write"):
        recover(url(path), tmp_path / "nowhere" / "new.db", RULES, NOW)
    with pytest.raises(UsageError, match="only a store of SQLite's"):
        recover("postgresql://me@127.0.0.1/db", tmp_path / "a.db", RULES, NOW)
    with pytest.raises(StoreError, match="nothing to recover"):
        recover(url(tmp_path / "none.db"), tmp_path / "a.db", RULES, NOW)
    held = open_for_writing(url(path))
    with pytest.raises(StoreError, match="another linewatch"):
        recover(url(path), tmp_path / "a.db", RULES, NOW)
    held.close(5)
