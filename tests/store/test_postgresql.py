"""What is PostgreSQL's alone: whom it lets in, what it says where it does not, and whose database it is."""

from __future__ import annotations

import pytest
from psycopg.errors import RaiseException

from linewatch.errors import StoreDamaged, StoreError, StoreTooNew
from linewatch.store.opening import open_for_entry, open_for_import, open_for_reading, open_for_writing, upgrade
from linewatch.store.schema import VERSIONS
from tests.postgresql import Server
from tests.store.material import EVER, SECOND, T, good, looks, up

DOORS = [open_for_writing, open_for_import, open_for_entry, open_for_reading, upgrade]
WRITING_DOORS = [open_for_writing, open_for_import, upgrade]


def refused(door, place: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        door(place)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3
    return caught.value


@pytest.mark.parametrize("door", DOORS)
def test_where_no_server_answers_it_is_said_to_be_away(door) -> None:
    place = "postgresql://lw@127.0.0.1:1/linewatch"
    assert str(refused(door, place)) == f'the store {place} is away: connection to server at "127.0.0.1", port 1 failed: Connection refused'


@pytest.mark.parametrize("door", DOORS)
def test_a_wrong_password_is_told_without_the_password(postgresql: Server, door) -> None:
    said = str(refused(door, postgresql.url_by_port("postgres", "wrong")))
    assert said == f'the store {postgresql.url_by_port("postgres", "***")} refuses: password authentication failed for user "lw"'


@pytest.mark.parametrize("door", DOORS)
def test_a_database_that_does_not_exist_is_named(postgresql: Server, door) -> None:
    said = str(refused(door, postgresql.url("nowhere")))
    assert said.endswith(' refuses: database "nowhere" does not exist')


@pytest.mark.parametrize("door", WRITING_DOORS)
def test_a_user_who_may_not_make_tables_is_told_so(postgresql: Server, door) -> None:
    name = postgresql.database()
    postgresql.ask(f"CREATE ROLE reader_{name} LOGIN")
    said = str(refused(door, postgresql.url(name).replace("lw@", f"reader_{name}@")))
    assert "permission denied for schema public" in said


@pytest.mark.parametrize("door", DOORS)
def test_a_store_of_a_newer_schema_is_refused(postgresql: Server, door) -> None:
    name = postgresql.database()
    upgrade(postgresql.url(name))
    postgresql.ask("UPDATE alembic_version SET version_num = '0999'", name=name)
    error = refused(door, postgresql.url(name))
    assert isinstance(error, StoreTooNew)
    assert f"schema 0999, this one knows up to {VERSIONS[-1]}" in str(error)


@pytest.mark.parametrize("door", DOORS)
def test_a_database_where_another_program_has_a_table_of_our_names_is_left_as_it_is(postgresql: Server, door) -> None:
    name = postgresql.database()
    postgresql.ask("CREATE TABLE samples (blood_type TEXT)", name=name)
    error = refused(door, postgresql.url(name))
    assert isinstance(error, StoreDamaged)
    assert "is not a linewatch store; it is left as it is" in str(error)
    assert [table for (table,) in postgresql.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name=name)] == ["samples"]


def test_a_database_may_be_shared_with_other_programs(postgresql: Server) -> None:
    name = postgresql.database()
    postgresql.ask("CREATE TABLE recipes (name TEXT)", name=name)
    assert upgrade(postgresql.url(name)) == VERSIONS[-1]


def test_a_reader_is_told_that_there_is_no_store_yet_and_makes_none(postgresql: Server) -> None:
    name = postgresql.database()
    assert str(refused(open_for_reading, postgresql.url(name))).startswith("no store yet at postgresql://lw@/")
    assert postgresql.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name=name) == []


def test_a_reader_does_not_migrate_an_older_store(postgresql: Server) -> None:
    name = postgresql.database()
    upgrade(postgresql.url(name))
    postgresql.ask("DELETE FROM alembic_version", name=name)
    assert "is of an older schema: run `linewatch db upgrade`" in str(refused(open_for_reading, postgresql.url(name)))


def test_the_driver_may_be_named_in_the_url_or_not(postgresql: Server, migrated: str) -> None:
    place = postgresql.url(postgresql.database(migrated))
    store = open_for_writing(place.replace("postgresql:", "postgresql+psycopg:"))
    store.enrol("line", "line", 3 * SECOND)
    store.keep("line", *good(T), transitions=[up(T)])
    store.close(5)
    with open_for_reading(place) as history:
        assert list(history.rounds("line", EVER)) == looks([good(T)])


@pytest.mark.parametrize("table", ["exclusions", "revocations", "notes"])
@pytest.mark.parametrize("act", ["UPDATE {} SET author = 'another'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_what_was_entered(postgresql: Server, migrated: str, table: str, act: str) -> None:
    name = postgresql.database(migrated)
    with pytest.raises(RaiseException, match="the ledger is append-only"):
        postgresql.ask(act.format(table), name=name)
