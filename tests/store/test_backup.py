"""A copy of the store under way, and the store put back from it: whole, checked, and never in place of what is better."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from linewatch.errors import StoreDamaged, StoreError, UsageError
from linewatch.store.backup import backup, restore
from linewatch.store.opening import open_for_reading
from linewatch.store.writer import Store
from tests.store.conftest import Places
from tests.store.material import EVER, SECOND, Looked, T, good, url

Opened = Callable[..., Store]


def round_of(second: int) -> Looked:
    return good(T + second * SECOND)


def rounds(place: str) -> int:
    with open_for_reading(place) as history:
        return len(list(history.rounds("line", EVER)))


def test_a_copy_made_while_the_daemon_writes_is_a_whole_store(place: str, places: Places, opened: Opened, tmp_path: Path) -> None:
    store = opened(place)
    for second in range(50):
        store.keep("line", *round_of(second))
    assert store.flush(10)
    assert backup(place, tmp_path / "copy") > 0
    for second in range(50, 60):
        store.keep("line", *round_of(second))
    assert store.flush(10)
    other = places()
    restore(other, tmp_path / "copy")
    assert (rounds(place), rounds(other)) == (60, 50)


def test_a_store_that_a_daemon_holds_is_not_put_back(place: str, opened: Opened, tmp_path: Path) -> None:
    store = opened(place)
    store.keep("line", *round_of(1))
    assert store.flush(10)
    backup(place, tmp_path / "copy")
    with pytest.raises(StoreError, match="another linewatch"):
        restore(place, tmp_path / "copy")
    assert rounds(place) == 1


def test_what_was_there_is_kept_beside_it_and_once(path: Path, opened: Opened, tmp_path: Path) -> None:
    store = opened(url(path))
    store.keep("line", *round_of(1))
    store.flush(10)
    backup(url(path), tmp_path / "copy")
    store.keep("line", *round_of(2))
    store.close(10)
    before = restore(url(path), tmp_path / "copy")
    assert before == path.with_name("linewatch.db.before-restore")
    assert (rounds(url(path)), rounds(url(before))) == (1, 2)
    with pytest.raises(UsageError, match="is there from an earlier restore"):
        restore(url(path), tmp_path / "copy")
    assert rounds(url(path)) == 1


def test_a_damaged_store_gives_way_to_a_copy(path: Path, opened: Opened, tmp_path: Path) -> None:
    store = opened(url(path))
    store.keep("line", *round_of(1))
    store.flush(10)
    backup(url(path), tmp_path / "copy")
    store.close(10)
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8_000)
    before = restore(url(path), tmp_path / "copy")
    assert rounds(url(path)) == 1
    assert before is not None
    assert before.read_bytes().endswith(b"\xff" * 8_000)


@pytest.mark.parametrize(
    ("content", "refusal"), [(b"not a database, but long enough to look like one", "is not a linewatch store"), (b"", "holds no store")]
)
def test_what_is_no_copy_changes_nothing(path: Path, opened: Opened, tmp_path: Path, content: bytes, refusal: str) -> None:
    opened(url(path)).close(10)
    (tmp_path / "copy").write_bytes(content)
    with pytest.raises(StoreError, match=refusal):
        restore(url(path), tmp_path / "copy")
    assert rounds(url(path)) == 0


def test_a_store_put_back_by_root_where_none_is_left_belongs_to_the_owner_of_its_folder(path: Path, opened: Opened, tmp_path: Path) -> None:
    opened(url(path))
    backup(url(path), tmp_path / "copy")
    folder = tmp_path / "record"
    folder.mkdir()
    os.chown(folder, 64_001, 64_002)
    assert restore(url(folder / "linewatch.db"), tmp_path / "copy") is None
    assert {(each.name, each.stat().st_uid, each.stat().st_gid) for each in folder.iterdir()} == {
        ("linewatch.db", 64_001, 64_002),
        ("linewatch.db.lock", 64_001, 64_002),
    }


def test_a_damaged_copy_changes_nothing(path: Path, opened: Opened, tmp_path: Path) -> None:
    store = opened(url(path))
    for second in range(500):
        store.keep("line", *round_of(second))
    store.flush(10)
    backup(url(path), tmp_path / "copy")
    store.close(10)
    whole = (tmp_path / "copy").read_bytes()
    (tmp_path / "copy").write_bytes(whole[:20_480] + b"\xff" * 12_288 + whole[32_768:])
    with pytest.raises(StoreDamaged):
        restore(url(path), tmp_path / "copy")
    assert rounds(url(path)) == 500


def test_a_file_that_exists_is_left_as_it_is(place: str, opened: Opened, tmp_path: Path) -> None:
    opened(place)
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(UsageError, match="exists already and is left as it is"):
        backup(place, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"


def test_a_folder_that_is_not_there(place: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write .*: No such file or directory"):
        backup(place, tmp_path / "none" / "copy")
    with pytest.raises(UsageError, match="there is no such file"):
        restore(place, tmp_path / "none" / "copy")


def test_a_store_that_is_not_there_leaves_no_file(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store yet"):
        backup(url(path), tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        backup("postgresql://nobody:hunter2@127.0.0.1:1/none", tmp_path / "copy")
    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_the_copy_is_one_file(path: Path, opened: Opened, tmp_path: Path) -> None:
    opened(url(path)).keep("line", *round_of(1))
    backup(url(path), tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
