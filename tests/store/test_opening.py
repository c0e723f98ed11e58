from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from linewatch.errors import StoreDamaged, StoreError, StoreTooNew
from linewatch.store.address import address_of
from linewatch.store.check import SMALL_BYTES, check
from linewatch.store.opening import open_for_entry, open_for_import, open_for_reading, open_for_writing, upgrade
from linewatch.store.schema import VERSIONS
from tests.store.conftest import make_read_only
from tests.store.material import EVER, SECOND, T, good, good_rounds, looks, up, url

DOORS = [open_for_writing, open_for_import, open_for_entry, open_for_reading, upgrade]
SERVICE = (64_001, 64_002)
"""User and group of the service; they need no name."""
WRITING_DOORS = [open_for_writing, open_for_import, upgrade]


def with_version(path: Path, version: str | None) -> None:
    upgrade(url(path))
    with sqlite3.connect(path) as opened:
        opened.execute("DELETE FROM alembic_version")
        if version is not None:
            opened.execute("INSERT INTO alembic_version VALUES (?)", (version,))
    opened.close()


def refused(door, path: Path) -> StoreError:
    with pytest.raises(StoreError) as caught:
        door(url(path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3
    return caught.value


@pytest.mark.parametrize("door", DOORS)
def test_a_store_of_a_newer_schema_is_refused(path: Path, door) -> None:
    with_version(path, "0009")
    before = path.read_bytes()
    error = refused(door, path)
    assert isinstance(error, StoreTooNew)
    assert str(error) == f"the store {path} was written by a newer linewatch (schema 0009, this one knows up to {VERSIONS[-1]})"
    assert path.read_bytes() == before


@pytest.mark.parametrize("door", DOORS)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path, door) -> None:
    path.write_bytes(b"this is a letter, and not a database" * 100)
    before = path.read_bytes()
    error = refused(door, path)
    assert isinstance(error, StoreDamaged)
    assert str(error).startswith(f"{path} is not a linewatch store, or its first page is damaged; it is left as it is; ")
    assert path.read_bytes() == before


@pytest.mark.parametrize("door", DOORS)
def test_the_database_of_another_program_is_refused_and_left_as_it_is(path: Path, door) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    before = path.read_bytes()
    assert str(refused(door, path)) == f"{path} is not a linewatch store; it is left as it is"
    assert path.read_bytes() == before


def filled(path: Path) -> None:
    store = open_for_writing(url(path))
    store.enrol("line", "line", 3 * SECOND)
    store.mark("line", [up(T)] * 500)
    for one in good_rounds(500):
        store.keep("line", *one)
    assert store.close(10) == 0


def overwrite_page(path: Path, table: str, offset: int, content: bytes) -> bytes:
    """Damage the first page of a table; returns the file's bytes from then on."""
    with sqlite3.connect(path) as opened:
        [(page,)] = opened.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,))
    opened.close()
    whole = bytearray(path.read_bytes())
    begin = (page - 1) * 4096 + offset
    whole[begin : begin + len(content)] = content
    path.write_bytes(whole)
    return bytes(whole)


@pytest.mark.parametrize("door", WRITING_DOORS)
@pytest.mark.parametrize(
    ("table", "offset", "content"),
    [(table, 0, b"\xa5" * 4096) for table in ("states", "samples", "minutes", "services")]
    + [("services", 3, b"\0\0")],  # a row fewer than there are: nothing that a reader would stumble over
)
def test_a_damaged_table_is_found_at_the_start_and_left_as_it_is(path: Path, door, table: str, offset: int, content: bytes) -> None:
    filled(path)
    damaged = overwrite_page(path, table, offset, content)
    error = refused(door, path)
    assert isinstance(error, StoreDamaged)
    assert "is damaged" in str(error)
    assert "backup" in str(error)
    assert path.read_bytes() == damaged


def test_the_samples_of_a_large_store_are_checked_only_on_request(path: Path) -> None:
    filled(path)
    damaged = overwrite_page(path, "samples", 0, b"\xa5" * 4096)
    with path.open("r+b") as file:
        file.truncate(SMALL_BYTES + 4096)
    open_for_writing(url(path)).close(5)
    with address_of(url(path)).engine("read", 1).connect() as connection, pytest.raises(DatabaseError, match="malformed"):
        check(connection, path, whole=True)
    assert path.read_bytes()[: len(damaged)].count(b"\xa5" * 4096) == 1


def test_a_damaged_row_is_reported_to_the_reader_in_one_line(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as opened:
        opened.execute("UPDATE states SET state = 'sideways' WHERE id = 3")
        opened.execute("UPDATE samples SET outcomes = '12 nonsense' WHERE at_us = (SELECT min(at_us) FROM samples)")
    opened.close()
    with open_for_reading(url(path)) as history:
        with pytest.raises(StoreDamaged, match="a row cannot be read: 'sideways'"):
            history.transitions("line")
        with pytest.raises(StoreDamaged, match="a row cannot be read"):
            list(history.rounds("line", EVER))


def test_a_cut_off_file_is_reported_to_the_reader_in_one_line(path: Path) -> None:
    filled(path)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(StoreDamaged, match="is damaged"), open_for_reading(url(path)) as history:
        history.transitions("line")


@pytest.mark.parametrize("content", [None, b""])
def test_a_reader_is_told_that_there_is_no_store_yet_and_makes_none(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)
    assert str(refused(open_for_reading, path)) == f"no store yet at {path}: start `linewatch run` or `linewatch import`"
    assert path.exists() == (content is not None)


def test_a_reader_is_told_of_a_database_without_tables_that_there_is_no_store_yet(path: Path) -> None:
    opened = sqlite3.connect(path)
    opened.execute("PRAGMA journal_mode=WAL")
    opened.close()
    assert "no store yet" in str(refused(open_for_reading, path))


def test_a_reader_does_not_migrate_an_older_store(path: Path) -> None:
    with_version(path, None)
    way_up = "run `linewatch db upgrade`, or start the daemon of this version again, which does it too"
    assert str(refused(open_for_reading, path)) == f"the store {path} is of an older schema: {way_up}"


@pytest.mark.parametrize("door", WRITING_DOORS)
def test_an_empty_file_becomes_a_store(path: Path, door) -> None:
    path.touch()
    opened = door(url(path))
    if door is open_for_writing:
        opened.close(5)
    elif door is open_for_import:
        opened.close()
    with open_for_reading(url(path)) as history:
        assert history.services() == []


@pytest.mark.parametrize("door", WRITING_DOORS)
def test_the_folder_must_be_there(tmp_path: Path, door) -> None:
    path = tmp_path / "missing" / "linewatch.db"
    assert str(refused(door, path)) == f"the folder of the store {path} does not exist: make {path.parent}"


@pytest.mark.parametrize("door", WRITING_DOORS)
def test_a_folder_is_no_store(tmp_path: Path, door) -> None:
    assert str(refused(door, tmp_path)) == f"the store {tmp_path} is a folder; store.url must name a file"


def test_a_folder_is_no_store_for_a_reader_either(tmp_path: Path) -> None:
    refused(open_for_reading, tmp_path)


@pytest.mark.parametrize("door", WRITING_DOORS)
@pytest.mark.parametrize("exists", [True, False])
def test_a_read_only_disk_is_named(small_disk: Path, door, exists: bool) -> None:
    path = small_disk / "linewatch.db"
    if exists:
        filled(path)
    make_read_only(small_disk)
    assert "read-only" in str(refused(door, path)).lower()


def test_a_store_on_a_read_only_disk_can_be_read(small_disk: Path) -> None:
    path = small_disk / "linewatch.db"
    filled(path)
    make_read_only(small_disk)
    with open_for_reading(url(path)) as history:
        assert len(history.transitions("line")) == 500


@pytest.mark.parametrize("door", WRITING_DOORS)
@pytest.mark.parametrize("left", [0, 24 * 1024])
def test_a_full_disk_at_the_start_is_named_and_nothing_half_written(small_disk: Path, door, left: int) -> None:
    path = small_disk / "linewatch.db"
    (small_disk / "ballast").write_bytes(bytes(2 * 1024 * 1024 - left))
    assert "no space left" in str(refused(door, path)).lower()
    (small_disk / "ballast").unlink()
    filled(path)


def test_a_second_daemon_is_refused_and_told_who_holds_the_store(path: Path) -> None:
    program = (
        "import sys\nfrom linewatch.store.opening import open_for_writing\nopen_for_writing(sys.argv[1])\nprint('open', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", program, url(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == b"open\n"
        assert str(refused(open_for_writing, path)) == f"another linewatch (process {daemon.pid}) writes to the store {path}"
        assert str(refused(upgrade, path)) == f"another linewatch (process {daemon.pid}) writes to the store {path}"
        open_for_reading(url(path)).close()
        open_for_import(url(path)).close()
        daemon.kill()
    open_for_writing(url(path)).close(5)


@pytest.mark.parametrize("door", WRITING_DOORS)
def test_what_root_makes_in_the_folder_of_the_services_user_is_that_users(tmp_path: Path, door) -> None:
    assert os.geteuid() == 0, "this test gives a folder away and so needs root"
    folder = tmp_path / "record"
    folder.mkdir()
    os.chown(folder, *SERVICE)
    door(url(folder / "linewatch.db"))
    assert {(path.name, path.stat().st_uid, path.stat().st_gid) for path in folder.iterdir()} >= {
        ("linewatch.db", *SERVICE),
        ("linewatch.db.lock", *SERVICE),
    }
    assert {(path.stat().st_uid, path.stat().st_gid) for path in folder.iterdir()} == {SERVICE}


def test_the_file_beside_the_store_that_cannot_be_opened_is_named(path: Path) -> None:
    path.with_name("linewatch.db.lock").mkdir()
    assert str(refused(open_for_writing, path)) == f"the store {path} cannot be used: Is a directory ({path}.lock)"


def test_a_store_that_was_closed_can_be_opened_again_at_once(place: str) -> None:
    first = open_for_writing(place)
    first.close(5)
    first.close(5)
    open_for_writing(place).close(5)


def test_a_second_writer_is_refused_while_readers_and_imports_are_welcome(place: str) -> None:
    first = open_for_writing(place)
    for door in (open_for_writing, upgrade):
        with pytest.raises(StoreError, match=r"^another linewatch .*writes to the store"):
            door(place)
    open_for_reading(place).close()
    open_for_import(place).close()
    first.close(5)
    open_for_writing(place).close(5)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("linewatch.db", "store.url is not an address of a store: 'linewatch.db'; write sqlite:///FILE or postgresql://USER@HOST/DATABASE"),
        ("sqlite://", "the store must be a file, 'sqlite://' names none; write sqlite:///FILE"),
        ("sqlite:///:memory:", "the store must be a file, 'sqlite:///:memory:' names none; write sqlite:///FILE"),
        ("mysql://me:secret@host/db", "a store is SQLite's or PostgreSQL's, not mysql's: mysql://me:***@host/db"),
        (
            "postgresql://me@host:port/db",
            "store.url is not an address of a store: 'postgresql://me@host:port/db'; write sqlite:///FILE or postgresql://USER@HOST/DATABASE",
        ),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(address: str, said: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_for_reading(address)
    assert str(caught.value) == said


def test_a_missing_postgresql_driver_is_named_with_its_extra() -> None:
    # Another interpreter, where the driver cannot be found whether it is installed or not.
    program = (
        "import sys\nsys.modules['psycopg'] = None\n"
        "from linewatch.errors import StoreError\nfrom linewatch.store.opening import open_for_reading\n"
        "try:\n    open_for_reading('postgresql://me@127.0.0.1/db')\nexcept StoreError as error:\n    print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "PostgreSQL as the store needs its driver: pip install 'linewatch[postgresql]'\n"


def test_a_path_with_every_awkward_sign_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "线路 a b#c&d.db"
    filled(path)
    with open_for_reading(url(path)) as history:
        assert len(history.transitions("line")) == 500
    assert address_of(url(path)).path == path


def test_a_report_sees_one_moment_whatever_is_written_meanwhile(place: str, opened) -> None:
    store = opened(place)
    store.keep("line", *good(T), transitions=[up(T)])
    store.flush(5)
    with open_for_reading(place) as history:
        assert list(history.rounds("line", EVER)) == looks([good(T)])
        store.keep("line", *good(T + SECOND), transitions=[up(T + SECOND)])
        store.enrol("third", "endpoint", 60 * SECOND)
        assert store.flush(5)
        assert list(history.rounds("line", EVER)) == looks([good(T)])
        assert history.transitions("line") == [up(T)]
        assert history.heard_at("line") == T
        assert [service.name for service in history.services()] == ["line", "site"]
    assert store.last_transition("line") == up(T + SECOND)


def test_reading_imports_neither_alembic_nor_another_dialect() -> None:
    program = "import sys\nimport linewatch.store.opening\nprint({'alembic', 'sqlalchemy.dialects.postgresql'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "set()\n"


WRITER = """
import sys
from datetime import timedelta
from linewatch.store.opening import open_for_reading, open_for_writing
from tests.store.material import T, good

store = open_for_writing(sys.argv[1])
store.enrol("line", "line", timedelta(seconds=3))
for number in range(2):
    store.keep("line", *good(T + number * timedelta(seconds=3)))
    assert store.flush(30)
    open_for_reading(sys.argv[1]).close()  # as the gauges are refreshed
    print("kept", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("door", [open_for_import, open_for_entry, open_for_reading])
def test_another_process_leaves_the_daemon_its_log(path: Path, door) -> None:
    """A process that closes a store as the last one deletes its log; it must know that a daemon still has it."""
    with subprocess.Popen([sys.executable, "-c", WRITER, url(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdin is not None
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == "kept\n"
        door(url(path)).__exit__(None, None, None)
        assert path.with_name(path.name + "-wal").exists()
        daemon.stdin.write("\n")
        daemon.stdin.flush()
        assert daemon.stdout.readline() == "kept\n"
        daemon.kill()
    with open_for_reading(url(path)) as history:
        assert len(list(history.rounds("line", EVER))) == 2
