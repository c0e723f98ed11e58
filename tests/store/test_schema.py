from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import linewatch.store.migrations
from linewatch.store.address import address_of
from linewatch.store.opening import upgrade
from linewatch.store.schema import VERSIONS
from linewatch.store.tables import metadata
from tests.store.material import url


def script() -> ScriptDirectory:
    config = Config()
    [folder] = linewatch.store.migrations.__path__
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_the_migrations_build_what_the_code_expects(path: Path) -> None:
    upgrade(url(path))
    with address_of(url(path)).engine("read", 1).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_sqlite_is_given_the_same_words_by_both(path: Path, tmp_path: Path) -> None:
    upgrade(url(path))
    other = tmp_path / "direct.db"
    with address_of(url(other)).engine("create", 1).begin() as connection:
        metadata.create_all(connection)
    assert words(path) == words(other)


def words(path: Path) -> dict[str, str]:
    opened = sqlite3.connect(path)
    found = opened.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'").fetchall()
    opened.close()
    return {name: " ".join(sql.split()) for name, sql in found}


def test_the_versions_known_without_alembic_are_those_of_alembic() -> None:
    assert tuple(reversed([revision.revision for revision in script().walk_revisions()])) == VERSIONS


def test_an_upgrade_of_a_store_that_is_up_to_date_changes_nothing(path: Path) -> None:
    assert upgrade(url(path)) == VERSIONS[-1]
    before = path.read_bytes()
    assert upgrade(url(path)) == VERSIONS[-1]
    assert path.read_bytes() == before
