"""The spool by itself: what is appended is delivered once and in order, across restarts, within its limit, and never to the wrong store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from linewatch.errors import StoreError
from linewatch.sample.event import Event, Happening
from linewatch.store.backlog import Entry
from linewatch.store.entry import ServiceRow
from linewatch.store.recall import KEPT_ROUNDS
from linewatch.store.slip import slip
from linewatch.store.spool import Spool
from tests.store.material import SECOND, Looked, T, bad, down, good, good_rounds, looks, up

OURS = "postgresql://db/linewatch"
LINE = Entry(enrolled=ServiceRow("line", "line", 3 * SECOND))
SITE = Entry(enrolled=ServiceRow("site", "endpoint", 60 * SECOND))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "spool"
    made.mkdir()
    return made


def of_line(rounds: list[Looked]) -> list[Entry]:
    return [Entry("line", one) for one in rounds]


def delivered(spool: Spool) -> list[Entry]:
    """All that waits, taken by a store that never fails."""
    out: list[Entry] = []
    while (batch := spool.next_batch(0)) is not None:
        out += batch.entries
        spool.done(batch)
    return out


def samples(entries: list[Entry]) -> list[Looked]:
    return [entry.sample for entry in entries if entry.sample is not None]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.slips"))


def test_what_is_appended_is_delivered_in_order_over_many_files_which_then_go(folder: Path) -> None:
    spool = Spool(folder, OURS, file_bytes=2_000)
    rounds = good_rounds(100)
    spool.append([LINE])
    for one in rounds:
        spool.append(of_line([one]))
    assert (spool.rows, len(files(folder)) >= 10) == (101, True)
    assert samples(delivered(spool)) == looks(rounds)
    assert (spool.rows, len(files(folder))) == (0, 1)  # the one that is written to
    spool.close()
    assert files(folder) == []


def test_a_restart_delivers_what_the_last_run_left_and_says_that_it_may_be_known(folder: Path) -> None:
    first = Spool(folder, OURS, file_bytes=2_000)
    rounds = good_rounds(20)
    first.append([LINE, *of_line(rounds[:15])])
    batch = first.next_batch(0)  # taken, and perhaps committed, when it was killed
    assert batch is not None
    assert not batch.before
    again = Spool(folder, OURS, file_bytes=2_000)
    again.append(of_line(rounds[15:]))
    old = again.next_batch(0)
    assert old is not None
    assert old.before
    again.done(old)
    new = again.next_batch(0)
    assert new is not None
    assert not new.before
    assert samples([*old.entries, *new.entries]) == looks(rounds)


def test_a_torn_end_is_left_out_and_nothing_is_written_behind_it(folder: Path) -> None:
    spool = Spool(folder, OURS)
    rounds = good_rounds(10)
    spool.append([LINE, *of_line(rounds)])
    [name] = files(folder)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-7])  # a power cut in the middle of the last
    again = Spool(folder, OURS)
    assert again.rows == 10
    again.append(of_line([good(T + timedelta(hours=1))]))
    assert len(files(folder)) == 2
    assert samples(delivered(again)) == looks([*rounds[:9], good(T + timedelta(hours=1))])
    assert not list(folder.glob("*.spoilt"))


def test_a_file_that_was_begun_and_not_written_to_is_taken_away(folder: Path) -> None:
    spool = Spool(folder, OURS)
    spool.append([LINE])
    (folder / "00000002.slips").touch()  # killed in between
    again = Spool(folder, OURS)
    assert files(folder) == ["00000001.slips"]
    again.append([SITE])
    assert [entry.enrolled for entry in delivered(again)] == [LINE.enrolled, SITE.enrolled]


def test_a_file_damaged_in_the_middle_is_delivered_around_the_damage_and_kept(folder: Path, caplog) -> None:
    spool = Spool(folder, OURS)
    rounds = good_rounds(10)
    spool.append([LINE, *of_line(rounds)])
    [name] = files(folder)
    content = bytearray((folder / name).read_bytes())
    content[len(slip(LINE)) + 60] ^= 1
    (folder / name).write_bytes(content)
    again = Spool(folder, OURS)
    assert samples(delivered(again)) == looks(rounds[1:])
    assert (folder / name).with_suffix(".spoilt").read_bytes() == content
    assert "is damaged" in caplog.text
    assert files(folder) == []


def test_beyond_its_limit_the_oldest_samples_go_and_are_counted_and_all_else_stays(folder: Path) -> None:
    spool = Spool(folder, OURS, limit_bytes=20_000, file_bytes=2_000)
    rounds = [bad(T + n * 3 * SECOND) if n % 10 == 0 else good(T + n * 3 * SECOND) for n in range(300)]
    spool.append([LINE])
    for n, one in enumerate(rounds):
        changes = (down(one[0].at),) if n % 10 == 0 else ()
        events = [Entry(event=Event(one[0].at, Happening.COUNTS_AGAIN, "line", {"anchor": str(n)}))] if n % 50 == 0 else []
        spool.append([Entry("line", one, changes), *events])
        assert sum(path.stat().st_size for path in folder.glob("*.slips")) < 30_000
    assert spool.let_go > 200
    entries = delivered(spool)
    kept = samples(entries)
    assert len(kept) + spool.let_go == 300
    assert kept[-20:] == looks(rounds[-20:])  # the newest are there
    assert [change for entry in entries for change in entry.transitions] == [down(one[0].at) for one in rounds[::10]]
    happened = [entry.event for entry in entries if entry.event is not None]
    assert [event.data["anchor"] for event in happened if event.kind is Happening.COUNTS_AGAIN] == [str(n) for n in range(0, 300, 50)]
    losses = [event for event in happened if event.kind is Happening.SAMPLES_LOST]
    assert sum(int(event.data["count"]) for event in losses) == spool.let_go
    assert {event.service for event in losses} == {"line"}
    assert spool.rows == 0


def test_a_disk_that_refuses_leaves_nothing_half_written(small_disk: Path) -> None:
    folder = small_disk / "spool"
    folder.mkdir()
    spool = Spool(folder, OURS)
    rounds = good_rounds(3_000)
    spool.append([LINE, *of_line(rounds[:10])])
    (small_disk / "ballast").write_bytes(bytes(1_900_000))
    with pytest.raises(OSError, match="No space left"):
        spool.append(of_line(rounds[10:]))
    (small_disk / "ballast").unlink()
    assert spool.rows == 11
    spool.append(of_line(rounds[10:]))
    again = Spool(folder, OURS)
    assert samples(delivered(again)) == looks(rounds)
    assert not list(folder.glob("*.spoilt"))


def test_how_every_service_stood_is_recalled_when_all_is_delivered_and_also_when_nothing_is(folder: Path) -> None:
    rounds = good_rounds(KEPT_ROUNDS + 50)
    first = Spool(folder, OURS, file_bytes=5_000)
    first.append([LINE, SITE, Entry("line", rounds[0], (up(T),))])
    for one in rounds[1:]:
        first.append(of_line([one]))
    for left in ("everything", "nothing", "nothing, after an orderly end"):
        spool = first if left == "everything" else Spool(folder, OURS)
        assert spool.recall.services == ["line", "site"], left
        assert spool.recall.last_transition("line") == up(T)
        assert spool.recall.last_transition("site") is None
        assert spool.recall.heard_at("line") == rounds[-1][0].at
        assert spool.recall.heard_at("site") is None
        assert looks(spool.recall.rounds("line", 20)) == looks(rounds[-20:])
        assert looks(spool.recall.rounds("line")) == looks(rounds[-KEPT_ROUNDS:])
        delivered(spool)
        if left != "everything":
            spool.close()
    assert files(folder) == []


def test_rounds_from_before_a_step_back_of_the_clock_are_not_recalled(folder: Path) -> None:
    spool = Spool(folder, OURS)
    ahead, after = good_rounds(5, T + timedelta(hours=1)), good_rounds(5, T)
    spool.append([LINE, *of_line([*ahead, *after])])
    assert spool.recall.rounds("line", 10) == after


def test_entries_are_not_delivered_to_another_store(folder: Path) -> None:
    spool = Spool(folder, OURS)
    spool.append([LINE])
    with pytest.raises(StoreError) as caught:
        Spool(folder, "postgresql://other/linewatch")
    assert str(caught.value) == (
        f"the spool {folder} waits to be delivered to postgresql://db/linewatch, and store.url names postgresql://other/linewatch: let it be "
        f"delivered first, name another folder in store.spool, or, if the two are one store, delete {folder}/store"
    )
    delivered(spool)
    spool.close()
    assert Spool(folder, "postgresql://other/linewatch").recall.services == []  # nothing of the one is told of the other
    (folder / "store").unlink()
