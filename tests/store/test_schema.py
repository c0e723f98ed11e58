from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import linewatch.store.migrations
from linewatch.errors import StoreError
from linewatch.span import to_epoch
from linewatch.store.address import address_of
from linewatch.store.lock import hold
from linewatch.store.opening import open_for_entry, open_for_import, open_for_reading, open_for_writing, upgrade
from linewatch.store.schema import VERSIONS
from linewatch.store.tables import metadata
from linewatch.store.writer import Store
from linewatch.verdict.state import State, Transition
from tests.postgresql import Server
from tests.store.material import T, url

COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, column_default, ordinal_position
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
CONDITION = " WHERE (reading = 'b'::text)"
PARTIAL = f"CREATE INDEX ix_samples_bad ON public.samples USING btree (service_id, at_us){CONDITION}"


def script() -> ScriptDirectory:
    config = Config()
    [folder] = linewatch.store.migrations.__path__
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_the_migrations_build_what_the_code_expects(bare: str) -> None:
    upgrade(bare)
    with address_of(bare).engine("read", 1).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_sqlite_is_given_the_same_words_by_both(path: Path, tmp_path: Path) -> None:
    upgrade(url(path))
    other = tmp_path / "direct.db"
    with address_of(url(other)).engine("create", 1).begin() as connection:
        metadata.create_all(connection)
    assert words(path) == words(other)


def test_postgresql_is_given_the_same_by_both(postgresql: Server) -> None:
    migrated, direct = postgresql.database(), postgresql.database()
    upgrade(postgresql.url(migrated))
    with address_of(postgresql.url(direct)).engine("create", 1).begin() as connection:
        metadata.create_all(connection)
    catalogue = {name: postgresql.ask(COLUMNS, name=name) + postgresql.ask(INDEXES, name=name) for name in (migrated, direct)}
    # The one difference is meant: tables.py says why.
    assert {row for row in catalogue[migrated] if row not in catalogue[direct]} == {("ix_samples_bad", PARTIAL)}
    assert {row for row in catalogue[direct] if row not in catalogue[migrated]} == {("ix_samples_bad", PARTIAL.removesuffix(CONDITION))}


def words(path: Path) -> dict[str, str]:
    opened = sqlite3.connect(path)
    wanted = "sql IS NOT NULL AND name <> 'alembic_version' AND type <> 'trigger'"  # what guards the ledger is the migrations' alone
    found = opened.execute(f"SELECT name, sql FROM sqlite_master WHERE {wanted}").fetchall()
    opened.close()
    return {name: " ".join(sql.split()) for name, sql in found}


def test_the_versions_known_without_alembic_are_those_of_alembic() -> None:
    assert tuple(reversed([revision.revision for revision in script().walk_revisions()])) == VERSIONS


def test_an_upgrade_makes_the_newest_schema_and_says_so_again(bare: str) -> None:
    assert upgrade(bare) == VERSIONS[-1]
    assert upgrade(bare) == VERSIONS[-1]


def test_an_upgrade_of_a_store_that_is_up_to_date_changes_nothing(path: Path) -> None:
    assert upgrade(url(path)) == VERSIONS[-1]
    before = path.read_bytes()
    assert upgrade(url(path)) == VERSIONS[-1]
    assert path.read_bytes() == before


@pytest.mark.parametrize("door", [open_for_writing, open_for_import, open_for_entry, upgrade])
def test_a_store_of_every_older_schema_is_brought_up_to_date_and_keeps_what_it_holds(bare: str, door) -> None:
    older(bare, "0001")
    with pytest.raises(StoreError, match="is of an older schema: run `linewatch db upgrade`"):
        open_for_reading(bare)
    opened = door(bare)
    if isinstance(opened, Store):
        opened.close(5)
    elif not isinstance(opened, str):
        opened.__exit__(None, None, None)
    with open_for_reading(bare) as history:
        assert history.transitions("line") == [Transition(T, State.UP, None, T)]
        assert (history.exclusions(), history.notes()) == ([], [])


def test_an_upgrade_waits_for_no_daemon_that_runs_and_changes_nothing_beside_it(bare: str) -> None:
    older(bare, "0001")
    release = hold(address_of(bare))
    try:
        with pytest.raises(StoreError, match="another linewatch"):
            open_for_entry(bare)
    finally:
        release()
    with pytest.raises(StoreError, match="older schema"):
        open_for_reading(bare)


def older(bare: str, version: str) -> None:
    """A store as an older linewatch left it, with a service and a change of its state."""
    config = Config()
    [folder] = linewatch.store.migrations.__path__
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    with address_of(bare).engine("create", 1).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.execute(text("INSERT INTO services (name, kind, interval_us) VALUES ('line', 'line', 3000000)"))
        row = {"at": to_epoch(T)}
        connection.execute(text("INSERT INTO states (service_id, at_us, state, earliest_us) VALUES (1, :at, 'up', :at)"), row)
